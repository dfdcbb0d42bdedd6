/** What /proc/net shows of IPv6 (proc(5); columns as Linux 6.18 prints them). */
// datapath-ok-file: files under /proc
import { forEachNetdev } from '@linnet/netdev';
import { INET_NET } from '@linnet/inet';
import type { InetSock } from '@linnet/inet';
import { sockIno } from '@linnet/socket';
import { a6Hex } from './addr6.ts';
import { fib6Tables, fib6TableWalk } from './fib6-table.ts';
import type { Fib6Info } from './fib6-types.ts';
import { flowlabelShow } from './flowlabel.ts';
import { in6DevGet } from './inet6-dev.ts';
import type { Inet6Dev } from './inet6-dev.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { mldQuiet } from './mld.ts';
import { SNMP6_ICMP6_NAMES, SNMP6_ICMP6_TYPES, SNMP6_IP_NAMES } from './snmp6.ts';
import type { Ipv6Mib } from './snmp6.ts';

function hex(n: number, width: number): string {
  return (n >>> 0).toString(16).padStart(width, '0');
}

function forEachIdev(n6: Ipv6Net, fn: (idev: Inet6Dev) => void): void {
  forEachNetdev(n6.net, (dev) => {
    const idev = in6DevGet(dev);
    if (idev !== null) fn(idev);
  });
}

/** /proc/net/if_inet6. @alpha */
export function ifInet6Show(n6: Ipv6Net): string {
  let s = '';
  for (const head of n6.addrHash) {
    for (let ifp = head; ifp !== null; ifp = ifp.hashNext) {
      s += `${a6Hex(ifp.addr)} ${hex(ifp.idev.dev.ifindex, 2)} ${hex(ifp.prefixlen, 2)} ${hex(ifp.scope, 2)} ${hex(ifp.flags & 0xff, 2)} ${ifp.idev.dev.name.padStart(8)}\n`;
    }
  }
  return s;
}

const ZERO = '0'.repeat(32);

function routeLine(f: Fib6Info): string {
  const nh = f.nhs[0]!;
  return (
    `${a6Hex(f.dst)} ${hex(f.dstLen, 2)} ${f.src === null ? ZERO : a6Hex(f.src)} ${hex(f.srcLen, 2)} ${nh.gw === null ? ZERO : a6Hex(nh.gw)} ` +
    `${hex(f.metric, 8)} ${hex(1, 8)} ${hex(0, 8)} ${hex(f.flags, 8)} ${(nh.dev === null ? '' : nh.dev.name).padStart(8)}\n`
  );
}

/** /proc/net/ipv6_route: a table without a default route ends in one that says no. @alpha */
export function ipv6RouteShow(n6: Ipv6Net): string {
  let s = '';
  for (const tb of fib6Tables(n6)) {
    let dflt = false;
    fib6TableWalk(tb, (f) => {
      if (f.dstLen === 0) dflt = true;
      s += routeLine(f);
    });
    if (!dflt) s += `${ZERO} 00 ${ZERO} 00 ${ZERO} ffffffff 00000001 00000000 00200200       lo\n`;
  }
  return s;
}

/** /proc/net/igmp6. @alpha */
export function igmp6Show(n6: Ipv6Net): string {
  let s = '';
  const now = n6.kernel.jiffies;
  forEachIdev(n6, (idev) => {
    for (const mc of idev.mld.mcs) {
      const running = mc.queried;
      const flags = (running ? 1 : 0) | (mc.lastReporter ? 2 : 0) | (mc.loaded ? 4 : 0) | (mldQuiet(mc.addr) ? 8 : 0);
      s +=
        `${String(idev.dev.ifindex).padEnd(4)} ${idev.dev.name.padEnd(15)} ${a6Hex(mc.addr)} ${String(mc.users).padStart(5)} ${hex(flags, 8).toUpperCase()} ` +
        `${running ? Math.max(0, Math.trunc(((mc.due - now) | 0) / 10)) : 0}\n`;
    }
  });
  return s;
}

/** /proc/net/mcfilter6. @alpha */
export function mcfilter6Show(n6: Ipv6Net): string {
  let s = 'Idx Device                Multicast Address                   Source Address    INC    EXC\n';
  forEachIdev(n6, (idev) => {
    for (const mc of idev.mld.mcs) {
      for (const sf of mc.sources) {
        s += `${String(idev.dev.ifindex).padStart(3)} ${idev.dev.name.padStart(6)} ${a6Hex(mc.addr)} ${a6Hex(sf.addr)} ${String(sf.count[0]).padStart(6)} ${String(sf.count[1]).padStart(6)}\n`;
      }
    }
  });
  return s;
}

/** /proc/net/anycast6. @alpha */
export function anycast6Show(n6: Ipv6Net): string {
  let s = '';
  forEachIdev(n6, (idev) => {
    for (const ac of idev.acs) s += `${String(idev.dev.ifindex).padEnd(4)} ${idev.dev.name.padEnd(15)} ${a6Hex(ac.addr)} ${String(ac.users).padStart(5)}\n`;
  });
  return s;
}

function counter(name: string, value: number): string {
  return `${name.padEnd(32)}\t${value}\n`;
}

function mibShow(mib: Ipv6Mib, whole: boolean): string {
  let s = '';
  for (const [name, i] of SNMP6_IP_NAMES) s += counter(`Ip6${name}`, mib.ip[i]!);
  for (const [name, i] of SNMP6_ICMP6_NAMES) if (whole || name !== 'OutRateLimitHost') s += counter(`Icmp6${name}`, mib.icmp[i]!);
  for (const [name, t] of SNMP6_ICMP6_TYPES) s += counter(`Icmp6In${name}`, mib.msg[t]!);
  for (const [name, t] of SNMP6_ICMP6_TYPES) s += counter(`Icmp6Out${name}`, mib.msg[256 + t]!);
  for (let i = 0; i < 512; i++) if (mib.msg[i] !== 0) s += counter(`Icmp6${i < 256 ? 'In' : 'Out'}Type${i & 255}`, mib.msg[i]!);
  return s;
}

/** /proc/net/snmp6. @alpha */
export function snmp6Show(n6: Ipv6Net): string {
  return mibShow(n6.mib, true) + n6.net.get(INET_NET).showMibs('snmp6');
}

/** /proc/net/dev_snmp6/NAME. @alpha */
export function devSnmp6Show(idev: Inet6Dev): string {
  return counter('ifIndex', idev.dev.ifindex) + mibShow(idev.mib, false);
}

const SOCK_HEADER =
  '  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n';

/** An address as proc(5) has it: four numbers, each read from the packet as little-endian. */
function addr(a: Int32Array): string {
  let s = '';
  for (let i = 0; i < 4; i++) {
    const w = a[i]!;
    s += hex(((w & 0xff) << 24) | ((w & 0xff00) << 8) | ((w >>> 8) & 0xff00) | (w >>> 24), 8).toUpperCase();
  }
  return s;
}

function sockLine(sk: InetSock, i: number, local: number, remote: number): string {
  const up = (n: number, w: number): string => hex(n, w).toUpperCase();
  return (
    `${String(i).padStart(5)}: ${addr(sk.v6RcvSaddr!)}:${up(local, 4)} ${addr(sk.v6Daddr!)}:${up(remote, 4)} ${up(sk.state, 2)} ${up(sk.wmemAlloc, 8)}:${up(sk.rmemAlloc, 8)} ` +
    `00:00000000 00000000 ${String(sk.uid).padStart(5)} ${'0'.padStart(8)} ${sockIno(sk)} 2 ${'0'.repeat(16)} ${sk.drops}\n`
  );
}

/** /proc/net/raw6. @alpha */
export function raw6Show(n6: Ipv6Net): string {
  let s = SOCK_HEADER;
  for (const sk of n6.raw!.all()) s += sockLine(sk, sk.num, sk.num, 0);
  return s;
}

/** /proc/net/icmp6. @alpha */
export function icmp6SockShow(n6: Ipv6Net): string {
  let s = SOCK_HEADER;
  for (const [ident, list] of n6.ping!.byIdent) for (const sk of list) s += sockLine(sk, ident & 63, ident, sk.dport);
  return s;
}

/** /proc/net/rt6_stats: nodes, routes, routes made, entries, cached ones, destinations, discarded ones. @alpha */
export function rt6StatsShow(n6: Ipv6Net): string {
  let routes = 0;
  for (const tb of fib6Tables(n6)) {
    fib6TableWalk(tb, () => {
      routes++;
    });
  }
  return `${[routes, routes, routes, routes, 0, 0, 0].map((n) => hex(n, 4)).join(' ')}\n`;
}

/** Registers all of them for a namespace. @alpha */
export function proc6Init(n6: Ipv6Net): void {
  const { proc } = n6.net;
  proc.create('net/if_inet6', () => ifInet6Show(n6));
  proc.create('net/ipv6_route', () => ipv6RouteShow(n6));
  proc.create('net/igmp6', () => igmp6Show(n6));
  proc.create('net/mcfilter6', () => mcfilter6Show(n6));
  proc.create('net/anycast6', () => anycast6Show(n6));
  proc.create('net/snmp6', () => snmp6Show(n6));
  proc.create('net/raw6', () => raw6Show(n6));
  proc.create('net/icmp6', () => icmp6SockShow(n6));
  proc.create('net/rt6_stats', () => rt6StatsShow(n6));
  proc.create('net/ip6_flowlabel', () => flowlabelShow(n6));
  const n = n6.net.get(INET_NET);
  n.addMib('sockstat6', 4, () => `RAW6: inuse ${n6.raw!.count}\n`);
  n.addMib('sockstat6', 5, () => `FRAG6: inuse ${n6.frags.count} memory ${n6.frags.mem}\n`);
}
