/** A bond and its slaves (struct bonding, struct slave), and what all parts of it use. */
import { type Kernel, type RngStream, TimerList } from '@linnet/kernel';
import { netifCarrierOff, netifCarrierOn, type NetDevice, NetDeviceStats } from '@linnet/netdev';

/** Modes (BOND_MODE_*). */
export const MODE_ROUNDROBIN = 0;
export const MODE_ACTIVEBACKUP = 1;
export const MODE_XOR = 2;
export const MODE_BROADCAST = 3;
export const MODE_8023AD = 4;
export const MODE_TLB = 5;
export const MODE_ALB = 6;

/** States of a slave's link (BOND_LINK_*): works, about to count as down, down, about to count as up. */
export const LINK_UP = 0;
export const LINK_FAIL = 1;
export const LINK_DOWN = 2;
export const LINK_BACK = 3;

/** What a hash is made of (BOND_XMIT_POLICY_*). */
export const POLICY_LAYER2 = 0;
export const POLICY_LAYER34 = 1;
export const POLICY_LAYER23 = 2;
export const POLICY_ENCAP23 = 3;
export const POLICY_ENCAP34 = 4;
export const POLICY_VLAN_SRCMAC = 5;

/** Whose address an active-backup bond has: one for all, or that of the slave that works (fail_over_mac). */
export const FAIL_OVER_MAC_NONE = 0;
export const FAIL_OVER_MAC_ACTIVE = 1;

/** A slave's speed that nobody knows, unsigned: it compares as the highest. */
export const SPEED_UNKNOWN = 0xffffffff;

/** Who takes part in an aggregation: the actor's or the partner's side of a LACPDU (struct port_params). */
export class PortParams {
  systemPriority: number = 0xffff;
  readonly system: Uint8Array = new Uint8Array(6);
  key = 0;
  portPriority: number = 0xff;
  portNumber = 0;
  state = 0;
}

/** Ports that can act as one link (struct aggregator). */
export class Aggregator {
  readonly id: number;
  /** Never changed in place. */
  ports: readonly AdPort[] = [];
  active = false;
  individual = false;
  key = 0;
  readonly partnerSystem: Uint8Array = new Uint8Array(6);
  partnerSystemPriority = 0;
  partnerKey = 0;
  constructor(id: number) {
    this.id = id;
  }
}

/** A slave's part of 802.3ad (struct port). Times are in ticks of 100 ms. */
export class AdPort {
  readonly slave: BondSlave;
  readonly own: Aggregator;
  readonly actor: PortParams;
  readonly partner: PortParams;
  aggregator: Aggregator | null = null;
  enabled = false;
  /** The link takes part at all: only full duplex does. */
  lacp = true;
  selected = false;
  matched = false;
  readyN = false;
  ntt = false;
  rxState = 0;
  muxState = 0;
  rxTimer = 0;
  muxTimer = 0;
  periodicTimer = 0;
  txTimer = 0;
  lacpdusRx = 0;
  lacpdusTx = 0;
  constructor(slave: BondSlave, id: number) {
    this.slave = slave;
    this.own = new Aggregator(id);
    this.actor = new PortParams();
    this.partner = new PortParams();
    this.actor.portNumber = id;
  }
}

/** A device of a bond (struct slave). */
export class BondSlave {
  readonly bond: Bond;
  readonly dev: NetDevice;
  readonly permAddr: Uint8Array;
  readonly originalMtu: number;
  link: number = LINK_UP;
  /** Looks until a change of the link counts. */
  delay = 0;
  linkFailureCount = 0;
  backup = false;
  inactive = false;
  prio = 0;
  queueId = 0;
  portPriority = 255;
  speed: number = SPEED_UNKNOWN;
  duplex = 0xff;
  port: AdPort | null = null;
  /** The groups that this device was asked to receive for the bond. */
  syncedMc: Uint8Array[] = [];
  syncedUc: Uint8Array[] = [];
  promisc = false;
  allmulti = false;
  /** What it had counted when it was last looked at. */
  readonly counted: NetDeviceStats = new NetDeviceStats();
  constructor(bond: Bond, dev: NetDevice) {
    this.bond = bond;
    this.dev = dev;
    this.permAddr = new Uint8Array(dev.devAddr.subarray(0, 6)); // datapath-ok: a new slave
    this.originalMtu = dev.mtu;
  }
}

/** What can be set; times in milliseconds (struct bond_params). */
export class BondParams {
  mode: number = MODE_ROUNDROBIN;
  xmitPolicy: number = POLICY_LAYER2;
  miimon = 0;
  /** In looks, not in milliseconds, as is downDelay and peerNotifDelay. */
  upDelay = 0;
  downDelay = 0;
  peerNotifDelay = 0;
  useCarrier = 1;
  numPeerNotif = 1;
  primaryReselect = 0;
  failOverMac: number = FAIL_OVER_MAC_NONE;
  resendIgmp = 1;
  allSlavesActive = 0;
  minLinks = 0;
  lpInterval = 1;
  packetsPerSlave = 1;
  lacpActive = 1;
  lacpFast = 0;
  adSelect = 0;
  tlbDynamicLb = 1;
  missedMax = 2;
  coupledControl = 1;
  arpValidate = 0;
  arpAllTargets = 0;
  adActorSysPrio = 0xffff;
  adUserPortKey = 0;
  readonly adActorSystem: Uint8Array = new Uint8Array(6);
}

/** A bond (struct bonding). */
export class Bond {
  readonly dev: NetDevice;
  readonly params: BondParams;
  /** In the order in which they came. Never changed in place. */
  slaves: readonly BondSlave[] = [];
  current: BondSlave | null = null;
  primary: BondSlave | null = null;
  /** The name of a primary that is no slave yet. */
  primaryName = '';
  forcePrimary = false;
  rrCounter = 0;
  sendPeerNotif = 0;
  igmpRetrans = 0;
  aggregatorIds = 0;
  /** Ticks until ports may be chosen. */
  adSelectTimer = 0;
  readonly miiTimer: TimerList<Bond>;
  readonly adTimer: TimerList<Bond>;
  readonly rng: RngStream;
  constructor(dev: NetDevice, mii: (b: Bond) => void, ad: (b: Bond) => void) {
    this.dev = dev;
    this.params = new BondParams();
    this.rng = dev.kernel.rng.stream('bond');
    this.miiTimer = new TimerList(mii, this);
    this.adTimer = new TimerList(ad, this);
  }
  get kernel(): Kernel {
    return this.dev.kernel;
  }
}

/** The bond that a device is, or null. */
export function bondGet(dev: NetDevice | null): Bond | null {
  return dev !== null && dev.priv instanceof Bond ? dev.priv : null;
}
/** The slave that a device is, or null. */
export function bondSlaveGet(dev: NetDevice): BondSlave | null {
  return dev.rxHandlerData instanceof BondSlave ? dev.rxHandlerData : null;
}

/** Modes in which one slave at a time is the one (bond_uses_primary). */
export const usesPrimary = (bond: Bond): boolean => bond.params.mode === MODE_ACTIVEBACKUP || bond.params.mode === MODE_TLB || bond.params.mode === MODE_ALB;

/** May it send (bond_slave_can_tx)? */
export function canTx(s: BondSlave): boolean {
  return s.link === LINK_UP && !s.backup && s.dev.running && s.dev.carrier;
}
export function setActiveFlags(s: BondSlave): void {
  s.backup = false;
  s.inactive = false;
}
export function setInactiveFlags(s: BondSlave): void {
  s.backup = true;
  if (s.bond.params.allSlavesActive === 0) s.inactive = true;
}

/** The aggregator in use, or null. */
export function activeAggregator(bond: Bond): Aggregator | null {
  for (let i = 0; i < bond.slaves.length; i++) {
    const own = bond.slaves[i]!.port?.own;
    if (own !== undefined && own.active) return own;
  }
  return null;
}

/** Does the bond have a carrier (bond_set_carrier, bond_3ad_set_carrier)? */
export function bondSetCarrier(bond: Bond): void {
  const { dev } = bond;
  let up = false;
  if (bond.params.mode === MODE_8023AD) {
    const agg = activeAggregator(bond);
    const n = agg === null ? 0 : agg.ports.reduce((sum, p) => sum + (p.enabled ? 1 : 0), 0);
    up = agg !== null && n > 0 && n >= bond.params.minLinks;
  } else up = bond.slaves.some((s) => s.link === LINK_UP);
  if (up === dev.carrier) return;
  if (up) netifCarrierOn(dev);
  else netifCarrierOff(dev);
}

/** Reads how fast a slave is. True when that changed. */
export function updateSpeedDuplex(s: BondSlave): boolean {
  const link = s.dev.ethtoolOps?.getLinkKsettings?.(s.dev) ?? -1;
  const speed = typeof link === 'number' ? SPEED_UNKNOWN : link.speed >>> 0;
  const duplex = typeof link === 'number' ? 0xff : link.duplex;
  if (speed === s.speed && duplex === s.duplex) return false;
  s.speed = speed;
  s.duplex = duplex;
  return true;
}
