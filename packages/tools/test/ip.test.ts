import { createKernel, VirtualClock } from '@linnet/kernel';
import { netns } from '@linnet/netns';
import { Task } from '@linnet/posix';
import { describe, expect, it } from 'vitest';
import { Printer } from '../src/printer.ts';
import { runTool } from '../src/index.ts';
import { ssBytecode } from '../src/ss-bytecode.ts';
import { ssExpression, ssFitsLocal, stateBits } from '../src/ss-filter.ts';
import { type SsRow, ssTable } from '../src/ss-table.ts';
import { getPrefix, number } from '../src/words.ts';

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const kernel = createKernel({ modules: [netns], clock: new VirtualClock(), seed: 1 });
  const r = { code: -1, out: '', err: '' };
  r.code = await runTool(new Task(kernel), argv, { out: (s) => void (r.out += s), err: (s) => void (r.err += s) });
  kernel.shutdown();
  return r;
}

describe('ip', () => {
  it('shows the loopback device', async () => {
    const r = await run('ip', '-br', 'link');
    expect(r).toEqual({ code: 0, out: 'lo               DOWN           00:00:00:00:00:00 <LOOPBACK> \n', err: '' });
    expect(JSON.parse((await run('ip', '-j', 'l', 'sh', 'lo')).out)).toMatchObject([{ ifname: 'lo', link_type: 'loopback', flags: ['LOOPBACK'] }]);
  });
  it('tells mistakes as iproute2 does', async () => {
    expect(await run('ip', 'nosuch')).toEqual({ code: 1, out: '', err: 'Object "nosuch" is unknown, try "ip help".\n' });
    expect(await run('ip', 'link', 'show', 'nothing')).toEqual({ code: 1, out: '', err: 'Device "nothing" does not exist.\n' });
    expect((await run('ip', 'link', 'set', 'lo', 'mtu', 'x')).err).toBe('Error: argument "x" is wrong: Invalid "mtu" value\n\n');
    expect((await run('ip', 'link', 'set', 'lo', 'mtu')).code).toBe(255);
  });
  it.each(['link', 'address', 'addr', 'addrlabel', 'maddress', 'rule', 'neigh', 'neighbor', 'ntable', 'monitor', 'token', 'netconf', 'route', 'netns', 'nexthop'])('helps with %s', async (object) => {
    const r = await run('ip', object, 'help');
    expect([r.code, r.out]).toEqual([255, '']);
    expect(r.err).toMatch(new RegExp(`^Usage:\\s+ip ${object.slice(0, 4)}`));
    expect(r.err).toMatch(/\n$/);
    expect(r.err).not.toContain('unknown');
  });
  it('changes a link', async () => {
    const kernel = createKernel({ modules: [netns], clock: new VirtualClock(), seed: 1 });
    let out = '';
    const io = { out: (s: string) => void (out += s), err: (s: string) => void (out += s) };
    const task = new Task(kernel);
    expect(await runTool(task, ['ip', '-batch', '-'], { ...io, input: () => '# up\nlink set lo up\nlink set lo mtu 1400\n' })).toBe(0);
    await runTool(task, ['ip', '-o', 'link', 'show', 'dev', 'lo'], io);
    expect(out).toContain('1: lo: <LOOPBACK,UP,LOWER_UP> mtu 1400 ');
    kernel.shutdown();
  });
});

describe('ip netns', () => {
  it('makes, enters, identifies and deletes namespaces', async () => {
    const kernel = createKernel({ modules: [netns], clock: new VirtualClock(), seed: 1 });
    const task = new Task(kernel);
    let out = '';
    const io = { out: (s: string) => void (out += s), err: (s: string) => void (out += s) };
    const ip = async (...args: string[]): Promise<string> => {
      out = '';
      const code = await runTool(task, ['ip', ...args], io);
      return `${code} ${out}`;
    };
    expect(await ip('netns', 'add', 'red')).toBe('0 ');
    expect(await ip('netns', 'add', 'red')).toBe('1 Cannot create namespace file "/run/netns/red": File exists\n');
    expect(await ip('netns', 'add', 'a/b')).toBe('255 Invalid netns name "a/b"\n');
    // The task is where it was.
    expect(await ip('netns', 'identify')).toBe('0 \n');
    expect(await ip('-n', 'red', 'link', 'set', 'lo', 'up')).toBe('0 ');
    expect(await ip('netns', 'exec', 'red', 'ip', '-br', 'link')).toBe('0 lo               UNKNOWN        00:00:00:00:00:00 <LOOPBACK,UP,LOWER_UP> \n');
    expect(await ip('netns', 'exec', 'red', 'ip', 'netns', 'identify')).toBe('0 red\n');
    expect(await ip('-br', 'link')).toContain('DOWN');
    expect(await ip('netns', 'exec', 'red', 'nothing')).toBe('1 exec of "nothing" failed: No such file or directory\n');
    expect(await ip('netns', 'exec', 'blue', 'ip')).toBe('255 Cannot open network namespace "blue": No such file or directory\n');
    expect(await ip('netns', 'attach', 'home', `${task.pid}`)).toBe('0 ');
    expect(await ip('netns', 'pids', 'home')).toBe(`0 ${task.pid}\n`);
    expect(await ip('netns', 'identify', `${task.pid}`)).toBe('0 home\n');
    expect(await ip('netns', 'set', 'red', '4')).toBe('0 ');
    expect(await ip('netns')).toBe('0 home\nred (id: 4)\n');
    expect(await ip('netns', 'list-id')).toBe('0 nsid 4 (iproute2 netns name: red)\n');
    expect(await ip('-all', 'netns', 'exec', 'ip', '-br', 'link')).toMatch(/^0 \nnetns: home\nlo +DOWN .*\n\nnetns: red\nlo +UNKNOWN .*\n$/);
    expect(await ip('netns', 'del', 'red')).toBe('0 ');
    expect(await ip('netns', 'del', 'red')).toBe('1 Cannot remove namespace file "/run/netns/red": No such file or directory\n');
    expect(await ip('-all', 'netns', 'del')).toBe('0 ');
    expect(await ip('netns')).toBe('0 ');
    task.exit();
    kernel.shutdown();
  });
});

describe('parts', () => {
  it('writes JSON as iproute2 does', () => {
    const p = new Printer(true, true, false);
    p.open('[');
    p.open('{');
    p.j('a', 1);
    p.open('[', 'b');
    p.j(null, 'x');
    p.j(null, 'y');
    p.close(']');
    p.close('}');
    p.close(']');
    expect(p.take()).toBe('[ {\n        "a": 1,\n        "b": [ "x","y" ]\n    } ]');
  });
  it('reads numbers and prefixes', () => {
    expect([number('0x10'), number('010'), number('10'), number('x'), number('300', 255)]).toEqual([16, 8, 10, null, null]);
    expect(getPrefix('10.8/13', 0)).toMatchObject({ family: 2, bits: 13 });
    expect(getPrefix('10.0.0.0/255.255.255.0', 0).bits).toBe(24);
    expect(() => getPrefix('10.0.0.0/33', 0)).toThrow('any valid prefix is expected rather than "10.0.0.0/33"');
  });
  it('writes expressions as ss does', () => {
    const code = (text: string): string => Buffer.from(ssBytecode(ssExpression(text.split(' '), new Map([['http', 80]]), () => 3)!)).toString('hex').replace(/.{8}(?=.)/g, '$& ');
    // What strace(1) shows of iproute2 6.1.
    const recorded: Readonly<Record<string, string>> = {
      'sport = :5000': '07101400 00000000 88130000 00000000',
      'dport != :http': '08101400 00000000 50000000 00000000 01040800',
      'sport > :5000': '03080c00 00008813 01040800',
      'sport < :5000': '02080c00 00008813 01040800',
      'sport ge :5000': '02080c00 00008813',
      'dst 10.0.0.0/8': '08101400 02080000 ffffffff 0a000000',
      'dst inet:10.0.0.1': '08101400 02200000 ffffffff 0a000001',
      '10.0.0.1:80': '08101400 02200000 50000000 0a000001',
      'src [::1]:5': '071c2000 0a800000 05000000 00000000 00000000 00000000 00000001',
      'src *': '07101400 00000000 ffffffff 00000000',
      'not sport = :1': '07101400 00000000 01000000 00000000 01040800',
      'sport = :1 or dport = :2': '07101400 00000000 01000000 00000000 01041400 08101400 00000000 02000000 00000000',
      'sport = :1 dport = :2': '07102400 00000000 01000000 00000000 08101400 00000000 02000000 00000000',
      'sport = :1 or ( dport = :2 and not src 127.0.0.1 )':
        '07101400 00000000 01000000 00000000 01042800 08102800 00000000 02000000 00000000 07101400 02200000 ffffffff 7f000001 01040800',
      'fwmark = 1/3': '0a0c1000 01000000 03000000',
      'fwmark != 5': '0a0c1000 05000000 ffffffff 01040800',
      autobound: '06040800',
    };
    expect(Object.fromEntries(Object.keys(recorded).map((e) => [e, code(e)]))).toEqual(recorded);
    expect(code('dev = lo')).toBe('09080c00 03000000');
    expect(() => code('( sport = :80')).toThrow('syntax error');
    expect(ssExpression([], new Map(), () => 0)).toBe(null);
    expect(stateBits('listening')).toBe(1 << 10);
  });
  it('picks local sockets by name', () => {
    const fits = (text: string): boolean => ssFitsLocal(ssExpression(text.split(' '), new Map(), () => 0)!, { name: '@a.b', peerName: '/run/x' });
    expect(['src @a.b', 'src @a*', 'src unix:*', 'dst /run/?', 'not src @axb', 'src @a.b and dst /run/x', 'src /x or dst *'].map(fits)).toEqual([true, true, true, true, true, true, true]);
    expect(['src @a', 'src @a?b?', 'dst @a.b', 'src 10.0.0.1', 'sport = :5'].map(fits)).toEqual([false, false, false, false, false]);
  });
  it('makes columns as wide as needed', () => {
    const row = { netid: 'tcp', state: 'LISTEN', recvq: '0', sendq: '5', local: '127.0.0.1', localSep: ':', localPort: '8080', peer: '0.0.0.0', peerSep: ':', peerPort: '*', more: '' };
    expect(ssTable(false, true, true)([row])).toBe('State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\nLISTEN 0      5          127.0.0.1:8080      0.0.0.0:*          \n');
  });
  it('keeps the columns of what it showed before', () => {
    // `ss -tHanE` on Linux 6.18.
    const row = (recvq: string, local: string, localPort: string, peer: string, peerPort: string): SsRow => ({ netid: 'tcp', state: 'UNCONN', recvq, sendq: '0', local, localSep: ':', localPort, peer, peerSep: ':', peerPort, more: '' });
    const table = ssTable(false, true, false);
    const rows = [row('0', '127.0.0.1', '5000', '0.0.0.0', '*'), row('1', '127.0.0.1', '52870', '127.0.0.1', '5000'), row('1', '127.0.0.1', '5000', '127.0.0.1', '52870'), row('0', '[::1]', '5001', '*', '*')];
    expect(rows.map((r) => table([r])).join('')).toBe(
      'UNCONN 0      0      127.0.0.1:5000 0.0.0.0:*\nUNCONN 1      0      127.0.0.1:52870 127.0.0.1:5000\nUNCONN 1      0      127.0.0.1:5000  127.0.0.1:52870\nUNCONN 0      0          [::1]:5001          *:*    \n',
    );
  });
});
