/** Finding or making the entry of each packet, and putting new ones into the table. */
import { csumFold, KERN_WARNING } from '@linnet/kernel';
import { NF_ACCEPT, NF_DROP, NF_INET_PRE_ROUTING, NF_REPEAT, type NfState, NFPROTO_IPV4 } from '@linnet/netdev';
import { pskbMayPull, skbChecksum, skbCsumUnnecessary, type Skb } from '@linnet/skbuff';
import {
  AF_INET, AF_INET6, ICMP_DEST_UNREACH, ICMP_PARAMETERPROB, ICMP_REDIRECT, ICMP_SOURCE_QUENCH, ICMP_TIME_EXCEEDED, ICMPV6_INFOMSG_MASK, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP,
  IPPROTO_UDP, NDISC_REDIRECT, NR_ICMP_TYPES, UDPHDR_LEN, udphCheck, udphLen,
} from '@linnet/uapi';
import { NfConn, NfCtAcct, nfCtAcctAdd } from './nf-conn.ts';
import {
  IP_CT_ESTABLISHED, IP_CT_ESTABLISHED_REPLY, IP_CT_IS_REPLY, IP_CT_NEW, IP_CT_RELATED, IP_CT_UNTRACKED, IPS_ASSURED, IPS_CONFIRMED, IPS_DYING, IPS_EXPECTED, IPS_SEEN_REPLY,
  IPS_TEMPLATE,
} from './nf-conntrack-common.ts';
import { nfCtFindExpectation } from './nf-conntrack-expect.ts';
import {
  IPCT_ASSURED, IPCT_NEW, IPCT_RELATED, IPCT_REPLY, nfConntrackFind, type NfConntrackNet, nfCtDelete, nfCtHashInsert, nfCtIsExpired,
} from './nf-conntrack-net.ts';
import { nfGetTuple, nfL4PseudoSum } from './nf-conntrack-packet.ts';
import { nfCtHelpAssign } from './nf-ct-helper.ts';
import { nfConntrackTcpPacket, nfCtRefresh, nfTcpCanEarlyDrop } from './nf-conntrack-tcp.ts';
import { nfIcmpInverse, nfIcmpv6Inverse, nfTupleCopy, nfTupleEqual, nfTupleHash, nfTupleInvert, type NfTuple } from './nf-conntrack-tuple.ts';

/** Jiffies after which an answered UDP flow counts as a stream. */
const UDP_STREAM_AFTER = 2000;

/** The entry of a packet, null when it has none: invalid, or not tracked (nf_ct_get; the relation is `skb.nfctInfo`). @alpha */
export function nfCtGet(skb: Skb): NfConn | null {
  return skb.nfct as NfConn | null;
}

/** Says that a packet is not to be tracked: the target NOTRACK. @alpha */
export function nfCtSetUntracked(skb: Skb): void {
  skb.nfct = null;
  skb.nfctInfo = IP_CT_UNTRACKED;
}

/** A template for packets before connection tracking: their entries get its zone (nf_ct_tmpl_alloc). Set it as `skb.nfct` with `nfctInfo` IP_CT_NEW. @alpha */
export function nfCtTmplAlloc(cn: NfConntrackNet, zone: number): NfConn {
  const ct = new NfConn(cn, 0, zone);
  ct.status = IPS_TEMPLATE | IPS_CONFIRMED;
  return ct;
}

/** The direction of a packet from its relation: 1 for the reply direction (CTINFO2DIR). @alpha */
export function nfCtInfo2Dir(ctinfo: number): number {
  return ctinfo >= IP_CT_IS_REPLY ? 1 : 0;
}

/** Buckets that are searched for an entry to give up. */
const EARLY_DROP_BUCKETS = 8;

/** Ends one entry that is not assured, or closing, near a hash; false: none found (early_drop). */
function earlyDrop(cn: NfConntrackNet, hash: number): boolean {
  for (let i = 0; i < EARLY_DROP_BUCKETS; i++) {
    for (let h: NfTuple | null = cn.buckets[(hash + i) & cn.mask]!; h !== null; h = h.next) {
      const ct = h.ct!;
      if ((ct.status & IPS_ASSURED) !== 0 && !nfCtIsExpired(ct) && !(h.protonum === IPPROTO_TCP && nfTcpCanEarlyDrop(ct))) continue;
      nfCtDelete(ct);
      cn.stat.earlyDrop++;
      return true;
    }
  }
  return false;
}

/** Makes an entry for `tuple`, outside of the table (init_conntrack). Null: no room, or no such connection can be. */
function initConntrack(cn: NfConntrackNet, tuple: NfTuple, tmpl: NfConn | null): NfConn | null {
  if (!nfTupleInvert(cn.inverse, tuple)) return null;
  const zone = tmpl === null ? 0 : tmpl.zone;
  if (cn.max !== 0 && cn.count >= cn.max && !earlyDrop(cn, nfTupleHash(tuple, zone, cn.rnd))) {
    cn.stat.drop++;
    cn.net.kernel.log.printk(KERN_WARNING, 'nf_conntrack: table full, dropping packet');
    return FULL;
  }
  const ct = new NfConn(cn, cn.nextId++, zone); // datapath-ok: once a connection
  nfTupleCopy(ct.orig, tuple);
  nfTupleCopy(ct.reply, cn.inverse);
  if (cn.acctOn !== 0) ct.acct = new NfCtAcct(); // datapath-ok: as above
  if (cn.expectCount !== 0) {
    const exp = nfCtFindExpectation(cn, zone, tuple);
    if (exp !== null) {
      ct.status |= IPS_EXPECTED;
      ct.master = exp.master;
      ct.mark = exp.master.mark;
      ct.secmark = exp.master.secmark;
      cn.stat.expectNew++;
      if (exp.expectfn !== null) exp.expectfn(ct, exp);
      return ct;
    }
  }
  if (tmpl !== null && tmpl.help !== null) nfCtHelpAssign(ct, tmpl.help.helper);
  return ct;
}
/** What {@link initConntrack} returns when the table is full: the packet is to be dropped, not let through. */
const FULL: NfConn = Object.freeze({ status: 0 }) as unknown as NfConn;

/** Gives the packet its entry; NF_ACCEPT, NF_DROP when the table is full (resolve_normal_ct). */
function resolve(cn: NfConntrackNet, tmpl: NfConn | null, skb: Skb, tuple: NfTuple): number {
  const h = nfConntrackFind(cn, tmpl === null ? 0 : tmpl.zone, tuple);
  if (h === null) {
    const ct = initConntrack(cn, tuple, tmpl);
    if (ct === null) return NF_ACCEPT;
    if (ct === FULL) return NF_DROP;
    skb.nfct = ct;
    skb.nfctInfo = (ct.status & IPS_EXPECTED) !== 0 ? IP_CT_RELATED : IP_CT_NEW;
    return NF_ACCEPT;
  }
  const ct = h.ct!;
  skb.nfct = ct;
  if (h.dir === 1) skb.nfctInfo = IP_CT_ESTABLISHED_REPLY;
  else if ((ct.status & IPS_SEEN_REPLY) !== 0) skb.nfctInfo = IP_CT_ESTABLISHED;
  else skb.nfctInfo = (ct.status & IPS_EXPECTED) !== 0 ? IP_CT_RELATED : IP_CT_NEW;
  return NF_ACCEPT;
}

function transportSumOk(cn: NfConntrackNet, skb: Skb, dataoff: number, protonum: number, state: NfState, pseudo: boolean): boolean {
  if (cn.checksum === 0 || state.hook !== NF_INET_PRE_ROUTING || skbCsumUnnecessary(skb)) return true;
  return csumFold(skbChecksum(skb, dataoff, skb.len - dataoff, pseudo ? nfL4PseudoSum(skb, dataoff, protonum) : 0)) === 0;
}

/** UDP and UDP-Lite's like (RFC 4787): a flow that was answered and goes on is a stream. */
function udpPacket(cn: NfConntrackNet, ct: NfConn, skb: Skb, dataoff: number, state: NfState): number {
  if (!pskbMayPull(skb, dataoff + UDPHDR_LEN)) return -NF_ACCEPT;
  const at = skb.data + dataoff;
  const len = udphLen(skb.view, at);
  if (len > skb.len - dataoff || len < UDPHDR_LEN) return -NF_ACCEPT;
  if (udphCheck(skb.view, at) !== 0 && len === skb.len - dataoff && !transportSumOk(cn, skb, dataoff, IPPROTO_UDP, state, true)) return -NF_ACCEPT;
  const now = cn.net.kernel.jiffies;
  if ((ct.status & IPS_CONFIRMED) === 0 && ct.streamTs === 0) ct.streamTs = (now + UDP_STREAM_AFTER) | 0 || 1;
  if ((ct.status & IPS_SEEN_REPLY) === 0) {
    nfCtRefresh(ct, ct.timeouts === null ? cn.udpTimeout : ct.timeouts[1]!);
    return NF_ACCEPT;
  }
  if (((now - ct.streamTs) | 0) <= 0) {
    nfCtRefresh(ct, ct.timeouts === null ? cn.udpTimeout : ct.timeouts[1]!);
    return NF_ACCEPT;
  }
  nfCtRefresh(ct, ct.timeouts === null ? cn.udpStreamTimeout : ct.timeouts[2]!);
  if ((ct.status & IPS_ASSURED) === 0) {
    ct.status |= IPS_ASSURED;
    if (cn.notify !== null) cn.notify(IPCT_ASSURED, ct);
  }
  return NF_ACCEPT;
}

/** ICMP questions and answers (RFC 5508): an answer does not end the entry, more may come. */
function icmpPacket(cn: NfConntrackNet, ct: NfConn, six: boolean): number {
  if ((ct.status & IPS_CONFIRMED) === 0) {
    // Only a question begins one.
    const type = ct.orig.dport >> 8;
    const asks = six ? type === 128 || type === 139 : type === 8 || type === 13 || type === 15 || type === 17;
    if (!asks) return -NF_ACCEPT;
  }
  nfCtRefresh(ct, six ? cn.icmpv6Timeout : cn.icmpTimeout);
  return NF_ACCEPT;
}

function l4Packet(cn: NfConntrackNet, ct: NfConn, skb: Skb, dataoff: number, reply: boolean, state: NfState): number {
  const proto = ct.orig.protonum;
  if (proto === IPPROTO_TCP) return nfConntrackTcpPacket(cn, ct, skb, dataoff, reply, state);
  const ret = proto === IPPROTO_UDP ? udpPacket(cn, ct, skb, dataoff, state)
    : proto === IPPROTO_ICMP || proto === IPPROTO_ICMPV6 ? icmpPacket(cn, ct, proto === IPPROTO_ICMPV6)
      : genericPacket(cn, ct);
  if (ret === NF_ACCEPT && ct.acct !== null) nfCtAcctAdd(ct.acct, reply, skb.len);
  return ret;
}

function genericPacket(cn: NfConntrackNet, ct: NfConn): number {
  nfCtRefresh(ct, cn.genericTimeout);
  return NF_ACCEPT;
}

/** An ICMP error belongs to the connection whose packet it quotes (RFC 5508 3.2, RFC 5382 9). */
function relatedError(cn: NfConntrackNet, tmpl: NfConn | null, skb: Skb, innerOff: number, l3num: number): number {
  const off = nfGetTuple(cn.inner, skb, innerOff, l3num);
  if (off < 0 || !nfTupleInvert(cn.inverse, cn.inner)) return -NF_ACCEPT;
  // The quoted packet went the other way: its answer's tuple is the one that is going on in this direction.
  const h = nfConntrackFind(cn, tmpl === null ? 0 : tmpl.zone, cn.inverse);
  if (h === null) return -NF_ACCEPT;
  const outer = nfOuterDst(skb, l3num, cn.tuple);
  // NAT: the error must go where the direction's packets go (RFC 5927: others do not know who speaks).
  if (outer.dst0 !== h.dst0 || outer.dst1 !== h.dst1 || outer.dst2 !== h.dst2 || outer.dst3 !== h.dst3) return -NF_ACCEPT;
  skb.nfct = h.ct;
  skb.nfctInfo = h.dir === 1 ? IP_CT_RELATED + IP_CT_IS_REPLY : IP_CT_RELATED;
  return NF_ACCEPT;
}

/** The destination of the packet itself, in a scratch tuple. */
function nfOuterDst(skb: Skb, l3num: number, t: NfTuple): NfTuple {
  const at = skb.networkHeader;
  const { view } = skb;
  if (l3num === AF_INET) {
    t.dst0 = view.getInt32(at + 16);
    t.dst1 = 0;
    t.dst2 = 0;
    t.dst3 = 0;
  } else {
    t.dst0 = view.getInt32(at + 24);
    t.dst1 = view.getInt32(at + 28);
    t.dst2 = view.getInt32(at + 32);
    t.dst3 = view.getInt32(at + 36);
  }
  return t;
}

function icmpError(cn: NfConntrackNet, tmpl: NfConn | null, skb: Skb, dataoff: number, state: NfState): number {
  if (!pskbMayPull(skb, dataoff + 8)) return -NF_ACCEPT;
  if (!transportSumOk(cn, skb, dataoff, IPPROTO_ICMP, state, false)) return -NF_ACCEPT;
  const type = skb.u8[skb.data + dataoff]!;
  if (type > NR_ICMP_TYPES) return -NF_ACCEPT;
  if (type !== ICMP_DEST_UNREACH && type !== ICMP_SOURCE_QUENCH && type !== ICMP_TIME_EXCEEDED && type !== ICMP_PARAMETERPROB && type !== ICMP_REDIRECT) return NF_ACCEPT;
  return relatedError(cn, tmpl, skb, dataoff + 8, AF_INET);
}

function icmpv6Error(cn: NfConntrackNet, tmpl: NfConn | null, skb: Skb, dataoff: number, state: NfState): number {
  if (!pskbMayPull(skb, dataoff + 8)) return -NF_ACCEPT;
  if (!transportSumOk(cn, skb, dataoff, IPPROTO_ICMPV6, state, true)) return -NF_ACCEPT;
  const type = skb.u8[skb.data + dataoff]!;
  if (type >= 130 && type <= 137) {
    // Neighbour discovery and group reports belong to the link, not to connections.
    if (type !== NDISC_REDIRECT) nfCtSetUntracked(skb);
    return NF_ACCEPT;
  }
  if ((type & ICMPV6_INFOMSG_MASK) !== 0) return NF_ACCEPT;
  return relatedError(cn, tmpl, skb, dataoff + 8, AF_INET6);
}

/**
 * Connection tracking of a packet: sets `skb.nfct` and `skb.nfctInfo` (nf_conntrack_in). A packet that fits no connection and can begin none passes without an
 * entry: it is «invalid». NF_ACCEPT or NF_DROP. May pull.
 * @alpha
 */
export function nfConntrackIn(cn: NfConntrackNet, skb: Skb, state: NfState): number {
  const known = skb.nfct as NfConn | null;
  let tmpl: NfConn | null = null;
  if (known !== null || skb.nfctInfo === IP_CT_UNTRACKED) {
    // It came over the loopback device, or is not to be tracked.
    if (known === null || (known.status & IPS_TEMPLATE) === 0) return NF_ACCEPT;
    tmpl = known;
    skb.nfct = null;
  }
  skb.nfctInfo = 0;
  const l3num = state.pf === NFPROTO_IPV4 ? AF_INET : AF_INET6;
  const { tuple } = cn;
  for (;;) {
    const dataoff = nfGetTuple(tuple, skb, skb.networkHeader - skb.data, l3num);
    if (dataoff < 0) return invalid(cn, skb);
    const proto = tuple.protonum;
    if (proto === IPPROTO_ICMP || proto === IPPROTO_ICMPV6) {
      const { sport, dport } = tuple;
      const ret = proto === IPPROTO_ICMP ? icmpError(cn, tmpl, skb, dataoff, state) : icmpv6Error(cn, tmpl, skb, dataoff, state);
      if (ret <= 0) {
        cn.stat.error++;
        return invalid(cn, skb);
      }
      if (skb.nfct !== null || skb.nfctInfo === IP_CT_UNTRACKED) return NF_ACCEPT;
      tuple.sport = sport;
      tuple.dport = dport;
      if ((proto === IPPROTO_ICMP ? nfIcmpInverse(dport >> 8) : nfIcmpv6Inverse(dport >> 8)) < 0) return invalid(cn, skb);
    }
    if (resolve(cn, tmpl, skb, tuple) === NF_DROP) return NF_DROP;
    const ct = skb.nfct as NfConn | null;
    if (ct === null) return invalid(cn, skb);
    const reply = skb.nfctInfo >= IP_CT_IS_REPLY;
    const ret = l4Packet(cn, ct, skb, dataoff, reply, state);
    if (ret === -NF_REPEAT) {
      skb.nfct = null;
      skb.nfctInfo = 0;
      continue;
    }
    if (ret <= 0) {
      skb.nfct = null;
      skb.nfctInfo = 0;
      return ret === NF_DROP ? NF_DROP : invalid(cn, skb);
    }
    if (reply && (ct.status & IPS_SEEN_REPLY) === 0) {
      ct.status |= IPS_SEEN_REPLY;
      if (cn.notify !== null) cn.notify(IPCT_REPLY, ct);
    }
    return NF_ACCEPT;
  }
}

function invalid(cn: NfConntrackNet, skb: Skb): number {
  skb.nfct = null;
  skb.nfctInfo = 0;
  cn.stat.invalid++;
  return NF_ACCEPT;
}

/**
 * The end of the path: the packet got through, so its new entry enters the table (nf_conntrack_confirm). NF_ACCEPT; NF_DROP when another packet was quicker with an
 * entry that this one cannot share.
 * @alpha
 */
export function nfConntrackConfirm(skb: Skb): number {
  const ct = skb.nfct as NfConn | null;
  if (ct === null) return NF_ACCEPT;
  if ((ct.status & IPS_CONFIRMED) !== 0) {
    if (ct.cnet.flush !== null) ct.cnet.flush();
    return NF_ACCEPT;
  }
  const cn = ct.cnet;
  if ((ct.status & IPS_DYING) !== 0) {
    cn.stat.insertFailed++;
    return NF_DROP;
  }
  // An ICMP error quotes a packet whose connection is not there yet: it cannot make it.
  if (skb.nfctInfo !== IP_CT_NEW && skb.nfctInfo !== IP_CT_RELATED) return NF_ACCEPT;
  for (let i = 0; i < cn.helpers.length; i++) cn.helpers[i]!(ct);
  const other = nfConntrackFind(cn, ct.zone, ct.orig) ?? nfConntrackFind(cn, ct.zone, ct.reply);
  if (other !== null) return clash(cn, ct, other, skb);
  const now = cn.net.kernel.jiffies;
  ct.timeout = (now + ct.timeout) | 0;
  if (cn.tstampOn !== 0) ct.start = cn.net.kernel.clock.now();
  nfCtHashInsert(ct);
  if (cn.notify !== null) cn.notify((ct.status & IPS_EXPECTED) !== 0 ? IPCT_RELATED : IPCT_NEW, ct);
  return NF_ACCEPT;
}

/** Two packets of one flow were under way at once: the second takes the entry of the first, when both are alike (nf_ct_resolve_clash). */
function clash(cn: NfConntrackNet, ct: NfConn, other: NfTuple, skb: Skb): number {
  const won = other.ct!;
  const share = ct.orig.protonum !== IPPROTO_TCP && nfTupleEqual(won.orig, ct.orig) && nfTupleEqual(won.reply, ct.reply);
  if (!share) {
    cn.stat.insertFailed++;
    cn.stat.drop++;
    return NF_DROP;
  }
  cn.stat.clashResolve++;
  if (ct.acct !== null && won.acct !== null) {
    won.acct.packets0 += ct.acct.packets0;
    won.acct.bytes0 += ct.acct.bytes0;
  }
  skb.nfct = won;
  skb.nfctInfo = (won.status & IPS_SEEN_REPLY) !== 0 ? IP_CT_ESTABLISHED : IP_CT_NEW;
  return NF_ACCEPT;
}

/** Sets the mark and tells who listens. @alpha */
export function nfCtSetMark(ct: NfConn, mark: number): void {
  if (ct.mark === (mark | 0)) return;
  ct.mark = mark | 0;
  if (ct.cnet.notify !== null && (ct.status & IPS_CONFIRMED) !== 0) ct.cnet.notify(1 << 7, ct);
}

/** Sets one of the 128 label bits (nf_connlabels). @alpha */
export function nfCtSetLabel(ct: NfConn, bit: number): void {
  ct.labels ??= new Int32Array(4); // datapath-ok: once a connection
  ct.labels[(bit >> 5) & 3]! |= 1 << (bit & 31);
}

/** Is the label bit set? @alpha */
export function nfCtTestLabel(ct: NfConn, bit: number): boolean {
  return ct.labels !== null && (ct.labels[(bit >> 5) & 3]! & (1 << (bit & 31))) !== 0;
}
