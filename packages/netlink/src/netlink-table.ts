/** What a kernel and a namespace keep for netlink: protocols, ports, groups, the registers of rtnetlink. */
import { defineKey, type Kernel, type Key, type Net } from '@linnet/kernel';
import type { Skb } from '@linnet/skbuff';
import type { NetlinkSock } from './netlink-sock.ts';
import type { NlRequest } from './request.ts';
import type { RtnlAfOps, RtnlLinkOps } from './rtnl-link-ops.ts';
import type { RtnlHandler } from './rtnl-register.ts';

/** The kernel's side of a netlink protocol (struct netlink_kernel_cfg). @alpha */
export interface NetlinkKernelCfg {
  /** How many groups there are. */
  readonly groups: number;
  /** Takes a datagram for the kernel from a socket; does not consume it. Null: nobody listens in the kernel (NETLINK_USERSOCK). */
  readonly input: ((net: Net, sk: NetlinkSock, skb: Skb) => void) | null;
  /** A socket joins a group; a negative errno refuses. */
  readonly bind?: (net: Net, group: number) => number;
  /** A socket left a group. */
  readonly unbind?: (net: Net, group: number) => void;
  /** A socket with this port closed. */
  readonly release?: (net: Net, portid: number) => void;
}

/** One protocol in one namespace (struct netlink_table). @alpha */
export class NetlinkTable {
  readonly net: Net;
  readonly protocol: number;
  readonly cfg: NetlinkKernelCfg;
  groups: number;
  readonly ports: Map<number, NetlinkSock> = new Map();
  /** All socks, bound or not. */
  readonly socks: Set<NetlinkSock> = new Set();
  /** Socks that are in at least one group. */
  readonly multicast: Set<NetlinkSock> = new Set();
  /** How many listen to each group. */
  readonly listeners: number[] = [];

  constructor(net: Net, protocol: number, cfg: NetlinkKernelCfg) {
    this.net = net;
    this.protocol = protocol;
    this.cfg = cfg;
    this.groups = cfg.groups;
  }
}

/** How netlink finds out about tasks and descriptors: `posix` (or whoever gives out descriptors) sets it. @alpha */
export interface NetlinkHost {
  /** The process that makes the current call: the first choice of a port id. */
  currentPid(): number;
  /** The namespace behind a descriptor of the current task, or a negative errno. */
  netByFd(fd: number): Net | number;
  /** The namespace of a task, or a negative errno. */
  netByPid(pid: number): Net | number;
}

/** A kernel's part of netlink. @alpha */
export class NetlinkKernel {
  readonly protocols: Map<number, NetlinkKernelCfg> = new Map();
  /** Handlers of rtnetlink by family, then message type. */
  readonly rtnl: Map<number, Map<number, RtnlHandler>> = new Map();
  readonly linkOps: Map<string, RtnlLinkOps> = new Map();
  readonly afOps: RtnlAfOps[] = [];
  /** Socks that hear the groups of all namespaces (NETLINK_LISTEN_ALL_NSID). */
  readonly allNsid: Set<NetlinkSock> = new Set();
  host: NetlinkHost | null = null;
  /** Told when an id of a namespace is given out or taken back, with the request behind it; set by the module that speaks RTM_*NSID. */
  nsidNotify: ((net: Net, added: boolean, id: number, req: NlRequest | null) => void) | null = null;
  /** The request that is deleting links, for the echo of what goes with them. */
  delRequest: NlRequest | null = null;
}

/** A namespace's ids of its peers (net.netns_ids). @alpha */
export class NetIds {
  readonly byNet: Map<Net, number> = new Map();
  readonly byId: Map<number, Net> = new Map();
}

/** A namespace's part of netlink. @alpha */
export class NetlinkNet {
  readonly net: Net;
  readonly tables: Map<number, NetlinkTable> = new Map();
  readonly ids: NetIds = new NetIds();
  constructor(net: Net) {
    this.net = net;
  }
}

/** Where a kernel keeps it. @alpha */
export const NETLINK: Key<NetlinkKernel> = defineKey<NetlinkKernel>('netlink');
/** Where a namespace keeps it. @alpha */
export const NETLINK_NET: Key<NetlinkNet> = defineKey<NetlinkNet>('netlink');

/** Opens a netlink protocol (NETLINK_*) in every namespace (netlink_kernel_create). For a module's `init`. Throws when the protocol is taken. @alpha */
export function netlinkKernelCreate(k: Kernel, protocol: number, cfg: NetlinkKernelCfg): void {
  const { protocols } = k.get(NETLINK);
  if (protocols.has(protocol)) throw new Error(`netlink protocol ${protocol} is registered twice`);
  protocols.set(protocol, cfg);
}

/** A protocol's part of a namespace; null when no module has the protocol. @alpha */
export function netlinkTable(net: Net, protocol: number): NetlinkTable | null {
  const nn = net.get(NETLINK_NET);
  let table = nn.tables.get(protocol);
  if (table === undefined) {
    const cfg = net.kernel.get(NETLINK).protocols.get(protocol);
    if (cfg === undefined) return null;
    nn.tables.set(protocol, (table = new NetlinkTable(net, protocol, cfg)));
  }
  return table;
}

/** Tells netlink of tasks and descriptors. @alpha */
export function netlinkSetHost(k: Kernel, host: NetlinkHost): void {
  k.get(NETLINK).host = host;
}
