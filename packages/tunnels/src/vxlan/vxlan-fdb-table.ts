/** vxlan's forwarding table: which tunnel endpoint an Ethernet address is behind (struct vxlan_fdb). */
import { ETH_ALEN } from '@linnet/uapi';

const BUCKETS = 256;

/** A tunnel endpoint (struct vxlan_rdst). */
export class VxlanRdst {
  ip: number;
  port: number;
  vni: number;
  ifindex: number;
  constructor(ip: number, port: number, vni: number, ifindex: number) {
    this.ip = ip;
    this.port = port;
    this.vni = vni;
    this.ifindex = ifindex;
  }
}

/** An entry. */
export class VxlanFdb {
  readonly hi: number;
  readonly lo: number;
  /** The VNI that it is for, in devices of all VNIs. */
  readonly vni: number;
  /** NUD_*. */
  state: number;
  /** NTF_*. */
  flags: number;
  byUser = false;
  /** Jiffies. */
  used = 0;
  updated = 0;
  readonly remotes: VxlanRdst[] = [];
  next: VxlanFdb | null = null;
  constructor(hi: number, lo: number, vni: number, state: number, flags: number) {
    this.hi = hi;
    this.lo = lo;
    this.vni = vni;
    this.state = state;
    this.flags = flags;
  }

  /** The address as bytes. */
  addr(): Uint8Array {
    const a = new Uint8Array(ETH_ALEN);
    a[0] = this.hi >> 8;
    a[1] = this.hi;
    a[2] = this.lo >>> 24;
    a[3] = this.lo >>> 16;
    a[4] = this.lo >>> 8;
    a[5] = this.lo;
    return a;
  }
  /** Is it the entry of frames that no other one knows, or a group's? */
  isDefaultOrGroup(): boolean {
    return (this.hi & 0x100) !== 0 || (this.hi === 0 && this.lo === 0);
  }
  find(ip: number, port: number, vni: number, ifindex: number): VxlanRdst | null {
    for (const r of this.remotes) if (r.ip === ip && r.port === port && r.vni === vni && r.ifindex === ifindex) return r;
    return null;
  }
}

/** Entries by address, and in order: the newest first. */
export class VxlanFdbTable {
  private readonly buckets: (VxlanFdb | null)[] = new Array<VxlanFdb | null>(BUCKETS).fill(null);
  readonly list: VxlanFdb[] = [];

  private static bucket(hi: number, lo: number): number {
    const h = Math.imul(lo ^ hi ^ (hi << 16), 0x61c88647);
    return (h >>> 24) & (BUCKETS - 1);
  }
  /** The entry of an address, given as its upper 16 and lower 32 bits, or null. */
  find(hi: number, lo: number, vni: number): VxlanFdb | null {
    for (let f = this.buckets[VxlanFdbTable.bucket(hi, lo)]!; f !== null; f = f.next!) {
      if (f.lo === lo && f.hi === hi && f.vni === vni) return f;
    }
    return null;
  }
  insert(f: VxlanFdb): void {
    const b = VxlanFdbTable.bucket(f.hi, f.lo);
    f.next = this.buckets[b]!;
    this.buckets[b] = f;
    this.list.unshift(f);
  }
  remove(f: VxlanFdb): void {
    const b = VxlanFdbTable.bucket(f.hi, f.lo);
    let at = this.buckets[b]!;
    if (at === f) this.buckets[b] = f.next;
    else {
      while (at !== null && at.next !== f) at = at.next!;
      if (at !== null) at.next = f.next;
    }
    const i = this.list.indexOf(f);
    if (i >= 0) this.list.splice(i, 1);
  }
}

/** The upper 16 bits of the address at `off`. */
export function macHi(u8: Uint8Array, off: number): number {
  return (u8[off]! << 8) | u8[off + 1]!;
}
/** The lower 32 bits, signed. */
export function macLo(u8: Uint8Array, off: number): number {
  return (u8[off + 2]! << 24) | (u8[off + 3]! << 16) | (u8[off + 4]! << 8) | u8[off + 5]!;
}
