// IPv6 multicast routing, what conformance/ipv6/mroute6.test.ts does not hold against the real kernel: rights, ends, and what stays behind.
import { Cred, EACCES, EADDRINUSE, EADDRNOTAVAIL, ENOENT } from '@linnet/kernel';
import { unregisterNetdevice } from '@linnet/netdev';
import { MRT6_ADD_MFC, MRT6_ADD_MIF, MRT6_ASSERT, MRT6_DEL_MIF, MRT6_DONE, MRT6_INIT, MRT6_TABLE, SOCK_RAW } from '@linnet/uapi';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IP6MR, mr6FindEntry } from '../src/ip6mr-types.ts';
import { bytes6, ip6, Machine, Sk, type Wire } from './harness.ts';

const SOL_IPV6 = 41;
const IPPROTO_ICMPV6 = 58;
const GROUP = 'ff1e::1';
const S = 'fd00:0:0:0::2';

function mifctl(mif: number, ifindex: number, flags = 0): Uint8Array {
  const b = new Uint8Array(12);
  const v = new DataView(b.buffer);
  v.setUint16(0, mif, true);
  v.setUint8(2, flags);
  v.setUint16(4, ifindex, true);
  return b;
}
function mfcctl(origin: string, group: string, parent: number, oifs: number[]): Uint8Array {
  const b = new Uint8Array(92);
  b.set(bytes6(origin), 8);
  b.set(bytes6(group), 36);
  b[56] = parent;
  for (const i of oifs) b[60 + (i >> 3)]! |= 1 << (i & 7);
  return b;
}

let m: Machine;
let wires: Wire[];
let daemon: Sk;
beforeEach(() => {
  m = new Machine();
  wires = [0, 1, 2].map((i) => m.wire(`fd00:0:0:${i}::1/64`, { name: `eth${i}` }));
  daemon = new Sk(m, SOCK_RAW, IPPROTO_ICMPV6);
  expect(daemon.set(SOL_IPV6, MRT6_INIT, 1)).toBe(0);
  wires.forEach((w, i) => expect(daemon.set(SOL_IPV6, MRT6_ADD_MIF, mifctl(i, w.fake.dev.ifindex))).toBe(0));
  take();
});
afterEach(() => {
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

/** What went out by each wire, but for neighbour discovery and MLD. */
const take = (): number[] => wires.map((w) => w.take().length);
function stream(n: number, o: { src?: string; dst?: string; hops?: number; by?: number } = {}): void {
  for (let i = 0; i < n; i++) wires[o.by ?? 0]!.inject({ src: o.src ?? S, dst: o.dst ?? GROUP, next: 17, hops: o.hops ?? 9, label: i }, new Uint8Array(30));
}

describe('IPv6 multicast routing', () => {
  it('asks once, keeps four packets, and sends them when there is an entry', () => {
    stream(7);
    expect(take()).toEqual([0, 0, 0]);
    const up = daemon.got();
    expect([...up.data.subarray(0, 8)]).toEqual([0, 1, 0, 0, 0, 0, 0, 0]);
    expect([...up.data.subarray(8, 40)]).toEqual([...bytes6(S), ...bytes6(GROUP)]);
    expect(up.from).toBe('fd00::2');
    expect(daemon.recv()).toBeLessThan(0);
    expect(daemon.set(SOL_IPV6, MRT6_ADD_MFC, mfcctl(S, GROUP, 0, [1, 2]))).toBe(0);
    expect(take()).toEqual([0, 4, 4]);
    stream(3);
    stream(3, { hops: 1 });
    expect(take()).toEqual([0, 3, 3]);
    const e = mr6FindEntry(m.net.get(IP6MR).main, ip6(S), ip6(GROUP))!;
    expect([e.packets, e.bytes, e.wrong]).toEqual([10, 700, 0]);
  });

  it('decreases the hop limit once, and leaves the rest of the packet alone', () => {
    daemon.set(SOL_IPV6, MRT6_ADD_MFC, mfcctl(S, GROUP, 0, [1]));
    stream(1, { hops: 7 });
    expect(wires[1]!.take().map((p) => [p.hops, p.src, p.dst, [...p.ethDst]])).toEqual([[6, 'fd00::2', GROUP, [0x33, 0x33, 0, 0, 0, 1]]]);
    expect(m.mib('Ip6OutForwDatagrams')).toBe(1);
  });

  it('forgets a stream after ten seconds', () => {
    stream(2);
    expect(String(m.net.proc.read('net/ip6_mr_cache')).split('\n').length).toBe(3);
    m.advance(9.9);
    expect(String(m.net.proc.read('net/ip6_mr_cache')).split('\n').length).toBe(3);
    m.advance(0.2);
    expect(String(m.net.proc.read('net/ip6_mr_cache')).split('\n').length).toBe(2);
    stream(1);
    daemon.got();
    expect(daemon.got().data[1]).toBe(1);
  });

  it('keeps groups of the link on it', () => {
    stream(1, { dst: 'ff02::77' });
    stream(1, { dst: 'ff11::77' });
    expect([take(), daemon.recv()]).toEqual([[0, 0, 0], expect.any(Number) as number]);
    expect(m.net.get(IP6MR).main.pending.size).toBe(0);
  });

  it('tells of a packet that came in elsewhere at most every three seconds', () => {
    daemon.set(SOL_IPV6, MRT6_ADD_MFC, mfcctl(S, GROUP, 0, [1]));
    stream(1, { by: 1 });
    expect(daemon.recv()).toBeLessThan(0);
    daemon.set(SOL_IPV6, MRT6_ASSERT, 1);
    stream(3, { by: 1 });
    expect([...daemon.got().data.subarray(0, 4)]).toEqual([0, 2, 1, 0]);
    expect(daemon.recv()).toBeLessThan(0);
    m.advance(3.1);
    stream(1, { by: 1 });
    expect(daemon.got().data[1]).toBe(2);
    // By 2 it would not go out: without PIM that is nobody's business.
    m.advance(3.1);
    stream(1, { by: 2 });
    expect(daemon.recv()).toBeLessThan(0);
    expect(mr6FindEntry(m.net.get(IP6MR).main, ip6(S), ip6(GROUP))!.wrong).toBe(6);
  });

  it('needs CAP_NET_ADMIN for what is not the daemon itself', () => {
    const other = new Sk(m, SOCK_RAW, IPPROTO_ICMPV6);
    expect(other.set(SOL_IPV6, MRT6_INIT, 1)).toBe(-EADDRINUSE);
    const root = m.kernel.cred;
    m.kernel.cred = new Cred(1000, 1000, []);
    const mif = mifctl(5, wires[0]!.fake.dev.ifindex);
    expect([other.set(SOL_IPV6, MRT6_ADD_MIF, mif), other.set(SOL_IPV6, MRT6_TABLE, 7), daemon.set(SOL_IPV6, MRT6_ADD_MIF, mif)]).toEqual([-EACCES, -EACCES, 0]);
    m.kernel.cred = root;
    other.close();
  });

  it('loses an interface with its device', () => {
    daemon.set(SOL_IPV6, MRT6_ADD_MFC, mfcctl(S, GROUP, 0, [1, 2]));
    m.kernel.run(() => unregisterNetdevice(wires[1]!.fake.dev));
    expect(daemon.set(SOL_IPV6, MRT6_DEL_MIF, new Uint8Array([1, 0]))).toBe(-EADDRNOTAVAIL);
    stream(1);
    expect(take()).toEqual([0, 0, 1]);
  });

  it('leaves nothing behind when the daemon goes', () => {
    daemon.set(SOL_IPV6, MRT6_ADD_MIF, mifctl(9, 0, 1));
    expect(String(m.net.proc.read('net/dev'))).toContain('pim6reg:');
    stream(2);
    daemon.close();
    expect(String(m.net.proc.read('net/ip6_mr_vif')).split('\n').length).toBe(2);
    expect(String(m.net.proc.read('net/ip6_mr_cache')).split('\n').length).toBe(2);
    expect(String(m.net.proc.read('net/dev'))).not.toContain('pim6reg:');
    expect(m.n6.mcRoute).toBeNull();
    expect(wires.map((w) => w.fake.dev.allmulti)).toEqual([0, 0, 0]);
  });

  it('serves tables of their own, each with its daemon', () => {
    const other = new Sk(m, SOCK_RAW, IPPROTO_ICMPV6);
    expect([other.set(SOL_IPV6, MRT6_TABLE, 100), other.set(SOL_IPV6, MRT6_INIT, 1), other.set(SOL_IPV6, MRT6_DONE, 0), other.set(SOL_IPV6, MRT6_DONE, 0)]).toEqual([0, 0, 0, -EACCES]);
    expect(daemon.set(SOL_IPV6, 205, mfcctl(S, GROUP, 0, []))).toBe(-ENOENT);
    other.close();
  });
});
