/** What a kernel and a namespace keep for netlink: protocols, ports, groups, the registers of rtnetlink. */
import { defineKey, type Kernel, type Key, type Net } from '@linnet/kernel';
import type { NetDevice } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import { GenlKernel } from './genl-kernel.ts';
import type { NetlinkSock } from './netlink-sock.ts';
import type { NlRequest } from './request.ts';
import type { RtnlAfOps, RtnlLinkOps } from './rtnl-link-ops.ts';
import type { RtnlHandler } from './rtnl-register.ts';
import type { SockDiagHandler } from './sock-diag.ts';

/** The kernel's side of a netlink protocol (struct netlink_kernel_cfg). @alpha */
export interface NetlinkKernelCfg {
  /** How many groups there are. */
  readonly groups: number;
  /** Takes a datagram for the kernel from a socket; does not consume it. Null: nobody listens in the kernel (NETLINK_USERSOCK). */
  readonly input: ((net: Net, sk: NetlinkSock, skb: Skb) => void) | null;
  /** A socket joins a group; a negative errno refuses. */
  readonly bind?: (net: Net, group: number) => number;
  /** Who is not privileged may join groups (NL_CFG_F_NONROOT_RECV). */
  readonly nonrootRecv?: boolean;
  /** Who is not privileged may send to groups and other sockets (NL_CFG_F_NONROOT_SEND). */
  readonly nonrootSend?: boolean;
  /** Only the place of a protocol that a module may take over. */
  readonly slot?: boolean;
  /** A socket left a group. */
  readonly unbind?: (net: Net, group: number) => void;
  /** A socket with this port closed. */
  readonly release?: (net: Net, portid: number) => void;
}

/** Every protocol has as many groups as bind's mask has bits. */
const MIN_GROUPS = 32;

/** One protocol in one namespace (struct netlink_table). @alpha */
export class NetlinkTable {
  readonly net: Net;
  readonly protocol: number;
  readonly cfg: NetlinkKernelCfg;
  readonly ports: Map<number, NetlinkSock> = new Map();
  /** The kernel's own end, as sock_diag and /proc show it. */
  kernelSock: NetlinkSock | null = null;
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
  }

  /** How many groups there are: generic netlink's grow with its families. */
  get groups(): number {
    return Math.max(this.cfg.groups, MIN_GROUPS);
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
  /** Generic netlink's families. */
  readonly genl: GenlKernel = new GenlKernel();
  /** Devices that were asked to count in hardware (RTM_SETSTATS). */
  readonly l3Stats: WeakSet<NetDevice> = new WeakSet();
  /** The last number of an event of the device tree (SEQNUM). */
  ueventSeq = 0;
  /** The last notification's number of the family "ethtool". */
  ethnlSeq = 0;
  /** sock_diag's handlers by family. */
  readonly sockDiag: Map<number, SockDiagHandler> = new Map();
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
  const old = protocols.get(protocol);
  if (old !== undefined && old.slot !== true) throw new Error(`netlink protocol ${protocol} is registered twice`);
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
