/** A packet's way through the chains of a hook point. Rules are lists of functions over one register file; nothing is allocated. */
import { INET } from '@linnet/inet';
import {
  NF_ACCEPT, NF_DROP, NF_INET_LOCAL_OUT, NF_QUEUE, NF_STOLEN, NF_VERDICT_MASK, nfDropErr, type NfHookFn, type NfHookOps, NFPROTO_ARP, NFPROTO_BRIDGE, NFPROTO_INET, NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_NETDEV,
  nfRegisterNetHook, type NfState, nfUnregisterNetHook, type NetDevice,
} from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import { AF_INET, AF_INET6, ETH_P_IP, ETH_P_IPV6, NFT_BREAK, NFT_CONTINUE, NFT_GOTO, NFT_JUMP } from '@linnet/uapi';
import { nfIpv6SkipExthdrs } from '../nf-conntrack-packet.ts';
import { nfNatRegisterFn, type NfNatRule, type NfNatRuleOps, nfNatUnregisterFn } from '../nf-nat.ts';
import { xtRouteKey } from '../xt-tables.ts';
import { type NftChain, type NftNet, NFT_JUMP_STACK_SIZE, NftPkt } from './nft-model.ts';
import { nftTrace } from './nft-trace.ts';

/** inet's own hook point for packets as they come in. */
const NF_INET_INGRESS = 5;

function ip4(p: NftPkt, skb: Skb): void {
  const nh = skb.networkHeader;
  p.family = NFPROTO_IPV4;
  p.fragoff = skb.view.getUint16(nh + 6) & 0x1fff;
  p.thoff = nh - skb.data + ((skb.u8[nh]! & 15) << 2);
  p.tprot = skb.u8[nh + 9]!;
  p.tprotSet = true;
}

function ip6(p: NftPkt, skb: Skb): void {
  p.family = NFPROTO_IPV6;
  const off = skb.networkHeader - skb.data;
  const found = nfIpv6SkipExthdrs(skb, off);
  if (found >= 0) {
    p.tprot = found & 0xff;
    p.thoff = found >> 8;
    p.tprotSet = true;
    return;
  }
  // A later fragment: its own header says what it is part of.
  const { u8 } = skb;
  let next = u8[skb.networkHeader + 6]!;
  let at = off + 40;
  const end = skb.len - skb.dataLen;
  while (next === 0 || next === 43 || next === 60) {
    if (at + 8 > end) return;
    next = u8[skb.data + at]!;
    at += (u8[skb.data + at + 1]! + 1) << 3;
  }
  if (next !== 44 || at + 8 > end) return;
  p.fragoff = skb.view.getUint16(skb.data + at + 2) >> 3;
  if (p.fragoff === 0) return;
  p.thoff = at + 8;
  p.tprot = u8[skb.data + at]!;
  p.tprotSet = true;
}

/** Below IP nobody has looked at the header yet. */
function sound(skb: Skb, version: number): boolean {
  const nh = skb.networkHeader;
  const room = skb.len - (nh - skb.data);
  const least = version === 4 ? 20 : 40;
  if (room < least || skb.len - skb.dataLen < nh - skb.data + least || skb.u8[nh]! >> 4 !== version) return false;
  if (version === 6) return skb.view.getUint16(nh + 4) + 40 <= room;
  const ihl = (skb.u8[nh]! & 15) << 2;
  const len = skb.view.getUint16(nh + 2);
  return ihl >= 20 && len >= ihl && len <= room;
}

function place(p: NftPkt, skb: Skb, state: NfState): void {
  p.fragoff = 0;
  p.thoff = 0;
  p.tprot = 0;
  p.tprotSet = false;
  const { pf } = state;
  p.family = pf;
  p.pf = pf;
  if (pf === NFPROTO_IPV4) {
    ip4(p, skb);
  } else if (pf === NFPROTO_IPV6) {
    ip6(p, skb);
  } else if (pf !== NFPROTO_ARP) {
    if (skb.protocol === ETH_P_IP && sound(skb, 4)) ip4(p, skb);
    else if (skb.protocol === ETH_P_IPV6 && sound(skb, 6)) ip6(p, skb);
    // The addresses of a packet below IP are found all the same.
    p.family = pf;
  }
}

/** The rules of one chain from number `i` on: where it ended; `p.code` says why. */
function walk(p: NftPkt, chain: NftChain, i: number): number {
  const { rules } = chain;
  for (; i < rules.length; i++) {
    const { fns } = rules[i]!;
    p.code = NFT_CONTINUE;
    for (let k = 0; k < fns.length && p.code === NFT_CONTINUE; k++) fns[k]!(p);
    if (p.code === NFT_BREAK) continue;
    if (p.skb.nfTrace !== 0) nftTrace(p, chain, rules[i]!, false);
    if (p.code !== NFT_CONTINUE) return i;
  }
  p.code = NFT_CONTINUE;
  if (p.skb.nfTrace !== 0) nftTrace(p, chain, null, false);
  return i;
}

function run(p: NftPkt, base: NftChain): number {
  let chain = base;
  let i = 0;
  p.sp = 0;
  for (;;) {
    i = walk(p, chain, i);
    const { code } = p;
    if (code >= 0) return code;
    if (code === NFT_JUMP || code === NFT_GOTO) {
      if (code === NFT_JUMP) {
        if (p.sp >= NFT_JUMP_STACK_SIZE) return NF_DROP;
        p.stackChain[p.sp] = chain;
        p.stackRule[p.sp++] = i + 1;
      }
      chain = p.chain!;
      i = 0;
      continue;
    }
    if (p.sp === 0) break;
    chain = p.stackChain[--p.sp]!;
    i = p.stackRule[p.sp]!;
  }
  if (p.skb.nfTrace !== 0) nftTrace(p, base, null, true);
  const b = base.base!;
  b.packets++;
  b.bytes += p.skb.len;
  return b.policy;
}

/** Runs the rules of a base chain for a packet: its verdict. @alpha */
export function nftDoChain(chain: NftChain, skb: Skb, state: NfState): number {
  const { nn } = chain.table;
  const depth = nn.depth++;
  let p = nn.pkts[depth];
  if (p === undefined) {
    p = new NftPkt();
    nn.pkts[depth] = p;
  }
  p.skb = skb;
  p.told = false;
  p.net = nn.net;
  p.state = state;
  p.hook = state.hook;
  p.inDev = state.inDev;
  p.outDev = state.outDev;
  place(p, skb, state);
  // inet's chains see packets as they come in, but only its own.
  if (state.pf === NFPROTO_NETDEV && chain.table.family === NFPROTO_INET) {
    p.pf = p.tprotSet ? (skb.protocol === ETH_P_IP ? NFPROTO_IPV4 : NFPROTO_IPV6) : 0;
    if (p.pf === 0) {
      nn.depth = depth;
      return NF_ACCEPT;
    }
    p.family = p.pf;
  }
  const v = run(p, chain);
  nn.depth = depth;
  return v;
}

const chainHook: NfHookFn = (priv, skb, state) => nftDoChain(priv as NftChain, skb, state);
const natRule: NfNatRule = (priv, skb, state) => nftDoChain(priv as NftChain, skb, state);

/** The type route: what it changes may change the way. */
const routeHook: NfHookFn = (priv, skb, state) => {
  const chain = priv as NftChain;
  const before = xtRouteKey(skb);
  const ret = nftDoChain(chain, skb, state);
  const v = ret & NF_VERDICT_MASK;
  if (v === NF_DROP || v === NF_STOLEN || v === NF_QUEUE || xtRouteKey(skb) === before) return ret;
  const { net } = chain.table.nn;
  const af = net.kernel.get(INET).af(state.pf === NFPROTO_IPV4 ? AF_INET : AF_INET6);
  const err = af?.rerouteOutput?.(net, state.sk, skb) ?? 0;
  return err < 0 ? nfDropErr(err) : ret;
};


/** Hooks a base chain in: what takes it out again, or a negative errno. */
export function nftHook(nn: NftNet, chain: NftChain, devs: readonly NetDevice[]): (() => void) | number {
  const base = chain.base!;
  const { family } = chain.table;
  const off: (() => void)[] = [];
  const undo = (): void => {
    for (const fn of off) fn();
  };
  const add = (ops: NfHookOps): number => {
    const err = nfRegisterNetHook(nn.net, ops);
    if (err === 0) off.push(() => nfUnregisterNetHook(nn.net, ops)); // datapath-ok: a chain is made
    return err;
  };
  const netdev = family === NFPROTO_NETDEV || (family === NFPROTO_INET && base.hooknum === NF_INET_INGRESS);
  const pfs = family === NFPROTO_INET ? [NFPROTO_IPV4, NFPROTO_IPV6] : [family];
  let err = 0;
  if (netdev) {
    const hooknum = family === NFPROTO_INET ? 0 : base.hooknum;
    for (const dev of devs) if (err === 0) err = add({ pf: NFPROTO_NETDEV, hooknum, priority: base.priority, hook: chainHook, priv: chain, dev });
  } else if (base.type === 'nat') {
    for (const pf of pfs) {
      const ops: NfNatRuleOps = { pf, hooknum: base.hooknum, priority: base.priority, rule: natRule, priv: chain };
      nfNatRegisterFn(nn.net, ops);
      off.push(() => nfNatUnregisterFn(nn.net, ops)); // datapath-ok: a chain is made
    }
  } else {
    const hook = base.type === 'route' && base.hooknum === NF_INET_LOCAL_OUT ? routeHook : chainHook;
    for (const pf of pfs) if (err === 0) err = add({ pf, hooknum: base.hooknum, priority: base.priority, hook, priv: chain });
  }
  if (err === 0) return undo;
  undo();
  return err;
}

/** Which hook points a type of chain may have in a family: bits; -1: there is no such type. */
export function nftTypeHooks(family: number, type: string): number {
  const ipish = family === NFPROTO_IPV4 || family === NFPROTO_IPV6 || family === NFPROTO_INET;
  switch (type) {
    case 'filter':
      if (family === NFPROTO_INET) return 0x3f;
      if (ipish || family === NFPROTO_BRIDGE) return 0x1f;
      return family === NFPROTO_ARP || family === NFPROTO_NETDEV ? 3 : -1;
    case 'nat':
      return ipish ? 0x1b : -1;
    case 'route':
      return ipish ? 1 << NF_INET_LOCAL_OUT : -1;
    default:
      return -1;
  }
}

