/**
 * Receiving ICMP (RFC 792, RFC 1122 3.2.2, RFC 1812 4.3): answering queries and telling the transports of errors.
 */
import { ENOENT } from '@linnet/kernel';
import {
  ICMPHDR_LEN, ICMP_ADDRESS, ICMP_ADDRESSREPLY, ICMP_DEST_UNREACH, ICMP_ECHO, ICMP_ECHOREPLY, ICMP_EXC_FRAGTIME, ICMP_EXT_ECHO, ICMP_EXT_ECHOREPLY, ICMP_FRAG_NEEDED,
  ICMP_PARAMETERPROB, ICMP_REDIRECT, ICMP_SOURCE_QUENCH, ICMP_TIMESTAMP, ICMP_TIMESTAMPREPLY, ICMP_TIME_EXCEEDED, IPHDR_LEN, IPPROTO_DCCP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, NR_ICMP_TYPES,
  NR_ICMP_UNREACH, RTN_BROADCAST, icmpCode, icmpFragMtu, icmpType, icmpUn, iphDaddr, iphProtocol,
} from '@linnet/uapi';
import { consumeSkb, DROP, kfreeSkbReason, pskbMayPull, skbChecksumValid, skbCopyBits, skbPull } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { ipHdrlen } from './ip-hdrlen.ts';
import { inetAddrType } from './fib-addr-type.ts';
import { fibComputeSpecDst } from './fib-frontend.ts';
import { icmpBuildProbe } from './icmp-probe.ts';
import { icmpReply } from './icmp-send.ts';
import { icmpInCount } from './icmp-stats.ts';
import { inetCurrentTimestamp } from './ip-options.ts';
import { icmpSetOuterHeader } from './ip-quote.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import { pingErr, pingRcv } from './ping.ts';
import { rawIcmpError } from './raw.ts';
import { ipv4Redirect, ipv4UpdatePmtu } from './route-pmtu.ts';
import { RTCF_BROADCAST, RTCF_MULTICAST } from './rtable.ts';
import type { Rtable } from './rtable.ts';
import { ICMP_MIB_CSUMERRORS, ICMP_MIB_INERRORS, ICMP_MIB_INMSGS } from './snmp.ts';

/** The receiver of protocol 1: `data` at the ICMP header. Consumes the skb (icmp_rcv). @alpha */
export function icmpRcv(skb: Skb): number {
  const rt = skb.dst as Rtable;
  const ip = rt.net4;
  ip.icmpMib[ICMP_MIB_INMSGS]!++;
  skb.transportHeader = skb.data;
  if (!skbChecksumValid(skb, 0)) {
    ip.icmpMib[ICMP_MIB_CSUMERRORS]!++;
    return bad(ip, skb, DROP.ICMP_CSUM);
  }
  if (!pskbMayPull(skb, ICMPHDR_LEN)) return bad(ip, skb, DROP.PKT_TOO_SMALL);
  const at = skb.data;
  const type = icmpType(skb.view, at);
  icmpInCount(ip, type);
  if (type === ICMP_EXT_ECHOREPLY) {
    skbPull(skb, ICMPHDR_LEN);
    return pingRcv(ip, skb);
  }
  if (type === ICMP_EXT_ECHO) {
    skbPull(skb, ICMPHDR_LEN);
    return icmpExtEcho(ip, skb);
  }
  // Unknown types must be ignored silently (RFC 1122 3.2.2).
  if (type > NR_ICMP_TYPES) return bad(ip, skb, DROP.UNHANDLED_PROTO);
  if ((rt.rtFlags & (RTCF_BROADCAST | RTCF_MULTICAST)) !== 0) {
    // A query to many may be ignored, anything else to many must be (RFC 1122 3.2.2.6, 3.2.2.8).
    if ((type === ICMP_ECHO || type === ICMP_TIMESTAMP) && ip.sysctlIcmpEchoIgnoreBroadcasts !== 0) return bad(ip, skb, DROP.ICMP_BROADCAST);
    if (type !== ICMP_ECHO && type !== ICMP_TIMESTAMP && type !== ICMP_ADDRESS && type !== ICMP_ADDRESSREPLY) return bad(ip, skb, DROP.ICMP_BROADCAST);
  }
  skbPull(skb, ICMPHDR_LEN);
  switch (type) {
    case ICMP_ECHOREPLY:
      return pingRcv(ip, skb);
    case ICMP_DEST_UNREACH:
    case ICMP_TIME_EXCEEDED:
    case ICMP_PARAMETERPROB:
    case ICMP_SOURCE_QUENCH:
      return icmpUnreach(ip, skb, type);
    case ICMP_REDIRECT:
      return icmpRedirect(ip, skb);
    case ICMP_ECHO:
      return icmpEcho(ip, skb);
    case ICMP_TIMESTAMP:
      return icmpTimestamp(ip, skb);
    default:
      // Router discovery, information and address mask messages: for raw sockets only.
      consumeSkb(skb);
      return 0;
  }
}

function bad(ip: Ipv4Net, skb: Skb, reason: number): number {
  ip.icmpMib[ICMP_MIB_INERRORS]!++;
  kfreeSkbReason(skb, reason);
  return 0;
}

function ignore(skb: Skb, reason: number): number {
  kfreeSkbReason(skb, reason);
  return 0;
}

/** Answers an echo request with all its data, however long (icmp_echo, RFC 1122 3.2.2.6). */
function icmpEcho(ip: Ipv4Net, skb: Skb): number {
  if (ip.sysctlIcmpEchoIgnoreAll !== 0) return ignore(skb, DROP.ICMP_IGNORED);
  // The code comes back as it was sent: that is how Linux answers.
  const at = skb.transportHeader;
  icmpReply(ip, skb, fibComputeSpecDst(skb), ICMP_ECHOREPLY, icmpCode(skb.view, at), icmpUn(skb.view, at), 0);
  consumeSkb(skb);
  return 0;
}

/** Answers an extended echo request, if that is allowed (RFC 8335 section 4). */
function icmpExtEcho(ip: Ipv4Net, skb: Skb): number {
  if (ip.sysctlIcmpEchoIgnoreAll !== 0) return ignore(skb, DROP.ICMP_IGNORED);
  const at = skb.transportHeader;
  const un = icmpBuildProbe(ip, skb, icmpCode(skb.view, at), icmpUn(skb.view, at) >>> 0);
  if (un < 0) return ignore(skb, DROP.ICMP_IGNORED);
  icmpReply(ip, skb, fibComputeSpecDst(skb), ICMP_EXT_ECHOREPLY, ip.probeCode, un, 0);
  consumeSkb(skb);
  return 0;
}

/** Answers a timestamp request (icmp_timestamp, RFC 1122 3.2.2.8). */
function icmpTimestamp(ip: Ipv4Net, skb: Skb): number {
  if (skb.len < 4) return bad(ip, skb, DROP.PKT_TOO_SMALL);
  const src = ip.skbSource;
  const now = inetCurrentTimestamp(ip);
  skbCopyBits(skb, 0, src.head, 0, 4);
  src.headView.setInt32(4, now);
  src.headView.setInt32(8, now);
  icmpReply(ip, skb, fibComputeSpecDst(skb), ICMP_TIMESTAMPREPLY, 0, icmpUn(skb.view, skb.transportHeader), 12);
  consumeSkb(skb);
  return 0;
}

/** An error about a packet of ours: `data` behind the ICMP header, at the quoted IP header (icmp_unreach). */
function icmpUnreach(ip: Ipv4Net, skb: Skb, type: number): number {
  if (!pskbMayPull(skb, IPHDR_LEN)) return bad(ip, skb, DROP.PKT_TOO_SMALL);
  const code = icmpCode(skb.view, skb.transportHeader);
  if (ipHdrlen(skb.view, skb.data) < IPHDR_LEN) return bad(ip, skb, DROP.IP_INHDR);
  let info = 0;
  switch (type) {
    case ICMP_DEST_UNREACH:
      if (code > NR_ICMP_UNREACH) return ignore(skb, DROP.ICMP_IGNORED);
      if (code === ICMP_FRAG_NEEDED) {
        switch (ip.sysctlIpNoPmtuDisc) {
          case 2:
            return ignore(skb, DROP.ICMP_IGNORED);
          case 3: {
            // Hardened: only protocols that can tell a quote of theirs from a forged one.
            const p = ip.inet.protos[iphProtocol(skb.view, skb.data)]!;
            if (p === null || p.icmpStrictTagValidation !== true) return ignore(skb, DROP.ICMP_IGNORED);
            info = icmpFragMtu(skb.view, skb.transportHeader);
            break;
          }
          case 0:
            info = icmpFragMtu(skb.view, skb.transportHeader);
            break;
          default:
        }
      }
      break;
    case ICMP_PARAMETERPROB:
      info = icmpUn(skb.view, skb.transportHeader) >>> 24;
      break;
    case ICMP_TIME_EXCEEDED:
      // Lost fragments are repeated by their transport's own timers (RFC 1122 3.2.2.4).
      if (code === ICMP_EXC_FRAGTIME) {
        consumeSkb(skb);
        return 0;
      }
      break;
    default:
  }
  // A quote of a broadcast: somebody answered what nobody may answer (RFC 1812 4.3.2.7).
  if (ip.sysctlIcmpIgnoreBogusErrorResponses === 0 && inetAddrType(ip.net, iphDaddr(skb.view, skb.data)) === RTN_BROADCAST) {
    return ignore(skb, DROP.ICMP_BROADCAST);
  }
  return icmpSocketDeliver(ip, skb, type, code, info);
}

/** A better way for a destination of ours: the transports find the route that it is about (icmp_redirect). */
function icmpRedirect(ip: Ipv4Net, skb: Skb): number {
  if (!pskbMayPull(skb, IPHDR_LEN)) return bad(ip, skb, DROP.PKT_TOO_SMALL);
  if (ipHdrlen(skb.view, skb.data) < IPHDR_LEN) return bad(ip, skb, DROP.IP_INHDR);
  const at = skb.transportHeader;
  return icmpSocketDeliver(ip, skb, ICMP_REDIRECT, icmpCode(skb.view, at), icmpUn(skb.view, at));
}

/** Protocols whose errors are for a socket. */
const HAS_SOCKETS: ReadonlySet<number> = new Set([IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, IPPROTO_SCTP, IPPROTO_DCCP]);

/** Gives an error to raw sockets and to the transport whose packet is quoted. Consumes the skb (icmp_socket_deliver). */
function icmpSocketDeliver(ip: Ipv4Net, skb: Skb, type: number, code: number, info: number): number {
  const ihl = ipHdrlen(skb.view, skb.data);
  // RFC 792: at least 8 bytes of the transport's header are quoted.
  if (!pskbMayPull(skb, ihl + 8)) return bad(ip, skb, DROP.PKT_TOO_SMALL);
  const protocol = iphProtocol(skb.view, skb.data);
  icmpSetOuterHeader(skb);
  skb.networkHeader = skb.data;
  skbPull(skb, ihl);
  rawIcmpError(ip, skb, protocol, type, code, info);
  const p = ip.inet.protos[protocol]!;
  if (p !== null && p.err !== undefined) {
    const ret = p.err(skb, type, code, info);
    // A transport with ports whose socket is not there: the quote is nobody's.
    if (ret === -ENOENT && HAS_SOCKETS.has(protocol)) ip.icmpMib[ICMP_MIB_INERRORS]!++;
    // A transport that checks what is quoted (TCP's sequence numbers) tells the route itself; for the others a socket must be there.
    if (ret === 0 && p.icmpStrictTagValidation !== true) {
      if (type === ICMP_DEST_UNREACH && code === ICMP_FRAG_NEEDED && info !== 0) ipv4UpdatePmtu(skb, ip.net, info, 0, protocol);
      else if (type === ICMP_REDIRECT) ipv4Redirect(skb, ip.net, 0, protocol);
    }
  }
  consumeSkb(skb);
  return 0;
}

/**
 * An error about an ICMP message of ours (icmp_err). Only what an echo reply of ours met is learned for its path as it stands; for anything else a ping or raw
 * socket must have sent it, or a forged quote could shrink any path. 0, or -ENOENT: nothing to learn here.
 * @alpha
 */
export function icmpErr(skb: Skb, type: number, code: number, info: number): number {
  if (icmpType(skb.view, skb.data) === ICMP_ECHOREPLY) return 0;
  pingErr((skb.dst as Rtable).net4, skb, type, code, info);
  return -ENOENT;
}
