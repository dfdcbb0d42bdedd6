/** What nf_tables consists of: tables, chains, rules, objects; and the log of a batch, by which all of it takes effect or none. */
// datapath-ok-file: constructors; the packets' scratch is made once for each depth
import { defineKey, type Key, type Net } from '@linnet/kernel';
import type { NetDevice } from '@linnet/netdev';
import type { NlRequest } from '@linnet/netlink';
import type { Skb } from '@linnet/skbuff';
import { NFT_CONTINUE, type NlWriter } from '@linnet/uapi';
import { XtParam } from '../xt-core.ts';
import type { NftRuleProto } from './nft-compat.ts';
import type { NftExprOps } from './nft-expr.ts';
import type { NftTraceEvent } from './nft-trace.ts';
import type { NftSet } from './nft-set.ts';

/** Bytes of the register file: the verdict's sixteen, then sixteen registers of four. */
const REG_BYTES = 80;
/** How deep jumps may be nested. @alpha */
export const NFT_JUMP_STACK_SIZE = 16;

/** A packet in a ruleset: where it is, and the registers. One for each depth of nesting; reused. @alpha */
export class NftPkt extends XtParam {
  skb!: Skb;
  /** The protocol family as rules see it. */
  pf = 0;
  /** The registers: as bytes, as words (for comparing only), and with a byte order. */
  readonly u8: Uint8Array = new Uint8Array(REG_BYTES);
  readonly w: Int32Array = new Int32Array(this.u8.buffer);
  readonly view: DataView = new DataView(this.u8.buffer);
  /** The verdict: NF_* or NFT_*, and the chain of a jump. */
  code: number = NFT_CONTINUE;
  chain: NftChain | null = null;
  /** Is the transport known? Then its number. */
  tprotSet = false;
  tprot = 0;
  readonly stackChain: (NftChain | null)[] = new Array<NftChain | null>(NFT_JUMP_STACK_SIZE).fill(null);
  /** Have listeners to its trace been told what packet it is? */
  told = false;
  readonly stackRule: Int32Array = new Int32Array(NFT_JUMP_STACK_SIZE);
  sp = 0;
}

/** What an expression does to a packet: writes registers, sets `code` (NFT_BREAK: the rule does not match). @alpha */
export type NftEval = (p: NftPkt) => void;

/** A verdict in a rule or an element. @alpha */
export interface NftVerdict {
  readonly code: number;
  readonly chain: NftChain | null;
}

/** The chain that a verdict leads to; null: none. */
export function nftJump(v: NftVerdict | null): NftChain | null {
  return v === null ? null : v.chain;
}

/** An expression of a rule, or one that elements of a set carry. @alpha */
export class NftExpr {
  readonly name: string;
  /** What it was made of (NFTA_EXPR_DATA), which is what a listing shows but where `dump` says something else. */
  readonly raw: Uint8Array;
  run: NftEval;
  dump: ((w: NlWriter, reset: boolean) => void) | null = null;
  /** It begins and ceases to count as part of the ruleset: uses of chains, sets and objects, hooks of connection tracking. */
  bind: (() => void) | null = null;
  unbind: (() => void) | null = null;
  /** It is gone for good, or was never taken: gives back what making it took. */
  end: (() => void) | null = null;
  /** May it be at this hook point? 0 or a negative errno. */
  check: ((base: NftBase) => number) | null = null;
  /** Where it may jump. */
  verdict: NftVerdict | null = null;
  set: NftSet | null = null;
  /** One like it that has counted nothing yet: for elements that rules add. */
  again: (() => NftExpr) | null = null;
  constructor(name: string, raw: Uint8Array, run: NftEval) {
    this.name = name;
    this.raw = raw;
    this.run = run;
  }
}

/** A rule. @alpha */
export class NftRule {
  readonly handle: number;
  readonly exprs: readonly NftExpr[];
  readonly fns: readonly NftEval[];
  readonly udata: Uint8Array | null;
  constructor(handle: number, exprs: readonly NftExpr[], udata: Uint8Array | null) {
    this.handle = handle;
    this.exprs = exprs;
    this.fns = exprs.map((e) => e.run);
    this.udata = udata;
  }
}

/** What makes a chain a base chain. @alpha */
export class NftBase {
  readonly type: string;
  readonly hooknum: number;
  readonly priority: number;
  /** NF_DROP or NF_ACCEPT. */
  policy: number;
  /** Of the families with devices: their names as they were asked for. */
  readonly devs: readonly string[];
  /** How the message named them: one by itself, or a list. */
  readonly devList: boolean;
  /** Hooked in while the table is not dormant. */
  hooks: (() => void) | null = null;
  packets = 0;
  bytes = 0;
  /** Is what came to the policy counted, and shown? */
  stats = false;
  constructor(type: string, hooknum: number, priority: number, policy: number, devs: readonly string[], devList: boolean) {
    this.type = type;
    this.hooknum = hooknum;
    this.priority = priority;
    this.policy = policy;
    this.devs = devs;
    this.devList = devList;
  }
  /** Begins or ceases to count. */
  count(stats: boolean, packets: number, bytes: number): void {
    this.stats = stats;
    this.packets = packets;
    this.bytes = bytes;
  }
}

/** A chain. @alpha */
export class NftChain {
  readonly table: NftTable;
  name: string;
  readonly handle: number;
  readonly flags: number;
  readonly udata: Uint8Array | null;
  readonly base: NftBase | null;
  readonly rules: NftRule[] = [];
  /** Rules in it, and jumps to it. */
  use = 0;
  constructor(table: NftTable, name: string, handle: number, flags: number, udata: Uint8Array | null, base: NftBase | null) {
    this.table = table;
    this.name = name;
    this.handle = handle;
    this.flags = flags;
    this.udata = udata;
    this.base = base;
  }
}

/** An object with a name: a counter, a quota, a limit. @alpha */
export class NftObj {
  readonly table: NftTable;
  readonly name: string;
  readonly handle: number;
  readonly type: number;
  readonly udata: Uint8Array | null;
  readonly expr: NftExpr;
  use = 0;
  constructor(table: NftTable, name: string, handle: number, type: number, udata: Uint8Array | null, expr: NftExpr) {
    this.table = table;
    this.name = name;
    this.handle = handle;
    this.type = type;
    this.udata = udata;
    this.expr = expr;
  }
}

/** Things in the order in which they came, found by name. @alpha */
export class NftList<T extends { name: string }> {
  readonly all: T[] = [];
  readonly by: Map<string, T> = new Map();
  get(name: string): T | undefined {
    return this.by.get(name);
  }
  insert(x: T, at: number = this.all.length): void {
    this.all.splice(at, 0, x);
    this.by.set(x.name, x);
  }
  /** Takes it out: where it was. */
  remove(x: T): number {
    const at = this.all.indexOf(x);
    if (at < 0) return at;
    this.all.splice(at, 1);
    this.by.delete(x.name);
    return at;
  }
}

/** A table. @alpha */
export class NftTable {
  readonly nn: NftNet;
  readonly family: number;
  readonly name: string;
  readonly handle: number;
  flags: number;
  /** The port of the program that owns it, or 0. */
  readonly owner: number;
  readonly udata: Uint8Array | null;
  readonly chains: NftList<NftChain> = new NftList();
  readonly sets: NftList<NftSet> = new NftList();
  /** By type and name: see `nftObjKey`. */
  readonly objs: NftObj[] = [];
  /** The last handle that was given away in it. */
  handles = 0;
  constructor(nn: NftNet, family: number, name: string, handle: number, flags: number, owner: number, udata: Uint8Array | null) {
    this.nn = nn;
    this.family = family;
    this.name = name;
    this.handle = handle;
    this.flags = flags;
    this.owner = owner;
    this.udata = udata;
  }
  get use(): number {
    return this.chains.all.length + this.sets.all.length + this.objs.length;
  }
  obj(type: number, name: string): NftObj | null {
    for (const o of this.objs) if (o.type === type && o.name === name) return o;
    return null;
  }
}

/** One change of a batch. */
export interface NftChange {
  readonly req: NlRequest;
  /** Takes it back. */
  readonly undo: () => void;
  /** Makes it final. */
  readonly done: (() => void) | null;
  /** Writes the messages that tell of it. */
  readonly tell: ((w: NlWriter) => void) | null;
}

/** A namespace's ruleset. @alpha */
export class NftNet {
  readonly net: Net;
  readonly tables: NftTable[] = [];
  genid = 1;
  handles = 0;
  /** The batch under way. */
  log: NftChange[] = [];
  readonly setIds: Map<number, NftSet> = new Map();
  readonly chainIds: Map<number, NftChain> = new Map();
  readonly ruleIds: Map<number, NftRule> = new Map();
  /** Tables in which a jump or an expression that is not allowed everywhere came to be. */
  readonly suspects: Set<NftTable> = new Set();
  /** The batch begins again, and asks after each message whether the ruleset is sound, so that the answer is for the right one. */
  careful = false;
  /** Scratch of packets by depth of nesting. */
  readonly pkts: NftPkt[] = [];
  depth = 0;
  /** Who wants to know the ways of traced packets. */
  readonly tracers: ((e: NftTraceEvent) => void)[] = [];
  /** Devices whose end ends hooks. */
  readonly devGone: ((dev: NetDevice) => void)[] = [];
  constructor(net: Net) {
    this.net = net;
  }
}
/** Where a namespace keeps it. @alpha */
export const NF_TABLES: Key<NftNet> = defineKey<NftNet>('nf_tables');

/** What an expression or an element is made in. @alpha */
export interface NftCtx {
  readonly nn: NftNet;
  readonly net: Net;
  readonly table: NftTable;
  /** Null: of a set or an object. */
  readonly chain: NftChain | null;
  readonly family: number;
  /** The protocol that the rule is for, for expressions that are x_tables' matches and targets. */
  readonly proto: NftRuleProto;
  readonly req: NlRequest;
  /** The kinds of expressions that there are. */
  readonly find: (name: string) => NftExprOps | undefined;
}

/** Finds a table; null: there is none. */
export function nftTable(nn: NftNet, family: number, name: string): NftTable | null {
  for (const t of nn.tables) if (t.family === family && t.name === name) return t;
  return null;
}
