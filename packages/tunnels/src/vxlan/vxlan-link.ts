/** The kind `vxlan`: its attributes, making and changing devices (vxlan_link_ops). */
// datapath-ok-file: requests
import { EADDRNOTAVAIL, EEXIST, EINVAL, ENODEV, EOPNOTSUPP, EPFNOSUPPORT, ERANGE, type Kernel, type Net, NOTIFY_DONE } from '@linnet/kernel';
import {
  devGetByIndex, ethHwAddrRandom, ethMacAddr, etherSetup, ethValidateAddr, IFF_LIVE_ADDR_CHANGE, IFF_NO_QUEUE, NETDEV_UNREGISTER, type NetDevice, type NetDeviceOps, NETREG_UNREGISTERING,
  netifInheritTsoMax, registerNetdevice, registerNetdeviceNotifier, unregisterNetdevice,
} from '@linnet/netdev';
import {
  type Extack, NLA_BINARY, NLA_FLAG, NLA_U16, NLA_U32, NLA_U8, NLA_UNSPEC, type NlaPolicyTable, nlSetErrMsg, nlSetErrMsgAttr, type RtnlLinkOps, type RtnlLinkParams,
} from '@linnet/netlink';
import * as U from '@linnet/uapi';
import { GroCells, groCellsDisable, groCellsEnable } from '../gro-cells.ts';
import { fdbCreate, fdbDestroy, fdbFlush, fdbNotify, fdbStartAgeing, fdbVni, VXLAN_BRIDGE_OPS } from './vxlan-fdb.ts';
import { VxlanRdst } from './vxlan-fdb-table.ts';
import { vxlanSockAdd, vxlanSockPut } from './vxlan-sock.ts';
import { vxlanXmit } from './vxlan-xmit.ts';
import {
  VXLAN, type VxlanConfig, VxlanDev, VXLAN_F_COLLECT_METADATA, VXLAN_F_GBP, VXLAN_F_GPE, VXLAN_F_L2MISS, VXLAN_F_L3MISS, VXLAN_F_LEARN, VXLAN_F_LOCALBYPASS, VXLAN_F_PROXY, VXLAN_F_RCV_FLAGS,
  VXLAN_F_REMCSUM_NOPARTIAL, VXLAN_F_REMCSUM_RX, VXLAN_F_REMCSUM_TX, VXLAN_F_RSC, VXLAN_F_TTL_INHERIT, VXLAN_F_UDP_ZERO_CSUM6_RX, VXLAN_F_UDP_ZERO_CSUM6_TX, VXLAN_F_UDP_ZERO_CSUM_TX,
  VXLAN_F_VNIFILTER, VXLAN_HEADROOM, vxlanPriv,
} from './vxlan.ts';

const N_VID = 1 << 24;
const MAX_MTU = 65535;
/** Linux's port of old, and that of GPE. */
const DEFAULT_PORT = 8472;
const GPE_PORT = 4790;
/** Flags that GPE is possible with. */
const ALLOWED_GPE: number =
  VXLAN_F_GPE | VXLAN_F_UDP_ZERO_CSUM_TX | VXLAN_F_UDP_ZERO_CSUM6_TX | VXLAN_F_UDP_ZERO_CSUM6_RX | VXLAN_F_COLLECT_METADATA | VXLAN_F_VNIFILTER | VXLAN_F_LOCALBYPASS;

const VXLAN_OPS: NetDeviceOps = Object.freeze({
  open(dev: NetDevice): number {
    const v = vxlanPriv(dev);
    const err = vxlanSockAdd(v);
    if (err < 0) return err;
    groCellsEnable(v.cells!);
    fdbStartAgeing(v);
    return 0;
  },
  stop(dev: NetDevice): number {
    const v = vxlanPriv(dev);
    groCellsDisable(v.cells!);
    fdbFlush(v, false);
    vxlanSockPut(v);
    return 0;
  },
  startXmit: vxlanXmit,
  setMacAddress: ethMacAddr,
  changeMtu(dev: NetDevice, mtu: number): number {
    const v = vxlanPriv(dev);
    const lower = v.cfg.remoteIfindex === 0 ? null : devGetByIndex(v.net!, v.cfg.remoteIfindex);
    // Over a link that is known, no more than fits through.
    if (lower !== null && mtu > Math.max(lower.mtu - VXLAN_HEADROOM, U.ETH_MIN_MTU)) return -EINVAL;
    dev.mtu = mtu;
    return 0;
  },
});

/** A device without Ethernet, for GPE: the checks of an address are for those with one. */
const VXLAN_GPE_OPS: NetDeviceOps = Object.freeze({ ...VXLAN_OPS });
const VXLAN_ETHER_OPS: NetDeviceOps = Object.freeze({ ...VXLAN_OPS, validateAddr: ethValidateAddr });

function setup(dev: NetDevice): void {
  etherSetup(dev);
  dev.netdevOps = VXLAN_ETHER_OPS;
  dev.privFlags |= IFF_NO_QUEUE | IFF_LIVE_ADDR_CHANGE;
  dev.minMtu = U.ETH_MIN_MTU;
  dev.maxMtu = MAX_MTU;
  // Super-segments are cut, and checksums made, before a frame goes into the tunnel: who follows it knows nothing of what is inside.
  dev.features = 0;
  dev.hwFeatures = 0;
}

/** GPE carries packets, not frames (vxlan_raw_setup). */
function rawSetup(dev: NetDevice): void {
  dev.headerOps = null;
  dev.type = U.ARPHRD_NONE;
  dev.hardHeaderLen = 0;
  dev.addrLen = 0;
  dev.flags = U.IFF_POINTOPOINT | U.IFF_NOARP | U.IFF_MULTICAST;
  dev.netdevOps = VXLAN_GPE_OPS;
}

const u8 = { type: NLA_U8 };
const u32 = { type: NLA_U32 };
const flag = { type: NLA_FLAG };
const POLICY: NlaPolicyTable = {
  maxtype: U.IFLA_VXLAN_MAX,
  rules: {
    [U.IFLA_VXLAN_ID]: u32, [U.IFLA_VXLAN_GROUP]: { type: NLA_UNSPEC, len: 4 }, [U.IFLA_VXLAN_GROUP6]: { type: NLA_UNSPEC, len: 16 }, [U.IFLA_VXLAN_LINK]: u32,
    [U.IFLA_VXLAN_LOCAL]: { type: NLA_UNSPEC, len: 4 }, [U.IFLA_VXLAN_LOCAL6]: { type: NLA_UNSPEC, len: 16 }, [U.IFLA_VXLAN_TOS]: u8, [U.IFLA_VXLAN_TTL]: u8, [U.IFLA_VXLAN_LABEL]: u32,
    [U.IFLA_VXLAN_LEARNING]: u8, [U.IFLA_VXLAN_AGEING]: u32, [U.IFLA_VXLAN_LIMIT]: u32, [U.IFLA_VXLAN_PORT_RANGE]: { type: NLA_UNSPEC, len: 4 }, [U.IFLA_VXLAN_PROXY]: u8,
    [U.IFLA_VXLAN_RSC]: u8, [U.IFLA_VXLAN_L2MISS]: u8, [U.IFLA_VXLAN_L3MISS]: u8, [U.IFLA_VXLAN_COLLECT_METADATA]: u8, [U.IFLA_VXLAN_PORT]: { type: NLA_U16 },
    [U.IFLA_VXLAN_UDP_CSUM]: u8, [U.IFLA_VXLAN_UDP_ZERO_CSUM6_TX]: u8, [U.IFLA_VXLAN_UDP_ZERO_CSUM6_RX]: u8, [U.IFLA_VXLAN_REMCSUM_TX]: u8, [U.IFLA_VXLAN_REMCSUM_RX]: u8,
    [U.IFLA_VXLAN_GBP]: flag, [U.IFLA_VXLAN_GPE]: flag, [U.IFLA_VXLAN_REMCSUM_NOPARTIAL]: flag, [U.IFLA_VXLAN_TTL_INHERIT]: flag, [U.IFLA_VXLAN_DF]: u8,
    [U.IFLA_VXLAN_VNIFILTER]: u8, [U.IFLA_VXLAN_LOCALBYPASS]: { type: NLA_U8, max: 1 }, [U.IFLA_VXLAN_LABEL_POLICY]: { type: NLA_U32, max: 1 },
    [U.IFLA_VXLAN_RESERVED_BITS]: { type: NLA_BINARY, len: 8, exact: true }, [U.IFLA_VXLAN_MC_ROUTE]: { type: NLA_U8, max: 1 },
  },
};

/** Is IFLA_INFO_DATA there at all? */
function hasData(p: RtnlLinkParams): boolean {
  const info = p.tb[U.IFLA_LINKINFO]!;
  return info !== 0 && U.nlaFind(p.req.view, info + 4, U.nlaLen(p.req.view, info), U.IFLA_INFO_DATA) !== 0;
}

function validate(tb: Int32Array, data: Int32Array, p: RtnlLinkParams): number {
  const { view, extack } = p.req;
  const refuse = (nla: number, msg: string, errno: number = EINVAL): number => {
    nlSetErrMsgAttr(extack, nla, msg);
    return -errno;
  };
  if (tb[U.IFLA_ADDRESS] !== 0) {
    if (U.nlaLen(view, tb[U.IFLA_ADDRESS]!) !== U.ETH_ALEN) return refuse(tb[U.IFLA_ADDRESS]!, 'Provided link layer address is not Ethernet');
    if (!U.isValidEtherAddr(U.nlaGetBytes(view, tb[U.IFLA_ADDRESS]!), 0)) return refuse(tb[U.IFLA_ADDRESS]!, 'Provided Ethernet address is not unicast', EADDRNOTAVAIL);
  }
  if (tb[U.IFLA_MTU] !== 0) {
    const mtu = U.nlaGetU32(view, tb[U.IFLA_MTU]!);
    if (mtu < U.ETH_MIN_MTU || mtu > MAX_MTU) return refuse(tb[U.IFLA_MTU]!, 'MTU must be between 68 and 65535');
  }
  if (!hasData(p)) {
    nlSetErrMsg(extack, 'Required attributes not provided to perform the operation');
    return -EINVAL;
  }
  if (data[U.IFLA_VXLAN_ID] !== 0 && U.nlaGetU32(view, data[U.IFLA_VXLAN_ID]!) >= N_VID) {
    return refuse(data[U.IFLA_VXLAN_ID]!, 'VXLAN ID must be lower than 16777216', ERANGE);
  }
  const range = data[U.IFLA_VXLAN_PORT_RANGE]!;
  if (range !== 0 && view.getUint16(range + 6) < view.getUint16(range + 4)) return refuse(range, 'Invalid source port range');
  if (data[U.IFLA_VXLAN_DF] !== 0 && U.nlaGetU8(view, data[U.IFLA_VXLAN_DF]!) > U.VXLAN_DF_MAX) return refuse(data[U.IFLA_VXLAN_DF]!, 'Invalid DF attribute');
  return 0;
}

/** Attributes that are flags of the configuration: which flag, may it change, is it turned round, what a refusal calls it. */
const FLAGS: readonly (readonly [attr: number, flag: number, changeable: boolean, name: string])[] = [
  [U.IFLA_VXLAN_TTL_INHERIT, VXLAN_F_TTL_INHERIT, false, 'TTL_INHERIT'], [U.IFLA_VXLAN_LEARNING, VXLAN_F_LEARN, true, 'LEARNING'], [U.IFLA_VXLAN_PROXY, VXLAN_F_PROXY, false, 'PROXY'],
  [U.IFLA_VXLAN_RSC, VXLAN_F_RSC, false, 'RSC'], [U.IFLA_VXLAN_L2MISS, VXLAN_F_L2MISS, false, 'L2MISS'], [U.IFLA_VXLAN_L3MISS, VXLAN_F_L3MISS, false, 'L3MISS'],
  [U.IFLA_VXLAN_COLLECT_METADATA, VXLAN_F_COLLECT_METADATA, false, 'COLLECT_METADATA'], [U.IFLA_VXLAN_LOCALBYPASS, VXLAN_F_LOCALBYPASS, true, 'LOCALBYPASS'],
  [U.IFLA_VXLAN_UDP_ZERO_CSUM6_TX, VXLAN_F_UDP_ZERO_CSUM6_TX, false, 'UDP_ZERO_CSUM6_TX'], [U.IFLA_VXLAN_UDP_ZERO_CSUM6_RX, VXLAN_F_UDP_ZERO_CSUM6_RX, false, 'UDP_ZERO_CSUM6_RX'],
  [U.IFLA_VXLAN_REMCSUM_TX, VXLAN_F_REMCSUM_TX, false, 'REMCSUM_TX'], [U.IFLA_VXLAN_REMCSUM_RX, VXLAN_F_REMCSUM_RX, false, 'REMCSUM_RX'], [U.IFLA_VXLAN_GBP, VXLAN_F_GBP, false, 'GBP'],
  [U.IFLA_VXLAN_GPE, VXLAN_F_GPE, false, 'GPE'], [U.IFLA_VXLAN_REMCSUM_NOPARTIAL, VXLAN_F_REMCSUM_NOPARTIAL, false, 'REMCSUM_NOPARTIAL'],
];

/** Takes one flag in (vxlan_nl2flag). */
function flagOf(p: RtnlLinkParams, c: VxlanConfig, change: boolean, f: (typeof FLAGS)[number]): number {
  const [attr, bit, changeable, name] = f;
  const nla = p.data[attr]!;
  if (nla === 0) return 0;
  const on = POLICY.rules[attr]!.type === NLA_FLAG || U.nlaGetU8(p.req.view, nla) !== 0;
  if (change && !changeable && on !== ((c.flags & bit) !== 0)) {
    nlSetErrMsg(p.req.extack, `vxlan: cannot change ${name} flag`);
    return -EOPNOTSUPP;
  }
  c.flags = on ? c.flags | bit : c.flags & ~bit;
  return 0;
}

/** The bits of the header that a configuration uses; the rest must be 0. */
function reservedBits(p: RtnlLinkParams, c: VxlanConfig): number {
  const { view, extack } = p.req;
  const { data } = p;
  let usedFlags = 0x08000000;
  let usedVni = 0xffffff00 | 0;
  if (data[U.IFLA_VXLAN_REMCSUM_RX] !== 0 && (c.flags & VXLAN_F_REMCSUM_RX) !== 0) {
    usedFlags |= 0x00200000;
    usedVni |= 0xff;
  }
  if (data[U.IFLA_VXLAN_GBP] !== 0) usedFlags |= 0x80ffffff | 0;
  if (data[U.IFLA_VXLAN_GPE] !== 0) usedFlags |= 0x350000ff;
  const nla = data[U.IFLA_VXLAN_RESERVED_BITS]!;
  if (nla === 0) {
    c.reservedFlags = ~usedFlags;
    c.reservedVni = ~usedVni;
    return 0;
  }
  const flags = view.getInt32(nla + 4);
  const vni = view.getInt32(nla + 8);
  if ((flags & usedFlags) !== 0 || (vni & usedVni) !== 0) {
    const hex = (a: number, b: number): string => `0x${(a >>> 0).toString(16).padStart(8, '0')}${(b >>> 0).toString(16).padStart(8, '0')}`;
    nlSetErrMsgAttr(extack, nla, `Used bits ${hex(usedFlags, usedVni)} cannot overlap reserved bits ${hex(flags, vni)}`);
    return -EINVAL;
  }
  c.reservedFlags = flags;
  c.reservedVni = vni;
  return 0;
}

/** Reads a request over a configuration (vxlan_nl2conf). */
function readConfig(p: RtnlLinkParams, c: VxlanConfig, change: boolean, extack: Extack): number {
  const { view } = p.req;
  const { data, tb } = p;
  const has = (t: number): boolean => data[t] !== 0;
  const at = (t: number): number => data[t]!;
  const cannot = (what: string): number => {
    nlSetErrMsg(extack, `Cannot change ${what}`);
    return -EOPNOTSUPP;
  };
  if (has(U.IFLA_VXLAN_ID)) {
    const vni = U.nlaGetU32(view, at(U.IFLA_VXLAN_ID));
    if (change && vni !== c.vni) return cannot('VNI');
    c.vni = vni;
  }
  for (const t of [U.IFLA_VXLAN_GROUP6, U.IFLA_VXLAN_LOCAL6]) {
    if (!has(t)) continue;
    nlSetErrMsgAttr(extack, at(t), 'IPv6 support not enabled in the kernel');
    return -EPFNOSUPPORT;
  }
  if (has(U.IFLA_VXLAN_GROUP)) c.remoteIp = view.getInt32(at(U.IFLA_VXLAN_GROUP) + 4);
  if (has(U.IFLA_VXLAN_LOCAL)) c.saddr = view.getInt32(at(U.IFLA_VXLAN_LOCAL) + 4);
  if (has(U.IFLA_VXLAN_LINK)) c.remoteIfindex = U.nlaGetU32(view, at(U.IFLA_VXLAN_LINK));
  if (has(U.IFLA_VXLAN_TOS)) c.tos = U.nlaGetU8(view, at(U.IFLA_VXLAN_TOS));
  if (has(U.IFLA_VXLAN_TTL)) c.ttl = U.nlaGetU8(view, at(U.IFLA_VXLAN_TTL));
  if (has(U.IFLA_VXLAN_LABEL)) c.label = view.getUint32(at(U.IFLA_VXLAN_LABEL) + 4) & 0xfffff;
  if (has(U.IFLA_VXLAN_LABEL_POLICY)) c.labelPolicy = U.nlaGetU32(view, at(U.IFLA_VXLAN_LABEL_POLICY));
  let err = flagOf(p, c, change, FLAGS[0]!);
  if (err < 0) return err;
  err = flagOf(p, c, change, FLAGS[1]!);
  if (err < 0) return err;
  if (has(U.IFLA_VXLAN_AGEING)) c.ageInterval = U.nlaGetU32(view, at(U.IFLA_VXLAN_AGEING));
  for (const f of FLAGS.slice(2, 6)) {
    err = flagOf(p, c, change, f);
    if (err < 0) return err;
  }
  if (has(U.IFLA_VXLAN_LIMIT)) {
    if (change) return cannot('limit');
    c.addrmax = U.nlaGetU32(view, at(U.IFLA_VXLAN_LIMIT));
  }
  for (const f of FLAGS.slice(6, 8)) {
    err = flagOf(p, c, change, f);
    if (err < 0) return err;
  }
  if (has(U.IFLA_VXLAN_PORT_RANGE)) {
    if (change) return cannot('port range');
    c.portMin = view.getUint16(at(U.IFLA_VXLAN_PORT_RANGE) + 4);
    c.portMax = view.getUint16(at(U.IFLA_VXLAN_PORT_RANGE) + 6);
  }
  if (has(U.IFLA_VXLAN_PORT)) {
    if (change) return cannot('port');
    c.dstPort = U.nlaGetBe16(view, at(U.IFLA_VXLAN_PORT));
  }
  if (has(U.IFLA_VXLAN_UDP_CSUM)) {
    if (change) return cannot('UDP_CSUM flag');
    if (U.nlaGetU8(view, at(U.IFLA_VXLAN_UDP_CSUM)) === 0) c.flags |= VXLAN_F_UDP_ZERO_CSUM_TX;
  }
  for (const f of FLAGS.slice(8)) {
    err = flagOf(p, c, change, f);
    if (err < 0) return err;
  }
  if (tb[U.IFLA_MTU] !== 0) {
    if (change) return cannot('mtu');
    c.mtu = U.nlaGetU32(view, tb[U.IFLA_MTU]!);
  }
  if (has(U.IFLA_VXLAN_DF)) c.df = U.nlaGetU8(view, at(U.IFLA_VXLAN_DF));
  if (has(U.IFLA_VXLAN_VNIFILTER)) {
    err = flagOf(p, c, change, [U.IFLA_VXLAN_VNIFILTER, VXLAN_F_VNIFILTER, false, 'VNIFILTER']);
    if (err < 0) return err;
    if ((c.flags & (VXLAN_F_VNIFILTER | VXLAN_F_COLLECT_METADATA)) === VXLAN_F_VNIFILTER) {
      nlSetErrMsgAttr(extack, at(U.IFLA_VXLAN_VNIFILTER), 'vxlan vnifilter only valid in collect metadata mode');
      return -EINVAL;
    }
  }
  return reservedBits(p, c);
}

/** Does a configuration make sense here? Fills in the port (vxlan_config_validate). The link that it names, null without, or a negative errno. */
function checkConfig(net: Net, c: VxlanConfig, old: VxlanDev | null, extack: Extack): NetDevice | null | number {
  const refuse = (msg: string, errno: number = EINVAL): number => {
    nlSetErrMsg(extack, msg);
    return -errno;
  };
  if ((c.flags & VXLAN_F_GPE) !== 0 && ((c.flags & ~ALLOWED_GPE) !== 0 || (c.flags & VXLAN_F_COLLECT_METADATA) === 0)) {
    return refuse('VXLAN GPE does not support this combination of attributes');
  }
  if (U.ipv4IsMulticast(c.saddr)) return refuse('Local address cannot be multicast');
  if (c.label !== 0) return refuse('Label attribute only applies to IPv6 VXLAN devices');
  let lower: NetDevice | null = null;
  if (c.remoteIfindex !== 0) {
    lower = devGetByIndex(net, c.remoteIfindex);
    if (lower === null) return refuse('Invalid local interface, device not found', ENODEV);
  } else if (U.ipv4IsMulticast(c.remoteIp)) return refuse('Local interface required for multicast remote destination');
  if (c.dstPort === 0) c.dstPort = (c.flags & VXLAN_F_GPE) !== 0 ? GPE_PORT : DEFAULT_PORT;
  for (const d of net.get(VXLAN).devs) {
    if (d === old || d.cfg.vni !== c.vni || d.cfg.dstPort !== c.dstPort || ((d.cfg.flags ^ c.flags) & VXLAN_F_RCV_FLAGS) !== 0) continue;
    return refuse('A VXLAN device with the specified VNI already exists', EEXIST);
  }
  return lower;
}

/** Gives a device its configuration (vxlan_config_apply). */
function apply(dev: NetDevice, c: VxlanConfig, lower: NetDevice | null, fresh: boolean): number {
  const v = vxlanPriv(dev);
  let headroom = VXLAN_HEADROOM - ((c.flags & VXLAN_F_GPE) !== 0 ? U.ETH_HLEN : 0);
  if (fresh) {
    if ((c.flags & VXLAN_F_GPE) !== 0) rawSetup(dev);
    if (lower !== null) {
      netifInheritTsoMax(dev, lower);
      dev.mtu = Math.max(lower.mtu - headroom, U.ETH_MIN_MTU);
      dev.neededHeadroom = lower.hardHeaderLen + lower.neededHeadroom + headroom;
    } else {
      // What metadata say may need an IPv6 header.
      if ((c.flags & VXLAN_F_COLLECT_METADATA) !== 0) headroom += 20;
      dev.neededHeadroom = U.ETH_HLEN + headroom;
    }
    if (c.mtu !== 0) dev.mtu = lower === null ? c.mtu : Math.min(c.mtu, Math.max(lower.mtu - headroom, U.ETH_MIN_MTU));
  } else if (lower !== null) {
    // Another link: no more than fits through it.
    netifInheritTsoMax(dev, lower);
    dev.mtu = Math.min(dev.mtu, Math.max(lower.mtu - headroom, U.ETH_MIN_MTU));
    dev.neededHeadroom = lower.hardHeaderLen + lower.neededHeadroom + headroom;
  }
  v.cfg = c;
  return 0;
}

/** The entry of frames whose address nobody knows: to where the configuration says, or none. */
function defaultEntry(v: VxlanDev, old: VxlanConfig | null): void {
  if (old !== null && old.remoteIp !== 0) {
    const f = v.fdb.find(0, 0, fdbVni(v, old.vni));
    const r = f?.find(old.remoteIp, old.dstPort, old.vni, old.remoteIfindex) ?? null;
    if (f !== null && r !== null) {
      if (f.remotes.length === 1) fdbDestroy(v, f, true);
      else {
        f.remotes.splice(f.remotes.indexOf(r), 1);
        fdbNotify(v, f, r, U.RTM_DELNEIGH);
      }
    }
  }
  if (v.cfg.remoteIp === 0) return;
  const r = new VxlanRdst(v.cfg.remoteIp, v.cfg.dstPort, v.cfg.vni, v.cfg.remoteIfindex);
  const f = v.fdb.find(0, 0, fdbVni(v, v.cfg.vni));
  if (f !== null) f.remotes.push(r);
  const made = f ?? fdbCreate(v, 0, 0, fdbVni(v, v.cfg.vni), r, U.NUD_REACHABLE | U.NUD_PERMANENT, U.NTF_SELF);
  if (typeof made !== 'number') fdbNotify(v, made, r, U.RTM_NEWNEIGH);
}

function newlink(_net: Net, dev: NetDevice, p: RtnlLinkParams, extack: Extack): number {
  const v = vxlanPriv(dev);
  v.dev = dev;
  v.net = p.linkNet;
  const c = v.cfg.copy();
  let err = readConfig(p, c, false, extack);
  if (err < 0) return err;
  const lower = checkConfig(p.linkNet, c, null, extack);
  if (typeof lower === 'number') return lower;
  apply(dev, c, lower, true);
  v.cells = new GroCells(dev);
  if (dev.addrLen > 0 && p.tb[U.IFLA_ADDRESS] === 0) ethHwAddrRandom(dev);
  err = registerNetdevice(dev);
  if (err < 0) return err;
  v.net.get(VXLAN).devs.push(v);
  defaultEntry(v, null);
  return 0;
}

function changelink(dev: NetDevice, p: RtnlLinkParams, extack: Extack): number {
  const v = vxlanPriv(dev);
  const old = v.cfg;
  const c = old.copy();
  const err = readConfig(p, c, true, extack);
  if (err < 0) return err;
  const lower = checkConfig(v.net!, c, v, extack);
  if (typeof lower === 'number') return lower;
  const up = dev.running;
  const moved = c.remoteIp !== old.remoteIp || c.remoteIfindex !== old.remoteIfindex;
  // Another group is another membership.
  if (up && moved) vxlanSockPut(v);
  apply(dev, c, lower, false);
  if (moved) defaultEntry(v, old);
  return up && moved ? vxlanSockAdd(v) : 0;
}

function dellink(dev: NetDevice): void {
  const v = vxlanPriv(dev);
  const { devs } = v.net!.get(VXLAN);
  const i = devs.indexOf(v);
  if (i >= 0) devs.splice(i, 1);
  fdbFlush(v, true);
  unregisterNetdevice(dev);
}

function fillInfo(w: U.NlWriter, dev: NetDevice): number {
  const c = vxlanPriv(dev).cfg;
  const bit = (t: number, f: number): void => w.putU8(t, (c.flags & f) !== 0 ? 1 : 0);
  w.putU32(U.IFLA_VXLAN_ID, c.vni);
  if (c.remoteIp !== 0) w.putInAddr(U.IFLA_VXLAN_GROUP, c.remoteIp);
  if (c.remoteIfindex !== 0) w.putU32(U.IFLA_VXLAN_LINK, c.remoteIfindex);
  if (c.saddr !== 0) w.putInAddr(U.IFLA_VXLAN_LOCAL, c.saddr);
  w.putU8(U.IFLA_VXLAN_TTL, c.ttl);
  bit(U.IFLA_VXLAN_TTL_INHERIT, VXLAN_F_TTL_INHERIT);
  w.putU8(U.IFLA_VXLAN_TOS, c.tos);
  w.putU8(U.IFLA_VXLAN_DF, c.df);
  w.putBe32(U.IFLA_VXLAN_LABEL, c.label);
  w.putU32(U.IFLA_VXLAN_LABEL_POLICY, c.labelPolicy);
  bit(U.IFLA_VXLAN_LEARNING, VXLAN_F_LEARN);
  bit(U.IFLA_VXLAN_PROXY, VXLAN_F_PROXY);
  bit(U.IFLA_VXLAN_RSC, VXLAN_F_RSC);
  bit(U.IFLA_VXLAN_L2MISS, VXLAN_F_L2MISS);
  bit(U.IFLA_VXLAN_L3MISS, VXLAN_F_L3MISS);
  bit(U.IFLA_VXLAN_COLLECT_METADATA, VXLAN_F_COLLECT_METADATA);
  w.putU32(U.IFLA_VXLAN_AGEING, c.ageInterval);
  w.putU32(U.IFLA_VXLAN_LIMIT, c.addrmax);
  w.putBe16(U.IFLA_VXLAN_PORT, c.dstPort);
  w.putU8(U.IFLA_VXLAN_UDP_CSUM, (c.flags & VXLAN_F_UDP_ZERO_CSUM_TX) === 0 ? 1 : 0);
  bit(U.IFLA_VXLAN_UDP_ZERO_CSUM6_TX, VXLAN_F_UDP_ZERO_CSUM6_TX);
  bit(U.IFLA_VXLAN_UDP_ZERO_CSUM6_RX, VXLAN_F_UDP_ZERO_CSUM6_RX);
  bit(U.IFLA_VXLAN_REMCSUM_TX, VXLAN_F_REMCSUM_TX);
  bit(U.IFLA_VXLAN_REMCSUM_RX, VXLAN_F_REMCSUM_RX);
  bit(U.IFLA_VXLAN_LOCALBYPASS, VXLAN_F_LOCALBYPASS);
  const o = w.reserveAttr(U.IFLA_VXLAN_PORT_RANGE, 4);
  w.view.setUint16(o, c.portMin);
  w.view.setUint16(o + 2, c.portMax);
  if ((c.flags & VXLAN_F_GBP) !== 0) w.putFlag(U.IFLA_VXLAN_GBP);
  if ((c.flags & VXLAN_F_GPE) !== 0) w.putFlag(U.IFLA_VXLAN_GPE);
  if ((c.flags & VXLAN_F_REMCSUM_NOPARTIAL) !== 0) w.putFlag(U.IFLA_VXLAN_REMCSUM_NOPARTIAL);
  if ((c.flags & VXLAN_F_VNIFILTER) !== 0) w.putU8(U.IFLA_VXLAN_VNIFILTER, 1);
  const r = w.reserveAttr(U.IFLA_VXLAN_RESERVED_BITS, 8);
  w.view.setInt32(r, c.reservedFlags);
  w.view.setInt32(r + 4, c.reservedVni);
  return 0;
}

/** The kind `vxlan` (vxlan_link_ops). @alpha */
export const VXLAN_RTNL_OPS: RtnlLinkOps = Object.freeze({
  kind: 'vxlan',
  policy: POLICY,
  alloc: (): VxlanDev => new VxlanDev(),
  setup,
  validate,
  newlink,
  changelink,
  dellink,
  fillInfo,
  bridgeOps: VXLAN_BRIDGE_OPS,
  getLinkNet: (dev: NetDevice): Net => vxlanPriv(dev).net ?? dev.net,
});

/** A link goes: the devices that were made for it go too (vxlan_handle_lowerdev_unregister). */
function deviceEvent(event: number, lower: NetDevice): number {
  if (event !== NETDEV_UNREGISTER || lower.regState !== NETREG_UNREGISTERING) return NOTIFY_DONE;
  for (const v of Array.from(lower.net.tryGet(VXLAN)?.devs ?? [])) if (v.cfg.remoteIfindex === lower.ifindex) dellink(v.dev!);
  return NOTIFY_DONE;
}

/** Makes vxlan devices follow their links. */
export function vxlanInit(k: Kernel): void {
  registerNetdeviceNotifier(k, deviceEvent);
}
