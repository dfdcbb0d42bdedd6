/** Sending again what the path was too narrow for (RFC 1191; tcp_simple_retransmit). */
import type { Skb } from '@linnet/skbuff';
import { TCP_CA_Loss } from '@linnet/uapi';
import { tcpCurrentSsthresh, tcpSetCaState } from './tcp-cong.ts';
import { sbLost } from './tcp-scoreboard.ts';
import { tcpXmitRetransmitQueue } from './tcp-retransmit.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpCurrentMss } from './tcp-mss.ts';

/** Marks everything outstanding that no longer fits a packet as lost, without blaming congestion, and sends it. */
export function tcpSimpleRetransmit(tp: TcpSock): void {
  const mss = tcpCurrentMss(tp);
  for (let skb: Skb | null = tp.rtxQueue.head; skb !== null; skb = skb.next) {
    const segSize = skb.cb6 > 1 ? skb.cb7 : skb.len;
    if (segSize > mss) sbLost(tp, skb);
  }
  if (tp.lostOut === 0) return;
  tp.nextLost = null;
  if (tp.caState !== TCP_CA_Loss) {
    tp.recoveryPoint = tp.sndNxt;
    tp.sndSsthresh = tcpCurrentSsthresh(tp);
    tp.ssthreshPrev = 0;
    tp.undoable = false;
    tcpSetCaState(tp, TCP_CA_Loss);
  }
  tcpXmitRetransmitQueue(tp);
}
