/** Attributes checked against a policy before any handler looks at them (nla_policy, nla_validate). */
import { EINVAL, ERANGE } from '@linnet/kernel';
import { NLA_F_NESTED, NLMSG_HDRLEN, nlaFlags, nlaGetU64, nlaLen, nlaNext, nlaOk, nlaType } from '@linnet/uapi';
import { type Extack, nlSetErrMsg, nlSetErrMsgAttr } from './extack.ts';
import type { NlRequest } from './request.ts';

/** No rule but a least length; strict checks refuse the attribute. @alpha */
export const NLA_UNSPEC = 0;
/** u8. @alpha */
export const NLA_U8 = 1;
/** u16. @alpha */
export const NLA_U16 = 2;
/** u32. @alpha */
export const NLA_U32 = 3;
/** u64. @alpha */
export const NLA_U64 = 4;
/** Text, with or without its NUL; `len` without NUL is the most. @alpha */
export const NLA_STRING = 5;
/** Presence is the meaning: no payload. @alpha */
export const NLA_FLAG = 6;
/** Old form of {@link NLA_UNSPEC}: at least `len` bytes. @alpha */
export const NLA_MSECS = 7;
/** Attributes inside. @alpha */
export const NLA_NESTED = 8;
/** A nest of nests, whose types are indices. @alpha */
export const NLA_NESTED_ARRAY = 9;
/** Text with its NUL; `len` with NUL is the most. @alpha */
export const NLA_NUL_STRING = 10;
/** At most `len` bytes (any number when 0). @alpha */
export const NLA_BINARY = 11;
/** s8. @alpha */
export const NLA_S8 = 12;
/** s16. @alpha */
export const NLA_S16 = 13;
/** s32. @alpha */
export const NLA_S32 = 14;
/** s64. @alpha */
export const NLA_S64 = 15;
/** Two u32: values and a mask of those that are meant. @alpha */
export const NLA_BITFIELD32 = 16;
/** Never accepted from user space. @alpha */
export const NLA_REJECT = 17;
/** u16 in network order. @alpha */
export const NLA_BE16 = 18;
/** u32 in network order. @alpha */
export const NLA_BE32 = 19;
/** u32 or u64. @alpha */
export const NLA_UINT = 20;
/** s32 or s64. @alpha */
export const NLA_SINT = 21;

/** Checks: bytes behind the last attribute are an error. @alpha */
export const NL_VALIDATE_TRAILING = 1;
/** Checks: a type above the table's is an error. @alpha */
export const NL_VALIDATE_MAXTYPE = 2;
/** Checks: an attribute without a rule is an error. @alpha */
export const NL_VALIDATE_UNSPEC = 4;
/** Checks: numbers have exactly their length. @alpha */
export const NL_VALIDATE_STRICT_ATTRS = 8;
/** Checks: nests carry NLA_F_NESTED. @alpha */
export const NL_VALIDATE_NESTED = 16;
/** What requests of old get: only least lengths count. @alpha */
export const NL_VALIDATE_LIBERAL = 0;
/** Unknown types and trailing bytes are errors (nlmsg_parse_deprecated_strict). @alpha */
export const NL_VALIDATE_DEPRECATED_STRICT: number = NL_VALIDATE_TRAILING | NL_VALIDATE_MAXTYPE;
/** Everything is checked (nlmsg_parse). @alpha */
export const NL_VALIDATE_STRICT: number =
  NL_VALIDATE_TRAILING | NL_VALIDATE_MAXTYPE | NL_VALIDATE_UNSPEC | NL_VALIDATE_STRICT_ATTRS | NL_VALIDATE_NESTED;

/** The rule for one attribute type (struct nla_policy). @alpha */
export interface NlaPolicy {
  readonly type: number;
  /** Strings and binary: the most bytes; unspec: the least. */
  readonly len?: number;
  /** Numbers: the least and the greatest; binary and strings: the least length. */
  readonly min?: number;
  readonly max?: number;
  /** Numbers and bitfields: bits outside are an error. */
  readonly mask?: number;
  /** Exactly `len` bytes (NLA_POLICY_EXACT_LEN). */
  readonly exact?: boolean;
  /** The rules inside a nest. */
  readonly nested?: NlaPolicyTable;
  /** What a rejected attribute is told. */
  readonly rejectMessage?: string;
  /** Does its own check on the attribute at `nla`; 0 or a negative errno. */
  readonly validate?: (view: DataView, nla: number, extack: Extack | null) => number;
}

/** The rules of one table of attributes. @alpha */
export interface NlaPolicyTable {
  /** The highest type known. */
  readonly maxtype: number;
  readonly rules: Readonly<Record<number, NlaPolicy>>;
  /** From this type on everything is checked strictly, whatever the caller asked (strict_start_type). */
  readonly strictStart?: number;
}

/** Length of number types, by NLA_*; 0 for the others. */
const LENGTH: readonly number[] = [0, 1, 2, 4, 8, 0, 0, 8, 0, 0, 0, 0, 1, 2, 4, 8, 0, 0, 2, 4, 0, 0];

/** Nests deeper than this are refused. */
const MAX_DEPTH = 10;

function fail(extack: Extack | null, nla: number, msg: string, errno: number, policy: NlaPolicy | null = null): number {
  nlSetErrMsgAttr(extack, nla, msg);
  if (extack !== null) extack.policy = policy;
  return -errno;
}

function checkRange(p: NlaPolicy, view: DataView, nla: number, len: number, extack: Extack | null): number {
  let v: number;
  switch (p.type) {
    case NLA_U8: v = view.getUint8(nla + 4); break;
    case NLA_U16: v = view.getUint16(nla + 4, true); break;
    case NLA_U32: v = view.getUint32(nla + 4, true); break;
    case NLA_U64: case NLA_MSECS: v = nlaGetU64(view, nla); break;
    case NLA_UINT: v = len === 8 ? nlaGetU64(view, nla) : view.getUint32(nla + 4, true); break;
    case NLA_BE16: v = view.getUint16(nla + 4); break;
    case NLA_BE32: v = view.getUint32(nla + 4); break;
    case NLA_S8: v = view.getInt8(nla + 4); break;
    case NLA_S16: v = view.getInt16(nla + 4, true); break;
    case NLA_S32: v = view.getInt32(nla + 4, true); break;
    case NLA_S64: v = view.getUint32(nla + 4, true) + view.getInt32(nla + 8, true) * 0x1_0000_0000; break;
    case NLA_SINT: v = len === 8 ? view.getUint32(nla + 4, true) + view.getInt32(nla + 8, true) * 0x1_0000_0000 : view.getInt32(nla + 4, true); break;
    case NLA_BINARY:
      return p.min !== undefined && len < p.min ? fail(extack, nla, 'binary attribute size out of range', ERANGE, p) : 0;
    default: return 0;
  }
  if ((p.min !== undefined && v < p.min) || (p.max !== undefined && v > p.max)) return fail(extack, nla, 'integer out of range', ERANGE, p);
  if (p.mask !== undefined && ((v >>> 0) & ~p.mask) !== 0) return fail(extack, nla, 'reserved bit set', EINVAL);
  return 0;
}

function validateNla(p: NlaPolicy | undefined, view: DataView, nla: number, validate: number, extack: Extack | null, depth: number): number {
  if (p === undefined) {
    return (validate & NL_VALIDATE_UNSPEC) !== 0 ? fail(extack, nla, 'Unsupported attribute', EINVAL) : 0;
  }
  const len = nlaLen(view, nla);
  const type = p.type;
  const bad = 'Attribute failed policy validation';
  const flags = nlaFlags(view, nla);
  if ((validate & NL_VALIDATE_NESTED) !== 0) {
    const isNest = type === NLA_NESTED || type === NLA_NESTED_ARRAY;
    if (isNest && (flags & NLA_F_NESTED) === 0) return fail(extack, nla, 'NLA_F_NESTED is missing', EINVAL, p);
    if (!isNest && type !== NLA_UNSPEC && (flags & NLA_F_NESTED) !== 0) return fail(extack, nla, 'NLA_F_NESTED not expected', EINVAL, p);
  }
  const least = LENGTH[type] ?? 0;
  if ((validate & NL_VALIDATE_STRICT_ATTRS) !== 0 && least !== 0 && type !== NLA_MSECS && len !== least) return fail(extack, nla, 'invalid attribute length', EINVAL, p);
  switch (type) {
    case NLA_REJECT:
      return fail(extack, nla, p.rejectMessage ?? bad, EINVAL);
    case NLA_FLAG:
      if (len > 0) return fail(extack, nla, bad, ERANGE, p);
      break;
    case NLA_UINT:
    case NLA_SINT:
      if (len !== 4 && len !== 8) return fail(extack, nla, bad, ERANGE, p);
      break;
    case NLA_BITFIELD32: {
      if (len !== 8) return fail(extack, nla, bad, ERANGE, p);
      const value = view.getUint32(nla + 4, true);
      const selector = view.getUint32(nla + 8, true);
      const valid = p.mask ?? 0xffffffff;
      if ((value & ~valid) !== 0 || (selector & ~valid) !== 0 || (value & ~selector) !== 0) return fail(extack, nla, bad, EINVAL, p);
      break;
    }
    case NLA_NUL_STRING: {
      const most = p.len === undefined ? len : Math.min(len, p.len + 1);
      let i = 0;
      while (i < most && view.getUint8(nla + 4 + i) !== 0) i++;
      if (i === most) return fail(extack, nla, bad, EINVAL, p);
      if (p.len !== undefined && len > p.len + 1) return fail(extack, nla, bad, ERANGE, p);
      break;
    }
    case NLA_STRING: {
      if (len < 1) return fail(extack, nla, bad, ERANGE, p);
      if (p.len !== undefined) {
        const text = view.getUint8(nla + 4 + len - 1) === 0 ? len - 1 : len;
        if (text > p.len) return fail(extack, nla, bad, ERANGE, p);
      }
      break;
    }
    case NLA_BINARY:
      if (p.exact === true && len !== p.len) return fail(extack, nla, 'binary attribute size out of range', ERANGE, p);
      if (p.len !== undefined && p.len > 0 && len > p.len) return fail(extack, nla, bad, ERANGE, p);
      break;
    case NLA_NESTED:
      // An empty nest is fine; one with half an attribute is not.
      if (len === 0) break;
      if (len < 4) return fail(extack, nla, bad, ERANGE, p);
      if (p.nested !== undefined) return nlaValidate(view, nla + 4, len, p.nested, validate, extack, depth + 1);
      break;
    case NLA_NESTED_ARRAY:
      if (len === 0) break;
      if (len < 4) return fail(extack, nla, bad, ERANGE, p);
      if (p.nested !== undefined) return validateArray(view, nla + 4, len, p.nested, validate, extack, depth);
      break;
    case NLA_UNSPEC:
      if ((validate & NL_VALIDATE_UNSPEC) !== 0 && p.len === undefined) return fail(extack, nla, 'Unsupported attribute', EINVAL);
      if (len < (p.len ?? 0)) return fail(extack, nla, bad, ERANGE, p);
      break;
    default:
      if (len < least) return fail(extack, nla, bad, ERANGE, p);
  }
  const err = checkRange(p, view, nla, len, extack);
  if (err !== 0) return err;
  return p.validate === undefined ? 0 : p.validate(view, nla, extack);
}

function validateArray(view: DataView, off: number, len: number, table: NlaPolicyTable, validate: number, extack: Extack | null, depth: number): number {
  const end = off + len;
  for (; nlaOk(view, off, end - off); off = nlaNext(view, off)) {
    const inner = nlaLen(view, off);
    if (inner === 0) continue;
    if (inner < 4) return fail(extack, off, 'Array element too short', ERANGE);
    const err = nlaValidate(view, off + 4, inner, table, validate, extack, depth + 2);
    if (err !== 0) return err;
  }
  return 0;
}

/**
 * Checks the attributes in `len` bytes at `off` and, with a table, indexes them: `tb[type]` is the offset of the last one of that type, 0 where there is none
 * (nla_parse). `policy` null checks only the form. Returns 0, -EINVAL or -ERANGE, and says why in `extack`.
 * @alpha
 */
export function nlaParsePolicy(
  view: DataView, off: number, len: number, tb: Int32Array | null, maxtype: number, policy: NlaPolicyTable | null, validate: number, extack: Extack | null, depth: number = 0,
): number {
  if (depth >= MAX_DEPTH) {
    nlSetErrMsg(extack, 'allowed policy recursion depth exceeded');
    return -EINVAL;
  }
  tb?.fill(0);
  const end = off + len;
  let at = off;
  while (nlaOk(view, at, end - at)) {
    const type = nlaType(view, at);
    if (type === 0 || type > maxtype) {
      if ((validate & NL_VALIDATE_MAXTYPE) !== 0) return fail(extack, at, 'Unknown attribute type', EINVAL);
      at = nlaNext(view, at);
      continue;
    }
    if (policy !== null) {
      const v = policy.strictStart !== undefined && type >= policy.strictStart ? NL_VALIDATE_STRICT : validate;
      const err = validateNla(policy.rules[type], view, at, v, extack, depth);
      if (err !== 0) return err;
    }
    if (tb !== null) tb[type] = at;
    at = nlaNext(view, at);
  }
  if (at < end) {
    // Worth a warning even where it is no error.
    nlSetErrMsg(extack, 'bytes leftover after parsing attributes');
    if ((validate & NL_VALIDATE_TRAILING) !== 0) return -EINVAL;
  }
  return 0;
}

/** {@link nlaParsePolicy} without a table (nla_validate). @alpha */
export function nlaValidate(
  view: DataView, off: number, len: number, policy: NlaPolicyTable, validate: number, extack: Extack | null, depth: number = 0,
): number {
  return nlaParsePolicy(view, off, len, null, policy.maxtype, policy, validate, extack, depth);
}

/**
 * Checks and indexes the attributes of a request behind a fixed struct of `hdrlen` bytes (nlmsg_parse). `tb` has `maxtype + 1` elements.
 * @alpha
 */
export function nlmsgParse(req: NlRequest, hdrlen: number, tb: Int32Array, policy: NlaPolicyTable | null, validate: number): number {
  if (req.len < NLMSG_HDRLEN + hdrlen) {
    nlSetErrMsg(req.extack, 'Invalid header length');
    return -EINVAL;
  }
  const off = Math.min(req.data + ((hdrlen + 3) & ~3), req.end);
  return nlaParsePolicy(req.view, off, req.end - off, tb, tb.length - 1, policy, validate, req.extack);
}

/** Checks and indexes what is inside the attribute at `nla` of a request (nla_parse_nested). @alpha */
export function nlaParseNestedPolicy(req: NlRequest, nla: number, tb: Int32Array, policy: NlaPolicyTable | null, validate: number): number {
  if ((validate & NL_VALIDATE_NESTED) !== 0 && (nlaFlags(req.view, nla) & NLA_F_NESTED) === 0) {
    return fail(req.extack, nla, 'NLA_F_NESTED is missing', EINVAL);
  }
  return nlaParsePolicy(req.view, nla + 4, nlaLen(req.view, nla), tb, tb.length - 1, policy, validate, req.extack);
}
