import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VirtualClock, createKernel } from '@linnet/kernel';
import type { Kernel } from '@linnet/kernel';
import { devClose, devGetByName, devOpen, devSetGroup } from '@linnet/netdev';
import { FakeDevice } from '@linnet/netdev/testing';
import { NlTestClient, nlPayload } from '@linnet/netlink/testing';
import { skbStats } from '@linnet/skbuff';
import {
  FRA_DPORT_RANGE, FRA_DST, FRA_FWMARK, FRA_FWMASK, FRA_GOTO, FRA_IIFNAME, FRA_IP_PROTO, FRA_OIFNAME, FRA_PRIORITY, FRA_SPORT_RANGE, FRA_SRC, FRA_SUPPRESS_IFGROUP, FRA_SUPPRESS_PREFIXLEN, FRA_TABLE,
  FRA_UID_RANGE, FR_ACT_BLACKHOLE, FR_ACT_GOTO, FR_ACT_NOP, FR_ACT_PROHIBIT, FR_ACT_TO_TBL, FR_ACT_UNREACHABLE, RTAX_ADVMSS, RTAX_CC_ALGO, RTAX_CWND, RTAX_FEATURES, RTAX_HOPLIMIT, RTAX_INITCWND,
  RTAX_LOCK, RTAX_MTU, RTAX_QUICKACK, RTAX_REORDERING, RTAX_RTO_MIN, RTAX_RTT, RTAX_RTTVAR, RTAX_SSTHRESH, RTAX_WINDOW, RTA_CACHEINFO, RTA_DST, RTA_FLOW, RTA_GATEWAY, RTA_METRICS, RTA_MULTIPATH, RTA_OIF,
  RTA_PREFSRC, RTA_PRIORITY, RTA_TABLE, RTM_NEWROUTE, RTM_NEWRULE, RTNLGRP_IPV4_ROUTE, RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST, RTN_THROW, RTN_UNICAST, RTN_UNREACHABLE, RTPROT_BOOT, RT_SCOPE_HOST,
  RT_SCOPE_LINK, RT_TABLE_MAIN, in4FromString, rtmsgWrite,
} from '@linnet/uapi';
import type { NlWriter } from '@linnet/uapi';
import { inetAddrAdd, ipv4 } from '../src/index.ts';
import { GoldenClient, goldenCases, hex, plain } from './golden-replay.ts';
import type { GoldenMessage } from './golden-replay.ts';

const cases = goldenCases('getroute.jsonl');

function messages(list: readonly string[] | readonly Uint8Array[]): GoldenMessage[] {
  return list.flatMap((u) => plain(typeof u === 'string' ? hex(u) : u, () => 12, (_type, attr) => attr === RTA_CACHEINFO));
}

let k: Kernel;
let nl: NlTestClient;
const addr = (s: string): [number, number] => {
  const [a, len] = s.split('/') as [string, string | undefined];
  return [in4FromString(a)!, len === undefined ? 32 : Number(len)];
};
const index = (name: string): number => devGetByName(k.initNet, name)!.ifindex;

/** `ip route add`, in its words. */
function route(to: string, o: { via?: string; dev?: string; table?: number; type?: number; scope?: number; tos?: number; src?: string; metric?: number; realm?: number; hops?: string[]; metrics?: (w: NlWriter) => void } = {}): void {
  const [dst, dstLen] = to === 'default' ? [0, 0] : addr(to);
  const type = o.type ?? RTN_UNICAST;
  const onLink = o.via === undefined && o.hops === undefined && type !== RTN_THROW && type < 6;
  const payload = nlPayload(12, (view, off) => {
    const scope = o.scope ?? (type === RTN_LOCAL ? RT_SCOPE_HOST : onLink ? RT_SCOPE_LINK : 0);
    rtmsgWrite(view, off, { family: 2, dstLen, srcLen: 0, tos: o.tos ?? 0, table: (o.table ?? RT_TABLE_MAIN) & 0xff, protocol: RTPROT_BOOT, scope, type, flags: 0 });
  }, (w) => {
    if (dstLen !== 0) w.putInAddr(RTA_DST, dst);
    if (o.table !== undefined) w.putU32(RTA_TABLE, o.table);
    if (o.via !== undefined) w.putInAddr(RTA_GATEWAY, addr(o.via)[0]);
    if (o.dev !== undefined) w.putU32(RTA_OIF, index(o.dev));
    if (o.src !== undefined) w.putInAddr(RTA_PREFSRC, addr(o.src)[0]);
    if (o.metric !== undefined) w.putU32(RTA_PRIORITY, o.metric);
    if (o.realm !== undefined) w.putU32(RTA_FLOW, o.realm);
    if (o.metrics !== undefined) {
      w.nestStart(RTA_METRICS);
      o.metrics(w);
      w.nestEnd();
    }
    if (o.hops !== undefined) {
      w.nestStart(RTA_MULTIPATH);
      for (const h of o.hops) {
        const at = w.reserve(8);
        w.putInAddr(RTA_GATEWAY, addr(h)[0]);
        w.view.setUint16(at, w.len - at, true);
      }
      w.nestEnd();
    }
  });
  expect(nl.ack(RTM_NEWROUTE, 0x600, payload).errno, to).toBe(0);
}

/** `ip rule add`, likewise. */
function rule(pref: number, o: { from?: string; to?: string; table?: number; action?: number; tos?: number; flags?: number; more?: (w: NlWriter) => void }): void {
  const src = o.from === undefined ? null : addr(o.from);
  const dst = o.to === undefined ? null : addr(o.to);
  const payload = nlPayload(12, (view, off) => {
    view.setUint8(off, 2);
    view.setUint8(off + 1, dst?.[1] ?? 0);
    view.setUint8(off + 2, src?.[1] ?? 0);
    view.setUint8(off + 3, o.tos ?? 0);
    view.setUint8(off + 7, o.action ?? FR_ACT_TO_TBL);
    view.setUint32(off + 8, o.flags ?? 0, true);
  }, (w) => {
    w.putU32(FRA_PRIORITY, pref);
    if (src !== null) w.putInAddr(FRA_SRC, src[0]);
    if (dst !== null) w.putInAddr(FRA_DST, dst[0]);
    if (o.table !== undefined) w.putU32(FRA_TABLE, o.table);
    o.more?.(w);
  });
  expect(nl.ack(RTM_NEWRULE, 0x600, payload).errno, `rule ${pref}`).toBe(0);
}
const range = (w: NlWriter, type: number, a: number, b: number): void => {
  const at = w.reserveAttr(type, 4);
  w.view.setUint16(at, a, true);
  w.view.setUint16(at + 2, b, true);
};

/** What the recorder did between its requests. */
const STEPS: Record<string, () => void> = {
  rules() {
    rule(100, { from: '10.0.0.3', table: 100 });
    rule(110, { to: '20.0.0.0/8', table: 101 });
    rule(120, { table: 102, more: (w) => w.putU32(FRA_FWMARK, 5) });
    rule(130, { table: 103, more: (w) => { w.putU32(FRA_FWMARK, 0x10); w.putU32(FRA_FWMASK, 0xf0); } });
    rule(140, { to: '30.0.0.0/8', table: 104, more: (w) => w.putString(FRA_IIFNAME, 'lo') });
    rule(150, { table: 105, more: (w) => w.putString(FRA_IIFNAME, 'v2') });
    rule(160, { table: 106, more: (w) => w.putString(FRA_OIFNAME, 'v2') });
    rule(170, { table: 107, more: (w) => { const at = w.reserveAttr(FRA_UID_RANGE, 8); w.view.setUint32(at, 1000, true); w.view.setUint32(at + 4, 1999, true); } });
    rule(180, { table: 108, more: (w) => { w.putU8(FRA_IP_PROTO, 6); range(w, FRA_DPORT_RANGE, 443, 443); } });
    rule(190, { table: 109, more: (w) => range(w, FRA_SPORT_RANGE, 1000, 1999) });
    rule(200, { tos: 0x10, table: 110 });
    rule(210, { to: '40.0.0.0/8', action: FR_ACT_GOTO, more: (w) => w.putU32(FRA_GOTO, 300) });
    rule(220, { to: '40.1.0.0/16', action: FR_ACT_BLACKHOLE });
    rule(300, { to: '40.2.0.0/16', action: FR_ACT_PROHIBIT });
    rule(310, { to: '40.3.0.0/16', action: FR_ACT_UNREACHABLE });
    rule(320, { from: '0.0.0.0', to: '50.0.0.0/8', flags: 2, table: 111 });
    rule(330, { to: '60.0.0.0/8', table: 112, more: (w) => w.putU32(FRA_SUPPRESS_PREFIXLEN, 0) });
    rule(340, { to: '61.0.0.0/8', table: 113, more: (w) => w.putU32(FRA_SUPPRESS_IFGROUP, 7) });
    rule(350, { to: '62.0.0.0/8', table: 999 });
    rule(360, { tos: 0x1c, table: 114 });
    rule(370, { to: '63.0.0.0/8', action: FR_ACT_NOP });
  },
  tables() {
    for (let t = 100; t < 112; t++) route('default', { via: `10.0.0.${t - 50}`, table: t });
    route('default', { via: '10.0.0.70', table: 112 });
    route('60.1.0.0/16', { via: '10.0.0.71', table: 112 });
    devSetGroup(devGetByName(k.initNet, 'v2')!, 7);
    route('61.0.0.0/8', { via: '10.1.0.72', table: 113 });
    route('61.1.0.0/16', { via: '10.0.0.73', table: 113 });
    route('default', { via: '10.0.0.74', table: 114 });
    route('20.9.0.0/16', { type: RTN_THROW, table: 101 });
    route('20.8.0.0/16', { type: RTN_UNREACHABLE, table: 101 });
  },
  setup() {
    route('70.0.0.0/8', { hops: ['10.0.0.2', '10.1.0.2'] });
    route('71.0.0.0/8', {
      via: '10.0.0.2',
      metrics: (w) => {
        const m: [number, number][] = [[RTAX_MTU, 1400], [RTAX_ADVMSS, 1300], [RTAX_INITCWND, 7], [RTAX_RTO_MIN, 100], [RTAX_QUICKACK, 1], [RTAX_FEATURES, 1], [RTAX_HOPLIMIT, 9], [RTAX_WINDOW, 3000], [RTAX_LOCK, 0x2008]];
        for (const [t, v] of m) w.putU32(t, v);
        w.putString(RTAX_CC_ALGO, 'reno');
      },
    });
    route('72.0.0.0/8', { via: '10.0.0.2', realm: 0x30004 });
    route('73.0.0.0/8', { dev: 'v0', src: '10.0.0.3' });
    route('74.0.0.0/8', { dev: 'v0', type: RTN_LOCAL, table: 255 });
    route('75.0.0.0/24', { dev: 'v0', type: RTN_BROADCAST, table: 255 });
    route('239.7.0.0/16', { dev: 'v2', type: RTN_MULTICAST });
    route('76.0.0.0/8', { via: '10.0.0.2', metric: 50 });
    route('76.0.0.0/8', { via: '10.0.0.4', metric: 20 });
    route('77.0.0.0/8', {
      via: '10.0.0.2',
      metrics: (w) => {
        const m: [number, number][] = [[RTAX_MTU, 1200], [RTAX_SSTHRESH, 5], [RTAX_REORDERING, 4], [RTAX_CWND, 3], [RTAX_RTT, 640], [RTAX_RTTVAR, 28], [RTAX_LOCK, 4]];
        for (const [t, v] of m) w.putU32(t, v);
      },
    });
  },
};

describe.each([0, 1, 2, 3])('answers of a real kernel, set %i', (set) => {
  let c: GoldenClient;
  beforeAll(() => {
    k = createKernel({ modules: [ipv4], clock: new VirtualClock(), seed: 1, debug: true });
    const net = k.initNet;
    // TCP is not here; its list of congestion controls is what routes ask.
    net.sysctl.register('net/ipv4/tcp_available_congestion_control', { get: () => 'reno cubic' });
    devOpen(devGetByName(net, 'lo')!);
    k.run(() => {
      for (const name of ['v1', 'v0', 'v3', 'v2']) devOpen(new FakeDevice(net, { name, noQueue: true }).dev);
      for (const name of ['v5', 'v4']) devClose(new FakeDevice(net, { name, noQueue: true }).dev);
      for (const [name, a, b] of [['v0', '10.0.0.1', '10.0.0.255'], ['v0', '10.0.0.3', '10.0.0.255'], ['v2', '10.1.0.1', '10.1.0.255']] as const) {
        inetAddrAdd(net, devGetByName(net, name)!, { local: addr(a)[0], prefixlen: 24, broadcast: addr(b)[0] });
      }
    });
    for (const [name, v] of [['ip_forward', '1'], ['conf/all/rp_filter', '0'], ['conf/default/rp_filter', '0']] as const) net.sysctl.write(`net/ipv4/${name}`, v);
    nl = new NlTestClient(net);
    route('default', { via: '10.0.0.2' });
    [6, RTN_UNREACHABLE, 8, RTN_THROW].forEach((type, i) => route(`10.9.${i + 1}.0/24`, { type }));
    route('10.9.5.0/24', { via: '10.1.0.2' });
    route('10.9.6.0/24', { via: '10.0.0.5' });
    route('10.9.6.0/24', { via: '10.0.0.6', tos: 0x10 });
    route('10.9.7.0/24', { via: '10.0.0.7', table: 70000 });
    route('10.9.8.0/24', { dev: 'v0', scope: RT_SCOPE_LINK });
    route('10.9.9.0/24', { via: '10.0.0.2' });
    c = new GoldenClient(net, [RTNLGRP_IPV4_ROUTE]);
  });
  afterAll(() => {
    c.close();
    nl.close();
    k.shutdown();
    expect(skbStats(k).live).toBe(0);
  });
  test.each(cases.filter((x) => x.set === set).map((x) => [x.name, x] as const))('%s', (_name, x) => {
    if (x.run !== undefined) {
      STEPS[x.name]!();
      c.told();
      return;
    }
    expect(messages(c.ask(x))).toEqual(messages(x.out));
  });
});

test('the record holds what it should', () => {
  expect(cases.length).toBeGreaterThan(1000);
});
