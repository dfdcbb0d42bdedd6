/** Packet sockets (AF_PACKET). */
export { packetOps } from './af-packet.ts';
export { packet } from './module.ts';
export { PacketFanout } from './packet-fanout.ts';
export { PacketRing } from './packet-ring.ts';
export { PACKET_NET, PacketNet, PacketSock, type PacketMc, type PacketRcv } from './packet-sock.ts';
