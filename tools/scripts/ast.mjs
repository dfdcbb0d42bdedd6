// The little that the checks need from a syntax tree.
import { parseSync } from 'oxc-parser';
import fs from 'node:fs';
import { relative } from './workspace.mjs';

/** Parses a file; syntax errors are given to `report`. */
export function parse(file, report) {
  const text = fs.readFileSync(file, 'utf8');
  const tree = parseSync(file, text);
  for (const e of tree.errors) report(`${relative(file)}: ${e.message}`);
  return { ...tree, text };
}

/** Calls enter(node, ancestors) for every node, outermost first; the ancestors' last is the parent. */
export function walk(node, enter, ancestors = []) {
  if (Array.isArray(node)) {
    for (const n of node) walk(n, enter, ancestors);
  } else if (node !== null && typeof node === 'object') {
    const isNode = typeof node.type === 'string';
    if (isNode) enter(node, ancestors);
    const below = isNode ? [...ancestors, node] : ancestors;
    for (const key in node) if (key !== 'parent') walk(node[key], enter, below);
  }
}

export const isFunction = (n) => /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(n.type);

/** Line number (from 1) of each offset that is asked for. */
export function lines(text) {
  const starts = [0];
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
  return (offset) => {
    let lo = 0;
    let hi = starts.length;
    while (hi - lo > 1) {
      const mid = (lo + hi) >> 1;
      if (starts[mid] <= offset) lo = mid;
      else hi = mid;
    }
    return lo + 1;
  };
}

/**
 * Exemptions written in a file as `// <word>: reason`: on the line itself or alone on the line above, on the first line of a
 * function (then for all of it), or `// <word>-file: reason` anywhere (for all of the file). A reason must be given.
 */
export function exemptions({ text, comments, program }, word) {
  const line = lines(text);
  const marks = comments.flatMap((c) => {
    const m = new RegExp(`^\\s*${word}(-file)?:\\s*\\S`).exec(c.value);
    if (!m) return [];
    const alone = text.slice(text.lastIndexOf('\n', c.start) + 1, c.start).trim() === '';
    return [{ whole: m[1] !== undefined, line: line(c.start), alone }];
  });
  if (marks.some((m) => m.whole)) return () => true;
  const exempt = new Set(marks.map((m) => (m.alone ? m.line + 1 : m.line)));
  const on = new Set(marks.map((m) => m.line));
  const spans = [];
  walk(program, (n) => {
    if (!isFunction(n) || !n.body) return;
    for (let l = line(n.start); l <= line(n.body.start); l++) if (on.has(l)) spans.push([n.start, n.end]);
  });
  return (node) => exempt.has(line(node.start)) || spans.some(([a, b]) => a <= node.start && node.end <= b);
}
