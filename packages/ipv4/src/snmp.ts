/**
 * The counters of IP and ICMP (RFC 1213 and 4293, IP-MIB), by the names that /proc/net/snmp and /proc/net/netstat print.
 * A namespace keeps them as doubles in typed arrays: a counter may pass 2^32 and never boxes.
 */

/** Counters of the `Ip:` line of /proc/net/snmp that are counted (the first two columns are settings). @alpha */
export const IPSTATS_SNMP_NAMES = [
  'InReceives', 'InHdrErrors', 'InAddrErrors', 'ForwDatagrams', 'InUnknownProtos', 'InDiscards', 'InDelivers', 'OutRequests', 'OutDiscards', 'OutNoRoutes',
  'ReasmTimeout', 'ReasmReqds', 'ReasmOKs', 'ReasmFails', 'FragOKs', 'FragFails', 'FragCreates', 'OutTransmits',
] as const;
/** Counters of the `IpExt:` line of /proc/net/netstat. @alpha */
export const IPSTATS_EXT_NAMES = [
  'InNoRoutes', 'InTruncatedPkts', 'InMcastPkts', 'OutMcastPkts', 'InBcastPkts', 'OutBcastPkts', 'InOctets', 'OutOctets', 'InMcastOctets', 'OutMcastOctets',
  'InBcastOctets', 'OutBcastOctets', 'InCsumErrors', 'InNoECTPkts', 'InECT1Pkts', 'InECT0Pkts', 'InCEPkts', 'ReasmOverlaps',
] as const;

/** Datagrams received, broken ones too. @alpha */
export const IPSTATS_MIB_INPKTS = 0;
/** Bad version, length, checksum, TTL or options. @alpha */
export const IPSTATS_MIB_INHDRERRORS = 1;
/** An address that is not valid here. @alpha */
export const IPSTATS_MIB_INADDRERRORS = 2;
/** Datagrams forwarded. @alpha */
export const IPSTATS_MIB_OUTFORWDATAGRAMS = 3;
/** No protocol wanted the datagram. @alpha */
export const IPSTATS_MIB_INUNKNOWNPROTOS = 4;
/** Dropped for want of resources or by policy. @alpha */
export const IPSTATS_MIB_INDISCARDS = 5;
/** Delivered to a protocol. @alpha */
export const IPSTATS_MIB_INDELIVERS = 6;
/** Datagrams that local protocols gave to IP. @alpha */
export const IPSTATS_MIB_OUTREQUESTS = 7;
/** Outgoing datagrams dropped for want of resources. @alpha */
export const IPSTATS_MIB_OUTDISCARDS = 8;
/** No route out. @alpha */
export const IPSTATS_MIB_OUTNOROUTES = 9;
/** Reassembly timed out. @alpha */
export const IPSTATS_MIB_REASMTIMEOUT = 10;
/** Fragments received. @alpha */
export const IPSTATS_MIB_REASMREQDS = 11;
/** Datagrams put together. @alpha */
export const IPSTATS_MIB_REASMOKS = 12;
/** Reassembly failures of all kinds. @alpha */
export const IPSTATS_MIB_REASMFAILS = 13;
/** Datagrams fragmented. @alpha */
export const IPSTATS_MIB_FRAGOKS = 14;
/** Datagrams that could not be fragmented. @alpha */
export const IPSTATS_MIB_FRAGFAILS = 15;
/** Fragments made. @alpha */
export const IPSTATS_MIB_FRAGCREATES = 16;
/** Datagrams given to the device, forwarded ones too (Linux 6.8). @alpha */
export const IPSTATS_MIB_OUTPKTS = 17;
/** No route for a received datagram. @alpha */
export const IPSTATS_MIB_INNOROUTES = 18;
/** Shorter than the header says. @alpha */
export const IPSTATS_MIB_INTRUNCATEDPKTS = 19;
/** Multicast datagrams in. @alpha */
export const IPSTATS_MIB_INMCASTPKTS = 20;
/** Multicast datagrams out. @alpha */
export const IPSTATS_MIB_OUTMCASTPKTS = 21;
/** Broadcast datagrams in. @alpha */
export const IPSTATS_MIB_INBCASTPKTS = 22;
/** Broadcast datagrams out. @alpha */
export const IPSTATS_MIB_OUTBCASTPKTS = 23;
/** Bytes in. @alpha */
export const IPSTATS_MIB_INOCTETS = 24;
/** Bytes out. @alpha */
export const IPSTATS_MIB_OUTOCTETS = 25;
/** Multicast bytes in. @alpha */
export const IPSTATS_MIB_INMCASTOCTETS = 26;
/** Multicast bytes out. @alpha */
export const IPSTATS_MIB_OUTMCASTOCTETS = 27;
/** Broadcast bytes in. @alpha */
export const IPSTATS_MIB_INBCASTOCTETS = 28;
/** Broadcast bytes out. @alpha */
export const IPSTATS_MIB_OUTBCASTOCTETS = 29;
/** Header checksum wrong. @alpha */
export const IPSTATS_MIB_CSUMERRORS = 30;
/** Datagrams in by ECN field, RFC 3168: this and the next three. @alpha */
export const IPSTATS_MIB_NOECTPKTS = 31;
/** Fragments that overlap others. @alpha */
export const IPSTATS_MIB_REASM_OVERLAPS = 35;
/** How many there are. @alpha */
export const IPSTATS_MIB_COUNT = 36;

/** ICMP messages in. @alpha */
export const ICMP_MIB_INMSGS = 0;
/** ICMP messages with errors. @alpha */
export const ICMP_MIB_INERRORS = 1;
/** ICMP messages with a wrong checksum. @alpha */
export const ICMP_MIB_CSUMERRORS = 2;
/** ICMP messages out. @alpha */
export const ICMP_MIB_OUTMSGS = 3;
/** ICMP messages not sent for an error. @alpha */
export const ICMP_MIB_OUTERRORS = 4;
/** ICMP messages not sent for the limit of the machine. @alpha */
export const ICMP_MIB_RATELIMITGLOBAL = 5;
/** ICMP messages not sent for the limit of the destination. @alpha */
export const ICMP_MIB_RATELIMITHOST = 6;
/** How many there are. @alpha */
export const ICMP_MIB_COUNT = 7;

/** Names of the ICMP types that /proc/net/snmp prints, with their numbers. @alpha */
export const ICMP_MIB_TYPES: readonly (readonly [name: string, type: number])[] = [
  ['DestUnreachs', 3], ['TimeExcds', 11], ['ParmProbs', 12], ['SrcQuenchs', 4], ['Redirects', 5], ['Echos', 8], ['EchoReps', 0],
  ['Timestamps', 13], ['TimestampReps', 14], ['AddrMasks', 17], ['AddrMaskReps', 18],
];
