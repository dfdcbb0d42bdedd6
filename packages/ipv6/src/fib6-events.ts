/** What devices, addresses and time do to routes. */
// datapath-ok-file: events
import { modTimer, timeAfter } from '@linnet/kernel';
import { NETDEV_CHANGE, NETDEV_UNREGISTER, netifCarrierOk } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { IFF_UP, RTNH_F_DEAD, RTNH_F_LINKDOWN } from '@linnet/uapi';
import { a6Equal } from './addr6.ts';
import { fib6CleanAll, fib6Del, fib6Rebalance, fib6TableWalk, fib6Tables } from './fib6-table.ts';
import type { Fib6Info } from './fib6-types.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { RTF_ANYCAST, RTF_EXPIRES, RTF_LOCAL } from './route6-const.ts';
import { fib6Expired } from './route6-lookup.ts';
import { rt6FlushExceptions } from './route6-exception.ts';
import { rt6CacheFlush } from './rt6-info.ts';

/** Calls `fn` for every route. */
function each(n6: Ipv6Net, fn: (f: Fib6Info) => void): void {
  for (const tb of fib6Tables(n6)) fib6TableWalk(tb, fn);
}

/** A device went down, lost its carrier (NETDEV_CHANGE) or goes away: so do the routes over it (rt6_sync_down_dev). @alpha */
export function rt6SyncDownDev(n6: Ipv6Net, dev: NetDevice, event: number): void {
  if (event === NETDEV_CHANGE) {
    each(n6, (f) => {
      if ((f.flags & (RTF_LOCAL | RTF_ANYCAST)) !== 0) return;
      let hit = false;
      for (const nh of f.nhs) {
        if (nh.dev !== dev || (nh.flags & RTNH_F_LINKDOWN) !== 0) continue;
        nh.flags |= RTNH_F_LINKDOWN;
        hit = true;
      }
      if (hit && f.nhObj === null) fib6Rebalance(f);
    });
    rt6CacheFlush(n6);
    return;
  }
  fib6CleanAll(n6, (f) => {
    if (f.nhObj !== null || f.nhs[0]!.dev !== dev) return false;
    if (event === NETDEV_UNREGISTER || f.siblings === null) return true;
    // The last one to go takes the others along; before that, a hop only rests.
    if (f.siblings.every((s) => (s.nhs[0]!.flags & RTNH_F_DEAD) !== 0 || s.nhs[0]!.dev === dev)) return true;
    f.nhs[0]!.flags |= RTNH_F_DEAD | RTNH_F_LINKDOWN;
    fib6Rebalance(f);
    return false;
  }, n6.sysctlSkipNotifyOnDevDown !== 0);
  rt6CacheFlush(n6);
}

/** A device is up again or has its carrier back: its hops live (rt6_sync_up). @alpha */
export function rt6SyncUp(n6: Ipv6Net, dev: NetDevice): void {
  if ((dev.flags & IFF_UP) === 0) return;
  const clear = RTNH_F_DEAD | (netifCarrierOk(dev) ? RTNH_F_LINKDOWN : 0);
  each(n6, (f) => {
    let hit = false;
    for (const nh of f.nhs) {
      if (nh.dev !== dev || (nh.flags & clear) === 0) continue;
      nh.flags &= ~clear;
      hit = true;
    }
    if (hit && f.nhObj === null) fib6Rebalance(f);
  });
  rt6CacheFlush(n6);
}

/** An address went: routes that prefer it as their source prefer none (rt6_remove_prefsrc). @alpha */
export function rt6RemovePrefsrc(n6: Ipv6Net, addr: Int32Array): void {
  each(n6, (f) => {
    if (f.prefsrc === null || !a6Equal(f.prefsrc, addr)) return;
    f.prefsrc = null;
    f.prefsrcGone = true;
  });
}

/** Removes what is over, and sleeps while something will be (fib6_run_gc). @alpha */
export function fib6RunGc(n6: Ipv6Net): void {
  const now = n6.kernel.jiffies;
  let more = false;
  fib6CleanAll(n6, (f) => {
    if (fib6Expired(f)) return true;
    if ((f.flags & RTF_EXPIRES) !== 0) more = true;
    return false;
  });
  rt6FlushExceptions(n6, (_nh, e) => {
    if (timeAfter(now, e.expires)) return true;
    more = true;
    return false;
  });
  if (more) modTimer(n6.kernel, n6.gcTimer, (now + Math.max(n6.sysctlGcInterval, 1)) | 0);
}

/** Every route of every table goes, without a word: the namespace ends. @alpha */
export function fib6Exit(n6: Ipv6Net): void {
  each(n6, (f) => {
    fib6Del(n6, f, null, true);
  });
}
