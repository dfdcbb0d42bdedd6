/** flower: fields of headers under masks (tc-flower(8)). */
// datapath-ok-file: filters are made by requests; classify() allocates nothing
import { EEXIST, EINVAL } from '@linnet/kernel';
import { NL_VALIDATE_LIBERAL, NLA_BINARY, NLA_STRING, NLA_U16, NLA_U32, NLA_U8, type NlaPolicy, nlaParseNestedPolicy } from '@linnet/netlink';
import type { Skb } from '@linnet/skbuff';
import {
  ETH_P_8021AD, ETH_P_8021Q, nlaGetU32, nlaLen, type NlWriter, TCA_CLS_FLAGS_SKIP_SW, TCA_FLOWER_ACT, TCA_FLOWER_CLASSID, TCA_FLOWER_FLAGS, TCA_FLOWER_INDEV, TCA_FLOWER_KEY_ETH_TYPE,
  TCA_FLOWER_KEY_FLAGS, TCA_FLOWER_KEY_FLAGS_MASK, TCA_FLOWER_KEY_IP_PROTO, TCA_FLOWER_MAX, TCA_OPTIONS,
} from '@linnet/uapi';
import { tcfExtsDestroy, tcfExtsDump, tcfExtsValidate } from './act-api.ts';
import { tcfExtsExec } from './act-exec.ts';
import { bindClass, bindFilter, changeIndev, CLS_NOT_IN_HW, Filter, indevName, lowestFree, matchIndev, tcFlagsValid, unbindFilter } from './cls-common.ts';
import { FLOWER_FIELDS, type FlowerField, flowerDissect, FLOWER_KEY_LEN, K_CTRL, K_ETH_TYPE, K_IP_PROTO, K_VLAN_TYPE } from './flower-key.ts';
import { say } from './tc-core.ts';
import type { TcClass, TcfProto, TcfProtoOps, TcfResult, TcRequest } from './tc-types.ts';

function rules(): Record<number, NlaPolicy> {
  const out: Record<number, NlaPolicy> = {
    [TCA_FLOWER_CLASSID]: { type: NLA_U32 }, [TCA_FLOWER_INDEV]: { type: NLA_STRING, len: 16 }, [TCA_FLOWER_FLAGS]: { type: NLA_U32 },
    [TCA_FLOWER_KEY_ETH_TYPE]: { type: NLA_U16 }, [TCA_FLOWER_KEY_IP_PROTO]: { type: NLA_U8 }, [TCA_FLOWER_KEY_FLAGS]: { type: NLA_U32 }, [TCA_FLOWER_KEY_FLAGS_MASK]: { type: NLA_U32 },
  };
  for (const f of FLOWER_FIELDS) {
    const rule: NlaPolicy = f.len === 1 ? { type: NLA_U8 } : f.len === 2 ? { type: NLA_U16 } : { type: NLA_BINARY, min: f.len };
    out[f.attr] = rule;
    if (f.mask !== 0) out[f.mask] = rule;
  }
  return out;
}
const POLICY = Object.freeze({ maxtype: TCA_FLOWER_MAX, rules: rules() });

class Flower extends Filter {
  readonly key: Uint8Array = new Uint8Array(FLOWER_KEY_LEN);
  readonly mask: Uint8Array = new Uint8Array(FLOWER_KEY_LEN);
  /** The same as words, for comparing. */
  readonly keyWords: Int32Array = new Int32Array(this.key.buffer);
  readonly maskWords: Int32Array = new Int32Array(this.mask.buffer);
}

interface Head {
  readonly filters: Flower[];
  /** What the packet at hand has. */
  readonly key: Uint8Array;
  readonly words: Int32Array;
  readonly view: DataView;
}

function head(tp: TcfProto): Head {
  return tp.root as Head;
}

/** May the request give this field, considering the protocols that it names? */
function applies(f: FlowerField, ethType: number, ipProto: number): boolean {
  if (f.ethType !== undefined && !f.ethType.includes(ethType)) return false;
  return f.ipProto === undefined || f.ipProto === ipProto;
}

/** Reads the fields (fl_set_key). */
function setKey(p: TcRequest, tb: Int32Array, n: Flower): number {
  const { view, u8 } = p.req;
  const kv = new DataView(n.key.buffer);
  let ethType = 0;
  if (tb[TCA_FLOWER_KEY_ETH_TYPE] !== 0) {
    ethType = view.getUint16(tb[TCA_FLOWER_KEY_ETH_TYPE]! + 4);
    // A tag in front: its fields tell what is behind.
    if (ethType === ETH_P_8021Q || ethType === ETH_P_8021AD) {
      kv.setUint16(K_VLAN_TYPE, ethType);
      n.mask.fill(0xff, K_VLAN_TYPE, K_VLAN_TYPE + 2);
      for (const f of FLOWER_FIELDS) if (f.vlan === true) copyField(f);
      const inner = FLOWER_FIELDS.find((f) => f.innerType === true)!;
      ethType = tb[inner.attr] === 0 ? 0 : view.getUint16(tb[inner.attr]! + 4);
    }
    if (ethType !== 0) {
      kv.setUint16(K_ETH_TYPE, ethType);
      n.mask.fill(0xff, K_ETH_TYPE, K_ETH_TYPE + 2);
    }
  }
  let ipProto = 0;
  if (tb[TCA_FLOWER_KEY_IP_PROTO] !== 0 && (ethType === 0x0800 || ethType === 0x86dd)) {
    ipProto = view.getUint8(tb[TCA_FLOWER_KEY_IP_PROTO]! + 4);
    n.key[K_IP_PROTO] = ipProto;
    n.mask[K_IP_PROTO] = 0xff;
  }
  for (const f of FLOWER_FIELDS) if (f.vlan !== true && f.innerType !== true && applies(f, ethType, ipProto)) copyField(f);
  if (tb[TCA_FLOWER_KEY_FLAGS] !== 0) {
    if (tb[TCA_FLOWER_KEY_FLAGS_MASK] === 0) {
      say(p.extack, 'Missing flags mask');
      return -EINVAL;
    }
    const m = view.getUint32(tb[TCA_FLOWER_KEY_FLAGS_MASK]! + 4);
    if ((m & ~3) !== 0) return -EINVAL;
    n.key[K_CTRL] = view.getUint32(tb[TCA_FLOWER_KEY_FLAGS]! + 4) & m;
    n.mask[K_CTRL] = m;
  }
  // Bits that are not looked at are no part of the key.
  for (let i = 0; i < FLOWER_KEY_LEN; i++) n.key[i]! &= n.mask[i]!;
  return 0;

  function copyField(f: FlowerField): void {
    if (tb[f.attr] === 0) return;
    const o = tb[f.attr]! + 4;
    const le = f.le === true && f.len === 2;
    for (let i = 0; i < f.len; i++) {
      // Numbers in the machine's order are kept in network order, as packets have them.
      const from = le ? f.len - 1 - i : i;
      n.key[f.off + i] = u8[o + from]!;
      n.mask[f.off + i] = f.mask !== 0 && tb[f.mask] !== 0 ? u8[tb[f.mask]! + 4 + from]! : f.fullMask[i]!;
    }
  }
}

function same(a: Flower, b: Flower): boolean {
  return a.keyWords.every((w, i) => w === b.keyWords[i] && a.maskWords[i] === b.maskWords[i]);
}

function change(tp: TcfProto, p: TcRequest, base: TcClass, handle: number, fh: object | null, _flags: number, made: (fh: object) => void): number {
  if (p.tca[TCA_OPTIONS] === 0) return -EINVAL;
  const { view } = p.req;
  const tb = new Int32Array(TCA_FLOWER_MAX + 1);
  let err = nlaParseNestedPolicy(p.req, p.tca[TCA_OPTIONS]!, tb, POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  for (const f of FLOWER_FIELDS) for (const t of [f.attr, f.mask]) if (t !== 0 && tb[t] !== 0 && nlaLen(view, tb[t]!) < f.len) return -EINVAL;
  const old = fh as Flower | null;
  if (old !== null && handle !== 0 && old.handle !== handle) return -EINVAL;
  const { filters } = head(tp);
  const n = new Flower(old?.handle ?? (handle === 0 ? lowestFree((h) => filters.some((x) => x.handle === h)) : handle));
  if (tb[TCA_FLOWER_FLAGS] !== 0) {
    n.flags = nlaGetU32(view, tb[TCA_FLOWER_FLAGS]!);
    if (!tcFlagsValid(n.flags)) return -EINVAL;
  }
  err = setKey(p, tb, n);
  if (err === 0 && tb[TCA_FLOWER_INDEV] !== 0) err = changeIndev(p, tb[TCA_FLOWER_INDEV]!, n);
  if (err < 0) return err;
  // Two filters with the same fields could not be told apart.
  if (filters.some((x) => x !== old && same(x, n) && x.indev === n.indev)) return -EEXIST;
  err = tcfExtsValidate(tp, p, tb[TCA_FLOWER_ACT]!, 0, n.exts);
  if (err < 0) return err;
  if (tb[TCA_FLOWER_CLASSID] !== 0) bindFilter(tp, n, nlaGetU32(view, tb[TCA_FLOWER_CLASSID]!), base);
  n.flags |= CLS_NOT_IN_HW;
  if (old !== null) {
    filters[filters.indexOf(old)] = n;
    drop(tp, old);
  } else filters.push(n);
  made(n);
  return 0;
}

function drop(tp: TcfProto, f: Flower): void {
  unbindFilter(tp, f);
  tcfExtsDestroy(f.exts);
}

function isZero(a: Uint8Array, off: number, len: number): boolean {
  for (let i = 0; i < len; i++) if (a[off + i] !== 0) return false;
  return true;
}

/** Writes the fields that count (fl_dump_key). */
function dumpKey(w: NlWriter, n: Flower): void {
  const kv = new DataView(n.key.buffer);
  const vlan = !isZero(n.mask, K_VLAN_TYPE, 2);
  const inner = kv.getUint16(K_ETH_TYPE);
  if (vlan) w.putBe16(TCA_FLOWER_KEY_ETH_TYPE, kv.getUint16(K_VLAN_TYPE));
  else if (!isZero(n.mask, K_ETH_TYPE, 2)) w.putBe16(TCA_FLOWER_KEY_ETH_TYPE, inner);
  const ipProto = n.key[K_IP_PROTO]!;
  if (n.mask[K_IP_PROTO] !== 0) w.putU8(TCA_FLOWER_KEY_IP_PROTO, ipProto);
  for (const f of FLOWER_FIELDS) {
    if (f.innerType === true) {
      if (vlan && inner !== 0) w.putBe16(f.attr, inner);
      continue;
    }
    if (isZero(n.mask, f.off, f.len) || (f.vlan !== true && !applies(f, inner, ipProto))) continue;
    put(w, f.attr, n.key, f);
    if (f.mask !== 0) put(w, f.mask, n.mask, f);
  }
  if (n.mask[K_CTRL] !== 0) {
    w.putBe32(TCA_FLOWER_KEY_FLAGS, n.key[K_CTRL]!);
    w.putBe32(TCA_FLOWER_KEY_FLAGS_MASK, n.mask[K_CTRL]!);
  }
}

function put(w: NlWriter, attr: number, from: Uint8Array, f: FlowerField): void {
  const o = w.reserveAttr(attr, f.len);
  const le = f.le === true && f.len === 2;
  for (let i = 0; i < f.len; i++) w.u8[o + i] = from[f.off + (le ? f.len - 1 - i : i)]!;
}

function dump(tp: TcfProto, fh: object, w: NlWriter): number {
  const n = fh as Flower;
  w.nestStartNoflag(TCA_OPTIONS);
  if (n.classid !== 0) w.putU32(TCA_FLOWER_CLASSID, n.classid);
  if (n.indev !== 0) w.putString(TCA_FLOWER_INDEV, indevName(tp, n));
  dumpKey(w, n);
  if (n.flags !== 0) w.putU32(TCA_FLOWER_FLAGS, n.flags);
  tcfExtsDump(w, TCA_FLOWER_ACT, n.exts);
  w.nestEnd();
  return n.handle;
}

/** The classifier `flower`. @alpha */
export const FLOWER_OPS: TcfProtoOps = Object.freeze({
  kind: 'flower',
  init(tp: TcfProto): number {
    const key = new Uint8Array(FLOWER_KEY_LEN);
    tp.root = { filters: [], key, words: new Int32Array(key.buffer), view: new DataView(key.buffer) } satisfies Head;
    return 0;
  },
  destroy(tp: TcfProto): void {
    for (const f of head(tp).filters.splice(0)) drop(tp, f);
  },
  classify(skb: Skb, tp: TcfProto, res: TcfResult): number {
    const h = tp.root as Head;
    const { filters, words } = h;
    if (filters.length === 0) return -1;
    flowerDissect(skb, h.key, h.view, words);
    for (let i = 0; i < filters.length; i++) {
      const f = filters[i]!;
      const { keyWords, maskWords } = f;
      let w = 0;
      while (w < keyWords.length && (words[w]! & maskWords[w]!) === keyWords[w]) w++;
      if (w < keyWords.length || (f.flags & TCA_CLS_FLAGS_SKIP_SW) !== 0 || !matchIndev(skb, f.indev)) continue;
      res.cls = f.cls;
      res.classid = f.classid;
      return tcfExtsExec(skb, f.exts, res);
    }
    return -1;
  },
  get: (tp: TcfProto, handle: number): object | null => head(tp).filters.find((f) => f.handle === handle) ?? null,
  change,
  delete(tp: TcfProto, fh: object): number {
    const { filters } = head(tp);
    filters.splice(filters.indexOf(fh as Flower), 1);
    drop(tp, fh as Flower);
    return filters.length === 0 ? 1 : 0;
  },
  walk(tp: TcfProto, fn: (fh: object) => boolean): void {
    for (const f of head(tp).filters.slice().sort((a, b) => a.handle - b.handle)) if (!fn(f)) return;
  },
  dump,
  terseDump(_tp: TcfProto, fh: object, w: NlWriter): number {
    const n = fh as Flower;
    w.nestStartNoflag(TCA_OPTIONS);
    if (n.flags !== 0) w.putU32(TCA_FLOWER_FLAGS, n.flags);
    w.nestEnd();
    return n.handle;
  },
  bindClass,
});
