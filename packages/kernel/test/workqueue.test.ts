import { describe, expect, it } from 'vitest';
import {
  cancelDelayedWork,
  cancelWork,
  createKernel,
  DelayedWork,
  delayedWorkPending,
  modDelayedWork,
  ms,
  NET_RX_SOFTIRQ,
  openSoftirq,
  raiseSoftirq,
  scheduleDelayedWork,
  scheduleWork,
  VirtualClock,
  WorkStruct,
} from '../src/index.ts';

function machine() {
  const clock = new VirtualClock();
  return { clock, k: createKernel({ modules: [], clock, seed: 1 }) };
}

describe('work', () => {
  it('runs after the softirqs, in order, once', () => {
    const { k } = machine();
    const log: string[] = [];
    openSoftirq(k, NET_RX_SOFTIRQ, () => log.push('rx'));
    const a = new WorkStruct((s: string) => log.push(`${s} at ${k.depth}`), 'a');
    const b = new WorkStruct((s: string) => log.push(s), 'b');
    k.run(() => {
      expect(scheduleWork(k, a)).toBe(true);
      expect(scheduleWork(k, b)).toBe(true);
      expect(scheduleWork(k, a)).toBe(false);
      raiseSoftirq(k, NET_RX_SOFTIRQ);
    });
    expect(log).toEqual(['rx', 'a at 1', 'b']);
  });

  it('can be cancelled, in the middle too', () => {
    const { k } = machine();
    const log: string[] = [];
    const w = ['a', 'b', 'c', 'd'].map((name) => new WorkStruct((s: string) => log.push(s), name));
    k.run(() => {
      for (const x of w) scheduleWork(k, x);
      expect(cancelWork(k, w[1]!)).toBe(true);
      expect(cancelWork(k, w[1]!)).toBe(false);
      expect(cancelWork(k, w[3]!)).toBe(true);
      expect(cancelWork(k, w[0]!)).toBe(true);
    });
    expect(log).toEqual(['c']);
  });

  it('that schedules itself does not run for ever', () => {
    const { k, clock } = machine();
    let runs = 0;
    const w: WorkStruct = new WorkStruct(() => {
      runs++;
      scheduleWork(k, w);
    }, undefined);
    k.run(() => scheduleWork(k, w));
    const first = runs;
    expect(first).toBeGreaterThan(1);
    clock.step();
    expect(runs).toBe(2 * first);
    cancelWork(k, w);
    expect(clock.runUntilIdle()).toBe(true);
  });

  it('scheduled outside runs in a macrotask', () => {
    const { k, clock } = machine();
    let runs = 0;
    scheduleWork(k, new WorkStruct(() => runs++, undefined));
    expect(runs).toBe(0);
    clock.advance(0);
    expect(runs).toBe(1);
  });

  it('that throws spares the rest', () => {
    const { k } = machine();
    let runs = 0;
    k.enter();
    scheduleWork(
      k,
      new WorkStruct(() => {
        throw new Error('bad work');
      }, undefined),
    );
    scheduleWork(k, new WorkStruct(() => runs++, undefined));
    expect(() => k.exit()).toThrow('bad work');
    expect(runs).toBe(1);
  });
});

describe('delayed work', () => {
  it('runs after its delay, and keeps its time when it is scheduled again', () => {
    const { k, clock } = machine();
    const times: number[] = [];
    const w = new DelayedWork(() => times.push(clock.now()), undefined);
    expect(delayedWorkPending(w)).toBe(false);
    expect(scheduleDelayedWork(k, w, 100)).toBe(true);
    clock.advance(ms(60));
    expect(scheduleDelayedWork(k, w, 100)).toBe(false);
    expect(delayedWorkPending(w)).toBe(true);
    clock.advance(ms(200));
    expect(times).toEqual([ms(100)]);
    expect(scheduleDelayedWork(k, w, 10)).toBe(true);
    expect(modDelayedWork(k, w, 50)).toBe(true);
    clock.advance(ms(49));
    expect(times.length).toBe(1);
    clock.advance(ms(1));
    expect(times).toEqual([ms(100), ms(310)]);
  });

  it('of no delay runs at once; cancelled, never', () => {
    const { k, clock } = machine();
    let runs = 0;
    const w = new DelayedWork(() => runs++, undefined);
    k.run(() => scheduleDelayedWork(k, w, 0));
    expect(runs).toBe(1);
    scheduleDelayedWork(k, w, 10);
    expect(cancelDelayedWork(k, w)).toBe(true);
    expect(cancelDelayedWork(k, w)).toBe(false);
    k.run(() => {
      scheduleDelayedWork(k, w, 0);
      expect(cancelDelayedWork(k, w)).toBe(true);
    });
    clock.advance(ms(100));
    expect(runs).toBe(1);
  });
});
