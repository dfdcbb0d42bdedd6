/** Netfilter's hook points: where filters, NAT and connection tracking look at packets. With nobody listening a point costs one test. */
import { EBUSY, EINVAL, EPERM, ESRCH, type Net } from '@linnet/kernel';
import { DROP, kfreeSkbReason, type Skb } from '@linnet/skbuff';
import { NETDEV_NET } from './netdev-net.ts';
import type { NetDevice } from './netdevice.ts';
import { NF_MAX_HOOKS, NFPROTO_NUMPROTO, NfHookEntries, type NfHookOps, type NfOkfn, NfState } from './nf-hooks.ts';
import type { SoftnetData } from './softnet.ts';

/** Verdict: throw the packet away. @alpha */
export const NF_DROP = 0;
/** Verdict: go on. @alpha */
export const NF_ACCEPT = 1;
/** Verdict: the hook owns the packet. @alpha */
export const NF_STOLEN = 2;
/** Verdict: hand it to user space. @alpha */
export const NF_QUEUE = 3;
/** Verdict: call this hook again. @alpha */
export const NF_REPEAT = 4;
/** The verdict without what is packed above it. @alpha */
export const NF_VERDICT_MASK = 0xff;
/** With NF_QUEUE: accept when no program listens. @alpha */
export const NF_VERDICT_FLAG_QUEUE_BYPASS = 0x8000;

/** IPv4 and IPv6. @alpha */
export const NFPROTO_INET = 1;
/** IPv4. @alpha */
export const NFPROTO_IPV4 = 2;
/** ARP. @alpha */
export const NFPROTO_ARP = 3;
/** One device. @alpha */
export const NFPROTO_NETDEV = 5;
/** Bridges. @alpha */
export const NFPROTO_BRIDGE = 7;
/** IPv6. @alpha */
export const NFPROTO_IPV6 = 10;

/** A packet that came in, before routing. @alpha */
export const NF_INET_PRE_ROUTING = 0;
/** A packet for this host. @alpha */
export const NF_INET_LOCAL_IN = 1;
/** A packet that is forwarded. @alpha */
export const NF_INET_FORWARD = 2;
/** A packet that this host sends. @alpha */
export const NF_INET_LOCAL_OUT = 3;
/** A packet that leaves, after routing. @alpha */
export const NF_INET_POST_ROUTING = 4;
/** An ARP packet that came in. @alpha */
export const NF_ARP_IN = 0;
/** An ARP packet that leaves. @alpha */
export const NF_ARP_OUT = 1;
/** NFPROTO_NETDEV: received by the device. @alpha */
export const NF_NETDEV_INGRESS = 0;
/** NFPROTO_NETDEV: sent by the device. @alpha */
export const NF_NETDEV_EGRESS = 1;

/** NF_DROP with an errno for the sender, e.g. `nfDropErr(-EHOSTUNREACH)` (NF_DROP_ERR). @alpha */
export function nfDropErr(err: number): number {
  return (-err << 16) | NF_DROP;
}
/** NF_QUEUE to the queue with that number (NF_QUEUE_NR). @alpha */
export function nfQueueNr(n: number): number {
  return ((n & 0xffff) << 16) | NF_QUEUE;
}

/**
 * A hook point that the caller goes on from by itself (nf_hook). Returns 1 when the packet may pass; else the packet is gone:
 * 0 when it was stolen or queued, a negative errno when it was dropped. `okfn` is where a queued packet goes on.
 * @alpha
 */
export function nfHookVerdict(
  pf: number, hooknum: number, net: Net, sk: object | null, skb: Skb, inDev: NetDevice | null, outDev: NetDevice | null, okfn: NfOkfn,
): number {
  const dev = outDev ?? inDev;
  const nn = dev !== null && dev.net === net ? dev.nn : net.get(NETDEV_NET);
  if (nn.sd.nrNfHooks === 0) return 1;
  const entries = nn.nf.entries[pf * NF_MAX_HOOKS + hooknum]!;
  return entries === null ? 1 : nfHookSlow(nn.sd, entries, pf, hooknum, net, sk, skb, inDev, outDev, okfn);
}

/**
 * A hook point (NF_HOOK): calls `okfn` when the packet may pass and returns what that returned; else 0 or a negative errno. Consumes the skb.
 * @alpha
 */
export function nfHook(
  pf: number, hooknum: number, net: Net, sk: object | null, skb: Skb, inDev: NetDevice | null, outDev: NetDevice | null, okfn: NfOkfn,
): number {
  const dev = outDev ?? inDev;
  const nn = dev !== null && dev.net === net ? dev.nn : net.get(NETDEV_NET);
  if (nn.sd.nrNfHooks === 0) return okfn(net, sk, skb);
  const entries = nn.nf.entries[pf * NF_MAX_HOOKS + hooknum]!;
  if (entries === null) return okfn(net, sk, skb);
  const ret = nfHookSlow(nn.sd, entries, pf, hooknum, net, sk, skb, inDev, outDev, okfn);
  return ret === 1 ? okfn(net, sk, skb) : ret;
}

/** {@link nfHook} when `cond` holds, else straight to `okfn` (NF_HOOK_COND). @alpha */
export function nfHookCond(
  pf: number, hooknum: number, net: Net, sk: object | null, skb: Skb, inDev: NetDevice | null, outDev: NetDevice | null, okfn: NfOkfn,
  cond: boolean,
): number {
  return cond ? nfHook(pf, hooknum, net, sk, skb, inDev, outDev, okfn) : okfn(net, sk, skb);
}

/** Does anybody listen at this point? @alpha */
export function nfHookPresent(net: Net, pf: number, hooknum: number): boolean {
  return net.get(NETDEV_NET).nf.entries[pf * NF_MAX_HOOKS + hooknum] !== null;
}

function nfHookSlow(
  sd: SoftnetData, entries: NfHookEntries, pf: number, hooknum: number, net: Net, sk: object | null, skb: Skb,
  inDev: NetDevice | null, outDev: NetDevice | null, okfn: NfOkfn,
): number {
  // A hook may send packets itself (REJECT), so states are kept by depth.
  const depth = sd.nfDepth++;
  let state = sd.nfStates[depth];
  if (state === undefined) {
    state = new NfState();
    sd.nfStates[depth] = state;
  }
  state.pf = pf;
  state.hook = hooknum;
  state.inDev = inDev;
  state.outDev = outDev;
  state.sk = sk;
  state.net = net;
  state.okfn = okfn;
  state.entries = entries;
  const ret = nfIterate(sd, skb, state, 0);
  sd.nfDepth = depth;
  return ret;
}

function nfIterate(sd: SoftnetData, skb: Skb, state: NfState, from: number): number {
  const { fns, privs } = state.entries!;
  for (let i = from; i < fns.length; i++) {
    state.index = i;
    const verdict = fns[i]!(privs[i]!, skb, state);
    switch (verdict & NF_VERDICT_MASK) {
      case NF_ACCEPT:
        break;
      case NF_DROP: {
        kfreeSkbReason(skb, DROP.NETFILTER_DROP);
        const err = verdict >>> 16;
        return err !== 0 ? -err : -EPERM;
      }
      case NF_QUEUE: {
        const rc = sd.nfQueueHandler === null ? -ESRCH : sd.nfQueueHandler(skb, state, verdict >>> 16);
        if (rc === 0) return 0;
        if (rc === -ESRCH && (verdict & NF_VERDICT_FLAG_QUEUE_BYPASS) !== 0) break;
        kfreeSkbReason(skb, DROP.NETFILTER_DROP);
        return rc;
      }
      case NF_REPEAT:
        i--;
        break;
      default: // NF_STOLEN
        return 0;
    }
  }
  return 1;
}

/** What a queue handler keeps of a packet's place: the state belongs to the hook point, so it must be copied. @alpha */
export function nfStateCopy(state: NfState): NfState {
  const c = new NfState();
  c.hook = state.hook;
  c.pf = state.pf;
  c.inDev = state.inDev;
  c.outDev = state.outDev;
  c.sk = state.sk;
  c.net = state.net;
  c.okfn = state.okfn;
  c.index = state.index;
  c.entries = state.entries;
  return c;
}

/**
 * Brings a queued packet back with the verdict of user space (nf_reinject): NF_ACCEPT goes on behind the hook that queued it, NF_REPEAT calls it
 * again, anything else drops. Consumes the skb. Returns what the rest of the path returned.
 * @alpha
 */
export function nfReinject(skb: Skb, state: NfState, verdict: number): number {
  const net = state.net!;
  const sd = net.get(NETDEV_NET).sd;
  const v = verdict & NF_VERDICT_MASK;
  if (v !== NF_ACCEPT && v !== NF_REPEAT) {
    kfreeSkbReason(skb, DROP.NETFILTER_DROP);
    return -EPERM;
  }
  const okfn = state.okfn!;
  const ret = nfIterate(sd, skb, state, v === NF_REPEAT ? state.index : state.index + 1);
  return ret === 1 ? okfn(net, state.sk, skb) : ret;
}

function insert(old: NfHookEntries | null, ops: NfHookOps): NfHookEntries {
  const list = old === null ? [] : Array.from(old.ops);
  let i = 0;
  while (i < list.length && list[i]!.priority <= ops.priority) i++;
  list.splice(i, 0, ops);
  return new NfHookEntries(list);
}
function remove(old: NfHookEntries | null, ops: NfHookOps): NfHookEntries | null {
  if (old === null) return null;
  const list = old.ops.filter((o) => o !== ops);
  return list.length === 0 ? null : new NfHookEntries(list);
}

/** The families that a hook is for: NFPROTO_INET stands for IPv4 and IPv6. */
function families(pf: number): number[] {
  return pf === NFPROTO_INET ? [NFPROTO_IPV4, NFPROTO_IPV6] : [pf];
}

/**
 * Registers a hook in a namespace (nf_register_net_hook). Hooks of equal priority run in order of registration.
 * Returns 0, -EINVAL for a family or point that does not exist, -EBUSY when the same record is registered already.
 * @alpha
 */
export function nfRegisterNetHook(net: Net, ops: NfHookOps): number {
  const nn = net.get(NETDEV_NET);
  if (ops.pf < 0 || ops.pf >= NFPROTO_NUMPROTO || ops.hooknum < 0 || ops.hooknum >= NF_MAX_HOOKS) return -EINVAL;
  if (ops.pf === NFPROTO_NETDEV) {
    const dev = ops.dev ?? null;
    if (dev === null || ops.hooknum > NF_NETDEV_EGRESS) return -EINVAL;
    const old = ops.hooknum === NF_NETDEV_INGRESS ? dev.nfHooksIngress : dev.nfHooksEgress;
    if (old !== null && old.ops.includes(ops)) return -EBUSY;
    if (ops.hooknum === NF_NETDEV_INGRESS) dev.nfHooksIngress = insert(old, ops);
    else dev.nfHooksEgress = insert(old, ops);
    nn.sd.nrNfHooks++;
    return 0;
  }
  for (const pf of families(ops.pf)) {
    const i = pf * NF_MAX_HOOKS + ops.hooknum;
    const old = nn.nf.entries[i]!;
    if (old !== null && old.ops.includes(ops)) return -EBUSY;
    nn.nf.entries[i] = insert(old, ops);
    nn.sd.nrNfHooks++;
  }
  return 0;
}

/** Removes a hook; does nothing when it is not there (nf_unregister_net_hook). @alpha */
export function nfUnregisterNetHook(net: Net, ops: NfHookOps): void {
  const nn = net.get(NETDEV_NET);
  if (ops.pf === NFPROTO_NETDEV) {
    const dev = ops.dev ?? null;
    if (dev === null) return;
    const old = ops.hooknum === NF_NETDEV_INGRESS ? dev.nfHooksIngress : dev.nfHooksEgress;
    if (old === null || !old.ops.includes(ops)) return;
    if (ops.hooknum === NF_NETDEV_INGRESS) dev.nfHooksIngress = remove(old, ops);
    else dev.nfHooksEgress = remove(old, ops);
    nn.sd.nrNfHooks--;
    return;
  }
  for (const pf of families(ops.pf)) {
    const i = pf * NF_MAX_HOOKS + ops.hooknum;
    const old = nn.nf.entries[i] ?? null;
    if (old === null || !old.ops.includes(ops)) continue;
    nn.nf.entries[i] = remove(old, ops);
    nn.sd.nrNfHooks--;
  }
}

/** A hook point of a device (nf_hook_ingress, nf_hook_egress): 1 when the packet may pass, else it is gone. */
export function nfHookDev(entries: NfHookEntries, hooknum: number, skb: Skb, dev: NetDevice, okfn: NfOkfn): number {
  const ingress = hooknum === NF_NETDEV_INGRESS;
  return nfHookSlow(dev.sd, entries, NFPROTO_NETDEV, hooknum, dev.net, null, skb, ingress ? dev : null, ingress ? null : dev, okfn);
}

/** nfctInfo: related to a connection; and in the direction of its answers (IP_CT_RELATED, IP_CT_RELATED_REPLY, whose numbers begin at IP_CT_IS_REPLY). */
const CT_RELATED = 1;
const CT_RELATED_REPLY = 4;
const CT_IS_REPLY = 3;

/** What answers a packet belongs to the connection of that packet, the other way (nf_ct_attach): for errors and resets. @alpha */
export function nfCtAttach(to: Skb, from: Skb): void {
  if (from.nfct === null) return;
  to.nfct = from.nfct;
  to.nfctInfo = from.nfctInfo < CT_IS_REPLY ? CT_RELATED_REPLY : CT_RELATED;
}
