/** Which addresses a socket may take as its own (inet_can_nonlocal_bind and its likes). */
import { INADDR_ANY, RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST } from '@linnet/uapi';
import type { InetSock } from '@linnet/inet';
import { devGetByIndex } from '@linnet/netdev';
import { inetAddrType, inetAddrTypeDevTable } from './fib-addr-type.ts';
import type { Ipv4Net } from './ipv4-net.ts';

/** May the socket take addresses that are not this machine's: IP_FREEBIND, IP_TRANSPARENT, ip_nonlocal_bind? @alpha */
export function inetCanNonlocalBind(ip: Ipv4Net, sk: InetSock): boolean {
  return ip.sysctlIpNonlocalBind !== 0 || sk.freebind || sk.transparent;
}

/** What an address is (RTN_*) to this socket: in a VRF that it is bound to, what the VRF's own table says. @alpha */
export function inetBindAddrType(ip: Ipv4Net, sk: InetSock, addr: number): number {
  const dev = sk.boundDevIf === 0 ? null : devGetByIndex(sk.net, sk.boundDevIf);
  return dev === null ? inetAddrType(sk.net, addr) : inetAddrTypeDevTable(ip, dev, addr);
}

/** May the socket bind to an address of this type (RTN_*)? (inet_addr_valid_or_nonlocal) @alpha */
export function inetAddrValidOrNonlocal(ip: Ipv4Net, sk: InetSock, addr: number, type: number): boolean {
  return addr === INADDR_ANY || type === RTN_LOCAL || type === RTN_MULTICAST || type === RTN_BROADCAST || inetCanNonlocalBind(ip, sk);
}
