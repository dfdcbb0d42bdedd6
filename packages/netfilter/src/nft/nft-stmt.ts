/** Expressions that act or remember: limit, quota, connlimit, log, reject, queue, numgen, hash, fib. */
import { type Clock, EINVAL, EOPNOTSUPP, EOVERFLOW, jhash, type Net } from '@linnet/kernel';
import { Flowi, flowiReset, INET } from '@linnet/inet';
import {
  NF_DROP, NF_INET_FORWARD, NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT, NF_INET_PRE_ROUTING, NF_VERDICT_FLAG_QUEUE_BYPASS, NF_NETDEV_INGRESS, NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_NETDEV, nfQueueNr, type NetDevice,
} from '@linnet/netdev';
import { PACKET_HOST } from '@linnet/skbuff';
import {
  AF_INET, AF_INET6, ICMP_DEST_UNREACH, ICMPV6_DEST_UNREACH, NFT_BREAK, NFT_FIB_RESULT_ADDRTYPE, NFT_FIB_RESULT_OIF, NFT_FIB_RESULT_OIFNAME, NFT_NG_INCREMENTAL, NFT_NG_RANDOM,
  NFT_REJECT_ICMP_UNREACH, NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_TCP_RST, NFTA_CONNLIMIT_COUNT, NFTA_CONNLIMIT_FLAGS, NFTA_FIB_DREG, NFTA_FIB_F_DADDR, NFTA_FIB_F_IIF, NFTA_FIB_F_MARK,
  NFTA_FIB_F_OIF, NFTA_FIB_F_PRESENT, NFTA_FIB_F_SADDR, NFTA_FIB_FLAGS, NFTA_FIB_RESULT, NFTA_HASH_DREG, NFTA_HASH_LEN, NFTA_HASH_MODULUS, NFTA_HASH_OFFSET, NFTA_HASH_SEED, NFTA_HASH_SREG,
  NFTA_HASH_TYPE, NFTA_LIMIT_BURST, NFTA_LIMIT_FLAGS, NFTA_LIMIT_RATE, NFTA_LIMIT_TYPE, NFTA_LIMIT_UNIT, NFTA_LOG_FLAGS, NFTA_LOG_GROUP, NFTA_LOG_LEVEL, NFTA_LOG_PREFIX, NFTA_LOG_QTHRESHOLD, NFTA_LOG_SNAPLEN, NFTA_NG_DREG,
  NFTA_NG_MODULUS, NFTA_NG_OFFSET, NFTA_NG_TYPE, NFTA_QUEUE_FLAGS, NFTA_QUEUE_NUM, NFTA_QUEUE_SREG_QNUM, NFTA_QUEUE_TOTAL, NFTA_QUOTA_BYTES, NFTA_QUOTA_CONSUMED, NFTA_QUOTA_FLAGS, NFTA_REJECT_ICMP_CODE,
  NFTA_REJECT_TYPE, RTN_LOCAL, RTN_UNICAST,
} from '@linnet/uapi';
import type { NfConn } from '../nf-conn.ts';
import { IPS_CONFIRMED, IPS_DYING } from '../nf-conntrack-common.ts';
import { nfCtNetnsGet, nfCtNetnsPut } from '../nf-conntrack.ts';
import { nfQueueBalance } from '../nf-queue-balance.ts';
import { nfLogGroup, type NfLogParams } from '../nfnetlink-log.ts';
import { nfLogLine } from '../xt-log.ts';
import { nfSendReset, nfSumOk } from '../xt-reject.ts';
import { in6Load } from '../xt-words.ts';
import { type NftAttrs, nftPolicy, nftPutU64 } from './nft-attr.ts';
import { nftLen } from './nft-basic.ts';
import { nftDreg, type NftExprOps, nftOnlyAt, nftSreg } from './nft-expr.ts';
import { type NftCtx, NftExpr, type NftPkt } from './nft-model.ts';

/** A bucket that fills with time: `per` nanoseconds a packet or byte, `most` of them at most. */
class Bucket {
  left: number;
  at: number;
  constructor(left: number, at: number) {
    this.left = left;
    this.at = at;
  }
  take(now: number, per: number, most: number, n: number): boolean {
    this.left = Math.min(most, this.left + (now - this.at) / per);
    this.at = now;
    if (this.left < n) return false;
    this.left -= n;
    return true;
  }
}

const DEFAULT_BURST = 5;

function makeLimit(clock: Clock, raw: Uint8Array, per: number, most: number, bytes: boolean, inv: boolean): NftExpr {
  const b = new Bucket(most, clock.now()); // datapath-ok: a rule is made
  const e = new NftExpr('limit', raw, (p) => {
    if (b.take(clock.now(), per, most, bytes ? nftLen(p) : 1) === inv) p.code = NFT_BREAK;
  });
  e.again = () => makeLimit(clock, raw, per, most, bytes, inv);
  return e;
}

function limit(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  if (!a.has(NFTA_LIMIT_RATE) || !a.has(NFTA_LIMIT_UNIT)) return -EINVAL;
  const rate = a.u64(NFTA_LIMIT_RATE);
  const unit = a.u64(NFTA_LIMIT_UNIT);
  const type = a.u32(NFTA_LIMIT_TYPE);
  const flags = a.u32(NFTA_LIMIT_FLAGS);
  if (rate === 0) return -EINVAL;
  if (unit * 1e9 < unit || unit > 1.8e10) return -EOVERFLOW;
  if (type > 1) return -EOPNOTSUPP;
  let burst = a.u32(NFTA_LIMIT_BURST);
  if (type === 0 && burst === 0) burst = DEFAULT_BURST;
  const e = makeLimit(ctx.net.kernel.clock, raw, (unit * 1e9) / rate, type === 0 ? burst : rate + burst, type === 1, (flags & 1) !== 0);
  // Who named no burst is shown the one that there is.
  if (a.u32(NFTA_LIMIT_BURST) !== burst) {
    e.dump = (w) => {
      nftPutU64(w, NFTA_LIMIT_RATE, rate);
      nftPutU64(w, NFTA_LIMIT_UNIT, unit);
      w.putBe32(NFTA_LIMIT_BURST, burst);
      w.putBe32(NFTA_LIMIT_TYPE, type);
      w.putBe32(NFTA_LIMIT_FLAGS, flags);
    };
  }
  return e;
}

function makeQuota(quota: number, flags: number, consumed: number): NftExpr {
  const c = { consumed, told: false };
  const inv = (flags & 1) !== 0;
  const e = new NftExpr('quota', new Uint8Array(0), (p) => { // datapath-ok: a rule is made
    c.consumed += nftLen(p);
    if ((c.consumed >= quota) !== inv) p.code = NFT_BREAK;
  });
  e.dump = (w, reset) => {
    nftPutU64(w, NFTA_QUOTA_BYTES, quota);
    nftPutU64(w, NFTA_QUOTA_CONSUMED, Math.min(quota, c.consumed));
    w.putBe32(NFTA_QUOTA_FLAGS, flags);
    if (reset) c.consumed = 0;
  };
  e.again = () => makeQuota(quota, flags, consumed);
  return e;
}

function quota(_ctx: NftCtx, a: NftAttrs): NftExpr | number {
  const flags = a.u32(NFTA_QUOTA_FLAGS);
  if (!a.has(NFTA_QUOTA_BYTES) || (flags & ~1) !== 0) return a.has(NFTA_QUOTA_BYTES) ? -EOPNOTSUPP : -EINVAL;
  return makeQuota(a.u64(NFTA_QUOTA_BYTES), flags, a.u64(NFTA_QUOTA_CONSUMED));
}

function makeConnlimit(net: Net, family: number, raw: Uint8Array, most: number, inv: boolean): NftExpr {
  const seen = new Set<NfConn>();
  const over = (ct: NfConn): boolean => ct.tcp !== null && (ct.tcp.state === 7 || ct.tcp.state === 8);
  const e = new NftExpr('connlimit', raw, (p) => {
    const ct = p.skb.nfct as NfConn | null;
    for (const o of seen) if ((o.status & IPS_DYING) !== 0 || ((o.status & IPS_CONFIRMED) === 0 && o !== ct) || over(o)) seen.delete(o);
    // A packet without a connection counts for as long as it is looked at.
    if (ct !== null) seen.add(ct);
    if ((seen.size + (ct === null ? 1 : 0) > most) !== inv) p.code = NFT_BREAK;
  });
  e.bind = () => nfCtNetnsGet(net, family);
  e.unbind = () => nfCtNetnsPut(net, family);
  e.again = () => makeConnlimit(net, family, raw, most, inv);
  return e;
}

/** Levels up to here are the kernel's log's; the one behind is the audit's. */
const LOG_LEVELS = 8;

function log(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  const level = a.u32(NFTA_LOG_LEVEL, 4);
  const flags = a.u32(NFTA_LOG_FLAGS);
  const prefix = a.str(NFTA_LOG_PREFIX);
  if (a.has(NFTA_LOG_GROUP) && a.has(NFTA_LOG_LEVEL)) return -EINVAL;
  if (level > LOG_LEVELS) return -EINVAL;
  // The audit has nobody who listens.
  if (level === LOG_LEVELS) return new NftExpr('log', raw, () => undefined);
  const { net } = ctx;
  if (a.has(NFTA_LOG_GROUP)) {
    const lp: NfLogParams = { group: a.u16(NFTA_LOG_GROUP), copyLen: a.has(NFTA_LOG_SNAPLEN) ? a.u32(NFTA_LOG_SNAPLEN) : -1, qthresh: a.u16(NFTA_LOG_QTHRESHOLD), prefix };
    return new NftExpr('log', raw, (p) => nfLogGroup(net, p.skb, lp, p));
  }
  const k = net.kernel;
  return new NftExpr('log', raw, (p) => {
    if (p.family === NFPROTO_IPV4 || p.family === NFPROTO_IPV6) k.log.printk(level, nfLogLine(p.skb, p, prefix, flags));
  });
}

/** Of NFT_REJECT_ICMPX_*: the codes of both families. */
const X4: readonly number[] = [0, 3, 1, 13];
const X6: readonly number[] = [0, 4, 3, 1];

function reject(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  if (!a.has(NFTA_REJECT_TYPE)) return -EINVAL;
  const type = a.u32(NFTA_REJECT_TYPE);
  const code = a.u8(NFTA_REJECT_ICMP_CODE);
  if (type !== NFT_REJECT_TCP_RST && !a.has(NFTA_REJECT_ICMP_CODE)) return -EINVAL;
  if (type > NFT_REJECT_ICMPX_UNREACH || (type === NFT_REJECT_ICMPX_UNREACH && code > 3)) return -EINVAL;
  const ip = ctx.family === NFPROTO_IPV4 || ctx.family === NFPROTO_IPV6;
  if (ip && type === NFT_REJECT_ICMPX_UNREACH) return -EINVAL;
  if (!ip && ctx.family !== 1) return -EOPNOTSUPP;
  const inet = ctx.net.kernel.get(INET);
  const fl = new Flowi(); // datapath-ok: a rule is made
  const s6 = new Int32Array(4); // datapath-ok: as above
  const d6 = new Int32Array(4); // datapath-ok: as above
  const e = new NftExpr('reject', raw, (p) => {
    p.code = NF_DROP;
    const { skb } = p;
    const six = p.family === NFPROTO_IPV6;
    const af = inet.af(six ? AF_INET6 : AF_INET);
    if (af === null) return;
    if (type === NFT_REJECT_TCP_RST) {
      if (p.tprotSet && p.tprot === 6) nfSendReset(af, skb, p, fl, s6, d6);
      return;
    }
    if (af.icmpSend === undefined || !nfSumOk(skb, p)) return;
    // What this machine sends never came in, but is answered all the same.
    if (p.hook === NF_INET_LOCAL_OUT) {
      skb.dev = p.outDev;
      skb.pktType = PACKET_HOST;
    }
    af.icmpSend(skb, six ? ICMPV6_DEST_UNREACH : ICMP_DEST_UNREACH, type === NFT_REJECT_ICMP_UNREACH ? code : (six ? X6 : X4)[code]!, 0);
  });
  e.check = nftOnlyAt(null, (1 << NF_INET_LOCAL_IN) | (1 << NF_INET_FORWARD) | (1 << NF_INET_LOCAL_OUT) | (1 << NF_INET_PRE_ROUTING));
  return e;
}

/** Part of [0, n) that a number of 32 bits stands for. */
function scale(v: number, n: number): number {
  return Math.floor(((v >>> 0) * n) / 0x1_0000_0000);
}

function queue(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  const num = a.u16(NFTA_QUEUE_NUM);
  const total = a.u16(NFTA_QUEUE_TOTAL, 1);
  const flags = a.u16(NFTA_QUEUE_FLAGS);
  if (a.has(NFTA_QUEUE_SREG_QNUM)) {
    if (a.has(NFTA_QUEUE_NUM) || (flags & ~1) !== 0) return -EINVAL;
    const s = nftSreg(a, NFTA_QUEUE_SREG_QNUM, 4);
    if (s < 0) return s;
    return new NftExpr('queue', raw, (p) => {
      const v = nfQueueNr(p.w[s >> 2]! & 0xffff);
      p.code = (flags & 1) !== 0 ? v | NF_VERDICT_FLAG_QUEUE_BYPASS : v;
    });
  }
  if (!a.has(NFTA_QUEUE_NUM)) return -EOPNOTSUPP;
  if (total === 0 || num + total - 1 > 0xffff || (flags & ~3) !== 0) return -EINVAL;
  const seed = ctx.net.kernel.rng.stream('netfilter.queue').u32() | 0;
  return new NftExpr('queue', raw, (p) => {
    const q = total > 1 && (flags & 2) === 0 ? nfQueueBalance(p.skb, num, total, seed) : num;
    const v = nfQueueNr(q);
    p.code = (flags & 1) !== 0 ? v | NF_VERDICT_FLAG_QUEUE_BYPASS : v;
  });
}

function numgen(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  if (!a.has(NFTA_NG_DREG) || !a.has(NFTA_NG_MODULUS) || !a.has(NFTA_NG_TYPE)) return -EINVAL;
  const type = a.u32(NFTA_NG_TYPE);
  const modulus = a.u32(NFTA_NG_MODULUS);
  const offset = a.u32(NFTA_NG_OFFSET);
  if (type !== NFT_NG_INCREMENTAL && type !== NFT_NG_RANDOM) return -EINVAL;
  if (modulus === 0) return -34;
  if (offset + modulus - 1 > 0xffffffff) return -EOVERFLOW;
  const d = nftDreg(a, NFTA_NG_DREG, 4);
  if (d < 0) return d;
  const rng = ctx.net.kernel.rng.stream('netfilter.nft.numgen');
  const c = { next: 0 };
  return new NftExpr('numgen', raw, (p) => {
    let n: number;
    if (type === NFT_NG_RANDOM) {
      n = scale(rng.u32(), modulus);
    } else {
      n = c.next;
      c.next = n + 1 >= modulus ? 0 : n + 1;
    }
    p.view.setUint32(d, n + offset, true);
  });
}

function hash(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  const type = a.u32(NFTA_HASH_TYPE);
  const modulus = a.u32(NFTA_HASH_MODULUS);
  const offset = a.u32(NFTA_HASH_OFFSET);
  if (!a.has(NFTA_HASH_DREG) || !a.has(NFTA_HASH_MODULUS)) return -EINVAL;
  if (type > 1) return -EOPNOTSUPP;
  if (modulus < 1) return -34;
  const d = nftDreg(a, NFTA_HASH_DREG, 4);
  if (d < 0) return d;
  if (type === 1) return new NftExpr('hash', raw, (p) => p.view.setUint32(d, scale(p.skb.hash, modulus) + offset, true));
  const len = a.u32(NFTA_HASH_LEN);
  const s = nftSreg(a, NFTA_HASH_SREG, len);
  if (s < 0) return s;
  if (len > 255) return -34;
  const seed = a.has(NFTA_HASH_SEED) ? a.u32(NFTA_HASH_SEED) : ctx.net.kernel.rng.stream('netfilter.nft.hash').u32();
  return new NftExpr('hash', raw, (p) => p.view.setUint32(d, scale(jhash(p.u8, s, len, seed | 0), modulus) + offset, true));
}

function fib(ctx: NftCtx, a: NftAttrs, raw: Uint8Array): NftExpr | number {
  const flags = a.u32(NFTA_FIB_FLAGS);
  const result = a.u32(NFTA_FIB_RESULT);
  if (!a.has(NFTA_FIB_DREG) || !a.has(NFTA_FIB_RESULT) || flags === 0 || flags > 63) return -EINVAL;
  if (((flags & NFTA_FIB_F_SADDR) !== 0) === ((flags & NFTA_FIB_F_DADDR) !== 0)) return -EINVAL;
  if ((flags & NFTA_FIB_F_IIF) !== 0 && (flags & NFTA_FIB_F_OIF) !== 0) return -EINVAL;
  if (result !== NFT_FIB_RESULT_ADDRTYPE && result !== NFT_FIB_RESULT_OIF && result !== NFT_FIB_RESULT_OIFNAME) return -EINVAL;
  const d = nftDreg(a, NFTA_FIB_DREG, result === NFT_FIB_RESULT_OIFNAME && (flags & NFTA_FIB_F_PRESENT) === 0 ? 16 : 4);
  if (d < 0) return d;
  const { net } = ctx;
  const inet = net.kernel.get(INET);
  const fl = new Flowi(); // datapath-ok: a rule is made
  const six6 = new Int32Array(4); // datapath-ok: as above
  const devOf = (p: NftPkt): NetDevice | null => ((flags & NFTA_FIB_F_IIF) !== 0 ? p.inDev : (flags & NFTA_FIB_F_OIF) !== 0 ? p.outDev : null);
  const src = (flags & NFTA_FIB_F_SADDR) !== 0;
  const e = new NftExpr('fib', raw, (p) => {
    const six = p.family === NFPROTO_IPV6;
    const af = inet.af(six ? AF_INET6 : AF_INET);
    if (af === null || (!six && p.family !== NFPROTO_IPV4)) {
      p.code = NFT_BREAK;
      return;
    }
    const { skb } = p;
    const at = skb.networkHeader + (six ? (src ? 8 : 24) : src ? 12 : 16);
    if (six) in6Load(six6, skb.view, at);
    const four = six ? 0 : skb.view.getInt32(at);
    if (result === NFT_FIB_RESULT_ADDRTYPE) {
      p.view.setInt32(d, af.addrType?.(net, devOf(p), four, six ? six6 : null) ?? 0, true);
      return;
    }
    flowiReset(fl);
    fl.daddr = four;
    fl.daddr6 = six ? six6 : null;
    fl.oif = devOf(p)?.ifindex ?? 0;
    if ((flags & NFTA_FIB_F_MARK) !== 0) fl.mark = skb.mark;
    // The machine's own packets come back by the device that they are on.
    const own = p.inDev !== null && (p.inDev.flags & 8) !== 0;
    const dst = own ? null : af.routeOutput(net, fl, null);
    let dev: NetDevice | null = null;
    if (own) {
      dev = p.inDev;
    } else if (dst !== null) {
      const type = af.dstType(dst);
      if (type === RTN_UNICAST || (type === RTN_LOCAL && six)) dev = dst.dev;
    }
    if ((flags & NFTA_FIB_F_PRESENT) !== 0) p.view.setInt32(d, dev === null ? 0 : 1, true);
    else if (result === NFT_FIB_RESULT_OIF) p.view.setInt32(d, dev === null ? 0 : dev.ifindex, true);
    else for (let i = 0; i < 16; i++) p.u8[d + i] = dev !== null && i < dev.name.length ? dev.name.charCodeAt(i) : 0;
  });
  const pre = ctx.family === NFPROTO_NETDEV ? 1 << NF_NETDEV_INGRESS : (1 << NF_INET_PRE_ROUTING) | (1 << NF_INET_LOCAL_IN) | (1 << NF_INET_FORWARD);
  const all = 0x1f;
  e.check = nftOnlyAt(null, result === NFT_FIB_RESULT_ADDRTYPE ? ((flags & NFTA_FIB_F_IIF) !== 0 ? pre : all) : pre);
  return e;
}

/** The definitions. */
export const NFT_STMT: readonly NftExprOps[] = [
  { name: 'limit', policy: nftPolicy(5, { u64: [1, 2], u32: [3, 4, 5] }), init: limit, stateful: true },
  { name: 'quota', policy: nftPolicy(4, { u64: [1, 4], u32: [2] }), init: quota, stateful: true },
  {
    name: 'connlimit', policy: nftPolicy(2, { u32: [1, 2] }), stateful: true,
    init: (c, a, raw) => (a.has(NFTA_CONNLIMIT_COUNT) ? makeConnlimit(c.net, c.family, raw, a.u32(NFTA_CONNLIMIT_COUNT), (a.u32(NFTA_CONNLIMIT_FLAGS) & 1) !== 0) : -EINVAL),
  },
  { name: 'log', policy: nftPolicy(6, { str: [2], u16: [1, 4], u32: [3, 5, 6] }), init: log },
  { name: 'reject', policy: nftPolicy(2, { u32: [1], u8: [2] }), init: reject },
  { name: 'queue', policy: nftPolicy(4, { u16: [1, 2, 3], u32: [4] }), init: queue },
  { name: 'numgen', policy: nftPolicy(4, { u32: [1, 2, 3, 4] }), init: numgen },
  { name: 'hash', policy: nftPolicy(7, { u32: [1, 2, 3, 4, 5, 6, 7] }), init: hash },
  { name: 'fib', policy: nftPolicy(3, { u32: [1, 2, 3] }), init: fib },
];
