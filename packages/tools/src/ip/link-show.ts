/** `ip link show`: links as text and as JSON. */
import {
  IFLA_ADDRESS, IFLA_AF_SPEC, IFLA_ALLMULTI, IFLA_BROADCAST, IFLA_CARRIER_CHANGES, IFLA_EXT_MASK, IFLA_GRO_MAX_SIZE, IFLA_GROUP, IFLA_GSO_MAX_SEGS, IFLA_GSO_MAX_SIZE, IFLA_IFALIAS, IFLA_IFNAME, IFLA_ALT_IFNAME, IFLA_INET6_ADDR_GEN_MODE,
  IFLA_INFO_DATA, IFLA_INFO_KIND, IFLA_INFO_SLAVE_DATA, IFLA_INFO_SLAVE_KIND, IFLA_LINK, IFLA_LINK_NETNSID, IFLA_NEW_IFINDEX, IFLA_NEW_NETNSID, IFLA_LINKINFO, IFLA_LINKMODE, IFLA_MASTER, IFLA_MAX_MTU, IFLA_MIN_MTU, IFLA_MTU,
  IFLA_NUM_RX_QUEUES, IFLA_NUM_TX_QUEUES, IFLA_OPERSTATE, IFLA_PERM_ADDRESS, IFLA_PROMISCUITY, IFLA_PROTO_DOWN, IFLA_QDISC, IFLA_STATS64, IFLA_TSO_MAX_SEGS, IFLA_TSO_MAX_SIZE, IFLA_TXQLEN,
  RTM_DELLINK, RTM_GETLINK, RTM_NEWLINK, SOCK_DGRAM, utf8Encode,
} from '@linnet/uapi';
import { attrMap, AttrWriter, type Attrs, text, u32, u8 } from '../netlink.ts';
import { addrText, AF_INET6, duparg2, invarg, macText, ToolExit, type Words } from '../words.ts';
import { AF_PACKET, ifinfomsg, type Ip, linkMsg, type LinkMsg } from './context.ts';
import { showKind, showSlave } from './link-kinds.ts';
import { namesById } from './netns.ts';
import { groupName, groupNumber, linkTypeName } from './names.ts';

const IFF_UP = 1;
const IFF_RUNNING = 0x40;
const FLAGS: readonly (readonly [number, string])[] = [
  [8, 'LOOPBACK'], [2, 'BROADCAST'], [0x10, 'POINTOPOINT'], [0x1000, 'MULTICAST'], [0x80, 'NOARP'], [0x200, 'ALLMULTI'], [0x100, 'PROMISC'], [0x400, 'MASTER'], [0x800, 'SLAVE'], [4, 'DEBUG'], [0x8000, 'DYNAMIC'],
  [0x4000, 'AUTOMEDIA'], [0x2000, 'PORTSEL'], [0x20, 'NOTRAILERS'], [1, 'UP'], [0x10000, 'LOWER_UP'], [0x20000, 'DORMANT'], [0x40000, 'ECHO'],
];
const STATES: readonly string[] = ['UNKNOWN', 'NOTPRESENT', 'DOWN', 'LOWERLAYERDOWN', 'TESTING', 'DORMANT', 'UP'];
const MODES: readonly string[] = ['DEFAULT', 'DORMANT'];
const GEN_MODES: readonly string[] = ['eui64', 'none', 'stable_secret', 'random'];

/** What to show of links and addresses. */
export interface LinkFilter {
  dev: string | null;
  up: boolean;
  master: number;
  nomaster: boolean;
  kind: string | null;
  slaveKind: string | null;
  group: number;
  /** The family of addresses that is asked for; where there is one, only -d shows hardware addresses. */
  family: number;
  /** Addresses, too: their command leaves the mode out. */
  addresses: boolean;
  /** The length of the queue, which events leave out. */
  queue: boolean;
}

export function linkFilter(addresses: boolean, family: number): LinkFilter {
  return { family, dev: null, up: false, master: 0, nomaster: false, kind: null, slaveKind: null, group: -1, addresses, queue: true };
}

/** Reads a word of the selection; false if it is none. */
export function linkFilterWord(ip: Ip, f: LinkFilter, w: Words): boolean {
  if (w.eq('up')) {
    f.up = true;
  } else if (w.eq('group')) {
    f.group = groupNumber(w.next()) ?? invarg('Invalid "group" value\n', w.cur);
  } else if (w.eq('master')) {
    f.master = ip.indexOf(w.next());
    if (f.master === 0) invarg('Device does not exist\n', w.cur);
  } else if (w.eq('vrf')) {
    f.master = ip.indexOf(w.next());
    if (f.master === 0) invarg('Not a valid VRF name\n', w.cur);
  } else if (w.eq('nomaster')) {
    f.nomaster = true;
  } else if (w.eq('type')) {
    const kind = w.next();
    if (kind.endsWith('_slave')) f.slaveKind = kind.slice(0, -6);
    else f.kind = kind;
  } else {
    return false;
  }
  return true;
}

function flagNames(ip: Ip, l: LinkMsg): string[] {
  const out: string[] = [];
  let left = l.flags;
  if ((left & IFF_UP) !== 0 && (left & IFF_RUNNING) === 0) out.push('NO-CARRIER');
  left &= ~IFF_RUNNING;
  for (const [bit, name] of FLAGS) {
    if ((left & bit) === 0) continue;
    out.push(name);
    left &= ~bit;
  }
  if (left !== 0) out.push((left >>> 0).toString(16));
  const lower = u32(l.attrs, IFLA_LINK);
  if (lower !== undefined && lower !== 0 && !l.attrs.has(IFLA_LINK_NETNSID)) {
    const other = ip.links.get(lower);
    if (other === undefined || (other.flags & IFF_UP) === 0) out.push('M-DOWN');
  }
  return out;
}

function putName(ip: Ip, l: LinkMsg): void {
  const { out } = ip;
  const lower = u32(l.attrs, IFLA_LINK);
  let s = l.name;
  if (lower !== undefined) {
    if (lower === 0) {
      out.j('link', null);
      s += '@NONE';
    } else if (l.attrs.has(IFLA_LINK_NETNSID)) {
      out.j('link_index', lower);
      s += `@if${lower}`;
    } else {
      const name = ip.nameOf(lower);
      out.j('link', name);
      s += `@${name}`;
    }
  }
  out.p('ifname', l.name, ip.opt.brief ? `${s.padEnd(16)} ` : `${s}: `);
}

function putFlags(ip: Ip, l: LinkMsg): void {
  const { out } = ip;
  const names = flagNames(ip, l);
  out.open('[', 'flags');
  for (const n of names) out.j(null, n);
  out.close(']');
  out.t(`<${names.join(',')}> `);
}

const stateName = (n: number): string => STATES[n] ?? `${n}`;

/** The line for -br, without its end. */
export function linkBrief(ip: Ip, l: LinkMsg, addresses: boolean): void {
  const { out } = ip;
  putName(ip, l);
  const state = stateName(u8(l.attrs, IFLA_OPERSTATE) ?? 0);
  if (l.attrs.has(IFLA_OPERSTATE)) out.p('operstate', state, `${state.padEnd(14)} `);
  if (addresses) return;
  const mac = l.attrs.get(IFLA_ADDRESS);
  if (mac !== undefined) out.p('address', hwText(l.type, mac), `${hwText(l.type, mac)} `);
  putFlags(ip, l);
}

const hwText = (type: number, b: Uint8Array): string => ([768, 776, 778, 769, 823].includes(type) && (b.length === 4 || b.length === 16) ? addrText(b) : macText(b));

const SIOCGIFTXQLEN = 0x8942;

/** The length of the queue, for messages that do not say it. */
function queueLength(ip: Ip, name: string): number {
  const { sys } = ip.task;
  const fd = sys.socket(2, SOCK_DGRAM);
  if (fd < 0) return 0;
  const ifr = new Uint8Array(40);
  ifr.set(utf8Encode(name).subarray(0, 15));
  const err = sys.ioctl(fd, SIOCGIFTXQLEN, ifr);
  sys.close(fd);
  return err < 0 ? 0 : new DataView(ifr.buffer).getInt32(16, true);
}

/** One link; the caller has opened the object and ends the line. */
export function linkFull(ip: Ip, l: LinkMsg, f: LinkFilter): void {
  const { out, opt } = ip;
  const a = l.attrs;
  out.p('ifindex', l.index, `${l.index}: `);
  putName(ip, l);
  putFlags(ip, l);
  const mtu = u32(a, IFLA_MTU);
  if (mtu !== undefined) out.p('mtu', mtu, `mtu ${mtu} `);
  const qdisc = text(a, IFLA_QDISC);
  if (qdisc !== undefined) out.p('qdisc', qdisc, `qdisc ${qdisc} `);
  const master = u32(a, IFLA_MASTER);
  if (master !== undefined) out.p('master', ip.nameOf(master), `master ${ip.nameOf(master)} `);
  const state = u8(a, IFLA_OPERSTATE);
  if (state !== undefined) out.p('operstate', stateName(state), `state ${stateName(state)} `);
  const mode = u8(a, IFLA_LINKMODE);
  if (!f.addresses && mode !== undefined) {
    const name = MODES[mode] ?? `${mode}`;
    out.p('linkmode', name, `mode ${name} `);
  }
  const group = u32(a, IFLA_GROUP);
  if (group !== undefined) out.p('group', groupName(group), `group ${groupName(group)} `);
  const qlen = u32(a, IFLA_TXQLEN) ?? (f.queue ? queueLength(ip, l.name) : 0);
  if (f.queue && qlen !== undefined && qlen !== 0) out.p('txqlen', qlen, `qlen ${qlen}`);
  if (f.family === 0 || f.family === AF_PACKET || opt.details > 0) putLinkLayer(ip, l);
  if (opt.details > 0) putDetails(ip, l, f);
  const proto = u8(a, IFLA_PROTO_DOWN);
  if (proto !== undefined && proto !== 0) out.p('proto_down', true, ' protodown on ');
  if (opt.stats > 0 && a.has(IFLA_STATS64)) putStats(ip, a.get(IFLA_STATS64)!, u32(a, IFLA_CARRIER_CHANGES) ?? 0);
  const alias = text(a, IFLA_IFALIAS);
  if (alias !== undefined) {
    out.t(out.nl);
    out.p('ifalias', alias, `    alias ${alias}`);
  }
  if (l.altnames.length > 0) {
    out.open('[', 'altnames');
    for (const n of l.altnames) {
      out.t(out.nl);
      out.p(null, n, `    altname ${n}`);
    }
    out.close(']');
  }
}

/** A namespace: in JSON by the id that the task's own has for it, in text by its name if it has one. */
function putNetns(ip: Ip, key: 'link' | 'new', id: number): void {
  const name = id < 0 || ip.out.json ? undefined : namesById(ip).get(id);
  ip.out.p(`${key}_netnsid`, id, name === undefined ? ` ${key}-netnsid ${id}` : ` ${key}-netns ${name}`);
}

function putLinkLayer(ip: Ip, l: LinkMsg): void {
  const { out } = ip;
  const a = l.attrs;
  out.t(out.nl);
  const type = linkTypeName(l.type);
  out.p('link_type', type, `    link/${type} `);
  const mac = a.get(IFLA_ADDRESS);
  if (mac !== undefined) out.p('address', hwText(l.type, mac), hwText(l.type, mac));
  const brd = a.get(IFLA_BROADCAST);
  if (brd !== undefined) {
    const p2p = (l.flags & 0x10) !== 0;
    if (p2p) out.j('link_pointtopoint', true);
    out.p('broadcast', hwText(l.type, brd), `${p2p ? ' peer ' : ' brd '}${hwText(l.type, brd)}`);
  }
  const perm = a.get(IFLA_PERM_ADDRESS);
  if (perm !== undefined && mac !== undefined && (perm.length !== mac.length || perm.some((b, i) => b !== mac[i]))) out.p('permaddr', hwText(l.type, perm), ` permaddr ${hwText(l.type, perm)}`);
  const nsid = u32(a, IFLA_LINK_NETNSID);
  if (nsid !== undefined) putNetns(ip, 'link', nsid | 0);
  // Of a link that leaves.
  const newNsid = u32(a, IFLA_NEW_NETNSID);
  if (newNsid !== undefined) putNetns(ip, 'new', newNsid | 0);
  const newIndex = u32(a, IFLA_NEW_IFINDEX);
  if (newIndex !== undefined) out.p('new_ifindex', newIndex, ` new-ifindex ${newIndex}`);
}

const NUMBERS: readonly (readonly [number, string, string])[] = [
  [IFLA_NUM_TX_QUEUES, 'num_tx_queues', 'numtxqueues'], [IFLA_NUM_RX_QUEUES, 'num_rx_queues', 'numrxqueues'], [IFLA_GSO_MAX_SIZE, 'gso_max_size', 'gso_max_size'], [IFLA_GSO_MAX_SEGS, 'gso_max_segs', 'gso_max_segs'],
  [IFLA_TSO_MAX_SIZE, 'tso_max_size', 'tso_max_size'], [IFLA_TSO_MAX_SEGS, 'tso_max_segs', 'tso_max_segs'], [IFLA_GRO_MAX_SIZE, 'gro_max_size', 'gro_max_size'],
];

function putDetails(ip: Ip, l: LinkMsg, f: LinkFilter): void {
  const { out } = ip;
  const a = l.attrs;
  const each: readonly (readonly [number, string, string])[] = [[IFLA_PROMISCUITY, 'promiscuity', ' promiscuity '], [IFLA_ALLMULTI, 'allmulti', ' allmulti '], [IFLA_MIN_MTU, 'min_mtu', 'minmtu '], [IFLA_MAX_MTU, 'max_mtu', 'maxmtu ']];
  for (const [type, key, word] of each) {
    const n = u32(a, type);
    if (n !== undefined) out.p(key, n, `${word}${n} `);
  }
  const info = a.get(IFLA_LINKINFO);
  if (info !== undefined) putLinkInfo(ip, attrMap(info));
  const af = a.get(IFLA_AF_SPEC);
  if (!f.addresses && af !== undefined) {
    const gen = u8(attrMap(attrMap(af).get(AF_INET6)), IFLA_INET6_ADDR_GEN_MODE);
    if (gen !== undefined) {
      const name = GEN_MODES[gen] ?? `${gen}`;
      out.p('inet6_addr_gen_mode', name, `addrgenmode ${name} `);
    }
  }
  for (const [type, key, word] of NUMBERS) {
    const n = u32(a, type);
    if (n !== undefined) out.p(key, n, `${word} ${n} `);
  }
}

function putLinkInfo(ip: Ip, info: Attrs): void {
  const { out } = ip;
  const kind = text(info, IFLA_INFO_KIND);
  const slave = text(info, IFLA_INFO_SLAVE_KIND);
  out.open('{', 'linkinfo');
  if (kind !== undefined) {
    out.t(out.nl);
    out.p('info_kind', kind, `    ${kind} `);
    const data = info.get(IFLA_INFO_DATA);
    if (data !== undefined) showKind(ip, kind, attrMap(data));
  }
  if (slave !== undefined) {
    out.t(out.nl);
    out.p('info_slave_kind', slave, `    ${slave}_slave `);
    const data = info.get(IFLA_INFO_SLAVE_DATA);
    if (data !== undefined) showSlave(ip, slave, attrMap(data));
  }
  out.close('}');
}

/** Members of struct rtnl_link_stats64 by name: where they stand. */
const S = {
  rxPackets: 0, txPackets: 1, rxBytes: 2, txBytes: 3, rxErrors: 4, txErrors: 5, rxDropped: 6, txDropped: 7, multicast: 8, collisions: 9, rxLength: 10, rxOver: 11, rxCrc: 12, rxFrame: 13, rxFifo: 14, rxMissed: 15,
  txAborted: 16, txCarrier: 17, txFifo: 18, txHeartbeat: 19, txWindow: 20, rxCompressed: 21, txCompressed: 22, rxNohandler: 23,
} as const;

/** Heads of the columns, whose widths all lines share. */
const RX: readonly string[] = ['bytes', 'packets', 'errors', 'dropped', 'missed', 'mcast'];
const TX: readonly string[] = ['bytes', 'packets', 'errors', 'dropped', 'carrier', 'collsns'];
const RX_MORE: readonly string[] = ['length', 'crc', 'frame', 'fifo', 'overrun'];
const TX_MORE: readonly string[] = ['aborted', 'fifo', 'window', 'heartbt', 'transns'];

function putStats(ip: Ip, b: Uint8Array, changes: number): void {
  const { out, opt } = ip;
  const v = new DataView(b.buffer, b.byteOffset, b.byteLength);
  const s = (i: number): bigint => (i * 8 + 8 <= b.length ? v.getBigUint64(i * 8, true) : 0n);
  if (out.json) {
    const put = (pairs: readonly (readonly [string, number])[]): void => {
      for (const [k, i] of pairs) out.j(k, s(i));
    };
    out.open('{', 'stats64');
    out.open('{', 'rx');
    put([['bytes', S.rxBytes], ['packets', S.rxPackets], ['errors', S.rxErrors], ['dropped', S.rxDropped], ['over_errors', S.rxOver], ['multicast', S.multicast]]);
    if (s(S.rxCompressed) !== 0n) put([['compressed', S.rxCompressed]]);
    if (opt.stats > 1) {
      put([['length_errors', S.rxLength], ['crc_errors', S.rxCrc], ['frame_errors', S.rxFrame], ['fifo_errors', S.rxFifo], ['missed_errors', S.rxMissed]]);
      if (s(S.rxNohandler) !== 0n) put([['nohandler', S.rxNohandler]]);
    }
    out.close('}');
    out.open('{', 'tx');
    put([['bytes', S.txBytes], ['packets', S.txPackets], ['errors', S.txErrors], ['dropped', S.txDropped], ['carrier_errors', S.txCarrier], ['collisions', S.collisions]]);
    if (s(S.txCompressed) !== 0n) put([['compressed', S.txCompressed]]);
    if (opt.stats > 1) {
      put([['aborted_errors', S.txAborted], ['fifo_errors', S.txFifo], ['window_errors', S.txWindow], ['heartbeat_errors', S.txHeartbeat]]);
      out.j('carrier_changes', changes);
    }
    out.close('}');
    out.close('}');
    return;
  }
  const at = (...list: readonly number[]): bigint[] => list.map(s);
  const rx = at(S.rxBytes, S.rxPackets, S.rxErrors, S.rxDropped, S.rxMissed, S.multicast);
  const tx = at(S.txBytes, S.txPackets, S.txErrors, S.txDropped, S.txCarrier, S.collisions);
  const rxMore = at(S.rxLength, S.rxCrc, S.rxFrame, S.rxFifo, S.rxOver);
  const txMore = [...at(S.txAborted, S.txFifo, S.txWindow, S.txHeartbeat), BigInt(changes)];
  const widths = [6, 7, 6, 7, 7, 7];
  const grow = (rows: readonly bigint[], from: number): void => rows.forEach((n, i) => {
    widths[i + from] = Math.max(widths[i + from]!, `${n}`.length);
  });
  grow(rx, 0);
  grow(tx, 0);
  if (opt.stats > 1) {
    grow(rxMore, 1);
    grow(txMore, 1);
  }
  const line = (head: string, names: readonly string[], rows: readonly bigint[]): void => {
    out.t(`${out.nl}    ${head} ${names.map((n, i) => n.padStart(widths[i]!)).join(' ')}${' '.repeat(11)}`);
    out.t(`${out.nl}${' '.repeat(5 + head.length)}${rows.map((n, i) => `${`${n}`.padStart(widths[i]!)} `).join('')}`);
  };
  const more = (head: string, names: readonly string[], rows: readonly bigint[]): void => {
    if (opt.stats < 2) return;
    const blank = ' '.repeat(8 + widths[0]!);
    out.t(`${out.nl}${`    ${head}`.padEnd(blank.length)} ${names.map((n, i) => n.padStart(widths[i + 1]!)).join(' ')}`);
    out.t(`${out.nl}${blank} ${rows.map((n, i) => `${`${n}`.padStart(widths[i + 1]!)} `).join('')}`);
  };
  line('RX:', RX, rx);
  more('RX errors:', RX_MORE, rxMore);
  line('TX:', TX, tx);
  more('TX errors:', TX_MORE, txMore);
}

/** Is it one that was asked for? */
export function linkPasses(f: LinkFilter, l: LinkMsg): boolean {
  if (f.up && (l.flags & IFF_UP) === 0) return false;
  const master = u32(l.attrs, IFLA_MASTER) ?? 0;
  if (f.master !== 0 && master !== f.master) return false;
  if (f.nomaster && master !== 0) return false;
  if (f.group >= 0 && u32(l.attrs, IFLA_GROUP) !== f.group) return false;
  const info = attrMap(l.attrs.get(IFLA_LINKINFO));
  if (f.kind !== null && text(info, IFLA_INFO_KIND) !== f.kind) return false;
  return f.slaveKind === null || text(info, IFLA_INFO_SLAVE_KIND) === f.slaveKind;
}

const EXT_VF = 1;

/** The links that a filter asks for, from the kernel: one when a device is named. */
export function fetchLinks(ip: Ip, f: LinkFilter): LinkMsg[] {
  const attrs = new AttrWriter().u32(IFLA_EXT_MASK, EXT_VF);
  if (f.dev !== null) {
    attrs.str(f.dev.length > 15 ? IFLA_ALT_IFNAME : IFLA_IFNAME, f.dev);
    let r = ip.rtnl.request(RTM_GETLINK, 0, ifinfomsg(0), attrs);
    if (r.err < 0 && f.dev.length <= 15) r = ip.rtnl.request(RTM_GETLINK, 0, ifinfomsg(0), new AttrWriter().u32(IFLA_EXT_MASK, EXT_VF).str(IFLA_ALT_IFNAME, f.dev));
    if (r.err < 0 || r.msgs.length === 0) throw new ToolExit(1, `Device "${f.dev}" does not exist.\n`);
    return r.msgs.filter((m) => m.type === RTM_NEWLINK).map(linkMsg);
  }
  return ip.dump(RTM_GETLINK, ifinfomsg(ip.opt.family), attrs).filter((m) => m.type === RTM_NEWLINK).map(linkMsg);
}

/** One link with the end of its line. */
export function showLink(ip: Ip, l: LinkMsg, f: LinkFilter, gone: boolean = false): void {
  const { out, opt } = ip;
  out.open('{');
  if (gone) out.p('deleted', true, 'Deleted ');
  if (opt.brief) linkBrief(ip, l, f.addresses && f.queue);
  else linkFull(ip, l, f);
  out.t('\n');
  out.close('}');
}

/** A notification, for `ip monitor`. */
export function showLinkEvent(ip: Ip, m: { type: number; body: Uint8Array; flags: number }): void {
  const l = linkMsg(m);
  if (m.type === RTM_NEWLINK) ip.remember(l);
  showLink(ip, l, { ...linkFilter(true, ip.opt.family), queue: false }, m.type === RTM_DELLINK);
  if (m.type === RTM_DELLINK) ip.forget(l.index);
}

/** `ip link show`. */
export function linkList(ip: Ip, w: Words): number {
  const f = linkFilter(false, ip.opt.family);
  for (; w.more; w.skip()) {
    if (linkFilterWord(ip, f, w)) continue;
    if (w.eq('dev')) w.next();
    if (f.dev !== null) duparg2('dev', w.cur);
    f.dev = w.cur;
  }
  const links = fetchLinks(ip, f);
  ip.out.open('[');
  for (const l of links) if (linkPasses(f, l)) showLink(ip, l, f);
  ip.out.close(']');
  ip.out.raw(ip.out.json ? '\n' : '');
  return 0;
}
