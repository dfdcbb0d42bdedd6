/** TCP as a module of a kernel. */
import { defineKey, type Kernel, type KernelModule, type Key, type Net } from '@linnet/kernel';
import { INET, INET_NET, INET_PROTOSW_ICSK, INET_PROTOSW_PERMANENT, inet, inetDiagRegister, inetTwskKill, type InetTimewaitSock, EHASH_TIMEWAIT } from '@linnet/inet';
import { type Proto, ProtoMemory } from '@linnet/socket';
import { AF_INET6, IPPROTO_TCP, SOCK_STREAM } from '@linnet/uapi';
import { bbr } from './cong/bbr.ts';
import { cubic } from './cong/cubic.ts';
import { dctcp } from './cong/dctcp.ts';
import { reno } from './cong/reno.ts';
import { vegas } from './cong/vegas.ts';
import { makeTcpProt } from './tcp.ts';
import { tcpRegisterCongestionControl } from './tcp-cong.ts';
import { TCP_DIAG_HANDLER } from './tcp-diag.ts';
import { tcpTimeStampMs } from './tcp-clock.ts';
import { cookieCheck, cookieInitSequence, cookieTimestamp } from './tcp-syncookies.ts';
import { tcpV4FindSock, tcpV6FindSock } from './tcp-find.ts';
import { tcpV4EarlyDemux, tcpV4Err, tcpV4Rcv } from './tcp-ipv4.ts';
import { tcpV6EarlyDemux, tcpV6Err, tcpV6Rcv } from './tcp-ipv6.ts';
import { TCPK, TcpKernel } from './tcp-kernel.ts';
import { TCP, TcpNet } from './tcp-net.ts';
import { tcpMetricsInit } from './tcp-metrics-nl.ts';
import { makeTcpOffload } from './tcp-offload.ts';
import { showTcp, showTcpExt, showTcpSnmp, showTcpSockstat, tcpInuse } from './tcp-proc.ts';
import { TcpSock } from './tcp-sock.ts';
import { tcpSetState, inetCskDestroySock } from './tcp-state.ts';
import { tcpSysctlInit, tcpSysctlKernelInit } from './tcp-sysctl.ts';
import { tcpTsqRun, tcpTsqWrite } from './tcp-tsq.ts';

/** TCP's transport record of a kernel. */
const TCP_PROT: Key<Proto> = defineKey<Proto>('tcp prot');

/** The module: TCP over whichever of IPv4 and IPv6 is in the stack (RFC 9293). @public */
export const tcp: KernelModule = {
  name: 'tcp',
  requires: [inet],
  init(k: Kernel): void {
    // Pages, as a machine of 4 GiB gives them (tcp_mem).
    const tk = new TcpKernel(new ProtoMemory(46080, 61440, 92160), tcpTsqRun, tcpTsqWrite);
    k.set(TCPK, tk);
    tcpRegisterCongestionControl(k, reno);
    tcpRegisterCongestionControl(k, cubic);
    tcpRegisterCongestionControl(k, bbr);
    tcpRegisterCongestionControl(k, vegas);
    tcpRegisterCongestionControl(k, dctcp);
    const prot = makeTcpProt(tk, 'TCP');
    const prot6 = makeTcpProt(tk, 'TCPv6');
    k.set(TCP_PROT, prot);
    tcpSysctlKernelInit(k);
    inetDiagRegister(k, TCP_DIAG_HANDLER);
    tcpMetricsInit(k);
    const ik = k.get(INET);
    ik.synCookies = {
      init: (net, t) => cookieInitSequence(net.get(TCP), t, k.ktime),
      check: (net, t, cookie) => cookieCheck(net.get(TCP), t, cookie, k.ktime),
      timestamp: (_net, wscale, sack) => cookieTimestamp({ wscaleOk: wscale >= 0, sndWscale: wscale, sackOk: sack, ecnOk: false }, tcpTimeStampMs(k.ktime)),
    };
    ik.registerProtosw({
      type: SOCK_STREAM,
      protocol: IPPROTO_TCP,
      prot,
      flags: INET_PROTOSW_PERMANENT | INET_PROTOSW_ICSK,
      create: (net, af) => new TcpSock(net, af, net.get(TCP), tk, prot),
    });
    ik.registerProtosw6({
      type: SOCK_STREAM,
      protocol: IPPROTO_TCP,
      prot: prot6,
      flags: INET_PROTOSW_PERMANENT | INET_PROTOSW_ICSK,
      create: (net, af) => new TcpSock(net, af, net.get(TCP), tk, prot6),
    });
    ik.forEachAf((af) => {
      if (af.family === AF_INET6) {
        ik.addProtocol6({
          protocol: IPPROTO_TCP,
          noPolicy: true,
          rcv: (skb) => tcpV6Rcv((skb.dev as unknown as { net: Net }).net.get(TCP), tk, af, skb),
          findSock: (net, skb, thoff, to, port) => tcpV6FindSock(net.get(TCP), skb, thoff, to, port),
          earlyDemux: (skb) => tcpV6EarlyDemux((skb.dev as unknown as { net: Net }).net.get(TCP), tk, skb),
          err: (skb, type, code, info) => tcpV6Err((skb.dev as unknown as { net: Net }).net.get(TCP), tk, af, skb, type, code, info),
        });
        ik.addOffload6(IPPROTO_TCP, makeTcpOffload(af));
        return;
      }
      ik.addProtocol({
        protocol: IPPROTO_TCP,
        noPolicy: true,
        icmpStrictTagValidation: true,
        rcv: (skb) => tcpV4Rcv((skb.dev as unknown as { net: Net }).net.get(TCP), tk, af, skb),
        findSock: (net, skb, thoff, to, port) => tcpV4FindSock(net.get(TCP), skb, thoff, to, port),
        earlyDemux: (skb) => tcpV4EarlyDemux((skb.dev as unknown as { net: Net }).net.get(TCP), skb),
        err: (skb, type, code, info) => tcpV4Err((skb.dev as unknown as { net: Net }).net.get(TCP), af, skb, type, code, info),
      });
      ik.addOffload(IPPROTO_TCP, makeTcpOffload(af));
    });
  },
  netInit(net: Net): void {
    const k = net.kernel;
    const tk = k.get(TCPK);
    const tn = new TcpNet(net, (n, af, prot) => {
      const tp = new TcpSock(n, af, n.get(TCP), tk, prot);
      prot.init(tp);
      return tp;
    });
    net.set(TCP, tn);
    tcpSysctlInit(net, tn);
    const inetNet = net.get(INET_NET);
    inetNet.addMib('snmp', 4, () => showTcpSnmp(tn));
    inetNet.addMib('netstat', 1, () => showTcpExt(tn));
    inetNet.addMib('sockstat', 1, () => showTcpSockstat(tn, tk));
    inetNet.addMib('sockstat6', 1, () => `TCP6: inuse ${tcpInuse(tn, AF_INET6)}\n`); // datapath-ok: a listing
    net.proc.create('net/tcp', () => showTcp(tn, false));
    if (k.get(INET).af(AF_INET6) !== null) net.proc.create('net/tcp6', () => showTcp(tn, true));
  },
  netExit(net: Net): void {
    const tn = net.get(TCP);
    for (const tp of tn.sockets) {
      tp.prot.close(tp, 0);
      // The namespace ends: nobody waits for an orderly close.
      if (!tp.destroyed) {
        tcpSetState(tp, 7);
        inetCskDestroySock(tp);
      }
    }
    tn.hashinfo.forEach((n) => {
      if (n.kind === EHASH_TIMEWAIT) inetTwskKill(n.owner as InetTimewaitSock);
    });
  },
};
