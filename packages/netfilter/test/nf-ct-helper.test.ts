/** Helpers on a router with masquerading: what they read, what they rewrite, what they expect. The kernel's own answers are in conformance/netfilter/helpers.test.ts. */
import { describe, expect, test } from 'vitest';
import { NF_ACCEPT, NF_INET_POST_ROUTING, NF_INET_PRE_ROUTING, NFPROTO_IPV4, nfRegisterNetHook } from '@linnet/netdev';
import {
  IP_CT_NEW, nfCtHelpers, NfCtHelp, nfCtHelperFind, NfCtSeqadj, nfCtSeqAckBack, nfCtTmplAlloc, nfNatMasqueradeIpv4,
} from '../src/index.ts';
import { checksum, ip4, Router, show, tcp, udp } from './harness.ts';

const A = '10.1.0.2';
const B = '203.0.113.2';
const US = '203.0.113.1';

/** A router that gives all that comes from the LAN the helper. */
function router(name: string, protonum: number, masquerade = true): Router {
  const r = new Router();
  nfCtHelpers.init!(r.kernel);
  const tmpl = nfCtTmplAlloc(r.cn, 0);
  tmpl.help = new NfCtHelp(nfCtHelperFind(r.kernel, name, protonum)!);
  nfRegisterNetHook(r.net, {
    pf: NFPROTO_IPV4, hooknum: NF_INET_PRE_ROUTING, priority: -300,
    hook: (_p, skb, state) => {
      if (state.inDev === r.lan.fake.dev) {
        skb.nfct = tmpl;
        skb.nfctInfo = IP_CT_NEW;
      }
      return NF_ACCEPT;
    },
  });
  r.rule(NF_INET_POST_ROUTING, (skb, state, ct) => (masquerade && state.outDev === r.wan.fake.dev ? nfNatMasqueradeIpv4(skb, state, ct, null) : NF_ACCEPT));
  return r;
}

/** A segment with text. */
function say(src: string, sport: number, dst: string, dport: number, seq: number, ack: number, text: string): Uint8Array {
  const p = tcp(src, sport, dst, dport, 'PA', seq, ack, text.length);
  for (let i = 0; i < text.length; i++) p[40 + i] = text.charCodeAt(i);
  const v = new DataView(p.buffer);
  v.setUint16(36, 0);
  const sum = (a: string): number => (ip4(a) >>> 16) + (ip4(a) & 0xffff);
  v.setUint16(36, checksum(p.slice(20), 0, p.length - 20, sum(src) + sum(dst) + 6 + p.length - 20));
  return p;
}
/** What a packet is, its numbers and its text. */
function said(p: Uint8Array): string {
  const v = new DataView(p.buffer, p.byteOffset, p.byteLength);
  return `${show(p)} ${v.getUint32(24)}/${v.getUint32(28)} ${String.fromCharCode(...p.slice(40))}`;
}
function open(r: Router): void {
  r.lan.inject(tcp(A, 4000, B, 21, 'S', 1000));
  r.wan.inject(tcp(B, 21, US, 4000, 'SA', 5000, 1001));
  r.lan.inject(tcp(A, 4000, B, 21, 'A', 1001, 5001));
  r.lan.inject(say(A, 4000, B, 21, 1001, 5001, 'NOOP\r\n'));
  r.wan.take();
  r.lan.take();
}

describe('sequence numbers', () => {
  test('what is acknowledged is counted as its sender counts', () => {
    const sa = new NfCtSeqadj();
    Object.assign(sa.orig, { set: true, pos: 100, before: 0, after: 5 });
    // Up to the changed segment nothing moves, behind it by five; across the end of the numbers too.
    expect([90, 100, 127, 200].map((a) => nfCtSeqAckBack(sa, false, a))).toEqual([90, 100, 122, 195]);
    Object.assign(sa.orig, { pos: -3, before: 2, after: -4 });
    expect([-10, -1, 6].map((a) => nfCtSeqAckBack(sa, false, a))).toEqual([-12, -3, 10]);
  });
});

describe('ftp', () => {
  test('an active client behind masquerading', () => {
    const r = router('ftp', 6);
    open(r);
    r.lan.inject(say(A, 4000, B, 21, 1007, 5001, 'PORT 10,1,0,2,31,144\r\n'));
    const sent = r.wan.raw().map(said);
    expect(sent).toEqual([`tcp ${US}:4000 > ${B}:21 PA 1007/5001 PORT 203,0,113,1,31,144\r\n`]);
    // Sent again, it is the same again, and all numbers stay.
    r.lan.inject(say(A, 4000, B, 21, 1007, 5001, 'PORT 10,1,0,2,31,144\r\n'));
    expect(r.wan.raw().map(said)).toEqual(sent);
    expect(r.cn.expectCount).toBe(1);
    expect(r.net.proc.read('net/nf_conntrack_expect')).toBe(`300 l3proto = 2 proto=6 src=${B} dst=${US} sport=0 dport=8080 ftp\n`);
    r.wan.inject(say(B, 21, US, 4000, 5001, 1032, '200 ok\r\n'));
    expect(r.lan.raw().map(said)).toEqual([`tcp ${B}:21 > ${A}:4000 PA 5001/1029 200 ok\r\n`]);
    r.lan.inject(say(A, 4000, B, 21, 1029, 5009, 'LIST\r\n'));
    expect(r.wan.raw().map(said)).toEqual([`tcp ${US}:4000 > ${B}:21 PA 1032/5009 LIST\r\n`]);
    // The server comes, once.
    r.wan.inject(tcp(B, 20, US, 8080, 'S', 1));
    r.lan.inject(tcp(A, 8080, B, 20, 'SA', 9, 2));
    expect([r.lan.take(), r.wan.take()]).toEqual([[`tcp ${B}:20 > ${A}:8080 S`], [`tcp ${US}:8080 > ${B}:20 SA`]]);
    expect(r.cn.expectCount).toBe(0);
    expect(r.end()).toBe(0);
  });

  test('SACK blocks and options at odd places keep the sum', () => {
    const r = router('ftp', 6);
    open(r);
    r.lan.inject(say(A, 4000, B, 21, 1007, 5001, 'PORT 10,1,0,2,31,144\r\n'));
    r.lan.inject(say(A, 4000, B, 21, 1029, 5001, 'NOOP\r\nSTAT\r\n'));
    r.wan.take();
    const word = (n: number): number[] => [n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255];
    // One NOP before it, so that the words stand at odd places.
    r.wan.inject(tcp(B, 21, US, 4000, 'A', 5001, 1032, 0, 65535, [1, 5, 10, ...word(1038), ...word(1044), 1, 1, 1]));
    const [p] = r.lan.raw();
    expect(said(p!)).toContain(`tcp ${B}:21 > ${A}:4000 A 5001/1029`);
    expect(show(p!)).not.toContain('BAD');
    const v = new DataView(p!.buffer, p!.byteOffset);
    expect([v.getUint32(43), v.getUint32(47)]).toEqual([1035, 1041]);
    expect(r.end()).toBe(0);
  });

  test("somebody else's address, a line in pieces, and no helper", () => {
    const r = router('ftp', 6);
    open(r);
    r.lan.inject(say(A, 4000, B, 21, 1007, 5001, 'PORT 10,1,0,9,31,144\r\n'));
    expect(r.wan.raw().map(said)).toEqual([`tcp ${US}:4000 > ${B}:21 PA 1007/5001 PORT 10,1,0,9,31,144\r\n`]);
    r.lan.inject(say(A, 4000, B, 21, 1029, 5001, 'PORT 10,1,'));
    expect([r.wan.take(), r.cn.expectCount]).toEqual([[], 0]);
    expect(nfCtHelperFind(r.kernel, 'ftp', 17)).toBe(null);
    expect(nfCtHelperFind(r.kernel, 'sip', 17)).toBe(null);
    expect(r.end()).toBe(0);
  });

  test('what a connection expects ends with it', () => {
    const r = router('ftp', 6, false);
    r.lan.inject(tcp(A, 4000, B, 21, 'S', 1000));
    r.wan.inject(tcp(B, 21, A, 4000, 'SA', 5000, 1001));
    r.lan.inject(say(A, 4000, B, 21, 1001, 5001, 'NOOP\r\n'));
    r.lan.inject(say(A, 4000, B, 21, 1007, 5001, 'EPRT |1|10.1.0.2|8080|\r\n'));
    expect(r.cn.expectCount).toBe(1);
    r.wan.inject(tcp(B, 21, A, 4000, 'RA', 5001, 1007));
    // The collector comes at the latest in a minute.
    r.advance(70);
    expect([r.cn.count, r.cn.expectCount]).toEqual([0, 0]);
    expect(r.end()).toBe(0);
  });
});

test('irc: what a client offers, as the others know it', () => {
  const r = router('irc', 6);
  r.lan.inject(tcp(A, 4000, B, 6667, 'S', 1000));
  r.wan.inject(tcp(B, 6667, US, 4000, 'SA', 5000, 1001));
  r.lan.inject(tcp(A, 4000, B, 6667, 'A', 1001, 5001));
  r.wan.take();
  r.lan.take();
  r.lan.inject(say(A, 4000, B, 6667, 1001, 5001, 'PRIVMSG bob :\x01DCC SEND a.txt 167837698 4000 12\x01\r\n'));
  expect(r.wan.raw().map(said)).toEqual([`tcp ${US}:4000 > ${B}:6667 PA 1001/5001 PRIVMSG bob :\x01DCC SEND a.txt 3405803777 4000 12\x01\r\n`]);
  expect(r.net.proc.read('net/nf_conntrack_expect')).toBe(`300 l3proto = 2 proto=6 src=0.0.0.0 dst=${US} sport=0 dport=4000 irc\n`);
  // Bob is somebody else than the server, whose address he gets: so does the real kernel (conformance/netfilter/helpers.test.ts).
  r.wan.inject(tcp('203.0.113.9', 77, US, 4000, 'S', 1));
  expect([r.lan.take(), r.cn.expectCount]).toEqual([[`tcp ${B}:77 > ${A}:4000 S`], 0]);
  // Somebody else's address.
  r.lan.inject(say(A, 4000, B, 6667, 1054, 5001, 'PRIVMSG bob :\x01DCC CHAT chat 167837699 4001\x01\r\n'));
  expect([r.wan.take().length, r.cn.expectCount]).toEqual([1, 0]);
  expect([nfCtHelperFind(r.kernel, 'irc', 6, 10), nfCtHelperFind(r.kernel, 'ftp', 6, 10)?.name]).toEqual([null, 'ftp']);
  expect(r.end()).toBe(0);
});

test('tftp: the answer comes from another port', () => {
  const r = router('tftp', 17);
  r.lan.inject(udp(A, 4000, B, 69, new Uint8Array([0, 1, 102, 0, 111, 0])));
  expect([r.wan.take(), r.cn.expectCount]).toEqual([[`udp ${US}:4000 > ${B}:69`], 1]);
  r.wan.inject(udp(B, 5000, US, 4000));
  expect([r.lan.take(), r.cn.expectCount]).toEqual([[`udp ${B}:5000 > ${A}:4000`], 0]);
  r.lan.inject(udp(A, 4000, B, 5000));
  expect(r.wan.take()).toEqual([`udp ${US}:4000 > ${B}:5000`]);
  // Anything else expects nothing.
  r.lan.inject(udp(A, 4001, B, 69, new Uint8Array([0, 3, 0, 1])));
  expect(r.cn.expectCount).toBe(0);
  expect(r.end()).toBe(0);
});
