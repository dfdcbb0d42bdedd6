/** Counting ICMP messages by type (icmp_out_count and its likes). */
import type { Ipv4Net } from './ipv4-net.ts';
import { ICMP_MIB_OUTMSGS } from './snmp.ts';

/** Counts a message that goes out. @alpha */
export function icmpOutCount(ip: Ipv4Net, type: number): void {
  ip.icmpMsgMib[256 + type]!++;
  ip.icmpMib[ICMP_MIB_OUTMSGS]!++;
}

/** Counts a message that came in, by type. @alpha */
export function icmpInCount(ip: Ipv4Net, type: number): void {
  ip.icmpMsgMib[type]!++;
}
