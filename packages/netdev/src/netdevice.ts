/** The network device, and what a driver and a link-layer type supply for it. */
import type { Kernel, Net } from '@linnet/kernel';
import type { Skb, SkbDev, SkbPool } from '@linnet/skbuff';
import { IF_LINK_MODE_DEFAULT, IF_OPER_UNKNOWN, IF_OPER_UP, MAX_ADDR_LEN } from '@linnet/uapi';
import { NetDeviceStats } from './netdev-stats.ts';
import { DevAddrList } from './dev-addr-lists.ts';
import type { EthtoolOps } from './ethtool-ops.ts';
import type { HhCache } from './hh-cache.ts';
import type { L3mdevOps } from './l3mdev.ts';
import type { NapiStruct } from './napi.ts';
import type { NfHookEntries } from './nf-hooks.ts';
import type { NetdevNet } from './netdev-net.ts';
import type { PacketType } from './packet-type.ts';
import { NOOP_QDISC_OPS, Qdisc } from './qdisc-core.ts';
import type { SoftnetData } from './softnet.ts';

/** `startXmit` took the packet. @alpha */
export const NETDEV_TX_OK = 0x00;
/** `startXmit` could not take the packet and left it alone: it is sent again later. @alpha */
export const NETDEV_TX_BUSY = 0x10;
/** The packet was sent or queued. @alpha */
export const NET_XMIT_SUCCESS = 0;
/** The packet was dropped. @alpha */
export const NET_XMIT_DROP = 1;
/** The packet was taken, but there is congestion: another one may have been dropped. @alpha */
export const NET_XMIT_CN = 2;
/** Codes up to here mean that the packet is gone, sent or not. @alpha */
export const NET_XMIT_MASK = 0x0f;
/** The packet was delivered or will be. @alpha */
export const NET_RX_SUCCESS = 0;
/** The packet was dropped. @alpha */
export const NET_RX_DROP = 1;

/** The code that a socket sees: congestion is no error for the one who sent (net_xmit_eval). @alpha */
export function netXmitEval(rc: number): number {
  return rc === NET_XMIT_CN ? 0 : rc;
}

/** Where a device stands between being made and being forgotten (dev.reg_state). @alpha */
export const NETREG_UNINITIALIZED = 0;
/** In its namespace's list. @alpha */
export const NETREG_REGISTERED = 1;
/** On its way out; notifiers run. @alpha */
export const NETREG_UNREGISTERING = 2;
/** Gone from the lists. @alpha */
export const NETREG_UNREGISTERED = 3;

/** The name came from the kernel, by a template (IFLA_PERM... `name_assign_type` of sysfs). @alpha */
export const NET_NAME_ENUM = 1;
/** The name is predictable. @alpha */
export const NET_NAME_PREDICTABLE = 2;
/** The name came from user space. @alpha */
export const NET_NAME_USER = 3;
/** The device was renamed. @alpha */
export const NET_NAME_RENAMED = 4;

/** `devAddr` is the device's own. @alpha */
export const NET_ADDR_PERM = 0;
/** `devAddr` was drawn at random. @alpha */
export const NET_ADDR_RANDOM = 1;
/** `devAddr` is that of the device below. @alpha */
export const NET_ADDR_STOLEN = 2;
/** `devAddr` was set from outside. @alpha */
export const NET_ADDR_SET = 3;

/** Sends with no queue in front even if `txQueueLen` is set (a software device that never blocks). @alpha */
export const IFF_NO_QUEUE: number = 1 << 0;
/** Other MAC addresses may be set while the device is up. @alpha */
export const IFF_LIVE_ADDR_CHANGE: number = 1 << 1;
/** The device filters unicast addresses, so a second one needs no promiscuous mode. @alpha */
export const IFF_UNICAST_FLT: number = 1 << 2;
/** The device keeps `skb.dst` for itself: do not drop it before `startXmit`. @alpha */
export const IFF_XMIT_DST_RELEASE_OFF: number = 1 << 3;
/** A bridge. @alpha */
export const IFF_EBRIDGE: number = 1 << 6;
/** A port of a bridge. @alpha */
export const IFF_BRIDGE_PORT: number = 1 << 7;
/** A VRF or another layer 3 master. @alpha */
export const IFF_L3MDEV_MASTER: number = 1 << 8;
/** A slave of a layer 3 master. @alpha */
export const IFF_L3MDEV_SLAVE: number = 1 << 9;
/** A VLAN. @alpha */
export const IFF_802_1Q_VLAN: number = 1 << 10;
/** VLANs do not stack on this device. @alpha */
export const IFF_VLAN_CHALLENGED: number = 1 << 11;

/** The driver stopped the transmit queue: a bit of `NetDevice.txState`. @alpha */
export const QUEUE_STATE_DRV_XOFF = 1;
/** The stack froze the transmit queue: a bit of `NetDevice.txState`. @alpha */
export const QUEUE_STATE_FROZEN = 2;

/** RX handlers: the handler took the packet. @alpha */
export const RX_HANDLER_CONSUMED = 0;
/** RX handlers: `skb.dev` was changed, begin again with the new device. @alpha */
export const RX_HANDLER_ANOTHER = 1;
/** RX handlers: deliver only to packet types that are bound to exactly this device. @alpha */
export const RX_HANDLER_EXACT = 2;
/** RX handlers: go on as if there were none. @alpha */
export const RX_HANDLER_PASS = 3;

/**
 * Takes over what a device receives (rx_handler_func_t). Owns the skb when it returns {@link RX_HANDLER_CONSUMED}.
 * `data` is what it was registered with.
 * @alpha
 */
export type RxHandler = (skb: Skb, data: object | null) => number;

/**
 * What a driver does for its device (struct net_device_ops). Every call is synchronous and returns 0 or a negative errno.
 * @public
 */
export interface NetDeviceOps {
  /** Runs during registration, before anybody sees the device; an error refuses the registration. */
  init?(dev: NetDevice): number;
  /** Undoes `init` at the end of unregistration. */
  uninit?(dev: NetDevice): void;
  /** The device goes up. */
  open?(dev: NetDevice): number;
  /** The device goes down. */
  stop?(dev: NetDevice): number;
  /**
   * Sends a frame that begins at `skb.data` with its link-layer header. Consumes it and returns {@link NETDEV_TX_OK} (a frame that cannot be
   * sent is freed and counted), or leaves it alone and returns {@link NETDEV_TX_BUSY}.
   */
  startXmit(skb: Skb, dev: NetDevice): number;
  /** Takes `addr` (`addrLen` bytes at its start) as the new link-layer address. Without it the address cannot change. */
  setMacAddress?(dev: NetDevice, addr: Uint8Array): number;
  /** Refuses a link-layer address. */
  validateAddr?(dev: NetDevice): number;
  /** A bridge over the device wants this much headroom in what the device receives. A device that has it sends into memory of its own making: its own need does not count for a bridge. */
  setRxHeadroom?(dev: NetDevice, headroom: number): void;
  /** Takes a new MTU; by default the field is written. */
  changeMtu?(dev: NetDevice, mtu: number): number;
  /** `flags` (IFF_PROMISC, IFF_ALLMULTI) or the address lists changed. */
  setRxMode?(dev: NetDevice): void;
  /** `flags` will change by the bits `flags`. */
  changeRxFlags?(dev: NetDevice, flags: number): void;
  /** The ifindex that this one works over (IFLA_LINK); its own by default. */
  getIflink?(dev: NetDevice): number;
  /** Brings `dev.stats` up to date before it is read. */
  getStats?(dev: NetDevice): void;
  /** Removes features that the device cannot have now. */
  fixFeatures?(dev: NetDevice, features: number): number;
  /** The features changed to `features`. */
  setFeatures?(dev: NetDevice, features: number): number;
  /** User space switches the carrier of a virtual device; without it that is not possible. */
  changeCarrier?(dev: NetDevice, on: boolean): number;
  /** Narrows the features for one packet. */
  featuresCheck?(skb: Skb, dev: NetDevice, features: number): number;
  /** `dev` becomes (ceases to be) a slave of this one, as `ip link set dev master` asks. */
  addSlave?(dev: NetDevice, slave: NetDevice, extack?: { msg: string } | null): number;
  delSlave?(dev: NetDevice, slave: NetDevice): number;
}

/**
 * The classifiers of a device's ingress or egress (sch_handle_ingress, sch_handle_egress): -1 to go on with the packet, else it is gone and this is the
 * code that the sender or the driver gets: 0 when it went another way, 1 when it was dropped.
 * @public
 */
export type TcHook = (skb: Skb, dev: NetDevice) => number;

/**
 * How a link-layer type writes its headers (struct header_ops). Addresses are `addrLen` bytes at the start of the array.
 * @public
 */
export interface HeaderOps {
  /**
   * Pushes a header in front of `skb.data` and returns its length, or its negative when `daddr` is null and somebody must fill it in later.
   * `saddr` null is the device's own. Headroom is made if it lacks; senders leave `llReservedSpace(dev)` so that it does not.
   */
  create(skb: Skb, dev: NetDevice, type: number, daddr: Uint8Array | null, saddr: Uint8Array | null, len: number): number;
  /** Copies the sender's address of a received frame to `haddr` and returns its length, 0 when there is none. */
  parse?(skb: Skb, haddr: Uint8Array): number;
  /** Fills a cached header for packets of `type` to `ha`; 0, or -1 when such headers cannot be cached. */
  cache?(ha: Uint8Array, dev: NetDevice, type: number, hh: HhCache): number;
  /** The neighbour's address changed. */
  cacheUpdate?(hh: HhCache, dev: NetDevice, ha: Uint8Array): void;
  /** Is the header at `off` of `u8`, `len` bytes long, one of this type? */
  validate?(u8: Uint8Array, off: number, len: number): boolean;
  /** The protocol of the header at `skb.macHeader`. */
  parseProtocol?(skb: Skb): number;
}

/** What netdev knows of the kind of a link (struct rtnl_link_ops); `netlink` has the rest. @alpha */
export interface NetdevLinkOps {
  readonly kind: string;
  /** Deletes the device with what belongs to it (the other end of a veth); `unregisterNetdevice` by default. */
  dellink?(dev: NetDevice): void;
}

const NO_NAMES: readonly string[] = Object.freeze([]);

/** A device's slot for state of the IPv4 or IPv6 layer, of the bridge, and so on: typed by its owner. @public */
export type DevSlot = object | null;

/**
 * A network device (struct net_device). Made by `allocNetdev`, seen after `registerNetdevice`.
 * Drivers set `netdevOps` and what `etherSetup` did not; the rest is changed by the functions of this package.
 * @public
 */
export class NetDevice implements SkbDev {
  readonly kernel: Kernel;
  readonly pool: SkbPool;
  /** The receive and transmit state of the machine, held directly: hot code looks nothing up. @alpha */
  readonly sd: SoftnetData;
  /** The namespace's part of this package, in step with `net`. @alpha */
  nn: NetdevNet;
  net: Net;
  name: string;
  ifindex: number;
  /** IFF_* flags. */
  flags: number;
  /** Flags by name of this package (IFF_NO_QUEUE, ...). */
  privFlags: number;
  /** The promiscuity and allmulti bits that user space asked for. */
  gflags: number;
  /** ARPHRD_* type. */
  type: number;
  mtu: number;
  minMtu: number;
  maxMtu: number;
  hardHeaderLen: number;
  minHeaderLen: number;
  neededHeadroom: number;
  neededTailroom: number;
  addrLen: number;
  addrAssignType: number;
  nameAssignType: number;
  readonly devAddr: Uint8Array;
  readonly permAddr: Uint8Array;
  readonly broadcast: Uint8Array;
  /** NETIF_F_* in force now. */
  features: number;
  /** NETIF_F_* that user space may switch. */
  hwFeatures: number;
  /** NETIF_F_* that user space wants. */
  wantedFeatures: number;
  /** NETIF_F_* that also work behind a VLAN tag. */
  vlanFeatures: number;
  /** NETIF_FX_*: the same three for features that only ethtool(8) looks at. @alpha */
  featuresExt: number;
  hwFeaturesExt: number;
  wantedFeaturesExt: number;
  gsoMaxSize: number;
  gsoMaxSegs: number;
  groMaxSize: number;
  tsoMaxSize: number;
  tsoMaxSegs: number;
  txQueueLen: number;
  /** Queues that were asked for when the device was made: packets use one, tools see the number. */
  numTxQueues: number;
  numRxQueues: number;
  netdevOps: NetDeviceOps;
  /** What ethtool(8) can ask and set; null for a driver without any of it. */
  ethtoolOps: EthtoolOps | null;
  headerOps: HeaderOps | null;
  /** The queue in use; the `noop` one while the device is down or has no carrier. @alpha */
  qdisc: Qdisc;
  /** The queue that was attached, used while the device is active. @alpha */
  qdiscSleeping: Qdisc;
  /** What drops everything while the device is not active. @alpha */
  readonly noopQdisc: Qdisc;
  /** The ingress queue, `null` when there is none. */
  ingressQueue: DevSlot;
  /** What traffic control keeps of the device: queues by handle, the ingress queue. @alpha */
  tcDev: DevSlot;
  /** Traffic control looks at what the device receives and sends; null while it has no filters there. @alpha */
  tcIngress: TcHook | null;
  tcEgress: TcHook | null;
  /** QUEUE_STATE_* bits. */
  txState: number;
  readonly stats: NetDeviceStats;
  /** Who takes over what the device receives. @alpha */
  rxHandler: RxHandler | null;
  rxHandlerData: object | null;
  /** The driver's own. */
  priv: unknown;
  /** in_device of ipv4, inet6_dev of ipv6. */
  ipPtr: DevSlot;
  ip6Ptr: DevSlot;
  /** Neighbour parameters of ARP and NDISC. */
  arpParms: DevSlot;
  nd6Parms: DevSlot;
  /** Slots of optional packages. */
  vlanInfo: DevSlot;
  ieee80211Ptr: DevSlot;
  vrfPtr: DevSlot;
  /** The kind of link, for devices that rtnetlink makes. @alpha */
  rtnlLinkOps: NetdevLinkOps | null;
  /** False while `netlink` sets the new link up and will announce it itself. */
  rtnlLinkInitialized: boolean;
  /** What a layer 3 master (VRF) does for its slaves; null for other devices. @alpha */
  l3mdevOps: L3mdevOps | null;
  /** Netfilter hooks of the device itself (NFPROTO_NETDEV). @alpha */
  nfHooksIngress: NfHookEntries | null;
  /** Likewise, for what it sends. @alpha */
  nfHooksEgress: NfHookEntries | null;
  operstate: number;
  linkMode: number;
  /** Is there a carrier? Written by `netifCarrierOn` and `netifCarrierOff`. */
  carrier: boolean;
  carrierUpCount: number;
  carrierDownCount: number;
  dormant: boolean;
  testing: boolean;
  /** Is the device open? (`__LINK_STATE_START`) */
  running: boolean;
  present: boolean;
  linkwatchPending: boolean;
  regState: number;
  /** Called as the last act of unregistration. */
  destructor: ((dev: NetDevice) => void) | null;
  /** May not leave its namespace. */
  netnsImmutable: boolean;
  master: NetDevice | null;
  readonly upperDevs: NetDevice[];
  readonly lowerDevs: NetDevice[];
  group: number;
  promiscuity: number;
  allmulti: number;
  ucPromisc: boolean;
  /** Unicast addresses that it receives besides its own. @alpha */
  readonly uc: DevAddrList;
  /** Multicast addresses that it receives. @alpha */
  readonly mc: DevAddrList;
  /** Taps of this device. @alpha */
  ptypeAll: PacketType[];
  /** Protocols that are bound to this device. @alpha */
  ptypeSpecific: PacketType[];
  readonly napiList: NapiStruct[];
  ifalias: string;
  /** Other names (IFLA_ALT_IFNAME), in the order in which they were given. */
  altNames: readonly string[];
  /** Answers ARP for the device's own driver: kept for rtnetlink's IFLA_PROTO_DOWN. */
  protoDown: boolean;

  /** Use `allocNetdev`. @alpha */
  constructor(nn: NetdevNet, name: string, netdevOps: NetDeviceOps) {
    this.kernel = nn.net.kernel;
    this.pool = nn.sd.pool;
    this.sd = nn.sd;
    this.nn = nn;
    this.net = nn.net;
    this.name = name;
    this.ifindex = 0;
    this.flags = 0;
    this.privFlags = 0;
    this.gflags = 0;
    this.type = 0;
    this.mtu = 0;
    this.minMtu = 0;
    this.maxMtu = 0;
    this.hardHeaderLen = 0;
    this.minHeaderLen = 0;
    this.neededHeadroom = 0;
    this.neededTailroom = 0;
    this.addrLen = 0;
    this.addrAssignType = NET_ADDR_PERM;
    this.nameAssignType = NET_NAME_USER;
    this.devAddr = new Uint8Array(MAX_ADDR_LEN);
    this.permAddr = new Uint8Array(MAX_ADDR_LEN);
    this.broadcast = new Uint8Array(MAX_ADDR_LEN);
    this.features = 0;
    this.hwFeatures = 0;
    this.wantedFeatures = 0;
    this.vlanFeatures = 0;
    this.featuresExt = 0;
    this.hwFeaturesExt = 0;
    this.wantedFeaturesExt = 0;
    this.gsoMaxSize = GSO_LEGACY_MAX_SIZE;
    this.gsoMaxSegs = GSO_MAX_SEGS;
    this.groMaxSize = GSO_LEGACY_MAX_SIZE;
    this.tsoMaxSize = GSO_LEGACY_MAX_SIZE;
    this.tsoMaxSegs = GSO_MAX_SEGS;
    this.txQueueLen = 0;
    this.numTxQueues = 1;
    this.numRxQueues = 1;
    this.netdevOps = netdevOps;
    this.ethtoolOps = null;
    this.headerOps = null;
    const noop = new Qdisc(NOOP_QDISC_OPS, this);
    this.qdisc = noop;
    this.qdiscSleeping = noop;
    this.noopQdisc = noop;
    this.ingressQueue = null;
    this.tcDev = null;
    this.tcIngress = null;
    this.tcEgress = null;
    this.txState = 0;
    this.stats = new NetDeviceStats();
    this.rxHandler = null;
    this.rxHandlerData = null;
    this.priv = null;
    this.ipPtr = null;
    this.ip6Ptr = null;
    this.arpParms = null;
    this.nd6Parms = null;
    this.vlanInfo = null;
    this.ieee80211Ptr = null;
    this.vrfPtr = null;
    this.rtnlLinkOps = null;
    this.rtnlLinkInitialized = true;
    this.l3mdevOps = null;
    this.nfHooksIngress = null;
    this.nfHooksEgress = null;
    this.operstate = IF_OPER_UNKNOWN;
    this.linkMode = IF_LINK_MODE_DEFAULT;
    this.carrier = true;
    this.carrierUpCount = 0;
    this.carrierDownCount = 0;
    this.dormant = false;
    this.testing = false;
    this.running = false;
    this.present = true;
    this.linkwatchPending = false;
    this.regState = NETREG_UNINITIALIZED;
    this.destructor = null;
    this.netnsImmutable = false;
    this.master = null;
    this.upperDevs = [];
    this.lowerDevs = [];
    this.group = 0;
    this.promiscuity = 0;
    this.allmulti = 0;
    this.ucPromisc = false;
    this.uc = new DevAddrList();
    this.mc = new DevAddrList();
    this.ptypeAll = NO_PTYPES as PacketType[];
    this.ptypeSpecific = NO_PTYPES as PacketType[];
    this.napiList = [];
    this.ifalias = '';
    this.altNames = NO_NAMES;
    this.protoDown = false;
  }
}

const NO_PTYPES: readonly PacketType[] = Object.freeze([]);

/** The largest super-segment that every part of the stack takes, in bytes (GSO_LEGACY_MAX_SIZE). @alpha */
export const GSO_LEGACY_MAX_SIZE = 65536;
/** What a device without any limit says that it segments, in bytes (TSO_MAX_SIZE). @alpha */
export const TSO_MAX_SIZE: number = 8 * 65535;
/** Segments of a super-segment (GSO_MAX_SEGS). @alpha */
export const GSO_MAX_SEGS = 65535;

/** Takes over how much a link segments (netif_inherit_tso_max). @alpha */
export function netifInheritTsoMax(dev: NetDevice, from: NetDevice): void {
  dev.tsoMaxSize = from.tsoMaxSize;
  dev.tsoMaxSegs = from.tsoMaxSegs;
  dev.gsoMaxSize = Math.min(dev.gsoMaxSize, from.tsoMaxSize);
  dev.gsoMaxSegs = Math.min(dev.gsoMaxSegs, from.tsoMaxSegs);
}

/** The device of an skb: null when it has none. @alpha */
export function skbDev(skb: Skb): NetDevice | null {
  return skb.dev as NetDevice | null;
}

/** Is the device open? (netif_running) @alpha */
export function netifRunning(dev: NetDevice): boolean {
  return dev.running;
}
/** Does it have a carrier? (netif_carrier_ok) @alpha */
export function netifCarrierOk(dev: NetDevice): boolean {
  return dev.carrier;
}
/** Is it operational, or is that unknown? (netif_oper_up) @alpha */
export function netifOperUp(dev: NetDevice): boolean {
  return dev.operstate === IF_OPER_UP || dev.operstate === IF_OPER_UNKNOWN;
}
/** Did the driver stop the transmit queue? (netif_queue_stopped) @alpha */
export function netifQueueStopped(dev: NetDevice): boolean {
  return (dev.txState & QUEUE_STATE_DRV_XOFF) !== 0;
}
