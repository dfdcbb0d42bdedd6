/** Connection tracking of everything but TCP's states: entries, timeouts, related errors, limits, settings. */
import { describe, expect, test } from 'vitest';
import { NF_ACCEPT, NF_DROP, NF_INET_FORWARD, NF_INET_PRE_ROUTING, NFPROTO_IPV4, nfRegisterNetHook } from '@linnet/netdev';
import { MsgHdr, sockCreate, sockRelease, type Socket } from '@linnet/socket';
import { AF_INET, IP_NODEFRAG, IPPROTO_RAW, SOCK_RAW, sockaddrIn, SOL_IP } from '@linnet/uapi';
import {
  IP_CT_NEW, IPCT_ASSURED, IPCT_DESTROY, IPCT_NEW, IPCT_RELATED, IPCT_REPLY, IPS_EXPECTED, NF_IP_PRI_RAW, nfConntrackForEach, type NfConn, nfConntrackFlush, nfCtExpectInit, nfCtExpectRelated,
  nfCtGet, nfCtNetnsPut, nfCtSetLabel, nfCtSetMark, nfCtSetUntracked, nfCtTestLabel, nfCtTmplAlloc, NfExpect, nfTupleCopy,
} from '../src/index.ts';
import { icmp, ip4, ipPacket, Router, tcp, udp } from './harness.ts';

const A = '10.1.0.2';
const B = '203.0.113.2';

function entries(r: Router): NfConn[] {
  const list: NfConn[] = [];
  nfConntrackForEach(r.cn, (ct) => list.push(ct));
  return list;
}

describe('entries', () => {
  test('a UDP question, its answer, and a stream after two seconds', () => {
    const r = new Router();
    r.lan.inject(udp(A, 4000, B, 53));
    expect(r.table()).toEqual([
      `ipv4     2 udp      17 30 src=${A} dst=${B} sport=4000 dport=53 [UNREPLIED] src=${B} dst=${A} sport=53 dport=4000 mark=0 zone=0 use=2`,
    ]);
    r.wan.inject(udp(B, 53, A, 4000));
    r.advance(1);
    r.lan.inject(udp(A, 4000, B, 53));
    expect(r.table()).toEqual([
      `ipv4     2 udp      17 30 src=${A} dst=${B} sport=4000 dport=53 src=${B} dst=${A} sport=53 dport=4000 mark=0 zone=0 use=2`,
    ]);
    r.advance(2);
    r.lan.inject(udp(A, 4000, B, 53));
    expect(r.table()).toEqual([
      `ipv4     2 udp      17 120 src=${A} dst=${B} sport=4000 dport=53 src=${B} dst=${A} sport=53 dport=4000 [ASSURED] mark=0 zone=0 use=2`,
    ]);
    r.advance(121);
    expect(r.table()).toEqual([]);
    expect(r.end()).toBe(0);
  });

  test('echo, other protocols, counters and times, as the kernel shows them', () => {
    const r = new Router();
    r.sysctl('net/netfilter/nf_conntrack_acct', 1);
    r.sysctl('net/netfilter/nf_conntrack_timestamp', 1);
    r.lan.inject(icmp(A, B, 8, 0, 77));
    r.wan.inject(icmp(B, A, 0, 0, 77));
    r.lan.inject(ipPacket(A, B, 200, new Uint8Array(8)));
    expect(r.table()).toEqual([
      `ipv4     2 icmp     1 30 src=${A} dst=${B} type=8 code=0 id=77 packets=1 bytes=32 src=${B} dst=${A} type=0 code=0 id=77 packets=1 bytes=32 mark=0 zone=0 delta-time=0 use=2`,
      `ipv4     2 unknown  200 600 src=${A} dst=${B} packets=1 bytes=28 [UNREPLIED] src=${B} dst=${A} packets=0 bytes=0 mark=0 zone=0 delta-time=0 use=2`,
    ]);
    r.advance(5);
    expect(r.table()[1]).toContain('unknown  200 595 ');
    expect(r.table()[1]).toContain('delta-time=5 ');
    expect(r.end()).toBe(0);
  });

  test('what answers nothing is invalid: echo replies, harmed checksums, short headers', () => {
    const r = new Router();
    r.dropInvalid = true;
    r.lan.inject(icmp(A, B, 0, 0, 5));
    const bad = udp(A, 1, B, 2);
    bad[bad.length - 1]! ^= 0xff;
    r.lan.inject(bad);
    const cut = udp(A, 1, B, 2);
    r.lan.inject(ipPacket(A, B, 17, cut.slice(20, 26)));
    r.lan.inject(ipPacket(A, B, 6, new Uint8Array(12)));
    expect(r.wan.take()).toEqual([]);
    expect(r.table()).toEqual([]);
    expect(r.cn.stat.invalid).toBe(4);
    // Whoever trusts its links saves the sum.
    r.sysctl('net/netfilter/nf_conntrack_checksum', 0);
    r.lan.inject(bad);
    expect(r.wan.take()).toHaveLength(1);
    expect(r.end()).toBe(0);
  });

  test('a packet that is dropped on the way leaves no entry', () => {
    const r = new Router();
    nfRegisterNetHook(r.net, { pf: NFPROTO_IPV4, hooknum: NF_INET_FORWARD, priority: 10, hook: () => NF_DROP });
    r.lan.inject(udp(A, 1, B, 2));
    expect(r.table()).toEqual([]);
    expect(r.cn.count).toBe(0);
    expect(r.end()).toBe(0);
  });

  test('fragments are put together first, and cut again on the way out', () => {
    const r = new Router();
    const whole = udp(A, 5000, B, 6000, new Uint8Array(1600).fill(7)).slice(20);
    r.lan.inject(ipPacket(A, B, 17, whole.slice(0, 800), { id: 9, frag: 0x2000 }));
    expect(r.wan.take()).toEqual([]);
    r.lan.inject(ipPacket(A, B, 17, whole.slice(800), { id: 9, frag: 100 }));
    expect(r.table()[0]).toContain('sport=5000 dport=6000');
    const out = r.wan.raw();
    expect(out).toHaveLength(2);
    expect([...out[0]!.slice(20), ...out[1]!.slice(20)]).toEqual([...whole]);
    // The last one first: then the datagram is another packet than the one that completes it.
    r.lan.inject(ipPacket(A, B, 17, whole.slice(800), { id: 10, frag: 100 }));
    r.lan.inject(ipPacket(A, B, 17, whole.slice(0, 800), { id: 10, frag: 0x2000 }));
    expect(r.wan.raw()).toHaveLength(2);
    // Pieces with DF go on as well; the flag is lost on the way (so on Linux 6.18).
    for (const at of [0, 100]) r.lan.inject(ipPacket(A, B, 17, whole.slice(at * 8, at * 8 + (at === 0 ? 800 : 808)), { id: 11, frag: at === 0 ? 0x2000 : 100, df: true }));
    expect(r.lan.raw()).toEqual([]);
    expect(r.wan.raw().map((p) => [p.length, (p[6]! << 8) | p[7]!])).toEqual([[820, 0x2000], [828, 0x64]]);
    expect(r.end()).toBe(0);
  });

  test('fragments of a socket with IP_NODEFRAG go as they are, and belong to no connection', () => {
    const r = new Router();
    const whole = udp('203.0.113.1', 5000, B, 6000, new Uint8Array(1600).fill(7)).slice(20);
    const sock = r.kernel.run(() => sockCreate(r.net, AF_INET, SOCK_RAW, IPPROTO_RAW)) as Socket;
    const send = (first: boolean): number => {
      const p = ipPacket('203.0.113.1', B, 17, first ? whole.slice(0, 800) : whole.slice(800), { id: 9, frag: first ? 0x2000 : 100 });
      expect(r.kernel.run(() => sock.ops.sendmsg(sock, new MsgHdr([p], sockaddrIn(ip4(B), 0)), p.length))).toBe(p.length);
      return r.wan.raw().length;
    };
    expect([send(true), send(false)]).toEqual([0, 2]);
    expect(r.cn.count).toBe(1);
    expect(r.kernel.run(() => sock.ops.setsockopt(sock, SOL_IP, IP_NODEFRAG, new Uint8Array([1, 0, 0, 0])))).toBe(0);
    nfConntrackFlush(r.net);
    expect([send(true), send(false)]).toEqual([1, 1]);
    expect(r.cn.count).toBe(0);
    r.kernel.run(() => sockRelease(sock));
    expect(r.end()).toBe(0);
  });

  test('an ICMP error is related to the packet that it quotes', () => {
    const r = new Router();
    const seen: number[] = [];
    nfRegisterNetHook(r.net, { pf: NFPROTO_IPV4, hooknum: NF_INET_FORWARD, priority: 5, hook: (_p, skb) => (seen.push(nfCtGet(skb) === null ? -1 : skb.nfctInfo), NF_ACCEPT) });
    const p = udp(A, 4000, B, 53);
    r.lan.inject(p);
    r.wan.inject(icmp(B, A, 3, 3, 0, p.slice(0, 28)));
    r.wan.inject(icmp('203.0.113.9', A, 11, 0, 0, p.slice(0, 28)));
    r.wan.inject(icmp(B, A, 3, 3, 0, udp(A, 4001, B, 53).slice(0, 28)));
    r.wan.inject(icmp(B, '10.1.0.3', 3, 3, 0, p.slice(0, 28)));
    expect(seen).toEqual([IP_CT_NEW, 4, 4, -1, -1]);
    expect(r.table()).toHaveLength(1);
    expect(r.table()[0]).toContain('[UNREPLIED]');
    expect(r.end()).toBe(0);
  });

  test('zones by template, NOTRACK, marks, labels', () => {
    const r = new Router();
    const tmpl = nfCtTmplAlloc(r.cn, 7);
    nfRegisterNetHook(r.net, {
      pf: NFPROTO_IPV4, hooknum: NF_INET_PRE_ROUTING, priority: NF_IP_PRI_RAW,
      hook: (_p, skb) => {
        const dport = skb.view.getUint16(skb.networkHeader + 22);
        if (dport === 7) {
          skb.nfct = tmpl;
          skb.nfctInfo = IP_CT_NEW;
        } else if (dport === 9) {
          nfCtSetUntracked(skb);
        }
        return NF_ACCEPT;
      },
    });
    r.lan.inject(udp(A, 1, B, 7));
    r.lan.inject(udp(A, 1, B, 9));
    r.lan.inject(udp(A, 1, B, 8));
    expect(r.wan.take()).toHaveLength(3);
    expect(r.table().map((l) => `${l.match(/dport=\d+/)![0]} ${l.match(/zone=\d+/)![0]}`).sort()).toEqual(['dport=7 zone=7', 'dport=8 zone=0']);
    const [one] = entries(r);
    nfCtSetMark(one!, 0x80000001);
    nfCtSetLabel(one!, 100);
    expect(nfCtTestLabel(one!, 100)).toBe(true);
    expect(nfCtTestLabel(one!, 99)).toBe(false);
    expect(r.table().some((l) => l.includes('mark=2147483649 '))).toBe(true);
    expect(r.end()).toBe(0);
  });

  test('what this machine sends to itself is tracked once', () => {
    const r = new Router();
    r.sysctl('net/netfilter/nf_conntrack_acct', 1);
    r.lan.inject(icmp(A, '10.1.0.1', 8, 0, 3));
    expect(r.lan.take()).toEqual([`icmp 0/0 10.1.0.1 > ${A} id 3`]);
    expect(r.table()[0]).toContain('packets=1 bytes=32 src=10.1.0.1 dst=10.1.0.2 type=0 code=0 id=3 packets=1 bytes=32');
    expect(r.end()).toBe(0);
  });
});

describe('events, expectations, limits', () => {
  test('who listens is told', () => {
    const r = new Router();
    const events: number[] = [];
    r.cn.notify = (e): void => {
      events.push(e);
    };
    r.lan.inject(udp(A, 1, B, 2));
    r.wan.inject(udp(B, 2, A, 1));
    r.advance(3);
    r.lan.inject(udp(A, 1, B, 2));
    nfConntrackFlush(r.net);
    expect(events).toEqual([IPCT_NEW, IPCT_REPLY, IPCT_ASSURED, IPCT_DESTROY]);
    expect(r.end()).toBe(0);
  });

  test('an expected connection is related to its master, once', () => {
    const r = new Router();
    r.lan.inject(tcp(A, 4000, B, 21, 'S', 1));
    const master = entries(r)[0]!;
    nfCtSetMark(master, 5);
    const exp = new NfExpect(master);
    nfCtExpectInit(exp, master.reply);
    exp.tuple.sport = 20;
    exp.tuple.dport = 4001;
    expect(nfCtExpectRelated(exp)).toBe(0);
    expect(r.net.proc.read('net/nf_conntrack_expect')).toBe(`300 l3proto = 2 proto=6 src=${B} dst=${A} sport=20 dport=4001 \n`);
    const events: number[] = [];
    r.cn.notify = (e): void => {
      events.push(e);
    };
    r.wan.inject(tcp(B, 20, A, 4001, 'S', 9));
    const child = entries(r).find((c) => c.orig.dport === 4001)!;
    expect(child.status & IPS_EXPECTED).toBe(IPS_EXPECTED);
    expect(child.master).toBe(master);
    expect(child.mark).toBe(5);
    expect(events).toEqual([IPCT_RELATED]);
    expect(r.cn.expectCount).toBe(0);
    r.wan.inject(tcp(B, 21, A, 4001, 'S', 9));
    expect(entries(r).find((c) => c.orig.sport === 21)!.master).toBe(null);
    expect(r.end()).toBe(0);
  });

  test('expectations end by time, with their master, and make room for newer ones', () => {
    const r = new Router();
    r.lan.inject(tcp(A, 4000, B, 21, 'S', 1));
    const master = entries(r)[0]!;
    const make = (port: number): NfExpect => {
      const e = new NfExpect(master);
      nfTupleCopy(e.tuple, master.reply);
      e.tuple.dport = port;
      e.timeout = 10;
      return e;
    };
    expect(nfCtExpectRelated(make(1))).toBe(0);
    expect(nfCtExpectRelated(make(2))).toBe(0);
    expect(r.net.proc.read('net/nf_conntrack_expect')).toContain('dport=2 ');
    expect(r.cn.expectCount).toBe(1);
    r.advance(11);
    expect(r.cn.expectCount).toBe(0);
    nfCtExpectRelated(make(3));
    nfConntrackFlush(r.net);
    expect(r.cn.expectCount).toBe(0);
    expect(r.end()).toBe(0);
  });

  test('a full table gives up what was not answered, never what is assured', () => {
    const r = new Router();
    r.sysctl('net/netfilter/nf_conntrack_buckets', 4);
    r.sysctl('net/netfilter/nf_conntrack_max', 4);
    r.lan.inject(tcp(A, 1000, B, 80, 'S', 1));
    r.wan.inject(tcp(B, 80, A, 1000, 'SA', 1, 2));
    r.lan.inject(tcp(A, 1000, B, 80, 'A', 2, 2));
    for (let i = 0; i < 50; i++) r.lan.inject(udp(A, 2000 + i, B, 53));
    expect(r.cn.count).toBe(4);
    expect(r.cn.stat.earlyDrop).toBe(47);
    expect(r.table().some((l) => l.includes('ESTABLISHED') && l.includes('sport=1000'))).toBe(true);
    // All four assured: then there is no room.
    nfConntrackFlush(r.net, (ct) => ct.orig.protonum === 17);
    for (const p of [1001, 1002, 1003]) {
      r.lan.inject(tcp(A, p, B, 80, 'S', 1));
      r.wan.inject(tcp(B, 80, A, p, 'SA', 1, 2));
      r.lan.inject(tcp(A, p, B, 80, 'A', 2, 2));
    }
    r.wan.take();
    r.lan.inject(udp(A, 3000, B, 53));
    r.lan.inject(tcp(A, 1000, B, 80, 'PA', 2, 2, 10));
    expect(r.wan.take()).toEqual([`tcp ${A}:1000 > ${B}:80 PA`]);
    expect(r.cn.stat.drop).toBe(1);
    expect(r.end()).toBe(0);
  });

  test('the table grows, shrinks and finds all again', () => {
    const r = new Router();
    for (let i = 0; i < 3000; i++) r.lan.inject(udp(A, 1000 + i, B, 53));
    expect(r.cn.mask + 1).toBe(8192);
    expect(r.net.sysctl.read('net/netfilter/nf_conntrack_count')).toBe('3000');
    r.sysctl('net/netfilter/nf_conntrack_buckets', 16);
    r.wan.inject(udp(B, 53, A, 3999));
    expect(r.table()).toHaveLength(3000);
    expect(r.table().filter((l) => !l.includes('UNREPLIED'))).toHaveLength(1);
    r.advance(100);
    expect(r.cn.count).toBe(0);
    expect(r.end()).toBe(0);
  });

  test('settings, statistics, and hooks only while somebody wants them', () => {
    const r = new Router();
    r.sysctl('net/netfilter/nf_conntrack_udp_timeout', 7);
    r.lan.inject(udp(A, 1, B, 2));
    expect(r.table()[0]).toContain('udp      17 7 ');
    expect(r.net.sysctl.read('net/netfilter/nf_conntrack_tcp_timeout_established')).toBe('432000');
    expect(r.net.proc.read('net/stat/nf_conntrack')!.split('\n')[1]).toBe(
      '00000001 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000001 00000000 00000000 00000000 00000000  00000000 00000000 00000000 00000000',
    );
    nfCtNetnsPut(r.net, NFPROTO_IPV4);
    r.lan.inject(udp(A, 5, B, 6));
    expect(r.table()).toHaveLength(1);
    expect(r.wan.take()).toHaveLength(2);
    expect(ip4(A)).toBe(entries(r)[0]!.orig.src0);
    expect(r.end()).toBe(0);
  });
});
