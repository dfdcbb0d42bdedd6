/**
 * F-RTO: was the timeout spurious, so that the originals are only late? (RFC 5682 section 3.1, and 2.1 without SACK)
 *
 *   timeout --> AWAIT_FIRST --- SND.UNA advances below RecoveryPoint: new data goes, nothing again ---> AWAIT_SECOND
 *                    |   \                                                                               |    |
 *                    |    '--- no new data, or all acknowledged --> OFF (conventional) <--- SACK or duplicate |
 *                    '------ data below RecoveryPoint delivered that was sent once: spurious ------------'
 */
import { after, before } from '@linnet/uapi';
import { type AckNews, SEND_NEW } from './tcp-ack-news.ts';
import type { TcpSock } from './tcp-sock.ts';
import { tcpWndEnd } from './tcp-window.ts';

/** Not in use. */
export const FRTO_OFF = 0;
/** Step 2: the first segment was sent again. */
export const FRTO_AWAIT_FIRST = 1;
/** Step 3: new data was sent. */
export const FRTO_AWAIT_SECOND = 2;

/** An ACK after a timeout. True: that was spurious. May ask for new data instead of retransmissions. */
export function frtoAck(tp: TcpSock, dupAcks: number, news: AckNews): boolean {
  if (tp.frto === FRTO_OFF) return false;
  if (news.original) return true;
  if (tp.frto === FRTO_AWAIT_SECOND) {
    // What is new arrives and what is old does not: that is lost (step 3a).
    if (news.sackedSegs > 0 || dupAcks > 0) tp.frto = FRTO_OFF;
  } else if (news.advanced && before(tp.sndUna, tp.recoveryPoint)) {
    if (tp.writeQueue.head !== null && after(tcpWndEnd(tp), tp.sndNxt)) {
      tp.frto = FRTO_AWAIT_SECOND;
      news.send = SEND_NEW;
    } else {
      tp.frto = FRTO_OFF;
    }
  }
  return false;
}
