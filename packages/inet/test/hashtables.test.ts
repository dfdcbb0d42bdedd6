import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EHASH_SOCK, EhashNode, inet6LookupListener, inetEhashInsert, inetHashListener, inetLookupListener, inetUnhash } from '../src/index.ts';
import { bench, ip } from './helpers.ts';

const ME = ip('10.0.0.1');
const PEER = ip('10.0.0.2');

describe('the hash of connections', () => {
  it('finds by the whole tuple and by the interface only', () => {
    const { h, sock } = bench();
    const sk = sock({ rcvSaddr: ME, num: 80, daddr: PEER, dport: 40000, boundDevIf: 3 });
    inetEhashInsert(h, sk);
    expect(h.lookupEstablished(PEER, 40000, ME, 80, 3)?.owner).toBe(sk);
    expect(h.lookupEstablished(PEER, 40000, ME, 80, 4)).toBeNull();
    expect(h.lookupEstablished(PEER, 40001, ME, 80, 3)).toBeNull();
    expect(h.lookupEstablished(ME, 40000, PEER, 80, 3)).toBeNull();
    inetUnhash(h, sk);
    expect(h.lookupEstablished(PEER, 40000, ME, 80, 3)).toBeNull();
    expect(h.count).toBe(0);
  });

  it('equals a map under random insertions and removals', () => {
    const tuple = fc.tuple(fc.constantFrom(1, 2, -5), fc.integer({ min: 1, max: 9 }), fc.constantFrom(7, -8), fc.integer({ min: 1, max: 40 }));
    fc.assert(fc.property(fc.array(fc.tuple(fc.boolean(), tuple), { maxLength: 600 }), (ops) => {
      const { h } = bench();
      const ref = new Map<string, EhashNode>();
      for (const [add, t] of ops) {
        const key = t.join();
        const have = ref.get(key);
        if (add && have === undefined) {
          const n = new EhashNode(EHASH_SOCK, {});
          [n.daddr, n.dport, n.rcvSaddr, n.num] = t;
          h.insert(n);
          ref.set(key, n);
        } else if (!add && have !== undefined) {
          h.remove(have);
          ref.delete(key);
        }
      }
      expect(h.count).toBe(ref.size);
      for (const [, t] of ops) expect(h.lookupEstablished(...t, 0)).toBe(ref.get(t.join()) ?? null);
    }), { seed: 3, numRuns: 60 });
  });
});

describe('the hash of listeners', () => {
  it('prefers the address, then the device, to the wildcard', () => {
    const { h, sock } = bench();
    const any = sock({ num: 80 });
    const addr = sock({ num: 80, rcvSaddr: ME });
    const dev = sock({ num: 80, boundDevIf: 2 });
    for (const sk of [any, addr, dev]) inetHashListener(h, sk);
    const find = (daddr: number, dif: number): unknown => inetLookupListener(h, PEER, 1, daddr, 80, dif);
    expect(find(ME, 1)).toBe(addr);
    // As a real kernel answers: the address counts more than the device.
    expect(find(ME, 2)).toBe(addr);
    expect(find(PEER, 2)).toBe(dev);
    expect(find(PEER, 1)).toBe(any);
    expect(inetLookupListener(h, PEER, 1, ME, 81, 1)).toBeNull();
    inetUnhash(h, addr);
    expect(find(ME, 1)).toBe(any);
  });

  it('spreads flows over a SO_REUSEPORT group, each always to the same', () => {
    const { h, sock } = bench();
    const group = Array.from({ length: 4 }, () => sock({ num: 80, reuseport: true }));
    for (const sk of group) inetHashListener(h, sk);
    const hits = new Map<unknown, number>();
    for (let port = 1000; port < 3000; port++) {
      const sk = inetLookupListener(h, PEER, port, ME, 80, 1);
      expect(inetLookupListener(h, PEER, port, ME, 80, 1)).toBe(sk);
      hits.set(sk, (hits.get(sk) ?? 0) + 1);
    }
    for (const sk of group) expect(hits.get(sk)).toBeGreaterThan(350);
  });

  it('gives each of 8 who share its eighth of 40,000 flows within 5 %, over IPv4 and IPv6', () => {
    for (const six of [false, true]) {
      const { k, h, sock, sock6 } = bench();
      for (let i = 0; i < 8; i++) inetHashListener(h, six ? sock6({ num: 80, reuseport: true }) : sock({ num: 80, reuseport: true }));
      const rng = k.rng.stream('test');
      const hits = new Map<unknown, number>();
      for (let i = 0; i < 40_000; i++) {
        const [peer, port] = [rng.u32() | 0, 1 + rng.below(65535)];
        const sk = six ? inet6LookupListener(h, Int32Array.of(0x20010db8, 0, 0, peer), port, Int32Array.of(0x20010db8, 0, 0, 1), 80, 1) : inetLookupListener(h, peer, port, ME, 80, 1);
        hits.set(sk, (hits.get(sk) ?? 0) + 1);
      }
      expect(hits.size).toBe(8);
      for (const n of hits.values()) expect(Math.abs(n - 5000)).toBeLessThan(250);
    }
  });
});
