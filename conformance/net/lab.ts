// Two namespaces of one machine, joined by a veth pair, with a face each.
import { inetAddrAdd, ipv4 } from '@linnet/ipv4';
import { createKernel, HostClock, type Kernel } from '@linnet/kernel';
import { devOpen, netLoopbackDev } from '@linnet/netdev';
import { veth, vethNewlink } from '@linnet/netdevs';
import { netns } from '@linnet/netns';
import { openNet, type NetStack } from '@linnet/net';
import { skbStats } from '@linnet/skbuff';
import { tcp } from '@linnet/tcp';
import { udp } from '@linnet/udp';
import { in4FromString } from '@linnet/uapi';

export interface Lab {
  readonly kernel: Kernel;
  /** 10.0.0.1, which others call «server.test». */
  readonly server: NetStack;
  /** 10.0.0.2. */
  readonly client: NetStack;
  /** Ends the machine; packets that are left over are an error. */
  close(): void;
}

export function lab(): Lab {
  const kernel = createKernel({ modules: [ipv4, tcp, udp, veth, netns], clock: new HostClock(), seed: 7 });
  const a = kernel.initNet;
  const b = kernel.createNet();
  const pair = vethNewlink(a, 'eth0', b, 'eth0');
  if (typeof pair === 'number') throw new Error(`veth: ${pair}`);
  kernel.run(() => {
    [a, b].forEach((net, i) => {
      devOpen(netLoopbackDev(net)!);
      devOpen(pair[i]!);
      inetAddrAdd(net, pair[i]!, { local: in4FromString(`10.0.0.${i + 1}`)!, prefixlen: 24 });
    });
  });
  return {
    kernel,
    server: openNet(a),
    client: openNet(b, { hosts: { 'server.test': '10.0.0.1' } }),
    close(): void {
      kernel.shutdown();
      const { live } = skbStats(kernel);
      if (live !== 0) throw new Error(`${live} packets are left`);
    },
  };
}
