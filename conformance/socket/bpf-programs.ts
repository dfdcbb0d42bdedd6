// Random programs of classic BPF, to be given to two machines.
import fc from 'fast-check';

/** struct sock_filter. */
export interface Insn {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** Every instruction that Linux knows. */
const CODES = [
  0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0c, 0x14, 0x15, 0x16, 0x1c, 0x1d, 0x20, 0x24, 0x25, 0x28, 0x2c, 0x2d, 0x30, 0x34, 0x35, 0x3c, 0x3d, 0x40, 0x44, 0x45, 0x48, 0x4c, 0x4d, 0x50, 0x54, 0x5c, 0x60, 0x61,
  0x64, 0x6c, 0x74, 0x7c, 0x80, 0x81, 0x84, 0x87, 0x94, 0x9c, 0xa4, 0xac, 0xb1,
] as const;

const LOADS = [0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x80, 0x81, 0xb1, 0x00, 0x01] as const;
const value = fc.oneof(
  { weight: 4, arbitrary: fc.nat(40) },
  { weight: 2, arbitrary: fc.constantFrom(0, 1, 15, 16, 31, 32, 0x7fffffff, 0x80000000, 0xffffffff, 0x0800, 0xff, 0xffff) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffffffff }) },
);

/** Programs that are mostly valid: the checker has the last word. */
export function programs(ancillary: readonly number[]): fc.Arbitrary<Insn[]> {
  const anc = fc.constantFrom(...ancillary).map((a) => 0xfffff000 + a);
  const insn = fc.oneof(
    { weight: 5, arbitrary: fc.tuple(fc.constantFrom(...LOADS), fc.nat(3), fc.nat(3), fc.nat(30)) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom(0x20, 0x28, 0x30), fc.nat(3), fc.nat(3), anc) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom(0x20, 0x28, 0x30, 0xb1), fc.nat(3), fc.nat(3), fc.nat(60)) },
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
