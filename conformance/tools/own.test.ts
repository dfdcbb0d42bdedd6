// The TypeScript `ip` and `ss` print what the real ones print: each command of the table that is theirs, in two Linnet machines that were set up the same way.
import { writeFileSync } from 'node:fs';
import { Task } from '@linnet/posix';
import { runTool } from '@linnet/tools';
import { describe, expect, test } from 'vitest';
import { can } from '../preload/lab.ts';
import { LinnetSide } from './both.ts';
import { normal } from './explained.ts';
import { SCENES } from './scenes.ts';

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

// What is asked here besides: the kernel has other queues and times.
const MORE: Readonly<Record<string, readonly string[]>> = {
  ss: [
    'ss -t', 'ss -tn', 'ss -tln', 'ss -un', 'ss -tuan', 'ss -tuln', 'ss -0n', 'ss -tanmO', 'ss -uanem', 'ss -tan exclude listening', 'ss -tan "sport = :5000 and dport = :40000"', 'ss -tan dport = :5000', 'ss -tan src 127.0.0.1:5000',
    'ss -tan "( sport = :5000 or sport = :5001 )"', 'ss -tan "not sport = :5001"', 'ss -tan "sport > :5000"', 'ss -tan dst 10.0.0.0/8', 'ss -tan foo', 'ss -tan state foo', 'ss -A tcp -an', 'ss -A udp,raw -an', 'ss -tan dst [::1]',
  ],
};

// A pipe is for a shell, which the own programs do not have.
const OURS = /^(ip|ss)\b(?!.* \| )/;
// What a line may end with: the shell is not part of the comparison.
const TAIL = /\s*(\| wc -l|> \/dev\/null)$/;

const words = (line: string): string[] => (line.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).map((s) => s.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'));

/** A command with our programs. */
async function ours(side: LinnetSide, command: string): Promise<Answer> {
  const [comm = ''] = words(command);
  // A number of as many digits as those of real processes.
  const task = new Task(side.kernel.initNet, { comm, pid: 4_000_000 + (side.kernel.jiffies & 0xffff) });
  let stdout = '';
  let stderr = '';
  try {
    const code = await runTool(task, words(command.replace(TAIL, '')), { out: (s) => void (stdout += s), err: (s) => void (stderr += s) });
    const tail = TAIL.exec(command)?.[1];
    if (tail === '| wc -l') stdout = `${stdout.split('\n').length - 1}\n`;
    else if (tail !== undefined) stdout = '';
    return { code, stdout, stderr };
  } finally {
    task.exit();
  }
}

/** Timers run while programs start: their values are not compared. Nor are processes: those of the real ss are of another system than the machine. */
const still = (text: string): string => text.replace(/ users:\(\(.*?\)\)/g, '').replace(/"(\w+_timer)":[\d.]+/g, '"$1":T').replace(/(_timer) +[\d.]+/g, '$1 T').replace(/("(?:valid|preferred)_life_time"):\d{3,4}\b/g, '$1:T').replace(/(valid_lft|preferred_lft) \d+sec/g, '$1 Tsec');
// Ours helps less.
const brief = (text: string): string => text.replace(/^Usage: [\s\S]*/m, '');
const answer = (a: Answer, command: string): string => `exit ${a.code}\n${still(normal(command, brief(a.stdout)))}--- stderr\n${still(normal(command, brief(a.stderr)))}`;

describe.each(SCENES.filter((s) => s.ask.some((c) => OURS.test(c))))('$name', ({ name, needs, setup, programs, ask }) => {
  test.skipIf(!can('root', 'sysctl', ...needs))('as the real program', { timeout: 120_000 }, async () => {
    const [a, b] = await Promise.all([new LinnetSide().open(), new LinnetSide().open()]);
    const differences: string[] = [];
    let count = 0;
    try {
      for (const command of setup) for (const side of [a, b]) expect((await side.run(command)).code, command).toBe(0);
      for (const program of programs ?? []) await Promise.all([a, b].map((side) => side.start(program).until(/ready/)));
      // The link watch of a machine acts once a second.
      await new Promise((resolve) => setTimeout(resolve, 1100));
      for (const command of [...(MORE[name] ?? []), ...ask]) {
        // Sockets are listed, and routes of several ways chosen, by a hash with a random key: both are asked about one machine.
        const real = (/^ss (?!.*-\w*K)|\broute get\b/.test(command) ? b : a).run(command);
        if (!OURS.test(command)) {
          await Promise.all([real, b.run(command)]);
          continue;
        }
        count++;
        const theirs = await real;
        const [x, y] = [answer(await ours(b, command), command), answer(theirs, command)];
        if (x !== y) differences.push(`$ ${command}\n--- ours\n${x}\n--- the real one\n${y}`);
      }
    } finally {
      await Promise.all([a.close(), b.close()]);
    }
    const out = process.env['TOOLS_DIFF'];
    if (out !== undefined) writeFileSync(`${out}/own-${name.replaceAll(' ', '-')}.txt`, `${count} commands, ${differences.length} differ\n\n${differences.join('\n\n')}`);
    expect(differences.join('\n\n')).toBe('');
  });
});

/** What both programs say while `commands` run in a machine: the real one, and ours from the start on until it is stopped. */
async function watched(theirs: string, own: readonly string[], setup: readonly string[], commands: readonly string[]): Promise<[ours: string, theirs: string]> {
  const side = await new LinnetSide().open();
  const task = new Task(side.kernel.initNet);
  const listeners = new Set<() => void>();
  const signal = { aborted: false, addEventListener: (_: 'abort', fn: () => void) => void listeners.add(fn), removeEventListener: (_: 'abort', fn: () => void) => void listeners.delete(fn) };
  try {
    for (const command of setup) expect((await side.run(command)).code, command).toBe(0);
    const real = side.start(theirs);
    await new Promise((resolve) => setTimeout(resolve, 500));
    let said = '';
    const done = runTool(task, own, { out: (s) => void (said += s), err: (s) => void (said += s), signal });
    for (const command of commands) expect((await side.run(command)).code, command).toBe(0);
    for (let i = 0; i < 40 && real.stdout.length < said.length; i++) await new Promise((resolve) => setTimeout(resolve, 50));
    signal.aborted = true;
    for (const fn of Array.from(listeners)) fn();
    expect(await done).toBe(0);
    return [said, real.stdout];
  } finally {
    task.exit();
    await side.close();
  }
}

test.skipIf(!can('root', 'ip'))('ip monitor says what the real one says of the same changes', { timeout: 60_000 }, async () => {
  const [ours, theirs] = await watched('ip monitor all', ['ip', 'monitor', 'all'], ['ip link set lo up', 'ip link add e0 address 02:00:00:00:00:0a type veth peer name e1 address 02:00:00:00:00:0b'], [
    'ip addr add 10.0.0.1/24 dev e0', 'ip link set e0 up', 'ip link set e1 up', 'ip route add 10.9.0.0/16 via 10.0.0.2', 'ip neigh add 10.0.0.5 lladdr 02:00:00:00:00:33 dev e0', 'ip rule add pref 5 table 7', 'ip nexthop add id 3 blackhole',
    'ip nexthop del id 3', 'ip rule del pref 5', 'ip route del 10.9.0.0/16', 'ip addr del 10.0.0.1/24 dev e0', 'ip link del e0',
  ]);
  expect(ours.split('\n').length).toBeGreaterThan(10);
  expect(ours).toBe(theirs);
});

test.skipIf(!can('root', 'ip', 'ss', 'python3'))('ss -E says what the real one says of sockets that end', { timeout: 60_000 }, async () => {
  const program = (close: string): string => `python3 -c "
import socket
a = socket.create_server(('127.0.0.1', 5000)); b = socket.create_connection(('127.0.0.1', 5000)); c, _ = a.accept()
d = socket.socket(socket.AF_INET6); d.bind(('::1', 5001)); d.listen(3)
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(('127.0.0.1', 6000))
v = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); v.bind(('::1', 6001))
for s in (${close}): s.close()"`;
  for (const options of ['-nE', '-tuaneimE', '-4tHnE', '-tnE dport = :5000']) {
    const [ours, theirs] = await watched(`stdbuf -oL ss ${options}`, words(`ss ${options}`), ['ip link set lo up'], [program('a, b, c, d, u, v'), program('u, v, d, c, b, a')]);
    expect(ours.match(/127\.0\.0\.1/g)!.length, options).toBeGreaterThan(2);
    expect(ours, options).toBe(theirs);
  }
});
