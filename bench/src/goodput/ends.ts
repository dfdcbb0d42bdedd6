/** The ends of a path that are Linnet machines, and the wire between them. */
import { inetAddrAdd, ipv4 } from '@linnet/ipv4';
import { createKernel, EAGAIN, EINPROGRESS, type Clock, type Kernel } from '@linnet/kernel';
import { devOpen, netLoopbackDev, type NetDevice } from '@linnet/netdev';
import { createTap, tap, tapReceive, tapWake } from '@linnet/netdevs';
import { Task } from '@linnet/posix';
import { tcp } from '@linnet/tcp';
import { createWire, type Wire, type WireEnd } from '@linnet/testing';
import { AF_INET, in4FromString, IPPROTO_TCP, SO_REUSEADDR, SOCK_STREAM, sockaddrIn, SOL_SOCKET, TCP_CONGESTION } from '@linnet/uapi';
import { path, type Cell } from './cells.ts';
import { must } from '../linnet/machine.ts';

export const SENDER = '10.77.0.1';
export const RECEIVER = '10.77.0.2';
export const PORT = 5001;
const CHUNK = new Uint8Array(256 << 10);

/** Pages that TCP may take here: as good as no limit, as on a machine with memory. */
const PAGES = '1000000 1500000 2000000';

/** The wire of a cell: super-segments enter it, and are cut before they wait, are lost or are delayed. */
export function makeWire(c: Cell, clock: Clock, seed: number): Wire {
  return createWire({ clock, seed, vnetHdr: true, modules: [ipv4, tcp], mtu: 1500, ...path(c) });
}

/** A machine at one end of a wire whose frames carry a virtio_net_hdr. */
export class End {
  readonly kernel: Kernel;
  readonly task: Task;
  readonly dev: NetDevice;

  constructor(clock: Clock, seed: string, address: string, wire: WireEnd, bufferMax: number) {
    const kernel = createKernel({ modules: [ipv4, tcp, tap], clock, seed });
    const net = kernel.initNet;
    must(devOpen(netLoopbackDev(net)!), 'lo up');
    const dev = createTap(net, {
      name: 'eth0',
      port: {
        transmit(u8, off, len) {
          wire.send(u8, off, len);
          return true;
        },
      },
    });
    if (typeof dev === 'number') throw new Error(`eth0: errno ${-dev}`);
    wire.onFrame = (u8, off, len) => {
      kernel.enter();
      tapReceive(dev, u8, off, len);
      kernel.exit();
      return true;
    };
    must(kernel.run(() => inetAddrAdd(net, dev, { local: in4FromString(address)! | 0, prefixlen: 24 })), 'address');
    must(devOpen(dev), 'eth0 up');
    tapWake(dev);
    must(kernel.sysctl.write('net/ipv4/tcp_mem', PAGES), 'tcp_mem');
    must(net.sysctl.write('net/ipv4/tcp_rmem', `4096 131072 ${bufferMax}`), 'tcp_rmem');
    must(net.sysctl.write('net/ipv4/tcp_wmem', `4096 16384 ${bufferMax}`), 'tcp_wmem');
    this.kernel = kernel;
    this.dev = dev;
    this.task = new Task(net);
  }
}

/** Streams that are kept full. */
export class Senders {
  private readonly end: End;
  private readonly fds: number[] = [];

  constructor(end: End, cc: string, flows: number) {
    this.end = end;
    const { sys } = end.task;
    const name = new TextEncoder().encode(cc);
    for (let i = 0; i < flows; i++) {
      const fd = must(sys.socket(AF_INET, SOCK_STREAM), 'socket');
      must(sys.setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name), cc);
      const err = sys.connect(fd, sockaddrIn(in4FromString(RECEIVER)! | 0, PORT));
      if (err !== -EINPROGRESS) must(err, 'connect');
      this.fds.push(fd);
    }
  }

  /** Writes as much as there is room for. False: the peer has gone. */
  fill(): boolean {
    const { sys } = this.end.task;
    for (const fd of this.fds) {
      for (;;) {
        const n = sys.send(fd, CHUNK);
        if (n === -EAGAIN) break;
        if (n < 0) return false;
      }
    }
    return true;
  }
}

/** What arrived. */
export interface Received {
  /** Bytes of each flow, and those of the last two thirds of the time. */
  readonly flows: number[];
  readonly late: number[];
}

/** Takes what arrives, and counts it. */
export class Receivers {
  readonly got: Received = { flows: [], late: [] };
  /** When the first connection was accepted, ns; Infinity before. */
  start: number = Infinity;
  private readonly end: End;
  private readonly clock: Clock;
  private readonly seconds: number;
  private readonly listener: number;
  private readonly fds: number[] = [];
  private readonly buf: Uint8Array = new Uint8Array(1 << 20);

  constructor(end: End, clock: Clock, seconds: number) {
    this.end = end;
    this.clock = clock;
    this.seconds = seconds;
    const { sys } = end.task;
    const fd = must(sys.socket(AF_INET, SOCK_STREAM), 'socket');
    must(sys.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1), 'SO_REUSEADDR');
    must(sys.bind(fd, sockaddrIn(0, PORT)), 'bind');
    must(sys.listen(fd, 64), 'listen');
    this.listener = fd;
  }

  /** Takes what is there. False: the time is over. */
  take(): boolean {
    const { sys } = this.end.task;
    for (let fd = sys.accept(this.listener); fd >= 0; fd = sys.accept(this.listener)) {
      if (this.fds.length === 0) this.start = this.clock.now();
      this.fds.push(fd);
      this.got.flows.push(0);
      this.got.late.push(0);
    }
    const t = (this.clock.now() - this.start) / 1e9;
    if (t > this.seconds) return false;
    this.fds.forEach((fd, i) => {
      for (let n = sys.recv(fd, this.buf); n > 0; n = sys.recv(fd, this.buf)) {
        this.got.flows[i]! += n;
        if (t > this.seconds / 3) this.got.late[i]! += n;
      }
    });
    return true;
  }
}
