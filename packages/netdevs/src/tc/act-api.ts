/** Actions by index, those of filters, and RTM_NEWACTION, RTM_DELACTION, RTM_GETACTION (act_api.c). */
// datapath-ok-file: requests
import { EEXIST, EINVAL, ENOENT, EPERM, type Kernel, type Net } from '@linnet/kernel';
import {
  type Extack, NL_VALIDATE_LIBERAL, NLA_BINARY, NLA_BITFIELD32, NLA_NESTED, NLA_STRING, NLA_U32, nlaParseNestedPolicy, type NlaPolicyTable, type NlDump, nlDumpBegin, nlmsgParse,
  type NlRequest, rtnlNotify, rtnlNotifyNeeded, rtnlRegister,
} from '@linnet/netlink';
import {
  NLM_F_CREATE, NLM_F_REPLACE, NLM_F_ROOT, nlaForEachNested, nlaGetBytes, nlaGetString, nlaGetU32, nlaType, NlWriter, RTM_DELACTION, RTM_GETACTION, RTM_NEWACTION, RTNLGRP_TC,
  TC_ACT_GOTO_CHAIN, TC_ACT_JUMP, TC_ACT_TRAP, TC_ACT_UNSPEC, TCA_ACT_COOKIE, TCA_ACT_FLAGS, TCA_ACT_HW_STATS, TCA_ACT_IN_HW_COUNT, TCA_ACT_INDEX, TCA_ACT_KIND, TCA_ACT_MAX,
  TCA_ACT_OPTIONS, TCA_ACT_STATS, TCA_ACT_USED_HW_STATS, TCA_FLAG_LARGE_DUMP_ON, TCA_ROOT_COUNT, TCA_ROOT_FLAGS, TCA_ROOT_MAX, TCA_ROOT_TAB, TCA_ROOT_TIME_DELTA,
} from '@linnet/uapi';
import { TCA_ACT_MAX_PRIO_ACTIONS } from './act-exec.ts';
import { TC_ACT_EXT_OPCODE_MASK, TC_ACT_EXT_VAL_MASK } from './cls-classify.ts';
import { tcfChainGet, tcfChainPut } from './cls-block.ts';
import { StatsDump } from './gen-stats.ts';
import { say } from './tc-core.ts';
import { TC, TC_NET, type TcActInit, TcAction, type TcActOps, type TcfChain, type TcfExts, type TcfProto, type TcRequest } from './tc-types.ts';

/** Bytes of struct tcamsg. */
const TCAMSG_LEN = 4;
/** Actions in one message of a dump for readers of old. */
const DUMP_BATCH = TCA_ACT_MAX_PRIO_ACTIONS;

const ACT_POLICY: NlaPolicyTable = {
  maxtype: TCA_ACT_MAX,
  rules: {
    [TCA_ACT_KIND]: { type: NLA_STRING }, [TCA_ACT_INDEX]: { type: NLA_U32 }, [TCA_ACT_COOKIE]: { type: NLA_BINARY, len: 16 }, [TCA_ACT_OPTIONS]: { type: NLA_NESTED },
    [TCA_ACT_FLAGS]: { type: NLA_BITFIELD32, mask: 7 }, [TCA_ACT_HW_STATS]: { type: NLA_BITFIELD32, mask: 3 },
  },
};
const TCAA_POLICY: NlaPolicyTable = {
  maxtype: TCA_ROOT_MAX,
  rules: { [TCA_ROOT_FLAGS]: { type: NLA_BITFIELD32, mask: TCA_FLAG_LARGE_DUMP_ON }, [TCA_ROOT_TIME_DELTA]: { type: NLA_U32 } },
};

function refuse(extack: Extack, msg: string, errno: number = EINVAL): number {
  say(extack, msg);
  return -errno;
}

function table(net: Net, kind: string): Map<number, TcAction> {
  const { actions } = net.get(TC_NET);
  let t = actions.get(kind);
  if (t === undefined) actions.set(kind, (t = new Map()));
  return t;
}

/** What {@link tcfActionSetup} found: an action, and whether the caller has to fill it in. */
export interface ActionSlot {
  readonly a: TcAction;
  /** An action of that index is there and stays as it is: return it. */
  readonly bound: boolean;
}

/**
 * The action of that index (0: a new one of the lowest free index) for an `init` to fill in (tcf_idr_check_alloc). -EEXIST when it is there and the request
 * may not replace it.
 */
export function tcfActionSetup(p: TcActInit, ops: TcActOps, index: number): ActionSlot | number {
  const t = table(p.net, ops.kind);
  const old = index === 0 ? undefined : t.get(index);
  if (old !== undefined) {
    old.refcnt++;
    if (p.bind) return { a: old, bound: true };
    if (p.replace) return { a: old, bound: false };
    tcfActionPut(old);
    return -EEXIST;
  }
  let n = index;
  if (n === 0) for (n = 1; t.has(n); n++);
  const a = new TcAction(ops, p.net, n);
  const now = p.net.kernel.jiffies;
  a.install = a.lastuse = now;
  a.flags = p.flags;
  p.created = true;
  return { a, bound: false };
}

/** Undoes {@link tcfActionSetup} for an `init` that has to refuse; returns `err`. */
export function tcfActionAbort(p: TcActInit, a: TcAction, err: number): number {
  if (!p.created) tcfActionPut(a);
  return err;
}

/** Is it a verdict that an action may have? Finds the chain that it leads to (tcf_action_check_ctrlact). The chain, null for none, or -EINVAL. */
export function tcfCheckCtrlact(action: number, p: TcActInit): TcfChain | null | number {
  const opcode = action & TC_ACT_EXT_OPCODE_MASK;
  const { extack, tp } = p;
  const ok = action === TC_ACT_UNSPEC || (opcode === 0 ? action <= TC_ACT_TRAP : opcode === TC_ACT_JUMP || opcode === TC_ACT_GOTO_CHAIN);
  if (!ok) return refuse(extack, 'invalid control action');
  if (opcode !== TC_ACT_GOTO_CHAIN) return null;
  if (tp === null) return refuse(extack, "can't use goto chain with NULL proto/goto_chain");
  const chain = tcfChainGet(tp.chain.block, action & TC_ACT_EXT_VAL_MASK, true)!;
  chain.actionRefs++;
  return chain;
}

/** Gives an action its verdict (tcf_action_set_ctrlact). */
export function tcfSetCtrlact(a: TcAction, action: number, chain: TcfChain | null): void {
  const old = a.gotoChain;
  a.action = action;
  a.gotoChain = chain;
  if (old !== null) chainPutByAct(old);
}

function chainPutByAct(chain: TcfChain): void {
  chain.actionRefs--;
  tcfChainPut(chain);
}

/** One user less of an action; the last one ends it (tcf_action_put). */
export function tcfActionPut(a: TcAction): void {
  if (--a.refcnt > 0) return;
  table(a.net, a.ops.kind).delete(a.index);
  a.rateEst?.kill();
  if (a.gotoChain !== null) chainPutByAct(a.gotoChain);
  a.gotoChain = null;
}

/** An action, and whether it was made just now. */
interface Made {
  readonly a: TcAction;
  readonly created: boolean;
}

/** Makes one action from its nest (tcf_action_init_1). */
function initOne(p: TcActInit, nla: number, policeKind: boolean): Made | number {
  const { req, extack, net } = p;
  const tb = new Int32Array(TCA_ACT_MAX + 1);
  let kind = 'police';
  let options = nla;
  let flags = 0;
  if (!policeKind) {
    const err = nlaParseNestedPolicy(req, nla, tb, ACT_POLICY, NL_VALIDATE_LIBERAL);
    if (err < 0) return err;
    if (tb[TCA_ACT_KIND] === 0) return refuse(extack, 'TC action kind must be specified');
    kind = nlaGetString(req.view, tb[TCA_ACT_KIND]!);
    if (kind.length >= 16) return refuse(extack, 'TC action name too long');
    options = tb[TCA_ACT_OPTIONS]!;
    if (tb[TCA_ACT_FLAGS] !== 0) flags = nlaGetU32(req.view, tb[TCA_ACT_FLAGS]!);
  }
  const ops = net.kernel.get(TC).actions.get(kind);
  if (ops === undefined) return refuse(extack, 'Failed to load TC action module', ENOENT);
  const own: TcActInit = { ...p, flags, created: false };
  const a = ops.init(own, options);
  if (typeof a === 'number') return a;
  if (own.created) table(net, kind).set(a.index, a);
  if (tb[TCA_ACT_COOKIE] !== 0) a.cookie = nlaGetBytes(req.view, tb[TCA_ACT_COOKIE]!).slice();
  if (tb[TCA_ACT_HW_STATS] !== 0) a.hwStats = nlaGetU32(req.view, tb[TCA_ACT_HW_STATS]!);
  return { a, created: own.created };
}

/** Makes the actions of a nest, in order of their number (tcf_action_init). */
function initAll(p: TcActInit, nla: number): Made[] | number {
  const { req } = p;
  const at = new Int32Array(TCA_ACT_MAX_PRIO_ACTIONS + 1);
  nlaForEachNested(req.view, nla, (a) => {
    const t = nlaType(req.view, a);
    if (t <= TCA_ACT_MAX_PRIO_ACTIONS) at[t] = a;
  });
  const list: Made[] = [];
  for (let i = 1; i <= TCA_ACT_MAX_PRIO_ACTIONS && at[i] !== 0; i++) {
    const a = initOne(p, at[i]!, false);
    if (typeof a === 'number') {
      for (const made of list) tcfActionPut(made.a);
      return a;
    }
    list.push(a);
  }
  return list;
}

/** Makes the actions of a filter from its attributes `act` and `police` (0 for none of that kind), into `exts` (tcf_exts_validate). */
export function tcfExtsValidate(tp: TcfProto, p: TcRequest, act: number, police: number, exts: TcfExts): number {
  if (act === 0 && police === 0) return 0;
  const init: TcActInit = { ...p, tp, bind: true, replace: (p.req.flags & NLM_F_CREATE) !== 0 && (p.req.flags & NLM_F_REPLACE) !== 0, flags: 0, created: false };
  if (act === 0) {
    const a = initOne(init, police, true);
    if (typeof a === 'number') return a;
    exts.actions = [a.a];
  } else {
    const list = initAll(init, act);
    if (typeof list === 'number') return list;
    exts.actions = list.map((m) => m.a);
  }
  for (const a of exts.actions) a.bindcnt++;
  return 0;
}

/** A filter lets its actions go (tcf_exts_destroy). */
export function tcfExtsDestroy(exts: TcfExts): void {
  const { actions } = exts;
  exts.actions = [];
  for (const a of actions) {
    a.bindcnt--;
    tcfActionPut(a);
  }
}

/** Writes an action's nest without its header (tcf_action_dump_1). */
function dumpOne(w: NlWriter, a: TcAction, used: boolean): void {
  w.putString(TCA_ACT_KIND, a.ops.kind);
  const d = new StatsDump(w, TCA_ACT_STATS, 0, 0);
  d.basic(a.bytes, a.packets);
  d.basicHw();
  d.rateEst(a.rateEst);
  d.queue({ qlen: 0, backlog: 0, drops: a.drops, requeues: 0, overlimits: a.overlimits });
  d.finish();
  if (a.cookie !== null) w.putBytes(TCA_ACT_COOKIE, a.cookie);
  if (a.hwStats !== 3) bitfield(w, TCA_ACT_HW_STATS, a.hwStats, 3);
  if (used) a.usedHw = true;
  if (a.usedHw) bitfield(w, TCA_ACT_USED_HW_STATS, 0, 3);
  if (a.flags !== 0) bitfield(w, TCA_ACT_FLAGS, a.flags, a.flags);
  w.putU32(TCA_ACT_IN_HW_COUNT, 0);
  w.nestStartNoflag(TCA_ACT_OPTIONS);
  a.ops.dump(a, w);
  w.nestEnd();
}

function bitfield(w: NlWriter, type: number, value: number, selector: number): void {
  const off = w.reserveAttr(type, 8);
  w.view.setUint32(off, value, true);
  w.view.setUint32(off + 4, selector, true);
}

/** Writes the actions of a filter as attribute `type` (tcf_exts_dump). */
export function tcfExtsDump(w: NlWriter, type: number, exts: TcfExts): void {
  if (exts.actions.length === 0) return;
  w.nestStartNoflag(type);
  exts.actions.forEach((a, i) => {
    w.nestStartNoflag(i + 1);
    dumpOne(w, a, false);
    w.nestEnd();
  });
  w.nestEnd();
}

/** Writes struct tc_gen, the beginning of every action's parameters: index, capab, action, refcnt, bindcnt. */
export function putTcGen(view: DataView, off: number, a: TcAction): void {
  view.setUint32(off, a.index, true);
  view.setInt32(off + 8, a.action, true);
  view.setInt32(off + 12, a.refcnt, true);
  view.setInt32(off + 16, a.bindcnt, true);
}

/** Jiffies since `then` in hundredths of a second. */
function ago(a: TcAction, then: number): number {
  return Math.floor(((a.net.kernel.jiffies - then) | 0) / 10);
}

/** Writes struct tcf_t: how long ago an action was made, used last and first (tcf_tm_dump). */
export function putTcfT(w: NlWriter, type: number, a: TcAction): void {
  const off = w.reserveAttr(type, 32);
  w.view.setUint32(off, ago(a, a.install), true);
  w.view.setUint32(off + 8, ago(a, a.lastuse), true);
  w.view.setUint32(off + 24, a.firstuse === 0 ? 0 : ago(a, a.firstuse), true);
}

function beginAction(w: NlWriter, type: number, flags: number, req: NlRequest): void {
  w.begin(type, flags, req.seq, req.portid);
  w.reserve(TCAMSG_LEN);
}

function fillActions(w: NlWriter, list: readonly TcAction[], used: boolean): void {
  w.nestStartNoflag(TCA_ROOT_TAB);
  list.forEach((a, i) => {
    w.nestStartNoflag(i + 1);
    dumpOne(w, a, used);
    w.nestEnd();
  });
  w.nestEnd();
}

/** RTM_NEWACTION (tcf_action_add). */
function actionAdd(p: TcActInit, nla: number): number {
  const { net, req } = p;
  const list = initAll(p, nla);
  if (typeof list === 'number') return list;
  // What was there before has its own reference; the list need not hold another.
  for (const { a, created } of list) if (!created) a.refcnt--;
  if (list.length > 0 && rtnlNotifyNeeded(net, RTNLGRP_TC, req)) {
    const w = new NlWriter({ capacity: 1024 });
    beginAction(w, RTM_NEWACTION, req.flags, req);
    fillActions(w, list.map((m) => m.a), false);
    w.end();
    rtnlNotify(net, w, RTNLGRP_TC, req);
  }
  return 0;
}

/** The action that a nest names by kind and index (tcf_action_get_1). */
function getOne(p: TcActInit, nla: number): TcAction | number {
  const { req, extack, net } = p;
  const tb = new Int32Array(TCA_ACT_MAX + 1);
  const err = nlaParseNestedPolicy(req, nla, tb, ACT_POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  if (tb[TCA_ACT_INDEX] === 0) return refuse(extack, 'Invalid TC action index value');
  const kind = tb[TCA_ACT_KIND] === 0 ? '' : nlaGetString(req.view, tb[TCA_ACT_KIND]!);
  if (!net.kernel.get(TC).actions.has(kind)) return refuse(extack, 'Specified TC action kind not found');
  return table(net, kind).get(nlaGetU32(req.view, tb[TCA_ACT_INDEX]!)) ?? refuse(extack, 'TC action with specified index not found', ENOENT);
}

/** Ends all actions of a kind that no filter uses (tca_action_flush). */
function actionFlush(p: TcActInit, nla: number): number {
  const { req, extack, net } = p;
  const tb = new Int32Array(TCA_ACT_MAX + 1);
  const err = nlaParseNestedPolicy(req, nla, tb, ACT_POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  const kind = tb[TCA_ACT_KIND] === 0 ? '' : nlaGetString(req.view, tb[TCA_ACT_KIND]!);
  if (!net.kernel.get(TC).actions.has(kind)) return refuse(extack, 'Cannot flush unknown TC action');
  let n = 0;
  let bound = 0;
  for (const a of Array.from(table(net, kind).values())) {
    if (a.bindcnt > 0) bound++;
    else {
      tcfActionPut(a);
      n++;
    }
  }
  if (n === 0 && bound > 0) return -EPERM;
  if (rtnlNotifyNeeded(net, RTNLGRP_TC, req)) {
    const w = new NlWriter();
    beginAction(w, RTM_DELACTION, NLM_F_ROOT, req);
    w.nestStartNoflag(TCA_ROOT_TAB);
    w.putString(TCA_ACT_KIND, kind);
    w.putU32(TCA_ROOT_COUNT, n);
    w.nestEnd();
    w.end();
    rtnlNotify(net, w, RTNLGRP_TC, req);
  }
  return 0;
}

/** RTM_GETACTION and RTM_DELACTION (tca_action_gd). */
function actionGetDel(p: TcActInit, nla: number, reply: NlWriter): number {
  const { net, req, extack } = p;
  const { view } = req;
  const at: number[] = [];
  nlaForEachNested(view, nla, (a) => {
    if (nlaType(view, a) > 0 && nlaType(view, a) <= TCA_ACT_MAX_PRIO_ACTIONS) at.push(a);
  });
  if (req.type === RTM_DELACTION && (req.flags & NLM_F_ROOT) !== 0) {
    return at.length === 0 ? refuse(extack, 'Invalid netlink attributes while flushing TC action') : actionFlush(p, at[0]!);
  }
  const list: TcAction[] = [];
  for (const a of at) {
    const got = getOne(p, a);
    if (typeof got === 'number') return got;
    list.push(got);
  }
  if (req.type === RTM_GETACTION) {
    beginAction(reply, RTM_GETACTION, 0, req);
    fillActions(reply, list, false);
    reply.end();
    return 0;
  }
  for (const a of list) {
    if (a.bindcnt > 0) return refuse(extack, 'Failed to delete TC action', EPERM);
  }
  const w = new NlWriter({ capacity: 1024 });
  const needed = rtnlNotifyNeeded(net, RTNLGRP_TC, req);
  if (needed) {
    for (const a of list) a.refcnt--;
    beginAction(w, RTM_DELACTION, 0, req);
    fillActions(w, list, true);
    w.end();
    for (const a of list) a.refcnt++;
  }
  for (const a of list) tcfActionPut(a);
  if (needed) rtnlNotify(net, w, RTNLGRP_TC, req);
  return 0;
}

/** RTM_NEWACTION, RTM_DELACTION, RTM_GETACTION (tc_ctl_action). */
function tcCtlAction(net: Net, req: NlRequest, reply: NlWriter): number {
  const { extack } = req;
  const tb = new Int32Array(TCA_ROOT_MAX + 1);
  const err = nlmsgParse(req, TCAMSG_LEN, tb, TCAA_POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  if (tb[TCA_ROOT_TAB] === 0) return refuse(extack, 'Netlink action attributes missing');
  const p: TcActInit = { net, req, tca: tb, extack, tp: null, bind: false, replace: (req.flags & NLM_F_REPLACE) !== 0, flags: 0, created: false };
  return req.type === RTM_NEWACTION ? actionAdd(p, tb[TCA_ROOT_TAB]!) : actionGetDel(p, tb[TCA_ROOT_TAB]!, reply);
}

/** Dumps the actions of a kind, as many in a message as fit (tc_dump_action). */
function tcDumpAction(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  const { view } = req;
  const tb = new Int32Array(TCA_ROOT_MAX + 1);
  const err = nlmsgParse(req, TCAMSG_LEN, tb, TCAA_POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  const kind = tb[TCA_ROOT_TAB] === 0 ? null : dumpKind(req, tb[TCA_ROOT_TAB]!);
  if (kind === null || !net.kernel.get(TC).actions.has(kind)) return 0;
  const large = tb[TCA_ROOT_FLAGS] !== 0 && (nlaGetU32(view, tb[TCA_ROOT_FLAGS]!) & TCA_FLAG_LARGE_DUMP_ON) !== 0;
  const since = tb[TCA_ROOT_TIME_DELTA] === 0 ? Infinity : nlaGetU32(view, tb[TCA_ROOT_TIME_DELTA]!);
  const now = net.kernel.jiffies;
  const all = Array.from(table(net, kind).values()).sort((a, b) => a.index - b.index).filter((a) => ((now - a.lastuse) | 0) <= since);
  if (cb.i >= all.length) return 0;
  // As many as fit into this part: tried from most to least.
  let n = Math.min(all.length - cb.i, large ? all.length : DUMP_BATCH);
  for (;;) {
    const part = all.slice(cb.i, cb.i + n);
    nlDumpBegin(w, cb, RTM_GETACTION);
    w.reserve(TCAMSG_LEN);
    w.putU32(TCA_ROOT_COUNT, large ? part.length : 0);
    w.nestStartNoflag(TCA_ROOT_TAB);
    part.forEach((a, i) => {
      w.nestStartNoflag(i);
      dumpOne(w, a, true);
      w.nestEnd();
    });
    w.nestEnd();
    const ret = w.end();
    if (ret >= 0) {
      cb.i += n;
      break;
    }
    if (n === 1) return ret;
    n = Math.floor(n / 2);
  }
  return cb.i < all.length ? tcDumpAction(net, req, w, cb) : 0;
}

/** The kind that a dump asks for. */
function dumpKind(req: NlRequest, nla: number): string | null {
  let first = 0;
  nlaForEachNested(req.view, nla, (a) => {
    if (first === 0 && nlaType(req.view, a) === 1) first = a;
  });
  if (first === 0) return null;
  const tb = new Int32Array(TCA_ACT_MAX + 1);
  if (nlaParseNestedPolicy(req, first, tb, ACT_POLICY, NL_VALIDATE_LIBERAL) < 0 || tb[TCA_ACT_KIND] === 0) return null;
  return nlaGetString(req.view, tb[TCA_ACT_KIND]!);
}

/** Registers the messages of actions. */
export function actApiInit(k: Kernel): void {
  rtnlRegister(k, 0, RTM_NEWACTION, { doit: tcCtlAction });
  rtnlRegister(k, 0, RTM_DELACTION, { doit: tcCtlAction });
  rtnlRegister(k, 0, RTM_GETACTION, { doit: tcCtlAction, dumpit: tcDumpAction });
}

/** Ends all actions of a namespace. */
export function actNetExit(net: Net): void {
  for (const t of net.get(TC_NET).actions.values()) {
    for (const a of Array.from(t.values())) {
      a.refcnt = 1;
      tcfActionPut(a);
    }
  }
}
