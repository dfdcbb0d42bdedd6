/** Expressions that work on registers: immediate, cmp, range, bitwise, byteorder, lookup, counter. */
import { EINVAL, ENOENT, EOPNOTSUPP } from '@linnet/kernel';
import {
  NFT_BITWISE_LSHIFT, NFT_BITWISE_RSHIFT, NFT_BREAK, NFT_CMP_EQ, NFT_CMP_GT, NFT_CMP_GTE, NFT_CMP_LT, NFT_CMP_LTE, NFT_CMP_NEQ, NFT_DATA_VERDICT, NFT_LOOKUP_F_INV, NFT_RANGE_NEQ, NFT_SET_MAP,
  NFTA_BITWISE_DATA, NFTA_BITWISE_DREG, NFTA_BITWISE_LEN, NFTA_BITWISE_MASK, NFTA_BITWISE_OP, NFTA_BITWISE_SREG, NFTA_BITWISE_XOR, NFTA_BYTEORDER_DREG, NFTA_BYTEORDER_LEN, NFTA_BYTEORDER_SIZE,
  NFTA_BYTEORDER_SREG, NFTA_CMP_DATA, NFTA_CMP_OP, NFTA_CMP_SREG, NFTA_COUNTER_BYTES, NFTA_COUNTER_PACKETS, NFTA_IMMEDIATE_DATA, NFTA_IMMEDIATE_DREG, NFTA_LOOKUP_DREG, NFTA_LOOKUP_FLAGS,
  NFTA_LOOKUP_SET, NFTA_LOOKUP_SET_ID, NFTA_LOOKUP_SREG, NFTA_RANGE_FROM_DATA, NFTA_RANGE_OP, NFTA_RANGE_SREG, NFTA_RANGE_TO_DATA,
} from '@linnet/uapi';
import { type NftAttrs, nftPolicy, nftPutU64 } from './nft-attr.ts';
import { nftData, nftDreg, type NftExprOps, nftPutVerdict, nftReg, nftSreg, nftValue } from './nft-expr.ts';
import { type NftCtx, type NftEval, NftExpr, type NftPkt } from './nft-model.ts';
import { nftCompare, nftPadded, type NftSet, nftSetLookup } from './nft-set.ts';

/** Length of the packet: what is counted. Where a device sends, it has its link-layer header. */
export function nftLen(p: NftPkt): number {
  return p.skb.len;
}

/** Writes words into registers. */
function store(at: number, value: Uint8Array): NftEval {
  const words = new Int32Array(nftPadded(value).buffer); // datapath-ok: a rule is made
  const from = at >> 2;
  if (words.length === 1) {
    const v = words[0]!;
    return (p) => {
      p.w[from] = v;
    };
  }
  return (p) => {
    for (let i = 0; i < words.length; i++) p.w[from + i] = words[i]!;
  };
}

function immediate(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  if (!a.has(NFTA_IMMEDIATE_DREG) || !a.has(NFTA_IMMEDIATE_DATA)) return -EINVAL;
  const d = nftData(ctx, a.req, a.at(NFTA_IMMEDIATE_DATA));
  if (typeof d === 'number') return d;
  const reg = nftReg(a.u32(NFTA_IMMEDIATE_DREG));
  if (reg < 0) return reg;
  if (d instanceof Uint8Array) {
    const to = nftDreg(a, NFTA_IMMEDIATE_DREG, d.length);
    return to < 0 ? to : new NftExpr('immediate', raw, store(to, d));
  }
  if (reg !== 0) return -EINVAL;
  const { code, chain } = d;
  const e = new NftExpr('immediate', raw, (p) => {
    p.code = code;
    p.chain = chain;
  });
  e.verdict = d;
  if (chain !== null) {
    e.bind = () => {
      chain.use++;
    };
    e.unbind = () => {
      chain.use--;
    };
    e.dump = (w) => {
      w.putBe32(NFTA_IMMEDIATE_DREG, 0);
      nftPutVerdict(w, NFTA_IMMEDIATE_DATA, d);
    };
  }
  return e;
}

function same(at: number, b: Uint8Array, want: boolean): NftEval {
  const n = b.length;
  if (n === 4) {
    const v = new Int32Array(nftPadded(b).buffer)[0]!; // datapath-ok: a rule is made
    const i = at >> 2;
    return (p) => {
      if ((p.w[i] === v) !== want) p.code = NFT_BREAK;
    };
  }
  if (n === 1) {
    const v = b[0]!;
    return (p) => {
      if ((p.u8[at] === v) !== want) p.code = NFT_BREAK;
    };
  }
  return (p) => {
    let i = 0;
    while (i < n && p.u8[at + i] === b[i]) i++;
    if ((i === n) !== want) p.code = NFT_BREAK;
  };
}

function cmp(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  if (!a.has(NFTA_CMP_SREG) || !a.has(NFTA_CMP_OP)) return -EINVAL;
  const b = nftValue(ctx, a, NFTA_CMP_DATA);
  if (typeof b === 'number') return b;
  const at = nftSreg(a, NFTA_CMP_SREG, b.length);
  if (at < 0) return at;
  const n = b.length;
  const order = (ok: (d: number) => boolean): NftEval => (p) => {
    if (!ok(nftCompare(p.u8, at, b, 0, n))) p.code = NFT_BREAK;
  };
  switch (a.u32(NFTA_CMP_OP)) {
    case NFT_CMP_EQ:
      return new NftExpr('cmp', raw, same(at, b, true));
    case NFT_CMP_NEQ:
      return new NftExpr('cmp', raw, same(at, b, false));
    case NFT_CMP_LT:
      return new NftExpr('cmp', raw, order((d) => d < 0));
    case NFT_CMP_LTE:
      return new NftExpr('cmp', raw, order((d) => d <= 0));
    case NFT_CMP_GT:
      return new NftExpr('cmp', raw, order((d) => d > 0));
    case NFT_CMP_GTE:
      return new NftExpr('cmp', raw, order((d) => d >= 0));
    default:
      return -EINVAL;
  }
}

function range(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  if (!a.has(NFTA_RANGE_SREG) || !a.has(NFTA_RANGE_OP)) return -EINVAL;
  const from = nftValue(ctx, a, NFTA_RANGE_FROM_DATA);
  if (typeof from === 'number') return from;
  const to = nftValue(ctx, a, NFTA_RANGE_TO_DATA);
  if (typeof to === 'number') return to;
  if (from.length !== to.length) return -EINVAL;
  const n = from.length;
  const at = nftSreg(a, NFTA_RANGE_SREG, n);
  if (at < 0) return at;
  const op = a.u32(NFTA_RANGE_OP);
  if (op > NFT_RANGE_NEQ) return -EINVAL;
  const inv = op === NFT_RANGE_NEQ;
  return new NftExpr('range', raw, (p) => {
    if ((nftCompare(p.u8, at, from, 0, n) >= 0 && nftCompare(p.u8, at, to, 0, n) <= 0) === inv) p.code = NFT_BREAK;
  });
}

function shift(left: boolean, s: number, d: number, n: number, by: number): NftEval {
  const rest = 32 - by;
  // Several registers are one number, whose first word is the highest.
  return (p) => {
    let carry = 0;
    for (let k = 0; k < n; k++) {
      const i = left ? n - 1 - k : k;
      const v = p.w[s + i]!;
      p.w[d + i] = (left ? v << by : v >>> by) | carry;
      carry = left ? v >>> rest : v << rest;
    }
  };
}

function bitwise(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  if (!a.has(NFTA_BITWISE_SREG) || !a.has(NFTA_BITWISE_DREG) || !a.has(NFTA_BITWISE_LEN)) return -EINVAL;
  const len = a.u32(NFTA_BITWISE_LEN);
  if (len > 64) return -EINVAL;
  const sreg = nftSreg(a, NFTA_BITWISE_SREG, len);
  const dreg = nftDreg(a, NFTA_BITWISE_DREG, len);
  if (sreg < 0) return sreg;
  if (dreg < 0) return dreg;
  const s = sreg >> 2;
  const d = dreg >> 2;
  const n = (len + 3) >> 2;
  const op = a.u32(NFTA_BITWISE_OP);
  if (op === NFT_BITWISE_LSHIFT || op === NFT_BITWISE_RSHIFT) {
    const by = nftValue(ctx, a, NFTA_BITWISE_DATA);
    if (typeof by === 'number') return by;
    if (by.length !== 4) return -EINVAL;
    const bits = new DataView(by.buffer).getUint32(0, true); // datapath-ok: a rule is made
    if (bits === 0 || bits >= 32) return -EINVAL;
    return new NftExpr('bitwise', raw, shift(op === NFT_BITWISE_LSHIFT, s, d, n, bits));
  }
  if (op !== 0) return -EOPNOTSUPP;
  const m = nftValue(ctx, a, NFTA_BITWISE_MASK);
  const x = nftValue(ctx, a, NFTA_BITWISE_XOR);
  if (typeof m === 'number') return m;
  if (typeof x === 'number') return x;
  if (m.length !== len || x.length !== len) return -EINVAL;
  const mask = new Int32Array(nftPadded(m).buffer); // datapath-ok: a rule is made
  const xor = new Int32Array(nftPadded(x).buffer); // datapath-ok: as above
  if (n === 1) {
    const m0 = mask[0]!;
    const x0 = xor[0]!;
    return new NftExpr('bitwise', raw, (p) => {
      p.w[d] = (p.w[s]! & m0) ^ x0;
    });
  }
  return new NftExpr('bitwise', raw, (p) => {
    for (let i = 0; i < n; i++) p.w[d + i] = (p.w[s + i]! & mask[i]!) ^ xor[i]!;
  });
}

function byteorder(_ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  const len = a.u32(NFTA_BYTEORDER_LEN);
  const size = a.u32(NFTA_BYTEORDER_SIZE);
  if (!a.has(NFTA_BYTEORDER_SREG) || !a.has(NFTA_BYTEORDER_DREG)) return -EINVAL;
  if (size !== 2 && size !== 4 && size !== 8) return -EINVAL;
  const s = nftSreg(a, NFTA_BYTEORDER_SREG, len);
  const d = nftDreg(a, NFTA_BYTEORDER_DREG, len);
  if (s < 0) return s;
  if (d < 0) return d;
  // Programs know a little-endian machine: either way bytes change places.
  return new NftExpr('byteorder', raw, ({ u8 }) => {
    for (let o = 0; o + size <= len; o += size) {
      for (let i = 0; i < size / 2; i++) {
        const x = u8[s + o + i]!;
        const y = u8[s + o + size - 1 - i]!;
        u8[d + o + i] = y;
        u8[d + o + size - 1 - i] = x;
      }
    }
  });
}

/** The set that an expression names, by name or by its number in the batch. */
export function nftSetOf(ctx: NftCtx, a: NftAttrs, name: number, id: number): NftSet | null {
  const s = ctx.table.sets.get(a.str(name));
  if (s !== undefined) return s;
  const byId = a.has(id) ? ctx.nn.setIds.get(a.u32(id)) : undefined;
  return byId !== undefined && byId.table === ctx.table ? byId : null;
}

/** An expression counts as one that uses the set. */
export function nftUses(e: NftExpr, s: NftSet): void {
  e.set = s;
  e.bind = () => {
    s.use++;
  };
  e.unbind = () => {
    s.use--;
  };
}

function lookup(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  if (!a.has(NFTA_LOOKUP_SET) || !a.has(NFTA_LOOKUP_SREG)) return -EINVAL;
  const set = nftSetOf(ctx, a, NFTA_LOOKUP_SET, NFTA_LOOKUP_SET_ID);
  if (set === null) return -ENOENT;
  const at = nftSreg(a, NFTA_LOOKUP_SREG, set.desc.keyLen);
  if (at < 0) return at;
  const flags = a.u32(NFTA_LOOKUP_FLAGS);
  if ((flags & ~NFT_LOOKUP_F_INV) !== 0) return -EINVAL;
  const inv = (flags & NFT_LOOKUP_F_INV) !== 0;
  const map = (set.desc.flags & NFT_SET_MAP) !== 0;
  const has = a.has(NFTA_LOOKUP_DREG);
  if (has && (inv || !map)) return -EINVAL;
  const verdicts = set.desc.dataType === NFT_DATA_VERDICT;
  let d = -1;
  let words = 0;
  if (has) {
    const n = a.u32(NFTA_LOOKUP_DREG);
    if (verdicts !== (n === 0)) return -EINVAL;
    if (!verdicts) {
      const r = nftDreg(a, NFTA_LOOKUP_DREG, set.desc.dataLen);
      if (r < 0) return r;
      d = r >> 2;
      words = (set.desc.dataLen + 3) >> 2;
    }
  } else if (map) {
    return -EINVAL;
  }
  // The message is gone when the rule is listed.
  const sreg = a.u32(NFTA_LOOKUP_SREG);
  const dreg = a.u32(NFTA_LOOKUP_DREG);
  const e = new NftExpr('lookup', raw, (p) => {
    const x = nftSetLookup(set, p.u8, p.w, at);
    if ((x !== null) === inv) {
      p.code = NFT_BREAK;
      return;
    }
    if (x === null) return;
    if (has && verdicts) {
      p.code = x.verdict!.code;
      p.chain = x.verdict!.chain;
    } else if (has) {
      const data = x.data!;
      const o = d << 2;
      for (let i = 0; i < words << 2; i++) p.u8[o + i] = data[i]!;
    }
    const { exprs } = x;
    for (let i = 0; i < exprs.length; i++) {
      exprs[i]!.run(p);
      if (p.code === NFT_BREAK) return;
    }
  });
  nftUses(e, set);
  e.dump = (w) => {
    w.putString(NFTA_LOOKUP_SET, set.name);
    w.putBe32(NFTA_LOOKUP_SREG, sreg);
    if (has) w.putBe32(NFTA_LOOKUP_DREG, dreg);
    w.putBe32(NFTA_LOOKUP_FLAGS, flags);
  };
  return e;
}

function makeCounter(bytes: number, packets: number): NftExpr {
  const c = { bytes, packets };
  const e = new NftExpr('counter', new Uint8Array(0), (p) => { // datapath-ok: a rule is made
    c.bytes += nftLen(p);
    c.packets++;
  });
  e.dump = (w, reset) => {
    nftPutU64(w, NFTA_COUNTER_BYTES, c.bytes);
    nftPutU64(w, NFTA_COUNTER_PACKETS, c.packets);
    if (reset) c.bytes = c.packets = 0;
  };
  e.again = () => makeCounter(bytes, packets);
  return e;
}

/** The definitions. */
export const NFT_BASIC: readonly NftExprOps[] = [
  { name: 'immediate', policy: nftPolicy(2, { u32: [1], nest: [2] }), init: immediate },
  { name: 'cmp', policy: nftPolicy(3, { u32: [1, 2], nest: [3] }), init: cmp },
  { name: 'range', policy: nftPolicy(4, { u32: [1, 2], nest: [3, 4] }), init: range },
  { name: 'bitwise', policy: nftPolicy(7, { u32: [1, 2, 3, 6], nest: [4, 5, 7] }), init: bitwise },
  { name: 'byteorder', policy: nftPolicy(5, { u32: [1, 2, 3, 4, 5] }), init: byteorder },
  { name: 'lookup', policy: nftPolicy(5, { str: [1], u32: [2, 3, 4, 5] }), init: lookup },
  { name: 'counter', policy: nftPolicy(3, { u64: [1, 2] }), init: (_c, a) => makeCounter(a.u64(NFTA_COUNTER_BYTES), a.u64(NFTA_COUNTER_PACKETS)), stateful: true },
];
