/** What /proc/net shows of IP, ICMP, raw and ping sockets (net/ipv4/proc.c, raw.c, ping.c; proc(5)). */
// datapath-ok-file: files under /proc
import { INET_NET } from '@linnet/inet';
import { sockIno } from '@linnet/socket';
import type { InetSock } from '@linnet/inet';
import { IPV4_DEVCONF_FORWARDING } from '@linnet/uapi';
import type { Ipv4Net } from './ipv4-net.ts';
import {
  ICMP_MIB_CSUMERRORS, ICMP_MIB_INERRORS, ICMP_MIB_INMSGS, ICMP_MIB_OUTERRORS, ICMP_MIB_OUTMSGS, ICMP_MIB_RATELIMITGLOBAL, ICMP_MIB_RATELIMITHOST, ICMP_MIB_TYPES,
  IPSTATS_EXT_NAMES, IPSTATS_MIB_INNOROUTES, IPSTATS_SNMP_NAMES,
} from './snmp.ts';

function lines(prefix: string, names: readonly string[], values: readonly number[]): string {
  return `${prefix}: ${names.join(' ')}\n${prefix}: ${values.join(' ')}\n`;
}

/** The `Ip:` lines of /proc/net/snmp. @alpha */
export function ipSnmpShow(ip: Ipv4Net): string {
  const forwarding = ip.devconfAll.data[IPV4_DEVCONF_FORWARDING] !== 0 ? 1 : 2;
  return lines(
    'Ip', ['Forwarding', 'DefaultTTL', ...IPSTATS_SNMP_NAMES],
    [forwarding, ip.sysctlIpDefaultTtl, ...ip.mib.subarray(0, IPSTATS_SNMP_NAMES.length)],
  );
}

/** The `Icmp:` lines. @alpha */
export function icmpSnmpShow(ip: Ipv4Net): string {
  const m = ip.icmpMib;
  return lines(
    'Icmp',
    [
      'InMsgs', 'InErrors', 'InCsumErrors', ...ICMP_MIB_TYPES.map(([n]) => `In${n}`), 'OutMsgs', 'OutErrors', 'OutRateLimitGlobal', 'OutRateLimitHost',
      ...ICMP_MIB_TYPES.map(([n]) => `Out${n}`),
    ],
    [
      m[ICMP_MIB_INMSGS]!, m[ICMP_MIB_INERRORS]!, m[ICMP_MIB_CSUMERRORS]!, ...ICMP_MIB_TYPES.map(([, t]) => ip.icmpMsgMib[t]!), m[ICMP_MIB_OUTMSGS]!,
      m[ICMP_MIB_OUTERRORS]!, m[ICMP_MIB_RATELIMITGLOBAL]!, m[ICMP_MIB_RATELIMITHOST]!, ...ICMP_MIB_TYPES.map(([, t]) => ip.icmpMsgMib[256 + t]!),
    ],
  );
}

/** The `IcmpMsg:` lines: only types that were seen, nothing when there were none. @alpha */
export function icmpMsgSnmpShow(ip: Ipv4Net): string {
  const names: string[] = [];
  const values: number[] = [];
  ip.icmpMsgMib.forEach((n, i) => {
    if (n === 0) return;
    names.push(i < 256 ? `InType${i}` : `OutType${i - 256}`);
    values.push(n);
  });
  return names.length === 0 ? '' : lines('IcmpMsg', names, values);
}

/** The `IpExt:` lines of /proc/net/netstat. @alpha */
export function ipExtShow(ip: Ipv4Net): string {
  return lines('IpExt', IPSTATS_EXT_NAMES, [...ip.mib.subarray(IPSTATS_MIB_INNOROUTES)]);
}

const SOCK_HEADER = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops';

function hex(n: number, width: number): string {
  return (n >>> 0).toString(16).toUpperCase().padStart(width, '0');
}

/** An address as proc(5) has it: the bytes of the packet, read as a little-endian number. */
function addr(a: number): string {
  return hex(((a & 0xff) << 24) | ((a & 0xff00) << 8) | ((a >>> 8) & 0xff00) | (a >>> 24), 8);
}

function sockLine(sk: InetSock, i: number, local: number, remote: number): string {
  return (
    `${String(i).padStart(5)}: ${addr(sk.rcvSaddr)}:${hex(local, 4)} ${addr(sk.daddr)}:${hex(remote, 4)} ${hex(sk.state, 2)} ${hex(sk.wmemAlloc, 8)}:${hex(sk.rmemAlloc, 8)} ` +
    `00:00000000 00000000 ${String(sk.uid).padStart(5)} ${'0'.padStart(8)} ${sockIno(sk)} 2 ${'0'.padStart(16, '0')} ${sk.drops}`
  );
}

/** /proc/net/raw. @alpha */
export function rawShow(ip: Ipv4Net): string {
  let text = `${SOCK_HEADER}\n`;
  for (const head of ip.raw!.heads) {
    for (let sk = head; sk !== null; sk = sk.next) text += `${sockLine(sk, sk.num, sk.num, 0)}\n`;
  }
  return text;
}

/** /proc/net/icmp. @alpha */
export function pingShow(ip: Ipv4Net): string {
  let text = `${SOCK_HEADER}             \n`;
  for (const [ident, list] of ip.ping!.byIdent) for (const sk of list) text += `${sockLine(sk, ident & 63, ident, sk.dport)}\n`;
  return text;
}

/** Registers all of them for a namespace. @alpha */
export function ipProcInit(ip: Ipv4Net): void {
  const n = ip.net.get(INET_NET);
  n.addMib('snmp', 1, () => ipSnmpShow(ip));
  n.addMib('snmp', 2, () => icmpSnmpShow(ip));
  n.addMib('snmp', 3, () => icmpMsgSnmpShow(ip));
  n.addMib('netstat', 2, () => ipExtShow(ip));
  n.addMib('sockstat', 4, () => `RAW: inuse ${ip.raw!.count}\n`);
  n.addMib('sockstat', 5, () => `FRAG: inuse ${ip.frags.count} memory ${ip.frags.mem}\n`);
  ip.net.proc.create('net/raw', () => rawShow(ip));
  ip.net.proc.create('net/icmp', () => pingShow(ip));
}
