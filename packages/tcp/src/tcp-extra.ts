/** What few connections have: signatures, MTU probing, repair. One field of the socket holds it all, so that all others pay for one test. */
import type { TcpMd5Key } from './tcp-md5.ts';
import type { TcpMtuProbe } from './tcp-mtu-probe.ts';
import type { TcpRepair } from './tcp-repair.ts';
import type { TcpSock } from './tcp-sock.ts';

/** See TcpSock.extra. @alpha */
export class TcpExtra {
  /** Keys of MD5 signatures (RFC 2385). */
  readonly md5: TcpMd5Key[] = [];
  /** The search for the path's MTU (RFC 4821), while there is one. */
  probe: TcpMtuProbe | null = null;
  /** Repair mode, while it is on. */
  repair: TcpRepair | null = null;
}

/** The socket's extra state, made when it is first needed. */
export function tcpExtra(tp: TcpSock): TcpExtra {
  return (tp.extra ??= new TcpExtra());
}

/** Is the socket in repair mode? */
export function tcpInRepair(tp: TcpSock): boolean {
  return tp.extra !== null && tp.extra.repair !== null;
}
