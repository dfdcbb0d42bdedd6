/** send(2) that opens a connection (RFC 7413 section 4.1; tcp(7): MSG_FASTOPEN, TCP_FASTOPEN_CONNECT). */
import { EALREADY, EINPROGRESS, EINVAL, EOPNOTSUPP } from '@linnet/kernel';
import { type MsgHdr, sockError, SS_CONNECTED, SS_CONNECTING } from '@linnet/socket';
import { AF_UNSPEC, TCP_CLOSE, TCP_SYN_SENT } from '@linnet/uapi';
import { TFO_CLIENT_ENABLE } from './tcp-fastopen-option.ts';
import { tcpfo } from './tcp-fastopen-state.ts';
import { tcpConnect } from './tcp-send.ts';
import type { TcpSock } from './tcp-sock.ts';

/** send(2) on a socket that is not connected, with MSG_FASTOPEN or after a deferred connect. Bytes taken, or a negative errno: -EINPROGRESS when none could go with the SYN. */
export function tfoSendmsg(tp: TcpSock, msg: MsgHdr, size: number): number {
  const tn = tp.tn;
  const { name } = msg;
  if ((tn.fastopen & TFO_CLIENT_ENABLE) === 0 || (name !== null && name.family === AF_UNSPEC)) return -EOPNOTSUPP;
  const tfo = tcpfo(tp);
  if (tfo.sending || (tp.state === TCP_SYN_SENT && !tp.deferConnect)) return -EALREADY;
  const sock = tp.socket;
  tfo.sending = true;
  tfo.wanted = true;
  tfo.synData = false;
  tfo.acked = false;
  tfo.again = false;
  tfo.msg = msg;
  tfo.size = size;
  tfo.copied = 0;
  let err: number;
  if (tp.deferConnect) {
    tp.deferConnect = false;
    err = tcpConnect(tp);
    if (err < 0) tp.err = -err;
  } else {
    err = name === null ? -EINVAL : tp.prot.connect(tp, name);
  }
  tfo.msg = null;
  if (err < 0) {
    tfo.sending = false;
    return err;
  }
  if (sock !== null && sock.state !== SS_CONNECTED) sock.state = SS_CONNECTING;
  // Over lo it may all have happened by now.
  if (tp.err !== 0) return sockError(tp);
  return tfo.copied > 0 ? tfo.copied : -EINPROGRESS;
}

/** Is this a call for {@link tfoSendmsg}, given that MSG_FASTOPEN was `asked` for? */
export function tfoWanted(tp: TcpSock, asked: boolean): boolean {
  if (tp.deferConnect) return true;
  return asked && (tp.state === TCP_CLOSE || tp.state === TCP_SYN_SENT);
}
