// Attacks in small, with the work counted and not timed: steps along queues, segments sent, pages of memory. `npm run reliability` has them in large.
import { skbStats, type Skb, type SkbQueue } from '@linnet/skbuff';
import { describe, expect, it } from 'vitest';
import { ms, sec, tcp, TcpTest, type TestSock } from './harness.ts';

/** Counts the steps that anybody takes along a queue from now on, for segments that are on it now. */
function countSteps(q: SkbQueue): { steps: number } {
  const counter = { steps: 0 };
  for (let skb = q.head; skb !== null; ) {
    const following: Skb | null = skb.next;
    for (const way of ['next', 'prev'] as const) {
      let to = skb[way];
      Object.defineProperty(skb, way, {
        get: () => {
          counter.steps++;
          return to;
        },
        set: (v: Skb | null) => {
          to = v;
        },
      });
    }
    skb = following;
  }
  return counter;
}

/** An established connection with a window of some megabytes, as autotuning gives it to a reader that keeps up. */
function wide(t: TcpTest): TestSock {
  const { s } = t.accepted({ ws: 14 });
  const { sk } = s;
  t.call(() => {
    sk.rcvbuf = 4 << 20;
    sk.windowClamp = 2 << 20;
    sk.rcvSsthresh = 2 << 20;
  });
  // Some data, so that the window is announced.
  t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, len: 1000 }));
  s.recv(1000);
  t.advance(ms(300));
  t.sent.length = 0;
  return s;
}

/** A fresh client of a listener is answered, whatever else goes on. */
function honest(t: TcpTest, listener: TestSock, sport: number): void {
  const { peerIsn, localIsn } = t;
  t.sent.length = 0;
  t.localIsn = null;
  t.inject(tcp({ flags: 'S', seq: 0, sport, win: 65535, mss: 1460 }));
  t.expect(tcp({ flags: 'SA', seq: 0, ack: 1, dport: sport }));
  t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sport }));
  t.inject(tcp({ flags: 'PA', seq: 1, ack: 1, sport, data: 'hello' }));
  const s = listener.accept();
  if (typeof s === 'number') throw new Error(`accept: ${s}`);
  expect(s.recvText(10)).toBe('hello');
  s.close();
  t.sent.length = 0;
  t.peerIsn = peerIsn;
  t.localIsn = localIsn;
}

/** 0 ... n - 1 in an order in which neighbours are far from each other; n is no multiple of the prime. */
const scattered = (n: number): number[] => Array.from({ length: n }, (_, i) => (i * 1009) % n);

describe('out-of-order bombs', () => {
  it('a place in a long queue is found in few steps', () => {
    const t = new TcpTest();
    const s = wide(t);
    const n = 3000;
    const q = s.sk.outOfOrderQueue;
    const send = (i: number): void => t.inject(tcp({ flags: 'A', seq: 1003 + 4 * i, ack: 1, len: 1 }));
    for (const i of scattered(n)) send(2 * i);
    expect(q.qlen).toBe(n);
    const counter = countSteps(q);
    const extra = 300;
    for (const i of scattered(extra)) send(2 * Math.floor((i * n) / extra) + 1);
    expect(q.qlen).toBe(n + extra);
    // From end to end it would be a thousand on average.
    expect(counter.steps / extra).toBeLessThan(250);
    // In order, and all there.
    let last = 1001;
    for (let skb = q.head; skb !== null; skb = skb.next) {
      expect((skb.cb0 - t.peerIsn) | 0).toBeGreaterThan(last);
      last = (skb.cb0 - t.peerIsn) | 0;
    }
    t.sent.length = 0;
    t.done();
  });

  it('a full buffer refuses without looking through all of it each time, and keeps within its memory', () => {
    const t = new TcpTest();
    const s = wide(t);
    const { sk } = s;
    t.call(() => {
      sk.rcvbuf = 1 << 20;
      sk.userlocks |= 2; // SO_RCVBUF was given: it does not grow
    });
    const send = (i: number): void => t.inject(tcp({ flags: 'A', seq: 1003 + 2 * i, ack: 1, len: 1 }));
    let i = 0;
    while (t.ext('TCPOFODrop') === 0 && i < 4000) send(i++);
    const q = sk.outOfOrderQueue;
    expect(q.qlen).toBeGreaterThan(1000);
    expect(sk.rmemAlloc).toBeLessThanOrEqual(sk.rcvbuf + 4096);
    const counter = countSteps(q);
    const more = 200;
    for (let k = 0; k < more; k++) send(i + k);
    expect(t.ext('TCPOFODrop')).toBeGreaterThan(more - 5);
    expect(counter.steps / more).toBeLessThan(q.qlen / 8);
    t.sent.length = 0;
    t.done();
  });

  it('pieces cost memory by what they take, and another connection is served meanwhile', () => {
    const t = new TcpTest();
    const listener = t.listen(80);
    t.inject(tcp({ flags: 'S', seq: 0, mss: 1460, sackOk: true, ws: 14 }));
    t.take();
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1 }));
    const s = listener.accept() as TestSock;
    for (let i = 0; i < 2000; i++) {
      t.inject(tcp({ flags: 'A', seq: 3 + 2 * i, ack: 1, len: 1 }));
      if (i % 500 === 499) honest(t, listener, 41000 + i);
    }
    expect(s.sk.rmemAlloc).toBeLessThanOrEqual(s.sk.rcvbuf + 4096);
    expect(s.sk.prot.memory!.allocated).toBeLessThanOrEqual(s.sk.rcvbuf / 4096 + 32);
    t.sent.length = 0;
    t.done();
  });

  it('single bytes in order are put together before any is refused', () => {
    const t = new TcpTest();
    const { s } = t.accepted();
    for (let i = 0; i < 3000; i++) t.inject(tcp({ flags: 'A', seq: 1 + i, ack: 1, len: 1 }));
    expect(s.sk.rmemAlloc).toBeLessThanOrEqual(s.sk.rcvbuf + 4096);
    expect((s.recv(5000) as Uint8Array).length).toBe(3000);
    t.sent.length = 0;
    t.done();
  });
});

describe('SACK panic', () => {
  it('blocks that split a queue everywhere cost few steps, and the queue stays within twice its buffer', () => {
    const t = new TcpTest();
    const s = t.established({ mss: 48, sackOk: true, ws: 14, win: 65535 });
    const { sk } = s;
    t.call(() => {
      sk.sndbuf = 1 << 20;
      sk.sndCwnd = 20_000;
      sk.sndWnd = 1 << 24;
    });
    while (s.send(65536) > 0);
    t.sent.length = 0;
    const segs = Math.floor(((sk.sndNxt - sk.sndUna) | 0) / 48);
    expect(segs).toBeGreaterThan(10_000);
    const order = scattered(segs - 2);
    const ack = (i: number): void => t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sack: [[1 + 48 * (1 + order[i]!), 49 + 48 * (1 + order[i]!)]] }));
    let i = 0;
    for (; i < 3000; i++) ack(i);
    const limit = 2 * (sk.sndbuf + 2 * 65536);
    expect(sk.wmemQueued).toBeLessThan(limit + 65536);
    expect(t.ext('TCPWqueueTooBig')).toBeGreaterThan(0);
    expect(sk.rtxQueue.qlen).toBeGreaterThan(1000);
    t.sent.length = 0;
    const counter = countSteps(sk.rtxQueue);
    const more = 200;
    for (let k = 0; k < more; k++) ack(i + k);
    expect(counter.steps / more).toBeLessThan(250);
    t.sent.length = 0;
    t.done();
  });

  it('an MSS of 1 byte does not get a segment for each byte', () => {
    const t = new TcpTest();
    const s = t.established({ mss: 1, win: 65535 });
    s.send(4800);
    const first = t.sent.splice(0);
    expect(Math.min(...first.map((x) => (x.gso === 0 ? x.len : x.gso)))).toBe(48);
    t.done();
  });
});

describe('SYN floods', () => {
  const flood = (t: TcpTest, n: number): void => {
    for (let i = 0; i < n; i++) {
      t.peer = 0x14000000 + i;
      t.inject(tcp({ flags: 'S', seq: i * 7, sport: 1024 + (i % 60000), mss: 1460 }));
      if (i % 1000 === 999) t.advance(ms(10));
      t.sent.length = 0;
    }
    t.peer = 0x0a000002;
  };

  it('with cookies keep no more than the backlog, and an honest client is served at once', () => {
    const t = new TcpTest();
    const live = skbStats(t.kernel).live;
    const listener = t.listen(80, 128);
    flood(t, 5000);
    expect(listener.sk.reqskQlen).toBeLessThanOrEqual(128);
    expect(t.ext('SyncookiesSent')).toBeGreaterThan(4800);
    expect(skbStats(t.kernel).live).toBe(live);
    honest(t, listener, 41000);
    t.done();
  });

  it('without cookies are dropped, and when they end the queue is empty within two minutes', () => {
    const t = new TcpTest({ sysctl: { syncookies: 0 } });
    const listener = t.listen(80, 128);
    flood(t, 5000);
    expect(listener.sk.reqskQlen).toBeLessThanOrEqual(128);
    expect(t.ext('TCPReqQFullDrop')).toBeGreaterThan(4800);
    t.advance(sec(120));
    expect(listener.sk.reqskQlen).toBe(0);
    honest(t, listener, 41000);
    t.done();
  });
});

describe('those who stay', () => {
  it('a thousand idle connections cost no accounted memory and no work', () => {
    const t = new TcpTest();
    const listener = t.listen(80, 2000);
    for (let i = 0; i < 1000; i++) {
      t.localIsn = null;
      t.inject(tcp({ flags: 'S', seq: 0, sport: 2000 + i, mss: 1460 }));
      t.sent.length = 0;
      t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sport: 2000 + i }));
      expect(typeof listener.accept()).toBe('object');
    }
    expect(listener.sk.prot.memory!.allocated).toBe(0);
    expect(skbStats(t.kernel).live).toBe(0);
    t.quiet(sec(3600));
    t.done();
  });

  /** A connection whose program wrote and went, and whose peer shut its window. */
  function held(t: TcpTest, listener: TestSock, sport: number): void {
    t.localIsn = null;
    t.inject(tcp({ flags: 'S', seq: 0, sport, mss: 1460, win: 1460 }));
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, sport, win: 1460 }));
    const s = listener.accept() as TestSock;
    s.send(16000);
    s.close();
    const end = Math.max(1, ...t.sent.map((x) => x.seq + x.len));
    t.inject(tcp({ flags: 'A', seq: 1, ack: end, sport, win: 0 }));
    t.sent.length = 0;
  }

  it('a shut window that nobody owns is given up, though its probes are answered', () => {
    const t = new TcpTest();
    const listener = t.listen(80);
    held(t, listener, 40000);
    expect(t.tn.orphans).toBe(1);
    let minutes = 0;
    for (; t.tn.orphans > 0 && minutes < 30; minutes++) {
      for (let s = 0; s < 60; s++) {
        t.advance(sec(1));
        for (const x of t.sent.splice(0)) if (!x.flags.includes('R')) t.inject(tcp({ flags: 'A', seq: 1, ack: x.seq + (x.len > 0 ? 0 : 1), win: 0 }));
      }
    }
    expect(t.tn.orphans).toBe(0);
    expect(minutes).toBeLessThan(30);
    expect(listener.sk.prot.memory!.allocated).toBeLessThanOrEqual(32);
    t.sent.length = 0;
    t.done();
  });

  it('and of too many, each is dropped when its timer comes', () => {
    const t = new TcpTest({ sysctl: { max_orphans: 8 } });
    const listener = t.listen(80, 64);
    for (let i = 0; i < 40; i++) held(t, listener, 40000 + i);
    t.advance(sec(2));
    expect(t.tn.orphans).toBeLessThanOrEqual(8);
    expect(t.ext('TCPAbortOnMemory')).toBeGreaterThanOrEqual(32);
    t.sent.length = 0;
    t.done();
  });
});

describe('storms', () => {
  it.each([
    ['RSTs in the window', (i: number) => tcp({ flags: 'R', seq: 2 + i })],
    ['ACKs of what was never sent', (i: number) => tcp({ flags: 'A', seq: 1, ack: 100 + i })],
    ['SYNs', () => tcp({ flags: 'S', seq: 1 })],
    ['ACKs of before the window', () => tcp({ flags: 'A', seq: -100, ack: 1 })],
  ])('%s are answered twice a second', (_name, make) => {
    const t = new TcpTest();
    const s = t.established();
    let answers = 0;
    for (let i = 0; i < 4000; i++) {
      t.inject(make(i));
      if (i % 400 === 399) t.advance(ms(100));
      answers += t.sent.splice(0).length;
    }
    expect(answers).toBeGreaterThan(0);
    expect(answers).toBeLessThanOrEqual(3);
    expect(s.sk.state).toBe(1);
    t.done();
  });
});
