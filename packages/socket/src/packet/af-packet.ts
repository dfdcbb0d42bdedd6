/** The family AF_PACKET: link-layer frames for programs (packet(7)). */
import {
  capable, EINVAL, ENETDOWN, ENODEV, ENOIOCTLCMD, EOPNOTSUPP, EPERM, ESOCKTNOSUPPORT, type Kernel, type Net, NOTIFY_DONE,
} from '@linnet/kernel';
import { devGetByIndex, NETDEV_DOWN, NETDEV_UNREGISTER, NETDEV_UP, type NetDevice, registerNetdeviceNotifier } from '@linnet/netdev';
import { AF_PACKET, CAP_NET_RAW, isSockAddrLl, POLLIN, POLLRDNORM, SIOCINQ, SIOCOUTQ, SOCK_DGRAM, SOCK_RAW, type SockAddr, type SockAddrLl } from '@linnet/uapi';
import { datagramPoll } from '../datagram.ts';
import type { Proto, ProtoOps } from '../proto.ts';
import { sockDestruct, sockGraft, sockOrphan } from '../sock.ts';
import { SOCKET, type Socket, sockRegister } from '../socket.ts';
import { intOpt } from '../sockopt.ts';
import { fanoutRelease } from './packet-fanout.ts';
import { packetMcFlush } from './packet-mclist.ts';
import { packetRcv, packetRecvmsg } from './packet-rcv.ts';
import { PACKET_NET, packetHook, packetRunning, PacketSock, packetUnhook } from './packet-sock.ts';
import { packetSendmsg } from './packet-snd.ts';
import { packetGetsockopt, packetSetsockopt } from './packet-sockopt.ts';

const no = (): number => -EOPNOTSUPP;

/** Packet sockets have no transport below their family. */
const PACKET_PROTO: Proto = Object.freeze({
  name: 'PACKET', memory: null, init: () => 0, close: () => undefined, connect: no, disconnect: no, setsockopt: no, getsockopt: no, sendmsg: no, recvmsg: no,
});

function release(sock: Socket): number {
  const po = sock.sk as PacketSock | null;
  if (po === null) return 0;
  sock.sk = null;
  po.pn.socks.delete(po);
  fanoutRelease(po);
  packetUnhook(po);
  packetMcFlush(po, null);
  po.rxRing?.destroy();
  po.rxRing = null;
  sockOrphan(po);
  sockDestruct(po);
  return 0;
}

/** Receives from this device (0: all) and this protocol from now on (packet_do_bind). */
function doBind(po: PacketSock, ifindex: number, proto: number): number {
  if (po.fanout !== null) return -EINVAL;
  const dev = ifindex === 0 ? null : devGetByIndex(po.net, ifindex);
  if (ifindex !== 0 && dev === null) return -ENODEV;
  packetUnhook(po);
  po.num = proto;
  po.ifindex = ifindex;
  if (proto === 0) return 0;
  if (dev === null || dev.running) packetHook(po);
  else {
    po.err = ENETDOWN;
    po.errorReport(po);
  }
  return 0;
}

function bind(sock: Socket, addr: SockAddr): number {
  const po = sock.sk as PacketSock;
  if (!isSockAddrLl(addr) || !Number.isInteger(addr.ifindex) || !Number.isInteger(addr.protocol)) return -EINVAL;
  return doBind(po, addr.ifindex, addr.protocol !== 0 ? addr.protocol : po.num);
}

function getname(sock: Socket, peer: boolean): SockAddr | number {
  if (peer) return -EOPNOTSUPP;
  const po = sock.sk as PacketSock;
  const dev = po.ifindex > 0 ? devGetByIndex(po.net, po.ifindex) : null;
  const addr = dev === null ? new Uint8Array(0) : dev.devAddr.slice(0, Math.min(8, dev.addrLen));
  const sll: SockAddrLl = { family: AF_PACKET, protocol: po.num, ifindex: po.ifindex, hatype: dev === null ? 0 : dev.type, pkttype: 0, addr };
  return sll;
}

function poll(sock: Socket): number {
  const po = sock.sk as PacketSock;
  let mask = datagramPoll(sock);
  if (po.rxRing !== null && po.rxRing.readable()) mask |= POLLIN | POLLRDNORM;
  return mask;
}

function ioctl(sock: Socket, cmd: number, arg: Uint8Array): number {
  const po = sock.sk as PacketSock;
  if (cmd === SIOCOUTQ) arg.set(intOpt(po.wmemAlloc));
  else if (cmd === SIOCINQ) arg.set(intOpt(po.receiveQueue.head?.len ?? 0));
  else return po.kernel.get(SOCKET).inetIoctl?.(po.net, cmd, arg) ?? -ENOIOCTLCMD;
  return 0;
}

/** The ring's memory. */
function mmap(sock: Socket): Uint8Array | number {
  return (sock.sk as PacketSock).rxRing?.memory ?? -EINVAL;
}

/** The system calls of a packet socket (packet_ops). @alpha */
export const packetOps: ProtoOps = Object.freeze({
  family: AF_PACKET, release, bind, connect: no, accept: no, getname, poll, ioctl, mmap, listen: no, shutdown: no, setsockopt: packetSetsockopt, getsockopt: packetGetsockopt,
  sendmsg: packetSendmsg, recvmsg: packetRecvmsg,
});

/** `protocol` is as socket(2) gets it: an EtherType in network order, in the low 16 bits. */
function create(net: Net, sock: Socket, protocol: number): number {
  if (!capable(net.kernel, CAP_NET_RAW)) return -EPERM;
  if (sock.type !== SOCK_DGRAM && sock.type !== SOCK_RAW) return -ESOCKTNOSUPPORT;
  const num = ((protocol & 0xff) << 8) | ((protocol >> 8) & 0xff);
  const po = new PacketSock(net, sock.type, num, PACKET_PROTO, packetRcv);
  sock.ops = packetOps;
  sockGraft(po, sock);
  packetHook(po);
  return 0;
}

/** A device went up, down or away (packet_notifier). */
function notify(event: number, dev: NetDevice): number {
  const pn = dev.net.tryGet(PACKET_NET);
  if (pn === null) return NOTIFY_DONE;
  for (const po of pn.socks) {
    if (event === NETDEV_UNREGISTER) packetMcFlush(po, dev);
    if (po.ifindex !== dev.ifindex) continue;
    if (event === NETDEV_DOWN || event === NETDEV_UNREGISTER) {
      if (packetRunning(po)) {
        packetUnhook(po);
        po.err = ENETDOWN;
        po.errorReport(po);
      }
      if (event === NETDEV_UNREGISTER) po.ifindex = -1;
    } else if (event === NETDEV_UP) packetHook(po);
  }
  return NOTIFY_DONE;
}

/** Registers the family. */
export function packetProtoInit(k: Kernel): void {
  sockRegister(k, { family: AF_PACKET, create });
  registerNetdeviceNotifier(k, notify);
}
