import { expect, test } from 'vitest';
import { errnoName } from '@linnet/kernel';
import { dropReasonName } from '@linnet/skbuff';
import { NlTestClient, nlPayload } from '@linnet/netlink/testing';
import { IPPROTO_ICMPV6, IPV6_FL_A_GET, IPV6_FL_A_PUT, IPV6_FL_F_CREATE, IPV6_FL_F_REFLECT, SOCK_DGRAM, SOCK_RAW } from '@linnet/uapi';
import { bytes6, concat, ip6Packet, Machine, pattern, Sk } from './harness.ts';

/** What Linux 6.18 takes (true) and refuses. */
const CONF: readonly (readonly [file: string, value: string, taken: boolean])[] = [
  ['mldv1_unsolicited_report_interval', '-1', false], ['mldv1_unsolicited_report_interval', '0', true], ['mldv2_unsolicited_report_interval', '-1', false], ['ndisc_notify', '5', true],
  ['hop_limit', '0', false], ['hop_limit', '256', false], ['hop_limit', '255', true], ['ndisc_tclass', '256', false], ['ndisc_tclass', '255', true], ['ra_defrtr_metric', '0', false],
  ['ra_defrtr_metric', '4294967295', true], ['ra_defrtr_metric', '-1', false], ['accept_untracked_na', '2', true], ['accept_untracked_na', '3', false], ['router_solicitations', '-2', false],
  ['router_solicitations', '-1', true], ['rpl_seg_enabled', '9', false],
  ['ioam6_enabled', '9', false], ['ioam6_id', '65536', false], ['ioam6_id_wide', '5000000000', false], ['ra_honor_pio_life', '3', false], ['ra_honor_pio_pflag', '3', false],
  ['ndisc_evict_nocarrier', '3', false], ['force_forwarding', '2', false], ['mc_forwarding', '1', false], ['mtu', '1000', false], ['mtu', '1501', false], ['mtu', '1280', true],
  ['addr_gen_mode', '7', false], ['max_addresses', '-1', true], ['keep_addr_on_down', '-5', true], ['accept_dad', '7', true], ['use_tempaddr', '5', true], ['seg6_require_hmac', '-1', true],
];
const NET: readonly (readonly [file: string, value: string, taken: boolean])[] = [
  ['icmp/ratelimit', '-1', false], ['idgen_retries', '-1', true], ['max_dst_opts_length', '-1', true], ['max_hbh_length', '-1', true], ['max_hbh_opts_number', '-1', true],
  ['route/gc_elasticity', '-1', true], ['route/min_adv_mss', '-1', true],
  ['route/skip_notify_on_dev_down', '2', false], ['route/gc_min_interval_ms', '-1', false], ['fib_notify_on_flag_change', '3', false], ['fib_multipath_hash_policy', '4', false],
  ['fib_multipath_hash_fields', '0', false], ['fib_multipath_hash_fields', '4096', false], ['seg6_flowlabel', '300', true], ['bindv6only', '256', false], ['bindv6only', '2', true],
  ['flowlabel_reflect', '8', false], ['auto_flowlabels', '4', false], ['icmp/error_anycast_as_unicast', '2', false], ['icmp/echo_ignore_anycast', '256', false],
];

test('settings take and refuse what Linux’s do', () => {
  const m = new Machine();
  m.wire('fd00::1/64');
  const write = (path: string, value: string): boolean => m.kernel.run(() => m.net.sysctl.write(`net/ipv6/${path}`, value)) === 0;
  expect(CONF.map(([f, v]) => [f, v, write(`conf/eth0/${f}`, v)])).toEqual(CONF);
  expect(NET.map(([f, v]) => [f, v, write(f, v)])).toEqual(NET);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('stable_secret: none for all devices by `all`; the default one makes stable addresses of those there are and those that come', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  const secret = (name: string): number => m.kernel.run(() => m.net.sysctl.write(`net/ipv6/conf/${name}/stable_secret`, '2001:db8::7'));
  const mode = (name: string): string | null => m.net.sysctl.read(`net/ipv6/conf/${name}/addr_gen_mode`);
  expect(errnoName(secret('all'))).toBe('EIO');
  expect(secret('default')).toBe(0);
  const late = m.wire('fd01::1/64');
  expect([mode('default'), mode('all'), mode(w.fake.dev.name), mode(late.fake.dev.name)]).toEqual(['0', '0', '2', '2']);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

/** struct in6_flowlabel_req. */
function request(action: number, flags: number): Uint8Array {
  return concat(bytes6('2001:db8::1'), new Uint8Array([0, 0, 0, 0, action, 1, flags & 255, flags >> 8, 6, 0, 6, 0, 0, 0, 0, 0]));
}

test('flow labels are reflected only where flowlabel_consistency lets them', () => {
  const m = new Machine();
  const s = new Sk(m, SOCK_DGRAM, IPPROTO_ICMPV6);
  const mgr = (action: number, flags: number): string => errnoName(s.set(41, 32, request(action, flags)));
  expect([mgr(IPV6_FL_A_GET, IPV6_FL_F_REFLECT), mgr(IPV6_FL_A_PUT, IPV6_FL_F_REFLECT)]).toEqual(['EPERM', 'ENOPROTOOPT']);
  m.sysctl('flowlabel_consistency', 0);
  expect(mgr(IPV6_FL_A_GET, IPV6_FL_F_REFLECT)).toBe('ENOPROTOOPT');
  let n = 0;
  while (n < 5000 && s.set(41, 32, request(IPV6_FL_A_GET, IPV6_FL_F_CREATE)) === 0) n++;
  expect([n, mgr(IPV6_FL_A_GET, IPV6_FL_F_CREATE)]).toEqual([4096, 'ENOBUFS']);
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('a socket joins as many groups as net.core.optmem_max lets it', () => {
  const m = new Machine();
  const w = m.wire('2001:db8:77::1/64');
  const mreq = (a: string): Uint8Array => concat(bytes6(a), new Uint8Array(new Uint32Array([w.fake.dev.ifindex]).buffer));
  const most = (opt: number, prefix: string): [number, string] => {
    const s = new Sk(m, SOCK_RAW, 253);
    let n = 0;
    let err = 0;
    while (n < 5000 && (err = s.set(41, opt, mreq(`${prefix}${n.toString(16)}`))) === 0) n++;
    s.close();
    return [n, errnoName(err)];
  };
  expect(m.kernel.run(() => m.net.sysctl.write('net/core/optmem_max', '5600'))).toBe(0);
  expect(most(20, 'ff02::1:')).toEqual([99, 'ENOMEM']);
  expect(most(27, '2001:db8:77::1:')).toEqual([174, 'ENOMEM']);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('an address shorter than 16 bytes is refused, wherever it stands in a message', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  const nl = new NlTestClient(m.net);
  const index = w.fake.dev.ifindex;
  const ifa = (view: DataView, off: number): void => {
    view.setUint8(off, 10);
    view.setUint8(off + 1, 64);
    view.setUint32(off + 4, index, true);
  };
  const label = (view: DataView, off: number): void => {
    view.setUint8(off, 10);
    view.setUint8(off + 2, 128);
  };
  const rt = (view: DataView, off: number): void => {
    view.setUint8(off, 10);
    view.setUint8(off + 1, 128);
    view.setUint8(off + 4, 254);
    view.setUint8(off + 7, 1);
  };
  const a16 = bytes6('2001:db8::9');
  for (const n of [0, 4, 8, 15]) {
    const b = a16.slice(0, n);
    const ask = (type: number, flags: number, len: number, head: (view: DataView, off: number) => void, attrs: readonly (readonly [number, Uint8Array])[]): string => {
      const a = nl.ack(type, flags, nlPayload(len, head, (x) => {
        for (const [t, v] of attrs) x.putBytes(t, v);
      }));
      return `${errnoName(a.errno)} ${a.msg}`;
    };
    const policy = 'ERANGE Attribute failed policy validation';
    const oif = new Uint8Array(new Uint32Array([index]).buffer);
    expect(ask(22, 0, 8, ifa, [[1, b]])).toBe(policy);
    expect(ask(20, 0x600, 8, ifa, [[1, b]])).toBe(policy);
    expect(ask(20, 0x600, 8, ifa, [[2, b]])).toBe(policy);
    expect(ask(21, 0, 8, ifa, [[1, b]])).toBe(policy);
    expect(ask(72, 0x600, 12, label, [[1, b], [2, oif]])).toBe(policy);
    expect(ask(74, 0, 12, label, [[1, b]])).toBe(policy);
    expect(ask(24, 0x600, 12, rt, [[1, a16], [4, oif], [7, b]])).toBe(policy);
    expect(ask(24, 0x600, 12, rt, [[1, a16], [4, oif], [5, b]])).toBe(policy);
    expect(ask(26, 0, 12, rt, [[1, b]])).toBe('EINVAL ');
    expect(ask(26, 0, 12, rt, [[1, a16], [2, b]])).toBe('EINVAL ');
    // IFLA_AF_SPEC with a token, and with a mode of no bytes.
    const link = (view: DataView, off: number): void => view.setInt32(off + 4, index, true);
    const attr = (t: number, v: Uint8Array): Uint8Array => concat(new Uint8Array([4 + v.length, 0, t, 0]), v, new Uint8Array(-v.length & 3));
    expect(ask(16, 0, 16, link, [[26 | 0x8000, attr(10, attr(7, b))]])).toBe(policy);
    expect(ask(16, 0, 16, link, [[26 | 0x8000, attr(10, attr(8, new Uint8Array(0)))]])).toBe(policy);
  }
  nl.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('what was learned about paths is forgotten in time, though nobody asks', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  m.route('2001:db8::/32', { via: 'fd00::2' });
  const s = new Sk(m, SOCK_RAW, IPPROTO_ICMPV6);
  s.send(concat(new Uint8Array([128, 0, 0, 0, 0, 1, 0, 1]), pattern(1400)), '2001:db8::1');
  const sent = w.take()[0]!;
  w.icmp({ src: 'fd00::2', dst: 'fd00::1' }, 2, 0, 1300, sent.raw.slice(0, 1200));
  const kept = (): number => {
    let n = 0;
    for (const tb of m.n6.fibTables.values()) for (const f of tb.heads) for (const nh of f?.nhs ?? []) nh.exceptions?.forEach(() => n++);
    return n;
  };
  expect(kept()).toBe(1);
  m.advance(590);
  expect(kept()).toBe(1);
  m.advance(60);
  expect(kept()).toBe(0);
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('identifications of fragments tell nothing of the next one', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  const s = new Sk(m, SOCK_RAW, 253);
  const ids: number[] = [];
  for (let i = 0; i < 32; i++) {
    s.send(pattern(2000), 'fd00::2');
    const p = w.take()[0]!.payload;
    ids.push(new DataView(p.buffer, p.byteOffset).getUint32(4));
  }
  expect(new Set(ids).size).toBe(32);
  // A counter, however it counts, stays near where it was.
  expect(ids.slice(1).filter((id, i) => Math.abs(id - ids[i]!) < 2 ** 24)).toHaveLength(0);
  s.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('packets with addresses that cannot come in say which one is to blame', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  const why = (src: string, dst: string): string => {
    const reasons: string[] = [];
    m.pool.onDrop = (_skb, reason): void => void reasons.push(dropReasonName(reason));
    w.frame(ip6Packet({ src, dst, next: 59 }, new Uint8Array(0)), new Uint8Array(w.mac));
    m.pool.onDrop = null;
    return reasons.join();
  };
  expect([why('ff02::1', 'fd00::1'), why('::1', 'fd00::1')]).toEqual(['IP_INVALID_SOURCE', 'IP_INVALID_SOURCE']);
  expect([why('fd00::2', '::1'), why('fd00::2', 'ff00::1'), why('fd00::2', 'ff01::1')]).toEqual(['IP_INVALID_DEST', 'IP_INVALID_DEST', 'IP_INVALID_DEST']);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});

test('a new token asks for routers as a new device does', () => {
  const m = new Machine();
  const w = m.wire('fd00::1/64');
  m.sysctl('conf/eth0/router_solicitations', 3);
  m.advance(1000);
  w.takeControl();
  const nl = new NlTestClient(m.net);
  const token = concat(new Uint8Array([24, 0, 10, 0, 20, 0, 7, 0]), bytes6('::77'));
  const link = (view: DataView, off: number): void => view.setInt32(off + 4, w.fake.dev.ifindex, true);
  expect(nl.ack(16, 0, nlPayload(16, link, (x) => x.putBytes(26 | 0x8000, token))).errno).toBe(0);
  m.advance(1000);
  expect(w.takeControl(133)).toHaveLength(3);
  nl.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});
