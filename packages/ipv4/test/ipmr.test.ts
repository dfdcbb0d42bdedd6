// Multicast routing, what conformance/ipv4/mroute.test.ts does not hold against the real kernel: rights, bounds, ends, and the cost of a packet.
import { Cred, EACCES, EADDRINUSE, EADDRNOTAVAIL, errnoName } from '@linnet/kernel';
import { unregisterNetdevice } from '@linnet/netdev';
import { MRT_ADD_MFC, MRT_ADD_VIF, MRT_DEL_VIF, MRT_DONE, MRT_INIT, SIOCGETVIFCNT, SOCK_RAW } from '@linnet/uapi';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RT_STAT_OUT_SLOW_TOT } from '../src/ipv4-net.ts';
import { IPMR } from '../src/ipmr-types.ts';
import { ip4, ipPacket, Machine, Sk, type Wire } from './harness.ts';

const SOL_IP = 0;
const IPPROTO_IGMP = 2;
const GROUP = '239.1.1.1';

function vifctl(vif: number, addr: string, flags = 0): Uint8Array {
  const b = new Uint8Array(16);
  const v = new DataView(b.buffer);
  v.setUint16(0, vif, true);
  v.setUint8(2, flags);
  v.setUint8(3, 1);
  v.setInt32(8, ip4(addr));
  return b;
}
function mfcctl(origin: string, group: string, parent: number, ttls: Record<number, number>): Uint8Array {
  const b = new Uint8Array(60);
  const v = new DataView(b.buffer);
  v.setInt32(0, ip4(origin));
  v.setInt32(4, ip4(group));
  v.setUint16(8, parent, true);
  for (const [i, n] of Object.entries(ttls)) b[10 + Number(i)] = n;
  return b;
}

let m: Machine;
let wires: Wire[];
let daemon: Sk;
beforeEach(() => {
  m = new Machine();
  wires = [0, 1, 2].map((i) => m.wire(`10.0.${i}.1/24`, { name: `eth${i}` }));
  daemon = new Sk(m, SOCK_RAW, IPPROTO_IGMP);
  expect(daemon.set(SOL_IP, MRT_INIT, 1)).toBe(0);
  for (let i = 0; i < 3; i++) expect(daemon.set(SOL_IP, MRT_ADD_VIF, vifctl(i, `10.0.${i}.1`))).toBe(0);
  take();
});
afterEach(() => {
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

/** What went out by each wire, but for IGMP. */
const take = (): number[] => wires.map((w) => w.take().filter((p) => p.proto !== IPPROTO_IGMP).length);
function stream(n: number, src = '10.0.0.2', group = GROUP, ttl = 9): void {
  const mac = new Uint8Array([1, 0, 0x5e, 1, 1, 1]);
  for (let i = 0; i < n; i++) wires[0]!.frame(ipPacket({ src, dst: group, proto: 17, ttl, id: i }, new Uint8Array(30)), 0x0800, mac);
}
const upcalls = (): number => {
  let n = 0;
  while (typeof daemon.recv() !== 'number') n++;
  return n;
};
/** The daemon's calls, by somebody without capabilities. */
function as(cred: Cred, fn: () => number): string {
  const old = m.kernel.cred;
  m.kernel.cred = cred;
  const r = fn();
  m.kernel.cred = old;
  return r === 0 ? 'ok' : errnoName(r);
}

describe('who may', () => {
  it('only the daemon, or who may administer the network', () => {
    const nobody = new Cred(1000, 1000);
    const other = new Sk(m, SOCK_RAW, IPPROTO_IGMP);
    const add = mfcctl('10.0.0.2', GROUP, 0, { 1: 1 });
    expect(as(nobody, () => daemon.set(SOL_IP, MRT_ADD_MFC, add))).toBe('ok');
    expect(as(nobody, () => other.set(SOL_IP, MRT_ADD_MFC, add))).toBe('EACCES');
    expect(other.set(SOL_IP, MRT_ADD_MFC, add)).toBe(0);
    expect(other.set(SOL_IP, MRT_INIT, 1)).toBe(-EADDRINUSE);
    expect(other.set(SOL_IP, MRT_DONE, 1)).toBe(-EACCES);
    daemon.close();
    // INIT asks for nothing: the socket itself was the right.
    expect(as(nobody, () => other.set(SOL_IP, MRT_INIT, 1))).toBe('ok');
    other.close();
  });
});

describe('a stream', () => {
  it('costs no new route a packet, and goes by none that is stale', () => {
    daemon.set(SOL_IP, MRT_ADD_MFC, mfcctl('10.0.0.2', GROUP, 0, { 1: 1, 2: 1 }));
    stream(1);
    const routes = m.ip.rtStat[RT_STAT_OUT_SLOW_TOT];
    stream(100);
    expect(take()).toEqual([0, 101, 101]);
    expect(m.ip.rtStat[RT_STAT_OUT_SLOW_TOT]).toBe(routes);
    // Another group by the same (*,G) is another way; a flushed table is asked again.
    m.sysctl('route/flush', 1);
    stream(2);
    expect(m.ip.rtStat[RT_STAT_OUT_SLOW_TOT]).toBe(routes! + 2);
    expect(take()).toEqual([0, 2, 2]);
    daemon.close();
  });

  it('of nobody knows waits, four packets of each, and is forgotten after ten seconds', () => {
    stream(9);
    for (let i = 0; i < 50; i++) stream(1, '10.0.0.3', `239.2.0.${i}`);
    expect(upcalls()).toBe(51);
    expect(m.net.get(IPMR).main.pending.size).toBe(51);
    m.advance(9);
    stream(1, '10.0.0.3', '239.3.0.1');
    m.advance(1.1);
    expect(m.net.get(IPMR).main.pending.size).toBe(1);
    // The daemon comes too late for the first stream, in time for the last.
    for (const [s, g] of [['10.0.0.2', GROUP], ['10.0.0.3', '239.3.0.1']] as const) daemon.set(SOL_IP, MRT_ADD_MFC, mfcctl(s, g, 0, { 1: 1 }));
    expect(take()).toEqual([0, 1, 0]);
    daemon.close();
  });

  it('is not kept for a daemon that does not listen', () => {
    // Its receive buffer is full: what cannot be told is not kept either.
    for (let i = 0; i < 4000; i++) stream(1, '10.0.0.3', `239.2.${i >> 8}.${i & 255}`);
    const kept = m.net.get(IPMR).main.pending.size;
    expect(kept).toBeGreaterThan(50);
    expect(kept).toBeLessThan(1500);
    expect(upcalls()).toBe(kept);
    daemon.close();
    expect(m.net.get(IPMR).main.pending.size).toBe(0);
  });
});

describe('ends', () => {
  it('a device that goes takes its interfaces along', () => {
    daemon.set(SOL_IP, MRT_ADD_MFC, mfcctl('10.0.0.2', GROUP, 0, { 1: 1, 2: 1 }));
    expect(wires[1]!.fake.dev.allmulti).toBe(1);
    m.kernel.run(() => unregisterNetdevice(wires[1]!.fake.dev));
    stream(1);
    expect(take()).toEqual([0, 0, 1]);
    expect(daemon.set(SOL_IP, MRT_DEL_VIF, vifctl(1, '0.0.0.0'))).toBe(-EADDRNOTAVAIL);
    const arg = new Uint8Array(40);
    expect(m.kernel.run(() => daemon.sock.ops.ioctl!(daemon.sock, SIOCGETVIFCNT, arg))).toBe(0);
    expect(Array.from(arg.subarray(8, 40)).filter((b) => b !== 0)).toEqual([1, 50]);
    daemon.close();
    expect(wires[2]!.fake.dev.allmulti).toBe(0);
  });

  it('a namespace ends with packets that wait, and with what others than the daemon added', () => {
    stream(3);
    const other = new Sk(m, SOCK_RAW, IPPROTO_IGMP);
    other.set(SOL_IP, MRT_ADD_MFC, mfcctl('10.0.0.9', GROUP, 0, { 1: 1 }));
    daemon.close();
    other.close();
    stream(3, '10.0.0.9');
  });

  it('the register interface goes with its daemon', () => {
    expect(daemon.set(SOL_IP, MRT_ADD_VIF, vifctl(5, '0.0.0.0', 4))).toBe(0);
    expect(String(m.net.proc.read('net/dev'))).toContain('pimreg:');
    daemon.close();
    expect(String(m.net.proc.read('net/dev'))).not.toContain('pimreg:');
  });
});
