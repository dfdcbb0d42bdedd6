/**
 * The code between `%{` and `}%`: the small part of Python that scripts use (assertions, assignments, print), evaluated here. Nothing of it
 * reaches JavaScript's own `eval`: names are those of struct tcp_info, of its constants, and what the script assigned.
 */

type Value = number | string | boolean | readonly Value[];

/** The names that code sees. Assignments go into the map. */
export type Names = Map<string, Value>;

/** An assertion that does not hold, or code that is none. */
export class CodeError extends Error {
  constructor(text: string) {
    super(text);
    this.name = 'CodeError';
  }
}

interface Token {
  readonly kind: 'num' | 'str' | 'name' | 'op' | 'end';
  readonly text: string;
}

const TOKEN = (): RegExp => /[ \t\r]+|\\\n|#[^\n]*|(\d+\.\d*|\.\d+|0[xX][0-9a-fA-F]+|\d+)|('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")|([A-Za-z_]\w*)|(\*\*|\/\/|<<|>>|<=|>=|==|!=|\+=|-=|\*=|\/=|\|=|&=|[-+*/%&|^~<>=(),;\n[\]])/y;

function tokens(text: string): Token[] {
  const out: Token[] = [];
  const re = TOKEN();
  let depth = 0;
  while (re.lastIndex < text.length) {
    const at = re.lastIndex;
    const m = re.exec(text);
    if (m === null) throw new CodeError(`cannot read code at '${text.slice(at, at + 20).trim()}'`);
    if (m[1] !== undefined) out.push({ kind: 'num', text: m[1] });
    else if (m[2] !== undefined) out.push({ kind: 'str', text: m[2].slice(1, -1).replace(/\\(.)/g, '$1') });
    else if (m[3] !== undefined) out.push({ kind: 'name', text: m[3] });
    else if (m[4] !== undefined) {
      if (m[4] === '(' || m[4] === '[') depth++;
      if (m[4] === ')' || m[4] === ']') depth--;
      // Inside parentheses a line's end is a blank.
      if (m[4] === '\n' ? depth === 0 : true) out.push({ kind: 'op', text: m[4] === '\n' ? ';' : m[4] });
    }
  }
  out.push({ kind: 'end', text: '' });
  return out;
}

const num = (v: Value): number => {
  if (typeof v === 'number') return v;
  if (typeof v === 'boolean') return v ? 1 : 0;
  throw new CodeError('number expected');
};
const truth = (v: Value): boolean => (typeof v === 'object' ? v.length > 0 : typeof v === 'string' ? v !== '' : Number(v) !== 0);
const show = (v: Value): string => (typeof v === 'boolean' ? (v ? 'True' : 'False') : typeof v === 'object' ? `(${v.map(show).join(', ')})` : String(v));
// Bits beyond 32 do not occur in what scripts mask, but counters do: so no `| 0`.
const bits = (a: number, b: number, op: (x: bigint, y: bigint) => bigint): number => Number(op(BigInt(a), BigInt(b)));

/** `'cwnd=%d' % x`. */
function format(text: string, v: Value): string {
  const args = typeof v === 'object' ? [...v] : [v];
  return text.replace(/%(?:(%)|[-+0 #]*\d*(?:\.\d+)?([dsrifuxX]))/g, (_, percent: string | undefined, how: string) => {
    if (percent !== undefined) return '%';
    const arg = args.shift();
    if (arg === undefined) throw new CodeError('not enough arguments for format string');
    if (how === 'x' || how === 'X') return num(arg).toString(16);
    return how === 's' || how === 'r' || how === 'f' ? show(arg) : String(Math.trunc(num(arg)));
  });
}

const BINARY: readonly (readonly string[])[] = [['|'], ['^'], ['&'], ['<<', '>>'], ['+', '-'], ['*', '/', '//', '%']];
const COMPARE: readonly string[] = ['==', '!=', '<', '<=', '>', '>='];

class Evaluator {
  private readonly toks: readonly Token[];
  private readonly names: Names;
  private readonly print: (text: string) => void;
  private at = 0;

  constructor(text: string, names: Names, print: (text: string) => void) {
    this.toks = tokens(text);
    this.names = names;
    this.print = print;
  }

  private get tok(): Token {
    return this.toks[this.at]!;
  }

  private op(...texts: readonly string[]): string | null {
    const t = this.tok;
    if (t.kind !== 'op' || !texts.includes(t.text)) return null;
    this.at++;
    return t.text;
  }

  private name(text: string): boolean {
    const t = this.tok;
    if (t.kind !== 'name' || t.text !== text) return false;
    this.at++;
    return true;
  }

  private need(op: string): void {
    if (this.op(op) === null) throw new CodeError(`'${op}' expected before '${this.tok.text}'`);
  }

  run(): void {
    while (this.at < this.toks.length - 1) {
      if (this.op(';') !== null) continue;
      this.statement();
      if (this.at < this.toks.length - 1) this.need(';');
    }
  }

  private statement(): void {
    if (this.name('assert')) {
      const from = this.at;
      const ok = truth(this.expr());
      const text = this.toks.slice(from, this.at).map((t) => (t.kind === 'str' ? `'${t.text}'` : t.text)).join(' ');
      const said = this.op(',') === null ? null : this.expr();
      if (!ok) throw new CodeError(`assertion failed: ${text}${said === null ? '' : `: ${show(said)}`}`);
      return;
    }
    if (this.name('pass')) return;
    const [t, next] = [this.tok, this.toks[this.at + 1]!];
    if (t.kind === 'name' && next.kind === 'op' && /^(?:[-+*/|&])?=$/.test(next.text)) {
      this.at += 2;
      const value = this.expr();
      this.names.set(t.text, next.text === '=' ? value : this.binary(next.text[0]!, this.look(t.text), value));
      return;
    }
    this.expr();
  }

  private look(name: string): Value {
    const v = this.names.get(name);
    if (v === undefined) throw new CodeError(`name '${name}' is not defined`);
    return v;
  }

  private expr(): Value {
    let v = this.and();
    while (this.name('or')) {
      const right = this.and();
      v = truth(v) ? v : right;
    }
    return v;
  }

  private and(): Value {
    let v = this.not();
    while (this.name('and')) {
      const right = this.not();
      v = truth(v) ? right : v;
    }
    return v;
  }

  private not(): Value {
    return this.name('not') ? !truth(this.not()) : this.comparison();
  }

  /** Chains, as in `1 <= x <= 2`. */
  private comparison(): Value {
    let left = this.level(0);
    let op = this.op(...COMPARE);
    if (op === null) return left;
    let ok = true;
    for (; op !== null; op = this.op(...COMPARE)) {
      const right = this.level(0);
      const [a, b] = typeof left === 'string' || typeof right === 'string' ? [left, right] : [num(left), num(right)];
      ok &&= op === '==' ? a === b : op === '!=' ? a !== b : op === '<' ? a < b : op === '<=' ? a <= b : op === '>' ? a > b : a >= b;
      left = right;
    }
    return ok;
  }

  private level(n: number): Value {
    const ops = BINARY[n];
    if (ops === undefined) return this.unary();
    let v = this.level(n + 1);
    for (let op = this.op(...ops); op !== null; op = this.op(...ops)) v = this.binary(op, v, this.level(n + 1));
    return v;
  }

  private binary(op: string, a: Value, b: Value): Value {
    if (op === '%' && typeof a === 'string') return format(a, b);
    if (op === '+' && typeof a === 'string' && typeof b === 'string') return a + b;
    const [x, y] = [num(a), num(b)];
    switch (op) {
      case '+': return x + y;
      case '-': return x - y;
      case '*': return x * y;
      case '/': return x / y;
      case '//': return Math.floor(x / y);
      case '%': return x - y * Math.floor(x / y);
      case '<<': return x * 2 ** y;
      case '>>': return Math.floor(x / 2 ** y);
      case '&': return bits(x, y, (p, q) => p & q);
      case '|': return bits(x, y, (p, q) => p | q);
      default: return bits(x, y, (p, q) => p ^ q);
    }
  }

  private unary(): Value {
    if (this.op('-') !== null) return -num(this.unary());
    if (this.op('+') !== null) return num(this.unary());
    if (this.op('~') !== null) return -num(this.unary()) - 1;
    return this.primary();
  }

  private list(end: string): Value[] {
    const out: Value[] = [];
    while (this.op(end) === null) {
      out.push(this.expr());
      if (this.op(',') === null) {
        this.need(end);
        break;
      }
    }
    return out;
  }

  private primary(): Value {
    const t = this.tok;
    this.at++;
    if (t.kind === 'num') return Number(t.text);
    if (t.kind === 'str') return t.text;
    if (t.kind === 'op' && t.text === '(') {
      const values = this.list(')');
      return values.length === 1 && this.toks[this.at - 2]!.text !== ',' ? values[0]! : values;
    }
    if (t.kind !== 'name') throw new CodeError(`'${t.text}' is not expected here`);
    if (this.op('(') !== null) return this.call(t.text, this.list(')'));
    if (t.text === 'True' || t.text === 'False') return t.text === 'True';
    return this.look(t.text);
  }

  private call(name: string, args: readonly Value[]): Value {
    switch (name) {
      case 'print':
        this.print(args.map(show).join(' '));
        return 0;
      case 'abs': return Math.abs(num(args[0] ?? 0));
      case 'int': return Math.trunc(num(args[0] ?? 0));
      case 'min': return Math.min(...args.map(num));
      case 'max': return Math.max(...args.map(num));
      case 'str': return show(args[0] ?? '');
      default: throw new CodeError(`function '${name}' is not known`);
    }
  }
}

/** Runs code. Throws a CodeError for an assertion that does not hold and for what cannot be read. */
export function runCode(text: string, names: Names, print: (text: string) => void): void {
  new Evaluator(text, names, print).run();
}
