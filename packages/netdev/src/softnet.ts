/** The machine's packet work in progress (struct softnet_data; this machine has one CPU) and its tables of receivers. */
import { defineKey, DelayedWork, HalfSipHash, type Kernel, type Key, type Net, NotifierChain, type RngStream } from '@linnet/kernel';
import { type Skb, type SkbPool, SkbQueue } from '@linnet/skbuff';
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
    this.outputHead = null;
    this.outputTail = null;
    this.xmitRecursion = 0;
    this.xmitRc = 0;
    this.nrNfHooks = 0;
    this.nfStates = [];
    this.nfDepth = 0;
    this.nfQueueHandler = null;
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
