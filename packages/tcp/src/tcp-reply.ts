/** Segments that no socket sends: RST for the unknown, ACK of TIME-WAIT and of requests (tcp_v4_send_reset, tcp_v4_send_ack). */
import type { Flowi, InetAf } from '@linnet/inet';
import { csumFold } from '@linnet/kernel';
import { skbDst } from '@linnet/netdev';
import { allocSkb, CHECKSUM_PARTIAL, type Skb, skbPush, skbReserve } from '@linnet/skbuff';
import { IPPROTO_TCP, ipv6AddrIsLinklocal, RTN_LOCAL, TCPHDR_ACK, TCPHDR_FIN, TCPHDR_RST, TCPHDR_SYN, TCPOLEN_MD5SIG_ALIGNED } from '@linnet/uapi';
import { MAX_TCP_HEADER } from './tcp-const.ts';
import { type TcpMd5Key, tcpMd5Sign, tcpWriteMd5Header } from './tcp-md5.ts';
import { TcpOutRsts, TcpOutSegs } from './tcp-mib.ts';
import { tcpInc, type TcpNet } from './tcp-net.ts';
import { tcpWriteTimestamp } from './tcp-options.ts';

/** Addresses and ports of a received segment: `daddr:dport` is ours. */
export class TcpTuple {
  /** The family of the packet. */
  af: InetAf | null = null;
  /** Is it IPv6? Then the addresses are `saddr6` and `daddr6`, which the next packet overwrites, else `saddr` and `daddr`. */
  v6 = false;
  saddr = 0;
  daddr = 0;
  readonly saddr6: Int32Array = new Int32Array(4);
  readonly daddr6: Int32Array = new Int32Array(4);
  sport = 0;
  dport = 0;
  /** Interface it came in by; in a VRF that is the VRF, and `sdif` its member, else 0. */
  dif = 0;
  sdif = 0;
}

/** Writes the pseudo header's sum where the checksum will be (tcp_v4_send_check). */
export function tcpPseudoFill(af: InetAf, fl: Flowi, skb: Skb, th: number): void {
  skb.view.setUint16(th + 16, ~csumFold(af.pseudoSum(fl, skb.len, IPPROTO_TCP)) & 0xffff);
}

/** A bare header in a new packet. */
function replySkb(tn: TcpNet, fl: Flowi, hdrLen: number, seq: number, ack: number, flags: number, win: number): Skb {
  const skb = allocSkb(tn.pool, MAX_TCP_HEADER);
  skbReserve(skb, MAX_TCP_HEADER);
  const th = skbPush(skb, hdrLen);
  skb.transportHeader = th;
  const view = skb.view;
  view.setUint16(th, fl.sport);
  view.setUint16(th + 2, fl.dport);
  view.setInt32(th + 4, seq);
  view.setInt32(th + 8, ack);
  view.setInt32(th + 12, (hdrLen << 26) | (flags << 16) | win);
  view.setInt32(th + 16, 0);
  skb.ipSummed = CHECKSUM_PARTIAL;
  skb.csumStart = th;
  skb.csumOffset = 16;
  return skb;
}

/** Writes the signature in front of whatever other options a reply has. */
function sign(tn: TcpNet, key: TcpMd5Key, af: InetAf, fl: Flowi, skb: Skb): void {
  const p = skb.transportHeader + 20;
  tcpWriteMd5Header(skb.view, p);
  tcpMd5Sign(tn, key, af, fl, skb, p);
}

/** The way back of a received segment. */
function replyFlow(fl: Flowi, t: TcpTuple, oif: number, mark: number, tos: number): void {
  fl.oif = oif;
  fl.iif = 0;
  fl.mark = mark;
  fl.tos = tos;
  fl.scope = 0;
  fl.proto = IPPROTO_TCP;
  fl.flags = 0;
  fl.saddr = t.v6 ? 0 : t.daddr;
  fl.daddr = t.v6 ? 0 : t.saddr;
  fl.saddr6 = t.v6 ? t.daddr6 : null;
  fl.daddr6 = t.v6 ? t.saddr6 : null;
  fl.flowlabel = 0;
  fl.sport = t.dport;
  fl.dport = t.sport;
  fl.uid = 0;
  fl.error = 0;
}

/**
 * Answers a segment with a RST whose numbers follow from it (RFC 9293 section 3.10.7.1; tcp_v4_send_reset). Never answers a RST, nor what was not sent to us
 * alone. `key` signs it. Does not consume.
 */
export function tcpSendReset(tn: TcpNet, af: InetAf, skb: Skb, t: TcpTuple, haveSock: boolean, key: TcpMd5Key | null): void {
  const flags = skb.cb2;
  if ((flags & TCPHDR_RST) !== 0) return;
  const dst = skbDst(skb);
  if (!haveSock && dst !== null && af.dstType(dst) !== RTN_LOCAL) return;
  const fl = tn.replyFl;
  // A link-local peer is on the interface that its segment came in by (RFC 4007).
  const nh = skb.networkHeader;
  // The class of what is answered, without its ECN bits.
  const tos = t.v6 ? (skb.view.getUint16(nh) >> 4) & 0xfc : skb.u8[nh + 1]! & 0xfc;
  replyFlow(fl, t, t.sdif !== 0 || (t.v6 && ipv6AddrIsLinklocal(t.saddr6)) ? t.dif : 0, 0, tos);
  let seq = 0;
  let ack = 0;
  let out = TCPHDR_RST;
  if ((flags & TCPHDR_ACK) !== 0) {
    seq = skb.cb4;
  } else {
    out |= TCPHDR_ACK;
    ack = skb.cb1;
    if ((flags & (TCPHDR_SYN | TCPHDR_FIN)) === 0 && skb.cb0 === skb.cb1) ack = skb.cb0;
  }
  const reply = replySkb(tn, fl, key === null ? 20 : 20 + TCPOLEN_MD5SIG_ALIGNED, seq, ack, out, 0);
  if (key !== null) sign(tn, key, af, fl, reply);
  tcpPseudoFill(af, fl, reply, reply.transportHeader);
  tcpInc(tn, TcpOutSegs);
  tcpInc(tn, TcpOutRsts);
  af.sendUnicastReply(tn.net, reply, fl);
}

/** Sends a bare ACK for something that is no socket (tcp_v4_send_ack). `fl` goes from us to the peer, `key` signs it. */
export function tcpReplyAck(
  tn: TcpNet, fl: Flowi, seq: number, ack: number, win: number, ts: boolean, tsval: number, tsecr: number, af: InetAf, key: TcpMd5Key | null,
): void {
  const hdrLen = (ts ? 32 : 20) + (key === null ? 0 : TCPOLEN_MD5SIG_ALIGNED);
  const skb = replySkb(tn, fl, hdrLen, seq, ack, TCPHDR_ACK, win > 65535 ? 65535 : win);
  if (ts) tcpWriteTimestamp(skb.view, skb.transportHeader + (key === null ? 20 : 20 + TCPOLEN_MD5SIG_ALIGNED), tsval, tsecr);
  if (key !== null) sign(tn, key, af, fl, skb);
  tcpPseudoFill(af, fl, skb, skb.transportHeader);
  tcpInc(tn, TcpOutSegs);
  af.sendUnicastReply(tn.net, skb, fl);
}

/** The flow of a reply to `t`, in the namespace's scratch record. */
export function tcpReplyFlow(tn: TcpNet, t: TcpTuple, oif: number, mark: number, tos: number): Flowi {
  replyFlow(tn.replyFl, t, oif, mark, tos);
  return tn.replyFl;
}
