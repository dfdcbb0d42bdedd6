/** Sending frames: with their link-layer header as they are, or with one made for them (packet_snd). */
import { capable, EAGAIN, EINVAL, EMSGSIZE, ENETDOWN, ENOBUFS, ENXIO } from '@linnet/kernel';
import { devDirectXmitSkb, devGetByIndex, devQueueXmit, NET_XMIT_CN, type NetDevice, vnetHdrToSkb } from '@linnet/netdev';
import { allocSkb, DROP, kfreeSkbReason, type Skb, skbPut, skbReserve } from '@linnet/skbuff';
import { ARPHRD_ETHER, CAP_SYS_RAWIO, ETH_HLEN, ETH_P_8021Q, ETH_P_ALL, isSockAddrLl, SOCK_RAW, VIRTIO_NET_HDR_GSO_NONE, virtioNetHdrGsoType, VLAN_HLEN } from '@linnet/uapi';
import { skSetOwnerW } from '../memory.ts';
import { msgCopyFrom, type MsgHdr } from '../msg.ts';
import { sockError } from '../sock.ts';
import type { Socket } from '../socket.ts';
import { isTag } from './packet-rcv.ts';
import type { PacketSock } from './packet-sock.ts';
import { vnetHdrCheck } from './packet-vnet.ts';

/** Where the message goes: device, protocol, link-layer address. */
interface Target {
  dev: NetDevice | null;
  proto: number;
  addr: Uint8Array | null;
}

function targetOf(po: PacketSock, msg: MsgHdr): Target | number {
  const { name } = msg;
  if (name === null) return { dev: po.ifindex > 0 ? devGetByIndex(po.net, po.ifindex) : null, proto: po.num, addr: null };
  if (!isSockAddrLl(name) || !(name.addr instanceof Uint8Array) || !Number.isInteger(name.ifindex) || !Number.isInteger(name.protocol)) return -EINVAL;
  const dev = devGetByIndex(po.net, name.ifindex);
  if (po.type === SOCK_RAW || dev === null) return { dev, proto: name.protocol, addr: null };
  // The structure has room for eight bytes, whatever it says of how many there are: no address at all is one of zeros (observed).
  if (dev.addrLen > 8) return -EINVAL;
  const addr = new Uint8Array(8);
  addr.set(name.room ?? name.addr.subarray(0, 8));
  return { dev, proto: name.protocol, addr };
}

/** Bytes of the longest packet that can be sent. */
const MAX_FRAME = 17 * 32768;

/** Makes the link-layer header, or looks at the one that is there: 0 or -EINVAL. */
function header(po: PacketSock, skb: Skb, dev: NetDevice, to: Target, len: number): number {
  if (po.type !== SOCK_RAW) {
    if (dev.headerOps === null) return 0;
    return dev.headerOps.create(skb, dev, to.proto, to.addr, null, len) < 0 ? -EINVAL : 0;
  }
  // Shorter than a header: the mighty may have it filled up with zeros, but Ethernet's is always whole.
  if (len >= dev.hardHeaderLen) return 0;
  if (len < dev.minHeaderLen || !capable(po.kernel, CAP_SYS_RAWIO)) return -EINVAL;
  skb.u8.fill(0, skb.data + len, skb.data + dev.hardHeaderLen);
  return 0;
}

/** Sends `len` bytes of `msg`, of which `vnet` (or null) describes what is unfinished. Bytes, or a negative errno. */
function sendFrame(po: PacketSock, msg: MsgHdr, len: number, to: Target, dev: NetDevice, vnet: DataView | null): number {
  const gso = vnet !== null && virtioNetHdrGsoType(vnet, 0) !== VIRTIO_NET_HDR_GSO_NONE;
  const raw = po.type === SOCK_RAW;
  const reserve = raw ? dev.hardHeaderLen : 0;
  const room = (dev.hardHeaderLen + dev.neededHeadroom + 15) & ~15;
  const skb = allocSkb(po.pool, room + Math.max(len, dev.hardHeaderLen) + dev.neededTailroom);
  skbReserve(skb, room);
  skSetOwnerW(skb, po);
  msgCopyFrom(msg, skb.u8, skbPut(skb, len), len);
  skb.dev = dev;
  skb.protocol = to.proto;
  skb.networkHeader = skb.data;
  const bad = header(po, skb, dev, to, len);
  if (bad !== 0) {
    kfreeSkbReason(skb, DROP.DEV_HDR);
    return bad;
  }
  skb.macHeader = skb.data;
  // A tag makes a frame longer than the MTU allows.
  if (len > dev.mtu + reserve && !gso && !(dev.type === ARPHRD_ETHER && skb.len >= ETH_HLEN && skb.view.getUint16(skb.data + ETH_HLEN - 2) === ETH_P_8021Q)) {
    kfreeSkbReason(skb, DROP.PKT_TOO_BIG);
    return -EMSGSIZE;
  }
  if (raw) skb.networkHeader = skb.data + Math.min(reserve, skb.len);
  if (raw && (skb.protocol === 0 || skb.protocol === ETH_P_ALL)) skb.protocol = dev.headerOps?.parseProtocol?.(skb) ?? 0;
  // The network header is behind all tags.
  if (dev.type === ARPHRD_ETHER) {
    for (let proto = skb.protocol; isTag(proto) && skb.networkHeader + VLAN_HLEN <= skb.tail; skb.networkHeader += VLAN_HLEN) proto = skb.view.getUint16(skb.networkHeader + 2);
  }
  skb.priority = po.priority;
  skb.mark = po.mark;
  skb.transportHeader = skb.networkHeader;
  if (vnet !== null && vnetHdrToSkb(vnet, 0, skb) !== 0) {
    kfreeSkbReason(skb, DROP.DEV_HDR);
    return -EINVAL;
  }
  const rc = po.qdiscBypass ? devDirectXmitSkb(skb) : devQueueXmit(skb);
  if (rc < 0) return rc;
  return rc !== 0 && rc !== NET_XMIT_CN ? -ENOBUFS : 0;
}

/** sendmsg(2): one frame (packet_sendmsg). */
export function packetSendmsg(sock: Socket, msg: MsgHdr, size: number): number {
  const po = sock.sk as PacketSock;
  const to = targetOf(po, msg);
  if (typeof to === 'number') return to;
  const { dev } = to;
  if (dev === null) return -ENXIO;
  if (!dev.running) return -ENETDOWN;
  let len = size;
  let vnet: DataView | null = null;
  if (po.vnetHdrSz > 0) {
    if (len < po.vnetHdrSz) return -EINVAL;
    const head = new Uint8Array(po.vnetHdrSz);
    msgCopyFrom(msg, head, 0, po.vnetHdrSz);
    len -= po.vnetHdrSz;
    vnet = new DataView(head.buffer);
    const bad = vnetHdrCheck(vnet, len);
    if (bad !== 0) return bad;
  }
  const gso = vnet !== null && virtioNetHdrGsoType(vnet, 0) !== VIRTIO_NET_HDR_GSO_NONE;
  const reserve = po.type === SOCK_RAW ? dev.hardHeaderLen : 0;
  if (!gso && len > dev.mtu + reserve + VLAN_HLEN) return -EMSGSIZE;
  // As many pages as a packet may have (observed): devices may take more than any packet of IPv4.
  if (len > MAX_FRAME) return -EMSGSIZE;
  const err = sockError(po);
  if (err !== 0) return err;
  if (po.wmemAlloc >= po.sndbuf) return -EAGAIN;
  const rc = sendFrame(po, msg, len, to, dev, vnet);
  return rc < 0 ? rc : size;
}
