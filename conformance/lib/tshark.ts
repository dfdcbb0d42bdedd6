// tshark as the judge of what Linnet put on the wire.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { exec } from './exec.ts';

export interface JudgeOptions {
  /** Linnet's addresses on the captured device. What its device sent is judged by the capture's direction; this says that it was there. */
  readonly linnet: string | readonly string[];
  /** Judge what came in too: right where nothing but the two stacks and a wire that changes no frame take part. Default false. */
  readonly both?: boolean;
}

/** What a capture held. */
export interface Verdict {
  readonly frames: number;
  /** Frames that Linnet's device sent. */
  readonly sent: number;
  /** IPv4 headers, TCP, UDP and ICMP checksums from Linnet that were computed anew and found right. */
  readonly good: { ip: number; tcp: number; udp: number; icmp: number };
}

const CHECKS = [
  '-o', 'ip.check_checksum:TRUE', '-o', 'tcp.check_checksum:TRUE', '-o', 'udp.check_checksum:TRUE',
  // Payloads are random bytes: no guess of what they may be, and no gathering of whole downloads.
  '-d', 'tcp.port==1-65535,data', '-d', 'udp.port==1-65535,data', '-d', 'tcp.port==80,http',
  '-o', 'http.desegment_body:FALSE',
];
const FIELDS = [
  'frame.number', 'frame.packet_flags_direction', 'ip.src', 'ip.checksum.status', 'tcp.checksum.status', 'udp.checksum.status', 'icmp.checksum.status',
  '_ws.malformed', '_ws.expert.severity', 'frame.cap_len', 'frame.len', 'tcp.checksum', '_ws.expert.message',
];
/** The other form of zero, which Linux writes for TCP too where it finishes a sum: right, but not as RFC 1624 has it and tshark wants it. */
const OTHER_ZERO = '0xffff';
/** PI_ERROR of tshark's expert information. */
const SEVERITY_ERROR = '8388608';
const OUTBOUND = 2;
const BAD = '0';
const GOOD = '1';
const UNVERIFIED = '2';

/**
 * Read a whole capture that was written on a Linnet device and throw unless every frame that Linnet sent is well formed, with right
 * checksums in every header that has one, and nothing that tshark calls an error.
 */
export async function judge(file: string, options: JudgeOptions): Promise<Verdict> {
  const addresses = new Set(typeof options.linnet === 'string' ? [options.linnet] : options.linnet);
  const good = { ip: 0, tcp: 0, udp: 0, icmp: 0 };
  const wrong: string[] = [];
  let frames = 0;
  let sent = 0;
  let own = 0;
  const tshark = spawn('tshark', ['-r', file, '-n', ...CHECKS, '-T', 'fields', '-E', 'separator=|', '-E', 'occurrence=a', ...FIELDS.flatMap((field) => ['-e', field])], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  tshark.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text; });
  const ended = new Promise<number>((resolve, reject) => tshark.on('error', reject).on('close', (code) => resolve(code ?? -1)));
  for await (const line of createInterface({ input: tshark.stdout })) {
    const f = line.split('|');
    frames++;
    const outbound = Number(f[1]) === OUTBOUND;
    if (outbound) {
      sent++;
      // An ICMP error quotes a packet; the outer header comes first.
      if (addresses.has(f[2]!.split(',')[0]!)) own++;
    } else if (options.both !== true) continue;
    const faults: string[] = [];
    const linuxZero = !outbound && f[11] === OTHER_ZERO;
    (['ip', 'tcp', 'udp', 'icmp'] as const).forEach((protocol, i) => {
      const all = f[3 + i]!;
      if (all === '') return;
      const statuses = all.split(',');
      // What an ICMP error quotes need not be whole, nor its sums right by now; the first is the packet's own.
      const quotes = f[6] !== '' && protocol !== 'icmp';
      if (quotes && protocol !== 'ip') return;
      if (statuses[0] === GOOD) {
        if (outbound) good[protocol]++;
      } else if (statuses[0] === BAD && !(linuxZero && protocol === 'tcp')) faults.push(`bad ${protocol} checksum`);
      else if (statuses[0] === UNVERIFIED) faults.push(`${protocol} checksum not verified`);
    });
    if (f[7] !== '') faults.push('malformed');
    if (f[8]!.split(',').includes(SEVERITY_ERROR) && !linuxZero) faults.push(`expert error: ${f.slice(12).join('|')}`);
    if (f[9] !== f[10]) faults.push('cut off in the capture');
    if (faults.length > 0) wrong.push(`frame ${f[0]} ${outbound ? 'sent' : 'received'} (${f[2]}): ${faults.join(', ')}`);
  }
  const code = await ended;
  // «Running as user root» is said on stderr; a capture cut short is an exit code.
  if (code !== 0) throw new Error(`tshark -r ${file}: exit code ${code}\n${stderr}`);
  if (own === 0) throw new Error(`${file}: ${frames} frames, none of them sent by ${[...addresses].join(', ')}`);
  if (wrong.length > 0) {
    const details = await exec(null, `tshark -r ${file} -n ${CHECKS.map((c) => `'${c}'`).join(' ')} -V -Y 'frame.number == ${/\d+/.exec(wrong[0]!)![0]}' 2>/dev/null | head -120`);
    throw new Error(`${file}: ${wrong.length} of ${frames} frames are wrong\n${wrong.slice(0, 20).join('\n')}\n\nThe first of them:\n${details.stdout}`);
  }
  return { frames, sent, good };
}

/** The first and last packets of a capture, one a line: what a failing test prints. */
export async function packets(file: string, head = 20, tail = 60): Promise<string> {
  const { stdout } = await exec(null, `tshark -r ${file} -n -t r ${CHECKS.slice(6).map((c) => `'${c}'`).join(' ')} 2>/dev/null`, { timeout: 120_000 });
  const lines = stdout.trimEnd().split('\n');
  if (lines.length <= head + tail) return lines.join('\n');
  return [...lines.slice(0, head), `... ${lines.length - head - tail} more ...`, ...lines.slice(-tail)].join('\n');
}
