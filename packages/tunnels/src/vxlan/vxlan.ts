/** vxlan: what a device and a socket are (RFC 7348; struct vxlan_dev, struct vxlan_sock). */
import { defineKey, type DelayedWork, type Key, type Net } from '@linnet/kernel';
import { Flowi } from '@linnet/inet';
import type { NetDevice } from '@linnet/netdev';
import type { Socket } from '@linnet/socket';
import type { UdpSock } from '@linnet/udp';
import type { GroCells } from '../gro-cells.ts';
import { VxlanFdbTable } from './vxlan-fdb-table.ts';

/** Bytes of a VXLAN header. */
export const VXLAN_HLEN = 8;
/** Bytes in front of the inner frame: IPv4, UDP and VXLAN headers. */
export const VXLAN_HEADROOM: number = 20 + 8 + VXLAN_HLEN + 14;
/** The I flag: the header has a VNI. */
export const VXLAN_HF_VNI = 0x08000000;
/** The flag of a group policy id (draft-smith-vxlan-group-policy), and what else that extension uses. */
export const VXLAN_HF_GBP: number = 0x80000000 | 0;
/** Its «do not learn», «policy applied» and the id itself. */
export const VXLAN_GBP_DONT_LEARN: number = 1 << 22;
export const VXLAN_GBP_POLICY_APPLIED: number = 1 << 19;
export const VXLAN_GBP_ID_MASK = 0xffff;

// Flags of a device (VXLAN_F_*).
export const VXLAN_F_LEARN = 0x01;
export const VXLAN_F_PROXY = 0x02;
export const VXLAN_F_RSC = 0x04;
export const VXLAN_F_L2MISS = 0x08;
export const VXLAN_F_L3MISS = 0x10;
export const VXLAN_F_UDP_ZERO_CSUM_TX = 0x40;
export const VXLAN_F_UDP_ZERO_CSUM6_TX = 0x80;
export const VXLAN_F_UDP_ZERO_CSUM6_RX = 0x100;
export const VXLAN_F_REMCSUM_TX = 0x200;
export const VXLAN_F_REMCSUM_RX = 0x400;
export const VXLAN_F_GBP = 0x800;
export const VXLAN_F_REMCSUM_NOPARTIAL = 0x1000;
export const VXLAN_F_COLLECT_METADATA = 0x2000;
export const VXLAN_F_GPE = 0x4000;
export const VXLAN_F_TTL_INHERIT = 0x10000;
export const VXLAN_F_VNIFILTER = 0x20000;
export const VXLAN_F_LOCALBYPASS = 0x80000;
/** What devices on one socket must agree on. */
export const VXLAN_F_RCV_FLAGS: number =
  VXLAN_F_GBP | VXLAN_F_GPE | VXLAN_F_UDP_ZERO_CSUM6_RX | VXLAN_F_REMCSUM_RX | VXLAN_F_REMCSUM_NOPARTIAL | VXLAN_F_COLLECT_METADATA | VXLAN_F_VNIFILTER;

/** What a device is configured as (struct vxlan_config). */
export class VxlanConfig {
  vni = 0;
  /** Where frames go that no entry knows the way of: an address, a group, or 0. */
  remoteIp = 0;
  remoteIfindex = 0;
  saddr = 0;
  ttl = 0;
  tos = 0;
  df = 0;
  label = 0;
  labelPolicy = 0;
  dstPort = 0;
  portMin = 0;
  portMax = 0;
  ageInterval = 300;
  addrmax = 0;
  flags: number = VXLAN_F_LEARN | VXLAN_F_LOCALBYPASS;
  mtu = 0;
  /** Bits of the header that must be 0: the flags word and the VNI word. */
  reservedFlags = 0;
  reservedVni = 0xff;

  copy(): VxlanConfig {
    return Object.assign(new VxlanConfig(), this);
  }
}

/** A device's own part: `dev.priv`. */
export class VxlanDev {
  cfg: VxlanConfig = new VxlanConfig();
  dev: NetDevice | null = null;
  /** Where its packets travel: the namespace that it was made in. */
  net: Net | null = null;
  sock: VxlanSock | null = null;
  readonly fdb: VxlanFdbTable = new VxlanFdbTable();
  cells: GroCells | null = null;
  ageTimer: DelayedWork<VxlanDev> | null = null;
  /** For looking routes up. */
  readonly flow: Flowi = new Flowi();
}

/** A socket that devices share (struct vxlan_sock). */
export class VxlanSock {
  readonly sock: Socket;
  readonly port: number;
  /** VXLAN_F_RCV_FLAGS of its devices. */
  readonly flags: number;
  readonly devs: VxlanDev[] = [];
  constructor(sock: Socket, port: number, flags: number) {
    this.sock = sock;
    this.port = port;
    this.flags = flags;
  }
  get sk(): UdpSock {
    return this.sock.sk as UdpSock;
  }

  /** The device of a VNI for what came in by `ifindex` (vxlan_vs_find_vni). */
  find(vni: number, ifindex: number): VxlanDev | null {
    const { devs } = this;
    // One that takes all VNIs stands under 0.
    if ((this.flags & VXLAN_F_COLLECT_METADATA) !== 0) vni = 0;
    for (let i = 0; i < devs.length; i++) {
      const d = devs[i]!;
      if (d.cfg.vni !== vni) continue;
      if (d.cfg.remoteIfindex !== 0 && d.cfg.remoteIfindex !== ifindex && isLinkLocalGroup(d.cfg.remoteIp)) continue;
      return d;
    }
    return null;
  }
}

/** 224.0.0.0/24: tied to its link. */
function isLinkLocalGroup(addr: number): boolean {
  return addr >>> 8 === 0xe00000;
}

/** The devices and sockets of a namespace (struct vxlan_net). */
export class VxlanNet {
  readonly devs: VxlanDev[] = [];
  readonly socks: VxlanSock[] = [];
}

/** Where a namespace keeps them. @alpha */
export const VXLAN: Key<VxlanNet> = defineKey<VxlanNet>('vxlan');

/** A device's own part. */
export function vxlanPriv(dev: NetDevice): VxlanDev {
  return dev.priv as VxlanDev;
}
