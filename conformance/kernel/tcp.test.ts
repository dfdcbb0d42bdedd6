import { describe, expect, it } from 'vitest';
import { scene } from '../lib/scene.ts';
import { TestData, rate, row } from '../lib/data.ts';
import { exec, expectOk } from '../lib/exec.ts';
import { receiveAll, sendAll, serve } from '../lib/stream.ts';

describe('tcp', () => {
  it('x', scene(async (s) => {
    const data = new TestData(10e6);
    const { netns, address, machine } = s.linnetOnTap({ netns: s.netns(), address: '10.77.0.2/24', peer: '10.77.0.1/24' });
    const done = serve(machine.task, 9000, (fd) => sendAll(machine.task, fd, data.bytes));
    const f = expectOk(await exec(netns.name, `exec 3<>/dev/tcp/${address}/9000; sha256sum <&3`, { timeout: 10000 }));
    await done;
    row('down', rate(10e6, f.ms), f.stdout);
    expect(f.stdout.split(' ')[0]).toBe(data.sha256);
    row('c', machine.counters());
  }));
});
