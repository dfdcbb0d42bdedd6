/** The parser: a script's text into its tree. Source of the grammar: packetdrill's published syntax.md, and the scripts of its project. */
import { parsePacket } from './parse-packet.ts';
import { Scanner } from './scanner.ts';
import type { CallSpec, EventTime, Expr, Script, ScriptEvent } from './script.ts';

function time(s: Scanner): EventTime {
  if (s.take('*')) return { kind: 'any', at: 0, until: null };
  const kind = s.take('+') ? 'relative' : 'absolute';
  const at = s.seconds();
  if (!s.take('~')) return { kind, at, until: null };
  if (kind === 'relative') s.need('+');
  return { kind, at, until: s.seconds() };
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', 0: '\0' };

function items(s: Scanner, end: string): Expr[] {
  const out: Expr[] = [];
  if (s.take(end)) return out;
  do out.push(expression(s)); while (s.take(','));
  s.need(end);
  return out;
}

/** What stands between braces: fields with names, or a plain list. */
function braces(s: Scanner): Expr {
  const at = s.pos;
  const fields = new Map<string, Expr>();
  do {
    // `msg_iov(2)=[...]`: what is in the parentheses says nothing that is not seen behind.
    const name = s.match(/([A-Za-z_][A-Za-z0-9_]*)\s*(?:\([^()]*\))?\s*=/y)?.[1];
    if (name === undefined) {
      if (fields.size > 0) s.fail('field expected');
      s.pos = at;
      return { kind: 'list', items: items(s, '}') };
    }
    fields.set(name, expression(s));
  } while (s.take(','));
  s.need('}');
  return { kind: 'struct', fields };
}

function primary(s: Scanner): Expr {
  if (s.take('...')) return { kind: 'ellipsis' };
  const str = s.match(/"((?:[^"\\]|\\.)*)"/y);
  if (str !== null) {
    s.take('...');
    return { kind: 'string', text: str[1]!.replace(/\\(?:x([0-9a-fA-F]{2})|(.))/g, (_, hex: string | undefined, c: string) => (hex !== undefined ? String.fromCharCode(Number.parseInt(hex, 16)) : (ESCAPES[c] ?? c))) };
  }
  if (s.take('[')) return { kind: 'array', items: items(s, ']') };
  if (s.take('{')) return braces(s);
  if (s.take('(')) {
    const e = expression(s);
    s.need(')');
    return e;
  }
  const m = s.match(/-?(?:0[xX][0-9a-fA-F]+|[0-9]+)/y);
  if (m !== null) return { kind: 'int', value: m[0].startsWith('-') ? -Number(m[0].slice(1)) : Number(m[0]) };
  const name = s.word() ?? s.fail('expression expected');
  if (/^[0-9]/.test(name)) return { kind: 'int', value: Number(name) };
  if (s.take('(')) return { kind: 'call', name, args: items(s, ')') };
  return { kind: 'word', name };
}

function expression(s: Scanner): Expr {
  const first = primary(s);
  if (!s.peek('|')) return first;
  const parts = [first];
  while (s.take('|')) parts.push(primary(s));
  return { kind: 'or', parts };
}

/** `(Connection refused)`: a remark. */
function note(s: Scanner): boolean {
  return s.match(/\([^()]*\)/y) !== null;
}

function call(s: Scanner): CallSpec {
  const end = s.take('...') ? s.seconds() : null;
  const name = s.needWord('function name');
  s.need('(');
  const args = items(s, ')');
  s.need('=');
  const result = expression(s);
  let errno: string | null = null;
  if (!note(s) && /^E[A-Z0-9]+$/.test(s.peekWord() ?? '')) {
    errno = s.word();
    note(s);
  }
  return { name, args, result, errno, end };
}

function action(s: Scanner): ScriptEvent['action'] {
  if (s.peek('<') || s.peek('>')) return { kind: 'packet', packet: parsePacket(s) };
  const command = s.match(/`([^`]*)`/y);
  if (command !== null) return { kind: 'command', text: command[1]! };
  const code = s.match(/%\{([^]*?)\}%/y);
  if (code !== null) return { kind: 'code', text: code[1]! };
  return { kind: 'call', call: call(s) };
}

/** The options at a script's head. */
function options(s: Scanner, out: Map<string, string>, defines: Map<string, string>): void {
  for (;;) {
    const m = s.match(/(?:--define[ \t=]|-D)[ \t]*([^\s]+)|--([A-Za-z0-9_]+)(?:=("[^"\n]*"|[^\s]+))?/y);
    if (m === null) return;
    const value = (m[1] ?? m[3] ?? '').replace(/^"(.*)"$/, '$1');
    if (m[1] === undefined) {
      out.set(m[2]!, value);
      continue;
    }
    const eq = value.indexOf('=');
    if (eq < 1) s.fail('symbol=value expected');
    // What the command line defines counts more than what the script does.
    const name = value.slice(0, eq);
    if (!defines.has(name)) defines.set(name, value.slice(eq + 1).replace(/^["`](.*)["`]$/, '$1'));
  }
}

/**
 * Reads a script. `defines` are the symbols of the command line (`-D NAME=VALUE`). Throws a ScriptError that says where it stopped.
 * @public
 */
export function parseScript(file: string, text: string, defines: ReadonlyMap<string, string> = new Map()): Script {
  const known = new Map(defines);
  const s = new Scanner(file, text, known);
  const opts = new Map<string, string>();
  options(s, opts, known);
  const block = (): { line: number; text: string } | null => {
    const { line } = s;
    const m = s.match(/`([^`]*)`/y);
    return m === null ? null : { line, text: m[1]! };
  };
  const init = block();
  const events: ScriptEvent[] = [];
  let cleanup: Script['cleanup'] = null;
  while (!s.atEnd) {
    const { line } = s;
    if (s.peek('`')) {
      cleanup = block();
      if (!s.atEnd) s.fail('nothing may follow the cleanup command');
      break;
    }
    const when = time(s);
    events.push({ line, time: when, action: action(s) });
  }
  return { name: file, options: opts, defines: known, init, events, cleanup };
}
