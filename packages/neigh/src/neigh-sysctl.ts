/** `net/ipv4/neigh/{default,DEVICE}/*` (ip-sysctl.rst, arp(7)). */
// datapath-ok-file: settings and /proc
import { clockTToJiffies, jiffiesToClockT, sysctlInt, sysctlMsJiffies, sysctlSecondsJiffies } from '@linnet/kernel';
import type { Net, SysctlTree } from '@linnet/kernel';
import { forEachNetdev } from '@linnet/netdev';
import { AF_INET6 } from '@linnet/uapi';
import type { NeighParms, NeighSetting } from './neigh-parms.ts';
import { UNRES_PACKET_TRUESIZE } from './neigh-parms.ts';
import type { NeighTable } from './neigh-table.ts';

/** The settings that devices have too; `set` gives one its value. */
function registerParms(tbl: NeighTable, tree: SysctlTree, dir: string, p: NeighParms, set: (what: NeighSetting, v: number) => void): void {
  const int = (name: string, what: NeighSetting): void => {
    tree.register(`${dir}/${name}`, sysctlInt(() => p[what], (v) => { set(what, v); }, { min: 0 }));
  };
  const hundredths = (name: string, what: NeighSetting): void => {
    tree.register(`${dir}/${name}`, sysctlInt(() => jiffiesToClockT(p[what]), (v) => { set(what, clockTToJiffies(v)); }, { min: 0 }));
  };
  const seconds = (name: string, what: NeighSetting): void => {
    tree.register(`${dir}/${name}`, sysctlSecondsJiffies(() => p[what], (v) => { set(what, v); }));
  };
  const ms = (name: string, what: NeighSetting, min: number = 0): void => {
    tree.register(`${dir}/${name}`, sysctlMsJiffies(() => p[what], (v) => { set(what, v); }, { min }));
  };
  int('mcast_solicit', 'mcastProbes');
  int('ucast_solicit', 'ucastProbes');
  int('app_solicit', 'appProbes');
  int('mcast_resolicit', 'mcastReprobes');
  int('proxy_qlen', 'proxyQlen');
  int('unres_qlen_bytes', 'queueLenBytes');
  const packets = Math.floor(0x7fffffff / UNRES_PACKET_TRUESIZE);
  tree.register(`${dir}/unres_qlen`, sysctlInt(() => Math.floor(p.queueLenBytes / UNRES_PACKET_TRUESIZE), (v) => { set('queueLenBytes', v * UNRES_PACKET_TRUESIZE); }, { min: 0, max: packets }));
  // Jiffies in IPv6, hundredths of a second in IPv4 (ip-sysctl.rst).
  if (tbl.ops.family === AF_INET6) int('retrans_time', 'retransTime');
  else hundredths('retrans_time', 'retransTime');
  hundredths('anycast_delay', 'anycastDelay');
  hundredths('proxy_delay', 'proxyDelay');
  hundredths('locktime', 'locktime');
  seconds('base_reachable_time', 'baseReachableTime');
  ms('base_reachable_time_ms', 'baseReachableTime');
  seconds('delay_first_probe_time', 'delayProbeTime');
  seconds('gc_stale_time', 'gcStaletime');
  ms('retrans_time_ms', 'retransTime');
  ms('interval_probe_time_ms', 'intervalProbeTime', 1);
}

/** Registers a device's settings under its name (`neigh_sysctl_register`). @alpha */
export function neighSysctlRegister(tbl: NeighTable, p: NeighParms): void {
  const dev = p.dev!;
  registerParms(tbl, dev.net.sysctl, `net/${tbl.ops.sysctlDir}/neigh/${dev.name}`, p, (what, v) => { p.set(what, v, tbl.kernel.jiffies); });
}

/** Removes the settings of the device that was called `name`. @alpha */
export function neighSysctlUnregister(tbl: NeighTable, tree: SysctlTree, name: string): void {
  tree.unregister(`net/${tbl.ops.sysctlDir}/neigh/${name}`);
}

/** Registers the table's defaults and thresholds in the initial namespace, as Linux does; a new default is one for its devices too. @alpha */
export function neighSysctlDefault(tbl: NeighTable, net: Net): void {
  const tree = net.sysctl;
  const dir = `net/${tbl.ops.sysctlDir}/neigh/default`;
  registerParms(tbl, tree, dir, tbl.parms, (what, v) => {
    tbl.parms.set(what, v, tbl.kernel.jiffies);
    forEachNetdev(net, (dev) => { tbl.ops.parms(dev)?.inherit(what, v); });
  });
  tree.register(`${dir}/gc_interval`, sysctlSecondsJiffies(() => tbl.gcInterval, (v) => { tbl.gcInterval = v; }));
  tree.register(`${dir}/gc_thresh1`, sysctlInt(() => tbl.gcThresh1, (v) => { tbl.gcThresh1 = v; }, { min: 0 }));
  tree.register(`${dir}/gc_thresh2`, sysctlInt(() => tbl.gcThresh2, (v) => { tbl.gcThresh2 = v; }, { min: 0 }));
  tree.register(`${dir}/gc_thresh3`, sysctlInt(() => tbl.gcThresh3, (v) => { tbl.gcThresh3 = v; }, { min: 0 }));
}

function hex(v: number): string {
  return v.toString(16).padStart(8, '0');
}

/** The text of /proc/net/stat/arp_cache: one line, for one processor. @alpha */
export function neighStatShow(tbl: NeighTable): string {
  const s = tbl.stats;
  const head = 'entries  allocs   destroys hash_grows lookups  hits     res_failed rcv_probes_mcast rcv_probes_ucast periodic_gc_runs forced_gc_runs unresolved_discards table_fulls\n';
  const cols: readonly (readonly [number, number])[] = [
    [tbl.entries, 8], [s.allocs, 8], [s.destroys, 8], [s.hashGrows, 10], [s.lookups, 8], [s.hits, 8], [s.resFailed, 10], [s.rcvProbesMcast, 16],
    [s.rcvProbesUcast, 16], [s.periodicGcRuns, 16], [s.forcedGcRuns, 14], [s.unresDiscards, 19], [s.tableFulls, 11],
  ];
  return `${head}${cols.map(([v, w], i) => (i === cols.length - 1 ? hex(v) : hex(v).padEnd(w))).join(' ')}\n`;
}
