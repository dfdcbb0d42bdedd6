/** The counters of UDP, under the names of /proc/net/snmp (RFC 4113 and Linux's additions). */

/** One namespace's counters. @alpha */
export class UdpMib {
  InDatagrams = 0;
  NoPorts = 0;
  InErrors = 0;
  OutDatagrams = 0;
  RcvbufErrors = 0;
  SndbufErrors = 0;
  InCsumErrors = 0;
  IgnoredMulti = 0;
  MemErrors = 0;
}
