/**
 * Per-device IPv4 settings: `net/ipv4/conf/{all,default,DEVICE}/*`.
 * Source: kernel documentation `ip-sysctl.rst`; defaults read from Linux 6.18.
 */
import {
  IPV4_DEVCONF_ACCEPT_LOCAL,
  IPV4_DEVCONF_ACCEPT_REDIRECTS,
  IPV4_DEVCONF_ACCEPT_SOURCE_ROUTE,
  IPV4_DEVCONF_ARP_ACCEPT,
  IPV4_DEVCONF_ARP_ANNOUNCE,
  IPV4_DEVCONF_ARP_EVICT_NOCARRIER,
  IPV4_DEVCONF_ARP_IGNORE,
  IPV4_DEVCONF_ARP_NOTIFY,
  IPV4_DEVCONF_ARPFILTER,
  IPV4_DEVCONF_BC_FORWARDING,
  IPV4_DEVCONF_BOOTP_RELAY,
  IPV4_DEVCONF_DROP_GRATUITOUS_ARP,
  IPV4_DEVCONF_DROP_UNICAST_IN_L2_MULTICAST,
  IPV4_DEVCONF_FORCE_IGMP_VERSION,
  IPV4_DEVCONF_FORWARDING,
  IPV4_DEVCONF_IGMPV2_UNSOLICITED_REPORT_INTERVAL,
  IPV4_DEVCONF_IGMPV3_UNSOLICITED_REPORT_INTERVAL,
  IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN,
  IPV4_DEVCONF_LOG_MARTIANS,
  IPV4_DEVCONF_MAX,
  IPV4_DEVCONF_MC_FORWARDING,
  IPV4_DEVCONF_MEDIUM_ID,
  IPV4_DEVCONF_NOPOLICY,
  IPV4_DEVCONF_NOXFRM,
  IPV4_DEVCONF_PROMOTE_SECONDARIES,
  IPV4_DEVCONF_PROXY_ARP,
  IPV4_DEVCONF_PROXY_ARP_PVLAN,
  IPV4_DEVCONF_ROUTE_LOCALNET,
  IPV4_DEVCONF_RP_FILTER,
  IPV4_DEVCONF_SECURE_REDIRECTS,
  IPV4_DEVCONF_SEND_REDIRECTS,
  IPV4_DEVCONF_SHARED_MEDIA,
  IPV4_DEVCONF_SRC_VMARK,
  IPV4_DEVCONF_TAG,
} from '@linnet/uapi';

/** Name under `net/ipv4/conf/X/` of each setting. @alpha */
export const DEVCONF_NAMES: readonly (readonly [string, number])[] = Object.freeze([
  ['accept_local', IPV4_DEVCONF_ACCEPT_LOCAL],
  ['accept_redirects', IPV4_DEVCONF_ACCEPT_REDIRECTS],
  ['accept_source_route', IPV4_DEVCONF_ACCEPT_SOURCE_ROUTE],
  ['arp_accept', IPV4_DEVCONF_ARP_ACCEPT],
  ['arp_announce', IPV4_DEVCONF_ARP_ANNOUNCE],
  ['arp_evict_nocarrier', IPV4_DEVCONF_ARP_EVICT_NOCARRIER],
  ['arp_filter', IPV4_DEVCONF_ARPFILTER],
  ['arp_ignore', IPV4_DEVCONF_ARP_IGNORE],
  ['arp_notify', IPV4_DEVCONF_ARP_NOTIFY],
  ['bc_forwarding', IPV4_DEVCONF_BC_FORWARDING],
  ['bootp_relay', IPV4_DEVCONF_BOOTP_RELAY],
  ['disable_policy', IPV4_DEVCONF_NOPOLICY],
  ['disable_xfrm', IPV4_DEVCONF_NOXFRM],
  ['drop_gratuitous_arp', IPV4_DEVCONF_DROP_GRATUITOUS_ARP],
  ['drop_unicast_in_l2_multicast', IPV4_DEVCONF_DROP_UNICAST_IN_L2_MULTICAST],
  ['force_igmp_version', IPV4_DEVCONF_FORCE_IGMP_VERSION],
  ['forwarding', IPV4_DEVCONF_FORWARDING],
  ['igmpv2_unsolicited_report_interval', IPV4_DEVCONF_IGMPV2_UNSOLICITED_REPORT_INTERVAL],
  ['igmpv3_unsolicited_report_interval', IPV4_DEVCONF_IGMPV3_UNSOLICITED_REPORT_INTERVAL],
  ['ignore_routes_with_linkdown', IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN],
  ['log_martians', IPV4_DEVCONF_LOG_MARTIANS],
  ['mc_forwarding', IPV4_DEVCONF_MC_FORWARDING],
  ['medium_id', IPV4_DEVCONF_MEDIUM_ID],
  ['promote_secondaries', IPV4_DEVCONF_PROMOTE_SECONDARIES],
  ['proxy_arp', IPV4_DEVCONF_PROXY_ARP],
  ['proxy_arp_pvlan', IPV4_DEVCONF_PROXY_ARP_PVLAN],
  ['route_localnet', IPV4_DEVCONF_ROUTE_LOCALNET],
  ['rp_filter', IPV4_DEVCONF_RP_FILTER],
  ['secure_redirects', IPV4_DEVCONF_SECURE_REDIRECTS],
  ['send_redirects', IPV4_DEVCONF_SEND_REDIRECTS],
  ['shared_media', IPV4_DEVCONF_SHARED_MEDIA],
  ['src_valid_mark', IPV4_DEVCONF_SRC_VMARK],
  ['tag', IPV4_DEVCONF_TAG],
] as const);

/**
 * One set of per-device settings (`struct ipv4_devconf`): values indexed by `IPV4_DEVCONF_*`.
 * @alpha
 */
export class Ipv4Devconf {
  /** Values, indexed by `IPV4_DEVCONF_*`. */
  readonly data: Int32Array;
  /** 1 where the value was written for this device: such a value no longer follows `default`. */
  readonly state: Uint8Array;

  constructor() {
    this.data = new Int32Array(IPV4_DEVCONF_MAX + 1);
    this.state = new Uint8Array(IPV4_DEVCONF_MAX + 1);
  }
}

/** Settings of «all» or «default» in a new namespace. @alpha */
export function newDevconf(dflt: boolean): Ipv4Devconf {
  const c = new Ipv4Devconf();
  c.data[IPV4_DEVCONF_ACCEPT_REDIRECTS] = 1;
  c.data[IPV4_DEVCONF_SEND_REDIRECTS] = 1;
  c.data[IPV4_DEVCONF_SECURE_REDIRECTS] = 1;
  c.data[IPV4_DEVCONF_SHARED_MEDIA] = 1;
  c.data[IPV4_DEVCONF_IGMPV2_UNSOLICITED_REPORT_INTERVAL] = 10000;
  c.data[IPV4_DEVCONF_IGMPV3_UNSOLICITED_REPORT_INTERVAL] = 1000;
  c.data[IPV4_DEVCONF_ARP_EVICT_NOCARRIER] = 1;
  // Only «default» accepts source routes; the AND with «all» keeps them off.
  if (dflt) c.data[IPV4_DEVCONF_ACCEPT_SOURCE_ROUTE] = 1;
  return c;
}
