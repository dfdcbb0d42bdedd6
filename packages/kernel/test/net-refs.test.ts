import { describe, expect, it } from 'vitest';
import { createKernel, type KernelModule, type Net, scheduleWork, VirtualClock, WorkStruct } from '../src/index.ts';

function setUp(): { k: ReturnType<typeof createKernel>; ended: number[] } {
  const ended: number[] = [];
  const watch: KernelModule = { name: 'watch', requires: [], netExit: (net: Net) => void ended.push(net.inum) };
  return { k: createKernel({ modules: [watch], clock: new VirtualClock(), seed: 1 }), ended };
}

describe('holding a namespace', () => {
  it('it ends with the last hold, of which its maker has the first', () => {
    const { k, ended } = setUp();
    const net = k.createNet();
    expect(net.hold()).toBe(net);
    net.put();
    expect([net.refs, net.dead]).toEqual([1, false]);
    net.put();
    expect([net.dead, ended, k.nets.has(net)]).toEqual([true, [net.inum], false]);
    expect(() => net.put()).toThrow('without hold');
    k.shutdown();
  });

  it('from within, it ends when the kernel is left, unless somebody has taken hold again', () => {
    const { k } = setUp();
    const a = k.createNet();
    const b = k.createNet();
    k.run(() => {
      a.put();
      b.put();
      expect([a.dead, b.dead]).toEqual([false, false]);
      b.hold();
    });
    expect([a.dead, b.dead]).toEqual([true, false]);
    const work = new WorkStruct<Net>((net) => net.put(), b);
    k.run(() => scheduleWork(k, work));
    expect(b.dead).toBe(true);
    k.shutdown();
  });

  it('destroy ends it whoever holds it, and they let go of nothing', () => {
    const { k, ended } = setUp();
    const net = k.createNet().hold();
    net.destroy();
    net.put();
    net.put();
    expect([net.dead, ended.length]).toEqual([true, 1]);
    k.initNet.put();
    expect(k.initNet.dead).toBe(false);
    k.shutdown();
  });
});
