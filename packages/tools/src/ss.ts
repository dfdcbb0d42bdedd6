/** ss(8): the sockets of the namespace that a task is in. Grammar and texts are those of iproute2 6.1. */
import type { Task } from '@linnet/posix';
import {
  DCCPDIAG_GETSOCK, INET_DIAG_INFO, INET_DIAG_MARK, INET_DIAG_PROTOCOL, INET_DIAG_SHUTDOWN, INET_DIAG_SKMEMINFO, INET_DIAG_SKV6ONLY, NETLINK_SOCK_DIAG, NLM_F_ACK, PACKET_DIAG_INFO, PACKET_DIAG_MEMINFO, PACKET_DIAG_UID, SOCK_DESTROY, SOCK_DIAG_BY_FAMILY,
  UNIX_DIAG_MEMINFO, UNIX_DIAG_NAME, UNIX_DIAG_PEER, UNIX_DIAG_RQLEN, UNIX_DIAG_SHUTDOWN, UNIX_DIAG_UID, utf8Decode,
} from '@linnet/uapi';
import { getopt, type OptionSpec } from './getopt.ts';
import { Ip } from './ip/context.ts';
import { attrMap, type Attrs, NlSocket, u32, u8 } from './netlink.ts';
import { ALL_STATES, CLOSE, CONNECTED, ESTABLISHED, LISTEN, ssExpression, type SsSubject, type SsTest, stateBits, STATE_NAMES, SYN_RECV, TIME_WAIT } from './ss-filter.ts';
import { memory, tcpInfo, timerText } from './ss-info.ts';
import { type SsRow, ssTable } from './ss-table.ts';
import { strerror } from './strerror.ts';
import type { ToolIo } from './tool.ts';
import { addrText, AF_INET, AF_INET6, ToolExit } from './words.ts';

const AF_UNIX = 1;
const AF_PACKET = 17;
const PROTOS: Readonly<Record<string, number>> = { tcp: 6, udp: 17, raw: 255 };
/** Sockets are called by their protocol, where it has a name here. */
const TYPE_NAMES: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp', 33: 'dccp', 132: 'sctp', 255: 'raw' };
const SERVICES: ReadonlyMap<string, number> = new Map([
  ['ftp', 21], ['ssh', 22], ['telnet', 23], ['smtp', 25], ['domain', 53], ['bootps', 67], ['bootpc', 68], ['tftp', 69], ['http', 80], ['pop3', 110], ['ntp', 123], ['imap2', 143], ['snmp', 161], ['https', 443], ['mdns', 5353],
  ['http-alt', 8080],
]);

const spec = (short: string, long: string, arg?: 'required'): OptionSpec => (arg === undefined ? { short, long } : { short, long, arg });
const OPTIONS: readonly OptionSpec[] = [
  spec('n', 'numeric'), spec('r', 'resolve'), spec('o', 'options'), spec('e', 'extended'), spec('m', 'memory'), spec('i', 'info'), spec('p', 'processes'), spec('t', 'tcp'), spec('u', 'udp'), spec('w', 'raw'), spec('x', 'unix'),
  spec('a', 'all'), spec('l', 'listening'), spec('4', 'ipv4'), spec('6', 'ipv6'), spec('0', 'packet'), spec('f', 'family', 'required'), spec('A', 'query', 'required'), spec('', 'socket', 'required'), spec('s', 'summary'),
  spec('K', 'kill'), spec('H', 'no-header'), spec('O', 'oneline'), spec('N', 'net', 'required'), spec('V', 'version'), spec('h', 'help'),
];
const USAGE = 'Usage: ss [ OPTIONS ]\n       ss [ OPTIONS ] [ FILTER ]\n   -n -o -e -m -i -a -l -t -u -w -x -0 -4 -6 -K -H -O -s, -A QUERY, -f FAMILY, -N NETNS\n';

/** Which sockets. */
const DBS: readonly string[] = ['packet_raw', 'packet_dgram', 'unix_dgram', 'unix_stream', 'unix_seqpacket', 'raw', 'udp', 'tcp'];

interface Run {
  readonly task: Task;
  readonly io: ToolIo;
  readonly names: Ip;
  readonly diag: NlSocket;
  readonly on: ReadonlySet<string>;
  readonly dbs: ReadonlySet<string>;
  readonly family: number;
  /** By kind of socket. */
  states: (db: string) => number;
  readonly test: SsTest;
  readonly rows: SsRow[];
}

const view = (b: Uint8Array): DataView => new DataView(b.buffer, b.byteOffset, b.byteLength);

function portText(run: Run, port: number, db: string): string {
  if (port === 0) return '*';
  if (!run.on.has('n') && db !== 'raw') for (const [name, n] of SERVICES) if (n === port) return name;
  return `${port}`;
}

function shutdownText(bits: number): string {
  return ` ${(bits & 1) !== 0 ? '-' : '<'}-${(bits & 2) !== 0 ? '-' : '>'}`;
}

const cookie = (lo: number, hi: number): string => ((BigInt(hi) << 32n) | BigInt(lo)).toString(16);

/** One internet socket, from its inet_diag_msg. */
function inetRow(run: Run, db: string, body: Uint8Array): void {
  const v = view(body);
  const a = attrMap(body, 72);
  const family = body[0]!;
  const size = family === AF_INET ? 4 : 16;
  const state = body[1]!;
  const subject: SsSubject = {
    family, local: body.subarray(8, 8 + size), peer: body.subarray(24, 24 + size), localPort: v.getUint16(4), peerPort: v.getUint16(6), device: v.getUint32(40, true), mark: u32(a, INET_DIAG_MARK) ?? 0,
  };
  if (!run.test(subject)) return;
  if (run.on.has('K')) {
    const req = new Uint8Array(56);
    req.set([family, PROTOS[db]!, 0, 0]);
    view(req).setUint32(4, 1 << state, true);
    req.set(body.subarray(4, 52), 8);
    const r = run.diag.request(SOCK_DESTROY, NLM_F_ACK, req);
    if (r.err < 0) {
      if (r.err === -95 || r.err === -2) return;
      run.io.err(`RTNETLINK answers: ${strerror(r.err)}\n`);
      return;
    }
  }
  const v6only = u8(a, INET_DIAG_SKV6ONLY) === 1;
  const zero = (b: Uint8Array): boolean => b.every((x) => x === 0);
  const address = (b: Uint8Array): string => {
    if (family === AF_INET6) return zero(b) ? (v6only || db === 'raw' ? '[::]' : '*') : `[${addrText(b)}]`;
    return addrText(b);
  };
  const dev = subject.device === 0 ? '' : `%${run.names.nameOf(subject.device)}`;
  let more = '';
  if (run.on.has('o')) more += timerText(body[2]!, v.getUint32(52, true), body[3]!);
  if (run.on.has('e')) {
    const uid = v.getUint32(64, true);
    if (uid !== 0) more += ` uid:${uid}`;
    more += ` ino:${v.getUint32(68, true)} sk:${cookie(v.getUint32(44, true), v.getUint32(48, true))}`;
    const cgroup = a.get(21);
    if (cgroup !== undefined && cgroup.length >= 8) more += ` cgroup:${view(cgroup).getBigUint64(0, true) <= 1n ? '/' : `unreachable:${view(cgroup).getBigUint64(0, true).toString(16)}`}`;
    if (family === AF_INET6 && a.has(INET_DIAG_SKV6ONLY)) more += ` v6only:${v6only ? 1 : 0}`;
    const sh = u8(a, INET_DIAG_SHUTDOWN);
    if (sh !== undefined) more += shutdownText(sh);
  }
  const mem = run.on.has('m') ? memory(a) : '';
  const info = run.on.has('i') && db === 'tcp' ? tcpInfo(a, run.on.has('e')) : '';
  if (mem !== '' || run.on.has('i') && info !== '') more += `${run.on.has('O') ? '' : '\n\t'}${mem}${info}`;
  run.rows.push({
    netid: TYPE_NAMES[u8(a, INET_DIAG_PROTOCOL) ?? PROTOS[db]!] ?? '???', state: STATE_NAMES[state] ?? 'UNKNOWN', recvq: `${v.getUint32(56, true)}`, sendq: `${v.getUint32(60, true)}`, local: `${address(subject.local)}${dev}`, localSep: ':',
    localPort: db === 'raw' ? rawName(subject.localPort, run) : portText(run, subject.localPort, db), peer: address(subject.peer), peerSep: ':', peerPort: db === 'raw' ? (subject.peerPort === 0 ? '*' : `${subject.peerPort}`) : portText(run, subject.peerPort, db), more,
  });
}

const rawName = (n: number, run: Run): string => (run.on.has('n') ? `${n}` : ({ 1: 'icmp', 2: 'igmp', 6: 'tcp', 17: 'udp', 58: 'ipv6-icmp' } as Readonly<Record<number, string>>)[n] ?? `${n}`);

function inet(run: Run, db: string): void {
  for (const family of [AF_INET, AF_INET6]) {
    if (run.family !== 0 && run.family !== family) continue;
    const req = new Uint8Array(56);
    let ext = 0;
    if (run.on.has('m')) ext |= 1 << (INET_DIAG_SKMEMINFO - 1);
    if (run.on.has('i')) ext |= (1 << (INET_DIAG_INFO - 1)) | (1 << 2) | (1 << 3);
    req.set([family, PROTOS[db]!, ext, 0]);
    view(req).setUint32(4, run.states(db), true);
    const r = run.diag.dump(SOCK_DIAG_BY_FAMILY, req);
    if (r.err < 0 && r.err !== -2) run.io.err(`RTNETLINK answers: ${strerror(r.err)}\n`);
    for (const m of r.msgs) if (m.type === SOCK_DIAG_BY_FAMILY && m.body.length >= 72) inetRow(run, db, m.body);
  }
}

/** DCCP is asked for in the new way and then in the old one, and what the kernel says to that is told. */
function dccp(run: Run): void {
  const req = new Uint8Array(56);
  req.set([AF_INET, 33, 0, 0]);
  if (run.diag.dump(SOCK_DIAG_BY_FAMILY, req).err !== -2) return;
  const old = new Uint8Array(60);
  old[0] = AF_INET;
  const r = run.diag.dump(DCCPDIAG_GETSOCK, old);
  if (r.err < 0 && r.err !== -2) run.io.err(`RTNETLINK answers: ${strerror(r.err)}\n`);
}

const UNIX_TYPES: Readonly<Record<number, readonly [string, string]>> = { 1: ['u_str', 'unix_stream'], 2: ['u_dgr', 'unix_dgram'], 5: ['u_seq', 'unix_seqpacket'] };

function unixName(a: Attrs): string {
  const b = a.get(UNIX_DIAG_NAME);
  if (b === undefined || b.length === 0) return '*';
  // The name of an abstract socket may have NULs within.
  return b[0] === 0 ? `@${utf8Decode(b.subarray(1)).replaceAll('\0', '@')}` : utf8Decode(b).replace(/\0.*$/s, '');
}

function unix(run: Run): void {
  const req = new Uint8Array(24);
  view(req).setUint32(4, run.states('unix'), true);
  req[0] = AF_UNIX;
  view(req).setUint32(12, 1 | 4 | 16 | 32 | (run.on.has('e') ? 2 | 8 | 64 : 0), true);
  const r = run.diag.dump(SOCK_DIAG_BY_FAMILY, req);
  if (r.err < 0 && r.err !== -2) run.io.err(`RTNETLINK answers: ${strerror(r.err)}\n`);
  for (const m of r.msgs) {
    if (m.type !== SOCK_DIAG_BY_FAMILY || m.body.length < 16) continue;
    const v = view(m.body);
    const a = attrMap(m.body, 16);
    const type = UNIX_TYPES[m.body[1]!];
    if (type === undefined || !run.dbs.has(type[1])) continue;
    const q = a.get(UNIX_DIAG_RQLEN);
    const [recvq, sendq] = q === undefined ? [0, 0] : [view(q).getUint32(0, true), view(q).getUint32(4, true)];
    let more = '';
    if (run.on.has('e')) {
      const uid = u32(a, UNIX_DIAG_UID) ?? 0;
      if (uid !== 0) more += ` uid:${uid}`;
      const sh = u8(a, UNIX_DIAG_SHUTDOWN);
      if (sh !== undefined) more += shutdownText(sh);
    }
    if (run.on.has('m')) {
      const mem = memory(a, UNIX_DIAG_MEMINFO);
      if (mem !== '') more += `${run.on.has('O') ? '' : '\n\t'}${mem}`;
    }
    run.rows.push({
      netid: type[0], state: STATE_NAMES[m.body[2]!] ?? 'UNKNOWN', recvq: `${recvq}`, sendq: `${sendq}`, local: unixName(a), localSep: ' ',
      localPort: `${v.getUint32(4, true)}`, peer: '*', peerSep: ' ', peerPort: `${u32(a, UNIX_DIAG_PEER) ?? 0}`, more,
    });
  }
}

function packet(run: Run): void {
  const req = new Uint8Array(20);
  req[0] = AF_PACKET;
  view(req).setUint32(8, 1 | 16 | 8 | 4, true);
  const r = run.diag.dump(SOCK_DIAG_BY_FAMILY, req);
  if (r.err < 0 && r.err !== -2) run.io.err(`RTNETLINK answers: ${strerror(r.err)}\n`);
  for (const m of r.msgs) {
    if (m.type !== SOCK_DIAG_BY_FAMILY || m.body.length < 16) continue;
    const v = view(m.body);
    const a = attrMap(m.body, 16);
    const raw = m.body[1] === 3;
    if (!run.dbs.has(raw ? 'packet_raw' : 'packet_dgram')) continue;
    const proto = v.getUint16(2, true);
    const mem = a.get(PACKET_DIAG_MEMINFO);
    const info = a.get(PACKET_DIAG_INFO);
    const index = info === undefined ? 0 : view(info).getUint32(0, true);
    let more = '';
    if (run.on.has('e')) {
      const uid = u32(a, PACKET_DIAG_UID) ?? 0;
      if (uid !== 0) more += ` uid:${uid}`;
      more += ` ino:${v.getUint32(4, true)} sk:${cookie(v.getUint32(8, true), v.getUint32(12, true))}`;
    }
    if (run.on.has('e') && info !== undefined && info.length >= 24) {
      const iv = view(info);
      const flags = iv.getUint32(20, true);
      const names = ['running', 'auxdata', 'origdev', 'vnethdr', 'loss'].filter((_, i) => (flags & (1 << i)) !== 0);
      more += `${run.on.has('O') ? '' : '\n'}\tver:${iv.getUint32(4, true)} cpy_thresh:${iv.getUint32(12, true)} flags( ${names.map((n) => `${n} `).join('')})`;
    }
    if (run.on.has('m') && mem !== undefined) more += `${run.on.has('O') ? '' : '\n\t'}${memory(a, PACKET_DIAG_MEMINFO)}`;
    const name = proto === 3 ? '*' : proto === 0x0800 && !run.on.has('n') ? 'ip' : `[${proto}]`;
    run.rows.push({
      netid: raw ? 'p_raw' : 'p_dgr', state: 'UNCONN', recvq: `${mem === undefined ? 0 : view(mem).getUint32(0, true)}`, sendq: '0', local: name, localSep: ':', localPort: index === 0 ? '*' : run.names.nameOf(index), peer: '', peerSep: '*', peerPort: '', more,
    });
  }
}

/** `ss -s`: from /proc/net/sockstat and the like. */
function summary(run: Run): number {
  const read = (path: string): Map<string, number> => {
    const s = run.task.sys.readFile(path);
    const out = new Map<string, number>();
    if (typeof s !== 'string') return out;
    for (const line of s.split('\n')) {
      const [head = '', ...rest] = line.split(/\s+/);
      for (let i = 0; i + 1 < rest.length; i += 2) out.set(`${head}${rest[i]!}`, Number(rest[i + 1]));
    }
    return out;
  };
  const four = read('/proc/net/sockstat');
  const six = read('/proc/net/sockstat6');
  const n = (m: ReadonlyMap<string, number>, k: string): number => m.get(k) ?? 0;
  const snmp = run.task.sys.readFile('/proc/net/snmp');
  let estab = 0;
  if (typeof snmp === 'string') {
    const [names, values] = snmp.split('\n').filter((l) => l.startsWith('Tcp:')).map((l) => l.split(/\s+/));
    estab = Number(values?.[names?.indexOf('CurrEstab') ?? -1] ?? 0);
  }
  const tcp4 = n(four, 'TCP:inuse');
  const tcp6 = n(six, 'TCP6:inuse');
  const tw = n(four, 'TCP:tw');
  const closed = n(four, 'TCP:alloc') - tcp4 - tcp6 + tw;
  run.io.out(`Total: ${n(four, 'sockets:used')}\nTCP:   ${tcp4 + tcp6 + closed} (estab ${estab}, closed ${closed}, orphaned ${n(four, 'TCP:orphan')}, timewait ${tw})\n\nTransport Total     IP        IPv6\n`);
  const line = (name: string, a: number, b: number): string => `${name}\t  ${`${a + b}`.padEnd(9)} ${`${a}`.padEnd(9)} ${`${b}`.padEnd(9)}\n`;
  const raw: [number, number] = [n(four, 'RAW:inuse'), n(six, 'RAW6:inuse')];
  const udp: [number, number] = [n(four, 'UDP:inuse'), n(six, 'UDP6:inuse')];
  run.io.out(line('RAW', ...raw) + line('UDP', ...udp) + line('TCP', tcp4, tcp6) + line('INET', raw[0] + udp[0] + tcp4, raw[1] + udp[1] + tcp6) + line('FRAG', n(four, 'FRAG:inuse'), n(six, 'FRAG6:inuse')));
  run.io.out('\n');
  return 0;
}

const GROUPS: Readonly<Record<string, readonly string[]>> = {
  all: DBS, inet: ['raw', 'udp', 'tcp'], tcp: ['tcp'], udp: ['udp'], raw: ['raw'], unix: ['unix_dgram', 'unix_stream', 'unix_seqpacket'], unix_dgram: ['unix_dgram'], unix_stream: ['unix_stream'], unix_seqpacket: ['unix_seqpacket'],
  packet: ['packet_raw', 'packet_dgram'], packet_raw: ['packet_raw'], packet_dgram: ['packet_dgram'], u_dgr: ['unix_dgram'], u_str: ['unix_stream'], u_seq: ['unix_seqpacket'], p_raw: ['packet_raw'], p_dgr: ['packet_dgram'],
};

/**
 * ss(8). Expressions are tried here on what the kernel lists; processes (-p) are not known.
 * @public
 */
export function ss(task: Task, args: readonly string[], io: ToolIo): number {
  const parsed = getopt(args, OPTIONS);
  if (parsed.error !== null) {
    io.err(`ss: ${parsed.error}\n${USAGE}`);
    return 255;
  }
  const on = new Set<string>();
  const dbs = new Set<string>();
  const names = new Ip(task, io, { family: 0, details: 0, stats: 0, json: false, pretty: false, oneline: false, brief: false, numeric: false, force: false, timestamp: 0, maxFlushLoops: 10, netns: null, batch: null });
  let family = 0;
  let diag: NlSocket | null = null;
  try {
    for (const [o, value] of parsed.options) {
      const key = o.short === '' ? o.long : o.short;
      on.add(key);
      const letters: Readonly<Record<string, string>> = { t: 'tcp', u: 'udp', w: 'raw', x: 'unix', 0: 'packet' };
      const query = key === 'A' || key === 'socket' ? value!.split(',') : letters[key] === undefined ? [] : [letters[key]];
      for (const q of query) for (const db of GROUPS[q] ?? wrong(`ss: "${q}" is illegal socket table id\n`)) dbs.add(db);
      if (key === '4') family = AF_INET;
      else if (key === '6') family = AF_INET6;
      else if (key === 'f') {
        if (value === 'inet') family = AF_INET;
        else if (value === 'inet6') family = AF_INET6;
        else for (const db of GROUPS[value === 'link' ? 'packet' : value!] ?? wrong(`ss: "${value!}" is invalid family\n`)) dbs.add(db);
      } else if (key === 'V') {
        io.out('ss utility, linnet\n');
        return 0;
      } else if (key === 'h') {
        io.out(USAGE);
        return 0;
      }
    }
    const everything = dbs.size === 0;
    // Only internet sockets can be closed.
    if (everything) for (const db of family === 0 && !on.has('K') ? DBS : GROUPS['inet']!) dbs.add(db);
    let rest = [...parsed.rest];
    let asked = 0;
    while (rest[0] === 'state' || rest[0] === 'exclude' || rest[0] === 'excl') {
      const bits = stateBits(rest[1] ?? wrong('ss: wrong state name: \n'));
      asked = rest[0] === 'state' ? asked | bits : (asked === 0 ? ALL_STATES : asked) & ~bits;
      rest = rest.slice(2);
    }
    const test = ssExpression(rest, SERVICES, (name) => names.indexOf(name));
    const closed = 1 << CLOSE;
    const states = (db: string): number => {
      if (db === 'packet' && asked === 0 && !on.has('a') && !on.has('l')) return closed;
      const own = db === 'tcp' ? ALL_STATES : db === 'unix' ? (1 << ESTABLISHED) | closed | (1 << LISTEN) | (1 << 2) : (1 << ESTABLISHED) | closed;
      if (asked !== 0) return asked & (db === 'tcp' ? ALL_STATES : own);
      if (on.has('a')) return own;
      if (on.has('l')) return own & ((1 << LISTEN) | closed);
      if (db === 'tcp') return CONNECTED & ~((1 << SYN_RECV) | (1 << TIME_WAIT));
      return own & CONNECTED & ~((1 << SYN_RECV) | (1 << TIME_WAIT));
    };
    diag = new NlSocket(task, NETLINK_SOCK_DIAG);
    const run: Run = { task, io, names, diag, on, dbs, family, states, test, rows: [] };
    if (on.has('s')) {
      const code = summary(run);
      if (parsed.options.every(([o]) => o.short === 's')) return code;
    }
    if ((dbs.has('packet_raw') || dbs.has('packet_dgram')) && (states('packet') & closed) !== 0) packet(run);
    if (['unix_dgram', 'unix_stream', 'unix_seqpacket'].some((d) => dbs.has(d))) unix(run);
    for (const db of ['raw', 'udp', 'tcp']) if (dbs.has(db)) inet(run, db);
    if (everything) dccp(run);
    let mask = 0;
    for (const db of dbs) mask |= states(db.replace(/_.*/, ''));
    const single = mask !== 0 && (mask & (mask - 1)) === 0;
    io.out(ssTable(run.rows, dbs.size > 1, !single, !on.has('H')));
    return 0;
  } catch (error) {
    if (!(error instanceof ToolExit)) throw error;
    io.err(error.message);
    return error.code;
  } finally {
    diag?.close();
    names.close();
  }
}

function wrong(message: string): never {
  throw new ToolExit(255, message);
}
