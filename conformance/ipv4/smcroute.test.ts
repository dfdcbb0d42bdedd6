// smcrouted of Debian is the daemon of a Linnet router: a stream of one real namespace reaches those that want it in two others.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { netns } from '@linnet/netns';
import { packet, unix } from '@linnet/socket';
import { describe, expect, test } from 'vitest';
import { eventually } from '../lib/exec.ts';
import { type Linked, type Scene, scene } from '../lib/scene.ts';
import { can, Inside } from '../preload/lab.ts';
import type { TestNetns } from '../host/netns.ts';

const GROUP = '239.1.1.1';

interface Lab {
  readonly ns: readonly TestNetns[];
  readonly links: readonly Linked[];
  readonly inside: Inside;
}

/** Three real namespaces around a Linnet router: 10.60.N.1 is the router's, 10.60.N.2 theirs. */
async function lab(s: Scene): Promise<Lab> {
  const machine = s.machine({ modules: [netns, packet, unix] });
  const ns = [s.netns(), s.netns(), s.netns()];
  const links = ns.map((n, i) => s.tap(machine, { netns: n, address: `10.60.${i}.1/24`, peer: `10.60.${i}.2/24` }));
  machine.sysctl('net/ipv4/ip_forward', 1);
  const inside = await Inside.open(machine.kernel);
  s.defer(() => inside.close());
  return { ns, links, inside };
}

const RECEIVE = (group: string, count: number, seconds = 8): string => `python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 5000)); s.setsockopt(0, 35, socket.inet_aton("${group}") + bytes(4) + socket.if_nametoindex("tap0").to_bytes(4, "little"))
print("joined", flush=True); s.settimeout(${seconds})
got = []
try:
    while len(got) < ${count}: got.append(int(s.recv(2000).split()[0]))
except TimeoutError: pass
print("got", got, flush=True)
'`;
const SEND = (group: string, count: number, ttl: number): string => `python3 -c '
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(0, 33, ${ttl}); s.setsockopt(0, 32, socket.inet_aton("10.60.0.2"))
for i in range(${count}): s.sendto(b"%d " % i + b"x" * 1200, ("${group}", 5000)); time.sleep(0.002)
'`;
const ALL = (n: number): string => `got [${Array.from({ length: n }, (_, i) => i).join(', ')}]`;

describe.skipIf(!can('root', 'ip', 'smcrouted', 'python3', 'tshark'))('smcrouted', () => {
  for (const [kind, conf] of [
    ['(S,G)', `mroute from eth0 source 10.60.0.2 group ${GROUP} to eth1 eth2`],
    ['(*,G), for which it answers each upcall', `mroute from eth0 group ${GROUP} to eth1 eth2`],
  ] as const) {
    test(`routes a stream by ${kind}`, { timeout: 60_000 }, scene(async (s) => {
      const { ns, links, inside } = await lab(s);
      const file = join(s.folder, 'smcroute.conf');
      writeFileSync(file, `phyint eth0 enable ttl-threshold 1\nphyint eth1 enable ttl-threshold 1\nphyint eth2 enable ttl-threshold 1\nmgroup from eth0 group ${GROUP}\n${conf}\n`);
      const daemon = inside.start(null, `exec smcrouted -n -f ${file} -u ${join(s.folder, 'sock')} -P ${join(s.folder, 'pid')} -l debug`);
      await eventually('interfaces', async () => (await inside.sh(null, 'cat /proc/net/ip_mr_vif')).includes('eth2'));
      const receivers = [1, 2].map((i) => s.start(ns[i]!, RECEIVE(GROUP, 300)));
      await Promise.all(receivers.map((r) => r.until(/joined/)));
      await s.sh(ns[0]!, SEND(GROUP, 300, 4));
      for (const r of receivers) expect((await r.done).stdout).toContain(ALL(300));
      expect(await inside.sh(null, 'ip mroute show')).toMatch(/\(10\.60\.0\.2,239\.1\.1\.1\) +Iif: eth0 +Oifs: eth1 eth2 +State: resolved/);
      expect(await inside.sh(null, 'cat /proc/net/ip_mr_cache')).toMatch(/^010101EF 02003C0A 0 +300 +\d+ +0 +1:1 +2:1/m);
      expect(links[0]!.machine.counter('Ip.ForwDatagrams')).toBe(600);
      // A stream that its senders keep on their link stays there.
      const silent = s.start(ns[1]!, RECEIVE(GROUP, 1, 2));
      await silent.until(/joined/);
      await s.sh(ns[0]!, SEND(GROUP, 3, 1));
      expect((await silent.done).stdout).toContain('got []');
      daemon.kill();
      await daemon.done;
      await eventually('the daemon is gone', async () => (await inside.sh(null, 'cat /proc/net/ip_mr_vif')).split('\n').length === 2);
    }));
  }
});
