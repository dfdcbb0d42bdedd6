/** Links of the various kinds: what `ip -d link` shows of them, and what `ip link ... type KIND ARGS` sets. */
import {
  IFLA_BR_AGEING_TIME, IFLA_BR_BRIDGE_ID, IFLA_BR_FORWARD_DELAY, IFLA_BR_GC_TIMER, IFLA_BR_GROUP_ADDR, IFLA_BR_GROUP_FWD_MASK, IFLA_BR_HELLO_TIME, IFLA_BR_HELLO_TIMER, IFLA_BR_MAX_AGE, IFLA_BR_MCAST_HASH_ELASTICITY,
  IFLA_BR_MCAST_HASH_MAX, IFLA_BR_MCAST_IGMP_VERSION, IFLA_BR_MCAST_LAST_MEMBER_CNT, IFLA_BR_MCAST_LAST_MEMBER_INTVL, IFLA_BR_MCAST_MEMBERSHIP_INTVL, IFLA_BR_MCAST_MLD_VERSION, IFLA_BR_MCAST_QUERIER,
  IFLA_BR_MCAST_QUERIER_INTVL, IFLA_BR_MCAST_QUERY_INTVL, IFLA_BR_MCAST_QUERY_RESPONSE_INTVL, IFLA_BR_MCAST_QUERY_USE_IFADDR, IFLA_BR_MCAST_ROUTER, IFLA_BR_MCAST_SNOOPING, IFLA_BR_MCAST_STARTUP_QUERY_CNT,
  IFLA_BR_MCAST_STARTUP_QUERY_INTVL, IFLA_BR_MCAST_STATS_ENABLED, IFLA_BR_MULTI_BOOLOPT, IFLA_BR_NF_CALL_ARPTABLES, IFLA_BR_NF_CALL_IP6TABLES, IFLA_BR_NF_CALL_IPTABLES, IFLA_BR_PRIORITY, IFLA_BR_ROOT_ID,
  IFLA_BR_ROOT_PATH_COST, IFLA_BR_ROOT_PORT, IFLA_BR_STP_STATE, IFLA_BR_TCN_TIMER, IFLA_BR_TOPOLOGY_CHANGE, IFLA_BR_TOPOLOGY_CHANGE_DETECTED, IFLA_BR_TOPOLOGY_CHANGE_TIMER, IFLA_BR_VLAN_DEFAULT_PVID,
  IFLA_BR_VLAN_FILTERING, IFLA_BR_VLAN_PROTOCOL, IFLA_BR_VLAN_STATS_ENABLED, IFLA_BR_VLAN_STATS_PER_PORT, IFLA_MACVLAN_BC_QUEUE_LEN, IFLA_MACVLAN_BC_QUEUE_LEN_USED, IFLA_MACVLAN_FLAGS, IFLA_MACVLAN_MODE,
  IFLA_VLAN_FLAGS, IFLA_VLAN_ID, IFLA_VLAN_PROTOCOL, IFLA_VRF_TABLE, IFLA_VXLAN_AGEING, IFLA_VXLAN_COLLECT_METADATA, IFLA_VXLAN_DF, IFLA_VXLAN_GBP, IFLA_VXLAN_GPE, IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6, IFLA_VXLAN_ID,
  IFLA_VXLAN_L2MISS, IFLA_VXLAN_L3MISS, IFLA_VXLAN_LEARNING, IFLA_VXLAN_LIMIT, IFLA_VXLAN_LINK, IFLA_VXLAN_LOCAL, IFLA_VXLAN_LOCAL6, IFLA_VXLAN_PORT, IFLA_VXLAN_PORT_RANGE, IFLA_VXLAN_PROXY, IFLA_VXLAN_RSC,
  IFLA_VXLAN_TOS, IFLA_VXLAN_TTL, IFLA_VXLAN_UDP_CSUM, IFLA_VXLAN_UDP_ZERO_CSUM6_RX, IFLA_VXLAN_UDP_ZERO_CSUM6_TX,
} from '@linnet/uapi';
import { type AttrWriter, type Attrs, be16, u16, u32, u64, u8 } from '../netlink.ts';
import { Literal } from '../printer.ts';
import { addrText, AF_INET, getAddr, invarg, macBytes, macText, mustNumber, ToolExit, type Words } from '../words.ts';
import type { Ip } from './context.ts';

const PROTOCOLS: Readonly<Record<number, string>> = { 0x8100: '802.1Q', 0x88a8: '802.1ad' };
const protocolName = (n: number): string => PROTOCOLS[n] ?? `0x${n.toString(16)}`;

/** Hundredths of a second. */
function timer(ip: Ip, key: string, n: bigint | undefined): void {
  if (n === undefined) return;
  const s = (Number(n) / 100).toFixed(2);
  ip.out.p(key, new Literal(s), `${key} ${s.padStart(7)} `);
}

const bridgeId = (b: Uint8Array): string => `${b[0]!.toString(16).padStart(2, '0')}${b[1]!.toString(16).padStart(2, '0')}.${Array.from(b.subarray(2), (x) => x.toString(16)).join(':')}`;

/** Width in bits, attribute, name in JSON, name in text where it is another. */
type Num = readonly [8 | 16 | 32 | 64, number, string, string?];

function numbers(ip: Ip, a: Attrs, list: readonly Num[]): void {
  for (const [width, type, key, word] of list) {
    const n = width === 8 ? u8(a, type) : width === 16 ? u16(a, type) : width === 32 ? u32(a, type) : u64(a, type);
    if (n !== undefined) ip.out.p(key, n, `${word ?? key} ${n} `);
  }
}

function showBridge(ip: Ip, a: Attrs): void {
  const { out } = ip;
  numbers(ip, a, [
    [32, IFLA_BR_FORWARD_DELAY, 'forward_delay'], [32, IFLA_BR_HELLO_TIME, 'hello_time'], [32, IFLA_BR_MAX_AGE, 'max_age'], [32, IFLA_BR_AGEING_TIME, 'ageing_time'], [32, IFLA_BR_STP_STATE, 'stp_state'],
    [16, IFLA_BR_PRIORITY, 'priority'], [8, IFLA_BR_VLAN_FILTERING, 'vlan_filtering'],
  ]);
  const proto = be16(a, IFLA_BR_VLAN_PROTOCOL);
  if (proto !== undefined) out.p('vlan_protocol', protocolName(proto), `vlan_protocol ${protocolName(proto)} `);
  const id = a.get(IFLA_BR_BRIDGE_ID);
  if (id !== undefined) out.p('bridge_id', bridgeId(id), `bridge_id ${bridgeId(id)} `);
  const root = a.get(IFLA_BR_ROOT_ID);
  if (root !== undefined) out.p('root_id', bridgeId(root), `designated_root ${bridgeId(root)} `);
  numbers(ip, a, [[16, IFLA_BR_ROOT_PORT, 'root_port'], [32, IFLA_BR_ROOT_PATH_COST, 'root_path_cost'], [8, IFLA_BR_TOPOLOGY_CHANGE, 'topology_change'], [8, IFLA_BR_TOPOLOGY_CHANGE_DETECTED, 'topology_change_detected']]);
  timer(ip, 'hello_timer', u64(a, IFLA_BR_HELLO_TIMER));
  timer(ip, 'tcn_timer', u64(a, IFLA_BR_TCN_TIMER));
  timer(ip, 'topology_change_timer', u64(a, IFLA_BR_TOPOLOGY_CHANGE_TIMER));
  timer(ip, 'gc_timer', u64(a, IFLA_BR_GC_TIMER));
  numbers(ip, a, [[16, IFLA_BR_VLAN_DEFAULT_PVID, 'vlan_default_pvid'], [8, IFLA_BR_VLAN_STATS_ENABLED, 'vlan_stats_enabled'], [8, IFLA_BR_VLAN_STATS_PER_PORT, 'vlan_stats_per_port']]);
  const mask = u16(a, IFLA_BR_GROUP_FWD_MASK);
  if (mask !== undefined) out.p('group_fwd_mask', mask === 0 ? '0' : `0x${mask.toString(16)}`, `group_fwd_mask ${mask === 0 ? '0' : `0x${mask.toString(16)}`} `);
  const group = a.get(IFLA_BR_GROUP_ADDR);
  if (group !== undefined) out.p('group_addr', macText(group), `group_address ${macText(group)} `);
  numbers(ip, a, [[8, IFLA_BR_MCAST_SNOOPING, 'mcast_snooping']]);
  const opts = a.get(IFLA_BR_MULTI_BOOLOPT);
  if (opts !== undefined) {
    const bits = opts[0]!;
    out.p('no_linklocal_learn', bits & 1, `no_linklocal_learn ${bits & 1} `);
    out.p('mcast_vlan_snooping', (bits >> 1) & 1, `mcast_vlan_snooping ${(bits >> 1) & 1} `);
  }
  numbers(ip, a, [
    [8, IFLA_BR_MCAST_ROUTER, 'mcast_router'], [8, IFLA_BR_MCAST_QUERY_USE_IFADDR, 'mcast_query_use_ifaddr'], [8, IFLA_BR_MCAST_QUERIER, 'mcast_querier'], [32, IFLA_BR_MCAST_HASH_ELASTICITY, 'mcast_hash_elasticity'],
    [32, IFLA_BR_MCAST_HASH_MAX, 'mcast_hash_max'], [32, IFLA_BR_MCAST_LAST_MEMBER_CNT, 'mcast_last_member_cnt', 'mcast_last_member_count'],
    [32, IFLA_BR_MCAST_STARTUP_QUERY_CNT, 'mcast_startup_query_cnt', 'mcast_startup_query_count'], [64, IFLA_BR_MCAST_LAST_MEMBER_INTVL, 'mcast_last_member_intvl', 'mcast_last_member_interval'],
    [64, IFLA_BR_MCAST_MEMBERSHIP_INTVL, 'mcast_membership_intvl', 'mcast_membership_interval'], [64, IFLA_BR_MCAST_QUERIER_INTVL, 'mcast_querier_intvl', 'mcast_querier_interval'],
    [64, IFLA_BR_MCAST_QUERY_INTVL, 'mcast_query_intvl', 'mcast_query_interval'], [64, IFLA_BR_MCAST_QUERY_RESPONSE_INTVL, 'mcast_query_response_intvl', 'mcast_query_response_interval'],
    [64, IFLA_BR_MCAST_STARTUP_QUERY_INTVL, 'mcast_startup_query_intvl', 'mcast_startup_query_interval'], [8, IFLA_BR_MCAST_STATS_ENABLED, 'mcast_stats_enabled'],
    [8, IFLA_BR_MCAST_IGMP_VERSION, 'mcast_igmp_version'], [8, IFLA_BR_MCAST_MLD_VERSION, 'mcast_mld_version'], [8, IFLA_BR_NF_CALL_IPTABLES, 'nf_call_iptables'], [8, IFLA_BR_NF_CALL_IP6TABLES, 'nf_call_ip6tables'],
    [8, IFLA_BR_NF_CALL_ARPTABLES, 'nf_call_arptables'],
  ]);
}

const PORT_STATES: readonly string[] = ['disabled', 'listening', 'learning', 'forwarding', 'blocking'];

function showBridgeSlave(ip: Ip, a: Attrs): void {
  const { out } = ip;
  const onOff = (list: readonly (readonly [number, string, string?])[]): void => {
    for (const [type, key, word] of list) {
      const n = u8(a, type);
      if (n !== undefined) out.p(key, n !== 0, `${word ?? key} ${n !== 0 ? 'on' : 'off'} `);
    }
  };
  const state = u8(a, 1);
  if (state !== undefined) out.p('state', PORT_STATES[state] ?? state, `state ${PORT_STATES[state] ?? `(${state})`} `);
  numbers(ip, a, [[16, 2, 'priority'], [32, 3, 'cost']]);
  onOff([[4, 'hairpin'], [5, 'guard'], [6, 'root_block'], [7, 'fastleave'], [8, 'learning'], [9, 'flood']]);
  const hex = (type: number, key: string, word: string): void => {
    const n = u16(a, type);
    if (n !== undefined) out.p(key, `0x${n.toString(16)}`, `${word} 0x${n.toString(16)} `);
  };
  hex(17, 'id', 'port_id');
  hex(18, 'no', 'port_no');
  numbers(ip, a, [[16, 15, 'designated_port'], [16, 16, 'designated_cost']]);
  const bridge = a.get(14);
  if (bridge !== undefined) out.p('bridge_id', bridgeId(bridge), `designated_bridge ${bridgeId(bridge)} `);
  const root = a.get(13);
  if (root !== undefined) out.p('root_id', bridgeId(root), `designated_root ${bridgeId(root)} `);
  timer(ip, 'hold_timer', u64(a, 23));
  timer(ip, 'message_age_timer', u64(a, 21));
  timer(ip, 'forward_delay_timer', u64(a, 22));
  numbers(ip, a, [[8, 19, 'topology_change_ack'], [8, 20, 'config_pending']]);
  onOff([[10, 'proxy_arp'], [12, 'proxy_arp_wifi']]);
  numbers(ip, a, [[8, 25, 'multicast_router', 'mcast_router']]);
  if (!out.json) onOff([[7, 'mcast_fast_leave']]);
  onOff([[27, 'mcast_flood'], [30, 'bcast_flood'], [28, 'mcast_to_unicast'], [32, 'neigh_suppress']]);
  const mask = u16(a, 31);
  if (mask !== undefined) {
    const s = mask === 0 ? '0' : `0x${mask.toString(16)}`;
    out.p('group_fwd_mask', s, `group_fwd_mask ${s} `);
    out.p('group_fwd_mask_str', `0x${mask.toString(16)}`, `group_fwd_mask_str 0x${mask.toString(16)} `);
  }
  onOff([[29, 'vlan_tunnel'], [33, 'isolated'], [39, 'locked']]);
  const backup = u32(a, 34);
  if (backup !== undefined) out.p('backup_port', ip.nameOf(backup), `backup_port ${ip.nameOf(backup)} `);
}

function showVlan(ip: Ip, a: Attrs): void {
  const { out } = ip;
  const proto = be16(a, IFLA_VLAN_PROTOCOL);
  out.p('protocol', proto === undefined ? '802.1Q' : protocolName(proto), `protocol ${proto === undefined ? '802.1Q' : protocolName(proto)} `);
  const id = u16(a, IFLA_VLAN_ID);
  if (id !== undefined) out.p('id', id, `id ${id} `);
  const flags = a.get(IFLA_VLAN_FLAGS);
  if (flags === undefined) return;
  const names = ['REORDER_HDR', 'GVRP', 'LOOSE_BINDING', 'MVRP', 'BRIDGE_BINDING'].filter((_, i) => (flags[0]! & (1 << i)) !== 0);
  out.open('[', 'flags');
  for (const n of names) out.j(null, n);
  out.close(']');
  out.t(`<${names.join(',')}> `);
}

const MACVLAN_MODES: Readonly<Record<number, string>> = { 1: 'private', 2: 'vepa', 4: 'bridge', 8: 'passthru', 16: 'source' };

function showMacvlan(ip: Ip, a: Attrs): void {
  const { out } = ip;
  const mode = u32(a, IFLA_MACVLAN_MODE);
  if (mode !== undefined) out.p('mode', MACVLAN_MODES[mode] ?? 'unknown', `mode ${MACVLAN_MODES[mode] ?? 'unknown'} `);
  const flags = u16(a, IFLA_MACVLAN_FLAGS) ?? 0;
  if ((flags & 1) !== 0) out.p('nopromisc', null, 'nopromisc ');
  numbers(ip, a, [[32, IFLA_MACVLAN_BC_QUEUE_LEN, 'bcqueuelen'], [32, IFLA_MACVLAN_BC_QUEUE_LEN_USED, 'usedbcqueuelen']]);
}

function showVxlan(ip: Ip, a: Attrs): void {
  const { out } = ip;
  const flag = (on: boolean, word: string): void => {
    if (on) out.p(word, true, `${word} `);
  };
  if (u8(a, IFLA_VXLAN_COLLECT_METADATA) !== undefined && u8(a, IFLA_VXLAN_COLLECT_METADATA) !== 0) out.p('external', true, 'external ');
  const id = u32(a, IFLA_VXLAN_ID);
  if (id !== undefined) out.p('id', id, `id ${id} `);
  for (const [type, six] of [[IFLA_VXLAN_GROUP, false], [IFLA_VXLAN_GROUP6, true]] as const) {
    const b = a.get(type);
    if (b === undefined || b.every((x) => x === 0)) continue;
    const multi = six ? b[0] === 0xff : b[0]! >> 4 === 14;
    const key = multi ? 'group' : 'remote';
    out.p(six ? `${key}6` : key, addrText(b), `${key} ${addrText(b)} `);
  }
  for (const [type, key] of [[IFLA_VXLAN_LOCAL, 'local'], [IFLA_VXLAN_LOCAL6, 'local6']] as const) {
    const b = a.get(type);
    if (b !== undefined && b.some((x) => x !== 0)) out.p(key, addrText(b), `local ${addrText(b)} `);
  }
  const link = u32(a, IFLA_VXLAN_LINK);
  if (link !== undefined && link !== 0) out.p('link', ip.nameOf(link), `dev ${ip.nameOf(link)} `);
  const range = a.get(IFLA_VXLAN_PORT_RANGE);
  if (range !== undefined) {
    const [low, high] = [range[0]! << 8 | range[1]!, range[2]! << 8 | range[3]!];
    out.open('{', 'port_range');
    out.p('low', low, `srcport ${low} `);
    out.p('high', high, `${high} `);
    out.close('}');
  }
  const port = be16(a, IFLA_VXLAN_PORT);
  if (port !== undefined) out.p('port', port, `dstport ${port} `);
  const learning = u8(a, IFLA_VXLAN_LEARNING);
  if (learning !== undefined) {
    out.j('learning', learning !== 0);
    if (learning === 0) out.t('nolearning ');
  }
  flag((u8(a, IFLA_VXLAN_PROXY) ?? 0) !== 0, 'proxy');
  flag((u8(a, IFLA_VXLAN_RSC) ?? 0) !== 0, 'rsc');
  flag((u8(a, IFLA_VXLAN_L2MISS) ?? 0) !== 0, 'l2miss');
  flag((u8(a, IFLA_VXLAN_L3MISS) ?? 0) !== 0, 'l3miss');
  const tos = u8(a, IFLA_VXLAN_TOS) ?? 0;
  if (tos !== 0) out.p('tos', tos === 1 ? 'inherit' : `0x${tos.toString(16)}`, `tos ${tos === 1 ? 'inherit' : `0x${tos.toString(16)}`} `);
  const ttl = u8(a, IFLA_VXLAN_TTL) ?? 0;
  out.p('ttl', ttl, `ttl ${ttl === 0 ? 'auto' : ttl} `);
  const df = u8(a, IFLA_VXLAN_DF);
  if (df !== undefined) {
    const name = ['unset', 'set', 'inherit'][df] ?? `${df}`;
    out.j('df', name);
    if (df !== 0) out.t(`df ${name} `);
  }
  const age = u32(a, IFLA_VXLAN_AGEING);
  if (age !== undefined) out.p('ageing', age, age === 0 ? 'ageing none ' : `ageing ${age} `);
  const limit = u32(a, IFLA_VXLAN_LIMIT) ?? 0;
  if (limit !== 0) out.p('limit', limit, `maxaddr ${limit} `);
  for (const [type, key, word] of [[IFLA_VXLAN_UDP_CSUM, 'udp_csum', 'udpcsum'], [IFLA_VXLAN_UDP_ZERO_CSUM6_TX, 'udp_zero_csum6_tx', 'udp6zerocsumtx'], [IFLA_VXLAN_UDP_ZERO_CSUM6_RX, 'udp_zero_csum6_rx', 'udp6zerocsumrx']] as const) {
    const n = u8(a, type);
    if (n !== undefined) out.p(key, n !== 0, `${n !== 0 ? '' : 'no'}${word} `);
  }
  flag(a.has(IFLA_VXLAN_GBP), 'gbp');
  flag(a.has(IFLA_VXLAN_GPE), 'gpe');
}

const SHOW: Readonly<Record<string, (ip: Ip, a: Attrs) => void>> = {
  bridge: showBridge, vlan: showVlan, macvlan: showMacvlan, macvtap: showMacvlan, vxlan: showVxlan,
  vrf: (ip, a) => {
    const t = u32(a, IFLA_VRF_TABLE);
    if (t !== undefined) ip.out.p('table', t, `table ${t} `);
  },
};

/** IFLA_INFO_DATA, as members of an object of that name. Kinds of which nothing is known show their name alone. */
export function showKind(ip: Ip, kind: string, a: Attrs): void {
  const show = SHOW[kind];
  if (show === undefined) return;
  ip.out.open('{', 'info_data');
  show(ip, a);
  ip.out.close('}');
}

/** The same of IFLA_INFO_SLAVE_DATA. */
export function showSlave(ip: Ip, kind: string, a: Attrs): void {
  if (kind !== 'bridge' && kind !== 'vrf') return;
  ip.out.open('{', 'info_slave_data');
  if (kind === 'bridge') showBridgeSlave(ip, a);
  else numbers(ip, a, [[32, 1, 'table']]);
  ip.out.close('}');
}

/** A number that follows a word: width in bits, attribute, and what is said of a bad one. */
type NumberOption = readonly [8 | 16 | 32 | 64, number];

const BRIDGE: Readonly<Record<string, NumberOption>> = {
  forward_delay: [32, IFLA_BR_FORWARD_DELAY], hello_time: [32, IFLA_BR_HELLO_TIME], max_age: [32, IFLA_BR_MAX_AGE], ageing_time: [32, IFLA_BR_AGEING_TIME], stp_state: [32, IFLA_BR_STP_STATE],
  priority: [16, IFLA_BR_PRIORITY], vlan_filtering: [8, IFLA_BR_VLAN_FILTERING], group_fwd_mask: [16, IFLA_BR_GROUP_FWD_MASK], vlan_default_pvid: [16, IFLA_BR_VLAN_DEFAULT_PVID],
  vlan_stats_enabled: [8, IFLA_BR_VLAN_STATS_ENABLED], vlan_stats_per_port: [8, IFLA_BR_VLAN_STATS_PER_PORT], mcast_router: [8, IFLA_BR_MCAST_ROUTER], mcast_snooping: [8, IFLA_BR_MCAST_SNOOPING],
  mcast_query_use_ifaddr: [8, IFLA_BR_MCAST_QUERY_USE_IFADDR], mcast_querier: [8, IFLA_BR_MCAST_QUERIER], mcast_hash_elasticity: [32, IFLA_BR_MCAST_HASH_ELASTICITY], mcast_hash_max: [32, IFLA_BR_MCAST_HASH_MAX],
  mcast_last_member_count: [32, IFLA_BR_MCAST_LAST_MEMBER_CNT], mcast_startup_query_count: [32, IFLA_BR_MCAST_STARTUP_QUERY_CNT], mcast_last_member_interval: [64, IFLA_BR_MCAST_LAST_MEMBER_INTVL],
  mcast_membership_interval: [64, IFLA_BR_MCAST_MEMBERSHIP_INTVL], mcast_querier_interval: [64, IFLA_BR_MCAST_QUERIER_INTVL], mcast_query_interval: [64, IFLA_BR_MCAST_QUERY_INTVL],
  mcast_query_response_interval: [64, IFLA_BR_MCAST_QUERY_RESPONSE_INTVL], mcast_startup_query_interval: [64, IFLA_BR_MCAST_STARTUP_QUERY_INTVL], mcast_stats_enabled: [8, IFLA_BR_MCAST_STATS_ENABLED],
  mcast_igmp_version: [8, IFLA_BR_MCAST_IGMP_VERSION], mcast_mld_version: [8, IFLA_BR_MCAST_MLD_VERSION], nf_call_iptables: [8, IFLA_BR_NF_CALL_IPTABLES], nf_call_ip6tables: [8, IFLA_BR_NF_CALL_IP6TABLES],
  nf_call_arptables: [8, IFLA_BR_NF_CALL_ARPTABLES],
};

const BRIDGE_SLAVE_SWITCHES: Readonly<Record<string, number>> = {
  hairpin: 4, guard: 5, root_block: 6, fastleave: 7, learning: 8, flood: 9, proxy_arp: 10, proxy_arp_wifi: 12, mcast_fast_leave: 7, mcast_flood: 27, bcast_flood: 30, mcast_to_unicast: 28, neigh_suppress: 32,
  vlan_tunnel: 29, isolated: 33, locked: 39,
};

function putNumber(out: AttrWriter, [width, type]: NumberOption, word: string, w: Words): void {
  const n = mustNumber(w.next(), `invalid ${word}`, width === 8 ? 255 : width === 16 ? 0xffff : 0xffffffff);
  if (width === 8) out.u8(type, n);
  else if (width === 16) out.u16(type, n);
  else if (width === 32) out.u32(type, n);
  else out.u64(type, BigInt(n));
}

/** 'on' or 'off'. */
export function onOff(w: Words, what: string): boolean {
  const s = w.next();
  if (s === 'on') return true;
  if (s === 'off') return false;
  throw new ToolExit(1, `Error: argument of "${what}" must be "on" or "off", not "${s}"\n`);
}

function setBridge(w: Words, out: AttrWriter): void {
  for (; w.more; w.skip()) {
    const word = w.cur;
    const option = Object.keys(BRIDGE).find((k) => k === word) ?? Object.keys(BRIDGE).find((k) => k.startsWith(word) && word.length > 2);
    if (option !== undefined) putNumber(out, BRIDGE[option]!, option, w);
    else if (word === 'vlan_protocol') out.be16(IFLA_BR_VLAN_PROTOCOL, vlanProtocol(w));
    else if (word === 'group_address') out.raw(IFLA_BR_GROUP_ADDR, macBytes(w.next()) ?? invarg('invalid group_address', w.cur));
    else if (word === 'no_linklocal_learn' || word === 'mcast_vlan_snooping') {
      const bit = word === 'no_linklocal_learn' ? 1 : 2;
      const on = mustNumber(w.next(), `invalid ${word}`, 255) !== 0;
      out.raw(IFLA_BR_MULTI_BOOLOPT, Uint8Array.of(on ? bit : 0, 0, 0, 0, bit, 0, 0, 0));
    } else throw new ToolExit(1, `bridge: unknown command "${word}"?\n`);
  }
}

function setBridgeSlave(ip: Ip, w: Words, out: AttrWriter): void {
  for (; w.more; w.skip()) {
    const word = w.cur;
    const sw = BRIDGE_SLAVE_SWITCHES[word];
    if (sw !== undefined) out.u8(sw, onOff(w, word) ? 1 : 0);
    else if (word === 'state') out.u8(1, mustNumber(w.next(), 'state is invalid', 255));
    else if (word === 'priority') out.u16(2, mustNumber(w.next(), 'priority is invalid', 0xffff));
    else if (word === 'cost') out.u32(3, mustNumber(w.next(), 'cost is invalid'));
    else if (word === 'mcast_router') out.u8(25, mustNumber(w.next(), 'invalid mcast_router', 255));
    else if (word === 'group_fwd_mask') out.u16(31, mustNumber(w.next(), 'mask is invalid', 0xffff));
    else if (word === 'backup_port') out.u32(34, ip.mustIndex(w.next()));
    else if (word === 'nobackup_port') out.u32(34, 0);
    else if (word === 'fdb_flush') out.flag(24);
    else throw new ToolExit(1, `bridge_slave: unknown option "${word}"?\n`);
  }
}

function vlanProtocol(w: Words): number {
  const s = w.next().toLowerCase();
  if (s === '802.1q') return 0x8100;
  if (s === '802.1ad') return 0x88a8;
  return invarg('protocol is invalid', w.cur);
}

function setVlan(w: Words, out: AttrWriter): void {
  let flags = 0;
  let mask = 0;
  for (; w.more; w.skip()) {
    const flag = (bit: number, word: string): void => {
      mask |= bit;
      flags = onOff(w, word) ? flags | bit : flags & ~bit;
    };
    if (w.is('protocol')) out.be16(IFLA_VLAN_PROTOCOL, vlanProtocol(w));
    else if (w.is('id')) out.u16(IFLA_VLAN_ID, mustNumber(w.next(), 'id is invalid', 0xffff));
    else if (w.is('reorder_hdr')) flag(1, 'reorder_hdr');
    else if (w.is('gvrp')) flag(2, 'gvrp');
    else if (w.is('mvrp')) flag(8, 'mvrp');
    else if (w.is('loose_binding')) flag(4, 'loose_binding');
    else if (w.is('bridge_binding')) flag(16, 'bridge_binding');
    else throw new ToolExit(1, `vlan: unknown command "${w.cur}"?\n`);
  }
  if (mask !== 0) out.raw(IFLA_VLAN_FLAGS, Uint8Array.of(flags, 0, 0, 0, mask, 0, 0, 0));
}

function setMacvlan(kind: string, w: Words, out: AttrWriter): void {
  for (; w.more; w.skip()) {
    if (w.is('mode')) {
      const s = w.next();
      const mode = Object.keys(MACVLAN_MODES).find((k) => MACVLAN_MODES[Number(k)] === s);
      if (mode === undefined) throw new ToolExit(1, `Error: argument of "mode" must be "private", "vepa", "bridge", "passthru" or "source", not "${s}"\n`);
      out.u32(IFLA_MACVLAN_MODE, Number(mode));
      if (s === 'passthru' && w.peek === 'nopromisc') {
        w.next();
        out.u16(IFLA_MACVLAN_FLAGS, 1);
      }
    } else if (w.is('bcqueuelen')) out.u32(IFLA_MACVLAN_BC_QUEUE_LEN, mustNumber(w.next(), 'Invalid bcqueuelen'));
    else throw new ToolExit(1, `${kind}: unknown option "${w.cur}"?\n`);
  }
}

function setVxlan(ip: Ip, w: Words, out: AttrWriter): void {
  const address = (four: number, six: number): void => {
    const a = getAddr(w.next(), 0);
    out.raw(a.family === AF_INET ? four : six, a.addr);
  };
  const bools: Readonly<Record<string, number>> = {
    learning: IFLA_VXLAN_LEARNING, proxy: IFLA_VXLAN_PROXY, rsc: IFLA_VXLAN_RSC, l2miss: IFLA_VXLAN_L2MISS, l3miss: IFLA_VXLAN_L3MISS, udpcsum: IFLA_VXLAN_UDP_CSUM, udp6zerocsumtx: IFLA_VXLAN_UDP_ZERO_CSUM6_TX,
    udp6zerocsumrx: IFLA_VXLAN_UDP_ZERO_CSUM6_RX, external: IFLA_VXLAN_COLLECT_METADATA,
  };
  for (; w.more; w.skip()) {
    const word = w.cur;
    const off = word.startsWith('no') && bools[word.slice(2)] !== undefined;
    if (bools[word] !== undefined || off) out.u8(bools[off ? word.slice(2) : word]!, off ? 0 : 1);
    else if (w.is('id', 'vni')) out.u32(IFLA_VXLAN_ID, mustNumber(w.next(), 'invalid id', 0xffffff));
    else if (w.is('group', 'remote')) address(IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6);
    else if (w.is('local')) address(IFLA_VXLAN_LOCAL, IFLA_VXLAN_LOCAL6);
    else if (w.is('dev')) out.u32(IFLA_VXLAN_LINK, ip.mustIndex(w.next()));
    else if (w.is('ttl', 'hoplimit')) {
      const s = w.next();
      out.u8(IFLA_VXLAN_TTL, s === 'auto' || s === 'inherit' ? 0 : mustNumber(s, 'invalid TTL', 255));
    } else if (w.is('tos', 'dsfield')) {
      const s = w.next();
      out.u8(IFLA_VXLAN_TOS, s === 'inherit' ? 1 : mustNumber(s, 'bad TOS value', 255, 16));
    } else if (w.is('ageing')) {
      const s = w.next();
      out.u32(IFLA_VXLAN_AGEING, s === 'none' ? 0 : mustNumber(s, 'ageing timer'));
    } else if (w.is('maxaddress')) {
      const s = w.next();
      out.u32(IFLA_VXLAN_LIMIT, s === 'unlimited' ? 0 : mustNumber(s, 'max addresses'));
    } else if (w.is('port', 'srcport')) {
      const low = mustNumber(w.next(), 'min port', 0xffff);
      const high = mustNumber(w.next(), 'max port', 0xffff);
      out.raw(IFLA_VXLAN_PORT_RANGE, Uint8Array.of(low >> 8, low, high >> 8, high));
    } else if (w.is('dstport')) out.be16(IFLA_VXLAN_PORT, mustNumber(w.next(), 'dst port', 0xffff));
    else if (w.is('df')) {
      const i = ['unset', 'set', 'inherit'].indexOf(w.next());
      out.u8(IFLA_VXLAN_DF, i < 0 ? invarg('DF must be \'unset\', \'set\' or \'inherit\'', w.cur) : i);
    } else if (w.is('gbp')) out.flag(IFLA_VXLAN_GBP);
    else if (w.is('gpe')) out.flag(IFLA_VXLAN_GPE);
    else throw new ToolExit(1, `vxlan: unknown command "${word}"?\n`);
  }
}

/** Reads what follows `type KIND` into IFLA_INFO_DATA. The words go on to the end. */
export function setKind(ip: Ip, kind: string, w: Words, out: AttrWriter): void {
  switch (kind) {
    case 'bridge':
      return setBridge(w, out);
    case 'bridge_slave':
      return setBridgeSlave(ip, w, out);
    case 'vlan':
      return setVlan(w, out);
    case 'macvlan':
    case 'macvtap':
      return setMacvlan(kind, w, out);
    case 'vxlan':
      return setVxlan(ip, w, out);
    case 'vrf':
      for (; w.more; w.skip()) {
        if (!w.is('table')) throw new ToolExit(1, `vrf: unknown option "${w.cur}"?\n`);
        out.u32(IFLA_VRF_TABLE, mustNumber(w.next(), 'invalid table ID'));
      }
      return undefined;
    default:
      if (w.more) throw new ToolExit(255, `Garbage instead of arguments "${w.cur} ...". Try "ip link help".\n`);
      return undefined;
  }
}
