import { createKernel, VirtualClock, type Kernel, type KernelModule } from '@linnet/kernel';
import { devOpen, type NetDevice } from '@linnet/netdev';
import { expect } from 'vitest';
export { endKernel as finish, ETH_P_TEST, type SeenFrame as Seen, sendFrame as send, testFrame as frame, watchFrames as watch } from '@linnet/netdev/testing';

export function newKernel(modules: KernelModule[], seed: number = 1): { k: Kernel; clock: VirtualClock } {
  const clock = new VirtualClock();
  return { k: createKernel({ modules, clock, seed, debug: true }), clock };
}

export function open(...devs: NetDevice[]): void {
  for (const d of devs) d.kernel.run(() => expect(devOpen(d)).toBe(0));
}
