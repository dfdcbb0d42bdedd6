/** csum: computes checksums anew after a packet was changed (tc-csum(8)). */
import { csumFold, csumPartial, csumTcpudpNofold } from '@linnet/kernel';
import { NLA_BINARY } from '@linnet/netlink';
import { CHECKSUM_NONE, CHECKSUM_PARTIAL, pskbMayPull, type Skb, skbChecksum, skbEnsureWritable } from '@linnet/skbuff';
import {
  ETH_P_IP, ETH_P_IPV6, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_IGMP, IPPROTO_TCP, IPPROTO_UDP, type NlWriter, TC_ACT_SHOT, TCA_CSUM_MAX, TCA_CSUM_PARMS, TCA_CSUM_TM,
  TCA_CSUM_UPDATE_FLAG_ICMP, TCA_CSUM_UPDATE_FLAG_IGMP, TCA_CSUM_UPDATE_FLAG_IPV4HDR, TCA_CSUM_UPDATE_FLAG_TCP, TCA_CSUM_UPDATE_FLAG_UDP, TCA_ID_CSUM,
} from '@linnet/uapi';
import { putTcfT, putTcGen, tcfActionAbort, tcfActionSetup, tcfCheckCtrlact, tcfSetCtrlact } from './act-api.ts';
import { actParse, TC_GEN_LEN, tcGen } from './act-common.ts';
import { tcfActionSeen } from './act-exec.ts';
import { tcSkbProtocol } from './cls-classify.ts';
import type { TcActInit, TcAction, TcActOps } from './tc-types.ts';

const CSUM_LEN = TC_GEN_LEN + 4;
const POLICY = { maxtype: TCA_CSUM_MAX, rules: { [TCA_CSUM_PARMS]: { type: NLA_BINARY } } };

function init(p: TcActInit, nla: number): TcAction | number {
  const tb = actParse(p, nla, POLICY, TCA_CSUM_PARMS, CSUM_LEN);
  if (typeof tb === 'number') return tb;
  const parms = tb[TCA_CSUM_PARMS]!;
  const { index, action } = tcGen(p, parms);
  const slot = tcfActionSetup(p, CSUM_OPS, index);
  if (typeof slot === 'number' || slot.bound) return typeof slot === 'number' ? slot : slot.a;
  const { a } = slot;
  const chain = tcfCheckCtrlact(action, p);
  if (typeof chain === 'number') return tcfActionAbort(p, a, chain);
  tcfSetCtrlact(a, action, chain);
  a.priv = p.req.view.getUint32(parms + 4 + TC_GEN_LEN, true);
  return a;
}

/** Makes `n` bytes from the network header on readable and ours; false when there are not so many. */
function writable(skb: Skb, n: number): boolean {
  const len = skb.networkHeader - skb.data + n;
  return pskbMayPull(skb, len) && skbEnsureWritable(skb, len);
}

/** The offset of a transport's checksum field, -1 for one that is not meant. */
function field(proto: number, flags: number): number {
  if (proto === IPPROTO_TCP) return (flags & TCA_CSUM_UPDATE_FLAG_TCP) !== 0 ? 16 : -1;
  if (proto === IPPROTO_UDP) return (flags & TCA_CSUM_UPDATE_FLAG_UDP) !== 0 ? 6 : -1;
  if (proto === IPPROTO_ICMP || proto === IPPROTO_ICMPV6) return (flags & TCA_CSUM_UPDATE_FLAG_ICMP) !== 0 ? 2 : -1;
  if (proto === IPPROTO_IGMP) return (flags & TCA_CSUM_UPDATE_FLAG_IGMP) !== 0 ? 2 : -1;
  return -1;
}

/** Writes the checksum of the transport packet of `len` bytes at `hlen` behind the network header; `pseudo` is the pseudo header's sum. */
function transport(skb: Skb, proto: number, flags: number, hlen: number, len: number, pseudo: number): boolean {
  const at = field(proto, flags);
  if (at < 0 || skb.gsoSize !== 0) return true; // super-segments get theirs when they are cut
  if (len < at + 2 || !writable(skb, hlen + at + 2)) return false;
  const off = skb.networkHeader + hlen + at;
  if (proto === IPPROTO_UDP && skb.view.getUint16(off) === 0 && skb.ipSummed !== CHECKSUM_PARTIAL) return true; // none is wanted
  skb.view.setUint16(off, 0);
  let sum = csumFold(skbChecksum(skb, skb.networkHeader - skb.data + hlen, len, pseudo));
  if (sum === 0 && proto === IPPROTO_UDP) sum = 0xffff;
  skb.view.setUint16(off, sum);
  skb.ipSummed = CHECKSUM_NONE;
  return true;
}

function csumIpv4(skb: Skb, flags: number): boolean {
  if (!writable(skb, 20)) return false;
  let { view } = skb;
  let nh = skb.networkHeader;
  const ihl = (view.getUint8(nh) & 15) << 2;
  const total = view.getUint16(nh + 2);
  if (ihl < 20 || total < ihl || !writable(skb, ihl)) return false;
  view = skb.view;
  nh = skb.networkHeader;
  const proto = view.getUint8(nh + 9);
  if ((view.getUint16(nh + 6) & 0x1fff) === 0) {
    const len = total - ihl;
    const pseudo = proto === IPPROTO_TCP || proto === IPPROTO_UDP ? csumTcpudpNofold(view.getInt32(nh + 12), view.getInt32(nh + 16), len, proto, 0) : 0;
    if (!transport(skb, proto, flags, ihl, len, pseudo)) return false;
  }
  if ((flags & TCA_CSUM_UPDATE_FLAG_IPV4HDR) !== 0) {
    nh = skb.networkHeader;
    skb.view.setUint16(nh + 10, 0);
    skb.view.setUint16(nh + 10, csumFold(csumPartial(skb.u8, nh, ihl, 0)));
  }
  return true;
}

function csumIpv6(skb: Skb, flags: number): boolean {
  if (!writable(skb, 40)) return false;
  const nh = skb.networkHeader;
  const len = skb.view.getUint16(nh + 4);
  const proto = skb.view.getUint8(nh + 6);
  // Addresses, then length and protocol as the pseudo header has them (RFC 8200 8.1).
  const pseudo = csumTcpudpNofold(0, 0, len, proto, csumPartial(skb.u8, nh + 8, 32, 0));
  return transport(skb, proto, flags, 40, len, pseudo);
}

/** The action `csum`. @alpha */
export const CSUM_OPS: TcActOps = Object.freeze({
  kind: 'csum',
  id: TCA_ID_CSUM,
  init,
  act(skb: Skb, a: TcAction): number {
    tcfActionSeen(skb, a);
    const flags = a.priv as number;
    const protocol = tcSkbProtocol(skb);
    const ok = protocol === ETH_P_IP ? csumIpv4(skb, flags) : protocol === ETH_P_IPV6 ? csumIpv6(skb, flags) : true;
    if (ok) return a.action;
    a.drops++;
    return TC_ACT_SHOT;
  },
  dump(a: TcAction, w: NlWriter): void {
    const off = w.reserveAttr(TCA_CSUM_PARMS, CSUM_LEN);
    putTcGen(w.view, off, a);
    w.view.setUint32(off + TC_GEN_LEN, a.priv as number, true);
    putTcfT(w, TCA_CSUM_TM, a);
  },
});
