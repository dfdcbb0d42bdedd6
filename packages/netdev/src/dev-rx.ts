/** Receiving: the backlog, and the way of a frame past taps and masters to its protocol. */
import { consumeSkb, DROP, kfreeSkbReason, type Skb, skbClone, skbDequeue, skbQueueTail, skbUnlink } from '@linnet/skbuff';
import type { Net } from '@linnet/kernel';
import { ETH_P_8021AD, ETH_P_8021Q } from '@linnet/uapi';
import { NAPI_STATE_MISSED, NAPI_STATE_SCHED, napiSchedule, type NapiStruct } from './napi.ts';
import { NET_RX_DROP, NET_RX_SUCCESS, type NetDevice, RX_HANDLER_ANOTHER, RX_HANDLER_CONSUMED, RX_HANDLER_EXACT } from './netdevice.ts';
import { nfHookDev, NF_NETDEV_INGRESS } from './netfilter.ts';
import type { PacketType } from './packet-type.ts';
import { PTYPE_HASH_MASK } from './ptype-table.ts';
import type { SoftnetData } from './softnet.ts';
import { SKB_TC_FROM_INGRESS, SKB_TC_REDIRECTED, SKB_TC_SKIP_CLASSIFY } from './tc-state.ts';
import { skbVlanUntag, vlanLeftover } from './vlan.ts';

/**
 * Delivers to the taps of one list. The last tap that takes a packet of its own is returned instead of called, so that the packet itself can be
 * given to whoever turns out to be the last of all.
 */
function deliverTaps(list: PacketType[], skb: Skb, dev: NetDevice, origDev: NetDevice, prev: PacketType | null, now: number): PacketType | null {
  for (let i = 0; i < list.length; i++) {
    const pt = list[i]!;
    if (pt.tap !== null) {
      pt.tap(skb, dev, false, now);
      continue;
    }
    if (prev !== null) prev.func(skbClone(skb), dev, prev, origDev);
    prev = pt;
  }
  return prev;
}

/** The same for protocols. */
function deliverPtypes(
  list: PacketType[], type: number, skb: Skb, dev: NetDevice, origDev: NetDevice, prev: PacketType | null,
): PacketType | null {
  for (let i = 0; i < list.length; i++) {
    const pt = list[i]!;
    if (pt.type !== type || (pt.net !== null && pt.net !== dev.net)) continue;
    if (prev !== null) prev.func(skbClone(skb), dev, prev, origDev);
    prev = pt;
  }
  return prev;
}

function ingressOk(_net: Net, _sk: object | null, skb: Skb): number {
  return receiveCore(skb, (skb.dev as NetDevice).sd, true);
}

function receiveCore(skb: Skb, sd: SoftnetData, pastIngress: boolean): number {
  const origDev = skb.dev as NetDevice;
  let dev = origDev;
  skb.networkHeader = skb.data;
  if (skb.macHeader < 0) skb.macHeader = skb.data;
  if (skb.transportHeader < 0) skb.transportHeader = skb.data;
  skb.macLen = skb.networkHeader - skb.macHeader;
  let prev: PacketType | null = null;
  let exact = false;
  let untagged: Skb | null;
  for (;;) {
    skb.skbIif = dev.ifindex;
    if (skb.tcState !== 0) {
      // It was here before: traffic control took it for a while (skb_skip_tc_classify).
      if ((skb.tcState & SKB_TC_SKIP_CLASSIFY) !== 0) pastIngress = true;
      skb.tcState &= ~(SKB_TC_SKIP_CLASSIFY | SKB_TC_REDIRECTED | SKB_TC_FROM_INGRESS);
    }
    if (!pastIngress) {
      if (skb.protocol === ETH_P_8021Q || skb.protocol === ETH_P_8021AD) {
        untagged = skbVlanUntag(skb);
        if (untagged === null) {
          dev.stats.rxDropped++;
          return NET_RX_DROP;
        }
        skb = untagged;
      }
      sd.processed++;
      if (sd.nrTaps !== 0) {
        const now = skb.tstamp !== 0 ? skb.tstamp : sd.kernel.wallNow();
        prev = deliverTaps(sd.ptypeAll, skb, dev, origDev, prev, now);
        prev = deliverTaps(dev.nn.ptypeAll, skb, dev, origDev, prev, now);
        prev = deliverTaps(dev.ptypeAll, skb, dev, origDev, prev, now);
      }
      if (dev.tcIngress !== null) {
        if (prev !== null) prev.func(skbClone(skb), dev, prev, origDev);
        prev = null;
        const rc = dev.tcIngress(skb, dev);
        if (rc >= 0) return rc === 0 ? NET_RX_SUCCESS : NET_RX_DROP;
      }
      if (dev.nfHooksIngress !== null) {
        if (prev !== null) prev.func(skbClone(skb), dev, prev, origDev);
        prev = null;
        if (nfHookDev(dev.nfHooksIngress, NF_NETDEV_INGRESS, skb, dev, ingressOk) !== 1) return NET_RX_DROP;
      }
    }
    pastIngress = false;
    if (skb.vlanProto !== 0) {
      // What has seen the frame with its tag gets it so, whatever becomes of the tag now.
      if (prev !== null) {
        prev.func(skbClone(skb), dev, prev, origDev);
        prev = null;
      }
      if (sd.vlanReceive !== null) {
        const rc = sd.vlanReceive(skb, dev);
        if (rc < 0) return NET_RX_DROP;
        if (rc > 0) {
          dev = skb.dev as NetDevice;
          continue;
        }
      }
    }
    const handler = dev.rxHandler;
    if (handler === null) {
      if (skb.vlanProto !== 0 && vlanLeftover(skb)) continue;
      break;
    }
    if (prev !== null) prev.func(skbClone(skb), dev, prev, origDev);
    prev = null;
    const verdict = handler(skb, dev.rxHandlerData);
    if (verdict === RX_HANDLER_CONSUMED) return NET_RX_SUCCESS;
    if (verdict === RX_HANDLER_ANOTHER) {
      dev = skb.dev as NetDevice;
      continue;
    }
    exact = verdict === RX_HANDLER_EXACT;
    if (skb.vlanProto !== 0 && vlanLeftover(skb)) continue;
    break;
  }
  const type = skb.protocol;
  if (!exact) prev = deliverPtypes(sd.ptypeBase[type & PTYPE_HASH_MASK]!, type, skb, dev, origDev, prev);
  if (origDev.ptypeSpecific.length !== 0) prev = deliverPtypes(origDev.ptypeSpecific, type, skb, dev, origDev, prev);
  if (dev !== origDev && dev.ptypeSpecific.length !== 0) prev = deliverPtypes(dev.ptypeSpecific, type, skb, dev, origDev, prev);
  if (prev !== null) return prev.func(skb, dev, prev, origDev);
  if (exact) dev.stats.rxNohandler++;
  else dev.stats.rxDropped++;
  kfreeSkbReason(skb, DROP.UNHANDLED_PROTO);
  return NET_RX_DROP;
}

/**
 * Delivers a received frame now (netif_receive_skb): to the taps, the device's master, and the protocol of `skb.protocol`. Consumes it.
 * `data` is at the network header, `macHeader` at the link-layer header, `dev` set. Only for softirq context (a poll function); drivers
 * use `napiGroReceive` or {@link netifRx}. Returns NET_RX_SUCCESS, NET_RX_DROP or what the protocol returned.
 * @public
 */
export function netifReceiveSkb(skb: Skb): number {
  const sd = (skb.dev as NetDevice).sd;
  if (sd.netstampNeeded !== 0 && skb.tstamp === 0) skb.tstamp = sd.kernel.wallNow();
  return receiveCore(skb, sd, false);
}

/**
 * Puts a received frame into the backlog, from where the softirq delivers it (netif_rx). Consumes it. `data`, `macHeader` and `dev` as in
 * {@link netifReceiveSkb}. Returns NET_RX_SUCCESS, or NET_RX_DROP when the backlog is full or the device is down.
 * Call it between `kernel.enter()` and `kernel.exit()`.
 * @public
 */
export function netifRx(skb: Skb): number {
  const dev = skb.dev as NetDevice;
  const sd = dev.sd;
  if (sd.netstampNeeded !== 0 && skb.tstamp === 0) skb.tstamp = sd.kernel.wallNow();
  const q = sd.inputPktQueue;
  if (dev.running && q.qlen <= sd.netdevMaxBacklog) {
    skbQueueTail(q, skb);
    napiSchedule(sd.backlog!);
    return NET_RX_SUCCESS;
  }
  dev.stats.rxDropped++;
  if (!dev.running) {
    kfreeSkbReason(skb, DROP.DEV_READY);
    return NET_RX_DROP;
  }
  sd.dropped++;
  kfreeSkbReason(skb, DROP.CPU_BACKLOG);
  return NET_RX_DROP;
}

/** The poll function of the backlog (process_backlog). */
export function processBacklog(napi: NapiStruct, quota: number): number {
  const sd = napi.sd;
  const q = sd.inputPktQueue;
  let work = 0;
  while (work < quota) {
    const skb = skbDequeue(q);
    if (skb === null) break;
    receiveCore(skb, sd, false);
    work++;
  }
  // With work === quota the queue may be empty too; the next poll finds out.
  if (work < quota) napi.state &= ~(NAPI_STATE_SCHED | NAPI_STATE_MISSED);
  return work;
}

/** Drops what waits in the backlog for a device that goes (flush_backlog). */
export function flushBacklog(dev: NetDevice): void {
  const q = dev.sd.inputPktQueue;
  for (let skb = q.head; skb !== null; ) {
    const next: Skb | null = skb.next;
    if (skb.dev === dev) {
      skbUnlink(skb, q);
      kfreeSkbReason(skb, DROP.DEV_READY);
    }
    skb = next;
  }
}

/** Asks for receive time stamps on all packets; balanced by {@link netDisableTimestamp} (net_enable_timestamp). @alpha */
export function netEnableTimestamp(sd: SoftnetData): void {
  sd.netstampNeeded++;
}
/** Ends {@link netEnableTimestamp} (net_disable_timestamp). @alpha */
export function netDisableTimestamp(sd: SoftnetData): void {
  sd.netstampNeeded--;
}

/** Consumes a packet that a handler was given only to look at: the func of a tap with `tap` set. */
export function ignorePacket(skb: Skb): number {
  consumeSkb(skb);
  return NET_RX_SUCCESS;
}
