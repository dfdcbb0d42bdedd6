/** VLAN devices: what the device above a link is, and which of them a link has (802.1Q and 802.1ad). */
import { EEXIST, EOPNOTSUPP } from '@linnet/kernel';
import {
  IFF_802_1Q_VLAN, IFF_VLAN_CHALLENGED, netifCarrierOff, netifCarrierOn, netifSetDormant, type NetDevice,
} from '@linnet/netdev';
import { nlSetErrMsg, type Extack } from '@linnet/netlink';
import { ETH_P_8021Q, VLAN_FLAG_BRIDGE_BINDING, VLAN_VID_MASK } from '@linnet/uapi';

/** One mapping of a packet's priority to that of the tag, which is kept ready to be put into it. */
export interface VlanEgressMapping {
  readonly priority: number;
  /** 0 to 7. */
  qos: number;
}

/** The driver's part of a VLAN device (struct vlan_dev_priv): `dev.priv`. @alpha */
export class VlanDev {
  realDev: NetDevice | null;
  proto: number;
  vlanId: number;
  /** VLAN_FLAG_*. */
  flags: number;
  /** Priority of packets by that of their tag. */
  readonly ingress: number[];
  egress: VlanEgressMapping[];
  /** The address of the link as last seen. */
  readonly realAddr: Uint8Array;
  /** Group addresses and further unicast addresses that the link was asked for. */
  syncedMc: Uint8Array[];
  syncedUc: Uint8Array[];
  constructor() {
    this.realDev = null;
    this.proto = ETH_P_8021Q;
    this.vlanId = 0;
    this.flags = 0;
    this.ingress = [0, 0, 0, 0, 0, 0, 0, 0];
    this.egress = [];
    this.realAddr = new Uint8Array(6);
    this.syncedMc = [];
    this.syncedUc = [];
  }
}

/** The VLANs over a link (struct vlan_info): `dev.vlanInfo`. @alpha */
export class VlanInfo {
  /** By id, and by id with the service tag's protocol. */
  readonly q: Map<number, NetDevice>;
  readonly ad: Map<number, NetDevice>;
  constructor() {
    this.q = new Map();
    this.ad = new Map();
  }
}

/** Is it a VLAN device? (is_vlan_dev) @alpha */
export function isVlanDev(dev: NetDevice): boolean {
  return (dev.privFlags & IFF_802_1Q_VLAN) !== 0;
}
/** The driver's part of a VLAN device. @alpha */
export function vlanDevPriv(dev: NetDevice): VlanDev {
  return dev.priv as VlanDev;
}
/** The link under a VLAN device, or null when it is gone (vlan_dev_real_dev). @alpha */
export function vlanDevRealDev(dev: NetDevice): NetDevice | null {
  return isVlanDev(dev) ? vlanDevPriv(dev).realDev : null;
}

function group(info: VlanInfo, proto: number): Map<number, NetDevice> {
  return proto === ETH_P_8021Q ? info.q : info.ad;
}

/** The VLAN device over a link, or null (vlan_find_dev). @alpha */
export function vlanFindDev(real: NetDevice, proto: number, vid: number): NetDevice | null {
  const info = real.vlanInfo as VlanInfo | null;
  return info === null ? null : (group(info, proto).get(vid) ?? null);
}

/** Puts a device into its link's table, or takes it out. */
export function vlanGroupSet(real: NetDevice, dev: NetDevice): void {
  const { proto, vlanId } = vlanDevPriv(dev);
  real.vlanInfo ??= new VlanInfo();
  group(real.vlanInfo as VlanInfo, proto).set(vlanId, dev);
}
export function vlanGroupDel(real: NetDevice, dev: NetDevice): void {
  const info = real.vlanInfo as VlanInfo | null;
  if (info === null) return;
  const { proto, vlanId } = vlanDevPriv(dev);
  group(info, proto).delete(vlanId);
  if (info.q.size + info.ad.size === 0) real.vlanInfo = null;
}

/** All VLANs over a link, in order of protocol and id; they may go while they are looked at. */
export function vlanDevsOf(real: NetDevice): NetDevice[] {
  const info = real.vlanInfo as VlanInfo | null;
  if (info === null) return [];
  const sorted = (m: Map<number, NetDevice>): NetDevice[] => Array.from(m).sort((a, b) => a[0] - b[0]).map(([, d]) => d);
  return sorted(info.q).concat(sorted(info.ad));
}

/** May a link carry this VLAN? (vlan_check_real_dev) */
export function vlanCheckRealDev(real: NetDevice, proto: number, vid: number, extack: Extack | null): number {
  if ((real.privFlags & IFF_VLAN_CHALLENGED) !== 0) {
    nlSetErrMsg(extack, '8021q: VLANs not supported on device');
    return -EOPNOTSUPP;
  }
  if (vlanFindDev(real, proto, vid) !== null) {
    nlSetErrMsg(extack, '8021q: VLAN device already exists');
    return -EEXIST;
  }
  return 0;
}

/** The tag's priority bits for a packet, ready to be put into the tag (vlan_dev_get_egress_qos_mask). */
export function vlanEgressQos(v: VlanDev, priority: number): number {
  const list = v.egress;
  for (let i = 0; i < list.length; i++) if (list[i]!.priority === priority) return list[i]!.qos << 13;
  return 0;
}

/** Sets how a packet's priority becomes that of its tag (vlan_dev_set_egress_priority). */
export function vlanSetEgress(v: VlanDev, priority: number, qos: number): void {
  const old = v.egress.find((m) => m.priority === priority);
  if (old !== undefined) old.qos = qos & 7;
  else v.egress.push({ priority, qos: qos & 7 });
}
/** Sets how a tag's priority becomes that of the packet (vlan_dev_set_ingress_priority). */
export function vlanSetIngress(v: VlanDev, priority: number, tagPriority: number): void {
  v.ingress[tagPriority & 7] = priority;
}

/** The carrier and dormancy of a VLAN follow its link's (netif_stacked_transfer_operstate). */
export function vlanTransferOperstate(real: NetDevice, dev: NetDevice): void {
  if ((vlanDevPriv(dev).flags & VLAN_FLAG_BRIDGE_BINDING) !== 0) return;
  netifSetDormant(dev, real.dormant);
  dev.testing = real.testing;
  if (real.carrier) netifCarrierOn(dev);
  else netifCarrierOff(dev);
}

/** The lower twelve bits of a tag. */
export function vlanVid(tci: number): number {
  return tci & VLAN_VID_MASK;
}
