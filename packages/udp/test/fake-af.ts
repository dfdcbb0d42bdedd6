import { createKernel, csumTcpudpNofold, EMSGSIZE, VirtualClock, type Kernel, type Net } from '@linnet/kernel';
import { INET, inet, type Flowi, type InetAf, type InetSock } from '@linnet/inet';
import { DstEntry, devGetByName, type DstOps, type NetDevice } from '@linnet/netdev';
import { allocSkb, CHECKSUM_NONE, consumeSkb as consume, skbPullUnchecked, skbPut, skbReserve, skbStats, SKB_GSO_UDP_L4, type Skb } from '@linnet/skbuff';
import { msgCopyFrom, MsgHdr, Socket, type Cmsg, type Sock } from '@linnet/socket';
import { AF_INET, ICMP_DEST_UNREACH, IPPROTO_UDP, iphDaddr, iphSaddr, iphSetDaddr, iphSetSaddr, RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST, RTN_UNICAST, SOCK_DGRAM } from '@linnet/uapi';
import { expect } from 'vitest';
import { UDP, udp, type UdpSock } from '../src/index.ts';

/** `10.0.0.1` as int32. */
export const ip = (s: string): number => s.split('.').reduce((a, b) => (a << 8) | Number(b), 0);
export const ME = ip('10.0.0.1');
export const PEER = ip('10.0.0.2');
export const BROADCAST = ip('10.0.0.255');
export const GROUP = ip('224.1.2.3');

class FakeRoute extends DstEntry {
  rtype = RTN_UNICAST;
}

/** An Internet protocol without routing: it records what is sent, and delivers what a test makes. */
export class FakeAf {
  readonly k: Kernel;
  readonly net: Net;
  readonly dev: NetDevice;
  /** UDP datagrams that went out: header and payload. */
  readonly sent: { saddr: number; daddr: number; bytes: Uint8Array; gsoSize: number }[] = [];
  readonly portUnreach: Skb[] = [];
  /** Next hops that were said to answer. */
  readonly confirmed: number[] = [];
  /** What early demux said. */
  readonly earlySocks: (UdpSock | null)[] = [];
  readonly icmpErrors: { err: number; port: number }[] = [];
  noRoute = 0;
  sendError = 0;
  /** Of every route. */
  mtu = 65535;
  private pending: Uint8Array[] = [];

  constructor() {
    const af = this.af;
    this.k = createKernel({
      modules: [inet, { name: 'fake-af', requires: [inet], init: (k) => k.get(INET).addAf(af) }, udp],
      clock: new VirtualClock(), seed: 1, debug: true,
    });
    this.net = this.k.initNet;
    this.dev = devGetByName(this.net, 'lo')!;
  }

  private route(daddr: number): FakeRoute {
    const dst = new FakeRoute({ family: AF_INET, check: (d: DstEntry) => d, mtu: () => this.mtu } as unknown as DstOps, this.dev);
    dst.rtype = daddr === BROADCAST ? RTN_BROADCAST : daddr >>> 28 === 14 ? RTN_MULTICAST : daddr === ME ? RTN_LOCAL : RTN_UNICAST;
    return dst;
  }

  private build(payload: Uint8Array): Skb {
    const skb = allocSkb(this.dev.pool, 128 + payload.length);
    skbReserve(skb, 100);
    skb.networkHeader = skb.data - 20;
    skb.dst = this.route(PEER);
    skb.transportHeader = skbPut(skb, 8);
    skb.u8.set(payload, skbPut(skb, payload.length));
    skb.ipSummed = CHECKSUM_NONE;
    return skb;
  }

  readonly af: InetAf = ((): InetAf => {
    const self = (): FakeAf => this;
    return {
      family: AF_INET,
      netHeaderLen: 20,
      routeOutput(_net: Net, fl: Flowi) {
        if (self().noRoute !== 0) {
          fl.error = self().noRoute;
          return null;
        }
        if (fl.saddr === 0) fl.saddr = ME;
        return self().route(fl.daddr);
      },
      dstType: (dst: DstEntry) => (dst as FakeRoute).rtype,
      confirmNeigh(_dst: DstEntry, daddr: number) {
        self().confirmed.push(daddr);
      },
      cmsgSend: () => 0,
      cmsgRecv: () => {},
      makeSkb(_sk: InetSock, _fl: Flowi, msg: MsgHdr, length: number, hdr: number) {
        const payload = new Uint8Array(length - hdr);
        expect(msgCopyFrom(msg, payload, 0, payload.length)).toBe(payload.length);
        return self().build(payload);
      },
      appendData(_sk: InetSock, _fl: Flowi, msg: MsgHdr, length: number, hdr: number) {
        const held = self().pending.reduce((n, b) => n + b.length + (n === 0 ? 8 : 0), 0);
        // The header goes in front of the first piece, of no other; and IPv4 leaves 65,515 bytes behind its own.
        expect(hdr).toBe(held === 0 ? 8 : 0);
        if (held + length > 65515) return -EMSGSIZE;
        const payload = new Uint8Array(length - hdr);
        expect(msgCopyFrom(msg, payload, 0, payload.length)).toBe(payload.length);
        self().pending.push(payload);
        return 0;
      },
      finishSkb() {
        const all = self().pending.flatMap((p) => [...p]);
        self().pending = [];
        return self().build(Uint8Array.from(all));
      },
      flushPendingFrames() {
        self().pending = [];
      },
      sendSkb(_net: Net, skb: Skb) {
        if (self().sendError === 0) {
          self().sent.push({ saddr: 0, daddr: 0, bytes: skb.u8.slice(skb.transportHeader, skb.tail), gsoSize: skb.gsoSize });
        }
        consume(skb);
        return self().sendError;
      },
      pseudoSum: (fl: Flowi, len: number, proto: number) => csumTcpudpNofold(fl.saddr, fl.daddr, len, proto, 0),
      skbPseudoSum: (skb: Skb, len: number, proto: number) => csumTcpudpNofold(iphSaddr(skb.view, skb.networkHeader), iphDaddr(skb.view, skb.networkHeader), len, proto, 0),
      icmpPortUnreach(skb: Skb) {
        self().portUnreach.push(skb);
      },
      icmpError(_sk: InetSock, _skb: Skb, err: number, port: number) {
        self().icmpErrors.push({ err, port });
      },
      icmpErrConvert: (type: number, code: number) => (type === ICMP_DEST_UNREACH && code === 3 ? (111 << 1) | 1 : (113 << 1) | 0),
      mcAllow: () => true,
      mcDropSocket: () => {},
      setsockopt: () => -92,
      getsockopt: () => -92,
      memberIfindex: () => 0,
      sockaddrFrom: (skb: Skb, port: number) => ({ family: AF_INET, addr: iphSaddr(skb.view, skb.networkHeader), port }),
    } as unknown as InetAf;
  })();

  /** A UDP socket, bound when a port is given. */
  socket(port?: number, over: Partial<UdpSock> = {}, protocol: number = IPPROTO_UDP): UdpSock {
    const proto = this.k.get(INET).protosw.find((p) => p.type === SOCK_DGRAM && p.protocol === protocol)!;
    const sk = proto.create(this.net, this.af, protocol) as UdpSock;
    Object.assign(sk, over);
    const sock = new Socket(this.net, SOCK_DGRAM, {} as never);
    sock.sk = sk;
    sk.socket = sock;
    if (port !== undefined) expect(sk.prot.getPort!(sk, port)).toBe(0);
    return sk;
  }

  /** Delivers a datagram: IP header (addresses only) and UDP header with a right checksum, unless `over` says otherwise. */
  deliver(d: { saddr?: number; sport: number; daddr?: number; dport: number; payload?: string; len?: number; csum?: 'bad' | 'none'; cut?: number; gsoSize?: number; early?: boolean; protocol?: number; sum?: number }): void {
    const payload = Uint8Array.from(d.payload ?? 'hello', (c) => c.charCodeAt(0));
    const skb = allocSkb(this.dev.pool, 64 + payload.length);
    const at = skbPut(skb, 28 + payload.length);
    const { view } = skb;
    const saddr = d.saddr ?? PEER;
    const daddr = d.daddr ?? ME;
    view.setUint8(at, 0x45);
    iphSetSaddr(view, at, saddr);
    iphSetDaddr(view, at, daddr);
    view.setUint16(at + 20, d.sport);
    view.setUint16(at + 22, d.dport);
    view.setUint16(at + 24, d.len ?? 8 + payload.length);
    view.setUint16(at + 26, 0);
    skb.u8.set(payload, at + 28);
    if (d.sum !== undefined) view.setUint16(at + 26, d.sum);
    else if (d.csum !== 'none') view.setUint16(at + 26, d.csum === 'bad' ? 0x1234 : udpSum(skb.u8.subarray(at + 20, at + 28 + payload.length), saddr, daddr));
    skb.networkHeader = at;
    skbPullUnchecked(skb, 20);
    if (d.cut !== undefined) {
      skb.len = d.cut;
      skb.tail = skb.data + d.cut;
    }
    if (d.gsoSize !== undefined) {
      skb.gsoSize = d.gsoSize;
      skb.gsoType = SKB_GSO_UDP_L4;
    }
    skb.dev = this.dev;
    if (d.early === true) skb.sk = this.early(skb);
    skb.dst = this.route(daddr);
    this.k.run(() => this.k.get(INET).protos[d.protocol ?? IPPROTO_UDP]!.rcv(skb));
  }

  /** The socket that early demux finds for a packet whose data is at its UDP header. */
  private early(skb: Skb): UdpSock | null {
    skb.transportHeader = skb.data;
    skb.data = skb.networkHeader;
    skb.len += 20;
    const sk = this.k.get(INET).protos[IPPROTO_UDP]!.earlyDemux!(skb);
    skbPullUnchecked(skb, 20);
    this.earlySocks.push(sk as UdpSock | null);
    return sk as UdpSock | null;
  }

  /** An ICMP error about a datagram of ours from `sport` to PEER:dport. */
  icmp(type: number, code: number, sport: number, dport: number, info: number = 0): number {
    const skb = allocSkb(this.dev.pool, 64);
    const at = skbPut(skb, 28);
    iphSetSaddr(skb.view, at, ME);
    iphSetDaddr(skb.view, at, PEER);
    skb.view.setUint16(at + 20, sport);
    skb.view.setUint16(at + 22, dport);
    skb.networkHeader = at;
    skbPullUnchecked(skb, 20);
    skb.dev = this.dev;
    const rc = this.k.run(() => this.k.get(INET).protos[IPPROTO_UDP]!.err!(skb, type, code, info));
    consume(skb);
    return rc;
  }

  finish(): void {
    this.k.shutdown();
    expect(skbStats(this.k).live).toBe(0);
  }

  get mib(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.net.get(UDP).mib).filter(([, v]) => v !== 0));
  }
}

/** An independent checksum (RFC 1071): sum of 16-bit words, folded at the end. */
export function udpSum(datagram: Uint8Array, saddr: number, daddr: number): number {
  const words = [saddr >>> 16, saddr & 0xffff, daddr >>> 16, daddr & 0xffff, 17, datagram.length];
  for (let i = 0; i < datagram.length; i += 2) words.push((datagram[i]! << 8) | (datagram[i + 1] ?? 0));
  let sum = words.reduce((a, b) => a + b, 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return 0xffff - sum || 0xffff;
}

/** Sends `text` on a socket. */
export function sendText(sk: Sock, text: string, to: { addr: number; port: number } | null, flags: number = 0, control: Cmsg[] = []): number {
  const msg = new MsgHdr([Uint8Array.from(text, (c) => c.charCodeAt(0))], to === null ? null : ({ family: AF_INET, ...to } as never), flags);
  msg.control = control;
  return sk.kernel.run(() => sk.prot.sendmsg(sk, msg, text.length));
}

/** Receives up to `size` bytes. */
export function recvText(sk: Sock, size: number = 100, flags: number = 0): { rc: number; text: string; from: unknown; flags: number } {
  const buf = new Uint8Array(size);
  const msg = new MsgHdr([buf]);
  const rc = sk.kernel.run(() => sk.prot.recvmsg(sk, msg, size, flags));
  return { rc, text: String.fromCharCode(...buf.subarray(0, Math.max(0, Math.min(rc, size)))), from: msg.name, flags: msg.flags };
}

