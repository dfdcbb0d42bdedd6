/** Expressions: how they are read from messages and written into listings; registers, values and verdicts. */
// datapath-ok-file: rules are made
import { EINVAL, ENOENT, EOPNOTSUPP, ERANGE, EMLINK } from '@linnet/kernel';
import { NF_ACCEPT, NF_DROP, NF_QUEUE, NF_VERDICT_MASK } from '@linnet/netdev';
import { type NlaPolicyTable, type NlRequest, nlSetBadAttr } from '@linnet/netlink';
import {
  NFT_BREAK, NFT_CONTINUE, NFT_GOTO, NFT_JUMP, NFT_RETURN, NFTA_DATA_VALUE, NFTA_DATA_VERDICT, NFTA_EXPR_DATA, NFTA_EXPR_NAME, NFTA_LIST_ELEM, NFTA_VERDICT_CHAIN, NFTA_VERDICT_CHAIN_ID, NFTA_VERDICT_CODE,
  nlaGetBytes, type NlWriter,
} from '@linnet/uapi';
import { NftAttrs, nftNest, nftPolicy } from './nft-attr.ts';
import type { NftBase, NftChain, NftCtx, NftExpr, NftTable, NftVerdict } from './nft-model.ts';
import { NFT_JUMP_STACK_SIZE, nftJump } from './nft-model.ts';
import { nftSetElems } from './nft-set.ts';

/** One kind of expression. */
export interface NftExprOps {
  readonly name: string;
  readonly policy: NlaPolicyTable;
  readonly init: (ctx: NftCtx, a: NftAttrs, raw: Uint8Array) => NftExpr | number;
  /** It counts: elements and objects may carry it. */
  readonly stateful?: boolean;
}

/** The byte at which a register begins, or -ERANGE. */
export function nftReg(n: number): number {
  if (n <= 4) return n * 16;
  return n >= 8 && n <= 23 ? 16 + (n - 8) * 4 : -ERANGE;
}
/** A register from which `len` bytes are read. */
export function nftSreg(a: NftAttrs, type: number, len: number): number {
  const r = nftReg(a.u32(type));
  if (r < 0) return r;
  if (r < 16) return -EINVAL;
  return len === 0 ? -EINVAL : r + len > 80 ? -ERANGE : r;
}
/** A register into which `len` bytes of a value go. */
export function nftDreg(a: NftAttrs, type: number, len: number): number {
  return nftSreg(a, type, len);
}

const VERDICT_POLICY = nftPolicy(3, { u32: [NFTA_VERDICT_CODE, NFTA_VERDICT_CHAIN_ID], str: [NFTA_VERDICT_CHAIN] });
const DATA_POLICY = nftPolicy(2, { bin: [[NFTA_DATA_VALUE, 64]], nest: [NFTA_DATA_VERDICT] });

function verdict(ctx: NftCtx, req: NlRequest, nla: number): NftVerdict | number {
  const a = nftNest(req, nla, VERDICT_POLICY);
  if (typeof a === 'number') return a;
  if (!a.has(NFTA_VERDICT_CODE)) return -EINVAL;
  const code = a.u32(NFTA_VERDICT_CODE) | 0;
  if (code === NFT_JUMP || code === NFT_GOTO) {
    let chain: NftChain | undefined;
    if (a.has(NFTA_VERDICT_CHAIN)) chain = ctx.table.chains.get(a.str(NFTA_VERDICT_CHAIN));
    else if (a.has(NFTA_VERDICT_CHAIN_ID)) chain = ctx.nn.chainIds.get(a.u32(NFTA_VERDICT_CHAIN_ID));
    else return -EINVAL;
    if (chain === undefined || chain.table !== ctx.table) return -ENOENT;
    if (chain.base !== null) return -EOPNOTSUPP;
    return { code, chain };
  }
  if (code === NFT_CONTINUE || code === NFT_BREAK || code === NFT_RETURN) return { code, chain: null };
  const v = code & NF_VERDICT_MASK;
  if (code < 0 || (v !== NF_ACCEPT && v !== NF_DROP && v !== NF_QUEUE)) return -EINVAL;
  return { code, chain: null };
}

/** What an attribute with data holds: bytes, or a verdict; a negative errno when it is neither. */
export function nftData(ctx: NftCtx, req: NlRequest, nla: number): Uint8Array | NftVerdict | number {
  const a = nftNest(req, nla, DATA_POLICY);
  if (typeof a === 'number') return a;
  if (a.has(NFTA_DATA_VALUE)) {
    const b = nlaGetBytes(req.view, a.at(NFTA_DATA_VALUE));
    return b.length === 0 || b.length > 64 ? -EINVAL : b;
  }
  return a.has(NFTA_DATA_VERDICT) ? verdict(ctx, req, a.at(NFTA_DATA_VERDICT)) : -EINVAL;
}
/** A value of an attribute: bytes, or -EINVAL. */
export function nftValue(ctx: NftCtx, a: NftAttrs, type: number): Uint8Array | number {
  if (!a.has(type)) return -EINVAL;
  const d = nftData(ctx, a.req, a.at(type));
  return typeof d === 'number' || d instanceof Uint8Array ? d : -EINVAL;
}

/** Writes an attribute with a value. */
export function nftPutValue(w: NlWriter, type: number, bytes: Uint8Array): void {
  w.nestStartNoflag(type);
  w.putBytes(NFTA_DATA_VALUE, bytes);
  w.nestEnd();
}
/** Writes an attribute with a verdict. */
export function nftPutVerdict(w: NlWriter, type: number, v: NftVerdict): void {
  w.nestStartNoflag(type);
  w.nestStartNoflag(NFTA_DATA_VERDICT);
  w.putBe32(NFTA_VERDICT_CODE, v.code);
  if (v.chain !== null) w.putString(NFTA_VERDICT_CHAIN, v.chain.name);
  w.nestEnd();
  w.nestEnd();
}

const EXPR_POLICY = nftPolicy(2, { str: [NFTA_EXPR_NAME], nest: [NFTA_EXPR_DATA] });

/** Reads one expression, the nest at `nla`. */
export function nftReadExpr(ctx: NftCtx, nla: number): NftExpr | number {
  const e = readExpr(ctx, nla);
  if (typeof e === 'number') nlSetBadAttr(ctx.req.extack, nla);
  return e;
}

function readExpr(ctx: NftCtx, nla: number): NftExpr | number {
  const { req } = ctx;
  const a = nftNest(req, nla, EXPR_POLICY);
  if (typeof a === 'number') return a;
  if (!a.has(NFTA_EXPR_NAME)) return -EINVAL;
  const ops = ctx.find(a.str(NFTA_EXPR_NAME));
  if (ops === undefined) return -ENOENT;
  const data = a.at(NFTA_EXPR_DATA);
  const inner = data === 0 ? new NftAttrs(req, new Int32Array(ops.policy.maxtype + 1)) : nftNest(req, data, ops.policy);
  if (typeof inner === 'number') return inner;
  return ops.init(ctx, inner, data === 0 ? new Uint8Array(0) : nlaGetBytes(req.view, data));
}

/** Writes one expression into the open nest. */
export function nftPutExpr(w: NlWriter, type: number, e: NftExpr, reset: boolean = false): void {
  w.nestStartNoflag(type);
  w.putString(NFTA_EXPR_NAME, e.name);
  if (e.dump !== null) {
    w.nestStartNoflag(NFTA_EXPR_DATA);
    e.dump(w, reset);
    w.nestEnd();
  } else {
    w.putBytes(NFTA_EXPR_DATA, e.raw);
  }
  w.nestEnd();
}
/** Writes expressions as a list. */
export function nftPutExprs(w: NlWriter, type: number, list: readonly NftExpr[], reset: boolean = false): void {
  w.nestStartNoflag(type);
  for (const e of list) nftPutExpr(w, NFTA_LIST_ELEM, e, reset);
  w.nestEnd();
}

/** Where the expressions of a rule may lead, elements of maps with verdicts included. */
function* targets(e: NftExpr): Generator<NftVerdict> {
  if (nftJump(e.verdict) !== null) yield e.verdict!;
  if (e.set === null) return;
  for (const x of nftSetElems(e.set)) if (nftJump(x.verdict) !== null) yield x.verdict!;
  const last = e.set.rest === null ? null : e.set.rest.verdict;
  if (nftJump(last) !== null) yield last!;
}

/**
 * Is a table's ruleset sound: nothing nested too deeply from a base chain on (a circle is), and every expression where it may be? 0, -EMLINK, or what an expression
 * says. Nobody looks at chains that no base chain leads to.
 */
export function nftSound(table: NftTable): number {
  /** Depth at which a chain was seen for a base chain. */
  let seen = new Map<NftChain, number>();
  const visit = (c: NftChain, base: NftBase, depth: number): number => {
    if (depth >= NFT_JUMP_STACK_SIZE) return -EMLINK;
    const before = seen.get(c);
    if (before !== undefined && before >= depth) return 0;
    seen.set(c, depth);
    for (const r of c.rules) {
      for (const e of r.exprs) {
        let err = e.check !== null ? e.check(base) : 0;
        if (err !== 0) return err;
        for (const v of targets(e)) {
          err = visit(v.chain!, base, depth + 1);
          if (err !== 0) return err;
        }
      }
    }
    return 0;
  };
  for (const c of table.chains.all) {
    if (c.base === null) continue;
    seen = new Map();
    const err = visit(c, c.base, 0);
    if (err !== 0) return err;
  }
  return 0;
}

/** A check for expressions that belong to some types of chains and hook points only. */
export function nftOnlyAt(type: string | null, hooks: number): (base: NftBase) => number {
  return (base) => (type !== null && base.type !== type ? -EOPNOTSUPP : (hooks & (1 << base.hooknum)) === 0 ? -EOPNOTSUPP : 0);
}
