import { describe, expect, it } from 'vitest';
import type { RateSample, TcpSock } from '../src/index.ts';
import { type BbrState, DRAIN, HIGH_GAIN, PROBE_BW, PROBE_RTT, STARTUP } from '../src/cong/bbr-state.ts';
import { MaxFilter } from '../src/cong/max-filter.ts';
import { ms, sec, tcp, TcpTest, type TestSock } from './harness.ts';

interface Bbr {
  t: TcpTest;
  s: TestSock;
  tp: TcpSock;
  b: BbrState;
}

function make(): Bbr {
  const t = new TcpTest({ sysctl: { congestion_control: 'bbr' } });
  const s = t.established();
  const b = s.sk.caPriv as BbrState;
  // The handshake took no time here.
  b.rtProp = Infinity;
  s.sk.pacingRate = 0;
  return { t, s, tp: s.sk, b };
}

/** A round trip of `rtt` ms that delivers `segs`, all of what was in flight when it began unless `inFlight` says what. */
function round({ t, tp }: Bbr, segs: number, rtt: number, over: Partial<RateSample> = {}): void {
  t.advance(ms(rtt));
  tp.mstamp = (t.clock.now() / 1000) | 0;
  const rs: RateSample = {
    pending: true, priorDelivered: tp.delivered, priorTime: 0, isAppLimited: false, sendElapsed: 0, ackElapsed: 0, delivered: segs, interval: rtt * 1000, rtt: rtt * 1000, maybeDelayed: false,
    acked: segs, lost: 0, priorInFlight: segs, ...over,
  };
  tp.delivered += rs.acked;
  tp.packetsOut = over.priorInFlight ?? 0;
  tp.caOps!.congControl!(tp, 0, rs.acked, rs);
  tp.packetsOut = 0;
}

/** The pipe of 20 segments in 20 ms is full. */
function full(x: Bbr): void {
  round(x, 10, 20);
  for (let i = 0; i < 4; i++) round(x, 20, 20);
}

describe('BBR (draft-cardwell-iccrg-bbr-congestion-control-00)', () => {
  it('doubles in Startup, and its rate does not fall there', () => {
    const x = make();
    expect([x.b.state, x.b.pacingGain]).toEqual([STARTUP, HIGH_GAIN]);
    round(x, 10, 20);
    expect(x.tp.sndCwnd).toBe(20);
    round(x, 20, 20);
    const rate = x.tp.pacingRate;
    expect(x.tp.sndCwnd).toBe(40);
    // A segment a millisecond, times 2/ln(2), less a hundredth.
    expect(rate / (1e6 * 1.46)).toBeCloseTo(HIGH_GAIN * 0.99, 5);
    round(x, 5, 20);
    expect(x.tp.pacingRate).toBe(rate);
    x.t.done();
  });

  it('has no state yet when a timeout of the handshake proves needless', () => {
    const t = new TcpTest({ sysctl: { congestion_control: 'bbr' } });
    const s = t.connect(80);
    t.take();
    t.advance(sec(1.1));
    expect(t.take().flags).toBe('S');
    // Both SYNs have arrived, says the peer.
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, win: 65535, mss: 1460, sackOk: true, sack: [[0, 1]] }));
    t.expect(tcp({ flags: 'A', seq: 1, ack: 1, len: 0 }));
    expect((s.sk.caPriv as BbrState).state).toBe(STARTUP);
    t.done();
  });

  it('drains what Startup queued, then goes around its cycle', () => {
    const x = make();
    round(x, 10, 20);
    for (let i = 0; i < 3; i++) round(x, 20, 20);
    // The third round without growth: with too much in flight it drains first.
    round(x, 20, 20, { priorInFlight: 50 });
    expect([x.b.state, x.b.pacingGain]).toEqual([DRAIN, 1 / HIGH_GAIN]);
    round(x, 20, 20, { priorInFlight: 20 });
    expect([x.b.state, x.b.cwndGain]).toEqual([PROBE_BW, 2]);
    const gains: number[] = [];
    let last = -1;
    for (let i = 0; gains.length < 9; i++) {
      round(x, 20, 21, { priorInFlight: 40 });
      if (x.b.cycleIndex !== last) gains.push(x.b.pacingGain);
      last = x.b.cycleIndex;
    }
    const at = gains.indexOf(5 / 4);
    expect([...gains.slice(at), ...gains.slice(0, at)].filter((g) => g !== 1)).toEqual(expect.arrayContaining([5 / 4, 3 / 4]));
    expect(gains[(at + 1) % 8]).toBe(3 / 4);
    expect(gains.slice(0, 8).filter((g) => g === 1)).toHaveLength(6);
    x.t.done();
  });

  it('starts the cycle at random, but never in the slower phase', () => {
    const seen = new Set<number>();
    const x = make();
    for (let i = 0; i < 60; i++) {
      x.b.state = DRAIN;
      x.b.filledPipe = true;
      round(x, 20, 20);
      expect(x.b.pacingGain).not.toBe(3 / 4);
      seen.add(x.b.cycleIndex);
    }
    expect([...seen].sort()).toEqual([0, 2, 3, 4, 5, 6, 7]);
    x.t.done();
  });

  it('forgets a bandwidth after ten rounds', () => {
    const x = make();
    full(x);
    for (let i = 0; i < 9; i++) round(x, 10, 20);
    expect(x.b.btlBw.max).toBeCloseTo(0.001, 9);
    round(x, 10, 20);
    expect(x.b.btlBw.max).toBeCloseTo(0.0005, 9);
    x.t.done();
  });

  it('does not believe low rates when there is too little to send', () => {
    const x = make();
    full(x);
    for (let i = 0; i < 20; i++) round(x, 1, 20, { isAppLimited: true });
    expect(x.b.btlBw.max).toBeCloseTo(0.001, 9);
    round(x, 40, 20, { isAppLimited: true });
    expect(x.b.btlBw.max).toBeCloseTo(0.002, 9);
    x.t.done();
  });

  it('looks for the round trip without queues after ten seconds: four segments for 200 ms, then as before', () => {
    const x = make();
    full(x);
    for (let i = 0; i < 400; i++) round(x, 20, 25);
    expect(x.b.state).toBe(PROBE_BW);
    for (let i = 0; x.b.state !== PROBE_RTT; i++) {
      expect(i).toBeLessThan(50);
      round(x, 20, 25);
    }
    expect([x.tp.sndCwnd, x.b.pacingGain]).toEqual([4, 1]);
    const start = x.t.clock.now();
    while (x.b.state === PROBE_RTT) round(x, 4, 20, { isAppLimited: x.tp.appLimited !== 0 });
    const lasted = (x.t.clock.now() - start) / 1e6;
    expect(lasted).toBeGreaterThan(200);
    expect(lasted).toBeLessThanOrEqual(260);
    expect([x.b.state, x.b.rtProp]).toEqual([PROBE_BW, 20_000]);
    // Twice 0.8 segments a millisecond for 20 ms, and room for offload.
    expect(x.tp.sndCwnd).toBeGreaterThanOrEqual(38);
    // So little in flight did not count as all that the path can do.
    expect(x.tp.appLimited).not.toBe(0);
    x.t.done();
  });

  it('comes back from silence without ProbeRTT, at the rate of the path', () => {
    const x = make();
    full(x);
    x.t.advance(sec(30));
    x.tp.mstamp = (x.t.clock.now() / 1000) | 0;
    x.tp.appLimited = x.tp.delivered;
    x.b.pacingGain = 5 / 4;
    x.tp.caOps!.cwndEvent!(x.tp, 0);
    expect(x.tp.pacingRate / 1.46e6).toBeCloseTo(0.99, 5);
    round(x, 10, 20);
    expect(x.b.state).toBe(PROBE_BW);
    x.t.done();
  });

  it('makes room for acknowledgments that come bunched (draft -02)', () => {
    const x = make();
    full(x);
    // Twice the path's 20, a little for offload, and 20 at once.
    const target = 40 + 6 + 20;
    for (let i = 0; i < 6; i++) round(x, 20, 20);
    expect(x.tp.sndCwnd).toBe(target);
    x.t.done();
  });

  it('sends single segments on slow paths', () => {
    const x = make();
    x.tp.pacingRate = 100_000;
    expect(x.tp.caOps!.minTsoSegs!(x.tp)).toBe(1);
    x.tp.pacingRate = 200_000;
    expect(x.tp.caOps!.minTsoSegs!(x.tp)).toBe(2);
    x.t.done();
  });

  it('keeps to SO_MAX_PACING_RATE', () => {
    const x = make();
    x.tp.maxPacingRate = 500_000;
    round(x, 10, 20);
    expect(x.tp.pacingRate).toBe(500_000);
    x.t.done();
  });
});

describe('the filter of maxima', () => {
  it('knows the largest value of the window, as a list does', () => {
    const f = new MaxFilter(10);
    const all: [number, number][] = [];
    let round = 0;
    let x = 7;
    for (let i = 0; i < 2000; i++) {
      x = (x * 48271) % 2147483647;
      // Mostly the same round or the next one, sometimes far ahead.
      round += x % 97 === 0 ? 13 : x % 3 === 0 ? 1 : 0;
      all.push([round, x % 1000]);
      f.update(x % 1000, round);
      const want = Math.max(...all.slice(-400).filter(([r]) => r > round - 10).map(([, v]) => v));
      expect(f.max).toBe(want);
    }
  });
});
