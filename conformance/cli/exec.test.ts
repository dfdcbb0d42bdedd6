// `linnet exec` and `linnet ps`, as a person uses them: the built command, a machine that `linnet up` runs, programs of this system.
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { TestNetns } from '../host/netns.ts';
import { have } from '../needs.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = path.join(root, 'packages/linnet/dist/cli/main.js');
const folder = mkdtempSync(path.join(tmpdir(), 'linnet-exec-'));
const env = { ...process.env, XDG_RUNTIME_DIR: folder };

beforeAll(() => {
  execFileSync(path.join(root, 'node_modules/.bin/tsc'), ['-b', path.join(root, 'packages/linnet/tsconfig.cli.json')]);
});
afterAll(() => rmSync(folder, { recursive: true }));

const running: ChildProcess[] = [];
const spaces: TestNetns[] = [];
afterEach(async () => {
  for (const child of running.splice(0)) {
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGINT');
    await closed;
  }
  for (const ns of spaces.splice(0)) ns.delete();
});

function linnet(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd: folder, env, timeout: 60_000 });
  return { code: status, out: stdout, err: stderr };
}

/** A machine, up and waiting. */
async function up(address: string, ...args: string[]): Promise<string> {
  const ns = new TestNetns();
  spaces.push(ns);
  const child = spawn(process.execPath, [main, 'up', '--tap', 'tap0', '--netns', ns.name, '--address', address, ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  let text = '';
  await new Promise<void>((resolve, reject) => {
    const look = (chunk: Buffer): void => {
      text += chunk.toString();
      if (text.includes('Ctrl-C ends it')) resolve();
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.once('close', (code) => reject(new Error(`ended with ${code}: ${text}`)));
  });
  return text;
}

test('without a machine', () => {
  expect(linnet('ps')).toEqual({ code: 0, out: '', err: '' });
  expect(linnet('exec', '--', 'true')).toEqual({ code: 1, out: '', err: 'linnet: no machine runs: `linnet up` starts one\n' });
  expect(linnet('exec', '--machine', 'box', '--', 'true').err).toBe('linnet: no machine box answers: none runs. `linnet up --name box` starts one\n');
  expect(linnet('exec', '--machine', './box.sock', '--', 'true')).toEqual({ code: 1, out: '', err: 'linnet: no machine answers at ./box.sock\n' });
  expect(linnet('exec', '--help').out).toContain('--netns <name>');
});

describe.skipIf(!have('root', 'cc', 'ip', 'ping'))('with machines', () => {
  test('programs run inside, and end as they end', async () => {
    expect(await up('10.9.0.2/24')).toContain('linnet exec -- ip addr');
    expect(linnet('ps').out).toBe(`linnet\t${folder}/linnet/linnet.sock\n`);
    expect(linnet('exec', '--', 'ip', '-br', 'addr', 'show', 'eth0').out).toMatch(/^eth0 +\S+ +10\.9\.0\.2\/24/);
    expect(linnet('exec', 'ping', '-c', '1', '10.9.0.2').out).toContain('1 received');
    expect(linnet('exec', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7')).toEqual({ code: 7, out: 'out\n', err: 'err\n' });
    expect(linnet('exec', '--', 'sh', '-c', 'kill -TERM $$')).toEqual({ code: 128 + 15, out: '', err: '' });
  });

  test('each by its name', async () => {
    await up('10.9.1.2/24', '--name', 'alpha');
    await up('10.9.2.2/24', '--name', 'beta');
    expect(linnet('ps').out.split('\n').map((line) => line.split('\t')[0])).toEqual(['alpha', 'beta', '']);
    for (const [name, address] of [['alpha', '10.9.1.2'], ['beta', '10.9.2.2']] as const) expect(linnet('exec', '--machine', name, '--', 'ip', '-br', 'addr').out).toContain(`${address}/24`);
    expect(linnet('exec', '--', 'true').err).toBe('linnet: several machines run: say --machine alpha or --machine beta\n');
    expect(linnet('exec', '--machine', 'gamma', '--', 'true').err).toContain('there are alpha, beta');
    // Said before anything else is.
    await expect(up('10.9.3.2/24', '--name', 'alpha')).rejects.toThrow(/^ended with 1: linnet: a machine answers at .*alpha\.sock already/);
    running.pop();
    expect(linnet('exec', '--machine', 'alpha', '--netns', 'nowhere', '--', 'ip', 'link')).toEqual({
      code: 1, out: '', err: 'linnet: the machine has no network namespace nowhere: `linnet exec -- ip netns add nowhere` makes one\n',
    });
    // One that ip netns of the real system has named is one of the machine, from the first time that it is asked for.
    const named = spaces[0]!.name;
    expect(linnet('exec', '--machine', 'alpha', '--netns', named, '--', 'ip', '-br', 'link').out).toMatch(/^lo +DOWN .*\n$/);
  });

  test('what cannot run inside is told so', async () => {
    await up('10.9.4.2/24');
    expect(linnet('exec', '--', 'no-such-program').err).toBe('linnet: no-such-program: there is no such program in PATH\n');
    const source = path.join(folder, 'static.c');
    writeFileSync(source, 'int main(void) { return 0; }\n');
    execFileSync('cc', ['-static', '-o', path.join(folder, 'static'), source]);
    expect(linnet('exec', '--', './static').err).toMatch(/static is a static program, which no library can be put in front of/);
    copyFileSync('/bin/true', path.join(folder, 'plain'));
    chmodSync(path.join(folder, 'plain'), 0o644);
    expect(linnet('exec', '--', './plain').err).toBe('linnet: ./plain cannot be executed\n');
  });
});
