/** The kind `vlan` of rtnetlink: IFLA_VLAN_* (vlan_netlink.c). */
// datapath-ok-file: configuration
import { EADDRNOTAVAIL, EINVAL, ENODEV, EPROTONOSUPPORT, ERANGE, type Net } from '@linnet/kernel';
import { devGetByIndex, netifCarrierOn, type NetDevice } from '@linnet/netdev';
import {
  NLA_NESTED, NLA_U16, NLA_BE16, NLA_BINARY, NL_VALIDATE_LIBERAL, nlaParsePolicy, nlSetErrMsg, nlSetErrMsgAttr, type Extack, type NlaPolicyTable, type NlRequest, type RtnlLinkOps,
  type RtnlLinkParams,
} from '@linnet/netlink';
import {
  ETH_ALEN, ETH_P_8021AD, ETH_P_8021Q, IFLA_ADDRESS, IFLA_LINK, IFLA_MTU, IFLA_VLAN_EGRESS_QOS, IFLA_VLAN_FLAGS, IFLA_VLAN_ID, IFLA_VLAN_INGRESS_QOS, IFLA_VLAN_MAX,
  IFLA_VLAN_PROTOCOL, IFLA_VLAN_QOS_MAPPING, isValidEtherAddr, nlaGetBe16, nlaGetU16, nlaGetU32, nlaLen, nlaNext, nlaOk, type NlWriter, VLAN_FLAG_BRIDGE_BINDING, VLAN_FLAG_GVRP,
  VLAN_FLAG_LOOSE_BINDING, VLAN_FLAG_MVRP, VLAN_FLAG_REORDER_HDR, VLAN_VID_MASK,
} from '@linnet/uapi';
import { vlanSetup } from './vlan-dev.ts';
import { registerVlanDev, unregisterVlanDev, vlanMake } from './vlan-register.ts';
import { vlanCheckRealDev, vlanDevPriv, vlanDevRealDev, vlanSetEgress, vlanSetIngress } from './vlan.ts';

const QOS_LEN = 8;
const QOS_POLICY: NlaPolicyTable = { maxtype: IFLA_VLAN_QOS_MAPPING, rules: { [IFLA_VLAN_QOS_MAPPING]: { type: NLA_BINARY, len: QOS_LEN, exact: true } } };
const POLICY: NlaPolicyTable = {
  maxtype: IFLA_VLAN_MAX,
  rules: {
    [IFLA_VLAN_ID]: { type: NLA_U16 },
    [IFLA_VLAN_FLAGS]: { type: 0, len: 8 },
    [IFLA_VLAN_EGRESS_QOS]: { type: NLA_NESTED },
    [IFLA_VLAN_INGRESS_QOS]: { type: NLA_NESTED },
    [IFLA_VLAN_PROTOCOL]: { type: NLA_BE16 },
  },
};
const KNOWN_FLAGS = VLAN_FLAG_REORDER_HDR | VLAN_FLAG_GVRP | VLAN_FLAG_LOOSE_BINDING | VLAN_FLAG_MVRP | VLAN_FLAG_BRIDGE_BINDING;

function refuse(extack: Extack, errno: number, msg: string, nla: number = 0): number {
  if (nla === 0) nlSetErrMsg(extack, `8021q: ${msg}`);
  else nlSetErrMsgAttr(extack, nla, `8021q: ${msg}`);
  return -errno;
}

function validateQos(req: NlRequest, nla: number): number {
  if (nla === 0) return 0;
  return nlaParsePolicy(req.view, nla + 4, nlaLen(req.view, nla), null, IFLA_VLAN_QOS_MAPPING, QOS_POLICY, NL_VALIDATE_LIBERAL, req.extack);
}

function validate(tb: Int32Array, data: Int32Array, p: RtnlLinkParams): number {
  const { req } = p;
  const { view, extack } = req;
  const addr = tb[IFLA_ADDRESS]!;
  if (addr !== 0) {
    if (nlaLen(view, addr) !== ETH_ALEN) return refuse(extack, EINVAL, 'Invalid link address', addr);
    if (!isValidEtherAddr(req.u8, addr + 4)) return refuse(extack, EADDRNOTAVAIL, 'Invalid link address', addr);
  }
  if (data[IFLA_VLAN_PROTOCOL] !== 0) {
    const proto = nlaGetBe16(view, data[IFLA_VLAN_PROTOCOL]!);
    if (proto !== ETH_P_8021Q && proto !== ETH_P_8021AD) return refuse(extack, EPROTONOSUPPORT, 'Invalid VLAN protocol', data[IFLA_VLAN_PROTOCOL]);
  }
  if (data[IFLA_VLAN_ID] !== 0 && nlaGetU16(view, data[IFLA_VLAN_ID]!) >= VLAN_VID_MASK) return refuse(extack, ERANGE, 'Invalid VLAN id', data[IFLA_VLAN_ID]);
  const flags = data[IFLA_VLAN_FLAGS]!;
  if (flags !== 0 && (view.getUint32(flags + 4, true) & view.getUint32(flags + 8, true) & ~KNOWN_FLAGS) !== 0) {
    return refuse(extack, EINVAL, 'Invalid VLAN flags', flags);
  }
  const err = validateQos(req, data[IFLA_VLAN_INGRESS_QOS]!);
  return err < 0 ? err : validateQos(req, data[IFLA_VLAN_EGRESS_QOS]!);
}

/** Changes the flags under `mask` (vlan_dev_change_flags). */
export function vlanChangeFlags(dev: NetDevice, flags: number, mask: number): number {
  const v = vlanDevPriv(dev);
  const old = v.flags;
  if ((mask & ~KNOWN_FLAGS) !== 0) return -EINVAL;
  v.flags = (old & ~mask) | (flags & mask);
  const changed = (old ^ v.flags) & VLAN_FLAG_BRIDGE_BINDING;
  if (changed !== 0 && dev.running && (v.flags & VLAN_FLAG_BRIDGE_BINDING) === 0) netifCarrierOn(dev);
  return 0;
}

function eachMapping(req: NlRequest, nla: number, fn: (from: number, to: number) => void): void {
  if (nla === 0) return;
  const end = nla + 4 + nlaLen(req.view, nla);
  for (let at = nla + 4; nlaOk(req.view, at, end - at); at = nlaNext(req.view, at)) {
    if ((req.view.getUint16(at + 2, true) & 0x3fff) !== IFLA_VLAN_QOS_MAPPING) continue;
    fn(req.view.getUint32(at + 4, true), req.view.getUint32(at + 8, true));
  }
}

function changelink(dev: NetDevice, p: RtnlLinkParams, _extack: Extack): number {
  const { data, req } = p;
  const { view } = req;
  const v = vlanDevPriv(dev);
  const flags = data[IFLA_VLAN_FLAGS]!;
  if (flags !== 0) {
    const err = vlanChangeFlags(dev, view.getUint32(flags + 4, true), view.getUint32(flags + 8, true));
    if (err < 0) return err;
  }
  eachMapping(req, data[IFLA_VLAN_INGRESS_QOS]!, (from, to) => vlanSetIngress(v, to, from));
  eachMapping(req, data[IFLA_VLAN_EGRESS_QOS]!, (from, to) => vlanSetEgress(v, from, to));
  return 0;
}

function newlink(_net: Net, dev: NetDevice, p: RtnlLinkParams, extack: Extack): number {
  const { tb, data, req } = p;
  const { view } = req;
  if (data.length <= IFLA_VLAN_ID || data[IFLA_VLAN_ID] === 0) return refuse(extack, EINVAL, 'VLAN id not specified');
  if (tb[IFLA_LINK] === 0) return refuse(extack, EINVAL, 'link not specified');
  const real = devGetByIndex(p.linkNet, nlaGetU32(view, tb[IFLA_LINK]!) | 0);
  if (real === null) return refuse(extack, ENODEV, 'link does not exist');
  const v = vlanDevPriv(dev);
  v.proto = data[IFLA_VLAN_PROTOCOL] !== 0 ? nlaGetBe16(view, data[IFLA_VLAN_PROTOCOL]!) : ETH_P_8021Q;
  v.vlanId = nlaGetU16(view, data[IFLA_VLAN_ID]!);
  v.realDev = real;
  v.flags = VLAN_FLAG_REORDER_HDR;
  let err = vlanCheckRealDev(real, v.proto, v.vlanId, extack);
  if (err < 0) return err;
  if (tb[IFLA_MTU] === 0) dev.mtu = real.mtu;
  else if (dev.mtu > real.mtu) return -EINVAL;
  err = changelink(dev, p, extack);
  return err < 0 ? err : registerVlanDev(dev);
}

function putMapping(w: NlWriter, from: number, to: number): void {
  const off = w.reserveAttr(IFLA_VLAN_QOS_MAPPING, QOS_LEN);
  w.view.setUint32(off, from, true);
  w.view.setUint32(off + 4, to, true);
}

function fillInfo(w: NlWriter, dev: NetDevice): number {
  const v = vlanDevPriv(dev);
  w.putBe16(IFLA_VLAN_PROTOCOL, v.proto);
  w.putU16(IFLA_VLAN_ID, v.vlanId);
  if (v.flags !== 0) {
    const off = w.reserveAttr(IFLA_VLAN_FLAGS, 8);
    w.view.setUint32(off, v.flags, true);
    w.view.setUint32(off + 4, 0xffffffff, true);
  }
  if (v.ingress.some((p) => p !== 0)) {
    w.nestStartNoflag(IFLA_VLAN_INGRESS_QOS);
    v.ingress.forEach((to, from) => {
      if (to !== 0) putMapping(w, from, to);
    });
    w.nestEnd();
  }
  if (v.egress.some((m) => m.qos !== 0)) {
    w.nestStartNoflag(IFLA_VLAN_EGRESS_QOS);
    // As the kernel's sixteen lists hold them: by the low bits of the priority, the newest first.
    for (let slot = 0; slot < 16; slot++) {
      for (let i = v.egress.length - 1; i >= 0; i--) {
        const m = v.egress[i]!;
        if ((m.priority & 15) === slot && m.qos !== 0) putMapping(w, m.priority, m.qos);
      }
    }
    w.nestEnd();
  }
  return 0;
}

/** The kind `vlan` (vlan_link_ops). @alpha */
export const VLAN_RTNL_OPS: RtnlLinkOps = Object.freeze({
  kind: 'vlan',
  policy: POLICY,
  setup: vlanSetup,
  validate,
  newlink,
  changelink,
  dellink: unregisterVlanDev,
  fillInfo,
  getLinkNet: (dev: NetDevice): Net => vlanDevRealDev(dev)?.net ?? dev.net,
});

/**
 * Makes a VLAN device over a link (`ip link add link REAL name NAME type vlan id VID`), down, in the link's namespace. Returns it, or a negative errno: -EEXIST when
 * the VLAN or the name is there already, -ERANGE for an id that is none, -EOPNOTSUPP when the link takes no VLANs.
 * @public
 */
export function vlanNewlink(real: NetDevice, name: string, vid: number, proto: number = ETH_P_8021Q): NetDevice | number {
  return vlanMake(real.net, real, name, vid, proto, VLAN_RTNL_OPS);
}
