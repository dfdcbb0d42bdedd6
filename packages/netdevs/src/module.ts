/** The devices as modules of a kernel. */
import type { Kernel, KernelModule } from '@linnet/kernel';
import { netdev, netdevSysfsRegister, registerQdisc } from '@linnet/netdev';
import { netlink, rtnlLinkRegister } from '@linnet/netlink';
import { DUMMY_RTNL_OPS } from './dummy.ts';
import { IFB_RTNL_OPS } from './ifb.ts';
import { macvlanInit, MACVLAN_RTNL_OPS } from './macvlan/macvlan-link.ts';
import { NETEM_OPS } from './netem.ts';
import { TAP_SYSFS, TUN_LINK_OPS } from './tap.ts';
import { VETH_RTNL_OPS } from './veth-link.ts';

/** veth pairs. @public */
export const veth: KernelModule = {
  name: 'veth',
  requires: [netdev, netlink],
  init(k: Kernel): void {
    rtnlLinkRegister(k, VETH_RTNL_OPS);
  },
};

/** TAP and TUN devices. @public */
export const tap: KernelModule = {
  name: 'tap',
  requires: [netdev, netlink],
  init(k: Kernel): void {
    rtnlLinkRegister(k, TUN_LINK_OPS);
    netdevSysfsRegister(k, TAP_SYSFS);
  },
};

/** The netem queue. @public */
export const netem: KernelModule = {
  name: 'netem',
  requires: [netdev],
  init(k: Kernel): void {
    registerQdisc(k, NETEM_OPS);
  },
};

/** dummy devices. @public */
export const dummy: KernelModule = {
  name: 'dummy',
  requires: [netdev, netlink],
  init(k: Kernel): void {
    rtnlLinkRegister(k, DUMMY_RTNL_OPS);
  },
};

/** Intermediate devices for traffic control (ifb). @public */
export const ifb: KernelModule = {
  name: 'ifb',
  requires: [netdev, netlink],
  init(k: Kernel): void {
    rtnlLinkRegister(k, IFB_RTNL_OPS);
  },
};

/** Devices with addresses of their own over one link (macvlan). @public */
export const macvlan: KernelModule = {
  name: 'macvlan',
  requires: [netdev, netlink],
  init(k: Kernel): void {
    rtnlLinkRegister(k, MACVLAN_RTNL_OPS);
    macvlanInit(k);
  },
};
