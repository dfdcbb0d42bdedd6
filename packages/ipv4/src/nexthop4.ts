/** IPv4's part in nexthop objects: checking hops, and the routes that use them (nh_create_ipv4, fib_semantics). */
// datapath-ok-file: configuration, but `good`
import type { Net } from '@linnet/kernel';
import { fibCheckNexthop, nexthopIsBlackhole, nexthopRegisterFamily } from '@linnet/inet';
import type { NexthopFamily, NhConfig, NhInfo } from '@linnet/inet';
import { NUD_VALID } from '@linnet/neigh';
import { l3mdevFibTable } from '@linnet/netdev';
import { nlSetErrMsg } from '@linnet/netlink';
import type { Extack, NlRequest } from '@linnet/netlink';
import { AF_INET, NLM_F_REPLACE, NUD_REACHABLE, RTM_NEWROUTE, RTNH_F_DEAD, RT_SCOPE_LINK, RT_TABLE_MAIN } from '@linnet/uapi';
import { fibFlush } from './fib-frontend.ts';
import { FibConfig, fibCheckNh, fibNexthopHops } from './fib-semantics.ts';
import { fibTableWalkBackwards } from './fib-trie.ts';
import { FibNh } from './fib-types.ts';
import type { FibInfo } from './fib-types.ts';
import { IPV4 } from './ipv4-net.ts';
import type { Ipv4Net } from './ipv4-net.ts';
import { rtCacheFlush, rtFlushExceptions, rtFlushNh } from './rtable.ts';

function create(net: Net, cfg: NhConfig, nhi: NhInfo, extack: Extack | null): number {
  const n4 = net.get(IPV4);
  if (cfg.fdb) {
    nhi.scope = RT_SCOPE_LINK;
    return 0;
  }
  const nh = new FibNh(cfg.dev?.ifindex ?? 0, cfg.gw, cfg.flags, 1);
  const fc = new FibConfig();
  fc.gw = cfg.gw;
  fc.oif = nh.oif;
  const vrf = cfg.dev === null ? 0 : l3mdevFibTable(cfg.dev);
  fc.table = vrf !== 0 ? vrf : RT_TABLE_MAIN;
  const err = fibCheckNh(n4, fc, nh);
  if (err !== 0) {
    if (fc.error !== '') nlSetErrMsg(extack, fc.error);
    return err;
  }
  nhi.dev = nh.dev;
  nhi.scope = nh.scope;
  nhi.hop = nh;
  return 0;
}

/** The routes of the users that Linux would tell of, in its order: tables by the low byte of their number, addresses downwards. */
function forEachRoute(n4: Ipv4Net, users: ReadonlySet<object>, fn: Parameters<typeof fibTableWalkBackwards>[1]): void {
  const tables = Array.from(n4.fibTables.values()).sort((a, b) => (a.id & 255) - (b.id & 255) || a.id - b.id);
  for (const tb of tables) {
    fibTableWalkBackwards(tb, (t, prefix, plen, fa) => {
      if (users.has(fa.info)) fn(t, prefix, plen, fa);
    });
  }
}

const NEXTHOP4: NexthopFamily = {
  family: AF_INET,
  create,
  // Each route has hops of its own, which it forgets itself; what was learned goes with the object.
  release(nhi) {
    if (nhi.hop instanceof FibNh) rtFlushExceptions(nhi.hop);
  },
  good(nhi) {
    if (nhi.gwFamily !== AF_INET || nhi.dev === null) return true;
    const indev = nhi.dev.net.get(IPV4);
    const n = indev.arpTbl.lookup(nhi.gw, nhi.dev);
    return ((n === null ? NUD_REACHABLE : n.nudState) & NUD_VALID) !== 0;
  },
  checkUsers(users, neu, extack) {
    for (const fi of users) {
      const err = fibCheckNexthop(neu, (fi as FibInfo).scope, extack);
      if (err !== 0) return err;
    }
    return 0;
  },
  changed(nh, users) {
    const n4 = nh.net.get(IPV4);
    for (const u of users) {
      const fi = u as FibInfo;
      for (const hop of fi.nhs) rtFlushNh(hop);
      fi.nhs = fibNexthopHops(nh);
      for (const hop of fi.nhs) hop.parent = fi;
      fi.nhBlackhole = nexthopIsBlackhole(nh);
    }
    rtCacheFlush(n4);
  },
  notifyChanged(net: Net, users, req: NlRequest | null) {
    const n4 = net.get(IPV4);
    forEachRoute(n4, users, (tb, prefix, plen, fa) => n4.rtmsgFib(RTM_NEWROUTE, tb, prefix, plen, fa, NLM_F_REPLACE, req));
  },
  removed(net, users) {
    for (const fi of users) (fi as FibInfo).flags |= RTNH_F_DEAD;
    fibFlush(net.get(IPV4));
  },
};

/** Lets a namespace's IPv4 routes use nexthop objects. @alpha */
export function nexthop4Init(n4: Ipv4Net): void {
  nexthopRegisterFamily(n4.net, NEXTHOP4);
}
