/** ICMP errors about segments of ours, the same for IPv4 and IPv6 (tcp_v4_err, tcp_v6_err; RFC 1122 section 4.2.3.9, RFC 5927). */
import { EHASH_REQUEST, EHASH_TIMEWAIT, type EhashNode, type InetAf, inetCskReqskQueueDrop, inetRecverr } from '@linnet/inet';
import { dstAdvmss, dstMtu } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import { skDstCheck, sockFlag, SOCK_DEAD } from '@linnet/socket';
import { AF_INET6, between, TCP_CLOSE, TCP_LISTEN, TCP_SYN_RECV, TCP_SYN_SENT, tcphDest, tcphSeq } from '@linnet/uapi';
import { TcpExtListenDrops, TcpExtOutOfWindowIcmps } from './tcp-mib.ts';
import { tcpSyncMss } from './tcp-mss.ts';
import { netInc, type TcpNet } from './tcp-net.ts';
import type { TcpRequestSock } from './tcp-request-sock.ts';
import { tcpRetransmitSkb } from './tcp-retransmit.ts';
import { tcpSimpleRetransmit } from './tcp-simple-retransmit.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpDoneWithError } from './tcp-state.ts';

/** What an ICMP message means to a connection. Nothing. */
export const ICMP_MEANS_NOTHING = 0;
/** The path takes no more than `info` bytes. */
export const ICMP_MEANS_MTU = 1;
/** There is a better first hop. */
export const ICMP_MEANS_REDIRECT = 2;
/** What was sent did not arrive. */
export const ICMP_MEANS_ERROR = 3;

/** The path takes no more than `mtu` bytes now (tcp_v4_mtu_reduced): smaller segments, and what was too large goes again. */
function tcpMtuReduced(tp: TcpSock, mtu: number): void {
  if (tp.state === TCP_LISTEN || tp.state === TCP_CLOSE) return;
  const dst = skDstCheck(tp);
  if (dst === null) return;
  if (dst.ops.updatePmtu !== undefined) dst.ops.updatePmtu(dst, tp, null, mtu);
  // What was learnt may stand in a route of its own.
  if (tp.af.rebuildHeader(tp) !== 0 || tp.dst === null) return;
  const now = dstMtu(tp.dst);
  // IP_PMTUDISC_DONT means that routers may fragment; those of IPv6 never do.
  if ((tp.af.family === AF_INET6 || tp.pmtudisc !== 0) && tp.pmtuCookie > now) {
    tcpSyncMss(tp, now);
    if (tp.state === TCP_SYN_SENT) {
      // Only a SYN with data can have been too large: it goes again without.
      const syn = tp.rtxQueue.head;
      const advmss = dstAdvmss(tp.dst);
      if (advmss < tp.advmss) tp.advmss = advmss;
      if (syn !== null && tp.tfo !== null && tp.tfo.synData) tcpRetransmitSkb(tp, syn, 1);
      return;
    }
    tcpSimpleRetransmit(tp);
  }
}

/**
 * Tells the connection or request of `node` about the message that quotes a segment of it. It is believed only if the quoted sequence number is outstanding. Hard errors end a handshake;
 * on a connection everything but the MTU is a hint. `means` is ICMP_MEANS_*, `err` the errno of an error. Returns 0.
 */
export function tcpIcmpError(tn: TcpNet, af: InetAf, skb: Skb, node: EhashNode, means: number, err: number, info: number): number {
  const view = skb.view;
  const th = skb.data;
  const seq = tcphSeq(view, th);
  if (node.kind === EHASH_TIMEWAIT) return 0;
  if (node.kind === EHASH_REQUEST) {
    const req = node.owner as TcpRequestSock;
    if (seq !== req.sntIsn) {
      netInc(tn, TcpExtOutOfWindowIcmps);
    } else if (means === ICMP_MEANS_ERROR) {
      // Still in the handshake: the request is given up.
      inetCskReqskQueueDrop(tn.hashinfo, req);
      netInc(tn, TcpExtListenDrops);
    }
    return 0;
  }
  const tp = node.owner as TcpSock;
  if (tp.state === TCP_CLOSE) return 0;
  // Until the handshake ends, a Fast Open connection has its SYN-ACK under way, too.
  const una = tp.tfo !== null && tp.tfo.req !== null ? tp.tfo.req.sntIsn : tp.sndUna;
  if (tp.state !== TCP_LISTEN && !between(seq, una, tp.sndNxt)) {
    netInc(tn, TcpExtOutOfWindowIcmps);
    return 0;
  }
  if (means === ICMP_MEANS_NOTHING) return 0;
  if (means === ICMP_MEANS_REDIRECT) {
    const dst = skDstCheck(tp);
    if (dst !== null && dst.ops.redirect !== undefined) dst.ops.redirect(dst, tp, skb);
    return 0;
  }
  if (means === ICMP_MEANS_MTU) {
    if (tp.state !== TCP_LISTEN) tcpMtuReduced(tp, info);
    return 0;
  }
  const tell = inetRecverr(tp);
  if (tp.state === TCP_SYN_SENT || tp.state === TCP_SYN_RECV) {
    if (tell) af.icmpError(tp, skb, err, tcphDest(view, th), info, 0);
    if (tp.socket !== null || sockFlag(tp, SOCK_DEAD) || tp.tfo !== null) tcpDoneWithError(tp, err);
    else tp.errSoft = err;
    return 0;
  }
  // On a connection the network's complaint may pass: only who asked for it hears of it.
  if (tp.socket !== null && tell) {
    tp.err = err;
    tp.errorReport(tp);
  } else {
    tp.errSoft = err;
  }
  return 0;
}
