/** VLANs of bridges and ports coming and going (br_vlan.c). */
// datapath-ok-file: configuration
import { EBUSY, EINVAL, ENOENT, EPERM, EPROTONOSUPPORT } from '@linnet/kernel';
import { nlSetErrMsg, type Extack } from '@linnet/netlink';
import {
  BRIDGE_VLAN_INFO_BRENTRY, BRIDGE_VLAN_INFO_MASTER, BRIDGE_VLAN_INFO_PVID, BRIDGE_VLAN_INFO_UNTAGGED, ETH_P_8021AD, ETH_P_8021Q, RTM_DELVLAN, RTM_NEWVLAN,
} from '@linnet/uapi';
import type { Bridge, BridgePort } from './br.ts';
import { fdbAddLocal, fdbDeleteByPort, fdbFindDeleteLocal, fdbFlush } from './br-fdb.ts';
import { FDB_STATIC } from './br-fdb-table.ts';
import { brManagePromisc } from './br-promisc.ts';
import { Mcast, McastPort } from './br-mcast-ctx.ts';
import { mcastCtxStart, mcastCtxStop, mcastPortCtxStart, mcastPortCtxStop } from './br-mcast.ts';
import { brVlanNotify } from './br-vlan-notify.ts';
import { BrVlan, type VlanGroup, vlanGroupEntries, vlanShouldUse, VlanStats } from './br-vlan-group.ts';

/** Brings the flags of a VLAN up to date; true when something changed (__vlan_flags_update). */
function updateFlags(vg: VlanGroup, v: BrVlan, flags: number): boolean {
  const oldPvid = vg.pvid;
  const oldFlags = v.flags;
  if ((flags & BRIDGE_VLAN_INFO_PVID) !== 0) {
    vg.pvid = v.vid;
    vg.pvidState = v.state;
  } else if (vg.pvid === v.vid) vg.pvid = 0;
  if ((flags & BRIDGE_VLAN_INFO_UNTAGGED) !== 0) v.flags |= BRIDGE_VLAN_INFO_UNTAGGED;
  else v.flags &= ~BRIDGE_VLAN_INFO_UNTAGGED;
  return vg.pvid !== oldPvid || v.flags !== oldFlags;
}

/** Multicast of a VLAN: the contexts exist from its first use. */
function mcastInit(br: Bridge, v: BrVlan): void {
  if ((v.flags & BRIDGE_VLAN_INFO_MASTER) !== 0) v.mcast ??= new Mcast(br, v);
  else v.mcastPort ??= new McastPort(v.port, v);
}

/** The bridge's entry for a VLAN of a port, made if it is not there (br_vlan_get_master). */
function getMaster(br: Bridge, vid: number): BrVlan {
  const old = br.vlans.vlans.get(vid);
  if (old !== undefined) {
    old.refs++;
    return old;
  }
  const v = new BrVlan(vid, BRIDGE_VLAN_INFO_MASTER, null, null, new VlanStats());
  mcastInit(br, v);
  br.vlans.vlans.set(vid, v);
  return v;
}
function putMaster(br: Bridge, v: BrVlan): void {
  if (--v.refs > 0) return;
  br.vlans.vlans.delete(v.vid);
  if (v.mcast !== null) mcastCtxStop(v.mcast);
}

/** Adds a VLAN to a port, or changes its flags (nbp_vlan_add). Returns whether something changed. */
export function nbpVlanAdd(p: BridgePort, vid: number, flags: number): boolean {
  const vg = p.vlans;
  const old = vg.vlans.get(vid);
  if (old !== undefined) return updateFlags(vg, old, flags);
  const { br } = p;
  if ((flags & BRIDGE_VLAN_INFO_MASTER) !== 0) {
    const r = brVlanAdd(br, vid, flags | BRIDGE_VLAN_INFO_BRENTRY);
    if (r === true) brVlanNotify(br, null, vid, 0, RTM_NEWVLAN);
  }
  const master = getMaster(br, vid);
  const v = new BrVlan(vid, 0, p, master, br.vlanStatsPerPort ? new VlanStats() : master.stats);
  vg.vlans.set(vid, v);
  mcastInit(br, v);
  fdbAddLocal(br, p, p.dev.devAddr, vid);
  updateFlags(vg, v, flags);
  mcastPortCtxStart(v.mcastPort!);
  return true;
}

/** Removes a VLAN from a port (nbp_vlan_delete). Returns 0 or -ENOENT. */
export function nbpVlanDelete(p: BridgePort, vid: number): number {
  const v = p.vlans.vlans.get(vid);
  if (v === undefined) return -ENOENT;
  fdbFindDeleteLocal(p.br, p, p.dev.devAddr, vid);
  fdbDeleteByPort(p.br, p, vid, false);
  removePortVlan(p, v);
  return 0;
}
function removePortVlan(p: BridgePort, v: BrVlan): void {
  const vg = p.vlans;
  if (vg.pvid === v.vid) vg.pvid = 0;
  vg.vlans.delete(v.vid);
  if (v.mcastPort !== null) mcastPortCtxStop(v.mcastPort);
  if (v.master !== null) putMaster(p.br, v.master);
}

/** Adds a VLAN to the bridge itself (br_vlan_add). Returns whether something changed, or a negative errno. */
export function brVlanAdd(br: Bridge, vid: number, flags: number): boolean | number {
  const vg = br.vlans;
  const old = vg.vlans.get(vid);
  if (old !== undefined) {
    let changed = false;
    if ((old.flags & BRIDGE_VLAN_INFO_BRENTRY) === 0) {
      if ((flags & BRIDGE_VLAN_INFO_BRENTRY) === 0) return -EINVAL;
      fdbAddLocal(br, null, br.dev.devAddr, vid);
      old.refs++;
      old.flags |= BRIDGE_VLAN_INFO_BRENTRY;
      changed = true;
      if (old.mcast !== null) mcastCtxStart(old.mcast);
    }
    return updateFlags(vg, old, flags) || changed;
  }
  const v = new BrVlan(vid, BRIDGE_VLAN_INFO_MASTER | (flags & BRIDGE_VLAN_INFO_BRENTRY), null, null, new VlanStats());
  vg.vlans.set(vid, v);
  mcastInit(br, v);
  if (vlanShouldUse(v)) fdbAddLocal(br, null, br.dev.devAddr, vid);
  updateFlags(vg, v, flags);
  if (v.mcast !== null) mcastCtxStart(v.mcast);
  return true;
}

/** Removes a VLAN from the bridge itself; its ports keep theirs (br_vlan_delete). Returns 0 or -ENOENT. */
export function brVlanDelete(br: Bridge, vid: number): number {
  const v = br.vlans.vlans.get(vid);
  if (v === undefined || (v.flags & BRIDGE_VLAN_INFO_BRENTRY) === 0) return -ENOENT;
  fdbFindDeleteLocal(br, null, br.dev.devAddr, vid);
  fdbFlush(br, { flags: 0, mask: FDB_STATIC, self: true, vid });
  if (br.vlans.pvid === vid) br.vlans.pvid = 0;
  v.flags &= ~BRIDGE_VLAN_INFO_BRENTRY;
  v.tunnelId = 0;
  putMaster(br, v);
  return 0;
}

/** A port goes with its VLANs (nbp_vlan_flush). */
export function nbpVlanFlush(p: BridgePort): void {
  for (const v of vlanGroupEntries(p.vlans)) removePortVlan(p, v);
}
/** The bridge goes with its own (br_vlan_flush). */
export function brVlanFlush(br: Bridge): void {
  for (const v of vlanGroupEntries(br.vlans)) {
    if (v.mcast !== null) mcastCtxStop(v.mcast);
    br.vlans.vlans.delete(v.vid);
  }
  br.vlans.pvid = 0;
}

/** A new bridge is in the default VLAN (br_vlan_init). */
export function brVlanInit(br: Bridge): void {
  brVlanAdd(br, 1, BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED | BRIDGE_VLAN_INFO_BRENTRY);
}
/** So is a new port (nbp_vlan_init). */
export function nbpVlanInit(p: BridgePort): void {
  const { br } = p;
  if (br.defaultPvid === 0) return;
  nbpVlanAdd(p, br.defaultPvid, BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED);
  brVlanNotify(br, p, br.defaultPvid, 0, RTM_NEWVLAN);
}

/** Group addresses that the other kind of bridge keeps to itself are forwarded by this one (br_recalculate_fwd_mask). */
export function brRecalculateFwdMask(br: Bridge): void {
  const provider = br.vlanEnabled && br.vlanProto === ETH_P_8021AD;
  if (!br.groupAddrSet) br.groupAddr[5] = provider ? 0x08 : 0x00;
  br.groupFwdMaskRequired = provider ? 0xb801 & ~(1 << br.groupAddr[5]!) : 0;
}

/** Switches filtering by VLAN (br_vlan_filter_toggle). */
export function brVlanFilterToggle(br: Bridge, on: boolean): number {
  if (br.vlanEnabled === on) return 0;
  br.vlanEnabled = on;
  brManagePromisc(br);
  brRecalculateFwdMask(br);
  if (!on && br.mcastVlanSnooping) {
    br.kernel.log.info(`${br.dev.name}: vlan filtering disabled, automatically disabling multicast vlan snooping`);
    mcastToggleVlanSnooping(br, false, null);
  }
  return 0;
}

/** The EtherType of the tags that count (br_vlan_set_proto). */
export function brVlanSetProto(br: Bridge, proto: number): number {
  if (proto !== ETH_P_8021Q && proto !== ETH_P_8021AD) return -EPROTONOSUPPORT;
  br.vlanProto = proto;
  brRecalculateFwdMask(br);
  return 0;
}

function isDefaultPvid(vg: VlanGroup, vid: number): boolean {
  const v = vg.vlans.get(vid);
  return vid === vg.pvid && v !== undefined && vlanShouldUse(v) && (v.flags & BRIDGE_VLAN_INFO_UNTAGGED) !== 0;
}

/** The same by sysfs, which refuses while the bridge filters (br_vlan_set_default_pvid). */
export function brVlanDefaultPvidStore(br: Bridge, pvid: number): number {
  if (pvid >= 4095) return -EINVAL;
  if (pvid === br.defaultPvid) return 0;
  if (br.vlanEnabled) {
    br.kernel.log.info('Please disable vlan filtering to change default_pvid');
    return -EPERM;
  }
  return brVlanSetDefaultPvid(br, pvid);
}

/** The VLAN of new ports; those that still have the old one change too (__br_vlan_set_default_pvid). */
export function brVlanSetDefaultPvid(br: Bridge, pvid: number): number {
  if (pvid >= 4095) return -EINVAL;
  const old = br.defaultPvid;
  if (pvid === old) return 0;
  const flags = BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED;
  for (const owner of [null, ...br.ports]) {
    const vg = owner === null ? br.vlans : owner.vlans;
    if (pvid !== 0) {
      if ((old !== 0 && !isDefaultPvid(vg, old)) || usable(vg, pvid)) continue;
      if (owner === null) brVlanAdd(br, pvid, flags | BRIDGE_VLAN_INFO_BRENTRY);
      else nbpVlanAdd(owner, pvid, flags);
      brVlanNotify(br, owner, pvid, 0, RTM_NEWVLAN);
    } else if (!isDefaultPvid(vg, old)) continue;
    if (old === 0) continue;
    const rc = owner === null ? brVlanDelete(br, old) : nbpVlanDelete(owner, old);
    if (rc === 0) brVlanNotify(br, owner, old, 0, RTM_DELVLAN);
  }
  br.defaultPvid = pvid;
  return 0;
}
function usable(vg: VlanGroup, vid: number): boolean {
  const v = vg.vlans.get(vid);
  return v !== undefined && vlanShouldUse(v);
}

/** Counters for each port's VLANs apart: only while no port has one (br_vlan_set_stats_per_port). */
export function brVlanSetStatsPerPort(br: Bridge, val: number): number {
  if (br.ports.some((p) => p.vlans.vlans.size > 0)) return -EBUSY;
  if (val > 1) return -EINVAL;
  br.vlanStatsPerPort = val === 1;
  return 0;
}

/** Snooping for each VLAN apart (br_multicast_toggle_vlan_snooping). */
export function mcastToggleVlanSnooping(br: Bridge, on: boolean, extack: Extack | null): number {
  if (br.mcastVlanSnooping === on) return 0;
  if (on && !br.vlanEnabled) {
    nlSetErrMsg(extack, 'bridge: Cannot enable multicast vlan snooping with vlan filtering disabled');
    return -EINVAL;
  }
  if (on) mcastCtxStop(br.mcast);
  br.mcastVlanSnooping = on;
  for (const v of vlanGroupEntries(br.vlans)) {
    if (v.mcast === null) continue;
    if (on) mcastCtxStart(v.mcast);
    else mcastCtxStop(v.mcast);
  }
  if (!on) mcastCtxStart(br.mcast);
  return 0;
}

/** A VLAN's state (BRIDGE_VLANDB_ENTRY_STATE); the group's own for untagged frames follows. */
export function vlanSetState(vg: VlanGroup, v: BrVlan, state: number): boolean {
  if (v.state === state) return false;
  v.state = state;
  if (v.vid === vg.pvid) vg.pvidState = state;
  return true;
}

