/** mirred: sends a packet, or a copy of it, to another device: out of it, or as if received by it (tc-mirred(8)). */
import { EINVAL, ENODEV } from '@linnet/kernel';
import { devGetByIndex, devQueueXmit, netifReceiveSkb, netifRx, type NetDevice, SKB_TC_AT_INGRESS, SKB_TC_FROM_INGRESS, SKB_TC_REDIRECTED } from '@linnet/netdev';
import { NL_VALIDATE_LIBERAL, NLA_BINARY, nlaParseNestedPolicy } from '@linnet/netlink';
import { pskbMayPull, type Skb, skbClone, skbCowHead, skbPullUnchecked, skbPush } from '@linnet/skbuff';
import {
  ARPHRD_IPGRE, ARPHRD_NONE, ARPHRD_PPP, ARPHRD_RAWIP, ARPHRD_SIT, ARPHRD_TUNNEL, ARPHRD_TUNNEL6, ARPHRD_VOID, IFF_UP, type NlWriter, TC_ACT_QUEUED, TC_ACT_SHOT, TC_ACT_STOLEN,
  TC_ACT_TRAP, TCA_EGRESS_REDIR, TCA_ID_MIRRED, TCA_INGRESS_MIRROR, TCA_INGRESS_REDIR, TCA_MIRRED_PARMS, TCA_MIRRED_TM,
} from '@linnet/uapi';
import { putTcfT, putTcGen, tcfActionAbort, tcfActionSetup, tcfCheckCtrlact, tcfSetCtrlact } from './act-api.ts';
import { TC_GEN_LEN, tcGen } from './act-common.ts';
import { tcfActionSeen } from './act-exec.ts';
import { TC_ACT_CONSUMED } from './cls-classify.ts';
import { say } from './tc-core.ts';
import { TC, TC_NET, type TcActInit, type TcAction, type TcActOps } from './tc-types.ts';

/** Bytes of struct tc_mirred. */
const MIRRED_LEN = 28;
/** Packets that mirred sends on while it sends one on. */
const NEST_LIMIT = 4;
const POLICY = { maxtype: 4, rules: { [TCA_MIRRED_PARMS]: { type: NLA_BINARY, min: MIRRED_LEN } } };

class Mirred {
  eaction = 0;
  dev: NetDevice | null = null;
  macHeaderXmit = false;
}

/** Do a device's packets begin with a link-layer header when it is asked to send them? (dev_is_mac_header_xmit) */
function isMacHeaderXmit(dev: NetDevice): boolean {
  switch (dev.type) {
    case ARPHRD_TUNNEL:
    case ARPHRD_TUNNEL6:
    case ARPHRD_SIT:
    case ARPHRD_IPGRE:
    case ARPHRD_VOID:
    case ARPHRD_NONE:
    case ARPHRD_RAWIP:
    case ARPHRD_PPP:
      return false;
    default:
      return true;
  }
}

function isRedirect(eaction: number): boolean {
  return eaction === TCA_EGRESS_REDIR || eaction === TCA_INGRESS_REDIR;
}
function wantsIngress(eaction: number): boolean {
  return eaction === TCA_INGRESS_REDIR || eaction === TCA_INGRESS_MIRROR;
}

function refuse(p: TcActInit, msg: string): number {
  say(p.extack, `act_mirred: ${msg}`); // datapath-ok: a request
  return -EINVAL;
}

function init(p: TcActInit, nla: number): TcAction | number {
  if (nla === 0) return refuse(p, 'Mirred requires attributes to be passed');
  const tb = new Int32Array(POLICY.maxtype + 1);
  const err = nlaParseNestedPolicy(p.req, nla, tb, POLICY, NL_VALIDATE_LIBERAL);
  if (err < 0) return err;
  const parms = tb[TCA_MIRRED_PARMS]!;
  if (parms === 0) return refuse(p, 'Missing required mirred parameters');
  const { view } = p.req;
  const { index, action } = tcGen(p, parms);
  const eaction = view.getInt32(parms + 4 + TC_GEN_LEN, true);
  const ifindex = view.getUint32(parms + 4 + TC_GEN_LEN + 4, true);
  const slot = tcfActionSetup(p, MIRRED_OPS, index);
  if (typeof slot === 'number' || slot.bound) return typeof slot === 'number' ? slot : slot.a;
  const { a } = slot;
  if (eaction < TCA_EGRESS_REDIR || eaction > TCA_INGRESS_MIRROR) return tcfActionAbort(p, a, refuse(p, 'Unknown mirred option'));
  if (p.created && ifindex === 0) return tcfActionAbort(p, a, refuse(p, 'Must specify device or block'));
  const chain = tcfCheckCtrlact(action, p);
  if (typeof chain === 'number') return tcfActionAbort(p, a, chain);
  const dev = ifindex === 0 ? null : devGetByIndex(p.net, ifindex);
  if (ifindex !== 0 && dev === null) {
    if (chain !== null) chain.actionRefs--;
    return tcfActionAbort(p, a, -ENODEV);
  }
  tcfSetCtrlact(a, action, chain);
  if (a.priv === null) a.priv = new Mirred();
  const m = a.priv as Mirred;
  m.eaction = eaction;
  if (dev !== null) {
    m.dev = dev;
    m.macHeaderXmit = isMacHeaderXmit(dev);
  }
  return a;
}

/** Puts `data` where the target expects it: at the network header, or at the link-layer header. */
function placeData(skb: Skb, wantNh: boolean): void {
  const atNh = skb.data === skb.networkHeader;
  if (atNh === wantNh) return;
  if (wantNh) {
    const n = skb.networkHeader - skb.data;
    if (pskbMayPull(skb, n)) skbPullUnchecked(skb, n);
  } else {
    const n = skb.networkHeader - skb.macHeader;
    skbCowHead(skb, n);
    skbPush(skb, n);
  }
}

function act(skb: Skb, a: TcAction): number {
  const m = a.priv as Mirred;
  tcfActionSeen(skb, a);
  const tc = a.net.kernel.get(TC);
  const { dev } = m;
  const redirect = isRedirect(m.eaction);
  if (tc.mirredNest >= NEST_LIMIT) return TC_ACT_SHOT;
  if (dev === null || (dev.flags & IFF_UP) === 0 || !dev.carrier) {
    a.overlimits++;
    return redirect ? TC_ACT_SHOT : a.action;
  }
  const atIngress = (skb.tcState & SKB_TC_AT_INGRESS) !== 0;
  const wantIngress = wantsIngress(m.eaction);
  // The packet itself can go when nobody behind wants it.
  const own = redirect && atIngress && (a.action === TC_ACT_STOLEN || a.action === TC_ACT_QUEUED || a.action === TC_ACT_TRAP);
  const out = own ? skb : skbClone(skb);
  out.nfct = null;
  out.nfctInfo = 0;
  if (wantIngress && !atIngress) out.dst = null;
  placeData(out, wantIngress || !m.macHeaderXmit);
  out.skbIif = skb.dev!.ifindex;
  out.dev = dev;
  if (redirect) out.tcState |= SKB_TC_REDIRECTED | (atIngress ? SKB_TC_FROM_INGRESS : 0);
  out.tcState &= ~SKB_TC_AT_INGRESS;
  tc.mirredNest++;
  let rc: number;
  if (!wantIngress) rc = devQueueXmit(out);
  else if (atIngress) rc = netifRx(out);
  else rc = netifReceiveSkb(out);
  tc.mirredNest--;
  if (rc !== 0) a.overlimits++;
  if (own) return TC_ACT_CONSUMED;
  if (rc !== 0 && redirect) return TC_ACT_SHOT;
  return a.action;
}

/** The action `mirred`. @alpha */
export const MIRRED_OPS: TcActOps = Object.freeze({
  kind: 'mirred',
  id: TCA_ID_MIRRED,
  init,
  act,
  dump(a: TcAction, w: NlWriter): void {
    const m = a.priv as Mirred;
    const off = w.reserveAttr(TCA_MIRRED_PARMS, MIRRED_LEN);
    putTcGen(w.view, off, a);
    w.view.setInt32(off + TC_GEN_LEN, m.eaction, true);
    w.view.setUint32(off + TC_GEN_LEN + 4, m.dev === null ? 0 : m.dev.ifindex, true);
    putTcfT(w, TCA_MIRRED_TM, a);
  },
});

/** A device goes: no action points at it any more. */
export function mirredDeviceGone(dev: NetDevice): void {
  for (const net of dev.kernel.nets) {
    for (const a of net.tryGet(TC_NET)?.actions.get('mirred')?.values() ?? []) {
      const m = a.priv as Mirred;
      if (m.dev === dev) m.dev = null;
    }
  }
}

