import {
  createKernel, EAFNOSUPPORT, EAGAIN, EDOM, EINVAL, ENODEV, ENOMEM, ENOPROTOOPT, EPERM, EOPNOTSUPP, EPROTONOSUPPORT, errnoName, VirtualClock, WaitEntry, type Kernel,
} from '@linnet/kernel';
import { NETDEV } from '@linnet/netdev';
import { allocSkb, consumeSkb, SKB, skbAddFrag, skbPut, skbStats, type Skb } from '@linnet/skbuff';
import {
  AF_INET, MSG_PEEK, POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, SO_ATTACH_FILTER, SO_BINDTODEVICE, SO_BROADCAST, SO_COOKIE, SO_DETACH_FILTER, SO_DOMAIN, SO_ERROR, SO_KEEPALIVE, SO_LINGER, SO_LOCK_FILTER, SO_MARK, SO_PEEK_OFF, SO_PRIORITY,
  SO_PROTOCOL, SO_RCVBUF, SO_RCVBUFFORCE, SO_RCVLOWAT, SO_RCVMARK, SO_RCVPRIORITY, SO_RCVTIMEO, SO_REUSEADDR, SO_RXQ_OVFL, SO_SNDBUF, SO_TIMESTAMP_OLD, SO_TIMESTAMPNS_OLD, SO_TYPE, SOCK_DGRAM,
} from '@linnet/uapi';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  datagramPoll, netSomaxconn, skFilter, skFilterTrimCap, sockRecvCmsgs, intOpt, msgCopyFrom, msgCount, MsgHdr, optInt, ProtoMemory, SHUTDOWN_MASK, skbAppendMsg, skbCopyDatagramMsg, skbRecvDatagram, skMemReclaim, skMemSchedule, skSetOwnerW,
  Sock, sockCreate, sockDestruct, Socket, socket, sockFlag, SOCK_KEEPOPEN, sockGetsockopt, sockQueueRcvSkb, sockRegister, sockSetsockopt, type Proto,
} from '../src/index.ts';

let k: Kernel;
let keepalives: boolean[];
let memory: ProtoMemory | null;
const prot = {
  name: 'FAKE',
  get memory() {
    return memory;
  },
  keepalive: (_: Sock, on: boolean) => keepalives.push(on),
} as unknown as Proto;

function makeSock(): Socket {
  const sock = new Socket(k.initNet, SOCK_DGRAM, { getname: () => -107 } as never);
  sock.sk = new Sock(k.initNet, AF_INET, SOCK_DGRAM, 17, prot);
  sock.sk.socket = sock;
  return sock;
}

function packet(text: string): Skb {
  const skb = allocSkb(k.initNet.kernel.get(SKB), 100);
  const at = skbPut(skb, text.length);
  for (let i = 0; i < text.length; i++) skb.u8[at + i] = text.charCodeAt(i);
  return skb;
}

beforeEach(() => {
  k = createKernel({ modules: [socket], clock: new VirtualClock(), seed: 1, debug: true });
  keepalives = [];
  memory = null;
});
afterEach(() => {
  k.shutdown();
  expect(skbStats(k).live).toBe(0);
});

describe('families', () => {
  it('are found by number, and only once', () => {
    expect(errnoName(sockCreate(k.initNet, AF_INET, SOCK_DGRAM, 0) as number)).toBe('EAFNOSUPPORT');
    sockRegister(k, {
      family: AF_INET,
      create(_, sock, protocol) {
        if (protocol === 99) return -EPROTONOSUPPORT;
        if (protocol < 0) return -EINVAL;
        sock.sk = makeSock().sk;
        return 0;
      },
    });
    expect(sockCreate(k.initNet, AF_INET, SOCK_DGRAM, 0)).toBeInstanceOf(Socket);
    expect(sockCreate(k.initNet, AF_INET, SOCK_DGRAM, 99)).toBe(-EPROTONOSUPPORT);
    expect(sockCreate(k.initNet, AF_INET, SOCK_DGRAM, -1)).toBe(-EINVAL); // the family's answer: AF_NETLINK says EPROTONOSUPPORT
    expect(sockCreate(k.initNet, AF_INET, 77, 0)).toBe(-EINVAL);
    expect(sockCreate(k.initNet, 500, SOCK_DGRAM, 0)).toBe(-EAFNOSUPPORT);
    expect(() => sockRegister(k, { family: AF_INET, create: () => 0 })).toThrow(/twice/);
  });
});

describe('SOL_SOCKET', () => {
  const int = (sock: Socket, opt: number): number => optInt(sockGetsockopt(sock, opt, 4) as Uint8Array);

  it('keeps ints and flags', () => {
    const sock = makeSock();
    for (const [opt, v] of [[SO_MARK, -7], [SO_PRIORITY, 6], [SO_RCVLOWAT, SO_RCVMARK, SO_RCVPRIORITY, 10], [SO_REUSEADDR, 1], [SO_BROADCAST, 1]] as const) {
      expect(sockSetsockopt(sock, opt, intOpt(v))).toBe(0);
      expect(int(sock, opt)).toBe(v);
    }
    expect([int(sock, SO_TYPE), int(sock, SO_PROTOCOL), int(sock, SO_DOMAIN)]).toEqual([SOCK_DGRAM, 17, AF_INET]);
    expect(sockSetsockopt(sock, SO_TYPE, intOpt(1))).toBe(-ENOPROTOOPT);
    expect(sockSetsockopt(sock, SO_MARK, new Uint8Array(2))).toBe(-EINVAL);
    expect(sockSetsockopt(sock, 9999, intOpt(1))).toBe(-ENOPROTOOPT);
    expect(sockGetsockopt(sock, 9999, 4)).toBe(-ENOPROTOOPT);
    expect((sockGetsockopt(sock, SO_MARK, 2) as Uint8Array).length).toBe(2);
  });

  // socket(7): the kernel doubles the value; the limits are rmem_max and wmem_max, the minima 2304 and 4608 as getsockopt shows them on Linux.
  it('doubles buffer sizes and keeps them in bounds', () => {
    const sock = makeSock();
    sockSetsockopt(sock, SO_RCVBUF, intOpt(10000));
    expect(int(sock, SO_RCVBUF)).toBe(20000);
    sockSetsockopt(sock, SO_RCVBUF, intOpt(1));
    expect(int(sock, SO_RCVBUF)).toBe(2304);
    sockSetsockopt(sock, SO_RCVBUF, intOpt(100_000_000));
    expect(int(sock, SO_RCVBUF)).toBe(2 * 212992);
    sockSetsockopt(sock, SO_RCVBUFFORCE, intOpt(1_000_000));
    expect(int(sock, SO_RCVBUF)).toBe(2_000_000);
    sockSetsockopt(sock, SO_SNDBUF, intOpt(1));
    expect(int(sock, SO_SNDBUF)).toBe(4608);
    k.sysctl.write('net/core/wmem_max', '50000');
    sockSetsockopt(sock, SO_SNDBUF, intOpt(100_000));
    expect(int(sock, SO_SNDBUF)).toBe(100_000);
  });

  it('begins with the default sizes of buffers of the machine', () => {
    expect(k.sysctl.write('net/core/rmem_default', '100000')).toBe(0);
    expect(k.sysctl.write('net/core/wmem_default', '50000')).toBe(0);
    const sock = makeSock();
    expect([int(sock, SO_RCVBUF), int(sock, SO_SNDBUF)]).toEqual([100_000, 50_000]);
  });

  // What Linux 6.18 answers: the last of the two that is switched on holds, and switching either off ends both.
  it('stamps in microseconds or in nanoseconds, not both', () => {
    const sock = makeSock();
    const both = (): number[] => [int(sock, SO_TIMESTAMP_OLD), int(sock, SO_TIMESTAMPNS_OLD)];
    const steps = [[SO_TIMESTAMP_OLD, 1, [1, 0]], [SO_TIMESTAMPNS_OLD, 1, [0, 1]], [SO_TIMESTAMP_OLD, 1, [1, 0]], [SO_TIMESTAMPNS_OLD, 0, [0, 0]]] as const;
    for (const [opt, v, want] of steps) {
      expect(sockSetsockopt(sock, opt, intOpt(v))).toBe(0);
      expect(both()).toEqual(want);
    }
  });

  it('asks for receive times while a socket wants them, and no longer', () => {
    const sd = k.get(NETDEV);
    const [a, b] = [makeSock(), makeSock()];
    sockSetsockopt(a, SO_TIMESTAMP_OLD, intOpt(1));
    sockSetsockopt(a, SO_TIMESTAMPNS_OLD, intOpt(1));
    sockSetsockopt(b, SO_TIMESTAMPNS_OLD, intOpt(1));
    expect(sd.netstampNeeded).toBe(2);
    sockSetsockopt(b, SO_TIMESTAMP_OLD, intOpt(0));
    sockDestruct(a.sk!);
    sockDestruct(a.sk!);
    sockDestruct(b.sk!);
    expect(sd.netstampNeeded).toBe(0);
  });

  it('refuses SO_PEEK_OFF, which no transport has yet, as Linux does for such', () => {
    expect(sockSetsockopt(makeSock(), SO_PEEK_OFF, intOpt(0))).toBe(-EOPNOTSUPP);
    expect(sockGetsockopt(makeSock(), SO_PEEK_OFF, 4)).toBe(-EOPNOTSUPP);
  });

  it('reads SO_ERROR once', () => {
    const sock = makeSock();
    sock.sk!.err = 111;
    sock.sk!.errSoft = 113;
    expect([int(sock, SO_ERROR), int(sock, SO_ERROR), int(sock, SO_ERROR)]).toEqual([111, 113, 0]);
  });

  it('keeps times and lingering', () => {
    const sock = makeSock();
    const tv = (s: bigint, us: bigint): Uint8Array => new Uint8Array(new BigInt64Array([s, us]).buffer);
    expect(sockSetsockopt(sock, SO_RCVTIMEO, tv(1n, 500_000n))).toBe(0);
    expect(sock.sk!.rcvtimeo).toBe(1500);
    expect([...(sockGetsockopt(sock, SO_RCVTIMEO, 16) as Uint8Array)]).toEqual([...tv(1n, 500_000n)]);
    expect(sockSetsockopt(sock, SO_RCVTIMEO, tv(0n, 0n))).toBe(0);
    expect(sock.sk!.rcvtimeo).toBe(Infinity);
    expect(sockSetsockopt(sock, SO_RCVTIMEO, tv(0n, 1_000_000n))).toBe(-EDOM);
    expect(sockSetsockopt(sock, SO_RCVTIMEO, new Uint8Array(8))).toBe(-EINVAL);
    const linger = new Uint8Array(new Int32Array([1, 9]).buffer);
    expect(sockSetsockopt(sock, SO_LINGER, linger)).toBe(0);
    expect([...(sockGetsockopt(sock, SO_LINGER, 8) as Uint8Array)]).toEqual([...linger]);
    expect(sockSetsockopt(sock, SO_LINGER, intOpt(1))).toBe(-EINVAL);
    // Switched off, the time stays (as Linux shows it); a negative one is very long.
    expect(sockSetsockopt(sock, SO_LINGER, new Uint8Array(new Int32Array([0, 5]).buffer))).toBe(0);
    expect([...(sockGetsockopt(sock, SO_LINGER, 8) as Uint8Array)]).toEqual([...new Uint8Array(new Int32Array([0, 9]).buffer)]);
    sockSetsockopt(sock, SO_LINGER, new Uint8Array(new Int32Array([1, -1]).buffer));
    expect(sock.sk!.lingertime).toBeGreaterThan(1e12);
  });

  it('binds to a device by name, tells keepalive to the transport, gives each a cookie', () => {
    const sock = makeSock();
    const name = (s: string): Uint8Array => Uint8Array.from(s, (c) => c.charCodeAt(0));
    expect(sockSetsockopt(sock, SO_BINDTODEVICE, name('nope'))).toBe(-ENODEV);
    expect(sockSetsockopt(sock, SO_BINDTODEVICE, name('lo\0junk'))).toBe(0);
    expect(sock.sk!.boundDevIf).toBe(1);
    expect([...(sockGetsockopt(sock, SO_BINDTODEVICE, 16) as Uint8Array)]).toEqual([...name('lo\0')]);
    expect(sockGetsockopt(sock, SO_BINDTODEVICE, 15)).toBe(-EINVAL); // Linux wants room for any name
    sockSetsockopt(sock, SO_BINDTODEVICE, name(''));
    expect(sockGetsockopt(sock, SO_BINDTODEVICE, 0)).toEqual(new Uint8Array(0));
    expect(sock.sk!.boundDevIf).toBe(0);
    sockSetsockopt(sock, SO_KEEPALIVE, intOpt(1));
    expect([keepalives, sockFlag(sock.sk!, SOCK_KEEPOPEN)]).toEqual([[true], true]);
    const cookie = sockGetsockopt(sock, SO_COOKIE, 8) as Uint8Array;
    expect(sockGetsockopt(sock, SO_COOKIE, 8)).toEqual(cookie);
    expect(sockGetsockopt(makeSock(), SO_COOKIE, 8)).not.toEqual(cookie);
    expect(sockGetsockopt(sock, SO_COOKIE, 4)).toBe(-EINVAL);
  });
});

describe('datagrams', () => {
  it('are read in order, looked at, and give their memory back', () => {
    const sock = makeSock();
    const sk = sock.sk!;
    expect(skbRecvDatagram(sk, 0)).toBe(-EAGAIN);
    k.run(() => {
      sockQueueRcvSkb(sk, packet('one'));
      sockQueueRcvSkb(sk, packet('two'));
    });
    expect(sk.rmemAlloc).toBeGreaterThan(0);
    for (const [flags, want] of [[MSG_PEEK, 'one'], [0, 'one'], [0, 'two']] as const) {
      const skb = skbRecvDatagram(sk, flags) as Skb;
      const buf = new Uint8Array(3);
      expect(skbCopyDatagramMsg(skb, 0, new MsgHdr([buf]), 3)).toBe(3);
      expect(String.fromCharCode(...buf)).toBe(want);
      consumeSkb(skb);
    }
    expect([sk.rmemAlloc, skbRecvDatagram(sk, 0)]).toEqual([0, -EAGAIN]);
    sk.err = 111;
    expect(skbRecvDatagram(sk, 0)).toBe(-111);
    // A datagram socket has no end to tell: who does not wait hears the same as before.
    sk.shutdown = SHUTDOWN_MASK;
    expect(skbRecvDatagram(sk, 0)).toBe(-EAGAIN);
  });

  it('tell how many were lost before them, their mark and their priority', () => {
    const sock = makeSock();
    const sk = sock.sk!;
    for (const opt of [SO_RXQ_OVFL, SO_RCVMARK, SO_RCVPRIORITY]) expect(sockSetsockopt(sock, opt, intOpt(1))).toBe(0);
    sk.rcvbuf = 1500;
    const results = [1, 2, 3, 4].map((mark) => {
      const skb = packet('x');
      skb.mark = mark;
      skb.priority = 6;
      return sockQueueRcvSkb(sk, skb);
    });
    const lost = results.filter((r) => r === -ENOMEM).length;
    expect(lost).toBeGreaterThan(0);
    const next = (): number[][] => {
      const skb = skbRecvDatagram(sk, 0) as Skb;
      const msg = new MsgHdr();
      sockRecvCmsgs(sk, msg, skb);
      consumeSkb(skb);
      return msg.control.map((c) => [c.type, optInt(c.data)]);
    };
    // The first came when nothing was lost yet.
    expect(next()).toEqual([[SO_MARK, 1], [SO_PRIORITY, 6]]);
    while (sk.receiveQueue.head !== null) next();
    sockQueueRcvSkb(sk, packet('y'));
    expect(next()).toEqual([[SO_RXQ_OVFL, lost], [SO_MARK, 0], [SO_PRIORITY, 0]]);
    sockDestruct(sk);
  });

  it('do not pass a filter that drops them, and lose what it cuts off', () => {
    const sock = makeSock();
    const sk = sock.sk!;
    const ret = (n: number): Uint8Array => Uint8Array.from([6, 0, 0, 0, n, 0, 0, 0]);
    expect(sockSetsockopt(sock, SO_ATTACH_FILTER, ret(2))).toBe(0);
    expect(sockQueueRcvSkb(sk, packet('abc'))).toBe(0);
    expect(sockSetsockopt(sock, SO_ATTACH_FILTER, ret(0))).toBe(0);
    expect(sockQueueRcvSkb(sk, packet('abc'))).toBe(-EPERM);
    expect(k.get(SKB).dropCounts()['SOCKET_FILTER']).toBe(1);
    const skb = skbRecvDatagram(sk, 0) as Skb;
    expect(skb.len).toBe(2);
    consumeSkb(skb);
    // Not into what must stay.
    const header = packet('abcdef');
    sockSetsockopt(sock, SO_ATTACH_FILTER, ret(1));
    expect([skFilterTrimCap(sk, header, 4), header.len, skFilter(sk, header)]).toEqual([0, 4, 1]);
    consumeSkb(header);
    expect(sockGetsockopt(sock, SO_ATTACH_FILTER, 64)).toEqual(ret(1));
    expect(sockGetsockopt(sock, SO_ATTACH_FILTER, 7)).toBe(-EINVAL);
    k.initNet.sysctl.write('net/core/optmem_max', '200');
    expect(sockSetsockopt(sock, SO_ATTACH_FILTER, ret(1))).toBe(-ENOMEM);
    expect(sockSetsockopt(sock, SO_LOCK_FILTER, intOpt(1))).toBe(0);
    expect([sockSetsockopt(sock, SO_ATTACH_FILTER, ret(1)), sockSetsockopt(sock, SO_DETACH_FILTER, intOpt(0)), sockSetsockopt(sock, SO_LOCK_FILTER, intOpt(0))]).toEqual([-EPERM, -EPERM, -EPERM]);
    sockDestruct(sk);
  });

  it('wake those who wait, outside of the kernel, and poll tells why', () => {
    const sock = makeSock();
    const sk = sock.sk!;
    const masks: number[] = [];
    sock.wq.add(new WaitEntry((mask) => {
      expect(k.depth).toBe(0);
      masks.push(mask);
    }));
    expect(datagramPoll(sock) & (POLLIN | POLLOUT | POLLERR)).toBe(POLLOUT);
    k.run(() => {
      sockQueueRcvSkb(sk, packet('one'));
      sockQueueRcvSkb(sk, packet('two'));
      expect(masks).toEqual([]);
    });
    expect(masks.length).toBe(1);
    expect(masks[0]! & POLLIN).toBe(POLLIN);
    expect(datagramPoll(sock) & POLLIN).toBe(POLLIN);
    sk.err = 5;
    sk.shutdown = SHUTDOWN_MASK;
    sk.wmemAlloc = sk.sndbuf;
    expect(datagramPoll(sock) & (POLLERR | POLLHUP | POLLRDHUP | POLLOUT)).toBe(POLLERR | POLLHUP | POLLRDHUP);
    sk.wmemAlloc = 0;
    sockDestruct(sk);
  });

  it('stop at the limits of the socket and of the transport', () => {
    memory = new ProtoMemory(1, 2, 3);
    const sk = makeSock().sk!;
    let n = 0;
    while (k.run(() => sockQueueRcvSkb(sk, packet('x'))) === 0) n++;
    expect(n).toBe(Math.floor((3 * 4096) / 768));
    expect(memory.pressure).toBe(true);
    sockDestruct(sk);
    expect([sk.rmemAlloc, sk.forwardAlloc, memory.allocated, memory.pressure]).toEqual([0, 0, 0, false]);
    memory = null;
    sk.rcvbuf = 1000;
    expect([0, 0, 0].map(() => sockQueueRcvSkb(sk, packet('x')))).toEqual([0, 0, -ENOMEM]);
    expect(sk.drops).toBe(2);
    sockDestruct(sk);
  });
});

describe('memory', () => {
  it('is lent in pages and taken back', () => {
    memory = new ProtoMemory(10, 20, 30);
    const sk = makeSock().sk!;
    expect(skMemSchedule(sk, 5000)).toBe(true);
    expect([sk.forwardAlloc, memory.allocated]).toEqual([8192, 2]);
    expect(skMemSchedule(sk, 8000)).toBe(true);
    expect(memory.allocated).toBe(2);
    expect(skMemSchedule(sk, 200_000)).toBe(false);
    expect(skMemSchedule(sk, 200_000, true)).toBe(true);
    expect(memory.pressure).toBe(true);
    skMemReclaim(sk);
    expect([sk.forwardAlloc, memory.allocated]).toEqual([0, 0]);
  });

  it('of what is on its way counts until it is gone, then writers hear of it', () => {
    const sk = makeSock().sk!;
    let space = 0;
    sk.writeSpace = () => space++;
    const skb = packet('x');
    skSetOwnerW(skb, sk);
    expect(sk.wmemAlloc).toBe(skb.truesize);
    consumeSkb(skb);
    expect([sk.wmemAlloc, space]).toEqual([0, 1]);
  });
});

describe('messages', () => {
  it('are copied across buffers in any pieces', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 20 }), (iov, steps) => {
      const msg = new MsgHdr(iov);
      const all = iov.flatMap((b) => [...b]);
      expect(msgCount(msg)).toBe(all.length);
      const got: number[] = [];
      for (const n of steps) {
        const dst = new Uint8Array(n);
        got.push(...dst.subarray(0, msgCopyFrom(msg, dst, 0, n)));
      }
      expect(got).toEqual(all.slice(0, got.length));
      expect(got.length).toBe(Math.min(all.length, steps.reduce((a, b) => a + b, 0)));
      expect(msgCount(msg)).toBe(all.length - got.length);
    }), { seed: 1, numRuns: 300 });
  });

  it('become fragments of shared pages, one fragment while they adjoin', () => {
    const sk = makeSock().sk!;
    const skb = allocSkb(sk.pool, 0);
    const append = (n: number, max = 17): number => skbAppendMsg(sk, skb, new MsgHdr([new Uint8Array(n).fill(n & 255)]), n, max);
    expect(append(1000)).toBe(1000);
    expect(append(500)).toBe(500);
    expect([skb.nrFrags, skb.len]).toEqual([1, 1500]);
    expect(append(40_000)).toBe(40_000);
    expect([skb.nrFrags, skb.len, skb.dataLen]).toEqual([2, 41_500, 41_500]);
    const other = sk.pool.allocHead(100);
    skbAddFrag(skb, other, 0, 50, 50);
    expect(append(10, 3)).toBe(0);
    consumeSkb(skb);
    sockDestruct(sk);
    expect(sk.pool.headsLive).toBe(0);
  });
});

it('keeps the limits in one place a kernel, those of listening and options in each namespace', () => {
  expect(netSomaxconn(k.initNet)).toBe(4096);
  expect(k.initNet.sysctl.write('net.core.somaxconn', '100')).toBe(0);
  expect(netSomaxconn(k.initNet)).toBe(100);
  expect(k.sysctl.write('net.core.rmem_max', '5')).toBe(-EINVAL);
});
