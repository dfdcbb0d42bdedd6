import { type Kernel, type Net, WaitEntry } from '@linnet/kernel';
import { AF_PACKET, AF_UNIX, PACKET_HOST, type SockAddr, type SockAddrLl, type SockAddrUn, SOL_SOCKET } from '@linnet/uapi';
import { MsgHdr, type ScmFile, sockCreate, Socket, sockGetsockopt, sockRelease, sockSetsockopt } from '../src/index.ts';

export const text = (s: string): Uint8Array => new TextEncoder().encode(s);
export const string = (u8: Uint8Array): string => new TextDecoder().decode(u8);
/** A local address: a path, or with '@' an abstract name. */
export const un = (name: string): SockAddrUn => ({ family: AF_UNIX, path: text(name.replace('@', '\0')) });
export const ll = (ifindex: number, protocol: number, addr: Uint8Array = new Uint8Array(0)): SockAddrLl => ({ family: AF_PACKET, protocol, ifindex, hatype: 0, pkttype: PACKET_HOST, addr });

/** What a message brought. */
export interface Got {
  n: number;
  data: Uint8Array;
  name: SockAddr | null;
  control: { level: number; type: number; data: Uint8Array }[];
  files: readonly Calls[];
  flags: number;
}

/** The system calls, as a program without descriptors would make them. Also the open file of its socket. */
export class Calls implements ScmFile {
  readonly socket: Socket;
  refs = 1;
  closed = false;
  private readonly k: Kernel;

  constructor(socket: Socket) {
    this.socket = socket;
    this.k = socket.kernel;
  }

  static open(net: Net, family: number, type: number, protocol: number = 0): Calls {
    const sock = net.kernel.run(() => sockCreate(net, family, type, protocol));
    if (typeof sock === 'number') throw new Error(`socket: ${sock}`);
    return new Calls(sock);
  }

  static pair(net: Net, type: number): [Calls, Calls] {
    const a = Calls.open(net, AF_UNIX, type);
    const b = Calls.open(net, AF_UNIX, type);
    net.kernel.run(() => a.socket.ops.socketpair!(a.socket, b.socket));
    return [a, b];
  }

  put(): void {
    if (--this.refs > 0) return;
    this.closed = true;
    sockRelease(this.socket);
  }
  close(): void {
    this.k.run(() => this.put());
  }
  bind(addr: SockAddr): number {
    return this.k.run(() => this.socket.ops.bind(this.socket, addr));
  }
  listen(backlog: number): number {
    return this.k.run(() => this.socket.ops.listen(this.socket, backlog));
  }
  connect(addr: SockAddr): number {
    return this.k.run(() => this.socket.ops.connect(this.socket, addr, 0));
  }
  accept(): Calls | number {
    const conn = new Socket(this.socket.net, this.socket.type, this.socket.ops);
    const err = this.k.run(() => this.socket.ops.accept(this.socket, conn, 0));
    return err < 0 ? err : new Calls(conn);
  }
  send(data: string | Uint8Array, flags: number = 0, to: SockAddr | null = null, files: readonly ScmFile[] = []): number {
    const body = typeof data === 'string' ? text(data) : data;
    const msg = new MsgHdr([body], to, flags);
    msg.files = files;
    return this.k.run(() => this.socket.ops.sendmsg(this.socket, msg, body.length));
  }
  recv(size: number = 100, flags: number = 0): Got | number {
    const buf = new Uint8Array(size);
    const msg = new MsgHdr([buf]);
    const n = this.k.run(() => this.socket.ops.recvmsg(this.socket, msg, size, flags));
    return n < 0 ? n : { n, data: buf.subarray(0, Math.min(n, size)), name: msg.name, control: msg.control, files: (msg.files ?? []) as Calls[], flags: msg.flags };
  }
  /** The text of the next message, or an errno. */
  read(size: number = 100, flags: number = 0): string | number {
    const got = this.recv(size, flags);
    return typeof got === 'number' ? got : string(got.data);
  }
  shutdown(how: number): number {
    return this.k.run(() => this.socket.ops.shutdown(this.socket, how));
  }
  poll(): number {
    return this.socket.ops.poll(this.socket);
  }
  set(opt: number, val: number | Uint8Array, level: number = SOL_SOCKET): number {
    const bytes = typeof val === 'number' ? Uint8Array.from([val & 255, (val >> 8) & 255, (val >> 16) & 255, (val >> 24) & 255]) : val;
    return this.k.run(() => (level === SOL_SOCKET ? sockSetsockopt(this.socket, opt, bytes) : this.socket.ops.setsockopt(this.socket, level, opt, bytes)));
  }
  get(opt: number, maxLen: number = 64, level: number = SOL_SOCKET, input?: Uint8Array): Uint8Array | number {
    return this.k.run(() => (level === SOL_SOCKET ? sockGetsockopt(this.socket, opt, maxLen) : this.socket.ops.getsockopt(this.socket, level, opt, maxLen, input)));
  }
  int(opt: number, level: number = SOL_SOCKET): number {
    const v = this.get(opt, 4, level);
    return typeof v === 'number' ? v : v[0]! | (v[1]! << 8) | (v[2]! << 16) | (v[3]! << 24);
  }
  ioctl(cmd: number): number {
    const v = new Uint8Array(4);
    const err = this.k.run(() => this.socket.ops.ioctl!(this.socket, cmd, v));
    return err < 0 ? err : v[0]! | (v[1]! << 8) | (v[2]! << 16) | (v[3]! << 24);
  }
  /** Collects what wakes those who wait for the socket. */
  wakes(): number[] {
    const masks: number[] = [];
    this.socket.wq.add(new WaitEntry((mask) => masks.push(mask)));
    return masks;
  }
}
