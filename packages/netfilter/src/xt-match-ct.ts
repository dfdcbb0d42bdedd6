/** Matches that look at connections: conntrack, state, connmark, connlabel, connbytes, connlimit, helper. */
import { EINVAL, type Net } from '@linnet/kernel';
import { NFPROTO_IPV4, NFPROTO_IPV6 } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import { IP_CT_IS_REPLY, IP_CT_UNTRACKED, IPS_CONFIRMED, IPS_DST_NAT, IPS_DYING, IPS_SRC_NAT } from './nf-conntrack-common.ts';
import { nfCtSetLabel, nfCtTestLabel } from './nf-conntrack-core.ts';
import { NF_CONNTRACK } from './nf-conntrack-net.ts';
import { nfCtNetnsGet, nfCtNetnsPut } from './nf-conntrack.ts';
import type { NfCtAcct, NfConn } from './nf-conn.ts';
import { type NfTuple } from './nf-conntrack-tuple.ts';
import type { XtCheck, XtMatchDef, XtMatchFn } from './xt-core.ts';

/** The rule needs connections tracked, as long as it exists. */
export function xtNeedsTracking(c: XtCheck): void {
  nfCtNetnsGet(c.net, c.family);
  c.onDestroy(() => nfCtNetnsPut(c.net, c.family));
}

function ctOf(skb: Skb): NfConn | null {
  return skb.nfct as NfConn | null;
}

/** The bit of a packet's state: 1 invalid, 2 established, 4 related, 8 new, 64 untracked. */
function stateBit(skb: Skb): number {
  if (skb.nfct === null) return skb.nfctInfo === IP_CT_UNTRACKED ? 1 << 6 : 1;
  return 1 << ((skb.nfctInfo % IP_CT_IS_REPLY) + 1);
}

function state(c: XtCheck): XtMatchFn {
  const mask = c.view.getUint32(c.off, true);
  xtNeedsTracking(c);
  return (skb) => (stateBit(skb) & mask) !== 0;
}

const STATE = 1 << 0;
const PROTO = 1 << 1;
const STATUS = 1 << 6;
const EXPIRES = 1 << 7;
const DIRECTION = 1 << 12;
const ST_SNAT = 1 << 6;
const ST_DNAT = 1 << 7;

function src(t: NfTuple, i: number): number {
  return i === 0 ? t.src0 : i === 1 ? t.src1 : i === 2 ? t.src2 : t.src3;
}
function dst(t: NfTuple, i: number): number {
  return i === 0 ? t.dst0 : i === 1 ? t.dst1 : i === 2 ? t.dst2 : t.dst3;
}

/** struct xt_conntrack_mtinfo1, 2 and 3. */
function conntrack(rev: number): (c: XtCheck) => XtMatchFn {
  return (c) => {
    const { view, u8, off, family } = c;
    const words = family === NFPROTO_IPV4 ? 1 : 4;
    const addrs = Array.from({ length: 8 }, (_, k) => Int32Array.from({ length: 4 }, (_x, i) => view.getInt32(off + 16 * k + 4 * i)));
    const expMin = view.getUint32(off + 128, true);
    const expMax = view.getUint32(off + 132, true);
    const l4 = view.getUint16(off + 136, true);
    const ports = [0, 1, 2, 3].map((i) => view.getUint16(off + 138 + 2 * i, rev === 3));
    const flags = view.getUint16(off + 146, true);
    const inv = view.getUint16(off + 148, true);
    const states = rev === 1 ? u8[off + 150]! : view.getUint16(off + 150, true);
    const status = rev === 1 ? u8[off + 151]! : view.getUint16(off + 152, true);
    const high = rev === 3 ? [0, 1, 2, 3].map((i) => view.getUint16(off + 154 + 2 * i, true)) : ports;
    // Revision 1 has 8 bits for states: SNAT, DNAT and UNTRACKED come behind those of newer ones.
    xtNeedsTracking(c);
    const addrOk = (ct: NfConn, k: number): boolean => {
      const t = k < 2 ? ct.orig : ct.reply;
      const get = (k & 1) === 0 ? src : dst;
      for (let i = 0; i < words; i++) if ((get(t, i) & addrs[2 * k + 1]![i]!) !== addrs[2 * k]![i]!) return false;
      return true;
    };
    const anyAddr = (flags & 0x3c) !== 0;
    const anyPort = (flags & 0xf00) !== 0;
    return (skb) => {
      const ct = ctOf(skb);
      if ((flags & STATE) !== 0) {
        let bits = stateBit(skb);
        if (bits === 1 << 6) bits = 1 << 8;
        if (ct !== null) {
          if ((ct.status & IPS_SRC_NAT) !== 0) bits |= ST_SNAT;
          if ((ct.status & IPS_DST_NAT) !== 0) bits |= ST_DNAT;
        }
        if (((bits & states) !== 0) === ((inv & STATE) !== 0)) return false;
      }
      if (ct === null) return (flags & STATE) !== 0;
      if ((flags & DIRECTION) !== 0 && (skb.nfctInfo < IP_CT_IS_REPLY) === ((inv & DIRECTION) !== 0)) return false;
      if (anyAddr) for (let k = 0; k < 4; k++) if ((flags & (4 << k)) !== 0 && addrOk(ct, k) === ((inv & (4 << k)) !== 0)) return false;
      if ((flags & PROTO) !== 0 && (ct.orig.protonum === l4) === ((inv & PROTO) !== 0)) return false;
      if (anyPort) {
        for (let k = 0; k < 4; k++) {
          const f = 0x100 << k;
          if ((flags & f) === 0) continue;
          const t = k < 2 ? ct.orig : ct.reply;
          const p = (k & 1) === 0 ? t.sport : t.dport;
          if ((p >= ports[k]! && p <= high[k]!) === ((inv & f) !== 0)) return false;
        }
      }
      if ((flags & STATUS) !== 0 && ((status & ct.status) !== 0) === ((inv & STATUS) !== 0)) return false;
      if ((flags & EXPIRES) !== 0) {
        // A connection whose first packet is here has no end yet.
        const left = (ct.status & IPS_CONFIRMED) === 0 ? 0 : (ct.timeout - ct.cnet.net.kernel.jiffies) | 0;
        const s = Math.max(0, Math.floor(left / 1000));
        if ((s >= expMin && s <= expMax) === ((inv & EXPIRES) !== 0)) return false;
      }
      return true;
    };
  };
}

function connmark(c: XtCheck): XtMatchFn {
  const mark = c.view.getInt32(c.off, true);
  const mask = c.view.getInt32(c.off + 4, true);
  const inv = c.u8[c.off + 8] !== 0;
  xtNeedsTracking(c);
  return (skb) => {
    const ct = ctOf(skb);
    return ct !== null && ((ct.mark & mask) === mark) !== inv;
  };
}

function connlabel(c: XtCheck): XtMatchFn | number {
  const bit = c.view.getUint16(c.off, true);
  const opts = c.view.getUint16(c.off + 2, true);
  if ((opts & ~3) !== 0 || bit > 127) return -EINVAL;
  const inv = (opts & 1) !== 0;
  xtNeedsTracking(c);
  return (skb) => {
    const ct = ctOf(skb);
    if (ct === null) return inv;
    if (nfCtTestLabel(ct, bit)) return !inv;
    if ((opts & 2) === 0) return inv;
    nfCtSetLabel(ct, bit);
    return !inv;
  };
}

/** Entries without counters begin to count. */
function withAcct(net: Net): void {
  net.get(NF_CONNTRACK).acctOn = 1;
}

function connbytes(c: XtCheck): XtMatchFn | number {
  const { view, u8, off } = c;
  const u64 = (o: number): number => view.getUint32(off + o, true) + view.getUint32(off + o + 4, true) * 0x1_0000_0000;
  const from = u64(0);
  const to = u64(8);
  const what = u8[off + 16]!;
  const dir = u8[off + 17]!;
  if (what > 2 || dir > 2) return -EINVAL;
  xtNeedsTracking(c);
  withAcct(c.net);
  return (skb) => {
    const ct = ctOf(skb);
    if (ct === null || ct.acct === null) return false;
    const a: NfCtAcct = ct.acct;
    const packets = dir === 0 ? a.packets0 : dir === 1 ? a.packets1 : a.packets0 + a.packets1;
    const bytes = dir === 0 ? a.bytes0 : dir === 1 ? a.bytes1 : a.bytes0 + a.bytes1;
    const v = what === 0 ? packets : what === 1 ? bytes : packets === 0 ? 0 : Math.floor(bytes / packets);
    // Turned round bounds mean: outside of them.
    return to >= from ? v >= from && v <= to : v < to || v > from;
  };
}

function connlimit(c: XtCheck): XtMatchFn {
  const { view, off, family, net } = c;
  const four = family === NFPROTO_IPV4;
  const mask = Int32Array.from({ length: 4 }, (_, i) => view.getInt32(off + 4 * i));
  const limit = view.getUint32(off + 16, true);
  const flags = view.getUint32(off + 20, true);
  xtNeedsTracking(c);
  const groups = new Map<string, Set<NfConn>>();
  void net;
  return (skb) => {
    const ct = ctOf(skb);
    if (ct === null) return false;
    // By the address that began, in the direction that the packet goes.
    const at = skb.networkHeader + (four ? ((flags & 2) !== 0 ? 16 : 12) : (flags & 2) !== 0 ? 24 : 8);
    let key = String(ct.zone); // datapath-ok: a rule that counts connections of each host
    for (let i = 0; i < (four ? 1 : 4); i++) key += `,${skb.view.getInt32(at + 4 * i) & mask[i]!}`; // datapath-ok: as above
    let set = groups.get(key);
    if (set === undefined) groups.set(key, (set = new Set()));
    for (const other of set) if ((other.status & IPS_DYING) !== 0 || ((other.status & IPS_CONFIRMED) === 0 && other !== ct) || over(other)) set.delete(other);
    set.add(ct);
    return set.size > limit !== ((flags & 1) !== 0);
  };
}

/** Nobody else counts a TCP connection that is over. */
function over(ct: NfConn): boolean {
  return ct.tcp !== null && (ct.tcp.state === 7 || ct.tcp.state === 8);
}

function helper(c: XtCheck): XtMatchFn {
  const inv = c.view.getInt32(c.off, true) !== 0;
  let name = '';
  for (let i = 0; i < 29 && c.u8[c.off + 4 + i] !== 0; i++) name += String.fromCharCode(c.u8[c.off + 4 + i]!);
  xtNeedsTracking(c);
  return (skb) => {
    const ct = ctOf(skb);
    const help = ct?.master?.help ?? null;
    if (help === null) return inv;
    return (name === '' || help.name === name) !== inv;
  };
}

/** The definitions. */
export const XT_CT_MATCHES: readonly XtMatchDef[] = [
  { name: 'state', revision: 0, family: 0, size: 4, check: state },
  { name: 'conntrack', revision: 1, family: 0, size: 152, check: conntrack(1) },
  { name: 'conntrack', revision: 2, family: 0, size: 156, check: conntrack(2) },
  { name: 'conntrack', revision: 3, family: 0, size: 164, check: conntrack(3) },
  { name: 'connmark', revision: 1, family: 0, size: 12, check: connmark },
  { name: 'connlabel', revision: 0, family: 0, size: 4, check: connlabel },
  { name: 'connbytes', revision: 0, family: 0, size: 24, check: connbytes },
  { name: 'connlimit', revision: 1, family: NFPROTO_IPV4, size: 32, usersize: 24, check: connlimit },
  { name: 'connlimit', revision: 1, family: NFPROTO_IPV6, size: 32, usersize: 24, check: connlimit },
  { name: 'helper', revision: 0, family: 0, size: 34, check: helper },
];
