/** Any words on a control connection: nothing is thrown, nothing leaks, sums stay right, and what is expected is expected of the host that spoke. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NF_ACCEPT, NF_INET_POST_ROUTING, NF_INET_PRE_ROUTING, NFPROTO_IPV4, nfRegisterNetHook } from '@linnet/netdev';
import { IP_CT_NEW, nfCtHelpers, NfCtHelp, nfCtHelperFind, nfCtTmplAlloc, nfNatMasqueradeIpv4 } from '../../src/index.ts';
import { checksum, ip4, Router, show, tcp } from '../harness.ts';

const A = '10.1.0.2';
const B = '203.0.113.2';
const US = '203.0.113.1';

const part = fc.constantFrom('PORT ', 'EPRT ', '227 ', '229 ', 'port ', '10,1,0,2,', '203,0,113,2,', '31,144', '4,', '|1|10.1.0.2|', '|2|::1|', '8080|', '(|||8080|)', '(', ')', '|', '\r\n', '\n', '\r', ' ', '99999999999', '0');
const line = fc.array(fc.oneof(part, fc.string({ maxLength: 3 })), { maxLength: 8 }).map((l) => l.join('').replace(/[^\0-\xff]/g, '?'));
const good = fc.constantFrom('PORT 10,1,0,2,31,144\r\n', 'EPRT |1|10.1.0.2|8080|\r\n', '227 here (203,0,113,2,4,5)\r\n', '229 (|||8080|)\r\n', 'NOOP\r\n');
const talk = fc.array(fc.tuple(fc.boolean(), fc.oneof(line, good), fc.boolean()), { maxLength: 12 });

function say(src: string, sport: number, dst: string, dport: number, seq: number, ack: number, text: string): Uint8Array {
  const p = tcp(src, sport, dst, dport, 'PA', seq, ack, text.length);
  for (let i = 0; i < text.length; i++) p[40 + i] = text.charCodeAt(i);
  const v = new DataView(p.buffer);
  v.setUint16(36, 0);
  const sum = (a: string): number => (ip4(a) >>> 16) + (ip4(a) & 0xffff);
  v.setUint16(36, checksum(p.slice(20), 0, p.length - 20, sum(src) + sum(dst) + 6 + p.length - 20));
  return p;
}

test('any words', () => {
  let expected = 0;
  fc.assert(fc.property(talk, (said) => {
    const r = new Router();
    nfCtHelpers.init!(r.kernel);
    const tmpl = nfCtTmplAlloc(r.cn, 0);
    tmpl.help = new NfCtHelp(nfCtHelperFind(r.kernel, 'ftp', 6)!);
    nfRegisterNetHook(r.net, {
      pf: NFPROTO_IPV4, hooknum: NF_INET_PRE_ROUTING, priority: -300,
      hook: (_p, skb, state) => {
        if (state.inDev === r.lan.fake.dev) [skb.nfct, skb.nfctInfo] = [tmpl, IP_CT_NEW];
        return NF_ACCEPT;
      },
    });
    r.rule(NF_INET_POST_ROUTING, (skb, state, ct) => (state.outDev === r.wan.fake.dev ? nfNatMasqueradeIpv4(skb, state, ct, null) : NF_ACCEPT));
    r.lan.inject(tcp(A, 4000, B, 21, 'S', 0xfffffff0));
    r.wan.inject(tcp(B, 21, US, 4000, 'SA', 5000, 0xfffffff1));
    let c = 0xfffffff1;
    let s = 5001;
    // What each side has of the other, as it sees it: from the packets that reach it.
    let [cSeen, sSeen] = [s, c];
    for (const [client, text, again] of [[true, 'NOOP\r\n', false], [false, '200\r\n', false], ...said] as const) {
      if (text.length === 0) continue;
      for (let n = 0; n < (again ? 2 : 1); n++) {
        if (client) r.lan.inject(say(A, 4000, B, 21, c, cSeen, text));
        else r.wan.inject(say(B, 21, US, 4000, s, sSeen, text));
        for (const p of r.wan.raw().concat(r.lan.raw())) {
          expect(show(p)).not.toContain('BAD');
          const v = new DataView(p.buffer, p.byteOffset);
          if (v.getUint16(20) === 4000 && p[33]! & 8) sSeen = (v.getUint32(24) + p.length - 40) >>> 0;
          else if (p[33]! & 8) cSeen = (v.getUint32(24) + p.length - 40) >>> 0;
        }
      }
      if (client) c = (c + text.length) >>> 0;
      else s = (s + text.length) >>> 0;
    }
    for (const list of r.cn.expects.values()) {
      for (const e of list) {
        expected++;
        // Either the client waits at our address, or the server at its own.
        expect([ip4(US), ip4(B)]).toContain(e.tuple.dst0);
      }
    }
    expect(r.cn.expectCount).toBeLessThanOrEqual(1);
    expect(r.end()).toBe(0);
  }), { seed: 21, numRuns: 40 });
  // Some of it was understood.
  expect(expected).toBeGreaterThan(5);
});
