/** Many sockets: what a lookup costs is counted in nodes that it walks. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { INET_VERSION_6 } from '@linnet/inet';
import { EADDRINUSE } from '@linnet/kernel';
import { AF_INET, IN6ADDR_ANY } from '@linnet/uapi';
import { UDP, type UdpSock } from '../src/index.ts';
import { udp4LibLookup, udp6LibLookup, udpPlaces4 } from '../src/udp-lookup.ts';
import type { UdpNet } from '../src/udp-net.ts';
import { FakeAf, GROUP, ip, ME, PEER } from './fake-af.ts';

let f: FakeAf;
let u: UdpNet;
beforeEach(() => {
  f = new FakeAf();
  u = f.net.get(UDP);
});
afterEach(() => f.finish());

const CLIENTS = ip('10.2.0.0');

const connect = (sk: UdpSock, addr: number, port: number): void => expect(sk.prot.connect!(sk, { family: AF_INET, addr, port } as never)).toBe(0);

/** How many nodes a lookup walks at most. */
function walks(saddr: number, sport: number, daddr: number, dport: number): number {
  const p = udpPlaces4(u, saddr, sport, daddr, dport);
  let nodes = 0;
  for (let i = 0; i < p.count; i++) for (let n = p.heads[i]!; n !== null; n = n.next!) nodes++;
  return nodes;
}

const find = (saddr: number, sport: number, daddr: number, dport: number): UdpSock | null => udp4LibLookup(u, saddr, sport, daddr, dport, f.dev.ifindex);

describe('many sockets', () => {
  it('100,000 of two ports, each with an address of its own, are bound, found and closed in a few steps', { timeout: 30_000 }, () => {
    const socks: UdpSock[] = [];
    const base = ip('127.0.0.0');
    for (let i = 0; i < 100_000; i++) {
      const own = base + (i >> 1);
      const sk = f.socket(undefined, { rcvSaddr: own, saddr: own, reuse: true });
      sk.prot.getPort!(sk, 5000 + (i & 1));
      socks.push(sk);
    }
    const any = f.socket(5000, { reuse: true });
    expect(any.hashed && u.count).toBe(100_001);
    for (let i = 0; i < socks.length; i += 97) {
      expect(find(PEER, 9, base + (i >> 1), 5000 + (i & 1))).toBe(socks[i]);
      expect(walks(PEER, 9, base + (i >> 1), 5000 + (i & 1))).toBeLessThan(20);
    }
    // Nobody has this address: who takes any gets it.
    expect(find(PEER, 9, ME, 5000)).toBe(any);
    for (const sk of socks.splice(0)) sk.prot.close(sk, 0);
    expect(u.count).toBe(1);
  });

  it('20,000 of one port, each connected to a client of its own, are found in a few steps; so is the one that is not', { timeout: 30_000 }, () => {
    const server = f.socket(443, { reuse: true });
    const socks: UdpSock[] = [];
    // What bind costs grows with the sockets that share all of their address, as on Linux: not a matter of this test.
    for (let i = 0; i < 20_000; i++) {
      const sk = f.socket(undefined, { reuse: true });
      sk.num = 443;
      u.hash(sk);
      sk.prot.connect!(sk, { family: AF_INET, addr: CLIENTS + (i >> 8), port: 10_000 + (i & 255) } as never);
      socks.push(sk);
    }
    for (let i = 0; i < socks.length; i += 97) {
      expect(find(CLIENTS + (i >> 8), 10_000 + (i & 255), ME, 443)).toBe(socks[i]);
      expect(walks(CLIENTS + (i >> 8), 10_000 + (i & 255), ME, 443)).toBeLessThan(20);
    }
    expect(find(PEER, 9, ME, 443)).toBe(server);
    f.deliver({ saddr: CLIENTS, sport: 10_007, dport: 443, early: true });
    expect(f.earlySocks).toEqual([socks[7]]);
    // Whoever disconnects is found by his address again.
    socks[3]!.prot.disconnect!(socks[3]!, 0);
    expect(find(CLIENTS, 10_003, ME, 443)).toBe(server);
  });
});

describe('the choice among sockets', () => {
  const kinds: Partial<UdpSock>[] = [{}, { rcvSaddr: ME }, { boundDevIf: 1 }, { rcvSaddr: ME, boundDevIf: 1 }, { boundDevIf: 7 }];

  // As a real kernel chooses: an address before a device, a device before nothing; the newest of equals.
  it.each([0, 20])('is the same with %i more on the port', (more) => {
    for (let i = 0; i < more; i++) f.socket(53, { reuse: true, rcvSaddr: ip('10.9.0.0') + i });
    const s = kinds.map((k) => f.socket(53, { reuse: true, ...k }));
    const order = [s[3], s[1], s[2], s[0]] as UdpSock[];
    for (const sk of order) {
      expect(find(PEER, 9, ME, 53)).toBe(sk);
      sk.prot.close(sk, 0);
    }
    expect(find(PEER, 9, ME, 53)).toBe(null);
    const [, second] = [f.socket(53, { reuse: true }), f.socket(53, { reuse: true })];
    expect(find(PEER, 9, ME, 53)).toBe(second);
  });

  it.each([0, 20])('delivers to a group once to each who wants it, with %i more on the port', (more) => {
    for (let i = 0; i < more; i++) f.socket(53, { reuse: true, rcvSaddr: ip('10.9.0.0') + i });
    const socks = [{}, { rcvSaddr: GROUP }, { rcvSaddr: ME }].map((k) => f.socket(53, { reuse: true, ...k }));
    const tied = f.socket(53, { reuse: true, rcvSaddr: GROUP });
    connect(tied, PEER, 9);
    f.deliver({ daddr: GROUP, sport: 9, dport: 53 });
    expect([...socks, tied].map((sk) => sk.receiveQueue.qlen)).toEqual([1, 1, 0, 1]);
  });

  it.each([0, 20])('keeps a taken address from others, with %i more on the port', (more) => {
    for (let i = 0; i < more; i++) f.socket(53, { reuse: true, rcvSaddr: ip('10.9.0.0') + i });
    f.socket(53, { rcvSaddr: ME });
    const late = f.socket(undefined, { rcvSaddr: ME, reuse: true });
    expect(late.prot.getPort!(late, 53)).toBe(-EADDRINUSE);
    const any = f.socket(undefined, { reuse: true });
    expect(any.prot.getPort!(any, 53)).toBe(-EADDRINUSE);
    // A connected one holds its address too.
    const tied = f.socket(53, { rcvSaddr: PEER });
    connect(tied, ip('10.0.0.77'), 9);
    const same = f.socket(undefined, { rcvSaddr: PEER, reuse: true });
    expect(same.prot.getPort!(same, 53)).toBe(-EADDRINUSE);
  });
});

describe('SO_REUSEPORT', () => {
  const spread = (pick: (flow: number) => UdpSock | null): number[] => {
    const count = new Map<UdpSock | null, number>();
    for (let i = 0; i < 40_000; i++) {
      const sk = pick(i);
      count.set(sk, (count.get(sk) ?? 0) + 1);
    }
    return [...count.values()];
  };

  it.each([0, 20])('gives each of 8 sockets, beside %i of other addresses, its eighth of 40,000 flows within a twentieth', (more) => {
    for (let i = 0; i < more; i++) f.socket(53, { reuseport: true, rcvSaddr: ip('10.9.0.0') + i });
    for (let i = 0; i < 8; i++) f.socket(53, { reuseport: true });
    const rng = f.k.rng.stream('test');
    const shares = spread(() => find(rng.u32() | 0, rng.below(65535) + 1, ME, 53));
    expect(shares.length).toBe(8);
    for (const n of shares) expect(Math.abs(n - 5000)).toBeLessThan(250);
  });

  it.each([0, 20])('and over IPv6, beside %i', (more) => {
    const six = (over: Partial<UdpSock>): UdpSock => f.socket(53, { reuseport: true, pinet6: {} as never, versions: INET_VERSION_6, v6Daddr: IN6ADDR_ANY, v6RcvSaddr: IN6ADDR_ANY, ...over });
    for (let i = 0; i < more; i++) six({ v6RcvSaddr: Int32Array.of(0x20010db8, 0, 0, i) });
    for (let i = 0; i < 8; i++) six({});
    const rng = f.k.rng.stream('test');
    const me = Int32Array.of(0x20010db8, 1, 2, 3);
    const shares = spread(() => udp6LibLookup(u, Int32Array.of(0x20010db8, 0, 0, rng.u32()), rng.below(65535) + 1, me, 53, f.dev.ifindex));
    expect(shares.length).toBe(8);
    for (const n of shares) expect(Math.abs(n - 5000)).toBeLessThan(250);
  });
});
