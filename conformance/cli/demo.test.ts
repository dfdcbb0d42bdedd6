// The main job: `linnet demo`, the same bytes for the same seed, and right in the eyes of tshark.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { demo } from '../../packages/linnet/src/cli/demo.ts';
import { judge } from '../lib/tshark.ts';
import { have } from '../needs.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'linnet-demo-'));
afterAll(() => rmSync(folder, { recursive: true }));

const options = { seed: 1, delay: 10, loss: 0.001, size: 100, snaplen: 128, realtime: false };
let runs = 0;

/** Runs it; its capture and what it printed. */
async function run(over: Partial<typeof options>): Promise<{ file: string; sha256: string; lines: string[] }> {
  const file = path.join(folder, `${runs++}.pcapng`);
  const lines: string[] = [];
  await demo({ ...options, ...over, pcap: file, print: (line) => lines.push(line) });
  return { file, sha256: createHash('sha256').update(readFileSync(file)).digest('hex'), lines };
}

describe('linnet demo', () => {
  it('gives byte-identical captures for the same seed, whole as npm start runs it', async () => {
    const a = await run({});
    const b = await run({});
    expect(b.sha256).toBe(a.sha256);
    const report = a.lines.join('\n');
    expect(report).toMatch(/ping {4}10 of 10 answered; round trip min 20\.0 ms/);
    expect(report).toMatch(/http .* 200, 82 bytes/);
    expect(report).toMatch(/tcp {5}100 MB in .* sha256 equal; \d+ segments, [1-9]\d* sent again/);
    expect(report).toMatch(/NETEM_LOSS [1-9]\d*.*; still held: 0/);
  });

  it('gives another run for another seed', async () => {
    const a = await run({ size: 5, loss: 0.02 });
    const b = await run({ size: 5, loss: 0.02, seed: 2 });
    expect(b.sha256).not.toBe(a.sha256);
  });

  it.skipIf(!have('tshark'))('sends nothing that tshark finds wrong', async () => {
    const { file } = await run({ size: 5, loss: 0.01, snaplen: 262_144 });
    const verdict = await judge(file, { linnet: ['10.0.1.1', '10.0.2.1', '10.0.1.2', '10.0.2.2'], both: true });
    expect(verdict.good.tcp).toBeGreaterThan(4000);
    expect(verdict.good.icmp).toBeGreaterThanOrEqual(18);
  });
});
