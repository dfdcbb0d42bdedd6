/** The send buffer as the writer sees it (sk_stream_*). */
import { wakeUpPoll } from '@linnet/kernel';
import type { Sock } from '@linnet/socket';
import { POLLOUT, POLLWRNORM } from '@linnet/uapi';
import type { TcpSock } from './tcp-sock.ts';

/** Is there room for more data, and not too much unsent already? (sk_stream_memory_free, tcp_stream_memory_free) */
export function tcpStreamMemoryFree(tp: TcpSock): boolean {
  if (tp.wmemQueued >= tp.sndbuf) return false;
  const lowat = tp.notsentLowat !== 0 ? tp.notsentLowat : tp.tn.notsentLowat;
  return ((tp.writeSeq - tp.sndNxt) | 0) < lowat;
}

/** Is there so much room that a waiting writer should be woken? A third of the buffer (sk_stream_is_writeable). */
export function tcpStreamIsWriteable(tp: TcpSock): boolean {
  return tp.sndbuf - tp.wmemQueued >= tp.wmemQueued >> 1 && tcpStreamMemoryFree(tp);
}

/** Tells writers about room (sk_stream_write_space). */
export function tcpStreamWriteSpace(sk: Sock): void {
  const tp = sk as TcpSock;
  const sock = tp.socket;
  if (sock === null || !tcpStreamIsWriteable(tp)) return;
  tp.noSpace = false;
  if (sock.wq.active) wakeUpPoll(tp.kernel, sock.wq, POLLOUT | POLLWRNORM);
}
