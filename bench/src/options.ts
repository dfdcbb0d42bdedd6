/** The command line. */
import { parseArgs } from 'node:util';
import { PARTS, type Part } from './parts.ts';
import { ROWS, type Row } from './rows.ts';

export interface Options {
  readonly rounds: number;
  readonly rows: readonly Row[];
  readonly parts: readonly Part[];
  readonly quick: boolean;
  readonly json: string | null;
  readonly writeDocs: boolean;
}

/** Rows, and parts that stand alone. */
const IDS: readonly string[] = [...ROWS, ...PARTS].map((r) => r.id);

const HELP = `Measures Linnet beside the real kernel, in turns, both pinned to one core.

  npm run bench -- [options]

  --rounds N    how often each side of each row runs (default 5)
  --only ROW    this row or part only; may be given again, or with commas: ${IDS.join(', ')}
  --quick       one short round: does it all work? The numbers mean nothing
  --json FILE   writes the results to FILE as well (bench/history has one of each run)
  --write-docs  writes the results to bench/results.json and docs/performance.md; with --only, for those
  --help        this text

The kernel's column needs root, ip, ethtool and a C compiler; it makes namespaces of its own, and deletes them.`;

function fail(text: string): never {
  console.error(`bench: ${text} (--help tells the options)`);
  process.exit(2);
}

function parse(argv: readonly string[]): { [name: string]: string | boolean | (string | boolean)[] | undefined } {
  try {
    const string = { type: 'string' } as const;
    const flag = { type: 'boolean', default: false } as const;
    const options = { rounds: string, only: { ...string, multiple: true }, quick: flag, json: string, 'write-docs': flag, help: flag } as const;
    return parseArgs({ args: [...argv], options }).values;
  } catch (error) {
    return fail((error as Error).message);
  }
}

/** Reads the options; prints the help or the fault and ends the process where there is nothing to measure. */
export function readOptions(argv: readonly string[]): Options {
  const values = parse(argv);
  if (values['help'] === true) {
    console.log(HELP);
    process.exit(0);
  }
  const quick = values['quick'] === true;
  const rounds = values['rounds'] === undefined ? (quick ? 1 : 5) : Number(values['rounds']);
  if (!Number.isInteger(rounds) || rounds < 1) fail(`--rounds ${String(values['rounds'])}: not a number of rounds`);
  const wanted = ((values['only'] as string[] | undefined) ?? []).flatMap((s) => s.split(','));
  for (const id of wanted) if (!IDS.includes(id)) fail(`--only ${id}: there is no such row; there are ${IDS.join(', ')}`);
  const writeDocs = values['write-docs'] === true;
  if (quick && writeDocs) fail('--quick numbers are not for the page: leave --write-docs out');
  return {
    rounds,
    quick,
    writeDocs,
    rows: wanted.length === 0 ? ROWS : ROWS.filter((r) => wanted.includes(r.id)),
    parts: wanted.length === 0 ? PARTS : PARTS.filter((p) => wanted.includes(p.id)),
    json: (values['json'] as string | undefined) ?? null,
  };
}
