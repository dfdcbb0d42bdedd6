/** The tunnels as modules of a kernel. */
import type { Kernel, KernelModule, Net } from '@linnet/kernel';
import { ipv4 } from '@linnet/ipv4';
import { netlink, rtnlLinkRegister } from '@linnet/netlink';
import { udp } from '@linnet/udp';
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
