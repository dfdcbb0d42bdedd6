// Two namespaces of one machine, joined by a veth pair, with a face each.
import { ipv4 } from '@linnet/ipv4';
import { type Clock, createKernel, HostClock, type Kernel } from '@linnet/kernel';
import { veth } from '@linnet/netdevs';
import { ipRoute, openNet, type IpRoute, type NetStack } from '@linnet/net';
import { netns } from '@linnet/netns';
import { skbStats } from '@linnet/skbuff';
import { tcp } from '@linnet/tcp';
import { udp } from '@linnet/udp';

export interface Lab {
  readonly kernel: Kernel;
  /** 10.0.0.1, which the client calls «server.test». */
  readonly server: NetStack;
  /** 10.0.0.2. */
  readonly client: NetStack;
  readonly serverIp: IpRoute;
  readonly clientIp: IpRoute;
  /** Ends the machine; packets that are left over are an error. */
  close(): void;
}

export function lab(clock: Clock = new HostClock()): Lab {
  const kernel = createKernel({ modules: [ipv4, tcp, udp, veth, netns], clock, seed: 7 });
  const other = kernel.createNet();
  const serverIp = ipRoute(kernel);
  const clientIp = ipRoute(other);
  serverIp.link.add({ kind: 'veth', name: 'eth0', up: true, peer: { name: 'eth0', netns: other, up: true } });
  for (const [ip, address] of [[serverIp, '10.0.0.1/24'], [clientIp, '10.0.0.2/24']] as const) {
    ip.link.up('lo');
    ip.link.up('eth0');
    ip.addr.add({ dev: 'eth0', address, broadcast: '+' });
  }
  return {
    kernel,
    server: openNet(kernel),
    client: openNet(other, { hosts: { 'server.test': '10.0.0.1' } }),
    serverIp,
    clientIp,
    close(): void {
      kernel.shutdown();
      const { live } = skbStats(kernel);
      if (live !== 0) throw new Error(`${live} packets are left`);
    },
  };
}
