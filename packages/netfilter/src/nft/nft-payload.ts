/** Expressions that read and write the packet: payload and exthdr. */
import { csumFold, csumReplace2, EINVAL, EOPNOTSUPP } from '@linnet/kernel';
import { CHECKSUM_COMPLETE, CHECKSUM_NONE, CHECKSUM_PARTIAL, pskbMayPull, type Skb, skbCopyBits, skbEnsureWritable, skbStoreBits, skbUnclone } from '@linnet/skbuff';
import { NFPROTO_IPV4, NFPROTO_IPV6 } from '@linnet/netdev';
import {
  IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP, NFT_BREAK, NFT_EXTHDR_F_PRESENT, NFT_EXTHDR_OP_IPV4, NFT_EXTHDR_OP_IPV6, NFT_EXTHDR_OP_SCTP, NFT_EXTHDR_OP_TCPOPT, NFT_PAYLOAD_CSUM_INET, NFT_PAYLOAD_L4CSUM_PSEUDOHDR,
  NFT_PAYLOAD_LL_HEADER, NFT_PAYLOAD_NETWORK_HEADER, NFT_PAYLOAD_TRANSPORT_HEADER, NFTA_EXTHDR_DREG, NFTA_EXTHDR_FLAGS, NFTA_EXTHDR_LEN, NFTA_EXTHDR_OFFSET, NFTA_EXTHDR_OP, NFTA_EXTHDR_SREG,
  NFTA_EXTHDR_TYPE, NFTA_PAYLOAD_BASE, NFTA_PAYLOAD_CSUM_FLAGS, NFTA_PAYLOAD_CSUM_OFFSET, NFTA_PAYLOAD_CSUM_TYPE, NFTA_PAYLOAD_DREG, NFTA_PAYLOAD_LEN, NFTA_PAYLOAD_OFFSET, NFTA_PAYLOAD_SREG,
} from '@linnet/uapi';
import { type NftAttrs, nftPolicy } from './nft-attr.ts';
import { nftDreg, type NftExprOps, nftSreg } from './nft-expr.ts';
import { type NftCtx, type NftEval, NftExpr, type NftPkt } from './nft-model.ts';

const UDPLITE = 136;
const IPPROTO_SCTP = 132;
const SCTP_HLEN = 12;
const CHUNK_HLEN = 4;
const INNER_HEADER = 3;

/** Where a part of the packet begins, behind `data`; -1: it has none. Of the link layer's it may be before `data`: then less than -1. */
const NONE: number = -0x8000;
function baseOff(p: NftPkt, base: number): number {
  const { skb } = p;
  if (base === NFT_PAYLOAD_NETWORK_HEADER) return skb.networkHeader - skb.data;
  if (base === NFT_PAYLOAD_TRANSPORT_HEADER) return p.tprotSet && p.fragoff === 0 ? p.thoff : NONE;
  if (base === NFT_PAYLOAD_LL_HEADER) return skb.macHeader < 0 || skb.macHeader >= skb.networkHeader ? NONE : skb.macHeader - skb.data;
  return inner(p);
}

/** Behind the transport's header. */
function inner(p: NftPkt): number {
  if (!p.tprotSet || p.fragoff !== 0) return NONE;
  const { skb } = p;
  if (p.tprot === IPPROTO_UDP) return p.thoff + 8;
  if (p.tprot !== IPPROTO_TCP || !pskbMayPull(skb, p.thoff + 20)) return NONE;
  return p.thoff + ((skb.u8[skb.data + p.thoff + 12]! >> 4) << 2);
}

function load(p: NftPkt, off: number, d: number, len: number): boolean {
  const { skb, u8 } = p;
  // Whole words, so that what is compared by words has nothing from before.
  p.w[(d + len - 1) >> 2] = 0;
  if (off + len <= skb.len - skb.dataLen) {
    const from = skb.data + off;
    for (let i = 0; i < len; i++) u8[d + i] = skb.u8[from + i]!;
    return true;
  }
  return skbCopyBits(skb, off, u8, d, len) === 0;
}

/** Where a VLAN tag stands in the link layer's header, and its bytes. */
const TAG_AT = 12;
const TAG_LEN = 4;

/** The link layer's header as it was on the wire: with the tag that the packet has beside its bytes. */
function loadTagged(p: NftPkt, off: number, d: number, len: number): void {
  const { skb, u8 } = p;
  const mac = skb.macHeader;
  p.w[(d + len - 1) >> 2] = 0;
  for (let i = 0; i < len; i++) {
    const at = off + i - TAG_AT;
    u8[d + i] = at < 0 ? skb.u8[mac + off + i]! : at >= TAG_LEN ? skb.u8[mac + TAG_AT + at - TAG_LEN]! : ((at < 2 ? skb.vlanProto : skb.vlanTci) >> ((at & 1) === 0 ? 8 : 0)) & 0xff;
  }
}

function payload(_ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  if (!a.has(NFTA_PAYLOAD_BASE) || !a.has(NFTA_PAYLOAD_OFFSET) || !a.has(NFTA_PAYLOAD_LEN)) return -EINVAL;
  const base = a.u32(NFTA_PAYLOAD_BASE);
  const off = a.u32(NFTA_PAYLOAD_OFFSET);
  const len = a.u32(NFTA_PAYLOAD_LEN);
  if (base > INNER_HEADER) return -EOPNOTSUPP;
  if (off > 0xffff || len === 0 || len > 64) return -EINVAL;
  if (a.has(NFTA_PAYLOAD_SREG)) return a.has(NFTA_PAYLOAD_DREG) ? -EINVAL : payloadSet(a, raw, base, off, len);
  if (!a.has(NFTA_PAYLOAD_DREG)) return -EINVAL;
  const d = nftDreg(a, NFTA_PAYLOAD_DREG, len);
  if (d < 0) return d;
  // Fields of one, two or four bytes in their natural place are also read of later fragments, which have data there.
  const later = base === NFT_PAYLOAD_TRANSPORT_HEADER && (len === 1 || len === 2 || len === 4) && off % len === 0;
  const link = base === NFT_PAYLOAD_LL_HEADER && off + len > TAG_AT;
  return new NftExpr('payload', raw, (p) => {
    const b = later && p.tprotSet ? p.thoff : baseOff(p, base);
    if (link && p.skb.vlanProto !== 0 && b !== NONE) {
      loadTagged(p, off, d, len);
      return;
    }
    if (b === NONE || !load(p, b + off, d, len)) p.code = NFT_BREAK;
  });
}

/** Sum of the 16-bit words of the bytes; an odd one at either end counts where it stands. */
function sumOf(u8: Uint8Array, at: number, len: number, odd: boolean): number {
  let s = 0;
  for (let i = 0; i < len; i++) s += ((i & 1) === 0) === odd ? u8[at + i]! : u8[at + i]! << 8;
  return s;
}

/** Where the transport keeps its sum, behind its header; -1: it has none, or does not use it. */
function l4SumAt(p: NftPkt): number {
  if (!p.tprotSet || p.fragoff !== 0) return -1;
  const { skb } = p;
  switch (p.tprot) {
    case IPPROTO_TCP:
      return pskbMayPull(skb, p.thoff + 20) ? 16 : -1;
    case IPPROTO_UDP:
      return pskbMayPull(skb, p.thoff + 8) && (skb.view.getUint16(skb.data + p.thoff + 6) !== 0 || skb.ipSummed === CHECKSUM_PARTIAL) ? 6 : -1;
    case UDPLITE:
      return pskbMayPull(skb, p.thoff + 8) ? 6 : -1;
    case IPPROTO_ICMPV6:
      return pskbMayPull(skb, p.thoff + 4) ? 2 : -1;
    default:
      return -1;
  }
}

/** The sum of a field after `from` (a sum of words) became `to`. */
function mend(check: number, from: number, to: number): number {
  const f = csumFold(from) ^ 0xffff;
  const t = csumFold(to) ^ 0xffff;
  return csumReplace2(check, f, t);
}

function mendL4(p: NftPkt, from: number, to: number): void {
  const at = l4SumAt(p);
  if (at < 0) return;
  const { skb } = p;
  if (!skbEnsureWritable(skb, p.thoff + at + 2)) return;
  const o = skb.data + p.thoff + at;
  const check = skb.view.getUint16(o);
  if (skb.ipSummed === CHECKSUM_PARTIAL) {
    // The field holds the pseudo header's sum, not turned over.
    skb.view.setUint16(o, ~mend(~check & 0xffff, from, to) & 0xffff);
    return;
  }
  const sum = mend(check, from, to);
  skb.view.setUint16(o, sum === 0 && p.tprot === IPPROTO_UDP ? 0xffff : sum);
}

function payloadSet(a: NftAttrs, raw: Uint8Array, base: number, off: number, len: number): NftExpr | number {
  const s = nftSreg(a, NFTA_PAYLOAD_SREG, len);
  if (s < 0) return s;
  const csumType = a.u32(NFTA_PAYLOAD_CSUM_TYPE);
  const csumOff = a.u32(NFTA_PAYLOAD_CSUM_OFFSET);
  const flags = a.u32(NFTA_PAYLOAD_CSUM_FLAGS);
  if (csumType > NFT_PAYLOAD_CSUM_INET || (flags & ~NFT_PAYLOAD_L4CSUM_PSEUDOHDR) !== 0) return -EOPNOTSUPP;
  const old = new Uint8Array(64); // datapath-ok: a rule is made
  const odd = (off & 1) !== 0;
  return new NftExpr('payload', raw, (p) => {
    const { skb } = p;
    const b = baseOff(p, base);
    const at = b + off;
    if (b === NONE || (at >= 0 && skbCopyBits(skb, at, old, 0, len) !== 0)) {
      p.code = NFT_BREAK;
      return;
    }
    if (at < 0) {
      skbUnclone(skb);
      for (let i = 0; i < len; i++) skb.u8[skb.data + at + i] = p.u8[s + i]!;
      return;
    }
    if (!skbEnsureWritable(skb, Math.min(skb.len, at + len))) {
      p.code = NFT_BREAK;
      return;
    }
    if (csumType === NFT_PAYLOAD_CSUM_INET || flags !== 0) {
      const from = sumOf(old, 0, len, odd);
      const to = sumOf(p.u8, s, len, odd);
      const sumAt = skb.data + b + csumOff;
      const l4 = base === NFT_PAYLOAD_TRANSPORT_HEADER;
      // A packet whose device sums has none yet that could be mended. UDP without a sum gets a wrong one, as of a real kernel.
      if (csumType === NFT_PAYLOAD_CSUM_INET && !(l4 && skb.ipSummed === CHECKSUM_PARTIAL)) {
        if (!skbEnsureWritable(skb, b + csumOff + 2)) {
          p.code = NFT_BREAK;
          return;
        }
        const v = mend(skb.view.getUint16(sumAt), from, to);
        skb.view.setUint16(sumAt, v);
      }
      if (flags !== 0) mendL4(p, from, to);
    }
    skbStoreBits(skb, at, p.u8, s, len);
    if (skb.ipSummed === CHECKSUM_COMPLETE) skb.ipSummed = CHECKSUM_NONE;
  });
}

/** IPv6: where the first extension header of a kind begins, behind `data`; -1: there is none. */
function findExt(skb: Skb, type: number): number {
  let at = skb.networkHeader - skb.data;
  if (!pskbMayPull(skb, at + 40)) return -1;
  let next = skb.u8[skb.networkHeader + 6]!;
  at += 40;
  for (;;) {
    if (next === type) return at;
    if (next !== 0 && next !== 43 && next !== 44 && next !== 51 && next !== 60 && next !== 135) return -1;
    if (!pskbMayPull(skb, at + 8)) return -1;
    const o = skb.data + at;
    const kind = next;
    next = skb.u8[o]!;
    if (kind === 44) {
      if ((skb.view.getUint16(o + 2) & ~7) !== 0) return -1;
      at += 8;
    } else {
      at += kind === 51 ? (skb.u8[o + 1]! + 2) << 2 : (skb.u8[o + 1]! + 1) << 3;
    }
  }
}

/** Where an option of a header begins, behind `data`; -1: there is none, or the options are broken. */
function findOption(skb: Skb, from: number, to: number, type: number): number {
  if (!pskbMayPull(skb, to)) return -1;
  const { u8, data } = skb;
  for (let i = from; i < to;) {
    const k = u8[data + i]!;
    // The two without a length are one byte; none may reach beyond the header.
    const n = k < 2 ? 1 : i + 1 < to ? u8[data + i + 1]! : 0;
    if ((k > 1 && n < 2) || i + n > to) return -1;
    if (k === type) return i;
    if (k === 0) return -1;
    i += n;
  }
  return -1;
}

function findTcpOption(p: NftPkt, type: number): number {
  const { skb } = p;
  if (!p.tprotSet || p.tprot !== IPPROTO_TCP || p.fragoff !== 0 || !pskbMayPull(skb, p.thoff + 20)) return -1;
  return findOption(skb, p.thoff + 20, p.thoff + ((skb.u8[skb.data + p.thoff + 12]! >> 4) << 2), type);
}

function findIpOption(p: NftPkt, type: number): number {
  const { skb } = p;
  const nh = skb.networkHeader;
  return findOption(skb, nh - skb.data + 20, nh - skb.data + ((skb.u8[nh]! & 15) << 2), type);
}

/** Behind its common header: where the first chunk of a kind begins, behind `data`; -1: there is none (RFC 9260 3). */
function findChunk(p: NftPkt, type: number): number {
  const { skb } = p;
  if (!p.tprotSet || p.tprot !== IPPROTO_SCTP || p.fragoff !== 0) return -1;
  let at = p.thoff + SCTP_HLEN;
  while (pskbMayPull(skb, at + CHUNK_HLEN)) {
    const o = skb.data + at;
    if (skb.u8[o] === type) return at;
    const n = skb.view.getUint16(o + 2);
    if (n < CHUNK_HLEN) return -1;
    at += (n + 3) & ~3;
  }
  return -1;
}

/** A rule about TCP's options goes on without the option, but not without TCP (observed on Linux 6.18). */
function noTcp(p: NftPkt): void {
  if (!p.tprotSet || p.tprot !== IPPROTO_TCP || p.fragoff !== 0) p.code = NFT_BREAK;
}

/** Takes a TCP option away: in its place the packet has options that do nothing. */
function tcpoptStrip(raw: Uint8Array, find: (p: NftPkt) => number): NftExpr {
  return new NftExpr('exthdr', raw, (p) => {
    const { skb } = p;
    const at = find(p);
    if (at < 0) {
      noTcp(p);
      return;
    }
    const len = skb.u8[skb.data + at]! < 2 ? 1 : skb.u8[skb.data + at + 1]!;
    if (!skbEnsureWritable(skb, at + len)) return;
    const { u8 } = skb;
    const o = skb.data + at;
    const odd = ((at - p.thoff) & 1) !== 0;
    const from = sumOf(u8, o, len, odd);
    for (let i = 0; i < len; i++) u8[o + i] = 1;
    const check = skb.data + p.thoff + 16;
    if (skb.ipSummed !== CHECKSUM_PARTIAL) skb.view.setUint16(check, mend(skb.view.getUint16(check), from, sumOf(u8, o, len, odd)));
  });
}

function exthdr(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  const type = a.u8(NFTA_EXTHDR_TYPE);
  // Neither read nor written: taken away.
  if (a.has(NFTA_EXTHDR_TYPE) && a.u32(NFTA_EXTHDR_OP) === NFT_EXTHDR_OP_TCPOPT && !a.has(NFTA_EXTHDR_SREG) && !a.has(NFTA_EXTHDR_DREG)) return tcpoptStrip(raw, (p) => findTcpOption(p, type));
  if (!a.has(NFTA_EXTHDR_TYPE) || !a.has(NFTA_EXTHDR_OFFSET) || !a.has(NFTA_EXTHDR_LEN)) return -EINVAL;
  const off = a.u32(NFTA_EXTHDR_OFFSET);
  const len = a.u32(NFTA_EXTHDR_LEN);
  const flags = a.u32(NFTA_EXTHDR_FLAGS);
  const op = a.u32(NFTA_EXTHDR_OP);
  if (off > 255 || len > 255 || (flags & ~NFT_EXTHDR_F_PRESENT) !== 0) return -EINVAL;
  if (op !== NFT_EXTHDR_OP_IPV6 && op !== NFT_EXTHDR_OP_TCPOPT && op !== NFT_EXTHDR_OP_IPV4 && op !== NFT_EXTHDR_OP_SCTP) return -EOPNOTSUPP;
  const find = (p: NftPkt): number => {
    if (op === NFT_EXTHDR_OP_TCPOPT) return findTcpOption(p, type);
    if (op === NFT_EXTHDR_OP_SCTP) return findChunk(p, type);
    if (op === NFT_EXTHDR_OP_IPV4) return p.family === NFPROTO_IPV4 ? findIpOption(p, type) : -1;
    return p.family === NFPROTO_IPV6 ? findExt(p.skb, type) : -1;
  };
  if (a.has(NFTA_EXTHDR_SREG)) return op === NFT_EXTHDR_OP_TCPOPT ? tcpoptSet(a, raw, find, off, len) : -EOPNOTSUPP;
  void ctx;
  if (!a.has(NFTA_EXTHDR_DREG)) return -EINVAL;
  const d = nftDreg(a, NFTA_EXTHDR_DREG, Math.max(1, len));
  if (d < 0) return d;
  if ((flags & NFT_EXTHDR_F_PRESENT) !== 0) {
    return new NftExpr('exthdr', raw, (p) => {
      p.w[d >> 2] = 0;
      p.u8[d] = find(p) >= 0 ? 1 : 0;
    });
  }
  return new NftExpr('exthdr', raw, (p) => {
    const at = find(p);
    if (at < 0 || !load(p, at + off, d, len)) p.code = NFT_BREAK;
  });
}

/** Writes into a TCP option: two or four bytes. */
function tcpoptSet(a: NftAttrs, raw: Uint8Array, find: (p: NftPkt) => number, off: number, len: number): NftExpr | number {
  if (len !== 2 && len !== 4) return -EOPNOTSUPP;
  if (off < 2) return -EOPNOTSUPP;
  const s = nftSreg(a, NFTA_EXTHDR_SREG, len);
  if (s < 0) return s;
  const run: NftEval = (p) => {
    const { skb } = p;
    let at = find(p);
    if (at < 0) {
      noTcp(p);
      return;
    }
    if (off + len > skb.u8[skb.data + at + 1]! || !skbEnsureWritable(skb, at + off + len)) return;
    at += skb.data + off;
    const { u8 } = skb;
    const check = skb.data + p.thoff + 16;
    // A larger size of segments than the other side asked for would do harm.
    if (len === 2 && u8[at - 2] === 2 && skb.view.getUint16(at) <= p.view.getUint16(s)) return;
    const odd = ((at - skb.data - p.thoff) & 1) !== 0;
    const from = sumOf(u8, at, len, odd);
    const to = sumOf(p.u8, s, len, odd);
    for (let i = 0; i < len; i++) u8[at + i] = p.u8[s + i]!;
    if (skb.ipSummed !== CHECKSUM_PARTIAL) skb.view.setUint16(check, mend(skb.view.getUint16(check), from, to));
  };
  return new NftExpr('exthdr', raw, run);
}

/** The definitions. */
export const NFT_PAYLOAD: readonly NftExprOps[] = [
  { name: 'payload', policy: nftPolicy(8, { u32: [1, 2, 3, 4, 5, 6, 7, 8] }), init: payload },
  { name: 'exthdr', policy: nftPolicy(7, { u32: [1, 3, 4, 5, 6, 7], u8: [2] }), init: exthdr },
];
