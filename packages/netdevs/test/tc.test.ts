/** What queues, filters and actions do with packets. */
import {
  TC_ACT_OK, TC_ACT_PIPE, TC_ACT_SHOT, TC_ACT_STOLEN, TCA_BPF_CLASSID, TCA_BPF_OPS, TCA_BPF_OPS_LEN, TCA_CSUM_PARMS, TCA_EGRESS_MIRROR, TCA_EGRESS_REDIR, TCA_FLOWER_ACT, TCA_FLOWER_CLASSID,
  TCA_FLOWER_KEY_ETH_TYPE, TCA_FLOWER_KEY_IP_PROTO, TCA_FLOWER_KEY_IPV4_DST, TCA_FLOWER_KEY_IPV4_DST_MASK, TCA_FLOWER_KEY_UDP_DST, TCA_FQ_BUCKETS_LOG, TCA_FQ_FLOW_MAX_RATE, TCA_FW_CLASSID, TCA_GACT_PARMS, TCA_HTB_DIRECT_QLEN, TCA_HTB_INIT, TCA_HTB_PARMS,
  TCA_INGRESS_REDIR, TCA_MATCHALL_ACT, TCA_MATCHALL_CLASSID, TCA_MIRRED_PARMS, TCA_NAT_PARMS, TCA_PEDIT_PARMS, TCA_SKBEDIT_MARK, TCA_SKBEDIT_PARMS, TCA_SKBEDIT_PRIORITY, TCA_TBF_BURST, TCA_TBF_PARMS,
  TCA_U32_CLASSID, TCA_U32_SEL, TCA_VLAN_PARMS, TCA_VLAN_PUSH_VLAN_ID, type NlWriter,
} from '@linnet/uapi';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { actions, AT_EGRESS, AT_INGRESS, INGRESS, sum, TcLab, words } from './tc-lab.ts';

let l: TcLab;
beforeEach(() => {
  l = new TcLab();
});
afterEach(() => l.close());

type Act = readonly [string, (w: NlWriter) => void];
const H1 = 0x10000;
const gact = (action: number): Act => ['gact', (w) => w.putBytes(TCA_GACT_PARMS, words(0, 0, action, 0, 0))];
const mirred = (eaction: number, ifindex: number, action: number): Act => ['mirred', (w) => w.putBytes(TCA_MIRRED_PARMS, words(0, 0, action, 0, 0, eaction, ifindex))];
const matchall = (...a: Act[]) => (w: NlWriter): void => actions(w, TCA_MATCHALL_ACT, ...a);
/** struct tc_ratespec, of Ethernet, of a rate in bytes a second. */
const rate = (bps: number): number[] => [0x100, 0xffff, bps];

describe('queues', () => {
  test('tbf keeps to its rate, and drops what it has no room for', () => {
    // 100,000 bytes a second, a burst of 1,500, room for 20,000.
    l.qdisc('tbf', { handle: H1 }, (w) => {
      w.putBytes(TCA_TBF_PARMS, words(...rate(100_000), 0, 0, 0, 20_000, Math.round(15e6 / 64), 0));
      w.putU32(TCA_TBF_BURST, 1500);
    });
    const seen = l.watch();
    for (let i = 0; i < 40; i++) l.send({ size: 986 });
    l.run(100);
    // The burst, and what a tenth of a second lets through.
    expect(seen.length).toBeGreaterThanOrEqual(10);
    expect(seen.length).toBeLessThanOrEqual(12);
    l.run(1000);
    const s = l.stats(l.a, H1);
    expect(s.drops).toBe(40 - seen.length);
    expect([s.qlen, s.backlog, s.bytes, s.packets]).toEqual([0, 0, seen.length * 1000, seen.length]);
    expect(s.overlimits).toBeGreaterThan(0);
    const gaps = seen.slice(3).map((x, i) => x.at - seen[i + 2]!.at);
    for (const g of gaps) expect(g / 1e6).toBeCloseTo(10, 0);
  });

  test('prio: the first band first', () => {
    l.qdisc('tbf', { handle: H1 }, (w) => {
      w.putBytes(TCA_TBF_PARMS, words(...rate(100_000), 0, 0, 0, 100_000, Math.round(20e6 / 64), 0));
      w.putU32(TCA_TBF_BURST, 2000);
    });
    // All priorities to the last band, unless a filter says otherwise.
    l.qdiscRaw('prio', new Uint8Array([3, 0, 0, 0, ...new Uint8Array(16).fill(2)]), { handle: 2 * H1, parent: H1 + 1 });
    for (const band of [1, 2]) {
      l.filter('u32', 2 * H1, (w) => {
        w.putU32(TCA_U32_CLASSID, 2 * H1 + band);
        w.putBytes(TCA_U32_SEL, u32Sel([[band, 0xffff, 20]]));
      }, { prio: band });
    }
    const seen = l.watch();
    for (let i = 0; i < 12; i++) l.send({ size: 986, dport: 3 - (i % 3) });
    l.run(1000);
    // What was sent while the bucket was full went at once.
    expect(seen.map((x) => x.bytes[37]).slice(2)).toEqual([1, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
  });

  test('htb: a class keeps to its ceiling, and two share what their parent has', () => {
    l.qdisc('htb', { handle: H1 }, (w) => w.putBytes(TCA_HTB_INIT, words(3, 10, 0x20, 0, 0)));
    const cls = (id: number, parent: number, bps: number, ceil: number): void => l.tclass('htb', H1 + id, H1 + parent, (w) => {
      const burst = Math.round((2000 / bps) * 1e9 / 64);
      const cburst = Math.round((2000 / ceil) * 1e9 / 64);
      w.putBytes(TCA_HTB_PARMS, words(...rate(bps), ...rate(ceil), burst, cburst, 1500, 0, 0));
    });
    cls(1, 0, 100_000, 100_000);
    cls(0x10, 1, 20_000, 100_000);
    cls(0x20, 1, 80_000, 100_000);
    l.filter('flower', H1, (w) => {
      w.putU32(TCA_FLOWER_CLASSID, H1 + 0x10);
      w.putBe16(TCA_FLOWER_KEY_ETH_TYPE, 0x800);
      w.putU8(TCA_FLOWER_KEY_IP_PROTO, 17);
      w.putBe16(TCA_FLOWER_KEY_UDP_DST, 10);
    }, { protocol: 0x800 });
    const seen = l.watch();
    for (let i = 0; i < 300; i++) {
      l.send({ size: 986, dport: 10 });
      l.send({ size: 986, dport: 20 });
    }
    l.run(1000);
    const of = (port: number): number => seen.filter((s) => s.bytes[37] === port).length;
    expect(of(10) + of(20)).toBeGreaterThan(95);
    expect(of(10) + of(20)).toBeLessThan(108);
    expect(of(10) / (of(10) + of(20))).toBeGreaterThan(0.15);
    expect(of(10) / (of(10) + of(20))).toBeLessThan(0.27);
    // Alone it may have all.
    l.run(10_000);
    const before = seen.length;
    for (let i = 0; i < 200; i++) l.send({ size: 986, dport: 10 });
    l.run(1000);
    expect(seen.length - before).toBeGreaterThan(95);
    l.run(5000);
    expect(l.stats(l.a, H1).qlen).toBe(0);
  });

  describe('htb: who may send', () => {
    const htbClass = (id: number, parent: number, bps: number, ceil: number, { prio = 0, quantum = 1000, burst = 2000 } = {}): void => l.tclass('htb', H1 + id, H1 + parent, (w) => {
      w.putBytes(TCA_HTB_PARMS, words(...rate(bps), ...rate(ceil), Math.round((burst / bps) * 1e9 / 64), Math.round((burst / ceil) * 1e9 / 64), quantum, 0, prio));
    });
    const toClasses = (...ids: number[]): void => ids.forEach((id) => l.filter('flower', H1, (w) => {
      w.putU32(TCA_FLOWER_CLASSID, H1 + id);
      w.putBe16(TCA_FLOWER_KEY_ETH_TYPE, 0x800);
      w.putU8(TCA_FLOWER_KEY_IP_PROTO, 17);
      w.putBe16(TCA_FLOWER_KEY_UDP_DST, id);
    }, { protocol: 0x800, prio: id }));
    /** Packets of 1000 bytes that each class got through in ten seconds, of as many as it can have. */
    const shares = (ids: number[], n: number): number[] => {
      const seen = l.watch();
      for (let i = 0; i < n; i++) for (const id of ids) l.send({ size: 986, dport: id });
      l.run(10_000);
      return ids.map((id) => seen.filter((s) => s.bytes[37] === id).length);
    };
    beforeEach(() => l.qdisc('htb', { handle: H1 }, (w) => {
      w.putBytes(TCA_HTB_INIT, words(3, 10, 0x99, 0, 0));
      w.putU32(TCA_HTB_DIRECT_QLEN, 0);
    }));

    test('rates are kept first, what is left goes by priority', () => {
      htbClass(1, 0, 100_000, 100_000);
      htbClass(0x10, 1, 10_000, 100_000, { prio: 2 });
      htbClass(0x20, 1, 40_000, 100_000, { prio: 1 });
      htbClass(0x30, 1, 10_000, 100_000, { prio: 3 });
      toClasses(0x10, 0x20, 0x30);
      const [a, b, c] = shares([0x10, 0x20, 0x30], 900) as [number, number, number];
      // 100 s of its own for a and c, all that remains for b.
      for (const n of [a, c]) {
        expect(n).toBeGreaterThan(97);
        expect(n).toBeLessThan(107);
      }
      expect(b).toBeGreaterThan(790);
      expect(a + b + c).toBeLessThan(1006);
    });

    test('those of one priority share it by their quanta', () => {
      htbClass(1, 0, 100_000, 100_000);
      htbClass(0x10, 1, 1000, 100_000, { quantum: 1000 });
      htbClass(0x20, 1, 1000, 100_000, { quantum: 3000 });
      toClasses(0x10, 0x20);
      const [a, b] = shares([0x10, 0x20], 900) as [number, number];
      expect(a + b).toBeGreaterThan(990);
      expect(b / a).toBeGreaterThan(2.8);
      expect(b / a).toBeLessThan(3.2);
    });

    test('nobody passes a ceiling on the way to who lends', () => {
      htbClass(1, 0, 100_000, 100_000);
      htbClass(2, 1, 10_000, 30_000);
      htbClass(0x10, 2, 5000, 100_000);
      htbClass(0x20, 2, 5000, 100_000);
      toClasses(0x10, 0x20);
      const [a, b] = shares([0x10, 0x20], 900) as [number, number];
      expect(a + b).toBeGreaterThan(290);
      expect(a + b).toBeLessThan(310);
      expect(Math.abs(a - b)).toBeLessThan(15);
    });

    test('a queue that holds its packets back stands in nobody else\'s way', () => {
      htbClass(0x10, 0, 100_000, 100_000);
      htbClass(0x20, 0, 100_000, 100_000);
      toClasses(0x10, 0x20);
      l.qdisc('tbf', { handle: 2 * H1, parent: H1 + 0x10 }, (w) => {
        w.putBytes(TCA_TBF_PARMS, words(...rate(10_000), 0, 0, 0, 1_000_000, Math.round(200e6 / 64), 0));
        w.putU32(TCA_TBF_BURST, 2000);
      });
      const [a, b] = shares([0x10, 0x20], 900) as [number, number];
      expect(a).toBeGreaterThan(97);
      expect(a).toBeLessThan(105);
      expect(b).toBe(900);
    });

    // What Linux 6.18 printed of two such classes after four packets of 1500 bytes: tc -s class, tc -s qdisc.
    test('a debt is a minute at the most', () => {
      htbClass(1, 0, 1, 1, { burst: 0.000128 });
      htbClass(0x10, 1, 1, 1, { burst: 0.000128 });
      toClasses(0x10);
      for (let i = 0; i < 4; i++) l.send({ size: 1486, dport: 0x10 });
      expect(l.classStats(H1 + 0x10)).toEqual({ packets: 1, qlen: 3, overlimits: 1, xstats: [1, 0, 0, -937_500_000, -937_500_000] });
      expect(l.classStats(H1 + 1)).toEqual({ packets: 1, qlen: 0, overlimits: 1, xstats: [0, 0, 0, -937_500_000, -937_500_000] });
      expect(l.stats(l.a, H1)).toMatchObject({ packets: 1, qlen: 3, overlimits: 2 });
    });
  });

  test('fq: a flow keeps to its rate behind its first quantum, also a slow one', () => {
    for (const [bps, least, most] of [[100_000, 200, 225], [20_000, 40, 65]] as const) {
      l.qdisc('fq', { handle: H1 }, (w) => w.putU32(TCA_FQ_FLOW_MAX_RATE, bps));
      const seen = l.watch();
      // Two seconds, with always something in the queue.
      for (let round = 0; round < 10; round++) {
        for (let i = 0; i < 30; i++) l.send({ size: 986, sport: 1 });
        l.run(200);
      }
      expect(seen.length).toBeGreaterThan(least - 1);
      expect(seen.length).toBeLessThan(most);
      l.delQdisc(l.a);
    }
  });

  test('fq: flows that have been quiet are forgotten', () => {
    l.qdisc('fq', { handle: H1 }, (w) => w.putU32(TCA_FQ_BUCKETS_LOG, 1));
    const seen = l.watch();
    for (let i = 0; i < 60; i++) {
      l.send({ size: 986, sport: i + 1 });
      l.run(50);
    }
    expect(seen.length).toBe(60);
    // tc -s: gc, and flows
    const [gc, flows] = l.fqStats(H1);
    expect(gc! + flows!).toBeGreaterThan(40);
    expect(flows).toBeLessThan(8);
  });

  test.each(['fq_codel', 'sfq', 'fq', 'codel'])('%s under a slow parent: everything arrives or is counted, in the order of its flow', (kind) => {
    l.qdisc('tbf', { handle: H1 }, (w) => {
      w.putBytes(TCA_TBF_PARMS, words(...rate(200_000), 0, 0, 0, 1_000_000, Math.round(7.5e6 / 64), 0));
      w.putU32(TCA_TBF_BURST, 3000);
    });
    l.qdisc(kind, { handle: 2 * H1, parent: H1 + 1 }, kind === 'sfq' ? null : () => undefined);
    const seen = l.watch();
    for (let i = 0; i < 30; i++) for (const sport of [1, 2, 3]) l.send({ size: 986, sport, ttl: i + 1 });
    // One packet of a quiet flow: fair queues let it through early.
    l.send({ size: 100, sport: 9 });
    l.run(20_000);
    const s = l.stats(l.a, 2 * H1);
    expect(seen.length + s.drops).toBe(91);
    expect([s.qlen, s.backlog]).toEqual([0, 0]);
    for (const sport of [1, 2, 3]) {
      const ttls = seen.filter((x) => x.bytes[35] === sport).map((x) => x.bytes[22]!);
      expect(ttls).toEqual([...ttls].sort((a, b) => a - b));
    }
    const at = seen.findIndex((x) => x.bytes[35] === 9);
    // fq gives each flow ten packets at first.
    if (kind !== 'codel') expect(at).toBeLessThan(kind === 'fq' ? 60 : 20);
    if (kind === 'codel') expect(s.drops).toBeGreaterThan(0);
  });

  test('a queue that goes lets its packets go', () => {
    l.qdisc('tbf', { handle: H1 }, (w) => {
      w.putBytes(TCA_TBF_PARMS, words(...rate(1000), 0, 0, 0, 100_000, Math.round(2e9 / 64), 0));
      w.putU32(TCA_TBF_BURST, 2000);
    });
    for (let i = 0; i < 20; i++) l.send({ size: 986 });
    l.delQdisc(l.a);
    const seen = l.watch();
    l.send();
    expect(seen.length).toBe(1);
  });
});

/** struct tc_u32_sel with keys [value, mask, offset] and TC_U32_TERMINAL. */
function u32Sel(keys: readonly (readonly [val: number, mask: number, off: number])[]): Uint8Array {
  const b = new Uint8Array(16 + 16 * keys.length);
  const v = new DataView(b.buffer);
  b[0] = 1;
  b[2] = keys.length;
  keys.forEach(([val, mask, off], i) => {
    v.setUint32(16 + 16 * i, mask >>> 0);
    v.setUint32(20 + 16 * i, val >>> 0);
    v.setInt32(24 + 16 * i, off, true);
  });
  return b;
}

describe('filters choose a class', () => {
  /** How many of these packets went to the second band. */
  function second(ports: readonly number[]): number {
    for (const dport of ports) l.send({ dport });
    return l.stats(l.a, 3 * H1).packets;
  }
  beforeEach(() => {
    l.qdiscRaw('prio', new Uint8Array([3, 0, 0, 0, ...new Uint8Array(16)]), { handle: H1 });
    l.qdiscRaw('pfifo', words(100), { handle: 3 * H1, parent: H1 + 2 });
  });

  test('u32', () => {
    l.filter('u32', H1, (w) => {
      w.putU32(TCA_U32_CLASSID, H1 + 2);
      w.putBytes(TCA_U32_SEL, u32Sel([[0x0a000002, 0xffffffff, 16], [80, 0xffff, 20]]));
    });
    expect(second([80, 81, 80])).toBe(2);
  });
  test('flower, by address and port', () => {
    l.filter('flower', H1, (w) => {
      w.putU32(TCA_FLOWER_CLASSID, H1 + 2);
      w.putBe16(TCA_FLOWER_KEY_ETH_TYPE, 0x800);
      w.putU8(TCA_FLOWER_KEY_IP_PROTO, 17);
      w.putBytes(TCA_FLOWER_KEY_IPV4_DST, new Uint8Array([10, 0, 0, 0]));
      w.putBytes(TCA_FLOWER_KEY_IPV4_DST_MASK, new Uint8Array([255, 0, 0, 0]));
      w.putBe16(TCA_FLOWER_KEY_UDP_DST, 53);
    }, { protocol: 0x800 });
    expect(second([53, 54, 53])).toBe(2);
    l.send({ dst: '11.0.0.1', dport: 53 });
    l.send({ proto: 6, dport: 53 });
    expect(l.stats(l.a, 3 * H1).packets).toBe(2);
  });
  test('bpf, classic', () => {
    // ldh [link layer + 36 ...]: the destination port is at 22 of the packet; ret 0 is no match.
    const op = (code: number, jt: number, jf: number, k: number): number[] => [code & 255, code >> 8, jt, jf, k & 255, (k >> 8) & 255, (k >> 16) & 255, k >>> 24];
    const prog = [op(0x28, 0, 0, 36), op(0x15, 0, 1, 7), op(6, 0, 0, 0xffffffff), op(6, 0, 0, 0)];
    l.filter('bpf', H1, (w) => {
      w.putU32(TCA_BPF_CLASSID, H1 + 2);
      w.putU16(TCA_BPF_OPS_LEN, prog.length);
      w.putBytes(TCA_BPF_OPS, new Uint8Array(prog.flat()));
    });
    expect(second([7, 8, 9, 7])).toBe(2);
  });
  test('matchall, and by mark', () => {
    l.filter('fw', H1, (w) => w.putU32(TCA_FW_CLASSID, H1 + 1), { prio: 1, handle: 6 });
    l.filter('matchall', H1, (w) => w.putU32(TCA_MATCHALL_CLASSID, H1 + 2), { prio: 2 });
    expect(second([1, 2, 3])).toBe(3);
  });
});

describe('actions at the door', () => {
  beforeEach(() => l.qdisc('clsact', { parent: INGRESS, handle: 0xffff0000 }));

  test('drop and pass', () => {
    l.filter('flower', AT_EGRESS, (w) => {
      w.putBe16(TCA_FLOWER_KEY_ETH_TYPE, 0x800);
      w.putU8(TCA_FLOWER_KEY_IP_PROTO, 17);
      w.putBe16(TCA_FLOWER_KEY_UDP_DST, 9);
      actions(w, TCA_FLOWER_ACT, gact(TC_ACT_SHOT));
    }, { protocol: 0x800 });
    const seen = l.watch();
    for (const dport of [9, 10, 9]) l.send({ dport });
    expect(seen.length).toBe(1);
    expect(l.stats(l.a, 0xffff0000).drops).toBe(2);
    l.delFilters(AT_EGRESS);
    l.send({ dport: 9 });
    expect(seen.length).toBe(2);
  });

  test('a copy goes to an ifb; the packet goes on', () => {
    const i0 = l.link('i0', 'ifb');
    l.filter('matchall', AT_EGRESS, matchall(mirred(TCA_EGRESS_MIRROR, i0.ifindex, TC_ACT_PIPE)));
    const seen = l.watch();
    const there = l.watch(i0, true);
    l.send();
    l.run(10);
    expect(there.length).toBeGreaterThan(0);
    expect(seen.length).toBeGreaterThan(0);
    expect(i0.stats.rxPackets + i0.stats.txPackets).toBeGreaterThan(0);
  });

  test('what goes to an ifb comes back where it left', () => {
    const i0 = l.link('i0', 'ifb');
    l.filter('matchall', AT_INGRESS, matchall(mirred(TCA_EGRESS_REDIR, i0.ifindex, TC_ACT_STOLEN)));
    const seen = l.watch(l.a);
    l.send({}, l.b);
    l.run(10);
    // Once when it came, once when the ifb gave it back.
    expect(seen.map((s) => s.dev)).toContain('a');
    expect(i0.stats.rxPackets).toBe(1);
    expect(i0.stats.txPackets).toBe(1);
  });

  test('to the other side of a device: what leaves comes in', () => {
    const d = l.link('d0', 'dummy');
    l.filter('matchall', AT_EGRESS, matchall(mirred(TCA_INGRESS_REDIR, d.ifindex, TC_ACT_STOLEN)));
    const seen = l.watch(d);
    const out = l.watch();
    l.send();
    expect([seen.length, out.length]).toEqual([1, 0]);
  });

  test('a circle of redirects ends', () => {
    l.qdisc('clsact', { parent: INGRESS, handle: 0xffff0000, dev: l.b });
    l.filter('matchall', AT_EGRESS, matchall(mirred(TCA_EGRESS_REDIR, l.b.ifindex, TC_ACT_STOLEN)));
    l.filter('matchall', AT_EGRESS, matchall(mirred(TCA_EGRESS_REDIR, l.a.ifindex, TC_ACT_STOLEN)), { dev: l.b });
    l.send();
    l.run(10);
  });

  test('skbedit sets mark and priority', () => {
    let mark = 0;
    let priority = 0;
    l.filter('matchall', AT_INGRESS, matchall(['skbedit', (w) => {
      w.putBytes(TCA_SKBEDIT_PARMS, words(0, 0, TC_ACT_OK, 0, 0));
      w.putU32(TCA_SKBEDIT_MARK, 77);
      w.putU32(TCA_SKBEDIT_PRIORITY, 0x10002);
    }]));
    const orig = l.a.rxHandler;
    l.a.rxHandler = (skb, dev): ReturnType<NonNullable<typeof orig>> => {
      ({ mark, priority } = skb);
      return orig === null ? 3 : orig(skb, dev);
    };
    l.send({}, l.b);
    l.a.rxHandler = orig;
    expect([mark, priority]).toEqual([77, 0x10002]);
  });

  test('vlan pushes a tag', () => {
    l.filter('matchall', AT_EGRESS, matchall(['vlan', (w) => {
      w.putBytes(TCA_VLAN_PARMS, words(0, 0, TC_ACT_PIPE, 0, 0, 2));
      w.putU16(TCA_VLAN_PUSH_VLAN_ID, 5);
    }]));
    const seen = l.watch();
    l.send();
    const b = seen[0]!.bytes;
    expect([...b.subarray(12, 18)]).toEqual([0x81, 0, 0, 5, 8, 0]);
  });

  test('pedit and csum: a TTL is set, and the header sums up again', () => {
    l.filter('matchall', AT_EGRESS, matchall(
      ['pedit', (w) => w.putBytes(TCA_PEDIT_PARMS, words(0, 0, TC_ACT_PIPE, 0, 0, 1, 0xffffff00, 5, 8, 0, 0, 0))],
      ['csum', (w) => w.putBytes(TCA_CSUM_PARMS, words(0, 0, TC_ACT_OK, 0, 0, 1))],
    ));
    const seen = l.watch();
    l.send();
    const b = seen[0]!.bytes;
    expect(b[22]).toBe(5);
    expect(sum(b, 14, 20)).toBe(0);
  });

  test('nat: another source, and all sums are right', () => {
    const parms = words(0, 0, TC_ACT_OK, 0, 0, 0, 0, 0, 1);
    const v = new DataView(parms.buffer);
    v.setUint32(20, 0x0a000000);
    v.setUint32(24, 0xc0a80100);
    v.setUint32(28, 0xffffff00);
    l.filter('matchall', AT_EGRESS, matchall(['nat', (w) => w.putBytes(TCA_NAT_PARMS, parms)]));
    const seen = l.watch();
    l.send({ src: '10.0.0.7' });
    const b = seen[0]!.bytes;
    expect([...b.subarray(26, 30)]).toEqual([192, 168, 1, 7]);
    expect(sum(b, 14, 20)).toBe(0);
    expect(sum(b, 14 + 12, b.length - 14 - 12, 17 + b.length - 34)).toBe(0);
  });
});
