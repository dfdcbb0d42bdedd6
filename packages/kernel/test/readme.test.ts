import fs from 'node:fs';
import { transformWithOxc } from 'vite';
import { expect, it } from 'vitest';
import * as kernel from '../src/index.ts';

it('the example of the README runs and prints what it says', async () => {
  const readme = fs.readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, code] = /```ts\n([\s\S]*?)```/.exec(readme)!;
  const [, prints] = /It prints\s+```\n([\s\S]*?)```/.exec(readme)!;
  const { code: js } = await transformWithOxc(code!, 'readme.ts');
  const body = js.replace(/import (\{[^}]*\}) from ['"]@linnet\/kernel['"];/, 'const $1 = kernel;');
  expect(body).not.toContain('import ');
  const out: string[] = [];
  const console = { log: (...words: unknown[]) => out.push(`${words.join(' ')}\n`) };
  const AsyncFunction = (async () => undefined).constructor as new (...args: string[]) => (...args: unknown[]) => Promise<void>;
  await new AsyncFunction('kernel', 'console', body)(kernel, console);
  expect(out.join('')).toBe(prints);
});
