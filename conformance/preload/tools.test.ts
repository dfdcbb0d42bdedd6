// The system's own tools administer a Linnet machine.
import { createKernel, type Kernel } from '@linnet/kernel';
import { ipRoute } from '@linnet/net';
import { netnsAdd, netnsList } from '@linnet/netns';
import { packet, unix } from '@linnet/socket';
import { cable, inetStack } from 'linnet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../lib/exec.ts';
import { can, Inside } from './lab.ts';

let kernel: Kernel;
let inside: Inside;

beforeAll(async () => {
  if (!can()) return;
  kernel = createKernel({ modules: [...inetStack, packet, unix], hostname: 'box' });
  inside = await Inside.open(kernel);
  const blue = netnsAdd(kernel, 'blue');
  if (typeof blue === 'number') throw new Error('blue');
  cable(kernel.initNet, 'v0', blue, 'v1');
  ipRoute(kernel.initNet).addr.add({ address: '10.0.0.1/24', dev: 'v0' });
  ipRoute(blue).link.set('v1', { up: true });
});

afterAll(async () => {
  if (!can()) return;
  await inside.close();
  kernel.shutdown();
});

describe.skipIf(!can('ip', 'ss'))('ip and ss', () => {
  test('ip link and addr change what the machine shows', async () => {
    expect(await inside.sh(null, 'ip -o link')).toMatch(/^1: lo: .*\n2: v0@if\d+: /);
    await inside.sh(null, 'ip link set lo up && ip link set v0 up mtu 1400 && ip addr add 10.0.0.9/24 dev v0');
    expect(await inside.sh(null, 'ip -br addr show v0')).toMatch(/^v0@if2 +\S+ +10\.0\.0\.1\/24 10\.0\.0\.9\/24 *$/m);
    expect(ipRoute(kernel.initNet).link.get('v0')?.mtu).toBe(1400);
    expect(await inside.sh('blue', 'ip -o link')).toMatch(/^1: lo: .*\n2: v1@if\d+: /);
    expect((await inside.run(null, 'ip link set nothing up')).stderr).toContain('Cannot find device "nothing"');
    await inside.sh(null, 'ip addr del 10.0.0.9/24 dev v0 && ip link set v0 mtu 1500');
  });

  test('ip route and neigh', async () => {
    await inside.sh(null, 'ip route add 10.7.0.0/16 via 10.0.0.2 dev v0 metric 5');
    expect(await inside.sh(null, 'ip route show 10.7.0.0/16')).toBe('10.7.0.0/16 via 10.0.0.2 dev v0 metric 5 \n');
    expect(await inside.sh(null, 'ip route get 10.7.1.1')).toContain('10.7.1.1 via 10.0.0.2 dev v0 src 10.0.0.1');
    expect((await inside.run(null, 'ip route add 10.7.0.0/16 via 10.0.0.2 dev v0 metric 5')).stderr).toContain('File exists');
    await inside.sh(null, 'ip neigh add 10.0.0.3 lladdr 02:00:00:00:00:03 dev v0 && ip route del 10.7.0.0/16');
    expect(await inside.sh(null, 'ip neigh show 10.0.0.3')).toMatch(/^10\.0\.0\.3 dev v0 lladdr 02:00:00:00:00:03 PERMANENT ?$/m);
  });

  test('ip monitor hears what changes', async () => {
    const monitor = inside.start(null, 'ip monitor link');
    await eventually('the monitor listens', () => inside.sockets > 0);
    await inside.sh(null, 'ip link set v0 mtu 1450');
    await monitor.until(/v0.*mtu 1450/);
    monitor.kill('SIGTERM');
    await inside.sh(null, 'ip link set v0 mtu 1500');
  });

  test.skipIf(!can('python3'))('ss shows sockets, and whose they are', async () => {
    const server = inside.start(null, 'exec python3 -c "import socket, time; l = socket.socket(); l.bind((\'127.0.0.1\', 6007)); l.listen(); print(\'up\', flush=True); time.sleep(60)"');
    await server.until(/up/);
    const out = await inside.sh(null, 'ss -Htlnp sport = :6007');
    expect(out).toMatch(/^LISTEN 0 +128 +127\.0\.0\.1:6007 +0\.0\.0\.0:\* +users:\(\("python3",pid=\d+,fd=\d+\)\)/);
    server.kill('SIGTERM');
    await server.done;
    await eventually('the port is free', async () => (await inside.sh(null, 'ss -Htln sport = :6007')) === '');
  });
});

describe.skipIf(!can('sysctl'))('files', () => {
  test('sysctl reads and writes', async () => {
    expect(await inside.sh(null, 'sysctl net.ipv4.ip_forward')).toBe('net.ipv4.ip_forward = 0\n');
    expect(await inside.sh(null, 'sysctl -w net.ipv4.ip_forward=1')).toBe('net.ipv4.ip_forward = 1\n');
    expect(kernel.initNet.sysctl.read('net/ipv4/ip_forward')).toBe('1');
    expect((await inside.run(null, 'sysctl -w net.ipv4.ip_default_ttl=999')).stderr).toContain('Invalid argument');
    expect((await inside.sh(null, 'sysctl -a --pattern net.ipv4.tcp_')).split('\n').length).toBeGreaterThan(30);
    expect(await inside.sh('blue', 'sysctl -n net.ipv4.ip_forward')).toBe('0\n');
  });

  test('of a device that only the machine has', async () => {
    expect(await inside.sh(null, 'sysctl -w net.ipv4.conf.v0.forwarding=1')).toBe('net.ipv4.conf.v0.forwarding = 1\n');
    expect(await inside.sh(null, 'sysctl -w net.ipv4.conf.v0.forwarding=0')).toBe('net.ipv4.conf.v0.forwarding = 0\n');
    const python = 'python3 -c "import os; print(os.path.realpath(\'/sys/class/net/v0/mtu\'), open(os.path.realpath(\'/proc/net/dev\')).read().count(\'v0\'))"';
    if (can('python3')) expect(await inside.sh(null, python)).toBe('/sys/devices/virtual/net/v0/mtu 1\n');
  });

  test('by redirection, cat and tee', async () => {
    const file = '/proc/sys/net/ipv4/ip_forward';
    expect(await inside.sh(null, `bash -c 'echo 0 > ${file}; cat ${file}; echo 1 | tee ${file}; echo 0 | cat > ${file}; cat ${file}'`)).toBe('0\n1\n0\n');
    expect((await inside.run(null, `bash -c 'echo 1 > /proc/net/dev'`)).stderr).toContain('Permission denied');
    expect((await inside.run(null, 'cat /proc/sys/net/nothing')).stderr).toContain('No such file');
  });

  test('/proc/net and /sys/class/net', async () => {
    expect(await inside.sh(null, 'cat /proc/net/dev')).toMatch(/\n +v0: /);
    expect(await inside.sh(null, 'cat /proc/self/net/route')).toMatch(/^Iface\tDestination/);
    expect(await inside.sh(null, 'cat /sys/class/net/v0/mtu')).toBe('1500\n');
    expect(await inside.sh(null, 'ls /sys/class/net')).toBe('lo\nv0\n');
    expect(await inside.sh(null, 'find /sys/class/net/v0/statistics/ -type f | wc -l')).toMatch(/^2\d\n$/);
    expect(await inside.sh(null, 'bash -c "test -e /sys/class/net/v0 && test ! -e /sys/class/net/eth0 && readlink /sys/class/net/v0"')).toBe('../../devices/virtual/net/v0\n');
    // What is not the network's stays the system's.
    expect(await inside.sh(null, 'cat /proc/version')).toMatch(/^Linux version/);
  });

  test.skipIf(!can('python3'))('the C library\'s own names', async () => {
    expect(await inside.sh(null, 'python3 -c "import socket; print(socket.if_nameindex(), socket.if_nametoindex(\'v0\'), socket.if_indextoname(1))"')).toBe("[(1, 'lo'), (2, 'v0')] 2 lo\n");
  });

  test.skipIf(!can('python3'))('scopes of addresses are the machine\'s interfaces', async () => {
    const ask = (what: string): Promise<string> => inside.sh(null, `python3 -c "import socket as s; print(${what})"`);
    for (const [node, scope] of [['fe80::1%v0', 2], ['ff02::1%v0', 2], ['fe80::1%lo', 1], ['fe80::1%77', 77], ['2001:db8::1%2', 2]] as const) {
      expect(await ask(`s.getaddrinfo('${node}', 80, type=2)[0][4]`)).toBe(`('${node.split('%')[0]}', 80, 0, ${scope})\n`);
    }
    expect(await ask("s.getaddrinfo('fe80::1%v0', 80, flags=s.AI_CANONNAME)[0][3]")).toBe('fe80::1%v0\n');
    // So the C library with interfaces of the real system.
    for (const node of ['fe80::1%none', 'fe80::1%', '2001:db8::1%v0', '10.0.0.1%v0', 'ff05::1%v0']) {
      expect((await inside.run(null, `python3 -c "import socket; socket.getaddrinfo('${node}', 80)"`)).stderr).toContain('gaierror: [Errno -2]');
    }
    const names = [['fe80::1', 2, 'fe80::1%v0'], ['ff02::1', 2, 'ff02::1%v0'], ['fe80::1', 77, 'fe80::1%77'], ['2001:db8::1', 2, '2001:db8::1%2'], ['ff01::1', 2, 'ff01::1%2'], ['fe80::1', 0, 'fe80::1']] as const;
    expect(await ask(`[s.getnameinfo((a, 80, 0, i), s.NI_NUMERICHOST | s.NI_NUMERICSERV)[0] for a, i in [${names.map(([a, i]) => `('${a}', ${i})`).join(', ')}]]`)).toBe(`[${names.map((n) => `'${n[2]}'`).join(', ')}]\n`);
  });

  test.skipIf(!can('ethtool'))('ethtool', async () => {
    expect(await inside.sh(null, 'ethtool -i v0')).toMatch(/^driver: veth\nversion: 1\.0\n/);
    expect(await inside.sh(null, 'ethtool -k v0')).toContain('tx-checksumming: on');
  });
});

describe.skipIf(!can('root', 'ip'))('namespaces', () => {
  const name = `lnt-${process.pid}`;
  afterAll(async () => {
    await inside.run(null, `ip netns del ${name}`);
  });

  test('ip netns makes, enters, names and ends those of the machine', async () => {
    await inside.sh(null, `ip netns add ${name}`);
    expect(await inside.sh(null, `ip netns exec ${name} ip -o link`)).toMatch(/^1: lo: .*\n$/);
    expect(netnsList(kernel)).toContain(name);
    await inside.sh(null, `ip netns set ${name} 42`);
    expect(await inside.sh(null, 'ip netns list-id')).toContain(`nsid 42 (iproute2 netns name: ${name})`);
    await inside.sh(null, `ip link add ve0 type veth peer name ve1 netns ${name}`);
    expect(await inside.sh(null, `ip -n ${name} -br link show ve1`)).toMatch(/^ve1@if\d+ /);
    await inside.sh(null, `ip link add ve2 type veth peer name ve3 && ip link set ve3 netns ${name}`);
    expect(await inside.sh(null, `ip -n ${name} -o link | wc -l`)).toBe('3\n');
    await inside.sh(null, `ip netns del ${name}`);
    await eventually('the namespace is gone', () => !netnsList(kernel).includes(name));
    expect(await inside.sh(null, 'ip -o link | wc -l')).toBe('2\n');
    // The same name again, at once, is another namespace.
    await inside.sh(null, `ip netns add ${name} && ip -n ${name} link set lo up && ip netns del ${name} && ip netns add ${name}`);
    expect(await inside.sh(null, `ip -n ${name} -br link`)).toMatch(/^lo +DOWN /);
    // One that was used before it had a name keeps what it has.
    expect(await inside.sh(null, `unshare -n sh -c "ip link set lo up; ip netns attach ${name}-2 \\$\\$; ip netns exec ${name}-2 ip -br link; ip netns del ${name}-2"`)).toMatch(/^lo +UNKNOWN /);
    await inside.sh(null, `ip netns del ${name}`);
  });

  test('a name that only another mount namespace sees stands for a namespace, too', async () => {
    const there = `${name}-mnt`;
    const program = inside.start(null, `exec unshare -m sh -c "mount --make-rprivate / && ip netns add ${there} && ip -n ${there} link add w0 type veth peer name w1 && sleep 1; ip -n ${there} -o link | wc -l; ip netns del ${there}"`);
    await eventually('the name is known here', () => netnsList(kernel).includes(there));
    expect(await program.done).toMatchObject({ code: 0, stdout: '3\n' });
    await inside.run(null, 'ip link');
    await eventually('the namespace is gone', () => !netnsList(kernel).includes(there));
    // Two that are called the same, each in its own mount namespace, are two.
    const again = (dev: string): string => `exec unshare -m sh -c "mount --make-rprivate / && mount -t tmpfs none /run && ip netns add ${there} && ip -n ${there} link add ${dev} type veth peer name ${dev}p && sleep 1; ip -n ${there} -br link"`;
    const both = await Promise.all([inside.run(null, again('x0')), inside.run(null, again('y0'))]);
    expect(both.map((p) => [p.code, ['lo', 'x0@', 'y0@'].filter((d) => p.stdout.includes(`${d}`))])).toEqual([[0, ['lo', 'x0@']], [0, ['lo', 'y0@']]]);
  });

  test('one without a name lasts as long as somebody is in it', async () => {
    expect(await inside.sh(null, 'unshare -n sh -c "ip link set lo up; ip -br link"')).toMatch(/^lo +UNKNOWN +\S+ <LOOPBACK,UP,LOWER_UP> \n$/);
    const sleeper = inside.start(null, 'exec unshare -n sleep 60');
    await eventually('it sleeps elsewhere', async () => (await inside.sh(null, 'ip -br link show v0; true')) !== '');
    await inside.sh(null, 'ip link add vp0 type veth peer name vp1');
    const pid = (await inside.sh(null, 'pgrep -nx sleep')).trim();
    await inside.sh(null, `ip link set vp1 netns ${pid}`);
    expect(await inside.sh(null, 'ip -o link | grep -c vp')).toBe('1\n');
    sleeper.kill('SIGTERM');
    await sleeper.done;
    await inside.run(null, 'ip link');
    await eventually('it is gone, and its devices', async () => !(await inside.sh(null, 'ip -o link')).includes('vp0'));
  });
});
