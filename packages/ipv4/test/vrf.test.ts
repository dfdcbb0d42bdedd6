import { EADDRNOTAVAIL, EAGAIN } from '@linnet/kernel';
import { IFF_L3MDEV_MASTER, IFF_L3MDEV_SLAVE, type NetDevice, netdevMasterUpperDevLink } from '@linnet/netdev';
import { FakeDevice } from '@linnet/netdev/testing';
import { in4ToString, IP_ADD_MEMBERSHIP, IP_RECVERR, IPPROTO_ICMP, MSG_ERRQUEUE, SOCK_DGRAM, SOCK_RAW, SOL_IP } from '@linnet/uapi';
import { expect, test } from 'vitest';
import { inetAddrAdd, inetAddrDel } from '../src/index.ts';
import { inetSelectAddr } from '../src/devinet-select.ts';
import { checksum, icmpMessage, ip4, ipPacket, Machine, pattern, Sk, type Wire } from './harness.ts';

/** Makes a VRF of these wires. Its table is the main one: there are no rules that would lead to another. */
function vrf(m: Machine, name: string, ...members: Wire[]): NetDevice {
  const { dev } = new FakeDevice(m.net, { name });
  dev.privFlags |= IFF_L3MDEV_MASTER;
  dev.l3mdevOps = {
    fibTable: () => 254,
    l3Rcv: (master, skb) => {
      skb.dev = master;
      skb.skbIif = master.ifindex;
    },
  };
  for (const w of members) {
    w.fake.dev.privFlags |= IFF_L3MDEV_SLAVE;
    expect(m.kernel.run(() => netdevMasterUpperDevLink(w.fake.dev, dev))).toBe(0);
  }
  return dev;
}

/** Binds a socket to a device. */
function bindTo(s: Sk, name: string): Sk {
  expect(s.set(1, 25, new TextEncoder().encode(name))).toBe(0); // SO_BINDTODEVICE
  return s;
}

function done(m: Machine, ...sockets: Sk[]): void {
  for (const s of sockets) s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
}

test('raw sockets hear of packets as raw_l3mdev_accept says, and those of its member in any case', () => {
  const m = new Machine();
  const wire = m.wire('10.0.0.1/24', { name: 'eth0' });
  vrf(m, 'red', wire);
  const all = [new Sk(m, SOCK_RAW, 200), ...['eth0', 'red'].map((name) => bindTo(new Sk(m, SOCK_RAW, 200), name))];
  const heard = (): boolean[] => all.map((s) => typeof s.recv() !== 'number');
  wire.inject({ proto: 200 }, new Uint8Array(8));
  expect(heard()).toEqual([true, true, true]);
  m.sysctl('raw_l3mdev_accept', 0);
  wire.inject({ proto: 200 }, new Uint8Array(8));
  expect(heard()).toEqual([false, true, true]);
  done(m, ...all);
});

test('fragments of one VRF belong together, those of two do not', () => {
  const m = new Machine();
  const wires = ['eth0', 'eth1', 'eth2'].map((name, i) => m.wire(`10.${i}.0.1/24`, { name }));
  vrf(m, 'red', wires[0]!, wires[1]!);
  vrf(m, 'blue', wires[2]!);
  const s = new Sk(m, SOCK_RAW, 200);
  const half = (w: Wire, second: boolean): void => w.inject({ proto: 200, fragOff: second ? 800 : 0, mf: !second }, pattern(800));
  half(wires[0]!, false);
  half(wires[2]!, true);
  expect(s.recv()).toBe(-EAGAIN);
  half(wires[1]!, true);
  expect(s.got().data.length).toBe(1620);
  half(wires[2]!, false);
  expect(s.got().data.length).toBe(1620);
  expect(m.mib('Ip.ReasmOKs')).toBe(2);
  done(m, s);
});

test('replies and errors find sockets that are bound to a member', () => {
  const m = new Machine();
  m.sysctl('ping_group_range', '0 0');
  const wire = m.wire('10.0.0.1/24', { name: 'eth0' });
  vrf(m, 'red', wire);
  const ping = bindTo(new Sk(m, SOCK_DGRAM, IPPROTO_ICMP), 'eth0');
  expect(ping.bind('0.0.0.0', 77)).toBe(0);
  wire.inject({}, icmpMessage(0, 0, 77 << 16));
  expect(ping.got().from).toBe('10.0.0.2:0');
  const raw = bindTo(new Sk(m, SOCK_RAW, 200), 'eth0');
  for (const s of [ping, raw]) expect(s.set(SOL_IP, IP_RECVERR, 1)).toBe(0);
  wire.inject({}, icmpMessage(3, 1, 0, ipPacket({ src: '10.0.0.1', dst: '10.0.0.2' }, icmpMessage(8, 0, 77 << 16))));
  wire.inject({}, icmpMessage(3, 1, 0, ipPacket({ src: '10.0.0.1', dst: '10.0.0.2', proto: 200 }, pattern(16))));
  for (const s of [ping, raw]) expect(s.got(100, MSG_ERRQUEUE).control).toHaveLength(1);
  done(m, ping, raw);
});

test('the settings are those of the member', () => {
  const m = new Machine();
  const [a, b] = ['eth0', 'eth1'].map((name, i) => m.wire(`10.${i}.0.1/24`, { name })) as [Wire, Wire];
  vrf(m, 'red', a, b);
  const s = new Sk(m, SOCK_RAW, 200);
  // The way back is over the member, not over the VRF.
  m.sysctl('conf/all/rp_filter', 1);
  a.inject({ proto: 200, src: '10.0.0.2' }, pattern(8));
  expect(s.got().data.length).toBe(28);
  b.inject({ proto: 200, src: '10.0.0.2' }, pattern(8));
  expect(m.pool.dropCounts()).toEqual({ IP_RPFILTER: 1 });
  a.inject({ proto: 200, src: '10.0.0.2', dst: '10.1.0.9' }, pattern(8));
  expect(b.take()).toEqual([]);
  m.sysctl('conf/eth0/forwarding', 1);
  a.inject({ proto: 200, src: '10.0.0.2', dst: '10.1.0.9' }, pattern(8));
  expect(b.take()).toHaveLength(1);
  done(m, s);
});

test('a router’s query is answered for the groups of the member that it came in by', () => {
  const m = new Machine();
  const wire = m.wire('10.0.0.1/24', { name: 'eth0' });
  vrf(m, 'red', wire);
  const s = new Sk(m, SOCK_RAW, 200);
  const req = new Uint8Array(8);
  new DataView(req.buffer).setInt32(0, ip4('239.1.2.3'));
  new DataView(req.buffer).setInt32(4, ip4('10.0.0.1'));
  expect(s.set(SOL_IP, IP_ADD_MEMBERSHIP, req)).toBe(0);
  m.advance(10);
  wire.take();
  const query = new Uint8Array(12);
  query[0] = 0x11;
  query[1] = 10;
  new DataView(query.buffer).setUint16(2, checksum(query));
  wire.inject({ dst: '224.0.0.1', proto: 2, ttl: 1, options: new Uint8Array([0x94, 4, 0, 0]) }, query);
  m.advance(2);
  const [report] = wire.take();
  expect([report!.dst, report!.payload[0], new DataView(report!.payload.buffer).getInt32(12)]).toEqual([ip4('224.0.0.22'), 0x22, ip4('239.1.2.3')]);
  done(m, s);
});

test('a socket that is bound to a VRF may have the addresses of its table', () => {
  const m = new Machine();
  m.sysctl('ping_group_range', '0 0');
  const wire = m.wire('10.0.0.1/24', { name: 'eth0' });
  vrf(m, 'red', wire).l3mdevOps!.fibTable = (): number => 10;
  expect(m.kernel.run(() => inetAddrAdd(m.net, wire.fake.dev, { local: ip4('10.0.0.7'), prefixlen: 32 }))).toBe(0);
  const pair = (): Sk[] => [new Sk(m, SOCK_RAW, 200), new Sk(m, SOCK_DGRAM, IPPROTO_ICMP)];
  const free = pair();
  expect(free.map((s) => s.bind('10.0.0.7'))).toEqual([-EADDRNOTAVAIL, -EADDRNOTAVAIL]);
  const bound = pair();
  expect(bound.map((s) => bindTo(s, 'red').bind('10.0.0.7'))).toEqual([0, 0]);
  done(m, ...free, ...bound);
});

test('a member without an address borrows one of its VRF: of the VRF itself, else of another member', () => {
  const m = new Machine();
  m.wire('10.9.0.1/24', { name: 'eth9' });
  const [a, b] = ['eth0', 'eth1'].map((name, i) => m.wire(`10.${i}.0.1/24`, { name })) as [Wire, Wire];
  const red = vrf(m, 'red', a, b);
  const free = new FakeDevice(m.net, { name: 'eth2' }).dev;
  const address = (dev: NetDevice, local: string, add: boolean): void =>
    void m.kernel.run(() => expect(add ? inetAddrAdd(m.net, dev, { local: ip4(local), prefixlen: 24 }) : inetAddrDel(m.net, dev, { local: ip4(local) })).toBe(0));
  const chosen = (dev: NetDevice): string => in4ToString(inetSelectAddr(dev, 0, 0));
  address(b.fake.dev, '10.1.0.1', false);
  expect([chosen(b.fake.dev), chosen(free)]).toEqual(['10.0.0.1', '10.9.0.1']);
  address(red, '10.7.0.1', true);
  expect([chosen(b.fake.dev), chosen(free)]).toEqual(['10.7.0.1', '10.9.0.1']);
  address(red, '10.7.0.1', false);
  address(a.fake.dev, '10.0.0.1', false);
  expect(chosen(b.fake.dev)).toBe('0.0.0.0');
  done(m);
});
