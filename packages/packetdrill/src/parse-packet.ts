/** Packets as scripts write them: `< S 0:0(0) win 1000 <mss 1460>`. */
import type { Scanner } from './scanner.ts';
import type { IcmpSpec, IpInfo, PacketSpec, TcpOption, TcpSpec } from './script.ts';

/** The flags' letters and bits; `A` is the third ECN bit (AE). */
export const FLAG_BITS: readonly (readonly [string, number])[] = [
  ['F', 1], ['S', 2], ['R', 4], ['P', 8], ['.', 16], ['U', 32], ['E', 64], ['W', 128], ['A', 256],
];

const NO_INFO: IpInfo = { ecn: null, tos: null, anyEct: false, ttl: null, flowLabel: null };
const ECN: Readonly<Record<string, number>> = { noecn: 0, ect1: 1, ect0: 2, ce: 3 };

function ipInfo(s: Scanner): IpInfo {
  const close = s.take('[') ? ']' : s.take('(') ? ')' : null;
  if (close === null) return NO_INFO;
  const info = { ...NO_INFO } as { -readonly [K in keyof IpInfo]: IpInfo[K] };
  do {
    const word = s.needWord('IP field').toLowerCase();
    if (Object.hasOwn(ECN, word)) info.ecn = ECN[word]!;
    else if (word === 'ect01') info.anyEct = true;
    else if (word === 'tos') info.tos = s.int();
    else if (word === 'ttl') info.ttl = s.int();
    else if (word === 'flowlabel') info.flowLabel = s.int();
    else s.fail(`unknown IP field ${word}`);
  } while (s.take(','));
  s.need(close);
  return info;
}

function ports(s: Scanner): readonly [number, number] | null {
  const m = s.match(/([0-9]+)\s*>\s*([0-9]+)(?![0-9:])/y);
  return m === null ? null : [Number(m[1]), Number(m[2])];
}

function flags(s: Scanner): number {
  if (s.match(/-(?=\s)/y) !== null) return 0;
  const m = s.match(/[FSRPUEWA]*\.?(?=\s)/y);
  if (m === null || m[0] === '') s.fail('TCP flags expected');
  let bits = 0;
  for (const [letter, bit] of FLAG_BITS) if (m[0].includes(letter)) bits |= bit;
  return bits;
}

/** `first:last(length)`. */
function range(s: Scanner): { seq: number; length: number } {
  const seq = s.int();
  s.need(':');
  const last = s.int();
  s.need('(');
  const length = s.int();
  s.need(')');
  if (((last - seq) >>> 0) !== length) s.fail('inconsistent TCP sequence numbers and payload size');
  return { seq, length };
}

function option(s: Scanner): TcpOption {
  const name = s.needWord('TCP option');
  switch (name) {
    case 'nop':
    case 'eol':
    case 'sackOK':
      return { kind: name };
    case 'mss':
    case 'wscale':
      return { kind: name, value: s.int() };
    case 'TS': {
      if (!s.takeWord('val')) s.fail("'val' expected");
      const val = s.int();
      if (!s.takeWord('ecr')) s.fail("'ecr' expected");
      return { kind: 'TS', val, ecr: s.int() };
    }
    case 'sack': {
      const blocks: [number, number][] = [];
      for (let m = s.match(/([0-9]+):([0-9]+)/y); m !== null; m = s.match(/([0-9]+):([0-9]+)/y)) blocks.push([Number(m[1]), Number(m[2])]);
      if (blocks.length === 0) s.fail('sack block expected');
      return { kind: 'sack', blocks };
    }
    case 'FO':
    case 'FOEXP':
      return { kind: name, cookie: s.hex() };
    case 'md5':
      return { kind: 'md5', digest: s.hex() };
    default:
      return s.fail(`unknown TCP option ${name}`);
  }
}

function options(s: Scanner): readonly TcpOption[] | null {
  if (!s.take('<')) return [];
  if (s.take('...')) {
    s.need('>');
    return null;
  }
  const out: TcpOption[] = [];
  if (s.take('>')) return out;
  do out.push(option(s)); while (s.take(','));
  s.need('>');
  return out;
}

type TcpBody = Omit<TcpSpec, 'inbound' | 'ip' | 'text'>;

function tcp(s: Scanner): TcpBody {
  const p = ports(s);
  const f = flags(s);
  const { seq, length } = range(s);
  const ack = s.takeWord('ack') ? s.int() : null;
  const win = s.takeWord('win') ? s.int() : null;
  const urg = s.takeWord('urg') ? s.int() : null;
  // A word of packetdrill's for the next line could begin with '<', too: there a time stands before it.
  return { proto: 'tcp', ports: p, flags: f, seq, length, ack, win, urg, options: options(s) };
}

function icmp(s: Scanner): Omit<IcmpSpec, 'inbound' | 'ip' | 'text'> {
  const type = s.needWord('ICMP type');
  let code: string | null = null;
  const next = s.peekWord();
  if (next !== null && next !== 'mtu' && next !== 'id') code = s.word();
  const mtu = s.takeWord('mtu') ? s.int() : null;
  const id = s.takeWord('id') ? s.int() : null;
  let echoed: IcmpSpec['echoed'] = null;
  if (s.take('[')) {
    const proto = s.takeWord('udp') ? 'udp' : s.takeWord('raw') ? 'raw' : 'tcp';
    if (proto === 'tcp') echoed = { proto, ...range(s) };
    else {
      s.need('(');
      echoed = { proto, length: s.int() };
      s.need(')');
    }
    s.need(']');
  }
  return { proto: 'icmp', type, code, mtu, id, echoed };
}

/** Reads a packet, its direction first. */
export function parsePacket(s: Scanner): PacketSpec {
  const inbound = s.take('<');
  if (!inbound) s.need('>');
  s.skip();
  const from = s.pos;
  const ip = ipInfo(s);
  if (s.match(/(?:ipv4|ipv6|gre|mpls)\b/y) !== null) s.fail('encapsulated packets are not supported');
  let body: TcpBody | Omit<IcmpSpec, 'inbound' | 'ip' | 'text'> | { proto: 'udp'; ports: readonly [number, number] | null; length: number };
  if (s.takeWord('icmp')) {
    body = icmp(s);
  } else if (s.takeWord('udp')) {
    const p = ports(s);
    s.need('(');
    body = { proto: 'udp', ports: p, length: s.int() };
    s.need(')');
  } else {
    body = tcp(s);
  }
  const text = s.text.slice(from, s.pos).replace(/\s+/g, ' ').trim();
  return { inbound, ip, text, ...body } as PacketSpec;
}
