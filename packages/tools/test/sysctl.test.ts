import { createKernel, sysctlInt, VirtualClock, type Kernel } from '@linnet/kernel';
import { netns } from '@linnet/netns';
import { Task } from '@linnet/posix';
import { beforeEach, describe, expect, it } from 'vitest';
import { runTool, sysctl, TOOLS } from '../src/index.ts';

let k: Kernel;
let task: Task;
const values = new Map<string, number>();

beforeEach(() => {
  k = createKernel({ modules: [netns], clock: new VirtualClock(), seed: 1, hostname: 'finch' });
  values.clear();
  const int = (path: string, first: number): void => {
    values.set(path, first);
    k.initNet.sysctl.register(path, sysctlInt(() => values.get(path)!, (v) => void values.set(path, v), { min: 0, max: 100 }));
  };
  int('net/test/ttl', 64);
  int('net/test/conf/eth0.1/mode', 1);
  int('net/test/conf/eth0.1/retrans_time', 5);
  k.initNet.sysctl.register('net/test/fixed', { get: () => 'one\ttwo' });
  k.initNet.sysctl.register('net/test/flush', { get: () => '', set: () => 0, mode: 0o200 });
  k.initNet.sysctl.register('net/test/lines', { get: () => 'a\nb' });
  task = new Task(k);
});

function run(...args: string[]): { code: number; out: string; err: string } {
  let out = '';
  let err = '';
  const io = { out: (t: string) => void (out += t), err: (t: string) => void (err += t), input: () => 'net.test.ttl=9\n', readFile: (path: string) => (path === '/etc/x.conf' ? '# c\n ; d\nnet.test.ttl = 7\nfoo\n-net.none=3\nnet.bad=4\n' : null) };
  const code = sysctl(task, args, io) as number;
  return { code, out, err };
}

describe('sysctl', () => {
  it('reads by either spelling, and only names or values', () => {
    expect(run('net.test.ttl')).toEqual({ code: 0, out: 'net.test.ttl = 64\n', err: '' });
    expect(run('net/test/ttl', 'kernel.hostname').out).toBe('net.test.ttl = 64\nkernel.hostname = finch\n');
    expect([run('-n', 'net.test.ttl').out, run('-N', 'net.test.ttl').out, run('-b', 'net.test.ttl').out, run('net.test.ttl', '--values').out]).toEqual(['64\n', 'net.test.ttl\n', '64', '64\n']);
    expect(run('net.test.conf.eth0/1.mode').out).toBe('net.test.conf.eth0/1.mode = 1\n');
    expect(run('net/test/conf/eth0.1/mode').out).toBe('net.test.conf.eth0/1.mode = 1\n');
    expect(run('net.test.lines').out).toBe('net.test.lines = a\nnet.test.lines = b\n');
    expect(run('net.test.none')).toEqual({ code: 1, out: '', err: 'sysctl: cannot stat /proc/sys/net/test/none: No such file or directory\n' });
    expect(run('-e', 'net.test.none')).toEqual({ code: 0, out: '', err: '' });
  });

  it('lists folders, by pattern, without what may not be read or is deprecated', () => {
    const list = run('net.test');
    expect(list.out).toBe('net.test.conf.eth0/1.mode = 1\nnet.test.fixed = one\ttwo\nnet.test.lines = a\nnet.test.lines = b\nnet.test.ttl = 64\n');
    expect(run('--deprecated', '-N', 'net.test.conf').out).toBe('net.test.conf.eth0/1.mode\nnet.test.conf.eth0/1.retrans_time\n');
    expect(run('-a', '-r', 'tt').out).toBe('net.test.ttl = 64\n');
    expect(run('-aN', '--pattern=^kernel.host').out).toBe('kernel.hostname\n');
    expect(run('-ar', '[').code).toBe(1);
  });

  it('writes, and says what it wrote', () => {
    expect(run('net.test.ttl=3')).toEqual({ code: 0, out: 'net.test.ttl = 3\n', err: '' });
    expect(run('-w', 'net.test.ttl = 4').out).toBe('net.test.ttl = 4\n');
    expect(run('-q', 'net/test/ttl=5')).toEqual({ code: 0, out: '', err: '' });
    expect(run('--dry-run', 'net.test.ttl=6').out).toBe('net.test.ttl = 6\n');
    expect(values.get('net/test/ttl')).toBe(5);
    expect(run('net.test.ttl=x')).toEqual({ code: 1, out: '', err: 'sysctl: setting key "net.test.ttl": Invalid argument\n' });
    expect(run('net.test.fixed=1')).toEqual({ code: 0, out: '', err: 'sysctl: setting key "net.test.fixed": Invalid argument\n' });
    expect(run('-w', 'net.test.ttl')).toEqual({ code: 1, out: '', err: 'sysctl: command line(0): invalid syntax, continuing...\n' });
    expect([run('-e', 'net.none=1').code, run('net.none=1').code, run('=1').code]).toEqual([0, 1, 1]);
    expect(run('net.test.flush=1').out).toBe('net.test.flush = 1\n');
  });

  it('reads files', () => {
    expect(run('-p', '/etc/x.conf')).toEqual({
      code: 1, out: 'net.test.ttl = 7\n', err: 'sysctl: /etc/x.conf(4): invalid syntax, continuing...\nsysctl: cannot stat /proc/sys/net/none: No such file or directory\nsysctl: cannot stat /proc/sys/net/bad: No such file or directory\n',
    });
    expect(run('--load=/etc/x.conf', '-e', '-q').code).toBe(0);
    expect(run('-p', '-').out).toBe('net.test.ttl = 9\n');
    expect(run('-p', '/none')).toEqual({ code: 1, out: '', err: 'sysctl: cannot open "/none": No such file or directory\n' });
    expect(run('--system').code).toBe(0);
  });

  it('is somebody: who may not write is told so', () => {
    task.setuid(1000);
    expect(run('net.test.ttl=1')).toEqual({ code: 1, out: '', err: 'sysctl: permission denied on key "net.test.ttl"\n' });
    expect(run('net.test.ttl').code).toBe(0);
  });

  it('explains itself', () => {
    expect([run().code, run('--help').code, run('-w').code, run('-V').out]).toEqual([1, 0, 1, 'sysctl from linnet\n']);
    expect(run('-z').err).toBe("sysctl: invalid option -- 'z'\n");
    expect(run('--bogus').err).toBe("sysctl: unrecognized option '--bogus'\n");
    expect(run('--pattern').err).toBe("sysctl: option '--pattern' requires an argument\n");
    expect(run('--de').code).toBe(1);
    expect(run('--val', 'net.test.ttl').out).toBe('64\n');
    expect(run('--d').err).toContain('ambiguous');
  });
});

it('programs by name', async () => {
  let err = '';
  const io = { out: (): void => undefined, err: (t: string): void => void (err += t) };
  expect(Object.keys(TOOLS)).toContain('sysctl');
  expect(await runTool(task, ['sysctl', 'net.test.ttl'], io)).toBe(0);
  expect(await runTool(task, ['none'], io)).toBe(127);
  expect(err).toBe('none: command not found\n');
});
