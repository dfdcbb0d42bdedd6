// tshark as the judge of what Linnet put on the wire.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { exec } from './exec.ts';

export interface JudgeOptions {
  /** Linnet's IPv4 address on the captured device. */
  readonly linnet: string;
  /** Its IPv6 addresses there, where its own packets are to be counted. */
  readonly linnet6?: readonly string[];
  /** Judge what came in too: right where nothing but the two stacks and a wire that changes no frame take part. Default false. */
  readonly both?: boolean;
}

/** What a capture held. */
export interface Verdict {
  readonly frames: number;
  /** Frames that Linnet's device sent: its own and what it forwarded. */
  readonly sent: number;
  /** Those that came from Linnet's address. */
  readonly own: number;
  /** IPv4 headers, TCP, UDP, ICMP and ICMPv6 checksums from Linnet that were computed anew and found right. */
  readonly good: { ip: number; tcp: number; udp: number; icmp: number; icmpv6: number };
}

const CHECKS = [
  '-o', 'ip.check_checksum:TRUE', '-o', 'tcp.check_checksum:TRUE', '-o', 'udp.check_checksum:TRUE',
  // Payloads are random bytes: no guess of what they may be, and no gathering of whole downloads.
  '-d', 'tcp.port==1-65535,data', '-d', 'udp.port==1-65535,data', '-d', 'tcp.port==80,http',
  '-o', 'http.desegment_body:FALSE',
];
const FIELDS = [
  'frame.number', 'frame.packet_flags_direction', 'ip.src', 'ip.checksum.status', 'tcp.checksum.status', 'udp.checksum.status', 'icmp.checksum.status',
  '_ws.malformed', '_ws.expert.severity', 'frame.cap_len', 'frame.len', 'tcp.checksum', 'arp.src.proto_ipv4', 'icmp.type', 'icmpv6.checksum.status', 'icmpv6.type', 'ipv6.src', '_ws.expert.message',
];
/** The other form of zero, which Linux writes for TCP too where it finishes a sum: right, but not as RFC 1624 has it and tshark wants it. */
const OTHER_ZERO = '0xffff';
/** PI_ERROR of tshark's expert information. */
const SEVERITY_ERROR = '8388608';
const INBOUND = 1;
const OUTBOUND = 2;
/** ICMP messages that quote a packet. */
const ICMP_ERRORS = new Set(['3', '4', '5', '11', '12']);
const ICMPV6_ERRORS = new Set(['1', '2', '3', '4', '137']);
/** Where the status of each protocol's checksum stands among the fields. */
const STATUS = [['ip', 3], ['tcp', 4], ['udp', 5], ['icmp', 6], ['icmpv6', 14]] as const;
const BAD = '0';
const GOOD = '1';
const UNVERIFIED = '2';

/**
 * Read a whole capture that was written on a Linnet device and throw unless every frame that Linnet sent is well formed, with right
 * checksums in every header that has one, and nothing that tshark calls an error.
 */
export async function judge(file: string, options: JudgeOptions): Promise<Verdict> {
  const good = { ip: 0, tcp: 0, udp: 0, icmp: 0, icmpv6: 0 };
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
    const direction = Number(f[1]);
    const outbound = direction === OUTBOUND;
    const faults: string[] = [];
    if (!outbound && direction !== INBOUND) faults.push(`direction ${f[1]}`);
    // An ICMP error quotes a packet; the outer header comes first.
    const mine = outbound && (f[2]!.split(',')[0] === options.linnet || f[12] === options.linnet || options.linnet6?.includes(f[16]!.split(',')[0]!) === true);
    if (mine) own++;
    if (outbound) sent++;
    else if (options.both !== true && faults.length === 0) continue;
    const quotes = ICMP_ERRORS.has(f[13]!.split(',')[0]!) || ICMPV6_ERRORS.has(f[15]!.split(',')[0]!);
    // A router leaves alone what it forwards.
    const linuxZero = !mine && f[11] === OTHER_ZERO;
    for (const [protocol, at] of STATUS) {
      // What is quoted need not be whole nor its sums finished: Linux quotes a packet as it was handed to it. The first is the packet's own.
      if (f[at] === '' || (quotes && (protocol === 'tcp' || protocol === 'udp'))) continue;
      const status = f[at]!.split(',')[0];
      if (status === GOOD) {
        if (outbound) good[protocol]++;
      } else if (status === BAD && !(linuxZero && protocol === 'tcp')) faults.push(`bad ${protocol} checksum`);
      else if (status === UNVERIFIED) faults.push(`${protocol} checksum not verified`);
    }
    if (f[7] !== '') faults.push('malformed');
    const messages = f.slice(17).join('|');
    const errors = f[8]!.split(',').filter((severity) => severity === SEVERITY_ERROR).length;
    // The sums of the packet itself were looked at above.
    const excused = quotes || linuxZero ? messages.split('Bad checksum').length - 1 : 0;
    if (errors > excused) faults.push(`expert error: ${messages}`);
    if (f[9] !== f[10]) faults.push('cut off in the capture');
    if (faults.length > 0) wrong.push(`frame ${f[0]} ${outbound ? 'sent' : 'received'} (${f[2]}${f[16]}): ${faults.join(', ')}`);
  }
  const code = await ended;
  // «Running as user root» is said on stderr; a capture cut short is an exit code.
  if (code !== 0) throw new Error(`tshark -r ${file}: exit code ${code}\n${stderr}`);
  if (frames === 0) throw new Error(`${file}: no frames`);
  if (wrong.length > 0) {
    const details = await exec(null, `tshark -r ${file} -n ${CHECKS.map((c) => `'${c}'`).join(' ')} -V -Y 'frame.number == ${/\d+/.exec(wrong[0]!)![0]}' 2>/dev/null | head -120`);
    throw new Error(`${file}: ${wrong.length} of ${frames} frames are wrong\n${wrong.slice(0, 20).join('\n')}\n\nThe first of them:\n${details.stdout}`);
  }
  return { frames, sent, own, good };
}

/** The first and last packets of a capture, one a line: what a failing test prints. */
export async function packets(file: string, head = 20, tail = 60): Promise<string> {
  const { stdout } = await exec(null, `tshark -r ${file} -n -t r ${CHECKS.slice(6).map((c) => `'${c}'`).join(' ')} 2>/dev/null`, { timeout: 120_000 });
  const lines = stdout.trimEnd().split('\n');
  if (lines.length <= head + tail) return lines.join('\n');
  return [...lines.slice(0, head), `... ${lines.length - head - tail} more ...`, ...lines.slice(-tail)].join('\n');
}
