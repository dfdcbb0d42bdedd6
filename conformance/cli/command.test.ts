// The command as a person uses it: built, started as a program, stopped with Ctrl-C.
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readPcapng } from '@linnet/host';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestNetns } from '../host/netns.ts';
import { judge } from '../lib/tshark.ts';
import { have } from '../needs.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = path.join(root, 'packages/linnet/dist/cli/main.js');
const folder = mkdtempSync(path.join(tmpdir(), 'linnet-cli-'));

beforeAll(() => {
  execFileSync(path.join(root, 'node_modules/.bin/tsc'), ['-b', path.join(root, 'packages/linnet/tsconfig.cli.json')]);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs it to its end. */
function linnet(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd: folder, timeout: 60_000 });
  return { code: status, out: stdout, err: stderr };
}

const running: ChildProcess[] = [];
let ns: TestNetns | null = null;
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  ns?.delete();
  ns = null;
});

interface Ended {
  readonly code: number | null;
  readonly text: string;
}

/** Starts it and waits for a line. */
async function start(line: RegExp, ...args: string[]): Promise<{ stop(): Promise<Ended>; ended(): Promise<Ended> }> {
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  let text = '';
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  await new Promise<void>((resolve, reject) => {
    const look = (chunk: Buffer): void => {
      text += chunk.toString();
      if (line.test(text)) resolve();
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    void closed.then((code) => reject(new Error(`ended with ${code}: ${text}`)));
  });
  const ended = async (): Promise<Ended> => ({ code: await closed, text });
  return {
    stop(): Promise<Ended> {
      child.kill('SIGINT');
      return ended();
    },
    ended,
  };
}

describe('without a network', () => {
  it('helps, and says what is wrong with an option', () => {
    for (const args of [['--help'], ['demo', '--help'], ['up', '--help'], ['capture', '--help']]) expect(linnet(...args)).toMatchObject({ code: 0, err: '' });
    expect(linnet('up', '--help').out).toContain('--serve <port=folder>');
    expect(linnet('up', '--tap', 'tap0').err).toContain("required option '--address <cidr>'");
    expect(linnet('up', '--tap', 'tap0', '--address', '10.9.0.2').err).toContain('such as 10.9.0.2/24');
    expect(linnet('up', '--tap', 'tap0', '--address', '10.9.0.2/24', '--serve', '80=./nowhere').err).toContain('./nowhere is no folder');
    expect(linnet('dmeo').err).toContain('Did you mean demo?');
    expect(linnet('demo', '--size', '0').code).toBe(1);
  });

  it('ends quietly when nobody reads its output', () => {
    const { stderr } = spawnSync('sh', ['-c', `"${process.execPath}" "${main}" demo --size 1 --no-pcap | head -n 1`], { encoding: 'utf8', cwd: folder, timeout: 60_000 });
    expect(stderr).toBe('');
  });

  it('runs the demo and exits with 0', () => {
    const { code, out, err } = linnet('demo', '--size', '2', '--pcap', 'small.pcapng');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('10 of 10 answered');
    expect(out).toContain('sha256 equal');
    expect(readPcapng(readFileSync(path.join(folder, 'small.pcapng'))).packets.length).toBeGreaterThan(2000);
  });
});

describe.skipIf(!have('root', 'ip', 'ping', 'curl', 'iperf3', 'tshark', 'python3'))('on a TAP', () => {
  it('is pinged, browsed, echoed and measured until Ctrl-C', async () => {
    ns = new TestNetns();
    const page = randomBytes(3_000_000);
    writeFileSync(path.join(folder, 'page.bin'), page);
    const machine = await start(
      /Ctrl-C ends it/, 'up', '--netns', ns.name, '--tap', 'tap0', '--address', '10.9.0.2/24', '--serve', '80=.', '--echo', '7', '--iperf', '5201', '--pcap', 'up.pcapng',
    );
    ns.sh('ip link set tap0 up && ip addr add 10.9.0.1/24 dev tap0');
    expect((await ns.run('ping', '-c', '5', '-i', '0.05', '10.9.0.2')).stdout).toContain('5 received');
    const got = path.join(folder, 'got.bin');
    expect((await ns.run('curl', '-s', '-o', got, '-w', '%{http_code}', 'http://10.9.0.2/page.bin')).stdout).toBe('200');
    expect(createHash('sha256').update(readFileSync(got)).digest('hex')).toBe(createHash('sha256').update(page).digest('hex'));
    expect((await ns.run('curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', 'http://10.9.0.2/none')).stdout).toBe('404');
    for (const kind of ['SOCK_STREAM', 'SOCK_DGRAM']) {
      const script = `import socket as s; c=s.socket(s.AF_INET,s.${kind}); c.settimeout(5); c.connect(("10.9.0.2",7)); c.send(b"hello"); print(c.recv(9).decode())`;
      expect((await ns.run('python3', '-c', script)).stdout.trim()).toBe('hello');
    }
    for (const args of [[], ['-R']]) {
      const { code, stdout, stderr } = await ns.run('iperf3', '-c', '10.9.0.2', '-n', '20M', '-J', ...args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect((JSON.parse(stdout) as { end: { sum_received: { bits_per_second: number } } }).end.sum_received.bits_per_second).toBeGreaterThan(1e7);
    }
    const { code, text } = await machine.stop();
    expect(code).toBe(0);
    expect(text).toMatch(/iperf3: 1 stream, .* received/);
    expect(text).toMatch(/iperf3: 1 stream, .* sent/);
    expect(text).toContain('down. Dropped packets by reason');
    const verdict = await judge(path.join(folder, 'up.pcapng'), { linnet: '10.9.0.2' });
    expect(verdict.sent).toBeGreaterThan(100);
  });

  it('captures what the kernel sends', async () => {
    ns = new TestNetns();
    const capture = await start(/listening on tap0/, 'capture', '--netns', ns.name, '--tap', 'tap0', '-w', 'cap.pcapng');
    ns.sh('ip link set tap0 up && ip addr add 10.9.0.1/24 dev tap0');
    await ns.run('ping', '-c', '1', '-W', '1', '10.9.0.2');
    const { code, text } = await capture.stop();
    expect(code).toBe(0);
    expect(text).toMatch(/[1-9]\d* packets, .* in cap\.pcapng/);
    const { packets } = readPcapng(readFileSync(path.join(folder, 'cap.pcapng')));
    // Who has 10.9.0.2? Nobody answers.
    expect(packets.some((p) => p.data[12] === 8 && p.data[13] === 6 && p.data[41] === 2)).toBe(true);
  });

  it('says what to do when the TAP is in use or the name too long', async () => {
    ns = new TestNetns();
    const first = await start(/Ctrl-C/, 'up', '--netns', ns.name, '--tap', 'tap0', '--address', '10.9.0.2/24');
    const second = linnet('up', '--netns', ns.name, '--tap', 'tap0', '--address', '10.9.0.3/24');
    expect(second.code).toBe(1);
    expect(second.err).toMatch(/^linnet: .*tap0.*(in use|another)/s);
    expect(linnet('up', '--tap', 'a-name-that-is-too-long', '--address', '10.9.0.3/24').err).toMatch(/15/);
    expect(linnet('up', '--netns', 'no-such-netns', '--tap', 'tap0', '--address', '10.9.0.3/24').err).toMatch(/no-such-netns/);
    expect((await first.stop()).code).toBe(0);
  });

  it('ends with a message when the TAP is taken away, and closes its connections when it is stopped', async () => {
    ns = new TestNetns();
    const machine = await start(/Ctrl-C/, 'up', '--netns', ns.name, '--tap', 'tap0', '--address', '10.9.0.2/24', '--echo', '7');
    ns.sh('ip link set tap0 up && ip addr add 10.9.0.1/24 dev tap0');
    const echoed = path.join(folder, 'echoed');
    const script = `import socket as s; c=s.create_connection(("10.9.0.2",7),5); c.send(b"hi"); print(c.recv(9).decode()); open("${echoed}","w"); c.settimeout(9); print(len(c.recv(9)))`;
    const client = ns.run('python3', '-c', script);
    await expect.poll(() => existsSync(echoed), { timeout: 10_000 }).toBe(true);
    expect((await machine.stop()).code).toBe(0);
    expect((await client).stdout).toBe('hi\n0\n');
    const other = await start(/Ctrl-C/, 'up', '--netns', ns.name, '--tap', 'tap1', '--address', '10.9.0.2/24');
    ns.sh('ip link del tap1');
    expect(await other.ended()).toMatchObject({ code: 1, text: expect.stringMatching(/linnet: .*tap1/) as string });
  });
});
