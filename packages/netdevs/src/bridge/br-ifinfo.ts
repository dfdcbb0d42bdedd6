/** Link messages of PF_BRIDGE: a port's attributes, the VLANs of a port or bridge (br_fill_ifinfo, br_port_fill_attrs). */
// datapath-ok-file: configuration
import { devGetFlags, devGetIflink, type NetDevice } from '@linnet/netdev';
import { rtnlNotify, rtnlNotifyNeeded } from '@linnet/netlink';
import {
  BRIDGE_VLAN_INFO_LEN, BRIDGE_VLAN_INFO_PVID, BRIDGE_VLAN_INFO_RANGE_BEGIN, BRIDGE_VLAN_INFO_RANGE_END, BRIDGE_VLAN_INFO_UNTAGGED, IF_OPER_DOWN, IFINFOMSG_LEN, ifinfomsgWrite, IFLA_ADDRESS,
  IFLA_AF_SPEC, IFLA_BRIDGE_VLAN_INFO, IFLA_BRIDGE_VLAN_TUNNEL_FLAGS, IFLA_BRIDGE_VLAN_TUNNEL_ID, IFLA_BRIDGE_VLAN_TUNNEL_INFO, IFLA_BRIDGE_VLAN_TUNNEL_VID, IFLA_BRPORT_BACKUP_NHID, IFLA_BRPORT_BACKUP_PORT, IFLA_BRPORT_BCAST_FLOOD, IFLA_BRPORT_BRIDGE_ID, IFLA_BRPORT_CONFIG_PENDING,
  IFLA_BRPORT_COST, IFLA_BRPORT_DESIGNATED_COST, IFLA_BRPORT_DESIGNATED_PORT, IFLA_BRPORT_FAST_LEAVE, IFLA_BRPORT_FORWARD_DELAY_TIMER, IFLA_BRPORT_GROUP_FWD_MASK, IFLA_BRPORT_GUARD,
  IFLA_BRPORT_HOLD_TIMER, IFLA_BRPORT_ID, IFLA_BRPORT_ISOLATED, IFLA_BRPORT_LEARNING, IFLA_BRPORT_LOCKED, IFLA_BRPORT_MAB, IFLA_BRPORT_MCAST_EHT_HOSTS_CNT, IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT,
  IFLA_BRPORT_MCAST_FLOOD, IFLA_BRPORT_MCAST_MAX_GROUPS, IFLA_BRPORT_MCAST_N_GROUPS, IFLA_BRPORT_MCAST_TO_UCAST, IFLA_BRPORT_MESSAGE_AGE_TIMER, IFLA_BRPORT_MODE, IFLA_BRPORT_MRP_IN_OPEN,
  IFLA_BRPORT_MRP_RING_OPEN, IFLA_BRPORT_MULTICAST_ROUTER, IFLA_BRPORT_NEIGH_SUPPRESS, IFLA_BRPORT_NEIGH_VLAN_SUPPRESS, IFLA_BRPORT_NO, IFLA_BRPORT_PRIORITY, IFLA_BRPORT_PROTECT, IFLA_BRPORT_PROXYARP,
  IFLA_BRPORT_PROXYARP_WIFI, IFLA_BRPORT_ROOT_ID, IFLA_BRPORT_STATE, IFLA_BRPORT_TOPOLOGY_CHANGE_ACK, IFLA_BRPORT_UNICAST_FLOOD, IFLA_BRPORT_VLAN_TUNNEL, IFLA_IFNAME, IFLA_LINK, IFLA_MASTER, IFLA_MTU,
  IFLA_OPERSTATE, IFLA_PROTINFO, NlWriter, PF_BRIDGE, RTEXT_FILTER_BRVLAN, RTEXT_FILTER_BRVLAN_COMPRESSED, RTM_NEWLINK, RTNLGRP_LINK,
} from '@linnet/uapi';
import {
  BR_BCAST_FLOOD, BR_BPDU_GUARD, BR_FLOOD, BR_HAIRPIN_MODE, BR_ISOLATED, BR_LEARNING, BR_MCAST_FLOOD, BR_MULTICAST_FAST_LEAVE, BR_MULTICAST_TO_UNICAST, BR_NEIGH_SUPPRESS, BR_NEIGH_VLAN_SUPPRESS,
  BR_PORT_LOCKED, BR_PORT_MAB, BR_PROXYARP, BR_PROXYARP_WIFI, BR_ROOT_BLOCK, BR_VLAN_TUNNEL, type Bridge, type BridgeId, type BridgePort, brTimerValue,
} from './br.ts';
import { type BrVlan, type VlanGroup, vlanGroupEntries, vlanShouldUse } from './br-vlan-group.ts';

/** A bridge's id as an attribute: priority and address. */
export function putBridgeId(w: NlWriter, type: number, id: BridgeId): void {
  const off = w.reserveAttr(type, 8);
  w.view.setUint16(off, id.prio);
  for (let i = 0; i < 6; i++) w.view.setUint8(off + 2 + i, id.addr[i]!);
}

/** IFLA_BRPORT_* of a port, in the kernel's order (br_port_fill_attrs). */
export function brPortFillAttrs(w: NlWriter, p: BridgePort): void {
  const flag = (type: number, bit: number): void => w.putU8(type, (p.flags & bit) !== 0 ? 1 : 0);
  const k = p.br.kernel;
  w.putU8(IFLA_BRPORT_STATE, p.state);
  w.putU16(IFLA_BRPORT_PRIORITY, p.priority);
  w.putU32(IFLA_BRPORT_COST, p.pathCost);
  flag(IFLA_BRPORT_MODE, BR_HAIRPIN_MODE);
  flag(IFLA_BRPORT_GUARD, BR_BPDU_GUARD);
  flag(IFLA_BRPORT_PROTECT, BR_ROOT_BLOCK);
  flag(IFLA_BRPORT_FAST_LEAVE, BR_MULTICAST_FAST_LEAVE);
  flag(IFLA_BRPORT_MCAST_TO_UCAST, BR_MULTICAST_TO_UNICAST);
  flag(IFLA_BRPORT_LEARNING, BR_LEARNING);
  flag(IFLA_BRPORT_UNICAST_FLOOD, BR_FLOOD);
  flag(IFLA_BRPORT_MCAST_FLOOD, BR_MCAST_FLOOD);
  flag(IFLA_BRPORT_BCAST_FLOOD, BR_BCAST_FLOOD);
  flag(IFLA_BRPORT_PROXYARP, BR_PROXYARP);
  flag(IFLA_BRPORT_PROXYARP_WIFI, BR_PROXYARP_WIFI);
  putBridgeId(w, IFLA_BRPORT_ROOT_ID, p.designatedRoot);
  putBridgeId(w, IFLA_BRPORT_BRIDGE_ID, p.designatedBridge);
  w.putU16(IFLA_BRPORT_DESIGNATED_PORT, p.designatedPort);
  w.putU16(IFLA_BRPORT_DESIGNATED_COST, p.designatedCost);
  w.putU16(IFLA_BRPORT_ID, p.portId);
  w.putU16(IFLA_BRPORT_NO, p.portNo);
  w.putU8(IFLA_BRPORT_TOPOLOGY_CHANGE_ACK, p.topologyChangeAck ? 1 : 0);
  w.putU8(IFLA_BRPORT_CONFIG_PENDING, p.configPending ? 1 : 0);
  flag(IFLA_BRPORT_VLAN_TUNNEL, BR_VLAN_TUNNEL);
  w.putU16(IFLA_BRPORT_GROUP_FWD_MASK, p.groupFwdMask);
  flag(IFLA_BRPORT_NEIGH_SUPPRESS, BR_NEIGH_SUPPRESS);
  w.putU8(IFLA_BRPORT_MRP_RING_OPEN, 0);
  w.putU8(IFLA_BRPORT_MRP_IN_OPEN, 0);
  flag(IFLA_BRPORT_ISOLATED, BR_ISOLATED);
  flag(IFLA_BRPORT_LOCKED, BR_PORT_LOCKED);
  flag(IFLA_BRPORT_MAB, BR_PORT_MAB);
  flag(IFLA_BRPORT_NEIGH_VLAN_SUPPRESS, BR_NEIGH_VLAN_SUPPRESS);
  w.putU64(IFLA_BRPORT_MESSAGE_AGE_TIMER, brTimerValue(k, p.messageAgeTimer));
  w.putU64(IFLA_BRPORT_FORWARD_DELAY_TIMER, brTimerValue(k, p.forwardDelayTimer));
  w.putU64(IFLA_BRPORT_HOLD_TIMER, brTimerValue(k, p.holdTimer));
  w.putU8(IFLA_BRPORT_MULTICAST_ROUTER, p.mcast.router);
  w.putU32(IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT, p.mcast.ehtHostsLimit);
  w.putU32(IFLA_BRPORT_MCAST_EHT_HOSTS_CNT, 0);
  w.putU32(IFLA_BRPORT_MCAST_N_GROUPS, p.mcast.mdbEntries);
  w.putU32(IFLA_BRPORT_MCAST_MAX_GROUPS, p.mcast.mdbMaxEntries);
  if (p.backupPort !== null) w.putU32(IFLA_BRPORT_BACKUP_PORT, p.backupPort.dev.ifindex);
  if (p.backupNhid !== 0) w.putU32(IFLA_BRPORT_BACKUP_NHID, p.backupNhid);
}

/** What user space sees of a VLAN's flags. */
export function vlanInfoFlags(vg: VlanGroup, v: BrVlan): number {
  return (v.flags & BRIDGE_VLAN_INFO_UNTAGGED) | (v.vid === vg.pvid ? BRIDGE_VLAN_INFO_PVID : 0);
}

/** Writes `struct bridge_vlan_info` as an attribute. */
export function putVlanInfo(w: NlWriter, type: number, vid: number, flags: number): void {
  const off = w.reserveAttr(type, BRIDGE_VLAN_INFO_LEN);
  w.view.setUint16(off, flags, true);
  w.view.setUint16(off + 2, vid, true);
}

function putRange(w: NlWriter, start: number, end: number, flags: number): void {
  if (end > start) {
    putVlanInfo(w, IFLA_BRIDGE_VLAN_INFO, start, flags | BRIDGE_VLAN_INFO_RANGE_BEGIN);
    putVlanInfo(w, IFLA_BRIDGE_VLAN_INFO, end, flags | BRIDGE_VLAN_INFO_RANGE_END);
  } else putVlanInfo(w, IFLA_BRIDGE_VLAN_INFO, start, flags);
}

function fillVlans(w: NlWriter, vg: VlanGroup, compressed: boolean): void {
  let start = 0;
  let end = 0;
  let flags = 0;
  for (const v of vlanGroupEntries(vg)) {
    if (!vlanShouldUse(v)) continue;
    const f = vlanInfoFlags(vg, v);
    if (!compressed) {
      putVlanInfo(w, IFLA_BRIDGE_VLAN_INFO, v.vid, f);
      continue;
    }
    if (start !== 0 && v.vid === end + 1 && f === flags && (f & BRIDGE_VLAN_INFO_PVID) === 0) end = v.vid;
    else {
      if (start !== 0) putRange(w, start, end, flags);
      start = end = v.vid;
      flags = f;
    }
  }
  if (compressed && start !== 0) putRange(w, start, end, flags);
}

function fillTunnels(w: NlWriter, vg: VlanGroup): void {
  for (const v of vlanGroupEntries(vg)) {
    if (v.tunnelId === 0) continue;
    w.nestStartNoflag(IFLA_BRIDGE_VLAN_TUNNEL_INFO);
    w.putU32(IFLA_BRIDGE_VLAN_TUNNEL_ID, v.tunnelId);
    w.putU16(IFLA_BRIDGE_VLAN_TUNNEL_VID, v.vid);
    w.putU16(IFLA_BRIDGE_VLAN_TUNNEL_FLAGS, 0);
    w.nestEnd();
  }
}

/** A port, or with null the bridge itself, as a link message of PF_BRIDGE into the message begun in `w` (br_fill_ifinfo). */
export function brFillIfinfo(w: NlWriter, br: Bridge, p: BridgePort | null, filterMask: number, attrs: boolean): void {
  const dev: NetDevice = p === null ? br.dev : p.dev;
  const head = w.reserve(IFINFOMSG_LEN);
  ifinfomsgWrite(w.view, head, { family: PF_BRIDGE, type: dev.type, index: dev.ifindex, flags: devGetFlags(dev), change: 0 });
  w.putString(IFLA_IFNAME, dev.name);
  w.putU32(IFLA_MASTER, br.dev.ifindex);
  w.putU32(IFLA_MTU, dev.mtu);
  w.putU8(IFLA_OPERSTATE, dev.running ? dev.operstate : IF_OPER_DOWN);
  w.putBytes(IFLA_ADDRESS, dev.devAddr.subarray(0, dev.addrLen));
  if (devGetIflink(dev) !== dev.ifindex) w.putU32(IFLA_LINK, devGetIflink(dev));
  if (attrs && p !== null) {
    w.nestStart(IFLA_PROTINFO);
    brPortFillAttrs(w, p);
    w.nestEnd();
  }
  if ((filterMask & (RTEXT_FILTER_BRVLAN | RTEXT_FILTER_BRVLAN_COMPRESSED)) === 0) return;
  const vg = p === null ? br.vlans : p.vlans;
  if (vg.vlans.size === 0) return;
  w.nestStartNoflag(IFLA_AF_SPEC);
  fillVlans(w, vg, (filterMask & RTEXT_FILTER_BRVLAN_COMPRESSED) !== 0);
  if (p !== null && (p.flags & BR_VLAN_TUNNEL) !== 0) fillTunnels(w, vg);
  w.nestEnd();
}

/** Tells RTNLGRP_LINK of a port, or with null of the bridge itself (br_ifinfo_notify). */
export function brIfinfoNotify(event: number, bridge: Bridge | null, p: BridgePort | null): void {
  const br = p === null ? bridge! : p.br;
  const { net } = br.dev;
  if (net.dead || !rtnlNotifyNeeded(net, RTNLGRP_LINK)) return;
  const w = new NlWriter({ capacity: 512 });
  w.begin(event, 0, 0, 0);
  brFillIfinfo(w, br, p, RTEXT_FILTER_BRVLAN_COMPRESSED, event === RTM_NEWLINK);
  w.end();
  rtnlNotify(net, w, RTNLGRP_LINK);
}
