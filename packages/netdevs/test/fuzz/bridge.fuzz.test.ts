import { csumFold, csumPartial, sec } from '@linnet/kernel';
import { devGetByName, skbVlanPutTag } from '@linnet/netdev';
import { NlTestClient, nlIfinfo, nlKind } from '@linnet/netlink/testing';
import { skbAddFrag, skbStats } from '@linnet/skbuff';
import {
  type NlWriter, IFLA_AF_SPEC, IFLA_BR_MCAST_QUERIER, IFLA_BR_STP_STATE, IFLA_BR_VLAN_FILTERING, IFLA_BRPORT_MULTICAST_ROUTER, IFLA_BRPORT_NEIGH_SUPPRESS, IFLA_PROTINFO, NLM_F_CREATE, NLM_F_DUMP, PF_BRIDGE, RTM_DELLINK,
  RTM_DELMDB, RTM_DELNEIGH, RTM_GETLINK, RTM_GETMDB, RTM_GETNEIGH, RTM_NEWLINK, RTM_NEWMDB, RTM_NEWNEIGH, RTM_SETLINK,
} from '@linnet/uapi';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { vlanNewlink } from '../../src/index.ts';
import { BROADCAST, frame, Lab, macOf, setBridge, setPort, setVlan, STP_GROUP } from '../bridge/lab.ts';

const bytesOf = (max: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength: max });
const dst = fc.oneof(fc.constant(BROADCAST), fc.constant(STP_GROUP), fc.constant(Uint8Array.of(1, 0, 0x5e, 1, 1, 1)), fc.constant(Uint8Array.of(0x33, 0x33, 0, 0, 0, 1)), fc.nat(5).map(macOf), fc.constant(macOf(0xf0)));
const src = fc.oneof(fc.nat(5).map(macOf), fc.constant(BROADCAST), fc.constant(new Uint8Array(6)));

/** IPv4 with IGMP: a plausible header, then anything. */
const igmp = fc.record({ type: fc.constantFrom(0x11, 0x12, 0x16, 0x17, 0x22, 0x77), body: bytesOf(60), good: fc.boolean(), ihl: fc.constantFrom(5, 6, 15), cut: fc.nat(20) }).map(({ type, body, good, ihl, cut }) => {
  const m = Uint8Array.from([type, 0, 0, 0, ...body]);
  if (good) new DataView(m.buffer).setUint16(2, csumFold(csumPartial(m, 0, m.length, 0)));
  const h = new Uint8Array(ihl * 4);
  h.set([0x40 | ihl, 0, 0, h.length + m.length, 0, 0, 0, 0, 1, 2, 0, 0, 10, 0, 0, 1, 224, 0, 0, 22]);
  if (ihl === 6) h.set([0x94, 4, 0, 0], 20);
  new DataView(h.buffer).setUint16(10, csumFold(csumPartial(h, 0, h.length, 0)));
  const all = Uint8Array.from([...h, ...m]);
  return { type: 0x800, payload: good ? all : all.subarray(0, all.length - Math.min(cut, all.length)) };
});
/** IPv6 with MLD behind a hop-by-hop header. */
const mld = fc.record({ type: fc.constantFrom(130, 131, 132, 143, 135, 136), body: bytesOf(80), good: fc.boolean(), hbh: fc.boolean() }).map(({ type, body, good, hbh }) => {
  const m = Uint8Array.from([type, 0, 0, 0, ...body]);
  const ext = hbh ? [58, 0, 5, 2, 0, 0, 1, 0] : [];
  const h = new Uint8Array(40);
  h.set([0x60, 0, 0, 0, 0, ext.length + m.length, hbh ? 0 : 58, type >= 135 && type < 143 ? 255 : 1, 0xfe, 0x80]);
  h[23] = 5;
  h.set([0xff, 2], 24);
  h[39] = 22;
  if (good) new DataView(m.buffer).setUint16(2, csumFold(csumPartial(m, 0, m.length, csumPartial(h, 8, 32, m.length + 58))));
  return { type: 0x86dd, payload: Uint8Array.from([...h, ...ext, ...m]) };
});
const bpdu = fc.record({ kind: fc.constantFrom(0, 0x80, 2), body: bytesOf(40) }).map(({ kind, body }) => ({ type: 3 + 4 + body.length, payload: Uint8Array.from([0x42, 0x42, 3, 0, 0, 0, kind, ...body]) }));
const arp = bytesOf(20).map((b) => ({ type: 0x806, payload: Uint8Array.from([0, 1, 8, 0, 6, 4, 0, 1, ...b]) }));
const other = fc.record({ type: fc.constantFrom(0x800, 0x806, 0x8100, 0x88a8, 0x88b5, 38), payload: bytesOf(60) });

const frames = fc.oneof(
  bytesOf(100),
  fc
    .record({ dst, src, vid: fc.option(fc.integer({ min: 0, max: 4095 })), tpid: fc.constantFrom(0x8100, 0x88a8), what: fc.oneof(igmp, mld, bpdu, arp, other) })
    .map(({ dst: d, src: s, vid, tpid, what }) => frame(d, s, { ...what, tpid, ...(vid === null ? {} : { vid: vid > 20 ? vid : vid % 4 }) })),
);

test('any frames through a bridge with everything on: nothing is thrown, nothing leaks', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(2), frames, fc.nat(60), fc.boolean(), fc.nat(40)), { maxLength: 50 }), fc.boolean(), fc.boolean(), (input, filtering, stp) => {
      const lab = new Lab(3);
      setBridge(lab, (w) => {
        w.putU8(IFLA_BR_VLAN_FILTERING, filtering ? 1 : 0);
        w.putU8(IFLA_BR_MCAST_QUERIER, 1);
        w.putU32(IFLA_BR_STP_STATE, stp ? 1 : 0);
      });
      setPort(lab, 1, (w) => w.putU8(IFLA_BRPORT_NEIGH_SUPPRESS, 1));
      setPort(lab, 2, (w) => w.putU8(IFLA_BRPORT_MULTICAST_ROUTER, 2));
      for (const p of lab.ports) setVlan(lab, p.dev, 2, 4, { end: 5 });
      vlanNewlink(lab.br, 'br0.2', 2);
      if (stp) lab.clock.advance(sec(31));
      for (const [port, f, cut, fragmented, wait] of input) {
        const fake = lab.ports[port]!;
        const linear = fragmented ? Math.min(f.length, 14 + cut) : f.length;
        const skb = fake.makeSkb(f.subarray(0, linear));
        if (linear < f.length) {
          const head = fake.dev.pool.allocHead(f.length - linear);
          head.u8.set(f.subarray(linear));
          skbAddFrag(skb, head, 0, f.length - linear, f.length - linear);
        }
        if (wait === 7) skbVlanPutTag(skb, 0x8100, cut);
        lab.k.run(() => fake.deliver(skb));
        if (wait > 35) lab.clock.advance(sec(wait));
        lab.take();
      }
      lab.clock.advance(sec(400));
      lab.take();
      expect(skbStats(lab.k).live).toBe(0);
      lab.k.shutdown();
    }),
    { seed: 20264, numRuns: 200 },
  );
});

test('any attributes for a bridge, its ports and tables: answered, whatever they are', () => {
  const attr = fc.record({ type: fc.nat(70), v: fc.oneof(bytesOf(1), bytesOf(4), bytesOf(12), bytesOf(40)) });
  const nested = fc.array(fc.record({ type: fc.nat(50), v: bytesOf(8), deep: fc.array(attr, { maxLength: 3 }) }), { maxLength: 6 });
  fc.assert(
    fc.property(fc.constantFrom(RTM_NEWLINK, RTM_SETLINK, RTM_DELLINK, RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH, RTM_NEWMDB, RTM_DELMDB, RTM_GETMDB, RTM_GETLINK, 112, 113, 114), fc.nat(0xffff), fc.nat(1),
      fc.constantFrom(0, NLM_F_CREATE, NLM_F_DUMP), nested, bytesOf(24), (type, flags, who, nlFlags, attrs, body) => {
        const lab = new Lab(2);
        const c = new NlTestClient(lab.k.initNet);
        const put = (w: NlWriter): void => {
          for (const a of attrs) {
            if (a.deep.length === 0) w.putBytes(a.type, a.v);
            else {
              w.nestStart(a.type);
              for (const d of a.deep) w.putBytes(d.type, d.v);
              w.nestEnd();
            }
          }
        };
        const index = who === 0 ? lab.br.ifindex : lab.ports[0]!.dev.ifindex;
        const fill = (kind: number): Uint8Array => nlIfinfo({ index, family: kind === 0 ? 0 : PF_BRIDGE }, (w) => {
          if (kind === 0) nlKind(w, 'bridge', put);
          else if (kind === 1 || kind === 2) {
            if (kind === 1) w.nestStart(IFLA_PROTINFO);
            else w.nestStartNoflag(IFLA_AF_SPEC);
            put(w);
            w.nestEnd();
          } else put(w);
        });
        c.request(type, nlFlags, fill(flags & 3));
        // The same attributes behind a header of arbitrary bytes.
        const raw = fill(3);
        raw.set(body.subarray(0, Math.min(body.length, raw.length)), 1);
        c.request(type, nlFlags, raw);
        c.close();
        expect(devGetByName(lab.k.initNet, 'lo')).not.toBe(undefined);
        lab.clock.advance(sec(100));
        lab.take();
        expect(skbStats(lab.k).live).toBe(0);
        lab.k.shutdown();
      }),
    { seed: 20265, numRuns: 400 },
  );
});
