// No package may keep state in a module: two kernels in one process must never see each other. This finds module-level
// let and var, static fields that can be written, and module-level collections, arrays and objects that functions change.
// A scratch area that no call leaves anything in says so: `// state-ok: reason`.
import { exemptions, isFunction, lines, parse, walk } from './ast.mjs';
import { files, packages, relative } from './workspace.mjs';
import path from 'node:path';

const CHANGES = new Set('set add delete clear push pop shift unshift splice sort reverse fill copyWithin setUint8 setUint16 setUint32 setInt8 setInt16 setInt32 setBigUint64 setBigInt64'.split(' '));
let errors = 0;
const report = (text) => { errors++; console.error(text); };

/** Names that a pattern binds. */
function bound(pattern, out = new Set()) {
  walk(pattern, (n, ancestors) => {
    const parent = ancestors.at(-1);
    const isKey = parent?.type === 'Property' && parent.key === n && parent.value !== n;
    if (n.type === 'Identifier' && !isKey && !ancestors.some((a) => a.type.startsWith('TS'))) out.add(n.name);
  });
  return out;
}

/** Names that a function declares itself and that therefore hide the module's. */
const cache = new WeakMap();
function locals(fn) {
  let out = cache.get(fn);
  if (out) return out;
  cache.set(fn, (out = new Set()));
  bound(fn.params, out);
  walk(fn.body, (n, ancestors) => {
    if (n.type === 'VariableDeclarator' && !ancestors.some(isFunction)) bound(n.id, out);
  });
  return out;
}

/** The identifier at the left end of a.b[c].d, if there is one. */
function rootOf(n) {
  while (n.type === 'MemberExpression' || n.type === 'TSNonNullExpression' || n.type === 'TSAsExpression') n = n.object ?? n.expression;
  return n.type === 'Identifier' ? n.name : undefined;
}

/** The name of what a node changes in place, if it changes anything. */
function changed(n) {
  if (n.type === 'AssignmentExpression' && n.left.type === 'MemberExpression') return rootOf(n.left);
  if (n.type === 'UpdateExpression' && n.argument.type === 'MemberExpression') return rootOf(n.argument);
  if (n.type === 'UnaryExpression' && n.operator === 'delete') return rootOf(n.argument);
  if (n.type === 'CallExpression' && n.callee.type === 'MemberExpression' && CHANGES.has(n.callee.property.name)) return rootOf(n.callee.object);
  return undefined;
}

let count = 0;
for (const p of packages.values()) {
  for (const file of files(path.join(p.path, 'src'), /\.ts$/)) {
    count++;
    const tree = parse(file, report);
    const line = lines(tree.text);
    const exempt = exemptions(tree, 'state-ok');
    const say = (n, text) => exempt(n) || report(`${relative(file)}:${line(n.start)}: ${text}`);
    const held = new Set();
    for (const s of tree.program.body) {
      const d = s.type === 'ExportNamedDeclaration' ? s.declaration : s;
      if (d?.type !== 'VariableDeclaration' || d.declare) continue;
      if (d.kind !== 'const') say(d, `module-level ${d.kind}: state belongs in a kernel, a net or an object that one of them holds`);
      for (const v of d.declarations) if (!exempt(v)) bound(v.id, held);
    }
    walk(tree.program, (n, ancestors) => {
      if (n.type === 'PropertyDefinition' && n.static && !n.readonly) say(n, 'a static field that can be written is module state; make it readonly');
      const name = changed(n);
      const functions = ancestors.filter(isFunction);
      if (name === undefined || !held.has(name) || functions.length === 0 || functions.some((f) => locals(f).has(name))) return;
      say(n, `changes '${name}', which belongs to the module: two kernels would share it`);
    });
  }
}
console.log(`state: ${count} files, ${errors} errors`);
process.exitCode = errors ? 1 : 0;
