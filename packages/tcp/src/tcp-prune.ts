/** Making room in an overrun receive buffer (tcp_prune_queue, tcp_collapse, tcp_prune_ofo_queue). */
import { allocSkb, consumeSkb, DROP, kfreeSkbReason, type Skb, skbCopyBits, skbInsertBefore, skbPut, type SkbQueue, skbUnlink } from '@linnet/skbuff';
import { skMemSchedule, skSetOwnerR } from '@linnet/socket';
import { before, TCPHDR_FIN } from '@linnet/uapi';
import { tcbInit } from './tcp-cb.ts';
import { TcpExtOfoPruned, TcpExtPruneCalled, TcpExtRcvPruned, TcpExtTCPRcvCollapsed } from './tcp-mib.ts';
import { netInc } from './tcp-net.ts';
import { rcvBufferOverrun } from './tcp-rcv-grow.ts';
import type { TcpSock } from './tcp-sock.ts';

/** Payload copied into one packet when collapsing: fills a head of 16 KiB. */
const COLLAPSE_MAX = 16384;
/** After a look at n packets that found none to put together, n / 2^5 segments go without. */
const COLLAPSE_REST = 5;

/** Is a packet mostly air? */
function isBloated(skb: Skb): boolean {
  return skb.truesize > 2 * skb.len && skb.len > 0;
}

/** Copies runs of small packets that adjoin into dense ones. Packets bear the order of their sequence numbers. */
function tcpCollapse(tp: TcpSock, q: SkbQueue): void {
  let skb = q.head;
  while (skb !== null) {
    // A run: packets that adjoin, of which this one is bloated.
    let total = skb.len;
    let end = skb.cb1;
    let last: Skb = skb;
    if (isBloated(skb) && (skb.cb2 & TCPHDR_FIN) === 0) {
      for (let n = skb.next; n !== null && n.cb0 === end && (n.cb2 & TCPHDR_FIN) === 0 && isBloated(n) && total + n.len <= COLLAPSE_MAX; n = n.next) {
        total += n.len;
        end = n.cb1;
        last = n;
      }
    }
    const next: Skb | null = last.next;
    if (last !== skb && skMemSchedule(tp, COLLAPSE_MAX)) {
      const dense = allocSkb(tp.pool, total);
      tcbInit(dense, skb.cb0, end, skb.cb2 | last.cb2);
      dense.cb4 = last.cb4;
      skbInsertBefore(skb, dense, q);
      for (let old: Skb | null = skb; old !== next && old !== null; ) {
        const after: Skb | null = old.next;
        skbCopyBits(old, 0, dense.u8, skbPut(dense, old.len), old.len);
        if (tp.oooHint === old) tp.oooHint = null;
        skbUnlink(old, q);
        netInc(tp.tn, TcpExtTCPRcvCollapsed);
        consumeSkb(old);
        old = after;
      }
      skSetOwnerR(dense, tp);
    }
    skb = next;
  }
}

/** Drops out-of-order data from the end, but nothing before `inSkb`, until the buffer fits. Returns whether something went (tcp_prune_ofo_queue). */
export function tcpPruneOfoQueue(tp: TcpSock, inSkb: Skb): boolean {
  const q = tp.outOfOrderQueue;
  if (q.tail === null) return false;
  let pruned = false;
  for (let skb: Skb | null = q.tail; skb !== null; skb = q.tail) {
    // What the peer sends again first is worth more than what comes late.
    if (before(skb.cb0, inSkb.cb0)) break;
    pruned = true;
    skbUnlink(skb, q);
    kfreeSkbReason(skb, DROP.TCP_OFO_QUEUE_PRUNE);
    if (tp.rmemAlloc <= tp.rcvbuf - (tp.rcvbuf >> 3)) break;
  }
  tp.oooHint = null;
  if (pruned) {
    netInc(tp.tn, TcpExtOfoPruned);
    // What was SACKed may be gone: say nothing about it any more (RFC 2018 section 8).
    tp.numSacks = 0;
  }
  return pruned;
}

/** Makes room for `inSkb`. False: it must be dropped (tcp_prune_queue). */
export function tcpPruneQueue(tp: TcpSock, inSkb: Skb): boolean {
  netInc(tp.tn, TcpExtPruneCalled);
  if (tp.rmemAlloc >= tp.rcvbuf) rcvBufferOverrun(tp);
  else if (tp.tk.memory.pressure) tp.rcvSsthresh = Math.min(tp.rcvSsthresh, 4 * tp.advmss);
  if (tp.rmemAlloc <= tp.rcvbuf) return true;
  // Looking at everything for nothing, for each of many segments that must be refused anyway, would be the peer's gain.
  if (--tp.collapseRest < 0) {
    const before = tp.rmemAlloc;
    tcpCollapse(tp, tp.outOfOrderQueue);
    tcpCollapse(tp, tp.receiveQueue);
    tp.collapseRest = tp.rmemAlloc < before ? 0 : (tp.outOfOrderQueue.qlen + tp.receiveQueue.qlen) >> COLLAPSE_REST;
    if (tp.rmemAlloc <= tp.rcvbuf) return true;
  }
  tcpPruneOfoQueue(tp, inSkb);
  if (tp.rmemAlloc <= tp.rcvbuf) return true;
  // The reader is too slow and the peer ignores the window.
  netInc(tp.tn, TcpExtRcvPruned);
  tp.predFlags = 0;
  return false;
}
