/** What is kept of a device's groups and of what routers must be told about them (struct ifmcaddr6, RFC 3810). */
// datapath-ok-file: made once a device or a group
import { TimerList } from '@linnet/kernel';
import { a6Clone } from './addr6.ts';
import type { Inet6Dev } from './inet6-dev.ts';

/** Filter mode: only these sources. @alpha */
export const MCAST_INCLUDE = 0;
/** Filter mode: all but these sources. @alpha */
export const MCAST_EXCLUDE = 1;

/** A source in the filter of a group (struct ip6_sf_list). @alpha */
export class Ip6Sf {
  readonly addr: Int32Array;
  /** Memberships that name it, by filter mode. */
  readonly count: [number, number];
  /** It was in the filter that routers were told last. */
  old: boolean;
  /** Reports of its change that are still due. */
  crcount: number;
  /** A query asked for it. */
  queried: boolean;
  constructor(addr: Int32Array) {
    this.addr = a6Clone(addr);
    this.count = [0, 0];
    this.old = false;
    this.crcount = 0;
    this.queried = false;
  }
}

/** A group of a device (struct ifmcaddr6). @alpha */
export class Ifmcaddr6 {
  readonly idev: Inet6Dev;
  readonly addr: Int32Array;
  users: number;
  /** Memberships by filter mode. */
  readonly sfcount: [number, number];
  /** Sources that some membership names. */
  sources: Ip6Sf[];
  sfmode: number;
  /** Reports of a change of mode that are still due. */
  crcount: number;
  /** Its link-layer address is in the device's filter. */
  loaded: boolean;
  /** Answer to a query that is due: jiffies, while `queried`; and whether only for queried sources. */
  due: number;
  queried: boolean;
  /** MLDv1: this host was the last to report it. */
  lastReporter: boolean;
  readonly cstamp: number;
  readonly tstamp: number;

  constructor(idev: Inet6Dev, addr: Int32Array, mode: number, now: number) {
    this.idev = idev;
    this.addr = a6Clone(addr);
    this.users = 1;
    this.sfcount = [0, 0];
    this.sfcount[mode === MCAST_INCLUDE ? 0 : 1] = 1;
    this.sources = [];
    this.sfmode = mode;
    this.crcount = 0;
    this.loaded = false;
    this.due = 0;
    this.queried = false;
    this.lastReporter = false;
    this.cstamp = now;
    this.tstamp = now;
  }
}

/** A group that was left and of which routers must still be told. @alpha */
export class MldTomb {
  readonly addr: Int32Array;
  crcount: number;
  constructor(addr: Int32Array, crcount: number) {
    this.addr = addr;
    this.crcount = crcount;
  }
}

/** The groups of one device. @alpha */
export class MldState {
  idev: Inet6Dev | null;
  /** Newest first. */
  mcs: Ifmcaddr6[];
  tombs: MldTomb[];
  /** Rounds of change reports still to send, and when: jiffies, while it is not 0. */
  ifcCount: number;
  ifcDue: number;
  /** A general query is answered at this time, while `general`. */
  general: boolean;
  generalDue: number;
  /** Robustness, query interval and query response interval as the querier says: count, jiffies, jiffies. */
  qrv: number;
  qi: number;
  qri: number;
  /** Jiffies until which a router of version 1 counts as being there; 0: never heard of. */
  v1Until: number;
  /** Runs at the earliest of all that is due. */
  readonly timer: TimerList<MldState>;

  constructor(expire: (s: MldState) => void) {
    this.idev = null;
    this.mcs = [];
    this.tombs = [];
    this.ifcCount = 0;
    this.ifcDue = 0;
    this.general = false;
    this.generalDue = 0;
    this.qrv = 2;
    this.qi = 125_000;
    this.qri = 10_000;
    this.v1Until = 0;
    this.timer = new TimerList<MldState>(expire, this as MldState);
  }
}
