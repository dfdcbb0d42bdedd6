/** The pool as part of a kernel. */
import { defineKey, type Kernel, type KernelModule, type Key } from '@linnet/kernel';
import { SkbPool, type SkbPoolStats } from './pool.ts';

/** Where a kernel keeps its packet memory. @alpha */
export const SKB: Key<SkbPool> = defineKey<SkbPool>('skbuff');

/** The module: gives the kernel its packet memory. @public */
export const skbuff: KernelModule = {
  name: 'skbuff',
  init(k: Kernel): void {
    k.set(SKB, new SkbPool({ poison: k.debug }));
  },
};

/** The counters of a kernel's packets: `skbStats(k).live` is zero when nothing leaks. @public */
export function skbStats(k: Kernel): SkbPoolStats {
  return k.get(SKB).stats;
}
