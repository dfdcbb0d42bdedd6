/** `net/ipv4/neigh/{default,DEVICE}/*` (ip-sysctl.rst, arp(7)). */
// datapath-ok-file: settings and /proc
import { clockTToJiffies, jiffiesToClockT, sysctlInt, sysctlMsJiffies, sysctlSecondsJiffies } from '@linnet/kernel';
import type { Kernel, SysctlTree } from '@linnet/kernel';
import type { NeighParms } from './neigh-parms.ts';
import { UNRES_PACKET_TRUESIZE } from './neigh-parms.ts';
import type { NeighTable } from './neigh-table.ts';

/** The settings that devices have too. */
function registerParms(k: Kernel, tree: SysctlTree, dir: string, p: NeighParms): void {
  const int = (name: string, get: () => number, set: (v: number) => void): void => {
    tree.register(`${dir}/${name}`, sysctlInt(get, set, { min: 0 }));
  };
  const hundredths = (name: string, get: () => number, set: (v: number) => void): void => {
    tree.register(
      `${dir}/${name}`,
      sysctlInt(
        () => jiffiesToClockT(get()),
        (v) => {
          set(clockTToJiffies(v));
        },
        { min: 0 },
      ),
    );
  };
  const setBase = (v: number): void => {
    p.baseReachableTime = v;
    p.redraw(k.jiffies);
  };
  int('mcast_solicit', () => p.mcastProbes, (v) => { p.mcastProbes = v; });
  int('ucast_solicit', () => p.ucastProbes, (v) => { p.ucastProbes = v; });
  int('app_solicit', () => p.appProbes, (v) => { p.appProbes = v; });
  int('mcast_resolicit', () => p.mcastReprobes, (v) => { p.mcastReprobes = v; });
  int('proxy_qlen', () => p.proxyQlen, (v) => { p.proxyQlen = v; });
  int('unres_qlen_bytes', () => p.queueLenBytes, (v) => { p.queueLenBytes = v; });
  tree.register(`${dir}/unres_qlen`, sysctlInt(() => Math.floor(p.queueLenBytes / UNRES_PACKET_TRUESIZE), (v) => { p.queueLenBytes = v * UNRES_PACKET_TRUESIZE; }, { min: 0, max: Math.floor(0x7fffffff / UNRES_PACKET_TRUESIZE) }));
  hundredths('retrans_time', () => p.retransTime, (v) => { p.retransTime = v; });
  hundredths('anycast_delay', () => p.anycastDelay, (v) => { p.anycastDelay = v; });
  hundredths('proxy_delay', () => p.proxyDelay, (v) => { p.proxyDelay = v; });
  hundredths('locktime', () => p.locktime, (v) => { p.locktime = v; });
  tree.register(`${dir}/base_reachable_time`, sysctlSecondsJiffies(() => p.baseReachableTime, setBase));
  tree.register(`${dir}/base_reachable_time_ms`, sysctlMsJiffies(() => p.baseReachableTime, setBase));
  tree.register(`${dir}/delay_first_probe_time`, sysctlSecondsJiffies(() => p.delayProbeTime, (v) => { p.delayProbeTime = v; }));
  tree.register(`${dir}/gc_stale_time`, sysctlSecondsJiffies(() => p.gcStaletime, (v) => { p.gcStaletime = v; }));
  tree.register(`${dir}/retrans_time_ms`, sysctlMsJiffies(() => p.retransTime, (v) => { p.retransTime = v; }));
  tree.register(`${dir}/interval_probe_time_ms`, sysctlMsJiffies(() => p.intervalProbeTime, (v) => { p.intervalProbeTime = v; }, { min: 1 }));
}

/** Registers a device's settings under its name (`neigh_sysctl_register`). @alpha */
export function neighSysctlRegister(tbl: NeighTable, p: NeighParms): void {
  const dev = p.dev!;
  registerParms(tbl.kernel, dev.net.sysctl, `net/${tbl.ops.sysctlDir}/neigh/${dev.name}`, p);
}

/** Removes the settings of the device that was called `name`. @alpha */
export function neighSysctlUnregister(tbl: NeighTable, tree: SysctlTree, name: string): void {
  tree.unregister(`net/${tbl.ops.sysctlDir}/neigh/${name}`);
}

/** Registers the table's defaults and thresholds in the initial namespace, as Linux does. @alpha */
export function neighSysctlDefault(tbl: NeighTable, tree: SysctlTree): void {
  const dir = `net/${tbl.ops.sysctlDir}/neigh/default`;
  registerParms(tbl.kernel, tree, dir, tbl.parms);
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
