/** The tunnels as modules of a kernel. */
import type { Kernel, KernelModule, Key, Net } from '@linnet/kernel';
import { ipv4, mrSetTunnels } from '@linnet/ipv4';
import { netlink, type RtnlLinkOps, rtnlLinkRegister } from '@linnet/netlink';
import { udp } from '@linnet/udp';
import { DVMRP_TUNNELS } from './ip/dvmrp.ts';
import { GRE, GRE_RTNL_OPS, GRETAP, GRETAP_RTNL_OPS } from './ip/gre.ts';
import { IpTunnelTable } from './ip/ip-tunnel.ts';
import { ipTunnelNetStop } from './ip/ip-tunnel-link.ts';
import { IPIP, IPIP_RTNL_OPS, SIT, SIT_RTNL_OPS } from './ip/ipip.ts';
import { VXLAN_RTNL_OPS, vxlanInit } from './vxlan/vxlan-link.ts';
import { VXLAN, VxlanNet } from './vxlan/vxlan.ts';

/** Ethernet frames in UDP (RFC 7348). @public */
export const vxlan: KernelModule = {
  name: 'vxlan',
  requires: [netlink, ipv4, udp],
  init(k: Kernel): void {
    rtnlLinkRegister(k, VXLAN_RTNL_OPS);
    vxlanInit(k);
  },
  netInit(net: Net): void {
    net.set(VXLAN, new VxlanNet());
  },
  netStop(net: Net): void {
    // Devices that were moved elsewhere but travel through this namespace go with it.
    for (const v of Array.from(net.get(VXLAN).devs)) VXLAN_RTNL_OPS.dellink!(v.dev!);
  },
};

function ipTunnels(name: string, kinds: readonly (readonly [Key<IpTunnelTable>, RtnlLinkOps])[]): KernelModule {
  return {
    name,
    requires: [netlink, ipv4],
    init(k: Kernel): void {
      for (const [, ops] of kinds) rtnlLinkRegister(k, ops);
    },
    netInit(net: Net): void {
      for (const [key] of kinds) net.set(key, new IpTunnelTable());
    },
    netStop(net: Net): void {
      for (const [key] of kinds) ipTunnelNetStop(net, key);
    },
  };
}

const IPIP_TUNNELS: KernelModule = ipTunnels('ipip', [[IPIP, IPIP_RTNL_OPS]]);
/** IPv4 in IPv4 (RFC 2003), also for daemons of multicast routing. @public */
export const ipip: KernelModule = {
  ...IPIP_TUNNELS,
  netInit(net: Net): void {
    IPIP_TUNNELS.netInit!(net);
    mrSetTunnels(net, DVMRP_TUNNELS);
  },
};
/** Packets and frames in GRE (RFC 2784, RFC 2890): `gre` and `gretap`. @public */
export const gre: KernelModule = ipTunnels('gre', [[GRE, GRE_RTNL_OPS], [GRETAP, GRETAP_RTNL_OPS]]);
/** IPv6, and IPv4, in IPv4 (RFC 4213). @public */
export const sit: KernelModule = ipTunnels('sit', [[SIT, SIT_RTNL_OPS]]);
