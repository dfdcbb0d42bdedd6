/** The target SYNPROXY (iptables-extensions(8)), and its place in a namespace. */
// datapath-ok-file: rules are made
import { defineKey, EINVAL, type Key, type Net } from '@linnet/kernel';
import { NF_ACCEPT, NF_INET_FORWARD, NF_INET_LOCAL_IN, NF_INET_POST_ROUTING, type NfHookOps, NFPROTO_IPV4, NFPROTO_IPV6, nfRegisterNetHook, nfUnregisterNetHook } from '@linnet/netdev';
import { IPPROTO_TCP } from '@linnet/uapi';
import { NF_IP_PRI_CONNTRACK_CONFIRM } from './nf-conntrack-common.ts';
import { NfSynproxyNet, nfSynproxyHook } from './nf-synproxy.ts';
import { XT_CONTINUE, type XtCheck, type XtTargetDef, type XtTargetFn } from './xt-core.ts';
import { xtNeedsTracking } from './xt-match-ct.ts';

/** XT_INV_PROTO. */
const INV_PROTO = 0x40;

/** Where a namespace keeps it, with the hooks of each family while rules want them. */
export const NF_SYNPROXY: Key<{ readonly proxy: NfSynproxyNet; readonly hooks: Map<number, NfHookOps[]> }> = defineKey('nf_synproxy');

/** Takes a family's hooks into use; the answer gives them back. */
export function nfSynproxyUse({ proxy, hooks }: { readonly proxy: NfSynproxyNet; readonly hooks: Map<number, NfHookOps[]> }, net: Net, pf: number): () => void {
  const v4 = pf === NFPROTO_IPV4;
  if ((v4 ? proxy.users4++ : proxy.users6++) === 0) {
    // In front of the confirmation, where sequence numbers are moved.
    const ops = [NF_INET_POST_ROUTING, NF_INET_LOCAL_IN].map((hooknum): NfHookOps => ({ pf, hooknum, priority: NF_IP_PRI_CONNTRACK_CONFIRM - 1, hook: nfSynproxyHook, priv: proxy }));
    for (const o of ops) nfRegisterNetHook(net, o);
    hooks.set(pf, ops);
  }
  return () => {
    if ((v4 ? --proxy.users4 : --proxy.users6) !== 0) return;
    for (const o of hooks.get(pf)!) nfUnregisterNetHook(net, o);
    hooks.delete(pf);
  };
}

/** struct xt_synproxy_info. */
function synproxy(c: XtCheck): XtTargetFn | number {
  const { u8, view, off, net, proto, inv, family } = c;
  if (proto !== IPPROTO_TCP || (inv & INV_PROTO) !== 0) return -EINVAL;
  const options = u8[off]!;
  const wscale = u8[off + 1]!;
  const mss = view.getUint16(off + 2, true);
  const here = net.get(NF_SYNPROXY);
  xtNeedsTracking(c);
  c.onDestroy(nfSynproxyUse(here, net, family));
  return (skb, par) => {
    const v = par.fragoff !== 0 ? NF_ACCEPT : here.proxy.client(skb, par.thoff, options, mss, wscale);
    return v === NF_ACCEPT ? XT_CONTINUE : v;
  };
}

const HOOKS = (1 << NF_INET_LOCAL_IN) | (1 << NF_INET_FORWARD);

/** The definitions. */
export const XT_SYNPROXY: readonly XtTargetDef[] = [NFPROTO_IPV4, NFPROTO_IPV6].map((family) => ({ name: 'SYNPROXY', revision: 0, family, size: 4, proto: IPPROTO_TCP, hooks: HOOKS, check: synproxy }));

/** Makes a namespace's own, with its file. */
export function nfSynproxyNetInit(net: Net): void {
  const proxy = new NfSynproxyNet(net);
  net.set(NF_SYNPROXY, { proxy, hooks: new Map() });
  const hex = (n: number): string => (n >>> 0).toString(16).padStart(8, '0');
  net.proc.create('net/stat/synproxy', () => {
    const s = proxy.stat;
    return `entries\t\tsyn_received\tcookie_invalid\tcookie_valid\tcookie_retrans\tconn_reopened\n${[0, s.synReceived, s.cookieInvalid, s.cookieValid, s.cookieRetrans, 0].map(hex).join('\t')}\n`;
  });
}
