/** Neighbours over rtnetlink: RTM_*NEIGH, RTM_{GET,SET}NEIGHTBL (rtnetlink(7); errors and messages as Linux 6.18 gives them). */
// datapath-ok-file: messages
import { EAFNOSUPPORT, EEXIST, EINVAL, ENODEV, ENOENT, jiffiesToClockT, jiffiesToMsecs, timerPending } from '@linnet/kernel';
import type { Kernel, Net } from '@linnet/kernel';
import { devGetByIndex } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import {
  NLA_BINARY, NLA_NESTED, NLA_STRING, NLA_U16, NLA_U32, NLA_U64, NLA_U8, NL_VALIDATE_LIBERAL, nlaParseNestedPolicy, nlDumpBegin, nlSetErrAttrMiss, nlSetErrMsg, nlmsgParse, nlmsgReplyBegin, rtnlDump, rtnlNotify,
  rtnlNotifyNeeded, rtnlRegister,
} from '@linnet/netlink';
import type { NlDump, NlRequest, NlaPolicyTable } from '@linnet/netlink';
import {
  AF_UNSPEC, MAX_ADDR_LEN, NDA_CACHEINFO, NDA_DST, NDA_FLAGS_EXT, NDA_IFINDEX, NDA_LLADDR, NDA_MASTER, NDA_MAX, NDA_PORT, NDA_PROBES, NDA_PROTOCOL, NDA_VLAN, NDA_VNI, NDMSG_LEN,
  NDTA_CONFIG, NDTA_GC_INTERVAL, NDTA_MAX, NDTPA_MAX, NDTA_NAME, NDTA_PARMS, NDTA_STATS, NDTA_THRESH1, NDTA_THRESH2, NDTA_THRESH3, NDTMSG_LEN, NDTPA_ANYCAST_DELAY, NDTPA_APP_PROBES,
  NDTPA_BASE_REACHABLE_TIME, NDTPA_DELAY_PROBE_TIME, NDTPA_GC_STALETIME, NDTPA_IFINDEX, NDTPA_INTERVAL_PROBE_TIME_MS, NDTPA_LOCKTIME, NDTPA_MCAST_PROBES,
  NDTPA_MCAST_REPROBES, NDTPA_PROXY_DELAY, NDTPA_PROXY_QLEN, NDTPA_QUEUE_LEN, NDTPA_QUEUE_LENBYTES, NDTPA_REACHABLE_TIME, NDTPA_REFCNT, NDTPA_RETRANS_TIME,
  NDTPA_UCAST_PROBES, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, NLM_F_REQUEST, NTF_EXT_EXT_VALIDATED, NTF_EXT_LEARNED, NTF_EXT_MANAGED, NTF_PROXY, NTF_ROUTER, NTF_USE, NUD_PERMANENT, RTM_DELNEIGH, RTM_GETNEIGH,
  RTM_GETNEIGHTBL, RTM_NEWNEIGH, RTM_NEWNEIGHTBL, RTM_SETNEIGHTBL, RTN_UNICAST, RTNLGRP_NEIGH, ndmsgRead, ndmsgWrite, ndtmsgWrite, nlaGetString, nlaGetU32, nlaGetU64, nlaGetU8, nlaLen, NlWriter,
} from '@linnet/uapi';
import { neighEventSend } from './neigh-event.ts';
import type { NeighParms, NeighSetting } from './neigh-parms.ts';
import { UNRES_PACKET_TRUESIZE } from './neigh-parms.ts';
import type { NeighTable } from './neigh-table.ts';
import type { PneighEntry } from './pneigh.ts';
import { neighDelete, neighUpdate, neighUpdateFlags } from './neigh-update.ts';
import type { Neighbour } from './neighbour.ts';
import {
  NEIGH_UPDATE_F_ADMIN, NEIGH_UPDATE_F_EXT_LEARNED, NEIGH_UPDATE_F_EXT_VALIDATED, NEIGH_UPDATE_F_ISROUTER, NEIGH_UPDATE_F_MANAGED, NEIGH_UPDATE_F_OVERRIDE, NEIGH_UPDATE_F_OVERRIDE_ISROUTER, NUD_VALID,
} from './nud.ts';

const POLICY: NlaPolicyTable = Object.freeze({
  maxtype: NDA_MAX,
  rules: {
    [NDA_DST]: { type: NLA_BINARY, len: MAX_ADDR_LEN },
    [NDA_LLADDR]: { type: NLA_BINARY, len: MAX_ADDR_LEN },
    [NDA_PROBES]: { type: NLA_U32 },
    [NDA_VLAN]: { type: NLA_U16 },
    [NDA_PORT]: { type: NLA_U16 },
    [NDA_VNI]: { type: NLA_U32 },
    [NDA_IFINDEX]: { type: NLA_U32 },
    [NDA_MASTER]: { type: NLA_U32 },
    [NDA_PROTOCOL]: { type: NLA_U8 },
    [NDA_FLAGS_EXT]: { type: NLA_U32, mask: NTF_EXT_MANAGED | NTF_EXT_EXT_VALIDATED },
  },
});

/** Writes the body of a message about a neighbour (`neigh_fill_info`). */
function fill(w: NlWriter, n: Neighbour): number {
  const { tbl, dev } = n;
  const off = w.reserve(NDMSG_LEN);
  ndmsgWrite(w.view, off, { family: tbl.ops.family, ifindex: dev.ifindex, state: n.nudState, flags: n.flags, type: n.type });
  if (tbl.ops.keyWords === 1) {
    w.putInAddr(NDA_DST, n.key0);
  } else {
    w.putIn6Addr(NDA_DST, Int32Array.of(n.key0, n.key1, n.key2, n.key3));
  }
  if ((n.nudState & NUD_VALID) !== 0) w.putBytes(NDA_LLADDR, n.ha.slice(0, dev.addrLen));
  w.putU32(NDA_PROBES, n.probes);
  const now = tbl.kernel.jiffies;
  const at = w.reserveAttr(NDA_CACHEINFO, 16);
  w.view.setUint32(at, jiffiesToClockT((now - n.confirmed) >>> 0), true);
  w.view.setUint32(at + 4, jiffiesToClockT((now - n.used) >>> 0), true);
  w.view.setUint32(at + 8, jiffiesToClockT((now - n.updated) >>> 0), true);
  w.view.setUint32(at + 12, timerPending(n.timer) ? 1 : 0, true);
  if (n.protocol !== 0) w.putU8(NDA_PROTOCOL, n.protocol);
  const ext = (tbl.managed.has(n) ? NTF_EXT_MANAGED : 0) | (n.extValidated ? NTF_EXT_EXT_VALIDATED : 0);
  if (ext !== 0) w.putU32(NDA_FLAGS_EXT, ext);
  return w.end();
}

/** Tells the group of neighbours (`__neigh_notify`); RTM_GETNEIGH asks a daemon to find one (`neigh_app_ns`). */
function notify(n: Neighbour, type: number, req: NlRequest | null): void {
  const { net } = n.dev;
  if (!rtnlNotifyNeeded(net, RTNLGRP_NEIGH, req)) return;
  const w = new NlWriter({ capacity: 128 });
  // Linux gives the requester's port here, but not its sequence number.
  w.begin(type, type === RTM_GETNEIGH ? NLM_F_REQUEST : 0, 0, req?.portid ?? 0);
  if (fill(w, n) > 0) rtnlNotify(net, w, RTNLGRP_NEIGH, req);
}

/** What a request names: the table, the device, the key. */
class Target {
  readonly tbl: NeighTable;
  readonly dev: NetDevice | null;
  readonly key: Int32Array;
  constructor(tbl: NeighTable, dev: NetDevice | null, key: Int32Array) {
    this.tbl = tbl;
    this.dev = dev;
    this.key = key;
  }
  find(): Neighbour | null {
    const { tbl, dev, key } = this;
    if (dev === null) return null;
    return tbl.ops.keyWords === 1 ? tbl.lookupCounted(key[0]!, dev) : tbl.lookup4Counted(key[0]!, key[1]!, key[2]!, key[3]!, dev);
  }
}

function keyOf(req: NlRequest, nla: number, words: number): Int32Array {
  const key = new Int32Array(4);
  for (let i = 0; i < words; i++) key[i] = req.view.getInt32(nla + 4 + 4 * i);
  return key;
}

/** `RTM_NEWNEIGH` (`neigh_add`). */
function newNeigh(tables: readonly NeighTable[], net: Net, req: NlRequest): number {
  const tb = new Int32Array(NDA_MAX + 1);
  const bad = nlmsgParse(req, NDMSG_LEN, tb, POLICY, NL_VALIDATE_LIBERAL);
  if (bad !== 0) return bad;
  const { extack, view, flags } = req;
  if (tb[NDA_DST] === 0) {
    nlSetErrMsg(extack, 'Network address not specified');
    return -EINVAL;
  }
  const ndm = ndmsgRead(view, req.data);
  let dev: NetDevice | null = null;
  if (ndm.ifindex !== 0) {
    dev = devGetByIndex(net, ndm.ifindex);
    if (dev === null) return -ENODEV;
    if (tb[NDA_LLADDR] !== 0 && nlaLen(view, tb[NDA_LLADDR]!) < dev.addrLen) {
      nlSetErrMsg(extack, 'Invalid link address');
      return -EINVAL;
    }
  }
  const tbl = tables.find((t) => t.ops.family === ndm.family);
  if (tbl === undefined) return -EAFNOSUPPORT;
  if (nlaLen(view, tb[NDA_DST]!) < 4 * tbl.ops.keyWords) {
    nlSetErrMsg(extack, 'Invalid network address');
    return -EINVAL;
  }
  const ext = tb[NDA_FLAGS_EXT] === 0 ? 0 : nlaGetU32(view, tb[NDA_FLAGS_EXT]!);
  const managed = (ext & NTF_EXT_MANAGED) !== 0;
  const validated = (ext & NTF_EXT_EXT_VALIDATED) !== 0;
  if ((ndm.flags & NTF_PROXY) !== 0) {
    if (ext !== 0) {
      nlSetErrMsg(extack, 'Invalid NTF_* flag combination');
      return -EINVAL;
    }
    // Whatever NLM_F_CREATE and its like say.
    const key = keyOf(req, tb[NDA_DST]!, tbl.ops.keyWords);
    const e = tbl.proxies.create(net, dev, key[0]!, key[1]!, key[2]!, key[3]!);
    e.flags = ndm.flags;
    e.permanent = (ndm.state & NUD_PERMANENT) !== 0;
    if (tb[NDA_PROTOCOL] !== 0) e.protocol = nlaGetU8(view, tb[NDA_PROTOCOL]!);
    return 0;
  }
  if (dev === null) {
    nlSetErrMsg(extack, 'Device not specified');
    return -EINVAL;
  }
  const target = new Target(tbl, dev, keyOf(req, tb[NDA_DST]!, tbl.ops.keyWords));
  const state = ndm.state & 0xff;
  const lladdr = tb[NDA_LLADDR]!;
  // It is to be asked, whatever else the request says of it.
  const ask = managed || (ndm.flags & NTF_USE) !== 0;
  let update = NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_OVERRIDE_ISROUTER | NEIGH_UPDATE_F_ADMIN;
  let n = target.find();
  if (n === null) {
    if ((flags & NLM_F_CREATE) === 0) return -ENOENT;
    if (managed && (state & NUD_PERMANENT) !== 0) {
      nlSetErrMsg(extack, 'Invalid NTF_* flag for permanent entry');
      return -EINVAL;
    }
    if (validated && (ask || (state & NUD_VALID) === 0)) {
      nlSetErrMsg(extack, 'Cannot create externally validated neighbor with an invalid state');
      return -EINVAL;
    }
    const { key } = target;
    const key0 = tbl.ops.keyOn?.(dev, key[0]!) ?? key[0]!;
    const made = (key0 === key[0] ? null : tbl.lookup(key0, dev)) ?? tbl.insert(dev, key0, key[1]!, key[2]!, key[3]!, (state & NUD_PERMANENT) !== 0, (ndm.flags & NTF_EXT_LEARNED) !== 0, validated);
    if (typeof made === 'number') return made;
    n = made;
    // Not told as a change: it is made so.
    tbl.managed.set(n, managed);
  } else {
    if ((flags & NLM_F_EXCL) !== 0) return -EEXIST;
    if (validated && ((ask ? n.nudState : state) & NUD_VALID) === 0) {
      nlSetErrMsg(extack, 'Cannot mark neighbor as externally validated with an invalid state');
      return -EINVAL;
    }
    if ((flags & NLM_F_REPLACE) === 0) update &= ~(NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_OVERRIDE_ISROUTER);
  }
  if (tb[NDA_PROTOCOL] !== 0) n.protocol = nlaGetU8(view, tb[NDA_PROTOCOL]!);
  if ((ndm.flags & NTF_EXT_LEARNED) !== 0) update |= NEIGH_UPDATE_F_EXT_LEARNED;
  if ((ndm.flags & NTF_ROUTER) !== 0) update |= NEIGH_UPDATE_F_ISROUTER;
  if (managed) update |= NEIGH_UPDATE_F_MANAGED;
  if (validated) update |= NEIGH_UPDATE_F_EXT_VALIDATED;
  if (ask) {
    const changed = neighUpdateFlags(n, update);
    tbl.updateGc(n);
    if (changed) notify(n, RTM_NEWNEIGH, req);
    neighEventSend(n, null);
    return 0;
  }
  // Who is in charge of it changes even so.
  if (lladdr === 0 && (state & NUD_VALID) !== 0 && (n.nudState & NUD_VALID) === 0 && dev.addrLen !== 0) nlSetErrMsg(extack, 'No link layer address given');
  return neighUpdate(n, lladdr === 0 ? null : req.u8, lladdr + 4, state, update, req);
}

/** `RTM_DELNEIGH` (`neigh_delete`). */
function delNeigh(tables: readonly NeighTable[], net: Net, req: NlRequest): number {
  const tb = new Int32Array(NDA_MAX + 1);
  const bad = nlmsgParse(req, NDMSG_LEN, tb, null, NL_VALIDATE_LIBERAL);
  if (bad !== 0) return bad;
  if (tb[NDA_DST] === 0) {
    nlSetErrMsg(req.extack, 'Network address not specified');
    return -EINVAL;
  }
  const ndm = ndmsgRead(req.view, req.data);
  const dev = ndm.ifindex === 0 ? null : devGetByIndex(net, ndm.ifindex);
  if (ndm.ifindex !== 0 && dev === null) return -ENODEV;
  const tbl = tables.find((t) => t.ops.family === ndm.family);
  if (tbl === undefined) return -EAFNOSUPPORT;
  if (nlaLen(req.view, tb[NDA_DST]!) < 4 * tbl.ops.keyWords) {
    nlSetErrMsg(req.extack, 'Invalid network address');
    return -EINVAL;
  }
  if ((ndm.flags & NTF_PROXY) !== 0) {
    const key = keyOf(req, tb[NDA_DST]!, tbl.ops.keyWords);
    return tbl.proxies.remove(net, dev, key[0]!, key[1]!, key[2]!, key[3]!) ? 0 : -ENOENT;
  }
  if (dev === null) return -EINVAL;
  const n = new Target(tbl, dev, keyOf(req, tb[NDA_DST]!, tbl.ops.keyWords)).find();
  return n === null ? -ENOENT : neighDelete(n, req);
}

/** `RTM_GETNEIGH` for one (`neigh_get`). */
function getNeigh(tables: readonly NeighTable[], net: Net, req: NlRequest, reply: NlWriter): number {
  const tb = new Int32Array(NDA_MAX + 1);
  const bad = nlmsgParse(req, NDMSG_LEN, tb, POLICY, NL_VALIDATE_LIBERAL);
  if (bad !== 0) return bad;
  const { extack, view } = req;
  const ndm = ndmsgRead(view, req.data);
  if (ndm.state !== 0 || ndm.type !== 0) {
    nlSetErrMsg(extack, 'Invalid values in header for neighbor get request');
    return -EINVAL;
  }
  const tbl = tables.find((t) => t.ops.family === ndm.family);
  if (tbl === undefined) {
    nlSetErrMsg(extack, 'Unsupported family in header for neighbor get request');
    return -EAFNOSUPPORT;
  }
  if (tb[NDA_DST] === 0) {
    nlSetErrAttrMiss(extack, 0, NDA_DST);
    return -EINVAL;
  }
  if (nlaLen(view, tb[NDA_DST]!) !== 4 * tbl.ops.keyWords) {
    nlSetErrMsg(extack, 'Invalid network address in neighbor get request');
    return -EINVAL;
  }
  const dev = ndm.ifindex === 0 ? null : devGetByIndex(net, ndm.ifindex);
  if (dev === null && ndm.ifindex !== 0) {
    nlSetErrMsg(extack, 'Unknown device ifindex');
    return -ENODEV;
  }
  const key = keyOf(req, tb[NDA_DST]!, tbl.ops.keyWords);
  if ((ndm.flags & NTF_PROXY) !== 0) {
    const e = tbl.proxies.lookup(net, dev, key[0]!, key[1]!, key[2]!, key[3]!);
    if (e === null) {
      nlSetErrMsg(extack, 'Proxy neighbour entry not found');
      return -ENOENT;
    }
    nlmsgReplyBegin(reply, req, RTM_NEWNEIGH);
    return Math.min(0, fillProxy(reply, tbl, e));
  }
  if (dev === null) {
    nlSetErrMsg(extack, 'No device specified');
    return -EINVAL;
  }
  const n = new Target(tbl, dev, key).find();
  if (n === null) {
    nlSetErrMsg(extack, 'Neighbour entry not found');
    return -ENOENT;
  }
  nlmsgReplyBegin(reply, req, RTM_NEWNEIGH);
  const ret = fill(reply, n);
  return ret < 0 ? ret : 0;
}

/** `RTM_GETNEIGH` for all, narrowed by family, NDA_IFINDEX and NDA_MASTER (`neigh_dump_info`). */
function dumpNeigh(tables: readonly NeighTable[], net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  const list = (cb.data as readonly (Neighbour | ProxyOf)[] | null) ?? select(tables, net, req);
  if (typeof list === 'number') return list;
  cb.data = list;
  return rtnlDump(list, w, cb, (n) => {
    if (n instanceof ProxyOf) {
      nlDumpBegin(w, cb, RTM_NEWNEIGH);
      return fillProxy(w, n.tbl, n.entry);
    }
    if (n.dead) return 0;
    nlDumpBegin(w, cb, RTM_NEWNEIGH);
    return fill(w, n);
  });
}

/** A proxy entry and its table. */
class ProxyOf {
  readonly tbl: NeighTable;
  readonly entry: PneighEntry;
  constructor(tbl: NeighTable, entry: PneighEntry) {
    this.tbl = tbl;
    this.entry = entry;
  }
}

/** Writes the body of a message about a proxy entry (`pneigh_fill_info`). */
function fillProxy(w: NlWriter, tbl: NeighTable, e: PneighEntry): number {
  ndmsgWrite(w.view, w.reserve(NDMSG_LEN), { family: tbl.ops.family, ifindex: e.dev?.ifindex ?? 0, state: 0, flags: e.flags | NTF_PROXY, type: RTN_UNICAST });
  if (tbl.ops.keyWords === 1) w.putInAddr(NDA_DST, e.key0);
  else w.putIn6Addr(NDA_DST, Int32Array.of(e.key0, e.key1, e.key2, e.key3));
  if (e.protocol !== 0) w.putU8(NDA_PROTOCOL, e.protocol);
  return w.end();
}

function select(tables: readonly NeighTable[], net: Net, req: NlRequest): readonly (Neighbour | ProxyOf)[] | number {
  const tb = new Int32Array(NDA_MAX + 1);
  let ifindex = 0;
  let master = 0;
  let proxies = false;
  if (req.end - req.data >= NDMSG_LEN) {
    const bad = nlmsgParse(req, NDMSG_LEN, tb, POLICY, NL_VALIDATE_LIBERAL);
    if (bad !== 0) return bad;
    proxies = ndmsgRead(req.view, req.data).flags === NTF_PROXY;
    if (tb[NDA_IFINDEX] !== 0) ifindex = nlaGetU32(req.view, tb[NDA_IFINDEX]!);
    if (tb[NDA_MASTER] !== 0) master = nlaGetU32(req.view, tb[NDA_MASTER]!);
  }
  const out: (Neighbour | ProxyOf)[] = [];
  for (const tbl of tables) {
    if (req.family !== AF_UNSPEC && tbl.ops.family !== req.family) continue;
    if (proxies) {
      for (const e of tbl.proxies.list(net)) {
        if (ifindex !== 0 && e.dev?.ifindex !== ifindex) continue;
        if (master !== 0 && e.dev?.master?.ifindex !== master) continue;
        out.push(new ProxyOf(tbl, e));
      }
      continue;
    }
    for (const n of tbl.list(net)) {
      if (ifindex !== 0 && n.dev.ifindex !== ifindex) continue;
      if (master !== 0 && n.dev.master?.ifindex !== master) continue;
      out.push(n);
    }
  }
  return out;
}

function fillParms(w: NlWriter, p: NeighParms): void {
  w.nestStartNoflag(NDTA_PARMS);
  if (p.dev !== null) w.putU32(NDTPA_IFINDEX, p.dev.ifindex);
  w.putU32(NDTPA_REFCNT, 1);
  w.putU32(NDTPA_QUEUE_LENBYTES, p.queueLenBytes);
  w.putU32(NDTPA_QUEUE_LEN, Math.floor(p.queueLenBytes / UNRES_PACKET_TRUESIZE));
  w.putU32(NDTPA_PROXY_QLEN, p.proxyQlen);
  w.putU32(NDTPA_APP_PROBES, p.appProbes);
  w.putU32(NDTPA_UCAST_PROBES, p.ucastProbes);
  w.putU32(NDTPA_MCAST_PROBES, p.mcastProbes);
  w.putU32(NDTPA_MCAST_REPROBES, p.mcastReprobes);
  w.putU64(NDTPA_REACHABLE_TIME, p.reachableTime);
  w.putU64(NDTPA_BASE_REACHABLE_TIME, p.baseReachableTime);
  w.putU64(NDTPA_GC_STALETIME, p.gcStaletime);
  w.putU64(NDTPA_DELAY_PROBE_TIME, p.delayProbeTime);
  w.putU64(NDTPA_RETRANS_TIME, p.retransTime);
  w.putU64(NDTPA_ANYCAST_DELAY, p.anycastDelay);
  w.putU64(NDTPA_PROXY_DELAY, p.proxyDelay);
  w.putU64(NDTPA_LOCKTIME, p.locktime);
  w.putU64(NDTPA_INTERVAL_PROBE_TIME_MS, p.intervalProbeTime);
  w.nestEnd();
}

/** Writes the body of a message about a table (`neightbl_fill_info`) or, with `parms`, about a device's parameters in it. */
function fillTable(w: NlWriter, tbl: NeighTable, parms: NeighParms | null): number {
  ndtmsgWrite(w.view, w.reserve(NDTMSG_LEN), { family: tbl.ops.family });
  w.putString(NDTA_NAME, tbl.ops.id);
  if (parms !== null) {
    fillParms(w, parms);
    return w.end();
  }
  w.putU64(NDTA_GC_INTERVAL, tbl.gcInterval);
  w.putU32(NDTA_THRESH1, tbl.gcThresh1);
  w.putU32(NDTA_THRESH2, tbl.gcThresh2);
  w.putU32(NDTA_THRESH3, tbl.gcThresh3);
  const c = w.reserveAttr(NDTA_CONFIG, 32);
  w.view.setUint16(c, 4 * tbl.ops.keyWords, true);
  w.view.setUint32(c + 4, tbl.entries, true);
  const now = tbl.kernel.jiffies;
  w.view.setUint32(c + 8, jiffiesToMsecs((now - tbl.lastForced) >>> 0), true);
  w.view.setUint32(c + 12, jiffiesToMsecs((now - tbl.parms.drawn) >>> 0), true);
  w.view.setUint32(c + 16, tbl.seed >>> 0, true);
  w.view.setUint32(c + 20, tbl.hashMask, true);
  w.view.setUint32(c + 28, tbl.proxies.waiting, true);
  const s = tbl.stats;
  const at = w.reserveAttr(NDTA_STATS, 88);
  [s.allocs, s.destroys, s.hashGrows, s.resFailed, s.lookups, s.hits, s.rcvProbesMcast, s.rcvProbesUcast, s.periodicGcRuns, s.forcedGcRuns, s.tableFulls].forEach((v, i) => {
    w.view.setUint32(at + 8 * i, v >>> 0, true);
    w.view.setUint32(at + 8 * i + 4, Math.floor(v / 0x1_0000_0000), true);
  });
  fillParms(w, tbl.parms);
  return w.end();
}

/** `RTM_GETNEIGHTBL` (`neightbl_dump_info`): each table, then the parameters of each device in it. */
function dumpTables(tables: readonly NeighTable[], devices: (net: Net) => readonly NetDevice[], net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  const items: [NeighTable, NeighParms | null][] = [];
  for (const tbl of tables) {
    if (req.family !== AF_UNSPEC && tbl.ops.family !== req.family) continue;
    items.push([tbl, null]);
    for (const dev of devices(net)) {
      const p = tbl.ops.parms(dev);
      if (p !== null) items.push([tbl, p]);
    }
  }
  return rtnlDump(items, w, cb, ([tbl, p]) => {
    nlDumpBegin(w, cb, RTM_NEWNEIGHTBL);
    return fillTable(w, tbl, p);
  });
}

const TABLE_POLICY: NlaPolicyTable = Object.freeze({
  maxtype: NDTA_MAX,
  rules: {
    [NDTA_NAME]: { type: NLA_STRING }, [NDTA_THRESH1]: { type: NLA_U32 }, [NDTA_THRESH2]: { type: NLA_U32 }, [NDTA_THRESH3]: { type: NLA_U32 }, [NDTA_GC_INTERVAL]: { type: NLA_U64 },
    [NDTA_PARMS]: { type: NLA_NESTED },
  },
});
const count = { type: NLA_U32 } as const;
const time = { type: NLA_U64 } as const;
const PARMS_POLICY: NlaPolicyTable = Object.freeze({
  maxtype: NDTPA_MAX,
  rules: {
    [NDTPA_IFINDEX]: count, [NDTPA_QUEUE_LEN]: count, [NDTPA_QUEUE_LENBYTES]: count, [NDTPA_PROXY_QLEN]: count, [NDTPA_APP_PROBES]: count, [NDTPA_UCAST_PROBES]: count,
    [NDTPA_MCAST_PROBES]: count, [NDTPA_MCAST_REPROBES]: count, [NDTPA_BASE_REACHABLE_TIME]: time, [NDTPA_GC_STALETIME]: time, [NDTPA_DELAY_PROBE_TIME]: time,
    [NDTPA_RETRANS_TIME]: time, [NDTPA_ANYCAST_DELAY]: time, [NDTPA_PROXY_DELAY]: time, [NDTPA_LOCKTIME]: time, [NDTPA_INTERVAL_PROBE_TIME_MS]: { type: NLA_U64, min: 1 },
  },
});

/** `RTM_SETNEIGHTBL` (`neightbl_set`, ip-ntable(8)): the limits of a table, which are the whole machine's, and the parameters of one device or those that new devices begin with. */
function setTable(tables: readonly NeighTable[], net: Net, req: NlRequest): number {
  const { view, extack } = req;
  const tb = new Int32Array(NDTA_MAX + 1);
  let err = nlmsgParse(req, NDTMSG_LEN, tb, TABLE_POLICY, NL_VALIDATE_LIBERAL);
  if (err !== 0) return err;
  if (tb[NDTA_NAME] === 0) {
    nlSetErrAttrMiss(extack, 0, NDTA_NAME);
    return -EINVAL;
  }
  const name = nlaGetString(view, tb[NDTA_NAME]!);
  const tbl = tables.find((t) => (req.family === AF_UNSPEC || t.ops.family === req.family) && t.ops.id === name);
  if (tbl === undefined) return -ENOENT;
  const initial = net === net.kernel.initNet;
  if (tb[NDTA_PARMS] !== 0) {
    const tbp = new Int32Array(NDTPA_MAX + 1);
    err = nlaParseNestedPolicy(req, tb[NDTA_PARMS]!, tbp, PARMS_POLICY, NL_VALIDATE_LIBERAL);
    if (err !== 0) return err;
    const ifindex = tbp[NDTPA_IFINDEX] === 0 ? 0 : nlaGetU32(view, tbp[NDTPA_IFINDEX]!);
    const dev = ifindex === 0 ? null : devGetByIndex(net, ifindex);
    const p = dev !== null ? tbl.ops.parms(dev) : ifindex === 0 && initial ? tbl.parms : null;
    if (p === null) return -ENOENT;
    setParms(net.kernel, p, view, tbp);
  }
  const limits = [NDTA_THRESH1, NDTA_THRESH2, NDTA_THRESH3, NDTA_GC_INTERVAL].some((t) => tb[t] !== 0);
  if (!limits) return 0;
  if (!initial) return -ENOENT;
  if (tb[NDTA_THRESH1] !== 0) tbl.gcThresh1 = nlaGetU32(view, tb[NDTA_THRESH1]!);
  if (tb[NDTA_THRESH2] !== 0) tbl.gcThresh2 = nlaGetU32(view, tb[NDTA_THRESH2]!);
  if (tb[NDTA_THRESH3] !== 0) tbl.gcThresh3 = nlaGetU32(view, tb[NDTA_THRESH3]!);
  if (tb[NDTA_GC_INTERVAL] !== 0) tbl.gcInterval = nlaGetU64(view, tb[NDTA_GC_INTERVAL]!);
  return 0;
}

function setParms(k: Kernel, p: NeighParms, view: DataView, tb: Int32Array): void {
  const n = (type: number, what: NeighSetting, of: (v: number) => number = (v) => v): void => {
    if (tb[type] !== 0) p.set(what, of(nlaGetU32(view, tb[type]!)), k.jiffies);
  };
  // A jiffy is a millisecond.
  const ms = (type: number, what: NeighSetting): void => {
    if (tb[type] !== 0) p.set(what, Math.min(nlaGetU64(view, tb[type]!), 0x3ffffffe), k.jiffies);
  };
  n(NDTPA_QUEUE_LEN, 'queueLenBytes', (v) => Math.min(v * UNRES_PACKET_TRUESIZE, 0x7fffffff));
  n(NDTPA_QUEUE_LENBYTES, 'queueLenBytes');
  n(NDTPA_PROXY_QLEN, 'proxyQlen');
  n(NDTPA_APP_PROBES, 'appProbes');
  n(NDTPA_UCAST_PROBES, 'ucastProbes');
  n(NDTPA_MCAST_PROBES, 'mcastProbes');
  n(NDTPA_MCAST_REPROBES, 'mcastReprobes');
  ms(NDTPA_BASE_REACHABLE_TIME, 'baseReachableTime');
  ms(NDTPA_GC_STALETIME, 'gcStaletime');
  ms(NDTPA_DELAY_PROBE_TIME, 'delayProbeTime');
  ms(NDTPA_INTERVAL_PROBE_TIME_MS, 'intervalProbeTime');
  ms(NDTPA_RETRANS_TIME, 'retransTime');
  ms(NDTPA_ANYCAST_DELAY, 'anycastDelay');
  ms(NDTPA_PROXY_DELAY, 'proxyDelay');
  ms(NDTPA_LOCKTIME, 'locktime');
}

/** Registers the handlers, and the announcements of each table in `tables` and of later ones. @alpha */
export function neighNetlinkInit(k: Kernel, tables: { readonly tables: readonly NeighTable[]; readonly onTable: ((tbl: NeighTable) => void)[] }, devices: (net: Net) => readonly NetDevice[]): void {
  tables.onTable.push((tbl) => {
    tbl.notify = notify;
  });
  const list = tables.tables;
  rtnlRegister(k, AF_UNSPEC, RTM_NEWNEIGH, { doit: (net, req) => newNeigh(list, net, req) });
  rtnlRegister(k, AF_UNSPEC, RTM_DELNEIGH, { doit: (net, req) => delNeigh(list, net, req) });
  rtnlRegister(k, AF_UNSPEC, RTM_GETNEIGH, {
    doit: (net, req, reply) => getNeigh(list, net, req, reply),
    dumpit: (net, req, w, cb) => dumpNeigh(list, net, req, w, cb),
  });
  rtnlRegister(k, AF_UNSPEC, RTM_SETNEIGHTBL, { doit: (net, req) => setTable(list, net, req) });
  rtnlRegister(k, AF_UNSPEC, RTM_GETNEIGHTBL, { dumpit: (net, req, w, cb) => dumpTables(list, devices, net, req, w, cb) });
}
