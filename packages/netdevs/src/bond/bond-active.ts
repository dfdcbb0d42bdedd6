/** Which slave is the one that works, and what a change of it brings along (bond_select_active_slave, bond_change_active_slave). */
import { callNetdeviceNotifiers, copyAddr, NETDEV_BONDING_FAILOVER, NETDEV_CHANGEADDR, NETDEV_CHANGEINFODATA, NETDEV_NOTIFY_PEERS, NETDEV_RESEND_IGMP } from '@linnet/netdev';
import { ETH_ALEN } from '@linnet/uapi';
import { type Bond, bondSetCarrier, type BondSlave, FAIL_OVER_MAC_ACTIVE, LINK_BACK, LINK_UP, MODE_ACTIVEBACKUP, setActiveFlags, setInactiveFlags, usesPrimary } from './bond.ts';
import { syncSlaves } from './bond-addr.ts';

/** The primary, or a slave that is preferred, or the present one, as far as it works (bond_choose_primary_or_current). */
function choosePrimaryOrCurrent(bond: Bond): BondSlave | null {
  let prim = bond.primary;
  const curr = bond.current;
  const works = curr !== null && curr.link === LINK_UP;
  if (prim === null || prim.link !== LINK_UP) {
    let high: BondSlave | null = null;
    for (const s of bond.slaves) if (s.link === LINK_UP && (high === null || s.prio > high.prio)) high = s;
    if (high === null || high === curr || (works && high.prio <= curr.prio)) return works ? curr : null;
    prim = high;
  } else if (bond.forcePrimary) {
    bond.forcePrimary = false;
    return prim;
  }
  if (!works) return prim;
  switch (bond.params.primaryReselect) {
    case 1: // better
      if (prim.speed < curr.speed || (prim.speed === curr.speed && prim.duplex <= curr.duplex)) return curr;
      return prim;
    case 2: // failure
      return curr;
    default: return prim;
  }
}

function findBest(bond: Bond): BondSlave | null {
  const chosen = choosePrimaryOrCurrent(bond);
  if (chosen !== null) return chosen;
  let best: BondSlave | null = null;
  let least = bond.params.upDelay;
  for (const s of bond.slaves) {
    if (s.link === LINK_UP) return s;
    if (s.link === LINK_BACK && s.dev.running && s.dev.carrier && s.delay < least) {
      least = s.delay;
      best = s;
    }
  }
  return best;
}

/** Tells the network where we are now; more announcements follow with the monitor. */
export function notifyPeers(bond: Bond): void {
  callNetdeviceNotifiers(NETDEV_NOTIFY_PEERS, bond.dev);
}

/** Makes a slave, or none, the one that works. */
export function changeActive(bond: Bond, to: BondSlave | null): void {
  const old = bond.current;
  if (old === to) return;
  const { kernel, dev, params } = bond;
  if (to !== null) {
    if (to.link === LINK_BACK) {
      if (usesPrimary(bond)) kernel.log.info(`${dev.name}: (slave ${to.dev.name}): making interface the new active one ${(params.upDelay - to.delay) * params.miimon} ms earlier`); // datapath-ok: a rare event
      to.delay = 0;
      to.link = LINK_UP;
    } else if (usesPrimary(bond)) kernel.log.info(`${dev.name}: (slave ${to.dev.name}): making interface the new active one`); // datapath-ok: a rare event
  }
  bond.current = to;
  if (usesPrimary(bond)) syncSlaves(bond);
  if (params.mode !== MODE_ACTIVEBACKUP) return;
  if (old !== null) setInactiveFlags(old);
  if (to !== null) {
    setActiveFlags(to);
    if (params.failOverMac === FAIL_OVER_MAC_ACTIVE) {
      copyAddr(dev.devAddr, 0, to.dev.devAddr, 0, ETH_ALEN);
      callNetdeviceNotifiers(NETDEV_CHANGEADDR, dev);
    }
    bond.sendPeerNotif = params.numPeerNotif * Math.max(1, params.peerNotifDelay);
  }
  if (!dev.running) return;
  callNetdeviceNotifiers(NETDEV_BONDING_FAILOVER, dev);
  if (to !== null && bond.sendPeerNotif > 0) {
    bond.sendPeerNotif--;
    notifyPeers(bond);
  }
  if (params.resendIgmp > 0) {
    bond.igmpRetrans = params.resendIgmp - 1;
    callNetdeviceNotifiers(NETDEV_RESEND_IGMP, dev);
  }
}

/** Looks for the best slave and goes to it. */
export function selectActive(bond: Bond): void {
  const best = findBest(bond);
  if (best === bond.current) return;
  const before = bond.dev.carrier;
  changeActive(bond, best);
  bondSetCarrier(bond);
  if (bond.dev.carrier && !before) bond.kernel.log.info(`${bond.dev.name}: active interface up!`); // datapath-ok: a rare event
  else if (best === null) bond.kernel.log.info(`${bond.dev.name}: now running without any active interface!`); // datapath-ok: a rare event
  callNetdeviceNotifiers(NETDEV_CHANGEINFODATA, bond.dev);
}
