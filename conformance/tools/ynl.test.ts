// The kernel's own specifications of netlink (YNL, of Debian's linux-source-6.12) accept what Linnet answers.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { can } from '../preload/lab.ts';
import { LinnetSide } from './both.ts';

const SOURCE = '/usr/src/linux-source-6.12.tar.xz';
const ready = can('ip', SOURCE, '/usr/bin/python3', '/usr/lib/python3/dist-packages/yaml');

/** What is asked, by specification. The ones of rules and neighbours are younger than 6.12. */
const DUMPS: readonly (readonly [spec: string, op: string, args?: string])[] = [
  ['rt_link', 'getlink'], ['rt_link', 'getstats', '{"filter-mask": 1}'], ['rt_addr', 'getaddr'], ['rt_route', 'getroute'], ['nlctrl', 'getfamily'], ['nlctrl', 'getpolicy', '{"family-name": "ethtool"}'],
  ['ethtool', 'strset-get'], ['ethtool', 'linkinfo-get'], ['ethtool', 'linkmodes-get'], ['ethtool', 'linkstate-get'], ['ethtool', 'features-get'], ['ethtool', 'channels-get'], ['ethtool', 'rings-get'], ['ethtool', 'coalesce-get'],
  ['ethtool', 'tsinfo-get'], ['ethtool', 'pause-get'], ['tc', 'getqdisc'],
];

let folder: string;
let side: LinnetSide;

beforeAll(async () => {
  if (!ready) return;
  folder = mkdtempSync(join(tmpdir(), 'linnet-ynl-'));
  execFileSync('tar', ['xf', SOURCE, '-C', folder, '--strip-components=1', '--wildcards', 'linux-source-6.12/Documentation/netlink/*', 'linux-source-6.12/tools/net/ynl/*']);
  side = await new LinnetSide().open();
  for (const command of [
    'ip link set lo up', 'ip link add e0 type veth peer name e1', 'ip link set e0 up', 'ip link set e1 up', 'ip link add br0 type bridge', 'ip link set e1 master br0', 'ip addr add 10.0.0.1/24 dev e0',
    'ip route add 10.7.0.0/16 nexthop via 10.0.0.2 nexthop via 10.0.0.3', 'ip route add 10.8.0.0/16 via 10.0.0.2 mtu 1300', 'ip link property add dev e0 altname another',
  ]) expect((await side.run(command)).stderr, command).toBe('');
}, 120_000);

afterAll(async () => {
  if (!ready) return;
  await side.close();
  rmSync(folder, { recursive: true });
});

describe.skipIf(!ready)('the specifications accept', () => {
  test.each(DUMPS)('%s %s', { timeout: 60_000 }, async (spec, op, args) => {
    // The schema says nothing of the wire, and checking it takes a package more.
    const command = `cd ${folder}/tools/net/ynl && /usr/bin/python3 cli.py --no-schema --process-unknown --output-json --spec ${folder}/Documentation/netlink/specs/${spec}.yaml --dump ${op}${args === undefined ? '' : ` --json '${args}'`}`;
    const r = await side.run(command);
    expect(r, r.stdout + r.stderr).toMatchObject({ code: 0, stderr: '' });
    // Warnings of an extended ACK come before.
    const got = JSON.parse(r.stdout.slice(r.stdout.search(/^[[{]/m))) as unknown;
    expect(Array.isArray(got)).toBe(true);
    // An attribute that the specification does not know is shown as UnknownAttr(N): only those of links that are younger than 6.12.
    const unknown = new Set([...r.stdout.matchAll(/UnknownAttr\((\d+)\)/g)].map((m) => Number(m[1])));
    expect([...unknown].filter((n) => op !== 'getlink' || n < 66)).toEqual([]);
  });
});
