/** /sys/class/net/NAME/bridge, brif and brport (br_sysfs_br.c, br_sysfs_if.c). */
// datapath-ok-file: configuration
import { clockTToJiffies, EINVAL, jiffiesToClockT, type TimerList } from '@linnet/kernel';
import { devGetByName, type NetdevAttribute, type NetdevAttributeGroup, type NetDevice } from '@linnet/netdev';
import { macFromString, macToString, RTM_NEWLINK } from '@linnet/uapi';
import {
  BR_BCAST_FLOOD, BR_BPDU_GUARD, BR_FLOOD, BR_GROUPFWD_MACPAUSE, BR_GROUPFWD_RESTRICTED, BR_HAIRPIN_MODE, BR_ISOLATED, BR_LEARNING, BR_MCAST_FLOOD, BR_MULTICAST_FAST_LEAVE,
  BR_MULTICAST_TO_UNICAST, BR_NEIGH_SUPPRESS, BR_PROXYARP, BR_PROXYARP_WIFI, BR_ROOT_BLOCK, type Bridge, type BridgeId, type BridgePort, brGet, brPortGet, brTimerValue,
} from './br.ts';
import { nbpBackupChange } from './br-if.ts';
import { brIfinfoNotify } from './br-ifinfo.ts';
import { mcastSetPortRouter, mcastSetQuerier, mcastSetRouter, mcastSetVersion, mcastToggle } from './br-mcast.ts';
import { brSetGroupAddr } from './br-netlink.ts';
import { brPortFlagsChange } from './br-setport.ts';
import {
  brFlushLearned, brSetAgeingTime, brSetForwardDelay, brSetHelloTime, brSetMaxAge, brStpSetBridgePriority, brStpSetEnabled, brStpSetPathCost, brStpSetPortPriority,
} from './br-stp-if.ts';
import { brVlanFilterToggle, brVlanDefaultPvidStore, brVlanSetProto, brVlanSetStatsPerPort } from './br-vlan.ts';

/** A number as files take it: decimal, octal or hexadecimal; NaN for something else. */
function numberOf(text: string): number {
  const s = text.trim();
  if (/^0x[0-9a-f]+$/i.test(s)) return parseInt(s, 16);
  if (/^0[0-7]+$/.test(s)) return parseInt(s, 8);
  return /^\d+$/.test(s) ? Number(s) : NaN;
}

const idText = (id: BridgeId): string => `${id.prio.toString(16).padStart(4, '0')}.${Array.from(id.addr, (b) => b.toString(16).padStart(2, '0')).join('')}`;

/** A number of a bridge that may be read and set. */
function num(get: (br: Bridge) => number, set: (br: Bridge, n: number) => number): NetdevAttribute {
  return {
    show: (dev) => String(get(brGet(dev)!)),
    store(dev, text): number {
      const n = numberOf(text);
      return Number.isNaN(n) ? -EINVAL : dev.kernel.run(() => set(brGet(dev)!, n));
    },
  };
}
const time = (get: (br: Bridge) => number, set: (br: Bridge, ticks: number) => number): NetdevAttribute =>
  num((br) => jiffiesToClockT(get(br)), (br, n) => set(br, clockTToJiffies(n)));
const ro = (get: (br: Bridge) => string | number): NetdevAttribute => ({ show: (dev) => String(get(brGet(dev)!)) });
const timer = (get: (br: Bridge) => TimerList<Bridge>): NetdevAttribute => ro((br) => brTimerValue(br.kernel, get(br)));
const flag = (get: (br: Bridge) => boolean, set: (br: Bridge, on: boolean) => number | void): NetdevAttribute =>
  num((br) => (get(br) ? 1 : 0), (br, n) => set(br, n !== 0) ?? 0);

const MCAST: Readonly<Record<string, NetdevAttribute>> = {
  multicast_igmp_version: num((br) => br.mcast.igmpVersion, (br, n) => mcastSetVersion(br.mcast, false, n)),
  multicast_last_member_count: num((br) => br.mcast.lastMemberCount, (br, n) => {
    br.mcast.lastMemberCount = n;
    return 0;
  }),
  multicast_last_member_interval: time((br) => br.mcast.lastMemberInterval, (br, t) => {
    br.mcast.lastMemberInterval = t;
    return 0;
  }),
  multicast_membership_interval: time((br) => br.mcast.membershipInterval, (br, t) => {
    br.mcast.membershipInterval = t;
    return 0;
  }),
  multicast_mld_version: num((br) => br.mcast.mldVersion, (br, n) => mcastSetVersion(br.mcast, true, n)),
  multicast_querier: flag((br) => br.mcast.querier, (br, on) => mcastSetQuerier(br.mcast, on)),
  multicast_querier_interval: time((br) => br.mcast.querierInterval, (br, t) => {
    br.mcast.querierInterval = t;
    return 0;
  }),
  multicast_query_interval: time((br) => br.mcast.queryInterval, (br, t) => {
    br.mcast.queryInterval = Math.max(t, 1000);
    return 0;
  }),
  multicast_query_response_interval: time((br) => br.mcast.queryResponseInterval, (br, t) => {
    br.mcast.queryResponseInterval = t;
    return 0;
  }),
  multicast_query_use_ifaddr: flag((br) => br.mcastQueryUseIfaddr, (br, on) => {
    br.mcastQueryUseIfaddr = on;
  }),
  multicast_router: num((br) => br.mcast.router, (br, n) => mcastSetRouter(br.mcast, n)),
  multicast_snooping: flag((br) => br.mcastEnabled, (br, on) => mcastToggle(br, on)),
  multicast_startup_query_count: num((br) => br.mcast.startupQueryCount, (br, n) => {
    br.mcast.startupQueryCount = n;
    return 0;
  }),
  multicast_startup_query_interval: time((br) => br.mcast.startupQueryInterval, (br, t) => {
    br.mcast.startupQueryInterval = Math.max(t, 1000);
    return 0;
  }),
  multicast_stats_enabled: flag((br) => br.mcastStatsEnabled, (br, on) => {
    br.mcastStatsEnabled = on;
  }),
};

const BRIDGE: Readonly<Record<string, NetdevAttribute>> = {
  ageing_time: time((br) => br.ageingTime, brSetAgeingTime),
  bridge_id: ro((br) => idText(br.bridgeId)),
  default_pvid: num((br) => br.defaultPvid, brVlanDefaultPvidStore),
  flush: {
    store(dev): number {
      brFlushLearned(brGet(dev)!, null);
      return 0;
    },
  },
  forward_delay: time((br) => br.forwardDelay, brSetForwardDelay),
  gc_timer: timer((br) => br.gcTimer),
  group_addr: {
    show: (dev) => macToString(brGet(dev)!.groupAddr),
    store(dev, text): number {
      if (!/^([0-9a-f]{1,2}:){5}[0-9a-f]{1,2}$/i.test(text.trim())) return -EINVAL;
      return brSetGroupAddr(brGet(dev)!, macFromString(text.trim()), 0);
    },
  },
  group_fwd_mask: {
    show: (dev) => `0x${brGet(dev)!.groupFwdMask.toString(16)}`,
    store(dev, text): number {
      const n = numberOf(text);
      if (Number.isNaN(n) || (n & BR_GROUPFWD_RESTRICTED) !== 0) return -EINVAL;
      brGet(dev)!.groupFwdMask = n & 0xffff;
      return 0;
    },
  },
  hash_elasticity: num(() => 16, () => 0),
  hash_max: num((br) => br.mcastHashMax, (br, n) => {
    br.mcastHashMax = n;
    return 0;
  }),
  hello_time: time((br) => br.helloTime, brSetHelloTime),
  hello_timer: timer((br) => br.helloTimer),
  max_age: time((br) => br.maxAge, brSetMaxAge),
  ...MCAST,
  nf_call_arptables: flag((br) => br.nfCallArptables, (br, on) => {
    br.nfCallArptables = on;
  }),
  nf_call_ip6tables: flag((br) => br.nfCallIp6tables, (br, on) => {
    br.nfCallIp6tables = on;
  }),
  nf_call_iptables: flag((br) => br.nfCallIptables, (br, on) => {
    br.nfCallIptables = on;
  }),
  no_linklocal_learn: flag((br) => br.noLlLearn, (br, on) => {
    br.noLlLearn = on;
  }),
  priority: num((br) => br.bridgeId.prio, (br, n) => {
    brStpSetBridgePriority(br, n & 0xffff);
    return 0;
  }),
  root_id: ro((br) => idText(br.designatedRoot)),
  root_path_cost: ro((br) => br.rootPathCost),
  root_port: ro((br) => br.rootPort),
  stp_state: num((br) => br.stpEnabled, (br, n) => {
    brStpSetEnabled(br, n !== 0);
    return 0;
  }),
  tcn_timer: timer((br) => br.tcnTimer),
  topology_change: ro((br) => br.topologyChange),
  topology_change_detected: ro((br) => br.topologyChangeDetected),
  topology_change_timer: timer((br) => br.topologyChangeTimer),
  vlan_filtering: flag((br) => br.vlanEnabled, brVlanFilterToggle),
  vlan_protocol: {
    show: (dev) => `0x${brGet(dev)!.vlanProto.toString(16).padStart(4, '0')}`,
    store(dev, text): number {
      const n = numberOf(text);
      return Number.isNaN(n) ? -EINVAL : brVlanSetProto(brGet(dev)!, n);
    },
  },
  vlan_stats_enabled: num((br) => (br.vlanStatsEnabled ? 1 : 0), (br, n) => {
    if (n > 1) return -EINVAL;
    br.vlanStatsEnabled = n === 1;
    return 0;
  }),
  vlan_stats_per_port: num((br) => (br.vlanStatsPerPort ? 1 : 0), brVlanSetStatsPerPort),
};

/** What all changes of a port's files end with. */
function changed(p: BridgePort, err: number): number {
  if (err === 0) brIfinfoNotify(RTM_NEWLINK, null, p);
  return err;
}
function portNum(get: (p: BridgePort) => number | string, set: (p: BridgePort, n: number) => number): NetdevAttribute {
  return {
    show: (dev) => String(get(brPortGet(dev)!)),
    store(dev, text): number {
      const n = numberOf(text);
      const p = brPortGet(dev)!;
      return Number.isNaN(n) ? -EINVAL : dev.kernel.run(() => changed(p, set(p, n)));
    },
  };
}
function portFlag(bit: number): NetdevAttribute {
  return portNum((p) => ((p.flags & bit) !== 0 ? 1 : 0), (p, n) => {
    const old = p.flags;
    p.flags = n !== 0 ? p.flags | bit : p.flags & ~bit;
    if (p.flags !== old) brPortFlagsChange(p, old);
    return 0;
  });
}
const portRo = (get: (p: BridgePort) => string | number): NetdevAttribute => ({ show: (dev) => String(get(brPortGet(dev)!)) });
const portTimer = (get: (p: BridgePort) => TimerList<BridgePort>): NetdevAttribute => portRo((p) => brTimerValue(p.br.kernel, get(p)));

const BRPORT: Readonly<Record<string, NetdevAttribute>> = {
  backup_port: {
    show: (dev) => brPortGet(dev)!.backupPort?.dev.name ?? '',
    store(dev, text): number {
      const name = text.trim();
      const other = name === '' ? null : devGetByName(dev.net, name);
      if (name !== '' && other === null) return -EINVAL;
      return nbpBackupChange(brPortGet(dev)!, other);
    },
  },
  bpdu_guard: portFlag(BR_BPDU_GUARD),
  broadcast_flood: portFlag(BR_BCAST_FLOOD),
  change_ack: portRo((p) => (p.topologyChangeAck ? 1 : 0)),
  config_pending: portRo((p) => (p.configPending ? 1 : 0)),
  designated_bridge: portRo((p) => idText(p.designatedBridge)),
  designated_cost: portRo((p) => p.designatedCost),
  designated_port: portRo((p) => p.designatedPort),
  designated_root: portRo((p) => idText(p.designatedRoot)),
  flush: {
    store(dev): number {
      const p = brPortGet(dev)!;
      brFlushLearned(p.br, p);
      return 0;
    },
  },
  forward_delay_timer: portTimer((p) => p.forwardDelayTimer),
  group_fwd_mask: portNum((p) => `0x${p.groupFwdMask.toString(16)}`, (p, n) => {
    if ((n & BR_GROUPFWD_MACPAUSE) !== 0) return -EINVAL;
    p.groupFwdMask = n & 0xffff;
    return 0;
  }),
  hairpin_mode: portFlag(BR_HAIRPIN_MODE),
  hold_timer: portTimer((p) => p.holdTimer),
  isolated: portFlag(BR_ISOLATED),
  learning: portFlag(BR_LEARNING),
  message_age_timer: portTimer((p) => p.messageAgeTimer),
  multicast_fast_leave: portFlag(BR_MULTICAST_FAST_LEAVE),
  multicast_flood: portFlag(BR_MCAST_FLOOD),
  multicast_router: portNum((p) => p.mcast.router, (p, n) => mcastSetPortRouter(p.mcast, n)),
  multicast_to_unicast: portFlag(BR_MULTICAST_TO_UNICAST),
  neigh_suppress: portFlag(BR_NEIGH_SUPPRESS),
  path_cost: portNum((p) => p.pathCost, brStpSetPathCost),
  port_id: portRo((p) => `0x${p.portId.toString(16)}`),
  port_no: portRo((p) => `0x${p.portNo.toString(16)}`),
  priority: portNum((p) => p.priority, brStpSetPortPriority),
  proxyarp: portFlag(BR_PROXYARP),
  proxyarp_wifi: portFlag(BR_PROXYARP_WIFI),
  root_block: portFlag(BR_ROOT_BLOCK),
  state: portRo((p) => p.state),
  unicast_flood: portFlag(BR_FLOOD),
};

/** A bridge's settings. */
export const BR_SYSFS: NetdevAttributeGroup = { name: 'bridge', visible: (dev) => brGet(dev) !== null, attributes: BRIDGE };
/** A bridge's ports, as links to theirs. */
export const BRIF_SYSFS: NetdevAttributeGroup = {
  name: 'brif',
  visible: (dev) => brGet(dev) !== null,
  attributes: {},
  links: (dev: NetDevice): Map<string, string> => new Map(brGet(dev)!.ports.map((p) => [p.dev.name, `${p.dev.name}/brport`])),
};
/** A port's settings. */
export const BRPORT_SYSFS: NetdevAttributeGroup = {
  name: 'brport',
  visible: (dev) => brPortGet(dev) !== null,
  attributes: BRPORT,
  links: (dev: NetDevice): Map<string, string> => new Map([['bridge', brPortGet(dev)!.br.dev.name]]),
};
