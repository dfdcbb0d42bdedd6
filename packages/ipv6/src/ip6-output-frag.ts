/**
 * Cutting a datagram into fragments on its way out (RFC 8200 4.5): only the sender may. A fragment list that already has the right shape goes as it is; anything
 * else is copied piece by piece.
 */
import { EMSGSIZE } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import { ICMPV6_PKT_TOOBIG, IP6_MF, IPV6HDR_LEN, IPV6_FRAGHDR_LEN, NEXTHDR_FRAGMENT, ip6SetPayloadLen } from '@linnet/uapi';
import {
  allocSkb, CHECKSUM_NONE, CHECKSUM_PARTIAL, consumeSkb, DROP, kfreeSkbListReason, kfreeSkbReason, skbChecksumHelp, skbCloned, skbCopyBits, skbHeaderCloned, skbHeadlen,
  skbHeadroom, skbPush, skbPut, skbReserve,
} from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { llReservedSpace, skbDev } from '@linnet/netdev';
import type { Sock } from '@linnet/socket';
import { skSetOwnerW } from '@linnet/socket';
import { ip6FindFirstFragopt } from './exthdrs-core.ts';
import { ip6cbAddFlags, ip6cbCopy, ip6cbFragMaxSize, IP6SKB_FRAGMENTED } from './ip6-cb.ts';
import type { Ipv6Net } from './ipv6-net.ts';
import type { Rt6Info } from './rt6-info.ts';
import { IP6_FRAGCREATES, IP6_FRAGFAILS, IP6_FRAGOKS } from './snmp6.ts';

/** What follows fragmentation for each piece: consumes it, returns 0 or an error. @alpha */
export type FragOutput6 = (net: Net, sk: object | null, skb: Skb) => number;

function count(rt: Rt6Info, field: number): void {
  rt.net6.mib.ip[field]!++;
  if (rt.idev !== null) rt.idev.mib.ip[field]!++;
}

/** The identification of a datagram that is cut (ipv6_select_ident): any number, so that nobody can tell the next one (RFC 7739 5.3). @alpha */
export function ip6SelectIdent(n6: Ipv6Net): number {
  for (;;) {
    const id = n6.rng.u32() | 0;
    if (id !== 0) return id;
  }
}

/** What every piece inherits. */
function copyMetadata(to: Skb, from: Skb): void {
  to.pktType = from.pktType;
  to.priority = from.priority;
  to.protocol = from.protocol;
  to.skbIif = from.skbIif;
  to.dst = from.dst;
  to.dev = from.dev;
  to.mark = from.mark;
  to.hash = from.hash;
  to.nfct = from.nfct;
  to.nfctInfo = from.nfctInfo;
  to.tstamp = from.tstamp;
  ip6cbCopy(to, from);
}

function fragBytes(skb: Skb): number {
  let n = 0;
  for (let i = 0; i < skb.nrFrags; i++) n += skb.frags[i]!.len;
  return n;
}

/** May the fragment list go out as it is? */
function listFits(skb: Skb, hlen: number, payload: number, room: number): boolean {
  const first = skbHeadlen(skb) + fragBytes(skb);
  if (first - hlen > payload || ((first - hlen) & 7) !== 0 || skbCloned(skb) || skbHeadroom(skb) < room + IPV6_FRAGHDR_LEN) return false;
  for (let f = skb.fragList; f !== null; f = f.next) {
    if (f.len > payload || ((f.len & 7) !== 0 && f.next !== null) || skbHeadroom(f) < hlen + room + IPV6_FRAGHDR_LEN || f.users > 1 || skbHeaderCloned(f)) return false;
  }
  return true;
}

/** Sends a datagram larger than `mtu` in pieces; -EMSGSIZE, and an ICMPv6 error, when it may not be. Consumes (ip6_fragment). @alpha */
export function ip6Fragment(net: Net, sk: object | null, skb: Skb, mtu0: number, output: FragOutput6): number {
  const rt = skb.dst as Rt6Info;
  const n6 = rt.net6;
  let mtu = mtu0;
  const { len: hlen, nexthdr } = ip6FindFirstFragopt(skb);
  const largest = ip6cbFragMaxSize(skb);
  if (hlen < 0 || (!skb.ignoreDf && skb.len > mtu && largest === 0) || (largest !== 0 && largest > mtu)) {
    skb.dev = rt.dev;
    n6.fn.icmpSend(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
    count(rt, IP6_FRAGFAILS);
    kfreeSkbReason(skb, DROP.PKT_TOO_BIG);
    return -EMSGSIZE;
  }
  if (largest !== 0) mtu = Math.max(largest, 1280);
  if (skb.ipSummed === CHECKSUM_PARTIAL && skbChecksumHelp(skb) !== 0) {
    count(rt, IP6_FRAGFAILS);
    kfreeSkbReason(skb, DROP.SKB_CSUM);
    return -EMSGSIZE;
  }
  const payload = (mtu - hlen - IPV6_FRAGHDR_LEN) & ~7;
  if (payload < 8) {
    count(rt, IP6_FRAGFAILS);
    kfreeSkbReason(skb, DROP.PKT_TOO_BIG);
    return -EMSGSIZE;
  }
  const id = ip6SelectIdent(n6);
  const inner = skb.u8[skb.networkHeader + nexthdr]!;
  ip6cbAddFlags(skb, IP6SKB_FRAGMENTED);
  const room = llReservedSpace(skbDev(skb) ?? rt.dev);
  if (skb.fragList !== null && listFits(skb, hlen, payload, room)) return sendList(net, sk, skb, hlen, nexthdr, inner, id, output, rt);
  return sendCopies(net, sk, skb, hlen, nexthdr, inner, id, payload, room, output, rt);
}

/** Writes a fragment header. */
function putHeader(skb: Skb, at: number, inner: number, offset: number, more: boolean, id: number): void {
  const { view } = skb;
  view.setUint8(at, inner);
  view.setUint8(at + 1, 0);
  view.setUint16(at + 2, offset | (more ? IP6_MF : 0));
  view.setInt32(at + 4, id);
}

function sendList(net: Net, sk: object | null, skb: Skb, hlen: number, nexthdr: number, inner: number, id: number, output: FragOutput6, rt: Rt6Info): number {
  let rest = skb.fragList;
  skb.fragList = null;
  const firstLen = skbHeadlen(skb) + fragBytes(skb);
  for (let f = rest; f !== null; f = f.next) skb.truesize -= f.truesize;
  skb.dataLen = fragBytes(skb);
  skb.len = firstLen;
  const owner = skb.sk as Sock | null;
  if (owner !== null && skb.destructor !== null) {
    for (let f = rest; f !== null; f = f.next) {
      if (f.sk !== null) continue;
      // Its bytes were part of the first skb's charge.
      owner.wmemAlloc -= f.truesize;
      skSetOwnerW(f, owner);
    }
  }
  // Room for the fragment header behind the headers that every piece repeats.
  const nh0 = skb.networkHeader;
  const at0 = skbPush(skb, IPV6_FRAGHDR_LEN);
  for (let i = 0; i < hlen; i++) skb.u8[at0 + i] = skb.u8[nh0 + i]!;
  skb.networkHeader = at0;
  skb.u8[at0 + nexthdr] = NEXTHDR_FRAGMENT;
  let offset = 0;
  putHeader(skb, at0 + hlen, inner, 0, true, id);
  ip6SetPayloadLen(skb.view, at0, skb.len - IPV6HDR_LEN);
  let cur = skb;
  for (;;) {
    const next = rest;
    if (next !== null) {
      rest = next.next;
      next.next = null;
      offset += cur.len - hlen - IPV6_FRAGHDR_LEN;
      const body = next.data;
      const at = skbPush(next, hlen + IPV6_FRAGHDR_LEN);
      next.networkHeader = at;
      next.transportHeader = body;
      next.ipSummed = CHECKSUM_NONE;
      for (let i = 0; i < hlen; i++) next.u8[at + i] = cur.u8[cur.networkHeader + i]!;
      copyMetadata(next, cur);
      putHeader(next, at + hlen, inner, offset, rest !== null, id);
      ip6SetPayloadLen(next.view, at, next.len - IPV6HDR_LEN);
    }
    const err = output(net, sk, cur);
    if (err === 0) count(rt, IP6_FRAGCREATES);
    if (err !== 0 || next === null) {
      if (err === 0) {
        count(rt, IP6_FRAGOKS);
        return 0;
      }
      if (next !== null) {
        next.next = rest;
        kfreeSkbListReason(next, DROP.NOT_SPECIFIED);
      }
      count(rt, IP6_FRAGFAILS);
      return err;
    }
    cur = next;
  }
}

function sendCopies(
  net: Net, sk: object | null, skb: Skb, hlen: number, nexthdr: number, inner: number, id: number, payload: number, room: number, output: FragOutput6, rt: Rt6Info,
): number {
  let at = skb.networkHeader - skb.data + hlen;
  let left = skb.len - at;
  let offset = 0;
  while (left > 0) {
    let len = Math.min(left, payload);
    if (len < left) len &= ~7;
    const piece = allocSkb(skb.pool, room + hlen + IPV6_FRAGHDR_LEN + len);
    skbReserve(piece, room);
    copyMetadata(piece, skb);
    const to = skbPut(piece, hlen + IPV6_FRAGHDR_LEN + len);
    piece.networkHeader = to;
    piece.transportHeader = to + hlen + IPV6_FRAGHDR_LEN;
    const owner = skb.sk as Sock | null;
    if (owner !== null && skb.destructor !== null) skSetOwnerW(piece, owner);
    for (let i = 0; i < hlen; i++) piece.u8[to + i] = skb.u8[skb.networkHeader + i]!;
    piece.u8[to + nexthdr] = NEXTHDR_FRAGMENT;
    if (skbCopyBits(skb, at, piece.u8, to + hlen + IPV6_FRAGHDR_LEN, len) !== 0) {
      kfreeSkbReason(piece, DROP.PKT_TOO_SMALL);
      count(rt, IP6_FRAGFAILS);
      kfreeSkbReason(skb, DROP.PKT_TOO_SMALL);
      return -EMSGSIZE;
    }
    left -= len;
    putHeader(piece, to + hlen, inner, offset, left > 0, id);
    ip6SetPayloadLen(piece.view, to, piece.len - IPV6HDR_LEN);
    at += len;
    offset += len;
    const err = output(net, sk, piece);
    if (err !== 0) {
      count(rt, IP6_FRAGFAILS);
      kfreeSkbReason(skb, DROP.NOT_SPECIFIED);
      return err;
    }
    count(rt, IP6_FRAGCREATES);
  }
  consumeSkb(skb);
  count(rt, IP6_FRAGOKS);
  return 0;
}
