import { afterEach, describe, expect, it } from 'vitest';
import { EADDRNOTAVAIL } from '@linnet/kernel';
import { devChangeFlags } from '@linnet/netdev';
import { FakeDevice } from '@linnet/netdev/testing';
import { IFF_UP } from '@linnet/uapi';
import { inDevGet } from '../src/in-device.ts';
import { ipCheckMc, ipMcDecGroup, ipMcIncGroup } from '../src/igmp.ts';
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
    expect(ipCheckMc(indev, ip('239.1.2.3'), 0, 2)).toBe(true);
    expect(t.net.proc.read('net/igmp')).toBe(
      'Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n2\teth0      :     2      V3\n\t\t\t\t010000E0     1 0:00000000\t\t0\n\t\t\t\t030281EF     2 0:00000000\t\t0\n',
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
});
