/** docs/performance.md, from the results. */
import fs from 'node:fs';
import { markdownPart } from './parts.ts';
import { PAGE } from './paths.ts';
import type { Results } from './results.ts';
import { ROWS } from './rows.ts';
import { markdownTable } from './table.ts';

const REMARKS = `## How it is measured

- Each row runs in turns: Linnet, the kernel, Linnet, the kernel ... A number is the median of the rounds; the ratio is the median of the ratios of neighbouring runs, since a machine is faster at one
  time than at another. For speed a ratio above 1 means that Linnet does more; for memory one below 1 means that it needs less.
- **Linnet**: one Node process with one kernel, in it a namespace for each host, joined by veth pairs. A program in that process makes plain system calls (\`task.sys\` of \`@linnet/posix\`), which never
  wait. Each round is a new process: it compiles its code anew and warms up before the clock starts. CPU time is that of the whole process, garbage collector and compiler included.
- **kernel**: two network namespaces joined by a veth pair, the same message sizes, and \`bench/kernel/netbench.c\` in two processes with blocking calls, as programs are. CPU time is that of both
  processes and of the core's ksoftirqd.
- **kernel, one process**: the same with both ends in one process that never blocks, which is Linnet's own shape. There is no switch between processes in it: the hardest comparison.
- Everything is pinned to one and the same core with \`taskset\`, since waking another core costs more than what most rows measure.

## What the numbers do not say

- A Linnet program and its stack share a process: a system call is a function call, and what the kernel pays for its protection from programs is not paid. That is part of what Linnet is, and it is why
  small messages come out well. It is no proof that the protocol code is faster.
- Nothing here crosses to a real network card or to another process. A TAP costs two system calls of the real kernel per batch.
- One core, few connections, no loss, no delay: this is the cost of the code. How the protocols do on bad links is a matter of the tests.
- The kernel that was measured is that of a virtual machine, with the mitigations that its processor needs: entering it and switching between processes may cost a multiple of what it costs elsewhere, while
  JavaScript runs at full speed. On a bare machine the kernel's numbers are higher: measure there before you quote a ratio.
- The machine is shared as well; compare ratios, not numbers of different days.`;

/** Writes the page. */
export function writePage(results: Results): void {
  const { machine, rows, parts = [] } = results;
  const dates = [...new Set(rows.map((r) => r.date))].sort().join(', ');
  const rounds = [...new Set(rows.map((r) => r.rounds))].sort((a, b) => a - b).join(' or ');
  const whys = rows.filter((r) => r.why !== null).map((r) => `- ${r.id}: no kernel beside it: ${r.why}`);
  const text = `# How fast it is

Written by \`npm run bench -- --write-docs\` from \`bench/results.json\`; changes by hand are lost.

\`\`\`sh
npm run bench                      # all rows; needs root, ip, ethtool and a C compiler for the kernel's column
npm run bench -- --only bulk,rr    # some rows
npm run bench -- --rounds 9        # more rounds
npm run bench -- --quick           # does it all work?
npm run bench -- --help
\`\`\`

Measured ${dates}, ${rounds} rounds, on ${machine.cpu} (${machine.arch}, ${machine.cores} cores), ${machine.os}, Node ${machine.node}${machine.pinned ? ', pinned to one core' : ', not pinned'}.

${markdownTable(rows)}
${whys.length > 0 ? `\n${whys.join('\n')}\n` : ''}
CPU is microseconds of both ends: for bulk rows per megabyte, else for each exchange, connection or datagram.

## The rows

${ROWS.map((r) => `- **${r.title}** (\`--only ${r.id}\`): ${r.about}`).join('\n')}

${parts.map((p) => `${markdownPart(p)}\n`).join('')}${REMARKS}
`;
  fs.writeFileSync(PAGE, text);
}
