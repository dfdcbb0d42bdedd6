import { expect, test } from 'vitest';
import { errnoName } from '@linnet/kernel';
import { IPPROTO_ICMPV6, IPV6_FL_A_GET, IPV6_FL_A_PUT, IPV6_FL_F_CREATE, IPV6_FL_F_REFLECT, SOCK_DGRAM, SOCK_RAW } from '@linnet/uapi';
import { bytes6, concat, Machine, Sk } from './harness.ts';

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
