/** The messages of sets. */
// datapath-ok-file: control messages
import { E2BIG, EBUSY, EEXIST, EINVAL, ENOENT, EOPNOTSUPP } from '@linnet/kernel';
import type { NlaPolicyTable, NlDump, NlRequest } from '@linnet/netlink';
import {
  NFT_DATA_VERDICT, NFT_MSG_DELSET, NFT_MSG_DESTROYSET, NFT_MSG_NEWSET, NFT_SET_CONCAT, NFT_SET_MAP, NFT_SET_OBJECT, NFT_SET_TIMEOUT, NFTA_LIST_ELEM, NFTA_SET_DATA_LEN, NFTA_SET_DATA_TYPE,
  NFTA_SET_DESC, NFTA_SET_DESC_CONCAT, NFTA_SET_DESC_SIZE, NFTA_SET_EXPR, NFTA_SET_EXPRESSIONS, NFTA_SET_FIELD_LEN, NFTA_SET_FLAGS, NFTA_SET_GC_INTERVAL, NFTA_SET_HANDLE, NFTA_SET_ID,
  NFTA_SET_KEY_LEN, NFTA_SET_KEY_TYPE, NFTA_SET_NAME, NFTA_SET_OBJ_TYPE, NFTA_SET_POLICY, NFTA_SET_TABLE, NFTA_SET_TIMEOUT, NFTA_SET_USERDATA, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL,
  NLM_F_REPLACE, type NlWriter,
} from '@linnet/uapi';
import type { NfnlInfo } from '../nfnetlink.ts';
import { nftNest, nftPolicy, nftPutU64 } from './nft-attr.ts';
import { nftAnswer, nftBegin, nftDump, nftHandle, NftMsg, nftOf } from './nft-api.ts';
import { NFT_ELEM_EXPRS, nftElemExprs } from './nft-dyn.ts';
import { holdElem, releaseElem } from './nft-elem.ts';
import { nftPutExpr, nftPutExprs } from './nft-expr.ts';
import type { NftTable } from './nft-model.ts';
import { NftSet, type NftSetDesc, nftSetElems } from './nft-set.ts';

const MS = 1e6;
const KEY_MOST = 64;

export const SET_POLICY: NlaPolicyTable = nftPolicy(18, {
  str: [NFTA_SET_TABLE, NFTA_SET_NAME], nest: [NFTA_SET_DESC, NFTA_SET_EXPR, NFTA_SET_EXPRESSIONS], u64: [NFTA_SET_TIMEOUT, NFTA_SET_HANDLE], bin: [[NFTA_SET_USERDATA, 256]],
  u32: [NFTA_SET_FLAGS, NFTA_SET_KEY_TYPE, NFTA_SET_KEY_LEN, NFTA_SET_DATA_TYPE, NFTA_SET_DATA_LEN, NFTA_SET_POLICY, NFTA_SET_ID, NFTA_SET_GC_INTERVAL, NFTA_SET_OBJ_TYPE],
});
const DESC_POLICY = nftPolicy(2, { u32: [NFTA_SET_DESC_SIZE], nest: [NFTA_SET_DESC_CONCAT] });
const FIELD_POLICY = nftPolicy(1, { u32: [NFTA_SET_FIELD_LEN] });

export function putSet(w: NlWriter, to: NlRequest | NlDump, s: NftSet, msg: number, flags: number = 0): void {
  const { desc: d, table: t } = s;
  nftBegin(w, t.nn, to, msg, flags, t.family);
  w.putString(NFTA_SET_TABLE, t.name);
  w.putString(NFTA_SET_NAME, s.name);
  nftPutU64(w, NFTA_SET_HANDLE, s.handle);
  if (msg === NFT_MSG_DELSET) return;
  if (d.flags !== 0) w.putBe32(NFTA_SET_FLAGS, d.flags);
  w.putBe32(NFTA_SET_KEY_TYPE, d.keyType);
  w.putBe32(NFTA_SET_KEY_LEN, d.keyLen);
  if ((d.flags & NFT_SET_MAP) !== 0) {
    w.putBe32(NFTA_SET_DATA_TYPE, d.dataType);
    w.putBe32(NFTA_SET_DATA_LEN, d.dataLen);
  }
  if ((d.flags & NFT_SET_OBJECT) !== 0) w.putBe32(NFTA_SET_OBJ_TYPE, d.objType);
  if (d.timeout !== 0) nftPutU64(w, NFTA_SET_TIMEOUT, d.timeout / MS);
  if (d.gcInterval !== 0) w.putBe32(NFTA_SET_GC_INTERVAL, d.gcInterval);
  if (d.hasPolicy && d.policy !== 0) w.putBe32(NFTA_SET_POLICY, d.policy);
  if (d.udata !== null) w.putBytes(NFTA_SET_USERDATA, d.udata);
  w.nestStartNoflag(NFTA_SET_DESC);
  if (s.size !== 0) w.putBe32(NFTA_SET_DESC_SIZE, s.size);
  if (d.fields.length > 1) {
    w.nestStartNoflag(NFTA_SET_DESC_CONCAT);
    for (const len of d.fields) {
      w.nestStartNoflag(NFTA_LIST_ELEM);
      w.putBe32(NFTA_SET_FIELD_LEN, len);
      w.nestEnd();
    }
    w.nestEnd();
  }
  w.nestEnd();
  if (s.exprs.length === 1) nftPutExpr(w, NFTA_SET_EXPR, s.exprs[0]!);
  else if (s.exprs.length > 1) nftPutExprs(w, NFTA_SET_EXPRESSIONS, s.exprs);
}

function readDesc(m: NftMsg): NftSetDesc | number {
  const { a } = m;
  const keyLen = a.u32(NFTA_SET_KEY_LEN);
  if (keyLen === 0 || keyLen > KEY_MOST) return -EINVAL;
  const flags = a.u32(NFTA_SET_FLAGS);
  if ((flags & ~0x1ff) !== 0) return -EOPNOTSUPP;
  const map = (flags & NFT_SET_MAP) !== 0;
  const objs = (flags & NFT_SET_OBJECT) !== 0;
  if (map && objs) return -EOPNOTSUPP;
  const dataType = a.u32(NFTA_SET_DATA_TYPE);
  let dataLen = 0;
  if (a.has(NFTA_SET_DATA_TYPE)) {
    if (!map) return -EINVAL;
    if ((dataType & 0xffffff00) >>> 0 === 0xffffff00 && dataType !== NFT_DATA_VERDICT) return -EINVAL;
    dataLen = dataType === NFT_DATA_VERDICT ? 16 : a.u32(NFTA_SET_DATA_LEN);
    if (dataLen === 0 || dataLen > KEY_MOST) return -EINVAL;
  } else if (map) {
    return -EINVAL;
  }
  if (a.has(NFTA_SET_OBJ_TYPE) !== objs) return -EINVAL;
  if (a.has(NFTA_SET_TIMEOUT) && (flags & NFT_SET_TIMEOUT) === 0) return -EINVAL;
  let size = 0;
  const fields: number[] = [];
  if (a.has(NFTA_SET_DESC)) {
    const d = a.nest(NFTA_SET_DESC, DESC_POLICY);
    if (typeof d === 'number') return d;
    size = d.u32(NFTA_SET_DESC_SIZE);
    if (d.has(NFTA_SET_DESC_CONCAT)) {
      const list = d.list(NFTA_SET_DESC_CONCAT, NFTA_LIST_ELEM);
      if (typeof list === 'number') return -EINVAL;
      for (const nla of list) {
        const f = nftNest(m.req, nla, FIELD_POLICY);
        if (typeof f === 'number') return f;
        const len = f.u32(NFTA_SET_FIELD_LEN);
        if (len === 0 || len > KEY_MOST) return -EINVAL;
        fields.push(len);
      }
      if (fields.reduce((n, f) => n + ((f + 3) & ~3), 0) !== ((keyLen + 3) & ~3)) return -EINVAL;
    }
  }
  if ((flags & NFT_SET_CONCAT) !== 0 && fields.length < 2) return -EINVAL;
  return {
    flags, keyType: a.u32(NFTA_SET_KEY_TYPE), keyLen, dataType, dataLen, objType: a.u32(NFTA_SET_OBJ_TYPE), policy: a.u32(NFTA_SET_POLICY), hasPolicy: a.has(NFTA_SET_POLICY), size, fields,
    timeout: a.u64(NFTA_SET_TIMEOUT) * MS, gcInterval: a.u32(NFTA_SET_GC_INTERVAL), udata: a.bytes(NFTA_SET_USERDATA),
  };
}

/** The first name of a pattern that nobody has. */
function freeName(t: NftTable, pattern: string): string | null {
  if (!pattern.includes('%')) return pattern;
  if (!/^[^%]*%d[^%]*$/.test(pattern)) return null;
  for (let n = 0; ; n++) {
    const name = pattern.replace('%d', String(n));
    if (t.sets.get(name) === undefined) return name;
  }
}

export function newSet(info: NfnlInfo): number {
  const m = new NftMsg(info);
  const { a, nn } = m;
  if (!a.has(NFTA_SET_TABLE) || !a.has(NFTA_SET_NAME) || !a.has(NFTA_SET_KEY_LEN) || !a.has(NFTA_SET_ID)) return -EINVAL;
  const desc = readDesc(m);
  if (typeof desc === 'number') return desc;
  const t = m.table(NFTA_SET_TABLE, true);
  if (typeof t === 'number') return t;
  const old = t.sets.get(a.str(NFTA_SET_NAME));
  if (old !== undefined) {
    if (m.flag(NLM_F_EXCL)) return m.bad(-EEXIST, NFTA_SET_NAME);
    if (m.flag(NLM_F_REPLACE)) return -EOPNOTSUPP;
    const o = old.desc;
    const same = o.flags === desc.flags && o.keyType === desc.keyType && o.keyLen === desc.keyLen && o.dataType === desc.dataType && o.dataLen === desc.dataLen && o.objType === desc.objType;
    return same ? 0 : m.bad(-EEXIST, NFTA_SET_NAME);
  }
  if (!m.flag(NLM_F_CREATE)) return -ENOENT;
  const name = freeName(t, a.str(NFTA_SET_NAME));
  if (name === null) return -EINVAL;
  const { clock } = nn.net.kernel;
  const exprs = nftElemExprs(m.ctx(t, null), a, NFTA_SET_EXPR, NFTA_SET_EXPRESSIONS);
  if (typeof exprs === 'number') return exprs;
  if (exprs.length > NFT_ELEM_EXPRS) return -E2BIG;
  const s = new NftSet(t, name, nftHandle(t), desc, () => clock.now());
  s.exprs = exprs;
  t.sets.insert(s);
  nn.setIds.set(a.u32(NFTA_SET_ID), s);
  m.did(() => {
    t.sets.remove(s);
  }, (w) => putSet(w, m.req, s, NFT_MSG_NEWSET, m.req.flags & (NLM_F_CREATE | NLM_F_EXCL)));
  return 0;
}

export function getSet(info: NfnlInfo): number {
  const m = new NftMsg(info);
  const { a } = m;
  if ((m.req.flags & NLM_F_DUMP) === NLM_F_DUMP) {
    if (a.has(NFTA_SET_TABLE) && m.family !== 0) {
      const t = m.table(NFTA_SET_TABLE, false);
      if (typeof t === 'number') return t;
    }
    const list = (): NftSet[] => m.nn.tables.filter((t) => nftOf(m, t.family) && (!a.has(NFTA_SET_TABLE) || t.name === a.str(NFTA_SET_TABLE))).flatMap((t) => t.sets.all);
    return nftDump(m, list, (w, cb, s) => putSet(w, cb, s, NFT_MSG_NEWSET));
  }
  const t = m.table(NFTA_SET_TABLE, false);
  if (typeof t === 'number') return t;
  const s = t.sets.get(a.str(NFTA_SET_NAME));
  if (s === undefined) return m.bad(-ENOENT, NFTA_SET_NAME);
  return nftAnswer(m, (w) => {
    putSet(w, m.req, s, NFT_MSG_NEWSET);
    w.end();
  });
}

/** Takes a set out, which nothing uses any more. */
export function nftDropSet(m: NftMsg, s: NftSet): void {
  const { sets } = s.table;
  const at = sets.remove(s);
  if (at < 0) return;
  const all = nftSetElems(s);
  if (s.rest !== null) all.push(s.rest);
  for (const e of all) releaseElem(e);
  m.did(() => {
    for (const e of all) holdElem(e);
    sets.insert(s, at);
  }, (w) => putSet(w, m.req, s, NFT_MSG_DELSET));
}

export function delSet(info: NfnlInfo): number {
  const m = new NftMsg(info);
  const { a } = m;
  const t = m.table(NFTA_SET_TABLE, true);
  if (typeof t === 'number') return t;
  const by = a.has(NFTA_SET_HANDLE) ? NFTA_SET_HANDLE : NFTA_SET_NAME;
  const s = by === NFTA_SET_HANDLE ? t.sets.all.find((x) => x.handle === a.u64(NFTA_SET_HANDLE)) : t.sets.get(a.str(NFTA_SET_NAME));
  if (s === undefined) return m.type === NFT_MSG_DESTROYSET ? 0 : m.bad(-ENOENT, by);
  if (s.use > 0) return m.bad(-EBUSY, by);
  nftDropSet(m, s);
  return 0;
}
