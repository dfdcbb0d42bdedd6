/** sock_diag for raw sockets of both families (raw_diag.c). Their tables are the families'. */
// datapath-ok-file: requests
import { defineKey, ENOENT, type Key, type Net } from '@linnet/kernel';
import { AF_INET, AF_INET6, IPPROTO_RAW, TCP_CLOSE } from '@linnet/uapi';
import { EHASH_SOCK } from './inet-hashtables.ts';
import { inetDiagSock, type InetDiagFound, type InetDiagHandler, type InetDiagReq, inetDiagWantsState } from './inet-diag.ts';
import type { InetSock } from './inet-sock.ts';

/** Lists of the raw sockets of a namespace, one a family. */
export const RAW_DIAG: Key<(() => Iterable<InetSock>)[]> = defineKey<(() => Iterable<InetSock>)[]>('raw diag');

/** A family has raw sockets in this namespace: `list` gives them all. @alpha */
export function rawDiagAdd(net: Net, list: () => Iterable<InetSock>): void {
  net.get(RAW_DIAG).push(list);
}

function forEach(net: Net, r: InetDiagReq, fn: (sk: InetSock) => void): void {
  for (const list of net.get(RAW_DIAG)) for (const sk of list()) if (inetDiagWantsState(r, sk.state === 0 ? TCP_CLOSE : sk.state)) fn(sk);
}

const same = (a: Int32Array | null, b: Int32Array): boolean => a === null || (a[0] === 0 && a[1] === 0 && a[2] === 0 && a[3] === 0) || (a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3]);

/** Would the sock receive from `r.dst` to `r.src`? (raw_v4_match, raw_v6_match) */
function matches(sk: InetSock, r: InetDiagReq): boolean {
  if (sk.family !== r.family || sk.num !== r.rawProtocol) return false;
  if (sk.boundDevIf !== 0 && sk.boundDevIf !== r.ifindex) return false;
  if (r.family === AF_INET) return (sk.daddr === 0 || sk.daddr === r.dst[0]) && (sk.rcvSaddr === 0 || sk.rcvSaddr === r.src[0]);
  return r.family === AF_INET6 && same(sk.v6Daddr, r.dst) && same(sk.v6RcvSaddr, r.src);
}

/** The handler of protocol 255: `ss -w`. */
export const RAW_DIAG_HANDLER: InetDiagHandler = {
  protocol: IPPROTO_RAW,
  badCookie: ENOENT,
  forEach: (net, r, fn) => forEach(net, r, (sk) => fn(EHASH_SOCK, sk)),
  lookup(net, r): InetDiagFound | null {
    for (const list of net.get(RAW_DIAG)) for (const sk of list()) if (matches(sk, r)) return inetDiagSock(sk);
    return null;
  },
  getInfo(sk, out) {
    out.rqueue = sk.rmemAlloc;
    out.wqueue = sk.wmemAlloc;
  },
  destroy(found, err) {
    const sk = found.owner as InetSock;
    sk.err = err;
    sk.errorReport(sk);
    sk.prot.disconnect(sk, 0);
    return 0;
  },
};
