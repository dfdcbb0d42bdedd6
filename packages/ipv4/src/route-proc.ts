/** /proc/net/arp, /proc/net/route, /proc/net/fib_triestat, /proc/net/stat/rt_cache (proc(5)). */
// datapath-ok-file: files under /proc
import { NUD_VALID } from '@linnet/neigh';
import { ATF_COM, ATF_PERM, ATF_PUBL, NUD_NOARP, NUD_PERMANENT, RTAX_ADVMSS, RTAX_RTT, RTAX_WINDOW, RTN_BROADCAST, RTN_MULTICAST, RTN_PROHIBIT, RTN_UNREACHABLE, in4ToString, inetMakeMask } from '@linnet/uapi';
import { fibTableWalk } from './fib-trie.ts';
import type { Ipv4Net } from './ipv4-net.ts';

/** Columns of a link-layer address: `aa:bb:cc:dd:ee:ff`. */
function hwString(ha: Uint8Array, n: number): string {
  const out: string[] = [];
  for (let i = 0; i < n; i++) out.push(ha[i]!.toString(16).padStart(2, '0'));
  return out.join(':');
}

/** /proc/net/arp. @alpha */
export function arpShow(n4: Ipv4Net): string {
  let out = 'IP address       HW type     Flags       HW address            Mask     Device\n';
  for (const n of n4.arpTbl.list(n4.net)) {
    if ((n.nudState & ~NUD_NOARP) === 0) continue;
    const flags = (n.nudState & NUD_PERMANENT) !== 0 ? ATF_PERM | ATF_COM : (n.nudState & NUD_VALID) !== 0 ? ATF_COM : 0;
    const type = `0x${n.dev.type.toString(16)}`;
    out += `${in4ToString(n.key0).padEnd(16)} ${type.padEnd(12)}${`0x${flags.toString(16)}`.padEnd(12)}${hwString(n.ha, n.dev.addrLen).padEnd(17)}     *        ${n.dev.name}\n`;
  }
  for (const p of n4.arpTbl.proxies.list(n4.net)) {
    const type = `0x${(p.dev?.type ?? 0).toString(16)}`;
    out += `${in4ToString(p.key0).padEnd(16)} ${type.padEnd(12)}${`0x${(ATF_PUBL | ATF_PERM).toString(16)}`.padEnd(12)}00:00:00:00:00:00     *        ${p.dev?.name ?? '*'}\n`;
  }
  return out;
}

/** The bytes of an address in the order of a little-endian machine, as /proc/net/route has them. */
function leHex(a: number): string {
  let out = '';
  for (let s = 0; s < 32; s += 8) out += ((a >>> s) & 255).toString(16).toUpperCase().padStart(2, '0');
  return out;
}

const RTF_UP = 1;
const RTF_GATEWAY = 2;
const RTF_HOST = 4;
const RTF_REJECT = 0x200;

/** /proc/net/route: the main table without local and broadcast routes. @alpha */
export function routeShow(n4: Ipv4Net): string {
  let out = `${'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT'.padEnd(127)}\n`;
  fibTableWalk(n4.fibMain, (prefix, plen, fa) => {
    if (fa.type === RTN_BROADCAST || fa.type === RTN_MULTICAST) return;
    const fi = fa.info;
    const nh = fi.nhs[0]!;
    let flags = RTF_UP;
    if (fa.type === RTN_UNREACHABLE || fa.type === RTN_PROHIBIT) flags = RTF_REJECT | RTF_UP;
    if (nh.gw !== 0 || nh.gw6 !== null) flags |= RTF_GATEWAY;
    if (plen === 32) flags |= RTF_HOST;
    const advmss = fi.metrics[RTAX_ADVMSS]!;
    const line = [
      nh.dev?.name ?? '*', leHex(prefix), leHex(nh.gw), flags.toString(16).toUpperCase().padStart(4, '0'), 0, 0, fi.priority, leHex(inetMakeMask(plen)),
      advmss !== 0 ? advmss + 40 : 0, fi.metrics[RTAX_WINDOW]!, fi.metrics[RTAX_RTT]! >> 3,
    ].join('\t');
    out += `${line.padEnd(127)}\n`;
  });
  return out;
}

/** /proc/net/stat/rt_cache. @alpha */
export function rtCacheShow(n4: Ipv4Net): string {
  const names = [
    'entries', 'in_hit', 'in_slow_tot', 'in_slow_mc', 'in_no_route', 'in_brd', 'in_martian_dst', 'in_martian_src', 'out_hit', 'out_slow_tot', 'out_slow_mc', 'gc_total',
    'gc_ignored', 'gc_goal_miss', 'gc_dst_overflow', 'in_hlist_search', 'out_hlist_search',
  ];
  const s = n4.rtStat;
  const values = [0, 0, s[0]!, s[1]!, s[2]!, s[3]!, s[4]!, s[5]!, 0, s[6]!, s[7]!, 0, 0, 0, 0, 0, 0];
  const width = (i: number): number => Math.max(names[i]!.length, 8);
  return `${names.map((n, i) => n.padEnd(width(i))).join(' ').trimEnd()}\n${values.map((v, i) => v.toString(16).padStart(8, '0').padEnd(width(i))).join(' ').trimEnd()}\n`;
}
