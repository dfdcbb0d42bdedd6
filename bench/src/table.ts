/** The results as a table, for a terminal and for the page. */
import type { RowResult, SideResult } from './results.ts';
import { ROWS, type Row } from './rows.ts';

export const HEAD = ['row', 'Linnet', 'kernel', 'ratio', 'kernel, one process', 'ratio', 'CPU: Linnet', 'CPU: kernel', 'least - greatest: Linnet', 'kernel'] as const;

function number(n: number): string {
  if (n >= 1000) return Math.round(n).toLocaleString('en-US');
  return n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toFixed(2);
}

function value(row: Row, side: SideResult | undefined): string {
  if (side === undefined) return '-';
  const lost = side.lost >= 0.0005 ? ` (${(side.lost * 100).toFixed(1)} % lost)` : '';
  return `${number(side.value.median)} ${row.unit}${lost}`;
}

const cpu = (row: Row, side: SideResult | undefined): string => (side === undefined || side.cpu === null ? '-' : `${number(side.cpu)} ${row.cpuUnit}`);
const range = (side: SideResult | undefined): string => (side === undefined ? '-' : `${number(side.value.min)} - ${number(side.value.max)}`);
const ratio = (n: number | undefined): string => (n === undefined ? '-' : n.toFixed(2));

/** The cells of one row, as {@link HEAD} names them. */
export function cells(r: RowResult): string[] {
  const row = ROWS.find((x) => x.id === r.id)!;
  // Memory is measured in one process: there the kernel's number is the kernel's number.
  const [main, other] = row.modes.includes('pair') ? (['pair', 'solo'] as const) : (['solo', 'pair'] as const);
  const k = r.kernel[main];
  return [
    `${row.title}`, value(row, r.linnet), value(row, k), ratio(r.ratio[main]), value(row, r.kernel[other]), ratio(r.ratio[other]),
    cpu(row, r.linnet), cpu(row, k), range(r.linnet), range(k),
  ];
}

/** Columns of equal width; numbers to the right. Of short runs (`quick`) the ratios are called what they are. */
export function plainTable(rows: readonly RowResult[], quick: boolean = false): string {
  const lines = [HEAD.map((h) => (quick && h === 'ratio' ? 'ratio (means nothing)' : h)), ...rows.map(cells)];
  const width = HEAD.map((_, i) => Math.max(...lines.map((l) => l[i]!.length)));
  return lines.map((l) => l.map((c, i) => (i === 0 ? c.padEnd(width[i]!) : c.padStart(width[i]!))).join('  ').trimEnd()).join('\n');
}

export function markdownTable(rows: readonly RowResult[]): string {
  const line = (c: readonly string[]): string => `| ${c.join(' | ')} |`;
  return [line(HEAD), line(HEAD.map((_, i) => (i === 0 ? '---' : '--:'))), ...rows.map((r) => line(cells(r)))].join('\n');
}
