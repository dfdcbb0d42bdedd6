/** `ip netns`: names of namespaces and their ids. */
import { NETNSA_FD, NETNSA_NSID, RTM_GETNSID, RTM_NEWNSID } from '@linnet/uapi';
import { attrMap, AttrWriter, s32 } from '../netlink.ts';
import { mustNumber, ToolExit, type Words } from '../words.ts';
import type { Ip } from './context.ts';

const FOLDER = '/run/netns';

/** The names that there are. */
function names(ip: Ip): string[] {
  const list = ip.task.sys.readdir(FOLDER);
  return typeof list === 'number' ? [] : list.map((e) => e.name);
}

/** The id that the namespace of the task has for another; -1 for none. */
function idOf(ip: Ip, name: string): number {
  const fd = ip.task.sys.open(`${FOLDER}/${name}`);
  if (fd < 0) return -1;
  const r = ip.rtnl.request(RTM_GETNSID, 0, Uint8Array.of(0), new AttrWriter().u32(NETNSA_FD, fd));
  ip.task.sys.close(fd);
  const m = r.msgs.find((x) => x.type === RTM_NEWNSID);
  return m === undefined ? -1 : (s32(attrMap(m.body, 4), NETNSA_NSID) ?? -1);
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

function listIds(ip: Ip): number {
  const { out } = ip;
  const known = new Map(names(ip).map((n) => [idOf(ip, n), n]));
  out.open('[');
  for (const m of ip.dump(RTM_GETNSID, Uint8Array.of(0))) {
    if (m.type !== RTM_NEWNSID) continue;
    const id = s32(attrMap(m.body, 4), NETNSA_NSID);
    if (id === undefined || id < 0) continue;
    out.open('{');
    out.p('nsid', id, `nsid ${id} `);
    const name = known.get(id);
    if (name !== undefined) out.p('name', name, `(iproute2 netns name: ${name})`);
    out.t('\n');
    out.close('}');
  }
  out.close(']');
  if (out.json) out.raw('\n');
  return 0;
}

function set(ip: Ip, w: Words): number {
  if (!w.more) throw new ToolExit(255, 'No netns name specified\n');
  const name = w.cur;
  w.skip();
  if (!w.more) throw new ToolExit(255, 'No nsid specified\n');
  const id = w.cur === 'auto' ? -1 : mustNumber(w.cur, 'Invalid "netnsid" value\n');
  const fd = ip.task.sys.open(`${FOLDER}/${name}`);
  if (fd < 0) throw new ToolExit(1, `Cannot open network namespace "${name}": No such file or directory\n`);
  try {
    return ip.change(RTM_NEWNSID, 0, Uint8Array.of(0), new AttrWriter().u32(NETNSA_FD, fd).u32(NETNSA_NSID, id));
  } finally {
    ip.task.sys.close(fd);
  }
}

/** `ip netns ...`. Namespaces are made and deleted by the machine's owner: here they are listed, and their ids set. */
export function ipNetns(ip: Ip, w: Words): number {
  if (!w.more) return list(ip);
  const cmd = w.cur;
  w.skip();
  if (cmd === 'list' || cmd === 'show' || cmd === 'lst') return list(ip);
  if (cmd === 'list-id') return listIds(ip);
  if (cmd === 'set') return set(ip, w);
  if (cmd === 'add' || cmd === 'delete' || cmd === 'exec' || cmd === 'del') {
    if (!w.more) throw new ToolExit(1, 'No netns name specified\n');
    throw new ToolExit(1, `ip netns ${cmd} is not possible from inside of this machine\n`);
  }
  throw new ToolExit(255, `Command "${cmd}" is unknown, try "ip netns help".\n`);
}
