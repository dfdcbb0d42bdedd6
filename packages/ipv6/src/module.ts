/** IPv6 as a module of a kernel. */
// datapath-ok-file: starting and ending
import type { Kernel, KernelModule, Key, Net } from '@linnet/kernel';
import { defineKey, delTimer, NOTIFY_DONE, timeAfter } from '@linnet/kernel';
import { fragDirExit, INET, inet, INET_NET, INET_PROTOSW_NAMED, INET_PROTOSW_PERMANENT, INET_PROTOSW_REUSE, InetSock, PingSock, PingTable, rawDiagAdd, RawTable } from '@linnet/inet';
import { neigh, NEIGH } from '@linnet/neigh';
import type { NeighTable, Neighbour } from '@linnet/neigh';
import { netlink } from '@linnet/netlink';
import { devAddOffload, devAddPack, devRemovePack, NETDEV, PacketType, registerNetdeviceNotifier, unregisterNetdeviceNotifier } from '@linnet/netdev';
import type { NetDevice } from '@linnet/netdev';
import { sockDestruct, sockRegister } from '@linnet/socket';
import type { Proto } from '@linnet/socket';
import { DEVCONF_RTR_PROBE_INTERVAL, ETH_P_IPV6, IFA_F_OPTIMISTIC, IFA_F_TENTATIVE, IPPROTO_ICMPV6, IPPROTO_IP, IPPROTO_PIM, IPV6_PMTUDISC_DONT, SOCK_DGRAM, SOCK_RAW } from '@linnet/uapi';
import { a6SolictMult } from './addr6.ts';
import { dadFailure } from './addrconf.ts';
import { ipv6GetIfaddr, ipv6GetLladdr } from './addr-find.ts';
import { addrconfNetExit, addrconfNetInit, addrconfNotify } from './addrconf-dev.ts';
import type { DevFiles } from './addrconf-dev.ts';
import { addrconfRtnetlinkInit, rtmsgAc6, rtmsgIfa6, rtmsgMc6, rtmsgPrefix6 } from './addrconf-netlink.ts';
import { addrconfPrefixRcv } from './addrconf-ra.ts';
import { addrconfSysctlRegister } from './addrconf-sysctl.ts';
import { AddrlabelTable } from './addrlabel.ts';
import { addrlabelInit } from './addrlabel-netlink.ts';
import { inet6Family } from './af-inet6.ts';
import { ipv6DevAcDec, ipv6DevAcInc } from './anycast.ts';
import { fib6Exit } from './fib6-events.ts';
import { fib6RtnetlinkInit, rtmsgFib6 } from './fib6-rtnetlink.ts';
import { fib6RulesInit } from './fib6-rules.ts';
import type { Fib6Nh } from './fib6-types.ts';
import { FlowlabelTable } from './flowlabel.ts';
import { icmp6Err, icmp6Rcv } from './icmp6.ts';
import { icmp6Send } from './icmp6-send.ts';
import { inetAf6 } from './inet6-af.ts';
import { in6DevGet } from './inet6-dev.ts';
import { ip6Forward, ip6PktDiscard, ip6PktDiscardOut, ip6PktProhibit, ip6PktProhibitOut } from './ip6-forward.ts';
import { ip6Input, ip6McInput, ipv6Rcv } from './ip6-input.ts';
import { ip6MrNetExit, ip6MrNetInit, mr6Notifier } from './ip6mr.ts';
import { mr6NetlinkInit } from './ip6mr-netlink.ts';
import { pim6Rcv } from './ip6mr-register.ts';
import { makeIp6Offload } from './ip6-offload.ts';
import { ip6Output } from './ip6-output.ts';
import { emptyFn, IPV6, Ipv6Net } from './ipv6-net.ts';
import { ipv6DevMcDec, ipv6DevMcInc } from './mld.ts';
import { mldQuery, mldReport } from './mld-report.ts';
import { ndiscProxyChanged, ndiscRcv, ndiscRedo, ND_TABLE_OPS } from './ndisc.ts';
import { ndiscSendNa, ndiscSendNs, ndiscSendRedirect, ndiscSendRs } from './ndisc-send.ts';
import { netconf6Init, netconf6Notify, rtmsgIfinfo6 } from './netconf6.ts';
import { inet6Sk } from './pinfo.ts';
import { makePing6Prot } from './ping6.ts';
import { devSnmp6Show, proc6Init } from './proc6.ts';
import { makeRaw6Prot } from './raw6.ts';
import { nexthop6Init } from './nexthop6.ts';
import { Raw6Sock } from './raw6-table.ts';
import { ip6DstOps } from './route6-exception.ts';
import { ipv6DevGetSaddr } from './source-select.ts';
import { ipv6SysctlInit } from './sysctl6.ts';

/** What IPv6 keeps for a machine. */
class Ipv6Kernel {
  readonly ndTbl: NeighTable;
  readonly packetType: PacketType;
  readonly rawProt: Proto;
  readonly pingProt: Proto;
  readonly notifier: (event: number, dev: NetDevice) => number;
  constructor(ndTbl: NeighTable) {
    this.ndTbl = ndTbl;
    this.packetType = new PacketType({ type: ETH_P_IPV6, func: ipv6Rcv });
    this.rawProt = makeRaw6Prot();
    this.pingProt = makePing6Prot();
    this.notifier = (event, dev): number => {
      addrconfNotify(event, dev);
      return NOTIFY_DONE;
    };
  }
}

const IPV6_KERNEL: Key<Ipv6Kernel> = defineKey<Ipv6Kernel>('ipv6 per kernel');

/** Bytes that answers of ICMPv6 may have under way: a few datagrams of the greatest length. */
const ICMP_SNDBUF = 512 * 1024;

/** Asks a silent router whether it is there, at most once in `router_probe_interval` (RFC 4191 3.5). */
function rtProbe(n6: Ipv6Net, nh: Fib6Nh): void {
  const { dev, gw } = nh;
  const idev = dev === null ? null : in6DevGet(dev);
  if (idev === null || gw === null) return;
  const now = n6.kernel.jiffies;
  if (nh.lastProbe !== 0 && !timeAfter(now, nh.lastProbe + idev.conf(DEVCONF_RTR_PROBE_INTERVAL))) return;
  nh.lastProbe = now;
  const group = new Int32Array(4);
  a6SolictMult(group, gw);
  ndiscSendNs(idev.dev, gw, group, null, null);
}

/** The files of a device under /proc. */
const DEV_FILES: DevFiles = {
  register(n6, name, cnf, idev) {
    addrconfSysctlRegister(n6, name, cnf, idev);
    if (idev !== null) n6.net.proc.create(`net/dev_snmp6/${name}`, () => devSnmp6Show(idev));
  },
  unregister(n6, name) {
    n6.net.sysctl.unregister(`net/ipv6/conf/${name}`);
    n6.net.proc.remove(`net/dev_snmp6/${name}`);
  },
};

/** The calls between the parts of IPv6 that would go in a circle. */
function calls(): ReturnType<typeof emptyFn> {
  const fn = emptyFn(ip6DstOps);
  fn.icmpSend = icmp6Send;
  fn.ip6Input = ip6Input;
  fn.ip6McInput = ip6McInput;
  fn.ip6Forward = ip6Forward;
  fn.ip6Output = ip6Output;
  fn.pktDiscard = ip6PktDiscard;
  fn.pktProhibit = ip6PktProhibit;
  fn.pktDiscardOut = ip6PktDiscardOut;
  fn.pktProhibitOut = ip6PktProhibitOut;
  fn.getSaddr = ipv6DevGetSaddr;
  fn.rtmsgFib = rtmsgFib6;
  fn.rtmsgIfa = rtmsgIfa6;
  fn.rtmsgMc = rtmsgMc6;
  fn.rtmsgAc = rtmsgAc6;
  fn.rtmsgPrefix = rtmsgPrefix6;
  fn.rtmsgIfinfo = rtmsgIfinfo6;
  fn.netconf = netconf6Notify;
  fn.rtProbe = rtProbe;
  fn.sendNs = ndiscSendNs;
  fn.sendNa = ndiscSendNa;
  fn.sendRs = ndiscSendRs;
  fn.sendRedirect = ndiscSendRedirect;
  fn.ndiscRcv = ndiscRcv;
  fn.mldQuery = mldQuery;
  fn.mldReport = mldReport;
  fn.dadFailure = dadFailure;
  fn.prefixRcv = addrconfPrefixRcv;
  fn.mcInc = ipv6DevMcInc;
  fn.mcDec = ipv6DevMcDec;
  fn.acInc = ipv6DevAcInc;
  fn.acDec = ipv6DevAcDec;
  return fn;
}

/** The module: IPv6 with neighbour discovery, MLD, routing, ICMPv6, raw and ping sockets, and the family AF_INET6 (RFC 8200, 4861, 4862, 4443, 3810). @public */
export const ipv6: KernelModule = {
  name: 'ipv6',
  requires: [inet, netlink, neigh],
  init(k: Kernel): void {
    const ik = k.get(INET);
    const ndTbl = k.get(NEIGH).add(ND_TABLE_OPS);
    // Neighbours may be updated as often as they like.
    ndTbl.parms.locktime = 0;
    ndTbl.proxies.redo = ndiscRedo;
    ndTbl.proxies.changed = ndiscProxyChanged;
    const own = new Ipv6Kernel(ndTbl);
    k.set(IPV6_KERNEL, own);
    // Before a device's settings go, so that those who listen hear of the change first.
    registerNetdeviceNotifier(k, mr6Notifier);
    registerNetdeviceNotifier(k, own.notifier);
    addrconfRtnetlinkInit(k);
    netconf6Init(k);
    addrlabelInit(k);
    fib6RtnetlinkInit(k);
    mr6NetlinkInit(k);
    k.get(NETDEV).ipv6GetLladdr = (dev, words): boolean => {
      const idev = in6DevGet(dev);
      const addr = idev === null ? null : ipv6GetLladdr(idev, IFA_F_TENTATIVE | IFA_F_OPTIMISTIC);
      if (addr !== null) words.set(addr);
      return addr !== null;
    };
    k.get(NETDEV).inet6McGroup = (dev, group, join): void => {
      const idev = in6DevGet(dev);
      if (idev === null) return;
      const addr = Int32Array.of(0xff020000, 0, 0, group);
      if (join) ipv6DevMcInc(idev, addr);
      else ipv6DevMcDec(idev, addr);
    };
    ik.addProtocol6({ protocol: IPPROTO_ICMPV6, rcv: icmp6Rcv, err: icmp6Err, noPolicy: true });
    ik.addProtocol6({ protocol: IPPROTO_PIM, rcv: pim6Rcv, noPolicy: true });
    ik.registerProtosw6({
      type: SOCK_RAW, protocol: IPPROTO_IP, prot: own.rawProt, flags: INET_PROTOSW_REUSE,
      create: (net, af, protocol) => new Raw6Sock(net, af, protocol, own.rawProt),
    });
    ik.registerProtosw6({
      type: SOCK_DGRAM, protocol: IPPROTO_ICMPV6, prot: own.pingProt, flags: INET_PROTOSW_REUSE | INET_PROTOSW_PERMANENT | INET_PROTOSW_NAMED,
      create: (net, af) => new PingSock(net, af, IPPROTO_ICMPV6, own.pingProt),
    });
    ik.addAf(inetAf6);
    sockRegister(k, inet6Family);
    devAddOffload(k, makeIp6Offload(ik));
    devAddPack(k, own.packetType);
  },
  exit(k: Kernel): void {
    const own = k.get(IPV6_KERNEL);
    devRemovePack(k, own.packetType);
    unregisterNetdeviceNotifier(k, mr6Notifier);
    unregisterNetdeviceNotifier(k, own.notifier);
  },
  netInit(net: Net): void {
    const own = net.kernel.get(IPV6_KERNEL);
    const n6 = new Ipv6Net(net, own.ndTbl, calls());
    net.set(IPV6, n6);
    fib6RulesInit(net);
    ip6MrNetInit(n6);
    nexthop6Init(n6);
    n6.addrlabels = new AddrlabelTable();
    n6.raw = new RawTable();
    rawDiagAdd(net, () => n6.raw!.all());
    n6.ping = new PingTable(net.kernel.rng.stream('ipv6.ping'));
    n6.flowlabels = new FlowlabelTable(net.kernel.rng.stream('ipv6.flowlabel'));
    n6.devFiles = DEV_FILES;
    n6.pneigh = (dev, a): boolean => n6.ndTbl.proxies.lookup(net, dev, a[0]!, a[1], a[2], a[3]) !== null;
    const sk = new InetSock(net, inetAf6, SOCK_RAW, IPPROTO_ICMPV6, own.rawProt);
    sk.sndbuf = ICMP_SNDBUF;
    // Whatever the MTU, an answer of ICMPv6 must get out.
    inet6Sk(sk)!.pmtudisc = IPV6_PMTUDISC_DONT;
    n6.icmpSk = sk;
    net.get(INET_NET).v6 = {
      neighFor(dev, a): Neighbour | null {
        const n = n6.ndTbl.lookup4(a[0]!, a[1]!, a[2]!, a[3]!, dev) ?? n6.ndTbl.create(dev, a[0]!, a[1], a[2], a[3]);
        return typeof n === 'number' ? null : n;
      },
      devOf: (a) => ipv6GetIfaddr(n6, a, null)?.idev.dev ?? null,
      hasAddr: (dev) => (in6DevGet(dev)?.ifas.length ?? 0) > 0,
    };
    ipv6SysctlInit(n6);
    proc6Init(n6);
    addrconfNetInit(n6);
  },
  netExit(net: Net): void {
    const n6 = net.get(IPV6);
    for (const sk of n6.raw!.all()) sk.prot.close(sk, 0);
    for (const sk of [...n6.ping!.byIdent.values()].flat()) sk.prot.close(sk, 0);
    ip6MrNetExit(net);
    fragDirExit(n6.frags);
    sockDestruct(n6.icmpSk!);
    addrconfNetExit(net);
    fib6Exit(n6);
    delTimer(net.kernel, n6.gcTimer);
    delTimer(net.kernel, n6.addrChkTimer);
  },
};
