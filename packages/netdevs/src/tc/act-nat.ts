/** nat: translates one address of each packet to another, without remembering connections (tc-nat(8)). */
import { csumReplace4 } from '@linnet/kernel';
import { NLA_BINARY } from '@linnet/netlink';
import { CHECKSUM_PARTIAL, pskbMayPull, type Skb, skbEnsureWritable } from '@linnet/skbuff';
import {
  ETH_P_IP, IPPROTO_TCP, IPPROTO_UDP, type NlWriter, TC_ACT_SHOT, TCA_ID_NAT, TCA_NAT_FLAG_EGRESS, TCA_NAT_MAX, TCA_NAT_PARMS, TCA_NAT_TM,
} from '@linnet/uapi';
import { putTcfT, putTcGen, tcfActionAbort, tcfActionSetup, tcfCheckCtrlact, tcfSetCtrlact } from './act-api.ts';
import { actParse, TC_GEN_LEN, tcGen } from './act-common.ts';
import { tcfActionSeen } from './act-exec.ts';
import type { TcActInit, TcAction, TcActOps } from './tc-types.ts';

const NAT_LEN = TC_GEN_LEN + 16;
const POLICY = { maxtype: TCA_NAT_MAX, rules: { [TCA_NAT_PARMS]: { type: NLA_BINARY } } };

class Nat {
  oldAddr = 0;
  newAddr = 0;
  mask = 0;
  flags = 0;
}

function init(p: TcActInit, nla: number): TcAction | number {
  const tb = actParse(p, nla, POLICY, TCA_NAT_PARMS, NAT_LEN);
  if (typeof tb === 'number') return tb;
  const parms = tb[TCA_NAT_PARMS]!;
  const { index, action } = tcGen(p, parms);
  const slot = tcfActionSetup(p, NAT_OPS, index);
  if (typeof slot === 'number' || slot.bound) return typeof slot === 'number' ? slot : slot.a;
  const { a } = slot;
  const chain = tcfCheckCtrlact(action, p);
  if (typeof chain === 'number') return tcfActionAbort(p, a, chain);
  tcfSetCtrlact(a, action, chain);
  const n = new Nat();
  const o = parms + 4 + TC_GEN_LEN;
  n.oldAddr = p.req.view.getInt32(o);
  n.newAddr = p.req.view.getInt32(o + 4);
  n.mask = p.req.view.getInt32(o + 8);
  n.flags = p.req.view.getUint32(o + 12, true);
  a.priv = n;
  return a;
}

/** Mends the checksum field at `off` for an address that changed. */
function mend(skb: Skb, off: number, from: number, to: number): void {
  skb.view.setUint16(off, csumReplace4(skb.view.getUint16(off), from, to));
}

/** Translates; false when the packet is no whole IPv4 packet. */
function translate(skb: Skb, n: Nat): boolean {
  const egress = (n.flags & TCA_NAT_FLAG_EGRESS) !== 0;
  const base = skb.networkHeader - skb.data;
  if (!pskbMayPull(skb, base + 20)) return false;
  let nh = skb.networkHeader;
  const ihl = (skb.u8[nh]! & 15) << 2;
  const at = egress ? 12 : 16;
  const addr = skb.view.getInt32(nh + at);
  if (((n.oldAddr ^ addr) & n.mask) !== 0) return true;
  if (ihl < 20 || !pskbMayPull(skb, base + ihl) || !skbEnsureWritable(skb, base + ihl)) return false;
  nh = skb.networkHeader;
  const to = (n.newAddr & n.mask) | (addr & ~n.mask);
  skb.view.setInt32(nh + at, to);
  mend(skb, nh + 10, addr, to);
  if ((skb.view.getUint16(nh + 6) & 0x1fff) !== 0) return true;
  const proto = skb.u8[nh + 9]!;
  const field = proto === IPPROTO_TCP ? 16 : proto === IPPROTO_UDP ? 6 : -1;
  if (field < 0) return true;
  const need = base + ihl + field + 2;
  if (!pskbMayPull(skb, need) || !skbEnsureWritable(skb, need)) return false;
  const off = skb.networkHeader + ihl + field;
  if (skb.ipSummed === CHECKSUM_PARTIAL) {
    // The field holds the pseudo header's sum, not its complement.
    skb.view.setUint16(off, ~csumReplace4(~skb.view.getUint16(off) & 0xffff, addr, to) & 0xffff);
  } else if (proto !== IPPROTO_UDP || skb.view.getUint16(off) !== 0) mend(skb, off, addr, to);
  return true;
}

/** The action `nat`. @alpha */
export const NAT_OPS: TcActOps = Object.freeze({
  kind: 'nat',
  id: TCA_ID_NAT,
  init,
  act(skb: Skb, a: TcAction): number {
    tcfActionSeen(skb, a);
    if (skb.protocol !== ETH_P_IP || translate(skb, a.priv as Nat)) return a.action;
    a.drops++;
    return TC_ACT_SHOT;
  },
  dump(a: TcAction, w: NlWriter): void {
    const n = a.priv as Nat;
    const off = w.reserveAttr(TCA_NAT_PARMS, NAT_LEN);
    putTcGen(w.view, off, a);
    w.view.setInt32(off + TC_GEN_LEN, n.oldAddr);
    w.view.setInt32(off + TC_GEN_LEN + 4, n.newAddr);
    w.view.setInt32(off + TC_GEN_LEN + 8, n.mask);
    w.view.setUint32(off + TC_GEN_LEN + 12, n.flags, true);
    putTcfT(w, TCA_NAT_TM, a);
  },
});
