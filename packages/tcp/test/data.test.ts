import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ms, pattern, sec, tcp, TcpTest, type TestSock } from './harness.ts';

const NODELAY = 1;
const MAXSEG = 2;
const CORK = 3;
const QUICKACK = 12;

describe('sending', () => {
  let t: TcpTest;
  let s: TestSock;
  beforeEach(() => {
    t = new TcpTest();
    s = t.established({ win: 65535, mss: 1000 });
  });
  afterEach(() => t.done());

  it('holds a small segment while another small one is unacknowledged (Nagle)', () => {
    s.send('a');
    t.expect(tcp({ flags: 'PA', seq: 1, data: 'a' }));
    s.send('b');
    s.send('c');
    t.expectNothing();
    t.inject(tcp({ flags: 'A', seq: 1, ack: 2 }));
    t.expect(tcp({ flags: 'PA', seq: 2, data: 'bc' }));
  });

  it('sends a small segment behind full ones at once (Minshall)', () => {
    s.send(1500);
    t.expect(tcp({ seq: 1, len: 1500, gso: 1000, flags: 'PA' }));
    s.send(1);
    t.expectNothing();
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1501 }));
    t.expect(tcp({ seq: 1501, len: 1, flags: 'PA' }));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1502 }));
    s.send(1000);
    t.expect(tcp({ seq: 1502, len: 1000, gso: 0, flags: 'PA' }));
    s.send(1);
    t.expect(tcp({ seq: 2502, len: 1, flags: 'PA' }));
  });

  it('sends everything at once with TCP_NODELAY, and what waited when that is set', () => {
    s.send('a');
    t.take();
    s.send('b');
    t.expectNothing();
    expect(s.setInt(NODELAY, 1)).toBe(0);
    t.expect(tcp({ data: 'b', seq: 2, flags: 'PA' }));
    s.send('c');
    t.expect(tcp({ data: 'c', seq: 3, flags: 'PA' }));
    expect(s.getInt(NODELAY)).toBe(1);
  });

  it('sends only full segments under a cork', () => {
    s.setInt(CORK, 1);
    s.send(500);
    t.expectNothing();
    s.send(600);
    t.expect(tcp({ seq: 1, len: 1000, flags: 'A' }));
    s.send(10);
    t.expectNothing();
    s.setInt(CORK, 0);
    t.expect(tcp({ seq: 1001, len: 110, flags: 'PA' }));
  });

  it('treats MSG_MORE as a cork for one call', () => {
    s.send(10, 0x8000);
    t.expectNothing();
    s.send(5);
    t.expect(tcp({ seq: 1, len: 15, flags: 'PA' }));
  });

  it('fills super-segments up to 64 KiB, in whole segments', () => {
    t.done();
    t = new TcpTest();
    s = t.established({ win: 65535, ws: 7, mss: 1460 });
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, win: 65535 }));
    s.sk.sndCwnd = 1000;
    s.sk.sndbuf = 1 << 20;
    s.sk.minRtt0 = 1;
    s.send(200000);
    const first = t.take();
    expect(first.gso).toBe(1460);
    expect(first.len).toBe(44 * 1460);
    let total = first.len;
    while (t.sent.length > 0) {
      const x = t.take();
      expect(x.seq).toBe(1 + total);
      expect([...x.data]).toEqual([...pattern(x.len, total)]);
      total += x.len;
    }
    expect(total).toBe(200000);
  });

  it('obeys the congestion window, and takes it up with ACKs', () => {
    s.sk.sndbuf = 1 << 20;
    s.send(30000);
    let len = 0;
    while (t.sent.length > 0) len += t.take().len;
    expect(len).toBe(10000);
    t.advance(ms(10));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 2001 }));
    len = 0;
    while (t.sent.length > 0) len += t.take().len;
    // Slow start: two for each acknowledged.
    expect(len).toBe(4000);
  });

  it('obeys the receive window', () => {
    t.done();
    t = new TcpTest();
    s = t.established({ win: 2500, mss: 1000 });
    s.send(5000);
    t.expect(tcp({ flags: 'A', seq: 1, len: 1000 }));
    t.expect(tcp({ flags: 'PA', seq: 1001, len: 1000 }));
    t.expectNothing();
    t.inject(tcp({ flags: 'A', seq: 1, ack: 2001, win: 1500 }));
    t.expect(tcp({ flags: 'A', seq: 2001, len: 1000 }));
    t.expectNothing();
    t.inject(tcp({ flags: 'A', seq: 1, ack: 3001, win: 2000 }));
    let n = 0;
    while (t.sent.length > 0) n += t.take().len;
    expect(n).toBe(2000);
  });

  it('is not misled by the window of an old segment', () => {
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, len: 10, win: 3000 }));
    t.inject(tcp({ flags: 'PA', seq: 11, ack: 1, len: 10, win: 4000 }));
    expect(s.sk.sndWnd).toBe(4000);
    t.sent.length = 0;
    t.inject(tcp({ flags: 'A', seq: 11, ack: 1, win: 2000 }));
    expect(s.sk.sndWnd).toBe(4000);
    t.inject(tcp({ flags: 'A', seq: 21, ack: 1, win: 9000 }));
    expect(s.sk.sndWnd).toBe(9000);
  });

  it('stops when the send buffer is full and tells when there is room', () => {
    s.sk.userlocks |= 1;
    s.sk.sndbuf = 20000;
    const n = s.send(100000);
    expect(n).toBeGreaterThan(10000);
    expect(n).toBeLessThan(100000);
    expect(s.send(1)).toBe(-11);
    expect(s.poll() & 4).toBe(0);
    let len = 0;
    for (const x of t.sent.splice(0)) len += x.len;
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1 + len }));
    for (const x of t.sent.splice(0)) len += x.len;
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1 + len }));
    for (const x of t.sent.splice(0)) len += x.len;
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1 + len }));
    for (const x of t.sent.splice(0)) len += x.len;
    expect(s.poll() & 4).toBe(4);
    expect(s.send(1)).toBe(1);
  });

  it('wakes a writer once there is room', () => {
    s.sk.userlocks |= 1;
    s.sk.sndbuf = 20000;
    let woken = 0;
    s.sk.writeSpace = () => {
      woken++;
    };
    s.send(100000);
    for (let i = 0; i < 20; i++) {
      let end = 0;
      for (const x of t.sent.splice(0)) end = x.seq + x.len;
      if (end === 0) break;
      t.inject(tcp({ flags: 'A', seq: 1, ack: end }));
    }
    expect(woken).toBeGreaterThan(0);
  });

  it('uses a smaller MSS when the user wants it', () => {
    t.done();
    t = new TcpTest();
    s = t.socket();
    expect(s.setInt(MAXSEG, 600)).toBe(0);
    expect(s.connect(80)).toBe(0);
    t.dport = s.sk.sport;
    t.expect(tcp({ flags: 'S', mss: 600 }));
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, mss: 1460 }));
    t.take();
    expect(s.getInt(MAXSEG)).toBe(600);
    s.send(1000);
    t.expect(tcp({ flags: 'PA', len: 1000, gso: 600 }));
  });

  it('keeps to half of a small window', () => {
    t.done();
    t = new TcpTest();
    s = t.established({ win: 1000, mss: 1000 });
    // RFC 9293 section 3.8.6.2.1: at most half of the largest window ever offered.
    expect(s.sk.mssCache).toBe(500);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, win: 1002 }));
    expect(s.sk.mssCache).toBe(501);
  });

  it('delivers data across many small pieces in order', () => {
    s.setInt(NODELAY, 1);
    const got: number[] = [];
    for (let i = 0; i < 8; i++) s.send(pattern(100, i * 100));
    for (const x of t.sent.splice(0)) got.push(...x.data);
    expect(got).toEqual([...pattern(800)]);
  });

  it('reports EPIPE after shutdown', () => {
    s.shutdown(1);
    t.expect(tcp({ flags: 'FA', seq: 1 }));
    expect(s.send('x')).toBe(-32);
  });

  it('reports EPIPE on a socket that was never connected', () => {
    expect(t.socket().send('x')).toBe(-32);
  });

  it('sends nothing for nothing', () => {
    expect(s.send(0)).toBe(0);
    t.expectNothing();
  });

  it('restarts from the initial window after idle', () => {
    s.sk.sndCwnd = 80;
    s.send('x');
    t.take();
    t.advance(ms(10));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 2 }));
    t.advance(sec(10));
    s.send('y');
    t.take();
    expect(s.sk.sndCwnd).toBe(10);
  });

  it('follows the path MTU', () => {
    t.done();
    t = new TcpTest();
    s = t.established();
    s.send(4000);
    const a = t.take();
    expect(a.gso).toBe(1460);
    // The router's answer quotes our segment.
    const quoted = new Uint8Array(28);
    const v = new DataView(quoted.buffer);
    quoted[0] = 0x45;
    quoted[8] = 64;
    quoted[9] = 6;
    v.setInt32(12, a.saddr);
    v.setInt32(16, a.daddr);
    v.setUint16(20, a.sport);
    v.setUint16(22, a.dport);
    v.setInt32(24, a.rawSeq);
    t.icmp(quoted, 3, 4, 1000);
    expect(s.sk.mssCache).toBe(960);
    const b = t.take();
    expect(b.seq).toBe(1);
    expect(b.gso === 960 || b.len <= 960).toBe(true);
    let end = b.seq + b.len;
    for (const x of t.sent.splice(0)) {
      expect(x.gso === 960 || x.len <= 960).toBe(true);
      end = Math.max(end, x.seq + x.len);
    }
    expect(end).toBe(4001);
    // A sequence number that is not outstanding is not believed (RFC 5927).
    v.setInt32(24, a.rawSeq - 100000);
    t.icmp(quoted, 3, 4, 600);
    expect(s.sk.mssCache).toBe(960);
    expect(t.ext('OutOfWindowIcmps')).toBe(1);
  });

  it('takes a hard ICMP error for a hint on a connection, and for the end of a handshake', () => {
    s.send('x');
    const a = t.take();
    const quote = (x: typeof a): Uint8Array => {
      const q = new Uint8Array(28);
      const v = new DataView(q.buffer);
      q[0] = 0x45;
      q[8] = 64;
      q[9] = 6;
      v.setInt32(12, x.saddr);
      v.setInt32(16, x.daddr);
      v.setUint16(20, x.sport);
      v.setUint16(22, x.dport);
      v.setInt32(24, x.rawSeq);
      return q;
    };
    t.icmp(quote(a), 3, 1, 0);
    expect(s.sk.state).toBe(1);
    expect(s.error()).toBe(0);
    t.localIsn = null;
    const c = t.connect(99);
    t.icmp(quote(t.take()), 3, 1, 0);
    expect(c.sk.state).toBe(7);
    expect(c.error()).toBe(-113);
  });
});

describe('receiving', () => {
  let t: TcpTest;
  let s: TestSock;
  beforeEach(() => {
    t = new TcpTest();
    s = t.established({ mss: 1000, ws: 7 });
  });
  afterEach(() => t.done());

  it('gives the bytes in order, across segments', () => {
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, data: 'hello ' }));
    t.inject(tcp({ flags: 'PA', seq: 7, ack: 1, data: 'world' }));
    expect(s.recvText(3)).toBe('hel');
    expect(s.recvText(100)).toBe('lo world');
    expect(s.recv(1)).toBe(-11);
  });

  it('answers the start of a connection at once, later ones after 40 ms', () => {
    for (let i = 0; i < 16; i++) {
      t.inject(tcp({ flags: 'PA', seq: 1 + i * 10, ack: 1, len: 10 }));
      t.expect(tcp({ flags: 'A', ack: 11 + i * 10 }));
    }
    s.recv(1000);
    s.sk.ackQuick = 0;
    t.advance(ms(100));
    t.sent.length = 0;
    t.inject(tcp({ flags: 'PA', seq: 161, ack: 1, len: 10 }));
    t.quiet(ms(39));
    t.advance(ms(1));
    t.expect(tcp({ flags: 'A', ack: 171 }));
    expect(t.ext('DelayedACKs')).toBe(1);
  });

  it('answers every second full segment', () => {
    for (let i = 0; i < 20; i++) {
      t.inject(tcp({ flags: 'A', seq: 1 + i * 1000, ack: 1, len: 1000 }));
      s.recv(10000);
    }
    s.sk.ackQuick = 0;
    t.sent.length = 0;
    t.inject(tcp({ flags: 'A', seq: 20001, ack: 1, len: 1000 }));
    t.expectNothing();
    t.inject(tcp({ flags: 'A', seq: 21001, ack: 1, len: 1000 }));
    // With the window at its largest the ACK waits for the reader, who makes room again.
    s.recv(10000);
    t.expect(tcp({ flags: 'A', ack: 22001 }));
  });

  it('lets the ACK ride on data', () => {
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, len: 10 }));
    t.sent.length = 0;
    s.sk.ackQuick = 0;
    s.sk.ackPingpong = 1;
    t.inject(tcp({ flags: 'PA', seq: 11, ack: 1, len: 10 }));
    t.expectNothing();
    s.send('answer');
    t.expect(tcp({ flags: 'PA', ack: 21, data: 'answer' }));
    t.quiet(ms(150));
  });

  it('TCP_QUICKACK 0 and 1', () => {
    expect(s.getInt(QUICKACK)).toBe(1);
    s.setInt(QUICKACK, 0);
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, len: 10 }));
    t.expectNothing();
    s.setInt(QUICKACK, 1);
    s.recv(10);
    t.expect(tcp({ flags: 'A', ack: 11 }));
  });

  it('keeps out-of-order data, says so by SACK, and fills the gap', () => {
    t.inject(tcp({ flags: 'A', seq: 101, ack: 1, len: 100 }));
    t.expect(tcp({ flags: 'A', ack: 1, sack: [[101, 201]] }));
    t.inject(tcp({ flags: 'A', seq: 301, ack: 1, len: 100 }));
    t.expect(tcp({ flags: 'A', ack: 1, sack: [[301, 401], [101, 201]] }));
    t.inject(tcp({ flags: 'A', seq: 201, ack: 1, len: 100 }));
    t.expect(tcp({ flags: 'A', ack: 1, sack: [[101, 401]] }));
    expect(s.recv(10)).toBe(-11);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, len: 100 }));
    t.expect(tcp({ flags: 'A', ack: 401, sack: [] }));
    expect([...(s.recv(1000) as Uint8Array)]).toEqual([...pattern(400)]);
  });

  it('sends at most four blocks, the newest first', () => {
    for (let i = 5; i >= 1; i--) t.inject(tcp({ flags: 'A', seq: 1 + i * 200, ack: 1, len: 100 }));
    expect(t.sent.pop()!.sack).toEqual([[201, 301], [401, 501], [601, 701], [801, 901]]);
    t.sent.length = 0;
  });

  it('reports duplicates by DSACK, below and above the acknowledgment', () => {
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, len: 100 }));
    t.sent.length = 0;
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, len: 100 }));
    t.expect(tcp({ flags: 'A', ack: 101, sack: [[1, 101]] }));
    t.inject(tcp({ flags: 'PA', seq: 51, ack: 1, len: 100 }));
    t.expect(tcp({ flags: 'A', ack: 151, sack: [[51, 101]] }));
    t.inject(tcp({ flags: 'PA', seq: 301, ack: 1, len: 100 }));
    t.sent.length = 0;
    t.inject(tcp({ flags: 'PA', seq: 301, ack: 1, len: 100 }));
    t.expect(tcp({ flags: 'A', ack: 151, sack: [[301, 401], [301, 401]] }));
    expect(t.ext('TCPDSACKOldSent')).toBe(2);
    expect(t.ext('TCPDSACKOfoSent')).toBe(1);
  });

  it('names in a DSACK only what came twice', () => {
    t.inject(tcp({ flags: 'A', seq: 501, ack: 1, len: 250 }));
    t.inject(tcp({ flags: 'A', seq: 1501, ack: 1, len: 1 }));
    t.sent.length = 0;
    // As Linux 6.18 answered the same segments.
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, len: 1000 }));
    t.expect(tcp({ flags: 'A', ack: 1001, sack: [[501, 751], [1501, 1502]] }));
  });

  it('puts overlapping out-of-order segments together', () => {
    t.inject(tcp({ flags: 'A', seq: 301, ack: 1, len: 100 }));
    t.inject(tcp({ flags: 'A', seq: 101, ack: 1, len: 50 }));
    t.inject(tcp({ flags: 'A', seq: 101, ack: 1, len: 250 }));
    t.inject(tcp({ flags: 'A', seq: 51, ack: 1, len: 500 }));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, len: 60 }));
    expect([...(s.recv(1000) as Uint8Array)]).toEqual([...pattern(550)]);
    expect(s.sk.outOfOrderQueue.qlen).toBe(0);
    t.sent.length = 0;
  });

  it('shuts the window as the buffer fills, and opens it when it is read', () => {
    t.done();
    t = new TcpTest();
    s = t.socket();
    s.sk.userlocks |= 2;
    s.sk.rcvbuf = 20000;
    s.connect(80);
    t.dport = s.sk.sport;
    t.take();
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, mss: 1000 }));
    const open = t.take().win;
    expect(open).toBeLessThanOrEqual(10000);
    let seq = 1;
    let win = open;
    for (let i = 0; i < 60 && win > 0; i++) {
      const len = Math.min(1000, win);
      t.inject(tcp({ flags: 'PA', seq, ack: 1, len }));
      seq += len;
      t.advance(ms(250));
      win = t.sent.length > 0 ? t.sent.pop()!.win : win - len;
      t.sent.length = 0;
    }
    expect(win).toBe(0);
    // A probe is answered, its byte not taken.
    t.inject(tcp({ flags: 'A', seq, ack: 1, len: 1 }));
    t.expect(tcp({ flags: 'A', ack: seq, win: 0 }));
    expect(t.ext('TCPZeroWindowDrop')).toBe(1);
    expect((s.recv(100000) as Uint8Array).length).toBe(seq - 1);
    const update = t.take();
    expect(update.win).toBeGreaterThan(4000);
    expect(t.ext('TCPToZeroWindowAdv')).toBe(1);
    expect(t.ext('TCPFromZeroWindowAdv')).toBe(1);
  });

  it('never takes back what it offered', () => {
    let edge = 0;
    let seq = 1;
    for (let i = 0; i < 200; i++) {
      t.inject(tcp({ flags: 'PA', seq, ack: 1, len: 37 }));
      seq += 37;
      for (const x of t.sent.splice(0)) {
        const e = x.ack + x.win * 128;
        expect(e).toBeGreaterThanOrEqual(edge);
        edge = e;
      }
    }
  });

  it('offers more as a reader keeps up (autotuning)', () => {
    t.done();
    t = new TcpTest({ sysctl: { timestamps: 1 } });
    t.connect(80);
    t.take();
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, mss: 1460, ws: 7, sackOk: true, ts: [1, 0] }));
    s = t.wrap([...t.tn.sockets][0]!);
    t.sent.length = 0;
    const before = s.sk.rcvbuf;
    let seq = 1;
    for (let round = 0; round < 7; round++) {
      const rounds = 40 << Math.min(round, 5);
      for (let i = 0; i < rounds; i++) {
        t.inject(tcp({ flags: 'A', seq, ack: 1, len: 1448, ts: [10 + round * 10, round * 10] }));
        seq += 1448;
        s.recv(1 << 16);
      }
      t.advance(ms(10));
      t.sent.length = 0;
    }
    expect(s.sk.rcvbuf).toBeGreaterThan(before * 2);
    expect(s.sk.rcvbuf).toBeLessThanOrEqual(6291456);
  });

  it('peeks, truncates, and stops at the end', () => {
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, data: 'abcdef' }));
    expect(s.recvText(3, 2)).toBe('abc');
    expect(s.recvText(3, 2)).toBe('abc');
    expect((s.recv(2, 0x20) as Uint8Array).length).toBe(2);
    expect(s.recvText(10)).toBe('cdef');
    t.inject(tcp({ flags: 'FA', seq: 7, ack: 1 }));
    expect(s.recv(10)).toEqual(new Uint8Array(0));
    expect(s.recv(10)).toEqual(new Uint8Array(0));
  });

  it('waits for SO_RCVLOWAT', () => {
    s.sk.rcvlowat = 10;
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, len: 9 }));
    expect(s.poll() & 1).toBe(0);
    t.inject(tcp({ flags: 'PA', seq: 10, ack: 1, len: 1 }));
    expect(s.poll() & 1).toBe(1);
  });

  it('drops what is beyond the window', () => {
    t.inject(tcp({ flags: 'PA', seq: 500000, ack: 1, len: 10 }));
    t.expect(tcp({ flags: 'A', ack: 1, sack: [] }));
    expect(s.sk.outOfOrderQueue.qlen).toBe(0);
  });

  it('reads urgent data out of band and inline', () => {
    t.inject(tcp({ flags: 'PAU', seq: 1, ack: 1, data: 'abX', urg: 3 }));
    expect(s.poll() & 2).toBe(2);
    expect(s.recvText(10)).toBe('ab');
    expect(s.recvText(1, 1)).toBe('X');
    expect(s.recv(1, 1)).toBe(-22);
    t.inject(tcp({ flags: 'PA', seq: 4, ack: 1, data: 'cd' }));
    expect(s.recvText(10)).toBe('cd');
    s.sk.flags |= 4;
    t.inject(tcp({ flags: 'PAU', seq: 6, ack: 1, data: 'Y', urg: 1 }));
    expect(s.recvText(10)).toBe('Y');
  });

  it('sends urgent data with a pointer', () => {
    s.send('abc', 1);
    t.expect(tcp({ flags: 'PAU', urg: 3, data: 'abc' }));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 4 }));
    s.send('d');
    t.expect(tcp({ flags: 'PA', data: 'd' }));
  });

  it('survives small segments that use much memory', () => {
    t.done();
    t = new TcpTest();
    s = t.socket();
    s.sk.userlocks |= 2;
    s.sk.rcvbuf = 30000;
    s.connect(80);
    t.dport = s.sk.sport;
    t.take();
    t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, mss: 1000, sackOk: true }));
    // One byte each, out of order, every second one missing: nothing coalesces.
    for (let i = 0; i < 400; i++) t.inject(tcp({ flags: 'A', seq: 3 + i * 2, ack: 1, len: 1 }));
    expect(s.sk.rmemAlloc).toBeLessThan(40000);
    expect(t.ext('PruneCalled')).toBeGreaterThan(0);
    t.sent.length = 0;
    for (let i = 0; i < 400; i++) {
      t.inject(tcp({ flags: 'A', seq: 1 + i * 2, ack: 1, len: 2 }));
      s.recv(10);
    }
    expect(s.sk.rcvNxt).toBe((t.peerIsn + 801) | 0);
    t.sent.length = 0;
  });
});

describe('a closed window', () => {
  let t: TcpTest;
  let s: TestSock;
  beforeEach(() => {
    t = new TcpTest();
    s = t.established({ mss: 1000 });
    s.send(100);
    t.take();
    t.inject(tcp({ flags: 'A', seq: 1, ack: 101, win: 0 }));
    s.send(100);
    t.expectNothing();
  });
  afterEach(() => t.done());

  it('is probed with backoff from the timeout on, without data', () => {
    const at: number[] = [];
    const start = t.clock.now();
    t.advance(sec(7));
    for (const x of t.sent.splice(0)) {
      expect([x.flags, x.seq, x.len]).toEqual(['A', 100, 0]);
      at.push((x.at - start) / 1e6);
    }
    // The first interval is the timeout: 200 ms and the round trip, rounded up to 201.
    expect(at).toEqual([201, 603, 1407, 3015, 6231]);
    expect(t.ext('TCPWinProbe')).toBe(5);
  });

  it('sends when it opens', () => {
    t.advance(ms(300));
    t.take();
    t.inject(tcp({ flags: 'A', seq: 1, ack: 101, win: 5000 }));
    t.expect(tcp({ flags: 'PA', seq: 101, len: 100 }));
    expect(s.sk.probesOut).toBe(0);
  });

  it('puts data into a window that is too small for a segment, when the timer says so', () => {
    s.send(2000);
    t.inject(tcp({ flags: 'A', seq: 1, ack: 101, win: 50 }));
    t.expectNothing();
    t.advance(ms(210));
    t.expect(tcp({ flags: 'PA', seq: 101, len: 50 }));
  });

  it('holds for ever while the peer answers', () => {
    for (let i = 0; i < 40; i++) {
      t.advance(sec(120));
      t.sent.length = 0;
      t.inject(tcp({ flags: 'A', seq: 1, ack: 101, win: 0 }));
    }
    expect(s.sk.state).toBe(1);
  });

  it('ends when the peer answers no more', () => {
    t.advance(sec(2000));
    t.sent.length = 0;
    expect(s.sk.state).toBe(7);
    expect(s.error()).toBe(-110);
  });

  it('ends with TCP_USER_TIMEOUT', () => {
    s.setInt(18, 3000);
    t.advance(sec(4));
    t.sent.length = 0;
    expect(s.sk.state).toBe(7);
  });
});
