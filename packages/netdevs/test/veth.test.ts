import { EEXIST, EINVAL } from '@linnet/kernel';
import { devClose, devGetByName, netifCarrierOk, unregisterNetdevice } from '@linnet/netdev';
import { skbStats } from '@linnet/skbuff';
import { describe, expect, it } from 'vitest';
import { veth, vethDellink, vethNewlink, vethPeer } from '../src/index.ts';
import { finish, frame, newKernel, open, send, watch } from './helpers.ts';

describe('a veth pair', () => {
  it('carries frames between two namespaces when both ends are up', () => {
    const { k } = newKernel([veth]);
    const other = k.createNet();
    const [a, b] = vethNewlink(k.initNet, 'va', other, 'vb') as Exclude<ReturnType<typeof vethNewlink>, number>;
    expect(vethPeer(a)).toBe(b);
    expect(devGetByName(other, 'vb')).toBe(b);
    const payload = Uint8Array.from({ length: 100 }, (_, i) => i);
    open(a);
    expect(netifCarrierOk(a)).toBe(false);
    send(a, frame(b.devAddr, a.devAddr, payload));
    expect(b.stats.rxPackets).toBe(0);
    open(b);
    expect([netifCarrierOk(a), netifCarrierOk(b)]).toEqual([true, true]);
    const seen = watch(k, b);
    send(a, frame(b.devAddr, a.devAddr, payload));
    expect(seen.map((s) => [...s.bytes])).toEqual([[...frame(b.devAddr, a.devAddr, payload)]]);
    expect([a.stats.txPackets, a.stats.txBytes, b.stats.rxPackets, b.stats.rxBytes]).toEqual([1, 114, 1, 114]);
    k.run(() => devClose(b));
    expect(netifCarrierOk(a)).toBe(false);
    finish(k);
  });

  it('refuses a name in use and leaves nothing behind', () => {
    const { k } = newKernel([veth]);
    const other = k.createNet();
    vethNewlink(k.initNet, 'va', other, 'vb');
    expect(vethNewlink(k.initNet, 'va', other, 'vc')).toBe(-EEXIST);
    expect(devGetByName(other, 'vc')).toBeNull();
    expect(vethNewlink(k.initNet, 'vd', other, 'vb')).toBe(-EEXIST);
    expect(devGetByName(k.initNet, 'vd')).toBeNull();
    finish(k);
  });

  it('joins namespaces of one machine only', () => {
    const { k } = newKernel([veth]);
    const { k: other } = newKernel([veth]);
    expect(vethNewlink(k.initNet, 'va', other.initNet, 'vb')).toBe(-EINVAL);
    expect([devGetByName(k.initNet, 'va'), devGetByName(other.initNet, 'vb')]).toEqual([null, null]);
    finish(k);
    finish(other);
  });

  it('goes as a whole', () => {
    const { k } = newKernel([veth]);
    const other = k.createNet();
    const [a, b] = vethNewlink(k.initNet, 'va', other, 'vb') as Exclude<ReturnType<typeof vethNewlink>, number>;
    open(a, b);
    k.run(() => vethDellink(a));
    expect(devGetByName(k.initNet, 'va')).toBeNull();
    expect(devGetByName(other, 'vb')).toBeNull();
    expect(vethPeer(b)).toBeNull();
    finish(k);
  });

  it('survives the unregistration of one end only', () => {
    const { k } = newKernel([veth]);
    const other = k.createNet();
    const [a, b] = vethNewlink(k.initNet, 'va', other, 'vb') as Exclude<ReturnType<typeof vethNewlink>, number>;
    open(a, b);
    k.run(() => unregisterNetdevice(b));
    send(a, frame(b.devAddr, a.devAddr, new Uint8Array(50)));
    expect(skbStats(k).live).toBe(0);
    finish(k);
  });
});
