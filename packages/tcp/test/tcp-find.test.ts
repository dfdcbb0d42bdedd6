/** Whom a segment is for, when a rule asks before the route is known (`InetProtocol.findSock`). */
import { EHASH_SOCK, EHASH_TIMEWAIT, EhashNode, INET_VERSION_6 } from '@linnet/inet';
import { devGetByName } from '@linnet/netdev';
import { allocSkb, consumeSkb, skbPullUnchecked, skbPut, type Skb } from '@linnet/skbuff';
import { in6FromString, in6Store } from '@linnet/uapi';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tcpV4FindSock, tcpV6FindSock } from '../src/tcp-find.ts';
import { ip4, LOCAL, PEER, tcp, TcpTest } from './harness.ts';

const a6 = (s: string): Int32Array => in6FromString(s)!;
const IIF = 7;
let t: TcpTest;
beforeEach(() => {
  t = new TcpTest();
});
afterEach(() => t.done());

/** `data` is 4 bytes before the IP header, as behind something that was not taken off yet: only offsets may be used. */
function ask<T>(six: boolean, saddr: number | Int32Array, sport: number, daddr: number | Int32Array, dport: number, fn: (skb: Skb, thoff: number) => T): T {
  const len = six ? 40 : 20;
  const skb = allocSkb(devGetByName(t.net, 'lo')!.pool, 80);
  const at = skbPut(skb, 10 + len + 20);
  skbPullUnchecked(skb, 6);
  const nh = at + 10;
  skb.networkHeader = nh;
  skb.skbIif = IIF;
  if (typeof saddr === 'number') skb.view.setInt32(nh + 12, saddr);
  else in6Store(skb.view, nh + 8, saddr);
  if (typeof daddr === 'number') skb.view.setInt32(nh + 16, daddr);
  else in6Store(skb.view, nh + 24, daddr);
  skb.view.setUint16(nh + len, sport);
  skb.view.setUint16(nh + len + 2, dport);
  const got = fn(skb, 4 + len);
  consumeSkb(skb);
  return got;
}

describe('over IPv4', () => {
  const find = (sport: number, dport: number, to: number | null = null, port: number = 0, saddr: number = PEER, daddr: number = LOCAL): object | null =>
    ask(false, saddr, sport, daddr, dport, (skb, thoff) => tcpV4FindSock(t.tn, skb, thoff, to === null ? null : Int32Array.of(to), port));

  it('a connection by both ends, and no listener when a connection was asked for', () => {
    const { listener, s } = t.accepted({}, 8080);
    expect(find(40000, 8080)).toBe(s.sk);
    expect([find(40001, 8080), find(40000, 8081), find(40000, 8080, null, 0, PEER + 1), find(40000, 8080, null, 0, PEER, LOCAL + 1)]).toEqual([null, null, null, null]);
    listener.close();
    expect(find(40000, 8080)).toBe(s.sk);
  });

  it('the listener at the place that is named, wherever the segment goes', () => {
    const listener = t.listen(8080);
    expect(find(1, 80, LOCAL, 8080, PEER, ip4('192.0.2.1'))).toBe(listener.sk);
    expect([find(1, 8080, LOCAL, 80), find(1, 8080, LOCAL + 1, 8080)]).toEqual([null, null]);
    listener.sk.boundDevIf = IIF + 1;
    expect(find(1, 80, LOCAL, 8080)).toBeNull();
    listener.sk.boundDevIf = IIF;
    expect(find(1, 80, LOCAL, 8080)).toBe(listener.sk);
    listener.close();
  });

  it('of a handshake its listener, of a TIME-WAIT nobody', () => {
    const listener = t.listen(8080);
    t.inject(tcp({ flags: 'S', seq: 0, win: 65535, mss: 1460 }));
    t.take();
    expect(find(40000, 8080)).toBe(listener.sk);
    listener.close();
    const n = new EhashNode(EHASH_TIMEWAIT, {});
    [n.rcvSaddr, n.num, n.daddr, n.dport] = [LOCAL, 9, PEER, 10];
    t.tn.hashinfo.insert(n);
    expect(find(10, 9)).toBeNull();
    t.tn.hashinfo.remove(n);
  });
});

describe('over IPv6', () => {
  const ME6 = a6('2001:db8:1::ffff:fffe');
  const PEER6 = a6('2001:db8:2::8000:1');
  const find = (sport: number, dport: number, to: Int32Array | null = null, port: number = 0, saddr: Int32Array = PEER6, daddr: Int32Array = ME6): object | null =>
    ask(true, saddr, sport, daddr, dport, (skb, thoff) => tcpV6FindSock(t.tn, skb, thoff, to, port));
  /** An address that differs in one word. */
  const other = (a: Int32Array, i: number): Int32Array => a.map((w, k) => (k === i ? w ^ 1 : w));

  it('a connection by all words of both ends', () => {
    const owner = {};
    const n = new EhashNode(EHASH_SOCK, owner);
    n.v6RcvSaddr = ME6;
    n.v6Daddr = PEER6;
    [n.num, n.dport] = [8080, 40000];
    t.tn.hashinfo.insert(n);
    expect(find(40000, 8080)).toBe(owner);
    for (let i = 0; i < 4; i++) expect([find(40000, 8080, null, 0, other(PEER6, i)), find(40000, 8080, null, 0, PEER6, other(ME6, i))]).toEqual([null, null]);
    expect([find(40001, 8080), find(40000, 8081)]).toEqual([null, null]);
    t.tn.hashinfo.remove(n);
  });

  it('the listener at the place that is named', () => {
    const listener = t.listen(8080);
    Object.assign(listener.sk, { versions: INET_VERSION_6, v6RcvSaddr: ME6 });
    expect(find(1, 80, ME6, 8080, PEER6, a6('2001:db8::9'))).toBe(listener.sk);
    expect(find(1, 8080, ME6, 80)).toBeNull();
    for (let i = 0; i < 4; i++) expect(find(1, 80, other(ME6, i), 8080)).toBeNull();
    listener.close();
  });
});
