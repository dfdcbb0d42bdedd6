/** The state that IPv6 keeps for one namespace (struct netns_ipv6), and the calls between its parts that would go in a circle. */
// datapath-ok-file: made once a namespace
import type { Kernel, Key, Net, RngStream } from '@linnet/kernel';
import { defineKey, NotifierChain, TimerList } from '@linnet/kernel';
import { Flowi, FragDir, INET, INET_NET, InetCork, IpcmCookie, MsgSource, SkbSource } from '@linnet/inet';
import type { IcmpGlobal, InetKernel, InetSock, PingTable } from '@linnet/inet';
import { dstDiscard, dstDiscardOut } from '@linnet/netdev';
import type { DstInput, DstOps, DstOutput, NetDevice } from '@linnet/netdev';
import type { NeighTable } from '@linnet/neigh';
import type { NlRequest } from '@linnet/netlink';
import { SkbQueue } from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { RT_TABLE_LOCAL, RT_TABLE_MAIN } from '@linnet/uapi';
import { newDevconf6 } from './devconf6.ts';
import type { Ipv6Devconf } from './devconf6.ts';
import { ExtWalk } from './exthdrs-core.ts';
import { Fib6Table } from './fib6-table.ts';
import { SourceChoice } from './source-choice.ts';
import { Fib6Result } from './fib6-types.ts';
import type { NhObjFind } from './fib6-config.ts';
import type { Fib6Info, Fib6Nh } from './fib6-types.ts';
import type { Ifacaddr6, Inet6Dev, Inet6Ifaddr } from './inet6-dev.ts';
import type { Ifmcaddr6 } from './mld-state.ts';
import { Peers6 } from './peer6.ts';
import { Ipv6Mib } from './snmp6.ts';
import type { Raw6Table } from './raw6-table.ts';
import type { FlowlabelTable } from './flowlabel.ts';
import type { AddrlabelTable } from './addrlabel.ts';

/** Per-net slot of {@link Ipv6Net}. @alpha */
export const IPV6: Key<Ipv6Net> = defineKey<Ipv6Net>('ipv6');

/** Calls from lower to higher parts of IPv6: filled in by the module. @alpha */
export interface Ipv6Fn {
  /** Sends an ICMPv6 error about `skb`, which stays the caller's (icmpv6_send). `info` is the second word: MTU or pointer. */
  icmpSend(skb: Skb, type: number, code: number, info: number): void;
  dstOps: DstOps;
  ip6Input: DstInput;
  ip6McInput: DstInput;
  ip6Forward: DstInput;
  ip6Output: DstOutput;
  /** The `input` and `output` of routes that say no. */
  pktDiscard: DstInput;
  pktProhibit: DstInput;
  pktDiscardOut: DstOutput;
  pktProhibitOut: DstOutput;
  /** Chooses a source for packets to `daddr` over `dev` (RFC 6724): an array that nobody writes to, or null when there is none. `prefs`: IPV6_PREFER_SRC_*. */
  getSaddr(n6: Ipv6Net, dev: NetDevice | null, daddr: Int32Array, prefs: number): Int32Array | null;
  /** Tells netlink of a route: RTM_*, table, the route, NLM_F_* flags, the request that caused it. */
  rtmsgFib(type: number, tb: Fib6Table, f: Fib6Info, nlflags: number, req: NlRequest | null): void;
  rtmsgIfa(type: number, ifp: Inet6Ifaddr, req: NlRequest | null): void;
  rtmsgMc(type: number, idev: Inet6Dev, mc: Ifmcaddr6): void;
  rtmsgAc(type: number, idev: Inet6Dev, ac: Ifacaddr6): void;
  rtmsgPrefix(idev: Inet6Dev, skb: Skb, opt: number): void;
  rtmsgIfinfo(idev: Inet6Dev): void;
  netconf(n6: Ipv6Net, type: number, ifindex: number, cnf: Ipv6Devconf | null, only: number): void;
  /** A route over a nexthop object came into a table. */
  nhUse(f: Fib6Info): void;
  /** A route that used a nexthop object is gone. */
  nhRelease(f: Fib6Info): void;
  /** Asks a silent router whether it is there (RFC 4191 3.5). */
  rtProbe(n6: Ipv6Net, nh: Fib6Nh): void;
  /** Sends a neighbour solicitation (ndisc_send_ns). `saddr` `::` for detection of duplicates. */
  sendNs(dev: NetDevice, target: Int32Array, daddr: Int32Array, saddr: Int32Array, nonce: Uint8Array | null): void;
  /** Sends a neighbour advertisement (ndisc_send_na). */
  sendNa(dev: NetDevice, daddr: Int32Array, target: Int32Array, router: boolean, solicited: boolean, override: boolean, withLladdr: boolean): void;
  sendRs(dev: NetDevice, saddr: Int32Array, daddr: Int32Array): void;
  sendRedirect(skb: Skb, target: Int32Array): void;
  /** Receives neighbour discovery, `data` at the ICMPv6 header. Consumes. Returns a drop reason or 0. */
  ndiscRcv(skb: Skb): number;
  mldQuery(skb: Skb): number;
  mldReport(skb: Skb): number;
  /** Somebody else uses the address (addrconf_dad_failure). */
  dadFailure(ifp: Inet6Ifaddr): void;
  /** A prefix option of an advertisement (addrconf_prefix_rcv). */
  prefixRcv(idev: Inet6Dev, skb: Skb, opt: number): void;
  /** Join and leave groups. */
  mcInc(idev: Inet6Dev, group: Int32Array): void;
  mcDec(idev: Inet6Dev, group: Int32Array): number;
  acInc(idev: Inet6Dev, addr: Int32Array): void;
  acDec(idev: Inet6Dev, addr: Int32Array): number;
}

/** Buckets of the hash of addresses. */
export const IN6_ADDR_HSIZE = 64;

/**
 * Everything IPv6 knows about one namespace. Hot code reaches it by `Inet6Dev.net6`, `Rt6Info.net6` or a field of its own object, not by key.
 * @alpha
 */
export class Ipv6Net {
  readonly net: Net;
  readonly kernel: Kernel;
  readonly inet: InetKernel;
  readonly fn: Ipv6Fn;
  readonly rng: RngStream;
  readonly mib: Ipv6Mib;
  /** The machine's table of neighbours, shared by all namespaces. */
  readonly ndTbl: NeighTable;
  /** The namespace's `lo`; set when it is registered. */
  loopbackDev: NetDevice | null;

  // addresses
  readonly devconfAll: Ipv6Devconf;
  readonly devconfDflt: Ipv6Devconf;
  /** Local addresses, by hash (inet6_addr_lst). */
  readonly addrHash: (Inet6Ifaddr | null)[];
  readonly hashSeed: number;
  /** Called with NETDEV_UP/NETDEV_DOWN and the address (inet6addr_chain). */
  readonly inet6addrChain: NotifierChain<number, Inet6Ifaddr>;
  readonly addrChkTimer: TimerList<Ipv6Net>;
  /** Set by addrconf: ends lifetimes that are over. */
  addrVerify: (n6: Ipv6Net) => void;
  /** Likewise: takes IPv6 down on a device that stays. */
  ifdown: (idev: Inet6Dev) => void;
  /** Does this machine stand in for an address on a device? (pneigh_lookup) */
  pneigh: (dev: NetDevice, addr: Int32Array) => boolean;
  /** Registers and takes back the files of a device: `DevFiles` of `addrconf-dev.ts`. */
  devFiles: object | null;
  addrlabels: AddrlabelTable | null;
  /** Generation of addresses: source choices that were kept depend on it. */
  devAddrGenid: number;

  // routes
  readonly fibLocal: Fib6Table;
  readonly fibMain: Fib6Table;
  readonly fibTables: Map<number, Fib6Table>;
  /** Set when rules are in force: looks a flow up over the tables that they say; `first` is the lookup in one table. */
  fibRules: Fib6RulesLookup | null;
  /** Some rule looks at protocol or ports: those of received packets must be known. */
  fibRulesWantPorts: boolean;
  /** Finds nexthop objects for routes; null while nobody has any. */
  nhFind: NhObjFind | null;
  /** Routes packets to groups: null while no daemon does. True: the packet is the caller's still, and is for this machine. */
  mcRoute: ((n6: Ipv6Net, skb: Skb, member: boolean) => boolean) | null;
  rtGenid: number;
  fibSeq: number;
  /** Routes that only count for some sources: while there are any, a route is looked up again once the source is known. */
  fibSubtrees: number;
  /** Turn of the routers of which none answers. */
  rtRoundRobin: number;
  readonly gcTimer: TimerList<Ipv6Net>;
  fibGc: (n6: Ipv6Net) => void;
  /** Rejected flows have a route that says so. */
  readonly refusals: (object | null)[];
  readonly resOut: Fib6Result;
  readonly resIn: Fib6Result;
  readonly resCtl: Fib6Result;
  readonly flIn: Flowi;
  readonly flCtl: Flowi;
  readonly multipathSeed: number;
  readonly peers: Peers6;

  // scratch: nothing may keep these over a call
  readonly a6In: Int32Array;
  readonly a6InSrc: Int32Array;
  readonly a6Saddr: Int32Array;
  readonly a6Tmp: Int32Array;
  readonly a6Tmp2: Int32Array;
  readonly a6Nexthop: Int32Array;
  readonly a6Fold: Int32Array;
  /** What `ip6NextHop` gives; the others may be in use around a hook. */
  readonly a6NfNextHop: Int32Array;
  readonly flInner: Flowi;
  readonly corkScratch: InetCork;
  readonly queueScratch: SkbQueue;
  readonly sourceChoice: SourceChoice;
  readonly extWalk: ExtWalk;
  readonly mcByte: Uint8Array;
  readonly msgSource: MsgSource;
  readonly skbSource: SkbSource;

  // ICMPv6
  icmpSk: InetSock | null;
  readonly icmpFlow: Flowi;
  readonly icmpSaddr: Int32Array;
  readonly icmpDaddr: Int32Array;
  readonly icmpIpc: IpcmCookie;
  readonly icmpGlobal: IcmpGlobal;

  readonly frags: FragDir;

  // sockets
  raw: Raw6Table | null;
  ping: PingTable | null;
  flowlabels: FlowlabelTable | null;

  // sysctls
  sysctlBindv6only: number;
  sysctlAnycastSrcEchoReply: number;
  sysctlAutoFlowlabels: number;
  sysctlFlowlabelConsistency: number;
  sysctlFlowlabelReflect: number;
  sysctlFlowlabelStateRanges: number;
  sysctlFwmarkReflect: number;
  sysctlIdgenRetries: number;
  sysctlIdgenDelay: number;
  sysctlIpNonlocalBind: number;
  sysctlMaxDstOptsLen: number;
  sysctlMaxDstOptsCnt: number;
  sysctlMaxHbhOptsLen: number;
  sysctlMaxHbhOptsCnt: number;
  sysctlMldMaxMsf: number;
  sysctlMldQrv: number;
  sysctlIcmpRatelimit: number;
  /** One bit a type, 256 of them: limited types. */
  readonly icmpRatemask: Uint8Array;
  sysctlIcmpEchoIgnoreAll: number;
  sysctlIcmpEchoIgnoreMulticast: number;
  sysctlIcmpEchoIgnoreAnycast: number;
  sysctlIcmpErrorAnycastAsUnicast: number;
  sysctlMultipathHashPolicy: number;
  sysctlMultipathHashFields: number;
  sysctlFibNotifyOnFlagChange: number;
  sysctlSkipNotifyOnDevDown: number;
  sysctlGcThresh: number;
  sysctlGcMaxSize: number;
  sysctlGcInterval: number;
  sysctlGcTimeout: number;
  sysctlGcMinInterval: number;
  sysctlGcElasticity: number;
  sysctlMtuExpires: number;
  sysctlMinAdvmss: number;
  sysctlSeg6Flowlabel: number;

  constructor(net: Net, ndTbl: NeighTable, fn: Ipv6Fn) {
    const k = net.kernel;
    this.net = net;
    this.kernel = k;
    this.inet = k.get(INET);
    this.fn = fn;
    this.rng = k.rng.stream('ipv6');
    this.mib = new Ipv6Mib();
    this.ndTbl = ndTbl;
    this.loopbackDev = null;
    this.devconfAll = newDevconf6(false);
    this.devconfDflt = newDevconf6(true);
    this.addrHash = new Array<Inet6Ifaddr | null>(IN6_ADDR_HSIZE).fill(null);
    this.hashSeed = this.rng.u32() | 0;
    this.inet6addrChain = new NotifierChain<number, Inet6Ifaddr>();
    this.addrChkTimer = new TimerList<Ipv6Net>(addrChk, this as Ipv6Net);
    this.addrVerify = nothing;
    this.ifdown = nothing;
    this.pneigh = (): boolean => false;
    this.devFiles = null;
    this.addrlabels = null;
    this.devAddrGenid = 1;
    this.fibLocal = new Fib6Table(RT_TABLE_LOCAL);
    this.fibMain = new Fib6Table(RT_TABLE_MAIN);
    this.fibTables = new Map([
      [RT_TABLE_LOCAL, this.fibLocal],
      [RT_TABLE_MAIN, this.fibMain],
    ]);
    this.fibRules = null;
    this.fibRulesWantPorts = false;
    this.nhFind = null;
    this.rtGenid = 1;
    this.fibSeq = 1;
    this.fibSubtrees = 0;
    this.rtRoundRobin = 0;
    this.gcTimer = new TimerList<Ipv6Net>(gc, this as Ipv6Net);
    this.fibGc = nothing;
    this.refusals = [null, null, null];
    this.resOut = new Fib6Result();
    this.resIn = new Fib6Result();
    this.resCtl = new Fib6Result();
    this.flIn = new Flowi();
    this.flCtl = new Flowi();
    this.multipathSeed = this.rng.u32() | 0;
    this.peers = new Peers6(this.rng.u32() | 0);
    this.a6In = new Int32Array(4);
    this.a6InSrc = new Int32Array(4);
    this.a6Saddr = new Int32Array(4);
    this.a6Tmp = new Int32Array(4);
    this.a6Tmp2 = new Int32Array(4);
    this.a6Nexthop = new Int32Array(4);
    this.a6Fold = new Int32Array(4);
    this.a6NfNextHop = new Int32Array(4);
    this.flInner = new Flowi();
    this.corkScratch = new InetCork();
    this.queueScratch = new SkbQueue();
    this.sourceChoice = new SourceChoice();
    this.extWalk = new ExtWalk();
    this.mcByte = new Uint8Array(1);
    this.mcRoute = null;
    this.msgSource = new MsgSource();
    this.skbSource = new SkbSource();
    this.icmpSk = null;
    this.icmpFlow = new Flowi();
    this.icmpSaddr = new Int32Array(4);
    this.icmpDaddr = new Int32Array(4);
    this.icmpIpc = new IpcmCookie();
    this.icmpGlobal = net.get(INET_NET).icmpGlobal;
    this.frags = new FragDir(net, this.rng.u32(), 60 * 1000);
    this.raw = null;
    this.ping = null;
    this.flowlabels = null;
    this.sysctlBindv6only = 0;
    this.sysctlAnycastSrcEchoReply = 0;
    this.sysctlAutoFlowlabels = 1;
    this.sysctlFlowlabelConsistency = 1;
    this.sysctlFlowlabelReflect = 0;
    this.sysctlFlowlabelStateRanges = 0;
    this.sysctlFwmarkReflect = 0;
    this.sysctlIdgenRetries = 3;
    this.sysctlIdgenDelay = 1000;
    this.sysctlIpNonlocalBind = 0;
    this.sysctlMaxDstOptsLen = 0x7fffffff;
    this.sysctlMaxDstOptsCnt = 8;
    this.sysctlMaxHbhOptsLen = 0x7fffffff;
    this.sysctlMaxHbhOptsCnt = 8;
    this.sysctlMldMaxMsf = 64;
    this.sysctlMldQrv = 2;
    this.sysctlIcmpRatelimit = 100;
    this.icmpRatemask = new Uint8Array(256);
    for (let i = 0; i < 128; i++) this.icmpRatemask[i] = i === 2 ? 0 : 1;
    this.sysctlIcmpEchoIgnoreAll = 0;
    this.sysctlIcmpEchoIgnoreMulticast = 0;
    this.sysctlIcmpEchoIgnoreAnycast = 0;
    this.sysctlIcmpErrorAnycastAsUnicast = 0;
    this.sysctlMultipathHashPolicy = 0;
    this.sysctlMultipathHashFields = 7;
    this.sysctlFibNotifyOnFlagChange = 0;
    this.sysctlSkipNotifyOnDevDown = 0;
    this.sysctlGcThresh = 1024;
    this.sysctlGcMaxSize = 0x7fffffff;
    this.sysctlGcInterval = 30000;
    this.sysctlGcTimeout = 60000;
    this.sysctlGcMinInterval = 500;
    this.sysctlGcElasticity = 9;
    this.sysctlMtuExpires = 600000;
    this.sysctlMinAdvmss = 1220;
    this.sysctlSeg6Flowlabel = 0;
  }
}

/** Looks a flow up in one table: 0 with the result filled in, -EAGAIN when nothing fits, else the errno of the route's type. @alpha */
export type Fib6TableLookup = (n6: Ipv6Net, tb: Fib6Table, fl: Flowi, oif: number, res: Fib6Result, flags: number) => number;

/** Looks a flow up by the rules of the namespace. @alpha */
export type Fib6RulesLookup = (n6: Ipv6Net, fl: Flowi, oif: number, res: Fib6Result, flags: number, lookup: Fib6TableLookup) => number;

/** The calls of a namespace before its module filled them in, and for tests of parts: nothing happens. @alpha */
export function emptyFn(dstOps: DstOps): Ipv6Fn {
  return {
    icmpSend: nothing,
    dstOps,
    ip6Input: dstDiscard,
    ip6McInput: dstDiscard,
    ip6Forward: dstDiscard,
    ip6Output: dstDiscardOut,
    pktDiscard: dstDiscard,
    pktProhibit: dstDiscard,
    pktDiscardOut: dstDiscardOut,
    pktProhibitOut: dstDiscardOut,
    getSaddr: () => null,
    rtmsgFib: nothing,
    rtmsgIfa: nothing,
    rtmsgMc: nothing,
    rtmsgAc: nothing,
    rtmsgPrefix: nothing,
    rtmsgIfinfo: nothing,
    netconf: nothing,
    nhUse: nothing,
    nhRelease: nothing,
    rtProbe: nothing,
    sendNs: nothing,
    sendNa: nothing,
    sendRs: nothing,
    sendRedirect: nothing,
    ndiscRcv: () => 0,
    mldQuery: () => 0,
    mldReport: () => 0,
    dadFailure: nothing,
    prefixRcv: nothing,
    mcInc: nothing,
    mcDec: () => 0,
    acInc: nothing,
    acDec: () => 0,
  };
}

function nothing(): void {}

function addrChk(n6: Ipv6Net): void {
  n6.addrVerify(n6);
}

function gc(n6: Ipv6Net): void {
  n6.fibGc(n6);
}
