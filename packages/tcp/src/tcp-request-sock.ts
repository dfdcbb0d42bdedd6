/** A connection before its handshake has ended. */
import { type InetAf, RequestSock } from '@linnet/inet';
import type { DstEntry } from '@linnet/netdev';
import type { TcpNet } from './tcp-net.ts';
import type { TcpSock } from './tcp-sock.ts';

/** A TCP connection request (struct tcp_request_sock). @alpha */
export class TcpRequestSock extends RequestSock {
  readonly tn: TcpNet;
  rcvIsn = 0;
  sntIsn = 0;
  rcvNxt = 0;
  tsOff = 0;
  tsRecent = 0;
  rcvWnd = 0;
  windowClamp = 0;
  sndWscale = 0;
  rcvWscale = 0;
  wscaleOk = false;
  tstampOk = false;
  sackOk = false;
  ecnOk = false;
  /** jiffies of the last ACK for a segment that did not fit. */
  lastOowAckTime = 0;
  /** When the first SYN-ACK left, in microseconds: its round trip is the first sample. */
  sntSynack = 0;
  /** Nothing is kept of it: its SYN-ACK is a cookie. */
  isCookie = false;
  /** The Fast Open option of the SYN-ACK: null none. */
  foCookie: Uint8Array | null = null;
  foExp = false;
  dst: DstEntry | null = null;

  constructor(listener: TcpSock, af: InetAf, onTimer: (req: RequestSock) => void) {
    super(listener, af, onTimer);
    this.tn = listener.tn;
  }
}
