/**
 * What the Internet protocols share: the table of protocols, the seam to IPv4 and IPv6, sockets with addresses and ports, their hashes.
 *
 * @packageDocumentation
 */
export type { InetAf } from './af.ts';
export {
  flowi4InitOutput, flowi6InitOutput, Flowi, FLOWI_FLAG_ANYSRC, FLOWI_FLAG_KNOWN_NH, flowiCopy, flowiReset, InetCork, IpcmCookie,
} from './flowi.ts';
export { INET_VERSION_4, INET_VERSION_6, inetMapped, inetRecverr, InetSock, inetSockUpdateVersions } from './inet-sock.ts';
export { Ipv6Pinfo } from './ipv6-pinfo.ts';
export {
  INET, inet, InetKernel, INET_PROTOSW_ICSK, INET_PROTOSW_NAMED, INET_PROTOSW_PERMANENT, INET_PROTOSW_REUSE, type InetProtocol, type InetProtosw, nfGetsockopt, type NfSockopt, type SynCookies, type SynCookieTuple,
} from './protocol.ts';
export { inetBoundDevFits, inetInVrf, inetOtherDomain, inetSdif } from './l3mdev.ts';
export type { GroOffload } from './offload.ts';
export {
  computeScore, computeScore6, EHASH_REQUEST, EHASH_SOCK, EHASH_TIMEWAIT, EhashNode, inetEhashInsert, InetHashinfo, inetHashListener, inet6LookupListener, inetLookupListener, inetUnhash,
} from './inet-hashtables.ts';
export {
  InetBindBucket, type InetBound, inetCskGetPort, inetHashConnect, inetInheritPort, inetPutPort, inetRcvSaddrEqual, inetSkGetLocalPortRange, type LocalPorts,
} from './bind-hash.ts';
export {
  InetConnectionSock, inetCskAccept, inetCskAcceptqAdd, inetCskAcceptqRemove, inetCskClearXmitTimers, skAcceptqIsFull,
} from './inet-connection-sock.ts';
export { inetCskReqskPurge, inetCskReqskQueueDrop, inetCskReqskQueueHashAdd, RequestSock } from './request-sock.ts';
export { inetTwskHashdance, inetTwskKill, inetTwskSchedule, InetTimewaitSock } from './timewait-sock.ts';
export { InetPeer, InetPeerBase, inetPeerXrlimAllow } from './inetpeer.ts';
export { appendJoin, appendRoomFor, appendToPiece, corkRelease, inetFlushPendingFrames } from './append-data.ts';
export { type AppendSource, MsgSource, SkbSource } from './append-source.ts';
export { IcmpGlobal } from './icmp-global.ts';
export { PingSock, PingTable } from './ping-table.ts';
export { RawTable, type RawTableEntry } from './raw-table.ts';
export {
  putRouteMetrics, readRouteDumpFilter, readRouteMetrics, refuseRequest, routeCcKnown, routeCcName, ROUTE_RULES, routeDumpFiltered, type RouteDumpFilter, type RouteMetrics,
} from './route-message.ts';
export {
  fragAccount, fragDestroy, fragDirExit, fragEcn, fragExpired, fragHasRoom, fragInsert, fragJoin, fragKill, fragLink, fragNoteEnd, fragPurge, fragRestartTimer, fragStrip, fragSysctls,
  FRAG_BUCKETS, FRAG_DUPLICATE, FRAG_INSERTED, FRAG_OVERLAP, FragDir, InetFragQueue,
} from './inet-frag.ts';
export { INET_NET, InetNet, type InetV6 } from './inet-net.ts';
export { inet6ResetLocal, inetAutobound, inetDatagramDisconnect, ip4DatagramConnect, ip6DatagramConnect } from './datagram.ts';
export {
  fibDefaultRuleAdd, FibLookupArg, FibRule, fibRuleGetTable, fibRulePortsMatch, type FibRulesFamily, fibRulesLookup, FibRulesOps, fibRulesRegister,
} from './fib-rules.ts';
export { fibNl2RuleDscp, fibRuleDscpAnswers, fibRulePutDscp, type FibRuleDscp } from './fib-rules-netlink.ts';
export {
  fibCheckNexthop, Nexthop, NEXTHOP, NexthopNet, nexthopFindById, nexthopInfos, nexthopIsBlackhole, nexthopIsFdb, nexthopRegisterFamily,
  nexthopSelectPath, nexthopUnuse, nexthopUse, NhGroup, NhGrpEntry, NhInfo, type NexthopFamily, type NhConfig,
} from './nexthop.ts';
export { NhResBucket, NhResTable } from './nexthop-res.ts';
export {
  inetDiagAddr4, inetDiagDestroyed, type InetDiagFound, type InetDiagHandler, InetDiagInfo, inetDiagIsV4, inetDiagRegister, InetDiagReq, inetDiagSock, inetDiagWantsState,
} from './inet-diag.ts';
export { rawDiagAdd } from './raw-diag.ts';
export { inetCommonDgramOps, inetCommonOps, inetCommonStreamOps, inetFindProtosw } from './sock-ops.ts';
export { inetSharesPort } from './reuseport.ts';
export { mrRulesRegister, type MrRulesFamily } from './mr-rules.ts';
export { isPimRegister, PIM_REGISTER_LEN, pimRegisterDevice, pimRegisterReceive } from './pim-register.ts';
