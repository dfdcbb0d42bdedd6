import { readFileSync } from 'node:fs';
import { SKB } from '@linnet/skbuff';
import { NLMSG_DONE, NLMSG_ERROR, RTM_BASE, RTM_MAX } from '@linnet/uapi';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Client, finish, makeKernel, nl, split } from '../helpers.ts';

/* Whatever user space writes: an errno, never an exception, and every packet is freed. */

const golden = readFileSync(new URL('../golden/link-requests.jsonl', import.meta.url), 'utf8').trim().split('\n').map((l) => new Uint8Array(Buffer.from((JSON.parse(l) as { req: string }).req, 'hex')));

/** Sends datagrams to a fresh machine and checks what must hold whatever they are. */
function survive(datagrams: readonly Uint8Array[]): void {
  const k = makeKernel();
  const ear = new Client(k.initNet, { groups: 0xffffffff });
  const c = new Client(k.initNet);
  for (const u8 of datagrams) {
    if (u8.length === 0) continue;
    expect(c.send(u8)).toBe(u8.length);
    for (let i = 0; i < 200; i++) {
      const r = c.recv();
      if (typeof r === 'number') break;
      for (const m of split(r.u8)) {
        if (m.type !== NLMSG_ERROR && m.type !== NLMSG_DONE) continue;
        const errno = new DataView(m.payload.buffer).getInt32(0, true);
        expect(errno).toBeLessThanOrEqual(0);
        expect(errno).toBeGreaterThan(-4096);
      }
    }
    for (let i = 0; i < 50; i++) if (typeof ear.recv() === 'number') break;
  }
  c.close();
  ear.close();
  expect(k.get(SKB).stats.live).toBe(0);
  finish(k);
}

test('random bytes', () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 }), (list) => survive(list)), { seed: 1, numRuns: 150 });
});

test('random messages with sane headers', () => {
  const msg = fc.record({
    type: fc.oneof(fc.integer({ min: RTM_BASE, max: RTM_BASE + 4 }), fc.integer({ min: 0, max: RTM_MAX + 3 })),
    flags: fc.constantFrom(1, 5, 0x301, 0x605, 0x60d, 0x105, 0x201, 0x405),
    body: fc.uint8Array({ minLength: 0, maxLength: 120 }),
  }).map(({ type, flags, body }) => {
    const u8 = new Uint8Array(16 + body.length);
    const view = new DataView(u8.buffer);
    view.setUint32(0, u8.length, true);
    view.setUint16(4, type, true);
    view.setUint16(6, flags, true);
    u8.set(body, 16);
    return u8;
  });
  fc.assert(fc.property(fc.array(msg, { maxLength: 10 }), (list) => survive(list)), { seed: 2, numRuns: 150 });
});

test('requests of real tools with bytes changed, cut and joined', () => {
  const mutated = fc.record({
    base: fc.constantFrom(...golden),
    flips: fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 4 }),
    cut: fc.option(fc.nat(200), { nil: null }),
  }).map(({ base, flips, cut }) => {
    const u8 = base.slice();
    for (const [at, v] of flips) if (u8.length > 0) u8[at % u8.length] = v;
    return cut === null ? u8 : u8.slice(0, Math.max(1, cut % (u8.length + 1)));
  });
  fc.assert(fc.property(fc.array(mutated, { minLength: 1, maxLength: 12 }), (list) => survive(list)), { seed: 3, numRuns: 200 });
});

test('system calls in any order', () => {
  const k = makeKernel();
  const op = fc.record({ s: fc.nat(2), op: fc.nat(7), a: fc.nat(70), b: fc.nat(0xffff) });
  fc.assert(
    fc.property(fc.array(op, { maxLength: 60 }), (ops) => {
      const socks = [0, 2, 0].map((protocol) => new Client(k.initNet, { protocol }));
      for (const { s, op: o, a, b } of ops) {
        const c = socks[s]!;
        const ret = [
          () => c.bind(nl(a, b)),
          () => c.sock.ops.connect(c.sock, nl(a % 3, b & 3), 0),
          () => c.setopt(a % 14, b % 50),
          () => c.getopt(a % 14, b % 10),
          () => c.send(golden[a % golden.length]!, b & 1 ? nl(b % 4, b & 2) : null),
          () => c.recv(b % 5000, [0, 2, 0x20, 0x22][a % 4]!),
          () => c.sock.ops.getname(c.sock, (a & 1) !== 0),
          () => c.sock.ops.poll(c.sock),
        ][o]!();
        if (typeof ret === 'number') expect(ret).toBeGreaterThan(-4096);
      }
      for (const c of socks) c.close();
      expect(k.get(SKB).stats.live).toBe(0);
    }),
    { seed: 4, numRuns: 150 },
  );
  finish(k);
});
