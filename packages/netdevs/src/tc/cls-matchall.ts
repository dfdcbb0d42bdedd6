/** matchall: every packet (tc-matchall(8)). */
import { EEXIST, EINVAL } from '@linnet/kernel';
import { NL_VALIDATE_LIBERAL, NLA_U32, nlaParseNestedPolicy } from '@linnet/netlink';
import type { Skb } from '@linnet/skbuff';
import {
  nlaGetU32, type NlWriter, TCA_CLS_FLAGS_SKIP_SW, TCA_MATCHALL_ACT, TCA_MATCHALL_CLASSID, TCA_MATCHALL_FLAGS, TCA_MATCHALL_MAX, TCA_MATCHALL_PCNT, TCA_OPTIONS,
} from '@linnet/uapi';
import { tcfExtsDestroy, tcfExtsDump, tcfExtsValidate } from './act-api.ts';
import { tcfExtsExec } from './act-exec.ts';
import { bindClass, bindFilter, CLS_NOT_IN_HW, Filter, tcFlagsValid, unbindFilter } from './cls-common.ts';
import type { TcClass, TcfProto, TcfProtoOps, TcfResult, TcRequest } from './tc-types.ts';

const POLICY = { maxtype: TCA_MATCHALL_MAX, rules: { [TCA_MATCHALL_CLASSID]: { type: NLA_U32 }, [TCA_MATCHALL_FLAGS]: { type: NLA_U32 } } };

class Matchall extends Filter {
  hits = 0;
}

function change(tp: TcfProto, p: TcRequest, base: TcClass, handle: number, fh: object | null, _flags: number, made: (fh: object) => void): number {
  if (p.tca[TCA_OPTIONS] === 0) return -EINVAL;
  if (fh !== null || tp.root !== null) return -EEXIST;
  const tb = new Int32Array(TCA_MATCHALL_MAX + 1);
  let err = nlaParseNestedPolicy(p.req, p.tca[TCA_OPTIONS]!, tb, POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  const f = new Matchall(handle === 0 ? 1 : handle);
  if (tb[TCA_MATCHALL_FLAGS] !== 0) {
    f.flags = nlaGetU32(p.req.view, tb[TCA_MATCHALL_FLAGS]!);
    if (!tcFlagsValid(f.flags)) return -EINVAL;
  }
  err = tcfExtsValidate(tp, p, tb[TCA_MATCHALL_ACT]!, 0, f.exts);
  if (err < 0) return err;
  if (tb[TCA_MATCHALL_CLASSID] !== 0) bindFilter(tp, f, nlaGetU32(p.req.view, tb[TCA_MATCHALL_CLASSID]!), base);
  f.flags |= CLS_NOT_IN_HW;
  tp.root = f;
  made(f);
  return 0;
}

function destroy(tp: TcfProto): void {
  const f = tp.root as Matchall | null;
  if (f === null) return;
  tp.root = null;
  unbindFilter(tp, f);
  tcfExtsDestroy(f.exts);
}

/** The classifier `matchall`. @alpha */
export const MATCHALL_OPS: TcfProtoOps = Object.freeze({
  kind: 'matchall',
  init: (): number => 0,
  destroy,
  classify(skb: Skb, tp: TcfProto, res: TcfResult): number {
    const f = tp.root as Matchall | null;
    if (f === null || (f.flags & TCA_CLS_FLAGS_SKIP_SW) !== 0) return -1;
    res.cls = f.cls;
    res.classid = f.classid;
    f.hits++;
    return tcfExtsExec(skb, f.exts, res);
  },
  get(tp: TcfProto, handle: number): object | null {
    const f = tp.root as Matchall | null;
    return f !== null && f.handle === handle ? f : null;
  },
  change,
  delete(tp: TcfProto): number {
    destroy(tp);
    return 1;
  },
  walk(tp: TcfProto, fn: (fh: object) => boolean): void {
    if (tp.root !== null) fn(tp.root as Matchall);
  },
  dump(_tp: TcfProto, fh: object, w: NlWriter): number {
    const f = fh as Matchall;
    w.nestStartNoflag(TCA_OPTIONS);
    if (f.classid !== 0) w.putU32(TCA_MATCHALL_CLASSID, f.classid);
    if (f.flags !== 0) w.putU32(TCA_MATCHALL_FLAGS, f.flags);
    w.putU64(TCA_MATCHALL_PCNT, f.hits);
    tcfExtsDump(w, TCA_MATCHALL_ACT, f.exts);
    w.nestEnd();
    return f.handle;
  },
  bindClass,
});
