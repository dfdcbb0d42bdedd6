import {
  EADDRINUSE, EAFNOSUPPORT, EAGAIN, ECONNREFUSED, EINVAL, EMSGSIZE, ENETDOWN, ENOBUFS, ENODATA, ENOPROTOOPT, EOPNOTSUPP, EPROTONOSUPPORT, ESOCKTNOSUPPORT, WaitEntry,
} from '@linnet/kernel';
import { sockCreate, sockSetsockopt } from '@linnet/socket';
import {
  AF_INET, AF_NETLINK, AF_UNSPEC, MSG_OOB, MSG_PEEK, MSG_TRUNC, NETLINK_ADD_MEMBERSHIP, NETLINK_BROADCAST_ERROR, NETLINK_CAP_ACK, NETLINK_DROP_MEMBERSHIP, NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK, NETLINK_LIST_MEMBERSHIPS, NETLINK_LISTEN_ALL_NSID, NETLINK_NO_ENOBUFS, NETLINK_PKTINFO, NETLINK_USERSOCK, NLM_F_DUMP, NlWriter, POLLERR, POLLIN, POLLOUT, RTM_GETLINK,
  RTNLGRP_LINK, RTNLGRP_MAX, SO_RCVBUF, SO_SNDBUF, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM, type SockAddrNl, SOL_NETLINK,
} from '@linnet/uapi';
import { describe, expect, test } from 'vitest';
import { netlinkBroadcast, netlinkHasListeners, netnsIdSet, type NetlinkSock } from '../src/index.ts';
import { attrs, Client, finish, ifi, makeKernel, message, nl, s32, split, str, u32 } from './helpers.ts';

const text = (s: string): Uint8Array => new Uint8Array([...s].map((c) => c.charCodeAt(0)));
const nameOf = (c: Client, peer = false): [number, number] => {
  const a = c.sock.ops.getname(c.sock, peer) as SockAddrNl;
  return [a.pid, a.groups];
};

describe('socket(2)', () => {
  test.each([
    ['raw', SOCK_RAW, 0, 0], ['dgram', SOCK_DGRAM, 0, 0], ['stream', SOCK_STREAM, 0, -ESOCKTNOSUPPORT], ['usersock', SOCK_RAW, 2, 0],
    ['a protocol nobody has', SOCK_RAW, 30, -EPROTONOSUPPORT], ['a number that is none', SOCK_RAW, 40, -EPROTONOSUPPORT],
  ] as const)('%s', (_n, type, protocol, want) => {
    const k = makeKernel();
    const s = sockCreate(k.initNet, AF_NETLINK, type, protocol);
    if (want === 0) expect(typeof s).toBe('object');
    else expect(s).toBe(want);
    finish(k);
  });
});

describe('bind(2), connect(2), getsockname(2)', () => {
  test('as a real kernel does', () => {
    const k = makeKernel();
    const c = new Client(k.initNet);
    expect(nameOf(c)).toEqual([0, 0]);
    expect(nameOf(c, true)).toEqual([0, 0]);
    expect(c.bind({ family: AF_INET, pid: 0, groups: 0 })).toBe(-EINVAL);
    expect(c.bind(nl(12345, 0xffffffff))).toBe(0);
    expect(nameOf(c)).toEqual([12345, 0xffffffff]);
    expect(c.bind(nl(5))).toBe(-EINVAL);
    expect(c.bind(nl(0))).toBe(-EINVAL);
    expect(c.bind(nl(12345, 3))).toBe(0);
    expect(nameOf(c)).toEqual([12345, 3]);
    expect(c.bind(nl(12345))).toBe(0);
    expect(nameOf(c)).toEqual([12345, 0]);
    const d = new Client(k.initNet);
    expect(d.bind(nl(12345))).toBe(-EADDRINUSE);
    expect(d.sock.ops.connect(d.sock, nl(12345), 0)).toBe(0);
    expect(nameOf(d)[0]).not.toBe(0);
    expect(nameOf(d, true)).toEqual([12345, 0]);
    expect(d.sock.ops.connect(d.sock, nl(0, 6), 0)).toBe(0);
    expect(nameOf(d, true)).toEqual([0, 2]);
    expect(d.sock.ops.connect(d.sock, { family: AF_UNSPEC }, 0)).toBe(0);
    expect(nameOf(d, true)).toEqual([0, 0]);
    expect(d.sock.ops.connect(d.sock, { family: AF_INET }, 0)).toBe(-EINVAL);
    for (const op of [d.sock.ops.listen(d.sock, 1), d.sock.ops.shutdown(d.sock, 2), d.sock.ops.accept(d.sock, d.sock, 0)]) expect(op).toBe(-EOPNOTSUPP);
    finish(k);
  });

  test('the kernel chooses the process id first, then a number that no process has; ports are per namespace', () => {
    const k = makeKernel();
    const other = k.createNet();
    const pids = [k.initNet, k.initNet, k.initNet, other].map((net) => {
      const c = new Client(net);
      expect(c.bind(nl(0))).toBe(0);
      return nameOf(c)[0];
    });
    expect(pids[0]).toBe(pids[3]);
    expect(new Set(pids).size).toBe(3);
    for (const p of pids.slice(1, 3)) expect(p).toBeGreaterThanOrEqual(0x80000000);
    finish(k);
  });
});

describe('options', () => {
  test('flags, membership, lists', () => {
    const k = makeKernel();
    const c = new Client(k.initNet, { ext: false, strict: false });
    for (const opt of [NETLINK_PKTINFO, NETLINK_BROADCAST_ERROR, NETLINK_NO_ENOBUFS, NETLINK_LISTEN_ALL_NSID, NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK]) {
      expect(c.getopt(opt)).toEqual(new Uint8Array(4));
      expect(c.setopt(opt, 1)).toBe(0);
      expect(c.getopt(opt)).toEqual(new Uint8Array([1, 0, 0, 0]));
      expect(c.setopt(opt, 0)).toBe(0);
      expect(c.getopt(opt, 2)).toBe(-EINVAL);
    }
    for (const [group, want] of [[0, -EINVAL], [1, 0], [RTNLGRP_MAX, 0], [RTNLGRP_MAX + 1, -EINVAL], [1000, -EINVAL], [-1, -EINVAL]] as const) {
      expect(c.setopt(NETLINK_ADD_MEMBERSHIP, group)).toBe(want);
    }
    expect(c.getopt(NETLINK_LIST_MEMBERSHIPS, 64)).toEqual(new Uint8Array([1, 0, 0, 0, 0x40, 0, 0, 0]));
    expect(c.getopt(NETLINK_LIST_MEMBERSHIPS, 4)).toEqual(new Uint8Array([1, 0, 0, 0]));
    expect(c.setopt(NETLINK_DROP_MEMBERSHIP, 1)).toBe(0);
    expect(c.setopt(NETLINK_DROP_MEMBERSHIP, 2)).toBe(0);
    expect(c.getopt(NETLINK_LIST_MEMBERSHIPS, 64)).toEqual(new Uint8Array([0, 0, 0, 0, 0x40, 0, 0, 0]));
    expect(c.setopt(77, 1)).toBe(-ENOPROTOOPT);
    expect(c.getopt(77)).toBe(-ENOPROTOOPT);
    expect(c.getopt(NETLINK_ADD_MEMBERSHIP)).toBe(-ENOPROTOOPT);
    expect(c.sock.ops.setsockopt(c.sock, SOL_NETLINK + 1, NETLINK_EXT_ACK, new Uint8Array(4))).toBe(-ENOPROTOOPT);
    expect(c.sock.ops.setsockopt(c.sock, SOL_NETLINK, NETLINK_EXT_ACK, new Uint8Array([1]))).toBe(0);
    expect(c.getopt(NETLINK_EXT_ACK)).toEqual(new Uint8Array(4));
    finish(k);
  });

  test('a listener counts from joining to closing', () => {
    const k = makeKernel();
    expect(netlinkHasListeners(k.initNet, 0, RTNLGRP_LINK)).toBe(false);
    const c = new Client(k.initNet, { groups: 1 });
    expect(netlinkHasListeners(k.initNet, 0, RTNLGRP_LINK)).toBe(true);
    c.close();
    expect(netlinkHasListeners(k.initNet, 0, RTNLGRP_LINK)).toBe(false);
    finish(k);
  });
});

describe('send and receive', () => {
  test('errors of sendmsg', () => {
    const k = makeKernel();
    const c = new Client(k.initNet);
    expect(c.send(new Uint8Array(0))).toBe(-ENODATA);
    expect(c.send(new Uint8Array(300000))).toBe(-EMSGSIZE);
    expect(c.send(text('abc'), { ...nl(0), family: AF_INET })).toBe(-EINVAL);
    expect(c.send(text('abc'), nl(777))).toBe(-ECONNREFUSED);
    expect(c.recv(10, MSG_OOB)).toBe(-EOPNOTSUPP);
    expect(c.recv()).toBe(-EAGAIN);
    const u = new Client(k.initNet, { protocol: NETLINK_USERSOCK });
    expect(u.send(text('abc'), nl(0))).toBe(-ECONNREFUSED);
    finish(k);
  });

  test('between sockets: unicast, and to a group', () => {
    const k = makeKernel();
    const a = new Client(k.initNet);
    a.bind(nl(100));
    const b = new Client(k.initNet);
    b.bind(nl(200));
    expect(b.send(text('hello'), nl(100))).toBe(5);
    const got = a.recv();
    if (typeof got === 'number') throw new Error(String(got));
    expect(str(got.u8)).toBe('hello');
    expect(got.msg.name).toEqual(nl(200));
    const u = [0, 1, 2].map(() => new Client(k.initNet, { protocol: NETLINK_USERSOCK }));
    u[1]!.bind(nl(0, 1));
    u[2]!.bind(nl(0, 2));
    u[1]!.setopt(NETLINK_PKTINFO, 1);
    // Nobody in the kernel listens to this protocol, and that is what the sender hears, even though the group got it.
    expect(u[0]!.send(text('abc'), nl(0, 1))).toBe(-ECONNREFUSED);
    const m = u[1]!.recv();
    if (typeof m === 'number') throw new Error(String(m));
    expect(m.msg.name).toEqual(nl(nameOf(u[0]!)[0], 1));
    expect(m.msg.control).toEqual([{ level: SOL_NETLINK, type: NETLINK_PKTINFO, data: new Uint8Array([1, 0, 0, 0]) }]);
    expect(u[2]!.recv()).toBe(-EAGAIN);
    finish(k);
  });

  test('a connected socket hears only its peer', () => {
    const k = makeKernel();
    const [a, b, c] = [100, 200, 300].map((p) => {
      const s = new Client(k.initNet);
      s.bind(nl(p));
      return s;
    }) as [Client, Client, Client];
    a.sock.ops.connect(a.sock, nl(200), 0);
    expect(c.send(text('x'), nl(100))).toBe(-ECONNREFUSED);
    expect(b.send(text('x'), nl(100))).toBe(1);
    finish(k);
  });

  test('MSG_PEEK, MSG_TRUNC and short buffers', () => {
    const k = makeKernel();
    const c = new Client(k.initNet);
    c.send(message(RTM_GETLINK, 1, ifi({ index: 1 }), 9));
    const whole = c.recv(0, MSG_PEEK | MSG_TRUNC);
    if (typeof whole === 'number') throw new Error(String(whole));
    expect(whole.msg.flags & MSG_TRUNC).not.toBe(0);
    const len = whole.n;
    expect(len).toBeGreaterThan(600);
    const cut = c.recv(20, MSG_PEEK);
    if (typeof cut === 'number') throw new Error(String(cut));
    expect([cut.n, cut.msg.flags & MSG_TRUNC]).toEqual([20, MSG_TRUNC]);
    const full = c.recv();
    if (typeof full === 'number') throw new Error(String(full));
    expect([full.n, full.msg.flags]).toEqual([len, 0]);
    expect(split(full.u8)[0]!.seq).toBe(9);
    expect(full.msg.name).toEqual(nl(0));
    expect(c.recv()).toBe(-EAGAIN);
    finish(k);
  });

  test('poll and wake-ups', () => {
    const k = makeKernel();
    const c = new Client(k.initNet);
    expect(c.sock.ops.poll(c.sock) & (POLLIN | POLLOUT)).toBe(POLLOUT);
    const woken: number[] = [];
    c.sock.wq.add(new WaitEntry((mask) => woken.push(mask)));
    c.send(message(RTM_GETLINK, 1, ifi({ index: 1 }), 9));
    expect(woken).toHaveLength(1);
    expect(c.sock.ops.poll(c.sock) & POLLIN).toBe(POLLIN);
    finish(k);
  });
});

describe('too slow a reader', () => {
  const event = (n: number): NlWriter => {
    const w = new NlWriter();
    w.begin(100, 0, n, 0);
    w.reserve(100);
    w.end();
    return w;
  };

  test('loses messages, is told once, and hears again after it emptied its queue', () => {
    const k = makeKernel();
    const c = new Client(k.initNet, { groups: 1 });
    expect(sockSetsockopt(c.sock, SO_RCVBUF, new Uint8Array([0, 8, 0, 0]))).toBe(0);
    const sent = 20;
    for (let i = 0; i < sent; i++) netlinkBroadcast(k.initNet, 0, event(i), 0, RTNLGRP_LINK);
    expect(c.sock.ops.poll(c.sock) & POLLERR).toBe(POLLERR);
    expect(c.recv()).toBe(-ENOBUFS);
    const first = c.messages();
    expect(first.length).toBeGreaterThan(2);
    expect(first.length).toBeLessThan(sent);
    expect(first.map((m) => m.seq)).toEqual(first.map((_m, i) => i));
    expect((c.sock.sk as NetlinkSock).drops).toBe(sent - first.length);
    netlinkBroadcast(k.initNet, 0, event(99), 0, RTNLGRP_LINK);
    expect(c.messages().map((m) => m.seq)).toEqual([99]);
    finish(k);
  });

  test('with NETLINK_NO_ENOBUFS it is not told', () => {
    const k = makeKernel();
    const c = new Client(k.initNet, { groups: 1 });
    c.setopt(NETLINK_NO_ENOBUFS, 1);
    sockSetsockopt(c.sock, SO_RCVBUF, new Uint8Array([0, 8, 0, 0]));
    for (let i = 0; i < 20; i++) netlinkBroadcast(k.initNet, 0, event(i), 0, RTNLGRP_LINK);
    expect(c.messages().length).toBeLessThan(20);
    finish(k);
  });

  test('the sender hears of it only for a reader with NETLINK_BROADCAST_ERROR', () => {
    const k = makeKernel();
    const c = new Client(k.initNet, { groups: 1 });
    sockSetsockopt(c.sock, SO_RCVBUF, new Uint8Array([0, 8, 0, 0]));
    const ret = (): number => netlinkBroadcast(k.initNet, 0, event(1), 0, RTNLGRP_LINK);
    for (let i = 0; i < 20; i++) expect(ret()).toBe(0);
    c.setopt(NETLINK_BROADCAST_ERROR, 1);
    expect(ret()).toBe(-ENOBUFS);
    finish(k);
  });

  test('unicast between sockets says EAGAIN', () => {
    const k = makeKernel();
    const a = new Client(k.initNet);
    a.bind(nl(100));
    sockSetsockopt(a.sock, SO_RCVBUF, new Uint8Array([0, 8, 0, 0]));
    const b = new Client(k.initNet);
    let n = 0;
    while (b.send(text('hello'), nl(100)) === 5) n++;
    expect(n).toBeGreaterThan(2);
    expect(b.send(text('hello'), nl(100))).toBe(-EAGAIN);
    finish(k);
  });

  test('the send buffer is the largest message', () => {
    const k = makeKernel();
    const c = new Client(k.initNet);
    sockSetsockopt(c.sock, SO_SNDBUF, new Uint8Array([0, 16, 0, 0]));
    const room = (c.sock.sk as NetlinkSock).sndbuf - 32;
    expect(c.send(new Uint8Array(room))).toBe(room);
    expect(c.send(new Uint8Array(room + 1))).toBe(-EMSGSIZE);
    finish(k);
  });
});

describe('namespaces', () => {
  test('NETLINK_LISTEN_ALL_NSID hears of namespaces that have an id here, and says which', () => {
    const k = makeKernel();
    const other = k.createNet();
    const unknown = k.createNet();
    expect(netnsIdSet(k.initNet, other, 7)).toBe(0);
    const c = new Client(k.initNet, { groups: 1 });
    const plain = new Client(k.initNet, { groups: 1 });
    c.setopt(NETLINK_LISTEN_ALL_NSID, 1);
    for (const net of [other, unknown, k.initNet]) {
      const own = new Client(net);
      expect(own.ack(19, 0, ifi({ index: 1, flags: 1, change: 1 })).errno).toBe(0);
    }
    const heard = [c.recv(), c.recv(), c.recv()].map((r) => (typeof r === 'number' ? r : r.msg.control.map((m) => [m.type, s32(m.data)])));
    expect(heard).toEqual([[[NETLINK_LISTEN_ALL_NSID, 7]], [], -EAGAIN]);
    expect(plain.messages()).toHaveLength(1);
    finish(k);
  });

  test('the end of a namespace ends its sockets', () => {
    const k = makeKernel();
    const net = k.createNet();
    const c = new Client(net, { groups: 1 });
    c.send(message(RTM_GETLINK, 1 | NLM_F_DUMP, ifi(), 1));
    const woken: number[] = [];
    c.sock.wq.add(new WaitEntry((mask) => woken.push(mask)));
    net.destroy();
    expect(woken).toHaveLength(1);
    expect(c.recv()).toBe(-ENETDOWN);
    expect(c.recv()).toBe(-ENETDOWN);
    expect(c.send(text('abcd'))).toBe(-ENETDOWN);
    expect(c.sock.ops.poll(c.sock) & POLLERR).toBe(POLLERR);
    c.close();
    finish(k);
  });

  test('without the module there is no such family', () => {
    const k = makeKernel();
    expect(sockCreate(k.initNet, 44, SOCK_RAW, 0)).toBe(-EAFNOSUPPORT);
    finish(k);
  });
});

test('a GETLINK reply names the device', () => {
  const k = makeKernel();
  const c = new Client(k.initNet);
  const [m] = c.request(RTM_GETLINK, 0, ifi({ index: 1 }));
  const tb = attrs(m!.payload, 16);
  expect([str(tb.get(3)), u32(tb.get(4))]).toEqual(['lo', 65536]);
  expect(m!.pid).toBe(nameOf(c)[0]);
  finish(k);
});

test('/proc/net/netlink lists the sockets', () => {
  const k = makeKernel();
  const other = k.createNet();
  const c = new Client(k.initNet, { groups: 3 });
  c.setopt(NETLINK_ADD_MEMBERSHIP, 5);
  const u = new Client(k.initNet, { protocol: NETLINK_USERSOCK });
  const rows = (net: typeof other): string[][] => String(net.proc.read('net/netlink')).trim().split('\n').slice(1).map((l) => l.trim().split(/ +/));
  const kernels = ['0', '4', '6', '9', '12', '15', '16', '20'].map((p) => [p, '0', '00000000']);
  const named = (net: typeof other): string[][] => rows(net).map((r) => r.slice(1, 4));
  expect(named(other)).toEqual(kernels);
  // One that has no port is not listed.
  expect(named(k.initNet)).toEqual([kernels[0], ['0', '1', '00000013'], ...kernels.slice(1)]);
  u.bind(nl(7));
  expect(named(k.initNet)).toContainEqual(['2', '7', '00000000']);
  expect(new Set(rows(k.initNet).map((r) => r[9])).size).toBe(10);
  c.close();
  u.close();
  expect(named(k.initNet)).toEqual(kernels);
  finish(k);
});
