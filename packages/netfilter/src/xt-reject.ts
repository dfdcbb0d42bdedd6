/** The target REJECT: drops a packet and answers it with an ICMP error or a RST. */
import { csumFold, EINVAL } from '@linnet/kernel';
import { Flowi, flowiReset, FLOWI_FLAG_ANYSRC, INET, type InetAf } from '@linnet/inet';
import { nfCtAttach, NF_DROP, NF_INET_FORWARD, NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT, NFPROTO_IPV4, NFPROTO_IPV6 } from '@linnet/netdev';
import { allocSkb, CHECKSUM_PARTIAL, PACKET_HOST, pskbMayPull, SKB, type Skb, skbChecksum, skbCsumUnnecessary, skbPush, skbReserve } from '@linnet/skbuff';
import { AF_INET, AF_INET6, ICMP_DEST_UNREACH, ICMPV6_DEST_UNREACH, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP } from '@linnet/uapi';
import { nfIpv6SkipExthdrs, nfL4PseudoSum } from './nf-conntrack-packet.ts';
import { in6Load } from './xt-words.ts';
import type { XtCheck, XtParam, XtTargetDef, XtTargetFn } from './xt-core.ts';

/** IPT_ICMP_* in order: the code of «destination unreachable». */
const CODES4: Readonly<Record<number, number>> = { 0: 0, 1: 1, 2: 2, 3: 3, 5: 9, 6: 10, 8: 13 };
const TCP_RESET4 = 7;
/** IP6T_ICMP6_*. */
const CODES6: Readonly<Record<number, number>> = { 0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 7: 5, 8: 6 };
const TCP_RESET6 = 6;

const MAX_HEADER = 160;
const RST = 4;
const SYN = 2;
const FIN = 1;
const ACK = 16;

/** Room for the flow of an answer; one for each rule. */
function flow(fl: Flowi, skb: Skb, six: boolean, s6: Int32Array, d6: Int32Array): void {
  const nh = skb.networkHeader;
  flowiReset(fl);
  fl.proto = IPPROTO_TCP;
  fl.flags = FLOWI_FLAG_ANYSRC;
  if (six) {
    in6Load(d6, skb.view, nh + 8);
    in6Load(s6, skb.view, nh + 24);
    fl.daddr6 = d6;
    fl.saddr6 = s6;
  } else {
    fl.daddr = skb.view.getInt32(nh + 12);
    fl.saddr = skb.view.getInt32(nh + 16);
  }
}

/** Answers a segment with a RST whose numbers follow from it (RFC 9293 3.10.7.1). `fl`, `s6` and `d6` are scratch. */
export function nfSendReset(af: InetAf, skb: Skb, par: XtParam, fl: Flowi, s6: Int32Array, d6: Int32Array): void {
  const six = par.family === NFPROTO_IPV6;
  if (par.fragoff !== 0 || par.thoff === 0 || !pskbMayPull(skb, par.thoff + 20)) return;
  const th = skb.data + par.thoff;
  const flags = skb.u8[th + 13]!;
  if ((flags & RST) !== 0) return;
  const len = skb.len - par.thoff;
  if (skb.ipSummed !== CHECKSUM_PARTIAL && !skbCsumUnnecessary(skb) && csumFold(skbChecksum(skb, par.thoff, len, nfL4PseudoSum(skb, par.thoff, IPPROTO_TCP))) !== 0) return;
  flow(fl, skb, six, s6, d6);
  fl.sport = skb.view.getUint16(th + 2);
  fl.dport = skb.view.getUint16(th);
  const out = allocSkb(par.net.kernel.get(SKB), MAX_HEADER);
  skbReserve(out, MAX_HEADER);
  const at = skbPush(out, 20);
  out.transportHeader = at;
  const { view } = out;
  view.setUint16(at, fl.sport);
  view.setUint16(at + 2, fl.dport);
  let bits = RST;
  let seq = 0;
  let ack = 0;
  if ((flags & ACK) !== 0) {
    seq = skb.view.getInt32(th + 8);
  } else {
    bits |= ACK;
    const doff = (skb.u8[th + 12]! >> 4) << 2;
    ack = (skb.view.getInt32(th + 4) + len - doff + ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0)) | 0;
  }
  view.setInt32(at + 4, seq);
  view.setInt32(at + 8, ack);
  view.setInt32(at + 12, (5 << 28) | (bits << 16));
  view.setInt32(at + 16, 0);
  out.ipSummed = CHECKSUM_PARTIAL;
  out.csumStart = at;
  out.csumOffset = 16;
  view.setUint16(at + 16, ~csumFold(af.pseudoSum(fl, 20, IPPROTO_TCP)) & 0xffff);
  // It belongs to the connection of what it answers, the other way.
  nfCtAttach(out, skb);
  af.sendUnicastReply(par.net, out, fl);
}

/** Protocols whose sum is none of their whole payload: there is nothing to check. */
const UNSUMMED: ReadonlySet<number> = new Set([47, 50, 51, 132, 136]);

/** Is what is said about the packet true as far as its sum says? Nobody is told of a broken one. */
export function nfSumOk(skb: Skb, par: XtParam): boolean {
  if (skbCsumUnnecessary(skb) || skb.ipSummed === CHECKSUM_PARTIAL) return true;
  const nh = skb.networkHeader;
  let proto: number;
  let off: number;
  if (par.family === NFPROTO_IPV4) {
    // Only a datagram that is whole, or its first part, is answered.
    proto = skb.u8[nh + 9]!;
    off = nh - skb.data + ((skb.u8[nh]! & 15) << 2);
  } else {
    const found = nfIpv6SkipExthdrs(skb, nh - skb.data);
    if (found < 0) return false;
    proto = found & 0xff;
    off = found >> 8;
  }
  if (UNSUMMED.has(proto)) return true;
  if (proto === IPPROTO_UDP && pskbMayPull(skb, off + 8) && skb.view.getUint16(skb.data + off + 6) === 0) return true;
  const pseudo = proto === IPPROTO_TCP || proto === IPPROTO_UDP || proto === IPPROTO_ICMPV6 ? nfL4PseudoSum(skb, off, proto) : 0;
  return csumFold(skbChecksum(skb, off, skb.len - off, pseudo)) === 0;
}

function reject(six: boolean): (c: XtCheck) => XtTargetFn | number {
  return (c) => {
    const { view, off, net, proto, inv } = c;
    const kind = view.getUint32(off, true);
    const reset = kind === (six ? TCP_RESET6 : TCP_RESET4);
    const code = (six ? CODES6 : CODES4)[kind];
    if (kind === (six ? 5 : 4)) return -EINVAL;
    if (reset && (proto !== IPPROTO_TCP || (inv & 0x40) !== 0)) return -EINVAL;
    const af = net.kernel.get(INET).af(six ? AF_INET6 : AF_INET);
    const fl = new Flowi();
    const s6 = new Int32Array(4);
    const d6 = new Int32Array(4);
    return (skb, par) => {
      if (af === null) return NF_DROP;
      if (reset) {
        nfSendReset(af, skb, par, fl, s6, d6);
        return NF_DROP;
      }
      if (code === undefined || af.icmpSend === undefined || !nfSumOk(skb, par)) return NF_DROP;
      // What this machine sends never came in, but is answered all the same.
      if (par.hook === NF_INET_LOCAL_OUT) {
        skb.dev = par.outDev;
        skb.pktType = PACKET_HOST;
      }
      af.icmpSend(skb, six ? ICMPV6_DEST_UNREACH : ICMP_DEST_UNREACH, code, 0);
      return NF_DROP;
    };
  };
}

const HOOKS = (1 << NF_INET_LOCAL_IN) | (1 << NF_INET_FORWARD) | (1 << NF_INET_LOCAL_OUT);
/** The definitions. */
export const XT_REJECT: readonly XtTargetDef[] = [
  { name: 'REJECT', revision: 0, family: NFPROTO_IPV4, size: 4, table: 'filter', hooks: HOOKS, check: reject(false) },
  { name: 'REJECT', revision: 0, family: NFPROTO_IPV6, size: 4, table: 'filter', hooks: HOOKS, check: reject(true) },
];
