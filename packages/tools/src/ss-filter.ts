/** Which sockets ss(8) is asked for: states, and an expression over addresses, ports and devices. Source: ss(8). */
import { addrBytes, samePrefix, ToolExit } from './words.ts';

export const STATE_NAMES: readonly string[] = ['UNKNOWN', 'ESTAB', 'SYN-SENT', 'SYN-RECV', 'FIN-WAIT-1', 'FIN-WAIT-2', 'TIME-WAIT', 'UNCONN', 'CLOSE-WAIT', 'LAST-ACK', 'LISTEN', 'CLOSING'];
const WORDS: readonly string[] = ['', 'established', 'syn-sent', 'syn-recv', 'fin-wait-1', 'fin-wait-2', 'time-wait', 'unconnected', 'close-wait', 'last-ack', 'listening', 'closing'];

export const ESTABLISHED = 1;
export const SYN_SENT = 2;
export const SYN_RECV = 3;
export const TIME_WAIT = 6;
export const CLOSE = 7;
export const LISTEN = 10;
export const ALL_STATES = 0xfff;
const bit = (n: number): number => 1 << n;
/** Those of connections. */
export const CONNECTED: number = ALL_STATES & ~(bit(CLOSE) | bit(LISTEN) | 1);

/** The bits that a word for states stands for. */
export function stateBits(word: string): number {
  switch (word) {
    case 'all':
      return ALL_STATES;
    case 'connected':
      return CONNECTED;
    case 'synchronized':
      return CONNECTED & ~bit(2);
    case 'bucket':
      return bit(SYN_RECV) | bit(TIME_WAIT);
    case 'big':
      return ALL_STATES & ~(bit(SYN_RECV) | bit(TIME_WAIT) | 1);
    case 'closed':
      return bit(CLOSE);
    case 'listen':
      return bit(LISTEN);
    default: {
      const i = WORDS.indexOf(word);
      if (i > 0) return bit(i);
      throw new ToolExit(255, `ss: wrong state name: ${word}\n`);
    }
  }
}

/** Which end of a connection. */
export type SsSide = 'src' | 'dst';

/** An expression. */
export type SsExpr =
  | { readonly op: 'and' | 'or'; readonly a: SsExpr; readonly b: SsExpr }
  | { readonly op: 'not'; readonly a: SsExpr }
  /** An address: a prefix of `bits`, or for local sockets the pattern of a name; null for any. A port: -1 for any. */
  | { readonly op: 'host'; readonly side: SsSide; readonly prefix: Uint8Array | null; readonly bits: number; readonly name: string | null; readonly port: number }
  | { readonly op: 'port'; readonly side: SsSide; readonly least: boolean; readonly port: number }
  | { readonly op: 'dev'; readonly index: number }
  | { readonly op: 'mark'; readonly mark: number; readonly mask: number }
  | { readonly op: 'auto' };

const RELATIONS: Readonly<Record<string, string>> = { '=': '=', '==': '=', eq: '=', '!=': '!', ne: '!', neq: '!', '>=': '>=', ge: '>=', geq: '>=', '<=': '<=', le: '<=', leq: '<=', '>': '>', gt: '>', '<': '<', lt: '<' };

/** An address, a port, or both. */
function host(word: string, side: SsSide, services: ReadonlyMap<string, number>): SsExpr {
  const any = { op: 'host', side, prefix: null, bits: 0, name: null, port: -1 } as const;
  if (/^(unix:|@|\/)/.test(word)) {
    const name = word.replace(/^unix:/, '');
    return { ...any, name: name === '*' ? null : name };
  }
  let text = word.replace(/^inet6?:/, '');
  let port = -1;
  const bracket = /^\[(.*)\](?:\/(\d+))?(?::(.*))?$/.exec(text);
  let portText: string | undefined;
  if (bracket !== null) {
    text = bracket[2] === undefined ? bracket[1]! : `${bracket[1]!}/${bracket[2]}`;
    portText = bracket[3];
  } else if (text.split(':').length === 2) {
    const at = text.indexOf(':');
    portText = text.slice(at + 1);
    text = text.slice(0, at);
  }
  if (portText !== undefined && portText !== '*' && portText !== '') {
    port = /^\d+$/.test(portText) ? Number(portText) : (services.get(portText) ?? -1);
    if (port < 0) throw new ToolExit(1, `Error: "${portText}" does not look like a port.\nCannot parse dst/src address.\n`);
  }
  if (text === '' || text === '*' || text === 'all' || text === 'any') return { ...any, port };
  const [addr = '', len] = text.split('/');
  const prefix = addrBytes(addr, 0);
  if (prefix === null) throw new ToolExit(1, `Error: an inet prefix is expected rather than "${text}".\nCannot parse dst/src address.\n`);
  return { ...any, port, prefix, bits: len === undefined ? prefix.length * 8 : Number(len) };
}

/** Reads an expression, null where there is none: `or` binds least, then `and` (or nothing between), then `not`. */
export function ssExpression(args: readonly string[], services: ReadonlyMap<string, number>, deviceOf: (name: string) => number): SsExpr | null {
  // Parentheses and relations may stand without blanks around them.
  const tokens = args.flatMap((a) => a.match(/\(|\)|!=|>=|<=|==|=|>|<|!|&&|\|\||&|\||[^\s()=<>!&|]+/g) ?? []);
  let at = 0;
  const fail = (): never => {
    throw new ToolExit(255, `ss: bison bellows (while parsing filter): "syntax error!" Sorry.\n`);
  };
  const isOr = (): boolean => tokens[at] === 'or' || tokens[at] === '|' || tokens[at] === '||';
  const parseOr = (): SsExpr => {
    let left = parseAnd();
    while (isOr()) {
      at++;
      left = { op: 'or', a: left, b: parseAnd() };
    }
    return left;
  };
  const parseAnd = (): SsExpr => {
    let left = parseNot();
    while (at < tokens.length && tokens[at] !== ')' && !isOr()) {
      if (tokens[at] === 'and' || tokens[at] === '&' || tokens[at] === '&&') at++;
      left = { op: 'and', a: left, b: parseNot() };
    }
    return left;
  };
  const parseNot = (): SsExpr => {
    if (tokens[at] === 'not' || tokens[at] === '!') {
      at++;
      return { op: 'not', a: parseNot() };
    }
    if (tokens[at] === '(') {
      at++;
      const a = parseOr();
      if (tokens[at++] !== ')') fail();
      return a;
    }
    return parseTest();
  };
  const parseTest = (): SsExpr => {
    const word = tokens[at++] ?? fail();
    const rel = RELATIONS[tokens[at] ?? ''];
    if (rel !== undefined) at++;
    const value = (): string => tokens[at++] ?? fail();
    const unless = (a: SsExpr): SsExpr => (rel === '!' ? { op: 'not', a } : a);
    if (word === 'dst' || word === 'src') return unless(host(value(), word, services));
    if (word === 'sport' || word === 'dport') {
      if (rel === undefined) fail();
      const v = value().replace(/^(?:.*\])?\*?:/, '');
      const port = /^\d+$/.test(v) ? Number(v) : services.get(v);
      if (port === undefined) throw new ToolExit(1, `Error: "${v}" does not look like a port.\nCannot parse dst/src address.\n`);
      const side = word === 'sport' ? 'src' : 'dst';
      if (rel === '=' || rel === '!') return unless({ op: 'host', side, prefix: null, bits: 0, name: null, port });
      // What is greater is not less or equal.
      const bound: SsExpr = { op: 'port', side, least: rel === '>=' || rel === '<', port };
      return rel === '>' || rel === '<' ? { op: 'not', a: bound } : bound;
    }
    if (word === 'dev') return unless({ op: 'dev', index: deviceOf(value()) });
    if (word === 'fwmark') {
      const [m = '0', mask = '0xffffffff'] = value().split('/');
      return unless({ op: 'mark', mark: Number(m), mask: Number(mask) });
    }
    if (word === 'autobound') return { op: 'auto' };
    // An address alone is the peer's.
    at--;
    if (rel !== undefined) at--;
    return host(value(), 'dst', services);
  };
  if (tokens.length === 0) return null;
  const expr = parseOr();
  if (at < tokens.length) fail();
  return expr;
}

/** What an expression asks of a socket of the internet families. */
export interface SsInet {
  readonly local: Uint8Array;
  readonly peer: Uint8Array;
  readonly localPort: number;
  readonly peerPort: number;
  readonly device: number;
  readonly mark: number;
}

/** Does an address begin so? One of IPv4 may be mapped into IPv6. */
function within(addr: Uint8Array, prefix: Uint8Array, bits: number): boolean {
  const mapped = prefix.length === 4 && addr.length === 16 && addr.subarray(0, 10).every((b) => b === 0) && addr[10] === 0xff && addr[11] === 0xff;
  const of = mapped ? addr.subarray(12) : addr;
  return of.length === prefix.length && samePrefix(of, prefix, bits);
}

/**
 * Is an internet socket one of those that are asked for? The kernel has picked them already; but what it calls bound by itself may be a connection to a listener's port, which ss leaves out: `ports` are
 * those that the kernel binds to by itself.
 */
export function ssFitsInet(e: SsExpr, s: SsInet, ports: readonly [number, number]): boolean {
  switch (e.op) {
    case 'and':
      return ssFitsInet(e.a, s, ports) && ssFitsInet(e.b, s, ports);
    case 'or':
      return ssFitsInet(e.a, s, ports) || ssFitsInet(e.b, s, ports);
    case 'not':
      return !ssFitsInet(e.a, s, ports);
    case 'host': {
      const [addr, port] = e.side === 'src' ? [s.local, s.localPort] : [s.peer, s.peerPort];
      return e.name === null && (e.port < 0 || e.port === port) && (e.prefix === null || within(addr, e.prefix, e.bits));
    }
    case 'port': {
      const port = e.side === 'src' ? s.localPort : s.peerPort;
      return e.least ? port >= e.port : port <= e.port;
    }
    case 'dev':
      return s.device === e.index;
    case 'mark':
      return ((s.mark ^ e.mark) & e.mask) === 0;
    case 'auto':
      return s.localPort >= ports[0] && s.localPort <= ports[1];
  }
}

/** What an expression asks of a local socket. */
export interface SsLocal {
  readonly name: string;
  readonly peerName: string;
}

/** A name against a pattern of fnmatch(3): `*` and `?`. */
function fits(name: string, pattern: string): boolean {
  return new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(name);
}

/** Is a local socket one of those that are asked for? (The kernel has no filter for these.) Addresses, ports, devices and marks are not theirs. */
export function ssFitsLocal(e: SsExpr, s: SsLocal): boolean {
  switch (e.op) {
    case 'and':
      return ssFitsLocal(e.a, s) && ssFitsLocal(e.b, s);
    case 'or':
      return ssFitsLocal(e.a, s) || ssFitsLocal(e.b, s);
    case 'not':
      return !ssFitsLocal(e.a, s);
    case 'host':
      return e.prefix === null && e.port < 0 && (e.name === null || fits(e.side === 'src' ? s.name : s.peerName, e.name));
    default:
      return false;
  }
}
