/** A device as a link message (rtnl_fill_ifinfo). */
import type { Net } from '@linnet/kernel';
import { devGetFlags, devGetIflink, type NetDevice } from '@linnet/netdev';
import {
  IF_OPER_DOWN, IFINFOMSG_LEN, ifinfomsgWrite, IFLA_ADDRESS, IFLA_AF_SPEC, IFLA_ALLMULTI, IFLA_ALT_IFNAME, IFLA_BROADCAST, IFLA_CARRIER, IFLA_CARRIER_CHANGES, IFLA_CARRIER_DOWN_COUNT,
  IFLA_CARRIER_UP_COUNT, IFLA_DEVLINK_PORT, IFLA_DPLL_PIN, IFLA_EVENT, IFLA_GRO_IPV4_MAX_SIZE, IFLA_GRO_MAX_SIZE, IFLA_GROUP, IFLA_GSO_IPV4_MAX_SIZE, IFLA_GSO_MAX_SEGS,
  IFLA_GSO_MAX_SIZE, IFLA_HEADROOM, IFLA_IFALIAS, IFLA_IFNAME, IFLA_INFO_DATA, IFLA_INFO_KIND, IFLA_INFO_SLAVE_DATA, IFLA_INFO_SLAVE_KIND, IFLA_LINK, IFLA_LINK_NETNSID,
  IFLA_LINKINFO, IFLA_LINKMODE, IFLA_MAP, IFLA_MASTER, IFLA_MAX_MTU, IFLA_MAX_PACING_OFFLOAD_HORIZON, IFLA_MIN_MTU, IFLA_MTU, IFLA_NETNS_IMMUTABLE, IFLA_NEW_IFINDEX,
  IFLA_NEW_NETNSID, IFLA_NUM_RX_QUEUES, IFLA_NUM_TX_QUEUES, IFLA_OPERSTATE, IFLA_PERM_ADDRESS, IFLA_PROMISCUITY, IFLA_PROP_LIST, IFLA_PROTO_DOWN, IFLA_QDISC, IFLA_STATS, IFLA_STATS64,
  IFLA_TAILROOM, IFLA_TARGET_NETNSID, IFLA_TSO_MAX_SEGS, IFLA_TSO_MAX_SIZE, IFLA_TXQLEN, IFLA_XDP, IFLA_XDP_ATTACHED, type NlWriter, XDP_ATTACHED_NONE,
} from '@linnet/uapi';
import { peernet2idAlloc } from './net-ids.ts';
import { NETLINK } from './netlink-table.ts';
import { type RtnlLinkOps, rtnlLinkOps } from './rtnl-link-ops.ts';

/** What a link message says beside the device itself. @alpha */
export interface LinkFill {
  /** Whose ids of namespaces count: the reader's namespace. */
  readonly srcNet: Net;
  /** `ifi_change`. */
  readonly change?: number;
  /** RTEXT_FILTER_*. */
  readonly extMask?: number;
  /** IFLA_EVENT_*. */
  readonly event?: number;
  /** The id by which the reader named the namespace, or -1. */
  readonly targetNsid?: number;
  /** Where the device goes: id of the namespace (or null) and its ifindex there. */
  readonly newNsid?: number | null;
  readonly newIfindex?: number;
}

/** `struct rtnl_link_stats64` in order. */
function stats(dev: NetDevice): readonly number[] {
  dev.netdevOps.getStats?.(dev);
  const s = dev.stats;
  return [
    s.rxPackets, s.txPackets, s.rxBytes, s.txBytes, s.rxErrors, s.txErrors, s.rxDropped, s.txDropped, s.multicast, s.collisions, s.rxLengthErrors, s.rxOverErrors,
    s.rxCrcErrors, s.rxFrameErrors, s.rxFifoErrors, s.rxMissedErrors, s.txAbortedErrors, s.txCarrierErrors, s.txFifoErrors, s.txHeartbeatErrors, s.txWindowErrors,
    s.rxCompressed, s.txCompressed, s.rxNohandler, s.rxOtherhostDropped,
  ];
}

/** Writes the counters of a device as attribute `type`: `struct rtnl_link_stats64`. Returns them. */
export function linkStats64(w: NlWriter, type: number, dev: NetDevice): readonly number[] {
  const s = stats(dev);
  let off = w.reserveAttr(type, s.length * 8);
  for (const v of s) {
    w.view.setUint32(off, v >>> 0, true);
    w.view.setUint32(off + 4, Math.floor(v / 0x1_0000_0000), true);
    off += 8;
  }
  return s;
}

function fillStats(w: NlWriter, dev: NetDevice): void {
  const s = linkStats64(w, IFLA_STATS64, dev);
  // The older struct ends before the last counter and wraps at 32 bits.
  const off = w.reserveAttr(IFLA_STATS, (s.length - 1) * 4);
  for (let i = 0; i < s.length - 1; i++) w.view.setUint32(off + i * 4, s[i]! % 0x1_0000_0000, true);
}

function fillLinkinfo(w: NlWriter, dev: NetDevice, ops: RtnlLinkOps | null): void {
  const { master } = dev;
  const slaveOps = master === null ? null : rtnlLinkOps(master);
  if (ops === null && slaveOps === null) return;
  w.nestStartNoflag(IFLA_LINKINFO);
  if (ops !== null) {
    w.putString(IFLA_INFO_KIND, ops.kind);
    ops.fillXstats?.(w, dev);
    if (ops.fillInfo !== undefined) {
      w.nestStartNoflag(IFLA_INFO_DATA);
      if (ops.fillInfo(w, dev) < 0) w.nestCancel();
      else w.nestEnd();
    }
  }
  if (master !== null && slaveOps !== null) {
    w.putString(IFLA_INFO_SLAVE_KIND, slaveOps.kind);
    if (slaveOps.fillSlaveInfo !== undefined) {
      w.nestStartNoflag(IFLA_INFO_SLAVE_DATA);
      if (slaveOps.fillSlaveInfo(w, master, dev) < 0) w.nestCancel();
      else w.nestEnd();
    }
  }
  w.nestEnd();
}

function fillLink(w: NlWriter, dev: NetDevice, ops: RtnlLinkOps | null, srcNet: Net): void {
  const iflink = devGetIflink(dev);
  const linkNet = ops?.getLinkNet?.(dev) ?? dev.net;
  if (linkNet !== dev.net) {
    // The number counts in another namespace: say in which, and say it even if it happens to be the device's own.
    w.putS32(IFLA_LINK_NETNSID, peernet2idAlloc(srcNet, linkNet));
    w.putU32(IFLA_LINK, iflink);
  } else if (iflink !== dev.ifindex) w.putU32(IFLA_LINK, iflink);
}

function fillAfSpec(w: NlWriter, dev: NetDevice, extMask: number): void {
  w.nestStartNoflag(IFLA_AF_SPEC);
  for (const af of dev.kernel.get(NETLINK).afOps) {
    w.nestStartNoflag(af.family);
    if (af.fillLinkAf(w, dev, extMask) < 0) w.nestCancel();
    else w.nestEnd();
  }
  w.nestEnd();
}

function isZero(a: Uint8Array, len: number): boolean {
  for (let i = 0; i < len; i++) if (a[i] !== 0) return false;
  return true;
}

/**
 * Writes ifinfomsg and the attributes of a device into the message begun in `w`, in the kernel's order; the caller ends it.
 * @alpha
 */
export function rtnlFillIfinfo(w: NlWriter, dev: NetDevice, fill: LinkFill): void {
  const ops = rtnlLinkOps(dev);
  const head = w.reserve(IFINFOMSG_LEN);
  ifinfomsgWrite(w.view, head, { family: 0, type: dev.type, index: dev.ifindex, flags: devGetFlags(dev), change: fill.change ?? 0 });
  if ((fill.targetNsid ?? -1) >= 0) w.putS32(IFLA_TARGET_NETNSID, fill.targetNsid!);
  w.putString(IFLA_IFNAME, dev.name);
  w.putU32(IFLA_TXQLEN, dev.txQueueLen);
  w.putU8(IFLA_OPERSTATE, dev.running ? dev.operstate : IF_OPER_DOWN);
  w.putU8(IFLA_LINKMODE, dev.linkMode);
  w.putU8(IFLA_NETNS_IMMUTABLE, dev.netnsImmutable ? 1 : 0);
  w.putU32(IFLA_MTU, dev.mtu);
  w.putU32(IFLA_MIN_MTU, dev.minMtu);
  w.putU32(IFLA_MAX_MTU, dev.maxMtu);
  w.putU32(IFLA_GROUP, dev.group);
  w.putU32(IFLA_PROMISCUITY, dev.promiscuity);
  w.putU32(IFLA_ALLMULTI, dev.allmulti);
  w.putU32(IFLA_NUM_TX_QUEUES, dev.numTxQueues);
  w.putU32(IFLA_GSO_MAX_SEGS, dev.gsoMaxSegs);
  w.putU32(IFLA_GSO_MAX_SIZE, dev.gsoMaxSize);
  w.putU32(IFLA_GRO_MAX_SIZE, dev.groMaxSize);
  w.putU32(IFLA_GSO_IPV4_MAX_SIZE, dev.gsoMaxSize);
  w.putU32(IFLA_GRO_IPV4_MAX_SIZE, dev.groMaxSize);
  w.putU32(IFLA_TSO_MAX_SIZE, dev.tsoMaxSize);
  w.putU32(IFLA_TSO_MAX_SEGS, dev.tsoMaxSegs);
  w.putU32(IFLA_MAX_PACING_OFFLOAD_HORIZON, 0);
  w.putU32(IFLA_NUM_RX_QUEUES, dev.numRxQueues);
  if (dev.master !== null) w.putU32(IFLA_MASTER, dev.master.ifindex);
  w.putU8(IFLA_CARRIER, dev.carrier ? 1 : 0);
  if (dev.ifalias !== '') w.putString(IFLA_IFALIAS, dev.ifalias);
  w.putU32(IFLA_CARRIER_CHANGES, dev.carrierUpCount + dev.carrierDownCount);
  w.putU32(IFLA_CARRIER_UP_COUNT, dev.carrierUpCount);
  w.putU32(IFLA_CARRIER_DOWN_COUNT, dev.carrierDownCount);
  w.putU16(IFLA_HEADROOM, dev.neededHeadroom);
  w.putU16(IFLA_TAILROOM, dev.neededTailroom);
  w.putU8(IFLA_PROTO_DOWN, dev.protoDown ? 1 : 0);
  if ((fill.event ?? 0) !== 0) w.putU32(IFLA_EVENT, fill.event!);
  if (dev.addrLen > 0) {
    w.putBytes(IFLA_ADDRESS, dev.devAddr.subarray(0, dev.addrLen));
    w.putBytes(IFLA_BROADCAST, dev.broadcast.subarray(0, dev.addrLen));
  }
  fillStats(w, dev);
  w.nestStartNoflag(IFLA_XDP);
  w.putU8(IFLA_XDP_ATTACHED, XDP_ATTACHED_NONE);
  w.nestEnd();
  if (dev.addrLen > 0 && !isZero(dev.permAddr, dev.addrLen)) w.putBytes(IFLA_PERM_ADDRESS, dev.permAddr.subarray(0, dev.addrLen));
  fillLinkinfo(w, dev, ops);
  if (fill.newNsid !== undefined && fill.newNsid !== null) w.putS32(IFLA_NEW_NETNSID, fill.newNsid);
  if ((fill.newIfindex ?? 0) !== 0) w.putU32(IFLA_NEW_IFINDEX, fill.newIfindex!);
  fillLink(w, dev, ops, fill.srcNet);
  w.putString(IFLA_QDISC, dev.qdiscSleeping.ops.id);
  fillAfSpec(w, dev, fill.extMask ?? 0);
  w.reserveAttr(IFLA_MAP, 32);
  if (dev.altNames.length > 0) {
    w.nestStart(IFLA_PROP_LIST);
    for (const name of dev.altNames) w.putString(IFLA_ALT_IFNAME, name);
    w.nestEnd();
  }
  w.nestStart(IFLA_DEVLINK_PORT);
  w.nestEnd();
  w.nestStart(IFLA_DPLL_PIN);
  w.nestEnd();
}
