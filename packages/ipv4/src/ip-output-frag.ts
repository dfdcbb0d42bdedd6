/**
 * Cutting a datagram into fragments on its way out (RFC 791 3.2, RFC 1122 3.3.5; the fragmenting half of ip_output.c).
 * The fast path sends a fragment list that already has the right shape as it is; anything else is copied piece by piece.
 */
import { EMSGSIZE } from '@linnet/kernel';
import type { Net } from '@linnet/kernel';
import {
  ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, IP_DF, IP_MF, IP_OFFSET, iphFragOff, iphSetFragOff, iphSetTotLen, ipIsFragment,
} from '@linnet/uapi';
import {
  allocSkb, CHECKSUM_NONE, CHECKSUM_PARTIAL, consumeSkb, DROP, kfreeSkbListReason, kfreeSkbReason, pskbMayPull, skbChecksumHelp, skbCloned, skbCopyBits,
  skbCow, skbHeaderCloned, skbHeadlen, skbHeadroom, skbPush, skbPut, skbReserve,
} from '@linnet/skbuff';
import type { Skb } from '@linnet/skbuff';
import { llReservedSpace, skbDev } from '@linnet/netdev';
import type { Sock } from '@linnet/socket';
import { skSetOwnerW } from '@linnet/socket';
import { ipHdrlen } from './ip-hdrlen.ts';
import { IPSKB_FRAG_COMPLETE, IPSKB_FRAG_PMTU, ipcbAddFlags, ipcbCopy, ipcbFlags, ipcbFragMaxSize, ipcbOptlen } from './ip-cb.ts';
import { ipOptionsFragment } from './ip-options.ts';
import { ipSendCheck, ipSkbDstMtu } from './ip-header.ts';
import type { Rtable } from './rtable.ts';
import { IPSTATS_MIB_FRAGCREATES, IPSTATS_MIB_FRAGFAILS, IPSTATS_MIB_FRAGOKS } from './snmp.ts';

/** What follows fragmentation for each piece: consumes it, returns 0 or an error. @alpha */
export type FragOutput = (net: Net, sk: object | null, skb: Skb) => number;

/**
 * Sends a datagram larger than `mtu` in pieces, unless DF forbids it: then its source is told the MTU and -EMSGSIZE is
 * returned. Consumes the skb (ip_fragment).
 * @alpha
 */
export function ipFragment(net: Net, sk: object | null, skb: Skb, mtu: number, output: FragOutput): number {
  const nh = skb.networkHeader;
  if ((iphFragOff(skb.view, nh) & IP_DF) === 0) return ipDoFragment(net, sk, skb, output);
  const maxSize = ipcbFragMaxSize(skb);
  if (!skb.ignoreDf || (maxSize !== 0 && maxSize > mtu)) {
    const ip = (skb.dst as Rtable).net4;
    ip.mib[IPSTATS_MIB_FRAGFAILS]!++;
    ip.icmpSend(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, mtu);
    kfreeSkbReason(skb, DROP.PKT_TOO_BIG);
    return -EMSGSIZE;
  }
  return ipDoFragment(net, sk, skb, output);
}

/** What every piece inherits from the datagram (ip_copy_metadata). */
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
  ipcbCopy(to, from);
}

/** May the fragment list go out as it is: pieces no larger than the MTU, of multiples of 8 but for the last, and ours alone? */
function listFits(skb: Skb, hlen: number, payloadMtu: number, room: number): boolean {
  const first = skbHeadlen(skb) + fragBytes(skb);
  if (first - hlen > payloadMtu || ((first - hlen) & 7) !== 0 || ipIsFragment(skb.view, skb.networkHeader) || skbCloned(skb) || skbHeadroom(skb) < room) return false;
  for (let f = skb.fragList; f !== null; f = f.next) {
    if (f.len > payloadMtu || ((f.len & 7) !== 0 && f.next !== null) || skbHeadroom(f) < hlen + room || f.users > 1 || skbHeaderCloned(f)) return false;
  }
  return true;
}

/** Bytes in page fragments, without the fragment list. */
function fragBytes(skb: Skb): number {
  let n = 0;
  for (let i = 0; i < skb.nrFrags; i++) n += skb.frags[i]!.len;
  return n;
}

/**
 * Cuts and sends a datagram whatever its DF says; consumes it. Returns 0, or the first error of `output`, upon which the rest is
 * dropped (ip_do_fragment).
 * @alpha
 */
export function ipDoFragment(net: Net, sk: object | null, skb: Skb, output: FragOutput): number {
  const mib = (skb.dst as Rtable).net4.mib;
  if (skb.ipSummed === CHECKSUM_PARTIAL) {
    const err = skbChecksumHelp(skb);
    if (err !== 0) {
      mib[IPSTATS_MIB_FRAGFAILS]!++;
      kfreeSkbReason(skb, DROP.SKB_CSUM);
      return err;
    }
  }
  const dev = skbDev(skb)!;
  let mtu = ipSkbDstMtu(sk, skb);
  const maxSize = ipcbFragMaxSize(skb);
  if (maxSize !== 0 && maxSize < mtu) mtu = maxSize;
  const hlen = ipHdrlen(skb.view, skb.networkHeader);
  const payload = mtu - hlen;
  if (payload < 8 || !pskbMayPull(skb, hlen)) {
    mib[IPSTATS_MIB_FRAGFAILS]!++;
    kfreeSkbReason(skb, DROP.PKT_TOO_BIG);
    return -EMSGSIZE;
  }
  ipcbAddFlags(skb, IPSKB_FRAG_COMPLETE);
  const room = llReservedSpace(dev);
  if (skb.fragList !== null && listFits(skb, hlen, payload, room)) return sendList(net, sk, skb, hlen, output, mib);
  return sendCopies(net, sk, skb, hlen, payload, room, output, mib);
}

function sendList(net: Net, sk: object | null, skb: Skb, hlen: number, output: FragOutput, mib: Float64Array): number {
  let rest = skb.fragList;
  skb.fragList = null;
  const firstLen = skbHeadlen(skb) + fragBytes(skb);
  // The list's pieces are charged by themselves from here on.
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
  let offset = 0;
  iphSetTotLen(skb.view, skb.networkHeader, firstLen);
  iphSetFragOff(skb.view, skb.networkHeader, IP_MF);
  ipSendCheck(skb);
  let cur = skb;
  for (;;) {
    const next = rest;
    if (next !== null) {
      rest = next.next;
      next.next = null;
      // The header is written before the present piece goes: afterwards its bytes are somebody else's.
      const at = skbPush(next, hlen);
      next.networkHeader = at;
      next.transportHeader = at + hlen;
      next.ipSummed = CHECKSUM_NONE;
      for (let i = 0; i < hlen; i++) next.u8[at + i] = cur.u8[cur.networkHeader + i]!;
      copyMetadata(next, cur);
      if (offset === 0) ipOptionsFragment(next);
      offset += cur.len - hlen;
      let field = offset >> 3;
      if (rest !== null) field |= IP_MF;
      iphSetFragOff(next.view, at, field);
      iphSetTotLen(next.view, at, next.len);
      ipSendCheck(next);
    }
    const err = output(net, sk, cur);
    if (err === 0) mib[IPSTATS_MIB_FRAGCREATES]!++;
    if (err !== 0 || next === null) {
      if (err === 0) {
        mib[IPSTATS_MIB_FRAGOKS]!++;
        return 0;
      }
      if (next !== null) {
        next.next = rest;
        kfreeSkbListReason(next, DROP.NOT_SPECIFIED);
      }
      mib[IPSTATS_MIB_FRAGFAILS]!++;
      return err;
    }
    cur = next;
  }
}

function sendCopies(net: Net, sk: object | null, skb: Skb, hlen: number, payload: number, room: number, output: FragOutput, mib: Float64Array): number {
  const nh = skb.networkHeader;
  const field = iphFragOff(skb.view, nh);
  // A piece of a piece keeps its place and its «more».
  let offset = (field & IP_OFFSET) << 3;
  const moreAfter = (field & IP_MF) !== 0;
  const df = (ipcbFlags(skb) & IPSKB_FRAG_PMTU) !== 0 ? IP_DF : 0;
  let at = hlen;
  let left = skb.len - hlen;
  const optlen = ipcbOptlen(skb);
  while (left > 0) {
    let len = Math.min(left, payload);
    if (len < left) len &= ~7;
    const piece = allocSkb(skb.pool, room + hlen + len);
    skbReserve(piece, room);
    copyMetadata(piece, skb);
    const to = skbPut(piece, hlen + len);
    piece.networkHeader = to;
    piece.transportHeader = to + hlen;
    const owner = skb.sk as Sock | null;
    if (owner !== null && skb.destructor !== null) skSetOwnerW(piece, owner);
    for (let i = 0; i < hlen; i++) piece.u8[to + i] = skb.u8[skb.networkHeader + i]!;
    if (skbCopyBits(skb, at, piece.u8, to + hlen, len) !== 0) {
      kfreeSkbReason(piece, DROP.PKT_TOO_SMALL);
      mib[IPSTATS_MIB_FRAGFAILS]!++;
      kfreeSkbReason(skb, DROP.PKT_TOO_SMALL);
      return -EMSGSIZE;
    }
    left -= len;
    let f = (offset >> 3) | df;
    if (left > 0 || moreAfter) f |= IP_MF;
    iphSetFragOff(piece.view, to, f);
    iphSetTotLen(piece.view, to, hlen + len);
    ipSendCheck(piece);
    // After the first, only options with the copied flag go along: the datagram's own header is changed for all that follow.
    // The options of a piece that was not the first have been seen to by whoever made it.
    if (offset === 0 && optlen !== 0) {
      skbCow(skb, skbHeadroom(skb));
      ipOptionsFragment(skb);
    }
    at += len;
    offset += len;
    const err = output(net, sk, piece);
    if (err !== 0) {
      mib[IPSTATS_MIB_FRAGFAILS]!++;
      kfreeSkbReason(skb, DROP.NOT_SPECIFIED);
      return err;
    }
    mib[IPSTATS_MIB_FRAGCREATES]!++;
  }
  consumeSkb(skb);
  mib[IPSTATS_MIB_FRAGOKS]!++;
  return 0;
}
