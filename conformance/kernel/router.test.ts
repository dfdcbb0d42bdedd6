// A Linnet machine as a router between two namespaces of the real kernel.
import { AF_INET, SOCK_DGRAM, sockaddrIn } from '@linnet/uapi';
import { describe, expect, it } from 'vitest';
import type { TestNetns } from '../host/netns.ts';
import { rate, row, TestData } from '../lib/data.ts';
import { eventually, exec, expectOk } from '../lib/exec.ts';
import { ip4, ipJson, scene } from '../lib/scene.ts';
import type { Machine, Scene } from '../lib/scene.ts';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listen, receiveAll, sendAll } from '../lib/stream.ts';
import { have } from '../needs.mjs';

const LEFT = '10.81.0.1';
const ROUTER_LEFT = '10.81.0.254';
const RIGHT = '10.82.0.1';
const ROUTER_RIGHT = '10.82.0.254';

interface Routed {
  readonly left: TestNetns;
  readonly right: TestNetns;
  readonly machine: Machine;
}

/** `mtu` is that of the link on the right; `peerMtu` of its far end alone. */
function router(s: Scene, { mtu = 1500, peerMtu = mtu, vnetHdr = true }: { mtu?: number; peerMtu?: number; vnetHdr?: boolean } = {}): Routed {
  const left = s.netns();
  const right = s.netns();
  const machine = s.machine();
  s.tap(machine, { netns: left, address: `${ROUTER_LEFT}/24`, peer: `${LEFT}/24`, vnetHdr });
  s.tap(machine, { netns: right, address: `${ROUTER_RIGHT}/24`, peer: `${RIGHT}/24`, mtu, peerMtu, vnetHdr });
  machine.sysctl('net/ipv4/ip_forward', 1);
  left.sh(`ip route add default via ${ROUTER_LEFT}`);
  right.sh(`ip route add default via ${ROUTER_RIGHT}`);
  return { left, right, machine };
}

describe.skipIf(!have('root', 'ip', 'ping', 'traceroute', 'tshark'))('through a Linnet router', () => {
  for (const [mode, flag] of [['UDP', ''], ['ICMP', '-I'], ['TCP', '-T -p 80']] as const) {
    it(`traceroute shows it, by ${mode}`, scene(async (s) => {
      const { left, machine } = router(s);
      const said = await s.sh(left, `traceroute -n -q 3 -w 2 ${flag} ${RIGHT}`);
      row(`traceroute ${flag}`, said.trim().replace(/\n/g, ' |').replace(/ +/g, ' '));
      const hops = said.trim().split('\n').slice(1);
      expect(hops).toHaveLength(2);
      expect(hops[0]).toMatch(new RegExp(`^ *1 +${ROUTER_LEFT} `));
      expect(hops[1]).toMatch(new RegExp(`^ *2 +${RIGHT} `));
      expect(said).not.toContain('*');
      expect(machine.counter('Icmp.OutTimeExcds')).toBe(3);
    }));
  }

  it('ping loses nothing, and the hop counts', scene(async (s) => {
    const { left, machine } = router(s);
    const said = await s.sh(left, `ping -c 100 -i 0.01 ${RIGHT}`);
    expect(said).toContain('100 received, 0% packet loss');
    expect(said).toContain('ttl=63');
    expect(machine.counter('Ip.ForwDatagrams')).toBe(200);
  }));

  it('a network nobody knows is answered: unreachable', scene(async (s) => {
    const { left } = router(s);
    const { stdout } = await exec(left.name, 'ping -c 1 -W 2 10.99.0.1');
    expect(stdout).toContain(`From ${ROUTER_LEFT} icmp_seq=1 Destination Net Unreachable`);
  }));

  it('a host that does not answer ARP is answered: unreachable', scene(async (s) => {
    const { left } = router(s);
    const { stdout } = await exec(left.name, 'ping -c 1 -W 5 10.82.0.77');
    expect(stdout).toContain(`From ${ROUTER_LEFT} icmp_seq=1 Destination Host Unreachable`);
  }));

  it('fragments pass, and what is too big and may be cut is cut', scene(async (s) => {
    const { left, machine } = router(s, { mtu: 1000 });
    const said = await s.sh(left, `ping -s 3000 -M dont -c 10 -i 0.01 -W 2 ${RIGHT}`);
    row('ping -s 3000 -M dont, MTU 1000 behind the router', said.trimEnd().split('\n').slice(-2).join(' | '));
    expect(said).toContain('10 received');
    expect(machine.counter('Ip.FragCreates')).toBeGreaterThan(0);
  }));

  it('what is too big and may not be cut is answered with the MTU, which the real kernel keeps', scene(async (s) => {
    const { left, machine } = router(s, { mtu: 1000 });
    const { stdout, stderr } = await exec(left.name, `ping -s 1400 -M do -c 2 -i 0.2 -W 1 ${RIGHT}`);
    expect(stdout + stderr).toContain(`From ${ROUTER_LEFT} icmp_seq=1 Frag needed and DF set (mtu = 1000)`);
    const [route] = ipJson<[{ metrics?: [{ mtu?: number }] }]>(left, `route get ${RIGHT}`);
    expect(route.metrics?.[0].mtu).toBe(1000);
    expect(machine.counter('Ip.FragFails')).toBe(1);
  }));

  for (const vnetHdr of [true, false]) {
    it(`TCP of real kernels finds its way through an MTU that only the router knows, ${vnetHdr ? 'in super-segments' : 'segment by segment'}`, { timeout: 120_000 }, scene(async (s) => {
      // Both ends announce an MSS of 1,460; the router's link to the right carries 1,000.
      const { left, right, machine } = router(s, { mtu: 1000, peerMtu: 1500, vnetHdr });
      const data = new TestData(20_000_000);
      const file = join(s.folder, 'data');
      writeFileSync(file, data.bytes);
      for (const [from, to, address] of [[left, right, RIGHT], [right, left, LEFT]] as const) {
        const server = s.start(to, `python3 -c '
import hashlib, socket
l = socket.create_server(("", 9000)); print("listening", flush=True)
c = l.accept()[0]; h = hashlib.sha256()
while True:
    d = c.recv(1 << 20)
    if not d: break
    h.update(d)
print(h.hexdigest(), flush=True)
'`);
        await server.until(/listening/);
        const sent = expectOk(await exec(from.name, `cat ${file} > /dev/tcp/${address}/9000`));
        const { stdout } = await server.done;
        row(`TCP ${from === left ? 'into' : 'out of'} the small MTU`, rate(data.bytes.length, sent.ms), `FragFails ${machine.counter('Ip.FragFails')}`);
        expect(stdout).toContain(data.sha256);
      }
      expect(machine.counter('Ip.FragFails')).toBeGreaterThan(0);
      const [route] = ipJson<[{ metrics?: [{ mtu?: number }] }]>(left, `route get ${RIGHT}`);
      expect(route.metrics?.[0].mtu).toBe(1000);
    }));
  }

  it('a redirect tells of a better router on the same link', scene(async (s) => {
    const { left, machine } = router(s);
    left.sh('ip address add 10.81.0.2/24 dev tap0');
    machine.ip.route.add({ dst: '10.90.0.0/16', via: '10.81.0.2' });
    const { stdout } = await exec(left.name, `ping -c 1 -W 1 -I ${LEFT} 10.90.0.1`);
    expect(stdout).toContain('Redirect Host(New nexthop: 10.81.0.2)');
  }));

  it('a record of the route has it on both ways', scene(async (s) => {
    const { left } = router(s);
    const said = await s.sh(left, `ping -n -R -c 1 -W 2 ${RIGHT}`);
    row('ping -R through a router', said.split('\n').slice(1, 8).join(' ').replace(/\s+/g, ' '));
    expect(said).toMatch(new RegExp(['RR: ', LEFT, ROUTER_RIGHT, RIGHT, RIGHT, ROUTER_LEFT, LEFT].join('\\s+').replaceAll('.', '\\.')));
  }));

  it('writes its time, and its address where it came in', scene(async (s) => {
    const { left } = router(s);
    const said = await s.sh(left, `ping -n -T tsandaddr -c 1 -W 2 ${RIGHT}`);
    row('ping -T tsandaddr through a router', said.split('\n').slice(1, 7).join(' ').replace(/\s+/g, ' '));
    expect(said).toMatch(new RegExp(`TS: \\t${LEFT}\\t\\d+ absolute\\n\\t${ROUTER_LEFT}\\t-?\\d+\\n\\t${RIGHT}\\t-?\\d+\\n\\t${RIGHT}\\t-?\\d+\\n`));
  }));

  for (const strict of [false, true]) {
    it(`a ${strict ? 'strict' : 'loose'} source route leads through it, when it and the end accept one`, scene(async (s) => {
      const { left, right, machine } = router(s);
      // Before: refused by the router.
      const send = (): Promise<string> => s.sh(left, `python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("${LEFT}", 7000)); s.settimeout(1)
# A checksum covers the last destination, which tshark does not know while the packet is on its way.
s.setsockopt(1, 11, 1)
hops = [socket.inet_aton(a) for a in ("${ROUTER_LEFT}", "${RIGHT}")]
s.setsockopt(0, 4, bytes([${strict ? 137 : 131}, 3 + 4 * len(hops), 4]) + b"".join(hops) + b"\\0")
s.sendto(b"by way of", ("${RIGHT}", 7001))
try: print("answer", s.recvfrom(100)[0].decode())
except TimeoutError: print("nothing")
'`);
      const echo = s.start(right, `python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("", 7001)); s.setsockopt(0, 6, 1)
print("ready", flush=True)
while True:
    d, anc, f, a = s.recvmsg(100, 200); print("from", a[0], [c.hex() for l, t, c in anc], flush=True); s.sendto(b"back", a)
'`);
      await echo.until(/ready/);
      right.sh('sysctl -qw net.ipv4.conf.all.accept_source_route=1 net.ipv4.conf.tap0.accept_source_route=1');
      expect(await send()).toContain('nothing');
      machine.sysctl('net/ipv4/conf/all/accept_source_route', 1);
      expect(await send()).toContain('answer back');
      // The option arrived with the router in it and its pointer past it.
      expect(echo.stdout).toMatch(new RegExp(`from ${LEFT} \\['${strict ? '89' : '83'}`));
    }));
  }

  it('stops forwarding when it is told to', scene(async (s) => {
    const { left, machine } = router(s);
    machine.sysctl('net/ipv4/ip_forward', 0);
    const { stdout } = await exec(left.name, `ping -c 1 -W 1 ${RIGHT}`);
    expect(stdout).toContain('0 received');
  }));
});

describe.skipIf(!have('root', 'ip', 'bridge', 'tracepath', 'tshark'))('two Linnet routers in a row', () => {
  it('tracepath finds both, and the smaller MTU of each', { timeout: 60_000 }, scene(async (s) => {
    const [left, between, right] = [s.netns(), s.netns(), s.netns()];
    const one = s.machine({ seed: 1 });
    const two = s.machine({ seed: 2 });
    s.tap(one, { netns: left, address: '10.85.0.254/24', peer: '10.85.0.1/24' });
    s.tap(one, { netns: between, name: 'tap0', address: '10.86.0.1/24', peer: '10.99.0.1/32', mtu: 1200 });
    s.tap(two, { netns: between, name: 'tap1', address: '10.86.0.2/24', peer: '10.99.0.2/32', mtu: 1200 });
    s.tap(two, { netns: right, address: '10.87.0.254/24', peer: '10.87.0.1/24', mtu: 900 });
    between.sh('ip link add br0 type bridge mcast_snooping 0 && ip link set br0 up && ip link set tap0 master br0 && ip link set tap1 master br0');
    for (const m of [one, two]) m.sysctl('net/ipv4/ip_forward', 1);
    one.ip.route.add({ dst: '10.87.0.0/24', via: '10.86.0.2' });
    two.ip.route.add({ dst: '10.85.0.0/24', via: '10.86.0.1' });
    left.sh('ip route add default via 10.85.0.254');
    right.sh('ip route add default via 10.87.0.254');
    const said = await s.sh(left, 'tracepath -n 10.87.0.1');
    row('tracepath', said.trim().replace(/\s+/g, ' '));
    expect(said).toMatch(/ 1: +10\.85\.0\.254 .*\n[^]* 2: +10\.86\.0\.2 /);
    expect(said).toMatch(/pmtu 1200/);
    expect(said).toMatch(/pmtu 900\n *3: +10\.87\.0\.1 .*reached\n +Resume: pmtu 900 hops 3 back 3/);
    // The other way the small link is the sender's own.
    expect(await s.sh(right, 'tracepath -n 10.85.0.1')).toMatch(/Resume: pmtu 900 hops 3 back 3/);
    expect(one.counter('Ip.FragFails')).toBeGreaterThan(0);
    expect(two.counter('Ip.FragFails')).toBeGreaterThan(0);
  }));
});

describe.skipIf(!have('root', 'ip', 'python3', 'tshark'))('redirects', () => {
  it('of a real router are obeyed by Linnet', scene(async (s) => {
    // Linnet's default router knows that another router on the same link is nearer.
    const ns = s.netns();
    const { machine } = s.linnetOnTap({ netns: ns, address: '10.88.0.2/24', peer: '10.88.0.1/24' });
    ns.sh('sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=1 && ip address add 10.88.0.9/24 dev tap0 && ip route add 10.90.0.0/16 via 10.88.0.77');
    machine.ip.route.add({ dst: 'default', via: '10.88.0.1' });
    const { task } = machine;
    const fd = task.socket(AF_INET, SOCK_DGRAM, 0);
    const send = (): Promise<number> => task.sendto(fd, new Uint8Array(4), 0, sockaddrIn(ip4('10.90.0.1'), 9));
    await send();
    await eventually('the redirect', () => machine.counter('Icmp.InRedirects') === 1);
    await send();
    // Who is asked for by ARP now is the better router.
    await eventually('the better router is asked for', () => String(machine.net.proc.read('net/arp')).includes('10.88.0.77 '));
    task.close(fd);
  }));

  it('of Linnet are obeyed by the real kernel', scene(async (s) => {
    const { left, machine } = router(s);
    machine.ip.route.add({ dst: '10.90.0.0/16', via: '10.81.0.77' });
    left.sh('ip neigh add 10.81.0.77 lladdr 02:00:00:00:00:77 dev tap0 nud permanent');
    await exec(left.name, 'ping -c 1 -W 1 10.90.0.1');
    const [route] = ipJson<[{ gateway: string; cache?: string[] }]>(left, 'route get 10.90.0.1');
    expect(route.gateway).toBe('10.81.0.77');
  }));
});

describe.skipIf(!have('root', 'ip', 'tshark'))('path MTU of Linnet itself', () => {
  it('behind a real router with a small MTU: frag needed is honoured', { timeout: 120_000 }, scene(async (s) => {
    // Linnet -- TAP -- real router -- veth -- real host, the veth with an MTU of 1,000.
    const middle = s.netns();
    const far = s.netns();
    const { machine } = s.linnetOnTap({ netns: middle, address: '10.83.0.2/24', peer: '10.83.0.1/24' });
    middle.sh(`sysctl -qw net.ipv4.ip_forward=1 && ip link add far type veth peer name near netns ${far.name} && ip address add 10.84.0.1/24 dev far && ip link set far mtu 1000 up`);
    far.sh('ip address add 10.84.0.2/24 dev near && ip link set near mtu 1000 up && ip route add default via 10.84.0.1');
    machine.ip.route.add({ dst: 'default', via: '10.83.0.1' });
    const data = new TestData(5_000_000);
    const listener = listen(machine.task, 9000);
    const serving = (async () => {
      const fd = await machine.task.accept(listener);
      await sendAll(machine.task, fd, data.bytes);
      await receiveAll(machine.task, fd);
      machine.task.close(fd);
    })();
    // The far end is made to announce a large MSS, as if its link had a large MTU: only the router can tell.
    far.sh('ip link set near mtu 1500');
    const got = expectOk(await exec(far.name, 'exec 3<>/dev/tcp/10.83.0.2/9000 && sha256sum <&3'));
    await serving;
    row('Linnet sends behind a router with MTU 1000', rate(data.bytes.length, got.ms));
    expect(got.stdout.split(' ')[0]).toBe(data.sha256);
    expect(machine.counter('Icmp.InDestUnreachs')).toBeGreaterThan(0);
  }));
});
