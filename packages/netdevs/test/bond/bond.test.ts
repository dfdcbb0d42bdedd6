import { createKernel, ms, sec, VirtualClock, type Kernel } from '@linnet/kernel';
import { copyFrame, devAddTap, devClose, devGetByName, devOpen, devSetMacAddress, devSetMtu, frameLength, IFF_LIVE_ADDR_CHANGE, type NetDevice } from '@linnet/netdev';
import { FakeDevice } from '@linnet/netdev/testing';
import { NlTestClient, nlIfinfo, nlKind } from '@linnet/netlink/testing';
import { skbStats } from '@linnet/skbuff';
import {
  IFLA_BOND_ACTIVE_SLAVE, IFLA_BOND_AD_INFO, IFLA_BOND_AD_LACP_RATE, IFLA_BOND_AD_USER_PORT_KEY, IFLA_BOND_DOWNDELAY, IFLA_BOND_MIIMON, IFLA_BOND_MODE, IFLA_BOND_PACKETS_PER_SLAVE, IFLA_BOND_PRIMARY,
  IFLA_BOND_UPDELAY, IFLA_BOND_XMIT_HASH_POLICY, IFLA_MASTER, NLM_F_CREATE, NLM_F_EXCL, type NlWriter, RTM_NEWLINK, RTM_SETLINK,
} from '@linnet/uapi';
import { afterEach, describe, expect, test } from 'vitest';
import { bond, bondNewlink, veth, vethNewlink } from '../../src/index.ts';
import { bondGet, bondSlaveGet } from '../../src/bond/bond.ts';
import { send } from '../helpers.ts';
import { frame, hex, mac, macOf } from '../bridge/lab.ts';

let k: Kernel;
let clock: VirtualClock;
afterEach(() => {
  k.shutdown();
  expect(skbStats(k).live).toBe(0);
});
function make(): void {
  clock = new VirtualClock();
  k = createKernel({ modules: [bond, veth], clock, seed: 3, debug: true });
}
type Mode = NonNullable<NonNullable<Parameters<typeof bondNewlink>[2]>['mode']>;
function newBond(mode: Mode, miimon = 100, name = 'bond0'): NetDevice {
  const b = bondNewlink(k.initNet, name, { mode, miimon });
  if (typeof b === 'number') throw new Error(`bond: ${b}`);
  return b;
}
function master(dev: NetDevice, to: NetDevice | null): { errno: number; msg: string } {
  const c = new NlTestClient(k.initNet);
  const { errno, msg } = c.ack(RTM_SETLINK, 0, nlIfinfo({ index: dev.ifindex }, (w) => w.putU32(IFLA_MASTER, to?.ifindex ?? 0)));
  c.close();
  return { errno, msg };
}
function change(dev: NetDevice, fill: (w: NlWriter) => void): { errno: number; msg: string } {
  const c = new NlTestClient(k.initNet);
  const { errno, msg } = c.ack(RTM_NEWLINK, 0, nlIfinfo({ index: dev.ifindex }, (w) => nlKind(w, 'bond', fill)));
  c.close();
  return { errno, msg };
}
/** A bond of fake devices, up. */
function lab(mode: Mode, n: number, miimon = 100): { b: NetDevice; slaves: FakeDevice[] } {
  make();
  const b = newBond(mode, miimon);
  const slaves = Array.from({ length: n }, (_, i) => new FakeDevice(k.initNet, { name: `s${i}`, mac: macOf(0xe0 + i), noQueue: true }));
  for (const s of slaves) {
    s.dev.privFlags |= IFF_LIVE_ADDR_CHANGE;
    k.run(() => devClose(s.dev));
    expect(master(s.dev, b)).toEqual({ errno: 0, msg: '' });
  }
  k.run(() => devOpen(b));
  clock.advance(ms(200));
  slaves.forEach((s) => s.take());
  return { b, slaves };
}
const out = (slaves: FakeDevice[]): number[] => slaves.flatMap((s, i) => s.take().map(() => i));
const carrier = (s: FakeDevice, up: boolean): void => {
  s.dev.carrier = up;
};

describe('slaves', () => {
  test('join and leave: address, MTU, state', () => {
    const { b, slaves } = lab('active-backup', 2);
    expect(hex(b.devAddr.subarray(0, 6))).toBe(hex(macOf(0xe0)));
    expect(slaves.map((s) => hex(s.dev.devAddr.subarray(0, 6)))).toEqual([hex(macOf(0xe0)), hex(macOf(0xe0))]);
    expect([b.carrier, slaves[1]!.dev.running, slaves[1]!.dev.master?.name]).toEqual([true, true, 'bond0']);
    k.run(() => devSetMtu(b, 1400));
    expect(slaves.map((s) => s.dev.mtu)).toEqual([1400, 1400]);
    k.run(() => devSetMacAddress(b, mac('02:aa:00:00:00:09')));
    expect(hex(slaves[1]!.dev.devAddr.subarray(0, 6))).toBe('02aa00000009');
    expect(master(slaves[1]!.dev, null).errno).toBe(0);
    expect([slaves[1]!.dev.mtu, hex(slaves[1]!.dev.devAddr.subarray(0, 6)), slaves[1]!.dev.running, slaves[1]!.dev.master, slaves[1]!.dev.rxHandler]).toEqual([1500, hex(macOf(0xe1)), false, null, null]);
    k.run(() => devOpen(slaves[1]!.dev));
    expect(master(slaves[1]!.dev, b)).toEqual({ errno: -1, msg: 'Device can not be enslaved while up' });
    expect(master(b, b).errno).not.toBe(0);
    expect(master(slaves[0]!.dev, null).errno).toBe(0);
    expect([b.carrier, bondGet(b)!.slaves.length]).toEqual([false, 0]);
  });
});

test('a first slave that cannot join takes its address along', () => {
  make();
  const b = newBond('active-backup');
  k.run(() => devSetMtu(b, 9000));
  const { dev } = new FakeDevice(k.initNet, { name: 's0', mac: macOf(0xe0), noQueue: true });
  k.run(() => devClose(dev));
  dev.maxMtu = 1500;
  expect(master(dev, b).errno).not.toBe(0);
  expect(hex(b.devAddr.subarray(0, 6))).not.toBe(hex(macOf(0xe0)));
  // The next one gives its own.
  const next = new FakeDevice(k.initNet, { name: 's1', mac: macOf(0xe1), noQueue: true }).dev;
  k.run(() => devClose(next));
  expect(master(next, b)).toEqual({ errno: 0, msg: '' });
  expect(hex(b.devAddr.subarray(0, 6))).toBe(hex(macOf(0xe1)));
});

describe('active-backup', () => {
  test('one sends and receives, the next takes over', () => {
    const { b, slaves } = lab('active-backup', 3);
    const heard: string[] = [];
    devAddTap(k, { dev: b, ignoreOutgoing: true, func: (skb) => {
      const u = new Uint8Array(frameLength(skb));
      copyFrame(skb, u);
      heard.push(hex(u));
    } });
    const f = frame(macOf(9), b.devAddr);
    send(b, f);
    send(b, f);
    expect(out(slaves)).toEqual([0, 0]);
    slaves[0]!.inject(frame(b.devAddr, macOf(9)));
    slaves[1]!.inject(frame(b.devAddr, macOf(9)));
    expect(heard.length).toBe(1);
    carrier(slaves[0]!, false);
    clock.advance(ms(200));
    send(b, f);
    expect(out(slaves)).toEqual([1]);
    expect([bondSlaveGet(slaves[0]!.dev)!.linkFailureCount, b.carrier]).toEqual([1, true]);
    // The first comes back, as a reserve.
    carrier(slaves[0]!, true);
    clock.advance(ms(300));
    send(b, f);
    expect(out(slaves)).toEqual([1]);
    expect(change(b, (w) => w.putU32(IFLA_BOND_PRIMARY, slaves[2]!.dev.ifindex)).errno).toBe(0);
    send(b, f);
    expect(out(slaves)).toEqual([2]);
    expect(change(b, (w) => w.putU32(IFLA_BOND_ACTIVE_SLAVE, slaves[0]!.dev.ifindex)).errno).toBe(0);
    send(b, f);
    expect(out(slaves)).toEqual([0]);
    for (const s of slaves) carrier(s, false);
    clock.advance(ms(300));
    expect(b.carrier).toBe(false);
    const text = k.initNet.proc.read('net/bonding/bond0');
    expect(text).toContain('Bonding Mode: fault-tolerance (active-backup)\nPrimary Slave: s2 (primary_reselect always)\nCurrently Active Slave: None\nMII Status: down\nMII Polling Interval (ms): 100\n');
  });
  test('delays before a link counts', () => {
    const { b, slaves } = lab('active-backup', 2);
    expect(change(b, (w) => w.putU32(IFLA_BOND_UPDELAY, 500)).errno).toBe(0);
    expect(change(b, (w) => w.putU32(IFLA_BOND_DOWNDELAY, 250)).errno).toBe(0);
    carrier(slaves[0]!, false);
    clock.advance(ms(200));
    expect(bondGet(b)!.current!.dev.name).toBe('s0');
    clock.advance(ms(300));
    expect(bondGet(b)!.current!.dev.name).toBe('s1');
    carrier(slaves[0]!, true);
    change(b, (w) => w.putU32(IFLA_BOND_PRIMARY, slaves[0]!.dev.ifindex));
    clock.advance(ms(400));
    expect(bondGet(b)!.current!.dev.name).toBe('s1');
    clock.advance(ms(400));
    expect(bondGet(b)!.current!.dev.name).toBe('s0');
  });
});

describe('balancing', () => {
  test('round robin, and many at a time', () => {
    const { b, slaves } = lab('balance-rr', 3);
    const f = frame(macOf(9), b.devAddr);
    const seq = (n: number): number[] => Array.from({ length: n }, () => {
      send(b, f);
      return out(slaves)[0]!;
    });
    expect(seq(6)).toEqual([1, 2, 0, 1, 2, 0]);
    carrier(slaves[1]!, false);
    clock.advance(ms(200));
    expect(new Set(seq(6))).toEqual(new Set([0, 2]));
    expect(change(b, (w) => w.putU32(IFLA_BOND_PACKETS_PER_SLAVE, 2)).errno).toBe(0);
    carrier(slaves[1]!, true);
    clock.advance(ms(200));
    expect(seq(12).join('')).toMatch(/00112200|11220011|22001122|01122001|12200112|20011220/);
    slaves[2]!.inject(frame(b.devAddr, macOf(9)));
    b.netdevOps.getStats!(b);
    expect([b.stats.rxPackets, b.stats.txPackets >= 24]).toEqual([1, true]);
  });
  test('xor: a flow stays on its slave', () => {
    const { b, slaves } = lab('balance-xor', 2);
    const by = (dst: Uint8Array): number => {
      send(b, frame(dst, b.devAddr));
      return out(slaves)[0]!;
    };
    expect([by(macOf(4)), by(macOf(4)), by(macOf(5)), by(macOf(6))].map((x, _i, a) => x === a[0])).toEqual([true, true, false, true]);
    expect(change(b, (w) => w.putU8(IFLA_BOND_XMIT_HASH_POLICY, 1)).errno).toBe(0);
    const ip = (port: number, src = 1): number => {
      const p = new Uint8Array(40);
      p.set([0x45, 0, 0, 40, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, src, 10, 0, 0, 2, port >> 8, port & 255, 0, 53]);
      send(b, frame(macOf(4), b.devAddr, { type: 0x800, payload: p }));
      return out(slaves)[0]!;
    };
    const spread = Array.from({ length: 64 }, (_, i) => ip(40000 + i));
    expect(spread.filter((x) => x === 0).length).toBeGreaterThan(16);
    expect(spread.filter((x) => x === 1).length).toBeGreaterThan(16);
    expect(ip(40000)).toBe(spread[0]);
  });
  test('broadcast goes by all', () => {
    const { b, slaves } = lab('broadcast', 3);
    send(b, frame(macOf(9), b.devAddr));
    expect(out(slaves)).toEqual([0, 1, 2]);
  });
});

describe('802.3ad', () => {
  test('alone: one port works, LACPDUs go out', () => {
    const { b, slaves } = lab('802.3ad', 2);
    clock.advance(sec(5));
    const pdus = slaves.map((s) => s.take().map((x) => x.bytes).filter((u) => u[12] === 0x88 && u[13] === 9));
    for (const list of pdus) expect(list.length).toBeGreaterThan(0);
    const u = pdus[0]![0]!;
    expect([u.length, hex(u.subarray(0, 6)), hex(u.subarray(14, 18)), hex(u.subarray(20, 26)), u[36], u[56]]).toEqual([124, '0180c2000002', '01010114', hex(b.devAddr.subarray(0, 6)), 2, 3]);
    expect(b.carrier).toBe(true);
    send(b, frame(macOf(9), b.devAddr));
    expect(out(slaves).length).toBe(1);
  });
  test('two machines agree on one link of two ports, and lose one', () => {
    make();
    const left = newBond('802.3ad', 100, 'left');
    const right = newBond('802.3ad', 100, 'right');
    const pairs = [0, 1].map((i) => vethNewlink(k.initNet, `l${i}`, k.initNet, `r${i}`) as [NetDevice, NetDevice]);
    for (const [l, r] of pairs) {
      expect(master(l, left).errno).toBe(0);
      expect(master(r, right).errno).toBe(0);
    }
    change(left, (w) => w.putU8(IFLA_BOND_AD_LACP_RATE, 1));
    change(right, (w) => w.putU8(IFLA_BOND_AD_LACP_RATE, 1));
    k.run(() => devOpen(left));
    k.run(() => devOpen(right));
    clock.advance(sec(10));
    for (const b of [left, right]) {
      expect(bondGet(b)!.slaves.map((s) => [s.port!.aggregator!.id, s.port!.actor.state.toString(16), s.port!.partner.state.toString(16), s.backup])).toEqual([[1, '3f', '3f', false], [1, '3f', '3f', false]]);
      expect(b.carrier).toBe(true);
    }
    expect(k.initNet.proc.read('net/bonding/left')).toContain(`Number of ports: 2\n\tActor Key: 15\n\tPartner Key: 15\n\tPartner Mac Address: ${hex(right.devAddr.subarray(0, 6)).replace(/(..)(?!$)/g, '$1:')}`);
    const got: number[] = [];
    devAddTap(k, { dev: right, ignoreOutgoing: true, func: () => void got.push(1) });
    for (let i = 0; i < 8; i++) send(left, frame(right.devAddr, Uint8Array.from([2, 0, 0, 0, 0, i])));
    clock.advance(ms(10));
    expect(got.length).toBe(8);
    // One wire breaks: all goes by the other.
    k.run(() => devClose(pairs[0]![1]));
    clock.advance(sec(5));
    expect(bondGet(left)!.slaves.map((s) => s.backup)).toEqual([true, false]);
    got.length = 0;
    for (let i = 0; i < 8; i++) send(left, frame(right.devAddr, Uint8Array.from([2, 0, 0, 0, 0, i])));
    clock.advance(ms(10));
    expect(got.length).toBe(8);
    k.run(() => devOpen(pairs[0]![1]));
    clock.advance(sec(10));
    expect(bondGet(left)!.slaves.map((s) => [s.backup, s.port!.actor.state.toString(16)])).toEqual([[false, '3f'], [false, '3f']]);
    // The partner falls silent: what it said is forgotten.
    for (const s of bondGet(right)!.slaves) s.port!.lacp = false;
    clock.advance(sec(12));
    expect(bondGet(left)!.slaves.every((s) => (s.port!.actor.state & 0x40) !== 0)).toBe(true);
    expect(left.carrier).toBe(true);
  });
});

describe('netlink', () => {
  test('options are checked', () => {
    const { b } = lab('active-backup', 1);
    expect(change(b, (w) => w.putU8(IFLA_BOND_MODE, 0))).toEqual({ errno: -39, msg: 'unable to set option because the bond device has slaves' });
    expect(change(b, (w) => w.putU8(IFLA_BOND_XMIT_HASH_POLICY, 9))).toEqual({ errno: -22, msg: 'invalid option value' });
    expect(change(b, (w) => w.putU16(IFLA_BOND_AD_USER_PORT_KEY, 1))).toEqual({ errno: -13, msg: 'option not supported in mode' });
    expect(change(b, (w) => w.putU32(IFLA_BOND_MIIMON, 0)).errno).toBe(0);
    expect(change(b, (w) => w.putU32(IFLA_BOND_UPDELAY, 100)).errno).toBe(-1);
    expect(change(b, (w) => {
      w.nestStart(IFLA_BOND_AD_INFO);
      w.nestEnd();
    }).errno).toBe(0);
    const c = new NlTestClient(k.initNet);
    expect(c.ack(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, nlIfinfo({}, (w) => nlKind(w, 'bond', (x) => x.putU8(IFLA_BOND_MODE, 4)))).errno).toBe(0);
    expect(c.ack(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, nlIfinfo({}, (w) => nlKind(w, 'bond', (x) => x.putU8(IFLA_BOND_MODE, 6)))).errno).toBe(-95);
    c.close();
    const made = devGetByName(k.initNet, 'bond1')!;
    expect([bondGet(made)!.params.miimon, (made.flags & 0x400) !== 0, made.carrier]).toEqual([100, true, false]);
  });
});
