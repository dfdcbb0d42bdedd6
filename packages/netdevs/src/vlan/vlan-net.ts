/** A namespace's part: how vconfig names new VLANs, and /proc/net/vlan (vlanproc.c). */
// datapath-ok-file: configuration
import { defineKey, type Key, type Net, NOTIFY_DONE } from '@linnet/kernel';
import { NETDEV_CHANGENAME, NETDEV_NET, NETDEV_REGISTER, NETDEV_UNREGISTER, type NetDevice } from '@linnet/netdev';
import { VLAN_FLAG_REORDER_HDR, VLAN_NAME_TYPE_PLUS_VID, VLAN_NAME_TYPE_PLUS_VID_NO_PAD, VLAN_NAME_TYPE_RAW_PLUS_VID, VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD } from '@linnet/uapi';
import { isVlanDev, vlanDevPriv } from './vlan.ts';

/** A namespace's VLAN settings (struct vlan_net). @alpha */
export class VlanNet {
  nameType: number;
  /** The files that are there, by device. */
  readonly files: Map<NetDevice, string>;
  constructor() {
    this.nameType = VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD;
    this.files = new Map();
  }
}

/** Where a namespace keeps it. @alpha */
export const VLAN_NET: Key<VlanNet> = defineKey<VlanNet>('vlan');

const NAME_TYPES: Readonly<Record<number, string>> = {
  [VLAN_NAME_TYPE_RAW_PLUS_VID]: 'VLAN_NAME_TYPE_RAW_PLUS_VID',
  [VLAN_NAME_TYPE_PLUS_VID_NO_PAD]: 'VLAN_NAME_TYPE_PLUS_VID_NO_PAD',
  [VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD]: 'VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD',
  [VLAN_NAME_TYPE_PLUS_VID]: 'VLAN_NAME_TYPE_PLUS_VID',
};

/** /proc/net/vlan/config. */
export function procVlanConfig(net: Net): string {
  let text = `VLAN Dev name\t | VLAN ID\nName-Type: ${NAME_TYPES[net.get(VLAN_NET).nameType] ?? 'UNKNOWN'}\n`;
  for (const dev of net.get(NETDEV_NET).devs) {
    if (!isVlanDev(dev)) continue;
    const v = vlanDevPriv(dev);
    text += `${dev.name.padEnd(15)}| ${v.vlanId}  | ${v.realDev?.name ?? ''}\n`;
  }
  return text;
}

/** /proc/net/vlan/NAME. */
function procVlanDev(dev: NetDevice): string {
  const v = vlanDevPriv(dev);
  const s = dev.stats;
  const row = (name: string, n: number): string => `${name.padStart(25)} ${String(n).padStart(12)}\n`;
  let text = `${dev.name}  VID: ${v.vlanId}\t REORDER_HDR: ${v.flags & VLAN_FLAG_REORDER_HDR}  dev->priv_flags: 81021\n`;
  text += row('total frames received', s.rxPackets) + row('total bytes received', s.rxBytes) + row('Broadcast/Multicast Rcvd', s.multicast) + '\n';
  text += row('total frames transmitted', s.txPackets) + row('total bytes transmitted', s.txBytes);
  text += `Device: ${v.realDev?.name ?? ''}\n`;
  text += `INGRESS priority mappings: ${v.ingress.map((p, i) => `${i}:${p}`).join('  ')} \n`;
  text += ` EGRESS priority mappings: ${v.egress.map((m) => `${m.priority}:${m.qos} `).join('')}\n`;
  return text;
}

/** Keeps /proc/net/vlan in step with the devices. */
export function vlanProcEvent(event: number, dev: NetDevice): number {
  if (!isVlanDev(dev)) return NOTIFY_DONE;
  const vn = dev.net.tryGet(VLAN_NET);
  if (vn === null) return NOTIFY_DONE;
  if (event === NETDEV_UNREGISTER || event === NETDEV_CHANGENAME) {
    const old = vn.files.get(dev);
    if (old !== undefined) dev.net.proc.remove(old);
    vn.files.delete(dev);
  }
  if (event === NETDEV_REGISTER || event === NETDEV_CHANGENAME) {
    const path = `net/vlan/${dev.name}`;
    dev.net.proc.create(path, () => procVlanDev(dev));
    vn.files.set(dev, path);
  }
  return NOTIFY_DONE;
}

