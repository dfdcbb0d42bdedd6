/** Sets of named bits in ethtool messages: verbose (bit by bit, with names) or compact (words). */
import { EINVAL, EOPNOTSUPP } from '@linnet/kernel';
import {
  ETHTOOL_A_BITSET_BIT_INDEX, ETHTOOL_A_BITSET_BIT_NAME, ETHTOOL_A_BITSET_BIT_VALUE, ETHTOOL_A_BITSET_BITS, ETHTOOL_A_BITSET_BITS_BIT, ETHTOOL_A_BITSET_MASK,
  ETHTOOL_A_BITSET_NOMASK, ETHTOOL_A_BITSET_SIZE, ETHTOOL_A_BITSET_VALUE, NLA_F_NESTED, nlaFlags, nlaGetString, nlaGetU32, nlaLen, nlaNext, nlaOk, nlaType, type NlWriter,
} from '@linnet/uapi';
import { nlSetErrMsgAttr } from './extack.ts';
import {
  NL_VALIDATE_STRICT, NLA_BINARY, NLA_FLAG, NLA_NESTED, NLA_NUL_STRING, NLA_U32, nlaParseNestedPolicy, type NlaPolicyTable,
} from './nla-policy.ts';
import type { NlRequest } from './request.ts';

const BITSET_POLICY: NlaPolicyTable = {
  maxtype: ETHTOOL_A_BITSET_MASK,
  rules: {
    [ETHTOOL_A_BITSET_NOMASK]: { type: NLA_FLAG }, [ETHTOOL_A_BITSET_SIZE]: { type: NLA_U32, max: 0xffff }, [ETHTOOL_A_BITSET_BITS]: { type: NLA_NESTED },
    [ETHTOOL_A_BITSET_VALUE]: { type: NLA_BINARY }, [ETHTOOL_A_BITSET_MASK]: { type: NLA_BINARY },
  },
};
const BIT_POLICY: NlaPolicyTable = {
  maxtype: ETHTOOL_A_BITSET_BIT_VALUE,
  rules: {
    [ETHTOOL_A_BITSET_BIT_INDEX]: { type: NLA_U32 }, [ETHTOOL_A_BITSET_BIT_NAME]: { type: NLA_NUL_STRING }, [ETHTOOL_A_BITSET_BIT_VALUE]: { type: NLA_FLAG },
  },
};

const bitOf = (words: Uint32Array, i: number): boolean => ((words[i >>> 5]! >>> (i & 31)) & 1) !== 0;

function setBit(words: Uint32Array, i: number, on: boolean): void {
  if (on) words[i >>> 5]! |= 1 << (i & 31);
  else words[i >>> 5]! &= ~(1 << (i & 31));
}

/** Words for `nbits` bits. */
export function bitsetWords(nbits: number): Uint32Array {
  return new Uint32Array((nbits + 31) >>> 5);
}

/**
 * Writes a bit set as attribute `type` (ethnl_put_bitset). With a mask it says which bits are meant; without (null) it is a list of those that are set. `names` may be null.
 */
export function putBitset(w: NlWriter, type: number, value: Uint32Array, mask: Uint32Array | null, nbits: number, names: readonly string[] | null, compact: boolean): void {
  w.nestStart(type);
  if (mask === null) w.putFlag(ETHTOOL_A_BITSET_NOMASK);
  w.putU32(ETHTOOL_A_BITSET_SIZE, nbits);
  if (compact) {
    const words = (nbits + 31) >>> 5;
    const last = (nbits & 31) === 0 ? 0xffffffff : 2 ** (nbits & 31) - 1;
    const put = (attr: number, of: (i: number) => number): void => {
      const off = w.reserveAttr(attr, words * 4);
      for (let i = 0; i < words; i++) w.view.setUint32(off + i * 4, of(i) & (i === words - 1 ? last : 0xffffffff), true);
    };
    put(ETHTOOL_A_BITSET_VALUE, (i) => value[i]!);
    if (mask !== null) put(ETHTOOL_A_BITSET_MASK, (i) => mask[i]!);
  } else {
    w.nestStart(ETHTOOL_A_BITSET_BITS);
    for (let i = 0; i < nbits; i++) {
      if (!bitOf(mask ?? value, i)) continue;
      w.nestStart(ETHTOOL_A_BITSET_BITS_BIT);
      w.putU32(ETHTOOL_A_BITSET_BIT_INDEX, i);
      if (names !== null) w.putString(ETHTOOL_A_BITSET_BIT_NAME, names[i] ?? '');
      if (mask !== null && bitOf(value, i)) w.putFlag(ETHTOOL_A_BITSET_BIT_VALUE);
      w.nestEnd();
    }
    w.nestEnd();
  }
  w.nestEnd();
}

function bad(req: NlRequest, nla: number, msg: string, errno: number = EINVAL): number {
  nlSetErrMsgAttr(req.extack, nla, msg);
  return -errno;
}

/** Words of a compact set's value or mask; bits behind `nbits` must not be meant. */
function readWords(req: NlRequest, nla: number, nbits: number): { words: Uint32Array; beyond: boolean } {
  const words = bitsetWords(nbits);
  let beyond = false;
  const n = nlaLen(req.view, nla) >>> 2;
  for (let i = 0; i < n * 32; i++) {
    if (((req.view.getUint32(nla + 4 + (i >>> 5) * 4, true) >>> (i & 31)) & 1) === 0) continue;
    if (i < nbits) setBit(words, i, true);
    else beyond = true;
  }
  return { words, beyond };
}

/** The form of a compact set: 0, or a negative errno (ethnl_compact_sanity_checks). */
function checkCompact(req: NlRequest, nla: number, tb: Int32Array, nbits: number): number {
  const { view } = req;
  const noMask = tb[ETHTOOL_A_BITSET_NOMASK] !== 0;
  const [size, value, mask] = [tb[ETHTOOL_A_BITSET_SIZE]!, tb[ETHTOOL_A_BITSET_VALUE]!, tb[ETHTOOL_A_BITSET_MASK]!];
  if (noMask && mask !== 0) return bad(req, mask, 'mask not allowed in list bitset');
  if (size === 0) return bad(req, nla, 'missing size in compact bitset');
  if (value === 0) return bad(req, nla, 'missing value in compact bitset');
  const bytes = ((nlaGetU32(view, size) + 31) >>> 5) * 4;
  if (nlaLen(view, value) !== bytes) return bad(req, value, 'bitset value length does not match size');
  if (!noMask && mask === 0) return bad(req, nla, 'missing mask in compact nonlist bitset');
  if (mask !== 0 && nlaLen(view, mask) !== bytes) return bad(req, mask, 'bitset mask length does not match size');
  const meant = noMask ? value : mask;
  return readWords(req, meant, nbits).beyond ? bad(req, meant, 'cannot modify bits past kernel bitset size') : 0;
}

/** One bit of a verbose set: its number and whether it is on, or a negative errno. */
function parseBit(req: NlRequest, nla: number, nbits: number, names: readonly string[] | null, noMask: boolean): { index: number; on: boolean } | number {
  const tb = new Int32Array(ETHTOOL_A_BITSET_BIT_VALUE + 1);
  const err = nlaParseNestedPolicy(req, nla, tb, BIT_POLICY, NL_VALIDATE_STRICT);
  if (err < 0) return err;
  const byIndex = tb[ETHTOOL_A_BITSET_BIT_INDEX]!;
  const byName = tb[ETHTOOL_A_BITSET_BIT_NAME]!;
  let index: number;
  if (byIndex !== 0) {
    index = nlaGetU32(req.view, byIndex);
    if (index >= nbits) return bad(req, byIndex, 'bit index too high', EOPNOTSUPP);
    if (byName !== 0 && names !== null && names[index] !== nlaGetString(req.view, byName)) return bad(req, nla, 'bit index and name mismatch');
  } else if (byName !== 0) {
    const name = nlaGetString(req.view, byName);
    index = names === null ? -1 : names.indexOf(name);
    if (index < 0) return bad(req, byName, 'bit name not found', EOPNOTSUPP);
  } else {
    return bad(req, nla, 'neither bit index nor name specified');
  }
  return { index, on: noMask || tb[ETHTOOL_A_BITSET_BIT_VALUE] !== 0 };
}

/**
 * Applies the bit set at `nla` of a request to `words` (ethnl_update_bitset). Returns 1 when that changed something, 0 when not, or a negative errno. `mask`, if given,
 * gets the bits that the request meant.
 */
export function updateBitset(req: NlRequest, nla: number, words: Uint32Array, nbits: number, names: readonly string[] | null, mask: Uint32Array | null = null): number {
  if (nla === 0) return 0;
  const tb = new Int32Array(ETHTOOL_A_BITSET_MASK + 1);
  let err = nlaParseNestedPolicy(req, nla, tb, BITSET_POLICY, NL_VALIDATE_STRICT);
  if (err < 0) return err;
  const noMask = tb[ETHTOOL_A_BITSET_NOMASK] !== 0;
  const before = words.slice();
  if (tb[ETHTOOL_A_BITSET_BITS] === 0) {
    err = checkCompact(req, nla, tb, nbits);
    if (err < 0) return err;
    const value = readWords(req, tb[ETHTOOL_A_BITSET_VALUE]!, nbits).words;
    const meant = noMask ? null : readWords(req, tb[ETHTOOL_A_BITSET_MASK]!, nbits).words;
    for (let i = 0; i < words.length; i++) {
      const m = meant === null ? 0xffffffff : meant[i]!;
      words[i] = (words[i]! & ~m) | (value[i]! & m);
      if (mask !== null) mask[i] = m;
    }
  } else {
    if (tb[ETHTOOL_A_BITSET_VALUE] !== 0) return bad(req, tb[ETHTOOL_A_BITSET_VALUE]!, 'value only allowed in compact bitset');
    if (tb[ETHTOOL_A_BITSET_MASK] !== 0) return bad(req, tb[ETHTOOL_A_BITSET_MASK]!, 'mask only allowed in compact bitset');
    err = applyBits(req, tb[ETHTOOL_A_BITSET_BITS]!, words, nbits, names, noMask, mask);
    if (err < 0) {
      words.set(before);
      return err;
    }
  }
  return words.some((v, i) => v !== before[i]) ? 1 : 0;
}

function applyBits(req: NlRequest, nest: number, words: Uint32Array, nbits: number, names: readonly string[] | null, noMask: boolean, mask: Uint32Array | null): number {
  const { view } = req;
  if (noMask) {
    words.fill(0);
    mask?.fill(0xffffffff);
  }
  const end = nest + 4 + nlaLen(view, nest);
  for (let at = nest + 4; nlaOk(view, at, end - at); at = nlaNext(view, at)) {
    if (nlaType(view, at) !== ETHTOOL_A_BITSET_BITS_BIT) return bad(req, at, 'only ETHTOOL_A_BITSET_BITS_BIT allowed in ETHTOOL_A_BITSET_BITS');
    if ((nlaFlags(view, at) & NLA_F_NESTED) === 0) return bad(req, at, 'NLA_F_NESTED is missing');
    const bit = parseBit(req, at, nbits, names, noMask);
    if (typeof bit === 'number') return bit;
    setBit(words, bit.index, bit.on);
    if (mask !== null) setBit(mask, bit.index, true);
  }
  return 0;
}
