import { expect, test } from 'vitest';
import { IFA_F_DADFAILED, IFA_F_OPTIMISTIC, IFA_F_PERMANENT, IFA_F_TENTATIVE } from '@linnet/uapi';
import { bytes6, concat, icmp6, icmp6Ok, ip6Packet, Machine, PEER_MAC, Wire } from './harness.ts';
import type { Seen6 } from './harness.ts';

const GROUP = 'ff02::1:ff00:7';
const ADDR = 'fd00::7';
const hex = (n: number): string => n.toString(16);

/** A wire whose link-local address is settled. */
function ready(m: Machine): Wire {
  const w = new Wire(m.net);
  m.advance(5);
  w.takeControl();
  return w;
}

function ns(w: Wire, src: string, dst: string, target: string, options: Uint8Array = new Uint8Array(0)): void {
  w.frame(ip6Packet({ src, dst, hops: 255 }, icmp6(src, dst, 135, 0, 0, concat(bytes6(target), options))));
}
function na(w: Wire, target: string, flags: number, mac: Uint8Array = PEER_MAC): void {
  w.frame(ip6Packet({ src: target, dst: 'ff02::1', hops: 255 }, icmp6(target, 'ff02::1', 136, 0, flags << 24, concat(bytes6(target), new Uint8Array([2, 1]), mac))));
}
const flagsOf = (m: Machine, w: Wire, a: string): string => m.addrs(w).find((x) => x.startsWith(`${a}/`))?.split(' ')[1] ?? 'none';
const questions = (w: Wire): Seen6[] => w.takeControl(135).filter((p) => p.src === '::');

test('an address is tentative for a second after its question, then ours', () => {
  const m = new Machine();
  const w = ready(m);
  m.addr(w, `${ADDR}/64`);
  expect(flagsOf(m, w, ADDR)).toBe(hex(IFA_F_TENTATIVE | IFA_F_PERMANENT));
  m.advance(1.01);
  const [q] = questions(w);
  expect(q!.dst).toBe(GROUP);
  expect(icmp6Ok(q!)).toBe(true);
  // The target, and a nonce (RFC 7527) but no link-layer address.
  expect(q!.payload.slice(8, 24)).toEqual(bytes6(ADDR));
  expect(Array.from(q!.payload.slice(24, 26))).toEqual([14, 1]);
  expect(q!.payload).toHaveLength(32);
  // Nobody answers for an address that is not ours yet.
  ns(w, 'fd00::2', GROUP, ADDR, new Uint8Array([1, 1, ...PEER_MAC]));
  m.advance(1.1);
  expect(flagsOf(m, w, ADDR)).toBe(hex(IFA_F_PERMANENT));
  expect(w.takeControl(136)).toEqual([]);
  ns(w, 'fd00::2', GROUP, ADDR, new Uint8Array([1, 1, ...PEER_MAC]));
  const [a] = w.takeControl(136);
  expect([a!.src, a!.dst, a!.payload[4]]).toEqual([ADDR, 'fd00::2', 0x60]);
  // Another that asks for itself is told, for all to hear.
  ns(w, '::', GROUP, ADDR);
  const [b] = w.takeControl(136);
  expect([b!.src, b!.dst, b!.payload[4]]).toEqual([ADDR, 'ff02::1', 0x20]);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('dad_transmits says how often', () => {
  const m = new Machine();
  const w = ready(m);
  m.sysctl('conf/eth0/dad_transmits', 3);
  m.addr(w, `${ADDR}/64`);
  m.advance(3.9);
  const at = questions(w).map((p) => p.at);
  expect(at).toHaveLength(3);
  expect([at[1]! - at[0]!, at[2]! - at[1]!]).toEqual([1000, 1000]);
  expect(flagsOf(m, w, ADDR)).toBe(hex(IFA_F_PERMANENT | (m.kernel.jiffies - at[2]! < 1000 ? IFA_F_TENTATIVE : 0)));
  m.advance(1.1);
  expect(flagsOf(m, w, ADDR)).toBe(hex(IFA_F_PERMANENT));
  m.sysctl('conf/eth0/accept_dad', 0);
  m.sysctl('conf/all/accept_dad', 0);
  m.addr(w, 'fd00::8/64');
  expect(flagsOf(m, w, 'fd00::8')).toBe(hex(IFA_F_PERMANENT));
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('an advertisement shows a duplicate: the address is not used', () => {
  const m = new Machine();
  const w = ready(m);
  m.addr(w, `${ADDR}/64`);
  m.advance(0.2);
  na(w, ADDR, 0x20);
  m.advance(3);
  expect(flagsOf(m, w, ADDR)).toBe(hex(IFA_F_PERMANENT | IFA_F_TENTATIVE | IFA_F_DADFAILED));
  w.takeControl();
  ns(w, 'fd00::2', GROUP, ADDR, new Uint8Array([1, 1, ...PEER_MAC]));
  expect(w.takeControl(136)).toEqual([]);
  w.icmp({ dst: ADDR }, 128, 0, 1);
  expect(w.take()).toEqual([]);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('so does somebody else who asks for the address', () => {
  const m = new Machine();
  const w = ready(m);
  m.addr(w, `${ADDR}/64`);
  m.advance(1.01);
  ns(w, '::', GROUP, ADDR, new Uint8Array([14, 1, 1, 2, 3, 4, 5, 6]));
  m.advance(2);
  expect(flagsOf(m, w, ADDR)).toBe(hex(IFA_F_PERMANENT | IFA_F_TENTATIVE | IFA_F_DADFAILED));
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('our own question that comes back is none (RFC 7527); without enhanced_dad it is', () => {
  for (const enhanced of [1, 0]) {
    const m = new Machine();
    const w = ready(m);
    m.sysctl('conf/all/enhanced_dad', enhanced);
    m.sysctl('conf/eth0/enhanced_dad', enhanced);
    m.addr(w, `${ADDR}/64`);
    m.advance(1.01);
    const [q] = questions(w);
    expect(q!.payload).toHaveLength(enhanced === 1 ? 32 : 24);
    w.frame(q!.raw);
    m.advance(2);
    expect(flagsOf(m, w, ADDR)).toBe(hex(enhanced === 1 ? IFA_F_PERMANENT : IFA_F_PERMANENT | IFA_F_TENTATIVE | IFA_F_DADFAILED));
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  }
});

test('accept_dad 2: a duplicate of the link-local address of the hardware takes IPv6 off the device', () => {
  const m = new Machine();
  m.sysctl('conf/default/accept_dad', 2);
  const w = new Wire(m.net);
  m.advance(0.1);
  na(w, 'fe80::ff:fe00:1', 0x20);
  m.advance(3);
  expect(String(m.net.sysctl.read('net/ipv6/conf/eth0/disable_ipv6'))).toBe('1');
  expect(m.addrs(w)).toEqual([]);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('an optimistic address is used before it is sure, and takes nothing from others (RFC 4429)', () => {
  const m = new Machine();
  const w = ready(m);
  m.addr(w, `${ADDR}/64`, IFA_F_OPTIMISTIC);
  expect(flagsOf(m, w, ADDR)).toBe(hex(IFA_F_PERMANENT | IFA_F_TENTATIVE | IFA_F_OPTIMISTIC));
  m.advance(0.01);
  expect(questions(w)).toHaveLength(1);
  ns(w, 'fd00::2', GROUP, ADDR, new Uint8Array([1, 1, ...PEER_MAC]));
  const [a] = w.takeControl(136);
  // Solicited, but without the override flag.
  expect(a!.payload[4]).toBe(0x40);
  m.advance(2);
  expect(flagsOf(m, w, ADDR)).toBe(hex(IFA_F_PERMANENT));
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('ndisc_notify tells of addresses that came to be ours', () => {
  const m = new Machine();
  const w = ready(m);
  m.sysctl('conf/eth0/ndisc_notify', 1);
  m.addr(w, `${ADDR}/64`);
  m.advance(3);
  expect(w.takeControl(136).map((p) => `${p.src} ${p.dst} ${p.payload[4]}`)).toEqual([`${ADDR} ff02::1 ${0x20}`]);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});
