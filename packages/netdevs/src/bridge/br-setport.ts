/** IFLA_BRPORT_*: what user space sets of a port (br_setport). */
// datapath-ok-file: configuration
import { EINVAL, ENOENT } from '@linnet/kernel';
import { devGetByIndex } from '@linnet/netdev';
import { NLA_U16, NLA_U32, NLA_U8, nlSetErrMsg, type Extack, type NlaPolicy, type NlaPolicyTable } from '@linnet/netlink';
import * as U from '@linnet/uapi';
import {
  BR_AUTO_MASK, BR_BCAST_FLOOD, BR_BPDU_GUARD, BR_FLOOD, BR_GROUPFWD_MACPAUSE, BR_HAIRPIN_MODE, BR_ISOLATED, BR_LEARNING, BR_MCAST_FLOOD, BR_MULTICAST_FAST_LEAVE, BR_MULTICAST_TO_UNICAST,
  BR_NEIGH_SUPPRESS, BR_NEIGH_VLAN_SUPPRESS, BR_PORT_LOCKED, BR_PORT_MAB, BR_PROXYARP, BR_PROXYARP_WIFI, BR_ROOT_BLOCK, BR_VLAN_TUNNEL, type BridgePort,
} from './br.ts';
import { neighSuppressRecalculate } from './br-arp-nd.ts';
import { nbpBackupChange } from './br-if.ts';
import { mcastSetPortRouter } from './br-mcast.ts';
import { nbpUpdatePortCount } from './br-promisc.ts';
import { brFlushLearned, brSetPortState, brStpSetPathCost, brStpSetPortPriority } from './br-stp-if.ts';

const u8: NlaPolicy = { type: NLA_U8 };
const u16: NlaPolicy = { type: NLA_U16 };
const u32: NlaPolicy = { type: NLA_U32 };

/** br_port_policy. */
export const BRPORT_POLICY: NlaPolicyTable = {
  maxtype: U.IFLA_BRPORT_MAX,
  strictStart: U.IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT + 1,
  rules: {
    [U.IFLA_BRPORT_STATE]: u8, [U.IFLA_BRPORT_COST]: u32, [U.IFLA_BRPORT_PRIORITY]: u16, [U.IFLA_BRPORT_MODE]: u8, [U.IFLA_BRPORT_GUARD]: u8, [U.IFLA_BRPORT_PROTECT]: u8,
    [U.IFLA_BRPORT_FAST_LEAVE]: u8, [U.IFLA_BRPORT_LEARNING]: u8, [U.IFLA_BRPORT_UNICAST_FLOOD]: u8, [U.IFLA_BRPORT_PROXYARP]: u8, [U.IFLA_BRPORT_PROXYARP_WIFI]: u8,
    [U.IFLA_BRPORT_MULTICAST_ROUTER]: u8, [U.IFLA_BRPORT_MCAST_TO_UCAST]: u8, [U.IFLA_BRPORT_MCAST_FLOOD]: u8, [U.IFLA_BRPORT_BCAST_FLOOD]: u8, [U.IFLA_BRPORT_VLAN_TUNNEL]: u8,
    [U.IFLA_BRPORT_GROUP_FWD_MASK]: u16, [U.IFLA_BRPORT_NEIGH_SUPPRESS]: u8, [U.IFLA_BRPORT_LOCKED]: u8, [U.IFLA_BRPORT_MAB]: u8, [U.IFLA_BRPORT_ISOLATED]: u8, [U.IFLA_BRPORT_BACKUP_PORT]: u32,
    [U.IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT]: u32, [U.IFLA_BRPORT_MCAST_N_GROUPS]: { type: 17 }, [U.IFLA_BRPORT_MCAST_MAX_GROUPS]: u32, [U.IFLA_BRPORT_NEIGH_VLAN_SUPPRESS]: { type: NLA_U8, max: 1 },
    [U.IFLA_BRPORT_BACKUP_NHID]: u32,
  },
};

const PORT_FLAGS: readonly (readonly [number, number])[] = [
  [U.IFLA_BRPORT_MODE, BR_HAIRPIN_MODE], [U.IFLA_BRPORT_GUARD, BR_BPDU_GUARD], [U.IFLA_BRPORT_FAST_LEAVE, BR_MULTICAST_FAST_LEAVE], [U.IFLA_BRPORT_PROTECT, BR_ROOT_BLOCK],
  [U.IFLA_BRPORT_LEARNING, BR_LEARNING], [U.IFLA_BRPORT_UNICAST_FLOOD, BR_FLOOD], [U.IFLA_BRPORT_MCAST_FLOOD, BR_MCAST_FLOOD], [U.IFLA_BRPORT_MCAST_TO_UCAST, BR_MULTICAST_TO_UNICAST],
  [U.IFLA_BRPORT_BCAST_FLOOD, BR_BCAST_FLOOD], [U.IFLA_BRPORT_PROXYARP, BR_PROXYARP], [U.IFLA_BRPORT_PROXYARP_WIFI, BR_PROXYARP_WIFI], [U.IFLA_BRPORT_VLAN_TUNNEL, BR_VLAN_TUNNEL],
  [U.IFLA_BRPORT_NEIGH_SUPPRESS, BR_NEIGH_SUPPRESS], [U.IFLA_BRPORT_ISOLATED, BR_ISOLATED], [U.IFLA_BRPORT_LOCKED, BR_PORT_LOCKED], [U.IFLA_BRPORT_MAB, BR_PORT_MAB],
  [U.IFLA_BRPORT_NEIGH_VLAN_SUPPRESS, BR_NEIGH_VLAN_SUPPRESS],
];

/** What changes with a port's flags (br_port_flags_change). */
export function brPortFlagsChange(p: BridgePort, old: number): void {
  const mask = old ^ p.flags;
  if ((mask & BR_AUTO_MASK) !== 0) nbpUpdatePortCount(p.br);
  if ((mask & (BR_NEIGH_SUPPRESS | BR_NEIGH_VLAN_SUPPRESS)) !== 0) neighSuppressRecalculate(p.br);
}

/** Applies IFLA_BRPORT_* to a port, in the kernel's order; what went before a failure stays, but for flags (br_setport). */
export function brSetport(p: BridgePort, view: DataView, tb: Int32Array, extack: Extack | null): number {
  const { br } = p;
  const old = p.flags;
  for (const [type, bit] of PORT_FLAGS) {
    const nla = tb[type]!;
    if (nla === 0) continue;
    p.flags = U.nlaGetU8(view, nla) !== 0 ? p.flags | bit : p.flags & ~bit;
  }
  if ((p.flags & BR_PORT_MAB) !== 0 && ((p.flags & BR_PORT_LOCKED) === 0 || (p.flags & BR_LEARNING) === 0)) {
    p.flags = old;
    nlSetErrMsg(extack, 'Bridge port must be locked and have learning enabled when MAB is enabled');
    return -EINVAL;
  }
  brPortFlagsChange(p, old);
  const at = (type: number): number => tb[type]!;
  let err = 0;
  if (at(U.IFLA_BRPORT_COST) !== 0) {
    err = brStpSetPathCost(p, U.nlaGetU32(view, at(U.IFLA_BRPORT_COST)));
    if (err < 0) return err;
  }
  if (at(U.IFLA_BRPORT_PRIORITY) !== 0) {
    err = brStpSetPortPriority(p, U.nlaGetU16(view, at(U.IFLA_BRPORT_PRIORITY)));
    if (err < 0) return err;
  }
  if (at(U.IFLA_BRPORT_STATE) !== 0) {
    err = brSetPortState(p, U.nlaGetU8(view, at(U.IFLA_BRPORT_STATE)));
    if (err < 0) return err;
  }
  if (at(U.IFLA_BRPORT_FLUSH) !== 0) brFlushLearned(br, p);
  if (at(U.IFLA_BRPORT_MULTICAST_ROUTER) !== 0) {
    err = mcastSetPortRouter(p.mcast, U.nlaGetU8(view, at(U.IFLA_BRPORT_MULTICAST_ROUTER)));
    if (err < 0) return err;
  }
  if (at(U.IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT) !== 0) {
    const n = U.nlaGetU32(view, at(U.IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT));
    if (n === 0) return -EINVAL;
    p.mcast.ehtHostsLimit = n;
  }
  if (at(U.IFLA_BRPORT_MCAST_MAX_GROUPS) !== 0) p.mcast.mdbMaxEntries = U.nlaGetU32(view, at(U.IFLA_BRPORT_MCAST_MAX_GROUPS));
  if (at(U.IFLA_BRPORT_GROUP_FWD_MASK) !== 0) {
    const mask = U.nlaGetU16(view, at(U.IFLA_BRPORT_GROUP_FWD_MASK));
    if ((mask & BR_GROUPFWD_MACPAUSE) !== 0) return -EINVAL;
    p.groupFwdMask = mask;
  }
  if (at(U.IFLA_BRPORT_BACKUP_PORT) !== 0) {
    const index = U.nlaGetU32(view, at(U.IFLA_BRPORT_BACKUP_PORT)) | 0;
    const backup = index === 0 ? null : devGetByIndex(p.dev.net, index);
    if (index !== 0 && backup === null) return -ENOENT;
    err = nbpBackupChange(p, backup);
    if (err < 0) return err;
  }
  if (at(U.IFLA_BRPORT_BACKUP_NHID) !== 0) p.backupNhid = U.nlaGetU32(view, at(U.IFLA_BRPORT_BACKUP_NHID));
  return 0;
}

