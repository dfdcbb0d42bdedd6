/** Frames that come in by a port (br_input.c). */
import type { Net } from '@linnet/kernel';
import { type NetDevice, netifReceiveSkb, nfHook, nfHookVerdict, NFPROTO_BRIDGE, RX_HANDLER_CONSUMED, RX_HANDLER_PASS } from '@linnet/netdev';
import { DROP, kfreeSkbReason, PACKET_HOST, PACKET_LOOPBACK, type Skb, skbShareCheck } from '@linnet/skbuff';
import {
  BR_STATE_FORWARDING, BR_STATE_LEARNING, ETH_ALEN, ETH_P_ARP, ETH_P_IPV6, ETH_P_RARP, etherAddrEqual, IFF_PROMISC, isBroadcastEtherAddr, isValidEtherAddr,
} from '@linnet/uapi';
import { BR_ISOLATED, BR_LEARNING, BR_NO_STP, BR_PORT_LOCKED, BR_PORT_MAB, type Bridge, BridgePort } from './br.ts';
import { CB_MROUTERS_ONLY, CB_PROMISC, CB_SRC_ISOLATED } from './br-cb.ts';
import { doProxySuppressArp, doSuppressNd, ndNeighMsg } from './br-arp-nd.ts';
import { fdbFind, fdbUpdate } from './br-fdb.ts';
import { FDB_LOCAL, FDB_LOCKED } from './br-fdb-table.ts';
import { BR_PKT_BROADCAST, BR_PKT_MULTICAST, BR_PKT_UNICAST, brFlood, brForward, brMulticastFlood } from './br-forward.ts';
import { mcastIsRouter } from './br-mcast-ctx.ts';
import { mcastQuerierExists } from './br-mcast.ts';
import { mcastCtxFor, mcastRcv, mdbGet } from './br-mcast-rcv.ts';
import { mcastCount } from './br-mcast-stats.ts';
import { NF_BR_LOCAL_IN, NF_BR_PRE_ROUTING } from './br-nf.ts';
import { vlanAllowedEgress, vlanAllowedIngress, vlanHandleEgress, vlanShouldLearn } from './br-vlan-group.ts';

function netifReceive(_net: Net, _sk: object | null, skb: Skb): number {
  return netifReceiveSkb(skb);
}

/** Gives a frame to the bridge's own device (br_pass_frame_up). Consumes it. */
function passFrameUp(br: Bridge, skb: Skb, promisc: boolean): number {
  const { dev, vlans } = br;
  dev.stats.rxPackets++;
  dev.stats.rxBytes += skb.len;
  // The bridge is a port like the others, except for somebody who captures.
  if ((dev.flags & IFF_PROMISC) === 0 && !vlanAllowedEgress(vlans, skb)) {
    kfreeSkbReason(skb, DROP.VLAN_FILTER);
    return 0;
  }
  const indev = skb.dev as NetDevice;
  skb.dev = dev;
  if (!vlanHandleEgress(br, null, vlans, skb)) return 0;
  if (promisc) skb.cb0 |= CB_PROMISC;
  else skb.cb0 &= ~CB_PROMISC;
  return nfHook(NFPROTO_BRIDGE, NF_BR_LOCAL_IN, indev.net, null, skb, indev, null, netifReceive);
}

/** May a locked port's frame pass: is its sender known, and known to be here? */
function lockedOk(br: Bridge, p: BridgePort, skb: Skb, vid: number): boolean {
  const f = fdbFind(br, skb.u8, skb.macHeader + ETH_ALEN, vid);
  if (f === null) {
    // Tell the administrator who knocks.
    if ((p.flags & BR_PORT_MAB) !== 0) fdbUpdate(br, p, skb.u8, skb.macHeader + ETH_ALEN, vid, FDB_LOCKED);
    return false;
  }
  if (f.dst !== p || (f.flags & FDB_LOCAL) !== 0) return false;
  if ((f.flags & FDB_LOCKED) !== 0) {
    f.updated = br.kernel.jiffies;
    return false;
  }
  return true;
}

/** Learns from a frame and finds its way (br_handle_frame_finish). Consumes it. */
function handleFrameFinish(_net: Net, _sk: object | null, skb: Skb): number {
  const p = (skb.dev as NetDevice).rxHandlerData;
  if (!(p instanceof BridgePort)) {
    kfreeSkbReason(skb, DROP.DEV_READY);
    return 0;
  }
  const { br } = p;
  const ingress = br.vlanIngress;
  ingress.state = p.state;
  const allowed = vlanAllowedIngress(br, p.vlans, skb, ingress);
  if (allowed === null) return 0;
  skb = allowed;
  const { vid, vlan, state } = ingress;
  const mac = skb.macHeader;
  if ((p.flags & BR_PORT_LOCKED) !== 0 && !lockedOk(br, p, skb, vid)) {
    kfreeSkbReason(skb, DROP.MAC_INVALID_SOURCE);
    return 0;
  }
  if ((p.flags & BR_LEARNING) !== 0) fdbUpdate(br, p, skb.u8, mac + ETH_ALEN, vid, 0);
  const promisc = (br.dev.flags & IFF_PROMISC) !== 0;
  let localRcv = promisc;
  let type = BR_PKT_UNICAST;
  const ctx = (skb.u8[mac]! & 1) !== 0 ? mcastCtxFor(br, vlan) : null;
  if ((skb.u8[mac]! & 1) !== 0) {
    if (isBroadcastEtherAddr(skb.u8, mac)) {
      type = BR_PKT_BROADCAST;
      localRcv = true;
    } else {
      type = BR_PKT_MULTICAST;
      if (ctx !== null) {
        const pctx = ctx.vlan === null ? p.mcast : (vlan?.mcastPort ?? p.mcast);
        if (mcastRcv(ctx, pctx, skb, vid) < 0) {
          kfreeSkbReason(skb, DROP.INVALID_PROTO);
          return 0;
        }
      }
      if (br.mcastStatsEnabled) mcastCount(p.mcast.stats, skb, true);
    }
  }
  if (state === BR_STATE_LEARNING) {
    kfreeSkbReason(skb, DROP.BRIDGE_INGRESS_STP_STATE);
    return 0;
  }
  if ((p.flags & BR_ISOLATED) !== 0) skb.cb0 |= CB_SRC_ISOLATED;
  if (skb.protocol === ETH_P_ARP || skb.protocol === ETH_P_RARP) doProxySuppressArp(br, skb, vid, p);
  else if (br.neighSuppressEnabled && skb.protocol === ETH_P_IPV6) {
    const off = ndNeighMsg(skb);
    if (off >= 0) doSuppressNd(br, skb, vid, p, off);
  }
  if (type === BR_PKT_UNICAST) {
    const f = fdbFind(br, skb.u8, skb.macHeader, vid) ?? (br.fdbLocalVlan0 && vid !== 0 ? localInVlan0(br, skb) : null);
    if (f !== null) {
      if ((f.flags & FDB_LOCAL) !== 0) return passFrameUp(br, skb, false);
      f.used = br.kernel.jiffies;
      brForward(f.dst, skb, localRcv, false);
    } else brFlood(br, skb, type, localRcv, false, vid);
    return localRcv ? passFrameUp(br, skb, promisc) : 0;
  }
  if (type === BR_PKT_MULTICAST) {
    const mdst = ctx === null ? null : mdbGet(ctx, skb, vid);
    const v6 = skb.protocol === ETH_P_IPV6;
    const known = ctx !== null && (mdst !== null || (skb.cb0 & CB_MROUTERS_ONLY) !== 0) && (mdst !== null && mdst.addr.proto === 0 ? true : mcastQuerierExists(ctx, v6));
    if (known) {
      if ((mdst !== null && mdst.hostJoined) || mcastIsRouter(ctx, v6)) {
        localRcv = true;
        br.dev.stats.multicast++;
      }
      brMulticastFlood(br, mdst, skb, ctx, localRcv, false);
      return localRcv ? passFrameUp(br, skb, promisc) : 0;
    }
    localRcv = true;
    br.dev.stats.multicast++;
  }
  brFlood(br, skb, type, localRcv, false, vid);
  return localRcv ? passFrameUp(br, skb, promisc) : 0;
}

/** With addresses of ports kept in VLAN 0 only, one of them is meant in every VLAN. */
function localInVlan0(br: Bridge, skb: Skb): ReturnType<typeof fdbFind> {
  const f = fdbFind(br, skb.u8, skb.macHeader, 0);
  return f !== null && (f.flags & FDB_LOCAL) !== 0 ? f : null;
}

/** A frame to a link-local group is for this host only: learn who sent it (br_handle_local_finish). */
function localFinish(_net: Net, _sk: object | null, skb: Skb): number {
  learnLocal(skb);
  return 1;
}
function learnLocal(skb: Skb): void {
  const p = (skb.dev as NetDevice).rxHandlerData;
  if (!(p instanceof BridgePort)) return;
  const { br } = p;
  if ((p.flags & BR_LEARNING) === 0 || (p.flags & BR_PORT_LOCKED) !== 0 || br.noLlLearn || (p.state !== BR_STATE_LEARNING && p.state !== BR_STATE_FORWARDING)) return;
  const ingress = br.vlanIngress;
  if (vlanShouldLearn(p, skb, ingress)) fdbUpdate(br, p, skb.u8, skb.macHeader + ETH_ALEN, ingress.vid, 0);
}

/** 01:80:c2:00:00:0X. */
function isLinkLocal(u8: Uint8Array, at: number): boolean {
  return u8[at] === 0x01 && u8[at + 1] === 0x80 && u8[at + 2] === 0xc2 && u8[at + 3] === 0 && u8[at + 4] === 0 && (u8[at + 5]! & 0xf0) === 0;
}

/**
 * The receive handler of ports (br_handle_frame): forwards what is to be forwarded, and lets through what is for the port's own protocols.
 */
export function brHandleFrame(skb: Skb, data: object | null): number {
  if (skb.pktType === PACKET_LOOPBACK) return RX_HANDLER_PASS;
  if (!isValidEtherAddr(skb.u8, skb.macHeader + ETH_ALEN)) {
    kfreeSkbReason(skb, DROP.MAC_INVALID_SOURCE);
    return RX_HANDLER_CONSUMED;
  }
  skb = skbShareCheck(skb);
  skb.cb0 = 0;
  const p = data as BridgePort;
  const { br } = p;
  const mac = skb.macHeader;
  if ((skb.u8[mac]! & 1) !== 0 && isLinkLocal(skb.u8, mac)) {
    const last = skb.u8[mac + 5]!;
    const bit = 1 << last;
    let mask = p.groupFwdMask | br.groupFwdMaskRequired;
    if (last === 0x01) {
      // Pause frames belong to the wire.
      kfreeSkbReason(skb, DROP.MAC_INVALID_SOURCE);
      return RX_HANDLER_CONSUMED;
    }
    if (last === 0x00) {
      // Without a spanning tree its messages pass, so that others find our loops.
      if (br.stpEnabled === BR_NO_STP || (mask & bit) !== 0) return forward(br, p, skb);
    } else {
      mask |= br.groupFwdMask;
      if ((mask & bit) !== 0) return forward(br, p, skb);
      if (last === 0x0e) {
        learnLocal(skb);
        return RX_HANDLER_PASS;
      }
    }
    const dev = skb.dev as NetDevice;
    const verdict = nfHookVerdict(NFPROTO_BRIDGE, NF_BR_LOCAL_IN, dev.net, null, skb, dev, null, localFinish);
    if (verdict !== 1) return RX_HANDLER_CONSUMED;
    learnLocal(skb);
    return RX_HANDLER_PASS;
  }
  return forward(br, p, skb);
}

function forward(br: Bridge, p: BridgePort, skb: Skb): number {
  if (p.state !== BR_STATE_FORWARDING && p.state !== BR_STATE_LEARNING) {
    kfreeSkbReason(skb, DROP.BRIDGE_INGRESS_STP_STATE);
    return RX_HANDLER_CONSUMED;
  }
  if (etherAddrEqual(skb.u8, skb.macHeader, br.dev.devAddr, 0)) skb.pktType = PACKET_HOST;
  nfHook(NFPROTO_BRIDGE, NF_BR_PRE_ROUTING, p.dev.net, null, skb, p.dev, null, handleFrameFinish);
  return RX_HANDLER_CONSUMED;
}
