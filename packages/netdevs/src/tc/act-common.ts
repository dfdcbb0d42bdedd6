/** What the actions' `init` share. */
// datapath-ok-file: requests
import { EINVAL } from '@linnet/kernel';
import { NL_VALIDATE_LIBERAL, nlaParseNestedPolicy, type NlaPolicyTable } from '@linnet/netlink';
import { nlaLen } from '@linnet/uapi';
import type { TcActInit } from './tc-types.ts';

/** Bytes of struct tc_gen: index, capab, action, refcnt, bindcnt. */
export const TC_GEN_LEN = 20;

/** The attributes of an action's options; a negative errno without them, or without `parms` of at least `len` bytes. */
export function actParse(p: TcActInit, nla: number, policy: NlaPolicyTable, parms: number, len: number): Int32Array | number {
  if (nla === 0) return -EINVAL;
  const tb = new Int32Array(policy.maxtype + 1);
  const err = nlaParseNestedPolicy(p.req, nla, tb, policy, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  return tb[parms] === 0 || nlaLen(p.req.view, tb[parms]!) < len ? -EINVAL : tb;
}

/** Index and verdict of struct tc_gen. */
export function tcGen(p: TcActInit, nla: number): { index: number; action: number } {
  return { index: p.req.view.getUint32(nla + 4, true), action: p.req.view.getInt32(nla + 12, true) };
}
