/** What the Internet protocols share in one namespace: the ports that the stack may choose, the counters. */
// datapath-ok-file: settings and listings
import { defineKey, EINVAL, sysctlInt, sysctlString, type Key, type Net } from '@linnet/kernel';
import type { Neighbour } from '@linnet/neigh';
import type { NetDevice } from '@linnet/netdev';
import { socketsUsed } from '@linnet/socket';
import { IcmpGlobal } from './icmp-global.ts';
import type { LocalPorts } from './bind-hash.ts';

/** Per-net slot of {@link InetNet}. @alpha */
export const INET_NET: Key<InetNet> = defineKey<InetNet>('inet per namespace');

/** What IPv6 does for IPv4 in a namespace: gateways of IPv6 in routes of IPv4, and what a probe may ask (RFC 8335). Addresses are four words. @alpha */
export interface InetV6 {
  /** The neighbour behind a gateway, made if it is missing; null when the table is full. */
  neighFor(dev: NetDevice, addr: Int32Array): Neighbour | null;
  /** The device that has an address; null: none. */
  devOf(addr: Int32Array): NetDevice | null;
  /** Has the device any address of IPv6? */
  hasAddr(dev: NetDevice): boolean;
}

/** The ports that the stack may choose (ip-sysctl: ip_local_port_range, ip_local_reserved_ports, ip_autobind_reuse). @alpha */
export class InetNet implements LocalPorts {
  /** Lines of files under /proc/net, by the protocols that count; shown in the order given. */
  private readonly mibs: { file: 'snmp' | 'snmp6' | 'netstat' | 'sockstat' | 'sockstat6'; order: number; show: () => string }[] = [];

  low = 32768;
  high = 60999;
  autobindReuse = false;
  /** Ports below this need CAP_NET_BIND_SERVICE. */
  ipUnprivilegedPortStart = 1024;
  private ranges: [number, number][] = [];
  readonly icmpGlobal: IcmpGlobal;
  /** What IPv6 does for IPv4; null without it. */
  v6: InetV6 | null = null;

  constructor(net: Net) {
    this.icmpGlobal = new IcmpGlobal(net.kernel.jiffies);
  }

  /**
   * Adds a group of counters to /proc/net/snmp, netstat, sockstat or sockstat6: Linux's order is Ip 1, Icmp 2, IcmpMsg 3, Tcp 4, Udp 5, UdpLite 6; TcpExt 1, IpExt 2; TCP 1, UDP 2, UDPLITE 3,
   * RAW 4, FRAG 5.
   */
  addMib(file: 'snmp' | 'snmp6' | 'netstat' | 'sockstat' | 'sockstat6', order: number, show: () => string): void {
    this.mibs.push({ file, order, show });
    this.mibs.sort((a, b) => a.order - b.order);
  }

  /** The text of such a file. */
  showMibs(file: 'snmp' | 'snmp6' | 'netstat' | 'sockstat' | 'sockstat6'): string {
    return this.mibs.filter((m) => m.file === file).map((m) => m.show()).join('');
  }

  /** Is the port kept from automatic choice? */
  reserved(port: number): boolean {
    for (const r of this.ranges) if (port >= r[0] && port <= r[1]) return true;
    return false;
  }

  /** `32768 60999`; -EINVAL when it is no range of ports, or begins below `ipUnprivilegedPortStart`. */
  setRange(text: string): number {
    const m = /^\s*(\d+)\s+(\d+)\s*$/.exec(text);
    if (m === null) return -EINVAL;
    const low = Number(m[1]);
    const high = Number(m[2]);
    if (low < 1 || low > high || high > 65535 || low < this.ipUnprivilegedPortStart) return -EINVAL;
    this.low = low;
    this.high = high;
    return 0;
  }

  /** `8080,9000-9010` as ranges; -EINVAL for anything else. */
  setReserved(text: string): number {
    const ranges: [number, number][] = [];
    for (const part of text.trim().split(',')) {
      if (part === '') continue;
      const m = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
      if (m === null) return -EINVAL;
      const low = Number(m[1]);
      const high = m[2] === undefined ? low : Number(m[2]);
      if (low > high || high > 65535) return -EINVAL;
      ranges.push([low, high]);
    }
    // As one set: what overlaps or touches is one range, and read back as such.
    const merged: [number, number][] = [];
    for (const r of ranges.sort((a, b) => a[0] - b[0])) {
      const last = merged.at(-1);
      if (last !== undefined && r[0] <= last[1] + 1) last[1] = Math.max(last[1], r[1]);
      else merged.push(r);
    }
    this.ranges = merged;
    return 0;
  }

  /** The ranges as text. */
  getReserved(): string {
    return this.ranges.map(([a, b]) => (a === b ? `${a}` : `${a}-${b}`)).join(',');
  }
}

/** Makes the state of a namespace and its sysctls; `six`: the stack has IPv6. */
export function inetNetInit(net: Net, six: boolean): void {
  const n = new InetNet(net);
  net.set(INET_NET, n);
  net.proc.create('net/snmp', () => n.showMibs('snmp'));
  net.proc.create('net/netstat', () => n.showMibs('netstat'));
  net.proc.create('net/sockstat', () => `sockets: used ${socketsUsed(net)}\n${n.showMibs('sockstat')}`);
  if (six) net.proc.create('net/sockstat6', () => n.showMibs('sockstat6'));
  net.sysctl.register('net/ipv4/ip_local_port_range', {
    get: () => `${n.low}\t${n.high}`,
    set: (text) => n.setRange(text),
  });
  net.sysctl.register('net/ipv4/ip_local_reserved_ports', sysctlString(() => n.getReserved(), (text) => n.setReserved(text)));
  net.sysctl.register('net/ipv4/ip_autobind_reuse', sysctlInt(() => (n.autobindReuse ? 1 : 0), (v) => {
    n.autobindReuse = v !== 0;
  }, { min: 0, max: 1 }));
  const start = sysctlInt(() => n.ipUnprivilegedPortStart, (v) => {
    n.ipUnprivilegedPortStart = v;
  }, { min: 0, max: 65535 });
  // The two may not overlap, whichever is set last.
  net.sysctl.register('net/ipv4/ip_unprivileged_port_start', { get: start.get, set: (text) => (Number(text) > n.low ? -EINVAL : start.set!(text)) });
}
