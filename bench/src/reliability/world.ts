/**
 * The setting of an attack, in virtual time: a server, an honest client on its link, and a router behind which everybody else is, the attacker too. Frames cross at
 * once; the attacker's are made by hand, and what the server sends to them is counted and shown to the scenario.
 */
import { FibConfig, fibAddRoute, inetAddrAdd, ipv4 } from '@linnet/ipv4';
import { createKernel, EAGAIN, EINPROGRESS, ms, VirtualClock, type Kernel } from '@linnet/kernel';
import { devOpen, netLoopbackDev, type NetDevice } from '@linnet/netdev';
import { createTap, tap, tapReceive } from '@linnet/netdevs';
import { Task } from '@linnet/posix';
import { skbStats } from '@linnet/skbuff';
import { TCP, TCPEXT_MIB_NAMES, tcp, type TcpNet } from '@linnet/tcp';
import { AF_INET, in4FromString, NLM_F_CREATE, NLM_F_EXCL, RTN_UNICAST, RTPROT_STATIC, SO_REUSEADDR, SOCK_STREAM, sockaddrIn, SOL_SOCKET, type SockAddrIn } from '@linnet/uapi';
import { must } from '../linnet/machine.ts';
import { arpReply, frameIp, ROUTER_MAC, TcpFrame } from './frames.ts';

export const addr = (text: string): number => in4FromString(text)! | 0;
export const SERVER: number = addr('10.0.0.1');
export const CLIENT: number = addr('10.0.0.2');
const ROUTER = addr('10.0.0.254');
export const PORT = 80;
const SERVER_MAC = Uint8Array.of(2, 0, 0, 0, 0, 1);
const CLIENT_MAC = Uint8Array.of(2, 0, 0, 0, 0, 2);
const MAX_FDS = 1 << 18;
const ETH_P_ARP = 0x0806;

/** One machine on the link. */
export class Host {
  readonly kernel: Kernel;
  readonly task: Task;
  readonly dev: NetDevice;
  readonly tn: TcpNet;

  constructor(clock: VirtualClock, name: string, address: number, mac: Uint8Array, out: (u8: Uint8Array, off: number, len: number) => void) {
    const kernel = createKernel({ modules: [ipv4, tcp, tap], clock, seed: name, hostname: name });
    const net = kernel.initNet;
    must(devOpen(netLoopbackDev(net)!), 'lo up');
    const dev = createTap(net, {
      name: 'eth0', vnetHdr: false, mac,
      port: {
        transmit(u8, off, len) {
          out(u8, off, len);
          return true;
        },
      },
    });
    if (typeof dev === 'number') throw new Error(`eth0: errno ${-dev}`);
    must(kernel.run(() => inetAddrAdd(net, dev, { local: address, prefixlen: 24 })), 'address');
    must(devOpen(dev), 'eth0 up');
    const cfg = new FibConfig();
    cfg.gw = ROUTER;
    cfg.type = RTN_UNICAST;
    cfg.protocol = RTPROT_STATIC;
    cfg.nlflags = NLM_F_CREATE | NLM_F_EXCL;
    must(kernel.run(() => fibAddRoute(net, cfg)), 'default route');
    must(net.sysctl.write('net/ipv4/ip_local_port_range', '10000 65535'), 'ip_local_port_range');
    this.kernel = kernel;
    this.dev = dev;
    this.task = new Task(net, { maxFds: MAX_FDS });
    this.tn = net.get(TCP);
  }

  receive(u8: Uint8Array, off: number, len: number): void {
    this.kernel.enter();
    tapReceive(this.dev, u8, off, len);
    this.kernel.exit();
  }

  sysctl(name: string, value: string): void {
    must(this.kernel.initNet.sysctl.write(`net/ipv4/${name}`, value), name);
  }

  /** A counter of TcpExt. */
  ext(name: string): number {
    return this.tn.mibExt[TCPEXT_MIB_NAMES.indexOf(name)]!;
  }
}

/** What memory a run took. */
export interface Memory {
  /** JavaScript's heap and array buffers, bytes after a collection. */
  readonly heap: number;
  /** Packets that are alive, the server's. */
  readonly skbs: number;
  /** Pages that TCP accounts for (tcp_mem). */
  readonly pages: number;
}

/** How one honest exchange went. */
export interface Honest {
  /** From connect to the answer, milliseconds of virtual time; Infinity when it did not come. */
  readonly virtual: number;
  /** And of this machine's time. */
  readonly wall: number;
}

const HELLO = new TextEncoder().encode('are you still there?');
/** An honest client gives up after so much virtual time. */
export const PATIENCE = 30_000;

export class World {
  readonly clock: VirtualClock = new VirtualClock();
  readonly server: Host;
  readonly client: Host;
  readonly frame: TcpFrame = new TcpFrame(SERVER, SERVER_MAC);
  readonly listener: number;
  /** Connections of strangers that the server's program has accepted. */
  readonly accepted: number[] = [];
  /** What the program does with one; by default it keeps it and never reads. */
  onAccept: (fd: number) => void = (fd) => void this.accepted.push(fd);
  /** Frames from the server to the attacker. */
  replies = 0;
  /** Shown each of them: the TCP header is at `th`. Replaced by a scenario. */
  onReply: (view: DataView, u8: Uint8Array, ip: number, th: number) => void = () => {};
  /** Attacking segments, and the slowest of them in milliseconds of this machine. */
  events = 0;
  slowest = 0;
  /** Processor time of this process when the attack began. */
  private since: NodeJS.CpuUsage = process.cpuUsage();
  peakSkbs = 0;
  peakPages = 0;
  readonly honest: Honest[] = [];
  private readonly buf: Uint8Array = new Uint8Array(65536);

  constructor(backlog: number = 4096, sysctl: Readonly<Record<string, string>> = {}) {
    this.server = new Host(this.clock, 'server', SERVER, SERVER_MAC, (u8, off, len) => {
      if (u8[off + 5] === CLIENT_MAC[5]) this.client.receive(u8, off, len);
      else this.outside(u8, off, len);
    });
    this.client = new Host(this.clock, 'client', CLIENT, CLIENT_MAC, (u8, off, len) => this.server.receive(u8, off, len));
    for (const [name, value] of Object.entries(sysctl)) this.server.sysctl(name, value);
    this.listener = this.listen(PORT, backlog);
  }

  listen(port: number, backlog: number): number {
    const { sys } = this.server.task;
    const fd = must(sys.socket(AF_INET, SOCK_STREAM), 'socket');
    must(sys.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1), 'SO_REUSEADDR');
    must(sys.bind(fd, sockaddrIn(0, port)), 'bind');
    must(sys.listen(fd, backlog), 'listen');
    return fd;
  }

  /** A frame that is not for the client: the router's, or for all. */
  private outside(u8: Uint8Array, off: number, len: number): void {
    const view = new DataView(u8.buffer, u8.byteOffset + off, len);
    if (view.getUint16(12) === ETH_P_ARP) {
      if (view.getInt32(38) === ROUTER) {
        const reply = arpReply(view, ROUTER);
        this.server.receive(reply, 0, reply.length);
      } else this.client.receive(u8, off, len);
      return;
    }
    if (u8[off + 5] !== ROUTER_MAC[5]) return;
    this.replies++;
    const { ip, th } = frameIp(view);
    this.onReply(view, new Uint8Array(u8.buffer, u8.byteOffset + off, len), ip, th);
  }

  /** The attack begins: what was before does not count. */
  begin(): void {
    this.events = this.slowest = 0;
    this.since = process.cpuUsage();
  }

  /** Microseconds of the processor since it began, the harness, the client and the garbage collector included. */
  cpu(): number {
    const { user, system } = process.cpuUsage(this.since);
    return user + system;
  }

  /** Gives the server the frame that was made, on the clock. */
  attack(len: number): void {
    const t = performance.now();
    this.server.receive(this.frame.u8, 0, len);
    const took = performance.now() - t;
    if (took > this.slowest) this.slowest = took;
    this.events++;
    if ((this.events & 63) === 0) this.sample();
  }

  /** Notes the greatest memory so far. */
  sample(): void {
    const { live } = skbStats(this.server.kernel);
    if (live > this.peakSkbs) this.peakSkbs = live;
    const pages = this.pages();
    if (pages > this.peakPages) this.peakPages = pages;
  }

  pages(): number {
    return Math.ceil(this.server.task.net.get(TCP).sockets.size === 0 ? 0 : memoryOf(this.server).allocated);
  }

  /** Lets time pass: timers are the server's work, too. */
  pass(millis: number): void {
    this.clock.advance(ms(millis));
    this.sample();
  }

  /** The server's program: takes what waits; an honest client's connection is answered and closed. */
  serve(): void {
    const { sys } = this.server.task;
    for (;;) {
      const fd = sys.accept(this.listener);
      if (fd === -EAGAIN) break;
      must(fd, 'accept');
      const peer = sys.getpeername(fd);
      if (typeof peer !== 'number' && (peer as SockAddrIn).addr === CLIENT) this.guests.push(fd);
      else this.onAccept(fd);
    }
    for (let i = this.guests.length - 1; i >= 0; i--) {
      const fd = this.guests[i]!;
      const n = sys.recv(fd, this.buf);
      if (n === -EAGAIN) continue;
      if (n > 0) sys.send(fd, this.buf.subarray(0, n));
      sys.close(fd);
      this.guests.splice(i, 1);
    }
  }
  private readonly guests: number[] = [];

  /** An honest client connects, says something, and wants it back. Time passes as far as it must; `meanwhile` runs each millisecond of it. */
  ask(meanwhile: () => void = () => {}): Honest {
    const { sys } = this.client.task;
    const from = this.clock.now();
    const wall = performance.now();
    const fd = must(sys.socket(AF_INET, SOCK_STREAM), 'socket');
    const to = sockaddrIn(SERVER, PORT);
    let state: 'connecting' | 'waiting' | 'done' = 'connecting';
    const err = sys.connect(fd, to);
    if (err !== -EINPROGRESS) must(err, 'connect');
    let answered = false;
    for (let i = 0; i <= PATIENCE; i++) {
      if (state === 'connecting') {
        const n = sys.send(fd, HELLO);
        if (n > 0) state = 'waiting';
        else if (n !== -EAGAIN) break;
      }
      this.serve();
      if (state === 'waiting') {
        const n = sys.recv(fd, this.buf);
        if (n > 0) {
          answered = true;
          break;
        }
        if (n !== -EAGAIN) break;
      }
      this.clock.advance(ms(1));
      meanwhile();
    }
    sys.close(fd);
    const result = { virtual: answered ? (this.clock.now() - from) / 1e6 : Infinity, wall: performance.now() - wall };
    this.honest.push(result);
    return result;
  }
}

function memoryOf(host: Host): { allocated: number } {
  for (const sk of host.tn.sockets) return sk.prot.memory!;
  return { allocated: 0 };
}
