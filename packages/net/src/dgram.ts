/** A UDP socket shaped like node:dgram's. */
import { EAGAIN, EBADF, ECONNREFUSED, EINVAL } from '@linnet/kernel';
import { MsgHdr } from '@linnet/socket';
import {
  AF_INET, AF_INET6, AF_UNSPEC, IP_ADD_MEMBERSHIP, IP_ADD_SOURCE_MEMBERSHIP, IP_DROP_MEMBERSHIP, IP_DROP_SOURCE_MEMBERSHIP, IP_MULTICAST_IF, IP_MULTICAST_LOOP, IP_MULTICAST_TTL,
  IP_TTL, in4FromString, IPPROTO_IP, POLLERR, POLLIN, POLLOUT, SO_BROADCAST, SO_RCVBUF, SO_REUSEADDR, SO_SNDBUF, SOCK_DGRAM, SOL_SOCKET, type SockAddr,
} from '@linnet/uapi';
import { type AddressInfo, addressInfo, anyAddress, parseAddress } from './address.ts';
import { knownAddress, type LookupFunction, lookupHost, soon, type StackCore } from './core.ts';
import { argType, checkPort, checkSignal, codedError, errnoException, hostPortException } from './errors.ts';
import { EventEmitter } from './events.ts';
import { SockHandle } from './handle.ts';

/**
 * How a {@link DgramSocket} is made.
 * @public
 */
export interface DgramOptions {
  readonly type: 'udp4' | 'udp6';
  /** SO_REUSEADDR. Default: false. */
  readonly reuseAddr?: boolean | undefined;
  readonly recvBufferSize?: number | undefined;
  readonly sendBufferSize?: number | undefined;
  readonly lookup?: LookupFunction | undefined;
  /** Closes the socket when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Where a datagram came from.
 * @public
 */
export interface RemoteInfo extends AddressInfo {
  /** Bytes of the message. */
  size: number;
}

/**
 * Where a {@link DgramSocket} binds to.
 * @public
 */
export interface DgramBindOptions {
  readonly port?: number | undefined;
  readonly address?: string | undefined;
}

/**
 * Called when a datagram has gone, with the bytes sent.
 * @public
 */
export type SendCallback = (error: Error | null, bytes: number) => void;

/**
 * The events of a {@link DgramSocket}. A message is a Buffer where the host has such.
 * @public
 */
export interface DgramEvents {
  listening: [];
  message: [msg: Uint8Array, rinfo: RemoteInfo];
  connect: [];
  error: [error: Error];
  close: [];
}

interface Outgoing {
  readonly iov: Uint8Array[];
  readonly size: number;
  readonly to: SockAddr | null;
  readonly address: string;
  readonly port: number;
  readonly done: SendCallback | undefined;
}

/** Datagrams received in one turn, before others get theirs. */
const READ_BUDGET = 512;

/**
 * A UDP socket with the methods and events of node:dgram's Socket: 'listening', 'message', 'connect', 'error', 'close'.
 * @public
 */
export class DgramSocket extends EventEmitter<DgramEvents> {
  readonly type: 'udp4' | 'udp6';
  private readonly stackCore: StackCore;
  private readonly opts: DgramOptions;
  private readonly handle: SockHandle;
  private readonly queue: Outgoing[] = [];
  private readonly out: MsgHdr = new MsgHdr();
  private bound = false;
  private binding = false;
  private waiting: (() => void)[] = [];
  private isConnected = false;
  private connecting = false;
  private isClosed = false;
  private wantRef = true;

  /** @internal Use `createSocket` of a stack. */
  constructor(core: StackCore, opts: DgramOptions, listener?: (msg: Uint8Array, rinfo: RemoteInfo) => void) {
    super();
    checkSignal(opts.signal, 'options.signal');
    if (opts.type !== 'udp4' && opts.type !== 'udp6') throw Object.assign(new TypeError(`Bad socket type specified. Valid types are: udp4, udp6`), { code: 'ERR_SOCKET_BAD_TYPE' });
    this.stackCore = core;
    this.opts = opts;
    this.type = opts.type;
    const handle = SockHandle.open(core, this.family, SOCK_DGRAM);
    if (typeof handle === 'number') throw errnoException(handle, 'socket', opts.type);
    this.handle = handle;
    if (listener !== undefined) this.on('message', listener);
    if (opts.reuseAddr === true) handle.setOption(SOL_SOCKET, SO_REUSEADDR, 1);
    if (opts.recvBufferSize !== undefined) handle.setOption(SOL_SOCKET, SO_RCVBUF, opts.recvBufferSize);
    if (opts.sendBufferSize !== undefined) handle.setOption(SOL_SOCKET, SO_SNDBUF, opts.sendBufferSize);
    handle.watch((mask) => this.onEvents(mask), () => this.closeQuietly());
    const { signal } = opts;
    if (signal?.aborted === true) soon(() => this.closeQuietly());
    else if (signal !== undefined) {
      const onAbort = (): void => this.closeQuietly();
      signal.addEventListener('abort', onAbort);
      this.once('close', () => signal.removeEventListener('abort', onAbort));
    }
  }

  /** Binds to a port (0 or absent: any free one) and an address (default: all); 'listening' follows, or 'error'. */
  bind(options: DgramBindOptions, listener?: () => void): this;
  bind(port?: number, address?: string, listener?: () => void): this;
  bind(port?: number, listener?: () => void): this;
  bind(listener?: () => void): this;
  bind(...args: readonly unknown[]): this {
    this.checkOpen();
    if (this.bound || this.binding) throw codedError('ERR_SOCKET_ALREADY_BOUND', 'Socket is already bound');
    const listener = args.findLast((a) => typeof a === 'function') as (() => void) | undefined;
    const first = args[0];
    const opts = (typeof first === 'object' && first !== null ? first : { port: typeof first === 'function' ? undefined : first, address: typeof args[1] === 'string' ? args[1] : undefined }) as DgramBindOptions;
    const port = checkPort(opts.port ?? 0, 'options.port');
    if (listener !== undefined) this.once('listening', listener);
    this.binding = true;
    lookupHost(this.stackCore, opts.address ?? anyAddress(this.family), this.opts.lookup ?? null, (err, address) => {
      if (this.isClosed) return;
      if (err !== null) {
        this.binding = false;
        soon(() => void this.emit('error', err));
      } else this.bindNow(address, port);
    });
    return this;
  }

  /** Sets the peer; 'connect' follows. `callback` gets an error instead of 'error' being emitted. */
  connect(port: number, address?: string, callback?: (error?: Error) => void): void;
  connect(port: number, callback?: (error?: Error) => void): void;
  connect(port: number, ...rest: readonly unknown[]): void {
    this.checkOpen();
    checkPort(port, 'Port', false);
    const callback = rest.find((a) => typeof a === 'function') as ((error?: Error) => void) | undefined;
    const host = typeof rest[0] === 'string' && rest[0] !== '' ? rest[0] : 'localhost';
    if (this.isConnected || this.connecting) throw codedError('ERR_SOCKET_DGRAM_IS_CONNECTED', 'Already connected');
    this.connecting = true;
    const failed = (error: Error): void => {
      this.connecting = false;
      soon(() => {
        if (callback === undefined) this.emit('error', error);
        else callback(error);
      });
    };
    if (!this.bound && !this.binding) this.bind({ port: 0 });
    this.whenBound(() => {
      lookupHost(this.stackCore, host, this.opts.lookup ?? null, (err, ip) => {
        if (this.isClosed) return;
        if (err !== null) return failed(err);
        const e = this.handle.connect(parseAddress(ip, port)!);
        if (e < 0) return failed(hostPortException(e, 'connect', ip, port));
        this.connecting = false;
        this.isConnected = true;
        soon(() => {
          if (callback !== undefined) this.once('connect', callback);
          this.emit('connect');
        });
      });
    });
  }

  /** Forgets the peer. */
  disconnect(): void {
    this.checkOpen();
    if (!this.isConnected) throw codedError('ERR_SOCKET_DGRAM_NOT_CONNECTED', 'Not connected');
    const err = this.handle.connect({ family: AF_UNSPEC });
    if (err < 0) throw errnoException(err, 'connect');
    this.isConnected = false;
  }

  /**
   * Sends a datagram: send(msg, [offset, length,] [port] [, address] [, callback]), as node:dgram has it; `msg` is bytes, text or a list of
   * them. A connected socket takes no port. Throws for wrong arguments; everything else goes to the callback, or to 'error'.
   */
  send(msg: Uint8Array | string | readonly (Uint8Array | string)[], ...rest: readonly unknown[]): void {
    this.checkOpen();
    const callback = rest.findLast((a) => typeof a === 'function') as SendCallback | undefined;
    const args = rest.filter((a) => typeof a !== 'function');
    let iov = toBytes(msg);
    // With a port to name there are two more numbers when offset and length are given; a connected socket names none.
    const ranged = typeof args[0] === 'number' && typeof args[1] === 'number' && (this.isConnected || args.length >= 3);
    if (ranged && !Array.isArray(msg)) {
      const [off, len] = args as [number, number];
      const whole = iov[0]!;
      if (!(off >= 0 && len >= 0 && off + len <= whole.length)) throw Object.assign(new RangeError(`"offset" ${off} and "length" ${len} are outside of buffer bounds`), { code: 'ERR_BUFFER_OUT_OF_BOUNDS' });
      iov = [whole.subarray(off, off + len)];
      args.splice(0, 2);
    }
    let port = 0;
    let host = '';
    if (this.isConnected) {
      if (args.length > 0 && args[0] !== undefined && args[0] !== null) throw codedError('ERR_SOCKET_DGRAM_IS_CONNECTED', 'Already connected');
    } else {
      port = checkPort(args[0], 'Port', false);
      if (args[1] !== undefined && args[1] !== null && typeof args[1] !== 'string') throw argType('address', 'of type string', args[1]);
      host = typeof args[1] === 'string' && args[1] !== '' ? args[1] : 'localhost';
    }
    if (!this.bound && !this.binding) this.bind({ port: 0 });
    this.whenBound(() => this.sendTo(iov, host, port, callback));
  }

  /** Where it is bound. Throws when it is not. */
  address(): AddressInfo {
    this.checkOpen();
    const name = this.bound ? this.handle.name(false) : null;
    if (name === null) throw errnoException(-EBADF, 'getsockname');
    return name;
  }

  /** The peer of a connected socket. Throws when there is none. */
  remoteAddress(): AddressInfo {
    this.checkOpen();
    const name = this.isConnected ? this.handle.name(true) : null;
    if (name === null) throw codedError('ERR_SOCKET_DGRAM_NOT_CONNECTED', 'Not connected');
    return name;
  }

  /** Closes the socket; 'close' follows. */
  close(callback?: () => void): this {
    this.checkOpen();
    if (callback !== undefined) this.once('close', callback);
    this.closeQuietly();
    return this;
  }

  /** SO_BROADCAST. */
  setBroadcast(on: boolean): void {
    this.option(SOL_SOCKET, SO_BROADCAST, on ? 1 : 0, 'setBroadcast');
  }

  /** IP_TTL. */
  setTTL(ttl: number): number {
    if (typeof ttl !== 'number') throw argType('ttl', 'of type number', ttl);
    this.option(IPPROTO_IP, IP_TTL, ttl, 'setTTL');
    return ttl;
  }

  /** IP_MULTICAST_TTL. */
  setMulticastTTL(ttl: number): number {
    if (typeof ttl !== 'number') throw argType('ttl', 'of type number', ttl);
    this.option(IPPROTO_IP, IP_MULTICAST_TTL, ttl, 'setMulticastTTL');
    return ttl;
  }

  /** IP_MULTICAST_LOOP. */
  setMulticastLoopback(on: boolean): boolean {
    this.option(IPPROTO_IP, IP_MULTICAST_LOOP, on ? 1 : 0, 'setMulticastLoopback');
    return on;
  }

  /** IP_MULTICAST_IF: the interface by its address. */
  setMulticastInterface(address: string): void {
    this.option(IPPROTO_IP, IP_MULTICAST_IF, group('multicastInterface', address), 'setMulticastInterface');
  }

  /** Joins a multicast group, on the interface with that address or on the one of the route. */
  addMembership(multicastAddress: string, multicastInterface: string = '0.0.0.0'): void {
    this.member(IP_ADD_MEMBERSHIP, 'addMembership', [multicastAddress, multicastInterface]);
  }

  /** Leaves a multicast group. */
  dropMembership(multicastAddress: string, multicastInterface: string = '0.0.0.0'): void {
    this.member(IP_DROP_MEMBERSHIP, 'dropMembership', [multicastAddress, multicastInterface]);
  }

  /** Joins a group for one sender. */
  addSourceSpecificMembership(sourceAddress: string, groupAddress: string, multicastInterface: string = '0.0.0.0'): void {
    this.member(IP_ADD_SOURCE_MEMBERSHIP, 'addSourceSpecificMembership', [groupAddress, multicastInterface, sourceAddress]);
  }

  /** Leaves a group for one sender. */
  dropSourceSpecificMembership(sourceAddress: string, groupAddress: string, multicastInterface: string = '0.0.0.0'): void {
    this.member(IP_DROP_SOURCE_MEMBERSHIP, 'dropSourceSpecificMembership', [groupAddress, multicastInterface, sourceAddress]);
  }

  /** SO_RCVBUF, as getsockopt gives it. */
  getRecvBufferSize(): number {
    return this.handle.getOption(SOL_SOCKET, SO_RCVBUF);
  }

  /** SO_SNDBUF, as getsockopt gives it. */
  getSendBufferSize(): number {
    return this.handle.getOption(SOL_SOCKET, SO_SNDBUF);
  }

  /** SO_RCVBUF. */
  setRecvBufferSize(size: number): void {
    this.option(SOL_SOCKET, SO_RCVBUF, size, 'setRecvBufferSize');
  }

  /** SO_SNDBUF. */
  setSendBufferSize(size: number): void {
    this.option(SOL_SOCKET, SO_SNDBUF, size, 'setSendBufferSize');
  }

  /** Bytes that wait to be sent. */
  getSendQueueSize(): number {
    return this.queue.reduce((n, o) => n + o.size, 0);
  }

  /** Datagrams that wait to be sent. */
  getSendQueueCount(): number {
    return this.queue.length;
  }

  /** Keeps the process alive while the socket is bound (the default). */
  ref(): this {
    this.wantRef = true;
    if (this.bound) this.handle.hold(true);
    return this;
  }

  /** Does not keep the process alive. */
  unref(): this {
    this.wantRef = false;
    this.handle.hold(false);
    return this;
  }

  /** Closes the socket and waits for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isClosed) return;
    await new Promise<void>((resolve) => void this.close(() => resolve()));
  }

  private get family(): number {
    return this.type === 'udp4' ? AF_INET : AF_INET6;
  }

  private checkOpen(): void {
    if (this.isClosed) throw codedError('ERR_SOCKET_DGRAM_NOT_RUNNING', 'Not running');
  }

  private closeQuietly(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.handle.close();
    const left = this.queue.splice(0);
    soon(() => {
      for (const o of left) o.done?.(codedError('ERR_SOCKET_DGRAM_NOT_RUNNING', 'Not running'), 0);
      this.emit('close');
    });
  }

  private bindNow(address: string, port: number): void {
    const addr = parseAddress(address, port)!;
    const err = this.handle.bind(addr);
    this.binding = false;
    if (err < 0) return soon(() => void this.emit('error', hostPortException(err, 'bind', address, port)));
    this.bound = true;
    if (this.wantRef) this.handle.hold(true);
    const list = this.waiting;
    this.waiting = [];
    for (const fn of list) fn();
    soon(() => {
      if (!this.isClosed) this.emit('listening');
    });
    this.handle.poke(POLLIN);
  }

  private whenBound(fn: () => void): void {
    if (this.bound) fn();
    else this.waiting.push(fn);
  }

  private sendTo(iov: Uint8Array[], host: string, port: number, done: SendCallback | undefined): void {
    const size = iov.reduce((n, b) => n + b.length, 0);
    const put = (to: SockAddr | null, address: string): void => {
      this.queue.push({ iov, size, to, address, port, done });
      if (this.queue.length === 1) this.flush();
    };
    if (host === '') return put(null, '');
    const known = knownAddress(this.stackCore, host);
    if (known !== null) return put(parseAddress(known, port)!, known);
    lookupHost(this.stackCore, host, this.opts.lookup ?? null, (err, address) => {
      if (this.isClosed) return;
      if (err === null) put(parseAddress(address, port)!, address);
      else soon(() => (done === undefined ? void this.emit('error', err) : done(err, 0)));
    });
  }

  /** Sends what waits, as long as there is room. */
  private flush(): void {
    const { out } = this;
    for (;;) {
      const o = this.queue[0];
      if (o === undefined || this.isClosed) return;
      out.iov = o.iov;
      out.iovIndex = 0;
      out.iovOff = 0;
      out.name = o.to;
      const n = this.handle.send(out, o.size);
      if (n === -EAGAIN) return;
      this.queue.shift();
      const error = n >= 0 ? null : o.address === '' ? errnoException(n, 'send') : hostPortException(n, 'send', o.address, o.port);
      if (o.done !== undefined) {
        const { done } = o;
        soon(() => done(error, Math.max(n, 0)));
      } else if (error !== null) soon(() => void this.emit('error', error));
    }
  }

  private onEvents(mask: number): void {
    if ((mask & POLLOUT) !== 0) this.flush();
    if ((mask & (POLLIN | POLLERR)) !== 0) this.receive();
  }

  private receive(): void {
    if (!this.bound) return;
    const memory = this.stackCore.readMemory;
    for (let i = 0; i < READ_BUDGET; i++) {
      if (this.isClosed) return;
      const n = this.handle.recv(memory.scratch());
      if (n === -EAGAIN) return;
      if (n < 0) {
        // Some ICMP error of an earlier datagram: only a connected socket is told.
        if (n !== -ECONNREFUSED || this.isConnected) this.emit('error', errnoException(n, 'recvmsg'));
        continue;
      }
      const { from } = this.handle;
      const rinfo = from === null ? null : addressInfo(from);
      this.emit('message', memory.takeScratch(n), { ...(rinfo ?? { address: '', family: 'IPv4', port: 0 }), size: n });
    }
    this.handle.poke(POLLIN);
  }

  private option(level: number, opt: number, value: number | Uint8Array, name: string): void {
    this.checkOpen();
    const err = this.handle.setOption(level, opt, value);
    if (err < 0) throw errnoException(err, name);
  }

  private member(opt: number, name: string, addresses: readonly string[]): void {
    this.checkOpen();
    if (!this.bound && !this.binding) this.bind({ port: 0 });
    const value = new Uint8Array(addresses.length * 4);
    addresses.forEach((a, i) => value.set(group(name, a), i * 4));
    this.option(IPPROTO_IP, opt, value, name);
  }
}

/** An IPv4 address in network order, as the socket options have it. */
function group(name: string, address: string): Uint8Array {
  const a = in4FromString(address);
  if (a === null) throw errnoException(-EINVAL, name, String(address));
  return new Uint8Array([a >>> 24, (a >>> 16) & 255, (a >>> 8) & 255, a & 255]);
}

function toBytes(msg: unknown): Uint8Array[] {
  const one = (m: unknown): Uint8Array => {
    if (typeof m === 'string') return new TextEncoder().encode(m);
    if (m instanceof Uint8Array) return m;
    if (ArrayBuffer.isView(m)) return new Uint8Array(m.buffer, m.byteOffset, m.byteLength);
    throw argType('msg', 'bytes, a string or a list of them', m);
  };
  return Array.isArray(msg) ? msg.map(one) : [one(msg)];
}
