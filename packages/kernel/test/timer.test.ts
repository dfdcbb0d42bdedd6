import { describe, expect, it } from 'vitest';
import {
  createKernel,
  delTimer,
  jiffiesToMsecs,
  MAX_JIFFY_OFFSET,
  modTimer,
  ms,
  msecsToJiffies,
  nsecsToJiffies,
  sec,
  timeAfter,
  timeAfterEq,
  timeBefore,
  timeBeforeEq,
  TimerList,
  timerPending,
  timerReduce,
  TimerWheel,
  usecsToJiffies,
  VirtualClock,
} from '../src/index.ts';

function machine() {
  const clock = new VirtualClock();
  return { clock, k: createKernel({ modules: [], clock, seed: 1 }) };
}

describe('jiffies', () => {
  it('compare round the wrap', () => {
    const max = 0x7fffffff;
    const min = -0x80000000;
    expect(timeAfter(min, max)).toBe(true);
    expect(timeBefore(max, min)).toBe(true);
    expect(timeAfter(5, 5)).toBe(false);
    expect(timeAfterEq(5, 5)).toBe(true);
    expect(timeBeforeEq(5, 5)).toBe(true);
    expect(timeBeforeEq(min, max)).toBe(false);
  });

  it('convert, rounding up', () => {
    expect(msecsToJiffies(200)).toBe(200);
    expect(msecsToJiffies(0.1)).toBe(1);
    expect(msecsToJiffies(-1)).toBe(MAX_JIFFY_OFFSET);
    expect(msecsToJiffies(Infinity)).toBe(MAX_JIFFY_OFFSET);
    expect(usecsToJiffies(1001)).toBe(2);
    expect(nsecsToJiffies(1)).toBe(1);
    expect(jiffiesToMsecs(7)).toBe(7);
  });
});

describe('timers', () => {
  it('fire at their tick, inside the kernel, with their argument', () => {
    const { k, clock } = machine();
    const log: unknown[] = [];
    const t = new TimerList((arg: string) => log.push(arg, clock.now(), k.depth), 'x');
    expect(modTimer(k, t, k.jiffies + 250)).toBe(false);
    expect(timerPending(t)).toBe(true);
    clock.advance(ms(250) - 1);
    expect(log).toEqual([]);
    clock.advance(1);
    expect(log).toEqual(['x', ms(250), 1]);
    expect(timerPending(t)).toBe(false);
  });

  it('of one tick fire in the order of arming, however far away they were armed', () => {
    const { k, clock } = machine();
    const log: number[] = [];
    const at = k.jiffies + 100_000;
    // Each is armed at another distance from the same tick, so each begins on another level of the wheel.
    for (let i = 0; i < 10; i++) {
      modTimer(k, new TimerList((n: number) => log.push(n), i), at);
      clock.advance(ms(i < 5 ? 19_000 : 999));
    }
    clock.advance(sec(100));
    expect(log).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('armed again go to the end of their tick', () => {
    const { k, clock } = machine();
    const log: string[] = [];
    const a = new TimerList((s: string) => log.push(s), 'a');
    const b = new TimerList((s: string) => log.push(s), 'b');
    k.run(() => {
      modTimer(k, a, k.jiffies + 7);
      modTimer(k, b, k.jiffies + 7);
      expect(modTimer(k, a, k.jiffies + 7)).toBe(true);
    });
    clock.advance(ms(7));
    expect(log).toEqual(['b', 'a']);
  });

  it('for now or the past fire at the next tick, never inside the call, and once', () => {
    const { k, clock } = machine();
    const times: number[] = [];
    const t: TimerList = new TimerList(() => {
      times.push(clock.now());
      if (times.length < 3) modTimer(k, t, k.jiffies);
    }, undefined);
    clock.advance(ms(5) + 400_000);
    modTimer(k, t, k.jiffies - 1000);
    expect(times).toEqual([]);
    clock.advance(sec(1));
    expect(times).toEqual([ms(6), ms(7), ms(8)]);
  });

  it('deleted do not fire, not even when they are due in the same tick', () => {
    const { k, clock } = machine();
    const log: string[] = [];
    const b = new TimerList((s: string) => log.push(s), 'b');
    const a = new TimerList((s: string) => {
      log.push(s);
      expect(delTimer(k, b)).toBe(true);
      modTimer(k, c, k.jiffies + 1);
    }, 'a');
    const c = new TimerList((s: string) => log.push(`${s} ${clock.now()}`), 'c');
    for (const t of [a, b, c]) modTimer(k, t, k.jiffies + 4);
    clock.advance(sec(1));
    expect(log).toEqual(['a', `c ${ms(5)}`]);
    expect(delTimer(k, a)).toBe(false);
    expect(k.timers.count).toBe(0);
  });

  it('timerReduce never puts off', () => {
    const { k, clock } = machine();
    const times: number[] = [];
    const t = new TimerList(() => times.push(clock.now()), undefined);
    expect(timerReduce(k, t, k.jiffies + 100)).toBe(false);
    expect(timerReduce(k, t, k.jiffies + 200)).toBe(true);
    expect(timerReduce(k, t, k.jiffies + 50)).toBe(true);
    clock.advance(sec(1));
    expect(times).toEqual([ms(50)]);
  });

  it('last up to 2^31 - 1 ticks', () => {
    const { k, clock } = machine();
    const times: number[] = [];
    const d = 2 ** 31 - 1;
    modTimer(k, new TimerList(() => times.push(clock.now()), undefined), (k.jiffies + d) | 0);
    expect(k.nextEvent()).toBe(ms(d));
    clock.advance(ms(d));
    expect(times).toEqual([ms(d)]);
  });

  it('a day of a timer that repeats each second takes no time to speak of', () => {
    const { k, clock } = machine();
    let count = 0;
    const t: TimerList = new TimerList(() => {
      count++;
      modTimer(k, t, k.jiffies + 1000);
    }, undefined);
    modTimer(k, t, k.jiffies + 1000);
    clock.advance(sec(86_400));
    expect(count).toBe(86_400);
    expect(clock.now()).toBe(sec(86_400));
  });

  it('that are late, for the host slept, fire in the order of their ticks', () => {
    let now = 0;
    const clock = { now: () => now, wallNow: () => 0, createAlarm: () => ({ set() {}, cancel() {} }), defer() {} };
    const k = createKernel({ modules: [], clock });
    const log: number[] = [];
    k.run(() => {
      for (const d of [70_000, 3, 40, 5000, 33, 32, 31, 1024]) modTimer(k, new TimerList((n: number) => log.push(n), d), k.jiffies + d);
    });
    now = sec(100);
    k.run(() => undefined);
    expect(log).toEqual([3, 31, 32, 33, 40, 1024, 5000, 70_000]);
  });
});

describe('TimerWheel against a sorted list', () => {
  // A small generator of its own: the test must not lean on what it tests.
  function lcg(seed: number): (n: number) => number {
    let x = seed >>> 0;
    return (n) => {
      x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
      return Math.floor((x / 2 ** 32) * n);
    };
  }

  const starts = [0, -300_000, 0x7fffffff - 700, -0x80000000, -40, 12_345_678];
  it.each(starts)('from jiffies %d', (start) => {
    const rand = lcg(start ^ 77);
    const wheel = new TimerWheel(start);
    let now = start;
    let seq = 0;
    const expected: { at: number; seq: number; id: number }[] = []; // `at`: ticks since start
    let elapsed = 0;
    const fired: number[] = [];
    const timers = Array.from({ length: 300 }, (_, id) => new TimerList((n: number) => fired.push(n), id));
    const drop = (id: number): void => {
      const i = expected.findIndex((e) => e.id === id);
      if (i !== -1) expected.splice(i, 1);
    };
    for (let step = 0; step < 6000; step++) {
      const what = rand(10);
      const id = rand(timers.length);
      if (what < 6) {
        const scale = [4, 40, 300, 2000, 50_000, 3_000_000, 2 ** 30][rand(7)]!;
        const delay = 1 + rand(scale);
        drop(id);
        wheel.add(timers[id]!, (now + delay) | 0, now);
        expected.push({ at: elapsed + delay, seq: seq++, id });
      } else if (what < 8) {
        if (timerPending(timers[id]!)) wheel.remove(timers[id]!);
        drop(id);
      } else {
        const jump = rand([2, 20, 200, 3000, 400_000, 2 ** 27][rand(6)]!);
        elapsed += jump;
        now = (now + jump) | 0;
        expected.sort((a, b) => a.at - b.at || a.seq - b.seq);
        const due: number[] = [];
        while (expected.length > 0 && expected[0]!.at <= elapsed) due.push(expected.shift()!.id);
        fired.length = 0;
        wheel.run(now);
        expect(fired).toEqual(due);
      }
      // One comparison: thousands of expect() take longer than the wheel.
      const first = expected.reduce((m, e) => Math.min(m, e.at), Infinity);
      const right =
        wheel.count === expected.length &&
        (first === Infinity || (wheel.nextExpiry() === ((start + first) | 0) && ((wheel.earliest - wheel.nextExpiry()) | 0) <= 0));
      if (!right) expect.fail(`step ${step}: count ${wheel.count}, next ${wheel.nextExpiry()}, earliest ${wheel.earliest}, wanted ${(start + first) | 0}`);
    }
  });

  it('stays right at the longest distances', () => {
    const start = 0x3fffffff;
    const wheel = new TimerWheel(start);
    const fired: string[] = [];
    wheel.add(new TimerList((s: string) => fired.push(s), 'far'), (start + 0x7fffffff) | 0, start);
    // Nothing ran since: the wheel is 2^31 - 16 ticks behind, and the new timer as far ahead again.
    const now = (start + 0x7ffffff0) | 0;
    const end = (now + 0x7ffffff0) | 0;
    wheel.add(new TimerList((s: string) => fired.push(s), 'farther'), end, now);
    expect(wheel.nextExpiry()).toBe((start + 0x7fffffff) | 0);
    wheel.run((start + 0x7fffffff) | 0);
    expect(fired).toEqual(['far']);
    expect(wheel.nextExpiry()).toBe(end);
    wheel.run((end - 1) | 0);
    expect(fired).toEqual(['far']);
    wheel.run(end);
    expect(fired).toEqual(['far', 'farther']);
  });

  it('stays right when nothing is due for weeks', () => {
    const wheel = new TimerWheel(0);
    const fired: string[] = [];
    const far = new TimerList((s: string) => fired.push(s), 'far');
    const near = new TimerList((s: string) => fired.push(s), 'near');
    wheel.add(far, 0x7ffffff0, 0);
    // No run in between: `clk` is far behind.
    wheel.add(near, (0x7fffffe0 + 0x100) | 0, 0x7fffffe0 - 0x100);
    expect(wheel.nextExpiry()).toBe(0x7ffffff0);
    wheel.add(near, (0x7fffffe0 + 0x70000000) | 0, 0x7fffffe0);
    expect(wheel.nextExpiry()).toBe(0x7ffffff0);
    wheel.run(0x7ffffff0);
    expect(fired).toEqual(['far']);
    expect(wheel.nextExpiry()).toBe((0x7fffffe0 + 0x70000000) | 0);
    wheel.run((0x7fffffe0 + 0x70000000) | 0);
    expect(fired).toEqual(['far', 'near']);
  });
});
