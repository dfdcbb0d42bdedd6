import { EADDRINUSE, EADDRNOTAVAIL, EINVAL, type VirtualClock } from '@linnet/kernel';
import { describe, expect, it } from 'vitest';
import { inetCskGetPort, inetEhashInsert, inetHashConnect, inetInheritPort, inetPutPort, inetSkGetLocalPortRange, inetTwskHashdance, inetTwskKill, InetTimewaitSock, inetUnhash } from '../src/index.ts';
import { bench, ip } from './helpers.ts';

const ME = ip('10.0.0.1');
const PEER = ip('10.0.0.2');
const no = (): boolean => false;

describe('bind', () => {
  // The rows of socket(7)'s and ip(7)'s rules for SO_REUSEADDR and SO_REUSEPORT, as bind(2) answers them on Linux.
  it.each([
    ['the same address and port', {}, {}, true],
    ['wildcard against an address', {}, { rcvSaddr: ME }, true],
    ['two addresses', { rcvSaddr: ME }, { rcvSaddr: PEER }, false],
    ['two devices', { boundDevIf: 1 }, { boundDevIf: 2 }, false],
    ['SO_REUSEADDR on both, nobody listens', { reuse: true }, { reuse: true }, false],
    ['SO_REUSEADDR on one', { reuse: true }, {}, true],
    ['SO_REUSEADDR on both, one listens', { reuse: true, state: 10 }, { reuse: true }, true],
    ['SO_REUSEPORT on both', { reuseport: true, state: 10 }, { reuseport: true }, false],
    ['SO_REUSEPORT of two users', { reuseport: true, uid: 1 }, { reuseport: true, uid: 2 }, true],
  ])('%s', (_, a, b, conflict) => {
    const { h, ports, sock } = bench();
    const first = sock(a);
    expect(inetCskGetPort(h, first, 8080, ports)).toBe(0);
    expect(first.num).toBe(8080);
    expect(inetCskGetPort(h, sock(b), 8080, ports)).toBe(conflict ? -EADDRINUSE : 0);
  });

  // What Linux 6.18 answers to a server that begins anew: the connections of its first run live on, or wait in TIME-WAIT.
  it.each([
    // the first run's SO_REUSEADDR, the second's, the second's address, and the answer
    [false, false, 0, true],
    [false, true, 0, true],
    [false, true, ME, true],
    [false, true, PEER, false],
    [true, false, 0, true],
    [true, false, ME, true],
    [true, false, PEER, false],
    [true, true, 0, false],
    [true, true, ME, false],
  ])('a server begins anew: reuse %s, then %s, at %i', (reuse, again, rcvSaddr, conflict) => {
    for (const timeWait of [false, true]) {
      const { h, k, ports, sock } = bench();
      const listener = sock({ reuse });
      expect(inetCskGetPort(h, listener, 8080, ports)).toBe(0);
      listener.state = 10;
      expect(inetCskGetPort(h, listener, 8080, ports)).toBe(0);
      const child = sock({ reuse, rcvSaddr: ME, daddr: PEER, dport: 4000, state: 1 });
      inetInheritPort(h, listener, child);
      inetEhashInsert(h, child);
      inetPutPort(h, listener);
      if (timeWait) k.run(() => inetTwskHashdance(new InetTimewaitSock(h, child), child, 60000));
      expect(inetCskGetPort(h, sock({ reuse: again, rcvSaddr }), 8080, ports)).toBe(conflict ? -EADDRINUSE : 0);
    }
  });

  it("a transparent proxy's connection has the port that its peer speaks to, not the listener's", () => {
    const { h, ports, sock } = bench();
    const listener = sock({});
    expect(inetCskGetPort(h, listener, 1234, ports)).toBe(0);
    listener.state = 10;
    const child = sock({ rcvSaddr: ME, daddr: PEER, dport: 4000, num: 80, state: 1 });
    inetInheritPort(h, listener, child);
    inetEhashInsert(h, child);
    expect([child.num, child.bindBucket!.port]).toEqual([80, 80]);
    expect(h.lookupEstablished(PEER, 4000, ME, 80, 0)?.owner).toBe(child);
    inetPutPort(h, child);
    expect(h.bhash.has(80)).toBe(false);
  });

  // ip(7), IP_LOCAL_PORT_RANGE: either bound may be left open, and one outside of the namespace's range does not count.
  it.each([
    [40000, 40002, 40000, 40002], [40000, 0, 40000, 60999], [0, 40000, 32768, 40000], [100, 40000, 32768, 40000], [40000, 65000, 40000, 60999], [0, 0, 32768, 60999],
  ])('the range of a socket: %i to %i', (lo, hi, low, high) => {
    const { h, ports, sock } = bench();
    const range = inetSkGetLocalPortRange(sock({ localPortRange: (hi << 16) | lo }), ports);
    expect([range & 0xffff, range >>> 16]).toEqual([low, high]);
    if (high - low > 2) return;
    // All of a narrow range is used, by bind and by connect.
    const own = { localPortRange: (hi << 16) | lo, rcvSaddr: ME };
    const bound = [1, 2, 3].map(() => sock(own));
    expect(bound.map((sk) => inetCskGetPort(h, sk, 0, ports))).toEqual([0, 0, 0]);
    expect(bound.map((sk) => sk.num).sort()).toEqual([40000, 40001, 40002]);
    expect(inetCskGetPort(h, sock(own), 0, ports)).toBe(-EADDRINUSE);
    for (const sk of bound) inetPutPort(h, sk);
    const to = { ...own, daddr: PEER, dport: 80 };
    const conns = [1, 2, 3].map(() => sock(to));
    expect(conns.map((sk) => inetHashConnect(h, sk, ports, no))).toEqual([0, 0, 0]);
    expect(conns.map((sk) => sk.num).sort()).toEqual([40000, 40001, 40002]);
    expect(inetHashConnect(h, sock(to), ports, no)).toBe(-EADDRNOTAVAIL);
  });

  it('lets two with SO_REUSEADDR hold a port, but one listen', () => {
    const { h, ports, sock } = bench();
    const a = sock({ reuse: true });
    const b = sock({ reuse: true });
    for (const sk of [a, b]) expect(inetCskGetPort(h, sk, 8080, ports)).toBe(0);
    b.state = 10;
    expect(inetCskGetPort(h, b, 8080, ports)).toBe(0);
    a.state = 10;
    expect(inetCskGetPort(h, a, 8080, ports)).toBe(-EADDRINUSE);
  });

  it('chooses no port that is held, whatever may be reused', () => {
    const { h, k, ports, sock } = bench();
    k.initNet.sysctl.write('net/ipv4/ip_local_port_range', '5000 5003');
    const got = [0, 1, 2, 3].map(() => {
      const sk = sock({ reuse: true });
      expect(inetCskGetPort(h, sk, 0, ports)).toBe(0);
      return sk.num;
    });
    expect(got.sort()).toEqual([5000, 5001, 5002, 5003]);
    expect(inetCskGetPort(h, sock({ reuse: true }), 0, ports)).toBe(-EADDRINUSE);
  });

  // conformance/ipv4/cache.test.ts asks the real kernel.
  it('chooses a port that others share when none is left, where ip_autobind_reuse is set', () => {
    const { h, k, ports, sock } = bench();
    k.initNet.sysctl.write('net/ipv4/ip_local_port_range', '5000 5003');
    expect(k.initNet.sysctl.write('net/ipv4/ip_autobind_reuse', '2')).toBeLessThan(0);
    expect(k.initNet.sysctl.write('net/ipv4/ip_autobind_reuse', '1')).toBe(0);
    const held = [false, true, true, true].map((reuse) => sock({ reuse }));
    for (const sk of held) expect(inetCskGetPort(h, sk, 0, ports)).toBe(0);
    expect(new Set(held.map((sk) => sk.num)).size).toBe(4);
    for (let i = 0; i < 20; i++) {
      const sk = sock({ reuse: true });
      expect(inetCskGetPort(h, sk, 0, ports)).toBe(0);
      expect(sk.num).not.toBe(held[0]!.num);
    }
    expect(inetCskGetPort(h, sock({}), 0, ports)).toBe(-EADDRINUSE);
    expect(inetCskGetPort(h, sock({ reuseport: true }), 0, ports)).toBe(-EADDRINUSE);
  });

  it('refuses a range of ports that reaches into the privileged ones', () => {
    const { sysctl } = bench().k.initNet;
    expect(sysctl.write('net/ipv4/ip_local_port_range', '1000 2000')).toBe(-EINVAL);
    expect(sysctl.write('net/ipv4/ip_local_port_range', '40000 40003')).toBe(0);
    expect(sysctl.write('net/ipv4/ip_unprivileged_port_start', '40002')).toBe(-EINVAL);
    expect(sysctl.write('net/ipv4/ip_unprivileged_port_start', '40000')).toBe(0);
  });

  it('reserved ports read as one set of ranges', () => {
    const { sysctl } = bench().k.initNet;
    const file = 'net/ipv4/ip_local_reserved_ports';
    // As Linux 6.18 answers.
    expect(sysctl.write(file, '8081,8080,1-3,2-5')).toBe(0);
    expect(sysctl.read(file)).toBe('1-5,8080-8081');
    expect(sysctl.write(file, '9,x')).toBe(-EINVAL);
    expect(sysctl.read(file)).toBe('1-5,8080-8081');
  });

  it('gives a port of the range, not a reserved one, until none is left', () => {
    const { h, k, ports, sock } = bench();
    expect(k.initNet.sysctl.write('net/ipv4/ip_local_port_range', '5000 5009')).toBe(0);
    expect(k.initNet.sysctl.write('net/ipv4/ip_local_reserved_ports', '5003,5007-5008')).toBe(0);
    expect(k.initNet.sysctl.write('net/ipv4/ip_local_port_range', '5009 5000')).toBe(-22);
    const got = new Set<number>();
    for (let i = 0; i < 7; i++) {
      const sk = sock();
      expect(inetCskGetPort(h, sk, 0, ports)).toBe(0);
      got.add(sk.num);
    }
    expect([...got].sort()).toEqual([5000, 5001, 5002, 5004, 5005, 5006, 5009]);
    expect(inetCskGetPort(h, sock(), 0, ports)).toBe(-EADDRINUSE);
  });

  it('is free again when its holder goes', () => {
    const { h, ports, sock } = bench();
    const a = sock();
    inetCskGetPort(h, a, 8080, ports);
    inetPutPort(h, a);
    expect(h.bhash.size).toBe(0);
    expect(inetCskGetPort(h, sock(), 8080, ports)).toBe(0);
  });
});

describe('connect', () => {
  it('shares a port between destinations, never a tuple', () => {
    const { h, k, ports, sock } = bench();
    k.initNet.sysctl.write('net/ipv4/ip_local_port_range', '5000 5001');
    const to = (dport: number): ReturnType<typeof sock> => sock({ rcvSaddr: ME, daddr: PEER, dport });
    for (const dport of [80, 81]) {
      const a = to(dport);
      const b = to(dport);
      expect(inetHashConnect(h, a, ports, no)).toBe(0);
      expect(inetHashConnect(h, b, ports, no)).toBe(0);
      expect([a.num, b.num].sort()).toEqual([5000, 5001]);
      expect(inetHashConnect(h, to(dport), ports, no)).toBe(-EADDRNOTAVAIL);
    }
  });

  it('keeps away from ports that are bound', () => {
    const { h, k, ports, sock } = bench();
    k.initNet.sysctl.write('net/ipv4/ip_local_port_range', '5000 5000');
    inetCskGetPort(h, sock(), 5000, ports);
    expect(inetHashConnect(h, sock({ rcvSaddr: ME, daddr: PEER, dport: 80 }), ports, no)).toBe(-EADDRNOTAVAIL);
  });

  it('goes on from port to port, differently for each seed (RFC 6056)', () => {
    const walk = (seed: number): number[] => {
      const { h, ports, sock } = bench(seed);
      return Array.from({ length: 8 }, () => {
        const sk = sock({ rcvSaddr: ME, daddr: PEER, dport: 80 });
        expect(inetHashConnect(h, sk, ports, no)).toBe(0);
        return sk.num;
      });
    };
    const a = walk(1);
    expect(new Set(a).size).toBe(8);
    expect(a.every((p) => p >= 32768 && p <= 60999 && p % 2 === 0)).toBe(true);
    expect(walk(1)).toEqual(a);
    expect(walk(2)[0]).not.toBe(a[0]);
  });

  it('asks whether a TIME-WAIT of the tuple may be replaced', () => {
    const { h, k, ports, sock } = bench();
    k.initNet.sysctl.write('net/ipv4/ip_local_port_range', '5000 5000');
    const old = sock({ rcvSaddr: ME, daddr: PEER, dport: 80 });
    expect(inetHashConnect(h, old, ports, no)).toBe(0);
    const tw = new InetTimewaitSock(h, old);
    inetTwskHashdance(tw, old, 60000);
    expect(h.twCount).toBe(1);
    const next = (): ReturnType<typeof sock> => sock({ rcvSaddr: ME, daddr: PEER, dport: 80 });
    expect(inetHashConnect(h, next(), ports, no)).toBe(-EADDRNOTAVAIL);
    const heir = next();
    expect(inetHashConnect(h, heir, ports, (_, t) => {
      inetTwskKill(t);
      return true;
    })).toBe(0);
    expect(h.lookupEstablished(PEER, 80, ME, 5000, 0)?.owner).toBe(heir);
    expect(h.twCount).toBe(0);
    inetUnhash(h, heir);
    inetPutPort(h, heir);
    expect([h.count, h.bhash.size]).toEqual([0, 0]);
  });

  it('forgets a TIME-WAIT when its time is over', () => {
    const { h, k, ports, sock } = bench();
    const sk = sock({ rcvSaddr: ME, daddr: PEER, dport: 80 });
    k.run(() => {
      expect(inetHashConnect(h, sk, ports, no)).toBe(0);
      inetTwskHashdance(new InetTimewaitSock(h, sk), sk, 60000);
    });
    const clock = k.clock as VirtualClock;
    clock.advance(59.9e9);
    expect(h.twCount).toBe(1);
    clock.advance(0.2e9);
    expect([h.twCount, h.count, h.bhash.size]).toEqual([0, 0, 0]);
  });

  it('binds a sock that bound a port to one tuple', () => {
    const { h, ports, sock } = bench();
    const sk = sock({ rcvSaddr: ME, daddr: PEER, dport: 80 });
    inetCskGetPort(h, sk, 7000, ports);
    expect(inetHashConnect(h, sk, ports, no)).toBe(0);
    const twin = sock({ rcvSaddr: ME, daddr: PEER, dport: 80, num: 7000 });
    expect(inetHashConnect(h, twin, ports, no)).toBe(-EADDRNOTAVAIL);
    inetEhashInsert(h, sk);
    expect(h.count).toBe(1);
  });
});
