/** Words and signs of a script. What a word is depends on where it stands, so the parser asks for what it expects. */
import { ScriptError } from './script.ts';

/** A place in a text. */
export class Scanner {
  readonly file: string;
  readonly text: string;
  readonly defines: Map<string, string>;
  pos: number;
  private lineAt = 0;
  private lineNo = 1;

  constructor(file: string, text: string, defines: Map<string, string>) {
    this.file = file;
    this.text = text;
    this.defines = defines;
    this.pos = 0;
  }

  /** The line of a position, from 1. */
  lineOf(pos: number): number {
    if (pos < this.lineAt) {
      this.lineAt = 0;
      this.lineNo = 1;
    }
    for (; this.lineAt < pos; this.lineAt++) if (this.text[this.lineAt] === '\n') this.lineNo++;
    return this.lineNo;
  }

  get line(): number {
    this.skip();
    return this.lineOf(this.pos);
  }

  fail(text?: string): never {
    this.skip();
    const near = /[^\n]{0,30}/y;
    near.lastIndex = this.pos;
    const seen = near.exec(this.text)?.[0] ?? '';
    throw new ScriptError(this.file, this.lineOf(this.pos), `parse error at '${seen === '' ? 'end of script' : seen}': ${text ?? 'syntax error'}`);
  }

  /** Goes over blanks and comments. */
  skip(): void {
    const blank = /(?:\s+|\/\/[^\n]*|#[^\n]*|\/\*[^]*?\*\/)+/y;
    blank.lastIndex = this.pos;
    if (blank.test(this.text)) this.pos = blank.lastIndex;
  }

  get atEnd(): boolean {
    this.skip();
    return this.pos >= this.text.length;
  }

  /** The text that a sticky pattern matches here, or null. */
  match(pattern: RegExp): RegExpExecArray | null {
    this.skip();
    pattern.lastIndex = this.pos;
    const m = pattern.exec(this.text);
    if (m !== null) this.pos = pattern.lastIndex;
    return m;
  }

  peek(sign: string): boolean {
    this.skip();
    return this.text.startsWith(sign, this.pos);
  }

  take(sign: string): boolean {
    if (!this.peek(sign)) return false;
    this.pos += sign.length;
    return true;
  }

  need(sign: string): void {
    if (!this.take(sign)) this.fail(`'${sign}' expected`);
  }

  /** A word that comes next, without taking it: as the defined symbols have it. */
  peekWord(): string | null {
    const at = this.pos;
    const word = this.word();
    this.pos = at;
    return word;
  }

  word(): string | null {
    const m = this.match(/[A-Za-z_][A-Za-z0-9_]*/y);
    if (m === null) return null;
    return this.defines.get(m[0]) ?? m[0];
  }

  needWord(what: string): string {
    return this.word() ?? this.fail(`${what} expected`);
  }

  /** Takes the word if it is this one. */
  takeWord(word: string): boolean {
    const at = this.pos;
    if (this.word() === word) return true;
    this.pos = at;
    return false;
  }

  int(): number {
    const m = this.match(/-?(?:0[xX][0-9a-fA-F]+|[0-9]+)/y);
    if (m !== null) return m[0].startsWith('-') ? -Number(m[0].slice(1)) : Number(m[0]);
    const at = this.pos;
    const word = this.word();
    if (word !== null && /^-?(0[xX][0-9a-fA-F]+|[0-9]+)$/.test(word)) return Number(word);
    this.pos = at;
    return this.fail('number expected');
  }

  /** Seconds: `1`, `.5`, `0.25`. */
  seconds(): number {
    const m = this.match(/[0-9]+\.(?!\.)[0-9]*|\.[0-9]+|[0-9]+/y) ?? this.fail('time expected');
    return Number(m[0]);
  }

  /** Bytes in hexadecimal digits; empty when none come. */
  hex(): Uint8Array {
    const at = this.pos;
    const m = this.match(/[A-Za-z0-9_]+/y);
    if (m === null) return new Uint8Array(0);
    const digits = this.defines.get(m[0]) ?? m[0];
    if (!/^(?:[0-9a-fA-F]{2})+$/.test(digits)) {
      this.pos = at;
      return this.fail('hexadecimal bytes expected');
    }
    return Uint8Array.from(digits.match(/../g)!, (d) => Number.parseInt(d, 16));
  }
}
