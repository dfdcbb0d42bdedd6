/**
 * ICMPv6 (RFC 4443), neighbour discovery (RFC 4861) and MLD (RFC 3810): numbers.
 */

// Types

/** ICMPv6 type: dest unreach. @public */
export const ICMPV6_DEST_UNREACH = 1;
/** ICMPv6 type: pkt toobig. @public */
export const ICMPV6_PKT_TOOBIG = 2;
/** ICMPv6 type: time exceed. @public */
export const ICMPV6_TIME_EXCEED = 3;
/** ICMPv6 type: paramprob. @public */
export const ICMPV6_PARAMPROB = 4;
/** ICMPv6 type: errmsg max. @public */
export const ICMPV6_ERRMSG_MAX = 127;
/** ICMPv6 type: echo request. @public */
export const ICMPV6_ECHO_REQUEST = 128;
/** ICMPv6 type: infomsg mask. @public */
export const ICMPV6_INFOMSG_MASK = 128;
/** ICMPv6 type: echo reply. @public */
export const ICMPV6_ECHO_REPLY = 129;
/** ICMPv6 type: mgm query. @public */
export const ICMPV6_MGM_QUERY = 130;
/** ICMPv6 type: mgm report. @public */
export const ICMPV6_MGM_REPORT = 131;
/** ICMPv6 type: mgm reduction. @public */
export const ICMPV6_MGM_REDUCTION = 132;
/** ICMPv6 type: ndisc router solicitation. @public */
export const NDISC_ROUTER_SOLICITATION = 133;
/** ICMPv6 type: ndisc router advertisement. @public */
export const NDISC_ROUTER_ADVERTISEMENT = 134;
/** ICMPv6 type: ndisc neighbour solicitation. @public */
export const NDISC_NEIGHBOUR_SOLICITATION = 135;
/** ICMPv6 type: ndisc neighbour advertisement. @public */
export const NDISC_NEIGHBOUR_ADVERTISEMENT = 136;
/** ICMPv6 type: ndisc redirect. @public */
export const NDISC_REDIRECT = 137;
/** ICMPv6 type: ni query. @public */
export const ICMPV6_NI_QUERY = 139;
/** ICMPv6 type: ni reply. @public */
export const ICMPV6_NI_REPLY = 140;
/** ICMPv6 type: mld2 report. @public */
export const ICMPV6_MLD2_REPORT = 143;
/** ICMPv6 type: dhaad request. @public */
export const ICMPV6_DHAAD_REQUEST = 144;
/** ICMPv6 type: dhaad reply. @public */
export const ICMPV6_DHAAD_REPLY = 145;
/** ICMPv6 type: mobile prefix sol. @public */
export const ICMPV6_MOBILE_PREFIX_SOL = 146;
/** ICMPv6 type: mobile prefix adv. @public */
export const ICMPV6_MOBILE_PREFIX_ADV = 147;
/** ICMPv6 type: mrdisc adv. @public */
export const ICMPV6_MRDISC_ADV = 151;
/** ICMPv6 type: ext echo request. @public */
export const ICMPV6_EXT_ECHO_REQUEST = 160;
/** ICMPv6 type: ext echo reply. @public */
export const ICMPV6_EXT_ECHO_REPLY = 161;
/** ICMPv6 type: msg max. @public */
export const ICMPV6_MSG_MAX = 255;

// Codes

/** ICMPv6 code: exc hoplimit. @public */
export const ICMPV6_EXC_HOPLIMIT = 0;
/** ICMPv6 code: hdr field. @public */
export const ICMPV6_HDR_FIELD = 0;
/** ICMPv6 code: noroute. @public */
export const ICMPV6_NOROUTE = 0;
/** ICMPv6 code: adm prohibited. @public */
export const ICMPV6_ADM_PROHIBITED = 1;
/** ICMPv6 code: exc fragtime. @public */
export const ICMPV6_EXC_FRAGTIME = 1;
/** ICMPv6 code: unk nexthdr. @public */
export const ICMPV6_UNK_NEXTHDR = 1;
/** ICMPv6 code: not neighbour. @public */
export const ICMPV6_NOT_NEIGHBOUR = 2;
/** ICMPv6 code: unk option. @public */
export const ICMPV6_UNK_OPTION = 2;
/** ICMPv6 code: addr unreach. @public */
export const ICMPV6_ADDR_UNREACH = 3;
/** ICMPv6 code: hdr incomp. @public */
export const ICMPV6_HDR_INCOMP = 3;
/** ICMPv6 code: port unreach. @public */
export const ICMPV6_PORT_UNREACH = 4;
/** ICMPv6 code: policy fail. @public */
export const ICMPV6_POLICY_FAIL = 5;
/** ICMPv6 code: reject route. @public */
export const ICMPV6_REJECT_ROUTE = 6;
/** ICMPv6 code: icmpv6hdr len. @public */
export const ICMPV6HDR_LEN = 8;

// Raw socket filter and router preference

/** ICMPv6: router pref medium. @public */
export const ICMPV6_ROUTER_PREF_MEDIUM = 0;
/** ICMPv6: filter. @public */
export const ICMPV6_FILTER = 1;
/** ICMPv6: filter block. @public */
export const ICMPV6_FILTER_BLOCK = 1;
/** ICMPv6: router pref high. @public */
export const ICMPV6_ROUTER_PREF_HIGH = 1;
/** ICMPv6: filter pass. @public */
export const ICMPV6_FILTER_PASS = 2;
/** ICMPv6: router pref invalid. @public */
export const ICMPV6_ROUTER_PREF_INVALID = 2;
/** ICMPv6: filter blockothers. @public */
export const ICMPV6_FILTER_BLOCKOTHERS = 3;
/** ICMPv6: router pref low. @public */
export const ICMPV6_ROUTER_PREF_LOW = 3;
/** ICMPv6: filter passonly. @public */
export const ICMPV6_FILTER_PASSONLY = 4;

// Header accessors.

/** ICMPv6 type. @public */
export function icmp6Type(view: DataView, off: number): number {
  return view.getUint8(off);
}

/** Sets: iCMPv6 type. @public */
export function icmp6SetType(view: DataView, off: number, value: number): void {
  view.setUint8(off, value);
}

/** ICMPv6 code. @public */
export function icmp6Code(view: DataView, off: number): number {
  return view.getUint8(off + 1);
}

/** Sets: iCMPv6 code. @public */
export function icmp6SetCode(view: DataView, off: number, value: number): void {
  view.setUint8(off + 1, value);
}

/** Checksum, pseudo-header included. @public */
export function icmp6Cksum(view: DataView, off: number): number {
  return view.getUint16(off + 2);
}

/** Sets: checksum, pseudo-header included. @public */
export function icmp6SetCksum(view: DataView, off: number, value: number): void {
  view.setUint16(off + 2, value);
}

/** Identifier of an echo message. @public */
export function icmp6Identifier(view: DataView, off: number): number {
  return view.getUint16(off + 4);
}

/** Sets: identifier of an echo message. @public */
export function icmp6SetIdentifier(view: DataView, off: number, value: number): void {
  view.setUint16(off + 4, value);
}

/** Sequence number of an echo message. @public */
export function icmp6Sequence(view: DataView, off: number): number {
  return view.getUint16(off + 6);
}

/** Sets: sequence number of an echo message. @public */
export function icmp6SetSequence(view: DataView, off: number, value: number): void {
  view.setUint16(off + 6, value);
}

/** MTU of a «packet too big», unsigned. @public */
export function icmp6Mtu(view: DataView, off: number): number {
  return view.getUint32(off + 4);
}

/** Sets: mTU of a «packet too big», unsigned. @public */
export function icmp6SetMtu(view: DataView, off: number, value: number): void {
  view.setUint32(off + 4, value);
}

/** Offset of the bad byte in a «parameter problem», unsigned. @public */
export function icmp6Pointer(view: DataView, off: number): number {
  return view.getUint32(off + 4);
}

/** Sets: offset of the bad byte in a «parameter problem», unsigned. @public */
export function icmp6SetPointer(view: DataView, off: number, value: number): void {
  view.setUint32(off + 4, value);
}
