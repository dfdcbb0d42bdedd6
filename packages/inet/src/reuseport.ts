/** Who shares an address with SO_REUSEPORT (socket(7)). */
import { ipv6AddrEqual } from '@linnet/uapi';
import type { InetSock } from './inet-sock.ts';

/** Do two socks that both said SO_REUSEPORT have the very same port, address and device, and the same owner? @alpha */
export function inetSharesPort(a: InetSock, b: InetSock): boolean {
  if (a === b || !a.reuseport || !b.reuseport || a.num !== b.num || a.uid !== b.uid || a.boundDevIf !== b.boundDevIf || a.versions !== b.versions || a.rcvSaddr !== b.rcvSaddr) return false;
  const x = a.v6RcvSaddr;
  const y = b.v6RcvSaddr;
  return x === null || y === null ? x === y : ipv6AddrEqual(x, y);
}
