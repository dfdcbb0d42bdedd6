/** What slaves receive for their bond: groups, addresses, everything (bond_hw_addr_flush, bond_set_rx_mode). */
// datapath-ok-file: when lists and flags change
import { devMcAdd, devMcDel, type NetDevice, devSetAllmulti, devSetPromiscuity, devUcAdd, devUcDel, sameAddr } from '@linnet/netdev';
import { ETH_ALEN, IFF_ALLMULTI, IFF_PROMISC, IFF_UP } from '@linnet/uapi';
import { type Bond, type BondSlave, MODE_8023AD, usesPrimary } from './bond.ts';
import { LACP_GROUP } from './bond-3ad.ts';

function syncList(old: Uint8Array[], now: readonly Uint8Array[], add: (a: Uint8Array) => void, del: (a: Uint8Array) => void): Uint8Array[] {
  const has = (list: readonly Uint8Array[], a: Uint8Array): boolean => list.some((x) => sameAddr(x, 0, a, 0, ETH_ALEN));
  for (const a of old) if (!has(now, a)) del(a);
  for (const a of now) if (!has(old, a)) add(a);
  return now.map((a) => new Uint8Array(a));
}

/** Gives a slave what the bond wants to hear, or with `on` false nothing. */
export function syncSlave(s: BondSlave, on: boolean): void {
  const { dev, bond } = s;
  const up = on && (bond.dev.flags & IFF_UP) !== 0;
  const mc = up ? bond.dev.mc.list.map((e) => e.addr) : [];
  if (on && bond.params.mode === MODE_8023AD) mc.push(LACP_GROUP);
  s.syncedMc = syncList(s.syncedMc, mc, (a) => devMcAdd(dev, a), (a) => void devMcDel(dev, a));
  s.syncedUc = syncList(s.syncedUc, up ? bond.dev.uc.list.map((e) => e.addr) : [], (a) => devUcAdd(dev, a), (a) => void devUcDel(dev, a));
  const promisc = on && (bond.dev.flags & IFF_PROMISC) !== 0;
  if (promisc !== s.promisc) {
    s.promisc = promisc;
    devSetPromiscuity(dev, promisc ? 1 : -1);
  }
  const all = on && (bond.dev.flags & IFF_ALLMULTI) !== 0;
  if (all !== s.allmulti) {
    s.allmulti = all;
    devSetAllmulti(dev, all ? 1 : -1);
  }
}

/** All slaves, or where one at a time works, that one. */
export function syncSlaves(bond: Bond): void {
  for (const s of bond.slaves) syncSlave(s, !usesPrimary(bond) || s === bond.current);
}
/** For a bond's `setRxMode` and `changeRxFlags`. */
export function syncBond(dev: NetDevice): void {
  syncSlaves(dev.priv as Bond);
}
