import fc from 'fast-check';
import type { BpfInsn } from '../src/index.ts';

/** A program as `tcpdump -ddd` lists it: `code jt jf k`, one instruction after the other. */
export function program(listing: string): BpfInsn[] {
  return listing.split(',').map((line) => {
    const [code, jt, jf, k] = line.trim().split(' ').map(Number) as [number, number, number, number];
    return { code, jt, jf, k };
  });
}

/** Every instruction that Linux knows (asked of a real kernel, one by one). */
export const CODES = [
  0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0c, 0x14, 0x15, 0x16, 0x1c, 0x1d, 0x20, 0x24, 0x25, 0x28, 0x2c, 0x2d, 0x30, 0x34, 0x35, 0x3c, 0x3d, 0x40, 0x44, 0x45, 0x48, 0x4c, 0x4d, 0x50, 0x54, 0x5c, 0x60, 0x61,
  0x64, 0x6c, 0x74, 0x7c, 0x80, 0x81, 0x84, 0x87, 0x94, 0x9c, 0xa4, 0xac, 0xb1,
] as const;

const LOADS = [0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x80, 0x81, 0xb1, 0x00, 0x01] as const;
const value = fc.oneof(
  { weight: 4, arbitrary: fc.nat(40) },
  { weight: 2, arbitrary: fc.constantFrom(0, 1, 15, 16, 31, 32, 0x7fffffff, 0x80000000, 0xffffffff, 0x0800, 0xff, 0xffff) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffffffff }) },
);

/** What a program may ask of a packet beside its bytes; some of it depends on the machine. */
export interface ProgramOptions {
  /** Ancillary offsets to use. */
  readonly ancillary: readonly number[];
  /** Loads from the link-layer and network headers. */
  readonly negative: boolean;
}

/** Programs that are mostly valid: the checker has the last word. */
export function programs(opts: ProgramOptions): fc.Arbitrary<BpfInsn[]> {
  const anc = opts.ancillary.length === 0 ? fc.nat(30) : fc.constantFrom(...opts.ancillary).map((a) => 0xfffff000 + a);
  const off = opts.negative ? fc.constantFrom(0xfff00000, 0xffe00000, 0xfff00009, 0xffe0000c, 0xfff0ffff, 0x80000000) : fc.nat(60);
  const insn = fc.oneof(
    { weight: 5, arbitrary: fc.tuple(fc.constantFrom(...LOADS), fc.nat(3), fc.nat(3), fc.nat(30)) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom(0x20, 0x28, 0x30), fc.nat(3), fc.nat(3), anc) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom(0x20, 0x28, 0x30, 0xb1), fc.nat(3), fc.nat(3), off) },
    { weight: 6, arbitrary: fc.tuple(fc.constantFrom(...CODES), fc.nat(4), fc.nat(4), value) },
    { weight: 3, arbitrary: fc.tuple(fc.constantFrom(0x15, 0x25, 0x35, 0x45, 0x1d, 0x2d), fc.nat(6), fc.nat(6), value) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom(0x02, 0x03), fc.nat(3), fc.nat(3), fc.nat(3)) },
  );
  return fc.array(insn, { minLength: 1, maxLength: 30 }).chain((body) =>
    fc.tuple(fc.constantFrom(0x06, 0x16), value).map(([ret, k]) => {
      const all = [...body, [ret, 0, 0, k] as const];
      return all.map(([code, jt, jf, v], i) => {
        // Jumps mostly stay inside.
        const room = Math.max(0, all.length - i - 2);
        return { code, jt: Math.min(jt, room), jf: Math.min(jf, room), k: code === 0x05 ? Math.min(v, room) : v };
      });
    }),
  );
}
