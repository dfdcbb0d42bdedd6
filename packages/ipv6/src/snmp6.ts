/** The counters of IPv6 and ICMPv6 (RFC 4293), by the names of /proc/net/snmp6 and by the numbers of IFLA_INET6_STATS. */

/** Number of counters, with the first slot unused: IFLA_INET6_STATS says it there. @alpha */
export const IPSTATS6_MIB_MAX = 38;
/** Datagrams received, broken ones too. @alpha */
export const IP6_INPKTS = 1;
/** Bytes in. @alpha */
export const IP6_INOCTETS = 2;
/** Datagrams delivered to a protocol. @alpha */
export const IP6_INDELIVERS = 3;
/** Datagrams in by ECN field: this and the next three, by the field's two bits. @alpha */
export const IP6_NOECTPKTS = 4;
/** Datagrams that local protocols gave to IPv6. @alpha */
export const IP6_OUTREQUESTS = 8;
/** Datagrams given to a device. @alpha */
export const IP6_OUTPKTS = 9;
/** Bytes out. @alpha */
export const IP6_OUTOCTETS = 10;
/** Bad version, length or hop limit. @alpha */
export const IP6_INHDRERRORS = 11;
/** Too large for the next link. @alpha */
export const IP6_INTOOBIGERRORS = 12;
/** No route for a received datagram. @alpha */
export const IP6_INNOROUTES = 13;
/** An address that is not valid here. @alpha */
export const IP6_INADDRERRORS = 14;
/** No protocol wanted the datagram. @alpha */
export const IP6_INUNKNOWNPROTOS = 15;
/** Shorter than the header says. @alpha */
export const IP6_INTRUNCATEDPKTS = 16;
/** Dropped for want of resources or by policy. @alpha */
export const IP6_INDISCARDS = 17;
/** Datagrams forwarded. @alpha */
export const IP6_OUTFORWDATAGRAMS = 18;
/** Outgoing datagrams dropped. @alpha */
export const IP6_OUTDISCARDS = 19;
/** No route out. @alpha */
export const IP6_OUTNOROUTES = 20;
/** Reassembly timed out. @alpha */
export const IP6_REASMTIMEOUT = 21;
/** Fragments received. @alpha */
export const IP6_REASMREQDS = 22;
/** Datagrams put together. @alpha */
export const IP6_REASMOKS = 23;
/** Reassembly failures of all kinds. @alpha */
export const IP6_REASMFAILS = 24;
/** Datagrams fragmented. @alpha */
export const IP6_FRAGOKS = 25;
/** Datagrams that could not be fragmented. @alpha */
export const IP6_FRAGFAILS = 26;
/** Fragments made. @alpha */
export const IP6_FRAGCREATES = 27;
/** Groups' datagrams in. @alpha */
export const IP6_INMCASTPKTS = 28;
/** Groups' datagrams out. @alpha */
export const IP6_OUTMCASTPKTS = 29;
/** Groups' bytes in. @alpha */
export const IP6_INMCASTOCTETS = 32;
/** Groups' bytes out. @alpha */
export const IP6_OUTMCASTOCTETS = 33;

/** Names and numbers in the order of /proc/net/snmp6. @alpha */
export const SNMP6_IP_NAMES: readonly (readonly [name: string, index: number])[] = [
  ['InReceives', IP6_INPKTS], ['InHdrErrors', IP6_INHDRERRORS], ['InTooBigErrors', IP6_INTOOBIGERRORS], ['InNoRoutes', IP6_INNOROUTES],
  ['InAddrErrors', IP6_INADDRERRORS], ['InUnknownProtos', IP6_INUNKNOWNPROTOS], ['InTruncatedPkts', IP6_INTRUNCATEDPKTS], ['InDiscards', IP6_INDISCARDS],
  ['InDelivers', IP6_INDELIVERS], ['OutForwDatagrams', IP6_OUTFORWDATAGRAMS], ['OutRequests', IP6_OUTREQUESTS], ['OutDiscards', IP6_OUTDISCARDS],
  ['OutNoRoutes', IP6_OUTNOROUTES], ['ReasmTimeout', IP6_REASMTIMEOUT], ['ReasmReqds', IP6_REASMREQDS], ['ReasmOKs', IP6_REASMOKS], ['ReasmFails', IP6_REASMFAILS],
  ['FragOKs', IP6_FRAGOKS], ['FragFails', IP6_FRAGFAILS], ['FragCreates', IP6_FRAGCREATES], ['InMcastPkts', IP6_INMCASTPKTS], ['OutMcastPkts', IP6_OUTMCASTPKTS],
  ['InOctets', IP6_INOCTETS], ['OutOctets', IP6_OUTOCTETS], ['InMcastOctets', IP6_INMCASTOCTETS], ['OutMcastOctets', IP6_OUTMCASTOCTETS], ['InBcastOctets', 34],
  ['OutBcastOctets', 35], ['InNoECTPkts', IP6_NOECTPKTS], ['InECT1Pkts', IP6_NOECTPKTS + 1], ['InECT0Pkts', IP6_NOECTPKTS + 2], ['InCEPkts', IP6_NOECTPKTS + 3],
  ['OutTransmits', IP6_OUTPKTS],
];

/** Counters of ICMPv6, the first slot unused. @alpha */
export const ICMP6_MIB_MAX = 7;
/** Messages in. @alpha */
export const ICMP6_MIB_INMSGS = 1;
/** Messages with errors. @alpha */
export const ICMP6_MIB_INERRORS = 2;
/** Messages out. @alpha */
export const ICMP6_MIB_OUTMSGS = 3;
/** Messages not sent for an error. @alpha */
export const ICMP6_MIB_OUTERRORS = 4;
/** Messages with a wrong checksum. @alpha */
export const ICMP6_MIB_CSUMERRORS = 5;
/** Messages not sent for the limit of the destination. @alpha */
export const ICMP6_MIB_RATELIMITHOST = 6;

/** Names and numbers in the order of /proc/net/snmp6; the last is shown for the namespace only. @alpha */
export const SNMP6_ICMP6_NAMES: readonly (readonly [name: string, index: number])[] = [
  ['InMsgs', ICMP6_MIB_INMSGS], ['InErrors', ICMP6_MIB_INERRORS], ['OutMsgs', ICMP6_MIB_OUTMSGS], ['OutErrors', ICMP6_MIB_OUTERRORS],
  ['InCsumErrors', ICMP6_MIB_CSUMERRORS], ['OutRateLimitHost', ICMP6_MIB_RATELIMITHOST],
];

/** Types that /proc/net/snmp6 always shows, with their numbers. @alpha */
export const SNMP6_ICMP6_TYPES: readonly (readonly [name: string, type: number])[] = [
  ['DestUnreachs', 1], ['PktTooBigs', 2], ['TimeExcds', 3], ['ParmProblems', 4], ['Echos', 128], ['EchoReplies', 129], ['GroupMembQueries', 130],
  ['GroupMembResponses', 131], ['GroupMembReductions', 132], ['RouterSolicits', 133], ['RouterAdvertisements', 134], ['NeighborSolicits', 135],
  ['NeighborAdvertisements', 136], ['Redirects', 137], ['MLDv2Reports', 143],
];

/** The counters of a namespace or of a device. @alpha */
export class Ipv6Mib {
  /** By IP6_*. */
  readonly ip: Float64Array;
  /** By ICMP6_MIB_*. */
  readonly icmp: Float64Array;
  /** Messages by type: in at 0, out at 256. */
  readonly msg: Float64Array;
  constructor() {
    this.ip = new Float64Array(IPSTATS6_MIB_MAX);
    this.icmp = new Float64Array(ICMP6_MIB_MAX);
    this.msg = new Float64Array(512);
  }
}
