/** What is kept of multicast routing: tables, their virtual interfaces and entries, and packets that wait for an entry. */
// datapath-ok-file: made by a daemon's requests, and once for each unknown stream
import type { Key, Net } from '@linnet/kernel';
import { defineKey, HZ, TimerList } from '@linnet/kernel';
import { FibLookupArg, Flowi } from '@linnet/inet';
import type { FibRulesOps } from '@linnet/inet';
import type { NetDevice } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import { MAXVIFS, RT_TABLE_DEFAULT } from '@linnet/uapi';
import type { Ipv4Net } from './ipv4-net.ts';
import type { RawSock } from './raw-table.ts';
import type { Rtable } from './rtable.ts';

/** A threshold that no packet passes: the interface is not one of an entry. @alpha */
export const MR_NEVER = 255;

/** Jiffies between two words about packets of an entry that come in elsewhere (MFC_ASSERT_THRESH). @alpha */
export const MR_ASSERT_INTERVAL: number = 3 * HZ;

/** A virtual interface. @alpha */
export class MrVif {
  readonly dev: NetDevice;
  /** VIFF_*. */
  readonly flags: number;
  /** Somebody else than the daemon made it: it stays when the daemon goes. */
  readonly isStatic: boolean;
  /** What the daemon said, as the bytes stand in memory: the address (or the device's number) of this end, and of the far one. */
  readonly local: number;
  readonly remote: number;
  packetsIn = 0;
  bytesIn = 0;
  packetsOut = 0;
  bytesOut = 0;

  constructor(dev: NetDevice, flags: number, isStatic: boolean, local: number, remote: number) {
    this.dev = dev;
    this.flags = flags;
    this.isStatic = isStatic;
    this.local = local;
    this.remote = remote;
  }
}

/** Where a stream comes from and where it goes: (S,G), or (*,G) and (*,*) with zeros. @alpha */
export class MrEntry {
  readonly origin: number;
  readonly group: number;
  /** The interface that it comes in by. */
  parent: number;
  /** For each interface the TTL that a packet must exceed to go out, {@link MR_NEVER} where none goes. */
  readonly ttls: Uint8Array;
  isStatic: boolean;
  packets = 0;
  bytes = 0;
  wrong = 0;
  /** Jiffies of the last packet, and of the last word about one that came in elsewhere. */
  lastUse: number;
  lastAssert: number;
  /** An older entry for the same addresses, with another parent. */
  next: MrEntry | null = null;
  /** The way out by each interface, for the group and TOS of the last packet. */
  readonly routes: (Rtable | null)[];
  routesGroup = 0;
  routesTos = 0;

  constructor(origin: number, group: number, parent: number, isStatic: boolean, now: number) {
    this.origin = origin;
    this.group = group;
    this.parent = parent;
    this.ttls = new Uint8Array(MAXVIFS).fill(MR_NEVER);
    this.isStatic = isStatic;
    this.lastUse = now;
    this.lastAssert = (now - MR_ASSERT_INTERVAL - 1) | 0;
    this.routes = new Array<Rtable | null>(MAXVIFS).fill(null);
  }
}

/** A stream that the daemon was asked about. @alpha */
export class MrPending {
  readonly origin: number;
  readonly group: number;
  /** Its first packets. */
  readonly packets: Skb[] = [];
  /** Jiffies after which nobody waits any longer. */
  readonly expires: number;

  constructor(origin: number, group: number, expires: number) {
    this.origin = origin;
    this.group = group;
    this.expires = expires;
  }
}

/** A table of multicast routes. @alpha */
export class MrTable {
  readonly n4: Ipv4Net;
  readonly id: number;
  readonly vifs: (MrVif | null)[];
  /** One more than the highest index in use. */
  vifEnd = 0;
  /** The daemon's socket. */
  owner: RawSock | null = null;
  /** MRT_ASSERT, MRT_PIM, and MRT_PIM with IGMPMSG_WRVIFWHOLE. */
  assert = false;
  pim = false;
  wholeOnWrong = false;
  /** The register interface, or -1. */
  registerVif: number = -1;
  /** Group to origin to the newest entry. */
  readonly groups: Map<number, Map<number, MrEntry>> = new Map();
  /** All entries, oldest first. */
  readonly entries: Set<MrEntry> = new Set();
  /** Streams without entry, oldest first, and by group and origin. */
  readonly pending: Set<MrPending> = new Set();
  readonly pendingBy: Map<number, Map<number, MrPending>> = new Map();
  readonly pendingTimer: TimerList<MrTable>;

  constructor(n4: Ipv4Net, id: number, expire: (table: MrTable) => void) {
    this.n4 = n4;
    this.id = id;
    this.vifs = new Array<MrVif | null>(MAXVIFS).fill(null);
    this.pendingTimer = new TimerList<MrTable>(expire, this as MrTable);
  }
}

/** Who makes the devices of tunnels between daemons (VIFF_TUNNEL): IPv4 in IPv4 (RFC 2003). @alpha */
export interface MrTunnels {
  /** Makes a device that carries groups from the address `local` to `remote`, and does not open it. A negative errno when there can be none. */
  add(net: Net, name: string, local: number, remote: number): NetDevice | number;
  /** Takes such a device away. */
  del(dev: NetDevice): void;
}

/** Multicast routing of a namespace. @alpha */
export class MrNet {
  readonly n4: Ipv4Net;
  /** In the order in which they were made; the default one is first. */
  readonly tables: MrTable[];
  readonly main: MrTable;
  /** The rules; null until they are registered. */
  rules: FibRulesOps | null = null;
  /** There were never any rules but the first one: no lookup need ask them. */
  plain = true;
  readonly flow: Flowi = new Flowi();
  readonly arg: FibLookupArg = new FibLookupArg();
  readonly outFlow: Flowi = new Flowi();
  /** Tunnels; null without the module that makes them. */
  tunnels: MrTunnels | null = null;
  /** What raw sockets need of it, which it needs itself: ending with its daemon's, and its ioctls. */
  readonly socketDone: (sk: RawSock) => number;
  readonly ioctl: (sk: RawSock, cmd: number, arg: Uint8Array) => number;

  constructor(n4: Ipv4Net, expire: (table: MrTable) => void, socketDone: (sk: RawSock) => number, ioctl: (sk: RawSock, cmd: number, arg: Uint8Array) => number) {
    this.n4 = n4;
    this.socketDone = socketDone;
    this.ioctl = ioctl;
    this.main = new MrTable(n4, RT_TABLE_DEFAULT, expire);
    this.tables = [this.main];
  }
}

/** Multicast routing of a namespace. @alpha */
export const IPMR: Key<MrNet> = defineKey<MrNet>('ipv4 multicast routing');

/** Lets daemons of a namespace have tunnels. @alpha */
export function mrSetTunnels(net: Net, tunnels: MrTunnels): void {
  net.get(IPMR).tunnels = tunnels;
}

/** The table of a number, or null. @alpha */
export function mrTable(mr: MrNet, id: number): MrTable | null {
  return mr.tables.find((t) => t.id === id) ?? null;
}

/** The interface of a device, or -1. @alpha */
export function mrFindVif(t: MrTable, dev: NetDevice): number {
  for (let i = t.vifEnd - 1; i >= 0; i--) {
    const v = t.vifs[i]!;
    if (v !== null && v.dev === dev) return i;
  }
  return -1;
}

/** The newest entry for exactly these addresses. @alpha */
export function mrFindEntry(t: MrTable, origin: number, group: number): MrEntry | null {
  const g = t.groups.get(group);
  if (g === undefined) return null;
  const e = g.get(origin);
  return e === undefined ? null : e;
}

/** The (*,*) entry whose upstream is `parent` and of which `vif` is a branch (-1: whatever its branches). @alpha */
export function mrFindStar(t: MrTable, parent: number, vif: number): MrEntry | null {
  for (let e = mrFindEntry(t, 0, 0); e !== null; e = e.next) {
    if ((parent < 0 || e.parent === parent) && (vif < 0 || e.ttls[vif]! < MR_NEVER)) return e;
  }
  return null;
}

/**
 * The entry without a source for what came in by `vif`: a (*,G) of which it is a branch, by itself or by the (*,*) of its upstream; else a (*,*) of which it is one.
 * @alpha
 */
export function mrFindAny(t: MrTable, group: number, vif: number): MrEntry | null {
  for (let e = mrFindEntry(t, 0, group); e !== null; e = e.next) {
    if (e.ttls[vif]! < MR_NEVER || mrStarBranch(t, e.parent, vif)) return e;
  }
  return mrFindStar(t, -1, vif);
}

/** Is `vif` a branch of the (*,*) whose upstream is `parent`? The newest such entry says. @alpha */
export function mrStarBranch(t: MrTable, parent: number, vif: number): boolean {
  const star = mrFindStar(t, parent, -1);
  return star !== null && star.ttls[vif]! < MR_NEVER;
}
