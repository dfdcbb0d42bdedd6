import { expect, test } from 'vitest';
import { SOCK_DGRAM } from '@linnet/uapi';
import { bytes6, concat, icmp6, icmp6Ok, ip6, ip6Packet, Machine, PEER_LL, Sk, str6 } from './harness.ts';
import type { Seen6, Wire } from './harness.ts';

const GROUP = 'ff02::77';
const SOL_IPV6 = 41;
const JOIN = 20;
const LEAVE = 21;
const JOIN_SOURCE = 46;
const LEAVE_SOURCE = 47;
const BLOCK = 43;
const UNBLOCK = 44;

/** struct ipv6_mreq. */
const mreq = (g: string, ifindex: number): Uint8Array => concat(bytes6(g), new Uint8Array(new Uint32Array([ifindex]).buffer));
const storage = (a: string): Uint8Array => {
  const b = new Uint8Array(128);
  b[0] = 10;
  b.set(bytes6(a), 8);
  return b;
};
/** struct group_source_req. */
const sourceReq = (g: string, src: string, ifindex: number): Uint8Array => concat(new Uint8Array(new Uint32Array([ifindex, 0]).buffer), storage(g), storage(src));

/** The records of an MLDv2 report about our group: type and sources. */
function records(p: Seen6): string[] {
  expect(icmp6Ok({ ...p, payload: p.payload.slice(8) })).toBe(true);
  // Hop-by-hop options with a router alert for MLD, hop limit 1 (RFC 3810 5).
  expect([p.hops, p.dst, p.next, ...p.payload.slice(1, 6)]).toEqual([1, 'ff02::16', 0, 0, 5, 2, 0, 0]);
  const b = p.payload.slice(8);
  const v = new DataView(b.buffer);
  const out: string[] = [];
  let at = 8;
  for (let n = v.getUint16(6); n > 0; n--) {
    const count = v.getUint16(at + 2);
    const addr = (o: number): string => str6(Int32Array.of(v.getInt32(o), v.getInt32(o + 4), v.getInt32(o + 8), v.getInt32(o + 12)));
    const sources = Array.from({ length: count }, (_, i) => addr(at + 20 + 16 * i));
    if (addr(at + 4) === GROUP) out.push([b[at], ...sources.sort()].join(' '));
    at += 20 + 16 * count;
  }
  expect(at).toBe(b.length);
  return out;
}

function reports(m: Machine, w: Wire, seconds: number): string[] {
  m.advance(seconds);
  return w.takeControl().filter((p) => p.payload[8] === 143).flatMap(records);
}

function ready(): { m: Machine; w: Wire; s: Sk; ifindex: number } {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  m.advance(30);
  w.takeControl();
  return { m, w, s: new Sk(m, SOCK_DGRAM, 58), ifindex: w.fake.dev.ifindex };
}

/** A query with hop limit 1 and a router alert. */
function query(w: Wire, group: string, code: number, sources: readonly string[] | null, o: { hops?: number; alert?: boolean; src?: string } = {}): void {
  const src = o.src ?? PEER_LL;
  const dst = group === '::' ? 'ff02::1' : group;
  const tail = sources === null ? new Uint8Array(0) : concat(new Uint8Array([2, 125, sources.length >> 8, sources.length & 0xff]), ...sources.map(bytes6));
  const body = icmp6(src, dst, 130, 0, code << 16, concat(bytes6(group), tail));
  if (o.alert === false) w.frame(ip6Packet({ src, dst, hops: o.hops ?? 1 }, body));
  else w.frame(ip6Packet({ src, dst, next: 0, hops: o.hops ?? 1 }, concat(new Uint8Array([58, 0, 5, 2, 0, 0, 1, 0]), body)));
}

test('joining and leaving is told, and told again (robustness 2)', () => {
  const { m, w, s, ifindex } = ready();
  expect(s.set(SOL_IPV6, JOIN, mreq(GROUP, ifindex))).toBe(0);
  expect(reports(m, w, 5)).toEqual(['4', '4']);
  expect(s.set(SOL_IPV6, LEAVE, mreq(GROUP, ifindex))).toBe(0);
  expect(reports(m, w, 5)).toEqual(['3', '3']);
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('a filter of sources: allow, block, and the modes (RFC 3810 6.1)', () => {
  const { m, w, s, ifindex } = ready();
  expect(s.set(SOL_IPV6, JOIN_SOURCE, sourceReq(GROUP, 'fd00::a', ifindex))).toBe(0);
  // Only from one source: what is new is the source.
  expect(reports(m, w, 5)).toEqual(['5 fd00::a', '5 fd00::a']);
  expect(s.set(SOL_IPV6, JOIN_SOURCE, sourceReq(GROUP, 'fd00::b', ifindex))).toBe(0);
  expect(reports(m, w, 5)).toEqual(['5 fd00::b', '5 fd00::b']);
  expect(s.set(SOL_IPV6, LEAVE_SOURCE, sourceReq(GROUP, 'fd00::a', ifindex))).toBe(0);
  expect(reports(m, w, 5)).toEqual(['6 fd00::a', '6 fd00::a']);
  // Another socket wants everybody: the mode changes, and back when it goes.
  const all = new Sk(m, SOCK_DGRAM, 58);
  expect(all.set(SOL_IPV6, JOIN, mreq(GROUP, ifindex))).toBe(0);
  expect(reports(m, w, 5)).toEqual(['4', '4']);
  expect(all.set(SOL_IPV6, BLOCK, sourceReq(GROUP, 'fd00::c', ifindex))).toBe(0);
  expect(reports(m, w, 5)).toEqual(['6 fd00::c', '6 fd00::c']);
  expect(all.set(SOL_IPV6, UNBLOCK, sourceReq(GROUP, 'fd00::c', ifindex))).toBe(0);
  expect(reports(m, w, 5)).toEqual(['5 fd00::c', '5 fd00::c']);
  all.close();
  expect(reports(m, w, 5)).toEqual(['3 fd00::b', '3 fd00::b']);
  s.close();
  m.advance(5);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('queries: for all groups, for one, for sources', () => {
  const { m, w, s, ifindex } = ready();
  s.set(SOL_IPV6, JOIN, mreq(GROUP, ifindex));
  s.set(SOL_IPV6, BLOCK, sourceReq(GROUP, 'fd00::c', ifindex));
  reports(m, w, 10);
  query(w, '::', 1000, []);
  expect(reports(m, w, 1.1)).toEqual(['2 fd00::c']);
  query(w, GROUP, 1000, []);
  expect(reports(m, w, 1.1)).toEqual(['2 fd00::c']);
  query(w, 'ff02::99', 1000, []);
  expect(reports(m, w, 1.1)).toEqual([]);
  // It is kept out: of what was asked for, nothing is listened to (RFC 3810 5.2.12).
  query(w, GROUP, 1000, ['fd00::c']);
  expect(reports(m, w, 1.1)).toEqual([]);
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('queries that nobody should believe', () => {
  const { m, w, s, ifindex } = ready();
  s.set(SOL_IPV6, JOIN, mreq(GROUP, ifindex));
  reports(m, w, 10);
  query(w, '::', 1000, [], { hops: 2 });
  query(w, '::', 1000, [], { alert: false });
  query(w, '::', 1000, [], { src: 'fd00::2' });
  query(w, 'fd00::1', 1000, []);
  expect(reports(m, w, 5)).toEqual([]);
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('an old router: MLDv1 is spoken for a while (RFC 3810 8.2.1)', () => {
  const { m, w, s, ifindex } = ready();
  s.set(SOL_IPV6, JOIN, mreq(GROUP, ifindex));
  reports(m, w, 10);
  const v1 = (type: number): Seen6[] => w.takeControl().filter((p) => p.payload[8] === type && str6(ip6(p.dst)) === (type === 131 ? GROUP : 'ff02::2'));
  query(w, '::', 1000, null);
  m.advance(1.1);
  expect(v1(131)).toHaveLength(1);
  // Somebody else's report is enough.
  query(w, GROUP, 5000, null);
  w.frame(ip6Packet({ src: 'fe80::9', dst: GROUP, next: 0, hops: 1 }, concat(new Uint8Array([58, 0, 5, 2, 0, 0, 1, 0]), icmp6('fe80::9', GROUP, 131, 0, 0, bytes6(GROUP)))));
  m.advance(6);
  expect(v1(131)).toEqual([]);
  // Not the last to report: leaving is not told. The last one tells.
  query(w, GROUP, 1000, null);
  m.advance(1.1);
  expect(v1(131)).toHaveLength(1);
  s.set(SOL_IPV6, LEAVE, mreq(GROUP, ifindex));
  expect(v1(132)).toHaveLength(1);
  // 2 * 125 s + 10 s later the new version is back.
  m.advance(261);
  s.set(SOL_IPV6, JOIN, mreq(GROUP, ifindex));
  expect(reports(m, w, 5)).toEqual(['4', '4']);
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('mld_qrv says how often changes are told, of every namespace of the machine', () => {
  const m = new Machine();
  m.sysctl('mld_qrv', 4);
  const w = m.wire('fd00::1/64');
  m.advance(30);
  w.takeControl();
  const s = new Sk(m, SOCK_DGRAM, 58);
  expect(s.set(SOL_IPV6, JOIN, mreq(GROUP, w.fake.dev.ifindex))).toBe(0);
  expect(reports(m, w, 20)).toEqual(['4', '4', '4', '4']);
  // A querier that says none means that of the machine.
  m.sysctl('mld_qrv', 3);
  const src = PEER_LL;
  w.frame(ip6Packet({ src, dst: 'ff02::1', next: 0, hops: 1 }, concat(new Uint8Array([58, 0, 5, 2, 0, 0, 1, 0]), icmp6(src, 'ff02::1', 130, 0, 100 << 16, concat(bytes6('::'), new Uint8Array(4))))));
  reports(m, w, 5);
  expect(s.set(SOL_IPV6, LEAVE, mreq(GROUP, w.fake.dev.ifindex))).toBe(0);
  expect(reports(m, w, 20)).toEqual(['3', '3', '3']);
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('an old router is forgotten for good, though jiffies come round again', () => {
  const { m, w, s, ifindex } = ready();
  query(w, '::', 1000, null);
  m.advance(300);
  w.takeControl();
  expect(s.set(SOL_IPV6, JOIN, mreq(GROUP, ifindex))).toBe(0);
  expect(reports(m, w, 5)).toEqual(['4', '4']);
  // 2^31 milliseconds and a day: the time at which it was to be forgotten lies ahead once more.
  m.advance(2 ** 31 / 1000 + 86_400);
  w.takeControl();
  expect(s.set(SOL_IPV6, LEAVE, mreq(GROUP, ifindex))).toBe(0);
  expect(reports(m, w, 5)).toEqual(['3', '3']);
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('the sources that a group keeps out stand in one record, at the cost of another message (RFC 3810 5.2.15)', () => {
  const { m, w, s, ifindex } = ready();
  const others = new Sk(m, SOCK_DGRAM, 58);
  expect(s.set(SOL_IPV6, JOIN, mreq(GROUP, ifindex))).toBe(0);
  const kept = Array.from({ length: 20 }, (_, i) => `fd00::a${(i + 16).toString(16)}`);
  for (const a of kept) expect(s.set(SOL_IPV6, BLOCK, sourceReq(GROUP, a, ifindex))).toBe(0);
  // Groups that are told of first, and leave too little room.
  for (let i = 0; i < 60; i++) expect(others.set(SOL_IPV6, JOIN, mreq(`ff02::1:${(i + 16).toString(16)}`, ifindex))).toBe(0);
  reports(m, w, 10);
  query(w, '::', 1000, []);
  expect(reports(m, w, 1.1)).toEqual([`2 ${kept.join(' ')}`]);
  others.close();
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('/proc/net/igmp6 shows a timer only while an answer is due', () => {
  const { m, w, s, ifindex } = ready();
  expect(s.set(SOL_IPV6, JOIN, mreq(GROUP, ifindex))).toBe(0);
  m.advance(10);
  const line = (): string[] => (m.net.proc.read('net/igmp6') as string).split('\n').find((l) => l.includes('ff020000000000000000000000000077'))!.split(/\s+/).slice(4);
  query(w, GROUP, 10_000, []);
  expect(line()[0]).toBe('00000005');
  expect(Number(line()[1])).toBeGreaterThan(0);
  m.advance(11);
  expect(line()).toEqual(['00000004', '0']);
  m.advance(2 ** 31 / 1000 + 86_400);
  expect(line()).toEqual(['00000004', '0']);
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});
