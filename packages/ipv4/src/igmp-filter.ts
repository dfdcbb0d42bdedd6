/** The sources that are wanted of a group on a device: what all filters of sockets come to (RFC 3376 3.2; ip_mc_add_src, ip_mc_del_src of igmp.c). */
// datapath-ok-file: socket options
import { EINVAL, ENODEV, ESRCH } from '@linnet/kernel';
import { MCAST_EXCLUDE, MCAST_INCLUDE } from '@linnet/uapi';
import { igmpChanged } from './igmp-report.ts';
import { igmpRobustness, IgmpSource, igmpVersion } from './igmp-state.ts';
import type { IgmpGroup } from './igmp-state.ts';
import type { InDevice } from './in-device.ts';
import { rtCacheFlush } from './rtable.ts';

/** Is it in the list that is told: in mode INCLUDE what anybody wants, in EXCLUDE what nobody wants? */
function reported(g: IgmpGroup, s: IgmpSource): boolean {
  return g.exclude !== 0 ? g.exclude === s.exclude && s.include === 0 : s.include !== 0;
}

/** Remembers what is told now (sf_markstate). */
function mark(g: IgmpGroup): void {
  for (const s of g.sources) s.oldIn = reported(g, s);
}

/** Finds what is told anew or no longer; true when there is something (sf_setstate). */
function compare(g: IgmpGroup): boolean {
  const { qrv } = g.indev.mc;
  let changed = false;
  for (const s of g.sources) {
    if (reported(g, s)) {
      if (s.oldIn) continue;
      const at = g.tomb.findIndex((d) => d.addr === s.addr);
      if (at >= 0) g.tomb.splice(at, 1);
      s.changes = qrv;
      changed = true;
    } else if (s.oldIn) {
      s.changes = 0;
      let d = g.tomb.find((o) => o.addr === s.addr);
      if (d === undefined) {
        d = new IgmpSource(s.addr);
        d.include = s.include;
        d.exclude = s.exclude;
        d.oldIn = true;
        d.asked = s.asked;
        g.tomb.unshift(d);
      }
      d.changes = qrv;
      changed = true;
    }
  }
  return changed;
}

/** The mode of the group changed: it is told instead of single sources. */
function modeChanged(g: IgmpGroup): void {
  g.changes = igmpRobustness(g.indev);
  for (const s of g.sources) s.changes = 0;
  igmpChanged(g.indev);
}

/** One filter less names the source. Less than 0 when none did; 1 when its going is to be told (ip_mc_del1_src). */
function dropOne(g: IgmpGroup, mode: number, addr: number): number {
  const at = g.sources.findIndex((s) => s.addr === addr);
  const s = g.sources[at];
  const key = mode === MCAST_INCLUDE ? 'include' : 'exclude';
  if (s === undefined || s[key] === 0) return -ESRCH;
  if (--s[key] === 0) rtCacheFlush(g.indev.net4);
  if (s.include !== 0 || s.exclude !== 0) return 0;
  g.sources.splice(at, 1);
  if (!s.oldIn || igmpVersion(g.indev) !== 3) return 0;
  s.changes = igmpRobustness(g.indev);
  g.tomb.unshift(s);
  return 1;
}

/** One filter more names the source (ip_mc_add1_src). */
function addOne(g: IgmpGroup, mode: number, addr: number): void {
  let s = g.sources.find((o) => o.addr === addr);
  if (s === undefined) g.sources.push((s = new IgmpSource(addr)));
  if ((mode === MCAST_INCLUDE ? ++s.include : ++s.exclude) === 1) rtCacheFlush(g.indev.net4);
}

/**
 * A filter of `mode` names these sources; `delta` when the filter itself was there before (ip_mc_add_src). 0, ENODEV or ESRCH.
 * @alpha
 */
export function ipMcAddSrc(indev: InDevice | null, group: number, mode: number, sources: readonly number[], delta: boolean): number {
  if (indev === null) return -ENODEV;
  const g = indev.mc.groups.get(group);
  if (g === undefined) return -ESRCH;
  mark(g);
  const wasExclude = g.mode === MCAST_EXCLUDE;
  if (!delta) {
    if (mode === MCAST_INCLUDE) g.include++;
    else g.exclude++;
  }
  for (const s of sources) addOne(g, mode, s);
  if (wasExclude !== (g.exclude !== 0)) {
    if (g.exclude !== 0) g.mode = MCAST_EXCLUDE;
    else if (g.include !== 0) g.mode = MCAST_INCLUDE;
    modeChanged(g);
  } else if (compare(g)) {
    igmpChanged(indev);
  }
  return 0;
}

/**
 * A filter of `mode` no longer names these sources; unless `delta` the filter itself is gone (ip_mc_del_src). 0, ENODEV, ESRCH or EINVAL.
 * @alpha
 */
export function ipMcDelSrc(indev: InDevice | null, group: number, mode: number, sources: readonly number[], delta: boolean): number {
  if (indev === null) return -ENODEV;
  const g = indev.mc.groups.get(group);
  if (g === undefined) return -ESRCH;
  mark(g);
  if (!delta) {
    if ((mode === MCAST_INCLUDE ? g.include : g.exclude) === 0) return -EINVAL;
    if (mode === MCAST_INCLUDE) g.include--;
    else g.exclude--;
  }
  let err = 0;
  let changed = false;
  for (const s of sources) {
    const r = dropOne(g, mode, s);
    if (r > 0) changed = true;
    else if (err === 0) err = r;
  }
  if (g.mode === MCAST_EXCLUDE && g.exclude === 0 && g.include !== 0) {
    g.mode = MCAST_INCLUDE;
    modeChanged(g);
  } else if (compare(g) || changed) {
    igmpChanged(indev);
  }
  return err;
}
