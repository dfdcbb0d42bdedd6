/** What recvmsg tells of a packet besides its bytes: when it came in, its mark and priority, how many were lost before it (socket(7)). */
import type { Skb } from '@linnet/skbuff';
import {
  SO_MARK, SO_PRIORITY, SO_RXQ_OVFL, SO_TIMESTAMP_NEW, SO_TIMESTAMP_OLD, SO_TIMESTAMPING_NEW, SO_TIMESTAMPING_OLD, SO_TIMESTAMPNS_NEW, SO_TIMESTAMPNS_OLD, SOF_TIMESTAMPING_SOFTWARE,
  SOL_SOCKET,
} from '@linnet/uapi';
import { putCmsg, type MsgHdr } from './msg.ts';
import { SOCK_RCVMARK, SOCK_RCVPRIORITY, SOCK_RCVTSTAMPNS, SOCK_RXQ_OVFL, SOCK_TSTAMP_NEW, sockFlag, sockWantsCmsgs, sockWantsTimestamp, SOCK_RCVTSTAMP, type Sock } from './sock.ts';

/** Seconds and `unit`-ths of nanoseconds, 64 bits each. */
function putTime(view: DataView, at: number, ns: number, unit: number): void {
  const sec = Math.floor(ns / 1e9);
  view.setUint32(at, sec % 0x100000000, true);
  view.setUint32(at + 4, Math.floor(sec / 0x100000000), true);
  view.setUint32(at + 8, Math.floor((ns - sec * 1e9) / unit), true);
}

/** Adds the time of a received packet to a message whose socket wants it: a timeval, a timespec or the three timespecs of SO_TIMESTAMPING (sock_recv_timestamp). @alpha */
export function putRecvTimestamp(sk: Sock, msg: MsgHdr, skb: Skb): void {
  if (!sockWantsTimestamp(sk)) return;
  const ns = skb.tstamp > 0 ? skb.tstamp : sk.kernel.wallNow();
  const fresh = sockFlag(sk, SOCK_TSTAMP_NEW);
  if (sockFlag(sk, SOCK_RCVTSTAMP | SOCK_RCVTSTAMPNS)) {
    const nano = sockFlag(sk, SOCK_RCVTSTAMPNS);
    const data = new Uint8Array(16);
    putTime(new DataView(data.buffer), 0, ns, nano ? 1 : 1000);
    const type = nano ? (fresh ? SO_TIMESTAMPNS_NEW : SO_TIMESTAMPNS_OLD) : fresh ? SO_TIMESTAMP_NEW : SO_TIMESTAMP_OLD;
    putCmsg(msg, SOL_SOCKET, type, data);
  }
  if (sk.rare !== null && (sk.rare.tsflags & SOF_TIMESTAMPING_SOFTWARE) !== 0 && skb.tstamp > 0) {
    const data = new Uint8Array(48);
    putTime(new DataView(data.buffer), 0, ns, 1);
    putCmsg(msg, SOL_SOCKET, fresh ? SO_TIMESTAMPING_NEW : SO_TIMESTAMPING_OLD, data);
  }
}

function putInt(msg: MsgHdr, type: number, n: number): void {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setInt32(0, n, true);
  putCmsg(msg, SOL_SOCKET, type, data);
}

/** Adds everything that the socket asked to be told of each packet (sock_recv_cmsgs). `skb.cb11` is what {@link sockNoteDrops} put there. @alpha */
export function sockRecvCmsgs(sk: Sock, msg: MsgHdr, skb: Skb): void {
  if (sk.timestamping && skb.tstamp > 0) sk.stamp = skb.tstamp;
  if (!sockWantsCmsgs(sk)) return;
  putRecvTimestamp(sk, msg, skb);
  if (sockFlag(sk, SOCK_RXQ_OVFL) && skb.cb11 !== 0) putInt(msg, SO_RXQ_OVFL, skb.cb11);
  if (sockFlag(sk, SOCK_RCVMARK)) putInt(msg, SO_MARK, skb.mark);
  if (sockFlag(sk, SOCK_RCVPRIORITY)) putInt(msg, SO_PRIORITY, skb.priority);
}

/** Notes on a packet that is about to be queued how many were dropped so far (sock_skb_set_dropcount): `cb11` belongs to the socket layer from then on. @alpha */
export function sockNoteDrops(sk: Sock, skb: Skb): void {
  skb.cb11 = sockFlag(sk, SOCK_RXQ_OVFL) ? sk.drops : 0;
}
