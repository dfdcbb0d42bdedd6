import { NF_ACCEPT, NF_DROP, NF_INET_LOCAL_IN, NF_INET_PRE_ROUTING, NF_STOLEN, NFPROTO_IPV4, nfRegisterNetHook, PacketType, devAddPack } from '@linnet/netdev';
import { consumeSkb, kfreeSkbReason, DROP, type Skb } from '@linnet/skbuff';
import { INET } from '@linnet/inet';
import { ETH_P_ALL } from '@linnet/uapi';
import { expect, test } from 'vitest';
import { checksum, icmpMessage, ip4, ipPacket, Machine, pattern, type Ip4Fields } from './harness.ts';

function bad(name: string, make: (p: Uint8Array) => Uint8Array, reason: string, counters: Record<string, number>, fields: Ip4Fields = {}): void {
  test(`dropped: ${name}`, () => {
    const m = new Machine();
    const w = m.wire('10.0.0.1/24');
    w.frame(make(ipPacket(fields, icmpMessage(8, 0, 1, pattern(32)))));
    expect(m.pool.dropCounts()).toEqual({ [reason]: 1 });
    for (const [k, v] of Object.entries(counters)) expect([k, m.mib(k)]).toEqual([k, v]);
    expect(w.take()).toEqual([]);
    expect(m.end()).toEqual({ skbs: 0, heads: 0 });
  });
}

const received = { 'Ip.InReceives': 1, 'Ip.InDelivers': 0 };
const headerError = { ...received, 'Ip.InHdrErrors': 1 };

/** Changes bytes of the header and mends the checksum. */
function mend(p: Uint8Array, change: (p: Uint8Array) => void, hlen = 20): Uint8Array {
  change(p);
  p[10] = 0;
  p[11] = 0;
  const c = checksum(p, 0, hlen);
  p[10] = c >> 8;
  p[11] = c & 0xff;
  return p;
}

bad('no byte at all', (p) => p.slice(0, 0), 'PKT_TOO_SMALL', headerError);
bad('19 bytes', (p) => p.slice(0, 19), 'PKT_TOO_SMALL', headerError);
bad('version 5', (p) => mend(p, (q) => { q[0] = 0x55; }), 'IP_INHDR', headerError);
bad('version 0', (p) => mend(p, (q) => { q[0] = 0x05; }), 'IP_INHDR', headerError);
bad('header length 4', (p) => mend(p, (q) => { q[0] = 0x44; }, 16), 'IP_INHDR', headerError);
bad('header length 0', (p) => mend(p, (q) => { q[0] = 0x40; }, 0), 'IP_INHDR', headerError);
bad('header longer than the packet', (p) => mend(p, (q) => { q[0] = 0x4f; }).slice(0, 59), 'PKT_TOO_SMALL', headerError);
bad('checksum', (p) => { p[8] = 63; return p; }, 'IP_CSUM', { ...headerError, 'IpExt.InCsumErrors': 1 });
bad('total length beyond the frame', (p) => mend(p, (q) => { q[3] = q[3]! + 1; }), 'PKT_TOO_SMALL', { ...received, 'IpExt.InTruncatedPkts': 1, 'Ip.InHdrErrors': 0 });
bad('total length below the header', (p) => mend(p, (q) => { q[2] = 0; q[3] = 19; }), 'IP_INHDR', headerError);
bad('total length 0', (p) => mend(p, (q) => { q[2] = 0; q[3] = 0; }), 'IP_INHDR', headerError);
bad('source 0.0.0.0', (p) => p, 'IP_INVALID_SOURCE', received, { src: '0.0.0.0' });
bad('source is a group', (p) => p, 'IP_INVALID_SOURCE', received, { src: '224.1.2.3' });
bad('source is a broadcast', (p) => p, 'IP_INVALID_SOURCE', received, { src: '255.255.255.255' });
bad('source is loopback', (p) => p, 'IP_LOCALNET', received, { src: '127.0.0.1' });
bad('source is our own', (p) => p, 'IP_LOCAL_SOURCE', received, { src: '10.0.0.1' });
bad('destination is loopback', (p) => p, 'IP_LOCALNET', received, { dst: '127.0.0.1' });
bad('destination 0.0.0.0', (p) => p, 'IP_INVALID_DEST', received, { dst: '0.0.0.0' });
bad('another host, while forwarding is off', (p) => p, 'IP_INADDRERRORS', { ...received, 'Ip.InAddrErrors': 1 }, { dst: '192.0.2.1' });

test('frames for others are not counted as IP', () => {
  const m = new Machine();
  const w = m.wire('10.0.0.1/24');
  w.frame(ipPacket({}, icmpMessage(8, 0, 1)), 0x0800, new Uint8Array([2, 9, 9, 9, 9, 9]));
  expect(m.pool.dropCounts()).toEqual({ OTHERHOST: 1 });
  expect(m.mib('Ip.InReceives')).toBe(0);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('padding of the link layer is cut off', () => {
  const m = new Machine();
  const w = m.wire('10.0.0.1/24');
  const p = ipPacket({}, icmpMessage(8, 0, 7, pattern(3)));
  const padded = new Uint8Array(60);
  padded.set(p);
  padded.fill(0xaa, p.length);
  w.frame(padded);
  const [r] = w.take();
  expect(r!.payload).toEqual(icmpMessage(0, 0, 7, pattern(3)));
  expect(m.mib('IpExt.InOctets')).toBe(60);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('ECN fields and octets are counted', () => {
  const m = new Machine();
  const w = m.wire('10.0.0.1/24');
  for (let ecn = 0; ecn < 4; ecn++) for (let i = 0; i <= ecn; i++) w.inject({ tos: ecn, proto: 200 }, pattern(10));
  expect(['NoECTPkts', 'ECT1Pkts', 'ECT0Pkts', 'CEPkts'].map((n) => m.mib(`IpExt.In${n}`))).toEqual([1, 2, 3, 4]);
  expect(m.mib('IpExt.InOctets')).toBe(300);
  m.end();
});

test('nobody wants the protocol: its source is told', () => {
  const m = new Machine();
  const w = m.wire('10.0.0.1/24');
  w.inject({ proto: 199, id: 77 }, pattern(100));
  const [r] = w.take();
  expect([r!.proto, r!.payload[0], r!.payload[1]]).toEqual([1, 3, 2]);
  expect(r!.payload.slice(8)).toEqual(ipPacket({ proto: 199, id: 77 }, pattern(100)));
  expect(checksum(r!.payload)).toBe(0);
  expect(r!.tos).toBe(0xc0);
  expect(m.pool.dropCounts()).toEqual({ IP_NOPROTO: 1 });
  expect(m.mib('Ip.InUnknownProtos')).toBe(1);
  expect(m.mib('Icmp.OutDestUnreachs')).toBe(1);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('a broadcast is delivered, and no error answers it', () => {
  const m = new Machine();
  const w = m.wire('10.0.0.1/24');
  const all = new Uint8Array(6).fill(0xff);
  w.frame(ipPacket({ dst: '10.0.0.255', proto: 199 }, pattern(8)), 0x0800, all);
  w.frame(ipPacket({ dst: '255.255.255.255', proto: 199 }, pattern(8)), 0x0800, all);
  expect(m.mib('IpExt.InBcastPkts')).toBe(2);
  expect(m.mib('IpExt.InBcastOctets')).toBe(56);
  expect(w.take()).toEqual([]);
  expect(m.mib('Ip.InUnknownProtos')).toBe(2);
  m.end();
});

test('a unicast packet in a broadcast frame is dropped when the device says so', () => {
  const m = new Machine();
  const w = m.wire('10.0.0.1/24');
  const all = new Uint8Array(6).fill(0xff);
  w.frame(ipPacket({}, icmpMessage(8, 0, 1)), 0x0800, all);
  expect(w.take().length).toBe(1);
  m.sysctl('conf/all/drop_unicast_in_l2_multicast', 1);
  w.frame(ipPacket({}, icmpMessage(8, 0, 1)), 0x0800, all);
  expect(w.take().length).toBe(0);
  expect(m.pool.dropCounts()).toEqual({ UNICAST_IN_L2_MULTICAST: 1 });
  m.end();
});

test('a transport that gives another number is followed by that protocol', () => {
  const m = new Machine();
  const got: number[] = [];
  const inet = m.kernel.get(INET);
  inet.addProtocol({ protocol: 201, noPolicy: true, rcv: () => 202 });
  inet.addProtocol({ protocol: 202, noPolicy: true, rcv: (skb) => { got.push(skb.len); consumeSkb(skb); return 0; } });
  const w = m.wire('10.0.0.1/24');
  w.inject({ proto: 201 }, pattern(33));
  expect(got).toEqual([33]);
  expect(m.mib('Ip.InDelivers')).toBe(1);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('hooks see the packet before routing and before delivery', () => {
  const m = new Machine();
  const w = m.wire('10.0.0.1/24');
  const seen: string[] = [];
  let kept: Skb | null = null;
  let verdict = NF_ACCEPT;
  for (const [hooknum, name] of [[NF_INET_PRE_ROUTING, 'pre'], [NF_INET_LOCAL_IN, 'in']] as const) {
    nfRegisterNetHook(m.net, {
      pf: NFPROTO_IPV4, hooknum, priority: 0,
      hook: (_p, skb) => {
        seen.push(`${name}${skb.dst === null ? '' : ' routed'}`);
        if (name !== 'in') return NF_ACCEPT;
        if (verdict === NF_STOLEN) kept = skb;
        return verdict;
      },
    });
  }
  w.inject({}, icmpMessage(8, 0, 1));
  expect(seen).toEqual(['pre', 'in routed']);
  expect(w.take().length).toBe(1);
  verdict = NF_DROP;
  w.inject({}, icmpMessage(8, 0, 1));
  expect(m.pool.dropCounts()).toEqual({ NETFILTER_DROP: 1 });
  verdict = NF_STOLEN;
  w.inject({}, icmpMessage(8, 0, 1));
  expect(kept).not.toBeNull();
  kfreeSkbReason(kept!, DROP.NETFILTER_DROP);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('a packet that a tap holds too is not written in place', () => {
  const m = new Machine();
  const w = m.wire('10.0.0.1/24');
  m.sysctl('conf/all/forwarding', 1);
  const w2 = m.wire('10.9.0.1/24');
  const held: Skb[] = [];
  devAddPack(m.kernel, new PacketType({ type: ETH_P_ALL, func: (skb) => { held.push(skb); return 0; } }));
  w.inject({ dst: '10.9.0.9', ttl: 9 }, icmpMessage(8, 0, 1));
  expect(w2.take()[0]!.ttl).toBe(8);
  const first = held.find((s) => s.u8[s.networkHeader] === 0x45)!;
  expect(first.u8[first.networkHeader + 8]).toBe(9);
  for (const s of held) consumeSkb(s);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('the address of another interface is ours as well', () => {
  const m = new Machine();
  const w = m.wire('10.0.0.1/24');
  m.wire('172.16.0.1/16');
  w.inject({ dst: '172.16.0.1' }, icmpMessage(8, 0, 1));
  expect(w.take()[0]!.src).toBe(ip4('172.16.0.1'));
  m.end();
});
