import { expect, test } from 'vitest';
import { devOpen, NETDEV } from '../src/index.ts';
import { FakeDevice } from '../src/testing.ts';
import { eth, finish, MAC_A, MAC_B, makeKernel } from './helpers.ts';

test('/proc/net/dev, column by column, each namespace its own', () => {
  const k = makeKernel();
  const b = k.createNet();
  const fake = new FakeDevice(k.initNet, { mac: MAC_A, name: 'eth0' });
  fake.inject(eth(MAC_A, MAC_B, 0x88b5, [1]));
  Object.assign(fake.dev.stats, {
    rxErrors: 2, rxMissedErrors: 3, rxFifoErrors: 4, rxCrcErrors: 5, rxCompressed: 6, multicast: 7, txErrors: 8, txDropped: 9, txFifoErrors: 10, collisions: 11,
    txCarrierErrors: 12, txCompressed: 13,
  });
  fake.dev.stats.txPackets = 14;
  fake.dev.stats.txBytes = 5_000_000_000;
  let asked = 0;
  fake.dev.netdevOps = { ...fake.dev.netdevOps, getStats: () => void asked++ };
  const lines = k.initNet.proc.read('net/dev')!.split('\n');
  expect(lines.slice(0, 3)).toEqual([
    'Inter-|   Receive                                                |  Transmit',
    ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed',
    '    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0',
  ]);
  expect(lines[3]!.trim().split(/\s+/)).toEqual(['eth0:', '15', '1', '2', '4', '4', '5', '6', '7', '5000000000', '14', '8', '9', '10', '11', '12', '13']);
  expect(asked).toBe(1);
  expect(b.proc.read('net/dev')!.split('\n')).toHaveLength(4);
  finish(k);
});

test('softnet_stat and the sysctls of net/core', () => {
  const k = makeKernel();
  const fake = new FakeDevice(k.initNet, { mac: MAC_A });
  devOpen(fake.dev);
  for (let i = 0; i < 3; i++) fake.inject(eth(MAC_A, MAC_B, 0x88b5));
  expect(k.proc.read('net/softnet_stat')!.split(' ').slice(0, 3)).toEqual(['00000003', '00000000', '00000000']);
  const names = ['default_qdisc', 'dev_weight', 'gro_normal_batch', 'netdev_budget', 'netdev_budget_usecs', 'netdev_max_backlog', 'netdev_tstamp_prequeue'];
  expect(k.sysctl.list('net/core')).toEqual(names.map((n) => `net/core/${n}`));
  expect(names.map((n) => k.initNet.sysctl.read(`net.core.${n}`))).toEqual(['pfifo_fast', '64', '8', '300', '2000', '1000', '1']);
  for (const n of names.slice(1)) {
    expect(k.sysctl.write(`net.core.${n}`, '1')).toBe(0);
    expect(k.sysctl.read(`net.core.${n}`)).toBe('1');
    expect(k.sysctl.write(`net.core.${n}`, 'x')).toBeLessThan(0);
  }
  expect(k.get(NETDEV).backlog!.weight).toBe(1);
  fake.inject(eth(MAC_A, MAC_B, 0x88b5));
  expect(k.get(NETDEV).processed).toBe(4);
  finish(k);
});
