/** Which sockets ss(8) is asked for: states, and an expression over addresses, ports and devices. Source: ss(8). */
import { addrBytes, AF_INET, AF_INET6, samePrefix, ToolExit } from './words.ts';

export const STATE_NAMES: readonly string[] = ['UNKNOWN', 'ESTAB', 'SYN-SENT', 'SYN-RECV', 'FIN-WAIT-1', 'FIN-WAIT-2', 'TIME-WAIT', 'UNCONN', 'CLOSE-WAIT', 'LAST-ACK', 'LISTEN', 'CLOSING'];
const WORDS: readonly string[] = ['', 'established', 'syn-sent', 'syn-recv', 'fin-wait-1', 'fin-wait-2', 'time-wait', 'unconnected', 'close-wait', 'last-ack', 'listening', 'closing'];

export const ESTABLISHED = 1;
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

/** What an expression can ask of a socket. */
export interface SsSubject {
  readonly family: number;
  readonly local: Uint8Array;
  readonly peer: Uint8Array;
  readonly localPort: number;
  readonly peerPort: number;
  readonly device: number;
  readonly mark: number;
}

export type SsTest = (s: SsSubject) => boolean;

const RELATIONS: Readonly<Record<string, string>> = { '=': '=', '==': '=', eq: '=', '!=': '!', ne: '!', neq: '!', '>=': '>=', ge: '>=', geq: '>=', '<=': '<=', le: '<=', leq: '<=', '>': '>', gt: '>', '<': '<', lt: '<' };

function relation(rel: string, a: number, b: number): boolean {
  switch (rel) {
    case '=':
      return a === b;
    case '!':
      return a !== b;
    case '>=':
      return a >= b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    default:
      return a < b;
  }
}

/** An address, a port, or both, as a test. */
function hostTest(word: string, side: 'local' | 'peer', services: ReadonlyMap<string, number>): SsTest {
  let host = word.replace(/^inet6?:/, '');
  let port: number | null = null;
  const bracket = /^\[(.*)\](?:\/(\d+))?(?::(.*))?$/.exec(host);
  let portText: string | undefined;
  if (bracket !== null) {
    host = bracket[2] === undefined ? bracket[1]! : `${bracket[1]!}/${bracket[2]}`;
    portText = bracket[3];
  } else if (host.split(':').length === 2) {
    const at = host.indexOf(':');
    portText = host.slice(at + 1);
    host = host.slice(0, at);
  }
  if (portText !== undefined && portText !== '*' && portText !== '') {
    port = /^\d+$/.test(portText) ? Number(portText) : (services.get(portText) ?? null);
    if (port === null) throw new ToolExit(1, `Error: "${portText}" does not look like a port.\nCannot parse dst/src address.\n`);
  }
  let prefix: Uint8Array | null = null;
  let bits = 0;
  if (host !== '' && host !== '*' && host !== 'all' && host !== 'any') {
    const [name = '', len] = host.split('/');
    prefix = addrBytes(name, 0);
    if (prefix === null) throw new ToolExit(1, `Error: an inet prefix is expected rather than "${host}".\nCannot parse dst/src address.\n`);
    bits = len === undefined ? prefix.length * 8 : Number(len);
  }
  return (s) => {
    const addr = side === 'local' ? s.local : s.peer;
    const p = side === 'local' ? s.localPort : s.peerPort;
    if (port !== null && p !== port) return false;
    if (prefix === null) return true;
    if (prefix.length === 4 && s.family === AF_INET6 && addr.length === 16) {
      // A mapped address is the other family's.
      const mapped = addr.subarray(0, 10).every((b) => b === 0) && addr[10] === 0xff && addr[11] === 0xff;
      return mapped && samePrefix(addr.subarray(12), prefix, bits);
    }
    return prefix.length === (s.family === AF_INET ? 4 : 16) && samePrefix(addr, prefix, bits);
  };
}

/** Reads an expression: `or` binds least, then `and` (or nothing between), then `not`. */
export function ssExpression(args: readonly string[], services: ReadonlyMap<string, number>, deviceOf: (name: string) => number): SsTest {
  // Parentheses and relations may stand without blanks around them.
  const tokens = args.flatMap((a) => a.match(/\(|\)|!=|>=|<=|==|=|>|<|!|&&|\|\||&|\||[^\s()=<>!&|]+/g) ?? []);
  let at = 0;
  const fail = (): never => {
    throw new ToolExit(255, `ss: bison bellows (while parsing filter): "syntax error!" Sorry.\n`);
  };
  const parseOr = (): SsTest => {
    let left = parseAnd();
    while (tokens[at] === 'or' || tokens[at] === '|' || tokens[at] === '||') {
      at++;
      const [a, b] = [left, parseAnd()];
      left = (s) => a(s) || b(s);
    }
    return left;
  };
  const parseAnd = (): SsTest => {
    let left = parseNot();
    while (at < tokens.length && tokens[at] !== ')' && tokens[at] !== 'or' && tokens[at] !== '|' && tokens[at] !== '||') {
      if (tokens[at] === 'and' || tokens[at] === '&' || tokens[at] === '&&') at++;
      const [a, b] = [left, parseNot()];
      left = (s) => a(s) && b(s);
    }
    return left;
  };
  const parseNot = (): SsTest => {
    if (tokens[at] === 'not' || tokens[at] === '!') {
      at++;
      const a = parseNot();
      return (s) => !a(s);
    }
    if (tokens[at] === '(') {
      at++;
      const a = parseOr();
      if (tokens[at++] !== ')') fail();
      return a;
    }
    return parseTest();
  };
  const parseTest = (): SsTest => {
    const word = tokens[at++] ?? fail();
    const rel = RELATIONS[tokens[at] ?? ''];
    if (rel !== undefined) at++;
    const value = (): string => tokens[at++] ?? fail();
    if (word === 'dst' || word === 'src') {
      const t = hostTest(value(), word === 'src' ? 'local' : 'peer', services);
      return rel === '!' ? (s) => !t(s) : t;
    }
    if (word === 'sport' || word === 'dport') {
      if (rel === undefined) fail();
      const v = value().replace(/^.*:/, '');
      const n = /^\d+$/.test(v) ? Number(v) : services.get(v);
      if (n === undefined) throw new ToolExit(1, `Error: "${v}" does not look like a port.\nCannot parse dst/src address.\n`);
      return (s) => relation(rel ?? '=', word === 'sport' ? s.localPort : s.peerPort, n);
    }
    if (word === 'dev') {
      const i = deviceOf(value());
      return (s) => (rel === '!') !== (s.device === i);
    }
    if (word === 'fwmark') {
      const [m = '0', mask] = value().split('/');
      return (s) => (rel === '!') !== ((s.mark & (mask === undefined ? -1 : Number(mask))) === (Number(m) & (mask === undefined ? -1 : Number(mask))));
    }
    if (word === 'autobound') return (s) => s.localPort >= 32768;
    // An address alone is the peer's.
    at--;
    if (rel !== undefined) at--;
    return hostTest(value(), 'peer', services);
  };
  if (tokens.length === 0) return () => true;
  const test = parseOr();
  if (at < tokens.length) fail();
  return test;
}
