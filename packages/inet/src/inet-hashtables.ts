/**
 * Finding connections by their addresses (inet_hashtables).
 *
 * - `ehash`: connections, requests and TIME-WAITs by (local address, local port, remote address, remote port);
 * - `lhash`: listeners by port;
 * - `bhash`: which socks hold a local port (bind-hash.ts).
 *
 * One set a namespace and transport. Chains are linked through small nodes of one class, so that the search meets one hidden class whatever it finds.
 */
import { jhash3words, SipHash, type Kernel, type Net } from '@linnet/kernel';
import { AF_INET6, IN6ADDR_ANY, ipv6AddrAny, ipv6AddrEqual } from '@linnet/uapi';
import type { InetBindBucket } from './bind-hash.ts';
import type { InetConnectionSock } from './inet-connection-sock.ts';
import { INET_VERSION_4, INET_VERSION_6, type InetSock } from './inet-sock.ts';
import { inetBoundDevFits } from './l3mdev.ts';
import { reuseportJoin, reuseportLeave } from '@linnet/socket';
import { inetSharesPort } from './reuseport.ts';

/** What an entry of the hash of connections stands for. A full sock. @alpha */
export const EHASH_SOCK = 0;
/** A TIME-WAIT. @alpha */
export const EHASH_TIMEWAIT = 1;
/** A connection request (SYN received). @alpha */
export const EHASH_REQUEST = 2;

/** An entry of the hash of connections: the four-tuple and whom it belongs to (the skc_* part of struct sock_common). @alpha */
export class EhashNode {
  /** EHASH_SOCK, EHASH_TIMEWAIT or EHASH_REQUEST: what `owner` is. */
  readonly kind: number;
  readonly owner: object;
  hash = 0;
  /** Local address and port (host order), remote address and port. */
  rcvSaddr = 0;
  num = 0;
  daddr = 0;
  dport = 0;
  boundDevIf = 0;
  /** The addresses of an IPv6 connection, then `rcvSaddr` and `daddr` are 0; null for IPv4. */
  v6RcvSaddr: Int32Array | null = null;
  v6Daddr: Int32Array | null = null;
  hashed = false;
  next: EhashNode | null = null;

  constructor(kind: number, owner: object) {
    this.kind = kind;
    this.owner = owner;
  }
}

const MIN_BUCKETS = 64;

/** The hash tables of one transport in one namespace (struct inet_hashinfo). @alpha */
export class InetHashinfo {
  readonly net: Net;
  private buckets: (EhashNode | null)[] = new Array<EhashNode | null>(MIN_BUCKETS).fill(null);
  private mask: number = MIN_BUCKETS - 1;
  /** Entries in the hash of connections. */
  count = 0;
  /** TIME-WAITs among them. */
  twCount = 0;
  readonly secret: number;
  /** Listeners by port; within a port in the order in which they are asked. */
  readonly lhash: Map<number, InetConnectionSock[]> = new Map();
  /** Holders of local ports. */
  readonly bhash: Map<number, InetBindBucket> = new Map();
  /** Where the search for a free port begins, by hash of the destination (RFC 6056, algorithm 4). */
  readonly perturb: Int32Array = new Int32Array(256);
  readonly portHash: SipHash;
  /** Do sockets without a device hear of packets in VRFs? (`tcp_l3mdev_accept`) */
  l3mdevAccept: boolean = false;

  constructor(net: Net, name: string) {
    const k: Kernel = net.kernel;
    this.net = net;
    const rng = k.rng.stream(`${name}.ehash`); // datapath-ok: once a namespace
    this.secret = rng.u32() | 0;
    this.portHash = new SipHash(k.rng.secret(`${name}.port`)); // datapath-ok: once a namespace
  }

  /** The hash of a four-tuple (inet_ehashfn). */
  hashfn(laddr: number, lport: number, faddr: number, fport: number): number {
    return jhash3words(laddr, faddr, (lport << 16) | fport, this.secret);
  }

  /**
   * Finds the entry of a four-tuple (__inet_lookup_established): `daddr:hnum` is the packet's destination, ours. `dif` is the interface it came in by.
   * Null when there is none.
   */
  lookupEstablished(saddr: number, sport: number, daddr: number, hnum: number, dif: number, sdif: number = 0): EhashNode | null {
    const hash = this.hashfn(daddr, hnum, saddr, sport);
    for (let n = this.buckets[hash & this.mask]!; n !== null; n = n.next!) {
      if (
        n.hash === hash && n.daddr === saddr && n.rcvSaddr === daddr && n.dport === sport && n.num === hnum && n.v6Daddr === null &&
        inetBoundDevFits(n.boundDevIf, dif, sdif, this.l3mdevAccept)
      ) {
        return n;
      }
    }
    return null;
  }

  /** The hash of an IPv6 four-tuple (inet6_ehashfn). */
  hashfn6(l: Int32Array, lport: number, f: Int32Array, fport: number): number {
    const a = jhash3words(l[0]!, l[1]!, l[2]!, this.secret);
    const b = jhash3words(l[3]!, f[0]!, f[1]!, a);
    return jhash3words(f[2]!, f[3]!, (lport << 16) | fport, b);
  }

  /** {@link InetHashinfo.lookupEstablished} for IPv6 (__inet6_lookup_established). */
  lookupEstablished6(saddr: Int32Array, sport: number, daddr: Int32Array, hnum: number, dif: number, sdif: number = 0): EhashNode | null {
    const hash = this.hashfn6(daddr, hnum, saddr, sport);
    for (let n = this.buckets[hash & this.mask]!; n !== null; n = n.next!) {
      if (
        n.hash === hash && n.dport === sport && n.num === hnum && n.v6Daddr !== null && ipv6AddrEqual(n.v6Daddr, saddr) && ipv6AddrEqual(n.v6RcvSaddr!, daddr) &&
        inetBoundDevFits(n.boundDevIf, dif, sdif, this.l3mdevAccept)
      ) {
        return n;
      }
    }
    return null;
  }

  /** Adds an entry whose tuple is filled in (inet_ehash_nolisten). */
  insert(n: EhashNode): void {
    if (n.hashed) return;
    n.hash = n.v6Daddr === null ? this.hashfn(n.rcvSaddr, n.num, n.daddr, n.dport) : this.hashfn6(n.v6RcvSaddr!, n.num, n.v6Daddr, n.dport);
    const i = n.hash & this.mask;
    n.next = this.buckets[i]!;
    this.buckets[i] = n;
    n.hashed = true;
    if (n.kind === EHASH_TIMEWAIT) this.twCount++;
    if (++this.count > this.buckets.length) this.grow();
  }

  /** Removes an entry; does nothing when it is not there. */
  remove(n: EhashNode): void {
    if (!n.hashed) return;
    const i = n.hash & this.mask;
    let at = this.buckets[i]!;
    if (at === n) {
      this.buckets[i] = n.next;
    } else {
      while (at !== null && at.next !== n) at = at.next!;
      if (at !== null) at.next = n.next;
    }
    n.next = null;
    n.hashed = false;
    this.count--;
    if (n.kind === EHASH_TIMEWAIT) this.twCount--;
  }

  private grow(): void {
    const old = this.buckets;
    const mask = old.length * 2 - 1;
    const buckets = new Array<EhashNode | null>(mask + 1).fill(null);
    for (let n of old) {
      while (n !== null) {
        const next: EhashNode | null = n.next;
        n.next = buckets[n.hash & mask]!;
        buckets[n.hash & mask] = n;
        n = next;
      }
    }
    this.buckets = buckets;
    this.mask = mask;
  }

  /** Calls `fn` for every entry; it may remove the entry it is given, and must not add any. */
  forEach(fn: (n: EhashNode) => void): void {
    for (const first of this.buckets) {
      for (let n = first; n !== null; ) {
        const next: EhashNode | null = n.next;
        fn(n);
        n = next;
      }
    }
  }
}

/** The listener of a port that fits best; with `six` the addresses are `saddr6` and `daddr6`, else the numbers. */
function bestListener(h: InetHashinfo, six: boolean, saddr: number, saddr6: Int32Array, sport: number, daddr: number, daddr6: Int32Array, hnum: number, dif: number, sdif: number): InetConnectionSock | null {
  const list = h.lhash.get(hnum);
  if (list === undefined) return null;
  let best: InetConnectionSock | null = null;
  let bestScore = -1;
  let matches = 0;
  let phash = 0;
  for (let i = 0; i < list.length; i++) {
    const sk = list[i]!;
    const score = six ? computeScore6(sk, daddr6, dif, sdif, h.l3mdevAccept) : computeScore(sk, daddr, dif, sdif, h.l3mdevAccept);
    if (score < 0) continue;
    if (score > bestScore) {
      best = sk;
      bestScore = score;
      matches = 1;
      if (sk.reuseport) phash = six ? h.hashfn6(daddr6, hnum, saddr6, sport) : h.hashfn(daddr, hnum, saddr, sport);
    } else if (score === bestScore && sk.reuseport && best!.reuseport) {
      // Reservoir choice: each of n equals with probability 1/n, decided by the flow's hash alone.
      matches++;
      phash = jhash3words(phash, matches, 0, h.secret);
      if ((phash >>> 0) % matches === 0) best = sk;
    }
  }
  return best;
}

/**
 * Finds the listener for a packet to `daddr:hnum` that came in by `dif` (__inet_lookup_listener): the one bound most closely wins; among equals of a
 * SO_REUSEPORT group the hash of the flow chooses, else the first.
 * @alpha
 */
export function inetLookupListener(h: InetHashinfo, saddr: number, sport: number, daddr: number, hnum: number, dif: number, sdif: number = 0): InetConnectionSock | null {
  return bestListener(h, false, saddr, IN6ADDR_ANY, sport, daddr, IN6ADDR_ANY, hnum, dif, sdif);
}

/** {@link inetLookupListener} for IPv6 (inet6_lookup_listener). @alpha */
export function inet6LookupListener(h: InetHashinfo, saddr: Int32Array, sport: number, daddr: Int32Array, hnum: number, dif: number, sdif: number = 0): InetConnectionSock | null {
  return bestListener(h, true, 0, saddr, sport, 0, daddr, hnum, dif, sdif);
}

/**
 * How well a listener fits a destination; -1 when it does not (compute_score). An address of its own counts most, then that it is an IPv4 sock and no IPv6 one that
 * takes both, then a device of its own: observed on Linux.
 * @alpha
 */
export function computeScore(sk: InetSock, daddr: number, dif: number, sdif: number = 0, accept: boolean = false): number {
  if ((sk.versions & INET_VERSION_4) === 0) return -1;
  let score = sk.pinet6 === null ? 2 : 0;
  if (sk.rcvSaddr !== 0) {
    if (sk.rcvSaddr !== daddr) return -1;
    score += 4;
  }
  if (!inetBoundDevFits(sk.boundDevIf, dif, sdif, accept)) return -1;
  if (sk.boundDevIf !== 0) score += 1;
  return score;
}

/** The same for an IPv6 destination. @alpha */
export function computeScore6(sk: InetSock, daddr: Int32Array, dif: number, sdif: number = 0, accept: boolean = false): number {
  if ((sk.versions & INET_VERSION_6) === 0) return -1;
  let score = 0;
  const own = sk.v6RcvSaddr!;
  if (!ipv6AddrAny(own)) {
    if (!ipv6AddrEqual(own, daddr)) return -1;
    score += 4;
  }
  if (!inetBoundDevFits(sk.boundDevIf, dif, sdif, accept)) return -1;
  if (sk.boundDevIf !== 0) score += 1;
  return score;
}

/** Puts a listening sock into the hash of listeners (inet_hash of a listener). @alpha */
export function inetHashListener(h: InetHashinfo, sk: InetConnectionSock): void {
  const list = h.lhash.get(sk.num);
  if (sk.reuseport) reuseportJoin(sk, list?.find((o) => inetSharesPort(sk, o)) ?? null);
  if (list === undefined) h.lhash.set(sk.num, [sk]);
  else if (!list.includes(sk)) list.push(sk);
}

/** Takes a listener, or a connection, out of the hashes (inet_unhash). @alpha */
export function inetUnhash(h: InetHashinfo, sk: InetConnectionSock): void {
  h.remove(sk.ehashNode);
  const list = h.lhash.get(sk.num);
  if (list === undefined) return;
  const i = list.indexOf(sk);
  if (i < 0) return;
  reuseportLeave(sk);
  list.splice(i, 1);
  if (list.length === 0) h.lhash.delete(sk.num);
}

/** Enters a connection by its present addresses and ports (inet_ehash_insert). @alpha */
export function inetEhashInsert(h: InetHashinfo, sk: InetConnectionSock): void {
  const n = sk.ehashNode;
  n.rcvSaddr = sk.rcvSaddr;
  n.num = sk.num;
  n.daddr = sk.daddr;
  n.dport = sk.dport;
  n.boundDevIf = sk.boundDevIf;
  const six = sk.af.family === AF_INET6;
  n.v6RcvSaddr = six ? sk.v6RcvSaddr : null;
  n.v6Daddr = six ? sk.v6Daddr : null;
  h.insert(n);
}
