/** Which next hop: of a multipath route by hash, of equal default routes by whether the gateway answers. */
import { nexthopSelectPath } from '@linnet/inet';
import type { Flowi } from '@linnet/inet';
import { NUD_VALID } from '@linnet/neigh';
import type { Skb } from '@linnet/skbuff';
import { NUD_NOARP, NUD_PERMANENT, NUD_REACHABLE, RT_SCOPE_LINK, RTN_UNICAST, RTNH_F_DEAD } from '@linnet/uapi';
import { fibMultipathHash } from './fib-multipath-hash.ts';
import { fibNhPrefsrc } from './fib-semantics.ts';
import { fibIsDefaultChoice } from './fib-lookup.ts';
import type { FibInfo, FibNh, FibResult } from './fib-types.ts';
import type { Ipv4Net } from './ipv4-net.ts';

/** Does the gateway of this hop answer, as far as is known? */
function goodNh(n4: Ipv4Net, nh: FibNh): boolean {
  if (nh.scope !== RT_SCOPE_LINK || nh.dev === null) return true;
  const n = n4.arpTbl.lookup(nh.gw, nh.dev);
  return n === null || (n.nudState & NUD_VALID) !== 0;
}

function selectMultipath(n4: Ipv4Net, res: FibResult, hash: number): void {
  const nhs = res.fi!.nhs;
  const group = res.fi!.nh;
  if (group !== null) {
    const i = nexthopSelectPath(group, hash);
    res.nhSel = i;
    res.nh = nhs[i]!;
    return;
  }
  let first = -1;
  for (let i = 0; i < nhs.length; i++) {
    const nh = nhs[i]!;
    if (n4.fibMultipathUseNeigh !== 0) {
      if (!goodNh(n4, nh)) continue;
      if (first < 0) first = i;
    }
    if (hash > nh.upperBound) continue;
    res.nhSel = i;
    res.nh = nh;
    return;
  }
  if (first >= 0) {
    res.nhSel = first;
    res.nh = nhs[first]!;
  }
}

/** 0: the hop's neighbour is dead or unknown, 1: suspect, 2: reachable. */
function reachability(n4: Ipv4Net, fi: FibInfo): number {
  const nh = fi.nhs[0]!;
  const n = nh.dev === null ? null : n4.arpTbl.lookup(nh.gw, nh.dev);
  const state = n === null ? 0 : n.nudState;
  if ((state & (NUD_REACHABLE | NUD_PERMANENT | NUD_NOARP)) !== 0) return 2;
  return (state & NUD_VALID) !== 0 ? 1 : 0;
}

/** Among default routes of equal metric: the first whose gateway is reachable, else the first suspect one, else the one found (RFC 1122 3.3.1.2). */
function selectDefault(n4: Ipv4Net, res: FibResult): void {
  const tb = res.table!;
  const first = res.fa;
  const priority = res.fi!.priority;
  let best = -1;
  let chosen = 0;
  for (let fa = first; fa !== 0; fa = tb.next[fa]!) {
    const fi = tb.info[fa]!;
    if (tb.tos[fa] !== tb.tos[first] || fi.priority !== priority) break;
    if (tb.type[fa] !== RTN_UNICAST || fi.scope !== res.scope || (fi.flags & RTNH_F_DEAD) !== 0) continue;
    const nh = fi.nhs[0]!;
    if (nh.gw === 0 || nh.scope !== RT_SCOPE_LINK) continue;
    const r = reachability(n4, fi);
    if (r > best) {
      best = r;
      chosen = fa;
      if (r === 2) break;
    }
  }
  if (chosen === 0 || chosen === first || best <= 0) return;
  const fi = tb.info[chosen]!;
  res.fa = chosen;
  res.fi = fi;
  res.nhSel = 0;
  res.nh = fi.nhs[0]!;
}

/** Chooses the next hop of a result and, where the flow has none, its source (`fib_select_path`). `skb` is the packet that is routed, or null. @alpha */
export function fibSelectPath(n4: Ipv4Net, res: FibResult, fl: Flowi, skb: Skb | null): void {
  if (fl.oif === 0 || (fl.flags & FLOWI_FLAG_SKIP_NH_OIF) !== 0) {
    if (res.fi!.nhs.length > 1) selectMultipath(n4, res, fibMultipathHash(n4, fl, skb));
    else if (fibIsDefaultChoice(res)) selectDefault(n4, res);
  }
  if (fl.saddr === 0) fl.saddr = fibNhPrefsrc(n4, res.fi!, res.nh!);
}

/** The flow's device does not bind the choice of the hop. */
const FLOWI_FLAG_SKIP_NH_OIF = 4;
