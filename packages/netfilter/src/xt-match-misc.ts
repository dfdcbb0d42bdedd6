/** Matches that look at addresses, devices, sockets, bytes and the clock. */
import { EINVAL } from '@linnet/kernel';
import { INET } from '@linnet/inet';
import { bpfCompile, type BpfProg, bpfDecode, bpfProgCreate, bpfRun, type NetDevice, NF_INET_FORWARD, NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING, NF_INET_PRE_ROUTING, NFPROTO_IPV4, NFPROTO_IPV6 } from '@linnet/netdev';
import { PACKET_LOOPBACK, skbCopyBits, type Skb } from '@linnet/skbuff';
import { AF_INET, AF_INET6, ARPHRD_ETHER, IFF_LOOPBACK, in6Load } from './xt-words.ts';
import { xtString, type XtCheck, type XtMatchDef, type XtMatchFn, type XtParam } from './xt-core.ts';

function mark({ view, u8, off }: XtCheck): XtMatchFn {
  const value = view.getInt32(off, true);
  const mask = view.getInt32(off + 4, true);
  const inv = u8[off + 8] !== 0;
  return (skb) => ((skb.mark & mask) === value) !== inv;
}

/** Compares an address at `at` with four words, unsigned. */
function cmp(view: DataView, at: number, w: Uint32Array, n: number): number {
  for (let i = 0; i < n; i++) {
    const v = view.getUint32(at + 4 * i);
    if (v !== w[i]!) return v < w[i]! ? -1 : 1;
  }
  return 0;
}

function iprange({ view, u8, off, family }: XtCheck): XtMatchFn {
  const n = family === NFPROTO_IPV4 ? 1 : 4;
  const w = [0, 1, 2, 3].map((k) => Uint32Array.from({ length: n }, (_, i) => view.getUint32(off + 16 * k + 4 * i)));
  const flags = u8[off + 64]!;
  const so = family === NFPROTO_IPV4 ? 12 : 8;
  const dof = family === NFPROTO_IPV4 ? 16 : 24;
  return (skb) => {
    const nh = skb.networkHeader;
    if ((flags & 1) !== 0 && (cmp(skb.view, nh + so, w[0]!, n) >= 0 && cmp(skb.view, nh + so, w[1]!, n) <= 0) === ((flags & 0x10) !== 0)) return false;
    return !((flags & 2) !== 0 && (cmp(skb.view, nh + dof, w[2]!, n) >= 0 && cmp(skb.view, nh + dof, w[3]!, n) <= 0) === ((flags & 0x20) !== 0));
  };
}

/** struct xt_addrtype_info (0) and _v1. */
function addrtype(rev: number): (c: XtCheck) => XtMatchFn | number {
  return (c) => {
    const { view, off, family, net, hookMask } = c;
    const source = view.getUint16(off, true);
    const dest = view.getUint16(off + 2, true);
    const flags = rev === 1 ? view.getUint32(off + 4, true) : 0;
    const invS = rev === 1 ? (flags & 1) !== 0 : view.getUint32(off + 4, true) !== 0;
    const invD = rev === 1 ? (flags & 2) !== 0 : view.getUint32(off + 8, true) !== 0;
    const limIn = (flags & 4) !== 0;
    const limOut = (flags & 8) !== 0;
    if (limIn && limOut) return -EINVAL;
    if (limOut && (hookMask & ((1 << NF_INET_PRE_ROUTING) | (1 << NF_INET_LOCAL_IN))) !== 0) return -EINVAL;
    if (limIn && (hookMask & ((1 << NF_INET_POST_ROUTING) | (1 << NF_INET_LOCAL_OUT))) !== 0) return -EINVAL;
    // IPv6 has no broadcast, and its routes do not tell the kinds from blackhole and prohibit on.
    if (family === NFPROTO_IPV6 && (((source | dest) & 0x48) !== 0 || (source | dest) >= 0x100)) return -EINVAL;
    const af = net.kernel.get(INET).af(family === NFPROTO_IPV4 ? AF_INET : AF_INET6);
    const six = new Int32Array(4);
    const typeOf = (skb: Skb, at: number, dev: NetDevice | null): number => {
      if (af?.addrType === undefined) return 0;
      if (family === NFPROTO_IPV4) return 1 << af.addrType(net, dev, skb.view.getInt32(at), null);
      in6Load(six, skb.view, at);
      return 1 << af.addrType(net, dev, 0, six);
    };
    return (skb, par) => {
      const dev = limIn ? par.inDev : limOut ? par.outDev : null;
      const nh = skb.networkHeader;
      if (source !== 0 && ((typeOf(skb, nh + (family === NFPROTO_IPV4 ? 12 : 8), dev) & source) !== 0) === invS) return false;
      return !(dest !== 0 && ((typeOf(skb, nh + (family === NFPROTO_IPV4 ? 16 : 24), dev) & dest) !== 0) === invD);
    };
  };
}

function mac({ view, u8, off }: XtCheck): XtMatchFn {
  const a = u8.slice(off, off + 6); // datapath-ok: once a rule
  const inv = view.getInt32(off + 8, true) !== 0;
  return (skb) => {
    const dev = skb.dev as NetDevice | null;
    const at = skb.macHeader;
    if (dev === null || dev.type !== ARPHRD_ETHER || at < 0 || at + 14 > skb.data) return false;
    let same = true;
    for (let i = 0; i < 6; i++) if (skb.u8[at + 6 + i] !== a[i]) same = false;
    return same !== inv;
  };
}

function pkttype({ view, off, family }: XtCheck): XtMatchFn {
  const want = view.getInt32(off, true);
  const inv = view.getInt32(off + 4, true) !== 0;
  return (skb) => {
    let type = skb.pktType;
    if (type === PACKET_LOOPBACK) {
      // A copy of what this machine sent to a group, or to all.
      const nh = skb.networkHeader;
      const group = family === NFPROTO_IPV4 ? skb.u8[nh + 16]! >> 4 === 14 : skb.u8[nh + 24] === 0xff;
      type = group ? 2 : 1;
    }
    return (type === want) !== inv;
  };
}

/** Does a packet without a socket come from one of the machine's own, as ICMP's and TCP's answers do? A RST of the target REJECT does not. */
function ownSocket(skb: Skb, par: XtParam): boolean {
  if (par.inDev !== null) return false;
  const nh = skb.networkHeader;
  const tcp = (par.family === NFPROTO_IPV4 ? skb.u8[nh + 9] : skb.u8[nh + 6]) === 6;
  return !(tcp && (skb.nfctInfo === 1 || skb.nfctInfo === 4) && skb.nfct !== null);
}

function owner({ view, u8, off }: XtCheck): XtMatchFn {
  const uid0 = view.getUint32(off, true);
  const uid1 = view.getUint32(off + 4, true);
  const gid0 = view.getUint32(off + 8, true);
  const gid1 = view.getUint32(off + 12, true);
  const match = u8[off + 16]!;
  const inv = u8[off + 17]!;
  return (skb, par) => {
    const sk = (skb.sk ?? par.state.sk) as { uid?: number; gid?: number; socket?: object | null } | null;
    if (sk === null || sk.uid === undefined || sk.socket === null) {
      if (!ownSocket(skb, par)) return (match ^ inv) === 0;
      // The sockets by which a machine itself answers are nobody's.
      return (match & inv & 4) === 0 && ((match ^ inv) & 3) === 0;
    }
    if ((match & inv & 4) !== 0) return false;
    const uid = sk.uid >>> 0;
    if ((match & 1) !== 0 && (uid >= uid0 && uid <= uid1) === ((inv & 1) !== 0)) return false;
    const gid = (sk.gid ?? 0) >>> 0;
    return !((match & 2) !== 0 && (gid >= gid0 && gid <= gid1) === ((inv & 2) !== 0));
  };
}

/** Packets here never know a bridge's port: what wants one never matches. */
function physdev({ u8, off, hookMask }: XtCheck): XtMatchFn | number {
  const inv = u8[off + 64]!;
  const bits = u8[off + 65]!;
  if ((bits & 0x1f) === 0 || (bits & ~0x1f) !== 0) return -EINVAL;
  if ((bits & 0x12) !== 0 && ((bits & 4) === 0 || (inv & 4) !== 0) && (hookMask & (1 << NF_INET_LOCAL_OUT)) !== 0) return -EINVAL;
  return () => {
    // Neither in, out nor bridged.
    for (const b of [1, 2, 4, 8, 16]) if ((bits & b) !== 0 && (inv & b) === 0) return false;
    return true;
  };
}

function rpfilter({ u8, off, family, net, table }: XtCheck): XtMatchFn | number {
  const flags = u8[off]!;
  if ((flags & ~15) !== 0) return -EINVAL;
  if (table !== 'mangle' && table !== 'raw') return -EINVAL;
  const inv = (flags & 8) !== 0;
  const af = net.kernel.get(INET).af(family === NFPROTO_IPV4 ? AF_INET : AF_INET6);
  return (skb, par) => {
    const dev = par.inDev!;
    if ((dev.flags & IFF_LOOPBACK) !== 0) return !inv;
    const at = skb.networkHeader;
    if (family === NFPROTO_IPV4) {
      const s = skb.view.getInt32(at + 12);
      const d = skb.view.getInt32(at + 16);
      // Somebody who asks for an address has none to be answered at.
      if (s === 0 && (d === -1 || d >>> 28 === 14)) return !inv;
    } else if (skb.view.getInt32(at + 8) === 0 && skb.view.getInt32(at + 12) === 0 && skb.view.getInt32(at + 16) === 0 && skb.view.getInt32(at + 20) === 0) {
      return !inv;
    }
    return (af?.reversePath?.(skb, dev, (flags & 1) !== 0, (flags & 2) !== 0, (flags & 4) !== 0) ?? false) !== inv;
  };
}

function devgroup({ view, off }: XtCheck): XtMatchFn | number {
  const flags = view.getUint32(off, true);
  const w = [4, 8, 12, 16].map((o) => view.getInt32(off + o, true));
  if ((flags & ~15) !== 0) return -EINVAL;
  return (_skb, par) => {
    if ((flags & 1) !== 0 && ((((par.inDev?.group ?? 0) & w[1]!) === w[0]!)) === ((flags & 2) !== 0)) return false;
    return !((flags & 4) !== 0 && ((((par.outDev?.group ?? 0) & w[3]!) === w[2]!)) === ((flags & 8) !== 0));
  };
}

function cpu({ view, off }: XtCheck): XtMatchFn | number {
  const n = view.getUint32(off, true);
  const inv = view.getUint32(off + 4, true);
  if ((inv & ~1) !== 0) return -EINVAL;
  return () => (n === 0) !== (inv !== 0);
}

/** Bytes `[from, to)` of the packet. */
function bytesOf(skb: Skb, from: number, to: number): Uint8Array {
  const base = skb.networkHeader - skb.data;
  const n = Math.max(0, Math.min(skb.len - base - from, to - from));
  const out = new Uint8Array(n); // datapath-ok: rules that search payload
  if (n > 0 && skbCopyBits(skb, base + from, out, 0, n) !== 0) return new Uint8Array(0); // datapath-ok: as above
  return out;
}

function lower(c: number): number {
  return c >= 65 && c <= 90 ? c + 32 : c;
}

function string({ view, u8, off }: XtCheck): XtMatchFn | number {
  const from = view.getUint16(off, true);
  const to = view.getUint16(off + 2, true);
  const algo = xtString(u8, off + 4, 16);
  const patlen = u8[off + 148]!;
  const flags = u8[off + 149]!;
  if (from > to || algo === null || patlen > 128 || (flags & ~3) !== 0) return -EINVAL;
  if (algo !== 'bm' && algo !== 'kmp' && algo !== 'fsm') return -EINVAL;
  const nocase = (flags & 2) !== 0;
  const inv = (flags & 1) !== 0;
  const pat = u8.slice(off + 20, off + 20 + patlen).map((c) => (nocase ? lower(c) : c)); // datapath-ok: once a rule
  const find = (b: Uint8Array): boolean => {
    if (pat.length === 0) return false;
    const last = b.length - pat.length;
    for (let i = 0; i <= last; i++) {
      let k = 0;
      while (k < pat.length && (nocase ? lower(b[i + k]!) : b[i + k]!) === pat[k]) k++;
      if (k === pat.length) return true;
    }
    return false;
  };
  return (skb) => find(bytesOf(skb, from, to)) !== inv;
}

const DAY = 86400;

function time({ view, u8, off, net }: XtCheck): XtMatchFn | number {
  const dateStart = view.getUint32(off, true);
  const dateStop = view.getUint32(off + 4, true);
  const dayStart = view.getUint32(off + 8, true);
  const dayStop = view.getUint32(off + 12, true);
  const monthdays = view.getUint32(off + 16, true);
  const weekdays = u8[off + 20]!;
  const flags = u8[off + 21]!;
  if (dayStart >= DAY || dayStop >= DAY) return -33;
  if ((flags & ~3) !== 0 || ((flags & 2) !== 0 && dayStart < dayStop)) return -EINVAL;
  return () => {
    // A machine's local time is UTC here.
    let now = Math.floor(net.kernel.wallNow() / 1e9);
    if (now < dateStart || now > dateStop) return false;
    const t = now % DAY;
    if (dayStart < dayStop) {
      if (t < dayStart || t > dayStop) return false;
    } else {
      if (t < dayStart && t > dayStop) return false;
      // After midnight it is still the day before, if the rule says so.
      if ((flags & 2) !== 0 && t <= dayStop) now -= DAY;
    }
    const days = Math.floor(now / DAY);
    const weekday = ((days + 3) % 7) + 1;
    if ((weekdays & (1 << weekday)) === 0) return false;
    if (monthdays === 0xfffffffe) return true;
    const day = new Date(now * 1000).getUTCDate(); // datapath-ok: rules with days of the month
    return (monthdays & (1 << day)) !== 0;
  };
}

/** Reads a big-endian word of the packet, counted from its network header; null: it is not there. */
function word(skb: Skb, at: number, b: Uint8Array): number | null {
  const o = skb.networkHeader - skb.data + at;
  if (o < 0 || skbCopyBits(skb, o, b, 0, 4) !== 0) return null;
  return ((b[0]! << 24) | (b[1]! << 16) | (b[2]! << 8) | b[3]!) >>> 0;
}

const U32_TEST = 180;

/** struct xt_u32: tests of words that are found by shifting, masking and following offsets. */
function u32({ view, u8, off }: XtCheck): XtMatchFn | number {
  const n = u8[off + 1980]!;
  const inv = u8[off + 1981] !== 0;
  if (n > 11) return -EINVAL;
  for (let t = 0; t < n; t++) {
    const o = off + t * U32_TEST;
    if (u8[o + 176]! > 11 || u8[o + 177]! > 11) return -EINVAL;
  }
  const b = new Uint8Array(4);
  const test = (skb: Skb, o: number): boolean => {
    const nums = u8[o + 176]!;
    const values = u8[o + 177]!;
    const end = skb.len - (skb.networkHeader - skb.data);
    let at = 0;
    let pos = view.getUint32(o, true);
    if (end < 4 || pos > end - 4) return false;
    let v = word(skb, pos, b);
    if (v === null) return false;
    for (let i = 1; i < nums; i++) {
      const x = view.getUint32(o + 8 * i, true);
      switch (u8[o + 8 * i + 4]) {
        case 0:
          v = (v & x) >>> 0;
          break;
        case 1:
          v = x > 31 ? 0 : (v << x) >>> 0;
          break;
        case 2:
          v = x > 31 ? 0 : v >>> x;
          break;
        case 3:
          if (at + v < at || end < at + v) return false;
          at += v;
          pos = x;
          if (at + 4 < at || end < at + 4 || pos > end - at - 4) return false;
          v = word(skb, at + pos, b);
          if (v === null) return false;
          break;
        default:
      }
    }
    for (let i = 0; i < values; i++) if (v >= view.getUint32(o + 88 + 8 * i, true) && v <= view.getUint32(o + 92 + 8 * i, true)) return true;
    return false;
  };
  return (skb) => {
    let all = true;
    for (let t = 0; t < n && all; t++) all = test(skb, off + t * U32_TEST);
    return all !== inv;
  };
}

function bpf(rev: number): (c: XtCheck) => XtMatchFn | number {
  return ({ view, u8, off, net }) => {
    if (rev === 1 && view.getUint16(off, true) !== 0) return -EINVAL;
    const n = view.getUint16(off + (rev === 1 ? 2 : 0), true);
    if (n > 64 || n === 0) return -EINVAL;
    const at = off + (rev === 1 ? 8 : 4);
    const insns = bpfDecode(u8.slice(at, at + 8 * n)); // datapath-ok: once a rule
    if (typeof insns === 'number') return insns;
    const prog: BpfProg | number = bpfProgCreate(net.kernel, insns);
    if (typeof prog === 'number') return prog;
    bpfCompile(prog);
    return (skb) => bpfRun(prog, skb) !== 0;
  };
}

const comment = (): XtMatchFn => () => true;
const both = (d: Omit<XtMatchDef, 'family'>): XtMatchDef[] => [{ ...d, family: NFPROTO_IPV4 }, { ...d, family: NFPROTO_IPV6 }]; // datapath-ok: constants

/** The definitions. */
export const XT_MISC_MATCHES: readonly XtMatchDef[] = [
  { name: 'mark', revision: 1, family: 0, size: 12, check: mark },
  { name: 'comment', revision: 0, family: 0, size: 256, check: comment },
  ...both({ name: 'iprange', revision: 1, size: 68, check: iprange }),
  { name: 'addrtype', revision: 0, family: NFPROTO_IPV4, size: 12, check: addrtype(0) },
  ...both({ name: 'addrtype', revision: 1, size: 8, check: addrtype(1) }),
  ...both({ name: 'mac', revision: 0, size: 12, hooks: (1 << NF_INET_PRE_ROUTING) | (1 << NF_INET_LOCAL_IN) | (1 << NF_INET_FORWARD), check: mac }),
  { name: 'pkttype', revision: 0, family: 0, size: 8, check: pkttype },
  ...both({ name: 'owner', revision: 1, size: 20, hooks: (1 << NF_INET_LOCAL_OUT) | (1 << NF_INET_POST_ROUTING), check: owner }),
  ...both({ name: 'physdev', revision: 0, size: 66, check: physdev }),
  ...both({ name: 'rpfilter', revision: 0, size: 1, hooks: 1 << NF_INET_PRE_ROUTING, check: rpfilter }),
  { name: 'devgroup', revision: 0, family: 0, size: 20, check: devgroup },
  { name: 'cpu', revision: 0, family: 0, size: 8, check: cpu },
  { name: 'string', revision: 1, family: 0, size: 160, usersize: 152, check: string },
  { name: 'time', revision: 0, family: 0, size: 24, check: time },
  { name: 'u32', revision: 0, family: 0, size: 1984, check: u32 },
  { name: 'bpf', revision: 0, family: 0, size: 528, usersize: 520, check: bpf(0) },
  { name: 'bpf', revision: 1, family: 0, size: 528, usersize: 520, check: bpf(1) },
];
