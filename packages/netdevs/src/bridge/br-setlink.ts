/** RTM_GETLINK, RTM_SETLINK and RTM_DELLINK of PF_BRIDGE: a port's attributes, and VLANs in IFLA_AF_SPEC (br_getlink, br_setlink, br_dellink, br_afspec). */
// datapath-ok-file: configuration
import { EINVAL, ERANGE } from '@linnet/kernel';
import type { NetDevice } from '@linnet/netdev';
import { NL_VALIDATE_LIBERAL, nlaParsePolicy, nlSetErrMsg, type NlRequest, type RtnlBridgeOps } from '@linnet/netlink';
import {
  BR_STATE_BLOCKING, BRIDGE_VLAN_INFO_BRENTRY, BRIDGE_VLAN_INFO_LEN, BRIDGE_VLAN_INFO_MASTER, BRIDGE_VLAN_INFO_PVID, BRIDGE_VLAN_INFO_RANGE_BEGIN, BRIDGE_VLAN_INFO_RANGE_END, IFINFOMSG_LEN, IFLA_AF_SPEC,
  IFLA_BRIDGE_VLAN_INFO, IFLA_BRIDGE_VLAN_TUNNEL_FLAGS, IFLA_BRIDGE_VLAN_TUNNEL_ID, IFLA_BRIDGE_VLAN_TUNNEL_INFO, IFLA_BRIDGE_VLAN_TUNNEL_MAX, IFLA_BRIDGE_VLAN_TUNNEL_VID, IFLA_BRPORT_MAX, IFLA_PROTINFO,
  NLA_F_NESTED, nlaFlags, nlaGetU16, nlaGetU32, nlaGetU8, nlaLen, nlaNext, nlaOk, nlaParseNested, nlaType, type NlWriter, RTEXT_FILTER_BRVLAN, RTEXT_FILTER_BRVLAN_COMPRESSED, RTEXT_FILTER_CFM_CONFIG,
  RTEXT_FILTER_CFM_STATUS, RTEXT_FILTER_MRP, RTEXT_FILTER_MST, RTM_DELVLAN, RTM_NEWLINK, RTM_NEWVLAN,
} from '@linnet/uapi';
import { BR_VLAN_TUNNEL, type Bridge, type BridgePort, brGet, brPortGet } from './br.ts';
import { brFillIfinfo, brIfinfoNotify, brPortFillAttrs } from './br-ifinfo.ts';
import { BRPORT_POLICY, brSetport } from './br-setport.ts';
import { brSetPortState } from './br-stp-if.ts';
import { brVlanAdd, brVlanDelete, nbpVlanAdd, nbpVlanDelete } from './br-vlan.ts';
import { brVlanNotify } from './br-vlan-notify.ts';

/** A port's attributes for IFLA_INFO_SLAVE_DATA. */
export function brFillPortsInfo(w: NlWriter, slave: NetDevice): number {
  const p = brPortGet(slave);
  if (p === null) return -EINVAL;
  brPortFillAttrs(w, p);
  return 0;
}

/** One VLAN added to or removed from a port or bridge (br_vlan_info). Returns 0 or a negative errno. */
export function brVlanInfo(br: Bridge, p: BridgePort | null, add: boolean, vid: number, flags: number): { readonly err: number; readonly changed: boolean } {
  let err = 0;
  let changed = false;
  if (add) {
    const r = p !== null ? nbpVlanAdd(p, vid, flags) : brVlanAdd(br, vid, flags | BRIDGE_VLAN_INFO_BRENTRY);
    if (typeof r === 'number') err = r;
    else changed = r;
    if (changed) brVlanNotify(br, p, vid, 0, RTM_NEWVLAN);
  } else {
    const gone = (p !== null ? nbpVlanDelete(p, vid) : brVlanDelete(br, vid)) === 0;
    changed = gone;
    if (gone) brVlanNotify(br, p, vid, 0, RTM_DELVLAN);
    if (p !== null && (flags & BRIDGE_VLAN_INFO_MASTER) !== 0 && brVlanDelete(br, vid) === 0) {
      changed = true;
      brVlanNotify(br, null, vid, 0, RTM_DELVLAN);
    }
  }
  return { err, changed };
}

interface Range {
  vid: number;
  flags: number;
}

function refuse(req: NlRequest, msg: string): number {
  nlSetErrMsg(req.extack, `bridge: ${msg}`);
  return -EINVAL;
}

/** The VLANs, and their tunnels, that a request names (br_afspec). Returns whether something changed, or a negative errno. */
function afspec(br: Bridge, p: BridgePort | null, nla: number, req: NlRequest, add: boolean): boolean | number {
  const { view } = req;
  const end = nla + 4 + nlaLen(view, nla);
  let changed = false;
  let last: Range | null = null;
  let lastTunnel: (Range & { id: number }) | null = null;
  for (let at = nla + 4; nlaOk(view, at, end - at); at = nlaNext(view, at)) {
    const type = nlaType(view, at);
    if (type === IFLA_BRIDGE_VLAN_TUNNEL_INFO) {
      if (p === null || (p.flags & BR_VLAN_TUNNEL) === 0) return -EINVAL;
      const tb = nlaParseNested(view, at, IFLA_BRIDGE_VLAN_TUNNEL_MAX);
      if (tb[IFLA_BRIDGE_VLAN_TUNNEL_ID] === 0 || tb[IFLA_BRIDGE_VLAN_TUNNEL_VID] === 0) return -EINVAL;
      const id = nlaGetU32(view, tb[IFLA_BRIDGE_VLAN_TUNNEL_ID]!);
      const vid = nlaGetU16(view, tb[IFLA_BRIDGE_VLAN_TUNNEL_VID]!);
      const flags = tb[IFLA_BRIDGE_VLAN_TUNNEL_FLAGS] === 0 ? 0 : nlaGetU16(view, tb[IFLA_BRIDGE_VLAN_TUNNEL_FLAGS]!);
      if (vid >= 4095) return -ERANGE;
      if ((flags & BRIDGE_VLAN_INFO_RANGE_BEGIN) !== 0) {
        lastTunnel = { vid, flags, id };
        continue;
      }
      const from: Range & { id: number } = (flags & BRIDGE_VLAN_INFO_RANGE_END) !== 0 && lastTunnel !== null ? lastTunnel : { vid, flags, id };
      if (vid - from.vid !== id - from.id) return -EINVAL;
      for (let v = from.vid; v <= vid; v++) {
        const entry = p.vlans.vlans.get(v);
        if (entry === undefined) return -EINVAL;
        entry.tunnelId = add ? from.id + (v - from.vid) : 0;
        changed = true;
      }
      lastTunnel = null;
      continue;
    }
    if (type !== IFLA_BRIDGE_VLAN_INFO) continue;
    if (nlaLen(view, at) !== BRIDGE_VLAN_INFO_LEN) return -EINVAL;
    const flags = nlaGetU16(view, at);
    const vid = view.getUint16(at + 6, true);
    if (vid === 0 || vid >= 4095) return refuse(req, 'Vlan id is invalid');
    if ((flags & BRIDGE_VLAN_INFO_RANGE_BEGIN) !== 0) {
      if (last !== null) return refuse(req, 'Found multiple range begin'); // one begins inside another
      if ((flags & BRIDGE_VLAN_INFO_PVID) !== 0) return refuse(req, "Pvid isn't allowed in a range");
      last = { vid, flags };
      continue;
    }
    let from = vid;
    let f = flags;
    if (last !== null) {
      if ((flags & BRIDGE_VLAN_INFO_RANGE_END) === 0) return refuse(req, 'Range end is missing');
      if (vid <= last.vid) return refuse(req, 'End vlan id is less than or equal to start vlan id');
      from = last.vid;
      f = last.flags;
      last = null;
    }
    f &= ~(BRIDGE_VLAN_INFO_RANGE_BEGIN | BRIDGE_VLAN_INFO_RANGE_END);
    for (let v = from; v <= vid; v++) {
      const r = brVlanInfo(br, p, add, v, f);
      if (r.err < 0) return r.err;
      changed ||= r.changed;
    }
  }
  return changed;
}

function setlink(owner: NetDevice, dev: NetDevice, req: NlRequest): number {
  const br = brGet(owner)!;
  const { view } = req;
  let protinfo = 0;
  let spec = 0;
  for (let at = req.data + IFINFOMSG_LEN; nlaOk(view, at, req.end - at); at = nlaNext(view, at)) {
    if (nlaType(view, at) === IFLA_PROTINFO) protinfo = at;
    if (nlaType(view, at) === IFLA_AF_SPEC) spec = at;
  }
  if (protinfo === 0 && spec === 0) return 0;
  const p = dev === owner ? null : brPortGet(dev);
  if (p === null && spec === 0) return -EINVAL;
  let changed = false;
  let err = 0;
  if (p !== null && protinfo !== 0) {
    if ((nlaFlags(view, protinfo) & NLA_F_NESTED) !== 0) {
      const tb = new Int32Array(IFLA_BRPORT_MAX + 1);
      err = nlaParsePolicy(view, protinfo + 4, nlaLen(view, protinfo), tb, IFLA_BRPORT_MAX, BRPORT_POLICY, NL_VALIDATE_LIBERAL, null);
      if (err < 0) return err;
      err = brSetport(p, view, tb, req.extack);
    } else {
      // What rstpd of old sent: the state alone.
      if (nlaLen(view, protinfo) < 1) return -EINVAL;
      const state = nlaGetU8(view, protinfo);
      err = state > BR_STATE_BLOCKING ? -EINVAL : brSetPortState(p, state);
    }
    if (err < 0) return err;
    changed = true;
  }
  if (spec !== 0) {
    const r = afspec(br, p, spec, req, true);
    if (typeof r === 'number') err = r;
    else changed ||= r;
  }
  if (changed) brIfinfoNotify(RTM_NEWLINK, br, p);
  return err;
}

function dellink(owner: NetDevice, dev: NetDevice, req: NlRequest): number {
  const br = brGet(owner)!;
  const { view } = req;
  for (let at = req.data + IFINFOMSG_LEN; nlaOk(view, at, req.end - at); at = nlaNext(view, at)) {
    if (nlaType(view, at) !== IFLA_AF_SPEC) continue;
    const p = dev === owner ? null : brPortGet(dev);
    const r = afspec(br, p, at, req, false);
    if (typeof r === 'number') return r;
    if (r) brIfinfoNotify(RTM_NEWLINK, br, p);
    return 0;
  }
  return 0;
}

const FILTERS: number = RTEXT_FILTER_BRVLAN | RTEXT_FILTER_BRVLAN_COMPRESSED | RTEXT_FILTER_MRP | RTEXT_FILTER_CFM_CONFIG | RTEXT_FILTER_CFM_STATUS | RTEXT_FILTER_MST;

/** The part of PF_BRIDGE that is about links. */
export const brLinkBridgeOps: RtnlBridgeOps = Object.freeze({
  getlink(owner: NetDevice, dev: NetDevice, w: NlWriter, begin: () => void, mask: number): number {
    const br = brGet(owner);
    if (br === null) return 0;
    const p = dev === owner ? null : brPortGet(dev);
    if (dev !== owner && p === null) return 0;
    if (p === null && (mask & FILTERS) === 0) return 0;
    begin();
    brFillIfinfo(w, br, p, mask, true);
    return w.end();
  },
  setlink,
  dellink,
});
