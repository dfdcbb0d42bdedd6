import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { skbStats } from '@linnet/skbuff';
import { pattern, tcp, TcpTest, type Seg, type TestSock } from '../harness.ts';

const small = fc.integer({ min: -20, max: 3000 });
const anySeq = fc.oneof({ weight: 6, arbitrary: small }, { weight: 1, arbitrary: fc.integer({ min: -0x80000000, max: 0x7fffffff }) });
const flags = fc.subarray([...'FSRPAUEC']).map((a) => a.join(''));
const likely = fc.constantFrom('A', 'A', 'PA', 'A', 'FA', 'R', 'RA', 'S', 'SA', 'PAU');
const seg: fc.Arbitrary<Seg> = fc.record(
  {
    flags: fc.oneof({ weight: 4, arbitrary: likely }, { weight: 1, arbitrary: flags }),
    seq: anySeq,
    ack: anySeq,
    win: fc.constantFrom(0, 1, 100, 5000, 65535),
    len: fc.integer({ min: 0, max: 2000 }),
    urg: fc.constantFrom(0, 1, 5, 60000),
    tos: fc.constantFrom(0, 2, 3),
    ts: fc.tuple(fc.integer({ min: -100, max: 3000 }), fc.integer({ min: -100, max: 3000 })),
    sack: fc.array(fc.tuple(anySeq, anySeq), { minLength: 1, maxLength: 3 }),
    rawOptions: fc.uint8Array({ maxLength: 40 }).filter((a) => a.length % 4 === 0),
  },
  { requiredKeys: ['flags', 'seq', 'ack'] },
).map((s) => {
  if (s.rawOptions !== undefined && s.rawOptions.length === 0) delete s.rawOptions;
  return s;
});
type Act = { seg: Seg } | { wait: number } | { user: number } | { bytes: Uint8Array; at: number };
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: seg.map((s) => ({ seg: s })) },
  { weight: 2, arbitrary: fc.constantFrom(1, 45, 250, 3000, 70000, 8000000).map((w) => ({ wait: w })) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 9 }).map((u) => ({ user: u })) },
  { weight: 1, arbitrary: fc.record({ bytes: fc.uint8Array({ minLength: 1, maxLength: 60 }), at: fc.integer({ min: 20, max: 60 }) }) },
);

describe('any segments in any state', () => {
  it('never throw, never leak, and the counts stay in order', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.constantFrom('syn-sent', 'listen', 'established', 'accepted', 'fin-wait', 'close-wait'), fc.boolean(), fc.array(act, { maxLength: 60 }), (state, ts, acts) => {
        const t = new TcpTest({ sysctl: { timestamps: ts ? 1 : 0, ecn: 1 } });
        const live = skbStats(t.kernel).live;
        const socks: TestSock[] = [];
        const opt = ts ? { ts: [1, 0] as const } : {};
        switch (state) {
          case 'syn-sent':
            socks.push(t.connect(80));
            break;
          case 'listen':
            socks.push(t.listen(80, 3));
            break;
          case 'accepted': {
            const { listener, s } = t.accepted({ ...opt, ws: 2 });
            socks.push(s, listener);
            break;
          }
          default: {
            const s = t.connect(80);
            t.take();
            t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, mss: 1000, ws: 2, sackOk: true, ...opt }));
            socks.push(s);
            s.send(pattern(3000));
            if (state === 'fin-wait') s.shutdown(1);
            if (state === 'close-wait') t.inject(tcp({ flags: 'FA', seq: 1, ack: 1, ...opt }));
          }
        }
        let closed = false;
        for (const a of acts) {
          const s = socks[0]!;
          if ('seg' in a) t.inject(a.seg);
          else if ('wait' in a) t.advance(a.wait * 1e6);
          else if ('bytes' in a) {
            const b = t.build(tcp({ flags: 'PA', seq: 1, ack: 1, len: 30 }));
            b.set(a.bytes.subarray(0, b.length - a.at), a.at);
            t.injectBytes(b);
          } else if (!closed) {
            switch (a.user) {
              case 0:
              case 1:
                s.send(pattern(700));
                break;
              case 2:
                s.send(pattern(5000));
                break;
              case 3:
                s.recv(500);
                break;
              case 4:
                s.recv(100000);
                break;
              case 5:
                s.recv(10, 1);
                break;
              case 6:
                s.send('u', 1);
                break;
              case 7: {
                const c = s.accept();
                if (typeof c !== 'number') socks.push(c);
                break;
              }
              case 8:
                s.shutdown(1);
                break;
              case 9:
                s.close();
                closed = true;
                break;
            }
          }
          for (const x of t.tn.sockets) {
            const inFlight = x.packetsOut - x.sackedOut - x.lostOut + x.retransOut;
            expect(inFlight).toBeGreaterThanOrEqual(0);
            for (const n of [x.packetsOut, x.sackedOut, x.lostOut, x.retransOut, x.wmemQueued, x.rmemAlloc, x.wmemAlloc]) expect(n).toBeGreaterThanOrEqual(0);
            expect(x.sackedOut + x.lostOut).toBeLessThanOrEqual(x.packetsOut);
            let segs = 0;
            for (let q = x.rtxQueue.head; q !== null; q = q.next) segs += q.cb6;
            expect(segs).toBe(x.packetsOut);
          }
          t.sent.length = 0;
        }
        if (!closed) socks[0]!.close();
        for (const s of socks.slice(1)) s.close();
        t.sent.length = 0;
        t.kernel.shutdown();
        expect(skbStats(t.kernel).live).toBe(live);
        expect(t.tn.hashinfo.count).toBe(0);
        expect(t.tn.hashinfo.lhash.size).toBe(0);
        expect(t.tn.hashinfo.bhash.size).toBe(0);
      }),
      { seed: 20260102, numRuns: 300, endOnFailure: true },
    );
  });
});
