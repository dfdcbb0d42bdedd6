/** The devices as modules of a kernel. */
import type { Kernel, KernelModule } from '@linnet/kernel';
import { netdev, registerQdisc } from '@linnet/netdev';
import { netlink, rtnlLinkRegister } from '@linnet/netlink';
import { NETEM_OPS } from './netem.ts';
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
export const tap: KernelModule = { name: 'tap', requires: [netdev] };

/** The netem queue. @public */
export const netem: KernelModule = {
  name: 'netem',
  requires: [netdev],
  init(k: Kernel): void {
    registerQdisc(k, NETEM_OPS);
  },
};
