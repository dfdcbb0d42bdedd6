/** What the disciplines share: choosing a class by filters, default queues below classes. */
import { BFIFO_OPS, PFIFO_OPS, type Qdisc, qdiscCreate, type QdiscOps, qdiscPeekDequeued, TCQ_F_INVISIBLE } from '@linnet/netdev';
import { consumeSkb, DROP, kfreeSkbReason, type Skb } from '@linnet/skbuff';
import { TC_ACT_QUEUED, TC_ACT_SHOT, TC_ACT_STOLEN, TC_ACT_TRAP } from '@linnet/uapi';
import { TC_ACT_CONSUMED, tcfClassify } from './cls-classify.ts';
import { qdiscHashAdd } from './tc-core.ts';
import type { TcfBlock, TcfResult } from './tc-types.ts';

/** The filters had no verdict for the packet. */
export const CLASSIFY_NONE = -1;
/** They chose: the result has the class. */
export const CLASSIFY_OK = 0;
/** The packet is gone; its sender need not know (NET_XMIT_SUCCESS). */
export const CLASSIFY_STOLEN = 1;
/** The packet is gone: dropped. */
export const CLASSIFY_SHOT = 2;

/** Asks the filters of a block about a packet that a queue takes in; frees what they take. */
export function schClassify(skb: Skb, sch: Qdisc, block: TcfBlock, res: TcfResult): number {
  if (block.chain0 === null) return CLASSIFY_NONE;
  const verdict = tcfClassify(skb, block, res);
  switch (verdict) {
    case TC_ACT_STOLEN:
    case TC_ACT_QUEUED:
    case TC_ACT_TRAP:
      consumeSkb(skb);
      return CLASSIFY_STOLEN;
    case TC_ACT_CONSUMED:
      return CLASSIFY_STOLEN;
    case TC_ACT_SHOT:
      sch.drops++;
      kfreeSkbReason(skb, DROP.QDISC_DROP);
      return CLASSIFY_SHOT;
    default:
      return verdict < 0 ? CLASSIFY_NONE : CLASSIFY_OK;
  }
}

/** Makes a FIFO below the class `parent` that dumps do not show (qdisc_create_dflt); the noop queue when that fails. */
export function defaultChild(sch: Qdisc, parent: number, ops: QdiscOps = PFIFO_OPS): Qdisc {
  const q = qdiscCreate(sch.dev, ops);
  if (typeof q === 'number') return sch.dev.noopQdisc;
  q.parent = parent;
  qdiscHashAdd(q, TCQ_F_INVISIBLE);
  return q;
}

/** Makes a FIFO of so many bytes (fifo_create_dflt). */
export function defaultBfifo(sch: Qdisc, limit: number): Qdisc {
  const q = defaultChild(sch, (sch.handle | 1) >>> 0, BFIFO_OPS);
  fifoSetLimit(q, limit);
  return q;
}

/** Changes the limit of a queue if it is a FIFO (fifo_set_limit). */
export function fifoSetLimit(q: Qdisc, limit: number): void {
  if (q.ops.id === 'pfifo' || q.ops.id === 'bfifo' || q.ops.id === 'pfifo_head_drop') q.ops.change!(q, new Uint8Array([limit & 255, (limit >>> 8) & 255, (limit >>> 16) & 255, limit >>> 24]));
}

/** The packet that a queue below would give next, left there. */
export function peekChild(q: Qdisc): Skb | null {
  return q.requeued.head ?? (q.ops.peek === undefined ? qdiscPeekDequeued(q) : q.ops.peek(q));
}

