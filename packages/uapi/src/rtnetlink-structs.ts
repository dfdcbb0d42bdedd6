/**
 * The fixed structs of rtnetlink(7) and its neighbours: plain objects, host byte
 * order (little-endian). A read does not check the length: the caller has made sure
 * that the struct's `*_LEN` bytes are there. A write fills every byte of the struct.
 */

/** Size in bytes: the header of family-only dumps. @public */
export const RTGENMSG_LEN = 1;

/** The header of family-only dumps. @public */
export interface Rtgenmsg {
  family: number;
}

/** Reads Rtgenmsg at `off`. @public */
export function rtgenmsgRead(view: DataView, off: number): Rtgenmsg {
  return {
    family: view.getUint8(off),
  };
}

/** Writes Rtgenmsg at `off`. @public */
export function rtgenmsgWrite(view: DataView, off: number, m: Readonly<Rtgenmsg>): void {
  view.setUint8(off, m.family);
}

/** Size in bytes: the header of RTM_*LINK. @public */
export const IFINFOMSG_LEN = 16;

/** The header of RTM_*LINK. @public */
export interface Ifinfomsg {
  family: number;
  type: number;
  index: number;
  flags: number;
  change: number;
}

/** Reads Ifinfomsg at `off`. @public */
export function ifinfomsgRead(view: DataView, off: number): Ifinfomsg {
  return {
    family: view.getUint8(off),
    type: view.getUint16(off + 2, true),
    index: view.getInt32(off + 4, true),
    flags: view.getUint32(off + 8, true),
    change: view.getUint32(off + 12, true),
  };
}

/** Writes Ifinfomsg at `off`. @public */
export function ifinfomsgWrite(view: DataView, off: number, m: Readonly<Ifinfomsg>): void {
  view.setUint8(off, m.family);
  view.setUint8(off + 1, 0);
  view.setUint16(off + 2, m.type, true);
  view.setInt32(off + 4, m.index, true);
  view.setUint32(off + 8, m.flags, true);
  view.setUint32(off + 12, m.change, true);
}

/** Size in bytes: the header of RTM_*ADDR. @public */
export const IFADDRMSG_LEN = 8;

/** The header of RTM_*ADDR. @public */
export interface Ifaddrmsg {
  family: number;
  prefixlen: number;
  flags: number;
  scope: number;
  index: number;
}

/** Reads Ifaddrmsg at `off`. @public */
export function ifaddrmsgRead(view: DataView, off: number): Ifaddrmsg {
  return {
    family: view.getUint8(off),
    prefixlen: view.getUint8(off + 1),
    flags: view.getUint8(off + 2),
    scope: view.getUint8(off + 3),
    index: view.getUint32(off + 4, true),
  };
}

/** Writes Ifaddrmsg at `off`. @public */
export function ifaddrmsgWrite(view: DataView, off: number, m: Readonly<Ifaddrmsg>): void {
  view.setUint8(off, m.family);
  view.setUint8(off + 1, m.prefixlen);
  view.setUint8(off + 2, m.flags);
  view.setUint8(off + 3, m.scope);
  view.setUint32(off + 4, m.index, true);
}

/** Size in bytes: the header of RTM_*ROUTE. @public */
export const RTMSG_LEN = 12;

/** The header of RTM_*ROUTE. @public */
export interface Rtmsg {
  family: number;
  dstLen: number;
  srcLen: number;
  tos: number;
  table: number;
  protocol: number;
  scope: number;
  type: number;
  flags: number;
}

/** Reads Rtmsg at `off`. @public */
export function rtmsgRead(view: DataView, off: number): Rtmsg {
  return {
    family: view.getUint8(off),
    dstLen: view.getUint8(off + 1),
    srcLen: view.getUint8(off + 2),
    tos: view.getUint8(off + 3),
    table: view.getUint8(off + 4),
    protocol: view.getUint8(off + 5),
    scope: view.getUint8(off + 6),
    type: view.getUint8(off + 7),
    flags: view.getUint32(off + 8, true),
  };
}

/** Writes Rtmsg at `off`. @public */
export function rtmsgWrite(view: DataView, off: number, m: Readonly<Rtmsg>): void {
  view.setUint8(off, m.family);
  view.setUint8(off + 1, m.dstLen);
  view.setUint8(off + 2, m.srcLen);
  view.setUint8(off + 3, m.tos);
  view.setUint8(off + 4, m.table);
  view.setUint8(off + 5, m.protocol);
  view.setUint8(off + 6, m.scope);
  view.setUint8(off + 7, m.type);
  view.setUint32(off + 8, m.flags, true);
}

/** Size in bytes: the header of RTM_*NEIGH. @public */
export const NDMSG_LEN = 12;

/** The header of RTM_*NEIGH. @public */
export interface Ndmsg {
  family: number;
  ifindex: number;
  state: number;
  flags: number;
  type: number;
}

/** Reads Ndmsg at `off`. @public */
export function ndmsgRead(view: DataView, off: number): Ndmsg {
  return {
    family: view.getUint8(off),
    ifindex: view.getInt32(off + 4, true),
    state: view.getUint16(off + 8, true),
    flags: view.getUint8(off + 10),
    type: view.getUint8(off + 11),
  };
}

/** Writes Ndmsg at `off`. @public */
export function ndmsgWrite(view: DataView, off: number, m: Readonly<Ndmsg>): void {
  view.setUint8(off, m.family);
  view.setUint8(off + 1, 0);
  view.setUint16(off + 2, 0, true);
  view.setInt32(off + 4, m.ifindex, true);
  view.setUint16(off + 8, m.state, true);
  view.setUint8(off + 10, m.flags);
  view.setUint8(off + 11, m.type);
}

/** Size in bytes: the header of RTM_*NEIGHTBL. @public */
export const NDTMSG_LEN = 4;

/** The header of RTM_*NEIGHTBL. @public */
export interface Ndtmsg {
  family: number;
}

/** Reads Ndtmsg at `off`. @public */
export function ndtmsgRead(view: DataView, off: number): Ndtmsg {
  return {
    family: view.getUint8(off),
  };
}

/** Writes Ndtmsg at `off`. @public */
export function ndtmsgWrite(view: DataView, off: number, m: Readonly<Ndtmsg>): void {
  view.setUint8(off, m.family);
  view.setUint8(off + 1, 0);
  view.setUint16(off + 2, 0, true);
}

/** Size in bytes: the header of RTM_*QDISC, RTM_*TCLASS and RTM_*TFILTER. @public */
export const TCMSG_LEN = 20;

/** The header of RTM_*QDISC, RTM_*TCLASS and RTM_*TFILTER. @public */
export interface Tcmsg {
  family: number;
  ifindex: number;
  handle: number;
  parent: number;
  info: number;
}

/** Reads Tcmsg at `off`. @public */
export function tcmsgRead(view: DataView, off: number): Tcmsg {
  return {
    family: view.getUint8(off),
    ifindex: view.getInt32(off + 4, true),
    handle: view.getUint32(off + 8, true),
    parent: view.getUint32(off + 12, true),
    info: view.getUint32(off + 16, true),
  };
}

/** Writes Tcmsg at `off`. @public */
export function tcmsgWrite(view: DataView, off: number, m: Readonly<Tcmsg>): void {
  view.setUint8(off, m.family);
  view.setUint8(off + 1, 0);
  view.setUint16(off + 2, 0, true);
  view.setInt32(off + 4, m.ifindex, true);
  view.setUint32(off + 8, m.handle, true);
  view.setUint32(off + 12, m.parent, true);
  view.setUint32(off + 16, m.info, true);
}

/** Size in bytes: the header of RTM_*RULE. @public */
export const FIB_RULE_HDR_LEN = 12;

/** The header of RTM_*RULE. @public */
export interface FibRuleHdr {
  family: number;
  dstLen: number;
  srcLen: number;
  tos: number;
  table: number;
  action: number;
  flags: number;
}

/** Reads FibRuleHdr at `off`. @public */
export function fibRuleHdrRead(view: DataView, off: number): FibRuleHdr {
  return {
    family: view.getUint8(off),
    dstLen: view.getUint8(off + 1),
    srcLen: view.getUint8(off + 2),
    tos: view.getUint8(off + 3),
    table: view.getUint8(off + 4),
    action: view.getUint8(off + 7),
    flags: view.getUint32(off + 8, true),
  };
}

/** Writes FibRuleHdr at `off`. @public */
export function fibRuleHdrWrite(view: DataView, off: number, m: Readonly<FibRuleHdr>): void {
  view.setUint8(off, m.family);
  view.setUint8(off + 1, m.dstLen);
  view.setUint8(off + 2, m.srcLen);
  view.setUint8(off + 3, m.tos);
  view.setUint8(off + 4, m.table);
  view.setUint8(off + 5, 0);
  view.setUint8(off + 6, 0);
  view.setUint8(off + 7, m.action);
  view.setUint32(off + 8, m.flags, true);
}

/** Size in bytes: the header of RTM_*NEXTHOP. @public */
export const NHMSG_LEN = 8;

/** The header of RTM_*NEXTHOP. @public */
export interface Nhmsg {
  family: number;
  scope: number;
  protocol: number;
  flags: number;
}

/** Reads Nhmsg at `off`. @public */
export function nhmsgRead(view: DataView, off: number): Nhmsg {
  return {
    family: view.getUint8(off),
    scope: view.getUint8(off + 1),
    protocol: view.getUint8(off + 2),
    flags: view.getUint32(off + 4, true),
  };
}

/** Writes Nhmsg at `off`. @public */
export function nhmsgWrite(view: DataView, off: number, m: Readonly<Nhmsg>): void {
  view.setUint8(off, m.family);
  view.setUint8(off + 1, m.scope);
  view.setUint8(off + 2, m.protocol);
  view.setUint8(off + 3, 0);
  view.setUint32(off + 4, m.flags, true);
}

/** Size in bytes: the header of RTM_*NETCONF. @public */
export const NETCONFMSG_LEN = 1;

/** The header of RTM_*NETCONF. @public */
export interface Netconfmsg {
  family: number;
}

/** Reads Netconfmsg at `off`. @public */
export function netconfmsgRead(view: DataView, off: number): Netconfmsg {
  return {
    family: view.getUint8(off),
  };
}

/** Writes Netconfmsg at `off`. @public */
export function netconfmsgWrite(view: DataView, off: number, m: Readonly<Netconfmsg>): void {
  view.setUint8(off, m.family);
}

/** Size in bytes: the header of RTM_*STATS. @public */
export const IF_STATS_MSG_LEN = 12;

/** The header of RTM_*STATS. @public */
export interface IfStatsMsg {
  family: number;
  ifindex: number;
  filterMask: number;
}

/** Reads IfStatsMsg at `off`. @public */
export function ifStatsMsgRead(view: DataView, off: number): IfStatsMsg {
  return {
    family: view.getUint8(off),
    ifindex: view.getUint32(off + 4, true),
    filterMask: view.getUint32(off + 8, true),
  };
}

/** Writes IfStatsMsg at `off`. @public */
export function ifStatsMsgWrite(view: DataView, off: number, m: Readonly<IfStatsMsg>): void {
  view.setUint8(off, m.family);
  view.setUint8(off + 1, 0);
  view.setUint16(off + 2, 0, true);
  view.setUint32(off + 4, m.ifindex, true);
  view.setUint32(off + 8, m.filterMask, true);
}

/** Size in bytes: the header of RTM_NEWPREFIX. @public */
export const PREFIXMSG_LEN = 12;

/** The header of RTM_NEWPREFIX. @public */
export interface Prefixmsg {
  family: number;
  ifindex: number;
  type: number;
  len: number;
  flags: number;
}

/** Reads Prefixmsg at `off`. @public */
export function prefixmsgRead(view: DataView, off: number): Prefixmsg {
  return {
    family: view.getUint8(off),
    ifindex: view.getInt32(off + 4, true),
    type: view.getUint8(off + 8),
    len: view.getUint8(off + 9),
    flags: view.getUint8(off + 10),
  };
}

/** Writes Prefixmsg at `off`. @public */
export function prefixmsgWrite(view: DataView, off: number, m: Readonly<Prefixmsg>): void {
  view.setUint8(off, m.family);
  view.setUint8(off + 1, 0);
  view.setUint16(off + 2, 0, true);
  view.setInt32(off + 4, m.ifindex, true);
  view.setUint8(off + 8, m.type);
  view.setUint8(off + 9, m.len);
  view.setUint8(off + 10, m.flags);
  view.setUint8(off + 11, 0);
}

/** Size in bytes: one nexthop in RTA_MULTIPATH (`len` covers its attributes too). @public */
export const RTNEXTHOP_LEN = 8;

/** One nexthop in RTA_MULTIPATH (`len` covers its attributes too). @public */
export interface Rtnexthop {
  len: number;
  flags: number;
  hops: number;
  ifindex: number;
}

/** Reads Rtnexthop at `off`. @public */
export function rtnexthopRead(view: DataView, off: number): Rtnexthop {
  return {
    len: view.getUint16(off, true),
    flags: view.getUint8(off + 2),
    hops: view.getUint8(off + 3),
    ifindex: view.getInt32(off + 4, true),
  };
}

/** Writes Rtnexthop at `off`. @public */
export function rtnexthopWrite(view: DataView, off: number, m: Readonly<Rtnexthop>): void {
  view.setUint16(off, m.len, true);
  view.setUint8(off + 2, m.flags);
  view.setUint8(off + 3, m.hops);
  view.setInt32(off + 4, m.ifindex, true);
}

/** Size in bytes: the value of IFA_CACHEINFO (lifetimes in seconds, stamps in 1/100 s). @public */
export const IFA_CACHEINFO_LEN = 16;

/** The value of IFA_CACHEINFO (lifetimes in seconds, stamps in 1/100 s). @public */
export interface IfaCacheinfo {
  prefered: number;
  valid: number;
  cstamp: number;
  tstamp: number;
}

/** Reads IfaCacheinfo at `off`. @public */
export function ifaCacheinfoRead(view: DataView, off: number): IfaCacheinfo {
  return {
    prefered: view.getUint32(off, true),
    valid: view.getUint32(off + 4, true),
    cstamp: view.getUint32(off + 8, true),
    tstamp: view.getUint32(off + 12, true),
  };
}

/** Writes IfaCacheinfo at `off`. @public */
export function ifaCacheinfoWrite(view: DataView, off: number, m: Readonly<IfaCacheinfo>): void {
  view.setUint32(off, m.prefered, true);
  view.setUint32(off + 4, m.valid, true);
  view.setUint32(off + 8, m.cstamp, true);
  view.setUint32(off + 12, m.tstamp, true);
}

/** Size in bytes: the value of RTA_CACHEINFO. @public */
export const RTA_CACHEINFO_LEN = 32;

/** The value of RTA_CACHEINFO. @public */
export interface RtaCacheinfo {
  clntref: number;
  lastuse: number;
  expires: number;
  error: number;
  used: number;
  id: number;
  ts: number;
  tsage: number;
}

/** Reads RtaCacheinfo at `off`. @public */
export function rtaCacheinfoRead(view: DataView, off: number): RtaCacheinfo {
  return {
    clntref: view.getUint32(off, true),
    lastuse: view.getUint32(off + 4, true),
    expires: view.getInt32(off + 8, true),
    error: view.getUint32(off + 12, true),
    used: view.getUint32(off + 16, true),
    id: view.getUint32(off + 20, true),
    ts: view.getUint32(off + 24, true),
    tsage: view.getUint32(off + 28, true),
  };
}

/** Writes RtaCacheinfo at `off`. @public */
export function rtaCacheinfoWrite(view: DataView, off: number, m: Readonly<RtaCacheinfo>): void {
  view.setUint32(off, m.clntref, true);
  view.setUint32(off + 4, m.lastuse, true);
  view.setInt32(off + 8, m.expires, true);
  view.setUint32(off + 12, m.error, true);
  view.setUint32(off + 16, m.used, true);
  view.setUint32(off + 20, m.id, true);
  view.setUint32(off + 24, m.ts, true);
  view.setUint32(off + 28, m.tsage, true);
}

/** Size in bytes: the value of NDA_CACHEINFO (times in 1/100 s). @public */
export const NDA_CACHEINFO_LEN = 16;

/** The value of NDA_CACHEINFO (times in 1/100 s). @public */
export interface NdaCacheinfo {
  confirmed: number;
  used: number;
  updated: number;
  refcnt: number;
}

/** Reads NdaCacheinfo at `off`. @public */
export function ndaCacheinfoRead(view: DataView, off: number): NdaCacheinfo {
  return {
    confirmed: view.getUint32(off, true),
    used: view.getUint32(off + 4, true),
    updated: view.getUint32(off + 8, true),
    refcnt: view.getUint32(off + 12, true),
  };
}

/** Writes NdaCacheinfo at `off`. @public */
export function ndaCacheinfoWrite(view: DataView, off: number, m: Readonly<NdaCacheinfo>): void {
  view.setUint32(off, m.confirmed, true);
  view.setUint32(off + 4, m.used, true);
  view.setUint32(off + 8, m.updated, true);
  view.setUint32(off + 12, m.refcnt, true);
}

/** Size in bytes: the start of an NLMSG_ERROR payload: the error (0 or a negative errno); the header of the request follows. @public */
export const NLMSGERR_LEN = 4;

/** The start of an NLMSG_ERROR payload: the error (0 or a negative errno); the header of the request follows. @public */
export interface Nlmsgerr {
  error: number;
}

/** Reads Nlmsgerr at `off`. @public */
export function nlmsgerrRead(view: DataView, off: number): Nlmsgerr {
  return {
    error: view.getInt32(off, true),
  };
}

/** Writes Nlmsgerr at `off`. @public */
export function nlmsgerrWrite(view: DataView, off: number, m: Readonly<Nlmsgerr>): void {
  view.setInt32(off, m.error, true);
}

/** Size in bytes: the header of a generic netlink message. @public */
export const GENLMSGHDR_LEN = 4;

/** The header of a generic netlink message. @public */
export interface Genlmsghdr {
  cmd: number;
  version: number;
}

/** Reads Genlmsghdr at `off`. @public */
export function genlmsghdrRead(view: DataView, off: number): Genlmsghdr {
  return {
    cmd: view.getUint8(off),
    version: view.getUint8(off + 1),
  };
}

/** Writes Genlmsghdr at `off`. @public */
export function genlmsghdrWrite(view: DataView, off: number, m: Readonly<Genlmsghdr>): void {
  view.setUint8(off, m.cmd);
  view.setUint8(off + 1, m.version);
  view.setUint16(off + 2, 0, true);
}

/** Size in bytes: the header of a NETLINK_NETFILTER message (`resId` is in network order on the wire). @public */
export const NFGENMSG_LEN = 4;

/** The header of a NETLINK_NETFILTER message (`resId` is in network order on the wire). @public */
export interface Nfgenmsg {
  family: number;
  version: number;
  resId: number;
}

/** Reads Nfgenmsg at `off`. @public */
export function nfgenmsgRead(view: DataView, off: number): Nfgenmsg {
  return {
    family: view.getUint8(off),
    version: view.getUint8(off + 1),
    resId: view.getUint16(off + 2),
  };
}

/** Writes Nfgenmsg at `off`. @public */
export function nfgenmsgWrite(view: DataView, off: number, m: Readonly<Nfgenmsg>): void {
  view.setUint8(off, m.family);
  view.setUint8(off + 1, m.version);
  view.setUint16(off + 2, m.resId);
}

/** The counters of IFLA_STATS64 (`struct rtnl_link_stats64`) in order, each an u64. Source: rtnetlink(7). @public */
export const RTNL_LINK_STATS64_FIELDS: readonly string[] = [
  'rx_packets', 'tx_packets', 'rx_bytes', 'tx_bytes', 'rx_errors', 'tx_errors', 'rx_dropped', 'tx_dropped',
  'multicast', 'collisions', 'rx_length_errors', 'rx_over_errors', 'rx_crc_errors', 'rx_frame_errors',
  'rx_fifo_errors', 'rx_missed_errors', 'tx_aborted_errors', 'tx_carrier_errors', 'tx_fifo_errors',
  'tx_heartbeat_errors', 'tx_window_errors', 'rx_compressed', 'tx_compressed', 'rx_nohandler', 'rx_otherhost_dropped',
];
/** Size of `struct rtnl_link_stats64` in bytes. @public */
export const RTNL_LINK_STATS64_LEN = 200;
/** Size of `struct rtnl_link_stats` (IFLA_STATS: the first 24 counters as u32) in bytes. @public */
export const RTNL_LINK_STATS_LEN = 96;
