/** macvlan: the devices over one link, by their addresses (struct macvlan_port, struct macvlan_dev). */
import { copyAddr, type NetDevice, sameAddr } from '@linnet/netdev';
import { ETH_ALEN, MACVLAN_MODE_VEPA } from '@linnet/uapi';

/** An address that a device in source mode takes frames from. */
export interface MacvlanSource {
  readonly addr: Uint8Array;
  readonly vlan: Macvlan;
}

/** A macvlan device: `dev.priv`. */
export class Macvlan {
  dev: NetDevice | null = null;
  lower: NetDevice | null = null;
  port: MacvlanPort | null = null;
  /** MACVLAN_MODE_*. */
  mode: number = MACVLAN_MODE_VEPA;
  flags = 0;
  sources = 0;
  bcQueueLenReq = 1000;
  /** It is up: frames to its address are its own. */
  hashed = false;
  syncedMc: Uint8Array[] = [];
  syncedUc: Uint8Array[] = [];
}

/** What a link knows of the macvlans over it. */
export class MacvlanPort {
  readonly lower: NetDevice;
  readonly vlans: Macvlan[] = [];
  passthru = false;
  /** The link's own address, while one that a passthru device was given stands in its place; null otherwise. */
  lowerAddr: Uint8Array | null = null;
  /** The passthru device is just giving the link its address. */
  settingAddr = false;
  bcCutoff = 1;
  /** The newest first. */
  readonly sources: MacvlanSource[] = [];
  constructor(lower: NetDevice) {
    this.lower = lower;
  }

  /** The longest queue for broadcasts that a device asked for. */
  bcQueueLenUsed(): number {
    let n = 0;
    for (const v of this.vlans) n = Math.max(n, v.bcQueueLenReq);
    return n;
  }

  /** The device that is up with the address at `off` of `u8`, or null (macvlan_hash_lookup). */
  lookup(u8: Uint8Array, off: number): Macvlan | null {
    const { vlans } = this;
    for (let i = 0; i < vlans.length; i++) {
      const v = vlans[i]!;
      if (v.hashed && sameAddr(v.dev!.devAddr, 0, u8, off, ETH_ALEN)) return v;
    }
    return null;
  }

  /** Is the address in use on the link? (macvlan_addr_busy) */
  busy(addr: Uint8Array): boolean {
    return sameAddr(this.lower.devAddr, 0, addr, 0, ETH_ALEN) || this.lookup(addr, 0) !== null;
  }

  findSource(vlan: Macvlan, addr: Uint8Array): MacvlanSource | null {
    return this.sources.find((s) => s.vlan === vlan && sameAddr(s.addr, 0, addr, 0, ETH_ALEN)) ?? null;
  }
  addSource(vlan: Macvlan, addr: Uint8Array): void {
    if (this.findSource(vlan, addr) !== null) return;
    const own = new Uint8Array(ETH_ALEN);
    copyAddr(own, 0, addr, 0, ETH_ALEN);
    this.sources.unshift({ addr: own, vlan });
    vlan.sources++;
  }
  delSource(vlan: Macvlan, addr: Uint8Array): void {
    const s = this.findSource(vlan, addr);
    if (s === null) return;
    this.sources.splice(this.sources.indexOf(s), 1);
    vlan.sources--;
  }
  flushSources(vlan: Macvlan): void {
    for (const s of this.sources.filter((x) => x.vlan === vlan)) this.sources.splice(this.sources.indexOf(s), 1);
    vlan.sources = 0;
  }
}

/** The port of a link: what its receive handler was registered with. */
export function macvlanPort(lower: NetDevice): MacvlanPort | null {
  return lower.rxHandlerData instanceof MacvlanPort ? lower.rxHandlerData : null;
}

/** A device's own part. */
export function macvlanPriv(dev: NetDevice): Macvlan {
  return dev.priv as Macvlan;
}
