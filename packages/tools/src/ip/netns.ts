/** `ip netns`: namespaces by name, and their ids. */
import { strerror } from '@linnet/posix';
import { CLONE_NEWNET, NETNSA_CURRENT_NSID, NETNSA_FD, NETNSA_NSID, NETNSA_TARGET_NSID, RTM_DELNSID, RTM_GETNSID, RTM_NEWNSID } from '@linnet/uapi';
import { attrMap, AttrWriter, type NlMsg, s32 } from '../netlink.ts';
import { inNetns, NETNS_FOLDER } from '../netns.ts';
import { mustNumber, ToolExit, type Words } from '../words.ts';
import type { Ip } from './context.ts';

const USAGE = `Usage:	ip netns list
	ip netns add NAME
	ip netns attach NAME PID
	ip netns set NAME NETNSID
	ip [-all] netns delete [NAME]
	ip netns identify [PID]
	ip netns pids NAME
	ip [-all] netns exec [NAME] cmd ...
	ip netns list-id [target-nsid POSITIVE-INT] [nsid POSITIVE-INT]
NETNSID := auto | POSITIVE-INT
`;

/** The names that there are. */
function names(ip: Ip): string[] {
  const list = ip.task.sys.readdir(NETNS_FOLDER);
  return typeof list === 'number' ? [] : list.map((e) => e.name);
}

/** The id that the namespace of the task has for another; -1 for none. */
function idOf(ip: Ip, name: string): number {
  const fd = ip.task.sys.open(`${NETNS_FOLDER}/${name}`);
  if (fd < 0) return -1;
  const r = ip.rtnl.request(RTM_GETNSID, 0, Uint8Array.of(0), new AttrWriter().u32(NETNSA_FD, fd));
  ip.task.sys.close(fd);
  const m = r.msgs.find((x) => x.type === RTM_NEWNSID);
  return m === undefined ? -1 : (s32(attrMap(m.body, 4), NETNSA_NSID) ?? -1);
}

/** The number that a namespace's file has; a negative errno where there is no file. */
function inoOf(ip: Ip, path: string): number {
  const st = ip.task.sys.stat(path);
  return typeof st === 'number' ? st : st.ino;
}

/** The next word as the name of a namespace. */
function nameWord(w: Words): string {
  if (!w.more) throw new ToolExit(1, 'No netns name specified\n');
  const name = w.cur;
  w.skip();
  if (name === '' || name === '.' || name === '..' || name.includes('/')) throw new ToolExit(255, `Invalid netns name "${name}"\n`);
  return name;
}

function list(ip: Ip): number {
  const { out } = ip;
  out.open('[');
  for (const name of names(ip)) {
    const id = idOf(ip, name);
    out.open('{');
    out.p('name', name, name);
    if (id >= 0) out.p('id', id, ` (id: ${id})`);
    out.t('\n');
    out.close('}');
  }
  out.close(']');
  if (out.json) out.raw('\n');
  return 0;
}

/** An id as RTM_NEWNSID and RTM_DELNSID tell it. */
function showId(ip: Ip, m: NlMsg, known: ReadonlyMap<number, string>): void {
  const { out } = ip;
  const a = attrMap(m.body, 4);
  const id = s32(a, NETNSA_NSID);
  if (id === undefined || id < 0) return;
  out.open('{');
  if (m.type === RTM_DELNSID) out.p('deleted', true, 'Deleted ');
  out.p('nsid', id, `nsid ${id} `);
  const current = s32(a, NETNSA_CURRENT_NSID);
  if (current !== undefined) out.p('current-nsid', current, `current-nsid ${current} `);
  const name = known.get(current ?? id);
  if (name !== undefined) out.p('name', name, `(iproute2 netns name: ${name})`);
  out.t('\n');
  out.close('}');
}

/** The names of those that the namespace of the task has ids for. */
export const namesById = (ip: Ip): Map<number, string> => new Map(names(ip).map((n) => [idOf(ip, n), n]));

/** An id that came or went, for `ip monitor`. */
export function showNsidEvent(ip: Ip, m: NlMsg): void {
  showId(ip, m, namesById(ip));
}

function listIds(ip: Ip, w: Words): number {
  const { out } = ip;
  const attrs = new AttrWriter();
  let one = false;
  for (; w.more; w.skip()) {
    const key = w.cur;
    if (!w.eq('target-nsid', 'nsid')) throw new ToolExit(255, USAGE);
    const id = mustNumber(w.next(), `"${key}" value is invalid`);
    if (key === 'nsid') one = true;
    attrs.u32(key === 'nsid' ? NETNSA_NSID : NETNSA_TARGET_NSID, id);
  }
  let msgs: readonly NlMsg[];
  if (one) {
    const r = ip.rtnl.request(RTM_GETNSID, 0, Uint8Array.of(0), attrs);
    if (!ip.good(r)) return 2;
    ({ msgs } = r);
  } else msgs = ip.dump(RTM_GETNSID, Uint8Array.of(0), attrs);
  const known = namesById(ip);
  out.open('[');
  for (const m of msgs) if (m.type === RTM_NEWNSID) showId(ip, m, known);
  out.close(']');
  if (out.json) out.raw('\n');
  return 0;
}

function set(ip: Ip, w: Words): number {
  const name = nameWord(w);
  if (!w.more) throw new ToolExit(1, 'No nsid specified\n');
  const id = w.cur === 'auto' ? -1 : mustNumber(w.cur, 'Invalid "netnsid" value');
  const fd = ip.task.sys.open(`${NETNS_FOLDER}/${name}`);
  if (fd < 0) throw new ToolExit(1, `Cannot open network namespace "${name}": No such file or directory\n`);
  try {
    return ip.change(RTM_NEWNSID, 0, Uint8Array.of(0), new AttrWriter().u32(NETNSA_FD, fd).u32(NETNSA_NSID, id));
  } finally {
    ip.task.sys.close(fd);
  }
}

/** Gives a namespace a name. */
function nameIt(ip: Ip, source: string, name: string): number {
  const target = `${NETNS_FOLDER}/${name}`;
  const err = inoOf(ip, target) >= 0 ? -17 : ip.task.sys.mountNetns(source, target);
  if (err === 0) return 0;
  throw new ToolExit(1, err === -17 ? `Cannot create namespace file "${target}": File exists\n` : `Bind ${source} -> ${target} failed: ${strerror(err)}\n`);
}

function add(ip: Ip, w: Words): number {
  const { task } = ip;
  const name = nameWord(w);
  const home = task.sys.open('/proc/self/ns/net');
  try {
    task.unshare(CLONE_NEWNET);
    return nameIt(ip, '/proc/self/ns/net', name);
  } finally {
    task.setns(home);
    task.sys.close(home);
  }
}

function attach(ip: Ip, w: Words): number {
  if (w.left < 2) throw new ToolExit(1, 'No netns name and PID specified\n');
  const name = nameWord(w);
  if (!/^\d+$/.test(w.cur)) throw new ToolExit(1, `Invalid PID: ${w.cur}\n`);
  return nameIt(ip, `/proc/${w.cur}/ns/net`, name);
}

function remove(ip: Ip, w: Words): number {
  for (const name of ip.opt.all ? names(ip) : [nameWord(w)]) {
    const err = ip.task.sys.umountNetns(`${NETNS_FOLDER}/${name}`);
    if (err < 0) throw new ToolExit(1, `Cannot remove namespace file "${NETNS_FOLDER}/${name}": ${strerror(err)}\n`);
  }
  return 0;
}

/** The names of the namespace that a task is in. */
function identify(ip: Ip, w: Words): number {
  const pid = w.more ? w.cur : 'self';
  if (w.more && !/^\d+$/.test(pid)) throw new ToolExit(1, `Specified string '${pid}' is not a pid\n`);
  const ino = inoOf(ip, `/proc/${pid}/ns/net`);
  if (ino < 0) throw new ToolExit(1, `Cannot open network namespace: ${strerror(ino)}\n`);
  const found = names(ip).filter((n) => inoOf(ip, `${NETNS_FOLDER}/${n}`) === ino);
  ip.out.raw(`${found.join('\n')}\n`);
  return 0;
}

/** The tasks that are in a namespace. */
function pids(ip: Ip, w: Words): number {
  const ino = inoOf(ip, `${NETNS_FOLDER}/${nameWord(w)}`);
  if (ino < 0) throw new ToolExit(1, `Cannot open network namespace: ${strerror(ino)}\n`);
  const all = ip.task.sys.readdir('/proc');
  for (const { name } of typeof all === 'number' ? [] : all) if (/^\d+$/.test(name) && inoOf(ip, `/proc/${name}/ns/net`) === ino) ip.out.raw(`${name}\n`);
  return 0;
}

/** Runs a program in a namespace, or in all of them. */
async function exec(ip: Ip, w: Words): Promise<number> {
  const name = ip.opt.all ? null : nameWord(w);
  const argv = w.rest();
  if (argv.length === 0) throw new ToolExit(1, 'No command specified\n');
  const inside = (n: string): Promise<number> => inNetns(ip.task, n, async () => {
    const code = await ip.io.run?.(ip.task, argv, ip.io);
    if (code === undefined || code === null) throw new ToolExit(1, `exec of "${argv[0]!}" failed: No such file or directory\n`);
    return code;
  });
  if (name !== null) return inside(name);
  for (const n of names(ip)) {
    ip.io.out(`\nnetns: ${n}\n`);
    await inside(n);
  }
  return 0;
}

/** `ip netns ...`. */
export function ipNetns(ip: Ip, w: Words): number | Promise<number> {
  if (!w.more) return list(ip);
  const cmd = w.cur;
  w.skip();
  const is = (...full: string[]): boolean => full.some((x) => x.startsWith(cmd));
  if (is('list', 'show') || cmd === 'lst') return list(ip);
  if (is('list-id')) return listIds(ip, w);
  if (is('help')) throw new ToolExit(255, USAGE);
  if (is('add')) return add(ip, w);
  if (is('set')) return set(ip, w);
  if (is('delete')) return remove(ip, w);
  if (is('identify')) return identify(ip, w);
  if (is('pids')) return pids(ip, w);
  if (is('exec')) return exec(ip, w);
  if (is('attach')) return attach(ip, w);
  throw new ToolExit(255, `Command "${cmd}" is unknown, try "ip netns help".\n`);
}
