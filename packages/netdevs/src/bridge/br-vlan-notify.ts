/** VLANs as messages of RTM_NEWVLAN: one entry, and telling RTNLGRP_BRVLAN of a range (br_vlan_notify). */
// datapath-ok-file: configuration
import { rtnlNotify, rtnlNotifyNeeded } from '@linnet/netlink';
import {
  BR_VLAN_MSG_LEN, BRIDGE_VLANDB_ENTRY, BRIDGE_VLANDB_ENTRY_INFO, BRIDGE_VLANDB_ENTRY_MCAST_MAX_GROUPS, BRIDGE_VLANDB_ENTRY_MCAST_N_GROUPS, BRIDGE_VLANDB_ENTRY_MCAST_ROUTER, BRIDGE_VLANDB_ENTRY_NEIGH_SUPPRESS,
  BRIDGE_VLANDB_ENTRY_RANGE, BRIDGE_VLANDB_ENTRY_STATE, BRIDGE_VLANDB_ENTRY_STATS, BRIDGE_VLANDB_ENTRY_TUNNEL_INFO, BRIDGE_VLANDB_STATS_RX_BYTES, BRIDGE_VLANDB_STATS_RX_PACKETS, BRIDGE_VLANDB_STATS_TX_BYTES,
  BRIDGE_VLANDB_STATS_TX_PACKETS, BRIDGE_VLANDB_TINFO_ID, NlWriter, PF_BRIDGE, RTM_DELVLAN, RTM_NEWVLAN, RTNLGRP_BRVLAN,
} from '@linnet/uapi';
import type { Bridge, BridgePort } from './br.ts';
import { putVlanInfo, vlanInfoFlags } from './br-ifinfo.ts';
import { type BrVlan, type VlanGroup, vlanShouldUse } from './br-vlan-group.ts';

/** Writes `struct br_vlan_msg`. */
export function putVlanMsg(w: NlWriter, ifindex: number): void {
  const off = w.reserve(BR_VLAN_MSG_LEN);
  w.view.setUint8(off, PF_BRIDGE);
  w.view.setUint32(off + 4, ifindex, true);
}

/** Have two VLANs that follow each other the same options, so that one message tells both (br_vlan_can_enter_range)? */
export function vlanCanEnterRange(vg: VlanGroup, v: BrVlan, end: BrVlan): boolean {
  const tunnels = v.tunnelId === 0 ? end.tunnelId === 0 : end.tunnelId !== 0 && v.tunnelId - end.tunnelId === v.vid - end.vid;
  return (
    v.vid - end.vid === 1 && end.flags === v.flags && vlanInfoFlags(vg, v) === vlanInfoFlags(vg, end) && v.state === end.state && tunnels && v.neighSuppress === end.neighSuppress &&
    (v.mcastPort?.router ?? 0) === (end.mcastPort?.router ?? 0) && (v.mcastPort?.mdbEntries ?? 0) === (end.mcastPort?.mdbEntries ?? 0)
  );
}

/** BRIDGE_VLANDB_ENTRY of a range of VLANs with the options of `v` (br_vlan_fill_vids). With `v` null only the numbers are told. */
export function putVlanEntry(w: NlWriter, vid: number, end: number, flags: number, v: BrVlan | null, stats: boolean): void {
  w.nestStart(BRIDGE_VLANDB_ENTRY);
  putVlanInfo(w, BRIDGE_VLANDB_ENTRY_INFO, vid, flags);
  if (end > vid) w.putU16(BRIDGE_VLANDB_ENTRY_RANGE, end);
  if (v !== null) {
    w.putU8(BRIDGE_VLANDB_ENTRY_STATE, v.state);
    if (v.tunnelId !== 0) {
      w.nestStart(BRIDGE_VLANDB_ENTRY_TUNNEL_INFO);
      w.putU32(BRIDGE_VLANDB_TINFO_ID, v.tunnelId);
      w.nestEnd();
    }
    w.putU8(BRIDGE_VLANDB_ENTRY_NEIGH_SUPPRESS, v.neighSuppress ? 1 : 0);
    const router = v.port === null ? v.mcast?.router : v.mcastPort?.router;
    if (router !== undefined) w.putU8(BRIDGE_VLANDB_ENTRY_MCAST_ROUTER, router);
    if (v.mcastPort !== null) {
      w.putU32(BRIDGE_VLANDB_ENTRY_MCAST_N_GROUPS, v.mcastPort.mdbEntries);
      w.putU32(BRIDGE_VLANDB_ENTRY_MCAST_MAX_GROUPS, v.mcastPort.mdbMaxEntries);
    }
    if (stats) {
      const { n } = v.stats;
      w.nestStart(BRIDGE_VLANDB_ENTRY_STATS);
      w.putU64(BRIDGE_VLANDB_STATS_RX_BYTES, n[0]!);
      w.putU64(BRIDGE_VLANDB_STATS_RX_PACKETS, n[1]!);
      w.putU64(BRIDGE_VLANDB_STATS_TX_BYTES, n[2]!);
      w.putU64(BRIDGE_VLANDB_STATS_TX_PACKETS, n[3]!);
      w.nestEnd();
    }
  }
  w.nestEnd();
}

/** Tells of VLANs `vid` to `end` (0: only the one) of a port, or with null of the bridge itself. */
export function brVlanNotify(br: Bridge, p: BridgePort | null, vid: number, end: number, cmd: number): void {
  const { net } = br.dev;
  if (net.dead || !rtnlNotifyNeeded(net, RTNLGRP_BRVLAN)) return;
  const vg = p === null ? br.vlans : p.vlans;
  let v: BrVlan | null = null;
  let flags = 0;
  if (cmd === RTM_NEWVLAN) {
    v = vg.vlans.get(vid) ?? null;
    if (v === null || !vlanShouldUse(v)) return;
    flags = vlanInfoFlags(vg, v);
  } else if (cmd !== RTM_DELVLAN) return;
  const w = new NlWriter({ capacity: 256 });
  w.begin(cmd, 0, 0, 0);
  putVlanMsg(w, p === null ? br.dev.ifindex : p.dev.ifindex);
  putVlanEntry(w, vid, end, flags, v, false);
  w.end();
  rtnlNotify(net, w, RTNLGRP_BRVLAN);
}
