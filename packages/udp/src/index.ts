/**
 * UDP (RFC 768) and UDP-Lite (RFC 3828): sockets, hashing, corking, error reports.
 *
 * @packageDocumentation
 */
export { UDP, udp, UDPLITE } from './module.ts';
export { UdpMib } from './udp-mib.ts';
export { UdpNet } from './udp-net.ts';
export type { UdpPlaces } from './udp-lookup.ts';
export type { UdpNode, UdpTable } from './udp-table.ts';
export { type UdpEncapRcv, UdpSock } from './udp-sock.ts';
