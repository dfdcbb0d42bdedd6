// Unmodified programs inside a machine against the real kernel: over a TAP into a namespace of it. tshark judges what the machine sent.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { netns } from '@linnet/netns';
import { packet, unix } from '@linnet/socket';
import { describe, expect, test } from 'vitest';
import { eventually, exec, expectOk, type Program } from '../lib/exec.ts';
import { type Linked, type Scene, scene } from '../lib/scene.ts';
import { can, here, Inside } from './lab.ts';

const LINNET = '10.9.0.2';
const REAL = '10.9.0.1';

interface Bench {
  readonly scene: Scene;
  readonly linked: Linked;
  readonly inside: Inside;
  /** Starts a program of the real side. */
  start(command: string): Program;
  sh(command: string): Promise<string>;
}

async function bench(s: Scene, record = true): Promise<Bench> {
  const ns = s.netns();
  const linked = s.tap(s.machine({ modules: [netns, packet, unix] }), { netns: ns, address: `${LINNET}/24`, peer: `${REAL}/24`, ...(record ? {} : { record: false }) });
  const inside = await Inside.open(linked.machine.kernel);
  s.defer(() => inside.close());
  return { scene: s, linked, inside, start: (command) => s.start(ns, command), sh: (command) => s.sh(ns, command) };
}

const listensInside = (b: Bench, port: number): Promise<unknown> =>
  eventually(`port ${port}`, async () => (await b.inside.sh(null, 'cat /proc/net/tcp')).includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`));
const listensReal = (b: Bench, port: number): Promise<unknown> => eventually(`port ${port}`, async () => (await b.sh(`ss -Htln sport = :${port}`)) !== '');

describe.skipIf(!can('root', 'ip', 'ss', 'tshark'))('against the real kernel', () => {
  test.skipIf(!can('ping', 'traceroute'))('ping and traceroute', scene(async (s) => {
    const b = await bench(s);
    expect(await b.inside.sh(null, `ping -c 3 -i 0.05 ${REAL}`)).toContain('3 received, 0% packet loss');
    expect(await b.inside.sh(null, `ping -c 1 -s 6000 ${REAL}`)).toContain('1 received');
    for (const how of ['', '-I', '-T']) expect(await b.inside.sh(null, `traceroute ${how} -n -w 1 -q 1 ${REAL}`)).toMatch(/\n 1 {2}10\.9\.0\.1 {2}[\d.]+ ms\n/);
    expect(await b.inside.sh(null, `ping -c 1 -W 0.3 -I 10.9.0.2 10.9.0.200; true`)).toContain('0 received');
  }));

  test.skipIf(!can('curl', 'python3'))('curl, both ways', scene(async (s) => {
    const b = await bench(s);
    writeFileSync(join(b.inside.folder, 'page'), Buffer.alloc(3_000_000, 'linnet '));
    const sum = (await exec(null, `md5sum < ${b.inside.folder}/page`)).stdout;
    b.start(`cd ${b.inside.folder} && exec python3 -m http.server 80`);
    b.inside.start(null, `cd ${b.inside.folder} && exec python3 -m http.server 80`);
    await Promise.all([listensReal(b, 80), listensInside(b, 80)]);
    expect(await b.inside.sh(null, `curl -s http://${REAL}/page | md5sum`)).toBe(sum);
    expect(await b.sh(`curl -s http://${LINNET}/page | md5sum`)).toBe(sum);
  }));

  test.skipIf(!can('iperf3'))('iperf3, server and client inside', scene(async (s) => {
    const b = await bench(s, false);
    const bytes = (json: string): number => (JSON.parse(json) as { end: { sum_received: { bytes: number } } }).end.sum_received.bytes;
    // How fast UDP is, a round trip for each datagram, is not asked here; and on a busy machine its buffer may run over.
    for (const [flags, least] of [['-t 1', 2e6], ['-t 1 -R', 2e6], ['-u -b 2M -n 300K', 2e5]] as const) {
      const inner = b.inside.start(null, 'exec iperf3 -s -1 --forceflush');
      await inner.until(/Server listening/);
      expect(bytes(await b.sh(`iperf3 -c ${LINNET} -J ${flags}`))).toBeGreaterThan(least);
      await inner.done;
      const outer = b.start('exec iperf3 -s -1 --forceflush');
      await outer.until(/Server listening/);
      expect(bytes(await b.inside.sh(null, `iperf3 -c ${REAL} -J ${flags}`))).toBeGreaterThan(least);
      await outer.done;
    }
  }));

  test.skipIf(!can('tcpdump', 'ping'))('tcpdump inside sees what the real ping sends', scene(async (s) => {
    const b = await bench(s);
    const file = join(b.inside.folder, 'dump.pcap');
    const dump = b.inside.start(null, `exec tcpdump -i ${b.linked.dev.name} -U -c 4 -w ${file} icmp`);
    await dump.until(/listening on/);
    await b.sh(`ping -c 2 -i 0.05 ${LINNET}`);
    expect((await dump.done).stderr).toContain('4 packets captured');
    const seen = await exec(null, `tshark -r ${file} -o ip.check_checksum:TRUE -T fields -e ip.src -e icmp.type -e ip.checksum.status -e icmp.checksum.status`);
    expect(seen.stdout).toBe(`${REAL}\t8\t1\t1\n${LINNET}\t0\t1\t1\n`.repeat(2));
  }));

  test.skipIf(!can('nc'))('nc', scene(async (s) => {
    const b = await bench(s);
    const inner = b.inside.start(null, 'exec nc -d -l 9000');
    await listensInside(b, 9000);
    await b.sh(`echo from the real side | nc -N ${LINNET} 9000`);
    expect((await inner.done).stdout).toBe('from the real side\n');
    const outer = b.start('exec nc -d -l 9001');
    await listensReal(b, 9001);
    await b.inside.sh(null, `echo from inside | nc -N ${REAL} 9001`);
    expect((await outer.done).stdout).toBe('from inside\n');
    expect((await b.inside.run(null, `nc -z -v -w 2 ${REAL} 9`)).stderr).toContain('Connection refused');
  }));

  test.skipIf(!can('python3')).each(['thread', 'epoll', 'asyncio'])('Python echo: %s', async (mode) => {
    await scene(async (s) => {
      const b = await bench(s, false);
      const script = here('echo.py');
      const inner = b.inside.start(null, `exec python3 ${script} ${LINNET} ${mode} server`);
      await inner.until(/listening/);
      expect(await b.sh(`python3 ${script} ${LINNET} ${mode} client`)).toBe('[True, True, True, True]\n');
      expect((await inner.done).code).toBe(0);
      const outer = b.start(`exec python3 ${script} ${REAL} ${mode} server`);
      await outer.until(/listening/);
      expect(await b.inside.sh(null, `python3 ${script} ${REAL} ${mode} client`)).toBe('[True, True, True, True]\n');
      expect((await outer.done).code).toBe(0);
    })();
  });

  test.skipIf(!can('python3'))('a connection that takes seconds, waited for in connect, select and epoll', scene(async (s) => {
    const ns = s.netns();
    const l = s.linnetOnWire({ netns: ns, address: `${LINNET}/24`, peer: `${REAL}/24`, wire: { seed: 1, ab: { loss: 0.2 } }, modules: [netns] });
    const inside = await Inside.open(l.machine.kernel);
    s.defer(() => inside.close());
    await s.start(ns, `exec python3 -u ${here('echoes.py')} ${REAL} 7`).until(/listening/);
    const ran = await Promise.all(Array.from({ length: 12 }, () => inside.run(null, `python3 ${here('slow.py')} ${REAL} 7`)));
    const took = ran.map((r) => expectOk(r).stdout.trimEnd().split('\n').map(Number));
    for (const times of took) expect(times).toHaveLength(3);
    // Some of the 36 had to ask again, after a second.
    expect(Math.max(...took.flat())).toBeGreaterThan(0.9);
  }));
});
