import { Cred, EEXIST, ENOENT, EPERM } from '@linnet/kernel';
import { devChangeName, devGetByName, ethtoolSetWanted, ethtoolFeatureMask, ethtoolGetFeatures, netdevAltNameAdd, netdevAltNameRemove } from '@linnet/netdev';
import { skAttachFilter } from '@linnet/socket';
import {
  IFLA_ALT_IFNAME, IFLA_IFNAME, IFLA_NUM_TX_QUEUES, IFLA_PROP_LIST, NETLINK_ADD_MEMBERSHIP, NETLINK_KOBJECT_UEVENT, NETLINK_LISTEN_ALL_NSID, NETLINK_NETFILTER, NETLINK_USERSOCK, NLM_F_ACK, NLM_F_CREATE, NLM_F_REQUEST, RTM_DELLINK,
  RTM_GETLINK, RTM_NEWLINK, RTM_NEWLINKPROP, RTM_SETLINK, RTNLGRP_LINK,
} from '@linnet/uapi';
import { expect, test } from 'vitest';
import { netlinkKernelCreate, netlinkRcvSkb } from '../src/index.ts';
import { attrs, Client, finish, ifi, kind, makeKernel, nl, u32 } from './helpers.ts';

function pair(k: ReturnType<typeof makeKernel>, name: string): void {
  const c = new Client(k.initNet);
  expect(c.ack(RTM_NEWLINK, NLM_F_CREATE, ifi({}, (w) => {
    w.putString(IFLA_IFNAME, name);
    kind(w, 'veth');
  })).errno).toBe(0);
  c.close();
}

test('other names are names: found, taken, given back with the device', () => {
  const k = makeKernel();
  pair(k, 'a');
  const dev = devGetByName(k.initNet, 'a')!;
  const long = 'x'.repeat(100);
  expect(netdevAltNameAdd(dev, long)).toBe(0);
  expect(devGetByName(k.initNet, long)).toBe(dev);
  expect(netdevAltNameAdd(dev, 'lo')).toBe(-EEXIST);
  expect(devChangeName(dev, 'b')).toBe(0);
  expect(netdevAltNameAdd(dev, 'second')).toBe(0);
  expect(devChangeName(dev, 'second')).toBe(-EEXIST);
  const c = new Client(k.initNet);
  const [m] = c.request(RTM_GETLINK, 0, ifi({}, (w) => w.putString(IFLA_ALT_IFNAME, 'second')));
  const list = attrs(m!.payload, 16).get(IFLA_PROP_LIST)!;
  expect(list.length).toBe(4 + 101 + 3 + 4 + 8);
  // In another namespace they are free, until the device comes with them.
  const other = k.createNet();
  expect(netdevAltNameAdd(devGetByName(other, 'lo')!, 'second')).toBe(0);
  expect(netdevAltNameRemove(dev, 'nobody')).toBe(-ENOENT);
  c.request(RTM_DELLINK, NLM_F_ACK, ifi({ index: dev.ifindex }));
  expect(devGetByName(k.initNet, long)).toBeNull();
  expect(devGetByName(k.initNet, 'second')).toBeNull();
  finish(k);
});

test('queues that were asked for are told of', () => {
  const k = makeKernel();
  const c = new Client(k.initNet);
  c.ack(RTM_NEWLINK, NLM_F_CREATE, ifi({}, (w) => {
    w.putString(IFLA_IFNAME, 'a');
    w.putU32(IFLA_NUM_TX_QUEUES, 4);
    kind(w, 'veth');
  }));
  expect(u32(attrs(c.request(RTM_GETLINK, 0, ifi({}, (w) => w.putString(IFLA_IFNAME, 'a')))[0]!.payload, 16).get(IFLA_NUM_TX_QUEUES))).toBe(4);
  finish(k);
});

test('who is not privileged may look, and nothing more', () => {
  const k = makeKernel();
  pair(k, 'a');
  k.cred = new Cred(1000);
  const c = new Client(k.initNet, { groups: 1 });
  expect(c.request(RTM_GETLINK, 0, ifi({ index: 1 }))[0]!.type).toBe(RTM_NEWLINK);
  for (const type of [RTM_NEWLINK, RTM_SETLINK, RTM_DELLINK, RTM_NEWLINKPROP]) expect(c.ack(type, 0, ifi({ index: 1 })).errno).toBe(-EPERM);
  expect(c.setopt(NETLINK_LISTEN_ALL_NSID, 1)).toBe(-EPERM);
  // Groups of rtnetlink are open to all; those of netfilter are not, nor is speaking to other programs over rtnetlink.
  expect(new Client(k.initNet, { protocol: NETLINK_NETFILTER }).setopt(NETLINK_ADD_MEMBERSHIP, 1)).toBe(-EPERM);
  expect(new Client(k.initNet, { protocol: NETLINK_NETFILTER }).bind(nl(0, 1))).toBe(-EPERM);
  expect(c.send(new Uint8Array(20), nl(1234))).toBe(-EPERM);
  const u = new Client(k.initNet, { protocol: NETLINK_USERSOCK });
  u.bind(nl(9));
  const v = new Client(k.initNet, { protocol: NETLINK_USERSOCK });
  expect(v.send(new Uint8Array(20), nl(9))).toBe(20);
  finish(k);
});

test('a module takes the place of its protocol', () => {
  const k = makeKernel();
  netlinkKernelCreate(k, NETLINK_NETFILTER, { groups: 5, input: (net, sk, skb) => netlinkRcvSkb(net, sk, skb, () => -17) });
  expect(() => netlinkKernelCreate(k, NETLINK_NETFILTER, { groups: 5, input: null })).toThrow('registered twice');
  const net = k.createNet();
  expect(new Client(net, { protocol: NETLINK_NETFILTER }).ack(0x100, 0, new Uint8Array(4)).errno).toBe(-17);
  finish(k);
});

test('uevents: what a program sends goes to all who listen, with a number', () => {
  const k = makeKernel();
  const ear = new Client(k.initNet, { protocol: NETLINK_KOBJECT_UEVENT, groups: 1 });
  pair(k, 'a');
  const text = (): string[] => ear.recvAll().map((d) => String.fromCharCode(...d));
  const added = text();
  expect(added).toHaveLength(6);
  expect(added[3]).toMatch(/^add@\/devices\/virtual\/net\/a\0ACTION=add\0DEVPATH=\/devices\/virtual\/net\/a\0SUBSYSTEM=net\0INTERFACE=a\0IFINDEX=\d+\0SEQNUM=\d+\0$/);
  const c = new Client(k.initNet, { protocol: NETLINK_KOBJECT_UEVENT });
  const words = 'change@/x\0ACTION=change\0';
  const r = c.ack(16, NLM_F_REQUEST, Uint8Array.from(words, (ch) => ch.charCodeAt(0)));
  expect(r.errno).toBe(0);
  expect(text()[0]).toMatch(/^change@\/x\0ACTION=change\0SEQNUM=\d+\0$/);
  k.cred = new Cred(1000);
  expect(c.ack(16, 0, new Uint8Array(4)).errno).toBe(-EPERM);
  expect(c.ack(16, 0, new Uint8Array(4)).msg).toBe('missing CAP_SYS_ADMIN capability');
  finish(k);
});

test('a filter decides what a socket hears', () => {
  const k = makeKernel();
  const c = new Client(k.initNet, { groups: 1 << (RTNLGRP_LINK - 1) });
  // Only messages whose type (two bytes at 4, in network order) is RTM_DELLINK.
  const insn = (code: number, jt: number, jf: number, v: number): number[] => [code, 0, jt, jf, v & 0xff, (v >> 8) & 0xff, (v >> 16) & 0xff, (v >>> 24) & 0xff];
  const prog = new Uint8Array([insn(0x28, 0, 0, 4), insn(0x15, 0, 1, RTM_DELLINK << 8), insn(6, 0, 0, 0xffffffff), insn(6, 0, 0, 0)].flat());
  expect(skAttachFilter(c.sock.sk!, prog)).toBe(0);
  pair(k, 'a');
  new Client(k.initNet).ack(RTM_DELLINK, 0, ifi({}, (w) => w.putString(IFLA_IFNAME, 'a')));
  expect(c.messages().map((m) => m.type)).toEqual([RTM_DELLINK, RTM_DELLINK]);
  finish(k);
});

test('features that user space asks for are kept, and come when they can', () => {
  const k = makeKernel();
  const lo = devGetByName(k.initNet, 'lo')!;
  const names = ['tx-tcp-segmentation', 'rx-gro-list', 'tx-checksum-ip-generic', 'vlan-challenged'];
  const mask = ethtoolFeatureMask(names);
  ethtoolSetWanted(lo, mask, mask);
  const f = ethtoolGetFeatures(lo);
  // What cannot be switched stays as it is.
  expect((f.active[1]! & ethtoolFeatureMask(['rx-gro-list'])[1]!) !== 0).toBe(true);
  expect(f.hw[0]! & ethtoolFeatureMask(['tx-checksum-ip-generic'])[0]!).toBe(0);
  finish(k);
});
