/**
 * IPv6 with addresses and their configuration, routing, fragments, ICMPv6, neighbour discovery, MLD, raw and ping sockets, and the socket family AF_INET6
 * (RFC 8200, 4291, 4443, 4861, 4862, 6724, 8981, 3810, 3493, 3542).
 *
 * @packageDocumentation
 */
export { ipv6 } from './module.ts';
export { IPV6, type Fib6RulesLookup, type Fib6TableLookup, type Ipv6Fn, Ipv6Net } from './ipv6-net.ts';
export { Ip6FragQueue } from './reassembly6.ts';
export { Ipv6Mib } from './snmp6.ts';
export { Peers6 } from './peer6.ts';
export { Raw6Sock, type Raw6Table } from './raw6-table.ts';
export { AddrlabelEntry, AddrlabelTable } from './addrlabel.ts';
export { Flowlabel, FlowlabelTable, type FlSocklist } from './flowlabel.ts';
export { Ipv6TxOptions } from './tx-options.ts';
export { type Ipv6Pinfo, Ipv6SockExt } from './pinfo.ts';
export { Mc6Membership } from './mcast-sk.ts';

// Addresses and routes.
export { IN6ADDR_ANY, IN6ADDR_LOOPBACK } from './addr6.ts';
export { type Ifa6Config, inet6AddrAdd, inet6AddrDel, type Inet6Extack } from './addrconf.ts';
export { Ifacaddr6, in6DevGet, Inet6Dev, Inet6Ifaddr } from './inet6-dev.ts';
export { Ifmcaddr6, Ip6Sf, MldState, MldTomb } from './mld-state.ts';
export { Ipv6Devconf } from './devconf6.ts';
export { ipv6ChkAddr, ipv6GetIfaddr } from './addr-find.ts';
export { ipv6DevGetSaddr } from './source-select.ts';
export { Fib6Config, type Fib6NhConfig, ip6RouteAdd, ip6RouteDel, type NhObjFind } from './fib6-config.ts';
export { Fib6Table } from './fib6-table.ts';
export { Lpm6 } from './lpm6.ts';
export { Fib6Info, Fib6Nh, Fib6Result, Rt6Exception, Rt6ExcTable } from './fib6-types.ts';
export { Rt6Info } from './rt6-info.ts';
export { ip6RouteInput, ip6RouteOutputFlow } from './route6.ts';

// The way of a packet.
export { ip6ProtocolDeliver, ipv6Rcv } from './ip6-input.ts';
export { ip6Forward } from './ip6-forward.ts';
export { ip6LocalOut, ip6Output, ip6QueueXmit } from './ip6-output.ts';
export { icmp6Send } from './icmp6-send.ts';
export { icmp6ErrConvert } from './icmp6-errno.ts';
export { inetAf6 } from './inet6-af.ts';
export { inet6Family } from './af-inet6.ts';
export type { SourceChoice } from './source-choice.ts';
export type { ExtWalk } from './exthdrs-core.ts';
