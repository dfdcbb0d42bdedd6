/** What helpers need of NAT: changing the text of a segment, and leading an expected connection the way of the one that announced it (RFC 3022 4.4). */
import { csumFold, csumReplace2, EBUSY } from '@linnet/kernel';
import { CHECKSUM_NONE, CHECKSUM_PARTIAL, pskbExpandHead, skbChecksum, skbEnsureWritable, skbPut, type Skb, skbTailroom, skbTrim } from '@linnet/skbuff';
import { AF_INET, IPPROTO_TCP, tcphSeq } from '@linnet/uapi';
import type { NfConn } from './nf-conn.ts';
import { nfCtExpectRelated, type NfExpect } from './nf-conntrack-expect.ts';
import { nfL4PseudoSum } from './nf-conntrack-packet.ts';
import { nfCtSeqadjSet } from './nf-conntrack-seqadj.ts';
import { nfNatSetupInfo } from './nf-nat.ts';
import { NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC } from './nf-nat-proto.ts';
import { NF_NAT_RANGE_MAP_IPS, NF_NAT_RANGE_PROTO_SPECIFIED, NfNatRange } from './nf-nat-unique.ts';

/** The largest packet. */
const MOST = 65535;

/**
 * Puts `text` in the place of `len` bytes of a segment, `at` behind `data`, and keeps lengths, sums and the connection's numbers right (nf_nat_mangle_tcp_packet). The TCP
 * header is `protoff` behind `data`. False: it would be too long.
 * @alpha
 */
export function nfNatMangleTcp(skb: Skb, ct: NfConn, reply: boolean, protoff: number, at: number, len: number, text: string): boolean {
  if (!skbEnsureWritable(skb, skb.len)) return false;
  const more = text.length - len;
  const old = skb.len;
  if (old + more > MOST) return false;
  if (more > 0) {
    if (skbTailroom(skb) < more) pskbExpandHead(skb, 0, more);
    skbPut(skb, more);
  }
  const { u8, view, data } = skb;
  u8.copyWithin(data + at + text.length, data + at + len, data + old);
  for (let i = 0; i < text.length; i++) u8[data + at + i] = text.charCodeAt(i);
  if (more < 0) skbTrim(skb, old + more);
  const nh = skb.networkHeader;
  if (ct.orig.l3num === AF_INET) {
    const from = view.getUint16(nh + 2);
    view.setUint16(nh + 2, from + more);
    view.setUint16(nh + 10, csumReplace2(view.getUint16(nh + 10), from, from + more));
  } else {
    view.setUint16(nh + 4, view.getUint16(nh + 4) + more);
  }
  const th = data + protoff;
  if (skb.ipSummed === CHECKSUM_PARTIAL) {
    // The field holds the sum of the pseudo header, which has the length in it.
    const l4 = old - protoff;
    view.setUint16(th + 16, ~csumReplace2(~view.getUint16(th + 16) & 0xffff, l4, l4 + more) & 0xffff);
  } else {
    skb.ipSummed = CHECKSUM_NONE;
    view.setUint16(th + 16, 0);
    view.setUint16(th + 16, csumFold(skbChecksum(skb, protoff, skb.len - protoff, nfL4PseudoSum(skb, protoff, IPPROTO_TCP))));
  }
  nfCtSeqadjSet(ct, reply, tcphSeq(view, th), more);
  return true;
}

/**
 * The announced connection came: its destination becomes the side of the master that announced it, at the port that was announced, its source what that side knows the other
 * as (nf_nat_follow_master). The `expectfn` of an expectation with `dir` and `savedProto` set.
 * @alpha
 */
export function nfNatFollowMaster(ct: NfConn, exp: NfExpect): void {
  const other = exp.dir === 0 ? exp.master.reply : exp.master.orig;
  const r = new NfNatRange(); // datapath-ok: once an expected connection
  r.flags = NF_NAT_RANGE_MAP_IPS;
  r.setAddr(other.dst0, other.dst1, other.dst2, other.dst3);
  nfNatSetupInfo(ct, r, NF_NAT_MANIP_SRC);
  r.flags = NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED;
  r.minProto = exp.savedProto;
  r.maxProto = exp.savedProto;
  r.setAddr(other.src0, other.src1, other.src2, other.src3);
  nfNatSetupInfo(ct, r, NF_NAT_MANIP_DST);
}

/** How many ports are asked for before it is given up. */
const ATTEMPTS = 128;

/**
 * Expects a connection to a port that nobody else waits at: the announced one if it can be had. The port, or 0: there is none (nf_nat_exp_find_port).
 * @alpha
 */
export function nfNatExpectPort(exp: NfExpect, maxExpected: number): number {
  const { rng } = exp.master.cnet;
  let port = exp.savedProto;
  for (let i = 0; i < ATTEMPTS; i++) {
    exp.tuple.dport = port;
    const err = nfCtExpectRelated(exp, maxExpected);
    if (err === 0) return port;
    if (err !== -EBUSY) return 0;
    port = 1024 + rng.below(65536 - 1024);
  }
  return 0;
}
