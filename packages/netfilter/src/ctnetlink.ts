/** Connections over NETLINK_NETFILTER: listing, looking up, making, changing, ending, events, statistics; what conntrack(8) uses. */
// datapath-ok-file: control messages and events
import { EBUSY, EEXIST, EINVAL, EMSGSIZE, ENOENT, EOPNOTSUPP, type KernelModule, type Net } from '@linnet/kernel';
import { NLA_BINARY, NLA_NESTED, NLA_U16, NLA_U32, netlinkDumpStart, type NlaPolicyTable, type NlDump, type NlRequest } from '@linnet/netlink';
import {
  AF_INET, AF_INET6, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, nlaGetBe16, nlaGetBe32, nlaGetU8, nlaLen, nlaParseNested, NLM_F_CREATE, NLM_F_DUMP, NLM_F_DUMP_FILTERED, NLM_F_EXCL,
  NLM_F_MULTI, NlWriter,
} from '@linnet/uapi';
import {
  CTA_ID, CTA_LABELS, CTA_LABELS_MASK, CTA_MARK, CTA_MARK_MASK, CTA_NAT_DST, CTA_NAT_SRC, CTA_PROTOINFO, CTA_STATUS, CTA_STATUS_MASK, CTA_TIMEOUT, CTA_TUPLE_MASTER, CTA_TUPLE_ORIG,
  CTA_TUPLE_REPLY, CTA_ZONE, ctFill, ctFillEvent, expFill,
} from './ctnetlink-fill.ts';
import { NfConn, NfCtAcct, NfCtTcp } from './nf-conn.ts';
import { IPS_ASSURED, IPS_CONFIRMED, IPS_DYING, IPS_EXPECTED, IPS_NAT_DONE_MASK, IPS_NAT_MASK, IPS_SEEN_REPLY, IPS_TEMPLATE } from './nf-conntrack-common.ts';
import { nfCtSetMark } from './nf-conntrack-core.ts';
import type { NfExpect } from './nf-conntrack-expect.ts';
import {
  IPCT_DESTROY, IPCT_NEW, IPCT_RELATED, NF_CONNTRACK, nfConntrackFind, nfConntrackForEach, type NfConntrackNet, nfCtDelete, nfCtHashInsert, nfCtIsExpired,
} from './nf-conntrack-net.ts';
import { nfHasPorts } from './nf-conntrack-packet.ts';
import { nfConntrack } from './nf-conntrack.ts';
import { NfTuple, nfTupleCopy } from './nf-conntrack-tuple.ts';
import { NF_NAT, nfNat, nfNatSetupInfo } from './nf-nat.ts';
import { NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC } from './nf-nat-proto.ts';
import { NF_NAT_RANGE_MAP_IPS, NF_NAT_RANGE_PROTO_SPECIFIED, NfNatRange } from './nf-nat-unique.ts';
import {
  NFNL_SUBSYS_CTNETLINK, NFNL_SUBSYS_CTNETLINK_EXP, nfnetlink, NFNLGRP_CONNTRACK_DESTROY, NFNLGRP_CONNTRACK_NEW, NFNLGRP_CONNTRACK_UPDATE, nfnlDumpPut, nfnlHasListeners, type NfnlInfo,
  nfnlMsgPut, nfnlMsgType, nfnlOnBind, nfnlSend, nfnlSubsysRegister, nfnlUnicast,
} from './nfnetlink.ts';

const CT_NEW = 0;
const CT_GET = 1;
const CT_DELETE = 2;
const CT_GET_CTRZERO = 3;
const CT_GET_STATS_CPU = 4;
const CT_GET_STATS = 5;
const CT_GET_DYING = 6;
const CT_GET_UNCONFIRMED = 7;
const EXP_NEW = 0;
const EXP_GET = 1;
const EXP_DELETE = 2;
const EXP_GET_STATS_CPU = 3;

const CTA_MAX = 27;
const NESTED = { type: NLA_NESTED } as const;
const U32 = { type: NLA_U32 } as const;
const CT_POLICY: NlaPolicyTable = {
  maxtype: CTA_MAX,
  rules: {
    [CTA_TUPLE_ORIG]: NESTED, [CTA_TUPLE_REPLY]: NESTED, [CTA_STATUS]: U32, [CTA_PROTOINFO]: NESTED, 5: NESTED, [CTA_NAT_SRC]: NESTED, [CTA_TIMEOUT]: U32, [CTA_MARK]: U32,
    [CTA_ID]: U32, [CTA_NAT_DST]: NESTED, [CTA_TUPLE_MASTER]: NESTED, [CTA_ZONE]: { type: NLA_U16 }, [CTA_MARK_MASK]: U32, [CTA_LABELS]: { type: NLA_BINARY, len: 16 },
    [CTA_LABELS_MASK]: { type: NLA_BINARY, len: 16 }, [CTA_STATUS_MASK]: U32,
  },
};
const EXP_POLICY: NlaPolicyTable = { maxtype: 11, rules: { 1: NESTED, 2: NESTED, 3: NESTED, 4: U32, 5: U32, 7: { type: NLA_U16 }, 8: U32, 9: U32, 10: NESTED } };

function words(view: DataView, nla: number): [number, number, number, number] {
  return [0, 4, 8, 12].map((o) => view.getInt32(nla + 4 + o)) as [number, number, number, number];
}

/** Reads a tuple: 0, or -EINVAL when it is not whole. */
function readTuple(t: NfTuple, req: NlRequest, nla: number, family: number): number {
  const { view } = req;
  const tb = nlaParseNested(view, nla, 3);
  if (tb[1] === 0 || tb[2] === 0) return -EINVAL;
  const ip = nlaParseNested(view, tb[1]!, 4);
  t.l3num = family;
  const [s, d] = family === AF_INET ? [ip[1]!, ip[2]!] : [ip[3]!, ip[4]!];
  if (s === 0 || d === 0) return -EINVAL;
  const len = family === AF_INET ? 4 : 16;
  if (nlaLen(view, s) < len || nlaLen(view, d) < len) return -EINVAL;
  if (family === AF_INET) {
    [t.src0, t.src1, t.src2, t.src3] = [view.getInt32(s + 4), 0, 0, 0];
    [t.dst0, t.dst1, t.dst2, t.dst3] = [view.getInt32(d + 4), 0, 0, 0];
  } else {
    [t.src0, t.src1, t.src2, t.src3] = words(view, s);
    [t.dst0, t.dst1, t.dst2, t.dst3] = words(view, d);
  }
  const p = nlaParseNested(view, tb[2]!, 9);
  if (p[1] === 0 || nlaLen(view, p[1]!) < 1) return -EINVAL;
  t.protonum = nlaGetU8(view, p[1]!);
  t.sport = 0;
  t.dport = 0;
  if (t.protonum === IPPROTO_ICMP || t.protonum === IPPROTO_ICMPV6) {
    const at = t.protonum === IPPROTO_ICMP ? 4 : 7;
    const [id, type, code] = [p[at]!, p[at + 1]!, p[at + 2]!];
    if (id === 0 || type === 0 || code === 0 || nlaLen(view, id) < 2 || nlaLen(view, type) < 1 || nlaLen(view, code) < 1) return -EINVAL;
    t.sport = nlaGetBe16(view, id);
    t.dport = (nlaGetU8(view, type) << 8) | nlaGetU8(view, code);
  } else if (nfHasPorts(t.protonum)) {
    if (p[2] === 0 || p[3] === 0 || nlaLen(view, p[2]!) < 2 || nlaLen(view, p[3]!) < 2) return -EINVAL;
    t.sport = nlaGetBe16(view, p[2]!);
    t.dport = nlaGetBe16(view, p[3]!);
  }
  return 0;
}

function be32(info: NfnlInfo, type: number): number | null {
  const nla = info.tb[type]!;
  return nla === 0 ? null : nlaGetBe32(info.req.view, nla) | 0;
}
function zoneOf(info: NfnlInfo): number {
  const nla = info.tb[CTA_ZONE]!;
  return nla === 0 ? 0 : nlaGetBe16(info.req.view, nla);
}

/** What a listing or a flush is for. */
class Filter {
  readonly family: number;
  readonly mark: number | null;
  readonly markMask: number;
  readonly status: number | null;
  readonly statusMask: number;
  readonly zone: number | null;
  constructor(info: NfnlInfo, family: number = info.family) {
    this.family = family;
    this.mark = be32(info, CTA_MARK);
    this.markMask = be32(info, CTA_MARK_MASK) ?? -1;
    this.status = be32(info, CTA_STATUS);
    this.statusMask = be32(info, CTA_STATUS_MASK) ?? this.status ?? 0;
    this.zone = info.tb[CTA_ZONE] === 0 ? null : zoneOf(info);
  }
  get any(): boolean {
    return this.family !== 0 || this.mark !== null || this.status !== null || this.zone !== null;
  }
  takes(ct: NfConn): boolean {
    if (this.family !== 0 && ct.orig.l3num !== this.family) return false;
    if (this.mark !== null && (ct.mark & this.markMask) !== this.mark) return false;
    if (this.status !== null && (ct.status & this.statusMask) !== this.status) return false;
    return this.zone === null || ct.zone === this.zone;
  }
}

/** All entries that a listing shows, as they are when it begins. */
function listOf(cn: NfConntrackNet, filter: Filter): NfConn[] {
  const list: NfConn[] = [];
  nfConntrackForEach(cn, (ct) => {
    if (!nfCtIsExpired(ct) && filter.takes(ct)) list.push(ct);
  });
  return list;
}

function dumpEntries(info: NfnlInfo, zero: boolean): number {
  const cn = info.net.get(NF_CONNTRACK);
  const filter = new Filter(info);
  return netlinkDumpStart(info.req, info.skb, {
    start(cb): number {
      cb.data = listOf(cn, filter);
      return 0;
    },
    dump(_req, w, cb): number {
      const list = cb.data as NfConn[];
      for (; cb.i < list.length; cb.i++) {
        const ct = list[cb.i]!;
        // It may have ended since.
        if ((ct.status & IPS_DYING) !== 0) continue;
        nfnlDumpPut(w, cb, nfnlMsgType(NFNL_SUBSYS_CTNETLINK, CT_NEW), filter.any ? NLM_F_DUMP_FILTERED : 0, ct.orig.l3num);
        ctFill(w, ct);
        if (w.end() < 0) return -EMSGSIZE;
        if (zero && ct.acct !== null) ct.acct = new NfCtAcct();
      }
      return 0;
    },
  });
}

/** The entry that a request names by a tuple: with it, 0 for none, or a negative errno. */
function named(info: NfnlInfo, cn: NfConntrackNet): NfConn | number {
  const type = info.tb[CTA_TUPLE_ORIG] !== 0 ? CTA_TUPLE_ORIG : CTA_TUPLE_REPLY;
  if (info.family !== AF_INET && info.family !== AF_INET6) return -EOPNOTSUPP;
  const err = readTuple(cn.inner, info.req, info.tb[type]!, info.family);
  if (err !== 0) return err;
  return nfConntrackFind(cn, zoneOf(info), cn.inner)?.ct ?? 0;
}

function hasTuple(info: NfnlInfo): boolean {
  return info.tb[CTA_TUPLE_ORIG] !== 0 || info.tb[CTA_TUPLE_REPLY] !== 0;
}

function ctGet(info: NfnlInfo): number {
  const { net, req } = info;
  const zero = (req.type & 0xff) === CT_GET_CTRZERO;
  if ((req.flags & NLM_F_DUMP) === NLM_F_DUMP) return dumpEntries(info, zero);
  if (!hasTuple(info)) return -EINVAL;
  const ct = named(info, net.get(NF_CONNTRACK));
  if (typeof ct === 'number') return ct === 0 ? -ENOENT : ct;
  const w = new NlWriter({ capacity: 512 });
  nfnlMsgPut(w, req, nfnlMsgType(NFNL_SUBSYS_CTNETLINK, CT_NEW), NLM_F_MULTI, ct.orig.l3num);
  ctFill(w, ct, 2);
  w.end();
  if (zero && ct.acct !== null) ct.acct = new NfCtAcct();
  nfnlUnicast(net, w, req.portid);
  return 0;
}

function ctDelete(info: NfnlInfo): number {
  const cn = info.net.get(NF_CONNTRACK);
  if (!hasTuple(info)) {
    // Old programs set a family and meant all of them: newer ones say so by the version.
    const filter = new Filter(info, info.version === 0 ? 0 : info.family);
    for (const ct of listOf(cn, filter)) end(cn, ct, info.req);
    return 0;
  }
  const ct = named(info, cn);
  if (typeof ct === 'number') return ct === 0 ? -ENOENT : ct;
  const id = be32(info, CTA_ID);
  if (id !== null && id !== (ct.id | 0)) return -ENOENT;
  end(cn, ct, info.req);
  return 0;
}

/** Ends an entry for a request: events say so. */
function end(cn: NfConntrackNet, ct: NfConn, req: NlRequest): void {
  cn.cause = req;
  nfCtDelete(ct);
  cn.cause = null;
}

/** What never changes by a message. */
const UNCHANGEABLE: number = IPS_NAT_DONE_MASK | IPS_NAT_MASK | IPS_EXPECTED | IPS_CONFIRMED | IPS_DYING | IPS_TEMPLATE;

function changeStatus(ct: NfConn, status: number): number {
  const d = ct.status ^ status;
  if ((d & (IPS_EXPECTED | IPS_CONFIRMED | IPS_DYING)) !== 0) return -EBUSY;
  if ((d & IPS_SEEN_REPLY) !== 0 && (status & IPS_SEEN_REPLY) === 0) return -EBUSY;
  if ((d & IPS_ASSURED) !== 0 && (status & IPS_ASSURED) === 0) return -EBUSY;
  ct.status |= status & ~UNCHANGEABLE;
  return 0;
}

function changeTimeout(ct: NfConn, seconds: number): void {
  const ticks = Math.min(0x3fffffff, (seconds >>> 0) * 1000);
  const k = ct.cnet.net.kernel;
  ct.timeout = (ct.status & IPS_CONFIRMED) !== 0 ? (k.jiffies + ticks) | 0 : ticks;
}

function changeProtoinfo(info: NfnlInfo, ct: NfConn): number {
  const { view } = info.req;
  const tcp = nlaParseNested(view, info.tb[CTA_PROTOINFO]!, 3)[1]!;
  if (tcp === 0 || ct.orig.protonum !== IPPROTO_TCP) return 0;
  const tb = nlaParseNested(view, tcp, 5);
  ct.tcp ??= new NfCtTcp();
  if (tb[1] !== 0 && nlaLen(view, tb[1]!) >= 1) {
    const state = nlaGetU8(view, tb[1]!);
    if (state > 13) return -EINVAL;
    ct.tcp.state = state;
  }
  for (const [type, side] of [[4, ct.tcp.orig], [5, ct.tcp.reply]] as const) {
    const nla = tb[type]!;
    if (nla === 0 || nlaLen(view, nla) < 2) continue;
    const mask = view.getUint8(nla + 5);
    side.flags = (side.flags & ~mask) | (view.getUint8(nla + 4) & mask);
  }
  if (tb[2] !== 0 && tb[3] !== 0 && (ct.tcp.orig.flags & ct.tcp.reply.flags & 1) !== 0) {
    ct.tcp.orig.scale = nlaGetU8(view, tb[2]!);
    ct.tcp.reply.scale = nlaGetU8(view, tb[3]!);
  }
  return 0;
}

function changeLabels(info: NfnlInfo, ct: NfConn): number {
  const { view } = info.req;
  const nla = info.tb[CTA_LABELS]!;
  const len = nlaLen(view, nla);
  if ((len & 3) !== 0 || len === 0) return -EINVAL;
  const mask = info.tb[CTA_LABELS_MASK]!;
  if (mask !== 0 && nlaLen(view, mask) !== len) return -EINVAL;
  const labels = ct.labels ?? new Int32Array(4);
  for (let i = 0; i < len / 4; i++) {
    const m = mask === 0 ? -1 : view.getInt32(mask + 4 + 4 * i, true);
    labels[i] = (labels[i]! & ~m) | (view.getInt32(nla + 4 + 4 * i, true) & m);
  }
  ct.labels = labels;
  return 0;
}

/** Applies what a message says of an entry that exists, or is being made. */
function change(info: NfnlInfo, ct: NfConn): number {
  const timeout = be32(info, CTA_TIMEOUT);
  if (timeout !== null) changeTimeout(ct, timeout);
  const status = be32(info, CTA_STATUS);
  if (status !== null) {
    const err = changeStatus(ct, status);
    if (err !== 0) return err;
  }
  if (info.tb[CTA_PROTOINFO] !== 0) {
    const err = changeProtoinfo(info, ct);
    if (err !== 0) return err;
  }
  const mark = be32(info, CTA_MARK);
  if (mark !== null) {
    const mask = be32(info, CTA_MARK_MASK) ?? -1;
    nfCtSetMark(ct, (ct.mark & ~mask) ^ mark);
  }
  return info.tb[CTA_LABELS] !== 0 ? changeLabels(info, ct) : 0;
}

/** CTA_NAT_SRC and CTA_NAT_DST: what becomes of a side of a new entry. */
function natOf(info: NfnlInfo, ct: NfConn, nla: number, manip: number): number {
  const { view } = info.req;
  const tb = nlaParseNested(view, nla, 5);
  const r = new NfNatRange();
  const four = ct.orig.l3num === AF_INET;
  const [min, max] = four ? [tb[1]!, tb[2]!] : [tb[4]!, tb[5]!];
  const len = four ? 4 : 16;
  if (min !== 0 && nlaLen(view, min) >= len) {
    r.flags |= NF_NAT_RANGE_MAP_IPS;
    const a = four ? [view.getInt32(min + 4), 0, 0, 0] : words(view, min);
    r.setAddr(a[0]!, a[1]!, a[2]!, a[3]!);
    if (max !== 0 && nlaLen(view, max) >= len) [r.max0, r.max1, r.max2, r.max3] = four ? [view.getInt32(max + 4), 0, 0, 0] : words(view, max);
  }
  if (tb[3] !== 0) {
    const p = nlaParseNested(view, tb[3]!, 2);
    if (p[1] !== 0 && nlaLen(view, p[1]!) >= 2) {
      r.flags |= NF_NAT_RANGE_PROTO_SPECIFIED;
      r.minProto = nlaGetBe16(view, p[1]!);
      r.maxProto = p[2] !== 0 && nlaLen(view, p[2]!) >= 2 ? nlaGetBe16(view, p[2]!) : r.minProto;
    }
  }
  return nfNatSetupInfo(ct, r, manip) === 1 ? 0 : -EINVAL;
}

function create(info: NfnlInfo, cn: NfConntrackNet): number {
  if (info.tb[CTA_TUPLE_ORIG] === 0 || info.tb[CTA_TUPLE_REPLY] === 0 || info.tb[CTA_TIMEOUT] === 0) return -EINVAL;
  const reply = new NfTuple();
  const orig = new NfTuple();
  let err = readTuple(orig, info.req, info.tb[CTA_TUPLE_ORIG]!, info.family);
  if (err === 0) err = readTuple(reply, info.req, info.tb[CTA_TUPLE_REPLY]!, info.family);
  if (err !== 0) return err;
  const ct = new NfConn(cn, cn.nextId++, zoneOf(info));
  nfTupleCopy(ct.orig, orig);
  nfTupleCopy(ct.reply, reply);
  if (cn.acctOn !== 0) ct.acct = new NfCtAcct();
  changeTimeout(ct, be32(info, CTA_TIMEOUT)!);
  for (const [type, manip] of [[CTA_NAT_DST, NF_NAT_MANIP_DST], [CTA_NAT_SRC, NF_NAT_MANIP_SRC]] as const) {
    if (info.tb[type] === 0) continue;
    if (info.net.tryGet(NF_NAT) === null) return -EOPNOTSUPP;
    err = natOf(info, ct, info.tb[type]!, manip);
    if (err !== 0) return err;
  }
  const ticks = ct.timeout;
  // The status that is asked for says that it is confirmed, which it will be.
  const status = be32(info, CTA_STATUS);
  if (status !== null) ct.status |= status & ~UNCHANGEABLE;
  if (info.tb[CTA_PROTOINFO] !== 0) {
    err = changeProtoinfo(info, ct);
    if (err !== 0) return err;
  }
  const mark = be32(info, CTA_MARK);
  if (mark !== null) ct.mark = mark;
  if (info.tb[CTA_LABELS] !== 0) {
    err = changeLabels(info, ct);
    if (err !== 0) return err;
  }
  if (ct.orig.protonum === IPPROTO_TCP) ct.tcp ??= new NfCtTcp();
  if (nfConntrackFind(cn, ct.zone, ct.orig) !== null || nfConntrackFind(cn, ct.zone, ct.reply) !== null) return -EEXIST;
  ct.timeout = (cn.net.kernel.jiffies + ticks) | 0;
  if (cn.tstampOn !== 0) ct.start = cn.net.kernel.clock.now();
  nfCtHashInsert(ct);
  cn.cause = info.req;
  cn.notify?.(IPCT_NEW, ct);
  cn.cause = null;
  return 0;
}

function ctNew(info: NfnlInfo): number {
  const { req } = info;
  const cn = info.net.get(NF_CONNTRACK);
  let found: NfConn | number = 0;
  if (hasTuple(info)) {
    found = named(info, cn);
    if (typeof found === 'number' && found < 0) return found;
  }
  if (typeof found === 'number') return (req.flags & NLM_F_CREATE) === 0 ? -ENOENT : create(info, cn);
  if ((req.flags & NLM_F_EXCL) !== 0) return -EEXIST;
  if (info.tb[CTA_NAT_SRC] !== 0 || info.tb[CTA_NAT_DST] !== 0 || info.tb[CTA_TUPLE_MASTER] !== 0) return -EOPNOTSUPP;
  cn.cause = req;
  const err = change(info, found);
  if (err === 0) {
    cn.notify?.(EV_STATUS, found);
    cn.flush?.();
  }
  cn.cause = null;
  return err;
}
/** A change by a message, whatever it was. */
const EV_STATUS: number = 1 << 4;

function statsCpu(info: NfnlInfo): number {
  if ((info.req.flags & NLM_F_DUMP) !== NLM_F_DUMP) return 0;
  const { stat } = info.net.get(NF_CONNTRACK);
  return netlinkDumpStart(info.req, info.skb, {
    dump(_req, w, cb: NlDump): number {
      if (cb.i !== 0) return 0;
      // One processor.
      nfnlDumpPut(w, cb, nfnlMsgType(NFNL_SUBSYS_CTNETLINK, CT_GET_STATS_CPU), 0, 0, 0, 0);
      const rows: [number, number][] = [
        [2, stat.found], [4, stat.invalid], [8, stat.insert], [9, stat.insertFailed], [10, stat.drop], [11, stat.earlyDrop], [12, stat.error], [13, 0], [14, stat.clashResolve], [15, stat.chaintoolong],
      ];
      for (const [type, v] of rows) w.putBe32(type, v);
      if (w.end() < 0) return -EMSGSIZE;
      cb.i = 1;
      return 0;
    },
  });
}

function stats(info: NfnlInfo): number {
  const cn = info.net.get(NF_CONNTRACK);
  const w = new NlWriter({ capacity: 64 });
  nfnlMsgPut(w, info.req, nfnlMsgType(NFNL_SUBSYS_CTNETLINK, CT_GET_STATS), NLM_F_MULTI, 0);
  w.putBe32(1, cn.count);
  w.putBe32(2, cn.max);
  w.end();
  nfnlUnicast(info.net, w, info.req.portid);
  return 0;
}

/** Nobody waits here: packets are handled to their end. */
function empty(info: NfnlInfo): number {
  if ((info.req.flags & NLM_F_DUMP) !== NLM_F_DUMP) return -EOPNOTSUPP;
  return netlinkDumpStart(info.req, info.skb, { dump: () => 0 });
}

// ---- expectations

function maskOf(e: NfExpect): NfTuple {
  const m = new NfTuple();
  m.l3num = e.tuple.l3num;
  m.protonum = e.tuple.protonum;
  [m.src0, m.src1, m.src2, m.src3] = [e.srcMask, e.srcMask, e.srcMask, e.srcMask];
  [m.dst0, m.dst1, m.dst2, m.dst3] = [-1, -1, -1, -1];
  m.sport = e.srcPort ? 0xffff : 0;
  m.dport = 0xffff;
  return m;
}

function expDump(info: NfnlInfo): number {
  const cn = info.net.get(NF_CONNTRACK);
  return netlinkDumpStart(info.req, info.skb, {
    start(cb): number {
      const all: NfExpect[] = [];
      for (const list of cn.expects.values()) for (const e of list) if (info.family === 0 || e.tuple.l3num === info.family) all.push(e);
      cb.data = all;
      return 0;
    },
    dump(_req, w, cb): number {
      const list = cb.data as NfExpect[];
      for (; cb.i < list.length; cb.i++) {
        const e = list[cb.i]!;
        nfnlDumpPut(w, cb, nfnlMsgType(NFNL_SUBSYS_CTNETLINK_EXP, EXP_NEW), 0, e.tuple.l3num);
        expFill(w, e, maskOf(e));
        if (w.end() < 0) return -EMSGSIZE;
      }
      return 0;
    },
  });
}

function findExpect(info: NfnlInfo): NfExpect | number {
  const cn = info.net.get(NF_CONNTRACK);
  const nla = info.tb[2] !== 0 ? info.tb[2]! : info.tb[1]!;
  if (nla === 0) return -EINVAL;
  if (info.family !== AF_INET && info.family !== AF_INET6) return -EOPNOTSUPP;
  const err = readTuple(cn.inner, info.req, nla, info.family);
  if (err !== 0) return err;
  for (const list of cn.expects.values()) for (const e of list) if (e.matches(cn.inner, 0)) return e;
  return -ENOENT;
}

function expGet(info: NfnlInfo): number {
  if ((info.req.flags & NLM_F_DUMP) === NLM_F_DUMP) return expDump(info);
  const e = findExpect(info);
  if (typeof e === 'number') return e;
  const w = new NlWriter({ capacity: 256 });
  nfnlMsgPut(w, info.req, nfnlMsgType(NFNL_SUBSYS_CTNETLINK_EXP, EXP_NEW), NLM_F_MULTI, e.tuple.l3num);
  expFill(w, e, maskOf(e));
  w.end();
  nfnlUnicast(info.net, w, info.req.portid);
  return 0;
}

function expDelete(info: NfnlInfo): number {
  if (info.tb[2] !== 0) {
    const e = findExpect(info);
    if (typeof e === 'number') return e;
    e.remove();
    return 0;
  }
  const cn = info.net.get(NF_CONNTRACK);
  for (const list of Array.from(cn.expects.values())) for (const e of list.slice()) e.remove();
  return 0;
}

function expStats(info: NfnlInfo): number {
  if ((info.req.flags & NLM_F_DUMP) !== NLM_F_DUMP) return 0;
  const { stat } = info.net.get(NF_CONNTRACK);
  return netlinkDumpStart(info.req, info.skb, {
    dump(_req, w, cb): number {
      if (cb.i !== 0) return 0;
      // As a real kernel has it: the subsystem of the connections.
      nfnlDumpPut(w, cb, nfnlMsgType(NFNL_SUBSYS_CTNETLINK, EXP_GET_STATS_CPU), 0, 0, 0, 0);
      w.putBe32(1, stat.expectNew);
      w.putBe32(2, stat.expectCreate);
      w.putBe32(3, stat.expectDelete);
      if (w.end() < 0) return -EMSGSIZE;
      cb.i = 1;
      return 0;
    },
  });
}

// ---- events

function tell(cn: NfConntrackNet, events: number, ct: NfConn): void {
  const { net, cause } = cn;
  const gone = (events & IPCT_DESTROY) !== 0;
  const fresh = (events & (IPCT_NEW | IPCT_RELATED)) !== 0;
  const group = gone ? NFNLGRP_CONNTRACK_DESTROY : fresh ? NFNLGRP_CONNTRACK_NEW : NFNLGRP_CONNTRACK_UPDATE;
  if (!nfnlHasListeners(net, group) && cause === null) return;
  const w = new NlWriter({ capacity: 512 });
  nfnlMsgPut(w, cause, nfnlMsgType(NFNL_SUBSYS_CTNETLINK, gone ? CT_DELETE : CT_NEW), fresh ? NLM_F_CREATE | NLM_F_EXCL : 0, ct.orig.l3num);
  ctFillEvent(w, ct, gone);
  w.end();
  nfnlSend(net, w, group, cause);
}

/** Events of one packet are one message: kept until its path ends. */
function listen(cn: NfConntrackNet): void {
  let pending: NfConn | null = null;
  let bits = 0;
  const flush = (): void => {
    const ct = pending;
    pending = null;
    if (ct !== null && (ct.status & IPS_CONFIRMED) !== 0 && (ct.status & IPS_DYING) === 0) tell(cn, bits, ct);
    bits = 0;
  };
  cn.flush = flush;
  cn.notify = (events, ct) => {
    if ((events & (IPCT_NEW | IPCT_RELATED | IPCT_DESTROY)) !== 0) {
      if (pending === ct) {
        pending = null;
        bits = 0;
      }
      tell(cn, events, ct);
      return;
    }
    if (pending !== null && pending !== ct) flush();
    pending = ct;
    bits |= events;
  };
}

function onBind(net: Net, group: number): void {
  const cn = net.tryGet(NF_CONNTRACK);
  if (cn === null || group < NFNLGRP_CONNTRACK_NEW || group > NFNLGRP_CONNTRACK_DESTROY) return;
  if (cn.events !== 0 && cn.notify === null) listen(cn);
}

/** The module: NFNL_SUBSYS_CTNETLINK and NFNL_SUBSYS_CTNETLINK_EXP. @public */
export const ctnetlink: KernelModule = {
  name: 'nf_conntrack_netlink',
  requires: [nfnetlink, nfConntrack, nfNat],
  init(k): void {
    const ct = { policy: CT_POLICY };
    const cb: { call: (info: NfnlInfo) => number; policy?: NlaPolicyTable }[] = [];
    cb[CT_NEW] = { call: ctNew, ...ct };
    cb[CT_GET] = { call: ctGet, ...ct };
    cb[CT_DELETE] = { call: ctDelete, ...ct };
    cb[CT_GET_CTRZERO] = { call: ctGet, ...ct };
    cb[CT_GET_STATS_CPU] = { call: statsCpu };
    cb[CT_GET_STATS] = { call: stats };
    cb[CT_GET_DYING] = { call: empty };
    cb[CT_GET_UNCONFIRMED] = { call: empty };
    nfnlSubsysRegister(k, { name: 'conntrack', id: NFNL_SUBSYS_CTNETLINK, cb });
    const exp: typeof cb = [];
    exp[EXP_NEW] = { call: () => -EOPNOTSUPP, policy: EXP_POLICY };
    exp[EXP_GET] = { call: expGet, policy: EXP_POLICY };
    exp[EXP_DELETE] = { call: expDelete, policy: EXP_POLICY };
    exp[EXP_GET_STATS_CPU] = { call: expStats };
    nfnlSubsysRegister(k, { name: 'conntrack_expect', id: NFNL_SUBSYS_CTNETLINK_EXP, cb: exp });
    nfnlOnBind(k, (net, group, added) => {
      if (added) onBind(net, group);
    });
  },
};
