/** Measurements that have no row of the real kernel beside them: each has a table of its own on the page. */
import { fileURLToPath } from 'node:url';
import { spread, type Spread } from './measurement.ts';
import { runToEnd } from './process.ts';

/** One number of a part. */
export interface Measure {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  /** What is asked of it, for the page; empty: nothing. */
  readonly want: string;
}

/** A part. */
export interface Part {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  /** The program, below bench/temp/js, which prints a number for each measure as one object of JSON. */
  readonly program: string;
  readonly args: readonly string[];
  readonly quick: readonly string[];
  readonly measures: readonly Measure[];
}

/** What came out: of each measure the median, the least and the greatest of the rounds. */
export interface PartResult {
  readonly id: string;
  readonly date: string;
  readonly rounds: number;
  readonly values: Readonly<Record<string, Spread>>;
}

const ABOUT_V4 =
  'One million different prefixes with the lengths of a full table of the Internet (per mille of the table, /8 to /24: 0.02, 0.01, 0.04, 0.1, 0.3, 0.6, 1.2, 2.1, 13.5, 8.4, 14.3, 25.7, 46, 53, 112, 101 and ' +
  '618: a rounded shape of full tables of recent years, not copied from one published list), spread evenly over the unicast addresses by a seeded generator, which is worse for the caches than the real ones. ' +
  'They are sent to a Linnet namespace over an AF_NETLINK socket, 64 gateways on two devices, batches of 32 KiB; the numbers of single changes are such messages one by one, with the system call. ' +
  'Lookups are of random unicast addresses: «search» finds the prefix, from which its routes are one array load away; «whole lookup» goes on to the next hop, as for a packet (scope, TOS, state of the ' +
  'device). Loading and lookups are counted by the CPU time of the process, garbage collector and compiler included. Memory is the growth of heap and array buffers after a full collection, everything included. The reference is a sorted array of the ranges that have the same longest prefix, searched by ' +
  'halves: it cannot be changed, only made anew. 200,000 answers are compared with it.';
const ABOUT_V6 =
  '250,000 prefixes of 2000::/3, likewise (/29 2.4 %, /32 11.5, /36 4.5, /40 9, /42 1.5, /44 10.5, /46 3, /47 4, /48 47, others between them; the mean is 42.9, as the reports of 2023 to 2025 have it). ' +
  'Two addresses of three are inside of a random prefix of the table, the third is any. The reference has a hash table for each length.';

const lookups = (want: string): Measure => ({ id: 'find', title: 'random lookups: search', unit: 'million/s', want });

export const PARTS: readonly Part[] = [
  {
    id: 'routes',
    title: 'IPv4 routes: a full table',
    about: ABOUT_V4,
    program: 'routes/child.js',
    args: ['4', '1000000'],
    quick: ['4', '20000'],
    measures: [
      { id: 'load', title: 'loading through netlink', unit: 's of CPU', want: 'under 10' },
      { id: 'memory', title: 'memory of the table', unit: 'MB', want: 'at most 100' },
      lookups('at least 30'),
      { id: 'lookup', title: 'random lookups: whole lookup', unit: 'million/s', want: '' },
      { id: 'reference', title: 'reference: sorted array of ranges', unit: 'million/s', want: '' },
      { id: 'insert', title: 'inserting one, median', unit: 'us', want: 'under 10' },
      { id: 'remove', title: 'deleting one, median', unit: 'us', want: 'under 10' },
      { id: 'wrong', title: 'answers that differ from the reference', unit: 'of 200,000', want: '0' },
    ],
  },
  {
    id: 'routes6',
    title: 'IPv6 routes: a full table',
    about: ABOUT_V6,
    program: 'routes/child.js',
    args: ['6', '250000'],
    quick: ['6', '10000'],
    measures: [
      { id: 'load', title: 'loading through netlink', unit: 's of CPU', want: '' },
      { id: 'memory', title: 'memory of the table', unit: 'MB', want: '' },
      lookups('at least 5'),
      { id: 'reference', title: 'reference: a hash table for each length', unit: 'million/s', want: '' },
      { id: 'insert', title: 'inserting one, median', unit: 'us', want: '' },
      { id: 'remove', title: 'deleting one, median', unit: 'us', want: '' },
      { id: 'wrong', title: 'answers that differ from the reference', unit: 'of 200,000', want: '0' },
    ],
  },
];

/** A run of a big table takes longer than one of a row, much longer on a busy machine. */
const LIMIT_MS = 300_000;

/** Measures a part, each round in a process of its own. */
export async function measurePart(part: Part, pin: readonly string[], rounds: number, quick: boolean, say: (round: number) => void): Promise<PartResult> {
  const program = fileURLToPath(new URL(part.program, import.meta.url));
  const runs: Record<string, number>[] = [];
  for (let round = 1; round <= rounds; round++) {
    say(round);
    const out = await runToEnd([...pin, process.execPath, '--expose-gc', program, ...(quick ? part.quick : part.args)], process.env, LIMIT_MS);
    runs.push(JSON.parse(out) as Record<string, number>);
  }
  const values: Record<string, Spread> = {};
  for (const m of part.measures) {
    const numbers = runs.map((r) => r[m.id]!);
    if (!numbers.every(Number.isFinite)) throw new Error(`${part.id}: no ${m.id}`);
    const { median, min, max } = spread(numbers);
    const digits = (n: number): number => Number(n.toPrecision(4));
    values[m.id] = { median: digits(median), min: digits(min), max: digits(max) };
  }
  return { id: part.id, date: new Date().toISOString().slice(0, 10), rounds, values };
}

function lines(r: PartResult): string[][] {
  const part = PARTS.find((p) => p.id === r.id)!;
  return part.measures.map((m) => {
    const v = r.values[m.id]!;
    return [m.title, `${v.median} ${m.unit}`, m.want, `${v.min} - ${v.max}`];
  });
}

const HEAD = ['', 'median', 'wanted', 'least - greatest'];

/** For the terminal. */
export function plainPart(r: PartResult): string {
  const all = [HEAD, ...lines(r)];
  const width = HEAD.map((_, i) => Math.max(...all.map((l) => l[i]!.length)));
  return `${PARTS.find((p) => p.id === r.id)!.title}\n${all.map((l) => l.map((c, i) => (i === 0 ? c.padEnd(width[i]!) : c.padStart(width[i]!))).join('  ')).join('\n')}`;
}

/** For the page. */
export function markdownPart(r: PartResult): string {
  const part = PARTS.find((p) => p.id === r.id)!;
  const row = (c: readonly string[]): string => `| ${c.join(' | ')} |`;
  return `## ${part.title}\n\n\`--only ${part.id}\`, ${r.rounds} rounds, ${r.date}. ${part.about}\n\n${[row(HEAD), row(['---', '--:', '--:', '--:']), ...lines(r).map(row)].join('\n')}\n`;
}
