/** What all link requests share: the fixed part, and the device that is named. */
import type { Net } from '@linnet/kernel';
import { devGetByName, type NetDevice } from '@linnet/netdev';
import { type Ifinfomsg, ifinfomsgRead, IFLA_ALT_IFNAME, IFLA_IFNAME, nlaGetString } from '@linnet/uapi';
import type { NlRequest } from './request.ts';

/** The device that a request names by IFLA_IFNAME or IFLA_ALT_IFNAME, or null. */
export function rtnlDevByName(net: Net, req: NlRequest, tb: Int32Array): NetDevice | null {
  const nla = tb[IFLA_IFNAME] !== 0 ? tb[IFLA_IFNAME]! : tb[IFLA_ALT_IFNAME]!;
  return nla === 0 ? null : devGetByName(net, nlaGetString(req.view, nla));
}

/** The fixed part of a link request, after {@link nlmsgParse} found it there. */
export function ifinfomsg(req: NlRequest): Ifinfomsg {
  return ifinfomsgRead(req.view, req.data);
}
