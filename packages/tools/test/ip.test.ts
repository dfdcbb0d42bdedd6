import { createKernel, VirtualClock } from '@linnet/kernel';
import { netns } from '@linnet/netns';
import { Task } from '@linnet/posix';
import { describe, expect, it } from 'vitest';
import { Printer } from '../src/printer.ts';
import { runTool } from '../src/index.ts';
import { ssExpression, stateBits } from '../src/ss-filter.ts';
import { ssTable } from '../src/ss-table.ts';
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
  it('reads expressions over sockets', () => {
    const s = { family: 2, local: Uint8Array.of(127, 0, 0, 1), peer: Uint8Array.of(10, 0, 0, 2), localPort: 80, peerPort: 4000, device: 0, mark: 0 };
    const test = (text: string): boolean => ssExpression(text.split(' '), new Map([['http', 80]]), () => 0)(s);
    expect(['sport = :80', 'sport = :http and dst 10.0.0.0/8', '( dport = :1 or sport <= :80 )', 'not dst 11.0.0.0/8', 'src 127.0.0.1:80'].map(test)).toEqual([true, true, true, true, true]);
    expect(['sport = :81', 'dst 11.0.0.1', 'sport = :80 and dport = :1', 'not src 127.0.0.1'].map(test)).toEqual([false, false, false, false]);
    expect(() => test('( sport = :80')).toThrow('syntax error');
    expect(stateBits('listening')).toBe(1 << 10);
  });
  it('makes columns as wide as needed', () => {
    const row = { netid: 'tcp', state: 'LISTEN', recvq: '0', sendq: '5', local: '127.0.0.1', localSep: ':', localPort: '8080', peer: '0.0.0.0', peerSep: ':', peerPort: '*', more: '' };
    expect(ssTable([row], false, true, true)).toBe('State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\nLISTEN 0      5          127.0.0.1:8080      0.0.0.0:*          \n');
  });
});
