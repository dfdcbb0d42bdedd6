import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createKernel, HostClock, modTimer, ms, NET_RX_SOFTIRQ, openSoftirq, raiseSoftirq, sec, TimerList } from '../src/index.ts';

describe('HostClock', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance', 'Date'] });
  });
  afterEach(() => {
    // The spies sit on the fakes: they go first, for the next file in this worker needs the real ones.
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('counts nanoseconds that only grow', () => {
    const clock = new HostClock();
    const t = clock.now();
    expect(Number.isInteger(t)).toBe(true);
    // Never a small integer to the engine, so that no time ever changes its kind.
    expect(t).toBeGreaterThanOrEqual(2 ** 32);
    vi.advanceTimersByTime(1500);
    expect(clock.now() - t).toBe(ms(1500));
  });

  it('fires an alarm once, not early, and the latest setting counts', () => {
    const clock = new HostClock();
    const start = clock.now();
    const fired: number[] = [];
    const alarm = clock.createAlarm(() => fired.push(clock.now() - start));
    alarm.set(start + ms(50));
    alarm.set(start + ms(20.5));
    vi.advanceTimersByTime(20);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(fired).toEqual([ms(21)]);
    expect(vi.getTimerCount()).toBe(0);
    alarm.set(start);
    vi.advanceTimersByTime(1);
    expect(fired.length).toBe(2);
    alarm.set(clock.now() + ms(5));
    alarm.cancel();
    expect(vi.getTimerCount()).toBe(0);
    alarm.set(Infinity);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('waits longer than the 2^31 - 1 ms that the host allows', () => {
    const clock = new HostClock();
    const start = clock.now();
    let fired = 0;
    const delays: number[] = [];
    const fake = globalThis.setTimeout;
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((fn: () => void, n: number) => (delays.push(n), fake(fn, n))) as typeof setTimeout);
    const delay = 2 ** 31 + 5000;
    clock.createAlarm(() => fired++).set(start + ms(delay));
    vi.advanceTimersByTime(2 ** 31 - 1);
    expect(fired).toBe(0);
    vi.advanceTimersByTime(5000);
    expect(fired).toBe(0);
    vi.advanceTimersByTime(1);
    expect(fired).toBe(1);
    expect(delays).toEqual([2 ** 31 - 1, 5001]);
  });

  it('waits again when the host is early', () => {
    const clock = new HostClock();
    let fired = 0;
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    clock.createAlarm(() => fired++).set(clock.now() + ms(10));
    now = 9.5; // The host's timers count whole milliseconds of their own clock.
    vi.advanceTimersByTime(10);
    expect(fired).toBe(0);
    expect(vi.getTimerCount()).toBe(1);
    now = 10.2;
    vi.advanceTimersByTime(1);
    expect(fired).toBe(1);
  });

  it('spends the last part of a millisecond in turns, if asked to', () => {
    const clock = new HostClock({ precise: true });
    let fired = 0;
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const start = clock.now();
    const alarm = clock.createAlarm(() => fired++);
    alarm.set(start + ms(2.25));
    now = 2;
    vi.advanceTimersByTime(2);
    expect(fired).toBe(0);
    for (let i = 0; i < 5; i++) vi.advanceTimersToNextTimer();
    expect(fired).toBe(0);
    now = 2.25;
    vi.advanceTimersToNextTimer();
    expect(fired).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
    // A far setting during the turns stops them.
    alarm.set(start + ms(2.5));
    alarm.set(start + ms(500));
    vi.advanceTimersToNextTimer();
    expect(vi.getTimerCount()).toBe(1);
    expect(fired).toBe(1);
  });

  it('lets the process end with an alarm set, unless ref or hold says otherwise', () => {
    const refs: string[] = [];
    const real = globalThis.setTimeout;
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((fn: () => void, delay: number) => {
      const timer = real(fn, delay);
      const unref = timer.unref.bind(timer);
      timer.unref = () => (refs.push(`unref ${delay}`), unref());
      refs.push(`set ${delay}`);
      return timer;
    }) as typeof setTimeout);
    const clock = new HostClock();
    clock.createAlarm(() => undefined).set(clock.now() + ms(5));
    expect(refs).toEqual(['set 5', 'unref 5']);
    refs.length = 0;
    new HostClock({ ref: true }).createAlarm(() => undefined).set(clock.now() + ms(5));
    expect(refs).toEqual(['set 5']);
    refs.length = 0;
    const before = vi.getTimerCount();
    clock.hold();
    clock.hold();
    expect(refs).toEqual([`set ${2 ** 31 - 1}`]);
    clock.release();
    expect(vi.getTimerCount()).toBe(before + 1);
    clock.release();
    expect(vi.getTimerCount()).toBe(before);
    expect(() => clock.release()).toThrow('release without hold');
  });

  it('defers in order, to a macrotask', async () => {
    const clock = new HostClock();
    const log: string[] = [];
    clock.defer(() => log.push('a'));
    clock.defer(() => log.push('b'));
    await Promise.resolve();
    expect(log).toEqual([]);
    vi.runAllTimers();
    expect(log).toEqual(['a', 'b']);
  });

  it('drives a kernel', () => {
    const k = createKernel({ modules: [] });
    expect(k.clock).toBeInstanceOf(HostClock);
    const fired: number[] = [];
    modTimer(k, new TimerList(() => fired.push(k.jiffies), undefined), k.jiffies + 100);
    const at = k.jiffies + 100;
    vi.advanceTimersByTime(sec(1) / 1e6);
    expect(fired.length).toBe(1);
    expect(fired[0]! - at).toBeLessThanOrEqual(1);
    let runs = 0;
    openSoftirq(k, NET_RX_SOFTIRQ, () => runs++);
    raiseSoftirq(k, NET_RX_SOFTIRQ);
    vi.runAllTimers();
    expect(runs).toBe(1);
    k.hold();
    k.release();
    k.shutdown();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('HostClock without setImmediate', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('uses a MessageChannel, as in browsers', async () => {
    vi.stubGlobal('setImmediate', undefined);
    const clock = new HostClock();
    const log: string[] = [];
    await new Promise<void>((resolve) => {
      clock.defer(() => log.push('a'));
      clock.defer(() => (log.push('b'), resolve()));
      log.push('sync');
    });
    expect(log).toEqual(['sync', 'a', 'b']);
  });

  it('uses setTimeout where there is nothing better', async () => {
    vi.stubGlobal('setImmediate', undefined);
    vi.stubGlobal('MessageChannel', undefined);
    const clock = new HostClock();
    await new Promise<void>((resolve) => clock.defer(resolve));
    expect(clock.now()).toBeGreaterThan(0);
  });

  it('wallNow is the time of day', () => {
    expect(Math.abs(new HostClock().wallNow() / 1e6 - Date.now())).toBeLessThan(10_000);
  });
});
