/**
 * Which socket a datagram is for. A port with few sockets is walked whole; for one with many (a server that connects a socket to each client, a socket for each of
 * many addresses) there are three steps, each one place of a hash: who is connected to the sender, who has the address for its own, who takes any.
 */
import { jhash3words } from '@linnet/kernel';
import { INET_VERSION_4, INET_VERSION_6, inetBoundDevFits, type InetSock } from '@linnet/inet';
import { IN6ADDR_ANY, ipv6AddrAny, ipv6AddrEqual, ipv6AddrV4mapped, TCP_ESTABLISHED } from '@linnet/uapi';
import type { UdpNet } from './udp-net.ts';
import type { UdpSock } from './udp-sock.ts';
import type { UdpNode } from './udp-table.ts';

/** So many sockets are walked as quickly as found by three hashes. */
const FEW = 8;

/** The hash of two ends; a remote end of zeros stands for none, a local address of zeros for any. */
function hash4(u: UdpNet, laddr: number, lport: number, faddr: number, fport: number): number {
  return jhash3words(laddr, faddr, (lport << 16) | fport, u.secret);
}

/** The same of IPv6 addresses, `f` being null for none. */
function hash6(u: UdpNet, l: Int32Array, lport: number, f: Int32Array | null, fport: number): number {
  const a = jhash3words(l[0]!, l[1]!, l[2]!, u.secret);
  return f === null ? jhash3words(l[3]!, lport, 0, a) : jhash3words(f[2]!, f[3]!, (lport << 16) | fport, jhash3words(l[3]!, f[0]!, f[1]!, a));
}

const hashAny = (u: UdpNet, lport: number): number => hash4(u, 0, lport, 0, 0);

/** The hash of those who have the address of `sk` for their own and are not connected. */
function ownHash(u: UdpNet, sk: UdpSock, port: number): number {
  const six = sk.v6RcvSaddr;
  if (six === null || ipv6AddrV4mapped(six)) return hash4(u, sk.rcvSaddr, port, 0, 0);
  return ipv6AddrAny(six) ? hashAny(u, port) : hash6(u, six, port, null, 0);
}

/** Are both ends of a socket fixed, so that it is found by them? @alpha */
export function udpHasFlow(sk: UdpSock): boolean {
  return sk.state === TCP_ESTABLISHED && !takesAny(sk);
}

const takesAny = (sk: UdpSock): boolean => (sk.v6RcvSaddr === null || ipv6AddrV4mapped(sk.v6RcvSaddr) ? sk.rcvSaddr === 0 : ipv6AddrAny(sk.v6RcvSaddr));

/** By what a socket is found among many, with the addresses that it has now. @alpha */
export function udpFlowHash(u: UdpNet, sk: UdpSock): number {
  if (!udpHasFlow(sk)) return ownHash(u, sk, sk.num);
  const six = sk.v6RcvSaddr;
  return six === null || ipv6AddrV4mapped(six) ? hash4(u, sk.rcvSaddr, sk.num, sk.daddr, sk.dport) : hash6(u, six, sk.num, sk.v6Daddr!, sk.dport);
}

/** The places where the sockets for a datagram are, in the order of their right to it; `heads[i]` with the hash that its nodes must have. @alpha */
export class UdpPlaces {
  readonly heads: [UdpNode | null, UdpNode | null, UdpNode | null] = [null, null, null];
  readonly hashes: Int32Array = new Int32Array(3);
  count = 0;
}

/** Places of a datagram over IPv4, in the namespace's scratch record. @alpha */
export function udpPlaces4(u: UdpNet, saddr: number, sport: number, daddr: number, hnum: number): UdpPlaces {
  if (u.byPort.length(hnum) <= FEW) return onePlace(u, hnum);
  return threePlaces(u, hash4(u, daddr, hnum, saddr, sport), hash4(u, daddr, hnum, 0, 0), hashAny(u, hnum));
}

/** And over IPv6. @alpha */
export function udpPlaces6(u: UdpNet, saddr: Int32Array, sport: number, daddr: Int32Array, hnum: number): UdpPlaces {
  if (u.byPort.length(hnum) <= FEW) return onePlace(u, hnum);
  return threePlaces(u, hash6(u, daddr, hnum, saddr, sport), hash6(u, daddr, hnum, null, 0), hashAny(u, hnum));
}

/** Places of all whose address could be in the way of `sk` on a port. @alpha */
export function udpPlacesBind(u: UdpNet, sk: UdpSock, port: number): UdpPlaces {
  // Who is connected stands under both ends, not under his address.
  if (u.byPort.length(port) <= FEW || takesAny(sk) || u.connected.has(port)) return onePlace(u, port);
  const own = ownHash(u, sk, port);
  return threePlaces(u, own, own, hashAny(u, port));
}

function onePlace(u: UdpNet, hnum: number): UdpPlaces {
  const p = u.places;
  p.heads[0] = u.byPort.chain(hnum);
  p.hashes[0] = hnum;
  p.count = 1;
  return p;
}

function threePlaces(u: UdpNet, flow: number, own: number, any: number): UdpPlaces {
  const p = u.places;
  p.count = 0;
  place(u, p, flow);
  if (own !== flow) place(u, p, own);
  // Two of one hash are one place: nobody is asked twice.
  if (any !== flow && any !== own) place(u, p, any);
  return p;
}

function place(u: UdpNet, p: UdpPlaces, hash: number): void {
  p.heads[p.count] = u.byFlow.chain(hash);
  p.hashes[p.count++] = hash;
}

/** How well a socket fits a datagram; -1 when it does not (compute_score). What is fixed of its ends counts more than a device, as observed on Linux. @alpha */
export function udpScore4(sk: InetSock, saddr: number, sport: number, daddr: number, hnum: number, dif: number, sdif: number = 0, accept: boolean = false): number {
  if (sk.num !== hnum || (sk.versions & INET_VERSION_4) === 0) return -1;
  // An IPv4 socket before an IPv6 one that takes both.
  let score = sk.pinet6 === null ? 1 : 0;
  if (sk.rcvSaddr !== 0) {
    if (sk.rcvSaddr !== daddr) return -1;
    score += 8;
  }
  if (sk.daddr !== 0) {
    if (sk.daddr !== saddr) return -1;
    score += 8;
  }
  if (sk.dport !== 0) {
    if (sk.dport !== sport) return -1;
    score += 8;
  }
  if (!inetBoundDevFits(sk.boundDevIf, dif, sdif, accept)) return -1;
  if (sk.boundDevIf !== 0) score += 4;
  return score;
}

/** {@link udpScore4} for IPv6. @alpha */
export function udpScore6(sk: InetSock, saddr: Int32Array, sport: number, daddr: Int32Array, hnum: number, dif: number, sdif: number = 0, accept: boolean = false): number {
  if (sk.num !== hnum || (sk.versions & INET_VERSION_6) === 0) return -1;
  let score = 0;
  const own = sk.v6RcvSaddr!;
  if (!ipv6AddrAny(own)) {
    if (!ipv6AddrEqual(own, daddr)) return -1;
    score += 8;
  }
  const peer = sk.v6Daddr!;
  if (!ipv6AddrAny(peer)) {
    if (!ipv6AddrEqual(peer, saddr)) return -1;
    score += 8;
  }
  if (sk.dport !== 0) {
    if (sk.dport !== sport) return -1;
    score += 8;
  }
  if (!inetBoundDevFits(sk.boundDevIf, dif, sdif, accept)) return -1;
  if (sk.boundDevIf !== 0) score += 4;
  return score;
}

/**
 * The best of the sockets in these places; of a SO_REUSEPORT group one of n with probability 1/n each, decided by the flow alone. With `six` the addresses are
 * `saddr6` and `daddr6`, else the numbers.
 */
function best(u: UdpNet, p: UdpPlaces, six: boolean, saddr: number, saddr6: Int32Array, sport: number, daddr: number, daddr6: Int32Array, hnum: number, dif: number, sdif: number): UdpSock | null {
  let found: UdpSock | null = null;
  for (let i = 0; i < p.count && found === null; i++) {
    let bestScore = -1;
    let group = 1;
    let mix = 0;
    for (let n = p.heads[i]!; n !== null; n = n.next!) {
      if (n.hash !== p.hashes[i]) continue;
      const { sk } = n;
      const score = six ? udpScore6(sk, saddr6, sport, daddr6, hnum, dif, sdif, u.l3mdevAccept) : udpScore4(sk, saddr, sport, daddr, hnum, dif, sdif, u.l3mdevAccept);
      if (score < 0) continue;
      if (score > bestScore) {
        found = sk;
        bestScore = score;
        group = 1;
      } else if (score === bestScore && sk.reuseport && found!.reuseport && sk.state !== TCP_ESTABLISHED) {
        if (group > 1) mix = jhash3words(mix, sport, hnum, u.secret);
        else mix = six ? hash6(u, daddr6, hnum, saddr6, sport) : hash4(u, daddr, hnum, saddr, sport);
        if ((mix >>> 0) % ++group === 0) found = sk;
      }
    }
  }
  return found;
}

/** The socket for a datagram to `daddr:hnum`, or null; a SO_REUSEPORT group is chosen from by the flow (__udp4_lib_lookup). @alpha */
export function udp4LibLookup(u: UdpNet, saddr: number, sport: number, daddr: number, hnum: number, dif: number, sdif: number = 0): UdpSock | null {
  return best(u, udpPlaces4(u, saddr, sport, daddr, hnum), false, saddr, IN6ADDR_ANY, sport, daddr, IN6ADDR_ANY, hnum, dif, sdif);
}

/** {@link udp4LibLookup} for IPv6 (__udp6_lib_lookup). @alpha */
export function udp6LibLookup(u: UdpNet, saddr: Int32Array, sport: number, daddr: Int32Array, hnum: number, dif: number, sdif: number = 0): UdpSock | null {
  return best(u, udpPlaces6(u, saddr, sport, daddr, hnum), true, 0, saddr, sport, 0, daddr, hnum, dif, sdif);
}
