/** The match `set` and the target `SET` of iptables, and the socket option by which they learn of sets (linux/netfilter/xt_set.h). */
// datapath-ok-file: rules are made here; what runs for each packet is in ipset-packet.ts
import { capable, EBADMSG, EFAULT, EINVAL, ENOENT, ENOPROTOOPT, EPERM, EPROTO, ERANGE, type Net } from '@linnet/kernel';
import { AF_INET, AF_INET6, CAP_NET_ADMIN, SOL_IP } from '@linnet/uapi';
import { NF_INET_FORWARD, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING, NFPROTO_IPV4 } from '@linnet/netdev';
import { XT_CONTINUE, type XtCheck, type XtMatchDef, type XtMatchFn, xtString, type XtTargetDef, type XtTargetFn } from '../xt-core.ts';
import { ipSetChange, ipSetMatch, IpSetUse } from './ipset-packet.ts';
import { IPSET, type IpSetNet } from './ipset-set.ts';
import {
  IPSET_FLAG_EXIST, IPSET_FLAG_MAP_SKBMARK, IPSET_FLAG_MAP_SKBPRIO, IPSET_FLAG_MAP_SKBQUEUE, IPSET_FLAG_MATCH_COUNTERS, IPSET_FLAG_RETURN_NOMATCH, IPSET_MAXNAMELEN, IPSET_PROTOCOL,
  IPSET_PROTOCOL_MIN,
} from './ipset-uapi.ts';

const NONE = 0xffff;
const DIM_MAX = 6;
/** Bits of `flags` in struct xt_set_info. */
const INV_MATCH = 1;
const RETURN_NOMATCH = 0x80;
/** `timeout` of the target: the set's own. */
const NO_TIMEOUT = 0xffff_ffff;

/** Takes the set that a rule names; false: it names none that is there. */
function take(c: XtCheck, inet: IpSetNet, id: number): boolean {
  const set = inet.sets[id] ?? null;
  if (set === null) return false;
  set.refs++;
  // Another set may have come to its place: what was counted belongs to the place.
  c.onDestroy(() => {
    const now = inet.sets[id] ?? null;
    if (now !== null) now.refs--;
  });
  return true;
}

/** struct xt_set_info at `at`: what a rule says of a set. */
function useOf(c: XtCheck, at: number): IpSetUse {
  const u = new IpSetUse();
  u.family = c.family === NFPROTO_IPV4 ? AF_INET : AF_INET6;
  u.dim = c.u8[at + 2]!;
  u.src = c.u8[at + 3]!;
  return u;
}

function u64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true);
}

function match(rev: number): (c: XtCheck) => XtMatchFn | number {
  return (c) => {
    const { view, u8, off, net } = c;
    const inet = net.get(IPSET);
    const id = view.getUint16(off, true);
    if (!take(c, inet, id)) return -ENOENT;
    const u = useOf(c, off);
    if (u.dim > DIM_MAX) return -ERANGE;
    const inv = (u8[off + 3]! & INV_MATCH) !== 0;
    if (rev >= 3) {
      const v4 = rev === 4;
      // Revision 3: struct ip_set_counter_match0 { u8 op; u64 value }, 4 and up: { u64 value; u8 op }, both aligned to 8.
      const p = off + 8;
      u.packetsOp = u8[v4 ? p + 8 : p]!;
      u.packets = u64(view, v4 ? p : p + 8);
      u.bytesOp = u8[v4 ? p + 24 : p + 16]!;
      u.bytes = u64(view, v4 ? p + 16 : p + 24);
      u.flags = view.getUint32(p + 32, true);
      if (u.packetsOp !== 0 || u.bytesOp !== 0) u.flags |= IPSET_FLAG_MATCH_COUNTERS;
    }
    if (rev >= 2 && (u8[off + 3]! & RETURN_NOMATCH) !== 0) u.flags |= IPSET_FLAG_RETURN_NOMATCH;
    return (skb, par) => {
      const set = inet.sets[id];
      return set !== null && set !== undefined && ipSetMatch(set, skb, par, u) !== inv;
    };
  };
}

function target(rev: number): (c: XtCheck) => XtTargetFn | number {
  return (c) => {
    const { view, off, net, table, hookMask } = c;
    const inet = net.get(IPSET);
    const add = view.getUint16(off, true);
    const del = view.getUint16(off + 4, true);
    const map = rev === 3 ? view.getUint16(off + 8, true) : NONE;
    const uses = [0, 4, 8].map((o) => useOf(c, off + o));
    const more = off + (rev === 3 ? 12 : 8);
    const flags = rev >= 2 ? view.getUint32(more, true) : 0;
    if (add !== NONE && !take(c, inet, add)) return -ENOENT;
    if (del !== NONE && !take(c, inet, del)) return -ENOENT;
    if (map !== NONE) {
      if (table !== 'mangle') return -EINVAL;
      const out = (1 << NF_INET_FORWARD) | (1 << NF_INET_LOCAL_OUT) | (1 << NF_INET_POST_ROUTING);
      if ((flags & (IPSET_FLAG_MAP_SKBPRIO | IPSET_FLAG_MAP_SKBQUEUE)) !== 0 && (hookMask & ~out) !== 0) return -EINVAL;
      if (!take(c, inet, map)) return -ENOENT;
    }
    if (uses.some((u, i) => [add, del, map][i] !== NONE && u.dim > DIM_MAX)) return -ERANGE;
    const [forAdd, forDel, forMap] = uses as [IpSetUse, IpSetUse, IpSetUse];
    if (rev >= 2) {
      const t = view.getUint32(more + 4, true);
      forAdd.timeout = t === NO_TIMEOUT ? -1 : t;
      forAdd.flags = flags & IPSET_FLAG_EXIST;
    }
    return (skb, par) => {
      const a = add === NONE ? null : inet.sets[add];
      if (a !== null && a !== undefined) ipSetChange(a, true, skb, par, forAdd);
      const d = del === NONE ? null : inet.sets[del];
      if (d !== null && d !== undefined) ipSetChange(d, false, skb, par, forDel);
      const m = map === NONE ? null : inet.sets[map];
      if (m !== null && m !== undefined && ipSetMatch(m, skb, par, forMap)) {
        const { opt, elems } = inet.hit!;
        const at = 4 * inet.slot;
        if (opt.skbinfo) {
          if ((flags & IPSET_FLAG_MAP_SKBMARK) !== 0) skb.mark = ((skb.mark & ~elems.skb[at + 1]!) ^ elems.skb[at]!) | 0;
          if ((flags & IPSET_FLAG_MAP_SKBPRIO) !== 0) skb.priority = elems.skb[at + 2]!;
          if ((flags & IPSET_FLAG_MAP_SKBQUEUE) !== 0) skb.queueMapping = elems.skb[at + 3]!;
        }
      }
      return XT_CONTINUE;
    };
  };
}

/** The match. */
export const XT_SET_MATCHES: readonly XtMatchDef[] = [
  { name: 'set', revision: 1, family: 0, size: 4, check: match(1) },
  { name: 'set', revision: 2, family: 0, size: 4, check: match(2) },
  { name: 'set', revision: 3, family: 0, size: 48, check: match(3) },
  { name: 'set', revision: 4, family: 0, size: 48, check: match(4) },
];
/** The target. */
export const XT_SET_TARGETS: readonly XtTargetDef[] = [
  { name: 'SET', revision: 1, family: 0, size: 8, check: target(1) },
  { name: 'SET', revision: 2, family: 0, size: 16, check: target(2) },
  { name: 'SET', revision: 3, family: 0, size: 20, check: target(3) },
];

const SO_IP_SET = 83;
const OP_VERSION = 0x100;
const OP_GET_BYNAME = 6;
const OP_GET_BYINDEX = 7;
const OP_GET_FNAME = 8;
const LEN_VERSION = 8;
const LEN_SET = 40;
const LEN_FAMILY = 44;

/** getsockopt(SOL_IP, SO_IP_SET): a request in the caller's buffer, answered in place. Its bytes, or a negative errno; -ENOPROTOOPT: another option. */
export function ipSetGetsockopt(net: Net, level: number, opt: number, maxLen: number, input: Uint8Array | undefined): Uint8Array | number {
  if (level !== SOL_IP || opt !== SO_IP_SET) return -ENOPROTOOPT;
  if (!capable(net.kernel, CAP_NET_ADMIN)) return -EPERM;
  if (maxLen < LEN_VERSION) return -EINVAL;
  if (input === undefined || input.length < maxLen) return -EFAULT;
  const b = input.slice(0, maxLen);
  const v = new DataView(b.buffer, b.byteOffset, b.length);
  const op = v.getUint32(0, true);
  const version = v.getUint32(4, true);
  const inet = net.get(IPSET);
  if (op === OP_VERSION) {
    if (maxLen !== LEN_VERSION) return -EINVAL;
    v.setUint32(4, IPSET_PROTOCOL, true);
    return b;
  }
  if (version < IPSET_PROTOCOL_MIN) return -EPROTO;
  switch (op) {
    case OP_GET_BYNAME:
    case OP_GET_FNAME: {
      const at = op === OP_GET_BYNAME ? 8 : 12;
      if (maxLen !== (op === OP_GET_BYNAME ? LEN_SET : LEN_FAMILY)) return -EINVAL;
      b[at + IPSET_MAXNAMELEN - 1] = 0;
      const set = inet.find(xtString(b, at, IPSET_MAXNAMELEN) ?? '');
      v.setUint16(at, set === null ? NONE : set.id, true);
      if (op === OP_GET_FNAME && set !== null) v.setUint32(8, set.family, true);
      return b;
    }
    case OP_GET_BYINDEX: {
      const set = inet.sets[v.getUint16(8, true)] ?? null;
      if (maxLen !== LEN_SET) return -EINVAL;
      if (set === null) return -ENOENT;
      b.fill(0, 8, 8 + IPSET_MAXNAMELEN);
      for (let i = 0; i < set.name.length && i < IPSET_MAXNAMELEN - 1; i++) b[8 + i] = set.name.charCodeAt(i);
      return b;
    }
    default:
      return -EBADMSG;
  }
}
