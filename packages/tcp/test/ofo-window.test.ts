// The receive window while there is a gap: on a long path with steady loss there always is one.
import { expect, it } from 'vitest';
import { tcp, TcpTest } from './harness.ts';

/** How far the window's growth gets over 40 full segments behind a gap. */
function grown(sackOk: boolean): number {
  const t = new TcpTest();
  const { s } = t.accepted({ ws: 14, sackOk });
  t.call(() => {
    s.sk.rcvbuf = 4 << 20;
    s.sk.windowClamp = 2 << 20;
  });
  // Large segments, as GRO makes them: they use their memory well.
  const before = s.sk.rcvSsthresh;
  for (let i = 0; i < 40; i++) t.inject(tcp({ flags: 'A', seq: 1449 + 1448 * i, ack: 1, len: 1448 }));
  expect(s.sk.outOfOrderQueue.qlen).toBeLessThan(10);
  const after = s.sk.rcvSsthresh;
  t.sent.length = 0;
  t.done();
  return after - before;
}

it('grows by what arrives out of order, also where that joins what is there', () => {
  expect(grown(true)).toBeGreaterThan(20 * 1448);
});

it('stays without SACK: an ACK with another window would be no duplicate', () => {
  expect(grown(false)).toBe(0);
});
