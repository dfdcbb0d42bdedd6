/** Whom a datagram is for: when a rule asks before the route is known (`InetProtocol.findSock`), and when an error comes back from a source route. */
import { INET_VERSION_6, type InetAf } from '@linnet/inet';
import { ECONNREFUSED, ENOENT } from '@linnet/kernel';
import { allocSkb, consumeSkb, skbPullUnchecked, skbPut, type Skb } from '@linnet/skbuff';
import { AF_INET6, IN6ADDR_ANY, in6FromString, in6Store, TCP_ESTABLISHED } from '@linnet/uapi';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UDP, type UdpSock } from '../src/index.ts';
import { udpV4FindSock, udpV6FindSock } from '../src/udp-find.ts';
import { udpV6Err } from '../src/udp-input.ts';
import type { UdpNet } from '../src/udp-net.ts';
import { FakeAf, ip, ME, PEER } from './fake-af.ts';

const a6 = (s: string): Int32Array => in6FromString(s)!;
const ME6 = a6('2001:db8:1::ffff:fffe');
const PEER6 = a6('2001:db8:2::8000:1');

let f: FakeAf;
let u: UdpNet;
beforeEach(() => {
  f = new FakeAf();
  u = f.net.get(UDP);
});
afterEach(() => f.finish());

const six = (port: number, over: Partial<UdpSock> = {}): UdpSock =>
  f.socket(port, { pinet6: {} as never, versions: INET_VERSION_6, v6Daddr: IN6ADDR_ANY, v6RcvSaddr: IN6ADDR_ANY, ...over });
/** An address that differs in one word. */
const other = (a: Int32Array, i: number): Int32Array => a.map((w, k) => (k === i ? w ^ 1 : w));

/** A packet whose `data` is 4 bytes before its IP header, as behind something that was not taken off yet: only offsets may be used. */
function packet(saddr: number | Int32Array, sport: number, daddr: number | Int32Array, dport: number): { skb: Skb; thoff: number } {
  const len = typeof saddr === 'number' ? 20 : 40;
  const skb = allocSkb(f.dev.pool, 80);
  const nh = skbPut(skb, 10 + len + 8) + 10;
  skbPullUnchecked(skb, 6);
  skb.networkHeader = nh;
  skb.skbIif = f.dev.ifindex;
  skb.dev = f.dev;
  if (typeof saddr === 'number') skb.view.setInt32(nh + 12, saddr);
  else in6Store(skb.view, nh + 8, saddr);
  if (typeof daddr === 'number') skb.view.setInt32(nh + 16, daddr);
  else in6Store(skb.view, nh + 24, daddr);
  skb.view.setUint16(nh + len, sport);
  skb.view.setUint16(nh + len + 2, dport);
  return { skb, thoff: 4 + len };
}

function find(saddr: number | Int32Array, sport: number, daddr: number | Int32Array, dport: number, to: Int32Array | null = null, port: number = 0): UdpSock | null {
  const { skb, thoff } = packet(saddr, sport, daddr, dport);
  const sk = (typeof saddr === 'number' ? udpV4FindSock : udpV6FindSock)(u, skb, thoff, to, port);
  consumeSkb(skb);
  return sk;
}

describe('a rule asks', () => {
  it('for the connection, over IPv4', () => {
    const open = f.socket(53);
    expect(find(PEER, 9, ME, 53)).toBeNull();
    const sk = f.socket(54, { daddr: PEER, dport: 9, rcvSaddr: ME, state: TCP_ESTABLISHED });
    expect(find(PEER, 9, ME, 54)).toBe(sk);
    expect([find(PEER + 1, 9, ME, 54), find(PEER, 8, ME, 54), find(PEER, 9, ME + 1, 54), find(PEER, 9, ME, 55)]).toEqual([null, null, null, null]);
    // Who waits is found where the rule says, wherever the datagram goes; who is connected is not.
    expect(find(PEER, 9, ip('192.0.2.1'), 80, Int32Array.of(ME), 53)).toBe(open);
    expect([find(PEER, 9, ME, 53, Int32Array.of(ME), 80), find(PEER, 9, ME, 53, Int32Array.of(ME), 54)]).toEqual([null, null]);
    open.boundDevIf = f.dev.ifindex + 1;
    expect(find(PEER, 9, ME, 53, Int32Array.of(ME), 53)).toBeNull();
  });

  it('and over IPv6, by all words of an address', () => {
    const open = six(53, { v6RcvSaddr: ME6 });
    const sk = six(54, { v6Daddr: PEER6, dport: 9, v6RcvSaddr: ME6, state: TCP_ESTABLISHED });
    expect([find(PEER6, 9, ME6, 53), find(PEER6, 9, ME6, 54)]).toEqual([null, sk]);
    for (let i = 0; i < 4; i++) expect([find(other(PEER6, i), 9, ME6, 54), find(PEER6, 9, other(ME6, i), 54)]).toEqual([null, null]);
    expect([find(PEER6, 9, a6('2001:db8::9'), 80, ME6, 53), find(PEER6, 9, ME6, 53, ME6, 54)]).toEqual([open, null]);
    for (let i = 0; i < 4; i++) expect(find(PEER6, 9, ME6, 53, other(ME6, i), 53)).toBeNull();
  });
});

describe('an error about a datagram on a source route', () => {
  const NEXT = a6('2001:db8:3::1');

  it('is for the socket that sent to its end', () => {
    const sk = six(54, { v6Daddr: PEER6, dport: 9, v6RcvSaddr: ME6, state: TCP_ESTABLISHED });
    // It was on its way to NEXT; PEER6 stands behind the datagram, where a routing header would have it.
    const { skb } = packet(ME6, 54, NEXT, 9);
    skbPullUnchecked(skb, 44);
    const end = skbPut(skb, 16);
    in6Store(skb.view, end, PEER6);
    const err = (at: number): number =>
      udpV6Err(u, { family: AF_INET6, finalDst6: () => at, icmpErrConvert: () => (ECONNREFUSED << 1) | 1 } as unknown as InetAf, skb, 1, 4, 0);
    expect(err(skb.networkHeader + 24)).toBe(-ENOENT);
    expect(sk.err).toBe(0);
    expect(err(end)).toBe(0);
    expect(sk.err).toBe(ECONNREFUSED);
    consumeSkb(skb);
  });
});
