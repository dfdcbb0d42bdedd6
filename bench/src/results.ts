/** What a run of the bench found out, as it is kept in JSON. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { median, spread, type Measurement, type Spread } from './measurement.ts';
import { HISTORY, RESULTS } from './paths.ts';
import { PARTS, type PartResult } from './parts.ts';
import { ROWS, type Row } from './rows.ts';

/** One side of one row over all rounds. */
export interface SideResult {
  /** In the row's unit. */
  readonly value: Spread;
  /** CPU microseconds per the row's CPU unit; null for memory. */
  readonly cpu: number | null;
  /** Share of datagrams lost. */
  readonly lost: number;
}

/** One row. */
export interface RowResult {
  readonly id: string;
  readonly date: string;
  readonly rounds: number;
  readonly linnet: SideResult;
  /** By mode; empty when the kernel could not be measured, `why` says the reason then. */
  readonly kernel: { readonly pair?: SideResult; readonly solo?: SideResult };
  readonly why: string | null;
  /** Linnet's number by the kernel's, the median over the rounds' pairs. */
  readonly ratio: { readonly pair?: number; readonly solo?: number };
}

/** Enough to judge the numbers by, nothing that tells whose machine it is. */
export interface MachineFacts {
  readonly cpu: string;
  readonly cores: number;
  readonly arch: string;
  readonly os: string;
  readonly node: string;
  readonly pinned: boolean;
}

export interface Results {
  readonly machine: MachineFacts;
  readonly rows: readonly RowResult[];
  readonly parts?: readonly PartResult[];
}

export function machineFacts(pinned: boolean): MachineFacts {
  const cpus = os.cpus();
  const version = /^\d+(\.\d+)*/.exec(os.release())?.[0] ?? '';
  return { cpu: cpus[0]?.model.trim() ?? 'unknown', cores: cpus.length, arch: os.arch(), os: `${os.type()} ${version}`, node: process.versions.node, pinned };
}

/** The row's number of one run. */
export function valueOf(row: Row, m: Measurement): number {
  return m.units / m.wall / row.scale;
}

function side(row: Row, runs: readonly Measurement[]): SideResult {
  const digits = (n: number): number => Number(n.toPrecision(5));
  const { median: mid, min, max } = spread(runs.map((m) => valueOf(row, m)));
  const lost = median(runs.map((m) => m.lost / (m.units + m.lost)));
  const cpu = row.cpuUnit === '' ? null : digits(median(runs.map((m) => (m.cpu / m.units) * row.cpuScale * 1e6)));
  return { value: { median: digits(mid), min: digits(min), max: digits(max) }, cpu, lost: digits(lost) };
}

/** Brings the rounds of a row together. */
export function summarize(row: Row, linnet: readonly Measurement[], kernel: { pair: readonly Measurement[]; solo: readonly Measurement[] }, why: string | null): RowResult {
  const ratio: { pair?: number; solo?: number } = {};
  const sides: { pair?: SideResult; solo?: SideResult } = {};
  for (const mode of row.modes) {
    const runs = kernel[mode];
    if (runs.length === 0) continue;
    sides[mode] = side(row, runs);
    // Neighbours in time are compared with each other: a shared machine is faster at one time than at another.
    ratio[mode] = Number(median(runs.map((k, i) => valueOf(row, linnet[i]!) / valueOf(row, k))).toPrecision(3));
  }
  return { id: row.id, date: new Date().toISOString().slice(0, 10), rounds: linnet.length, linnet: side(row, linnet), kernel: sides, why, ratio };
}

const text = (r: Results): string => `${JSON.stringify(r, null, 2)}\n`;

/** Writes to the history, and to another file if there is one. */
export function keep(results: Results, file: string | null): void {
  fs.mkdirSync(HISTORY, { recursive: true });
  const name = new Date().toISOString().replaceAll(':', '-').replace(/\..*/, '');
  fs.writeFileSync(path.join(HISTORY, `${name}.json`), text(results));
  if (file !== null) fs.writeFileSync(file, text(results));
}

/** Puts rows into the committed results; rows that were not measured stay, if they are of the same machine. Returns all. */
export function publish(results: Results): Results {
  let { rows } = results;
  let parts = results.parts ?? [];
  if (fs.existsSync(RESULTS)) {
    const old = JSON.parse(fs.readFileSync(RESULTS, 'utf8')) as Results;
    const same = JSON.stringify(old.machine) === JSON.stringify(results.machine);
    if (!same && rows.length + parts.length < ROWS.length + PARTS.length) throw new Error('bench/results.json is of another machine: measure all rows (no --only)');
    if (same) {
      parts = PARTS.flatMap((p) => results.parts?.find((x) => x.id === p.id) ?? old.parts?.find((x) => x.id === p.id) ?? []);
      rows = ROWS.flatMap((r) => results.rows.find((x) => x.id === r.id) ?? old.rows.find((x) => x.id === r.id) ?? []);
    }
  }
  const all = { machine: results.machine, rows, parts };
  fs.writeFileSync(RESULTS, text(all));
  return all;
}
