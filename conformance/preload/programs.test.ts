// Unmodified programs talk to each other inside a machine: two namespaces and a cable between them.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKernel, type Kernel } from '@linnet/kernel';
import { ipRoute } from '@linnet/net';
import { netnsAdd } from '@linnet/netns';
import { packet, unix } from '@linnet/socket';
import { cable, inetStack } from 'linnet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, exec } from '../lib/exec.ts';
import { can, here, Inside } from './lab.ts';

let kernel: Kernel;
let inside: Inside;

beforeAll(async () => {
  if (!can()) return;
  kernel = createKernel({ modules: [...inetStack, packet, unix], hostname: 'box' });
  inside = await Inside.open(kernel);
  const blue = netnsAdd(kernel, 'blue');
  if (typeof blue === 'number') throw new Error('blue');
  cable(kernel.initNet, 'v0', blue, 'v1');
  const a = ipRoute(kernel.initNet);
  const b = ipRoute(blue);
  for (const [ip, dev, address] of [[a, 'v0', '10.0.0.1/24'], [b, 'v1', '10.0.0.2/24']] as const) {
    ip.link.set('lo', { up: true });
    ip.link.set(dev, { up: true });
    ip.addr.add({ address, dev });
  }
});

afterAll(async () => {
  if (!can()) return;
  await inside.close();
  kernel.shutdown();
});

/** Somebody listens on the port of namespace `blue`. */
const listens = (port: number): Promise<unknown> =>
  eventually(`port ${port}`, async () => (await inside.sh('blue', 'cat /proc/net/tcp')).includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`));

test.skipIf(!can('ping'))('ping', async () => {
  expect(await inside.sh(null, 'ping -c 3 -i 0.05 10.0.0.2')).toContain('3 packets transmitted, 3 received, 0% packet loss');
  expect((await inside.run(null, 'ping -c 1 -W 0.2 10.0.0.77')).stdout).toContain('1 packets transmitted, 0 received');
  expect(await inside.sh(null, 'ping -c 2 -i 0.05 -s 4000 10.0.0.2')).toContain('2 received');
  expect(await inside.sh(null, 'ping -c 20 -f 10.0.0.2')).toContain('20 received, 0% packet loss');
});

describe.skipIf(!can('traceroute'))('traceroute', () => {
  test.each([['udp', ''], ['icmp', '-I'], ['tcp', '-T']])('%s', async (_kind, flag) => {
    expect(await inside.sh(null, `traceroute ${flag} -n -w 1 -q 2 10.0.0.2`)).toMatch(/\n 1 {2}10\.0\.0\.2 {2}[\d.]+ ms {2}[\d.]+ ms\n/);
  });
});

test.skipIf(!can('curl', 'python3'))('curl and http.server', async () => {
  writeFileSync(join(inside.folder, 'page.bin'), Buffer.alloc(5_000_000, 'linnet '));
  const server = inside.start('blue', `cd ${inside.folder} && exec python3 -m http.server 80`);
  await listens(80);
  expect(await inside.sh(null, 'curl -s http://10.0.0.2/page.bin | md5sum')).toBe(await inside.sh(null, `md5sum < ${inside.folder}/page.bin`));
  expect(await inside.sh(null, 'curl -s -o /dev/null -w "%{http_code} %{remote_ip}:%{remote_port} %{local_ip}" http://10.0.0.2/nothing')).toBe('404 10.0.0.2:80 10.0.0.1');
  const refused = await inside.run(null, 'curl -sS http://10.0.0.2:81/');
  expect([refused.code, refused.stderr]).toEqual([7, expect.stringContaining('Failed to connect to 10.0.0.2 port 81')]);
  const names = Array.from({ length: 8 }, () => 'http://10.0.0.2/page.bin -o /dev/null').join(' ');
  expect(await inside.sh(null, `curl -s -Z -w '%{http_code}\\n' ${names}`)).toBe('200\n'.repeat(8));
  server.kill('SIGTERM');
  await server.done;
});

describe.skipIf(!can('iperf3'))('iperf3', () => {
  test.each([
    ['there', '-t 1', 5e6], ['back', '-t 1 -R', 5e6], ['both ways, two each', '-t 1 --bidir -P 2', 5e6],
    // A round trip for each datagram: a busy machine takes its time, so an amount is asked for.
    ['UDP', '-u -b 10M -n 1M', 9e5],
  ] as const)('%s', async (_name, flags, least) => {
    const server = inside.start('blue', 'exec iperf3 -s -1 --forceflush');
    await server.until(/Server listening/);
    const report = JSON.parse(await inside.sh(null, `iperf3 -c 10.0.0.2 -J ${flags}`)) as { error?: string; end: { sum_received: { bytes: number }; sum?: { lost_percent: number } } };
    expect(report.error).toBe(undefined);
    expect(report.end.sum_received.bytes).toBeGreaterThan(least);
    // On a busy machine the receiver's buffer may run over, as it may on Linux.
    if (flags.startsWith('-u')) expect(report.end.sum?.lost_percent).toBeLessThan(5);
    expect((await server.done).code).toBe(0);
  });

  test('as a daemon', async () => {
    await inside.sh('blue', `iperf3 -s -D -1 -I ${inside.folder}/pid`);
    await listens(5201);
    expect(await inside.sh(null, 'iperf3 -c 10.0.0.2 -n 1M')).toContain('iperf Done.');
    await eventually('it has ended', async () => !(await inside.sh('blue', 'cat /proc/net/tcp')).includes(':1451 00000000:0000 0A'));
  });
});

describe.skipIf(!can('nc'))('nc', () => {
  // (Both ways at once nc loses what it has not written when its connection ends: on the real kernel, too.)
  test.each([['there', 'nc -d -l 9000 | md5sum', 'nc -N 10.0.0.2 9000'], ['back', 'nc -l -N 9000', 'nc -d 10.0.0.2 9000 | md5sum']])('TCP %s', async (way, listen, connect) => {
    const data = 'head -c 3000000 /dev/zero | tr "\\0" s';
    const server = inside.start('blue', way === 'back' ? `${data} | ${listen}` : listen);
    await listens(9000);
    const out = await inside.sh(null, way === 'back' ? connect : `${data} | ${connect}`);
    expect(way === 'back' ? out : (await server.done).stdout).toBe(await inside.sh(null, `${data} | md5sum`));
    await server.done;
  });

  test('UDP, and a port where nobody is', async () => {
    const server = inside.start('blue', 'exec timeout 10 nc -u -l 9001');
    await eventually('the port', async () => (await inside.sh('blue', 'cat /proc/net/udp')).includes(':2329 '));
    await inside.run(null, 'echo datagram | nc -u -w 1 10.0.0.2 9001');
    await server.until(/datagram/);
    server.kill('SIGTERM');
    expect((await inside.run(null, 'nc -zv 10.0.0.2 9')).stderr).toContain('Connection refused');
  });
});

test.skipIf(!can('tcpdump', 'tshark', 'ping'))('tcpdump -w, read by tshark', async () => {
  const file = join(inside.folder, 'dump.pcap');
  await inside.sh(null, 'ip neigh flush dev v0');
  const dump = inside.start(null, `exec tcpdump -i v0 -U -c 6 -w ${file} icmp or arp`);
  await dump.until(/listening on v0, link-type EN10MB/);
  await inside.sh(null, 'ping -c 3 -i 0.05 10.0.0.2');
  expect((await dump.done).stderr).toMatch(/6 packets captured\n.*6 packets received by filter\n.*0 packets dropped by kernel/s);
  const seen = await exec(null, `tshark -r ${file} -o ip.check_checksum:TRUE -T fields -e _ws.col.Protocol -e ip.src -e frame.len -e _ws.malformed`);
  expect(seen.stdout).toMatch(/^(ARP\t\t42\t\n){2}(ICMP\t10\.0\.0\.1\t98\t\nICMP\t10\.0\.0\.2\t98\t\n){2}$/);
  const text = inside.start(null, 'exec tcpdump -l -n -i any -c 2 icmp');
  await text.until(/listening on any/);
  await inside.sh(null, 'ping -c 1 10.0.0.2');
  expect((await text.done).stdout).toMatch(/v0 +Out IP 10\.0\.0\.1 > 10\.0\.0\.2: ICMP echo request.*\n.*v0 +In +IP 10\.0\.0\.2 > 10\.0\.0\.1: ICMP echo reply/);
});

describe.skipIf(!can('python3'))('Python', () => {
  test.each(['thread', 'select', 'poll', 'epoll', 'asyncio'])('echo: %s', async (mode) => {
    const script = here('echo.py');
    const server = inside.start('blue', `exec python3 ${script} 10.0.0.2 ${mode} server`);
    await server.until(/listening/);
    expect(await inside.sh(null, `exec python3 ${script} 10.0.0.2 ${mode} client`)).toBe('[True, True, True, True]\n');
    expect((await server.done).code).toBe(0);
  });

  test('processes, descriptors, waiting, errors: as the real kernel does it', async () => {
    const script = here('processes.py');
    const real = await exec(null, `python3 ${script}`);
    expect(real.stderr).toBe('');
    expect((await inside.sh(null, `python3 ${script}`)).split('\n')).toEqual(real.stdout.split('\n'));
  });
});

test.skipIf(!can('python3'))('AF_UNIX inside, where that is wanted: as the real kernel does it', async () => {
  const script = here('unix.py');
  const real = await exec(null, `python3 ${script} ${inside.folder}/real`);
  expect(real.stderr).toBe('');
  expect((await inside.sh(null, `LINNET_UNIX=1 python3 ${script} ${inside.folder}/linnet`)).split('\n')).toEqual(real.stdout.split('\n'));
  expect(existsSync(`${inside.folder}/linnet`)).toBe(false);
});

test.skipIf(!can())('nothing is left of the programs', async () => {
  await eventually('all sockets are closed', () => inside.sockets === 0);
});
