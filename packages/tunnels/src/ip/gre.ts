/** The kinds `gre` and `gretap`: packets and frames in GRE (RFC 2784, RFC 2890). */
import { csumFold, defineKey, EADDRNOTAVAIL, EINVAL, ENOENT, type Key, type Net } from '@linnet/kernel';
import type { InetProtocol } from '@linnet/inet';
import { etherSetup, ethMacAddr, ethValidateAddr, IFF_LIVE_ADDR_CHANGE, IFF_NO_QUEUE, IFF_XMIT_DST_RELEASE_OFF, NETDEV_TX_OK, type NetDevice } from '@linnet/netdev';
import { NLA_FLAG, NLA_U16, NLA_U32, NLA_U8, NLA_UNSPEC, type NlaPolicyTable, type RtnlLinkOps, type RtnlLinkParams } from '@linnet/netlink';
import { DROP, kfreeSkbReason, pskbMayPull, type Skb, skbChecksum, skbPullUnchecked, skbPush } from '@linnet/skbuff';
import * as U from '@linnet/uapi';
import { GRE_CSUM, GRE_KEY, GRE_ROUTING, GRE_SEQ, GRE_VERSION, type IpTunnel, IpTunnelParms, ipTunnelPriv, type IpTunnelTable } from './ip-tunnel.ts';
import {
  ipTunnelChange, ipTunnelDellink, ipTunnelDevOps, ipTunnelEncap, ipTunnelListen, ipTunnelNewlink, ipTunnelSetup, LinkData, newIpTunnel, putEncap,
} from './ip-tunnel-link.ts';
import { ipTunnelErr, ipTunnelNobody, ipTunnelRcv } from './ip-tunnel-rcv.ts';
import { innerReadable, ipTunnelSend, ipTunnelTxError } from './ip-tunnel-xmit.ts';

/** The tunnels of a namespace. */
export const GRE: Key<IpTunnelTable> = defineKey<IpTunnelTable>('gre');
export const GRETAP: Key<IpTunnelTable> = defineKey<IpTunnelTable>('gretap');

const { ETH_P_TEB, ETH_P_IP, IPPROTO_GRE } = U;
/** What Cisco's web caches speak: like GRE, of a protocol of their own. */
const ETH_P_WCCP = 0x883e;

/** How long a header with these flags is (gre_calc_hlen). */
function greHlen(flags: number): number {
  return 4 + ((flags & GRE_CSUM) !== 0 ? 4 : 0) + ((flags & GRE_KEY) !== 0 ? 4 : 0) + ((flags & GRE_SEQ) !== 0 ? 4 : 0);
}

/** Puts the GRE header in front (gre_build_header). */
function build(t: IpTunnel, skb: Skb, protocol: number): void {
  const { oFlags } = t.parms;
  const at = skbPush(skb, t.hlen);
  const { view } = skb;
  view.setUint16(at, oFlags & (GRE_CSUM | GRE_KEY | GRE_SEQ));
  view.setUint16(at + 2, protocol);
  let o = at + 4;
  if ((oFlags & GRE_CSUM) !== 0) {
    view.setInt32(o, 0);
    o += 4;
  }
  if ((oFlags & GRE_KEY) !== 0) {
    view.setInt32(o, t.parms.oKey);
    o += 4;
  }
  if ((oFlags & GRE_SEQ) !== 0) {
    view.setInt32(o, t.oSeqno);
    t.oSeqno = (t.oSeqno + 1) | 0;
  }
  if ((oFlags & GRE_CSUM) !== 0) view.setUint16(at + 4, csumFold(skbChecksum(skb, 0, skb.len, 0)));
}
function pushTeb(t: IpTunnel, skb: Skb): void {
  build(t, skb, ETH_P_TEB);
}
function pushPacket(t: IpTunnel, skb: Skb): void {
  build(t, skb, skb.protocol);
}

function xmitPacket(skb: Skb, dev: NetDevice): number {
  if (ipTunnelPriv(dev).parms.collectMd) ipTunnelTxError(skb, dev, DROP.TUNNEL_TXINFO);
  else ipTunnelSend(skb, dev, IPPROTO_GRE, pushPacket);
  return NETDEV_TX_OK;
}
function xmitFrame(skb: Skb, dev: NetDevice): number {
  if (ipTunnelPriv(dev).parms.collectMd || !pskbMayPull(skb, U.ETH_HLEN)) ipTunnelTxError(skb, dev, DROP.TUNNEL_TXINFO);
  else {
    innerReadable(skb);
    ipTunnelSend(skb, dev, IPPROTO_GRE, pushTeb);
  }
  return NETDEV_TX_OK;
}

function bad(skb: Skb, reason: number): number {
  kfreeSkbReason(skb, reason);
  return 0;
}

/** Takes the header off and finds the tunnel (gre_rcv, gre_parse_header). */
function receive(skb: Skb): number {
  if (!pskbMayPull(skb, 4)) return bad(skb, DROP.PKT_TOO_SMALL);
  const flags = skb.view.getUint16(skb.data);
  if ((flags & (GRE_VERSION | GRE_ROUTING)) !== 0) return bad(skb, DROP.UNHANDLED_PROTO);
  let hlen = greHlen(flags);
  if (!pskbMayPull(skb, hlen)) return bad(skb, DROP.PKT_TOO_SMALL);
  const { view, data } = skb;
  let protocol = view.getUint16(data + 2);
  let o = data + 4;
  if ((flags & GRE_CSUM) !== 0) {
    if (csumFold(skbChecksum(skb, 0, skb.len, 0)) !== 0) return bad(skb, DROP.CSUM);
    o += 4;
  }
  let key = 0;
  if ((flags & GRE_KEY) !== 0) {
    key = view.getInt32(o);
    o += 4;
  }
  const seq = (flags & GRE_SEQ) !== 0 ? view.getInt32(o) : 0;
  if (flags === 0 && protocol === ETH_P_WCCP) {
    // The second version has four bytes more in front of the packet.
    protocol = ETH_P_IP;
    if (!pskbMayPull(skb, hlen + 1)) return bad(skb, DROP.PKT_TOO_SMALL);
    if ((skb.u8[skb.data + hlen]! & 0xf0) !== 0x40) hlen += 4;
    if (!pskbMayPull(skb, hlen)) return bad(skb, DROP.PKT_TOO_SMALL);
  }
  const dev = skb.dev as NetDevice;
  const nh = skb.networkHeader;
  const table = dev.net.tryGet(protocol === ETH_P_TEB ? GRETAP : GRE);
  const t = table === null ? null : table.lookup(dev.ifindex, flags, U.iphSaddr(skb.view, nh), U.iphDaddr(skb.view, nh), key);
  if (t === null) return ipTunnelNobody(skb);
  skbPullUnchecked(skb, hlen);
  ipTunnelRcv(t, skb, protocol, skb.networkHeader, flags, seq);
  return 0;
}

const PROTOCOL: InetProtocol = Object.freeze({
  protocol: IPPROTO_GRE,
  noPolicy: true,
  rcv: receive,
  err(skb: Skb, type: number, code: number, info: number): number {
    const { view, data } = skb;
    // Of the header at least eight bytes are quoted: its key, unless a checksum stands before that.
    const flags = view.getUint16(data);
    if ((flags & (GRE_VERSION | GRE_ROUTING)) !== 0) return -ENOENT;
    const at = data + ((flags & GRE_CSUM) !== 0 ? 8 : 4);
    const key = (flags & GRE_KEY) !== 0 && at + 4 <= skb.tail ? view.getInt32(at) : 0;
    const dev = skb.dev as NetDevice;
    const nh = skb.networkHeader;
    const table = dev.net.tryGet(view.getUint16(data + 2) === ETH_P_TEB ? GRETAP : GRE);
    const t = table === null ? null : table.lookup(dev.ifindex, flags, U.iphDaddr(view, nh), U.iphSaddr(view, nh), key);
    return ipTunnelErr(t, skb, type, code, info, IPPROTO_GRE);
  },
});

const GRE_OPS = Object.freeze(ipTunnelDevOps(xmitPacket));
const GRETAP_OPS = Object.freeze({ ...ipTunnelDevOps(xmitFrame), setMacAddress: ethMacAddr, validateAddr: ethValidateAddr });

const u8 = { type: NLA_U8 };
const u16 = { type: NLA_U16 };
const u32 = { type: NLA_U32 };
const addr = { type: NLA_UNSPEC, len: 4 };
const POLICY: NlaPolicyTable = {
  maxtype: U.IFLA_GRE_MAX,
  rules: {
    [U.IFLA_GRE_LINK]: u32, [U.IFLA_GRE_IFLAGS]: u16, [U.IFLA_GRE_OFLAGS]: u16, [U.IFLA_GRE_IKEY]: u32, [U.IFLA_GRE_OKEY]: u32, [U.IFLA_GRE_LOCAL]: addr, [U.IFLA_GRE_REMOTE]: addr,
    [U.IFLA_GRE_TTL]: u8, [U.IFLA_GRE_TOS]: u8, [U.IFLA_GRE_PMTUDISC]: u8, [U.IFLA_GRE_ENCAP_TYPE]: u16, [U.IFLA_GRE_ENCAP_FLAGS]: u16, [U.IFLA_GRE_ENCAP_SPORT]: u16,
    [U.IFLA_GRE_ENCAP_DPORT]: u16, [U.IFLA_GRE_COLLECT_METADATA]: { type: NLA_FLAG }, [U.IFLA_GRE_IGNORE_DF]: u8, [U.IFLA_GRE_FWMARK]: u32, [U.IFLA_GRE_ERSPAN_INDEX]: u32,
    [U.IFLA_GRE_ERSPAN_VER]: u8, [U.IFLA_GRE_ERSPAN_DIR]: u8, [U.IFLA_GRE_ERSPAN_HWID]: u16,
  },
};

function validateGre(data: Int32Array, p: RtnlLinkParams): number {
  const d = new LinkData(p);
  const flags = (d.has(U.IFLA_GRE_IFLAGS) ? d.be16(U.IFLA_GRE_IFLAGS) : 0) | (d.has(U.IFLA_GRE_OFLAGS) ? d.be16(U.IFLA_GRE_OFLAGS) : 0);
  if ((flags & (GRE_VERSION | GRE_ROUTING)) !== 0) return -EINVAL;
  if (data[U.IFLA_GRE_COLLECT_METADATA] !== 0 && ipTunnelEncap(p, U.IFLA_GRE_ENCAP_TYPE) < 0) return -EINVAL;
  return 0;
}
function validateTap(tb: Int32Array, data: Int32Array, p: RtnlLinkParams): number {
  const { view } = p.req;
  if (tb[U.IFLA_ADDRESS] !== 0) {
    if (U.nlaLen(view, tb[U.IFLA_ADDRESS]!) !== U.ETH_ALEN) return -EINVAL;
    if (!U.isValidEtherAddr(U.nlaGetBytes(view, tb[U.IFLA_ADDRESS]!), 0)) return -EADDRNOTAVAIL;
  }
  if (data[U.IFLA_GRE_REMOTE] !== 0 && view.getInt32(data[U.IFLA_GRE_REMOTE]! + 4) === 0) return -EINVAL;
  return validateGre(data, p);
}

/** Reads a request: each names all parameters (ipgre_netlink_parms). */
function read(p: RtnlLinkParams): IpTunnelParms | number {
  const d = new LinkData(p);
  const t = new IpTunnelParms();
  t.protocol = IPPROTO_GRE;
  if (d.has(U.IFLA_GRE_LINK)) t.link = d.u32(U.IFLA_GRE_LINK);
  if (d.has(U.IFLA_GRE_IFLAGS)) t.iFlags = d.be16(U.IFLA_GRE_IFLAGS);
  if (d.has(U.IFLA_GRE_OFLAGS)) t.oFlags = d.be16(U.IFLA_GRE_OFLAGS);
  if (d.has(U.IFLA_GRE_IKEY)) t.iKey = d.be32(U.IFLA_GRE_IKEY);
  if (d.has(U.IFLA_GRE_OKEY)) t.oKey = d.be32(U.IFLA_GRE_OKEY);
  if (d.has(U.IFLA_GRE_LOCAL)) t.saddr = d.be32(U.IFLA_GRE_LOCAL);
  if (d.has(U.IFLA_GRE_REMOTE)) t.daddr = d.be32(U.IFLA_GRE_REMOTE);
  if (d.has(U.IFLA_GRE_TTL)) t.ttl = d.u8(U.IFLA_GRE_TTL);
  if (d.has(U.IFLA_GRE_TOS)) t.tos = d.u8(U.IFLA_GRE_TOS);
  if (!d.has(U.IFLA_GRE_PMTUDISC) || d.u8(U.IFLA_GRE_PMTUDISC) !== 0) t.df = true;
  if (d.has(U.IFLA_GRE_COLLECT_METADATA)) t.collectMd = true;
  if (d.has(U.IFLA_GRE_IGNORE_DF)) {
    const on = d.u8(U.IFLA_GRE_IGNORE_DF) !== 0;
    if (on && t.df) return -EINVAL;
    t.ignoreDf = on;
  }
  if (d.has(U.IFLA_GRE_FWMARK)) t.fwmark = d.u32(U.IFLA_GRE_FWMARK);
  // A group is nobody's own address.
  if (U.ipv4IsMulticast(t.daddr) && t.saddr === 0) return -EINVAL;
  return t;
}

function linkOps(kind: string, table: Key<IpTunnelTable>, tap: boolean): RtnlLinkOps {
  return Object.freeze({
    kind,
    policy: POLICY,
    alloc: newIpTunnel,
    setup(dev: NetDevice): void {
      if (!tap) {
        ipTunnelSetup(dev, GRE_OPS, U.ARPHRD_IPGRE);
        return;
      }
      etherSetup(dev);
      dev.netdevOps = GRETAP_OPS;
      dev.maxMtu = 0;
      dev.privFlags |= IFF_LIVE_ADDR_CHANGE | IFF_NO_QUEUE | IFF_XMIT_DST_RELEASE_OFF;
      dev.features = 0;
      dev.hwFeatures = 0;
    },
    validate: (tb: Int32Array, data: Int32Array, p: RtnlLinkParams): number => tap ? validateTap(tb, data, p) : validateGre(data, p),
    newlink(_net: Net, dev: NetDevice, p: RtnlLinkParams): number {
      const err = ipTunnelEncap(p, U.IFLA_GRE_ENCAP_TYPE);
      if (err < 0) return err;
      const parms = read(p);
      if (typeof parms === 'number') return parms;
      ipTunnelListen(dev.kernel, PROTOCOL);
      return ipTunnelNewlink(dev, p, table, parms, greHlen(parms.oFlags));
    },
    changelink(dev: NetDevice, p: RtnlLinkParams): number {
      const err = ipTunnelEncap(p, U.IFLA_GRE_ENCAP_TYPE);
      if (err < 0) return err;
      const parms = read(p);
      if (typeof parms === 'number') return parms;
      return ipTunnelChange(dev, p, table, parms, greHlen(parms.oFlags));
    },
    dellink: (dev: NetDevice): void => ipTunnelDellink(dev, table),
    fillInfo(w: U.NlWriter, dev: NetDevice): number {
      const t = ipTunnelPriv(dev).parms;
      w.putU32(U.IFLA_GRE_LINK, t.link);
      w.putBe16(U.IFLA_GRE_IFLAGS, t.iFlags);
      w.putBe16(U.IFLA_GRE_OFLAGS, t.oFlags);
      w.putBe32(U.IFLA_GRE_IKEY, t.iKey);
      w.putBe32(U.IFLA_GRE_OKEY, t.oKey);
      w.putInAddr(U.IFLA_GRE_LOCAL, t.saddr);
      w.putInAddr(U.IFLA_GRE_REMOTE, t.daddr);
      w.putU8(U.IFLA_GRE_TTL, t.ttl);
      w.putU8(U.IFLA_GRE_TOS, t.tos);
      w.putU8(U.IFLA_GRE_PMTUDISC, t.df ? 1 : 0);
      w.putU32(U.IFLA_GRE_FWMARK, t.fwmark);
      putEncap(w, U.IFLA_GRE_ENCAP_TYPE, U.IFLA_GRE_ENCAP_SPORT, U.IFLA_GRE_ENCAP_DPORT, U.IFLA_GRE_ENCAP_FLAGS);
      w.putU8(U.IFLA_GRE_IGNORE_DF, t.ignoreDf ? 1 : 0);
      if (t.collectMd) w.putFlag(U.IFLA_GRE_COLLECT_METADATA);
      return 0;
    },
    getLinkNet: (dev: NetDevice): Net => ipTunnelPriv(dev).net ?? dev.net,
  });
}

/** The kind `gre` (ipgre_link_ops). @alpha */
export const GRE_RTNL_OPS: RtnlLinkOps = linkOps('gre', GRE, false);
/** The kind `gretap` (ipgre_tap_ops). @alpha */
export const GRETAP_RTNL_OPS: RtnlLinkOps = linkOps('gretap', GRETAP, true);
