/** A dump of PF_UNSPEC: that of every family, one after the other. */
import type { Net } from '@linnet/kernel';
import { AF_PACKET, type NlWriter } from '@linnet/uapi';
import { NETLINK } from './netlink-table.ts';
import type { NlDump, NlRequest } from './request.ts';

/** Dumps what all families have of the request's type, in order of family (rtnl_dump_all). @alpha */
export function rtnlDumpAll(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  const { rtnl } = net.kernel.get(NETLINK);
  const families = Array.from(rtnl.keys()).sort((a, b) => a - b);
  for (const family of families) {
    if (family === 0 || family === AF_PACKET || family < cb.family) continue;
    const dumpit = rtnl.get(family)?.get(req.type)?.dumpit;
    if (dumpit === undefined) continue;
    if (family > cb.family) {
      cb.family = family;
      cb.i = cb.j = cb.k = cb.l = 0;
      cb.data = null;
      cb.seq = cb.prevSeq = 0;
    }
    const ret = dumpit(net, req, w, cb);
    if (ret < 0) return ret;
  }
  return 0;
}
