// The real iperf3 against Linnet's iperf3 server over a TAP.
import { describe, expect, it } from 'vitest';
import { Iperf3Server } from 'linnet/iperf3';
import type { IperfReport } from 'linnet/iperf3';
import { row } from '../lib/data.ts';
import { eventually, exec } from '../lib/exec.ts';
import type { Finished } from '../lib/exec.ts';
import { scene } from '../lib/scene.ts';
import type { Linked, Scene } from '../lib/scene.ts';
import { have } from '../needs.mjs';

interface Sum {
  readonly bytes: number;
  readonly bits_per_second: number;
  readonly seconds: number;
  readonly sender: boolean;
  readonly retransmits?: number;
}

/** What `iperf3 -J` prints, as far as it matters here. */
interface IperfJson {
  readonly error?: string;
  readonly intervals: { readonly sum: Sum & { readonly omitted: boolean } }[];
  readonly end: {
    readonly streams: { readonly sender: Sum & { socket: number }; readonly receiver: Sum & { socket: number } }[];
    readonly sum_sent: Sum;
    readonly sum_received: Sum;
    readonly sum_sent_bidir_reverse?: Sum;
    readonly sum_received_bidir_reverse?: Sum;
  };
}

interface Served extends Linked {
  readonly reports: IperfReport[];
}

/** Bytes in whole frames that a judge reads; a second of iperf3 is a gigabyte. */
const RECORD = { first: 20e6, every: 200e6, window: 5e6 };

async function serveIperf(s: Scene): Promise<Served> {
  const linked = s.linnetOnTap({ netns: s.netns(), address: '10.77.0.2/24', peer: '10.77.0.1/24', record: RECORD });
  const reports: IperfReport[] = [];
  const iperf = new Iperf3Server((report) => reports.push(report));
  const server = linked.machine.stack.createServer({ noDelay: true }, (socket) => void iperf.accept(socket)).listen(5201);
  await new Promise<void>((resolve) => server.once('listening', resolve));
  s.defer(() => { server.close(); });
  return { ...linked, reports };
}

function iperf3({ netns, address }: Linked, args: string): Promise<Finished> {
  return exec(netns.name, `iperf3 -c ${address} -J ${args}`, { timeout: 40_000 });
}

function parse(finished: Finished): IperfJson {
  const json = JSON.parse(finished.stdout) as IperfJson;
  if (finished.code !== 0 || json.error !== undefined) throw new Error(`${finished.command}: exit code ${finished.code}: ${json.error ?? ''}\n${finished.stdout.slice(-3000)}`);
  return json;
}

const gbits = (sum: Sum): string => `${(sum.bits_per_second / 1e9).toFixed(2)} Gbit/s`;

describe.skipIf(!have('root', 'ip', 'iperf3', 'tshark'))('iperf3 of a real kernel', () => {
  for (const [args, streams] of [['-t 3', 1], ['-t 3 -R', 1], ['-t 2 -P 4', 4], ['-t 2 -P 4 -R', 4], ['-t 2 -l 8K -N', 1], ['-t 2 -R -l 8K', 1], ['-t 2 -R -w 256K -M 1000', 1]] as const) {
    it(args, scene(async (s) => {
      const served = await serveIperf(s);
      const { end } = parse(await iperf3(served, args));
      row(`iperf3 ${args}`, `sent ${gbits(end.sum_sent)}`, `received ${gbits(end.sum_received)}`);
      // Both sides counted, and agree: what was received was sent, and nearly all that was sent arrived before the end.
      expect(end.streams).toHaveLength(streams);
      expect(end.sum_received.bytes).toBeGreaterThan(1e6);
      expect(end.sum_received.bytes).toBeLessThanOrEqual(end.sum_sent.bytes);
      for (const { sender, receiver } of end.streams) expect([sender.bytes > 0, receiver.bytes > 0]).toEqual([true, true]);
      expect(end.sum_sent.sender).toBe(!args.includes('-R'));
      await eventually('the report', () => served.reports.length === 1);
      const report = served.reports[0]!;
      expect(report.streams).toBe(streams);
      expect(args.includes('-R') ? report.sent : report.received).toBe(args.includes('-R') ? end.sum_sent.bytes : end.sum_received.bytes);
    }));
  }

  it('--bidir', scene(async (s) => {
    const served = await serveIperf(s);
    const { end } = parse(await iperf3(served, '-t 3 --bidir'));
    row('iperf3 --bidir', `to Linnet ${gbits(end.sum_received)}`, `from Linnet ${gbits(end.sum_received_bidir_reverse!)}`);
    expect(end.streams).toHaveLength(2);
    expect(end.sum_received.bytes).toBeGreaterThan(1e6);
    expect(end.sum_received_bidir_reverse!.bytes).toBeGreaterThan(1e6);
  }));

  it('--bidir -P 2', scene(async (s) => {
    const served = await serveIperf(s);
    const { end } = parse(await iperf3(served, '-t 2 --bidir -P 2'));
    row('iperf3 --bidir -P 2', `to Linnet ${gbits(end.sum_received)}`, `from Linnet ${gbits(end.sum_received_bidir_reverse!)}`);
    expect(end.streams).toHaveLength(4);
    for (const { sender, receiver } of end.streams) expect([sender.bytes > 0, receiver.bytes > 0]).toEqual([true, true]);
  }));

  for (const args of ['-n 200M', '-n 200M -R', '-n 100M -P 4 -R', '-k 1000', '-k 1000 -R']) {
    it(args, scene(async (s) => {
      const served = await serveIperf(s);
      const { end } = parse(await iperf3(served, args));
      const wanted = args.startsWith('-n') ? Number(/\d+/.exec(args)![0]) * 1024 * 1024 : 1000 * 131_072;
      row(`iperf3 ${args}`, `${end.sum_received.bytes} bytes`, `received ${gbits(end.sum_received)}`);
      // It ends when so much was sent; the last blocks may be over it. Receiving, iperf3 counts parts of blocks as blocks.
      if (args !== '-k 1000 -R') expect(end.sum_sent.bytes).toBeGreaterThanOrEqual(wanted);
      expect(end.sum_sent.bytes).toBeLessThan(wanted + 32 * 131_072);
      expect(end.sum_received.bytes).toBeLessThanOrEqual(end.sum_sent.bytes);
    }));
  }

  for (const args of ['-t 2 -O 1', '-t 2 -O 1 -R']) {
    it(args, scene(async (s) => {
      const served = await serveIperf(s);
      const { end, intervals } = parse(await iperf3(served, args));
      row(`iperf3 ${args}`, `sent ${gbits(end.sum_sent)}`, `received ${gbits(end.sum_received)}`);
      expect(intervals.filter(({ sum }) => sum.omitted)).toHaveLength(1);
      // Neither side counts the omitted second.
      expect(end.sum_sent.seconds).toBeLessThan(2.5);
      expect(end.sum_received.bytes / end.sum_sent.bytes).toBeGreaterThan(0.5);
      expect(end.sum_received.bytes / end.sum_sent.bytes).toBeLessThan(1.5);
    }));
  }

  it('-b 80M -R: the server keeps to the rate that was asked for', scene(async (s) => {
    const served = await serveIperf(s);
    const { end } = parse(await iperf3(served, '-t 2 -b 80M -R'));
    row('iperf3 -b 80M -R', gbits(end.sum_received));
    expect(end.sum_received.bits_per_second).toBeGreaterThan(60e6);
    expect(end.sum_received.bits_per_second).toBeLessThan(100e6);
  }));

  it('one test after the other, the second of two at once is told to wait', scene(async (s) => {
    const served = await serveIperf(s);
    const running = s.start(served.netns, `iperf3 -c ${served.address} -t 3 --forceflush -i 0.2`);
    // The second interval.
    await running.until(/sec .*\n.*sec /);
    const busy = await iperf3(served, '-t 1');
    expect(busy.stdout).toContain('the server is busy running a test');
    expect((await running.done).code).toBe(0);
    parse(await iperf3(served, '-n 1M'));
    parse(await iperf3(served, '-n 1M -R'));
  }));

  it('a client that is killed does not block the next', scene(async (s) => {
    const served = await serveIperf(s);
    for (const how of ['SIGKILL', 'SIGINT'] as const) {
      const running = s.start(served.netns, `exec iperf3 -c ${served.address} -t 30 --forceflush -i 0.2 -R`);
      await running.until(/sec .*\n.*sec /);
      running.kill(how);
      await running.done;
      await eventually('the next test', async () => (await iperf3(served, '-n 1M')).code === 0);
    }
  }));

  it('-u: says that it cannot', scene(async (s) => {
    const served = await serveIperf(s);
    const { stdout } = await iperf3(served, '-u -t 1');
    row('iperf3 -u', (JSON.parse(stdout) as IperfJson).error ?? 'no error');
    expect((JSON.parse(stdout) as IperfJson).error).toMatch(/not implemented/);
    parse(await iperf3(served, '-n 1M'));
  }));
});
