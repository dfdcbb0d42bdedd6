import { describe, expect, it } from 'vitest';
import { createKernel, EACCES, EINVAL, ENOENT, formatSnmp, ProcTree, VirtualClock } from '../src/index.ts';

describe('ProcTree', () => {
  it('makes files when they are read', () => {
    const tree = new ProcTree();
    let n = 0;
    tree.create('net/count', () => `${++n}\n`);
    tree.create('net/bytes', () => new Uint8Array([72, 105, 0xe9]));
    expect([tree.read('net/count'), tree.read('/proc/net/count'), tree.read('/net/count')]).toEqual(['1\n', '2\n', '3\n']);
    expect(tree.read('net/bytes')).toBe('Hi\u00e9');
    expect(tree.read('net')).toBe(null);
  });

  it('writes where that is possible', () => {
    const tree = new ProcTree();
    const got: string[] = [];
    tree.create('w', null, (data) => (data === '' ? -EINVAL : (got.push(data), 0)));
    tree.create('r', () => 'x');
    expect([tree.write('w', 'abc'), tree.write('w', ''), tree.write('r', 'abc'), tree.write('none', 'abc')]).toEqual([0, -EINVAL, -EACCES, -ENOENT]);
    expect(got).toEqual(['abc']);
    expect(tree.read('w')).toBe(null);
    expect([tree.writable('w'), tree.writable('r'), tree.writable('none')]).toEqual([true, false, null]);
  });

  it('lists and removes', () => {
    const k = createKernel({ modules: [], clock: new VirtualClock() });
    k.proc.create('uptime', () => '1\n');
    const tree = k.initNet.proc;
    for (const p of ['net/udp', 'net/tcp', 'net/stat/arp_cache']) tree.create(p, () => p);
    expect(tree.read('uptime')).toBe('1\n');
    expect(tree.list()).toEqual(['net/stat/arp_cache', 'net/tcp', 'net/udp', 'uptime']);
    expect(tree.list('net/stat')).toEqual(['net/stat/arp_cache']);
    expect(k.proc.list()).toEqual(['uptime']);
    tree.remove('net/stat');
    tree.remove('net/tcp');
    tree.remove('net/tcp');
    expect(tree.list()).toEqual(['net/udp', 'uptime']);
  });
});

describe('formatSnmp', () => {
  it('prints names and values on two lines', () => {
    class Mib {
      InMsgs = 12;
      InErrors = 0;
      OutBig = 2 ** 40;
      note = 'left out';
    }
    expect(formatSnmp('Icmp', new Mib())).toBe('Icmp: InMsgs InErrors OutBig\nIcmp: 12 0 1099511627776\n');
  });
});
