/** What a socket keeps for TCP Fast Open, once it has to do with it. */
import type { MsgHdr } from '@linnet/socket';
import type { TcpRequestSock } from './tcp-request-sock.ts';
import type { TcpSock } from './tcp-sock.ts';
import type { TfoKeys } from './tcp-fastopen-option.ts';

/** See TcpSock.tfo. @alpha */
export class TcpFastopen {
  // Options
  /** TCP_FASTOPEN_CONNECT. */
  connect = false;
  /** TCP_FASTOPEN_NO_COOKIE. */
  noCookie = false;
  /** TCP_FASTOPEN of a listener: how many connections may wait in SYN-RECEIVED; 0: none, the listener is a plain one. */
  maxQlen = 0;
  /** TCP_FASTOPEN_KEY, or null for the namespace's. */
  keys: TfoKeys | null = null;

  // A client's connect
  /** Fast Open was asked for. */
  wanted = false;
  /** A SYN is under way that was sent for data. */
  sending = false;
  /** During the call: what is to be sent. */
  msg: MsgHdr | null = null;
  size = 0;
  copied = 0;
  /** The option of the next SYN: null none, empty a request. */
  cookie: Uint8Array | null = null;
  exp = false;
  /** The SYN asked for a cookie. */
  requested = false;
  /** It was sent more than once. */
  again = false;
  /** It had data, and all of that was acknowledged with it. Of a server's connection: the data was taken. */
  synData = false;
  acked = false;

  // A listener's connections
  /** Those that are in SYN-RECEIVED. */
  qlen = 0;
  /** A connection whose handshake has not ended: what its SYN-ACK is made from, and the listener that counts it. */
  req: TcpRequestSock | null = null;
  /** It began as one. */
  child = false;
}

/** The record of a socket, made when there is none. */
export function tcpfo(tp: TcpSock): TcpFastopen {
  tp.tfo ??= new TcpFastopen();
  return tp.tfo;
}

/** A connection is past its handshake, or over: its listener may take another. */
export function tfoRelease(tp: TcpSock): void {
  const { tfo } = tp;
  const req = tfo?.req;
  if (tfo === null || req === null || req === undefined) return;
  tfo.req = null;
  const listener = (req.listener as TcpSock).tfo;
  if (listener !== null && listener.qlen > 0) listener.qlen--;
}

/** The SYN is sent again: plainly, in case the option or the data was what kept it from arriving (RFC 7413 section 4.1.3.1). */
export function tfoSynAgain(tp: TcpSock): void {
  const { tfo } = tp;
  if (tfo === null) return;
  tfo.cookie = null;
  tfo.again = true;
}
