/** `ip monitor`: what changes, as it happens. */
import {
  NETLINK_ROUTE, POLLIN, RTM_DELADDR, RTM_DELLINK, RTM_DELNEIGH, RTM_DELNETCONF, RTM_DELNEXTHOP, RTM_DELNSID, RTM_DELROUTE, RTM_DELRULE, RTM_NEWADDR, RTM_NEWLINK, RTM_NEWNEIGH, RTM_NEWNETCONF, RTM_NEWNEXTHOP, RTM_NEWNSID, RTM_NEWROUTE, RTM_NEWRULE, RTNLGRP_IPV4_IFADDR,
  RTNLGRP_IPV4_NETCONF, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV6_NETCONF, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV6_RULE, RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_NEXTHOP, RTNLGRP_NSID,
} from '@linnet/uapi';
import { NlSocket, type NlMsg } from '../netlink.ts';
import { matches, ToolExit, type Words } from '../words.ts';
import { showAddrEvent } from './addr.ts';
import { Ip } from './context.ts';
import { showNetconfEvent } from './ipv6.ts';
import { showLinkEvent } from './link-show.ts';
import { showNeighEvent } from './neigh.ts';
import { showNsidEvent } from './netns.ts';
import { showNexthopEvent } from './nexthop.ts';
import { showRouteEvent } from './route.ts';
import { showRuleEvent } from './rule.ts';

interface Subject {
  readonly name: string;
  readonly label: string;
  readonly groups: readonly number[];
  readonly types: readonly number[];
  show(ip: Ip, m: NlMsg): void;
}

const SUBJECTS: readonly Subject[] = [
  { name: 'link', label: 'LINK', groups: [RTNLGRP_LINK], types: [RTM_NEWLINK, RTM_DELLINK], show: showLinkEvent },
  { name: 'address', label: 'ADDR', groups: [RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR], types: [RTM_NEWADDR, RTM_DELADDR], show: showAddrEvent },
  { name: 'route', label: 'ROUTE', groups: [RTNLGRP_IPV4_NETCONF, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE], types: [RTM_NEWROUTE, RTM_DELROUTE], show: showRouteEvent },
  { name: 'neigh', label: 'NEIGH', groups: [RTNLGRP_NEIGH], types: [RTM_NEWNEIGH, RTM_DELNEIGH], show: showNeighEvent },
  { name: 'rule', label: 'RULE', groups: [RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE], types: [RTM_NEWRULE, RTM_DELRULE], show: showRuleEvent },
  { name: 'nexthop', label: 'NEXTHOP', groups: [RTNLGRP_NEXTHOP], types: [RTM_NEWNEXTHOP, RTM_DELNEXTHOP], show: showNexthopEvent },
  { name: 'nsid', label: 'NSID', groups: [RTNLGRP_NSID], types: [RTM_NEWNSID, RTM_DELNSID], show: showNsidEvent },
  { name: 'netconf', label: 'NETCONF', groups: [RTNLGRP_IPV4_NETCONF, RTNLGRP_IPV6_NETCONF], types: [RTM_NEWNETCONF, RTM_DELNETCONF], show: showNetconfEvent },
];

/** Runs until the task ends, or until `io.signal` is aborted. */
export async function ipMonitor(asked: Ip, w: Words): Promise<number> {
  // Events are text, whatever was asked for.
  const ip = new Ip(asked.task, asked.io, { ...asked.opt, json: false });
  const wanted = new Set<Subject>();
  let labels = false;
  for (; w.more; w.skip()) {
    const one = SUBJECTS.find((s) => matches(w.cur, s.name));
    if (w.is('label')) labels = true;
    else if (one !== undefined) wanted.add(one);
    else if (w.eq('all')) labels = true;
    else if (w.eq('dev')) w.next();
    else throw new ToolExit(255, `Argument "${w.cur}" is unknown, try "ip monitor help".\n`);
  }
  if (wanted.size === 0) for (const s of SUBJECTS) wanted.add(s);
  const groups = [...wanted].flatMap((s) => s.groups.filter((_, i) => ip.opt.family === 0 || s.groups.length === 1 || (ip.opt.family === 10) === (i === 1)));
  // The names of links must be known before one of them is gone.
  void ip.links.size;
  const sock = new NlSocket(ip.task, NETLINK_ROUTE, groups);
  try {
    for (;;) {
      const got = sock.receive();
      if (typeof got === 'number') {
        if (ip.io.signal?.aborted === true) return 0;
        await ip.task.poll([{ fd: sock.fd, events: POLLIN, revents: 0 }], -1, ip.io.signal === undefined ? {} : { signal: ip.io.signal });
        continue;
      }
      for (const m of got) {
        const s = SUBJECTS.find((x) => x.types.includes(m.type));
        if (s === undefined) continue;
        if (labels) ip.out.t(`[${s.label}]`);
        s.show(ip, m);
      }
      ip.flush();
    }
  } catch (error) {
    if (ip.io.signal?.aborted === true) return 0;
    throw error;
  } finally {
    sock.close();
    ip.close();
  }
}
