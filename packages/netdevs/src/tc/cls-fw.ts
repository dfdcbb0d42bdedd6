/** fw: by the packet's mark (tc-fw(8)). */
import { EINVAL } from '@linnet/kernel';
import { NL_VALIDATE_LIBERAL, NLA_STRING, NLA_U32, nlaParseNestedPolicy } from '@linnet/netlink';
import type { Skb } from '@linnet/skbuff';
import { nlaGetU32, type NlWriter, TCA_FW_ACT, TCA_FW_CLASSID, TCA_FW_INDEV, TCA_FW_MASK, TCA_FW_MAX, TCA_FW_POLICE, TCA_OPTIONS, TC_H_MAJ_MASK } from '@linnet/uapi';
import { tcfExtsDestroy, tcfExtsDump, tcfExtsValidate } from './act-api.ts';
import { tcfExtsExec } from './act-exec.ts';
import { bindClass, bindFilter, changeIndev, Filter, indevName, matchIndev, unbindFilter } from './cls-common.ts';
import type { TcClass, TcfProto, TcfProtoOps, TcfResult, TcRequest } from './tc-types.ts';

const POLICY = {
  maxtype: TCA_FW_MAX,
  rules: { [TCA_FW_CLASSID]: { type: NLA_U32 }, [TCA_FW_INDEV]: { type: NLA_STRING, len: 16 }, [TCA_FW_MASK]: { type: NLA_U32 } },
};

class FwHead {
  mask = 0xffffffff;
  readonly byMark: Map<number, Filter> = new Map();
}

function change(tp: TcfProto, p: TcRequest, base: TcClass, handle: number, fh: object | null, _flags: number, made: (fh: object) => void): number {
  // Without options the mark itself is the class.
  if (p.tca[TCA_OPTIONS] === 0) return handle === 0 ? 0 : -EINVAL;
  const { view } = p.req;
  const tb = new Int32Array(TCA_FW_MAX + 1);
  let err = nlaParseNestedPolicy(p.req, p.tca[TCA_OPTIONS]!, tb, POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  const old = fh as Filter | null;
  let head = tp.root as FwHead | null;
  const mask = tb[TCA_FW_MASK] === 0 ? 0xffffffff : nlaGetU32(view, tb[TCA_FW_MASK]!);
  if (old !== null ? old.handle !== handle && handle !== 0 : handle === 0) return -EINVAL;
  // All filters look at the mark through one mask.
  if (head !== null && head.byMark.size > 0 ? head.mask !== mask : false) return -EINVAL;
  const f = new Filter(old?.handle ?? handle);
  err = tcfExtsValidate(tp, p, tb[TCA_FW_ACT]!, tb[TCA_FW_POLICE]!, f.exts);
  if (err === 0 && tb[TCA_FW_INDEV] !== 0) err = changeIndev(p, tb[TCA_FW_INDEV]!, f);
  if (err < 0) {
    tcfExtsDestroy(f.exts);
    return err;
  }
  if (head === null) tp.root = head = new FwHead();
  head.mask = mask;
  if (tb[TCA_FW_CLASSID] !== 0) bindFilter(tp, f, nlaGetU32(view, tb[TCA_FW_CLASSID]!), base);
  if (old !== null) drop(tp, old);
  head.byMark.set(f.handle, f);
  made(f);
  return 0;
}

function drop(tp: TcfProto, f: Filter): void {
  unbindFilter(tp, f);
  tcfExtsDestroy(f.exts);
}

/** The classifier `fw`. @alpha */
export const FW_OPS: TcfProtoOps = Object.freeze({
  kind: 'fw',
  init: (): number => 0,
  destroy(tp: TcfProto): void {
    for (const f of (tp.root as FwHead | null)?.byMark.values() ?? []) drop(tp, f);
    tp.root = null;
  },
  classify(skb: Skb, tp: TcfProto, res: TcfResult): number {
    const head = tp.root as FwHead | null;
    if (head !== null) {
      const f = head.byMark.get((skb.mark & head.mask) >>> 0);
      if (f === undefined || !matchIndev(skb, f.indev)) return -1;
      res.cls = f.cls;
      res.classid = f.classid;
      return tcfExtsExec(skb, f.exts, res);
    }
    const { mark } = skb;
    const { q } = tp.chain.block;
    if (mark === 0 || ((mark & TC_H_MAJ_MASK) !== 0 && ((mark ^ q.handle) & TC_H_MAJ_MASK) !== 0)) return -1;
    res.cls = 0;
    res.classid = mark >>> 0;
    return 0;
  },
  get: (tp: TcfProto, handle: number): object | null => (tp.root as FwHead | null)?.byMark.get(handle) ?? null,
  change,
  delete(tp: TcfProto, fh: object): number {
    const head = tp.root as FwHead;
    head.byMark.delete((fh as Filter).handle);
    drop(tp, fh as Filter);
    return head.byMark.size === 0 ? 1 : 0;
  },
  walk(tp: TcfProto, fn: (fh: object) => boolean): void {
    for (const f of (tp.root as FwHead | null)?.byMark.values() ?? []) if (!fn(f)) return;
  },
  dump(tp: TcfProto, fh: object, w: NlWriter): number {
    const f = fh as Filter;
    const head = tp.root as FwHead;
    if (f.classid === 0 && f.exts.actions.length === 0) return f.handle;
    w.nestStartNoflag(TCA_OPTIONS);
    if (f.classid !== 0) w.putU32(TCA_FW_CLASSID, f.classid);
    if (f.indev !== 0) w.putString(TCA_FW_INDEV, indevName(tp, f));
    if (head.mask !== 0xffffffff) w.putU32(TCA_FW_MASK, head.mask);
    tcfExtsDump(w, TCA_FW_ACT, f.exts);
    w.nestEnd();
    return f.handle;
  },
  bindClass,
});
