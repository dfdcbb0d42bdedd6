/** Extended matches: conditions on a packet, joined by «and», «or» and «not» (tc-ematch(8)): cmp, nbyte, u32 and containers. */
// datapath-ok-file: trees are made by requests; matching allocates nothing
import { EINVAL, ENOENT } from '@linnet/kernel';
import { NL_VALIDATE_LIBERAL, NLA_BINARY, NLA_NESTED, nlaParseNestedPolicy } from '@linnet/netlink';
import { pskbMayPull, type Skb } from '@linnet/skbuff';
import {
  nlaForEachNested, nlaLen, nlaType, type NlWriter, TCA_EMATCH_TREE_HDR, TCA_EMATCH_TREE_LIST, TCA_EMATCH_TREE_MAX, TCF_EM_CMP, TCF_EM_CONTAINER, TCF_EM_INVERT, TCF_EM_NBYTE,
  TCF_EM_REL_AND, TCF_EM_REL_OR, TCF_EM_SIMPLE, TCF_EM_U32, TCF_LAYER_LINK, TCF_LAYER_NETWORK,
} from '@linnet/uapi';
import type { TcRequest } from './tc-types.ts';

const POLICY = { maxtype: TCA_EMATCH_TREE_MAX, rules: { [TCA_EMATCH_TREE_HDR]: { type: NLA_BINARY, min: 4 }, [TCA_EMATCH_TREE_LIST]: { type: NLA_NESTED } } };
const HDR_LEN = 8;
const REL_MASK = TCF_EM_REL_AND | TCF_EM_REL_OR;
const MAX_DEPTH = 32;
/** How cmp compares. */
const OPND_EQ = 0;
const OPND_GT = 1;
/** cmp: the value is in the machine's order after a swap. */
const CMP_TRANS = 1;

/** One match, as it came (struct tcf_ematch). */
interface Ematch {
  readonly matchid: number;
  readonly kind: number;
  readonly flags: number;
  readonly data: Uint8Array;
  readonly view: DataView;
  /** The index of the first match of a container; else -1. */
  readonly ref: number;
}

/** A tree of matches (struct tcf_ematch_tree). */
export interface EmatchTree {
  readonly progid: number;
  readonly list: readonly Ematch[];
}

const LEAST: ReadonlyMap<number, number> = new Map([[TCF_EM_CMP, 12], [TCF_EM_NBYTE, 4], [TCF_EM_U32, 16]]);

/** Reads a tree; a negative errno for one that is malformed, -ENOENT for a match of a kind that is not known (tcf_em_tree_validate). */
export function emTreeValidate(p: TcRequest, nla: number): EmatchTree | number {
  const { view, u8 } = p.req;
  const tb = new Int32Array(TCA_EMATCH_TREE_MAX + 1);
  const err = nlaParseNestedPolicy(p.req, nla, tb, POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  if (tb[TCA_EMATCH_TREE_HDR] === 0 || tb[TCA_EMATCH_TREE_LIST] === 0) return -EINVAL;
  const n = view.getUint16(tb[TCA_EMATCH_TREE_HDR]! + 4, true);
  const progid = view.getUint16(tb[TCA_EMATCH_TREE_HDR]! + 6, true);
  const list: Ematch[] = [];
  let bad = 0;
  nlaForEachNested(view, tb[TCA_EMATCH_TREE_LIST]!, (at) => {
    if (bad < 0) return;
    const len = nlaLen(view, at);
    if (nlaType(view, at) !== list.length + 1 || len < HDR_LEN || list.length >= n) {
      bad = -EINVAL;
      return;
    }
    const o = at + 4;
    const kind = view.getUint16(o + 2, true);
    const flags = view.getUint16(o + 4, true);
    const data = u8.slice(o + HDR_LEN, o + len);
    const own = new DataView(data.buffer);
    let ref = -1;
    if (kind === TCF_EM_CONTAINER) {
      // It leads forward only, so no tree goes in a circle.
      if (data.length < 4) bad = -EINVAL;
      else {
        ref = own.getUint32(0, true);
        if (ref >= n || ref <= list.length) bad = -EINVAL;
      }
    } else {
      const least = LEAST.get(kind);
      if (least === undefined) bad = -ENOENT;
      else if ((flags & TCF_EM_SIMPLE) !== 0 || data.length < least) bad = -EINVAL;
      else if (kind === TCF_EM_NBYTE && data.length < 4 + (own.getUint16(2, true) & 0xfff)) bad = -EINVAL;
    }
    list.push({ matchid: view.getUint16(o, true), kind, flags, data, view: own, ref });
  });
  if (bad < 0) return bad;
  return list.length !== n ? -EINVAL : { progid, list };
}

/** Where a layer begins, as an absolute offset. */
function layer(skb: Skb, n: number): number {
  if (n === TCF_LAYER_LINK) return skb.macHeader;
  return n === TCF_LAYER_NETWORK ? skb.networkHeader : skb.transportHeader;
}

/** Are the `n` bytes at `at` in the packet, in one piece? */
function readable(skb: Skb, at: number, n: number): boolean {
  if (at < 0) return false;
  const end = at + n - skb.data;
  return end <= 0 || pskbMayPull(skb, end);
}

function matchCmp(skb: Skb, m: Ematch): boolean {
  const { view } = m;
  const off = view.getUint16(8, true);
  const align = view.getUint8(10) & 15;
  const flags = view.getUint8(10) >> 4;
  const lay = view.getUint8(11) & 15;
  const opnd = view.getUint8(11) >> 4;
  if (!readable(skb, layer(skb, lay) + off, align)) return false;
  const at = layer(skb, lay) + off;
  // Values are big-endian; `trans` swaps the packet's bytes.
  const swap = (flags & CMP_TRANS) !== 0;
  let val = align === 1 ? skb.u8[at]! : align === 2 ? skb.view.getUint16(at, swap) : align === 4 ? skb.view.getUint32(at, swap) : -1;
  if (val < 0) return false;
  const mask = view.getUint32(4, true);
  if (mask !== 0) val = (val & mask) >>> 0;
  const want = view.getUint32(0, true);
  return opnd === OPND_EQ ? val === want : opnd === OPND_GT ? val > want : val < want;
}

function matchNbyte(skb: Skb, m: Ematch): boolean {
  const { view, data } = m;
  const off = view.getUint16(0, true);
  const len = view.getUint16(2, true) & 0xfff;
  const lay = view.getUint16(2, true) >> 12;
  if (!readable(skb, layer(skb, lay) + off, len)) return false;
  const at = layer(skb, lay) + off;
  for (let i = 0; i < len; i++) if (skb.u8[at + i] !== data[4 + i]) return false;
  return true;
}

function matchU32(skb: Skb, m: Ematch): boolean {
  const { view } = m;
  const off = view.getInt32(8, true);
  const base = skb.networkHeader;
  if (!readable(skb, base + off, 4)) return false;
  return ((skb.view.getInt32(skb.networkHeader + off) ^ view.getInt32(4)) & view.getInt32(0)) === 0;
}

function matchOne(skb: Skb, tree: EmatchTree, m: Ematch, depth: number): boolean {
  let r: boolean;
  switch (m.kind) {
    case TCF_EM_CONTAINER:
      r = depth < MAX_DEPTH && matchFrom(skb, tree, m.ref, depth + 1);
      break;
    case TCF_EM_CMP:
      r = matchCmp(skb, m);
      break;
    case TCF_EM_NBYTE:
      r = matchNbyte(skb, m);
      break;
    default:
      r = matchU32(skb, m);
  }
  return (m.flags & TCF_EM_INVERT) !== 0 ? !r : r;
}

/** Runs the matches from `i` on until the result is known. */
function matchFrom(skb: Skb, tree: EmatchTree, i: number, depth: number): boolean {
  const { list } = tree;
  let r = false;
  for (; i < list.length; i++) {
    const m = list[i]!;
    r = matchOne(skb, tree, m, depth);
    const rel = m.flags & REL_MASK;
    if (rel === 0 || (rel === TCF_EM_REL_AND && !r) || (rel === TCF_EM_REL_OR && r)) return r;
  }
  return r;
}

/** Does the packet match? An empty tree matches all (tcf_em_tree_match). */
export function emTreeMatch(skb: Skb, tree: EmatchTree): boolean {
  return tree.list.length === 0 || matchFrom(skb, tree, 0, 0);
}

/** Writes a tree as attribute `type` (tcf_em_tree_dump). */
export function emTreeDump(w: NlWriter, type: number, tree: EmatchTree): void {
  w.nestStartNoflag(type);
  const h = w.reserveAttr(TCA_EMATCH_TREE_HDR, 4);
  w.view.setUint16(h, tree.list.length, true);
  w.view.setUint16(h + 2, tree.progid, true);
  w.nestStartNoflag(TCA_EMATCH_TREE_LIST);
  tree.list.forEach((m, i) => {
    const o = w.reserveAttr(i + 1, HDR_LEN + m.data.length);
    w.view.setUint16(o, m.matchid, true);
    w.view.setUint16(o + 2, m.kind, true);
    w.view.setUint16(o + 4, m.flags, true);
    w.u8.set(m.data, o + HDR_LEN);
  });
  w.nestEnd();
  w.nestEnd();
}
