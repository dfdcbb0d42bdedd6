/** Classic BPF programs (socket(7) SO_ATTACH_FILTER, the «BPF virtual machine» of McCanne and Jacobson's paper with Linux's ancillary loads). */
import { EINVAL, type Kernel, type RngStream } from '@linnet/kernel';
import type { Skb } from '@linnet/skbuff';
import { BPF_MAXINSNS, BPF_MEMWORDS } from '@linnet/uapi';
import { bpfCheckClassic } from './bpf-check.ts';

/** One instruction (struct sock_filter). `k` is 32 bits wide, signed or not. @public */
export interface BpfInsn {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** Size of `struct sock_filter`. @public */
export const SOCK_FILTER_LEN = 8;

/** A part of a compiled program: runs it to its end, beginning with the accumulator `a`; the bytes of the packet to keep, as int32. @alpha */
export type BpfStep = (prog: BpfProg, skb: Skb, a: number) => number;

/**
 * A checked program (struct bpf_prog), as columns. It also owns the memory of a run: programs are run one at a time and never within themselves.
 * @alpha
 */
export class BpfProg {
  readonly len: number;
  readonly code: Uint16Array;
  readonly jt: Uint8Array;
  readonly jf: Uint8Array;
  readonly k: Int32Array;
  /** M[0..15]. */
  readonly mem: Int32Array = new Int32Array(BPF_MEMWORDS);
  /** A few bytes that do not lie in one piece. */
  readonly bytes: Uint8Array = new Uint8Array(4);
  /** Set by a load that failed: the program ends with 0. */
  failed = false;
  /** For the compiled form: the index register, and where it goes on (with this A) after it has come back to the start of the stack. */
  x = 0;
  a = 0;
  resume: BpfStep | null = null;
  /** The compiled form; null before `bpfCompile`. */
  func: BpfStep | null = null;
  readonly random: RngStream;

  constructor(k: Kernel, insns: readonly BpfInsn[]) {
    const n = insns.length;
    this.len = n;
    this.code = new Uint16Array(n);
    this.jt = new Uint8Array(n);
    this.jf = new Uint8Array(n);
    this.k = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      const f = insns[i]!;
      this.code[i] = f.code;
      this.jt[i] = f.jt;
      this.jf[i] = f.jf;
      this.k[i] = f.k | 0;
    }
    this.random = k.rng.stream('netdev.bpf');
  }
}

/** The instructions in an array of `struct sock_filter` (little-endian), or -EINVAL for a length that is no multiple of 8 or over BPF_MAXINSNS of them. @alpha */
export function bpfDecode(bytes: Uint8Array): BpfInsn[] | number {
  const n = bytes.length / SOCK_FILTER_LEN;
  if (!Number.isInteger(n) || n > BPF_MAXINSNS) return -EINVAL;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length); // datapath-ok: configuration
  const out: BpfInsn[] = [];
  for (let i = 0; i < n; i++) {
    const at = i * SOCK_FILTER_LEN;
    out.push({ code: view.getUint16(at, true), jt: bytes[at + 2]!, jf: bytes[at + 3]!, k: view.getInt32(at + 4, true) });
  }
  return out;
}

/** A program's bytes as an array of `struct sock_filter`. @alpha */
export function bpfEncode(prog: BpfProg): Uint8Array {
  const out = new Uint8Array(prog.len * SOCK_FILTER_LEN);
  const view = new DataView(out.buffer); // datapath-ok: configuration
  for (let i = 0; i < prog.len; i++) {
    const at = i * SOCK_FILTER_LEN;
    view.setUint16(at, prog.code[i]!, true);
    out[at + 2] = prog.jt[i]!;
    out[at + 3] = prog.jf[i]!;
    view.setInt32(at + 4, prog.k[i]!, true);
  }
  return out;
}

/** Checks and makes a program (bpf_prog_create): -EINVAL for one that the kernel would refuse. Not compiled yet. @alpha */
export function bpfProgCreate(k: Kernel, insns: readonly BpfInsn[]): BpfProg | number {
  const err = bpfCheckClassic(insns);
  return err !== 0 ? err : new BpfProg(k, insns);
}
