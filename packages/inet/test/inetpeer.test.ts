import { createKernel, sec, VirtualClock } from '@linnet/kernel';
import { expect, it } from 'vitest';
import { inet, InetPeerBase, inetPeerXrlimAllow } from '../src/index.ts';

const DAY = 86400;

it.each([0, 10, 30, 60, 90])('limits answers to a burst of six and one each second, also after %i days of silence', (days) => {
  const clock = new VirtualClock();
  const k = createKernel({ modules: [inet], clock, seed: 1 });
  const peer = new InetPeerBase().get(k.initNet, 0x0a000001);
  const allowed = (n: number): boolean[] => k.run(() => Array.from({ length: n }, () => inetPeerXrlimAllow(k.initNet, peer, 1000)));
  expect(allowed(8)).toEqual([true, true, true, true, true, true, false, false]);
  clock.advance(sec(days * DAY + 1));
  expect(allowed(1)).toEqual([true]);
  if (days === 0) expect(allowed(1)).toEqual([false]);
  k.shutdown();
});
