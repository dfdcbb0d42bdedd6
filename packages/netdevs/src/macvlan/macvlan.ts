/** macvlan: devices with addresses of their own over one link (drivers/net/macvlan.c): the way of frames, and opening and closing. */
import { EADDRINUSE, EADDRNOTAVAIL, EINVAL } from '@linnet/kernel';
import {
  copyAddr, devForwardSkb, devMcAdd, devMcDel, devQueueXmit, devSetAllmulti, devSetMacAddress, devSetPromiscuity, devUcAdd, devUcDel, etherSetup, IFF_LIVE_ADDR_CHANGE,
  IFF_NO_QUEUE, IFF_UNICAST_FLT, NET_RX_SUCCESS, NET_XMIT_CN, NET_XMIT_SUCCESS, type NetDevice, type NetDeviceOps, netifRx, RX_HANDLER_ANOTHER, RX_HANDLER_CONSUMED, RX_HANDLER_PASS,
  sameAddr,
  NETIF_FX_GSO_ACCECN, NETIF_FX_HIGHDMA,
} from '@linnet/netdev';
import { consumeSkb, DROP, kfreeSkbReason, PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST, type Skb, skbClone } from '@linnet/skbuff';
import {
  ETH_ALEN, ETH_HLEN, IFF_ALLMULTI, IFF_PROMISC, IFF_UP, isBroadcastEtherAddr, isValidEtherAddr, MACVLAN_FLAG_NODST, MACVLAN_FLAG_NOPROMISC, MACVLAN_MODE_BRIDGE, MACVLAN_MODE_PASSTHRU,
  MACVLAN_MODE_PRIVATE, MACVLAN_MODE_SOURCE, MACVLAN_MODE_VEPA,
} from '@linnet/uapi';
import { type Macvlan, type MacvlanPort, macvlanPriv } from './macvlan-port.ts';
import { MACVLAN_ETHTOOL_OPS } from '../soft-ethtool.ts';

function countRx(dev: NetDevice, len: number, multicast: boolean): void {
  dev.stats.rxPackets++;
  dev.stats.rxBytes += len;
  if (multicast) dev.stats.multicast++;
}

/** Does a device want frames to this group? */
function wantsGroup(dev: NetDevice, u8: Uint8Array, off: number): boolean {
  return (dev.flags & (IFF_PROMISC | IFF_ALLMULTI)) !== 0 || isBroadcastEtherAddr(u8, off) || dev.mc.has(u8, off, ETH_ALEN);
}

/** Hands a copy of a frame to many to one device; `local` when it was sent on this machine (macvlan_broadcast_one). */
function broadcastOne(skb: Skb, vlan: Macvlan, local: boolean): void {
  const dev = vlan.dev!;
  const c = skbClone(skb);
  const len = c.len;
  if (local) {
    // Sent, not received: data is at the link-layer header still.
    if (devForwardSkb(dev, c) === NET_RX_SUCCESS) countRx(dev, len, true);
    else dev.stats.rxDropped++;
    return;
  }
  c.dev = dev;
  c.pktType = isBroadcastEtherAddr(c.u8, c.macHeader) ? PACKET_BROADCAST : PACKET_MULTICAST;
  if (netifRx(c) === NET_RX_SUCCESS) countRx(dev, len + ETH_HLEN, true);
  else dev.stats.rxDropped++;
}

/**
 * Hands a frame to many to all devices in one of the modes `modes`, but for `src`; `local` when it was sent on this machine (macvlan_broadcast).
 */
function broadcast(skb: Skb, port: MacvlanPort, src: Macvlan | null, modes: number, local: boolean): void {
  const { vlans } = port;
  for (let i = 0; i < vlans.length; i++) {
    const v = vlans[i]!;
    if (v === src || !v.hashed || (v.mode & modes) === 0 || !wantsGroup(v.dev!, skb.u8, skb.macHeader)) continue;
    broadcastOne(skb, v, local);
  }
}

/** Frames from an address that devices in source mode take (macvlan_forward_source). True when one of them takes the frame for itself. */
function forwardSource(skb: Skb, port: MacvlanPort): boolean {
  let consume = false;
  for (let i = 0; i < port.sources.length; i++) {
    const s = port.sources[i]!;
    if (!sameAddr(s.addr, 0, skb.u8, skb.macHeader + ETH_ALEN, ETH_ALEN)) continue;
    if ((s.vlan.flags & MACVLAN_FLAG_NODST) !== 0) consume = true;
    const dev = s.vlan.dev!;
    if ((dev.flags & IFF_UP) === 0) continue;
    const c = skbClone(skb);
    c.dev = dev;
    const len = c.len + ETH_HLEN;
    if (sameAddr(dev.devAddr, 0, c.u8, c.macHeader, ETH_ALEN)) c.pktType = PACKET_HOST;
    if (netifRx(c) === NET_RX_SUCCESS) countRx(dev, len, false);
    else dev.stats.rxDropped++;
  }
  return consume;
}

/** What the link receives (macvlan_handle_frame): the receive handler, registered with the port. */
export function macvlanHandleFrame(skb: Skb, data: object | null): number {
  const port = data as MacvlanPort;
  if (skb.macHeader < 0 || skb.networkHeader - skb.macHeader < ETH_HLEN) return RX_HANDLER_PASS;
  const mac = skb.macHeader;
  if ((skb.u8[mac]! & 1) !== 0) {
    if (forwardSource(skb, port)) {
      kfreeSkbReason(skb, DROP.NOT_SPECIFIED);
      return RX_HANDLER_CONSUMED;
    }
    const src = port.lookup(skb.u8, mac + ETH_ALEN);
    if (src !== null && src.mode !== MACVLAN_MODE_VEPA && src.mode !== MACVLAN_MODE_BRIDGE) {
      // It is one of our own that came back: only its sender may see it.
      broadcastOne(skb, src, false);
      consumeSkb(skb);
      return RX_HANDLER_CONSUMED;
    }
    // From outside all see it. Reflected, those see it that did not see it on its way out.
    let modes = MACVLAN_MODE_PRIVATE | MACVLAN_MODE_VEPA | MACVLAN_MODE_PASSTHRU | MACVLAN_MODE_BRIDGE;
    if (src !== null) modes = src.mode === MACVLAN_MODE_VEPA ? MACVLAN_MODE_VEPA | MACVLAN_MODE_BRIDGE : MACVLAN_MODE_VEPA;
    broadcast(skb, port, src, modes, false);
    return RX_HANDLER_PASS;
  }
  if (forwardSource(skb, port)) {
    kfreeSkbReason(skb, DROP.NOT_SPECIFIED);
    return RX_HANDLER_CONSUMED;
  }
  const vlan = port.passthru ? (port.vlans[0] ?? null) : port.lookup(skb.u8, mac);
  if (vlan === null || vlan.mode === MACVLAN_MODE_SOURCE) return RX_HANDLER_PASS;
  const dev = vlan.dev!;
  if ((dev.flags & IFF_UP) === 0) {
    kfreeSkbReason(skb, DROP.DEV_READY);
    return RX_HANDLER_CONSUMED;
  }
  skb.dev = dev;
  // In passthru mode frames for others come along, for those who listen to all.
  if (!port.passthru || sameAddr(dev.devAddr, 0, skb.u8, mac, ETH_ALEN)) skb.pktType = PACKET_HOST;
  countRx(dev, skb.len + ETH_HLEN, false);
  return RX_HANDLER_ANOTHER;
}

/** Sends a frame: to the other devices in bridge mode, and to the link (macvlan_queue_xmit). */
function queueXmit(skb: Skb, dev: NetDevice): number {
  const vlan = macvlanPriv(dev);
  const port = vlan.port!;
  const lower = vlan.lower!;
  if (vlan.mode === MACVLAN_MODE_BRIDGE) {
    const mac = skb.data;
    skb.macHeader = mac;
    if ((skb.u8[mac]! & 1) !== 0) broadcast(skb, port, vlan, MACVLAN_MODE_BRIDGE, true);
    else {
      const to = port.lookup(skb.u8, mac);
      if (to !== null && to.mode === MACVLAN_MODE_BRIDGE) {
        // Through the link's receive handler, so that its taps see it.
        devForwardSkb(lower, skb);
        return NET_XMIT_SUCCESS;
      }
    }
  }
  skb.dev = lower;
  return devQueueXmit(skb);
}

/** Asks the link for what the device asked for, and no more for what it does not any longer (dev_mc_sync, dev_uc_sync). */
function sync(dev: NetDevice): void {
  const v = macvlanPriv(dev);
  const lower = v.lower!;
  const now = dev.flags & IFF_UP ? dev.mc.list.map((e) => e.addr) : [];
  v.syncedMc = syncList(v.syncedMc, now, (a) => devMcAdd(lower, a), (a) => void devMcDel(lower, a));
  const uc = dev.flags & IFF_UP ? dev.uc.list.map((e) => e.addr) : [];
  v.syncedUc = syncList(v.syncedUc, uc, (a) => devUcAdd(lower, a), (a) => void devUcDel(lower, a));
}

function syncList(old: Uint8Array[], now: readonly Uint8Array[], add: (a: Uint8Array) => void, del: (a: Uint8Array) => void): Uint8Array[] {
  const has = (list: readonly Uint8Array[], a: Uint8Array): boolean => list.some((x) => sameAddr(x, 0, a, 0, ETH_ALEN));
  for (const a of old) if (!has(now, a)) del(a);
  for (const a of now) if (!has(old, a)) add(a);
  return now.map((a) => new Uint8Array(a)); // datapath-ok: when the lists change
}

function unsync(dev: NetDevice): void {
  const v = macvlanPriv(dev);
  const lower = v.lower!;
  v.syncedMc = syncList(v.syncedMc, [], () => undefined, (a) => void devMcDel(lower, a));
  v.syncedUc = syncList(v.syncedUc, [], () => undefined, (a) => void devUcDel(lower, a));
}

function open(dev: NetDevice): number {
  const v = macvlanPriv(dev);
  const lower = v.lower!;
  const port = v.port!;
  if (port.passthru) {
    if ((v.flags & MACVLAN_FLAG_NOPROMISC) === 0) devSetPromiscuity(lower, 1);
  } else {
    if (port.busy(dev.devAddr)) return -EADDRINUSE;
    devUcAdd(lower, dev.devAddr);
    if ((dev.flags & IFF_ALLMULTI) !== 0) devSetAllmulti(lower, 1);
    if ((dev.flags & IFF_PROMISC) !== 0) devSetPromiscuity(lower, 1);
  }
  v.hashed = true;
  return 0;
}

function stop(dev: NetDevice): number {
  const v = macvlanPriv(dev);
  const lower = v.lower!;
  unsync(dev);
  if (v.port!.passthru) {
    if ((v.flags & MACVLAN_FLAG_NOPROMISC) === 0) devSetPromiscuity(lower, -1);
  } else {
    if ((dev.flags & IFF_ALLMULTI) !== 0) devSetAllmulti(lower, -1);
    if ((dev.flags & IFF_PROMISC) !== 0) devSetPromiscuity(lower, -1);
    devUcDel(lower, dev.devAddr);
  }
  v.hashed = false;
  return 0;
}

/** A passthru device has the address of its link: the link is given another, which the device hears of as of any. What the link has of its own comes back at the end. */
function setLowerAddress(port: MacvlanPort, addr: Uint8Array): number {
  const { lower } = port;
  const own = port.lowerAddr ?? new Uint8Array(lower.devAddr.subarray(0, ETH_ALEN)); // datapath-ok: an address is set
  port.settingAddr = true;
  const err = devSetMacAddress(lower, addr);
  port.settingAddr = false;
  if (err === 0) port.lowerAddr = own;
  return err;
}

/** Another address (macvlan_sync_address). */
function setAddress(dev: NetDevice, addr: Uint8Array): number {
  if (!isValidEtherAddr(addr, 0)) return -EADDRNOTAVAIL;
  const v = macvlanPriv(dev);
  if (sameAddr(dev.devAddr, 0, addr, 0, ETH_ALEN)) return 0;
  if (v.mode === MACVLAN_MODE_PASSTHRU) return setLowerAddress(v.port!, addr);
  if ((dev.flags & IFF_UP) !== 0) {
    if (v.port!.busy(addr)) return -EADDRINUSE;
    devUcAdd(v.lower!, addr);
    devUcDel(v.lower!, dev.devAddr);
  }
  copyAddr(dev.devAddr, 0, addr, 0, ETH_ALEN);
  return 0;
}

const MACVLAN_OPS: NetDeviceOps = Object.freeze({
  open,
  stop,
  startXmit(skb: Skb, dev: NetDevice): number {
    const { len } = skb;
    const rc = queueXmit(skb, dev);
    if (rc === NET_XMIT_SUCCESS || rc === NET_XMIT_CN) {
      dev.stats.txPackets++;
      dev.stats.txBytes += len;
    } else dev.stats.txDropped++;
    return rc < 0 ? 0 : rc;
  },
  setMacAddress: setAddress,
  changeMtu(dev: NetDevice, mtu: number): number {
    if (macvlanPriv(dev).lower!.mtu < mtu) return -EINVAL;
    dev.mtu = mtu;
    return 0;
  },
  setRxMode: sync,
  changeRxFlags(dev: NetDevice, changed: number): void {
    if ((dev.flags & IFF_UP) === 0) return;
    const { lower } = macvlanPriv(dev);
    if ((changed & IFF_ALLMULTI) !== 0) devSetAllmulti(lower!, (dev.flags & IFF_ALLMULTI) !== 0 ? 1 : -1);
    if ((changed & IFF_PROMISC) !== 0 && !macvlanPriv(dev).port!.passthru) devSetPromiscuity(lower!, (dev.flags & IFF_PROMISC) !== 0 ? 1 : -1);
  },
  validateAddr: (dev: NetDevice): number => (isValidEtherAddr(dev.devAddr, 0) ? 0 : -EADDRNOTAVAIL),
  getIflink: (dev: NetDevice): number => macvlanPriv(dev).lower?.ifindex ?? 0,
});

/** Prepares a device (macvlan_setup). */
export function macvlanSetup(dev: NetDevice): void {
  etherSetup(dev);
  dev.maxMtu = 65535;
  dev.netdevOps = MACVLAN_OPS;
  dev.ethtoolOps = MACVLAN_ETHTOOL_OPS;
  dev.featuresExt = NETIF_FX_HIGHDMA | NETIF_FX_GSO_ACCECN;
  dev.privFlags |= IFF_UNICAST_FLT | IFF_NO_QUEUE | IFF_LIVE_ADDR_CHANGE;
}
