// Checks (or with --update, writes) reviews/api/*.api.md, the public surface of every package as a reviewer reads it,
// in one process and one TypeScript program. Names of packages as arguments select some. Reads dist: run tsc -b first.
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import fs from 'node:fs';
import path from 'node:path';
import { packages, readJson, relative, root } from './workspace.mjs';

const update = process.argv.includes('--update');
const only = process.argv.slice(2).filter((a) => !a.startsWith('-'));
const { $schema: _, ...base } = readJson(path.join(root, 'api-extractor.base.json'));
const reports = path.join(root, 'reviews/api');
fs.mkdirSync(reports, { recursive: true });
fs.mkdirSync(path.join(root, 'temp/api'), { recursive: true });

// What a second entry point names and does not export, the package's main entry point exports: its own report checks that.
const withoutForgotten = (messages) => ({
  ...messages,
  extractorMessageReporting: { ...messages.extractorMessageReporting, 'ae-forgotten-export': { logLevel: 'none' } },
});

// One report for each entry point: '.' -> tcp.api.md, './testing' -> tcp.testing.api.md. The meta-package's subpaths
// only repeat what the packages' own reports say.
const configs = [];
for (const p of packages.values()) {
  if (only.length && !only.includes(p.dir)) continue;
  for (const [subpath, target] of Object.entries(readJson(path.join(p.path, 'package.json')).exports)) {
    if (typeof target === 'string' || (p.dir === 'linnet' && subpath !== '.')) continue;
    const reportFileName = `${p.dir}${subpath.slice(1).replaceAll('/', '.')}.api.md`;
    configs.push(
      ExtractorConfig.prepare({
        configObjectFullPath: path.join(p.path, 'api-extractor.json'),
        packageJsonFullPath: path.join(p.path, 'package.json'),
        projectFolderLookupToken: p.path,
        configObject: {
          ...base,
          projectFolder: p.path,
          mainEntryPointFilePath: path.join(p.path, target.types),
          apiReport: { ...base.apiReport, reportFileName },
          messages: subpath === '.' ? base.messages : withoutForgotten(base.messages),
        },
      }),
    );
  }
}

const compilerState = CompilerState.create(configs[0], { additionalEntryPoints: configs.slice(1).map((c) => c.mainEntryPointFilePath) });
let wrong = 0;
for (const config of configs) {
  const { name } = config.packageJson;
  const result = Extractor.invoke(config, {
    compilerState,
    localBuild: update,
    messageCallback(m) {
      m.handled = true;
      if (m.messageId === 'console-api-report-not-copied' || m.messageId === 'console-api-report-copied') return;
      const at = m.sourceFilePath ? `${relative(m.sourceFilePath)}:${m.sourceFileLine} ` : '';
      const serious = m.logLevel === ExtractorLogLevel.Error || (!update && m.logLevel === ExtractorLogLevel.Warning);
      if (serious) console.error(`${name}: ${at}${m.messageId} ${m.text}`);
    },
  });
  if (update && result.apiReportChanged) console.log(`${name}: report written`);
  if (!update && result.apiReportChanged) console.error(`${name}: the API differs from its report; run: pnpm api:update`);
  if (!result.succeeded && !(update && result.errorCount === 0)) wrong++;
}
if (!only.length) {
  const known = new Set(configs.map((c) => path.basename(c.reportFilePath)));
  for (const f of fs.readdirSync(reports)) {
    if (known.has(f)) continue;
    if (update) {
      fs.rmSync(path.join(reports, f));
    } else {
      wrong++;
      console.error(`reviews/api/${f}: there is no such entry point; run: pnpm api:update`);
    }
  }
}
console.log(`${configs.length} API reports, ${wrong} wrong`);
process.exitCode = wrong ? 1 : 0;
