import { expect, it } from 'vitest';
import { createKernel, VirtualClock, WaitEntry, WaitQueueHead, wakeUpPoll } from '../src/index.ts';

it('of those who take an event alone, one that will is told, and all others', () => {
  const k = createKernel({ modules: [], clock: new VirtualClock(), seed: 1 });
  const wq = new WaitQueueHead();
  const told: string[] = [];
  const wait = (name: string, exclusive: ((mask: number) => boolean) | null): void => {
    const e = new WaitEntry(() => void told.push(name));
    e.exclusive = exclusive;
    wq.add(e);
  };
  wait('asleep', () => false);
  wait('first', (mask) => (mask & 1) !== 0);
  wait('second', (mask) => (mask & 1) !== 0);
  wait('plain', null);
  wakeUpPoll(k, wq, 1);
  expect(told).toEqual(['asleep', 'first', 'plain']);
  told.length = 0;
  // Two events at once: one each.
  k.run(() => {
    wakeUpPoll(k, wq, 1);
    wakeUpPoll(k, wq, 1);
  });
  expect(told).toEqual(['asleep', 'first', 'plain', 'second']);
  k.shutdown();
});
