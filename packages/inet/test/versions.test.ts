/** Which sockets of the two versions of IP stand in each other's way, and which of them gets a packet. */
import { AF_INET, AF_INET6, in6FromString } from '@linnet/uapi';
import { EADDRINUSE } from '@linnet/kernel';
import { describe, expect, it } from 'vitest';
import {
  EHASH_SOCK, EhashNode, inet6LookupListener, inetCskGetPort, inetEhashInsert, inetHashListener, inetLookupListener, type InetConnectionSock, inetMapped, inetSockUpdateVersions,
} from '../src/index.ts';
import { bench, ip } from './helpers.ts';

type Bound = readonly [family: number, addr: string, v6only?: boolean];

function bind(b: ReturnType<typeof bench>, [family, addr, v6only]: Bound, props: Partial<InetConnectionSock> = {}): InetConnectionSock {
  if (family === AF_INET) return b.sock({ rcvSaddr: ip(addr), ...props });
  const sk = b.sock6({ ipv6only: v6only ?? false, ...props });
  const words = in6FromString(addr)!;
  sk.v6RcvSaddr = words;
  sk.v6Saddr = words;
  if (words[2] === 0xffff) sk.rcvSaddr = words[3]!;
  inetSockUpdateVersions(sk);
  return sk;
}

const ADDRS: readonly Bound[] = [
  [AF_INET, '0.0.0.0'], [AF_INET, '127.0.0.1'], [AF_INET6, '::'], [AF_INET6, '::', true], [AF_INET6, '::1'], [AF_INET6, '::ffff:127.0.0.1'],
];
/** As Linux 6.18 answered bind(2) of the second (column) while the first (row) held the port: x is EADDRINUSE. Order as in ADDRS. */
const LINUX = ['xxx..x', 'xxx..x', 'xxxxxx', '..xxx.', '..xxx.', 'xxx..x'];

describe('binding', () => {
  it('meets what another version holds as on Linux', () => {
    const got = ADDRS.map((first) => ADDRS.map((second) => {
      const b = bench();
      expect(inetCskGetPort(b.h, bind(b, first), 7778, b.ports)).toBe(0);
      const err = inetCskGetPort(b.h, bind(b, second), 7778, b.ports);
      expect([0, -EADDRINUSE]).toContain(err);
      return err === 0 ? '.' : 'x';
    }).join(''));
    expect(got).toEqual(LINUX);
  });
});

describe('listeners of both versions', () => {
  const listen = (...bounds: readonly (readonly [Bound, number?])[]) => {
    const b = bench();
    const socks = bounds.map(([bound, dev]) => bind(b, bound, { num: 7777, boundDevIf: dev ?? 0 }));
    for (const sk of socks) inetHashListener(b.h, sk);
    return { b, socks };
  };
  it('give an IPv4 packet to the IPv4 socket first, whatever the order', () => {
    const ME = ip('127.0.0.1');
    for (const dev of [0, 1]) {
      const { b, socks: [six, four] } = listen([[AF_INET6, '::'], dev], [[AF_INET, '0.0.0.0']]);
      expect(inetLookupListener(b.h, ME, 1, ME, 7777, 1)).toBe(four);
      expect(inet6LookupListener(b.h, in6FromString('::1')!, 1, in6FromString('::1')!, 7777, 1)).toBe(six);
    }
    const { b, socks: [mapped] } = listen([[AF_INET6, '::ffff:127.0.0.1']], [[AF_INET, '0.0.0.0']]);
    expect(inetLookupListener(b.h, ME, 1, ME, 7777, 1)).toBe(mapped);
    const both = listen([[AF_INET6, '::ffff:127.0.0.1']], [[AF_INET, '127.0.0.1']]);
    expect(inetLookupListener(both.b.h, ME, 1, ME, 7777, 1)).toBe(both.socks[1]);
  });
  it('IPV6_V6ONLY takes no IPv4, a mapped one no IPv6', () => {
    const ME = ip('127.0.0.1');
    const only = listen([[AF_INET6, '::', true]]);
    expect(inetLookupListener(only.b.h, ME, 1, ME, 7777, 1)).toBeNull();
    const mapped = listen([[AF_INET6, '::ffff:127.0.0.1']]);
    expect(inet6LookupListener(mapped.b.h, in6FromString('::1')!, 1, in6FromString('::1')!, 7777, 1)).toBeNull();
  });
});

describe('connections', () => {
  it('over IPv6 are found by all four words of both addresses', () => {
    const b = bench();
    const sk = b.sock6({ num: 80, dport: 4000 });
    sk.v6RcvSaddr = in6FromString('2001:db8::1')!;
    sk.v6Daddr = in6FromString('2001:db8:1:2:3:4:5:6')!;
    inetEhashInsert(b.h, sk);
    const find = (s: string, d: string) => b.h.lookupEstablished6(in6FromString(s)!, 4000, in6FromString(d)!, 80, 1)?.owner ?? null;
    expect(find('2001:db8:1:2:3:4:5:6', '2001:db8::1')).toBe(sk);
    for (const other of ['2001:db9:1:2:3:4:5:6', '2001:db8:1:3:3:4:5:6', '2001:db8:1:2:3:5:5:6', '2001:db8:1:2:3:4:5:7']) expect(find(other, '2001:db8::1')).toBeNull();
    expect(find('2001:db8:1:2:3:4:5:6', '2001:db8::2')).toBeNull();
    b.h.remove(sk.ehashNode);
    expect(b.h.count).toBe(0);
  });
  it('a mapped one stands where IPv4 finds it', () => {
    const b = bench();
    const n = new EhashNode(EHASH_SOCK, {});
    Object.assign(n, { rcvSaddr: ip('10.0.0.1'), daddr: ip('10.0.0.2'), num: 80, dport: 4000 });
    b.h.insert(n);
    expect(b.h.lookupEstablished(ip('10.0.0.2'), 4000, ip('10.0.0.1'), 80, 1)).toBe(n);
    expect(b.h.lookupEstablished6(inetMapped(ip('10.0.0.2')), 4000, inetMapped(ip('10.0.0.1')), 80, 1)).toBeNull();
  });
});
