/** The kinds `ipip` and `sit`: IPv4 in IPv4 (RFC 2003), IPv6 in IPv4 (RFC 4213). */
import { defineKey, EINVAL, type Key, type Net } from '@linnet/kernel';
import type { InetProtocol } from '@linnet/inet';
import { NETDEV_TX_OK, type NetDevice } from '@linnet/netdev';
import { NLA_FLAG, NLA_U16, NLA_U32, NLA_U8, NLA_UNSPEC, type NlaPolicyTable, type RtnlLinkOps, type RtnlLinkParams } from '@linnet/netlink';
import { DROP, kfreeSkbReason, pskbMayPull, type Skb } from '@linnet/skbuff';
import * as U from '@linnet/uapi';
import { IpTunnelParms, ipTunnelPriv, type IpTunnelTable, NO_KEY } from './ip-tunnel.ts';
import {
  ipTunnelChange, ipTunnelDellink, ipTunnelDevOps, ipTunnelEncap, ipTunnelListen, ipTunnelNewlink, ipTunnelSetup, LinkData, newIpTunnel, putEncap,
} from './ip-tunnel-link.ts';
import { ipTunnelErr, ipTunnelNobody, ipTunnelRcv } from './ip-tunnel-rcv.ts';
import { ipTunnelSend, ipTunnelTxError } from './ip-tunnel-xmit.ts';

/** The tunnels of a namespace. */
export const IPIP: Key<IpTunnelTable> = defineKey<IpTunnelTable>('ipip');
export const SIT: Key<IpTunnelTable> = defineKey<IpTunnelTable>('sit');

const { IPPROTO_IPIP, IPPROTO_IPV6, IPPROTO_MPLS, ETH_P_IP, ETH_P_IPV6 } = U;

function xmit(skb: Skb, dev: NetDevice): number {
  const proto = skb.protocol === ETH_P_IP ? IPPROTO_IPIP : skb.protocol === ETH_P_IPV6 ? IPPROTO_IPV6 : -1;
  const want = ipTunnelPriv(dev).parms.protocol;
  // ipip carries no IPv6, whatever it was told to carry.
  if (proto < 0 || (want !== 0 && want !== proto) || (proto === IPPROTO_IPV6 && dev.type !== U.ARPHRD_SIT)) {
    ipTunnelTxError(skb, dev, DROP.UNHANDLED_PROTO);
    return NETDEV_TX_OK;
  }
  ipTunnelSend(skb, dev, proto, null);
  return NETDEV_TX_OK;
}

/** What is in IPv4 as protocol `proto`: of the tunnel of either kind that carries it. */
function receive(skb: Skb, proto: number, protocol: number, min: number): number {
  const net = (skb.dev as NetDevice).net;
  const nh = skb.networkHeader;
  const saddr = U.iphSaddr(skb.view, nh);
  const daddr = U.iphDaddr(skb.view, nh);
  const link = (skb.dev as NetDevice).ifindex;
  let t = proto === IPPROTO_IPIP ? net.tryGet(IPIP)?.lookup(link, NO_KEY, saddr, daddr, 0) ?? null : null;
  t ??= net.tryGet(SIT)?.lookup(link, NO_KEY, saddr, daddr, 0) ?? null;
  if (t === null) return ipTunnelNobody(skb);
  if (t.parms.protocol !== 0 && t.parms.protocol !== proto) {
    kfreeSkbReason(skb, DROP.UNHANDLED_PROTO);
    return 0;
  }
  if (!pskbMayPull(skb, min)) {
    kfreeSkbReason(skb, DROP.PKT_TOO_SMALL);
    return 0;
  }
  ipTunnelRcv(t, skb, protocol, skb.networkHeader, 0, 0);
  return 0;
}

function protocol(proto: number, type: number, min: number): InetProtocol {
  return Object.freeze({
    protocol: proto,
    noPolicy: true,
    rcv: (skb: Skb): number => receive(skb, proto, type, min),
    err(skb: Skb, kind: number, code: number, info: number): number {
      // What is quoted went out: its destination is the far end.
      const net = (skb.dev as NetDevice).net;
      const nh = skb.networkHeader;
      const local = U.iphSaddr(skb.view, nh);
      const remote = U.iphDaddr(skb.view, nh);
      const link = (skb.dev as NetDevice).ifindex;
      let t = proto === IPPROTO_IPIP ? net.tryGet(IPIP)?.lookup(link, NO_KEY, remote, local, 0) ?? null : null;
      t ??= net.tryGet(SIT)?.lookup(link, NO_KEY, remote, local, 0) ?? null;
      return ipTunnelErr(t, skb, kind, code, info, proto);
    },
  });
}
/** Packets of protocol 4. */
export const IPIP_PROTOCOL: InetProtocol = protocol(IPPROTO_IPIP, ETH_P_IP, U.IPHDR_LEN);
const SIT_PROTOCOL = protocol(IPPROTO_IPV6, ETH_P_IPV6, 40);

const OPS = Object.freeze(ipTunnelDevOps(xmit));

const u8 = { type: NLA_U8 };
const u16 = { type: NLA_U16 };
const u32 = { type: NLA_U32 };
const addr = { type: NLA_UNSPEC, len: 4 };
const POLICY: NlaPolicyTable = {
  maxtype: U.IFLA_IPTUN_MAX,
  rules: {
    [U.IFLA_IPTUN_LINK]: u32, [U.IFLA_IPTUN_LOCAL]: addr, [U.IFLA_IPTUN_REMOTE]: addr, [U.IFLA_IPTUN_TTL]: u8, [U.IFLA_IPTUN_TOS]: u8, [U.IFLA_IPTUN_PMTUDISC]: u8, [U.IFLA_IPTUN_FLAGS]: u16,
    [U.IFLA_IPTUN_PROTO]: u8, [U.IFLA_IPTUN_6RD_PREFIX]: { type: NLA_UNSPEC, len: 16 }, [U.IFLA_IPTUN_6RD_RELAY_PREFIX]: u32, [U.IFLA_IPTUN_6RD_PREFIXLEN]: u16,
    [U.IFLA_IPTUN_6RD_RELAY_PREFIXLEN]: u16, [U.IFLA_IPTUN_ENCAP_TYPE]: u16, [U.IFLA_IPTUN_ENCAP_FLAGS]: u16, [U.IFLA_IPTUN_ENCAP_SPORT]: u16, [U.IFLA_IPTUN_ENCAP_DPORT]: u16,
    [U.IFLA_IPTUN_COLLECT_METADATA]: { type: NLA_FLAG }, [U.IFLA_IPTUN_FWMARK]: u32,
  },
};

function validator(protos: readonly number[]): (tb: Int32Array, data: Int32Array, p: RtnlLinkParams) => number {
  return (_tb, data, p) => data[U.IFLA_IPTUN_PROTO] === 0 || protos.includes(U.nlaGetU8(p.req.view, data[U.IFLA_IPTUN_PROTO]!)) ? 0 : -EINVAL;
}

/** Reads a request: each names all parameters. */
function read(p: RtnlLinkParams, sit: boolean): IpTunnelParms {
  const d = new LinkData(p);
  const t = new IpTunnelParms();
  t.protocol = sit ? IPPROTO_IPV6 : IPPROTO_IPIP;
  if (sit) t.ttl = 64;
  if (d.has(U.IFLA_IPTUN_LINK)) t.link = d.u32(U.IFLA_IPTUN_LINK);
  if (d.has(U.IFLA_IPTUN_LOCAL)) t.saddr = d.be32(U.IFLA_IPTUN_LOCAL);
  if (d.has(U.IFLA_IPTUN_REMOTE)) t.daddr = d.be32(U.IFLA_IPTUN_REMOTE);
  if (d.has(U.IFLA_IPTUN_TTL)) {
    t.ttl = d.u8(U.IFLA_IPTUN_TTL);
    if (t.ttl !== 0) t.df = true;
  }
  if (d.has(U.IFLA_IPTUN_TOS)) t.tos = d.u8(U.IFLA_IPTUN_TOS);
  if (d.has(U.IFLA_IPTUN_PROTO)) t.protocol = d.u8(U.IFLA_IPTUN_PROTO);
  if (!d.has(U.IFLA_IPTUN_PMTUDISC) || d.u8(U.IFLA_IPTUN_PMTUDISC) !== 0) t.df = true;
  if (sit && d.has(U.IFLA_IPTUN_FLAGS)) t.iFlags = d.be16(U.IFLA_IPTUN_FLAGS);
  if (!sit && d.has(U.IFLA_IPTUN_COLLECT_METADATA)) t.collectMd = true;
  if (d.has(U.IFLA_IPTUN_FWMARK)) t.fwmark = d.u32(U.IFLA_IPTUN_FWMARK);
  return t;
}

function linkOps(kind: string, table: Key<IpTunnelTable>, sit: boolean): RtnlLinkOps {
  return Object.freeze({
    kind,
    policy: POLICY,
    alloc: newIpTunnel,
    setup(dev: NetDevice): void {
      ipTunnelSetup(dev, OPS, sit ? U.ARPHRD_SIT : U.ARPHRD_TUNNEL);
      if (sit) {
        dev.minMtu = 1280;
        dev.maxMtu = 0xffff - U.IPHDR_LEN;
      }
    },
    validate: validator(sit ? [IPPROTO_IPV6, IPPROTO_IPIP, IPPROTO_MPLS, 0] : [IPPROTO_IPIP, IPPROTO_MPLS, 0]),
    newlink(_net: Net, dev: NetDevice, p: RtnlLinkParams): number {
      const err = ipTunnelEncap(p, U.IFLA_IPTUN_ENCAP_TYPE);
      if (err < 0) return err;
      ipTunnelListen(dev.kernel, IPIP_PROTOCOL);
      if (sit) ipTunnelListen(dev.kernel, SIT_PROTOCOL);
      return ipTunnelNewlink(dev, p, table, read(p, sit), 0);
    },
    changelink(dev: NetDevice, p: RtnlLinkParams): number {
      const err = ipTunnelEncap(p, U.IFLA_IPTUN_ENCAP_TYPE);
      if (err < 0) return err;
      const parms = read(p, sit);
      if (parms.collectMd || ipTunnelPriv(dev).parms.collectMd) return -EINVAL;
      // A far end or none: another kind of device.
      if ((parms.daddr === 0) !== ((dev.flags & U.IFF_POINTOPOINT) === 0)) return -EINVAL;
      return ipTunnelChange(dev, p, table, parms, 0);
    },
    dellink: (dev: NetDevice): void => ipTunnelDellink(dev, table),
    fillInfo(w: U.NlWriter, dev: NetDevice): number {
      const t = ipTunnelPriv(dev).parms;
      w.putU32(U.IFLA_IPTUN_LINK, t.link);
      w.putInAddr(U.IFLA_IPTUN_LOCAL, t.saddr);
      w.putInAddr(U.IFLA_IPTUN_REMOTE, t.daddr);
      w.putU8(U.IFLA_IPTUN_TTL, t.ttl);
      w.putU8(U.IFLA_IPTUN_TOS, t.tos);
      if (sit) {
        w.putU8(U.IFLA_IPTUN_PMTUDISC, t.df ? 1 : 0);
        w.putU8(U.IFLA_IPTUN_PROTO, t.protocol);
        w.putBe16(U.IFLA_IPTUN_FLAGS, t.iFlags);
        w.putU32(U.IFLA_IPTUN_FWMARK, t.fwmark);
        // 6to4 is the 6rd of everybody: prefix 2002::/16 (RFC 3056, RFC 5969).
        const o = w.reserveAttr(U.IFLA_IPTUN_6RD_PREFIX, 16);
        w.view.setUint16(o, 0x2002);
        w.putInAddr(U.IFLA_IPTUN_6RD_RELAY_PREFIX, 0);
        w.putU16(U.IFLA_IPTUN_6RD_PREFIXLEN, 16);
        w.putU16(U.IFLA_IPTUN_6RD_RELAY_PREFIXLEN, 0);
      } else {
        w.putU8(U.IFLA_IPTUN_PROTO, t.protocol);
        w.putU8(U.IFLA_IPTUN_PMTUDISC, t.df ? 1 : 0);
        w.putU32(U.IFLA_IPTUN_FWMARK, t.fwmark);
      }
      putEncap(w, U.IFLA_IPTUN_ENCAP_TYPE, U.IFLA_IPTUN_ENCAP_SPORT, U.IFLA_IPTUN_ENCAP_DPORT, U.IFLA_IPTUN_ENCAP_FLAGS);
      if (t.collectMd) w.putFlag(U.IFLA_IPTUN_COLLECT_METADATA);
      return 0;
    },
    getLinkNet: (dev: NetDevice): Net => ipTunnelPriv(dev).net ?? dev.net,
  });
}

/** The kind `ipip` (ipip_link_ops). @alpha */
export const IPIP_RTNL_OPS: RtnlLinkOps = linkOps('ipip', IPIP, false);
/** The kind `sit` (sit_link_ops). @alpha */
export const SIT_RTNL_OPS: RtnlLinkOps = linkOps('sit', SIT, true);
