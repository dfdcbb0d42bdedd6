/** Snooping: queriers, routers, members joining and leaving (br_multicast.c). */
import { delTimer, EINVAL, modTimer, timerPending, type TimerList } from '@linnet/kernel';
import {
  BR_STATE_BLOCKING, BR_STATE_DISABLED, MDB_RTR_TYPE_DISABLED, MDB_RTR_TYPE_PERM, MDB_RTR_TYPE_TEMP, MDB_RTR_TYPE_TEMP_QUERY, RTM_DELMDB, RTM_NEWMDB,
} from '@linnet/uapi';
import type { Bridge, BridgePort } from './br.ts';
import { mdbRouterNotify } from './br-mdb-fill.ts';
import type { Mcast, McastFamily, McastPort, McastPortFamily } from './br-mcast-ctx.ts';
import { mcastCtxShouldUse, mcastSendGeneralQuery } from './br-mcast-query.ts';
import { mcastDelPg, mcastHostLeave, shortens } from './br-mcast-group.ts';
import { type BrIp, MCAST_EXCLUDE, type PortGroup } from './br-mdb-table.ts';
import { vlanGroupEntries } from './br-vlan-group.ts';

type AnyTimer = TimerList<unknown>;
const pending = (t: unknown): boolean => timerPending(t as AnyTimer);

function arm(br: Bridge, t: unknown, delay: number): void {
  modTimer(br.kernel, t as AnyTimer, (br.kernel.jiffies + delay) | 0);
}
function disarm(br: Bridge, t: unknown): void {
  delTimer(br.kernel, t as AnyTimer);
}

/** All contexts of a bridge: its own, then those of its VLANs. */
export function mcastContexts(br: Bridge): Mcast[] {
  const out = [br.mcast];
  for (const v of vlanGroupEntries(br.vlans)) if (v.mcast !== null) out.push(v.mcast);
  return out;
}
/** The context that a port's one belongs to. */
export function mcastCtxOfPort(pctx: McastPort): Mcast | null {
  const br = pctx.port!.br;
  return pctx.vlan === null ? br.mcast : (br.vlans.vlans.get(pctx.vlan.vid)?.mcast ?? null);
}
/** All contexts of a port. */
export function mcastPortContexts(p: BridgePort): McastPort[] {
  const out = [p.mcast];
  for (const v of vlanGroupEntries(p.vlans)) if (v.mcastPort !== null) out.push(v.mcastPort);
  return out;
}

// ---- queriers

/** A query of another querier was heard: the lower address wins (br_multicast_select_querier). */
function selectQuerier(f: McastFamily, ifindex: number, saddr: Int32Array): boolean {
  let take = !pending(f.ownTimer) && !pending(f.otherTimer);
  const words = f.v6 ? 4 : 1;
  let zero = true;
  let cmp = 0;
  for (let i = 0; i < words; i++) {
    if (f.querier[i] !== 0) zero = false;
    if (cmp === 0) cmp = (saddr[i]! >>> 0) - (f.querier[i]! >>> 0);
  }
  take ||= zero || cmp <= 0;
  if (!take) return false;
  f.querier.set(saddr.length < 4 ? [saddr[0]!, 0, 0, 0] : saddr);
  f.querierPort = ifindex;
  return true;
}

/** A general query came in (br_multicast_query_received): there is a querier, and where it is there is a router. */
export function mcastQueryReceived(f: McastFamily, pctx: McastPort | null, saddr: Int32Array, maxDelay: number): void {
  const { ctx } = f;
  const br = ctx.br!;
  if (!selectQuerier(f, pctx?.port?.dev.ifindex ?? 0, saddr)) return;
  if (!pending(f.otherTimer)) arm(br, f.otherDelayTimer, maxDelay);
  arm(br, f.otherTimer, ctx.querierInterval);
  mcastMarkRouter(ctx, pctx, f.v6);
}

/** A query about one group: those who do not answer it will go (br_ip4_multicast_query). */
export function mcastGroupQueried(ctx: Mcast, group: BrIp, maxDelay: number, version3: boolean): void {
  const br = ctx.br!;
  const mp = br.mdb.find(group);
  if (mp === null) return;
  const delay = maxDelay * ctx.lastMemberCount;
  if (mp.hostJoined && shortens(br, mp.timer, delay)) arm(br, mp.timer, delay);
  for (let pg = mp.ports; pg !== null; pg = pg.next) {
    if (pg.permanent || !shortens(br, pg.timer, delay)) continue;
    if (!version3 || pg.filterMode === MCAST_EXCLUDE) arm(br, pg.timer, delay);
  }
}

/** May the table of groups be trusted: is there a querier that makes members report (br_multicast_querier_exists)? */
export function mcastQuerierExists(ctx: Mcast, v6: boolean): boolean {
  const f = v6 ? ctx.ip6 : ctx.ip4;
  if (pending(f.otherDelayTimer)) return false;
  if (pending(f.otherTimer)) return true;
  // Without an address of its own the bridge cannot ask for IPv6 groups.
  return ctx.querier && (!v6 || ctx.br!.dev.sd.ipv6GetLladdr?.(ctx.br!.dev, f.querier) === true);
}

/** The other querier fell silent: ask ourselves (br_multicast_querier_expired). */
export function mcastQuerierExpired(f: McastFamily): void {
  const br = f.ctx.br!;
  if (!br.dev.running || !mcastCtxShouldUse(f.ctx) || !br.mcastEnabled) return;
  startQuerier(f);
}

function enableQuery(br: Bridge, q: McastFamily | McastPortFamily): void {
  q.startupSent = 0;
  arm(br, q.ownTimer, 0);
}

function startQuerier(f: McastFamily): void {
  const br = f.ctx.br!;
  if (!br.mcastEnabled) return;
  enableQuery(br, f);
  for (const p of br.ports) {
    if (p.state === BR_STATE_DISABLED || p.state === BR_STATE_BLOCKING) continue;
    for (const pctx of mcastPortContexts(p)) {
      if (mcastCtxOfPort(pctx) === f.ctx) enableQuery(br, f.v6 ? pctx.ip6 : pctx.ip4);
    }
  }
}

/** Time for the bridge to hear its own query. */
export function mcastOwnQueryExpired(f: McastFamily): void {
  const { ctx } = f;
  if (!ctx.br!.dev.running || !mcastCtxShouldUse(ctx)) return;
  if (f.startupSent < ctx.startupQueryCount) f.startupSent++;
  f.querierPort = 0;
  mcastSendGeneralQuery(f, null);
}
/** Time for a query out of a port (br_multicast_port_query_expired). */
export function mcastPortQueryExpired(f: McastPortFamily): void {
  const port = f.pctx.port!;
  const ctx = mcastCtxOfPort(f.pctx);
  if (ctx === null || port.state === BR_STATE_DISABLED || port.state === BR_STATE_BLOCKING || !mcastCtxShouldUse(ctx)) return;
  if (f.startupSent < ctx.startupQueryCount) f.startupSent++;
  mcastSendGeneralQuery(f.v6 ? ctx.ip6 : ctx.ip4, f);
}

// ---- routers

function addRouter(pctx: McastPort, v6: boolean): void {
  const f = v6 ? pctx.ip6 : pctx.ip4;
  if (f.router) return;
  const was = pctx.ip4.router || pctx.ip6.router;
  f.router = true;
  if (!was) mdbRouterNotify(pctx, RTM_NEWMDB);
}
function delRouters(pctx: McastPort): void {
  const was = pctx.ip4.router || pctx.ip6.router;
  pctx.ip4.router = false;
  pctx.ip6.router = false;
  if (was) mdbRouterNotify(pctx, RTM_DELMDB);
}

/** A router was heard behind the port, or with null by the bridge itself (br_multicast_mark_router). */
export function mcastMarkRouter(ctx: Mcast, pctx: McastPort | null, v6: boolean): void {
  const br = ctx.br!;
  if (!mcastCtxShouldUse(ctx)) return;
  if (pctx === null) {
    if (ctx.router === MDB_RTR_TYPE_TEMP_QUERY) arm(br, (v6 ? ctx.ip6 : ctx.ip4).routerTimer, ctx.querierInterval);
    return;
  }
  if (pctx.router === MDB_RTR_TYPE_DISABLED || pctx.router === MDB_RTR_TYPE_PERM) return;
  addRouter(pctx, v6);
  arm(br, (v6 ? pctx.ip6 : pctx.ip4).routerTimer, ctx.querierInterval);
}

/** The router was not heard again in time. */
export function mcastPortRouterExpired(f: McastPortFamily): void {
  const { pctx } = f;
  if (pctx.router === MDB_RTR_TYPE_DISABLED || pctx.router === MDB_RTR_TYPE_PERM || pending(f.routerTimer)) return;
  const other = f.v6 ? pctx.ip4 : pctx.ip6;
  const was = f.router;
  f.router = false;
  if (was && !other.router) mdbRouterNotify(pctx, RTM_DELMDB);
  if (pctx.router === MDB_RTR_TYPE_TEMP) pctx.router = MDB_RTR_TYPE_TEMP_QUERY;
}

/** The administrator says whether the bridge itself is a router (br_multicast_set_router). */
export function mcastSetRouter(ctx: Mcast, val: number): number {
  if (val !== MDB_RTR_TYPE_DISABLED && val !== MDB_RTR_TYPE_PERM && val !== MDB_RTR_TYPE_TEMP_QUERY) return -EINVAL;
  if (val !== MDB_RTR_TYPE_TEMP_QUERY) {
    disarm(ctx.br!, ctx.ip4.routerTimer);
    disarm(ctx.br!, ctx.ip6.routerTimer);
  }
  ctx.router = val;
  return 0;
}

/** The same of a port (br_multicast_set_port_router). */
export function mcastSetPortRouter(pctx: McastPort, val: number): number {
  const { br } = pctx.port!;
  const ctx = mcastCtxOfPort(pctx) ?? br.mcast;
  const stop = (): void => {
    disarm(br, pctx.ip4.routerTimer);
    disarm(br, pctx.ip6.routerTimer);
  };
  if (pctx.router === val) {
    if (val === MDB_RTR_TYPE_TEMP) {
      arm(br, pctx.ip4.routerTimer, ctx.querierInterval);
      arm(br, pctx.ip6.routerTimer, ctx.querierInterval);
    }
    return 0;
  }
  switch (val) {
    case MDB_RTR_TYPE_DISABLED:
    case MDB_RTR_TYPE_TEMP_QUERY:
      pctx.router = val;
      stop();
      delRouters(pctx);
      return 0;
    case MDB_RTR_TYPE_PERM:
      pctx.router = val;
      stop();
      addRouter(pctx, false);
      addRouter(pctx, true);
      return 0;
    case MDB_RTR_TYPE_TEMP:
      pctx.router = val;
      mcastMarkRouter(ctx, pctx, false);
      mcastMarkRouter(ctx, pctx, true);
      return 0;
    default: return -EINVAL;
  }
}

// ---- life

/** The bridge goes up (br_multicast_open). */
export function mcastOpen(br: Bridge): void {
  if (!br.mcastEnabled) return;
  for (const ctx of mcastContexts(br)) {
    if (!mcastCtxShouldUse(ctx)) continue;
    enableQuery(br, ctx.ip4);
    enableQuery(br, ctx.ip6);
  }
}
function stopCtx(ctx: Mcast): void {
  const br = ctx.br!;
  for (const f of [ctx.ip4, ctx.ip6]) for (const t of [f.routerTimer, f.otherTimer, f.otherDelayTimer, f.ownTimer]) disarm(br, t);
}
/** It goes down (br_multicast_stop). */
export function mcastStop(br: Bridge): void {
  for (const ctx of mcastContexts(br)) stopCtx(ctx);
}
/** One VLAN's context begins or ends to count. */
export function mcastCtxStart(ctx: Mcast): void {
  const br = ctx.br!;
  if (!br.dev.running || !br.mcastEnabled || !mcastCtxShouldUse(ctx)) return;
  startQuerier(ctx.ip4);
  startQuerier(ctx.ip6);
}
export function mcastCtxStop(ctx: Mcast): void {
  stopCtx(ctx);
}

/** The context of one VLAN of a port begins (br_multicast_toggle_one_vlan). */
export function mcastPortCtxStart(pctx: McastPort): void {
  const { br, state } = pctx.port!;
  if (!br.mcastEnabled || !br.dev.running || !br.mcastVlanSnooping || state === BR_STATE_DISABLED || state === BR_STATE_BLOCKING) return;
  enableQuery(br, pctx.ip4);
  enableQuery(br, pctx.ip6);
}
/** It ends. */
export function mcastPortCtxStop(pctx: McastPort): void {
  const { br } = pctx.port!;
  delRouters(pctx);
  for (const f of [pctx.ip4, pctx.ip6]) {
    disarm(br, f.routerTimer);
    disarm(br, f.ownTimer);
  }
}

/** A port takes part (br_multicast_enable_port). */
export function mcastEnablePort(p: BridgePort): void {
  const { br } = p;
  if (!br.mcastEnabled || !br.dev.running) return;
  for (const pctx of mcastPortContexts(p)) {
    enableQuery(br, pctx.ip4);
    enableQuery(br, pctx.ip6);
    if (pctx.router === MDB_RTR_TYPE_PERM) {
      addRouter(pctx, false);
      addRouter(pctx, true);
    }
  }
}
/** It does not any more: what it learned is forgotten (br_multicast_disable_port). */
export function mcastDisablePort(p: BridgePort, all: boolean = false): void {
  const { br } = p;
  for (const mp of br.mdb.list) {
    for (let pg = mp.ports; pg !== null; ) {
      const next: PortGroup | null = pg.next;
      if (pg.port === p && (all || !pg.permanent)) mcastDelPg(pg);
      pg = next;
    }
  }
  for (const pctx of mcastPortContexts(p)) mcastPortCtxStop(pctx);
}

/** Snooping is switched on or off (br_multicast_toggle). */
export function mcastToggle(br: Bridge, on: boolean): number {
  if (br.mcastEnabled === on) return 0;
  br.mcastEnabled = on;
  if (!on) {
    // What was learned is of no use when nobody looks any more.
    for (const p of br.ports) mcastDisablePort(p);
    if (br.dev.running) mcastSnoopers(br, false);
    return 0;
  }
  if (!br.dev.running) return 0;
  mcastOpen(br);
  for (const p of br.ports) mcastEnablePort(p);
  mcastSnoopers(br, true);
  return 0;
}

/** 224.0.0.106 and ff02::6a, where routers say that they are there (RFC 4286): the bridge is in these groups while it is up and looks (br_multicast_join_snoopers). */
export function mcastSnoopers(br: Bridge, join: boolean): void {
  const sd = br.dev.sd;
  sd.inetMcGroup?.(br.dev, 0xe000006a | 0, join);
  sd.inet6McGroup?.(br.dev, 0x6a, join);
}

/** The bridge begins to ask for members itself (br_multicast_set_querier). */
export function mcastSetQuerier(ctx: Mcast, on: boolean): number {
  if (ctx.querier === on) return 0;
  ctx.querier = on;
  if (!on) return 0;
  const br = ctx.br!;
  for (const f of [ctx.ip4, ctx.ip6]) {
    if (!pending(f.otherTimer)) arm(br, f.otherDelayTimer, ctx.queryResponseInterval);
    if (br.dev.running) startQuerier(f);
  }
  return 0;
}

/** The version of IGMP (2, 3) or MLD (1, 2) that the bridge speaks. */
export function mcastSetVersion(ctx: Mcast, v6: boolean, version: number): number {
  if (v6 ? version !== 1 && version !== 2 : version !== 2 && version !== 3) return -EINVAL;
  if (v6) ctx.mldVersion = version;
  else ctx.igmpVersion = version;
  return 0;
}

/** A bridge ends: all groups go without a word to ports (br_multicast_dev_del). */
export function mcastDevDel(br: Bridge): void {
  mcastStop(br);
  for (const mp of br.mdb.list) {
    for (let pg = mp.ports; pg !== null; ) {
      const next: PortGroup | null = pg.next;
      mcastDelPg(pg);
      pg = next;
    }
    mcastHostLeave(mp, false);
  }
}
