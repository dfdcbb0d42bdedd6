// What memory, a withdrawn window and a full local queue do to a connection: it goes on, or ends when it was told to, and loses nothing.
import { EAGAIN } from '@linnet/kernel';
import { skbStats } from '@linnet/skbuff';
import { skMemReclaim } from '@linnet/socket';
import { describe, expect, it } from 'vitest';
import { ms, sec, tcp, TcpTest } from './harness.ts';

describe('memory', () => {
  it('is refused beyond a minimum, without a leak', () => {
    const t = new TcpTest();
    const s = t.established({ mss: 1000 });
    const before = skbStats(t.kernel).live;
    const memory = s.sk.prot.memory!;
    const { high } = memory;
    skMemReclaim(s.sk);
    memory.high = 0;
    // The peer's window is closed to nothing but the first flight, so that what is queued stays.
    const sent: number[] = [];
    for (let i = 0; i < 12; i++) sent.push(s.send(4000));
    expect(sent[0]).toBeGreaterThan(0);
    expect(sent.at(-1)).toBe(-EAGAIN);
    const live = skbStats(t.kernel).live;
    for (let i = 0; i < 20; i++) expect(s.send(4000)).toBe(-EAGAIN);
    expect(skbStats(t.kernel).live).toBe(live);
    memory.high = high;
    expect(live).toBeGreaterThan(before);
    t.sent.length = 0;
    t.done();
  });
});

describe('a window withdrawn with data under way', () => {
  it('ends the connection with TCP_USER_TIMEOUT although the peer answers, and does not flood it', () => {
    const t = new TcpTest();
    const s = t.established({ mss: 1000 });
    s.setInt(18, 2000);
    s.send(5000);
    t.take();
    t.inject(tcp({ flags: 'A', seq: 1, ack: 1, win: 0 }));
    let segments = 0;
    for (let i = 0; i < 60 && s.sk.state === 1; i++) {
      t.advance(ms(100));
      segments += t.sent.length;
      t.sent.length = 0;
      if (s.sk.state === 1) t.inject(tcp({ flags: 'A', seq: 1, ack: 1, win: 0 }));
    }
    expect(s.sk.state).toBe(7);
    expect(s.error()).toBe(-110);
    expect(segments).toBeLessThan(20);
    t.done();
  });
});

describe('cubic', () => {
  it('goes on growing in an epoch of hours', () => {
    const t = new TcpTest({ sysctl: { congestion_control: 'cubic' } });
    const { sk: tp } = t.established();
    tp.isCwndLimited = true;
    const grow = (): number => {
      tp.sndCwnd = 100;
      tp.sndSsthresh = 50;
      for (let i = 0; i < 1000; i++) tp.caOps!.congAvoid(tp, 0, 1);
      return tp.sndCwnd - 100;
    };
    tp.mstamp = 1_000_000;
    grow();
    for (const minutes of [10, 30, 40, 60, 90]) {
      tp.mstamp = (1_000_000 + minutes * 60e6) | 0;
      expect(grow()).toBeGreaterThan(100);
    }
    t.sent.length = 0;
    t.done();
  });
});

it('a writer with nothing under way may write a little although memory is used up', () => {
  const t = new TcpTest();
  const s = t.established({ mss: 1000 });
  const memory = s.sk.prot.memory!;
  const { high } = memory;
  skMemReclaim(s.sk);
  memory.high = 0;
  expect(s.send(100)).toBe(100);
  memory.high = high;
  t.sent.length = 0;
  t.advance(sec(1));
  t.sent.length = 0;
  t.done();
});
