/** The size of the send buffer: room for two windows, in the memory that their segments take. */
import { TCP_INIT_CWND } from './tcp-const.ts';
import type { TcpSock } from './tcp-sock.ts';

/** What a segment of the send buffer is reckoned at: a power of two with room for this much beside the payload, and this much for the packet itself. Found by asking Linux 6.18 for SO_SNDBUF at many MTUs. */
const SEND_HEADROOM = 512;
const SEND_PACKET = 256;

/** Sees to a send buffer of two windows; tcp_wmem bounds it. */
export function sndbufGrow(tp: TcpSock): void {
  const per = (1 << (32 - Math.clz32(Math.max(tp.mssClamp, tp.mssCache) + SEND_HEADROOM - 1))) + SEND_PACKET;
  const segs = Math.max(TCP_INIT_CWND, tp.sndCwnd, tp.reordering + 1);
  const want = 2 * segs * per;
  if (tp.sndbuf < want) tp.sndbuf = Math.min(want, tp.tn.wmemMax);
}
