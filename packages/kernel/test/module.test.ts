import { describe, expect, it } from 'vitest';
import type { Kernel, KernelModule, Net } from '../src/index.ts';
import { createKernel, defineKey, sortModules, VirtualClock } from '../src/index.ts';

const mod = (name: string, ...requires: KernelModule[]): KernelModule => ({ name, requires });

describe('sortModules', () => {
  it('pulls requirements in and puts them first', () => {
    const a = mod('a');
    const b = mod('b', a);
    const c = mod('c', a);
    const d = mod('d', c, b);
    expect(sortModules([d]).map((m) => m.name)).toEqual(['a', 'c', 'b', 'd']);
    expect(sortModules([b, d, a]).map((m) => m.name)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('keeps the order given where nothing else is asked for', () => {
    expect(sortModules([mod('z'), mod('y'), mod('x')]).map((m) => m.name)).toEqual(['z', 'y', 'x']);
  });

  it('names both sides of a missing requirement', () => {
    const broken = { name: 'tcp', requires: [mod('x'), undefined as unknown as KernelModule] };
    expect(() => sortModules([broken])).toThrow(/module "tcp" requires a missing module: requires\[1\] is undefined/);
    expect(() => sortModules([mod('x'), null as unknown as KernelModule])).toThrow(/modules\[1\] is missing: it is null/);
  });

  it('names the whole circle, and only the circle', () => {
    const requires: KernelModule[] = [];
    const a: KernelModule = { name: 'a', requires };
    const b = mod('b', a);
    const c = mod('c', b);
    requires.push(c);
    expect(() => sortModules([mod('start', a)])).toThrow('modules require each other in a circle: a -> c -> b -> a');
  });

  it('refuses two modules of one name, but takes one module twice', () => {
    const a = mod('a');
    expect(sortModules([a, a, mod('b', a)]).length).toBe(2);
    expect(() => sortModules([a, mod('b', mod('a'))])).toThrow('two different modules have the name "a"');
  });
});

describe('createKernel', () => {
  function recorder(log: string[], name: string, requires: KernelModule[] = []): KernelModule {
    return {
      name,
      requires,
      init: () => void log.push(`init ${name}`),
      exit: () => void log.push(`exit ${name}`),
      netInit: (net: Net) => void log.push(`netInit ${name} ${net === net.kernel.initNet}`),
      netExit: (net: Net) => void log.push(`netExit ${name} ${net.dead}`),
    };
  }

  it('initialises in order and ends in reverse', () => {
    const log: string[] = [];
    const a = recorder(log, 'a');
    const b = recorder(log, 'b', [a]);
    const k = createKernel({ modules: [b], clock: new VirtualClock() });
    expect(log).toEqual(['init a', 'init b', 'netInit a true', 'netInit b true']);
    expect(k.modules).toEqual([a, b]);
    log.length = 0;
    const net = k.createNet();
    expect([...k.nets]).toEqual([k.initNet, net]);
    expect(net.inum).toBe(k.initNet.inum + 1);
    expect(log).toEqual(['netInit a false', 'netInit b false']);
    log.length = 0;
    net.destroy();
    net.destroy();
    expect(log).toEqual(['netExit b true', 'netExit a true']);
    expect([...k.nets]).toEqual([k.initNet]);
    log.length = 0;
    k.shutdown();
    k.shutdown();
    expect(log).toEqual(['netExit b true', 'netExit a true', 'exit b', 'exit a']);
    expect(k.dead).toBe(true);
    expect(() => k.createNet()).toThrow('shut down');
  });

  it('undoes what was done when a module fails', () => {
    const log: string[] = [];
    const a = recorder(log, 'a');
    const bad: KernelModule = {
      name: 'bad',
      requires: [a],
      init() {
        throw new Error('no');
      },
    };
    expect(() => createKernel({ modules: [bad], clock: new VirtualClock() })).toThrow('no');
    expect(log).toEqual(['init a', 'exit a']);
    log.length = 0;
    const badNet: KernelModule = {
      name: 'badNet',
      requires: [a],
      netInit() {
        throw new Error('no net');
      },
    };
    expect(() => createKernel({ modules: [badNet], clock: new VirtualClock() })).toThrow('no net');
    expect(log).toEqual(['init a', 'netInit a true', 'netExit a true', 'exit a']);
  });

  it('runs netReady when all have run netInit, and netStop before any netExit', () => {
    const log: string[] = [];
    const full = (name: string, requires: KernelModule[]): KernelModule => ({
      ...recorder(log, name, requires),
      netReady: (net) => void log.push(`netReady ${name} ${net.kernel.nets.has(net)}`),
      netStop: (net) => void log.push(`netStop ${name} ${net.dead}`),
    });
    const a = full('a', []);
    const k = createKernel({ modules: [full('b', [a])], clock: new VirtualClock() });
    log.length = 0;
    const net = k.createNet();
    expect(log).toEqual(['netInit a false', 'netInit b false', 'netReady a true', 'netReady b true']);
    log.length = 0;
    net.destroy();
    expect(log).toEqual(['netStop b true', 'netStop a true', 'netExit b true', 'netExit a true']);
  });

  it('undoes the netReady that ran when one fails', () => {
    const log: string[] = [];
    let fail = false;
    const a: KernelModule = { ...recorder(log, 'a'), netStop: () => void log.push('netStop a') };
    const bad: KernelModule = {
      name: 'bad',
      requires: [a],
      netReady() {
        if (fail) throw new Error('not ready');
      },
    };
    const k = createKernel({ modules: [bad], clock: new VirtualClock() });
    fail = true;
    log.length = 0;
    expect(() => k.createNet()).toThrow('not ready');
    expect(log).toEqual(['netInit a false', 'netStop a', 'netExit a true']);
    expect([...k.nets]).toEqual([k.initNet]);
  });

  it('ends everything even when modules fail to, and throws the first error', () => {
    const log: string[] = [];
    const a = recorder(log, 'a');
    const bad: KernelModule = {
      name: 'bad',
      requires: [a],
      netExit() {
        throw new Error('first');
      },
      exit() {
        throw new Error('second');
      },
    };
    const k = createKernel({ modules: [bad], clock: new VirtualClock() });
    const net = k.createNet();
    log.length = 0;
    expect(() => net.destroy()).toThrow('first');
    expect(log).toEqual(['netExit a true']);
    log.length = 0;
    expect(() => k.shutdown()).toThrow('first');
    expect(log).toEqual(['netExit a true', 'exit a']);
    expect(k.depth).toBe(0);
  });

  it('keeps the initial namespace', () => {
    const k = createKernel({ modules: [], clock: new VirtualClock() });
    expect(() => k.initNet.destroy()).toThrow('initial namespace');
  });
});

describe('slots', () => {
  it('hold values by key, and name the module that is missing', () => {
    const KEY = defineKey<{ n: number }>('tcp');
    const OTHER = defineKey<{ n: number }>('tcp');
    const stack: KernelModule = {
      name: 'tcp',
      init: (k: Kernel) => k.set(KEY, { n: 1 }),
      netInit: (net: Net) => net.set(KEY, { n: 2 }),
    };
    const k = createKernel({ modules: [stack], clock: new VirtualClock() });
    expect(k.get(KEY).n).toBe(1);
    expect(k.initNet.get(KEY).n).toBe(2);
    expect(k.tryGet(OTHER)).toBe(null);
    expect(() => k.get(OTHER)).toThrow('module "tcp" is not in this stack');
    expect(() => k.initNet.get(OTHER)).toThrow('module "tcp" is not in this stack');
  });

  it('share nothing between kernels', () => {
    const KEY = defineKey<number>('x');
    const clock = new VirtualClock();
    const a = createKernel({ modules: [], clock });
    const b = createKernel({ modules: [], clock });
    a.set(KEY, 5);
    expect(b.tryGet(KEY)).toBe(null);
  });
});
