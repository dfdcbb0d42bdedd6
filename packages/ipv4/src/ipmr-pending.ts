/** Streams that the daemon was asked about, and their first packets. */
// datapath-ok-file: until the daemon answers
import { delTimer, HZ, modTimer, timeAfter } from '@linnet/kernel';
import { DROP, kfreeSkbReason } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { IGMPMSG_NOCACHE, iphDaddr, iphSaddr, RTM_DELROUTE, RTM_NEWROUTE } from '@linnet/uapi';
import { mrNotify } from './ipmr-notify.ts';
import { MrPending } from './ipmr-types.ts';
import type { MrTable } from './ipmr-types.ts';
import { mrUpcall } from './ipmr-upcall.ts';

/** How long a stream waits for the daemon's answer. */
const PENDING_TIME = 10 * HZ;
/** Packets of a stream that wait. */
const PENDING_PACKETS = 4;

function find(t: MrTable, origin: number, group: number): MrPending | null {
  return t.pendingBy.get(group)?.get(origin) ?? null;
}

function forget(t: MrTable, p: MrPending): void {
  t.pending.delete(p);
  const g = t.pendingBy.get(p.group)!;
  g.delete(p.origin);
  if (g.size === 0) t.pendingBy.delete(p.group);
  if (t.pending.size === 0) delTimer(t.n4.kernel, t.pendingTimer);
}

function drop(t: MrTable, p: MrPending): void {
  for (const skb of p.packets.splice(0)) kfreeSkbReason(skb, DROP.NOT_SPECIFIED);
  mrNotify(t, RTM_DELROUTE, p);
}

/** The stream of a packet, of which the daemon is told if it has not been; or a negative errno, when there is nobody to tell. @alpha */
export function mrAsk(t: MrTable, skb: Skb, vif: number): MrPending | number {
  const origin = iphSaddr(skb.view, skb.networkHeader);
  const group = iphDaddr(skb.view, skb.networkHeader);
  const known = find(t, origin, group);
  if (known !== null) return known;
  const err = mrUpcall(t, skb, vif, IGMPMSG_NOCACHE);
  if (err < 0) return err;
  const { kernel } = t.n4;
  const p = new MrPending(origin, group, (kernel.jiffies + PENDING_TIME) | 0);
  if (t.pending.size === 0) modTimer(kernel, t.pendingTimer, p.expires);
  t.pending.add(p);
  let g = t.pendingBy.get(group);
  if (g === undefined) t.pendingBy.set(group, (g = new Map()));
  g.set(origin, p);
  mrNotify(t, RTM_NEWROUTE, p);
  return p;
}

/** Puts a packet to those that wait for an entry. Consumes it. @alpha */
export function mrWait(t: MrTable, skb: Skb, vif: number): void {
  const p = mrAsk(t, skb, vif);
  if (typeof p === 'number' || p.packets.length >= PENDING_PACKETS) kfreeSkbReason(skb, DROP.NOT_SPECIFIED);
  else p.packets.push(skb);
}

/** The packets that wait for an entry, which is there now: they are the caller's. @alpha */
export function mrTakePending(t: MrTable, origin: number, group: number): Skb[] {
  const p = find(t, origin, group);
  if (p === null) return [];
  forget(t, p);
  return p.packets.splice(0);
}

/** Whoever waited too long is forgotten. @alpha */
export function mrPendingDue(t: MrTable): void {
  const { kernel } = t.n4;
  const due = Array.from(t.pending).filter((p) => !timeAfter(p.expires, kernel.jiffies)).reverse();
  for (const p of due) {
    forget(t, p);
    drop(t, p);
  }
  const [oldest] = t.pending;
  if (oldest !== undefined) modTimer(kernel, t.pendingTimer, oldest.expires);
}

/** Nobody waits any longer. @alpha */
export function mrDropPending(t: MrTable): void {
  for (const p of Array.from(t.pending).reverse()) {
    forget(t, p);
    drop(t, p);
  }
}
