/** The tables filter, nat, mangle, raw and security of both families: where they are hooked in, and when they come to be. */
import { defineKey, type KernelModule, type Key, type Net } from '@linnet/kernel';
import { INET, inet } from '@linnet/inet';
import {
  NF_DROP, NF_INET_FORWARD, NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING, NF_INET_PRE_ROUTING, NF_QUEUE, NF_STOLEN, NF_VERDICT_MASK, nfDropErr, type NfHookFn,
  type NfHookOps, NFPROTO_IPV4, NFPROTO_IPV6, nfRegisterNetHook, type NfState, nfUnregisterNetHook,
} from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import { NF_IP_PRI_FILTER, NF_IP_PRI_MANGLE, NF_IP_PRI_NAT_DST, NF_IP_PRI_NAT_SRC, NF_IP_PRI_RAW } from './nf-conntrack-common.ts';
import { nfNat, nfNatRegisterFn, type NfNatRule, type NfNatRuleOps, nfNatUnregisterFn } from './nf-nat.ts';
import { LAYOUT4, LAYOUT6, xtInitialBlob } from './xt-blob.ts';
import { XT_MEMORY, XtKernel, XtMemory, XTABLES, xtRegisterMatches, xtRegisterTargets } from './xt-core.ts';
import { XT_CT_MATCHES } from './xt-match-ct.ts';
import { XT_L4_MATCHES } from './xt-match-l4.ts';
import { XT_MISC_MATCHES } from './xt-match-misc.ts';
import { XT_RATE_MATCHES } from './xt-match-rate.ts';
import { XT_TARGETS } from './xt-targets.ts';
import { XT_NAT_TARGETS } from './xt-target-nat.ts';
import { xtGetsockopt, xtSetsockopt } from './xt-sockopt.ts';
import { xtCompile, xtDoTable, XtRun, XtTable } from './xt-table.ts';

/** Behind filter. */
const NF_IP_PRI_SECURITY = 50;

interface Template {
  readonly name: string;
  readonly hooks: number;
  /** Priority of a hook point. */
  readonly priority: (hook: number) => number;
}
const bit = (...hooks: number[]): number => hooks.reduce((m, h) => m | (1 << h), 0);
const TEMPLATES: readonly Template[] = [
  { name: 'filter', hooks: bit(NF_INET_LOCAL_IN, NF_INET_FORWARD, NF_INET_LOCAL_OUT), priority: () => NF_IP_PRI_FILTER },
  {
    name: 'nat', hooks: bit(NF_INET_PRE_ROUTING, NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING),
    priority: (h) => (h === NF_INET_PRE_ROUTING || h === NF_INET_LOCAL_OUT ? NF_IP_PRI_NAT_DST : NF_IP_PRI_NAT_SRC),
  },
  { name: 'mangle', hooks: 31, priority: () => NF_IP_PRI_MANGLE },
  { name: 'raw', hooks: bit(NF_INET_PRE_ROUTING, NF_INET_LOCAL_OUT), priority: () => NF_IP_PRI_RAW },
  { name: 'security', hooks: bit(NF_INET_LOCAL_IN, NF_INET_FORWARD, NF_INET_LOCAL_OUT), priority: () => NF_IP_PRI_SECURITY },
];

/** A namespace's tables. */
class XtNet {
  readonly tables: XtTable[] = [];
  readonly run: XtRun = new XtRun();
}
const XT_NET: Key<XtNet> = defineKey<XtNet>('x_tables');

const tableHook: NfHookFn = (priv, skb, state) => xtDoTable(priv as XtTable, skb, state);

/** What decides a packet's way out: the words of the header that routing looks at, mixed. */
function routeKey(skb: Skb): number {
  const { view, networkHeader: nh } = skb;
  const four = view.getUint8(nh) >> 4 === 4;
  let h = skb.mark ^ Math.imul(four ? view.getUint8(nh + 1) : view.getInt32(nh), 0x01000193);
  const from = nh + (four ? 12 : 8);
  const to = nh + (four ? 20 : 40);
  for (let at = from; at < to; at += 4) h = (Math.imul(h, 0x01000193) ^ view.getInt32(at)) | 0;
  return h;
}

/** mangle at LOCAL_OUT: what it changes may change the way. */
const mangleOut: NfHookFn = (priv, skb, state: NfState) => {
  const t = priv as XtTable;
  const before = routeKey(skb);
  const ret = xtDoTable(t, skb, state);
  const v = ret & NF_VERDICT_MASK;
  if (v === NF_DROP || v === NF_STOLEN || v === NF_QUEUE || routeKey(skb) === before) return ret;
  const af = t.net.kernel.get(INET).af(t.family === NFPROTO_IPV4 ? 2 : 10);
  const err = af?.rerouteOutput?.(t.net, state.sk, skb) ?? 0;
  return err < 0 ? nfDropErr(err) : ret;
};

const natRule: NfNatRule = (priv, skb, state) => xtDoTable(priv as XtTable, skb, state);

function addTable(net: Net, xn: XtNet, family: number, tmpl: Template): XtTable {
  const blob = xtInitialBlob(family === NFPROTO_IPV4 ? LAYOUT4 : LAYOUT6, tmpl.hooks);
  const rules = xtCompile(net, tmpl.name, blob);
  if (typeof rules === 'number') throw new Error('x_tables: the initial table is wrong');
  const t = new XtTable(net, family, tmpl.name, tmpl.hooks, rules, xn.run);
  const off: (() => void)[] = [];
  for (let h = 0; h < 5; h++) {
    if ((tmpl.hooks & (1 << h)) === 0) continue;
    if (tmpl.name === 'nat') {
      const ops: NfNatRuleOps = { pf: family, hooknum: h, priority: tmpl.priority(h), rule: natRule, priv: t };
      nfNatRegisterFn(net, ops);
      off.push(() => nfNatUnregisterFn(net, ops)); // datapath-ok: once a table
    } else {
      const hook = tmpl.name === 'mangle' && h === NF_INET_LOCAL_OUT ? mangleOut : tableHook;
      const ops: NfHookOps = { pf: family, hooknum: h, priority: tmpl.priority(h), hook, priv: t };
      nfRegisterNetHook(net, ops);
      off.push(() => nfUnregisterNetHook(net, ops)); // datapath-ok: once a table
    }
  }
  t.unhook = () => {
    for (const fn of off) fn();
  };
  // The newest is found first.
  xn.tables.unshift(t); // datapath-ok: once a table
  return t;
}

/** A table of a namespace; asked for the first time, it comes to be and is hooked in (xt_find_table_lock). Null: there is none of that name. @alpha */
export function xtTable(net: Net, family: number, name: string): XtTable | null {
  const xn = net.get(XT_NET);
  for (const t of xn.tables) if (t.family === family && t.name === name) return t;
  if (family === NFPROTO_IPV6 && net.kernel.get(INET).af(10) === null) return null;
  const tmpl = TEMPLATES.find((x) => x.name === name);
  return tmpl === undefined ? null : addTable(net, xn, family, tmpl);
}

function names(net: Net, family: number): string {
  return net.get(XT_NET).tables.filter((t) => t.family === family).map((t) => `${t.name}\n`).join('');
}
function listed(list: readonly { name: string; family: number }[], family: number): string {
  // Those of the family itself come behind those of all.
  const of = (f: number): string[] => list.filter((d) => d.family === f).map((d) => `${d.name}\n`).reverse();
  return of(0).concat(of(family)).join('');
}

/** The module: iptables and ip6tables with their tables, matches and targets. A namespace in which nobody asks for a table pays nothing. @public */
export const xtables: KernelModule = {
  name: 'x_tables',
  requires: [inet, nfNat],
  init(k): void {
    k.set(XTABLES, new XtKernel());
    for (const list of [XT_L4_MATCHES, XT_CT_MATCHES, XT_MISC_MATCHES, XT_RATE_MATCHES]) xtRegisterMatches(k, list);
    for (const list of [XT_TARGETS, XT_NAT_TARGETS]) xtRegisterTargets(k, list);
    k.get(INET).nfSockopt = { set: xtSetsockopt, get: xtGetsockopt };
  },
  netInit(net: Net): void {
    net.set(XT_NET, new XtNet());
    net.set(XT_MEMORY, new XtMemory());
    const xk = net.kernel.get(XTABLES);
    for (const [pre, family] of [['ip', NFPROTO_IPV4], ['ip6', NFPROTO_IPV6]] as const) {
      net.proc.create(`net/${pre}_tables_names`, () => names(net, family));
      net.proc.create(`net/${pre}_tables_matches`, () => listed(xk.matches, family));
      net.proc.create(`net/${pre}_tables_targets`, () => listed([...xk.targets, { name: 'ERROR', family }, { name: '', family }].filter((t) => t.name !== ''), family));
    }
  },
  netExit(net: Net): void {
    const xn = net.get(XT_NET);
    for (const t of xn.tables.splice(0)) {
      t.unhook();
      t.rules.end();
    }
  },
};
