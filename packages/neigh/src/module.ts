/** The module: the list of a machine's neighbour tables, and what devices' events do to them. */
// datapath-ok-file: runs when a machine starts
import { defineKey } from '@linnet/kernel';
import type { Kernel, KernelModule, Key, Net } from '@linnet/kernel';
import { forEachNetdev, NETDEV } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { netlink } from '@linnet/netlink';
import { AF_INET } from '@linnet/uapi';
import { neighNetlinkInit } from './neigh-netlink.ts';
import { neighSysctlDefault, neighStatShow } from './neigh-sysctl.ts';
import { NeighTable } from './neigh-table.ts';
import { NUD_VALID } from './nud.ts';
import type { NeighTableOps } from './neigh-table.ts';

/** The neighbour tables of one machine. @alpha */
export class NeighTables {
  readonly kernel: Kernel;
  /** In order of registration. */
  readonly tables: NeighTable[];
  /** Called for each new table: the netlink face hooks in here. */
  readonly onTable: ((tbl: NeighTable) => void)[];
  private published: boolean;

  constructor(k: Kernel) {
    this.kernel = k;
    this.tables = [];
    this.onTable = [];
    this.published = false;
  }

  /** Makes the table of a protocol, with its sysctls and statistics (`neigh_table_init`). */
  add(ops: NeighTableOps): NeighTable {
    const tbl = new NeighTable(this.kernel, ops);
    this.tables.push(tbl);
    for (const fn of this.onTable) fn(tbl);
    return tbl;
  }

  /** Registers the defaults' sysctls and the statistics in the initial namespace, where Linux has them. */
  publish(net: Net): void {
    if (this.published) return;
    this.published = true;
    for (const tbl of this.tables) {
      neighSysctlDefault(tbl, net);
      net.proc.create(`net/stat/${tbl.ops.id}`, () => neighStatShow(tbl));
    }
  }

  /** The table of an address family, or null. */
  byFamily(family: number): NeighTable | null {
    return this.tables.find((t) => t.ops.family === family) ?? null;
  }
}

/** Per-kernel slot of {@link NeighTables}. @alpha */
export const NEIGH: Key<NeighTables> = defineKey<NeighTables>('neigh');

/** The kernel module. @public */
export const neigh: KernelModule = {
  name: 'neigh',
  requires: [netlink],
  init(k: Kernel): void {
    const tables = new NeighTables(k);
    k.set(NEIGH, tables);
    neighNetlinkInit(k, tables, devices);
    k.get(NETDEV).neighLookup = (dev, family, w0, w1, w2, w3) => {
      const tbl = tables.byFamily(family);
      const n = tbl === null ? null : family === AF_INET ? tbl.lookup(w0, dev) : tbl.lookup4(w0, w1, w2, w3, dev);
      return n !== null && (n.nudState & NUD_VALID) !== 0 ? n.ha : null;
    };
  },
  netInit(net: Net): void {
    // The first namespace of a kernel is the initial one.
    net.kernel.get(NEIGH).publish(net);
  },
  netExit(net: Net): void {
    for (const tbl of net.kernel.get(NEIGH).tables) tbl.proxies.ifdown(null, net);
  },
  exit(k: Kernel): void {
    for (const tbl of k.get(NEIGH).tables) tbl.destroy();
  },
};

function devices(net: Net): NetDevice[] {
  const out: NetDevice[] = [];
  forEachNetdev(net, (dev) => {
    out.push(dev);
  });
  return out;
}
