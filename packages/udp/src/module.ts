/** UDP and UDP-Lite as a module of a kernel. */
// datapath-ok-file: set-up and settings
import { defineKey, EINVAL, formatSnmp, sysctlInt, type Kernel, type KernelModule, type Key, type Net } from '@linnet/kernel';
import { INET, INET_NET, inet, INET_PROTOSW_PERMANENT, type InetProtocol, inetDiagRegister } from '@linnet/inet';
import type { Skb } from '@linnet/skbuff';
import { ProtoMemory } from '@linnet/socket';
import { AF_INET, AF_INET6, IPPROTO_UDP, IPPROTO_UDPLITE, SOCK_DGRAM } from '@linnet/uapi';
import { makeUdpDiag } from './udp-diag.ts';
import { makeUdpProt } from './udp.ts';
import { udpV4FindSock, udpV6FindSock } from './udp-find.ts';
import { udpErr, udpRcv, udpV4EarlyDemux, udpV6EarlyDemux, udpV6Err } from './udp-input.ts';
import { makeUdpOffload } from './udp-offload.ts';
import type { UdpMib } from './udp-mib.ts';
import { UdpNet } from './udp-net.ts';
import { UdpSock } from './udp-sock.ts';
import { showUdp, udpInuse } from './udp-proc.ts';

/** Where a namespace keeps its UDP sockets and counters. @alpha */
export const UDP: Key<UdpNet> = defineKey<UdpNet>('udp');

/** And its sockets and counters of UDP-Lite. @alpha */
export const UDPLITE: Key<UdpNet> = defineKey<UdpNet>('udplite');

/** Memory of datagrams for one kernel. */
const UDP_MEMORY: Key<ProtoMemory> = defineKey('udp memory');

/** Registers one of the two protocols, which differ in what their checksums cover. */
function register(k: Kernel, key: Key<UdpNet>, protocol: number, memory: ProtoMemory, names: readonly ['UDP' | 'UDP-Lite', 'UDPv6' | 'UDPLITEv6']): void {
  const ik = k.get(INET);
  const [prot, prot6] = [makeUdpProt(memory, names[0]), makeUdpProt(memory, names[1])];
  inetDiagRegister(k, makeUdpDiag(key, protocol));
  ik.registerProtosw({ type: SOCK_DGRAM, protocol, prot, flags: INET_PROTOSW_PERMANENT, create: (net, af) => new UdpSock(net, af, net.get(key), prot) });
  ik.registerProtosw6({ type: SOCK_DGRAM, protocol, prot: prot6, flags: INET_PROTOSW_PERMANENT, create: (net, af) => new UdpSock(net, af, net.get(key), prot6) });
  const of = (skb: Skb): UdpNet => (skb.dev as unknown as { net: Net }).net.get(key);
  ik.forEachAf((af) => {
    const six = af.family === AF_INET6;
    const early = six ? udpV6EarlyDemux : udpV4EarlyDemux;
    const err = six ? udpV6Err : udpErr;
    const find = six ? udpV6FindSock : udpV4FindSock;
    const record: InetProtocol = {
      protocol,
      noPolicy: true,
      rcv: (skb) => udpRcv(of(skb), af, skb),
      err: (skb, type, code, info) => err(of(skb), af, skb, type, code, info),
      findSock: (net, skb, thoff, to, port) => find(net.get(key), skb, thoff, to, port),
      ...(protocol === IPPROTO_UDP ? { earlyDemux: (skb: Skb) => early(of(skb), skb) } : {}),
    };
    if (six) ik.addProtocol6(record);
    else ik.addProtocol(record);
    if (protocol !== IPPROTO_UDP) return;
    if (six) ik.addOffload6(protocol, makeUdpOffload(af));
    else ik.addOffload(protocol, makeUdpOffload(af));
  });
}

/** The module: UDP and UDP-Lite over whichever of IPv4 and IPv6 is in the stack (RFC 768, RFC 3828). @public */
export const udp: KernelModule = {
  name: 'udp',
  requires: [inet],
  init(k: Kernel): void {
    // A share of memory in pages, as a machine of 4 GiB gives it (udp_mem).
    const memory = new ProtoMemory(92160, 122880, 184320);
    k.set(UDP_MEMORY, memory);
    // The last one is what a datagram socket without a protocol is.
    register(k, UDPLITE, IPPROTO_UDPLITE, memory, ['UDP-Lite', 'UDPLITEv6']);
    register(k, UDP, IPPROTO_UDP, memory, ['UDP', 'UDPv6']);
    k.sysctl.register('net/ipv4/udp_mem', {
      get: () => `${memory.low}\t${memory.mid}\t${memory.high}`,
      set: (text) => {
        const v = text.trim().split(/\s+/).map(Number);
        if (v.length !== 3 || v.some((n) => !Number.isInteger(n) || n < 0)) return -EINVAL;
        [memory.low, memory.mid, memory.high] = v as [number, number, number];
        return 0;
      },
    });
  },
  netInit(net: Net): void {
    const u = new UdpNet(net);
    net.set(UDP, u);
    const lite = new UdpNet(net, IPPROTO_UDPLITE);
    net.set(UDPLITE, lite);
    const inetNet = net.get(INET_NET);
    const mib6 = (prefix: string, mib: Partial<UdpMib>): string => Object.entries(mib).map(([name, n]) => `${`${prefix}${name}`.padEnd(32)}\t${n}\n`).join('');
    inetNet.addMib('snmp', 5, () => formatSnmp('Udp', u.mib));
    inetNet.addMib('snmp', 6, () => formatSnmp('UdpLite', lite.mib));
    inetNet.addMib('snmp6', 3, () => mib6('Udp6', u.mib6));
    inetNet.addMib('snmp6', 4, () => {
      const { IgnoredMulti: _, ...told } = lite.mib6;
      return mib6('UdpLite6', told);
    });
    inetNet.addMib('sockstat', 2, () => `UDP: inuse ${udpInuse(u, AF_INET)} mem ${net.kernel.get(UDP_MEMORY).allocated}\n`);
    inetNet.addMib('sockstat', 3, () => `UDPLITE: inuse ${udpInuse(lite, AF_INET)}\n`);
    inetNet.addMib('sockstat6', 2, () => `UDP6: inuse ${udpInuse(u, AF_INET6)}\n`);
    inetNet.addMib('sockstat6', 3, () => `UDPLITE6: inuse ${udpInuse(lite, AF_INET6)}\n`);
    net.proc.create('net/udp', () => showUdp(u, false));
    net.proc.create('net/udplite', () => showUdp(lite, false));
    if (net.kernel.get(INET).af(AF_INET6) !== null) {
      net.proc.create('net/udp6', () => showUdp(u, true));
      net.proc.create('net/udplite6', () => showUdp(lite, true));
    }
    net.sysctl.register('net/ipv4/udp_rmem_min', sysctlInt(() => u.udpRmemMin, (v) => { u.udpRmemMin = v; }, { min: 1 }));
    net.sysctl.register('net/ipv4/udp_wmem_min', sysctlInt(() => u.udpWmemMin, (v) => { u.udpWmemMin = v; }, { min: 1 }));
    net.sysctl.register('net/ipv4/udp_l3mdev_accept', sysctlInt(() => (u.l3mdevAccept ? 1 : 0), (v) => { u.l3mdevAccept = v !== 0; }, { min: 0, max: 1 }));
    net.sysctl.register('net/ipv4/udp_early_demux', sysctlInt(() => u.earlyDemux, (v) => { u.earlyDemux = v; }, { min: 0, max: 255 }));
  },
  netExit(net: Net): void {
    net.get(UDP).closeAll();
    net.get(UDPLITE).closeAll();
  },
};
