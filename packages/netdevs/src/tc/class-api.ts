/** RTM_NEWTCLASS, RTM_DELTCLASS, RTM_GETTCLASS (sch_api.c). */
// datapath-ok-file: requests
import { EEXIST, EINVAL, ENODEV, ENOENT, EOPNOTSUPP, type Kernel, type Net } from '@linnet/kernel';
import { devGetByIndex, type Qdisc } from '@linnet/netdev';
import { NL_VALIDATE_LIBERAL, type NlDump, nlDumpBegin, nlmsgParse, type NlRequest, rtnlDump, rtnlNotify, rtnlNotifyNeeded, rtnlRegister } from '@linnet/netlink';
import {
  NLM_F_CREATE, NLM_F_EXCL, NlWriter, RTM_DELTCLASS, RTM_GETTCLASS, RTM_NEWTCLASS, RTNLGRP_TC, TC_H_ROOT, TCA_EGRESS_BLOCK, TCA_INGRESS_BLOCK, TCA_MAX,
  TCMSG_LEN, tcmsgRead,
} from '@linnet/uapi';
import { qdiscDumpIgnore } from './sch-api.ts';
import { tcFillTclass } from './sch-fill.ts';
import { classOps, qdiscLookup, say, tcHMaj, tcHMin } from './tc-core.ts';
import { RTM_TCA_POLICY } from './tc-policy.ts';
import { type TcClass, type TcClassOps, type TcDev, type TcfBlock } from './tc-types.ts';

function classNotify(net: Net, req: NlRequest, event: number, flags: number, q: Qdisc, cl: TcClass): void {
  if (!rtnlNotifyNeeded(net, RTNLGRP_TC, req)) return;
  const w = new NlWriter({ capacity: 512 });
  w.begin(event, flags, req.seq, req.portid);
  tcFillTclass(w, q, cl);
  w.end();
  rtnlNotify(net, w, RTNLGRP_TC, req);
}

/** Calls `fn` for each filter of a block. */
function forEachFilter(block: TcfBlock, fn: (tp: TcfBlock['chains'][number]['filters'][number], fh: object) => void): void {
  for (const chain of block.chains) {
    for (const tp of chain.filters) {
      tp.ops.walk(tp, (fh) => {
        fn(tp, fh);
        return true;
      });
    }
  }
}

/** A class came, or went with `cl` 0: filters of the discipline and its classes that name it hold on to it (tc_bind_tclass). */
function bindTclass(q: Qdisc, portid: number, clid: number, cl: TcClass): void {
  const cops = classOps(q)!;
  if (cops.tcfBlock === undefined) return;
  const bind = (at: TcClass): void => {
    const block = cops.tcfBlock!(q, at);
    if (block === null) return;
    forEachFilter(block, (tp, fh) => tp.ops.bindClass?.(tp, fh, clid, cl, q, portid));
  };
  bind(0);
  cops.walk(q, (c) => {
    bind(c);
    return true;
  });
}

function delClass(net: Net, req: NlRequest, cops: TcClassOps, q: Qdisc, cl: TcClass): number {
  if (cops.delete === undefined) return -EOPNOTSUPP;
  const needed = rtnlNotifyNeeded(net, RTNLGRP_TC, req);
  const w = new NlWriter({ capacity: 512 });
  if (needed) {
    w.begin(RTM_DELTCLASS, 0, req.seq, req.portid);
    tcFillTclass(w, q, cl);
    w.end();
  }
  const err = cops.delete(q, cl, req.extack);
  if (err < 0) return err;
  if (needed) rtnlNotify(net, w, RTNLGRP_TC, req);
  return 0;
}

/** RTM_NEWTCLASS, RTM_DELTCLASS and RTM_GETTCLASS (tc_ctl_tclass). */
function tcCtlTclass(net: Net, req: NlRequest): number {
  const { extack, flags } = req;
  const tca = new Int32Array(TCA_MAX + 1);
  const bad = nlmsgParse(req, TCMSG_LEN, tca, RTM_TCA_POLICY, NL_VALIDATE_LIBERAL);
  if (bad < 0) return bad;
  const tcm = tcmsgRead(req.view, req.data);
  const dev = devGetByIndex(net, tcm.ifindex);
  if (dev === null) return -ENODEV;
  let portid = tcm.parent;
  let clid = tcm.handle;
  let qid = tcHMaj(clid);
  if (portid !== TC_H_ROOT) {
    const qid1 = tcHMaj(portid);
    if (qid !== 0 && qid1 !== 0) {
      if (qid !== qid1) return -EINVAL;
    } else if (qid1 !== 0) qid = qid1;
    else if (qid === 0) qid = dev.qdiscSleeping.handle;
    // A parent that names only a class names it in the queue of the class.
    if (portid !== 0) portid = (qid | tcHMin(portid)) >>> 0;
  } else if (qid === 0) qid = dev.qdiscSleeping.handle;
  const q = qdiscLookup(dev, qid);
  if (q === null) return -ENOENT;
  const cops = classOps(q);
  if (cops === null) return -EINVAL;
  if (clid === 0) {
    if (portid === TC_H_ROOT) clid = qid;
  } else clid = (qid | tcHMin(clid)) >>> 0;
  let cl: TcClass = clid === 0 ? 0 : cops.find(q, clid);
  if (cl === 0) {
    if (req.type !== RTM_NEWTCLASS || (flags & NLM_F_CREATE) === 0) return -ENOENT;
  } else {
    switch (req.type) {
      case RTM_NEWTCLASS:
        if ((flags & NLM_F_EXCL) !== 0) return -EEXIST;
        break;
      case RTM_DELTCLASS: {
        const err = delClass(net, req, cops, q, cl);
        // Filters that chose it have to find another one.
        if (err === 0) bindTclass(q, portid, clid, 0);
        return err;
      }
      default:
        classNotify(net, req, RTM_NEWTCLASS, 0, q, cl);
        return 0;
    }
  }
  if (tca[TCA_INGRESS_BLOCK] !== 0 || tca[TCA_EGRESS_BLOCK] !== 0) {
    say(extack, 'Shared blocks are not supported for classes');
    return -EOPNOTSUPP;
  }
  let made: TcClass = cl;
  const err = cops.change === undefined ? -EOPNOTSUPP : cops.change(q, clid, portid, { net, req, tca, extack }, cl, (c) => { made = c; });
  if (err < 0) return err;
  classNotify(net, req, RTM_NEWTCLASS, 0, q, made);
  if (cl === 0 && made !== 0) bindTclass(q, portid, clid, made);
  cl = made;
  return 0;
}

/** Dumps the classes of a device (tc_dump_tclass). */
function tcDumpTclass(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  if (req.end - req.data < TCMSG_LEN) return 0;
  const tcm = tcmsgRead(req.view, req.data);
  const dev = devGetByIndex(net, tcm.ifindex);
  if (dev === null) return 0;
  const tc = dev.tcDev as TcDev | null;
  const all: { q: Qdisc; cl: TcClass }[] = [];
  const add = (q: Qdisc | null): void => {
    if (q === null || qdiscDumpIgnore(q, false) || (tcm.parent !== 0 && tcHMaj(tcm.parent) !== q.handle)) return;
    const cops = classOps(q);
    if (cops === null) return;
    cops.walk(q, (cl) => {
      all.push({ q, cl });
      return true;
    });
  };
  add(dev.qdiscSleeping);
  if (tcm.parent === 0 || tcHMaj(tcm.parent) !== dev.qdiscSleeping.handle) for (const q of tc?.qdiscs ?? []) add(q);
  add(tc?.ingress ?? null);
  return rtnlDump(all, w, cb, ({ q, cl }, out) => {
    nlDumpBegin(out, cb, RTM_NEWTCLASS);
    tcFillTclass(out, q, cl);
    return out.end();
  });
}

/** Registers the messages of classes. */
export function classApiInit(k: Kernel): void {
  rtnlRegister(k, 0, RTM_NEWTCLASS, { doit: tcCtlTclass });
  rtnlRegister(k, 0, RTM_DELTCLASS, { doit: tcCtlTclass });
  rtnlRegister(k, 0, RTM_GETTCLASS, { doit: tcCtlTclass, dumpit: tcDumpTclass });
}

