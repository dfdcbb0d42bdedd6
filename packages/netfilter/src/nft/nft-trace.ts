/** What becomes of packets that `meta nftrace set 1` marks: messages for `nft monitor trace`, and the same as data. */
// datapath-ok-file: packets that are traced
import type { Net } from '@linnet/kernel';
import { NFPROTO_NETDEV } from '@linnet/netdev';
import { type Skb, skbCopyBits } from '@linnet/skbuff';
import {
  NFT_GOTO, NFT_JUMP, NFT_MSG_TRACE, NFT_TRACETYPE_POLICY, NFT_TRACETYPE_RULE, NFTA_TRACE_CHAIN, NFTA_TRACE_ID, NFTA_TRACE_IIF, NFTA_TRACE_IIFTYPE, NFTA_TRACE_LL_HEADER, NFTA_TRACE_MARK,
  NFTA_TRACE_NETWORK_HEADER, NFTA_TRACE_NFPROTO, NFTA_TRACE_OIF, NFTA_TRACE_OIFTYPE, NFTA_TRACE_POLICY, NFTA_TRACE_RULE_HANDLE, NFTA_TRACE_TABLE, NFTA_TRACE_TRANSPORT_HEADER, NFTA_TRACE_TYPE,
  NFTA_TRACE_VERDICT, NFTA_VERDICT_CHAIN, NFTA_VERDICT_CODE, NlWriter,
} from '@linnet/uapi';
import { IP_CT_IS_REPLY, IP_CT_UNTRACKED } from '../nf-conntrack-common.ts';
import type { NfConn } from '../nf-conn.ts';
import { NFNL_SUBSYS_NFTABLES, NFNLGRP_NFTRACE, nfnlBroadcast, nfnlHasListeners, nfnlMsgPut, nfnlMsgType } from '../nfnetlink.ts';
import { nftPutU64 } from './nft-attr.ts';
import { NF_TABLES, type NftChain, type NftPkt, type NftRule } from './nft-model.ts';

/** NFTA_TRACE_CT_*. */
const CT_ID = 18;
const CT_DIR = 19;
const CT_STATUS = 20;
const CT_STATE = 21;
/** NF_CT_STATE_UNTRACKED_BIT; the states of connections are bits from 1 on. */
const STATE_UNTRACKED = 1 << 6;
/** The most of each header that is shown. */
const NETWORK_MOST = 40;
const TRANSPORT_MOST = 20;
const VLAN_HLEN = 4;
const MAC_ADDRS = 12;

/** A step of a traced packet. @public */
export interface NftTraceEvent {
  /** The same for all steps of a packet. */
  readonly id: number;
  /** NFPROTO_* of the table, and its name, and the chain's. */
  readonly family: number;
  readonly table: string;
  readonly chain: string;
  /** NFPROTO_* of the packet. */
  readonly pf: number;
  /** A rule that it came to the end of, by its handle; 0: the end of the chain, or its policy. */
  readonly rule: number;
  /** Did the policy decide? */
  readonly policy: boolean;
  /** NF_* or NFT_*; with the chain of a jump or goto. */
  readonly verdict: number;
  readonly to: string | null;
  /** The packet, to be looked at at once. */
  readonly skb: Skb;
}

/**
 * Calls `fn` for each step of each packet of the namespace that a rule marks with `meta nftrace set 1`, while the packet is there. Returns what ends it. (The same as
 * `nft monitor trace`, nft(8).)
 * @public
 */
export function nftOnTrace(net: Net, fn: (e: NftTraceEvent) => void): () => void {
  const { tracers } = net.get(NF_TABLES);
  tracers.push(fn);
  return () => {
    const at = tracers.indexOf(fn);
    if (at >= 0) tracers.splice(at, 1);
  };
}

function putPart(w: NlWriter, skb: Skb, type: number, off: number, len: number): void {
  const b = new Uint8Array(Math.max(0, Math.min(len, skb.len - off)));
  if (b.length > 0 && skbCopyBits(skb, off, b, 0, b.length) === 0) w.putBytes(type, b);
}

/** The link layer's header, with the tag that the packet has beside its bytes. */
function putLink(w: NlWriter, { skb, state }: NftPkt): void {
  if ((state.pf === NFPROTO_NETDEV && state.outDev !== null) || skb.macHeader < 0 || skb.macHeader >= skb.networkHeader) return;
  const b = skb.u8.slice(skb.macHeader, skb.networkHeader);
  if (skb.vlanTci === 0) {
    w.putBytes(NFTA_TRACE_LL_HEADER, b);
    return;
  }
  const t = new Uint8Array(b.length + VLAN_HLEN);
  t.set(b.subarray(0, MAC_ADDRS));
  t.set([skb.vlanProto >> 8, skb.vlanProto & 0xff, skb.vlanTci >> 8, skb.vlanTci & 0xff], MAC_ADDRS);
  t.set(b.subarray(MAC_ADDRS), MAC_ADDRS + VLAN_HLEN);
  w.putBytes(NFTA_TRACE_LL_HEADER, t);
}

function putConn(w: NlWriter, skb: Skb): void {
  const ct = skb.nfct as NfConn | null;
  if (ct === null) {
    if (skb.nfctInfo === IP_CT_UNTRACKED) w.putBe32(CT_STATE, STATE_UNTRACKED);
    return;
  }
  w.putBe32(CT_STATE, 2 << (skb.nfctInfo % IP_CT_IS_REPLY));
  w.putU8(CT_DIR, skb.nfctInfo >= IP_CT_IS_REPLY ? 1 : 0);
  w.putBe32(CT_ID, ct.id);
  if (ct.status !== 0) w.putBe32(CT_STATUS, ct.status);
}

/** What the packet is: in the first message of a hook point only. */
function putPacket(w: NlWriter, p: NftPkt): void {
  const { skb, inDev, outDev } = p;
  if (inDev !== null) {
    w.putBe32(NFTA_TRACE_IIF, inDev.ifindex);
    w.putBe16(NFTA_TRACE_IIFTYPE, inDev.type);
  }
  if (outDev !== null) {
    w.putBe32(NFTA_TRACE_OIF, outDev.ifindex);
    w.putBe16(NFTA_TRACE_OIFTYPE, outDev.type);
  }
  const nh = skb.networkHeader - skb.data;
  putPart(w, skb, NFTA_TRACE_NETWORK_HEADER, nh, Math.min(NETWORK_MOST, p.tprotSet ? p.thoff - nh : NETWORK_MOST));
  if (p.tprotSet) putPart(w, skb, NFTA_TRACE_TRANSPORT_HEADER, p.thoff, TRANSPORT_MOST);
  putLink(w, p);
  putConn(w, skb);
}

function put(w: NlWriter, p: NftPkt, chain: NftChain, handle: number, policy: boolean): void {
  const { skb } = p;
  const { table } = chain;
  nfnlMsgPut(w, null, nfnlMsgType(NFNL_SUBSYS_NFTABLES, NFT_MSG_TRACE), 0, table.family);
  w.putBe32(NFTA_TRACE_NFPROTO, p.state.pf);
  w.putBe32(NFTA_TRACE_TYPE, policy ? NFT_TRACETYPE_POLICY : NFT_TRACETYPE_RULE);
  w.putBe32(NFTA_TRACE_ID, skb.nfTrace);
  w.putString(NFTA_TRACE_CHAIN, chain.name);
  w.putString(NFTA_TRACE_TABLE, table.name);
  if (handle !== 0) nftPutU64(w, NFTA_TRACE_RULE_HANDLE, handle);
  if (policy) {
    w.putBe32(NFTA_TRACE_POLICY, chain.base!.policy);
  } else {
    w.nestStartNoflag(NFTA_TRACE_VERDICT);
    w.putBe32(NFTA_VERDICT_CODE, p.code);
    if (p.code === NFT_JUMP || p.code === NFT_GOTO) w.putString(NFTA_VERDICT_CHAIN, p.chain!.name);
    w.nestEnd();
  }
  if (skb.mark !== 0) w.putBe32(NFTA_TRACE_MARK, skb.mark);
  if (!p.told) putPacket(w, p);
  p.told = true;
  w.end();
}

/** Tells of a step: a rule that matched, with the verdict in `p.code`; without a rule the end of a chain, or its policy. */
export function nftTrace(p: NftPkt, chain: NftChain, rule: NftRule | null, policy: boolean): void {
  const { nn } = chain.table;
  const handle = rule === null ? 0 : rule.handle;
  if (nfnlHasListeners(nn.net, NFNLGRP_NFTRACE)) {
    const w = new NlWriter({ capacity: 512 });
    put(w, p, chain, handle, policy);
    nfnlBroadcast(nn.net, w, NFNLGRP_NFTRACE);
  }
  if (nn.tracers.length === 0) return;
  const jump = !policy && (p.code === NFT_JUMP || p.code === NFT_GOTO);
  const e: NftTraceEvent = {
    id: p.skb.nfTrace >>> 0, family: chain.table.family, table: chain.table.name, chain: chain.name, pf: p.state.pf, rule: handle, policy, verdict: policy ? chain.base!.policy : p.code,
    to: jump ? p.chain!.name : null, skb: p.skb,
  };
  for (const fn of nn.tracers.slice()) fn(e);
}
