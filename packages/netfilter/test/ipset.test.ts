/** The table of elements beside a plain map, what ends by itself, and what bytes that are no request of ipset do. What sets match is held against a real kernel in conformance/netfilter. */
import { afterEach, describe, expect, test } from 'vitest';
import { createKernel, type Kernel, Rng, sec, VirtualClock } from '@linnet/kernel';
import { ipv4 } from '@linnet/ipv4';
import { MsgHdr, sockCreate, sockRelease, type Socket } from '@linnet/socket';
import { AF_NETLINK, NETLINK_NETFILTER, NLM_F_ACK, NLM_F_REQUEST, NLMSG_ERROR, nlmsgType, NlWriter, SOCK_RAW } from '@linnet/uapi';
import { ipset, NFNL_SUBSYS_IPSET } from '../src/index.ts';
import { ipSetAdd, ipSetCover, ipSetDel, ipSetFind } from '../src/ipset/ipset-adt.ts';
import { IpSetAttrs } from '../src/ipset/ipset-attrs.ts';
import { ipSetMake } from '../src/ipset/ipset-create.ts';
import { IpSetElems } from '../src/ipset/ipset-elems.ts';
import { IPSET, type IpSet, type IpSetNet } from '../src/ipset/ipset-set.ts';
import { ip4 } from './harness.ts';

const NONE = { timeout: false, counters: true, comment: false, skbinfo: false, mac: false };

test('the table holds what a map holds', () => {
  const r = new Rng(7).stream('elems');
  for (const words of [1, 3]) {
    const t = new IpSetElems(words, NONE, 99);
    const model = new Map<string, number>();
    const key = new Int32Array(words);
    for (let i = 0; i < 4000; i++) {
      for (let k = 0; k < words; k++) key[k] = r.below(words === 1 ? 300 : 7) << (k * 9);
      const name = key.join();
      const slot = t.find(key);
      expect(slot >= 0).toBe(model.has(name));
      if (slot >= 0) {
        expect(t.packets[slot]).toBe(model.get(name));
        if (r.below(2) === 0) {
          t.remove(slot);
          model.delete(name);
        }
      } else if (r.below(3) > 0) {
        const at = t.insert(key);
        t.packets[at] = i;
        model.set(name, i);
      }
      expect(t.count).toBe(model.size);
    }
    t.clear();
    expect([t.count, t.find(key)]).toEqual([0, -1]);
  }
});

describe('sets', () => {
  const kernels: Kernel[] = [];
  afterEach(() => {
    for (const k of kernels.splice(0)) k.shutdown();
  });
  function box(): { clock: VirtualClock; inet: IpSetNet; kernel: Kernel } {
    const clock = new VirtualClock();
    const kernel = createKernel({ modules: [ipv4, ipset], clock, seed: 1, debug: true });
    kernels.push(kernel);
    return { clock, kernel, inet: kernel.initNet.get(IPSET) };
  }
  /** A set with attributes of 32 and 8 bits. */
  function make(inet: IpSetNet, type: string, attrs: Readonly<Record<number, number>> = {}): IpSet {
    const view = new DataView(new ArrayBuffer(256));
    const tb = new Int32Array(31);
    Object.entries(attrs).forEach(([t, v], i) => {
      tb[Number(t)] = 4 + 8 * i;
      view.setUint32(8 + 8 * i, v);
    });
    const set = ipSetMake(inet, type, type, 2, 0, new IpSetAttrs(view, tb));
    if (typeof set === 'number') throw new Error(`make: ${set}`);
    expect(inet.add(set)).toBe(true);
    return set;
  }

  test('the longest prefix is found, also when it is there not to match', () => {
    const { inet } = box();
    const s = make(inet, 'hash:net');
    const { key, entry } = inet;
    const add = (ip: string, bits: number, flags = 0): void => {
      entry.reset();
      entry.flags = flags;
      [key[0], key[1]] = [ip4(ip), bits];
      expect(ipSetAdd(s, key, entry, false)).toBe(0);
    };
    add('10.0.0.0', 8);
    add('10.1.0.0', 16, 4);
    add('10.1.2.0', 24);
    const prefix = (ip: string): number => {
      [key[0], key[1]] = [ip4(ip), 32];
      const slot = ipSetCover(s, key, entry);
      return slot < 0 ? -1 : s.elems.keys[2 * slot + 1]! * (s.elems.flags[slot] === 4 ? -1 : 1);
    };
    expect(['10.9.9.9', '10.1.9.9', '10.1.2.9', '11.1.1.1'].map(prefix)).toEqual([8, -16, 24, -1]);
    [key[0], key[1]] = [ip4('10.1.0.0'), 16];
    expect(ipSetDel(s, key, entry)).toBe(0);
    expect(prefix('10.1.9.9')).toBe(8);
    expect(s.cidrs).toEqual([24, 8]);
  });

  test('of networks with devices none is left over', () => {
    const { inet } = box();
    const s = make(inet, 'hash:net,iface');
    const { key, entry } = inet;
    for (const f of [ipSetAdd, ipSetDel] as const) {
      for (let i = 0; i < 40; i++) {
        entry.reset();
        entry.iface = i % 2 === 0 ? 'e0' : 'e1';
        [key[0], key[1]] = [ip4('10.0.0.0') + ((i >> 1) << 8), 24];
        expect(f(s, key, entry, false)).toBe(0);
      }
      expect([s.elems.count, s.nets!.count, s.ifaces.size]).toEqual(f === ipSetAdd ? [40, 20, 2] : [0, 0, 0]);
    }
  });

  test('a device is known as long as an element names it', () => {
    const { clock, inet, kernel } = box();
    const s = make(inet, 'hash:net,iface', { 6: 10, 19: 3 });
    const { key, entry } = inet;
    const put = (f: typeof ipSetAdd, net: number, iface: string, flags = 0): number => {
      entry.reset();
      [entry.iface, entry.flags] = [iface, flags];
      [key[0], key[1]] = [net << 8, 24];
      return kernel.run(() => f(s, key, entry, false));
    };
    const finds = (net: number, iface: string): boolean => {
      entry.reset();
      entry.iface = iface;
      [key[0], key[1]] = [net << 8, 32];
      return kernel.run(() => ipSetCover(s, key, entry)) >= 0;
    };
    // Many devices, one after the other.
    for (let i = 0; i < 50; i++) expect([put(ipSetAdd, 1, `e${i}`), put(ipSetDel, 1, `e${i}`), s.ifaces.size]).toEqual([0, 0, 0]);
    // One that stood for all that begin like it is only itself when it comes again.
    expect([put(ipSetAdd, 1, 'e', 128), put(ipSetAdd, 2, 'e', 128), finds(1, 'e7'), s.ifaces.size]).toEqual([0, 0, true, 1]);
    expect([put(ipSetDel, 1, 'e'), s.ifaces.wildcards.length, finds(2, 'e7'), put(ipSetDel, 2, 'e'), s.ifaces.wildcards.length]).toEqual([0, 1, true, 0, 0]);
    expect([put(ipSetAdd, 1, 'f'), finds(1, 'f7'), finds(1, 'f')]).toEqual([0, false, true]);
    // What a full set refuses leaves nothing.
    expect([put(ipSetAdd, 2, 'f'), put(ipSetAdd, 3, 'f'), put(ipSetAdd, 3, 'g'), s.ifaces.size]).toEqual([0, 0, -4352, 1]);
    // One that has timed out gives way to itself.
    clock.advance(sec(10));
    expect([put(ipSetAdd, 1, 'f'), finds(1, 'f'), finds(2, 'f')]).toEqual([0, true, false]);
    clock.advance(sec(20));
    expect([s.elems.count, s.ifaces.size]).toEqual([0, 0]);
    put(ipSetAdd, 1, 'f');
    s.clear();
    expect(s.ifaces.size).toBe(0);
  });

  test('a full set is not read for what has ended before something has', () => {
    const { clock, inet, kernel } = box();
    const s = make(inet, 'hash:ip', { 6: 100, 19: 8 });
    const { key, entry } = inet;
    const add = (ip: number, timeout = -1): number => {
      entry.reset();
      entry.timeout = timeout;
      key[0] = ip;
      return kernel.run(() => ipSetAdd(s, key, entry, false));
    };
    for (let i = 1; i <= 8; i++) expect(add(i, i === 5 ? 20 : -1)).toBe(0);
    let reads = 0;
    s.elems.used = new Proxy(s.elems.used, {
      get(used, i) {
        reads++;
        return Reflect.get(used, i) as unknown;
      },
    });
    for (let i = 0; i < 50; i++) expect(add(100 + i)).toBe(-4352);
    expect(reads).toBe(0);
    clock.advance(sec(20));
    expect([add(200), add(201), reads > 0]).toEqual([0, -4352, true]);
    // The next end is known by then.
    reads = 0;
    expect([add(202), reads]).toEqual([-4352, 0]);
    clock.advance(sec(81));
    expect([add(203), s.elems.count]).toEqual([0, 2]);
  });

  test('an element ends with its time, and is swept', () => {
    const { clock, inet, kernel } = box();
    const s = make(inet, 'hash:ip', { 6: 10 });
    const { key, entry } = inet;
    entry.reset();
    key[0] = ip4('10.0.0.1');
    kernel.run(() => ipSetAdd(s, key, entry, false));
    entry.timeout = 0;
    key[0] = ip4('10.0.0.2');
    kernel.run(() => ipSetAdd(s, key, entry, false));
    key[0] = ip4('10.0.0.1');
    clock.advance(sec(9));
    expect(kernel.run(() => ipSetFind(s, key, entry))).toBeGreaterThanOrEqual(0);
    clock.advance(sec(2));
    expect(kernel.run(() => ipSetFind(s, key, entry))).toBe(-1);
    clock.advance(sec(4));
    expect(s.elems.count).toBe(1);
    // Nothing is left that ends: no timer runs for it.
    expect(kernel.nextEvent()).toBeGreaterThan(clock.now() + sec(100));
  });

  test('a full set takes no more, but for one that gives way', () => {
    const { inet } = box();
    for (const force of [0, 0x20]) {
      const s = make(inet, 'hash:ip', { 8: force, 19: 4 });
      inet.entry.reset();
      const errors = Array.from({ length: 6 }, (_, i) => {
        inet.key[0] = 1 + i;
        return ipSetAdd(s, inet.key, inet.entry, false);
      });
      expect(errors).toEqual(force === 0 ? [0, 0, 0, 0, -4352, -4352] : [0, 0, 0, 0, 0, 0]);
      expect(s.elems.count).toBe(4);
      inet.sets[s.id] = null;
    }
  });

  test('whatever bytes come, there is an answer and no exception', () => {
    const { kernel, inet } = box();
    make(inet, 'hash:ip,port');
    make(inet, 'hash:net,iface');
    make(inet, 'list:set');
    const sock = kernel.run(() => sockCreate(kernel.initNet, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER)) as Socket;
    const r = new Rng(3).stream('bytes');
    const buf = new Uint8Array(65536);
    const names = ['hash:ip,port', 'hash:net,iface', 'list:set', 'x'];
    for (let i = 0; i < 3000; i++) {
      const w = new NlWriter();
      w.begin((NFNL_SUBSYS_IPSET << 8) | r.below(17), NLM_F_REQUEST | NLM_F_ACK | (r.below(4) === 0 ? 0x300 : r.below(2) * 0x200), i, 0);
      w.reserve(4);
      if (r.below(10) > 0) w.putU8(1, 7);
      if (r.below(5) > 0) w.putString(2, names[r.below(4)]!);
      if (r.below(3) === 0) w.putString(3, names[r.below(4)]!);
      if (r.below(3) === 0) w.putU8(4, r.below(9));
      if (r.below(3) === 0) w.putU8(5, [2, 10, 0, 7][r.below(4)]!);
      if (r.below(3) > 0) {
        w.nestStart(7);
        for (let n = r.below(6); n > 0; n--) {
          const bytes = Uint8Array.from({ length: r.below(20) }, () => r.below(256));
          if (r.below(2) === 0) {
            w.nestStart(1 + r.below(30));
            w.putBytes(0x4000 | (1 + r.below(2)), bytes.subarray(0, r.below(2) === 0 ? 4 : 16));
            w.nestEnd();
          } else {
            w.putBytes((r.below(3) > 0 ? 0x4000 : 0) | r.below(32), bytes);
          }
        }
        w.nestEnd();
      }
      w.end();
      const bytes = w.bytes();
      kernel.run(() => sock.ops.sendmsg(sock, new MsgHdr([bytes]), bytes.length));
      let answers = 0;
      for (;;) {
        if (kernel.run(() => sock.ops.recvmsg(sock, new MsgHdr([buf]), buf.length, 0x40)) <= 0) break;
        answers++;
        expect(nlmsgType(new DataView(buf.buffer), 0)).toBeGreaterThanOrEqual(NLMSG_ERROR);
      }
      expect(answers).toBeGreaterThan(0);
    }
    kernel.run(() => sockRelease(sock));
  });
});
