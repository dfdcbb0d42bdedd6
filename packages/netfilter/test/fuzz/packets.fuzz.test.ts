/** Any bytes through tracking and translation: nothing is thrown, nothing leaks, and what is rewritten keeps its checksums right. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NF_ACCEPT, NF_INET_POST_ROUTING, NF_INET_PRE_ROUTING } from '@linnet/netdev';
import { NF_NAT_MANIP_DST, NF_NAT_RANGE_MAP_IPS, NfNatRange, nfNatMasqueradeIpv4, nfNatSetupInfo } from '../../src/index.ts';
import { checksum, icmp, ip4, ipPacket, Router, show, tcp, udp } from '../harness.ts';

const HOSTS = ['10.1.0.2', '10.1.0.3', '203.0.113.2', '203.0.113.1', '203.0.113.9'];
const host = fc.constantFrom(...HOSTS);
const port = fc.constantFrom(1, 53, 80, 600, 4000, 4001);
const word = fc.integer({ min: 0, max: 0xffffffff });

const whole = fc.oneof(
  fc.tuple(host, port, host, port, fc.uint8Array({ maxLength: 40 })).map(([s, sp, d, dp, b]) => udp(s, sp, d, dp, b)),
  fc
    .tuple(host, port, host, port, fc.constantFrom('S', 'SA', 'A', 'PA', 'FA', 'R', 'RA', 'F', ''), fc.constantFrom(0, 1, 2, 100, 70000, 0xffffffff), fc.constantFrom(0, 1, 2, 100, 0x80000000), fc.nat(60))
    .map(([s, sp, d, dp, f, q, a, n]) => tcp(s, sp, d, dp, f, q, a, n)),
  fc.tuple(host, host, fc.constantFrom(0, 8, 13, 14, 5, 99), fc.nat(3)).map(([s, d, t, id]) => icmp(s, d, t, 0, id)),
);
const quoted = fc.tuple(whole, host, host, fc.constantFrom(3, 11, 12, 5), fc.nat(60)).map(([p, s, d, t, n]) => icmp(s, d, t, 1, 0, p.slice(0, n)));
const noise = fc.tuple(host, host, fc.constantFrom(1, 6, 17, 47, 132, 200), fc.uint8Array({ maxLength: 64 })).map(([s, d, p, b]) => ipPacket(s, d, p, b));
const flipped = fc.tuple(fc.oneof(whole, quoted), fc.nat(60), word).map(([p, at, v]) => {
  const q = p.slice();
  const i = 20 + (at % Math.max(1, q.length - 20));
  if (i < q.length) q[i]! ^= v & 0xff;
  return q;
});

function router(): Router {
  const r = new Router();
  const to = new NfNatRange();
  to.flags = NF_NAT_RANGE_MAP_IPS;
  to.setAddr(ip4('10.1.0.3'));
  r.rule(NF_INET_POST_ROUTING, (skb, state, ct) => (state.outDev === r.wan.fake.dev ? nfNatMasqueradeIpv4(skb, state, ct, null) : NF_ACCEPT));
  r.rule(NF_INET_PRE_ROUTING, (_skb, _state, ct) => (ct.orig.dport === 80 && ct.orig.dst0 === ip4('203.0.113.1') ? nfNatSetupInfo(ct, to, NF_NAT_MANIP_DST) : NF_ACCEPT));
  return r;
}

test('whole packets keep their checksums', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.oneof(whole, quoted)), { maxLength: 30 }), (list) => {
      const r = router();
      for (const [lan, p] of list) (lan ? r.lan : r.wan).inject(p);
      for (const w of [r.lan, r.wan]) for (const p of w.raw()) if (p.length >= 28) expect(show(p)).not.toMatch(/BAD-(IP|ICMP|L4)(?!.*\])/);
      expect(r.end()).toBe(0);
    }),
    { seed: 7, numRuns: 150 },
  );
});

test('harmed packets and noise do no harm', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.oneof(whole, quoted, noise, flipped)), { maxLength: 30 }), (list) => {
      const r = router();
      r.sysctl('net/netfilter/nf_conntrack_checksum', 0);
      r.sysctl('net/netfilter/nf_conntrack_max', 8);
      for (const [lan, p] of list) (lan ? r.lan : r.wan).inject(p);
      expect(r.cn.count).toBeLessThanOrEqual(8);
      for (const w of [r.lan, r.wan]) for (const p of w.raw()) expect(checksum(p, 0, 20)).toBe(0);
      r.advance(500000);
      expect(r.cn.count).toBe(0);
      expect(r.end()).toBe(0);
    }),
    { seed: 8, numRuns: 150 },
  );
});
