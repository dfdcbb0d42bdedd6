/** RTM_GETLINK, and the registration of link messages. */
import { EINVAL, ENODEV, type Kernel, type Net } from '@linnet/kernel';
import { devGetByIndex, linkwatchSyncDev, NETDEV_NET, type NetDevice, type NetdevLinkOps } from '@linnet/netdev';
import {
  AF_UNSPEC, IFINFOMSG_LEN, IFLA_ALT_IFNAME, IFLA_EXT_MASK, IFLA_IFNAME, IFLA_INFO_KIND, IFLA_INFO_MAX, IFLA_LINKINFO, IFLA_MASTER, IFLA_MAX,
  IFLA_TARGET_NETNSID, NLM_F_DUMP_FILTERED, nlaGetS32, nlaGetString, nlaGetU32, type NlWriter, RTM_DELLINK, RTM_DELLINKPROP, RTM_GETADDR, RTM_GETLINK, RTM_GETMULTICAST, RTM_GETNETCONF, RTM_GETROUTE, RTM_GETSTATS,
  RTM_NEWLINK, RTM_NEWLINKPROP, RTM_SETLINK, RTM_SETSTATS,
} from '@linnet/uapi';
import { nlSetErrMsg } from './extack.ts';
import { getNetNsById } from './net-ids.ts';
import { NL_VALIDATE_DEPRECATED_STRICT, NL_VALIDATE_LIBERAL, nlaParseNestedPolicy, nlmsgParse } from './nla-policy.ts';
import { type NlDump, nlDumpBegin, nlmsgReplyBegin, type NlRequest, nlreqLen } from './request.ts';
import { rtnlDumpAll } from './rtnl-dump-all.ts';
import { rtnlFillIfinfo } from './rtnl-fill.ts';
import { rtnlDellink } from './rtnl-dellink.ts';
import { ifinfomsg, rtnlDevByName } from './rtnl-link-req.ts';
import { rtnlLinkOpsGet } from './rtnl-link-ops.ts';
import { IFLA_INFO_POLICY, IFLA_POLICY } from './rtnl-link-policy.ts';
import { rtnlEnsureUniqueNetns } from './rtnl-netns.ts';
import { rtnlNewlink } from './rtnl-newlink.ts';
import { rtnlDellinkprop, rtnlNewlinkprop } from './rtnl-linkprop.ts';
import { RTNL_FLAG_DUMP_SPLIT_NLM_DONE, rtnlRegister } from './rtnl-register.ts';
import { rtnlStatsDump, rtnlStatsGet, rtnlStatsSet } from './rtnl-stats.ts';
import { rtnlSetlink } from './rtnl-setlink.ts';

function headerIsClean(req: NlRequest): boolean {
  const ifm = ifinfomsg(req);
  return req.view.getUint8(req.data + 1) === 0 && ifm.type === 0 && ifm.flags === 0 && ifm.change === 0;
}

/** A strict request to get one link may only name it. */
function parseGet(req: NlRequest, tb: Int32Array): number {
  if (nlreqLen(req) < IFINFOMSG_LEN) {
    nlSetErrMsg(req.extack, 'Invalid header for get link');
    return -EINVAL;
  }
  if (!req.strict) return nlmsgParse(req, IFINFOMSG_LEN, tb, IFLA_POLICY, NL_VALIDATE_LIBERAL);
  if (!headerIsClean(req)) {
    nlSetErrMsg(req.extack, 'Invalid values in header for get link request');
    return -EINVAL;
  }
  const err = nlmsgParse(req, IFINFOMSG_LEN, tb, IFLA_POLICY, NL_VALIDATE_DEPRECATED_STRICT);
  if (err < 0) return err;
  for (let t = 1; t <= IFLA_MAX; t++) {
    if (tb[t] === 0 || t === IFLA_IFNAME || t === IFLA_ALT_IFNAME || t === IFLA_EXT_MASK || t === IFLA_TARGET_NETNSID) continue;
    nlSetErrMsg(req.extack, 'Unsupported attribute in get link request');
    return -EINVAL;
  }
  return 0;
}

function rtnlGetlink(net: Net, req: NlRequest, reply: NlWriter): number {
  const tb = new Int32Array(IFLA_MAX + 1);
  let err = parseGet(req, tb);
  if (err < 0) return err;
  err = rtnlEnsureUniqueNetns(req, tb, true);
  if (err < 0) return err;
  let tgt = net;
  let targetNsid = -1;
  if (tb[IFLA_TARGET_NETNSID] !== 0) {
    targetNsid = nlaGetS32(req.view, tb[IFLA_TARGET_NETNSID]!);
    const found = getNetNsById(net, targetNsid);
    if (found === null) return -EINVAL;
    tgt = found;
  }
  const { index } = ifinfomsg(req);
  let dev: NetDevice | null;
  if (index > 0) dev = devGetByIndex(tgt, index);
  else if (tb[IFLA_IFNAME] !== 0 || tb[IFLA_ALT_IFNAME] !== 0) dev = rtnlDevByName(tgt, req, tb);
  else return -EINVAL;
  if (dev === null) return -ENODEV;
  // Who asks for one link gets its state as it is now, not as it was last announced.
  linkwatchSyncDev(dev);
  nlmsgReplyBegin(reply, req, RTM_NEWLINK);
  rtnlFillIfinfo(reply, dev, { srcNet: net, targetNsid, extMask: extMask(req, tb) });
  return reply.end() < 0 ? -EINVAL : 0;
}

function extMask(req: NlRequest, tb: Int32Array): number {
  return tb[IFLA_EXT_MASK] === 0 ? 0 : nlaGetU32(req.view, tb[IFLA_EXT_MASK]!);
}

/** What a dump of links is limited to. */
interface LinkDump {
  readonly tgt: Net;
  readonly targetNsid: number;
  readonly extMask: number;
  /** ifindex of the master, 0 for any. */
  readonly master: number;
  readonly kind: NetdevLinkOps | null;
}

function dumpStart(net: Net, req: NlRequest): LinkDump | number {
  const { extack } = req;
  const tb = new Int32Array(IFLA_MAX + 1);
  if (req.strict) {
    if (nlreqLen(req) < IFINFOMSG_LEN) {
      nlSetErrMsg(extack, 'Invalid header for link dump');
      return -EINVAL;
    }
    if (!headerIsClean(req)) {
      nlSetErrMsg(extack, 'Invalid values in header for link dump request');
      return -EINVAL;
    }
    if (ifinfomsg(req).index !== 0) {
      nlSetErrMsg(extack, 'Filter by device index not supported for link dumps');
      return -EINVAL;
    }
    const err = nlmsgParse(req, IFINFOMSG_LEN, tb, IFLA_POLICY, NL_VALIDATE_DEPRECATED_STRICT);
    if (err < 0) return err;
  } else {
    // Old tools send no more than the family here.
    const hdrlen = nlreqLen(req) < IFINFOMSG_LEN ? 1 : IFINFOMSG_LEN;
    const err = nlmsgParse(req, hdrlen, tb, IFLA_POLICY, NL_VALIDATE_LIBERAL);
    if (err < 0) return err;
  }
  let tgt = net;
  let targetNsid = -1;
  let master = 0;
  let kind: NetdevLinkOps | null = null;
  for (let t = 1; t <= IFLA_MAX; t++) {
    const nla = tb[t]!;
    if (nla === 0) continue;
    if (t === IFLA_TARGET_NETNSID) {
      targetNsid = nlaGetS32(req.view, nla);
      const found = getNetNsById(net, targetNsid);
      if (found === null) {
        nlSetErrMsg(extack, 'Invalid target network namespace id');
        return -EINVAL;
      }
      tgt = found;
    } else if (t === IFLA_MASTER) master = nlaGetU32(req.view, nla) | 0;
    else if (t === IFLA_LINKINFO) {
      const info = new Int32Array(IFLA_INFO_MAX + 1);
      const err = nlaParseNestedPolicy(req, nla, info, IFLA_INFO_POLICY, NL_VALIDATE_LIBERAL);
      if (err < 0) return err;
      if (info[IFLA_INFO_KIND] !== 0) kind = rtnlLinkOpsGet(net.kernel, nlaGetString(req.view, info[IFLA_INFO_KIND]!));
    } else if (t !== IFLA_EXT_MASK && req.strict) {
      nlSetErrMsg(extack, 'Unsupported attribute in link dump request');
      return -EINVAL;
    }
  }
  return { tgt, targetNsid, extMask: extMask(req, tb), master, kind };
}

function rtnlDumpIfinfo(net: Net, req: NlRequest, w: NlWriter, cb: NlDump): number {
  if (cb.data === null) {
    const start = dumpStart(net, req);
    if (typeof start === 'number') return start;
    cb.data = start;
  }
  const { tgt, targetNsid, extMask: mask, master, kind } = cb.data as LinkDump;
  if (tgt.dead) return 0;
  const flags = master !== 0 || kind !== null ? NLM_F_DUMP_FILTERED : 0;
  const nn = tgt.get(NETDEV_NET);
  cb.seq = nn.devBaseSeq;
  const indexes = Array.from(nn.byIndex.keys()).sort((a, b) => a - b);
  for (const index of indexes) {
    if (index <= cb.i) continue;
    const dev = nn.byIndex.get(index)!;
    if ((master === 0 || dev.master?.ifindex === master) && (kind === null || dev.rtnlLinkOps === kind)) {
      nlDumpBegin(w, cb, RTM_NEWLINK, flags);
      rtnlFillIfinfo(w, dev, { srcNet: net, targetNsid, extMask: mask });
      const ret = w.end();
      if (ret < 0) return ret;
    }
    cb.i = index;
  }
  return 0;
}

/** Registers the messages of links, and the dumps that go through all families. */
export function rtnlLinkInit(k: Kernel): void {
  rtnlRegister(k, AF_UNSPEC, RTM_GETLINK, { doit: rtnlGetlink, dumpit: rtnlDumpIfinfo, flags: RTNL_FLAG_DUMP_SPLIT_NLM_DONE });
  rtnlRegister(k, AF_UNSPEC, RTM_SETLINK, { doit: rtnlSetlink });
  rtnlRegister(k, AF_UNSPEC, RTM_NEWLINK, { doit: rtnlNewlink });
  rtnlRegister(k, AF_UNSPEC, RTM_DELLINK, { doit: rtnlDellink });
  rtnlRegister(k, AF_UNSPEC, RTM_NEWLINKPROP, { doit: rtnlNewlinkprop });
  rtnlRegister(k, AF_UNSPEC, RTM_DELLINKPROP, { doit: rtnlDellinkprop });
  rtnlRegister(k, AF_UNSPEC, RTM_GETSTATS, { doit: rtnlStatsGet, dumpit: rtnlStatsDump });
  rtnlRegister(k, AF_UNSPEC, RTM_SETSTATS, { doit: rtnlStatsSet });
  for (const type of [RTM_GETADDR, RTM_GETROUTE, RTM_GETNETCONF, RTM_GETMULTICAST]) {
    rtnlRegister(k, AF_UNSPEC, type, { dumpit: rtnlDumpAll, flags: RTNL_FLAG_DUMP_SPLIT_NLM_DONE });
  }
}
