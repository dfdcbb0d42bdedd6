/** Local ports: who holds which, who may share, and choosing a free one (inet_connection_sock.c, inet_hashtables.c). */
import { EADDRINUSE, EADDRNOTAVAIL, jhash3words } from '@linnet/kernel';
import { AF_INET6, ipv6AddrAny, ipv6AddrEqual, TCP_LISTEN } from '@linnet/uapi';
import { EHASH_TIMEWAIT, inetEhashInsert, type EhashNode, type InetHashinfo } from './inet-hashtables.ts';
import type { InetConnectionSock } from './inet-connection-sock.ts';
import { INET_VERSION_4, INET_VERSION_6, type InetSock } from './inet-sock.ts';
import { inetOtherDomain } from './l3mdev.ts';
import type { InetTimewaitSock } from './timewait-sock.ts';

/** Who holds one local port (struct inet_bind_bucket). @alpha */
export class InetBindBucket {
  readonly port: number;
  /** Socks that hold it, and TIME-WAITs. */
  readonly owners: Set<InetConnectionSock> = new Set();
  readonly timewaits: Set<InetTimewaitSock> = new Set();
  /**
   * -1: taken only by `connect`, so that other connections may share it while their tuples differ; 0: bound by somebody who does not share;
   * 1: all holders set SO_REUSEADDR and none listens.
   */
  fastreuse = 0;
  constructor(port: number) {
    this.port = port;
  }
}

/** The range for ports chosen by the stack, per namespace (net.ipv4.ip_local_port_range, ip_local_reserved_ports). @alpha */
export interface LocalPorts {
  readonly low: number;
  readonly high: number;
  reserved(port: number): boolean;
  /** May a socket that shares (SO_REUSEADDR) be given a port that others who share hold, when no other is left (ip-sysctl: ip_autobind_reuse)? */
  readonly autobindReuse?: boolean;
}

/**
 * The range in which the stack may choose a port for `sk`: the lowest in the low 16 bits, the highest above (inet_sk_get_local_port_range).
 * IP_LOCAL_PORT_RANGE narrows the namespace's range; a bound that lies outside of it, or 0, does not count (ip(7)).
 * @alpha
 */
export function inetSkGetLocalPortRange(sk: InetSock, ports: LocalPorts): number {
  let { low, high } = ports;
  const own = sk.localPortRange;
  if (own !== 0) {
    const lo = own & 0xffff;
    const hi = own >>> 16;
    if (lo >= ports.low && lo <= ports.high) low = lo;
    if (hi >= ports.low && hi <= ports.high) high = hi;
  }
  return (high << 16) | low;
}

/** Says that a sock holds a bucket's port (inet_bind_hash). */
function inetBindHash(sk: InetConnectionSock, tb: InetBindBucket, port: number): void {
  sk.num = port;
  sk.bindBucket = tb;
  tb.owners.add(sk);
}

/** Gives the port back (inet_put_port). @alpha */
export function inetPutPort(h: InetHashinfo, sk: InetConnectionSock): void {
  const tb = sk.bindBucket;
  if (tb === null) return;
  sk.bindBucket = null;
  sk.num = 0;
  tb.owners.delete(sk);
  bindBucketRelease(h, tb);
}

/** Forgets a bucket that nobody holds any more. */
export function bindBucketRelease(h: InetHashinfo, tb: InetBindBucket): void {
  if (tb.owners.size === 0 && tb.timewaits.size === 0 && h.bhash.get(tb.port) === tb) h.bhash.delete(tb.port);
}

/** A child of a listener holds the same port as its parent, that of a transparent proxy the one that its peer speaks to (__inet_inherit_port). @alpha */
export function inetInheritPort(h: InetHashinfo, parent: InetConnectionSock, child: InetConnectionSock): void {
  const port = child.num === 0 ? parent.num : child.num;
  const tb = port === parent.num && parent.bindBucket !== null ? parent.bindBucket : bucketOf(h, port);
  inetBindHash(child, tb, port);
}

function bucketOf(h: InetHashinfo, port: number): InetBindBucket {
  let tb = h.bhash.get(port);
  if (tb === undefined) {
    tb = new InetBindBucket(port);
    h.bhash.set(port, tb);
  }
  return tb;
}

/** The local address that sockets, and TIME-WAITs, have. @alpha */
export interface InetBound {
  readonly versions: number;
  readonly rcvSaddr: number;
  readonly v6RcvSaddr: Int32Array | null;
}

/**
 * Could one packet be for both? Only when a version of IP is common to both and in it the addresses are equal or one of them is any. Of two IPv6 socks at `::` one of which takes
 * only IPv6 the answer is yes: they share IPv6 (inet_rcv_saddr_equal).
 * @alpha
 */
export function inetRcvSaddrEqual(a: InetBound, b: InetBound): boolean {
  const both = a.versions & b.versions;
  if ((both & INET_VERSION_4) !== 0 && (a.rcvSaddr === 0 || b.rcvSaddr === 0 || a.rcvSaddr === b.rcvSaddr)) return true;
  if ((both & INET_VERSION_6) === 0) return false;
  const x = a.v6RcvSaddr!;
  const y = b.v6RcvSaddr!;
  return ipv6AddrAny(x) || ipv6AddrAny(y) || ipv6AddrEqual(x, y);
}

/** Does the holder `o` of a port stand in the way of `sk`? With `relax` SO_REUSEADDR on both sides lets them share while `o` does not listen. */
function standsInTheWay(
  sk: InetConnectionSock, o: InetConnectionSock | InetTimewaitSock, listens: boolean, relax: boolean, reuseportOk: boolean, l3mdevAccept: boolean,
): boolean {
  if (sk.boundDevIf !== o.boundDevIf && ((sk.boundDevIf !== 0 && o.boundDevIf !== 0) || inetOtherDomain(sk.net, sk.boundDevIf, o.boundDevIf, l3mdevAccept))) return false;
  if (!inetRcvSaddrEqual(sk, o)) return false;
  if (sk.reuse && o.reuse && !listens) return !relax;
  return !(reuseportOk && sk.reuseport && o.reuseport && sk.uid === o.uid);
}

/** Does another holder of the port stand in the way of `sk`? A TIME-WAIT counts as the connection that it was (inet_csk_bind_conflict). */
function bindConflict(h: InetHashinfo, sk: InetConnectionSock, tb: InetBindBucket, relax: boolean, reuseportOk: boolean): boolean {
  for (const o of tb.owners) if (o !== sk && standsInTheWay(sk, o, o.state === TCP_LISTEN, relax, reuseportOk, h.l3mdevAccept)) return true;
  for (const tw of tb.timewaits) if (standsInTheWay(sk, tw, false, relax, reuseportOk, h.l3mdevAccept)) return true;
  return false;
}

/**
 * Claims the local port `snum`, or one of the stack's choice when 0, for bind or listen (inet_csk_get_port). 0 or -EADDRINUSE.
 * @alpha
 */
export function inetCskGetPort(h: InetHashinfo, sk: InetConnectionSock, snum: number, ports: LocalPorts): number {
  const reuse = sk.reuse && sk.state !== TCP_LISTEN;
  let port = snum;
  if (port === 0) {
    port = findOpenPort(h, sk, ports);
    if (port === 0) return -EADDRINUSE;
  }
  const tb = bucketOf(h, port);
  if (tb.owners.size > 0 || tb.timewaits.size > 0) {
    const shared = tb.fastreuse > 0 && reuse;
    if (!shared && bindConflict(h, sk, tb, true, true)) return -EADDRINUSE;
    if (tb.owners.size > 0 && !reuse) tb.fastreuse = 0;
  } else {
    tb.fastreuse = reuse ? 1 : 0;
  }
  if (sk.bindBucket === null) inetBindHash(sk, tb, port);
  return 0;
}

/**
 * A free port, 0 when there is none (inet_csk_find_open_port). Where ip_autobind_reuse is set, who shares takes in the end one that he may share; what SO_REUSEPORT allows does not count.
 */
function findOpenPort(h: InetHashinfo, sk: InetConnectionSock, ports: LocalPorts): number {
  const port = findPort(h, sk, ports, false);
  return port === 0 && ports.autobindReuse === true ? findPort(h, sk, ports, true) : port;
}

/** The search: from a random place on, first one half of the range (every other port), then the other. */
function findPort(h: InetHashinfo, sk: InetConnectionSock, ports: LocalPorts, relax: boolean): number {
  const range = inetSkGetLocalPortRange(sk, ports);
  const low = range & 0xffff;
  const span = (range >>> 16) - low + 1;
  const rng = h.net.kernel.rng.stream('inet.port');
  // Odd ports for bind, even ones for connect: the two do not chase each other's ports.
  let offset = rng.below(span) | 1;
  for (let pass = 0; pass < 2; pass++) {
    for (let i = 0; i < span; i += 2) {
      const port = low + ((offset + i) % span);
      if (ports.reserved(port)) continue;
      const tb = h.bhash.get(port);
      if (tb === undefined || !bindConflict(h, sk, tb, relax, false)) return port;
    }
    offset ^= 1;
  }
  return 0;
}

/**
 * Chooses a local port for a connecting sock whose addresses are set, so that the four-tuple is free, and enters it into the hashes
 * (inet_hash_connect; RFC 6056 algorithm 4). `twUnique` says whether a TIME-WAIT of the same tuple may be replaced. 0 or -EADDRNOTAVAIL.
 * @alpha
 */
export function inetHashConnect(
  h: InetHashinfo, sk: InetConnectionSock, ports: LocalPorts, twUnique: (sk: InetConnectionSock, tw: InetTimewaitSock) => boolean,
): number {
  if (sk.num !== 0) {
    const taken = tupleTaken(h, sk, sk.num, twUnique);
    if (taken) return -EADDRNOTAVAIL;
    inetEhashInsert(h, sk);
    return 0;
  }
  const range = inetSkGetLocalPortRange(sk, ports);
  const low = range & 0xffff;
  const span = (range >>> 16) - low + 1;
  const hash = destinationHash(h, sk);
  const slot = hash & 255;
  // Even ports first; the table remembers how far each class of destinations has come.
  let offset = ((((h.perturb[slot]! + (hash >>> 8)) >>> 0) % span) & ~1) >>> 0;
  for (let pass = 0; pass < 2; pass++) {
    for (let i = 0; i < span; i += 2) {
      const port = low + ((offset + i) % span);
      if (ports.reserved(port)) continue;
      let tb = h.bhash.get(port);
      if (tb !== undefined) {
        // A port that somebody bound is not ours to share; one that connections hold is, if the tuple differs.
        if (tb.fastreuse >= 0 && (tb.owners.size > 0 || tb.timewaits.size > 0)) continue;
        if (tupleTaken(h, sk, port, twUnique)) continue;
      } else {
        tb = new InetBindBucket(port);
        tb.fastreuse = -1;
        h.bhash.set(port, tb);
      }
      h.perturb[slot] = (h.perturb[slot]! + i + 2) | 0;
      inetBindHash(sk, tb, port);
      sk.sport = port;
      inetEhashInsert(h, sk);
      return 0;
    }
    offset ^= 1;
  }
  return -EADDRNOTAVAIL;
}

/** The class of destinations that walks the ports together (inet_sk_port_offset). */
function destinationHash(h: InetHashinfo, sk: InetConnectionSock): number {
  if (sk.af.family !== AF_INET6) return h.portHash.hash3(sk.rcvSaddr, sk.daddr, sk.dport);
  const s = sk.v6RcvSaddr!;
  const d = sk.v6Daddr!;
  // A keyed mix of the eight words first: it need not be strong, what leaves is the last hash alone.
  const a = jhash3words(s[0]!, s[1]!, s[2]!, h.secret);
  const b = jhash3words(s[3]!, d[0]!, d[1]!, a);
  return h.portHash.hash4(b, d[2]!, d[3]!, sk.dport);
}

function tupleTaken(h: InetHashinfo, sk: InetConnectionSock, port: number, twUnique: (sk: InetConnectionSock, tw: InetTimewaitSock) => boolean): boolean {
  const n: EhashNode | null = sk.af.family === AF_INET6
    ? h.lookupEstablished6(sk.v6Daddr!, sk.dport, sk.v6RcvSaddr!, port, sk.boundDevIf)
    : h.lookupEstablished(sk.daddr, sk.dport, sk.rcvSaddr, port, sk.boundDevIf);
  if (n === null) return false;
  if (n.kind === EHASH_TIMEWAIT) return !twUnique(sk, n.owner as InetTimewaitSock);
  return n.owner !== sk;
}
