import { describe, expect, it } from 'vitest';
import {
  createKernel,
  HI_SOFTIRQ,
  MAX_SOFTIRQ_RESTART,
  NET_RX_SOFTIRQ,
  NET_TX_SOFTIRQ,
  openSoftirq,
  raiseSoftirq,
  scheduleWork,
  Tasklet,
  TASKLET_SOFTIRQ,
  taskletHiSchedule,
  taskletKill,
  taskletSchedule,
  VirtualClock,
  WorkStruct,
} from '../src/index.ts';

function machine() {
  const clock = new VirtualClock();
  return { clock, k: createKernel({ modules: [], clock, seed: 1 }) };
}

describe('softirqs', () => {
  it('run in the order of their numbers, each once a pass', () => {
    const { k } = machine();
    const log: number[] = [];
    for (const nr of [NET_RX_SOFTIRQ, NET_TX_SOFTIRQ, 9]) openSoftirq(k, nr, () => log.push(nr));
    k.run(() => {
      raiseSoftirq(k, 9);
      raiseSoftirq(k, NET_RX_SOFTIRQ);
      raiseSoftirq(k, NET_TX_SOFTIRQ);
      raiseSoftirq(k, NET_RX_SOFTIRQ);
    });
    expect(log).toEqual([2, 3, 9]);
    expect(k.softirq.counts[NET_RX_SOFTIRQ]).toBe(1);
  });

  it('raised by another wait for the next pass, so that all get their turn', () => {
    const { k } = machine();
    const log: string[] = [];
    let times = 3;
    openSoftirq(k, NET_TX_SOFTIRQ, () => {
      log.push('tx');
      if (--times > 0) raiseSoftirq(k, NET_TX_SOFTIRQ);
    });
    openSoftirq(k, NET_RX_SOFTIRQ, () => log.push('rx'));
    k.run(() => {
      raiseSoftirq(k, NET_TX_SOFTIRQ);
      raiseSoftirq(k, NET_RX_SOFTIRQ);
    });
    expect(log).toEqual(['tx', 'rx', 'tx', 'tx']);
  });

  it('have a budget; what is left is done in a macrotask', () => {
    const { k, clock } = machine();
    let runs = 0;
    openSoftirq(k, NET_RX_SOFTIRQ, () => {
      runs++;
      if (runs < 25) raiseSoftirq(k, NET_RX_SOFTIRQ);
    });
    k.run(() => raiseSoftirq(k, NET_RX_SOFTIRQ));
    expect(runs).toBe(MAX_SOFTIRQ_RESTART);
    expect(clock.step()).toBe(true);
    expect(runs).toBe(2 * MAX_SOFTIRQ_RESTART);
    expect(clock.step()).toBe(true);
    expect(runs).toBe(25);
    expect(clock.step()).toBe(false);
  });

  it('raised outside run in a macrotask, or in the next exit if that is sooner', () => {
    const { k, clock } = machine();
    let runs = 0;
    openSoftirq(k, NET_RX_SOFTIRQ, () => runs++);
    raiseSoftirq(k, NET_RX_SOFTIRQ);
    expect(runs).toBe(0);
    clock.advance(0);
    expect(runs).toBe(1);
    raiseSoftirq(k, NET_RX_SOFTIRQ);
    k.run(() => undefined);
    expect(runs).toBe(2);
    clock.advance(0);
    expect(runs).toBe(2);
  });

  it('do not starve work, even when they never end', () => {
    const { k } = machine();
    let worked = 0;
    openSoftirq(k, NET_RX_SOFTIRQ, () => raiseSoftirq(k, NET_RX_SOFTIRQ));
    k.run(() => {
      raiseSoftirq(k, NET_RX_SOFTIRQ);
      scheduleWork(k, new WorkStruct(() => worked++, undefined));
    });
    expect(worked).toBe(1);
  });
});

describe('tasklets', () => {
  it('run once however often scheduled, the high ones first', () => {
    const { k } = machine();
    const log: string[] = [];
    const t = new Tasklet((name: string) => log.push(name), 'low');
    const h = new Tasklet((name: string) => log.push(name), 'high');
    k.run(() => {
      taskletSchedule(k, t);
      taskletSchedule(k, t);
      taskletHiSchedule(k, h);
    });
    expect(log).toEqual(['high', 'low']);
    expect(k.softirq.counts[HI_SOFTIRQ]).toBe(1);
  });

  it('scheduled by themselves run in the next pass; killed, not at all', () => {
    const { k } = machine();
    const log: string[] = [];
    let again = 2;
    const a: Tasklet<string> = new Tasklet<string>((name: string) => {
      log.push(name);
      if (again-- > 0) taskletSchedule(k, a);
    }, 'a');
    const b = new Tasklet((name: string) => log.push(name), 'b');
    const c = new Tasklet((name: string) => log.push(name), 'c');
    k.run(() => {
      for (const t of [a, b, c]) taskletSchedule(k, t);
      taskletKill(k, b);
      taskletKill(k, b);
    });
    expect(log).toEqual(['a', 'c', 'a', 'a']);
    expect(k.softirq.counts[TASKLET_SOFTIRQ]).toBe(3);
  });

  it('that throw spare the others', () => {
    const { k } = machine();
    const log: string[] = [];
    k.enter();
    taskletSchedule(
      k,
      new Tasklet(() => {
        throw new Error('bad');
      }, undefined),
    );
    taskletSchedule(k, new Tasklet(() => log.push('good'), undefined));
    expect(() => k.exit()).toThrow('bad');
    expect(log).toEqual(['good']);
  });
});
