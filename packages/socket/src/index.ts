/**
 * The socket layer: `Socket` and `Sock`, families of addresses, SOL_SOCKET, waiting, memory accounting.
 *
 * @packageDocumentation
 */
export { skMemCharge, skMemReclaim, skMemSchedule, skMemUncharge, skSetOwnerR, skSetOwnerW, sockRfree, sockWfree, sockWriteable, SK_MEM_QUANTUM, ProtoMemory } from './memory.ts';
export { msgCopyFrom, msgCopyTo, msgCount, MsgHdr, msgRewind, putCmsg, skbCopyDatagramMsg, type Cmsg } from './msg.ts';
export type { Proto, ProtoOps } from './proto.ts';
export {
  RCV_SHUTDOWN, SCM_TIMESTAMP, SEND_SHUTDOWN, SHUTDOWN_MASK, skDstCheck, skDstReset, Sock, SOCK_BINDADDR_LOCK, SOCK_BINDPORT_LOCK, SOCK_BROADCAST,
  SOCK_DEAD, SOCK_DONE, SOCK_KEEPOPEN, SOCK_LINGER, SOCK_LOCALROUTE, SOCK_RCVBUF_LOCK, SOCK_RCVMARK, SOCK_RCVTSTAMP, SOCK_RCVTSTAMPNS, SOCK_RXQ_OVFL,
  SOCK_SELECT_ERR_QUEUE, SOCK_SNDBUF_LOCK, SOCK_URGINLINE, SOCK_ZEROCOPY, sockDefErrorReport, sockDefReadable, sockDefWakeup, sockDefWriteSpace,
  sockDestruct, sockError, sockFlag, sockGraft, sockIsConnected, sockOrphan, sockQueueErrSkb, sockQueueRcvSkb, sockSetFlag, sockWantsTimestamp,
} from './sock.ts';
export {
  sockCreate, Socket, SOCKET, socket, sockRegister, sockRelease, SS_CONNECTED, SS_CONNECTING, SS_DISCONNECTING, SS_UNCONNECTED, type NetProtoFamily,
} from './socket.ts';
export { SocketKernel } from './core-sysctl.ts';
export { datagramPoll, skbFreeDatagram, skbRecvDatagram } from './datagram.ts';
export { SK_PAGE, skbAppendMsg, skPageFragRefill } from './page-frag.ts';
export { intOpt, optInt, sockGetsockopt, sockSetsockopt } from './sockopt.ts';
export { putRecvTimestamp } from './timestamp.ts';
