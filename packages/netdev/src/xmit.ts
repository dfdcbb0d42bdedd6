/** The last steps of sending: making a packet fit for the device, showing it to taps, giving it to the driver. */
import {
  CHECKSUM_NONE, CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY, consumeSkb, DROP, kfreeSkbListReason, kfreeSkbReason, PACKET_OUTGOING, type Skb,
  skbChecksumHelp, skbClone, skbIsNonlinear, skbLinearize,
} from '@linnet/skbuff';
import { ETH_P_IP, ETH_P_IPV6 } from '@linnet/uapi';
import {
  NETIF_F_CSUM_MASK, NETIF_F_FRAGLIST, NETIF_F_GSO_MASK, NETIF_F_GSO_SHIFT, NETIF_F_HW_CSUM,
  NETIF_F_HW_VLAN_CTAG_TX, NETIF_F_IP_CSUM, NETIF_F_IPV6_CSUM, NETIF_F_SG, NETIF_F_VLAN_TX,
} from './features.ts';
import { skbGsoSegment, skbNetworkProtocol } from './gso.ts';
import { NET_XMIT_MASK, type NetDevice, NETDEV_TX_BUSY, NETDEV_TX_OK, QUEUE_STATE_DRV_XOFF, skbDev } from './netdevice.ts';
import type { PacketType } from './packet-type.ts';
import { ethTypeVlan, skbVlanPushInside } from './vlan.ts';

/** Did the driver take the packet, whatever became of it? (dev_xmit_complete) @alpha */
export function devXmitComplete(rc: number): boolean {
  return rc < NET_XMIT_MASK;
}

/** The features that the device can use for this very packet (netif_skb_features). @alpha */
export function netifSkbFeatures(skb: Skb): number {
  const dev = skbDev(skb)!;
  let features = dev.features;
  // A tag in front of the network header: the device says what it can do behind one.
  if (skb.vlanProto !== 0 || ethTypeVlan(skb.protocol)) features &= dev.vlanFeatures | NETIF_F_VLAN_TX;
  if (skb.gsoSize !== 0 && (skb.gsoSegs > dev.gsoMaxSegs || skb.len >= dev.gsoMaxSize)) features &= ~NETIF_F_GSO_MASK;
  if (dev.netdevOps.featuresCheck !== undefined) features &= dev.netdevOps.featuresCheck(skb, dev, features);
  if (skb.ipSummed !== CHECKSUM_NONE && (features & NETIF_F_HW_CSUM) === 0) {
    const proto = skbNetworkProtocol(skb);
    const need = proto === ETH_P_IP ? NETIF_F_IP_CSUM : proto === ETH_P_IPV6 ? NETIF_F_IPV6_CSUM : 0;
    if ((features & need) === 0) features &= ~(NETIF_F_CSUM_MASK | NETIF_F_GSO_MASK);
  }
  return features;
}

/** Can the device cut this packet? (skb_gso_ok) @alpha */
export function skbGsoOk(skb: Skb, features: number): boolean {
  const need = skb.gsoType << NETIF_F_GSO_SHIFT;
  return (features & need) === need && (skb.fragList === null || (features & NETIF_F_FRAGLIST) !== 0);
}

/** Must the stack cut this packet? (netif_needs_gso) @alpha */
export function netifNeedsGso(skb: Skb, features: number): boolean {
  return skb.gsoSize !== 0 && (!skbGsoOk(skb, features) || (skb.ipSummed !== CHECKSUM_PARTIAL && skb.ipSummed !== CHECKSUM_UNNECESSARY));
}

/** Must the bytes be brought together for this device? (skb_needs_linearize) */
function needsLinearize(skb: Skb, features: number): boolean {
  return skbIsNonlinear(skb) && ((skb.fragList !== null && (features & NETIF_F_FRAGLIST) === 0) || (skb.nrFrags !== 0 && (features & NETIF_F_SG) === 0));
}

/** Fills in a checksum that the device cannot (skb_csum_hwoffload_help). 0 or a negative errno. */
function csumHwoffloadHelp(skb: Skb, features: number): number {
  if ((features & NETIF_F_HW_CSUM) !== 0) return 0;
  // The narrower engines know TCP and UDP, whose checksum fields lie at 16 and 6.
  if ((features & (NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM)) !== 0 && (skb.csumOffset === 16 || skb.csumOffset === 6)) return 0;
  return skbChecksumHelp(skb);
}

/**
 * Makes a packet fit for its device (validate_xmit_skb): cuts a super-segment that the device cannot, brings fragments together for a device without
 * scatter-gather, fills in a checksum for one without an engine. Consumes the skb and returns it or its segments linked by `next`; null when
 * it had to be dropped.
 * @alpha
 */
export function validateXmitSkb(skb: Skb, dev: NetDevice): Skb | null {
  // What almost every packet is: one segment, linear, with no checksum left to do.
  if (skb.gsoSize === 0 && skb.ipSummed !== CHECKSUM_PARTIAL && skb.dataLen === 0 && skb.vlanProto === 0) return skb;
  const features = netifSkbFeatures(skb);
  if (skb.vlanProto !== 0 && (features & NETIF_F_HW_VLAN_CTAG_TX) === 0) skbVlanPushInside(skb);
  if (netifNeedsGso(skb, features)) {
    const segs = skbGsoCut(skb, dev, features);
    return segs === skb ? finishXmitSkb(skb, dev, features) : segs;
  }
  return finishXmitSkb(skb, dev, features);
}

function finishXmitSkb(skb: Skb, dev: NetDevice, features: number): Skb | null {
  if (needsLinearize(skb, features)) skbLinearize(skb);
  if (skb.ipSummed === CHECKSUM_PARTIAL) {
    if (csumHwoffloadHelp(skb, features) !== 0) {
      kfreeSkbReason(skb, DROP.SKB_CSUM);
      dev.stats.txDropped++;
      return null;
    }
  }
  return skb;
}

/**
 * Cuts a super-segment for a device with `features`, `data` at its MAC header, and gives its segments the socket's charge (skb_gso_segment and what its callers
 * do then). Consumes it: returns the segments linked by `next`, the skb itself when it may go as it is, or null when it had to be dropped.
 * @alpha
 */
export function skbGsoCut(skb: Skb, dev: NetDevice, features: number): Skb | null {
  const segs = skbGsoSegment(dev.sd, skb, features);
  if (segs === null) return skb;
  if (typeof segs === 'number') {
    kfreeSkbReason(skb, DROP.SKB_GSO_SEG);
    dev.stats.txDropped++;
    return null;
  }
  consumeGsoSkb(skb, segs);
  return segs;
}

/** Frees the packet that was cut into `segs`; its socket's charge passes to the last of them, so that the sender is held until all are gone. @alpha */
export function consumeGsoSkb(skb: Skb, segs: Skb): void {
  let tail = segs;
  while (tail.next !== null) tail = tail.next;
  // A protocol whose segments carry a charge of their own has done this already.
  if (skb.destructor !== null && tail.destructor === null) {
    tail.sk = skb.sk;
    tail.destructor = skb.destructor;
    // The destructor gives back what the whole packet was charged.
    const own = tail.truesize;
    tail.truesize = skb.truesize;
    skb.truesize = own;
    skb.destructor = null;
    skb.sk = null;
  }
  consumeSkb(skb);
}

/** {@link validateXmitSkb} for a list linked by `next`: the list of what may be sent, or null (validate_xmit_skb_list). @alpha */
export function validateXmitSkbList(skb: Skb, dev: NetDevice): Skb | null {
  if (skb.next === null) return validateXmitSkb(skb, dev);
  let head: Skb | null = null;
  let tail: Skb | null = null;
  let it: Skb | null = skb;
  while (it !== null) {
    const next: Skb | null = it.next;
    it.next = null;
    const v = validateXmitSkb(it, dev);
    if (v !== null) {
      if (tail === null) head = v;
      else tail.next = v;
      tail = v;
      while (tail.next !== null) tail = tail.next;
    }
    it = next;
  }
  return head;
}

function deliverNit(list: PacketType[], skb: Skb, dev: NetDevice, now: number): void {
  for (let i = 0; i < list.length; i++) {
    const pt = list[i]!;
    if (pt.ignoreOutgoing) continue;
    if (skb.sk !== null && (pt.sk === skb.sk || (pt.idMatch !== null && pt.idMatch(skb.sk)))) continue; // nobody hears himself
    if (pt.tap !== null) {
      pt.tap(skb, dev, true, now);
      continue;
    }
    const c = skbClone(skb);
    c.tstamp = now;
    c.pktType = PACKET_OUTGOING;
    if (c.networkHeader < c.data || c.networkHeader > c.tail) c.networkHeader = c.data;
    c.transportHeader = c.networkHeader;
    pt.func(c, dev, pt, dev);
  }
}

/** Shows a frame that is about to be sent to every tap (dev_queue_xmit_nit). Does not consume it. @alpha */
export function devQueueXmitNit(skb: Skb, dev: NetDevice): void {
  const sd = dev.sd;
  skb.macHeader = skb.data;
  const now = sd.kernel.wallNow();
  deliverNit(sd.ptypeAll, skb, dev, now);
  deliverNit(dev.nn.ptypeAll, skb, dev, now);
  deliverNit(dev.ptypeAll, skb, dev, now);
}

/**
 * Gives a list of packets linked by `next` to the driver (dev_hard_start_xmit). Returns what the driver did not take, null when it took all;
 * `dev.sd.xmitRc` has the last return value.
 * @alpha
 */
export function devHardStartXmit(first: Skb, dev: NetDevice): Skb | null {
  const sd = dev.sd;
  const ops = dev.netdevOps;
  let skb: Skb | null = first;
  let rc = NETDEV_TX_OK;
  while (skb !== null) {
    const next: Skb | null = skb.next;
    skb.next = null;
    if (sd.nrTaps !== 0) devQueueXmitNit(skb, dev);
    if (skb.ext !== null && sd.txStamp !== null) sd.txStamp(skb, false);
    rc = ops.startXmit(skb, dev);
    if (!devXmitComplete(rc)) {
      skb.next = next;
      break;
    }
    skb = next;
    if (skb !== null && (dev.txState & QUEUE_STATE_DRV_XOFF) !== 0) {
      rc = NETDEV_TX_BUSY;
      break;
    }
  }
  sd.xmitRc = rc;
  return skb;
}

/** Drops what is left of a list for a device that cannot take it. */
export function dropXmitList(skb: Skb | null, dev: NetDevice, reason: number): void {
  for (let it = skb; it !== null; it = it.next) dev.stats.txDropped++;
  kfreeSkbListReason(skb, reason);
}

