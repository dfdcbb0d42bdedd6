/** Sockets of AF_INET6 that become sockets of AF_INET (RFC 3493's IPV6_ADDRFORM, ipv6(7)). */
import { ENOPROTOOPT } from '@linnet/kernel';
import { INET, INET_VERSION_4, inetFindProtosw } from '@linnet/inet';
import type { InetSock } from '@linnet/inet';
import { AF_INET, SOCK_STREAM } from '@linnet/uapi';
import { inetDgramOps, inetStreamOps } from './af-inet.ts';

/** Makes an AF_INET6 socket whose packets are IPv4's one of AF_INET: `InetAf.adopt`. 0, or -ENOPROTOOPT when IPv4 has no sockets of its kind. @alpha */
export function inetAdopt(sk: InetSock): number {
  const inet = sk.kernel.get(INET);
  const kind = inetFindProtosw(inet.protosw, sk.type, sk.protocol);
  if (typeof kind === 'number') return -ENOPROTOOPT;
  sk.family = AF_INET;
  sk.homeAf = inet.af(AF_INET)!;
  sk.af = sk.homeAf;
  sk.prot = kind.prot;
  sk.versions = INET_VERSION_4;
  sk.v6RcvSaddr = null;
  sk.v6Saddr = null;
  sk.v6Daddr = null;
  sk.pinet6 = null;
  if (sk.socket !== null) sk.socket.ops = sk.type === SOCK_STREAM ? inetStreamOps : inetDgramOps;
  return 0;
}
