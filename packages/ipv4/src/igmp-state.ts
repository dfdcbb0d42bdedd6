/** What is kept of a device's groups and of what routers must be told about them. */
// datapath-ok-file: made once a device
import { timeBefore, TimerList } from '@linnet/kernel';
import { IPV4_DEVCONF_FORCE_IGMP_VERSION } from '@linnet/uapi';
import type { InDevice } from './in-device.ts';

/** A report that is due for one group. @alpha */
export class IgmpPending {
  /** Jiffies. */
  due: number;
  /** IGMPV3_CHANGE_TO_*, or 0 for the answer to a query. */
  type: number;
  /** How often it is repeated after that. */
  left: number;

  constructor(due: number, type: number, left: number) {
    this.due = due;
    this.type = type;
    this.left = left;
  }
}

/** Reports that are due on one device, and what is known of the link's routers. @alpha */
export class IgmpReports {
  readonly indev: InDevice;
  /** By group, in the order in which they came. */
  readonly pending: Map<number, IgmpPending> = new Map();
  /** Jiffies when a general query of version 3 is answered, while `general`. */
  generalDue = 0;
  general = false;
  /** Jiffies until which a router of version 1 or 2 counts as being there; 0: never heard of. */
  v1Until = 0;
  v2Until = 0;
  /** Runs at the earliest of all that is due. */
  readonly timer: TimerList<IgmpReports>;

  constructor(indev: InDevice, expire: (r: IgmpReports) => void) {
    this.indev = indev;
    this.timer = new TimerList<IgmpReports>(expire, this as IgmpReports);
  }
}

/** The groups of one device. @alpha */
export class McState {
  /** Group (int32) to the number of its users, in order of joining. */
  readonly groups: Map<number, number> = new Map();
  /** null until something must be told. */
  reports: IgmpReports | null = null;
}

/** The version of IGMP that is spoken on a device: the oldest router's, or what `force_igmp_version` says (RFC 3376 7.2.1). @alpha */
export function igmpVersion(indev: InDevice): number {
  const forced = indev.net4.devconfAll.data[IPV4_DEVCONF_FORCE_IGMP_VERSION]! || indev.conf(IPV4_DEVCONF_FORCE_IGMP_VERSION);
  if (forced === 1 || forced === 2) return forced;
  const r = indev.mc.reports;
  if (r === null || forced === 3) return 3;
  const now = indev.net4.kernel.jiffies;
  if (r.v1Until !== 0 && timeBefore(now, r.v1Until)) return 1;
  return r.v2Until !== 0 && timeBefore(now, r.v2Until) ? 2 : 3;
}
