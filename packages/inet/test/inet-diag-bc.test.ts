import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { AF_INET, AF_INET6 } from '@linnet/uapi';
import { SOCK_BINDPORT_LOCK } from '@linnet/socket';
import { describe, expect, test } from 'vitest';
import { inetDiagBcAudit, inetDiagBcRun, InetDiagEntry } from '../src/inet-diag-bc.ts';

interface Case {
  readonly name: string;
  readonly code: string;
  readonly errno: number;
  readonly ports: readonly number[];
}
const cases = readFileSync(new URL('golden/bytecode.jsonl', import.meta.url), 'utf8').trim().split('\n').map((l) => JSON.parse(l) as Case);

/** The sockets that the recorder had. */
function socks(): InetDiagEntry[] {
  const listener = new InetDiagEntry();
  listener.family = AF_INET;
  listener.saddr[0] = 0x7f000001;
  listener.sport = 5000;
  listener.mark = 0x15;
  listener.cgroupId = 1;
  listener.userlocks = SOCK_BINDPORT_LOCK;
  const mapped = new InetDiagEntry();
  mapped.family = AF_INET6;
  mapped.saddr.set([0, 0, 0xffff, 0x7f000001]);
  mapped.daddr.set([0, 0, 0xffff, 0x7f000001]);
  mapped.sport = 5001;
  // The kernel chose it: above all ports that the programs name but 65535.
  mapped.dport = 40000;
  mapped.cgroupId = 1;
  // Who was accepted did not bind its port.
  return [listener, mapped];
}

describe('programs that a real kernel judged and ran', () => {
  test.each(cases.map((c) => [c.name, c] as const))('%s', (_name, c) => {
    const u8 = Buffer.from(c.code, 'hex');
    const v = new DataView(u8.buffer, u8.byteOffset, u8.length);
    const errno = inetDiagBcAudit(v, 0, u8.length, true);
    expect(errno).toBe(c.errno);
    if (errno !== 0) return;
    expect(socks().filter((e) => inetDiagBcRun(v, 0, u8.length, e)).map((e) => e.sport)).toEqual(c.ports);
  });
});

test('marks are for administrators', () => {
  const u8 = Buffer.from(cases.find((c) => c.name === 'mark 0/ff')!.code, 'hex');
  expect(inetDiagBcAudit(new DataView(u8.buffer, u8.byteOffset, u8.length), 0, u8.length, false)).toBe(-1);
});

test('whatever passes the audit ends, and stays within its bytes', () => {
  let passed = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 14 }), fc.constantFrom(4, 8, 12, 16), fc.constantFrom(4, 8, 12, 16, 20)), { minLength: 1, maxLength: 8 }), (ops) => {
      const u8 = new Uint8Array(ops.length * 4);
      const v = new DataView(u8.buffer);
      ops.forEach(([code, yes, no], i) => {
        v.setUint8(i * 4, code);
        v.setUint8(i * 4 + 1, yes);
        v.setUint16(i * 4 + 2, no, true);
      });
      if (inetDiagBcAudit(v, 0, u8.length, true) !== 0) return;
      passed++;
      for (const e of socks()) inetDiagBcRun(v, 0, u8.length, e);
    }),
    { seed: 7, numRuns: 5000 },
  );
  expect(passed).toBeGreaterThan(50);
});
