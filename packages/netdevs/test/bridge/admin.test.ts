import { csumFold, csumPartial } from '@linnet/kernel';
import { devGetByName, netIoctlFind } from '@linnet/netdev';
import { skbStats } from '@linnet/skbuff';
import {
  BRCTL_ADD_IF, BRCTL_DEL_IF, BRCTL_GET_BRIDGE_INFO, BRCTL_GET_FDB_ENTRIES, BRCTL_GET_PORT_INFO, BRCTL_GET_PORT_LIST, BRCTL_SET_AGEING_TIME, BRCTL_SET_BRIDGE_PRIORITY, BRCTL_SET_BRIDGE_STP_STATE, BRCTL_SET_PATH_COST,
  IFLA_BRPORT_NEIGH_SUPPRESS, IFLA_BRPORT_PROXYARP, SIOCBRADDBR, SIOCBRADDIF, SIOCBRDELBR, SIOCBRDELIF,
} from '@linnet/uapi';
import { afterEach, describe, expect, test } from 'vitest';
import { bridgeSetPort, brPrivIoctl } from '../../src/index.ts';
import { BROADCAST, bytes, frame, hex, Lab, macOf, setPort } from './lab.ts';

let lab: Lab;
afterEach(() => {
  lab.k.shutdown();
  expect(skbStats(lab.k).live).toBe(0);
});

describe('ioctls', () => {
  const ifreq = (name: string, n = 0): Uint8Array => {
    const u8 = new Uint8Array(40);
    u8.set(Buffer.from(name));
    new DataView(u8.buffer).setInt32(16, n, true);
    return u8;
  };
  const ioctl = (cmd: number, arg: Uint8Array): number => netIoctlFind(lab.k, cmd)!(lab.k.initNet, cmd, arg);
  test('make and delete bridges, move ports', () => {
    lab = new Lab(1);
    expect(ioctl(SIOCBRADDBR, ifreq('br1'))).toBe(0);
    expect(ioctl(SIOCBRADDBR, ifreq('br1'))).toBe(-17);
    const port = lab.ports[0]!.dev;
    expect(ioctl(SIOCBRADDIF, ifreq('br1', port.ifindex))).toBe(-16);
    expect(ioctl(SIOCBRDELIF, ifreq('br0', port.ifindex))).toBe(0);
    expect(ioctl(SIOCBRDELIF, ifreq('br0', port.ifindex))).toBe(-22);
    expect(ioctl(SIOCBRADDIF, ifreq('br1', port.ifindex))).toBe(0);
    expect(port.master?.name).toBe('br1');
    expect(ioctl(SIOCBRADDIF, ifreq('br1', 99))).toBe(-22);
    expect(ioctl(SIOCBRADDIF, ifreq('none', 1))).toBe(-19);
    expect(ioctl(SIOCBRADDIF, ifreq('p0', 1))).toBe(-95);
    expect(ioctl(SIOCBRDELBR, ifreq('br0'))).toBe(-16); // it is up
    expect(ioctl(SIOCBRDELBR, ifreq('p0'))).toBe(-1);
    expect(ioctl(SIOCBRDELBR, ifreq('none'))).toBe(-6);
    expect(ioctl(SIOCBRDELBR, ifreq('br1'))).toBe(0);
    expect([devGetByName(lab.k.initNet, 'br1'), port.master]).toEqual([null, null]);
  });
  test('of the first brctl', () => {
    lab = new Lab(2);
    let got = new Uint8Array();
    const priv = (...args: number[]): number => brPrivIoctl(lab.k.initNet, 'br0', args, (u8) => {
      got = u8 as Uint8Array<ArrayBuffer>;
    });
    lab.send(1, frame(BROADCAST, macOf(1)));
    expect(priv(BRCTL_SET_BRIDGE_PRIORITY, 0x1000)).toBe(0);
    expect(priv(BRCTL_SET_AGEING_TIME, 12300)).toBe(0);
    expect(priv(BRCTL_SET_PATH_COST, 2, 44)).toBe(0);
    expect(priv(BRCTL_SET_PATH_COST, 9, 44)).toBe(-22);
    expect(priv(BRCTL_SET_BRIDGE_STP_STATE, 1)).toBe(0);
    expect(priv(BRCTL_GET_BRIDGE_INFO, 0)).toBe(0);
    expect([hex(got.subarray(0, 16)), got[47], new DataView(got.buffer).getUint32(48, true)]).toEqual(['100002000000' + '01f0' + '100002000000' + '01f0', 1, 12300]);
    expect(priv(BRCTL_GET_PORT_LIST, 0, 4)).toBe(4);
    expect([...new Int32Array(got.buffer)]).toEqual([0, lab.ports[0]!.dev.ifindex, lab.ports[1]!.dev.ifindex, 0]);
    expect(priv(BRCTL_GET_PORT_INFO, 0, 2)).toBe(0);
    expect(new DataView(got.buffer).getUint32(20, true)).toBe(44);
    expect(priv(BRCTL_GET_FDB_ENTRIES, 0, 100)).toBe(5); // the ports' own ones also in VLAN 1
    expect([...new Set([0, 1, 2, 3, 4].map((i) => `${hex(got.subarray(i * 16, i * 16 + 6))} ${got[i * 16 + 6]} ${got[i * 16 + 7]}`))].sort()).toEqual(['020000000101 2 0', '0200000001f0 1 1', '0200000001f1 2 1']);
    expect(priv(BRCTL_DEL_IF, lab.ports[0]!.dev.ifindex)).toBe(0);
    expect(priv(BRCTL_ADD_IF, lab.ports[0]!.dev.ifindex)).toBe(0);
    expect(priv(77)).toBe(-95);
    expect(brPrivIoctl(lab.k.initNet, 'p0', [BRCTL_GET_BRIDGE_INFO], () => {})).toBe(-95);
  });
});

describe('answering for neighbours', () => {
  const arp = (op: number, sender: string, target: string): Uint8Array => frame(BROADCAST, macOf(1), { type: 0x806, payload: bytes(`00010800 0604 000${op} 020000000101 ${sender} 000000000000 ${target} ${'00'.repeat(18)}`) });
  const A = '0a000001';
  const B = '0a000002';
  const start = (): void => {
    lab = new Lab(3);
    lab.br.sd.neighLookup = (_dev, _family, w0) => (w0 === 0x0a000002 ? macOf(2) : null);
    lab.send(1, frame(BROADCAST, macOf(2)));
  };
  test('suppression: a request for a known one is answered and not flooded there', () => {
    start();
    setPort(lab, 1, (w) => w.putU8(IFLA_BRPORT_NEIGH_SUPPRESS, 1));
    const out = lab.send(0, arp(1, A, B));
    // The asker gets the answer; the quiet port hears nothing, others do.
    expect(out.map(([i]) => i)).toEqual([0, 2]);
    expect(out[0]![1].slice(0, 84)).toBe(`020000000101 020000000102 0806 0001 0800 0604 0002 020000000102 ${B} 020000000101 ${A}`.replace(/\s/g, ''));
    // Announcements, too.
    expect(lab.to(0, arp(1, A, A))).toEqual([2]);
    expect(lab.to(0, arp(1, A, '0a000009'))).toEqual([1, 2]);
    // Behind the quiet port all is asked.
    expect(lab.to(1, arp(1, A, B)).filter((i) => i !== 1)).toEqual([0, 2]);
  });
  test('proxy ARP: a port that gets no broadcast has its questions answered', () => {
    start();
    setPort(lab, 0, (w) => w.putU8(IFLA_BRPORT_PROXYARP, 1));
    expect(lab.to(0, arp(1, A, B))).toContain(0);
    lab.br.sd.neighLookup = null;
    expect(lab.to(0, arp(1, A, B))).toEqual([1, 2]);
    lab.k.run(() => bridgeSetPort(lab.ports[0]!.dev, null));
  });
  test('neighbour discovery: the answer is right to the last bit, whatever its buffer held before', () => {
    start();
    lab.br.sd.neighLookup = (_dev, _family, ...w) => (w.join() === [0x20010db8, 0, 0, 2].join() ? macOf(2) : null);
    setPort(lab, 1, (w) => w.putU8(IFLA_BRPORT_NEIGH_SUPPRESS, 1));
    // Dirty buffers.
    for (let i = 0; i < 50; i++) lab.send(0, frame(BROADCAST, macOf(1), { payload: new Uint8Array(100).fill(0xa5) }));
    const ns = (target: string): Uint8Array => frame(bytes('3333ff000002'), macOf(1), {
      type: 0x86dd, payload: bytes(`60000000 0020 3aff 20010db8000000000000000000000001 ff0200000000000000000001ff000002 8700 0000 00000000 ${target} 0101 020000000101`),
    });
    const out = lab.send(0, ns('20010db8000000000000000000000002'));
    expect(out.map(([i]) => i)).toEqual([0, 2]);
    const na = bytes(out[0]![1]);
    expect(hex(na.subarray(0, 14))).toBe('02000000010102000000010286dd');
    expect(hex(na.subarray(14, 54))).toBe('6000000000203aff20010db800000000000000000000000220010db8000000000000000000000001');
    expect(`${hex(na.subarray(54, 56))} ${hex(na.subarray(58))}`).toBe('8800 6000000020010db80000000000000000000000020201020000000102');
    expect(csumFold(csumPartial(na, 22, 64, 32 + 58))).toBe(0);
    expect(lab.to(0, ns('20010db8000000000000000000000009'))).toEqual([1, 2]);
  });
});
