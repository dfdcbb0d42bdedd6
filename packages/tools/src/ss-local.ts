/** Local, packet and netlink sockets, for ss(8). */
import {
  AF_NETLINK, AF_PACKET, AF_UNIX, NDIAG_PROTO_ALL, NDIAG_SHOW_GROUPS, NDIAG_SHOW_MEMINFO, NETLINK_DIAG_GROUPS, NETLINK_DIAG_MEMINFO, PACKET_DIAG_FILTER, PACKET_DIAG_INFO, PACKET_DIAG_MEMINFO, PACKET_DIAG_UID, PACKET_SHOW_FANOUT, PACKET_SHOW_FILTER,
  PACKET_SHOW_INFO, PACKET_SHOW_MEMINFO, PACKET_SHOW_RING_CFG, UDIAG_SHOW_ICONS, UDIAG_SHOW_MEMINFO, UDIAG_SHOW_NAME, UDIAG_SHOW_PEER, UDIAG_SHOW_RQLEN, UDIAG_SHOW_UID, UDIAG_SHOW_VFS, UNIX_DIAG_ICONS,
  UNIX_DIAG_MEMINFO, UNIX_DIAG_NAME, UNIX_DIAG_PEER, UNIX_DIAG_RQLEN, UNIX_DIAG_SHUTDOWN, UNIX_DIAG_UID, UNIX_DIAG_VFS, utf8Decode,
} from '@linnet/uapi';
import { attrMap, type Attrs, u32, u8 } from './netlink.ts';
import { ssFitsLocal, STATE_NAMES } from './ss-filter.ts';
import { memory } from './ss-info.ts';
import { cookie, dumpSockets, processName, shutdownText, type SsRun, usersText, view } from './ss-run.ts';

const UNIX_TYPES: Readonly<Record<number, readonly [string, string]>> = { 1: ['u_str', 'unix_stream'], 2: ['u_dgr', 'unix_dgram'], 5: ['u_seq', 'unix_seqpacket'] };

function unixName(a: Attrs | undefined): string {
  const b = a?.get(UNIX_DIAG_NAME);
  if (b === undefined || b.length === 0) return '*';
  // The name of an abstract socket may have NULs within.
  return b[0] === 0 ? `@${utf8Decode(b.subarray(1)).replaceAll('\0', '@')}` : utf8Decode(b).replace(/\0.*$/s, '');
}

/** What -e tells of a local socket. */
function unixDetails(a: Attrs): string {
  let out = '';
  const uid = u32(a, UNIX_DIAG_UID) ?? 0;
  if (uid !== 0) out += ` uid:${uid}`;
  const sh = u8(a, UNIX_DIAG_SHUTDOWN);
  if (sh !== undefined) out += shutdownText(sh);
  const vfs = a.get(UNIX_DIAG_VFS);
  if (vfs !== undefined && vfs.length >= 8) {
    const dev = view(vfs).getUint32(4, true);
    out += ` ino:${view(vfs).getUint32(0, true)} dev:${dev >>> 20}/${dev & 0xfffff}`;
  }
  const waiting = a.get(UNIX_DIAG_ICONS);
  if (waiting !== undefined) out += ` peers:${Array.from({ length: waiting.length >> 2 }, (_, i) => ` ${view(waiting).getUint32(i * 4, true)}`).join('')}`;
  return out;
}

/** Local sockets. */
export function unix(run: SsRun): void {
  const { on, expr } = run;
  const req = new Uint8Array(24);
  req[0] = AF_UNIX;
  view(req).setUint32(4, run.states('unix'), true);
  view(req).setUint32(12, UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN | UDIAG_SHOW_MEMINFO | (on.has('e') ? UDIAG_SHOW_VFS | UDIAG_SHOW_ICONS | UDIAG_SHOW_UID : 0), true);
  const found = dumpSockets(run, req, null, 16).map((m) => ({ body: m.body, ino: view(m.body).getUint32(4, true), a: attrMap(m.body, 16) }));
  const byIno = new Map(found.map((s) => [s.ino, s.a]));
  for (const { body, ino, a } of found) {
    const type = UNIX_TYPES[body[1]!];
    if (type === undefined || !run.dbs.has(type[1])) continue;
    const name = unixName(a);
    const peer = u32(a, UNIX_DIAG_PEER) ?? 0;
    if (expr !== null && !ssFitsLocal(expr, { name, peerName: unixName(byIno.get(peer)) })) continue;
    const q = a.get(UNIX_DIAG_RQLEN);
    const [recvq, sendq] = q === undefined ? [0, 0] : [view(q).getUint32(0, true), view(q).getUint32(4, true)];
    run.rows.push({
      netid: type[0], state: STATE_NAMES[body[2]!] ?? 'UNKNOWN', recvq: `${recvq}`, sendq: `${sendq}`, local: name, localSep: ' ', localPort: `${ino}`, peer: '*', peerSep: ' ', peerPort: `${peer}`,
      more: `${usersText(run, ino)}${on.has('m') ? memory(a, UNIX_DIAG_MEMINFO) : ''}${on.has('e') ? unixDetails(a) : ''}`,
    });
  }
}

/** Flags of PACKET_DIAG_INFO. */
const PACKET_FLAGS: readonly string[] = ['running', 'auxdata', 'origdev', 'vnethdr', 'loss'];

/** Ethernet protocols by number. */
const ETHER_NAMES: Readonly<Record<number, string>> = { 0x0800: 'ip', 0x0806: 'arp', 0x8100: '802.1Q', 0x86dd: 'ipv6', 0x8863: 'ppp_disc', 0x8864: 'ppp_ses', 0x8847: 'mpls_uc', 0x88a8: '802.1ad', 0x88cc: 'LLDP' };

/** A classic BPF program, as -b shows it. */
function filterText(b: Uint8Array): string {
  const v = view(b);
  const two = (n: number): string => n.toString(16).padStart(2, '0');
  const lines = Array.from({ length: b.length >> 3 }, (_, i) => ` 0x${two(v.getUint16(8 * i, true))} ${b[8 * i + 2]!} ${b[8 * i + 3]!} ${v.getUint32(8 * i + 4, true)},`);
  return `bpf filter (${lines.length}): ${lines.join('')}`;
}

/** Packet sockets, whichever of the two kinds was named: ss shows both. */
export function packet(run: SsRun): void {
  const { on } = run;
  const req = new Uint8Array(20);
  req[0] = AF_PACKET;
  view(req).setUint32(8, PACKET_SHOW_INFO | PACKET_SHOW_MEMINFO | PACKET_SHOW_FANOUT | PACKET_SHOW_RING_CFG | (on.has('b') ? PACKET_SHOW_FILTER : 0), true);
  for (const m of dumpSockets(run, req, null, 16)) {
    const v = view(m.body);
    const a = attrMap(m.body, 16);
    const raw = m.body[1] === 3;
    const proto = v.getUint16(2, true);
    const mem = a.get(PACKET_DIAG_MEMINFO);
    const info = a.get(PACKET_DIAG_INFO);
    const index = info === undefined ? 0 : view(info).getUint32(0, true);
    const ino = v.getUint32(4, true);
    let more = usersText(run, ino);
    if (on.has('e')) {
      const uid = u32(a, PACKET_DIAG_UID) ?? 0;
      if (uid !== 0) more += ` uid:${uid}`;
      more += ` ino:${ino} sk:${cookie(v.getUint32(8, true), v.getUint32(12, true))}`;
      if (info !== undefined && info.length >= 24) {
        const iv = view(info);
        const flags = iv.getUint32(20, true);
        more += `${on.has('O') ? '' : '\n'}\tver:${iv.getUint32(4, true)} cpy_thresh:${iv.getUint32(12, true)} flags( ${flags === 0 ? '0 ' : PACKET_FLAGS.filter((_, i) => (flags & (1 << i)) !== 0).map((n) => `${n} `).join('')})`;
      }
    }
    const filter = a.get(PACKET_DIAG_FILTER);
    if (on.has('b') && filter !== undefined && filter.length > 0) more += `${on.has('O') ? '' : '\n\t'}${filterText(filter)}`;
    if (on.has('m')) more += memory(a, PACKET_DIAG_MEMINFO);
    run.rows.push({
      netid: raw ? 'p_raw' : 'p_dgr', state: 'UNCONN', recvq: `${mem === undefined ? 0 : view(mem).getUint32(0, true)}`, sendq: '0', local: proto === 3 ? '*' : on.has('n') ? `[${proto}]` : (ETHER_NAMES[proto] ?? `[${proto}]`),
      localSep: ':', localPort: index === 0 ? '*' : run.names.nameOf(index), peer: '', peerSep: '*', peerPort: '', more,
    });
  }
}

/** Protocols of netlink as /etc/iproute2/nl_protos calls them. */
const NETLINK_NAMES: Readonly<Record<number, string>> = {
  0: 'rtnl', 1: 'unused', 2: 'usersock', 3: 'fw', 4: 'tcpdiag', 5: 'nflog', 6: 'xfrm', 7: 'selinux', 8: 'iscsi', 9: 'audit', 10: 'fiblookup', 11: 'connector', 12: 'nft', 13: 'ip6fw', 14: 'dec-rt', 15: 'uevent', 16: 'genl',
  18: 'scsi-trans', 19: 'ecryptfs', 20: 'rdma', 21: 'crypto',
};

/** Sockets of AF_NETLINK. */
export function netlink(run: SsRun): void {
  const { on } = run;
  const req = new Uint8Array(20);
  req[0] = AF_NETLINK;
  req[1] = NDIAG_PROTO_ALL;
  view(req).setUint32(8, NDIAG_SHOW_GROUPS | NDIAG_SHOW_MEMINFO, true);
  for (const m of dumpSockets(run, req, null, 28)) {
    const v = view(m.body);
    const a = attrMap(m.body, 28);
    const proto = m.body[2]!;
    const pid = v.getInt32(4, true);
    const peer = v.getInt32(8, true);
    const mem = a.get(NETLINK_DIAG_MEMINFO);
    const process = on.has('n') || pid <= 0 ? null : processName(run.task, pid);
    const groups = a.get(NETLINK_DIAG_GROUPS);
    run.rows.push({
      netid: 'nl', state: 'UNCONN', recvq: `${mem === undefined ? 0 : view(mem).getUint32(0, true)}`, sendq: `${mem === undefined ? 0 : view(mem).getUint32(8, true)}`,
      local: on.has('n') ? `${proto}` : (NETLINK_NAMES[proto] ?? `${proto}`), localSep: ':', localPort: on.has('n') ? `${pid}` : pid === 0 ? 'kernel' : process === null ? `${pid}` : `${process}/${pid}`,
      peer: m.body[3] === 1 ? `${v.getUint32(12, true)}` : '', peerSep: m.body[3] === 1 ? ':' : '*', peerPort: m.body[3] === 1 ? `${peer}` : '',
      more: `${on.has('e') ? ` sk=0 cb=0 groups=0x${(groups === undefined || groups.length < 4 ? 0 : view(groups).getUint32(0, true)).toString(16).padStart(8, '0')}` : ''}${on.has('m') ? `\t${memory(a, NETLINK_DIAG_MEMINFO)}` : ''}`,
    });
  }
}
