import { afterEach, describe, expect, it } from 'vitest';
import { EADDRNOTAVAIL } from '@linnet/kernel';
import { devChangeFlags, devMcAdd, devMcDel, devSetMtu } from '@linnet/netdev';
import { FakeDevice } from '@linnet/netdev/testing';
import { IFF_UP } from '@linnet/uapi';
import { inetdevDestroy } from '../src/devinet-init.ts';
import { inDevGet } from '../src/in-device.ts';
import { ipMcDecGroup, ipMcIncGroup } from '../src/igmp.ts';
import { ipCheckMc } from '../src/igmp-state.ts';
import { RtKernel, ip } from './rt-kernel.ts';

let t: RtKernel;
afterEach(() => {
  t.k.shutdown();
});

describe('groups of a device', () => {
  it('listens to 224.0.0.1 while the device is up, and counts users of others', () => {
    t = new RtKernel();
    const { dev } = new FakeDevice(t.net, { name: 'eth0' });
    const indev = inDevGet(dev)!;
    const macs = (): string[] => dev.mc.list.map((e) => Buffer.from(e.addr).toString('hex')).sort();
    expect(macs()).toEqual(['01005e000001']);
    const group = ip('239.129.2.3');
    t.k.run(() => {
      ipMcIncGroup(indev, group);
      ipMcIncGroup(indev, group);
    });
    // Only 23 bits of the group are in the address (RFC 1112 6.4).
    expect(macs()).toEqual(['01005e000001', '01005e010203']);
    expect(ipCheckMc(indev, group, 0, 17)).toBe(true);
    expect(ipCheckMc(indev, ip('239.1.2.3'), 0, 17)).toBe(false);
    expect(ipCheckMc(indev, ip('239.1.2.3'), 0, 2)).toBe(false);
    expect(t.net.proc.read('net/igmp')).toBe(
      'Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n2\teth0      :     2      V3\n\t\t\t\t030281EF     2 0:00000000\t\t0\n\t\t\t\t010000E0     1 0:00000000\t\t0\n',
    );
    t.k.run(() => ipMcDecGroup(indev, group));
    expect(ipCheckMc(indev, group, 0, 17)).toBe(true);
    devChangeFlags(dev, dev.flags & ~IFF_UP);
    expect(macs()).toEqual([]);
    devChangeFlags(dev, dev.flags | IFF_UP);
    expect(macs()).toEqual(['01005e000001', '01005e010203']);
    t.k.run(() => ipMcDecGroup(indev, group));
    expect(t.k.run(() => ipMcDecGroup(indev, group))).toBe(-EADDRNOTAVAIL);
    expect(macs()).toEqual(['01005e000001']);
  });

  it('takes back only its own part of the filter when a device goes that is down', () => {
    t = new RtKernel();
    const { dev } = new FakeDevice(t.net, { name: 'eth0' });
    const group = ip('239.1.2.3');
    t.k.run(() => ipMcIncGroup(inDevGet(dev)!, group));
    // Somebody else hears the address, too: a packet socket with PACKET_MR_MULTICAST.
    const mac = new Uint8Array([1, 0, 0x5e, 1, 2, 3]);
    t.k.run(() => devMcAdd(dev, mac));
    devChangeFlags(dev, dev.flags & ~IFF_UP);
    expect(dev.mc.list.map((e) => e.users)).toEqual([1]);
    t.k.run(() => inetdevDestroy(inDevGet(dev)!));
    expect(dev.mc.list.map((e) => e.users)).toEqual([1]);
    expect(devMcDel(dev, mac)).toBe(0);
  });

  it('listens to 224.0.0.1 again when the MTU lets IPv4 come back', () => {
    t = new RtKernel();
    const { dev } = new FakeDevice(t.net, { name: 'eth0' });
    dev.minMtu = 0;
    expect(devSetMtu(dev, 67)).toBe(0);
    expect([inDevGet(dev), dev.mc.list.length]).toEqual([null, 0]);
    expect(devSetMtu(dev, 1500)).toBe(0);
    expect(ipCheckMc(inDevGet(dev)!, ip('224.0.0.1'), 0, 17)).toBe(true);
    expect(dev.mc.list.length).toBe(1);
  });

  it('a user of 224.0.0.1 may leave it without the host becoming deaf', () => {
    t = new RtKernel();
    const { dev } = new FakeDevice(t.net, { name: 'eth0' });
    const indev = inDevGet(dev)!;
    const all = ip('224.0.0.1');
    t.k.run(() => ipMcIncGroup(indev, all));
    devChangeFlags(dev, dev.flags & ~IFF_UP);
    devChangeFlags(dev, dev.flags | IFF_UP);
    t.k.run(() => ipMcDecGroup(indev, all));
    expect(ipCheckMc(indev, all, 0, 17)).toBe(true);
    expect(dev.mc.list.length).toBe(1);
  });
});
