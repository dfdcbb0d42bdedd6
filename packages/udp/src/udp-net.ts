/** What UDP keeps for one namespace: the hash of sockets, counters, limits (struct udp_table). */
import { EADDRINUSE, type Net } from '@linnet/kernel';
import { INET_NET, inetRcvSaddrEqual, inetSharesPort, inetSkGetLocalPortRange, type InetNet } from '@linnet/inet';
import { reuseportJoin, reuseportLeave } from '@linnet/socket';
import { UdpMib } from './udp-mib.ts';
import type { UdpSock } from './udp-sock.ts';

const MIN_BUCKETS = 16;
const MAX_BUCKETS = 65536;

/** UDP in one namespace. @alpha */
export class UdpNet {
  readonly net: Net;
  readonly ports: InetNet;
  readonly mib: UdpMib = new UdpMib();
  /** Those of datagrams over IPv6 (/proc/net/snmp6). */
  readonly mib6: UdpMib = new UdpMib();
  /** Addresses of the IPv6 packet at hand. */
  readonly saddr6: Int32Array = new Int32Array(4);
  readonly daddr6: Int32Array = new Int32Array(4);
  /** Sockets by local port: chains through `udpNext`. */
  private buckets: (UdpSock | null)[] = new Array<UdpSock | null>(MIN_BUCKETS).fill(null);
  private mask: number = MIN_BUCKETS - 1;
  count = 0;
  /** Key of the choice within SO_REUSEPORT groups. */
  readonly secret: number;
  /** net.ipv4.udp_rmem_min, udp_wmem_min. */
  udpRmemMin = 4096;
  udpWmemMin = 4096;
  /** net.ipv4.udp_early_demux. */
  earlyDemux = 1;

  constructor(net: Net) {
    this.net = net;
    this.ports = net.get(INET_NET);
    this.secret = net.kernel.rng.stream('udp.hash').u32() | 0;
  }

  /** The first of the chain in which sockets of a port are. */
  chain(port: number): UdpSock | null {
    return this.buckets[port & this.mask]!;
  }

  /** Enters a socket by its port (udp_lib_hash). */
  hash(sk: UdpSock): void {
    if (sk.hashed) return;
    const i = sk.num & this.mask;
    sk.udpNext = this.buckets[i]!;
    this.buckets[i] = sk;
    sk.hashed = true;
    if (++this.count > this.buckets.length && this.buckets.length < MAX_BUCKETS) this.grow();
  }

  /** Takes a socket out (udp_lib_unhash). */
  unhash(sk: UdpSock): void {
    reuseportLeave(sk);
    if (!sk.hashed) return;
    const i = sk.num & this.mask;
    let at = this.buckets[i]!;
    if (at === sk) {
      this.buckets[i] = sk.udpNext;
    } else {
      while (at !== null && at.udpNext !== sk) at = at.udpNext!;
      if (at !== null) at.udpNext = sk.udpNext;
    }
    sk.udpNext = null;
    sk.hashed = false;
    this.count--;
  }

  private grow(): void {
    const old = this.buckets;
    this.mask = old.length * 2 - 1;
    this.buckets = new Array<UdpSock | null>(this.mask + 1).fill(null);
    for (let sk of old) {
      while (sk !== null) {
        const next: UdpSock | null = sk.udpNext;
        sk.udpNext = this.buckets[sk.num & this.mask]!;
        this.buckets[sk.num & this.mask] = sk;
        sk = next;
      }
    }
  }

  /** All sockets. */
  *[Symbol.iterator](): Generator<UdpSock> {
    for (const first of this.buckets) for (let sk = first; sk !== null; sk = sk.udpNext) yield sk;
  }

  /** Closes every socket: the namespace ends. */
  closeAll(): void {
    for (const first of this.buckets) {
      let sk = first;
      while (sk !== null) {
        const next: UdpSock | null = sk.udpNext;
        sk.prot.close(sk, 0);
        sk = next;
      }
    }
  }

  /** Claims the port `snum`, or a random free one when 0, and hashes the socket (udp_lib_get_port). 0 or -EADDRINUSE. */
  getPort(sk: UdpSock, snum: number): number {
    let port = snum;
    if (port === 0) {
      const range = inetSkGetLocalPortRange(sk, this.ports);
      const low = range & 0xffff;
      const span = (range >>> 16) - low + 1;
      const first = this.net.kernel.rng.stream('udp.port').below(span);
      for (let i = 0; i < span && port === 0; i++) {
        const p = low + ((first + i) % span);
        if (!this.ports.reserved(p) && !this.inUse(sk, p)) port = p;
      }
      if (port === 0) return -EADDRINUSE;
    } else if (this.inUse(sk, port)) {
      return -EADDRINUSE;
    }
    sk.num = port;
    if (sk.reuseport) this.share(sk);
    this.hash(sk);
    return 0;
  }

  /** Joins those who have the same address. */
  private share(sk: UdpSock): void {
    let mate = this.chain(sk.num);
    while (mate !== null && !inetSharesPort(sk, mate)) mate = mate.udpNext;
    reuseportJoin(sk, mate);
  }

  /** Does another socket keep `sk` from the port? SO_REUSEADDR and SO_REUSEPORT let two share when both said so (udp_lib_lport_inuse). */
  private inUse(sk: UdpSock, port: number): boolean {
    for (let o = this.chain(port); o !== null; o = o.udpNext) {
      if (o === sk || o.num !== port) continue;
      if (sk.boundDevIf !== 0 && o.boundDevIf !== 0 && sk.boundDevIf !== o.boundDevIf) continue;
      if (!inetRcvSaddrEqual(sk, o)) continue;
      if ((sk.reuse && o.reuse) || (sk.reuseport && o.reuseport && sk.uid === o.uid)) continue;
      return true;
    }
    return false;
  }
}
