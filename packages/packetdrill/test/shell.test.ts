import { expect, test } from 'vitest';
import { Shell, type ShellHost } from '../src/shell.ts';

class Host implements ShellHost {
  readonly ran: string[][] = [];
  readonly files: Map<string, string> = new Map([['/a', 'one\ntwo\n']]);
  tool(argv: readonly string[], out: (t: string) => void): number | null {
    if (argv[0] !== 'ip' && argv[0] !== 'fail') return null;
    this.ran.push([...argv]);
    out(`${argv.join(' ')}\n`);
    return argv[0] === 'fail' ? 3 : 0;
  }
  readFile(path: string): string | null {
    return this.files.get(path) ?? null;
  }
  writeFile(path: string, text: string): number {
    if (path.startsWith('/no')) return -2;
    this.files.set(path, text);
    return 0;
  }
  features(): number {
    return 0;
  }
  qdisc(): number {
    return 0;
  }
  script(path: string): string | null {
    return path === './x.sh' ? 'ip one\nip two' : null;
  }
  makeFile(): void {}
  flushMetrics(): void {
    this.ran.push(['flush']);
  }
}

async function sh(text: string): Promise<{ status: number; out: string; host: Host }> {
  const host = new Host();
  const { status, out } = await new Shell(host).run(text);
  return { status, out, host };
}

test('words, quotes, sums, lines', async () => {
  const { host } = await sh(`ip "a b" 'c $d' e\\ f x=$((3*(2+4))) # not this
   ip two \\
   three; ip four`);
  expect(host.ran).toEqual([['ip', 'a b', 'c $d', 'e f', 'x=18'], ['ip', 'two', 'three'], ['ip', 'four']]);
});

test('files: redirected, written, searched', async () => {
  const r = await sh('echo 5 > /proc/x; cat /a | grep tw; cat /a > /dev/null');
  expect(r.host.files.get('/proc/x')).toBe('5\n');
  expect(r.out).toBe('two\n');
  expect((await sh('grep nothing /a')).status).toBe(1);
});

test('and, or, the last status', async () => {
  expect((await sh('fail && ip x || ip y')).host.ran).toEqual([['fail'], ['ip', 'y']]);
  expect((await sh('fail')).status).toBe(3);
  expect((await sh('nosuch')).status).toBe(127);
});

test('scripts beside, settings, metrics', async () => {
  expect((await sh('./x.sh')).host.ran).toEqual([['ip', 'one'], ['ip', 'two']]);
  expect((await sh('../common/set_sysctls.py /p/a=1 /no/b=2')).host.files.get('/p/a')).toBe('1\n');
  expect((await sh('ip tcp_metrics flush all > /dev/null 2>&1')).host.ran).toEqual([['flush']]);
});
