/** Names of numbers, as the tables that come with the tools give them. */
import { number } from '../words.ts';

type Table = readonly (readonly [number, string])[];

const PROTOS: Table = [
  [0, 'unspec'], [1, 'redirect'], [2, 'kernel'], [3, 'boot'], [4, 'static'], [8, 'gated'], [9, 'ra'], [10, 'mrt'], [11, 'zebra'], [12, 'bird'], [13, 'dnrouted'], [14, 'xorp'], [15, 'ntk'], [16, 'dhcp'],
  [18, 'keepalived'], [42, 'babel'], [99, 'openr'], [186, 'bgp'], [187, 'isis'], [188, 'ospf'], [189, 'rip'], [192, 'eigrp'],
];
const SCOPES: Table = [[0, 'global'], [255, 'nowhere'], [254, 'host'], [253, 'link'], [200, 'site']];
const TABLES: Table = [[255, 'local'], [254, 'main'], [253, 'default'], [0, 'unspec']];
const GROUPS: Table = [[0, 'default']];
const DSFIELDS: Table = [
  [0, 'default'], [0x28, 'AF11'], [0x30, 'AF12'], [0x38, 'AF13'], [0x48, 'AF21'], [0x50, 'AF22'], [0x58, 'AF23'], [0x68, 'AF31'], [0x70, 'AF32'], [0x78, 'AF33'], [0x88, 'AF41'], [0x90, 'AF42'], [0x98, 'AF43'],
  [0x20, 'CS1'], [0x40, 'CS2'], [0x60, 'CS3'], [0x80, 'CS4'], [0xa0, 'CS5'], [0xc0, 'CS6'], [0xe0, 'CS7'], [0xb8, 'EF'],
];
const TYPES: Table = [
  [0, 'none'], [1, 'unicast'], [2, 'local'], [3, 'broadcast'], [4, 'anycast'], [5, 'multicast'], [6, 'blackhole'], [7, 'unreachable'], [8, 'prohibit'], [9, 'throw'], [10, 'nat'], [11, 'xresolve'],
];
const IP_PROTOS: Table = [
  [0, 'ip'], [1, 'icmp'], [2, 'igmp'], [4, 'ipencap'], [6, 'tcp'], [17, 'udp'], [33, 'dccp'], [41, 'ipv6'], [47, 'gre'], [50, 'esp'], [51, 'ah'], [58, 'ipv6-icmp'], [89, 'ospf'], [103, 'pim'], [132, 'sctp'],
  [136, 'udplite'],
];

const nameIn = (t: Table, n: number, other: (n: number) => string = String): string => t.find(([x]) => x === n)?.[1] ?? other(n);
const numberIn = (t: Table, s: string, max: number): number | null => t.find(([, x]) => x === s)?.[0] ?? number(s, max);

export const protoName = (n: number): string => nameIn(PROTOS, n);
export const protoNumber = (s: string): number | null => numberIn(PROTOS, s, 255);
export const scopeName = (n: number): string => nameIn(SCOPES, n);
export const scopeNumber = (s: string): number | null => numberIn(SCOPES, s, 255);
export const tableName = (n: number): string => nameIn(TABLES, n);
export const tableNumber = (s: string): number | null => numberIn(TABLES, s, 0xffffffff);
export const groupName = (n: number): string => nameIn(GROUPS, n);
export const groupNumber = (s: string): number | null => numberIn(GROUPS, s, 0xffffffff);
/** In hexadecimal: names of the field are given in, but not shown, by this version. */
export const dsfieldName = (n: number): string => `0x${n.toString(16).padStart(2, '0')}`;
export const dsfieldNumber = (s: string): number | null => DSFIELDS.find(([, x]) => x === s)?.[0] ?? number(s, 255, 16);
export const typeName = (n: number): string => nameIn(TYPES, n);
export const ipProtoName = (n: number): string => nameIn(IP_PROTOS, n, (x) => `ipproto-${x}`);
export const ipProtoNumber = (s: string): number | null => numberIn(IP_PROTOS, s, 255);

/** The types of routes by their names, some of which may be cut short. */
export function typeNumber(s: string): number | null {
  if (s === '') return null;
  if (s === 'local') return 2;
  if (s === 'nat') return 10;
  if (s === 'brd' || 'broadcast'.startsWith(s)) return 3;
  for (const [n, full] of TYPES) if (n > 3 && n !== 10 && full.startsWith(s)) return n;
  if ('unicast'.startsWith(s)) return 1;
  return number(s, 255);
}

const ARPHRD: Table = [
  [0, 'netrom'], [1, 'ether'], [24, 'ieee1394'], [32, 'infiniband'], [256, 'slip'], [280, 'can'], [512, 'ppp'], [768, 'ipip'], [769, 'tunnel6'], [772, 'loopback'], [776, 'sit'], [778, 'gre'], [780, 'ipddp'], [801, 'ieee802.11'],
  [802, 'ieee802.11/prism'], [803, 'ieee802.11/radiotap'], [804, 'ieee802.15.4'], [823, 'gre6'], [824, 'netlink'], [825, '6lowpan'], [65534, 'none'], [65535, 'void'],
];
export const linkTypeName = (n: number): string => nameIn(ARPHRD, n, (x) => `[${x}]`);
