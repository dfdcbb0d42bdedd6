// In packages that graph.json marks `datapath`, what runs for every packet may not allocate. This finds the ways of
// allocating that creep in unseen. Code that is not run per packet says so: `// datapath-ok: reason` (see ast.mjs for where).
import { exemptions, isFunction, lines, parse, walk } from './ast.mjs';
import { files, packages, relative } from './workspace.mjs';
import path from 'node:path';

let errors = 0;
const report = (text) => { errors++; console.error(text); };

/** What a node costs a packet, or undefined. */
function cost(n) {
  switch (n.type) {
    case 'CallExpression': {
      const callee = n.callee;
      if (callee.type === 'Identifier' && callee.name === 'BigInt') return 'BigInt()';
      if (callee.type !== 'MemberExpression' || callee.computed) return undefined;
      if (callee.property.name === 'subarray' || callee.property.name === 'slice') return `.${callee.property.name}()`;
      return undefined;
    }
    case 'NewExpression': return n.callee.name === 'DataView' ? 'new DataView' : undefined;
    case 'SpreadElement': return 'a spread';
    case 'RestElement': return 'a rest element';
    case 'TemplateLiteral': return 'a template string';
    case 'Identifier': return n.name === 'Buffer' ? 'Buffer' : undefined;
    case 'Literal': return n.bigint === undefined ? undefined : 'a BigInt';
    default: return undefined;
  }
}
const isType = (n) => n.type.startsWith('TS') && !/^TS(AsExpression|NonNullExpression|SatisfiesExpression|TypeAssertion)$/.test(n.type);

let count = 0;
for (const p of packages.values()) {
  if (!p.datapath) continue;
  for (const file of files(path.join(p.path, 'src'), /\.ts$/)) {
    count++;
    const tree = parse(file, report);
    const line = lines(tree.text);
    const exempt = exemptions(tree, 'datapath-ok');
    walk(tree.program, (n, ancestors) => {
      const what = cost(n);
      if (what === undefined || !ancestors.some(isFunction) || exempt(n)) return;
      // What is thrown is not the datapath: a packet is never a reason to throw. Types cost nothing.
      if (ancestors.some((a) => a.type === 'ThrowStatement' || isType(a))) return;
      report(`${relative(file)}:${line(n.start)}: ${what} in the datapath (if it does not run per packet: // datapath-ok: why)`);
    });
  }
}
console.log(`datapath: ${count} files, ${errors} errors`);
process.exitCode = errors ? 1 : 0;
