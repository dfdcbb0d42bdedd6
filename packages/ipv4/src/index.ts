/**
 * IPv4 with ARP, routing, fragments, ICMP, raw and ping sockets, and the socket family AF_INET
 * (RFC 791, 792, 815, 826, 894, 950, 1122, 1191, 1812, 6864).
 *
 * @packageDocumentation
 */
export { ipv4 } from './module.ts';
export { IPV4, Ipv4Net } from './ipv4-net.ts';
export { Ipv4Core, type IcmpSendFn } from './ip-core.ts';
export { HeadedSkbSource } from './append-source.ts';
export { IpFragDir } from './frag-dir.ts';
export { IpFragQueue, ipDefrag, IP_DEFRAG_CALL_RA_CHAIN, IP_DEFRAG_CONNTRACK_IN, IP_DEFRAG_LOCAL_DELIVER } from './ip-fragment.ts';
export { IpIdents } from './ip-ident.ts';
export { IpOptions } from './ip-options-types.ts';
export { RawSock, type Raw4Table } from './raw-table.ts';

// Addresses and routes.
export { inetAddrAdd, type InetAddrConfig, inetAddrDel, type InetAddrMatch, type InetExtack } from './devinet.ts';
export { inetConfirmAddr, inetSelectAddr, ipDevFind } from './devinet-select.ts';
export { InDevice, inDevGet, InIfaddr, INFINITY_LIFE_TIME } from './in-device.ts';
export { Ipv4Devconf } from './devconf.ts';
export { IgmpGroup, IgmpSource, McState } from './igmp-state.ts';
export { inetAddrType } from './fib-addr-type.ts';
export { fibAddRoute, fibDelRoute } from './fib-frontend.ts';
export { FibConfig, type FibNhConfig } from './fib-semantics.ts';
export { FibTable } from './fib-table.ts';
export { fibTableLookup } from './fib-lookup.ts';
export { Lpm4 } from './lpm.ts';
export { RoutePeer } from './route-error.ts';
export { FibAlias, FibInfo, FibNh, FibNhException, FibResult } from './fib-types.ts';
export { RTCF_BROADCAST, RTCF_DOREDIRECT, RTCF_LOCAL, RTCF_MULTICAST, RTCF_REDIRECTED, Rtable } from './rtable.ts';
export { mrSetTunnels, type MrTunnels } from './ipmr-types.ts';
export { ipRouteInput } from './route-input.ts';
export { ipRouteOutputFlow, ipRouteOutputKey } from './route-output.ts';

// The way of a packet.
export { ipRcv, ipLocalDeliver, ipProtocolDeliverRcu } from './ip-input.ts';
export { ipForward } from './ip-forward.ts';
export { ipLocalOut, ipMcOutput, ipOutput, ipQueueXmit } from './ip-output.ts';
export { ip4DstHoplimit, ipSelectIdentSegs } from './ip-header.ts';
export { ipMcJoinGroup, ipMcLeaveGroup } from './mc-socket.ts';
export { icmpSend } from './icmp-send.ts';
export { icmpErrConvert } from './icmp-errno.ts';
export { ipv4Redirect, ipv4UpdatePmtu } from './route-pmtu.ts';
export { makeIpOffload } from './ip-offload.ts';
export {
  IPSKB_DOREDIRECT, IPSKB_FORWARDED, IPSKB_FRAG_COMPLETE, IPSKB_FRAG_PMTU, IPSKB_L3SLAVE, IPSKB_REROUTED, ipcbAddFlags, ipcbClear, ipcbFlags, ipcbFragMaxSize, ipcbIif, ipcbOptlen,
} from './ip-cb.ts';
export { inetDgramOps, inetFamily, inetStreamOps } from './af-inet.ts';
export { inetAf4 } from './inet-af.ts';
export {
  ICMP_MIB_CSUMERRORS, ICMP_MIB_INERRORS, ICMP_MIB_INMSGS, ICMP_MIB_OUTERRORS, ICMP_MIB_OUTMSGS, ICMP_MIB_RATELIMITGLOBAL, ICMP_MIB_RATELIMITHOST, IPSTATS_EXT_NAMES,
  IPSTATS_SNMP_NAMES,
} from './snmp.ts';
export type { FibMetricMatch } from './fib-semantics.ts';
