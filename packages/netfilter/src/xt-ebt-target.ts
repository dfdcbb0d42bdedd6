/** Targets of ebtables(8), and of arptables(8) what has no expression of nf_tables (linux/netfilter_bridge/ebt_*.h, linux/netfilter_arp/arpt_mangle.h). */
import { EINVAL } from '@linnet/kernel';
import { devQueueXmit, llReservedSpace, NF_ACCEPT, NF_DROP, type NetDevice, NFPROTO_ARP, NFPROTO_BRIDGE } from '@linnet/netdev';
import { allocSkb, DROP, kfreeSkbReason, PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST, PACKET_OTHERHOST, pskbMayPull, type Skb, skbEnsureWritable, skbPut, skbReserve, skbUnclone } from '@linnet/skbuff';
import { ETH_P_ARP, ETH_P_IP } from '@linnet/uapi';
import { XT_CONTINUE, XT_RETURN, type XtCheck, type XtParam, type XtTargetDef, type XtTargetFn, xtString } from './xt-core.ts';
import { ebtOnly } from './xt-ebt.ts';
import { XT_TARGETS } from './xt-targets.ts';

const ETH_ALEN = 6;
/** EBT_ACCEPT (-1) down to EBT_RETURN (-4): verdicts of nf_tables' numbers. */
const VERDICTS: readonly number[] = [NF_ACCEPT, NF_DROP, XT_CONTINUE, XT_RETURN];
/** What `target`'s lowest four bits say; -EINVAL: nothing. The bits above are the target's own. */
function verdict(target: number): number {
  return VERDICTS[-1 - (target | ~15)] ?? -EINVAL;
}
function copy(to: Uint8Array, at: number, from: Uint8Array, off: number, n: number): void {
  for (let i = 0; i < n; i++) to[at + i] = from[off + i]!;
}
function sameMac(a: Uint8Array, at: number, b: Uint8Array, bt: number): boolean {
  for (let i = 0; i < ETH_ALEN; i++) if (a[at + i] !== b[bt + i]) return false;
  return true;
}

const SET = -0x10;
const OR = -0x20;
const AND = -0x30;
const XOR = -0x40;

/** struct ebt_mark_t_info. */
function mark(c: XtCheck): XtTargetFn | number {
  const value = c.view.getInt32(c.off, true);
  const target = c.view.getInt32(c.off + 8, true);
  const action = target & ~15;
  const v = verdict(target);
  if (v === -EINVAL || (action !== SET && action !== OR && action !== AND && action !== XOR)) return -EINVAL;
  return (skb) => {
    skb.mark = action === SET ? value : action === OR ? skb.mark | value : action === AND ? skb.mark & value : skb.mark ^ value;
    return v;
  };
}

/** Says what the packet is to this machine after its destination has changed. */
function retype(skb: Skb, dev: NetDevice | null): void {
  const { u8, macHeader: at } = skb;
  let all = 0xff;
  for (let i = 0; i < ETH_ALEN; i++) all &= u8[at + i]!;
  if (all === 0xff) skb.pktType = PACKET_BROADCAST;
  else if ((u8[at]! & 1) !== 0) skb.pktType = PACKET_MULTICAST;
  else skb.pktType = dev !== null && sameMac(u8, at, dev.devAddr, 0) ? PACKET_HOST : PACKET_OTHERHOST;
}

/** struct ebt_nat_info: another destination. */
function dnat(c: XtCheck): XtTargetFn | number {
  const { u8, view, off } = c;
  const target = view.getInt32(off + 8, true);
  const v = verdict(target);
  if (v === -EINVAL) return v;
  return (skb, par) => {
    skbUnclone(skb);
    copy(skb.u8, skb.macHeader, u8, off, ETH_ALEN);
    retype(skb, par.inDev?.master ?? null);
    return v;
  };
}

/** In `target`: ARP packets' own sender stays as it is. */
const NAT_ARP_BIT = 0x10;

/** struct ebt_nat_info: another source. */
function snat(c: XtCheck): XtTargetFn | number {
  const { u8, view, off } = c;
  const target = view.getInt32(off + 8, true);
  const v = verdict(target);
  if (v === -EINVAL) return v;
  const inArp = (target & NAT_ARP_BIT) === 0;
  return (skb) => {
    skbUnclone(skb);
    copy(skb.u8, skb.macHeader + ETH_ALEN, u8, off, ETH_ALEN);
    const nh = skb.networkHeader;
    if (inArp && skb.protocol === ETH_P_ARP && skbEnsureWritable(skb, nh - skb.data + 14) && skb.u8[skb.networkHeader + 4] === ETH_ALEN) copy(skb.u8, skb.networkHeader + 8, u8, off, ETH_ALEN);
    return v;
  };
}

/** struct ebt_redirect_info: it is for the bridge itself. */
function redirect(c: XtCheck): XtTargetFn | number {
  const target = c.view.getInt32(c.off, true);
  const v = verdict(target);
  if (v === -EINVAL) return v;
  return (skb, par) => {
    const dev = par.inDev?.master ?? par.inDev;
    skbUnclone(skb);
    if (dev !== null) copy(skb.u8, skb.macHeader, dev.devAddr, 0, ETH_ALEN);
    skb.pktType = PACKET_HOST;
    return v;
  };
}

/** Answers the ARP request in `skb` by the device that it came by, in the name of `mac`. */
function answer(skb: Skb, dev: NetDevice, mac: Uint8Array, off: number): void {
  const room = llReservedSpace(dev);
  const reply = allocSkb(dev.pool, room + 28 + dev.neededTailroom);
  skbReserve(reply, room);
  const at = skbPut(reply, 28);
  const from = skb.networkHeader;
  reply.networkHeader = at;
  reply.dev = dev;
  reply.protocol = ETH_P_ARP;
  copy(reply.u8, at, skb.u8, from, 6);
  reply.view.setUint16(at + 6, 2);
  copy(reply.u8, at + 8, mac, off, ETH_ALEN);
  copy(reply.u8, at + 14, skb.u8, from + 24, 4);
  copy(reply.u8, at + 18, skb.u8, from + 8, ETH_ALEN + 4);
  const to = skb.u8.slice(from + 8, from + 8 + ETH_ALEN); // datapath-ok: an answer to an ARP request
  const own = mac.slice(off, off + ETH_ALEN); // datapath-ok: as above
  if (dev.headerOps === null || dev.headerOps.create(reply, dev, ETH_P_ARP, to, own, reply.len) < 0) kfreeSkbReason(reply, DROP.DEV_HDR);
  else devQueueXmit(reply);
}

/** struct ebt_arpreply_info. */
function arpreply(c: XtCheck): XtTargetFn | number {
  const { u8, view, off } = c;
  if (!ebtOnly(c, ETH_P_ARP)) return -EINVAL;
  const target = view.getInt32(off + 8, true);
  const v = verdict(target);
  if (v === -EINVAL) return v;
  return (skb, par) => {
    const off4 = skb.networkHeader - skb.data;
    if (par.inDev === null || !pskbMayPull(skb, off4 + 8)) return NF_DROP;
    const at = skb.networkHeader;
    const asks = skb.view.getUint16(at) === 1 && skb.view.getUint16(at + 2) === ETH_P_IP && skb.u8[at + 4] === ETH_ALEN && skb.u8[at + 5] === 4 && skb.view.getUint16(at + 6) === 1;
    if (!asks) return XT_CONTINUE;
    if (!pskbMayPull(skb, off4 + 28)) return NF_DROP;
    answer(skb, par.inDev, u8, off);
    return v;
  };
}

function hex(u8: Uint8Array, at: number): string {
  return Array.from({ length: ETH_ALEN }, (_, i) => u8[at + i]!.toString(16).padStart(2, '0')).join(':'); // datapath-ok: a line of the log
}

/** struct ebt_log_info: a line in the kernel's log. */
function log({ u8, view, off, net }: XtCheck): XtTargetFn | number {
  const level = u8[off]!;
  if (level > 7 || (view.getUint32(off + 32, true) & ~15) !== 0) return -EINVAL;
  const prefix = xtString(u8, off + 1, 30);
  if (prefix === null) return -EINVAL;
  return (skb, { inDev, outDev }: XtParam) => {
    const at = skb.macHeader;
    const proto = skb.protocol.toString(16).padStart(4, '0'); // datapath-ok: as above
    net.kernel.log.printk(level, `${prefix} IN=${inDev?.name ?? ''} OUT=${outDev?.name ?? ''} MAC source = ${hex(skb.u8, at + ETH_ALEN)} MAC dest = ${hex(skb.u8, at)} proto = 0x${proto}`); // datapath-ok: as above
    return XT_CONTINUE;
  };
}

/** struct ebt_nflog_info: with nobody who listens to the group, a packet passes as it is. */
function nflog({ view, off }: XtCheck): XtTargetFn | number {
  return (view.getUint16(off + 8, true) & ~0) !== 0 ? -EINVAL : () => XT_CONTINUE;
}

/** struct arpt_mangle: addresses at most 16 and 4 bytes long, flags, verdict. */
function mangle({ u8, view, off }: XtCheck): XtTargetFn | number {
  const flags = u8[off + 40]!;
  const target = view.getInt32(off + 44, true);
  if ((flags & ~15) !== 0 || (target !== NF_DROP && target !== NF_ACCEPT && target !== XT_CONTINUE)) return -EINVAL;
  return (skb) => {
    const off4 = skb.networkHeader - skb.data;
    if (!skbEnsureWritable(skb, off4 + 8)) return NF_DROP;
    const hl = skb.u8[skb.networkHeader + 4]!;
    const pl = skb.u8[skb.networkHeader + 5]!;
    if (!skbEnsureWritable(skb, off4 + 8 + 2 * (hl + pl))) return NF_DROP;
    const at = skb.networkHeader + 8;
    if (((flags & 3) !== 0 && hl > 16) || ((flags & 12) !== 0 && pl > 4)) return NF_DROP;
    if ((flags & 1) !== 0) copy(skb.u8, at, u8, off, hl);
    if ((flags & 4) !== 0) copy(skb.u8, at + hl, u8, off + 32, pl);
    if ((flags & 2) !== 0) copy(skb.u8, at + hl + pl, u8, off + 16, hl);
    if ((flags & 8) !== 0) copy(skb.u8, at + 2 * hl + pl, u8, off + 36, pl);
    return target;
  };
}

const B = { revision: 0, family: NFPROTO_BRIDGE } as const;
/** NF_BR_PRE_ROUTING, NF_BR_LOCAL_OUT and NF_BR_POST_ROUTING. */
const PRE = 1 << 0;
const OUT = 1 << 3;
const POST = 1 << 4;
/** ARP packets that this machine sends. */
const ARP_OUT = 1 << 1;

/** What IPv4's target of that name does. */
const of = (name: string, revision: number): XtTargetDef['check'] => XT_TARGETS.find((t) => t.name === name && t.revision === revision)!.check;

/** The definitions. */
export const XT_EBT_TARGETS: readonly XtTargetDef[] = [
  { ...B, name: 'mark', size: 16, check: mark },
  { ...B, name: 'dnat', table: 'nat', hooks: PRE | OUT, size: 12, check: dnat },
  { ...B, name: 'snat', table: 'nat', hooks: POST, size: 12, check: snat },
  { ...B, name: 'redirect', table: 'nat', hooks: PRE, size: 4, check: redirect },
  { ...B, name: 'arpreply', table: 'nat', hooks: PRE, size: 12, check: arpreply },
  { ...B, name: 'log', size: 36, check: log },
  { ...B, name: 'nflog', size: 76, check: nflog },
  { name: 'mangle', revision: 0, family: NFPROTO_ARP, size: 48, check: mangle },
  { name: 'CLASSIFY', revision: 0, family: NFPROTO_ARP, size: 4, hooks: ARP_OUT, check: of('CLASSIFY', 0) },
  { name: 'MARK', revision: 2, family: NFPROTO_ARP, size: 8, check: of('MARK', 2) },
];
