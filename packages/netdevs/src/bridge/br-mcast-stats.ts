/** Counters of group membership messages (struct br_mcast_stats). */
import type { Skb } from '@linnet/skbuff';

/** What is counted, each received and sent. */
export const MCAST_STAT_NAMES: readonly string[] = Object.freeze([
  'igmp_v1queries', 'igmp_v2queries', 'igmp_v3queries', 'igmp_leaves', 'igmp_v1reports', 'igmp_v2reports', 'igmp_v3reports', 'igmp_parse_errors', 'mld_v1queries', 'mld_v2queries', 'mld_leaves',
  'mld_v1reports', 'mld_v2reports', 'mld_parse_errors', 'mcast_bytes', 'mcast_packets',
]);

/** The counters of a port or bridge: received at the even, sent at the odd places. */
export class McastStats {
  readonly n: Float64Array;
  constructor() {
    this.n = new Float64Array(MCAST_STAT_NAMES.length * 2);
  }
}

function index(skb: Skb): number {
  // cb1 is the type of the message that the parser saw; 0x11 and 130 are queries, whose length tells the version.
  switch (skb.cb1) {
    case 0x11: return skb.cb2;
    case 0x17: return 3;
    case 0x12: return 4;
    case 0x16: return 5;
    case 0x22: return 6;
    case 130: return skb.cb2;
    case 132: return 10;
    case 131: return 11;
    case 143: return 12;
    default: return 14;
  }
}

/** Counts a frame for a group (br_multicast_count). */
export function mcastCount(stats: McastStats, skb: Skb, rx: boolean): void {
  const i = index(skb);
  const dir = rx ? 0 : 1;
  const { n } = stats;
  if (i < 14) n[i * 2 + dir] = n[i * 2 + dir]! + 1;
  else {
    n[28 + dir] = n[28 + dir]! + skb.len;
    n[30 + dir] = n[30 + dir]! + 1;
  }
}
