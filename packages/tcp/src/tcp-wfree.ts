/** What happens when a packet of ours has left: the first half of TCP small queues (tcp-tsq.ts is the other). */
import { taskletSchedule } from '@linnet/kernel';
import type { Skb } from '@linnet/skbuff';
import { TSQ_QUEUED, TSQ_THROTTLED } from './tcp-const.ts';
import type { TcpSock } from './tcp-sock.ts';

/** The destructor of what TCP sends (tcp_wfree): the packet has left this host, so the socket may send more. */
export function tcpWfree(skb: Skb): void {
  const tp = skb.sk as TcpSock;
  tp.wmemAlloc -= skb.truesize;
  if (tp.tsqFlags !== TSQ_THROTTLED) return;
  tp.tsqFlags = TSQ_THROTTLED | TSQ_QUEUED;
  const tk = tp.tk;
  tp.tsqNext = null;
  if (tk.tsqTail === null) tk.tsqHead = tp;
  else tk.tsqTail.tsqNext = tp;
  tk.tsqTail = tp;
  taskletSchedule(tp.kernel, tk.tsqTasklet);
}
