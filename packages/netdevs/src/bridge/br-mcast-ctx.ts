/** What a bridge (or one of its VLANs) and a port keep for snooping: times, queriers, routers (struct net_bridge_mcast, net_bridge_mcast_port). */
import { HZ, TimerList, timerPending } from '@linnet/kernel';
import { MDB_RTR_TYPE_DISABLED, MDB_RTR_TYPE_PERM, MDB_RTR_TYPE_TEMP_QUERY } from '@linnet/uapi';
import type { Bridge, BridgePort } from './br.ts';
import type { BrVlan } from './br-vlan-group.ts';
import { ctxTimers } from './br-mcast-timers.ts';
import { McastStats } from './br-mcast-stats.ts';

/** One address family of a context. */
export class McastFamily {
  readonly ctx: Mcast;
  readonly v6: boolean;
  /** Another querier is there while this runs. */
  readonly otherTimer: TimerList<McastFamily>;
  /** Right after another querier was heard, members have not answered yet: groups are not to be trusted while this runs. */
  readonly otherDelayTimer: TimerList<McastFamily>;
  readonly ownTimer: TimerList<McastFamily>;
  startupSent: number;
  /** The querier that won: its address, and the ifindex of the port where it is. */
  readonly querier: Int32Array;
  querierPort: number;
  /** The bridge itself hears a router while this runs. */
  readonly routerTimer: TimerList<McastFamily>;
  constructor(ctx: Mcast, v6: boolean) {
    this.ctx = ctx;
    this.v6 = v6;
    this.otherTimer = new TimerList(ctxTimers.otherExpired, this);
    this.otherDelayTimer = new TimerList(ctxTimers.nothing, this);
    this.ownTimer = new TimerList(ctxTimers.ownExpired, this);
    this.startupSent = 0;
    this.querier = new Int32Array(4);
    this.querierPort = 0;
    this.routerTimer = new TimerList(ctxTimers.nothing, this);
  }
}

/** Snooping of a bridge, or of one VLAN. */
export class Mcast {
  /** Set when the bridge is: both need each other. */
  br: Bridge | null;
  readonly vlan: BrVlan | null;
  snooping: boolean;
  /** MDB_RTR_TYPE_* of the bridge itself. */
  router: number;
  querier: boolean;
  igmpVersion: number;
  mldVersion: number;
  lastMemberCount: number;
  startupQueryCount: number;
  lastMemberInterval: number;
  membershipInterval: number;
  querierInterval: number;
  queryInterval: number;
  queryResponseInterval: number;
  startupQueryInterval: number;
  readonly ip4: McastFamily;
  readonly ip6: McastFamily;
  constructor(br: Bridge | null, vlan: BrVlan | null) {
    this.br = br;
    this.vlan = vlan;
    this.snooping = true;
    this.router = MDB_RTR_TYPE_TEMP_QUERY;
    this.querier = false;
    this.igmpVersion = 2;
    this.mldVersion = 1;
    this.lastMemberCount = 2;
    this.startupQueryCount = 2;
    this.lastMemberInterval = HZ;
    this.membershipInterval = 260 * HZ;
    this.querierInterval = 255 * HZ;
    this.queryInterval = 125 * HZ;
    this.queryResponseInterval = 10 * HZ;
    // A quarter of the interval between queries (RFC 2236, 8.6).
    this.startupQueryInterval = Math.floor((125 * HZ) / 4);
    this.ip4 = new McastFamily(this, false);
    this.ip6 = new McastFamily(this, true);
  }
}

/** One address family of a port's context. */
export class McastPortFamily {
  readonly pctx: McastPort;
  readonly v6: boolean;
  readonly ownTimer: TimerList<McastPortFamily>;
  startupSent: number;
  readonly routerTimer: TimerList<McastPortFamily>;
  /** Is the port in the list of those with routers? */
  router: boolean;
  constructor(pctx: McastPort, v6: boolean) {
    this.pctx = pctx;
    this.v6 = v6;
    this.ownTimer = new TimerList(ctxTimers.portOwnExpired, this);
    this.startupSent = 0;
    this.routerTimer = new TimerList(ctxTimers.portRouterExpired, this);
    this.router = false;
  }
}

/** Snooping of a port, or of one of its VLANs. */
export class McastPort {
  port: BridgePort | null;
  readonly vlan: BrVlan | null;
  router: number;
  readonly ip4: McastPortFamily;
  readonly ip6: McastPortFamily;
  mdbEntries: number;
  mdbMaxEntries: number;
  ehtHostsLimit: number;
  readonly stats: McastStats;
  constructor(port: BridgePort | null, vlan: BrVlan | null) {
    this.port = port;
    this.vlan = vlan;
    this.router = MDB_RTR_TYPE_TEMP_QUERY;
    this.ip4 = new McastPortFamily(this, false);
    this.ip6 = new McastPortFamily(this, true);
    this.mdbEntries = 0;
    this.mdbMaxEntries = 0;
    this.ehtHostsLimit = 512;
    this.stats = new McastStats();
  }
}

/** Is a router of that family behind the port, in the context's VLAN? */
export function mcastPortIsRouter(ctx: Mcast, p: BridgePort, v6: boolean): boolean {
  const pctx = ctx.vlan === null ? p.mcast : (p.vlans.vlans.get(ctx.vlan.vid)?.mcastPort ?? null);
  if (pctx === null) return false;
  return v6 ? pctx.ip6.router : pctx.ip4.router;
}

/** Is the bridge itself a router of that family (br_multicast_is_router)? */
export function mcastIsRouter(ctx: Mcast, v6: boolean): boolean {
  if (ctx.router === MDB_RTR_TYPE_DISABLED) return false;
  return ctx.router === MDB_RTR_TYPE_PERM || timerPending((v6 ? ctx.ip6 : ctx.ip4).routerTimer);
}
