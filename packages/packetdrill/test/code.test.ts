import { expect, test } from 'vitest';
import { CodeError, type Names, runCode } from '../src/code.ts';

function run(text: string, names: Record<string, number> = {}): { out: string[]; names: Names } {
  const out: string[] = [];
  const map: Names = new Map(Object.entries(names));
  runCode(text, map, (t) => void out.push(t));
  return { out, names: map };
}

test.each([
  ['1 + 2 * 3 - 4', 3],
  ['7 // 2 + 7 % 4 + -7 // 2', 2],
  ['(1 | 6) & 5', 5],
  ['1 << 4 >> 2', 4],
  ['0xff ^ 0x0f', 240],
  ['max(1, 5, 3) + abs(-2) + int(3.9)', 10],
  ['not 0 and 3', 3],
  ['0 or 8', 8],
])('%s is %d', (text, value) => {
  expect(run(`x = ${text}`).names.get('x')).toBe(value);
});

test('chained comparisons', () => {
  run('assert 1 <= x <= 2 < y', { x: 2, y: 3 });
  expect(() => run('assert 1 <= x <= 2', { x: 3 })).toThrow(CodeError);
});

test('an assertion says what it was', () => {
  expect(() => run("assert x == 2, 'x=%d of %s' % (x, 'two')", { x: 1 })).toThrow('assertion failed: x == 2: x=1 of two');
});

test('statements, assignments and print', () => {
  const r = run(`cwnd = 10; cwnd += 5   # comment
print(cwnd, 'a')
x = (1 +
  2)`);
  expect(r.out).toEqual(['15 a']);
  expect(r.names.get('x')).toBe(3);
});

test('there is no way out into JavaScript', () => {
  for (const text of ['constructor', '__proto__', 'globalThis', 'eval("1")', 'process.exit()', 'x.y', 'import os']) expect(() => run(text, { x: 1 }), text).toThrow(CodeError);
});
