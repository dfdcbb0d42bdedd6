/** Receiving ICMPv6 (RFC 4443): answering echo requests, telling the transports of errors, and handing the rest to neighbour discovery and MLD. */
import { ENOENT } from '@linnet/kernel';
import {
  ICMPV6HDR_LEN, ICMPV6_DEST_UNREACH, ICMPV6_ECHO_REPLY, ICMPV6_ECHO_REQUEST, ICMPV6_EXT_ECHO_REPLY, ICMPV6_INFOMSG_MASK, ICMPV6_MGM_QUERY, ICMPV6_MGM_REDUCTION,
  ICMPV6_MGM_REPORT, ICMPV6_MLD2_REPORT, ICMPV6_PARAMPROB, ICMPV6_PKT_TOOBIG, ICMPV6_TIME_EXCEED, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP, IPV6HDR_LEN, NDISC_NEIGHBOUR_ADVERTISEMENT,
  NDISC_NEIGHBOUR_SOLICITATION, NDISC_REDIRECT, NDISC_ROUTER_ADVERTISEMENT, NDISC_ROUTER_SOLICITATION, icmp6Code, icmp6Mtu,
} from '@linnet/uapi';
import { consumeSkb, DROP, kfreeSkbReason, pskbMayPull, skbChecksumValid, skbEat } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { skbDev } from '@linnet/netdev';
import { csum6SkbPseudo } from './csum6.ts';
import { ExtWalk } from './exthdrs-core.ts';
import { icmp6EchoReply } from './icmp6-send.ts';
import { in6DevGet } from './inet6-dev.ts';
import type { Inet6Dev } from './inet6-dev.ts';
import { icmp6SetOuterHeader } from './quote6.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { ping6Err, ping6Rcv } from './ping6.ts';
import { raw6IcmpError } from './raw6.ts';
import { ip6UpdatePmtu } from './route6-exception.ts';
import type { Rt6Info } from './rt6-info.ts';
import { ICMP6_MIB_CSUMERRORS, ICMP6_MIB_INERRORS, ICMP6_MIB_INMSGS } from './snmp6.ts';

function count(n6: Ipv6Net, idev: Inet6Dev | null, field: number): void {
  n6.mib.icmp[field]!++;
  if (idev !== null) idev.mib.icmp[field]!++;
}

function bad(n6: Ipv6Net, idev: Inet6Dev | null, skb: Skb, reason: number): number {
  count(n6, idev, ICMP6_MIB_INERRORS);
  kfreeSkbReason(skb, reason);
  return 0;
}

function done(skb: Skb): number {
  consumeSkb(skb);
  return 0;
}

/** The receiver of protocol 58: `data` at the ICMPv6 header. Consumes the skb (icmpv6_rcv). @alpha */
export function icmp6Rcv(skb: Skb): number {
  const rt = skb.dst as Rt6Info;
  const n6 = rt.net6;
  const idev = in6DevGet(skbDev(skb)!);
  count(n6, idev, ICMP6_MIB_INMSGS);
  skb.transportHeader = skb.data;
  if (!skbChecksumValid(skb, csum6SkbPseudo(skb, skb.len, IPPROTO_ICMPV6))) {
    count(n6, idev, ICMP6_MIB_CSUMERRORS);
    return bad(n6, idev, skb, DROP.ICMP_CSUM);
  }
  if (!pskbMayPull(skb, ICMPV6HDR_LEN)) return bad(n6, idev, skb, DROP.PKT_TOO_SMALL);
  skb.transportHeader = skb.data;
  const type = skb.u8[skb.data]!;
  n6.mib.msg[type]!++;
  if (idev !== null) idev.mib.msg[type]!++;
  switch (type) {
    case ICMPV6_ECHO_REQUEST:
      if (n6.sysctlIcmpEchoIgnoreAll === 0) {
        skbEat(skb, ICMPV6HDR_LEN);
        icmp6EchoReply(n6, skb);
      }
      return done(skb);
    case ICMPV6_ECHO_REPLY:
    case ICMPV6_EXT_ECHO_REPLY:
      skbEat(skb, ICMPV6HDR_LEN);
      return ping6Rcv(n6, skb);
    case ICMPV6_PKT_TOOBIG:
    case ICMPV6_DEST_UNREACH:
    case ICMPV6_TIME_EXCEED:
    case ICMPV6_PARAMPROB:
      return errorRcv(n6, idev, skb, type);
    case NDISC_ROUTER_SOLICITATION:
    case NDISC_ROUTER_ADVERTISEMENT:
    case NDISC_NEIGHBOUR_SOLICITATION:
    case NDISC_NEIGHBOUR_ADVERTISEMENT:
    case NDISC_REDIRECT:
      return n6.fn.ndiscRcv(skb);
    case ICMPV6_MGM_QUERY:
      return n6.fn.mldQuery(skb);
    case ICMPV6_MGM_REPORT:
      return n6.fn.mldReport(skb);
    case ICMPV6_MGM_REDUCTION:
    case ICMPV6_MLD2_REPORT:
      return done(skb);
    default:
      // Unknown informational messages are ignored, unknown errors go to the transport (RFC 4443 2.4).
      if ((type & ICMPV6_INFOMSG_MASK) !== 0) return done(skb);
      return errorRcv(n6, idev, skb, type);
  }
}

/** An error about a packet of ours (icmpv6_notify). Consumes. */
function errorRcv(n6: Ipv6Net, idev: Inet6Dev | null, skb: Skb, type: number): number {
  if (!pskbMayPull(skb, ICMPV6HDR_LEN + IPV6HDR_LEN)) return bad(n6, idev, skb, DROP.PKT_TOO_SMALL);
  const at = skb.transportHeader;
  const code = icmp6Code(skb.view, at);
  const info = icmp6Mtu(skb.view, at) | 0;
  icmp6SetOuterHeader(skb);
  const quoted = skb.data + ICMPV6HDR_LEN;
  skb.networkHeader = quoted;
  const w = new ExtWalk(); // datapath-ok: an error about a packet of ours
  const off = w.walk(skb, quoted);
  if (off < 0 || !pskbMayPull(skb, off + 8)) {
    if (off < 0 || off > skb.len) return bad(n6, idev, skb, DROP.PKT_TOO_SMALL);
  }
  const protocol = w.nexthdr;
  skbEat(skb, off);
  raw6IcmpError(n6, skb, protocol, type, code, info);
  const p = n6.inet.protos6[protocol]!;
  if (p !== null && p.err !== undefined && skb.len >= 8) {
    const ret = p.err(skb, type, code, info);
    // Nobody here sent it.
    if (ret === -ENOENT && (protocol === IPPROTO_UDP || protocol === IPPROTO_TCP)) count(n6, idev, ICMP6_MIB_INERRORS);
    // A transport that checks what is quoted tells the route itself; for the others a socket must be there.
    if (ret === 0 && p.icmpStrictTagValidation !== true && type === ICMPV6_PKT_TOOBIG) ip6UpdatePmtu(skb, n6.net, info >>> 0, oifOf(skb));
  }
  consumeSkb(skb);
  return 0;
}

/** The interface that binds a quoted flow: only for destinations of one link. */
function oifOf(skb: Skb): number {
  return skb.u8[skb.networkHeader + 24] === 0xfe && (skb.u8[skb.networkHeader + 25]! & 0xc0) === 0x80 ? (skb.dev === null ? 0 : skb.dev.ifindex) : 0;
}

/** An error about an ICMPv6 message of ours (icmpv6_err): what an echo reply met is learned as it stands, for anything else a socket must have sent it. @alpha */
export function icmp6Err(skb: Skb, type: number, code: number, info: number): number {
  if (skb.u8[skb.data] === ICMPV6_ECHO_REPLY) return 0;
  ping6Err((skb.dst as Rt6Info).net6, skb, type, code, info);
  return -ENOENT;
}
