/** What UDP keeps for one namespace: the hashes of sockets, counters, limits (struct udp_table). */
import { EADDRINUSE, type Net } from '@linnet/kernel';
import { INET_NET, inetOtherDomain, inetRcvSaddrEqual, inetSharesPort, inetSkGetLocalPortRange, type InetNet } from '@linnet/inet';
import { IPPROTO_UDP, IPPROTO_UDPLITE } from '@linnet/uapi';
import { reuseportJoin, reuseportLeave } from '@linnet/socket';
import { udpFlowHash, udpHasFlow, UdpPlaces, udpPlacesBind } from './udp-lookup.ts';
import { UdpMib } from './udp-mib.ts';
import type { UdpSock } from './udp-sock.ts';
import { UdpTable } from './udp-table.ts';

/** More than there are ports would be empty. */
const MAX_PORT_BUCKETS = 65536;
const MAX_FLOW_BUCKETS = 1 << 20;

/** UDP in one namespace. @alpha */
export class UdpNet {
  readonly net: Net;
  readonly ports: InetNet;
  readonly protocol: number;
  /** Checksums may cover a part (RFC 3828). */
  readonly lite: boolean;
  readonly mib: UdpMib = new UdpMib();
  /** Those of datagrams over IPv6 (/proc/net/snmp6). */
  readonly mib6: UdpMib = new UdpMib();
  /** Addresses of the IPv6 packet at hand. */
  readonly saddr6: Int32Array = new Int32Array(4);
  readonly daddr6: Int32Array = new Int32Array(4);
  /** Sockets by local port, and by what `udpFlowHash` says. */
  readonly byPort: UdpTable = new UdpTable(MAX_PORT_BUCKETS);
  readonly byFlow: UdpTable = new UdpTable(MAX_FLOW_BUCKETS);
  /** Ports that have connected sockets, with their number. */
  readonly connected: Map<number, number> = new Map();
  /** Where a lookup looks. */
  readonly places: UdpPlaces = new UdpPlaces();
  /** Key of the hash of flows, and of the choice within SO_REUSEPORT groups. */
  readonly secret: number;
  /** net.ipv4.udp_rmem_min, udp_wmem_min. */
  udpRmemMin = 4096;
  udpWmemMin = 4096;
  /** net.ipv4.udp_early_demux. */
  earlyDemux = 1;
  /** Do sockets without a device hear of packets in VRFs? (`udp_l3mdev_accept`) */
  l3mdevAccept = false;

  /** `protocol`: IPPROTO_UDP or IPPROTO_UDPLITE, which have ports, counters and tables of their own. */
  constructor(net: Net, protocol: number = IPPROTO_UDP) {
    this.net = net;
    this.protocol = protocol;
    this.lite = protocol === IPPROTO_UDPLITE;
    this.ports = net.get(INET_NET);
    this.secret = net.kernel.rng.stream('udp.hash').u32() | 0;
  }

  /** How many sockets have a port. */
  get count(): number {
    return this.byPort.count;
  }

  /** Enters a socket by its port and addresses (udp_lib_hash). */
  hash(sk: UdpSock): void {
    if (sk.hashed) return;
    sk.hashed = true;
    this.byPort.insert(sk.portNode, sk.num);
    this.enterFlow(sk, udpFlowHash(this, sk));
  }

  /** Its addresses have changed (udp_lib_rehash). */
  rehash(sk: UdpSock): void {
    if (!sk.hashed) return;
    const hash = udpFlowHash(this, sk);
    if (hash === sk.flowNode.hash) return;
    this.leaveFlow(sk);
    this.enterFlow(sk, hash);
  }

  /** Takes a socket out (udp_lib_unhash). */
  unhash(sk: UdpSock): void {
    reuseportLeave(sk);
    if (!sk.hashed) return;
    this.byPort.remove(sk.portNode);
    this.leaveFlow(sk);
    sk.hashed = false;
  }

  private enterFlow(sk: UdpSock, hash: number): void {
    this.byFlow.insert(sk.flowNode, hash);
    sk.hasFlow = udpHasFlow(sk);
    if (sk.hasFlow) this.connected.set(sk.num, (this.connected.get(sk.num) ?? 0) + 1);
  }

  private leaveFlow(sk: UdpSock): void {
    this.byFlow.remove(sk.flowNode);
    if (!sk.hasFlow) return;
    sk.hasFlow = false;
    const others = this.connected.get(sk.num)! - 1;
    if (others === 0) this.connected.delete(sk.num);
    else this.connected.set(sk.num, others);
  }

  /** All sockets. */
  [Symbol.iterator](): Generator<UdpSock> {
    return this.byPort[Symbol.iterator]();
  }

  /** Closes every socket: the namespace ends. */
  closeAll(): void {
    for (const sk of this) sk.prot.close(sk, 0);
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
    const p = udpPlacesBind(this, sk, sk.num);
    let mate: UdpSock | null = null;
    for (let i = 0; i < p.count && mate === null; i++) {
      for (let n = p.heads[i]!; n !== null && mate === null; n = n.next!) if (n.hash === p.hashes[i] && inetSharesPort(sk, n.sk)) mate = n.sk;
    }
    reuseportJoin(sk, mate);
  }

  /** Does another socket keep `sk` from the port? SO_REUSEADDR and SO_REUSEPORT let two share when both said so (udp_lib_lport_inuse). */
  private inUse(sk: UdpSock, port: number): boolean {
    const p = udpPlacesBind(this, sk, port);
    for (let i = 0; i < p.count; i++) {
      for (let n = p.heads[i]!; n !== null; n = n.next!) {
        const o = n.sk;
        if (n.hash !== p.hashes[i] || o === sk || o.num !== port) continue;
        if (sk.boundDevIf !== o.boundDevIf && ((sk.boundDevIf !== 0 && o.boundDevIf !== 0) || inetOtherDomain(sk.net, sk.boundDevIf, o.boundDevIf, this.l3mdevAccept))) continue;
        if (!inetRcvSaddrEqual(sk, o)) continue;
        if ((sk.reuse && o.reuse) || (sk.reuseport && o.reuseport && sk.uid === o.uid)) continue;
        return true;
      }
    }
    return false;
  }
}
