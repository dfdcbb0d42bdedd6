import { ms, sec } from '@linnet/kernel';
import { copyFrame, devAddTap, devClose, devOpen, devSetMacAddress, devSetMtu, frameLength, NETIF_F_ALL_TSO, NETIF_F_FRAGLIST, NETIF_F_GSO_ROBUST, NETIF_F_HW_CSUM, NETIF_F_SG, nfRegisterNetHook, NFPROTO_BRIDGE, nfUnregisterNetHook, unregisterNetdevice } from '@linnet/netdev';
import { CHECKSUM_PARTIAL, SKB, SKB_GSO_TCPV4, skbStats } from '@linnet/skbuff';
import {
  IFLA_BR_FDB_MAX_LEARNED, IFLA_BR_GROUP_FWD_MASK, IFLA_BRPORT_BACKUP_PORT, IFLA_BRPORT_BCAST_FLOOD, IFLA_BRPORT_GROUP_FWD_MASK, IFLA_BRPORT_ISOLATED, IFLA_BRPORT_LEARNING, IFLA_BRPORT_LOCKED, IFLA_BRPORT_MAB,
  IFLA_BRPORT_MCAST_FLOOD, IFLA_BRPORT_MODE, IFLA_BRPORT_UNICAST_FLOOD,
} from '@linnet/uapi';
import { afterEach, describe, expect, test } from 'vitest';
import { bridgeSetPort, NF_BR_FORWARD, NF_BR_LOCAL_IN, NF_BR_LOCAL_OUT, NF_BR_POST_ROUTING, NF_BR_PRE_ROUTING } from '../../src/index.ts';
import { send as sendBy } from '../helpers.ts';
import { BROADCAST, frame, hex, Lab, mac, macOf, setBridge, setPort } from './lab.ts';

let lab: Lab;
afterEach(() => {
  lab.k.shutdown();
  expect(skbStats(lab.k).live).toBe(0);
});
const dropped = (): Record<string, number> => lab.k.get(SKB).dropCounts();

/** What the bridge's own device receives. */
function heard(): string[] {
  const out: string[] = [];
  devAddTap(lab.k, { dev: lab.br, ignoreOutgoing: true, func: (skb) => {
    const b = new Uint8Array(frameLength(skb));
    copyFrame(skb, b);
    out.push(hex(b));
  } });
  return out;
}

describe('learning and forwarding', () => {
  test('floods what it does not know, then forwards to where it learned', () => {
    lab = new Lab(3);
    expect(lab.to(0, frame(macOf(2), macOf(1)))).toEqual([1, 2]);
    expect(lab.to(1, frame(macOf(1), macOf(2)))).toEqual([0]);
    expect(lab.to(0, frame(macOf(2), macOf(1)))).toEqual([1]);
    expect(lab.to(2, frame(BROADCAST, macOf(3)))).toEqual([0, 1]);
    // A frame to where it comes from goes nowhere.
    expect(lab.to(1, frame(macOf(2), macOf(9)))).toEqual([]);
    // A station that moves is found at its new place.
    lab.send(2, frame(BROADCAST, macOf(1)));
    expect(lab.to(1, frame(macOf(1), macOf(2)))).toEqual([2]);
  });
  test('forgets after the ageing time, and what a port knew when it goes down', () => {
    lab = new Lab(3);
    lab.send(0, frame(BROADCAST, macOf(1)));
    lab.clock.advance(sec(299));
    expect(lab.to(1, frame(macOf(1), macOf(2)))).toEqual([0]);
    lab.clock.advance(sec(2));
    expect(lab.to(1, frame(macOf(1), macOf(2)))).toEqual([0, 2]);
    lab.k.run(() => devClose(lab.ports[1]!.dev));
    lab.k.run(() => devOpen(lab.ports[1]!.dev));
    lab.clock.advance(ms(10));
    expect(lab.to(0, frame(macOf(2), macOf(1)))).toEqual([1, 2]);
  });
  test('the bridge hears what is for it, and sends like a port', () => {
    lab = new Lab(2);
    const own = heard();
    const f = frame(lab.br.devAddr, macOf(1));
    expect(lab.to(0, f)).toEqual([]);
    expect(own).toEqual([hex(f)]);
    expect(lab.to(0, frame(BROADCAST, macOf(1)))).toEqual([1]);
    expect(own.length).toBe(2);
    lab.to(0, frame(macOf(7), macOf(1)));
    expect(own.length).toBe(2);
    sendBy(lab.br, frame(macOf(1), lab.br.devAddr));
    expect(lab.take().map(([i]) => i)).toEqual([0]);
    sendBy(lab.br, frame(macOf(99), lab.br.devAddr));
    expect(lab.take().map(([i]) => i)).toEqual([0, 1]);
    expect([lab.br.stats.rxPackets, lab.br.stats.txPackets]).toEqual([2, 2]);
  });
  test('addresses of ports are the bridge\'s own, and the lowest one is its address', () => {
    lab = new Lab(2);
    expect(hex(lab.br.devAddr.subarray(0, 6))).toBe(hex(macOf(0xf0)));
    const own = heard();
    expect(lab.to(0, frame(macOf(0xf1), macOf(1)))).toEqual([]);
    expect(own.length).toBe(1);
    // A frame that claims to come from us is not learned.
    lab.send(0, frame(BROADCAST, macOf(0xf1)));
    const complaints = (): number => lab.k.log.records().filter((r) => r.text.includes('received packet on p0 with own address as source address')).length;
    expect(complaints()).toBe(1);
    // Said ten times in five seconds, however many come.
    for (let i = 0; i < 50; i++) lab.send(0, frame(BROADCAST, macOf(0xf1)));
    expect(complaints()).toBe(10);
    lab.clock.advance(sec(5));
    lab.send(0, frame(BROADCAST, macOf(0xf1)));
    expect(complaints()).toBe(11);
    lab.k.run(() => devSetMacAddress(lab.br, mac('02:aa:00:00:00:01')));
    lab.k.run(() => bridgeSetPort(lab.ports[0]!.dev, null));
    expect(hex(lab.br.devAddr.subarray(0, 6))).toBe('02aa00000001');
  });
  test('a port may learn only so much', () => {
    lab = new Lab(2);
    setBridge(lab, (w) => w.putU32(IFLA_BR_FDB_MAX_LEARNED, 2));
    for (const n of [1, 2, 3]) lab.send(0, frame(BROADCAST, macOf(n)));
    expect([1, 2, 3].map((n) => lab.to(1, frame(macOf(n), macOf(0xf1))))).toEqual([[0], [0], [0]]);
    setPort(lab, 1, (w) => w.putU8(IFLA_BRPORT_UNICAST_FLOOD, 0));
    setPort(lab, 0, (w) => w.putU8(IFLA_BRPORT_UNICAST_FLOOD, 0));
    expect([1, 2, 3].map((n) => lab.to(1, frame(macOf(n), macOf(0xf1))))).toEqual([[0], [0], []]);
  });
});

describe('flags of ports', () => {
  test('learning, flooding of each kind', () => {
    lab = new Lab(3);
    setPort(lab, 0, (w) => w.putU8(IFLA_BRPORT_LEARNING, 0));
    lab.send(0, frame(BROADCAST, macOf(1)));
    expect(lab.to(1, frame(macOf(1), macOf(2)))).toEqual([0, 2]);
    setPort(lab, 2, (w) => w.putU8(IFLA_BRPORT_UNICAST_FLOOD, 0));
    expect(lab.to(1, frame(macOf(1), macOf(2)))).toEqual([0]);
    expect(lab.to(1, frame(BROADCAST, macOf(2)))).toEqual([0, 2]);
    setPort(lab, 2, (w) => w.putU8(IFLA_BRPORT_BCAST_FLOOD, 0));
    expect(lab.to(1, frame(BROADCAST, macOf(2)))).toEqual([0]);
    expect(lab.to(1, frame(mac('01:00:5e:01:02:03'), macOf(2)))).toEqual([0, 2]);
    setPort(lab, 2, (w) => w.putU8(IFLA_BRPORT_MCAST_FLOOD, 0));
    expect(lab.to(1, frame(mac('01:00:5e:01:02:03'), macOf(2)))).toEqual([0]);
    // What the bridge itself sends goes out all the same.
    sendBy(lab.br, frame(BROADCAST, lab.br.devAddr));
    expect(lab.take().map(([i]) => i)).toEqual([0, 1, 2]);
  });
  test('hairpin sends back, isolated ports do not see each other', () => {
    lab = new Lab(3);
    setPort(lab, 0, (w) => w.putU8(IFLA_BRPORT_MODE, 1));
    expect(lab.to(0, frame(BROADCAST, macOf(1)))).toEqual([0, 1, 2]);
    setPort(lab, 0, (w) => w.putU8(IFLA_BRPORT_ISOLATED, 1));
    setPort(lab, 1, (w) => w.putU8(IFLA_BRPORT_ISOLATED, 1));
    expect(lab.to(0, frame(BROADCAST, macOf(1)))).toEqual([2]);
    expect(lab.to(2, frame(BROADCAST, macOf(3)))).toEqual([0, 1]);
    lab.send(1, frame(BROADCAST, macOf(2)));
    expect(lab.to(0, frame(macOf(2), macOf(1)))).toEqual([]);
    expect(dropped()['BRIDGE_NO_EGRESS_PORT']).toBe(1);
  });
  test('a locked port takes known senders only, and says who knocks', () => {
    lab = new Lab(2);
    lab.send(0, frame(BROADCAST, macOf(1)));
    setPort(lab, 0, (w) => w.putU8(IFLA_BRPORT_LOCKED, 1));
    expect(lab.to(0, frame(BROADCAST, macOf(1)))).toEqual([1]);
    expect(lab.to(0, frame(BROADCAST, macOf(2)))).toEqual([]);
    setPort(lab, 0, (w) => w.putU8(IFLA_BRPORT_MAB, 1));
    expect(lab.to(0, frame(BROADCAST, macOf(2)))).toEqual([]);
    expect(lab.to(0, frame(BROADCAST, macOf(2)))).toEqual([]);
  });
  test('the backup port takes over while there is no carrier', () => {
    lab = new Lab(3);
    lab.send(0, frame(BROADCAST, macOf(1)));
    setPort(lab, 0, (w) => w.putU32(IFLA_BRPORT_BACKUP_PORT, lab.ports[2]!.dev.ifindex));
    expect(lab.to(1, frame(macOf(1), macOf(2)))).toEqual([0]);
    lab.ports[0]!.dev.carrier = false;
    expect(lab.to(1, frame(macOf(1), macOf(2)))).toEqual([2]);
  });
});

describe('groups that bridges keep to themselves', () => {
  const group = (n: number): Uint8Array => mac(`01:80:c2:00:00:0${n.toString(16)}`);
  test('are not forwarded, unless a mask says so', () => {
    lab = new Lab(3);
    // Without a spanning tree its own group passes.
    expect(lab.to(0, frame(group(0), macOf(1)))).toEqual([1, 2]);
    for (const n of [1, 2, 3, 0xe, 0xf]) expect(lab.to(0, frame(group(n), macOf(1)))).toEqual([]);
    setBridge(lab, (w) => w.putU16(IFLA_BR_GROUP_FWD_MASK, 0x4008));
    expect([3, 0xe, 0xf].map((n) => lab.to(0, frame(group(n), macOf(1))))).toEqual([[1, 2], [1, 2], []]);
    setPort(lab, 0, (w) => w.putU16(IFLA_BRPORT_GROUP_FWD_MASK, 0x0004));
    expect(lab.to(0, frame(group(2), macOf(1)))).toEqual([1, 2]);
    expect(lab.to(1, frame(group(2), macOf(2)))).toEqual([]);
    expect(lab.to(0, frame(mac('01:80:c2:00:00:10'), macOf(1)))).toEqual([1, 2]);
    // The sender of one is learned.
    lab.send(2, frame(group(3), macOf(0x33)));
    expect(lab.to(0, frame(macOf(0x33), macOf(1)))).toEqual([2]);
  });
});

describe('netfilter', () => {
  test('sees a frame at each point of its way', () => {
    lab = new Lab(2);
    const seen: string[] = [];
    const names = ['pre', 'in', 'forward', 'out', 'post'];
    const ops = [NF_BR_PRE_ROUTING, NF_BR_LOCAL_IN, NF_BR_FORWARD, NF_BR_LOCAL_OUT, NF_BR_POST_ROUTING].map((hooknum) => ({
      pf: NFPROTO_BRIDGE, hooknum, priority: 0,
      hook: (_p: object | null, _s: object, st: { inDev: { name: string } | null; outDev: { name: string } | null }): number => {
        seen.push(`${names[hooknum]} ${st.inDev?.name ?? '-'} ${st.outDev?.name ?? '-'}`);
        return 1;
      },
    }));
    for (const o of ops) nfRegisterNetHook(lab.k.initNet, o);
    lab.send(0, frame(BROADCAST, macOf(1)));
    expect(seen.splice(0)).toEqual(['pre p0 -', 'forward p0 p1', 'post - p1', 'in p0 -']);
    sendBy(lab.br, frame(macOf(1), lab.br.devAddr));
    expect(seen.splice(0)).toEqual(['out - p0', 'post - p0']);
    for (const o of ops) nfUnregisterNetHook(lab.k.initNet, o);
    const drop = { pf: NFPROTO_BRIDGE, hooknum: NF_BR_FORWARD, priority: 0, hook: (): number => 0 };
    nfRegisterNetHook(lab.k.initNet, drop);
    expect(lab.to(0, frame(BROADCAST, macOf(1)))).toEqual([]);
    nfUnregisterNetHook(lab.k.initNet, drop);
  });
});

describe('super-segments and sizes', () => {
  test('a super-segment is forwarded whole to a port that takes it', () => {
    const f = NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HW_CSUM | NETIF_F_ALL_TSO | NETIF_F_GSO_ROBUST;
    lab = new Lab(2, { port: { features: f } });
    const big = frame(macOf(2), macOf(1), { type: 0x800, payload: new Uint8Array(9000).fill(1) });
    const skb = lab.ports[0]!.makeSkb(big);
    skb.gsoSize = 1448;
    skb.gsoSegs = 7;
    skb.gsoType = SKB_GSO_TCPV4;
    skb.ipSummed = CHECKSUM_PARTIAL;
    skb.csumStart = skb.data + 20;
    skb.csumOffset = 16;
    lab.ports[0]!.deliver(skb);
    const sent = lab.ports[1]!.take();
    expect(sent.map((s) => [s.bytes.length, s.gsoSize, s.partial])).toEqual([[9014, 1448, true]]);
    // One that is merely too long is dropped.
    lab.ports[0]!.inject(big);
    expect(lab.ports[1]!.take()).toEqual([]);
    expect(dropped()['PKT_TOO_BIG']).toBe(1);
  });
  test('the MTU is that of the narrowest port, until one is chosen', () => {
    lab = new Lab(2);
    lab.k.run(() => devSetMtu(lab.ports[1]!.dev, 1300));
    expect(lab.br.mtu).toBe(1300);
    lab.k.run(() => devSetMtu(lab.br, 1400));
    lab.k.run(() => devSetMtu(lab.ports[1]!.dev, 1200));
    expect(lab.br.mtu).toBe(1400);
  });
  test('a bridge has a carrier while a port forwards, and goes with all it has', () => {
    lab = new Lab(2);
    expect(lab.br.carrier).toBe(true);
    for (const p of lab.ports) lab.k.run(() => devClose(p.dev));
    expect(lab.br.carrier).toBe(false);
    lab.k.run(() => devOpen(lab.ports[0]!.dev));
    expect(lab.br.carrier).toBe(true);
    lab.k.run(() => unregisterNetdevice(lab.ports[0]!.dev));
    lab.k.run(() => unregisterNetdevice(lab.br));
    expect([lab.ports[1]!.dev.master, lab.ports[1]!.dev.promiscuity, lab.ports[1]!.dev.allmulti, lab.ports[1]!.dev.rxHandler]).toEqual([null, 0, 0, null]);
  });
});
