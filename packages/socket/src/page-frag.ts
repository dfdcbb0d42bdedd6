/** Where user data waits to be sent: pages that several skbs share as fragments. */
import { headGet, skbAddFrag, type Skb } from '@linnet/skbuff';
import { msgCopyFrom, type MsgHdr } from './msg.ts';
import type { Sock } from './sock.ts';

/** The size of a page for user data (SKB_FRAG_PAGE_ORDER). @alpha */
export const SK_PAGE = 32768;

/** Sees to room in the sock's page: a new one when it is used up (sk_page_frag_refill). Returns the free bytes. @alpha */
export function skPageFragRefill(sk: Sock): number {
  const head = sk.fragHead;
  if (head !== null) {
    if (sk.fragOff < head.size) return head.size - sk.fragOff;
    if (head.refs === 1) {
      sk.fragOff = 0; // nobody else looks at it any more
      return head.size;
    }
    sk.pool.putHead(head);
  }
  sk.fragHead = sk.pool.allocHead(SK_PAGE);
  sk.fragOff = 0;
  return SK_PAGE;
}

/**
 * Copies the next `len` bytes of a message to the end of `skb`, as fragments of the sock's page, melting adjoining ones (skb_add_data_nocache).
 * Returns the bytes appended: fewer when `maxFrags` is reached.
 * @alpha
 */
export function skbAppendMsg(sk: Sock, skb: Skb, msg: MsgHdr, len: number, maxFrags: number): number {
  let done = 0;
  while (done < len) {
    const room = skPageFragRefill(sk);
    const head = sk.fragHead!;
    const last = skb.nrFrags > 0 ? skb.frags[skb.nrFrags - 1]! : null;
    const melt = last !== null && last.head === head && last.off + last.len === sk.fragOff;
    if (!melt && skb.nrFrags >= maxFrags) break;
    const n = msgCopyFrom(msg, head.u8, sk.fragOff, Math.min(room, len - done));
    if (n === 0) break;
    if (melt) {
      last.len += n;
      skb.len += n;
      skb.dataLen += n;
      skb.truesize += n;
    } else {
      skbAddFrag(skb, headGet(head), sk.fragOff, n, n);
    }
    sk.fragOff += n;
    done += n;
  }
  return done;
}

