import { describe, expect, it } from 'vitest';
import {
  createKernel,
  EACCES,
  EINVAL,
  ENOENT,
  sysctlBool,
  sysctlInt,
  sysctlIntVec,
  sysctlMsJiffies,
  sysctlSecondsJiffies,
  sysctlString,
  SysctlTree,
  VirtualClock,
} from '../src/index.ts';

function int(tree: SysctlTree, path: string, value: number, range?: { min?: number; max?: number }) {
  const box = { value };
  tree.register(
    path,
    sysctlInt(
      () => box.value,
      (v) => (box.value = v),
      range,
    ),
  );
  return box;
}

describe('paths', () => {
  it('take slashes or dots, and dots in names', () => {
    const tree = new SysctlTree();
    int(tree, 'net/ipv4/ip_forward', 1);
    int(tree, 'net/ipv4/conf/eth0.100/forwarding', 2);
    for (const p of ['net/ipv4/ip_forward', 'net.ipv4.ip_forward', '/net/ipv4/ip_forward', '/proc/sys/net/ipv4/ip_forward']) expect(tree.read(p)).toBe('1');
    expect(tree.read('net/ipv4/conf/eth0.100/forwarding')).toBe('2');
    expect(tree.read('net.ipv4.conf.eth0/100.forwarding')).toBe('2');
    expect(tree.read('net.ipv4.conf.eth0.100.forwarding')).toBe(null);
  });

  it('are listed below a directory, sorted', () => {
    const tree = new SysctlTree();
    for (const p of ['net/ipv4/b', 'net/ipv4/a', 'net/ipv4x', 'net/core/c']) int(tree, p, 0);
    expect(tree.list()).toEqual(['net/core/c', 'net/ipv4/a', 'net/ipv4/b', 'net/ipv4x']);
    expect(tree.list('net.ipv4')).toEqual(['net/ipv4/a', 'net/ipv4/b']);
    expect(tree.list('net/ipv4/a')).toEqual(['net/ipv4/a']);
    tree.unregister('net/ipv4');
    expect(tree.list()).toEqual(['net/core/c', 'net/ipv4x']);
    tree.unregister('nothing');
  });

  it('not found fail with ENOENT', () => {
    const tree = new SysctlTree();
    expect(tree.read('a/b')).toBe(null);
    expect(tree.write('a/b', '1')).toBe(-ENOENT);
    expect(tree.writable('a/b')).toBe(null);
  });

  it('of a namespace fall back to the kernel’s', () => {
    const k = createKernel({ modules: [], clock: new VirtualClock() });
    const host = int(k.sysctl, 'kernel/x', 1);
    const a = k.initNet.sysctl;
    const b = k.createNet().sysctl;
    const own = int(a, 'net/y', 5);
    expect([a.read('kernel.x'), b.read('kernel.x'), a.read('net.y'), b.read('net.y')]).toEqual(['1', '1', '5', null]);
    expect(a.write('kernel/x', '3')).toBe(0);
    expect(a.write('net/y', '6')).toBe(0);
    expect([host.value, own.value]).toEqual([3, 6]);
    expect(a.list()).toEqual(['kernel/x', 'net/y']);
    expect(k.sysctl.list()).toEqual(['kernel/x']);
    expect(b.writable('kernel/x')).toBe(true);
  });
});

describe('integers', () => {
  it('are read as Linux reads them', () => {
    const tree = new SysctlTree();
    const box = int(tree, 'x', 0);
    for (const [text, value] of [
      ['7', 7],
      [' 8\n', 8],
      ['-9', -9],
      ['0x10', 16],
      ['010', 8],
      ['0', 0],
      ['11\0', 11],
      ['12 34', 12],
      ['-2147483648', -(2 ** 31)],
    ] as const) {
      expect([text, tree.write('x', text)]).toEqual([text, 0]);
      expect(box.value).toBe(value);
    }
  });

  it('refuse nonsense and keep their value', () => {
    const tree = new SysctlTree();
    const box = int(tree, 'x', 5);
    for (const text of ['', ' ', 'a', '1a', '1.5', '--1', '0x', '08', '2147483648', '-2147483649', '99999999999999999999', '1e3', 'NaN']) {
      expect([text, tree.write('x', text)]).toEqual([text, -EINVAL]);
    }
    expect(box.value).toBe(5);
  });

  it('have bounds', () => {
    const tree = new SysctlTree();
    const box = int(tree, 'x', 5, { min: 1, max: 10 });
    expect(tree.write('x', '0')).toBe(-EINVAL);
    expect(tree.write('x', '11')).toBe(-EINVAL);
    expect(tree.write('x', '10')).toBe(0);
    expect(box.value).toBe(10);
  });

  it('may be read-only', () => {
    const tree = new SysctlTree();
    tree.register('x', sysctlInt(() => 3, null));
    tree.register('v', sysctlIntVec(() => [1, 2], null));
    expect(tree.read('x')).toBe('3');
    expect(tree.write('x', '4')).toBe(-EACCES);
    expect(tree.writable('x')).toBe(false);
    expect(tree.write('v', '4')).toBe(-EACCES);
  });

  it('come in rows; writing fewer leaves the rest', () => {
    const tree = new SysctlTree();
    let row = [4096, 131072, 6291456];
    tree.register(
      'tcp_rmem',
      sysctlIntVec(
        () => row,
        (v) => (row = v),
        { min: 1 },
      ),
    );
    expect(tree.read('tcp_rmem')).toBe('4096\t131072\t6291456');
    expect(tree.write('tcp_rmem', '1 2\t3\n')).toBe(0);
    expect(row).toEqual([1, 2, 3]);
    expect(tree.write('tcp_rmem', '7')).toBe(0);
    expect(row).toEqual([7, 2, 3]);
    expect(tree.write('tcp_rmem', '1 0 3')).toBe(-EINVAL);
    expect(tree.write('tcp_rmem', '1 x 3')).toBe(-EINVAL);
    expect(tree.write('tcp_rmem', '4 5 6 x')).toBe(0);
    expect(row).toEqual([4, 5, 6]);
  });
});

describe('other kinds', () => {
  it('flags', () => {
    let on = false;
    const e = sysctlBool(
      () => on,
      (v) => (on = v),
    );
    expect(e.get()).toBe('0');
    expect(e.set!('1')).toBe(0);
    expect(on).toBe(true);
    expect(e.set!('2')).toBe(-EINVAL);
    expect(sysctlBool(() => true, null).set).toBe(undefined);
  });

  it('times in seconds and milliseconds, kept in jiffies', () => {
    let j = 60_000;
    const s = sysctlSecondsJiffies(
      () => j,
      (v) => (j = v),
    );
    expect(s.get()).toBe('60');
    expect(s.set!('7200')).toBe(0);
    expect(j).toBe(7_200_000);
    expect(s.set!('-1')).toBe(-EINVAL);
    const m = sysctlMsJiffies(
      () => j,
      (v) => (j = v),
      { min: 10 },
    );
    expect(m.set!('200')).toBe(0);
    expect([j, m.get()]).toEqual([200, '200']);
    expect(m.set!('9')).toBe(-EINVAL);
    expect([sysctlMsJiffies(() => 1, null).set, sysctlSecondsJiffies(() => 1000, null).get()]).toEqual([undefined, '1']);
  });

  it('strings', () => {
    let name = 'cubic';
    const e = sysctlString(
      () => name,
      (v) => {
        if (v === 'bad') return -ENOENT;
        name = v;
        return 0;
      },
      8,
    );
    expect(e.get()).toBe('cubic');
    expect(e.set!('reno\nrest')).toBe(0);
    expect(name).toBe('reno');
    expect(e.set!('0123456789')).toBe(0);
    expect(name).toBe('01234567');
    expect(e.set!('bad')).toBe(-ENOENT);
    const silent = sysctlString(
      () => name,
      (v) => {
        name = v;
      },
    );
    expect(silent.set!('x')).toBe(0);
    expect(name).toBe('x');
    expect(sysctlString(() => 'y', null).set).toBe(undefined);
  });
});
