/** UDP as a module of a kernel. */
// datapath-ok-file: set-up and settings
import { defineKey, EINVAL, formatSnmp, sysctlInt, type Kernel, type KernelModule, type Key, type Net } from '@linnet/kernel';
import { INET, INET_NET, inet, INET_PROTOSW_PERMANENT, inetDiagRegister } from '@linnet/inet';
import { ProtoMemory, type Proto } from '@linnet/socket';
import { AF_INET, AF_INET6, IPPROTO_UDP, SOCK_DGRAM } from '@linnet/uapi';
import { makeUdpDiag } from './udp-diag.ts';
import { makeUdpProt } from './udp.ts';
import { udpErr, udpRcv, udpV4EarlyDemux, udpV6EarlyDemux, udpV6Err } from './udp-input.ts';
import { makeUdpOffload } from './udp-offload.ts';
import { UdpNet } from './udp-net.ts';
import { UdpSock } from './udp-sock.ts';
import { showUdp, udpInuse } from './udp-proc.ts';

/** Where a namespace keeps its UDP sockets and counters. @alpha */
export const UDP: Key<UdpNet> = defineKey<UdpNet>('udp');

/** UDP's transport record and memory for one kernel. */
const UDP_KERNEL: Key<{ prot: Proto; memory: ProtoMemory }> = defineKey('udp per kernel');

/** The module: UDP over whichever of IPv4 and IPv6 is in the stack (RFC 768). @public */
export const udp: KernelModule = {
  name: 'udp',
  requires: [inet],
  init(k: Kernel): void {
    // A share of memory in pages, as a machine of 4 GiB gives it (udp_mem).
    const memory = new ProtoMemory(92160, 122880, 184320);
    const prot = makeUdpProt(memory);
    k.set(UDP_KERNEL, { prot, memory });
    inetDiagRegister(k, makeUdpDiag(UDP));
    const ik = k.get(INET);
    ik.registerProtosw({
      type: SOCK_DGRAM, protocol: IPPROTO_UDP, prot, flags: INET_PROTOSW_PERMANENT,
      create: (net, af) => new UdpSock(net, af, net.get(UDP), prot),
    });
    const prot6 = makeUdpProt(memory, 'UDPv6');
    ik.registerProtosw6({
      type: SOCK_DGRAM, protocol: IPPROTO_UDP, prot: prot6, flags: INET_PROTOSW_PERMANENT,
      create: (net, af) => new UdpSock(net, af, net.get(UDP), prot6),
    });
    ik.forEachAf((af) => {
      if (af.family === AF_INET6) {
        ik.addOffload6(IPPROTO_UDP, makeUdpOffload(af));
        ik.addProtocol6({
          protocol: IPPROTO_UDP,
          noPolicy: true,
          rcv: (skb) => udpRcv((skb.dev as unknown as { net: Net }).net.get(UDP), af, skb),
          earlyDemux: (skb) => udpV6EarlyDemux((skb.dev as unknown as { net: Net }).net.get(UDP), skb),
          err: (skb, type, code, info) => udpV6Err((skb.dev as unknown as { net: Net }).net.get(UDP), af, skb, type, code, info),
        });
        return;
      }
      ik.addOffload(IPPROTO_UDP, makeUdpOffload(af));
      ik.addProtocol({
        protocol: IPPROTO_UDP,
        noPolicy: true,
        rcv: (skb) => udpRcv((skb.dev as unknown as { net: Net }).net.get(UDP), af, skb),
        earlyDemux: (skb) => udpV4EarlyDemux((skb.dev as unknown as { net: Net }).net.get(UDP), skb),
        err: (skb, type, code, info) => udpErr((skb.dev as unknown as { net: Net }).net.get(UDP), af, skb, type, code, info),
      });
    });
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
    net.get(INET_NET).addMib('snmp', 5, () => formatSnmp('Udp', u.mib));
    net.proc.create('net/udp', () => showUdp(u, false));
    const inetNet = net.get(INET_NET);
    inetNet.addMib('snmp6', 3, () => Object.entries(u.mib6).map(([name, n]) => `${`Udp6${name}`.padEnd(32)}\t${n}\n`).join(''));
    inetNet.addMib('sockstat', 2, () => `UDP: inuse ${udpInuse(u, AF_INET)} mem ${net.kernel.get(UDP_KERNEL).memory.allocated}\n`);
    inetNet.addMib('sockstat6', 2, () => `UDP6: inuse ${udpInuse(u, AF_INET6)}\n`);
    if (net.kernel.get(INET).af(AF_INET6) !== null) net.proc.create('net/udp6', () => showUdp(u, true));
    net.sysctl.register('net/ipv4/udp_rmem_min', sysctlInt(() => u.udpRmemMin, (v) => { u.udpRmemMin = v; }, { min: 1 }));
    net.sysctl.register('net/ipv4/udp_wmem_min', sysctlInt(() => u.udpWmemMin, (v) => { u.udpWmemMin = v; }, { min: 1 }));
    net.sysctl.register('net/ipv4/udp_early_demux', sysctlInt(() => u.earlyDemux, (v) => { u.earlyDemux = v; }, { min: 0, max: 255 }));
  },
  netExit(net: Net): void {
    net.get(UDP).closeAll();
  },
};
