/**
 * What TCP keeps in an skb's scratch fields while it holds it (struct tcp_skb_cb).
 * `cb0..cb2` mean the same in both directions; the rest depends on whether the skb is to be sent or was received.
 */
import type { Skb } from '@linnet/skbuff';

/*
 * cb0   first sequence number
 * cb1   the sequence number after the last; SYN and FIN count one
 * cb2   header flags (TCPHDR_*)
 *       sent                                                      received
 * cb3   marks of the scoreboard (SB_*)
 * cb4   its place in the order of transmissions                   the acknowledgment number
 * cb5   when it left last, in microseconds (int32, wraps)         1 when it carried a timestamp
 * cb6   segments that it stands for, 0 while that is not known    segments merged by GRO
 * cb7   payload bytes of each segment when there are several
 * cb8   delivered count when sent
 * cb9   slot in the ring of sent skbs, -1: none
 * cb10  1 when MSG_EOR closed it                                  the IP header's DS field
 * cb11  when that had been delivered, in microseconds              the header length
 * cbTime  the start of the send interval that it ends, in microseconds
 */

/** Marks of the scoreboard: the segment is SACKed. */
export const SB_SACKED = 0x01;
/** It was sent again, and that copy is under way. */
export const SB_REXMIT = 0x02;
/** It counts as lost. */
export const SB_LOST = 0x04;
/** It was sent again at some time: its round trip is no sample (RFC 6298 section 3, Karn). */
export const SB_EVER_REXMIT = 0x08;
/** It left while the application, not the network, kept the sender from sending more. */
export const SB_APP_LIMITED = 0x10;

/** Sets the range and the flags of a segment. */
export function tcbInit(skb: Skb, seq: number, endSeq: number, flags: number): void {
  skb.cb0 = seq;
  skb.cb1 = endSeq;
  skb.cb2 = flags;
  skb.cb3 = 0;
  skb.cb4 = 0;
  skb.cb5 = 0;
  skb.cb6 = 0;
  skb.cb7 = 0;
  skb.cb8 = 0;
  skb.cb9 = -1;
  skb.cb10 = 0;
  skb.cb11 = 0;
}
