// Two Linnet machines, a cable, a program in each; and what the library does when a machine goes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { preloadLibrary } from '@linnet/host';
import { createKernel, type Kernel } from '@linnet/kernel';
import { ipRoute } from '@linnet/net';
import type { NetDevice } from '@linnet/netdev';
import { createTap, tapReceive } from '@linnet/netdevs';
import { packet, unix } from '@linnet/socket';
import { inetStack } from 'linnet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../lib/exec.ts';
import { can, here, Inside } from './lab.ts';

const kernels: Kernel[] = [];
const insides: Inside[] = [];

beforeAll(async () => {
  if (!can()) return;
  const devices: NetDevice[] = [];
  for (const i of [0, 1]) {
    const k = createKernel({ modules: [...inetStack, packet, unix], hostname: `m${i}` });
    // The other machine takes a frame on a turn of its own, as a wire would bring it.
    const dev = createTap(k.initNet, {
      name: 'eth0', vnetHdr: false,
      port: {
        transmit(u8, off, len): boolean {
          const frame = u8.slice(off, off + len);
          setImmediate(() => {
            const other = devices[1 - i]!;
            if (kernels.length === 2) other.kernel.run(() => tapReceive(other, frame, 0, frame.length));
          });
          return true;
        },
      },
    });
    if (typeof dev === 'number') throw new Error(`eth0: ${dev}`);
    devices.push(dev);
    const ip = ipRoute(k.initNet);
    ip.link.set('lo', { up: true });
    ip.link.set('eth0', { up: true });
    ip.addr.add({ address: `10.8.0.${i + 1}/24`, dev: 'eth0' });
    kernels.push(k);
    insides.push(await Inside.open(k));
  }
});

afterAll(async () => {
  for (const inside of insides) await inside.close();
  for (const k of kernels.splice(0)) k.shutdown();
});

describe.skipIf(!can('python3', 'ping'))('two machines', () => {
  test('ping, and the echo pair over asyncio', async () => {
    expect(await insides[0]!.sh(null, 'ping -c 2 -i 0.05 10.8.0.2')).toContain('2 received, 0% packet loss');
    const script = here('echo.py');
    const server = insides[1]!.start(null, `exec python3 ${script} 10.8.0.2 asyncio server`);
    await server.until(/listening/);
    expect(await insides[0]!.sh(null, `python3 ${script} 10.8.0.2 asyncio client`)).toBe('[True, True, True, True]\n');
    expect((await server.done).code).toBe(0);
  });

  test.skipIf(!can('iperf3'))('iperf3', async () => {
    const server = insides[1]!.start(null, 'exec iperf3 -s -1 --forceflush');
    await server.until(/Server listening/);
    expect(await insides[0]!.sh(null, 'iperf3 -c 10.8.0.2 -n 20M')).toContain('iperf Done.');
    await server.done;
  });
});

test.skipIf(!can('python3'))('programs of a machine that goes hear that the network is down', async () => {
  const k = createKernel({ modules: inetStack });
  const inside = await Inside.open(k);
  const program = inside.start(null, `exec python3 -c "
import socket
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(('0.0.0.0', 5)); print('up', flush=True)
try: u.recv(1)
except OSError as e: print(e.errno)
try: socket.socket()
except OSError as e: print(e.errno)
"`);
  await program.until(/up/);
  await eventually('it waits', () => inside.sockets === 1);
  k.shutdown();
  expect((await program.done).stdout).toBe('up\n100\n100\n');
  await inside.close();
});

test.skipIf(!can())('without a compiler it says so', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'linnet-cache-'));
  const before = { CC: process.env['CC'], XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] };
  process.env['XDG_CACHE_HOME'] = cache;
  try {
    process.env['CC'] = '/no/such/compiler';
    await expect(preloadLibrary()).rejects.toMatchObject({ code: 'ENOENT', message: expect.stringContaining('no C compiler (/no/such/compiler)') as string });
    process.env['CC'] = 'false';
    await expect(preloadLibrary()).rejects.toMatchObject({ code: 'ENOSYS', message: expect.stringContaining('false cannot build') as string });
    delete process.env['CC'];
    const built = await preloadLibrary();
    expect(built).toMatch(/linnet\/preload-[0-9a-f]{16}\.so$/);
    expect(await preloadLibrary()).toBe(built);
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    rmSync(cache, { recursive: true });
  }
});
