/** Forwarding entries of bridges and of devices with tables of their own: RTM_*NEIGH of PF_BRIDGE (rtnl_fdb_*). */
import { EEXIST, EINVAL, EMSGSIZE, ENODEV, ENOENT, EOPNOTSUPP, type Kernel, type Net } from '@linnet/kernel';
import {
  devGetByIndex, devMcAdd, devMcDel, devUcAdd, devUcDel, IFF_BRIDGE_PORT, IFF_EBRIDGE, NETDEV_NET, type NetDevice,
} from '@linnet/netdev';
import {
  ARPHRD_ETHER, ETH_ALEN, IFINFOMSG_LEN, ifinfomsgRead, IFLA_MASTER, IFLA_MAX, NDA_FLAGS_EXT, NDA_IFINDEX, NDA_LLADDR, NDA_MASTER, NDA_MAX, NDA_NDM_FLAGS_MASK, NDA_NDM_STATE_MASK, NDA_VLAN, NDMSG_LEN,
  ndmsgRead, ndmsgWrite, NLM_F_BULK, NLM_F_EXCL, nlaGetBytes, nlaGetU16, nlaGetU32, nlaLen, NTF_MASTER, NTF_SELF, NUD_PERMANENT, NlWriter, PF_BRIDGE,
  RTM_DELNEIGH, RTM_GETNEIGH, RTM_NEWNEIGH, RTNLGRP_NEIGH, type Ndmsg,
} from '@linnet/uapi';
import { type Extack, nlSetErrMsg } from './extack.ts';
import {
  NL_VALIDATE_DEPRECATED_STRICT, NL_VALIDATE_LIBERAL, NL_VALIDATE_STRICT, NLA_BINARY, NLA_U16, NLA_U32, NLA_U8, nlmsgParse, type NlaPolicyTable,
} from './nla-policy.ts';
import { type NlDump, nlDumpBegin, type NlRequest, nlreqLen } from './request.ts';
import { type RtnlBridgeOps, rtnlLinkOps } from './rtnl-link-ops.ts';
import { IFLA_POLICY } from './rtnl-link-policy.ts';
import { RTNL_FLAG_BULK_DEL_SUPPORTED, RTNL_FLAG_DUMP_SPLIT_NLM_DONE, rtnlRegister } from './rtnl-register.ts';
import { rtnlNotify } from './rtnetlink.ts';

function refuse(extack: Extack, msg: string, errno: number = EINVAL): number {
  nlSetErrMsg(extack, msg);
  return -errno;
}

/** A device's answers to PF_BRIDGE, or null. */
export function bridgeOps(dev: NetDevice | null): RtnlBridgeOps | null {
  return dev === null ? null : (rtnlLinkOps(dev)?.bridgeOps ?? null);
}

const isPort = (dev: NetDevice): boolean => (dev.privFlags & IFF_BRIDGE_PORT) !== 0;

/** An entry of a device's own address lists as a message. */
function fillSelf(w: NlWriter, dev: NetDevice, addr: Uint8Array, state: number, vid: number): void {
  const off = w.reserve(NDMSG_LEN);
  ndmsgWrite(w.view, off, { family: PF_BRIDGE, ifindex: dev.ifindex, state, flags: NTF_SELF, type: 0 });
  w.putBytes(NDA_LLADDR, addr.subarray(0, ETH_ALEN));
  if (vid !== 0) w.putU16(NDA_VLAN, vid);
}

function fdbNotify(dev: NetDevice, type: number, addr: Uint8Array, state: number, vid: number): void {
  const w = new NlWriter({ capacity: 128 });
  w.begin(type, 0, 0, 0);
  fillSelf(w, dev, addr, state, vid);
  w.end();
  rtnlNotify(dev.net, w, RTNLGRP_NEIGH);
}

function isGroup(addr: Uint8Array): boolean {
  return (addr[0]! & 1) !== 0;
}
/** 01:80:c2:00:00:0X: never forwarded, kept with the unicast addresses. */
function isLinkLocal(a: Uint8Array): boolean {
  return a[0] === 0x01 && a[1] === 0x80 && a[2] === 0xc2 && a[3] === 0 && a[4] === 0 && (a[5]! & 0xf0) === 0;
}

/** A device without a table of its own: its address lists (ndo_dflt_fdb_add). */
function dfltFdbAdd(ndm: Ndmsg, dev: NetDevice, addr: Uint8Array, vid: number, flags: number): number {
  if (ndm.state !== 0 && (ndm.state & NUD_PERMANENT) === 0) return -EINVAL;
  if (vid !== 0) return -EINVAL;
  const uc = !isGroup(addr) || isLinkLocal(addr);
  const list = uc ? dev.uc : dev.mc;
  if (list.find(addr, ETH_ALEN) !== null) return (flags & NLM_F_EXCL) !== 0 ? -EEXIST : 0;
  if (uc) devUcAdd(dev, addr);
  else devMcAdd(dev, addr);
  return 0;
}

/** The opposite (ndo_dflt_fdb_del). */
function dfltFdbDel(ndm: Ndmsg, dev: NetDevice, addr: Uint8Array): number {
  if ((ndm.state & NUD_PERMANENT) === 0) return -EINVAL;
  return !isGroup(addr) || isLinkLocal(addr) ? devUcDel(dev, addr) : devMcDel(dev, addr);
}

/** Dumps a device's address lists, from the `cb.j`th entry on (ndo_dflt_fdb_dump). Returns 0 or -EMSGSIZE. @alpha */
export function rtnlDfltFdbDump(dev: NetDevice, w: NlWriter, cb: NlDump): number {
  if (dev.type !== ARPHRD_ETHER) return 0;
  for (const list of [dev.uc.list, dev.mc.list]) {
    for (const e of list) {
      if (cb.k++ < cb.j) continue;
      nlDumpBegin(w, cb, RTM_NEWNEIGH);
      fillSelf(w, dev, e.addr, NUD_PERMANENT, 0);
      const ret = w.end();
      if (ret < 0) return ret;
      cb.j++;
    }
  }
  return 0;
}

interface FdbTarget {
  readonly ndm: Ndmsg;
  readonly dev: NetDevice;
  readonly addr: Uint8Array;
  readonly vid: number;
}

/** The VLAN of a request, 0 when it names none. */
function vidOf(req: NlRequest, nla: number): number {
  if (nla === 0) return 0;
  if (nlaLen(req.view, nla) !== 2) return refuse(req.extack, 'invalid vlan attribute size');
  const vid = nlaGetU16(req.view, nla);
  return vid === 0 || vid >= 4095 ? refuse(req.extack, 'invalid vlan id') : vid;
}

/** What a request to add or remove names; `what` for the text of a refusal. */
function target(net: Net, req: NlRequest, tb: Int32Array, what: string, bulk: boolean): FdbTarget | number {
  const { extack } = req;
  const ndm = ndmsgRead(req.view, req.data);
  if (ndm.ifindex === 0) return refuse(extack, 'invalid ifindex');
  const dev = devGetByIndex(net, ndm.ifindex);
  if (dev === null) return refuse(extack, 'unknown ifindex', ENODEV);
  let addr = new Uint8Array(ETH_ALEN);
  if (!bulk) {
    if (tb[NDA_LLADDR] === 0 || nlaLen(req.view, tb[NDA_LLADDR]!) !== ETH_ALEN) return refuse(extack, 'invalid address');
    addr = new Uint8Array(nlaGetBytes(req.view, tb[NDA_LLADDR]!));
  }
  if (dev.type !== ARPHRD_ETHER) return refuse(extack, `FDB ${what} only supported for Ethernet devices`);
  const vid = vidOf(req, tb[NDA_VLAN]!);
  return vid < 0 ? vid : { ndm, dev, addr, vid };
}

function rtnlFdbAdd(net: Net, req: NlRequest): number {
  const tb = new Int32Array(NDA_MAX + 1);
  let err = nlmsgParse(req, NDMSG_LEN, tb, null, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  const t = target(net, req, tb, 'add', false);
  if (typeof t === 'number') return t;
  const { ndm, dev, addr, vid } = t;
  err = -EOPNOTSUPP;
  if ((ndm.flags === 0 || (ndm.flags & NTF_MASTER) !== 0) && isPort(dev)) {
    err = bridgeOps(dev.master)?.fdbAdd?.(dev.master!, { req, tb, dev, addr, vid }) ?? -EOPNOTSUPP;
    if (err < 0) return err;
  }
  if ((ndm.flags & NTF_SELF) !== 0) {
    const add = bridgeOps(dev)?.fdbAdd;
    err = add === undefined ? dfltFdbAdd(ndm, dev, addr, vid, req.flags) : add(dev, { req, tb, dev, addr, vid });
    if (err === 0) fdbNotify(dev, RTM_NEWNEIGH, addr, ndm.state, vid);
  }
  return err < 0 ? err : 0;
}

const BULK_POLICY: NlaPolicyTable = {
  maxtype: NDA_MAX,
  rules: { [NDA_VLAN]: { type: NLA_U16, min: 1, max: 4094 }, [NDA_IFINDEX]: { type: NLA_U32, min: 1 }, [NDA_NDM_STATE_MASK]: { type: NLA_U16 }, [NDA_NDM_FLAGS_MASK]: { type: NLA_U8 } },
};

function rtnlFdbDel(net: Net, req: NlRequest): number {
  const bulk = (req.flags & NLM_F_BULK) !== 0;
  const tb = new Int32Array(NDA_MAX + 1);
  let err = nlmsgParse(req, NDMSG_LEN, tb, bulk ? BULK_POLICY : null, bulk ? NL_VALIDATE_STRICT : NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  const t = target(net, req, tb, 'delete', bulk);
  if (typeof t === 'number') return t;
  const { ndm, dev, addr, vid } = t;
  err = -EOPNOTSUPP;
  if ((ndm.flags === 0 || (ndm.flags & NTF_MASTER) !== 0) && isPort(dev)) {
    const ops = bridgeOps(dev.master);
    err = (bulk ? ops?.fdbDelBulk?.(dev.master!, dev, req, tb) : ops?.fdbDel?.(dev.master!, { req, tb, dev, addr, vid })) ?? -EOPNOTSUPP;
    if (err < 0) return err;
  }
  if ((ndm.flags & NTF_SELF) !== 0) {
    const ops = bridgeOps(dev);
    if (bulk) {
      err = -EOPNOTSUPP;
      if (ops?.fdbDelBulk !== undefined) err = ops.fdbDelBulk(dev, dev, req, tb);
      return err < 0 ? err : 0;
    }
    err = ops?.fdbDel === undefined ? dfltFdbDel(ndm, dev, addr) : ops.fdbDel(dev, { req, tb, dev, addr, vid });
    if (err === 0) fdbNotify(dev, RTM_DELNEIGH, addr, ndm.state, vid);
  }
  return err < 0 ? err : 0;
}

interface FdbDump {
  readonly master: number;
  readonly port: number;
}

function dumpStart(req: NlRequest): FdbDump | number {
  const { extack, view } = req;
  if (req.strict) {
    if (nlreqLen(req) < NDMSG_LEN) return refuse(extack, 'Invalid header for fdb dump request');
    const ndm = ndmsgRead(view, req.data);
    if (view.getUint8(req.data + 1) !== 0 || view.getUint16(req.data + 2, true) !== 0 || ndm.state !== 0 || ndm.flags !== 0 || ndm.type !== 0) {
      return refuse(extack, 'Invalid values in header for fdb dump request');
    }
    const tb = new Int32Array(NDA_MAX + 1);
    const err = nlmsgParse(req, NDMSG_LEN, tb, null, NL_VALIDATE_DEPRECATED_STRICT);
    if (err < 0) return err;
    let master = 0;
    let port = ndm.ifindex;
    for (let t = 1; t <= NDA_MAX; t++) {
      const nla = tb[t]!;
      if (nla === 0) continue;
      if (t !== NDA_IFINDEX && t !== NDA_MASTER) return refuse(extack, 'Unsupported attribute in fdb dump request');
      if (nlaLen(view, nla) !== 4) return refuse(extack, `Invalid ${t === NDA_IFINDEX ? 'IFINDEX' : 'MASTER'} attribute in fdb dump request`);
      if (t === NDA_IFINDEX) port = nlaGetU32(view, nla) | 0;
      else master = nlaGetU32(view, nla) | 0;
    }
    return { master, port };
  }
  // Old tools send an ifinfomsg; only its length tells it from what should be there.
  const len = nlreqLen(req);
  if (len === NDMSG_LEN || len === NDMSG_LEN + 8) return { master: 0, port: 0 };
  if (len < IFINFOMSG_LEN) return { master: 0, port: 0 };
  const tb = new Int32Array(IFLA_MAX + 1);
  const err = nlmsgParse(req, IFINFOMSG_LEN, tb, IFLA_POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  return { master: tb[IFLA_MASTER] === 0 ? 0 : nlaGetU32(view, tb[IFLA_MASTER]!) | 0, port: ifinfomsgRead(view, req.data).index };
}

/** All forwarding entries, device by device: `cb.i` is the device, `cb.j` how many of its entries are done (rtnl_fdb_dump). */
function rtnlFdbDump(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  if (cb.data === null) {
    const start = dumpStart(req);
    if (typeof start === 'number') return start;
    cb.data = start;
  }
  const { master, port } = cb.data as FdbDump;
  const nn = net.get(NETDEV_NET);
  const given = master === 0 ? null : devGetByIndex(net, master);
  if (master !== 0 && given === null) return -ENODEV;
  cb.seq = nn.devBaseSeq;
  for (const index of Array.from(nn.byIndex.keys()).sort((a, b) => a - b)) {
    if (index < cb.i) continue;
    if (index > cb.i) {
      cb.i = index;
      cb.j = 0;
    }
    const dev = nn.byIndex.get(index)!;
    if (port !== 0 && index !== port) continue;
    if (given !== null && dev !== given && !(isPort(dev) && dev.master === given) && !((dev.privFlags & IFF_EBRIDGE) !== 0 && dev === given)) continue;
    cb.k = 0;
    let ret = 0;
    if (isPort(dev)) ret = bridgeOps(dev.master)?.fdbDump?.(dev.master!, dev, w, cb) ?? 0;
    if (ret < 0) return ret;
    const own = bridgeOps(dev)?.fdbDump;
    ret = own === undefined ? rtnlDfltFdbDump(dev, w, cb) : own(dev, null, w, cb);
    if (ret === -EMSGSIZE) return ret;
    cb.i = index + 1;
    cb.j = 0;
  }
  return 0;
}

const GET_POLICY: NlaPolicyTable = {
  maxtype: NDA_MAX,
  rules: { [NDA_LLADDR]: { type: NLA_BINARY, len: 32 }, [NDA_VLAN]: { type: NLA_U16 }, [NDA_MASTER]: { type: NLA_U32 }, [NDA_FLAGS_EXT]: { type: NLA_U32 } },
};

function rtnlFdbGet(net: Net, req: NlRequest, reply: NlWriter): number {
  const { extack, view } = req;
  if (nlreqLen(req) < NDMSG_LEN) return refuse(extack, 'Invalid header for fdb get request');
  const ndm = ndmsgRead(view, req.data);
  if (view.getUint8(req.data + 1) !== 0 || view.getUint16(req.data + 2, true) !== 0 || ndm.state !== 0 || ndm.type !== 0) {
    return refuse(extack, 'Invalid values in header for fdb get request');
  }
  if ((ndm.flags & ~(NTF_MASTER | NTF_SELF)) !== 0) return refuse(extack, 'Invalid flags in header for fdb get request');
  const tb = new Int32Array(NDA_MAX + 1);
  const err = nlmsgParse(req, NDMSG_LEN, tb, GET_POLICY, NL_VALIDATE_DEPRECATED_STRICT);
  if (err < 0) return err;
  for (let t = 1; t <= NDA_MAX; t++) {
    if (tb[t] !== 0 && t !== NDA_MASTER && t !== NDA_LLADDR && t !== NDA_VLAN) return refuse(extack, 'Unsupported attribute in fdb get request');
  }
  const vid = vidOf(req, tb[NDA_VLAN]!);
  if (vid < 0) return vid;
  if (tb[NDA_LLADDR] === 0) return refuse(extack, 'Missing lookup address for fdb get request');
  if (nlaLen(view, tb[NDA_LLADDR]!) !== ETH_ALEN) return refuse(extack, 'Invalid address in fdb get request');
  let dev: NetDevice | null = null;
  let owner: NetDevice | null = null;
  if (ndm.ifindex !== 0) {
    dev = devGetByIndex(net, ndm.ifindex);
    if (dev === null) return refuse(extack, 'Unknown device ifindex', ENODEV);
  }
  if (tb[NDA_MASTER] !== 0) {
    if (dev !== null) return refuse(extack, 'Master and device are mutually exclusive');
    owner = devGetByIndex(net, nlaGetU32(view, tb[NDA_MASTER]!) | 0);
    if (owner === null) return refuse(extack, 'Invalid master ifindex');
  }
  if (dev !== null) {
    if (ndm.flags === 0 || (ndm.flags & NTF_MASTER) !== 0) {
      if (!isPort(dev)) return refuse(extack, 'Device is not a bridge port');
      owner = dev.master;
      if (owner === null) return refuse(extack, 'Master of device not found');
    } else {
      if ((ndm.flags & NTF_SELF) === 0) return refuse(extack, 'Missing NTF_SELF');
      owner = dev;
    }
  }
  if (owner === null) return refuse(extack, 'No device specified', ENODEV);
  const get = bridgeOps(owner)?.fdbGet;
  if (get === undefined) return refuse(extack, 'Fdb get operation not supported by device', EOPNOTSUPP);
  const rc = get(owner, { req, tb, dev: dev ?? owner, addr: new Uint8Array(nlaGetBytes(view, tb[NDA_LLADDR]!)), vid }, reply);
  return rc === -ENOENT ? refuse(extack, 'Fdb entry not found', ENOENT) : rc;
}

/** Registers the messages of forwarding entries. */
export function rtnlFdbInit(k: Kernel): void {
  rtnlRegister(k, PF_BRIDGE, RTM_NEWNEIGH, { doit: rtnlFdbAdd });
  rtnlRegister(k, PF_BRIDGE, RTM_DELNEIGH, { doit: rtnlFdbDel, flags: RTNL_FLAG_BULK_DEL_SUPPORTED });
  rtnlRegister(k, PF_BRIDGE, RTM_GETNEIGH, { doit: rtnlFdbGet, dumpit: rtnlFdbDump, flags: RTNL_FLAG_DUMP_SPLIT_NLM_DONE });
}
