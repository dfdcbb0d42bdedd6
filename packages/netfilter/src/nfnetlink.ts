/**
 * NETLINK_NETFILTER: one protocol for the subsystems of netfilter, told apart by the upper byte of the message type, with batches whose messages take effect together
 * or not at all (linux/netfilter/nfnetlink.h; how a batch answers was read from Linux 6.18).
 */
// datapath-ok-file: control messages
import { defineKey, EAGAIN, EINTR, EINVAL, EOPNOTSUPP, EPERM, ERESTART, type Kernel, type KernelModule, type Key, type Net } from '@linnet/kernel';
import {
  netlink, netlinkAck, netlinkBroadcast, netlinkHasListeners, netlinkKernelCreate, netlinkNetCapable, netlinkRcvSkb, type NetlinkSock, netlinkUnicast, type NlaPolicyTable,
  NL_VALIDATE_LIBERAL, NLA_U32, nlaParsePolicy, type NlDump, nlDumpBegin, nlmsgNotify, nlreqLen, NlRequest, NETLINK_F_STRICT_CHK,
} from '@linnet/netlink';
import type { Skb } from '@linnet/skbuff';
import {
  CAP_NET_ADMIN, NETLINK_NETFILTER, NLM_F_ACK, NLM_F_REQUEST, NLMSG_HDRLEN, NLMSG_MIN_TYPE, nlaGetBe32, nlmsgAlign, nlmsgLen, type NlWriter,
} from '@linnet/uapi';

/** No subsystem: the messages that frame a batch. @alpha */
export const NFNL_SUBSYS_NONE = 0;
/** Connection tracking. @alpha */
export const NFNL_SUBSYS_CTNETLINK = 1;
/** Expectations. @alpha */
export const NFNL_SUBSYS_CTNETLINK_EXP = 2;
/** nfqueue. @alpha */
export const NFNL_SUBSYS_QUEUE = 3;
/** nflog. @alpha */
export const NFNL_SUBSYS_ULOG = 4;
/** Passive fingerprints. @alpha */
export const NFNL_SUBSYS_OSF = 5;
/** ipset. @alpha */
export const NFNL_SUBSYS_IPSET = 6;
/** nfacct. @alpha */
export const NFNL_SUBSYS_ACCT = 7;
/** Policies of timeouts. @alpha */
export const NFNL_SUBSYS_CTNETLINK_TIMEOUT = 8;
/** Helpers in user space. @alpha */
export const NFNL_SUBSYS_CTHELPER = 9;
/** nf_tables. @alpha */
export const NFNL_SUBSYS_NFTABLES = 10;
/** Asks for revisions of xtables' matches and targets. @alpha */
export const NFNL_SUBSYS_NFT_COMPAT = 11;
/** Lists hooks. @alpha */
export const NFNL_SUBSYS_HOOK = 12;
/** How many there are. @alpha */
export const NFNL_SUBSYS_COUNT = 13;

/** Groups of NETLINK_NETFILTER (NFNLGRP_*): new connections. @alpha */
export const NFNLGRP_CONNTRACK_NEW = 1;
/** Changed connections. @alpha */
export const NFNLGRP_CONNTRACK_UPDATE = 2;
/** Ended connections. @alpha */
export const NFNLGRP_CONNTRACK_DESTROY = 3;
/** New expectations. @alpha */
export const NFNLGRP_CONNTRACK_EXP_NEW = 4;
/** Changed expectations. @alpha */
export const NFNLGRP_CONNTRACK_EXP_UPDATE = 5;
/** Ended expectations. @alpha */
export const NFNLGRP_CONNTRACK_EXP_DESTROY = 6;
/** Changes of nf_tables. @alpha */
export const NFNLGRP_NFTABLES = 7;
/** nfacct's quotas. @alpha */
export const NFNLGRP_ACCT_QUOTA = 8;
/** Packets traced by nf_tables. @alpha */
export const NFNLGRP_NFTRACE = 9;

/** Begins a batch. @alpha */
export const NFNL_MSG_BATCH_BEGIN: number = NLMSG_MIN_TYPE;
/** Ends a batch: commits it. @alpha */
export const NFNL_MSG_BATCH_END: number = NLMSG_MIN_TYPE + 1;
/** In NFNL_MSG_BATCH_BEGIN: the generation that the batch was made for, u32 in network order. @alpha */
export const NFNL_BATCH_GENID = 1;

/** struct nfgenmsg: u8 family, u8 version, u16 res_id in network order. @alpha */
export const NFGENMSG_LEN = 4;

/** A request as a subsystem sees it (struct nfnl_info and the parsed attributes). @alpha */
export class NfnlInfo {
  readonly net: Net;
  readonly req: NlRequest;
  /** The datagram: `netlinkDumpStart(req, skb, ...)` wants it. */
  readonly skb: Skb;
  /** `nfgen_family`: NFPROTO_* or AF_*. */
  readonly family: number;
  /** `version`. */
  readonly version: number;
  /** `res_id`, host order. */
  readonly resId: number;
  /** Attributes by type: their offsets in `req.u8`, 0 where there is none; up to the policy's maxtype. */
  readonly tb: Int32Array;
  constructor(net: Net, req: NlRequest, skb: Skb, tb: Int32Array) {
    this.net = net;
    this.req = req;
    this.skb = skb;
    this.family = req.view.getUint8(req.data);
    this.version = req.view.getUint8(req.data + 1);
    this.resId = req.view.getUint16(req.data + 2);
    this.tb = tb;
  }
}

/** Handles one type of message: 0, a negative errno, or what `netlinkDumpStart` returned (struct nfnl_callback). @alpha */
export interface NfnlCallback {
  readonly call: (info: NfnlInfo) => number;
  /** Without it no attribute is looked at and `tb` has one element. */
  readonly policy?: NlaPolicyTable;
  /** Only inside of a batch; others only outside. */
  readonly batch?: boolean;
}

/** A subsystem (struct nfnetlink_subsystem). @alpha */
export interface NfnlSubsystem {
  readonly name: string;
  /** NFNL_SUBSYS_*. */
  readonly id: number;
  /** By the lower byte of the message type. */
  readonly cb: readonly (NfnlCallback | undefined)[];
  /** Makes all changes of a batch (`tb` of its messages' callbacks) take effect: 0, or an errno that undoes it; -EAGAIN: it begins again. Without it there are no batches. */
  readonly commit?: (net: Net, req: NlRequest) => number;
  /** Takes all changes of the batch back. */
  readonly abort?: (net: Net) => void;
  /** Is the batch made for the generation that there is? Asked only when it names one. */
  readonly validGenid?: (net: Net, genid: number) => boolean;
}

/** A kernel's register of subsystems. */
class NfnlKernel {
  readonly subsys: (NfnlSubsystem | null)[] = new Array<NfnlSubsystem | null>(NFNL_SUBSYS_COUNT).fill(null);
  /** Told when the groups of a subsystem get a first or lose their last listener: (net, group, how many). */
  readonly onBind: ((net: Net, group: number, added: boolean) => void)[] = [];
  /** Told when a socket is gone: (net, its port). */
  readonly onRelease: ((net: Net, portid: number) => void)[] = [];
}
const NFNETLINK: Key<NfnlKernel> = defineKey<NfnlKernel>('nfnetlink');

/** Registers a subsystem, for a module's `init` (nfnetlink_subsys_register). Throws when its number is taken. @alpha */
export function nfnlSubsysRegister(k: Kernel, s: NfnlSubsystem): void {
  const nk = k.get(NFNETLINK);
  if (s.id <= 0 || s.id >= NFNL_SUBSYS_COUNT || nk.subsys[s.id] !== null) throw new Error(`nfnetlink: subsystem ${s.id} is registered twice`);
  nk.subsys[s.id] = s;
}

/** Calls `fn` whenever a socket joins or leaves a group. @alpha */
export function nfnlOnBind(k: Kernel, fn: (net: Net, group: number, added: boolean) => void): void {
  k.get(NFNETLINK).onBind.push(fn);
}

/** Calls `fn` whenever a socket of a program is gone. @alpha */
export function nfnlOnRelease(k: Kernel, fn: (net: Net, portid: number) => void): void {
  k.get(NFNETLINK).onRelease.push(fn);
}

/** The message type of a subsystem's message (nfnl_msg_type). @alpha */
export function nfnlMsgType(subsys: number, msg: number): number {
  return (subsys << 8) | msg;
}

function putHeader(w: NlWriter, family: number, version: number, resId: number): number {
  const off = w.reserve(NFGENMSG_LEN);
  w.view.setUint8(off, family);
  w.view.setUint8(off + 1, version);
  w.view.setUint16(off + 2, resId);
  return off + NFGENMSG_LEN;
}

/**
 * Begins a message (nfnl_msg_put): a reply to `req`, or an event when it is null. The caller puts attributes and ends it. Returns the offset behind nfgenmsg.
 * @alpha
 */
export function nfnlMsgPut(w: NlWriter, req: NlRequest | null, type: number, flags: number, family: number, version: number = 0, resId: number = 0): number {
  w.begin(type, flags, req?.seq ?? 0, req?.portid ?? 0);
  return putHeader(w, family, version, resId);
}

/** Begins a message of a dump (NLM_F_MULTI). @alpha */
export function nfnlDumpPut(w: NlWriter, cb: NlDump, type: number, flags: number, family: number, version: number = 0, resId: number = 0): number {
  nlDumpBegin(w, cb, type, flags);
  return putHeader(w, family, version, resId);
}

/** Does anybody listen to NFNLGRP_* `group`? (nfnetlink_has_listeners) @alpha */
export function nfnlHasListeners(net: Net, group: number): boolean {
  return netlinkHasListeners(net, NETLINK_NETFILTER, group);
}

/** Sends complete messages to a group, and to the requester when it wants an echo (nfnetlink_send). @alpha */
export function nfnlSend(net: Net, w: NlWriter, group: number, req: NlRequest | null): number {
  return nlmsgNotify(net, NETLINK_NETFILTER, w, group, req);
}

/** Sends complete messages to a group, but not to port `exclude`: 0, or an errno as `netlinkBroadcast`. @alpha */
export function nfnlBroadcast(net: Net, w: NlWriter, group: number, exclude: number = 0): number {
  return netlinkBroadcast(net, NETLINK_NETFILTER, w, exclude, group);
}

/** Sends complete messages to one port (nfnetlink_unicast). @alpha */
export function nfnlUnicast(net: Net, w: NlWriter, portid: number): number {
  return netlinkUnicast(net, NETLINK_NETFILTER, w, portid);
}

/** Attributes of a message, checked as old interfaces are; or a negative errno. */
function attrsOf(req: NlRequest, c: NfnlCallback): Int32Array | number {
  if (c.policy === undefined) return new Int32Array(1);
  const tb = new Int32Array(c.policy.maxtype + 1);
  const off = req.data + NFGENMSG_LEN;
  const err = nlaParsePolicy(req.view, off, req.end - off, tb, c.policy.maxtype, c.policy, NL_VALIDATE_LIBERAL, req.extack);
  return err < 0 ? err : tb;
}

function callbackOf(k: Kernel, type: number): { s: NfnlSubsystem; c: NfnlCallback } | null {
  const s = k.get(NFNETLINK).subsys[type >> 8] ?? null;
  const c = s === null ? undefined : s.cb[type & 0xff];
  return s === null || c === undefined ? null : { s, c };
}

/** One message outside of batches (nfnetlink_rcv_msg). */
function rcvMsg(req: NlRequest, skb: Skb): number {
  if (nlreqLen(req) < NFGENMSG_LEN) return 0;
  const found = callbackOf(req.net.kernel, req.type);
  if (found === null || found.c.batch === true) return -EINVAL;
  const tb = attrsOf(req, found.c);
  if (typeof tb === 'number') return tb;
  return found.c.call(new NfnlInfo(req.net, req, skb, tb));
}

/** What a batch has to say when it is over: in order. */
class Answers {
  readonly list: { req: NlRequest; err: number }[] = [];
  add(req: NlRequest, err: number): void {
    this.list.push({ req, err });
  }
  deliver(): void {
    for (const a of this.list) netlinkAck(a.req, a.err);
    this.list.length = 0;
  }
}

/** How often a batch that changed under its own feet begins again. */
const MOST_REPLAYS = 8;

function rcvBatch(net: Net, sk: NetlinkSock, skb: Skb, begin: NlRequest, s: NfnlSubsystem, genid: number | null): void {
  for (let again = 0; again < MOST_REPLAYS; again++) {
    if (!tryBatch(net, sk, skb, begin, s, genid)) return;
  }
  netlinkAck(begin, -EAGAIN);
}

/** A batch that is none, in its form or within another: it is taken back, and nobody hears of it. */
function broken(net: Net, s: NfnlSubsystem): boolean {
  s.abort?.(net);
  return false;
}

/** True: it has to begin again. */
function tryBatch(net: Net, sk: NetlinkSock, skb: Skb, begin: NlRequest, s: NfnlSubsystem, genid: number | null): boolean {
  const answers = new Answers();
  if (s.commit === undefined) {
    netlinkAck(begin, -EOPNOTSUPP);
    return false;
  }
  if (genid !== null && s.validGenid !== undefined && !s.validGenid(net, genid)) {
    netlinkAck(begin, -ERESTART);
    return false;
  }
  if ((begin.flags & NLM_F_ACK) !== 0) answers.add(begin, 0);
  let failed = false;
  let done: NlRequest | null = null;
  const { u8, view } = skb;
  const end = skb.data + skb.len;
  let off = begin.nlh + nlmsgAlign(begin.len);
  while (end - off >= NLMSG_HDRLEN) {
    const len = nlmsgLen(view, off);
    if (len < NLMSG_HDRLEN + NFGENMSG_LEN || len > end - off) return broken(net, s);
    const req = new NlRequest(net, sk, u8, view, off, (sk.nlFlags & NETLINK_F_STRICT_CHK) !== 0, sk.portid);
    off += nlmsgAlign(len);
    let err = 0;
    if ((req.flags & NLM_F_REQUEST) === 0) {
      err = -EINVAL;
    } else if (req.type === NFNL_MSG_BATCH_BEGIN) {
      return broken(net, s);
    } else if (req.type === NFNL_MSG_BATCH_END) {
      done = req;
      break;
    } else if (req.type < NLMSG_MIN_TYPE || req.type >> 8 !== s.id) {
      err = -EINVAL;
    } else {
      const c = s.cb[req.type & 0xff];
      if (c === undefined) err = -EINVAL;
      else if (c.batch !== true) err = -EINVAL;
      else {
        const tb = attrsOf(req, c);
        err = typeof tb === 'number' ? tb : c.call(new NfnlInfo(net, req, skb, tb));
      }
      if (err === -EAGAIN) {
        s.abort?.(net);
        return true;
      }
    }
    if (err === -EINTR) continue;
    if (err !== 0 || (req.flags & NLM_F_ACK) !== 0) answers.add(req, err);
    if (err !== 0) failed = true;
  }
  if (failed || done === null) {
    s.abort?.(net);
  } else {
    const err = s.commit(net, done);
    if (err === -EAGAIN) {
      s.abort?.(net);
      return true;
    }
    if (err !== 0) {
      s.abort?.(net);
      netlinkAck(begin, err);
    } else if ((done.flags & NLM_F_ACK) !== 0) {
      answers.add(done, 0);
    }
  }
  answers.deliver();
  return false;
}

const BATCH_POLICY: NlaPolicyTable = { maxtype: NFNL_BATCH_GENID, rules: { [NFNL_BATCH_GENID]: { type: NLA_U32 } } };

/** A datagram for the kernel (nfnetlink_rcv). */
function nfnlRcv(net: Net, sk: NetlinkSock, skb: Skb): void {
  if (skb.len < NLMSG_HDRLEN) return;
  const len = nlmsgLen(skb.view, skb.data);
  if (len < NLMSG_HDRLEN || len > skb.len) return;
  const first = new NlRequest(net, sk, skb.u8, skb.view, skb.data, (sk.nlFlags & NETLINK_F_STRICT_CHK) !== 0, sk.portid);
  if (!netlinkNetCapable(first, CAP_NET_ADMIN)) {
    netlinkAck(first, -EPERM);
    return;
  }
  if (first.type !== NFNL_MSG_BATCH_BEGIN) {
    netlinkRcvSkb(net, sk, skb, rcvMsg);
    return;
  }
  if (nlreqLen(first) < NFGENMSG_LEN) {
    netlinkAck(first, -EOPNOTSUPP);
    return;
  }
  let genid: number | null = null;
  const tb = new Int32Array(NFNL_BATCH_GENID + 1);
  const off = first.data + NFGENMSG_LEN;
  const err = nlaParsePolicy(first.view, off, first.end - off, tb, NFNL_BATCH_GENID, BATCH_POLICY, NL_VALIDATE_LIBERAL, first.extack);
  if (err < 0) {
    netlinkAck(first, err);
    return;
  }
  const nla = tb[NFNL_BATCH_GENID]!;
  if (nla !== 0) genid = nlaGetBe32(first.view, nla);
  // Old programs wrote the number of nf_tables in the wrong order.
  let id = first.view.getUint16(first.data + 2);
  if (id === NFNL_SUBSYS_NFTABLES << 8) id = NFNL_SUBSYS_NFTABLES;
  if (id >= NFNL_SUBSYS_COUNT) {
    netlinkAck(first, -EINVAL);
    return;
  }
  const s = net.kernel.get(NFNETLINK).subsys[id] ?? null;
  if (s === null) {
    netlinkAck(first, -EOPNOTSUPP);
    return;
  }
  rcvBatch(net, sk, skb, first, s, genid);
}

/** The module: NETLINK_NETFILTER with its register of subsystems. @public */
export const nfnetlink: KernelModule = {
  name: 'nfnetlink',
  requires: [netlink],
  init(k): void {
    const nk = new NfnlKernel();
    k.set(NFNETLINK, nk);
    const told = (net: Net, group: number, added: boolean): void => {
      for (const fn of nk.onBind) fn(net, group, added);
    };
    netlinkKernelCreate(k, NETLINK_NETFILTER, {
      groups: NFNLGRP_NFTRACE,
      input: nfnlRcv,
      bind: (net, group) => {
        told(net, group, true);
        return 0;
      },
      unbind: (net, group) => told(net, group, false),
      release: (net, portid) => {
        for (const fn of nk.onRelease) fn(net, portid);
      },
    });
  },
};
