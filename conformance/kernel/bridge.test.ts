// A Linnet bridge and a bridge of the real kernel, joined by TAPs: forwarding between hosts behind both, and a spanning tree over two links, with tshark as the judge
// of what Linnet says.
import { execFileSync } from 'node:child_process';
import { attachTap, captureDevice, openPcapngFile } from '@linnet/host';
import { ipv4 } from '@linnet/ipv4';
import { ipv6 } from '@linnet/ipv6';
import { createKernel, sec, VirtualClock, type Kernel } from '@linnet/kernel';
import { ipRoute } from '@linnet/net';
import { devGetByName, netdevSysfsGroups, type NetDevice } from '@linnet/netdev';
import { bridge, bridgeNewlink, bridgeSetPort, tap, veth, vethNewlink, vlan } from '@linnet/netdevs';
import { Task } from '@linnet/posix';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../lib/exec.ts';
import { TestNetns } from '../host/netns.ts';
import { have } from '../needs.mjs';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

function machine(): Kernel {
  const k = createKernel({ modules: [ipv4, tap, bridge, vlan], seed: 1 });
  closers.push(() => k.shutdown());
  return k;
}
function netns(): TestNetns {
  const n = new TestNetns();
  closers.push(() => n.delete());
  return n;
}
function plug(k: Kernel, n: TestNetns, name: string, device: string): NetDevice {
  const a = attachTap(k.initNet, { name, netns: n.name, device });
  closers.push(() => a.close());
  return a.dev;
}
const ok = (dev: NetDevice | number): NetDevice => {
  if (typeof dev === 'number') throw new Error(`refused: ${dev}`);
  return dev;
};

interface Port {
  readonly ifname: string;
  readonly state: string;
}

describe.skipIf(!have('root', 'ip', 'ping', 'tshark'))('a Linnet bridge beside the real one', () => {
  test('hosts behind both find each other; super-segments pass', async () => {
    const k = machine();
    const n = netns();
    // Linnet: br0 with a TAP to the real bridge and a veth to a host of its own. Real: br0 with the TAP and its own address.
    const br = ok(bridgeNewlink(k.initNet, 'br0'));
    const dev = plug(k, n, 'tap0', 'eth0');
    expect(bridgeSetPort(dev, br)).toBe(0);
    const ip = ipRoute(k.initNet);
    for (const d of ['lo', 'br0', 'eth0']) ip.link.set(d, { up: true });
    ip.addr.add({ address: '10.66.0.2/24', dev: 'br0' });
    n.sh('ip link add br0 type bridge && ip link set tap0 master br0 && ip link set br0 up && ip link set tap0 up && ip addr add 10.66.0.1/24 dev br0');
    await eventually('the machine answers', async () => (await n.run('ping', '-c', '3', '-i', '0.05', '-W', '1', '10.66.0.2')).stdout.includes('3 received'));
    expect(execFileSync('ip', ['netns', 'exec', n.name, 'bridge', 'fdb', 'show', 'br', 'br0', 'dynamic'], { encoding: 'utf8' })).toContain('dev tap0');
    // The peer's address was learned at the TAP here too.
    expect(devGetByName(k.initNet, 'br0')!.stats.rxPackets).toBeGreaterThan(3);
    const big = await n.run('ping', '-c', '2', '-i', '0.05', '-s', '8000', '-W', '1', '10.66.0.2');
    expect(big.stdout).toContain('2 received');
  });

  test('a spanning tree over two links: one is blocked, and opens when the other breaks', async () => {
    const k = machine();
    const n = netns();
    const folder = mkdtempSync(join(tmpdir(), 'linnet-bridge-'));
    closers.push(() => rmSync(folder, { recursive: true }));
    const br = ok(bridgeNewlink(k.initNet, 'br0'));
    const eth0 = plug(k, n, 'tap0', 'eth0');
    const eth1 = plug(k, n, 'tap1', 'eth1');
    const file = openPcapngFile(join(folder, 'stp.pcapng'));
    const capture = captureDevice(eth0, file.writer);
    for (const d of [eth0, eth1]) expect(bridgeSetPort(d, br)).toBe(0);
    const task = new Task(k);
    const sysfs = (name: string, value: string): void => task.writeFile(`/sys/class/net/br0/bridge/${name}`, value);
    const read = (path: string): string => task.readFile(path).trim();
    const states = (): string => [0, 1].map((i) => read(`/sys/class/net/eth${i}/brport/state`)).join();
    sysfs('forward_delay', '200');
    sysfs('hello_time', '100');
    sysfs('max_age', '600');
    sysfs('stp_state', '1');
    n.sh('ip link add br0 type bridge stp_state 1 forward_delay 200 hello_time 100 max_age 600 priority 4096 && ip link set tap0 master br0 && ip link set tap1 master br0 && ip link set br0 up && ip link set tap0 up && ip link set tap1 up');
    const ip = ipRoute(k.initNet);
    for (const d of ['lo', 'br0', 'eth0', 'eth1']) ip.link.set(d, { up: true });
    ip.addr.add({ address: '10.67.0.2/24', dev: 'br0' });
    n.sh('ip addr add 10.67.0.1/24 dev br0');
    const real = (): Port[] => JSON.parse(n.sh('bridge -j -d link show')) as Port[];
    // The real bridge is the root by its priority; one of our ports leads there, the other is blocked.
    await eventually('one port forwards, one is blocked', () => ['3,4', '4,3'].includes(states()) && real().every((p) => p.state === 'forwarding'), 20_000);
    expect(read('/sys/class/net/br0/bridge/root_id').startsWith('1000.')).toBe(true);
    expect((await n.run('ping', '-c', '3', '-i', '0.05', '-W', '1', '10.67.0.2')).stdout).toContain('3 received');
    // Break the link in use: the other one opens.
    const used = states() === '3,4' ? 0 : 1;
    n.sh(`ip link set tap${used} down`);
    ip.link.set(`eth${used}`, { up: false });
    await eventually('the other port forwards', () => read(`/sys/class/net/eth${1 - used}/brport/state`) === '3', 20_000);
    await eventually('the machine answers again', async () => (await n.run('ping', '-c', '1', '-W', '1', '10.67.0.2')).code === 0);
    task.exit();
    capture.stop();
    file.close();
    // What went over the first link, as tshark reads it: nothing malformed, and both bridges agree about the root.
    const lines = execFileSync('tshark', ['-r', join(folder, 'stp.pcapng'), '-Y', 'stp', '-T', 'fields', '-e', 'stp.root.prio', '-e', 'stp.type', '-e', '_ws.malformed'], { encoding: 'utf8' }).trim().split('\n');
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.every((l) => l.split('\t')[2] === undefined || l.split('\t')[2] === '')).toBe(true);
    expect(lines.some((l) => l.startsWith('4096'))).toBe(true);
  }, 60_000);
});

test.skipIf(!have('tshark'))('queries for groups, as tshark reads them', async () => {
  const clock = new VirtualClock();
  const k = createKernel({ modules: [ipv4, ipv6, veth, bridge], clock, seed: 5 });
  const br = ok(bridgeNewlink(k.initNet, 'br0'));
  const pair = vethNewlink(k.initNet, 'p0', k.initNet, 'h0');
  if (typeof pair === 'number') throw new Error(`veth: ${pair}`);
  expect(bridgeSetPort(pair[0], br)).toBe(0);
  const folder = mkdtempSync(join(tmpdir(), 'linnet-query-'));
  try {
    const file = openPcapngFile(join(folder, 'query.pcapng'));
    const capture = captureDevice(pair[1], file.writer);
    const ip = ipRoute(k.initNet);
    for (const d of ['br0', 'p0', 'h0']) ip.link.set(d, { up: true });
    ip.addr.add({ address: '10.66.0.2/24', dev: 'br0' });
    clock.advance(sec(5));
    const set = (igmp: number, mld: number): void => {
      const m = k.initNet.kernel;
      const group = netdevSysfsGroups(br).find((g) => g.name === 'bridge')!.attributes;
      m.run(() => {
        for (const [name, v] of [['multicast_igmp_version', igmp], ['multicast_mld_version', mld], ['multicast_query_use_ifaddr', 1], ['multicast_querier', 1]] as const) expect(group[name]!.store!(br, String(v))).toBe(0);
      });
      clock.advance(sec(300));
    };
    set(2, 1);
    set(3, 2);
    capture.stop();
    file.close();
    const fields = ['igmp.version', 'igmp.type', 'igmp.checksum.status', 'ip.src', 'icmpv6.type', 'icmpv6.checksum.status', 'ipv6.src', '_ws.malformed'];
    const lines = execFileSync('tshark', ['-o', 'ip.check_checksum:TRUE', '-r', join(folder, 'query.pcapng'), '-Y', 'igmp.type == 0x11 || icmpv6.type == 130', '-T', 'fields', ...fields.flatMap((f) => ['-e', f])], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .trimEnd().split('\n').map((l) => l.split('\t'));
    expect(lines.filter((l) => l[7] !== undefined && l[7] !== '')).toEqual([]);
    expect(new Set(lines.filter((l) => l[1] === '0x11').map((l) => `${l[0]} ${l[2]} ${l[3]}`))).toEqual(new Set(['2 1 10.66.0.2', '3 1 10.66.0.2']));
    const mld = lines.filter((l) => l[4] === '130');
    expect(mld.length).toBeGreaterThan(2);
    expect(mld.every((l) => l[5] === '1' && l[6]!.startsWith('fe80::'))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
    k.shutdown();
  }
});
