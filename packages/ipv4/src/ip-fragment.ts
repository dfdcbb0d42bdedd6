/**
 * Reassembly of IPv4 datagrams (RFC 791 3.2, RFC 815's aim, RFC 5722's answer to overlaps): one queue for each
 * (source, destination, id, protocol, user), kept until the last hole closes, a rule is broken or 30 seconds are over.
 */
import { jhash3words } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import {
  ICMP_EXC_FRAGTIME, ICMP_TIME_EXCEEDED, INET_ECN_MASK, IP_DF, IP_MF, IP_OFFSET, RTN_LOCAL,
  iphDaddr, iphFragOff, iphId, iphProtocol, iphSaddr, iphSetFragOff, iphSetTotLen, iphTos,
} from '@linnet/uapi';
import { CHECKSUM_NONE, CHECKSUM_UNNECESSARY, DROP, kfreeSkbReason, pskbMayPull, skbCow, skbOrphan, skbPush } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { devGetByIndex, l3mdevMasterIfindex, skbDev } from '@linnet/netdev';
import {
  fragAccount, fragDestroy, fragEcn, fragExpired, fragHasRoom, fragInsert, fragJoin, fragKill, fragLink, fragNoteEnd, fragPurge, fragRestartTimer, fragStrip,
  FRAG_BUCKETS, FRAG_DUPLICATE, FRAG_OVERLAP, InetFragQueue,
} from '@linnet/inet';
import type { InetPeer } from '@linnet/inet';
import { ipHdrlen } from './ip-hdrlen.ts';
import { IPSKB_FRAG_COMPLETE, IPSKB_FRAG_PMTU, ipcbAddFlags, ipcbFlags, ipcbSetFragMaxSize } from './ip-cb.ts';
import type { IpFragDir } from './frag-dir.ts';
import { ipSendCheck } from './ip-header.ts';
import { IPV4 } from './ipv4-net.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import { ipRouteInput } from './route-input.ts';
import type { Rtable } from './rtable.ts';
import {
  IPSTATS_MIB_REASMFAILS, IPSTATS_MIB_REASMOKS, IPSTATS_MIB_REASMREQDS, IPSTATS_MIB_REASMTIMEOUT, IPSTATS_MIB_REASM_OVERLAPS,
} from './snmp.ts';

/** Who asks for reassembly: each user has queues of its own. Local delivery. @alpha */
export const IP_DEFRAG_LOCAL_DELIVER = 0;
/** The router alert chain. @alpha */
export const IP_DEFRAG_CALL_RA_CHAIN = 1;
/** Connection tracking of received packets. @alpha */
export const IP_DEFRAG_CONNTRACK_IN = 2;

/** One IPv4 datagram being put together. @alpha */
export class IpFragQueue extends InetFragQueue {
  readonly saddr: number;
  readonly daddr: number;
  readonly id: number;
  readonly protocol: number;
  readonly user: number;
  readonly vif: number;
  /** Length of the longest fragment that had DF. */
  maxDfSize: number;
  /** How many fragments its source had sent when ours last came. */
  rid: number;
  readonly peer: InetPeer | null;

  constructor(dir: IpFragDir, saddr: number, daddr: number, id: number, protocol: number, user: number, vif: number, bucket: number, peer: InetPeer | null) {
    super(dir, bucket, ipExpire);
    this.saddr = saddr;
    this.daddr = daddr;
    this.id = id;
    this.protocol = protocol;
    this.user = user;
    this.vif = vif;
    this.maxDfSize = 0;
    this.rid = 0;
    this.peer = peer;
  }
}

/** The time of a queue is over: tell the source when the first fragment is here (RFC 792, RFC 1122 3.3.2). */
function ipExpire(queue: InetFragQueue): void {
  const q = queue as IpFragQueue;
  const { net } = q.dir;
  const ip = net.get(IPV4);
  fragKill(q);
  ip.mib[IPSTATS_MIB_REASMFAILS]!++;
  ip.mib[IPSTATS_MIB_REASMTIMEOUT]!++;
  const dev = devGetByIndex(net, q.iif);
  const head = fragExpired(q, dev);
  if (head === null) return;
  const nh = head.networkHeader;
  const err = ipRouteInput(head, iphDaddr(head.view, nh), iphSaddr(head.view, nh), iphTos(head.view, nh), dev!);
  // Only the end host that waited for the datagram tells its source; a router that looked inside does not.
  if (err === 0 && (q.user === IP_DEFRAG_LOCAL_DELIVER || (head.dst as Rtable | null)?.rtType === RTN_LOCAL)) {
    ip.icmpSend(head, ICMP_TIME_EXCEEDED, ICMP_EXC_FRAGTIME, 0);
  }
  kfreeSkbReason(head, DROP.FRAG_REASM_TIMEOUT);
}

/** The queue of a fragment, made if it is missing; null when there is no memory for the fragment. */
function ipFind(dir: IpFragDir, skb: Skb, user: number, vif: number): IpFragQueue | null {
  if (!fragHasRoom(dir)) return null;
  const nh = skb.networkHeader;
  const view = skb.view;
  const saddr = iphSaddr(view, nh);
  const daddr = iphDaddr(view, nh);
  const id = iphId(view, nh);
  const protocol = iphProtocol(view, nh);
  const bucket = jhash3words((id << 16) | (protocol << 8) | (user & 0xff), saddr, daddr ^ vif, dir.secret) & (FRAG_BUCKETS - 1);
  for (let q = dir.buckets[bucket] as IpFragQueue | null; q !== null; q = q.next as IpFragQueue | null) {
    if (q.saddr === saddr && q.daddr === daddr && q.id === id && q.protocol === protocol && q.user === user && q.vif === vif) return q;
  }
  const peer = dir.maxDist !== 0 ? dir.net.get(IPV4).peers.get(dir.net, saddr) : null;
  const q = new IpFragQueue(dir, saddr, daddr, id, protocol, user, vif, bucket, peer);
  fragLink(q);
  return q;
}

/** Did so many other fragments of this source pass since our last one that the id may have come round? */
function tooFar(q: IpFragQueue, ip: Ipv4Net): boolean {
  const peer = q.peer;
  const max = (q.dir as IpFragDir).maxDist;
  if (peer === null || max === 0) return false;
  const start = q.rid;
  const end = ++peer.rid;
  q.rid = end;
  const far = q.tail !== null && end - start > max;
  if (far) ip.mib[IPSTATS_MIB_REASMFAILS]!++;
  return far;
}

/** Puts all fragments together, `data` at the IP header. Returns the datagram, or null when it may not be. */
function reassemble(q: IpFragQueue, ip: Ipv4Net, last: Skb): Skb | null {
  fragKill(q);
  const first = q.runs[0]!;
  const len = ipHdrlen(first.view, first.networkHeader) + q.len;
  const ecn = fragEcn(q);
  if (ecn < 0 || len > 65535) {
    ip.mib[IPSTATS_MIB_REASMFAILS]!++;
    fragPurge(q, len > 65535 ? DROP.PKT_TOO_BIG : DROP.IP_INHDR);
    return null;
  }
  const head = fragJoin(q, last);
  skbPush(head, head.data - head.networkHeader);
  // Connection tracking only looks inside: what came in pieces may go on in pieces, DF or not.
  head.ignoreDf = q.user >= IP_DEFRAG_CONNTRACK_IN;
  skbCow(head, head.data); // the header is written next
  const view = head.view;
  const at = head.networkHeader;
  iphSetTotLen(view, at, len);
  view.setUint8(at + 1, iphTos(view, at) | ecn);
  // A datagram whose largest fragment could not be fragmented keeps its DF: whoever forwards it must not make larger pieces.
  ipcbSetFragMaxSize(head, Math.max(q.maxDfSize, q.maxSize));
  if (q.maxDfSize === q.maxSize) {
    ipcbAddFlags(head, IPSKB_FRAG_PMTU);
    iphSetFragOff(view, at, IP_DF);
  } else {
    iphSetFragOff(view, at, 0);
  }
  ipSendCheck(head);
  ip.mib[IPSTATS_MIB_REASMOKS]!++;
  return head;
}

/** Adds a fragment to its queue; consumes it. Returns the whole datagram when it was the last one missing. */
function queueFrag(q: IpFragQueue, skb: Skb, ip: Ipv4Net): Skb | null {
  if ((ipcbFlags(skb) & IPSKB_FRAG_COMPLETE) === 0 && tooFar(q, ip)) {
    // The id has been used again: begin anew with this fragment.
    fragRestartTimer(q);
    fragPurge(q, DROP.FRAG_TOO_FAR);
    q.hasFirst = false;
    q.hasLast = false;
    q.len = 0;
    q.got = 0;
    q.iif = 0;
    q.ecn = 0;
    q.maxDfSize = 0;
    q.maxSize = 0;
  }

  const nh = skb.networkHeader;
  const view = skb.view;
  const ecn = iphTos(view, nh) & INET_ECN_MASK;
  const field = iphFragOff(view, nh);
  const offset = (field & IP_OFFSET) << 3;
  const more = (field & IP_MF) !== 0;
  const df = (field & IP_DF) !== 0;
  const ihl = ipHdrlen(view, nh);
  const payload = skb.data - nh + skb.len - ihl;
  let end = offset + payload;
  if (more && (end & 7) !== 0) {
    end &= ~7;
    if (skb.ipSummed !== CHECKSUM_UNNECESSARY) skb.ipSummed = CHECKSUM_NONE;
  }
  if (!fragNoteEnd(q, end, more) || end === offset || !pskbMayPull(skb, ihl)) {
    ip.mib[IPSTATS_MIB_REASMFAILS]!++;
    fragDestroy(q, DROP.IP_INHDR);
    kfreeSkbReason(skb, DROP.IP_INHDR);
    return null;
  }

  // From here on `data` is the payload; the header stays before it.
  fragStrip(skb, ihl, end - offset);
  skb.transportHeader = skb.data;

  const how = fragInsert(q, skb, offset, end);
  if (how === FRAG_DUPLICATE) {
    kfreeSkbReason(skb, DROP.DUP_FRAG);
    return null;
  }
  if (how === FRAG_OVERLAP) {
    ip.mib[IPSTATS_MIB_REASM_OVERLAPS]!++;
    ip.mib[IPSTATS_MIB_REASMFAILS]!++;
    fragDestroy(q, DROP.IP_FRAG_OVERLAP);
    kfreeSkbReason(skb, DROP.IP_FRAG_OVERLAP);
    return null;
  }
  const size = ihl + (end - offset);
  if (df && size > q.maxDfSize) q.maxDfSize = size;
  return fragAccount(q, skb, offset, size, ecn) ? reassemble(q, ip, skb) : null;
}

/**
 * Takes a fragment whose `data` is the IP header. Returns the datagram it completes (`data` again at the IP header), or null:
 * the fragment waits, or was dropped and counted (ip_defrag).
 * @alpha
 */
export function ipDefrag(net: Net, skb: Skb, user: number): Skb | null {
  const ip = net.get(IPV4);
  ip.mib[IPSTATS_MIB_REASMREQDS]!++;
  skbOrphan(skb);
  const dev = skbDev(skb) ?? (skb.dst as Rtable).dev;
  // VRFs may use the same addresses.
  const q = ipFind(ip.frags, skb, user, l3mdevMasterIfindex(dev));
  if (q === null) {
    ip.mib[IPSTATS_MIB_REASMFAILS]!++;
    kfreeSkbReason(skb, DROP.FRAG_NOMEM);
    return null;
  }
  return queueFrag(q, skb, ip);
}
