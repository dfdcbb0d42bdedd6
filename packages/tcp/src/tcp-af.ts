/** Which of the two versions of IP a connection talks. */
import type { InetAf } from '@linnet/inet';
import { SKB_GSO_TCPV4, SKB_GSO_TCPV6 } from '@linnet/skbuff';
import { AF_INET } from '@linnet/uapi';
import type { TcpSock } from './tcp-sock.ts';

/** From now on the connection's packets are those of `af`: another than its socket's only for IPv4-mapped addresses. */
export function tcpSetAf(tp: TcpSock, af: InetAf): void {
  tp.af = af;
  tp.gsoType = af.family === AF_INET ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
}
