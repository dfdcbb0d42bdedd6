import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ms, sec, tcp, TcpTest, type TestSock } from './harness.ts';

const MSS = 1000;

/** Everything that was sent, as [first, after last] of its payload. */
function ranges(t: TcpTest): [number, number][] {
  return t.sent.splice(0).map((s) => [s.seq, s.seq + s.len]);
}
/** The same with what adjoins put together. */
function merged(t: TcpTest): [number, number][] {
  const out: [number, number][] = [];
  for (const [a, b] of ranges(t)) {
    const last = out[out.length - 1];
    if (last !== undefined && last[1] === a) last[1] = b;
    else out.push([a, b]);
  }
  return out;
}
const at = (t: TcpTest): number[] => t.sent.splice(0).map((s) => s.at / 1e6);

/** A connection with a round trip of 50 ms that has ten segments outstanding, at 1, 1001, ... 9001. */
function tenOut(t: TcpTest, opts: { sack?: boolean; ts?: boolean } = {}): TestSock {
  const s = t.connect(80);
  t.take();
  t.advance(ms(50));
  const ts = opts.ts === true ? { ts: [100, 0] as const } : {};
  t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, win: 65535, mss: opts.ts === true ? MSS + 12 : MSS, sackOk: opts.sack !== false, ...ts }));
  t.take();
  s.send(10 * MSS);
  expect(ranges(t).reduce((a, [x, y]) => a + y - x, 0)).toBe(10 * MSS);
  return s;
}

describe('the retransmission timeout', () => {
  let t: TcpTest;
  beforeEach(() => {
    t = new TcpTest();
  });
  afterEach(() => t.done());

  it('backs off to two minutes and gives up after tcp_retries2', () => {
    t.net.sysctl.write('net/ipv4/tcp_early_retrans', '0');
    const s = tenOut(t);
    const start = t.clock.now() / 1e6;
    t.advance(sec(1200));
    const when = at(t).map((x) => x - start);
    // 250 ms: the round trip of 50 and the least deviation of 200.
    const want = [250];
    for (let rto = 500; want.length < 15; rto = Math.min(rto * 2, 120000)) want.push(want[want.length - 1]! + rto);
    expect(when.slice(0, want.length)).toEqual(want);
    expect(s.sk.state).toBe(7);
    expect(s.error()).toBe(-110);
    expect(t.ext('TCPAbortOnTimeout')).toBe(1);
  });

  it('starts over with a window of one and grows by slow start', () => {
    t.net.sysctl.write('net/ipv4/tcp_early_retrans', '0');
    const s = tenOut(t);
    t.advance(ms(250));
    expect(ranges(t)).toEqual([[1, 1001]]);
    expect(s.sk.caState).toBe(4);
    expect(s.sk.sndCwnd).toBe(1);
    expect(s.sk.sndSsthresh).toBe(7);
    t.advance(ms(50));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1001 }));
    // F-RTO would send new data here; there is none.
    expect(merged(t)).toEqual([[1001, 3001]]);
    t.advance(ms(50));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 3001 }));
    expect(merged(t)).toEqual([[3001, 7001]]);
    t.advance(ms(50));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 10001 }));
    expect(s.sk.caState).toBe(0);
    expect(s.sk.packetsOut).toBe(0);
  });

  it('sends small segments again as one, with the FIN', () => {
    t.net.sysctl.write('net/ipv4/tcp_early_retrans', '0');
    const s = t.established({ mss: MSS });
    s.setInt(1, 1);
    s.send('abc');
    s.send('defg');
    s.send(995);
    s.close();
    t.sent.length = 0;
    t.advance(ms(201));
    t.expect(tcp({ flags: 'PA', seq: 1, data: 'abcdefg' }));
    expect(s.sk.packetsOut).toBe(3);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 8 }));
    t.expect(tcp({ flags: 'FPA', seq: 8, len: 995 }));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1004 }));
    expect(s.sk.destroyed).toBe(true);
  });

  it('and as they were, when tcp_retrans_collapse says so', () => {
    t.net.sysctl.write('net/ipv4/tcp_early_retrans', '0');
    t.net.sysctl.write('net/ipv4/tcp_retrans_collapse', '0');
    const s = t.established({ mss: MSS });
    s.setInt(1, 1);
    s.send('abc');
    s.send('defg');
    t.sent.length = 0;
    t.advance(ms(201));
    t.expect(tcp({ flags: 'PA', seq: 1, data: 'abc' }));
    s.close();
    t.sent.length = 0;
  });

  it('is not shortened by a retransmission (Karn)', () => {
    t.net.sysctl.write('net/ipv4/tcp_early_retrans', '0');
    const s = t.established({ mss: MSS });
    s.send(10);
    t.take();
    t.advance(sec(1));
    const rto = s.sk.rto;
    t.sent.length = 0;
    t.inject(tcp({ flags: 'A', seq: 1, ack: 11 }));
    expect(s.sk.rto).toBe(rto);
    s.send(10);
    t.take();
    t.advance(ms(30));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 21 }));
    expect(s.sk.rto).toBeLessThan(rto);
  });

  it('is measured by timestamps even when data was sent again', () => {
    t.done();
    t = new TcpTest({ sysctl: { timestamps: 1, early_retrans: 0 } });
    const s = tenOut(t, { ts: true });
    t.advance(ms(250));
    const rtx = t.take();
    t.advance(ms(80));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1001, ts: [200, rtx.ts![0]] }));
    expect(s.sk.srttUs >> 3).toBeGreaterThan(50000);
    t.sent.length = 0;
  });

  it('counts from the last segment of a partial acknowledgment', () => {
    t.net.sysctl.write('net/ipv4/tcp_early_retrans', '0');
    tenOut(t);
    t.advance(ms(200));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 5001 }));
    t.sent.length = 0;
    const start = t.clock.now() / 1e6;
    t.advance(sec(1));
    // The round trip rose to 68 ms on average, its deviation with it.
    const first = at(t)[0]! - start;
    expect(first).toBeGreaterThan(250);
    expect(first).toBeLessThan(500);
  });

  it('ends by TCP_USER_TIMEOUT', () => {
    const s = tenOut(t);
    s.setInt(18, 2000);
    t.advance(sec(4));
    t.sent.length = 0;
    expect(s.sk.state).toBe(7);
    expect(s.error()).toBe(-110);
  });
});

describe('fast recovery with SACK', () => {
  let t: TcpTest;
  let s: TestSock;
  beforeEach(() => {
    t = new TcpTest();
    s = tenOut(t);
    s.sk.sndbuf = 1 << 20;
    t.advance(ms(50));
  });
  afterEach(() => t.done());

  it('sends a hole again after three segments above it', () => {
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[1001, 2001]] }));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[1001, 3001]] }));
    t.expectNothing();
    expect(s.sk.caState).toBe(1);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[1001, 4001]] }));
    expect(ranges(t)).toEqual([[1, 1001]]);
    expect(s.sk.caState).toBe(3);
    // CUBIC: seven tenths.
    expect(s.sk.sndSsthresh).toBe(7);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 10001 }));
    expect(s.sk.caState).toBe(0);
    expect(s.sk.sndCwnd).toBe(7);
    expect(t.ext('TCPSackRecovery')).toBe(1);
    expect(t.ext('TCPFastRetrans')).toBe(1);
  });

  it('sends several holes again, no more than the window lets it', () => {
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[1001, 2001]] }));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[3001, 4001], [1001, 2001]] }));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[5001, 6001], [3001, 4001], [1001, 2001]] }));
    const first = ranges(t);
    expect(first[0]).toEqual([1, 1001]);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[5001, 7001], [3001, 4001], [1001, 2001]] }));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[5001, 8001], [3001, 4001], [1001, 2001]] }));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[5001, 9001], [3001, 4001], [1001, 2001]] }));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[5001, 10001], [3001, 4001], [1001, 2001]] }));
    const all = [...first, ...ranges(t)];
    expect(all).toEqual([[1, 1001], [2001, 3001], [4001, 5001]]);
    t.advance(ms(50));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 10001 }));
    expect(s.sk.packetsOut).toBe(0);
    expect([s.sk.sackedOut, s.sk.lostOut, s.sk.retransOut]).toEqual([0, 0, 0]);
  });

  it('sends new data while the pipe empties (proportional rate reduction)', () => {
    s.send(20000);
    t.sent.length = 0;
    for (let i = 2; i <= 10; i++) t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[1001, 1 + i * 1000]] }));
    const sent = ranges(t);
    // Limited transmit on the first duplicates (RFC 3042), then the hole, then about seven in ten.
    expect(sent[0]).toEqual([10001, 11001]);
    expect(sent.slice(0, 3)).toContainEqual([1, 1001]);
    const fresh = sent.slice(3).reduce((a, [x, y]) => a + (y - x) / 1000, 0);
    expect(fresh).toBeGreaterThanOrEqual(3);
    expect(fresh).toBeLessThanOrEqual(6);
    expect(s.sk.packetsOut - s.sk.sackedOut - s.sk.lostOut + s.sk.retransOut).toBeLessThanOrEqual(8);
  });

  it('sends a retransmission again that was lost too (RACK)', () => {
    s.send(20000);
    t.sent.length = 0;
    for (let i = 2; i <= 4; i++) t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[1001, 1 + i * 1000]] }));
    expect(ranges(t)).toContainEqual([1, 1001]);
    t.advance(ms(50));
    // Data that left after the retransmission is SACKed.
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[1001, 10001]] }));
    t.sent.length = 0;
    t.advance(ms(50));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[1001, 13001]] }));
    t.advance(ms(30));
    expect(ranges(t)).toContainEqual([1, 1001]);
    expect(t.ext('TCPLostRetransmit')).toBeGreaterThanOrEqual(1);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 13001 }));
    t.sent.length = 0;
  });

  it('does not take a retransmission for lost because of data that left before it in the same microsecond', () => {
    s.send(20000);
    t.sent.length = 0;
    // In one run of work: new data for the first duplicates, then the hole.
    t.kernel.enter();
    for (let i = 2; i <= 4; i++) t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[1001, 1 + i * 1000]] }));
    t.kernel.exit();
    const order = ranges(t);
    expect(order.findIndex(([a]) => a === 10001)).toBeLessThan(order.findIndex(([a]) => a === 1));
    t.advance(ms(50));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[10001, 11001], [1001, 4001]] }));
    expect(ranges(t).filter(([a]) => a === 1)).toEqual([]);
    expect(t.ext('TCPLostRetransmit')).toBe(0);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 11001 }));
    t.sent.length = 0;
  });

  it('waits a quarter of a round trip once reordering was seen, then marks by timer', () => {
    // 1 comes late: SACKed around, then acknowledged without a retransmission.
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[1001, 3001]] }));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 3001 }));
    expect(s.sk.reordSeen).toBeGreaterThan(0);
    s.sk.srttUs = 50000 << 3;
    t.inject(tcp({ flags: 'A', seq: 1, ack: 3001, sack: [[4001, 8001]] }));
    t.expectNothing();
    t.advance(ms(20));
    expect(ranges(t)).toContainEqual([3001, 4001]);
    expect(s.sk.caState).toBe(3);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 10001 }));
  });

  it('undoes the reduction when DSACKs show that nothing was lost', () => {
    for (let i = 2; i <= 4; i++) t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[1001, 1 + i * 1000]] }));
    expect(ranges(t)).toEqual([[1, 1001]]);
    const reduced = s.sk.sndSsthresh;
    expect(reduced).toBe(7);
    // The original was only late: acknowledged, and the copy reported as a duplicate.
    t.inject(tcp({ flags: 'A', seq: 1, ack: 4001 }));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 4001, sack: [[1, 1001]] }));
    expect(s.sk.caState).not.toBe(3);
    expect(s.sk.sndCwnd).toBeGreaterThanOrEqual(10);
    expect(t.ext('TCPDSACKUndo')).toBe(1);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 10001 }));
    t.sent.length = 0;
  });

  it('ignores SACK blocks for what was never sent, and hostile ones', () => {
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[20001, 30001]] }));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[5001, 4001]] }));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[0x7fff0000, -0x7fff0000]] }));
    expect(s.sk.sackedOut).toBe(0);
    expect(s.sk.caState).toBe(0);
    t.expectNothing();
  });

  it('cuts super-segments where a block ends inside', () => {
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[2001, 4501]] }));
    // 4501 is inside a segment: that one is not whole.
    expect(s.sk.sackedOut).toBe(2);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[2001, 6001]] }));
    expect(s.sk.sackedOut).toBe(4);
    expect(s.sk.packetsOut).toBe(10);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 10001 }));
    expect(s.sk.packetsOut).toBe(0);
    t.sent.length = 0;
  });

  it('believes a peer that reneges only for a moment', () => {
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[1001, 10001]] }));
    t.sent.length = 0;
    // The cumulative ACK moves into what was SACKed: the peer threw it away.
    t.advance(ms(10));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1001 }));
    t.advance(ms(60));
    expect(t.ext('TCPSACKReneging')).toBe(1);
    expect(ranges(t)).toContainEqual([1001, 2001]);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 10001 }));
    t.sent.length = 0;
  });
});

describe('fast recovery without SACK (NewReno)', () => {
  let t: TcpTest;
  let s: TestSock;
  beforeEach(() => {
    t = new TcpTest();
    s = tenOut(t, { sack: false });
    s.sk.sndbuf = 1 << 20;
    t.advance(ms(50));
  });
  afterEach(() => t.done());

  it('takes the third duplicate for a loss', () => {
    // The first one brings a window newer than the SYN's, so it is none.
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1 }));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1 }));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1 }));
    t.expectNothing();
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1 }));
    expect(ranges(t)).toEqual([[1, 1001]]);
    expect(t.ext('TCPRenoRecovery')).toBe(1);
    // A partial ACK shows the next hole (RFC 6582).
    t.inject(tcp({ flags: 'A', seq: 1, ack: 3001 }));
    expect(ranges(t)).toEqual([[3001, 4001]]);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 10001 }));
    expect(s.sk.packetsOut).toBe(0);
    expect(s.sk.sndCwnd).toBeLessThanOrEqual(8);
  });

  it('does not count ACKs with data or with another window as duplicates', () => {
    for (let i = 0; i < 5; i++) t.inject(tcp({ flags: 'PA', seq: 1 + i, ack: 1, len: 1 }));
    for (let i = 0; i < 5; i++) t.inject(tcp({ flags: 'A', seq: 6, ack: 1, win: 60000 + i }));
    expect(ranges(t).filter(([x, y]) => y > x)).toEqual([]);
    expect(s.sk.caState).toBe(0);
  });
});

describe('the tail loss probe', () => {
  let t: TcpTest;
  beforeEach(() => {
    t = new TcpTest();
  });
  afterEach(() => t.done());

  it('sends the last segment again after two round trips', () => {
    const s = tenOut(t);
    const start = t.clock.now() / 1e6;
    t.advance(ms(120));
    expect(t.sent.map((x) => [x.seq, x.len, x.at / 1e6 - start])).toEqual([[9001, 1000, 102]]);
    expect(t.ext('TCPLossProbes')).toBe(1);
    expect(s.sk.caState).toBe(0);
    t.sent.length = 0;
    // The answer shows by SACK what was lost; no timeout is needed.
    t.advance(ms(40));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 7001, sack: [[9001, 10001]] }));
    t.advance(ms(20));
    // RACK's timer starts the recovery: one segment goes first, as a real kernel does (conformance/packetdrill/tlp-two-lost.pkt).
    expect(merged(t)).toEqual([[7001, 8001]]);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 8001, sack: [[9001, 10001]] }));
    expect(merged(t).at(-1)).toEqual([8001, 9001]);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 10001 }));
    expect(t.ext('TCPTimeouts')).toBe(0);
  });

  it('prefers new data', () => {
    const s = tenOut(t);
    s.send(500);
    t.expectNothing();
    t.advance(ms(120));
    expect(ranges(t)).toEqual([[10001, 10501]]);
  });

  it('is only one; the timeout follows', () => {
    tenOut(t);
    const start = t.clock.now() / 1e6;
    t.advance(ms(600));
    const when = at(t).map((x) => x - start);
    expect(when[0]).toBe(102);
    // A full timeout after the probe.
    expect(when[1]).toBe(352);
  });

  it('reduces the window when it repaired a loss', () => {
    const s = tenOut(t);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 9001 }));
    t.advance(ms(400));
    expect(ranges(t)[0]).toEqual([9001, 10001]);
    const cwnd = s.sk.sndCwnd;
    // Nothing but the probe can have been acknowledged.
    s.send(100);
    t.sent.length = 0;
    t.inject(tcp({ flags: 'A', seq: 1, ack: 10101 }));
    expect(s.sk.sndCwnd).toBeLessThan(cwnd);
    expect(t.ext('TCPLossProbeRecovery')).toBe(1);
  });

  it('does not when the original had arrived', () => {
    const s = tenOut(t);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 9001 }));
    t.advance(ms(400));
    t.sent.length = 0;
    const cwnd = s.sk.sndCwnd;
    t.inject(tcp({ flags: 'A', seq: 1, ack: 10001, sack: [[9001, 10001]] }));
    expect(s.sk.sndCwnd).toBeGreaterThanOrEqual(cwnd);
    expect(t.ext('TCPLossProbeRecovery')).toBe(0);
  });
});

describe('spurious timeouts', () => {
  it('are recognized by an ACK for data that was sent once (F-RTO)', () => {
    const t = new TcpTest({ sysctl: { early_retrans: 0 } });
    const s = tenOut(t);
    s.sk.sndbuf = 1 << 20;
    s.send(20000);
    t.sent.length = 0;
    const cwnd = s.sk.sndCwnd;
    t.advance(ms(250));
    expect(ranges(t)).toEqual([[1, 1001]]);
    // The ACKs of the originals come late.
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1001 }));
    const fresh = ranges(t);
    expect(fresh[0]![0]).toBe(10001);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 3001 }));
    expect(s.sk.caState).toBe(0);
    expect(s.sk.sndCwnd).toBeGreaterThanOrEqual(cwnd);
    expect(t.ext('TCPSpuriousRTOs')).toBe(1);
    t.done();
  });

  it('are recognized by timestamps (Eifel)', () => {
    const t = new TcpTest({ sysctl: { timestamps: 1, early_retrans: 0, frto: 0 } });
    const s = tenOut(t, { ts: true });
    const cwnd = s.sk.sndCwnd;
    const original = 50;
    t.advance(ms(250));
    expect(ranges(t)).toEqual([[1, 1001]]);
    expect(s.sk.sndCwnd).toBe(1);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1001, ts: [300, original] }));
    expect(s.sk.caState).toBe(0);
    expect(s.sk.sndCwnd).toBeGreaterThanOrEqual(cwnd);
    expect(t.ext('TCPLossUndo')).toBe(1);
    t.done();
  });

  it('are not believed when the copy was acknowledged', () => {
    const t = new TcpTest({ sysctl: { timestamps: 1, early_retrans: 0, frto: 0 } });
    const s = tenOut(t, { ts: true });
    t.advance(ms(250));
    const copy = t.take();
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1001, ts: [300, copy.ts![0]] }));
    expect(s.sk.caState).toBe(4);
    t.sent.length = 0;
    t.done();
  });
});

describe('what a SACK marks', () => {
  it('agrees with a simple scoreboard for random blocks', () => {
    let seed = 5;
    const rnd = (n: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return seed % n;
    };
    for (let round = 0; round < 60; round++) {
      const t = new TcpTest({ sysctl: { recovery: 0, reordering: 300 } });
      const s = tenOut(t);
      s.sk.sndCwnd = 100;
      s.sk.sndbuf = 1 << 20;
      s.send(30000);
      t.sent.length = 0;
      const n = s.sk.packetsOut;
      const marked = new Array<boolean>(n).fill(false);
      let una = 0;
      for (let i = 0; i < 12; i++) {
        if (rnd(4) === 0) una = Math.max(una, rnd(Math.min(n, una + 4)));
        const blocks: [number, number][] = [];
        for (let k = 1 + rnd(3); k > 0; k--) {
          const a = una + 1 + rnd(n - una);
          const b = Math.min(n, a + 1 + rnd(6));
          if (a < b) blocks.push([a * MSS + 1, b * MSS + 1]);
        }
        for (const [a, b] of blocks) for (let j = (a - 1) / MSS; j < (b - 1) / MSS; j++) marked[j] = true;
        t.inject(tcp({ flags: 'A', seq: 1, ack: una * MSS + 1, sack: blocks }));
        const want = marked.slice(una).filter(Boolean).length;
        expect(s.sk.sackedOut).toBe(want);
        expect(s.sk.packetsOut).toBeGreaterThanOrEqual(n - una);
        t.sent.length = 0;
      }
      t.done();
    }
  });
});
