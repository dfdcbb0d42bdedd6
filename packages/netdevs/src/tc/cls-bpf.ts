/** bpf: a classic BPF program decides (tc-bpf(8)). */
// datapath-ok-file: programs are made by requests; classify() allocates nothing
import { EINVAL } from '@linnet/kernel';
import { bpfCompile, bpfDecode, bpfEncode, type BpfProg, bpfProgCreate, bpfRun, SKB_TC_AT_INGRESS } from '@linnet/netdev';
import { NL_VALIDATE_LIBERAL, NLA_BINARY, NLA_NUL_STRING, NLA_U16, NLA_U32, nlaParseNestedPolicy } from '@linnet/netlink';
import { type Skb, skbPullUnchecked, skbPush } from '@linnet/skbuff';
import {
  nlaGetBytes, nlaGetU16, nlaGetU32, nlaLen, type NlWriter, TC_ACT_OK, TC_ACT_REDIRECT, TC_ACT_SHOT, TC_ACT_STOLEN, TC_ACT_TRAP, TC_ACT_UNSPEC, TC_H_MAJ_MASK, TCA_BPF_ACT, TCA_BPF_CLASSID,
  TCA_BPF_FD, TCA_BPF_FLAG_ACT_DIRECT, TCA_BPF_FLAGS, TCA_BPF_FLAGS_GEN, TCA_BPF_MAX, TCA_BPF_NAME, TCA_BPF_OPS, TCA_BPF_OPS_LEN, TCA_BPF_POLICE, TCA_CLS_FLAGS_SKIP_SW, TCA_OPTIONS,
} from '@linnet/uapi';
import { tcfExtsDump, tcfExtsValidate } from './act-api.ts';
import { tcfExtsExec } from './act-exec.ts';
import { bindFilter, CLS_NOT_IN_HW, Filter, tcFlagsValid } from './cls-common.ts';
import { LIST_OPS, listHandle, listPut } from './cls-list.ts';
import type { TcClass, TcfProto, TcfProtoOps, TcfResult, TcRequest } from './tc-types.ts';

const INSN_LEN = 8;
const MAXINSNS = 4096;
const POLICY = {
  maxtype: TCA_BPF_MAX,
  rules: {
    [TCA_BPF_CLASSID]: { type: NLA_U32 }, [TCA_BPF_FLAGS]: { type: NLA_U32 }, [TCA_BPF_FLAGS_GEN]: { type: NLA_U32 }, [TCA_BPF_FD]: { type: NLA_U32 },
    [TCA_BPF_NAME]: { type: NLA_NUL_STRING, len: 256 }, [TCA_BPF_OPS_LEN]: { type: NLA_U16 }, [TCA_BPF_OPS]: { type: NLA_BINARY, len: MAXINSNS * INSN_LEN },
  },
};

class ClsBpf extends Filter {
  readonly prog: BpfProg;
  /** The program's result is the verdict. */
  integrated = false;
  bpfFlags = 0;
  constructor(handle: number, prog: BpfProg) {
    super(handle);
    this.prog = prog;
  }
}

function change(tp: TcfProto, p: TcRequest, base: TcClass, handle: number, fh: object | null, _flags: number, made: (fh: object) => void): number {
  if (p.tca[TCA_OPTIONS] === 0) return -EINVAL;
  const { view } = p.req;
  const tb = new Int32Array(TCA_BPF_MAX + 1);
  const err = nlaParseNestedPolicy(p.req, p.tca[TCA_OPTIONS]!, tb, POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  const old = fh as ClsBpf | null;
  if (old !== null && handle !== 0 && old.handle !== handle) return -EINVAL;
  const isBpf = tb[TCA_BPF_OPS_LEN] !== 0 && tb[TCA_BPF_OPS] !== 0;
  const isEbpf = tb[TCA_BPF_FD] !== 0;
  // Programs of the extended kind have no file to come from here.
  if (isBpf === isEbpf || isEbpf) return -EINVAL;
  let bpfFlags = 0;
  if (tb[TCA_BPF_FLAGS] !== 0) {
    bpfFlags = nlaGetU32(view, tb[TCA_BPF_FLAGS]!);
    if ((bpfFlags & ~TCA_BPF_FLAG_ACT_DIRECT) !== 0) return -EINVAL;
  }
  let gen = 0;
  if (tb[TCA_BPF_FLAGS_GEN] !== 0) {
    gen = nlaGetU32(view, tb[TCA_BPF_FLAGS_GEN]!);
    if (!tcFlagsValid(gen)) return -EINVAL;
  }
  const n = nlaGetU16(view, tb[TCA_BPF_OPS_LEN]!);
  if (n > MAXINSNS || n === 0 || n * INSN_LEN !== nlaLen(view, tb[TCA_BPF_OPS]!)) return -EINVAL;
  const insns = bpfDecode(nlaGetBytes(view, tb[TCA_BPF_OPS]!));
  if (typeof insns === 'number') return insns;
  const prog = bpfProgCreate(p.net.kernel, insns);
  if (typeof prog === 'number') return prog;
  bpfCompile(prog);
  const f = new ClsBpf(listHandle(tp, old, handle), prog);
  const bad = tcfExtsValidate(tp, p, tb[TCA_BPF_ACT]!, tb[TCA_BPF_POLICE]!, f.exts);
  if (bad < 0) return bad;
  f.integrated = (bpfFlags & TCA_BPF_FLAG_ACT_DIRECT) !== 0;
  f.bpfFlags = bpfFlags;
  f.flags = gen | CLS_NOT_IN_HW;
  if (tb[TCA_BPF_CLASSID] !== 0) bindFilter(tp, f, nlaGetU32(view, tb[TCA_BPF_CLASSID]!), base);
  listPut(tp, f, old);
  made(f);
  return 0;
}

/** A program's result as a verdict (cls_bpf_exec_opcode). */
function opcode(code: number): number {
  switch (code) {
    case TC_ACT_OK:
    case TC_ACT_SHOT:
    case TC_ACT_STOLEN:
    case TC_ACT_TRAP:
    case TC_ACT_REDIRECT:
      return code;
    default:
      return TC_ACT_UNSPEC;
  }
}

/** The classifier `bpf`, with classic programs. @alpha */
export const BPF_OPS: TcfProtoOps = Object.freeze({
  kind: 'bpf',
  ...LIST_OPS,
  classify(skb: Skb, tp: TcfProto, res: TcfResult): number {
    const list = tp.root as ClsBpf[];
    const ingress = (skb.tcState & SKB_TC_AT_INGRESS) !== 0;
    for (let i = 0; i < list.length; i++) {
      const f = list[i]!;
      if ((f.flags & TCA_CLS_FLAGS_SKIP_SW) !== 0) continue;
      const mac = skb.networkHeader - skb.macHeader;
      // A program sees the link-layer header, wherever it runs.
      if (ingress) skbPush(skb, mac);
      const r = bpfRun(f.prog, skb) | 0;
      if (ingress) skbPullUnchecked(skb, mac);
      let ret: number;
      if (f.integrated) {
        res.cls = 0;
        res.classid = f.classid & TC_H_MAJ_MASK;
        ret = opcode(r);
        if (ret === TC_ACT_UNSPEC) continue;
        return ret;
      }
      if (r === 0) continue;
      if (r !== -1) {
        res.cls = 0;
        res.classid = r >>> 0;
      } else {
        res.cls = f.cls;
        res.classid = f.classid;
      }
      ret = tcfExtsExec(skb, f.exts, res);
      if (ret >= 0) return ret;
    }
    return -1;
  },
  change,
  dump(_tp: TcfProto, fh: object, w: NlWriter): number {
    const f = fh as ClsBpf;
    w.nestStartNoflag(TCA_OPTIONS);
    if (f.classid !== 0) w.putU32(TCA_BPF_CLASSID, f.classid);
    w.putU16(TCA_BPF_OPS_LEN, f.prog.len);
    w.putBytes(TCA_BPF_OPS, bpfEncode(f.prog));
    tcfExtsDump(w, TCA_BPF_ACT, f.exts);
    if (f.bpfFlags !== 0) w.putU32(TCA_BPF_FLAGS, f.bpfFlags);
    if (f.flags !== 0) w.putU32(TCA_BPF_FLAGS_GEN, f.flags);
    w.nestEnd();
    return f.handle;
  },
});
