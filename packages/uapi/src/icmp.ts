/**
 * ICMP for IPv4 (RFC 792, RFC 1122, RFC 1812): types, codes, accessors.
 */

// Types

/** ICMP type: echo reply. @public */
export const ICMP_ECHOREPLY = 0;
/** ICMP type: destination unreachable. @public */
export const ICMP_DEST_UNREACH = 3;
/** ICMP type: source quench (obsolete, RFC 6633). @public */
export const ICMP_SOURCE_QUENCH = 4;
/** ICMP type: redirect. @public */
export const ICMP_REDIRECT = 5;
/** ICMP type: echo request. @public */
export const ICMP_ECHO = 8;
/** ICMP type: router advertisement. @public */
export const ICMP_ROUTER_ADVERTISEMENT = 9;
/** ICMP type: router solicitation. @public */
export const ICMP_ROUTER_SOLICITATION = 10;
/** ICMP type: time exceeded. @public */
export const ICMP_TIME_EXCEEDED = 11;
/** ICMP type: parameter problem. @public */
export const ICMP_PARAMETERPROB = 12;
/** ICMP type: timestamp request. @public */
export const ICMP_TIMESTAMP = 13;
/** ICMP type: timestamp reply. @public */
export const ICMP_TIMESTAMPREPLY = 14;
/** ICMP type: info request. @public */
export const ICMP_INFO_REQUEST = 15;
/** ICMP type: info reply. @public */
export const ICMP_INFO_REPLY = 16;
/** ICMP type: address mask request. @public */
export const ICMP_ADDRESS = 17;
/** ICMP type: address mask reply. @public */
export const ICMP_ADDRESSREPLY = 18;
/** Highest ICMP type that Linux has a handler for. @public */
export const NR_ICMP_TYPES = 18;
/** ICMP type: ext echo. @public */
export const ICMP_EXT_ECHO = 42;
/** ICMP type: ext echoreply. @public */
export const ICMP_EXT_ECHOREPLY = 43;

// Codes of ICMP_DEST_UNREACH

/** Unreachable: network. @public */
export const ICMP_NET_UNREACH = 0;
/** Unreachable: host. @public */
export const ICMP_HOST_UNREACH = 1;
/** Unreachable: protocol. @public */
export const ICMP_PROT_UNREACH = 2;
/** Unreachable: port. @public */
export const ICMP_PORT_UNREACH = 3;
/** Unreachable: fragmentation needed but forbidden; carries the next hop's MTU (RFC 1191). @public */
export const ICMP_FRAG_NEEDED = 4;
/** Unreachable: source route failed. @public */
export const ICMP_SR_FAILED = 5;
/** Code of ICMP_DEST_UNREACH: net unknown. @public */
export const ICMP_NET_UNKNOWN = 6;
/** Code of ICMP_DEST_UNREACH: host unknown. @public */
export const ICMP_HOST_UNKNOWN = 7;
/** Code of ICMP_DEST_UNREACH: host isolated. @public */
export const ICMP_HOST_ISOLATED = 8;
/** Unreachable: network administratively prohibited. @public */
export const ICMP_NET_ANO = 9;
/** Unreachable: host administratively prohibited. @public */
export const ICMP_HOST_ANO = 10;
/** Code of ICMP_DEST_UNREACH: net unr tos. @public */
export const ICMP_NET_UNR_TOS = 11;
/** Code of ICMP_DEST_UNREACH: host unr tos. @public */
export const ICMP_HOST_UNR_TOS = 12;
/** Unreachable: communication administratively prohibited. @public */
export const ICMP_PKT_FILTERED = 13;
/** Code of ICMP_DEST_UNREACH: prec violation. @public */
export const ICMP_PREC_VIOLATION = 14;
/** Code of ICMP_DEST_UNREACH: prec cutoff. @public */
export const ICMP_PREC_CUTOFF = 15;
/** Highest code of ICMP_DEST_UNREACH that Linux takes for an error. @public */
export const NR_ICMP_UNREACH = 15;

// Codes of ICMP_REDIRECT

/** Code of ICMP_REDIRECT: net. @public */
export const ICMP_REDIR_NET = 0;
/** Code of ICMP_REDIRECT: host. @public */
export const ICMP_REDIR_HOST = 1;
/** Code of ICMP_REDIRECT: nettos. @public */
export const ICMP_REDIR_NETTOS = 2;
/** Code of ICMP_REDIRECT: hosttos. @public */
export const ICMP_REDIR_HOSTTOS = 3;

// Codes of ICMP_TIME_EXCEEDED

/** Time exceeded: in transit. @public */
export const ICMP_EXC_TTL = 0;
/** Time exceeded: in reassembly. @public */
export const ICMP_EXC_FRAGTIME = 1;

// Extended echo (RFC 8335)

/** Extended echo (RFC 8335): afi ip. @public */
export const ICMP_AFI_IP = 1;
/** Extended echo (RFC 8335): ext code mal query. @public */
export const ICMP_EXT_CODE_MAL_QUERY = 1;
/** Extended echo (RFC 8335): ext echoreply ipv6. @public */
export const ICMP_EXT_ECHOREPLY_IPV6 = 1;
/** Extended echo (RFC 8335): ext echo ctype name. @public */
export const ICMP_EXT_ECHO_CTYPE_NAME = 1;
/** Extended echo (RFC 8335): afi ip6. @public */
export const ICMP_AFI_IP6 = 2;
/** Extended echo (RFC 8335): ext code no if. @public */
export const ICMP_EXT_CODE_NO_IF = 2;
/** Extended echo (RFC 8335): ext echoreply ipv4. @public */
export const ICMP_EXT_ECHOREPLY_IPV4 = 2;
/** Extended echo (RFC 8335): ext echo ctype index. @public */
export const ICMP_EXT_ECHO_CTYPE_INDEX = 2;
/** Extended echo (RFC 8335): ext code no table ent. @public */
export const ICMP_EXT_CODE_NO_TABLE_ENT = 3;
/** Extended echo (RFC 8335): ext echo ctype addr. @public */
export const ICMP_EXT_ECHO_CTYPE_ADDR = 3;
/** Extended echo (RFC 8335): ext code mult ifs. @public */
export const ICMP_EXT_CODE_MULT_IFS = 4;
/** Extended echo (RFC 8335): ext echoreply active. @public */
export const ICMP_EXT_ECHOREPLY_ACTIVE = 4;

// Sizes and options

/** Option of level SOL_RAW: a bit mask of ICMP types not to receive (raw(7)). @public */
export const ICMP_FILTER = 1;
/** Size of the ICMP header in bytes. @public */
export const ICMPHDR_LEN = 8;

// Header accessors.

/** ICMP type. @public */
export function icmpType(view: DataView, off: number): number {
  return view.getUint8(off);
}

/** Sets: iCMP type. @public */
export function icmpSetType(view: DataView, off: number, value: number): void {
  view.setUint8(off, value);
}

/** ICMP code. @public */
export function icmpCode(view: DataView, off: number): number {
  return view.getUint8(off + 1);
}

/** Sets: iCMP code. @public */
export function icmpSetCode(view: DataView, off: number, value: number): void {
  view.setUint8(off + 1, value);
}

/** Checksum over the whole message. @public */
export function icmpChecksum(view: DataView, off: number): number {
  return view.getUint16(off + 2);
}

/** Sets: checksum over the whole message. @public */
export function icmpSetChecksum(view: DataView, off: number, value: number): void {
  view.setUint16(off + 2, value);
}

/** Identifier of an echo, timestamp or mask message. @public */
export function icmpEchoId(view: DataView, off: number): number {
  return view.getUint16(off + 4);
}

/** Sets: identifier of an echo, timestamp or mask message. @public */
export function icmpSetEchoId(view: DataView, off: number, value: number): void {
  view.setUint16(off + 4, value);
}

/** Sequence number of an echo, timestamp or mask message. @public */
export function icmpEchoSequence(view: DataView, off: number): number {
  return view.getUint16(off + 6);
}

/** Sets: sequence number of an echo, timestamp or mask message. @public */
export function icmpSetEchoSequence(view: DataView, off: number, value: number): void {
  view.setUint16(off + 6, value);
}

/** Gateway of a redirect, int32. @public */
export function icmpGateway(view: DataView, off: number): number {
  return view.getInt32(off + 4);
}

/** Sets: gateway of a redirect, int32. @public */
export function icmpSetGateway(view: DataView, off: number, value: number): void {
  view.setInt32(off + 4, value);
}

/** MTU of the next hop in a «fragmentation needed» (RFC 1191 section 4). @public */
export function icmpFragMtu(view: DataView, off: number): number {
  return view.getUint16(off + 6);
}

/** Sets: mTU of the next hop in a «fragmentation needed» (RFC 1191 section 4). @public */
export function icmpSetFragMtu(view: DataView, off: number, value: number): void {
  view.setUint16(off + 6, value);
}

/** Offset of the bad byte in a «parameter problem». @public */
export function icmpParamPointer(view: DataView, off: number): number {
  return view.getUint8(off + 4);
}

/** Sets: offset of the bad byte in a «parameter problem». @public */
export function icmpSetParamPointer(view: DataView, off: number, value: number): void {
  view.setUint8(off + 4, value);
}

/** The second 32 bits of the header as they are, int32. @public */
export function icmpUn(view: DataView, off: number): number {
  return view.getInt32(off + 4);
}

/** Sets: the second 32 bits of the header as they are, int32. @public */
export function icmpSetUn(view: DataView, off: number, value: number): void {
  view.setInt32(off + 4, value);
}
