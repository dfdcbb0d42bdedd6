/** Matches that remember: limit, hashlimit, recent, quota, statistic. */
import { EINVAL, ERANGE, type Net } from '@linnet/kernel';
import { NFPROTO_IPV4, NFPROTO_IPV6 } from '@linnet/netdev';
import { pskbMayPull, type Skb } from '@linnet/skbuff';
import { in4ToString, in6ToString } from '@linnet/uapi';
import { nfHasPorts } from './nf-conntrack-packet.ts';
import { in6Load } from './xt-words.ts';
import { XT_MEMORY, xtString, type XtCheck, type XtMatchDef, type XtMatchFn, type XtParam } from './xt-core.ts';

/** A bucket of packets (or bytes): `per` nanoseconds make one, `most` is what it holds. */
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

/** `avg` is ten-thousandths of a second between two packets. */
function limit({ view, off, net }: XtCheck): XtMatchFn | number {
  const avg = view.getUint32(off, true);
  const burst = view.getUint32(off + 4, true);
  // All of the bucket must be a number that the kernel can hold.
  if (burst === 0 || Math.imul(avg, burst) >>> 0 < avg) return -ERANGE;
  const per = avg * 1e5;
  const k = net.kernel;
  const b = new Bucket(burst, k.clock.now());
  return () => b.take(k.clock.now(), Math.max(1, per), burst, 1);
}

function quota({ view, off }: XtCheck): XtMatchFn | number {
  const flags = view.getUint32(off, true);
  if ((flags & ~1) !== 0) return -EINVAL;
  let left = view.getUint32(off + 8, true) + view.getUint32(off + 12, true) * 0x1_0000_0000;
  const inv = (flags & 1) !== 0;
  return (skb) => {
    const n = skb.len - (skb.networkHeader - skb.data);
    if (left >= n) {
      left -= n;
      return !inv;
    }
    // Not even a smaller packet passes any more.
    left = 0;
    return inv;
  };
}

function statistic({ view, off, net }: XtCheck): XtMatchFn | number {
  const mode = view.getUint16(off, true);
  const flags = view.getUint16(off + 2, true);
  if (mode > 1 || (flags & ~1) !== 0) return -EINVAL;
  const inv = (flags & 1) !== 0;
  if (mode === 0) {
    const p = view.getUint32(off + 4, true);
    const rng = net.kernel.rng.stream('netfilter.statistic');
    return () => (rng.u32() >>> 1 < p) !== inv;
  }
  const every = view.getUint32(off + 4, true);
  // With 0 it is the first packet, and then every n-th.
  let count = (every - view.getUint32(off + 8, true)) >>> 0;
  return () => {
    count = count === every ? 0 : (count + 1) >>> 0;
    return (count === 0) !== inv;
  };
}

// ---- hashlimit

const HASH_DIP = 1;
const HASH_DPT = 2;
const HASH_SIP = 4;
const HASH_SPT = 8;
const HL_INVERT = 16;
const HL_BYTES = 32;
const HL_RATE = 64;

interface HashTable {
  readonly buckets: Map<string, Bucket>;
  users: number;
  readonly expire: number;
  readonly max: number;
  swept: number;
}
/** The tables of a namespace by family and name: rules with the same name share one. */
function tablesOf(net: Net): Map<string, HashTable> {
  return net.get(XT_MEMORY).hash as Map<string, HashTable>;
}

function masked(view: DataView, at: number, words: number, bits: number): string {
  let s = '';
  for (let i = 0; i < words; i++) {
    const n = Math.min(32, Math.max(0, bits - 32 * i));
    const m = n === 0 ? 0 : n === 32 ? -1 : ~(-1 >>> n);
    s += `${view.getInt32(at + 4 * i) & m},`; // datapath-ok: a rule that keeps a bucket for each host
  }
  return s;
}

/** The addresses and ports that tell buckets apart; null: the packet is too short, which drops it. */
function keyOf(skb: Skb, par: XtParam, mode: number, src: number, dst: number): string | null {
  const four = par.family === NFPROTO_IPV4;
  const nh = skb.networkHeader;
  let s = '';
  if ((mode & HASH_DIP) !== 0) s += masked(skb.view, nh + (four ? 16 : 24), four ? 1 : 4, dst);
  s += '|';
  if ((mode & HASH_SIP) !== 0) s += masked(skb.view, nh + (four ? 12 : 8), four ? 1 : 4, src);
  if ((mode & (HASH_DPT | HASH_SPT)) === 0) return s;
  const proto = four ? skb.u8[nh + 9]! : skb.u8[nh + 6]!;
  if (!nfHasPorts(proto) || par.fragoff !== 0) return s;
  const at = four ? nh - skb.data + ((skb.u8[nh]! & 15) << 2) : nh - skb.data + 40;
  if (!pskbMayPull(skb, at + 4)) return null;
  const p = skb.data + at;
  if ((mode & HASH_DPT) !== 0) s += `|d${skb.view.getUint16(p + 2)}`; // datapath-ok: as above
  if ((mode & HASH_SPT) !== 0) s += `|s${skb.view.getUint16(p)}`; // datapath-ok: as above
  return s;
}

function hashlimit(rev: number): (c: XtCheck) => XtMatchFn | number {
  return (c) => {
    const { view, u8, off, net, family } = c;
    const u64 = (o: number): number => view.getUint32(off + o, true) + view.getUint32(off + o + 4, true) * 0x1_0000_0000;
    const u = (o: number): number => view.getUint32(off + o, true);
    const name = xtString(u8, off, rev === 1 ? 16 : 255);
    if (name === null || name === '' || name.includes('/')) return -EINVAL;
    const [mode, avg, burst, max, gc, expire, masks] = rev === 1 ? [u(16), u(20), u(24), u(32), u(36), u(40), 44] : [u(272), u64(256), u64(264), u(280), u(284), u(288), rev === 2 ? 292 : 296];
    const src = u8[off + masks]!;
    const dst = u8[off + masks + 1]!;
    const most = family === NFPROTO_IPV4 ? 32 : 128;
    if (gc === 0 || expire === 0 || src > most || dst > most) return -EINVAL;
    if ((mode & ~(rev === 1 ? 63 : rev === 2 ? 63 : 127)) !== 0) return -EINVAL;
    const bytes = (mode & HL_BYTES) !== 0;
    if (!bytes && (mode & HL_RATE) === 0 && avg * burst > (rev === 1 ? 0xffffffff : Number.MAX_SAFE_INTEGER)) return -ERANGE;
    const tables = tablesOf(net);
    const id = `${family}:${name}`; // datapath-ok: once a rule
    let t = tables.get(id);
    if (t === undefined) tables.set(id, (t = { buckets: new Map(), users: 0, expire, max: max === 0 ? 65536 : max, swept: 0 }));
    t.users++;
    const table = t;
    c.onDestroy(() => {
      if (--table.users === 0) tables.delete(id);
    });
    const k = net.kernel;
    // Packets: parts of a second between two. Bytes: `avg` is how many 16 bytes take, in parts of a second.
    const per = Math.max(1, (avg * 1e9) / (rev === 1 ? 10000 : 1000000));
    const perByte = Math.max(0.001, bytes ? (avg * 1e9) / 0x1_0000_0000 / 16 : 1);
    const inv = (mode & HL_INVERT) !== 0;
    return (skb, par) => {
      const key = keyOf(skb, par, mode, src, dst);
      if (key === null) {
        par.hotdrop = true;
        return false;
      }
      const now = k.clock.now();
      if (now - table.swept > gc * 1e6) {
        table.swept = now;
        for (const [id2, b] of table.buckets) if (now - b.at > table.expire * 1e6) table.buckets.delete(id2);
      }
      let b = table.buckets.get(key);
      const cap = bytes ? Math.max(1, burst) * 16 : burst;
      if (b === undefined) {
        if (table.buckets.size >= table.max) {
          par.hotdrop = true;
          return false;
        }
        table.buckets.set(key, (b = new Bucket(cap, now)));
      }
      const n = bytes ? skb.len - (skb.networkHeader - skb.data) : 1;
      return b.take(now, bytes ? perByte : per, Math.max(cap, n), n) !== inv;
    };
  };
}

// ---- recent

const R_CHECK = 1;
const R_SET = 2;
const R_UPDATE = 4;
const R_REMOVE = 8;
const R_TTL = 16;
const R_REAP = 32;
/** Stamps kept of an address, and addresses of a list (module parameters ip_pkt_list_tot and ip_list_tot). */
const PKT_LIST_TOT = 20;
const LIST_TOT = 100;

interface RecentEntry {
  readonly key: string;
  readonly text: string;
  ttl: number;
  stamps: number[];
  last: number;
}
interface RecentTable {
  readonly entries: Map<string, RecentEntry>;
  users: number;
  most: number;
}
function recentTables(net: Net): Map<string, RecentTable> {
  return net.get(XT_MEMORY).recent as Map<string, RecentTable>;
}

function recentShow(net: Net, t: RecentTable): string {
  void net;
  let s = '';
  for (const e of t.entries.values()) {
    const newest = e.stamps[e.stamps.length - 1] ?? 0;
    s += `src=${e.text} ttl: ${e.ttl} last_seen: ${newest} oldest_pkt: ${e.stamps.length} ${e.stamps.join(', ')}\n`; // datapath-ok: a file is read
  }
  return s;
}

function recent(rev: number): (c: XtCheck) => XtMatchFn | number {
  return (c) => {
    const { view, u8, off, net, family } = c;
    const seconds = view.getUint32(off, true);
    const hits = view.getUint32(off + 4, true);
    const set = u8[off + 8]!;
    const inv = u8[off + 9] !== 0;
    const name = xtString(u8, off + 10, 200);
    const dest = u8[off + 210] === 1;
    if ((set & ~63) !== 0) return -EINVAL;
    const ops = set & (R_CHECK | R_SET | R_UPDATE | R_REMOVE);
    if (ops === 0 || (ops & (ops - 1)) !== 0) return -EINVAL;
    if ((set & (R_SET | R_REMOVE)) !== 0 && (seconds !== 0 || hits !== 0 || (set & (R_TTL | R_REAP)) !== 0)) return -EINVAL;
    if ((set & R_REAP) !== 0 && seconds === 0) return -EINVAL;
    if (hits >= 65536) return -EINVAL;
    if (name === null || name === '') return -EINVAL;
    const mask = Int32Array.from({ length: 4 }, (_, i) => (rev === 1 ? view.getInt32(off + 212 + 4 * i) : -1));
    const four = family === NFPROTO_IPV4;
    const tables = recentTables(net);
    const id = name;
    let t = tables.get(id);
    const proc = `net/xt_recent/${name}`; // datapath-ok: once a rule
    const keep = Math.max(PKT_LIST_TOT, 2 ** Math.ceil(Math.log2(Math.max(1, hits))));
    if (t === undefined) {
      tables.set(id, (t = { entries: new Map(), users: 0, most: keep }));
      const made = t;
      net.proc.create(proc, () => recentShow(net, made));
    }
    t.users++;
    t.most = Math.max(t.most, keep);
    const table = t;
    c.onDestroy(() => {
      if (--table.users > 0) return;
      tables.delete(id);
      net.proc.remove(proc);
    });
    const words = new Int32Array(4);
    const k = net.kernel;
    return (skb, par) => {
      const nh = skb.networkHeader;
      const n = four ? 1 : 4;
      const at = nh + (four ? (dest ? 16 : 12) : dest ? 24 : 8);
      if (four) words.fill(0, 1);
      if (four) words[0] = skb.view.getInt32(at);
      else in6Load(words, skb.view, at);
      let key = `${family}`; // datapath-ok: a rule that keeps a list of hosts
      for (let i = 0; i < n; i++) key += `,${(words[i]! &= mask[i]!)}`; // datapath-ok: as above
      // A packet of this machine has not lost its hop yet.
      let ttl = skb.u8[nh + (four ? 8 : 7)]!;
      if (par.inDev === null) ttl = (ttl + 1) & 0xff;
      const e = table.entries.get(key);
      const now = k.jiffies;
      if (e === undefined || ((set & R_TTL) !== 0 && e.ttl !== ttl)) {
        if ((set & R_SET) === 0) return inv;
        if (e !== undefined) table.entries.delete(key);
        if (table.entries.size >= LIST_TOT) {
          let oldest: RecentEntry | null = null;
          for (const x of table.entries.values()) if (oldest === null || ((x.last - oldest.last) | 0) < 0) oldest = x;
          if (oldest !== null) table.entries.delete(oldest.key);
        }
        table.entries.set(key, { key, text: four ? in4ToString(words[0]!) : in6ToString(words.slice()), ttl, stamps: [now], last: now }); // datapath-ok: a host is seen for the first time
        return !inv;
      }
      let ret = inv;
      if ((set & R_SET) !== 0) {
        ret = !inv;
      } else if ((set & R_REMOVE) !== 0) {
        table.entries.delete(key);
        return !inv;
      } else {
        const since = (now - seconds * 1000) | 0;
        let count = 0;
        if (seconds === 0 && hits === 0) ret = !inv;
        for (const s of e.stamps) {
          if (seconds !== 0 && ((s - since) | 0) < 0) continue;
          if (hits === 0 || ++count >= hits) {
            ret = !inv;
            break;
          }
        }
        if ((set & R_REAP) !== 0) {
          while (e.stamps.length > 0 && ((e.stamps[0]! - since) | 0) < 0) e.stamps.shift();
          if (e.stamps.length === 0) table.entries.delete(key);
        }
      }
      if ((set & R_SET) !== 0 || ((set & R_UPDATE) !== 0 && ret !== inv)) {
        e.stamps.push(now);
        if (e.stamps.length > table.most) e.stamps.shift();
        e.ttl = ttl;
        e.last = now;
      }
      return ret;
    };
  };
}

const both = (d: Omit<XtMatchDef, 'family'>): XtMatchDef[] => [{ ...d, family: NFPROTO_IPV4 }, { ...d, family: NFPROTO_IPV6 }]; // datapath-ok: constants

/** The definitions. */
export const XT_RATE_MATCHES: readonly XtMatchDef[] = [
  { name: 'limit', revision: 0, family: 0, size: 40, usersize: 8, check: limit },
  { name: 'quota', revision: 0, family: 0, size: 24, usersize: 16, check: quota },
  { name: 'statistic', revision: 0, family: 0, size: 24, usersize: 16, check: statistic },
  ...both({ name: 'hashlimit', revision: 1, size: 56, usersize: 48, check: hashlimit(1) }),
  ...both({ name: 'hashlimit', revision: 2, size: 304, usersize: 296, check: hashlimit(2) }),
  ...both({ name: 'hashlimit', revision: 3, size: 312, usersize: 304, check: hashlimit(3) }),
  ...both({ name: 'recent', revision: 0, size: 212, check: recent(0) }),
  ...both({ name: 'recent', revision: 1, size: 228, check: recent(1) }),
];
