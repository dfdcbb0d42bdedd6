// The small print of calls: each script prints one line a check, inside a machine and in a fresh namespace of the real kernel.
import { createKernel, type Kernel } from '@linnet/kernel';
import { ipRoute } from '@linnet/net';
import { fullStack } from 'linnet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestNetns } from '../host/netns.ts';
import { exec } from '../lib/exec.ts';
import { can, here, Inside } from './lab.ts';

let kernel: Kernel;
let inside: Inside;

beforeAll(async () => {
  if (!can()) return;
  kernel = createKernel({ modules: fullStack, hostname: 'box' });
  ipRoute(kernel.initNet).link.set('lo', { up: true });
  inside = await Inside.open(kernel);
});

afterAll(async () => {
  if (!can()) return;
  await inside.close();
  kernel.shutdown();
});

describe.skipIf(!can('root', 'ip', 'python3'))('as the real kernel does it', () => {
  test.each([['msfilter.py', 'what stands in the buffer of getsockopt'], ['tun.py', '/dev/net/tun'], ['edges.py', 'descriptors used oddly']])('%s: %s', async (script) => {
    const setup = 'sysctl -qw net.ipv4.ping_group_range="0 1000"';
    // Not `unshare -n`: ip(8) reads /sys of the namespace.
    const netns = new TestNetns();
    const real = await exec(netns.name, `sysctl -qw net.ipv6.conf.all.disable_ipv6=0; ${setup}; exec python3 ${here(script)}`).finally(() => netns.delete());
    expect(real.stderr).toBe('');
    expect(real.stdout.split('\n').length).toBeGreaterThan(10);
    const ours = await inside.run(null, `${setup}; exec python3 ${here(script)}`);
    expect(ours.stderr).toBe('');
    expect(ours.stdout.split('\n')).toEqual(real.stdout.split('\n'));
  });
});
