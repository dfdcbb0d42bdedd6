import { ms, NOTIFY_OK, sec } from '@linnet/kernel';
import { IF_LINK_MODE_DORMANT, IF_OPER_DORMANT, IF_OPER_DOWN, IF_OPER_LOWERLAYERDOWN, IF_OPER_UNKNOWN, IF_OPER_UP, IFF_LOWER_UP, IFF_RUNNING } from '@linnet/uapi';
import { expect, test } from 'vitest';
import {
  allocNetdev, devGetFlags, devGetOperstate, devOpen, etherSetup, NETDEV_CHANGE, netifCarrierOff, netifCarrierOn, netifSetDormant, registerNetdevice,
  registerNetdeviceNotifier, setOperstate,
} from '../src/index.ts';
import { devQueueXmit } from '../src/index.ts';
import { FakeDevice } from '../src/testing.ts';
import { drops, eth, finish, MAC_A, MAC_B, makeKernel, txSkb } from './helpers.ts';

test('a device that never spoke of a carrier is UNKNOWN and runs; DOWN while closed', () => {
  const k = makeKernel();
  const { dev } = new FakeDevice(k.initNet);
  expect(devGetOperstate(dev)).toBe(IF_OPER_UNKNOWN);
  expect(devGetFlags(dev) & IFF_RUNNING).toBe(IFF_RUNNING);
  expect(devGetOperstate(new FakeDevice(k.initNet, { down: true }).dev)).toBe(IF_OPER_DOWN);
  finish(k);
});

test('losing the carrier drops what is sent, its return starts the queue before the kernel is left', () => {
  const k = makeKernel();
  const fake = new FakeDevice(k.initNet);
  const { dev } = fake;
  let changes = 0;
  registerNetdeviceNotifier(k, (e) => {
    if (e === NETDEV_CHANGE) changes++;
    return NOTIFY_OK;
  });
  const frame = eth(MAC_B, MAC_A, 0x88b5, [1]);
  k.run(() => netifCarrierOff(dev));
  k.clock.advance(sec(1)); // not urgent: at most once a second
  expect([dev.operstate, devGetFlags(dev) & (IFF_RUNNING | IFF_LOWER_UP)]).toEqual([IF_OPER_DOWN, 0]);
  expect(k.run(() => devQueueXmit(txSkb(dev, frame)))).toBe(2);
  expect(drops(k)).toEqual({ NETDEV_DOWN: 1 });
  k.run(() => netifCarrierOn(dev));
  expect(dev.operstate).toBe(IF_OPER_UP);
  expect(k.run(() => devQueueXmit(txSkb(dev, frame)))).toBe(0);
  expect(fake.take()).toHaveLength(1);
  expect(changes).toBe(2);
  expect([dev.carrierUpCount, dev.carrierDownCount]).toEqual([1, 1]);
  finish(k);
});

test('a flapping carrier is looked at once a second', () => {
  const k = makeKernel();
  const { dev } = new FakeDevice(k.initNet);
  let changes = 0;
  registerNetdeviceNotifier(k, (e) => {
    if (e === NETDEV_CHANGE) changes++;
    return NOTIFY_OK;
  });
  for (let i = 0; i < 100; i++) {
    k.clock.advance(ms(10));
    k.run(() => {
      netifCarrierOff(dev);
      netifCarrierOn(dev);
    });
  }
  k.clock.advance(sec(2));
  expect(changes).toBeLessThanOrEqual(3);
  expect(dev.operstate).toBe(IF_OPER_UP);
  finish(k);
});

test('urgent news of one device does not hurry those of another', () => {
  const k = makeKernel();
  const calm = new FakeDevice(k.initNet).dev;
  const hasty = new FakeDevice(k.initNet).dev;
  k.run(() => netifCarrierOff(hasty));
  k.clock.advance(sec(3));
  k.run(() => netifCarrierOff(calm)); // looked at now: the last look is long ago
  expect(calm.operstate).toBe(IF_OPER_DOWN);
  k.run(() => {
    netifCarrierOn(calm); // urgent: it has a queue to start
    netifCarrierOn(hasty);
  });
  expect([calm.operstate, hasty.operstate]).toEqual([IF_OPER_UP, IF_OPER_UP]);
  k.run(() => {
    netifCarrierOff(hasty); // not urgent
    netifCarrierOff(calm);
    netifCarrierOn(calm);
  });
  expect(hasty.operstate).toBe(IF_OPER_UP);
  k.clock.advance(ms(300));
  k.run(() => netifCarrierOff(calm));
  expect([calm.operstate, hasty.operstate]).toEqual([IF_OPER_UP, IF_OPER_UP]);
  k.clock.advance(sec(1));
  expect([calm.operstate, hasty.operstate]).toEqual([IF_OPER_DOWN, IF_OPER_DOWN]);
  // Both without a carrier: one comes back at once, the other's change of mind waits for its second.
  k.run(() => {
    calm.dormant = true;
    netifSetDormant(calm, false); // not urgent: still no carrier
    netifCarrierOn(hasty);
  });
  expect(hasty.operstate).toBe(IF_OPER_UP);
  expect(calm.linkwatchPending).toBe(true);
  k.clock.advance(sec(1));
  expect(calm.linkwatchPending).toBe(false);
  finish(k);
});

test('over another device: LOWERLAYERDOWN when that one has no carrier', () => {
  const k = makeKernel();
  const lower = new FakeDevice(k.initNet).dev;
  const upper = allocNetdev(k.initNet, { name: 'up0', setup: etherSetup, ops: { startXmit: () => 0, getIflink: () => lower.ifindex } });
  netifCarrierOff(upper); // before registration: no news, only the state
  expect(registerNetdevice(upper)).toBe(0);
  expect(upper.operstate).toBe(IF_OPER_DOWN);
  k.run(() => netifCarrierOff(lower));
  devOpen(upper);
  k.run(() => {
    netifCarrierOn(upper);
    netifCarrierOff(upper);
  });
  expect(devGetOperstate(upper)).toBe(IF_OPER_LOWERLAYERDOWN);
  finish(k);
});

test('dormant until user space says up', () => {
  const k = makeKernel();
  const { dev } = new FakeDevice(k.initNet);
  k.run(() => netifSetDormant(dev, true));
  k.clock.advance(sec(1));
  expect(dev.operstate).toBe(IF_OPER_DORMANT);
  k.run(() => netifSetDormant(dev, false));
  k.clock.advance(sec(1));
  expect(dev.operstate).toBe(IF_OPER_UP);
  dev.linkMode = IF_LINK_MODE_DORMANT;
  k.run(() => netifSetDormant(dev, true));
  k.run(() => netifSetDormant(dev, false));
  k.clock.advance(sec(2));
  expect(dev.operstate).toBe(IF_OPER_DORMANT);
  setOperstate(dev, IF_OPER_UP);
  expect(dev.operstate).toBe(IF_OPER_UP);
  setOperstate(dev, IF_OPER_DORMANT);
  expect(dev.operstate).toBe(IF_OPER_DORMANT);
  finish(k);
});
