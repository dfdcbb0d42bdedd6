/** VLAN devices as a module of a kernel. */
import type { Kernel, KernelModule, Net } from '@linnet/kernel';
import { NETDEV, netdev, netIoctlRegister, registerNetdeviceNotifier } from '@linnet/netdev';
import { netlink, rtnlLinkRegister } from '@linnet/netlink';
import { SIOCGIFVLAN, SIOCSIFVLAN } from '@linnet/uapi';
import { vlanDoReceive } from './vlan-core.ts';
import { vlanIoctl } from './vlan-ioctl.ts';
import { VLAN_RTNL_OPS } from './vlan-netlink.ts';
import { procVlanConfig, VLAN_NET, VlanNet, vlanProcEvent } from './vlan-net.ts';
import { vlanDeviceEvent } from './vlan-notifier.ts';

/** VLAN devices, 802.1Q and 802.1ad. @public */
export const vlan: KernelModule = {
  name: 'vlan',
  requires: [netdev, netlink],
  init(k: Kernel): void {
    rtnlLinkRegister(k, VLAN_RTNL_OPS);
    k.get(NETDEV).vlanReceive = vlanDoReceive;
    registerNetdeviceNotifier(k, (event, dev) => {
      vlanProcEvent(event, dev);
      return vlanDeviceEvent(event, dev);
    });
    netIoctlRegister(k, SIOCSIFVLAN, vlanIoctl);
    netIoctlRegister(k, SIOCGIFVLAN, vlanIoctl);
  },
  netInit(net: Net): void {
    net.set(VLAN_NET, new VlanNet());
    net.proc.create('net/vlan/config', () => procVlanConfig(net));
  },
};
