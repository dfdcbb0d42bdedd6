import { describe, expect, it } from 'vitest';
import { tcpCongAvoidAi, tcpRegisterCongestionControl } from '../src/tcp-cong.ts';
import { prrAck } from '../src/tcp-prr.ts';
import { tcpRttEstimator, tcpSetRto, tcpUpdateRttMin } from '../src/tcp-rtt.ts';
import { cubic, type TcpSock } from '../src/index.ts';
import { ms, sec, tcp, TcpTest, type TestSock } from './harness.ts';

function make(cc: string): { t: TcpTest; s: TestSock; tp: TcpSock } {
  const t = new TcpTest({ sysctl: { congestion_control: cc } });
  const s = t.established();
  s.sk.isCwndLimited = true;
  return { t, s, tp: s.sk };
}

describe('reno', () => {
  it('doubles in slow start, adds one a round trip later, halves at a loss', () => {
    const { t, tp } = make('reno');
    tp.sndCwnd = 10;
    tp.sndSsthresh = 20;
    tp.caOps!.congAvoid(tp, 0, 10);
    expect(tp.sndCwnd).toBe(20);
    for (let i = 0; i < 20; i++) tp.caOps!.congAvoid(tp, 0, 1);
    expect(tp.sndCwnd).toBe(21);
    expect(tp.caOps!.ssthresh(tp)).toBe(10);
    t.done();
  });

  it('grows only while the window is used', () => {
    const { t, tp } = make('reno');
    tp.isCwndLimited = false;
    tp.maxPacketsOut = 2;
    tp.caOps!.congAvoid(tp, 0, 10);
    expect(tp.sndCwnd).toBe(10);
    t.done();
  });

  it('counts fractions over changing windows', () => {
    const { t, tp } = make('reno');
    tp.sndCwnd = 4;
    tp.sndCwndCnt = 9;
    tcpCongAvoidAi(tp, 4, 1);
    expect(tp.sndCwnd).toBe(5);
    tcpCongAvoidAi(tp, 5, 14);
    expect(tp.sndCwnd).toBe(8);
    t.done();
  });
});

describe('Vegas', () => {
  /** One round: all of the window acknowledged with this round trip. */
  function round(tp: TcpSock, rttUs: number): void {
    tp.sndNxt = (tp.sndNxt + 1000) | 0;
    tp.caOps!.pktsAcked!(tp, 1, rttUs);
    tp.caOps!.congAvoid(tp, tp.sndNxt, 1);
  }

  it('doubles in every other round, and leaves slow start by an eighth when a queue shows', () => {
    const { t, tp } = make('vegas');
    tp.sndCwnd = 16;
    round(tp, 100_000); // the measurement begins; this round doubles no more
    const first = tp.sndCwnd;
    round(tp, 100_000);
    expect(tp.sndCwnd).toBe(first + 1); // doubling again: one for the one acknowledged
    tp.sndCwnd = 16;
    // 16 * (1 - 100 / 110) = 1.45 segments in queues.
    round(tp, 110_000);
    expect([tp.sndCwnd, tp.sndSsthresh]).toEqual([14, 14]);
    t.done();
  });

  it('keeps two to four segments in queues', () => {
    const { t, tp } = make('vegas');
    round(tp, 100_000);
    tp.sndCwnd = 20;
    tp.sndSsthresh = 10;
    round(tp, 105_000); // 0.95 queued
    expect(tp.sndCwnd).toBe(21);
    round(tp, 115_000); // 2.7
    expect(tp.sndCwnd).toBe(21);
    round(tp, 130_000); // 4.8
    expect(tp.sndCwnd).toBe(20);
    t.done();
  });
});

describe('CUBIC (RFC 9438)', () => {
  it('follows the curve of the RFC', () => {
    const { t, tp } = make('cubic');
    // A loss at 1000 segments, round trips of 100 ms.
    tp.sndCwnd = 1000;
    tp.sndSsthresh = cubic.ssthresh(tp);
    expect(tp.sndSsthresh).toBe(700);
    tp.sndCwnd = 700;
    tp.srttUs = 100000 << 3;
    cubic.pktsAcked!(tp, 1, 100000);
    const k = Math.cbrt((1000 - 700) / 0.4);
    const start = t.clock.now();
    let worst = 0;
    for (let i = 0; i < 200; i++) {
      t.advance(ms(100));
      tp.mstamp = (t.clock.now() / 1000) | 0;
      const n = tp.sndCwnd;
      for (let j = 0; j < n; j++) cubic.congAvoid(tp, 0, 1);
      const at = (t.clock.now() - start) / 1e9;
      const want = 0.4 * (at - 0.1 - k) ** 3 + 1000;
      if (at > 1) worst = Math.max(worst, Math.abs(tp.sndCwnd - want) / want);
    }
    expect(worst).toBeLessThan(0.05);
    t.done();
  });

  it('gives way to newcomers by fast convergence', () => {
    const { t, tp } = make('cubic');
    tp.sndCwnd = 1000;
    cubic.ssthresh(tp);
    tp.sndCwnd = 800;
    cubic.ssthresh(tp);
    // The plateau is at 0.85 times 800, not at 800: after a long time the window is near it.
    expect((tp.caPriv as { wMax: number }).wMax).toBeCloseTo(680);
    t.done();
  });

  it('is never slower than Reno on short paths', () => {
    const { t, tp } = make('cubic');
    tp.sndCwnd = 20;
    tp.sndSsthresh = cubic.ssthresh(tp);
    tp.sndCwnd = 14;
    cubic.pktsAcked!(tp, 1, 1000);
    for (let i = 0; i < 100; i++) {
      t.advance(ms(1));
      tp.mstamp = (t.clock.now() / 1000) | 0;
      const n = tp.sndCwnd;
      for (let j = 0; j < n; j++) cubic.congAvoid(tp, 0, 1);
    }
    // The estimate: 0.53 segments a round trip up to the old window, then one.
    expect(tp.sndCwnd).toBeGreaterThan(14 + 50);
    t.done();
  });

  /** A round of acknowledgments with the given round trip. */
  const round = (t: TcpTest, tp: TcpSock, rtt: number): void => {
    for (let i = 0; i < 20; i++) cubic.pktsAcked!(tp, 1, rtt);
    tp.sndUna = (tp.sndUna + 1) | 0;
    tp.sndNxt = tp.sndUna;
    void t;
  };

  it('slows down when the round trip rises, and leaves slow start after five rounds (HyStart++, RFC 9406)', () => {
    const { t, tp } = make('cubic');
    tp.sndCwnd = 100;
    round(t, tp, 50000);
    round(t, tp, 50000);
    cubic.congAvoid(tp, 0, 8);
    expect(tp.sndCwnd).toBe(108);
    // An eighth of 50 ms more.
    round(t, tp, 56000);
    cubic.congAvoid(tp, 0, 8);
    expect(tp.sndCwnd).toBe(116);
    round(t, tp, 56250 + 6300);
    cubic.congAvoid(tp, 0, 8);
    expect(tp.sndCwnd).toBe(124);
    round(t, tp, 75000);
    cubic.congAvoid(tp, 0, 8);
    expect(tp.sndCwnd).toBe(126);
    for (let i = 0; i < 5; i++) {
      expect(tp.sndSsthresh).toBeGreaterThan(1e6);
      round(t, tp, 75000);
    }
    expect(tp.sndSsthresh).toBe(126);
    expect(t.ext('TCPHystartDelayDetect')).toBe(1);
    t.done();
  });

  it('goes on with slow start when the rise was noise', () => {
    const { t, tp } = make('cubic');
    tp.sndCwnd = 100;
    round(t, tp, 50000);
    round(t, tp, 70000);
    round(t, tp, 50000);
    cubic.congAvoid(tp, 0, 8);
    expect(tp.sndCwnd).toBe(108);
    for (let i = 0; i < 10; i++) round(t, tp, 50000);
    expect(tp.sndSsthresh).toBeGreaterThan(1e6);
    t.done();
  });
});

describe('proportional rate reduction (RFC 6937)', () => {
  it('lets out in proportion, then as much as was delivered', () => {
    const { t, tp } = make('reno');
    tp.recoverFs = 19;
    tp.sndSsthresh = 10;
    tp.packetsOut = 20;
    tp.sackedOut = 1;
    tp.lostOut = 1;
    let sent = 0;
    for (let i = 0; i < 10; i++) {
      prrAck(tp, 1, false);
      const inFlight = tp.packetsOut - tp.sackedOut - tp.lostOut;
      const n = Math.max(0, tp.sndCwnd - inFlight);
      tp.prrOut += n;
      tp.packetsOut += n;
      sent += n;
      tp.sackedOut++;
    }
    expect(sent).toBeGreaterThanOrEqual(5);
    expect(sent).toBeLessThanOrEqual(6);
    tp.packetsOut = tp.sackedOut = tp.lostOut = 0;
    t.done();
  });
});

describe('the round-trip estimator', () => {
  it('agrees with RFC 6298 within its bounds', () => {
    const { t, tp } = make('reno');
    tp.srttUs = 0;
    let srtt = 0;
    let rttvar = 0;
    let seed = 1;
    for (let i = 0; i < 500; i++) {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      const r = 100000 + (seed % 50000);
      if (i === 0) {
        srtt = r;
        rttvar = r / 2;
      } else {
        rttvar = 0.75 * rttvar + 0.25 * Math.abs(srtt - r);
        srtt = 0.875 * srtt + 0.125 * r;
      }
      tp.sndUna = (tp.sndUna + 1000) | 0;
      tp.sndNxt = (tp.sndUna + 5000) | 0;
      tcpRttEstimator(tp, r);
      tcpSetRto(tp);
      expect(Math.abs((tp.srttUs >> 3) - srtt)).toBeLessThan(100);
      expect(tp.rto).toBeGreaterThanOrEqual(Math.floor(srtt / 1000 + 200));
      expect(tp.rto).toBeLessThan(srtt / 1000 + 4 * 100 + 210);
      void rttvar;
    }
    tcpRttEstimator(tp, 0x7000000);
    for (let i = 0; i < 50; i++) tcpRttEstimator(tp, 0x7000000);
    tcpSetRto(tp);
    expect(tp.rto).toBe(120000);
    t.done();
  });

  it('keeps the minimum of the last five minutes', () => {
    const { t, tp } = make('reno');
    tp.minRtt0 = -1;
    const now = (): void => {
      t.call(() => 0);
    };
    tcpUpdateRttMin(tp, 5000);
    t.advance(sec(100));
    now();
    tcpUpdateRttMin(tp, 8000);
    expect(tp.minRtt0).toBe(5000);
    t.advance(sec(100));
    now();
    tcpUpdateRttMin(tp, 7000);
    t.advance(sec(110));
    now();
    tcpUpdateRttMin(tp, 9000);
    expect(tp.minRtt0).toBe(7000);
    tcpUpdateRttMin(tp, 100);
    expect(tp.minRtt0).toBe(100);
    t.done();
  });
});

describe('algorithms', () => {
  it('can be added, and are called', () => {
    const t = new TcpTest();
    const calls: string[] = [];
    tcpRegisterCongestionControl(t.kernel, {
      name: 'mine',
      init: () => calls.push('init'),
      release: () => calls.push('release'),
      ssthresh: () => 5,
      congAvoid: (_tp, _ack, n) => calls.push(`acked ${n}`),
      undoCwnd: (x) => x.sndCwnd,
      setState: (_tp, st) => calls.push(`state ${st}`),
      cwndEvent: null,
      pktsAcked: (_tp, n) => calls.push(`pkts ${n}`),
      congControl: null,
    });
    expect(() => tcpRegisterCongestionControl(t.kernel, cubic)).toThrow('registered twice');
    expect(t.net.sysctl.write('net/ipv4/tcp_congestion_control', 'mine')).toBe(0);
    const s = t.established();
    s.send(10);
    t.take();
    t.inject(tcp({ flags: 'A', seq: 1, ack: 11 }));
    s.close();
    t.take();
    t.inject(tcp({ flags: 'RA', seq: 1, ack: 12 }));
    expect(calls).toEqual(['init', 'pkts 1', 'acked 1', 'release']);
    t.done();
  });
});
