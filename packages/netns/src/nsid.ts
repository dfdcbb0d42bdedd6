/** RTM_NEWNSID and RTM_GETNSID: ids of namespaces over rtnetlink (rtnl_net_newid, rtnl_net_getid, rtnl_net_dumpid). */
import { EEXIST, EINVAL, ENOENT, type Kernel, type Net } from '@linnet/kernel';
import {
  getNetNsByFd, getNetNsById, getNetNsByPid, NETLINK, NETLINK_NET, netnsIdSet, NL_VALIDATE_DEPRECATED_STRICT, NL_VALIDATE_LIBERAL, NLA_S32, NLA_U32, type NlaPolicyTable,
  type NlDump, nlDumpBegin, nlmsgParse, nlmsgReplyBegin, type NlRequest, nlSetErrMsg, nlSetErrMsgAttr, peernet2id, peernetHasId, rtnlNotify, rtnlNotifyNeeded, rtnlRegister,
} from '@linnet/netlink';
import {
  AF_UNSPEC, NETNSA_CURRENT_NSID, NETNSA_FD, NETNSA_MAX, NETNSA_NSID, NETNSA_PID, NETNSA_TARGET_NSID, nlaGetS32, nlaGetU32, NlWriter, RTGENMSG_LEN, RTM_DELNSID, RTM_GETNSID, RTM_NEWNSID,
  RTNLGRP_NSID,
} from '@linnet/uapi';

/** rtgenmsg, padded. */
const HDRLEN = RTGENMSG_LEN;

const POLICY: NlaPolicyTable = {
  maxtype: NETNSA_MAX,
  rules: { [NETNSA_NSID]: { type: NLA_S32 }, [NETNSA_PID]: { type: NLA_U32 }, [NETNSA_FD]: { type: NLA_U32 }, [NETNSA_TARGET_NSID]: { type: NLA_S32 } },
};

function fill(w: NlWriter, nsid: number, current: number | null): void {
  w.reserve(HDRLEN); // AF_UNSPEC
  w.putS32(NETNSA_NSID, nsid);
  if (current !== null) w.putS32(NETNSA_CURRENT_NSID, current);
}

/** The namespace that a request means, and the attribute that names it. Negative errno when there is none. */
function peerOf(net: Net, req: NlRequest, tb: Int32Array, byId: boolean): { peer: Net; nla: number } | number {
  const { view, extack } = req;
  let nla: number;
  let peer: Net | number;
  if (tb[NETNSA_PID] !== 0) {
    nla = tb[NETNSA_PID]!;
    peer = getNetNsByPid(net, nlaGetU32(view, nla));
  } else if (tb[NETNSA_FD] !== 0) {
    nla = tb[NETNSA_FD]!;
    peer = getNetNsByFd(net, nlaGetU32(view, nla));
  } else if (byId && tb[NETNSA_NSID] !== 0) {
    nla = tb[NETNSA_NSID]!;
    peer = getNetNsById(net, nlaGetS32(view, nla)) ?? -ENOENT;
  } else {
    nlSetErrMsg(extack, 'Peer netns reference is missing');
    return -EINVAL;
  }
  if (typeof peer === 'number') {
    nlSetErrMsgAttr(extack, nla, 'Peer netns reference is invalid');
    return peer;
  }
  return { peer, nla };
}

function newid(net: Net, req: NlRequest): number {
  const { extack } = req;
  const tb = new Int32Array(NETNSA_MAX + 1);
  const err = nlmsgParse(req, HDRLEN, tb, POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  if (tb[NETNSA_NSID] === 0) {
    nlSetErrMsg(extack, 'nsid is missing');
    return -EINVAL;
  }
  const got = peerOf(net, req, tb, false);
  if (typeof got === 'number') return got;
  if (peernetHasId(net, got.peer)) {
    nlSetErrMsgAttr(extack, got.nla, 'Peer netns already has a nsid assigned');
    return -EEXIST;
  }
  const ret = netnsIdSet(net, got.peer, nlaGetS32(req.view, tb[NETNSA_NSID]!), req);
  if (ret === -EEXIST) nlSetErrMsgAttr(extack, tb[NETNSA_NSID]!, 'The specified nsid is already used');
  return ret;
}

function getid(net: Net, req: NlRequest, reply: NlWriter): number {
  const { extack } = req;
  const tb = new Int32Array(NETNSA_MAX + 1);
  const err = nlmsgParse(req, HDRLEN, tb, POLICY, req.strict ? NL_VALIDATE_DEPRECATED_STRICT : NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  if (req.strict && tb[NETNSA_CURRENT_NSID] !== 0) {
    nlSetErrMsg(extack, 'Unsupported attribute in peer netns getid request');
    return -EINVAL;
  }
  const got = peerOf(net, req, tb, true);
  if (typeof got === 'number') return got;
  const { peer } = got;
  let target = net;
  if (tb[NETNSA_TARGET_NSID] !== 0) {
    const found = getNetNsById(net, nlaGetS32(req.view, tb[NETNSA_TARGET_NSID]!));
    if (found === null) {
      nlSetErrMsgAttr(extack, tb[NETNSA_TARGET_NSID]!, 'Target netns reference is invalid');
      return -EINVAL;
    }
    target = found;
  }
  nlmsgReplyBegin(reply, req, RTM_NEWNSID);
  fill(reply, peernet2id(target, peer), tb[NETNSA_TARGET_NSID] !== 0 ? peernet2id(net, peer) : null);
  reply.end();
  return 0;
}

function dumpTarget(net: Net, req: NlRequest): { target: Net; named: boolean } | number {
  const tb = new Int32Array(NETNSA_MAX + 1);
  if (!req.strict) return { target: net, named: false };
  const err = nlmsgParse(req, HDRLEN, tb, POLICY, NL_VALIDATE_DEPRECATED_STRICT);
  if (err < 0) return err;
  for (let t = 1; t <= NETNSA_MAX; t++) {
    if (tb[t] === 0 || t === NETNSA_TARGET_NSID) continue;
    nlSetErrMsgAttr(req.extack, tb[t]!, 'Unsupported attribute in dump request');
    return -EINVAL;
  }
  if (tb[NETNSA_TARGET_NSID] === 0) return { target: net, named: false };
  const target = getNetNsById(net, nlaGetS32(req.view, tb[NETNSA_TARGET_NSID]!));
  if (target === null) {
    nlSetErrMsgAttr(req.extack, tb[NETNSA_TARGET_NSID]!, 'Invalid target network namespace id');
    return -EINVAL;
  }
  return { target, named: true };
}

function dumpid(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  if (cb.data === null) {
    const start = dumpTarget(net, req);
    if (typeof start === 'number') return start;
    cb.data = start;
  }
  const { target, named } = cb.data as { target: Net; named: boolean };
  if (target.dead) return 0;
  const { byId } = target.get(NETLINK_NET).ids;
  for (const id of Array.from(byId.keys()).sort((a, b) => a - b)) {
    if (id < cb.i) continue;
    nlDumpBegin(w, cb, RTM_NEWNSID);
    fill(w, id, named ? peernet2id(net, byId.get(id)!) : null);
    const ret = w.end();
    if (ret < 0) return ret;
    cb.i = id + 1;
  }
  return 0;
}

/** Tells RTNLGRP_NSID of an id that came or went (rtnl_net_notifyid). */
function notify(net: Net, added: boolean, id: number, req: NlRequest | null): void {
  if (net.dead || !rtnlNotifyNeeded(net, RTNLGRP_NSID, req)) return;
  const w = new NlWriter({ capacity: 64 });
  w.begin(added ? RTM_NEWNSID : RTM_DELNSID, 0, req?.seq ?? 0, req?.portid ?? 0);
  fill(w, id, null);
  w.end();
  rtnlNotify(net, w, RTNLGRP_NSID, req);
}

/** Registers the messages of a kernel. */
export function nsidInit(k: Kernel): void {
  k.get(NETLINK).nsidNotify = notify;
  rtnlRegister(k, AF_UNSPEC, RTM_NEWNSID, { doit: newid });
  rtnlRegister(k, AF_UNSPEC, RTM_GETNSID, { doit: getid, dumpit: dumpid });
}
