// npm test: installs what is missing, then runs the packages' tests, from their sources, and after them the conformance
// tests, which need real programs and mostly root. Arguments after `npm test --` are vitest's: `npm test -- packages/tcp`.
// The last line is the sum of both. A conformance test may try twice, since the kernel beside it runs in real time: such tests are named, and more than a few are a failure.
// In CI a skipped test is a failure: there, everything that a test needs must be there. But for the judges that
// are not part of the project: a test whose name begins with `PACKETDRILL: ` runs where that environment variable names the program.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { missingNeeds } from '../../conformance/needs.mjs';
import { install } from './bootstrap.mjs';
import { readJson, relative, root } from './workspace.mjs';

install();
const args = process.argv.slice(2);
const inCi = Boolean(process.env.CI);
const SECOND_TRIES_BORNE = 6;

function vitest(name, config) {
  const json = path.join(root, 'temp', `${name}.json`);
  const tries = path.join(root, 'temp', `${name}-second-tries.json`);
  for (const file of [json, tries]) fs.rmSync(file, { force: true });
  const { status } = spawnSync(
    process.execPath,
    [path.join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--config', config, '--reporter=default', '--reporter=json', '--reporter=tools/scripts/second-tries.mjs', `--outputFile.json=${json}`, '--passWithNoTests', ...args],
    { cwd: root, stdio: 'inherit', env: { ...process.env, SECOND_TRIES: tries } },
  );
  if (!fs.existsSync(json)) return { ok: status === 0, ran: 0, passed: 0, failed: status === 0 ? 0 : 1, skipped: [], outside: new Map(), second: [] };
  const r = readJson(json);
  const isSkipped = (t) => /^(pending|skipped|todo|disabled)$/.test(t.status);
  const outside = new Map();
  const skipped = r.testResults.flatMap((f) => {
    const names = f.assertionResults.filter(isSkipped).map((t) => t.fullName).filter((name) => {
      const judge = /^([A-Z][A-Z_]+): /.exec(name)?.[1];
      if (judge === undefined || process.env[judge] !== undefined) return true;
      outside.set(judge, (outside.get(judge) ?? 0) + 1);
      return false;
    });
    const all = names.length > 1 && names.length === f.assertionResults.length;
    return all ? [{ text: `${relative(f.name)}: all ${names.length}`, count: names.length }] : names.map((n) => ({ text: `${relative(f.name)}: ${n}`, count: 1 }));
  });
  // A file that cannot even be loaded has no tests to count: it counts as one that failed.
  const broken = r.testResults.filter((f) => f.status === 'failed' && !f.assertionResults.some((t) => t.status === 'failed')).length;
  const failed = r.numFailedTests + broken;
  return { ok: status === 0 && r.success, ran: r.numTotalTests + broken, passed: r.numPassedTests, failed, skipped, outside, second: fs.existsSync(tries) ? readJson(tries) : [] };
}

const unit = vitest('unit', 'vitest.config.ts');
const missing = missingNeeds();
console.log(`\nConformance${missing.length ? `; tests that need what is missing here are skipped:\n${missing.map((m) => `  - ${m}`).join('\n')}` : ''}`);
const conformance = vitest('conformance', 'vitest.conformance.config.ts');

const both = [unit, conformance];
const sum = (f) => both.reduce((n, r) => n + f(r), 0);
const skipped = both.flatMap((r) => r.skipped);
const outside = both.flatMap((r) => [...r.outside]);
const skips = skipped.reduce((n, s) => n + s.count, 0);
const second = both.flatMap((r) => r.second);
const problems = [];
if (!both.every((r) => r.ok)) problems.push('a test failed');
if (args.length ? sum((r) => r.ran) === 0 : both.some((r) => r.ran === 0)) problems.push('no test ran');
if (inCi && skips) problems.push('in CI, no test may be skipped');
if (second.length > SECOND_TRIES_BORNE) problems.push(`${second.length} tests needed a second try`);

console.log('');
for (const s of second) console.log(`second try: ${s.test}: ${s.said}`);
for (const s of skipped) console.log(`skipped: ${s.text}`);
for (const [judge, n] of outside) console.log(`skipped: ${n} tests by a program from outside, which the environment variable ${judge} would name`);
for (const p of problems) console.log(`failure: ${p}`);
console.log(`${sum((r) => r.passed)} passed, ${sum((r) => r.failed)} failed, ${skips + outside.reduce((n, [, count]) => n + count, 0)} skipped`);
process.exitCode = problems.length ? 1 : 0;
