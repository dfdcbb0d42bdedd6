/** Building and sending membership queries: IGMP (RFC 2236, RFC 3376) and MLD (RFC 2710, RFC 3810). */
import { csumFold, csumPartial, HZ, modTimer, timerPending, type Net } from '@linnet/kernel';
import { devQueueXmit, type NetDevice, netifRx, nfHook, NFPROTO_BRIDGE, skbVlanPutTag } from '@linnet/netdev';
import { allocSkb, DROP, kfreeSkbReason, type Skb, skbPush, skbPut, skbReserve } from '@linnet/skbuff';
import { ETH_HLEN, ETH_P_IP, ETH_P_IPV6, etherAddrCopy, ICMPV6_MGM_QUERY, IGMP_HOST_MEMBERSHIP_QUERY, ipEthMcMap, IPPROTO_HOPOPTS, IPPROTO_ICMPV6, IPPROTO_IGMP, ipv6EthMcMap } from '@linnet/uapi';
import type { Mcast, McastFamily, McastPortFamily } from './br-mcast-ctx.ts';
import { mcastCount } from './br-mcast-stats.ts';
import type { BrIp, GroupSrc, PortGroup } from './br-mdb-table.ts';
import { NF_BR_LOCAL_OUT } from './br-nf.ts';
import type { Bridge, BridgePort } from './br.ts';

const IP_HLEN = 24;
const IP6_HLEN = 48;

/** A time in tenths of seconds or in milliseconds as the code field of version 3 (RFC 3376, 4.1.1; RFC 3810, 5.1.3). */
function floatCode(value: number, mantissaBits: number): number {
  const limit = 1 << (mantissaBits + 3);
  if (value < limit) return value;
  let exp = 0;
  let mant = value >> 3;
  while (mant >= limit >> 2 && exp < 7) {
    mant >>= 1;
    exp++;
  }
  return limit | (exp << mantissaBits) | (mant & ((1 << mantissaBits) - 1));
}

/** A query for a group (0 for all) and, with `srcs`, for sources of it. `suppress` asks other routers not to touch their timers. */
function igmpQuery(ctx: Mcast, group: number, srcs: readonly GroupSrc[] | null, suppress: boolean): Skb {
  const br = ctx.br!;
  const v3 = ctx.igmpVersion === 3;
  const len = v3 ? 12 + (srcs?.length ?? 0) * 4 : 8;
  const skb = allocSkb(br.dev.pool, 64 + ETH_HLEN + IP_HLEN + len);
  skbReserve(skb, 64 + ETH_HLEN);
  const at = skbPut(skb, IP_HLEN + len);
  const { view, u8 } = skb;
  u8.fill(0, at, at + IP_HLEN + len);
  const dst = group === 0 ? 0xe0000001 : group;
  const sel = br.dev.sd.inetSelectAddr;
  const saddr = br.mcastQueryUseIfaddr && sel !== null ? sel(br.dev) : 0;
  view.setUint16(at, 0x46c0);
  view.setUint16(at + 2, IP_HLEN + len);
  view.setUint16(at + 6, 0x4000);
  view.setUint8(at + 8, 1);
  view.setUint8(at + 9, IPPROTO_IGMP);
  view.setUint32(at + 12, saddr >>> 0);
  view.setUint32(at + 16, dst >>> 0);
  view.setUint32(at + 20, 0x94040000); // router alert
  view.setUint16(at + 10, csumFold(csumPartial(u8, at, IP_HLEN, 0)));
  const ig = at + IP_HLEN;
  const tenths = Math.floor((group === 0 ? ctx.queryResponseInterval : ctx.lastMemberInterval) / (HZ / 10));
  view.setUint8(ig, IGMP_HOST_MEMBERSHIP_QUERY);
  view.setUint8(ig + 1, v3 ? floatCode(tenths, 4) : tenths);
  view.setUint32(ig + 4, group >>> 0);
  if (v3) {
    view.setUint8(ig + 8, (suppress ? 8 : 0) | 2);
    view.setUint8(ig + 9, Math.min(floatCode(Math.floor(ctx.queryInterval / HZ), 4), 255));
    view.setUint16(ig + 10, srcs?.length ?? 0);
    srcs?.forEach((s, i) => view.setInt32(ig + 12 + i * 4, s.addr[0]!));
  }
  view.setUint16(ig + 2, csumFold(csumPartial(u8, ig, len, 0)));
  ether(skb, br.dev, ETH_P_IP);
  ipEthMcMap(dst | 0, skb.u8, skb.data - ETH_HLEN);
  ctx.ip4.querier[0] = saddr | 0;
  skb.cb1 = IGMP_HOST_MEMBERSHIP_QUERY;
  skb.cb2 = v3 ? 2 : 1;
  return skb;
}

/** The same for MLD; null while the bridge has no link-local address. */
function mldQuery(ctx: Mcast, group: BrIp | null, srcs: readonly GroupSrc[] | null, suppress: boolean): Skb | null {
  const br = ctx.br!;
  const saddr = new Int32Array(4);
  if (br.dev.sd.ipv6GetLladdr?.(br.dev, saddr) !== true) return null;
  const v2 = ctx.mldVersion === 2;
  const len = v2 ? 28 + (srcs?.length ?? 0) * 16 : 24;
  const skb = allocSkb(br.dev.pool, 64 + ETH_HLEN + IP6_HLEN + len);
  skbReserve(skb, 64 + ETH_HLEN);
  const at = skbPut(skb, IP6_HLEN + len);
  const { view, u8 } = skb;
  u8.fill(0, at, at + IP6_HLEN + len);
  view.setUint32(at, 0x60000000);
  view.setUint16(at + 4, 8 + len);
  view.setUint8(at + 6, IPPROTO_HOPOPTS);
  view.setUint8(at + 7, 1);
  for (let i = 0; i < 4; i++) view.setInt32(at + 8 + i * 4, saddr[i]!);
  if (group === null) {
    view.setUint32(at + 24, 0xff020000);
    view.setUint32(at + 36, 1);
  } else for (let i = 0; i < 4; i++) view.setInt32(at + 24 + i * 4, group.w[i]!);
  // Hop-by-hop: router alert for MLD, padded.
  view.setUint8(at + 40, IPPROTO_ICMPV6);
  view.setUint32(at + 42, 0x05020000);
  view.setUint16(at + 46, 0x0100);
  const ic = at + IP6_HLEN;
  const msecs = group === null ? ctx.queryResponseInterval : ctx.lastMemberInterval;
  view.setUint8(ic, ICMPV6_MGM_QUERY);
  view.setUint16(ic + 4, v2 ? Math.min(floatCode(msecs, 12), 0xffff) : Math.min(msecs, 0xffff));
  if (group !== null) for (let i = 0; i < 4; i++) view.setInt32(ic + 8 + i * 4, group.w[i]!);
  if (v2) {
    view.setUint8(ic + 24, (suppress ? 8 : 0) | 2);
    view.setUint8(ic + 25, Math.min(floatCode(Math.floor(ctx.queryInterval / HZ), 4), 255));
    view.setUint16(ic + 26, srcs?.length ?? 0);
    srcs?.forEach((s, i) => {
      for (let w = 0; w < 4; w++) view.setInt32(ic + 28 + i * 16 + w * 4, s.addr[w]!);
    });
  }
  // The pseudo header: addresses, length, next header.
  let sum = csumPartial(u8, at + 8, 32, 0);
  sum = csumPartial(new Uint8Array([0, 0, len >> 8, len & 255, 0, 0, 0, IPPROTO_ICMPV6]), 0, 8, sum);
  view.setUint16(ic + 2, csumFold(csumPartial(u8, ic, len, sum)));
  ether(skb, br.dev, ETH_P_IPV6);
  ipv6EthMcMap(view.getInt32(at + 36), skb.u8, skb.data - ETH_HLEN);
  ctx.ip6.querier.set(saddr);
  skb.cb1 = ICMPV6_MGM_QUERY;
  skb.cb2 = v2 ? 9 : 8;
  return skb;
}

/** Writes the Ethernet header in front of `data`, without its destination. */
function ether(skb: Skb, dev: NetDevice, proto: number): void {
  const mac = skb.data - ETH_HLEN;
  etherAddrCopy(skb.u8, mac + 6, dev.devAddr, 0);
  skb.view.setUint16(mac + 12, proto);
  skb.macHeader = mac;
  skb.networkHeader = skb.data;
  skb.transportHeader = skb.data;
  skb.macLen = ETH_HLEN;
  skb.protocol = proto;
  skb.dev = dev;
}

function pushXmit(_net: Net, _sk: object | null, skb: Skb): number {
  skbPush(skb, ETH_HLEN);
  devQueueXmit(skb);
  return 0;
}

/** Sends a query out of a port, or with none lets the bridge itself hear it (__br_multicast_send_query). */
function sendOn(ctx: Mcast, port: BridgePort | null, skb: Skb | null): void {
  if (skb === null) return;
  if (port === null) {
    skb.pktType = 2;
    netifRx(skb);
    return;
  }
  skb.dev = port.dev;
  if (ctx.vlan !== null) skbVlanPutTag(skb, port.br.vlanProto, ctx.vlan.vid);
  if (port.br.mcastStatsEnabled) mcastCount(port.mcast.stats, skb, false);
  nfHook(NFPROTO_BRIDGE, NF_BR_LOCAL_OUT, port.dev.net, null, skb, null, port.dev, pushXmit);
}

/** A query about a group at a port, and with `srcs` about sources of it. */
export function mcastSendGroupQuery(ctx: Mcast, pg: PortGroup | null, group: BrIp, srcs: readonly GroupSrc[] | null, suppress: boolean): void {
  const skb = group.proto === ETH_P_IP ? igmpQuery(ctx, group.w[0]!, srcs, suppress) : mldQuery(ctx, group, srcs, suppress);
  sendOn(ctx, pg?.port ?? null, skb);
}

/** A general query, and the timer of the next one (br_multicast_send_query). Null: the bridge itself. */
export function mcastSendGeneralQuery(f: McastFamily, p: McastPortFamily | null): void {
  const { ctx } = f;
  const br: Bridge = ctx.br!;
  if (!mcastCtxShouldUse(ctx) || !ctx.querier || !br.mcastEnabled) return;
  if (timerPending(f.otherTimer)) return;
  const skb = f.v6 ? mldQuery(ctx, null, null, false) : igmpQuery(ctx, 0, null, false);
  if (skb !== null && br.dev.net.dead) {
    kfreeSkbReason(skb, DROP.DEV_READY);
    return;
  }
  sendOn(ctx, p?.pctx.port ?? null, skb);
  const sent = p === null ? f.startupSent : p.startupSent;
  const next = sent < ctx.startupQueryCount ? ctx.startupQueryInterval : ctx.queryInterval;
  modTimer(br.kernel, (p === null ? f.ownTimer : p.ownTimer), (br.kernel.jiffies + next) | 0);
}

/** With snooping per VLAN the bridge's own context rests, and the other way round (br_multicast_ctx_should_use). */
export function mcastCtxShouldUse(ctx: Mcast): boolean {
  return ctx.vlan === null ? !ctx.br!.mcastVlanSnooping : ctx.br!.mcastVlanSnooping && ctx.snooping;
}
