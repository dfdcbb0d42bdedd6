/**
 * Virtual devices: veth pairs, TAP and TUN, VLANs, bridges, bonds, macvlan, dummy, ifb, vrf; the netem queue and traffic control.
 *
 * @packageDocumentation
 */
export { vethDellink, vethPeer, vethSetup, vethTie } from './veth.ts';
export { VETH_RTNL_OPS, vethNewlink } from './veth-link.ts';
export { createTap, TAP_SYSFS, tapAttach, tapAttached, tapFlags, tapMode, tapReceive, tapSetHeader, tapUse, tapWake, type TapOptions, type TapPort, type TapUse } from './tap.ts';
export { NETEM_OPS, netemClear, netemSet, type NetemOptions } from './netem.ts';
export { bridgeNewlink, bridgeSetPort } from './bridge/br-api.ts';
export { brIoctl, brPrivIoctl, type BrIoctlOut } from './bridge/br-ioctl.ts';
export { bridge } from './bridge/br-module.ts';
export { BRIDGE_RTNL_OPS } from './bridge/br-netlink.ts';
export { NF_BR_BROUTING, NF_BR_FORWARD, NF_BR_LOCAL_IN, NF_BR_LOCAL_OUT, NF_BR_POST_ROUTING, NF_BR_PRE_ROUTING } from './bridge/br-nf.ts';
export { bond } from './bond/bond-module.ts';
export { BOND_RTNL_OPS, bondNewlink } from './bond/bond-netlink.ts';
export { vlanIoctl } from './vlan/vlan-ioctl.ts';
export { vlan } from './vlan/vlan-module.ts';
export { VLAN_RTNL_OPS, vlanNewlink } from './vlan/vlan-netlink.ts';
export { isVlanDev, vlanDevRealDev, vlanFindDev } from './vlan/vlan.ts';
export { dummy, ifb, macvlan, netem, tap, veth } from './module.ts';
export { DUMMY_RTNL_OPS } from './dummy.ts';
export { IFB_RTNL_OPS } from './ifb.ts';
export { MACVLAN_RTNL_OPS } from './macvlan/macvlan-link.ts';
export { vrf } from './vrf.ts';
export { tc } from './tc/module.ts';
export { TC, TC_NET } from './tc/tc-types.ts';
export type {
  TcActInit, TcActOps, TcAction, TcClass, TcClassOps, TcDev, TcKernel, TcNet, TcQdiscOps, TcRequest, TcfBlock, TcfChain, TcfExts, TcfProto, TcfProtoOps, TcfResult,
} from './tc/tc-types.ts';
export type { QueueStats, StatsDump } from './tc/gen-stats.ts';
export type { Counted, GenEstimator } from './tc/gen-estimator.ts';
