import { describe, expect, it } from 'vitest';
import { createKernel, Hrtimer, hrtimerStart, modTimer, ms, sec, TimerList, us, VirtualClock, WaitEntry, WaitQueueHead, wakeUpPoll } from '../src/index.ts';
import type { Kernel } from '../src/index.ts';

function machine(clock = new VirtualClock()) {
  return { clock, k: createKernel({ modules: [], clock, seed: 1 }) };
}

/** What a blocking call of a higher package does. */
function sleep(k: Kernel, ns: number): Promise<void> {
  return new Promise((resolve) => {
    const wq = new WaitQueueHead();
    wq.add(new WaitEntry(() => resolve()));
    hrtimerStart(k, new Hrtimer(() => wakeUpPoll(k, wq, 1), undefined), k.now() + ns);
  });
}

describe('VirtualClock', () => {
  it('begins at 0 and at its wall time', () => {
    const clock = new VirtualClock();
    expect(clock.now()).toBe(0);
    expect(new Date(clock.wallNow() / 1e6).toISOString()).toBe('2026-01-01T00:00:00.000Z');
    clock.advance(sec(2));
    expect(clock.now()).toBe(sec(2));
    expect(new VirtualClock({ wallStart: 5000 }).wallNow()).toBe(5000);
  });

  it('runs events at their times, and lets time pass between them', () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    const a = clock.createAlarm(() => log.push(`a ${clock.now()}`));
    const b = clock.createAlarm(() => {
      log.push(`b ${clock.now()}`);
      a.set(clock.now() + 5);
    });
    a.set(10);
    b.set(7);
    expect(clock.nextEvent()).toBe(7);
    clock.advance(9);
    expect(log).toEqual(['b 7']);
    expect(clock.now()).toBe(9);
    clock.advanceTo(20);
    expect(log).toEqual(['b 7', 'a 12']);
    expect(clock.step()).toBe(false);
    expect(clock.now()).toBe(20);
    b.set(3);
    expect(clock.step()).toBe(true);
    expect(clock.now()).toBe(20);
    expect(log.at(-1)).toBe('b 20');
    a.cancel();
    a.cancel();
    expect(clock.nextEvent()).toBe(Infinity);
  });

  it('orders equal times by the order of setting, deferred functions among them', () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    const a = clock.createAlarm(() => log.push('a'));
    const b = clock.createAlarm(() => log.push('b'));
    b.set(0);
    clock.defer(() => log.push('d'));
    a.set(0);
    b.set(0);
    clock.advance(0);
    expect(log).toEqual(['d', 'a', 'b']);
  });

  it('drives several kernels in one order', () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    const kernels = ['a', 'b', 'c'].map((name) => ({ name, k: machine(clock).k }));
    for (const { name, k } of kernels) {
      const t: TimerList = new TimerList(() => {
        log.push(`${name}${clock.now() / 1e6}`);
        modTimer(k, t, k.jiffies + (name === 'b' ? 2 : 3));
      }, undefined);
      modTimer(k, t, k.jiffies + 3);
    }
    clock.advance(ms(7));
    expect(log).toEqual(['a3', 'b3', 'c3', 'b5', 'a6', 'c6', 'b7']);
  });

  it('never stops for a timer that was deleted or put off', () => {
    const { k, clock } = machine();
    const times: number[] = [];
    const t = new TimerList(() => times.push(clock.now()), undefined);
    modTimer(k, t, k.jiffies + 10);
    modTimer(k, t, k.jiffies + 40);
    expect(clock.step()).toBe(true);
    expect(times).toEqual([ms(40)]);
    expect(clock.step()).toBe(false);
    // The alarm was moved, not lost: something earlier still counts.
    modTimer(k, t, k.jiffies + 10);
    modTimer(k, t, k.jiffies + 40);
    expect(clock.nextEvent()).toBe(ms(80));
    const u = new TimerList(() => times.push(-clock.now()), undefined);
    modTimer(k, u, k.jiffies + 20);
    clock.advance(ms(100));
    expect(times).toEqual([ms(40), -ms(60), ms(80)]);
  });

  it('lets the events of others come before an alarm whose timer was put off', () => {
    const { k, clock } = machine();
    const log: string[] = [];
    const t = new TimerList(() => log.push(`timer ${clock.now()}`), undefined);
    modTimer(k, t, k.jiffies + 10);
    modTimer(k, t, k.jiffies + 40);
    clock.createAlarm(() => log.push(`other ${clock.now()}`)).set(ms(20));
    clock.runUntilIdle();
    expect(log).toEqual([`other ${ms(20)}`, `timer ${ms(40)}`]);
  });

  it('refuses to go back, to go on for ever, and to be driven by its own events', () => {
    const clock = new VirtualClock();
    clock.advance(10);
    expect(() => clock.advanceTo(9)).toThrow('before now');
    expect(() => clock.advance(NaN)).toThrow('before now');
    expect(() => clock.advance(Infinity)).toThrow('runUntilIdle');
    clock.createAlarm(() => clock.advance(1)).set(11);
    expect(() => clock.advance(5)).toThrow('may not drive the clock');
    clock.advance(5);
    expect(clock.now()).toBe(16);
  });

  it('runUntilIdle ends with the last event, or at its limit', () => {
    const { k, clock } = machine();
    modTimer(k, new TimerList(() => undefined, undefined), k.jiffies + 1500);
    expect(clock.runUntilIdle()).toBe(true);
    expect(clock.now()).toBe(ms(1500));
    const t: TimerList = new TimerList(() => void modTimer(k, t, k.jiffies + 1000), undefined);
    modTimer(k, t, k.jiffies + 1000);
    expect(clock.runUntilIdle(sec(10))).toBe(false);
    expect(clock.now()).toBe(ms(11_500));
  });
});

describe('VirtualClock.run', () => {
  it('gives the result of a function that does not wait', async () => {
    const { clock } = machine();
    expect(await clock.run(() => 5)).toBe(5);
    expect(await clock.run(async () => 6)).toBe(6);
    expect(clock.now()).toBe(0);
  });

  it('lets exactly the time pass that is slept', async () => {
    const { k, clock } = machine();
    const end = await clock.run(async () => {
      await sleep(k, sec(3600));
      await Promise.all([sleep(k, us(5)), sleep(k, us(7))]);
      return clock.now();
    });
    expect(end).toBe(sec(3600) + us(7));
  });

  it('lets no time pass while code works in turns of its own', async () => {
    const { k, clock } = machine();
    const times: number[] = [];
    const tick: TimerList = new TimerList(() => void modTimer(k, tick, k.jiffies + 1), undefined);
    modTimer(k, tick, k.jiffies + 1);
    await clock.run(async () => {
      for (let i = 0; i < 5; i++) {
        times.push(k.now());
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    expect(times).toEqual([0, 0, 0, 0, 0]);
  });

  it('rejects with what the function throws, at once or later', async () => {
    const { k, clock } = machine();
    await expect(
      clock.run(() => {
        throw new Error('at once');
      }),
    ).rejects.toThrow('at once');
    await expect(
      clock.run(async () => {
        await sleep(k, 5);
        throw new Error('later');
      }),
    ).rejects.toThrow('later');
  });

  it('rejects with what an event throws', async () => {
    const { k, clock } = machine();
    const broken = new TimerList(() => {
      throw new Error('a bug in a protocol');
    }, undefined);
    await expect(
      clock.run(async () => {
        modTimer(k, broken, k.jiffies + 5);
        await sleep(k, sec(1));
      }),
    ).rejects.toThrow('a bug in a protocol');
  });

  it('finds a deadlock', async () => {
    const { k, clock } = machine();
    await expect(
      clock.run(
        async () => {
          await sleep(k, sec(5));
          await new Promise(() => undefined);
        },
        { patienceMs: 2 },
      ),
    ).rejects.toThrow('VirtualClock.run: deadlock at 5000000000 ns');
  });

  it('repeats to the nanosecond', async () => {
    const once = async (): Promise<string> => {
      const { k, clock } = machine();
      const log: string[] = [];
      const random = k.rng.stream('test');
      const worker = async (name: string): Promise<void> => {
        for (let i = 0; i < 20; i++) {
          await sleep(k, random.below(1000));
          log.push(`${name}${k.now()}`);
        }
      };
      await clock.run(() => Promise.all([worker('a'), worker('b'), worker('c')]));
      return log.join(' ');
    };
    const first = await once();
    expect(await once()).toBe(first);
    expect(first.split(' ').length).toBe(60);
  });
});
