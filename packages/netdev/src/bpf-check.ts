/** Which classic BPF programs are accepted (bpf_check_classic): asked of a real kernel instruction by instruction. */
import { EINVAL } from '@linnet/kernel';
import {
  BPF_A, BPF_ABS, BPF_ADD, BPF_ALU, BPF_AND, BPF_B, BPF_DIV, BPF_H, BPF_IMM, BPF_IND, BPF_JA, BPF_JEQ, BPF_JGE, BPF_JGT, BPF_JMP, BPF_JSET, BPF_K, BPF_LD, BPF_LDX,
  BPF_LEN, BPF_LSH, BPF_MAXINSNS, BPF_MEM, BPF_MEMWORDS, BPF_MISC, BPF_MOD, BPF_MSH, BPF_MUL, BPF_NEG, BPF_OR, BPF_RET, BPF_RSH, BPF_ST, BPF_STX, BPF_SUB, BPF_TAX,
  BPF_TXA, BPF_W, BPF_X, BPF_XOR, SKF_AD_MAX, SKF_AD_OFF,
} from '@linnet/uapi';
import type { BpfInsn } from './bpf.ts';

const ALLOWED: ReadonlySet<number> = new Set<number>([
  ...[BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_MOD, BPF_AND, BPF_OR, BPF_XOR, BPF_LSH, BPF_RSH].flatMap((op) => [BPF_ALU | op | BPF_K, BPF_ALU | op | BPF_X]),
  BPF_ALU | BPF_NEG,
  ...[BPF_W, BPF_H, BPF_B].flatMap((size) => [BPF_LD | size | BPF_ABS, BPF_LD | size | BPF_IND]),
  BPF_LD | BPF_W | BPF_LEN, BPF_LD | BPF_IMM, BPF_LD | BPF_MEM,
  BPF_LDX | BPF_W | BPF_LEN, BPF_LDX | BPF_IMM, BPF_LDX | BPF_MEM, BPF_LDX | BPF_B | BPF_MSH,
  BPF_ST, BPF_STX,
  BPF_MISC | BPF_TAX, BPF_MISC | BPF_TXA,
  BPF_RET | BPF_K, BPF_RET | BPF_A,
  BPF_JMP | BPF_JA,
  ...[BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET].flatMap((op) => [BPF_JMP | op | BPF_K, BPF_JMP | op | BPF_X]),
]);

/** Is this a load of an ancillary value (SKF_AD_*)? `k` as int32. */
export function bpfIsAncillary(k: number): boolean {
  return k >= SKF_AD_OFF && k < SKF_AD_OFF + SKF_AD_MAX && (k & 3) === 0;
}

/** Are one instruction's operands good where it stands? */
function insnOk(f: BpfInsn, pc: number, len: number): boolean {
  const k = f.k >>> 0;
  switch (f.code) {
    case BPF_ALU | BPF_DIV | BPF_K:
    case BPF_ALU | BPF_MOD | BPF_K:
      return k !== 0;
    case BPF_ALU | BPF_LSH | BPF_K:
    case BPF_ALU | BPF_RSH | BPF_K:
      return k < 32;
    case BPF_LD | BPF_MEM:
    case BPF_LDX | BPF_MEM:
    case BPF_ST:
    case BPF_STX:
      return k < BPF_MEMWORDS;
    case BPF_JMP | BPF_JA:
      return k < len - pc - 1;
    case BPF_LD | BPF_W | BPF_ABS:
    case BPF_LD | BPF_H | BPF_ABS:
    case BPF_LD | BPF_B | BPF_ABS:
      return (f.k | 0) >= 0 || (f.k | 0) < SKF_AD_OFF || bpfIsAncillary(f.k | 0);
    default:
      if ((f.code & 7) !== BPF_JMP) return true;
      return pc + f.jt + 1 < len && pc + f.jf + 1 < len;
  }
}

/** Is each word of M written on all ways to where it is read? Ways only lead forward, so one pass with the meet of all ways into a place is enough. */
function memoryOk(insns: readonly BpfInsn[]): boolean {
  const len = insns.length;
  const known = new Uint16Array(len).fill(0xffff);
  let valid = 0;
  for (let pc = 0; pc < len; pc++) {
    valid &= known[pc]!;
    const { code, jt, jf, k } = insns[pc]!;
    const to = (target: number): void => {
      known[target] = known[target]! & valid;
    };
    if (code === BPF_ST || code === BPF_STX) valid |= 1 << k;
    else if (code === (BPF_LD | BPF_MEM) || code === (BPF_LDX | BPF_MEM)) {
      if ((valid & (1 << k)) === 0) return false;
    } else if ((code & 7) === BPF_JMP) {
      if (code === (BPF_JMP | BPF_JA)) to(pc + 1 + k);
      else {
        to(pc + 1 + jt);
        to(pc + 1 + jf);
      }
      valid = 0xffff;
    }
  }
  return true;
}

/**
 * 0 for a program that Linux accepts, else -EINVAL (bpf_check_classic): 1 to 4096 instructions, all of them known, jumps within the program, no division by a constant zero, no shift by
 * 32 or more, no word of memory read that may not be written, a return at the end.
 * @alpha
 */
export function bpfCheckClassic(insns: readonly BpfInsn[]): number {
  const len = insns.length;
  if (len === 0 || len > BPF_MAXINSNS) return -EINVAL;
  for (let pc = 0; pc < len; pc++) {
    const f = insns[pc]!;
    if (!ALLOWED.has(f.code) || !insnOk(f, pc, len)) return -EINVAL;
  }
  const last = insns[len - 1]!.code;
  if (last !== (BPF_RET | BPF_K) && last !== (BPF_RET | BPF_A)) return -EINVAL;
  return memoryOk(insns) ? 0 : -EINVAL;
}
