/** One Linnet kernel with two hosts in it, and a router between them if the row wants one. */
import { FibConfig, fibAddRoute, inetAddrAdd, ipv4 } from '@linnet/ipv4';
import { createKernel, HostClock, type Kernel, type Net } from '@linnet/kernel';
import { devGetByName, devOpen, netdevUpdateFeatures, netLoopbackDev, type NetDevice } from '@linnet/netdev';
import { veth, vethNewlink } from '@linnet/netdevs';
import { Task } from '@linnet/posix';
import { tcp } from '@linnet/tcp';
import { udp } from '@linnet/udp';
import { in4FromString, NLM_F_CREATE, NLM_F_EXCL, RT_SCOPE_HOST, RT_TABLE_LOCAL, RTN_LOCAL, RTN_UNICAST, RTPROT_STATIC, sockaddrIn, type SockAddrIn } from '@linnet/uapi';
import { OWN, PORTS, routes } from '../places.ts';
import type { Row } from '../rows.ts';

const PORT = 5001;

/** Throws when a system call or a step of the set-up failed. */
export function must(result: number, what: string): number {
  if (result < 0) throw new Error(`${what}: errno ${-result}`);
  return result;
}

function address(text: string): number {
  const addr = in4FromString(text);
  if (addr === null) throw new Error(`not an address: ${text}`);
  return addr;
}

function up(net: Net, dev: NetDevice, addr: string): void {
  must(net.kernel.run(() => inetAddrAdd(net, dev, { local: address(addr), prefixlen: 24 })), `address ${addr}`);
  must(devOpen(dev), `${dev.name} up`);
}

function addRoute(net: Net, fields: Partial<FibConfig>): void {
  const cfg = Object.assign(new FibConfig(), { type: RTN_UNICAST, protocol: RTPROT_STATIC, nlflags: NLM_F_CREATE | NLM_F_EXCL, ...fields });
  must(net.kernel.run(() => fibAddRoute(net, cfg)), 'route');
}

/** `ip route add default via GATEWAY`. */
function defaultRoute(net: Net, gateway: string): void {
  addRoute(net, { gw: address(gateway) });
}

/** `ip route add local PREFIX dev lo`. */
function localRoute(net: Net, prefix: string): void {
  const [addr, length] = prefix.split('/') as [string, string];
  const lo = netLoopbackDev(net);
  addRoute(net, { dst: address(addr), dstLen: Number(length), type: RTN_LOCAL, scope: RT_SCOPE_HOST, table: RT_TABLE_LOCAL, oif: lo === null ? 0 : lo.ifindex });
}

/** The machine of a row. */
export class Machine {
  readonly kernel: Kernel;
  readonly client: Task;
  readonly server: Task;
  readonly serverAddr: SockAddrIn;

  /** `count`: routes, sockets or connections, where the row is about many. */
  constructor(row: Row, count: number) {
    const kernel = createKernel({ modules: [ipv4, tcp, udp, veth], clock: new HostClock() });
    this.kernel = kernel;
    const a = this.host();
    const b = this.host();
    if (row.router) {
      const router = this.host();
      this.link(row, a, '10.0.0.1', router, 'veth0', '10.0.0.254');
      this.link(row, b, '10.0.1.2', router, 'veth1', '10.0.1.254');
      defaultRoute(a, '10.0.0.254');
      defaultRoute(b, '10.0.1.254');
      must(router.sysctl.write('net/ipv4/ip_forward', '1'), 'ip_forward');
      if (row.work === 'spread') this.spread(router, b, count);
    } else {
      this.link(row, a, '10.0.0.1', b, 'veth0', '10.0.0.2');
    }
    if (row.work === 'sockets') {
      const dev = devGetByName(b, 'veth0')!;
      for (let i = 1; i * PORTS < count; i++) must(kernel.run(() => inetAddrAdd(b, dev, { local: address('10.0.0.2') + i, prefixlen: 24 })), 'address');
    }
    must(a.sysctl.write('net/ipv4/ip_local_port_range', '10000 65535'), 'ip_local_port_range');
    const maxFds = (1 << 16) + 2 * count;
    this.client = new Task(a, { maxFds });
    this.server = new Task(b, { maxFds });
    this.serverAddr = sockaddrIn(address(row.router ? '10.0.1.2' : '10.0.0.2'), PORT);
  }

  /** The server takes all the addresses, the router sends them there by so many routes. */
  private spread(router: Net, server: Net, count: number): void {
    for (const prefix of OWN) localRoute(server, prefix);
    const gw = address('10.0.1.2');
    addRoute(router, { gw });
    if (count === 1) return;
    const { prefix, plen } = routes(count);
    for (let i = 0; i < count; i++) addRoute(router, { dst: prefix[i]!, dstLen: plen[i]!, gw });
  }

  private host(): Net {
    const net = this.kernel.createNet();
    const lo = netLoopbackDev(net);
    if (lo !== null) must(devOpen(lo), 'lo up');
    return net;
  }

  private link(row: Row, netA: Net, addrA: string, netB: Net, devB: string, addrB: string): void {
    const pair = vethNewlink(netA, 'veth0', netB, devB);
    if (typeof pair === 'number') throw new Error(`veth: errno ${-pair}`);
    if (!row.offload) {
      // As `ethtool -K veth0 tso off gso off gro off sg off tx off rx off`.
      for (const dev of pair) {
        dev.wantedFeatures = 0;
        this.kernel.run(() => netdevUpdateFeatures(dev));
      }
    }
    up(netA, pair[0], addrA);
    up(netB, pair[1], addrB);
  }
}
