// Run: vitest bench packages/kernel. Read the ratios, not the numbers.
import { bench, describe } from 'vitest';
import { createKernel, delTimer, Hrtimer, hrtimerStart, modTimer, openSoftirq, raiseSoftirq, TimerList, VirtualClock, WaitEntry, WaitQueueHead, wakeUpPoll } from '../src/index.ts';

const BATCH = 1000;

function machine() {
  return createKernel({ modules: [], clock: new VirtualClock(), seed: 1 });
}

describe(`${BATCH} entries of the kernel`, () => {
  const k = machine();
  let count = 0;
  openSoftirq(k, 3, () => count++);
  const wq = new WaitQueueHead();
  wq.add(new WaitEntry(() => count++));
  bench('enter, exit', () => {
    for (let i = 0; i < BATCH; i++) {
      k.enter();
      k.exit();
    }
  });
  bench('with a softirq', () => {
    for (let i = 0; i < BATCH; i++) {
      k.enter();
      raiseSoftirq(k, 3);
      k.exit();
    }
  });
  bench('with a wake-up', () => {
    for (let i = 0; i < BATCH; i++) {
      k.enter();
      wakeUpPoll(k, wq, 1);
      k.exit();
    }
  });
});

for (const pending of [10, 100_000]) {
  describe(`${BATCH} armings among ${pending} timers`, () => {
    const k = machine();
    const timers = Array.from({ length: pending }, () => new TimerList(() => undefined, undefined));
    const hrtimers = Array.from({ length: pending }, () => new Hrtimer(() => undefined, undefined));
    k.enter();
    timers.forEach((t, i) => modTimer(k, t, k.jiffies + 200 + ((i * 7919) % 100_000)));
    hrtimers.forEach((t, i) => hrtimerStart(k, t, 1e6 + i * 1000));
    bench('modTimer, as a retransmission timer put off', () => {
      for (let i = 0; i < BATCH; i++) modTimer(k, timers[i % pending]!, k.jiffies + 200 + (i & 63));
    });
    bench('modTimer and delTimer', () => {
      for (let i = 0; i < BATCH; i++) {
        const t = timers[i % pending]!;
        modTimer(k, t, k.jiffies + 40);
        delTimer(k, t);
      }
    });
    bench('hrtimerStart', () => {
      for (let i = 0; i < BATCH; i++) hrtimerStart(k, hrtimers[i % pending]!, 1e6 + ((i * 31_337) % 1e6));
    });
    bench('setTimeout and clearTimeout of the host', () => {
      for (let i = 0; i < BATCH; i++) clearTimeout(setTimeout(() => undefined, 200 + (i & 63)));
    });
  });
}

describe('a minute of 1,000 timers that repeat every 10 to 1,000 ms', () => {
  bench('in virtual time', () => {
    const clock = new VirtualClock();
    const k = createKernel({ modules: [], clock, seed: 1 });
    for (let i = 0; i < 1000; i++) {
      const period = 10 + i;
      const t: TimerList = new TimerList(() => void modTimer(k, t, k.jiffies + period), undefined);
      modTimer(k, t, k.jiffies + period);
    }
    clock.advance(60e9);
  });
});
