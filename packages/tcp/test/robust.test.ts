import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ms, sec, tcp, TcpTest, type TestSock } from './harness.ts';

describe('segments that do not fit (RFC 9293, RFC 5961)', () => {
  let t: TcpTest;
  let s: TestSock;
  beforeEach(() => {
    t = new TcpTest();
    s = t.established({ ws: 7 });
  });
  afterEach(() => {
    t.sent.length = 0;
    t.done();
  });

  it('a RST exactly at RCV.NXT ends the connection', () => {
    t.inject(tcp({ flags: 'R', seq: 1 }));
    expect(s.sk.state).toBe(7);
    expect(s.error()).toBe(-104);
    expect(s.poll() & 0x10).toBe(0x10);
    t.expectNothing();
  });

  it('a RST inside the window is challenged, outside it is dropped', () => {
    t.inject(tcp({ flags: 'R', seq: 100 }));
    t.expect(tcp({ flags: 'A', seq: 1, ack: 1 }));
    expect(t.ext('TCPChallengeACK')).toBe(1);
    t.inject(tcp({ flags: 'R', seq: 10000000 }));
    t.inject(tcp({ flags: 'R', seq: -1 }));
    t.expectNothing();
    expect(s.sk.state).toBe(1);
  });

  it('challenges are sent at most every half second', () => {
    t.inject(tcp({ flags: 'R', seq: 100 }));
    t.inject(tcp({ flags: 'R', seq: 101 }));
    t.inject(tcp({ flags: 'R', seq: 102 }));
    expect(t.sent.splice(0).length).toBe(1);
    expect(t.ext('TCPACKSkippedChallenge')).toBe(2);
    t.advance(ms(500));
    t.inject(tcp({ flags: 'R', seq: 103 }));
    expect(t.sent.splice(0).length).toBe(1);
  });

  it('and within a budget for the host, when there is one', () => {
    t.net.sysctl.write('net/ipv4/tcp_challenge_ack_limit', '4');
    t.net.sysctl.write('net/ipv4/tcp_invalid_ratelimit', '0');
    for (let i = 0; i < 50; i++) t.inject(tcp({ flags: 'R', seq: 100 + i }));
    const n = t.sent.splice(0).length;
    expect(n).toBeGreaterThanOrEqual(2);
    expect(n).toBeLessThanOrEqual(6);
    t.advance(sec(1));
    t.inject(tcp({ flags: 'R', seq: 300 }));
    expect(t.sent.splice(0).length).toBe(1);
  });

  it('a SYN is challenged, wherever it lies', () => {
    t.inject(tcp({ flags: 'S', seq: 1 }));
    t.expect(tcp({ flags: 'A', seq: 1, ack: 1 }));
    t.advance(sec(1));
    t.inject(tcp({ flags: 'S', seq: 50000000 }));
    t.expect(tcp({ flags: 'A', seq: 1, ack: 1 }));
    expect(t.ext('TCPSYNChallenge')).toBe(2);
    expect(s.sk.state).toBe(1);
  });

  it('an ACK for unsent data is challenged and its data not taken', () => {
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1000, data: 'evil' }));
    t.expect(tcp({ flags: 'A', seq: 1, ack: 1 }));
    expect(s.recv(10)).toBe(-11);
    expect(s.sk.sndUna).toBe(s.sk.sndNxt);
  });

  it('an ACK far below is challenged', () => {
    s.send(5000);
    let end = 0;
    for (const x of t.sent.splice(0)) end = x.seq + x.len;
    t.inject(tcp({ flags: 'A', seq: 1, ack: end }));
    t.sent.length = 0;
    t.inject(tcp({ flags: 'PA', seq: 1, ack: -70000, data: 'evil' }));
    t.expect(tcp({ flags: 'A', ack: 1 }));
    expect(s.recv(10)).toBe(-11);
    // A little old is fine.
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, data: 'good' }));
    expect(s.recvText(10)).toBe('good');
  });

  it('without ACK, SYN or RST is dropped', () => {
    t.inject(tcp({ flags: 'P', seq: 1, data: 'x' }));
    t.inject(tcp({ flags: '', seq: 1, data: 'x' }));
    t.expectNothing();
    expect(s.recv(1)).toBe(-11);
  });

  it('outside the window is answered, pure ACKs not more than twice a second', () => {
    for (let i = 0; i < 4; i++) t.inject(tcp({ flags: 'A', seq: -10, ack: 1 }));
    expect(t.sent.splice(0).length).toBe(1);
    for (let i = 0; i < 4; i++) t.inject(tcp({ flags: 'PA', seq: 50000000, ack: 1, len: 5 }));
    expect(t.sent.splice(0).length).toBe(4);
    expect(t.ext('TCPACKSkippedSeq')).toBe(3);
  });

  it('with a wrong checksum is dropped and counted', () => {
    const b = t.build(tcp({ flags: 'PA', seq: 1, ack: 1, data: 'x' }));
    b[b.length - 1]! ^= 1;
    t.injectBytes(b);
    expect(s.recv(1)).toBe(-11);
    expect(t.tn.mib[14]).toBe(1);
    t.expectNothing();
  });

  it('too short or with a broken header length is dropped', () => {
    for (const n of [20, 25, 39]) t.injectBytes(t.build(tcp({ flags: 'A', seq: 1, ack: 1 })).slice(0, n));
    const b = t.build(tcp({ flags: 'A', seq: 1, ack: 1 }));
    b[32] = 0x40;
    t.injectBytes(b);
    b[32] = 0xf0;
    t.injectBytes(b);
    t.expectNothing();
    expect(t.tn.mib[12]).toBe(5);
  });

  it('with broken options is taken as far as they can be read', () => {
    for (const raw of [[8, 0], [8, 10, 1], [5, 1], [5, 9, 1, 2, 3], [253, 200], [1, 1, 1], [0], [2]]) {
      t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, data: 'x', rawOptions: Uint8Array.from(raw) }));
    }
    expect(s.recvText(1)).toBe('x');
    t.sent.length = 0;
  });

  it('RST, SACK: a RST behind SACKed data counts too', () => {
    t.inject(tcp({ flags: 'A', seq: 101, ack: 1, len: 100 }));
    t.take();
  });
});

describe('PAWS (RFC 7323)', () => {
  let t: TcpTest;
  let s: TestSock;
  beforeEach(() => {
    t = new TcpTest({ sysctl: { timestamps: 1 } });
    t.connect(80);
    t.take();
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, mss: 1460, ws: 7, sackOk: true, ts: [1000, 0] }));
    t.take();
    s = t.wrap([...t.tn.sockets][0]!);
  });
  afterEach(() => {
    t.sent.length = 0;
    t.done();
  });

  it('drops old duplicates and answers', () => {
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, data: 'old', ts: [900, 0] }));
    t.expect(tcp({ flags: 'A', ack: 1 }));
    expect(s.recv(10)).toBe(-11);
    expect(t.ext('PAWSEstab')).toBe(1);
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, data: 'new', ts: [1000, 0] }));
    expect(s.recvText(10)).toBe('new');
  });

  it('lets a RST pass', () => {
    t.inject(tcp({ flags: 'R', seq: 1, ts: [1, 0] }));
    expect(s.sk.state).toBe(7);
  });

  it('lets an overtaken pure ACK pass', () => {
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, len: 1, ts: [2000, 0] }));
    t.inject(tcp({ flags: 'A', seq: 2, ack: 1, ts: [1990, 0] }));
    expect(t.ext('PAWSEstab')).toBe(0);
  });

  it('follows only segments that span the last ACK sent', () => {
    t.inject(tcp({ flags: 'PA', seq: 100, ack: 1, len: 10, ts: [5000, 0] }));
    expect(t.take().ts![1]).toBe(1000);
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, len: 99, ts: [4000, 0] }));
    expect(t.take().ts![1]).toBe(4000);
  });

  it('gives up on a timestamp after 24 days', () => {
    t.advance(sec(25 * 86400));
    t.sent.length = 0;
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, data: 'late', ts: [5, 0] }));
    expect(s.recvText(10)).toBe('late');
  });

  it('wraps', () => {
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, len: 1, ts: [0x7fffffff, 0] }));
    t.inject(tcp({ flags: 'PA', seq: 2, ack: 1, len: 1, ts: [-0x80000000, 0] }));
    t.inject(tcp({ flags: 'PA', seq: 3, ack: 1, len: 1, ts: [-0x7ffffff0, 0] }));
    expect((s.recv(10) as Uint8Array).length).toBe(3);
  });
});

describe('sequence numbers', () => {
  it('wrap in both directions', () => {
    const t = new TcpTest();
    t.peerIsn = -3;
    const s = t.established({ mss: 1000 });
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, data: 'abcdefgh' }));
    expect(s.recvText(10)).toBe('abcdefgh');
    t.inject(tcp({ flags: 'PA', seq: 11, ack: 1, data: 'kl' }));
    t.inject(tcp({ flags: 'PA', seq: 9, ack: 1, data: 'ij' }));
    expect(s.recvText(10)).toBe('ijkl');
    t.sent.length = 0;
    t.done();
  });

  it('follow RFC 6528: another host or port begins elsewhere, the same one goes on with the clock', () => {
    const t = new TcpTest();
    const isn = (port: number, addr: number): number => {
      const s = t.socket();
      s.bind(7000);
      s.sk.reuse = true;
      s.connect(port, addr);
      const raw = t.take().rawSeq;
      s.close();
      return raw;
    };
    const a = isn(80, 0x0a000002);
    const b = isn(81, 0x0a000002);
    const c = isn(80, 0x0a000003);
    expect(new Set([a, b, c]).size).toBe(3);
    t.advance(ms(64));
    // One for 64 ns: a million in 64 ms.
    expect((isn(80, 0x0a000002) - a) | 0).toBe(1000000);
    t.done();
  });

  it('repeat with the same seed and differ with another', () => {
    const first = (): number => {
      const t = new TcpTest();
      t.connect(80);
      const r = t.take().rawSeq;
      t.done();
      return r;
    };
    expect(first()).toBe(first());
  });
});

describe('keepalive', () => {
  let t: TcpTest;
  let s: TestSock;
  beforeEach(() => {
    t = new TcpTest();
    s = t.established();
    t.call(() => s.sk.prot.keepalive!(s.sk, true));
    s.sk.flags |= 8;
  });
  afterEach(() => {
    t.sent.length = 0;
    t.done();
  });

  it('probes after two hours, nine times every 75 s, then resets', () => {
    const start = t.clock.now();
    t.advance(sec(7199));
    t.expectNothing();
    t.advance(sec(2000));
    const all = t.sent.splice(0);
    expect(all.map((x) => Math.round((x.at - start) / 1e9))).toEqual([7200, 7275, 7350, 7425, 7500, 7575, 7650, 7725, 7800, 7875]);
    for (const x of all.slice(0, 9)) expect([x.flags, x.seq, x.len]).toEqual(['A', 0, 0]);
    expect(all[9]!.flags).toBe('RA');
    expect(s.error()).toBe(-110);
    expect(t.ext('TCPKeepAlive')).toBe(9);
  });

  it('starts over with every answer', () => {
    expect(s.setInt(4, 10)).toBe(0);
    expect(s.setInt(5, 5)).toBe(0);
    expect(s.setInt(6, 3)).toBe(0);
    for (let i = 0; i < 10; i++) {
      t.advance(sec(10.1));
      t.expect(tcp({ flags: 'A', seq: 0 }));
      t.inject(tcp({ flags: 'A', seq: 1, ack: 1 }));
    }
    const start = t.clock.now();
    t.advance(sec(40));
    expect(t.sent.splice(0).map((x) => Math.round((x.at - start) / 1e9))).toEqual([10, 15, 20, 25]);
    expect(s.sk.state).toBe(7);
  });

  it('is answered by us, too', () => {
    t.inject(tcp({ flags: 'A', seq: 0, ack: 1 }));
    t.expect(tcp({ flags: 'A', seq: 1, ack: 1 }));
  });

  it('does not probe while data is under way', () => {
    s.setInt(4, 1);
    s.send('x');
    t.sent.length = 0;
    t.advance(sec(3));
    expect(t.ext('TCPKeepAlive')).toBe(0);
  });

  it('stops when it is switched off', () => {
    t.call(() => s.sk.prot.keepalive!(s.sk, false));
    s.sk.flags &= ~8;
    t.quiet(sec(10000));
  });

  it('obeys TCP_USER_TIMEOUT', () => {
    s.setInt(4, 1);
    s.setInt(5, 1);
    s.setInt(18, 2500);
    t.advance(sec(10));
    t.sent.length = 0;
    expect(s.sk.state).toBe(7);
  });
});
