import { createKernel, Cred, EACCES, EINVAL, EISDIR, ENOENT, ENOTDIR, EOPNOTSUPP, type Kernel, sysctlInt, VirtualClock } from '@linnet/kernel';
import { createNetns, netns } from '@linnet/netns';
import { CAP_NET_ADMIN } from '@linnet/uapi';
import { beforeEach, describe, expect, it } from 'vitest';
import { Task } from '../src/index.ts';

let k: Kernel;
let task: Task;
beforeEach(() => {
  k = createKernel({ modules: [netns], clock: new VirtualClock(), seed: 1 });
  task = new Task(k, { comm: 'a-name-that-is-too-long' });
});

describe('a task', () => {
  it('refuses an option that is none, and leaves nothing behind', () => {
    const pid = task.pid;
    expect(() => new Task(k, { net: createNetns(k, 'red') } as never)).toThrow(expect.objectContaining({ code: 'EINVAL', message: expect.stringContaining('net: unknown, there are maxFds, cred, comm, pid') }));
    expect(new Task(k).pid).toBe(pid + 1);
  });
});

describe('paths', () => {
  it('links are followed, but not the last one when told', () => {
    expect([task.readlink('/proc/self'), task.readlink('/proc/net'), task.readlink('/proc/thread-self'), task.readlink('/var/run')]).toEqual(['1', 'self/net', '1/task/1', '/run']);
    expect(task.readlink('/sys/class/net/lo')).toBe('../../devices/virtual/net/lo');
    expect(task.readFile('/proc/net/../net/dev')).toBe(task.readFile('/proc/net/dev'));
    expect(task.readFile('/sys/class/net/lo/subsystem/lo/mtu')).toBe('65536\n');
    expect([task.lstat('/proc/self').mode, task.stat('/proc/self').mode, task.stat('/proc/net/dev').mode].map((m) => m.toString(8))).toEqual(['120777', '40555', '100444']);
    expect(task.lstat('/proc/net/').mode.toString(8)).toBe('40555');
    expect(task.stat('/proc/self/net/dev').ino).toBe(task.stat('//proc/./net/dev').ino);
  });

  it('what leads nowhere', () => {
    const { sys } = task;
    expect([sys.readFile('/proc/none'), sys.readFile('/proc/net/dev/x'), sys.readFile('/proc/net/dev/'), sys.readFile('/proc/net'), sys.readFile(''), sys.readFile('proc/net/dev')]).toEqual([
      -ENOENT, -ENOTDIR, -ENOTDIR, -EISDIR, -ENOENT, -EINVAL,
    ]);
    expect([sys.readlink('/proc/net/dev'), sys.readdir('/proc/net/dev'), sys.stat('/nowhere'), sys.writeFile('/proc/net', ''), sys.readdir('/run/netns/red')]).toEqual([-EINVAL, -ENOTDIR, -ENOENT, -EISDIR, -ENOENT]);
    expect([sys.open('/proc/net/dev'), sys.open('/proc/1/ns/pid'), sys.readFile('/proc/self/ns/net')]).toEqual([-EOPNOTSUPP, -ENOENT, -EINVAL]);
  });

  it('files that are no text', () => {
    k.initNet.proc.create('net/bytes', () => new Uint8Array([0, 0x80, 0xff]));
    k.initNet.proc.create('net/text', () => '\u00e9');
    expect(task.sys.readFileBytes('/proc/net/bytes')).toEqual(new Uint8Array([0, 0x80, 0xff]));
    expect(task.sys.readFileBytes('/proc/net/text')).toEqual(new Uint8Array([0xc3, 0xa9]));
    expect(task.readFile('/proc/net/bytes')).toBe('\0\u0080\u00ff');
    expect([task.sys.readFileBytes('/proc/net'), task.sys.readFileBytes('/proc/none')]).toEqual([-EISDIR, -ENOENT]);
  });

  it('directories', () => {
    expect(task.readdir('/').map((e) => e.name)).toEqual(['proc', 'run', 'sys', 'var']);
    expect(task.readdir('/sys/class').map((e) => [e.name, e.type])).toEqual([['net', 4]]);
    expect(task.readdir('/sys/class/net').map((e) => [e.name, e.type])).toEqual([['lo', 10]]);
    expect(task.readdir('/sys/class/net/lo').map((e) => e.name)).toEqual(expect.arrayContaining(['mtu', 'queues', 'statistics', 'subsystem', 'uevent']));
    expect(task.readdir('/proc/self').map((e) => e.name)).toEqual(['cmdline', 'comm', 'fd', 'net', 'ns', 'stat', 'status', 'task']);
    expect(task.listFiles('/sys/class/net')).toContain('/sys/class/net/lo/statistics/rx_bytes');
    expect(task.listFiles('/nowhere')).toEqual([]);
  });
});

describe('tasks and namespaces', () => {
  it('/proc/PID is another task, in its own namespace', () => {
    const red = createNetns(k, 'red');
    const other = new Task(red, { comm: 'other', cred: new Cred(5) });
    red.proc.create('net/only-here', () => 'red\n');
    expect(task.readFile(`/proc/${other.pid}/net/only-here`)).toBe('red\n');
    expect(task.sys.readFile('/proc/net/only-here')).toBe(-ENOENT);
    expect([task.readFile('/proc/self/comm'), task.readFile(`/proc/${other.pid}/comm`)]).toEqual(['a-name-that-is-\n', 'other\n']);
    expect(task.readFile(`/proc/${other.pid}/status`)).toMatch(/Uid:\t5\t5\t5\t5\n[^]*CapEff:\t0000000000000000\n/);
    expect(task.readFile('/proc/self/status')).toContain('CapEff:\t000001ffffffffff\n');
    expect(task.stat(`/proc/${other.pid}/ns/net`).ino).toBe(task.stat('/run/netns/red').ino);
    expect(task.readlink(`/proc/${other.pid}/ns/net`)).toBe(`net:[${red.inum}]`);
    const fd = task.open('/run/netns/red');
    expect(task.readlink(`/proc/self/fd/${fd}`)).toBe(`net:[${red.inum}]`);
    expect(task.readlink(`/proc/self/fd/${task.epollCreate1()}`)).toBe('anon_inode:[eventpoll]');
    other.exit();
    expect(task.sys.readFile(`/proc/${other.pid}/comm`)).toBe(-ENOENT);
    task.exit();
  });

  it('settings of the machine are seen in the first namespace; some in all, only to read', () => {
    const inside = new Task(createNetns(k, 'red'));
    let v = 1;
    k.sysctl.register('net/core/machine', sysctlInt(() => v, (n) => void (v = n)));
    expect([task.readFile('/proc/sys/net/core/machine'), inside.sys.readFile('/proc/sys/net/core/machine')]).toEqual(['1\n', -ENOENT]);
    expect([inside.readFile('/proc/sys/net/core/rmem_max'), inside.sys.writeFile('/proc/sys/net/core/rmem_max', '5000')]).toEqual(['212992\n', -EACCES]);
    expect(inside.stat('/proc/sys/net/core/rmem_max').mode & 0o777).toBe(0o444);
    inside.writeFile('/proc/sys/net/core/somaxconn', '9\n');
    expect([inside.readFile('/proc/sys/net/core/somaxconn'), task.readFile('/proc/sys/net/core/somaxconn')]).toEqual(['9\n', '4096\n']);
    inside.exit();
  });

  it('permissions: the owner, who administers the network, and the rest', () => {
    k.initNet.sysctl.register('net/test/secret', { get: () => 'x', set: () => 0, mode: 0o600 });
    k.sysctl.register('vm/test', { get: () => 'x', set: () => 0 });
    const net = new Task(k, { cred: new Cred(5, 5, [], [CAP_NET_ADMIN]) });
    const nobody = new Task(k, { cred: new Cred(5) });
    const may = (t: Task, path: string): unknown[] => [t.sys.readFile(path), t.sys.writeFile(path, '1')];
    expect([may(task, '/proc/sys/net/test/secret'), may(net, '/proc/sys/net/test/secret'), may(nobody, '/proc/sys/net/test/secret')]).toEqual([['x\n', 0], ['x\n', 0], [-EACCES, -EACCES]]);
    expect([may(net, '/proc/sys/vm/test'), may(nobody, '/proc/sys/vm/test')]).toEqual([['x\n', -EACCES], ['x\n', -EACCES]]);
    expect(task.sys.writeFile('/proc/sys/net/test/secret', '')).toBe(0);
    for (const t of [net, nobody]) t.exit();
  });
});
