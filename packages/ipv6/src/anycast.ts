/** Anycast addresses of devices (RFC 4291 2.6): those of subnet routers, and those that sockets join. */
// datapath-ok-file: configuration
import { EADDRNOTAVAIL } from '@linnet/kernel';
import type { NetDevice } from '@linnet/netdev';
import { RTM_DELANYCAST, RTM_NEWANYCAST } from '@linnet/uapi';
import { a6Equal, a6SolictMult } from './addr6.ts';
import { addLocalRoute } from './fib6-config.ts';
import { fib6Del } from './fib6-table.ts';
import { Ifacaddr6, in6DevGet } from './inet6-dev.ts';
import type { Inet6Dev } from './inet6-dev.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { ipv6DevMcDec, ipv6DevMcInc } from './mld.ts';

function solicited(addr: Int32Array): Int32Array {
  const g = new Int32Array(4);
  a6SolictMult(g, addr);
  return g;
}

/** One more user of an anycast address on a device (__ipv6_dev_ac_inc). @alpha */
export function ipv6DevAcInc(idev: Inet6Dev, addr: Int32Array): void {
  if (idev.dead) return;
  const old = idev.acs.find((a) => a6Equal(a.addr, addr));
  if (old !== undefined) {
    old.users++;
    return;
  }
  const n6 = idev.net6;
  const ac = new Ifacaddr6(addr, n6.kernel.jiffies);
  idev.acs.unshift(ac);
  ac.rt = addLocalRoute(n6, idev.dev, ac.addr, true);
  ipv6DevMcInc(idev, solicited(addr));
  n6.fn.rtmsgAc(RTM_NEWANYCAST, idev, ac);
}

/** One user less (__ipv6_dev_ac_dec). 0 or -EADDRNOTAVAIL. @alpha */
export function ipv6DevAcDec(idev: Inet6Dev, addr: Int32Array): number {
  const ac = idev.acs.find((a) => a6Equal(a.addr, addr));
  if (ac === undefined) return -EADDRNOTAVAIL;
  if (--ac.users > 0) return 0;
  idev.acs.splice(idev.acs.indexOf(ac), 1);
  ipv6DevMcDec(idev, solicited(addr));
  if (ac.rt !== null) fib6Del(idev.net6, ac.rt, null);
  idev.net6.fn.rtmsgAc(RTM_DELANYCAST, idev, ac);
  return 0;
}

/** All anycast addresses of a device go (ipv6_ac_destroy_dev). @alpha */
export function ipv6AcDestroy(idev: Inet6Dev): void {
  for (const ac of idev.acs) {
    ipv6DevMcDec(idev, solicited(ac.addr));
    if (ac.rt !== null && ac.rt.table !== null) fib6Del(idev.net6, ac.rt, null);
    idev.net6.fn.rtmsgAc(RTM_DELANYCAST, idev, ac);
  }
  idev.acs = [];
}

/** Is `a` an anycast address of this machine: of `dev`, or of any device when that is null? (ipv6_chk_acast_addr) @alpha */
export function ipv6ChkAcastAddr(n6: Ipv6Net, dev: NetDevice | null, a: Int32Array, each: (fn: (dev: NetDevice) => void) => void): boolean {
  if (dev !== null) {
    const idev = in6DevGet(dev);
    return idev !== null && idev.acs.some((x) => a6Equal(x.addr, a));
  }
  let found = false;
  each((d) => {
    const idev = in6DevGet(d);
    if (idev !== null && idev.net6 === n6 && idev.acs.some((x) => a6Equal(x.addr, a))) found = true;
  });
  return found;
}
