import { SKB } from '@linnet/skbuff';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ms, pattern, sec, tcp, TcpTest, type TestSock } from './harness.ts';

const times = (t: TcpTest): number[] => t.sent.splice(0).map((s) => s.at / 1e6);

describe('active open', () => {
  let t: TcpTest;
  beforeEach(() => {
    t = new TcpTest();
  });
  afterEach(() => t.done());

  it('completes the three-way handshake', () => {
    const s = t.connect(80);
    t.expect(tcp({ flags: 'S', seq: 0, win: 64240, mss: 1460, sackOk: true, ws: 7, len: 0, ts: 'none' }));
    expect(s.sk.state).toBe(2);
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, win: 5000, mss: 1000, sackOk: true, ws: 3 }));
    t.expect(tcp({ flags: 'A', seq: 1, ack: 1, win: 502, len: 0 }));
    expect(s.sk.state).toBe(1);
    expect(s.sk.mssCache).toBe(1000);
    // The window of a SYN is not scaled.
    expect(s.sk.sndWnd).toBe(5000);
    t.expectNothing();
  });

  it('repeats the SYN four times at one second, then with backoff, and gives up', () => {
    const s = t.connect(80);
    t.advance(sec(140));
    expect(times(t)).toEqual([0, 1000, 2000, 3000, 4000, 5000, 7000, 11000, 19000, 35000, 67000]);
    expect(s.sk.state).toBe(7);
    expect(s.error()).toBe(-110);
    expect(t.ext('TCPSynRetrans')).toBe(10);
  });

  it('does not use what the peer did not offer', () => {
    const s = t.connect(80);
    t.take();
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, win: 5000 }));
    t.expect(tcp({ flags: 'A', seq: 1, ack: 1, win: 64240 }));
    expect(s.sk.mssCache).toBe(536);
    expect(s.sk.rxOpt.sackOk).toBe(false);
    expect(s.sk.rxOpt.rcvWscale).toBe(0);
  });

  it('takes a RST with the right acknowledgment for a refusal, and no other', () => {
    const s = t.connect(80);
    t.take();
    t.inject(tcp({ flags: 'RA', seq: 0, ack: 77 }));
    expect(s.sk.state).toBe(2);
    t.inject(tcp({ flags: 'R', seq: 0 }));
    expect(s.sk.state).toBe(2);
    t.inject(tcp({ flags: 'RA', seq: 0, ack: 1 }));
    expect(s.sk.state).toBe(7);
    expect(s.error()).toBe(-111);
    t.expectNothing();
  });

  it('answers a SYN-ACK for another connection with a RST and repeats its SYN soon', () => {
    const s = t.connect(80);
    t.take();
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 5, mss: 1460 }));
    t.expect(tcp({ flags: 'R', seq: 5 }));
    expect(s.sk.state).toBe(2);
    t.advance(ms(3));
    t.expect(tcp({ flags: 'S', seq: 0 }));
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, mss: 1460 }));
    t.expect(tcp({ flags: 'A', seq: 1, ack: 1 }));
    expect(s.sk.state).toBe(1);
  });

  it('measures the handshake only when it went without repetition (Karn)', () => {
    const a = t.connect(80);
    t.take();
    t.advance(ms(30));
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, mss: 1460 }));
    expect(a.sk.srttUs >> 3).toBe(30000);
    // RFC 6298: SRTT + max(200 ms, 4 * RTTVAR).
    expect(a.sk.rto).toBe(230);
    t.sent.length = 0;
    t.localIsn = null;
    const b = t.connect(81);
    t.take();
    t.advance(ms(1030));
    t.take();
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, mss: 1460 }));
    expect(b.sk.srttUs).toBe(0);
    expect(b.sk.rto).toBe(1000);
  });

  it('fails when the route is missing or the address is not one host', () => {
    const s = t.socket();
    const route = t.af.routeOutput;
    t.af.routeOutput = (_n, fl) => {
      fl.error = -101;
      return null;
    };
    expect(s.connect(80)).toBe(-101);
    t.af.routeOutput = route;
    t.af.outDst(t.net).type = 3;
    expect(s.connect(80)).toBe(-101);
    expect(s.sk.state).toBe(7);
    t.af.outDst(t.net).type = 1;
    expect(s.connect(80)).toBe(0);
    t.take();
  });

  it('carries data queued meanwhile with the third segment', () => {
    const s = t.connect(80);
    t.take();
    expect(s.send('x')).toBe(-11);
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, mss: 1460 }));
    t.expect(tcp({ flags: 'A', seq: 1, ack: 1, len: 0 }));
    expect(s.send('x')).toBe(1);
    t.expect(tcp({ flags: 'PA', seq: 1, ack: 1, data: 'x' }));
  });
});

describe('TCP_SYNCNT', () => {
  // Times as a Linux 6.18 with the same settings showed them: repetitions of the SYN, and when connect failed.
  const cases: [number, number[], number][] = [
    [1, [0, 1, 2], 3],
    [2, [0, 1, 2, 3, 4, 5], 7],
    [3, [0, 1, 2, 3, 4, 5, 7, 11], 19],
    [4, [0, 1, 2, 3, 4, 5, 7, 11, 19], 35],
  ];
  for (const [n, at, end] of cases) {
    it(`${n} gives up after ${end} s`, () => {
      const t = new TcpTest();
      const s = t.socket();
      expect(s.setInt(7, n)).toBe(0);
      s.connect(80);
      t.advance(sec(end) - 1);
      expect(s.sk.state).toBe(2);
      t.advance(1);
      expect(s.sk.state).toBe(7);
      expect(times(t)).toEqual(at.map((x) => x * 1000));
      t.done();
    });
  }

  it('without linear timeouts backs off from the start', () => {
    const t = new TcpTest({ sysctl: { syn_linear_timeouts: 0, syn_retries: 4 } });
    const s = t.connect(80);
    t.advance(sec(31));
    expect(s.sk.state).toBe(7);
    expect(times(t)).toEqual([0, 1000, 3000, 7000, 15000]);
    t.done();
  });
});

describe('timestamps', () => {
  let t: TcpTest;
  beforeEach(() => {
    t = new TcpTest({ sysctl: { timestamps: 1 } });
  });
  afterEach(() => t.done());

  it('are offered, echoed, and tick once a millisecond', () => {
    const s = t.connect(80);
    t.expect(tcp({ flags: 'S', ts: [0, 0], mss: 1460, win: 64240 }));
    t.advance(ms(20));
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, mss: 1460, sackOk: true, ws: 7, ts: [5000, 0] }));
    t.expect(tcp({ flags: 'A', seq: 1, ack: 1, ts: [20, 5000] }));
    expect(s.sk.mssCache).toBe(1448);
    t.advance(ms(7));
    s.send('x');
    t.expect(tcp({ flags: 'PA', ts: [27, 5000] }));
  });

  it('have an offset of their own for each pair of hosts', () => {
    t.connect(80);
    const first = t.take().ts;
    expect(first).toEqual([0, 0]);
    expect(t.tsBase).not.toBe(1);
  });

  it('reject a SYN-ACK that echoes what was never sent', () => {
    t.connect(80);
    t.take();
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, mss: 1460, ts: [5000, 999999] }));
    t.expect(tcp({ flags: 'R', seq: 1 }));
    expect(t.ext('PAWSActive')).toBe(1);
  });

  it('are left out when the peer leaves them out', () => {
    const s = t.connect(80);
    t.take();
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, mss: 1460 }));
    t.expect(tcp({ flags: 'A', ts: 'none' }));
    expect(s.sk.mssCache).toBe(1460);
  });
});

describe('passive open', () => {
  let t: TcpTest;
  let l: TestSock;
  beforeEach(() => {
    t = new TcpTest();
    l = t.listen(80);
  });
  afterEach(() => t.done());

  it('completes the three-way handshake', () => {
    t.inject(tcp({ flags: 'S', seq: 0, win: 1000, mss: 1000, ws: 2, sackOk: true }));
    t.expect(tcp({ flags: 'SA', seq: 0, ack: 1, mss: 1460, ws: 7, sackOk: true, win: 64240 }));
    expect(l.accept()).toBe(-11);
    expect(l.poll()).toBe(0);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, win: 500 }));
    expect(l.poll()).toBe(0x41);
    const s = l.accept() as TestSock;
    expect(s.sk.state).toBe(1);
    expect(s.sk.sndWnd).toBe(2000);
    expect(s.sk.daddr).toBe(t.peer);
    expect(s.sk.mssCache).toBe(1000);
    t.expectNothing();
  });

  it('answers only with options that the SYN had', () => {
    t.inject(tcp({ flags: 'S', seq: 0 }));
    t.expect(tcp({ flags: 'SA', seq: 0, ack: 1, mss: 1460, ws: undefined, sackOk: false, ts: 'none' }));
  });

  it('takes data with the last ACK of the handshake', () => {
    t.inject(tcp({ flags: 'S', seq: 0, mss: 1460 }));
    t.take();
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, data: 'hello' }));
    const s = l.accept() as TestSock;
    t.expect(tcp({ flags: 'A', seq: 1, ack: 6 }));
    expect(s.recvText(100)).toBe('hello');
  });

  it('repeats the SYN-ACK five times and forgets the request', () => {
    t.inject(tcp({ flags: 'S', seq: 0, mss: 1460 }));
    t.advance(sec(70));
    expect(times(t)).toEqual([0, 1000, 3000, 7000, 15000, 31000]);
    expect(l.sk.reqskQlen).toBe(0);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1 }));
    t.expect(tcp({ flags: 'R', seq: 1 }));
  });

  it('answers a repeated SYN with its SYN-ACK', () => {
    t.inject(tcp({ flags: 'S', seq: 0, mss: 1460 }));
    t.take();
    t.advance(ms(900));
    t.inject(tcp({ flags: 'S', seq: 0, mss: 1460 }));
    t.expect(tcp({ flags: 'SA', seq: 0, ack: 1 }));
    expect(l.sk.reqskQlen).toBe(1);
  });

  it('refuses a wrong acknowledgment with a RST and keeps the request', () => {
    t.inject(tcp({ flags: 'S', seq: 0, mss: 1460 }));
    t.take();
    t.inject(tcp({ flags: 'A', seq: 1, ack: 9 }));
    t.expect(tcp({ flags: 'R', seq: 9 }));
    expect(l.sk.reqskQlen).toBe(1);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1 }));
    expect(l.accept()).not.toBe(-11);
  });

  it('makes no connection of a SYN that acknowledges, and keeps the request', () => {
    t.inject(tcp({ flags: 'S', seq: 0, mss: 1460 }));
    t.take();
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 1 }));
    expect([l.accept(), l.sk.reqskQlen]).toEqual([-11, 1]);
    t.sent.length = 0;
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1 }));
    expect(l.accept()).not.toBe(-11);
  });

  it('forgets a request that is reset exactly, and doubts any other RST', () => {
    t.inject(tcp({ flags: 'S', seq: 0, mss: 1460 }));
    t.take();
    t.inject(tcp({ flags: 'R', seq: 100 }));
    t.expect(tcp({ flags: 'A', seq: 1, ack: 1 }));
    expect(l.sk.reqskQlen).toBe(1);
    t.inject(tcp({ flags: 'R', seq: 1 }));
    expect(l.sk.reqskQlen).toBe(0);
    expect(t.ext('EmbryonicRsts')).toBe(1);
    expect(t.kernel.get(SKB).dropCounts()).toEqual({ TCP_INVALID_SEQUENCE: 1, TCP_RESET: 1 });
    t.expectNothing();
  });

  it('refuses what is no SYN with a RST, and drops a RST', () => {
    t.inject(tcp({ flags: 'A', seq: 5, ack: 7 }));
    t.expect(tcp({ flags: 'R' }));
    t.inject(tcp({ flags: 'R', seq: 5 }));
    t.inject(tcp({ flags: 'SF', seq: 5 }));
    t.expectNothing();
  });

  it('closes a port without a listener by RST with the right numbers', () => {
    t.dport = 81;
    t.inject(tcp({ flags: 'S', seq: 0 }));
    t.expect(tcp({ flags: 'RA', ack: 1, win: 0, len: 0 }));
    t.inject(tcp({ flags: 'PA', seq: 10, ack: 4, len: 5 }));
    expect(t.take().rawSeq).toBe(((t.localIsn ?? 0) + 4) | 0);
    t.inject(tcp({ flags: 'F', seq: 10, len: 5 }));
    t.expect(tcp({ flags: 'RA', ack: 16 }));
    t.inject(tcp({ flags: 'RA', seq: 0, ack: 1 }));
    t.expectNothing();
  });

  it('agrees to ECN when asked', () => {
    t.inject(tcp({ flags: 'SEC', seq: 0, mss: 1460 }));
    t.expect(tcp({ flags: 'SAE', seq: 0, ack: 1 }));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1 }));
    const s = l.accept() as TestSock;
    s.send('x');
    t.expect(tcp({ flags: 'PA', tos: 2 }));
    // CE on data makes ECE, until CWR comes.
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 2, len: 10, tos: 3 }));
    t.expect(tcp({ flags: 'AE', ack: 11, tos: 0 }));
    t.inject(tcp({ flags: 'PAC', seq: 11, ack: 2, len: 10, tos: 2 }));
    t.expect(tcp({ flags: 'A', ack: 21 }));
    // ECE on an ACK reduces the window once, and CWR says so.
    const cwnd = s.sk.sndCwnd;
    s.send('y');
    t.take();
    t.inject(tcp({ flags: 'AE', seq: 21, ack: 3 }));
    expect(s.sk.caState).toBe(2);
    s.send('z');
    t.expect(tcp({ flags: 'PAC', tos: 2 }));
    expect(s.sk.sndSsthresh).toBeLessThan(cwnd);
  });

  it('connects the same port from many addresses', () => {
    for (let i = 0; i < 5; i++) {
      t.peer = 0x0a000100 + i;
      t.localIsn = null;
      t.inject(tcp({ flags: 'S', seq: 0, mss: 1460 }));
      t.take();
      t.inject(tcp({ flags: 'A', seq: 1, ack: 1 }));
    }
    for (let i = 0; i < 5; i++) expect((l.accept() as TestSock).sk.daddr).toBe(0x0a000100 + i);
    expect(l.accept()).toBe(-11);
  });
});

describe('listening', () => {
  let t: TcpTest;
  beforeEach(() => {
    t = new TcpTest();
  });
  afterEach(() => t.done());

  const syn = (i: number): void => {
    t.sport = 1000 + i;
    t.localIsn = null;
    t.inject(tcp({ flags: 'S', seq: 0, mss: 1460 }));
  };
  const shake = (i: number): boolean => {
    syn(i);
    if (t.sent.length === 0) return false;
    t.take();
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1 }));
    return true;
  };

  it('accepts one more than the backlog and drops further SYNs', () => {
    const l = t.listen(80, 2);
    expect([0, 1, 2, 3].map(shake)).toEqual([true, true, true, false]);
    expect(t.ext('ListenOverflows')).toBe(1);
    expect(t.ext('ListenDrops')).toBe(1);
    l.accept();
    expect(shake(4)).toBe(true);
  });

  it('lets a request wait whose ACK met a full queue, and asks for it again', () => {
    const l = t.listen(80, 1);
    syn(1);
    t.take();
    const isn1 = t.localIsn;
    expect(shake(2)).toBe(true);
    expect(shake(3)).toBe(true);
    t.sport = 1001;
    t.localIsn = isn1;
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1 }));
    expect(t.ext('ListenOverflows')).toBe(1);
    t.expectNothing();
    l.accept();
    t.advance(ms(1000));
    t.expect(tcp({ flags: 'SA', seq: 0, ack: 1 }));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1 }));
    l.accept();
    expect((l.accept() as TestSock).sk.dport).toBe(1001);
  });

  it('resets instead when tcp_abort_on_overflow says so', () => {
    t.net.sysctl.write('net/ipv4/tcp_abort_on_overflow', '1');
    t.listen(80, 0);
    syn(1);
    t.take();
    const isn1 = t.localIsn;
    expect(shake(2)).toBe(true);
    t.sport = 1001;
    t.localIsn = isn1;
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1 }));
    t.expect(tcp({ flags: 'R', seq: 1 }));
  });

  it('limits requests by the backlog', () => {
    for (const net of t.kernel.nets) net.sysctl.write('net/ipv4/tcp_syncookies', '0');
    t.listen(80, 9);
    for (let i = 0; i < 11; i++) syn(i);
    expect(t.sent.length).toBe(9);
    t.sent.length = 0;
    expect(t.ext('TCPReqQFullDrop')).toBe(2);
  });

  it('answers what is beyond the backlog by cookies, of which nothing is kept', () => {
    const l = t.listen(80, 9);
    for (let i = 0; i < 11; i++) syn(i);
    expect(t.sent.length).toBe(11);
    t.sent.length = 0;
    expect(l.sk.reqskQlen).toBe(9);
    expect(t.ext('SyncookiesSent')).toBe(2);
    expect(t.ext('TCPReqQFullDoCookies')).toBe(2);
  });

  it('cuts the backlog to somaxconn', () => {
    for (const net of t.kernel.nets) net.sysctl.write('net/core/somaxconn', '7');
    const l = t.listen(80, 100000);
    expect(l.sk.maxAckBacklog).toBe(7);
    expect(l.listen(-1)).toBe(0);
    expect(l.sk.maxAckBacklog).toBe(7);
    expect(l.listen(3)).toBe(0);
    expect(l.sk.maxAckBacklog).toBe(3);
  });

  it('takes its unaccepted connections with it', () => {
    const l = t.listen(80, 5);
    expect(shake(1)).toBe(true);
    syn(2);
    t.take();
    l.close();
    t.expect(tcp({ flags: 'RA' }));
    t.expectNothing();
    expect(t.tn.hashinfo.count).toBe(0);
    expect(t.tn.sockets.size).toBe(0);
    expect(t.tn.orphans).toBe(0);
  });

  it('defers accept until data comes', () => {
    const l = t.listen(80, 5);
    expect(l.setInt(9, 5)).toBe(0);
    expect(l.getInt(9)).toBe(7);
    syn(1);
    t.take();
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1 }));
    expect(l.accept()).toBe(-11);
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, data: 'hi' }));
    const s = l.accept() as TestSock;
    expect(s.recvText(10)).toBe('hi');
  });

  it('hands its options on', () => {
    const l = t.listen(80, 5);
    l.setInt(1, 1);
    l.setInt(4, 77);
    l.setInt(18, 5000);
    expect(shake(1)).toBe(true);
    const s = l.accept() as TestSock;
    expect([s.getInt(1), s.getInt(4), s.getInt(18)]).toEqual([1, 77, 5000]);
  });

  it('refuses a port that is in use', () => {
    t.listen(80);
    const s = t.socket();
    expect(s.bind(80)).toBe(-98);
  });
});

describe('simultaneous open', () => {
  let t: TcpTest;
  beforeEach(() => {
    t = new TcpTest();
  });
  afterEach(() => t.done());

  it('becomes one connection (RFC 9293 figure 7)', () => {
    const s = t.connect(80);
    t.expect(tcp({ flags: 'S', seq: 0 }));
    t.inject(tcp({ flags: 'S', seq: 0, win: 4000, mss: 1400, sackOk: true, ws: 1 }));
    t.expect(tcp({ flags: 'SA', seq: 0, ack: 1, mss: 1460, sackOk: true, ws: 7 }));
    expect(s.sk.state).toBe(3);
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, win: 4000, mss: 1400 }));
    expect(s.sk.state).toBe(1);
    t.sent.length = 0;
    s.send(pattern(10));
    t.expect(tcp({ flags: 'PA', seq: 1, ack: 1, len: 10 }));
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 11, len: 3 }));
    expect((s.recv(10) as Uint8Array).length).toBe(3);
  });

  it('repeats its SYN-ACK until it is answered', () => {
    t.connect(80);
    t.take();
    t.inject(tcp({ flags: 'S', seq: 0, mss: 1400 }));
    t.take();
    t.advance(ms(1000));
    t.expect(tcp({ flags: 'SA', seq: 0, ack: 1 }));
  });

  it('connects to itself', () => {
    // A socket whose SYN comes back to it: source and destination are the same.
    const s = t.socket();
    expect(s.bind(5000)).toBe(0);
    t.peer = 0x0a000001;
    expect(s.connect(5000, 0x0a000001)).toBe(0);
    const syn = t.take();
    t.peerIsn = syn.rawSeq;
    t.sport = 5000;
    t.dport = 5000;
    t.inject(tcp({ flags: 'S', seq: 0, mss: 1460, win: syn.win }));
    t.expect(tcp({ flags: 'SA', seq: 0, ack: 1 }));
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, win: 1000 }));
    expect(s.sk.state).toBe(1);
    t.sent.length = 0;
  });
});
