/** Watching the slaves' carriers (bond_mii_monitor). */
// datapath-ok-file: a look every so often, no packet comes here
import { HZ, modTimer } from '@linnet/kernel';
import { callNetdeviceNotifiers, NETDEV_CHANGELOWERSTATE, NETDEV_RESEND_IGMP } from '@linnet/netdev';
import { DUPLEX_FULL } from '@linnet/uapi';
import { type Bond, bondSetCarrier, type BondSlave, LINK_BACK, LINK_DOWN, LINK_FAIL, LINK_UP, MODE_8023AD, MODE_ACTIVEBACKUP, setActiveFlags, setInactiveFlags, SPEED_UNKNOWN, updateSpeedDuplex, usesPrimary } from './bond.ts';
import { adLinkChange } from './bond-3ad.ts';
import { changeActive, notifyPeers, selectActive } from './bond-active.ts';

const log = (s: BondSlave, text: string): void => s.bond.kernel.log.info(`${s.bond.dev.name}: (slave ${s.dev.name}): ${text}`);

/** Looks at a slave: the link it should have now, or -1 when nothing changes for good (bond_miimon_inspect). */
function inspect(s: BondSlave, ignoreUpdelay: boolean): number {
  const { bond } = s;
  const { params } = bond;
  const up = s.dev.running && s.dev.carrier;
  if (s.link === LINK_UP) {
    if (up) return -1;
    s.link = LINK_FAIL;
    s.delay = params.downDelay;
    if (s.delay > 0) log(s, `link status down for ${params.mode === MODE_ACTIVEBACKUP ? (s === bond.current ? 'active ' : 'backup ') : ''}interface, disabling it in ${params.downDelay * params.miimon} ms`);
  }
  if (s.link === LINK_FAIL) {
    if (up) {
      s.link = LINK_UP;
      log(s, `link status up again after ${(params.downDelay - s.delay) * params.miimon} ms`);
      return -1;
    }
    if (s.delay <= 0) return LINK_DOWN;
    s.delay--;
    return -1;
  }
  if (s.link === LINK_DOWN) {
    if (!up) return -1;
    s.link = LINK_BACK;
    s.delay = params.upDelay;
    if (s.delay > 0) log(s, `link status up, enabling it in ${ignoreUpdelay ? 0 : params.upDelay * params.miimon} ms`);
  }
  if (!up) {
    s.link = LINK_DOWN;
    log(s, `link status down again after ${(params.upDelay - s.delay) * params.miimon} ms`);
    return -1;
  }
  if (ignoreUpdelay) s.delay = 0;
  if (s.delay <= 0) return LINK_UP;
  s.delay--;
  return -1;
}

/** Makes a slave's change count. True when another slave may have to work now (bond_miimon_commit). */
function commit(s: BondSlave, link: number): boolean {
  const { bond } = s;
  const { mode } = bond.params;
  let failover = false;
  s.link = link;
  if (link === LINK_UP) {
    updateSpeedDuplex(s);
    if (mode === MODE_8023AD) s.backup = true;
    else if (mode !== MODE_ACTIVEBACKUP) setActiveFlags(s);
    log(s, `link status definitely up, ${s.speed === SPEED_UNKNOWN ? 0 : s.speed} Mbps ${s.duplex === DUPLEX_FULL ? 'full' : 'half'} duplex`);
    failover = bond.current === null || s === bond.primary || s.prio > bond.current.prio;
  } else {
    s.linkFailureCount++;
    if (mode === MODE_ACTIVEBACKUP || mode === MODE_8023AD) setInactiveFlags(s);
    log(s, 'link status definitely down, disabling slave');
    failover = s === bond.current;
  }
  if (mode === MODE_8023AD) adLinkChange(s);
  callNetdeviceNotifiers(NETDEV_CHANGELOWERSTATE, s.dev);
  return failover;
}

/** One look at all slaves. */
export function miiMonitor(bond: Bond): void {
  const { params, slaves } = bond;
  if (params.miimon === 0) return;
  const ignoreUpdelay = usesPrimary(bond) && bond.current === null;
  let failover = false;
  let changed = false;
  for (let i = 0; i < slaves.length; i++) {
    const s = slaves[i]!;
    const to = inspect(s, ignoreUpdelay);
    if (to < 0) continue;
    changed = true;
    if (commit(s, to)) failover = true;
  }
  if (failover) {
    if (usesPrimary(bond)) selectActive(bond);
    else if (bond.current === null || bond.current.link !== LINK_UP) changeActive(bond, slaves.find((s) => s.link === LINK_UP) ?? null);
  }
  if (changed) bondSetCarrier(bond);
  // Announcements that are due after a change.
  if (bond.sendPeerNotif > 0 && bond.current !== null && bond.dev.carrier) {
    bond.sendPeerNotif--;
    if (bond.sendPeerNotif % Math.max(1, params.peerNotifDelay) === 0) notifyPeers(bond);
  }
  if (bond.igmpRetrans > 0) {
    bond.igmpRetrans--;
    callNetdeviceNotifiers(NETDEV_RESEND_IGMP, bond.dev);
  }
  rearm(bond);
}

function rearm(bond: Bond): void {
  const k = bond.kernel;
  modTimer(k, bond.miiTimer, (k.jiffies + Math.max(1, Math.floor((bond.params.miimon * HZ) / 1000))) | 0);
}
/** Starts watching, where the bond is up and wants to. */
export function miiStart(bond: Bond): void {
  if (bond.dev.running && bond.params.miimon > 0) rearm(bond);
}
/** The first look at a slave. */
export function firstLink(s: BondSlave): void {
  const { params, current } = s.bond;
  updateSpeedDuplex(s);
  if (params.miimon === 0) {
    s.link = LINK_UP;
    return;
  }
  if (!(s.dev.running && s.dev.carrier)) s.link = LINK_DOWN;
  else if (params.upDelay > 0 && !(usesPrimary(s.bond) && current === null)) {
    s.link = LINK_BACK;
    s.delay = params.upDelay;
  } else s.link = LINK_UP;
}
