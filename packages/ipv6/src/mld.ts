/**
 * Which groups a device listens to, with source filters (RFC 3810, RFC 3590): memberships, the device's receive filter, what is due to be told. The messages are
 * in `mld-report.ts`.
 */
// datapath-ok-file: memberships
import { EADDRNOTAVAIL, timeBefore, delTimer, modTimer } from '@linnet/kernel';
import { devMcAdd, devMcDel } from '@linnet/netdev';
import {
  ARPHRD_ETHER, ARPHRD_IEEE802, DEVCONF_FORCE_MLD_VERSION, DEVCONF_FORWARDING, DEVCONF_MLDV1_UNSOLICITED_REPORT_INTERVAL, DEVCONF_MLDV2_UNSOLICITED_REPORT_INTERVAL, IFF_UP,
  RTM_DELMULTICAST, RTM_NEWMULTICAST,
} from '@linnet/uapi';
import {
  a6Equal, ipv6AddrScope, ipv6EthMcMap, IN6ADDR_INTERFACELOCAL_ALLNODES, IN6ADDR_INTERFACELOCAL_ALLROUTERS, IN6ADDR_LINKLOCAL_ALLNODES, IN6ADDR_LINKLOCAL_ALLROUTERS,
  IN6ADDR_SITELOCAL_ALLROUTERS, IPV6_ADDR_SCOPE_LINKLOCAL,
} from './addr6.ts';
import type { Inet6Dev } from './inet6-dev.ts';
import { IPV6 } from './ipv6-net.ts';
import { Ifmcaddr6, Ip6Sf, MCAST_EXCLUDE, MCAST_INCLUDE, MldTomb } from './mld-state.ts';
import type { MldState } from './mld-state.ts';
import { mldSendDone, mldSendReportV1 } from './mld-send.ts';

/** The group's entry on a device, or null. @alpha */
export function mcFind(idev: Inet6Dev, group: Int32Array): Ifmcaddr6 | null {
  const { mcs } = idev.mld;
  for (let i = 0; i < mcs.length; i++) if (a6Equal(mcs[i]!.addr, group)) return mcs[i]!;
  return null;
}

/** Is nobody told of this group: all nodes, or a group that does not leave the interface? (MAF_NOREPORT) @alpha */
export function mldQuiet(group: Int32Array): boolean {
  return ipv6AddrScope(group) < IPV6_ADDR_SCOPE_LINKLOCAL || a6Equal(group, IN6ADDR_LINKLOCAL_ALLNODES);
}

/** Is MLDv1 spoken here: because an old router was heard, or by force? @alpha */
export function mldInV1(idev: Inet6Dev): boolean {
  const forced = idev.net6.devconfAll.data[DEVCONF_FORCE_MLD_VERSION]! || idev.conf(DEVCONF_FORCE_MLD_VERSION);
  if (forced !== 0) return forced === 1;
  const s = idev.mld;
  // Once over it is forgotten: jiffies come round again.
  if (s.v1Until !== 0 && !timeBefore(idev.net6.kernel.jiffies, s.v1Until)) s.v1Until = 0;
  return s.v1Until !== 0;
}

/** The robustness that counts where no querier says one: `mld_qrv` is of the whole machine. @alpha */
export function mldQrv(idev: Inet6Dev): number {
  const { initNet } = idev.net6.kernel;
  return initNet.get(IPV6).sysctlMldQrv;
}

/** A random time up to `max` jiffies. @alpha */
export function mldRandom(idev: Inet6Dev, max: number): number {
  return max <= 0 ? 1 : 1 + idev.net6.rng.below(max);
}

/** How long at most until an unsolicited report is repeated. @alpha */
export function unsolicitedInterval(idev: Inet6Dev): number {
  return idev.conf(mldInV1(idev) ? DEVCONF_MLDV1_UNSOLICITED_REPORT_INTERVAL : DEVCONF_MLDV2_UNSOLICITED_REPORT_INTERVAL);
}

/** Arms the device's timer for the earliest of all that is due. @alpha */
export function mldArm(s: MldState): void {
  const idev = s.idev!;
  const { kernel } = idev.net6;
  let next = 0;
  let any = false;
  const due = (at: number): void => {
    if (!any || timeBefore(at, next)) next = at;
    any = true;
  };
  if (s.ifcCount !== 0) due(s.ifcDue);
  if (s.general) due(s.generalDue);
  for (const mc of s.mcs) if (mc.queried) due(mc.due);
  if (any) modTimer(kernel, s.timer, next);
  else delTimer(kernel, s.timer);
}

/** A change is to be told: at once, and again (mld_ifc_event). @alpha */
export function mldIfcEvent(idev: Inet6Dev): void {
  if (mldInV1(idev)) return;
  const s = idev.mld;
  s.ifcCount = s.qrv;
  s.ifcDue = (idev.net6.kernel.jiffies + 1) | 0;
  mldArm(s);
}

function filter(mc: Ifmcaddr6, add: boolean): void {
  const { dev } = mc.idev;
  if (ipv6AddrScope(mc.addr) < IPV6_ADDR_SCOPE_LINKLOCAL || mc.loaded === add) return;
  mc.loaded = add;
  if (dev.type !== ARPHRD_ETHER && dev.type !== ARPHRD_IEEE802) return;
  const ha = new Uint8Array(dev.devAddr.length);
  ipv6EthMcMap(mc.addr[3]!, ha);
  if (add) devMcAdd(dev, ha);
  else devMcDel(dev, ha);
}

/** The device listens to the group, and when it is up tells routers (igmp6_group_added). */
function added(mc: Ifmcaddr6): void {
  const { idev } = mc;
  filter(mc, true);
  if ((idev.dev.flags & IFF_UP) === 0 || mldQuiet(mc.addr)) return;
  if (mldInV1(idev)) {
    joinV1(mc);
    return;
  }
  const s = idev.mld;
  s.tombs = s.tombs.filter((t) => !a6Equal(t.addr, mc.addr));
  if (mc.sfmode === MCAST_EXCLUDE) mc.crcount = s.qrv;
  mldIfcEvent(idev);
}

/** MLDv1: reports a group now and once more within the interval (igmp6_join_group). */
function joinV1(mc: Ifmcaddr6): void {
  const { idev } = mc;
  mldSendReportV1(idev, mc.addr);
  mc.lastReporter = true;
  mc.queried = true;
  mc.due = (idev.net6.kernel.jiffies + mldRandom(idev, unsolicitedInterval(idev))) | 0;
  mldArm(idev.mld);
}

/** The last membership is gone, or the device goes down (igmp6_group_dropped). */
function dropped(mc: Ifmcaddr6, tell: boolean): void {
  const { idev } = mc;
  filter(mc, false);
  mc.queried = false;
  if (mldQuiet(mc.addr) || !tell || (idev.dev.flags & IFF_UP) === 0) return;
  if (mldInV1(idev)) {
    if (mc.lastReporter) mldSendDone(idev, mc.addr);
    return;
  }
  if (mc.crcount === 0 || mc.sfmode === MCAST_EXCLUDE || mc.sources.length > 0) idev.mld.tombs.push(new MldTomb(mc.addr, idev.mld.qrv));
  mldIfcEvent(idev);
}

/** One more user of a group on a device (__ipv6_dev_mc_inc); `mode` is the filter that a new group begins with. @alpha */
export function ipv6DevMcInc(idev: Inet6Dev, group: Int32Array, mode: number = MCAST_EXCLUDE): void {
  if (idev.dead) return;
  const old = mcFind(idev, group);
  if (old !== null) {
    old.users++;
    mcAddSrc(idev, group, mode, [], false);
    return;
  }
  const mc = new Ifmcaddr6(idev, group, mode, idev.net6.kernel.jiffies);
  idev.mld.mcs.unshift(mc);
  added(mc);
  idev.net6.fn.rtmsgMc(RTM_NEWMULTICAST, idev, mc);
}

/** One user less (__ipv6_dev_mc_dec). 0, or -EADDRNOTAVAIL when nobody was in the group. The caller has taken its sources back (`mcDelSrc`), or has none. @alpha */
export function ipv6DevMcDec(idev: Inet6Dev, group: Int32Array, mode: number = MCAST_EXCLUDE): number {
  const mc = mcFind(idev, group);
  if (mc === null) return -EADDRNOTAVAIL;
  if (--mc.users > 0) {
    mcDelSrc(idev, group, mode, [], false);
    return 0;
  }
  idev.mld.mcs.splice(idev.mld.mcs.indexOf(mc), 1);
  dropped(mc, true);
  mldArm(idev.mld);
  idev.net6.fn.rtmsgMc(RTM_DELMULTICAST, idev, mc);
  return 0;
}

/** The sources that a group's filter names now: those let in, or those kept out. @alpha */
export function mcActive(mc: Ifmcaddr6): Ip6Sf[] {
  if (mc.sfcount[MCAST_EXCLUDE] === 0) return mc.sources.filter((s) => s.count[MCAST_INCLUDE] > 0);
  return mc.sources.filter((s) => s.count[MCAST_INCLUDE] === 0 && s.count[MCAST_EXCLUDE] === mc.sfcount[MCAST_EXCLUDE]);
}

function remember(mc: Ifmcaddr6): void {
  const active = new Set(mcActive(mc));
  for (const s of mc.sources) s.old = active.has(s);
}

/** Tells the routers how the filter changed since {@link remember} (sf_setstate). */
function tellChange(mc: Ifmcaddr6, oldMode: number): void {
  const { idev } = mc;
  const mode = mc.sfcount[MCAST_EXCLUDE] > 0 ? MCAST_EXCLUDE : MCAST_INCLUDE;
  mc.sfmode = mode;
  const { qrv } = idev.mld;
  let change = false;
  if (mode !== oldMode) {
    mc.crcount = qrv;
    for (const s of mc.sources) s.crcount = 0;
    change = true;
  } else {
    const active = new Set(mcActive(mc));
    for (const s of mc.sources) {
      if (active.has(s) === s.old) continue;
      s.crcount = qrv;
      change = true;
    }
  }
  if (change && !mldQuiet(mc.addr) && (idev.dev.flags & IFF_UP) !== 0) mldIfcEvent(idev);
}

/**
 * A membership begins, or names more sources: `mode` is its filter (ip6_mc_add_src). `delta` when the membership was counted already and only its sources change.
 * 0 or -EADDRNOTAVAIL.
 * @alpha
 */
export function mcAddSrc(idev: Inet6Dev, group: Int32Array, mode: number, sources: readonly Int32Array[], delta: boolean): number {
  const mc = mcFind(idev, group);
  if (mc === null) return -EADDRNOTAVAIL;
  const oldMode = mc.sfmode;
  remember(mc);
  if (!delta) mc.sfcount[mode === MCAST_INCLUDE ? 0 : 1]++;
  for (const a of sources) {
    let s = mc.sources.find((x) => a6Equal(x.addr, a));
    if (s === undefined) {
      s = new Ip6Sf(a);
      mc.sources.push(s);
    }
    s.count[mode === MCAST_INCLUDE ? 0 : 1]++;
  }
  tellChange(mc, oldMode);
  return 0;
}

/** The opposite of {@link mcAddSrc} (ip6_mc_del_src). @alpha */
export function mcDelSrc(idev: Inet6Dev, group: Int32Array, mode: number, sources: readonly Int32Array[], delta: boolean): number {
  const mc = mcFind(idev, group);
  if (mc === null) return -EADDRNOTAVAIL;
  const oldMode = mc.sfmode;
  remember(mc);
  const m = mode === MCAST_INCLUDE ? 0 : 1;
  if (!delta && mc.sfcount[m] > 0) mc.sfcount[m]--;
  for (const a of sources) {
    const s = mc.sources.find((x) => a6Equal(x.addr, a));
    if (s === undefined || s.count[m] === 0) return -EADDRNOTAVAIL;
    s.count[m]--;
  }
  tellChange(mc, oldMode);
  // A source that nobody names stays as long as routers have not heard often enough that it went.
  mc.sources = mc.sources.filter((s) => s.count[0] + s.count[1] > 0 || s.crcount > 0);
  return 0;
}

/** Does the device want packets of the group, from this source? (ipv6_chk_mcast_addr) @alpha */
export function ipv6ChkMcastAddr(idev: Inet6Dev, group: Int32Array, src: Int32Array | null): boolean {
  const mc = mcFind(idev, group);
  if (mc === null) return false;
  if (src === null || (src[0]! | src[1]! | src[2]! | src[3]!) === 0 || mc.sources.length === 0) return mc.sfcount[MCAST_EXCLUDE] !== 0 || mc.sources.length !== 0 || src === null;
  for (let i = 0; i < mc.sources.length; i++) {
    const s = mc.sources[i]!;
    if (a6Equal(s.addr, src)) return s.count[MCAST_INCLUDE] !== 0 || s.count[MCAST_EXCLUDE] !== mc.sfcount[MCAST_EXCLUDE];
  }
  return mc.sfcount[MCAST_EXCLUDE] !== 0;
}

/** A new device: every node is in its groups of all nodes (ipv6_mc_init_dev, addrconf_add_dev). @alpha */
export function ipv6McInit(idev: Inet6Dev): void {
  idev.mld.qrv = mldQrv(idev);
  ipv6DevMcInc(idev, IN6ADDR_INTERFACELOCAL_ALLNODES);
  ipv6DevMcInc(idev, IN6ADDR_LINKLOCAL_ALLNODES);
  if (idev.conf(DEVCONF_FORWARDING) !== 0) ipv6DevMcInc(idev, IN6ADDR_LINKLOCAL_ALLROUTERS);
}

/** The device goes up: its filter is filled again (ipv6_mc_up). @alpha */
export function ipv6McUp(idev: Inet6Dev): void {
  for (const mc of idev.mld.mcs.slice().reverse()) added(mc);
}

/** The device goes down: the memberships stay, the filter goes (ipv6_mc_down). @alpha */
export function ipv6McDown(idev: Inet6Dev): void {
  const s = idev.mld;
  for (const mc of s.mcs) dropped(mc, false);
  s.ifcCount = 0;
  s.general = false;
  s.tombs = [];
  delTimer(idev.net6.kernel, s.timer);
}

/** The device goes away (ipv6_mc_destroy_dev). @alpha */
export function ipv6McDestroy(idev: Inet6Dev): void {
  ipv6McDown(idev);
  const { fn } = idev.net6;
  for (const mc of idev.mld.mcs) if (a6Equal(mc.addr, IN6ADDR_LINKLOCAL_ALLNODES) || a6Equal(mc.addr, IN6ADDR_LINKLOCAL_ALLROUTERS)) fn.rtmsgMc(RTM_DELMULTICAST, idev, mc);
  idev.mld.mcs = [];
}

/** The device becomes a router, or ceases to be one: its groups of all routers (dev_forward_change). @alpha */
export function ipv6McForward(idev: Inet6Dev, on: boolean): void {
  for (const g of [IN6ADDR_LINKLOCAL_ALLROUTERS, IN6ADDR_INTERFACELOCAL_ALLROUTERS, IN6ADDR_SITELOCAL_ALLROUTERS]) {
    if (on) ipv6DevMcInc(idev, g);
    else ipv6DevMcDec(idev, g);
  }
}
