/** Who of the devices over one link hears what (ip-link(8), macvlan). */
import { EADDRNOTAVAIL } from '@linnet/kernel';
import { devGetByName, devSetMacAddress, type NetDevice } from '@linnet/netdev';
import { nlIfinfo, nlKind } from '@linnet/netlink/testing';
import {
  IFF_UP, IFLA_ADDRESS, IFLA_IFNAME, IFLA_LINK, IFLA_MACVLAN_MACADDR, IFLA_MACVLAN_MACADDR_DATA, IFLA_MACVLAN_MACADDR_MODE, IFLA_MACVLAN_MODE, MACVLAN_MACADDR_SET, MACVLAN_MODE_BRIDGE,
  MACVLAN_MODE_PASSTHRU, MACVLAN_MODE_PRIVATE, MACVLAN_MODE_SOURCE, MACVLAN_MODE_VEPA, NLM_F_CREATE, NLM_F_EXCL, type NlWriter, RTM_DELLINK, RTM_NEWLINK,
} from '@linnet/uapi';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { macvlan } from '../src/index.ts';
import { frame, send } from './helpers.ts';
import { ipPacket, TcLab } from './tc-lab.ts';

let l: TcLab;
beforeEach(() => {
  l = new TcLab([macvlan]);
});
afterEach(() => l.close());

const BROADCAST = new Uint8Array(6).fill(255);

/** A macvlan over `a`. */
function make(name: string, mode: number, last: number, more: (w: NlWriter) => void = () => undefined): NetDevice {
  expect(l.nl.ack(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, nlIfinfo({ flags: IFF_UP, change: IFF_UP }, (w) => {
    w.putString(IFLA_IFNAME, name);
    w.putU32(IFLA_LINK, l.a.ifindex);
    w.putBytes(IFLA_ADDRESS, new Uint8Array([2, 0, 0, 0, 9, last]));
    nlKind(w, 'macvlan', (d) => {
      d.putU32(IFLA_MACVLAN_MODE, mode);
      more(d);
    });
  }))).toMatchObject({ errno: 0 });
  return devGetByName(l.k.initNet, name)!;
}
/** A frame from `from` to an address; what each of these then has received. */
function heard(from: NetDevice, to: Uint8Array, ...by: NetDevice[]): number[] {
  const seen = by.map((d) => l.watch(d));
  send(from, frame(to, from.devAddr, ipPacket(), 0x800));
  l.run(10);
  return seen.map((s) => s.length);
}

describe('macvlan', () => {
  test('frames from outside find their device; those to all find all', () => {
    const m1 = make('m1', MACVLAN_MODE_PRIVATE, 1);
    const m2 = make('m2', MACVLAN_MODE_PRIVATE, 2);
    expect(heard(l.b, m1.devAddr, m1, m2)).toEqual([1, 0]);
    expect(heard(l.b, BROADCAST, m1, m2)).toEqual([1, 1]);
    expect(heard(m1, l.b.devAddr, l.b)).toEqual([1]);
    expect(m1.stats.rxPackets).toBe(2);
  });

  test('bridge: siblings reach each other without the link', () => {
    const m1 = make('m1', MACVLAN_MODE_BRIDGE, 1);
    const m2 = make('m2', MACVLAN_MODE_BRIDGE, 2);
    const m3 = make('m3', MACVLAN_MODE_PRIVATE, 3);
    expect(heard(m1, m2.devAddr, m2, m3, l.b)).toEqual([1, 0, 0]);
    expect(heard(m1, BROADCAST, m2, m3, l.b)).toEqual([1, 0, 1]);
  });

  test.each([['private', MACVLAN_MODE_PRIVATE], ['vepa', MACVLAN_MODE_VEPA]] as const)('%s: siblings reach each other by the switch outside, or not at all', (name, mode) => {
    const m1 = make('m1', mode, 1);
    const m2 = make('m2', mode, 2);
    expect(heard(m1, m2.devAddr, m2, l.b)).toEqual([0, 1]);
    // The switch sends it back: a private device has its own frames again, and nobody else does.
    const back = [l.watch(m1), l.watch(m2)];
    send(l.b, frame(BROADCAST, m1.devAddr, ipPacket(), 0x800));
    l.run(10);
    expect(back.map((s) => s.length)).toEqual(name === 'vepa' ? [0, 1] : [1, 0]);
  });

  test('passthru: the link is the device', () => {
    const m = make('m1', MACVLAN_MODE_PASSTHRU, 1);
    expect([...m.devAddr.subarray(0, 6)]).toEqual([...l.a.devAddr.subarray(0, 6)]);
    expect(heard(l.b, new Uint8Array([2, 0, 0, 0, 7, 7]), m)).toEqual([1]);
  });

  test('passthru: its address is that of the link, which has its own back in the end', () => {
    const addr = (d: NetDevice): number => d.devAddr[5]!;
    const own = addr(l.a);
    const m = make('m1', MACVLAN_MODE_PASSTHRU, 1);
    const both = (): number[] => [addr(l.a), addr(m)];
    const set = (d: NetDevice, n: number): number => devSetMacAddress(d, new Uint8Array([2, 0, 0, 0, 9, n]));
    const gone = (): number => {
      l.nl.ack(RTM_DELLINK, 0, nlIfinfo({ index: m.ifindex }));
      return addr(l.a);
    };
    expect([set(m, 5), ...both(), set(m, 6), ...both()]).toEqual([0, 5, 5, 0, 6, 6]);
    // Nobody may have a group's.
    expect(devSetMacAddress(m, new Uint8Array([3, 0, 0, 0, 9, 1]))).toBe(-EADDRNOTAVAIL);
    expect([...both(), gone()]).toEqual([6, 6, own]);
  });

  test('passthru: an address that the link was given meanwhile is its own', () => {
    const m = make('m1', MACVLAN_MODE_PASSTHRU, 1);
    devSetMacAddress(m, new Uint8Array([2, 0, 0, 0, 9, 5]));
    devSetMacAddress(l.a, new Uint8Array([2, 0, 0, 0, 9, 7]));
    expect(m.devAddr[5]).toBe(7);
    l.nl.ack(RTM_DELLINK, 0, nlIfinfo({ index: m.ifindex }));
    expect(l.a.devAddr[5]).toBe(7);
  });

  test('source: what comes from addresses of its list', () => {
    const m = make('m1', MACVLAN_MODE_SOURCE, 1, (w) => {
      w.putU32(IFLA_MACVLAN_MACADDR_MODE, MACVLAN_MACADDR_SET);
      w.nestStart(IFLA_MACVLAN_MACADDR_DATA);
      w.putBytes(IFLA_MACVLAN_MACADDR, l.b.devAddr.slice(0, 6));
      w.nestEnd();
    });
    const other = make('m2', MACVLAN_MODE_SOURCE, 2);
    expect(heard(l.b, l.a.devAddr, m, other)).toEqual([1, 0]);
  });

  test('without its link there is no device', () => {
    make('m1', MACVLAN_MODE_BRIDGE, 1);
    make('m2', MACVLAN_MODE_BRIDGE, 2);
    expect(l.nl.ack(RTM_DELLINK, 0, nlIfinfo({ index: l.a.ifindex }))).toMatchObject({ errno: 0 });
    expect(devGetByName(l.k.initNet, 'm1')).toBe(null);
    expect(devGetByName(l.k.initNet, 'm2')).toBe(null);
  });
});
