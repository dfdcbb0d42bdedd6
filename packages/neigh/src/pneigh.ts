/** Addresses that this machine answers for though they are another's: proxy entries (struct pneigh_entry), and the answers that wait (RFC 1027, RFC 4861 section 7.2.8). */
import { delTimer, modTimer, timerPending, TimerList, type Kernel, type Net } from '@linnet/kernel';
import type { NetDevice } from '@linnet/netdev';
import { DROP, kfreeSkbReason, SkbQueue, skbDequeue, skbPeek, skbQueueTail, type Skb } from '@linnet/skbuff';
import type { NeighParms } from './neigh-parms.ts';

/** One address to answer for, on one device or on all. @alpha */
export class PneighEntry {
  readonly net: Net;
  /** null: any device. */
  readonly dev: NetDevice | null;
  readonly key0: number;
  readonly key1: number;
  readonly key2: number;
  readonly key3: number;
  /** NTF_*. */
  flags = 0;
  /** Who made it (RTPROT_*). */
  protocol = 0;
  /** It was made as NUD_PERMANENT: it stays when the device loses its carrier. */
  permanent = false;

  constructor(net: Net, dev: NetDevice | null, k0: number, k1: number, k2: number, k3: number) {
    this.net = net;
    this.dev = dev;
    this.key0 = k0;
    this.key1 = k1;
    this.key2 = k2;
    this.key3 = k3;
  }
}

/** The proxy entries of one table, and the questions whose answer is delayed. @alpha */
export class PneighTable {
  /** By last word of the key. */
  private readonly byKey: Map<number, PneighEntry[]> = new Map();
  private readonly kernel: Kernel;
  private readonly timer: TimerList<PneighTable>;
  private readonly parmsOf: (dev: NetDevice) => NeighParms | null;
  private readonly queue: SkbQueue = new SkbQueue();
  /** Takes a question whose time has come; consumes it (neigh_table.proxy_redo). */
  redo: ((skb: Skb) => void) | null = null;
  /** An entry came, or went (neigh_table.pconstructor, pdestructor). */
  changed: ((e: PneighEntry, added: boolean) => void) | null = null;
  /** Entries in all: with none a lookup costs nothing. */
  count = 0;

  /** `parmsOf`: the parameters of a device, null where the protocol does not run. */
  constructor(k: Kernel, parmsOf: (dev: NetDevice) => NeighParms | null) {
    this.kernel = k;
    this.parmsOf = parmsOf;
    this.timer = new TimerList<PneighTable>((t) => { t.run(); }, this as PneighTable);
  }

  /** The entry for an address asked for on `dev`: that of the device, or of all devices (__pneigh_lookup). */
  lookup(net: Net, dev: NetDevice | null, k0: number, k1 = 0, k2 = 0, k3 = 0): PneighEntry | null {
    if (this.count === 0) return null;
    const list = this.byKey.get(k0 ^ k3);
    if (list === undefined) return null;
    for (const e of list) if (e.net === net && (e.dev === dev || e.dev === null) && e.key0 === k0 && e.key1 === k1 && e.key2 === k2 && e.key3 === k3) return e;
    return null;
  }

  /** The entry, made if there is none (pneigh_lookup with creat). */
  create(net: Net, dev: NetDevice | null, k0: number, k1 = 0, k2 = 0, k3 = 0): PneighEntry {
    const have = this.lookup(net, dev, k0, k1, k2, k3);
    if (have !== null) return have;
    const e = new PneighEntry(net, dev, k0, k1, k2, k3);
    const list = this.byKey.get(k0 ^ k3);
    // Newest first.
    if (list === undefined) this.byKey.set(k0 ^ k3, [e]);
    else list.unshift(e);
    this.count++;
    this.changed?.(e, true);
    return e;
  }

  /** Removes the entry of exactly this device, or of all devices when null. False when there is none (pneigh_delete). */
  remove(net: Net, dev: NetDevice | null, k0: number, k1 = 0, k2 = 0, k3 = 0): boolean {
    const e = this.byKey.get(k0 ^ k3)?.find((x) => x.net === net && x.dev === dev && x.key0 === k0 && x.key1 === k1 && x.key2 === k2 && x.key3 === k3);
    if (e === undefined) return false;
    this.drop(e);
    return true;
  }

  private drop(e: PneighEntry): void {
    const key = e.key0 ^ e.key3;
    const rest = this.byKey.get(key)!.filter((x) => x !== e);
    if (rest.length === 0) this.byKey.delete(key);
    else this.byKey.set(key, rest);
    this.count--;
    this.changed?.(e, false);
  }

  /** The device went down (or, `skipPermanent`, lost its carrier), or with `net` the namespace ended: its entries and waiting questions go (pneigh_ifdown, pneigh_queue_purge). */
  ifdown(dev: NetDevice | null, net: Net, skipPermanent: boolean = false): void {
    for (const e of this.list(net)) if ((dev === null || e.dev === dev) && !(skipPermanent && e.permanent)) this.drop(e);
    const kept = new SkbQueue(); // datapath-ok: a device goes
    for (let skb = this.take(); skb !== null; skb = this.take()) {
      if (dev === null ? (skb.dev as NetDevice).net === net : skb.dev === dev) kfreeSkbReason(skb, DROP.NETDEV_DOWN);
      else skbQueueTail(kept, skb);
    }
    for (let skb = skbDequeue(kept); skb !== null; skb = skbDequeue(kept)) this.put(skb, this.parmsOf(skb.dev as NetDevice));
    if (this.queue.qlen === 0) delTimer(this.kernel, this.timer);
  }

  /** Questions that wait, of all devices. */
  get waiting(): number {
    return this.queue.qlen;
  }

  private put(skb: Skb, parms: NeighParms | null): void {
    if (parms !== null) parms.proxiesWaiting++;
    skbQueueTail(this.queue, skb);
  }
  private take(): Skb | null {
    const skb = skbDequeue(this.queue);
    if (skb === null) return null;
    const parms = this.parmsOf(skb.dev as NetDevice);
    if (parms !== null && parms.proxiesWaiting > 0) parms.proxiesWaiting--;
    return skb;
  }

  /** The entries of a namespace. For listings. */
  list(net: Net): PneighEntry[] {
    return [...this.byKey.values()].flat().filter((e) => e.net === net); // datapath-ok: listings, and devices that go
  }

  /**
   * Holds a question back for `delay` jiffies, which the caller draws below `proxyDelay`, so that the host itself, or another router, can answer first (pneigh_enqueue).
   * Consumes; beyond the device's `proxyQlen` it is dropped.
   */
  enqueue(parms: NeighParms, skb: Skb, delay: number): void {
    if (parms.proxiesWaiting > parms.proxyQlen) {
      kfreeSkbReason(skb, DROP.NEIGH_QUEUEFULL);
      return;
    }
    const now = this.kernel.jiffies;
    const at = (now + delay) | 0;
    // Whoever comes later may be due sooner: the queue is short, and is looked through whole when the timer fires.
    skb.cb0 = at;
    this.put(skb, parms);
    if (!timerPending(this.timer) || ((this.timer.expires - at) | 0) > 0) modTimer(this.kernel, this.timer, at);
  }

  private run(): void {
    const now = this.kernel.jiffies;
    let next = 0;
    let any = false;
    for (let n = this.queue.qlen; n > 0; n--) {
      const skb = this.take()!;
      if (((skb.cb0 - now) | 0) > 0) {
        if (!any || ((skb.cb0 - next) | 0) < 0) next = skb.cb0;
        any = true;
        this.put(skb, this.parmsOf(skb.dev as NetDevice));
      } else if (this.redo !== null && (skb.dev as NetDevice).running) {
        this.redo(skb);
      } else {
        kfreeSkbReason(skb, DROP.NETDEV_DOWN);
      }
    }
    if (any) modTimer(this.kernel, this.timer, next);
  }

  /** Ends: nothing waits any more. */
  destroy(): void {
    delTimer(this.kernel, this.timer);
    for (let skb = skbPeek(this.queue); skb !== null; skb = skbPeek(this.queue)) kfreeSkbReason(skbDequeue(this.queue)!, DROP.NEIGH_DEAD);
  }
}
