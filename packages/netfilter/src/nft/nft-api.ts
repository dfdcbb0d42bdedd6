/** The messages of nf_tables: what they share, and those of tables and chains. */
// datapath-ok-file: control messages
import { EBUSY, EEXIST, EINVAL, EMSGSIZE, ENOENT, EOPNOTSUPP, EPERM } from '@linnet/kernel';
import { type NetDevice, NETDEV_NET, NF_ACCEPT, NF_DROP, NFPROTO_INET, NFPROTO_NETDEV } from '@linnet/netdev';
import { type NlaPolicyTable, netlinkDumpStart, type NlDump, type NlRequest, nlSetBadAttr } from '@linnet/netlink';
import {
  NFT_CHAIN_BASE, NFT_CHAIN_BINDING, NFT_MSG_DELCHAIN, NFT_MSG_DELTABLE, NFT_MSG_DESTROYCHAIN, NFT_MSG_DESTROYTABLE, NFT_MSG_NEWCHAIN, NFT_MSG_NEWTABLE, NFT_TABLE_F_DORMANT, NFT_TABLE_F_OWNER, NFTA_CHAIN_COUNTERS,
  NFTA_CHAIN_FLAGS, NFTA_CHAIN_HANDLE, NFTA_CHAIN_HOOK, NFTA_CHAIN_ID, NFTA_CHAIN_NAME, NFTA_CHAIN_POLICY, NFTA_CHAIN_TABLE, NFTA_CHAIN_TYPE, NFTA_CHAIN_USE, NFTA_CHAIN_USERDATA,
  NFTA_COUNTER_BYTES, NFTA_COUNTER_PACKETS, NFTA_DEVICE_NAME, NFTA_HOOK_DEV, NFTA_HOOK_DEVS, NFTA_HOOK_HOOKNUM, NFTA_HOOK_PRIORITY, NFTA_TABLE_FLAGS, NFTA_TABLE_HANDLE, NFTA_TABLE_NAME, NFTA_TABLE_OWNER,
  NFTA_TABLE_USE, NFTA_TABLE_USERDATA, nlaGetString, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_NONREC, NLM_F_REPLACE, NlWriter,
} from '@linnet/uapi';
import { NF_IP_PRI_CONNTRACK } from '../nf-conntrack-common.ts';
import { NFNL_SUBSYS_NFTABLES, nfnlDumpPut, type NfnlInfo, nfnlMsgPut, nfnlMsgType, nfnlUnicast } from '../nfnetlink.ts';
import { NftAttrs, nftPolicy, nftPutU64 } from './nft-attr.ts';
import { NFT_ANY_PROTO, type NftRuleProto } from './nft-compat.ts';
import { nftHook, nftTypeHooks } from './nft-core.ts';
import { nftKind } from './nft-kinds.ts';
import { NF_TABLES, NftBase, NftChain, type NftCtx, type NftNet, nftTable, NftTable } from './nft-model.ts';

/** A message as its handler sees it. */
export class NftMsg {
  readonly info: NfnlInfo;
  readonly nn: NftNet;
  readonly req: NlRequest;
  readonly a: NftAttrs;
  readonly family: number;
  readonly type: number;
  constructor(info: NfnlInfo) {
    this.info = info;
    this.nn = info.net.get(NF_TABLES);
    this.req = info.req;
    this.a = new NftAttrs(info.req, info.tb);
    this.family = info.family;
    this.type = info.req.type & 0xff;
  }
  flag(bit: number): boolean {
    return (this.req.flags & bit) !== 0;
  }
  /** Refuses, and names the attribute at fault. */
  bad(err: number, type: number): number {
    if (this.a.has(type)) nlSetBadAttr(this.req.extack, this.a.at(type));
    return err;
  }
  /** The table that attribute `type` names; a change of one that a program keeps for itself is refused. */
  table(type: number, change: boolean): NftTable | number {
    if (!this.a.has(type)) return -EINVAL;
    const t = nftTable(this.nn, this.family, this.a.str(type));
    if (t === null) return this.bad(-ENOENT, type);
    if (change && t.owner !== 0 && t.owner !== this.req.portid) return this.bad(-EPERM, type);
    return t;
  }
  ctx(table: NftTable, chain: NftChain | null, proto: NftRuleProto = NFT_ANY_PROTO): NftCtx {
    return { nn: this.nn, net: this.nn.net, table, chain, family: table.family, proto, req: this.req, find: nftKind };
  }
  /** Notes a change that was made. */
  did(undo: () => void, tell: ((w: NlWriter) => void) | null, done: (() => void) | null = null): void {
    this.nn.log.push({ req: this.req, undo, done, tell });
  }
}

/** Begins a message of an answer, an event (both with the request's numbers), or a listing. */
export function nftBegin(w: NlWriter, nn: NftNet, to: NlRequest | NlDump, msg: number, flags: number, family: number): void {
  const type = nfnlMsgType(NFNL_SUBSYS_NFTABLES, msg);
  if ('prevSeq' in to) nfnlDumpPut(w, to, type, flags, family, 0, nn.genid & 0xffff);
  else nfnlMsgPut(w, to, type, flags, family, 0, nn.genid & 0xffff);
}

/** Answers with a single message. */
export function nftAnswer(m: NftMsg, put: (w: NlWriter) => void): number {
  const w = new NlWriter({ capacity: 1024 });
  put(w);
  nfnlUnicast(m.nn.net, w, m.req.portid);
  return 0;
}

/** Answers with a listing of things as they are now. */
export function nftDump<T>(m: NftMsg, list: () => readonly T[], put: (w: NlWriter, cb: NlDump, x: T) => void): number {
  const { nn } = m;
  return netlinkDumpStart(m.req, m.info.skb, {
    start(cb): number {
      cb.data = list() as unknown as object;
      return 0;
    },
    dump(_req, w, cb): number {
      cb.seq = nn.genid;
      const all = cb.data as readonly T[];
      for (; cb.i < all.length; cb.i++) {
        put(w, cb, all[cb.i]!);
        if (w.end() < 0) return -EMSGSIZE;
      }
      return 0;
    },
  });
}

/** Is the message for things of this family? */
export function nftOf(m: NftMsg, family: number): boolean {
  return m.family === 0 || m.family === family;
}

/** A new handle within a table. */
export function nftHandle(t: NftTable): number {
  return ++t.handles;
}

// Tables

export const TABLE_POLICY: NlaPolicyTable = nftPolicy(7, { str: [NFTA_TABLE_NAME], u32: [NFTA_TABLE_FLAGS], u64: [NFTA_TABLE_HANDLE], bin: [[NFTA_TABLE_USERDATA, 256]] });

export function putTable(w: NlWriter, to: NlRequest | NlDump, t: NftTable, msg: number, flags: number = 0): void {
  nftBegin(w, t.nn, to, msg, flags, t.family);
  w.putString(NFTA_TABLE_NAME, t.name);
  // Of what is gone only the name is told, here as elsewhere.
  if (msg !== NFT_MSG_DELTABLE) w.putBe32(NFTA_TABLE_USE, t.use);
  nftPutU64(w, NFTA_TABLE_HANDLE, t.handle);
  if (msg === NFT_MSG_DELTABLE) return;
  w.putBe32(NFTA_TABLE_FLAGS, t.flags);
  if (t.owner !== 0) w.putBe32(NFTA_TABLE_OWNER, t.owner);
  if (t.udata !== null) w.putBytes(NFTA_TABLE_USERDATA, t.udata);
}

/** The devices of a chain that are there; a name with a star at its end is that of all that begin so. */
function devices(nn: NftNet, names: readonly string[], gone: NetDevice | null): NetDevice[] {
  if (names.length === 0) return [];
  return nn.net.get(NETDEV_NET).devs.filter((d) => d !== gone && names.some((n) => (n.endsWith('*') ? d.name.startsWith(n.slice(0, -1)) : d.name === n)));
}

/** Hooks a base chain in, unless its table sleeps. */
export function hookIn(c: NftChain, gone: NetDevice | null = null): number {
  const { base, table } = c;
  if (base === null || base.hooks !== null || (table.flags & NFT_TABLE_F_DORMANT) !== 0) return 0;
  const h = nftHook(table.nn, c, devices(table.nn, base.devs, gone));
  if (typeof h === 'number') return h;
  base.hooks = h;
  return 0;
}
export function unhook(c: NftChain): void {
  const { base } = c;
  if (base === null || base.hooks === null) return;
  base.hooks();
  base.hooks = null;
}

function setFlags(t: NftTable, flags: number): void {
  t.flags = flags;
  for (const c of t.chains.all) {
    if ((flags & NFT_TABLE_F_DORMANT) !== 0) unhook(c);
    else hookIn(c);
  }
}

export function newTable(info: NfnlInfo): number {
  const m = new NftMsg(info);
  const { a, nn } = m;
  if (!a.has(NFTA_TABLE_NAME)) return -EINVAL;
  if (![1, 2, 3, 5, 7, 10].includes(m.family)) return -EOPNOTSUPP;
  const name = a.str(NFTA_TABLE_NAME);
  const old = nftTable(nn, m.family, name);
  const flags = a.u32(NFTA_TABLE_FLAGS);
  if (old !== null) {
    if (m.flag(NLM_F_EXCL)) return m.bad(-EEXIST, NFTA_TABLE_NAME);
    if (m.flag(NLM_F_REPLACE)) return -EOPNOTSUPP;
    if (old.owner !== 0 && old.owner !== m.req.portid) return m.bad(-EPERM, NFTA_TABLE_NAME);
    if (!a.has(NFTA_TABLE_FLAGS)) return 0;
    if ((flags & ~(NFT_TABLE_F_DORMANT | NFT_TABLE_F_OWNER)) !== 0 || ((flags ^ old.flags) & NFT_TABLE_F_OWNER) !== 0) return -EOPNOTSUPP;
    const before = old.flags;
    if (flags === before) return 0;
    setFlags(old, flags);
    m.did(() => setFlags(old, before), (w) => putTable(w, m.req, old, NFT_MSG_NEWTABLE));
    return 0;
  }
  if ((flags & ~(NFT_TABLE_F_DORMANT | NFT_TABLE_F_OWNER)) !== 0) return -EOPNOTSUPP;
  const t = new NftTable(nn, m.family, name, ++nn.handles, flags, (flags & NFT_TABLE_F_OWNER) !== 0 ? m.req.portid : 0, a.bytes(NFTA_TABLE_USERDATA));
  nn.tables.push(t);
  m.did(() => {
    nn.tables.splice(nn.tables.indexOf(t), 1);
  }, (w) => putTable(w, m.req, t, NFT_MSG_NEWTABLE, m.req.flags & (NLM_F_CREATE | NLM_F_EXCL)));
  return 0;
}

export function getTable(info: NfnlInfo): number {
  const m = new NftMsg(info);
  if (m.flag(NLM_F_DUMP) && (m.req.flags & NLM_F_DUMP) === NLM_F_DUMP) {
    return nftDump(m, () => m.nn.tables.filter((t) => nftOf(m, t.family)), (w, cb, t) => putTable(w, cb, t, NFT_MSG_NEWTABLE));
  }
  const t = m.table(NFTA_TABLE_NAME, false);
  if (typeof t === 'number') return t;
  return nftAnswer(m, (w) => {
    putTable(w, m.req, t, NFT_MSG_NEWTABLE);
    w.end();
  });
}

/** Empties a table and takes it out: `flush` says how (see nft-api-rule.ts and nft-api-set.ts). */
export function dropTable(m: NftMsg, t: NftTable, flush: (m: NftMsg, t: NftTable) => void): void {
  const { nn } = m;
  flush(m, t);
  const at = nn.tables.indexOf(t);
  nn.tables.splice(at, 1);
  m.did(() => {
    nn.tables.splice(at, 0, t);
  }, (w) => putTable(w, m.req, t, NFT_MSG_DELTABLE));
}

export function delTable(flush: (m: NftMsg, t: NftTable) => void): (info: NfnlInfo) => number {
  return (info) => {
    const m = new NftMsg(info);
    const { a, nn } = m;
    if (!a.has(NFTA_TABLE_NAME) && !a.has(NFTA_TABLE_HANDLE)) {
      for (const t of nn.tables.slice()) if (nftOf(m, t.family) && (t.owner === 0 || t.owner === m.req.portid)) dropTable(m, t, flush);
      return 0;
    }
    const by = a.has(NFTA_TABLE_HANDLE) ? NFTA_TABLE_HANDLE : NFTA_TABLE_NAME;
    const t = by === NFTA_TABLE_HANDLE ? nn.tables.find((x) => x.family === m.family && x.handle === a.u64(NFTA_TABLE_HANDLE)) ?? null : nftTable(nn, m.family, a.str(NFTA_TABLE_NAME));
    if (t === null) return m.type === NFT_MSG_DESTROYTABLE ? 0 : m.bad(-ENOENT, by);
    if (t.owner !== 0 && t.owner !== m.req.portid) return m.bad(-EPERM, by);
    dropTable(m, t, flush);
    return 0;
  };
}

// Chains

export const CHAIN_POLICY: NlaPolicyTable = nftPolicy(12, {
  str: [NFTA_CHAIN_TABLE, NFTA_CHAIN_NAME, NFTA_CHAIN_TYPE], u64: [NFTA_CHAIN_HANDLE], nest: [NFTA_CHAIN_HOOK, NFTA_CHAIN_COUNTERS], u32: [NFTA_CHAIN_POLICY, NFTA_CHAIN_FLAGS, NFTA_CHAIN_ID],
  bin: [[NFTA_CHAIN_USERDATA, 256]],
});
const COUNTERS_POLICY = nftPolicy(2, { u64: [NFTA_COUNTER_PACKETS, NFTA_COUNTER_BYTES] });
const HOOK_POLICY = nftPolicy(4, { u32: [NFTA_HOOK_HOOKNUM, NFTA_HOOK_PRIORITY], str: [NFTA_HOOK_DEV], nest: [NFTA_HOOK_DEVS] });

export function putChain(w: NlWriter, to: NlRequest | NlDump, c: NftChain, msg: number, flags: number = 0): void {
  const { table: t, base } = c;
  nftBegin(w, t.nn, to, msg, flags, t.family);
  w.putString(NFTA_CHAIN_TABLE, t.name);
  w.putString(NFTA_CHAIN_NAME, c.name);
  nftPutU64(w, NFTA_CHAIN_HANDLE, c.handle);
  if (msg === NFT_MSG_DELCHAIN) return;
  if (base !== null) {
    w.nestStartNoflag(NFTA_CHAIN_HOOK);
    w.putBe32(NFTA_HOOK_HOOKNUM, base.hooknum);
    w.putBe32(NFTA_HOOK_PRIORITY, base.priority);
    if (base.devs.length > 0) {
      w.nestStartNoflag(NFTA_HOOK_DEVS);
      for (const d of base.devs) w.putString(NFTA_DEVICE_NAME, d);
      w.nestEnd();
      if (base.devs.length === 1) w.putString(NFTA_HOOK_DEV, base.devs[0]!);
    }
    w.nestEnd();
    w.putBe32(NFTA_CHAIN_POLICY, base.policy);
    w.putString(NFTA_CHAIN_TYPE, base.type);
    if (base.stats) {
      w.nestStartNoflag(NFTA_CHAIN_COUNTERS);
      nftPutU64(w, NFTA_COUNTER_PACKETS, base.packets);
      nftPutU64(w, NFTA_COUNTER_BYTES, base.bytes);
      w.nestEnd();
    }
  }
  if (c.flags !== 0) w.putBe32(NFTA_CHAIN_FLAGS, c.flags);
  w.putBe32(NFTA_CHAIN_USE, c.use);
  if (c.udata !== null) w.putBytes(NFTA_CHAIN_USERDATA, c.udata);
}

/** Does a chain of the family need devices? */
function needsDevs(family: number, hooknum: number): boolean {
  return family === NFPROTO_NETDEV || (family === NFPROTO_INET && hooknum === 5);
}

/** What makes a base chain, from the message; or a negative errno. */
function readBase(m: NftMsg, old: NftChain | null): NftBase | number {
  const { a } = m;
  const h = a.nest(NFTA_CHAIN_HOOK, HOOK_POLICY);
  if (typeof h === 'number') return h;
  if (!h.has(NFTA_HOOK_HOOKNUM) || !h.has(NFTA_HOOK_PRIORITY)) return old?.base ?? -ENOENT;
  const hooknum = h.u32(NFTA_HOOK_HOOKNUM);
  const priority = h.u32(NFTA_HOOK_PRIORITY) | 0;
  const type = a.has(NFTA_CHAIN_TYPE) ? a.str(NFTA_CHAIN_TYPE) : 'filter';
  const points = nftTypeHooks(m.family, type);
  if (points < 0) return m.bad(-ENOENT, NFTA_CHAIN_TYPE);
  if (hooknum > 7 || (points & (1 << hooknum)) === 0) return -EOPNOTSUPP;
  if (type === 'nat' && priority <= NF_IP_PRI_CONNTRACK) return -EOPNOTSUPP;
  const devs: string[] = [];
  if (needsDevs(m.family, hooknum)) {
    if (h.has(NFTA_HOOK_DEV)) {
      devs.push(h.str(NFTA_HOOK_DEV));
    } else if (h.has(NFTA_HOOK_DEVS)) {
      const list = h.list(NFTA_HOOK_DEVS, NFTA_DEVICE_NAME);
      if (typeof list === 'number') return -EINVAL;
      for (const nla of list) {
        devs.push(nlaGetString(m.req.view, nla));
      }
    } else if (old === null) {
      return -EINVAL;
    }
  } else if (h.has(NFTA_HOOK_DEV) || h.has(NFTA_HOOK_DEVS)) {
    return -EOPNOTSUPP;
  }
  return new NftBase(type, hooknum, priority, NF_ACCEPT, devs, h.has(NFTA_HOOK_DEVS));
}

/** What a chain has counted, as the message says; null: nothing of it; or a negative errno. */
function readStats(m: NftMsg): { packets: number; bytes: number } | null | number {
  if (!m.a.has(NFTA_CHAIN_COUNTERS)) return null;
  const c = m.a.nest(NFTA_CHAIN_COUNTERS, COUNTERS_POLICY);
  if (typeof c === 'number') return c;
  if (!c.has(NFTA_COUNTER_PACKETS) || !c.has(NFTA_COUNTER_BYTES)) return -EINVAL;
  return { packets: c.u64(NFTA_COUNTER_PACKETS), bytes: c.u64(NFTA_COUNTER_BYTES) };
}

function changeChain(m: NftMsg, c: NftChain, policy: number): number {
  const { a } = m;
  if (a.has(NFTA_CHAIN_HOOK)) {
    if (c.base === null) return m.bad(-EEXIST, NFTA_CHAIN_NAME);
    const b = readBase(m, c);
    if (typeof b === 'number') return b;
    if (b.type !== c.base.type || b.hooknum !== c.base.hooknum || b.priority !== c.base.priority) return -EOPNOTSUPP;
    if (b.devs.some((d) => !c.base!.devs.includes(d))) return m.bad(-EOPNOTSUPP, NFTA_CHAIN_HOOK);
  }
  const stats = readStats(m);
  if (typeof stats === 'number') return stats;
  if (stats !== null && c.base === null) return m.bad(-EOPNOTSUPP, NFTA_CHAIN_COUNTERS);
  const { base } = c;
  const before = { name: c.name, policy: base?.policy ?? 0, counts: base?.stats ?? false, packets: base?.packets ?? 0, bytes: base?.bytes ?? 0 };
  if (a.has(NFTA_CHAIN_HANDLE) && a.has(NFTA_CHAIN_NAME) && a.str(NFTA_CHAIN_NAME) !== c.name) {
    const name = a.str(NFTA_CHAIN_NAME);
    if (c.table.chains.get(name) !== undefined) return m.bad(-EEXIST, NFTA_CHAIN_NAME);
    rename(c, name);
  }
  if (policy >= 0) base!.policy = policy;
  if (stats !== null) base!.count(true, stats.packets, stats.bytes);
  m.did(() => {
    if (c.name !== before.name) rename(c, before.name);
    if (base === null) return;
    base.policy = before.policy;
    if (stats !== null) base.count(before.counts, before.packets, before.bytes);
  }, (w) => putChain(w, m.req, c, NFT_MSG_NEWCHAIN));
  return 0;
}
function rename(c: NftChain, name: string): void {
  const { chains } = c.table;
  const at = chains.remove(c);
  c.name = name;
  chains.insert(c, at);
}

export function newChain(info: NfnlInfo): number {
  const m = new NftMsg(info);
  const { a, nn } = m;
  const t = m.table(NFTA_CHAIN_TABLE, true);
  if (typeof t === 'number') return t;
  const hasName = a.has(NFTA_CHAIN_NAME);
  let old: NftChain | null = null;
  if (a.has(NFTA_CHAIN_HANDLE)) {
    old = t.chains.all.find((c) => c.handle === a.u64(NFTA_CHAIN_HANDLE)) ?? null;
    if (old === null) return m.bad(-ENOENT, NFTA_CHAIN_HANDLE);
  } else if (hasName) {
    old = t.chains.get(a.str(NFTA_CHAIN_NAME)) ?? null;
  } else if (!a.has(NFTA_CHAIN_ID)) {
    return -EINVAL;
  }
  let policy = -1;
  if (a.has(NFTA_CHAIN_POLICY)) {
    if (old !== null ? old.base === null : !a.has(NFTA_CHAIN_HOOK)) return m.bad(-EOPNOTSUPP, NFTA_CHAIN_POLICY);
    policy = a.u32(NFTA_CHAIN_POLICY);
    if (policy !== NF_DROP && policy !== NF_ACCEPT) return -EINVAL;
  }
  const flags = a.u32(NFTA_CHAIN_FLAGS);
  if ((flags & ~(NFT_CHAIN_BASE | NFT_CHAIN_BINDING)) !== 0) return -EOPNOTSUPP;
  if (old !== null) {
    if (m.flag(NLM_F_EXCL)) return m.bad(-EEXIST, NFTA_CHAIN_NAME);
    if (m.flag(NLM_F_REPLACE)) return -EOPNOTSUPP;
    return changeChain(m, old, policy);
  }
  let base: NftBase | null = null;
  if (a.has(NFTA_CHAIN_HOOK)) {
    if ((flags & NFT_CHAIN_BINDING) !== 0) return -EOPNOTSUPP;
    const b = readBase(m, null);
    if (typeof b === 'number') return b;
    const stats = readStats(m);
    if (typeof stats === 'number') return stats;
    base = b;
    if (stats !== null) base.count(true, stats.packets, stats.bytes);
    if (policy >= 0) base.policy = policy;
  } else if ((flags & NFT_CHAIN_BASE) !== 0) {
    return -EINVAL;
  }
  if (!hasName && (flags & NFT_CHAIN_BINDING) === 0) return -EINVAL;
  const handle = nftHandle(t);
  const c = new NftChain(t, hasName ? a.str(NFTA_CHAIN_NAME) : `__chain${handle}`, handle, base !== null ? flags | NFT_CHAIN_BASE : flags, a.bytes(NFTA_CHAIN_USERDATA), base);
  const err = hookIn(c);
  if (err !== 0) return err;
  t.chains.insert(c);
  if (a.has(NFTA_CHAIN_ID)) nn.chainIds.set(a.u32(NFTA_CHAIN_ID), c);
  m.did(() => {
    unhook(c);
    t.chains.remove(c);
  }, (w) => putChain(w, m.req, c, NFT_MSG_NEWCHAIN, m.req.flags & (NLM_F_CREATE | NLM_F_EXCL)));
  return 0;
}

export function getChain(info: NfnlInfo): number {
  const m = new NftMsg(info);
  if ((m.req.flags & NLM_F_DUMP) === NLM_F_DUMP) {
    const list = (): NftChain[] => m.nn.tables.filter((t) => nftOf(m, t.family) && (!m.a.has(NFTA_CHAIN_TABLE) || t.name === m.a.str(NFTA_CHAIN_TABLE))).flatMap((t) => t.chains.all);
    return nftDump(m, list, (w, cb, c) => putChain(w, cb, c, NFT_MSG_NEWCHAIN));
  }
  const t = m.table(NFTA_CHAIN_TABLE, false);
  if (typeof t === 'number') return t;
  const c = t.chains.get(m.a.str(NFTA_CHAIN_NAME));
  if (c === undefined) return m.bad(-ENOENT, NFTA_CHAIN_NAME);
  return nftAnswer(m, (w) => {
    putChain(w, m.req, c, NFT_MSG_NEWCHAIN);
    w.end();
  });
}

/** Takes a chain out, which nothing uses any more. */
export function dropChain(m: NftMsg, c: NftChain): void {
  const { chains } = c.table;
  unhook(c);
  const at = chains.remove(c);
  m.did(() => {
    chains.insert(c, at);
    hookIn(c);
  }, (w) => putChain(w, m.req, c, NFT_MSG_DELCHAIN));
}

export function delChain(dropRules: (m: NftMsg, c: NftChain) => void): (info: NfnlInfo) => number {
  return (info) => {
    const m = new NftMsg(info);
    const { a } = m;
    const t = m.table(NFTA_CHAIN_TABLE, true);
    if (typeof t === 'number') return t;
    const by = a.has(NFTA_CHAIN_HANDLE) ? NFTA_CHAIN_HANDLE : NFTA_CHAIN_NAME;
    const c = by === NFTA_CHAIN_HANDLE ? t.chains.all.find((x) => x.handle === a.u64(NFTA_CHAIN_HANDLE)) : t.chains.get(a.str(NFTA_CHAIN_NAME));
    if (c === undefined) return m.type === NFT_MSG_DESTROYCHAIN ? 0 : m.bad(-ENOENT, by);
    if ((c.flags & NFT_CHAIN_BINDING) !== 0) return -EOPNOTSUPP;
    // Its rules go with it, unless that is not wanted; jumps to it must not be.
    if (c.use > (m.flag(NLM_F_NONREC) ? 0 : c.rules.length)) return m.bad(-EBUSY, by);
    dropRules(m, c);
    if (c.use > 0) return -EBUSY;
    dropChain(m, c);
    return 0;
  };
}
