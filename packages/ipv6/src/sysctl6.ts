/** The settings under net/ipv6 beside those of devices (kernel documentation `ip-sysctl.rst`; names and defaults read from Linux 6.18). */
// datapath-ok-file: settings
import { EINVAL, sysctlInt, sysctlMsJiffies, sysctlSecondsJiffies } from '@linnet/kernel';
import { fragSysctls } from '@linnet/inet';
import { fib6RunGc } from './fib6-events.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import { rt6CacheFlush } from './rt6-info.ts';

/** `0-1,3-127`: the bits that are set. */
function maskShow(mask: Uint8Array): string {
  const parts: string[] = [];
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    const from = i;
    while (i + 1 < mask.length && mask[i + 1] !== 0) i++;
    parts.push(from === i ? `${from}` : `${from}-${i}`);
  }
  return parts.join(',');
}

function maskSet(mask: Uint8Array, text: string): number {
  const next = new Uint8Array(mask.length);
  for (const part of text.trim().split(/[,\s]+/)) {
    if (part === '') continue;
    const m = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (m === null) return -EINVAL;
    const from = Number(m[1]);
    const to = m[2] === undefined ? from : Number(m[2]);
    if (from > to || to >= mask.length) return -EINVAL;
    next.fill(1, from, to + 1);
  }
  mask.set(next);
  return 0;
}

/** Registers them for a namespace. @alpha */
export function ipv6SysctlInit(n6: Ipv6Net): void {
  const tree = n6.net.sysctl;
  const int = (name: string, get: () => number, set: (v: number) => void, min = 0, max = 0x7fffffff): void => {
    tree.register(`net/ipv6/${name}`, sysctlInt(get, set, { min, max }));
  };
  const u8 = (name: string, get: () => number, set: (v: number) => void, max = 255): void => int(name, get, set, 0, max);
  u8('bindv6only', () => n6.sysctlBindv6only, (v) => { n6.sysctlBindv6only = v; });
  u8('anycast_src_echo_reply', () => n6.sysctlAnycastSrcEchoReply, (v) => { n6.sysctlAnycastSrcEchoReply = v; });
  u8('auto_flowlabels', () => n6.sysctlAutoFlowlabels, (v) => { n6.sysctlAutoFlowlabels = v; }, 3);
  u8('flowlabel_consistency', () => n6.sysctlFlowlabelConsistency, (v) => { n6.sysctlFlowlabelConsistency = v; });
  int('flowlabel_reflect', () => n6.sysctlFlowlabelReflect, (v) => { n6.sysctlFlowlabelReflect = v; }, 0, 7);
  u8('flowlabel_state_ranges', () => n6.sysctlFlowlabelStateRanges, (v) => { n6.sysctlFlowlabelStateRanges = v; });
  u8('fwmark_reflect', () => n6.sysctlFwmarkReflect, (v) => { n6.sysctlFwmarkReflect = v; });
  int('idgen_retries', () => n6.sysctlIdgenRetries, (v) => { n6.sysctlIdgenRetries = v; }, -0x80000000);
  tree.register('net/ipv6/idgen_delay', sysctlSecondsJiffies(() => n6.sysctlIdgenDelay, (v) => { n6.sysctlIdgenDelay = v; }));
  u8('ip_nonlocal_bind', () => n6.sysctlIpNonlocalBind, (v) => { n6.sysctlIpNonlocalBind = v; });
  int('max_dst_opts_number', () => n6.sysctlMaxDstOptsCnt, (v) => { n6.sysctlMaxDstOptsCnt = v; }, -0x80000000);
  int('max_dst_opts_length', () => n6.sysctlMaxDstOptsLen, (v) => { n6.sysctlMaxDstOptsLen = v; }, -0x80000000);
  int('max_hbh_opts_number', () => n6.sysctlMaxHbhOptsCnt, (v) => { n6.sysctlMaxHbhOptsCnt = v; }, -0x80000000);
  int('max_hbh_length', () => n6.sysctlMaxHbhOptsLen, (v) => { n6.sysctlMaxHbhOptsLen = v; }, -0x80000000);
  u8('fib_multipath_hash_policy', () => n6.sysctlMultipathHashPolicy, (v) => {
    n6.sysctlMultipathHashPolicy = v;
    rt6CacheFlush(n6);
  }, 3);
  int('fib_multipath_hash_fields', () => n6.sysctlMultipathHashFields, (v) => { n6.sysctlMultipathHashFields = v; }, 1, 0xfff);
  u8('fib_notify_on_flag_change', () => n6.sysctlFibNotifyOnFlagChange, (v) => { n6.sysctlFibNotifyOnFlagChange = v; }, 2);
  int('seg6_flowlabel', () => n6.sysctlSeg6Flowlabel, (v) => { n6.sysctlSeg6Flowlabel = v; }, -0x80000000);
  if (n6.net === n6.kernel.initNet) {
    int('mld_max_msf', () => n6.sysctlMldMaxMsf, (v) => { n6.sysctlMldMaxMsf = v; }, -0x80000000);
    int('mld_qrv', () => n6.sysctlMldQrv, (v) => { n6.sysctlMldQrv = v; }, 1);
  }

  tree.register('net/ipv6/icmp/ratelimit', sysctlMsJiffies(() => n6.sysctlIcmpRatelimit, (v) => { n6.sysctlIcmpRatelimit = v; }));
  tree.register('net/ipv6/icmp/ratemask', { get: () => maskShow(n6.icmpRatemask), set: (text) => maskSet(n6.icmpRatemask, text) });
  u8('icmp/echo_ignore_all', () => n6.sysctlIcmpEchoIgnoreAll, (v) => { n6.sysctlIcmpEchoIgnoreAll = v; });
  u8('icmp/echo_ignore_multicast', () => n6.sysctlIcmpEchoIgnoreMulticast, (v) => { n6.sysctlIcmpEchoIgnoreMulticast = v; });
  u8('icmp/echo_ignore_anycast', () => n6.sysctlIcmpEchoIgnoreAnycast, (v) => { n6.sysctlIcmpEchoIgnoreAnycast = v; });
  u8('icmp/error_anycast_as_unicast', () => n6.sysctlIcmpErrorAnycastAsUnicast, (v) => { n6.sysctlIcmpErrorAnycastAsUnicast = v; }, 1);

  fragSysctls(n6.frags, 'net/ipv6/ip6frag');

  int('route/gc_thresh', () => n6.sysctlGcThresh, (v) => { n6.sysctlGcThresh = v; }, -0x80000000);
  int('route/max_size', () => n6.sysctlGcMaxSize, (v) => { n6.sysctlGcMaxSize = v; }, -0x80000000);
  int('route/gc_elasticity', () => n6.sysctlGcElasticity, (v) => { n6.sysctlGcElasticity = v; }, -0x80000000);
  int('route/min_adv_mss', () => n6.sysctlMinAdvmss, (v) => { n6.sysctlMinAdvmss = v; }, -0x80000000);
  tree.register('net/ipv6/route/gc_interval', sysctlSecondsJiffies(() => n6.sysctlGcInterval, (v) => { n6.sysctlGcInterval = v; }));
  tree.register('net/ipv6/route/gc_timeout', sysctlSecondsJiffies(() => n6.sysctlGcTimeout, (v) => { n6.sysctlGcTimeout = v; }));
  tree.register('net/ipv6/route/gc_min_interval', sysctlSecondsJiffies(() => n6.sysctlGcMinInterval, (v) => { n6.sysctlGcMinInterval = v; }));
  tree.register('net/ipv6/route/gc_min_interval_ms', sysctlMsJiffies(() => n6.sysctlGcMinInterval, (v) => { n6.sysctlGcMinInterval = v; }));
  tree.register('net/ipv6/route/mtu_expires', sysctlSecondsJiffies(() => n6.sysctlMtuExpires, (v) => { n6.sysctlMtuExpires = v; }));
  u8('route/skip_notify_on_dev_down', () => n6.sysctlSkipNotifyOnDevDown, (v) => { n6.sysctlSkipNotifyOnDevDown = v; }, 1);
  tree.register('net/ipv6/route/flush', {
    mode: 0o200,
    get: () => '',
    set: (): number => {
      rt6CacheFlush(n6);
      fib6RunGc(n6);
      return 0;
    },
  });
}
