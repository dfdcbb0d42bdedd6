/** Files under /proc, as a task in a namespace sees them: proc(5). */
import { ENOENT, type Net } from '@linnet/kernel';

/** What is asked for: a setting (a path below /proc/sys), a file (a path below /proc), or neither. */
function resolve(path: string): { readonly sys: boolean; readonly name: string } | null {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  if (!path.startsWith('/') || parts.shift() !== 'proc') return null;
  // /proc/self/net is where /proc/net leads.
  if ((parts[0] === 'self' || parts[0] === 'thread-self') && parts[1] === 'net') parts.shift();
  if (parts[0] === 'sys') return { sys: true, name: parts.slice(1).join('/') };
  return { sys: false, name: parts.join('/') };
}

/** The text of a file under /proc, or -ENOENT. */
export function procRead(net: Net, path: string): string | number {
  const at = resolve(path);
  if (at === null) return -ENOENT;
  const text = at.sys ? net.sysctl.read(at.name) : net.proc.read(at.name);
  if (text === null) return -ENOENT;
  return at.sys ? `${text}\n` : text;
}

/** Writes to a file under /proc: 0, -ENOENT, -EACCES or what the file says of the value. */
export function procWrite(net: Net, path: string, text: string): number {
  const at = resolve(path);
  if (at === null) return -ENOENT;
  return at.sys ? net.sysctl.write(at.name, text.replace(/\n$/, '')) : net.proc.write(at.name, text);
}

/** The full paths of all files below a directory under /proc, sorted. */
export function procList(net: Net, path: string): string[] {
  const at = resolve(path);
  if (at === null) return [];
  if (at.sys) return net.sysctl.list(at.name).map((name) => `/proc/sys/${name}`);
  const files = net.proc.list(at.name).map((name) => `/proc/${name}`);
  return at.name === '' ? [...files, ...net.sysctl.list('').map((name) => `/proc/sys/${name}`)].sort() : files;
}
