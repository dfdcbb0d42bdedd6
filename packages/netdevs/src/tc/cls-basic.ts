/** basic: what a tree of extended matches says (tc-ematch(8)). */
import { EINVAL } from '@linnet/kernel';
import { NL_VALIDATE_LIBERAL, NLA_NESTED, NLA_U32, nlaParseNestedPolicy } from '@linnet/netlink';
import type { Skb } from '@linnet/skbuff';
import { nlaGetU32, type NlWriter, TCA_BASIC_ACT, TCA_BASIC_CLASSID, TCA_BASIC_EMATCHES, TCA_BASIC_MAX, TCA_BASIC_PCNT, TCA_BASIC_POLICE, TCA_OPTIONS } from '@linnet/uapi';
import { tcfExtsDestroy, tcfExtsDump, tcfExtsValidate } from './act-api.ts';
import { tcfExtsExec } from './act-exec.ts';
import { bindFilter, Filter } from './cls-common.ts';
import { LIST_OPS, listHandle, listPut } from './cls-list.ts';
import { type EmatchTree, emTreeDump, emTreeMatch, emTreeValidate } from './ematch.ts';
import type { TcClass, TcfProto, TcfProtoOps, TcfResult, TcRequest } from './tc-types.ts';

const POLICY = { maxtype: TCA_BASIC_MAX, rules: { [TCA_BASIC_CLASSID]: { type: NLA_U32 }, [TCA_BASIC_EMATCHES]: { type: NLA_NESTED } } };

class Basic extends Filter {
  tree: EmatchTree | null = null;
  count = 0;
  hits = 0;
}

function change(tp: TcfProto, p: TcRequest, base: TcClass, handle: number, fh: object | null, _flags: number, made: (fh: object) => void): number {
  if (p.tca[TCA_OPTIONS] === 0) return -EINVAL;
  const { view } = p.req;
  const tb = new Int32Array(TCA_BASIC_MAX + 1);
  let err = nlaParseNestedPolicy(p.req, p.tca[TCA_OPTIONS]!, tb, POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  const old = fh as Basic | null;
  if (old !== null && handle !== 0 && old.handle !== handle) return -EINVAL;
  const f = new Basic(listHandle(tp, old, handle));
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
  listPut(tp, f, old);
  made(f);
  return 0;
}

/** The classifier `basic`. @alpha */
export const BASIC_OPS: TcfProtoOps = Object.freeze({
  kind: 'basic',
  ...LIST_OPS,
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
  change,
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
});
