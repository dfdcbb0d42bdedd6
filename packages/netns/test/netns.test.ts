import { EBUSY, EEXIST, EINVAL, ENAMETOOLONG, ENOENT, SystemError } from '@linnet/kernel';
import { devGetByName, devOpen, netLoopbackDev } from '@linnet/netdev';
import { describe, expect, test } from 'vitest';
import { createNetns, netnsAdd, netnsAttach, netnsDel, netnsGet, netnsList, netnsMoveDevice, netnsNames } from '../src/index.ts';
import { deleted, device, finish, makeKernel } from './helpers.ts';

describe('names', () => {
  test('add, list, get, delete', () => {
    const k = makeKernel();
    const red = netnsAdd(k, 'red');
    const blue = createNetns(k, 'blue');
    expect(netnsList(k)).toEqual(['red', 'blue']);
    expect(netnsGet(k, 'red')).toBe(red);
    expect(netnsGet(k, 'green')).toBe(null);
    expect(netnsAdd(k, 'red')).toBe(-EEXIST);
    expect(netnsNames(blue)).toEqual(['blue']);
    expect(netnsNames(k.initNet)).toEqual([]);
    expect(netnsDel(k, 'red')).toBe(0);
    expect((red as typeof blue).dead).toBe(true);
    expect(netnsDel(k, 'red')).toBe(-ENOENT);
    expect(netnsList(k)).toEqual(['blue']);
    finish(k);
  });

  test.each([['', -EINVAL], ['.', -EINVAL], ['..', -EINVAL], ['a/b', -EINVAL], ['a\0', -EINVAL], ['x'.repeat(256), -ENAMETOOLONG]] as const)('%j is no name', (name, want) => {
    const k = makeKernel();
    expect(netnsAdd(k, name)).toBe(want);
    expect(netnsAttach(k, name, k.initNet)).toBe(want);
    expect(k.nets.size).toBe(1);
    finish(k);
  });

  test('createNetns throws with the errno and the name', () => {
    const k = makeKernel();
    createNetns(k, 'red');
    expect(() => createNetns(k, 'red')).toThrow(SystemError);
    expect(() => createNetns(k, 'red')).toThrow(/createNetns EEXIST "red"/);
    finish(k);
  });

  test('a new namespace has its own lo, down, with ifindex 1', () => {
    const k = makeKernel();
    const net = createNetns(k, 'red');
    const lo = netLoopbackDev(net);
    expect([lo.name, lo.ifindex, lo.running, lo === netLoopbackDev(k.initNet)]).toEqual(['lo', 1, false, false]);
    finish(k);
  });

  test('a namespace lives while a name or a holder is left', () => {
    const k = makeKernel();
    const net = createNetns(k, 'red');
    expect(netnsAttach(k, 'rouge', net)).toBe(0);
    expect(netnsAttach(k, 'rouge', net)).toBe(-EEXIST);
    net.hold();
    netnsDel(k, 'red');
    netnsDel(k, 'rouge');
    expect(net.dead).toBe(false);
    net.put();
    expect(net.dead).toBe(true);
    expect(netnsAttach(k, 'late', net)).toBe(-EINVAL);
    finish(k);
  });

  test('a namespace that is destroyed loses its names; the initial one stays for ever', () => {
    const k = makeKernel();
    const net = createNetns(k, 'red');
    net.destroy();
    expect(netnsList(k)).toEqual([]);
    expect(netnsAttach(k, 'host', k.initNet)).toBe(0);
    expect(netnsDel(k, 'host')).toBe(0);
    expect(k.initNet.dead).toBe(false);
    finish(k);
  });

  test('two machines do not share names', () => {
    const a = makeKernel();
    const b = makeKernel();
    const net = createNetns(a, 'red');
    expect(netnsGet(b, 'red')).toBe(null);
    expect(netnsAttach(b, 'red', net)).toBe(-EINVAL);
    finish(a);
    finish(b);
  });
});

describe('devices', () => {
  test('move, closed, keeping name and number if they are free', () => {
    const k = makeKernel();
    const net = createNetns(k);
    const dev = device(k.initNet, 'eth0', false);
    devOpen(dev);
    const { ifindex } = dev;
    expect(netnsMoveDevice(dev, net)).toBe(0);
    expect([dev.net === net, dev.name, dev.ifindex, dev.running]).toEqual([true, 'eth0', ifindex, false]);
    expect(devGetByName(k.initNet, 'eth0')).toBe(null);
    finish(k);
  });

  test('what can be wrong with a move', () => {
    const k = makeKernel();
    const net = createNetns(k);
    const dev = device(k.initNet, 'eth0', false);
    device(net, 'eth0', false);
    expect(netnsMoveDevice(dev, net)).toBe(-EEXIST);
    expect(netnsMoveDevice(dev, net, { fallbackName: 'eth%d', ifindex: 1 })).toBe(-EBUSY);
    expect(netnsMoveDevice(netLoopbackDev(k.initNet), net, { fallbackName: 'lo%d' })).toBe(-EINVAL);
    expect(netnsMoveDevice(dev, net, { fallbackName: 'eth%d' })).toBe(0);
    expect(dev.name).toBe('eth1');
    const other = makeKernel();
    expect(netnsMoveDevice(dev, other.initNet)).toBe(-EINVAL);
    finish(other);
    finish(k);
  });

  test('when a namespace ends, hardware goes home and virtual devices go for good', () => {
    const k = makeKernel();
    const net = createNetns(k, 'red');
    const hw = device(net, 'eth0', false);
    device(k.initNet, 'eth0', false);
    device(net, 'virt0', true);
    deleted.length = 0;
    netnsDel(k, 'red');
    expect(deleted).toEqual(['virt0']);
    expect([hw.net === k.initNet, hw.name]).toEqual([true, 'dev0']);
    finish(k);
  });
});
