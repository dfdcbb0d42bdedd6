/** RTM_NEWTFILTER, RTM_DELTFILTER, RTM_GETTFILTER, RTM_NEWCHAIN, RTM_DELCHAIN, RTM_GETCHAIN (cls_api.c). */
// datapath-ok-file: requests
import { EEXIST, EINVAL, EMSGSIZE, ENODEV, ENOENT, EOPNOTSUPP, type Kernel, type Net } from '@linnet/kernel';
import { devGetByIndex, type Qdisc } from '@linnet/netdev';
import {
  type Extack, NL_VALIDATE_LIBERAL, type NlDump, nlDumpBegin, nlmsgParse, type NlaPolicyTable, type NlRequest, rtnlDump, rtnlNotify, rtnlNotifyNeeded, rtnlRegister,
} from '@linnet/netlink';
import {
  NLM_F_CREATE, NLM_F_EXCL, nlaGetString, nlaGetU32, NlWriter, RTM_DELCHAIN, RTM_DELTFILTER, RTM_GETCHAIN, RTM_GETTFILTER, RTM_NEWCHAIN, RTM_NEWTFILTER,
  RTNLGRP_TC, TCA_CHAIN, TCA_DUMP_FLAGS, TCA_KIND, TCA_MAX, TCMSG_LEN, type Tcmsg, tcmsgRead, tcmsgWrite,
} from '@linnet/uapi';
import { TC_ACT_EXT_VAL_MASK } from './cls-classify.ts';
import {
  tcfAutoPrio, tcfBlockShared, tcfChainFlush, tcfChainGet, tcfChainPut, tcfProtoCreate, tcfProtoFind, tcfProtoInsert, tcfProtoLookupOps, tcfProtoRemove,
} from './cls-block.ts';
import { classOps, qdiscLookup, say, tcHMaj, tcHMin } from './tc-core.ts';
import { RTM_TCA_POLICY, TFILTER_DUMP_POLICY } from './tc-policy.ts';
import { TC_NET, type TcClass, type TcfBlock, type TcfChain, type TcfProto } from './tc-types.ts';

/** `tcm_ifindex` of requests that name a shared block. */
const TCM_IFINDEX_MAGIC_BLOCK = -1;
/** TCA_DUMP_FLAGS: short answers. */
const TCA_DUMP_FLAGS_TERSE = 1;

function refuse(extack: Extack, msg: string, errno: number = EINVAL): number {
  say(extack, msg);
  return -errno;
}

/** 16 bits of network order as they stand in the low half of `tcm_info`. */
function swap16(v: number): number {
  return ((v & 0xff) << 8) | ((v >>> 8) & 0xff);
}

/** Where a request's filters are. */
interface Place {
  readonly block: TcfBlock;
  /** Null for a block by its number. */
  readonly q: Qdisc | null;
  /** What messages tell as the parent: the handle of queue or class, or the number of the block. */
  readonly parent: number;
  readonly cl: TcClass;
}

/** Finds the block that a request names (tcf_block_find). */
function findPlace(net: Net, tcm: Tcmsg, extack: Extack): Place | number {
  if (tcm.ifindex === TCM_IFINDEX_MAGIC_BLOCK) {
    const block = net.get(TC_NET).blocks.get(tcm.parent);
    if (block === undefined) return refuse(extack, 'Block of given index was not found');
    return { block, q: null, parent: tcm.parent, cl: 0 };
  }
  const dev = devGetByIndex(net, tcm.ifindex);
  if (dev === null) return -ENODEV;
  let { parent } = tcm;
  let q: Qdisc | null;
  if (parent === 0) {
    q = dev.qdiscSleeping;
    parent = q.handle;
  } else {
    q = qdiscLookup(dev, tcHMaj(parent));
    if (q === null) return refuse(extack, "Parent Qdisc doesn't exists");
  }
  const cops = classOps(q);
  if (cops === null) return refuse(extack, 'Qdisc not classful');
  if (cops.tcfBlock === undefined) return refuse(extack, "Class doesn't support blocks", EOPNOTSUPP);
  let cl: TcClass = 0;
  if (tcHMin(parent) !== 0) {
    cl = cops.find(q, parent);
    if (cl === 0) return refuse(extack, "Specified class doesn't exist", ENOENT);
  }
  const block = cops.tcfBlock(q, cl);
  if (block === null) return -EINVAL;
  if (tcfBlockShared(block)) return refuse(extack, 'This filter block is shared. Please use the block index to manipulate the filters', EOPNOTSUPP);
  return { block, q, parent, cl };
}

function putHeader(w: NlWriter, block: TcfBlock, q: Qdisc | null, parent: number, handle: number, info: number): number {
  const head = w.reserve(TCMSG_LEN);
  const own = q !== null;
  tcmsgWrite(w.view, head, { family: 0, ifindex: own ? q.dev.ifindex : TCM_IFINDEX_MAGIC_BLOCK, handle, parent: own ? parent : block.index, info });
  return head;
}

/** A filter, or with `fh` null its proto, as a message (tcf_fill_node). False when it cannot be told tersely. */
function fillNode(w: NlWriter, tp: TcfProto, q: Qdisc | null, parent: number, fh: object | null, terse: boolean): boolean {
  const head = putHeader(w, tp.chain.block, q, parent, 0, ((tp.prio & 0xffff0000) | swap16(tp.protocol)) >>> 0);
  w.putString(TCA_KIND, tp.ops.kind);
  w.putU32(TCA_CHAIN, tp.chain.index);
  if (fh === null) return true;
  if (terse && tp.ops.terseDump === undefined) return false;
  const handle = terse ? tp.ops.terseDump!(tp, fh, w) : tp.ops.dump(tp, fh, w);
  w.view.setUint32(head + 8, handle, true);
  return true;
}

/** Tells the listeners of RTNLGRP_TC of a filter, or with `unicast` only the requester (tfilter_notify). */
function filterNotify(net: Net, req: NlRequest, tp: TcfProto, place: Place, fh: object | null, event: number, reply: NlWriter | null): void {
  if (reply === null && !rtnlNotifyNeeded(net, RTNLGRP_TC, req)) return;
  const w = reply ?? new NlWriter({ capacity: 512 });
  w.begin(event, req.flags, req.seq, req.portid);
  fillNode(w, tp, place.q, place.parent, fh, false);
  w.end();
  if (reply === null) rtnlNotify(net, w, RTNLGRP_TC, req);
}

/** What the three filter requests share: where, which priority, protocol and chain. */
interface FilterRequest {
  readonly tca: Int32Array;
  readonly tcm: Tcmsg;
  readonly place: Place;
  readonly prio: number;
  readonly protocol: number;
  readonly chainIndex: number;
  readonly kind: string | null;
}

function parse(net: Net, req: NlRequest): FilterRequest | number {
  const { view, extack } = req;
  const tca = new Int32Array(TCA_MAX + 1);
  const err = nlmsgParse(req, TCMSG_LEN, tca, RTM_TCA_POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  const tcm = tcmsgRead(view, req.data);
  const prio = tcHMaj(tcm.info);
  const protocol = swap16(tcHMin(tcm.info));
  if (prio === 0) {
    if (req.type === RTM_GETTFILTER || (req.type === RTM_NEWTFILTER && (req.flags & NLM_F_CREATE) === 0)) {
      return refuse(extack, 'Invalid filter command with priority of zero', ENOENT);
    }
    if (req.type === RTM_DELTFILTER && (protocol !== 0 || tcm.handle !== 0 || tca[TCA_KIND] !== 0)) {
      return refuse(extack, 'Cannot flush filters with protocol, handle or kind set', ENOENT);
    }
  }
  const place = findPlace(net, tcm, extack);
  if (typeof place === 'number') return place;
  const kind = tca[TCA_KIND] === 0 ? null : nlaGetString(view, tca[TCA_KIND]!);
  if (kind !== null && kind.length >= 16) return refuse(extack, 'Specified TC filter name too long');
  const chainIndex = tca[TCA_CHAIN] === 0 ? 0 : nlaGetU32(view, tca[TCA_CHAIN]!);
  if (chainIndex > TC_ACT_EXT_VAL_MASK) return refuse(extack, 'Specified chain index exceeds upper limit');
  return { tca, tcm, place, prio, protocol, chainIndex, kind };
}

/** RTM_NEWTFILTER (tc_new_tfilter). */
function tcNewTfilter(net: Net, req: NlRequest): number {
  const r = parse(net, req);
  if (typeof r === 'number') return r;
  const { place } = r;
  place.block.classid = place.parent;
  const chain = tcfChainGet(place.block, r.chainIndex, true)!;
  const err = newFilter(net, req, r, chain);
  tcfChainPut(chain);
  return err;
}

function newFilter(net: Net, req: NlRequest, r: FilterRequest, chain: TcfChain): number {
  const { extack, flags } = req;
  const { place, kind, protocol, tca, tcm } = r;
  const allocate = r.prio === 0;
  const found = tcfProtoFind(chain, protocol, allocate ? 0x80000000 : r.prio, allocate, extack);
  if (typeof found === 'number') return found;
  let tp = found;
  if (tp === null) {
    if (kind === null || protocol === 0) return refuse(extack, 'Filter kind and protocol must be specified');
    if ((flags & NLM_F_CREATE) === 0) return refuse(extack, 'Need both RTM_NEWTFILTER and NLM_F_CREATE to create a new filter', ENOENT);
    const made = tcfProtoCreate(kind, protocol, allocate ? tcfAutoPrio(chain) : r.prio, chain, extack);
    if (typeof made === 'number') return made;
    tp = made;
    tcfProtoInsert(tp);
  } else if (kind !== null && kind !== tp.ops.kind) return refuse(extack, 'Specified filter kind does not match existing one');
  const fh = tp.ops.get(tp, tcm.handle);
  let made = fh;
  let err = 0;
  if (fh === null) {
    if ((flags & NLM_F_CREATE) === 0) err = refuse(extack, 'Need both RTM_NEWTFILTER and NLM_F_CREATE to create a new filter', ENOENT);
  } else if ((flags & NLM_F_EXCL) !== 0) err = refuse(extack, 'Filter already exists', EEXIST);
  if (err === 0 && chain.templateOps !== null && chain.templateOps !== tp.ops) err = refuse(extack, 'Chain template is set to a different filter kind');
  if (err === 0) err = tp.ops.change(tp, { net, req, tca, extack }, place.cl, tcm.handle, fh, flags, (f) => { made = f; });
  if (err < 0) {
    if (found === null) tcfProtoRemove(tp);
    return err;
  }
  filterNotify(net, req, tp, place, made, RTM_NEWTFILTER, null);
  return 0;
}

/** RTM_DELTFILTER (tc_del_tfilter). */
function tcDelTfilter(net: Net, req: NlRequest): number {
  const r = parse(net, req);
  if (typeof r === 'number') return r;
  const { extack } = req;
  const { place, prio } = r;
  const chain = tcfChainGet(place.block, r.chainIndex, false);
  if (chain === null) return prio === 0 ? 0 : refuse(extack, 'Cannot find specified filter chain', ENOENT);
  if (prio === 0) {
    for (const tp of chain.filters) filterNotify(net, req, tp, place, null, RTM_DELTFILTER, null);
    tcfChainFlush(chain);
    tcfChainPut(chain);
    return 0;
  }
  const tp = tcfProtoFind(chain, r.protocol, prio, false, extack);
  if (tp === null || typeof tp === 'number') return refuse(extack, 'Filter with specified priority/protocol not found', ENOENT);
  if (r.kind !== null && r.kind !== tp.ops.kind) return refuse(extack, 'Specified filter kind does not match existing one');
  if (r.tcm.handle === 0) {
    filterNotify(net, req, tp, place, null, RTM_DELTFILTER, null);
    tcfProtoRemove(tp);
    return 0;
  }
  const fh = tp.ops.get(tp, r.tcm.handle);
  if (fh === null) return refuse(extack, 'Specified filter handle not found', ENOENT);
  const needed = rtnlNotifyNeeded(net, RTNLGRP_TC, req);
  const w = new NlWriter({ capacity: 512 });
  if (needed) {
    w.begin(RTM_DELTFILTER, req.flags, req.seq, req.portid);
    fillNode(w, tp, place.q, place.parent, fh, false);
    w.end();
  }
  const last = tp.ops.delete(tp, fh, extack);
  if (last < 0) return last;
  if (needed) rtnlNotify(net, w, RTNLGRP_TC, req);
  if (last === 1) tcfProtoRemove(tp);
  return 0;
}

/** RTM_GETTFILTER of one filter (tc_get_tfilter). */
function tcGetTfilter(net: Net, req: NlRequest, reply: NlWriter): number {
  const r = parse(net, req);
  if (typeof r === 'number') return r;
  const { extack } = req;
  const chain = tcfChainGet(r.place.block, r.chainIndex, false);
  if (chain === null) return refuse(extack, 'Cannot find specified filter chain');
  const tp = tcfProtoFind(chain, r.protocol, r.prio, false, extack);
  if (tp === null || typeof tp === 'number') return refuse(extack, 'Filter with specified priority/protocol not found', ENOENT);
  if (r.kind !== null && r.kind !== tp.ops.kind) return refuse(extack, 'Specified filter kind does not match existing one');
  const fh = tp.ops.get(tp, r.tcm.handle);
  if (fh === null) return refuse(extack, 'Specified filter handle not found', ENOENT);
  filterNotify(net, req, tp, r.place, fh, RTM_NEWTFILTER, reply);
  return 0;
}

/** Where a dump looks: nowhere is no error. */
function dumpPlace(net: Net, tcm: Tcmsg): { block: TcfBlock; q: Qdisc | null } | null {
  if (tcm.ifindex === TCM_IFINDEX_MAGIC_BLOCK) {
    const block = net.get(TC_NET).blocks.get(tcm.parent);
    return block === undefined ? null : { block, q: null };
  }
  const dev = devGetByIndex(net, tcm.ifindex);
  if (dev === null) return null;
  const q = tcm.parent === 0 ? dev.qdiscSleeping : qdiscLookup(dev, tcHMaj(tcm.parent));
  const cops = q === null ? null : classOps(q);
  if (q === null || cops === null || cops.tcfBlock === undefined) return null;
  const cl = tcHMin(tcm.parent) === 0 ? 0 : cops.find(q, tcm.parent);
  if (tcHMin(tcm.parent) !== 0 && cl === 0) return null;
  const block = cops.tcfBlock(q, cl);
  return block === null ? null : { block, q: tcfBlockShared(block) ? null : q };
}

function dumpParse(req: NlRequest, tca: Int32Array, policy: NlaPolicyTable): number {
  return nlmsgParse(req, TCMSG_LEN, tca, policy, NL_VALIDATE_LIBERAL);
}

/** Dumps the filters of a place: each proto, then each filter of it (tc_dump_tfilter). */
function tcDumpTfilter(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  if (req.end - req.data < TCMSG_LEN) return 0;
  const tca = new Int32Array(TCA_MAX + 1);
  const err = dumpParse(req, tca, TFILTER_DUMP_POLICY);
  if (err < 0) return err;
  const { view } = req;
  const terse = tca[TCA_DUMP_FLAGS] !== 0 && (view.getUint32(tca[TCA_DUMP_FLAGS]! + 4, true) & TCA_DUMP_FLAGS_TERSE) !== 0;
  const tcm = tcmsgRead(view, req.data);
  const place = dumpPlace(net, tcm);
  if (place === null) return 0;
  const prio = tcHMaj(tcm.info);
  const protocol = swap16(tcHMin(tcm.info));
  const only = tca[TCA_CHAIN] === 0 ? -1 : nlaGetU32(view, tca[TCA_CHAIN]!);
  const all: { tp: TcfProto; fh: object | null }[] = [];
  for (const chain of place.block.chains) {
    if (only >= 0 && chain.index !== only) continue;
    for (const tp of chain.filters) {
      if ((prio !== 0 && tp.prio !== prio) || (protocol !== 0 && tp.protocol !== protocol)) continue;
      all.push({ tp, fh: null });
      tp.ops.walk(tp, (fh) => {
        all.push({ tp, fh });
        return true;
      });
    }
  }
  const parent = tcfBlockShared(place.block) ? place.block.index : place.block.classid;
  return rtnlDump(all, w, cb, ({ tp, fh }, out) => {
    nlDumpBegin(out, cb, RTM_NEWTFILTER);
    if (!fillNode(out, tp, place.q, parent, fh, terse)) {
      out.cancel();
      return -EMSGSIZE;
    }
    return out.end();
  });
}

function fillChain(w: NlWriter, chain: TcfChain, q: Qdisc | null): void {
  putHeader(w, chain.block, q, q === null ? 0 : q.handle, 0, 0);
  w.putU32(TCA_CHAIN, chain.index);
  if (chain.templateOps === null || chain.template === null) return;
  w.putString(TCA_KIND, chain.templateOps.kind);
  chain.templateOps.templateDump?.(chain.template, w);
}

function chainNotify(net: Net, req: NlRequest, chain: TcfChain, place: Place, event: number): void {
  if (!rtnlNotifyNeeded(net, RTNLGRP_TC, req)) return;
  const w = new NlWriter({ capacity: 128 });
  w.begin(event, req.flags, req.seq, req.portid);
  fillChain(w, chain, place.q);
  w.end();
  rtnlNotify(net, w, RTNLGRP_TC, req);
}

/** Says beforehand what the filters of a chain look like (tc_chain_tmplt_add). */
function templateAdd(net: Net, req: NlRequest, chain: TcfChain, tca: Int32Array): number {
  const { extack } = req;
  if (tca[TCA_KIND] === 0) return 0;
  const ops = tcfProtoLookupOps(chain.block, nlaGetString(req.view, tca[TCA_KIND]!));
  if (ops === null) return refuse(extack, 'TC classifier not found', ENOENT);
  if (ops.templateCreate === undefined) return refuse(extack, 'Chain templates are not supported with specified classifier', EOPNOTSUPP);
  const made = ops.templateCreate(chain, { net, req, tca, extack });
  if (typeof made === 'number') return made;
  chain.templateOps = ops;
  chain.template = made;
  return 0;
}

/** RTM_NEWCHAIN, RTM_DELCHAIN and RTM_GETCHAIN (tc_ctl_chain). */
function tcCtlChain(net: Net, req: NlRequest, reply: NlWriter): number {
  const { extack, view } = req;
  const tca = new Int32Array(TCA_MAX + 1);
  const bad = nlmsgParse(req, TCMSG_LEN, tca, RTM_TCA_POLICY, NL_VALIDATE_LIBERAL);
  if (bad < 0) return bad;
  const tcm = tcmsgRead(view, req.data);
  const place = findPlace(net, tcm, extack);
  if (typeof place === 'number') return place;
  const index = tca[TCA_CHAIN] === 0 ? 0 : nlaGetU32(view, tca[TCA_CHAIN]!);
  if (index > TC_ACT_EXT_VAL_MASK) return refuse(extack, 'Specified chain index exceeds upper limit');
  const { block } = place;
  let chain = tcfChainGet(block, index, false);
  if (req.type === RTM_NEWCHAIN) {
    if (chain !== null) {
      // One that only actions lead to is there for nobody yet.
      if (chain.explicit || chain.filters.length > 0 || chain.actionRefs === 0) return refuse(extack, 'Filter chain already exists', EEXIST);
    } else {
      if ((req.flags & NLM_F_CREATE) === 0) return refuse(extack, 'Need both RTM_NEWCHAIN and NLM_F_CREATE to create a new chain', ENOENT);
      chain = tcfChainGet(block, index, true)!;
    }
    const err = templateAdd(net, req, chain, tca);
    if (err < 0) {
      tcfChainPut(chain);
      return err;
    }
    chain.explicit = true;
    chainNotify(net, req, chain, place, RTM_NEWCHAIN);
    return 0;
  }
  if (chain === null || (!chain.explicit && chain.filters.length === 0)) return refuse(extack, 'Cannot find specified filter chain');
  if (req.type === RTM_GETCHAIN) {
    reply.begin(RTM_GETCHAIN, req.flags, req.seq, req.portid);
    fillChain(reply, chain, place.q);
    reply.end();
    return 0;
  }
  for (const tp of chain.filters) filterNotify(net, req, tp, place, null, RTM_DELTFILTER, null);
  tcfChainFlush(chain);
  chain.explicit = false;
  chain.templateOps = null;
  chain.template = null;
  chainNotify(net, req, chain, place, RTM_DELCHAIN);
  tcfChainPut(chain);
  return 0;
}

/** Dumps the chains of a place (tc_dump_chain). */
function tcDumpChain(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  if (req.end - req.data < TCMSG_LEN) return 0;
  const tca = new Int32Array(TCA_MAX + 1);
  const err = dumpParse(req, tca, RTM_TCA_POLICY);
  if (err < 0) return err;
  const tcm = tcmsgRead(req.view, req.data);
  const place = dumpPlace(net, tcm);
  if (place === null) return 0;
  const only = tca[TCA_CHAIN] === 0 ? -1 : nlaGetU32(req.view, tca[TCA_CHAIN]!);
  const chains = place.block.chains.filter((c) => (only < 0 || c.index === only) && (c.explicit || c.filters.length > 0));
  return rtnlDump(chains, w, cb, (chain, out) => {
    nlDumpBegin(out, cb, RTM_NEWCHAIN);
    fillChain(out, chain, place.q);
    return out.end();
  });
}

/** Registers the messages of filters and chains. */
export function clsApiInit(k: Kernel): void {
  rtnlRegister(k, 0, RTM_NEWTFILTER, { doit: tcNewTfilter });
  rtnlRegister(k, 0, RTM_DELTFILTER, { doit: tcDelTfilter });
  rtnlRegister(k, 0, RTM_GETTFILTER, { doit: tcGetTfilter, dumpit: tcDumpTfilter });
  for (const type of [RTM_NEWCHAIN, RTM_DELCHAIN]) rtnlRegister(k, 0, type, { doit: tcCtlChain });
  rtnlRegister(k, 0, RTM_GETCHAIN, { doit: tcCtlChain, dumpit: tcDumpChain });
}
