/** The interpreter of classic BPF: one instruction after the other, as the paper has it. */
import type { Skb } from '@linnet/skbuff';
import {
  BPF_A, BPF_ABS, BPF_ADD, BPF_ALU, BPF_AND, BPF_B, BPF_DIV, BPF_H, BPF_IMM, BPF_IND, BPF_JA, BPF_JEQ, BPF_JGE, BPF_JGT, BPF_JMP, BPF_JSET, BPF_K, BPF_LD, BPF_LDX,
  BPF_LEN, BPF_LSH, BPF_MEM, BPF_MISC, BPF_MOD, BPF_MSH, BPF_MUL, BPF_NEG, BPF_OR, BPF_RET, BPF_RSH, BPF_ST, BPF_STX, BPF_SUB, BPF_TAX, BPF_TXA, BPF_W, BPF_X, BPF_XOR,
  SKF_AD_OFF,
} from '@linnet/uapi';
import type { BpfProg } from './bpf.ts';
import { bpfAncillary, bpfLoad } from './bpf-load.ts';

/**
 * Runs a program on a packet: how many bytes of it to keep, 0 to drop it (unsigned). A load outside of the packet and a division by zero end it with 0. Neither changes nor frees the skb.
 * @alpha
 */
export function bpfRunInterp(prog: BpfProg, skb: Skb): number {
  const { code, k: ks, jt, jf, mem, len } = prog;
  prog.failed = false;
  let a = 0;
  let x = 0;
  for (let pc = 0; pc < len; pc++) {
    const k = ks[pc]!;
    switch (code[pc]) {
      case BPF_LD | BPF_W | BPF_ABS:
        a = k < 0 && k >= SKF_AD_OFF ? bpfAncillary(prog, skb, k, a, x) : bpfLoad(prog, skb, k, 4);
        if (prog.failed) return a >>> 0;
        break;
      case BPF_LD | BPF_H | BPF_ABS:
        a = k < 0 && k >= SKF_AD_OFF ? bpfAncillary(prog, skb, k, a, x) : bpfLoad(prog, skb, k, 2);
        if (prog.failed) return a >>> 0;
        break;
      case BPF_LD | BPF_B | BPF_ABS:
        a = k < 0 && k >= SKF_AD_OFF ? bpfAncillary(prog, skb, k, a, x) : bpfLoad(prog, skb, k, 1);
        if (prog.failed) return a >>> 0;
        break;
      case BPF_LD | BPF_W | BPF_IND:
        a = bpfLoad(prog, skb, (x + k) | 0, 4);
        if (prog.failed) return 0;
        break;
      case BPF_LD | BPF_H | BPF_IND:
        a = bpfLoad(prog, skb, (x + k) | 0, 2);
        if (prog.failed) return 0;
        break;
      case BPF_LD | BPF_B | BPF_IND:
        a = bpfLoad(prog, skb, (x + k) | 0, 1);
        if (prog.failed) return 0;
        break;
      case BPF_LD | BPF_W | BPF_LEN:
        a = skb.len;
        break;
      case BPF_LDX | BPF_W | BPF_LEN:
        x = skb.len;
        break;
      case BPF_LD | BPF_IMM:
        a = k;
        break;
      case BPF_LDX | BPF_IMM:
        x = k;
        break;
      case BPF_LD | BPF_MEM:
        a = mem[k]!;
        break;
      case BPF_LDX | BPF_MEM:
        x = mem[k]!;
        break;
      case BPF_LDX | BPF_B | BPF_MSH:
        x = (bpfLoad(prog, skb, k, 1) & 0xf) << 2;
        if (prog.failed) return 0;
        break;
      case BPF_ST:
        mem[k] = a;
        break;
      case BPF_STX:
        mem[k] = x;
        break;
      case BPF_ALU | BPF_ADD | BPF_K:
        a = (a + k) | 0;
        break;
      case BPF_ALU | BPF_ADD | BPF_X:
        a = (a + x) | 0;
        break;
      case BPF_ALU | BPF_SUB | BPF_K:
        a = (a - k) | 0;
        break;
      case BPF_ALU | BPF_SUB | BPF_X:
        a = (a - x) | 0;
        break;
      case BPF_ALU | BPF_MUL | BPF_K:
        a = Math.imul(a, k);
        break;
      case BPF_ALU | BPF_MUL | BPF_X:
        a = Math.imul(a, x);
        break;
      case BPF_ALU | BPF_DIV | BPF_K:
        a = ((a >>> 0) / (k >>> 0)) | 0;
        break;
      case BPF_ALU | BPF_DIV | BPF_X:
        if (x === 0) return 0;
        a = ((a >>> 0) / (x >>> 0)) | 0;
        break;
      case BPF_ALU | BPF_MOD | BPF_K:
        a = ((a >>> 0) % (k >>> 0)) | 0;
        break;
      case BPF_ALU | BPF_MOD | BPF_X:
        if (x === 0) return 0;
        a = ((a >>> 0) % (x >>> 0)) | 0;
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        a &= k;
        break;
      case BPF_ALU | BPF_AND | BPF_X:
        a &= x;
        break;
      case BPF_ALU | BPF_OR | BPF_K:
        a |= k;
        break;
      case BPF_ALU | BPF_OR | BPF_X:
        a |= x;
        break;
      case BPF_ALU | BPF_XOR | BPF_K:
        a ^= k;
        break;
      case BPF_ALU | BPF_XOR | BPF_X:
        a ^= x;
        break;
      // A shift by X counts its low five bits, as the processor's do.
      case BPF_ALU | BPF_LSH | BPF_K:
        a <<= k;
        break;
      case BPF_ALU | BPF_LSH | BPF_X:
        a <<= x;
        break;
      case BPF_ALU | BPF_RSH | BPF_K:
        a = (a >>> k) | 0;
        break;
      case BPF_ALU | BPF_RSH | BPF_X:
        a = (a >>> x) | 0;
        break;
      case BPF_ALU | BPF_NEG:
        a = -a | 0;
        break;
      case BPF_JMP | BPF_JA:
        pc += k;
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        pc += a === k ? jt[pc]! : jf[pc]!;
        break;
      case BPF_JMP | BPF_JEQ | BPF_X:
        pc += a === x ? jt[pc]! : jf[pc]!;
        break;
      case BPF_JMP | BPF_JGT | BPF_K:
        pc += a >>> 0 > k >>> 0 ? jt[pc]! : jf[pc]!;
        break;
      case BPF_JMP | BPF_JGT | BPF_X:
        pc += a >>> 0 > x >>> 0 ? jt[pc]! : jf[pc]!;
        break;
      case BPF_JMP | BPF_JGE | BPF_K:
        pc += a >>> 0 >= k >>> 0 ? jt[pc]! : jf[pc]!;
        break;
      case BPF_JMP | BPF_JGE | BPF_X:
        pc += a >>> 0 >= x >>> 0 ? jt[pc]! : jf[pc]!;
        break;
      case BPF_JMP | BPF_JSET | BPF_K:
        pc += (a & k) !== 0 ? jt[pc]! : jf[pc]!;
        break;
      case BPF_JMP | BPF_JSET | BPF_X:
        pc += (a & x) !== 0 ? jt[pc]! : jf[pc]!;
        break;
      case BPF_MISC | BPF_TAX:
        x = a;
        break;
      case BPF_MISC | BPF_TXA:
        a = x;
        break;
      case BPF_RET | BPF_K:
        return k >>> 0;
      case BPF_RET | BPF_A:
        return a >>> 0;
      default:
        return 0; // the checker lets nothing else pass
    }
  }
  return 0;
}
