/**
 * nfqueue: packets that wait for a program's verdict (linux/netfilter/nfnetlink_queue.h; which attributes a packet has, and what is refused, was observed on
 * Linux 6.18).
 */
// datapath-ok-file: packets that programs asked for
import { defineKey, EBUSY, EINVAL, ENODEV, ENOENT, EOPNOTSUPP, EPERM, ESRCH, type KernelModule, type Key, type Net } from '@linnet/kernel';
import {
  consumeGsoSkb, NETDEV, NETDEV_DOWN, type NetDevice, NF_ACCEPT, NF_DROP, NF_INET_FORWARD, NF_QUEUE, NF_REPEAT, NF_STOLEN, NF_VERDICT_MASK, NFPROTO_BRIDGE, nfReinject, type NfState, nfStateCopy,
  registerNetdeviceNotifier, skbGsoSegment,
} from '@linnet/netdev';
import { NLA_BINARY, NLA_U32, type NlaPolicyTable } from '@linnet/netlink';
import { CHECKSUM_NONE, CHECKSUM_PARTIAL, DROP, kfreeSkbReason, pskbExpandHead, pskbTrim, type Skb, skbChecksumHelp, skbEnsureWritable, skbLinearize, skbPullUnchecked, skbPush, skbPut, skbStoreBits, skbTailroom } from '@linnet/skbuff';
import { nlaGetBe32, nlaGetU8, nlaLen, NlWriter } from '@linnet/uapi';
import { NFNL_SUBSYS_QUEUE, nfnetlink, type NfnlInfo, nfnlMsgPut, nfnlMsgType, nfnlOnRelease, nfnlSubsysRegister, nfnlUnicast } from './nfnetlink.ts';
import { NFNL_COPY_MAX, NFNL_COPY_NONE, NFNL_COPY_PACKET, packetMac, packetOwner, putHwaddr, putPayload, putTime } from './nfnetlink-packet.ts';

const MSG_PACKET = 0;
const CFG_CMD = 1;
const CFG_PARAMS = 2;
const CFG_QUEUE_MAXLEN = 3;
const CFG_MASK = 4;
const CFG_FLAGS = 5;
const CMD_BIND = 1;
const CMD_UNBIND = 2;
const CMD_PF_BIND = 3;
const CMD_PF_UNBIND = 4;
const F_FAIL_OPEN = 1;
const F_GSO = 4;
const F_UID_GID = 8;
const F_ALL = 0x1f;

const A_HDR = 1;
const A_VERDICT_HDR = 2;
const A_MARK = 3;
const A_TIMESTAMP = 4;
const A_INDEV = 5;
const A_OUTDEV = 6;
const A_HWADDR = 9;
const A_PAYLOAD = 10;
const A_CAP_LEN = 13;
const A_SKB_INFO = 14;
const A_UID = 16;
const A_GID = 17;
const A_PRIORITY = 21;
const SKB_CSUMNOTREADY = 1;
const SKB_GSO = 2;
const SKB_CSUM_NOTVERIFIED = 4;

const MAXLEN_DEFAULT = 1024;
/** A packet's longest copy that leaves room for the rest of its message. */
const RANGE_MAX: number = NFNL_COPY_MAX;
const NF_MAX_VERDICT = 5;

/** A packet that waits, and where it goes on. */
interface Waiting {
  readonly id: number;
  readonly skb: Skb;
  readonly state: NfState;
}

/** A queue with the program that judges its packets. */
class Queue {
  readonly num: number;
  readonly portid: number;
  copyMode = NFNL_COPY_NONE;
  copyRange = RANGE_MAX;
  maxlen = MAXLEN_DEFAULT;
  flags = 0;
  ids = 0;
  dropped = 0;
  userDropped = 0;
  /** In the order in which they came. */
  readonly waiting: Map<number, Waiting> = new Map();
  constructor(num: number, portid: number) {
    this.num = num;
    this.portid = portid;
  }
}
class NfQueueNet {
  readonly queues: Map<number, Queue> = new Map();
}
const NFQUEUE: Key<NfQueueNet> = defineKey<NfQueueNet>('nfnetlink_queue');

function message(net: Net, q: Queue, skb: Skb, s: NfState): number {
  // Sums that a device would have put in are put in now, but for a program that takes packets before they are cut to pieces.
  if (q.copyMode === NFNL_COPY_PACKET && skb.ipSummed === CHECKSUM_PARTIAL && (q.flags & F_GSO) === 0 && skb.gsoSize === 0 && skbChecksumHelp(skb) !== 0) return -EINVAL;
  const w = new NlWriter({ capacity: 512 });
  nfnlMsgPut(w, null, nfnlMsgType(NFNL_SUBSYS_QUEUE, MSG_PACKET), 0, s.pf, 0, q.num);
  const h = w.reserveAttr(A_HDR, 7);
  w.view.setUint32(h, q.ids);
  w.view.setUint16(h + 4, skb.protocol);
  w.view.setUint8(h + 6, s.hook);
  if (s.inDev !== null) w.putBe32(A_INDEV, s.inDev.ifindex);
  if (s.outDev !== null) w.putBe32(A_OUTDEV, s.outDev.ifindex);
  if (skb.mark !== 0) w.putBe32(A_MARK, skb.mark);
  if (skb.priority !== 0) w.putBe32(A_PRIORITY, skb.priority);
  const mac = packetMac(skb, s.inDev);
  if (mac >= 0) putHwaddr(w, A_HWADDR, skb, mac, s.inDev!);
  if (skb.tstamp !== 0 && s.hook <= NF_INET_FORWARD) putTime(w, A_TIMESTAMP, skb.tstamp);
  const owner = (q.flags & F_UID_GID) === 0 ? null : packetOwner(skb, s.sk);
  if (owner !== null) {
    w.putBe32(A_UID, owner.uid);
    w.putBe32(A_GID, owner.gid);
  }
  const n = q.copyMode === NFNL_COPY_PACKET ? Math.min(skb.len, q.copyRange) : 0;
  if (n < skb.len && q.copyMode === NFNL_COPY_PACKET) w.putBe32(A_CAP_LEN, skb.len);
  const state = (skb.ipSummed === CHECKSUM_PARTIAL ? SKB_CSUMNOTREADY : 0) | (skb.gsoSize !== 0 ? SKB_GSO : 0) | (s.inDev !== null && skb.ipSummed === CHECKSUM_NONE ? SKB_CSUM_NOTVERIFIED : 0);
  if (state !== 0) w.putBe32(A_SKB_INFO, state);
  if (n > 0) putPayload(w, A_PAYLOAD, skb, n);
  w.end();
  // A payload ends the message as it is, without padding.
  w.len -= (4 - (n & 3)) & 3;
  w.view.setUint32(0, w.len, true);
  return nfnlUnicast(net, w, q.portid);
}

/** Takes a packet for a queue: 0 when it is consumed, or a negative errno: -ESRCH when there is no such queue. */
function enqueue(skb: Skb, state: NfState, num: number): number {
  const q = state.net!.tryGet(NFQUEUE)?.queues.get(num);
  if (q === undefined) return -ESRCH;
  if (skb.gsoSize === 0 || (q.flags & F_GSO) !== 0) wait(q, skb, state);
  else return cut(q, skb, state);
  return 0;
}
/** A program that does not ask for super-segments (NFQA_CFG_F_GSO) judges each of their packets by itself. */
function cut(q: Queue, skb: Skb, state: NfState): number {
  // A bridge sends the header of the link on as it came: the segments need it too.
  const link = state.pf === NFPROTO_BRIDGE ? skb.networkHeader - skb.macHeader : 0;
  skbPush(skb, link);
  const segs = skbGsoSegment(state.net!.kernel.get(NETDEV), skb, 0);
  skbPullUnchecked(skb, link);
  if (segs === null || typeof segs === 'number') return segs ?? -EINVAL;
  consumeGsoSkb(skb, segs);
  for (let seg: Skb | null = segs; seg !== null; ) {
    const next: Skb | null = seg.next;
    seg.next = null;
    skbPullUnchecked(seg, link);
    wait(q, seg, state);
    seg = next;
  }
  return 0;
}
/** Tells the program of a packet, which waits from now on. Consumes it. */
function wait(q: Queue, skb: Skb, state: NfState): void {
  const s = nfStateCopy(state);
  if (q.waiting.size >= q.maxlen) {
    if ((q.flags & F_FAIL_OPEN) === 0) q.dropped++;
    tooMany(q, skb, s);
    return;
  }
  q.ids = (q.ids + 1) >>> 0;
  if (message(s.net!, q, skb, s) < 0) {
    q.userDropped++;
    tooMany(q, skb, s);
    return;
  }
  q.waiting.set(q.ids, { id: q.ids, skb, state: s });
}
function tooMany(q: Queue, skb: Skb, s: NfState): void {
  if ((q.flags & F_FAIL_OPEN) !== 0) nfReinject(skb, s, NF_ACCEPT);
  else kfreeSkbReason(skb, DROP.NETFILTER_DROP);
}

/** Drops what waits in a queue and is `which`. */
function flush(q: Queue, which: (e: Waiting) => boolean): void {
  for (const e of q.waiting.values()) {
    if (!which(e)) continue;
    q.waiting.delete(e.id);
    kfreeSkbReason(e.skb, DROP.NETFILTER_DROP);
  }
}
const ALL = (): boolean => true;

/** Gives the packet the program's bytes: 0 or a negative errno. What was a super-segment stays one, and is cut on its way out (observed: 250 bytes that came in hundreds leave so again). */
function mangle(skb: Skb, data: Uint8Array): number {
  if (data.length === 0) return -EINVAL;
  if (skbLinearize(skb) !== 0) return -EINVAL;
  if (data.length < skb.len) {
    if (pskbTrim(skb, data.length) !== 0) return -EINVAL;
  } else if (data.length > skb.len) {
    const more = data.length - skb.len;
    if (skbTailroom(skb) < more) pskbExpandHead(skb, 0, more);
    skbPut(skb, more);
  }
  if (!skbEnsureWritable(skb, data.length)) return -EINVAL;
  skbStoreBits(skb, 0, data, 0, data.length);
  skb.ipSummed = CHECKSUM_NONE;
  return 0;
}

/** Lets a packet go on as the verdict says. */
function release(e: Waiting, verdict: number): void {
  if ((verdict & NF_VERDICT_MASK) === NF_QUEUE) {
    if (enqueue(e.skb, e.state, verdict >>> 16) < 0) kfreeSkbReason(e.skb, DROP.NETFILTER_DROP);
    return;
  }
  const v = verdict & NF_VERDICT_MASK;
  nfReinject(e.skb, e.state, v === NF_ACCEPT || v === NF_REPEAT ? v : NF_DROP);
}

const VERDICT_POLICY: NlaPolicyTable = {
  maxtype: A_PRIORITY, rules: { [A_VERDICT_HDR]: { type: NLA_BINARY }, [A_MARK]: { type: NLA_U32 }, [A_PAYLOAD]: { type: NLA_BINARY }, [A_PRIORITY]: { type: NLA_U32 } },
};
const CONFIG_POLICY: NlaPolicyTable = {
  maxtype: CFG_FLAGS, rules: { [CFG_CMD]: { type: NLA_BINARY }, [CFG_PARAMS]: { type: NLA_BINARY }, [CFG_QUEUE_MAXLEN]: { type: NLA_U32 }, [CFG_MASK]: { type: NLA_U32 }, [CFG_FLAGS]: { type: NLA_U32 } },
};

/** The queue that a verdict is about, or a negative errno. */
function judged(info: NfnlInfo): Queue | number {
  const q = info.net.get(NFQUEUE).queues.get(info.resId);
  if (q === undefined) return -ENODEV;
  if (q.portid !== info.req.portid) return -EPERM;
  const nla = info.tb[A_VERDICT_HDR]!;
  if (nla === 0 || nlaLen(info.req.view, nla) < 8) return -EINVAL;
  const v = info.req.view.getUint32(nla + 4) & NF_VERDICT_MASK;
  return v > NF_MAX_VERDICT || v === NF_STOLEN ? -EINVAL : q;
}
function marked(info: NfnlInfo, skb: Skb): void {
  const { view } = info.req;
  if (info.tb[A_MARK] !== 0) skb.mark = nlaGetBe32(view, info.tb[A_MARK]!) | 0;
  if (info.tb[A_PRIORITY] !== 0) skb.priority = nlaGetBe32(view, info.tb[A_PRIORITY]!) | 0;
}

function verdict(info: NfnlInfo): number {
  const q = judged(info);
  if (typeof q === 'number') return q;
  const { view, u8 } = info.req;
  const at = info.tb[A_VERDICT_HDR]! + 4;
  const e = q.waiting.get(view.getUint32(at + 4));
  if (e === undefined) return -ENOENT;
  q.waiting.delete(e.id);
  let v = view.getUint32(at);
  const data = info.tb[A_PAYLOAD]!;
  if (data !== 0 && mangle(e.skb, u8.subarray(data + 4, data + 4 + nlaLen(view, data))) < 0) v = NF_DROP;
  marked(info, e.skb);
  release(e, v);
  return 0;
}

/** All that came up to a packet, that one included. */
function batch(info: NfnlInfo): number {
  const q = judged(info);
  if (typeof q === 'number') return q;
  const at = info.tb[A_VERDICT_HDR]! + 4;
  const [v, last] = [info.req.view.getUint32(at), info.req.view.getUint32(at + 4)];
  const list = [...q.waiting.values()].filter((e) => ((e.id - last) | 0) <= 0);
  if (list.length === 0) return -ENOENT;
  for (const e of list) {
    q.waiting.delete(e.id);
    marked(info, e.skb);
    release(e, v);
  }
  return 0;
}

function config(info: NfnlInfo): number {
  const { tb, resId } = info;
  const { view, portid } = info.req;
  const { queues } = info.net.get(NFQUEUE);
  const cmd = tb[CFG_CMD] === 0 ? 0 : nlaGetU8(view, tb[CFG_CMD]!);
  // Every family is always queued.
  if (cmd === CMD_PF_BIND || cmd === CMD_PF_UNBIND) return 0;
  let flags = 0;
  let mask = 0;
  if (tb[CFG_FLAGS] !== 0) {
    if (tb[CFG_MASK] === 0) return -EINVAL;
    flags = nlaGetBe32(view, tb[CFG_FLAGS]!);
    mask = nlaGetBe32(view, tb[CFG_MASK]!);
    if ((flags & mask & ~F_ALL) !== 0) return -EOPNOTSUPP;
  }
  let q = queues.get(resId);
  if (q !== undefined && q.portid !== portid) return -EPERM;
  if (tb[CFG_CMD] !== 0) {
    if (cmd === CMD_BIND) {
      if (q !== undefined) return -EBUSY;
      q = new Queue(resId, portid);
      queues.set(resId, q);
    } else if (cmd === CMD_UNBIND) {
      if (q === undefined) return -ENODEV;
      queues.delete(resId);
      flush(q, ALL);
      return 0;
    } else {
      return -EOPNOTSUPP;
    }
  }
  if (q === undefined) return -ENODEV;
  if (tb[CFG_PARAMS] !== 0) {
    const at = tb[CFG_PARAMS]! + 4;
    const mode = view.getUint8(at + 4);
    if (mode <= NFNL_COPY_PACKET) {
      q.copyMode = mode;
      const range = view.getUint32(at);
      q.copyRange = mode !== NFNL_COPY_PACKET ? 0 : range === 0 || range > RANGE_MAX ? RANGE_MAX : range;
    }
  }
  if (tb[CFG_QUEUE_MAXLEN] !== 0) q.maxlen = nlaGetBe32(view, tb[CFG_QUEUE_MAXLEN]!) >>> 0;
  if (tb[CFG_FLAGS] !== 0) q.flags = (q.flags & ~mask) | (flags & mask);
  return 0;
}

/** Waits a packet of this device? */
const of = (dev: NetDevice) => (e: Waiting): boolean => e.state.inDev === dev || e.state.outDev === dev;

function listed(net: Net): string {
  const p = (v: number, n: number): string => String(v).padStart(n);
  return [...net.get(NFQUEUE).queues.values()]
    .map((q) => `${p(q.num, 5)} ${p(q.portid, 6)} ${p(q.waiting.size, 5)} ${q.copyMode} ${p(q.copyRange, 5)} ${p(q.dropped, 5)} ${p(q.userDropped, 5)} ${p(q.ids, 8)} ${p(1, 2)}\n`)
    .join('');
}

/** The module: NFQUEUE's and `queue`'s packets for programs. @public */
export const nfnetlinkQueue: KernelModule = {
  name: 'nfnetlink_queue',
  requires: [nfnetlink],
  init(k): void {
    nfnlSubsysRegister(k, {
      name: 'queue', id: NFNL_SUBSYS_QUEUE,
      cb: [{ call: () => -EINVAL }, { policy: VERDICT_POLICY, call: verdict }, { policy: CONFIG_POLICY, call: config }, { policy: VERDICT_POLICY, call: batch }],
    });
    k.get(NETDEV).nfQueueHandler = enqueue;
    nfnlOnRelease(k, (net, portid) => {
      const queues = net.tryGet(NFQUEUE)?.queues;
      for (const q of queues?.values() ?? []) {
        if (q.portid !== portid) continue;
        queues!.delete(q.num);
        flush(q, ALL);
      }
    });
    registerNetdeviceNotifier(k, (event, dev) => {
      if (event === NETDEV_DOWN) for (const q of dev.net.tryGet(NFQUEUE)?.queues.values() ?? []) flush(q, of(dev));
      return 0;
    });
  },
  netInit(net): void {
    net.set(NFQUEUE, new NfQueueNet());
    net.proc.create('net/netfilter/nfnetlink_queue', () => listed(net));
  },
  netExit(net): void {
    for (const q of net.get(NFQUEUE).queues.values()) flush(q, ALL);
    net.get(NFQUEUE).queues.clear();
  },
};
