/** A machine with one or more fake Ethernet devices, and packets made by hand. */
import { createKernel, errnoName, sec, VirtualClock, type Kernel, type KernelModule, type Net } from '@linnet/kernel';
import { FakeDevice, type FakeDeviceOptions } from '@linnet/netdev/testing';
import { devGetByName, devOpen } from '@linnet/netdev';
import { SKB, type SkbPool } from '@linnet/skbuff';
import { MsgHdr, sockCreate, sockRelease, type Cmsg, type Socket } from '@linnet/socket';
import type { InetSock } from '@linnet/inet';
import { AF_INET, in4FromString, in4ToString, sockaddrIn, type SockAddrIn } from '@linnet/uapi';
import { inetAddrAdd, IPV4, ipv4, type Ipv4Net } from '../src/index.ts';
import { addRoute } from './rt-kernel.ts';

export function ip4(s: string): number {
  const a = in4FromString(s);
  if (a === null) throw new Error(`not an address: ${s}`);
  return a | 0;
}

/** RFC 1071 over a byte range, the plain way. */
export function checksum(b: Uint8Array, from = 0, to = b.length, start = 0): number {
  let sum = start;
  for (let i = from; i < to; i += 2) sum += (b[i]! << 8) | (i + 1 < to ? b[i + 1]! : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export interface Ip4Fields {
  src?: string;
  dst?: string;
  proto?: number;
  ttl?: number;
  tos?: number;
  id?: number;
  /** In bytes. */
  fragOff?: number;
  mf?: boolean;
  df?: boolean;
  options?: Uint8Array;
  totLen?: number;
  ihl?: number;
  version?: number;
  check?: number;
}

/** An IPv4 packet around a payload. */
export function ipPacket(f: Ip4Fields, payload: Uint8Array): Uint8Array {
  const opt = f.options ?? new Uint8Array(0);
  const hlen = 20 + opt.length;
  const p = new Uint8Array(hlen + payload.length);
  const v = new DataView(p.buffer);
  p[0] = ((f.version ?? 4) << 4) | (f.ihl ?? hlen >> 2);
  p[1] = f.tos ?? 0;
  v.setUint16(2, f.totLen ?? p.length);
  v.setUint16(4, f.id ?? 0x1234);
  v.setUint16(6, ((f.fragOff ?? 0) >> 3) | (f.mf === true ? 0x2000 : 0) | (f.df === true ? 0x4000 : 0));
  p[8] = f.ttl ?? 64;
  p[9] = f.proto ?? 1;
  v.setInt32(12, ip4(f.src ?? '10.0.0.2'));
  v.setInt32(16, ip4(f.dst ?? '10.0.0.1'));
  p.set(opt, 20);
  p.set(payload, hlen);
  v.setUint16(10, f.check ?? checksum(p, 0, Math.min((f.ihl ?? hlen >> 2) * 4, p.length)));
  return p;
}

/** An ICMP message with its checksum. */
export function icmpMessage(type: number, code: number, un: number, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  const p = new Uint8Array(8 + payload.length);
  const v = new DataView(p.buffer);
  p[0] = type;
  p[1] = code;
  v.setInt32(4, un);
  p.set(payload, 8);
  v.setUint16(2, checksum(p));
  return p;
}

/** An ARP message. */
export function arpPacket(op: number, sha: Uint8Array, spa: number, tha: Uint8Array, tpa: number): Uint8Array {
  const p = new Uint8Array(28);
  const v = new DataView(p.buffer);
  v.setUint16(0, 1);
  v.setUint16(2, 0x0800);
  p[4] = 6;
  p[5] = 4;
  v.setUint16(6, op);
  p.set(sha, 8);
  v.setInt32(14, spa);
  p.set(tha, 18);
  v.setInt32(24, tpa);
  return p;
}

/** Bytes 0, 1, 2 ... */
export function pattern(n: number, seed = 0): Uint8Array {
  const b = new Uint8Array(n);
  for (let i = 0; i < n; i++) b[i] = (i * 7 + seed) & 0xff;
  return b;
}

export const PEER_MAC: Uint8Array = new Uint8Array([2, 0, 0, 0, 0, 2]);

export interface Ip4Seen {
  raw: Uint8Array;
  version: number;
  ihl: number;
  tos: number;
  totLen: number;
  id: number;
  df: boolean;
  mf: boolean;
  fragOff: number;
  ttl: number;
  proto: number;
  src: number;
  dst: number;
  checkOk: boolean;
  payload: Uint8Array;
  ethDst: Uint8Array;
}

/** One wire of the machine: answers ARP for every address that it is asked for, and keeps the IPv4 packets. */
export class Wire {
  readonly fake: FakeDevice;
  readonly seen: Ip4Seen[] = [];
  /** Addresses that nobody has. */
  readonly silent: Set<number> = new Set();
  arpRequests = 0;

  constructor(net: Net, opts: FakeDeviceOptions = {}) {
    this.fake = new FakeDevice(net, { noQueue: true, ...opts });
    this.fake.onSent = (f): void => this.onFrame(f.bytes);
  }

  get mac(): Uint8Array {
    return this.fake.dev.devAddr.slice(0, 6);
  }

  private onFrame(b: Uint8Array): void {
    const v = new DataView(b.buffer, b.byteOffset, b.byteLength);
    const type = v.getUint16(12);
    if (type === 0x0806 && v.getUint16(20) === 1) {
      this.arpRequests++;
      const asked = v.getInt32(38);
      if (this.silent.has(asked)) return;
      this.frame(arpPacket(2, PEER_MAC, asked, b.slice(22, 28), v.getInt32(28)), 0x0806, this.mac);
      return;
    }
    if (type !== 0x0800) return;
    const ihl = (b[14]! & 15) * 4;
    const totLen = v.getUint16(16);
    const frag = v.getUint16(20);
    this.seen.push({
      raw: b.slice(14),
      version: b[14]! >> 4,
      ihl,
      tos: b[15]!,
      totLen,
      id: v.getUint16(18),
      df: (frag & 0x4000) !== 0,
      mf: (frag & 0x2000) !== 0,
      fragOff: (frag & 0x1fff) * 8,
      ttl: b[22]!,
      proto: b[23]!,
      src: v.getInt32(26),
      dst: v.getInt32(30),
      checkOk: checksum(b, 14, 14 + ihl) === 0,
      payload: b.slice(14 + ihl, 14 + totLen),
      ethDst: b.slice(0, 6),
    });
  }

  /** Lets the machine receive a packet in an Ethernet frame. */
  frame(packet: Uint8Array, type = 0x0800, dst: Uint8Array = this.mac, src: Uint8Array = PEER_MAC): void {
    const f = new Uint8Array(14 + packet.length);
    f.set(dst);
    f.set(src, 6);
    f[12] = type >> 8;
    f[13] = type & 0xff;
    f.set(packet, 14);
    this.fake.inject(f);
  }

  inject(f: Ip4Fields, payload: Uint8Array): void {
    this.frame(ipPacket(f, payload));
  }

  take(): Ip4Seen[] {
    return this.seen.splice(0);
  }
}

export class Machine {
  readonly clock: VirtualClock;
  readonly kernel: Kernel;
  readonly net: Net;
  readonly ip: Ipv4Net;
  readonly pool: SkbPool;

  constructor(modules: readonly KernelModule[] = [ipv4]) {
    this.clock = new VirtualClock();
    this.kernel = createKernel({ modules, clock: this.clock, seed: 1, debug: true });
    this.net = this.kernel.initNet;
    this.ip = this.net.get(IPV4);
    this.pool = this.kernel.get(SKB);
    this.kernel.run(() => devOpen(devGetByName(this.net, 'lo')!));
  }

  /** A wire with an address, e.g. `10.0.0.1/24`. */
  wire(cidr: string, opts: FakeDeviceOptions = {}): Wire {
    const w = new Wire(this.net, opts);
    const [a, len] = cidr.split('/') as [string, string];
    const err = this.kernel.run(() => inetAddrAdd(this.net, w.fake.dev, { local: ip4(a), prefixlen: Number(len) }));
    if (err !== 0) throw new Error(`inetAddrAdd: ${err}`);
    return w;
  }

  /** A route by a gateway, e.g. `192.0.2.0/24` by `10.0.0.254`. */
  route(to: string, via: string): void {
    const { err, message } = addRoute(this.net, { to, via });
    if (err !== 0) throw new Error(`route ${to}: ${err} ${message}`);
  }

  sysctl(path: string, value: string | number): void {
    const err = this.kernel.run(() => this.net.sysctl.write(`net/ipv4/${path}`, String(value)));
    if (err !== 0) throw new Error(`sysctl ${path}: ${err}`);
  }

  /** A counter of /proc/net/snmp or netstat, e.g. `Ip.InReceives`. */
  mib(name: string): number {
    const [group, field] = name.split('.') as [string, string];
    for (const file of ['net/snmp', 'net/netstat']) {
      const lines = (this.net.proc.read(file) as string).split('\n');
      for (let i = 0; i + 1 < lines.length; i += 2) {
        if (!lines[i]!.startsWith(`${group}: `)) continue;
        const at = lines[i]!.split(' ').indexOf(field);
        if (at > 0) return Number(lines[i + 1]!.split(' ')[at]);
      }
    }
    throw new Error(`no counter ${name}`);
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
    const s = m.kernel.run(() => sockCreate(m.net, AF_INET, type, protocol));
    if (typeof s === 'number') throw new Error(`socket: ${errnoName(s)}`);
    this.sock = s;
  }

  get sk(): InetSock {
    return this.sock.sk as InetSock;
  }
  bind(addr: string, port = 0): number {
    return this.m.kernel.run(() => this.sock.ops.bind(this.sock, sockaddrIn(ip4(addr), port)));
  }
  connect(addr: string, port = 0): number {
    return this.m.kernel.run(() => this.sock.ops.connect(this.sock, sockaddrIn(ip4(addr), port), 0));
  }
  name(peer = false): string | number {
    const n = this.sock.ops.getname(this.sock, peer);
    return typeof n === 'number' ? n : `${in4ToString((n as SockAddrIn).addr)}:${(n as SockAddrIn).port}`;
  }
  set(level: number, opt: number, val: number | Uint8Array): number {
    const v = typeof val === 'number' ? new Uint8Array(new Int32Array([val]).buffer) : val;
    return this.m.kernel.run(() => this.sock.ops.setsockopt(this.sock, level, opt, v));
  }
  get(level: number, opt: number, maxLen = 4): Uint8Array | number {
    return this.sock.ops.getsockopt(this.sock, level, opt, maxLen);
  }
  getInt(level: number, opt: number): number {
    const v = this.get(level, opt);
    if (typeof v === 'number') return v;
    return new DataView(v.buffer, v.byteOffset).getInt32(0, true);
  }
  send(data: Uint8Array, to: string | null = null, flags = 0, control: Cmsg[] = []): number {
    const msg = new MsgHdr([data], to === null ? null : sockaddrIn(ip4(to), 0), flags);
    msg.control = control;
    return this.m.kernel.run(() => this.sock.ops.sendmsg(this.sock, msg, data.length));
  }
  /** What recvmsg gives, or its errno. */
  recv(size = 65536, flags = 0): { data: Uint8Array; from: string; control: Cmsg[]; flags: number; ret: number } | number {
    const buf = new Uint8Array(size);
    const msg = new MsgHdr([buf]);
    const n = this.m.kernel.run(() => this.sock.ops.recvmsg(this.sock, msg, size, flags));
    if (n < 0) return n;
    const name = msg.name as SockAddrIn | null;
    return { data: buf.slice(0, Math.min(n, size)), from: name === null ? '' : `${in4ToString(name.addr)}:${name.port}`, control: msg.control, flags: msg.flags, ret: n };
  }
  got(size = 65536, flags = 0): { data: Uint8Array; from: string; control: Cmsg[]; flags: number; ret: number } {
    const r = this.recv(size, flags);
    if (typeof r === 'number') throw new Error(`recv: ${errnoName(r)}`);
    return r;
  }
  close(): void {
    this.m.kernel.run(() => sockRelease(this.sock));
  }
}
