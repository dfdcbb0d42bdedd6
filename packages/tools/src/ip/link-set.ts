/** `ip link add`, `set`, `del` and `property`. */
import {
  IFLA_ADDRESS, IFLA_AF_SPEC, IFLA_ALT_IFNAME, IFLA_BROADCAST, IFLA_CARRIER, IFLA_GRO_MAX_SIZE, IFLA_GROUP, IFLA_GSO_MAX_SEGS, IFLA_GSO_MAX_SIZE, IFLA_IFALIAS, IFLA_IFNAME, IFLA_INET6_ADDR_GEN_MODE, IFLA_INFO_DATA,
  IFLA_INFO_KIND, IFLA_INFO_SLAVE_DATA, IFLA_INFO_SLAVE_KIND, IFLA_LINK, IFLA_LINK_NETNSID, IFLA_LINKINFO, IFLA_LINKMODE, IFLA_MASTER, IFLA_MTU, IFLA_NET_NS_FD, IFLA_NET_NS_PID, IFLA_NUM_RX_QUEUES, IFLA_NUM_TX_QUEUES, IFLA_OPERSTATE,
  IFLA_PROP_LIST, IFLA_PROTO_DOWN, IFLA_TXQLEN, NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, RTM_DELLINK, RTM_DELLINKPROP, RTM_NEWLINK, RTM_NEWLINKPROP, VETH_INFO_PEER,
} from '@linnet/uapi';
import { AttrWriter, concat } from '../netlink.ts';
import { AF_INET6, duparg, duparg2, invarg, macBytes, mustNumber, number, ToolExit, type Words } from '../words.ts';
import { ifinfomsg, type Ip } from './context.ts';
import { onOff, setKind } from './link-kinds.ts';
import { groupNumber } from './names.ts';

const IFF_UP = 1;
const IFF_NOARP = 0x80;
const IFF_PROMISC = 0x100;
const IFF_ALLMULTI = 0x200;
const IFF_MULTICAST = 0x1000;
const IFF_DYNAMIC = 0x8000;
const IFF_NOTRAILERS = 0x20;
const NLA_F_NESTED = 0x8000;

/** What was read of a link. */
interface LinkArgs {
  name: string | null;
  dev: string | null;
  link: string | null;
  kind: string | null;
  group: number;
  index: number;
  flags: number;
  mask: number;
  readonly attrs: AttrWriter;
}

const badNumber = (what: string): string => `Invalid "${what}" value\n`;
const CHECKED = /^[^/\s:]{1,15}$/;

function checkName(key: string, name: string): void {
  if (!CHECKED.test(name) || name === '.' || name === '..') throw new ToolExit(255, `Error: argument "${name}" is wrong: "${key}" not a valid ifname\n\n`);
}

function address(s: string): Uint8Array {
  const b = macBytes(s);
  if (b === null) throw new ToolExit(1, 'Invalid address length 1 - must be 6 bytes\n');
  return b;
}

/** A namespace by its name or the number of a process. */
export function netnsAttr(ip: Ip, s: string, attrs: AttrWriter): (() => void) | null {
  const fd = ip.task.sys.open(`/run/netns/${s}`);
  if (fd >= 0) {
    attrs.u32(IFLA_NET_NS_FD, fd);
    return () => void ip.task.sys.close(fd);
  }
  const pid = number(s);
  if (pid === null) return invarg('Invalid "netns" value\n', s);
  attrs.u32(IFLA_NET_NS_PID, pid);
  return null;
}

/** Reads the words about one link, up to its kind's own, which follow `type KIND`. */
function parse(ip: Ip, w: Words, cmd: 'add' | 'set' | 'del', after: (() => void)[]): LinkArgs {
  const r: LinkArgs = { name: null, dev: null, link: null, kind: null, group: -1, index: 0, flags: 0, mask: 0, attrs: new AttrWriter() };
  const { attrs } = r;
  const switches: Readonly<Record<string, readonly [number, boolean]>> = {
    multicast: [IFF_MULTICAST, true], allmulticast: [IFF_ALLMULTI, true], promisc: [IFF_PROMISC, true], trailers: [IFF_NOTRAILERS, false], arp: [IFF_NOARP, false], dynamic: [IFF_DYNAMIC, true],
  };
  for (; w.more; w.skip()) {
    if (w.eq('up')) {
      r.mask |= IFF_UP;
      r.flags |= IFF_UP;
    } else if (w.eq('down')) {
      r.mask |= IFF_UP;
      r.flags &= ~IFF_UP;
    } else if (w.eq('name')) {
      if (r.name !== null) duparg('name', w.next());
      r.name = w.next();
      checkName('name', r.name);
    } else if (w.eq('index')) {
      r.index = mustNumber(w.next(), badNumber('index'));
    } else if (w.is('link')) {
      r.link = w.next();
    } else if (w.is('address')) {
      attrs.raw(IFLA_ADDRESS, address(w.next()));
    } else if (w.is('broadcast') || w.eq('brd')) {
      attrs.raw(IFLA_BROADCAST, address(w.next()));
    } else if (w.is('txqueuelen', 'txqlen') || w.eq('qlen')) {
      attrs.u32(IFLA_TXQLEN, mustNumber(w.next(), badNumber('txqueuelen')));
    } else if (w.eq('mtu')) {
      attrs.u32(IFLA_MTU, mustNumber(w.next(), badNumber('mtu')));
    } else if (w.eq('netns')) {
      const done = netnsAttr(ip, w.next(), attrs);
      if (done !== null) after.push(done);
    } else if (switches[w.cur] !== undefined) {
      const word = w.cur;
      const [bit, plain] = switches[word]!;
      r.mask |= bit;
      r.flags = onOff(w, word) === plain ? r.flags | bit : r.flags & ~bit;
    } else if (w.eq('carrier')) {
      attrs.u8(IFLA_CARRIER, onOff(w, 'carrier') ? 1 : 0);
    } else if (w.eq('vrf', 'master')) {
      const i = ip.indexOf(w.next());
      if (i === 0) invarg('Device does not exist\n', w.cur);
      attrs.u32(IFLA_MASTER, i);
    } else if (w.eq('nomaster')) {
      attrs.u32(IFLA_MASTER, 0);
    } else if (w.eq('operstate') || w.eq('state')) {
      if (cmd === 'set' && w.eq('operstate')) return duparg2('dev', w.cur);
      const i = ['unknown', 'notpresent', 'down', 'lowerlayerdown', 'testing', 'dormant', 'up'].indexOf(w.next());
      attrs.u8(IFLA_OPERSTATE, i < 0 ? mustNumber(w.cur, 'Invalid "state" value\n', 255) : i);
    } else if (w.eq('mode')) {
      const s = w.next().toLowerCase();
      if (s !== 'default' && s !== 'dormant') invarg('Invalid link mode\n', w.cur);
      attrs.u8(IFLA_LINKMODE, s === 'dormant' ? 1 : 0);
    } else if (w.eq('dynamic')) {
      w.next();
    } else if (w.is('alias')) {
      attrs.str(IFLA_IFALIAS, w.next());
    } else if (w.eq('group')) {
      if (r.group !== -1) duparg('group', w.next());
      r.group = groupNumber(w.next()) ?? invarg('Invalid "group" value\n', w.cur);
      if (r.dev !== null || cmd === 'add') attrs.u32(IFLA_GROUP, r.group);
    } else if (w.eq('numtxqueues')) {
      attrs.u32(IFLA_NUM_TX_QUEUES, mustNumber(w.next(), badNumber('numtxqueues')));
    } else if (w.eq('numrxqueues')) {
      attrs.u32(IFLA_NUM_RX_QUEUES, mustNumber(w.next(), badNumber('numrxqueues')));
    } else if (w.eq('addrgenmode')) {
      const i = ['eui64', 'none', 'stable_secret', 'random'].indexOf(w.next());
      if (i < 0) invarg('Invalid address generation mode\n', w.cur);
      attrs.nest(IFLA_AF_SPEC, new AttrWriter().nest(AF_INET6, new AttrWriter().u8(IFLA_INET6_ADDR_GEN_MODE, i)));
    } else if (w.eq('link-netnsid')) {
      attrs.u32(IFLA_LINK_NETNSID, mustNumber(w.next(), badNumber('link-netnsid')));
    } else if (w.eq('protodown')) {
      attrs.u8(IFLA_PROTO_DOWN, onOff(w, 'protodown') ? 1 : 0);
    } else if (w.eq('gso_max_size')) {
      attrs.u32(IFLA_GSO_MAX_SIZE, mustNumber(w.next(), badNumber('gso_max_size')));
    } else if (w.eq('gso_max_segs')) {
      attrs.u32(IFLA_GSO_MAX_SEGS, mustNumber(w.next(), badNumber('gso_max_segs')));
    } else if (w.eq('gro_max_size')) {
      attrs.u32(IFLA_GRO_MAX_SIZE, mustNumber(w.next(), badNumber('gro_max_size')));
    } else if (w.is('type')) {
      r.kind = w.next();
      w.skip();
      break;
    } else {
      if (w.eq('dev')) w.next();
      if (r.dev !== null) duparg2('dev', w.cur);
      checkName('dev', w.cur);
      r.dev = w.cur;
    }
  }
  return r;
}

/** IFLA_INFO_DATA of a veth: the other end is a link of its own. */
function vethData(ip: Ip, w: Words, out: AttrWriter, after: (() => void)[]): void {
  if (!w.more) return;
  if (!w.eq('peer')) throw new ToolExit(255, `Garbage instead of arguments "${w.cur} ...". Try "ip link help".\n`);
  w.skip();
  const p = parse(ip, w, 'add', after);
  const name = p.name ?? p.dev;
  if (name !== null) p.attrs.str(IFLA_IFNAME, name);
  out.raw(VETH_INFO_PEER, concat([ifinfomsg(0, p.index, p.flags, p.mask), p.attrs.bytes()]));
}

function modify(ip: Ip, w: Words, cmd: 'add' | 'set' | 'del'): number {
  const after: (() => void)[] = [];
  const r = parse(ip, w, cmd, after);
  try {
    const info = new AttrWriter();
    if (r.kind !== null) {
      const data = new AttrWriter();
      const slave = r.kind.endsWith('_slave');
      if (r.kind === 'veth' && cmd !== 'del') vethData(ip, w, data, after);
      else setKind(ip, r.kind, w, data);
      info.str(slave ? IFLA_INFO_SLAVE_KIND : IFLA_INFO_KIND, slave ? r.kind.slice(0, -6) : r.kind);
      if (!data.empty) info.nest(slave ? IFLA_INFO_SLAVE_DATA : IFLA_INFO_DATA, data);
    }
    const type = cmd === 'del' ? RTM_DELLINK : RTM_NEWLINK;
    if (cmd !== 'add') {
      let index = 0;
      if (r.dev !== null) {
        index = ip.mustIndex(r.dev);
        if (r.name === r.dev) r.name = null;
      } else if (r.group === -1) {
        throw new ToolExit(255, 'Not enough information: "dev" argument is required.\n');
      } else {
        r.attrs.u32(IFLA_GROUP, r.group);
      }
      if (r.link !== null) r.attrs.u32(IFLA_LINK, ip.mustIndex(r.link));
      if (r.name !== null) r.attrs.str(IFLA_IFNAME, r.name);
      if (r.kind !== null) r.attrs.nest(IFLA_LINKINFO, info);
      return ip.change(type, 0, ifinfomsg(0, index, r.flags, r.mask), r.attrs);
    }
    const name = r.name ?? r.dev;
    if (r.kind === null) throw new ToolExit(1, 'Not enough information: "type" argument is required\n');
    if (r.link !== null) r.attrs.u32(IFLA_LINK, ip.mustIndex(r.link));
    if (name !== null) r.attrs.str(IFLA_IFNAME, name);
    r.attrs.nest(IFLA_LINKINFO, info);
    return ip.change(type, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg(0, r.index, r.flags, r.mask), r.attrs);
  } finally {
    for (const fn of after) fn();
  }
}

export const linkAdd = (ip: Ip, w: Words): number => modify(ip, w, 'add');
export const linkSet = (ip: Ip, w: Words): number => modify(ip, w, 'set');
export const linkDel = (ip: Ip, w: Words): number => modify(ip, w, 'del');

/** `ip link property {add|del} dev DEV altname NAME...`. */
export function linkProperty(ip: Ip, w: Words): number {
  if (!w.is('add', 'delete', 'del')) throw new ToolExit(255, `Operator required\n`);
  const add = w.is('add');
  w.skip();
  let dev: string | null = null;
  const props = new AttrWriter();
  for (; w.more; w.skip()) {
    if (w.is('dev')) {
      dev = w.next();
    } else if (w.is('altname')) {
      props.str(IFLA_ALT_IFNAME, w.next());
    } else {
      throw new ToolExit(255, `Command "${w.cur}" is unknown, try "ip link property help".\n`);
    }
  }
  if (dev === null) throw new ToolExit(255, 'Not enough information: "dev" argument is required.\n');
  const attrs = new AttrWriter().str(dev.length > 15 ? IFLA_ALT_IFNAME : IFLA_IFNAME, dev).raw(IFLA_PROP_LIST | NLA_F_NESTED, props.bytes());
  return ip.change(add ? RTM_NEWLINKPROP : RTM_DELLINKPROP, add ? NLM_F_EXCL | NLM_F_CREATE | NLM_F_APPEND : 0, ifinfomsg(0), attrs);
}
