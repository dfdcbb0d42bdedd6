/** Members of groups: who joins and leaves, and the sources that they want (RFC 3376, 6.4; RFC 3810, 7.4; br_multicast.c). */
import { delTimer, E2BIG, modTimer, timerPending, type TimerList } from '@linnet/kernel';
import { BR_STATE_DISABLED, MDB_FLAGS_BLOCKED, MDB_FLAGS_FAST_LEAVE, MDB_FLAGS_STAR_EXCL, RTM_DELMDB, RTM_NEWMDB } from '@linnet/uapi';
import { type Bridge, BR_MULTICAST_FAST_LEAVE, BR_MULTICAST_TO_UNICAST, type BridgePort } from './br.ts';
import type { Mcast, McastPort } from './br-mcast-ctx.ts';
import { mcastCtxShouldUse, mcastSendGroupQuery } from './br-mcast-query.ts';
import { mdbNotify } from './br-mdb-fill.ts';
import { BrIp, brIpCopy, GroupSrc, isIp4, isStarG, MCAST_EXCLUDE, MCAST_INCLUDE, MdbEntry, PortGroup, portGroupOf } from './br-mdb-table.ts';

type AnyTimer = TimerList<unknown>;
const pending = (t: unknown): boolean => timerPending(t as AnyTimer);

function arm(br: Bridge, t: unknown, delay: number): void {
  modTimer(br.kernel, t as AnyTimer, (br.kernel.jiffies + delay) | 0);
}
function disarm(br: Bridge, t: unknown): void {
  delTimer(br.kernel, t as AnyTimer);
}

/** The entry of a group, made if need be (br_multicast_new_group). Null when the table is full: snooping ends then, as everything must be flooded. */
export function mcastNewGroup(br: Bridge, group: BrIp): MdbEntry | null {
  const old = br.mdb.find(group);
  if (old !== null) return old;
  if (br.mdb.list.length >= br.mcastHashMax) {
    br.mcastEnabled = false;
    return null;
  }
  const mp = new MdbEntry(br, brIpCopy(group), mcastHostExpired);
  br.mdb.insert(mp);
  return mp;
}

function freeIfEmpty(mp: MdbEntry): void {
  if (mp.ports !== null || mp.hostJoined) return;
  disarm(mp.br, mp.timer);
  mp.br.mdb.remove(mp);
}

/** A port's membership begins: at the end of the entry's list (br_multicast_new_port_group). Null when the port may have no more. */
export function mcastNewPortGroup(pctx: McastPort, mp: MdbEntry, filterMode: number): PortGroup | null {
  if (pctx.mdbMaxEntries !== 0 && pctx.mdbEntries >= pctx.mdbMaxEntries) return null;
  const pg = new PortGroup(pctx.port!, mp, mcastPortGroupExpired, mcastRexmitExpired);
  pg.filterMode = filterMode;
  pctx.mdbEntries++;
  if (mp.ports === null) mp.ports = pg;
  else {
    let last = mp.ports;
    while (last.next !== null) last = last.next;
    last.next = pg;
  }
  return pg;
}

/** The port's context that counts an entry's groups. */
function pctxOf(p: BridgePort, vid: number): McastPort {
  return (p.br.mcastVlanSnooping ? p.vlans.vlans.get(vid)?.mcastPort : null) ?? p.mcast;
}

/** A port's membership ends, with news to the listeners (br_multicast_del_pg). */
export function mcastDelPg(pg: PortGroup): void {
  if (pg.dead) return;
  const { mp } = pg;
  const { br } = mp;
  pg.dead = true;
  if (mp.ports === pg) mp.ports = pg.next;
  else {
    for (let it = mp.ports; it !== null; it = it.next) {
      if (it.next === pg) {
        it.next = pg.next;
        break;
      }
    }
  }
  mdbNotify(br, mp, pg, RTM_DELMDB);
  disarm(br, pg.timer);
  disarm(br, pg.rexmitTimer);
  srcsDelete(pg);
  const pctx = pctxOf(pg.port, mp.addr.vid);
  if (pctx.mdbEntries > 0) pctx.mdbEntries--;
  if (isStarG(mp.addr)) starGSync(mp);
  freeIfEmpty(mp);
}

/** Nobody behind the port answered in time (br_multicast_port_group_expired). */
function mcastPortGroupExpired(pg: PortGroup): void {
  const { br } = pg.mp;
  if (!br.dev.running || pg.dead || pg.permanent) return;
  const changed = pg.filterMode === MCAST_EXCLUDE;
  pg.filterMode = MCAST_INCLUDE;
  srcsDelete(pg, (s) => !pending(s.timer));
  if (pg.srcs.length === 0) {
    mcastDelPg(pg);
    return;
  }
  if (!changed) return;
  if (isStarG(pg.mp.addr)) starGSync(pg.mp);
  mdbNotify(br, pg.mp, pg, RTM_NEWMDB);
}

function mcastHostExpired(mp: MdbEntry): void {
  if (!mp.br.dev.running) return;
  mcastHostLeave(mp, true);
}

/** The bridge itself wants a group (br_multicast_host_join). */
export function mcastHostJoin(ctx: Mcast, mp: MdbEntry, notify: boolean): void {
  if (!mp.hostJoined) {
    mp.hostJoined = true;
    if (isStarG(mp.addr)) starGSync(mp);
    if (notify) mdbNotify(mp.br, mp, null, RTM_NEWMDB);
  }
  if (mp.addr.proto !== 0) arm(mp.br, mp.timer, ctx.membershipInterval);
}
/** It does not any more (br_multicast_host_leave). */
export function mcastHostLeave(mp: MdbEntry, notify: boolean): void {
  if (!mp.hostJoined) return;
  mp.hostJoined = false;
  if (isStarG(mp.addr)) starGSync(mp);
  if (notify) mdbNotify(mp.br, mp, null, RTM_DELMDB);
  disarm(mp.br, mp.timer);
  freeIfEmpty(mp);
}

/**
 * A report of the older versions: somebody behind the port (or with null the bridge itself) wants the group (br_multicast_add_group). Returns 0 or -E2BIG.
 * `old` says that it is such a report, whose member wants all sources; else it comes from version 3, and the sources are still to be looked at.
 */
export function mcastAddGroup(ctx: Mcast, pctx: McastPort | null, group: BrIp, src: Uint8Array | null, filterMode: number, old: boolean): PortGroup | null | number {
  const br = ctx.br!;
  if (!mcastCtxShouldUse(ctx) || (pctx !== null && pctx.port!.state === BR_STATE_DISABLED)) return null;
  const mp = mcastNewGroup(br, group);
  if (mp === null) return -E2BIG;
  if (pctx === null) {
    mcastHostJoin(ctx, mp, true);
    return null;
  }
  let pg = find(mp, pctx.port!, src);
  if (pg === null) {
    pg = mcastNewPortGroup(pctx, mp, filterMode);
    if (pg === null) {
      freeIfEmpty(mp);
      return -E2BIG;
    }
    if (src !== null) {
      pg.ethAddr.set(src);
      pg.hasEthAddr = true;
    }
    if (isStarG(mp.addr)) starGSync(mp);
    mdbNotify(br, mp, pg, RTM_NEWMDB);
  }
  if (old && !pg.permanent) arm(br, pg.timer, ctx.membershipInterval);
  return pg;
}

/** A port that sends groups to each member alone has an entry for each (br_port_group_equal). */
function find(mp: MdbEntry, port: BridgePort, src: Uint8Array | null): PortGroup | null {
  for (let pg = mp.ports; pg !== null; pg = pg.next) {
    if (pg.port !== port) continue;
    if ((port.flags & BR_MULTICAST_TO_UNICAST) === 0 || src === null || !pg.hasEthAddr) return pg;
    let same = true;
    for (let i = 0; i < 6; i++) if (pg.ethAddr[i] !== src[i]) same = false;
    if (same) return pg;
  }
  return null;
}

/** A member says that it leaves (br_multicast_leave_group). */
export function mcastLeaveGroup(ctx: Mcast, pctx: McastPort | null, group: BrIp, src: Uint8Array | null): void {
  const br = ctx.br!;
  if (!br.dev.running || !mcastCtxShouldUse(ctx) || (pctx !== null && pctx.port!.state === BR_STATE_DISABLED)) return;
  const mp = br.mdb.find(group);
  if (mp === null) return;
  const f = isIp4(group) ? ctx.ip4 : ctx.ip6;
  if (pctx !== null && (pctx.port!.flags & BR_MULTICAST_FAST_LEAVE) !== 0) {
    const pg = find(mp, pctx.port!, src);
    if (pg !== null && !pg.permanent) {
      pg.flags |= MDB_FLAGS_FAST_LEAVE;
      mcastDelPg(pg);
    }
    return;
  }
  if (pending(f.otherTimer)) return; // the other querier will ask
  const delay = ctx.lastMemberCount * ctx.lastMemberInterval;
  if (ctx.querier) {
    mcastSendGroupQuery(ctx, pctx === null ? null : portGroupOf(mp, pctx.port!), mp.addr, null, false);
    const own = pctx === null ? f.ownTimer : (f.v6 ? pctx.ip6 : pctx.ip4).ownTimer;
    arm(br, own, delay);
    if (pctx !== null) {
      const pg = find(mp, pctx.port!, src);
      if (pg !== null && !pg.permanent && shortens(br, pg.timer, delay)) arm(br, pg.timer, delay);
    }
  }
  if (pctx === null) {
    if (mp.hostJoined && shortens(br, mp.timer, delay)) arm(br, mp.timer, delay);
    return;
  }
  const pg = find(mp, pctx.port!, src);
  if (pg !== null && !pg.permanent && shortens(br, pg.timer, delay)) arm(br, pg.timer, delay);
}

/** Would a timer end later than `delay` from now, or is it not running? */
export function shortens(br: Bridge, t: unknown, delay: number): boolean {
  return !pending(t) || (((t as AnyTimer).expires - br.kernel.jiffies - delay) | 0) > 0;
}

// ---- sources

/** Sources that one port may have in one group (PG_SRC_ENT_LIMIT). */
const SRC_LIMIT = 32;
const running = (s: GroupSrc): boolean => timerPending(s.timer as AnyTimer);
/** Is the source wanted: reported in time, or put there for good? */
const wanted = (s: GroupSrc): boolean => running(s) || (s.user && s.pg.permanent && s.pg.filterMode === MCAST_INCLUDE);

const sameSrc = (a: Int32Array, b: Int32Array): boolean => a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3];
function findSrc(pg: PortGroup, addr: Int32Array): GroupSrc | null {
  return pg.srcs.find((s) => sameSrc(s.addr, addr)) ?? null;
}

/** Adds a source with a timer that does not run; null when the port has too many. */
export function srcAdd(pg: PortGroup, addr: Int32Array, user: boolean = false): GroupSrc | null {
  if (pg.srcs.length >= SRC_LIMIT) return null;
  const s = new GroupSrc(pg, new Int32Array(4), user, srcExpired);
  s.addr.set(addr.length > 4 ? addr.subarray(0, 4) : addr); // datapath-ok: a new source
  pg.srcs.push(s);
  return s;
}

/** Removes the sources that `which` holds for, all by default. */
export function srcsDelete(pg: PortGroup, which: (s: GroupSrc) => boolean = () => true): void {
  const { kernel } = pg.mp.br;
  pg.srcs = pg.srcs.filter((s) => {
    if (!which(s)) return true;
    delTimer(kernel, s.timer as AnyTimer);
    return false;
  });
}

/** A source was not reported again in time. */
function srcExpired(s: GroupSrc): void {
  const { pg } = s;
  const { br } = pg.mp;
  if (!br.dev.running || pg.dead) return;
  if (pg.filterMode === MCAST_INCLUDE) {
    srcsDelete(pg, (x) => x === s);
    starGSync(pg.mp);
    if (pg.srcs.length === 0) mcastDelPg(pg);
    return;
  }
  starGSync(pg.mp);
}

/** The entries of a group with one source that follow from the group's own: whom this source's packets go to. */
export function starGSync(star: MdbEntry): void {
  const { br } = star;
  const sources = new Map<string, Int32Array>();
  for (let pg = star.ports; pg !== null; pg = pg.next) for (const s of pg.srcs) sources.set(s.addr.join(), s.addr);
  // What is there already and nobody names any more ends too.
  for (const mp of br.mdb.list) {
    const { w } = mp.addr;
    if (isStarG(mp.addr) || mp.addr.proto !== star.addr.proto || mp.addr.vid !== star.addr.vid) continue;
    if (w[0] !== star.addr.w[0] || w[1] !== star.addr.w[1] || w[2] !== star.addr.w[2] || w[3] !== star.addr.w[3]) continue;
    const src = new Int32Array([w[4]!, w[5]!, w[6]!, w[7]!]);
    if (!sources.has(src.join())) sources.set(src.join(), src);
  }
  for (const src of sources.values()) syncSource(star, src);
}

function syncSource(star: MdbEntry, src: Int32Array): void {
  const { br } = star;
  const key = new BrIp();
  key.proto = star.addr.proto;
  key.vid = star.addr.vid;
  key.w.set(star.addr.w);
  for (let i = 0; i < 4; i++) key.w[4 + i] = src[i]!;
  let named = false;
  for (let pg = star.ports; pg !== null; pg = pg.next) if (findSrc(pg, src) !== null) named = true;
  let sg = br.mdb.find(key);
  if (sg === null) {
    if (!named) return;
    sg = mcastNewGroup(br, key);
    if (sg === null) return;
  }
  for (let pg = star.ports; pg !== null; pg = pg.next) {
    const s = findSrc(pg, src);
    let flags = -1;
    if (named) {
      if (s !== null) flags = pg.filterMode === MCAST_INCLUDE ? (wanted(s) ? 0 : -1) : running(s) ? 0 : MDB_FLAGS_BLOCKED;
      else if (pg.filterMode === MCAST_EXCLUDE && handlesModes(br, key)) flags = MDB_FLAGS_STAR_EXCL;
    }
    setPort(br, sg, pg, flags);
  }
  // Ports that left the group, and the bridge itself.
  for (let it = sg.ports; it !== null; ) {
    const next: PortGroup | null = it.next;
    if (it.fromStar && portGroupOf(star, it.port) === null) mcastDelPg(it);
    it = next;
  }
  if (star.hostJoined && !sg.hostJoined && named) mcastHostJoin(br.mcast, sg, false);
  else if (sg.hostJoined && (!star.hostJoined || !named)) mcastHostLeave(sg, false);
}

/** Only the newer versions know of sources (br_multicast_should_handle_mode). */
function handlesModes(br: Bridge, a: BrIp): boolean {
  return isIp4(a) ? br.mcast.igmpVersion === 3 : br.mcast.mldVersion === 2;
}

function setPort(br: Bridge, sg: MdbEntry, star: PortGroup, flags: number): void {
  const pg = portGroupOf(sg, star.port);
  if (flags < 0) {
    if (pg !== null && pg.fromStar) mcastDelPg(pg);
    return;
  }
  if (pg !== null) {
    if (!pg.fromStar || pg.flags === flags) return;
    if (flags === MDB_FLAGS_STAR_EXCL) {
      // The port ceases to want this source and begins to want all: to listeners one entry goes and another comes.
      mdbNotify(br, sg, pg, RTM_DELMDB);
      pg.flags = 0;
    } else pg.flags = flags;
    mdbNotify(br, sg, pg, RTM_NEWMDB);
    pg.flags = flags;
    return;
  }
  const made = mcastNewPortGroup(star.port.mcast, sg, MCAST_INCLUDE);
  if (made === null) return;
  // Listeners hear of ports that are blocked, not why others are there.
  made.flags = flags & ~MDB_FLAGS_STAR_EXCL;
  made.fromStar = true;
  made.permanent = star.permanent && flags !== MDB_FLAGS_STAR_EXCL;
  made.rtProtocol = star.rtProtocol;
  mdbNotify(br, sg, made, RTM_NEWMDB);
  made.flags = flags;
}

/** The records of a report (RFC 3376, 4.2.12). */
const IS_INCLUDE = 1;
const IS_EXCLUDE = 2;
const TO_INCLUDE = 3;
const TO_EXCLUDE = 4;
const ALLOW_NEW = 5;
const BLOCK_OLD = 6;

/** Works a record of a report into the port's state. `srcs` are the sources that it names. */
export function srcRecord(ctx: Mcast, pg: PortGroup, type: number, srcs: readonly Int32Array[]): void {
  const { br } = pg.mp;
  const gmi = ctx.membershipInterval;
  const named = (s: GroupSrc): boolean => srcs.some((a) => sameSrc(a, s.addr));
  const before = pg.filterMode;
  const had = pg.srcs.length;
  const include = pg.filterMode === MCAST_INCLUDE;
  const query: GroupSrc[] = [];
  let groupQuery = false;
  const allow = (): void => {
    for (const a of srcs) {
      const s = findSrc(pg, a) ?? srcAdd(pg, a);
      if (s !== null) arm(br, s.timer, gmi);
    }
  };
  switch (type) {
    case IS_INCLUDE:
    case ALLOW_NEW:
      allow();
      break;
    case TO_INCLUDE: {
      // Those that were forwarded and are not named: is there still somebody?
      for (const s of pg.srcs) if (!named(s) && running(s)) query.push(s);
      groupQuery = !include;
      allow();
      break;
    }
    case IS_EXCLUDE:
    case TO_EXCLUDE: {
      if (include) {
        if (type === TO_EXCLUDE) for (const s of pg.srcs) if (named(s)) query.push(s);
        srcsDelete(pg, (s) => !named(s));
        for (const a of srcs) if (findSrc(pg, a) === null) srcAdd(pg, a);
        pg.filterMode = MCAST_EXCLUDE;
      } else {
        srcsDelete(pg, (s) => !named(s));
        const left = timerPending(pg.timer as AnyTimer) ? (pg.timer.expires - br.kernel.jiffies) | 0 : 0;
        for (const a of srcs) {
          if (findSrc(pg, a) !== null) continue;
          const s = srcAdd(pg, a);
          if (s !== null) arm(br, s.timer, type === IS_EXCLUDE ? gmi : left);
        }
        if (type === TO_EXCLUDE) for (const s of pg.srcs) if (running(s)) query.push(s);
      }
      if (!pg.permanent) arm(br, pg.timer, gmi);
      break;
    }
    case BLOCK_OLD: {
      if (include) {
        for (const s of pg.srcs) if (named(s)) query.push(s);
      } else {
        const left = timerPending(pg.timer as AnyTimer) ? (pg.timer.expires - br.kernel.jiffies) | 0 : 0;
        for (const a of srcs) {
          let s = findSrc(pg, a);
          if (s === null) {
            s = srcAdd(pg, a);
            if (s !== null) arm(br, s.timer, left);
          }
          if (s !== null && running(s)) query.push(s);
        }
      }
      break;
    }
    default: return;
  }
  if (pg.filterMode === MCAST_INCLUDE && pg.srcs.length === 0) {
    mcastDelPg(pg);
    return;
  }
  starGSync(pg.mp);
  if (query.length > 0) querySources(ctx, pg, query);
  if (groupQuery) queryGroup(ctx, pg);
  if (pg.filterMode !== before || pg.srcs.length !== had) mdbNotify(br, pg.mp, pg, RTM_NEWMDB);
}

/** Does this bridge ask, or another querier? */
function asks(ctx: Mcast, pg: PortGroup): boolean {
  const f = isIp4(pg.mp.addr) ? ctx.ip4 : ctx.ip6;
  return ctx.querier && !timerPending(f.otherTimer as AnyTimer);
}

/** Asks for sources that somebody may not want any more (RFC 3376, 6.6.3.2). */
function querySources(ctx: Mcast, pg: PortGroup, srcs: readonly GroupSrc[]): void {
  const { br } = pg.mp;
  const lmqt = ctx.lastMemberCount * ctx.lastMemberInterval;
  for (const s of srcs) {
    if (running(s) && shortens(br, s.timer, lmqt)) arm(br, s.timer, lmqt);
    s.rexmitCnt = ctx.lastMemberCount;
  }
  if (!asks(ctx, pg)) return;
  mcastSendGroupQuery(ctx, pg, pg.mp.addr, srcs, false);
  for (const s of srcs) s.rexmitCnt--;
  if (!timerPending(pg.rexmitTimer as AnyTimer)) arm(br, pg.rexmitTimer, ctx.lastMemberInterval);
}

/** Asks for a group that somebody may not want any more (RFC 3376, 6.6.3.1). */
function queryGroup(ctx: Mcast, pg: PortGroup): void {
  const { br } = pg.mp;
  const lmqt = ctx.lastMemberCount * ctx.lastMemberInterval;
  if (asks(ctx, pg)) {
    pg.queryRexmitCnt = ctx.lastMemberCount - 1;
    mcastSendGroupQuery(ctx, pg, pg.mp.addr, null, false);
    if (!timerPending(pg.rexmitTimer as AnyTimer)) arm(br, pg.rexmitTimer, ctx.lastMemberInterval);
  }
  if (pg.filterMode === MCAST_EXCLUDE && !pg.permanent && shortens(br, pg.timer, lmqt)) arm(br, pg.timer, lmqt);
}

/** Time to ask once more. */
export function mcastRexmitExpired(pg: PortGroup): void {
  const { br } = pg.mp;
  if (pg.dead || !br.dev.running || !br.mcastEnabled) return;
  const ctx = (br.mcastVlanSnooping ? br.vlans.vlans.get(pg.mp.addr.vid)?.mcast : null) ?? br.mcast;
  if (!asks(ctx, pg)) return;
  let more = false;
  if (pg.queryRexmitCnt > 0) {
    pg.queryRexmitCnt--;
    mcastSendGroupQuery(ctx, pg, pg.mp.addr, null, true);
    more = pg.queryRexmitCnt > 0;
  }
  const due = pg.srcs.filter((s) => s.rexmitCnt > 0);
  if (due.length > 0) {
    mcastSendGroupQuery(ctx, pg, pg.mp.addr, due, false);
    for (const s of due) {
      s.rexmitCnt--;
      if (s.rexmitCnt > 0) more = true;
    }
  }
  if (more) arm(br, pg.rexmitTimer, ctx.lastMemberInterval);
}
