// Tunnels, macvlans and queues of a Linnet machine against the real kernel, over a TAP. The unmodified `ip`, `bridge` and `tc` administer both ends.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dummy, ifb, macvlan, netem, tc, vrf } from '@linnet/netdevs';
import { vxlan } from '@linnet/tunnels';
import { describe, expect, it } from 'vitest';
import type { TestNetns } from '../host/netns.ts';
import { rate, row, TestData } from '../lib/data.ts';
import { eventually } from '../lib/exec.ts';
import type { Machine, Scene } from '../lib/scene.ts';
import { scene } from '../lib/scene.ts';
import { connect, receiveAll, sendAll, serve } from '../lib/stream.ts';
import { have } from '../needs.mjs';
import { Inside } from '../preload/lab.ts';

interface Ends {
  readonly machine: Machine;
  readonly real: TestNetns;
  /** A command on the Linnet machine. */
  here(command: string): Promise<string>;
}

async function ends(s: Scene, vnetHdr: boolean = true): Promise<Ends> {
  const real = s.netns();
  const machine = s.machine({ modules: [dummy, ifb, macvlan, netem, tc, vrf, vxlan] });
  s.tap(machine, { netns: real, address: '10.77.0.2/24', peer: '10.77.0.1/24', vnetHdr });
  const inside = await Inside.open(machine.kernel);
  s.defer(() => inside.close());
  return { machine, real, here: (command) => inside.sh(null, command) };
}

/** Data both ways through TCP between Linnet's `a` and the real kernel's `b`; how long each took, in milliseconds. */
async function streams(s: Scene, { machine, real }: Ends, a: string, b: string, what: string, size: number = 3_000_000): Promise<{ in: number; out: number }> {
  const { task } = machine;
  const data = new TestData(size);
  const served = serve(task, 9001, async (fd) => {
    expect((await receiveAll(task, fd)).end()).toBe(data.sha256);
  });
  const file = join(s.folder, 'data');
  writeFileSync(file, data.bytes);
  const sender = s.start(real, `cat ${file} > /dev/tcp/${a}/9001`, { timeout: 15_000 });
  const t0 = performance.now();
  await Promise.all([sender.done, served]);
  const ms = performance.now() - t0;
  const server = s.start(real, `python3 -c '
import hashlib, socket
l = socket.create_server(("", 9002)); print("listening", flush=True)
c = l.accept()[0]; h = hashlib.sha256()
while True:
    d = c.recv(1 << 20)
    if not d: break
    h.update(d)
print(h.hexdigest(), flush=True)
'`);
  await server.until(/listening/);
  const t1 = performance.now();
  const fd = await connect(task, b, 9002);
  await sendAll(task, fd, data.bytes);
  const { stdout } = await server.done;
  const out = performance.now() - t1;
  task.close(fd);
  row(what, `in ${rate(size, ms)}`, `out ${rate(size, out)}`);
  expect(stdout).toContain(data.sha256);
  return { in: ms, out };
}

describe.skipIf(!have('root', 'ip', 'bridge', 'tc', 'ping', 'tshark', 'cc', 'python3'))('tunnels and devices with the real kernel', () => {
  for (const vnetHdr of [true, false]) {
    for (const more of ['', 'noudpcsum', 'gbp ttl 5 tos inherit df set']) {
      it(`vxlan to one host ${more}${vnetHdr ? '' : ', segment by segment'}`, scene(async (s) => {
        const e = await ends(s, vnetHdr);
        await e.here(`ip link add vx0 type vxlan id 42 remote 10.77.0.1 local 10.77.0.2 dstport 4789 ${more}`);
        e.real.sh(`ip link add vx0 type vxlan id 42 remote 10.77.0.2 local 10.77.0.1 dstport 4789 ${more}`);
        // What may not be cut has to fit.
        const mtu = more.includes('df') ? 1450 : 1500;
        await e.here(`ip link set vx0 mtu ${mtu} && ip addr add 10.78.0.2/24 dev vx0 && ip link set vx0 up`);
        e.real.sh(`ip link set vx0 mtu ${mtu} && ip addr add 10.78.0.1/24 dev vx0 && ip link set vx0 up`);
        expect(await s.sh(e.real, 'ping -c 20 -i 0.01 10.78.0.2')).toContain('20 received, 0% packet loss');
        expect(await s.sh(e.real, 'ping -s 5000 -c 3 -i 0.01 10.78.0.2')).toContain('3 received');
        await streams(s, e, '10.78.0.2', '10.78.0.1', `vxlan ${more}`);
        expect(await e.here('ip -s -j link show vx0')).toContain('"errors":0');
      }));
    }
  }

  it('vxlan by a group: both learn where the other is', scene(async (s) => {
    const e = await ends(s);
    await e.here('ip link add vx0 type vxlan id 5 group 239.9.9.9 dev eth0 dstport 4789');
    e.real.sh('ip link add vx0 type vxlan id 5 group 239.9.9.9 dev tap0 dstport 4789');
    await e.here('ip addr add 10.78.0.2/24 dev vx0 && ip link set vx0 up');
    e.real.sh('ip addr add 10.78.0.1/24 dev vx0 && ip link set vx0 up');
    expect(await s.sh(e.real, 'ping -c 5 -i 0.05 10.78.0.2')).toContain('5 received');
    const fdb = (text: string): string[] => (JSON.parse(text) as { mac: string; dst?: string }[]).filter((f) => f.mac !== '00:00:00:00:00:00').map((f) => f.dst ?? '');
    expect(fdb(await e.here('bridge -j fdb show dev vx0'))).toContain('10.77.0.1');
    expect(fdb(e.real.sh('bridge -j fdb show dev vx0'))).toContain('10.77.0.2');
  }));

  it('vxlan with entries of its administrator, behind a bridge of the real kernel', scene(async (s) => {
    const e = await ends(s);
    await e.here('ip link add vx0 type vxlan id 6 local 10.77.0.2 dstport 4789 nolearning && ip addr add 10.78.0.2/24 dev vx0 && ip link set vx0 up');
    await e.here('bridge fdb append 00:00:00:00:00:00 dev vx0 dst 10.77.0.1');
    e.real.sh('ip link add br0 type bridge && ip link add vx0 type vxlan id 6 remote 10.77.0.2 local 10.77.0.1 dstport 4789 && ip link set vx0 master br0 && ip link set vx0 up && ip link set br0 up');
    e.real.sh('ip addr add 10.78.0.1/24 dev br0');
    expect(await s.sh(e.real, 'ping -c 5 -i 0.05 10.78.0.2')).toContain('5 received');
  }));

  for (const mode of ['private', 'vepa', 'bridge', 'passthru']) {
    it(`macvlan, ${mode}`, scene(async (s) => {
      const e = await ends(s);
      await e.here(`ip link add link eth0 name m0 address 02:00:00:00:77:01 type macvlan mode ${mode}`);
      await e.here('ip addr add 10.79.0.2/24 dev m0 && ip link set m0 up');
      e.real.sh('ip addr add 10.79.0.1/24 dev tap0');
      expect(await s.sh(e.real, 'ping -c 10 -i 0.01 10.79.0.2')).toContain('10 received, 0% packet loss');
      const [n] = JSON.parse(e.real.sh('ip -j neigh show 10.79.0.2')) as [{ lladdr: string }];
      // The first answer may be of the link itself, which has the address too (arp_ignore 0), unless the device took it over.
      expect(n.lladdr).toMatch(/^[0-9a-f:]{17}$/);
      await streams(s, e, '10.79.0.2', '10.79.0.1', `macvlan ${mode}`);
    }));
  }

  it('a macvlan of the real kernel over the same link', scene(async (s) => {
    const e = await ends(s);
    e.real.sh('ip link add link tap0 name m0 type macvlan mode bridge && ip addr add 10.79.0.1/24 dev m0 && ip link set m0 up');
    await e.here('ip addr add 10.79.0.2/24 dev eth0');
    expect(await s.sh(e.real, 'ping -I m0 -c 10 -i 0.01 10.79.0.2')).toContain('10 received');
  }));

  for (const [name, commands] of [
    ['tbf', ['tc qdisc add dev eth0 root tbf rate 20mbit burst 20k latency 100ms']],
    ['htb', ['tc qdisc add dev eth0 root handle 1: htb default 10', 'tc class add dev eth0 parent 1: classid 1:10 htb rate 20mbit burst 20k cburst 20k', 'tc qdisc add dev eth0 parent 1:10 fq_codel']],
    ['police', ['tc qdisc add dev eth0 clsact', 'tc filter add dev eth0 egress matchall action police rate 20mbit burst 100k drop']],
    ['ifb', [
      'ip link add ifb0 type ifb', 'ip link set ifb0 up', 'tc qdisc add dev eth0 clsact', 'tc filter add dev eth0 egress matchall action mirred egress redirect dev ifb0',
      'tc qdisc add dev ifb0 root tbf rate 20mbit burst 20k latency 100ms',
    ]],
  ] as const) {
    it(`20 Mbit/s by ${name}`, { timeout: 60_000 }, scene(async (s) => {
      const e = await ends(s);
      for (const c of commands) await e.here(c);
      const size = 5_000_000;
      const took = await streams(s, e, '10.77.0.2', '10.77.0.1', `20 Mbit/s by ${name}`, size);
      const mbit = (size * 8) / took.out / 1000;
      // A part of the rate goes to headers; policing lets TCP find its rate by losses.
      expect(mbit).toBeLessThan(21.5);
      expect(mbit).toBeGreaterThan(name === 'police' ? 1 : 16);
      await eventually('what is counted', async () => /Sent \d{6,} bytes/.test(await e.here(name === 'police' ? 'tc -s filter show dev eth0 egress' : 'tc -s qdisc show')));
    }));
  }

  it('a VRF answers, asks, and keeps its routes to itself', scene(async (s) => {
    const e = await ends(s);
    await e.here('ip link add red type vrf table 10 && ip link set red up && ip link set eth0 master red');
    expect(await s.sh(e.real, 'ping -c 5 -i 0.05 10.77.0.2')).toContain('5 received');
    expect(await e.here('ip route show table 10')).toContain('10.77.0.0/24 dev eth0');
    expect(await e.here('ip route show')).not.toContain('10.77.0.0/24');
    expect(await e.here('ping -I red -c 3 -i 0.05 10.77.0.1')).toContain('3 received');
    expect(await e.here('ping -c 1 -W 1 10.77.0.1 || true')).not.toContain('1 received');
    expect(await e.here('ip -s link show red')).toMatch(/vrf|red/);
    const server = s.start(e.real, `python3 -c '
import socket
l = socket.create_server(("", 9003)); print("listening", flush=True)
c = l.accept()[0]; c.sendall(b"in a VRF"); c.close()
'`);
    await server.until(/listening/);
    const said = await e.here(`python3 -c '
import socket
c = socket.socket(); c.setsockopt(1, 25, b"red"); c.connect(("10.77.0.1", 9003)); print(c.recv(100).decode())
'`);
    expect(said).toContain('in a VRF');
    await e.here('ip link set eth0 nomaster');
    expect(await s.sh(e.real, 'ping -c 5 -i 0.05 10.77.0.2')).toContain('5 received');
  }));

  it('what comes in goes through an ifb, and is seen there', scene(async (s) => {
    const e = await ends(s);
    for (const c of [
      'ip link add ifb0 type ifb', 'ip link set ifb0 up', 'tc qdisc add dev eth0 ingress', 'tc filter add dev eth0 ingress protocol ip flower ip_proto icmp action mirred egress redirect dev ifb0',
      'tc qdisc add dev ifb0 root netem delay 50ms',
    ]) await e.here(c);
    const said = await s.sh(e.real, 'ping -c 5 -i 0.1 10.77.0.2');
    const rtt = Number(/= [\d.]+\/([\d.]+)\//.exec(said)?.[1]);
    expect(rtt).toBeGreaterThan(50);
    expect(rtt).toBeLessThan(90);
  }));
});
