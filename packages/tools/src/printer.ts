/** Output that is text for people, or JSON, from one description. */

/** A number as it is to be written. */
export class Literal {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What can be a value of JSON. */
export type JsonValue = string | number | bigint | boolean | null | Literal;

const INDENT = '    ';

/** Writes either of the two: methods for text do nothing for JSON and the other way round. */
export class Printer {
  readonly json: boolean;
  readonly pretty: boolean;
  /** What ends a line within one entry. */
  readonly nl: string;
  #out: string = '';
  #depth: number = 0;
  #sep: string = '';

  constructor(json: boolean, pretty: boolean, oneline: boolean) {
    this.json = json;
    this.pretty = pretty;
    this.nl = oneline ? '\\' : '\n';
  }

  /** All that was written, once. */
  take(): string {
    const s = this.#out;
    this.#out = '';
    return s;
  }

  /** Text. */
  t(s: string): void {
    if (!this.json) this.#out += s;
  }

  /** A member or an element of JSON. */
  j(key: string | null, value: JsonValue): void {
    if (!this.json) return;
    this.#name(key);
    this.#out += value instanceof Literal ? value.text : typeof value === 'bigint' ? String(value) : JSON.stringify(value);
    this.#sep = ',';
  }

  /** Takes back spaces at the end. */
  trim(): void {
    if (!this.json) this.#out = this.#out.replace(/ +$/, '');
  }

  /** Both. */
  p(key: string | null, value: JsonValue, s: string): void {
    if (this.json) this.j(key, value);
    else this.#out += s;
  }

  open(c: '{' | '[', key: string | null = null): void {
    if (!this.json) return;
    this.#name(key);
    this.#out += c;
    this.#depth++;
    this.#sep = '';
    if (c === '[' && this.pretty) this.#out += ' ';
  }

  close(c: '}' | ']'): void {
    if (!this.json) return;
    this.#depth--;
    if (c === '}') {
      if (this.#sep !== '') this.#eol();
    } else if (this.pretty && this.#sep !== '') {
      this.#out += ' ';
    }
    this.#out += c;
    this.#sep = ',';
  }

  /** Text or JSON that stands for itself. */
  raw(s: string): void {
    this.#out += s;
  }

  #name(key: string | null): void {
    if (this.#sep !== '') this.#out += this.#sep;
    this.#sep = '';
    if (key === null) return;
    this.#eol();
    this.#out += `${JSON.stringify(key)}:${this.pretty ? ' ' : ''}`;
  }

  #eol(): void {
    if (this.pretty) this.#out += `\n${INDENT.repeat(this.#depth)}`;
  }
}
