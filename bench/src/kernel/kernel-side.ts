/** The real kernel's side of a row. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { parseMeasurement, type Measurement } from '../measurement.ts';
import { NETBENCH, NETBENCH_C, TEMP } from '../paths.ts';
import { runToEnd } from '../process.ts';
import type { Row, Run } from '../rows.ts';
import { KernelNet } from './netns.ts';

const works = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;

/** Compiles netbench unless it is newer than its source. Returns what is missing, or null. */
export function prepareKernelSide(): string | null {
  if (process.platform !== 'linux') return `this is ${process.platform}, not Linux`;
  if (process.getuid?.() !== 0) return 'making network namespaces needs root';
  if (!works('ip', '-V')) return 'there is no ip (package iproute2)';
  if (fs.existsSync(NETBENCH) && fs.statSync(NETBENCH).mtimeMs > fs.statSync(NETBENCH_C).mtimeMs) return null;
  const cc = ['cc', 'gcc', 'clang'].find((c) => works(c, '--version'));
  if (cc === undefined) return 'there is no C compiler (cc, gcc or clang)';
  fs.mkdirSync(TEMP, { recursive: true });
  const { status, stderr } = spawnSync(cc, ['-O2', '-o', NETBENCH, NETBENCH_C], { encoding: 'utf8' });
  return status === 0 ? null : `${cc}: ${stderr.trim()}`;
}

/** What this row needs beyond that, or null. */
export function kernelRowMissing(row: Row): string | null {
  return row.offload || works('ethtool', '--version') ? null : 'there is no ethtool to turn the offloads off';
}

/** One run in namespaces of its own. */
export async function measureKernel(row: Row, mode: 'pair' | 'solo', pin: readonly string[], run: Run): Promise<Measurement> {
  const net = new KernelNet(row, run[2]);
  try {
    const [warm, amount, count] = run.map(String) as [string, string, string];
    const args = [row.work, mode, `/run/netns/${net.client}`, `/run/netns/${net.server}`, net.serverAddr, warm, amount, String(row.size), count];
    return parseMeasurement(await runToEnd([...pin, NETBENCH, ...args]), 'netbench');
  } finally {
    net.delete();
  }
}
