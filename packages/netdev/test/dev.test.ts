import { defineKey, EBUSY, EEXIST, EINVAL, ENOMEM, type KernelModule, type Key, NOTIFY_OK, notifierFromErrno } from '@linnet/kernel';
import { IFF_UP, RTM_DELLINK, RTM_NEWLINK } from '@linnet/uapi';
import { describe, expect, test } from 'vitest';
import {
  allocNetdev, devAllocName, devChangeName, devChangeNetNamespace, devGetByIndex, devGetByName, devOpen, devValidName, etherSetup, forEachNetdev, NETDEV,
  netdev, NETDEV_CHANGENAME, NETDEV_DOWN, NETDEV_GOING_DOWN, NETDEV_POST_INIT, NETDEV_PRE_UP, NETDEV_REGISTER, NETDEV_UNREGISTER, NETDEV_UP, type NetDevice,
  netLoopbackDev, NETREG_REGISTERED, NETREG_UNREGISTERED, registerNetdevice, registerNetdeviceNotifier, unregisterNetdevice,
  unregisterNetdeviceNotifier,
} from '../src/index.ts';
import { FakeDevice } from '../src/testing.ts';
import { finish, makeKernel } from './helpers.ts';

const KEY: Key<{ alive: boolean }> = defineKey('watcher');
const names = (devs: Iterable<NetDevice>): string[] => [...devs].map((d) => d.name);

describe('names', () => {
  test.each(['eth0', 'a', 'veth%d', 'x'.repeat(15), 'é'.repeat(7)])('%j is a name', (n) => expect(devValidName(n)).toBe(true));
  test.each(['', '.', '..', 'a/b', 'a:b', 'a b', 'a\tb', 'x'.repeat(16), 'é'.repeat(8)])('%j is none', (n) => expect(devValidName(n)).toBe(false));

  test('a template gets the lowest free number', () => {
    const k = makeKernel();
    const a = new FakeDevice(k.initNet, { name: 'veth%d' });
    const b = new FakeDevice(k.initNet, { name: 'veth%d' });
    expect([a.dev.name, b.dev.name]).toEqual(['veth0', 'veth1']);
    unregisterNetdevice(a.dev);
    expect(devAllocName(k.initNet, 'veth%d')).toBe('veth0');
    expect(devAllocName(k.initNet, 'veth%s')).toBe(-EINVAL);
    expect(devAllocName(k.initNet, '%d%d')).toBe(-EINVAL);
    expect(devAllocName(k.initNet, 'veth1')).toBe(-EEXIST);
    finish(k);
  });
});

describe('registration', () => {
  test('gives an ifindex, an entry in the lists, and tells everybody in order', () => {
    const k = makeKernel();
    const events: [number, string][] = [];
    registerNetdeviceNotifier(k, (event, dev) => {
      events.push([event, dev.name]);
      return NOTIFY_OK;
    });
    // What was there before is told too.
    expect(events).toEqual([[NETDEV_REGISTER, 'lo']]);
    events.length = 0;
    const { dev } = new FakeDevice(k.initNet, { name: 'eth0' });
    expect(dev.ifindex).toBe(2);
    expect(dev.regState).toBe(NETREG_REGISTERED);
    expect(devGetByName(k.initNet, 'eth0')).toBe(dev);
    expect(devGetByIndex(k.initNet, 2)).toBe(dev);
    expect(events.map((e) => e[0])).toEqual([NETDEV_POST_INIT, NETDEV_REGISTER, NETDEV_PRE_UP, NETDEV_UP]);
    events.length = 0;
    unregisterNetdevice(dev);
    unregisterNetdevice(dev);
    expect(events.map((e) => e[0])).toEqual([NETDEV_GOING_DOWN, NETDEV_DOWN, NETDEV_UNREGISTER]);
    expect(dev.regState).toBe(NETREG_UNREGISTERED);
    expect(devGetByName(k.initNet, 'eth0')).toBe(null);
    expect(devGetByIndex(k.initNet, 2)).toBe(null);
    // An ifindex is not used again soon.
    expect(new FakeDevice(k.initNet).dev.ifindex).toBe(3);
    finish(k);
  });

  test('refusals leave nothing behind', () => {
    const k = makeKernel();
    const make = (name: string, init?: () => number): NetDevice =>
      allocNetdev(k.initNet, { name, setup: etherSetup, ops: { startXmit: () => 0, ...(init && { init }) } });
    expect(registerNetdevice(make('lo'))).toBe(-EEXIST);
    expect(registerNetdevice(make('a b'))).toBe(-EINVAL);
    expect(registerNetdevice(make('eth0', () => -ENOMEM))).toBe(-ENOMEM);
    const taken = make('eth0');
    taken.ifindex = 1;
    expect(registerNetdevice(taken)).toBe(-EBUSY);
    const refuse = (event: number): number => (event === NETDEV_REGISTER ? notifierFromErrno(-ENOMEM) : NOTIFY_OK);
    k.get(NETDEV).chain.register(refuse);
    const refused = make('eth1');
    expect(registerNetdevice(refused)).toBe(-ENOMEM);
    expect(refused.regState).toBe(NETREG_UNREGISTERED);
    k.get(NETDEV).chain.unregister(refuse);
    const fixed = make('eth2');
    fixed.ifindex = 77;
    expect(registerNetdevice(fixed)).toBe(0);
    expect(registerNetdevice(fixed)).toBe(-EINVAL);
    expect(devGetByIndex(k.initNet, 77)).toBe(fixed);
    const list: string[] = [];
    forEachNetdev(k.initNet, (d) => list.push(d.name));
    expect(list).toEqual(['lo', 'eth2']);
    finish(k);
  });

  test('a notifier that goes is told that everything goes', () => {
    const k = makeKernel();
    new FakeDevice(k.initNet, { name: 'eth0' });
    const events: [number, string][] = [];
    const fn = (event: number, dev: NetDevice): number => {
      events.push([event, dev.name]);
      return NOTIFY_OK;
    };
    registerNetdeviceNotifier(k, fn);
    events.length = 0;
    unregisterNetdeviceNotifier(k, fn);
    expect(events).toEqual([[NETDEV_UNREGISTER, 'lo'], [NETDEV_GOING_DOWN, 'eth0'], [NETDEV_DOWN, 'eth0'], [NETDEV_UNREGISTER, 'eth0']]);
    finish(k);
  });

  test('the link layer of user space hears of every link', () => {
    const k = makeKernel();
    const said: string[] = [];
    k.get(NETDEV).linkMessage = (type, dev, change) => said.push(`${type === RTM_NEWLINK ? 'new' : type === RTM_DELLINK ? 'del' : '?'} ${dev.name} ${change >>> 0}`);
    const { dev } = new FakeDevice(k.initNet, { name: 'eth0' });
    unregisterNetdevice(dev);
    expect(said).toEqual(['new eth0 4294967295', 'new eth0 65', 'new eth0 65', 'del eth0 4294967295']);
    finish(k);
  });
});

describe('renaming', () => {
  test('works while up, refuses what is no name or in use, and is undone when somebody objects', () => {
    const k = makeKernel();
    const { dev } = new FakeDevice(k.initNet, { name: 'eth0' });
    expect(devChangeName(dev, 'wan0')).toBe(0);
    expect(devGetByName(k.initNet, 'wan0')).toBe(dev);
    expect(devGetByName(k.initNet, 'eth0')).toBe(null);
    expect(devChangeName(dev, 'lo')).toBe(-EEXIST);
    expect(devChangeName(dev, 'a/b')).toBe(-EINVAL);
    expect(devChangeName(dev, 'lan%d')).toBe(0);
    expect(dev.name).toBe('lan0');
    registerNetdeviceNotifier(k, (e, d) => (e === NETDEV_CHANGENAME && d.name === 'bad' ? notifierFromErrno(-EBUSY) : NOTIFY_OK));
    expect(devChangeName(dev, 'bad')).toBe(-EBUSY);
    expect(dev.name).toBe('lan0');
    expect(devGetByName(k.initNet, 'lan0')).toBe(dev);
    finish(k);
  });
});

describe('namespaces', () => {
  test('each has its own lo with ifindex 1 and its own numbers', () => {
    const k = makeKernel();
    const b = k.createNet();
    expect(netLoopbackDev(b)).not.toBe(netLoopbackDev(k.initNet));
    expect(netLoopbackDev(b).ifindex).toBe(1);
    expect(new FakeDevice(b, { name: 'eth0' }).dev.ifindex).toBe(2);
    expect(new FakeDevice(k.initNet, { name: 'eth0' }).dev.ifindex).toBe(2);
    finish(k);
  });

  test('moving closes the device, keeps its number if it can, and takes a name', () => {
    const k = makeKernel();
    const b = k.createNet();
    const one = new FakeDevice(k.initNet, { name: 'eth0' }).dev;
    const two = new FakeDevice(b, { name: 'eth0' }).dev;
    const events: string[] = [];
    registerNetdeviceNotifier(k, (e, d) => {
      events.push(`${e} ${d.net === b ? 'b' : 'init'}`);
      return NOTIFY_OK;
    });
    events.length = 0;
    expect(devChangeNetNamespace(one, b, null)).toBe(-EEXIST);
    expect(devChangeNetNamespace(netLoopbackDev(b), k.initNet, 'x%d')).toBe(-EINVAL);
    expect(events).toEqual([]);
    expect(devChangeNetNamespace(one, b, 'eth%d')).toBe(0);
    expect(events).toEqual([`${NETDEV_GOING_DOWN} init`, `${NETDEV_DOWN} init`, `${NETDEV_UNREGISTER} init`, `${NETDEV_REGISTER} b`]);
    expect([one.name, one.ifindex, one.flags & IFF_UP, one.net === b]).toEqual(['eth1', 3, 0, true]);
    expect(devGetByName(k.initNet, 'eth0')).toBe(null);
    expect(devGetByName(b, 'eth1')).toBe(one);
    expect(devChangeNetNamespace(two, k.initNet, null, 9)).toBe(0);
    expect(devGetByIndex(k.initNet, 9)).toBe(two);
    expect(devOpen(one)).toBe(0);
    finish(k);
  });

  test('the end of one gives hardware back, deletes what has a kind, and lo last; every module still has its state then', () => {
    const gone: string[] = [];
    const watcher: KernelModule = {
      name: 'watcher',
      netInit: (net) => net.set(KEY, { alive: true }),
      netExit: (net) => (net.get(KEY).alive = false),
      init: (k) => {
        registerNetdeviceNotifier(k, (e, d) => {
          expect(d.net.get(KEY).alive).toBe(true);
          if (e === NETDEV_UNREGISTER) gone.push(d.name);
          return NOTIFY_OK;
        });
      },
      requires: [netdev],
    };
    const k = makeKernel([watcher]);
    const b = k.createNet();
    const hw = new FakeDevice(b, { name: 'eth0' }).dev;
    const soft = new FakeDevice(b, { name: 'soft0' }).dev;
    soft.rtnlLinkOps = { kind: 'soft' };
    b.destroy();
    expect(hw.net).toBe(k.initNet);
    expect(gone).toEqual(['eth0', 'soft0', 'lo']);
    expect(names(k.get(NETDEV).nets.values().next().value!.devs)).toEqual(['lo', 'eth0']);
    finish(k);
    expect(gone).toEqual(['eth0', 'soft0', 'lo', 'eth0', 'lo']);
  });
});
