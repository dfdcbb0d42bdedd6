/** The calls of a UDP socket (struct proto udp_prot). */
import { EINVAL, ENOIOCTLCMD, ENOPROTOOPT } from '@linnet/kernel';
import { inetAutobound, inetDatagramDisconnect, inetDiagDestroyed, ip4DatagramConnect, ip6DatagramConnect } from '@linnet/inet';
import { consumeSkb } from '@linnet/skbuff';
import {
  intOpt, optInt, putCmsg, skbCopyDatagramMsg, skbPeekSkip, skbRecvDatagram, skPeekOffsetBwd, skPeekOffsetFwd, sockRecvCmsgs, sockDestruct, sockOrphan, type MsgHdr, type Proto, type ProtoMemory,
} from '@linnet/socket';
import {
  MSG_ERRQUEUE, MSG_PEEK, MSG_TRUNC, SIOCINQ, SIOCOUTQ, SOL_UDP, SOL_UDPLITE, UDP_CORK, UDP_ENCAP, UDP_GRO, UDP_NO_CHECK6_RX, UDP_NO_CHECK6_TX, UDP_SEGMENT, udphSource,
} from '@linnet/uapi';
import { udpFlushPendingFrames, udpPushPendingFrames, udpSendmsg, udpV6Sendmsg } from './udp-output.ts';
import type { UdpSock } from './udp-sock.ts';

/** Options that no header has: udplite(7). */
const UDPLITE_SEND_CSCOV = 10;
const UDPLITE_RECV_CSCOV = 11;

/** The transport record of UDP for one kernel: its memory is shared by all namespaces, as `udp_mem` is (struct proto). @alpha */
export function makeUdpProt(memory: ProtoMemory, name: 'UDP' | 'UDPv6' | 'UDP-Lite' | 'UDPLITEv6' = 'UDP'): Proto {
  const six = name.endsWith('v6');
  return {
    name,
    memory,
    peekOff: true,
    init: () => 0,
    close: (sk) => udpClose(sk as UdpSock),
    connect: (sk, addr) => {
      const err = six ? ip6DatagramConnect(sk as UdpSock, addr) : ip4DatagramConnect(sk as UdpSock, addr);
      (sk as UdpSock).udp.rehash(sk as UdpSock);
      return err;
    },
    disconnect: (sk) => udpDisconnect(sk as UdpSock),
    ioctl: (sk, cmd, arg) => udpIoctl(sk as UdpSock, cmd, arg),
    setsockopt: (sk, level, opt, val) => udpSetsockopt(sk as UdpSock, level, opt, val),
    getsockopt: (sk, level, opt, maxLen, input) => udpGetsockopt(sk as UdpSock, level, opt, maxLen, input),
    sendmsg: six ? (sk, msg, size) => udpV6Sendmsg(sk as UdpSock, msg, size) : (sk, msg, size) => udpSendmsg(sk as UdpSock, msg, size),
    recvmsg: (sk, msg, size, flags) => udpRecvmsg(sk as UdpSock, msg, size, flags),
    getPort: (sk, snum) => (sk as UdpSock).udp.getPort(sk as UdpSock, snum),
    putPort: (sk) => unbind(sk as UdpSock),
    hash: () => 0, // getPort has done it
    unhash: (sk) => unbind(sk as UdpSock),
  };
}

function unbind(sk: UdpSock): void {
  sk.udp.unhash(sk);
  sk.num = 0;
  sk.sport = 0;
}

function udpClose(sk: UdpSock): void {
  udpFlushPendingFrames(sk);
  unbind(sk);
  sk.homeAf.mcDropSocket(sk);
  sockOrphan(sk);
  inetDiagDestroyed(sk);
  sockDestruct(sk);
}

function udpDisconnect(sk: UdpSock): number {
  inetDatagramDisconnect(sk);
  if (inetAutobound(sk)) unbind(sk);
  else sk.udp.rehash(sk);
  return 0;
}

/** Receives one datagram; what does not fit is lost, and MSG_TRUNC says so (udp_recvmsg). Bytes, or a negative errno. */
function udpRecvmsg(sk: UdpSock, msg: MsgHdr, size: number, flags: number): number {
  if ((flags & MSG_ERRQUEUE) !== 0) return sk.homeAf.recvError(sk, msg, size);
  const skb = skbRecvDatagram(sk, flags);
  if (typeof skb === 'number') return skb;
  const ulen = skb.len;
  const skip = skbPeekSkip(sk, flags);
  let copied = size;
  if (copied > ulen - skip) copied = ulen - skip;
  else if (copied < ulen) msg.flags |= MSG_TRUNC;
  skbCopyDatagramMsg(skb, skip, msg, copied);
  sockRecvCmsgs(sk, msg, skb);
  // A train says of how many bytes its datagrams are (udp(7): UDP_GRO).
  if (sk.gro && skb.gsoSize > 0) putCmsg(msg, SOL_UDP, UDP_GRO, intOpt(skb.gsoSize));
  msg.name = sk.homeAf.sockaddrFrom(skb, udphSource(skb.view, skb.transportHeader));
  if (sk.cmsgFlags !== 0 || (sk.pinet6 !== null && sk.pinet6.rxopt !== 0)) sk.homeAf.cmsgRecv(sk, msg, skb);
  consumeSkb(skb);
  const got = (flags & MSG_TRUNC) !== 0 ? ulen : copied;
  if (sk.peekOff >= 0) {
    if ((flags & MSG_PEEK) !== 0) skPeekOffsetFwd(sk, got);
    else skPeekOffsetBwd(sk, got);
  }
  return got;
}

function udpIoctl(sk: UdpSock, cmd: number, arg: Uint8Array): number {
  if (cmd === SIOCOUTQ) arg.set(intOpt(sk.wmemAlloc));
  else if (cmd === SIOCINQ) arg.set(intOpt(sk.receiveQueue.head?.len ?? 0));
  else return -ENOIOCTLCMD;
  return 0;
}

function udpSetsockopt(sk: UdpSock, level: number, opt: number, val: Uint8Array): number {
  if (level !== SOL_UDP && level !== SOL_UDPLITE) return sk.homeAf.setsockopt(sk, level, opt, val);
  const n = optInt(val);
  if (Number.isNaN(n)) return -EINVAL;
  switch (opt) {
    case UDP_CORK:
      sk.corkOn = n !== 0;
      if (!sk.corkOn && sk.pending) udpPushPendingFrames(sk);
      return 0;
    case UDP_SEGMENT:
      if (n < 0 || n > 0xffff) return -EINVAL;
      sk.gsoSegSize = n;
      return 0;
    case UDP_GRO:
      sk.gro = n !== 0;
      return 0;
    case UDP_NO_CHECK6_TX:
      sk.noCheck6Tx = n !== 0;
      return 0;
    case UDP_NO_CHECK6_RX:
      sk.noCheck6Rx = n !== 0;
      return 0;
    case UDPLITE_SEND_CSCOV:
    case UDPLITE_RECV_CSCOV: {
      if (!sk.udp.lite) return -ENOPROTOOPT;
      // Less than the header cannot be covered (RFC 3828 section 3.1), more than there is need not be.
      const cscov = n === 0 ? 0 : Math.max(8, Math.min(n, 0xffff));
      if (opt === UDPLITE_SEND_CSCOV) sk.sendCscov = cscov;
      else sk.recvCscov = cscov;
      return 0;
    }
    default:
      return -ENOPROTOOPT;
  }
}

function udpGetsockopt(sk: UdpSock, level: number, opt: number, maxLen: number, input?: Uint8Array): Uint8Array | number {
  if (level !== SOL_UDP && level !== SOL_UDPLITE) return sk.homeAf.getsockopt(sk, level, opt, maxLen, input);
  switch (opt) {
    case UDP_CORK:
      return intOpt(sk.corkOn ? 1 : 0, maxLen);
    case UDP_SEGMENT:
      return intOpt(sk.gsoSegSize, maxLen);
    case UDP_GRO:
      return intOpt(sk.gro ? 1 : 0, maxLen);
    case UDP_NO_CHECK6_TX:
      return intOpt(sk.noCheck6Tx ? 1 : 0, maxLen);
    case UDP_NO_CHECK6_RX:
      return intOpt(sk.noCheck6Rx ? 1 : 0, maxLen);
    case UDP_ENCAP:
      // No kind of encapsulation is asked for by its socket.
      return intOpt(0, maxLen);
    case UDPLITE_SEND_CSCOV:
      return intOpt(sk.sendCscov, maxLen);
    case UDPLITE_RECV_CSCOV:
      return intOpt(Math.max(0, sk.recvCscov), maxLen);
    default:
      return -ENOPROTOOPT;
  }
}
