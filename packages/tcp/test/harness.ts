/**
 * Packet traces against one TCP endpoint, in virtual time and without IP: what it sends is caught at the seam (`InetAf`), what a test injects goes to `tcpV4Rcv`.
 *
 * ```ts
 * const t = new TcpTest();
 * const s = t.connect(80);
 * t.expect(tcp({ flags: 'S', seq: 0, mss: 1460 }));
 * t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, mss: 1460 }));
 * t.expect(tcp({ flags: 'A', seq: 1, ack: 1 }));
 * ```
 * Sequence numbers are relative: those that the endpoint sends to its own first one, those injected to `peerIsn`.
 */
import { expect } from 'vitest';
import { checksum, pseudoHeader } from '@linnet/testing';
import { createKernel, type Kernel, type Net, VirtualClock } from '@linnet/kernel';
import { type Flowi, INET, type InetAf, type InetSock } from '@linnet/inet';
import { devGetByName, devOpen, DstEntry, type DstOps, type NetDevice } from '@linnet/netdev';
import {
  allocSkb, CHECKSUM_PARTIAL, consumeSkb, PACKET_HOST, type Skb, skbCopyBits, skbPush, skbPut, skbReserve, skbStats,
} from '@linnet/skbuff';
import { MsgHdr, Socket, sockError, sockGraft, type ProtoOps } from '@linnet/socket';
import { AF_INET, RTN_LOCAL, RTN_UNICAST, SOCK_STREAM, sockaddrIn } from '@linnet/uapi';
import { type KernelModule } from '@linnet/kernel';
import { tcp as tcpModule, TCP, TCPEXT_MIB_NAMES, type TcpNet, type TcpSock } from '../src/index.ts';

export { ms, sec, us } from '@linnet/kernel';

const FLAGS = 'FSRPAUEC';

/** A segment as tests write it. Everything but the flags may be left out of an expectation. */
export interface Seg {
  flags: string;
  seq?: number;
  ack?: number;
  win?: number;
  /** Payload length, or its bytes. */
  len?: number;
  data?: string | Uint8Array;
  mss?: number;
  ws?: number | undefined;
  sackOk?: boolean;
  /** Timestamp value (relative to the first that was sent) and echo. */
  ts?: readonly [number, number] | 'any' | 'none';
  sack?: readonly (readonly [number, number])[];
  urg?: number;
  sport?: number;
  dport?: number;
  /** Payload bytes of each segment of a super-segment; 0 when it is none. */
  gso?: number;
  /** IP's TOS byte. */
  tos?: number;
  /** Raw option bytes, instead of those that the fields make. */
  rawOptions?: Uint8Array;
}

/** A segment. */
export function tcp(s: Seg): Seg {
  return s;
}

/** `10.0.0.1` as int32. */
export const ip4 = (s: string): number => s.split('.').reduce((a, b) => (a << 8) | Number(b), 0);

/** What was caught. */
export interface Sent {
  flags: string;
  seq: number;
  ack: number;
  win: number;
  len: number;
  data: Uint8Array;
  mss: number | undefined;
  ws: number | undefined;
  sackOk: boolean;
  ts: [number, number] | undefined;
  sack: [number, number][];
  urg: number;
  sport: number;
  dport: number;
  gso: number;
  tos: number;
  at: number;
  saddr: number;
  daddr: number;
  rawSeq: number;
  rawAck: number;
}

export const LOCAL = ip4('10.0.0.1');
export const PEER = ip4('10.0.0.2');

/** The route of the fake network. */
const dstOps: DstOps = {
  family: AF_INET,
  check: (dst) => dst,
  mtu: (dst) => (dst as FakeDst).pathMtu,
  advmss: (dst) => (dst as FakeDst).pathMtu - 40,
  updatePmtu: (dst, _sk, _skb, mtu) => {
    (dst as FakeDst).pathMtu = mtu;
  },
};
class FakeDst extends DstEntry {
  pathMtu = 1500;
  type: number;
  constructor(dev: NetDevice, type: number) {
    super(dstOps, dev);
    this.type = type;
  }
}

/** What a fake network does with a packet that TCP gives it: `skb.data` is at an IP header. Consumes it. */
export type Output = (net: Net, skb: Skb) => number;

/** A stand-in for IPv4: puts a header of 20 bytes in front and calls `output`. */
export function fakeAf(output: Output): InetAf & { outDst(net: Net): FakeDst; inDst(net: Net): FakeDst } {
  const outs = new Map<Net, FakeDst>();
  const ins = new Map<Net, FakeDst>();
  const lo = (net: Net): NetDevice => devGetByName(net, 'lo')!;
  const outDst = (net: Net): FakeDst => {
    if (!outs.has(net)) outs.set(net, new FakeDst(lo(net), RTN_UNICAST));
    return outs.get(net)!;
  };
  const inDst = (net: Net): FakeDst => {
    if (!ins.has(net)) ins.set(net, new FakeDst(lo(net), RTN_LOCAL));
    return ins.get(net)!;
  };
  const pseudo = (saddr: number, daddr: number, len: number, proto: number): number => {
    // Ones-complement partial sum in 16-bit words.
    let s = (saddr >>> 16) + (saddr & 0xffff) + (daddr >>> 16) + (daddr & 0xffff) + proto + (len >>> 16) + (len & 0xffff);
    s = (s & 0xffff) + (s >>> 16);
    s = (s & 0xffff) + (s >>> 16);
    return s;
  };
  const send = (net: Net, skb: Skb, saddr: number, daddr: number, tos: number): number => {
    const at = skbPush(skb, 20);
    skb.networkHeader = at;
    const v = skb.view;
    v.setInt32(at, (0x45 << 24) | (tos << 16) | (skb.len & 0xffff));
    v.setInt32(at + 4, 0x4000);
    v.setInt32(at + 8, (64 << 24) | (6 << 16));
    v.setInt32(at + 12, saddr);
    v.setInt32(at + 16, daddr);
    return output(net, skb);
  };
  const no = (): never => {
    throw new Error('TCP does not use this');
  };
  return {
    outDst,
    inDst,
    family: AF_INET,
    netHeaderLen: 20,
    routeOutput: (net, fl: Flowi) => {
      if (fl.saddr === 0) fl.saddr = LOCAL;
      return outDst(net);
    },
    dstType: (dst) => (dst as FakeDst).type,
    rebuildHeader: (sk) => {
      sk.dst ??= outDst(sk.net);
      return 0;
    },
    confirmNeigh: () => {},
    queueXmit: (sk: InetSock, skb, fl) => {
      skb.dst = outDst(sk.net);
      return send(sk.net, skb, fl.saddr, fl.daddr, sk.tos);
    },
    sendUnicastReply: (net, skb, fl) => send(net, skb, fl.saddr, fl.daddr, fl.tos),
    buildAndSendPkt: (skb, sk, _dst, fl, tos) => send(sk.net, skb, fl.saddr, fl.daddr, tos),
    cmsgSend: no, cmsgRecv: no, makeSkb: no, sendSkb: no, appendData: no, finishSkb: no, flushPendingFrames: no,
    pseudoSum: (fl, len, proto) => pseudo(fl.saddr, fl.daddr, len, proto),
    skbPseudoSum: (skb, len, proto) => pseudo(skb.view.getInt32(skb.networkHeader + 12), skb.view.getInt32(skb.networkHeader + 16), len, proto),
    icmpPortUnreach: no, icmpError: () => {}, localError: no, recvError: () => -11,
    icmpErrConvert: (_type, code) => ([101, 113, 92, 111][code]! << 1) | (code === 2 || code === 3 ? 1 : 0),
    mcAllow: no, mcDropSocket: () => {},
    setsockopt: () => -92, getsockopt: () => -92,
    memberIfindex: () => 0,
    sockaddrFrom: (skb, port) => sockaddrIn(skb.view.getInt32(skb.networkHeader + 12), port),
  };
}

/** A module that registers a fake network. */
export function fakeNetwork(af: InetAf): KernelModule {
  return { name: 'fake-ip', requires: [], init: (k) => k.get(INET).addAf(af) };
}

const noOps = {} as ProtoOps;

/** A socket without a family: the transport's own face. */
export function makeSocket(net: Net, af: InetAf): { sock: Socket; sk: TcpSock } {
  const p = net.kernel.get(INET).protosw.find((x) => x.type === SOCK_STREAM)!;
  const sk = p.create(net, af, 6) as TcpSock;
  const sock = new Socket(net, SOCK_STREAM, noOps);
  sockGraft(sk, sock);
  sk.prot.init(sk);
  return { sock, sk };
}

/** The bytes of a packet, from its IP header on. */
export function bytesOf(skb: Skb): Uint8Array {
  const out = new Uint8Array(skb.len);
  skbCopyBits(skb, 0, out, 0, skb.len);
  return out;
}

/** One call of the user. */
export class TestSock {
  readonly t: TcpTest;
  readonly sock: Socket;
  readonly sk: TcpSock;
  constructor(t: TcpTest, sock: Socket, sk: TcpSock) {
    this.t = t;
    this.sock = sock;
    this.sk = sk;
  }
  bind(port: number, addr: number = LOCAL): number {
    return this.t.call(() => {
      this.sk.rcvSaddr = addr;
      this.sk.saddr = addr;
      const err = this.sk.prot.getPort!(this.sk, port);
      this.sk.sport = this.sk.num;
      this.sk.userlocks |= 12;
      return err;
    });
  }
  connect(port: number, addr: number = PEER): number {
    return this.t.call(() => this.sk.prot.connect(this.sk, sockaddrIn(addr, port)));
  }
  listen(backlog: number): number {
    return this.t.call(() => this.sk.prot.listen!(this.sk, backlog));
  }
  accept(): TestSock | number {
    const r = this.t.call(() => this.sk.prot.accept!(this.sk, 0));
    if (typeof r === 'number') return r;
    const sock = new Socket(this.t.net, SOCK_STREAM, noOps);
    sockGraft(r, sock);
    return new TestSock(this.t, sock, r as TcpSock);
  }
  send(data: number | string | Uint8Array, flags: number = 0): number {
    const u8 = typeof data === 'number' ? pattern(data) : typeof data === 'string' ? Uint8Array.from(data, (c) => c.charCodeAt(0)) : data;
    return this.t.call(() => this.sk.prot.sendmsg(this.sk, new MsgHdr([u8], null, flags), u8.length));
  }
  /** The bytes, or a negative errno; an empty array at the end of the stream. */
  recv(n: number, flags: number = 0): Uint8Array | number {
    const buf = new Uint8Array(n);
    const r = this.t.call(() => this.sk.prot.recvmsg(this.sk, new MsgHdr([buf]), n, flags));
    return r < 0 ? r : buf.slice(0, r);
  }
  recvText(n: number, flags: number = 0): string | number {
    const r = this.recv(n, flags);
    return typeof r === 'number' ? r : String.fromCharCode(...r);
  }
  poll(): number {
    return this.t.call(() => this.sk.prot.poll!(this.sk));
  }
  shutdown(how: number): void {
    // As inet_shutdown does.
    this.t.call(() => {
      this.sk.shutdown |= how + 1;
      this.sk.prot.shutdown!(this.sk, how + 1);
    });
  }
  close(): void {
    this.t.call(() => {
      this.sock.sk = null;
      this.sk.prot.close(this.sk, 0);
    });
  }
  error(): number {
    return this.t.call(() => sockError(this.sk));
  }
  setInt(opt: number, v: number, level: number = 6): number {
    const b = new Uint8Array(4);
    new DataView(b.buffer).setInt32(0, v, true);
    return this.t.call(() => this.sk.prot.setsockopt(this.sk, level, opt, b));
  }
  getInt(opt: number, level: number = 6): number {
    const r = this.t.call(() => this.sk.prot.getsockopt(this.sk, level, opt, 4));
    return typeof r === 'number' ? r : new DataView(r.buffer, r.byteOffset).getInt32(0, true);
  }
}

/** `n` bytes that tell their place. */
export function pattern(n: number, from: number = 0): Uint8Array {
  const u8 = new Uint8Array(n);
  for (let i = 0; i < n; i++) u8[i] = ((from + i) * 7 + ((from + i) >> 8)) & 0xff;
  return u8;
}

export interface TcpTestOptions {
  /** `net.ipv4.tcp_*` without the prefix. */
  sysctl?: Record<string, string | number>;
  mtu?: number;
}

/** The harness; see the top of this file. */
export class TcpTest {
  readonly clock: VirtualClock = new VirtualClock();
  readonly kernel: Kernel;
  readonly net: Net;
  readonly af: ReturnType<typeof fakeAf>;
  readonly tn: TcpNet;
  readonly sent: Sent[] = [];
  /** The bytes of all that was sent, IP header first. */
  readonly raw: Uint8Array[] = [];
  /** What injected sequence numbers are relative to. */
  peerIsn = 0x10000000;
  /** What the endpoint's sequence numbers are relative to: its first one. */
  localIsn: number | null = null;
  /** The endpoint's first timestamp. */
  tsBase: number | null = null;
  /** Ports of injected segments. */
  sport = 80;
  dport = 0;
  peer: number = PEER;
  private readonly live: number;

  constructor(opts: TcpTestOptions = {}) {
    this.af = fakeAf((_net, skb) => this.capture(skb));
    this.kernel = createKernel({ modules: [tcpModule, fakeNetwork(this.af)], clock: this.clock, seed: 1, debug: true });
    this.net = this.kernel.initNet;
    this.tn = this.net.get(TCP);
    // Cut in the end to one megabyte, so that traces do not depend on the machine's default.
    for (const [name, v] of Object.entries({ timestamps: 0, ...opts.sysctl })) {
      expect(this.net.sysctl.write(`net/ipv4/tcp_${name}`, String(v)), `sysctl ${name}`).toBe(0);
    }
    this.call(() => devOpen(devGetByName(this.net, 'lo')!));
    if (opts.mtu !== undefined) this.af.outDst(this.net).pathMtu = opts.mtu;
    this.live = skbStats(this.kernel).live;
  }

  /** Runs a call of the user. */
  call<T>(fn: () => T): T {
    return this.kernel.run(fn);
  }

  socket(): TestSock {
    const { sock, sk } = this.call(() => makeSocket(this.net, this.af));
    return new TestSock(this, sock, sk);
  }

  /** The user's hold on a sock that some socket has. */
  wrap(sk: TcpSock): TestSock {
    return new TestSock(this, sk.socket!, sk);
  }

  /** A socket whose SYN has left (and is the next to expect). */
  connect(port: number): TestSock {
    const s = this.socket();
    expect(s.connect(port)).toBe(0);
    this.sport = port;
    this.dport = s.sk.sport;
    return s;
  }

  /** A socket that listens; injected segments go there. */
  listen(port: number, backlog: number = 10): TestSock {
    const s = this.socket();
    expect(s.bind(port)).toBe(0);
    expect(s.listen(backlog)).toBe(0);
    this.dport = port;
    this.sport = 40000;
    return s;
  }

  /** An established connection by active open, with the given options of the peer's SYN-ACK; nothing is left to expect. */
  established(over: Partial<Seg> = {}): TestSock {
    const s = this.connect(80);
    this.take();
    this.inject(tcp({ flags: 'SA', seq: 0, ack: 1, win: 65535, mss: 1460, sackOk: true, ...over }));
    this.expect(tcp({ flags: 'A', seq: 1, ack: 1, len: 0 }));
    return s;
  }

  /** An established connection by passive open. */
  accepted(over: Partial<Seg> = {}, port: number = 80): { listener: TestSock; s: TestSock } {
    const listener = this.listen(port);
    this.inject(tcp({ flags: 'S', seq: 0, win: 65535, mss: 1460, sackOk: true, ...over }));
    this.take();
    this.inject(tcp({ flags: 'A', seq: 1, ack: 1, win: over.win ?? 65535, ...(over.ts === undefined ? {} : { ts: over.ts }) }));
    const s = listener.accept();
    if (typeof s === 'number') throw new Error(`accept: ${s}`);
    return { listener, s };
  }

  private capture(skb: Skb): number {
    const b = bytesOf(skb);
    const partial = skb.ipSummed === CHECKSUM_PARTIAL;
    const gso = skb.gsoSize;
    consumeSkb(skb);
    const v = new DataView(b.buffer);
    const th = 20;
    const hl = (b[th + 12]! >> 4) * 4;
    // What is in the field is the pseudo header's sum: adding the rest must give the checksum that an independent sum gives.
    const seg = b.slice(th);
    if (partial) {
      const field = v.getUint16(th + 16);
      const zeroed = seg.slice();
      zeroed[16] = 0;
      zeroed[17] = 0;
      const want = pseudoHeader(b.slice(12, 16), b.slice(16, 20), 6, seg.length);
      let fold = want;
      while (fold > 0xffff) fold = (fold & 0xffff) + (fold >>> 16);
      expect(field % 0xffff, 'pseudo header sum').toBe(fold % 0xffff);
    } else {
      expect(checksum(seg, pseudoHeader(b.slice(12, 16), b.slice(16, 20), 6, seg.length)), 'checksum').toBe(0);
    }
    const bits = b[th + 13]!;
    let flags = '';
    for (let i = 0; i < 8; i++) if ((bits & (1 << i)) !== 0) flags += FLAGS[i];
    const rawSeq = v.getInt32(th + 4);
    const rawAck = v.getInt32(th + 8);
    if (this.localIsn === null && flags.includes('S')) this.localIsn = rawSeq;
    const data = b.slice(th + hl);
    const s: Sent = {
      flags, seq: (rawSeq - (this.localIsn ?? 0)) | 0, ack: flags.includes('A') ? (rawAck - this.peerIsn) | 0 : 0, win: v.getUint16(th + 14), len: data.length, data,
      mss: undefined, ws: undefined, sackOk: false, ts: undefined, sack: [], urg: v.getUint16(th + 18), sport: v.getUint16(th), dport: v.getUint16(th + 2),
      gso, tos: b[1]!, at: this.clock.now(), saddr: v.getInt32(12), daddr: v.getInt32(16), rawSeq, rawAck,
    };
    for (let p = th + 20; p < th + hl; ) {
      const kind = b[p]!;
      if (kind === 0) break;
      if (kind === 1) {
        p++;
        continue;
      }
      const n = b[p + 1]!;
      if (kind === 2) s.mss = v.getUint16(p + 2);
      if (kind === 3) s.ws = b[p + 2]!;
      if (kind === 4) s.sackOk = true;
      if (kind === 5) for (let q = p + 2; q < p + n; q += 8) s.sack.push([(v.getInt32(q) - this.peerIsn) | 0, (v.getInt32(q + 4) - this.peerIsn) | 0]);
      if (kind === 8) {
        const val = v.getInt32(p + 2);
        this.tsBase ??= val;
        s.ts = [(val - this.tsBase) | 0, v.getInt32(p + 6)];
      }
      p += n;
    }
    this.sent.push(s);
    this.raw.push(b);
    return 0;
  }

  /** The raw bytes of a segment from the peer, IP header first. */
  build(seg: Seg): Uint8Array {
    const opts: number[] = [];
    const u32 = (n: number): number[] => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
    if (seg.mss !== undefined) opts.push(2, 4, seg.mss >> 8, seg.mss & 255);
    if (seg.sackOk === true) opts.push(1, 1, 4, 2);
    if (seg.ws !== undefined) opts.push(1, 3, 3, seg.ws);
    if (Array.isArray(seg.ts)) opts.push(1, 1, 8, 10, ...u32(seg.ts[0] as number), ...u32(seg.ts[1] === 0 ? 0 : (seg.ts[1] as number) + (this.tsBase ?? 0)));
    if (seg.sack !== undefined) {
      opts.push(1, 1, 5, 2 + 8 * seg.sack.length);
      for (const [s, e] of seg.sack) opts.push(...u32(s + (this.localIsn ?? 0)), ...u32(e + (this.localIsn ?? 0)));
    }
    const raw = seg.rawOptions ?? Uint8Array.from(opts);
    const optLen = (raw.length + 3) & ~3;
    const data = seg.data !== undefined ? (typeof seg.data === 'string' ? Uint8Array.from(seg.data, (c) => c.charCodeAt(0)) : seg.data) : pattern(seg.len ?? 0, Math.max(0, (seg.seq ?? 0) - 1));
    const b = new Uint8Array(20 + 20 + optLen + data.length);
    const v = new DataView(b.buffer);
    b[0] = 0x45;
    b[1] = seg.tos ?? 0;
    v.setUint16(2, b.length);
    b[8] = 64;
    b[9] = 6;
    v.setInt32(12, this.peer);
    v.setInt32(16, LOCAL);
    const th = 20;
    v.setUint16(th, seg.sport ?? this.sport);
    v.setUint16(th + 2, seg.dport ?? this.dport);
    v.setInt32(th + 4, ((seg.seq ?? 0) + this.peerIsn) | 0);
    let bits = 0;
    for (const c of seg.flags) bits |= 1 << FLAGS.indexOf(c);
    if (seg.flags.includes('A') || seg.ack !== undefined) v.setInt32(th + 8, ((seg.ack ?? 0) + (this.localIsn ?? 0)) | 0);
    b[th + 12] = ((20 + optLen) / 4) << 4;
    b[th + 13] = bits;
    v.setUint16(th + 14, seg.win ?? 65535);
    v.setUint16(th + 18, seg.urg ?? 0);
    b.set(raw, th + 20);
    b.set(data, th + 20 + optLen);
    return this.resum(b);
  }

  /** Sets the checksum of a packet that was changed. */
  resum(b: Uint8Array): Uint8Array {
    const v = new DataView(b.buffer);
    v.setUint16(36, 0);
    const tcpBytes = b.subarray(20);
    v.setUint16(36, checksum(tcpBytes, pseudoHeader(b.subarray(12, 16), b.subarray(16, 20), 6, tcpBytes.length)));
    return b;
  }

  /** Gives the endpoint a packet, IP header first. */
  injectBytes(b: Uint8Array): void {
    this.call(() => {
      const skb = allocSkb(this.tn.pool, 64 + b.length);
      skbReserve(skb, 64);
      const at = skbPut(skb, b.length);
      skb.u8.set(b, at);
      skb.networkHeader = at;
      skb.transportHeader = at + 20;
      skb.pktType = PACKET_HOST;
      skb.dev = devGetByName(this.net, 'lo');
      skb.skbIif = 1;
      // As IPv4 does before it looks for a route.
      const p = this.kernel.get(INET).protos[6]!;
      skb.sk = p.earlyDemux!(skb);
      skb.data += 20;
      skb.len -= 20;
      skb.dst = this.af.inDst(this.net);
      p.rcv(skb);
    });
  }

  /** Gives the endpoint an ICMP error that quotes `quoted`, IP header first. */
  icmp(quoted: Uint8Array, type: number, code: number, info: number): void {
    this.call(() => {
      const skb = allocSkb(this.tn.pool, 64 + quoted.length);
      skbReserve(skb, 64);
      const at = skbPut(skb, quoted.length);
      skb.u8.set(quoted, at);
      skb.networkHeader = at;
      skb.data += 20;
      skb.len -= 20;
      skb.dev = devGetByName(this.net, 'lo');
      skb.skbIif = 1;
      this.kernel.get(INET).protos[6]!.err!(skb, type, code, info);
      consumeSkb(skb);
    });
  }

  /** Gives the endpoint a segment from the peer. */
  inject(seg: Seg): void {
    this.injectBytes(this.build(seg));
  }

  /** The oldest segment not yet looked at. */
  take(): Sent {
    const s = this.sent.shift();
    if (s === undefined) throw new Error('nothing was sent');
    return s;
  }

  /** The oldest segment not yet looked at must be like this. */
  expect(seg: Seg): Sent {
    if (this.sent.length === 0) throw new Error(`nothing was sent, expected ${JSON.stringify(seg)}`);
    const s = this.take();
    const got: Record<string, unknown> = {};
    const want: Record<string, unknown> = {};
    for (const [k, v] of Object.entries(seg)) {
      if (v === undefined || k === 'data') continue;
      if (k === 'ts') {
        if (v === 'any') {
          expect(s.ts).toBeDefined();
          continue;
        }
        want['ts'] = v === 'none' ? undefined : v;
        got['ts'] = s.ts;
        continue;
      }
      if (k === 'flags') {
        want[k] = [...(v as string)].sort().join('');
        got[k] = [...s.flags].sort().join('');
        continue;
      }
      want[k] = v;
      got[k] = s[k as keyof Sent];
    }
    expect(got).toEqual(want);
    if (seg.data !== undefined) expect([...s.data]).toEqual([...(typeof seg.data === 'string' ? Uint8Array.from(seg.data, (c) => c.charCodeAt(0)) : seg.data)]);
    return s;
  }

  /** Nothing more was sent up to now. */
  expectNothing(): void {
    expect(this.sent.map((s) => `${s.flags} seq ${s.seq} ack ${s.ack} len ${s.len}`)).toEqual([]);
  }

  /** Lets virtual time pass; `ns` is what `ms(...)` gives. */
  advance(ns: number): void {
    this.clock.advance(ns);
  }

  /** Nothing must be sent for so long. */
  quiet(ns: number): void {
    this.expectNothing();
    this.advance(ns);
    this.expectNothing();
  }

  /** A counter of the TcpExt group by name. */
  ext(name: string): number {
    const i = TCPEXT_MIB_NAMES.indexOf(name);
    if (i < 0) throw new Error(`no counter ${name}`);
    return this.tn.mibExt[i]!;
  }

  /** Ends the kernel and sees to it that no packet is left. */
  done(): void {
    this.kernel.shutdown();
    const stats = skbStats(this.kernel);
    expect(stats.live, 'packets left').toBe(this.live);
  }
}

