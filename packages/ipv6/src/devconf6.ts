/**
 * Per-device IPv6 settings: `net/ipv6/conf/{all,default,DEVICE}/*`.
 * Source: kernel documentation `ip-sysctl.rst`; defaults and order read from Linux 6.18.
 */
// datapath-ok-file: configuration
import {
  DEVCONF_ACCEPT_DAD, DEVCONF_ACCEPT_RA, DEVCONF_ACCEPT_RA_DEFRTR, DEVCONF_ACCEPT_RA_FROM_LOCAL, DEVCONF_ACCEPT_RA_MIN_HOP_LIMIT, DEVCONF_ACCEPT_RA_MIN_LFT,
  DEVCONF_ACCEPT_RA_MTU, DEVCONF_ACCEPT_RA_PINFO, DEVCONF_ACCEPT_RA_RTR_PREF, DEVCONF_ACCEPT_RA_RT_INFO_MAX_PLEN, DEVCONF_ACCEPT_RA_RT_INFO_MIN_PLEN,
  DEVCONF_ACCEPT_REDIRECTS, DEVCONF_ACCEPT_SOURCE_ROUTE, DEVCONF_ACCEPT_UNTRACKED_NA, DEVCONF_ADDR_GEN_MODE, DEVCONF_AUTOCONF, DEVCONF_DAD_TRANSMITS,
  DEVCONF_DISABLE_IPV6, DEVCONF_DISABLE_POLICY, DEVCONF_DROP_UNICAST_IN_L2_MULTICAST, DEVCONF_DROP_UNSOLICITED_NA, DEVCONF_ENHANCED_DAD, DEVCONF_FORCE_MLD_VERSION,
  DEVCONF_FORCE_TLLAO, DEVCONF_FORWARDING, DEVCONF_HOPLIMIT, DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN, DEVCONF_IOAM6_ENABLED, DEVCONF_IOAM6_ID, DEVCONF_IOAM6_ID_WIDE,
  DEVCONF_KEEP_ADDR_ON_DOWN, DEVCONF_MAX_ADDRESSES, DEVCONF_MAX_DESYNC_FACTOR, DEVCONF_MC_FORWARDING, DEVCONF_MLDV1_UNSOLICITED_REPORT_INTERVAL,
  DEVCONF_MLDV2_UNSOLICITED_REPORT_INTERVAL, DEVCONF_MTU6, DEVCONF_NDISC_EVICT_NOCARRIER, DEVCONF_NDISC_NOTIFY, DEVCONF_NDISC_TCLASS, DEVCONF_OPTIMISTIC_DAD,
  DEVCONF_PROXY_NDP, DEVCONF_RA_DEFRTR_METRIC, DEVCONF_REGEN_MAX_RETRY, DEVCONF_RPL_SEG_ENABLED, DEVCONF_RTR_PROBE_INTERVAL, DEVCONF_RTR_SOLICITS,
  DEVCONF_RTR_SOLICIT_DELAY, DEVCONF_RTR_SOLICIT_INTERVAL, DEVCONF_RTR_SOLICIT_MAX_INTERVAL, DEVCONF_SEG6_ENABLED, DEVCONF_SEG6_REQUIRE_HMAC,
  DEVCONF_SUPPRESS_FRAG_NDISC, DEVCONF_TEMP_PREFERED_LFT, DEVCONF_TEMP_VALID_LFT, DEVCONF_USE_OIF_ADDRS_ONLY, DEVCONF_USE_OPTIMISTIC, DEVCONF_USE_TEMPADDR,
  IPV6_MIN_MTU,
} from '@linnet/uapi';

/** Index of `force_forwarding`, the last that IFLA_INET6_CONF shows. @alpha */
export const DEVCONF_FORCE_FORWARDING = 59;
/** How many values IFLA_INET6_CONF shows. @alpha */
export const DEVCONF_SHOWN = 60;
/** Settings that only the sysctls show: `ra_honor_pio_life`. @alpha */
export const DEVCONF_RA_HONOR_PIO_LIFE = 60;
/** `ra_honor_pio_pflag`. @alpha */
export const DEVCONF_RA_HONOR_PIO_PFLAG = 61;
/** `regen_min_advance`, seconds. @alpha */
export const DEVCONF_REGEN_MIN_ADVANCE = 62;
const DEVCONF_COUNT = 63;

/** How a setting is kept and shown: a number, or jiffies that the file shows in seconds or milliseconds, or an unsigned one. @alpha */
export type DevconfKind = 'int' | 'seconds' | 'u16' | 'u32';

/** The least and the largest value that a setting takes; without one it is any int. @alpha */
export type DevconfRange = readonly [min: number, max: number];

/** Name under `net/ipv6/conf/X/` of each setting that behaves like a plain number; the others have entries of their own. @alpha */
export const DEVCONF6_NAMES: readonly (readonly [name: string, id: number, kind: DevconfKind, range?: DevconfRange])[] = [
  ['accept_dad', DEVCONF_ACCEPT_DAD, 'int'],
  ['accept_ra', DEVCONF_ACCEPT_RA, 'int'],
  ['accept_ra_defrtr', DEVCONF_ACCEPT_RA_DEFRTR, 'int'],
  ['accept_ra_from_local', DEVCONF_ACCEPT_RA_FROM_LOCAL, 'int'],
  ['accept_ra_min_hop_limit', DEVCONF_ACCEPT_RA_MIN_HOP_LIMIT, 'int'],
  ['accept_ra_min_lft', DEVCONF_ACCEPT_RA_MIN_LFT, 'int'],
  ['accept_ra_mtu', DEVCONF_ACCEPT_RA_MTU, 'int'],
  ['accept_ra_pinfo', DEVCONF_ACCEPT_RA_PINFO, 'int'],
  ['accept_ra_rt_info_max_plen', DEVCONF_ACCEPT_RA_RT_INFO_MAX_PLEN, 'int'],
  ['accept_ra_rt_info_min_plen', DEVCONF_ACCEPT_RA_RT_INFO_MIN_PLEN, 'int'],
  ['accept_ra_rtr_pref', DEVCONF_ACCEPT_RA_RTR_PREF, 'int'],
  ['accept_redirects', DEVCONF_ACCEPT_REDIRECTS, 'int'],
  ['accept_source_route', DEVCONF_ACCEPT_SOURCE_ROUTE, 'int'],
  ['accept_untracked_na', DEVCONF_ACCEPT_UNTRACKED_NA, 'int', [0, 2]],
  ['addr_gen_mode', DEVCONF_ADDR_GEN_MODE, 'int'],
  ['autoconf', DEVCONF_AUTOCONF, 'int'],
  ['dad_transmits', DEVCONF_DAD_TRANSMITS, 'int'],
  ['disable_ipv6', DEVCONF_DISABLE_IPV6, 'int'],
  ['disable_policy', DEVCONF_DISABLE_POLICY, 'int'],
  ['drop_unicast_in_l2_multicast', DEVCONF_DROP_UNICAST_IN_L2_MULTICAST, 'int'],
  ['drop_unsolicited_na', DEVCONF_DROP_UNSOLICITED_NA, 'int'],
  ['enhanced_dad', DEVCONF_ENHANCED_DAD, 'int'],
  ['force_forwarding', DEVCONF_FORCE_FORWARDING, 'int', [0, 1]],
  ['force_mld_version', DEVCONF_FORCE_MLD_VERSION, 'int'],
  ['force_tllao', DEVCONF_FORCE_TLLAO, 'int'],
  ['forwarding', DEVCONF_FORWARDING, 'int'],
  ['hop_limit', DEVCONF_HOPLIMIT, 'int', [1, 255]],
  ['ignore_routes_with_linkdown', DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN, 'int'],
  ['ioam6_enabled', DEVCONF_IOAM6_ENABLED, 'int', [0, 1]],
  ['ioam6_id', DEVCONF_IOAM6_ID, 'u16'],
  ['ioam6_id_wide', DEVCONF_IOAM6_ID_WIDE, 'u32'],
  ['keep_addr_on_down', DEVCONF_KEEP_ADDR_ON_DOWN, 'int'],
  ['max_addresses', DEVCONF_MAX_ADDRESSES, 'int'],
  ['max_desync_factor', DEVCONF_MAX_DESYNC_FACTOR, 'int'],
  ['mc_forwarding', DEVCONF_MC_FORWARDING, 'int'],
  ['mldv1_unsolicited_report_interval', DEVCONF_MLDV1_UNSOLICITED_REPORT_INTERVAL, 'int', [0, 0x7fffffff]],
  ['mldv2_unsolicited_report_interval', DEVCONF_MLDV2_UNSOLICITED_REPORT_INTERVAL, 'int', [0, 0x7fffffff]],
  ['mtu', DEVCONF_MTU6, 'int'],
  ['ndisc_evict_nocarrier', DEVCONF_NDISC_EVICT_NOCARRIER, 'int', [0, 1]],
  ['ndisc_notify', DEVCONF_NDISC_NOTIFY, 'int'],
  ['ndisc_tclass', DEVCONF_NDISC_TCLASS, 'int', [0, 255]],
  ['optimistic_dad', DEVCONF_OPTIMISTIC_DAD, 'int'],
  ['proxy_ndp', DEVCONF_PROXY_NDP, 'int'],
  ['ra_defrtr_metric', DEVCONF_RA_DEFRTR_METRIC, 'u32', [1, 0xffffffff]],
  ['ra_honor_pio_life', DEVCONF_RA_HONOR_PIO_LIFE, 'int', [0, 1]],
  ['ra_honor_pio_pflag', DEVCONF_RA_HONOR_PIO_PFLAG, 'int', [0, 1]],
  ['regen_max_retry', DEVCONF_REGEN_MAX_RETRY, 'int'],
  ['regen_min_advance', DEVCONF_REGEN_MIN_ADVANCE, 'int'],
  ['router_probe_interval', DEVCONF_RTR_PROBE_INTERVAL, 'seconds'],
  ['router_solicitation_delay', DEVCONF_RTR_SOLICIT_DELAY, 'seconds'],
  ['router_solicitation_interval', DEVCONF_RTR_SOLICIT_INTERVAL, 'seconds'],
  ['router_solicitation_max_interval', DEVCONF_RTR_SOLICIT_MAX_INTERVAL, 'seconds'],
  ['router_solicitations', DEVCONF_RTR_SOLICITS, 'int', [-1, 0x7fffffff]],
  ['rpl_seg_enabled', DEVCONF_RPL_SEG_ENABLED, 'int', [0, 1]],
  ['seg6_enabled', DEVCONF_SEG6_ENABLED, 'int'],
  ['seg6_require_hmac', DEVCONF_SEG6_REQUIRE_HMAC, 'int'],
  ['suppress_frag_ndisc', DEVCONF_SUPPRESS_FRAG_NDISC, 'int'],
  ['temp_prefered_lft', DEVCONF_TEMP_PREFERED_LFT, 'int'],
  ['temp_valid_lft', DEVCONF_TEMP_VALID_LFT, 'int'],
  ['use_oif_addrs_only', DEVCONF_USE_OIF_ADDRS_ONLY, 'int'],
  ['use_optimistic', DEVCONF_USE_OPTIMISTIC, 'int'],
  ['use_tempaddr', DEVCONF_USE_TEMPADDR, 'int'],
];

/** One set of per-device settings (`struct ipv6_devconf`): values indexed by `DEVCONF_*`; times in jiffies. @alpha */
export class Ipv6Devconf {
  readonly data: Int32Array;
  /** The secret of stable addresses (RFC 7217), null until one is set. */
  stableSecret: Uint8Array | null;

  constructor() {
    this.data = new Int32Array(DEVCONF_COUNT);
    this.stableSecret = null;
  }
}

/** Settings of «all» or «default» in a new namespace. @alpha */
export function newDevconf6(dflt: boolean): Ipv6Devconf {
  const c = new Ipv6Devconf();
  const d = c.data;
  d[DEVCONF_HOPLIMIT] = 64;
  d[DEVCONF_MTU6] = IPV6_MIN_MTU;
  d[DEVCONF_ACCEPT_RA] = 1;
  d[DEVCONF_ACCEPT_REDIRECTS] = 1;
  d[DEVCONF_AUTOCONF] = 1;
  d[DEVCONF_MLDV1_UNSOLICITED_REPORT_INTERVAL] = 10000;
  d[DEVCONF_MLDV2_UNSOLICITED_REPORT_INTERVAL] = 1000;
  d[DEVCONF_DAD_TRANSMITS] = 1;
  d[DEVCONF_RTR_SOLICITS] = -1;
  d[DEVCONF_RTR_SOLICIT_INTERVAL] = 4000;
  d[DEVCONF_RTR_SOLICIT_MAX_INTERVAL] = 3600000;
  d[DEVCONF_RTR_SOLICIT_DELAY] = 1000;
  d[DEVCONF_TEMP_VALID_LFT] = 604800;
  d[DEVCONF_TEMP_PREFERED_LFT] = 86400;
  d[DEVCONF_REGEN_MAX_RETRY] = 3;
  d[DEVCONF_REGEN_MIN_ADVANCE] = 2;
  d[DEVCONF_MAX_DESYNC_FACTOR] = 600;
  d[DEVCONF_MAX_ADDRESSES] = 16;
  d[DEVCONF_ACCEPT_RA_DEFRTR] = 1;
  d[DEVCONF_RA_DEFRTR_METRIC] = 1024;
  d[DEVCONF_ACCEPT_RA_MIN_HOP_LIMIT] = 1;
  d[DEVCONF_ACCEPT_RA_PINFO] = 1;
  d[DEVCONF_ACCEPT_RA_RTR_PREF] = 1;
  d[DEVCONF_RTR_PROBE_INTERVAL] = 60000;
  d[DEVCONF_ACCEPT_DAD] = dflt ? 1 : 0;
  d[DEVCONF_SUPPRESS_FRAG_NDISC] = 1;
  d[DEVCONF_ACCEPT_RA_MTU] = 1;
  d[DEVCONF_ENHANCED_DAD] = 1;
  d[DEVCONF_IOAM6_ID] = 0xffff;
  d[DEVCONF_IOAM6_ID_WIDE] = -1;
  d[DEVCONF_NDISC_EVICT_NOCARRIER] = 1;
  return c;
}
