/**
 * Address and port translation on top of connection tracking (RFC 3022, 4787, 5382, 5508): what a new connection's answers will look like is decided once; all
 * packets are then rewritten by their entry.
 */
import { defineKey, delTimer, jhash3words, type KernelModule, type Key, type Net, NOTIFY_DONE } from '@linnet/kernel';
import { INET, type InetAf } from '@linnet/inet';
import {
  NETDEV_DOWN, NF_ACCEPT, NF_DROP, NF_INET_FORWARD, NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING, NF_INET_PRE_ROUTING, NF_VERDICT_MASK, type NetDevice, type NetdeviceNotifier,
  nfDropErr, type NfHookFn, type NfHookOps, NFPROTO_IPV4, NFPROTO_IPV6, nfRegisterNetHook, type NfState, nfUnregisterNetHook, registerNetdeviceNotifier, unregisterNetdeviceNotifier,
} from '@linnet/netdev';
import { pskbMayPull, skbEnsureWritable, skbOrphan, type Skb } from '@linnet/skbuff';
import { AF_INET, AF_INET6, ICMP_REDIRECT, IPPROTO_ICMP, IPPROTO_ICMPV6, NDISC_REDIRECT } from '@linnet/uapi';
import { type NfConn, NfCtNat, type NfConnRef } from './nf-conn.ts';
import {
  IP_CT_ESTABLISHED_REPLY, IP_CT_IS_REPLY, IP_CT_NEW, IP_CT_RELATED, IP_CT_RELATED_REPLY, IPS_CONFIRMED, IPS_DST_NAT, IPS_DST_NAT_DONE, IPS_NAT_DONE_MASK, IPS_NAT_MASK,
  IPS_SRC_NAT, IPS_SRC_NAT_DONE, NF_IP_PRI_NAT_DST, NF_IP_PRI_NAT_SRC,
} from './nf-conntrack-common.ts';
import { nfConntrack, nfCtNetnsGet, nfCtNetnsPut, nfConntrackFlush } from './nf-conntrack.ts';
import { NF_CONNTRACK, type NfConntrackNet, nfCtDelete } from './nf-conntrack-net.ts';
import { nfIpv6SkipExthdrs } from './nf-conntrack-packet.ts';
import { nfTupleCopy, nfTupleEqual, nfTupleInvert, nfTupleSrcEqual, NfTuple } from './nf-conntrack-tuple.ts';
import { NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC, nfIcmpResum, nfIcmpv6Resum, nfNatManipPkt } from './nf-nat-proto.ts';
import { NF_NAT_RANGE_MAP_IPS, NfNatRange, nfNatUniqueTuple } from './nf-nat-unique.ts';

/**
 * A set of NAT rules at a hook point: decides about a connection by {@link nfNatSetupInfo} or leaves it. NF_ACCEPT, or a verdict that ends the packet.
 * @alpha
 */
export type NfNatRule = (priv: object | null, skb: Skb, state: NfState, ct: NfConn) => number;

/** A rule of address translation at a hook. @alpha */
interface NfNatRuleOps {
  readonly pf: number;
  readonly hooknum: number;
  readonly priority: number;
  readonly rule: NfNatRule;
  readonly priv?: object | null;
}
export type { NfNatRuleOps };

/** What NAT keeps for a namespace. @alpha */
export class NfNatNet {
  readonly net: Net;
  readonly cn: NfConntrackNet;
  /** Rules by `pf * 8 + hooknum`, in order of priority. */
  readonly rules: (NfNatRuleOps[] | null)[];
  /** Connections by the hash of their source: who comes from the same port again gets the same one. */
  readonly bysource: Map<number, NfConnRef>;
  af4: InetAf | null;
  af6: InetAf | null;
  /** The hooks of each family while it has rules. */
  ops4: NfHookOps[];
  ops6: NfHookOps[];
  endAddr: (() => void) | null;
  endAddr6: (() => void) | null;
  readonly curr: NfTuple;
  readonly fresh: NfTuple;
  readonly target: NfTuple;
  readonly nullRange: NfNatRange;
  constructor(net: Net) {
    this.net = net;
    this.cn = net.get(NF_CONNTRACK);
    this.rules = new Array<NfNatRuleOps[] | null>(11 * 8).fill(null);
    this.bysource = new Map();
    this.af4 = null;
    this.af6 = null;
    this.ops4 = [];
    this.ops6 = [];
    this.endAddr = null;
    this.endAddr6 = null;
    this.curr = new NfTuple();
    this.fresh = new NfTuple();
    this.target = new NfTuple();
    this.nullRange = new NfNatRange();
  }
}

/** Where a namespace keeps it. @alpha */
export const NF_NAT: Key<NfNatNet> = defineKey<NfNatNet>('nf_nat');

/** Sources are rewritten where a packet leaves, destinations where it comes in (HOOK2MANIP). @alpha */
export function nfHook2Manip(hooknum: number): number {
  return hooknum === NF_INET_POST_ROUTING || hooknum === NF_INET_LOCAL_IN ? NF_NAT_MANIP_SRC : NF_NAT_MANIP_DST;
}

function sourceHash(ct: NfConn): number {
  const t = ct.orig;
  return jhash3words(t.src0 ^ t.src1, t.src2 ^ t.src3 ^ t.sport, (t.protonum << 16) ^ ct.zone, ct.cnet.rnd);
}

function link(nn: NfNatNet, ct: NfConn): void {
  const n = ct.nat!;
  n.hash = sourceHash(ct);
  n.next = nn.bysource.get(n.hash) ?? null;
  nn.bysource.set(n.hash, ct);
  n.linked = true;
}

function unlink(nn: NfNatNet, ct: NfConn): void {
  const n = ct.nat;
  if (n === null || !n.linked) return;
  n.linked = false;
  let at = nn.bysource.get(n.hash)!;
  if (at === ct) {
    if (n.next === null) nn.bysource.delete(n.hash);
    else nn.bysource.set(n.hash, n.next);
  } else {
    while (at.nat!.next !== ct) at = at.nat!.next!;
    at.nat!.next = n.next;
  }
  n.next = null;
}

/** What another connection from the same source was given, when the range allows it (find_appropriate_src). */
function sameSource(nn: NfNatNet, ct: NfConn, range: NfNatRange, out: NfTuple): boolean {
  for (let c = nn.bysource.get(sourceHash(ct)) ?? null; c !== null; c = c.nat!.next) {
    if (c.orig.protonum !== ct.orig.protonum || c.zone !== ct.zone || !nfTupleSrcEqual(c.orig, ct.orig)) continue;
    // Its answers come to what its source was rewritten to.
    nfTupleCopy(out, ct.orig);
    out.src0 = c.reply.dst0;
    out.src1 = c.reply.dst1;
    out.src2 = c.reply.dst2;
    out.src3 = c.reply.dst3;
    out.sport = ct.orig.protonum === IPPROTO_ICMP || ct.orig.protonum === IPPROTO_ICMPV6 ? c.reply.sport : c.reply.dport;
    if (range.holds(out, NF_NAT_MANIP_SRC)) return true;
  }
  return false;
}

/**
 * Decides what becomes of one side of a new connection (nf_nat_setup_info): of its source (NF_NAT_MANIP_SRC) or destination (NF_NAT_MANIP_DST), which will be in
 * `range` and unlike those of all other connections as far as that can be had. Once a side. NF_ACCEPT; NF_DROP when it is decided already.
 * @alpha
 */
export function nfNatSetupInfo(ct: NfConn, range: NfNatRange, manip: number): number {
  if ((ct.status & IPS_CONFIRMED) !== 0) return NF_ACCEPT;
  const done = manip === NF_NAT_MANIP_SRC ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE;
  if ((ct.status & done) !== 0) return NF_DROP;
  const nn = ct.cnet.net.get(NF_NAT);
  // The packet as it looks by now: its destination may have been rewritten before.
  const { curr, fresh } = nn;
  if (!nfTupleInvert(curr, ct.reply)) return NF_DROP;
  nfNatUniqueTuple(nn.cn, fresh, curr, range, ct, manip, manip === NF_NAT_MANIP_SRC ? (out) => sameSourceFor(nn, ct, curr, range, out) : null); // datapath-ok: once a connection
  if (!nfTupleEqual(fresh, curr)) {
    nfTupleInvert(ct.reply, fresh);
    ct.status |= manip === NF_NAT_MANIP_SRC ? IPS_SRC_NAT : IPS_DST_NAT;
  }
  ct.nat ??= new NfCtNat(); // datapath-ok: as above
  ct.status |= done;
  return NF_ACCEPT;
}

function sameSourceFor(nn: NfNatNet, ct: NfConn, curr: NfTuple, range: NfNatRange, out: NfTuple): boolean {
  if (!sameSource(nn, ct, range, out)) return false;
  out.dst0 = curr.dst0;
  out.dst1 = curr.dst1;
  out.dst2 = curr.dst2;
  out.dst3 = curr.dst3;
  out.dport = curr.dport;
  return true;
}

/** No rule wants the connection: its side stays as it is, unless that would meet another one (nf_nat_alloc_null_binding). @alpha */
export function nfNatAllocNullBinding(ct: NfConn, hooknum: number): number {
  const nn = ct.cnet.net.get(NF_NAT);
  const manip = nfHook2Manip(hooknum);
  const r = nn.nullRange;
  const t = ct.reply;
  r.flags = NF_NAT_RANGE_MAP_IPS;
  if (manip === NF_NAT_MANIP_SRC) r.setAddr(t.dst0, t.dst1, t.dst2, t.dst3);
  else r.setAddr(t.src0, t.src1, t.src2, t.src3);
  return nfNatSetupInfo(ct, r, manip);
}

/** Rewrites a packet by its entry (nf_nat_packet). NF_ACCEPT, NF_DROP when it is too short. @alpha */
export function nfNatPacket(ct: NfConn, ctinfo: number, hooknum: number, skb: Skb): number {
  const manip = nfHook2Manip(hooknum);
  const reply = ctinfo >= IP_CT_IS_REPLY;
  let bit = manip === NF_NAT_MANIP_SRC ? IPS_SRC_NAT : IPS_DST_NAT;
  // What was done to one side on the way there is undone to the other on the way back.
  if (reply) bit ^= IPS_NAT_MASK;
  if ((ct.status & bit) === 0) return NF_ACCEPT;
  const { target } = ct.cnet.net.get(NF_NAT);
  nfTupleInvert(target, reply ? ct.orig : ct.reply);
  return nfNatManipPkt(skb, skb.networkHeader - skb.data, target, manip, true) ? NF_ACCEPT : NF_DROP;
}

/** Rewrites an ICMP error at `l4` behind `data` and the packet that it quotes (RFC 5508 4); false: drop it (nf_nat_icmp_reply_translation). */
function icmpReplyTranslation(nn: NfNatNet, skb: Skb, ct: NfConn, ctinfo: number, hooknum: number, l4: number): boolean {
  const base = skb.networkHeader - skb.data;
  const v4 = ct.orig.l3num === AF_INET;
  const inner = l4 + 8;
  if (!skbEnsureWritable(skb, Math.min(skb.len, inner + (v4 ? 28 : 48)))) return false;
  const type = skb.u8[skb.data + l4]!;
  // A redirect for a rewritten destination would lead astray.
  if (type === (v4 ? ICMP_REDIRECT : NDISC_REDIRECT) && (ct.status & IPS_NAT_MASK) !== 0) return false;
  const manip = nfHook2Manip(hooknum);
  const reply = ctinfo >= IP_CT_IS_REPLY;
  let bit = manip === NF_NAT_MANIP_SRC ? IPS_SRC_NAT : IPS_DST_NAT;
  if (reply) bit ^= IPS_NAT_MASK;
  if ((ct.status & bit) === 0) return true;
  // The quoted packet went the other way, so its other side is what this rewrites.
  if (!nfNatManipPkt(skb, inner, reply ? ct.orig : ct.reply, manip === NF_NAT_MANIP_SRC ? NF_NAT_MANIP_DST : NF_NAT_MANIP_SRC, false)) return false;
  if (v4) nfIcmpResum(skb, l4);
  nfTupleInvert(nn.target, reply ? ct.orig : ct.reply);
  if (!nfNatManipPkt(skb, base, nn.target, manip, true)) return false;
  // ICMPv6's sum covers the addresses too, so it comes last.
  if (!v4) nfIcmpv6Resum(skb, l4);
  return true;
}

/** Where the ICMP error of a packet begins behind `data`; -1 when it is none. */
function icmpErrorAt(skb: Skb): number {
  const nh = skb.networkHeader;
  if (skb.u8[nh]! >> 4 === 4) {
    if (skb.u8[nh + 9] !== IPPROTO_ICMP) return -1;
    const off = nh - skb.data + ((skb.u8[nh]! & 15) << 2);
    if (!pskbMayPull(skb, off + 8)) return -1;
    const type = skb.u8[skb.data + off]!;
    return type === 3 || type === 4 || type === 5 || type === 11 || type === 12 ? off : -1;
  }
  const found = nfIpv6SkipExthdrs(skb, nh - skb.data);
  if (found < 0 || (found & 0xff) !== IPPROTO_ICMPV6 || !pskbMayPull(skb, (found >> 8) + 8)) return -1;
  const type = skb.u8[skb.data + (found >> 8)]!;
  return type < 128 || type === NDISC_REDIRECT ? found >> 8 : -1;
}

/** Runs the rules of a point for a connection that they have not decided about, then rewrites the packet (nf_nat_inet_fn). */
function natPacket(nn: NfNatNet, skb: Skb, state: NfState): number {
  const ct = skb.nfct as NfConn | null;
  if (ct === null) return NF_ACCEPT;
  const ctinfo = skb.nfctInfo;
  const { hook } = state;
  const manip = nfHook2Manip(hook);
  if (ctinfo === IP_CT_RELATED || ctinfo === IP_CT_RELATED_REPLY) {
    const at = icmpErrorAt(skb);
    if (at >= 0) return icmpReplyTranslation(nn, skb, ct, ctinfo, hook, at) ? NF_ACCEPT : NF_DROP;
  }
  if (ctinfo === IP_CT_NEW || ctinfo === IP_CT_RELATED || ctinfo === IP_CT_RELATED_REPLY) {
    const done = manip === NF_NAT_MANIP_SRC ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE;
    if ((ct.status & done) === 0) {
      const rules = nn.rules[state.pf * 8 + hook]!;
      if (rules !== null) {
        for (let i = 0; i < rules.length; i++) {
          const r = rules[i]!;
          const v = r.rule(r.priv ?? null, skb, state, ct);
          if ((v & NF_VERDICT_MASK) !== NF_ACCEPT) return v;
          if ((ct.status & done) !== 0) break;
        }
      }
      if ((ct.status & done) === 0) {
        const v = nfNatAllocNullBinding(ct, hook);
        if (v !== NF_ACCEPT) return v;
      }
      return nfNatPacket(ct, ctinfo, hook, skb);
    }
  }
  // A masqueraded connection whose way leads through another device now has the wrong source: it must begin anew.
  if (ct.nat !== null && ct.nat.masqIndex !== 0 && hook === NF_INET_POST_ROUTING && ctinfo < IP_CT_ESTABLISHED_REPLY && state.outDev !== null && ct.nat.masqIndex !== state.outDev.ifindex) {
    nfCtDelete(ct);
    return NF_DROP;
  }
  return nfNatPacket(ct, ctinfo, hook, skb);
}

/** A number that changes with an address of the header: IPv6's four words in one. */
function sourceOf(skb: Skb): number {
  const { view, networkHeader: nh } = skb;
  return view.getUint8(nh) >> 4 === 4 ? view.getInt32(nh + 12) : mixed(view, nh + 8);
}
function destOf(skb: Skb): number {
  const { view, networkHeader: nh } = skb;
  return view.getUint8(nh) >> 4 === 4 ? view.getInt32(nh + 16) : mixed(view, nh + 24);
}
function mixed(view: DataView, at: number): number {
  return (view.getInt32(at) ^ Math.imul(view.getInt32(at + 4), 3) ^ Math.imul(view.getInt32(at + 8), 5) ^ Math.imul(view.getInt32(at + 12), 7)) | 0;
}

const natHook: NfHookFn = (priv, skb, state) => natPacket(priv as NfNatNet, skb, state);
const preRouting: NfHookFn = (priv, skb, state) => {
  const before = destOf(skb);
  const ret = natPacket(priv as NfNatNet, skb, state);
  // A route that was known before leads to the old destination.
  if (ret === NF_ACCEPT && skb.dst !== null && destOf(skb) !== before) skb.dst = null;
  return ret;
};
const localIn: NfHookFn = (priv, skb, state) => {
  const before = sourceOf(skb);
  const ret = natPacket(priv as NfNatNet, skb, state);
  // The socket that early demultiplexing found had another peer.
  if (ret === NF_ACCEPT && skb.sk !== null && sourceOf(skb) !== before) {
    skbOrphan(skb);
    skb.sk = null;
  }
  return ret;
};
const localOut: NfHookFn = (priv, skb, state) => {
  const nn = priv as NfNatNet;
  const before = destOf(skb);
  const ret = natPacket(nn, skb, state);
  if (ret !== NF_ACCEPT || destOf(skb) === before) return ret;
  const af = state.pf === NFPROTO_IPV4 ? nn.af4 : nn.af6;
  const err = af === null || af.rerouteOutput === undefined ? 0 : af.rerouteOutput(nn.net, state.sk, skb);
  if (err < 0) return nfDropErr(err);
  return ret;
};

function natOps(nn: NfNatNet, pf: number): NfHookOps[] {
  return [
    { pf, hooknum: NF_INET_PRE_ROUTING, priority: NF_IP_PRI_NAT_DST, hook: preRouting, priv: nn },
    { pf, hooknum: NF_INET_POST_ROUTING, priority: NF_IP_PRI_NAT_SRC, hook: natHook, priv: nn },
    { pf, hooknum: NF_INET_LOCAL_OUT, priority: NF_IP_PRI_NAT_DST, hook: localOut, priv: nn },
    { pf, hooknum: NF_INET_LOCAL_IN, priority: NF_IP_PRI_NAT_SRC, hook: localIn, priv: nn },
  ];
}

function anyRule(nn: NfNatNet, pf: number): boolean {
  for (let h = 0; h <= NF_INET_POST_ROUTING; h++) if (nn.rules[pf * 8 + h] !== null) return true;
  return false;
}

/**
 * Adds rules at a hook point; the first of a family also begins tracking and rewriting its packets (nf_nat_register_fn). Points are PRE_ROUTING and LOCAL_OUT for
 * destinations, POST_ROUTING and LOCAL_IN for sources. Throws for a family or a point that has no NAT.
 * @alpha
 */
export function nfNatRegisterFn(net: Net, ops: NfNatRuleOps): void {
  if ((ops.pf !== NFPROTO_IPV4 && ops.pf !== NFPROTO_IPV6) || ops.hooknum === NF_INET_FORWARD || ops.hooknum > NF_INET_POST_ROUTING) throw new RangeError(`no NAT for family ${ops.pf} at point ${ops.hooknum}`);
  const nn = net.get(NF_NAT);
  if (!anyRule(nn, ops.pf)) {
    nfCtNetnsGet(net, ops.pf);
    const own = natOps(nn, ops.pf);
    if (ops.pf === NFPROTO_IPV4) nn.ops4 = own;
    else nn.ops6 = own;
    for (const o of own) nfRegisterNetHook(net, o);
  }
  const i = ops.pf * 8 + ops.hooknum;
  nn.rules[i] = (nn.rules[i] ?? []).concat([ops]).sort((a, b) => a.priority - b.priority); // datapath-ok: a table is registered
}

/** Takes them away; with the last of a family its packets are no longer rewritten (nf_nat_unregister_fn). @alpha */
export function nfNatUnregisterFn(net: Net, ops: NfNatRuleOps): void {
  const nn = net.get(NF_NAT);
  const i = ops.pf * 8 + ops.hooknum;
  const list = nn.rules[i] ?? null;
  if (list === null || !list.includes(ops)) return;
  const left = list.filter((o) => o !== ops);
  nn.rules[i] = left.length === 0 ? null : left;
  if (anyRule(nn, ops.pf)) return;
  for (const o of ops.pf === NFPROTO_IPV4 ? nn.ops4 : nn.ops6) nfUnregisterNetHook(net, o);
  if (ops.pf === NFPROTO_IPV4) nn.ops4 = [];
  else nn.ops6 = [];
  nfCtNetnsPut(net, ops.pf);
  // Without rewriting, packets of translated connections would go to the wrong place.
  const l3num = ops.pf === NFPROTO_IPV4 ? AF_INET : AF_INET6;
  nfConntrackFlush(net, (ct) => ct.orig.l3num === l3num && (ct.status & IPS_NAT_DONE_MASK) !== 0);
}

/** Ends the masqueraded connections that left by a device, or had an address that is gone (RFC 4787 does not ask for it, but nothing else could answer for them). */
function masqForget(net: Net, ifindex: number, addr: number | null): void {
  nfConntrackFlush(net, (ct) => ct.nat !== null && ct.nat.masqIndex === ifindex && (addr === null || (ct.orig.l3num === AF_INET && ct.reply.dst0 === addr)));
}

/** The same for an IPv6 address. */
function masqForget6(net: Net, ifindex: number, a: Int32Array): void {
  nfConntrackFlush(net, ({ nat, reply: r, orig }) => nat !== null && nat.masqIndex === ifindex && orig.l3num === AF_INET6 && r.dst0 === a[0] && r.dst1 === a[1] && r.dst2 === a[2] && r.dst3 === a[3]);
}

const NAT_NOTIFIER: Key<NetdeviceNotifier> = defineKey<NetdeviceNotifier>('nf_nat notifier');

/** The module: NAT of IPv4 and IPv6. It does nothing until rules are registered ({@link nfNatRegisterFn}). @public */
export const nfNat: KernelModule = {
  name: 'nf_nat',
  requires: [nfConntrack],
  init(k): void {
    const told: NetdeviceNotifier = (event: number, dev: NetDevice) => {
      if (event === NETDEV_DOWN && dev.net.tryGet(NF_NAT) !== null) masqForget(dev.net, dev.ifindex, null);
      return NOTIFY_DONE;
    };
    k.set(NAT_NOTIFIER, told);
    registerNetdeviceNotifier(k, told);
  },
  exit(k): void {
    unregisterNetdeviceNotifier(k, k.get(NAT_NOTIFIER));
  },
  netInit(net: Net): void {
    const nn = new NfNatNet(net);
    net.set(NF_NAT, nn);
    nn.cn.onDestroy = (ct) => unlink(nn, ct);
    // Not sooner: an entry whose first packet is dropped just ceases to be.
    nn.cn.onConfirm = (ct) => {
      if (ct.nat !== null && (ct.status & IPS_SRC_NAT_DONE) !== 0) link(nn, ct);
    };
  },
  netReady(net: Net): void {
    const nn = net.get(NF_NAT);
    nn.af4 = net.kernel.get(INET).af(AF_INET);
    nn.af6 = net.kernel.get(INET).af(AF_INET6);
    nn.endAddr6 = nn.af6?.onAddrGone6?.(net, (ifindex, addr) => masqForget6(net, ifindex, addr)) ?? null;
    nn.endAddr = nn.af4?.onAddrGone?.(net, (ifindex, addr) => masqForget(net, ifindex, addr)) ?? null;
  },
  netStop(net: Net): void {
    net.get(NF_NAT).endAddr?.();
    net.get(NF_NAT).endAddr6?.();
  },
  netExit(net: Net): void {
    const nn = net.get(NF_NAT);
    for (const o of nn.ops4.concat(nn.ops6)) nfUnregisterNetHook(net, o);
    nfConntrackFlush(net);
    delTimer(net.kernel, nn.cn.gc);
  },
};
