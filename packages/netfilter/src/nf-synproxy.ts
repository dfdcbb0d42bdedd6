/**
 * Answering SYNs in a server's name (iptables-extensions(8), SYNPROXY; RFC 4987 3.6): the client gets a SYN cookie, and only when that comes back the server hears of it. From then
 * on the server's numbers and timestamps are moved to those that the client was told.
 */
import { csumFold, csumReplace4, type Net } from '@linnet/kernel';
import { Flowi, flowiReset, FLOWI_FLAG_ANYSRC, INET, type InetAf, type SynCookieTuple } from '@linnet/inet';
import { NF_ACCEPT, NF_DROP, NF_STOLEN, type NfHookFn } from '@linnet/netdev';
import { allocSkb, CHECKSUM_PARTIAL, consumeSkb, pskbMayPull, SKB, type Skb, skbEnsureWritable, skbPush, skbReserve } from '@linnet/skbuff';
import {
  AF_INET, AF_INET6, IPPROTO_TCP, TCPHDR_ACK, TCPHDR_FIN, TCPHDR_RST, TCPHDR_SYN, tcphAckSeq, tcphDoff, tcphFlags, tcphSeq, tcphWindow, TCPOPT_MSS, TCPOPT_SACK_PERM, TCPOPT_TIMESTAMP,
  TCPOPT_WINDOW, TCPHDR_LEN, tcpOptLen, in6At,
} from '@linnet/uapi';
import type { NfConn } from './nf-conn.ts';
import { IP_CT_IS_REPLY } from './nf-conntrack-common.ts';
import { nfCtSetUntracked } from './nf-conntrack-core.ts';
import { NF_CONNTRACK, nfConntrackFind } from './nf-conntrack-net.ts';
import { nfGetTuple } from './nf-conntrack-packet.ts';
import { nfCtSeqadjInit } from './nf-conntrack-seqadj.ts';

/** What a rule offers (linux/netfilter/nf_synproxy.h: NF_SYNPROXY_OPT_*). @alpha */
export const NF_SYNPROXY_OPT_MSS = 0x01;
/** Window scaling. @alpha */
export const NF_SYNPROXY_OPT_WSCALE = 0x02;
/** Selective acknowledgements. @alpha */
export const NF_SYNPROXY_OPT_SACK_PERM = 0x04;
/** Timestamps. @alpha */
export const NF_SYNPROXY_OPT_TIMESTAMP = 0x08;
/** Congestion notification. @alpha */
export const NF_SYNPROXY_OPT_ECN = 0x10;

/** What an entry of a proxied connection keeps: in the client's numbers. @alpha */
export class NfSynproxy {
  /** The server's first number as the client knows it: the cookie. */
  readonly isn: number;
  /** The timestamp that went with it, and how far the server's are ahead; valid while `ts`. */
  readonly its: number;
  readonly ts: boolean;
  tsOff: number;
  /** What the client's acknowledgement said: its window. */
  readonly win: number;
  constructor(isn: number, its: number, ts: boolean, win: number) {
    this.isn = isn;
    this.its = its;
    this.ts = ts;
    this.tsOff = 0;
    this.win = win;
  }
}

/** Counters of a namespace (/proc/net/stat/synproxy). @alpha */
export class NfSynproxyStat {
  synReceived = 0;
  cookieInvalid = 0;
  cookieValid = 0;
  cookieRetrans = 0;
}

/** Options of a segment. */
class Options {
  /** NF_SYNPROXY_OPT_*. */
  has = 0;
  mss = 0;
  wscale = 0;
  tsval = 0;
  tsecr = 0;
}

function parse(skb: Skb, th: number, o: Options): void {
  const { u8, view } = skb;
  const end = th + (tcphDoff(view, th) << 2);
  o.has = 0;
  for (let i = th + TCPHDR_LEN, n; (n = tcpOptLen(view, i, end)) !== 0; i += n) {
    const kind = u8[i]!;
    if (kind === TCPOPT_MSS && n === 4) {
      o.has |= NF_SYNPROXY_OPT_MSS;
      o.mss = view.getUint16(i + 2);
    } else if (kind === TCPOPT_WINDOW && n === 3) {
      o.has |= NF_SYNPROXY_OPT_WSCALE;
      o.wscale = Math.min(14, u8[i + 2]!);
    } else if (kind === TCPOPT_SACK_PERM && n === 2) {
      o.has |= NF_SYNPROXY_OPT_SACK_PERM;
    } else if (kind === TCPOPT_TIMESTAMP && n === 10) {
      o.has |= NF_SYNPROXY_OPT_TIMESTAMP;
      o.tsval = view.getInt32(i + 2);
      o.tsecr = view.getInt32(i + 6);
    }
  }
}

/** Bytes that the options take. */
function optionsLen(o: Options): number {
  const ts = (o.has & NF_SYNPROXY_OPT_TIMESTAMP) !== 0;
  return ((o.has & NF_SYNPROXY_OPT_MSS) !== 0 ? 4 : 0) + (ts ? 12 : (o.has & NF_SYNPROXY_OPT_SACK_PERM) !== 0 ? 4 : 0) + ((o.has & NF_SYNPROXY_OPT_WSCALE) !== 0 ? 4 : 0);
}

function putOptions(view: DataView, p: number, o: Options): void {
  const sack = (o.has & NF_SYNPROXY_OPT_SACK_PERM) !== 0;
  if ((o.has & NF_SYNPROXY_OPT_MSS) !== 0) {
    view.setUint32(p, 0x02040000 | o.mss);
    p += 4;
  }
  if ((o.has & NF_SYNPROXY_OPT_TIMESTAMP) !== 0) {
    // SACK stands where the padding would be.
    view.setUint32(p, sack ? 0x0402080a : 0x0101080a);
    view.setInt32(p + 4, o.tsval);
    view.setInt32(p + 8, o.tsecr);
    p += 12;
  } else if (sack) {
    view.setUint32(p, 0x01010402);
    p += 4;
  }
  if ((o.has & NF_SYNPROXY_OPT_WSCALE) !== 0) view.setUint32(p, 0x01030300 | o.wscale);
}

/** A namespace's proxy: what is made for its packets is made once. @alpha */
export class NfSynproxyNet {
  readonly net: Net;
  readonly stat: NfSynproxyStat = new NfSynproxyStat();
  /** Rules that use it, by family. */
  users4 = 0;
  users6 = 0;
  private readonly fl: Flowi = new Flowi();
  private readonly in: Options = new Options();
  private readonly out: Options = new Options();
  private readonly tuple: SynCookieTuple = { num: 0, rmtPort: 0, locAddr: 0, rmtAddr: 0, v6LocAddr: null, v6RmtAddr: null, rcvIsn: 0, mss: 0 };
  constructor(net: Net) {
    this.net = net;
  }

  private af(skb: Skb): InetAf | null {
    return this.net.kernel.get(INET).af(skb.u8[skb.networkHeader]! >> 4 === 4 ? AF_INET : AF_INET6);
  }

  /** Sends a segment: in the direction of `skb`, whose TCP header is at `th`, or back (`back`). `like`: of which connection it is. */
  private send(skb: Skb, th: number, back: boolean, flags: number, seq: number, ack: number, win: number, tracked: boolean): void {
    const af = this.af(skb);
    if (af === null) return;
    const { fl, out: o } = this;
    const { view, networkHeader: nh } = skb;
    flowiReset(fl);
    fl.proto = IPPROTO_TCP;
    fl.flags = FLOWI_FLAG_ANYSRC;
    if (af.family === AF_INET) {
      fl.saddr = view.getInt32(nh + (back ? 16 : 12));
      fl.daddr = view.getInt32(nh + (back ? 12 : 16));
    } else {
      fl.saddr6 = in6At(view, nh + (back ? 24 : 8));
      fl.daddr6 = in6At(view, nh + (back ? 8 : 24));
    }
    fl.sport = view.getUint16(th + (back ? 2 : 0));
    fl.dport = view.getUint16(th + (back ? 0 : 2));
    const len = 20 + optionsLen(o);
    const p = allocSkb(this.net.kernel.get(SKB), HEADROOM + len);
    skbReserve(p, HEADROOM + len);
    const at = skbPush(p, len);
    p.transportHeader = at;
    p.view.setUint16(at, fl.sport);
    p.view.setUint16(at + 2, fl.dport);
    p.view.setInt32(at + 4, seq);
    p.view.setInt32(at + 8, ack);
    p.view.setUint16(at + 12, ((len >> 2) << 12) | flags);
    p.view.setUint16(at + 14, win);
    p.view.setInt32(at + 16, 0);
    putOptions(p.view, at + 20, o);
    p.ipSummed = CHECKSUM_PARTIAL;
    p.csumStart = at;
    p.csumOffset = 16;
    p.view.setUint16(at + 16, ~csumFold(af.pseudoSum(fl, len, IPPROTO_TCP)) & 0xffff);
    if (!tracked) nfCtSetUntracked(p);
    af.sendUnicastReply(this.net, p, fl);
  }

  private fill(skb: Skb, th: number, rcvIsn: number): SynCookieTuple {
    const { tuple: t } = this;
    const { view, networkHeader: nh } = skb;
    t.num = view.getUint16(th + 2);
    t.rmtPort = view.getUint16(th);
    t.rcvIsn = rcvIsn;
    if (skb.u8[nh]! >> 4 === 4) {
      t.rmtAddr = view.getInt32(nh + 12);
      t.locAddr = view.getInt32(nh + 16);
      t.v6LocAddr = null;
      t.v6RmtAddr = null;
    } else {
      t.v6RmtAddr = in6At(view, nh + 8);
      t.v6LocAddr = in6At(view, nh + 24);
    }
    return t;
  }

  /**
   * A segment of a client that the server is not to see yet: a SYN is answered, an acknowledgement of an answer opens the connection to the server (synproxy_send_client_synack and
   * its like). `options`, `mss`, `wscale`: what the rule says of the server. NF_STOLEN and the packet is consumed, NF_DROP, or NF_ACCEPT for other segments. May pull.
   */
  client(skb: Skb, thoff: number, options: number, mss: number, wscale: number): number {
    const cookies = this.net.kernel.get(INET).synCookies;
    if (cookies === null || !pskbMayPull(skb, thoff + 20) || !pskbMayPull(skb, thoff + (tcphDoff(skb.view, skb.data + thoff) << 2))) return NF_DROP;
    const th = skb.data + thoff;
    const flags = tcphFlags(skb.view, th) & (TCPHDR_SYN | TCPHDR_ACK | TCPHDR_RST | TCPHDR_FIN);
    if (flags !== TCPHDR_SYN && flags !== TCPHDR_ACK) return NF_ACCEPT;
    const { in: i, out: o } = this;
    parse(skb, th, i);
    const seq = tcphSeq(skb.view, th);
    if (flags === TCPHDR_SYN) {
      this.stat.synReceived++;
      o.has = options & i.has;
      // Without timestamps there is no place in which the client could bring them back.
      if ((o.has & NF_SYNPROXY_OPT_TIMESTAMP) === 0) o.has &= ~(NF_SYNPROXY_OPT_WSCALE | NF_SYNPROXY_OPT_SACK_PERM);
      const t = this.fill(skb, th, seq);
      t.mss = (i.has & NF_SYNPROXY_OPT_MSS) !== 0 ? i.mss : NO_MSS;
      const isn = cookies.init(this.net, t);
      o.mss = mss;
      o.tsval = cookies.timestamp(this.net, (o.has & NF_SYNPROXY_OPT_WSCALE) !== 0 ? i.wscale : -1, (o.has & NF_SYNPROXY_OPT_SACK_PERM) !== 0);
      o.tsecr = i.tsval;
      o.wscale = wscale;
      this.send(skb, th, true, TCPHDR_SYN | TCPHDR_ACK, isn, (seq + 1) | 0, 0, false);
      consumeSkb(skb);
      return NF_STOLEN;
    }
    const isn = (tcphAckSeq(skb.view, th) - 1) | 0;
    const t = this.fill(skb, th, (seq - 1) | 0);
    if (!cookies.check(this.net, t, isn)) t.rcvIsn = seq; // It was offered no window: this may be its probe, one number back (RFC 9293 3.8.6.1).
    if (t.rcvIsn === seq && !cookies.check(this.net, t, isn)) {
      this.stat.cookieInvalid++;
      return NF_DROP;
    }
    this.stat.cookieValid++;
    o.has = NF_SYNPROXY_OPT_MSS;
    o.mss = t.mss;
    const ts = (i.has & NF_SYNPROXY_OPT_TIMESTAMP) !== 0;
    if (ts) {
      o.has |= NF_SYNPROXY_OPT_TIMESTAMP;
      o.tsval = i.tsval;
      o.tsecr = i.tsecr;
      if ((i.tsecr & 16) !== 0) o.has |= NF_SYNPROXY_OPT_SACK_PERM;
      o.wscale = i.tsecr & 15;
      if (o.wscale !== 15) o.has |= NF_SYNPROXY_OPT_WSCALE;
    }
    const win = tcphWindow(skb.view, th);
    this.send(skb, th, false, TCPHDR_SYN, t.rcvIsn, 0, win, true);
    const cn = this.net.get(NF_CONNTRACK);
    if (nfGetTuple(cn.tuple, skb, skb.networkHeader - skb.data, skb.u8[skb.networkHeader]! >> 4 === 4 ? AF_INET : AF_INET6) >= 0) {
      const h = nfConntrackFind(cn, 0, cn.tuple);
      if (h !== null && h.dir === 0) h.ct!.synproxy ??= new NfSynproxy(isn, i.tsecr, ts, win); // datapath-ok: once a connection
    }
    consumeSkb(skb);
    return NF_STOLEN;
  }

  /** A segment of a connection that was opened so, on its way out. NF_ACCEPT, or NF_STOLEN for the server's answer, which the client has had. */
  forward(skb: Skb, ct: NfConn, sp: NfSynproxy): number {
    const nh = skb.networkHeader;
    if (skb.u8[nh]! >> 4 === 4 ? skb.u8[nh + 9] !== IPPROTO_TCP : false) return NF_ACCEPT;
    const cn = ct.cnet;
    const thoff = nfGetTuple(cn.inner, skb, nh - skb.data, ct.orig.l3num);
    if (thoff < 0 || cn.inner.protonum !== IPPROTO_TCP || !pskbMayPull(skb, thoff + 20) || !skbEnsureWritable(skb, thoff + (tcphDoff(skb.view, skb.data + thoff) << 2))) return NF_ACCEPT;
    const th = skb.data + thoff;
    const reply = skb.nfctInfo >= IP_CT_IS_REPLY;
    const flags = tcphFlags(skb.view, th);
    if (reply && (flags & (TCPHDR_SYN | TCPHDR_ACK)) === (TCPHDR_SYN | TCPHDR_ACK)) {
      const { in: i, out: o } = this;
      parse(skb, th, i);
      const seq = tcphSeq(skb.view, th);
      const ack = tcphAckSeq(skb.view, th);
      nfCtSeqadjInit(ct, true, seq, (sp.isn - seq) | 0);
      const ts = sp.ts && (i.has & NF_SYNPROXY_OPT_TIMESTAMP) !== 0;
      if (ts) sp.tsOff = (i.tsval - sp.its) | 0;
      o.has = ts ? NF_SYNPROXY_OPT_TIMESTAMP : 0;
      // The client's acknowledgement, as it would say it: the numbers are moved on the way.
      o.tsval = i.tsecr;
      o.tsecr = sp.its;
      this.send(skb, th, true, TCPHDR_ACK, ack, (sp.isn + 1) | 0, sp.win, true);
      // And the server's window, which is open now.
      o.tsval = i.tsval;
      o.tsecr = i.tsecr;
      const scale = (i.has & NF_SYNPROXY_OPT_WSCALE) !== 0 ? i.wscale : 0;
      this.send(skb, th, false, TCPHDR_ACK, (seq + 1) | 0, ack, tcphWindow(skb.view, th) >> scale, true);
      consumeSkb(skb);
      return NF_STOLEN;
    }
    if (sp.tsOff !== 0) moveTimestamps(skb, th, reply, sp.tsOff);
    return NF_ACCEPT;
  }
}

/** Room for headers below TCP. */
const HEADROOM = 160;
/** What a SYN without the option means (RFC 9293 3.7.1). */
const NO_MSS = 536;

/** The server's clock becomes the one that the client knows, and its echo the server's again. */
function moveTimestamps(skb: Skb, th: number, reply: boolean, off: number): void {
  const { u8, view } = skb;
  const end = th + (tcphDoff(view, th) << 2);
  for (let i = th + TCPHDR_LEN, n; (n = tcpOptLen(view, i, end)) !== 0; i += n) {
    const kind = u8[i]!;
    if (kind === TCPOPT_TIMESTAMP && n === 10) {
      const p = i + (reply ? 2 : 6);
      const from = view.getInt32(p);
      const to = reply ? (from - off) | 0 : (from + off) | 0;
      view.setInt32(p, to);
      if (skb.ipSummed === CHECKSUM_PARTIAL) return;
      const odd = ((p - th) & 1) !== 0;
      view.setUint16(th + 16, csumReplace4(view.getUint16(th + 16), odd ? (from << 8) | (from >>> 24) : from, odd ? (to << 8) | (to >>> 24) : to));
      return;
    }
  }
}

/** The hook of both ends of a path. */
export const nfSynproxyHook: NfHookFn = (priv, skb) => {
  const ct = skb.nfct as NfConn | null;
  return ct === null || ct.synproxy === null ? NF_ACCEPT : (priv as NfSynproxyNet).forward(skb, ct, ct.synproxy);
};
