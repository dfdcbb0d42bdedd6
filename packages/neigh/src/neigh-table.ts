/** A table of neighbours: finding, making, forgetting (struct neigh_table). */
import type { Kernel, Net, RngStream } from '@linnet/kernel';
import { ENOBUFS, HZ, TimerList, delTimer, modTimer, timeAfter, timerPending } from '@linnet/kernel';
import type { NetDevice } from '@linnet/netdev';
import type { NlRequest } from '@linnet/netlink';
import { DROP, skbQueuePurge } from '@linnet/skbuff';
import { NTF_EXT_LEARNED, RTM_DELNEIGH, NUD_FAILED, NUD_NOARP, NUD_NONE, NUD_PERMANENT } from '@linnet/uapi';
import { neighBlackhole } from './neigh-output.ts';
import { NeighParms, neighRng } from './neigh-parms.ts';
import { NUD_VALID } from './nud.ts';
import { ManagedNeighbours } from './neigh-managed.ts';
import { Neighbour } from './neighbour.ts';
import { PneighTable } from './pneigh.ts';
import type { NeighOps } from './neighbour.ts';
import { neighTimerHandler } from './neigh-timer.ts';

/** What a protocol tells about its table. @alpha */
export interface NeighTableOps {
  /** AF_*. */
  readonly family: number;
  /** ETH_P_* of the packets that use it. */
  readonly protocol: number;
  /** `arp_cache`, `ndisc_cache`: the name in /proc/net/stat and netlink. */
  readonly id: string;
  /** `ipv4`, `ipv6`: the folder `net/X/neigh` of the sysctls. */
  readonly sysctlDir: string;
  /** Words of the key: 1 or 4. */
  readonly keyWords: number;
  /** Does a new neighbour's part of the construction: type, parameters, state, `ops`, `output`. Negative errno refuses it. */
  construct(n: Neighbour): number;
  /** The operations of a neighbour before its construction. */
  readonly ops: NeighOps;
  /** The parameters of a device, null when the protocol is not running on it. */
  parms(dev: NetDevice): NeighParms | null;
  /** The key under which an address is kept on a device: where there is nobody to find, one entry serves all. Absent: the address itself. */
  keyOn?(dev: NetDevice, key0: number): number;
  /** Is the key a multicast address? Such entries go first when the table is full. */
  isMulticast(n: Neighbour): boolean;
}

/** Columns of /proc/net/stat/arp_cache (struct neigh_statistics). @alpha */
export class NeighStatistics {
  allocs = 0;
  destroys = 0;
  hashGrows = 0;
  lookups = 0;
  hits = 0;
  resFailed = 0;
  rcvProbesMcast = 0;
  rcvProbesUcast = 0;
  periodicGcRuns = 0;
  forcedGcRuns = 0;
  unresDiscards = 0;
  tableFulls = 0;
}

/** Called for each change worth telling: the neighbour, RTM_*, the request that caused it or null. @alpha */
export type NeighNotify = (n: Neighbour, type: number, req: NlRequest | null) => void;

/** A table of neighbours, one for each protocol and machine: its entries belong to devices, and so to namespaces. @alpha */
export class NeighTable {
  readonly kernel: Kernel;
  readonly ops: NeighTableOps;
  /** The defaults, copied by new devices. */
  readonly parms: NeighParms;
  /** Entries in all. */
  entries: number;
  /** Entries that garbage collection counts: not permanent, not learned or vouched for outside. */
  gcEntries: number;
  gcThresh1: number;
  gcThresh2: number;
  gcThresh3: number;
  /** Jiffies. */
  gcInterval: number;
  readonly stats: NeighStatistics;
  /** Addresses that this machine answers for. */
  readonly proxies: PneighTable;
  /** Those that it keeps resolved. */
  readonly managed: ManagedNeighbours;
  /** Told of every change that netlink announces. */
  notify: NeighNotify | null;
  readonly rng: RngStream;
  private buckets: (Neighbour | null)[];
  readonly seed: number;
  /** When room was made by force last, in jiffies. */
  lastForced: number;
  private readonly gcTimer: TimerList<NeighTable>;

  constructor(k: Kernel, ops: NeighTableOps) {
    this.kernel = k;
    this.ops = ops;
    this.rng = neighRng(k);
    this.parms = new NeighParms(null, null, this.rng, k.jiffies);
    this.entries = 0;
    this.gcEntries = 0;
    this.gcThresh1 = 128;
    this.gcThresh2 = 512;
    this.gcThresh3 = 1024;
    this.gcInterval = 30 * HZ;
    this.stats = new NeighStatistics();
    this.proxies = new PneighTable(k, (dev) => ops.parms(dev));
    this.managed = new ManagedNeighbours(k, () => this.parms.intervalProbeTime);
    this.notify = null;
    this.buckets = new Array<Neighbour | null>(8).fill(null);
    // Odd, so that the multiplication of a hash loses nothing.
    this.seed = (this.rng.u32() | 1) | 0;
    this.lastForced = k.jiffies;
    this.gcTimer = new TimerList<NeighTable>(periodicGc, this as NeighTable);
  }

  /** The parameters of a new device, a copy of the defaults (`neigh_parms_alloc`). */
  allocParms(dev: NetDevice): NeighParms {
    return new NeighParms(dev, this.parms, this.rng, this.kernel.jiffies);
  }

  /** The neighbour with this one-word key on `dev`, or null. Never allocates. */
  lookup(key0: number, dev: NetDevice): Neighbour | null {
    const b = this.buckets;
    for (let n: Neighbour | null = b[this.hash(key0, 0, dev) & (b.length - 1)]!; n !== null; n = n.next) {
      if (n.key0 === key0 && n.dev === dev) return n;
    }
    return null;
  }

  /** As {@link NeighTable.lookup}, counted in the statistics: for control packets, not for the way of data (`neigh_lookup`). */
  lookupCounted(key0: number, dev: NetDevice): Neighbour | null {
    const n = this.lookup(key0, dev);
    this.stats.lookups++;
    if (n !== null) this.stats.hits++;
    return n;
  }

  /** As {@link NeighTable.lookup4}, counted. */
  lookup4Counted(k0: number, k1: number, k2: number, k3: number, dev: NetDevice): Neighbour | null {
    const n = this.lookup4(k0, k1, k2, k3, dev);
    this.stats.lookups++;
    if (n !== null) this.stats.hits++;
    return n;
  }

  /** The neighbour with this four-word key on `dev`, or null. Never allocates. */
  lookup4(k0: number, k1: number, k2: number, k3: number, dev: NetDevice): Neighbour | null {
    const b = this.buckets;
    for (let n: Neighbour | null = b[this.hash(k3, k0 ^ Math.imul(k1, 31) ^ Math.imul(k2, 961), dev) & (b.length - 1)]!; n !== null; n = n.next) {
      if (n.key3 === k3 && n.key2 === k2 && n.key1 === k1 && n.key0 === k0 && n.dev === dev) return n;
    }
    return null;
  }

  /**
   * Makes a neighbour and puts it into the table (`__neigh_create`). It must not be there yet. -ENOBUFS when the table is full, or what
   * the protocol's constructor says.
   */
  create(dev: NetDevice, k0: number, k1 = 0, k2 = 0, k3 = 0): Neighbour | number {
    return this.insert(dev, k0, k1, k2, k3, false, false, false);
  }

  /** As {@link NeighTable.create}, for entries that the garbage collector must leave alone from the start. */
  insert(dev: NetDevice, k0: number, k1: number, k2: number, k3: number, permanent: boolean, extLearned: boolean, extValidated: boolean): Neighbour | number {
    const exempt = permanent || extLearned || extValidated;
    if (!exempt) {
      const now = this.kernel.jiffies;
      const count = this.gcEntries + 1;
      if (count >= this.gcThresh3 || (count >= this.gcThresh2 && timeAfter(now, (this.lastForced + 5 * HZ) | 0))) {
        if (this.forcedGc() === 0 && this.gcEntries + 1 >= this.gcThresh3) {
          this.stats.tableFulls++;
          return -ENOBUFS;
        }
      }
    }
    const n = new Neighbour(this, dev, this.ops.parms(dev) ?? this.parms, this.ops.ops, neighTimerHandler, k0 | 0, k1 | 0, k2 | 0, k3 | 0);
    if (extLearned) n.flags |= NTF_EXT_LEARNED;
    n.extValidated = extValidated;
    const err = this.ops.construct(n);
    if (err < 0) return err;
    // Long ago: the first answer is not locked out, and the entry does not look confirmed.
    n.confirmed = (this.kernel.jiffies - (n.parms.baseReachableTime << 1)) | 0;
    this.stats.allocs++;
    if (this.entries >= this.buckets.length) this.growHash();
    const i = this.bucketOf(n);
    n.next = this.buckets[i]!;
    this.buckets[i] = n;
    this.entries++;
    if (!exempt) {
      n.gcCounted = true;
      this.gcEntries++;
      this.armGc();
    }
    return n;
  }

  /** The entry became permanent or ceased to be: should the collector count it? (`neigh_update_gc_list`) */
  updateGc(n: Neighbour): void {
    const counted = !n.dead && (n.nudState & NUD_PERMANENT) === 0 && (n.flags & NTF_EXT_LEARNED) === 0 && !n.extValidated;
    if (counted === n.gcCounted) return;
    n.gcCounted = counted;
    this.gcEntries += counted ? 1 : -1;
    if (counted) this.armGc();
  }

  /** Takes a neighbour out and drops what waits for it. */
  remove(n: Neighbour): void {
    if (n.dead) return;
    const i = this.bucketOf(n);
    let p: Neighbour = this.buckets[i]!;
    if (p === n) {
      this.buckets[i] = n.next;
    } else {
      while (p.next !== n) p = p.next!;
      p.next = n.next;
    }
    n.next = null;
    n.dead = true;
    this.entries--;
    if (n.gcCounted) {
      n.gcCounted = false;
      this.gcEntries--;
    }
    this.managed.set(n, false);
    delTimer(this.kernel, n.timer);
    skbQueuePurge(n.arpQueue, DROP.NEIGH_DEAD);
    n.arpQueueLenBytes = 0;
    n.output = neighBlackhole;
    n.hh.len = 0;
    n.nudState = (n.nudState & NUD_VALID) !== 0 ? NUD_NOARP : NUD_NONE;
    this.stats.destroys++;
  }

  /** Buckets of the hash, less one. */
  get hashMask(): number {
    return this.buckets.length - 1;
  }

  /** Calls `fn` for each neighbour; `fn` may remove the one it is given. */
  forEach(fn: (n: Neighbour) => void): void {
    for (let i = 0; i < this.buckets.length; i++) {
      for (let n: Neighbour | null = this.buckets[i]!; n !== null; ) {
        const next: Neighbour | null = n.next;
        fn(n);
        n = next;
      }
    }
  }

  /** The neighbours of one namespace, in the order of device and key. For listings. */
  list(net: Net): Neighbour[] {
    const out: Neighbour[] = [];
    this.forEach((n) => {
      if (n.dev.net === net) out.push(n);
    });
    return out.sort((a, b) => a.dev.ifindex - b.dev.ifindex || cmpKey(a, b));
  }

  /** Stops the timers of the table for good. */
  destroy(): void {
    delTimer(this.kernel, this.gcTimer);
    this.proxies.destroy();
    this.managed.destroy();
    this.forEach((n) => {
      this.remove(n);
    });
  }

  /** @internal One run of the periodic collection: what nobody used for `gc_stale_time` goes. */
  collect(): void {
    this.stats.periodicGcRuns++;
    if (this.entries <= this.gcThresh1) return;
    const now = this.kernel.jiffies;
    this.forEach((n) => {
      if (!n.gcCounted) return;
      if (timeAfter(n.confirmed, n.used)) n.used = n.confirmed;
      const idle = ((now - n.used) | 0) >= n.parms.gcStaletime;
      if (!timerPending(n.timer) && (n.nudState === NUD_FAILED || idle)) this.forget(n);
    });
    this.armGc();
  }

  /** Removes a neighbour that the collector chose. */
  private forget(n: Neighbour): void {
    if (this.notify !== null) this.notify(n, RTM_DELNEIGH, null);
    this.remove(n);
  }

  /** Makes room at once: failed, NOARP and multicast entries, and those unchanged for five seconds. Returns how many went. */
  private forcedGc(): number {
    this.stats.forcedGcRuns++;
    const now = this.kernel.jiffies;
    this.lastForced = now;
    const max = this.gcEntries - this.gcThresh2;
    let n = 0;
    const old: Neighbour[] = [];
    this.forEach((e) => {
      if (e.gcCounted && !timerPending(e.timer)) old.push(e);
    });
    old.sort((a, b) => (a.updated - b.updated) | 0);
    for (const e of old) {
      if (n >= max) break;
      const idle = ((now - e.updated) | 0) > 5 * HZ;
      if (e.nudState === NUD_FAILED || e.nudState === NUD_NOARP || idle || this.ops.isMulticast(e)) {
        this.forget(e);
        n++;
      }
    }
    return n;
  }

  /** The collector only runs while there is something to collect: a small idle table keeps no timer. */
  private armGc(): void {
    if (this.entries > this.gcThresh1 && !timerPending(this.gcTimer)) modTimer(this.kernel, this.gcTimer, (this.kernel.jiffies + (this.parms.baseReachableTime >> 1)) | 0);
  }

  private hash(a: number, b: number, dev: NetDevice): number {
    let h = Math.imul(a ^ Math.imul(dev.ifindex + 1, 0x9e3779b1) ^ b, this.seed);
    h ^= h >>> 15;
    h = Math.imul(h, 0x85ebca6b);
    return h ^ (h >>> 13);
  }

  private bucketOf(n: Neighbour): number {
    const h = this.ops.keyWords === 1 ? this.hash(n.key0, 0, n.dev) : this.hash(n.key3, n.key0 ^ Math.imul(n.key1, 31) ^ Math.imul(n.key2, 961), n.dev);
    return h & (this.buckets.length - 1);
  }

  private growHash(): void {
    const old = this.buckets;
    this.stats.hashGrows++;
    this.buckets = new Array<Neighbour | null>(old.length * 2).fill(null);
    for (let i = 0; i < old.length; i++) {
      for (let n: Neighbour | null = old[i]!; n !== null; ) {
        const next: Neighbour | null = n.next;
        const at = this.bucketOf(n);
        n.next = this.buckets[at]!;
        this.buckets[at] = n;
        n = next;
      }
    }
  }
}

function cmpKey(a: Neighbour, b: Neighbour): number {
  return (a.key0 >>> 0) - (b.key0 >>> 0) || (a.key1 >>> 0) - (b.key1 >>> 0) || (a.key2 >>> 0) - (b.key2 >>> 0) || (a.key3 >>> 0) - (b.key3 >>> 0);
}

function periodicGc(tbl: NeighTable): void {
  tbl.collect();
}
