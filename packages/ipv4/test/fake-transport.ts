/** A small datagram and a small stream transport, so that the family can be tested without UDP and TCP. */
import { EADDRINUSE, EAGAIN, type Kernel, type KernelModule, type Net } from '@linnet/kernel';
import { flowi4InitOutput, INET, inet, InetCork, inetDatagramDisconnect, InetSock, ip4DatagramConnect, IpcmCookie, type InetAf } from '@linnet/inet';
import type { DstEntry } from '@linnet/netdev';
import { consumeSkb, type Skb } from '@linnet/skbuff';
import { sockDestruct, sockOrphan, sockQueueRcvSkb, skbCopyDatagramMsg, skbRecvDatagram, type MsgHdr, type Proto, type Sock } from '@linnet/socket';
import { AF_INET, iphSaddr, MSG_ERRQUEUE, MSG_MORE, SOCK_DGRAM, SOCK_STREAM, sockaddrIn, type SockAddrIn } from '@linnet/uapi';

/** Protocol numbers of the two. */
export const FAKE_DGRAM = 150;
export const FAKE_STREAM = 151;

export class FakeSock extends InetSock {
  readonly ipc: IpcmCookie = new IpcmCookie();
  /** What the next connect does to the state of a stream. */
  connectTo = 1;
  waiting: FakeSock[] = [];
  disconnects = 0;
  shutdowns: number[] = [];
  backlog = -1;
  constructor(net: Net, af: InetAf, type: number, protocol: number, prot: Proto) {
    super(net, af, type, protocol, prot);
    this.cork = new InetCork();
  }
}

/** Datagrams without any header: the fake port goes nowhere, `ports` says who is bound. */
export class FakeTransport {
  readonly ports: Map<number, FakeSock> = new Map();
  readonly errors: number[] = [];
  readonly module: KernelModule;
  readonly prot: Proto;
  /** The sock that receives. */
  receiver: FakeSock | null = null;
  /** What `init` returns. */
  initError = 0;

  constructor() {
    const ports = this.ports;
    this.prot = {
      name: 'FAKE',
      memory: null,
      init: () => this.initError,
      close: (sk) => {
        (sk as FakeSock).af.flushPendingFrames(sk as FakeSock);
        ports.delete((sk as FakeSock).num);
        sockOrphan(sk);
        sockDestruct(sk);
      },
      connect: (sk, addr) => {
        const fs = sk as FakeSock;
        if (sk.type === SOCK_DGRAM) return ip4DatagramConnect(fs, addr);
        const a = addr as SockAddrIn;
        fs.daddr = a.addr;
        fs.dport = a.port;
        fs.state = fs.connectTo;
        return 0;
      },
      disconnect: (sk) => {
        (sk as FakeSock).disconnects++;
        inetDatagramDisconnect(sk as FakeSock);
        return 0;
      },
      accept: (sk) => (sk as FakeSock).waiting.shift() ?? -EAGAIN,
      setsockopt: (sk, level, opt, val) => (sk as FakeSock).af.setsockopt(sk as FakeSock, level, opt, val),
      getsockopt: (sk, level, opt, maxLen, input) => (sk as FakeSock).af.getsockopt(sk as FakeSock, level, opt, maxLen, input),
      sendmsg: (sk, msg, size) => send(sk as FakeSock, msg, size),
      recvmsg: (sk, msg, size, flags) => {
        const fs = sk as FakeSock;
        if ((flags & MSG_ERRQUEUE) !== 0) return fs.af.recvError(fs, msg, size);
        const skb = skbRecvDatagram(sk, flags);
        if (typeof skb === 'number') return skb;
        const n = Math.min(size, skb.len);
        skbCopyDatagramMsg(skb, 0, msg, n);
        msg.name = sockaddrIn(iphSaddr(skb.view, skb.networkHeader), 0);
        if (fs.cmsgFlags !== 0) fs.af.cmsgRecv(fs, msg, skb);
        consumeSkb(skb);
        return n;
      },
      shutdown: (sk, how) => void (sk as FakeSock).shutdowns.push(how),
      listen: (sk, backlog) => {
        (sk as FakeSock).backlog = backlog;
        sk.state = 10;
        return 0;
      },
      getPort: (sk, snum) => {
        let port = snum;
        if (port === 0) for (port = 40000; ports.has(port); port++);
        if (ports.has(port)) return -EADDRINUSE;
        ports.set(port, sk as FakeSock);
        (sk as FakeSock).num = port;
        return 0;
      },
    };
    this.module = {
      name: 'fake transport',
      requires: [inet],
      init: (k: Kernel): void => {
        const ik = k.get(INET);
        for (const [type, protocol] of [[SOCK_DGRAM, FAKE_DGRAM], [SOCK_STREAM, FAKE_STREAM]] as const) {
          ik.registerProtosw({ type, protocol, prot: this.prot, flags: 0, create: (net, af, p) => new FakeSock(net, af, type, p, this.prot) });
        }
        ik.addProtocol({
          protocol: FAKE_DGRAM, noPolicy: true,
          rcv: (skb: Skb): number => {
            if (this.receiver === null) {
              k.get(INET).af(AF_INET)!.icmpPortUnreach(skb);
              consumeSkb(skb);
            } else {
              sockQueueRcvSkb(this.receiver, skb);
            }
            return 0;
          },
          err: (skb: Skb, type: number, code: number, info: number): number => {
            const sk = this.receiver;
            if (sk === null) return -2;
            const err = k.get(INET).af(AF_INET)!.icmpErrConvert(type, code) >> 1;
            this.errors.push(err);
            if (sk.recverr) sk.af.icmpError(sk, skb, err, 99, info, 4);
            return 0;
          },
        });
      },
    };
  }
}

function send(sk: FakeSock, msg: MsgHdr, size: number): number {
  const ipc = sk.ipc;
  ipc.oif = sk.boundDevIf;
  ipc.addr = sk.saddr;
  ipc.mark = sk.mark;
  ipc.priority = sk.priority;
  ipc.ttl = -1;
  ipc.tos = -1;
  ipc.opt = sk.inetOpt;
  const err = sk.af.cmsgSend(sk, msg, ipc);
  if (err < 0) return err;
  const fl = sk.fl;
  const to = msg.name as SockAddrIn | null;
  flowi4InitOutput(fl, ipc.oif !== 0 ? ipc.oif : sk.mcIndex, 0, sk.tos, 0, sk.protocol, 0, to === null ? sk.daddr : to.addr, ipc.addr, 0, 0, 0);
  const dst: DstEntry | null = sk.af.routeOutput(sk.net, fl, sk as Sock);
  if (dst === null) return fl.error;
  if ((msg.flags & MSG_MORE) !== 0 || sk.writeQueue.head !== null) {
    const e = sk.af.appendData(sk, fl, msg, size, 0, ipc, dst, msg.flags);
    if (e < 0) return e;
    if ((msg.flags & MSG_MORE) !== 0) return size;
    const skb = sk.af.finishSkb(sk, fl, sk.cork!);
    return skb === null ? size : Math.min(0, sk.af.sendSkb(sk.net, skb)) || size;
  }
  const skb = sk.af.makeSkb(sk, fl, msg, size, 0, ipc, dst, msg.flags);
  if (skb === null) return fl.error;
  const e = sk.af.sendSkb(sk.net, skb);
  return e < 0 ? e : size;
}
