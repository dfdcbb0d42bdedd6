// DCTCP (RFC 8257): what the receiver echoes, how the sender answers, and a queue that marks and stays short.
import { describe, expect, it } from 'vitest';
import type { TcpSock } from '../src/index.ts';
import type { DctcpState } from '../src/cong/dctcp.ts';
import { ms, tcp, TcpTest, type TestSock } from './harness.ts';
import { transfer, WirePair } from './wire.ts';

const CE = 3;
const ECT0 = 2;
const stateOf = (tp: TcpSock): DctcpState => tp.caPriv as DctcpState;

/** A connection whose ends agreed on ECN, by active open. */
function dctcpConnection(): { t: TcpTest; s: TestSock } {
  const t = new TcpTest({ sysctl: { congestion_control: 'dctcp' } });
  const s = t.connect(80);
  t.expect(tcp({ flags: 'SEC', seq: 0, tos: ECT0 }));
  t.inject(tcp({ flags: 'SAE', seq: 0, ack: 1, win: 65535, mss: 1460, sackOk: true, ws: 7 }));
  t.expect(tcp({ flags: 'A', seq: 1, ack: 1, len: 0, tos: ECT0 }));
  return { t, s };
}

function end(t: TcpTest): void {
  t.inject(tcp({ flags: 'R', seq: 1 }));
  t.sent.length = 0;
}

describe('negotiation', () => {
  it('asks for ECN although tcp_ecn says only to answer; without an answer it is Reno, and sends no ECT', () => {
    const t = new TcpTest({ sysctl: { congestion_control: 'dctcp', ecn: 0 } });
    const s = t.connect(80);
    t.expect(tcp({ flags: 'SEC', seq: 0, tos: ECT0 }));
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, win: 65535, mss: 1460 }));
    t.expect(tcp({ flags: 'A', tos: 0 }));
    s.send(100);
    t.expect(tcp({ flags: 'PA', tos: 0 }));
    expect(stateOf(s.sk).ecn).toBe(false);
    s.sk.sndCwnd = 20;
    expect(s.sk.caOps!.ssthresh(s.sk)).toBe(10);
    end(t);
    t.done();
  });

  it('a listener answers with ECT', () => {
    const t = new TcpTest({ sysctl: { congestion_control: 'dctcp', ecn: 0 } });
    const l = t.listen(80);
    t.inject(tcp({ flags: 'SEC', seq: 0, mss: 1460 }));
    t.expect(tcp({ flags: 'SAE', tos: ECT0 }));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1 }));
    const a = l.accept();
    if (typeof a === 'number') throw new Error(`accept ${a}`);
    a.send(10);
    t.expect(tcp({ flags: 'PA', tos: ECT0 }));
    expect(stateOf(a.sk).ecn).toBe(true);
    end(t);
    l.close();
    t.done();
  });
});

describe('the receiver (section 3.2)', () => {
  it('echoes each change at once, and what came before it as it was', () => {
    const { t, s } = dctcpConnection();
    // The quick ACKs of the start are over.
    s.sk.ackQuick = 0;
    s.sk.ackPingpong = 1;
    s.sk.ackAto = 40;
    let seq = 1;
    const data = (tos: number): void => {
      t.inject(tcp({ flags: 'A', seq, ack: 1, len: 100, tos }));
      seq += 100;
    };
    data(ECT0);
    expect(t.sent).toEqual([]);
    data(CE);
    // The unmarked one first, without ECE; then the change.
    t.expect(tcp({ flags: 'A', ack: 101 }));
    t.expect(tcp({ flags: 'AE', ack: 201 }));
    data(CE);
    expect(t.sent).toEqual([]);
    data(ECT0);
    t.expect(tcp({ flags: 'AE', ack: 301 }));
    t.expect(tcp({ flags: 'A', ack: 401 }));
    data(ECT0);
    expect(t.sent).toEqual([]);
    t.advance(ms(300));
    t.expect(tcp({ flags: 'A', ack: 501 }));
    t.inject(tcp({ flags: 'R', seq }));
    t.done();
  });

  it('goes on echoing whatever CWR says', () => {
    const { t, s } = dctcpConnection();
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, len: 100, tos: CE }));
    t.inject(tcp({ flags: 'A', seq: 101, ack: 1, len: 100, tos: CE }));
    t.advance(ms(300));
    t.sent.length = 0;
    // An old segment, whose answer says what came last.
    t.inject(tcp({ flags: 'AC', seq: 101, ack: 1, len: 100 }));
    t.expect(tcp({ flags: 'AE', ack: 201 }));
    t.inject(tcp({ flags: 'R', seq: 201 }));
    expect(s.sk.state).toBe(7);
    t.done();
  });
});

describe('the sender (section 3.3)', () => {
  it('shrinks by half of the estimate, once a window; a loss halves', () => {
    const { t, s } = dctcpConnection();
    stateOf(s.sk).alpha = 0.25;
    s.send(100 * 1460);
    t.advance(ms(1));
    const sent = t.sent.splice(0).reduce((n, x) => n + x.len, 0);
    expect(sent).toBe(10 * 1460);
    t.inject(tcp({ flags: 'AE', seq: 1, ack: 1461, win: 1000 }));
    // 10 * (1 - 0.25 / 2), the window of the moment.
    expect([s.sk.sndSsthresh, s.sk.caState]).toEqual([8, 2]);
    // All but the first were sent in the window that the mark was in.
    t.inject(tcp({ flags: 'AE', seq: 1, ack: 4 * 1460 + 1, win: 1000 }));
    expect(s.sk.sndSsthresh).toBe(8);
    t.inject(tcp({ flags: 'R', seq: 1 }));
    t.sent.length = 0;
    t.done();
  });

  it('answers SACKed holes and timeouts as Reno does', () => {
    for (const timeout of [false, true]) {
      const { t, s } = dctcpConnection();
      stateOf(s.sk).alpha = 0.01;
      s.sk.sndCwnd = 20;
      s.send(20 * 1460);
      t.sent.length = 0;
      if (timeout) t.advance(ms(3000));
      else t.inject(tcp({ flags: 'A', seq: 1, ack: 1, win: 1000, sack: [[1461, 15 * 1460 + 1]] }));
      t.advance(ms(100));
      expect([s.sk.sndSsthresh, s.sk.caState]).toEqual([10, timeout ? 4 : 3]);
      t.inject(tcp({ flags: 'R', seq: 1 }));
      t.sent.length = 0;
      t.done();
    }
  });

  it('the estimate comes to be the share of marks', () => {
    for (const [every, share] of [[2, 0.5], [10, 0.1]] as const) {
      const w = new WirePair({ delay: 5, sysctl: { congestion_control: 'dctcp' } });
      let n = 0;
      w.filter = (b, from) => {
        // Every so many data segments are marked.
        if (from === w.a && b.length > 200 && n++ % every === 0) b[1]! |= CE;
        return false;
      };
      const { c, s } = w.connect();
      transfer(w, c, s, 2_000_000);
      expect(Math.abs(stateOf(c).alpha - share)).toBeLessThan(0.35 * share);
      expect(w.ext(w.a, 'TCPDeliveredCE') / w.ext(w.a, 'TCPDelivered')).toBeGreaterThan(0.8 * share);
      w.close(c);
      w.close(s);
    }
  });
});

/** The longest queue of a link of 1,250 bytes a millisecond that marks from `mark` packets on, once slow start is over, and the time of the transfer. */
function bottleneck(algorithm: string, mark: number): { longest: number; time: number } {
  const rate = 1250;
  const w = new WirePair({ delay: 10, rate, queue: 1000, sysctl: { congestion_control: algorithm, ecn: 1 } });
  let free = 0;
  let longest = 0;
  let bytes = 0;
  w.filter = (b, from) => {
    if (from !== w.a) return false;
    const now = w.clock.now() / 1e6;
    free = Math.max(free, now);
    const queue = ((free - now) * rate) / 1500;
    free += b.length / rate;
    bytes += b.length;
    if (bytes > 1_500_000) longest = Math.max(longest, queue);
    if (queue > mark && (b[1]! & 3) !== 0) b[1]! |= CE;
    return false;
  };
  const { c, s } = w.connect();
  const time = transfer(w, c, s, 6_000_000);
  w.close(c);
  w.close(s);
  return { longest, time };
}

describe('a queue that marks from five packets on (section 1)', () => {
  it('stays short, and the link busy: more so than with Reno, who halves', () => {
    const mine = bottleneck('dctcp', 5);
    const reno = bottleneck('reno', 5);
    expect(mine.longest).toBeLessThan(25);
    // 6 MB at 1.25 MB/s.
    expect(mine.time).toBeLessThan(4800 * 1.1);
    expect(mine.time).toBeLessThan(reno.time);
  });
});
