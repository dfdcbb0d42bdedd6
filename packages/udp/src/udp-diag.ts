/** UDP's part in sock_diag: what `ss -u` shows, and its `-K` (udp_diag.c). */
// datapath-ok-file: requests
import { ESTALE, type Key, type Net } from '@linnet/kernel';
import { EHASH_SOCK, type InetDiagFound, type InetDiagHandler, type InetDiagReq, inetDiagAddr4, inetDiagIsV4, inetDiagSock, inetDiagWantsState } from '@linnet/inet';
import { AF_INET6 } from '@linnet/uapi';
import { udp4LibLookup, udp6LibLookup } from './udp-lookup.ts';
import type { UdpNet } from './udp-net.ts';
import type { UdpSock } from './udp-sock.ts';

/** A datagram from where to where finds the socket: a lookup names the sender's side first, an order to close names our own. */
function lookup(u: UdpNet, r: InetDiagReq, destroy: boolean): InetDiagFound | null {
  const [from, fromPort, to, toPort] = destroy ? [r.dst, r.dport, r.src, r.sport] : [r.src, r.sport, r.dst, r.dport];
  if (inetDiagIsV4(r)) return inetDiagSock(udp4LibLookup(u, inetDiagAddr4(r, from), fromPort, inetDiagAddr4(r, to), toPort, r.ifindex));
  return r.family === AF_INET6 ? inetDiagSock(udp6LibLookup(u, from, fromPort, to, toPort, r.ifindex)) : null;
}

/** UDP's answers for the namespaces of a kernel. @alpha */
export function makeUdpDiag(key: Key<UdpNet>, protocol: number): InetDiagHandler {
  return {
    protocol,
    badCookie: ESTALE,
    forEach(net: Net, r, fn) {
      for (const sk of net.get(key)) if (inetDiagWantsState(r, sk.state)) fn(EHASH_SOCK, sk);
    },
    lookup: (net, r, destroy) => lookup(net.get(key), r, destroy),
    getInfo(sk, out) {
      out.rqueue = sk.rmemAlloc;
      out.wqueue = sk.wmemAlloc;
    },
    destroy(found, err) {
      const sk = found.owner as UdpSock;
      sk.err = err;
      sk.errorReport(sk);
      sk.prot.disconnect(sk, 0);
      return 0;
    },
  };
}
