/** A TCP connection shaped like node:net's Socket. */
import { EAGAIN, EALREADY, ECANCELED, EINPROGRESS, EISCONN, ENOTCONN } from '@linnet/kernel';
import { AbortError } from '@linnet/posix';
import { MsgHdr } from '@linnet/socket';
import { IPPROTO_TCP, POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, SHUT_WR, SO_KEEPALIVE, SOCK_STREAM, SOL_SOCKET, TCP_KEEPIDLE, TCP_NODELAY } from '@linnet/uapi';
import { Duplex } from '#stream';
import { type AddressInfo, anyAddress, isIP, parseAddress } from './address.ts';
import { knownAddress, type LookupFunction, lookupHost, soon, type StackCore } from './core.ts';
import { argType, checkFunction, checkMilliseconds, checkPort, checkSignal, codedError, errnoException, hostPortException } from './errors.ts';
import { KernelTimeout, SockHandle } from './handle.ts';

/**
 * How a {@link Socket} is made.
 * @public
 */
export interface SocketOptions {
  /** Keep the writable side open when the other side has ended. Default: false. */
  readonly allowHalfOpen?: boolean | undefined;
  /** Destroys the socket when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Bytes that each side of the stream buffers. Default: 65,536. */
  readonly highWaterMark?: number | undefined;
  /** TCP_NODELAY. Default: false. */
  readonly noDelay?: boolean | undefined;
  /** SO_KEEPALIVE. Default: false. */
  readonly keepAlive?: boolean | undefined;
  /** TCP_KEEPIDLE, in milliseconds. */
  readonly keepAliveInitialDelay?: number | undefined;
}

/**
 * Where to connect to.
 * @public
 */
export interface ConnectOptions extends SocketOptions {
  readonly port: number | string;
  /** A numeric address or a name. Default: 'localhost'. */
  readonly host?: string | null | undefined;
  /** The own address and port, where they matter. */
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  /** Milliseconds without any traffic until 'timeout' is emitted; see {@link Socket.setTimeout}. */
  readonly timeout?: number | undefined;
  /** Finds the address of `host`; default: the stack's own. */
  readonly lookup?: LookupFunction | undefined;
}

/** Reads in one turn, before others get theirs. */
const READ_BUDGET = 16;
const READ_EVENTS: number = POLLIN | POLLRDHUP | POLLERR | POLLHUP;
const WRITE_EVENTS: number = POLLOUT | POLLERR | POLLHUP;

/**
 * A TCP connection: a Duplex with the methods, properties and events of node:net's Socket, over a Linnet stack. Events come in turns of
 * their own, never inside a call of yours.
 *
 * Differences: `ref` and `unref` count on the kernel's clock (`Clock.hold`); timeouts run on it too. There is no `onread` option and no
 * IPC path.
 * @public
 */
export class Socket extends Duplex {
  /** Is a connect on its way? */
  connecting = false;
  /** Bytes read from the connection. */
  bytesRead = 0;
  /** The timeout in milliseconds, if one was set. */
  timeout: number | undefined = undefined;
  remoteAddress: string | undefined = undefined;
  remoteFamily: 'IPv4' | 'IPv6' | undefined = undefined;
  remotePort: number | undefined = undefined;
  /** The server that accepted it, or null. Node's http puts its own here. */
  server: unknown = null;
  private readonly stackCore: StackCore;
  private handle: SockHandle | null = null;
  /** Told once when the socket has ended: its server counts. */
  private onGone: (() => void) | null = null;
  private local: AddressInfo | null = null;
  private wantRef = true;
  private resetting = false;
  private noDelay = false;
  private keepAlive = false;
  private keepAliveSecs = 0;
  private readonly userSignal: AbortSignal | null;
  private readonly onAbort: () => void;
  /** Does the stream want more? */
  private wantRead = false;
  // Writing: what _write gave and is not sent yet.
  private readonly outMsg: MsgHdr = new MsgHdr();
  private outLeft = 0;
  /** All of it, sent or not: the stream still counts it as waiting. */
  private outSize = 0;
  private outDone: ((error?: Error | null) => void) | null = null;
  private dispatched = 0;
  private idle: KernelTimeout | null = null;
  /** When the last traffic was, and whether the timer runs: it does not after 'timeout' until there is traffic again. */
  private quietSince = 0;
  private watching = false;

  /** @internal Use `connect` or `createServer` of a stack. */
  constructor(core: StackCore, opts: SocketOptions = {}, handle: SockHandle | null = null, onGone: (() => void) | null = null) {
    const highWaterMark = opts.highWaterMark ?? 65536;
    checkSignal(opts.signal, 'options.signal');
    super({ allowHalfOpen: opts.allowHalfOpen === true, readableHighWaterMark: highWaterMark, writableHighWaterMark: highWaterMark, autoDestroy: true, emitClose: false });
    this.stackCore = core;
    this.onGone = onGone;
    this.onAbort = (): void => void this.destroy(new AbortError('connect', this.userSignal?.reason));
    this.userSignal = opts.signal ?? null;
    if (opts.noDelay === true) this.noDelay = true;
    if (opts.keepAlive === true) this.setKeepAlive(true, opts.keepAliveInitialDelay ?? 0);
    if (handle !== null) this.adopt(handle);
    if (this.userSignal?.aborted === true) this.onAbort();
    else this.userSignal?.addEventListener('abort', this.onAbort);
  }

  /**
   * Connects; 'connect' and 'ready' follow, or 'error'. `listener` is called on 'connect'. A socket that was closed may connect again. Throws for a bad port or a
   * localAddress that is no address.
   */
  connect(options: ConnectOptions, listener?: () => void): this;
  connect(port: number, host?: string, listener?: () => void): this;
  connect(port: number, listener?: () => void): this;
  connect(...args: readonly unknown[]): this {
    const listener = args.findLast((a) => typeof a === 'function') as (() => void) | undefined;
    const first = args[0];
    const opts = (typeof first === 'object' && first !== null ? first : { port: first, host: typeof args[1] === 'string' ? args[1] : undefined }) as ConnectOptions;
    const port = checkPort(opts.port, 'options.port');
    if (opts.localAddress !== undefined && isIP(opts.localAddress) === 0) {
      throw Object.assign(new TypeError(`Invalid IP address: ${opts.localAddress}`), { code: 'ERR_INVALID_IP_ADDRESS' });
    }
    if (opts.localPort !== undefined) checkPort(opts.localPort, 'options.localPort');
    checkFunction(opts.lookup, 'options.lookup');
    const host = opts.host ?? 'localhost';
    if (typeof host !== 'string') throw argType('options.host', 'of type string', host);
    if (this.destroyed && this.userSignal?.aborted === true) return this;
    if (this.destroyed) this.renew();
    if (this.connecting || this.handle !== null) throw codedError('EALREADY', 'connect EALREADY: the socket is connecting or connected');
    if (listener !== undefined) this.once('connect', listener);
    if (opts.timeout !== undefined) this.setTimeout(opts.timeout);
    this.connecting = true;
    const known = knownAddress(this.stackCore, host);
    if (known !== null) {
      soon(() => this.start(known, port, opts));
      return this;
    }
    lookupHost(this.stackCore, host, opts.lookup ?? null, (err, address) => {
      soon(() => {
        this.emit('lookup', err, address, isIP(address), host);
        if (!this.connecting) return;
        if (err === null) this.start(address, port, opts);
        else this.destroy(err);
      });
    });
    return this;
  }

  /** Ends the writable side when all is written, then destroys the socket. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', this.destroy);
  }

  /** Closes the connection with a reset: the other side reads ECONNRESET. */
  resetAndDestroy(): this {
    if (this.connecting) {
      this.once('connect', () => this.resetAndDestroy());
      return this;
    }
    if (this.handle === null) return this.destroy(codedError('ERR_SOCKET_CLOSED', 'Socket is closed'));
    this.resetting = true;
    return this.destroy();
  }

  /** TCP_NODELAY: small writes go at once. */
  setNoDelay(on: boolean = true): this {
    this.noDelay = on;
    this.handle?.setOption(IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0);
    return this;
  }

  /** SO_KEEPALIVE, and TCP_KEEPIDLE in milliseconds where not 0. */
  setKeepAlive(on: boolean = false, initialDelay: number = 0): this {
    this.keepAlive = on;
    this.keepAliveSecs = Math.floor(initialDelay / 1000);
    if (this.handle !== null) this.applyKeepAlive(this.handle);
    return this;
  }

  /** Emits 'timeout' after so many milliseconds without traffic; 0 switches it off. The socket stays open: close it yourself. */
  setTimeout(milliseconds: number, listener?: () => void): this {
    if (this.destroyed) return this;
    checkMilliseconds(milliseconds, 'msecs');
    checkFunction(listener, 'callback');
    this.timeout = milliseconds;
    if (milliseconds === 0) {
      this.idle?.stop();
      if (listener !== undefined) this.removeListener('timeout', listener);
      return this;
    }
    if (listener !== undefined) this.once('timeout', listener);
    this.idle ??= new KernelTimeout(this.stackCore, () => this.onIdle());
    this.quietSince = this.stackCore.kernel.now();
    this.watching = true;
    this.idle.start(milliseconds);
    return this;
  }

  /** Keeps the process alive while the socket is open (the default). */
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

  /** The own address; an empty object before there is one. */
  address(): AddressInfo | Record<string, never> {
    return this.localName() ?? {};
  }

  get localAddress(): string | undefined {
    return this.localName()?.address;
  }

  get localPort(): number | undefined {
    return this.localName()?.port;
  }

  get localFamily(): 'IPv4' | 'IPv6' | undefined {
    return this.localName()?.family;
  }

  /** Bytes written to the connection, those that still wait included. */
  get bytesWritten(): number {
    return this.dispatched + this.writableLength - this.outSize;
  }

  /** Bytes that wait to be written. */
  get bufferSize(): number {
    return this.writableLength;
  }

  /** Not connected yet? */
  get pending(): boolean {
    return this.handle === null || this.connecting;
  }

  get readyState(): 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.connecting) return 'opening';
    if (this.readable && this.writable) return 'open';
    if (this.readable) return 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }

  override _read(): void {
    this.wantRead = true;
    if (this.connecting || this.handle === null) return;
    this.readOnce();
  }

  override _write(chunk: Uint8Array, _encoding: string, callback: (error?: Error | null) => void): void {
    this.writeOut([chunk], chunk.length, callback);
  }

  override _writev(chunks: readonly { chunk: Uint8Array }[], callback: (error?: Error | null) => void): void {
    const iov = new Array<Uint8Array>(chunks.length);
    let size = 0;
    for (let i = 0; i < chunks.length; i++) {
      const { chunk } = chunks[i]!;
      iov[i] = chunk;
      size += chunk.length;
    }
    this.writeOut(iov, size, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    if (this.connecting) {
      this.once('connect', () => this._final(callback));
      return;
    }
    const err = this.handle === null ? 0 : this.handle.shutdown(SHUT_WR);
    // Not at once: what the caller of `end` does next (a write that is an error) comes before 'finish'.
    soon(() => callback(err < 0 && err !== -ENOTCONN ? errnoException(err, 'shutdown') : null));
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    const { handle, onGone, connecting, outDone } = this;
    // A connection's address stays readable.
    this.localName();
    this.connecting = false;
    this.idle?.stop();
    this.userSignal?.removeEventListener('abort', this.onAbort);
    handle?.close(this.resetting);
    this.handle = null;
    this.onGone = null;
    this.outMsg.iov = [];
    this.outDone = null;
    callback(error);
    onGone?.();
    // The last event, in a turn of its own as node:net has it; it tells whether there was an error.
    this.stackCore.kernel.clock.defer(() => {
      this.outSize = 0;
      // What waits was not sent, and its writer hears so (node:net since 22; before, it was told nothing).
      if (!connecting) outDone?.(errnoException(-ECANCELED, 'write'));
      this.emit('close', error !== null);
      if (connecting) outDone?.(codedError('ERR_SOCKET_CLOSED_BEFORE_CONNECTION', 'Socket closed before the connection was established'));
    });
  }

  /** Makes a socket that was destroyed like new. */
  private renew(): void {
    (this as unknown as { _undestroy(): void })._undestroy();
    this.local = null;
    this.resetting = false;
    this.wantRead = false;
    this.bytesRead = 0;
    this.dispatched = 0;
    this.remoteAddress = undefined;
    this.remoteFamily = undefined;
    this.remotePort = undefined;
    this.userSignal?.addEventListener('abort', this.onAbort);
  }

  private localName(): AddressInfo | null {
    if (!this.connecting) this.local ??= this.handle?.name(false) ?? null;
    return this.local;
  }

  private adopt(handle: SockHandle): void {
    this.handle = handle;
    handle.watch((mask) => this.onEvents(mask), () => void this.destroy());
    if (this.wantRef) handle.hold(true);
    if (this.noDelay) handle.setOption(IPPROTO_TCP, TCP_NODELAY, 1);
    if (this.keepAlive) this.applyKeepAlive(handle);
    const peer = handle.name(true);
    if (peer !== null) this.setPeer(peer);
  }

  private setPeer(peer: AddressInfo): void {
    this.remoteAddress = peer.address;
    this.remoteFamily = peer.family;
    this.remotePort = peer.port;
  }

  private applyKeepAlive(handle: SockHandle): void {
    handle.setOption(SOL_SOCKET, SO_KEEPALIVE, this.keepAlive ? 1 : 0);
    if (this.keepAlive && this.keepAliveSecs > 0) handle.setOption(IPPROTO_TCP, TCP_KEEPIDLE, this.keepAliveSecs);
  }

  private start(address: string, port: number, opts: ConnectOptions): void {
    if (!this.connecting || this.destroyed) return;
    const to = parseAddress(address, port)!;
    const handle = SockHandle.open(this.stackCore, to.family, SOCK_STREAM);
    if (typeof handle === 'number') return void this.destroy(hostPortException(handle, 'connect', address, port));
    this.adopt(handle);
    let local = '';
    if (opts.localAddress !== undefined || opts.localPort !== undefined) {
      const own = opts.localAddress ?? anyAddress(to.family);
      const ownPort = opts.localPort ?? 0;
      const err = handle.bind(parseAddress(own, ownPort)!);
      if (err < 0) return void this.destroy(hostPortException(err, 'bind', own, ownPort));
      if (opts.localAddress !== undefined && ownPort !== 0) local = `${own}:${ownPort}`;
    }
    const step = (): void => {
      const err = handle.connect(to);
      if (err === -EINPROGRESS || err === -EALREADY) return;
      if (err < 0 && err !== -EISCONN) return void this.destroy(hostPortException(err, 'connect', address, port, local));
      handle.watch((mask) => this.onEvents(mask));
      this.connected(handle);
    };
    handle.watch((mask) => {
      if ((mask & WRITE_EVENTS) !== 0) step();
    });
    const err = handle.connect(to);
    // However it went: a turn of its own.
    if (err === 0) handle.poke(POLLOUT);
    else if (err !== -EINPROGRESS) this.destroy(hostPortException(err, 'connect', address, port, local));
  }

  private connected(handle: SockHandle): void {
    this.connecting = false;
    const peer = handle.name(true);
    if (peer !== null) this.setPeer(peer);
    this.touch();
    this.emit('connect');
    if (this.handle !== null && this.outDone !== null) this.writeMore();
    this.emit('ready');
    if (this.handle === null) return;
    if (this.wantRead) this.readMore();
    else if (!this.isPaused()) this.read(0);
  }

  private onEvents(mask: number): void {
    // Reading first: a reset is then an error of reading, as in node:net.
    if ((mask & READ_EVENTS) !== 0 && this.wantRead) this.readMore();
    if ((mask & WRITE_EVENTS) !== 0 && this.outDone !== null && this.handle !== null) this.writeMore();
  }

  /** Reads until there is nothing, or the stream has enough, or others should have a turn. */
  private readMore(): void {
    for (let i = 0; i < READ_BUDGET; i++) {
      if (!this.readOnce() || !this.wantRead || this.handle === null) return;
    }
    this.handle?.poke(POLLIN);
  }

  /** Reads once; false when there is nothing more to read now. */
  private readOnce(): boolean {
    const handle = this.handle!;
    const memory = this.stackCore.readMemory;
    const n = handle.recv(memory.room());
    if (n === -EAGAIN) return false;
    if (n < 0) {
      this.destroy(errnoException(n, 'read'));
      return false;
    }
    this.touch();
    if (n === 0) {
      this.wantRead = false;
      this.push(null);
      // Nobody may be listening: the end must come through all the same.
      if (this.readableLength === 0) this.read(0);
      return false;
    }
    this.bytesRead += n;
    this.wantRead = false;
    let more = true;
    try {
      more = this.push(memory.take(n));
    } finally {
      // A handler that throws is no reason to stop reading.
      if (more) this.wantRead = true;
    }
    return true;
  }

  private writeOut(iov: Uint8Array[], size: number, callback: (error?: Error | null) => void): void {
    const msg = this.outMsg;
    msg.iov = iov;
    msg.iovIndex = 0;
    msg.iovOff = 0;
    this.outLeft = size;
    this.outSize = size;
    this.outDone = callback;
    this.dispatched += size;
    if (this.connecting) return;
    if (this.handle === null) return this.wrote(codedError('ERR_SOCKET_CLOSED', 'Socket is closed'));
    this.writeMore();
  }

  private writeMore(): void {
    const handle = this.handle!;
    const msg = this.outMsg;
    this.touch();
    while (this.outLeft > 0) {
      const index = msg.iovIndex;
      const off = msg.iovOff;
      const n = handle.send(msg, this.outLeft);
      if (n === -EAGAIN) {
        msg.iovIndex = index;
        msg.iovOff = off;
        return;
      }
      if (n < 0) return this.wrote(errnoException(n, 'write'));
      this.outLeft -= n;
      if (this.outLeft > 0) advance(msg, index, off, n);
    }
    this.wrote(null);
  }

  private wrote(error: Error | null): void {
    const done = this.outDone;
    this.outDone = null;
    this.outSize = 0;
    this.outMsg.iov = [];
    done?.(error);
  }

  private touch(): void {
    if (this.idle === null) return;
    this.quietSince = this.stackCore.kernel.now();
    if (this.watching || !this.timeout) return;
    this.watching = true;
    this.idle.start(this.timeout);
  }

  /** The timer has run out; perhaps there was traffic meanwhile. */
  private onIdle(): void {
    const { timeout } = this;
    if (timeout === undefined || timeout === 0 || this.destroyed) return;
    const quiet = (this.stackCore.kernel.now() - this.quietSince) / 1e6;
    if (quiet < timeout) {
      this.idle!.start(timeout - quiet);
      return;
    }
    this.watching = false;
    this.emit('timeout');
  }
}

/** Puts the message's cursor `n` bytes behind (index, off), wherever a call that took only some left it. */
function advance(msg: MsgHdr, index: number, off: number, n: number): void {
  let at = off + n;
  let i = index;
  while (i < msg.iov.length && at >= msg.iov[i]!.length) at -= msg.iov[i++]!.length;
  msg.iovIndex = i;
  msg.iovOff = at;
}
