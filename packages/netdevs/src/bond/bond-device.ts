/** The bond's own device: sending by a slave, receiving from them (bond_main.c). */
import { delTimer, EADDRNOTAVAIL, modTimer } from '@linnet/kernel';
import {
  copyAddr, devQueueXmit, devSetMacAddress, devSetMtu, etherSetup, ethHwAddrRandom, IFF_NO_QUEUE, IFF_UNICAST_FLT, IFF_XMIT_DST_RELEASE_OFF, NET_ADDR_PERM, NETDEV_TX_OK, type NetDevice,
  type NetDeviceOps, NETIF_F_CSUM_MASK, NETIF_F_FRAGLIST, NETIF_F_GSO_MASK, NETIF_F_GSO_ROBUST, NETIF_F_HW_CSUM, NETIF_F_HW_VLAN_CTAG_TX, NETIF_F_SG, NETIF_FX_HIGHDMA, RX_HANDLER_ANOTHER,
  RX_HANDLER_CONSUMED, RX_HANDLER_EXACT, RX_HANDLER_PASS,
} from '@linnet/netdev';
import { consumeSkb, DROP, kfreeSkbReason, pskbMayPull, type Skb, skbClone} from '@linnet/skbuff';
import { ETH_ALEN, ETH_HLEN, ETH_MAX_MTU, ETH_P_IP, ETH_P_SLOW, IFF_MASTER, IPPROTO_IGMP, isValidEtherAddr, isZeroEtherAddr } from '@linnet/uapi';
import { activeAggregator, Bond, bondGet, type BondSlave, canTx, FAIL_OVER_MAC_ACTIVE, LINK_UP, MODE_8023AD, MODE_ACTIVEBACKUP, MODE_BROADCAST, MODE_ROUNDROBIN, MODE_XOR, setActiveFlags, setInactiveFlags } from './bond.ts';
import { AD_INTERVAL, adReceive, adTick, adUpdateSystem } from './bond-3ad.ts';
import { syncBond, syncSlaves } from './bond-addr.ts';
import { bondXmitHash } from './bond-hash.ts';
import { miiMonitor, miiStart } from './bond-mii.ts';
import { bondCount, bondEnslave, bondRelease } from './bond-slave.ts';
import { BOND_ETHTOOL_OPS } from './bond-ethtool.ts';

const FEATURES: number = NETIF_F_SG | NETIF_F_FRAGLIST | (NETIF_F_GSO_MASK & ~NETIF_F_GSO_ROBUST) | NETIF_F_HW_CSUM;

function send(skb: Skb, s: BondSlave): number {
  skb.dev = s.dev;
  devQueueXmit(skb);
  return NETDEV_TX_OK;
}
function drop(bond: Bond, skb: Skb): number {
  bond.dev.stats.txDropped++;
  kfreeSkbReason(skb, DROP.NOT_SPECIFIED);
  return NETDEV_TX_OK;
}

/** The first usable slave from the one at `from` on (bond_get_slave_by_id). */
function slaveFrom(bond: Bond, from: number): BondSlave | null {
  const { slaves } = bond;
  for (let i = 0; i < slaves.length; i++) {
    const s = slaves[(from + i) % slaves.length]!;
    if (canTx(s)) return s;
  }
  return null;
}

function roundRobin(bond: Bond, skb: Skb): BondSlave | null {
  const n = bond.slaves.length;
  if (n === 0) return null;
  // Membership of groups goes by one slave, so that a switch sees it in one place.
  if (skb.protocol === ETH_P_IP && pskbMayPull(skb, ETH_HLEN + 20) && skb.u8[skb.data + ETH_HLEN + 9] === IPPROTO_IGMP) {
    return bond.current !== null && canTx(bond.current) ? bond.current : slaveFrom(bond, 0);
  }
  const each = bond.params.packetsPerSlave;
  if (each === 0) return slaveFrom(bond, bond.rng.below(n));
  const count = ++bond.rrCounter;
  return slaveFrom(bond, Math.floor(count / each) % n);
}

const usable = (s: BondSlave, agg: object | null, ad: boolean): boolean => canTx(s) && (!ad || (s.port !== null && s.port.aggregator === agg));

/** The slave that a hash stands for, among those that can send. */
function byHash(bond: Bond, skb: Skb): BondSlave | null {
  const ad = bond.params.mode === MODE_8023AD;
  const agg = ad ? activeAggregator(bond) : null;
  if (ad && agg === null) return null;
  const { slaves } = bond;
  let n = 0;
  for (let i = 0; i < slaves.length; i++) if (usable(slaves[i]!, agg, ad)) n++;
  if (n === 0) return null;
  let at = bondXmitHash(skb, bond.params.xmitPolicy) % n;
  for (let i = 0; i < slaves.length; i++) if (usable(slaves[i]!, agg, ad) && at-- === 0) return slaves[i]!;
  return null;
}

function broadcast(bond: Bond, skb: Skb): number {
  const { slaves } = bond;
  let last: BondSlave | null = null;
  for (let i = 0; i < slaves.length; i++) {
    const s = slaves[i]!;
    if (!(s.dev.running && s.dev.carrier && s.link === LINK_UP)) continue;
    if (last !== null) send(skbClone(skb), last);
    last = s;
  }
  return last === null ? drop(bond, skb) : send(skb, last);
}

/** Sends a frame (bond_start_xmit). Consumes it; `data` at its Ethernet header. */
function startXmit(skb: Skb, dev: NetDevice): number {
  const bond = dev.priv as Bond;
  const { mode } = bond.params;
  if (mode === MODE_BROADCAST) return broadcast(bond, skb);
  let s: BondSlave | null;
  if (mode === MODE_ROUNDROBIN) s = roundRobin(bond, skb);
  else if (mode === MODE_XOR || mode === MODE_8023AD) s = byHash(bond, skb);
  else s = bond.current;
  return s === null ? drop(bond, skb) : send(skb, s);
}

/** What a slave receives (bond_handle_frame): its receive handler. */
export function bondHandleFrame(skb: Skb, data: object | null): number {
  const s = data as BondSlave;
  const { bond } = s;
  if (skb.protocol === ETH_P_SLOW && bond.params.mode === MODE_8023AD && adReceive(skb, s)) {
    consumeSkb(skb);
    return RX_HANDLER_CONSUMED;
  }
  const mac = skb.macHeader;
  const { u8 } = skb;
  // Groups that stay on a link are the slave's own business.
  if (u8[mac] === 1 && u8[mac + 1] === 0x80 && u8[mac + 2] === 0xc2 && u8[mac + 3] === 0 && u8[mac + 4] === 0 && (u8[mac + 5]! & 0xf0) === 0) return RX_HANDLER_PASS;
  if (s.inactive) return RX_HANDLER_EXACT;
  skb.dev = bond.dev;
  return RX_HANDLER_ANOTHER;
}

function uninit(dev: NetDevice): void {
  const bond = bondGet(dev);
  if (bond === null) return;
  for (const s of bond.slaves) bondRelease(bond, s.dev, null); // datapath-ok: the end
  delTimer(dev.kernel, bond.miiTimer);
  delTimer(dev.kernel, bond.adTimer);
}

const BOND_OPS: NetDeviceOps = Object.freeze({
  init(dev: NetDevice): number {
    if (isZeroEtherAddr(dev.devAddr, 0) && dev.addrAssignType === NET_ADDR_PERM) ethHwAddrRandom(dev);
    return 0;
  },
  uninit,
  open(dev: NetDevice): number {
    const bond = dev.priv as Bond;
    const k = dev.kernel;
    for (const s of bond.slaves) {
      if (bond.params.mode === MODE_ACTIVEBACKUP && s !== bond.current) setInactiveFlags(s);
      else if (bond.params.mode !== MODE_8023AD) setActiveFlags(s);
    }
    if (bond.params.miimon > 0) modTimer(k, bond.miiTimer, (k.jiffies + 1) | 0);
    if (bond.params.mode === MODE_8023AD) modTimer(k, bond.adTimer, (k.jiffies + AD_INTERVAL) | 0);
    return 0;
  },
  stop(dev: NetDevice): number {
    const bond = dev.priv as Bond;
    delTimer(dev.kernel, bond.miiTimer);
    delTimer(dev.kernel, bond.adTimer);
    bond.sendPeerNotif = 0;
    syncSlaves(bond);
    return 0;
  },
  startXmit,
  getStats: bondCount,
  setRxMode: syncBond,
  changeRxFlags: syncBond,
  setMacAddress(dev: NetDevice, addr: Uint8Array): number {
    const bond = dev.priv as Bond;
    if (bond.params.failOverMac !== FAIL_OVER_MAC_ACTIVE || bond.params.mode !== MODE_ACTIVEBACKUP) {
      if (!isValidEtherAddr(addr, 0)) return -EADDRNOTAVAIL;
      const done: BondSlave[] = [];
      for (const s of bond.slaves) {
        const err = devSetMacAddress(s.dev, addr);
        if (err < 0) {
          for (const d of done) devSetMacAddress(d.dev, dev.devAddr);
          return err;
        }
        done.push(s);
      }
    }
    copyAddr(dev.devAddr, 0, addr, 0, ETH_ALEN);
    adUpdateSystem(bond);
    return 0;
  },
  changeMtu(dev: NetDevice, mtu: number): number {
    const bond = dev.priv as Bond;
    for (const s of bond.slaves) {
      const err = devSetMtu(s.dev, mtu);
      if (err < 0) {
        for (const d of bond.slaves) devSetMtu(d.dev, dev.mtu);
        return err;
      }
    }
    dev.mtu = mtu;
    return 0;
  },
  addSlave: (dev: NetDevice, slave: NetDevice, extack?: { msg: string } | null): number => bondEnslave(dev.priv as Bond, slave, bondHandleFrame, extack),
  delSlave: (dev: NetDevice, slave: NetDevice): number => bondRelease(dev.priv as Bond, slave, null),
  fixFeatures(dev: NetDevice, features: number): number {
    const bond = dev.priv as Bond;
    if (bond.slaves.length === 0) return features;
    let one = 0;
    let all = features;
    for (const s of bond.slaves) {
      const f = s.dev.features;
      one |= f & (NETIF_F_GSO_MASK | NETIF_F_FRAGLIST | NETIF_F_SG);
      if ((f & NETIF_F_HW_CSUM) === 0) all &= ~NETIF_F_CSUM_MASK;
      if ((f & NETIF_F_SG) === 0) all &= ~NETIF_F_SG;
    }
    return all & ~(NETIF_F_GSO_MASK & ~one);
  },
});

/** Starts the timers that a change of the settings asks for. */
export function bondRestart(bond: Bond): void {
  if (bond.params.miimon === 0) delTimer(bond.kernel, bond.miiTimer);
  else miiStart(bond);
}

/** Prepares a bond (bond_setup). */
export function bondSetup(dev: NetDevice): void {
  etherSetup(dev);
  dev.maxMtu = ETH_MAX_MTU;
  dev.netdevOps = BOND_OPS;
  dev.ethtoolOps = BOND_ETHTOOL_OPS;
  dev.flags |= IFF_MASTER;
  dev.privFlags |= IFF_UNICAST_FLT | IFF_NO_QUEUE | IFF_XMIT_DST_RELEASE_OFF;
  dev.netnsImmutable = true;
  dev.featuresExt = NETIF_FX_HIGHDMA;
  dev.features = FEATURES | NETIF_F_HW_VLAN_CTAG_TX;
  dev.hwFeatures = FEATURES | NETIF_F_HW_VLAN_CTAG_TX;
  dev.vlanFeatures = FEATURES;
  dev.priv = new Bond(dev, miiMonitor, adTick);
}
