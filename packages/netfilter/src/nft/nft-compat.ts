/**
 * x_tables' matches and targets as expressions of nf_tables (linux/netfilter/nf_tables_compat.h), which is what iptables-nft and its kin send for what has no expression
 * of its own; and the subsystem that says which revisions there are.
 */
// datapath-ok-file: rules are made
import { EINVAL, ENOENT, EPROTONOSUPPORT } from '@linnet/kernel';
import { NF_DROP, NFPROTO_ARP, NFPROTO_BRIDGE, NFPROTO_IPV4, NFPROTO_IPV6 } from '@linnet/netdev';
import type { NlaPolicyTable } from '@linnet/netlink';
import { NFT_BREAK, nlaGetBytes, NlWriter } from '@linnet/uapi';
import { NFNL_SUBSYS_NFT_COMPAT, type NfnlInfo, nfnlMsgPut, nfnlMsgType, type NfnlSubsystem, nfnlUnicast } from '../nfnetlink.ts';
import { XTABLES, xtBestRevision, type XtCheck, type XtCommon, xtFind, type XtKernel } from '../xt-core.ts';
import { NftAttrs, nftNest, nftPolicy } from './nft-attr.ts';
import type { NftExprOps } from './nft-expr.ts';
import { type NftBase, type NftCtx, type NftEval, NftExpr } from './nft-model.ts';

/** NFTA_MATCH_* and NFTA_TARGET_* have the same numbers. */
const NAME = 1;
const REV = 2;
const INFO = 3;
/** NFTA_RULE_COMPAT_*. */
const RULE_PROTO = 1;
const RULE_FLAGS = 2;
const RULE_F_INV = 2;
/** NFTA_COMPAT_TYPE beside NAME and REV. */
const TYPE = 3;
/** Bytes of a name with its NUL. */
const NAME_MAX = 32;
/** XT_INV_PROTO: the rule means every protocol but the one that it names. */
const XT_INV_PROTO = 0x40;

/** The protocol that a rule says it is for, and whether it means all others. */
export interface NftRuleProto {
  readonly proto: number;
  readonly inv: number;
}
/** A rule that names none. */
export const NFT_ANY_PROTO: NftRuleProto = { proto: 0, inv: 0 };
const RULE_POLICY: NlaPolicyTable = nftPolicy(2, { u32: [RULE_PROTO, RULE_FLAGS] });

/** Reads a rule's NFTA_RULE_COMPAT, which attribute `type` of the message is; a negative errno when it is not as it should be. */
export function nftRuleProto(a: NftAttrs, type: number): NftRuleProto | number {
  if (!a.has(type)) return NFT_ANY_PROTO;
  const n = nftNest(a.req, a.at(type), RULE_POLICY);
  if (typeof n === 'number') return n;
  const flags = n.u32(RULE_FLAGS);
  if (!n.has(RULE_PROTO) || !n.has(RULE_FLAGS) || (flags & ~RULE_F_INV) !== 0) return -EINVAL;
  return { proto: n.u32(RULE_PROTO), inv: flags !== 0 ? XT_INV_PROTO : 0 };
}

type Fn<D extends XtCommon & { check: (c: XtCheck) => unknown }> = Exclude<ReturnType<D['check']>, number>;

/** May what is defined so be in a chain of this kind? */
function belongs(d: XtCommon, family: number, base: NftBase): number {
  // The table nat of a bridge is made of chains that filter.
  if (d.table === 'nat' && family !== NFPROTO_BRIDGE && base.type !== 'nat') return -EINVAL;
  return d.hooks !== undefined && (d.hooks & (1 << base.hooknum)) === 0 ? -EINVAL : 0;
}

function make<D extends XtCommon & { readonly check: (c: XtCheck) => unknown }>(kind: string, list: (xk: XtKernel) => readonly D[], run: (fn: Fn<D>) => NftEval): (ctx: NftCtx, a: NftAttrs) => NftExpr | number {
  return (ctx, a) => {
    if (!a.has(NAME) || !a.has(REV) || !a.has(INFO)) return -EINVAL;
    const xk = ctx.net.kernel.tryGet(XTABLES);
    const { family, net, chain } = ctx;
    const d = xk === null ? null : xtFind(list(xk), family, a.str(NAME), a.u32(REV));
    if (d === null) return -ENOENT;
    const u8 = nlaGetBytes(a.req.view, a.at(INFO));
    const size = (d.size + 7) & ~7;
    if (u8.length !== size) return -EINVAL;
    const { proto, inv } = ctx.proto;
    if (d.table !== undefined && d.table !== ctx.table.name) return -EINVAL;
    if (d.proto !== undefined && (d.proto !== proto || inv !== 0)) return -EINVAL;
    const base = chain?.base ?? null;
    const bad = base === null ? 0 : belongs(d, family, base);
    if (bad !== 0) return bad;
    const ends: (() => void)[] = [];
    const fn = d.check({
      net, family, table: ctx.table.name, hookMask: base === null ? 0 : 1 << base.hooknum, proto, inv, u8, view: new DataView(u8.buffer, u8.byteOffset, u8.length), off: 0, size: u8.length, matches: [], nft: true,
      onDestroy: (end) => ends.push(end),
    });
    if (typeof fn === 'number') {
      for (const end of ends) end();
      return fn;
    }
    const e = new NftExpr(kind, u8, run(fn as Fn<D>));
    e.dump = (w) => {
      // What is the kernel's own of it reads as 0.
      const shown = u8.slice();
      shown.fill(0, d.usersize ?? d.size);
      w.putString(NAME, d.name);
      w.putBe32(REV, d.revision);
      w.putBytes(INFO, shown);
    };
    e.check = (b) => belongs(d, family, b);
    e.end = () => {
      for (const end of ends.splice(0)) end();
    };
    return e;
  };
}

const POLICY = nftPolicy(INFO, { str: [NAME], u32: [REV], bin: [[INFO, 0x10000]] });

/** The definitions. */
export const NFT_COMPAT: readonly NftExprOps[] = [
  {
    name: 'match', policy: POLICY,
    init: make('match', (xk) => xk.matches, (fn) => (p) => {
      p.hotdrop = false;
      if (!fn(p.skb, p)) p.code = p.hotdrop ? NF_DROP : NFT_BREAK;
    }),
  },
  {
    name: 'target', policy: POLICY,
    // XT_CONTINUE and XT_RETURN have the numbers of NFT_CONTINUE and NFT_RETURN.
    init: make('target', (xk) => xk.targets, (fn) => (p) => {
      p.hotdrop = false;
      const v = fn(p.skb, p);
      p.code = p.hotdrop ? NF_DROP : v;
    }),
  },
];

const FAMILIES: readonly number[] = [NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_BRIDGE, NFPROTO_ARP];

/** Is there this match or target? Answers with the best revision. */
function getRevision(info: NfnlInfo): number {
  const a = new NftAttrs(info.req, info.tb);
  if (!a.has(NAME) || !a.has(REV) || !a.has(TYPE)) return -EINVAL;
  const name = a.str(NAME);
  if (name.length >= NAME_MAX || !FAMILIES.includes(info.family)) return -EINVAL;
  const target = a.u32(TYPE) === 1;
  const xk = info.net.kernel.tryGet(XTABLES);
  const list: readonly XtCommon[] = xk === null ? [] : target ? xk.targets : xk.matches;
  const best = xtBestRevision(list, info.family, name);
  if (best < 0) return -ENOENT;
  if (xtFind(list, info.family, name, a.u32(REV)) === null) return -EPROTONOSUPPORT;
  const w = new NlWriter({ capacity: 128 });
  nfnlMsgPut(w, info.req, nfnlMsgType(NFNL_SUBSYS_NFT_COMPAT, 0), 0, info.family, 0, 0);
  w.putString(NAME, name);
  w.putBe32(REV, best);
  w.putBe32(TYPE, target ? 1 : 0);
  w.end();
  nfnlUnicast(info.net, w, info.req.portid);
  return 0;
}

/** The subsystem that answers what there is. */
export const NFT_COMPAT_SUBSYS: NfnlSubsystem = {
  name: 'nft_compat', id: NFNL_SUBSYS_NFT_COMPAT,
  cb: [{ call: getRevision, policy: nftPolicy(TYPE, { str: [NAME], u32: [REV, TYPE] }) }],
};
