/** Sockets of the internet families, for ss(8). */
import { strerror } from '@linnet/posix';
import {
  DCCPDIAG_GETSOCK, INET_DIAG_CGROUP_ID, INET_DIAG_CLASS_ID, INET_DIAG_CONG, INET_DIAG_INFO, INET_DIAG_MARK, INET_DIAG_PROTOCOL, INET_DIAG_REQ_BYTECODE, INET_DIAG_SHUTDOWN, INET_DIAG_SKMEMINFO, INET_DIAG_SKV6ONLY,
  INET_DIAG_SOCKOPT, INET_DIAG_TCLASS, INET_DIAG_TOS, INET_DIAG_VEGASINFO, NLM_F_ACK, SOCK_DESTROY, SOCK_DIAG_BY_FAMILY,
} from '@linnet/uapi';
import { attrMap, type Attrs, AttrWriter, u32, u8 } from './netlink.ts';
import { ssBytecode } from './ss-bytecode.ts';
import { ssFitsInet, STATE_NAMES } from './ss-filter.ts';
import { memory, tcpInfo, timerText } from './ss-info.ts';
import { cookie, dumpSockets, shutdownText, type SsRun, usersText, view } from './ss-run.ts';
import { addrText, AF_INET, AF_INET6 } from './words.ts';

const PROTOS: Readonly<Record<string, number>> = { tcp: 6, udp: 17, raw: 255 };
/** What a socket is called by its protocol. */
const PROTO_NAMES: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp', 33: 'dccp', 58: 'icmp6', 132: 'sctp' };
const RAW_NAMES: Readonly<Record<number, string>> = { 1: 'icmp', 2: 'igmp', 6: 'tcp', 17: 'udp', 58: 'ipv6-icmp', 89: 'ospf' };

/** Ports by their names. */
export const SERVICES: ReadonlyMap<string, number> = new Map([
  ['ftp', 21], ['ssh', 22], ['telnet', 23], ['smtp', 25], ['domain', 53], ['bootps', 67], ['bootpc', 68], ['tftp', 69], ['http', 80], ['pop3', 110], ['ntp', 123], ['imap2', 143], ['snmp', 161], ['https', 443], ['mdns', 5353],
  ['http-alt', 8080],
]);

function portText(run: SsRun, port: number, db: string, local: boolean): string {
  if (db === 'raw') return local ? (run.on.has('n') ? `${port}` : (RAW_NAMES[port] ?? `ipproto-${port}`)) : port === 0 ? '*' : `${port}`;
  if (port === 0) return '*';
  if (!run.on.has('n')) for (const [name, n] of SERVICES) if (n === port) return name;
  return `${port}`;
}

/** Closes a socket (-K): true if it did, and the socket is to be shown. */
function kill(run: SsRun, db: string, body: Uint8Array): boolean {
  const req = new Uint8Array(56);
  req.set([body[0]!, PROTOS[db]!, 0, 0]);
  view(req).setUint32(4, 1 << body[1]!, true);
  req.set(body.subarray(4, 52), 8);
  const { err } = run.diag.request(SOCK_DESTROY, NLM_F_ACK, req);
  if (err >= 0) return true;
  // Gone meanwhile, or of a kind that cannot be closed.
  if (err !== -95 && err !== -2) run.io.err(`RTNETLINK answers: ${strerror(err)}\n`);
  return false;
}

/** `#x` of C. */
const hex = (n: number): string => (n === 0 ? '0' : `0x${n.toString(16)}`);

/** The control group of a socket: what is not the root has a path that only its file system knows. */
function cgroupText(a: Attrs): string {
  const b = a.get(INET_DIAG_CGROUP_ID);
  if (b === undefined || b.length < 8) return '';
  const id = view(b).getBigUint64(0, true);
  return ` cgroup:${id <= 1n ? '/' : `unreachable:${id.toString(16)}`}`;
}

/** The bits of INET_DIAG_SOCKOPT. */
const SOCKOPTS: readonly string[] = ['recverr', 'is_icsk', 'freebind', 'hdrincl', 'mc_loop', 'transparent', 'mc_all', 'nodefrag', 'bind_address_no_port', 'recverr_rfc4884', 'defer_connect'];

/** What --tos, --cgroup and --inet-sockopt tell. */
function setText(on: ReadonlySet<string>, a: Attrs): string {
  let out = '';
  if (on.has('tos')) {
    const [tos, tclass, classId] = [u8(a, INET_DIAG_TOS), u8(a, INET_DIAG_TCLASS), u32(a, INET_DIAG_CLASS_ID)];
    if (tos !== undefined) out += ` tos:${hex(tos)}`;
    if (tclass !== undefined) out += ` tclass:${hex(tclass)}`;
    if (classId !== undefined) out += ` class_id:${hex(classId)}`;
  }
  if (on.has('cgroup')) out += cgroupText(a);
  const opts = a.get(INET_DIAG_SOCKOPT);
  if (on.has('inet-sockopt') && opts !== undefined && opts.length >= 2) {
    const bits = view(opts).getUint16(0, true);
    out += `${on.has('O') ? ' ' : '\n\t'}inet-sockopt: (${SOCKOPTS.filter((_, i) => (bits & (1 << i)) !== 0).map((w) => ` ${w}`).join('')})`;
  }
  return out;
}

/** One socket, from its inet_diag_msg. */
export function inetRow(run: SsRun, db: string, body: Uint8Array): void {
  const { on } = run;
  const v = view(body);
  const a = attrMap(body, 72);
  const family = body[0]!;
  const size = family === AF_INET ? 4 : 16;
  const state = body[1]!;
  const [local, peer] = [body.subarray(8, 8 + size), body.subarray(24, 24 + size)];
  const [localPort, peerPort] = [v.getUint16(4), v.getUint16(6)];
  const device = v.getUint32(40, true);
  const mark = u32(a, INET_DIAG_MARK) ?? 0;
  if (run.expr !== null && !ssFitsInet(run.expr, { local, peer, localPort, peerPort, device, mark }, run.ports)) return;
  if (on.has('K') && !kill(run, db, body)) return;
  const v6only = u8(a, INET_DIAG_SKV6ONLY) === 1;
  const address = (b: Uint8Array): string => {
    if (family !== AF_INET6) return addrText(b);
    return b.some((x) => x !== 0) ? `[${addrText(b)}]` : v6only ? '[::]' : '*';
  };
  const ino = v.getUint32(68, true);
  let more = usersText(run, ino);
  if (on.has('o')) more += timerText(body[2]!, v.getUint32(52, true), body[3]!);
  if (on.has('e')) {
    const uid = v.getUint32(64, true);
    if (uid !== 0) more += ` uid:${uid}`;
    more += ` ino:${ino} sk:${cookie(v.getUint32(44, true), v.getUint32(48, true))}`;
    if (mark !== 0) more += ` fwmark:0x${mark.toString(16)}`;
    more += cgroupText(a);
    if (family === AF_INET6 && a.has(INET_DIAG_SKV6ONLY)) more += ` v6only:${v6only ? 1 : 0}`;
    const sh = u8(a, INET_DIAG_SHUTDOWN);
    if (sh !== undefined) more += shutdownText(sh);
  }
  more += setText(on, a);
  if (on.has('m') || on.has('i')) more += `${on.has('O') ? '' : '\n\t'}${on.has('m') ? memory(a) : ''}${on.has('i') ? tcpInfo(a, on.has('e')) : ''}`;
  const proto = u8(a, INET_DIAG_PROTOCOL);
  run.rows.push({
    netid: proto === undefined ? db : (PROTO_NAMES[proto] ?? '???'), state: STATE_NAMES[state] ?? 'UNKNOWN', recvq: `${v.getUint32(56, true)}`, sendq: `${v.getInt32(60, true)}`,
    local: `${address(local)}${device === 0 ? '' : `%${run.names.nameOf(device)}`}`, localSep: ':', localPort: portText(run, localPort, db, true),
    peer: address(peer), peerSep: ':', peerPort: portText(run, peerPort, db, false), more,
  });
}

/** Sockets of TCP, UDP, or raw ones: the kernel picks those that the expression wants. */
export function inet(run: SsRun, db: string): void {
  for (const family of [AF_INET, AF_INET6]) {
    if (run.family !== 0 && run.family !== family) continue;
    const req = new Uint8Array(56);
    const ext = (type: number): number => 1 << (type - 1);
    req.set([family, PROTOS[db]!, (run.on.has('m') ? ext(INET_DIAG_SKMEMINFO) : 0) | (run.on.has('i') ? ext(INET_DIAG_INFO) | ext(INET_DIAG_VEGASINFO) | ext(INET_DIAG_CONG) : 0) | (run.on.has('tos') ? ext(INET_DIAG_TOS) | ext(INET_DIAG_TCLASS) : 0), 0]);
    view(req).setUint32(4, run.states(db), true);
    const attrs = run.expr === null ? null : new AttrWriter().raw(INET_DIAG_REQ_BYTECODE, ssBytecode(run.expr));
    for (const m of dumpSockets(run, req, attrs, 72)) inetRow(run, db, m.body);
  }
}

/** DCCP is asked for in the new way and then in the old one, and what the kernel says to that is told. */
export function dccp(run: SsRun): void {
  const req = new Uint8Array(56);
  req.set([AF_INET, 33, 0, 0]);
  if (run.diag.dump(SOCK_DIAG_BY_FAMILY, req).err !== -2) return;
  const old = new Uint8Array(60);
  old[0] = AF_INET;
  const r = run.diag.dump(DCCPDIAG_GETSOCK, old);
  if (r.err < 0 && r.err !== -2) run.io.err(`RTNETLINK answers: ${strerror(r.err)}\n`);
}
