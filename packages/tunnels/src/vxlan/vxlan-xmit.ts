/** vxlan: frames into the tunnel (vxlan_xmit). */
import { flowi4InitOutput, INET_NET } from '@linnet/inet';
import { IPV4, ipRouteOutputFlow } from '@linnet/ipv4';
import { type DstEntry, dstMtu, NETDEV_TX_OK, type NetDevice, netifRx, NET_RX_SUCCESS, ethTypeTrans } from '@linnet/netdev';
import { DROP, kfreeSkbReason, PACKET_HOST, pskbMayPull, type Skb, skbClone, skbPush } from '@linnet/skbuff';
import {
  ETH_HLEN, ETH_P_IP, ETH_P_IPV6, IP_DF, IPPROTO_UDP, ipv4IsMulticast, RTN_LOCAL, VXLAN_DF_INHERIT, VXLAN_DF_SET, IPHDR_LEN,
} from '@linnet/uapi';
import { ecnEncap, innerDsfield, innerTtl } from '../ecn.ts';
import { ipTunnelXmit, tunnelCount, tunnelFinishOffloads, tunnelHeadroom, UDP_HLEN, udpFlowSrcPort, udpTunnelPush } from '../tunnel-core.ts';
import { fdbLearn, fdbMiss, fdbVni } from './vxlan-fdb.ts';
import { macHi, macLo, type VxlanRdst } from './vxlan-fdb-table.ts';
import {
  VXLAN, type VxlanDev, VXLAN_F_COLLECT_METADATA, VXLAN_F_GBP, VXLAN_F_L2MISS, VXLAN_F_LEARN, VXLAN_F_LOCALBYPASS, VXLAN_F_RCV_FLAGS, VXLAN_F_TTL_INHERIT, VXLAN_F_UDP_ZERO_CSUM_TX,
  VXLAN_GBP_DONT_LEARN, VXLAN_GBP_ID_MASK, VXLAN_GBP_POLICY_APPLIED, VXLAN_HEADROOM, VXLAN_HF_GBP, VXLAN_HF_VNI, VXLAN_HLEN, vxlanPriv,
} from './vxlan.ts';

function dropped(skb: Skb, dev: NetDevice, reason: number): void {
  dev.stats.txDropped++;
  kfreeSkbReason(skb, reason);
}
function failed(skb: Skb, dev: NetDevice, reason: number): void {
  dev.stats.txErrors++;
  kfreeSkbReason(skb, reason);
}

/** The driver's transmit function: to the endpoint of the frame's address, or to all that frames of unknown addresses go to. */
export function vxlanXmit(skb: Skb, dev: NetDevice): number {
  const v = vxlanPriv(dev);
  if (!pskbMayPull(skb, ETH_HLEN) || v.sock === null || (v.cfg.flags & VXLAN_F_COLLECT_METADATA) !== 0) {
    // A device of all VNIs sends only what says where to.
    dropped(skb, dev, DROP.TUNNEL_TXINFO);
    return NETDEV_TX_OK;
  }
  const mac = skb.data;
  skb.macHeader = mac;
  const hi = macHi(skb.u8, mac);
  const lo = macLo(skb.u8, mac);
  const vni = fdbVni(v, v.cfg.vni);
  let f = v.fdb.find(hi, lo, vni);
  if (f !== null) f.used = dev.kernel.jiffies;
  else {
    f = v.fdb.find(0, 0, vni);
    if (f === null) {
      if ((v.cfg.flags & VXLAN_F_L2MISS) !== 0 && (hi & 0x100) === 0) fdbMiss(v, hi, lo);
      dropped(skb, dev, DROP.NO_TX_TARGET);
      return NETDEV_TX_OK;
    }
    f.used = dev.kernel.jiffies;
  }
  const { remotes } = f;
  for (let i = 1; i < remotes.length; i++) xmitOne(skbClone(skb), dev, v, remotes[i]!);
  xmitOne(skb, dev, v, remotes[0]!);
  return NETDEV_TX_OK;
}

/** Hands a frame to another device of this machine, which it would reach by way of the network's own addresses (vxlan_encap_bypass). */
function bypass(skb: Skb, src: VxlanDev, dst: VxlanDev): void {
  const from = src.dev!;
  const to = dst.dev!;
  const { len } = skb;
  from.stats.txPackets++;
  from.stats.txBytes += len;
  skb.encapsulation = false;
  skb.dst = null;
  if ((dst.cfg.flags & VXLAN_F_LEARN) !== 0) fdbLearn(dst, skb, skb.data, src.cfg.saddr !== 0 ? src.cfg.saddr : 0x7f000001, 0, src.cfg.vni);
  skb.protocol = ethTypeTrans(skb, to);
  skb.pktType = PACKET_HOST;
  skb.networkHeader = skb.data;
  if (!to.running) {
    to.stats.rxDropped++;
    kfreeSkbReason(skb, DROP.DEV_READY);
  } else if (netifRx(skb) === NET_RX_SUCCESS) {
    to.stats.rxPackets++;
    to.stats.rxBytes += len;
  } else to.stats.rxDropped++;
}

/** Sends a frame to one endpoint (vxlan_xmit_one). Consumes it. */
function xmitOne(skb: Skb, dev: NetDevice, v: VxlanDev, r: VxlanRdst): void {
  const { cfg } = v;
  const net = v.net!;
  const daddr = r.ip;
  if (daddr === 0) {
    dropped(skb, dev, DROP.NO_TX_TARGET);
    return;
  }
  const dport = r.port !== 0 ? r.port : cfg.dstPort;
  const nh = skb.networkHeader;
  const protocol = skb.protocol;
  const inner = innerDsfield(skb, nh, readableIp(skb) ? protocol : 0);
  let { ttl, tos } = cfg;
  if ((cfg.flags & VXLAN_F_TTL_INHERIT) !== 0) ttl = innerTtl(skb, nh, readableIp(skb) ? protocol : 0);
  else if (ttl === 0 && ipv4IsMulticast(daddr)) ttl = 1;
  if (tos === 1) tos = inner;
  const sport = udpFlowSrcPort(skb, cfg.portMin, cfg.portMax, net.get(INET_NET));
  const fl = v.flow;
  flowi4InitOutput(fl, r.ifindex !== 0 ? r.ifindex : cfg.remoteIfindex, skb.mark, tos & 0xfc, 0, IPPROTO_UDP, 0, daddr, cfg.saddr, dport, sport, 0);
  const rt = ipRouteOutputFlow(net, fl, null);
  if (rt === null) {
    dev.stats.txCarrierErrors++;
    failed(skb, dev, DROP.IP_OUTNOROUTES);
    return;
  }
  if (rt.dev === dev) {
    dev.stats.collisions++;
    failed(skb, dev, DROP.RECURSION_LIMIT);
    return;
  }
  if (rt.rtType === RTN_LOCAL && (cfg.flags & VXLAN_F_LOCALBYPASS) !== 0) {
    const to = findLocal(v, r.vni, dport);
    if (to === null) failed(skb, dev, DROP.VXLAN_VNI_NOT_FOUND);
    else bypass(skb, v, to);
    return;
  }
  let df = cfg.df === VXLAN_DF_SET ? IP_DF : 0;
  if (cfg.df === VXLAN_DF_INHERIT && protocol === ETH_P_IP && readableIp(skb)) df = skb.view.getUint16(nh + 6) & IP_DF ? IP_DF : 0;
  const { len } = skb;
  // What is inside hears of the path's MTU for its own route (skb_tunnel_check_pmtu).
  const mtu = dstMtu(rt) - VXLAN_HEADROOM;
  const own = skb.dst as DstEntry | null;
  if (len > mtu && own !== null) own.ops.updatePmtu?.(own, null, skb, mtu);
  tunnelHeadroom(skb, rt, VXLAN_HLEN + UDP_HLEN + IPHDR_LEN);
  tunnelFinishOffloads(skb);
  const at = skbPush(skb, VXLAN_HLEN);
  let flags = VXLAN_HF_VNI;
  if ((cfg.flags & VXLAN_F_GBP) !== 0 && skb.mark !== 0) {
    // The mark carries the group's policy.
    flags |= VXLAN_HF_GBP | (skb.mark & (VXLAN_GBP_ID_MASK | VXLAN_GBP_POLICY_APPLIED | VXLAN_GBP_DONT_LEARN));
  }
  skb.view.setInt32(at, flags);
  skb.view.setInt32(at + 4, r.vni << 8);
  const saddr = fl.saddr;
  udpTunnelPush(skb, saddr, daddr, sport, dport, (cfg.flags & VXLAN_F_UDP_ZERO_CSUM_TX) === 0);
  const xnet = net !== dev.net;
  const rc = ipTunnelXmit(net, net.get(IPV4), skb, rt, saddr, daddr, IPPROTO_UDP, ecnEncap(tos, inner), ttl, df, xnet);
  tunnelCount(dev, len, rc);
}

/** Is the inner IP header there to be read? */
function readableIp(skb: Skb): boolean {
  const base = skb.networkHeader - skb.data;
  if (skb.protocol === ETH_P_IP) return base >= 0 && pskbMayPull(skb, base + IPHDR_LEN);
  return skb.protocol === ETH_P_IPV6 && base >= 0 && pskbMayPull(skb, base + 40);
}

/** The device of this machine that would receive it. */
function findLocal(v: VxlanDev, vni: number, port: number): VxlanDev | null {
  const { socks } = v.net!.get(VXLAN);
  const want = v.cfg.flags & VXLAN_F_RCV_FLAGS;
  for (let i = 0; i < socks.length; i++) if (socks[i]!.port === port && socks[i]!.flags === want) return socks[i]!.find(vni, 0);
  return null;
}
