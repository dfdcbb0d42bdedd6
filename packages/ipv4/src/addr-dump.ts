/** What requests to dump addresses and groups may ask (inet_valid_dump_ifaddr_req). */
// datapath-ok-file: messages
import { EINVAL, ENODEV } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import { devGetByIndex, forEachNetdev } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { getNetNsById, NLA_S32, NLA_STRING, NLA_U32, NLA_U8, NLA_UNSPEC, NL_VALIDATE_DEPRECATED_STRICT, nlmsgParse, nlSetErrMsg } from '@linnet/netlink';
import type { NlaPolicyTable, NlDump, NlRequest } from '@linnet/netlink';
import {
  IFADDRMSG_LEN, IFA_ADDRESS, IFA_BROADCAST, IFA_CACHEINFO, IFA_FLAGS, IFA_LABEL, IFA_LOCAL, IFA_MAX, IFA_PROTO, IFA_RT_PRIORITY, IFA_TARGET_NETNSID, ifaddrmsgRead, IFNAMSIZ, nlaGetS32,
  NLM_F_DUMP_FILTERED,
} from '@linnet/uapi';

/** What the attributes of addresses may be (ifa_ipv4_policy). @alpha */
export const ADDR_POLICY: NlaPolicyTable = Object.freeze({
  maxtype: IFA_MAX,
  rules: {
    [IFA_LOCAL]: { type: NLA_U32 },
    [IFA_ADDRESS]: { type: NLA_U32 },
    [IFA_BROADCAST]: { type: NLA_U32 },
    [IFA_LABEL]: { type: NLA_STRING, len: IFNAMSIZ - 1 },
    [IFA_CACHEINFO]: { type: NLA_UNSPEC, len: 16 },
    [IFA_FLAGS]: { type: NLA_U32 },
    [IFA_RT_PRIORITY]: { type: NLA_U32 },
    [IFA_TARGET_NETNSID]: { type: NLA_S32 },
    [IFA_PROTO]: { type: NLA_U8 },
  },
});

/** The devices whose addresses are wanted, by index, and the number by which the caller knows their namespace, or -1. @alpha */
export interface AddrDump {
  readonly devs: readonly NetDevice[];
  readonly nsid: number;
}

function refuse(req: NlRequest, message: string): number {
  nlSetErrMsg(req.extack, message);
  return -EINVAL;
}

/** Reads a request; its errno and message when it is refused. @alpha */
export function addrDump(net: Net, req: NlRequest, cb: NlDump): AddrDump | number {
  let tgt = net;
  let nsid = -1;
  const devs: NetDevice[] = [];
  if (req.strict) {
    if (req.end - req.data < IFADDRMSG_LEN) return refuse(req, 'ipv4: Invalid header for address dump request');
    const ifm = ifaddrmsgRead(req.view, req.data);
    if (ifm.prefixlen !== 0 || ifm.flags !== 0 || ifm.scope !== 0) return refuse(req, 'ipv4: Invalid values in header for address dump request');
    const tb = new Int32Array(IFA_MAX + 1);
    const bad = nlmsgParse(req, IFADDRMSG_LEN, tb, ADDR_POLICY, NL_VALIDATE_DEPRECATED_STRICT);
    if (bad !== 0) return bad;
    for (let i = 0; i <= IFA_MAX; i++) {
      if (tb[i] === 0) continue;
      if (i !== IFA_TARGET_NETNSID) return refuse(req, 'ipv4: Unsupported attribute in dump request');
      nsid = nlaGetS32(req.view, tb[i]!);
      const found = getNetNsById(net, nsid);
      if (found === null) return refuse(req, 'ipv4: Invalid target network namespace id');
      tgt = found;
    }
    if (ifm.index !== 0) {
      const dev = devGetByIndex(tgt, ifm.index);
      if (dev === null) return -ENODEV;
      cb.answerFlags = NLM_F_DUMP_FILTERED;
      return { devs: [dev], nsid };
    }
  }
  forEachNetdev(tgt, (dev) => {
    devs.push(dev);
  });
  devs.sort((a, b) => a.ifindex - b.ifindex);
  return { devs, nsid };
}
