/** Files under /sys/class/net, as a task in a namespace sees them: what scripts read of a device without a socket. */
import { EACCES, EINVAL, ENOENT, type Net } from '@linnet/kernel';
import { devChangeFlags, devChangeTxQueueLen, devGetByName, devGetOperstate, devSetGroup, devSetMtu, forEachNetdev, NETDEV_NET, type NetDevice, type NetDeviceStats } from '@linnet/netdev';
import { macToString } from '@linnet/uapi';

interface Attribute {
  /** The text; a negative errno where the file exists and cannot be read now. */
  show(dev: NetDevice): string | number;
  store?(dev: NetDevice, value: number, text: string): number;
}

const OPERSTATES: readonly string[] = ['unknown', 'notpresent', 'down', 'lowerlayerdown', 'testing', 'dormant', 'up'];

const ATTRIBUTES: Readonly<Record<string, Attribute>> = {
  addr_len: { show: (d) => String(d.addrLen) },
  address: { show: (d) => macToString(d.devAddr, 0, d.addrLen) },
  broadcast: { show: (d) => macToString(d.broadcast, 0, d.addrLen) },
  // A device that is down does not know.
  carrier: { show: (d) => (d.running ? (d.carrier ? '1' : '0') : -EINVAL) },
  carrier_changes: { show: (d) => String(d.carrierUpCount + d.carrierDownCount) },
  carrier_down_count: { show: (d) => String(d.carrierDownCount) },
  carrier_up_count: { show: (d) => String(d.carrierUpCount) },
  dormant: { show: (d) => (d.running ? (d.dormant ? '1' : '0') : -EINVAL) },
  flags: { show: (d) => `0x${(d.flags >>> 0).toString(16)}`, store: devChangeFlags },
  ifalias: {
    show: (d) => d.ifalias,
    store(d, _value, text): number {
      d.ifalias = text;
      return 0;
    },
  },
  ifindex: { show: (d) => String(d.ifindex) },
  iflink: { show: (d) => String(d.netdevOps.getIflink?.(d) ?? d.ifindex) },
  link_mode: { show: (d) => String(d.linkMode) },
  mtu: { show: (d) => String(d.mtu), store: devSetMtu },
  netdev_group: {
    show: (d) => String(d.group),
    store(d, value): number {
      devSetGroup(d, value);
      return 0;
    },
  },
  operstate: { show: (d) => OPERSTATES[devGetOperstate(d)] ?? 'unknown' },
  tx_queue_len: { show: (d) => String(d.txQueueLen), store: devChangeTxQueueLen },
  type: { show: (d) => String(d.type) },
};

/** The files of statistics/, by the names that the kernel gives them: rx_packets is rxPackets here. */
const STATISTICS: readonly (keyof NetDeviceStats)[] = [
  'collisions', 'multicast', 'rxBytes', 'rxCompressed', 'rxCrcErrors', 'rxDropped', 'rxErrors', 'rxFifoErrors', 'rxFrameErrors', 'rxLengthErrors', 'rxMissedErrors', 'rxNohandler',
  'rxOverErrors', 'rxPackets', 'txAbortedErrors', 'txBytes', 'txCarrierErrors', 'txCompressed', 'txDropped', 'txErrors', 'txFifoErrors', 'txHeartbeatErrors', 'txPackets', 'txWindowErrors',
];

const fileOf = (stat: string): string => stat.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
const PREFIX = /^\/+sys\/+class\/+net(\/+|$)/;

/** Is it a path below /sys/class/net? */
export function isSysPath(path: string): boolean {
  return PREFIX.test(path);
}

/** The device and the rest of the path, or null. */
function resolve(net: Net, path: string): { readonly dev: NetDevice; readonly file: string } | null {
  const [name = '', ...rest] = path.replace(PREFIX, '').split('/').filter((part) => part !== '' && part !== '.');
  const dev = devGetByName(net, name);
  return dev === null ? null : { dev, file: rest.join('/') };
}

/** The text of a file, or -ENOENT, or -EINVAL where it cannot be read now. */
export function sysRead(net: Net, path: string): string | number {
  const at = resolve(net, path);
  if (at === null) return -ENOENT;
  const attribute = Object.hasOwn(ATTRIBUTES, at.file) ? ATTRIBUTES[at.file] : undefined;
  if (attribute !== undefined) {
    const text = attribute.show(at.dev);
    return typeof text === 'number' ? text : text === '' ? '' : `${text}\n`;
  }
  const stat = STATISTICS.find((s) => `statistics/${fileOf(s)}` === at.file);
  if (stat === undefined) return -ENOENT;
  at.dev.netdevOps.getStats?.(at.dev);
  return `${at.dev.stats[stat]}\n`;
}

/** Writes to a file: 0, -ENOENT, -EACCES for one that is only read, -EINVAL for no number, or what the device says. */
export function sysWrite(net: Net, path: string, text: string): number {
  const at = resolve(net, path);
  if (at === null) return -ENOENT;
  const attribute = Object.hasOwn(ATTRIBUTES, at.file) ? ATTRIBUTES[at.file] : undefined;
  if (attribute?.store === undefined) return sysRead(net, path) === -ENOENT ? -ENOENT : -EACCES;
  const line = text.replace(/\n$/, '');
  const value = /^(0x[0-9a-fA-F]+|\d+)$/.test(line) ? Number(line) : NaN;
  if (Number.isNaN(value) && at.file !== 'ifalias') return -EINVAL;
  return attribute.store(at.dev, value, line);
}

/** The full paths of all files below a directory under /sys/class/net, sorted. */
export function sysList(net: Net, path: string): string[] {
  if (net.tryGet(NETDEV_NET) === null) return [];
  const dir = `/sys/class/net/${path.replace(PREFIX, '')}`.replace(/\/+$/, '');
  const out: string[] = [];
  forEachNetdev(net, (dev) => {
    for (const name of [...Object.keys(ATTRIBUTES), ...STATISTICS.map((s) => `statistics/${fileOf(s)}`)]) out.push(`/sys/class/net/${dev.name}/${name}`);
  });
  return out.filter((file) => file === dir || file.startsWith(`${dir}/`)).sort();
}
