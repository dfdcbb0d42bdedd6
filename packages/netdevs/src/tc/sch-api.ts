/** RTM_NEWQDISC, RTM_DELQDISC, RTM_GETQDISC (sch_api.c). */
// datapath-ok-file: requests
import { EEXIST, EINVAL, ELOOP, ENODEV, ENOENT, ENOSPC, EOPNOTSUPP, type Kernel, type Net } from '@linnet/kernel';
import { devGetByIndex, devGraftQdisc, NETDEV_NET, type NetDevice, Qdisc, type QdiscStab, TCQ_F_INGRESS, TCQ_F_INVISIBLE, TCQ_F_NOPARENT } from '@linnet/netdev';
import {
  type Extack, NL_VALIDATE_LIBERAL, nlaParseNestedPolicy, type NlDump, nlDumpBegin, nlmsgParse, nlmsgReport, type NlRequest, rtnlDump, rtnlNotify, rtnlNotifyNeeded, rtnlRegister,
} from '@linnet/netlink';
import {
  NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, nlaGetString, nlaGetU32, nlaLen, NlWriter, RTM_DELQDISC, RTM_GETQDISC, RTM_NEWQDISC, RTNLGRP_TC, TC_H_INGRESS, TC_H_ROOT,
  TCA_DUMP_INVISIBLE, TCA_EGRESS_BLOCK, TCA_INGRESS_BLOCK, TCA_KIND, TCA_MAX, TCA_OPTIONS, TCA_RATE, TCA_STAB, TCA_STAB_BASE, TCA_STAB_DATA, TCA_STAB_MAX, TCMSG_LEN, tcmsgRead,
} from '@linnet/uapi';
import { genNewEstimator } from './gen-estimator.ts';
import { classOps, qdiscHashAdd, qdiscIsNoqueue, qdiscLookup, qdiscPut, say, tcDev, tcHMaj, tcHMin, tcKernel } from './tc-core.ts';
import { tcIngressGraft } from './sch-ingress.ts';
import { tcFillQdisc } from './sch-fill.ts';
import { RTM_TCA_POLICY, STAB_POLICY } from './tc-policy.ts';
import { type TcDev, type TcQdiscOps } from './tc-types.ts';

function refuse(extack: Extack, msg: string, errno: number = EINVAL): number {
  say(extack, msg);
  return -errno;
}

/** The payload of an attribute, where the request has it; null without. */
function opt(req: NlRequest, nla: number): Uint8Array | null {
  return nla === 0 ? null : req.u8.subarray(nla + 4, nla + 4 + nlaLen(req.view, nla));
}

function kindDiffers(req: NlRequest, tca: Int32Array, q: Qdisc): boolean {
  return tca[TCA_KIND] !== 0 && nlaGetString(req.view, tca[TCA_KIND]!) !== q.ops.id;
}

/** The queue below the class `classid` of `p` (qdisc_leaf); null when there is none, or a negative errno. */
function qdiscLeaf(p: Qdisc, classid: number, extack: Extack): Qdisc | null | number {
  const cops = classOps(p);
  if (cops === null) return refuse(extack, 'Parent qdisc is not classful', EOPNOTSUPP);
  const cl = cops.find(p, classid);
  if (cl === 0) return refuse(extack, 'Specified class not found', ENOENT);
  return cops.leaf?.(p, cl) ?? null;
}

/** Reads a size table (qdisc_get_stab). */
function getStab(req: NlRequest, nla: number, extack: Extack): QdiscStab | number {
  const tb = new Int32Array(TCA_STAB_MAX + 1);
  const err = nlaParseNestedPolicy(req, nla, tb, STAB_POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  if (tb[TCA_STAB_BASE] === 0) return refuse(extack, 'Size table base attribute is missing');
  const { view } = req;
  const o = tb[TCA_STAB_BASE]! + 4;
  const tsize = view.getUint32(o + 20, true);
  let data = new Uint16Array(0);
  if (tsize > 0) {
    if (tb[TCA_STAB_DATA] === 0) return refuse(extack, 'Size table data attribute is missing');
    const n = Math.floor(nlaLen(view, tb[TCA_STAB_DATA]!) / 2);
    if (tsize !== n) return refuse(extack, 'Invalid size of size table');
    data = new Uint16Array(n);
    for (let i = 0; i < n; i++) data[i] = view.getUint16(tb[TCA_STAB_DATA]! + 4 + 2 * i, true);
  }
  return {
    cellLog: view.getUint8(o), sizeLog: view.getUint8(o + 1), cellAlign: view.getInt16(o + 2, true), overhead: view.getInt32(o + 4, true), linklayer: view.getUint32(o + 8, true),
    mpu: view.getUint32(o + 12, true), mtu: view.getUint32(o + 16, true), data,
  };
}

function allocHandle(dev: NetDevice): number {
  const tc = tcKernel(dev);
  for (let i = 0; i < 0x8000; i++) {
    tc.autohandle += 0x10000;
    if (tc.autohandle >= 0xffff0000) tc.autohandle = 0x80000000;
    if (qdiscLookup(dev, tc.autohandle) === null) return tc.autohandle;
  }
  return 0;
}

/** Makes a queue as a request describes it (qdisc_create). */
function qdiscCreateTc(dev: NetDevice, parent: number, handle: number, req: NlRequest, tca: Int32Array): Qdisc | number {
  const { extack } = req;
  const ops = tca[TCA_KIND] === 0 ? undefined : (dev.sd.qdiscs.get(nlaGetString(req.view, tca[TCA_KIND]!)) as TcQdiscOps | undefined);
  if (ops === undefined) return refuse(extack, 'Specified qdisc kind is unknown', ENOENT);
  const sch = new Qdisc(ops, dev);
  sch.parent = parent;
  if (ops.ingress === true) sch.flags |= TCQ_F_INGRESS;
  if (handle === TC_H_INGRESS) {
    if (ops.ingress !== true) return refuse(extack, 'Specified parent ID is reserved for ingress and clsact Qdiscs');
    handle = 0xffff0000;
  } else if (handle === 0) {
    handle = allocHandle(dev);
    if (handle === 0) return refuse(extack, 'Maximum number of qdisc handles was exceeded', ENOSPC);
  }
  sch.handle = handle;
  for (const [attr, set, name] of [[TCA_INGRESS_BLOCK, ops.setIngressBlock, 'Ingress'], [TCA_EGRESS_BLOCK, ops.setEgressBlock, 'Egress']] as const) {
    if (tca[attr] === 0) continue;
    const index = nlaGetU32(req.view, tca[attr]!);
    if (index === 0) return refuse(extack, `${name} block index cannot be 0`);
    if (set === undefined) return refuse(extack, `${name} block sharing is not supported`, EOPNOTSUPP);
    set(sch, index);
  }
  if (tca[TCA_STAB] !== 0) {
    const stab = getStab(req, tca[TCA_STAB]!, extack);
    if (typeof stab === 'number') return stab;
    sch.stab = stab;
  }
  const err = ops.init?.(sch, opt(req, tca[TCA_OPTIONS]!), extack) ?? 0;
  if (err < 0) {
    ops.destroy?.(sch);
    return err;
  }
  if (tca[TCA_RATE] !== 0) {
    const est = genNewEstimator(dev.kernel, sch, req.view, tca[TCA_RATE]!);
    if (typeof est === 'number') {
      ops.destroy?.(sch);
      return refuse(extack, 'Failed to generate new estimator');
    }
    sch.rateEst = est;
  }
  if (parent !== TC_H_ROOT && ops.ingress !== true) qdiscHashAdd(sch, 0);
  else sch.flags |= TCQ_F_NOPARENT;
  return sch;
}

/** Changes a queue (qdisc_change). */
function qdiscChange(sch: Qdisc, req: NlRequest, tca: Int32Array): number {
  const { extack } = req;
  if (tca[TCA_OPTIONS] !== 0) {
    if (sch.ops.change === undefined) return refuse(extack, 'Change operation not supported by specified qdisc');
    if (tca[TCA_INGRESS_BLOCK] !== 0 || tca[TCA_EGRESS_BLOCK] !== 0) return refuse(extack, 'Change of blocks is not supported', EOPNOTSUPP);
    const err = sch.ops.change(sch, opt(req, tca[TCA_OPTIONS]!)!, extack);
    if (err < 0) return err;
  }
  let stab: QdiscStab | number | null = null;
  if (tca[TCA_STAB] !== 0) {
    stab = getStab(req, tca[TCA_STAB]!, extack);
    if (typeof stab === 'number') return stab;
  }
  sch.stab = stab;
  if (tca[TCA_RATE] !== 0) {
    // An estimator that makes no sense is passed over, as ever.
    const est = genNewEstimator(sch.dev.kernel, sch, req.view, tca[TCA_RATE]!);
    if (typeof est !== 'number') {
      sch.rateEst?.kill();
      sch.rateEst = est;
    }
  }
  return 0;
}

/** Is a queue one that requests do not speak of? (tc_qdisc_dump_ignore) */
export function qdiscDumpIgnore(q: Qdisc | null, invisible: boolean): boolean {
  return q === null || q === q.dev.noopQdisc || ((q.flags & TCQ_F_INVISIBLE) !== 0 && !invisible);
}

/** Tells the listeners of RTNLGRP_TC that a queue took another's place (qdisc_notify). */
export function qdiscNotify(dev: NetDevice, req: NlRequest | null, clid: number, old: Qdisc | null, q: Qdisc | null): void {
  const { net } = dev;
  if (!rtnlNotifyNeeded(net, RTNLGRP_TC, req)) return;
  const w = new NlWriter({ capacity: 512 });
  const seq = req?.seq ?? 0;
  const portid = req?.portid ?? 0;
  if (old !== null && !qdiscDumpIgnore(old, false)) {
    w.begin(RTM_DELQDISC, 0, seq, portid);
    tcFillQdisc(w, old, clid);
    w.end();
  }
  if (q !== null && !qdiscDumpIgnore(q, false)) {
    w.begin(RTM_NEWQDISC, old !== null ? NLM_F_REPLACE : 0, seq, portid);
    tcFillQdisc(w, q, clid);
    w.end();
  }
  rtnlNotify(net, w, RTNLGRP_TC, req);
}

/** Puts `q` (null: the default) in the place `clid` of a device or below `parent`, and lets the old one go (qdisc_graft). */
function qdiscGraft(dev: NetDevice, parent: Qdisc | null, req: NlRequest, clid: number, q: Qdisc | null): number {
  const { extack } = req;
  if (parent === null) {
    const ingress = clid === TC_H_INGRESS;
    const isIngress = q !== null && (q.flags & TCQ_F_INGRESS) !== 0;
    if (ingress) {
      const old = tcDev(dev).ingress;
      const was = old === dev.noopQdisc ? null : old;
      tcIngressGraft(dev, q);
      qdiscNotify(dev, req, clid, was, q);
      qdiscPut(was);
      return 0;
    }
    if (isIngress) return -EINVAL;
    const old = dev.qdiscSleeping;
    const message = messageOf(old, clid);
    devGraftQdisc(dev, q);
    if (q !== null) q.ops.attach?.(q);
    // The old one has gone already; what there is to say of it was written before.
    qdiscNotifyGone(dev, req, clid, message, q);
    return 0;
  }
  const cops = classOps(parent);
  if (cops?.graft === undefined) return refuse(extack, 'Parent qdisc is not classful', EOPNOTSUPP);
  const cl = cops.find(parent, clid);
  if (cl === 0) return refuse(extack, 'Specified class not found', ENOENT);
  if (q !== null && qdiscIsNoqueue(q)) return refuse(extack, 'Cannot assign noqueue to a class');
  const old = cops.graft(parent, cl, q, extack);
  if (typeof old === 'number') return old;
  qdiscNotify(dev, req, clid, old, q);
  qdiscPut(old);
  return 0;
}

type Gone = ((w: NlWriter) => void) | null;

/** Remembers a queue as a message, for when it is gone. */
function messageOf(q: Qdisc, clid: number): Gone {
  if (qdiscDumpIgnore(q, false)) return null;
  const w = new NlWriter({ capacity: 512 });
  w.begin(0, 0, 0, 0);
  tcFillQdisc(w, q, clid);
  w.end();
  const bytes = w.bytes().subarray(16);
  return (to) => to.append(bytes);
}

function qdiscNotifyGone(dev: NetDevice, req: NlRequest, clid: number, old: Gone, q: Qdisc | null): void {
  const { net } = dev;
  if (!rtnlNotifyNeeded(net, RTNLGRP_TC, req)) return;
  const w = new NlWriter({ capacity: 512 });
  if (old !== null) {
    w.begin(RTM_DELQDISC, 0, req.seq, req.portid);
    old(w);
    w.end();
  }
  if (q !== null && !qdiscDumpIgnore(q, false)) {
    w.begin(RTM_NEWQDISC, old !== null ? NLM_F_REPLACE : 0, req.seq, req.portid);
    tcFillQdisc(w, q, clid);
    w.end();
  }
  rtnlNotify(net, w, RTNLGRP_TC, req);
}

/** Does `q` stand above `p`, so that it cannot go below it? (check_loop) */
function hasBelow(q: Qdisc, p: Qdisc, depth: number): boolean {
  if (depth > 7) return true;
  const cops = classOps(q);
  if (cops?.leaf === undefined) return false;
  let found = false;
  cops.walk(q, (cl) => {
    const leaf = cops.leaf!(q, cl);
    if (leaf !== null && (leaf === p || hasBelow(leaf, p, depth + 1))) found = true;
    return !found;
  });
  return found;
}

/** RTM_NEWQDISC (tc_modify_qdisc). */
function tcModifyQdisc(net: Net, req: NlRequest): number {
  const { extack, flags } = req;
  const tca = new Int32Array(TCA_MAX + 1);
  let err = nlmsgParse(req, TCMSG_LEN, tca, RTM_TCA_POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  const tcm = tcmsgRead(req.view, req.data);
  const clid = tcm.parent;
  const dev = devGetByIndex(net, tcm.ifindex);
  if (dev === null) return -ENODEV;
  let p: Qdisc | null = null;
  let q: Qdisc | null = null;
  let create = false;
  let anyway = false;
  if (clid !== 0) {
    if (clid === TC_H_ROOT) q = dev.qdiscSleeping;
    else if (clid === TC_H_INGRESS) {
      const tc = tcDev(dev);
      tc.ingress ??= dev.noopQdisc;
      q = tc.ingress;
    } else {
      p = qdiscLookup(dev, tcHMaj(clid));
      if (p === null) return refuse(extack, 'Failed to find specified qdisc', ENOENT);
      const leaf = qdiscLeaf(p, clid, extack);
      if (typeof leaf === 'number') return leaf;
      q = leaf;
    }
    // One that the kernel made is nobody's.
    if (q !== null && q.handle === 0) q = null;
    if (q === null || tcm.handle === 0 || q.handle !== tcm.handle) {
      if (tcm.handle !== 0) {
        if (q !== null && (flags & NLM_F_REPLACE) === 0) return refuse(extack, 'NLM_F_REPLACE needed to override', EEXIST);
        if (tcHMin(tcm.handle) !== 0) return refuse(extack, 'Invalid minor handle');
        q = qdiscLookup(dev, tcm.handle);
        if (q === null) create = true;
        else {
          if (q.parent !== tcm.parent) return refuse(extack, 'Cannot move an existing qdisc to a different parent');
          if ((flags & NLM_F_EXCL) !== 0) return refuse(extack, 'Exclusivity flag on, cannot override', EEXIST);
          if (kindDiffers(req, tca, q)) return refuse(extack, 'Invalid qdisc name: must match existing qdisc');
          if ((q.flags & TCQ_F_INGRESS) !== 0) return refuse(extack, 'Cannot regraft ingress or clsact Qdiscs');
          if (q === p || (p !== null && hasBelow(q, p, 0))) return refuse(extack, 'Qdisc parent/child loop detected', ELOOP);
          if (clid === TC_H_INGRESS) return refuse(extack, 'Ingress cannot graft directly');
          return qdiscGraft(dev, p, req, clid, q);
        }
      } else if (q === null) create = true;
      else if (kindDiffers(req, tca, q)) {
        // Another kind than the one that is there: «add» and «replace» take its place, and so does «change», which tells neither.
        anyway = (flags & (NLM_F_CREATE | NLM_F_REPLACE | NLM_F_EXCL)) === 0;
        create = anyway || ((flags & NLM_F_CREATE) !== 0 && (flags & (NLM_F_REPLACE | NLM_F_EXCL)) !== 0);
      }
    }
  } else {
    if (tcm.handle === 0) return refuse(extack, 'Handle cannot be zero');
    q = qdiscLookup(dev, tcm.handle);
  }
  if (!create) {
    if (q === null) return refuse(extack, 'Specified qdisc not found', ENOENT);
    if ((flags & NLM_F_EXCL) !== 0) return refuse(extack, 'Exclusivity flag on, cannot modify', EEXIST);
    if (kindDiffers(req, tca, q)) return refuse(extack, 'Invalid qdisc name: must match existing qdisc');
    err = qdiscChange(q, req, tca);
    if (err === 0) qdiscNotify(dev, req, clid, null, q);
    return err;
  }
  if (!anyway && (flags & NLM_F_CREATE) === 0) return refuse(extack, 'Qdisc not found. To create specify NLM_F_CREATE flag', ENOENT);
  const made = qdiscCreateTc(dev, clid, clid === TC_H_INGRESS ? TC_H_INGRESS : tcm.handle, req, tca);
  if (typeof made === 'number') return made;
  err = qdiscGraft(dev, p, req, clid, made);
  if (err < 0) qdiscPut(made);
  return err;
}

/** RTM_DELQDISC and RTM_GETQDISC (tc_get_qdisc). */
function tcGetQdisc(net: Net, req: NlRequest): number {
  const { extack } = req;
  const tca = new Int32Array(TCA_MAX + 1);
  const err = nlmsgParse(req, TCMSG_LEN, tca, RTM_TCA_POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  const tcm = tcmsgRead(req.view, req.data);
  const dev = devGetByIndex(net, tcm.ifindex);
  if (dev === null) return -ENODEV;
  const clid = tcm.parent;
  let p: Qdisc | null = null;
  let q: Qdisc | null = null;
  if (clid !== 0) {
    if (clid === TC_H_ROOT) q = dev.qdiscSleeping;
    else if (tcHMaj(clid) !== tcHMaj(TC_H_INGRESS)) {
      p = qdiscLookup(dev, tcHMaj(clid));
      if (p === null) return refuse(extack, 'Failed to find qdisc with specified classid', ENOENT);
      const leaf = qdiscLeaf(p, clid, extack);
      if (typeof leaf === 'number') return leaf;
      q = leaf;
    } else q = (dev.tcDev as TcDev | null)?.ingress ?? null;
    if (q === null) return refuse(extack, 'Cannot find specified qdisc on specified device', ENOENT);
    if (tcm.handle !== 0 && q.handle !== tcm.handle) return refuse(extack, 'Invalid handle');
  } else {
    q = qdiscLookup(dev, tcm.handle);
    if (q === null) return refuse(extack, 'Failed to find qdisc with specified handle', ENOENT);
  }
  if (kindDiffers(req, tca, q)) return refuse(extack, 'Invalid qdisc name: must match existing qdisc');
  if (req.type === RTM_DELQDISC) {
    if (clid === 0) return refuse(extack, 'Classid cannot be zero');
    if (q.handle === 0) return refuse(extack, 'Cannot delete qdisc with handle of zero', ENOENT);
    return qdiscGraft(dev, p, req, clid, null);
  }
  // The answer goes where news go; who asked without NLM_F_ECHO hears it only as a listener.
  if (nlmsgReport(req) || rtnlNotifyNeeded(net, RTNLGRP_TC)) qdiscNotify(dev, req, clid, null, q);
  return 0;
}

/** The order in which queues below the root are listed: Linux's hash of their handles, the newest first in each bucket. */
function hashed(list: readonly Qdisc[]): Qdisc[] {
  const bucket = (q: Qdisc): number => Math.imul(q.handle, 0x61c88647) >>> 28;
  return list.map((q, i) => ({ q, i })).sort((a, b) => bucket(a.q) - bucket(b.q) || a.i - b.i).map((x) => x.q);
}

/** Dumps all queues of a namespace (tc_dump_qdisc). */
function tcDumpQdisc(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  const tca = new Int32Array(TCA_MAX + 1);
  const err = nlmsgParse(req, TCMSG_LEN, tca, RTM_TCA_POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  const invisible = tca[TCA_DUMP_INVISIBLE] !== 0;
  const all: Qdisc[] = [];
  for (const dev of net.get(NETDEV_NET).devs) {
    const tc = dev.tcDev as TcDev | null;
    const list = [dev.qdiscSleeping, ...(tc === null ? [] : hashed(tc.qdiscs)), tc?.ingress ?? null];
    for (const q of list) if (!qdiscDumpIgnore(q, invisible)) all.push(q!);
  }
  return rtnlDump(all, w, cb, (q, out) => {
    nlDumpBegin(out, cb, RTM_NEWQDISC);
    tcFillQdisc(out, q, q.parent);
    return out.end();
  });
}

/** Registers the messages of queues. */
export function schApiInit(k: Kernel): void {
  rtnlRegister(k, 0, RTM_NEWQDISC, { doit: tcModifyQdisc });
  rtnlRegister(k, 0, RTM_DELQDISC, { doit: tcGetQdisc });
  rtnlRegister(k, 0, RTM_GETQDISC, { doit: tcGetQdisc, dumpit: tcDumpQdisc });
}

