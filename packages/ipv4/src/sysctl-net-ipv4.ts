/** The settings under net/ipv4 that input, output, fragments and ICMP have (kernel documentation `ip-sysctl.rst`; defaults read from Linux 6.18). */
// datapath-ok-file: settings
import { sysctlInt, sysctlIntVec, sysctlMsJiffies } from '@linnet/kernel';
import { fragSysctls } from '@linnet/inet';
import type { Ipv4Net } from './ipv4-net.ts';

/** Registers them for a namespace. @alpha */
export function ipv4SysctlInit(ip: Ipv4Net): void {
  const tree = ip.net.sysctl;
  const int = (name: string, get: () => number, set: (v: number) => void, min: number, max: number): void => {
    tree.register(`net/ipv4/${name}`, sysctlInt(get, set, { min, max }));
  };
  const u8 = (name: string, get: () => number, set: (v: number) => void, max = 255): void => int(name, get, set, 0, max);

  int('ip_default_ttl', () => ip.sysctlIpDefaultTtl, (v) => { ip.sysctlIpDefaultTtl = v; }, 1, 255);
  u8('ip_no_pmtu_disc', () => ip.sysctlIpNoPmtuDisc, (v) => { ip.sysctlIpNoPmtuDisc = v; });
  u8('ip_forward_use_pmtu', () => ip.sysctlIpFwdUsePmtu, (v) => { ip.sysctlIpFwdUsePmtu = v; });
  u8('ip_forward_update_priority', () => ip.sysctlIpFwdUpdatePriority, (v) => { ip.sysctlIpFwdUpdatePriority = v; }, 1);
  u8('ip_early_demux', () => ip.sysctlIpEarlyDemux, (v) => { ip.sysctlIpEarlyDemux = v; });
  u8('fwmark_reflect', () => ip.sysctlFwmarkReflect, (v) => { ip.sysctlFwmarkReflect = v; });

  u8('raw_l3mdev_accept', () => ip.sysctlRawL3mdevAccept, (v) => { ip.sysctlRawL3mdevAccept = v; }, 1);

  u8('icmp_echo_enable_probe', () => ip.sysctlIcmpEchoEnableProbe, (v) => { ip.sysctlIcmpEchoEnableProbe = v; }, 1);
  u8('icmp_echo_ignore_all', () => ip.sysctlIcmpEchoIgnoreAll, (v) => { ip.sysctlIcmpEchoIgnoreAll = v; }, 1);
  u8('icmp_echo_ignore_broadcasts', () => ip.sysctlIcmpEchoIgnoreBroadcasts, (v) => { ip.sysctlIcmpEchoIgnoreBroadcasts = v; }, 1);
  u8('icmp_ignore_bogus_error_responses', () => ip.sysctlIcmpIgnoreBogusErrorResponses, (v) => { ip.sysctlIcmpIgnoreBogusErrorResponses = v; }, 1);
  u8('icmp_errors_use_inbound_ifaddr', () => ip.sysctlIcmpErrorsUseInboundIfaddr, (v) => { ip.sysctlIcmpErrorsUseInboundIfaddr = v; }, 1);
  tree.register('net/ipv4/icmp_ratelimit', sysctlMsJiffies(() => ip.sysctlIcmpRatelimit, (v) => { ip.sysctlIcmpRatelimit = v; }));
  int('icmp_ratemask', () => ip.sysctlIcmpRatemask, (v) => { ip.sysctlIcmpRatemask = v; }, -0x80000000, 0x7fffffff);
  int('icmp_msgs_per_sec', () => ip.icmpGlobal.perSec, (v) => { ip.icmpGlobal.perSec = v; }, 0, 0x7fffffff);
  int('icmp_msgs_burst', () => ip.icmpGlobal.burst, (v) => { ip.icmpGlobal.burst = v; }, 0, 0x7fffffff);

  fragSysctls(ip.frags, 'net/ipv4/ipfrag');
  int('ipfrag_max_dist', () => ip.frags.maxDist, (v) => { ip.frags.maxDist = v; }, 0, 0x7fffffff);

  int('igmp_max_memberships', () => ip.sysctlIgmpMaxMemberships, (v) => { ip.sysctlIgmpMaxMemberships = v; }, -0x80000000, 0x7fffffff);
  int('igmp_qrv', () => ip.sysctlIgmpQrv, (v) => { ip.sysctlIgmpQrv = v; }, 1, 0x7fffffff);
  u8('igmp_link_local_mcast_reports', () => ip.sysctlIgmpLlmReports, (v) => { ip.sysctlIgmpLlmReports = v; });
  int('igmp_max_msf', () => ip.sysctlIgmpMaxMsf, (v) => { ip.sysctlIgmpMaxMsf = v; }, -0x80000000, 0x7fffffff);
  tree.register('net/ipv4/ping_group_range', {
    get: () => `${ip.sysctlPingGroupLow}\t${ip.sysctlPingGroupHigh}`,
    set: (text): number => {
      const both = [ip.sysctlPingGroupLow, ip.sysctlPingGroupHigh];
      const err = sysctlIntVec(() => both, (v) => both.splice(0, 2, ...v), { min: 0, max: 0xfffffffe }).set!(text);
      if (err !== 0) return err;
      const [low, high] = both as [number, number];
      // An upside-down range is the way to say «nobody».
      ip.sysctlPingGroupLow = high < low ? 1 : low;
      ip.sysctlPingGroupHigh = high < low ? 0 : high;
      return 0;
    },
  });
}
