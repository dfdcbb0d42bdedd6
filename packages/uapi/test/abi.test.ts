// The system's own compiler and headers judge the numbers: one static assertion for each constant.
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import * as uapi from '../src/index.ts';
import { NEWER, OURS } from './abi-names.ts';

const HEADERS = `
#define _GNU_SOURCE
#include <stddef.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <linux/capability.h>
#include <linux/errqueue.h>
#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <linux/fib_rules.h>
#include <linux/filter.h>
#include <linux/genetlink.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/if_vlan.h>
#include <linux/igmp.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/inet_diag.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/mroute.h>
#include <linux/mroute6.h>
#include <linux/neighbour.h>
#include <linux/net_namespace.h>
#include <linux/net_tstamp.h>
#include <linux/netconf.h>
#include <linux/netlink.h>
#include <linux/netlink_diag.h>
#include <linux/nexthop.h>
#include <linux/packet_diag.h>
#include <linux/pkt_sched.h>
#include <linux/gen_stats.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <linux/tcp_metrics.h>
#include <linux/if_bridge.h>
#include <linux/if_tunnel.h>
#include <linux/ip6_tunnel.h>
#include <linux/pkt_cls.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_skbedit.h>
#include <linux/tc_act/tc_vlan.h>
#include <linux/tc_act/tc_pedit.h>
#include <linux/tc_act/tc_csum.h>
#include <linux/tc_act/tc_connmark.h>
#include <linux/tc_act/tc_nat.h>
#include <linux/tc_act/tc_sample.h>
#include <linux/tc_act/tc_tunnel_key.h>
#include <linux/tc_act/tc_ct.h>
#include <linux/tc_act/tc_mpls.h>
#include <linux/tc_act/tc_bpf.h>
#include <linux/tc_act/tc_ife.h>
#include <linux/tc_act/tc_skbmod.h>
#include <linux/tc_act/tc_gate.h>
#include <linux/tc_act/tc_ctinfo.h>
#include <linux/tc_ematch/tc_em_meta.h>
#include <linux/tc_ematch/tc_em_cmp.h>
#include <linux/tc_ematch/tc_em_nbyte.h>
#include <linux/tc_ematch/tc_em_text.h>
#include <linux/udp.h>
#include <linux/un.h>
#include <linux/unix_diag.h>
#include <linux/veth.h>
#include <linux/virtio_net.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4.h>
/* Group addresses are in network order there and in host order here. */
#undef htonl
#define htonl(x) (x)
`;
// The C library's TCP header has the states and options, and bears no other beside it.
const LIBC_HEADERS = '#include <stddef.h>\n#include <netinet/tcp.h>\n';

const compiler = ['gcc', 'cc'].find((cc) => spawnSync(cc, ['--version']).status === 0);
const usable = compiler !== undefined && process.platform === 'linux' && process.arch === 'x64'
  && spawnSync(compiler, ['-fsyntax-only', '-x', 'c', '-'], { input: HEADERS }).status === 0;

/** Compiles one assertion a line; returns what failed and what the headers do not know. */
function judge(headers: string, assertions: ReadonlyMap<string, string>): { wrong: string[]; unknown: Set<string> } {
  const names = [...assertions.keys()];
  const first = headers.split('\n').length;
  const source = headers + names.map((name) => `_Static_assert(${assertions.get(name)!}, "");`).join('\n');
  const { stderr } = spawnSync(compiler!, ['-w', '-fsyntax-only', '-x', 'c', '-'], { input: source, encoding: 'utf8' });
  const wrong: string[] = [];
  const unknown = new Set<string>();
  for (const [, line, text] of stderr.matchAll(/^<stdin>:(\d+):\d+: error: (.*)$/gm)) {
    const name = names[Number(line) - first]!;
    if (/undeclared|has no member|incomplete type|invalid use of undefined/.test(text!)) unknown.add(name);
    else if (!unknown.has(name)) wrong.push(`${name}: ${text!}`);
  }
  return { wrong, unknown };
}

const constants = Object.entries(uapi as Readonly<Record<string, unknown>>).filter((e): e is [string, number] => typeof e[1] === 'number');
// The highest number of a list grows with every kernel.
const grows = (name: string): boolean => name.endsWith('_MAX') || name === 'RTAX_FEATURE_MASK' || name === 'SOMAXCONN';

/** sizeof and offsetof that the codecs rely on. */
const LAYOUT: Record<string, string> = {
  'struct ifinfomsg': `sizeof(struct ifinfomsg) == ${uapi.IFINFOMSG_LEN} && offsetof(struct ifinfomsg, ifi_type) == 2 && offsetof(struct ifinfomsg, ifi_index) == 4 && offsetof(struct ifinfomsg, ifi_flags) == 8 && offsetof(struct ifinfomsg, ifi_change) == 12`,
  'struct ifaddrmsg': `sizeof(struct ifaddrmsg) == ${uapi.IFADDRMSG_LEN} && offsetof(struct ifaddrmsg, ifa_prefixlen) == 1 && offsetof(struct ifaddrmsg, ifa_flags) == 2 && offsetof(struct ifaddrmsg, ifa_scope) == 3 && offsetof(struct ifaddrmsg, ifa_index) == 4`,
  'struct rtmsg': `sizeof(struct rtmsg) == ${uapi.RTMSG_LEN} && offsetof(struct rtmsg, rtm_tos) == 3 && offsetof(struct rtmsg, rtm_table) == 4 && offsetof(struct rtmsg, rtm_protocol) == 5 && offsetof(struct rtmsg, rtm_scope) == 6 && offsetof(struct rtmsg, rtm_type) == 7 && offsetof(struct rtmsg, rtm_flags) == 8`,
  'struct ndmsg': `sizeof(struct ndmsg) == ${uapi.NDMSG_LEN} && offsetof(struct ndmsg, ndm_ifindex) == 4 && offsetof(struct ndmsg, ndm_state) == 8 && offsetof(struct ndmsg, ndm_flags) == 10 && offsetof(struct ndmsg, ndm_type) == 11`,
  'struct ndtmsg': `sizeof(struct ndtmsg) == ${uapi.NDTMSG_LEN}`,
  'struct tcmsg': `sizeof(struct tcmsg) == ${uapi.TCMSG_LEN} && offsetof(struct tcmsg, tcm_ifindex) == 4 && offsetof(struct tcmsg, tcm_handle) == 8 && offsetof(struct tcmsg, tcm_parent) == 12 && offsetof(struct tcmsg, tcm_info) == 16`,
  'struct fib_rule_hdr': `sizeof(struct fib_rule_hdr) == ${uapi.FIB_RULE_HDR_LEN} && offsetof(struct fib_rule_hdr, table) == 4 && offsetof(struct fib_rule_hdr, action) == 7 && offsetof(struct fib_rule_hdr, flags) == 8`,
  'struct nhmsg': `sizeof(struct nhmsg) == ${uapi.NHMSG_LEN} && offsetof(struct nhmsg, nh_scope) == 1 && offsetof(struct nhmsg, nh_protocol) == 2 && offsetof(struct nhmsg, nh_flags) == 4`,
  'struct vifctl': `sizeof(struct vifctl) == ${uapi.VIFCTL_LEN} && offsetof(struct vifctl, vifc_flags) == 2 && offsetof(struct vifctl, vifc_lcl_addr) == 8 && offsetof(struct vifctl, vifc_rmt_addr) == 12`,
  'struct mfcctl': `sizeof(struct mfcctl) == ${uapi.MFCCTL_LEN} && offsetof(struct mfcctl, mfcc_parent) == 8 && offsetof(struct mfcctl, mfcc_ttls) == 10`,
  'struct igmpmsg': `sizeof(struct igmpmsg) == ${uapi.IGMPMSG_LEN} && offsetof(struct igmpmsg, im_msgtype) == 8 && offsetof(struct igmpmsg, im_vif) == 10 && offsetof(struct igmpmsg, im_vif_hi) == 11 && offsetof(struct igmpmsg, im_src) == 12`,
  'struct mif6ctl': `sizeof(struct mif6ctl) == ${uapi.MIF6CTL_LEN} && offsetof(struct mif6ctl, mif6c_flags) == 2 && offsetof(struct mif6ctl, mif6c_pifi) == 4 && offsetof(struct mif6ctl, vifc_rate_limit) == 8`,
  'struct mf6cctl': `sizeof(struct mf6cctl) == ${uapi.MF6CCTL_LEN} && offsetof(struct mf6cctl, mf6cc_parent) == 56 && offsetof(struct mf6cctl, mf6cc_ifset) == 60`,
  'struct mrt6msg': `sizeof(struct mrt6msg) == ${uapi.MRT6MSG_LEN} && offsetof(struct mrt6msg, im6_msgtype) == 1 && offsetof(struct mrt6msg, im6_mif) == 2 && offsetof(struct mrt6msg, im6_src) == 8`,
  'struct sioc_mif_req6': `sizeof(struct sioc_mif_req6) == ${uapi.SIOC_MIF_REQ6_LEN} && sizeof(struct sioc_sg_req6) == ${uapi.SIOC_SG_REQ6_LEN}`,
  'struct netconfmsg': `sizeof(struct netconfmsg) == ${uapi.NETCONFMSG_LEN}`,
  'struct if_stats_msg': `sizeof(struct if_stats_msg) == ${uapi.IF_STATS_MSG_LEN} && offsetof(struct if_stats_msg, ifindex) == 4 && offsetof(struct if_stats_msg, filter_mask) == 8`,
  'struct prefixmsg': `sizeof(struct prefixmsg) == ${uapi.PREFIXMSG_LEN} && offsetof(struct prefixmsg, prefix_ifindex) == 4 && offsetof(struct prefixmsg, prefix_type) == 8 && offsetof(struct prefixmsg, prefix_len) == 9 && offsetof(struct prefixmsg, prefix_flags) == 10`,
  'struct rtgenmsg': `sizeof(struct rtgenmsg) == ${uapi.RTGENMSG_LEN}`,
  'struct rtnexthop': `sizeof(struct rtnexthop) == ${uapi.RTNEXTHOP_LEN} && offsetof(struct rtnexthop, rtnh_flags) == 2 && offsetof(struct rtnexthop, rtnh_hops) == 3 && offsetof(struct rtnexthop, rtnh_ifindex) == 4`,
  'struct ifa_cacheinfo': `sizeof(struct ifa_cacheinfo) == ${uapi.IFA_CACHEINFO_LEN} && offsetof(struct ifa_cacheinfo, ifa_valid) == 4 && offsetof(struct ifa_cacheinfo, cstamp) == 8`,
  'struct rta_cacheinfo': `sizeof(struct rta_cacheinfo) == ${uapi.RTA_CACHEINFO_LEN} && offsetof(struct rta_cacheinfo, rta_lastuse) == 4 && offsetof(struct rta_cacheinfo, rta_expires) == 8 && offsetof(struct rta_cacheinfo, rta_error) == 12 && offsetof(struct rta_cacheinfo, rta_used) == 16 && offsetof(struct rta_cacheinfo, rta_id) == 20 && offsetof(struct rta_cacheinfo, rta_ts) == 24`,
  'struct nda_cacheinfo': `sizeof(struct nda_cacheinfo) == ${uapi.NDA_CACHEINFO_LEN} && offsetof(struct nda_cacheinfo, ndm_used) == 4 && offsetof(struct nda_cacheinfo, ndm_updated) == 8 && offsetof(struct nda_cacheinfo, ndm_refcnt) == 12`,
  'struct genlmsghdr': `sizeof(struct genlmsghdr) == ${uapi.GENLMSGHDR_LEN} && offsetof(struct genlmsghdr, version) == 1`,
  'struct nfgenmsg': `sizeof(struct nfgenmsg) == ${uapi.NFGENMSG_LEN} && offsetof(struct nfgenmsg, res_id) == 2`,
  'struct rtnl_link_stats64': `sizeof(struct rtnl_link_stats64) == ${uapi.RTNL_LINK_STATS64_LEN}`,
  'struct rtnl_link_stats': `sizeof(struct rtnl_link_stats) == ${uapi.RTNL_LINK_STATS_LEN}`,
  'struct sockaddr_in': `sizeof(struct sockaddr_in) == ${uapi.SOCKADDR_IN_LEN} && offsetof(struct sockaddr_in, sin_port) == 2 && offsetof(struct sockaddr_in, sin_addr) == 4`,
  'struct sockaddr_in6': `sizeof(struct sockaddr_in6) == ${uapi.SOCKADDR_IN6_LEN} && offsetof(struct sockaddr_in6, sin6_flowinfo) == 4 && offsetof(struct sockaddr_in6, sin6_addr) == 8 && offsetof(struct sockaddr_in6, sin6_scope_id) == 24`,
  'struct sockaddr_un': `sizeof(struct sockaddr_un) == ${uapi.SOCKADDR_UN_LEN}`,
  'struct sockaddr_nl': `sizeof(struct sockaddr_nl) == ${uapi.SOCKADDR_NL_LEN} && offsetof(struct sockaddr_nl, nl_pid) == 4 && offsetof(struct sockaddr_nl, nl_groups) == 8`,
  'struct sockaddr_ll': `sizeof(struct sockaddr_ll) == ${uapi.SOCKADDR_LL_LEN} && offsetof(struct sockaddr_ll, sll_ifindex) == 4 && offsetof(struct sockaddr_ll, sll_hatype) == 8 && offsetof(struct sockaddr_ll, sll_pkttype) == 10 && offsetof(struct sockaddr_ll, sll_halen) == 11 && offsetof(struct sockaddr_ll, sll_addr) == 12`,
  'struct sockaddr_storage': `sizeof(struct sockaddr_storage) == ${uapi.SOCKADDR_STORAGE_LEN}`,
  'struct ifreq': `sizeof(struct ifreq) == ${uapi.IFREQ_LEN} && offsetof(struct ifreq, ifr_flags) == 16`,
  'struct iphdr': `sizeof(struct iphdr) == ${uapi.IPHDR_LEN}`,
  'struct ipv6hdr': `sizeof(struct ipv6hdr) == ${uapi.IPV6HDR_LEN}`,
  'struct tcphdr': `sizeof(struct tcphdr) == ${uapi.TCPHDR_LEN}`,
  'struct udphdr': `sizeof(struct udphdr) == ${uapi.UDPHDR_LEN}`,
  'struct icmphdr': `sizeof(struct icmphdr) == ${uapi.ICMPHDR_LEN}`,
  'struct tun_pi': `sizeof(struct tun_pi) == ${uapi.TUN_PI_LEN}`,
  'struct virtio_net_hdr': `sizeof(struct virtio_net_hdr) == ${uapi.VIRTIO_NET_HDR_LEN} && sizeof(struct virtio_net_hdr_mrg_rxbuf) == ${uapi.VIRTIO_NET_HDR_MRG_RXBUF_LEN}`,
  'struct inet_diag_req_v2': `sizeof(struct inet_diag_req_v2) == ${uapi.INET_DIAG_REQ_V2_LEN} && sizeof(struct inet_diag_msg) == ${uapi.INET_DIAG_MSG_LEN} && sizeof(struct inet_diag_sockid) == ${uapi.INET_DIAG_SOCKID_LEN}`,
};
/** Fields of struct tcp_info; the last ones are newer than some headers. */
const TCP_INFO_NEWER = new Set(['rcv_wnd', 'rehash', 'total_rto', 'total_rto_recoveries', 'total_rto_time',
  'received_ce', 'delivered_e1_bytes', 'delivered_e0_bytes', 'delivered_ce_bytes', 'received_e1_bytes', 'received_e0_bytes',
  'received_ce_bytes', 'accecn_fail_mode', 'accecn_opt_seen']);
const tcpInfo = constants
  .filter(([name]) => name.startsWith('TCPI_OFF_') && !['TCPI_OFF_WSCALE', 'TCPI_OFF_FLAGS'].includes(name))
  .map(([name, value]): [string, string] => {
    const field = name.slice('TCPI_OFF_'.length).toLowerCase();
    return [field, `offsetof(struct tcp_info, tcpi_${field}) == ${value}`];
  });

describe.skipIf(!usable)(`numbers against ${compiler ?? 'a C compiler'} and the headers of this Linux (x86-64 only)`, () => {
  it('agrees on every constant that the headers have', () => {
    const all = new Map<string, string>();
    const ours = new Set(OURS);
    const newer = new Set(NEWER);
    for (const [name, value] of constants) {
      if (ours.has(name) || grows(name)) continue;
      all.set(name, `(int)(${name}) == (int)(${value})`);
    }
    const kernel = judge(HEADERS, all);
    const rest = new Map([...all].filter(([name]) => kernel.unknown.has(name)));
    const libc = judge(LIBC_HEADERS, rest);
    expect([...kernel.wrong, ...libc.wrong]).toEqual([]);
    // Whatever no header knows has to be on one of the two lists, so a misspelt name is found.
    expect([...libc.unknown].filter((name) => !newer.has(name))).toEqual([]);
    expect(all.size - libc.unknown.size).toBeGreaterThan(2000);
  });

  it('has each of the exceptions', () => {
    const names = new Set(constants.map(([name]) => name));
    expect([...OURS, ...NEWER].filter((name) => !names.has(name))).toEqual([]);
  });

  it('agrees on the layout of structs', () => {
    const counters = uapi.RTNL_LINK_STATS64_FIELDS.map((f, i): [string, string] => [`rtnl_link_stats64 ${f}`, `offsetof(struct rtnl_link_stats64, ${f}) == ${8 * i}`]);
    const { wrong, unknown } = judge(HEADERS, new Map([...Object.entries(LAYOUT), ...tcpInfo, ...counters]));
    expect(wrong).toEqual([]);
    expect([...unknown].filter((name) => !TCP_INFO_NEWER.has(name))).toEqual([]);
  });
});
