/** x_tables as part of a stack: the register of matches and targets, the socket options, the files in /proc. */
// datapath-ok-file: set-up and files
import type { KernelModule, Net } from '@linnet/kernel';
import { INET, inet } from '@linnet/inet';
import { NFPROTO_IPV4, NFPROTO_IPV6 } from '@linnet/netdev';
import { nfCtHelpers } from './nf-ct-helper-module.ts';
import { nfNat } from './nf-nat.ts';
import { nfSynproxyNetInit, XT_SYNPROXY } from './nf-synproxy-xt.ts';
import { XT_SOCKET, XT_TPROXY } from './nf-tproxy-xt.ts';
import { XT_MEMORY, XtKernel, XtMemory, XTABLES, xtRegisterMatches, xtRegisterTargets } from './xt-core.ts';
import { XT_EBT_MATCHES } from './xt-ebt.ts';
import { XT_EBT_TARGETS } from './xt-ebt-target.ts';
import { XT_CT_MATCHES } from './xt-match-ct.ts';
import { XT_L4_MATCHES } from './xt-match-l4.ts';
import { XT_MISC_MATCHES } from './xt-match-misc.ts';
import { XT_RATE_MATCHES } from './xt-match-rate.ts';
import { xtGetsockopt, xtSetsockopt } from './xt-sockopt.ts';
import { XT_NET, XtNet } from './xt-tables.ts';
import { XT_NAT_TARGETS } from './xt-target-nat.ts';
import { XT_TARGETS } from './xt-targets.ts';

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
  requires: [inet, nfNat, nfCtHelpers],
  init(k): void {
    k.set(XTABLES, new XtKernel());
    for (const list of [XT_L4_MATCHES, XT_CT_MATCHES, XT_MISC_MATCHES, XT_RATE_MATCHES, XT_EBT_MATCHES, XT_SOCKET]) xtRegisterMatches(k, list);
    for (const list of [XT_TARGETS, XT_NAT_TARGETS, XT_EBT_TARGETS, XT_TPROXY, XT_SYNPROXY]) xtRegisterTargets(k, list);
    k.get(INET).nfSockopt = { set: xtSetsockopt, get: xtGetsockopt };
  },
  netInit(net: Net): void {
    net.set(XT_NET, new XtNet());
    net.set(XT_MEMORY, new XtMemory());
    nfSynproxyNetInit(net);
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
