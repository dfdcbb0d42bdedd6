// 50 MB each way between a real kernel and Linnet over a wire that loses, delays, reorders, repeats, damages and has a small MTU.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { NetemOptions } from '@linnet/netdevs';
import { rate, row, TestData } from '../lib/data.ts';
import { exec, expectOk } from '../lib/exec.ts';
import { scene } from '../lib/scene.ts';
import type { Scene, WireLinked } from '../lib/scene.ts';
import { receiveAll, sendAll, serve } from '../lib/stream.ts';
import { have } from '../needs.mjs';

const SIZE = 50_000_000;
const PORT = 9000;
const TIMEOUT = 120_000;

interface Row {
  readonly name: string;
  readonly netem: NetemOptions;
  readonly mtu?: number;
}

const ROWS: readonly Row[] = [
  { name: 'nothing', netem: {} },
  { name: 'loss 1 %', netem: { loss: 0.01 } },
  { name: 'loss 5 %', netem: { loss: 0.05 } },
  // What overtakes needs something to overtake.
  { name: 'reorder 25 %', netem: { delay: 5, reorder: 0.25 } },
  { name: 'duplicate 1 %', netem: { duplicate: 0.01 } },
  { name: 'delay 20 ms', netem: { delay: 20 } },
  { name: 'corrupt 0.1 %', netem: { corrupt: 0.001 } },
  { name: 'MTU 576', netem: {}, mtu: 576 },
  { name: 'some of each', netem: { delay: 3, jitter: 1, loss: 0.002, reorder: 0.05, duplicate: 0.01, corrupt: 0.001 }, mtu: 1280 },
];

function onWire(s: Scene, r: Row): WireLinked {
  return s.linnetOnWire({
    netns: s.netns(), address: '10.78.0.2/24', peer: '10.78.0.1/24', wire: { seed: 1, ab: r.netem },
    // What arrives damaged is not Linnet's doing.
    both: (r.netem.corrupt ?? 0) === 0,
    ...(r.mtu === undefined ? {} : { mtu: r.mtu }),
  });
}

/** What the row cost, for the report. */
function tell(name: string, ms: number, { machine, wire }: WireLinked): void {
  const counters = ['Tcp.RetransSegs', 'TcpExt.TCPTimeouts', 'TcpExt.TCPFastRetrans', 'TcpExt.TCPLossProbes', 'TcpExt.TCPOFOQueue', 'TcpExt.TCPDSACKRecv', 'Tcp.InCsumErrors', 'TcpExt.TCPHystartTrainCwnd', 'TcpExt.TCPHystartDelayCwnd'];
  const { in: frames, dropped } = wire.stats();
  row(name, rate(SIZE, ms), `${(ms / 1e3).toFixed(1)} s`, `wire ${frames} in ${dropped} dropped`, ...counters.map((c) => [c.split('.')[1], machine.counter(c)] as const).filter(([, n]) => n > 0).map(([c, n]) => `${c} ${n}`));
}

describe.skipIf(!have('root', 'ip', 'tshark'))('50 MB over a wire with', () => {
  const data = new TestData(SIZE);

  for (const r of ROWS) {
    it(`${r.name}, from Linnet`, { timeout: TIMEOUT + 60_000 }, scene(async (s) => {
      const linked = onWire(s, r);
      const { machine: { task }, netns, address } = linked;
      const served = serve(task, PORT, (fd) => sendAll(task, fd, data.bytes));
      const got = expectOk(await exec(netns.name, `exec 3<>/dev/tcp/${address}/${PORT} && sha256sum <&3`, { timeout: TIMEOUT }));
      await served;
      tell(`${r.name}, from Linnet`, got.ms, linked);
      expect(got.stdout.split(' ')[0]).toBe(data.sha256);
    }));

    it(`${r.name}, to Linnet`, { timeout: TIMEOUT + 60_000 }, scene(async (s) => {
      const linked = onWire(s, r);
      const { machine: { task }, netns, address } = linked;
      const file = join(s.folder, 'data');
      writeFileSync(file, data.bytes);
      let sha256 = '';
      let length = 0;
      const served = serve(task, PORT, async (fd) => {
        const digest = await receiveAll(task, fd);
        length = digest.length;
        sha256 = digest.end();
      });
      const started = performance.now();
      expectOk(await exec(netns.name, `cat ${file} > /dev/tcp/${address}/${PORT}`, { timeout: TIMEOUT }));
      await served;
      tell(`${r.name}, to Linnet`, performance.now() - started, linked);
      expect({ length, sha256 }).toEqual({ length: SIZE, sha256: data.sha256 });
    }));
  }
});
