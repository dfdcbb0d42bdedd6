/** When a packet came in, for SO_TIMESTAMP and SO_TIMESTAMPNS (sock_recv_timestamp, socket(7)). */
import { putCmsg, SOCK_RCVTSTAMPNS, sockFlag, sockWantsTimestamp } from '@linnet/socket';
import type { MsgHdr, Sock } from '@linnet/socket';
import { SO_TIMESTAMPNS_OLD, SO_TIMESTAMP_OLD, SOL_SOCKET } from '@linnet/uapi';
import type { Skb } from '@linnet/skbuff';

/** Adds the time of a received packet to a message whose socket wants it: a timeval, or a timespec. @alpha */
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
