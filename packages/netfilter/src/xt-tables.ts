/** The tables filter, nat, mangle, raw and security of both families: where they are hooked in, and when they come to be. */
import { defineKey, type Key, type Net } from '@linnet/kernel';
import { INET } from '@linnet/inet';
import {
  NF_DROP, NF_INET_FORWARD, NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING, NF_INET_PRE_ROUTING, NF_QUEUE, NF_STOLEN, NF_VERDICT_MASK, nfDropErr, type NfHookFn,
  type NfHookOps, NFPROTO_IPV4, NFPROTO_IPV6, nfRegisterNetHook, type NfState, nfUnregisterNetHook,
} from '@linnet/netdev';
import type { Skb } from '@linnet/skbuff';
import { NF_IP_PRI_FILTER, NF_IP_PRI_MANGLE, NF_IP_PRI_NAT_DST, NF_IP_PRI_NAT_SRC, NF_IP_PRI_RAW } from './nf-conntrack-common.ts';
import { nfNatRegisterFn, type NfNatRule, type NfNatRuleOps, nfNatUnregisterFn } from './nf-nat.ts';
import { LAYOUT4, LAYOUT6, xtInitialBlob } from './xt-blob.ts';
import { xtCompile, xtDoTable, XtRun, XtTable } from './xt-table.ts';

/** Behind filter. */
const NF_IP_PRI_SECURITY = 50;

interface Template {
  readonly name: string;
  readonly hooks: number;
  /** Priority of a hook point. */
  readonly priority: (hook: number) => number;
}
const bit = (a: number, b: number, c: number = a, d: number = a): number => (1 << a) | (1 << b) | (1 << c) | (1 << d);
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
export class XtNet {
  readonly tables: XtTable[] = [];
  readonly run: XtRun = new XtRun();
}
/** Where a namespace keeps them. */
export const XT_NET: Key<XtNet> = defineKey<XtNet>('x_tables');

const tableHook: NfHookFn = (priv, skb, state) => xtDoTable(priv as XtTable, skb, state);

/** What decides a packet's way out: the words of the header that routing looks at, mixed. */
export function xtRouteKey(skb: Skb): number {
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
  const before = xtRouteKey(skb);
  const ret = xtDoTable(t, skb, state);
  const v = ret & NF_VERDICT_MASK;
  if (v === NF_DROP || v === NF_STOLEN || v === NF_QUEUE || xtRouteKey(skb) === before) return ret;
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
