/** Connection tracking as a module: its place in every namespace, and the hooks that are there while somebody wants them. */
// datapath-ok-file: set-up; the hooks themselves are two calls
import { delTimer, type KernelModule, type Net } from '@linnet/kernel';
import { INET, inet, type InetSock } from '@linnet/inet';
import {
  NF_ACCEPT, NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING, NF_INET_PRE_ROUTING, NF_STOLEN, type NfHookFn, type NfHookOps, NFPROTO_INET, NFPROTO_IPV4, NFPROTO_IPV6,
  nfRegisterNetHook, nfReinject, nfStateCopy, nfUnregisterNetHook,
} from '@linnet/netdev';
import { AF_INET, AF_INET6, ipIsFragment } from '@linnet/uapi';
import { NF_IP_PRI_CONNTRACK, NF_IP_PRI_CONNTRACK_CONFIRM, NF_IP_PRI_CONNTRACK_DEFRAG, IPS_SEQ_ADJUST, IPS_TEMPLATE } from './nf-conntrack-common.ts';
import { nfConntrackConfirm, nfConntrackIn } from './nf-conntrack-core.ts';
import { nfCtHelpPacket } from './nf-ct-helper.ts';
import { NF_CONNTRACK, nfConntrackForEach, NfConntrackNet, nfCtDelete } from './nf-conntrack-net.ts';
import { nfConntrackProcInit } from './nf-conntrack-proc.ts';
import type { NfConn } from './nf-conn.ts';
import { nfOriginalDst } from './nf-original-dst.ts';

/** IP_DEFRAG_CONNTRACK_IN and IP_DEFRAG_CONNTRACK_OUT, with room for zones between. */
const DEFRAG_IN = 2;
const DEFRAG_OUT = 3;

const defragHook: NfHookFn = (priv, skb, state) => {
  if (!ipIsFragment(skb.view, skb.networkHeader)) return NF_ACCEPT;
  // Its sender wants the pieces as they are (IP_NODEFRAG).
  if (state.sk !== null && (state.sk as InetSock).nodefrag === true) return NF_ACCEPT;
  // What is tracked already came whole, over the loopback device.
  const ct = skb.nfct as NfConn | null;
  if (ct !== null && (ct.status & IPS_TEMPLATE) === 0) return NF_ACCEPT;
  const cn = priv as NfConntrackNet;
  const whole = cn.af4!.defrag!(cn.net, skb, state.hook === NF_INET_PRE_ROUTING ? DEFRAG_IN : DEFRAG_OUT);
  if (whole === null) return NF_STOLEN;
  if (whole === skb) return NF_ACCEPT;
  // The datagram is another packet than the one that this hook point holds: it goes on from here by itself.
  nfReinject(whole, nfStateCopy(state), NF_ACCEPT);
  return NF_STOLEN;
};
const defragHook6: NfHookFn = (priv, skb, state) => {
  // What is tracked already came whole, over the loopback device.
  const ct = skb.nfct as NfConn | null;
  if (ct !== null && (ct.status & IPS_TEMPLATE) === 0) return NF_ACCEPT;
  const cn = priv as NfConntrackNet;
  const whole = cn.af6!.defrag!(cn.net, skb, state.hook === NF_INET_PRE_ROUTING ? DEFRAG_IN : DEFRAG_OUT);
  if (whole === null) return NF_STOLEN;
  if (whole === skb) return NF_ACCEPT;
  nfReinject(whole, nfStateCopy(state), NF_ACCEPT);
  return NF_STOLEN;
};
const inHook: NfHookFn = (priv, skb, state) => nfConntrackIn(priv as NfConntrackNet, skb, state);
/** A piece that is still one here was sent with IP_NODEFRAG: it belongs to no connection. */
const outHook4: NfHookFn = (priv, skb, state) => (ipIsFragment(skb.view, skb.networkHeader) ? NF_ACCEPT : inHook(priv, skb, state));
const confirmHook: NfHookFn = (_priv, skb, state) => {
  const ct = skb.nfct as NfConn | null;
  if (ct !== null && (ct.help !== null || (ct.status & IPS_SEQ_ADJUST) !== 0)) {
    const v = nfCtHelpPacket(skb, ct, state);
    if (v !== NF_ACCEPT) return v;
  }
  return nfConntrackConfirm(skb);
};

function opsOf(cn: NfConntrackNet, pf: number): NfHookOps[] {
  const at = (hooknum: number, priority: number, hook: NfHookFn): NfHookOps => ({ pf, hooknum, priority, hook, priv: cn });
  const list = [
    at(NF_INET_PRE_ROUTING, NF_IP_PRI_CONNTRACK, inHook),
    at(NF_INET_LOCAL_OUT, NF_IP_PRI_CONNTRACK, pf === NFPROTO_IPV4 ? outHook4 : inHook),
    at(NF_INET_POST_ROUTING, NF_IP_PRI_CONNTRACK_CONFIRM, confirmHook),
    at(NF_INET_LOCAL_IN, NF_IP_PRI_CONNTRACK_CONFIRM, confirmHook),
  ];
  if (pf === NFPROTO_IPV4 && cn.af4?.defrag !== undefined) {
    list.push(at(NF_INET_PRE_ROUTING, NF_IP_PRI_CONNTRACK_DEFRAG, defragHook), at(NF_INET_LOCAL_OUT, NF_IP_PRI_CONNTRACK_DEFRAG, defragHook));
  }
  if (pf === NFPROTO_IPV6 && cn.af6?.defrag !== undefined) {
    list.push(at(NF_INET_PRE_ROUTING, NF_IP_PRI_CONNTRACK_DEFRAG, defragHook6), at(NF_INET_LOCAL_OUT, NF_IP_PRI_CONNTRACK_DEFRAG, defragHook6));
  }
  return list;
}

function add(cn: NfConntrackNet, pf: number): void {
  const n = pf === NFPROTO_IPV4 ? cn.users4++ : cn.users6++;
  if (n !== 0) return;
  const ops = opsOf(cn, pf);
  for (const o of ops) nfRegisterNetHook(cn.net, o);
  if (pf === NFPROTO_IPV4) cn.ops4 = ops;
  else cn.ops6 = ops;
}

function drop(cn: NfConntrackNet, pf: number): void {
  const n = pf === NFPROTO_IPV4 ? --cn.users4 : --cn.users6;
  if (n !== 0) return;
  for (const o of pf === NFPROTO_IPV4 ? cn.ops4 : cn.ops6) nfUnregisterNetHook(cn.net, o);
}

/**
 * Wants connections of a family tracked in a namespace: NFPROTO_IPV4, NFPROTO_IPV6, or NFPROTO_INET for both (nf_ct_netns_get). The first one registers the hooks.
 * @alpha
 */
export function nfCtNetnsGet(net: Net, pf: number): void {
  const cn = net.get(NF_CONNTRACK);
  if (pf !== NFPROTO_IPV6) add(cn, NFPROTO_IPV4);
  if (pf === NFPROTO_IPV6 || pf === NFPROTO_INET) add(cn, NFPROTO_IPV6);
}

/** Wants it no longer; with the last one the hooks go, the entries stay until their time is over (nf_ct_netns_put). @alpha */
export function nfCtNetnsPut(net: Net, pf: number): void {
  const cn = net.get(NF_CONNTRACK);
  if (pf !== NFPROTO_IPV6) drop(cn, NFPROTO_IPV4);
  if (pf === NFPROTO_IPV6 || pf === NFPROTO_INET) drop(cn, NFPROTO_IPV6);
}

/** Ends all entries, or those for which `which` says so (nf_ct_iterate_cleanup). @alpha */
export function nfConntrackFlush(net: Net, which: ((ct: NfConn) => boolean) | null = null): void {
  nfConntrackForEach(net.get(NF_CONNTRACK), (ct) => {
    if (which === null || which(ct)) nfCtDelete(ct);
  });
}

/** Buckets of a table at first. */
const BUCKETS = 1024;

/** The module: connection tracking of IPv4 and IPv6. Without a user ({@link nfCtNetnsGet}) it costs nothing. @public */
export const nfConntrack: KernelModule = {
  name: 'nf_conntrack',
  requires: [inet],
  init(k): void {
    k.get(INET).nfOriginalDst = nfOriginalDst;
  },
  netInit(net: Net): void {
    const cn = new NfConntrackNet(net, BUCKETS);
    net.set(NF_CONNTRACK, cn);
    nfConntrackProcInit(net, cn);
  },
  netReady(net: Net): void {
    const cn = net.get(NF_CONNTRACK);
    cn.af4 = net.kernel.get(INET).af(AF_INET);
    cn.af6 = net.kernel.get(INET).af(AF_INET6);
  },
  netExit(net: Net): void {
    const cn = net.get(NF_CONNTRACK);
    nfConntrackFlush(net);
    for (const list of Array.from(cn.expects.values())) for (const e of list.slice()) e.remove();
    for (const o of cn.ops4.concat(cn.ops6)) nfUnregisterNetHook(net, o);
    delTimer(net.kernel, cn.gc);
  },
};
