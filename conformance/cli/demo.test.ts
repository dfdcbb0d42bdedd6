// The main job: `linnet demo`, the same bytes for the same seed, and right in the eyes of tshark.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judge } from '../lib/tshark.ts';
import { have } from '../needs.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'linnet-demo-'));
beforeAll(() => {
  execFileSync(path.join(root, 'node_modules/.bin/tsc'), ['-b', path.join(root, 'packages/linnet/tsconfig.cli.json')]);
});
afterAll(() => rmSync(folder, { recursive: true }));

let runs = 0;

/** Runs it; its capture and what it printed. */
function run(...args: string[]): { file: string; sha256: string; report: string } {
  const file = path.join(folder, `${runs++}.pcapng`);
  const report = execFileSync(process.execPath, [path.join(root, 'packages/linnet/dist/cli/main.js'), 'demo', '--pcap', file, ...args], { encoding: 'utf8' });
  return { file, sha256: createHash('sha256').update(readFileSync(file)).digest('hex'), report };
}

describe('linnet demo', () => {
  it('gives byte-identical captures for the same seed, whole as npm start runs it', () => {
    const a = run();
    const b = run();
    expect(b.sha256).toBe(a.sha256);
    const { report } = a;
    expect(report).toMatch(/ping {4}10 of 10 answered; round trip min 20\.0 ms/);
    expect(report).toMatch(/http .* 200, 82 bytes/);
    expect(report).toMatch(/tcp {5}100 MB in .* sha256 equal; \d+ segments, [1-9]\d* sent again/);
    expect(report).toMatch(/NETEM_LOSS [1-9]\d*.*; still held: 0/);
  });

  it('gives another run for another seed', () => {
    const a = run('--size', '5', '--loss', '2');
    const b = run('--size', '5', '--loss', '2', '--seed', '2');
    expect(b.sha256).not.toBe(a.sha256);
  });

  it.skipIf(!have('tshark'))('sends nothing that tshark finds wrong', async () => {
    const { file } = run('--size', '5', '--loss', '1', '--snaplen', '262144');
    const verdict = await judge(file, { linnet: '10.0.2.2', both: true });
    expect(verdict.good.tcp).toBeGreaterThan(4000);
    expect(verdict.good.icmp).toBeGreaterThanOrEqual(18);
  });
});
