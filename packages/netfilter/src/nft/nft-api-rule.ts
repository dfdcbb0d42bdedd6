/** The messages of rules. */
// datapath-ok-file: control messages
import { EEXIST, EINVAL, ENOENT, EOPNOTSUPP } from '@linnet/kernel';
import type { NlaPolicyTable, NlDump, NlRequest } from '@linnet/netlink';
import {
  NFT_CHAIN_BINDING, NFT_MSG_DELRULE, NFT_MSG_DESTROYRULE, NFT_MSG_GETRULE_RESET, NFT_MSG_NEWRULE, NFT_SET_ANONYMOUS, NFTA_LIST_ELEM, NFTA_RULE_CHAIN, NFTA_RULE_CHAIN_ID, NFTA_RULE_COMPAT, NFTA_RULE_EXPRESSIONS,
  NFTA_RULE_HANDLE, NFTA_RULE_ID, NFTA_RULE_POSITION, NFTA_RULE_POSITION_ID, NFTA_RULE_TABLE, NFTA_RULE_USERDATA, NLM_F_APPEND, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REPLACE, type NlWriter,
} from '@linnet/uapi';
import type { NfnlInfo } from '../nfnetlink.ts';
import { nftPolicy, nftPutU64 } from './nft-attr.ts';
import { dropChain, nftAnswer, nftBegin, nftDump, nftHandle, NftMsg, nftOf } from './nft-api.ts';
import { nftRuleProto } from './nft-compat.ts';
import { nftPutExprs, nftReadExpr } from './nft-expr.ts';
import { type NftChain, type NftExpr, nftJump, NftRule, type NftTable } from './nft-model.ts';
import { nftDropSet } from './nft-api-set.ts';

/** The most expressions of a rule. */
const MOST_EXPRS = 128;

export const RULE_POLICY: NlaPolicyTable = nftPolicy(11, {
  str: [NFTA_RULE_TABLE, NFTA_RULE_CHAIN], u64: [NFTA_RULE_HANDLE, NFTA_RULE_POSITION], nest: [NFTA_RULE_EXPRESSIONS, NFTA_RULE_COMPAT], u32: [NFTA_RULE_ID, NFTA_RULE_POSITION_ID, NFTA_RULE_CHAIN_ID],
  bin: [[NFTA_RULE_USERDATA, 256]],
});

function putRule(w: NlWriter, to: NlRequest | NlDump, c: NftChain, r: NftRule, prev: NftRule | null, msg: number, flags: number = 0, reset: boolean = false): void {
  nftBegin(w, c.table.nn, to, msg, flags, c.table.family);
  w.putString(NFTA_RULE_TABLE, c.table.name);
  w.putString(NFTA_RULE_CHAIN, c.name);
  nftPutU64(w, NFTA_RULE_HANDLE, r.handle);
  if (prev !== null) nftPutU64(w, NFTA_RULE_POSITION, prev.handle);
  nftPutExprs(w, NFTA_RULE_EXPRESSIONS, r.exprs, reset);
  if (r.udata !== null) w.putBytes(NFTA_RULE_USERDATA, r.udata);
}

function bind(r: NftRule): void {
  for (const e of r.exprs) e.bind?.();
}
function unbind(r: NftRule): void {
  for (const e of r.exprs) e.unbind?.();
}
function end(r: NftRule): void {
  for (const e of r.exprs) e.end?.();
}
/** What belongs to a rule alone goes with it: sets and chains without a name of their own. */
function dropOwn(m: NftMsg, r: NftRule): void {
  for (const e of r.exprs) {
    if (e.set !== null && (e.set.desc.flags & NFT_SET_ANONYMOUS) !== 0 && e.set.use === 0) nftDropSet(m, e.set);
    const chain = nftJump(e.verdict);
    if (chain !== null && (chain.flags & NFT_CHAIN_BINDING) !== 0) {
      dropRules(m, chain);
      dropChain(m, chain);
    }
  }
}

/** Takes a rule out of its chain. */
function dropRule(m: NftMsg, c: NftChain, r: NftRule): void {
  const at = c.rules.indexOf(r);
  c.rules.splice(at, 1);
  c.use--;
  unbind(r);
  m.did(() => {
    bind(r);
    c.use++;
    c.rules.splice(at, 0, r);
  }, (w) => putRule(w, m.req, c, r, null, NFT_MSG_DELRULE, m.req.flags & NLM_F_APPEND), () => end(r));
  dropOwn(m, r);
}

/** Takes all rules out of a chain. */
export function dropRules(m: NftMsg, c: NftChain): void {
  for (const r of c.rules.slice()) dropRule(m, c, r);
}

/** The chain that the message names: with it, or a negative errno. */
function chainOf(m: NftMsg, t: NftTable): NftChain | number {
  const { a } = m;
  if (a.has(NFTA_RULE_CHAIN)) {
    const c = t.chains.get(a.str(NFTA_RULE_CHAIN));
    if (c === undefined) return m.bad(-ENOENT, NFTA_RULE_CHAIN);
    return (c.flags & NFT_CHAIN_BINDING) !== 0 ? -EOPNOTSUPP : c;
  }
  if (!a.has(NFTA_RULE_CHAIN_ID)) return -EINVAL;
  const c = m.nn.chainIds.get(a.u32(NFTA_RULE_CHAIN_ID));
  return c === undefined || c.table !== t ? m.bad(-ENOENT, NFTA_RULE_CHAIN_ID) : c;
}

function byHandle(m: NftMsg, c: NftChain, type: number): NftRule | number {
  const h = m.a.u64(type);
  return c.rules.find((r) => r.handle === h) ?? m.bad(-ENOENT, type);
}

function exprsOf(m: NftMsg, t: NftTable, c: NftChain): NftExpr[] | number {
  if (!m.a.has(NFTA_RULE_EXPRESSIONS)) return [];
  const list = m.a.list(NFTA_RULE_EXPRESSIONS, NFTA_LIST_ELEM);
  if (typeof list === 'number' || list.length > MOST_EXPRS) return -EINVAL;
  const proto = nftRuleProto(m.a, NFTA_RULE_COMPAT);
  if (typeof proto === 'number') return proto;
  const ctx = m.ctx(t, c, proto);
  const out: NftExpr[] = [];
  for (const nla of list) {
    const e = nftReadExpr(ctx, nla);
    if (typeof e === 'number') {
      for (const x of out) x.end?.();
      return e;
    }
    out.push(e);
  }
  return out;
}

/** Must the whole ruleset be looked at because of this rule? */
function suspect(r: NftRule): boolean {
  return r.exprs.some((e) => e.check !== null || nftJump(e.verdict) !== null || e.set !== null);
}

/** Where a new rule goes, and the one that it takes the place of; or a negative errno. */
function placeOf(m: NftMsg, c: NftChain): { at: number; old: NftRule | null } | number {
  const { a } = m;
  if (a.has(NFTA_RULE_HANDLE)) {
    const r = byHandle(m, c, NFTA_RULE_HANDLE);
    if (typeof r === 'number') return r;
    if (m.flag(NLM_F_EXCL)) return m.bad(-EEXIST, NFTA_RULE_HANDLE);
    return m.flag(NLM_F_REPLACE) ? { at: c.rules.indexOf(r), old: r } : -EOPNOTSUPP;
  }
  if (!m.flag(NLM_F_CREATE) || m.flag(NLM_F_REPLACE)) return -EINVAL;
  let to: NftRule | undefined;
  if (a.has(NFTA_RULE_POSITION)) {
    const r = byHandle(m, c, NFTA_RULE_POSITION);
    if (typeof r === 'number') return r;
    to = r;
  } else if (a.has(NFTA_RULE_POSITION_ID)) {
    to = m.nn.ruleIds.get(a.u32(NFTA_RULE_POSITION_ID));
    if (to === undefined || !c.rules.includes(to)) return m.bad(-ENOENT, NFTA_RULE_POSITION_ID);
  }
  const append = m.flag(NLM_F_APPEND);
  if (to === undefined) return { at: append ? c.rules.length : 0, old: null };
  return { at: c.rules.indexOf(to) + (append ? 1 : 0), old: null };
}

export function newRule(info: NfnlInfo): number {
  const m = new NftMsg(info);
  const { a, nn } = m;
  const t = m.table(NFTA_RULE_TABLE, true);
  if (typeof t === 'number') return t;
  const c = chainOf(m, t);
  if (typeof c === 'number') return c;
  const place = placeOf(m, c);
  if (typeof place === 'number') return place;
  // A number is gone even when the rule comes to nothing; one in the place of another keeps that one's.
  const handle = place.old?.handle ?? nftHandle(t);
  const exprs = exprsOf(m, t, c);
  if (typeof exprs === 'number') return exprs;
  const r = new NftRule(handle, exprs, a.bytes(NFTA_RULE_USERDATA));
  bind(r);
  if (place.old !== null) dropRule(m, c, place.old);
  c.rules.splice(place.at, 0, r);
  c.use++;
  if (a.has(NFTA_RULE_ID)) nn.ruleIds.set(a.u32(NFTA_RULE_ID), r);
  if (suspect(r)) nn.suspects.add(t);
  const flags = m.req.flags & (NLM_F_CREATE | NLM_F_APPEND | NLM_F_EXCL);
  m.did(() => {
    c.rules.splice(c.rules.indexOf(r), 1);
    c.use--;
    unbind(r);
    end(r);
  }, (w) => putRule(w, m.req, c, r, null, NFT_MSG_NEWRULE, flags));
  return 0;
}

export function getRule(info: NfnlInfo): number {
  const m = new NftMsg(info);
  const { a } = m;
  const reset = m.type === NFT_MSG_GETRULE_RESET;
  if ((m.req.flags & NLM_F_DUMP) === NLM_F_DUMP) {
    const tables = (): NftTable[] => m.nn.tables.filter((t) => nftOf(m, t.family) && (!a.has(NFTA_RULE_TABLE) || t.name === a.str(NFTA_RULE_TABLE)));
    const list = (): { c: NftChain; r: NftRule; prev: NftRule | null }[] => tables().flatMap((t) => t.chains.all).filter((c) => !a.has(NFTA_RULE_CHAIN) || c.name === a.str(NFTA_RULE_CHAIN))
      .flatMap((c) => c.rules.map((r, i) => ({ c, r, prev: c.rules[i - 1] ?? null })));
    return nftDump(m, list, (w, cb, x) => putRule(w, cb, x.c, x.r, x.prev, NFT_MSG_NEWRULE, NLM_F_APPEND, reset));
  }
  const t = m.table(NFTA_RULE_TABLE, false);
  if (typeof t === 'number') return t;
  const c = chainOf(m, t);
  if (typeof c === 'number') return c;
  const r = byHandle(m, c, NFTA_RULE_HANDLE);
  if (typeof r === 'number') return r;
  return nftAnswer(m, (w) => {
    putRule(w, m.req, c, r, null, NFT_MSG_NEWRULE, 0, reset);
    w.end();
  });
}

export function delRule(info: NfnlInfo): number {
  const m = new NftMsg(info);
  const { a } = m;
  const t = m.table(NFTA_RULE_TABLE, true);
  if (typeof t === 'number') return t;
  if (!a.has(NFTA_RULE_CHAIN)) {
    for (const c of t.chains.all.slice()) if ((c.flags & NFT_CHAIN_BINDING) === 0) dropRules(m, c);
    return 0;
  }
  const c = chainOf(m, t);
  if (typeof c === 'number') return c;
  if (a.has(NFTA_RULE_HANDLE)) {
    const r = byHandle(m, c, NFTA_RULE_HANDLE);
    if (typeof r === 'number') return m.type === NFT_MSG_DESTROYRULE && r === -ENOENT ? 0 : r;
    dropRule(m, c, r);
  } else if (a.has(NFTA_RULE_ID)) {
    const r = m.nn.ruleIds.get(a.u32(NFTA_RULE_ID));
    if (r === undefined || !c.rules.includes(r)) return m.bad(-ENOENT, NFTA_RULE_ID);
    dropRule(m, c, r);
  } else {
    dropRules(m, c);
  }
  return 0;
}
