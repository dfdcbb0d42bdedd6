/** IPv4's part of link messages, IFLA_AF_SPEC / AF_INET: the settings of the device (inet_fill_link_af, inet_set_link_af). */
// datapath-ok-file: messages
import { EAFNOSUPPORT, EINVAL, ENODATA, type Kernel } from '@linnet/kernel';
import type { NetDevice } from '@linnet/netdev';
import { type NlRequest, rtnlAfRegister } from '@linnet/netlink';
import { AF_INET, IFLA_INET_CONF, IPV4_DEVCONF_MAX, nlaFind, nlaForEachNested, nlaGetU32, nlaLen, nlaType, type NlWriter } from '@linnet/uapi';
import { inDevGet } from './in-device.ts';

function fill(w: NlWriter, dev: NetDevice): number {
  const inDev = inDevGet(dev);
  if (inDev === null) return -ENODATA;
  const { data } = inDev.cnf;
  const u8 = new Uint8Array(IPV4_DEVCONF_MAX * 4);
  const view = new DataView(u8.buffer);
  for (let id = 1; id <= IPV4_DEVCONF_MAX; id++) view.setInt32((id - 1) * 4, data[id]!, true);
  w.putBytes(IFLA_INET_CONF, u8);
  return 0;
}

/** The nest of settings, each an attribute of its number; 0 when it is not there. */
function confOf(req: NlRequest, nla: number): number {
  return nlaFind(req.view, nla + 4, nlaLen(req.view, nla), IFLA_INET_CONF);
}

function validate(dev: NetDevice | null, nla: number, req: NlRequest): number {
  if (dev !== null && inDevGet(dev) === null) return -EAFNOSUPPORT;
  const conf = confOf(req, nla);
  let err = 0;
  if (conf !== 0) {
    nlaForEachNested(req.view, conf, (at) => {
      const id = nlaType(req.view, at);
      if (nlaLen(req.view, at) < 4 || id < 1 || id > IPV4_DEVCONF_MAX) err = -EINVAL;
    });
  }
  return err;
}

function set(dev: NetDevice, nla: number, req: NlRequest): number {
  const inDev = inDevGet(dev);
  if (inDev === null) return -EAFNOSUPPORT;
  const conf = confOf(req, nla);
  if (conf !== 0) {
    nlaForEachNested(req.view, conf, (at) => {
      const id = nlaType(req.view, at);
      inDev.cnf.data[id] = nlaGetU32(req.view, at);
      inDev.cnf.state[id] = 1;
    });
  }
  return 0;
}

/** Makes it known. @alpha */
export function linkAfInit(k: Kernel): void {
  rtnlAfRegister(k, { family: AF_INET, fillLinkAf: (w, dev) => fill(w, dev), validateLinkAf: validate, setLinkAf: set });
}
