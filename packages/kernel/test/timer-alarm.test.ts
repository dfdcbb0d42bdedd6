import { expect, test } from 'vitest';
import { createKernel, delTimer, modTimer, sec, TimerList, VirtualClock } from '../src/index.ts';

test('a timer fires in time when the one before it was deleted and the clock had asked since', () => {
  const clock = new VirtualClock();
  const k = createKernel({ modules: [], clock, seed: 1 });
  const fired: [string, number][] = [];
  const timer = (name: string): TimerList<unknown> => new TimerList<unknown>(() => void fired.push([name, clock.now() / 1e6]), null);
  const arm = (t: TimerList<unknown>, ms: number): void => {
    k.enter();
    modTimer(k, t, (k.jiffies + ms) | 0);
    k.exit();
  };
  const early = timer('early');
  arm(timer('late'), 3833);
  arm(early, 1000);
  delTimer(k, early);
  // The clock learns that nothing is due before the late one...
  expect(clock.nextEvent()).toBe(3833e6);
  // ... and must be told of one that is, although it is later than the one that was deleted.
  arm(timer('between'), 1500);
  clock.advance(sec(5));
  expect(fired).toEqual([['between', 1500], ['late', 3833]]);
  k.shutdown();
});
