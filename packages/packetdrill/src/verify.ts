/** Is a packet that was sent the one that the script expects? */
import type { Connection } from './connections.ts';
import type { PacketSpec, TcpOption, TcpSpec } from './script.ts';
import { flagsText, optionsText } from './text.ts';
import type { Seen } from './wire.ts';

const SYN = 2;
const ACK = 16;
const FIN_RST_SYN = 7;

/** How timestamps are looked at. */
export interface VerifyOptions {
  /** Microseconds that a timestamp's tick is; 0: their values are not looked at. */
  readonly scaleUs: number;
  readonly toleranceNs: number;
}

/** Two packets of one connection, the second of which goes on where the first ends, as one with the flags of the second; null if they are none. */
export function merge(a: Seen, b: Seen): Seen | null {
  const [x, y] = [a.tcp, b.tcp];
  if (x === null || y === null || a.sport !== b.sport || a.dport !== b.dport || a.length === 0 || b.length === 0) return null;
  if (((x.seq + a.length) >>> 0) !== y.seq || (x.flags & FIN_RST_SYN) !== 0) return null;
  return { ...a, tcp: { ...y, seq: x.seq, flags: y.flags }, length: a.length + b.length, fault: a.fault ?? b.fault };
}

const hex = (n: number): string => `${n} (0x${n.toString(16)})`;

function field(name: string, want: number, got: number): string | null {
  return want === got ? null : `live packet field ${name}: expected: ${hex(want)} vs actual: ${hex(got)}`;
}

/** The options as the script would write them. */
function scriptOptions(options: readonly TcpOption[], c: Connection | null): TcpOption[] {
  return options.map((o) => (o.kind === 'sack' ? { kind: 'sack', blocks: o.blocks.map(([a, b]) => [(a - (c?.remoteIsn ?? 0)) >>> 0, (b - (c?.remoteIsn ?? 0)) >>> 0] as const) } : o));
}

function options(spec: TcpSpec, p: Seen, c: Connection | null, opts: VerifyOptions): string | null {
  if (spec.options === null || p.tcp === null) return null;
  const live = scriptOptions(p.tcp.options, c);
  let bad: string | null = null;
  const want = spec.options.map((o, i) => {
    const got = live[i];
    if (o.kind !== 'TS' || got?.kind !== 'TS') return o;
    if (c !== null) {
      c.tsVals.set(o.val, got.val);
      c.tsFirst ??= [o.val, got.val];
      if (opts.scaleUs > 0) {
        const want2 = (o.val - c.tsFirst[0]) * opts.scaleUs;
        const got2 = ((got.val - c.tsFirst[1]) | 0) * opts.scaleUs;
        if (Math.abs(want2 - got2) * 1000 > opts.toleranceNs) bad = `bad outbound TCP timestamp value: expected ${o.val}, which is ${want2} us after the first, vs actual ${got2} us after it`;
      }
    }
    // Its value is the machine's affair; what it echoes is not.
    return { ...o, val: got.val };
  });
  if (bad !== null) return bad;
  const [a, b] = [optionsText(want), optionsText(live)];
  return a === b ? null : `bad outbound TCP options: expected:${a === '' ? ' none' : a} vs actual:${b === '' ? ' none' : b}`;
}

function tcp(spec: TcpSpec, p: Seen, c: Connection | null, opts: VerifyOptions): string | null {
  const t = p.tcp;
  if (t === null) return 'live packet is no TCP packet';
  const syn = (t.flags & SYN) !== 0;
  // A script's SYN may begin anywhere; after it numbers count from there.
  const seq = syn ? (spec.flags & SYN) !== 0 ? spec.seq : 0 : (t.seq - (c?.localIsn ?? 0)) >>> 0;
  // A SYN-ACK's numbers are absolute, as those of the SYN that it answers.
  const ack = syn ? t.ack : (t.ack - (c?.remoteIsn ?? 0)) >>> 0;
  if (syn && c !== null) c.scriptIsn = spec.seq;
  let bad = spec.length === p.length ? null : `live packet payload: expected ${spec.length} bytes vs actual ${p.length} bytes`;
  bad ??= spec.flags === t.flags ? null : `live packet flags: expected: ${flagsText(spec.flags)} vs actual: ${flagsText(t.flags)}`;
  bad ??= field('tcp_seq', spec.seq, seq);
  bad ??= (spec.flags & ACK) === 0 || spec.ack === null ? null : field('tcp_ack_seq', spec.ack, ack);
  bad ??= spec.win === null ? null : field('tcp_window', spec.win, t.win);
  bad ??= field('tcp_urg_ptr', spec.urg ?? 0, t.urg);
  return bad ?? options(spec, p, c, opts);
}

/** Null, or what is different. */
export function verify(spec: PacketSpec, p: Seen, c: Connection | null, opts: VerifyOptions): string | null {
  if (p.fault !== null) return `live packet has ${p.fault}`;
  const { ip } = spec;
  let bad = ip.ecn === null ? null : field('ip_ecn', ip.ecn, p.tos & 3);
  bad ??= ip.anyEct && (p.tos & 3) !== 1 && (p.tos & 3) !== 2 ? field('ip_ecn', 2, p.tos & 3) : null;
  bad ??= ip.tos === null ? null : field('ip_tos', ip.tos, p.tos);
  bad ??= ip.ttl === null ? null : field('ip_ttl', ip.ttl, p.ttl);
  bad ??= ip.flowLabel === null ? null : field('flow_label', ip.flowLabel, p.flowLabel);
  if (bad !== null) return bad;
  if (spec.proto === 'tcp') return tcp(spec, p, c, opts);
  if (spec.proto === 'udp') return p.proto !== 17 ? 'live packet is no UDP packet' : spec.length === p.length ? null : `live packet payload: expected ${spec.length} bytes vs actual ${p.length} bytes`;
  return p.icmp === null ? 'live packet is no ICMP packet' : null;
}
