/** The module of packet sockets. */
import type { KernelModule, Net } from '@linnet/kernel';
import { socket } from '../socket.ts';
import { packetProtoInit } from './af-packet.ts';
import { PACKET_NET, PacketNet } from './packet-sock.ts';
import { procNetPacket } from './proc.ts';

/** Packet sockets: what tcpdump, DHCP clients and their like use (packet(7)). Costs nothing per packet while there is no such socket. @public */
export const packet: KernelModule = {
  name: 'packet',
  requires: [socket],
  init: packetProtoInit,
  netInit(net: Net): void {
    const pn = new PacketNet();
    net.set(PACKET_NET, pn);
    net.proc.create('net/packet', () => procNetPacket(pn));
  },
};
