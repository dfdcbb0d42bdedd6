// Namespaces by name and by id: `ip netns` on the real kernel, the same program inside a Linnet machine, and the TypeScript one.
import { execFileSync } from 'node:child_process';
import { Task } from '@linnet/posix';
import { runTool } from '@linnet/tools';
import { describe, expect, test } from 'vitest';
import { TestNetns } from '../host/netns.ts';
import { exec } from '../lib/exec.ts';
import { can } from '../preload/lab.ts';
import { LinnetSide } from './both.ts';

/** RED and BLUE are names of each side's own: those of the first two are of one and the same real system. */
const COMMANDS: readonly string[] = [
  'ip netns add RED', 'ip netns add RED', 'ip netns add BLUE', 'ip netns add', 'ip netns add a/b', 'ip netns add .', 'ip netns', 'ip netns list', 'ip -j netns list', 'ip netns list-id', 'ip netns set RED 5', 'ip netns set RED 6', 'ip netns set BLUE 5', 'ip netns set BLUE auto', 'ip netns set GREEN 3', 'ip netns set RED', 'ip netns set',
  'ip netns set RED x', 'ip netns', 'ip -j netns', 'ip netns list-id', 'ip -j netns list-id', 'ip netns list-id nsid 5', 'ip netns list-id nsid 77', 'ip netns list-id target-nsid 5', 'ip netns list-id target-nsid 77', 'ip netns list-id nothing', 'ip netns list-id target-nsid x', 'ip netns nothing', 'ip netns help',
  'ip -n RED -br link', 'ip -n RED link set lo up', 'ip -n RED -br link', 'ip -br link show lo', 'ip -n GREEN link', 'ip netns exec RED ip -br link', 'ip netns exec RED ip netns identify', 'ip netns exec BLUE ip netns exec RED ip netns identify', 'ip netns exec RED', 'ip netns exec', 'ip netns exec GREEN ip link', 'ip netns exec RED nothing', 'ip netns exec RED ip link show nothing',
  'ip link add e0 address 02:00:00:00:00:0a type veth peer name e1 address 02:00:00:00:00:0b', 'ip link set e1 netns RED', 'ip -o link show e0', 'ip -n RED -o link show e1', 'ip -n RED link set e1 name lo', 'ip -j -d link show e0', 'ip link set e0 netns GREEN', 'ip link set lo netns RED', 'ip link set e0 netns 99999999', 'ip -n RED link set e1 netns BLUE', 'ip -n BLUE -o link show type veth', 'ip -n RED -o link show type veth', 'ip -n BLUE netns list-id',
  'ip link add e2 netns RED address 02:00:00:00:00:2a type ifb', 'ip -n RED -o link show e2', 'ip link add m0 address 02:00:00:00:00:3a netns RED link e0 type macvlan mode bridge', 'ip -n RED -o link show m0', 'ip link set e0 netns BLUE', 'ip -n BLUE -br link', 'ip link add v0 type veth peer name v1 netns RED', 'ip -n RED -br link show type veth', 'ip link add v0 type veth peer name v2 netns GREEN',
  'ip netns identify 99999999', 'ip netns identify x', 'ip netns pids RED', 'ip netns pids GREEN', 'ip netns pids', 'ip netns attach RED 99999999', 'ip netns attach GREEN 99999999', 'ip netns attach GREEN x', 'ip netns attach GREEN', 'ip netns del RED', 'ip netns del RED', 'ip netns del a/b', 'ip netns del', 'ip -br link show type veth', 'ip netns', 'ip netns list-id', 'ip netns set BLUE 9', 'ip netns del BLUE', 'ip netns list-id', 'ip netns',
];

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What all of them say, names by their parts, without the namespaces of others and what is random. */
function plain({ code, stdout, stderr }: Answer, prefix: string, home: string, command: string): string {
  // The namespace that all this is done in has a name on the real side.
  const mine = (text: string): string => text.replaceAll(`link-netns ${home}`, 'link-netnsid 0').replaceAll(`(iproute2 netns name: ${home})`, '').replaceAll(prefix, '').replace(/([0-9a-f]{2}:){5}[0-9a-f]{2}/g, (m) => (m.startsWith('02:00:00:00:00') || /^(00|ff):/.test(m) ? m : 'MAC')).replace(/^Usage:[\s\S]*/m, 'Usage').replace(/(num_?[rt]x_?queues"?)[: ]\d+/g, '$1 N');
  let out = mine(stdout);
  if (/^ip (-j )?netns( list)?$/.test(command)) {
    // Other names are those of others.
    const names = ['RED', 'BLUE', 'GREEN'];
    if (command.includes('-j')) out = JSON.stringify((JSON.parse(out === '' ? '[]' : out) as { name: string }[]).filter((n) => names.includes(n.name)).sort((a, b) => (a.name < b.name ? -1 : 1)));
    else out = out.split('\n').filter((l) => names.includes(l.split(' ')[0]!)).sort().join('\n');
  }
  if (/list-id/.test(command) && !command.includes('-j')) out = out.split('\n').sort().join('\n');
  // Who looks for names finds those of others, which may be gone by then.
  const err = mine(stderr);
  return `exit ${code}\n${out}--- stderr\n${/netns set|list-id nsid/.test(command) ? err : err.replaceAll('Error: Peer netns reference is invalid.\n', '')}`;
}

/** Carriers settle at most once a second. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1300));

async function play(prefix: string, home: string, run: (command: string) => Promise<Answer>): Promise<Record<string, string>> {
  const said: Record<string, string> = {};
  let i = 0;
  for (const command of COMMANDS) {
    said[`${i++} ${command}`] = plain(await run(command.replace(/\b(RED|BLUE|GREEN)\b/g, `${prefix}$1`)), prefix, home, command);
    if (/ netns (RED|BLUE)$| up$|^ip netns del \w+$/.test(command)) await settle();
  }
  return said;
}

describe.skipIf(!can('root', 'ip'))('ip netns', () => {
  test('as on the real kernel, with the real program and with ours', { timeout: 180_000 }, async () => {
    const real = new TestNetns({ plain: true });
    const linnet = await new LinnetSide().open();
    const ours = await new LinnetSide().open();
    const task = new Task(ours.kernel.initNet, { comm: 'ip' });
    const prefixes = ['r', 'l'].map((c) => `linnet-${process.pid}-${c}-`);
    // Not by `ip netns exec`, in which the names that are made are its own.
    const outside = (command: string): Promise<Answer> => exec(null, `nsenter --net=/run/netns/${real.name} -- ${command}`);
    const inside = (command: string): Promise<Answer> => linnet.run(command);
    const own = async (command: string): Promise<Answer> => {
      let stdout = '';
      let stderr = '';
      const code = await runTool(task, command.split(' '), { out: (s) => void (stdout += s), err: (s) => void (stderr += s) });
      return { code, stdout, stderr };
    };
    try {
      const [want, same, typescript] = await Promise.all([play(prefixes[0]!, real.name, outside), play(prefixes[1]!, '?', inside), play('', '?', own)]);
      expect(same).toEqual(want);
      expect(typescript).toEqual(want);
    } finally {
      task.exit();
      await Promise.all([linnet.close(), ours.close()]);
      real.delete();
      for (const prefix of prefixes) {
        for (const name of ['RED', 'BLUE', 'GREEN']) {
          try {
            execFileSync('ip', ['netns', 'delete', `${prefix}${name}`], { stdio: 'ignore' });
          } catch {
            // It is gone, as it should be.
          }
        }
      }
    }
  });
});
