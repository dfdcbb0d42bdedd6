/** ipset as part of a stack: its messages, its match and target. */
// datapath-ok-file: set-up
import type { KernelModule, Net } from '@linnet/kernel';
import { INET } from '@linnet/inet';
import { nfnetlink, nfnlSubsysRegister } from '../nfnetlink.ts';
import { xtRegisterMatches, xtRegisterTargets } from '../xt-core.ts';
import { xtables } from '../xt-module.ts';
import { IPSET_SUBSYSTEM } from './ipset-netlink.ts';
import { IPSET, IpSetNet } from './ipset-set.ts';
import { ipSetGetsockopt, XT_SET_MATCHES, XT_SET_TARGETS } from './xt-set.ts';

/** The module: sets of addresses, networks, ports and devices for rules, as ipset(8) makes them, with iptables' match `set` and target `SET`. @public */
export const ipset: KernelModule = {
  name: 'ipset',
  requires: [nfnetlink, xtables],
  init(k): void {
    nfnlSubsysRegister(k, IPSET_SUBSYSTEM);
    xtRegisterMatches(k, XT_SET_MATCHES);
    xtRegisterTargets(k, XT_SET_TARGETS);
    const inet = k.get(INET);
    const tables = inet.nfSockopt!;
    const ENOPROTOOPT = -92;
    inet.nfSockopt = {
      set: tables.set,
      get: (net, level, opt, maxLen, input) => {
        const r = ipSetGetsockopt(net, level, opt, maxLen, input);
        return r === ENOPROTOOPT ? tables.get(net, level, opt, maxLen, input) : r;
      },
    };
  },
  netInit(net: Net): void {
    net.set(IPSET, new IpSetNet(net));
  },
  netExit(net: Net): void {
    const inet = net.get(IPSET);
    for (const s of inet.sets.splice(0)) s?.end();
  },
};
