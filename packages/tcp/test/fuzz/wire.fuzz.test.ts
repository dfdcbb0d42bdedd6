import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TCP, type TcpSock } from '../../src/index.ts';
import { byteAt, WirePair } from '../wire.ts';

const wire = fc.record({
  seed: fc.integer({ min: 1, max: 1 << 30 }),
  delay: fc.integer({ min: 0, max: 60 }),
  jitter: fc.integer({ min: 0, max: 20 }),
  loss: fc.constantFrom(0, 0.01, 0.05, 0.15),
  duplicate: fc.constantFrom(0, 0.02, 0.2),
  reorder: fc.constantFrom(0, 0.05, 0.3),
  reorderBy: fc.integer({ min: 1, max: 80 }),
  corrupt: fc.constantFrom(0, 0.005, 0.05),
  mtu: fc.constantFrom(1500, 576, 296, 9000),
  sack: fc.boolean(),
  timestamps: fc.boolean(),
  scaling: fc.boolean(),
  ecn: fc.constantFrom(0, 1, 2),
  cc: fc.constantFrom('cubic', 'reno'),
  frto: fc.constantFrom(0, 2),
  rmem: fc.constantFrom('4096 131072 6291456', '4096 8192 16384'),
});
/** What the users do between events: write so many bytes, read so many, at either end. */
const acts = fc.array(fc.record({ end: fc.boolean(), write: fc.integer({ min: 0, max: 30000 }), read: fc.integer({ min: 0, max: 60000 }), opt: fc.integer({ min: 0, max: 11 }) }), { minLength: 5, maxLength: 40 });

describe('two endpoints over any wire', () => {
  it('deliver the exact bytes both ways, and leave nothing behind', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(wire, acts, (o, plan) => {
        const w = new WirePair({
          ...o,
          sysctl: {
            sack: o.sack ? 1 : 0, timestamps: o.timestamps ? 1 : 0, window_scaling: o.scaling ? 1 : 0, ecn: o.ecn, congestion_control: o.cc, frto: o.frto, rmem: o.rmem,
            syn_retries: 20, synack_retries: 20, retries2: 40,
          },
        });
        const { c, s } = w.connect(3_600_000);
        const ends = [c, s];
        const sent = [0, 0];
        const got = [0, 0];
        const closed = [false, false];
        const eof = [false, false];
        const buf = new Uint8Array(65536);
        const read = (i: number, max: number): void => {
          let left = max;
          while (left > 0 && !eof[i]) {
            const r = w.recv(ends[i]!, buf.subarray(0, Math.min(left, buf.length)));
            if (r === -11) return;
            if (r < 0) throw new Error(`recv ${r}`);
            if (r === 0) {
              eof[i] = true;
              return;
            }
            for (let k = 0; k < r; k++) if (buf[k] !== byteAt(got[i]! + k, i)) throw new Error(`byte ${got[i]! + k} of ${i} is wrong`);
            got[i]! += r;
            left -= r;
          }
        };
        const write = (i: number, n: number): void => {
          const u8 = new Uint8Array(n);
          for (let k = 0; k < n; k++) u8[k] = byteAt(sent[i]! + k, 1 - i);
          const r = w.send(ends[i]!, u8);
          if (r >= 0) sent[i]! += r;
          else if (r !== -11) throw new Error(`send ${r}`);
        };
        const option = (tp: TcpSock, n: number): void => {
          const opt = [1, 3, 12, 10][n >> 1 & 3]!;
          const v = opt === 10 ? 20000 : n & 1;
          w.kernel.run(() => tp.prot.setsockopt(tp, 6, opt, Uint8Array.of(v & 255, v >> 8, 0, 0)));
        };
        for (const a of plan) {
          const i = a.end ? 1 : 0;
          if (a.opt < 8) option(ends[i]!, a.opt);
          if (a.write > 0) write(i, a.write);
          for (let k = 0; k < 20; k++) w.step(w.clock.now() + 20e6);
          read(1 - i, a.read);
        }
        for (const tp of ends) w.kernel.run(() => tp.prot.setsockopt(tp, 6, 3, new Uint8Array(4)));
        const limit = w.clock.now() + 3600e9 * 5;
        for (let steps = 0; !(eof[0] && eof[1]); steps++) {
          for (const i of [0, 1]) {
            if (!closed[i]) {
              closed[i] = true;
              w.shutdown(ends[i]!);
            }
            read(i, 1 << 20);
          }
          if (!(eof[0] && eof[1]) && !w.step(limit)) throw new Error(`stuck: ${JSON.stringify({ sent, got, states: ends.map((e) => e.state) })}`);
        }
        expect([got[1], got[0]]).toEqual(sent);
        w.close(c);
        w.close(s);
        while (w.step(w.clock.now() + 300e9));
        for (const net of [w.a, w.b]) {
          const tn = net.get(TCP);
          expect([tn.hashinfo.count, tn.sockets.size, tn.orphans]).toEqual([0, 0, 0]);
        }
        expect(w.leak()).toBe(0);
        // What sockets borrowed is given back.
        expect(c.tk.memory.allocated).toBe(0);
        w.kernel.shutdown();
      }),
      { seed: 20260101, numRuns: 40, endOnFailure: true },
    );
  });
});
