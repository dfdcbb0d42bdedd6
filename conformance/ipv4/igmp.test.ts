// What a Linnet host says of its groups, judged by tshark, and by a real bridge that listens to it and asks.
import { AF_INET, SOCK_DGRAM } from '@linnet/uapi';
import { describe, expect, test } from 'vitest';
import { eventually } from '../lib/exec.ts';
import { ip4, type Linked, type Scene, scene } from '../lib/scene.ts';
import { have } from '../needs.mjs';

const IP_ADD_MEMBERSHIP = 35;
const IP_DROP_MEMBERSHIP = 36;
const IP_ADD_SOURCE_MEMBERSHIP = 39;
const IP_DROP_SOURCE_MEMBERSHIP = 40;
const IP_BLOCK_SOURCE = 38;

function addrs(...texts: string[]): Uint8Array {
  const out = new Uint8Array(4 * texts.length);
  texts.forEach((t, i) => new DataView(out.buffer).setInt32(4 * i, ip4(t)));
  return out;
}

interface Mdb {
  readonly grp: string;
  readonly src?: string;
  readonly port: string;
  readonly filter_mode?: string;
  readonly source_list?: readonly { readonly address: string }[];
}

/** A Linnet machine at a port of a real bridge, which is the querier of the link. */
async function bridged(s: Scene, version: number): Promise<Linked & { mdb: () => Promise<readonly Mdb[]> }> {
  const netns = s.netns();
  const linked = s.linnetOnTap({ netns, address: '10.61.0.2/24', peer: '10.61.0.9/24' });
  netns.sh(`ip address flush dev tap0 && ip link add br0 type bridge mcast_snooping 1 mcast_igmp_version ${version} mcast_query_interval 200 mcast_query_response_interval 50 mcast_startup_query_interval 50 mcast_membership_interval 450 mcast_querier 1 && ip link set tap0 master br0 && ip link set br0 up && ip address add 10.61.0.1/24 dev br0`);
  const mdb = async (): Promise<readonly Mdb[]> => {
    const all = JSON.parse(await s.sh(netns, 'bridge -d -j mdb show dev br0')) as { mdb?: Mdb[] }[];
    return all.flatMap((a) => a.mdb ?? []).filter((m) => m.port === 'tap0' && m.grp.includes('.'));
  };
  return { ...linked, mdb };
}
const groups = (list: readonly Mdb[]): string[] => list.map((m) => (m.src === undefined ? m.grp : `${m.grp} from ${m.src}`)).sort();

describe.skipIf(!have('root', 'ip', 'bridge', 'tshark'))('the real bridge listens to a Linnet host', () => {
  for (const version of [3, 2] as const) {
    test(`IGMPv${version}: groups come, are asked for, and go`, { timeout: 60_000 }, scene(async (s) => {
      const { machine, mdb } = await bridged(s, version);
      machine.sysctl('net/ipv4/conf/eth0/force_igmp_version', version);
      const { task } = machine;
      const fd = task.socket(AF_INET, SOCK_DGRAM, 0);
      for (const g of ['239.1.1.1', '239.1.1.2']) task.setsockopt(fd, 0, IP_ADD_MEMBERSHIP, addrs(g, '10.61.0.2'));
      await eventually('both groups', async () => groups(await mdb()).join() === '239.1.1.1,239.1.1.2');
      // The bridge's queries are answered: the entries are there after it would have forgotten them, and the host counts a querier of its version.
      await new Promise((done) => setTimeout(done, 6500));
      expect(groups(await mdb())).toEqual(['239.1.1.1', '239.1.1.2']);
      expect(String(machine.net.proc.read('net/igmp'))).toMatch(new RegExp(`eth0 +: +3 +V${version}`));
      task.setsockopt(fd, 0, IP_DROP_MEMBERSHIP, addrs('239.1.1.1', '10.61.0.2'));
      await eventually('one group', async () => groups(await mdb()).join() === '239.1.1.2');
      task.close(fd);
      await eventually('no group', async () => (await mdb()).length === 0);
    }));
  }

  test('IGMPv3: sources', { timeout: 60_000 }, scene(async (s) => {
    const { machine, mdb } = await bridged(s, 3);
    const { task } = machine;
    const fd = task.socket(AF_INET, SOCK_DGRAM, 0);
    const source = (opt: number, g: string, src: string): void => {
      task.setsockopt(fd, 0, opt, addrs(g, '10.61.0.2', src));
    };
    source(IP_ADD_SOURCE_MEMBERSHIP, '232.1.1.1', '10.7.7.1');
    source(IP_ADD_SOURCE_MEMBERSHIP, '232.1.1.1', '10.7.7.2');
    await eventually('two sources', async () => groups(await mdb()).join() === '232.1.1.1,232.1.1.1 from 10.7.7.1,232.1.1.1 from 10.7.7.2');
    expect((await mdb()).find((m) => m.src === undefined)).toMatchObject({ filter_mode: 'include' });
    source(IP_DROP_SOURCE_MEMBERSHIP, '232.1.1.1', '10.7.7.1');
    await eventually('one source', async () => groups(await mdb()).join() === '232.1.1.1,232.1.1.1 from 10.7.7.2');
    // All but one.
    task.setsockopt(fd, 0, IP_ADD_MEMBERSHIP, addrs('239.5.5.5', '10.61.0.2'));
    source(IP_BLOCK_SOURCE, '239.5.5.5', '10.7.7.9');
    await eventually('the blocked one', async () => {
      const g = (await mdb()).find((m) => m.grp === '239.5.5.5' && m.src === undefined);
      return g?.filter_mode === 'exclude' && (g.source_list ?? []).some((x) => x.address === '10.7.7.9');
    });
    task.close(fd);
    await eventually('nothing', async () => (await mdb()).length === 0);
  }));
});
