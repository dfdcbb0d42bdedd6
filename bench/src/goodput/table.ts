/** The tables of docs/tcp.md, from the results. */
import { median } from '../measurement.ts';
import { CELLS, FAIRNESS, jain, percent, theory, type Cell } from './cells.ts';
import type { Mode, Results, Run } from './record.ts';

/** A wire that was busier than this, a share of a core, or later than this, milliseconds, may have been the limit. */
const BUSY = 0.9;
const LATE = 150;

const mbit = (bytes: number, seconds: number): number => (bytes * 8) / seconds / 1e6;
const sum = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0);
const short = (x: number): string => x.toPrecision(3).replace(/e\+2$/, '00');
const text = (x: number | null): string => (x === null ? '-' : x >= 100 ? x.toFixed(0) : short(x));

function runsOf(r: Results, c: Cell, mode: Mode): readonly Run[] {
  return r.runs.filter((x) => x.cell === c.id && x.mode === mode);
}

/** Mean over the seeds: the random losses of short runs vary much. */
function rate(runs: readonly Run[], c: Cell): number | null {
  return runs.length === 0 ? null : sum(runs.map((x) => mbit(sum(x.flows), c.seconds))) / runs.length;
}

function ratio(a: number | null, b: number | null): string {
  return a === null || b === null ? '-' : (a / b).toFixed(2);
}

function goodput(r: Results, cc: string): string {
  const rows: string[] = [];
  for (const c of CELLS) {
    if (c.cc !== cc) continue;
    const [virtual, kernel, mixed] = (['virtual', 'kernel', 'mixed'] as const).map((m) => runsOf(r, c, m)) as [readonly Run[], readonly Run[], readonly Run[]];
    if (virtual.length + kernel.length + mixed.length === 0) continue;
    const v = rate(virtual, c);
    const k = rate(kernel, c);
    const m = rate(mixed, c);
    const busy = (runs: readonly Run[]): string => (runs.some((x) => (x.busy ?? 0) > BUSY || (x.stall ?? 0) > LATE) ? '*' : '');
    const n = [virtual, kernel, mixed].map((x) => x.length).join('/');
    rows.push(`| ${c.rate} | ${c.rtt} | ${percent(c.loss)} | ${c.seconds} | ${n} | ${text(theory(c))} | ${text(k)}${busy(kernel)} | ${text(v)} | ${ratio(v, k)} | ${text(m)}${busy(mixed)} | ${ratio(m, k)} |`);
  }
  if (rows.length === 0) return '';
  return `### ${cc === 'bbr' ? 'BBR' : 'CUBIC'}, one stream

| Mbit/s | RTT, ms | loss | s | runs | theory | kernel | Linnet, virtual time | / kernel | Linnet to kernel, real time | / kernel |
| --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |
${rows.join('\n')}
`;
}

function fairness(r: Results): string {
  const rows: string[] = [];
  for (const c of FAIRNESS) {
    const cells = (['kernel', 'virtual', 'mixed'] as const).map((m) => {
      const runs = runsOf(r, c, m);
      if (runs.length === 0) return '- | -';
      return `${text(rate(runs, c))} | ${median(runs.map((x) => jain(x.late))).toFixed(3)}`;
    });
    if (cells.every((x) => x === '- | -')) continue;
    rows.push(`| ${c.cc} | ${c.flows} | ${cells.join(' | ')} |`);
  }
  if (rows.length === 0) return '';
  return `### Fairness: streams that share 100 Mbit/s, 50 ms, 30 s

| | streams | kernel, sum | Jain | Linnet, virtual time | Jain | Linnet to kernel | Jain |
| --- | --: | --: | --: | --: | --: | --: | --: |
${rows.join('\n')}
`;
}

/** All tables, in Markdown. */
export function tables(r: Results): string {
  const { machine } = r;
  const dates = [...new Set(r.runs.map((x) => x.date))].sort().join(', ');
  return `Measured ${dates} on ${machine.cpu} (${machine.arch}, ${machine.cores} cores), ${machine.os}, Node ${machine.node}. Mbit/s of payload that the reader got, the start included; the mean over the runs. \`*\`: in one of the runs the wire, which is in user space, used more than nine tenths of a core or was once late by more than ${LATE} ms (others worked on this machine): it may have been the limit.

${['cubic', 'bbr'].map((cc) => goodput(r, cc)).filter((s) => s !== '').join('\n')}
${fairness(r)}`.trimEnd();
}
