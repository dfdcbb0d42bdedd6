/** What lets programs written for Node's net run over a stack: http, undici, ws and whatever takes a connection. */
import type { Server, ServerOptions } from './server.ts';
import type { ConnectOptions, Socket } from './socket.ts';
import type { NetStack } from './stack.ts';

/**
 * A function that connects, in the form that `http.request({ createConnection })`, `http.Agent` and ws take.
 * @public
 */
export type CreateConnection = (options: object, connected?: (...args: never[]) => void) => Socket;

/**
 * The `createConnection` of a stack: pass it to `http.request` or to ws.
 * @public
 */
export function createConnection(stack: NetStack): CreateConnection {
  return (options, connected) => stack.connect(options as ConnectOptions, connected as (() => void) | undefined);
}

/**
 * Makes an `http.Agent` connect over a stack, and returns it: `httpAgent(stack, new http.Agent({ keepAlive: true }))`.
 * @public
 */
export function httpAgent<T extends object>(stack: NetStack, agent: T): T {
  (agent as { createConnection?: CreateConnection }).createConnection = createConnection(stack);
  return agent;
}

/**
 * Where {@link attachServer} listens.
 * @public
 */
export interface AttachOptions extends ServerOptions {
  readonly port?: number | undefined;
  readonly host?: string | undefined;
  readonly backlog?: number | undefined;
}

/**
 * Gives each connection to a port of the stack to a server that was made without one: an `http.Server`, an `https.Server`, anything with a
 * 'connection' event. Returns the listening {@link Server}: it emits 'listening' and 'error', and closing it ends the listening.
 * @public
 */
export function attachServer(server: { emit(event: 'connection', socket: Socket): boolean }, stack: NetStack, options: AttachOptions = {}): Server {
  // http decides itself when to end its side.
  const listener = stack.createServer({ noDelay: true, allowHalfOpen: true, ...options }, (socket) => void server.emit('connection', socket));
  return listener.listen({ port: options.port, host: options.host, backlog: options.backlog });
}

/**
 * What undici asks its connector for.
 * @public
 */
export interface UndiciConnectOptions {
  readonly hostname: string;
  readonly host?: string | undefined;
  readonly protocol: string;
  readonly port: string | number;
  readonly servername?: string | null | undefined;
  readonly localAddress?: string | null | undefined;
}

/**
 * How {@link undiciConnector} connects.
 * @public
 */
export interface UndiciConnectorOptions {
  /** Milliseconds until a connect is given up. Default: 10,000; 0: never. */
  readonly timeout?: number | undefined;
  /** Makes a TLS socket for https: `(socket, o) => tls.connect({ socket, servername: o.servername })`. Without it https is refused. */
  readonly tls?: ((socket: Socket, options: UndiciConnectOptions) => object) | undefined;
}

/**
 * A connector for undici: `new Agent({ connect: undiciConnector(stack) })`.
 * @public
 */
export function undiciConnector(stack: NetStack, opts: UndiciConnectorOptions = {}): (options: UndiciConnectOptions, callback: (error: null, socket: never) => void) => void {
  const limit = opts.timeout ?? 10_000;
  return (options, callback) => {
    const secure = options.protocol === 'https:';
    const done = callback as unknown as (error: Error | null, socket: object | null) => void;
    if (secure && opts.tls === undefined) return done(new Error('undiciConnector: https needs the tls option'), null);
    const host = options.hostname.replace(/^\[(.*)\]$/, '$1');
    const port = options.port === '' ? (secure ? 443 : 80) : Number(options.port);
    let socket: Socket;
    try {
      socket = stack.connect({ host, port, localAddress: options.localAddress ?? undefined, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 });
    } catch (error) {
      return done(error as Error, null);
    }
    const onError = (error: Error): void => done(error, null);
    const onTimeout = (): void => void socket.destroy(Object.assign(new Error(`Connect Timeout Error (${host}:${port})`), { name: 'ConnectTimeoutError', code: 'UND_ERR_CONNECT_TIMEOUT' }));
    if (limit > 0) socket.setTimeout(limit, onTimeout);
    socket.once('error', onError);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.removeListener('timeout', onTimeout);
      socket.removeListener('error', onError);
      done(null, secure ? opts.tls!(socket, options) : socket);
    });
  };
}
