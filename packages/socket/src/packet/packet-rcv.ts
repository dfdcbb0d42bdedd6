/** Receiving frames: into a socket's queue, and from there to its reader (packet_rcv, packet_recvmsg). */
import { EAGAIN, EINVAL } from '@linnet/kernel';
import { bpfRun, type NetDevice, vnetHdrFromSkb } from '@linnet/netdev';
import {
  CHECKSUM_COMPLETE, CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY, consumeSkb, DROP, kfreeSkbReason, PACKET_LOOPBACK, PACKET_OUTGOING, pskbTrim, type Skb, SKB_GSO_TCPV4, SKB_GSO_TCPV6,
  skbOrphan, skbPullUnchecked, skbPush, skbQueueTail,
} from '@linnet/skbuff';
import {
  AF_PACKET, ETH_HLEN, ETH_P_8021AD, ETH_P_8021Q, MSG_CMSG_COMPAT, MSG_DONTWAIT, MSG_ERRQUEUE, MSG_PEEK, MSG_TRUNC, PACKET_AUXDATA, SOCK_DGRAM, type SockAddrLl, SOL_PACKET, TP_STATUS_CSUM_VALID, TP_STATUS_CSUMNOTREADY,
  TP_STATUS_GSO_TCP, TP_STATUS_USER, TP_STATUS_VLAN_TPID_VALID, TP_STATUS_VLAN_VALID, VLAN_HLEN,
} from '@linnet/uapi';
import { skbRecvDatagram } from '../datagram.ts';
import { msgCopyTo, type MsgHdr, putCmsg, skbCopyDatagramMsg } from '../msg.ts';
import { SOCK_DEAD, sockFlag } from '../sock.ts';
import type { Socket } from '../socket.ts';
import { sockNoteDrops, sockRecvCmsgs } from '../timestamp.ts';
import type { PacketSock } from './packet-sock.ts';

// The control block of a queued frame: cb0 ifindex, cb1 ARPHRD_* type, cb2 length of the sender's address, cb3 and cb4 its bytes, cb5 the frame's length before it was cut, cb6 the protocol that is told.

/** The destructor of queued frames: packet sockets have no memory limit but their buffer. */
function packetRfree(skb: Skb): void {
  (skb.sk as PacketSock).rmemAlloc -= skb.truesize;
}

/**
 * Puts `skb.data` where the socket's frames begin: at the link-layer header, or for SOCK_DGRAM behind it. False for a frame that is not shown: a multicast that came back to its sender.
 */
export function packetPrepare(po: PacketSock, skb: Skb, dev: NetDevice): boolean {
  if (skb.pktType === PACKET_LOOPBACK || dev.net !== po.net) return false;
  skb.dev = dev;
  if (dev.headerOps !== null) {
    if (po.type !== SOCK_DGRAM) skbPush(skb, skb.data - skb.macHeader);
    else if (skb.pktType === PACKET_OUTGOING) skbPullUnchecked(skb, skb.networkHeader - skb.data);
  }
  return true;
}

/** Notes where the frame came from. */
export function packetNote(po: PacketSock, skb: Skb, dev: NetDevice, origDev: NetDevice): void {
  const { haddr } = po;
  skb.cb0 = po.origdev ? origDev.ifindex : dev.ifindex;
  skb.cb1 = dev.type;
  const len = dev.headerOps?.parse?.(skb, haddr) ?? 0;
  skb.cb2 = Math.min(len, 8);
  skb.cb3 = haddr[0]! | (haddr[1]! << 8) | (haddr[2]! << 16) | (haddr[3]! << 24);
  skb.cb4 = haddr[4]! | (haddr[5]! << 8) | (haddr[6]! << 16) | (haddr[7]! << 24);
  skb.cb5 = skb.len;
  skb.cb6 = po.type === SOCK_DGRAM ? innerProtocol(skb) : skb.protocol;
}

/** Is it the EtherType of a VLAN tag? */
export function isTag(proto: number): boolean {
  return proto === ETH_P_8021Q || proto === ETH_P_8021AD;
}

/** The protocol behind all tags, the first of which stands behind an Ethernet header. */
function innerProtocol(skb: Skb): number {
  let proto = skb.protocol;
  for (let at = skb.macHeader + ETH_HLEN; isTag(proto) && at + VLAN_HLEN <= skb.tail; at += VLAN_HLEN) proto = skb.view.getUint16(at + 2);
  return proto;
}

/** What the socket's filter keeps of a frame, 0 for one that it drops. */
export function packetFilter(po: PacketSock, skb: Skb): number {
  if (po.filter === null) return skb.len;
  const keep = bpfRun(po.filter, skb);
  return keep < skb.len ? keep : skb.len;
}

/** Takes a frame for the socket's queue: contract of PacketType.func (packet_rcv). */
export function packetRcv(po: PacketSock, skb: Skb, dev: NetDevice, origDev: NetDevice): number {
  if (!packetPrepare(po, skb, dev)) {
    consumeSkb(skb);
    return 0;
  }
  const keep = packetFilter(po, skb);
  if (keep === 0 && skb.len !== 0) {
    consumeSkb(skb);
    return 0;
  }
  if (po.rmemAlloc >= po.rcvbuf) {
    po.tpDrops++;
    po.drops++;
    kfreeSkbReason(skb, DROP.SOCKET_RCVBUFF);
    return 0;
  }
  packetNote(po, skb, dev, origDev);
  if (keep < skb.len) pskbTrim(skb, keep);
  skbOrphan(skb);
  skb.sk = po;
  skb.destructor = packetRfree;
  po.rmemAlloc += skb.truesize;
  skb.dev = null;
  skb.dst = null;
  po.tpPackets++;
  sockNoteDrops(po, skb);
  skbQueueTail(po.receiveQueue, skb);
  if (!sockFlag(po, SOCK_DEAD)) po.dataReady(po);
  return 0;
}

/** TP_STATUS_* of a frame: its checksum and kind. */
export function tpStatus(skb: Skb): number {
  let status = 0;
  if (skb.ipSummed === CHECKSUM_PARTIAL) status |= TP_STATUS_CSUMNOTREADY;
  else if (skb.pktType !== PACKET_OUTGOING && (skb.ipSummed === CHECKSUM_COMPLETE || skb.ipSummed === CHECKSUM_UNNECESSARY)) status |= TP_STATUS_CSUM_VALID;
  if (skb.gsoSize !== 0 && (skb.gsoType & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6)) !== 0) status |= TP_STATUS_GSO_TCP;
  if (skb.vlanProto !== 0) status |= TP_STATUS_VLAN_VALID | TP_STATUS_VLAN_TPID_VALID;
  return status;
}

/** struct tpacket_auxdata. */
function putAuxdata(msg: MsgHdr, skb: Skb): void {
  const data = new Uint8Array(20);
  const view = new DataView(data.buffer);
  view.setUint32(0, TP_STATUS_USER | tpStatus(skb), true);
  view.setUint32(4, skb.cb5, true);
  view.setUint32(8, skb.len, true);
  view.setUint16(14, skb.networkHeader - skb.data, true);
  if (skb.vlanProto !== 0) {
    view.setUint16(16, skb.vlanTci, true);
    view.setUint16(18, skb.vlanProto, true);
  } else if (skb.cb6 !== skb.protocol) {
    // A frame that goes out has its tag inside, where a cooked socket's reader does not look for it.
    view.setUint32(0, view.getUint32(0, true) | TP_STATUS_VLAN_VALID | TP_STATUS_VLAN_TPID_VALID, true);
    view.setUint16(16, skb.view.getUint16(skb.macHeader + ETH_HLEN), true);
    view.setUint16(18, skb.protocol, true);
  }
  putCmsg(msg, SOL_PACKET, PACKET_AUXDATA, data);
}

/** The sender's address that {@link packetNote} noted. */
function senderOf(skb: Skb): SockAddrLl {
  const addr = new Uint8Array(skb.cb2);
  for (let i = 0; i < addr.length; i++) addr[i] = (i < 4 ? skb.cb3 >> (8 * i) : skb.cb4 >> (8 * (i - 4))) & 0xff;
  return { family: AF_PACKET, protocol: skb.cb6, ifindex: skb.cb0, hatype: skb.cb1, pkttype: skb.pktType, addr };
}

/** recvmsg(2): one frame, with the sender's link-layer address (packet_recvmsg). */
export function packetRecvmsg(sock: Socket, msg: MsgHdr, size: number, flags: number): number {
  const po = sock.sk as PacketSock;
  if ((flags & ~(MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_COMPAT | MSG_ERRQUEUE)) !== 0) return -EINVAL;
  if ((flags & MSG_ERRQUEUE) !== 0) return -EAGAIN;
  const skb = skbRecvDatagram(po, flags);
  if (typeof skb === 'number') return skb;
  const hdr = po.vnetHdrSz;
  if (hdr > 0) {
    const head = new Uint8Array(hdr);
    if (size < hdr || vnetHdrFromSkb(new DataView(head.buffer), skb) !== 0) {
      kfreeSkbReason(skb, DROP.PACKET_SOCK_ERROR);
      return -EINVAL;
    }
    msgCopyTo(msg, head, 0, hdr);
    size -= hdr;
  }
  let copied = skb.len;
  if (copied > size) {
    copied = size;
    msg.flags |= MSG_TRUNC;
  }
  skbCopyDatagramMsg(skb, 0, msg, copied);
  sockRecvCmsgs(po, msg, skb);
  msg.name = senderOf(skb);
  if (po.auxdata) putAuxdata(msg, skb);
  const got = hdr + ((flags & MSG_TRUNC) !== 0 ? skb.len : copied);
  consumeSkb(skb);
  return got;
}
