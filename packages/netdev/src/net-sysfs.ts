/** The files of a device under /sys/class/net/NAME (net-sysfs.c; the kernel's Documentation/ABI/testing/sysfs-class-net). */
// datapath-ok-file: files under /sys
import { capable, EINVAL, EOPNOTSUPP, EPERM, ERANGE } from '@linnet/kernel';
import { CAP_NET_ADMIN, macToString } from '@linnet/uapi';
import { devChangeFlags, devChangeTxQueueLen, devGetOperstate, devSetGroup, devSetMtu } from './dev-flags.ts';
import { type NetdevAttributeGroup, netdevSysfsGroups } from './dev-sysfs.ts';
import type { EthtoolLinkSettings } from './ethtool-ops.ts';
import type { NetDevice } from './netdevice.ts';
import type { NetDeviceStats } from './netdev-stats.ts';

/** A file of a device. @alpha */
export interface SysfsAttr {
  /** The whole text; a negative errno where the file exists and cannot be read now. Absent: only for writing. */
  show?(dev: NetDevice): string | number;
  /** Takes what was written: 0 or a negative errno. Absent: only for reading. Only who has CAP_NET_ADMIN gets here. */
  store?(dev: NetDevice, text: string): number;
}

/** Files and links of a device in one folder, for those devices that have it. @alpha */
export interface SysfsGroup {
  /** The folder below the device's: 'statistics', 'queues/rx-0', '' for its own. */
  readonly dir: string;
  readonly attrs: Readonly<Record<string, SysfsAttr>>;
  /** Symbolic links and where they lead: relative to the folder, or absolute. */
  links?(dev: NetDevice): Readonly<Record<string, string>>;
}

/** The groups that a device has: those of every device, and those that packages have registered (`netdevSysfsRegister`). @alpha */
export function netSysfsGroups(dev: NetDevice): SysfsGroup[] {
  return [...GROUPS, ...netdevSysfsGroups(dev).map(adapt)];
}

/** A registered group: its texts have no final newline, its links lead below /sys/class/net. */
function adapt(group: NetdevAttributeGroup): SysfsGroup {
  const attrs: Record<string, SysfsAttr> = {};
  for (const [name, a] of Object.entries(group.attributes)) {
    const { show, store } = a;
    attrs[name] = {
      ...(show === undefined ? {} : { show: (dev: NetDevice): string | number => {
        const text = show.call(a, dev);
        return typeof text === 'number' || text === '' ? text : `${text}\n`;
      } }),
      ...(store === undefined ? {} : { store: (dev: NetDevice, text: string): number => store.call(a, dev, text.replace(/\n$/, '')) }),
    };
  }
  return {
    dir: group.name,
    attrs,
    links: (dev) => Object.fromEntries(Array.from(group.links?.(dev) ?? [], ([name, to]) => [name, `../../${to}`])),
  };
}

/** Where the device's folder is: `/sys/devices/virtual/net/NAME`. @alpha */
export function netSysfsPath(dev: NetDevice): string {
  return `/sys/devices/virtual/net/${dev.name}`;
}

/** Writes to a file of a device: what `store` answers, or -EPERM for callers without CAP_NET_ADMIN. Writing nothing is nothing. @alpha */
export function netSysfsStore(dev: NetDevice, attr: SysfsAttr, text: string): number {
  if (text === '') return 0;
  if (!capable(dev.kernel, CAP_NET_ADMIN)) return -EPERM;
  return attr.store!(dev, text);
}

/** A number as the kernel's parser takes it: decimal, 0x hexadecimal or 0 octal, one newline behind; -EINVAL, or -ERANGE for more than 64 bits. */
function parseUlong(text: string): number {
  const m = /^\+?(0[xX][0-9a-fA-F]+|[0-9]+)\n?$/.exec(text);
  if (m === null) return -EINVAL;
  const digits = m[1]!;
  if (/^0[0-9]*[89]/.test(digits)) return -EINVAL;
  const n = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return n >= 2 ** 64 ? -ERANGE : n;
}

/** A file whose value is a number to write. */
function number(show: (dev: NetDevice) => string, store: (dev: NetDevice, n: number) => number): SysfsAttr {
  return {
    show: (dev) => `${show(dev)}\n`,
    store(dev, text): number {
      const n = parseUlong(text);
      if (n < 0) return n;
      return store(dev, n);
    },
  };
}

function plain(show: (dev: NetDevice) => string | number): SysfsAttr {
  return { show: (dev) => `${show(dev)}\n` };
}

/** What only a device that is up knows. */
function whenRunning(show: (dev: NetDevice) => boolean): SysfsAttr {
  return { show: (dev) => (dev.running ? (show(dev) ? '1\n' : '0\n') : -EINVAL) };
}

/** What the driver of a device that is up says of its link. */
function whenSettings(show: (s: EthtoolLinkSettings) => string): SysfsAttr {
  return {
    show(dev): string | number {
      const s = dev.running ? dev.ethtoolOps?.getLinkKsettings?.(dev) : undefined;
      return s === undefined || typeof s === 'number' ? -EINVAL : `${show(s)}\n`;
    },
  };
}

const OPERSTATES: readonly string[] = ['unknown', 'notpresent', 'down', 'lowerlayerdown', 'testing', 'dormant', 'up'];
const UEVENTS: ReadonlySet<string> = new Set(['add', 'remove', 'change', 'move', 'online', 'offline', 'bind', 'unbind']);
const IFALIAS_MAX = 255;

const ATTRS: Readonly<Record<string, SysfsAttr>> = {
  addr_assign_type: plain((d) => d.addrAssignType),
  addr_len: plain((d) => d.addrLen),
  address: plain((d) => macToString(d.devAddr, 0, d.addrLen)),
  broadcast: plain((d) => macToString(d.broadcast, 0, d.addrLen)),
  carrier: {
    ...whenRunning((d) => d.carrier),
    store(d, text): number {
      if (d.netdevOps.changeCarrier === undefined) return -EOPNOTSUPP;
      const n = parseUlong(text);
      if (n < 0) return n;
      return d.running ? d.netdevOps.changeCarrier(d, n !== 0) : -EINVAL;
    },
  },
  carrier_changes: plain((d) => d.carrierUpCount + d.carrierDownCount),
  carrier_down_count: plain((d) => d.carrierDownCount),
  carrier_up_count: plain((d) => d.carrierUpCount),
  dev_id: plain(() => '0x0'),
  dev_port: plain(() => 0),
  dormant: whenRunning((d) => d.dormant),
  duplex: whenSettings((s) => (s.duplex === 0 ? 'half' : s.duplex === 1 ? 'full' : 'unknown')),
  flags: number((d) => `0x${(d.flags >>> 0).toString(16)}`, (d, n) => devChangeFlags(d, n % 0x100000000 | 0)),
  ifalias: {
    show: (d) => (d.ifalias === '' ? '' : `${d.ifalias}\n`),
    store(d, text): number {
      const alias = text.replace(/\n$/, '');
      if (alias.length > IFALIAS_MAX) return -EINVAL;
      d.ifalias = alias;
      return 0;
    },
  },
  ifindex: plain((d) => d.ifindex),
  iflink: plain((d) => d.netdevOps.getIflink?.(d) ?? d.ifindex),
  link_mode: plain((d) => d.linkMode),
  mtu: number((d) => String(d.mtu), (d, n) => devSetMtu(d, n % 0x100000000)),
  name_assign_type: plain((d) => d.nameAssignType),
  netdev_group: number((d) => String(d.group), (d, n) => {
    devSetGroup(d, n % 0x100000000 | 0);
    return 0;
  }),
  operstate: plain((d) => OPERSTATES[devGetOperstate(d)] ?? 'unknown'),
  proto_down: number((d) => (d.protoDown ? '1' : '0'), () => -EOPNOTSUPP),
  speed: whenSettings((s) => String(s.speed | 0)),
  testing: whenRunning((d) => d.testing),
  tx_queue_len: number((d) => String(d.txQueueLen), (d, n) => (n > 0xffffffff ? -ERANGE : devChangeTxQueueLen(d, n))),
  type: plain((d) => d.type),
  uevent: {
    show: (d) => `INTERFACE=${d.name}\nIFINDEX=${d.ifindex}\n`,
    store: (_d, text) => (UEVENTS.has(text.replace(/\n$/, '')) ? 0 : -EINVAL),
  },
};

const DEVICE_GROUP: SysfsGroup = {
  dir: '',
  attrs: ATTRS,
  links(d): Record<string, string> {
    const out: Record<string, string> = { subsystem: '../../../../class/net' };
    if (d.master !== null) out['master'] = `../${d.master.name}`;
    for (const up of d.upperDevs) out[`upper_${up.name}`] = `../${up.name}`;
    for (const low of d.lowerDevs) out[`lower_${low.name}`] = `../${low.name}`;
    return out;
  },
};

/** The files of statistics/, by the names that the kernel gives them: rx_packets is rxPackets here. */
const STATISTICS: readonly (keyof NetDeviceStats)[] = [
  'collisions', 'multicast', 'rxBytes', 'rxCompressed', 'rxCrcErrors', 'rxDropped', 'rxErrors', 'rxFifoErrors', 'rxFrameErrors', 'rxLengthErrors', 'rxMissedErrors', 'rxNohandler',
  'rxOverErrors', 'rxPackets', 'txAbortedErrors', 'txBytes', 'txCarrierErrors', 'txCompressed', 'txDropped', 'txErrors', 'txFifoErrors', 'txHeartbeatErrors', 'txPackets', 'txWindowErrors',
];

const STATISTICS_GROUP: SysfsGroup = {
  dir: 'statistics',
  attrs: Object.fromEntries(STATISTICS.map((stat) => [
    stat.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`),
    plain((d) => {
      d.netdevOps.getStats?.(d);
      return d.stats[stat];
    }),
  ])),
};

/** A device has one queue each way, and one processor serves it. */
const RX_QUEUE_GROUP: SysfsGroup = { dir: 'queues/rx-0', attrs: { rps_cpus: plain(() => 0), rps_flow_cnt: plain(() => 0) } };
const TX_QUEUE_GROUP: SysfsGroup = { dir: 'queues/tx-0', attrs: { tx_maxrate: plain(() => 0), tx_timeout: plain(() => 0) } };

const GROUPS: readonly SysfsGroup[] = [DEVICE_GROUP, STATISTICS_GROUP, RX_QUEUE_GROUP, TX_QUEUE_GROUP];
