// Loss recovery, RFC by RFC; recovery.test.ts has the usual courses of it. Expectations are the RFCs' own.
import { afterEach, describe, expect, it } from 'vitest';
import { tcpMstampRefresh } from '../src/tcp-clock.ts';
import { FRTO_AWAIT_FIRST, FRTO_AWAIT_SECOND, FRTO_OFF } from '../src/tcp-frto.ts';
import { prrAck, prrStart } from '../src/tcp-prr.ts';
import { rackMarkLossesOnRto } from '../src/tcp-rack.ts';
import { ms, tcp, TcpTest, type TestSock } from './harness.ts';

const MSS = 1000;
const OPEN = 0;
const DISORDER = 1;
const CWR = 2;
const RECOVERY = 3;
const LOSS = 4;

let t: TcpTest;
let s: TestSock;
let iss: number;

/** A round trip of 50 ms, `n` segments outstanding from 1 on, and with `more` unsent data behind them. Timestamps when `ts`: ours begin at any value, the peer's are 100. */
function outstanding(n: number, opts: { sack?: boolean; ts?: boolean; more?: number; sysctl?: Record<string, string | number> } = {}): void {
  t = new TcpTest({ sysctl: { timestamps: opts.ts === true ? 1 : 0, early_retrans: 0, congestion_control: 'reno', ...opts.sysctl } });
  s = t.connect(80);
  t.take();
  t.advance(ms(50));
  const ts = opts.ts === true ? { ts: [100, 0] as const } : {};
  t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, win: 65535, mss: opts.ts === true ? MSS + 12 : MSS, sackOk: opts.sack !== false, ...ts }));
  t.take();
  iss = s.sk.sndUna - 1;
  s.sk.sndbuf = 1 << 20;
  s.sk.sndCwnd = n;
  s.send(n * MSS + (opts.more ?? 0));
  expect(s.sk.packetsOut).toBe(n);
  t.sent.length = 0;
  t.advance(ms(50));
}
const ack = (to: number, sack: [number, number][] = []): void => t.inject(tcp({ flags: 'A', seq: 1, ack: to, ...(sack.length > 0 ? { sack } : {}) }));
/** First sequence numbers of what was sent. */
const sent = (): number[] => t.sent.splice(0).map((x) => x.seq);
/** A sequence number as the helpers count: our SYN's is 0. */
const rel = (seq: number): number => (seq - iss) | 0;
const counts = (): number[] => [s.sk.sackedOut, s.sk.lostOut, s.sk.retransOut];

afterEach(() => {
  t.inject(tcp({ flags: 'R', seq: 1 }));
  t.sent.length = 0;
  t.done();
});

describe('the scoreboard (RFC 6675)', () => {
  it('counts a segment as SACKed, lost or sent again, and pipe follows', () => {
    outstanding(10);
    ack(1, [[3001, 6001]]);
    // 1, 1001 and 2001 are lost; PRR lets the first out at once.
    expect(counts()).toEqual([3, 3, 1]);
    expect(sent()).toEqual([1]);
    ack(1, [[3001, 7001]]);
    ack(1, [[3001, 8001]]);
    ack(1, [[3001, 9001]]);
    expect(sent()).toEqual([1001, 2001]);
    expect(counts()).toEqual([6, 3, 3]);
    // A SACK of what was sent again clears all of its marks. It comes too soon to tell RACK anything.
    ack(1, [[1001, 2001], [3001, 9001]]);
    expect(counts()).toEqual([7, 2, 2]);
    ack(10001);
    expect([...counts(), s.sk.packetsOut]).toEqual([0, 0, 0, 0]);
  });

  it('forgets SACKs that the peer took back, after a moment, and sends all again', () => {
    outstanding(4);
    ack(1, [[1001, 2001]]);
    ack(1001);
    t.advance(ms(40));
    expect(t.ext('TCPSACKReneging')).toBe(1);
    expect(counts()).toEqual([0, 3, 1]);
    expect(sent()).toEqual([1001]);
  });
});

describe('proportional rate reduction (RFC 6937, RFC 9937)', () => {
  it('sends ssthresh segments while a window is delivered, however many were SACKed before', () => {
    outstanding(20, { more: 40000 });
    let fresh = 0;
    for (let i = 1; i < 20; i++) ack(1, [[1001, 1001 + i * MSS]]);
    for (const seq of sent()) fresh += seq === 1 ? 0 : 1;
    expect(s.sk.caState).toBe(RECOVERY);
    expect(s.sk.sndSsthresh).toBe(10);
    // Two by limited transmit (RFC 3042); then with the retransmission as many as ssthresh, less what is to come with the last of the window.
    expect(fresh).toBeGreaterThanOrEqual(2 + 10 - 1 - 2);
    expect(fresh).toBeLessThanOrEqual(2 + 10 - 1);
  });

  it('counts from what is still to be delivered', () => {
    outstanding(10);
    s.sk.sackedOut = 4;
    prrStart(s.sk);
    prrAck(s.sk, 2, false);
    expect(s.sk.recoverFs).toBe(8);
    prrAck(s.sk, 2, false);
    expect(s.sk.recoverFs).toBe(8);
    s.sk.sackedOut = 0;
  });
});

describe('without SACK (RFC 6582)', () => {
  it('ends with the full ACK, and echoes of what was sent again start no second recovery', () => {
    outstanding(10, { sack: false, more: 30000 });
    ack(1);
    for (let i = 0; i < 3; i++) ack(1);
    expect(s.sk.caState).toBe(RECOVERY);
    const point = rel(s.sk.recoveryPoint);
    t.advance(ms(50));
    ack(point);
    expect(s.sk.caState).toBe(OPEN);
    expect(rel(s.sk.sndUna)).toBe(point);
    for (let i = 0; i < 5; i++) ack(point);
    expect(s.sk.caState).toBe(OPEN);
    expect(t.ext('TCPRenoRecovery')).toBe(1);
    // Beyond it duplicates count again.
    ack(point + MSS);
    for (let i = 0; i < 3; i++) ack(point + MSS);
    expect(s.sk.caState).toBe(RECOVERY);
    expect(t.ext('TCPRenoRecovery')).toBe(2);
  });

  it('takes more duplicates than there can be for reordering', () => {
    outstanding(10, { sack: false });
    ack(8001);
    for (let i = 0; i < 2; i++) ack(8001);
    // Of two segments one is missing at least.
    expect([s.sk.sackedOut, s.sk.packetsOut]).toEqual([1, 2]);
    expect([s.sk.reordSeen, t.ext('TCPRenoReorder'), s.sk.caState]).toEqual([1, 1, DISORDER]);
  });
});

describe('RACK (RFC 8985)', () => {
  it('widens its window once in a round that has DSACKs, and sixteen recoveries without one make it narrow again', () => {
    outstanding(10, { more: 200000 });
    ack(1, [[1001, 4001]]);
    expect(sent()[0]).toBe(1);
    s.sk.totalRetrans = 5;
    ack(4001, [[1, 1001]]);
    expect(s.sk.rackReoWndMult).toBe(2);
    ack(4001, [[1, 1001]]);
    expect(s.sk.rackReoWndMult).toBe(2);
    // The next round.
    ack(rel(s.sk.sndNxt));
    ack(rel(s.sk.sndUna), [[1, 1001]]);
    expect([s.sk.rackReoWndMult, s.sk.rackReoWndPersist]).toEqual([3, 16]);
    for (let i = 0; i < 16; i++) {
      expect(s.sk.rackReoWndMult).toBe(3);
      t.advance(ms(50));
      s.sk.sndCwnd = 10;
      s.send(10 * MSS);
      t.advance(ms(50));
      const una = rel(s.sk.sndUna);
      ack(una, [[una + MSS, rel(s.sk.sndNxt)]]);
      t.advance(ms(100));
      expect(s.sk.caState).toBe(RECOVERY);
      t.advance(ms(50));
      ack(rel(s.sk.sndNxt));
      t.sent.length = 0;
    }
    expect(s.sk.rackReoWndMult).toBe(1);
  });

  it('takes the answer that comes too soon for that of the original', () => {
    outstanding(10);
    ack(1, [[1001, 4001]]);
    expect(sent()).toEqual([1]);
    const { rackXmit } = s.sk;
    t.advance(ms(1));
    // One millisecond after the retransmission: less than any round trip.
    ack(4001);
    expect(s.sk.rackXmit).toBe(rackXmit);
  });

  it('after a timeout leaves alone what left only just now (section 6.3)', () => {
    outstanding(5);
    t.advance(ms(100));
    ack(1001);
    expect(s.sk.rackRttUs).toBe(150000);
    s.sk.sndCwnd = 20;
    s.send(6 * MSS);
    t.advance(ms(50));
    t.call(() => {
      tcpMstampRefresh(s.sk);
      rackMarkLossesOnRto(s.sk);
    });
    // The four that are 200 ms old, and not the six of 50 ms.
    expect([s.sk.lostOut, s.sk.packetsOut]).toEqual([4, 10]);
  });
});

describe('F-RTO (RFC 5682)', () => {
  it('sends new data first, and gives up when only that arrives', () => {
    outstanding(10, { more: 10000 });
    t.advance(ms(400));
    expect([s.sk.caState, s.sk.frto]).toEqual([LOSS, FRTO_AWAIT_FIRST]);
    expect(sent()).toEqual([1]);
    ack(1001);
    expect(s.sk.frto).toBe(FRTO_AWAIT_SECOND);
    const fresh = sent();
    expect(Math.min(...fresh)).toBe(10001);
    ack(1001, [[10001, 11001]]);
    expect([s.sk.caState, s.sk.frto]).toEqual([LOSS, FRTO_OFF]);
    expect(sent()[0]).toBe(1001);
    expect(t.ext('TCPSpuriousRTOs')).toBe(0);
  });

  it('goes on when the timeout repeats, and is conventional without new data', () => {
    outstanding(10);
    t.advance(ms(400));
    const { rto } = s.sk;
    t.advance(ms(rto + 1));
    expect([s.sk.retransmits, s.sk.frto]).toEqual([2, FRTO_AWAIT_FIRST]);
    t.sent.length = 0;
    ack(1001);
    expect(s.sk.frto).toBe(FRTO_OFF);
    expect(sent()[0]).toBe(1001);
  });

  it('is not for a timeout in the middle of fast recovery', () => {
    outstanding(10);
    ack(1, [[1001, 4001]]);
    expect(s.sk.caState).toBe(RECOVERY);
    t.advance(ms(600));
    expect([s.sk.caState, s.sk.frto]).toEqual([LOSS, FRTO_OFF]);
    // One reduction for one window.
    expect(s.sk.sndSsthresh).toBe(5);
  });

  it('sees a spurious timeout by SACKs of originals as well', () => {
    outstanding(10, { more: 10000 });
    t.advance(ms(400));
    ack(1, [[2001, 3001]]);
    expect(s.sk.caState).not.toBe(LOSS);
    expect([t.ext('TCPSpuriousRTOs'), s.sk.sndCwnd >= 10]).toEqual([1, true]);
  });
});

describe('needless reductions', () => {
  it('are seen by timestamps in a partial ACK (RFC 3522): nothing counts as lost any more', () => {
    outstanding(10, { ts: true });
    const before = s.sk.sndSsthresh;
    const cwnd = s.sk.sndCwnd;
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, ts: [200, 51], sack: [[2001, 6001]] }));
    expect(s.sk.caState).toBe(RECOVERY);
    const copy = t.sent.splice(0);
    expect(copy.map((x) => x.seq)).toEqual([1]);
    t.advance(ms(10));
    // The original of the first segment, which left before the copy.
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1001, ts: [210, copy[0]!.ts![0] - 50], sack: [[2001, 6001]] }));
    expect(t.ext('TCPPartialUndo')).toBe(1);
    expect([s.sk.caState, s.sk.lostOut, s.sk.sndCwnd >= cwnd, s.sk.sndSsthresh]).toEqual([DISORDER, 0, true, Math.max(before, 7)]);
    // RACK waits longer from now on: what came late shows that its window was too narrow.
    expect([s.sk.rackReoWndMult, s.sk.reordSeen > 0]).toEqual([2, true]);
  });

  it('are seen by a DSACK of what is still outstanding (RFC 2883 section 4.2)', () => {
    outstanding(10);
    ack(1, [[2001, 6001]]);
    ack(1, [[2001, 7001]]);
    ack(1, [[2001, 8001]]);
    expect(sent()).toEqual([1, 1001]);
    expect([s.sk.caState, s.sk.episodeRexmits]).toEqual([RECOVERY, 2]);
    // 1001 has come twice, and 1 is missing yet; then 1 twice, too.
    ack(1, [[1001, 2001], [1001, 8001]]);
    expect([t.ext('TCPDSACKOfoRecv'), s.sk.episodeDsacks, s.sk.caState]).toEqual([1, 1, RECOVERY]);
    ack(8001, [[1, 1001]]);
    expect([t.ext('TCPDSACKUndo'), s.sk.caState, s.sk.sndCwnd >= 10]).toEqual([1, OPEN, true]);
  });

  it('are not believed of a peer that reports more duplicates than were ever sent', () => {
    outstanding(10);
    ack(1, [[1001, 4001]]);
    sent();
    ack(4001);
    ack(4001, [[1, 3001]]);
    expect([t.ext('TCPDSACKIgnoredDubious'), t.ext('TCPDSACKUndo')]).toEqual([1, 0]);
  });
});

describe('congestion twice', () => {
  it('reduces once for a window', () => {
    outstanding(20, { more: 20000 });
    ack(1, [[1001, 4001]]);
    expect(s.sk.sndSsthresh).toBe(10);
    ack(1, [[1001, 4001], [5001, 9001]]);
    ack(1, [[1001, 4001], [5001, 9001], [12001, 14001]]);
    expect([s.sk.sndSsthresh, t.ext('TCPSackRecovery')]).toEqual([10, 1]);
  });

  it('and again when the retransmission after a timeout is lost, too (RFC 5681 section 4.3)', () => {
    outstanding(10, { more: 30000, sysctl: { frto: 0 } });
    t.advance(ms(400));
    expect(s.sk.caState).toBe(LOSS);
    t.sent.length = 0;
    t.advance(ms(50));
    ack(1001);
    // 1001 and 2001 go again; of these the second arrives, and then what follows it.
    expect(sent()).toEqual([1001, 2001]);
    t.advance(ms(60));
    ack(1001, [[2001, 3001]]);
    t.sent.length = 0;
    t.advance(ms(60));
    ack(1001, [[2001, 4001]]);
    t.advance(ms(60));
    ack(1001, [[2001, 6001]]);
    t.advance(ms(30));
    expect(t.ext('TCPLostRetransmit')).toBeGreaterThan(0);
    expect(s.sk.caState).toBe(RECOVERY);
    expect(t.ext('TCPSackRecovery')).toBe(1);
  });

  it('a full queue of our own reduces without loss, and for a round trip', () => {
    outstanding(10);
    s.sk.ecnFlags = 1;
    t.inject(tcp({ flags: 'AE', seq: 1, ack: 2001 }));
    expect([s.sk.caState, s.sk.sndSsthresh]).toEqual([CWR, 5]);
    ack(10001);
    // Exactly RecoveryPoint: what left after the reduction has not been answered yet.
    expect(s.sk.caState).toBe(CWR);
    s.send(MSS);
    t.sent.length = 0;
    ack(11001);
    expect(s.sk.caState).toBe(OPEN);
  });
});
