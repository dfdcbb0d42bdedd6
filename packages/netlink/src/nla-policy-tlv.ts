/** A rule of a policy as attributes: what an acknowledgement says of the attribute that broke it (netlink_policy_dump_attr). */
import {
  NL_ATTR_TYPE_BINARY, NL_ATTR_TYPE_BITFIELD32, NL_ATTR_TYPE_FLAG, NL_ATTR_TYPE_INVALID, NL_ATTR_TYPE_NESTED, NL_ATTR_TYPE_NESTED_ARRAY, NL_ATTR_TYPE_NUL_STRING,
  NL_ATTR_TYPE_S16, NL_ATTR_TYPE_S32, NL_ATTR_TYPE_S64, NL_ATTR_TYPE_S8, NL_ATTR_TYPE_SINT, NL_ATTR_TYPE_STRING, NL_ATTR_TYPE_U16, NL_ATTR_TYPE_U32, NL_ATTR_TYPE_U64,
  NL_ATTR_TYPE_U8, NL_ATTR_TYPE_UINT, NL_POLICY_TYPE_ATTR_BITFIELD32_MASK, NL_POLICY_TYPE_ATTR_MASK, NL_POLICY_TYPE_ATTR_MAX_LENGTH, NL_POLICY_TYPE_ATTR_MAX_VALUE_S,
  NL_POLICY_TYPE_ATTR_MAX_VALUE_U, NL_POLICY_TYPE_ATTR_MIN_LENGTH, NL_POLICY_TYPE_ATTR_MIN_VALUE_S, NL_POLICY_TYPE_ATTR_MIN_VALUE_U, NL_POLICY_TYPE_ATTR_POLICY_IDX,
  NL_POLICY_TYPE_ATTR_POLICY_MAXTYPE, NL_POLICY_TYPE_ATTR_TYPE, NLMSGERR_ATTR_POLICY,
  type NlWriter,
} from '@linnet/uapi';
import {
  NLA_BE16, NLA_BE32, NLA_BINARY, NLA_BITFIELD32, NLA_FLAG, NLA_MSECS, NLA_NESTED, NLA_NESTED_ARRAY, NLA_NUL_STRING, NLA_S16, NLA_S32, NLA_S64, NLA_S8, NLA_SINT,
  NLA_STRING, NLA_U16, NLA_U32, NLA_U64, NLA_U8, NLA_UINT, type NlaPolicy, type NlaPolicyTable,
} from './nla-policy.ts';

/** NLA_* to NL_ATTR_TYPE_*; what is missing has no description. */
const TYPES: ReadonlyMap<number, number> = new Map([
  [NLA_FLAG, NL_ATTR_TYPE_FLAG], [NLA_U8, NL_ATTR_TYPE_U8], [NLA_U16, NL_ATTR_TYPE_U16], [NLA_BE16, NL_ATTR_TYPE_U16], [NLA_U32, NL_ATTR_TYPE_U32],
  [NLA_BE32, NL_ATTR_TYPE_U32], [NLA_U64, NL_ATTR_TYPE_U64], [NLA_MSECS, NL_ATTR_TYPE_U64], [NLA_S8, NL_ATTR_TYPE_S8], [NLA_S16, NL_ATTR_TYPE_S16],
  [NLA_S32, NL_ATTR_TYPE_S32], [NLA_S64, NL_ATTR_TYPE_S64], [NLA_BINARY, NL_ATTR_TYPE_BINARY], [NLA_STRING, NL_ATTR_TYPE_STRING],
  [NLA_NUL_STRING, NL_ATTR_TYPE_NUL_STRING], [NLA_NESTED, NL_ATTR_TYPE_NESTED], [NLA_NESTED_ARRAY, NL_ATTR_TYPE_NESTED_ARRAY],
  [NLA_BITFIELD32, NL_ATTR_TYPE_BITFIELD32], [NLA_SINT, NL_ATTR_TYPE_SINT], [NLA_UINT, NL_ATTR_TYPE_UINT],
]);

const U64_MAX = 0xffff_ffff_ffff_ffffn;
const S64_MAX = 0x7fff_ffff_ffff_ffffn;

/** The range that a number type has by itself. */
function range(type: number): readonly [bigint, bigint, boolean] {
  switch (type) {
    case NLA_U8: return [0n, 0xffn, false];
    case NLA_U16: case NLA_BE16: return [0n, 0xffffn, false];
    case NLA_U32: case NLA_BE32: return [0n, 0xffffffffn, false];
    case NLA_U64: case NLA_MSECS: case NLA_UINT: return [0n, U64_MAX, false];
    case NLA_S8: return [-0x80n, 0x7fn, true];
    case NLA_S16: return [-0x8000n, 0x7fffn, true];
    case NLA_S32: return [-0x8000_0000n, 0x7fff_ffffn, true];
    default: return [-S64_MAX - 1n, S64_MAX, true];
  }
}

function put64(w: NlWriter, type: number, v: bigint): void {
  const off = w.reserveAttr(type, 8);
  w.view.setBigUint64(off, BigInt.asUintN(64, v), true);
}

/** Can a rule be described? Those that refuse or say nothing cannot. */
export function policyDescribed(p: NlaPolicy): boolean {
  return TYPES.has(p.type);
}

/** Writes NLMSGERR_ATTR_POLICY for a rule; nothing for a rule that cannot be described. */
export function putPolicy(w: NlWriter, p: NlaPolicy): void {
  putPolicyRule(w, p, NLMSGERR_ATTR_POLICY, null);
}

/** Writes a rule as a nest of type `attr`. `index` gives the number of a nested policy, or null where such numbers mean nothing. */
export function putPolicyRule(w: NlWriter, p: NlaPolicy, attr: number, index: ((t: NlaPolicyTable) => number) | null): void {
  const type = TYPES.get(p.type) ?? NL_ATTR_TYPE_INVALID;
  if (type === NL_ATTR_TYPE_INVALID) return;
  w.nestStart(attr);
  switch (p.type) {
    case NLA_FLAG:
      break;
    case NLA_NESTED: case NLA_NESTED_ARRAY:
      if (p.nested !== undefined && index !== null) {
        w.putU32(NL_POLICY_TYPE_ATTR_POLICY_IDX, index(p.nested));
        w.putU32(NL_POLICY_TYPE_ATTR_POLICY_MAXTYPE, p.nested.maxtype);
      }
      break;
    case NLA_BITFIELD32:
      w.putU32(NL_POLICY_TYPE_ATTR_BITFIELD32_MASK, p.mask ?? 0xffffffff);
      break;
    case NLA_STRING: case NLA_NUL_STRING: case NLA_BINARY:
      if (p.exact === true) {
        w.putU32(NL_POLICY_TYPE_ATTR_MIN_LENGTH, p.len ?? 0);
        w.putU32(NL_POLICY_TYPE_ATTR_MAX_LENGTH, p.len ?? 0);
        break;
      }
      if (p.min !== undefined) w.putU32(NL_POLICY_TYPE_ATTR_MIN_LENGTH, p.min);
      if (p.len !== undefined) w.putU32(NL_POLICY_TYPE_ATTR_MAX_LENGTH, p.len);
      break;
    default: {
      if (p.mask !== undefined) {
        put64(w, NL_POLICY_TYPE_ATTR_MASK, BigInt(p.mask));
        break;
      }
      const [min, max, signed] = range(p.type);
      put64(w, signed ? NL_POLICY_TYPE_ATTR_MIN_VALUE_S : NL_POLICY_TYPE_ATTR_MIN_VALUE_U, p.min === undefined ? min : BigInt(p.min));
      put64(w, signed ? NL_POLICY_TYPE_ATTR_MAX_VALUE_S : NL_POLICY_TYPE_ATTR_MAX_VALUE_U, p.max === undefined ? max : BigInt(p.max));
    }
  }
  w.putU32(NL_POLICY_TYPE_ATTR_TYPE, type);
  w.nestEnd();
}
