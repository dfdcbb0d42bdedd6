import { devGetByName, type NetDevice } from '@linnet/netdev';
import {
  IFF_PROMISC, IFF_UP, IFLA_ADDRESS, IFLA_BROADCAST, IFLA_EVENT, IFLA_GROUP, IFLA_IFALIAS, IFLA_IFNAME, IFLA_LINK, IFLA_LINK_NETNSID, IFLA_LINKMODE, IFLA_MTU, IFLA_NEW_IFINDEX, IFLA_NEW_NETNSID,
  IFLA_OPERSTATE, IFLA_TXQLEN, NLM_F_ECHO, type NlWriter, RTM_DELLINK, RTM_GETLINK, RTM_NEWLINK, RTM_SETLINK,
} from '@linnet/uapi';
import { describe, expect, test } from 'vitest';
import { netlinkSetHost } from '../src/index.ts';
import { attrs, Client, finish, ifi, kind, makeKernel, type Msg, s32, str, type TestKernel, u32 } from './helpers.ts';

/* What a real Linux 6.18 tells `ip monitor link` of the same requests was written down beside each case. */

const CREATE = 0x600;
const short = (m: Msg): string => {
  const tb = attrs(m.payload, 16);
  const echo = m.seq !== 0 || m.pid !== 0 ? ' echo' : '';
  return `${m.type === RTM_NEWLINK ? 'new' : 'del'} ${str(tb.get(IFLA_IFNAME))} ${u32(m.payload.subarray(8)).toString(16)}/${u32(m.payload.subarray(12)).toString(16)} ${tb.get(IFLA_OPERSTATE)![0]}${echo}`;
};
const named = (name: string, fill?: (w: NlWriter) => void) => (w: NlWriter): void => {
  w.putString(IFLA_IFNAME, name);
  fill?.(w);
};
const pair = (name: string, peer?: string) => named(name, (w) => kind(w, 'veth', peer === undefined ? undefined : (d) => {
  d.nestStart(1);
  d.reserve(16);
  d.putString(IFLA_IFNAME, peer);
  d.nestEnd();
}));

function setup(): { k: TestKernel; c: Client; ear: Client; heard: () => string[]; dev: (name: string) => NetDevice } {
  const k = makeKernel();
  const c = new Client(k.initNet);
  const ear = new Client(k.initNet, { groups: 1 });
  return { k, c, ear, heard: () => ear.messages().map(short), dev: (name) => devGetByName(k.initNet, name)! };
}

describe('creation', () => {
  test('the peer, then the device, each complete', () => {
    const { k, c, heard } = setup();
    expect(c.ack(RTM_NEWLINK, CREATE, ifi({}, pair('n1'))).errno).toBe(0);
    expect(heard()).toEqual(['new veth0 1002/ffffffff 2', 'new n1 1002/ffffffff 2']);
    finish(k);
  });
  test('with flags it is one message', () => {
    const { k, c, heard } = setup();
    expect(c.ack(RTM_NEWLINK, CREATE, ifi({ flags: IFF_UP, change: IFF_UP }, named('n3', (w) => kind(w, 'bridge')))).errno).toBe(0);
    expect(heard()).toEqual(['new n3 11043/ffffffff 0']);
    finish(k);
  });
  test('an echo goes to the requester, with its numbers, before the acknowledgement', () => {
    const { k, c, heard } = setup();
    const got = c.request(RTM_NEWLINK, CREATE | NLM_F_ECHO | 4, ifi({}, pair('n2')));
    expect(got.map((m) => m.type)).toEqual([RTM_NEWLINK, 2]);
    expect(heard()).toEqual(['new veth0 1002/ffffffff 2', 'new n2 1002/ffffffff 2 echo']);
    finish(k);
  });
  test('a failed creation is no news and leaves nothing', () => {
    const { k, c, heard } = setup();
    expect(c.ack(RTM_NEWLINK, CREATE, ifi({}, pair('n1', 'lo'))).errno).toBe(-17);
    expect(heard()).toEqual([]);
    expect(devGetByName(k.initNet, 'n1')).toBe(null);
    finish(k);
  });
});

describe('changes', () => {
  test('up, down, flags, and what the carrier does', () => {
    const { k, c, heard, dev } = setup();
    c.ack(RTM_NEWLINK, CREATE, ifi({}, pair('a', 'b')));
    heard();
    const set = (name: string, flags: number, change: number): void => expect(c.ack(RTM_SETLINK, 0, ifi({ index: dev(name).ifindex, flags, change })).errno).toBe(0);
    set('a', IFF_UP, IFF_UP);
    expect(heard()[0]).toBe('new a 1003/1 3');
    set('b', IFF_UP, IFF_UP);
    k.clock.advance(2e9);
    expect(heard()).toEqual(expect.arrayContaining(['new a 11043/0 6', 'new b 11043/0 6']));
    set('a', IFF_PROMISC, IFF_PROMISC);
    expect(heard()).toEqual(['new a 11143/100 6']);
    set('a', IFF_UP, IFF_UP);
    expect(heard()).toEqual([]);
    finish(k);
  });

  test('one request, one message for each thing that others must hear of', () => {
    const { k, c, heard, dev } = setup();
    c.ack(RTM_NEWLINK, CREATE, ifi({}, pair('n2', 'p2')));
    heard();
    expect(c.ack(RTM_SETLINK, 0, ifi({ index: dev('n2').ifindex }, (w) => {
      w.putString(IFLA_IFNAME, 'n9');
      w.putU32(IFLA_MTU, 1400);
      w.putU32(IFLA_TXQLEN, 7);
      w.putBytes(IFLA_ADDRESS, new Uint8Array([2, 0, 0, 0, 0, 7]));
      w.putU32(IFLA_GROUP, 4);
      w.putString(IFLA_IFALIAS, 'ali');
      w.putBytes(IFLA_BROADCAST, new Uint8Array(6).fill(255));
    })).errno).toBe(0);
    expect(heard()).toEqual(['n2', 'n2', 'n9', 'n9', 'n9'].map((n) => `new ${n} 1002/0 2`));
    expect(dev('n9')).toMatchObject({ mtu: 1400, txQueueLen: 7, group: 4, ifalias: 'ali' });
    finish(k);
  });

  test('group, alias and link mode are news of a device that is up', () => {
    const { k, c, heard, dev } = setup();
    c.ack(RTM_NEWLINK, CREATE, ifi({}, named('br', (w) => kind(w, 'bridge'))));
    const set = (fill: (w: NlWriter) => void): string[] => {
      heard();
      expect(c.ack(RTM_SETLINK, 0, ifi({ index: dev('br').ifindex }, fill)).errno).toBe(0);
      return heard();
    };
    expect(set((w) => w.putU32(IFLA_GROUP, 7))).toEqual([]);
    c.ack(RTM_SETLINK, 0, ifi({ index: dev('br').ifindex, flags: 1, change: 1 }));
    expect(set((w) => w.putU32(IFLA_GROUP, 8))).toHaveLength(1);
    expect(set((w) => w.putString(IFLA_IFALIAS, 'x'))).toHaveLength(1);
    expect(set((w) => w.putU8(IFLA_LINKMODE, 1))).toHaveLength(1);
    expect(set((w) => w.putU8(IFLA_LINKMODE, 1))).toEqual([]);
    expect(set((w) => w.putU8(IFLA_OPERSTATE, 5))).toEqual(['new br 11003/0 5']);
    finish(k);
  });

  test('IFLA_EVENT says which event a message is of', () => {
    const { k, c, ear, dev } = setup();
    c.ack(RTM_NEWLINK, CREATE, ifi({}, named('br', (w) => kind(w, 'bridge'))));
    ear.messages();
    dev('br').sd.chain.call(20, dev('br')); // NETDEV_NOTIFY_PEERS
    expect(ear.messages().map((m) => u32(attrs(m.payload, 16).get(IFLA_EVENT)))).toEqual([4]);
    finish(k);
  });
});

describe('deletion', () => {
  test('both ends go; with an echo the requester hears of both', () => {
    const { k, c, heard } = setup();
    c.ack(RTM_NEWLINK, CREATE, ifi({}, pair('n1', 'p1')));
    c.ack(RTM_NEWLINK, CREATE, ifi({}, pair('n2', 'p2')));
    heard();
    expect(c.ack(RTM_DELLINK, 0, ifi({}, named('n1'))).errno).toBe(0);
    expect(heard()).toEqual(['del n1 1002/ffffffff 2', 'del p1 1002/ffffffff 2']);
    const got = c.request(RTM_DELLINK, NLM_F_ECHO | 4, ifi({}, named('n2')));
    expect(got.map((m) => m.type)).toEqual([RTM_DELLINK, RTM_DELLINK, 2]);
    expect(heard()).toEqual(['del n2 1002/ffffffff 2 echo', 'del p2 1002/ffffffff 2 echo']);
    finish(k);
  });
});

describe('namespaces', () => {
  function two(): ReturnType<typeof setup> & { other: ReturnType<TestKernel['createNet']>; there: Client } {
    const s = setup();
    const other = s.k.createNet();
    netlinkSetHost(s.k, { currentPid: () => 42, netByFd: (fd) => (fd === 3 ? other : -9), netByPid: () => -3 });
    return { ...s, other, there: new Client(other, { groups: 1 }) };
  }

  test('a move is DELLINK here, with where it went, and NEWLINK there', () => {
    const { k, c, ear, other, there, dev } = two();
    c.ack(RTM_NEWLINK, CREATE, ifi({}, pair('a', 'b')));
    ear.messages();
    const { ifindex } = dev('a');
    expect(c.ack(RTM_SETLINK, 0, ifi({ index: ifindex }, (w) => w.putU32(28, 3))).errno).toBe(0);
    const [del] = ear.messages();
    expect(short(del!)).toBe('del a 1002/ffffffff 2');
    const tb = attrs(del!.payload, 16);
    expect([s32(tb.get(IFLA_NEW_NETNSID)), u32(tb.get(IFLA_NEW_IFINDEX))]).toEqual([0, ifindex]);
    const news = there.messages();
    expect(news.map(short)).toEqual(['new a 1002/ffffffff 2']);
    // Each end says in which namespace the number of the other one counts.
    const far = attrs(news[0]!.payload, 16);
    expect([s32(far.get(IFLA_LINK_NETNSID)), u32(far.get(IFLA_LINK))]).toEqual([0, dev('b').ifindex]);
    const near = attrs(c.request(RTM_GETLINK, 0, ifi({ index: dev('b').ifindex }))[0]!.payload, 16);
    expect([s32(near.get(IFLA_LINK_NETNSID)), u32(near.get(IFLA_LINK))]).toEqual([0, ifindex]);
    // And the other namespace's device can be asked for from here.
    const asked = c.request(RTM_GETLINK, 0, ifi({ index: ifindex }, (w) => w.putS32(46, 0)));
    expect(str(attrs(asked[0]!.payload, 16).get(IFLA_IFNAME))).toBe('a');
    expect(devGetByName(other, 'a')).not.toBe(null);
    finish(k);
  });

  test('a device made there, and a peer made there', () => {
    const { k, c, heard, other, there } = two();
    expect(c.ack(RTM_NEWLINK, CREATE, ifi({}, named('z1', (w) => { w.putU32(28, 3); kind(w, 'bridge'); }))).errno).toBe(0);
    expect(heard()).toEqual([]);
    expect(there.messages().map(short)).toEqual(['new z1 1002/ffffffff 2']);
    expect(c.ack(RTM_NEWLINK, CREATE, ifi({}, named('z2', (w) => kind(w, 'veth', (d) => {
      d.nestStart(1);
      d.reserve(16);
      d.putString(IFLA_IFNAME, 'z3');
      d.putU32(28, 3);
      d.nestEnd();
    })))).errno).toBe(0);
    expect(heard()).toEqual(['new z2 1002/ffffffff 2']);
    expect(devGetByName(other, 'z3')).not.toBe(null);
    finish(k);
  });

  test('a name in use there', () => {
    const { k, c, other, dev } = two();
    const far = new Client(other);
    for (const cl of [c, far]) cl.ack(RTM_NEWLINK, CREATE, ifi({}, pair('n9')));
    const move = (fill: (w: NlWriter) => void): object => c.ack(RTM_SETLINK, 0, ifi({ index: dev('n9').ifindex }, (w) => { w.putU32(28, 3); fill(w); }));
    expect(move(() => undefined)).toMatchObject({ errno: -17, msg: 'An interface with the same name exists in the target netns' });
    expect(move((w) => w.putString(IFLA_IFNAME, 'new9'))).toMatchObject({ errno: 0 });
    expect(devGetByName(other, 'new9')).not.toBe(null);
    finish(k);
  });
});
