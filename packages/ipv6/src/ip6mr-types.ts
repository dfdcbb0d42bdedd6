/** What is kept of IPv6 multicast routing: tables, their interfaces and entries, and packets that wait for an entry. */
// datapath-ok-file: made by a daemon's requests, and once for each unknown stream; the finders allocate nothing
import type { Key } from '@linnet/kernel';
import { defineKey, HZ, TimerList } from '@linnet/kernel';
import { FibLookupArg, Flowi } from '@linnet/inet';
import type { FibRulesOps } from '@linnet/inet';
import type { NetDevice } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import { MAXMIFS, RT_TABLE_MAIN } from '@linnet/uapi';
import { a6Clone, a6Equal, a6Hash, IN6ADDR_ANY } from './addr6.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import type { Raw6Sock } from './raw6-table.ts';

/** Jiffies between two words about packets of an entry that come in elsewhere. @alpha */
export const MR6_ASSERT_INTERVAL: number = 3 * HZ;

/** An interface of a table. @alpha */
export class Mr6Mif {
  readonly dev: NetDevice;
  /** MIFF_*. */
  readonly flags: number;
  /** Somebody else than the daemon made it: it stays when the daemon goes. */
  readonly isStatic: boolean;
  packetsIn = 0;
  bytesIn = 0;
  packetsOut = 0;
  bytesOut = 0;

  constructor(dev: NetDevice, flags: number, isStatic: boolean) {
    this.dev = dev;
    this.flags = flags;
    this.isStatic = isStatic;
  }
}

/** Where a stream comes from and where it goes: (S,G), or (*,G) and (*,*) with `::`. @alpha */
export class Mr6Entry {
  readonly origin: Int32Array;
  readonly group: Int32Array;
  readonly anyOrigin: boolean;
  readonly anyGroup: boolean;
  /** The interface that it comes in by. */
  parent: number;
  /** The interfaces that it goes out by, one bit each. */
  oifs = 0;
  isStatic: boolean;
  packets = 0;
  bytes = 0;
  wrong = 0;
  /** Jiffies of the last packet, and of the last word about one that came in elsewhere. */
  lastUse: number;
  lastAssert: number;
  /** An older entry of the same bucket. */
  next: Mr6Entry | null = null;

  constructor(origin: Int32Array, group: Int32Array, parent: number, isStatic: boolean, now: number) {
    this.origin = a6Clone(origin);
    this.group = a6Clone(group);
    this.anyOrigin = a6Equal(origin, IN6ADDR_ANY);
    this.anyGroup = a6Equal(group, IN6ADDR_ANY);
    this.parent = parent;
    this.isStatic = isStatic;
    this.lastUse = now;
    this.lastAssert = (now - MR6_ASSERT_INTERVAL - 1) | 0;
  }
}

/** A stream that the daemon was asked about. @alpha */
export class Mr6Pending {
  readonly origin: Int32Array;
  readonly group: Int32Array;
  /** Its first packets. */
  readonly packets: Skb[] = [];
  /** Jiffies after which nobody waits any longer. */
  readonly expires: number;

  constructor(origin: Int32Array, group: Int32Array, expires: number) {
    this.origin = a6Clone(origin);
    this.group = a6Clone(group);
    this.expires = expires;
  }
}

/** A table of multicast routes. @alpha */
export class Mr6Table {
  readonly n6: Ipv6Net;
  readonly id: number;
  readonly mifs: (Mr6Mif | null)[];
  /** One more than the highest index in use. */
  mifEnd = 0;
  /** The daemon's socket. */
  owner: Raw6Sock | null = null;
  /** MRT6_ASSERT, MRT6_PIM, and MRT6_PIM with MRT6MSG_WRMIFWHOLE. */
  assert = false;
  pim = false;
  wholeOnWrong = false;
  /** The register interface, or -1. */
  registerMif: number = -1;
  /** By the hash of their addresses, newest first. */
  readonly buckets: Map<number, Mr6Entry> = new Map();
  /** All entries, oldest first. */
  readonly entries: Set<Mr6Entry> = new Set();
  /** Streams without entry, oldest first, and by their addresses. */
  readonly pending: Map<string, Mr6Pending> = new Map();
  readonly pendingTimer: TimerList<Mr6Table>;

  constructor(n6: Ipv6Net, id: number, expire: (table: Mr6Table) => void) {
    this.n6 = n6;
    this.id = id;
    this.mifs = new Array<Mr6Mif | null>(MAXMIFS).fill(null);
    this.pendingTimer = new TimerList<Mr6Table>(expire, this as Mr6Table);
  }
}

/** IPv6 multicast routing of a namespace. @alpha */
export class Mr6Net {
  readonly n6: Ipv6Net;
  /** In the order in which they were made; the default one is first. */
  readonly tables: Mr6Table[];
  readonly main: Mr6Table;
  /** The rules; null until they are registered. */
  rules: FibRulesOps | null = null;
  /** There were never any rules but the first one: no lookup need ask them. */
  plain = true;
  readonly flow: Flowi = new Flowi();
  readonly arg: FibLookupArg = new FibLookupArg();
  readonly outFlow: Flowi = new Flowi();
  /** Addresses of the packet that is looked up, and of one that goes out. */
  readonly origin: Int32Array = new Int32Array(4);
  readonly group: Int32Array = new Int32Array(4);
  readonly outGroup: Int32Array = new Int32Array(4);
  /** What raw sockets need of it, which it needs itself: ending with its daemon's, and its ioctls. */
  readonly socketDone: (sk: Raw6Sock) => number;
  readonly ioctl: (sk: Raw6Sock, cmd: number, arg: Uint8Array) => number;

  constructor(n6: Ipv6Net, expire: (table: Mr6Table) => void, socketDone: (sk: Raw6Sock) => number, ioctl: (sk: Raw6Sock, cmd: number, arg: Uint8Array) => number) {
    this.n6 = n6;
    this.socketDone = socketDone;
    this.ioctl = ioctl;
    this.main = new Mr6Table(n6, RT_TABLE_MAIN, expire);
    this.tables = [this.main];
  }
}

/** IPv6 multicast routing of a namespace. @alpha */
export const IP6MR: Key<Mr6Net> = defineKey<Mr6Net>('ipv6 multicast routing');

/** The table of a number, or null. @alpha */
export function mr6Table(mr: Mr6Net, id: number): Mr6Table | null {
  return mr.tables.find((t) => t.id === id) ?? null;
}

/** The interface of a device, or -1. @alpha */
export function mr6FindMif(t: Mr6Table, dev: NetDevice): number {
  for (let i = 0; i < t.mifEnd; i++) {
    const m = t.mifs[i]!;
    if (m !== null && m.dev === dev) return i;
  }
  return -1;
}

/** The bucket of two addresses. @alpha */
export function mr6Bucket(o: Int32Array, g: Int32Array): number {
  return a6Hash(g[0]!, g[1]!, g[2]!, g[3]!, a6Hash(o[0]!, o[1]!, o[2]!, o[3]!, 0)) & 0x3fffffff;
}

/** `e` or the first one behind it for exactly these addresses. @alpha */
export function mr6Same(e: Mr6Entry | null, origin: Int32Array, group: Int32Array): Mr6Entry | null {
  while (e !== null && !(a6Equal(e.group, group) && a6Equal(e.origin, origin))) e = e.next;
  return e;
}

/** The newest entry for exactly these addresses. @alpha */
export function mr6FindEntry(t: Mr6Table, origin: Int32Array, group: Int32Array): Mr6Entry | null {
  const first = t.buckets.get(mr6Bucket(origin, group));
  return first === undefined ? null : mr6Same(first, origin, group);
}

/** Does it go out by the interface? @alpha */
export function mr6GoesOut(e: Mr6Entry, mif: number): boolean {
  return ((e.oifs >>> mif) & 1) !== 0;
}

/** The (*,*) entry whose upstream is `parent` and of which `mif` is a branch (-1: whatever its branches). @alpha */
export function mr6FindStar(t: Mr6Table, parent: number, mif: number): Mr6Entry | null {
  for (let e = mr6FindEntry(t, IN6ADDR_ANY, IN6ADDR_ANY); e !== null; e = mr6Same(e.next, IN6ADDR_ANY, IN6ADDR_ANY)) {
    if ((parent < 0 || e.parent === parent) && (mif < 0 || mr6GoesOut(e, mif))) return e;
  }
  return null;
}

/**
 * The entry without a source for what came in by `mif`: a (*,G) of which it is a branch, by itself or by the (*,*) of its upstream; else a (*,*) of which it is one.
 * @alpha
 */
export function mr6FindAny(t: Mr6Table, group: Int32Array, mif: number): Mr6Entry | null {
  for (let e = mr6FindEntry(t, IN6ADDR_ANY, group); e !== null; e = mr6Same(e.next, IN6ADDR_ANY, group)) {
    if (mr6GoesOut(e, mif) || mr6StarBranch(t, e.parent, mif)) return e;
  }
  return mr6FindStar(t, -1, mif);
}

/** Is `mif` a branch of the (*,*) whose upstream is `parent`? The newest such entry says. @alpha */
export function mr6StarBranch(t: Mr6Table, parent: number, mif: number): boolean {
  const star = mr6FindStar(t, parent, -1);
  return star !== null && mr6GoesOut(star, mif);
}
