/** SIOCSIFVLAN and SIOCGIFVLAN: what vconfig(8) asks for (vlan_ioctl_handler). */
// datapath-ok-file: configuration
import { capable, EFAULT, EINVAL, ENODEV, EOPNOTSUPP, EPERM, type Net } from '@linnet/kernel';
import { devGetByName, type NetDevice } from '@linnet/netdev';
import {
  ADD_VLAN_CMD, CAP_NET_ADMIN, DEL_VLAN_CMD, GET_VLAN_REALDEV_NAME_CMD, GET_VLAN_VID_CMD, SET_VLAN_EGRESS_PRIORITY_CMD, SET_VLAN_FLAG_CMD, SET_VLAN_INGRESS_PRIORITY_CMD, SET_VLAN_NAME_TYPE_CMD,
  VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD,
} from '@linnet/uapi';
import { VLAN_RTNL_OPS, vlanChangeFlags } from './vlan-netlink.ts';
import { VLAN_NET } from './vlan-net.ts';
import { registerVlanDevice, unregisterVlanDev } from './vlan-register.ts';
import { isVlanDev, vlanDevPriv, vlanSetEgress, vlanSetIngress } from './vlan.ts';

// struct vlan_ioctl_args: int cmd, char device1[24], union of 24 bytes, short vlan_qos
const DEVICE1 = 4;
const UNION = 28;
const QOS = 52;
const ARGS_LEN = 56;

function text(arg: Uint8Array, at: number, len: number): string {
  let s = '';
  for (let i = at; i < at + len && arg[i] !== 0; i++) s += String.fromCharCode(arg[i]!);
  return s;
}

/** Answers one request in a `struct vlan_ioctl_args`. @alpha */
export function vlanIoctl(net: Net, _cmd: number, arg: Uint8Array): number {
  if (arg.length < ARGS_LEN) return -EFAULT;
  const view = new DataView(arg.buffer, arg.byteOffset, arg.byteLength);
  const cmd = view.getInt32(0, true);
  const value = view.getUint32(UNION, true);
  const admin = cmd !== GET_VLAN_REALDEV_NAME_CMD && cmd !== GET_VLAN_VID_CMD;
  const setsName = cmd === SET_VLAN_NAME_TYPE_CMD;
  let dev: NetDevice | null = null;
  if (!setsName) {
    dev = devGetByName(net, text(arg, DEVICE1, 23));
    if (dev === null) return -ENODEV;
    if (cmd !== ADD_VLAN_CMD && !isVlanDev(dev)) return -EINVAL;
  }
  if (admin && !capable(net.kernel, CAP_NET_ADMIN)) return -EPERM;
  return net.kernel.run(() => {
    switch (cmd) {
      case SET_VLAN_NAME_TYPE_CMD:
        if (value > VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD) return -EINVAL;
        net.get(VLAN_NET).nameType = value;
        return 0;
      case ADD_VLAN_CMD: return registerVlanDevice(dev!, value & 0xffff, net.get(VLAN_NET).nameType, VLAN_RTNL_OPS);
      case DEL_VLAN_CMD:
        unregisterVlanDev(dev!);
        return 0;
      case SET_VLAN_INGRESS_PRIORITY_CMD:
        vlanSetIngress(vlanDevPriv(dev!), value, view.getUint16(QOS, true));
        return 0;
      case SET_VLAN_EGRESS_PRIORITY_CMD:
        vlanSetEgress(vlanDevPriv(dev!), value, view.getUint16(QOS, true));
        return 0;
      case SET_VLAN_FLAG_CMD: return vlanChangeFlags(dev!, view.getUint16(QOS, true) !== 0 ? value : 0, value);
      case GET_VLAN_REALDEV_NAME_CMD: {
        const name = vlanDevPriv(dev!).realDev?.name ?? '';
        arg.fill(0, UNION, UNION + 24);
        for (let i = 0; i < name.length; i++) arg[UNION + i] = name.charCodeAt(i);
        return 0;
      }
      case GET_VLAN_VID_CMD:
        view.setInt32(UNION, vlanDevPriv(dev!).vlanId, true);
        return 0;
      default: return -EOPNOTSUPP;
    }
  });
}
