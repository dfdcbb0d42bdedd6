// The receiver's sizes: the peer's segments, the window's growth, the buffer's (Dynamic Right-Sizing).
import { SOCK_RCVBUF_LOCK } from '@linnet/socket';
import { afterEach, describe, expect, it } from 'vitest';
import { ms, tcp, TcpTest, type TestSock } from './harness.ts';

let t: TcpTest;
let s: TestSock;
let seq: number;

function connected(sysctl: Record<string, string | number> = {}): void {
  t = new TcpTest({ sysctl });
  s = t.established({ mss: 1460 });
  seq = 1;
}
/** A segment of the peer; its flags, and a timestamp that echoes `echo`. */
function data(len: number, flags = 'A', echo?: number): void {
  t.inject(tcp({ flags, seq, ack: 1, len, ...(echo === undefined ? {} : { ts: [1000, echo] as const }) }));
  seq += len;
}

function over(): void {
  t.inject(tcp({ flags: 'R', seq }));
  t.sent.length = 0;
  t.done();
}
afterEach(over);

describe('the size of the peer\'s segments', () => {
  it('is the largest seen', () => {
    connected();
    data(1000);
    expect(s.sk.ackRcvMss).toBe(1000);
    data(1460);
    expect(s.sk.ackRcvMss).toBe(1460);
  });

  it('falls when two in a row are smaller and the peer goes on', () => {
    connected();
    data(1460);
    data(700);
    expect(s.sk.ackRcvMss).toBe(1460);
    data(700);
    expect(s.sk.ackRcvMss).toBe(700);
  });

  it('and not by what ends a write, or by sizes that differ', () => {
    connected();
    data(1460);
    for (let i = 0; i < 4; i++) data(700, 'PA');
    for (let i = 0; i < 4; i++) data(600 + i);
    expect(s.sk.ackRcvMss).toBe(1460);
  });
});

describe('the window', () => {
  it('keeps for the reader what tcp_app_win says (tcp(7)); a real kernel gives the same', () => {
    const sizes: number[] = [];
    for (const appWin of [31, 2, 1, 0]) {
      connected({ app_win: appWin });
      sizes.push(s.sk.windowClamp);
      if (appWin !== 0) over();
    }
    expect(sizes).toEqual([65536 - 1460, 65536 - 65536 / 4, 65536 - 65536 / 2, 65535]);
  });

  it('grows with segments that use memory well, and not beyond what small ones would fill', () => {
    connected();
    s.sk.rcvSsthresh = 10000;
    data(1460);
    expect(s.sk.rcvSsthresh).toBe(10000 + 2 * 1460);
    s.recv(65536);
    s.sk.rcvSsthresh = 60000;
    data(130);
    // The whole window in segments like this one would not fit the buffer.
    expect(s.sk.rcvSsthresh).toBe(60000);
  });
});

describe('Dynamic Right-Sizing', () => {
  it('measures a round trip by the age of timestamps, once for each and by full segments', () => {
    t = new TcpTest({ sysctl: { timestamps: 1 } });
    t.connect(80);
    const syn = t.take();
    // An echo of 0 is none.
    t.advance(ms(10));
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, mss: 1460, ws: 7, sackOk: true, ts: [1, syn.ts![0]] }));
    s = t.wrap([...t.tn.sockets][0]!);
    const echo = t.take().ts![0];
    seq = 1;
    t.advance(ms(40));
    data(1448, 'A', echo);
    expect(s.sk.rcvRttUs >> 3).toBe(40000);
    t.advance(ms(40));
    // The same echo again is older, and says nothing.
    data(1448, 'A', echo);
    expect(s.sk.rcvRttUs >> 3).toBe(40000);
    data(100, 'A', echo + 10);
    expect(s.sk.rcvRttUs >> 3).toBe(40000);
    // An eighth of the way to 70 ms.
    data(1448, 'A', echo + 10);
    expect(s.sk.rcvRttUs).toBe(40000 * 8 + 30000);
  });

  it('or by the time that a window of data takes: the least', () => {
    connected({ timestamps: 0 });
    const windowIn = (time: number): number => {
      s.sk.rcvRttSeq = s.sk.rcvNxt;
      t.advance(ms(time));
      data(1460);
      s.recv(65536);
      return s.sk.rcvRttUs >> 3;
    };
    t.advance(ms(1));
    data(1460);
    expect([windowIn(30), windowIn(50), windowIn(20)]).toEqual([30000, 30000, 20000]);
  });

  /** The reader takes `n` segments in a round trip of 10 ms. */
  const round = (n: number): void => {
    for (let i = 0; i < n; i++) {
      data(1460);
      if (i === n - 1) t.advance(ms(10));
      s.recv(65536);
    }
  };

  it('has room for twice what a doubling sender may send two steps on', () => {
    connected({ timestamps: 0 });
    s.sk.rcvRttUs = 80000;
    s.sk.rcvqTime = (s.sk.kernel.ktime / 1000) | 0;
    round(20);
    const got = 20 * 1460;
    expect(s.sk.rcvqSpace).toBeGreaterThanOrEqual(got - 1460);
    const window = (s.sk.rcvbuf * s.sk.scalingRatio) / 256;
    expect(window).toBeGreaterThanOrEqual(8 * (got - 1460));
    expect(window).toBeLessThanOrEqual(8 * got + 11 * 1460);
    // No more than before: no more room.
    const { rcvbuf } = s.sk;
    round(15);
    expect(s.sk.rcvbuf).toBe(rcvbuf);
  });

  it('is off where the buffer is fixed, or by tcp_moderate_rcvbuf', () => {
    for (const off of ['user', 'sysctl']) {
      connected({ timestamps: 0, moderate_rcvbuf: off === 'sysctl' ? 0 : 1 });
      if (off === 'user') s.sk.userlocks |= SOCK_RCVBUF_LOCK;
      s.sk.rcvRttUs = 80000;
      const { rcvbuf } = s.sk;
      round(30);
      expect(s.sk.rcvbuf).toBe(rcvbuf);
      if (off === 'user') over();
    }
  });
});
