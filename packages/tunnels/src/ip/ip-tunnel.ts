/** IPv4 tunnels: what a device is and where it is found (struct ip_tunnel, struct ip_tunnel_net). */
import { EINVAL, type Net } from '@linnet/kernel';
import { Flowi, flowi4InitOutput } from '@linnet/inet';
import { ipRouteOutputFlow } from '@linnet/ipv4';
import { devGetByIndex, type NetDevice } from '@linnet/netdev';
import { ARPHRD_ETHER, ETH_HLEN, IFF_POINTOPOINT, IFF_UP, IPHDR_LEN, ipv4IsMulticast } from '@linnet/uapi';
import type { GroCells } from '../gro-cells.ts';

/** Bits of a GRE header's first word. */
export const GRE_CSUM = 0x8000;
export const GRE_ROUTING = 0x4000;
export const GRE_KEY = 0x2000;
export const GRE_SEQ = 0x1000;
export const GRE_VERSION = 0x0007;
/** Of a lookup: this protocol has no keys. */
export const NO_KEY = 0x10000;

/** The largest IPv4 packet. */
const IP_MAX_MTU = 0xffff;
const MIN_MTU = 68;
/** Room for any link-layer header, when nobody knows which it will be (LL_MAX_HEADER). */
const ANY_LINK = 128;

/** What a tunnel was told (struct ip_tunnel_parm). */
export class IpTunnelParms {
  link = 0;
  iFlags = 0;
  oFlags = 0;
  /** In network order, as numbers. */
  iKey = 0;
  oKey = 0;
  saddr = 0;
  daddr = 0;
  ttl = 0;
  tos = 0;
  /** Is the path's MTU found out? Then the outer header has DF. */
  df = false;
  /** What travels inside, by protocol number; 0 for anything. */
  protocol = 0;
  fwmark = 0;
  ignoreDf = false;
  collectMd = false;

  copy(): IpTunnelParms {
    return Object.assign(new IpTunnelParms(), this);
  }
}

/** A device's own part. */
export class IpTunnel {
  dev: NetDevice | null = null;
  /** The namespace that the tunnel leads through. */
  net: Net | null = null;
  parms: IpTunnelParms = new IpTunnelParms();
  /** Bytes between the outer IP header and the packet. */
  hlen = 0;
  oSeqno = 0;
  iSeqno = 0;
  /** ICMP errors about packets of this tunnel, and when the last came (jiffies). */
  errCount = 0;
  errTime = 0;
  cells: GroCells | null = null;
  readonly flow: Flowi = new Flowi();
}

/** A device's own part. */
export function ipTunnelPriv(dev: NetDevice): IpTunnel {
  return dev.priv as IpTunnel;
}

/** Does a key fit? Who has none takes only what has none (ip_tunnel_key_match). */
function keyMatch(p: IpTunnelParms, flags: number, key: number): boolean {
  if ((p.iFlags & GRE_KEY) !== 0) return (flags & GRE_KEY) !== 0 && key === p.iKey;
  return (flags & GRE_KEY) === 0;
}

/** The tunnels of one kind through one namespace. */
export class IpTunnelTable {
  /** By remote address. */
  private readonly byRemote: Map<number, IpTunnel[]> = new Map();
  private collectMd: IpTunnel | null = null;

  add(t: IpTunnel): void {
    if (t.parms.collectMd) this.collectMd = t;
    const list = this.byRemote.get(t.parms.daddr);
    if (list === undefined) this.byRemote.set(t.parms.daddr, [t]);
    // The newest first.
    else list.unshift(t);
  }

  remove(t: IpTunnel): void {
    if (this.collectMd === t) this.collectMd = null;
    for (const [daddr, list] of this.byRemote) {
      const i = list.indexOf(t);
      if (i < 0) continue;
      list.splice(i, 1);
      if (list.length === 0) this.byRemote.delete(daddr);
      return;
    }
  }

  all(): IpTunnel[] {
    return Array.from(this.byRemote.values()).flat();
  }

  hasCollectMd(): boolean {
    return this.collectMd !== null;
  }

  /** The tunnel with exactly these parameters (ip_tunnel_find). */
  find(p: IpTunnelParms, type: number): IpTunnel | null {
    const list = this.byRemote.get(p.daddr) ?? [];
    return list.find((t) => t.parms.saddr === p.saddr && t.parms.link === p.link && t.dev!.type === type && keyMatch(t.parms, p.iFlags, p.iKey)) ?? null;
  }

  /** Whose packet is it that came in by `link`? The most particular tunnel that fits; null when there is none (ip_tunnel_lookup). */
  lookup(link: number, flags: number, remote: number, local: number, key: number): IpTunnel | null {
    let cand: IpTunnel | null = null;
    const there = this.byRemote.get(remote);
    if (there !== undefined) {
      for (let own = 1; own >= 0; own--) {
        for (let i = 0; i < there.length; i++) {
          const t = there[i]!;
          if (t.parms.saddr !== (own === 1 ? local : 0) || (t.dev!.flags & IFF_UP) === 0 || !keyMatch(t.parms, flags, key)) continue;
          if (t.parms.link === link) return t;
          cand ??= t;
        }
      }
    }
    if (ipv4IsMulticast(local)) {
      const group = this.byRemote.get(local);
      if (group !== undefined) {
        for (let i = 0; i < group.length; i++) {
          const t = group[i]!;
          if ((t.dev!.flags & IFF_UP) === 0 || !keyMatch(t.parms, flags, key)) continue;
          if (t.parms.link === link) return t;
          cand ??= t;
        }
      }
    }
    const any = this.byRemote.get(0);
    if (any !== undefined) {
      for (let own = 1; own >= 0; own--) {
        if (own === 0 && (flags & NO_KEY) !== 0 && cand !== null) break;
        for (let i = 0; i < any.length; i++) {
          const t = any[i]!;
          if (t.parms.collectMd || t.parms.saddr !== (own === 1 ? local : 0) || (t.dev!.flags & IFF_UP) === 0) continue;
          if (own === 1 || (flags & NO_KEY) !== 0 ? !keyMatch(t.parms, flags, key) : t.parms.iKey !== key) continue;
          if (t.parms.link === link) return t;
          cand ??= t;
        }
      }
    }
    if (cand !== null) return cand;
    const md = this.collectMd;
    return md !== null && (md.dev!.flags & IFF_UP) !== 0 ? md : null;
  }
}

/** Looks where a tunnel leads, and sets its headroom by that: the MTU that fits (ip_tunnel_bind_dev). */
export function ipTunnelBindDev(t: IpTunnel): number {
  const dev = t.dev!;
  const net = t.net!;
  const p = t.parms;
  const ether = dev.type === ARPHRD_ETHER ? ETH_HLEN : 0;
  let tdev: NetDevice | null = null;
  if (p.daddr !== 0) {
    flowi4InitOutput(t.flow, p.link, p.fwmark, p.tos & 0xfc, 0, 0, 0, p.daddr, p.saddr, 0, 0, 0);
    tdev = ipRouteOutputFlow(net, t.flow, null)?.dev ?? null;
    if (dev.type !== ARPHRD_ETHER) dev.flags |= IFF_POINTOPOINT;
  }
  if (tdev === null && p.link !== 0) tdev = devGetByIndex(net, p.link);
  const hlen = IPHDR_LEN + t.hlen;
  dev.neededHeadroom = hlen + (tdev === null ? ANY_LINK : tdev.hardHeaderLen + tdev.neededHeadroom);
  const mtu = (tdev === null ? 1500 : Math.min(tdev.mtu, IP_MAX_MTU)) - hlen - ether;
  return Math.max(mtu, MIN_MTU);
}

/** The largest packet that the outer header can tell the length of. */
export function ipTunnelMaxMtu(t: IpTunnel): number {
  return IP_MAX_MTU - (IPHDR_LEN + t.hlen) - (t.dev!.type === ARPHRD_ETHER ? ETH_HLEN : 0);
}

/** Sets the MTU (ip_tunnel_change_mtu). */
export function ipTunnelChangeMtu(dev: NetDevice, mtu: number): number {
  if (mtu < MIN_MTU || mtu > ipTunnelMaxMtu(ipTunnelPriv(dev))) return -EINVAL;
  dev.mtu = mtu;
  return 0;
}
