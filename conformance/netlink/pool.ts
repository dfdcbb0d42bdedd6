// Packets and their memory that are still held somewhere.
import type { Kernel } from '@linnet/kernel';
import { SKB } from '@linnet/skbuff';

export function skbPoolStats(k: Kernel): { live: number; heads: number } {
  const pool = k.get(SKB);
  return { live: pool.stats.live, heads: pool.headsLive };
}
