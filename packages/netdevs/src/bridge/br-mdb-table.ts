/** The multicast database: groups, the ports that have members, and the sources that these want (struct net_bridge_mdb_entry). */
import { TimerList } from '@linnet/kernel';
import { ETH_P_IP } from '@linnet/uapi';
import type { Bridge, BridgePort } from './br.ts';

/** Filter modes (RFC 3376). */
export const MCAST_INCLUDE = 1;
export const MCAST_EXCLUDE = 0;

/** A group, perhaps with a source, in a VLAN (struct br_ip). IPv4 and L2 groups use the first words only. */
export class BrIp {
  /** ETH_P_IP, ETH_P_IPV6, or 0 for a group of MAC addresses. */
  proto: number;
  vid: number;
  /** d0 to d3, then s0 to s3, host order. */
  readonly w: Int32Array;
  constructor() {
    this.proto = 0;
    this.vid = 0;
    this.w = new Int32Array(8);
  }
  setDst(proto: number, vid: number, d0: number, d1: number, d2: number, d3: number): void {
    const { w } = this;
    this.proto = proto;
    this.vid = vid;
    w[0] = d0;
    w[1] = d1;
    w[2] = d2;
    w[3] = d3;
    w[4] = w[5] = w[6] = w[7] = 0;
  }
  get hasSrc(): boolean {
    const { w } = this;
    return (w[4]! | w[5]! | w[6]! | w[7]!) !== 0;
  }
}

export function brIpCopy(from: BrIp): BrIp {
  const c = new BrIp();
  c.proto = from.proto;
  c.vid = from.vid;
  c.w.set(from.w);
  return c;
}
export function brIpEqual(a: BrIp, b: BrIp): boolean {
  if (a.proto !== b.proto || a.vid !== b.vid) return false;
  for (let i = 0; i < 8; i++) if (a.w[i] !== b.w[i]) return false;
  return true;
}
function hash(a: BrIp): number {
  let h = Math.imul(a.proto ^ (a.vid << 16), 0x9e3779b1);
  const { w } = a;
  for (let i = 0; i < 8; i++) h = Math.imul(h ^ w[i]!, 0x85ebca6b) ^ (h >>> 13);
  return h ^ (h >>> 16);
}

/** A source of a group at one port (struct net_bridge_group_src). Without a running timer it is one that an excluding port does not want. */
export class GroupSrc {
  readonly pg: PortGroup;
  /** Four words; IPv4 in the first. */
  readonly addr: Int32Array;
  readonly timer: TimerList<GroupSrc>;
  rexmitCnt: number;
  /** Scratch of the report that is being worked in. */
  mark: number;
  /** It came with a permanent entry. */
  readonly user: boolean;
  constructor(pg: PortGroup, addr: Int32Array, user: boolean, expired: (s: GroupSrc) => void) {
    this.pg = pg;
    this.addr = addr;
    this.timer = new TimerList(expired, this);
    this.rexmitCnt = 0;
    this.mark = 0;
    this.user = user;
  }
}

/** The members of a group behind one port (struct net_bridge_port_group). */
export class PortGroup {
  readonly port: BridgePort;
  readonly mp: MdbEntry;
  next: PortGroup | null;
  /** MDB_FLAGS_*, and the state: a permanent entry does not end by itself. */
  flags: number;
  permanent: boolean;
  /** An entry with a source that follows from the group's own; it comes and goes with that. */
  fromStar: boolean;
  filterMode: number;
  /** RTPROT_*. */
  rtProtocol: number;
  srcs: GroupSrc[];
  readonly timer: TimerList<PortGroup>;
  readonly rexmitTimer: TimerList<PortGroup>;
  queryRexmitCnt: number;
  readonly ethAddr: Uint8Array;
  hasEthAddr: boolean;
  /** Removed from its entry: what comes late lets it be. */
  dead: boolean;
  constructor(port: BridgePort, mp: MdbEntry, expired: (pg: PortGroup) => void, rexmit: (pg: PortGroup) => void) {
    this.port = port;
    this.mp = mp;
    this.next = null;
    this.flags = 0;
    this.permanent = false;
    this.fromStar = false;
    this.filterMode = MCAST_EXCLUDE;
    this.rtProtocol = 2; // RTPROT_KERNEL
    this.srcs = [];
    this.timer = new TimerList(expired, this);
    this.rexmitTimer = new TimerList(rexmit, this);
    this.queryRexmitCnt = 0;
    this.ethAddr = new Uint8Array(6);
    this.hasEthAddr = false;
    this.dead = false;
  }
}

/** A group (struct net_bridge_mdb_entry). */
export class MdbEntry {
  readonly br: Bridge;
  readonly addr: BrIp;
  ports: PortGroup | null;
  /** Of the bridge's own membership. */
  readonly timer: TimerList<MdbEntry>;
  hostJoined: boolean;
  hashNext: MdbEntry | null;
  constructor(br: Bridge, addr: BrIp, expired: (mp: MdbEntry) => void) {
    this.br = br;
    this.addr = addr;
    this.ports = null;
    this.timer = new TimerList(expired, this);
    this.hostJoined = false;
    this.hashNext = null;
  }
}

const SIZE = 256;

/** The groups of a bridge. Looking one up allocates nothing. */
export class Mdb {
  private readonly buckets: (MdbEntry | null)[];
  /** Newest first. */
  list: MdbEntry[];
  /** For look-ups of the packet path. */
  readonly key: BrIp;
  /** Changes with each entry, for dumps in several parts. */
  seq: number;
  constructor() {
    this.buckets = new Array<MdbEntry | null>(SIZE).fill(null);
    this.list = [];
    this.key = new BrIp();
    this.seq = 1;
  }
  find(key: BrIp): MdbEntry | null {
    let e: MdbEntry | null = this.buckets[hash(key) & (SIZE - 1)]!;
    while (e !== null && !brIpEqual(e.addr, key)) e = e.hashNext;
    return e;
  }
  insert(e: MdbEntry): void {
    const b = hash(e.addr) & (SIZE - 1);
    e.hashNext = this.buckets[b]!;
    this.buckets[b] = e;
    this.list.unshift(e);
    this.seq++;
  }
  remove(e: MdbEntry): void {
    const b = hash(e.addr) & (SIZE - 1);
    let prev: MdbEntry | null = null;
    for (let it: MdbEntry | null = this.buckets[b]!; it !== null; prev = it, it = it.hashNext) {
      if (it !== e) continue;
      if (prev === null) this.buckets[b] = e.hashNext;
      else prev.hashNext = e.hashNext;
      break;
    }
    e.hashNext = null;
    this.list = this.list.filter((x) => x !== e);
    this.seq++;
  }
}

/** The group's entry at a port, or null. */
export function portGroupOf(mp: MdbEntry, port: BridgePort): PortGroup | null {
  for (let pg = mp.ports; pg !== null; pg = pg.next) if (pg.port === port) return pg;
  return null;
}

/** Is it a group of IP (not of MAC addresses) without a source? */
export function isStarG(a: BrIp): boolean {
  return a.proto !== 0 && !a.hasSrc;
}
export function isIp4(a: BrIp): boolean {
  return a.proto === ETH_P_IP;
}
