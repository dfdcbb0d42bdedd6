/**
 * What the Internet protocols share: the table of protocols, the seam to IPv4 and IPv6, sockets with addresses and ports, their hashes.
 *
 * @packageDocumentation
 */
export type { InetAf } from './af.ts';
export {
  flowi4InitOutput, Flowi, FLOWI_FLAG_ANYSRC, FLOWI_FLAG_KNOWN_NH, flowiReset, InetCork, IpcmCookie,
} from './flowi.ts';
export { InetSock } from './inet-sock.ts';
export {
  INET, inet, InetKernel, INET_PROTOSW_ICSK, INET_PROTOSW_PERMANENT, INET_PROTOSW_REUSE, type InetProtocol, type InetProtosw,
} from './protocol.ts';
export type { GroOffload } from './offload.ts';
export {
  computeScore, EHASH_REQUEST, EHASH_SOCK, EHASH_TIMEWAIT, EhashNode, inetEhashInsert, InetHashinfo, inetHashListener, inetLookupListener, inetUnhash,
} from './inet-hashtables.ts';
export { InetBindBucket, inetBindHash, inetCskGetPort, inetHashConnect, inetInheritPort, inetPutPort, inetSkGetLocalPortRange, type LocalPorts } from './bind-hash.ts';
export {
  InetConnectionSock, inetCskAccept, inetCskAcceptqAdd, inetCskAcceptqRemove, inetCskClearXmitTimers, inetCskReqskQueueIsFull, skAcceptqIsFull,
} from './inet-connection-sock.ts';
export { inetCskReqskPurge, inetCskReqskQueueDrop, inetCskReqskQueueHashAdd, RequestSock } from './request-sock.ts';
export { inetTwskHashdance, inetTwskKill, inetTwskSchedule, InetTimewaitSock } from './timewait-sock.ts';
export { InetPeer, InetPeerBase, inetPeerXrlimAllow } from './inetpeer.ts';
export { INET_NET, InetNet } from './inet-net.ts';
export { inetAutobound, inetDatagramDisconnect, ip4DatagramConnect } from './datagram.ts';
