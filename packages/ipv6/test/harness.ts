/** A machine with one or more fake Ethernet devices, and IPv6 packets made by hand. */
import { createKernel, errnoName, sec, VirtualClock, type Kernel, type KernelModule, type Net } from '@linnet/kernel';
import { FakeDevice, type FakeDeviceOptions } from '@linnet/netdev/testing';
import { devClose, devGetByName, devOpen } from '@linnet/netdev';
import { SKB, type SkbPool } from '@linnet/skbuff';
import { MsgHdr, sockCreate, sockRelease, type Cmsg, type Socket } from '@linnet/socket';
import type { InetSock } from '@linnet/inet';
import { AF_INET6, in6FromString, in6ToString, sockaddrIn6, type SockAddrIn6 } from '@linnet/uapi';
import { Fib6Config, in6DevGet, inet6AddrAdd, inet6AddrDel, ip6RouteAdd, IPV6, ipv6, type Inet6Dev, type Ipv6Net } from '../src/index.ts';
import { fib6Tables, fib6TableWalk } from '../src/fib6-table.ts';

export function ip6(s: string): Int32Array {
  const a = in6FromString(s);
  if (a === null) throw new Error(`not an address: ${s}`);
  return a;
}

export const str6 = (a: Int32Array): string => in6ToString(a);

/** RFC 1071 over a byte range, the plain way. */
export function checksum(b: Uint8Array, start = 0): number {
  let sum = start;
  for (let i = 0; i < b.length; i += 2) sum += (b[i]! << 8) | (i + 1 < b.length ? b[i + 1]! : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 65536);
  return ~sum & 0xffff;
}

export function bytes6(s: string): Uint8Array {
  const a = ip6(s);
  const b = new Uint8Array(16);
  const v = new DataView(b.buffer);
  for (let i = 0; i < 4; i++) v.setInt32(4 * i, a[i]!);
  return b;
}

function pseudo(src: Uint8Array, dst: Uint8Array, len: number, proto: number): number {
  let sum = len + proto;
  for (const b of [src, dst]) for (let i = 0; i < 16; i += 2) sum += (b[i]! << 8) | b[i + 1]!;
  return sum;
}

export interface Ip6Fields {
  src?: string;
  dst?: string;
  next?: number;
  hops?: number;
  tclass?: number;
  label?: number;
  payloadLen?: number;
  version?: number;
}

/** An IPv6 packet around a payload. */
export function ip6Packet(f: Ip6Fields, payload: Uint8Array): Uint8Array {
  const p = new Uint8Array(40 + payload.length);
  const v = new DataView(p.buffer);
  v.setUint32(0, (((f.version ?? 6) << 28) | ((f.tclass ?? 0) << 20) | (f.label ?? 0)) >>> 0);
  v.setUint16(4, f.payloadLen ?? payload.length);
  p[6] = f.next ?? 58;
  p[7] = f.hops ?? 64;
  p.set(bytes6(f.src ?? 'fd00::2'), 8);
  p.set(bytes6(f.dst ?? 'fd00::1'), 24);
  p.set(payload, 40);
  return p;
}

/** An ICMPv6 message with its checksum. */
export function icmp6(src: string, dst: string, type: number, code: number, un: number, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  const p = new Uint8Array(8 + payload.length);
  const v = new DataView(p.buffer);
  p[0] = type;
  p[1] = code;
  v.setInt32(4, un);
  p.set(payload, 8);
  v.setUint16(2, checksum(p, pseudo(bytes6(src), bytes6(dst), p.length, 58)));
  return p;
}

/** Is the checksum of an ICMPv6 message right? */
export function icmp6Ok(p: Seen6): boolean {
  return checksum(p.payload, pseudo(bytes6(p.src), bytes6(p.dst), p.payload.length, 58)) === 0;
}

export function pattern(n: number, seed = 0): Uint8Array {
  const b = new Uint8Array(n);
  for (let i = 0; i < n; i++) b[i] = (i * 7 + seed) & 0xff;
  return b;
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

export const PEER_MAC: Uint8Array = new Uint8Array([2, 0, 0, 0, 0, 2]);
export const PEER_LL = 'fe80::ff:fe00:2';

export interface Seen6 {
  raw: Uint8Array;
  tclass: number;
  label: number;
  next: number;
  hops: number;
  src: string;
  dst: string;
  payload: Uint8Array;
  ethDst: Uint8Array;
  at: number;
}

/** One wire of the machine: answers neighbour solicitations for every address but its own and the silent ones, and keeps the IPv6 packets. */
export class Wire {
  readonly fake: FakeDevice;
  readonly seen: Seen6[] = [];
  readonly control: Seen6[] = [];
  readonly silent: Set<string> = new Set();
  answer = true;
  private readonly net: Net;

  constructor(net: Net, opts: FakeDeviceOptions = {}) {
    this.net = net;
    this.fake = new FakeDevice(net, { noQueue: true, mac: new Uint8Array([2, 0, 0, 0, 0, 1]), ...opts });
    this.fake.onSent = (f): void => this.onFrame(f.bytes);
  }

  get mac(): Uint8Array {
    return this.fake.dev.devAddr.slice(0, 6);
  }
  get idev(): Inet6Dev {
    return in6DevGet(this.fake.dev)!;
  }

  private onFrame(b: Uint8Array): void {
    const v = new DataView(b.buffer, b.byteOffset, b.byteLength);
    if (v.getUint16(12) !== 0x86dd) return;
    const w = (off: number): Int32Array => Int32Array.of(v.getInt32(off), v.getInt32(off + 4), v.getInt32(off + 8), v.getInt32(off + 12));
    const p: Seen6 = {
      raw: b.slice(14),
      tclass: (v.getUint16(14) >> 4) & 0xff,
      label: v.getUint32(14) & 0xfffff,
      next: b[20]!,
      hops: b[21]!,
      src: str6(w(22)),
      dst: str6(w(38)),
      payload: b.slice(54, 54 + v.getUint16(18)),
      ethDst: b.slice(0, 6),
      at: this.net.kernel.jiffies,
    };
    const type = p.next === 58 ? p.payload[0]! : p.next === 0 && p.payload[0] === 58 ? p.payload[8]! : 0;
    if (type >= 130 && type <= 137 || type === 143) {
      this.control.push(p);
      if (type === 135 && this.answer && p.src !== '::') {
        const target = str6(new Int32Array([0, 4, 8, 12].map((i) => new DataView(p.payload.buffer, p.payload.byteOffset).getInt32(8 + i))));
        if (!this.silent.has(target)) {
          this.frame(ip6Packet({ src: target, dst: p.src, hops: 255 }, icmp6(target, p.src, 136, 0, 0x60000000, concat(bytes6(target), new Uint8Array([2, 1]), PEER_MAC))));
        }
      }
      return;
    }
    this.seen.push(p);
  }

  /** Lets the machine receive a packet in an Ethernet frame. */
  frame(packet: Uint8Array, dst: Uint8Array = packet[24] === 0xff ? new Uint8Array([0x33, 0x33, ...packet.slice(36, 40)]) : this.mac, src: Uint8Array = PEER_MAC): void {
    const f = new Uint8Array(14 + packet.length);
    f.set(dst);
    f.set(src, 6);
    f[12] = 0x86;
    f[13] = 0xdd;
    f.set(packet, 14);
    this.fake.inject(f);
  }

  inject(f: Ip6Fields, payload: Uint8Array): void {
    this.frame(ip6Packet(f, payload));
  }
  /** An ICMPv6 message to the machine. */
  icmp(f: Ip6Fields, type: number, code: number, un: number, payload: Uint8Array = new Uint8Array(0)): void {
    this.inject({ ...f, next: 58 }, icmp6(f.src ?? 'fd00::2', f.dst ?? 'fd00::1', type, code, un, payload));
  }
  take(): Seen6[] {
    return this.seen.splice(0);
  }
  takeControl(type = 0): Seen6[] {
    const all = this.control.splice(0);
    return type === 0 ? all : all.filter((p) => p.payload[0] === type);
  }
}

export class Machine {
  readonly clock: VirtualClock;
  readonly kernel: Kernel;
  readonly net: Net;
  readonly n6: Ipv6Net;
  readonly pool: SkbPool;

  constructor(modules: readonly KernelModule[] = [ipv6], seed = 1) {
    this.clock = new VirtualClock();
    this.kernel = createKernel({ modules, clock: this.clock, seed, debug: true });
    this.net = this.kernel.initNet;
    this.n6 = this.net.get(IPV6);
    this.pool = this.kernel.get(SKB);
    this.kernel.run(() => devOpen(devGetByName(this.net, 'lo')!));
  }

  /** A wire with an address, ready for use, e.g. `fd00::1/64`. */
  wire(cidr: string, opts: FakeDeviceOptions = {}): Wire {
    const w = new Wire(this.net, opts);
    this.addr(w, cidr);
    this.advance(4);
    w.take();
    w.takeControl();
    return w;
  }
  addr(w: Wire, cidr: string, flags = 0): void {
    const [a, len] = cidr.split('/') as [string, string];
    const err = this.kernel.run(() => inet6AddrAdd(w.idev, { addr: ip6(a), plen: Number(len), flags }));
    if (err !== 0) throw new Error(`inet6AddrAdd: ${errnoName(err)}`);
  }
  delAddr(w: Wire, cidr: string): number {
    const [a, len] = cidr.split('/') as [string, string];
    return this.kernel.run(() => inet6AddrDel(w.idev, ip6(a), Number(len)));
  }
  route(to: string, o: { via?: string; dev?: Wire; metric?: number; table?: number; type?: number } = {}): number {
    const cfg = new Fib6Config();
    const [a, len] = (to === 'default' ? '::/0' : to).split('/') as [string, string];
    cfg.dst = ip6(a);
    cfg.dstLen = Number(len);
    cfg.gw = o.via === undefined ? null : ip6(o.via);
    cfg.oif = o.dev?.fake.dev.ifindex ?? 0;
    cfg.metric = o.metric ?? 1024;
    cfg.table = o.table ?? 254;
    cfg.type = o.type ?? 1;
    cfg.protocol = 3;
    cfg.nlflags = 0x600;
    return this.kernel.run(() => ip6RouteAdd(this.n6, cfg));
  }

  /** Addresses as `address/length flags`, in the order of `ip -6 addr`. */
  addrs(w: Wire): string[] {
    return w.idev.ifas.map((i) => `${str6(i.addr)}/${i.prefixlen} ${i.flags.toString(16)}`);
  }
  routes(table = 254): string[] {
    const out: string[] = [];
    for (const tb of fib6Tables(this.n6)) {
      if (tb.id !== table) continue;
      fib6TableWalk(tb, (f) => {
        const nh = f.nhs[0]!;
        out.push(`${str6(f.dst)}/${f.dstLen}${nh.gw === null ? '' : ` via ${str6(nh.gw)}`} dev ${nh.dev?.name} metric ${f.metric}`);
      });
    }
    return out;
  }
  sysctl(path: string, value: string | number): void {
    const err = this.kernel.run(() => this.net.sysctl.write(`net/ipv6/${path}`, String(value)));
    if (err !== 0) throw new Error(`sysctl ${path}: ${errnoName(err)}`);
  }
  /** A counter of /proc/net/snmp6. */
  mib(name: string): number {
    const m = new RegExp(`^${name}\\s+(\\d+)$`, 'm').exec(this.net.proc.read('net/snmp6') as string);
    if (m === null) throw new Error(`no counter ${name}`);
    return Number(m[1]);
  }
  down(w: Wire): void {
    this.kernel.run(() => devClose(w.fake.dev));
  }
  up(w: Wire): void {
    this.kernel.run(() => devOpen(w.fake.dev));
  }
  advance(seconds: number): void {
    this.clock.advance(sec(seconds));
  }
  /** Ends the machine; nothing of its packets may be left. Returns what is. */
  end(): { skbs: number; heads: number } {
    this.kernel.shutdown();
    return { skbs: this.pool.stats.live, heads: this.pool.headsLive };
  }
}

/** A socket with its calls bracketed as system calls are. */
export class Sk {
  readonly m: Machine;
  readonly sock: Socket;

  constructor(m: Machine, type: number, protocol: number) {
    this.m = m;
    const s = m.kernel.run(() => sockCreate(m.net, AF_INET6, type, protocol));
    if (typeof s === 'number') throw new Error(`socket: ${errnoName(s)}`);
    this.sock = s;
  }
  get sk(): InetSock {
    return this.sock.sk as InetSock;
  }
  bind(addr: string, port = 0, scope = 0): number {
    return this.m.kernel.run(() => this.sock.ops.bind(this.sock, sockaddrIn6(ip6(addr), port, scope)));
  }
  connect(addr: string, port = 0, scope = 0): number {
    return this.m.kernel.run(() => this.sock.ops.connect(this.sock, sockaddrIn6(ip6(addr), port, scope), 0));
  }
  name(peer = false): string | number {
    const n = this.sock.ops.getname(this.sock, peer);
    return typeof n === 'number' ? n : `${str6((n as SockAddrIn6).addr)} ${(n as SockAddrIn6).port}`;
  }
  set(level: number, opt: number, val: number | Uint8Array): number {
    const v = typeof val === 'number' ? new Uint8Array(new Int32Array([val]).buffer) : val;
    return this.m.kernel.run(() => this.sock.ops.setsockopt(this.sock, level, opt, v));
  }
  getInt(level: number, opt: number): number {
    const v = this.sock.ops.getsockopt(this.sock, level, opt, 4);
    return typeof v === 'number' ? v : new DataView(v.buffer, v.byteOffset).getInt32(0, true);
  }
  send(data: Uint8Array, to: string | null = null, o: { port?: number; scope?: number; flags?: number; control?: Cmsg[] } = {}): number {
    const msg = new MsgHdr([data], to === null ? null : sockaddrIn6(ip6(to), o.port ?? 0, o.scope ?? 0), o.flags ?? 0);
    msg.control = o.control ?? [];
    return this.m.kernel.run(() => this.sock.ops.sendmsg(this.sock, msg, data.length));
  }
  recv(size = 65536, flags = 0): { data: Uint8Array; from: string; scope: number; control: Cmsg[]; flags: number; ret: number } | number {
    const buf = new Uint8Array(size);
    const msg = new MsgHdr([buf]);
    const n = this.m.kernel.run(() => this.sock.ops.recvmsg(this.sock, msg, size, flags));
    if (n < 0) return n;
    const name = msg.name as SockAddrIn6 | null;
    return { data: buf.slice(0, Math.min(n, size)), from: name === null ? '' : str6(name.addr), scope: name?.scopeId ?? 0, control: msg.control, flags: msg.flags, ret: n };
  }
  got(size = 65536, flags = 0): Exclude<ReturnType<Sk['recv']>, number> {
    const r = this.recv(size, flags);
    if (typeof r === 'number') throw new Error(`recv: ${errnoName(r)}`);
    return r;
  }
  close(): void {
    this.m.kernel.run(() => sockRelease(this.sock));
  }
}
