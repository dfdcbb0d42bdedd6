/** How far the path reorders: RACK opens its window once it was seen (RFC 8985 section 6.2 step 3), and DupThresh follows the distance. */
import { before } from '@linnet/uapi';
import { TCP_MAX_REORDERING } from './tcp-const.ts';
import { TcpExtTCPSACKReorder } from './tcp-mib.ts';
import { netInc } from './tcp-net.ts';
import type { TcpSock } from './tcp-sock.ts';

/** DupThresh is to be at least `segs` from now on; tcp_max_reordering bounds it. */
export function reorderingAtLeast(tp: TcpSock, segs: number): void {
  if (segs > tp.reordering) tp.reordering = Math.max(tp.reordering, Math.min(segs, tp.tn.maxReordering, TCP_MAX_REORDERING));
}

/** RACK_detect_reordering: data at `seq`, sent once, arrived after data that ends at `high`. Nothing when `seq` is not below. */
export function reorderingSeen(tp: TcpSock, seq: number, high: number): void {
  if (!before(seq, high)) return;
  tp.reordSeen++;
  netInc(tp.tn, TcpExtTCPSACKReorder);
  if (tp.mssCache > 0) reorderingAtLeast(tp, Math.ceil(((high - seq) | 0) / tp.mssCache));
}
