/** The messages of sets' elements. */
// datapath-ok-file: control messages
import { EBUSY, EEXIST, EINVAL, EMSGSIZE, ENFILE, ENOENT, EOPNOTSUPP } from '@linnet/kernel';
import { type NlaPolicyTable, netlinkDumpStart, type NlDump, type NlRequest, nlSetBadAttr } from '@linnet/netlink';
import {
  NFT_DATA_VERDICT, NFT_MSG_DELSETELEM, NFT_MSG_DESTROYSETELEM, NFT_MSG_GETSETELEM_RESET, NFT_MSG_NEWSETELEM, NFT_SET_ANONYMOUS, NFT_SET_CONSTANT, NFT_SET_ELEM_CATCHALL, NFT_SET_ELEM_INTERVAL_END,
  NFT_SET_INTERVAL, NFT_SET_MAP, NFT_SET_OBJECT, NFT_SET_TIMEOUT, NFTA_LIST_ELEM, NFTA_SET_ELEM_DATA, NFTA_SET_ELEM_EXPIRATION, NFTA_SET_ELEM_EXPR, NFTA_SET_ELEM_EXPRESSIONS, NFTA_SET_ELEM_FLAGS,
  NFTA_SET_ELEM_KEY, NFTA_SET_ELEM_KEY_END, NFTA_SET_ELEM_LIST_ELEMENTS, NFTA_SET_ELEM_LIST_SET, NFTA_SET_ELEM_LIST_SET_ID, NFTA_SET_ELEM_LIST_TABLE, NFTA_SET_ELEM_OBJREF,
  NFTA_SET_ELEM_TIMEOUT, NFTA_SET_ELEM_USERDATA, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, type NlWriter,
} from '@linnet/uapi';
import type { NfnlInfo } from '../nfnetlink.ts';
import { type NftAttrs, nftNest, nftPolicy, nftPutU64 } from './nft-attr.ts';
import { nftAnswer, nftBegin, NftMsg } from './nft-api.ts';
import { holdElem, releaseElem } from './nft-elem.ts';
import { nftJump } from './nft-model.ts';
import { nftElemExprs } from './nft-dyn.ts';
import { nftData, nftPutExpr, nftPutExprs, nftPutValue, nftPutVerdict, nftValue } from './nft-expr.ts';
import {
  nftElemAlive, NftElem, nftPadded, type NftSet, nftSetCollect, nftSetFull, nftSetElems, nftSetEndBehind, nftSetFind, nftSetInsert, nftSetLookup, nftSetOverlap, nftSetRemove,
} from './nft-set.ts';

const MS = 1e6;
/** Elements in one message of a listing. */
const PER_MESSAGE = 12;

export const ELEM_LIST_POLICY: NlaPolicyTable = nftPolicy(4, { str: [NFTA_SET_ELEM_LIST_TABLE, NFTA_SET_ELEM_LIST_SET], nest: [NFTA_SET_ELEM_LIST_ELEMENTS], u32: [NFTA_SET_ELEM_LIST_SET_ID] });
const ELEM_POLICY = nftPolicy(11, {
  nest: [NFTA_SET_ELEM_KEY, NFTA_SET_ELEM_DATA, NFTA_SET_ELEM_EXPR, NFTA_SET_ELEM_KEY_END, NFTA_SET_ELEM_EXPRESSIONS], u32: [NFTA_SET_ELEM_FLAGS], u64: [NFTA_SET_ELEM_TIMEOUT, NFTA_SET_ELEM_EXPIRATION],
  bin: [[NFTA_SET_ELEM_USERDATA, 256]], str: [NFTA_SET_ELEM_OBJREF],
});

function putElem(w: NlWriter, s: NftSet, e: NftElem, reset: boolean): void {
  w.nestStartNoflag(NFTA_LIST_ELEM);
  const { keyLen, dataLen } = s.desc;
  if ((e.flags & NFT_SET_ELEM_CATCHALL) === 0) nftPutValue(w, NFTA_SET_ELEM_KEY, e.key.subarray(0, keyLen));
  if (e.keyEnd !== null) nftPutValue(w, NFTA_SET_ELEM_KEY_END, e.keyEnd.subarray(0, keyLen));
  if (e.verdict !== null) nftPutVerdict(w, NFTA_SET_ELEM_DATA, e.verdict);
  else if (e.data !== null) nftPutValue(w, NFTA_SET_ELEM_DATA, e.data.subarray(0, dataLen));
  if (e.exprs.length === 1) nftPutExpr(w, NFTA_SET_ELEM_EXPR, e.exprs[0]!, reset);
  else if (e.exprs.length > 1) nftPutExprs(w, NFTA_SET_ELEM_EXPRESSIONS, e.exprs, reset);
  if (e.obj !== null) w.putString(NFTA_SET_ELEM_OBJREF, e.obj.name);
  if (e.flags !== 0) w.putBe32(NFTA_SET_ELEM_FLAGS, e.flags);
  if (e.timeout !== 0) {
    if (e.timeout !== s.desc.timeout) nftPutU64(w, NFTA_SET_ELEM_TIMEOUT, Math.round(e.timeout / MS));
    nftPutU64(w, NFTA_SET_ELEM_EXPIRATION, Math.max(0, Math.round((e.expires - s.now()) / MS)));
  }
  if (e.udata !== null) w.putBytes(NFTA_SET_ELEM_USERDATA, e.udata);
  w.nestEnd();
}

function putElems(w: NlWriter, to: NlRequest | NlDump, s: NftSet, list: readonly NftElem[], msg: number, flags: number = 0, reset: boolean = false): void {
  nftBegin(w, s.table.nn, to, msg, flags, s.table.family);
  w.putString(NFTA_SET_ELEM_LIST_TABLE, s.table.name);
  w.putString(NFTA_SET_ELEM_LIST_SET, s.name);
  w.nestStartNoflag(NFTA_SET_ELEM_LIST_ELEMENTS);
  for (const e of list) putElem(w, s, e, reset);
  w.nestEnd();
}

/** The set that the message names: with it, or a negative errno. */
function setOf(m: NftMsg, change: boolean): NftSet | number {
  const { a } = m;
  const t = m.table(NFTA_SET_ELEM_LIST_TABLE, change);
  if (typeof t === 'number') return t;
  const byName = t.sets.get(a.str(NFTA_SET_ELEM_LIST_SET));
  if (byName !== undefined) return byName;
  const byId = a.has(NFTA_SET_ELEM_LIST_SET_ID) ? m.nn.setIds.get(a.u32(NFTA_SET_ELEM_LIST_SET_ID)) : undefined;
  return byId !== undefined && byId.table === t ? byId : m.bad(-ENOENT, NFTA_SET_ELEM_LIST_SET);
}

/** The element's key; or a negative errno. */
function readKey(m: NftMsg, s: NftSet, x: NftAttrs): NftElem | number {
  const flags = x.u32(NFTA_SET_ELEM_FLAGS);
  if ((flags & ~3) !== 0) return -EOPNOTSUPP;
  if ((flags & NFT_SET_ELEM_INTERVAL_END) !== 0 && (s.desc.flags & NFT_SET_INTERVAL) === 0) return -EINVAL;
  const ctx = m.ctx(s.table, null);
  if ((flags & NFT_SET_ELEM_CATCHALL) !== 0) return x.has(NFTA_SET_ELEM_KEY) ? -EINVAL : new NftElem(nftPadded(new Uint8Array(0), s.desc.keyLen), null, flags);
  const key = nftValue(ctx, x, NFTA_SET_ELEM_KEY);
  if (typeof key === 'number') return key;
  if (key.length !== s.desc.keyLen) return -EINVAL;
  let end: Uint8Array | null = null;
  if (x.has(NFTA_SET_ELEM_KEY_END)) {
    const v = nftValue(ctx, x, NFTA_SET_ELEM_KEY_END);
    if (typeof v === 'number') return v;
    if (v.length !== s.desc.keyLen) return -EINVAL;
    end = nftPadded(v);
  }
  return new NftElem(nftPadded(key), end, flags);
}

/** A new element; or a negative errno. */
function readElem(m: NftMsg, s: NftSet, x: NftAttrs): NftElem | number {
  const e = readKey(m, s, x);
  if (typeof e === 'number') return e;
  const { desc } = s;
  const last = (e.flags & NFT_SET_ELEM_INTERVAL_END) !== 0;
  const ctx = m.ctx(s.table, null);
  if ((desc.flags & NFT_SET_MAP) !== 0) {
    if (!x.has(NFTA_SET_ELEM_DATA) !== last) return -EINVAL;
  } else if (x.has(NFTA_SET_ELEM_DATA)) {
    return -EINVAL;
  }
  if ((desc.flags & NFT_SET_OBJECT) !== 0) {
    if (!x.has(NFTA_SET_ELEM_OBJREF) && !last) return -EINVAL;
  } else if (x.has(NFTA_SET_ELEM_OBJREF)) {
    return -EINVAL;
  }
  const timed = (desc.flags & NFT_SET_TIMEOUT) !== 0;
  if ((x.has(NFTA_SET_ELEM_TIMEOUT) || x.has(NFTA_SET_ELEM_EXPIRATION)) && !timed) return -EINVAL;
  if (timed && !last) {
    e.timeout = x.has(NFTA_SET_ELEM_TIMEOUT) ? x.u64(NFTA_SET_ELEM_TIMEOUT) * MS : desc.timeout;
    if (e.timeout !== 0) e.expires = s.now() + (x.has(NFTA_SET_ELEM_EXPIRATION) ? x.u64(NFTA_SET_ELEM_EXPIRATION) * MS : e.timeout);
  }
  const named = nftElemExprs(ctx, x, NFTA_SET_ELEM_EXPR, NFTA_SET_ELEM_EXPRESSIONS);
  if (typeof named === 'number') return named;
  e.exprs = named.length > 0 || last ? named : s.exprs.map((y) => y.again!());
  if (x.has(NFTA_SET_ELEM_OBJREF)) {
    e.obj = s.table.obj(desc.objType, x.str(NFTA_SET_ELEM_OBJREF));
    if (e.obj === null) return -ENOENT;
  }
  if (x.has(NFTA_SET_ELEM_DATA)) {
    const d = nftData(ctx, m.req, x.at(NFTA_SET_ELEM_DATA));
    if (typeof d === 'number') return d;
    if ((desc.dataType === NFT_DATA_VERDICT) === d instanceof Uint8Array) return -EINVAL;
    if (d instanceof Uint8Array) {
      if (d.length !== desc.dataLen) return -EINVAL;
      e.data = nftPadded(d);
    } else {
      e.verdict = d;
    }
  }
  e.udata = x.bytes(NFTA_SET_ELEM_USERDATA);
  return e;
}

/** Do two elements stand for the same? */
function sameData(a: NftElem, b: NftElem): boolean {
  if (a.obj !== b.obj) return false;
  if (a.verdict !== null || b.verdict !== null) return a.verdict !== null && b.verdict !== null && a.verdict.code === b.verdict.code && a.verdict.chain === b.verdict.chain;
  if (a.data === null || b.data === null) return a.data === b.data;
  return a.data.every((v, i) => v === b.data![i]);
}

function find(s: NftSet, e: NftElem): NftElem | null {
  return (e.flags & NFT_SET_ELEM_CATCHALL) !== 0 ? s.rest : nftSetFind(s, e);
}
function insert(s: NftSet, e: NftElem): void {
  if ((e.flags & NFT_SET_ELEM_CATCHALL) !== 0) s.rest = e;
  else nftSetInsert(s, e);
  holdElem(e);
}
function remove(s: NftSet, e: NftElem): void {
  if ((e.flags & NFT_SET_ELEM_CATCHALL) !== 0) s.rest = null;
  else nftSetRemove(s, e);
  releaseElem(e);
}

function addElem(m: NftMsg, s: NftSet, nla: number): number {
  const x = nftNest(m.req, nla, ELEM_POLICY);
  if (typeof x === 'number') return x;
  const e = readElem(m, s, x);
  if (typeof e === 'number') return e;
  let old = find(s, e);
  if (old !== null && !nftElemAlive(s, old)) {
    remove(s, old);
    old = null;
  }
  if (old !== null) {
    if (!sameData(old, e)) return -EEXIST;
    return m.flag(NLM_F_EXCL) ? -EEXIST : 0;
  }
  if (nftSetOverlap(s, e) !== null) return -EEXIST;
  const { size } = s;
  if (size !== 0 && (e.flags & NFT_SET_ELEM_INTERVAL_END) === 0) {
    const room = (): boolean => ((s.desc.flags & NFT_SET_INTERVAL) !== 0 ? s.sorted.filter((y) => (y.flags & NFT_SET_ELEM_INTERVAL_END) === 0).length < size : !nftSetFull(s));
    if (!room()) nftSetCollect(s, releaseElem);
    if (!room()) return -ENFILE;
  }
  insert(s, e);
  if (nftJump(e.verdict) !== null) m.nn.suspects.add(s.table);
  m.did(() => remove(s, e), (w) => putElems(w, m.req, s, [e], NFT_MSG_NEWSETELEM, m.req.flags & (NLM_F_CREATE | NLM_F_EXCL)));
  return 0;
}

/** Does `fn` for each element of the message; an error names the one at fault. */
function each(m: NftMsg, fn: (nla: number) => number): number {
  // Programs number them.
  const list = m.a.list(NFTA_SET_ELEM_LIST_ELEMENTS, 0);
  if (typeof list === 'number') return -EINVAL;
  for (const nla of list) {
    const err = fn(nla);
    if (err !== 0) {
      nlSetBadAttr(m.req.extack, nla);
      return err;
    }
  }
  return 0;
}

export function newSetElem(info: NfnlInfo): number {
  const m = new NftMsg(info);
  if (!m.a.has(NFTA_SET_ELEM_LIST_ELEMENTS)) return -EINVAL;
  const s = setOf(m, true);
  if (typeof s === 'number') return s;
  if (s.use > 0 && (s.desc.flags & (NFT_SET_CONSTANT | NFT_SET_ANONYMOUS)) !== 0) return -EBUSY;
  return each(m, (nla) => addElem(m, s, nla));
}

function dropElem(m: NftMsg, s: NftSet, e: NftElem): void {
  remove(s, e);
  m.did(() => insert(s, e), (w) => putElems(w, m.req, s, [e], NFT_MSG_DELSETELEM));
}

export function delSetElem(info: NfnlInfo): number {
  const m = new NftMsg(info);
  const s = setOf(m, true);
  if (typeof s === 'number') return s;
  if ((s.desc.flags & NFT_SET_ANONYMOUS) !== 0) return -EOPNOTSUPP;
  if (s.use > 0 && (s.desc.flags & NFT_SET_CONSTANT) !== 0) return -EBUSY;
  if (!m.a.has(NFTA_SET_ELEM_LIST_ELEMENTS)) {
    for (const e of nftSetElems(s)) dropElem(m, s, e);
    if (s.rest !== null) dropElem(m, s, s.rest);
    return 0;
  }
  return each(m, (nla) => {
    const x = nftNest(m.req, nla, ELEM_POLICY);
    if (typeof x === 'number') return x;
    const like = readKey(m, s, x);
    if (typeof like === 'number') return like;
    const e = find(s, like);
    if (e === null || !nftElemAlive(s, e)) return m.type === NFT_MSG_DESTROYSETELEM ? 0 : -ENOENT;
    dropElem(m, s, e);
    return 0;
  });
}

/** The element that a question is about: for ranges of single keys the one that holds the key, or behind it the end. */
function asked(s: NftSet, like: NftElem): NftElem | null {
  if ((like.flags & NFT_SET_ELEM_CATCHALL) !== 0) return s.rest;
  if (s.kind === 1 && (like.flags & NFT_SET_ELEM_INTERVAL_END) !== 0) return nftSetEndBehind(s, like.key);
  if (s.kind === 2) return nftSetFind(s, like) ?? nftSetLookup(s, like.key, like.words, 0);
  return nftSetLookup(s, like.key, like.words, 0);
}

export function getSetElem(info: NfnlInfo): number {
  const m = new NftMsg(info);
  const reset = m.type === NFT_MSG_GETSETELEM_RESET;
  const s = setOf(m, false);
  if (typeof s === 'number') return s;
  if ((m.req.flags & NLM_F_DUMP) === NLM_F_DUMP) {
    return netlinkDumpStart(m.req, m.info.skb, {
      start(cb): number {
        const all = nftSetElems(s).filter((e) => nftElemAlive(s, e));
        if (s.rest !== null && nftElemAlive(s, s.rest)) all.push(s.rest);
        cb.data = all;
        return 0;
      },
      dump(_req, w, cb): number {
        cb.seq = s.table.nn.genid;
        const all = cb.data as readonly NftElem[];
        while (cb.j === 0 || cb.i < all.length) {
          putElems(w, cb, s, all.slice(cb.i, cb.i + PER_MESSAGE), NFT_MSG_NEWSETELEM, 0, reset);
          if (w.end() < 0) return -EMSGSIZE;
          cb.i += PER_MESSAGE;
          cb.j = 1;
        }
        return 0;
      },
    });
  }
  if (!m.a.has(NFTA_SET_ELEM_LIST_ELEMENTS)) return -EINVAL;
  return each(m, (nla) => {
    const x = nftNest(m.req, nla, ELEM_POLICY);
    if (typeof x === 'number') return x;
    const like = readKey(m, s, x);
    if (typeof like === 'number') return like;
    const e = asked(s, like);
    if (e === null || !nftElemAlive(s, e)) return -ENOENT;
    return nftAnswer(m, (w) => {
      putElems(w, m.req, s, [e], NFT_MSG_NEWSETELEM, 0, reset);
      w.end();
    });
  });
}
