/**
 * Why a packet was thrown away: a number that `kfreeSkbReason` counts, and its name.
 * The names are those that `perf trace`, `dropwatch` and `tcpdump`'s kernel events show on Linux.
 */

/** The names, in order; a reason's number is its index. @alpha */
export const DROP_REASON_NAMES = [
  'NOT_DROPPED_YET', 'CONSUMED', 'NOT_SPECIFIED',
  // socket
  'NO_SOCKET', 'SOCKET_FILTER', 'SOCKET_RCVBUFF', 'SOCKET_CLOSE', 'SOCKET_BACKLOG', 'SOCKET_DESTROYED', 'PROTO_MEM', 'UNIX_DISCONNECT', 'UNIX_SKIP_OOB', 'PACKET_SOCK_ERROR',
  // parsing and checksums
  'PKT_TOO_SMALL', 'PKT_TOO_BIG', 'HDR_TRUNC', 'TCP_CSUM', 'UDP_CSUM', 'ICMP_CSUM', 'IP_CSUM', 'IP_INHDR', 'IP_NOPROTO', 'CSUM',
  'SKB_CSUM', 'SKB_GSO_SEG', 'SKB_UCOPY_FAULT', 'UNHANDLED_PROTO', 'NOMEM', 'INVALID_PROTO',
  // link
  'OTHERHOST', 'DEV_HDR', 'DEV_READY', 'FULL_RING', 'RXHANDLER', 'CPU_BACKLOG', 'QDISC_DROP', 'QDISC_OVERLIMIT', 'NETEM_LOSS', 'TC_INGRESS', 'TC_EGRESS',
  'RECURSION_LIMIT', 'NETDEV_DOWN', 'LINK_DOWN', 'TAP_TXFILTER', 'TAP_FILTER', 'MAC_INVALID_SOURCE', 'MULTICAST_FILTER',
  'VLAN_FILTER', 'BRIDGE_INGRESS_STP_STATE', 'BRIDGE_NO_EGRESS_PORT', 'LOCAL_MAC',
  // neighbours
  'NEIGH_CREATEFAIL', 'NEIGH_FAILED', 'NEIGH_QUEUEFULL', 'NEIGH_DEAD', 'NEIGH_HH_FILLFAIL', 'ARP_HDR', 'ARP_NOT_FOR_US', 'ARP_FILTER',
  // ip
  'IP_OUTNOROUTES', 'IP_INNOROUTES', 'IP_INADDRERRORS', 'IP_INVALID_SOURCE', 'IP_INVALID_DEST', 'IP_LOCALNET', 'IP_LOCAL_SOURCE', 'IP_RPFILTER', 'IP_TTL', 'IP_OPTIONS',
  'IP_FORWARD_OFF', 'IP_MTU', 'IP_FRAG_OVERLAP', 'DUP_FRAG', 'FRAG_REASM_TIMEOUT', 'FRAG_TOO_FAR', 'FRAG_NOMEM', 'IP_ROUTE_ERROR', 'UNICAST_IN_L2_MULTICAST', 'BPF_CGROUP_EGRESS', 'IPV6DISABLED', 'IPV6_BAD_EXTHDR',
  'NETFILTER_DROP', 'XFRM_POLICY', 'PING_NO_SOCKET', 'ICMP_IGNORED', 'ICMP_BROADCAST',
  // tcp
  'TCP_FLAGS', 'TCP_ZEROWINDOW', 'TCP_OLD_DATA', 'TCP_OVERWINDOW', 'TCP_OFOMERGE', 'TCP_RFC7323_PAWS', 'TCP_OLD_SEQUENCE', 'TCP_INVALID_SEQUENCE', 'TCP_INVALID_END_SEQUENCE',
  'TCP_INVALID_ACK_SEQUENCE', 'TCP_RESET', 'TCP_INVALID_SYN', 'TCP_CLOSE', 'TCP_FASTOPEN', 'TCP_OLD_ACK', 'TCP_TOO_OLD_ACK', 'TCP_ACK_UNSENT_DATA', 'TCP_OFO_QUEUE_PRUNE', 'TCP_OFO_DROP',
  'TCP_MINTTL', 'TCP_ABORT_ON_DATA', 'TCP_LISTEN_OVERFLOW', 'TCP_REQQFULLDROP', 'TCP_TIMEWAIT', 'TCP_CHALLENGE', 'TCP_OPTION', 'QUEUE_PURGE',
  'TCP_MD5NOTFOUND', 'TCP_MD5UNEXPECTED', 'TCP_MD5FAILURE',
  // tunnels
  'VXLAN_INVALID_HDR', 'VXLAN_VNI_NOT_FOUND', 'VXLAN_ENTRY_EXISTS', 'NO_TX_TARGET', 'TUNNEL_TXINFO', 'IP_TUNNEL_ECN',
] as const;

/** A drop reason's name without its prefix. @alpha */
export type DropReasonName = (typeof DROP_REASON_NAMES)[number];

/**
 * Drop reasons by name: `DROP.IP_CSUM` is Linux's `SKB_DROP_REASON_IP_CSUM`.
 * @alpha
 */
export const DROP: Readonly<Record<DropReasonName, number>> = Object.freeze(
  Object.fromEntries(DROP_REASON_NAMES.map((name, i) => [name, i])),
) as Readonly<Record<DropReasonName, number>>;

/** How many reasons there are: the length of a counter array. @alpha */
export const DROP_REASON_COUNT: number = DROP_REASON_NAMES.length;

/**
 * The name of a drop reason, as Linux prints it (`SKB_DROP_REASON_IP_CSUM` is `IP_CSUM`); `UNKNOWN(n)` for a number that is none.
 * @alpha
 */
export function dropReasonName(reason: number): string {
  return DROP_REASON_NAMES[reason] ?? `UNKNOWN(${reason})`; // datapath-ok: for people, when counters are shown
}
