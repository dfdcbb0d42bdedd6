/** The table of connections of one namespace, its settings and counters (struct netns_ct). */
import { defineKey, type Key, type Net, type RngStream, timeBeforeEq, TimerList, timerReduce } from '@linnet/kernel';
import type { InetAf } from '@linnet/inet';
import type { NfHookOps } from '@linnet/netdev';
import type { NlRequest } from '@linnet/netlink';
import type { NfConn } from './nf-conn.ts';
import { IPS_CONFIRMED, IPS_DYING } from './nf-conntrack-common.ts';
import type { NfExpect } from './nf-conntrack-expect.ts';
import { nfTupleEqual, nfTupleHash, NfTuple } from './nf-conntrack-tuple.ts';

/** Where a namespace keeps it. @alpha */
export const NF_CONNTRACK: Key<NfConntrackNet> = defineKey<NfConntrackNet>('nf_conntrack');

/** Events of {@link NfConntrackNet.notify} (enum ip_conntrack_events, first part). @alpha */
export const IPCT_NEW: number = 1 << 0;
/** A related connection. @alpha */
export const IPCT_RELATED: number = 1 << 1;
/** It left the table. @alpha */
export const IPCT_DESTROY: number = 1 << 2;
/** It was answered. @alpha */
export const IPCT_REPLY: number = 1 << 3;
/** It will not be dropped early. @alpha */
export const IPCT_ASSURED: number = 1 << 4;
/** The protocol's state changed. @alpha */
export const IPCT_PROTOINFO: number = 1 << 5;
/** The mark changed. @alpha */
export const IPCT_MARK: number = 1 << 7;

/** Counters of /proc/net/stat/nf_conntrack (struct ip_conntrack_stat). @alpha */
export class NfConntrackStat {
  found = 0;
  invalid = 0;
  insert = 0;
  insertFailed = 0;
  clashResolve = 0;
  drop = 0;
  earlyDrop = 0;
  error = 0;
  expectNew = 0;
  expectCreate = 0;
  expectDelete = 0;
  chaintoolong = 0;
}

const S = 1000;
/** Buckets up to which a table grows by itself. */
const BUCKETS_FULL = 262144;

/** The table of a namespace and all that belongs to it. @alpha */
export class NfConntrackNet {
  readonly net: Net;
  buckets: (NfTuple | null)[];
  mask: number;
  readonly rnd: number;
  readonly rng: RngStream;
  /** Entries in the table. */
  count: number;
  nextId: number;
  readonly stat: NfConntrackStat;
  /** Expectations by the hash of what identifies them to a packet. */
  readonly expects: Map<number, NfExpect[]>;
  expectCount: number;
  /** Told of IPCT_* events; null: nobody listens, which costs nothing. */
  notify: ((events: number, ct: NfConn) => void) | null;
  /** Called where a packet's path ends: events that waited for it go out. Null as long as `notify` is. */
  flush: (() => void) | null;
  /** The request behind what happens, for the events' port and sequence number. */
  cause: NlRequest | null;
  /** NAT's part of ending an entry. */
  onDestroy: ((ct: NfConn) => void) | null;
  /** NAT's part of an entry that enters the table. */
  onConfirm: ((ct: NfConn) => void) | null;
  /** Told of each new connection before it enters the table: helpers find theirs here. */
  readonly helpers: ((ct: NfConn) => void)[];
  readonly gc: TimerList<NfConntrackNet>;
  /** IPv4's services, null in a stack without it. */
  af4: InetAf | null;
  /** IPv6's, likewise. */
  af6: InetAf | null;
  /** The hooks while there are users. */
  ops4: readonly NfHookOps[];
  ops6: readonly NfHookOps[];
  /** Users of the hooks, by family. */
  users4: number;
  users6: number;

  // Settings; times in jiffies (ticks of 1 ms).
  max: number;
  expectMax: number;
  acctOn: number;
  tstampOn: number;
  checksum: number;
  events: number;
  logInvalid: number;
  genericTimeout: number;
  icmpTimeout: number;
  icmpv6Timeout: number;
  udpTimeout: number;
  udpStreamTimeout: number;
  /** By TCP_CONNTRACK_*; then after too many retransmissions, and while data is not acknowledged. */
  readonly tcpTimeouts: number[];
  tcpLoose: number;
  tcpBeLiberal: number;
  tcpMaxRetrans: number;
  tcpIgnoreInvalidRst: number;

  // Scratch: a packet's tuple and its answer's.
  readonly tuple: NfTuple;
  readonly inner: NfTuple;
  readonly inverse: NfTuple;

  constructor(net: Net, buckets: number) {
    this.net = net;
    this.buckets = new Array<NfTuple | null>(buckets).fill(null);
    this.mask = buckets - 1;
    this.rng = net.kernel.rng.stream('netfilter.conntrack');
    this.rnd = this.rng.u32() | 0;
    this.count = 0;
    this.nextId = 1;
    this.stat = new NfConntrackStat();
    this.expects = new Map();
    this.expectCount = 0;
    this.notify = null;
    this.flush = null;
    this.cause = null;
    this.onDestroy = null;
    this.onConfirm = null;
    this.helpers = [];
    this.gc = new TimerList<NfConntrackNet>(nfConntrackGc, this);
    this.af4 = null;
    this.af6 = null;
    this.ops4 = [];
    this.ops6 = [];
    this.users4 = 0;
    this.users6 = 0;
    this.max = 262144;
    this.expectMax = 4096;
    this.acctOn = 0;
    this.tstampOn = 0;
    this.checksum = 1;
    this.events = 2;
    this.logInvalid = 0;
    this.genericTimeout = 600 * S;
    this.icmpTimeout = 30 * S;
    this.icmpv6Timeout = 30 * S;
    this.udpTimeout = 30 * S;
    this.udpStreamTimeout = 120 * S;
    this.tcpTimeouts = [0, 120 * S, 60 * S, 432000 * S, 120 * S, 60 * S, 30 * S, 120 * S, 10 * S, 120 * S, 300 * S, 300 * S];
    this.tcpLoose = 1;
    this.tcpBeLiberal = 0;
    this.tcpMaxRetrans = 3;
    this.tcpIgnoreInvalidRst = 0;
    this.tuple = new NfTuple();
    this.inner = new NfTuple();
    this.inverse = new NfTuple();
  }
}

/** Has its time passed? @alpha */
export function nfCtIsExpired(ct: NfConn): boolean {
  return timeBeforeEq(ct.timeout, ct.cnet.net.kernel.jiffies);
}

/** Finds the direction with this tuple; entries that have ended are taken out on the way (nf_conntrack_find_get). @alpha */
export function nfConntrackFind(cn: NfConntrackNet, zone: number, t: NfTuple): NfTuple | null {
  const hash = nfTupleHash(t, zone, cn.rnd);
  let h: NfTuple | null = cn.buckets[hash & cn.mask]!;
  while (h !== null) {
    const next: NfTuple | null = h.next;
    if (h.hash === hash && nfTupleEqual(h, t)) {
      const ct = h.ct!;
      if (ct.zone === zone) {
        if (!nfCtIsExpired(ct)) return h;
        nfCtDelete(ct);
        // Its other direction may stand in this chain too, so begin again.
        h = cn.buckets[hash & cn.mask]!;
        continue;
      }
    }
    h = next;
  }
  return null;
}

function unlink(cn: NfConntrackNet, t: NfTuple): void {
  const b = t.hash & cn.mask;
  let at: NfTuple = cn.buckets[b]!;
  if (at === t) {
    cn.buckets[b] = t.next;
  } else {
    while (at.next !== t) at = at.next!;
    at.next = t.next;
  }
  t.next = null;
}

/** Puts both directions into the table. The caller has seen to it that neither is there. */
export function nfCtHashInsert(ct: NfConn): void {
  const cn = ct.cnet;
  const { orig, reply } = ct;
  orig.hash = nfTupleHash(orig, ct.zone, cn.rnd);
  reply.hash = nfTupleHash(reply, ct.zone, cn.rnd);
  orig.next = cn.buckets[orig.hash & cn.mask]!;
  cn.buckets[orig.hash & cn.mask] = orig;
  reply.next = cn.buckets[reply.hash & cn.mask]!;
  cn.buckets[reply.hash & cn.mask] = reply;
  ct.status |= IPS_CONFIRMED;
  cn.count++;
  if (ct.master !== null) ct.master.children++;
  cn.stat.insert++;
  // A small namespace begins with a small table; Linux's size is where growing by itself ends.
  if (cn.count > cn.mask * 2 && cn.mask < BUCKETS_FULL - 1) nfConntrackResize(cn, (cn.mask + 1) * 8);
  if (cn.onConfirm !== null) cn.onConfirm(ct);
  gcArm(cn, (ct.timeout - cn.net.kernel.jiffies) | 0);
}

/** Ends an entry: out of the table, with what it expects (nf_ct_delete). Ended already: nothing happens. @alpha */
export function nfCtDelete(ct: NfConn): void {
  if ((ct.status & IPS_DYING) !== 0) return;
  ct.status |= IPS_DYING;
  const cn = ct.cnet;
  if ((ct.status & IPS_CONFIRMED) !== 0) {
    unlink(cn, ct.orig);
    unlink(cn, ct.reply);
    cn.count--;
    if (ct.master !== null) ct.master.children--;
  }
  if (ct.start >= 0) ct.stop = cn.net.kernel.clock.now();
  if (ct.expecting !== 0) removeExpectations(cn, ct);
  if (cn.onDestroy !== null) cn.onDestroy(ct);
  if (cn.notify !== null && (ct.status & IPS_CONFIRMED) !== 0) cn.notify(IPCT_DESTROY, ct);
}

function removeExpectations(cn: NfConntrackNet, ct: NfConn): void {
  for (const list of Array.from(cn.expects.values())) for (const e of list.filter((x) => x.master === ct)) e.remove(); // datapath-ok: a connection that expects others ends
}

/** Calls `fn` for each entry; `fn` may end it. @alpha */
export function nfConntrackForEach(cn: NfConntrackNet, fn: (ct: NfConn) => void): void {
  for (let i = 0; i <= cn.mask; i++) {
    const here: NfConn[] = []; // datapath-ok: listings and flushes
    for (let h: NfTuple | null = cn.buckets[i]!; h !== null; h = h.next) if (h.dir === 0) here.push(h.ct!);
    for (const ct of here) fn(ct);
  }
}

/** Changes the number of buckets, to a power of two (nf_conntrack_hash_resize). @alpha */
export function nfConntrackResize(cn: NfConntrackNet, size: number): void {
  let n = 1;
  while (n < size) n *= 2;
  const all: NfTuple[] = []; // datapath-ok: a setting changes
  for (let i = 0; i <= cn.mask; i++) for (let h: NfTuple | null = cn.buckets[i]!; h !== null; h = h.next) all.push(h);
  cn.buckets = new Array<NfTuple | null>(n).fill(null);
  cn.mask = n - 1;
  for (const h of all) {
    h.next = cn.buckets[h.hash & cn.mask]!;
    cn.buckets[h.hash & cn.mask] = h;
  }
}

/** Longest time between two rounds of the collector, and the shortest. */
const GC_MAX = 60 * S;
const GC_MIN = 1 * S;

/** The collector runs when the next entry may end, but not at once and not later than in a minute. */
function gcArm(cn: NfConntrackNet, ticks: number): void {
  const k = cn.net.kernel;
  timerReduce(k, cn.gc, (k.jiffies + Math.min(GC_MAX, Math.max(GC_MIN, ticks))) | 0);
}

function nfConntrackGc(cn: NfConntrackNet): void {
  const now = cn.net.kernel.jiffies;
  let soonest = GC_MAX;
  nfConntrackForEach(cn, (ct) => {
    const left = (ct.timeout - now) | 0;
    if (left <= 0) nfCtDelete(ct);
    else if (left < soonest) soonest = left;
  });
  if (cn.count !== 0) gcArm(cn, soonest);
}
