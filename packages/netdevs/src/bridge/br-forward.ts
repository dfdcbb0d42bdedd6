/** Sending frames out of ports: to one, to all, to those that want a group (br_forward.c). */
import type { Net } from '@linnet/kernel';
import { devQueueXmit, isSkbForwardable, type NetDevice, nfHook, NFPROTO_BRIDGE } from '@linnet/netdev';
import { CHECKSUM_COMPLETE, CHECKSUM_NONE, DROP, kfreeSkbReason, type Skb, skbClone, skbCow, skbPush } from '@linnet/skbuff';
import { BR_STATE_FORWARDING, ETH_ALEN, ETH_HLEN, ETH_P_IP, MDB_FLAGS_BLOCKED } from '@linnet/uapi';
import { BR_BCAST_FLOOD, BR_FLOOD, BR_HAIRPIN_MODE, BR_ISOLATED, BR_MCAST_FLOOD, BR_MULTICAST_TO_UNICAST, BR_PROXYARP, BR_PROXYARP_WIFI, type Bridge, type BridgePort } from './br.ts';
import { CB_PROXYARP_REPLIED, CB_SRC_ISOLATED } from './br-cb.ts';
import { neighSuppressEnabled } from './br-arp-nd.ts';
import type { Mcast } from './br-mcast-ctx.ts';
import { mcastCount } from './br-mcast-stats.ts';
import { mcastPortIsRouter } from './br-mcast-ctx.ts';
import { isStarG, MCAST_INCLUDE, type MdbEntry } from './br-mdb-table.ts';
import { NF_BR_FORWARD, NF_BR_LOCAL_OUT, NF_BR_POST_ROUTING } from './br-nf.ts';
import { vlanAllowedEgress, vlanHandleEgress } from './br-vlan-group.ts';

/** What kind of destination a frame has (enum br_pkt_type). */
export const BR_PKT_UNICAST = 0;
export const BR_PKT_MULTICAST = 1;
export const BR_PKT_BROADCAST = 2;

function shouldDeliver(p: BridgePort, skb: Skb): boolean {
  return (
    ((p.flags & BR_HAIRPIN_MODE) !== 0 || skb.dev !== p.dev) && p.state === BR_STATE_FORWARDING && vlanAllowedEgress(p.vlans, skb) &&
    !((skb.cb0 & CB_SRC_ISOLATED) !== 0 && (p.flags & BR_ISOLATED) !== 0)
  );
}

/** The last step: into the port's queue (br_dev_queue_push_xmit). */
function devQueuePushXmit(_net: Net, _sk: object | null, skb: Skb): number {
  skbPush(skb, ETH_HLEN);
  if (!isSkbForwardable(skb.dev as NetDevice, skb)) {
    kfreeSkbReason(skb, DROP.PKT_TOO_BIG);
    return 0;
  }
  devQueueXmit(skb);
  return 0;
}

function forwardFinish(net: Net, sk: object | null, skb: Skb): number {
  skb.tstamp = 0;
  return nfHook(NFPROTO_BRIDGE, NF_BR_POST_ROUTING, net, sk, skb, null, skb.dev as NetDevice, devQueuePushXmit);
}

/** Sends a frame by a port, which may have it (__br_forward). Consumes it. */
function forwardTo(to: BridgePort, skb: Skb, localOrig: boolean): void {
  if (!vlanHandleEgress(to.br, to, to.vlans, skb)) return;
  const indev = skb.dev as NetDevice;
  skb.dev = to.dev;
  if (!localOrig) {
    // A sum that the other device computed means nothing to this one.
    if (skb.ipSummed === CHECKSUM_COMPLETE) skb.ipSummed = CHECKSUM_NONE;
    nfHook(NFPROTO_BRIDGE, NF_BR_FORWARD, indev.net, null, skb, indev, to.dev, forwardFinish);
    return;
  }
  nfHook(NFPROTO_BRIDGE, NF_BR_LOCAL_OUT, to.dev.net, null, skb, null, to.dev, forwardFinish);
}

function deliverClone(to: BridgePort, skb: Skb, localOrig: boolean): void {
  forwardTo(to, skbClone(skb), localOrig);
}

/**
 * Forwards to one port, if it may have the frame (br_forward). With `localRcv` the frame stays with the caller, else it is consumed.
 */
export function brForward(to: BridgePort | null, skb: Skb, localRcv: boolean, localOrig: boolean): void {
  if (to !== null) {
    const { backupPort } = to;
    if (backupPort !== null && (!to.dev.carrier || !to.dev.running)) to = backupPort;
    if (shouldDeliver(to, skb)) {
      if (localRcv) deliverClone(to, skb, localOrig);
      else forwardTo(to, skb, localOrig);
      return;
    }
  }
  if (!localRcv) kfreeSkbReason(skb, DROP.BRIDGE_NO_EGRESS_PORT);
}

/** Remembers a port that gets the frame; the one remembered before gets a copy now. The last one can then have the frame itself. */
function maybeDeliver(prev: BridgePort | null, p: BridgePort, skb: Skb, localOrig: boolean): BridgePort | null {
  if (!shouldDeliver(p, skb)) return prev;
  if (prev !== null) deliverClone(prev, skb, localOrig);
  if (p.br.mcastStatsEnabled) mcastCount(p.mcast.stats, skb, false);
  return p;
}

function finish(prev: BridgePort | null, skb: Skb, localRcv: boolean, localOrig: boolean): void {
  if (prev === null) {
    if (!localRcv) kfreeSkbReason(skb, DROP.BRIDGE_NO_EGRESS_PORT);
  } else if (localRcv) deliverClone(prev, skb, localOrig);
  else forwardTo(prev, skb, localOrig);
}

/** Floods a frame to all ports that take part (br_flood). With `localRcv` the frame stays with the caller, else it is consumed. */
export function brFlood(br: Bridge, skb: Skb, type: number, localRcv: boolean, localOrig: boolean, vid: number): void {
  let prev: BridgePort | null = null;
  const { ports } = br;
  const fromBridge = skb.dev === br.dev;
  for (let i = 0; i < ports.length; i++) {
    const p = ports[i]!;
    const { flags } = p;
    if (type === BR_PKT_UNICAST) {
      if ((flags & BR_FLOOD) === 0) continue;
    } else if (!fromBridge && (flags & (type === BR_PKT_MULTICAST ? BR_MCAST_FLOOD : BR_BCAST_FLOOD)) === 0) continue;
    if ((flags & BR_PROXYARP) !== 0) continue;
    if ((skb.cb0 & CB_PROXYARP_REPLIED) !== 0 && ((flags & BR_PROXYARP_WIFI) !== 0 || neighSuppressEnabled(p, vid))) continue;
    prev = maybeDeliver(prev, p, skb, localOrig);
  }
  finish(prev, skb, localRcv, localOrig);
}

/** Sends a group's frame to one member alone, with the member's address for destination. */
function deliverAddr(p: BridgePort, skb: Skb, addr: Uint8Array, localOrig: boolean): void {
  if (!shouldDeliver(p, skb)) return;
  const mac = skb.data - ETH_HLEN;
  // Nobody wants to hear himself.
  if (skb.dev === p.dev) {
    let same = true;
    for (let i = 0; i < ETH_ALEN && same; i++) same = skb.u8[mac + ETH_ALEN + i] === addr[i];
    if (same) return;
  }
  const c = skbClone(skb);
  skbCow(c, ETH_HLEN);
  const at = c.data - ETH_HLEN;
  for (let i = 0; i < ETH_ALEN; i++) c.u8[at + i] = addr[i]!;
  forwardTo(p, c, localOrig);
}

/** Sends a frame to the ports with members of its group and to those with routers (br_multicast_flood). As {@link brFlood}. */
export function brMulticastFlood(br: Bridge, mdst: MdbEntry | null, skb: Skb, ctx: Mcast, localRcv: boolean, localOrig: boolean): void {
  let prev: BridgePort | null = null;
  const { ports } = br;
  const v6 = skb.protocol !== ETH_P_IP;
  // Who wants some sources only has entries for these.
  const sourcesApart = mdst !== null && isStarG(mdst.addr) && (v6 ? ctx.mldVersion === 2 : ctx.igmpVersion === 3);
  for (let i = 0; i < ports.length; i++) {
    const p = ports[i]!;
    let wanted = false;
    if (mdst !== null) {
      for (let pg = mdst.ports; pg !== null; pg = pg.next) {
        if (pg.port !== p || (pg.flags & MDB_FLAGS_BLOCKED) !== 0 || (sourcesApart && pg.filterMode === MCAST_INCLUDE)) continue;
        if ((p.flags & BR_MULTICAST_TO_UNICAST) !== 0 && pg.hasEthAddr) deliverAddr(p, skb, pg.ethAddr, localOrig);
        else wanted = true;
      }
    }
    if (!wanted) wanted = mcastPortIsRouter(ctx, p, v6);
    if (wanted) prev = maybeDeliver(prev, p, skb, localOrig);
  }
  finish(prev, skb, localRcv, localOrig);
}

