// smcrouted of Debian is the daemon of a Linnet IPv6 router: a stream of one real namespace reaches those that want it in two others.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ipv6 } from '@linnet/ipv6';
import { netns } from '@linnet/netns';
import { packet, unix } from '@linnet/socket';
import { expect, test } from 'vitest';
import { eventually } from '../lib/exec.ts';
import { scene } from '../lib/scene.ts';
import { can, Inside } from '../preload/lab.ts';

const GROUP = 'ff1e::7';

const RECEIVE = (count: number, seconds: number): string => `python3 -c '
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", 5000)); s.setsockopt(41, 20, socket.inet_pton(socket.AF_INET6, "${GROUP}") + socket.if_nametoindex("tap0").to_bytes(4, "little"))
print("joined", flush=True); s.settimeout(${seconds})
got = []
try:
    while len(got) < ${count}: got.append(int(s.recv(2000).split()[0]))
except TimeoutError: pass
print("got", got, flush=True)
'`;
const SEND = (count: number, hops: number): string => `python3 -c '
import socket, time
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.setsockopt(41, 18, ${hops}); s.setsockopt(41, 17, socket.if_nametoindex("tap0")); s.bind(("fd00:60::2", 0))
for i in range(${count}): s.sendto(b"%d " % i + b"x" * 1200, ("${GROUP}", 5000)); time.sleep(0.002)
'`;

test.skipIf(!can('root', 'ip', 'smcrouted', 'python3'))('smcrouted routes a stream of IPv6', { timeout: 60_000 }, scene(async (s) => {
  const machine = s.machine({ modules: [ipv6, netns, packet, unix] });
  const ns = [s.netns(), s.netns(), s.netns()];
  ns.forEach((n, i) => s.tap(machine, { netns: n, address: `10.60.${i}.1/24`, peer: `10.60.${i}.2/24` }));
  const inside = await Inside.open(machine.kernel);
  s.defer(() => inside.close());
  for (const [i, n] of ns.entries()) {
    await inside.sh(null, `ip -6 addr add fd00:60:0:${i}::1/64 dev eth${i} nodad`);
    await s.sh(n, `echo 0 > /proc/sys/net/ipv6/conf/tap0/disable_ipv6; ip -6 addr add fd00:60:0:${i}::2/64 dev tap0 nodad`);
  }
  const file = join(s.folder, 'smcroute.conf');
  writeFileSync(file, [0, 1, 2].map((i) => `phyint eth${i} enable ttl-threshold 1\n`).join('') + `mgroup from eth0 group ${GROUP}\nmroute from eth0 source fd00:60::2 group ${GROUP} to eth1 eth2\n`);
  const daemon = inside.start(null, `exec smcrouted -n -f ${file} -u ${join(s.folder, 'sock')} -P ${join(s.folder, 'pid')} -l debug`);
  await eventually('interfaces', async () => (await inside.sh(null, 'cat /proc/net/ip6_mr_vif')).includes('eth2'));
  const receivers = [1, 2].map((i) => s.start(ns[i]!, RECEIVE(300, 8)));
  await Promise.all(receivers.map((r) => r.until(/joined/)));
  await s.sh(ns[0]!, SEND(300, 4));
  for (const r of receivers) expect((await r.done).stdout).toContain(`got [${Array.from({ length: 300 }, (_, i) => i).join(', ')}]`);
  expect(await inside.sh(null, 'ip -6 mroute show')).toMatch(/\(fd00:60::2,ff1e::7\) +Iif: eth0 +Oifs: eth1 eth2 +State: resolved/);
  // A stream that its senders keep on their link stays there.
  const silent = s.start(ns[1]!, RECEIVE(1, 2));
  await silent.until(/joined/);
  await s.sh(ns[0]!, SEND(3, 1));
  expect((await silent.done).stdout).toContain('got []');
  daemon.kill();
  await daemon.done;
  await eventually('the daemon is gone', async () => (await inside.sh(null, 'cat /proc/net/ip6_mr_vif')).split('\n').length === 2);
}));
