/**
 * UDP (RFC 768): sockets, hashing, corking, error reports.
 *
 * @packageDocumentation
 */
export { UDP, udp } from './module.ts';
export { UdpMib } from './udp-mib.ts';
export { UdpNet } from './udp-net.ts';
export { UdpSock } from './udp-sock.ts';
export { udp4LibLookup, udpErr, udpRcv } from './udp-input.ts';
export { udpFlushPendingFrames, udpPushPendingFrames, udpSendmsg } from './udp-output.ts';
export { makeUdpProt } from './udp.ts';
