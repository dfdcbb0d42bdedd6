// Dumps of two machines as comparable values.
import {
  ADDR_ATTRS, LINK_ATTRS, NEIGH_ATTRS, NEXTHOP_ATTRS, type NlAttrTable, NLM_F_DUMP, NLM_F_REQUEST, nlMessageEncode, type NlObject, NTF_PROXY, NUD_DELAY, NUD_FAILED, NUD_INCOMPLETE, NUD_NOARP, NUD_PERMANENT, NUD_PROBE, NUD_REACHABLE, ROUTE_ATTRS, RTM_GETADDR, RTM_GETLINK, RTM_GETNEIGH,
  RTM_GETNEXTHOP, RTM_GETROUTE, RTM_GETRULE, RTN_UNICAST, RULE_ATTRS,
} from '@linnet/uapi';
import type { Machine } from './machines.ts';

interface Dump {
  readonly name: string;
  readonly type: number;
  readonly headerLen: number;
  readonly family: number;
  readonly table: NlAttrTable;
  /** The order of what it lists is the kernel's own business (a hash): compare as a set. */
  readonly unordered?: boolean;
  readonly attrs?: NlObject;
  /** Another byte of the fixed struct: its offset and value. */
  readonly set?: readonly [number, number];
}

const AF_INET = 2;
export const DUMPS: readonly Dump[] = [
  { name: 'link', type: RTM_GETLINK, headerLen: 16, family: 0, table: LINK_ATTRS },
  { name: 'addr', type: RTM_GETADDR, headerLen: 8, family: AF_INET, table: ADDR_ATTRS },
  { name: 'route', type: RTM_GETROUTE, headerLen: 12, family: AF_INET, table: ROUTE_ATTRS },
  { name: 'rule', type: RTM_GETRULE, headerLen: 12, family: AF_INET, table: RULE_ATTRS },
  { name: 'neigh', type: RTM_GETNEIGH, headerLen: 12, family: AF_INET, table: NEIGH_ATTRS, unordered: true },
  { name: 'proxy', type: RTM_GETNEIGH, headerLen: 12, family: AF_INET, table: NEIGH_ATTRS, unordered: true, set: [10, NTF_PROXY] },
  { name: 'nexthop', type: RTM_GETNEXTHOP, headerLen: 8, family: 0, table: NEXTHOP_ATTRS },
];

/**
 * What may differ, and why: counters and times; the size of queues, of which Linux makes one a processor; maps of a bus that no virtual device is on;
 * IPv6, which this comparison leaves out; the timers of a bridge, and an interval of 31.25 s, which depends on the length of the kernel's tick; what a bridge tells of VLANs, which not every kernel's bridge has (CONFIG_BRIDGE_VLAN_FILTERING).
 */
const VOLATILE: ReadonlySet<string> = new Set(['IFLA_STATS', 'IFLA_STATS64', 'IFA_CACHEINFO', 'NDA_CACHEINFO', 'NDA_PROBES', 'RTA_CACHEINFO', 'IFLA_NUM_TX_QUEUES', 'IFLA_NUM_RX_QUEUES', 'IFLA_MAP', 'AF_INET6',
  'IFLA_BR_GC_TIMER', 'IFLA_BR_HELLO_TIMER', 'IFLA_BR_TCN_TIMER', 'IFLA_BR_TOPOLOGY_CHANGE_TIMER', 'IFLA_BRPORT_MESSAGE_AGE_TIMER', 'IFLA_BRPORT_FORWARD_DELAY_TIMER',
  'IFLA_BRPORT_HOLD_TIMER', 'IFLA_BR_MCAST_STARTUP_QUERY_INTVL', 'IFLA_BR_VLAN_PROTOCOL', 'IFLA_BR_VLAN_DEFAULT_PVID', 'IFLA_BR_VLAN_STATS_ENABLED', 'IFLA_BR_VLAN_STATS_PER_PORT', 'IFLA_BR_MULTI_BOOLOPT']);

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return value.map((v) => plain(v));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).filter(([k]) => !VOLATILE.has(k)).sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, plain(v)]));
  }
  return value;
}

/** A message of a dump: its fixed struct in hex, and its attributes. */
export interface Entry {
  readonly head: string;
  readonly attrs: Readonly<Record<string, unknown>>;
}

/** One dump; null when it is refused. */
export async function dump(m: Machine, d: Dump): Promise<Entry[] | null> {
  const header = new Uint8Array(d.headerLen);
  header[0] = d.family;
  if (d.set !== undefined) header[d.set[0]] = d.set[1];
  const answer = await m.ask(nlMessageEncode({ type: d.type, flags: NLM_F_REQUEST | NLM_F_DUMP, seq: 1, pid: 0, header, attrs: d.attrs ?? {} }, d.table));
  if (answer.errno !== 'OK') return null;
  // A proxy entry without a device may be left from a namespace of the past: Linux forgets it only when it is deleted.
  return answer.messages.filter((msg) => d.name !== 'proxy' || msg.payload[4] !== 0).map((msg) => ({
    head: Buffer.from(msg.payload.subarray(0, d.headerLen)).toString('hex'),
    attrs: plain(d.table.toObject(d.table.decode(msg.payload, d.headerLen))) as Record<string, unknown>,
  }));
}

const text = (e: Entry): string => `${e.head} ${JSON.stringify(e.attrs)}`;

/** Which attributes differ, those in nests by their path. */
function unequal(x: unknown, y: unknown, path: string, out: string[]): void {
  const [p, q] = [JSON.stringify(x), JSON.stringify(y)];
  if (p === q) return;
  const nest = (v: unknown): v is object => typeof v === 'object' && v !== null && !Array.isArray(v);
  if (nest(x) && nest(y)) for (const k of new Set([...Object.keys(x), ...Object.keys(y)])) unequal(x[k as never], y[k as never], `${path}.${k}`, out);
  else out.push(`${path.slice(1)} ${p} <> ${q}`);
}

/** The devices of a dump of links that have no carrier, as the hex of their index. */
export function withoutCarrier(links: readonly Entry[] | null): ReadonlySet<string> {
  return new Set((links ?? []).filter((e) => e.attrs['IFLA_CARRIER'] === 0).map((e) => e.head.slice(8, 16)));
}

/**
 * A dump without what depends on when something was noticed: neighbours that packets make or ask for (reports of IGMP, say), as no request does; and
 * neighbours that are not permanent on a device without a carrier, which go when the loss is noticed, within a second: those learned in between are gone or not.
 */
export function steady(d: Dump, entries: readonly Entry[] | null, dark: ReadonlySet<string>): readonly Entry[] | null {
  if (entries === null || (d.name !== 'neigh' && d.name !== 'proxy')) return entries;
  return entries.filter((e) => {
    const state = parseInt(e.head.slice(16, 18), 16);
    if (d.name === 'neigh' && state === NUD_NOARP && parseInt(e.head.slice(22, 24), 16) !== RTN_UNICAST) return false;
    if ((state & (NUD_INCOMPLETE | NUD_REACHABLE | NUD_DELAY | NUD_PROBE | NUD_FAILED)) !== 0) return false;
    return (state & NUD_PERMANENT) !== 0 || !dark.has(e.head.slice(8, 16));
  });
}

/** What differs between two dumps, attribute by attribute where it is clear which entry is meant. `a` is Linnet's, `b` the kernel's. */
export function differences(d: Dump, a: readonly Entry[] | null, b: readonly Entry[] | null): string[] {
  if (a === null || b === null) return a === b ? [] : [`${d.name} dump: ${a === null ? 'Linnet' : 'the kernel'} refuses`];
  const out: string[] = [];
  const inA = new Set(a.map(text));
  const inB = new Set(b.map(text));
  const onlyA = a.filter((e) => !inB.has(text(e)));
  const onlyB = b.filter((e) => !inA.has(text(e)));
  for (const x of onlyA) {
    // A link is told by its index, at the same place in its struct.
    const i = d.name === 'link' ? onlyB.findIndex((y) => y.head.slice(8, 16) === x.head.slice(8, 16)) : onlyA.length === 1 && onlyB.length === 1 ? 0 : -1;
    if (i < 0) {
      out.push(`${d.name} dump, only Linnet: ${text(x)}`);
      continue;
    }
    const y = onlyB.splice(i, 1)[0]!;
    const parts = x.head === y.head ? [] : [`${x.head} <> ${y.head}`];
    unequal(x.attrs, y.attrs, '', parts);
    out.push(`${d.name} dump, Linnet <> the kernel, ${String(x.attrs['IFLA_IFNAME'] ?? '')}: ${parts.join('; ')}`);
  }
  for (const y of onlyB) out.push(`${d.name} dump, only the kernel: ${text(y)}`);
  if (out.length === 0 && d.unordered !== true && a.map(text).join() !== b.map(text).join()) out.push(`${d.name} dump, order: ${a.map(text).join('\n')}\n--- the kernel:\n${b.map(text).join('\n')}`);
  return out;
}
