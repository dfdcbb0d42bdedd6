/** Link aggregation with a partner: LACP (IEEE 802.1AX, clause 6; bond_3ad.c). */
import { modTimer } from '@linnet/kernel';
import { callNetdeviceNotifiers, devQueueXmit, NETDEV_CHANGEINFODATA } from '@linnet/netdev';
import { allocSkb, pskbMayPull, type Skb, skbPut, skbReserve } from '@linnet/skbuff';
import { ETH_HLEN, ETH_P_SLOW, isZeroEtherAddr } from '@linnet/uapi';
import {
  activeAggregator, AdPort, type Aggregator, type Bond, bondSetCarrier, type BondSlave, LINK_UP, type PortParams, setActiveFlags, setInactiveFlags, SPEED_UNKNOWN,
} from './bond.ts';

export const AD_INTERVAL = 100;
const TICKS_PER_SEC = 10;
const FAST_PERIODIC = 1 * TICKS_PER_SEC;
const SLOW_PERIODIC = 30 * TICKS_PER_SEC;
const SHORT_TIMEOUT = 3 * TICKS_PER_SEC;
const LONG_TIMEOUT = 90 * TICKS_PER_SEC;
const AGGREGATE_WAIT = 2 * TICKS_PER_SEC;
const TX_PER_SEC = 3;

/** Bits of a port's state on the wire. */
export const LACP_ACTIVITY = 1;
export const LACP_TIMEOUT = 2;
export const LACP_AGGREGATION = 4;
export const LACP_SYNC = 8;
export const LACP_COLLECTING = 0x10;
export const LACP_DISTRIBUTING = 0x20;
export const LACP_DEFAULTED = 0x40;
export const LACP_EXPIRED = 0x80;

/** The group of slow protocols. */
export const LACP_GROUP: Uint8Array = new Uint8Array([1, 0x80, 0xc2, 0, 0, 2]);
const SUBTYPE_LACP = 1;
const SUBTYPE_MARKER = 2;
const LACPDU_LEN = 110;

const RX_PORT_DISABLED = 0;
const RX_EXPIRED = 1;
const RX_LACP_DISABLED = 2;
const RX_DEFAULTED = 3;
const RX_CURRENT = 4;

const MUX_DETACHED = 0;
const MUX_WAITING = 1;
const MUX_ATTACHED = 2;
const MUX_COLLECTING_DISTRIBUTING = 3;

const SPEEDS: readonly number[] = [0, 1, 10, 100, 1000, 2500, 5000, 10000, 14000, 20000, 25000, 40000, 50000, 56000, 100000, 200000, 400000, 800000];

function same(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < 6; i++) if (a[i] !== b[i]) return false;
  return true;
}
const fullDuplex = (p: AdPort): boolean => (p.actor.key & 1) !== 0;

/** Ports of one key can be one link: those of the same speed, duplex and user's choice. */
export function adUpdateKey(p: AdPort): void {
  const { slave } = p;
  let key = slave.bond.params.adUserPortKey << 6;
  if (slave.link === LINK_UP) {
    const code = slave.speed === SPEED_UNKNOWN ? 0 : Math.max(SPEEDS.indexOf(slave.speed), 0);
    key |= (code << 1) | (slave.duplex === 1 ? 1 : 0);
  }
  if (p.actor.key === key) return;
  p.actor.key = key;
  p.lacp = fullDuplex(p);
  p.selected = false;
  p.ntt = true;
}

/** Who we are, of the user's choice or the bond's address. */
export function adUpdateSystem(bond: Bond): void {
  const { adActorSystem, adActorSysPrio } = bond.params;
  const addr = isZeroEtherAddr(adActorSystem, 0) ? bond.dev.devAddr : adActorSystem;
  for (const s of bond.slaves) {
    if (s.port === null) continue;
    s.port.actor.system.set(addr.subarray(0, 6)); // datapath-ok: an address changed
    s.port.actor.systemPriority = adActorSysPrio;
    s.port.ntt = true;
  }
}

function recordDefault(p: AdPort): void {
  const { partner } = p;
  partner.systemPriority = 0xffff;
  partner.system.fill(0);
  partner.key = 1;
  partner.portPriority = 0xff;
  partner.portNumber = 1;
  partner.state = LACP_ACTIVITY;
  p.actor.state |= LACP_DEFAULTED;
}

/** Makes a port of a new slave (bond_3ad_bind_slave). */
export function adBindSlave(s: BondSlave): void {
  const { bond } = s;
  const p = new AdPort(s, ++bond.aggregatorIds);
  s.port = p;
  p.actor.portPriority = s.portPriority;
  p.actor.state = LACP_AGGREGATION | (bond.params.lacpActive !== 0 ? LACP_ACTIVITY : 0) | (bond.params.lacpFast !== 0 ? LACP_TIMEOUT : 0);
  p.enabled = s.link === LINK_UP;
  p.muxState = MUX_DETACHED;
  p.rxState = RX_PORT_DISABLED;
  const sys = isZeroEtherAddr(bond.params.adActorSystem, 0) ? bond.dev.devAddr : bond.params.adActorSystem;
  p.actor.system.set(sys.subarray(0, 6)); // datapath-ok: a new slave
  p.actor.systemPriority = bond.params.adActorSysPrio;
  adUpdateKey(p);
  recordDefault(p);
}

function leaveAggregator(p: AdPort): void {
  const agg = p.aggregator;
  if (agg === null) return;
  agg.ports = agg.ports.filter((x) => x !== p);
  p.aggregator = null;
  if (agg.ports.length > 0) return;
  agg.active = false;
  agg.partnerSystem.fill(0);
  agg.partnerKey = 0;
  agg.key = 0;
}

/** Ends a port: what it aggregated goes on elsewhere (bond_3ad_unbind_slave). */
export function adUnbindSlave(s: BondSlave): void {
  const p = s.port;
  if (p === null) return;
  // The partner hears that we are gone.
  p.actor.state &= ~(LACP_SYNC | LACP_COLLECTING | LACP_DISTRIBUTING | LACP_AGGREGATION);
  if (s.dev.running && s.dev.carrier) sendLacpdu(p);
  const { own } = p;
  leaveAggregator(p);
  // Others that are in the aggregator of this slave choose again.
  for (const other of own.ports) {
    other.selected = false;
    leaveAggregator(other);
    other.muxState = MUX_DETACHED;
  }
  own.active = false;
  s.port = null;
  aggSelection(s.bond, null);
}

/** A slave's link came or went (bond_3ad_handle_link_change). */
export function adLinkChange(s: BondSlave): void {
  const p = s.port;
  if (p === null) return;
  p.enabled = s.link === LINK_UP;
  adUpdateKey(p);
  p.selected = false;
  if (!p.enabled) setInactiveFlags(s);
  aggSelection(s.bond, null);
}

const hasPartner = (a: Aggregator): boolean => !isZeroEtherAddr(a.partnerSystem, 0);
const aggUp = (a: Aggregator): boolean => a.ports.some((p) => p.slave.dev.running && p.slave.dev.carrier);
function bandwidth(a: Aggregator): number {
  return a.ports.reduce((n, p) => n + (p.slave.speed === SPEED_UNKNOWN ? 0 : p.slave.speed), 0);
}
const activePorts = (a: Aggregator): number => a.ports.reduce((n, p) => n + (p.enabled ? 1 : 0), 0);

/** The better one of two (ad_agg_selection_test). */
function better(best: Aggregator | null, curr: Aggregator, bond: Bond): Aggregator {
  if (best === null) return curr;
  if (curr.individual !== best.individual) return curr.individual ? best : curr;
  if (hasPartner(curr) !== hasPartner(best)) return hasPartner(curr) ? curr : best;
  if (bond.params.adSelect === 2 && activePorts(curr) !== activePorts(best)) return activePorts(curr) > activePorts(best) ? curr : best;
  return bandwidth(curr) > bandwidth(best) ? curr : best;
}

/** Chooses the aggregator that is the bond's link (ad_agg_selection_logic). */
function aggSelection(bond: Bond, _why: Aggregator | null): void {
  const active = activeAggregator(bond);
  let best = active !== null && aggUp(active) && activePorts(active) > 0 ? active : null;
  for (let i = 0; i < bond.slaves.length; i++) {
    const a = bond.slaves[i]!.port?.own;
    if (a !== undefined && a.ports.length > 0 && aggUp(a)) best = better(best, a, bond);
  }
  // The stable way keeps what works.
  if (bond.params.adSelect === 0 && active !== null && best !== null && active !== best && active.ports.length > 0 && aggUp(active) && (hasPartner(active) || !hasPartner(best))) {
    if (active.key !== 0 || best.key === 0) best = active;
  }
  if (best !== null && best !== active) {
    if (active !== null) {
      active.active = false;
      for (const p of active.ports) setInactiveFlags(p.slave);
    }
    best.active = true;
    callNetdeviceNotifiers(NETDEV_CHANGEINFODATA, bond.dev);
  }
  const now = activeAggregator(bond);
  // Without a partner the ports work all the same.
  if (now !== null && !hasPartner(now)) for (const p of now.ports) if (p.slave.link === LINK_UP) setActiveFlags(p.slave);
  bondSetCarrier(bond);
}

/** Finds the aggregator of a port (ad_port_selection_logic). */
function portSelection(p: AdPort): void {
  if (p.selected) return;
  leaveAggregator(p);
  const { slaves } = p.slave.bond;
  let free: Aggregator | null = null;
  let found: Aggregator | null = null;
  for (let i = 0; i < slaves.length && found === null; i++) {
    const a = slaves[i]!.port?.own;
    if (a === undefined) continue;
    if (a.ports.length === 0) {
      free ??= a;
      continue;
    }
    const joins = a.key === p.actor.key && a.partnerSystemPriority === p.partner.systemPriority && a.partnerKey === p.partner.key && same(a.partnerSystem, p.partner.system);
    if (joins && !isZeroEtherAddr(p.partner.system, 0) && !a.individual) found = a;
  }
  const agg = found ?? free;
  if (agg === null) return;
  if (found === null) {
    agg.individual = !fullDuplex(p);
    agg.key = p.actor.key;
    agg.partnerSystem.set(p.partner.system);
    agg.partnerSystemPriority = p.partner.systemPriority;
    agg.partnerKey = p.partner.key;
  }
  agg.ports = [p, ...agg.ports]; // datapath-ok: the partner changed
  p.aggregator = agg;
  p.selected = true;
  aggSelection(p.slave.bond, agg);
  if (!agg.active) p.actor.state &= ~LACP_AGGREGATION;
  else p.actor.state |= LACP_AGGREGATION;
}

const SYNC_BITS: number = LACP_ACTIVITY | LACP_TIMEOUT | LACP_SYNC | LACP_AGGREGATION;

/** Is what lies at `off` this side, as far as `mask` of the states? `off` behind the side's type and length. */
function isSide(skb: Skb, off: number, x: PortParams, mask: number): boolean {
  const { view, u8 } = skb;
  if (view.getUint16(off) !== x.systemPriority || view.getUint16(off + 8) !== x.key || view.getUint16(off + 10) !== x.portPriority || view.getUint16(off + 12) !== x.portNumber) return false;
  for (let i = 0; i < 6; i++) if (u8[off + 2 + i] !== x.system[i]) return false;
  return ((u8[off + 14]! ^ x.state) & mask) === 0;
}
function takeSide(skb: Skb, off: number, x: PortParams): void {
  const { view, u8 } = skb;
  x.systemPriority = view.getUint16(off);
  for (let i = 0; i < 6; i++) x.system[i] = u8[off + 2 + i]!;
  x.key = view.getUint16(off + 8);
  x.portPriority = view.getUint16(off + 10);
  x.portNumber = view.getUint16(off + 12);
  x.state = u8[off + 14]!;
}

/** The receive machine with a message (ad_rx_machine, AD_RX_CURRENT). */
function rxPdu(p: AdPort, skb: Skb, actor: number, partner: number): void {
  if (p.rxState === RX_PORT_DISABLED || p.rxState === RX_LACP_DISABLED) return;
  let own = true;
  for (let i = 0; i < 6; i++) if (skb.u8[actor + 2 + i] !== p.actor.system[i]) own = false;
  if (own) {
    const { log } = p.slave.bond.kernel;
    if (log.netRatelimit()) log.warn(`${p.slave.bond.dev.name}: (slave ${p.slave.dev.name}): An illegal loopback occurred on slave`); // datapath-ok: a mistake in the network
    return;
  }
  p.rxState = RX_CURRENT;
  if (!isSide(skb, actor, p.partner, LACP_AGGREGATION)) p.selected = false;
  if (!isSide(skb, partner, p.actor, SYNC_BITS)) p.ntt = true;
  p.matched = isSide(skb, partner, p.actor, LACP_AGGREGATION) || (skb.u8[actor + 14]! & LACP_AGGREGATION) === 0;
  takeSide(skb, actor, p.partner);
  p.actor.state &= ~(LACP_DEFAULTED | LACP_EXPIRED);
  if (!p.matched) p.partner.state &= ~LACP_SYNC;
  p.rxTimer = (p.actor.state & LACP_TIMEOUT) !== 0 ? SHORT_TIMEOUT : LONG_TIMEOUT;
}

function enter(p: AdPort, state: number): void {
  p.rxState = state;
  switch (state) {
    case RX_PORT_DISABLED:
      p.matched = false;
      break;
    case RX_LACP_DISABLED:
      p.selected = false;
      recordDefault(p);
      p.partner.state &= ~LACP_AGGREGATION;
      p.matched = true;
      p.actor.state &= ~LACP_EXPIRED;
      break;
    case RX_EXPIRED:
      p.partner.state = (p.partner.state & ~LACP_SYNC) | LACP_TIMEOUT;
      p.matched = false;
      p.rxTimer = SHORT_TIMEOUT;
      p.actor.state |= LACP_EXPIRED;
      break;
    default: // defaulted
      if (!isZeroEtherAddr(p.partner.system, 0)) p.selected = false;
      recordDefault(p);
      p.matched = true;
      p.actor.state &= ~LACP_EXPIRED;
  }
}

/** The receive machine without one. */
function rxTick(p: AdPort): void {
  if (!p.enabled) {
    if (p.rxState !== RX_PORT_DISABLED) enter(p, RX_PORT_DISABLED);
    return;
  }
  if (p.rxTimer > 0 && --p.rxTimer === 0) {
    if (p.rxState === RX_EXPIRED) enter(p, RX_DEFAULTED);
    else if (p.rxState === RX_CURRENT) enter(p, RX_EXPIRED);
    return;
  }
  if (p.rxState === RX_PORT_DISABLED) enter(p, p.lacp ? RX_EXPIRED : RX_LACP_DISABLED);
  else if (p.rxState === RX_LACP_DISABLED && p.lacp) enter(p, RX_EXPIRED);
}

function periodicTick(p: AdPort): void {
  const active = ((p.actor.state | p.partner.state) & LACP_ACTIVITY) !== 0;
  if (!p.enabled || !p.lacp || !active) {
    p.periodicTimer = 0;
    return;
  }
  const interval = (p.partner.state & LACP_TIMEOUT) !== 0 ? FAST_PERIODIC : SLOW_PERIODIC;
  if (p.periodicTimer === 0 || p.periodicTimer > interval) p.periodicTimer = interval;
  else if (--p.periodicTimer === 0) {
    p.periodicTimer = interval;
    p.ntt = true;
  }
}

function muxEnter(p: AdPort, state: number): void {
  p.muxState = state;
  const before = p.actor.state;
  switch (state) {
    case MUX_WAITING:
      p.muxTimer = AGGREGATE_WAIT;
      break;
    case MUX_ATTACHED:
      p.actor.state &= ~(LACP_COLLECTING | LACP_DISTRIBUTING | LACP_SYNC);
      if (p.aggregator !== null && p.aggregator.active) p.actor.state |= LACP_SYNC;
      if (p.aggregator !== null && p.aggregator.active && hasPartner(p.aggregator)) setInactiveFlags(p.slave);
      p.ntt = true;
      break;
    case MUX_COLLECTING_DISTRIBUTING:
      p.actor.state |= LACP_COLLECTING | LACP_DISTRIBUTING | LACP_SYNC;
      setActiveFlags(p.slave);
      p.ntt = true;
      break;
    default:
      p.actor.state &= ~(LACP_SYNC | LACP_COLLECTING | LACP_DISTRIBUTING);
      if (p.aggregator === null || hasPartner(p.aggregator)) setInactiveFlags(p.slave);
      p.ntt = true;
  }
  if (p.actor.state !== before) callNetdeviceNotifiers(NETDEV_CHANGEINFODATA, p.slave.bond.dev);
}

function muxTick(p: AdPort): void {
  const agg = p.aggregator;
  switch (p.muxState) {
    case MUX_DETACHED:
      if (p.selected) muxEnter(p, MUX_WAITING);
      break;
    case MUX_WAITING:
      if (!p.selected) {
        muxEnter(p, MUX_DETACHED);
        break;
      }
      if (p.muxTimer > 0 && --p.muxTimer === 0) p.readyN = true;
      if (p.muxTimer === 0 && agg !== null && agg.ports.every((x) => x.readyN || x.muxState > MUX_WAITING)) muxEnter(p, MUX_ATTACHED);
      break;
    case MUX_ATTACHED:
      if (!p.selected) muxEnter(p, MUX_DETACHED);
      else if (agg !== null && agg.active && (p.partner.state & LACP_SYNC) !== 0 && p.slave.bond.adSelectTimer === 0) muxEnter(p, MUX_COLLECTING_DISTRIBUTING);
      else if (agg !== null && agg.active !== ((p.actor.state & LACP_SYNC) !== 0)) muxEnter(p, MUX_ATTACHED);
      break;
    default:
      if (!p.selected || (p.partner.state & LACP_SYNC) === 0 || agg === null || !agg.active) muxEnter(p, p.selected ? MUX_ATTACHED : MUX_DETACHED);
      else if (p.slave.backup && p.slave.link === LINK_UP) setActiveFlags(p.slave);
  }
  if (p.muxState === MUX_DETACHED) p.readyN = false;
}

function putSide(skb: Skb, at: number, type: number, x: PortParams): void {
  const { view } = skb;
  skb.u8[at] = type;
  skb.u8[at + 1] = 20;
  view.setUint16(at + 2, x.systemPriority);
  for (let i = 0; i < 6; i++) skb.u8[at + 4 + i] = x.system[i]!;
  view.setUint16(at + 10, x.key);
  view.setUint16(at + 12, x.portPriority);
  view.setUint16(at + 14, x.portNumber);
  skb.u8[at + 16] = x.state;
}

/** A frame to the slow protocols' group, out of a slave; the offset of its body. */
function slowFrame(s: BondSlave): Skb {
  const skb = allocSkb(s.dev.pool, 64 + ETH_HLEN + LACPDU_LEN);
  skbReserve(skb, 64);
  const at = skbPut(skb, ETH_HLEN + LACPDU_LEN);
  skb.u8.fill(0, at, at + ETH_HLEN + LACPDU_LEN);
  for (let i = 0; i < 6; i++) {
    skb.u8[at + i] = LACP_GROUP[i]!;
    skb.u8[at + 6 + i] = s.permAddr[i]!;
  }
  skb.view.setUint16(at + 12, ETH_P_SLOW);
  skb.macHeader = at;
  skb.networkHeader = at + ETH_HLEN;
  skb.transportHeader = at + ETH_HLEN;
  skb.protocol = ETH_P_SLOW;
  skb.priority = 7; // TC_PRIO_CONTROL
  skb.dev = s.dev;
  return skb;
}

function sendLacpdu(p: AdPort): void {
  const skb = slowFrame(p.slave);
  const at = skb.data + ETH_HLEN;
  skb.u8[at] = SUBTYPE_LACP;
  skb.u8[at + 1] = 1;
  putSide(skb, at + 2, 1, p.actor);
  putSide(skb, at + 22, 2, p.partner);
  skb.u8[at + 42] = 3; // collector
  skb.u8[at + 43] = 16;
  p.lacpdusTx++;
  devQueueXmit(skb);
}

function txTick(p: AdPort): void {
  if (p.txTimer > 0 && --p.txTimer > 0) return;
  if (!p.ntt || !p.lacp || !p.enabled) return;
  if (((p.actor.state | p.partner.state) & LACP_ACTIVITY) === 0) return;
  sendLacpdu(p);
  p.ntt = false;
  p.txTimer = Math.floor(TICKS_PER_SEC / TX_PER_SEC);
}

/** Every 100 ms (bond_3ad_state_machine_handler). */
export function adTick(bond: Bond): void {
  const { slaves } = bond;
  if (bond.adSelectTimer > 0 && --bond.adSelectTimer === 0) aggSelection(bond, null);
  for (let i = 0; i < slaves.length; i++) {
    const p = slaves[i]!.port;
    if (p === null) continue;
    rxTick(p);
    periodicTick(p);
    if (p.enabled) portSelection(p);
    else if (p.aggregator !== null) {
      p.selected = false;
      leaveAggregator(p);
    }
    muxTick(p);
    txTick(p);
  }
  bondSetCarrier(bond);
  const k = bond.kernel;
  modTimer(k, bond.adTimer, (k.jiffies + AD_INTERVAL) | 0);
}

/** A frame of the slow protocols; `data` behind the Ethernet header. True when it was for the aggregation (bond_3ad_lacpdu_recv). */
export function adReceive(skb: Skb, s: BondSlave): boolean {
  const p = s.port;
  if (p === null || skb.protocol !== ETH_P_SLOW || !pskbMayPull(skb, LACPDU_LEN)) return false;
  const at = skb.data;
  if (skb.u8[at] === SUBTYPE_LACP) {
    p.lacpdusRx++;
    rxPdu(p, skb, at + 4, at + 24);
    return true;
  }
  // A marker: its sender waits for the answer.
  if (skb.u8[at] === SUBTYPE_MARKER && skb.u8[at + 2] === 1) {
    const r = slowFrame(s);
    const o = r.data + ETH_HLEN;
    for (let i = 0; i < LACPDU_LEN; i++) r.u8[o + i] = skb.u8[at + i]!;
    r.u8[o + 2] = 2;
    devQueueXmit(r);
    return true;
  }
  return false;
}
