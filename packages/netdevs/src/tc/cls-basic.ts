/** basic: what a tree of extended matches says (tc-ematch(8)). */
import { EINVAL } from '@linnet/kernel';
import { NL_VALIDATE_LIBERAL, NLA_NESTED, NLA_U32, nlaParseNestedPolicy } from '@linnet/netlink';
import type { Skb } from '@linnet/skbuff';
import { nlaGetU32, type NlWriter, TCA_BASIC_ACT, TCA_BASIC_CLASSID, TCA_BASIC_EMATCHES, TCA_BASIC_MAX, TCA_BASIC_PCNT, TCA_BASIC_POLICE, TCA_OPTIONS } from '@linnet/uapi';
import { tcfExtsDestroy, tcfExtsDump, tcfExtsValidate } from './act-api.ts';
import { tcfExtsExec } from './act-exec.ts';
import { bindClass, bindFilter, Filter, lowestFree, unbindFilter } from './cls-common.ts';
import { type EmatchTree, emTreeDump, emTreeMatch, emTreeValidate } from './ematch.ts';
import type { TcClass, TcfProto, TcfProtoOps, TcfResult, TcRequest } from './tc-types.ts';

const POLICY = { maxtype: TCA_BASIC_MAX, rules: { [TCA_BASIC_CLASSID]: { type: NLA_U32 }, [TCA_BASIC_EMATCHES]: { type: NLA_NESTED } } };

class Basic extends Filter {
  tree: EmatchTree | null = null;
  count = 0;
  hits = 0;
}

function filters(tp: TcfProto): Basic[] {
  return tp.root as Basic[];
}

function change(tp: TcfProto, p: TcRequest, base: TcClass, handle: number, fh: object | null, _flags: number, made: (fh: object) => void): number {
  if (p.tca[TCA_OPTIONS] === 0) return -EINVAL;
  const { view } = p.req;
  const tb = new Int32Array(TCA_BASIC_MAX + 1);
  let err = nlaParseNestedPolicy(p.req, p.tca[TCA_OPTIONS]!, tb, POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  const old = fh as Basic | null;
  if (old !== null && handle !== 0 && old.handle !== handle) return -EINVAL;
  const list = filters(tp);
  const f = new Basic(old?.handle ?? (handle === 0 ? lowestFree((h) => list.some((x) => x.handle === h)) : handle));
  err = tcfExtsValidate(tp, p, tb[TCA_BASIC_ACT]!, tb[TCA_BASIC_POLICE]!, f.exts);
  if (err < 0) return err;
  if (tb[TCA_BASIC_EMATCHES] !== 0) {
    const tree = emTreeValidate(p, tb[TCA_BASIC_EMATCHES]!);
    if (typeof tree === 'number') {
      tcfExtsDestroy(f.exts);
      return tree;
    }
    f.tree = tree;
  }
  if (tb[TCA_BASIC_CLASSID] !== 0) bindFilter(tp, f, nlaGetU32(view, tb[TCA_BASIC_CLASSID]!), base);
  if (old !== null) {
    list[list.indexOf(old)] = f;
    drop(tp, old);
  } else list.unshift(f);
  made(f);
  return 0;
}

function drop(tp: TcfProto, f: Basic): void {
  unbindFilter(tp, f);
  tcfExtsDestroy(f.exts);
}

/** The classifier `basic`. @alpha */
export const BASIC_OPS: TcfProtoOps = Object.freeze({
  kind: 'basic',
  init(tp: TcfProto): number {
    tp.root = [];
    return 0;
  },
  destroy(tp: TcfProto): void {
    for (const f of filters(tp).splice(0)) drop(tp, f);
  },
  classify(skb: Skb, tp: TcfProto, res: TcfResult): number {
    const list = tp.root as Basic[];
    for (let i = 0; i < list.length; i++) {
      const f = list[i]!;
      f.count++;
      if (f.tree !== null && !emTreeMatch(skb, f.tree)) continue;
      f.hits++;
      res.cls = f.cls;
      res.classid = f.classid;
      const r = tcfExtsExec(skb, f.exts, res);
      if (r >= 0) return r;
    }
    return -1;
  },
  get: (tp: TcfProto, handle: number): object | null => filters(tp).find((f) => f.handle === handle) ?? null,
  change,
  delete(tp: TcfProto, fh: object): number {
    const list = filters(tp);
    list.splice(list.indexOf(fh as Basic), 1);
    drop(tp, fh as Basic);
    return list.length === 0 ? 1 : 0;
  },
  walk(tp: TcfProto, fn: (fh: object) => boolean): void {
    for (const f of filters(tp)) if (!fn(f)) return;
  },
  dump(_tp: TcfProto, fh: object, w: NlWriter): number {
    const f = fh as Basic;
    w.nestStartNoflag(TCA_OPTIONS);
    if (f.classid !== 0) w.putU32(TCA_BASIC_CLASSID, f.classid);
    // struct tc_basic_pcnt: u64 rcnt, rhit
    const off = w.reserveAttr(TCA_BASIC_PCNT, 16);
    w.view.setUint32(off, f.count >>> 0, true);
    w.view.setUint32(off + 4, Math.floor(f.count / 0x1_0000_0000), true);
    w.view.setUint32(off + 8, f.hits >>> 0, true);
    w.view.setUint32(off + 12, Math.floor(f.hits / 0x1_0000_0000), true);
    tcfExtsDump(w, TCA_BASIC_ACT, f.exts);
    if (f.tree !== null) emTreeDump(w, TCA_BASIC_EMATCHES, f.tree);
    w.nestEnd();
    return f.handle;
  },
  bindClass,
});
