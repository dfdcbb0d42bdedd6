/**
 * nflog: packets told to programs by groups, many in one message when they want that (linux/netfilter/nfnetlink_log.h; which attributes a packet has, and when
 * messages leave, was observed on Linux 6.18).
 */
// datapath-ok-file: packets that programs asked for
import { defineKey, delTimer, EBUSY, EINVAL, ENODEV, EOPNOTSUPP, EPERM, type KernelModule, type Key, modTimer, type Net, TimerList, timerPending } from '@linnet/kernel';
import { type NetDevice, NF_INET_FORWARD } from '@linnet/netdev';
import { NLA_BINARY, NLA_U16, NLA_U32, type NlaPolicyTable } from '@linnet/netlink';
import type { Skb } from '@linnet/skbuff';
import { nlaGetBe16, nlaGetBe32, nlaGetU8, NLMSG_DONE, NlWriter } from '@linnet/uapi';
import { NFGENMSG_LEN, NFNL_SUBSYS_ULOG, nfnetlink, type NfnlInfo, nfnlMsgPut, nfnlMsgType, nfnlOnRelease, nfnlSubsysRegister, nfnlUnicast } from './nfnetlink.ts';
import { NFNL_COPY_MAX, NFNL_COPY_PACKET, packetMac, packetOwner, putHwaddr, putPayload, putTime } from './nfnetlink-packet.ts';

const MSG_PACKET = 0;
const CFG_CMD = 1;
const CFG_MODE = 2;
const CFG_NLBUFSIZ = 3;
const CFG_TIMEOUT = 4;
const CFG_QTHRESH = 5;
const CFG_FLAGS = 6;
const CMD_BIND = 1;
const CMD_UNBIND = 2;
const CMD_PF_BIND = 3;
const CMD_PF_UNBIND = 4;
const F_SEQ = 1;
const F_SEQ_GLOBAL = 2;
const F_CONNTRACK = 4;
const ENOTSUPP = 524;

const A_HDR = 1;
const A_MARK = 2;
const A_TIMESTAMP = 3;
const A_INDEV = 4;
const A_OUTDEV = 5;
const A_HWADDR = 8;
const A_PAYLOAD = 9;
const A_PREFIX = 10;
const A_UID = 11;
const A_SEQ = 12;
const A_SEQ_GLOBAL = 13;
const A_GID = 14;
const A_HWTYPE = 15;
const A_HWHEADER = 16;
const A_HWLEN = 17;

/** Bytes that a message has beside payload, prefix and link-layer header; at most. */
const ROOM = 256;
const NLBUFSIZ_DEFAULT = 4096;
const NLBUFSIZ_MAX = 131072;
const QTHRESH_DEFAULT = 100;
/** 1/100 s. */
const TIMEOUT_DEFAULT = 100;

/** A group with the program that listens to it. */
class Group {
  readonly log: NfLogNet;
  readonly num: number;
  readonly portid: number;
  copyMode = NFNL_COPY_PACKET;
  copyRange = NFNL_COPY_MAX;
  nlbufsiz = NLBUFSIZ_DEFAULT;
  timeout = TIMEOUT_DEFAULT;
  qthresh = QTHRESH_DEFAULT;
  flags = 0;
  seq = 0;
  /** Messages that wait for more. */
  qlen = 0;
  readonly w: NlWriter = new NlWriter();
  readonly timer: TimerList<Group>;
  constructor(log: NfLogNet, num: number, portid: number) {
    this.log = log;
    this.num = num;
    this.portid = portid;
    this.timer = new TimerList(send, this);
  }
}

class NfLogNet {
  readonly net: Net;
  readonly groups: Map<number, Group> = new Map();
  seq = 0;
  constructor(net: Net) {
    this.net = net;
  }
}
const NFLOG: Key<NfLogNet> = defineKey<NfLogNet>('nfnetlink_log');

/** What a rule says of a packet that it logs. @alpha */
export interface NfLogParams {
  readonly group: number;
  /** The most bytes of the packet; -1: as the group says. */
  readonly copyLen: number;
  /** Messages that wait for one another; 0: as the group says. */
  readonly qthresh: number;
  readonly prefix: string;
}
/** Where the packet is. @alpha */
export interface NfLogPlace {
  readonly family: number;
  readonly hook: number;
  readonly inDev: NetDevice | null;
  readonly outDev: NetDevice | null;
  readonly state: { readonly sk: object | null };
}

/** Sends what has gathered. More than one message ends with NLMSG_DONE. */
function send(g: Group): void {
  if (g.qlen === 0) return;
  if (g.qlen > 1) {
    const { w } = g;
    w.begin(NLMSG_DONE, 0, 0, 0);
    const o = w.reserve(NFGENMSG_LEN);
    w.view.setUint16(o + 2, g.num);
    w.end();
  }
  nfnlUnicast(g.log.net, g.w, g.portid);
  g.w.reset();
  g.qlen = 0;
  delTimer(g.log.net.kernel, g.timer as TimerList<unknown>);
}

/** Tells a packet to the group's program, if there is one (nfulnl_log_packet). Neither consumes nor changes it. @alpha */
export function nfLogGroup(net: Net, skb: Skb, p: NfLogParams, at: NfLogPlace): void {
  const log = net.tryGet(NFLOG);
  const g = log?.groups.get(p.group);
  if (log === null || g === undefined) return;
  let n = 0;
  if (g.copyMode === NFNL_COPY_PACKET) n = Math.min(skb.len, g.copyRange, p.copyLen < 0 ? NFNL_COPY_MAX : p.copyLen);
  if (g.qlen > 0 && g.w.len + ROOM + p.prefix.length + n > g.nlbufsiz) send(g);
  const { w } = g;
  nfnlMsgPut(w, null, nfnlMsgType(NFNL_SUBSYS_ULOG, MSG_PACKET), 0, at.family, 0, p.group);
  const o = w.reserveAttr(A_HDR, 4);
  w.view.setUint16(o, skb.protocol);
  w.view.setUint8(o + 2, at.hook);
  w.putString(A_PREFIX, p.prefix);
  if (at.inDev !== null) w.putBe32(A_INDEV, at.inDev.ifindex);
  if (at.outDev !== null) w.putBe32(A_OUTDEV, at.outDev.ifindex);
  if (skb.mark !== 0) w.putBe32(A_MARK, skb.mark);
  const mac = packetMac(skb, at.inDev);
  if (mac >= 0) {
    const dev = at.inDev!;
    putHwaddr(w, A_HWADDR, skb, mac, dev);
    w.putBe16(A_HWTYPE, dev.type);
    w.putBe16(A_HWLEN, dev.hardHeaderLen);
    const h = w.reserveAttr(A_HWHEADER, dev.hardHeaderLen);
    for (let i = 0; i < dev.hardHeaderLen; i++) w.u8[h + i] = skb.u8[mac + i]!;
  }
  // What this machine sends has no time; what comes in has always one here.
  if (at.hook <= NF_INET_FORWARD) putTime(w, A_TIMESTAMP, skb.tstamp !== 0 ? skb.tstamp : net.kernel.wallNow());
  const owner = packetOwner(skb, at.state.sk);
  if (owner !== null) {
    w.putBe32(A_UID, owner.uid);
    w.putBe32(A_GID, owner.gid);
  }
  if ((g.flags & F_SEQ) !== 0) w.putBe32(A_SEQ, g.seq++);
  if ((g.flags & F_SEQ_GLOBAL) !== 0) w.putBe32(A_SEQ_GLOBAL, ++log.seq);
  if (n > 0) putPayload(w, A_PAYLOAD, skb, n);
  if (w.end() < 0) return;
  g.qlen++;
  const k = net.kernel;
  if (g.qlen >= Math.max(1, p.qthresh === 0 ? g.qthresh : Math.min(g.qthresh, p.qthresh))) send(g);
  else if (!timerPending(g.timer as TimerList<unknown>)) modTimer(k, g.timer as TimerList<unknown>, (k.jiffies + 10 * g.timeout) | 0);
}

const POLICY: NlaPolicyTable = {
  maxtype: CFG_FLAGS,
  rules: { [CFG_CMD]: { type: NLA_BINARY }, [CFG_MODE]: { type: NLA_BINARY }, [CFG_NLBUFSIZ]: { type: NLA_U32 }, [CFG_TIMEOUT]: { type: NLA_U32 }, [CFG_QTHRESH]: { type: NLA_U32 }, [CFG_FLAGS]: { type: NLA_U16 } },
};

function drop(g: Group): void {
  send(g);
  delTimer(g.log.net.kernel, g.timer as TimerList<unknown>);
  g.log.groups.delete(g.num);
}

function config(info: NfnlInfo): number {
  const { tb, resId } = info;
  const { view } = info.req;
  const log = info.net.get(NFLOG);
  const cmd = tb[CFG_CMD] === 0 ? 0 : nlaGetU8(view, tb[CFG_CMD]!);
  // Every family is always logged.
  if (cmd === CMD_PF_BIND || cmd === CMD_PF_UNBIND) return 0;
  let g = log.groups.get(resId);
  if (g !== undefined && g.portid !== info.req.portid) return -EPERM;
  if (tb[CFG_FLAGS] !== 0 && (nlaGetBe16(view, tb[CFG_FLAGS]!) & F_CONNTRACK) !== 0) return -EOPNOTSUPP;
  if (tb[CFG_CMD] !== 0) {
    switch (cmd) {
      case CMD_BIND:
        if (g !== undefined) return -EBUSY;
        g = new Group(log, resId, info.req.portid);
        log.groups.set(resId, g);
        break;
      case CMD_UNBIND:
        if (g === undefined) return -ENODEV;
        drop(g);
        return 0;
      default:
        return -ENOTSUPP;
    }
  } else if (g === undefined) {
    return -ENODEV;
  }
  if (tb[CFG_MODE] !== 0) {
    const at = tb[CFG_MODE]! + 4;
    const mode = view.getUint8(at + 4);
    const range = view.getUint32(at);
    if (mode <= NFNL_COPY_PACKET) {
      g.copyMode = mode;
      if (mode === NFNL_COPY_PACKET) g.copyRange = range === 0 ? NFNL_COPY_MAX : Math.min(range, NFNL_COPY_MAX);
    }
  }
  if (tb[CFG_TIMEOUT] !== 0) g.timeout = nlaGetBe32(view, tb[CFG_TIMEOUT]!) >>> 0;
  if (tb[CFG_NLBUFSIZ] !== 0) g.nlbufsiz = Math.min(NLBUFSIZ_MAX, nlaGetBe32(view, tb[CFG_NLBUFSIZ]!) >>> 0);
  if (tb[CFG_QTHRESH] !== 0) g.qthresh = nlaGetBe32(view, tb[CFG_QTHRESH]!) >>> 0;
  if (tb[CFG_FLAGS] !== 0) g.flags = nlaGetBe16(view, tb[CFG_FLAGS]!);
  return 0;
}

/** The module: NFLOG's and `log group`'s packets for programs. @public */
export const nfnetlinkLog: KernelModule = {
  name: 'nfnetlink_log',
  requires: [nfnetlink],
  init(k): void {
    nfnlSubsysRegister(k, { name: 'log', id: NFNL_SUBSYS_ULOG, cb: [{ call: () => -EINVAL }, { policy: POLICY, call: config }] });
    nfnlOnRelease(k, (net, portid) => {
      for (const g of net.tryGet(NFLOG)?.groups.values() ?? []) if (g.portid === portid) drop(g);
    });
  },
  netInit(net): void {
    net.set(NFLOG, new NfLogNet(net));
  },
  netExit(net): void {
    for (const g of net.get(NFLOG).groups.values()) drop(g);
  },
};
