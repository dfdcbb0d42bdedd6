/** TCP as WHATWG streams, in the form of the Direct Sockets API. */
import { EAGAIN, EALREADY, ECONNABORTED, EINPROGRESS, EINVAL, EISCONN, ENETDOWN, EPROTO } from '@linnet/kernel';
import { AbortError } from '@linnet/posix';
import { MsgHdr } from '@linnet/socket';
import { AF_INET, IPPROTO_TCP, POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, SHUT_WR, SO_KEEPALIVE, SO_RCVBUF, SO_REUSEADDR, SO_SNDBUF, SOCK_STREAM, SOL_SOCKET, TCP_KEEPIDLE, TCP_NODELAY } from '@linnet/uapi';
import { anyAddress, parseAddress } from './address.ts';
import { lookupHost, type StackCore } from './core.ts';
import { argType, checkPort, errnoException, hostPortException, listenException } from './errors.ts';
import { SockHandle } from './handle.ts';

/**
 * Where {@link TcpConnection} connects to.
 * @public
 */
export interface OpenTcpOptions {
  readonly host: string;
  readonly port: number;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  /** TCP_NODELAY. */
  readonly noDelay?: boolean | undefined;
  /** Milliseconds of quiet until a keepalive probe; absent: none. */
  readonly keepAliveDelay?: number | undefined;
  /** SO_SNDBUF and SO_RCVBUF. */
  readonly sendBufferSize?: number | undefined;
  readonly receiveBufferSize?: number | undefined;
  /** Gives up: `opened` rejects, or both streams fail. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * An open connection.
 * @public
 */
export interface TcpOpenInfo {
  /** A byte stream: it takes BYOB readers. */
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
}

const READ_EVENTS: number = POLLIN | POLLRDHUP | POLLERR | POLLHUP;
const WRITE_EVENTS: number = POLLOUT | POLLERR | POLLHUP;
const CHUNK = 65536;

/** A promise with its ends in hand. */
interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((a, b) => {
    resolve = a;
    reject = b;
  });
  // One who does not look at it is not at fault.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

/**
 * A TCP connection as streams, like TCPSocket of the Direct Sockets API: `opened` gives the streams, `closed` settles when both have ended.
 * @public
 */
export class TcpConnection {
  /** The streams and addresses; rejects when the connect fails. */
  readonly opened: Promise<TcpOpenInfo>;
  /** Resolves when both sides have ended well; rejects with the error that ended it. */
  readonly closed: Promise<void>;
  private readonly open: Deferred<TcpOpenInfo> = deferred();
  private readonly end: Deferred<void> = deferred();
  private readonly signal: AbortSignal | null;
  private readonly onAbort: () => void;
  private readonly onLost: () => void = () => this.fail(errnoException(-ENETDOWN, 'read'));
  private handle: SockHandle | null = null;
  private failed: unknown = null;
  private over = false;
  private readDone = false;
  private writeDone = false;
  private wake: (() => void) | null = null;
  private wakeWriter: (() => void) | null = null;
  private source: ReadableByteStreamController | null = null;
  private sink: WritableStreamDefaultController | null = null;
  private readonly out: MsgHdr = new MsgHdr();

  /** @internal Use `openTcp` of a stack. */
  constructor(signal: AbortSignal | undefined) {
    this.opened = this.open.promise;
    this.closed = this.end.promise;
    this.signal = signal ?? null;
    this.onAbort = (): void => this.fail(new AbortError('connect', this.signal?.reason));
    if (signal?.aborted === true) this.onAbort();
    else signal?.addEventListener('abort', this.onAbort);
  }

  /** @internal */
  static connect(core: StackCore, opts: OpenTcpOptions): TcpConnection {
    const port = checkPort(opts.port, 'options.port', false);
    if (typeof opts.host !== 'string') throw argType('options.host', 'of type string', opts.host);
    // Before there is anything to leave open.
    if (opts.localPort !== undefined) checkPort(opts.localPort, 'options.localPort');
    const conn = new TcpConnection(opts.signal);
    lookupHost(core, opts.host, null, (err, address) => {
      if (err === null) conn.start(core, address, port, opts);
      else conn.fail(err);
    });
    return conn;
  }

  /** @internal */
  static accepted(handle: SockHandle): TcpConnection {
    const conn = new TcpConnection(undefined);
    conn.take(handle);
    conn.ready(handle);
    return conn;
  }

  /** Ends the connection once both streams are free: rejects with a TypeError while one is locked. What was written is still sent. */
  async close(): Promise<void> {
    const info = await this.opened;
    if (info.readable.locked || info.writable.locked) throw new TypeError('close: a stream of the connection is locked');
    if (!this.readDone) await info.readable.cancel();
    if (!this.writeDone) await info.writable.close();
    await this.closed;
  }

  private take(handle: SockHandle): void {
    this.handle = handle;
    handle.hold(true);
  }

  private start(core: StackCore, address: string, port: number, opts: OpenTcpOptions): void {
    if (this.over) return;
    const to = parseAddress(address, port)!;
    const handle = SockHandle.open(core, to.family, SOCK_STREAM);
    if (typeof handle === 'number') return this.fail(hostPortException(handle, 'connect', address, port));
    this.take(handle);
    if (opts.noDelay === true) handle.setOption(IPPROTO_TCP, TCP_NODELAY, 1);
    if (opts.keepAliveDelay !== undefined) {
      handle.setOption(SOL_SOCKET, SO_KEEPALIVE, 1);
      handle.setOption(IPPROTO_TCP, TCP_KEEPIDLE, Math.max(1, Math.floor(opts.keepAliveDelay / 1000)));
    }
    if (opts.sendBufferSize !== undefined) handle.setOption(SOL_SOCKET, SO_SNDBUF, opts.sendBufferSize);
    if (opts.receiveBufferSize !== undefined) handle.setOption(SOL_SOCKET, SO_RCVBUF, opts.receiveBufferSize);
    if (opts.localAddress !== undefined || opts.localPort !== undefined) {
      const own = opts.localAddress ?? anyAddress(to.family);
      const ownPort = opts.localPort ?? 0;
      const at = parseAddress(own, ownPort);
      const err = at === null ? -EINVAL : handle.bind(at);
      if (err < 0) return this.fail(hostPortException(err, 'bind', own, ownPort));
    }
    const step = (): void => {
      const err = handle.connect(to);
      if (err === -EINPROGRESS || err === -EALREADY) return;
      if (err < 0 && err !== -EISCONN) this.fail(hostPortException(err, 'connect', address, port));
      else this.ready(handle);
    };
    handle.watch((mask) => {
      if ((mask & WRITE_EVENTS) !== 0) step();
    }, this.onLost);
    step();
  }

  private ready(handle: SockHandle): void {
    handle.watch((mask) => {
      if ((mask & READ_EVENTS) !== 0) this.wake?.();
      if ((mask & WRITE_EVENTS) !== 0) this.wakeWriter?.();
    }, this.onLost);
    const readable = new ReadableStream({
      type: 'bytes',
      start: (c): void => {
        this.source = c;
      },
      pull: (c) => this.pull(c, handle),
      cancel: (): void => this.ended('read'),
    }, { highWaterMark: 0 }) as ReadableStream<Uint8Array>;
    const writable = new WritableStream<Uint8Array>({
      start: (c): void => {
        this.sink = c;
      },
      write: (chunk) => this.write(chunk, handle),
      close: (): void => {
        handle.shutdown(SHUT_WR);
        this.ended('write');
      },
      abort: (reason): void => this.fail(reason ?? new Error('The stream was aborted')),
    }, { highWaterMark: CHUNK, size: (chunk) => (chunk as Uint8Array | undefined)?.byteLength ?? 0 });
    const local = handle.name(false);
    const remote = handle.name(true);
    this.open.resolve({
      readable, writable, remoteAddress: remote?.address ?? '', remotePort: remote?.port ?? 0, localAddress: local?.address ?? '', localPort: local?.port ?? 0,
    });
  }

  private async pull(c: ReadableByteStreamController, handle: SockHandle): Promise<void> {
    for (;;) {
      if (this.readDone || this.over) return;
      const request = c.byobRequest as { view: Uint8Array | null; respond(n: number): void } | null;
      const into = request?.view ?? handle.core.readMemory.scratch();
      const n = handle.recv(into);
      if (n > 0) {
        // A byte stream takes the memory away that it is given: it gets a copy.
        if (request?.view) request.respond(n);
        else c.enqueue(new Uint8Array(into.subarray(0, n)));
        return;
      }
      if (n === 0) {
        c.close();
        request?.respond(0);
        this.ended('read');
        return;
      }
      if (n !== -EAGAIN) throw this.failWith(errnoException(n, 'read'));
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      this.wake = null;
    }
  }

  private async write(chunk: Uint8Array, handle: SockHandle): Promise<void> {
    if (!ArrayBuffer.isView(chunk) && !((chunk as unknown) instanceof ArrayBuffer)) throw this.failWith(argType('chunk', 'bytes', chunk));
    const bytes = chunk instanceof Uint8Array ? chunk : ArrayBuffer.isView(chunk) ? new Uint8Array((chunk as DataView).buffer, (chunk as DataView).byteOffset, (chunk as DataView).byteLength) : new Uint8Array(chunk);
    let off = 0;
    while (off < bytes.length) {
      if (this.over) throw this.failed;
      this.out.iov = [bytes];
      this.out.iovIndex = 0;
      this.out.iovOff = off;
      const n = handle.send(this.out, bytes.length - off);
      if (n >= 0) {
        off += n;
        continue;
      }
      if (n !== -EAGAIN) throw this.failWith(errnoException(n, 'write'));
      await new Promise<void>((resolve) => {
        this.wakeWriter = resolve;
      });
      this.wakeWriter = null;
    }
  }

  /** One direction has ended well; with both the connection has. */
  private ended(what: 'read' | 'write'): void {
    if (what === 'read') this.readDone = true;
    else this.writeDone = true;
    if (!this.readDone || !this.writeDone || this.over) return;
    this.over = true;
    this.signal?.removeEventListener('abort', this.onAbort);
    this.handle?.close();
    this.end.resolve();
  }

  private failWith<E>(error: E): E {
    this.fail(error);
    return error;
  }

  private fail(error: unknown): void {
    if (this.over) return;
    this.over = true;
    this.failed = error;
    this.signal?.removeEventListener('abort', this.onAbort);
    this.handle?.close(true);
    this.open.reject(error);
    this.end.reject(error);
    // Streams that ended before refuse an error; that is as it should be.
    if (!this.readDone) attempt(() => this.source?.error(error));
    if (!this.writeDone) attempt(() => this.sink?.error(error));
    this.wake?.();
    this.wakeWriter?.();
  }
}

function attempt(fn: () => void): void {
  try {
    fn();
  } catch {
    // The stream is past it.
  }
}

/**
 * Where {@link TcpListener} listens.
 * @public
 */
export interface ListenTcpOptions {
  /** Default: all own addresses. */
  readonly host?: string | undefined;
  /** 0 or absent: any free one. */
  readonly port?: number | undefined;
  /** Connections that may wait. Default: 511. */
  readonly backlog?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * An open listener.
 * @public
 */
export interface TcpListenInfo {
  /** The connections, as they come. */
  readonly readable: ReadableStream<TcpConnection>;
  readonly localAddress: string;
  readonly localPort: number;
}

/**
 * A listening TCP socket as a stream of connections, like TCPServerSocket of the Direct Sockets API.
 * @public
 */
export class TcpListener {
  readonly opened: Promise<TcpListenInfo>;
  readonly closed: Promise<void>;
  private readonly end: Deferred<void> = deferred();
  private readonly open: Deferred<TcpListenInfo> = deferred();
  private handle: SockHandle | null = null;
  private over = false;
  private stream: ReadableStreamDefaultController<TcpConnection> | null = null;
  private wake: (() => void) | null = null;

  /** @internal Use `listenTcp` of a stack. */
  constructor(core: StackCore, opts: ListenTcpOptions) {
    this.opened = this.open.promise;
    this.closed = this.end.promise;
    const port = checkPort(opts.port ?? 0, 'options.port');
    const { signal } = opts;
    const onAbort = (): void => this.fail(new AbortError('listen', signal?.reason));
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener('abort', onAbort);
    const forget = (): void => signal?.removeEventListener('abort', onAbort);
    this.closed.then(forget, forget);
    lookupHost(core, opts.host ?? anyAddress(AF_INET), null, (err, address) => {
      if (this.over) return;
      if (err !== null) this.fail(err);
      else this.start(core, address, port, opts.backlog ?? 511);
    });
  }

  /** Takes no more connections; those there are go on. */
  close(): Promise<void> {
    if (this.handle !== null) attempt(() => this.stream?.close());
    this.stop();
    this.end.resolve();
    return this.closed;
  }

  private start(core: StackCore, address: string, port: number, backlog: number): void {
    const at = parseAddress(address, port)!;
    const handle = SockHandle.open(core, at.family, SOCK_STREAM);
    if (typeof handle === 'number') return this.fail(listenException(handle, 'listen', address, port));
    handle.setOption(SOL_SOCKET, SO_REUSEADDR, 1);
    let err = handle.bind(at);
    if (err >= 0) err = handle.listen(backlog);
    if (err < 0) {
      handle.close();
      return this.fail(listenException(err, 'listen', address, port));
    }
    this.handle = handle;
    handle.hold(true);
    handle.watch(() => this.wake?.(), () => void this.close());
    const readable = new ReadableStream<TcpConnection>({
      start: (c) => {
        this.stream = c;
      },
      pull: (c) => this.pull(c, handle),
      cancel: () => void this.close(),
    }, { highWaterMark: 0 });
    const local = handle.name(false)!;
    this.open.resolve({ readable, localAddress: local.address, localPort: local.port });
  }

  private async pull(c: ReadableStreamDefaultController<TcpConnection>, handle: SockHandle): Promise<void> {
    while (this.handle === handle) {
      const conn = handle.accept();
      if (typeof conn !== 'number') {
        c.enqueue(TcpConnection.accepted(conn));
        return;
      }
      if (conn === -ECONNABORTED || conn === -EPROTO) continue;
      if (conn !== -EAGAIN) return this.fail(errnoException(conn, 'accept'));
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      this.wake = null;
    }
  }

  private stop(): void {
    this.over = true;
    this.handle?.close();
    this.handle = null;
    this.wake?.();
  }

  private fail(error: unknown): void {
    this.open.reject(error);
    this.end.reject(error);
    attempt(() => this.stream?.error(error));
    this.stop();
  }
}
