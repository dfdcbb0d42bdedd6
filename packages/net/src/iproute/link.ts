/** Links: `ip link`. */
import { Net } from '@linnet/kernel';
import {
  AF_UNSPEC, ARPHRD_ETHER, ARPHRD_LOOPBACK, ARPHRD_NONE, defineAttrs, IFF_ALLMULTI, IFF_BROADCAST, IFF_DEBUG, IFF_DORMANT, IFF_LOOPBACK, IFF_LOWER_UP, IFF_MASTER, IFF_MULTICAST, IFF_NOARP,
  IFF_POINTOPOINT, IFF_PROMISC, IFF_RUNNING, IFF_SLAVE, IFF_UP, IFINFOMSG_LEN, ifinfomsgRead, ifinfomsgWrite, LINK_ATTRS, NLM_F_CREATE, NLM_F_EXCL, type NlObject, type NlObjectValue,
  RTM_DELLINK, RTM_GETLINK, RTM_NEWLINK, RTNL_LINK_STATS64_FIELDS, VETH_INFO_PEER,
} from '@linnet/uapi';
import { type NetlinkAnswer, NetlinkClient } from '../netlink/client.ts';
import { NetTransport } from '../netlink/transport.ts';
import { badArgument, badRequest, bytesAttr, defined, type Keys, nameOf, nestAttr, numberAttr, onlyKeys, stringAttr } from './values.ts';

/**
 * A network device.
 * @public
 */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** 'ether', 'loopback', 'none', or the number of an ARPHRD_*. */
  readonly type: string;
  /** 'veth', 'tun' and so on; absent for devices that were not made by a kind. */
  readonly kind?: string;
  /** 'UP', 'BROADCAST', 'LOWER_UP' and so on. */
  readonly flags: readonly string[];
  /** Is it switched on (IFF_UP)? */
  readonly up: boolean;
  /** Can it carry packets now (IFF_LOWER_UP)? */
  readonly carrier: boolean;
  /** 'UP', 'DOWN', 'UNKNOWN' and so on (RFC 2863). */
  readonly operstate: string;
  readonly mtu: number;
  readonly address?: string;
  readonly broadcast?: string;
  readonly qdisc?: string;
  readonly txqlen?: number;
  readonly group?: number;
  /** The index of the bridge or bond that it belongs to. */
  readonly master?: number;
  /** The index of the device below, or of the peer. */
  readonly link?: number;
  /** The namespace of `link` when it is another: an id. */
  readonly linkNetnsid?: number;
  readonly alias?: string;
  readonly promiscuity?: number;
  readonly minMtu?: number;
  readonly maxMtu?: number;
  /** rx_packets, tx_bytes and so on. */
  readonly stats: Readonly<Record<string, number>>;
}

/**
 * A namespace in a request: of a Linnet machine itself, or what a kernel understands: an id that the asked namespace has for it, a process in it, or an open descriptor of it.
 * @public
 */
export type NetnsRef = Net | { readonly nsid: number } | { readonly pid: number } | { readonly fd: number };

/**
 * What can be changed of a link.
 * @public
 */
export interface LinkChange {
  readonly up?: boolean | undefined;
  readonly mtu?: number | undefined;
  /** The hardware address, '02:00:00:00:00:01'. */
  readonly address?: string | undefined;
  readonly broadcast?: string | undefined;
  /** A new name. */
  readonly name?: string | undefined;
  /** Moves it to another namespace of the same machine. */
  readonly netns?: NetnsRef | undefined;
  readonly txqlen?: number | undefined;
  readonly alias?: string | undefined;
  readonly group?: number | undefined;
  /** The name of its bridge or bond; null for none. */
  readonly master?: string | null | undefined;
  readonly promisc?: boolean | undefined;
  readonly multicast?: boolean | undefined;
  readonly allmulticast?: boolean | undefined;
  readonly arp?: boolean | undefined;
}

/**
 * The other end of a veth pair.
 * @public
 */
export interface VethPeer {
  readonly name?: string | undefined;
  readonly netns?: NetnsRef | undefined;
  readonly address?: string | undefined;
  readonly mtu?: number | undefined;
  readonly up?: boolean | undefined;
}

/**
 * A link to make.
 * @public
 */
export interface NewLink {
  /** 'veth', 'dummy' and so on: what modules of the machine offer. */
  readonly kind: string;
  /** Absent: the kernel chooses one ('veth0'). */
  readonly name?: string | undefined;
  readonly netns?: NetnsRef | undefined;
  readonly mtu?: number | undefined;
  readonly address?: string | undefined;
  readonly txqlen?: number | undefined;
  readonly up?: boolean | undefined;
  /** The name of the device below. */
  readonly link?: string | undefined;
  /** Of a veth: its other end. */
  readonly peer?: VethPeer | undefined;
  /** IFLA_INFO_DATA of other kinds: attributes by name where the kind is known, else bytes. */
  readonly data?: NlObject | Uint8Array | undefined;
}

const FLAGS: Readonly<Record<string, number>> = {
  UP: IFF_UP, BROADCAST: IFF_BROADCAST, DEBUG: IFF_DEBUG, LOOPBACK: IFF_LOOPBACK, POINTOPOINT: IFF_POINTOPOINT, RUNNING: IFF_RUNNING, NOARP: IFF_NOARP, PROMISC: IFF_PROMISC,
  ALLMULTI: IFF_ALLMULTI, MASTER: IFF_MASTER, SLAVE: IFF_SLAVE, MULTICAST: IFF_MULTICAST, LOWER_UP: IFF_LOWER_UP, DORMANT: IFF_DORMANT,
};
const TYPES: Readonly<Record<string, number>> = { ether: ARPHRD_ETHER, loopback: ARPHRD_LOOPBACK, none: ARPHRD_NONE };
const OPERSTATES: readonly string[] = ['UNKNOWN', 'NOTPRESENT', 'DOWN', 'LOWERLAYERDOWN', 'TESTING', 'DORMANT', 'UP'];
const CHANGE: Keys<LinkChange> = {
  up: true, mtu: true, address: true, broadcast: true, name: true, netns: true, txqlen: true, alias: true, group: true, master: true, promisc: true, multicast: true, allmulticast: true, arp: true,
};
const NEW: Keys<NewLink> = { kind: true, name: true, netns: true, mtu: true, address: true, txqlen: true, up: true, link: true, peer: true, data: true };
const PEER: Keys<VethPeer> = { name: true, netns: true, address: true, mtu: true, up: true };
const VETH_ATTRS = defineAttrs({ VETH_INFO_PEER: [VETH_INFO_PEER, 'bytes'] });

function header(index: number, flags: number = 0, change: number = 0): Uint8Array {
  const out = new Uint8Array(IFINFOMSG_LEN);
  ifinfomsgWrite(new DataView(out.buffer), 0, { family: AF_UNSPEC, type: 0, index, flags, change });
  return out;
}

function statsOf(bytes: Uint8Array | undefined): Record<string, number> {
  const out: Record<string, number> = {};
  if (bytes === undefined) return out;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  RTNL_LINK_STATS64_FIELDS.forEach((name, i) => {
    if (i * 8 + 8 <= bytes.length) out[name] = Number(view.getBigUint64(i * 8, true));
  });
  return out;
}

/** A message as a value. */
export function linkOf(m: NetlinkAnswer): Link {
  const h = ifinfomsgRead(m.header, 0);
  const a = m.attrs;
  const info = nestAttr(a, 'IFLA_LINKINFO');
  return {
    index: h.index,
    name: stringAttr(a, 'IFLA_IFNAME') ?? '',
    type: nameOf(h.type, TYPES),
    ...defined({ kind: info && stringAttr(info, 'IFLA_INFO_KIND') }) as { kind?: string },
    flags: Object.keys(FLAGS).filter((name) => (h.flags & FLAGS[name]!) !== 0),
    up: (h.flags & IFF_UP) !== 0,
    carrier: (h.flags & IFF_LOWER_UP) !== 0,
    operstate: OPERSTATES[numberAttr(a, 'IFLA_OPERSTATE') ?? 0] ?? 'UNKNOWN',
    mtu: numberAttr(a, 'IFLA_MTU') ?? 0,
    ...defined({
      address: stringAttr(a, 'IFLA_ADDRESS'), broadcast: stringAttr(a, 'IFLA_BROADCAST'), qdisc: stringAttr(a, 'IFLA_QDISC'), txqlen: numberAttr(a, 'IFLA_TXQLEN'),
      group: numberAttr(a, 'IFLA_GROUP'), master: numberAttr(a, 'IFLA_MASTER'), link: numberAttr(a, 'IFLA_LINK'), linkNetnsid: numberAttr(a, 'IFLA_LINK_NETNSID'),
      alias: stringAttr(a, 'IFLA_IFALIAS'), promiscuity: numberAttr(a, 'IFLA_PROMISCUITY'), minMtu: numberAttr(a, 'IFLA_MIN_MTU'), maxMtu: numberAttr(a, 'IFLA_MAX_MTU'),
    }) as Partial<Link>,
    stats: statsOf(bytesAttr(a, 'IFLA_STATS64')),
  };
}

/**
 * Devices of a namespace: `ip link`. Errors are {@link NetlinkError}s: ENODEV, EEXIST, EINVAL, EBUSY, EOPNOTSUPP (no such kind).
 * @public
 */
export class LinkApi {
  private readonly rtnl: NetlinkClient;

  /** @internal */
  constructor(rtnl: NetlinkClient) {
    this.rtnl = rtnl;
  }

  /** All links, by index. */
  list(): Link[] {
    return this.rtnl.dump({ type: RTM_GETLINK, name: 'RTM_GETLINK', what: '', flags: 0, header: header(0), table: LINK_ATTRS }).map(linkOf);
  }

  /** A link by name or index. Throws ENODEV. */
  get(dev: string | number): Link {
    return linkOf(this.rtnl.get({ type: RTM_GETLINK, name: 'RTM_GETLINK', ...this.target(dev), flags: 0, table: LINK_ATTRS }));
  }

  /** Changes a link. */
  set(dev: string | number, change: LinkChange): void {
    onlyKeys(change, CHANGE);
    let flags = 0;
    let mask = 0;
    const flag = (on: boolean | undefined, bit: number): void => {
      if (on === undefined) return;
      mask |= bit;
      if (on) flags |= bit;
    };
    flag(change.up, IFF_UP);
    flag(change.promisc, IFF_PROMISC);
    flag(change.multicast, IFF_MULTICAST);
    flag(change.allmulticast, IFF_ALLMULTI);
    flag(change.arp === undefined ? undefined : !change.arp, IFF_NOARP);
    const { header: h, what, attrs } = this.target(dev, flags, mask);
    let name = change.name;
    if (name !== undefined && typeof dev === 'string') {
      // Both names in one message would be one attribute: the device goes by its index.
      const { index } = this.get(dev);
      new DataView(h.buffer).setInt32(4, index, true);
      delete attrs['IFLA_IFNAME'];
    } else if (typeof dev === 'string') name = dev;
    const master = change.master === undefined ? undefined : change.master === null ? 0 : this.get(change.master).index;
    this.rtnl.do({
      type: RTM_NEWLINK, name: 'RTM_NEWLINK', what, flags: 0, header: h, table: LINK_ATTRS,
      attrs: defined({
        IFLA_IFNAME: name, IFLA_MTU: change.mtu, IFLA_ADDRESS: change.address, IFLA_BROADCAST: change.broadcast, IFLA_TXQLEN: change.txqlen, IFLA_IFALIAS: change.alias,
        IFLA_GROUP: change.group, IFLA_MASTER: master, ...this.netns(change.netns),
      }),
    });
  }

  /** Switches a link on. */
  up(dev: string | number): void {
    this.set(dev, { up: true });
  }

  /** Switches a link off. */
  down(dev: string | number): void {
    this.set(dev, { up: false });
  }

  /** Makes a link; a veth with both ends. */
  add(link: NewLink): void {
    onlyKeys(link, NEW);
    if (link.peer !== undefined) onlyKeys(link.peer, PEER, 'peer');
    if (typeof link.kind !== 'string' || link.kind === '') throw badArgument('kind', link.kind);
    if (link.peer !== undefined && link.kind !== 'veth') throw badRequest(`peer: a ${link.kind} has none`);
    const info: Record<string, NlObjectValue | undefined> = { IFLA_INFO_KIND: link.kind, IFLA_INFO_DATA: link.peer === undefined ? link.data : this.peer(link.peer) };
    const flags = link.up === true ? IFF_UP : 0;
    if (link.peer?.up === true && link.peer.name === undefined) throw badRequest('peer.up needs peer.name');
    this.rtnl.do({
      type: RTM_NEWLINK, name: 'RTM_NEWLINK', what: link.name ?? link.kind, flags: NLM_F_CREATE | NLM_F_EXCL, header: header(0, flags, flags), table: LINK_ATTRS,
      attrs: defined({
        IFLA_IFNAME: link.name, IFLA_MTU: link.mtu, IFLA_ADDRESS: link.address, IFLA_TXQLEN: link.txqlen, IFLA_LINK: link.link === undefined ? undefined : this.get(link.link).index,
        IFLA_LINKINFO: defined(info), ...this.netns(link.netns),
      }),
    });
    if (link.peer?.up === true) this.peerUp(link.peer);
  }

  /** Removes a link; a veth with both ends. */
  del(dev: string | number): void {
    this.rtnl.do({ type: RTM_DELLINK, name: 'RTM_DELLINK', ...this.target(dev), flags: 0, table: LINK_ATTRS });
  }

  private target(dev: string | number, flags: number = 0, change: number = 0): { header: Uint8Array; what: string; attrs: NlObject } {
    if (typeof dev === 'number' && Number.isInteger(dev) && dev > 0) return { header: header(dev, flags, change), what: `ifindex ${dev}`, attrs: {} };
    if (typeof dev === 'string' && dev !== '') return { header: header(0, flags, change), what: dev, attrs: { IFLA_IFNAME: dev } };
    throw badArgument('dev', dev);
  }

  private netns(target: NetnsRef | undefined): { [name: string]: number } {
    if (target === undefined || target === this.rtnl.net) return {};
    if (target instanceof Net) return { IFLA_TARGET_NETNSID: this.rtnl.idOf(target) };
    if (typeof target !== 'object' || target === null || !('nsid' in target || 'pid' in target || 'fd' in target)) throw badRequest('netns: a Net, or one of nsid, pid, fd is needed');
    if ('nsid' in target) return { IFLA_TARGET_NETNSID: target.nsid };
    return 'pid' in target ? { IFLA_NET_NS_PID: target.pid } : { IFLA_NET_NS_FD: target.fd };
  }

  /** Switches the other end of a new veth on: it cannot be while there is no first end yet. */
  private peerUp(peer: VethPeer): void {
    const { netns, name } = peer;
    if (name === undefined) throw badRequest('peer.up needs peer.name');
    if (netns === undefined || netns === this.rtnl.net) return this.up(name);
    if (!(netns instanceof Net)) throw badRequest('peer.up is for the client of its namespace to do');
    new LinkApi(new NetlinkClient(new NetTransport(netns))).up(name);
  }

  /** IFLA_INFO_DATA of a veth: the other end as a message of its own. */
  private peer(peer: VethPeer): Uint8Array {
    const h = header(0);
    const attrs = LINK_ATTRS.encode(defined({ IFLA_IFNAME: peer.name, IFLA_ADDRESS: peer.address, IFLA_MTU: peer.mtu, ...this.netns(peer.netns) }));
    const bytes = new Uint8Array(h.length + attrs.length);
    bytes.set(h);
    bytes.set(attrs, h.length);
    return VETH_ATTRS.encode({ VETH_INFO_PEER: bytes });
  }
}
