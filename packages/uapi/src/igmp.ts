/**
 * IGMP (RFC 1112, RFC 2236, RFC 3376): numbers.
 */

// Message types

/** IGMP message type: host membership query. @public */
export const IGMP_HOST_MEMBERSHIP_QUERY = 0x11;
/** IGMP message type: host membership report. @public */
export const IGMP_HOST_MEMBERSHIP_REPORT = 0x12;
/** IGMP message type: dvmrp. @public */
export const IGMP_DVMRP = 0x13;
/** IGMP message type: pim. @public */
export const IGMP_PIM = 0x14;
/** IGMP message type: trace. @public */
export const IGMP_TRACE = 0x15;
/** IGMP message type: v2 host membership report. @public */
export const IGMPV2_HOST_MEMBERSHIP_REPORT = 0x16;
/** IGMP message type: host leave message. @public */
export const IGMP_HOST_LEAVE_MESSAGE = 0x17;
/** IGMP message type: mtrace resp. @public */
export const IGMP_MTRACE_RESP = 0x1e;
/** IGMP message type: mtrace. @public */
export const IGMP_MTRACE = 0x1f;
/** IGMP message type: v3 host membership report. @public */
export const IGMPV3_HOST_MEMBERSHIP_REPORT = 0x22;
/** IGMP message type: mrdisc adv. @public */
export const IGMP_MRDISC_ADV = 0x30;

// Group record types

/** IGMPv3 group record type (RFC 3376 section 4.2.12): mode is include. @public */
export const IGMPV3_MODE_IS_INCLUDE = 1;
/** IGMPv3 group record type (RFC 3376 section 4.2.12): mode is exclude. @public */
export const IGMPV3_MODE_IS_EXCLUDE = 2;
/** IGMPv3 group record type (RFC 3376 section 4.2.12): change to include. @public */
export const IGMPV3_CHANGE_TO_INCLUDE = 3;
/** IGMPv3 group record type (RFC 3376 section 4.2.12): change to exclude. @public */
export const IGMPV3_CHANGE_TO_EXCLUDE = 4;
/** IGMPv3 group record type (RFC 3376 section 4.2.12): allow new sources. @public */
export const IGMPV3_ALLOW_NEW_SOURCES = 5;
/** IGMPv3 group record type (RFC 3376 section 4.2.12): block old sources. @public */
export const IGMPV3_BLOCK_OLD_SOURCES = 6;

// Well-known groups

/** Group 224.0.0.0: the base of the groups of this link (host-order int32). @public */
export const IGMP_LOCAL_GROUP = -0x20000000;
/** Group 224.0.0.1: all hosts of this link (host-order int32). @public */
export const IGMP_ALL_HOSTS = -0x1fffffff;
/** Group 224.0.0.2: all routers of this link (host-order int32). @public */
export const IGMP_ALL_ROUTER = -0x1ffffffe;
/** Group 224.0.0.22: all IGMPv3 routers (host-order int32). @public */
export const IGMPV3_ALL_MCR = -0x1fffffea;
/** Mask of the groups of this link, 24 bits (host-order int32). @public */
export const IGMP_LOCAL_GROUP_MASK = -0x00000100;

// Sizes

/** IGMP: minlen. @public */
export const IGMP_MINLEN = 8;
/** IGMP: max host report delay. @public */
export const IGMP_MAX_HOST_REPORT_DELAY = 10;
/** IGMP: timer scale. @public */
export const IGMP_TIMER_SCALE = 10;
/** IGMP: age threshold. @public */
export const IGMP_AGE_THRESHOLD = 400;

// Header accessors.

/** IGMP message type. @public */
export function igmpType(view: DataView, off: number): number {
  return view.getUint8(off);
}

/** Sets: iGMP message type. @public */
export function igmpSetType(view: DataView, off: number, value: number): void {
  view.setUint8(off, value);
}

/** Maximum response time (IGMPv2 and v3). @public */
export function igmpCode(view: DataView, off: number): number {
  return view.getUint8(off + 1);
}

/** Sets: maximum response time (IGMPv2 and v3). @public */
export function igmpSetCode(view: DataView, off: number, value: number): void {
  view.setUint8(off + 1, value);
}

/** Checksum over the whole message. @public */
export function igmpCsum(view: DataView, off: number): number {
  return view.getUint16(off + 2);
}

/** Sets: checksum over the whole message. @public */
export function igmpSetCsum(view: DataView, off: number, value: number): void {
  view.setUint16(off + 2, value);
}

/** Group address, int32. @public */
export function igmpGroup(view: DataView, off: number): number {
  return view.getInt32(off + 4);
}

/** Sets: group address, int32. @public */
export function igmpSetGroup(view: DataView, off: number, value: number): void {
  view.setInt32(off + 4, value);
}
