/**
 * UDP (RFC 768): sockets, hashing, corking, error reports.
 *
 * @packageDocumentation
 */
export { UDP, udp } from './module.ts';
export { UdpMib } from './udp-mib.ts';
export { UdpNet } from './udp-net.ts';
export { type UdpEncapRcv, UdpSock } from './udp-sock.ts';
export { udp4LibLookup, udp6LibLookup, udpErr, udpRcv, udpV6Err } from './udp-input.ts';
export { udpFlushPendingFrames, udpPushPendingFrames, udpSendmsg, udpV6Sendmsg } from './udp-output.ts';
export { makeUdpProt } from './udp.ts';
