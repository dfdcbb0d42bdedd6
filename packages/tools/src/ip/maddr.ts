/** `ip maddress`: from /proc/net/{dev_mcast,igmp,igmp6}. */
import { strerror } from '@linnet/posix';
import { AF_INET as INET, SOCK_DGRAM, utf8Encode } from '@linnet/uapi';
import { addrText, AF_INET, AF_INET6, duparg2, macBytes, macText, ToolExit, type Words } from '../words.ts';
import { AF_PACKET, type Ip } from './context.ts';

const SIOCADDMULTI = 0x8931;
const SIOCDELMULTI = 0x8932;

interface Group {
  readonly index: number;
  readonly name: string;
  readonly family: number;
  readonly addr: Uint8Array;
  readonly users: number;
  readonly fixed: boolean;
}

const hexBytes = (s: string): Uint8Array => Uint8Array.from(s.match(/../g) ?? [], (x) => Number.parseInt(x, 16));

function read(ip: Ip, family: number): Group[] {
  const file = (path: string): string[] => {
    const s = ip.task.sys.readFile(path);
    return typeof s === 'string' ? s.split('\n') : [];
  };
  const out: Group[] = [];
  if (family === 0 || family === AF_PACKET) {
    for (const line of file('/proc/net/dev_mcast')) {
      const [index, name, users, fixed, mac] = line.trim().split(/\s+/);
      if (mac !== undefined) out.push({ index: Number(index), name: name!, family: AF_PACKET, addr: hexBytes(mac), users: Number(users), fixed: Number(fixed) !== 0 });
    }
  }
  if (family === 0 || family === AF_INET) {
    let dev: { index: number; name: string } | null = null;
    for (const line of file('/proc/net/igmp').slice(1)) {
      const words = line.trim().split(/\s+/);
      if (/^\d/.test(line)) dev = { index: Number(words[0]), name: words[1]!.replace(/:$/, '') };
      else if (dev !== null && words.length >= 2) out.push({ ...dev, family: AF_INET, addr: hexBytes(words[0]!).reverse(), users: Number(words[1]), fixed: false });
    }
  }
  if (family === 0 || family === AF_INET6) {
    for (const line of file('/proc/net/igmp6')) {
      const [index, name, addr, users] = line.trim().split(/\s+/);
      if (users !== undefined) out.push({ index: Number(index), name: name!, family: AF_INET6, addr: hexBytes(addr!), users: Number(users), fixed: false });
    }
  }
  return out;
}

function list(ip: Ip, w: Words): number {
  const { out } = ip;
  let dev: string | null = null;
  for (; w.more; w.skip()) {
    if (w.eq('dev')) w.next();
    if (dev !== null) duparg2('dev', w.cur);
    dev = w.cur;
  }
  const byDev = new Map<number, Group[]>();
  for (const g of read(ip, ip.opt.family)) {
    if (dev !== null && g.name !== dev) continue;
    const had = byDev.get(g.index);
    if (had === undefined) byDev.set(g.index, [g]);
    else had.push(g);
  }
  out.open('[');
  for (const index of [...byDev.keys()].sort((a, b) => a - b)) {
    const groups = byDev.get(index)!;
    out.open('{');
    out.p('ifindex', index, `${index}:`);
    out.p('ifname', groups[0]!.name, `\t${groups[0]!.name}`);
    out.t(out.nl);
    out.open('[', 'maddr');
    for (const g of groups) {
      out.open('{');
      if (g.family === AF_PACKET) {
        out.p('link', macText(g.addr), `\tlink  ${macText(g.addr)}`);
      } else {
        const name = g.family === AF_INET ? 'inet' : 'inet6';
        out.p('family', name, `\t${name.padEnd(5)} `);
        out.p('address', addrText(g.addr), addrText(g.addr));
      }
      if (g.users !== 1) out.p('users', g.users, ` users ${g.users}`);
      if (g.fixed) out.p('static', true, ' static');
      out.t(out.nl);
      out.close('}');
    }
    out.close(']');
    if (ip.opt.oneline) out.t('\n');
    out.close('}');
  }
  out.close(']');
  if (out.json) out.raw('\n');
  return 0;
}

function modify(ip: Ip, w: Words, cmd: number): number {
  let dev: string | null = null;
  let mac: Uint8Array | null = null;
  for (; w.more; w.skip()) {
    if (w.eq('dev')) {
      dev = w.next();
      continue;
    }
    if (w.is('address')) w.next();
    if (mac !== null) duparg2('address', w.cur);
    mac = macBytes(w.cur);
    if (mac === null) throw new ToolExit(1, 'Error: Invalid address length 1 - must be 6 bytes\n');
  }
  if (dev === null) throw new ToolExit(255, 'Not enough information: "dev" is required.\n');
  const ifr = new Uint8Array(40);
  ifr.set(utf8Encode(dev).subarray(0, 15));
  ifr.set(mac ?? [], 18);
  const { sys } = ip.task;
  const fd = sys.socket(INET, SOCK_DGRAM);
  const err = fd < 0 ? fd : sys.ioctl(fd, cmd, ifr);
  if (fd >= 0) sys.close(fd);
  if (err < 0) throw new ToolExit(1, `ioctl: ${strerror(err)}\n`);
  return 0;
}

/** `ip maddress ...`. */
export function ipMaddr(ip: Ip, w: Words): number {
  if (!w.more) return list(ip, w);
  const cmd = w.cur;
  w.skip();
  const is = (...full: string[]): boolean => full.some((x) => x.startsWith(cmd));
  if (is('add')) return modify(ip, w, SIOCADDMULTI);
  if (is('delete')) return modify(ip, w, SIOCDELMULTI);
  if (is('show', 'list') || cmd === 'lst') return list(ip, w);
  throw new ToolExit(255, `Command "${cmd}" is unknown, try "ip maddr help".\n`);
}
