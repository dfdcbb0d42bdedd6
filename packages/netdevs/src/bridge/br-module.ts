/** Bridges as a module of a kernel. */
import type { Kernel, KernelModule } from '@linnet/kernel';
import { devAddPack, netdev, netdevSysfsRegister, netIoctlRegister, PacketType, registerNetdeviceNotifier } from '@linnet/netdev';
import { netlink, rtnlLinkRegister } from '@linnet/netlink';
import { ETH_P_802_2, SIOCBRADDBR, SIOCBRADDIF, SIOCBRDELBR, SIOCBRDELIF } from '@linnet/uapi';
import { brDeviceEvent } from './br-event.ts';
import { brIoctl } from './br-ioctl.ts';
import { BRIDGE_RTNL_OPS } from './br-netlink.ts';
import { brStpRcv } from './br-stp-rcv.ts';
import { BR_SYSFS, BRIF_SYSFS, BRPORT_SYSFS } from './br-sysfs.ts';
import { brVlanRtnlInit } from './br-vlan-rtm.ts';

/** Bridges: forwarding with learning, spanning tree, VLANs, snooping of groups. @public */
export const bridge: KernelModule = {
  name: 'bridge',
  requires: [netdev, netlink],
  init(k: Kernel): void {
    rtnlLinkRegister(k, BRIDGE_RTNL_OPS);
    brVlanRtnlInit(k);
    registerNetdeviceNotifier(k, brDeviceEvent);
    devAddPack(k, new PacketType({ type: ETH_P_802_2, func: brStpRcv }));
    for (const cmd of [SIOCBRADDBR, SIOCBRDELBR, SIOCBRADDIF, SIOCBRDELIF]) netIoctlRegister(k, cmd, brIoctl);
    for (const group of [BR_SYSFS, BRIF_SYSFS, BRPORT_SYSFS]) netdevSysfsRegister(k, group);
  },
};
