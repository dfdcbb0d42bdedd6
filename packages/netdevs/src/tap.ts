/**
 * TAP and TUN: a device whose far end is a program (drivers/net/tun.c).
 *
 * The program gets each frame that the machine sends through {@link TapPort.transmit} and hands over what the machine should receive with
 * {@link tapReceive}. With `vnetHdr` a `virtio_net_hdr` of 10 bytes stands before each frame, so that 64 KiB super-segments and unfinished checksums
 * cross in one piece: the same bytes that Linux's /dev/net/tun gives and takes with IFF_VNET_HDR.
 */
import { EINVAL, ENOBUFS, type Net } from '@linnet/kernel';
import {
  allocNetdev, ethHwAddrRandom, ethHwAddrSet, ethMacAddr, etherSetup, ethTypeTrans, ethValidateAddr, NETDEV_TX_BUSY, NETDEV_TX_OK, napiCompleteDone, napiDisable,
  napiEnable, napiGroReceive, napiSchedule, NETIF_F_FRAGLIST, NETIF_F_GSO_UDP_L4, NETIF_F_GSO_UDP_TUNNEL, NETIF_F_GSO_UDP_TUNNEL_CSUM,
  NETIF_F_HW_CSUM, NETIF_F_HW_VLAN_CTAG_TX, NETIF_F_SG, NETIF_F_SOFT_FEATURES, NETIF_F_TSO, NETIF_F_TSO6, NETIF_F_TSO_ECN, NETIF_FX_HW_VLAN_STAG_TX, netifNapiAdd, netifStopQueue, netifWakeQueue, registerNetdevice, skbVlanPushInside, type EthtoolOps, type NapiStruct, type NetDevice, type NetDeviceOps,
} from '@linnet/netdev';
import {
  allocSkb, CHECKSUM_PARTIAL, CHECKSUM_UNNECESSARY, consumeSkb, DROP, kfreeSkbReason, SKB_GSO_DODGY, SKB_GSO_TCP_ECN, SKB_GSO_TCPV4, SKB_GSO_TCPV6,
  SKB_GSO_UDP_L4, skbCopyBits, skbDequeue, skbHeadlen, skbPartialCsumSet, skbPut, SkbQueue, skbQueuePurge, skbQueueTail, skbReserve, type Skb,
} from '@linnet/skbuff';
import {
  ARPHRD_NONE, ETH_HLEN, ETH_P_IP, ETH_P_IPV6, IFF_MULTICAST, IFF_NOARP, IFF_POINTOPOINT, isValidEtherAddr, virtioNetHdrCsumOffset, virtioNetHdrCsumStart, virtioNetHdrFlags,
  virtioNetHdrGsoSize, virtioNetHdrGsoType, virtioNetHdrWrite, VIRTIO_NET_HDR_F_DATA_VALID, VIRTIO_NET_HDR_F_NEEDS_CSUM, VIRTIO_NET_HDR_GSO_ECN,
  VIRTIO_NET_HDR_GSO_NONE, VIRTIO_NET_HDR_GSO_TCPV4, VIRTIO_NET_HDR_GSO_TCPV6, VIRTIO_NET_HDR_GSO_UDP_L4, VIRTIO_NET_HDR_LEN,
} from '@linnet/uapi';
import type { RtnlLinkOps } from '@linnet/netlink';
import { tunLinkOps } from './tap-link.ts';
import { TapEthtool, tapEthtoolOps } from './tap-ethtool.ts';

/** The program behind a TAP. @public */
export interface TapPort {
  /**
   * Takes one frame: `len` bytes at `off`, with a virtio_net_hdr in front when the device was made with `vnetHdr`. The bytes are good only during the call.
   * Returns false when it cannot take a frame now; the device then waits for {@link tapWake}.
   */
  transmit(u8: Uint8Array, off: number, len: number): boolean;
}

/** What a TAP is made from. @public */
export interface TapOptions {
  /** `tap0`, or a template such as `tap%d`. */
  readonly name: string;
  readonly port: TapPort;
  /** A virtio_net_hdr stands before each frame, and super-segments cross. Default true. */
  readonly vnetHdr?: boolean;
  /** Bytes of that header: 10 (default) or 12. */
  readonly vnetHdrLen?: number;
  /** Ethernet frames ('tap', the default) or bare IP packets ('tun'). */
  readonly mode?: 'tap' | 'tun';
  /** Six bytes; random by default. */
  readonly mac?: Uint8Array;
  /** Default 1500. */
  readonly mtu?: number;
}

/** Frames wait for NAPI at most so many deep. */
const RX_LIMIT = 1024;
const MAX_FRAME = 65536 + 64;
const NET_SKB_PAD = 64;
/** Puts the IP header behind the Ethernet header on a multiple of four. */
const NET_IP_ALIGN = 2;

class Tap {
  readonly port: TapPort;
  readonly tun: boolean;
  readonly hdrLen: number;
  readonly rxq: SkbQueue = new SkbQueue();
  readonly buf: Uint8Array;
  readonly bufView: DataView;
  napi: NapiStruct | null = null;
  readonly ethtool: TapEthtool = new TapEthtool();
  /** The last frame's bytes and a view on them: the reader mostly hands over the same buffer. */
  rxU8: Uint8Array | null = null;
  rxView: DataView | null = null;

  constructor(opts: TapOptions) {
    this.port = opts.port;
    this.tun = opts.mode === 'tun';
    this.hdrLen = (opts.vnetHdr ?? true) ? (opts.vnetHdrLen ?? VIRTIO_NET_HDR_LEN) : 0;
    this.buf = new Uint8Array(MAX_FRAME + this.hdrLen);
    this.bufView = new DataView(this.buf.buffer); // datapath-ok: once a device
  }
}

/** Makes and registers a TAP or TUN. The device, or a negative errno: -EEXIST for a name in use, -EINVAL for a bad name, address, MTU or header length. @public */
export function createTap(net: Net, opts: TapOptions): NetDevice | number {
  if (opts.mac !== undefined && (opts.mac.length !== 6 || !isValidEtherAddr(opts.mac, 0))) return -EINVAL;
  const { vnetHdrLen = VIRTIO_NET_HDR_LEN } = opts;
  if (opts.vnetHdr !== false && vnetHdrLen !== VIRTIO_NET_HDR_LEN && vnetHdrLen !== 12) return -EINVAL;
  const tap = new Tap(opts);
  const dev = allocNetdev(net, {
    name: opts.name,
    ops: TAP_OPS,
    setup(d: NetDevice): void {
      if (tap.tun) {
        d.type = ARPHRD_NONE;
        d.flags = IFF_POINTOPOINT | IFF_NOARP | IFF_MULTICAST;
        d.mtu = 1500;
        d.txQueueLen = 500;
      } else {
        etherSetup(d);
        if (opts.mac === undefined) ethHwAddrRandom(d);
        else ethHwAddrSet(d, opts.mac);
      }
      d.minMtu = 68;
      // A frame with its header stays below 64 KiB; a bare packet may have all of it.
      d.maxMtu = tap.tun ? 65535 : 65521;
      if (opts.mtu !== undefined) d.mtu = opts.mtu;
      d.hwFeatures = NETIF_F_SOFT_FEATURES | NETIF_F_SG | NETIF_F_FRAGLIST | TUN_USER_FEATURES | NETIF_F_HW_VLAN_CTAG_TX;
      d.features = d.hwFeatures;
      d.vlanFeatures = d.features & ~NETIF_F_HW_VLAN_CTAG_TX;
      d.hwFeaturesExt = NETIF_FX_HW_VLAN_STAG_TX;
      d.featuresExt = NETIF_FX_HW_VLAN_STAG_TX;
      d.ethtoolOps = TAP_ETHTOOL_OPS;
    },
  });
  if (!Number.isInteger(dev.mtu) || dev.mtu < dev.minMtu || dev.mtu > dev.maxMtu) return -EINVAL;
  dev.priv = tap;
  dev.rtnlLinkOps = TUN_LINK_OPS;
  tap.napi = netifNapiAdd(dev, tapPoll);
  const err = registerNetdevice(dev);
  return err < 0 ? err : dev;
}

/** Offloads that the program must have agreed to (TUNSETOFFLOAD). */
const TUN_USER_FEATURES =
  NETIF_F_HW_CSUM | NETIF_F_TSO | NETIF_F_TSO6 | NETIF_F_TSO_ECN | NETIF_F_GSO_UDP_L4 | NETIF_F_GSO_UDP_TUNNEL | NETIF_F_GSO_UDP_TUNNEL_CSUM;
/** Those that a program takes which takes headers. */
const TUN_AGREED = NETIF_F_HW_CSUM | NETIF_F_TSO | NETIF_F_TSO6 | NETIF_F_TSO_ECN;

const TAP_ETHTOOL_OPS: EthtoolOps = tapEthtoolOps((dev) => (dev.priv as Tap).ethtool, (dev) => (dev.priv as Tap).tun);

/** The kind `tun` of link messages. @alpha */
export const TUN_LINK_OPS: RtnlLinkOps = tunLinkOps((dev) => ({ tun: (dev.priv as Tap).tun, vnetHdr: (dev.priv as Tap).hdrLen > 0 }));

const TAP_OPS: NetDeviceOps = Object.freeze({
  open(dev: NetDevice): number {
    napiEnable((dev.priv as Tap).napi!);
    return 0;
  },
  stop(dev: NetDevice): number {
    const tap = dev.priv as Tap;
    napiDisable(tap.napi!);
    skbQueuePurge(tap.rxq, DROP.NETDEV_DOWN);
    return 0;
  },
  startXmit: tapXmit,
  fixFeatures: (dev: NetDevice, features: number): number => features & ((dev.priv as Tap).hdrLen > 0 ? TUN_AGREED | ~TUN_USER_FEATURES : ~TUN_USER_FEATURES),
  setMacAddress: ethMacAddr,
  validateAddr: (dev: NetDevice): number => ((dev.priv as Tap).tun ? 0 : ethValidateAddr(dev)),
});

/** Writes a frame, header first, into the device's buffer and shows it to the program. */
function tapXmit(skb: Skb, dev: NetDevice): number {
  const tap = dev.priv as Tap;
  const { buf, hdrLen } = tap;
  // A program sees tags where a wire has them.
  if (skb.vlanProto !== 0 && !tap.tun) skbVlanPushInside(skb);
  const len = skb.len;
  if (len > MAX_FRAME || skbCopyBits(skb, 0, buf, hdrLen, len) !== 0) {
    dev.stats.txErrors++;
    kfreeSkbReason(skb, DROP.PKT_TOO_BIG);
    return NETDEV_TX_OK;
  }
  if (hdrLen > 0) writeVnetHdr(tap.bufView, skb);
  if (!tap.port.transmit(buf, 0, hdrLen + len)) {
    netifStopQueue(dev);
    return NETDEV_TX_BUSY;
  }
  dev.stats.txPackets++;
  dev.stats.txBytes += len;
  consumeSkb(skb);
  return NETDEV_TX_OK;
}

/** What the reader must know of an unfinished frame (virtio_net_hdr_from_skb). */
function writeVnetHdr(view: DataView, skb: Skb): void {
  let flags = 0;
  let csumStart = 0;
  let csumOffset = 0;
  let gsoType = VIRTIO_NET_HDR_GSO_NONE;
  let hdrLen = 0;
  if (skb.ipSummed === CHECKSUM_PARTIAL) {
    flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
    csumStart = skb.csumStart - skb.data;
    csumOffset = skb.csumOffset;
  } else if (skb.ipSummed === CHECKSUM_UNNECESSARY) {
    flags = VIRTIO_NET_HDR_F_DATA_VALID;
  }
  if (skb.gsoSize > 0) {
    hdrLen = skbHeadlen(skb);
    if ((skb.gsoType & SKB_GSO_TCPV4) !== 0) gsoType = VIRTIO_NET_HDR_GSO_TCPV4;
    else if ((skb.gsoType & SKB_GSO_TCPV6) !== 0) gsoType = VIRTIO_NET_HDR_GSO_TCPV6;
    else if ((skb.gsoType & SKB_GSO_UDP_L4) !== 0) gsoType = VIRTIO_NET_HDR_GSO_UDP_L4;
    if ((skb.gsoType & SKB_GSO_TCP_ECN) !== 0) gsoType |= VIRTIO_NET_HDR_GSO_ECN;
  }
  virtioNetHdrWrite(view, 0, flags, gsoType, hdrLen, skb.gsoSize, csumStart, csumOffset);
}

/** The program can take frames again after `transmit` returned false. @public */
export function tapWake(dev: NetDevice): void {
  dev.kernel.enter();
  netifWakeQueue(dev);
  dev.kernel.exit();
}

/**
 * Hands one frame (with its virtio_net_hdr, if the device has them) to the machine; the bytes are copied. Call it between `kernel.enter()` and
 * `kernel.exit()`, many frames at a time. 0, -EINVAL for a frame or header that makes no sense or does not lie inside `u8`, -ENOBUFS when too many wait; both count as drops.
 * @public
 */
export function tapReceive(dev: NetDevice, u8: Uint8Array, off: number, len: number): number {
  const tap = dev.priv as Tap;
  const { hdrLen } = tap;
  const frameLen = len - hdrLen;
  if (!dev.running) {
    dev.stats.rxDropped++;
    return 0;
  }
  // Written so that what is no number is refused as well.
  const inside = off >= 0 && off + len <= u8.length && (off | 0) === off && (len | 0) === len;
  if (!inside || frameLen < (tap.tun ? 1 : ETH_HLEN) || frameLen > MAX_FRAME) {
    dev.stats.rxLengthErrors++;
    dev.stats.rxErrors++;
    return -EINVAL;
  }
  if (tap.rxq.qlen >= RX_LIMIT) {
    dev.stats.rxDropped++;
    return -ENOBUFS;
  }
  const skb = allocSkb(dev.pool, NET_SKB_PAD + NET_IP_ALIGN + frameLen);
  skbReserve(skb, NET_SKB_PAD + NET_IP_ALIGN);
  skb.u8.set(u8.subarray(off + hdrLen, off + len), skbPut(skb, frameLen)); // datapath-ok: the one copy at the driver's edge
  skb.dev = dev;
  if (hdrLen > 0 && !readVnetHdr(tap, u8, off, skb)) {
    dev.stats.rxFrameErrors++;
    dev.stats.rxErrors++;
    kfreeSkbReason(skb, DROP.DEV_HDR);
    return -EINVAL;
  }
  if (tap.tun) {
    const version = skb.u8[skb.data]! >> 4;
    if (version !== 4 && version !== 6) {
      dev.stats.rxDropped++;
      kfreeSkbReason(skb, DROP.INVALID_PROTO);
      return -EINVAL;
    }
    skb.macHeader = skb.data;
    skb.protocol = version === 4 ? ETH_P_IP : ETH_P_IPV6;
  } else {
    skb.protocol = ethTypeTrans(skb, dev);
  }
  dev.stats.rxPackets++;
  dev.stats.rxBytes += frameLen;
  skbQueueTail(tap.rxq, skb);
  napiSchedule(tap.napi!);
  return 0;
}

/** Takes over what the header says; false when it contradicts the frame (virtio_net_hdr_to_skb). */
function readVnetHdr(tap: Tap, u8: Uint8Array, off: number, skb: Skb): boolean {
  if (tap.rxU8 !== u8) {
    tap.rxU8 = u8;
    tap.rxView = new DataView(u8.buffer, u8.byteOffset, u8.byteLength); // datapath-ok: once a buffer
  }
  const view = tap.rxView!;
  const flags = virtioNetHdrFlags(view, off);
  const gso = virtioNetHdrGsoType(view, off);
  if ((flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) !== 0) {
    if (!skbPartialCsumSet(skb, virtioNetHdrCsumStart(view, off), virtioNetHdrCsumOffset(view, off))) return false;
  } else if ((flags & VIRTIO_NET_HDR_F_DATA_VALID) !== 0) {
    skb.ipSummed = CHECKSUM_UNNECESSARY;
  }
  if (gso === VIRTIO_NET_HDR_GSO_NONE) return true;
  let type = 0;
  switch (gso & ~VIRTIO_NET_HDR_GSO_ECN) {
    case VIRTIO_NET_HDR_GSO_TCPV4:
      type = SKB_GSO_TCPV4;
      break;
    case VIRTIO_NET_HDR_GSO_TCPV6:
      type = SKB_GSO_TCPV6;
      break;
    case VIRTIO_NET_HDR_GSO_UDP_L4:
      type = SKB_GSO_UDP_L4;
      break;
    default:
      return false;
  }
  const size = virtioNetHdrGsoSize(view, off);
  // A super-segment needs its checksum to be made for each piece.
  if (size === 0 || skb.ipSummed !== CHECKSUM_PARTIAL) return false;
  skb.gsoType = type | SKB_GSO_DODGY | ((gso & VIRTIO_NET_HDR_GSO_ECN) !== 0 ? SKB_GSO_TCP_ECN : 0);
  skb.gsoSize = size;
  skb.gsoSegs = Math.ceil(skb.len / size);
  return true;
}

function tapPoll(napi: NapiStruct, budget: number): number {
  const tap = napi.dev!.priv as Tap;
  let n = 0;
  while (n < budget) {
    const skb = skbDequeue(tap.rxq);
    if (skb === null) break;
    napiGroReceive(napi, skb);
    n++;
  }
  if (n < budget) napiCompleteDone(napi, n);
  return n;
}
