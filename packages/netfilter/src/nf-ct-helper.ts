/**
 * Helpers of connection tracking: who reads what a control connection says and expects the connections that it announces. A rule gives a connection its helper (the target
 * CT of iptables-extensions(8), `ct helper` of nft(8)); by itself none gets one.
 */
import { defineKey, type Kernel, type Key } from '@linnet/kernel';
import { NF_ACCEPT, NF_DROP, NF_INET_LOCAL_IN, type NfState } from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import { AF_INET, IFF_LOOPBACK, IPPROTO_TCP } from '@linnet/uapi';
import type { NfConn } from './nf-conn.ts';
import { IP_CT_IS_REPLY, IP_CT_RELATED_REPLY, IPS_HELPER, IPS_SEQ_ADJUST } from './nf-conntrack-common.ts';
import { nfIpv6SkipExthdrs } from './nf-conntrack-packet.ts';
import { nfCtSeqAdjust } from './nf-conntrack-seqadj.ts';

/** A kind of helper (struct nf_conntrack_helper). @alpha */
export interface NfCtHelper {
  readonly name: string;
  /** The transport of the connections that it reads. */
  readonly protonum: number;
  /** There is none for IPv6. */
  readonly ipv4Only?: boolean;
  /** How many connections may be expected of one at a time, and for how many seconds. */
  readonly maxExpected: number;
  readonly timeout: number;
  /** What it keeps of a connection, null for nothing. */
  state(): object | null;
  /**
   * Reads a packet of a connection, translated already; `protoff`: its transport header behind `data`. NF_ACCEPT, or NF_DROP when the announced connection cannot be
   * expected. May write the packet.
   */
  help(skb: Skb, protoff: number, ct: NfConn, help: NfCtHelp, ctinfo: number): number;
}

/** A connection's helper (struct nf_conn_help). @alpha */
export class NfCtHelp {
  readonly helper: NfCtHelper;
  readonly name: string;
  readonly state: object | null;
  constructor(helper: NfCtHelper) {
    this.helper = helper;
    this.name = helper.name;
    this.state = helper.state();
  }
}

/** The helpers of a kernel. @alpha */
export const NF_CT_HELPERS: Key<NfCtHelper[]> = defineKey<NfCtHelper[]>('nf_ct_helpers');

/** Finds a helper for a transport of a family (AF_INET, AF_INET6) by name; null: there is none. @alpha */
export function nfCtHelperFind(k: Kernel, name: string, protonum: number, l3num: number = AF_INET): NfCtHelper | null {
  return k.tryGet(NF_CT_HELPERS)?.find((h) => h.name === name && h.protonum === protonum && (l3num === AF_INET || h.ipv4Only !== true)) ?? null;
}

/** Gives a new connection its helper, as a rule wants it; one for another transport does nothing. @alpha */
export function nfCtHelpAssign(ct: NfConn, helper: NfCtHelper): void {
  if (ct.orig.protonum !== helper.protonum) return;
  ct.help = new NfCtHelp(helper); // datapath-ok: once a connection
  ct.status |= IPS_HELPER;
}

/**
 * What stands between a packet and its way out: its helper reads it, and its sequence numbers are moved. NF_ACCEPT or NF_DROP.
 */
export function nfCtHelpPacket(skb: Skb, ct: NfConn, state: NfState): number {
  const ctinfo = skb.nfctInfo;
  // An error quotes the connection, but is not part of it.
  if (ctinfo === IP_CT_RELATED_REPLY) return NF_ACCEPT;
  // What comes by the loopback device was read when it left.
  if (state.inDev !== null && state.hook === NF_INET_LOCAL_IN && (state.inDev.flags & IFF_LOOPBACK) !== 0) return NF_ACCEPT;
  const base = skb.networkHeader - skb.data;
  let protoff: number;
  if (ct.orig.l3num === AF_INET) {
    if (skb.u8[skb.networkHeader + 9] !== ct.orig.protonum) return NF_ACCEPT;
    protoff = base + ((skb.u8[skb.networkHeader]! & 15) << 2);
  } else {
    const l4 = nfIpv6SkipExthdrs(skb, base);
    if (l4 < 0 || (l4 & 0xff) !== ct.orig.protonum) return NF_ACCEPT;
    protoff = l4 >> 8;
  }
  const { help } = ct;
  if (help !== null) {
    const v = help.helper.help(skb, protoff, ct, help, ctinfo);
    if (v !== NF_ACCEPT) return v;
  }
  if ((ct.status & IPS_SEQ_ADJUST) !== 0 && ct.orig.protonum === IPPROTO_TCP && !nfCtSeqAdjust(skb, ct, ctinfo >= IP_CT_IS_REPLY, protoff)) return NF_DROP;
  return NF_ACCEPT;
}
