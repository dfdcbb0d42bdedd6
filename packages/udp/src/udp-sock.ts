/** A UDP socket (struct udp_sock). */
import type { Net } from '@linnet/kernel';
import { InetCork, InetSock, IpcmCookie, type InetAf } from '@linnet/inet';
import type { Skb } from '@linnet/skbuff';
import type { Proto } from '@linnet/socket';
import { SOCK_DGRAM } from '@linnet/uapi';
import type { UdpNet } from './udp-net.ts';
import { UdpNode } from './udp-table.ts';

/**
 * Takes a datagram for a tunnel: `data` at the UDP header, its checksum verified. 0: it is consumed; above: the socket queues it as any other.
 * @alpha
 */
export type UdpEncapRcv = (sk: UdpSock, skb: Skb) => number;

/** An InetSock with a place in the hash and a datagram that may be held back. @alpha */
export class UdpSock extends InetSock {
  readonly udp: UdpNet;
  hashed = false;
  /** Its places in the hashes. */
  readonly portNode: UdpNode = new UdpNode(this);
  readonly flowNode: UdpNode = new UdpNode(this);
  /** It is in the second one by both its ends. */
  hasFlow = false;
  /** UDP_CORK. */
  corkOn = false;
  /** Something is held back by MSG_MORE or UDP_CORK. */
  pending = false;
  /** The family that holds it. */
  pendingAf: InetAf;
  /** UDP_SEGMENT: payload bytes a datagram, 0 for off. */
  gsoSegSize = 0;
  /** UDP_GRO: trains of datagrams are received whole. */
  gro = false;
  /** UDP_NO_CHECK6_TX and _RX, for IPv6. */
  noCheck6Tx = false;
  noCheck6Rx = false;
  /** UDPLITE_SEND_CSCOV: how many bytes a checksum covers, the header among them; 0: all of them. */
  sendCscov = 0;
  /** UDPLITE_RECV_CSCOV: how many it must cover; 0: all of them, -1: any number. */
  recvCscov = -1;
  readonly ipc: IpcmCookie = new IpcmCookie();
  /** A tunnel's receiver (udp_sk.encap_rcv); null for ordinary sockets. */
  encapRcv: UdpEncapRcv | null = null;
  /** What belongs to it (sk_user_data). */
  encapData: object | null = null;

  constructor(net: Net, af: InetAf, udp: UdpNet, prot: Proto) {
    super(net, af, SOCK_DGRAM, udp.protocol, prot);
    this.udp = udp;
    this.pendingAf = af;
    this.cork = new InetCork();
  }
}
