// Repair mode: a connection goes from one kernel to another, with what it has not delivered and not sent, and its peer goes on.
import { describe, expect, it } from 'vitest';
import {
  MSG_PEEK, SIOCINQ, SIOCOUTQ, SIOCOUTQNSD, TCP_INFO, TCP_MAXSEG, TCP_NO_QUEUE, TCP_QUEUE_SEQ, TCP_RECV_QUEUE, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP, TCP_REPAIR_OPTIONS, TCP_REPAIR_QUEUE,
  TCP_REPAIR_WINDOW, TCP_SEND_QUEUE, TCP_TIMESTAMP, TCPOPT_MAXSEG, TCPOPT_SACK_PERM, TCPOPT_TIMESTAMP, TCPOPT_WINDOW,
} from '@linnet/uapi';
import { Cred } from '@linnet/kernel';
import { ms, pattern, sec, tcp, TcpTest, type TestSock } from './harness.ts';

/** What a dump holds: as CRIU keeps it. */
interface Dump {
  recvSeq: number;
  recv: Uint8Array;
  sendSeq: number;
  sent: Uint8Array;
  unsent: Uint8Array;
  options: [number, number][];
  timestamp: number;
  window: Uint8Array;
  port: number;
}

function ioctl(s: TestSock, cmd: number): number {
  const arg = new Uint8Array(4);
  expect(s.t.call(() => s.sk.prot.ioctl!(s.sk, cmd, arg))).toBe(0);
  return new DataView(arg.buffer).getInt32(0, true);
}

function get(s: TestSock, opt: number, n: number): Uint8Array {
  const r = s.t.call(() => s.sk.prot.getsockopt(s.sk, 6, opt, n));
  if (typeof r === 'number') throw new Error(`getsockopt ${opt}: ${r}`);
  return r;
}

const set = (s: TestSock, opt: number, val: Uint8Array): number => s.t.call(() => s.sk.prot.setsockopt(s.sk, 6, opt, val));

function dump(s: TestSock): Dump {
  expect(s.setInt(TCP_REPAIR, 1)).toBe(0);
  const queue = (q: number, n: number): [number, Uint8Array] => {
    expect(s.setInt(TCP_REPAIR_QUEUE, q)).toBe(0);
    const seq = (s.getInt(TCP_QUEUE_SEQ) - n) | 0;
    const data = n === 0 ? new Uint8Array(0) : s.recv(n, MSG_PEEK);
    if (typeof data === 'number') throw new Error(`recv ${data}`);
    expect(data.length).toBe(n);
    return [seq, data];
  };
  const [recvSeq, recv] = queue(TCP_RECV_QUEUE, ioctl(s, SIOCINQ));
  const unsent = ioctl(s, SIOCOUTQNSD);
  const [sendSeq, out] = queue(TCP_SEND_QUEUE, ioctl(s, SIOCOUTQ));
  const info = get(s, TCP_INFO, 8);
  const options: [number, number][] = [[TCPOPT_MAXSEG, s.getInt(TCP_MAXSEG)]];
  // Bits of tcpi_options; both scales share a byte.
  if ((info[5]! & 1) !== 0) options.push([TCPOPT_TIMESTAMP, 0]);
  if ((info[5]! & 2) !== 0) options.push([TCPOPT_SACK_PERM, 0]);
  if ((info[5]! & 4) !== 0) options.push([TCPOPT_WINDOW, (info[6]! & 15) | ((info[6]! >> 4) << 16)]);
  return {
    recvSeq, recv, sendSeq, sent: out.slice(0, out.length - unsent), unsent: out.slice(out.length - unsent), options, timestamp: s.getInt(TCP_TIMESTAMP),
    window: get(s, TCP_REPAIR_WINDOW, 20), port: s.sk.sport,
  };
}

/** A socket of another kernel that goes on. Injected and expected numbers are relative as before. */
function restore(t: TcpTest, from: TcpTest, d: Dump, off: number = 0): TestSock {
  t.localIsn = from.localIsn;
  t.tsBase = from.tsBase;
  t.sport = from.sport;
  t.dport = d.port;
  const s = t.socket();
  expect(s.setInt(TCP_REPAIR, 1)).toBe(0);
  for (const [q, seq] of [[TCP_RECV_QUEUE, d.recvSeq], [TCP_SEND_QUEUE, d.sendSeq]] as const) {
    expect(s.setInt(TCP_REPAIR_QUEUE, q)).toBe(0);
    expect(s.setInt(TCP_QUEUE_SEQ, seq)).toBe(0);
  }
  expect(s.bind(d.port)).toBe(0);
  expect(s.connect(t.sport)).toBe(0);
  expect(s.sk.state).toBe(1);
  const opts = new Uint8Array(8 * d.options.length);
  d.options.forEach(([kind, v], i) => {
    new DataView(opts.buffer).setUint32(8 * i, kind, true);
    new DataView(opts.buffer).setUint32(8 * i + 4, v, true);
  });
  expect(set(s, TCP_REPAIR_OPTIONS, opts)).toBe(0);
  expect(s.setInt(TCP_TIMESTAMP, d.timestamp)).toBe(0);
  for (const [q, data] of [[TCP_RECV_QUEUE, d.recv], [TCP_SEND_QUEUE, d.sent]] as const) {
    expect(s.setInt(TCP_REPAIR_QUEUE, q)).toBe(0);
    if (data.length > 0) expect(s.send(data)).toBe(data.length);
  }
  expect(set(s, TCP_REPAIR_WINDOW, d.window)).toBe(0);
  // Nothing has left so far.
  expect(t.sent).toEqual([]);
  expect(s.setInt(TCP_REPAIR, off)).toBe(0);
  return s;
}

function setup(ts: boolean): { t1: TcpTest; s1: TestSock } {
  const t1 = new TcpTest({ sysctl: { timestamps: ts ? 1 : 0 } });
  const s1 = t1.established({ ws: 7, win: 4000, ...(ts ? { ts: [500, 0] as const } : {}) });
  return { t1, s1 };
}

describe('a connection moves', () => {
  for (const ts of [false, true]) {
    it(`with data on both queues${ts ? ', and timestamps' : ''}`, () => {
      const { t1, s1 } = setup(ts);
      const opt = (v: number): object => (ts ? { ts: [v, 0] as const } : {});
      t1.inject(tcp({ flags: 'PA', seq: 1, ack: 1, win: 4000 >> 7, data: 'hello', ...opt(501) }));
      // The window has room for some of it.
      expect(s1.send(10000)).toBe(10000);
      const before = t1.sent.splice(0);
      const sent = before.reduce((n, x) => n + x.len, 0);
      expect(sent).toBeGreaterThan(1000);
      expect(sent).toBeLessThan(4001);
      t1.advance(ms(50));
      t1.sent.length = 0;
      const d = dump(s1);
      expect([d.recv.length, d.sent.length, d.unsent.length]).toEqual([5, sent, 10000 - sent]);
      expect(d.sent).toEqual(pattern(10000).slice(0, sent));
      s1.close();
      expect(s1.sk.state).toBe(7);
      t1.advance(sec(200));
      expect(t1.sent).toEqual([]);
      t1.done();

      const t2 = new TcpTest({ sysctl: { timestamps: ts ? 1 : 0 } });
      t2.clock.advanceTo(sec(5000));
      const s2 = restore(t2, t1, d);
      // The peer is asked where it stands.
      const probe = t2.take();
      expect([probe.flags, probe.seq, probe.ack, probe.len, probe.ts !== undefined]).toEqual(['A', 0, 6, 0, ts]);
      if (ts) expect(probe.ts![0]).toBeLessThan(400);
      expect(s2.recvText(10)).toBe('hello');
      t2.sent.length = 0;
      // What had been sent is lost: it goes again when the timer says so.
      expect(s2.send(d.unsent)).toBe(d.unsent.length);
      t2.advance(sec(2));
      const again = t2.sent.splice(0);
      expect(again[0]!.seq).toBe(1);
      expect([...again[0]!.data]).toEqual([...pattern(again[0]!.len)]);
      // The peer takes all of it and more.
      t2.inject(tcp({ flags: 'A', seq: 6, ack: sent + 1, win: 1000, ...opt(600) }));
      let end = sent + 1;
      for (let i = 0; i < 20 && end < 10001; i++) {
        for (const x of t2.sent.splice(0)) {
          expect([...x.data]).toEqual([...pattern(x.len, x.seq - 1)]);
          end = Math.max(end, x.seq + x.len);
        }
        t2.inject(tcp({ flags: 'A', seq: 6, ack: end, win: 1000, ...opt(601 + i) }));
      }
      expect(end).toBe(10001);
      t2.inject(tcp({ flags: 'PA', seq: 6, ack: 10001, win: 1000, data: ' world', ...opt(700) }));
      expect(s2.recvText(10)).toBe(' world');
      t2.inject(tcp({ flags: 'FA', seq: 12, ack: 10001, win: 1000, ...opt(701) }));
      s2.close();
      const fin = t2.sent.splice(0).at(-1)!;
      expect([fin.flags.includes('F'), fin.seq, fin.ack]).toEqual([true, 10001, 13]);
      t2.inject(tcp({ flags: 'A', seq: 13, ack: 10002, win: 1000, ...opt(702) }));
      t2.done();
    });
  }

  it('goes on with the window it had: scaled, SACK on, in super-segments', () => {
    const t1 = new TcpTest();
    const s1 = t1.established({ ws: 9 });
    t1.inject(tcp({ flags: 'A', seq: 1, ack: 1, win: 300 }));
    const d = dump(s1);
    const t2 = new TcpTest();
    const s2 = restore(t2, t1, d, TCP_REPAIR_OFF_NO_WP);
    expect(t2.sent).toEqual([]);
    const field = (s: TestSock): unknown[] => [s.sk.sndWnd, s.sk.maxWindow, s.sk.rcvWnd, s.sk.rcvWup, s.sk.sndWl1, s.sk.mssCache, s.sk.tcpHeaderLen, { ...s.sk.rxOpt, tsRecent: 0, tsRecentStamp: 0, userMss: 0, mssClamp: 0, rcvTsval: 0, rcvTsecr: 0 }];
    expect(field(s2)).toEqual(field(s1));
    s2.send(8000);
    expect(t2.sent.splice(0).map((x) => [x.len, x.gso])).toEqual([[7300, 1460], [700, 0]]);
    t2.inject(tcp({ flags: 'R', seq: 1 }));
    expect(s2.error()).toBe(-104);
    s1.close();
    s2.close();
    t1.done();
    t2.done();
  });

  it('what was sent before counts for no round trip (Karn), and is retransmitted when SACKs show a hole', () => {
    const t1 = new TcpTest();
    const s1 = t1.established({ ws: 7 });
    s1.send(6000);
    t1.sent.length = 0;
    const d = dump(s1);
    const t2 = new TcpTest();
    const s2 = restore(t2, t1, d, TCP_REPAIR_OFF_NO_WP);
    t2.inject(tcp({ flags: 'A', seq: 1, ack: 1, win: 500, sack: [[1461, 6001]] }));
    t2.advance(ms(500));
    const again = t2.sent.splice(0);
    expect([again[0]!.seq, again[0]!.len]).toEqual([1, 1460]);
    t2.inject(tcp({ flags: 'A', seq: 1, ack: 6001, win: 500 }));
    expect([s2.sk.srttUs, s2.sk.packetsOut]).toEqual([0, 0]);
    t2.inject(tcp({ flags: 'R', seq: 1 }));
    s1.close();
    s2.close();
    t1.done();
    t2.done();
  });
});

describe('repair mode says no', () => {
  it('outside of it, and to what makes no sense', () => {
    const t = new TcpTest();
    const s = t.socket();
    expect(s.setInt(TCP_REPAIR, 2)).toBe(-22);
    expect([s.getInt(TCP_REPAIR), s.getInt(TCP_REPAIR_QUEUE), s.getInt(TCP_QUEUE_SEQ)]).toEqual([0, -22, -22]);
    expect([s.setInt(TCP_REPAIR_QUEUE, 1), s.setInt(TCP_TIMESTAMP, 1), set(s, TCP_REPAIR_OPTIONS, new Uint8Array(8)), set(s, TCP_REPAIR_WINDOW, new Uint8Array(20))]).toEqual([-1, -1, -22, -1]);
    expect(s.setInt(TCP_REPAIR, 1)).toBe(0);
    expect([s.getInt(TCP_REPAIR), s.getInt(TCP_REPAIR_QUEUE)]).toEqual([1, TCP_NO_QUEUE]);
    expect([s.setInt(TCP_REPAIR_QUEUE, 3), s.setInt(TCP_REPAIR_QUEUE, -1), s.setInt(TCP_QUEUE_SEQ, 5)]).toEqual([-22, -22, -22]);
    // Options need a connection.
    expect(set(s, TCP_REPAIR_OPTIONS, new Uint8Array(8))).toBe(-1);
    expect(s.setInt(TCP_REPAIR, 0)).toBe(0);
    s.close();
    const l = t.listen(80);
    expect(l.setInt(TCP_REPAIR, 1)).toBe(-1);
    l.close();
    t.done();
  });

  it('to a task without CAP_NET_ADMIN', () => {
    const t = new TcpTest();
    const s = t.socket();
    const root = t.kernel.cred;
    t.kernel.cred = new Cred(1000);
    expect(s.setInt(TCP_REPAIR, 1)).toBe(-1);
    t.kernel.cred = root;
    s.close();
    t.done();
  });

  it('on a connection: numbers stay, windows must fit, reading is looking, and a queue must be chosen', () => {
    const t = new TcpTest();
    const s = t.established();
    t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, data: 'abc' }));
    s.setInt(TCP_REPAIR, 1);
    expect([s.recv(3), s.recv(3, MSG_PEEK), s.send('x')]).toEqual([-1, -22, -22]);
    s.setInt(TCP_REPAIR_QUEUE, TCP_SEND_QUEUE);
    expect([s.setInt(TCP_QUEUE_SEQ, 5), s.recv(3, MSG_PEEK)]).toEqual([-1, new Uint8Array(0)]);
    const w = get(s, TCP_REPAIR_WINDOW, 20);
    expect(t.call(() => s.sk.prot.getsockopt(s.sk, 6, TCP_REPAIR_WINDOW, 19))).toBe(-22);
    const bad = w.slice();
    new DataView(bad.buffer).setUint32(8, 0, true);
    expect([set(s, TCP_REPAIR_WINDOW, bad), set(s, TCP_REPAIR_WINDOW, w.slice(1)), set(s, TCP_REPAIR_WINDOW, w)]).toEqual([-22, -22, 0]);
    const option = (kind: number, v: number): Uint8Array => {
      const b = new Uint8Array(8);
      new DataView(b.buffer).setUint32(0, kind, true);
      new DataView(b.buffer).setUint32(4, v, true);
      return b;
    };
    expect([set(s, TCP_REPAIR_OPTIONS, option(TCPOPT_WINDOW, 15)), set(s, TCP_REPAIR_OPTIONS, option(TCPOPT_SACK_PERM, 1)), set(s, TCP_REPAIR_OPTIONS, option(TCPOPT_TIMESTAMP, 1))])
      .toEqual([-27, -22, -22]);
    s.close();
    expect(t.sent.filter((x) => x.flags !== 'A')).toEqual([]);
    t.sent.length = 0;
    t.done();
  });
});
