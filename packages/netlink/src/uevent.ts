/** NETLINK_KOBJECT_UEVENT: devices that come, go and are renamed, as udev hears of them. */
import { EPERM, type Kernel, type Net, NOTIFY_DONE } from '@linnet/kernel';
import {
  NETDEV_CHANGENAME, NETDEV_REGISTER, NETDEV_UNREGISTER, type NetDevice, NETREG_UNREGISTERING, registerNetdeviceNotifier,
} from '@linnet/netdev';
import { allocSkb, SKB, type Skb, skbPut } from '@linnet/skbuff';
import { CAP_SYS_ADMIN, NETLINK_KOBJECT_UEVENT, NLMSG_HDRLEN, utf8Encode } from '@linnet/uapi';
import { nlSetErrMsg } from './extack.ts';
import { netlinkNetCapable } from './netlink-capable.ts';
import { netlinkBroadcastSkb, netlinkHasListeners } from './netlink-deliver.ts';
import { netlinkRcvSkb } from './netlink-rcv.ts';
import type { NetlinkSock } from './netlink-sock.ts';
import { NETLINK, netlinkKernelCreate } from './netlink-table.ts';
import type { NlRequest } from './request.ts';

/** The group of the kernel's events; group 2 is udevd's own. */
const KERNEL_GROUP = 1;
/** Kinds of links whose devices have a type of their own in the device tree. */
const DEVTYPES: ReadonlySet<string> = new Set(['bridge', 'vlan', 'vxlan', 'geneve', 'macvlan', 'bond']);

/** Sends one event: a header and settings, each with a NUL behind it, and a number that no other event of the machine has. */
function send(net: Net, text: readonly string[]): void {
  const seq = ++net.kernel.get(NETLINK).ueventSeq;
  if (!netlinkHasListeners(net, NETLINK_KOBJECT_UEVENT, KERNEL_GROUP)) return;
  const bytes = utf8Encode([...text, `SEQNUM=${seq}`, ''].join('\0'));
  const skb = allocSkb(net.kernel.get(SKB), bytes.length);
  skb.u8.set(bytes, skbPut(skb, bytes.length));
  skb.cb0 = 0;
  skb.cb1 = KERNEL_GROUP;
  netlinkBroadcastSkb(net, NETLINK_KOBJECT_UEVENT, skb, 0, KERNEL_GROUP);
}

function path(name: string): string {
  return `/devices/virtual/net/${name}`;
}

function deviceEvent(dev: NetDevice, action: string, oldName: string = ''): void {
  const kind = dev.rtnlLinkOps?.kind ?? '';
  send(dev.net, [
    `${action}@${path(dev.name)}`, `ACTION=${action}`, `DEVPATH=${path(dev.name)}`, 'SUBSYSTEM=net', ...(oldName === '' ? [] : [`DEVPATH_OLD=${path(oldName)}`]),
    ...(DEVTYPES.has(kind) ? [`DEVTYPE=${kind}`] : []), `INTERFACE=${dev.name}`, `IFINDEX=${dev.ifindex}`,
  ]);
}

function queueEvents(dev: NetDevice, action: string): void {
  for (const queue of ['rx-0', 'tx-0']) {
    const at = `${path(dev.name)}/queues/${queue}`;
    send(dev.net, [`${action}@${at}`, `ACTION=${action}`, `DEVPATH=${at}`, 'SUBSYSTEM=queues']);
  }
}

/** An event from a program (udevadm trigger): goes to all listeners with a number of its own. */
function fromUser(req: NlRequest): number {
  if (!netlinkNetCapable(req, CAP_SYS_ADMIN)) {
    nlSetErrMsg(req.extack, 'missing CAP_SYS_ADMIN capability');
    return -EPERM;
  }
  let text = '';
  for (let i = req.nlh + NLMSG_HDRLEN; i < req.end; i++) text += String.fromCharCode(req.u8[i]!);
  if (text.endsWith('\0')) text = text.slice(0, -1);
  send(req.net, text.split('\0'));
  return 0;
}

/** Opens the protocol and listens to the devices. */
export function ueventInit(k: Kernel): void {
  netlinkKernelCreate(k, NETLINK_KOBJECT_UEVENT, {
    groups: 1, nonrootRecv: true, input: (net: Net, sk: NetlinkSock, skb: Skb) => netlinkRcvSkb(net, sk, skb, fromUser),
  });
  const names = new WeakMap<NetDevice, string>();
  registerNetdeviceNotifier(k, (event, dev) => {
    if (dev.net.dead) return NOTIFY_DONE;
    if (event === NETDEV_REGISTER) {
      deviceEvent(dev, 'add');
      // One that only moved has its queues already.
      if (!names.has(dev)) queueEvents(dev, 'add');
      names.set(dev, dev.name);
    } else if (event === NETDEV_UNREGISTER) {
      if (dev.regState === NETREG_UNREGISTERING) queueEvents(dev, 'remove');
      deviceEvent(dev, 'remove');
    } else if (event === NETDEV_CHANGENAME) {
      deviceEvent(dev, 'move', names.get(dev) ?? dev.name);
      names.set(dev, dev.name);
    }
    return NOTIFY_DONE;
  });
}
