/**
 * TAP and TUN: a device whose far end is a program (drivers/net/tun.c).
 *
 * The program gets each frame that the machine sends through {@link TapPort.transmit} and hands over what the machine should receive with
 * {@link tapReceive}. With `vnetHdr` a `virtio_net_hdr` of 10 bytes stands before each frame, so that 64 KiB super-segments and unfinished checksums
 * cross in one piece: the same bytes that Linux's /dev/net/tun gives and takes with IFF_VNET_HDR.
 */
import { EINVAL, ENOBUFS, type Net } from '@linnet/kernel';
import {
  allocNetdev, ethHwAddrRandom, ethHwAddrSet, ethMacAddr, etherSetup, ethTypeTrans, ethValidateAddr, IFF_LIVE_ADDR_CHANGE, NETDEV_TX_BUSY, NETDEV_TX_OK, napiCompleteDone, napiDisable,
  napiEnable, napiGroReceive, napiSchedule, NETIF_F_FRAGLIST, NETIF_F_GSO_UDP_L4, NETIF_F_GSO_UDP_TUNNEL, NETIF_F_GSO_UDP_TUNNEL_CSUM,
  NETIF_F_HW_CSUM, NETIF_F_HW_VLAN_CTAG_TX, NETIF_F_SG, NETIF_F_SOFT_FEATURES, NETIF_F_TSO, NETIF_F_TSO6, NETIF_F_TSO_ECN, NETIF_FX_HW_VLAN_STAG_TX, netdevUpdateFeatures, netifCarrierOff, netifCarrierOn, netifNapiAdd, netifStopQueue, netifWakeQueue, registerNetdevice, skbVlanPushInside, vnetHdrFromSkb, vnetHdrToSkb, type EthtoolOps, type NapiStruct, type NetdevAttributeGroup, type NetDevice, type NetDeviceOps,
} from '@linnet/netdev';
import { allocSkb, CHECKSUM_UNNECESSARY, consumeSkb, DROP, kfreeSkbReason, skbCopyBits, skbDequeue, skbPut, SkbQueue, skbQueuePurge, skbQueueTail, skbReserve, type Skb } from '@linnet/skbuff';
import {
  ARPHRD_NONE, ETH_HLEN, ETH_P_IP, ETH_P_IPV6, IFF_MULTICAST, IFF_NO_PI, IFF_NOARP, IFF_PERSIST, IFF_POINTOPOINT, IFF_TAP, IFF_TUN, IFF_VNET_HDR, isValidEtherAddr, VIRTIO_NET_HDR_F_DATA_VALID, VIRTIO_NET_HDR_LEN, virtioNetHdrFlags,
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
  /** The device is deleted: called inside the kernel, and nothing is called after it. */
  gone?(): void;
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

/** What a program that holds the device by a descriptor has said of it (TUNSETPERSIST, TUNSETOWNER, TUNSETGROUP, IFF_NO_PI): shown in link messages and /sys/class/net. @alpha */
export interface TapUse {
  /** The device stays when its program goes. */
  persist: boolean;
  /** A struct tun_pi stands before each frame: between the program and its descriptor, not here. */
  pi: boolean;
  /** -1: nobody. */
  owner: number;
  group: number;
}

/** Frames wait for NAPI at most so many deep. */
const RX_LIMIT = 1024;
const MAX_FRAME = 65536 + 64;
/** The longest virtio_net_hdr that is taken. */
const MAX_HDR = 256;
const NET_SKB_PAD = 64;
/** Puts the IP header behind the Ethernet header on a multiple of four. */
const NET_IP_ALIGN = 2;

/** There is no program: frames go nowhere. */
const NOBODY: TapPort = Object.freeze({ transmit: () => true });

class Tap {
  port: TapPort;
  readonly tun: boolean;
  hdrLen: number;
  /** Offloads that the program takes. */
  agreed: number;
  readonly use: TapUse = { persist: false, pi: false, owner: -1, group: -1 };
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
    this.agreed = this.hdrLen > 0 ? TUN_AGREED : 0;
    this.buf = new Uint8Array(MAX_FRAME + MAX_HDR);
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
        d.privFlags |= IFF_LIVE_ADDR_CHANGE;
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
export const TUN_LINK_OPS: RtnlLinkOps = tunLinkOps((dev) => ({ tun: (dev.priv as Tap).tun, vnetHdr: (dev.priv as Tap).hdrLen > 0, use: (dev.priv as Tap).use }));

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
  uninit: (dev: NetDevice): void => (dev.priv as Tap).port.gone?.(),
  fixFeatures: (dev: NetDevice, features: number): number => features & ((dev.priv as Tap).agreed | ~TUN_USER_FEATURES),
  setMacAddress: ethMacAddr,
  changeCarrier(dev: NetDevice, on: boolean): number {
    if (on) netifCarrierOn(dev);
    else netifCarrierOff(dev);
    return 0;
  },
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
  if (hdrLen > 0 && vnetHdrFromSkb(tap.bufView, skb) !== 0) {
    dev.stats.txDropped++;
    kfreeSkbReason(skb, DROP.DEV_HDR);
    return NETDEV_TX_OK;
  }
  if (!tap.port.transmit(buf, 0, hdrLen + len)) {
    netifStopQueue(dev);
    return NETDEV_TX_BUSY;
  }
  dev.stats.txPackets++;
  dev.stats.txBytes += len;
  consumeSkb(skb);
  return NETDEV_TX_OK;
}

/** Is it a TUN or TAP, and which? Null: neither. @alpha */
export function tapMode(dev: NetDevice): 'tun' | 'tap' | null {
  return dev.rtnlLinkOps !== TUN_LINK_OPS ? null : (dev.priv as Tap).tun ? 'tun' : 'tap';
}

/** What its program has said of a TUN or TAP, to be changed. @alpha */
export function tapUse(dev: NetDevice): TapUse {
  return (dev.priv as Tap).use;
}

/** Has it a program? @alpha */
export function tapAttached(dev: NetDevice): boolean {
  return (dev.priv as Tap).port !== NOBODY;
}

/** A program comes, or goes (null): the carrier follows. Call it inside the kernel. @alpha */
export function tapAttach(dev: NetDevice, port: TapPort | null): void {
  (dev.priv as Tap).port = port ?? NOBODY;
  if (port === null) {
    netifCarrierOff(dev);
    return;
  }
  netifCarrierOn(dev);
  netifWakeQueue(dev);
}

/** The length of the virtio_net_hdr from now on, 0 for none, and the offloads (NETIF_F_*, of those that there are) that the program takes (as Linux, with or without headers). -EINVAL for a length that cannot be. @alpha */
export function tapSetHeader(dev: NetDevice, hdrLen: number, features: number): number {
  const tap = dev.priv as Tap;
  if (hdrLen !== 0 && (hdrLen < VIRTIO_NET_HDR_LEN || hdrLen > MAX_HDR)) return -EINVAL;
  tap.hdrLen = hdrLen;
  tap.buf.fill(0, 0, hdrLen);
  tap.agreed = features & TUN_AGREED;
  netdevUpdateFeatures(dev);
  return 0;
}

/** The files of a TUN or TAP under /sys/class/net/NAME. @alpha */
export const TAP_SYSFS: NetdevAttributeGroup = Object.freeze({
  name: '',
  visible: (dev: NetDevice) => tapMode(dev) !== null,
  attributes: {
    tun_flags: { show: (dev: NetDevice): string => `0x${tapFlags(dev).toString(16)}` }, // datapath-ok: a file under /sys
    owner: { show: (dev: NetDevice): string => String(tapUse(dev).owner) },
    group: { show: (dev: NetDevice): string => String(tapUse(dev).group) },
  },
});

/** The IFF_* flags of TUNGETIFF. @alpha */
export function tapFlags(dev: NetDevice): number {
  const { tun, hdrLen, use } = dev.priv as Tap;
  return (tun ? IFF_TUN : IFF_TAP) | (use.pi ? 0 : IFF_NO_PI) | (hdrLen > 0 ? IFF_VNET_HDR : 0) | (use.persist ? IFF_PERSIST : 0);
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

/** Takes over what the header says; false when it contradicts the frame. */
function readVnetHdr(tap: Tap, u8: Uint8Array, off: number, skb: Skb): boolean {
  if (tap.rxU8 !== u8) {
    tap.rxU8 = u8;
    tap.rxView = new DataView(u8.buffer, u8.byteOffset, u8.byteLength); // datapath-ok: once a buffer
  }
  const view = tap.rxView!;
  if ((virtioNetHdrFlags(view, off) & VIRTIO_NET_HDR_F_DATA_VALID) !== 0) skb.ipSummed = CHECKSUM_UNNECESSARY;
  return vnetHdrToSkb(view, off, skb) === 0;
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
