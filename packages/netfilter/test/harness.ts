/** A router with wires, packets made by hand, and NAT rules given as functions. */
import { createKernel, sec, VirtualClock, type Kernel, type Net } from '@linnet/kernel';
import { FakeDevice } from '@linnet/netdev/testing';
import { devGetByName, devOpen, NF_ACCEPT, NF_DROP, NF_INET_FORWARD, NFPROTO_IPV4, nfRegisterNetHook, type NfState } from '@linnet/netdev';
import { inetAddrAdd, ipv4 } from '@linnet/ipv4';
import { SKB, type Skb } from '@linnet/skbuff';
import { in4FromString, in4ToString } from '@linnet/uapi';
import { NF_CONNTRACK, type NfConn, type NfConntrackNet, nfConntrack, nfNat, nfNatRegisterFn, type NfNatRuleOps, nfCtNetnsGet } from '../src/index.ts';

export function ip4(s: string): number {
  const a = in4FromString(s);
  if (a === null) throw new Error(`not an address: ${s}`);
  return a | 0;
}

/** RFC 1071, the plain way. */
export function checksum(b: Uint8Array, from = 0, to: number = b.length, start = 0): number {
  let sum = start;
  for (let i = from; i < to; i += 2) sum += (b[i]! << 8) | (i + 1 < to ? b[i + 1]! : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function pseudo(src: string, dst: string, proto: number, len: number): number {
  const s = ip4(src);
  const d = ip4(dst);
  return (s >>> 16) + (s & 0xffff) + (d >>> 16) + (d & 0xffff) + proto + len;
}

export function ipPacket(src: string, dst: string, proto: number, payload: Uint8Array, more: { ttl?: number; id?: number; frag?: number; df?: boolean } = {}): Uint8Array {
  const p = new Uint8Array(20 + payload.length);
  const v = new DataView(p.buffer);
  p[0] = 0x45;
  v.setUint16(2, p.length);
  v.setUint16(4, more.id ?? 1);
  v.setUint16(6, (more.frag ?? 0) | (more.df === true ? 0x4000 : 0));
  p[8] = more.ttl ?? 64;
  p[9] = proto;
  v.setInt32(12, ip4(src));
  v.setInt32(16, ip4(dst));
  p.set(payload, 20);
  v.setUint16(10, checksum(p, 0, 20));
  return p;
}

export function udp(src: string, sport: number, dst: string, dport: number, data: Uint8Array = new Uint8Array([1, 2, 3]), noSum = false): Uint8Array {
  const u = new Uint8Array(8 + data.length);
  const v = new DataView(u.buffer);
  v.setUint16(0, sport);
  v.setUint16(2, dport);
  v.setUint16(4, u.length);
  u.set(data, 8);
  if (!noSum) v.setUint16(6, checksum(u, 0, u.length, pseudo(src, dst, 17, u.length)) || 0xffff);
  return ipPacket(src, dst, 17, u);
}

const FLAGS: Record<string, number> = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32 };

export function tcp(src: string, sport: number, dst: string, dport: number, flags: string, seq = 0, ack = 0, len = 0, win = 65535, opts: readonly number[] = []): Uint8Array {
  const t = new Uint8Array(20 + opts.length + len);
  const v = new DataView(t.buffer);
  v.setUint16(0, sport);
  v.setUint16(2, dport);
  v.setUint32(4, seq >>> 0);
  v.setUint32(8, ack >>> 0);
  t[12] = (5 + opts.length / 4) << 4;
  for (const c of flags) t[13]! |= FLAGS[c]!;
  v.setUint16(14, win);
  t.set(opts, 20);
  v.setUint16(16, checksum(t, 0, t.length, pseudo(src, dst, 6, t.length)));
  return ipPacket(src, dst, 6, t);
}

export function icmp(src: string, dst: string, type: number, code: number, id: number, payload: Uint8Array = new Uint8Array([9, 8, 7, 6]), seq = 1): Uint8Array {
  const m = new Uint8Array(8 + payload.length);
  const v = new DataView(m.buffer);
  m[0] = type;
  m[1] = code;
  v.setUint16(4, id);
  v.setUint16(6, seq);
  m.set(payload, 8);
  v.setUint16(2, checksum(m));
  return ipPacket(src, dst, 1, m);
}

/** A packet as text: `udp 10.0.0.2:1 > 10.0.0.3:2`, with `BAD` and what is wrong when a checksum is. */
export function show(p: Uint8Array): string {
  const v = new DataView(p.buffer, p.byteOffset, p.byteLength);
  const src = in4ToString(v.getInt32(12));
  const dst = in4ToString(v.getInt32(16));
  const ihl = (p[0]! & 15) * 4;
  const len = v.getUint16(2);
  let bad = checksum(p, 0, ihl) === 0 ? '' : ' BAD-IP';
  const l4 = p.slice(ihl, len);
  const lv = new DataView(l4.buffer);
  const frag = v.getUint16(6) & 0x3fff;
  if (frag !== 0) return `frag ${p[9]} ${src} > ${dst}${bad}`;
  if (p[9] === 1) {
    if (checksum(l4) !== 0) bad += ' BAD-ICMP';
    const error = l4[0] === 3 || l4[0] === 11;
    return `icmp ${l4[0]}/${l4[1]} ${src} > ${dst}${error ? ` [${showInner(l4.slice(8))}]` : ` id ${lv.getUint16(4)}`}${bad}`;
  }
  if (p[9] === 6 || p[9] === 17) {
    const none = p[9] === 17 && lv.getUint16(6) === 0;
    if (!none && checksum(l4, 0, l4.length, pseudo(src, dst, p[9], l4.length)) !== 0) bad += ' BAD-L4';
    let f = '';
    if (p[9] === 6) for (const c of 'FSRPAU') if ((l4[13]! & FLAGS[c]!) !== 0) f += c;
    return `${p[9] === 6 ? 'tcp' : 'udp'} ${src}:${lv.getUint16(0)} > ${dst}:${lv.getUint16(2)}${f === '' ? '' : ` ${f}`}${none ? ' nosum' : ''}${bad}`;
  }
  return `ip ${p[9]} ${src} > ${dst}${bad}`;
}

function showInner(p: Uint8Array): string {
  if (p.length < 28) return `${p.length} bytes`;
  const v = new DataView(p.buffer, p.byteOffset, p.byteLength);
  const total = v.getUint16(2);
  if (total <= p.length) return show(p.slice(0, total));
  const bad = checksum(p, 0, 20) === 0 ? '' : ' BAD-IP';
  return `${p[9] === 6 ? 'tcp' : 'udp'} ${in4ToString(v.getInt32(12))}:${v.getUint16(20)} > ${in4ToString(v.getInt32(16))}:${v.getUint16(22)} cut${bad}`;
}

const PEER = new Uint8Array([2, 0, 0, 0, 0, 2]);

export class Wire {
  readonly fake: FakeDevice;
  private readonly sent: Uint8Array[] = [];
  constructor(net: Net) {
    this.fake = new FakeDevice(net, { noQueue: true });
    this.fake.onSent = (f): void => this.frame(f.bytes);
  }
  private frame(b: Uint8Array): void {
    const v = new DataView(b.buffer, b.byteOffset, b.byteLength);
    if (v.getUint16(12) === 0x0806 && v.getUint16(20) === 1) {
      // Everybody answers ARP.
      const a = new Uint8Array(28);
      a.set(b.slice(14, 42));
      const av = new DataView(a.buffer);
      av.setUint16(6, 2);
      a.set(PEER, 8);
      av.setInt32(14, v.getInt32(38));
      a.set(b.slice(22, 28), 18);
      av.setInt32(24, v.getInt32(28));
      this.put(a, 0x0806);
    } else if (v.getUint16(12) === 0x0800) {
      this.sent.push(b.slice(14));
    }
  }
  private put(packet: Uint8Array, type: number): void {
    const f = new Uint8Array(14 + packet.length);
    f.set(this.fake.dev.devAddr.slice(0, 6));
    f.set(PEER, 6);
    f[12] = type >> 8;
    f[13] = type & 0xff;
    f.set(packet, 14);
    this.fake.inject(f);
  }
  inject(packet: Uint8Array): void {
    this.put(packet, 0x0800);
  }
  raw(): Uint8Array[] {
    return this.sent.splice(0);
  }
  take(): string[] {
    return this.raw().map(show);
  }
}

export class Router {
  readonly clock: VirtualClock;
  readonly kernel: Kernel;
  readonly net: Net;
  readonly cn: NfConntrackNet;
  /** LAN 10.1.0.1/24 and outside 203.0.113.1/24. */
  readonly lan: Wire;
  readonly wan: Wire;
  /** Drop what is invalid? As `ct state invalid drop` in a chain of FORWARD. */
  dropInvalid = false;

  constructor(track = true) {
    this.clock = new VirtualClock();
    this.kernel = createKernel({ modules: [ipv4, nfNat, nfConntrack], clock: this.clock, seed: 1, debug: true });
    this.net = this.kernel.initNet;
    this.cn = this.net.get(NF_CONNTRACK);
    this.kernel.run(() => devOpen(devGetByName(this.net, 'lo')!));
    this.lan = this.wire('10.1.0.1');
    this.wan = this.wire('203.0.113.1');
    this.sysctl('net/ipv4/ip_forward', 1);
    if (track) nfCtNetnsGet(this.net, NFPROTO_IPV4);
    nfRegisterNetHook(this.net, {
      pf: NFPROTO_IPV4, hooknum: NF_INET_FORWARD, priority: 0,
      hook: (_p, skb) => (this.dropInvalid && skb.nfct === null && skb.nfctInfo === 0 ? NF_DROP : NF_ACCEPT),
    });
  }
  wire(addr: string): Wire {
    const w = new Wire(this.net);
    const err = this.kernel.run(() => inetAddrAdd(this.net, w.fake.dev, { local: ip4(addr), prefixlen: 24 }));
    if (err !== 0) throw new Error(`address: ${err}`);
    return w;
  }
  sysctl(path: string, v: number | string): void {
    const err = this.kernel.run(() => this.net.sysctl.write(path, String(v)));
    if (err !== 0) throw new Error(`${path}: ${err}`);
  }
  rule(hooknum: number, rule: (skb: Skb, state: NfState, ct: NfConn) => number): NfNatRuleOps {
    const ops: NfNatRuleOps = { pf: NFPROTO_IPV4, hooknum, priority: 0, rule: (_p, skb, state, ct) => rule(skb, state, ct) };
    nfNatRegisterFn(this.net, ops);
    return ops;
  }
  /** /proc/net/nf_conntrack, sorted. */
  table(): string[] {
    return this.net.proc.read('net/nf_conntrack')!.split('\n').filter((l) => l !== '').sort();
  }
  advance(seconds: number): void {
    this.clock.advance(sec(seconds));
  }
  /** Packets that are left when the machine ends: 0. */
  end(): number {
    const pool = this.kernel.get(SKB);
    this.kernel.shutdown();
    return pool.stats.live;
  }
}
