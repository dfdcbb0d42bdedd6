/** What the messages of nflog and nfqueue tell of a packet in the same way (linux/netfilter/nfnetlink_log.h, linux/netfilter/nfnetlink_queue.h). */
// datapath-ok-file: packets that programs asked for
import type { NetDevice } from '@linnet/netdev';
import { type Skb, skbCopyBits } from '@linnet/skbuff';
import type { NlWriter } from '@linnet/uapi';

/** What a program gets of a packet: nothing and what is known of it (both), or its bytes too. */
export const NFNL_COPY_NONE = 0;
export const NFNL_COPY_META = 1;
export const NFNL_COPY_PACKET = 2;
/** The longest packet that fits into an attribute. */
export const NFNL_COPY_MAX: number = 0xffff - 4;

/** Who sent the packet, when it was a socket of this machine. */
export function packetOwner(skb: Skb, sk: object | null): { uid: number; gid: number } | null {
  const of = (skb.sk ?? sk) as { uid?: number; gid?: number; socket?: object | null } | null;
  return of === null || of.uid === undefined || of.socket === null ? null : { uid: of.uid >>> 0, gid: (of.gid ?? 0) >>> 0 };
}

/** Offset of the packet's link-layer header; -1: it came by no device that has one. */
export function packetMac(skb: Skb, inDev: NetDevice | null): number {
  return inDev !== null && skb.macHeader >= 0 && inDev.addrLen > 0 && skb.macHeader + inDev.hardHeaderLen <= skb.networkHeader ? skb.macHeader : -1;
}

/** struct nfulnl_msg_packet_hw: the address of the sender on the wire. */
export function putHwaddr(w: NlWriter, type: number, skb: Skb, mac: number, dev: NetDevice): void {
  const o = w.reserveAttr(type, 12);
  w.view.setUint16(o, dev.addrLen);
  for (let i = 0; i < 6; i++) w.u8[o + 4 + i] = skb.u8[mac + 6 + i]!;
}

/** A time, in ns since 1970. */
export function putTime(w: NlWriter, type: number, ns: number): void {
  const o = w.reserveAttr(type, 16);
  const s = Math.floor(ns / 1e9);
  w.view.setUint32(o + 4, s);
  w.view.setUint32(o + 12, Math.floor((ns - s * 1e9) / 1000));
}

/** The first `n` bytes of the packet, from its network header on. */
export function putPayload(w: NlWriter, type: number, skb: Skb, n: number): void {
  const o = w.reserveAttr(type, n);
  skbCopyBits(skb, 0, w.u8, o, n);
}
