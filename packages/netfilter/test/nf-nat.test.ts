/** Translation of each protocol, of errors, and the choice of ports and addresses. */
import { describe, expect, test } from 'vitest';
import { devClose, NF_ACCEPT, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING, NF_INET_PRE_ROUTING } from '@linnet/netdev';
import { inetAddrDel } from '@linnet/ipv4';
import { MsgHdr, sockCreate, sockRelease, type Socket } from '@linnet/socket';
import { AF_INET, IPPROTO_ICMP, SOCK_RAW, sockaddrIn } from '@linnet/uapi';
import {
  NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC, NF_NAT_RANGE_MAP_IPS, NF_NAT_RANGE_NETMAP, NF_NAT_RANGE_PERSISTENT, NF_NAT_RANGE_PROTO_OFFSET, NF_NAT_RANGE_PROTO_RANDOM_FULLY,
  NF_NAT_RANGE_PROTO_SPECIFIED, NfNatRange, nfNatMasqueradeIpv4, nfNatNetmap, nfNatRedirectIpv4, nfNatSetupInfo, nfNatUnregisterFn,
} from '../src/index.ts';
import { icmp, ip4, ipPacket, Router, show, tcp, udp } from './harness.ts';

const A = '10.1.0.2';
const B = '203.0.113.2';
const US = '203.0.113.1';

function range(min: string, max: string = min, ports: [number, number] | null = null, flags = 0): NfNatRange {
  const r = new NfNatRange();
  r.setAddr(ip4(min));
  r.max0 = ip4(max);
  r.flags = NF_NAT_RANGE_MAP_IPS | flags;
  if (ports !== null) {
    r.flags |= NF_NAT_RANGE_PROTO_SPECIFIED;
    [r.minProto, r.maxProto] = ports;
  }
  return r;
}
/** SNAT for what goes out by the WAN. */
function snat(r: Router, to: NfNatRange): void {
  r.rule(NF_INET_POST_ROUTING, (_skb, state, ct) => (state.outDev === r.wan.fake.dev ? nfNatSetupInfo(ct, to, NF_NAT_MANIP_SRC) : NF_ACCEPT));
}
function masquerade(r: Router, ports: NfNatRange | null = null): void {
  r.rule(NF_INET_POST_ROUTING, (skb, state, ct) => (state.outDev === r.wan.fake.dev ? nfNatMasqueradeIpv4(skb, state, ct, ports) : NF_ACCEPT));
}
function dnat(r: Router, dport: number, to: NfNatRange): void {
  r.rule(NF_INET_PRE_ROUTING, (_skb, _state, ct) => (ct.orig.dport === dport ? nfNatSetupInfo(ct, to, NF_NAT_MANIP_DST) : NF_ACCEPT));
}

describe('sources', () => {
  test('UDP, TCP, ICMP and others out and back, with right checksums', () => {
    const r = new Router();
    masquerade(r);
    r.lan.inject(udp(A, 4000, B, 53));
    r.lan.inject(udp(A, 4001, B, 53, new Uint8Array([1]), true));
    r.lan.inject(tcp(A, 4000, B, 80, 'S', 1));
    r.lan.inject(icmp(A, B, 8, 0, 77));
    r.lan.inject(ipPacket(A, B, 200, new Uint8Array(4)));
    expect(r.wan.take()).toEqual([`udp ${US}:4000 > ${B}:53`, `udp ${US}:4001 > ${B}:53 nosum`, `tcp ${US}:4000 > ${B}:80 S`, `icmp 8/0 ${US} > ${B} id 77`, `ip 200 ${US} > ${B}`]);
    r.wan.inject(udp(B, 53, US, 4000));
    r.wan.inject(udp(B, 53, US, 4001, new Uint8Array([1]), true));
    r.wan.inject(tcp(B, 80, US, 4000, 'SA', 1, 2));
    r.wan.inject(icmp(B, US, 0, 0, 77));
    r.wan.inject(ipPacket(B, US, 200, new Uint8Array(4)));
    expect(r.lan.take()).toEqual([`udp ${B}:53 > ${A}:4000`, `udp ${B}:53 > ${A}:4001 nosum`, `tcp ${B}:80 > ${A}:4000 SA`, `icmp 0/0 ${B} > ${A} id 77`, `ip 200 ${B} > ${A}`]);
    expect(r.table()).toContain(`ipv4     2 icmp     1 30 src=${A} dst=${B} type=8 code=0 id=77 src=${B} dst=${US} type=0 code=0 id=77 mark=0 zone=0 use=2`);
    expect(r.end()).toBe(0);
  });

  test('a port that is taken is replaced by one of its kind', () => {
    const r = new Router();
    masquerade(r);
    for (const [i, port] of [300, 700, 5000].entries()) {
      r.lan.inject(udp(`10.1.0.${10 + i}`, port, B, 53));
      r.lan.inject(udp(`10.1.0.${20 + i}`, port, B, 53));
    }
    const ports = r.wan.take().map((s) => Number(/:(\d+) >/.exec(s)![1]));
    expect([ports[0], ports[2], ports[4]]).toEqual([300, 700, 5000]);
    expect(ports[1]).toBeLessThan(512);
    expect(ports[1]).not.toBe(300);
    expect(ports[3]).toBeGreaterThanOrEqual(600);
    expect(ports[3]).toBeLessThan(1024);
    expect(ports[5]).toBeGreaterThanOrEqual(1024);
    // Each answer finds its own host.
    ports.forEach((p) => r.wan.inject(udp(B, 53, US, p)));
    expect(r.lan.take().map((s) => /> (\S+)/.exec(s)![1])).toEqual(['10.1.0.10:300', '10.1.0.20:300', '10.1.0.11:700', '10.1.0.21:700', '10.1.0.12:5000', '10.1.0.22:5000']);
    expect(r.end()).toBe(0);
  });

  test('ICMP ids that meet are told apart', () => {
    const r = new Router();
    masquerade(r);
    r.lan.inject(icmp('10.1.0.10', B, 8, 0, 7));
    r.lan.inject(icmp('10.1.0.11', B, 8, 0, 7));
    const ids = r.wan.take().map((s) => Number(/id (\d+)/.exec(s)![1]));
    expect(ids[0]).toBe(7);
    expect(ids[1]).not.toBe(7);
    for (const id of ids) r.wan.inject(icmp(B, US, 0, 0, id));
    expect(r.lan.take()).toEqual([`icmp 0/0 ${B} > 10.1.0.10 id 7`, `icmp 0/0 ${B} > 10.1.0.11 id 7`]);
    expect(r.end()).toBe(0);
  });

  test('one source keeps its port towards all destinations (RFC 4787 REQ-1)', () => {
    const r = new Router();
    snat(r, range(US, US, [20000, 30000]));
    r.lan.inject(udp(A, 4000, B, 53));
    r.lan.inject(udp(A, 4000, '203.0.113.3', 53));
    r.lan.inject(udp(A, 4000, '203.0.113.4', 99));
    const ports = r.wan.take().map((s) => Number(/:(\d+) >/.exec(s)![1]));
    expect(ports[0]).toBeGreaterThanOrEqual(20000);
    expect(ports[0]).toBeLessThanOrEqual(30000);
    expect(new Set(ports).size).toBe(1);
    expect(r.end()).toBe(0);
  });

  test('fully random ports are not', () => {
    const r = new Router();
    masquerade(r, Object.assign(new NfNatRange(), { flags: NF_NAT_RANGE_PROTO_RANDOM_FULLY }));
    for (let i = 2; i < 22; i++) r.lan.inject(udp(A, 4000, `203.0.113.${i}`, 53));
    const ports = r.wan.take().map((s) => Number(/:(\d+) >/.exec(s)![1]));
    expect(new Set(ports).size).toBeGreaterThan(15);
    expect(r.end()).toBe(0);
  });

  test('a range of addresses: spread by who speaks with whom, persistent by who speaks', () => {
    for (const flags of [0, NF_NAT_RANGE_PERSISTENT]) {
      const r = new Router();
      snat(r, range('203.0.113.64', '203.0.113.127', null, flags));
      // Different source ports: else the earlier address would be taken again.
      for (let i = 2; i < 34; i++) r.lan.inject(udp(A, 4000 + i, `203.0.113.${i}`, 53));
      const addrs = new Set(r.wan.take().map((s) => / (\S+):/.exec(s)![1]!));
      for (const a of addrs) expect(Number(a.split('.')[3])).toSatisfy((n: number) => n >= 64 && n <= 127);
      if (flags === 0) expect(addrs.size).toBeGreaterThan(10);
      else expect(addrs.size).toBe(1);
      expect(r.end()).toBe(0);
    }
  });

  test('all ports of a range taken: nothing is lost that went before', () => {
    const r = new Router();
    snat(r, range(US, US, [20000, 20003]));
    for (let i = 0; i < 4; i++) r.lan.inject(udp(`10.1.0.${10 + i}`, 4000, B, 53));
    const ports = r.wan.take().map((s) => Number(/:(\d+) >/.exec(s)![1]));
    expect(ports.sort()).toEqual([20000, 20001, 20002, 20003]);
    // A fifth meets one of them and cannot be put into the table.
    r.lan.inject(udp('10.1.0.14', 4000, B, 53));
    expect(r.wan.take()).toEqual([]);
    expect(r.cn.stat.insertFailed).toBe(1);
    expect(r.table()).toHaveLength(4);
    // When one is over, its port serves again.
    r.advance(31);
    r.lan.inject(udp('10.1.0.14', 4000, B, 53));
    expect(r.wan.take()).toHaveLength(1);
    expect(r.end()).toBe(0);
  });

  test('masqueraded connections end with the address and with the device, others stay', () => {
    for (const how of ['address', 'device']) {
      const r = new Router();
      masquerade(r);
      r.lan.inject(udp(A, 4000, B, 53));
      r.lan.inject(udp(A, 4000, '10.1.0.1', 9));
      expect(r.table().filter((l) => l.includes(`dst=${US}`))).toHaveLength(1);
      if (how === 'address') r.kernel.run(() => inetAddrDel(r.net, r.wan.fake.dev, { local: ip4(US), prefixlen: 24 }));
      else r.kernel.run(() => devClose(r.wan.fake.dev));
      expect(r.table().filter((l) => l.includes(`dst=${US}`))).toEqual([]);
      expect(r.end()).toBe(0);
    }
  });
});

describe('destinations', () => {
  test('a port forward, and its answers', () => {
    const r = new Router();
    dnat(r, 8080, range(A, A, [80, 80]));
    r.wan.inject(tcp(B, 5000, US, 8080, 'S', 1));
    expect(r.lan.take()).toEqual([`tcp ${B}:5000 > ${A}:80 S`]);
    r.lan.inject(tcp(A, 80, B, 5000, 'SA', 1, 2));
    expect(r.wan.take()).toEqual([`tcp ${US}:8080 > ${B}:5000 SA`]);
    expect(r.table()[0]).toContain(`SYN_RECV src=${B} dst=${US} sport=5000 dport=8080 src=${A} dst=${B} sport=80 dport=5000`);
    expect(r.end()).toBe(0);
  });

  test('hairpin: a host inside reaches another one by the outer address', () => {
    const r = new Router();
    dnat(r, 8080, range('10.1.0.3', '10.1.0.3', [80, 80]));
    r.rule(NF_INET_POST_ROUTING, (skb, state, ct) => (state.outDev === r.lan.fake.dev && ct.orig.src0 >>> 8 === ip4('10.1.0.0') >>> 8 ? nfNatMasqueradeIpv4(skb, state, ct, null) : NF_ACCEPT));
    r.lan.inject(tcp(A, 5000, US, 8080, 'S', 1));
    expect(r.lan.take().filter((s) => s.startsWith('tcp'))).toEqual(['tcp 10.1.0.1:5000 > 10.1.0.3:80 S']);
    r.lan.inject(tcp('10.1.0.3', 80, '10.1.0.1', 5000, 'SA', 1, 2));
    expect(r.lan.take().filter((s) => s.startsWith('tcp'))).toEqual([`tcp ${US}:8080 > ${A}:5000 SA`]);
    expect(r.end()).toBe(0);
  });

  test('REDIRECT to this machine, and answers with the address that was asked', () => {
    const r = new Router();
    r.rule(NF_INET_PRE_ROUTING, (skb, state, ct) => (ct.orig.dst0 === ip4(B) ? nfNatRedirectIpv4(skb, state, ct, null) : NF_ACCEPT));
    r.lan.inject(icmp(A, B, 8, 0, 4));
    expect(r.lan.take()).toEqual([`icmp 0/0 ${B} > ${A} id 4`]);
    expect(r.wan.take()).toEqual([]);
    expect(r.end()).toBe(0);
  });

  test('ports shifted by their distance from a base', () => {
    const r = new Router();
    const to = range(A, A, [7000, 7100], NF_NAT_RANGE_PROTO_OFFSET);
    to.baseProto = 5000;
    r.rule(NF_INET_PRE_ROUTING, (_skb, _state, ct) => (ct.orig.dst0 === ip4(US) ? nfNatSetupInfo(ct, to, NF_NAT_MANIP_DST) : NF_ACCEPT));
    for (const p of [5000, 5001, 5099]) r.wan.inject(udp(B, 9, US, p));
    expect(r.lan.take()).toEqual([`udp ${B}:9 > ${A}:7000`, `udp ${B}:9 > ${A}:7001`, `udp ${B}:9 > ${A}:7099`]);
    expect(r.end()).toBe(0);
  });

  test('NETMAP keeps the host part', () => {
    const r = new Router();
    const net = range('10.1.0.0', '10.1.0.255', null, NF_NAT_RANGE_NETMAP);
    r.rule(NF_INET_PRE_ROUTING, (_skb, state, ct) => (ct.orig.dst0 >>> 8 === ip4('203.0.113.0') >>> 8 && ct.orig.dst0 !== ip4(US) ? nfNatNetmap(state, ct, net) : NF_ACCEPT));
    r.wan.inject(udp(B, 1, '203.0.113.55', 2));
    expect(r.lan.take()).toEqual([`udp ${B}:1 > 10.1.0.55:2`]);
    r.lan.inject(udp('10.1.0.55', 2, B, 1));
    expect(r.wan.take()).toEqual([`udp 203.0.113.55:2 > ${B}:1`]);
    expect(r.end()).toBe(0);
  });

  test('packets of this machine itself take the new way, and answers find their socket', () => {
    const r = new Router();
    r.rule(NF_INET_LOCAL_OUT, (_skb, _state, ct) => (ct.orig.dst0 === ip4(B) ? nfNatSetupInfo(ct, range(A), NF_NAT_MANIP_DST) : NF_ACCEPT));
    const sock = r.kernel.run(() => sockCreate(r.net, AF_INET, SOCK_RAW, IPPROTO_ICMP)) as Socket;
    const echo = icmp(US, B, 8, 0, 5).slice(20);
    const sent = r.kernel.run(() => sock.ops.sendmsg(sock, new MsgHdr([echo], sockaddrIn(ip4(B), 0)), echo.length));
    expect(sent).toBe(echo.length);
    // Out by the LAN, though the route to B leads elsewhere; the source was chosen before.
    expect(r.wan.take()).toEqual([]);
    expect(r.lan.take()).toEqual([`icmp 8/0 ${US} > ${A} id 5`]);
    r.lan.inject(icmp(A, US, 0, 0, 5));
    const buf = new Uint8Array(100);
    const msg = new MsgHdr([buf]);
    const n = r.kernel.run(() => sock.ops.recvmsg(sock, msg, 100, 0));
    expect(show(buf.slice(0, n))).toBe(`icmp 0/0 ${B} > ${US} id 5`);
    // An answer to a stranger is no business of the rule.
    r.wan.inject(icmp('203.0.113.77', US, 8, 0, 5));
    expect(r.wan.take()).toEqual([`icmp 0/0 ${US} > 203.0.113.77 id 5`]);
    r.kernel.run(() => sockRelease(sock));
    expect(r.end()).toBe(0);
  });
});

describe('errors and ends', () => {
  test('an ICMP error comes back to the inner host with what it sent', () => {
    const r = new Router();
    masquerade(r);
    // The port that the outside sees is another one.
    r.lan.inject(udp('10.1.0.9', 4000, B, 53));
    r.wan.take();
    r.lan.inject(udp(A, 4000, B, 53));
    const out = r.wan.raw()[0]!;
    expect(show(out)).not.toContain(':4000 ');
    r.wan.inject(icmp(B, US, 3, 3, 0, out));
    expect(r.lan.take()).toEqual([`icmp 3/3 ${B} > ${A} [udp ${A}:4000 > ${B}:53]`]);
    // From a router on the way, with eight bytes of TCP.
    r.lan.inject(tcp(A, 4000, B, 80, 'S', 1));
    const syn = r.wan.raw()[0]!;
    r.wan.inject(icmp('203.0.113.9', US, 11, 0, 0, syn.slice(0, 28)));
    expect(r.lan.take()).toEqual([`icmp 11/0 203.0.113.9 > ${A} [tcp ${A}:4000 > ${B}:80 cut]`]);
    expect(r.end()).toBe(0);
  });

  test('an error from a forwarded server speaks with the outer address', () => {
    const r = new Router();
    dnat(r, 8080, range(A, A, [80, 80]));
    r.wan.inject(udp(B, 5000, US, 8080));
    const seen = r.lan.raw()[0]!;
    r.lan.inject(icmp(A, B, 3, 3, 0, seen));
    expect(r.wan.take()).toEqual([`icmp 3/3 ${US} > ${B} [udp ${B}:5000 > ${US}:8080]`]);
    expect(r.end()).toBe(0);
  });

  test('when the rules go, translated connections go, and packets pass as they are', () => {
    const r = new Router();
    const rule = r.rule(NF_INET_POST_ROUTING, (skb, state, ct) => (state.outDev === r.wan.fake.dev ? nfNatMasqueradeIpv4(skb, state, ct, null) : NF_ACCEPT));
    r.lan.inject(udp(A, 4000, B, 53));
    expect(r.wan.take()).toEqual([`udp ${US}:4000 > ${B}:53`]);
    r.kernel.run(() => nfNatUnregisterFn(r.net, rule));
    expect(r.table()).toEqual([]);
    r.lan.inject(udp(A, 4000, B, 53));
    expect(r.wan.take()).toEqual([`udp ${A}:4000 > ${B}:53`]);
    expect(r.end()).toBe(0);
  });

  test('a side is decided once', () => {
    const r = new Router();
    const got: number[] = [];
    r.rule(NF_INET_PRE_ROUTING, (_skb, _state, ct) => {
      got.push(nfNatSetupInfo(ct, range(A), NF_NAT_MANIP_DST), nfNatSetupInfo(ct, range('10.1.0.3'), NF_NAT_MANIP_DST));
      return NF_ACCEPT;
    });
    r.wan.inject(udp(B, 1, US, 2));
    expect(got).toEqual([NF_ACCEPT, 0]);
    expect(r.lan.take()).toEqual([`udp ${B}:1 > ${A}:2`]);
    expect(r.end()).toBe(0);
  });
});
