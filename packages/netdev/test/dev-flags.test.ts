import { EADDRNOTAVAIL, EBUSY, EINVAL, ENOENT, ENOMEM, EOPNOTSUPP, NOTIFY_OK, notifierFromErrno } from '@linnet/kernel';
import { IFF_ALLMULTI, IFF_LOWER_UP, IFF_NOARP, IFF_PROMISC, IFF_RUNNING, IFF_UP } from '@linnet/uapi';
import { describe, expect, test } from 'vitest';
import {
  allocNetdev, devChangeFlags, devChangeTxQueueLen, devClose, devGetFlags, devMcAdd, devMcDel, devOpen, devSetAllmulti, devSetGroup, devSetMacAddress,
  devSetMtu, devSetPromiscuity, devUcAdd, devUcDel, etherSetup, ethMacAddr, ethValidateAddr, IFF_LIVE_ADDR_CHANGE, NETDEV_CHANGE, NETDEV_CHANGEMTU,
  NETDEV_DOWN, NETDEV_PRE_CHANGEADDR, NETDEV_PRE_UP, NETDEV_PRECHANGEMTU, NETDEV_UP, netdevHasUpperDev, netdevMasterUpperDevLink, netdevUpperDevLink,
  netdevUpperDevUnlink, registerNetdevice, registerNetdeviceNotifier, unregisterNetdevice,
} from '../src/index.ts';
import { FakeDevice } from '../src/testing.ts';
import { finish, MAC_A, MAC_B, makeKernel } from './helpers.ts';

describe('opening and closing', () => {
  test('flags say what the device is', () => {
    const k = makeKernel();
    const { dev } = new FakeDevice(k.initNet, { down: true });
    expect(devGetFlags(dev) & (IFF_UP | IFF_RUNNING | IFF_LOWER_UP)).toBe(0);
    expect(devChangeFlags(dev, dev.flags | IFF_UP)).toBe(0);
    expect(devGetFlags(dev) & (IFF_UP | IFF_RUNNING | IFF_LOWER_UP)).toBe(IFF_UP | IFF_RUNNING | IFF_LOWER_UP);
    expect(devOpen(dev)).toBe(0);
    expect(devChangeFlags(dev, dev.flags & ~IFF_UP)).toBe(0);
    expect(dev.running).toBe(false);
    devClose(dev);
    finish(k);
  });

  test('a driver or a notifier can refuse', () => {
    const k = makeKernel();
    let answer = -ENOMEM;
    const dev = allocNetdev(k.initNet, {
      name: 'eth0', setup: etherSetup, ops: { startXmit: () => 0, open: () => answer, validateAddr: ethValidateAddr, setMacAddress: ethMacAddr },
    });
    registerNetdevice(dev);
    expect(devOpen(dev)).toBe(-EADDRNOTAVAIL); // no address yet
    expect(devSetMacAddress(dev, MAC_A)).toBe(0);
    expect(devOpen(dev)).toBe(-ENOMEM);
    expect(dev.flags & IFF_UP).toBe(0);
    expect(dev.running).toBe(false);
    answer = 0;
    let allow = false;
    registerNetdeviceNotifier(k, (e) => (e === NETDEV_PRE_UP && !allow ? notifierFromErrno(-EBUSY) : NOTIFY_OK));
    expect(devChangeFlags(dev, dev.flags | IFF_UP)).toBe(-EBUSY);
    allow = true;
    expect(devChangeFlags(dev, dev.flags | IFF_UP)).toBe(0);
    finish(k);
  });

  test('a change of other flags is news while the device is up', () => {
    const k = makeKernel();
    const { dev } = new FakeDevice(k.initNet);
    const events: number[] = [];
    registerNetdeviceNotifier(k, (e, d) => {
      if (d === dev) events.push(e);
      return NOTIFY_OK;
    });
    events.length = 0;
    devChangeFlags(dev, dev.flags | IFF_NOARP);
    expect(events).toEqual([NETDEV_CHANGE]);
    events.length = 0;
    devChangeFlags(dev, dev.flags & ~IFF_UP);
    devChangeFlags(dev, dev.flags & ~IFF_NOARP);
    devChangeFlags(dev, dev.flags | IFF_UP);
    expect(events.filter((e) => e === NETDEV_UP || e === NETDEV_DOWN || e === NETDEV_CHANGE)).toEqual([NETDEV_DOWN, NETDEV_UP]);
    finish(k);
  });
});

describe('receive filters', () => {
  test('promiscuity counts, and user space is one user', () => {
    const k = makeKernel();
    const { dev } = new FakeDevice(k.initNet);
    expect(devSetPromiscuity(dev, -1)).toBe(-EINVAL);
    expect(devSetPromiscuity(dev, 1)).toBe(0);
    expect(dev.flags & IFF_PROMISC).toBe(IFF_PROMISC);
    expect(devGetFlags(dev) & IFF_PROMISC).toBe(0); // a capture's doing, not the user's
    devChangeFlags(dev, devGetFlags(dev) | IFF_PROMISC);
    expect([dev.promiscuity, devGetFlags(dev) & IFF_PROMISC]).toEqual([2, IFF_PROMISC]);
    devSetPromiscuity(dev, -1);
    expect(dev.flags & IFF_PROMISC).toBe(IFF_PROMISC);
    devChangeFlags(dev, devGetFlags(dev) & ~IFF_PROMISC);
    expect([dev.promiscuity, dev.flags & IFF_PROMISC]).toEqual([0, 0]);
    expect(devSetAllmulti(dev, 1)).toBe(0);
    expect(dev.flags & IFF_ALLMULTI).toBe(IFF_ALLMULTI);
    expect(devSetAllmulti(dev, -1)).toBe(0);
    expect(devSetAllmulti(dev, -1)).toBe(-EINVAL);
    finish(k);
  });

  test('addresses are counted; a second unicast address makes a simple device promiscuous', () => {
    const k = makeKernel();
    const { dev } = new FakeDevice(k.initNet);
    const group = new Uint8Array([1, 0, 0x5e, 0, 0, 1]);
    devMcAdd(dev, group);
    devMcAdd(dev, group);
    expect(dev.mc.has(new Uint8Array([9, ...group]), 1, 6)).toBe(true);
    expect(devMcDel(dev, group)).toBe(0);
    expect(dev.mc.list).toHaveLength(1);
    expect(devMcDel(dev, group)).toBe(0);
    expect(devMcDel(dev, group)).toBe(-ENOENT);
    devUcAdd(dev, MAC_B);
    expect(dev.promiscuity).toBe(1);
    expect(devUcDel(dev, MAC_B)).toBe(0);
    expect(devUcDel(dev, MAC_B)).toBe(-ENOENT);
    expect(dev.promiscuity).toBe(0);
    finish(k);
  });
});

describe('settings', () => {
  test('the MTU has bounds, and a notifier can object before and after', () => {
    const k = makeKernel();
    const { dev } = new FakeDevice(k.initNet);
    expect(devSetMtu(dev, 67)).toBe(-EINVAL);
    expect(devSetMtu(dev, 65536)).toBe(-EINVAL);
    expect(devSetMtu(dev, 1.5)).toBe(-EINVAL);
    expect(devSetMtu(dev, 9000)).toBe(0);
    expect(dev.mtu).toBe(9000);
    let on = NETDEV_PRECHANGEMTU;
    const seen: number[] = [];
    registerNetdeviceNotifier(k, (e, d) => {
      if (e === NETDEV_CHANGEMTU) seen.push(d.mtu);
      return e === on && d.mtu !== 9000 + (e === NETDEV_PRECHANGEMTU ? 1 : 0) ? notifierFromErrno(-EBUSY) : NOTIFY_OK;
    });
    expect(devSetMtu(dev, 1400)).toBe(-EBUSY);
    on = NETDEV_CHANGEMTU;
    expect(devSetMtu(dev, 1400)).toBe(-EBUSY);
    expect(seen).toEqual([1400, 9000]);
    expect(dev.mtu).toBe(9000);
    finish(k);
  });

  test('the address: only for devices that can, not a group, not while up unless live', () => {
    const k = makeKernel();
    const { dev } = new FakeDevice(k.initNet, { mac: MAC_A });
    expect(devSetMacAddress(dev, MAC_B)).toBe(-EBUSY);
    devClose(dev);
    expect(devSetMacAddress(dev, new Uint8Array([1, 0, 0, 0, 0, 1]))).toBe(-EADDRNOTAVAIL);
    expect(devSetMacAddress(dev, new Uint8Array(5))).toBe(-EINVAL);
    expect(devSetMacAddress(dev, MAC_B)).toBe(0);
    expect([...dev.devAddr.subarray(0, 6)]).toEqual([...MAC_B]);
    expect([...dev.permAddr.subarray(0, 6)]).toEqual([...MAC_A]);
    dev.privFlags |= IFF_LIVE_ADDR_CHANGE;
    devOpen(dev);
    expect(devSetMacAddress(dev, MAC_A)).toBe(0);
    registerNetdeviceNotifier(k, (e) => (e === NETDEV_PRE_CHANGEADDR ? notifierFromErrno(-EBUSY) : NOTIFY_OK));
    expect(devSetMacAddress(dev, MAC_B)).toBe(-EBUSY);
    const fixed = allocNetdev(k.initNet, { name: 'fix0', setup: etherSetup });
    expect(devSetMacAddress(fixed, MAC_B)).toBe(-EOPNOTSUPP);
    finish(k);
  });

  test('queue length and group', () => {
    const k = makeKernel();
    const { dev } = new FakeDevice(k.initNet);
    expect(devChangeTxQueueLen(dev, -1)).toBe(-EINVAL);
    expect(devChangeTxQueueLen(dev, 10)).toBe(0);
    expect(dev.txQueueLen).toBe(10);
    devSetGroup(dev, 7);
    expect(dev.group).toBe(7);
    finish(k);
  });
});

test('devices on top of devices: one master, no circles, nothing left when one goes', () => {
  const k = makeKernel();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => new FakeDevice(k.initNet, { name }).dev) as [FakeDevice['dev'], FakeDevice['dev'], FakeDevice['dev']];
  expect(netdevMasterUpperDevLink(a, b)).toBe(0);
  expect(netdevMasterUpperDevLink(a, c)).toBe(-EBUSY);
  expect(netdevUpperDevLink(b, c)).toBe(0);
  expect(netdevHasUpperDev(a, c)).toBe(true);
  expect(netdevUpperDevLink(c, a)).toBeLessThan(0);
  expect(netdevUpperDevLink(a, a)).toBeLessThan(0);
  netdevUpperDevUnlink(b, c);
  expect(netdevHasUpperDev(a, c)).toBe(false);
  unregisterNetdevice(b);
  expect([a.master, a.upperDevs, b.lowerDevs]).toEqual([null, [], []]);
  finish(k);
});
