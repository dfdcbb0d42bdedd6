/** Sending: from the network layer's packet to the device's queue. */
import { ENETDOWN, ENOMEM, NET_TX_SOFTIRQ, raiseSoftirq } from '@linnet/kernel';
import { DROP, kfreeSkbReason, type Skb } from '@linnet/skbuff';
import { NET_XMIT_DROP, NET_XMIT_SUCCESS, type NetDevice, skbDev } from './netdevice.ts';
import { nfHookDev, NF_NETDEV_EGRESS } from './netfilter.ts';
import type { Net } from '@linnet/kernel';
import { netifXmitStopped } from './qdisc.ts';
import { type Qdisc, qdiscPktLenInit, qdiscStabPktLen, TCQ_F_CAN_BYPASS } from './qdisc-core.ts';
import { qdiscRun, schDirectXmit } from './sch-generic.ts';
import type { SoftnetData } from './softnet.ts';
import { devHardStartXmit, devXmitComplete, dropXmitList, validateXmitSkb } from './xmit.ts';

/** Devices without a queue that may be inside each other (a tunnel in a tunnel); beyond that it is a loop. @alpha */
export const XMIT_RECURSION_LIMIT = 8;

/** A packet for a device with a queue (__dev_xmit_skb). */
function devXmitSkb(skb: Skb, q: Qdisc, dev: NetDevice): number {
  qdiscPktLenInit(skb);
  if (q.stab !== null) qdiscStabPktLen(skb, q.stab);
  if ((q.flags & TCQ_F_CAN_BYPASS) !== 0 && q.qlen === 0 && !q.running) {
    // Nothing waits: the packet need not go through the queue.
    q.packets += skb.gsoSegs > 1 ? skb.gsoSegs : 1;
    q.bytes += skb.cb0;
    q.running = true;
    let more = false;
    try {
      more = schDirectXmit(skb, q, dev, true);
    } finally {
      q.running = false; // also when a driver or a tap throws
    }
    if (more && q.qlen !== 0) qdiscRun(q);
    return NET_XMIT_SUCCESS;
  }
  const rc = q.ops.enqueue!(skb, q);
  qdiscRun(q);
  return rc;
}

/** A packet for a device without a queue: straight into the driver. */
function devDirectXmit(skb: Skb, dev: NetDevice, sd: SoftnetData): number {
  if (!dev.running) {
    dev.stats.txDropped++;
    kfreeSkbReason(skb, DROP.NETDEV_DOWN);
    return -ENETDOWN;
  }
  if (sd.xmitRecursion > XMIT_RECURSION_LIMIT) {
    dev.stats.txDropped++;
    kfreeSkbReason(skb, DROP.RECURSION_LIMIT);
    return -ENETDOWN;
  }
  const list = validateXmitSkb(skb, dev);
  if (list === null) return -ENOMEM;
  let rest: Skb | null = list;
  if (!netifXmitStopped(dev)) {
    sd.xmitRecursion++;
    try {
      rest = devHardStartXmit(list, dev);
    } finally {
      sd.xmitRecursion--;
    }
    if (rest === null && devXmitComplete(sd.xmitRc)) return sd.xmitRc;
  }
  // A device without a queue has no business refusing: nowhere to keep the packet.
  dropXmitList(rest, dev, DROP.FULL_RING);
  return -ENETDOWN;
}

function egressOk(_net: Net, _sk: object | null, skb: Skb): number {
  const dev = skbDev(skb)!;
  if (dev.tcEgress !== null) {
    const rc = dev.tcEgress(skb, dev);
    if (rc >= 0) return rc;
  }
  return devQueueXmitQdisc(skb);
}

function devQueueXmitQdisc(skb: Skb): number {
  const dev = skbDev(skb)!;
  const q = dev.qdisc;
  if (q.ops.enqueue !== null) return devXmitSkb(skb, q, dev);
  return devDirectXmit(skb, dev, dev.sd);
}

/**
 * Sends a frame that begins at `skb.data` with its link-layer header by `skb.dev` (dev_queue_xmit). Consumes it always.
 * Returns 0, NET_XMIT_DROP or NET_XMIT_CN from the queue, or a negative errno (-ENETDOWN, -ENOMEM).
 * @alpha
 */
export function devQueueXmit(skb: Skb): number {
  skb.macHeader = skb.data;
  const dev = skb.dev as NetDevice;
  if (skb.ext !== null && dev.sd.txStamp !== null) dev.sd.txStamp(skb, true);
  if (dev.nfHooksEgress !== null) {
    const ret = nfHookDev(dev.nfHooksEgress, NF_NETDEV_EGRESS, skb, dev, egressOk);
    if (ret !== 1) return ret;
  }
  if (dev.tcEgress !== null) {
    const rc = dev.tcEgress(skb, dev);
    if (rc >= 0) return rc;
  }
  const q = dev.qdisc;
  if (q.ops.enqueue !== null) return devXmitSkb(skb, q, dev);
  return devDirectXmit(skb, dev, dev.sd);
}

/**
 * Sends a frame without the queue, and without showing it to taps (dev_direct_xmit; PACKET_QDISC_BYPASS). Consumes it. Returns 0, NET_XMIT_DROP when the device could not take it, or -ENETDOWN.
 * @alpha
 */
export function devDirectXmitSkb(skb: Skb): number {
  const dev = skb.dev as NetDevice;
  skb.macHeader = skb.data;
  if (!dev.running || !dev.carrier) {
    dev.stats.txDropped++;
    kfreeSkbReason(skb, DROP.NETDEV_DOWN);
    return dev.running ? NET_XMIT_DROP : -ENETDOWN;
  }
  let rest = validateXmitSkb(skb, dev);
  if (rest === null) return NET_XMIT_DROP;
  while (rest !== null) {
    if (netifXmitStopped(dev)) break;
    const { next }: { next: Skb | null } = rest;
    rest.next = null;
    dev.sd.xmitRecursion++;
    let rc: number;
    try {
      rc = dev.netdevOps.startXmit(rest, dev);
    } finally {
      dev.sd.xmitRecursion--;
    }
    if (!devXmitComplete(rc)) {
      rest.next = next;
      break;
    }
    rest = next;
  }
  if (rest === null) return NET_XMIT_SUCCESS;
  dropXmitList(rest, dev, DROP.FULL_RING);
  return NET_XMIT_DROP;
}

/** The softirq: runs the queues that asked for it (net_tx_action); those that ask meanwhile wait for the next turn. */
export function netTxAction(sd: SoftnetData): void {
  const last = sd.outputTail;
  try {
    while (sd.outputHead !== null) {
      const q: Qdisc = sd.outputHead;
      sd.outputHead = q.nextSched;
      if (sd.outputHead === null) sd.outputTail = null;
      q.nextSched = null;
      q.scheduled = false;
      // A queue that was taken off its device meanwhile holds nothing.
      if (!q.deactivated) qdiscRun(q);
      if (q === last) break;
    }
  } finally {
    // Who asked meanwhile has raised it; those behind a driver that threw need it as well.
    if (sd.outputHead !== null) raiseSoftirq(sd.kernel, NET_TX_SOFTIRQ);
  }
}
