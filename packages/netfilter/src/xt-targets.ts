/** Targets that change packets, mark them, or take them aside. */
import { csumReplace2, EINVAL, EDOM } from '@linnet/kernel';
import { dstMtu, NF_DROP, NF_INET_FORWARD, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING, NF_VERDICT_FLAG_QUEUE_BYPASS, NFPROTO_IPV4, NFPROTO_IPV6, nfQueueNr, type DstEntry } from '@linnet/netdev';
import { CHECKSUM_PARTIAL, pskbExpandHead, pskbMayPull, type Skb, skbChecksumHelp, skbEnsureWritable, skbPut, skbTailroom } from '@linnet/skbuff';
import type { NfConn } from './nf-conn.ts';
import { nfCtSetMark } from './nf-conntrack-core.ts';
import { nfQueueBalance } from './nf-queue-balance.ts';
import { nfLogGroup, type NfLogParams } from './nfnetlink-log.ts';
import { XT_LOG } from './xt-log.ts';
import { XT_CT_TARGETS } from './xt-target-ct.ts';
import { xtNeedsTracking } from './xt-match-ct.ts';
import { dsField } from './xt-match-l4.ts';
import { IPPROTO_TCP } from './xt-proto.ts';
import { XT_REJECT } from './xt-reject.ts';
import { XT_CONTINUE, type XtCheck, type XtParam, xtString, type XtTargetDef, type XtTargetFn } from './xt-core.ts';

function mark({ view, off }: XtCheck): XtTargetFn {
  const value = view.getInt32(off, true);
  const mask = view.getInt32(off + 4, true);
  return (skb) => {
    skb.mark = ((skb.mark & ~mask) ^ value) | 0;
    return XT_CONTINUE;
  };
}

/** Shifts as `--save-mark` and `--restore-mark` with `--left-shift-mark` or right. */
function shifted(v: number, dir: number, bits: number): number {
  return dir === 1 ? v >>> bits : v << bits;
}

function connmark(rev: number): (c: XtCheck) => XtTargetFn | number {
  return (c) => {
    const { view, u8, off } = c;
    const ctmark = view.getInt32(off, true);
    const ctmask = view.getInt32(off + 4, true);
    const nfmask = view.getInt32(off + 8, true);
    const dir = rev === 2 ? u8[off + 12]! : 0;
    const bits = rev === 2 ? u8[off + 13]! : 0;
    const mode = u8[off + (rev === 2 ? 14 : 12)]!;
    xtNeedsTracking(c);
    return (skb) => {
      const ct = skb.nfct as NfConn | null;
      if (ct === null) return XT_CONTINUE;
      if (mode === 0) {
        const v = shifted((ct.mark & ~ctmask) ^ ctmark, dir, bits) | 0;
        if (ct.mark !== v) nfCtSetMark(ct, v);
      } else if (mode === 1) {
        const v = (ct.mark & ~ctmask) ^ (shifted(skb.mark & nfmask, dir, bits) | 0);
        if (ct.mark !== v) nfCtSetMark(ct, v);
      } else if (mode === 2) {
        skb.mark = ((skb.mark & ~nfmask) ^ shifted(ct.mark & ctmask, dir, bits)) | 0;
      }
      return XT_CONTINUE;
    };
  };
}

/** Writes the type of service, or IPv6's traffic class. */
function setDs(skb: Skb, v: number): boolean {
  const off = skb.networkHeader - skb.data;
  if (!skbEnsureWritable(skb, off + 20)) return false;
  const nh = skb.networkHeader;
  const { view } = skb;
  if (skb.u8[nh]! >> 4 === 4) {
    const from = view.getUint16(nh);
    const to = (from & 0xff00) | v;
    view.setUint16(nh, to);
    view.setUint16(nh + 10, csumReplace2(view.getUint16(nh + 10), from, to));
  } else {
    view.setUint16(nh, (view.getUint16(nh) & 0xf00f) | (v << 4));
  }
  return true;
}

function dscp({ u8, off }: XtCheck): XtTargetFn | number {
  const v = u8[off]!;
  if (v > 0x3f) return -EDOM;
  return (skb) => {
    const now = dsField(skb);
    if (now >> 2 !== v && !setDs(skb, (now & 3) | (v << 2))) return NF_DROP;
    return XT_CONTINUE;
  };
}

function tos({ u8, off }: XtCheck): XtTargetFn {
  const value = u8[off]!;
  const mask = u8[off + 1]!;
  return (skb) => {
    const now = dsField(skb);
    const v = ((now & ~mask) ^ value) & 0xff;
    if (v !== now && !setDs(skb, v)) return NF_DROP;
    return XT_CONTINUE;
  };
}

function ecnTarget({ u8, off, proto, inv }: XtCheck): XtTargetFn | number {
  const op = u8[off]!;
  const ect = u8[off + 1]!;
  const bits = u8[off + 2]!;
  if ((op & 0xce) !== 0 || (ect & ~3) !== 0) return -EINVAL;
  if ((op & 0x30) !== 0 && (proto !== IPPROTO_TCP || (inv & 0x40) !== 0)) return -EINVAL;
  return (skb, par) => {
    if ((op & 1) !== 0 && (dsField(skb) & 3) !== ect && !setDs(skb, (dsField(skb) & ~3) | ect)) return NF_DROP;
    if ((op & 0x30) === 0 || par.fragoff !== 0) return XT_CONTINUE;
    if (!skbEnsureWritable(skb, par.thoff + 20)) return NF_DROP;
    const at = skb.data + par.thoff + 12;
    const from = skb.view.getUint16(at);
    let to = from;
    if ((op & 0x10) !== 0) to = (to & ~0x40) | ((bits & 1) !== 0 ? 0x40 : 0);
    if ((op & 0x20) !== 0) to = (to & ~0x80) | ((bits & 2) !== 0 ? 0x80 : 0);
    if (to !== from) {
      skb.view.setUint16(at, to);
      if (skb.ipSummed !== CHECKSUM_PARTIAL) skb.view.setUint16(at + 4, csumReplace2(skb.view.getUint16(at + 4), from, to));
    }
    return XT_CONTINUE;
  };
}

/** TTL and HL. */
function ttl({ u8, off, family }: XtCheck): XtTargetFn | number {
  const mode = u8[off]!;
  const v = u8[off + 1]!;
  if (mode > 2 || (mode !== 0 && v === 0)) return -EINVAL;
  const at = family === NFPROTO_IPV4 ? 8 : 7;
  return (skb) => {
    if (!skbEnsureWritable(skb, skb.networkHeader - skb.data + 20)) return NF_DROP;
    const nh = skb.networkHeader;
    const now = skb.u8[nh + at]!;
    const to = mode === 0 ? v : mode === 1 ? Math.min(255, now + v) : Math.max(0, now - v);
    if (to === now) return XT_CONTINUE;
    if (family === NFPROTO_IPV4) skb.view.setUint16(nh + 10, csumReplace2(skb.view.getUint16(nh + 10), now << 8, to << 8));
    skb.u8[nh + at] = to;
    return XT_CONTINUE;
  };
}

/** Writes two bytes of a TCP header at `at` (from its start) and keeps the sum right. */
function tcpWrite16(skb: Skb, th: number, at: number, v: number): void {
  const p = th + at;
  // The sum's 16-bit words: bytes at odd places count the other way round.
  const odd = (at & 1) !== 0;
  const from = skb.view.getUint16(p);
  skb.view.setUint16(p, v);
  if (skb.ipSummed === CHECKSUM_PARTIAL) return;
  const swap = (x: number): number => (odd ? ((x & 0xff) << 8) | (x >> 8) : x);
  skb.view.setUint16(th + 16, csumReplace2(skb.view.getUint16(th + 16), swap(from), swap(v)));
}

/** Sets or adds the option «maximum segment size» of a SYN. False: the packet is broken. */
function mangleMss(skb: Skb, par: XtParam, want: number, minlen: number): boolean {
  if (par.fragoff !== 0) return true;
  if (!pskbMayPull(skb, par.thoff + 20)) return false;
  const len = skb.len - par.thoff;
  let doff = (skb.u8[skb.data + par.thoff + 12]! >> 4) << 2;
  if (doff < 20 || len < doff) return false;
  if (!skbEnsureWritable(skb, par.thoff + doff)) return false;
  let mss = want;
  const clamp = want === 0xffff;
  if (clamp) {
    const dst = skb.dst as DstEntry | null;
    const mtu = dst === null ? 0 : dstMtu(dst);
    if (mtu <= minlen) return false;
    mss = mtu - minlen;
  }
  let th = skb.data + par.thoff;
  for (let i = 20; i < doff;) {
    const k = skb.u8[th + i]!;
    if (k === 2 && doff - i >= 4 && skb.u8[th + i + 1] === 4) {
      // Never higher than what the sender can take.
      if (skb.view.getUint16(th + i + 2) <= mss) return true;
      tcpWrite16(skb, th, i + 2, mss);
      return true;
    }
    if (k === 0) break;
    i += k === 1 ? 1 : Math.max(2, i + 1 < doff ? skb.u8[th + i + 1]! : 2);
  }
  // Segments with data, or a header without room, keep what they have.
  if (len > doff || doff >= 60) return true;
  // Without the option a peer sends 536 bytes, or 1,220 over IPv6 (RFC 9293 3.7.1).
  mss = Math.min(mss, par.family === NFPROTO_IPV4 ? 536 : 1220);
  if (skb.ipSummed === CHECKSUM_PARTIAL && skbChecksumHelp(skb) !== 0) return false;
  if (skbTailroom(skb) < 4) pskbExpandHead(skb, 0, 4);
  if (skbTailroom(skb) < 4) return true;
  skbPut(skb, 4);
  th = skb.data + par.thoff;
  skb.u8.copyWithin(th + 24, th + 20, th + doff);
  const { view } = skb;
  view.setUint32(th + 20, (2 << 24) | (4 << 16) | mss);
  // The sum: four bytes more, a longer header, and the length in the pseudo header.
  let sum = view.getUint16(th + 16);
  sum = csumReplace2(sum, 0, (2 << 8) | 4);
  sum = csumReplace2(sum, 0, mss);
  sum = csumReplace2(sum, len, len + 4);
  const off = view.getUint16(th + 12);
  view.setUint16(th + 12, off + 0x1000);
  sum = csumReplace2(sum, off, off + 0x1000);
  view.setUint16(th + 16, sum);
  doff += 4;
  const nh = skb.networkHeader;
  if (par.family === NFPROTO_IPV4) {
    const tot = view.getUint16(nh + 2);
    view.setUint16(nh + 2, tot + 4);
    view.setUint16(nh + 10, csumReplace2(view.getUint16(nh + 10), tot, tot + 4));
  } else {
    view.setUint16(nh + 4, view.getUint16(nh + 4) + 4);
  }
  return true;
}

function tcpmss(c: XtCheck): XtTargetFn | number {
  const { view, u8, off, hookMask, matches, family } = c;
  const mss = view.getUint16(off, true);
  if (mss === 0xffff && (hookMask & ~((1 << NF_INET_FORWARD) | (1 << NF_INET_LOCAL_OUT) | (1 << NF_INET_POST_ROUTING))) !== 0) return -EINVAL;
  // Only SYNs carry the option.
  const syn = matches.some((m) => m.name === 'tcp' && (u8[m.off + 10]! & 2) !== 0 && (u8[m.off + 11]! & 4) === 0);
  if (!syn && c.nft !== true) return -EINVAL;
  const head = family === NFPROTO_IPV4 ? 40 : 60;
  return (skb, par) => {
    if (!mangleMss(skb, par, mss, head)) return NF_DROP;
    return XT_CONTINUE;
  };
}

function classify({ view, off }: XtCheck): XtTargetFn {
  const prio = view.getInt32(off, true);
  return (skb) => {
    skb.priority = prio;
    return XT_CONTINUE;
  };
}

function checksum({ u8, off }: XtCheck): XtTargetFn | number {
  if ((u8[off]! & ~1) !== 0 || u8[off] === 0) return -EINVAL;
  return (skb) => {
    if (skb.ipSummed === CHECKSUM_PARTIAL && skb.gsoSize === 0) skbChecksumHelp(skb);
    return XT_CONTINUE;
  };
}

/** struct xt_nflog_info. With nobody who listens to the group, a packet passes as it is. */
function nflog({ view, u8, off, net }: XtCheck): XtTargetFn | number {
  const flags = view.getUint16(off + 8, true);
  if ((flags & ~1) !== 0 || u8[off + 75] !== 0) return -EINVAL;
  const prefix = xtString(u8, off + 12, 64) ?? '';
  const p: NfLogParams = { group: view.getUint16(off + 4, true), copyLen: (flags & 1) !== 0 ? view.getUint32(off, true) : -1, qthresh: view.getUint16(off + 6, true), prefix };
  return (skb, par) => {
    nfLogGroup(net, skb, p, par);
    return XT_CONTINUE;
  };
}

function nfqueue(rev: number): (c: XtCheck) => XtTargetFn | number {
  return ({ view, off, net }) => {
    const num = view.getUint16(off, true);
    const total = rev === 0 ? 1 : view.getUint16(off + 2, true);
    const flags = rev < 2 ? 0 : view.getUint16(off + 4, true);
    if (total === 0) return -EINVAL;
    if (num + total - 1 > 0xffff) return -34;
    if (rev === 2 && flags > 1) return -EINVAL;
    if (rev === 3 && (flags & ~3) !== 0) return -EINVAL;
    const seed = net.kernel.rng.stream('netfilter.queue').u32() | 0;
    return (skb) => {
      // One processor: fanout by processors means the first.
      const v = nfQueueNr(total > 1 && (flags & 2) === 0 ? nfQueueBalance(skb, num, total, seed) : num);
      return (flags & 1) !== 0 ? v | NF_VERDICT_FLAG_QUEUE_BYPASS : v;
    };
  };
}

const pass = (): XtTargetFn => () => XT_CONTINUE;
function audit({ u8, off }: XtCheck): XtTargetFn | number {
  return u8[off]! > 2 ? -EINVAL : (): number => XT_CONTINUE;
}

const two = (d: Omit<XtTargetDef, 'family'>): XtTargetDef[] => [{ ...d, family: NFPROTO_IPV4 }, { ...d, family: NFPROTO_IPV6 }]; // datapath-ok: constants
const R = { table: 'raw' } as const;
const M = { table: 'mangle' } as const;

/** The definitions. */
export const XT_TARGETS: readonly XtTargetDef[] = [
  ...two({ name: 'MARK', revision: 2, size: 8, check: mark }),
  ...two({ name: 'CONNMARK', revision: 1, size: 16, check: connmark(1) }),
  ...two({ name: 'CONNMARK', revision: 2, size: 16, check: connmark(2) }),
  ...XT_CT_TARGETS,
  ...two({ ...M, name: 'DSCP', revision: 0, size: 1, check: dscp }),
  ...two({ ...M, name: 'TOS', revision: 1, size: 2, check: tos }),
  { ...M, name: 'ECN', revision: 0, family: NFPROTO_IPV4, size: 3, check: ecnTarget },
  { ...M, name: 'TTL', revision: 0, family: NFPROTO_IPV4, size: 2, check: ttl },
  { ...M, name: 'HL', revision: 0, family: NFPROTO_IPV6, size: 2, check: ttl },
  ...two({ name: 'TCPMSS', revision: 0, size: 2, proto: IPPROTO_TCP, check: tcpmss }),
  ...two({ name: 'CLASSIFY', revision: 0, size: 4, hooks: (1 << NF_INET_LOCAL_OUT) | (1 << NF_INET_FORWARD) | (1 << NF_INET_POST_ROUTING), check: classify }),
  ...two({ ...M, name: 'CHECKSUM', revision: 0, size: 1, check: checksum }),
  ...two({ name: 'NFLOG', revision: 0, size: 76, check: nflog }),
  { name: 'NFQUEUE', revision: 0, family: 0, size: 2, check: nfqueue(0) },
  { name: 'NFQUEUE', revision: 1, family: 0, size: 4, check: nfqueue(1) },
  { name: 'NFQUEUE', revision: 2, family: 0, size: 6, check: nfqueue(2) },
  { name: 'NFQUEUE', revision: 3, family: 0, size: 6, check: nfqueue(3) },
  ...two({ ...R, name: 'TRACE', revision: 0, size: 0, check: pass }),
  { name: 'AUDIT', revision: 0, family: 0, size: 1, check: audit },
  ...XT_LOG,
  ...XT_REJECT,
];
