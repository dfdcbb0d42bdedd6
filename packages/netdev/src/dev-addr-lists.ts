/** The unicast and multicast addresses that a device receives besides its own (dev_addr_lists.c). */
import { ENOENT } from '@linnet/kernel';

/** One address with its number of users (struct netdev_hw_addr). @alpha */
export class DevAddr {
  readonly addr: Uint8Array;
  users: number;
  /** User space is among the users (SIOCADDMULTI). */
  global: boolean;
  constructor(addr: Uint8Array) {
    this.addr = addr;
    this.users = 1;
    this.global = false;
  }
}

/** A list of counted link-layer addresses (struct netdev_hw_addr_list). @alpha */
export class DevAddrList {
  readonly list: DevAddr[];
  constructor() {
    this.list = [];
  }

  /** The entry of an address, by its first `len` bytes. */
  find(addr: Uint8Array, len: number): DevAddr | null {
    for (const e of this.list) if (sameAddr(e.addr, 0, addr, 0, len)) return e;
    return null;
  }

  /** Does the list hold the `len` bytes at `off` of `u8`? For receive filters: allocates nothing. */
  has(u8: Uint8Array, off: number, len: number): boolean {
    const list = this.list;
    for (let i = 0; i < list.length; i++) if (sameAddr(list[i]!.addr, 0, u8, off, len)) return true;
    return false;
  }

  /** Adds a user of an address; true when it is new. */
  add(addr: Uint8Array, len: number): boolean {
    const e = this.find(addr, len);
    if (e !== null) {
      e.users++;
      return false;
    }
    this.list.push(new DevAddr(addr.slice(0, len))); // datapath-ok: configuration
    return true;
  }

  /** Removes a user of an address: 1 when it was the last one, 0 when others remain, -ENOENT when there is none. */
  del(addr: Uint8Array, len: number): number {
    const e = this.find(addr, len);
    if (e === null) return -ENOENT;
    if (--e.users > 0) return 0;
    this.list.splice(this.list.indexOf(e), 1);
    return 1;
  }
}

/** Are the `len` bytes at two places equal? @alpha */
export function sameAddr(a: Uint8Array, aOff: number, b: Uint8Array, bOff: number, len: number): boolean {
  for (let i = 0; i < len; i++) if (a[aOff + i] !== b[bOff + i]) return false;
  return true;
}

/** Copies `len` bytes of an address; a loop beats `set` for so few. @alpha */
export function copyAddr(dst: Uint8Array, dstOff: number, src: Uint8Array, srcOff: number, len: number): void {
  for (let i = 0; i < len; i++) dst[dstOff + i] = src[srcOff + i]!;
}
