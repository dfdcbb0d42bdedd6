/** The kind `bond` of rtnetlink: IFLA_BOND_* (bond_netlink.c, bond_options.c). */
// datapath-ok-file: configuration
import { EACCES, EBUSY, EEXIST, EINVAL, ENOTEMPTY, EOPNOTSUPP, EPERM, ERANGE, type Net } from '@linnet/kernel';
import { allocNetdev, devGetByIndex, devGetByName, netifCarrierOff, type NetDevice, registerNetdevice, unregisterNetdevice } from '@linnet/netdev';
import {
  NLA_NESTED, NLA_S32, NLA_U16, NLA_U32, NLA_U8, nlSetErrMsg, nlSetErrMsgAttr, rtnlConfigureLink, type Extack, type NlaPolicy, type RtnlLinkOps, type RtnlLinkParams,
} from '@linnet/netlink';
import * as U from '@linnet/uapi';
import {
  activeAggregator, type Bond, bondGet, type BondSlave, bondSlaveGet, MODE_8023AD, MODE_ACTIVEBACKUP, MODE_ALB, MODE_ROUNDROBIN, MODE_TLB, type BondParams, LINK_UP, usesPrimary,
} from './bond.ts';
import { adUpdateKey, adUpdateSystem } from './bond-3ad.ts';
import { changeActive, selectActive } from './bond-active.ts';
import { syncSlaves } from './bond-addr.ts';
import { bondRestart, bondSetup } from './bond-device.ts';
import { etherValidate } from '../ether-link.ts';

const AD = 1 << MODE_8023AD;
const PRIMARY_MODES = (1 << MODE_ACTIVEBACKUP) | (1 << MODE_TLB) | (1 << MODE_ALB);
const ALL = 0x7f;

/** An option: its attribute, its values, when it may be set, and how (struct bond_option). */
interface Option {
  readonly attr: number;
  readonly width: 1 | 2 | 4;
  readonly min?: number;
  readonly max?: number;
  /** Modes in which it may be set, as bits. */
  readonly modes?: number;
  readonly ifDown?: boolean;
  readonly noSlaves?: boolean;
  set(bond: Bond, n: number, extack: Extack): number;
}
type Numbers = { [K in keyof BondParams]: BondParams[K] extends number ? K : never }[keyof BondParams];
const param = (attr: number, width: 1 | 2 | 4, key: Numbers, more: Partial<Option> & { after?: (b: Bond) => void } = {}): Option => ({
  attr, width, ...more,
  set(bond, n): number {
    bond.params[key] = n;
    more.after?.(bond);
    return 0;
  },
});
/** A time that counts in looks of the monitor. */
const delay = (attr: number, key: 'upDelay' | 'downDelay' | 'peerNotifDelay', max?: number): Option => ({
  attr, width: 4, ...(max === undefined ? {} : { max }),
  set(bond, n): number {
    if (bond.params.miimon === 0) return -EPERM;
    bond.params[key] = Math.floor(n / bond.params.miimon);
    return 0;
  },
});
const reselect = (b: Bond): void => {
  if (usesPrimary(b)) selectActive(b);
};

const OPTIONS: readonly Option[] = [
  { attr: U.IFLA_BOND_MODE, width: 1, max: MODE_ALB, ifDown: true, noSlaves: true, set(bond, n, extack): number {
    if (n === MODE_TLB || n === MODE_ALB) {
      nlSetErrMsg(extack, 'balance-tlb and balance-alb are not supported here');
      return -EOPNOTSUPP;
    }
    bond.params.mode = n;
    if (n === MODE_8023AD && bond.params.miimon === 0) bond.params.miimon = 100;
    return 0;
  } },
  { attr: U.IFLA_BOND_ACTIVE_SLAVE, width: 4, modes: PRIMARY_MODES, set(bond, n): number {
    if (n === 0) {
      changeActive(bond, null);
      selectActive(bond);
      return 0;
    }
    const dev = devGetByIndex(bond.dev.net, n);
    const s = dev === null ? null : bondSlaveGet(dev);
    if (s === null || s.bond !== bond) return -EINVAL;
    if (s === bond.current) return 0;
    if (bond.current !== null && !(s.link === LINK_UP && s.dev.running && s.dev.carrier)) return -EINVAL;
    changeActive(bond, s);
    return 0;
  } },
  param(U.IFLA_BOND_MIIMON, 4, 'miimon', { max: 0x7fffffff, after: bondRestart }),
  delay(U.IFLA_BOND_UPDELAY, 'upDelay'),
  delay(U.IFLA_BOND_DOWNDELAY, 'downDelay'),
  delay(U.IFLA_BOND_PEER_NOTIF_DELAY, 'peerNotifDelay', 300_000),
  { attr: U.IFLA_BOND_USE_CARRIER, width: 1, set(_bond, n, extack): number {
    if (n === 1) return 0;
    nlSetErrMsg(extack, 'option obsolete, use_carrier cannot be disabled');
    return -EINVAL;
  } },
  { attr: U.IFLA_BOND_ARP_INTERVAL, width: 4, set(_bond, n, extack): number {
    if (n === 0) return 0;
    nlSetErrMsg(extack, 'ARP monitoring is not supported here');
    return -EOPNOTSUPP;
  } },
  param(U.IFLA_BOND_ARP_VALIDATE, 4, 'arpValidate', { max: 0, modes: ALL & ~(AD | (1 << MODE_TLB) | (1 << MODE_ALB)) }),
  param(U.IFLA_BOND_ARP_ALL_TARGETS, 4, 'arpAllTargets', { max: 1 }),
  { attr: U.IFLA_BOND_PRIMARY, width: 4, modes: PRIMARY_MODES, set(bond, n): number {
    const dev = devGetByIndex(bond.dev.net, n);
    bond.primaryName = dev?.name ?? '';
    bond.primary = bond.slaves.find((s) => s.dev === dev) ?? null;
    bond.forcePrimary = bond.primary !== null;
    reselect(bond);
    return 0;
  } },
  param(U.IFLA_BOND_PRIMARY_RESELECT, 1, 'primaryReselect', { max: 2, after: reselect }),
  param(U.IFLA_BOND_FAIL_OVER_MAC, 1, 'failOverMac', { max: 1, noSlaves: true }),
  param(U.IFLA_BOND_XMIT_HASH_POLICY, 1, 'xmitPolicy', { max: 5 }),
  param(U.IFLA_BOND_RESEND_IGMP, 4, 'resendIgmp', { max: 255 }),
  param(U.IFLA_BOND_NUM_PEER_NOTIF, 1, 'numPeerNotif'),
  param(U.IFLA_BOND_ALL_SLAVES_ACTIVE, 1, 'allSlavesActive', { max: 1, after: (b) => {
    for (const s of b.slaves) s.inactive = s.backup && b.params.allSlavesActive === 0;
  } }),
  param(U.IFLA_BOND_MIN_LINKS, 4, 'minLinks', { max: 0x7fffffff }),
  param(U.IFLA_BOND_LP_INTERVAL, 4, 'lpInterval', { min: 1, max: 0x7fffffff }),
  param(U.IFLA_BOND_PACKETS_PER_SLAVE, 4, 'packetsPerSlave', { max: 0xffff, modes: 1 << MODE_ROUNDROBIN }),
  param(U.IFLA_BOND_AD_LACP_ACTIVE, 1, 'lacpActive', { max: 1, modes: AD, ifDown: true }),
  param(U.IFLA_BOND_AD_LACP_RATE, 1, 'lacpFast', { max: 1, modes: AD, ifDown: true, after: (b) => {
    for (const { port } of b.slaves) if (port !== null) port.actor.state = b.params.lacpFast !== 0 ? port.actor.state | 2 : port.actor.state & ~2;
  } }),
  param(U.IFLA_BOND_AD_SELECT, 1, 'adSelect', { max: 2, ifDown: true }),
  param(U.IFLA_BOND_AD_ACTOR_SYS_PRIO, 2, 'adActorSysPrio', { min: 1, modes: AD, after: adUpdateSystem }),
  param(U.IFLA_BOND_AD_USER_PORT_KEY, 2, 'adUserPortKey', { max: 1023, modes: AD, ifDown: true, after: (b) => {
    for (const { port } of b.slaves) if (port !== null) adUpdateKey(port);
  } }),
  param(U.IFLA_BOND_TLB_DYNAMIC_LB, 1, 'tlbDynamicLb', { max: 1, modes: (1 << MODE_TLB) | (1 << MODE_ALB), ifDown: true }),
  param(U.IFLA_BOND_MISSED_MAX, 1, 'missedMax', { min: 1, modes: ALL & ~(AD | (1 << MODE_TLB) | (1 << MODE_ALB)) }),
  param(U.IFLA_BOND_COUPLED_CONTROL, 1, 'coupledControl', { min: 1, max: 1, modes: AD, ifDown: true }),
];

const WIDTH = { 1: NLA_U8, 2: NLA_U16, 4: NLA_U32 } as const;
const RULES: Record<number, NlaPolicy> = Object.fromEntries(OPTIONS.map((o) => [o.attr, { type: WIDTH[o.width] }]));
RULES[U.IFLA_BOND_ARP_IP_TARGET] = { type: NLA_NESTED };
RULES[U.IFLA_BOND_NS_IP6_TARGET] = { type: NLA_NESTED };
RULES[U.IFLA_BOND_AD_INFO] = { type: NLA_NESTED };
RULES[U.IFLA_BOND_AD_ACTOR_SYSTEM] = { type: 0, len: U.ETH_ALEN };

/** May it be set now (bond_opt_check_deps)? */
function allowed(bond: Bond, o: Option, n: number): number {
  if (o.modes !== undefined && (o.modes & (1 << bond.params.mode)) === 0) return -EACCES;
  if (o.noSlaves === true && bond.slaves.length > 0) return -ENOTEMPTY;
  if (o.ifDown === true && (bond.dev.flags & U.IFF_UP) !== 0) return -EBUSY;
  return n < (o.min ?? 0) || n > (o.max ?? Infinity) ? -EINVAL : 0;
}

/** Says why an option was refused (bond_opt_error_interpret). */
function explain(extack: Extack, nla: number, err: number): void {
  if (err === -EINVAL) nlSetErrMsgAttr(extack, nla, 'invalid option value');
  else if (err === -EACCES) nlSetErrMsgAttr(extack, nla, 'option not supported in mode');
  else if (err === -ENOTEMPTY) nlSetErrMsgAttr(extack, nla, 'unable to set option because the bond device has slaves');
  else if (err === -EBUSY) nlSetErrMsgAttr(extack, nla, 'unable to set option because the bond device is up');
}

function changelink(dev: NetDevice, p: RtnlLinkParams, extack: Extack): number {
  const bond = bondGet(dev)!;
  const { data } = p;
  const { view, u8 } = p.req;
  for (const o of OPTIONS) {
    const nla = data[o.attr] ?? 0;
    if (nla === 0) continue;
    const n = o.width === 1 ? U.nlaGetU8(view, nla) : o.width === 2 ? U.nlaGetU16(view, nla) : U.nlaGetU32(view, nla);
    const check = allowed(bond, o, n);
    const err = check < 0 ? check : o.set(bond, n, extack);
    if (err < 0) {
      if (check < 0) explain(extack, nla, err);
      return err;
    }
  }
  const system = data[U.IFLA_BOND_AD_ACTOR_SYSTEM] ?? 0;
  if (system !== 0) {
    if (bond.params.mode !== MODE_8023AD) {
      explain(extack, system, -EACCES);
      return -EACCES;
    }
    if (U.nlaLen(view, system) !== U.ETH_ALEN) return -EINVAL;
    const addr = u8.slice(system + 4, system + 10);
    if ((addr[0]! & 1) !== 0) {
      explain(extack, system, -EINVAL);
      return -EINVAL;
    }
    bond.params.adActorSystem.set(addr);
    adUpdateSystem(bond);
  }
  for (const a of [U.IFLA_BOND_ARP_IP_TARGET, U.IFLA_BOND_NS_IP6_TARGET]) {
    if ((data[a] ?? 0) === 0 || U.nlaLen(view, data[a]!) === 0) continue;
    nlSetErrMsgAttr(extack, data[a]!, 'ARP monitoring is not supported here');
    return -EOPNOTSUPP;
  }
  syncSlaves(bond);
  return 0;
}

function newlink(_net: Net, dev: NetDevice, p: RtnlLinkParams, extack: Extack): number {
  let err = p.data.length > 0 ? changelink(dev, p, extack) : 0;
  if (err < 0) return err;
  err = registerNetdevice(dev);
  if (err >= 0) netifCarrierOff(dev);
  return err;
}

function fillInfo(w: U.NlWriter, dev: NetDevice): number {
  const bond = bondGet(dev)!;
  const { params: q } = bond;
  const ms = (looks: number): number => looks * q.miimon;
  w.putU8(U.IFLA_BOND_MODE, q.mode);
  if (usesPrimary(bond) && bond.current !== null) w.putU32(U.IFLA_BOND_ACTIVE_SLAVE, bond.current.dev.ifindex);
  w.putU32(U.IFLA_BOND_MIIMON, q.miimon);
  w.putU32(U.IFLA_BOND_UPDELAY, ms(q.upDelay));
  w.putU32(U.IFLA_BOND_DOWNDELAY, ms(q.downDelay));
  w.putU32(U.IFLA_BOND_PEER_NOTIF_DELAY, ms(q.peerNotifDelay));
  w.putU8(U.IFLA_BOND_USE_CARRIER, q.useCarrier);
  w.putU32(U.IFLA_BOND_ARP_INTERVAL, 0);
  w.putU32(U.IFLA_BOND_ARP_VALIDATE, q.arpValidate);
  w.putU32(U.IFLA_BOND_ARP_ALL_TARGETS, q.arpAllTargets);
  if (bond.primary !== null) w.putU32(U.IFLA_BOND_PRIMARY, bond.primary.dev.ifindex);
  w.putU8(U.IFLA_BOND_PRIMARY_RESELECT, q.primaryReselect);
  w.putU8(U.IFLA_BOND_FAIL_OVER_MAC, q.failOverMac);
  w.putU8(U.IFLA_BOND_XMIT_HASH_POLICY, q.xmitPolicy);
  w.putU32(U.IFLA_BOND_RESEND_IGMP, q.resendIgmp);
  w.putU8(U.IFLA_BOND_NUM_PEER_NOTIF, q.numPeerNotif);
  w.putU8(U.IFLA_BOND_ALL_SLAVES_ACTIVE, q.allSlavesActive);
  w.putU32(U.IFLA_BOND_MIN_LINKS, q.minLinks);
  w.putU32(U.IFLA_BOND_LP_INTERVAL, q.lpInterval);
  w.putU32(U.IFLA_BOND_PACKETS_PER_SLAVE, q.packetsPerSlave);
  w.putU8(U.IFLA_BOND_AD_LACP_ACTIVE, q.lacpActive);
  w.putU8(U.IFLA_BOND_AD_LACP_RATE, q.lacpFast);
  w.putU8(U.IFLA_BOND_AD_SELECT, q.adSelect);
  w.putU8(U.IFLA_BOND_TLB_DYNAMIC_LB, q.tlbDynamicLb);
  w.putU8(U.IFLA_BOND_MISSED_MAX, q.missedMax);
  w.putU8(U.IFLA_BOND_COUPLED_CONTROL, q.coupledControl);
  if (q.mode !== MODE_8023AD) return 0;
  w.putU16(U.IFLA_BOND_AD_ACTOR_SYS_PRIO, q.adActorSysPrio);
  w.putU16(U.IFLA_BOND_AD_USER_PORT_KEY, q.adUserPortKey);
  w.putBytes(U.IFLA_BOND_AD_ACTOR_SYSTEM, q.adActorSystem);
  const agg = activeAggregator(bond);
  if (agg !== null) {
    w.nestStartNoflag(U.IFLA_BOND_AD_INFO);
    w.putU16(U.IFLA_BOND_AD_INFO_AGGREGATOR, agg.id);
    w.putU16(U.IFLA_BOND_AD_INFO_NUM_PORTS, agg.ports.length);
    w.putU16(U.IFLA_BOND_AD_INFO_ACTOR_KEY, agg.key);
    w.putU16(U.IFLA_BOND_AD_INFO_PARTNER_KEY, agg.partnerKey);
    w.putBytes(U.IFLA_BOND_AD_INFO_PARTNER_MAC, agg.partnerSystem);
    w.nestEnd();
  }
  return 0;
}

function fillSlaveInfo(w: U.NlWriter, _dev: NetDevice, slave: NetDevice): number {
  const s = bondSlaveGet(slave);
  if (s === null) return 0;
  w.putU8(U.IFLA_BOND_SLAVE_STATE, s.backup ? 1 : 0);
  w.putU8(U.IFLA_BOND_SLAVE_MII_STATUS, s.link);
  w.putU32(U.IFLA_BOND_SLAVE_LINK_FAILURE_COUNT, s.linkFailureCount);
  w.putBytes(U.IFLA_BOND_SLAVE_PERM_HWADDR, s.permAddr);
  w.putU16(U.IFLA_BOND_SLAVE_QUEUE_ID, s.queueId);
  w.putU32(U.IFLA_BOND_SLAVE_PRIO, s.prio);
  if (s.port === null) return 0;
  if (s.port.aggregator !== null) {
    w.putU16(U.IFLA_BOND_SLAVE_AD_AGGREGATOR_ID, s.port.aggregator.id);
    w.putU8(U.IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE, s.port.actor.state);
    w.putU16(U.IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE, s.port.partner.state);
  }
  w.putU16(U.IFLA_BOND_SLAVE_ACTOR_PORT_PRIO, s.portPriority);
  return 0;
}

function slaveChangelink(_dev: NetDevice, slave: NetDevice, p: RtnlLinkParams, extack: Extack): number {
  const s = bondSlaveGet(slave) as BondSlave;
  const { data } = p;
  const { view } = p.req;
  if (data[U.IFLA_BOND_SLAVE_QUEUE_ID] !== 0) {
    const n = U.nlaGetU16(view, data[U.IFLA_BOND_SLAVE_QUEUE_ID]!);
    // A device has one queue each way.
    if (n > 0) {
      explain(extack, data[U.IFLA_BOND_SLAVE_QUEUE_ID]!, -EINVAL);
      return -ERANGE;
    }
    s.queueId = n;
  }
  if (data[U.IFLA_BOND_SLAVE_PRIO] !== 0) {
    if (!usesPrimary(s.bond)) {
      explain(extack, data[U.IFLA_BOND_SLAVE_PRIO]!, -EACCES);
      return -EACCES;
    }
    s.prio = U.nlaGetS32(view, data[U.IFLA_BOND_SLAVE_PRIO]!);
    if (s.bond.primary === null) selectActive(s.bond);
  }
  if (data[U.IFLA_BOND_SLAVE_ACTOR_PORT_PRIO] !== 0) {
    s.portPriority = U.nlaGetU16(view, data[U.IFLA_BOND_SLAVE_ACTOR_PORT_PRIO]!);
    if (s.port !== null) {
      s.port.actor.portPriority = s.portPriority;
      s.port.ntt = true;
    }
  }
  return 0;
}

/** The kind `bond` (bond_link_ops). @alpha */
export const BOND_RTNL_OPS: RtnlLinkOps = Object.freeze({
  kind: 'bond',
  policy: { maxtype: U.IFLA_BOND_MAX, rules: RULES },
  slavePolicy: {
    maxtype: U.IFLA_BOND_SLAVE_MAX,
    rules: { [U.IFLA_BOND_SLAVE_QUEUE_ID]: { type: NLA_U16 }, [U.IFLA_BOND_SLAVE_PRIO]: { type: NLA_S32 }, [U.IFLA_BOND_SLAVE_ACTOR_PORT_PRIO]: { type: NLA_U16 } },
  },
  setup: bondSetup,
  validate: etherValidate,
  newlink,
  changelink,
  slaveChangelink,
  fillInfo,
  fillSlaveInfo,
  dellink: unregisterNetdevice,
});

/**
 * Makes a bond (`ip link add NAME type bond mode MODE miimon MS`), down; slaves join with `rtnlSetMaster` or IFLA_MASTER. Returns it, or a negative errno: -EEXIST for a
 * name in use, -EINVAL for a mode that is none.
 * @public
 */
export function bondNewlink(net: Net, name: string, opts: { readonly mode?: 'balance-rr' | 'active-backup' | 'balance-xor' | 'broadcast' | '802.3ad'; readonly miimon?: number } = {}): NetDevice | number {
  const mode = ['balance-rr', 'active-backup', 'balance-xor', 'broadcast', '802.3ad'].indexOf(opts.mode ?? 'balance-rr');
  if (mode < 0) return -EINVAL;
  if (devGetByName(net, name) !== null) return -EEXIST;
  return net.kernel.run(() => {
    const dev = allocNetdev(net, { name, setup: bondSetup });
    const { params } = bondGet(dev)!;
    params.mode = mode;
    params.miimon = opts.miimon ?? 100;
    dev.rtnlLinkOps = BOND_RTNL_OPS;
    const err = registerNetdevice(dev);
    if (err < 0) return err;
    netifCarrierOff(dev);
    rtnlConfigureLink(dev, null);
    return dev;
  });
}
