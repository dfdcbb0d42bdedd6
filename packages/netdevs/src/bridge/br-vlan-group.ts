/** The VLANs of a bridge or a port (struct net_bridge_vlan_group), and the checks of frames against them (br_vlan.c). */
import { skbVlanClearTag, skbVlanInsertTag, skbVlanPutTag, skbVlanTagId, skbVlanUntag } from '@linnet/netdev';
import { DROP, kfreeSkbReason, type Skb, skbPullUnchecked, skbPush } from '@linnet/skbuff';
import {
  BR_STATE_FORWARDING, BR_STATE_LEARNING, BRIDGE_VLAN_INFO_BRENTRY, BRIDGE_VLAN_INFO_MASTER, BRIDGE_VLAN_INFO_UNTAGGED, ETH_HLEN, IFF_PROMISC,
} from '@linnet/uapi';
import type { Bridge, BridgePort } from './br.ts';
import { CB_VLAN_FILTERED } from './br-cb.ts';
import type { Mcast, McastPort } from './br-mcast-ctx.ts';

/** Frames and bytes of one VLAN; doubles, as they grow. */
export class VlanStats {
  readonly n: Float64Array;
  constructor() {
    this.n = new Float64Array(4); // rx bytes, rx packets, tx bytes, tx packets
  }
}

/** One VLAN of a bridge (a master entry) or of a port (struct net_bridge_vlan). */
export class BrVlan {
  readonly vid: number;
  /** BRIDGE_VLAN_INFO_*. */
  flags: number;
  /** BR_STATE_*. */
  state: number;
  readonly port: BridgePort | null;
  /** The bridge's entry, of a port's VLAN. */
  master: BrVlan | null;
  stats: VlanStats;
  /** Of a master entry: how many ports (and the bridge) use it. */
  refs: number;
  neighSuppress: boolean;
  /** The tunnel id when frames come from and go to a tunnel; 0 is none. */
  tunnelId: number;
  msti: number;
  /** Multicast of this VLAN alone; of a master entry and of a port's. */
  mcast: Mcast | null;
  mcastPort: McastPort | null;
  constructor(vid: number, flags: number, port: BridgePort | null, master: BrVlan | null, stats: VlanStats) {
    this.vid = vid;
    this.flags = flags;
    this.state = BR_STATE_FORWARDING;
    this.port = port;
    this.master = master;
    this.stats = stats;
    this.refs = 1;
    this.neighSuppress = false;
    this.tunnelId = 0;
    this.msti = 0;
    this.mcast = null;
    this.mcastPort = null;
  }
}

/** The VLANs of a bridge or port, with the one for frames without a tag. */
export class VlanGroup {
  readonly vlans: Map<number, BrVlan>;
  pvid: number;
  pvidState: number;
  constructor() {
    this.vlans = new Map();
    this.pvid = 0;
    this.pvidState = BR_STATE_FORWARDING;
  }
}

/** The entries in order of their ids. */
export function vlanGroupEntries(vg: VlanGroup): BrVlan[] {
  return Array.from(vg.vlans.values()).sort((a, b) => a.vid - b.vid);
}

/** A bridge's entry that only stands for those of its ports does not count for the bridge itself (br_vlan_should_use). */
export function vlanShouldUse(v: BrVlan): boolean {
  return (v.flags & BRIDGE_VLAN_INFO_MASTER) === 0 || (v.flags & BRIDGE_VLAN_INFO_BRENTRY) !== 0;
}

function stateAllowed(state: number, learning: boolean): boolean {
  return state === BR_STATE_FORWARDING || (learning && state === BR_STATE_LEARNING);
}

/** What {@link vlanAllowedIngress} found out beside its answer; one for each machine, read at once. */
export class VlanIngress {
  vid: number;
  state: number;
  vlan: BrVlan | null;
  constructor() {
    this.vid = 0;
    this.state = 0;
    this.vlan = null;
  }
}

/**
 * May a frame come in (br_allowed_ingress)? Fills `out` with its VLAN (0 when the bridge does not filter) and the state that counts, and gives it the port's own VLAN when
 * it has none. `out.state` is the port's state before. Returns the skb, or null when it was dropped.
 */
export function vlanAllowedIngress(br: Bridge, vg: VlanGroup, skb: Skb, out: VlanIngress): Skb | null {
  out.vid = 0;
  out.vlan = null;
  if (!br.vlanEnabled) {
    skb.cb0 &= ~CB_VLAN_FILTERED;
    return skb;
  }
  skb.cb0 |= CB_VLAN_FILTERED;
  if (skb.vlanProto === 0 && skb.protocol === br.vlanProto) {
    const untagged = skbVlanUntag(skb);
    if (untagged === null) return null;
    skb = untagged;
  }
  let tagged = false;
  if (skb.vlanProto !== 0) {
    if (skb.vlanProto !== br.vlanProto) {
      // A tag of another kind is payload here.
      skbPush(skb, ETH_HLEN);
      skbVlanInsertTag(skb, skb.vlanProto, skb.vlanTci);
      skbPullUnchecked(skb, ETH_HLEN);
      skbVlanClearTag(skb);
      skb.networkHeader = skb.data;
    } else {
      tagged = true;
      out.vid = skbVlanTagId(skb);
    }
  }
  if (out.vid === 0) {
    if (vg.pvid === 0) return drop(skb);
    out.vid = vg.pvid;
    // A frame with a priority and no VLAN keeps the priority.
    if (tagged) skb.vlanTci |= vg.pvid;
    else skbVlanPutTag(skb, br.vlanProto, vg.pvid);
    if (!br.vlanStatsEnabled && !br.mcastVlanSnooping) {
      if (out.state === BR_STATE_FORWARDING) {
        out.state = vg.pvidState;
        if (!stateAllowed(out.state, true)) return drop(skb);
      }
      return skb;
    }
  }
  const v = vg.vlans.get(out.vid);
  if (v === undefined || !vlanShouldUse(v)) return drop(skb);
  if (out.state === BR_STATE_FORWARDING) {
    out.state = v.state;
    if (!stateAllowed(v.state, true)) return drop(skb);
  }
  if (br.vlanStatsEnabled) {
    const n = v.stats.n;
    n[0] = n[0]! + skb.len;
    n[1] = n[1]! + 1;
  }
  out.vlan = v;
  return skb;
}

function drop(skb: Skb): null {
  kfreeSkbReason(skb, DROP.VLAN_FILTER);
  return null;
}

/** May a frame leave by a port with these VLANs (br_allowed_egress)? */
export function vlanAllowedEgress(vg: VlanGroup, skb: Skb): boolean {
  if ((skb.cb0 & CB_VLAN_FILTERED) === 0) return true;
  const v = vg.vlans.get(skb.vlanProto === 0 ? 0 : skbVlanTagId(skb));
  return v !== undefined && vlanShouldUse(v) && v.state === BR_STATE_FORWARDING;
}

/** Takes the tag away where the port sends without one (br_handle_vlan). Returns false when the frame was dropped. */
export function vlanHandleEgress(br: Bridge, p: BridgePort | null, vg: VlanGroup, skb: Skb): boolean {
  if ((skb.cb0 & CB_VLAN_FILTERED) === 0) return true;
  const v = vg.vlans.get(skb.vlanProto === 0 ? 0 : skbVlanTagId(skb));
  if (v === undefined || !vlanShouldUse(v)) {
    // Only a bridge that listens to everything gets here without the VLAN.
    if ((br.dev.flags & IFF_PROMISC) !== 0 && p === null) return true;
    kfreeSkbReason(skb, DROP.VLAN_FILTER);
    return false;
  }
  if (br.vlanStatsEnabled) {
    const n = v.stats.n;
    n[2] = n[2]! + skb.len;
    n[3] = n[3]! + 1;
  }
  if ((v.flags & BRIDGE_VLAN_INFO_UNTAGGED) !== 0) skbVlanClearTag(skb);
  return true;
}

/** Should addresses be learned from this frame, whose port only learns when told to (br_should_learn)? Fills `out.vid`. */
export function vlanShouldLearn(p: BridgePort, skb: Skb, out: VlanIngress): boolean {
  out.vid = 0;
  const { br } = p;
  if (!br.vlanEnabled) return true;
  let vid = skb.vlanProto === br.vlanProto ? skbVlanTagId(skb) : 0;
  if (vid === 0) {
    vid = p.vlans.pvid;
    if (vid === 0 || !stateAllowed(p.vlans.pvidState, true)) return false;
    out.vid = vid;
    return true;
  }
  const v = p.vlans.vlans.get(vid);
  if (v === undefined || !stateAllowed(v.state, true)) return false;
  out.vid = vid;
  return true;
}
