/** vxlan: what comes out of the tunnel (vxlan_rcv). */
import { ethTypeTrans, type NetDevice, skbScrubPacket } from '@linnet/netdev';
import { DROP, kfreeSkbReason, pskbMayPull, type Skb, skbPullUnchecked } from '@linnet/skbuff';
import { ETH_ALEN, ETH_HLEN, ETH_P_IP, ETH_P_IPV6, ETH_P_TEB, etherAddrEqual, IFF_UP, iphSaddr, iphTos, udphCheck } from '@linnet/uapi';
import type { UdpSock } from '@linnet/udp';
import { ecnDecap } from '../ecn.ts';
import { groCellsReceive } from '../gro-cells.ts';
import { tunnelDecapSum, UDP_HLEN } from '../tunnel-core.ts';
import { fdbLearn } from './vxlan-fdb.ts';
import {
  type VxlanDev, VXLAN_F_GBP, VXLAN_F_GPE, VXLAN_F_LEARN, VXLAN_GBP_DONT_LEARN, VXLAN_GBP_ID_MASK, VXLAN_GBP_POLICY_APPLIED, VXLAN_HF_GBP, VXLAN_HF_VNI, VXLAN_HLEN, type VxlanSock,
} from './vxlan.ts';

/** The next protocol of a GPE header, as an EtherType; 0 for one that is not known (draft-ietf-nvo3-vxlan-gpe). */
function gpeProtocol(np: number): number {
  return np === 1 ? ETH_P_IP : np === 2 ? ETH_P_IPV6 : np === 3 ? ETH_P_TEB : 0;
}
/** The P flag of GPE: a next protocol is there. */
const GPE_NP = 0x04000000;

function drop(skb: Skb, reason: number): number {
  kfreeSkbReason(skb, reason);
  return 0;
}

/** The receiver of vxlan sockets. Contract of `UdpEncapRcv`. */
export function vxlanRcv(sk: UdpSock, skb: Skb): number {
  const vs = sk.encapData as VxlanSock;
  if (!pskbMayPull(skb, UDP_HLEN + VXLAN_HLEN)) return drop(skb, DROP.PKT_TOO_SMALL);
  const hdr = skb.data + UDP_HLEN;
  const flags = skb.view.getInt32(hdr);
  if ((flags & VXLAN_HF_VNI) === 0) return drop(skb, DROP.VXLAN_INVALID_HDR);
  const vniField = skb.view.getInt32(hdr + 4);
  const vni = vniField >>> 8;
  const v = vs.find(vni, skb.dev!.ifindex);
  if (v === null) return drop(skb, DROP.VXLAN_VNI_NOT_FOUND);
  const dev = v.dev!;
  const { cfg } = v;
  if ((flags & cfg.reservedFlags) !== 0 || (vniField & cfg.reservedVni) !== 0) {
    dev.stats.rxFrameErrors++;
    dev.stats.rxErrors++;
    return drop(skb, DROP.VXLAN_INVALID_HDR);
  }
  let protocol = ETH_P_TEB;
  if ((vs.flags & VXLAN_F_GPE) !== 0 && (flags & GPE_NP) !== 0) {
    protocol = gpeProtocol(flags & 0xff);
    if (protocol === 0) return drop(skb, DROP.VXLAN_INVALID_HDR);
  }
  let mark = 0;
  let learn = (cfg.flags & VXLAN_F_LEARN) !== 0;
  if ((vs.flags & VXLAN_F_GBP) !== 0 && (flags & VXLAN_HF_GBP) !== 0) {
    mark = flags & (VXLAN_GBP_ID_MASK | VXLAN_GBP_POLICY_APPLIED | VXLAN_GBP_DONT_LEARN);
    if ((flags & VXLAN_GBP_DONT_LEARN) !== 0) learn = false;
  }
  const saddr = iphSaddr(skb.view, skb.networkHeader);
  const tos = iphTos(skb.view, skb.networkHeader);
  const summed = udphCheck(skb.view, skb.data) !== 0;
  const from = skb.dev as NetDevice;
  skbPullUnchecked(skb, UDP_HLEN + VXLAN_HLEN);
  skbScrubPacket(skb, v.net !== dev.net);
  skb.hash = 0;
  skb.mark = mark;
  skb.vlanProto = 0;
  tunnelDecapSum(skb, summed);
  return protocol === ETH_P_TEB ? frame(v, dev, skb, saddr, from.ifindex, vni, tos, learn) : packet(v, dev, skb, protocol, tos);
}

/** An Ethernet frame. */
function frame(v: VxlanDev, dev: NetDevice, skb: Skb, saddr: number, ifindex: number, vni: number, tos: number, learn: boolean): number {
  if (!pskbMayPull(skb, ETH_HLEN)) {
    dev.stats.rxLengthErrors++;
    dev.stats.rxErrors++;
    return drop(skb, DROP.PKT_TOO_SMALL);
  }
  const mac = skb.data;
  // Our own broadcast, come back.
  if (etherAddrEqual(skb.u8, mac + ETH_ALEN, dev.devAddr, 0)) return drop(skb, DROP.LOCAL_MAC);
  if (learn && fdbLearn(v, skb, mac, saddr, linkLocal(saddr) ? ifindex : 0, vni)) return drop(skb, DROP.VXLAN_ENTRY_EXISTS);
  skb.protocol = ethTypeTrans(skb, dev);
  skb.networkHeader = skb.data;
  return up(v, dev, skb, tos);
}

/** Endpoints of IPv4 need no interface with them. */
function linkLocal(addr: number): boolean {
  return addr >>> 16 === 0xa9fe;
}

/** A packet without a link-layer header. */
function packet(v: VxlanDev, dev: NetDevice, skb: Skb, protocol: number, tos: number): number {
  skb.macHeader = skb.data;
  skb.networkHeader = skb.data;
  skb.protocol = protocol;
  skb.dev = dev;
  return up(v, dev, skb, tos);
}

function up(v: VxlanDev, dev: NetDevice, skb: Skb, tos: number): number {
  if (ecnDecap(skb, tos, skb.protocol) > 1) {
    dev.stats.rxFrameErrors++;
    dev.stats.rxErrors++;
    return drop(skb, DROP.IP_TUNNEL_ECN);
  }
  if ((dev.flags & IFF_UP) === 0) {
    dev.stats.rxDropped++;
    return drop(skb, DROP.DEV_READY);
  }
  const { len } = skb;
  if (groCellsReceive(v.cells!, skb, dev)) {
    dev.stats.rxPackets++;
    dev.stats.rxBytes += len;
  }
  return 0;
}
