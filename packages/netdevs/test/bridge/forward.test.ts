import { ms, sec } from '@linnet/kernel';
import { devClose, devOpen } from '@linnet/netdev';
import { skbStats } from '@linnet/skbuff';
import { describe, expect, test } from 'vitest';
import { BROADCAST, frame, Lab, macOf } from './lab.ts';

describe('learning and forwarding', () => {
  test('floods what it does not know, then forwards to where it learned', () => {
    const lab = new Lab(3);
    expect(lab.to(0, frame(macOf(2), macOf(1)))).toEqual([1, 2]);
    expect(lab.to(1, frame(macOf(1), macOf(2)))).toEqual([0]);
    expect(lab.to(0, frame(macOf(2), macOf(1)))).toEqual([1]);
    expect(lab.to(2, frame(BROADCAST, macOf(3)))).toEqual([0, 1]);
    lab.k.shutdown();
    expect(skbStats(lab.k).live).toBe(0);
  });
  test('forgets after the ageing time', () => {
    const lab = new Lab(2);
    lab.send(0, frame(macOf(9), macOf(1)));
    expect(lab.to(1, frame(macOf(1), macOf(2)))).toEqual([0]);
    lab.clock.advance(sec(299));
    expect(lab.br.kernel.ktime).toBeGreaterThan(0);
    lab.clock.advance(sec(10));
    lab.k.run(() => devClose(lab.ports[0]!.dev));
    lab.k.run(() => devOpen(lab.ports[0]!.dev));
    lab.clock.advance(ms(10));
    expect(lab.to(1, frame(macOf(1), macOf(2)))).toEqual([0]);
    lab.k.shutdown();
  });
});
