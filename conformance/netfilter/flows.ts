// What a capture says, so that two runs of the same conversations can be compared: who spoke with whom about what, without ids, ephemeral ports, numbers and times.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Ports from here on are chosen by hosts. */
const EPHEMERAL = 32768;
/** Text of a stream up to this length is shown, the rest by its digest. */
const SHOWN = 4000;

class Side {
  isn: number | null = null;
  readonly segments: Map<number, Buffer> = new Map();
  syn = '';
  fin = false;
  /** What it sent, in order; null while something is missing. */
  stream(): Buffer | null {
    const parts: Buffer[] = [];
    let at = 0;
    for (const [from, data] of Array.from(this.segments).sort((a, b) => a[0] - b[0] || b[1].length - a[1].length)) {
      if (from + data.length <= at) continue;
      if (from > at) return null;
      parts.push(data.subarray(at - from));
      at = from + data.length;
    }
    return Buffer.concat(parts);
  }
}

interface Flow {
  readonly head: string;
  readonly datagrams: string[];
  readonly sides: Map<string, Side>;
}

/** A capture of tcpdump (pcap, Ethernet) as lines of text. */
export function flows(file: string): string[] {
  const ports = new Map<number, string>();
  const port = (n: number): string => {
    if (n < EPHEMERAL) return String(n);
    if (!ports.has(n)) ports.set(n, `p${ports.size + 1}`);
    return ports.get(n)!;
  };
  const address = (b: Buffer, at: number): string => Array.from(b.subarray(at, at + 4)).join('.');
  /** Ports in what FTP says are the same as those of the connections that follow; HTTP tells the time. */
  const said = (text: string): string => text
    .replace(/(\d+,\d+,\d+,\d+),(\d+),(\d+)/g, (_all, a: string, hi: string, lo: string) => `${a},${port(Number(hi) * 256 + Number(lo))}`)
    .replace(/^(Date: ).*$/gm, '$1#')
    .replace(/\|(\d{5})\|/g, (_all, n: string) => `|${port(Number(n))}|`);
  const all = new Map<string, Flow>();
  const quoted = (ip: Buffer): string => {
    const l4 = ip.subarray((ip[0]! & 15) * 4);
    const what = ip[9] === 17 || ip[9] === 6 ? `${port(l4.readUInt16BE(0))} > ${port(l4.readUInt16BE(2))}` : ip.subarray(20, 22).toString('hex');
    return `${ip[9]} ${address(ip, 12)} > ${address(ip, 16)} ttl=${ip[8]} ${what}`;
  };
  const flow = (key: string, head: string): Flow => {
    if (!all.has(key)) all.set(key, { head, datagrams: [], sides: new Map() });
    return all.get(key)!;
  };
  const b = readFileSync(file);
  for (let at = 24; at + 16 <= b.length;) {
    const len = b.readUInt32LE(at + 8);
    const frame = b.subarray(at + 16, at + 16 + len);
    at += 16 + len;
    if (frame.readUInt16BE(12) !== 0x0800) continue;
    const ip = frame.subarray(14, 14 + frame.readUInt16BE(16));
    const proto = ip[9]!;
    const l4 = ip.subarray((ip[0]! & 15) * 4);
    const from = address(ip, 12);
    const to = address(ip, 16);
    if (proto === 1) {
      const error = [3, 11].includes(l4[0]!);
      flow(`icmp ${from} ${to} ${l4[0]}`, `icmp ${from} > ${to} ttl=${ip[8]}`).datagrams.push(`${l4[0]}/${l4[1]}${error ? ` [${quoted(l4.subarray(8))}]` : ` ${l4.length} bytes`}`);
      continue;
    }
    const [sp, dp] = [l4.readUInt16BE(0), l4.readUInt16BE(2)];
    const [here, there] = [`${from}:${port(sp)}`, `${to}:${port(dp)}`];
    const key = `${proto} ${[here, there].sort().join(' ')}`;
    const f = flow(key, `${proto === 6 ? 'tcp' : 'udp'} ${here} > ${there}`);
    if (proto === 17) {
      const data = l4.subarray(8);
      f.datagrams.push(`${here} ttl=${ip[8]} ${data.length} ${data.length < 200 ? JSON.stringify(data.toString('latin1')) : digest(data)}`);
      continue;
    }
    if (!f.sides.has(here)) f.sides.set(here, new Side());
    const side = f.sides.get(here)!;
    const doff = (l4[12]! >> 4) * 4;
    const seq = l4.readUInt32BE(4);
    if ((l4[13]! & 2) !== 0) {
      side.isn = seq;
      side.syn = `ttl=${ip[8]} ${options(l4.subarray(20, doff))}`;
    }
    if ((l4[13]! & 1) !== 0) side.fin = true;
    const data = l4.subarray(doff);
    if (data.length > 0 && side.isn !== null) {
      const rel = (seq - side.isn - 1) >>> 0;
      if ((side.segments.get(rel)?.length ?? 0) < data.length) side.segments.set(rel, Buffer.from(data));
    }
  }
  return Array.from(all.values()).flatMap((f) => [
    f.head, ...f.datagrams.map((d) => `  ${d}`),
    ...Array.from(f.sides).map(([who, s]) => {
      const data = s.stream();
      return `  ${who} ${s.syn}${s.fin ? ' FIN' : ''} ${data === null ? 'with holes' : data.length < SHOWN ? JSON.stringify(said(data.toString('latin1'))) : digest(Buffer.from(said(data.toString('latin1')), 'latin1'))}`;
    }),
  ]);
}

function digest(b: Buffer): string {
  return `${b.length} bytes ${createHash('sha1').update(b).digest('hex').slice(0, 12)}`;
}

/** TCP options of a SYN; a timestamp's value is its sender's own. */
function options(b: Buffer): string {
  const out: string[] = [];
  for (let i = 0; i < b.length && b[i] !== 0;) {
    const n = b[i] === 1 ? 1 : Math.max(2, b[i + 1] ?? 2);
    if (b[i] !== 1) out.push(b[i] === 8 ? 'ts' : b.subarray(i, i + n).toString('hex'));
    i += n;
  }
  return out.join(' ');
}
