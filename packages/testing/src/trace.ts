/** A packet in one line, as tcpdump would say it: what a failing test prints. */
import { dissect } from './layers.ts';

/** `10.0.0.1.80 > 10.0.0.2.1234: Flags [SA], seq 0, ack 1, win 65535, length 0` and the like. @public */
export function summary(frame: Uint8Array, first: 'eth' | 'ip' = 'eth'): string {
  const p = dissect(frame, first);
  const bad = p.bad.length > 0 ? ` !! ${p.bad.join(', ')}` : '';
  const { ip } = p;
  if (p.arp !== undefined) {
    const a = p.arp;
    return a.op === 1 ? `ARP who-has ${a.tpa} tell ${a.spa}${bad}` : `ARP ${a.spa} is-at ${a.sha}${bad}`;
  }
  if (ip === undefined) return `${p.eth === undefined ? '' : `ethertype 0x${p.eth.type!.toString(16)}, `}length ${frame.length}${bad}`;
  const frag = ip.mf || ip.offset > 0 ? ` frag ${ip.id}:${ip.offset}${ip.mf ? '+' : ''}` : '';
  if (p.tcp !== undefined) {
    const t = p.tcp;
    const end = t.seq + p.payload.length;
    const ack = t.flags.includes('A') ? `, ack ${t.ack}` : '';
    return (
      `${ip.src}.${t.sport} > ${ip.dst}.${t.dport}: Flags [${t.flags}], seq ${t.seq}${p.payload.length > 0 ? `:${end}` : ''}${ack}, ` +
      `win ${t.win}, length ${p.payload.length}${frag}${bad}`
    );
  }
  if (p.udp !== undefined) return `${ip.src}.${p.udp.sport} > ${ip.dst}.${p.udp.dport}: UDP, length ${p.payload.length}${frag}${bad}`;
  if (p.icmp !== undefined) return `${ip.src} > ${ip.dst}: ICMP type ${p.icmp.type} code ${p.icmp.code}, length ${p.payload.length + 8}${frag}${bad}`;
  return `${ip.src} > ${ip.dst}: ip-proto-${ip.protocol} ${p.payload.length}${frag}${bad}`;
}

/** A trace of packets with their times, to be printed when a test fails. @public */
export class Trace {
  private readonly lines: string[] = [];
  private readonly limit: number;

  /** Keeps the last `limit` packets. */
  constructor(limit: number = 400) {
    this.limit = limit;
  }

  /** Notes a packet: `ns` when, `where` it was seen. */
  add(ns: number, where: string, frame: Uint8Array): void {
    this.lines.push(`${(ns / 1e6).toFixed(3).padStart(12)} ms  ${where.padEnd(12)} ${summary(frame)}`);
    if (this.lines.length > this.limit) this.lines.shift();
  }

  /** The packets, one a line. */
  toString(): string {
    return this.lines.join('\n');
  }

  /** Runs `fn`; when it throws, the packets are added to the error's message. */
  async explain<T>(fn: () => Promise<T> | T): Promise<T> {
    try {
      return await fn();
    } catch (error) {
      if (error instanceof Error) error.message += `\n\nThe last packets:\n${this.toString()}`;
      throw error;
    }
  }
}
