/** Which of several queues a packet goes to. */
import { jhash3words } from '@linnet/kernel';
import type { Skb } from '@linnet/skbuff';

/** A queue of `total` from `num` on: the same for all packets of a connection, both ways (NFQUEUE's `--queue-balance`, nft's `queue num 1-3`). */
export function nfQueueBalance(skb: Skb, num: number, total: number, seed: number): number {
  const { view } = skb;
  const nh = skb.networkHeader;
  const six = skb.u8[nh]! >> 4 === 6;
  let a = 0;
  let b = 0;
  const words = six ? 4 : 1;
  const at = nh + (six ? 8 : 12);
  for (let i = 0; i < words; i++) {
    a = Math.imul(a, 31) + view.getInt32(at + 4 * i);
    b = Math.imul(b, 31) + view.getInt32(at + 4 * words + 4 * i);
  }
  // The lower goes first, so that the way does not matter.
  const h = jhash3words(Math.min(a | 0, b | 0), Math.max(a | 0, b | 0), six ? skb.u8[nh + 6]! : skb.u8[nh + 9]!, seed);
  return num + Math.floor(((h >>> 0) * total) / 0x1_0000_0000);
}
