/** The devices as modules of a kernel. */
import type { Kernel, KernelModule } from '@linnet/kernel';
import { netdev, registerQdisc } from '@linnet/netdev';
import { NETEM_OPS } from './netem.ts';

/** veth pairs. @public */
export const veth: KernelModule = { name: 'veth', requires: [netdev] };

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
