/** RTM_NEWLINKPROP and RTM_DELLINKPROP: other names of a device. */
import { EINVAL, ENODEV, type Net } from '@linnet/kernel';
import { devGetByIndex, netdevAltNameAdd, netdevAltNameRemove, type NetDevice, netdevStateChange } from '@linnet/netdev';
import { IFINFOMSG_LEN, IFLA_ALT_IFNAME, IFLA_IFNAME, IFLA_MAX, IFLA_PROP_LIST, nlaGetString, nlaLen, nlaNext, nlaOk, nlaType } from '@linnet/uapi';
import { NL_VALIDATE_LIBERAL, NL_VALIDATE_STRICT, nlaParseNestedPolicy, nlmsgParse } from './nla-policy.ts';
import type { NlRequest } from './request.ts';
import { ifinfomsg, rtnlDevByName } from './rtnl-link-req.ts';
import { IFLA_POLICY } from './rtnl-link-policy.ts';

/** Adds or removes all names of the list, in order; what went before a failure stays, untold (rtnl_linkprop). */
function linkprop(net: Net, req: NlRequest, change: (dev: NetDevice, name: string) => number): number {
  const tb = new Int32Array(IFLA_MAX + 1);
  let err = nlmsgParse(req, IFINFOMSG_LEN, tb, IFLA_POLICY, NL_VALIDATE_STRICT);
  if (err < 0) return err;
  const { index } = ifinfomsg(req);
  let dev: NetDevice | null;
  if (index > 0) dev = devGetByIndex(net, index);
  else if (tb[IFLA_IFNAME] !== 0 || tb[IFLA_ALT_IFNAME] !== 0) dev = rtnlDevByName(net, req, tb);
  else return -EINVAL;
  if (dev === null) return -ENODEV;
  const list = tb[IFLA_PROP_LIST]!;
  if (list === 0) return 0;
  const { view } = req;
  const inner = new Int32Array(IFLA_MAX + 1);
  err = nlaParseNestedPolicy(req, list, inner, IFLA_POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  let changed = false;
  const end = list + 4 + nlaLen(view, list);
  for (let at = list + 4; nlaOk(view, at, end - at); at = nlaNext(view, at)) {
    if (nlaType(view, at) !== IFLA_ALT_IFNAME) continue;
    err = change(dev, nlaGetString(view, at));
    if (err < 0) return err;
    changed = true;
  }
  if (changed) netdevStateChange(dev);
  return 0;
}

/** RTM_NEWLINKPROP. */
export function rtnlNewlinkprop(net: Net, req: NlRequest): number {
  return linkprop(net, req, netdevAltNameAdd);
}

/** RTM_DELLINKPROP. */
export function rtnlDellinkprop(net: Net, req: NlRequest): number {
  return linkprop(net, req, netdevAltNameRemove);
}
