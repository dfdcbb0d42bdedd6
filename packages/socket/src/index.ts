/**
 * The socket layer: `Socket` and `Sock`, families of addresses, SOL_SOCKET, waiting, memory accounting.
 *
 * @packageDocumentation
 */
export { sockCheckCookie, sockCookieHigh, sockCookieLow, sockGenCookie, sockIno, sockNewCookie } from './cookie.ts';
export { skMemCharge, skMemReclaim, skMemSchedule, skMemUncharge, skSetOwnerR, skSetOwnerW, sockRfree, sockWfree, sockWriteable, SK_MEM_QUANTUM, ProtoMemory } from './memory.ts';
export { cmsgRoom, msgCopyFrom, msgCopyTo, msgCount, MsgHdr, msgRewind, putCmsg, skbCopyDatagramMsg, type Cmsg, type ScmFile } from './msg.ts';
export type { Proto, ProtoOps } from './proto.ts';
export {
  RCV_SHUTDOWN, SCM_TIMESTAMP, SEND_SHUTDOWN, SHUTDOWN_MASK, skDstCheck, skDstReset, Sock, SOCK_BINDADDR_LOCK, SOCK_BINDPORT_LOCK, SOCK_BROADCAST,
  SOCK_DEAD, SOCK_DONE, SOCK_KEEPOPEN, SOCK_LINGER, SOCK_LOCALROUTE, SOCK_RCVBUF_LOCK, SOCK_RCVMARK, SOCK_RCVTSTAMP, SOCK_RCVTSTAMPNS, SOCK_RXQ_OVFL,
  SOCK_DBG, SOCK_FILTER_LOCKED, SOCK_INQ, SOCK_NOFCS, SOCK_NORIGHTS, SOCK_PASSCRED, SOCK_PASSPIDFD, SOCK_PASSSEC, SOCK_PREFER_BUSY_POLL, SOCK_RCVPRIORITY, SOCK_TSTAMP_NEW,
  SOCK_TXTIME, SOCK_WIFI_STATUS, SockRare, sockWantsCmsgs, type Ucred, SOCK_SELECT_ERR_QUEUE, SOCK_SNDBUF_LOCK, SOCK_URGINLINE, SOCK_ZEROCOPY, sockDefErrorReport, sockDefReadable, sockDefWakeup, sockDefWriteSpace,
  sockDestruct, sockError, sockFlag, sockGraft, sockIsConnected, sockOrphan, sockPutNet, sockSetFlag, sockWantsTimestamp,
} from './sock.ts';
export {
  sockCreate, Socket, SOCKET, socket, sockRegister, sockRelease, SS_CONNECTED, SS_CONNECTING, SS_DISCONNECTING, SS_UNCONNECTED, type NetProtoFamily,
} from './socket.ts';
export { netCookie, netOptmemMax, netSomaxconn, socketsUsed, SocketKernel, type SocketTasks } from './core-sysctl.ts';
export { datagramPoll, skbFreeDatagram, skbPeekSkip, skbRecvDatagram, skPeekOffset, skPeekOffsetBwd, skPeekOffsetFwd } from './datagram.ts';
export { SK_PAGE, skbAppendMsg, skPageFragRefill } from './page-frag.ts';
export { sockQueueErrSkb, sockQueueFiltered, sockQueueRcvSkb } from './sock-queue.ts';
export { skAttachFilter, skDetachFilter, skFilter, skFilterTrimCap, skGetFilter, skLockFilter, skOptmem } from './filter.ts';
export { putNotice, skbIsNotice, sockZerocopyDone } from './notice.ts';
export { reuseportChoose, ReuseportGroup, reuseportJoin, reuseportLeave } from './reuseport.ts';
export { sockTxAcked, sockTxFlags, sockTxStamp, sockTxStampByte } from './tx-stamp.ts';
export { protoRegister } from './protocols.ts';
export { sockIoctl } from './sock-ioctl.ts';
export { intOpt, optInt, sockGetsockopt, sockSetsockopt } from './sockopt.ts';
export { putRecvTimestamp, sockNoteDrops, sockRecvCmsgs } from './timestamp.ts';
export { UNIX, UNIX_NET, unix, unixDgramOps, UnixKernel, UnixNet, UnixPath, unixPathExists, unixInqLen, unixSeqpacketOps, unixSkbLen, UnixSock, unixStreamOps, unixUnlink } from './unix/index.ts';
export { packet, PACKET_NET, PacketFanout, type PacketMc, PacketNet, packetOps, type PacketRcv, PacketRing, PacketSock } from './packet/index.ts';
export type { Overflow } from './packet/packet-fanout.ts';
