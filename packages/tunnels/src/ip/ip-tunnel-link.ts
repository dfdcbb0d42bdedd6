/** IPv4 tunnels: what their kinds of link have in common (ip_tunnel_newlink, ip_tunnel_changelink, ip_tunnel_setup). */
// datapath-ok-file: requests
import { EEXIST, EINVAL, type Kernel, type Key, type Net } from '@linnet/kernel';
import { INET, type InetProtocol } from '@linnet/inet';
import { devSetMtu, ethHwAddrRandom, IFF_NO_QUEUE, IFF_XMIT_DST_RELEASE_OFF, type NetDevice, type NetDeviceOps, registerNetdevice, unregisterNetdevice } from '@linnet/netdev';
import type { RtnlLinkParams } from '@linnet/netlink';
import type { Skb } from '@linnet/skbuff';
import {
  ARPHRD_ETHER, IFF_BROADCAST, IFF_NOARP, IFF_POINTOPOINT, IFLA_ADDRESS, IFLA_MTU, ipv4IsMulticast, nlaGetU16, nlaGetU32, nlaGetU8, type NlWriter, TUNNEL_ENCAP_NONE,
} from '@linnet/uapi';
import { GroCells, groCellsDisable, groCellsEnable } from '../gro-cells.ts';
import { IpTunnel, ipTunnelBindDev, ipTunnelChangeMtu, ipTunnelMaxMtu, type IpTunnelParms, ipTunnelPriv, type IpTunnelTable } from './ip-tunnel.ts';

/** The operations of a tunnel device that sends with `startXmit`. */
export function ipTunnelDevOps(startXmit: (skb: Skb, dev: NetDevice) => number): NetDeviceOps {
  return {
    open(dev: NetDevice): number {
      groCellsEnable(ipTunnelPriv(dev).cells!);
      return 0;
    },
    stop(dev: NetDevice): number {
      groCellsDisable(ipTunnelPriv(dev).cells!);
      return 0;
    },
    startXmit,
    changeMtu: ipTunnelChangeMtu,
    getIflink: (dev: NetDevice): number => ipTunnelPriv(dev).parms.link,
  };
}

/** A device without a link-layer header, whose addresses are IPv4 addresses. */
export function ipTunnelSetup(dev: NetDevice, ops: NetDeviceOps, type: number): void {
  dev.netdevOps = ops;
  dev.headerOps = null;
  dev.type = type;
  dev.hardHeaderLen = 0;
  dev.addrLen = 4;
  dev.flags = IFF_NOARP;
  dev.privFlags |= IFF_NO_QUEUE | IFF_XMIT_DST_RELEASE_OFF;
  dev.minMtu = 0;
  dev.maxMtu = 0;
  dev.mtu = 1480;
  dev.txQueueLen = 1000;
  // Super-segments are cut, and checksums made, before a packet goes into the tunnel.
  dev.features = 0;
  dev.hwFeatures = 0;
}

/** Tells the ends as link-layer addresses. */
function setAddrs(t: IpTunnel): void {
  const dev = t.dev!;
  if (dev.type === ARPHRD_ETHER) return;
  const { saddr, daddr } = t.parms;
  for (let i = 0; i < 4; i++) {
    dev.devAddr[i] = saddr >>> (24 - 8 * i);
    dev.broadcast[i] = daddr >>> (24 - 8 * i);
  }
}

/** Hears of packets of a protocol from now on: with the first device, as Linux loads a module. */
export function ipTunnelListen(k: Kernel, p: InetProtocol): void {
  const inet = k.get(INET);
  if (inet.protos[p.protocol] === null) inet.addProtocol(p);
}

/** Registers a new device that leads through `net` with the parameters `parms`. The MTU that fits its path, or a negative errno. */
export function ipTunnelRegister(dev: NetDevice, net: Net, table: Key<IpTunnelTable>, parms: IpTunnelParms, hlen: number): number {
  const t = ipTunnelPriv(dev);
  const tunnels = net.get(table);
  if (parms.collectMd ? tunnels.hasCollectMd() : tunnels.find(parms, dev.type) !== null) return -EEXIST;
  t.dev = dev;
  t.net = net;
  t.parms = parms;
  t.hlen = hlen;
  t.cells = new GroCells(dev);
  if (dev.type !== ARPHRD_ETHER && ipv4IsMulticast(parms.daddr)) dev.flags |= IFF_BROADCAST;
  setAddrs(t);
  const err = registerNetdevice(dev);
  if (err < 0) return err;
  const mtu = ipTunnelBindDev(t);
  tunnels.add(t);
  return mtu;
}

/** Makes a device with the parameters `parms`. */
export function ipTunnelNewlink(dev: NetDevice, p: RtnlLinkParams, table: Key<IpTunnelTable>, parms: IpTunnelParms, hlen: number): number {
  if (dev.type === ARPHRD_ETHER && p.tb[IFLA_ADDRESS] === 0) ethHwAddrRandom(dev);
  const fits = ipTunnelRegister(dev, p.linkNet, table, parms, hlen);
  if (fits < 0) return fits;
  return devSetMtu(dev, p.tb[IFLA_MTU] !== 0 ? Math.max(68, Math.min(dev.mtu, ipTunnelMaxMtu(ipTunnelPriv(dev)))) : fits);
}

/** Gives a device other parameters. */
export function ipTunnelChange(dev: NetDevice, p: RtnlLinkParams, table: Key<IpTunnelTable>, parms: IpTunnelParms, hlen: number): number {
  const t = ipTunnelPriv(dev);
  const tunnels = t.net!.get(table);
  const there = tunnels.find(parms, dev.type);
  if (there !== null && there !== t) return -EEXIST;
  if (there === null && dev.type !== ARPHRD_ETHER) {
    // Between two hosts or among many: that is for good.
    const want = ipv4IsMulticast(parms.daddr) ? IFF_BROADCAST : parms.daddr !== 0 ? IFF_POINTOPOINT : 0;
    if (((dev.flags ^ want) & (IFF_POINTOPOINT | IFF_BROADCAST)) !== 0) return -EINVAL;
  }
  tunnels.remove(t);
  const link = t.parms.link !== parms.link || t.parms.fwmark !== parms.fwmark || t.hlen !== hlen;
  t.parms = parms;
  t.hlen = hlen;
  setAddrs(t);
  tunnels.add(t);
  if (!link) return 0;
  const mtu = ipTunnelBindDev(t);
  return p.tb[IFLA_MTU] === 0 ? devSetMtu(dev, mtu) : 0;
}

/** Takes a device away. */
export function ipTunnelDellink(dev: NetDevice, table: Key<IpTunnelTable>): void {
  const t = ipTunnelPriv(dev);
  t.net!.tryGet(table)?.remove(t);
  unregisterNetdevice(dev);
}

/** The devices that travel through a namespace that ends go with it. */
export function ipTunnelNetStop(net: Net, table: Key<IpTunnelTable>): void {
  for (const t of net.get(table).all()) ipTunnelDellink(t.dev!, table);
}

/** Foo-over-UDP is not there: only «no encapsulation» can be asked for (ip_tunnel_encap_setup). */
export function ipTunnelEncap(p: RtnlLinkParams, attr: number): number {
  return p.data[attr] !== 0 && nlaGetU16(p.req.view, p.data[attr]!) !== TUNNEL_ENCAP_NONE ? -EINVAL : 0;
}

/** Writes the four attributes of an encapsulation that is not there. */
export function putEncap(w: NlWriter, type: number, sport: number, dport: number, flags: number): void {
  w.putU16(type, TUNNEL_ENCAP_NONE);
  w.putBe16(sport, 0);
  w.putBe16(dport, 0);
  w.putU16(flags, 0);
}

/** Reads attributes of a request that is known to fit its policy. */
export class LinkData {
  private readonly p: RtnlLinkParams;
  constructor(p: RtnlLinkParams) {
    this.p = p;
  }
  has(t: number): boolean {
    return this.p.data[t] !== 0;
  }
  u8(t: number): number {
    return nlaGetU8(this.p.req.view, this.p.data[t]!);
  }
  u32(t: number): number {
    return nlaGetU32(this.p.req.view, this.p.data[t]!);
  }
  be16(t: number): number {
    return this.p.req.view.getUint16(this.p.data[t]! + 4);
  }
  /** An address, or a key, in network order. */
  be32(t: number): number {
    return this.p.req.view.getInt32(this.p.data[t]! + 4);
  }
}

/** The private part of a new device. */
export const newIpTunnel = (): IpTunnel => new IpTunnel();
