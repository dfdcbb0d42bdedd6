/** vlan: pushes, pops or changes a VLAN tag, or an Ethernet header (tc-vlan(8)). */
import { EINVAL, EPROTONOSUPPORT, ERANGE } from '@linnet/kernel';
import { ethTypeVlan, SKB_TC_AT_INGRESS, skbVlanPop, skbVlanPush } from '@linnet/netdev';
import { NLA_BINARY, NLA_U16, NLA_U8 } from '@linnet/netlink';
import { pskbMayPull, type Skb, skbCowHead, skbPullUnchecked, skbPush } from '@linnet/skbuff';
import {
  ETH_ALEN, ETH_HLEN, ETH_P_8021Q, etherAddrCopy, nlaGetBytes, nlaGetU16, nlaGetU8, type NlWriter, TC_ACT_SHOT, TCA_ID_VLAN, TCA_VLAN_ACT_MODIFY, TCA_VLAN_ACT_POP,
  TCA_VLAN_ACT_POP_ETH, TCA_VLAN_ACT_PUSH, TCA_VLAN_ACT_PUSH_ETH, TCA_VLAN_MAX, TCA_VLAN_PARMS, TCA_VLAN_PUSH_ETH_DST, TCA_VLAN_PUSH_ETH_SRC, TCA_VLAN_PUSH_VLAN_ID,
  TCA_VLAN_PUSH_VLAN_PRIORITY, TCA_VLAN_PUSH_VLAN_PROTOCOL, TCA_VLAN_TM,
} from '@linnet/uapi';
import { putTcfT, putTcGen, tcfActionAbort, tcfActionSetup, tcfCheckCtrlact, tcfSetCtrlact } from './act-api.ts';
import { actParse, TC_GEN_LEN, tcGen } from './act-common.ts';
import { tcfActionSeen } from './act-exec.ts';
import type { TcActInit, TcAction, TcActOps } from './tc-types.ts';

const POLICY = {
  maxtype: TCA_VLAN_MAX,
  rules: {
    [TCA_VLAN_PARMS]: { type: NLA_BINARY }, [TCA_VLAN_PUSH_VLAN_ID]: { type: NLA_U16 }, [TCA_VLAN_PUSH_VLAN_PROTOCOL]: { type: NLA_U16 },
    [TCA_VLAN_PUSH_VLAN_PRIORITY]: { type: NLA_U8 }, [TCA_VLAN_PUSH_ETH_DST]: { type: NLA_BINARY, len: ETH_ALEN, exact: true },
    [TCA_VLAN_PUSH_ETH_SRC]: { type: NLA_BINARY, len: ETH_ALEN, exact: true },
  },
};
const VLAN_LEN = TC_GEN_LEN + 4;
const VLAN_VID_MASK = 0x0fff;

class Vlan {
  vAction = 0;
  vid = 0;
  proto = ETH_P_8021Q;
  prio = 0;
  prioExists = false;
  readonly dst: Uint8Array = new Uint8Array(ETH_ALEN);
  readonly src: Uint8Array = new Uint8Array(ETH_ALEN);
}

function init(p: TcActInit, nla: number): TcAction | number {
  const tb = actParse(p, nla, POLICY, TCA_VLAN_PARMS, VLAN_LEN);
  if (typeof tb === 'number') return tb;
  const { view } = p.req;
  const parms = tb[TCA_VLAN_PARMS]!;
  const { index, action } = tcGen(p, parms);
  const slot = tcfActionSetup(p, VLAN_ACT_OPS, index);
  if (typeof slot === 'number' || slot.bound) return typeof slot === 'number' ? slot : slot.a;
  const { a } = slot;
  const v = new Vlan();
  v.vAction = view.getInt32(parms + 4 + TC_GEN_LEN, true);
  switch (v.vAction) {
    case TCA_VLAN_ACT_POP:
    case TCA_VLAN_ACT_POP_ETH:
      break;
    case TCA_VLAN_ACT_PUSH:
    case TCA_VLAN_ACT_MODIFY:
      if (tb[TCA_VLAN_PUSH_VLAN_ID] === 0) return tcfActionAbort(p, a, -EINVAL);
      v.vid = nlaGetU16(view, tb[TCA_VLAN_PUSH_VLAN_ID]!);
      if (v.vid > VLAN_VID_MASK) return tcfActionAbort(p, a, -ERANGE);
      if (tb[TCA_VLAN_PUSH_VLAN_PROTOCOL] !== 0) {
        v.proto = view.getUint16(tb[TCA_VLAN_PUSH_VLAN_PROTOCOL]! + 4);
        if (!ethTypeVlan(v.proto)) return tcfActionAbort(p, a, -EPROTONOSUPPORT);
      }
      v.prioExists = tb[TCA_VLAN_PUSH_VLAN_PRIORITY] !== 0;
      if (v.prioExists) v.prio = nlaGetU8(view, tb[TCA_VLAN_PUSH_VLAN_PRIORITY]!);
      break;
    case TCA_VLAN_ACT_PUSH_ETH:
      if (tb[TCA_VLAN_PUSH_ETH_DST] === 0 || tb[TCA_VLAN_PUSH_ETH_SRC] === 0) return tcfActionAbort(p, a, -EINVAL);
      etherAddrCopy(v.dst, 0, nlaGetBytes(view, tb[TCA_VLAN_PUSH_ETH_DST]!), 0);
      etherAddrCopy(v.src, 0, nlaGetBytes(view, tb[TCA_VLAN_PUSH_ETH_SRC]!), 0);
      break;
    default:
      return tcfActionAbort(p, a, -EINVAL);
  }
  const chain = tcfCheckCtrlact(action, p);
  if (typeof chain === 'number') return tcfActionAbort(p, a, chain);
  tcfSetCtrlact(a, action, chain);
  a.priv = v;
  return a;
}

/** Changes the tag, with `data` at the link-layer header. False when that cannot be done. */
function change(skb: Skb, v: Vlan): boolean {
  switch (v.vAction) {
    case TCA_VLAN_ACT_POP:
      return skb.vlanProto === 0 && !ethTypeVlan(skb.protocol) ? true : skbVlanPop(skb);
    case TCA_VLAN_ACT_PUSH:
      return skbVlanPush(skb, v.proto, v.vid | (v.prio << 13)) >= 0;
    case TCA_VLAN_ACT_MODIFY: {
      if (skb.vlanProto === 0) {
        // Only a tagged frame can be changed: the tag comes out of the bytes first.
        if (!ethTypeVlan(skb.protocol)) return true;
        if (!skbVlanPop(skb)) return false;
        return skbVlanPush(skb, v.proto, v.vid | (v.prio << 13)) >= 0;
      }
      const prio = v.prioExists ? v.prio << 13 : skb.vlanTci & 0xe000;
      skb.vlanTci = (skb.vlanTci & ~(VLAN_VID_MASK | 0xe000)) | v.vid | prio;
      skb.vlanProto = v.proto;
      return true;
    }
    case TCA_VLAN_ACT_POP_ETH:
      if (skb.vlanProto !== 0 || !pskbMayPull(skb, ETH_HLEN)) return false;
      skbPullUnchecked(skb, ETH_HLEN);
      skb.macHeader = skb.data;
      skb.macLen = 0;
      return true;
    default: {
      if (skb.vlanProto !== 0) return false;
      skbCowHead(skb, ETH_HLEN);
      const at = skbPush(skb, ETH_HLEN);
      etherAddrCopy(skb.u8, at, v.dst, 0);
      etherAddrCopy(skb.u8, at + ETH_ALEN, v.src, 0);
      skb.view.setUint16(at + 2 * ETH_ALEN, skb.protocol);
      skb.macHeader = at;
      skb.macLen = ETH_HLEN;
      return true;
    }
  }
}

/** The action `vlan`. @alpha */
export const VLAN_ACT_OPS: TcActOps = Object.freeze({
  kind: 'vlan',
  id: TCA_ID_VLAN,
  init,
  act(skb: Skb, a: TcAction): number {
    tcfActionSeen(skb, a);
    const ingress = (skb.tcState & SKB_TC_AT_INGRESS) !== 0;
    if (ingress) skbPush(skb, skb.networkHeader - skb.macHeader);
    const ok = change(skb, a.priv as Vlan);
    if (ingress) {
      // What the tag left stands between the addresses and the network header.
      const n = Math.max(0, skb.networkHeader - skb.data);
      if (n > 0 && pskbMayPull(skb, n)) skbPullUnchecked(skb, n);
      skb.macLen = skb.networkHeader - skb.macHeader;
    }
    if (ok) return a.action;
    a.drops++;
    return TC_ACT_SHOT;
  },
  dump(a: TcAction, w: NlWriter): void {
    const v = a.priv as Vlan;
    const off = w.reserveAttr(TCA_VLAN_PARMS, VLAN_LEN);
    putTcGen(w.view, off, a);
    w.view.setInt32(off + TC_GEN_LEN, v.vAction, true);
    if (v.vAction === TCA_VLAN_ACT_PUSH || v.vAction === TCA_VLAN_ACT_MODIFY) {
      w.putU16(TCA_VLAN_PUSH_VLAN_ID, v.vid);
      w.putBe16(TCA_VLAN_PUSH_VLAN_PROTOCOL, v.proto);
      if (v.prioExists) w.putU8(TCA_VLAN_PUSH_VLAN_PRIORITY, v.prio);
    } else if (v.vAction === TCA_VLAN_ACT_PUSH_ETH) {
      w.putBytes(TCA_VLAN_PUSH_ETH_DST, v.dst);
      w.putBytes(TCA_VLAN_PUSH_ETH_SRC, v.src);
    }
    putTcfT(w, TCA_VLAN_TM, a);
  },
});
