/** Links as bridges see them, and multicast entries: RTM_*LINK and RTM_*MDB of PF_BRIDGE (rtnl_bridge_*, rtnl_mdb_*). */
import { EINVAL, ENODEV, EOPNOTSUPP, EPFNOSUPPORT, type Kernel, type Net } from '@linnet/kernel';
import { devGetByIndex, NETDEV_NET, type NetDevice } from '@linnet/netdev';
import {
  BR_PORT_MSG_LEN, BRIDGE_FLAGS_MASTER, BRIDGE_FLAGS_SELF, IFINFOMSG_LEN, ifinfomsgRead, IFLA_AF_SPEC, IFLA_BRIDGE_FLAGS, IFLA_BRIDGE_MODE, IFLA_EXT_MASK, IFLA_MAX, MDBA_GET_ENTRY, MDBA_GET_ENTRY_ATTRS, MDBA_GET_ENTRY_MAX, MDBA_SET_ENTRY,
  MDBA_SET_ENTRY_ATTRS, MDBA_SET_ENTRY_MAX, nlaGetU16, nlaGetU32, nlaLen, nlaNext, nlaOk, nlaType, NLM_F_BULK, NlWriter, PF_BRIDGE, RTM_DELLINK, RTM_DELMDB, RTM_GETLINK, RTM_GETMDB,
  RTM_NEWLINK, RTM_NEWMDB, RTM_SETLINK, RTNLGRP_LINK,
} from '@linnet/uapi';
import { type Extack, nlSetErrAttrMiss, nlSetErrMsg, nlSetErrMsgAttr } from './extack.ts';
import { NL_VALIDATE_DEPRECATED_STRICT, NL_VALIDATE_LIBERAL, NL_VALIDATE_STRICT, NLA_BINARY, NLA_NESTED, nlmsgParse, type NlaPolicyTable } from './nla-policy.ts';
import { type NlDump, nlDumpBegin, type NlRequest, nlreqLen } from './request.ts';
import { bridgeOps } from './rtnl-fdb.ts';
import { RTNL_FLAG_BULK_DEL_SUPPORTED, rtnlRegister } from './rtnl-register.ts';
import { rtnlNotify } from './rtnetlink.ts';

function refuse(extack: Extack, msg: string, errno: number = EINVAL): number {
  nlSetErrMsg(extack, msg);
  return -errno;
}

/** RTEXT_FILTER_* of a dump request, or a negative errno. */
function dumpFilter(req: NlRequest): number {
  const { extack } = req;
  if (nlreqLen(req) < IFINFOMSG_LEN) return req.strict ? refuse(extack, 'Invalid header for bridge link dump') : 0;
  const tb = new Int32Array(IFLA_MAX + 1);
  if (req.strict) {
    const ifm = ifinfomsgRead(req.view, req.data);
    if (req.view.getUint8(req.data + 1) !== 0 || ifm.type !== 0 || ifm.flags !== 0 || ifm.change !== 0 || ifm.index !== 0) {
      return refuse(extack, 'Invalid values in header for bridge link dump request');
    }
    const err = nlmsgParse(req, IFINFOMSG_LEN, tb, null, NL_VALIDATE_DEPRECATED_STRICT);
    if (err < 0) return err;
  } else {
    const err = nlmsgParse(req, IFINFOMSG_LEN, tb, null, NL_VALIDATE_LIBERAL);
    if (err < 0) return err;
  }
  for (let t = 1; t <= IFLA_MAX; t++) {
    if (tb[t] === 0 || t === IFLA_EXT_MASK) continue;
    if (req.strict) return refuse(extack, 'Unsupported attribute in bridge link dump request');
  }
  const mask = tb[IFLA_EXT_MASK]!;
  return mask !== 0 && nlaLen(req.view, mask) >= 4 ? nlaGetU32(req.view, mask) & 0x7fffffff : 0;
}

function rtnlBridgeGetlink(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  if (cb.data === null) {
    const mask = dumpFilter(req);
    if (mask < 0) return mask;
    cb.data = { mask };
  }
  const { mask } = cb.data as { readonly mask: number };
  const nn = net.get(NETDEV_NET);
  const begin = (): void => {
    nlDumpBegin(w, cb, RTM_NEWLINK);
  };
  cb.seq = nn.devBaseSeq;
  for (const index of Array.from(nn.byIndex.keys()).sort((a, b) => a - b)) {
    if (index < cb.i) continue;
    const dev = nn.byIndex.get(index)!;
    // A device may answer for itself and through its master.
    const owners = [dev.master, dev];
    for (let n = index === cb.i ? cb.j : 0; n < 2; n++) {
      const owner = owners[n]!;
      const ret = bridgeOps(owner)?.getlink?.(owner, dev, w, begin, mask) ?? 0;
      if (ret < 0) {
        cb.i = index;
        cb.j = n;
        return ret;
      }
    }
    cb.i = index + 1;
    cb.j = 0;
  }
  return 0;
}

/** Tells the listeners of RTNLGRP_LINK how a device with a bridge of its own is now (rtnl_bridge_notify). */
function rtnlBridgeNotify(dev: NetDevice): void {
  const w = new NlWriter({ capacity: 512 });
  bridgeOps(dev)?.getlink?.(dev, dev, w, () => w.begin(RTM_NEWLINK, 0, 0, 0), 0);
  if (w.len > 0) rtnlNotify(dev.net, w, RTNLGRP_LINK);
}

function change(net: Net, req: NlRequest, which: 'setlink' | 'dellink'): number {
  const { view, extack } = req;
  if (nlreqLen(req) < IFINFOMSG_LEN) return -EINVAL;
  const ifm = ifinfomsgRead(view, req.data);
  if (ifm.family !== PF_BRIDGE) return -EPFNOSUPPORT;
  const dev = devGetByIndex(net, ifm.index);
  if (dev === null) return refuse(extack, 'unknown ifindex', ENODEV);
  let flags = 0;
  for (let at = req.data + IFINFOMSG_LEN; nlaOk(view, at, req.end - at); at = nlaNext(view, at)) {
    if (nlaType(view, at) !== IFLA_AF_SPEC) continue;
    const end = at + 4 + nlaLen(view, at);
    for (let in_ = at + 4; nlaOk(view, in_, end - in_); in_ = nlaNext(view, in_)) {
      const type = nlaType(view, in_);
      if (type !== IFLA_BRIDGE_FLAGS && type !== IFLA_BRIDGE_MODE) continue;
      if (nlaLen(view, in_) < 2) return -EINVAL;
      if (type === IFLA_BRIDGE_FLAGS) flags = nlaGetU16(view, in_);
    }
    break;
  }
  let err = -EOPNOTSUPP;
  if (flags === 0 || (flags & BRIDGE_FLAGS_MASTER) !== 0) {
    const { master } = dev;
    err = bridgeOps(master)?.[which]?.(master!, dev, req, flags) ?? -EOPNOTSUPP;
    if (err < 0) return err;
  }
  if ((flags & BRIDGE_FLAGS_SELF) !== 0) {
    err = bridgeOps(dev)?.[which]?.(dev, dev, req, flags) ?? -EOPNOTSUPP;
    if (err >= 0) rtnlBridgeNotify(dev);
  }
  return err < 0 ? err : 0;
}

function rtnlMdbDump(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  if (cb.data === null) {
    if (req.strict) {
      if (nlreqLen(req) < BR_PORT_MSG_LEN) return refuse(req.extack, 'Invalid header for mdb dump request');
      if (req.view.getUint32(req.data + 4, true) !== 0) return refuse(req.extack, 'Filtering by device index is not supported for mdb dump request');
      if (nlreqLen(req) > BR_PORT_MSG_LEN) return refuse(req.extack, 'Invalid data after header in mdb dump request');
    }
    cb.data = {};
  }
  const nn = net.get(NETDEV_NET);
  cb.seq = nn.devBaseSeq;
  for (const index of Array.from(nn.byIndex.keys()).sort((a, b) => a - b)) {
    if (index < cb.i) continue;
    if (index > cb.i) {
      cb.i = index;
      cb.j = 0;
      cb.k = 0;
    }
    const dev = nn.byIndex.get(index)!;
    const ret = bridgeOps(dev)?.mdbDump?.(dev, w, cb) ?? 0;
    if (ret < 0) return ret;
    cb.i = index + 1;
    cb.j = 0;
    cb.k = 0;
  }
  return 0;
}

const SET_POLICY: NlaPolicyTable = {
  maxtype: MDBA_SET_ENTRY_MAX,
  rules: { [MDBA_SET_ENTRY]: { type: NLA_BINARY, len: 28 }, [MDBA_SET_ENTRY_ATTRS]: { type: NLA_NESTED } },
};
const GET_POLICY: NlaPolicyTable = {
  maxtype: MDBA_GET_ENTRY_MAX,
  rules: { [MDBA_GET_ENTRY]: { type: NLA_BINARY, len: 28 }, [MDBA_GET_ENTRY_ATTRS]: { type: NLA_NESTED } },
};

/** The device that an RTM_*MDB names and the request's attributes. */
function mdbTarget(net: Net, req: NlRequest, tb: Int32Array, policy: NlaPolicyTable, need: string): NetDevice | number {
  const { extack } = req;
  const err = nlmsgParse(req, BR_PORT_MSG_LEN, tb, policy, need === 'get' ? NL_VALIDATE_STRICT : NL_VALIDATE_DEPRECATED_STRICT);
  if (err < 0) return err;
  const index = req.view.getInt32(req.data + 4, true);
  if (index === 0) return refuse(extack, 'Invalid ifindex');
  const dev = devGetByIndex(net, index);
  if (dev === null) return refuse(extack, "Device doesn't exist", ENODEV);
  const entry = tb[MDBA_SET_ENTRY]!;
  if (entry === 0) {
    nlSetErrMsg(extack, need === 'get' ? 'Missing MDBA_GET_ENTRY attribute' : 'Missing MDBA_SET_ENTRY attribute');
    nlSetErrAttrMiss(extack, 0, MDBA_SET_ENTRY);
    return -EINVAL;
  }
  if (nlaLen(req.view, entry) !== 28) {
    nlSetErrMsgAttr(extack, entry, 'Invalid attribute length');
    return -EINVAL;
  }
  if (need === 'get') {
    const { view } = req;
    if (view.getUint32(entry + 4, true) !== 0) return refuse(extack, 'Entry ifindex cannot be specified');
    if (view.getUint8(entry + 8) !== 0) return refuse(extack, 'Entry state cannot be specified');
    if (view.getUint8(entry + 9) !== 0) return refuse(extack, 'Entry flags cannot be specified');
  }
  return dev;
}

function rtnlMdbSet(net: Net, req: NlRequest, which: 'mdbAdd' | 'mdbDel'): number {
  const tb = new Int32Array(MDBA_SET_ENTRY_MAX + 1);
  const dev = mdbTarget(net, req, tb, SET_POLICY, 'set');
  if (typeof dev === 'number') return dev;
  const ops = bridgeOps(dev);
  const fn = which === 'mdbDel' && (req.flags & NLM_F_BULK) !== 0 ? ops?.mdbDelBulk : ops?.[which];
  if (fn === undefined) return refuse(req.extack, `Device does not support MDB ${fn === ops?.mdbDelBulk && which === 'mdbDel' && (req.flags & NLM_F_BULK) !== 0 ? 'bulk deletion' : 'operations'}`, EOPNOTSUPP);
  return fn(dev, req, tb);
}

function rtnlMdbGet(net: Net, req: NlRequest, reply: NlWriter): number {
  const tb = new Int32Array(MDBA_GET_ENTRY_MAX + 1);
  const dev = mdbTarget(net, req, tb, GET_POLICY, 'get');
  if (typeof dev === 'number') return dev;
  const get = bridgeOps(dev)?.mdbGet;
  if (get === undefined) return refuse(req.extack, 'Device does not support MDB operations', EOPNOTSUPP);
  return get(dev, req, tb, reply);
}

/** Registers the messages. */
export function rtnlBridgeInit(k: Kernel): void {
  rtnlRegister(k, PF_BRIDGE, RTM_GETLINK, { dumpit: rtnlBridgeGetlink });
  rtnlRegister(k, PF_BRIDGE, RTM_SETLINK, { doit: (net, req) => change(net, req, 'setlink') });
  rtnlRegister(k, PF_BRIDGE, RTM_DELLINK, { doit: (net, req) => change(net, req, 'dellink') });
  rtnlRegister(k, PF_BRIDGE, RTM_GETMDB, { doit: rtnlMdbGet, dumpit: rtnlMdbDump });
  rtnlRegister(k, PF_BRIDGE, RTM_NEWMDB, { doit: (net, req) => rtnlMdbSet(net, req, 'mdbAdd') });
  rtnlRegister(k, PF_BRIDGE, RTM_DELMDB, { doit: (net, req) => rtnlMdbSet(net, req, 'mdbDel'), flags: RTNL_FLAG_BULK_DEL_SUPPORTED });
}
