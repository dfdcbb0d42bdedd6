/** Packets in packetdrill's notation. */
import { FLAG_BITS } from './parse-packet.ts';
import type { TcpOption } from './script.ts';
import type { Seen } from './wire.ts';

const hex = (b: Uint8Array): string => Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('');

/** Seconds with microseconds, as packetdrill prints them. */
export function secondsText(ns: number): string {
  return (ns / 1e9).toFixed(6);
}

/** `S.`, `-`. */
export function flagsText(flags: number): string {
  // Letters first, the point last.
  const letters = FLAG_BITS.filter(([l, bit]) => l !== '.' && (flags & bit) !== 0).map(([l]) => l).join('') + ((flags & 16) !== 0 ? '.' : '');
  return letters === '' ? '-' : letters;
}

/** One option. */
export function optionText(o: TcpOption): string {
  switch (o.kind) {
    case 'mss':
    case 'wscale': return `${o.kind} ${o.value}`;
    case 'TS': return `TS val ${o.val} ecr ${o.ecr}`;
    case 'sack': return `sack ${o.blocks.map(([a, b]) => `${a}:${b}`).join(' ')}`;
    case 'FO':
    case 'FOEXP': return o.cookie.length === 0 ? o.kind : `${o.kind} ${hex(o.cookie)}`;
    case 'md5': return `md5 ${hex(o.digest)}`;
    default: return o.kind;
  }
}

/** Options in their brackets; nothing for none. */
export function optionsText(options: readonly TcpOption[]): string {
  return options.length === 0 ? '' : ` <${options.map(optionText).join(',')}>`;
}

const ECN_NAMES: readonly string[] = ['', '[ect1] ', '[ect0] ', '[ce] '];

/** A packet that was sent, its numbers relative to the connection: `relSeq` and `relAck` are subtracted. */
export function seenText(p: Seen, relSeq: number, relAck: number): string {
  const ecn = ECN_NAMES[p.tos & 3]!;
  if (p.icmp !== null) return `${ecn}icmp type ${p.icmp[0]} code ${p.icmp[1]}`;
  const t = p.tcp;
  if (t === null) return `${ecn}udp (${p.length})`;
  const seq = (t.seq - relSeq) >>> 0;
  const ack = (t.flags & 16) !== 0 ? ` ack ${(t.ack - relAck) >>> 0}` : '';
  const urg = t.urg !== 0 ? ` urg ${t.urg}` : '';
  return `${ecn}${flagsText(t.flags)} ${seq}:${(seq + p.length) >>> 0}(${p.length})${ack} win ${t.win}${urg}${optionsText(t.options)}`;
}
