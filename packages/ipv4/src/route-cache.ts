/** `ip route show cache`: what was learned about single destinations, path MTUs and redirects, in dumps of routes (observed on Linux 6.18). */
// datapath-ok-file: messages
import { timeAfter } from '@linnet/kernel';
import type { FibInfo } from './fib-types.ts';
import type { Rtable } from './rtable.ts';

/** Calls `fn` for each destination of which the hops of a route know more than the route, as far as somebody asked for the way there since. @alpha */
export function fibInfoExceptions(fi: FibInfo, fn: (daddr: number, rt: Rtable) => void): void {
  for (const nh of fi.nhs) {
    if (nh.exceptions === null) continue;
    for (const e of nh.exceptions.values()) {
      if (e.expires !== 0 && timeAfter(fi.net4.kernel.jiffies, e.expires)) continue;
      const rt = e.rthInput ?? e.rthOutput;
      if (rt !== null) fn(e.daddr, rt);
    }
  }
}
