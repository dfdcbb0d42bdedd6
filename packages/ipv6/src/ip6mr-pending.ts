/** Streams that the daemon of IPv6 multicast routing was asked about, and their first packets. */
// datapath-ok-file: until the daemon answers
import { delTimer, HZ, modTimer, timeAfter } from '@linnet/kernel';
import { DROP, kfreeSkbReason } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { MRT6MSG_NOCACHE, RTM_DELROUTE, RTM_NEWROUTE } from '@linnet/uapi';
import { a6Key, a6LoadDaddr, a6LoadSaddr } from './addr6.ts';
import { mr6Notify } from './ip6mr-notify.ts';
import { Mr6Pending } from './ip6mr-types.ts';
import type { Mr6Table } from './ip6mr-types.ts';
import { mr6Upcall } from './ip6mr-upcall.ts';

/** How long a stream waits for the daemon's answer. */
const PENDING_TIME = 10 * HZ;
/** Packets of a stream that wait. */
const PENDING_PACKETS = 4;

function keyOf(origin: Int32Array, group: Int32Array): string {
  return `${a6Key(origin)} ${a6Key(group)}`;
}

function forget(t: Mr6Table, p: Mr6Pending): void {
  t.pending.delete(keyOf(p.origin, p.group));
  if (t.pending.size === 0) delTimer(t.n6.kernel, t.pendingTimer);
}

function drop(t: Mr6Table, p: Mr6Pending): void {
  forget(t, p);
  for (const skb of p.packets.splice(0)) kfreeSkbReason(skb, DROP.NOT_SPECIFIED);
  mr6Notify(t, RTM_DELROUTE, p);
}

/** The stream of a packet, of which the daemon is told if it has not been; or a negative errno, when there is nobody to tell. */
function ask(t: Mr6Table, skb: Skb, mif: number): Mr6Pending | number {
  const origin = new Int32Array(4);
  const group = new Int32Array(4);
  a6LoadSaddr(origin, skb.view, skb.networkHeader);
  a6LoadDaddr(group, skb.view, skb.networkHeader);
  const key = keyOf(origin, group);
  const known = t.pending.get(key);
  if (known !== undefined) return known;
  const err = mr6Upcall(t, skb, mif, MRT6MSG_NOCACHE);
  if (err < 0) return err;
  const { kernel } = t.n6;
  const p = new Mr6Pending(origin, group, (kernel.jiffies + PENDING_TIME) | 0);
  if (t.pending.size === 0) modTimer(kernel, t.pendingTimer, p.expires);
  t.pending.set(key, p);
  mr6Notify(t, RTM_NEWROUTE, p);
  return p;
}

/** Puts a packet to those that wait for an entry. Consumes it. @alpha */
export function mr6Wait(t: Mr6Table, skb: Skb, mif: number): void {
  const p = ask(t, skb, mif);
  if (typeof p === 'number' || p.packets.length >= PENDING_PACKETS) kfreeSkbReason(skb, DROP.NOT_SPECIFIED);
  else p.packets.push(skb);
}

/** The packets that wait for an entry, which is there now: they are the caller's. @alpha */
export function mr6TakePending(t: Mr6Table, origin: Int32Array, group: Int32Array): Skb[] {
  const p = t.pending.get(keyOf(origin, group));
  if (p === undefined) return [];
  forget(t, p);
  return p.packets.splice(0);
}

/** Whoever waited too long is forgotten. @alpha */
export function mr6PendingDue(t: Mr6Table): void {
  const { kernel } = t.n6;
  for (const p of Array.from(t.pending.values()).reverse()) if (!timeAfter(p.expires, kernel.jiffies)) drop(t, p);
  const [oldest] = t.pending.values();
  if (oldest !== undefined) modTimer(kernel, t.pendingTimer, oldest.expires);
}

/** Nobody waits any longer. @alpha */
export function mr6DropPending(t: Mr6Table): void {
  for (const p of Array.from(t.pending.values()).reverse()) drop(t, p);
}
