/** The messages of ipset(8) over NETLINK_NETFILTER (linux/netfilter/ipset/ip_set.h). */
// datapath-ok-file: control messages
import { EEXIST, EINVAL, ENOENT } from '@linnet/kernel';
import { NLA_NESTED, NLA_NUL_STRING, NLA_U16, NLA_U32, NLA_U8, type NlaPolicyTable } from '@linnet/netlink';
import { NLM_F_EXCL, nlaForEachNested, nlaGetBe16, nlaGetBe32, nlaGetString, nlaGetU8, nlaType, NlWriter } from '@linnet/uapi';
import { NFNL_SUBSYS_IPSET, type NfnlCallback, type NfnlInfo, nfnlMsgPut, nfnlMsgType, type NfnlSubsystem, nfnlUnicast } from '../nfnetlink.ts';
import { ipSetAttrs, putNet16 } from './ipset-attrs.ts';
import { ipSetMake, ipSetSame, ipSetType } from './ipset-create.ts';
import { ipSetDump } from './ipset-dump.ts';
import { IPSET, type IpSet, type IpSetNet } from './ipset-set.ts';
import {
  IPSET_ATTR_ADT, IPSET_ATTR_CADT_LINENO, IPSET_ATTR_DATA, IPSET_ATTR_FAMILY, IPSET_ATTR_FLAGS, IPSET_ATTR_INDEX, IPSET_ATTR_LINENO, IPSET_ATTR_PROTOCOL, IPSET_ATTR_PROTOCOL_MIN,
  IPSET_ATTR_REVISION, IPSET_ATTR_REVISION_MIN, IPSET_ATTR_SETNAME, IPSET_ATTR_SETNAME2, IPSET_ATTR_TYPENAME, IPSET_CMD_ADD, IPSET_CMD_CREATE, IPSET_CMD_DEL, IPSET_CMD_DESTROY,
  IPSET_CMD_FLUSH, IPSET_CMD_GET_BYINDEX, IPSET_CMD_GET_BYNAME, IPSET_CMD_HEADER, IPSET_CMD_LIST, IPSET_CMD_PROTOCOL, IPSET_CMD_RENAME, IPSET_CMD_SAVE, IPSET_CMD_SWAP, IPSET_CMD_TEST,
  IPSET_CMD_TYPE, IPSET_ERR_BUSY, IPSET_ERR_EXIST_SETNAME2, IPSET_ERR_FIND_TYPE, IPSET_ERR_MAX_SETS, IPSET_ERR_PROTOCOL, IPSET_ERR_REFERENCED, IPSET_ERR_TYPE_MISMATCH,
  IPSET_MAXNAMELEN, IPSET_PROTOCOL, IPSET_PROTOCOL_MIN,
} from './ipset-uapi.ts';
import { ipSetUser } from './ipset-user.ts';

const NAME = { type: NLA_NUL_STRING, len: IPSET_MAXNAMELEN - 1 } as const;
const POLICY: NlaPolicyTable = {
  maxtype: IPSET_ATTR_INDEX,
  rules: {
    [IPSET_ATTR_PROTOCOL]: { type: NLA_U8 }, [IPSET_ATTR_SETNAME]: NAME, [IPSET_ATTR_TYPENAME]: NAME, [IPSET_ATTR_REVISION]: { type: NLA_U8 }, [IPSET_ATTR_FAMILY]: { type: NLA_U8 },
    [IPSET_ATTR_FLAGS]: { type: NLA_U32 }, [IPSET_ATTR_DATA]: { type: NLA_NESTED }, [IPSET_ATTR_ADT]: { type: NLA_NESTED }, [IPSET_ATTR_LINENO]: { type: NLA_U32 },
    [IPSET_ATTR_INDEX]: { type: NLA_U16 },
  },
};

function str(info: NfnlInfo, type: number): string {
  return nlaGetString(info.req.view, info.tb[type]!);
}
function has(info: NfnlInfo, ...types: readonly number[]): boolean {
  return types.every((t) => info.tb[t] !== 0);
}
function inetOf(info: NfnlInfo): IpSetNet {
  return info.net.get(IPSET);
}

/** A callback that is called with messages of a protocol that is spoken here. */
function cb(fn: (info: NfnlInfo) => number): NfnlCallback {
  return {
    policy: POLICY,
    call: (info) => {
      if (!has(info, IPSET_ATTR_PROTOCOL)) return -IPSET_ERR_PROTOCOL;
      const p = nlaGetU8(info.req.view, info.tb[IPSET_ATTR_PROTOCOL]!);
      return p < IPSET_PROTOCOL_MIN || p > IPSET_PROTOCOL ? -IPSET_ERR_PROTOCOL : fn(info);
    },
  };
}

function reply(info: NfnlInfo, cmd: number, fill: (w: NlWriter) => void): number {
  const w = new NlWriter();
  nfnlMsgPut(w, info.req, nfnlMsgType(NFNL_SUBSYS_IPSET, cmd), 0, info.family);
  w.putU8(IPSET_ATTR_PROTOCOL, nlaGetU8(info.req.view, info.tb[IPSET_ATTR_PROTOCOL]!));
  fill(w);
  w.end();
  return Math.min(0, nfnlUnicast(info.net, w, info.req.portid));
}

function create(info: NfnlInfo): number {
  if (!has(info, IPSET_ATTR_SETNAME, IPSET_ATTR_TYPENAME, IPSET_ATTR_REVISION, IPSET_ATTR_FAMILY)) return -IPSET_ERR_PROTOCOL;
  const { view } = info.req;
  const inet = inetOf(info);
  if (!has(info, IPSET_ATTR_DATA)) return -IPSET_ERR_PROTOCOL;
  const a = ipSetAttrs(view, info.tb[IPSET_ATTR_DATA]!, true);
  if (typeof a === 'number') return a;
  const name = str(info, IPSET_ATTR_SETNAME);
  const set = ipSetMake(inet, name, str(info, IPSET_ATTR_TYPENAME), nlaGetU8(view, info.tb[IPSET_ATTR_FAMILY]!), nlaGetU8(view, info.tb[IPSET_ATTR_REVISION]!), a);
  if (typeof set === 'number') return set;
  const old = inet.find(name);
  if (old !== null) return (info.req.flags & NLM_F_EXCL) === 0 && ipSetSame(old, set) ? 0 : -EEXIST;
  return inet.add(set) ? 0 : -IPSET_ERR_MAX_SETS;
}

function drop(inet: IpSetNet, set: IpSet): void {
  inet.sets[set.id] = null;
  set.end();
}

function destroy(info: NfnlInfo): number {
  const inet = inetOf(info);
  if (!has(info, IPSET_ATTR_SETNAME)) {
    if (inet.sets.some((s) => s !== null && s.refs > 0)) return -IPSET_ERR_BUSY;
    for (const s of inet.sets) if (s !== null) drop(inet, s);
    return 0;
  }
  const set = inet.find(str(info, IPSET_ATTR_SETNAME));
  if (set === null) return -ENOENT;
  if (set.refs > 0) return -IPSET_ERR_BUSY;
  drop(inet, set);
  return 0;
}

function flush(info: NfnlInfo): number {
  const inet = inetOf(info);
  if (!has(info, IPSET_ATTR_SETNAME)) {
    for (const s of inet.sets) s?.clear();
    return 0;
  }
  const set = inet.find(str(info, IPSET_ATTR_SETNAME));
  if (set === null) return -ENOENT;
  set.clear();
  return 0;
}

function rename(info: NfnlInfo): number {
  if (!has(info, IPSET_ATTR_SETNAME, IPSET_ATTR_SETNAME2)) return -IPSET_ERR_PROTOCOL;
  const inet = inetOf(info);
  const set = inet.find(str(info, IPSET_ATTR_SETNAME));
  if (set === null) return -ENOENT;
  if (set.refs > 0) return -IPSET_ERR_REFERENCED;
  const to = str(info, IPSET_ATTR_SETNAME2);
  if (inet.find(to) !== null) return -IPSET_ERR_EXIST_SETNAME2;
  set.name = to;
  return 0;
}

/** Both sets go to the other's place and name: whoever names one means the other's elements now. */
function swap(info: NfnlInfo): number {
  if (!has(info, IPSET_ATTR_SETNAME, IPSET_ATTR_SETNAME2)) return -IPSET_ERR_PROTOCOL;
  const inet = inetOf(info);
  const a = inet.find(str(info, IPSET_ATTR_SETNAME));
  if (a === null) return -ENOENT;
  const b = inet.find(str(info, IPSET_ATTR_SETNAME2));
  if (b === null) return -IPSET_ERR_EXIST_SETNAME2;
  if (a.type !== b.type || a.family !== b.family) return -IPSET_ERR_TYPE_MISMATCH;
  [a.id, b.id] = [b.id, a.id];
  [a.name, b.name] = [b.name, a.name];
  [a.refs, b.refs] = [b.refs, a.refs];
  inet.sets[a.id] = a;
  inet.sets[b.id] = b;
  return 0;
}

function list(info: NfnlInfo): number {
  const inet = inetOf(info);
  let only: IpSet | null = null;
  if (has(info, IPSET_ATTR_SETNAME)) {
    only = inet.find(str(info, IPSET_ATTR_SETNAME));
    if (only === null) return -ENOENT;
  }
  return ipSetDump(info, inet, only, has(info, IPSET_ATTR_FLAGS) ? nlaGetBe32(info.req.view, info.tb[IPSET_ATTR_FLAGS]!) : 0);
}

function adt(cmd: number): NfnlCallback {
  return cb((info) => {
    const { req } = info;
    const { view } = req;
    if (!has(info, IPSET_ATTR_SETNAME) || has(info, IPSET_ATTR_DATA) === has(info, IPSET_ATTR_ADT) || (has(info, IPSET_ATTR_ADT) && !has(info, IPSET_ATTR_LINENO))) return -IPSET_ERR_PROTOCOL;
    const set = inetOf(info).find(str(info, IPSET_ATTR_SETNAME));
    if (set === null) return -ENOENT;
    const exist = (req.flags & NLM_F_EXCL) === 0;
    let err = 0;
    const each = (nla: number): void => {
      if (err < 0) return;
      if (nlaType(view, nla) !== IPSET_ATTR_DATA) {
        err = -IPSET_ERR_PROTOCOL;
        return;
      }
      const a = ipSetAttrs(view, nla, false);
      err = typeof a === 'number' ? a : ipSetUser(set, cmd, a, exist);
      // The answer brings the request back, with the number of the line that failed.
      if (err < 0 && typeof a !== 'number' && a.has(IPSET_ATTR_CADT_LINENO) && has(info, IPSET_ATTR_LINENO)) {
        view.setUint32(info.tb[IPSET_ATTR_LINENO]! + 4, a.u32(IPSET_ATTR_CADT_LINENO, 0));
      }
    };
    if (has(info, IPSET_ATTR_DATA)) each(info.tb[IPSET_ATTR_DATA]!);
    else nlaForEachNested(view, info.tb[IPSET_ATTR_ADT]!, each);
    return err;
  });
}

function header(info: NfnlInfo): number {
  if (!has(info, IPSET_ATTR_SETNAME)) return -IPSET_ERR_PROTOCOL;
  const set = inetOf(info).find(str(info, IPSET_ATTR_SETNAME));
  if (set === null) return -ENOENT;
  return reply(info, IPSET_CMD_HEADER, (w) => {
    w.putString(IPSET_ATTR_SETNAME, set.name);
    w.putString(IPSET_ATTR_TYPENAME, set.type.name);
    w.putU8(IPSET_ATTR_FAMILY, set.family);
    w.putU8(IPSET_ATTR_REVISION, set.revision);
  });
}

function typeOf(info: NfnlInfo): number {
  if (!has(info, IPSET_ATTR_TYPENAME, IPSET_ATTR_FAMILY)) return -IPSET_ERR_PROTOCOL;
  const family = nlaGetU8(info.req.view, info.tb[IPSET_ATTR_FAMILY]!);
  const t = ipSetType(str(info, IPSET_ATTR_TYPENAME), family);
  if (t === null) return -IPSET_ERR_FIND_TYPE;
  return reply(info, IPSET_CMD_TYPE, (w) => {
    w.putString(IPSET_ATTR_TYPENAME, t.name);
    w.putU8(IPSET_ATTR_FAMILY, family);
    w.putU8(IPSET_ATTR_REVISION, t.revision);
    w.putU8(IPSET_ATTR_REVISION_MIN, 0);
  });
}

function byName(info: NfnlInfo): number {
  if (!has(info, IPSET_ATTR_SETNAME)) return -IPSET_ERR_PROTOCOL;
  const set = inetOf(info).find(str(info, IPSET_ATTR_SETNAME));
  if (set === null) return -ENOENT;
  return reply(info, IPSET_CMD_GET_BYNAME, (w) => {
    w.putU8(IPSET_ATTR_FAMILY, set.family);
    putNet16(w, IPSET_ATTR_INDEX, set.id);
  });
}

function byIndex(info: NfnlInfo): number {
  if (!has(info, IPSET_ATTR_INDEX)) return -IPSET_ERR_PROTOCOL;
  const set = inetOf(info).sets[nlaGetBe16(info.req.view, info.tb[IPSET_ATTR_INDEX]!)] ?? null;
  if (set === null) return -ENOENT;
  return reply(info, IPSET_CMD_GET_BYINDEX, (w) => {
    w.putString(IPSET_ATTR_SETNAME, set.name);
    putNet16(w, IPSET_ATTR_INDEX, set.id);
  });
}

function protocol(info: NfnlInfo): number {
  if (!has(info, IPSET_ATTR_PROTOCOL)) return -IPSET_ERR_PROTOCOL;
  const w = new NlWriter();
  nfnlMsgPut(w, info.req, nfnlMsgType(NFNL_SUBSYS_IPSET, IPSET_CMD_PROTOCOL), 0, info.family);
  w.putU8(IPSET_ATTR_PROTOCOL, IPSET_PROTOCOL);
  w.putU8(IPSET_ATTR_PROTOCOL_MIN, IPSET_PROTOCOL_MIN);
  w.end();
  return Math.min(0, nfnlUnicast(info.net, w, info.req.portid));
}

const CALLBACKS: readonly (NfnlCallback | undefined)[] = Object.assign([], {
  0: { call: () => -EINVAL },
  [IPSET_CMD_PROTOCOL]: { policy: POLICY, call: protocol }, [IPSET_CMD_CREATE]: cb(create), [IPSET_CMD_DESTROY]: cb(destroy), [IPSET_CMD_FLUSH]: cb(flush), [IPSET_CMD_RENAME]: cb(rename),
  [IPSET_CMD_SWAP]: cb(swap), [IPSET_CMD_LIST]: cb(list), [IPSET_CMD_SAVE]: cb(list), [IPSET_CMD_ADD]: adt(IPSET_CMD_ADD), [IPSET_CMD_DEL]: adt(IPSET_CMD_DEL),
  [IPSET_CMD_TEST]: adt(IPSET_CMD_TEST), [IPSET_CMD_HEADER]: cb(header), [IPSET_CMD_TYPE]: cb(typeOf), [IPSET_CMD_GET_BYNAME]: cb(byName), [IPSET_CMD_GET_BYINDEX]: cb(byIndex),
});

/** The subsystem. */
export const IPSET_SUBSYSTEM: NfnlSubsystem = { name: 'ipset', id: NFNL_SUBSYS_IPSET, cb: CALLBACKS };
