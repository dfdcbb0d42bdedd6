/** Expressions that use what has a name: objref, and dynset, by which rules add elements. */
import { E2BIG, EINVAL, ENOENT, EOPNOTSUPP } from '@linnet/kernel';
import {
  NFT_BREAK, NFT_DYNSET_F_INV, NFT_DYNSET_OP_ADD, NFT_DYNSET_OP_DELETE, NFT_DYNSET_OP_UPDATE, NFT_SET_EVAL, NFT_SET_MAP, NFT_SET_OBJECT, NFT_SET_TIMEOUT, NFTA_DYNSET_EXPR, NFTA_DYNSET_EXPRESSIONS, NFTA_DYNSET_FLAGS,
  NFTA_DYNSET_OP, NFTA_DYNSET_SET_ID, NFTA_DYNSET_SET_NAME, NFTA_DYNSET_SREG_DATA, NFTA_DYNSET_SREG_KEY, NFTA_DYNSET_TIMEOUT, NFTA_LIST_ELEM, NFTA_OBJREF_IMM_NAME, NFTA_OBJREF_IMM_TYPE,
  NFTA_OBJREF_SET_ID, NFTA_OBJREF_SET_NAME, NFTA_OBJREF_SET_SREG,
} from '@linnet/uapi';
import { type NftAttrs, nftPolicy, nftPutU64 } from './nft-attr.ts';
import { nftSetOf, nftUses } from './nft-basic.ts';
import { type NftExprOps, nftPutExpr, nftPutExprs, nftReadExpr, nftSreg } from './nft-expr.ts';
import { holdElem, releaseElem } from './nft-elem.ts';
import { type NftCtx, NftExpr, type NftPkt } from './nft-model.ts';
import { NftElem, type NftSet, nftSetCollect, nftSetFull, nftSetInsert, nftSetKill, nftSetLookup, nftSetMember } from './nft-set.ts';

function objref(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  if (a.has(NFTA_OBJREF_SET_SREG)) {
    const set = nftSetOf(ctx, a, NFTA_OBJREF_SET_NAME, NFTA_OBJREF_SET_ID);
    if (set === null) return -ENOENT;
    if ((set.desc.flags & NFT_SET_OBJECT) === 0) return -EINVAL;
    const at = nftSreg(a, NFTA_OBJREF_SET_SREG, set.desc.keyLen);
    if (at < 0) return at;
    const sreg = a.u32(NFTA_OBJREF_SET_SREG);
    const e = new NftExpr('objref', raw, (p) => {
      const x = nftSetLookup(set, p.u8, p.w, at);
      if (x === null || x.obj === null) p.code = NFT_BREAK;
      else x.obj.expr.run(p);
    });
    nftUses(e, set);
    e.dump = (w) => {
      w.putBe32(NFTA_OBJREF_SET_SREG, sreg);
      w.putString(NFTA_OBJREF_SET_NAME, set.name);
    };
    return e;
  }
  if (!a.has(NFTA_OBJREF_IMM_NAME) || !a.has(NFTA_OBJREF_IMM_TYPE)) return -EINVAL;
  const obj = ctx.table.obj(a.u32(NFTA_OBJREF_IMM_TYPE), a.str(NFTA_OBJREF_IMM_NAME));
  if (obj === null) return -ENOENT;
  const e = new NftExpr('objref', raw, obj.expr.run);
  e.check = obj.expr.check;
  e.bind = () => {
    obj.use++;
  };
  e.unbind = () => {
    obj.use--;
  };
  return e;
}

/** The most expressions that an element has. */
export const NFT_ELEM_EXPRS = 2;

/** May elements of the set have these expressions? They are the set's own, where it has some (observed on Linux 6.18). */
function fits(set: NftSet, list: readonly NftExpr[]): number {
  const own = set.exprs;
  if (list.length !== 0 && (set.desc.flags & NFT_SET_EVAL) === 0) return -EINVAL;
  for (let i = 0; i < list.length; i++) {
    if (i === NFT_ELEM_EXPRS) return -E2BIG;
    if (own.length === 0) continue;
    if (i >= own.length) return -EINVAL;
    if (own[i]!.name !== list[i]!.name) return -EOPNOTSUPP;
  }
  return own.length !== 0 && list.length !== 0 && list.length !== own.length ? -EOPNOTSUPP : 0;
}

/** How a rule changes a set. */
interface Dyn {
  readonly set: NftSet;
  readonly op: number;
  readonly key: number;
  /** A map's value: the byte where it begins; -1: none. */
  readonly data: number;
  /** Nanoseconds. */
  readonly timeout: number;
  readonly exprs: readonly NftExpr[];
}

/** A new element, or null when there is no room. */
function add(d: Dyn, p: NftPkt): NftElem | null {
  const { set } = d;
  const { dataLen } = set.desc;
  if (nftSetFull(set)) {
    nftSetCollect(set, releaseElem);
    if (nftSetFull(set)) return null;
  }
  const key = p.u8.slice(d.key, d.key + 4 * set.words); // datapath-ok: a set grows
  const x = new NftElem(key, null, 0); // datapath-ok: as above
  if (d.data >= 0) x.data = p.u8.slice(d.data, d.data + ((dataLen + 3) & ~3)); // datapath-ok: as above
  x.timeout = d.timeout;
  x.expires = d.timeout === 0 ? 0 : set.now() + d.timeout;
  x.exprs = d.exprs.map((e) => e.again!()); // datapath-ok: as above
  nftSetInsert(set, x);
  holdElem(x);
  return x;
}

function change(d: Dyn, p: NftPkt): boolean {
  const { set } = d;
  let x = nftSetMember(set, p.w, d.key);
  if (d.op === NFT_DYNSET_OP_DELETE) {
    // Whether there was one makes no difference to the rule (observed on Linux 6.18).
    if (x !== null) {
      nftSetKill(set, x);
      releaseElem(x);
    }
    return true;
  }
  if (x === null) x = add(d, p);
  else if (d.op === NFT_DYNSET_OP_UPDATE && x.timeout !== 0) x.expires = set.now() + x.timeout;
  if (x === null) return false;
  const { exprs } = x;
  for (let i = 0; i < exprs.length; i++) {
    exprs[i]!.run(p);
    if (p.code === NFT_BREAK) break;
  }
  return true;
}

/** Expressions that elements are to have. */
export function nftElemExprs(ctx: NftCtx, a: NftAttrs, one: number, many: number): NftExpr[] | number {
  const list = a.has(one) ? [a.at(one)] : a.has(many) ? a.list(many, NFTA_LIST_ELEM) : [];
  if (typeof list === 'number') return -EINVAL;
  const out: NftExpr[] = []; // datapath-ok: a rule is made
  for (const nla of list) {
    const e = nftReadExpr(ctx, nla);
    if (typeof e === 'number') return e;
    if (e.again === null) return -EOPNOTSUPP;
    out.push(e); // datapath-ok: as above
  }
  return out;
}

const MS = 1e6;
/** The most elements of a set that rules add to, when nobody has said how many. */
const DYNAMIC_SIZE = 65535;

function dynset(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  if (!a.has(NFTA_DYNSET_SET_NAME) || !a.has(NFTA_DYNSET_OP) || !a.has(NFTA_DYNSET_SREG_KEY)) return -EINVAL;
  const flags = a.u32(NFTA_DYNSET_FLAGS);
  if ((flags & ~3) !== 0) return -EOPNOTSUPP;
  const set = nftSetOf(ctx, a, NFTA_DYNSET_SET_NAME, NFTA_DYNSET_SET_ID);
  if (set === null) return -ENOENT;
  const op = a.u32(NFTA_DYNSET_OP);
  if (op !== NFT_DYNSET_OP_ADD && op !== NFT_DYNSET_OP_UPDATE && op !== NFT_DYNSET_OP_DELETE) return -EOPNOTSUPP;
  if (set.kind !== 0) return -EOPNOTSUPP;
  const key = nftSreg(a, NFTA_DYNSET_SREG_KEY, set.desc.keyLen);
  if (key < 0) return key;
  let data = -1;
  if (a.has(NFTA_DYNSET_SREG_DATA)) {
    if ((set.desc.flags & NFT_SET_MAP) === 0) return -EOPNOTSUPP;
    data = nftSreg(a, NFTA_DYNSET_SREG_DATA, set.desc.dataLen);
    if (data < 0) return data;
  } else if ((set.desc.flags & NFT_SET_MAP) !== 0) {
    return -EINVAL;
  }
  if (a.has(NFTA_DYNSET_TIMEOUT) && (set.desc.flags & NFT_SET_TIMEOUT) === 0) return -EOPNOTSUPP;
  const given = a.u64(NFTA_DYNSET_TIMEOUT) * MS;
  const named = nftElemExprs(ctx, a, NFTA_DYNSET_EXPR, NFTA_DYNSET_EXPRESSIONS);
  if (typeof named === 'number') return named;
  const unfit = fits(set, named);
  if (unfit !== 0) return unfit;
  // What rules add to is not to grow without end.
  if (set.size === 0) set.size = DYNAMIC_SIZE;
  const d: Dyn = { set, op, key, data, timeout: given !== 0 ? given : set.desc.timeout, exprs: named.length === 0 ? set.exprs : named };
  const inv = (flags & NFT_DYNSET_F_INV) !== 0;
  const e = new NftExpr('dynset', raw, (p) => {
    if (change(d, p) === inv) p.code = NFT_BREAK;
  });
  nftUses(e, set);
  const { bind, unbind } = e;
  // What the elements will need (connection tracking, say) is there before the first packet.
  e.bind = () => {
    bind?.();
    for (const x of d.exprs) x.bind?.();
  };
  e.unbind = () => {
    unbind?.();
    for (const x of d.exprs) x.unbind?.();
  };
  const sreg = a.u32(NFTA_DYNSET_SREG_KEY);
  const dreg = a.u32(NFTA_DYNSET_SREG_DATA);
  e.dump = (w) => {
    w.putBe32(NFTA_DYNSET_SREG_KEY, sreg);
    if (data >= 0) w.putBe32(NFTA_DYNSET_SREG_DATA, dreg);
    w.putBe32(NFTA_DYNSET_OP, op);
    w.putString(NFTA_DYNSET_SET_NAME, set.name);
    if (given !== 0) nftPutU64(w, NFTA_DYNSET_TIMEOUT, given / MS);
    // What the set says of its elements is not said again.
    if (set.exprs.length !== 0) {
      w.putBe32(NFTA_DYNSET_FLAGS, flags);
      return;
    }
    if (named.length === 1) nftPutExpr(w, NFTA_DYNSET_EXPR, named[0]!);
    else if (named.length > 1) nftPutExprs(w, NFTA_DYNSET_EXPRESSIONS, named);
    w.putBe32(NFTA_DYNSET_FLAGS, flags);
  };
  return e;
}

/** The definitions. */
export const NFT_DYN: readonly NftExprOps[] = [
  { name: 'objref', policy: nftPolicy(5, { u32: [1, 3, 5], str: [2, 4] }), init: objref },
  { name: 'dynset', policy: nftPolicy(10, { str: [1], u32: [2, 3, 4, 5, 9], u64: [6], nest: [7, 10] }), init: dynset },
];
