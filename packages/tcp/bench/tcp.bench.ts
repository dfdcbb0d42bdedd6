/** What TCP alone costs, without IP and devices: `npx vitest bench packages/tcp` from the repository's root. */
import { bench, describe } from 'vitest';
import { createKernel, HostClock, type Kernel, type Net, Tasklet, taskletSchedule } from '@linnet/kernel';
import { INET } from '@linnet/inet';
import { devGetByName } from '@linnet/netdev';
import { PACKET_HOST, type Skb, skbOrphan, skbPullUnchecked, SkbQueue, skbDequeue, skbQueueTail } from '@linnet/skbuff';
import { MsgHdr, Socket, sockGraft, type ProtoOps } from '@linnet/socket';
import { SOCK_STREAM, sockaddrIn } from '@linnet/uapi';
import { tcp, type TcpSock } from '../src/index.ts';
import { fakeAf, fakeNetwork, ip4, makeSocket } from '../test/harness.ts';

class Pair {
  readonly k: Kernel;
  readonly a: Net;
  readonly b: Net;
  readonly af: ReturnType<typeof fakeAf>;
  private readonly queue = new SkbQueue();
  private readonly listener: TcpSock;

  constructor() {
    const tasklet = new Tasklet(() => this.drain(), undefined);
    this.af = fakeAf((net, skb) => {
      const to = net === this.a ? this.b : this.a;
      // As loopback does: what arrives is nobody's yet.
      if (skb.destructor !== null) skbOrphan(skb);
      skb.dev = devGetByName(to, 'lo');
      skb.dst = this.af.inDst(to);
      skbQueueTail(this.queue, skb);
      taskletSchedule(this.k, tasklet);
      return 0;
    });
    this.k = createKernel({ modules: [tcp, fakeNetwork(this.af)], clock: new HostClock(), seed: 1 });
    this.a = this.k.initNet;
    this.b = this.k.createNet();
    this.listener = this.k.run(() => {
      const { sk } = makeSocket(this.b, this.af);
      sk.prot.getPort!(sk, 80);
      sk.prot.listen!(sk, 1000);
      return sk;
    });
  }

  private drain(): void {
    const { rcv } = this.k.get(INET).protos[6]!;
    for (let skb: Skb | null = skbDequeue(this.queue); skb !== null; skb = skbDequeue(this.queue)) {
      skbPullUnchecked(skb, 20);
      skb.pktType = PACKET_HOST;
      skb.skbIif = 1;
      rcv(skb);
    }
  }

  connect(): [TcpSock, TcpSock] {
    const c = this.k.run(() => {
      const { sk } = makeSocket(this.a, this.af);
      sk.saddr = sk.rcvSaddr = ip4('10.0.0.1');
      sk.prot.connect(sk, sockaddrIn(ip4('10.0.0.2'), 80));
      return sk;
    });
    const s = this.k.run(() => this.listener.prot.accept!(this.listener, 0)) as TcpSock;
    sockGraft(s, new Socket(this.b, SOCK_STREAM, {} as ProtoOps));
    return [c, s];
  }
}

function move(k: Kernel, tp: TcpSock, msg: MsgHdr, n: number, send: boolean): number {
  msg.iovIndex = 0;
  msg.iovOff = 0;
  k.enter();
  const r = send ? tp.prot.sendmsg(tp, msg, n) : tp.prot.recvmsg(tp, msg, n, 0);
  k.exit();
  return r;
}

describe('a connection', () => {
  const p = new Pair();
  const [c, s] = p.connect();
  const out = new MsgHdr([new Uint8Array(131072)]);
  const into = new MsgHdr([new Uint8Array(262144)]);
  bench('bulk: 1 MiB in writes of 128 KiB', () => {
    let got = 0;
    let sent = 0;
    while (got < 1 << 20) {
      if (sent < 1 << 20) sent += Math.max(0, move(p.k, c, out, Math.min(131072, (1 << 20) - sent), true));
      got += Math.max(0, move(p.k, s, into, 262144, false));
    }
  });

  const q = new Pair();
  const [c2, s2] = q.connect();
  const one = new MsgHdr([new Uint8Array(1)]);
  bench('request and response of one byte', () => {
    move(q.k, c2, one, 1, true);
    move(q.k, s2, one, 1, false);
    move(q.k, s2, one, 1, true);
    move(q.k, c2, one, 1, false);
  });

  const r = new Pair();
  bench('connect, accept, close by reset', () => {
    const [x, y] = r.connect();
    r.k.run(() => {
      x.flags |= 16;
      x.prot.close(x, 0);
      y.prot.close(y, 0);
    });
  });
});
