/** Where packets meet the filters of ingress and clsact (sch_handle_ingress, sch_handle_egress). */
import { type NetDevice, qdiscPktLenInit, SKB_TC_AT_INGRESS } from '@linnet/netdev';
import { consumeSkb, DROP, kfreeSkbReason, type Skb } from '@linnet/skbuff';
import { TC_ACT_OK, TC_ACT_QUEUED, TC_ACT_RECLASSIFY, TC_ACT_REDIRECT, TC_ACT_SHOT, TC_ACT_STOLEN, TC_ACT_TRAP } from '@linnet/uapi';
import { TC_ACT_CONSUMED, tcfClassify } from './cls-classify.ts';
import { type ClsactPriv } from './sch-ingress.ts';
import { TC, type TcDev, TcfResult, type TcKernel, type TcfBlock } from './tc-types.ts';

/** A result to classify with: nested classifications each have their own. */
function result(tc: TcKernel): TcfResult {
  const i = tc.depth;
  if (i === tc.results.length) tc.results.push(new TcfResult());
  return tc.results[i]!;
}

function run(skb: Skb, dev: NetDevice, block: TcfBlock | null, ingress: boolean): number {
  if (block === null || block.chain0 === null) return -1;
  const q = (dev.tcDev as TcDev).ingress!;
  const tc = dev.kernel.get(TC);
  const res = result(tc);
  tc.depth++;
  q.packets += skb.gsoSegs > 1 ? skb.gsoSegs : 1;
  q.bytes += skb.cb0;
  const verdict = tcfClassify(skb, block, res);
  tc.depth--;
  switch (verdict) {
    case TC_ACT_OK:
    case TC_ACT_RECLASSIFY:
      skb.tcState = (skb.tcState & 0xffff) | (res.classid << 16);
      return -1;
    case TC_ACT_SHOT:
      q.drops++;
      kfreeSkbReason(skb, ingress ? DROP.TC_INGRESS : DROP.TC_EGRESS);
      return 1;
    case TC_ACT_STOLEN:
    case TC_ACT_QUEUED:
    case TC_ACT_TRAP:
      consumeSkb(skb);
      return 0;
    case TC_ACT_REDIRECT:
    case TC_ACT_CONSUMED:
      return 0;
    default:
      return -1;
  }
}

/** What a device received: `data` at the network header. */
export function tcIngressHook(skb: Skb, dev: NetDevice): number {
  skb.tcState |= SKB_TC_AT_INGRESS;
  qdiscPktLenInit(skb);
  const priv = (dev.tcDev as TcDev).ingress!.priv as ClsactPriv;
  const rc = run(skb, dev, priv.ingress, true);
  if (rc < 0) skb.tcState &= ~SKB_TC_AT_INGRESS;
  return rc;
}

/** What a device is about to send: `data` at the link-layer header. */
export function tcEgressHook(skb: Skb, dev: NetDevice): number {
  skb.tcState &= ~SKB_TC_AT_INGRESS;
  qdiscPktLenInit(skb);
  return run(skb, dev, ((dev.tcDev as TcDev).ingress!.priv as ClsactPriv).egress, false);
}
