import { expect, test } from 'vitest';
import { createKernel, type KernelModule, type Net, VirtualClock } from '../src/index.ts';

/** Two modules, the second on the first, that say what is called. */
function modules(said: string[], failIn?: string): KernelModule[] {
  const say = (name: string, what: string) => (net: Net): void => {
    said.push(`${name}.${what}${net.dead ? ' dead' : ''}`);
    if (`${name}.${what}` === failIn) throw new Error(failIn);
  };
  const make = (name: string, requires: KernelModule[]): KernelModule => ({
    name, requires, netInit: say(name, 'netInit'), netReady: say(name, 'netReady'), netStop: say(name, 'netStop'), netExit: say(name, 'netExit'),
  });
  const a = make('a', []);
  return [make('b', [a])];
}

test('netReady comes when every netInit has run, netStop before the first netExit', () => {
  const said: string[] = [];
  const k = createKernel({ modules: modules(said), clock: new VirtualClock() });
  const up = ['a.netInit', 'b.netInit', 'a.netReady', 'b.netReady'];
  const down = ['b.netStop dead', 'a.netStop dead', 'b.netExit dead', 'a.netExit dead'];
  expect(said).toEqual(up);
  k.createNet().destroy();
  expect(said).toEqual([...up, ...up, ...down]);
  k.shutdown();
  expect(said).toEqual([...up, ...up, ...down, ...down]);
});

test('who holds something of a namespace is told before it ends, the youngest first', () => {
  const said: string[] = [];
  const k = createKernel({ modules: modules(said), clock: new VirtualClock() });
  const watch = (net: Net, name: string): Net => {
    net.exitNotifiers.register((n) => {
      said.push(`${name} ${n === net} ${n.dead} ${k.depth}`);
      return 0;
    });
    return net;
  };
  watch(k.initNet, 'first');
  const gone = watch(k.createNet(), 'gone');
  watch(k.createNet(), 'last');
  said.length = 0;
  gone.destroy();
  gone.destroy();
  expect(said.slice(0, 2)).toEqual(['gone true false 0', 'b.netStop dead']);
  said.length = 0;
  k.shutdown();
  k.shutdown();
  expect(said.slice(0, 3)).toEqual(['last true false 1', 'first true false 1', 'b.netStop dead']);
});

test('a netReady that throws is undone: only what was ready is stopped, and the namespace is not listed', () => {
  const said: string[] = [];
  expect(() => createKernel({ modules: modules(said, 'b.netReady'), clock: new VirtualClock() })).toThrow('b.netReady');
  expect(said).toEqual(['a.netInit', 'b.netInit', 'a.netReady', 'b.netReady', 'a.netStop dead', 'b.netExit dead', 'a.netExit dead']);
  const said2: string[] = [];
  let fail = false;
  const mods: KernelModule[] = [{ name: 'x', netReady: (): void => { if (fail) throw new Error('no'); }, netExit: (): void => { said2.push('exit'); } }];
  const k = createKernel({ modules: mods, clock: new VirtualClock() });
  fail = true;
  expect(() => k.createNet()).toThrow('no');
  expect([k.nets.size, said2]).toEqual([1, ['exit']]);
  k.shutdown();
});
