// What Linux does with net.ipv4.ip_early_demux: a connected socket's packets share one route lookup.
import { INET, type InetSock } from '@linnet/inet';
import { consumeSkb, type Skb } from '@linnet/skbuff';
import { in4ToString, RT_SCOPE_LINK } from '@linnet/uapi';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inetAddrAdd, inetAddrDel } from '../src/index.ts';
import { ip4, Machine, pattern, Sk, type Ip4Fields, type Wire } from './harness.ts';

const PROTO = 201;

let m: Machine;
let w: Wire;
let s: Sk;
/** The socket that the transport knows; the questions that it was asked, and what it received: with which socket, over which route. */
let known: InetSock | null;
let asked: string[];
let got: { sk: object | null; dst: object | null }[];

beforeEach(() => {
  m = new Machine();
  w = m.wire('10.0.0.1/24');
  s = new Sk(m, 3, 99);
  known = s.sk;
  asked = [];
  got = [];
  m.kernel.get(INET).addProtocol({
    protocol: PROTO,
    noPolicy: true,
    earlyDemux: (skb) => {
      asked.push(`${skb.networkHeader - skb.data} ${skb.transportHeader - skb.data} ${in4ToString(skb.view.getInt32(skb.networkHeader + 16))}`);
      return known;
    },
    rcv: (skb: Skb) => {
      got.push({ sk: skb.sk, dst: skb.dst });
      skb.sk = null;
      consumeSkb(skb);
      return 0;
    },
  });
});
afterEach(() => {
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

const inject = (f: Ip4Fields = {}): void => w.inject({ proto: PROTO, ...f }, pattern(16));

test('the first packet finds the route, the others have it from the socket', () => {
  inject();
  expect(s.sk.rxDst).toBe(got[0]!.dst);
  expect(s.sk.rxDstIfindex).toBe(w.fake.dev.ifindex);
  // A route that only the socket knows shows that nothing was looked for.
  const other = got[0]!.dst as { rtGenid: number };
  const mark = Object.assign(Object.create(Object.getPrototypeOf(other) as object) as object, other);
  s.sk.rxDst = mark as never;
  inject();
  expect(got.map((g) => [g.sk === s.sk, g.dst === mark])).toEqual([[true, false], [true, true]]);
  expect(asked).toEqual(['0 20 10.0.0.1', '0 20 10.0.0.1']);
});

test('no socket, no route from it', () => {
  known = null;
  inject();
  expect(got[0]!.sk).toBeNull();
  expect(s.sk.rxDst).toBeNull();
});

test('a change of addresses makes the socket’s route worthless', () => {
  inject();
  const old = got[0]!.dst;
  m.kernel.run(() => inetAddrAdd(m.net, w.fake.dev, { local: ip4('10.0.1.1'), prefixlen: 24, scope: RT_SCOPE_LINK }));
  inject();
  expect(got[1]!.dst).not.toBe(old);
  expect(s.sk.rxDst).toBe(got[1]!.dst);
  m.kernel.run(() => inetAddrDel(m.net, w.fake.dev, { local: ip4('10.0.0.1') }));
  inject();
  expect(got.length).toBe(2);
});

test('another interface looks for its own route', () => {
  inject();
  const w2 = m.wire('10.0.2.1/24');
  inject();
  const { rxDst } = s.sk;
  w2.inject({ proto: PROTO }, pattern(16));
  expect([s.sk.rxDstIfindex, rxDst !== null]).toEqual([w2.fake.dev.ifindex, true]);
});

test('fragments wait for the whole, and the setting turns it off', () => {
  inject({ mf: true });
  inject({ fragOff: 16 });
  expect([asked.length, got.length]).toEqual([0, 1]);
  m.sysctl('ip_early_demux', 0);
  inject();
  expect([asked.length, got.length, s.sk.rxDst]).toEqual([0, 2, null]);
});
