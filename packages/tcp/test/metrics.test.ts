/** What TCP remembers of hosts. Numbers of the tables are those of a real kernel (6.18), read with `ip tcp_metrics` after each connection. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tcpInitMetrics, tcpMetricsForget, tcpMetricsGet, tcpUpdateMetrics } from '../src/tcp-metrics.ts';
import { TCP_INFINITE_SSTHRESH } from '../src/tcp-const.ts';
import { tcpSecureTsOff } from '../src/tcp-secure-seq.ts';
import { ms, tcp, TcpTest, type TestSock } from './harness.ts';

const INF = TCP_INFINITE_SSTHRESH;

let t: TcpTest;
let s: TestSock;
beforeEach(() => {
  t = new TcpTest({ sysctl: { no_ssthresh_metrics_save: 0, timestamps: 1 } });
  s = t.established();
});
afterEach(() => {
  t.sent.length = 0;
  t.done();
});

describe('a connection that ends', () => {
  it('leaves its round trip: longer ones at once, shorter ones by and by', () => {
    // Microseconds: round trip and deviation of the connection, and what is remembered then.
    for (const [rtt, dev, kept, keptDev] of [
      [50343, 18907, 50343, 50343], [100279, 37641, 100279, 50241], [200824, 75383, 200824, 100545], [200312, 13473, 200760, 78777],
      [50272, 18851, 181949, 150486], [50375, 4673, 165502, 145758], [20390, 822, 147363, 145597],
    ] as const) {
      s.sk.srttUs = rtt << 3;
      s.sk.mdevUs = dev << 2;
      tcpUpdateMetrics(s.sk);
      const m = tcpMetricsGet(s.sk)!;
      expect(Math.abs((m.rtt >> 3) - kept)).toBeLessThan(5);
      expect(Math.abs((m.rttvar >> 2) - keptDev)).toBeLessThan(5);
    }
  });

  it.each([
    ['after a loss', [[10, INF, 0, 10], [6, 5, 5, 8], [10, 5, 5, 9], [15, 5, 7, 12], [11, 5, 5, 11], [32, 5, 16, 21], [10, 16, 16, 18]]],
    ['at its threshold', [[5, 5, 5, 2], [5, 5, 5, 3]]],
    ['without any loss', [[80, INF, 0, 80], [10, INF, 0, 80]]],
  ])('leaves its window %s', (_, rows) => {
    for (const [cwnd, ssthresh, keptSsthresh, keptCwnd] of rows as [number, number, number, number][]) {
      Object.assign(s.sk, { sndCwnd: cwnd, sndSsthresh: ssthresh });
      tcpUpdateMetrics(s.sk);
      expect(tcpMetricsGet(s.sk)).toMatchObject({ ssthresh: keptSsthresh, cwnd: keptCwnd });
    }
  });

  it('leaves how much was reordered, no threshold when that is not wanted, and nothing at all', () => {
    t.tn.noMetricsSave = 1;
    s.sk.reordering = 17;
    tcpUpdateMetrics(s.sk);
    expect(tcpMetricsGet(s.sk)).toBe(null);
    t.tn.noMetricsSave = 0;
    t.tn.noSsthreshMetricsSave = 1;
    Object.assign(s.sk, { sndCwnd: 6, sndSsthresh: 5 });
    tcpUpdateMetrics(s.sk);
    expect(tcpMetricsGet(s.sk)).toMatchObject({ ssthresh: 0, cwnd: 3, reordering: 17 });
  });

  it('does so when it closes in order, not when it is reset', () => {
    s.close();
    t.sent.length = 0;
    t.inject(tcp({ flags: 'A', seq: 1, ack: 2 }));
    expect(t.tn.metrics.size).toBe(1);
    t.tn.metrics.clear();
    t.localIsn = null;
    const other = t.established();
    t.inject(tcp({ flags: 'R', seq: 1 }));
    expect(other.sk.state).toBe(7);
    expect(t.tn.metrics.size).toBe(0);
  });
});

describe('a connection that begins', () => {
  it('takes the longer round trip for its timeout, the threshold and the reordering', () => {
    Object.assign(s.sk, { srttUs: 200_000 << 3, mdevUs: 1 << 2, sndCwnd: 6, sndSsthresh: 5, reordering: 17 });
    tcpUpdateMetrics(s.sk);
    Object.assign(s.sk, { srttUs: 50_000 << 3, sndSsthresh: INF, reordering: 3, rto: 250 });
    tcpInitMetrics(s.sk);
    // A smoothed round trip and twice as much.
    expect(s.sk).toMatchObject({ rto: 600, sndSsthresh: 5, reordering: 17 });
    Object.assign(s.sk, { srttUs: 201_000 << 3, rto: 401 });
    tcpInitMetrics(s.sk);
    expect(s.sk.rto).toBe(401);
  });

  it('is not told what another host with the same hash has left', () => {
    tcpUpdateMetrics(s.sk);
    s.sk.daddr++;
    tcpUpdateMetrics(s.sk);
    const [first, second] = [...t.tn.metrics.keys()];
    t.tn.metrics.set(second!, t.tn.metrics.get(first!)!);
    expect(tcpMetricsGet(s.sk)).toBe(null);
    tcpUpdateMetrics(s.sk);
    expect(tcpMetricsGet(s.sk)?.daddr).toBe(s.sk.daddr);
    expect(t.tn.metrics.size).toBe(2);
  });

  it('starts afresh where all is forgotten, also by number of hosts', () => {
    tcpUpdateMetrics(s.sk);
    expect(tcpMetricsForget(t.tn, (m) => m.daddr === s.sk.daddr + 1)).toBe(0);
    expect(tcpMetricsForget(t.tn, (m) => m.daddr === s.sk.daddr)).toBe(1);
    for (let i = 0; i < 5000; i++) {
      s.sk.daddr++;
      tcpUpdateMetrics(s.sk);
    }
    expect(t.tn.metrics.size).toBe(4096);
    // The first ones went.
    expect(tcpMetricsGet(s.sk)).not.toBe(null);
    s.sk.daddr -= 4999;
    expect(tcpMetricsGet(s.sk)).toBe(null);
  });
});

it('the clock of timestamps is one of its own for each connection, the same when it is opened again', () => {
  const off = (sport: number, dport: number): number => tcpSecureTsOff(t.tn, 1, 2, sport, dport);
  expect(off(80, 1000)).toBe(off(80, 1000));
  expect(new Set([off(80, 1000), off(80, 1001), off(81, 1000)]).size).toBe(3);
  expect(Math.abs(off(80, 1000) - off(80, 1001))).toBeGreaterThan(ms(1) / 1e6);
});
