// A router with real hosts on its wires: a Linnet machine on TAPs, or a namespace of the real kernel on veth pairs. A test does the same with both.
import { ipv6 } from '@linnet/ipv6';
import type { KernelModule } from '@linnet/kernel';
import { ctnetlink, nfTables, xtables } from '@linnet/netfilter';
import { netlink } from '@linnet/netlink';
import { TestNetns } from '../host/netns.ts';
import { eventually, Program, sh } from '../lib/exec.ts';
import { Scene } from '../lib/scene.ts';
import { Inside } from '../preload/lab.ts';

/** A router and its hosts; host `i` is `.2` of network `i` on its device tap0, the router `.1`. */
export interface Router {
  readonly hosts: readonly TestNetns[];
  /** The router's devices, one for each host. */
  readonly devices: readonly string[];
  /** Runs a command on the router that must succeed: what it printed. */
  sh(command: string): Promise<string>;
  /** Starts a program on the router; it ends with it. */
  start(command: string): Program;
}

const MODULES: readonly KernelModule[] = [netlink, ipv6, xtables, ctnetlink, nfTables];

/** `networks` are the first three bytes of IPv4 networks, as text. */
export async function onLinnet<T>(networks: readonly string[], fn: (router: Router) => Promise<T>): Promise<T> {
  let result: T | undefined;
  await Scene.run(async (s) => {
    const machine = s.machine({ modules: MODULES });
    const hosts = networks.map(() => s.netns());
    const devices = hosts.map((netns, i) => s.tap(machine, { netns, address: `${networks[i]}.1/24`, peer: `${networks[i]}.2/24`, vnetHdr: true }).dev.name);
    machine.sysctl('net/ipv4/ip_forward', 1);
    const inside = await Inside.open(machine.kernel);
    try {
      result = await fn({ hosts, devices, sh: (c) => inside.sh(null, c), start: (c) => inside.start(null, c) });
    } finally {
      await inside.close();
    }
  });
  return result!;
}

/** The same with the real kernel. */
export async function onKernel<T>(networks: readonly string[], fn: (router: Router) => Promise<T>): Promise<T> {
  const router = new TestNetns();
  const hosts = networks.map(() => new TestNetns());
  const programs: Program[] = [];
  try {
    hosts.forEach((h, i) => {
      router.sh(`ip link add d${i} type veth peer name tap0 netns ${h.name} && ip addr add ${networks[i]}.1/24 dev d${i} && ip link set d${i} up`);
      h.sh(`ip addr add ${networks[i]}.2/24 dev tap0 && ip link set tap0 up`);
    });
    router.sh('sysctl -qw net.ipv4.ip_forward=1');
    await eventually('the links', () => !/NO-CARRIER|state DOWN/.test(router.sh('ip link')));
    return await fn({
      hosts, devices: hosts.map((_h, i) => `d${i}`), sh: (c) => sh(router.name, c),
      start: (c) => {
        const p = new Program(router.name, c);
        programs.push(p);
        return p;
      },
    });
  } finally {
    for (const p of programs) p.kill();
    for (const ns of [router, ...hosts]) ns.delete();
  }
}
