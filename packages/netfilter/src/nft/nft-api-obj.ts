/** The messages of objects: counters, quotas and limits with names. */
// datapath-ok-file: control messages
import { EBUSY, EEXIST, EINVAL, ENOENT, EOPNOTSUPP } from '@linnet/kernel';
import type { NlaPolicyTable, NlDump, NlRequest } from '@linnet/netlink';
import {
  NFT_MSG_DELOBJ, NFT_MSG_DESTROYOBJ, NFT_MSG_GETOBJ_RESET, NFT_MSG_NEWOBJ, NFT_OBJECT_CONNLIMIT, NFT_OBJECT_COUNTER, NFT_OBJECT_CT_EXPECT, NFT_OBJECT_CT_HELPER, NFT_OBJECT_CT_TIMEOUT, NFT_OBJECT_LIMIT, NFT_OBJECT_QUOTA, NFT_OBJECT_SYNPROXY, NFTA_OBJ_DATA, NFTA_OBJ_HANDLE,
  NFTA_OBJ_NAME, NFTA_OBJ_TABLE, NFTA_OBJ_TYPE, NFTA_OBJ_USE, NFTA_OBJ_USERDATA, nlaGetBytes, NLM_F_APPEND, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REPLACE, type NlWriter,
} from '@linnet/uapi';
import type { NfnlInfo } from '../nfnetlink.ts';
import { nftPolicy, nftPutU64 } from './nft-attr.ts';
import { nftAnswer, nftBegin, nftDump, nftHandle, NftMsg, nftOf } from './nft-api.ts';
import { nftKind } from './nft-kinds.ts';
import { NftObj } from './nft-model.ts';

export const OBJ_POLICY: NlaPolicyTable = nftPolicy(8, {
  str: [NFTA_OBJ_TABLE, NFTA_OBJ_NAME], u32: [NFTA_OBJ_TYPE], nest: [NFTA_OBJ_DATA], u64: [NFTA_OBJ_HANDLE], bin: [[NFTA_OBJ_USERDATA, 256]],
});
const KIND: Readonly<Record<number, string>> = {
  [NFT_OBJECT_COUNTER]: 'counter', [NFT_OBJECT_QUOTA]: 'quota', [NFT_OBJECT_LIMIT]: 'limit', [NFT_OBJECT_CONNLIMIT]: 'connlimit', [NFT_OBJECT_CT_HELPER]: 'ct helper',
  [NFT_OBJECT_CT_TIMEOUT]: 'ct timeout', [NFT_OBJECT_CT_EXPECT]: 'ct expectation', [NFT_OBJECT_SYNPROXY]: 'synproxy',
};

function putObj(w: NlWriter, to: NlRequest | NlDump, o: NftObj, msg: number, flags: number = 0, reset: boolean = false): void {
  nftBegin(w, o.table.nn, to, msg, flags, o.table.family);
  w.putString(NFTA_OBJ_TABLE, o.table.name);
  w.putString(NFTA_OBJ_NAME, o.name);
  w.putBe32(NFTA_OBJ_TYPE, o.type);
  nftPutU64(w, NFTA_OBJ_HANDLE, o.handle);
  if (msg === NFT_MSG_DELOBJ) return;
  w.putBe32(NFTA_OBJ_USE, o.use);
  if (o.expr.dump !== null) {
    w.nestStartNoflag(NFTA_OBJ_DATA);
    o.expr.dump(w, reset);
    w.nestEnd();
  } else {
    w.putBytes(NFTA_OBJ_DATA, o.expr.raw);
  }
  if (o.udata !== null) w.putBytes(NFTA_OBJ_USERDATA, o.udata);
}

export function newObj(info: NfnlInfo): number {
  const m = new NftMsg(info);
  const { a } = m;
  if (!a.has(NFTA_OBJ_TYPE) || !a.has(NFTA_OBJ_NAME) || !a.has(NFTA_OBJ_DATA)) return -EINVAL;
  const t = m.table(NFTA_OBJ_TABLE, true);
  if (typeof t === 'number') return t;
  const type = a.u32(NFTA_OBJ_TYPE);
  const old = t.obj(type, a.str(NFTA_OBJ_NAME));
  if (old !== null) {
    if (m.flag(NLM_F_EXCL)) return m.bad(-EEXIST, NFTA_OBJ_NAME);
    return m.flag(NLM_F_REPLACE) ? -EOPNOTSUPP : 0;
  }
  const kind = KIND[type] === undefined ? undefined : nftKind(KIND[type]);
  if (kind === undefined) return -EOPNOTSUPP;
  const inner = a.nest(NFTA_OBJ_DATA, kind.policy);
  if (typeof inner === 'number') return inner;
  const expr = kind.init(m.ctx(t, null), inner, nlaGetBytes(m.req.view, a.at(NFTA_OBJ_DATA)));
  if (typeof expr === 'number') return expr;
  const o = new NftObj(t, a.str(NFTA_OBJ_NAME), nftHandle(t), type, a.bytes(NFTA_OBJ_USERDATA), expr);
  expr.bind?.();
  t.objs.push(o);
  m.did(() => {
    expr.unbind?.();
    t.objs.splice(t.objs.indexOf(o), 1);
  }, (w) => putObj(w, m.req, o, NFT_MSG_NEWOBJ, m.req.flags & (NLM_F_CREATE | NLM_F_EXCL)));
  return 0;
}

export function getObj(info: NfnlInfo): number {
  const m = new NftMsg(info);
  const { a } = m;
  const reset = m.type === NFT_MSG_GETOBJ_RESET;
  if ((m.req.flags & NLM_F_DUMP) === NLM_F_DUMP) {
    const list = (): NftObj[] => m.nn.tables.filter((t) => nftOf(m, t.family) && (!a.has(NFTA_OBJ_TABLE) || t.name === a.str(NFTA_OBJ_TABLE))).flatMap((t) => t.objs)
      .filter((o) => a.u32(NFTA_OBJ_TYPE) === 0 || o.type === a.u32(NFTA_OBJ_TYPE));
    return nftDump(m, list, (w, cb, o) => putObj(w, cb, o, NFT_MSG_NEWOBJ, NLM_F_APPEND, reset));
  }
  if (!a.has(NFTA_OBJ_NAME) || !a.has(NFTA_OBJ_TYPE)) return -EINVAL;
  const t = m.table(NFTA_OBJ_TABLE, false);
  if (typeof t === 'number') return t;
  const o = t.obj(a.u32(NFTA_OBJ_TYPE), a.str(NFTA_OBJ_NAME));
  if (o === null) return m.bad(-ENOENT, NFTA_OBJ_NAME);
  return nftAnswer(m, (w) => {
    putObj(w, m.req, o, NFT_MSG_NEWOBJ, 0, reset);
    w.end();
  });
}

/** Takes an object out, which nothing uses any more. */
export function dropObj(m: NftMsg, o: NftObj): void {
  const { objs } = o.table;
  const at = objs.indexOf(o);
  objs.splice(at, 1);
  o.expr.unbind?.();
  m.did(() => {
    o.expr.bind?.();
    objs.splice(at, 0, o);
  }, (w) => putObj(w, m.req, o, NFT_MSG_DELOBJ));
}

export function delObj(info: NfnlInfo): number {
  const m = new NftMsg(info);
  const { a } = m;
  if (!a.has(NFTA_OBJ_TYPE) || (!a.has(NFTA_OBJ_NAME) && !a.has(NFTA_OBJ_HANDLE))) return -EINVAL;
  const t = m.table(NFTA_OBJ_TABLE, true);
  if (typeof t === 'number') return t;
  const by = a.has(NFTA_OBJ_HANDLE) ? NFTA_OBJ_HANDLE : NFTA_OBJ_NAME;
  const type = a.u32(NFTA_OBJ_TYPE);
  const o = by === NFTA_OBJ_HANDLE ? t.objs.find((x) => x.type === type && x.handle === a.u64(NFTA_OBJ_HANDLE)) ?? null : t.obj(type, a.str(NFTA_OBJ_NAME));
  if (o === null) return m.type === NFT_MSG_DESTROYOBJ ? 0 : m.bad(-ENOENT, by);
  if (o.use > 0) return m.bad(-EBUSY, by);
  dropObj(m, o);
  return 0;
}
