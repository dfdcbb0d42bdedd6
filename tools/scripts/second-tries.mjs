// A vitest reporter: which tests passed on the second try only, and what the first said, as JSON in the file that SECOND_TRIES names.
import fs from 'node:fs';
import { relative } from './workspace.mjs';

export default class SecondTries {
  onTestRunEnd(modules) {
    const tries = [];
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        if (!test.diagnostic()?.flaky) continue;
        const first = test.result().errors?.[0]?.message ?? '';
        tries.push({ test: `${relative(module.moduleId)}: ${test.fullName}`, said: first.split('\n')[0] });
      }
    }
    if (process.env.SECOND_TRIES) fs.writeFileSync(process.env.SECOND_TRIES, JSON.stringify(tries));
  }
}
