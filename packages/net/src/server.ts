/** A listening TCP socket shaped like node:net's Server. */
import { EAGAIN, ECONNABORTED, EPROTO } from '@linnet/kernel';
import { AF_INET, POLLIN, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET } from '@linnet/uapi';
import { type AddressInfo, anyAddress, parseAddress } from './address.ts';
import { type LookupFunction, knownAddress, lookupHost, soon, type StackCore } from './core.ts';
import { argType, checkFunction, checkPort, checkSignal, codedError, errnoException, listenException } from './errors.ts';
import { EventEmitter } from './events.ts';
import { SockHandle } from './handle.ts';
import { Socket } from './socket.ts';

/**
 * How a {@link Server} is made: the options of its connections.
 * @public
 */
export interface ServerOptions {
  readonly allowHalfOpen?: boolean | undefined;
  /** Connections are paused until something resumes them. */
  readonly pauseOnConnect?: boolean | undefined;
  readonly noDelay?: boolean | undefined;
  readonly keepAlive?: boolean | undefined;
  readonly keepAliveInitialDelay?: number | undefined;
  readonly highWaterMark?: number | undefined;
}

/**
 * Where to listen.
 * @public
 */
export interface ListenOptions {
  /** 0 or absent: any free one. */
  readonly port?: number | string | undefined;
  /** Default: all own addresses. */
  readonly host?: string | undefined;
  /** Connections that may wait to be accepted. Default: 511. */
  readonly backlog?: number | undefined;
  /** Closes the server when it aborts. */
  readonly signal?: AbortSignal | undefined;
  readonly lookup?: LookupFunction | undefined;
}

/**
 * The two ends of a connection that was closed because there were too many.
 * @public
 */
export interface DropInfo {
  localAddress?: string | undefined;
  localPort?: number | undefined;
  localFamily?: string | undefined;
  remoteAddress?: string | undefined;
  remotePort?: number | undefined;
  remoteFamily?: string | undefined;
}

/**
 * The events of a {@link Server}.
 * @public
 */
export interface ServerEvents {
  listening: [];
  connection: [socket: Socket];
  drop: [info: DropInfo];
  error: [error: Error];
  close: [];
}

/** Connections accepted in one turn, before others get theirs. */
const ACCEPT_BUDGET = 64;

/**
 * A listening socket with the methods and events of node:net's Server: 'listening', 'connection', 'error', 'drop', 'close'.
 * @public
 */
export class Server extends EventEmitter<ServerEvents> {
  /** More connections than this are closed at once, with a 'drop' event. */
  maxConnections: number | undefined = undefined;
  private readonly stackCore: StackCore;
  private readonly opts: ServerOptions;
  private handle: SockHandle | null = null;
  private connections = 0;
  private wantRef = true;
  private starting = false;
  private readonly onGone: () => void;

  /** @internal Use `createServer` of a stack. */
  constructor(core: StackCore, opts: ServerOptions = {}, listener?: (socket: Socket) => void) {
    super();
    if (typeof opts !== 'object') throw argType('options', 'of type object', opts);
    this.stackCore = core;
    this.opts = opts;
    this.onGone = (): void => {
      this.connections--;
      this.closeIfDrained();
    };
    if (listener !== undefined) this.on('connection', listener);
  }

  /** Is it bound, and does it take connections? */
  get listening(): boolean {
    return this.handle !== null;
  }

  /** Begins to listen; 'listening' follows, or 'error'. With a numeric address, or none, it listens when this returns. Throws for a bad port. */
  listen(options: ListenOptions, listener?: () => void): this;
  listen(port?: number, host?: string, backlog?: number, listener?: () => void): this;
  listen(port?: number, host?: string, listener?: () => void): this;
  listen(port?: number, backlog?: number, listener?: () => void): this;
  listen(port?: number, listener?: () => void): this;
  listen(listener?: () => void): this;
  listen(...args: readonly unknown[]): this {
    const opts = listenOptions(args);
    const listener = args.findLast((a) => typeof a === 'function') as (() => void) | undefined;
    const port = checkPort(opts.port ?? 0, 'options.port');
    checkSignal(opts.signal, 'options.signal');
    checkFunction(opts.lookup, 'options.lookup');
    if (this.handle !== null || this.starting) throw codedError('ERR_SERVER_ALREADY_LISTEN', 'Listen method has been called more than once without closing.');
    if (listener !== undefined) this.once('listening', listener);
    const { signal } = opts;
    if (signal !== undefined) {
      const onAbort = (): void => void this.close();
      if (signal.aborted) soon(onAbort);
      else {
        signal.addEventListener('abort', onAbort);
        this.once('close', () => signal.removeEventListener('abort', onAbort));
      }
    }
    const backlog = opts.backlog ?? 511;
    const host = opts.host ?? anyAddress(AF_INET);
    const known = knownAddress(this.stackCore, host);
    if (known !== null) {
      this.begin(known, port, backlog);
      return this;
    }
    this.starting = true;
    lookupHost(this.stackCore, host, opts.lookup ?? null, (err, address) => {
      soon(() => {
        if (!this.starting) return;
        this.starting = false;
        if (err !== null) this.emit('error', err);
        else this.begin(address, port, backlog);
      });
    });
    return this;
  }

  /** Where it listens; null when it does not. */
  address(): AddressInfo | null {
    return this.handle?.name(false) ?? null;
  }

  /** Takes no more connections; 'close' follows when those there are have ended. `listener` is called then, with an error when it did not listen. */
  close(listener?: (error?: Error) => void): this {
    if (listener !== undefined) {
      if (this.handle === null && !this.starting) this.once('close', () => listener(codedError('ERR_SERVER_NOT_RUNNING', 'Server is not running.')));
      else this.once('close', () => listener());
    }
    this.starting = false;
    this.handle?.close();
    this.handle = null;
    this.closeIfDrained();
    return this;
  }

  /** Counts the connections. */
  getConnections(callback: (error: Error | null, count: number) => void): this {
    soon(() => callback(null, this.connections));
    return this;
  }

  /** Keeps the process alive while it listens (the default). */
  ref(): this {
    this.wantRef = true;
    this.handle?.hold(true);
    return this;
  }

  /** Does not keep the process alive. */
  unref(): this {
    this.wantRef = false;
    this.handle?.hold(false);
    return this;
  }

  /** Closes the server and waits for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.handle === null) return;
    await new Promise<void>((resolve) => void this.close(() => resolve()));
  }

  private begin(address: string, port: number, backlog: number): void {
    const at = parseAddress(address, port)!;
    const handle = SockHandle.open(this.stackCore, at.family, SOCK_STREAM);
    const fail = (err: number): void => {
      if (typeof handle !== 'number') handle.close();
      soon(() => void this.emit('error', listenException(err, 'listen', address, port)));
    };
    if (typeof handle === 'number') return fail(handle);
    handle.setOption(SOL_SOCKET, SO_REUSEADDR, 1);
    let err = handle.bind(at);
    if (err >= 0) err = handle.listen(backlog);
    if (err < 0) return fail(err);
    this.handle = handle;
    handle.watch(() => this.acceptMore(handle), () => void this.close());
    if (this.wantRef) handle.hold(true);
    soon(() => {
      if (this.handle === handle) this.emit('listening');
    });
  }

  private acceptMore(handle: SockHandle): void {
    for (let i = 0; i < ACCEPT_BUDGET; i++) {
      if (this.handle !== handle) return;
      const conn = handle.accept();
      if (typeof conn !== 'number') {
        this.accepted(conn);
        continue;
      }
      if (conn === -EAGAIN) return;
      if (conn === -ECONNABORTED || conn === -EPROTO) continue;
      this.emit('error', errnoException(conn, 'accept'));
      return;
    }
    handle.poke(POLLIN);
  }

  private accepted(conn: SockHandle): void {
    if (this.maxConnections !== undefined && this.connections >= this.maxConnections) {
      const local = conn.name(false);
      const remote = conn.name(true);
      conn.close();
      this.emit('drop', {
        localAddress: local?.address, localPort: local?.port, localFamily: local?.family, remoteAddress: remote?.address, remotePort: remote?.port, remoteFamily: remote?.family,
      });
      return;
    }
    this.connections++;
    const socket = new Socket(this.stackCore, this.opts, conn, this.onGone);
    socket.server = this;
    if (this.opts.pauseOnConnect === true) socket.pause();
    try {
      this.emit('connection', socket);
    } finally {
      // Whatever the listener does, the end of the connection must be seen.
      if (this.opts.pauseOnConnect !== true && !socket.destroyed) socket.read(0);
    }
  }

  private closeIfDrained(): void {
    if (this.handle !== null || this.starting || this.connections > 0) return;
    soon(() => {
      if (this.handle === null && this.connections === 0) this.emit('close');
    });
  }
}

function listenOptions(args: readonly unknown[]): ListenOptions {
  const [first, second, third] = args;
  if (typeof first === 'object' && first !== null) return first as ListenOptions;
  if (first === undefined || first === null || typeof first === 'function') return {};
  if (typeof first !== 'number' && typeof first !== 'string') throw argType('options', 'a port or an object', first);
  const host = typeof second === 'string' ? second : undefined;
  const backlog = typeof second === 'number' ? second : typeof third === 'number' ? third : undefined;
  return { port: first, host, backlog };
}
