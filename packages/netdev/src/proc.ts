/** /proc/net/dev, /proc/net/softnet_stat, and the sysctls of net/core that belong here. */
// datapath-ok-file: files under /proc, and settings
import { EINVAL, type Kernel, type Net, sysctlBool, sysctlInt, sysctlString } from '@linnet/kernel';
import { NETDEV_NET } from './netdev-net.ts';
import { ETH_P_ALL } from '@linnet/uapi';
import type { NetDevice } from './netdevice.ts';
import type { PacketType } from './packet-type.ts';
import type { SoftnetData } from './softnet.ts';

const pad = (n: number | string, width: number): string => String(n).padStart(width);

function devLine(dev: NetDevice): string {
  dev.netdevOps.getStats?.(dev);
  const s = dev.stats;
  const rxFrame = s.rxLengthErrors + s.rxOverErrors + s.rxCrcErrors + s.rxFrameErrors;
  const txCarrier = s.txCarrierErrors + s.txAbortedErrors + s.txWindowErrors + s.txHeartbeatErrors;
  return [
    `${pad(dev.name, 6)}:`, // datapath-ok: a file under /proc
    pad(s.rxBytes, 7), pad(s.rxPackets, 7), pad(s.rxErrors, 4), pad(s.rxDropped + s.rxMissedErrors, 4), pad(s.rxFifoErrors, 4), pad(rxFrame, 5),
    pad(s.rxCompressed, 10), pad(s.multicast, 9), pad(s.txBytes, 8), pad(s.txPackets, 7), pad(s.txErrors, 4), pad(s.txDropped, 4),
    pad(s.txFifoErrors, 4), pad(s.collisions, 5), pad(txCarrier, 7), pad(s.txCompressed, 10),
  ].join(' ');
}

/** The text of /proc/net/dev (proc_net(5)). */
export function procNetDev(net: Net): string {
  const head =
    'Inter-|   Receive                                                |  Transmit\n' +
    ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n';
  let text = head;
  for (const dev of net.get(NETDEV_NET).devs) text += devLine(dev) + '\n';
  return text;
}

/** The text of /proc/net/softnet_stat: one line, as this machine has one CPU. */
export function procSoftnetStat(sd: SoftnetData): string {
  const hex = (n: number): string => (n >>> 0).toString(16).padStart(8, '0');
  const q = sd.inputPktQueue.qlen;
  return [sd.processed, sd.dropped, sd.timeSqueeze, 0, 0, 0, 0, 0, 0, 0, 0, q, 0, q, 0].map(hex).join(' ') + '\n';
}

/** The line of /proc/net/ptype for one receiver of frames; functions go by the names that Linux gives them. */
function ptypeLine(pt: PacketType): string {
  const type = pt.type === ETH_P_ALL ? 'ALL ' : pt.type.toString(16).padStart(4, '0');
  const func = (pt.tap === null ? pt.symbol : pt.tap.name).replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
  return `${type} ${pad8(pt.dev?.name ?? '')} ${func}\n`;
}

function pad8(s: string): string {
  return s.padEnd(8);
}

/** The text of /proc/net/ptype: taps first, then protocols. */
export function procNetPtype(net: Net): string {
  const nn = net.get(NETDEV_NET);
  const { sd } = nn;
  const lists = [sd.ptypeAll, nn.ptypeAll, ...nn.devs.map((d) => d.ptypeAll), ...nn.devs.map((d) => d.ptypeSpecific), ...sd.ptypeBase];
  const seen = lists.flat().filter((pt) => pt.net === null || pt.net === net);
  return `Type Device      Function\n${seen.map(ptypeLine).join('')}`;
}

/** The text of /proc/net/psched: the units of queueing disciplines, in nanoseconds, and the resolution of timers. */
export const PROC_NET_PSCHED: string = '000003e8 00000040 000f4240 3b9aca00\n';

/** Registers the sysctls of net/core; they belong to the machine. */
export function registerCoreSysctls(k: Kernel, sd: SoftnetData): void {
  const t = k.sysctl;
  const positive = { min: 1 };
  t.register('net/core/netdev_max_backlog', sysctlInt(() => sd.netdevMaxBacklog, (v) => (sd.netdevMaxBacklog = v)));
  t.register('net/core/dev_weight', sysctlInt(() => sd.devWeight, (v) => {
    sd.devWeight = v;
    sd.devTxWeight = v;
    if (sd.backlog !== null) sd.backlog.weight = v;
  }, positive));
  t.register('net/core/netdev_budget', sysctlInt(() => sd.netdevBudget, (v) => (sd.netdevBudget = v), positive));
  t.register('net/core/netdev_budget_usecs', sysctlInt(() => sd.netdevBudgetUsecs, (v) => (sd.netdevBudgetUsecs = v), { min: 0 }));
  t.register('net/core/netdev_tstamp_prequeue', sysctlBool(() => sd.tstampPrequeue, (v) => (sd.tstampPrequeue = v)));
  t.register('net/core/gro_normal_batch', sysctlInt(() => sd.groNormalBatch, (v) => (sd.groNormalBatch = v), positive));
  t.register('net/core/default_qdisc', sysctlString(() => sd.defaultQdisc, (v) => {
    if (!sd.qdiscs.has(v)) return -EINVAL;
    sd.defaultQdisc = v;
    return 0;
  }, 15));
}
