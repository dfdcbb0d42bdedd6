/** What comes with an element beside its key. */

/** What comes with an element beside its key. Reused. */
export class IpSetEntry {
  /** Seconds; -1: the set's default. */
  timeout = -1;
  /** -1: as they are. */
  packets = -1;
  bytes = -1;
  comment: string | null = null;
  mark = 0;
  mask = 0;
  prio = 0;
  queue = 0;
  /** IPSET_FLAG_NOMATCH, IPSET_FLAG_IFACE_WILDCARD. */
  flags = 0;
  hasMac = false;
  mac0 = 0;
  mac1 = 0;
  /** hash:net,iface: the device, and whether it is a port of a bridge. */
  iface = '';
  physdev = false;
  reset(): void {
    this.timeout = -1;
    this.packets = -1;
    this.bytes = -1;
    this.comment = null;
    this.mark = 0;
    this.mask = 0;
    this.prio = 0;
    this.queue = 0;
    this.flags = 0;
    this.hasMac = false;
    this.mac0 = 0;
    this.mac1 = 0;
    this.iface = '';
    this.physdev = false;
  }
}
