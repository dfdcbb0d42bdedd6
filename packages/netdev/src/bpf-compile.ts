/**
 * Classic BPF, compiled: each instruction becomes a closure that calls the next one. No source text is made and evaluated, so pages with a strict content security policy run it too.
 *
 * The accumulator is an argument, so it stays in a register; jumps are calls of one of two closures that were chosen when the program was compiled. A load and the comparison of what it
 * loaded, which is nearly all that real filters do, are one closure. Jumps only lead forward, so the calls nest at most as deep as the longest way is; every {@link DEPTH} steps a way is
 * cut: the step there is left in `prog.resume`, and {@link bpfRun} calls it.
 */
import type { Skb } from '@linnet/skbuff';
import {
  BPF_ABS, BPF_ADD, BPF_ALU, BPF_AND, BPF_B, BPF_DIV, BPF_H, BPF_IMM, BPF_IND, BPF_JA, BPF_JEQ, BPF_JGE, BPF_JGT, BPF_JMP, BPF_JSET, BPF_K, BPF_LD, BPF_LDX, BPF_LEN, BPF_LSH, BPF_MEM,
  BPF_MISC, BPF_MOD, BPF_MSH, BPF_MUL, BPF_NEG, BPF_OR, BPF_RET, BPF_RSH, BPF_ST, BPF_STX, BPF_SUB, BPF_TAX, BPF_TXA, BPF_W, BPF_X, BPF_XOR, SKF_AD_OFF,
} from '@linnet/uapi';
import type { BpfProg, BpfStep } from './bpf.ts';
import { bpfAncillary, bpfLoad } from './bpf-load.ts';

/** Calls nest no deeper: a packet may be filtered deep inside of the stack. */
const DEPTH = 128;

const fail: BpfStep = () => 0;

/** A load of `size` bytes at the constant offset `k`, then `next`. */
function loadAbs(k: number, size: number, next: BpfStep): BpfStep {
  if (k >= SKF_AD_OFF && k < 0) {
    return (p, skb, a) => {
      const v = bpfAncillary(p, skb, k, a, p.x);
      return p.failed ? v : next(p, skb, v);
    };
  }
  const slow: BpfStep = (p, skb) => {
    const v = bpfLoad(p, skb, k, size);
    return p.failed ? 0 : next(p, skb, v);
  };
  if (k < 0) return slow;
  const end = k + size;
  switch (size) {
    case 1:
      return (p, skb, a) => (end <= skb.len - skb.dataLen ? next(p, skb, skb.u8[skb.data + k]!) : slow(p, skb, a));
    case 2:
      return (p, skb, a) => (end <= skb.len - skb.dataLen ? next(p, skb, skb.view.getUint16(skb.data + k)) : slow(p, skb, a));
    default:
      return (p, skb, a) => (end <= skb.len - skb.dataLen ? next(p, skb, skb.view.getInt32(skb.data + k)) : slow(p, skb, a));
  }
}

/** The same at X + `k`. */
function loadInd(k: number, size: number, next: BpfStep): BpfStep {
  return (p, skb) => {
    const off = (p.x + k) | 0;
    if (off >= 0 && off + size <= skb.len - skb.dataLen) {
      const at = skb.data + off;
      if (size === 2) return next(p, skb, skb.view.getUint16(at));
      return next(p, skb, size === 1 ? skb.u8[at]! : skb.view.getInt32(at));
    }
    const v = bpfLoad(p, skb, off, size);
    return p.failed ? 0 : next(p, skb, v);
  };
}

/** Loads at `k` and compares with `want` in one step; `slow` does the two apart. */
function loadJeq(k: number, size: number, want: number, t: BpfStep, f: BpfStep, slow: BpfStep): BpfStep {
  const end = k + size;
  switch (size) {
    case 1:
      return (p, skb, a) => {
        if (end > skb.len - skb.dataLen) return slow(p, skb, a);
        const v = skb.u8[skb.data + k]!;
        return v === want ? t(p, skb, v) : f(p, skb, v);
      };
    case 2:
      return (p, skb, a) => {
        if (end > skb.len - skb.dataLen) return slow(p, skb, a);
        const v = skb.view.getUint16(skb.data + k);
        return v === want ? t(p, skb, v) : f(p, skb, v);
      };
    default:
      return (p, skb, a) => {
        if (end > skb.len - skb.dataLen) return slow(p, skb, a);
        const v = skb.view.getInt32(skb.data + k);
        return v === want ? t(p, skb, v) : f(p, skb, v);
      };
  }
}

function jump(code: number, k: number, t: BpfStep, f: BpfStep): BpfStep {
  const u = k >>> 0;
  switch (code) {
    case BPF_JMP | BPF_JEQ | BPF_K:
      return (p, skb, a) => (a === k ? t(p, skb, a) : f(p, skb, a));
    case BPF_JMP | BPF_JEQ | BPF_X:
      return (p, skb, a) => (a === p.x ? t(p, skb, a) : f(p, skb, a));
    case BPF_JMP | BPF_JGT | BPF_K:
      return (p, skb, a) => (a >>> 0 > u ? t(p, skb, a) : f(p, skb, a));
    case BPF_JMP | BPF_JGT | BPF_X:
      return (p, skb, a) => (a >>> 0 > p.x >>> 0 ? t(p, skb, a) : f(p, skb, a));
    case BPF_JMP | BPF_JGE | BPF_K:
      return (p, skb, a) => (a >>> 0 >= u ? t(p, skb, a) : f(p, skb, a));
    case BPF_JMP | BPF_JGE | BPF_X:
      return (p, skb, a) => (a >>> 0 >= p.x >>> 0 ? t(p, skb, a) : f(p, skb, a));
    case BPF_JMP | BPF_JSET | BPF_K:
      return (p, skb, a) => ((a & k) !== 0 ? t(p, skb, a) : f(p, skb, a));
    case BPF_JMP | BPF_JSET | BPF_X:
      return (p, skb, a) => ((a & p.x) !== 0 ? t(p, skb, a) : f(p, skb, a));
    default:
      return fail;
  }
}

function alu(code: number, k: number, next: BpfStep): BpfStep {
  const u = k >>> 0;
  switch (code) {
    case BPF_ALU | BPF_ADD | BPF_K:
      return (p, skb, a) => next(p, skb, (a + k) | 0);
    case BPF_ALU | BPF_ADD | BPF_X:
      return (p, skb, a) => next(p, skb, (a + p.x) | 0);
    case BPF_ALU | BPF_SUB | BPF_K:
      return (p, skb, a) => next(p, skb, (a - k) | 0);
    case BPF_ALU | BPF_SUB | BPF_X:
      return (p, skb, a) => next(p, skb, (a - p.x) | 0);
    case BPF_ALU | BPF_MUL | BPF_K:
      return (p, skb, a) => next(p, skb, Math.imul(a, k));
    case BPF_ALU | BPF_MUL | BPF_X:
      return (p, skb, a) => next(p, skb, Math.imul(a, p.x));
    case BPF_ALU | BPF_DIV | BPF_K:
      return (p, skb, a) => next(p, skb, ((a >>> 0) / u) | 0);
    case BPF_ALU | BPF_DIV | BPF_X:
      return (p, skb, a) => (p.x === 0 ? 0 : next(p, skb, ((a >>> 0) / (p.x >>> 0)) | 0));
    case BPF_ALU | BPF_MOD | BPF_K:
      return (p, skb, a) => next(p, skb, (a >>> 0) % u | 0);
    case BPF_ALU | BPF_MOD | BPF_X:
      return (p, skb, a) => (p.x === 0 ? 0 : next(p, skb, (a >>> 0) % (p.x >>> 0) | 0));
    case BPF_ALU | BPF_AND | BPF_K:
      return (p, skb, a) => next(p, skb, a & k);
    case BPF_ALU | BPF_AND | BPF_X:
      return (p, skb, a) => next(p, skb, a & p.x);
    case BPF_ALU | BPF_OR | BPF_K:
      return (p, skb, a) => next(p, skb, a | k);
    case BPF_ALU | BPF_OR | BPF_X:
      return (p, skb, a) => next(p, skb, a | p.x);
    case BPF_ALU | BPF_XOR | BPF_K:
      return (p, skb, a) => next(p, skb, a ^ k);
    case BPF_ALU | BPF_XOR | BPF_X:
      return (p, skb, a) => next(p, skb, a ^ p.x);
    case BPF_ALU | BPF_LSH | BPF_K:
      return (p, skb, a) => next(p, skb, a << k);
    case BPF_ALU | BPF_LSH | BPF_X:
      return (p, skb, a) => next(p, skb, a << p.x);
    case BPF_ALU | BPF_RSH | BPF_K:
      return (p, skb, a) => next(p, skb, (a >>> k) | 0);
    case BPF_ALU | BPF_RSH | BPF_X:
      return (p, skb, a) => next(p, skb, (a >>> p.x) | 0);
    case BPF_ALU | BPF_NEG:
      return (p, skb, a) => next(p, skb, -a | 0);
    default:
      return fail;
  }
}

/** Whatever neither jumps, calculates nor returns. */
function move(code: number, k: number, next: BpfStep): BpfStep {
  switch (code) {
    case BPF_LD | BPF_W | BPF_ABS:
      return loadAbs(k, 4, next);
    case BPF_LD | BPF_H | BPF_ABS:
      return loadAbs(k, 2, next);
    case BPF_LD | BPF_B | BPF_ABS:
      return loadAbs(k, 1, next);
    case BPF_LD | BPF_W | BPF_IND:
      return loadInd(k, 4, next);
    case BPF_LD | BPF_H | BPF_IND:
      return loadInd(k, 2, next);
    case BPF_LD | BPF_B | BPF_IND:
      return loadInd(k, 1, next);
    case BPF_LD | BPF_W | BPF_LEN:
      return (p, skb) => next(p, skb, skb.len);
    case BPF_LD | BPF_IMM:
      return (p, skb) => next(p, skb, k);
    case BPF_LD | BPF_MEM:
      return (p, skb) => next(p, skb, p.mem[k]!);
    case BPF_LDX | BPF_W | BPF_LEN:
      return (p, skb, a) => {
        p.x = skb.len;
        return next(p, skb, a);
      };
    case BPF_LDX | BPF_IMM:
      return (p, skb, a) => {
        p.x = k;
        return next(p, skb, a);
      };
    case BPF_LDX | BPF_MEM:
      return (p, skb, a) => {
        p.x = p.mem[k]!;
        return next(p, skb, a);
      };
    case BPF_LDX | BPF_B | BPF_MSH:
      return (p, skb, a) => {
        if (k >= 0 && k < skb.len - skb.dataLen) p.x = (skb.u8[skb.data + k]! & 0xf) << 2;
        else {
          p.x = (bpfLoad(p, skb, k, 1) & 0xf) << 2;
          if (p.failed) return 0;
        }
        return next(p, skb, a);
      };
    case BPF_ST:
      return (p, skb, a) => {
        p.mem[k] = a;
        return next(p, skb, a);
      };
    case BPF_STX:
      return (p, skb, a) => {
        p.mem[k] = p.x;
        return next(p, skb, a);
      };
    case BPF_MISC | BPF_TAX:
      return (p, skb, a) => {
        p.x = a;
        return next(p, skb, a);
      };
    case BPF_MISC | BPF_TXA:
      return (p, skb) => next(p, skb, p.x);
    default:
      return fail;
  }
}

const SIZES: ReadonlyMap<number, number> = new Map([[BPF_LD | BPF_W | BPF_ABS, 4], [BPF_LD | BPF_H | BPF_ABS, 2], [BPF_LD | BPF_B | BPF_ABS, 1]]);

/** Leaves the step to {@link bpfRun}. */
function cut(step: BpfStep): BpfStep {
  return (p, _skb, a) => {
    p.a = a;
    p.resume = step;
    return 0;
  };
}

/** Compiles a program: fills in `prog.func`. @alpha */
export function bpfCompile(prog: BpfProg): void {
  const { code, k: ks, jt, jf, len } = prog;
  const steps: BpfStep[] = new Array<BpfStep>(len).fill(fail);
  /** How deep the calls from a step on nest. */
  const depth = new Uint16Array(len);
  // From the end, as each step holds those behind it. A step that others call is cut off when it is too deep itself.
  const called = (pc: number): BpfStep => steps[pc] ?? fail;
  for (let pc = len - 1; pc >= 0; pc--) {
    const c = code[pc]!;
    const k = ks[pc]!;
    const kind = c & 7;
    let step: BpfStep;
    let d = 0;
    if (kind === BPF_RET) step = c === (BPF_RET | BPF_K) ? () => k : (_p, _skb, a) => a;
    else if (c === (BPF_JMP | BPF_JA)) {
      step = called(pc + 1 + k);
      d = depth[pc + 1 + k]!;
    } else if (kind === BPF_JMP) {
      const t = pc + 1 + jt[pc]!;
      const f = pc + 1 + jf[pc]!;
      step = jump(c, k, called(t), called(f));
      d = Math.max(depth[t]!, depth[f]!) + 1;
    } else {
      const next = called(pc + 1);
      d = depth[pc + 1]! + 1;
      step = kind === BPF_ALU ? alu(c, k, next) : move(c, k, next);
      const size = SIZES.get(c);
      if (size !== undefined && k >= 0 && code[pc + 1] === (BPF_JMP | BPF_JEQ | BPF_K) && depth[pc + 1] !== 0) {
        const at = pc + 2;
        step = loadJeq(k, size, ks[pc + 1]!, called(at + jt[pc + 1]!), called(at + jf[pc + 1]!), step);
      }
    }
    if (d >= DEPTH) {
      step = cut(step);
      d = 0;
    }
    steps[pc] = step;
    depth[pc] = d;
  }
  prog.func = steps[0]!;
}

/** Runs a program, compiled if it is (contract of `bpfRunInterp`). @alpha */
export function bpfRun(prog: BpfProg, skb: Skb): number {
  let step = prog.func!;
  prog.failed = false;
  prog.x = 0;
  let keep = step(prog, skb, 0);
  while (prog.resume !== null) {
    step = prog.resume;
    prog.resume = null;
    keep = step(prog, skb, prog.a);
  }
  return keep >>> 0;
}
