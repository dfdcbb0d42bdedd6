/** u32: words of the packet under masks, in hash tables that lead to each other (tc-u32(8)). */
// datapath-ok-file: tables are made by requests; classify() allocates nothing
import { EBUSY, EINVAL, ENOMEM } from '@linnet/kernel';
import { NL_VALIDATE_LIBERAL, NLA_BINARY, NLA_U32, NLA_UNSPEC, nlaParseNestedPolicy, type NlaPolicyTable } from '@linnet/netlink';
import { pskbMayPull, type Skb } from '@linnet/skbuff';
import {
  IFNAMSIZ, nlaGetU32, nlaLen, type NlWriter, TC_U32_EAT, TC_U32_OFFSET, TC_U32_TERMINAL, TC_U32_VAROFFSET, TCA_CLS_FLAGS_SKIP_HW, TCA_CLS_FLAGS_SKIP_SW, TCA_CLS_FLAGS_VERBOSE, TCA_OPTIONS,
  TCA_U32_ACT, TCA_U32_CLASSID, TCA_U32_DIVISOR, TCA_U32_FLAGS, TCA_U32_HASH, TCA_U32_INDEV, TCA_U32_LINK, TCA_U32_MARK, TCA_U32_MAX, TCA_U32_POLICE, TCA_U32_SEL,
} from '@linnet/uapi';
import { tcfExtsDestroy, tcfExtsDump, tcfExtsValidate } from './act-api.ts';
import { tcfExtsExec } from './act-exec.ts';
import { bindClass, bindFilter, changeIndev, CLS_NOT_IN_HW, Filter, indevName, matchIndev, tcFlagsValid, unbindFilter } from './cls-common.ts';
import { tcfBlockShared } from './cls-block.ts';
import { say, tcKernel } from './tc-core.ts';
import type { TcClass, TcfProto, TcfProtoOps, TcfResult, TcRequest } from './tc-types.ts';

/** Bytes of struct tc_u32_sel without keys, and of a key. */
const SEL_LEN = 16;
const KEY_LEN = 16;
/** Links that a packet may be led along. */
const MAXDEPTH = 8;
const POLICY: NlaPolicyTable = Object.freeze({
  maxtype: TCA_U32_MAX,
  rules: {
    [TCA_U32_CLASSID]: { type: NLA_U32 }, [TCA_U32_HASH]: { type: NLA_U32 }, [TCA_U32_LINK]: { type: NLA_U32 }, [TCA_U32_DIVISOR]: { type: NLA_U32 },
    [TCA_U32_SEL]: { type: NLA_UNSPEC, len: SEL_LEN }, [TCA_U32_INDEV]: { type: NLA_BINARY, len: IFNAMSIZ }, [TCA_U32_MARK]: { type: NLA_UNSPEC, len: 12 }, [TCA_U32_FLAGS]: { type: NLA_U32 },
  },
});

/** The hash table of a handle that means the proto's own. */
const ROOT_HTID = 0xfff00000;

// Parts of a handle: hash table, bucket, key.
const htid = (h: number): number => (h & 0xfff00000) >>> 0;
const bucketOf = (h: number): number => (h >>> 12) & 0xff;
const nodeOf = (h: number): number => h & 0xfff;
const keyOf = (h: number): number => h & 0xfffff;

class Key {
  mask = 0;
  val = 0;
  off = 0;
  offmask = 0;
}

/** A filter (struct tc_u_knode). */
class Knode extends Filter {
  readonly ht: Hnode;
  keys: Key[] = [];
  /** struct tc_u32_sel, as it came. */
  selFlags = 0;
  offshift = 0;
  offmask = 0;
  off = 0;
  offoff = 0;
  hoff = 0;
  hmask = 0;
  down: Hnode | null = null;
  markVal = 0;
  markMask = 0;
  marked = false;
  markHits = 0;
  /** How far the bits under `hmask` are shifted, so that its lowest one becomes bit 0. */
  fshift = 0;
  constructor(handle: number, ht: Hnode) {
    super(handle);
    this.ht = ht;
  }
}

/** A hash table of filters (struct tc_u_hnode). */
class Hnode {
  readonly handle: number;
  readonly prio: number;
  readonly divisor: number;
  readonly buckets: Knode[][];
  /** Links that lead here, and the proto itself. */
  refs = 1;
  isRoot = false;
  flags = 0;
  constructor(handle: number, prio: number, divisor: number) {
    this.handle = handle;
    this.prio = prio;
    this.divisor = divisor;
    this.buckets = Array.from({ length: divisor + 1 }, () => []);
  }
}

/** What the u32 protos of one queue or block share (struct tc_u_common). */
class Common {
  /** The newest first. */
  readonly tables: Hnode[] = [];
  refs = 0;
  readonly stack: Stack = new Stack();
  /** An action is under way: what it sends may be classified here before it ends. */
  busy = false;
}

/** Links that a classification came by, and the offsets there. */
class Stack {
  readonly node: (Knode | null)[] = new Array<Knode | null>(MAXDEPTH).fill(null);
  readonly off: Int32Array = new Int32Array(MAXDEPTH);
}

interface Root {
  readonly common: Common;
  readonly ht: Hnode;
}

/** Protos of one queue see each other's tables; those of a shared block, of the block. */
function common(tp: TcfProto): Common {
  const { block } = tp.chain;
  if (tcfBlockShared(block)) {
    block.common ??= new Common();
    return block.common as Common;
  }
  const { u32 } = tcKernel(block.q.dev);
  let c = u32.get(block.q) as Common | undefined;
  if (c === undefined) u32.set(block.q, (c = new Common()));
  return c;
}

function refuse(p: TcRequest, msg: string, errno: number = EINVAL): number {
  say(p.extack, `cls_u32: ${msg}`);
  return -errno;
}

/** A free number for a hash table, as a handle (gen_new_htid). */
function newHtid(c: Common): number {
  for (let id = 1; id < 0x7ff; id++) {
    const handle = (id | 0x800) * 0x100000;
    if (!c.tables.some((t) => t.handle === handle)) return handle;
  }
  return 0;
}

function lookupHt(c: Common, handle: number): Hnode | null {
  return c.tables.find((t) => t.handle === handle) ?? null;
}

function lookupKey(ht: Hnode, handle: number): Knode | null {
  const bucket = bucketOf(handle);
  if (bucket > ht.divisor) return null;
  return ht.buckets[bucket]!.find((n) => n.handle === handle) ?? null;
}

function init(tp: TcfProto): number {
  const c = common(tp);
  const ht = new Hnode(c.refs === 0 ? 0x80000000 : newHtid(c), tp.prio, 0);
  ht.isRoot = true;
  c.tables.unshift(ht);
  c.refs++;
  tp.root = { common: c, ht } satisfies Root;
  return 0;
}

function root(tp: TcfProto): Root {
  return tp.root as Root;
}

function destroyKey(tp: TcfProto, n: Knode): void {
  unbindFilter(tp, n);
  tcfExtsDestroy(n.exts);
  if (n.down !== null) n.down.refs--;
  n.down = null;
}

function clear(tp: TcfProto, ht: Hnode): void {
  for (const b of ht.buckets) for (const n of b.splice(0)) destroyKey(tp, n);
}

function destroy(tp: TcfProto): void {
  const { common: c, ht } = root(tp);
  c.refs--;
  if (--ht.refs <= 0) removeHt(tp, c, ht);
  if (c.refs > 0) return;
  for (const t of c.tables) clear(tp, t);
  c.tables.length = 0;
}

function removeHt(tp: TcfProto, c: Common, ht: Hnode): void {
  clear(tp, ht);
  const i = c.tables.indexOf(ht);
  if (i >= 0) c.tables.splice(i, 1);
}

function get(tp: TcfProto, handle: number): object | null {
  const { common: c, ht } = root(tp);
  const table = htid(handle) === ROOT_HTID ? ht : lookupHt(c, htid(handle));
  if (table === null) return null;
  return keyOf(handle) === 0 ? table : lookupKey(table, handle);
}

/** A free key number in the bucket (gen_new_kid): from 0x800 on first. */
function newKid(ht: Hnode, id: number): number {
  const used = new Set(ht.buckets[bucketOf(id)]!.map((n) => nodeOf(n.handle)));
  let n = 0x800;
  while (n <= 0xfff && used.has(n)) n++;
  if (n > 0xfff) for (n = 1; n < 0x800 && used.has(n); n++);
  return (id | n) >>> 0;
}

/** Reads struct tc_u32_sel at `nla` into a filter. -EINVAL when it is shorter than its keys. */
function readSel(p: TcRequest, nla: number, n: Knode): number {
  const { view } = p.req;
  const o = nla + 4;
  const nkeys = view.getUint8(o + 2);
  if (nlaLen(view, nla) < SEL_LEN + nkeys * KEY_LEN) return -EINVAL;
  n.selFlags = view.getUint8(o);
  n.offshift = view.getUint8(o + 1);
  n.offmask = view.getUint16(o + 4);
  n.off = view.getUint16(o + 6, true);
  n.offoff = view.getInt16(o + 8, true);
  n.hoff = view.getInt16(o + 10, true);
  n.hmask = view.getInt32(o + 12);
  n.fshift = n.hmask === 0 ? 0 : 31 - Math.clz32(n.hmask & -n.hmask);
  for (let i = 0; i < nkeys; i++) {
    const at = o + SEL_LEN + i * KEY_LEN;
    const k = new Key();
    k.mask = view.getInt32(at);
    k.val = view.getInt32(at + 4);
    k.off = view.getInt32(at + 8, true);
    k.offmask = view.getInt32(at + 12, true);
    n.keys.push(k);
  }
  return 0;
}

/** Takes in where a filter leads, its actions and conditions (u32_set_parms). */
function setParms(tp: TcfProto, p: TcRequest, base: TcClass, n: Knode, tb: Int32Array): number {
  const { view } = p.req;
  let err = tcfExtsValidate(tp, p, tb[TCA_U32_ACT]!, tb[TCA_U32_POLICE]!, n.exts);
  if (err < 0) return err;
  if (tb[TCA_U32_LINK] !== 0) {
    const handle = nlaGetU32(view, tb[TCA_U32_LINK]!);
    if (keyOf(handle) !== 0) return refuse(p, 'u32 Link handle must be a hash table');
    let down: Hnode | null = null;
    if (handle !== 0) {
      down = lookupHt(root(tp).common, handle);
      if (down === null) return refuse(p, 'Link hash table not found');
      if (down.isRoot) return refuse(p, 'Not linking to root node');
      down.refs++;
    }
    if (n.down !== null) n.down.refs--;
    n.down = down;
  }
  if (tb[TCA_U32_INDEV] !== 0) {
    err = changeIndev(p, tb[TCA_U32_INDEV]!, n);
    if (err < 0) return err;
  }
  if (tb[TCA_U32_CLASSID] !== 0) bindFilter(tp, n, nlaGetU32(view, tb[TCA_U32_CLASSID]!), base);
  return 0;
}

function changeKey(tp: TcfProto, p: TcRequest, base: TcClass, old: Knode, tb: Int32Array, flags: number, made: (fh: object) => void): number {
  if (keyOf(old.handle) === 0) return refuse(p, 'Key node id cannot be zero');
  const both = TCA_CLS_FLAGS_SKIP_HW | TCA_CLS_FLAGS_SKIP_SW;
  if (((old.flags ^ flags) & both) !== 0 && (flags & both) !== 0) return refuse(p, 'Key node flags do not match passed flags');
  const n = new Knode(old.handle, old.ht);
  // The selector stays; the rest is as the request says, or as it was.
  n.keys = old.keys;
  n.selFlags = old.selFlags;
  n.offshift = old.offshift;
  n.offmask = old.offmask;
  n.off = old.off;
  n.offoff = old.offoff;
  n.hoff = old.hoff;
  n.hmask = old.hmask;
  n.fshift = old.fshift;
  n.marked = old.marked;
  n.markVal = old.markVal;
  n.markMask = old.markMask;
  n.flags = old.flags;
  n.indev = old.indev;
  n.indevName = old.indevName;
  n.down = old.down;
  if (n.down !== null) n.down.refs++;
  n.classid = old.classid;
  n.cls = 0;
  const err = setParms(tp, p, base, n, tb);
  if (err < 0) {
    destroyKey(tp, n);
    return err;
  }
  if (n.cls === 0 && n.classid !== 0) bindFilter(tp, n, n.classid, base);
  const bucket = old.ht.buckets[bucketOf(old.handle)]!;
  bucket[bucket.indexOf(old)] = n;
  destroyKey(tp, old);
  made(n);
  return 0;
}

function changeTable(tp: TcfProto, p: TcRequest, handle: number, tb: Int32Array, flags: number, made: (fh: object) => void): number {
  const { common: c } = root(tp);
  const divisor = nlaGetU32(p.req.view, tb[TCA_U32_DIVISOR]!);
  if (divisor === 0 || (divisor & (divisor - 1)) !== 0) return refuse(p, 'Divisor is not a power of 2');
  if (divisor - 1 > 255) return refuse(p, 'Exceeded maximum 256 hash buckets');
  if (keyOf(handle) !== 0) return refuse(p, 'Divisor can only be used on a hash table');
  const id = handle === 0 ? newHtid(c) : handle;
  if (id === 0) return -ENOMEM;
  const ht = new Hnode(id, tp.prio, divisor - 1);
  ht.flags = flags;
  c.tables.unshift(ht);
  made(ht);
  return 0;
}

function change(tp: TcfProto, p: TcRequest, base: TcClass, handle: number, fh: object | null, _flags: number, made: (fh: object) => void): number {
  const { view } = p.req;
  if (p.tca[TCA_OPTIONS] === 0) return handle === 0 ? 0 : refuse(p, 'Filter handle requires options');
  const tb = new Int32Array(TCA_U32_MAX + 1);
  let err = nlaParseNestedPolicy(p.req, p.tca[TCA_OPTIONS]!, tb, POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  let flags = 0;
  if (tb[TCA_U32_FLAGS] !== 0) {
    flags = nlaGetU32(view, tb[TCA_U32_FLAGS]!);
    if (!tcFlagsValid(flags & ~TCA_CLS_FLAGS_VERBOSE)) return refuse(p, 'Invalid filter flags');
  }
  if (fh instanceof Knode) return changeKey(tp, p, base, fh, tb, flags, made);
  if (fh !== null) return refuse(p, 'Key node id cannot be zero');
  if (tb[TCA_U32_DIVISOR] !== 0) return changeTable(tp, p, handle, tb, flags, made);
  const r = root(tp);
  let ht: Hnode | null = r.ht;
  let id: number;
  if (tb[TCA_U32_HASH] !== 0) {
    id = nlaGetU32(view, tb[TCA_U32_HASH]!);
    if (htid(id) === ROOT_HTID) {
      ht = r.ht;
      id = ht.handle;
    } else {
      ht = lookupHt(r.common, htid(id));
      if (ht === null) return refuse(p, 'Specified hash table not found');
    }
  } else id = ht.handle;
  if (ht.divisor < bucketOf(id)) return refuse(p, 'Specified hash table buckets exceed configured value');
  if (handle !== 0) {
    if (htid(handle) !== 0 && htid(handle ^ id) !== 0) return refuse(p, 'Handle specified hash table address mismatch');
    id = (htid(id) | bucketOf(id) << 12 | nodeOf(handle)) >>> 0;
    if (lookupKey(ht, id) !== null) return -EINVAL;
  } else id = newKid(ht, (htid(ht.handle) | (bucketOf(id) << 12)) >>> 0);
  if (tb[TCA_U32_SEL] === 0) return refuse(p, 'Selector not specified');
  const n = new Knode(id, ht);
  n.flags = flags;
  err = readSel(p, tb[TCA_U32_SEL]!, n);
  if (err < 0) return err;
  if (tb[TCA_U32_MARK] !== 0) {
    const o = tb[TCA_U32_MARK]! + 4;
    n.marked = true;
    n.markVal = view.getInt32(o, true);
    n.markMask = view.getInt32(o + 4, true);
  }
  err = setParms(tp, p, base, n, tb);
  if (err < 0) {
    destroyKey(tp, n);
    return err;
  }
  n.flags |= CLS_NOT_IN_HW;
  const bucket = ht.buckets[bucketOf(id)]!;
  // In order of their numbers.
  const at = bucket.findIndex((x) => nodeOf(x.handle) > nodeOf(id));
  if (at < 0) bucket.push(n);
  else bucket.splice(at, 0, n);
  made(n);
  return 0;
}

function isEmpty(ht: Hnode): boolean {
  return ht.buckets.every((b) => b.length === 0);
}

function del(tp: TcfProto, fh: object, extack: TcRequest['extack']): number {
  const { common: c, ht: own } = root(tp);
  if (fh instanceof Knode) {
    const b = fh.ht.buckets[bucketOf(fh.handle)]!;
    b.splice(b.indexOf(fh), 1);
    destroyKey(tp, fh);
  } else {
    const ht = fh as Hnode;
    if (ht.isRoot) {
      say(extack, 'cls_u32: Not allowed to delete root node');
      return -EINVAL;
    }
    if (ht.refs > 1) {
      say(extack, 'cls_u32: Can not delete in-use filter');
      return -EBUSY;
    }
    removeHt(tp, c, ht);
  }
  if (own.refs > 1 || !isEmpty(own) || c.refs > 1) return 0;
  return c.tables.every(isEmpty) ? 1 : 0;
}

/** Do the keys match at `off` (from data)? */
function keysMatch(skb: Skb, n: Knode, off: number, off2: number): boolean {
  const { keys } = n;
  for (let i = 0; i < keys.length; i++) {
    const k = keys[i]!;
    const toff = off + k.off + (off2 & k.offmask);
    if (!readable(skb, toff, 4)) return false;
    if (((skb.view.getInt32(skb.data + toff) ^ k.val) & k.mask) !== 0) return false;
  }
  return true;
}

/** Are there `len` bytes at `off` from data on? They may lie before data, in the link-layer header. */
function readable(skb: Skb, off: number, len: number): boolean {
  if (off < 0 && (skb.macHeader < 0 || skb.data + off < skb.macHeader)) return false;
  return off + len <= 0 || pskbMayPull(skb, off + len);
}

function classify(skb: Skb, tp: TcfProto, res: TcfResult): number {
  const { common: c } = root(tp);
  const outer = c.busy;
  const { node: stackNode, off: stackOff } = outer ? new Stack() : c.stack;
  let ht: Hnode | null = root(tp).ht;
  let off = skb.networkHeader - skb.data;
  let sp = 0;
  let off2 = 0;
  let sel = 0;
  let b = ht.buckets[0]!;
  let i = 0;
  for (;;) {
    if (i >= b.length) {
      // Back to where the link was.
      if (sp === 0) return -1;
      const up: Knode = stackNode[--sp]!;
      stackNode[sp] = null;
      off = stackOff[sp]!;
      ht = up.ht;
      b = ht.buckets[bucketOf(up.handle)]!;
      i = b.indexOf(up) + 1;
      continue;
    }
    const n: Knode = b[i]!;
    i++;
    if ((n.flags & TCA_CLS_FLAGS_SKIP_SW) !== 0) continue;
    if (n.marked) {
      if ((skb.mark & n.markMask) !== n.markVal) continue;
      n.markHits++;
    }
    if (!keysMatch(skb, n, off, off2)) continue;
    if (n.down === null) {
      if ((n.selFlags & TC_U32_TERMINAL) === 0) continue;
      if (!matchIndev(skb, n.indev)) continue;
      res.cls = n.cls;
      res.classid = n.classid;
      c.busy = true;
      const r = tcfExtsExec(skb, n.exts, res);
      c.busy = outer;
      if (r < 0) continue;
      while (sp > 0) stackNode[--sp] = null;
      return r;
    }
    if (sp >= MAXDEPTH) {
      while (sp > 0) stackNode[--sp] = null;
      return -1;
    }
    stackNode[sp] = n;
    stackOff[sp++] = off;
    ht = n.down;
    sel = 0;
    if (ht.divisor !== 0) {
      if (!readable(skb, off + n.hoff, 4)) {
        while (sp > 0) stackNode[--sp] = null;
        return -1;
      }
      sel = ht.divisor & ((skb.view.getInt32(skb.data + off + n.hoff) & n.hmask) >>> n.fshift);
    }
    if ((n.selFlags & (TC_U32_VAROFFSET | TC_U32_OFFSET | TC_U32_EAT)) !== 0) {
      off2 = n.off + 3;
      if ((n.selFlags & TC_U32_VAROFFSET) !== 0) {
        if (!readable(skb, off + n.offoff, 2)) {
          while (sp > 0) stackNode[--sp] = null;
          return -1;
        }
        off2 += (n.offmask & skb.view.getUint16(skb.data + off + n.offoff)) >> n.offshift;
      }
      off2 &= ~3;
    }
    if ((n.selFlags & TC_U32_EAT) !== 0) {
      off += off2;
      off2 = 0;
    }
    if (off >= skb.len) {
      while (sp > 0) stackNode[--sp] = null;
      return -1;
    }
    b = ht.buckets[sel]!;
    i = 0;
  }
}

function dump(tp: TcfProto, fh: object, w: NlWriter): number {
  w.nestStartNoflag(TCA_OPTIONS);
  if (!(fh instanceof Knode)) {
    const ht = fh as Hnode;
    w.putU32(TCA_U32_DIVISOR, ht.divisor + 1);
    w.nestEnd();
    return ht.handle;
  }
  const n = fh;
  const o = w.reserveAttr(TCA_U32_SEL, SEL_LEN + n.keys.length * KEY_LEN);
  const { view } = w;
  view.setUint8(o, n.selFlags);
  view.setUint8(o + 1, n.offshift);
  view.setUint8(o + 2, n.keys.length);
  view.setUint16(o + 4, n.offmask);
  view.setUint16(o + 6, n.off, true);
  view.setInt16(o + 8, n.offoff, true);
  view.setInt16(o + 10, n.hoff, true);
  view.setInt32(o + 12, n.hmask);
  n.keys.forEach((k, i) => {
    const at = o + SEL_LEN + i * KEY_LEN;
    view.setInt32(at, k.mask);
    view.setInt32(at + 4, k.val);
    view.setInt32(at + 8, k.off, true);
    view.setInt32(at + 12, k.offmask, true);
  });
  const hash = (htid(n.handle) | (n.handle & 0xff000)) >>> 0;
  if (hash !== 0) w.putU32(TCA_U32_HASH, hash);
  if (n.classid !== 0) w.putU32(TCA_U32_CLASSID, n.classid);
  if (n.down !== null) w.putU32(TCA_U32_LINK, n.down.handle);
  if (n.flags !== 0) w.putU32(TCA_U32_FLAGS, n.flags);
  if (n.marked) {
    const m = w.reserveAttr(TCA_U32_MARK, 12);
    w.view.setInt32(m, n.markVal, true);
    w.view.setInt32(m + 4, n.markMask, true);
    w.view.setInt32(m + 8, n.markHits, true);
  }
  tcfExtsDump(w, TCA_U32_ACT, n.exts);
  if (n.indev !== 0) w.putString(TCA_U32_INDEV, indevName(tp, n));
  w.nestEnd();
  return n.handle;
}

/** The classifier `u32`. @alpha */
export const U32_OPS: TcfProtoOps = Object.freeze({
  kind: 'u32',
  init,
  destroy,
  classify,
  get,
  change,
  delete: del,
  walk(tp: TcfProto, fn: (fh: object) => boolean): void {
    for (const ht of root(tp).common.tables) {
      if (ht.prio !== tp.prio) continue;
      if (!fn(ht)) return;
      for (const b of ht.buckets) for (const n of b) if (!fn(n)) return;
    }
  },
  dump,
  bindClass(tp: TcfProto, fh: object, classid: number, cl: TcClass, q: Parameters<typeof bindClass>[4], base: TcClass): void {
    if (fh instanceof Knode) bindClass(tp, fh, classid, cl, q, base);
  },
});
