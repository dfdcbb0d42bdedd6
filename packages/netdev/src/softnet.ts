/** The machine's packet work in progress (struct softnet_data; this machine has one CPU) and its tables of receivers. */
import { defineKey, DelayedWork, HalfSipHash, type Kernel, type Key, type Net, NotifierChain, type RngStream } from '@linnet/kernel';
import { type Skb, type SkbPool, SkbQueue } from '@linnet/skbuff';
import type { NetIoctl } from './dev-ioctl.ts';
import type { NetdevAttributeGroup } from './dev-sysfs.ts';
import { FlowKeys } from './flow-keys.ts';
import type { NapiStruct } from './napi.ts';
import type { NetDevice } from './netdevice.ts';
import type { NetdevNet } from './netdev-net.ts';
import type { NfState } from './nf-hooks.ts';
import type { PacketOffload } from './offload.ts';
import { PTYPE_HASH_SIZE } from './ptype-table.ts';
import type { PacketType } from './packet-type.ts';
import type { Qdisc, QdiscOps } from './qdisc-core.ts';

/**
 * What the rtnetlink layer is told: RTM_NEWLINK or RTM_DELLINK of `dev`, `change` the flags that changed. A device that leaves for another namespace
 * says which, and what its ifindex will be there; else null and 0.
 * @alpha
 */
export type LinkMessage = (type: number, dev: NetDevice, change: number, newNet: Net | null, newIfindex: number) => void;

/** The machine's packet work (struct softnet_data). Devices and queues hold it directly. @alpha */
export class SoftnetData {
  readonly kernel: Kernel;
  readonly pool: SkbPool;

  // receive
  readonly inputPktQueue: SkbQueue;
  /** Set by the module: polls `inputPktQueue`. */
  backlog: NapiStruct | null;
  pollHead: NapiStruct | null;
  pollTail: NapiStruct | null;
  repollHead: NapiStruct | null;
  repollTail: NapiStruct | null;
  inNetRxAction: boolean;
  readonly ptypeBase: PacketType[][];
  ptypeAll: PacketType[];
  /** Taps in all: zero skips every look for one. */
  nrTaps: number;
  offloads: PacketOffload[];
  /** How many want receive time stamps on packets (netstamp_needed). */
  netstampNeeded: number;
  /** Told of packets with an `ext` that come to a queue (`sched`) or to a driver; set by the socket layer. Does not consume. */
  txStamp: ((skb: Skb, sched: boolean) => void) | null;

  // transmit
  outputHead: Qdisc | null;
  outputTail: Qdisc | null;
  /** Devices that are inside each other's transmit functions now. */
  xmitRecursion: number;
  /** What the last transmit function returned. */
  xmitRc: number;

  // netfilter
  /** Hooks registered in all namespaces: zero skips every hook point. */
  nrNfHooks: number;
  /** Hook states by nesting depth, used again and again. */
  readonly nfStates: NfState[];
  nfDepth: number;
  /** Takes a packet that a hook queued; 0, or a negative errno when it did not (nf_queue_handler). `nfReinject` brings it back. */
  nfQueueHandler: ((skb: Skb, state: NfState, queuenum: number) => number) | null;

  /**
   * Set by VLANs: gives a packet with a tag to the device of its VLAN (vlan_do_receive). 1: `skb.dev` is that device; 0: there is none; -1: the packet is gone.
   */
  vlanReceive: ((skb: Skb, dev: NetDevice) => number) | null;

  /** Set by IPv4: an address of the device for packets that the link layer makes itself, 0 when it has none (inet_select_addr). */
  inetSelectAddr: ((dev: NetDevice) => number) | null;
  /** Set by IPv6: writes the link-local address of the device to four words; false when it has none (ipv6_get_lladdr). */
  ipv6GetLladdr: ((dev: NetDevice, words: Int32Array) => boolean) | null;

  /** Set by IPv4 and by IPv6: the device itself joins or leaves a group (ip_mc_inc_group, __ipv6_dev_mc_inc). The group is 32 bits, or ff02:: with these as its last. */
  inetMcGroup: ((dev: NetDevice, group: number, join: boolean) => void) | null;
  inet6McGroup: ((dev: NetDevice, group: number, join: boolean) => void) | null;

  /** Set by the neighbour tables: the link-layer address of a neighbour of AF_INET or AF_INET6 that is known now, or null (neigh_lookup). IPv4 has its address in `w0`. */
  neighLookup: ((dev: NetDevice, family: number, w0: number, w1: number, w2: number, w3: number) => Uint8Array | null) | null;

  // counters of /proc/net/softnet_stat
  processed: number;
  dropped: number;
  timeSqueeze: number;

  // sysctls of net/core
  netdevMaxBacklog: number;
  devWeight: number;
  devTxWeight: number;
  netdevBudget: number;
  netdevBudgetUsecs: number;
  groNormalBatch: number;
  tstampPrequeue: boolean;
  defaultQdisc: string;

  /** What drivers put below /sys/class/net. */
  readonly sysGroups: NetdevAttributeGroup[];
  /** ioctls that modules answer, by command. */
  readonly ioctls: Map<number, NetIoctl>;
  /** The answer of SIOCGIFCONF: a struct ifreq for each address. Set by who knows addresses (IPv4). */
  gifconf: ((net: Net) => Uint8Array[]) | null;
  /** The kernel's release (uname -r), which drivers without a version of their own give as theirs; set by who knows it. */
  utsRelease: string;
  /** Set by `netlink`: tells user space of a setting that was changed by ioctl (ETHTOOL_MSG_*_NTF). */
  ethtoolNotify: ((dev: NetDevice, msg: number) => void) | null;

  /** The namespaces that have devices, in order of creation. */
  readonly nets: Set<NetdevNet>;
  readonly chain: NotifierChain<number, NetDevice>;
  readonly qdiscs: Map<string, QdiscOps>;
  /** Set by `netlink`: tells user space of a link that changed. */
  linkMessage: LinkMessage | null;
  /** Devices whose carrier or dormancy changed since the last look. */
  linkwatch: NetDevice[];
  readonly linkwatchWork: DelayedWork<SoftnetData>;
  /** Jiffies before which nothing that is not urgent is looked at again. */
  linkwatchNextevent: number;
  linkwatchUrgent: boolean;
  readonly flowKeys: FlowKeys;
  /** Hashes flows with a secret of this machine. */
  readonly flowHash: HalfSipHash;
  readonly addrRng: RngStream;

  constructor(kernel: Kernel, pool: SkbPool, linkwatchRun: (sd: SoftnetData) => void) {
    this.kernel = kernel;
    this.pool = pool;
    this.inputPktQueue = new SkbQueue();
    this.backlog = null;
    this.pollHead = null;
    this.pollTail = null;
    this.repollHead = null;
    this.repollTail = null;
    this.inNetRxAction = false;
    this.ptypeBase = [];
    for (let i = 0; i < PTYPE_HASH_SIZE; i++) this.ptypeBase.push([]);
    this.ptypeAll = [];
    this.nrTaps = 0;
    this.offloads = [];
    this.netstampNeeded = 0;
    this.txStamp = null;
    this.outputHead = null;
    this.outputTail = null;
    this.xmitRecursion = 0;
    this.xmitRc = 0;
    this.nrNfHooks = 0;
    this.nfStates = [];
    this.nfDepth = 0;
    this.nfQueueHandler = null;
    this.vlanReceive = null;
    this.neighLookup = null;
    this.inetSelectAddr = null;
    this.ipv6GetLladdr = null;
    this.inetMcGroup = null;
    this.inet6McGroup = null;
    this.processed = 0;
    this.dropped = 0;
    this.timeSqueeze = 0;
    this.netdevMaxBacklog = 1000;
    this.devWeight = 64;
    this.devTxWeight = 64;
    this.netdevBudget = 300;
    this.netdevBudgetUsecs = 2000;
    this.groNormalBatch = 8;
    this.tstampPrequeue = true;
    this.defaultQdisc = 'pfifo_fast';
    this.sysGroups = [];
    this.ioctls = new Map();
    this.gifconf = null;
    this.utsRelease = '';
    this.ethtoolNotify = null;
    this.nets = new Set();
    this.chain = new NotifierChain();
    this.qdiscs = new Map();
    this.linkMessage = null;
    this.linkwatch = [];
    this.linkwatchWork = new DelayedWork(linkwatchRun, this);
    this.linkwatchNextevent = kernel.jiffies;
    this.linkwatchUrgent = false;
    this.flowKeys = new FlowKeys();
    this.flowHash = new HalfSipHash(kernel.rng.secret('netdev.flow'));
    this.addrRng = kernel.rng.stream('netdev.addr');
  }
}

/** Where a kernel keeps its {@link SoftnetData}. @alpha */
export const NETDEV: Key<SoftnetData> = defineKey<SoftnetData>('netdev');
