/** Pacing and the delivery rate, by traces. What they show was seen on Linux with the scripts pacing-*.pkt and delivery-rate.pkt of conformance/packetdrill. */
import { hrtimerActive } from '@linnet/kernel';
import { sockGetsockopt, sockSetsockopt } from '@linnet/socket';
import { SO_MAX_PACING_RATE } from '@linnet/uapi';
import { describe, expect, it } from 'vitest';
import { ms, sec, tcp, TcpTest, type TestSock } from './harness.ts';

function limit(t: TcpTest, s: TestSock, rate: number): void {
  const b = new Uint8Array(8);
  new DataView(b.buffer).setBigUint64(0, BigInt(rate), true);
  expect(t.call(() => sockSetsockopt(s.sock, SO_MAX_PACING_RATE, b))).toBe(0);
}

/** A connection with a round trip of 50 ms. */
function make(rate: number, cc: string = 'reno'): { t: TcpTest; s: TestSock } {
  const t = new TcpTest({ sysctl: { congestion_control: cc } });
  const s = t.connect(80);
  t.take();
  t.advance(ms(50));
  t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, win: 65535, mss: 1000, sackOk: true }));
  t.take();
  if (rate > 0) limit(t, s, rate);
  return { t, s };
}

/** Milliseconds and bytes of what is sent in the next `span`. */
function sent(t: TcpTest, span: number): [number, number][] {
  const start = t.clock.now();
  t.advance(span);
  return t.sent.splice(0).map((x) => [(x.at - start) / 1e6, x.len]);
}

describe('SO_MAX_PACING_RATE', () => {
  it('spreads what follows the first ten segments', () => {
    const { t, s } = make(100_000);
    expect(s.sk.pacingRate).toBe(100_000);
    s.send(40_000);
    const first = sent(t, ms(50));
    expect(first.every(([at]) => at === 0)).toBe(true);
    expect(first.reduce((n, [, len]) => n + len, 0)).toBe(10_000);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 10_001, win: 65535 }));
    // Half of the first packet's 20 ms had passed already.
    expect(sent(t, ms(75))).toEqual([[0, 2000], [10, 2000], [30, 2000], [50, 2000], [70, 2000]]);
    expect(hrtimerActive(s.sk.pacer!.timer)).toBe(true);
    t.done();
  });

  it('holds for retransmissions', () => {
    const { t, s } = make(100_000);
    s.send(10_000);
    t.advance(ms(50));
    t.sent.length = 0;
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, win: 65535, sack: [[4001, 10_001]] }));
    expect(sent(t, ms(30))).toEqual([[0, 2000], [10, 2000]]);
    t.done();
  });

  it.each([[1, 1], [4, 2], [100, 2]])('makes up for a timer that came late, for four milliseconds at most: %d ms late, %d packets of 4 ms', (late, packets) => {
    const { t, s } = make(500_000);
    s.send(40_000);
    t.advance(ms(50));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 10_001, win: 65535 }));
    t.sent.length = 0;
    const p = s.sk.pacer!;
    expect(p.nextAt).toBe(t.clock.now() + 2e6);
    t.call(() => {
      p.nextAt = t.clock.now() - late * 1e6;
      p.timer.fn(p.timer.arg);
    });
    expect(t.sent.splice(0)).toHaveLength(packets);
    t.done();
  });

  it('does not wait in vain for a window that is shut, and the timer ends with the connection', () => {
    const { t, s } = make(10_000);
    s.send(20_000);
    t.advance(ms(50));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 10_001, win: 65535 }));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 12_001, win: 65535 }));
    // Nothing is under way, but it is not the peer's window that keeps the data back.
    expect(s.sk.packetsOut).toBe(0);
    expect(s.sk.pending).not.toBe(3);
    t.sent.length = 0;
    const { pacer } = s.sk;
    expect(hrtimerActive(pacer!.timer)).toBe(true);
    t.inject(tcp({ flags: 'R', seq: 1, ack: 0, win: 0 }));
    expect(hrtimerActive(pacer!.timer)).toBe(false);
    t.done();
  });

  it('is inherited by accepted connections', () => {
    const t = new TcpTest();
    const l = t.listen(80);
    limit(t, l, 50_000);
    t.inject(tcp({ flags: 'S', seq: 0, win: 65535, mss: 1000, sackOk: true }));
    t.take();
    t.advance(ms(10));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, win: 65535 }));
    const s = l.accept() as TestSock;
    expect([s.sk.pacingRate, s.sk.pacer !== null]).toEqual([50_000, true]);
    t.done();
  });

  it('nobody else pays: no pacer, no timer', () => {
    const { t, s } = make(0);
    s.send(10_000);
    t.advance(ms(50));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 10_001, win: 65535 }));
    expect(s.sk.pacer).toBeNull();
    // Twice a window of 20 in a round trip of 50 ms (tcp_pacing_ss_ratio).
    expect(s.sk.pacingRate).toBeCloseTo(800_000, -3);
    s.sk.sndSsthresh = 2;
    expect(t.net.sysctl.write('net/ipv4/tcp_pacing_ca_ratio', '150')).toBe(0);
    s.send(1000);
    t.advance(ms(50));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 11_001, win: 65535 }));
    expect(s.sk.pacingRate).toBeCloseTo((s.sk.sndCwnd * 1000 * 1.5) / 0.05, -4);
    t.done();
  });

  it('is told as it was set', () => {
    const { t, s } = make(0);
    limit(t, s, 5_000_000_000);
    const r = t.call(() => sockGetsockopt(s.sock, SO_MAX_PACING_RATE, 8)) as Uint8Array;
    expect(new DataView(r.buffer, r.byteOffset).getBigUint64(0, true)).toBe(5_000_000_000n);
    t.done();
  });
});

describe('the delivery rate (draft-cheng-iccrg-delivery-rate-estimation)', () => {
  const rate = (s: TestSock): [number, boolean] => [Math.round((s.sk.rateDelivered * 1e6) / s.sk.rateIntervalUs), s.sk.rateAppLimited];

  it('is what was delivered in the time that it took, and says whether there was too little to send', () => {
    const { t, s } = make(0);
    s.send(4000);
    t.advance(ms(50));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 4001, win: 65535 }));
    expect(rate(s)).toEqual([80, true]);
    // A lower bound that is not as good changes nothing.
    s.send(2000);
    t.advance(ms(50));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 6001, win: 65535 }));
    expect(rate(s)).toEqual([80, true]);
    s.send(40_000);
    t.advance(ms(50));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 16_001, win: 65535 }));
    t.advance(ms(50));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 36_001, win: 65535 }));
    expect(rate(s)).toEqual([400, false]);
    t.sent.length = 0;
    t.done();
  });

  it('does not take acknowledgments that come bunched for a faster path', () => {
    const { t, s } = make(0);
    // Ten segments leave within 45 ms, and one acknowledgment 50 ms after the last says that they came.
    for (let i = 0; i < 10; i++) {
      s.send(1000);
      t.advance(ms(5));
    }
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1001, win: 65535 }));
    t.advance(ms(45));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 10_001, win: 65535 }));
    const [r] = rate(s);
    expect(r).toBeLessThanOrEqual(200);
    t.sent.length = 0;
    t.advance(sec(1));
    t.sent.length = 0;
    t.done();
  });
});
