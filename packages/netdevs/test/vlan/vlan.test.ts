import { createKernel, EEXIST, ENETDOWN, ERANGE, VirtualClock, type Kernel } from '@linnet/kernel';
import { devClose, devGetByName, devOpen, devSetMacAddress, devSetMtu, IFF_LIVE_ADDR_CHANGE, NETIF_F_GRO, NETIF_F_HW_CSUM, NETIF_F_HW_VLAN_CTAG_TX, NETIF_F_SG, type NetDevice, PacketType, devAddPack, unregisterNetdevice } from '@linnet/netdev';
import { FakeDevice } from '@linnet/netdev/testing';
import { NlTestClient, nlAttrs, nlIfinfo, nlKind } from '@linnet/netlink/testing';
import { consumeSkb, skbStats } from '@linnet/skbuff';
import { ETH_P_8021AD, IFLA_INFO_DATA, IFLA_LINK, IFLA_LINKINFO, IFLA_VLAN_EGRESS_QOS, IFLA_VLAN_FLAGS, IFLA_VLAN_ID, IFLA_VLAN_INGRESS_QOS, IFLA_VLAN_PROTOCOL, IFLA_VLAN_QOS_MAPPING, IFLA_MTU, NLM_F_CREATE, NLM_F_EXCL, RTM_DELLINK, RTM_GETLINK, RTM_NEWLINK, SIOCGIFVLAN, SIOCSIFVLAN, type NlWriter } from '@linnet/uapi';
import { afterEach, describe, expect, test } from 'vitest';
import { isVlanDev, vlan, vlanDevRealDev, vlanIoctl, vlanNewlink } from '../../src/index.ts';
import { frame, hex, macOf } from '../bridge/lab.ts';
import { send } from '../helpers.ts';

const TYPE = 0x88b5;
let k: Kernel;
let real: FakeDevice;
interface Got { dev: string; proto: number; len: number; priority: number; type: number }
let got: Got[];

function setup(features: number = 0): void {
  k = createKernel({ modules: [vlan], clock: new VirtualClock(), seed: 5, debug: true });
  real = new FakeDevice(k.initNet, { name: 'eth0', mac: macOf(1), noQueue: true, features, mtu: 1500 });
  got = [];
  devAddPack(k, new PacketType({
    type: TYPE,
    func: (skb) => {
      got.push({ dev: (skb.dev as NetDevice).name, proto: skb.protocol, len: skb.len, priority: skb.priority, type: skb.pktType });
      consumeSkb(skb);
      return 0;
    },
  }));
}
function make(name: string, vid: number, proto?: number, link: NetDevice = real.dev): NetDevice {
  const dev = vlanNewlink(link, name, vid, proto);
  if (typeof dev === 'number') throw new Error(`vlan: ${dev}`);
  return dev;
}
const up = (dev: NetDevice): number => k.run(() => devOpen(dev));
afterEach(() => {
  k.shutdown();
  expect(skbStats(k).live).toBe(0);
});

describe('tags', () => {
  test('received frames go to the device of their VLAN, without the tag', () => {
    setup();
    const v = make('eth0.5', 5);
    make('eth0.6', 6);
    up(v);
    real.inject(frame(macOf(1), macOf(9), { vid: 5, prio: 3 }));
    expect(got).toEqual([{ dev: 'eth0.5', proto: TYPE, len: 46, priority: 0, type: 0 }]);
    expect([v.stats.rxPackets, v.stats.rxBytes]).toEqual([1, 46]);
    // Down, and unknown: nobody's.
    real.inject(frame(macOf(1), macOf(9), { vid: 6 }));
    real.inject(frame(macOf(1), macOf(9), { vid: 7 }));
    expect(got.length).toBe(2);
    expect(got[1]).toMatchObject({ dev: 'eth0', type: 3 }); // for another host, as the kernel says of VLANs that nobody has
  });
  test('a priority tag is no VLAN', () => {
    setup();
    real.inject(frame(macOf(1), macOf(9), { vid: 0, prio: 5 }));
    expect(got).toEqual([{ dev: 'eth0', proto: TYPE, len: 46, priority: 0, type: 0 }]);
  });
  test('sent frames get the tag, in the bytes where the link cannot', () => {
    setup();
    const v = make('eth0.5', 5);
    up(v);
    const f = frame(macOf(9), macOf(1));
    send(v, f);
    expect(real.take().map((s) => hex(s.bytes))).toEqual([hex(frame(macOf(9), macOf(1), { vid: 5 }))]);
    expect([v.stats.txPackets, v.stats.txBytes]).toEqual([1, f.length]);
  });
  test('and beside them where it can', () => {
    setup(NETIF_F_HW_VLAN_CTAG_TX);
    const v = make('eth0.5', 5);
    up(v);
    send(v, frame(macOf(9), macOf(1)));
    expect(real.take().map((s) => hex(s.bytes))).toEqual([hex(frame(macOf(9), macOf(1), { vid: 5 }))]);
  });
  test('two tags: a customer VLAN in a service VLAN, both ways', () => {
    setup();
    const outer = make('s100', 100, ETH_P_8021AD);
    const inner = make('c7', 7, undefined, outer);
    up(outer);
    up(inner);
    const bytes = Uint8Array.from([...frame(macOf(9), macOf(1)).subarray(0, 12), 0x88, 0xa8, 0, 100, 0x81, 0, 0, 7, TYPE >> 8, TYPE & 255, ...new Uint8Array(46).fill(0x5a)]);
    send(inner, frame(macOf(9), macOf(1)));
    expect(real.take().map((s) => hex(s.bytes))).toEqual([hex(bytes)]);
    const back = Uint8Array.from(bytes);
    back.set(macOf(1), 0);
    back.set(macOf(9), 6);
    real.inject(back);
    expect(got.map((g) => [g.dev, g.len])).toEqual([['c7', 46]]);
  });
  test('the address of the VLAN may differ from its link', () => {
    setup();
    const v = make('eth0.5', 5);
    up(v);
    expect(k.run(() => devSetMacAddress(v, macOf(0x55)))).toBe(0);
    expect(real.dev.uc.has(macOf(0x55), 0, 6)).toBe(true);
    real.inject(frame(macOf(0x55), macOf(9), { vid: 5 }));
    expect(got).toMatchObject([{ dev: 'eth0.5', type: 0 }]);
    k.run(() => devClose(v));
    expect(real.dev.uc.has(macOf(0x55), 0, 6)).toBe(false);
  });
});

describe('a VLAN follows its link', () => {
  test('up, down, MTU, address', () => {
    setup();
    const v = make('eth0.5', 5);
    expect(k.run(() => devSetMtu(v, 1501))).toBe(-ERANGE);
    k.run(() => devClose(real.dev));
    expect(up(v)).toBe(-ENETDOWN);
    k.run(() => devOpen(real.dev));
    expect(v.running).toBe(true); // its link brought it up
    k.run(() => devClose(real.dev));
    expect(v.running).toBe(false);
    k.run(() => devOpen(real.dev));
    k.run(() => devSetMtu(real.dev, 1400));
    expect(v.mtu).toBe(1400);
    real.dev.privFlags |= IFF_LIVE_ADDR_CHANGE;
    expect(k.run(() => devSetMacAddress(real.dev, macOf(0x77)))).toBe(0);
    expect(hex(v.devAddr.subarray(0, 6))).toBe(hex(macOf(0x77)));
  });
  test('carrier, features, and the end', () => {
    setup(NETIF_F_SG | NETIF_F_HW_CSUM);
    real.dev.vlanFeatures = NETIF_F_SG | NETIF_F_HW_CSUM;
    const v = make('eth0.5', 5);
    expect([(v.features & NETIF_F_SG) !== 0, (v.features & NETIF_F_GRO) !== 0]).toEqual([true, true]);
    expect([isVlanDev(v), vlanDevRealDev(v)]).toEqual([true, real.dev]);
    k.run(() => unregisterNetdevice(real.dev));
    expect(devGetByName(k.initNet, 'eth0.5')).toBeNull();
  });
});

describe('netlink', () => {
  function add(name: string, data: (w: NlWriter) => void, more?: (w: NlWriter) => void): { errno: number; msg: string } {
    const c = new NlTestClient(k.initNet);
    const a = c.ack(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, nlIfinfo({}, (w) => {
      w.putString(3, name);
      more?.(w);
      nlKind(w, 'vlan', data);
    }));
    c.close();
    return { errno: a.errno, msg: a.msg };
  }
  const link = (w: NlWriter): void => w.putU32(IFLA_LINK, real.dev.ifindex);
  test('makes, shows and changes', () => {
    setup();
    const ack = add('v1', (w) => {
      w.putU16(IFLA_VLAN_ID, 100);
      w.putBe16(IFLA_VLAN_PROTOCOL, ETH_P_8021AD);
      w.nestStart(IFLA_VLAN_EGRESS_QOS);
      for (const [from, to] of [[1, 5], [17, 6]]) {
        const o = w.reserveAttr(IFLA_VLAN_QOS_MAPPING, 8);
        w.view.setUint32(o, from!, true);
        w.view.setUint32(o + 4, to!, true);
      }
      w.nestEnd();
      w.nestStart(IFLA_VLAN_INGRESS_QOS);
      const o = w.reserveAttr(IFLA_VLAN_QOS_MAPPING, 8);
      w.view.setUint32(o, 3, true);
      w.view.setUint32(o + 4, 2, true);
      w.nestEnd();
    }, link);
    expect(ack).toEqual({ errno: 0, msg: '' });
    const c = new NlTestClient(k.initNet);
    const [m] = c.request(RTM_GETLINK, 0, nlIfinfo({ index: devGetByName(k.initNet, 'v1')!.ifindex }));
    const tb = nlAttrs(m!.payload, 16);
    const info = nlAttrs(tb.get(IFLA_LINKINFO)!);
    const data = nlAttrs(info.get(IFLA_INFO_DATA)!);
    expect([...data.keys()]).toEqual([IFLA_VLAN_PROTOCOL, IFLA_VLAN_ID, IFLA_VLAN_FLAGS, IFLA_VLAN_INGRESS_QOS, IFLA_VLAN_EGRESS_QOS]);
    expect([...data.values()].map(hex)).toEqual(['88a8', '6400', '01000000ffffffff', '0c0001000300000002000000', '0c00010011000000060000000c0001000100000005000000']);
    expect(hex(tb.get(IFLA_LINK)!)).toBe(`${hex(new Uint8Array([real.dev.ifindex]))}000000`);
    expect(c.ack(RTM_NEWLINK, 0, nlIfinfo({ index: devGetByName(k.initNet, 'v1')!.ifindex }, (w) => nlKind(w, 'vlan', (d) => {
      const o = d.reserveAttr(IFLA_VLAN_FLAGS, 8);
      d.view.setUint32(o, 4, true);
      d.view.setUint32(o + 4, 5, true);
    }))).errno).toBe(0);
    const again = nlAttrs(nlAttrs(nlAttrs(c.request(RTM_GETLINK, 0, nlIfinfo({ index: devGetByName(k.initNet, 'v1')!.ifindex }))[0]!.payload, 16).get(IFLA_LINKINFO)!).get(IFLA_INFO_DATA)!);
    expect(hex(again.get(IFLA_VLAN_FLAGS)!)).toBe('04000000ffffffff');
    expect(c.ack(RTM_DELLINK, 0, nlIfinfo({}, (w) => w.putString(3, 'v1'))).errno).toBe(0);
    c.close();
    expect(real.dev.vlanInfo).toBeNull();
  });
  test('refuses, with reasons', () => {
    setup();
    expect(add('v1', () => undefined, link)).toEqual({ errno: -22, msg: '8021q: VLAN id not specified' });
    expect(add('v1', (w) => w.putU16(IFLA_VLAN_ID, 5))).toEqual({ errno: -22, msg: '8021q: link not specified' });
    expect(add('v1', (w) => w.putU16(IFLA_VLAN_ID, 5), (w) => w.putU32(IFLA_LINK, 99))).toEqual({ errno: -19, msg: '8021q: link does not exist' });
    expect(add('v1', (w) => w.putU16(IFLA_VLAN_ID, 4095), link)).toEqual({ errno: -34, msg: '8021q: Invalid VLAN id' });
    expect(add('v1', (w) => w.putBe16(IFLA_VLAN_PROTOCOL, 0x800), link)).toEqual({ errno: -93, msg: '8021q: Invalid VLAN protocol' });
    expect(add('v1', (w) => w.putU16(IFLA_VLAN_ID, 5), (w) => {
      link(w);
      w.putU32(IFLA_MTU, 1501);
    }).errno).toBe(-22);
    expect(add('v1', (w) => w.putU16(IFLA_VLAN_ID, 5), link).errno).toBe(0);
    expect(add('v2', (w) => w.putU16(IFLA_VLAN_ID, 5), link)).toEqual({ errno: -17, msg: '8021q: VLAN device already exists' });
    expect(vlanNewlink(real.dev, 'v3', 5)).toBe(-EEXIST);
  });
});

describe('vconfig and /proc', () => {
  const args = (cmd: number, dev: string, value: number, qos: number = 0): Uint8Array => {
    const a = new Uint8Array(56);
    const v = new DataView(a.buffer);
    v.setInt32(0, cmd, true);
    for (let i = 0; i < dev.length; i++) a[4 + i] = dev.charCodeAt(i);
    v.setUint32(28, value, true);
    v.setInt16(52, qos, true);
    return a;
  };
  test('add, ask, set, remove', () => {
    setup();
    const io = (a: Uint8Array, cmd: number = SIOCSIFVLAN): number => vlanIoctl(k.initNet, cmd, a);
    expect(io(args(0, 'eth0', 9))).toBe(0);
    expect(k.initNet.proc.read('net/vlan/config')).toBe('VLAN Dev name\t | VLAN ID\nName-Type: VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD\neth0.9         | 9  | eth0\n');
    expect(io(args(6, '', 0))).toBe(0);
    expect(io(args(0, 'eth0', 10))).toBe(0);
    expect(devGetByName(k.initNet, 'vlan0010')).not.toBeNull();
    const name = args(8, 'eth0.9', 0);
    expect(io(name, SIOCGIFVLAN)).toBe(0);
    expect(String.fromCharCode(...name.subarray(28, 32))).toBe('eth0');
    const vid = args(9, 'eth0.9', 0);
    expect([io(vid, SIOCGIFVLAN), vid[28]]).toEqual([0, 9]);
    expect(io(args(3, 'eth0.9', 2, 5))).toBe(0);
    expect(io(args(2, 'eth0.9', 4, 1))).toBe(0);
    expect(k.initNet.proc.read('net/vlan/eth0.9')).toContain('INGRESS priority mappings: 0:0  1:4  2:0  3:0  4:0  5:0  6:0  7:0 \n EGRESS priority mappings: 2:5 \n');
    expect(io(args(1, 'eth0', 0))).toBe(-22);
    expect(io(args(1, 'nope', 0))).toBe(-19);
    expect(io(args(1, 'eth0.9', 0))).toBe(0);
    expect(k.initNet.proc.read('net/vlan/eth0.9')).toBeNull();
    expect(io(args(0, 'eth0', 4095))).toBe(-ERANGE);
  });
});
