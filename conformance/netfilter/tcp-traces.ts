// Segments for connection tracking, in the words of tcp_trace.py: `> FLAGS seq ack len win options`, `>` from the client, numbers relative to each side's first one.
import { Rng } from '@linnet/kernel';

/** A connection's life as somebody between the two sides sees it. */
export interface Trace {
  readonly name: string;
  readonly steps: readonly string[];
  readonly sysctl?: Readonly<Record<string, number>>;
  readonly six?: boolean;
  /** Who is asked after each segment: the program, or the kernel's message with what the program does not show. */
  readonly by?: 'conntrack' | 'netlink';
  /** Every state's timeout tells the state, and which segment set it. */
  readonly clocked?: boolean;
}

const HALF = ['> S', '< SA 0 1'];
const OPEN = [...HALF, '> A 1 1'];
const FIN = [...OPEN, '> FA 1 1'];
const SHUT = [...FIN, '< A 1 2', '< FA 1 2', '> A 2 2'];
const RESET = [...OPEN, '< RA 1 1'];
/** SACK allowed, and window scaling by 7 (RFC 2018, RFC 7323). */
const SCALE = '0402010303070101';
const WIDE = [`> S 0 0 0 65535 ${SCALE}`, `< SA 0 1 0 65535 ${SCALE}`, '> A 1 1 0 1000'];
/** One SACK block about the server's bytes. */
const sack = (from: number, to: number): string => `0101050a${(5000 + from).toString(16).padStart(8, '0')}${(5000 + to).toString(16).padStart(8, '0')}`;

const NAMED: readonly Trace[] = [
  { name: 'half-open: SYNs and SYN-ACKs again, then the handshake', steps: ['> S', '> S', '> S 700', '< SA 0 701', '< SA 0 701', '> A 701 1'] },
  { name: 'half-open: a SYN-ACK that nobody acknowledges', steps: [...HALF, '< SA 0 1', '< A 1 1', '> S'] },
  { name: 'a SYN-ACK for another SYN', steps: ['> S', '< SA 0 77', '> R 77', '< SA 0 1', '> A 1 1'] },
  { name: 'refused', steps: ['> S', '< RA 0 1', '> S'] },
  { name: 'refused by somebody who does not know the number', steps: ['> S', '< RA 0 99', '< R 0', '> S'] },
  { name: 'an opener that gives up', steps: ['> S', '> R 1', '> S'] },
  { name: 'an opener that gives up after the answer', steps: [...HALF, '> R 1', '> S 900'] },
  { name: 'simultaneous open', steps: ['> S', '< S', '> SA 0 1', '< SA 0 1', '> A 1 1', '< A 1 1', '> PA 1 1 100', '< A 1 101'] },
  { name: 'simultaneous open, one SYN-ACK is lost', steps: ['> S', '< S', '< S', '< SA 0 1', '> A 1 1'] },
  { name: 'RST with the exact number', steps: [...OPEN, '< A 1 1', '> R 1', '> A 1 1'] },
  { name: 'RST in the window', steps: [...OPEN, '< PA 1 1 100', '> A 1 101', '< R 150', '< R 101', '< R 101'] },
  { name: 'RST before the window', steps: [...OPEN, '> PA 1 1 1000', '< A 1 1001', '> R 1', '> R 1001'] },
  { name: 'RST beyond the window', steps: [...OPEN, '< R 400000', '> R 400000', '> A 1 1'] },
  { name: 'RST beyond the window, and such are to be heard', sysctl: { tcp_ignore_invalid_rst: 1 }, steps: [...OPEN, '> PA 1 1 1000', '< A 1 1001', '> R 1', '< R 400000', '> R 1001'] },
  { name: 'RST in FIN_WAIT and after', steps: [...FIN, '< R 500', '< R 1', '> S 9000'] },
  { name: 'a close by both at once', steps: [...OPEN, '> FA 1 1', '< FA 1 1', '> A 2 2', '< A 2 2', '> A 2 2'] },
  { name: 'a close by the server, FINs sent again', steps: [...OPEN, '< FA 1 1', '< FA 1 1', '> A 1 2', '> FA 1 2', '> FA 1 2', '< A 2 2'] },
  { name: 'half closed, data the other way', steps: [...FIN, '< A 1 2', '< PA 1 2 1000', '> A 2 1001', '< FA 1001 2', '> A 2 1002', '< FA 1001 2', '> A 2 1002'] },
  { name: 'reuse in TIME_WAIT', steps: [...SHUT, '> S 100000', '< SA 200000 100001', '> A 100001 200001'] },
  { name: 'reuse in TIME_WAIT with a lower number', steps: [...SHUT, '> S 4294960000', '< SA 300 4294960001'] },
  { name: 'reuse in TIME_WAIT by the other side', steps: [...SHUT, '< S 100000', '> SA 200000 100001', '< A 100001 200001'] },
  { name: 'reuse in LAST_ACK', steps: [...FIN, '< A 1 2', '< FA 1 2', '> S 100000', '< SA 300 100001', '> A 100001 301'] },
  { name: 'reuse in CLOSE after the RST of the other side', steps: [...RESET, '> S 100000', '> S 100000', '< SA 200000 100001', '> A 100001 200001'] },
  { name: 'reuse in CLOSE after an own RST', steps: [...OPEN, '> RA 1 1', '> S 100000', '< SA 200000 100001', '> A 100001 200001'] },
  { name: 'SYN again in CLOSE', steps: [...RESET, '> S', '> S', '< RA 0 1', '> S'] },
  { name: 'a SYN in ESTABLISHED: a challenge, then a RST', steps: [...OPEN, '> S 50000', '< A 1 1', '> R 1', '> S 50000', '< SA 9 50001', '> A 50001 10'] },
  { name: 'a SYN in ESTABLISHED: the server knows nothing any more', steps: [...OPEN, '> S 50000', '< SA 70000 50001', '> A 50001 70001', '< PA 70001 50001 10'] },
  { name: 'data beyond the window', steps: [...OPEN, '> PA 70001 1 1000', '> PA 65536 1 1000', '> PA 300000 1 10', '> PA 1 1 10', '< A 1 11'] },
  { name: 'data from long ago', steps: [...OPEN, '> PA 1 1 1000', '< A 1 1001', '> PA 1 1 1000', '> PA 4294860000 1 100', '> PA 1001 1 10'] },
  { name: 'an acknowledgement of what was never sent', steps: [...OPEN, '< A 1 5000', '> A 1 90000', '> A 1 1'] },
  { name: 'an acknowledgement from long ago', steps: [...OPEN, '> PA 1 1 1000', '< PA 1 1001 1000', '> A 1001 4294860000', '> A 1001 1001'] },
  { name: 'a small window, and it closes', steps: ['> S', '< SA 0 1 0 1000', '> A 1 1', '> PA 1 1 1000', '< A 1 1001 0 0', '> PA 1001 1 1', '> PA 1001 1 1400', '< A 1 1002 0 500'] },
  { name: 'scaled windows', steps: [...WIDE, '< PA 1 1 1000 512', '< PA 100001 1 1000 512', '< PA 300001 1 1000 512', '> PA 1 1001 1000 1000'] },
  { name: 'only the client would scale', steps: [`> S 0 0 0 65535 ${SCALE}`, '< SA 0 1', '> A 1 1 0 1000', '< PA 3001 1 100'] },
  { name: 'SACK blocks of what was sent, and beyond', steps: [...WIDE, '< PA 1 1 1000', '< PA 2001 1 1000', `> A 1 1 0 1000 ${sack(2001, 3001)}`, `> A 1 1 0 1000 ${sack(700001, 800001)}`, '> A 1 3001 0 1000'] },
  { name: 'sent again and again', steps: [...OPEN, '> PA 1 1 100', '> PA 1 1 100', '> PA 1 1 100', '> PA 1 1 100', '> PA 1 1 100', '< A 1 101'] },
  { name: 'keep-alives', steps: [...OPEN, '> A 0 1', '< A 1 1', '> A 0 1', '> A 0 1', '> A 0 1', '> A 0 1', '> A 0 1', '< A 1 1'] },
  { name: 'picked up on the way', steps: ['> PA 1 1 100', '> PA 900001 1 100', '< A 1 900101', '> PA 101 1 100', '< FA 1 201', '> FA 201 2', '< A 2 202'] },
  { name: 'picked up from an answer', steps: ['< PA 1 1 100', '> A 1 101', '< PA 101 1 100', '> R 1'] },
  ...[1, 2, 101].map((n): Trace => ({ name: `picked up at a keep-alive, or before ${n} bytes that were not seen`, by: 'netlink', steps: ['> A 0 1', `< A 1 ${n}`, '> A 0 1', `< A 1 ${n}`, `> PA ${n} 1 10`, `< A 1 ${n + 10}`] })),
  { name: 'picked up, then a RST', steps: ['> A 1 1', '< R 1', '> A 1 1'] },
  { name: 'not picked up', sysctl: { tcp_loose: 0 }, steps: ['> A 1 1', '> PA 1 1 10', '< SA 0 1', '> FA 1 1', '> R 1', ...OPEN, '< PA 1 1 100'] },
  { name: 'liberal: windows are not asked for', sysctl: { tcp_be_liberal: 1 }, steps: [...OPEN, '> PA 400000 1 1000', '< A 1 900000', '> PA 4294700000 1 10', '< R 900000'] },
  { name: 'retransmissions of a machine that waits for five', sysctl: { tcp_max_retrans: 5 }, steps: [...OPEN, '> A 1 1', '> A 1 1', '> A 1 1', '> A 1 1', '> A 1 1', '> A 1 1', '> A 1 1'] },
  { name: 'simultaneous open: the first acknowledgement of either side is enough', steps: ['> S', '< S', '> SA 0 1', '< A 1 1', '> A 1 1'] },
  { name: 'simultaneous open, and the peer begins anew', steps: ['> S', '< S', '> SA 0 1', '< SA 0 1', '> A 1 1', '> S 50000', '< SA 70000 50001', '< A 70001 50001'] },
  { name: 'a SYN without options after one with', steps: [`> S 0 0 0 65535 ${SCALE}`, '> S 700', `< SA 0 701 0 65535 ${SCALE}`, '> SA 100000 1', '> A 100001 1'] },
  { name: 'a SYN-ACK of the opener with a new number', steps: [...HALF, '> SA 100000 1', '< SA 0 100001', '> A 100001 1'] },
  { name: 'RST that follows what was sent just before', steps: [...OPEN, '> A 65536 1', '> R 65536 1', '> A 1 1'] },
  { name: 'RST that follows what the other side acknowledged since', steps: [...OPEN, '> A 65536 1', '< A 1 1', '> R 65536 1'] },
  ...[0, 2, 70000, 4294967295, 4294901000].map((n): Trace => ({ name: `refused with the number ${n}`, by: 'netlink', steps: ['> S 0 0 0 1000', `< RA 0 ${n}`] })),
  ...[4294901295, 0, 100000].map((n): Trace => ({ name: `a RST that means nothing with ${n}, then a simultaneous open`, by: 'netlink', steps: [`> S 0 0 0 65535 ${SCALE}`, `< RA ${n} 99`, '< S', '> SA 0 1'] })),
  { name: 'a RST that means nothing, then the answer', by: 'netlink', steps: [`> S 0 0 0 65535 ${SCALE}`, '< RA 4294901295 99 0 1', '< SA 0 1', '> A 1 1'] },
  { name: 'refused with any number before the eyes of a liberal', sysctl: { tcp_be_liberal: 1 }, steps: ['> S', '< RA 0 50'] },
  { name: 'an acknowledgement before the SYN-ACK, and its refusal', steps: ['> S', '< PA 0 1 100 1', '< RA 400100 99', '< R 400100'] },
  { name: 'flags that no TCP sends', steps: ['> -', '> FPU', '> SF', '> SR', ...OPEN, '> SF 1', '> - 1', '> F 1', '> SAU 1 1', '> PAUEC 1 1 10', '< FAPU 1 11'] },
  { name: 'a SYN with data (RFC 7413)', steps: ['> S 0 0 100', '< SA 0 101', '> PA 101 1 100', '< A 1 201'] },
  { name: 'a half-open connection ends with its time', sysctl: { tcp_timeout_syn_sent: 3 }, steps: ['> S', 'gone', 'tcp_timeout_syn_sent=120', '< SA 0 1'] },
];

/** The named traces: over IPv4, every third over IPv6 too, and some with the timeouts of a fresh machine. */
export const TRACES: readonly Trace[] = [
  ...NAMED.map((t): Trace => ({ by: 'conntrack', clocked: t.sysctl?.['tcp_timeout_syn_sent'] === undefined, ...t })),
  ...NAMED.filter((_t, i) => i % 3 === 1).map((t): Trace => ({ by: 'netlink', clocked: true, six: true, ...t, name: `${t.name} (IPv6)` })),
  ...[HALF, OPEN, FIN, SHUT, RESET].map((steps, i): Trace => ({ by: 'conntrack', name: `timeouts as they are at first, ${i}`, steps })),
];

/** Segments that are near to what the two sides would send, from a seed. */
export function randomTrace(seed: number): Trace {
  const r = new Rng(seed).stream('tcp traces');
  const one = <T>(list: readonly T[]): T => list[r.below(list.length)]!;
  const steps: string[] = [...one([[], [], HALF, OPEN, OPEN, WIDE, FIN, SHUT, RESET, ['> S', '< S'], ['> PA 1 1 100']])];
  // What each side would send next, as far as the segments say.
  const next = { '>': 0, '<': 0 };
  const grow = (s: string): void => {
    const [d, flags, seq, , len] = s.split(' ') as ['>' | '<', string, string?, string?, string?];
    next[d] = (Number(seq ?? 0) + Number(len ?? 0) + (/[SF]/.test(flags) ? 1 : 0)) % 2 ** 32;
  };
  steps.forEach(grow);
  for (let i = 6 + r.below(10); i > 0; i--) {
    const d = one(['>', '>', '<'] as const);
    const flags = one(['S', 'SA', 'A', 'A', 'PA', 'PA', 'FA', 'FA', 'R', 'RA', 'A']);
    const off = (): number => one([0, 0, 0, 0, 0, 0, 1, -1, 100, -100, 1000, 65535, 66000, -66000, 70000, 131071, -140000, 400000, 2 ** 31]);
    const near = (n: number): number => (n + off() + 2 ** 33) % 2 ** 32;
    const win = one([65535, 65535, 65535, 1000, 1, 0]);
    const s = `${d} ${flags} ${flags.includes('S') && r.below(3) > 0 ? one([0, 0, 100000]) : near(next[d])} ${near(next[d === '>' ? '<' : '>'])} ${flags.includes('P') ? one([1, 100, 1000]) : 0} ${win}${flags.includes('S') && r.below(3) === 0 ? ` ${SCALE}` : ''}`;
    steps.push(s);
    if (r.below(8) === 0) steps.push(s, s, s);
    if (r.below(4) > 0) grow(s);
  }
  const sysctl = one<Trace['sysctl'] & object>([{}, {}, {}, { tcp_be_liberal: 1 }, { tcp_loose: 0 }, { tcp_ignore_invalid_rst: 1 }, { tcp_max_retrans: 1 }]);
  return { name: `seed ${seed}`, steps, sysctl, six: r.below(4) === 0, by: 'netlink', clocked: true };
}
