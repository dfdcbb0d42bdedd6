/** ss(8): the sockets of the namespace that a task is in. Grammar and texts are those of iproute2 6.1. */
import type { Task } from '@linnet/posix';
import { NETLINK_SOCK_DIAG } from '@linnet/uapi';
import { getopt, type OptionSpec, type ParsedOptions } from './getopt.ts';
import { Ip, NO_OPTIONS } from './ip/context.ts';
import { inNetns } from './netns.ts';
import { NlSocket } from './netlink.ts';
import { events } from './ss-events.ts';
import { ALL_STATES, CLOSE, CONNECTED, ESTABLISHED, LISTEN, ssExpression, stateBits, SYN_RECV, SYN_SENT, TIME_WAIT } from './ss-filter.ts';
import { dccp, inet, SERVICES } from './ss-inet.ts';
import { netlink, packet, unix } from './ss-local.ts';
import { findUsers, localPorts, type SsRun } from './ss-run.ts';
import { summary } from './ss-summary.ts';
import { ssTable } from './ss-table.ts';
import type { ToolIo } from './tool.ts';
import { AF_INET, AF_INET6, ToolExit } from './words.ts';

const spec = (short: string, long: string, arg?: 'required'): OptionSpec => (arg === undefined ? { short, long } : { short, long, arg });
const OPTIONS: readonly OptionSpec[] = [
  spec('n', 'numeric'), spec('r', 'resolve'), spec('o', 'options'), spec('e', 'extended'), spec('m', 'memory'), spec('i', 'info'), spec('p', 'processes'), spec('t', 'tcp'), spec('u', 'udp'), spec('w', 'raw'), spec('x', 'unix'),
  spec('a', 'all'), spec('l', 'listening'), spec('4', 'ipv4'), spec('6', 'ipv6'), spec('0', 'packet'), spec('f', 'family', 'required'), spec('A', 'query', 'required'), spec('', 'socket', 'required'), spec('s', 'summary'),
  spec('K', 'kill'), spec('T', 'threads'), spec('', 'tos'), spec('', 'cgroup'), spec('', 'inet-sockopt'), spec('b', 'bpf'), spec('E', 'events'), spec('Z', 'context'), spec('z', 'contexts'), spec('H', 'no-header'), spec('O', 'oneline'), spec('N', 'net', 'required'), spec('V', 'version'), spec('h', 'help'),
];
const USAGE = 'Usage: ss [ OPTIONS ]\n       ss [ OPTIONS ] [ FILTER ]\n   -n -o -e -m -i -a -l -t -u -w -x -0 -4 -6 -K -E -T -b -H -O -s, --tos --cgroup --inet-sockopt, -A QUERY, -f FAMILY, -N NETNS\n';

/** Which sockets. */
const DBS: readonly string[] = ['netlink', 'packet_raw', 'packet_dgram', 'unix_dgram', 'unix_stream', 'unix_seqpacket', 'raw', 'udp', 'tcp'];

const UNIX: readonly string[] = ['unix_dgram', 'unix_stream', 'unix_seqpacket'];
const PACKET: readonly string[] = ['packet_raw', 'packet_dgram'];
/** What a word for kinds of sockets means. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  all: DBS, inet: ['raw', 'udp', 'tcp'], tcp: ['tcp'], udp: ['udp'], raw: ['raw'], unix: UNIX, unix_dgram: ['unix_dgram'], unix_stream: ['unix_stream'], unix_seqpacket: ['unix_seqpacket'],
  packet: PACKET, packet_raw: ['packet_raw'], packet_dgram: ['packet_dgram'], u_dgr: ['unix_dgram'], u_str: ['unix_stream'], u_seq: ['unix_seqpacket'], p_raw: ['packet_raw'], p_dgr: ['packet_dgram'], netlink: ['netlink'],
};
/** Options that name a kind. */
const LETTERS: Readonly<Record<string, string>> = { t: 'tcp', u: 'udp', w: 'raw', x: 'unix', 0: 'packet' };

/** What the options ask for. */
interface Asked {
  readonly on: ReadonlySet<string>;
  readonly dbs: ReadonlySet<string>;
  readonly family: number;
  readonly netns: string | null;
  /** No kind was named. */
  readonly everything: boolean;
}

function wrong(message: string): never {
  throw new ToolExit(255, message);
}

function readOptions(options: ParsedOptions['options']): Asked {
  const on = new Set<string>();
  const dbs = new Set<string>();
  let family = 0;
  let netns: string | null = null;
  for (const [o, value] of options) {
    const key = o.short === '' ? o.long : o.short;
    on.add(key);
    // More of all includes the timers, and so do filters.
    if (key === 'e' || key === 'b') on.add('o');
    if (key === 'T') on.add('p');
    if (key === 'Z' || key === 'z') throw new ToolExit(1, 'ss: SELinux is not enabled.\n');
    const query = key === 'A' || key === 'socket' ? value!.split(',') : LETTERS[key] === undefined ? [] : [LETTERS[key]];
    for (const q of query) for (const db of GROUPS[q] ?? wrong(`ss: "${q}" is illegal socket table id\n`)) dbs.add(db);
    if (key === '4') family = AF_INET;
    else if (key === '6') family = AF_INET6;
    else if (key === 'N') netns = value;
    else if (key === 'f') {
      if (value === 'inet') family = AF_INET;
      else if (value === 'inet6') family = AF_INET6;
      else for (const db of GROUPS[value === 'link' ? 'packet' : value!] ?? wrong(`ss: "${value!}" is invalid family\n`)) dbs.add(db);
    }
  }
  const everything = dbs.size === 0;
  // Only internet sockets can be closed.
  if (everything) for (const db of family === 0 && !on.has('K') ? DBS : GROUPS['inet']!) dbs.add(db);
  return { on, dbs, family, netns, everything };
}

/** The states that are asked for, by kind of socket: `asked` by name, or those that the options stand for. */
function statesOf(db: string, asked: number, on: ReadonlySet<string>): number {
  const closed = 1 << CLOSE;
  const none = asked === 0 && !on.has('a') && !on.has('l');
  if (none && (db === 'packet' || db === 'netlink')) return closed;
  const own = db === 'tcp' ? ALL_STATES : db === 'unix' ? (1 << ESTABLISHED) | closed | (1 << LISTEN) | (1 << SYN_SENT) : (1 << ESTABLISHED) | closed;
  if (asked !== 0) return asked & own;
  if (on.has('a')) return own;
  if (on.has('l')) return own & ((1 << LISTEN) | closed);
  return own & CONNECTED & ~((1 << SYN_RECV) | (1 << TIME_WAIT));
}

async function show(task: Task, io: ToolIo, { on, dbs, family, everything }: Asked, words: readonly string[], names: Ip): Promise<number> {
  let rest = words;
  let asked = 0;
  while (rest[0] === 'state' || rest[0] === 'exclude' || rest[0] === 'excl') {
    const bits = stateBits(rest[1] ?? wrong('ss: wrong state name: \n'));
    asked = rest[0] === 'state' ? asked | bits : (asked === 0 ? ALL_STATES : asked) & ~bits;
    rest = rest.slice(2);
  }
  const expr = ssExpression(rest, SERVICES, (name) => names.indexOf(name));
  const states = (db: string): number => statesOf(db.replace(/_.*/, ''), asked, on);
  if (on.has('s')) {
    summary(task, io);
    if (everything && on.size === 1) return 0;
  }
  const diag = new NlSocket(task, NETLINK_SOCK_DIAG);
  try {
    const run: SsRun = { task, io, names, diag, on, dbs, family, states, expr, ports: localPorts(task), users: on.has('p') ? findUsers(task, on.has('T')) : new Map(), rows: [] };
    let mask = 0;
    for (const db of dbs) mask |= states(db);
    // A column with the same in every line is left out.
    const oneState = mask !== 0 && (mask & (mask - 1)) === 0;
    const table = ssTable(dbs.size > 1, !oneState, !on.has('H'));
    if (on.has('E')) return await events(run, table);
    const wanted = (kinds: readonly string[]): boolean => kinds.some((db) => dbs.has(db) && states(db) !== 0);
    if (wanted(['netlink'])) netlink(run);
    if (wanted(PACKET)) packet(run);
    if (wanted(UNIX)) unix(run);
    for (const db of ['raw', 'udp', 'tcp']) if (dbs.has(db)) inet(run, db);
    if (everything) dccp(run);
    io.out(table(run.rows));
    return 0;
  } finally {
    diag.close();
  }
}

/**
 * ss(8). The kernel picks the internet sockets that an expression wants; `-p` knows the tasks of the machine.
 * @public
 */
export async function ss(task: Task, args: readonly string[], io: ToolIo): Promise<number> {
  const parsed = getopt(args, OPTIONS);
  if (parsed.error !== null) {
    io.err(`ss: ${parsed.error}\n${USAGE}`);
    return 255;
  }
  const { options, rest } = parsed;
  const first = options.find(([o]) => o.short === 'V' || o.short === 'h');
  if (first !== undefined) {
    io.out(first[0].short === 'V' ? 'ss utility, linnet\n' : USAGE);
    return 0;
  }
  const names = new Ip(task, io, NO_OPTIONS);
  try {
    const asked = readOptions(options);
    return await inNetns(task, asked.netns, () => show(task, io, asked, rest, names));
  } catch (error) {
    if (!(error instanceof ToolExit)) throw error;
    io.err(error.message);
    return error.code;
  } finally {
    names.close();
  }
}
