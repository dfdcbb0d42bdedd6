/** Registering and unregistering VLAN devices over their links (register_vlan_dev, unregister_vlan_dev). */
// datapath-ok-file: configuration
import { EEXIST, EOVERFLOW, ERANGE, type Net } from '@linnet/kernel';
import {
  allocNetdev, devGetByName, netdevUpperDevLink, netdevUpperDevUnlink, type NetDevice, registerNetdevice, unregisterNetdevice,
} from '@linnet/netdev';
import { rtnlConfigureLink, type Extack, type RtnlLinkOps } from '@linnet/netlink';
import { ETH_P_8021Q, VLAN_FLAG_REORDER_HDR, VLAN_NAME_TYPE_PLUS_VID, VLAN_NAME_TYPE_PLUS_VID_NO_PAD, VLAN_NAME_TYPE_RAW_PLUS_VID, VLAN_VID_MASK } from '@linnet/uapi';
import { vlanSetup } from './vlan-dev.ts';
import { vlanCheckRealDev, vlanDevPriv, vlanDevRealDev, vlanDevsOf, vlanGroupDel, vlanGroupSet, vlanTransferOperstate } from './vlan.ts';

/** Registers a device whose driver part names its link (register_vlan_dev). Returns 0 or a negative errno, leaving nothing behind. */
export function registerVlanDev(dev: NetDevice): number {
  const real = vlanDevPriv(dev).realDev!;
  let err = registerNetdevice(dev);
  if (err < 0) return err;
  err = netdevUpperDevLink(real, dev);
  if (err < 0) {
    unregisterNetdevice(dev);
    return err;
  }
  vlanTransferOperstate(real, dev);
  vlanGroupSet(real, dev);
  return 0;
}

/** Deletes a VLAN device (unregister_vlan_dev). */
export function unregisterVlanDev(dev: NetDevice): void {
  const real = vlanDevRealDev(dev);
  if (real !== null) vlanGroupDel(real, dev);
  unregisterNetdevice(dev);
  if (real !== null) netdevUpperDevUnlink(real, dev);
}

/** The name of a VLAN that vconfig makes, as SET_VLAN_NAME_TYPE_CMD chose. */
function vconfigName(real: NetDevice, vid: number, nameType: number): string {
  const padded = String(vid).padStart(4, '0');
  switch (nameType) {
    case VLAN_NAME_TYPE_RAW_PLUS_VID: return `${real.name}.${padded}`;
    case VLAN_NAME_TYPE_PLUS_VID_NO_PAD: return `vlan${vid}`;
    case VLAN_NAME_TYPE_PLUS_VID: return `vlan${padded}`;
    default: return `${real.name}.${vid}`;
  }
}

/** Makes an 802.1Q device as vconfig(8) does (register_vlan_device). Returns 0 or a negative errno. */
export function registerVlanDevice(real: NetDevice, vid: number, nameType: number, ops: RtnlLinkOps): number {
  if (vid < 0 || vid >= VLAN_VID_MASK) return -ERANGE;
  const err = vlanCheckRealDev(real, ETH_P_8021Q, vid, null);
  if (err < 0) return err;
  const name = vconfigName(real, vid, nameType);
  if (name.length > 15) return -EOVERFLOW;
  const dev = allocNetdev(real.net, { name, setup: vlanSetup });
  const v = vlanDevPriv(dev);
  v.realDev = real;
  v.vlanId = vid;
  v.flags = VLAN_FLAG_REORDER_HDR;
  dev.mtu = real.mtu;
  dev.rtnlLinkOps = ops;
  return registerVlanDev(dev);
}

/**
 * Makes a VLAN device over a link (`ip link add link REAL name NAME type vlan id VID`), down. Returns it, or a negative errno: -EEXIST when the VLAN or the name is
 * there already, -ERANGE for an id that is none, -EOPNOTSUPP when the link takes no VLANs.
 */
export function vlanMake(net: Net, real: NetDevice, name: string, vid: number, proto: number, ops: RtnlLinkOps): NetDevice | number {
  if (!(vid >= 0 && vid < VLAN_VID_MASK)) return -ERANGE;
  const err = vlanCheckRealDev(real, proto, vid, null as Extack | null);
  if (err < 0) return err;
  if (devGetByName(net, name) !== null) return -EEXIST;
  return net.kernel.run(() => {
    const dev = allocNetdev(net, { name, setup: vlanSetup });
    const v = vlanDevPriv(dev);
    v.realDev = real;
    v.vlanId = vid;
    v.proto = proto;
    v.flags = VLAN_FLAG_REORDER_HDR;
    dev.mtu = real.mtu;
    dev.rtnlLinkOps = ops;
    const rc = registerVlanDev(dev);
    if (rc < 0) return rc;
    rtnlConfigureLink(dev, null);
    return dev;
  });
}

/** Deletes all VLANs over a link that goes. */
export function unregisterVlansOf(real: NetDevice): void {
  for (const dev of vlanDevsOf(real)) unregisterVlanDev(dev);
}
