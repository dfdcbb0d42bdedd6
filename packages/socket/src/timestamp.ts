/** When a packet came in, for SO_TIMESTAMP and SO_TIMESTAMPNS (socket(7)). */
import type { Skb } from '@linnet/skbuff';
import { SO_TIMESTAMP_OLD, SO_TIMESTAMPNS_OLD, SOL_SOCKET } from '@linnet/uapi';
import { putCmsg, type MsgHdr } from './msg.ts';
import { SOCK_RCVTSTAMPNS, sockFlag, sockWantsTimestamp, type Sock } from './sock.ts';

/** Adds the time of a received packet to a message whose socket wants it: a timeval, or a timespec (sock_recv_timestamp). @alpha */
export function putRecvTimestamp(sk: Sock, msg: MsgHdr, skb: Skb): void {
  if (!sockWantsTimestamp(sk)) return;
  const ns = skb.tstamp > 0 ? skb.tstamp : sk.kernel.wallNow();
  const nano = sockFlag(sk, SOCK_RCVTSTAMPNS);
  const data = new Uint8Array(16);
  const view = new DataView(data.buffer);
  const sec = Math.floor(ns / 1e9);
  view.setUint32(0, sec % 0x100000000, true);
  view.setUint32(4, Math.floor(sec / 0x100000000), true);
  view.setUint32(8, Math.floor((ns - sec * 1e9) / (nano ? 1 : 1000)), true);
  putCmsg(msg, SOL_SOCKET, nano ? SO_TIMESTAMPNS_OLD : SO_TIMESTAMP_OLD, data);
}
