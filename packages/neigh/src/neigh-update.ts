/** News about a neighbour: from packets, from the administrator, from the protocols above. */
import { EINVAL, EPERM, delTimer, modTimer } from '@linnet/kernel';
import type { NetDevice } from '@linnet/netdev';
import type { NlRequest } from '@linnet/netlink';
import { DROP, skbDequeue, skbQueuePurge } from '@linnet/skbuff';
import {
  NTF_EXT_LEARNED,
  NTF_ROUTER,
  NUD_FAILED,
  NUD_INCOMPLETE,
  NUD_NOARP,
  NUD_PERMANENT,
  NUD_PROBE,
  NUD_REACHABLE,
  NUD_STALE,
  RTM_DELNEIGH,
  RTM_NEWNEIGH,
} from '@linnet/uapi';
import { neighConnect, neighInvalidate, neighSuspect } from './neigh-timer.ts';
import type { NeighTable } from './neigh-table.ts';
import type { Neighbour } from './neighbour.ts';
import {
  NEIGH_UPDATE_F_ADMIN,
  NEIGH_UPDATE_F_EXT_LEARNED,
  NEIGH_UPDATE_F_EXT_VALIDATED,
  NEIGH_UPDATE_F_ISROUTER,
  NEIGH_UPDATE_F_MANAGED,
  NEIGH_UPDATE_F_OVERRIDE,
  NEIGH_UPDATE_F_OVERRIDE_ISROUTER,
  NEIGH_UPDATE_F_WEAK_OVERRIDE,
  NUD_CONNECTED,
  NUD_IN_TIMER,
  NUD_VALID,
} from './nud.ts';

function sameAddr(n: Neighbour, src: Uint8Array, off: number): boolean {
  for (let i = 0; i < n.dev.addrLen; i++) if (n.ha[i] !== src[off + i]) return false;
  return true;
}

/** Who is in charge of the entry, by the flags of an update: a controller outside (who found it, or vouches for it), the machine itself, or nobody (`neigh_update_flags`). True: that is new. @alpha */
export function neighUpdateFlags(n: Neighbour, flags: number): boolean {
  const { managed } = n.tbl;
  const ext = (flags & NEIGH_UPDATE_F_EXT_LEARNED) !== 0;
  const own = (flags & NEIGH_UPDATE_F_MANAGED) !== 0;
  const valid = (flags & NEIGH_UPDATE_F_EXT_VALIDATED) !== 0;
  const changed = ext !== ((n.flags & NTF_EXT_LEARNED) !== 0) || own !== managed.has(n) || valid !== n.extValidated;
  n.extValidated = valid;
  n.flags = ext ? n.flags | NTF_EXT_LEARNED : n.flags & ~NTF_EXT_LEARNED;
  if (own !== managed.has(n)) managed.set(n, own);
  return changed;
}

/**
 * Learns something (`neigh_update`): `state` is the new NUD_* state, the link-layer address lies at `off` of `lladdr` (null: unchanged).
 * `flags` are NEIGH_UPDATE_F_*. Packets that waited are sent when the address becomes known. 0, -EPERM (permanent and not ADMIN), or
 * -EINVAL (no address known and none given).
 * @alpha
 */
export function neighUpdate(n: Neighbour, lladdr: Uint8Array | null, off: number, state: number, flags: number, req: NlRequest | null): number {
  if (n.dead) return -EINVAL;
  const old = n.nudState;
  if ((flags & NEIGH_UPDATE_F_ADMIN) === 0 && (old & (NUD_NOARP | NUD_PERMANENT)) !== 0) return -EPERM;
  let notify = (flags & (NEIGH_UPDATE_F_EXT_LEARNED | NEIGH_UPDATE_F_ADMIN)) !== 0 && neighUpdateFlags(n, flags);
  if ((state & NUD_VALID) === 0) return invalidate(n, old, state, req);

  const known = (old & NUD_VALID) !== 0;
  let changed = false;
  if (n.dev.addrLen !== 0 && lladdr !== null) changed = !known || !sameAddr(n, lladdr, off);
  else if (n.dev.addrLen !== 0 && !known) return -EINVAL;

  const k = n.tbl.kernel;
  const now = k.jiffies;
  let next = state;
  if ((next & NUD_CONNECTED) !== 0) n.confirmed = now;
  let done = false;
  if (known) {
    if (changed && (flags & NEIGH_UPDATE_F_OVERRIDE) === 0) {
      changed = false;
      if ((flags & NEIGH_UPDATE_F_WEAK_OVERRIDE) !== 0 && (old & NUD_CONNECTED) !== 0) next = NUD_STALE;
      else done = true;
    } else if (!changed && next === NUD_STALE && (flags & NEIGH_UPDATE_F_ADMIN) === 0) {
      // Hearing of the same address says nothing about whether it can be reached.
      next = old;
    }
  }
  if (!done) {
    if (next !== old || changed) n.updated = now;
    if (next !== old) {
      delTimer(k, n.timer);
      if (next === NUD_PROBE) n.probes = 0;
      if ((next & NUD_IN_TIMER) !== 0) modTimer(k, n.timer, next === NUD_REACHABLE ? (now + n.parms.reach(now)) | 0 : now);
      n.nudState = next;
      notify = true;
    }
    if (changed) {
      takeAddr(n, lladdr!, off);
      if ((next & NUD_CONNECTED) === 0) n.confirmed = (now - (n.parms.baseReachableTime << 1)) | 0;
      notify = true;
    }
    if (next !== old) {
      if ((next & NUD_CONNECTED) !== 0) neighConnect(n);
      else neighSuspect(n);
      if (!known) sendQueue(n);
    }
  }
  if ((flags & NEIGH_UPDATE_F_OVERRIDE_ISROUTER) !== 0) {
    const router = (flags & NEIGH_UPDATE_F_ISROUTER) !== 0;
    if (router !== ((n.flags & NTF_ROUTER) !== 0)) {
      n.flags ^= NTF_ROUTER;
      notify = true;
    }
  }
  n.tbl.updateGc(n);
  if (notify && n.tbl.notify !== null) n.tbl.notify(n, RTM_NEWNEIGH, req);
  return 0;
}

/** The new state knows no address. */
function invalidate(n: Neighbour, old: number, state: number, req: NlRequest | null): number {
  delTimer(n.tbl.kernel, n.timer);
  if ((old & NUD_CONNECTED) !== 0) neighSuspect(n);
  n.nudState = state;
  // Who was in charge of an entry without an address is no news.
  let tell = (old & NUD_VALID) !== 0;
  if ((old & (NUD_INCOMPLETE | NUD_PROBE)) !== 0 && (state & NUD_FAILED) !== 0) {
    neighInvalidate(n);
    tell = true;
  }
  n.tbl.updateGc(n);
  if (tell && n.tbl.notify !== null) n.tbl.notify(n, RTM_NEWNEIGH, req);
  return 0;
}

function takeAddr(n: Neighbour, src: Uint8Array, off: number): void {
  for (let i = 0; i < n.dev.addrLen; i++) n.ha[i] = src[off + i]!;
  if (n.hh.len !== 0) {
    const ops = n.dev.headerOps;
    if (ops?.cacheUpdate !== undefined) ops.cacheUpdate(n.hh, n.dev, n.ha);
    else n.hh.len = 0;
  }
}

/** The address is known now: sends what waited, oldest first. */
function sendQueue(n: Neighbour): void {
  while ((n.nudState & NUD_VALID) !== 0) {
    const skb = skbDequeue(n.arpQueue);
    if (skb === null) break;
    n.arpQueueLenBytes -= skb.truesize;
    n.output(n, skb);
  }
  skbQueuePurge(n.arpQueue, DROP.NEIGH_DEAD);
  n.arpQueueLenBytes = 0;
}

/** An upper layer had an answer from the neighbour: no probe is needed for a while (`neigh_confirm`). @alpha */
export function neighConfirm(n: Neighbour): void {
  const now = n.tbl.kernel.jiffies;
  if (n.confirmed !== now) n.confirmed = now;
}

/**
 * The neighbour itself asked for us (`neigh_event_ns`): learns its address as STALE, making the entry if need be. null when the entry
 * cannot be made.
 * @alpha
 */
export function neighEventNs(tbl: NeighTable, lladdr: Uint8Array, off: number, dev: NetDevice, k0: number, k1 = 0, k2 = 0, k3 = 0): Neighbour | null {
  let n = tbl.ops.keyWords === 1 ? tbl.lookupCounted(k0, dev) : tbl.lookup4Counted(k0, k1, k2, k3, dev);
  if (n === null) {
    const made = tbl.create(dev, k0, k1, k2, k3);
    if (typeof made === 'number') return null;
    n = made;
  }
  neighUpdate(n, lladdr, off, NUD_STALE, NEIGH_UPDATE_F_OVERRIDE, null);
  return n;
}

/** Takes a neighbour out at the administrator's word: told as FAILED, then forgotten (`neigh_delete`). @alpha */
export function neighDelete(n: Neighbour, req: NlRequest | null): number {
  const err = neighUpdate(n, null, 0, NUD_FAILED, NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN, req);
  if (!n.dead) {
    if (n.tbl.notify !== null) n.tbl.notify(n, RTM_DELNEIGH, null);
    n.tbl.remove(n);
  }
  return err;
}

/** Forgets the neighbours of a device: all, or all but the permanent ones and those that somebody vouches for. */
function flush(tbl: NeighTable, dev: NetDevice, keepSure: boolean): void {
  tbl.forEach((n) => {
    if (n.dev !== dev || (keepSure && ((n.nudState & NUD_PERMANENT) !== 0 || n.extValidated))) return;
    if (tbl.notify !== null) tbl.notify(n, RTM_DELNEIGH, null);
    tbl.remove(n);
  });
}

/** The device's own address changed: forget everything learned over it (`neigh_changeaddr`). @alpha */
export function neighChangeaddr(tbl: NeighTable, dev: NetDevice): void {
  flush(tbl, dev, false);
}

/** The device went down: forget everything learned over it, and what it answered for (`neigh_ifdown`). @alpha */
export function neighIfdown(tbl: NeighTable, dev: NetDevice): void {
  flush(tbl, dev, false);
  tbl.proxies.ifdown(dev, dev.net);
}

/** The device lost its carrier: forget all but permanent entries and those that somebody vouches for (`neigh_carrier_down`). @alpha */
export function neighCarrierDown(tbl: NeighTable, dev: NetDevice): void {
  flush(tbl, dev, true);
  tbl.proxies.ifdown(dev, dev.net, true);
}

