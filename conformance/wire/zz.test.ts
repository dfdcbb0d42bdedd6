import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { rate, row, TestData } from '../lib/data.ts';
import { exec, expectOk } from '../lib/exec.ts';
import { scene } from '../lib/scene.ts';
import { receiveAll, sendAll, serve } from '../lib/stream.ts';
const SIZE = 50_000_000, PORT = 9000, TIMEOUT = 120_000;
const ROWS = [{ name: 'loss 1', netem: { loss: 0.01 } }, { name: 'loss 5', netem: { loss: 0.05 } }, { name: 'reorder', netem: { delay: 5, reorder: 0.25 } }, { name: 'delay', netem: { delay: 20 } }, { name: 'nothing', netem: {} }];
const data = new TestData(SIZE);
for (const r of ROWS) {
  it(`${r.name}, to Linnet`, { timeout: TIMEOUT + 60_000 }, scene(async (s) => {
      const linked = s.linnetOnWire({ netns: s.netns(), address: '10.78.0.2/24', peer: '10.78.0.1/24', wire: { seed: 1, ab: r.netem }, both: true });
      const { machine: { task }, netns, address } = linked;
      const file = join(s.folder, 'data');
      writeFileSync(file, data.bytes);
      let length = 0;
      expectOk(await exec(netns.name, 'sysctl -w net.ipv4.tcp_congestion_control=cubic'));
      const served = serve(task, PORT, async (fd) => { const digest = await receiveAll(task, fd); length = digest.length; digest.end(); });
      const started = performance.now();
      expectOk(await exec(netns.name, `cat ${file} > /dev/tcp/${address}/${PORT}`, { timeout: TIMEOUT }));
      await served;
      const ns = expectOk(await exec(netns.name, `grep -E . /proc/net/netstat | head -2`));
      const [a, b] = ns.stdout.trim().split('\n').map((x: string) => x.split(' '));
      const v = (n: string) => `${n} ${b![a!.indexOf(n)]}`;
      row('KERNEL cubic', r.name, rate(SIZE, performance.now() - started), v('TCPTimeouts'), v('TCPFastRetrans'), v('TCPLossProbes'), v('TCPHystartDelayCwnd'), v('TCPHystartTrainCwnd'), v('TCPDSACKRecv'), v('TCPSACKReorder'), v('TCPLostRetransmit'), v('TCPSlowStartRetrans'));
      expect(length).toBe(SIZE);
  }));
  it(`${r.name}, from Linnet`, { timeout: TIMEOUT + 60_000 }, scene(async (s) => {
      const linked = s.linnetOnWire({ netns: s.netns(), address: '10.78.0.2/24', peer: '10.78.0.1/24', wire: { seed: 1, ab: r.netem }, both: true });
      const { machine, netns, address } = linked; const { task } = machine;
      const served = serve(task, PORT, (fd) => sendAll(task, fd, data.bytes));
      const got = expectOk(await exec(netns.name, `exec 3<>/dev/tcp/${address}/${PORT} && sha256sum <&3`, { timeout: TIMEOUT }));
      await served;
      row('LINNET cubic', r.name, rate(SIZE, got.ms), ...['TCPTimeouts', 'TCPFastRetrans', 'TCPLossProbes', 'TCPHystartDelayCwnd', 'TCPHystartTrainCwnd', 'TCPDSACKRecv', 'TCPSACKReorder', 'TCPLostRetransmit', 'TCPSlowStartRetrans'].map((c) => `${c} ${machine.counter('TcpExt.' + c)}`));
  }));
}
