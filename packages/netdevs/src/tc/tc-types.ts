/** Traffic control: what queues, classifiers and actions are to each other (net/pkt_cls.h, net/act_api.h, net/sch_generic.h). */
import { defineKey, type Key, type Net } from '@linnet/kernel';
import type { NetDevice, Qdisc, QdiscExtack, QdiscOps } from '@linnet/netdev';
import type { Extack, NlRequest } from '@linnet/netlink';
import type { Skb } from '@linnet/skbuff';
import type { NlWriter, Tcmsg } from '@linnet/uapi';
import type { GenEstimator } from './gen-estimator.ts';
import type { StatsDump } from './gen-stats.ts';

/** A class of a discipline, as the discipline names it; 0 for none. @alpha */
export type TcClass = object | number;

/** A request about a class, filter or action: its attributes as offsets in `req.u8` by TCA_*, 0 where there is none. @alpha */
export interface TcRequest {
  readonly net: Net;
  readonly req: NlRequest;
  readonly tca: Int32Array;
  readonly extack: Extack;
}

/** What a classful discipline does (struct Qdisc_class_ops). @alpha */
export interface TcClassOps {
  /** Puts `q` (null: the default) below a class. Returns the former queue, or a negative errno. */
  graft?(sch: Qdisc, cl: TcClass, q: Qdisc | null, extack: QdiscExtack | null): Qdisc | number;
  /** The queue below a class. */
  leaf?(sch: Qdisc, cl: TcClass): Qdisc | null;
  /** The queue below became empty. */
  qlenNotify?(sch: Qdisc, cl: TcClass): void;
  /** The class of that id; 0 when there is none. */
  find(sch: Qdisc, classid: number): TcClass;
  /** Makes the class `classid` below `parentid` (`cl` 0), or changes `cl`. Returns 0 or a negative errno; `made` tells the new class. */
  change?(sch: Qdisc, classid: number, parentid: number, p: TcRequest, cl: TcClass, made: (cl: TcClass) => void): number;
  delete?(sch: Qdisc, cl: TcClass, extack: Extack): number;
  /** Calls `fn` for each class until it returns false. */
  walk(sch: Qdisc, fn: (cl: TcClass) => boolean): void;
  /** The filters of the discipline (`cl` 0) or of a class; null when it has none there. */
  tcfBlock?(sch: Qdisc, cl: TcClass): TcfBlock | null;
  /** A filter chooses the class: it must stay. Returns the class, 0 when there is none. */
  bindTcf?(sch: Qdisc, parent: TcClass, classid: number): TcClass;
  unbindTcf?(sch: Qdisc, cl: TcClass): void;
  /** Writes TCA_OPTIONS and fills in handle, parent and info. */
  dump?(sch: Qdisc, cl: TcClass, t: Tcmsg, w: NlWriter): void;
  dumpStats?(sch: Qdisc, cl: TcClass, d: StatsDump): void;
}

/** A discipline with what only traffic control needs of it. @alpha */
export interface TcQdiscOps extends QdiscOps {
  readonly classOps?: TcClassOps;
  /** It stands at the ingress (ingress, clsact): TCQ_F_INGRESS. */
  readonly ingress?: boolean;
  /** Takes the numbers of shared blocks, 0 for none, before `init`. */
  ingressBlock?(sch: Qdisc): number;
  egressBlock?(sch: Qdisc): number;
  setIngressBlock?(sch: Qdisc, index: number): void;
  setEgressBlock?(sch: Qdisc, index: number): void;
}

/** What a classification found (struct tcf_result). @alpha */
export class TcfResult {
  /** The class, when a filter is bound to one; else 0 and `classid` says. */
  cls: TcClass = 0;
  classid = 0;
  /** Where TC_ACT_GOTO_CHAIN leads. */
  gotoChain: TcfChain | null = null;
}

/** A classifier's code (struct tcf_proto_ops). @alpha */
export interface TcfProtoOps {
  readonly kind: string;
  /** A verdict (TC_ACT_*, 0 and above), or -1 when nothing matched. May change the packet through its actions. */
  classify(skb: Skb, tp: TcfProto, res: TcfResult): number;
  init(tp: TcfProto): number;
  destroy(tp: TcfProto): void;
  /** The filter of that handle, or null. */
  get(tp: TcfProto, handle: number): object | null;
  /** Makes a filter (`fh` null) or changes one; `made` tells which. */
  change(tp: TcfProto, p: TcRequest, base: TcClass, handle: number, fh: object | null, flags: number, made: (fh: object) => void): number;
  /** Removes a filter. Returns a negative errno, 1 when it was the last, else 0. */
  delete(tp: TcfProto, fh: object, extack: Extack): number;
  /** Calls `fn` for each filter until it returns false. */
  walk(tp: TcfProto, fn: (fh: object) => boolean): void;
  /** Writes TCA_OPTIONS; returns the filter's handle. */
  dump(tp: TcfProto, fh: object, w: NlWriter): number;
  /** Writes only what stays small; without it a terse dump fails. */
  terseDump?(tp: TcfProto, fh: object, w: NlWriter): number;
  /** Does `tp` hold a filter still? Without it a new, unused proto is removed. */
  deleteEmpty?(tp: TcfProto): boolean;
  /** A class of the queue came (or with `cl` 0 went): filters for it remember it. */
  bindClass?(tp: TcfProto, fh: object, classid: number, cl: TcClass, q: Qdisc, base: TcClass): void;
  /** Can say beforehand what a chain's filters look like. */
  templateCreate?(chain: TcfChain, p: TcRequest): object | number;
  templateDump?(template: object, w: NlWriter): void;
}

/** The filters of one kind, priority and protocol (struct tcf_proto). @alpha */
export class TcfProto {
  readonly ops: TcfProtoOps;
  readonly chain: TcfChain;
  /** In the upper 16 bits, unsigned. */
  readonly prio: number;
  /** EtherType in host order. */
  readonly protocol: number;
  /** The classifier's own. */
  root: unknown;
  constructor(ops: TcfProtoOps, chain: TcfChain, prio: number, protocol: number) {
    this.ops = ops;
    this.chain = chain;
    this.prio = prio;
    this.protocol = protocol;
    this.root = null;
  }
}

/** A list of classifiers in order of priority (struct tcf_chain). @alpha */
export class TcfChain {
  readonly block: TcfBlock;
  readonly index: number;
  readonly filters: TcfProto[];
  /** RTM_NEWCHAIN made it. */
  explicit: boolean;
  /** Actions that lead here. */
  actionRefs: number;
  templateOps: TcfProtoOps | null;
  template: object | null;
  constructor(block: TcfBlock, index: number) {
    this.block = block;
    this.index = index;
    this.filters = [];
    this.explicit = false;
    this.actionRefs = 0;
    this.templateOps = null;
    this.template = null;
  }
}

/** The chains of one place: a discipline, a class, an ingress, or several of them together (struct tcf_block). @alpha */
export class TcfBlock {
  readonly net: Net;
  /** The number of a shared block; 0 for others. */
  readonly index: number;
  readonly q: Qdisc;
  /** In order of creation. */
  readonly chains: TcfChain[];
  chain0: TcfChain | null;
  /** Places that use it. */
  refs: number;
  /** Where its last filter was put: the parent that dumps tell. */
  classid: number;
  /** What classifiers keep for all of their protos of the block. */
  common: unknown;
  constructor(net: Net, index: number, q: Qdisc) {
    this.net = net;
    this.index = index;
    this.q = q;
    this.chains = [];
    this.chain0 = null;
    this.refs = 1;
    this.classid = 0;
    this.common = null;
  }
}

/** An action's code (struct tc_action_ops). @alpha */
export interface TcActOps {
  readonly kind: string;
  /** TCA_ID_*. */
  readonly id: number;
  /** Does it to the packet; a verdict. `data` is at the network header at an ingress, else at the link-layer header. */
  act(skb: Skb, a: TcAction, res: TcfResult): number;
  /**
   * Makes an action, or changes the one of its index, from TCA_ACT_OPTIONS at `nla` (0 without). Returns it, or a negative errno. Use `tcfActionSetup`.
   */
  init(p: TcActInit, nla: number): TcAction | number;
  /** Writes the attributes of TCA_ACT_OPTIONS. */
  dump(a: TcAction, w: NlWriter): void;
}

/** What an action's `init` works with. @alpha */
export interface TcActInit extends TcRequest {
  /** The chain's place, for goto; null outside of a filter. */
  readonly tp: TcfProto | null;
  /** Made for a filter, not by RTM_NEWACTION. */
  readonly bind: boolean;
  readonly replace: boolean;
  /** TCA_ACT_FLAGS of the user. */
  readonly flags: number;
  /** Set by `init` when it made a new action. */
  created: boolean;
}

/** An action with its counters (struct tc_action). @alpha */
export class TcAction {
  readonly ops: TcActOps;
  readonly net: Net;
  readonly index: number;
  refcnt: number;
  bindcnt: number;
  /** TC_ACT_*, or an opcode with a value. */
  action: number;
  gotoChain: TcfChain | null;
  bytes: number;
  packets: number;
  drops: number;
  overlimits: number;
  rateEst: GenEstimator | null;
  /** Jiffies. */
  install: number;
  lastuse: number;
  firstuse: number;
  expires: number;
  cookie: Uint8Array | null;
  /** TCA_ACT_FLAGS_NO_PERCPU_STATS and its like. */
  flags: number;
  hwStats: number;
  /** Was it dumped as an action? From then on messages tell which hardware counts for it: none. */
  usedHw: boolean;
  /** The action's own. */
  priv: unknown;
  constructor(ops: TcActOps, net: Net, index: number) {
    this.ops = ops;
    this.net = net;
    this.index = index;
    this.refcnt = 1;
    this.bindcnt = 0;
    this.action = 0;
    this.gotoChain = null;
    this.bytes = 0;
    this.packets = 0;
    this.drops = 0;
    this.overlimits = 0;
    this.rateEst = null;
    this.install = 0;
    this.lastuse = 0;
    this.firstuse = 0;
    this.expires = 0;
    this.cookie = null;
    this.flags = 0;
    this.usedHw = false;
    this.hwStats = 3;
    this.priv = null;
  }
}

/** The actions of a filter (struct tcf_exts). @alpha */
export class TcfExts {
  actions: readonly TcAction[] = NO_ACTIONS;
}
const NO_ACTIONS: readonly TcAction[] = Object.freeze([]);

/** What traffic control keeps of a device. @alpha */
export class TcDev {
  readonly dev: NetDevice;
  /** Queues with a parent: neither root nor ingress. */
  readonly qdiscs: Qdisc[] = [];
  /** The ingress or clsact queue; the device's noop queue once there was one; null before. */
  ingress: Qdisc | null = null;
  constructor(dev: NetDevice) {
    this.dev = dev;
  }
}

/** Traffic control of a machine. @alpha */
export class TcKernel {
  readonly classifiers: Map<string, TcfProtoOps> = new Map();
  readonly actions: Map<string, TcActOps> = new Map();
  /** What the u32 classifiers of a queue share; an entry goes with its queue. */
  readonly u32: WeakMap<Qdisc, object> = new WeakMap();
  /** The last handle that was given to a queue without one. */
  autohandle = 0x80000000;
  /** Results of nested classifications. */
  readonly results: TcfResult[] = [];
  depth = 0;
  /** Packets that actions sent on, one inside the other. */
  mirredNest = 0;
}

/** Traffic control of a namespace. @alpha */
export class TcNet {
  readonly net: Net;
  /** Shared blocks by number. */
  readonly blocks: Map<number, TcfBlock> = new Map();
  /** Actions by kind and index. */
  readonly actions: Map<string, Map<number, TcAction>> = new Map();
  constructor(net: Net) {
    this.net = net;
  }
}

/** Where a kernel keeps its traffic control. @alpha */
export const TC: Key<TcKernel> = defineKey<TcKernel>('tc');
/** Where a namespace keeps its own. @alpha */
export const TC_NET: Key<TcNet> = defineKey<TcNet>('tc');
