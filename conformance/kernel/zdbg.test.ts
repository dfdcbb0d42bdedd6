import { it } from 'vitest';
import { Iperf3Server } from '../../packages/linnet/src/cli/iperf3.ts';
import { exec } from '../lib/exec.ts';
import { scene } from '../lib/scene.ts';
import { TCP } from '@linnet/tcp';
for (let i = 0; i < 12; i++) it('dbg' + i, {timeout: 60000}, scene(async (s) => {
  const linked = s.linnetOnTap({ netns: s.netns(), address: '10.77.0.2/24', peer: '10.77.0.1/24', record: {first: 1e6} });
  const k: any = linked.machine.kernel;
  const socks: any[] = [];
  const iperf = new Iperf3Server(() => {});
  const server = linked.machine.stack.createServer({ noDelay: true }, (socket) => { socks.push(socket); void iperf.accept(socket); }).listen(5201);
  s.defer(() => { server.close(); });
  const f = await exec(linked.netns.name, `iperf3 -c 10.77.0.2 -J -t 1 -P 4 -R`, { timeout: 4000 }).catch((e: Error) => e);
  if (f instanceof Error) {
    console.log('STALL');
    for (const x of socks) console.log('SOCK', x.remotePort, 'len', x.writableLength, 'needDrain', x.writableNeedDrain, 'outDone', x.outDone !== null, 'outLeft', x.outLeft, 'destroyed', x.destroyed, 'drain', x.listenerCount('drain'), 'turn asked', x.handle?.turn?.asked, 'mask', x.handle?.mask, 'wq', x.handle?.entry.queue !== null, 'wantRead', x.wantRead, 'listed', x.handle?.entry.listed, 'ev', x.eventNames());
    const test: any = (iperf as any).test;
    console.log('TEST', test?.params, test?.streams.map((d: any) => [d.bytes, d.stopped, d.pause === null, d.sender]));
    throw f;
  }
}));
