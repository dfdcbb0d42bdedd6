/** The names of constants in scripts: those of the ABI, as `uapi` has them, and errnos. */
import { errnoNumber } from '@linnet/kernel';
import * as uapi from '@linnet/uapi';

const ABI: Readonly<Record<string, unknown>> = uapi;

/** Names that C has and the table of the ABI not, or under another name. */
const MORE: Readonly<Record<string, number>> = Object.freeze({
  NULL: 0, INADDR_ANY: 0, EPOLL_CTL_ADD: 1, EPOLL_CTL_DEL: 2, EPOLL_CTL_MOD: 3, SPLICE_F_NONBLOCK: 2, SPLICE_F_MOVE: 1, FIONREAD: 0x541b, FIONBIO: 0x5421,
  TCP_INFINITE_SSTHRESH: 0x7fffffff,
});

/** The value of a name, or null. */
export function symbol(name: string): number | null {
  if (Object.hasOwn(MORE, name)) return MORE[name]!;
  const value = Object.hasOwn(ABI, name) ? ABI[name] : undefined;
  if (typeof value === 'number') return value;
  if (!/^E[A-Z0-9]+$/.test(name)) return null;
  const n = errnoNumber(name);
  return n > 0 ? n : null;
}

/** Bytes of each field of struct tcp_info by its name there: offset and size. */
export function tcpInfoFields(): readonly (readonly [name: string, off: number, size: number])[] {
  const out: [string, number, number][] = [];
  for (const [name, off] of Object.entries(ABI)) {
    const m = /^TCPI_OFF_(.*)$/.exec(name);
    if (m === null || typeof off !== 'number' || m[1] === 'WSCALE' || m[1] === 'FLAGS') continue;
    out.push([`tcpi_${m[1]!.toLowerCase()}`, off, sizeOf(m[1]!, off)]);
  }
  return out;
}

const WIDE: ReadonlySet<string> = new Set([
  'PACING_RATE', 'MAX_PACING_RATE', 'BYTES_ACKED', 'BYTES_RECEIVED', 'DELIVERY_RATE', 'BUSY_TIME', 'RWND_LIMITED', 'SNDBUF_LIMITED', 'BYTES_SENT', 'BYTES_RETRANS',
]);

function sizeOf(name: string, off: number): number {
  if (off < 8) return 1;
  if (WIDE.has(name)) return 8;
  return name === 'TOTAL_RTO' || name === 'TOTAL_RTO_RECOVERIES' ? 2 : 4;
}
