/** The files that a task sees: /proc, /sys/class/net and /run/netns, made when they are looked at (path_resolution(7)). */
import { EACCES, EINVAL, EISDIR, ELOOP, ENOENT, ENOTDIR, jhash } from '@linnet/kernel';
import type { NsTarget } from '@linnet/netns';
import { CAP_DAC_OVERRIDE, utf8Encode } from '@linnet/uapi';
import type { TaskState } from './task-state.ts';

/** A file with contents. */
export interface VfsFile {
  readonly kind: 'file';
  /** Permission bits. */
  readonly mode: number;
  /** The text, or a negative errno. */
  read(): string | number;
  /** The same as bytes where it is no text; as {@link VfsFile.read} by default. */
  contents?(): string | Uint8Array | number;
  /** Takes the text: 0 or a negative errno. */
  write?(text: string): number;
  /** Who may open it; root and CAP_DAC_OVERRIDE as owner by default. */
  owner?(): boolean;
}

/** A directory. */
export interface VfsDir {
  readonly kind: 'dir';
  list(): readonly string[];
  get(name: string): VfsNode | null;
}

/** A symbolic link. */
export interface VfsLink {
  readonly kind: 'link';
  readonly target: string;
  /** Where it really leads, for those of /proc whose target is no path. */
  readonly magic?: VfsNode | undefined;
}

/** A namespace: what is mounted on /run/netns/NAME, or behind /proc/PID/ns/net. */
export interface VfsNs {
  readonly kind: 'ns';
  readonly ns: NsTarget;
}

/** Something that has a path. */
export type VfsNode = VfsFile | VfsDir | VfsLink | VfsNs;

/** A directory that is filled in beforehand; entries are made when asked for. */
export function dirOf(entries: Readonly<Record<string, () => VfsNode | null>>): VfsDir {
  return {
    kind: 'dir',
    list: () => Object.keys(entries).sort(),
    get: (name) => (Object.hasOwn(entries, name) ? entries[name]!() : null),
  };
}

/** A file that is only read. */
export function textFile(read: () => string | number): VfsFile {
  return { kind: 'file', mode: 0o444, read };
}

/** A symbolic link. */
export function linkTo(target: string): VfsLink {
  return { kind: 'link', target };
}

/** What {@link walk} found. */
export interface Walked {
  readonly node: VfsNode;
  /** Its path without links, '.' and '..'. */
  readonly path: string;
}

const MAX_LINKS = 40;

/** Finds what a path names; `follow`: also when it is a link itself. Returns -ENOENT, -ENOTDIR, -ELOOP, -EINVAL for a path that is no absolute one. */
export function walk(root: VfsDir, path: string, follow: boolean): Walked | number {
  if (!path.startsWith('/')) return path === '' ? -ENOENT : -EINVAL;
  let todo = path.split('/').reverse();
  const needDir = /\/\.?$/.test(path);
  const at: { node: VfsNode; name: string }[] = [{ node: root, name: '' }];
  let links = 0;
  while (todo.length > 0) {
    const name = todo.pop()!;
    const { node } = at[at.length - 1]!;
    if (name === '' || name === '.') continue;
    if (node.kind !== 'dir') return -ENOTDIR;
    if (name === '..') {
      if (at.length > 1) at.pop();
      continue;
    }
    const next = node.get(name);
    if (next === null) return -ENOENT;
    const last = todo.every((part) => part === '');
    if (next.kind !== 'link' || (last && !follow && !needDir)) {
      at.push({ node: next, name });
      continue;
    }
    if (++links > MAX_LINKS) return -ELOOP;
    if (next.magic !== undefined) at.push({ node: next.magic, name });
    else {
      if (next.target.startsWith('/')) at.length = 1;
      todo = [...todo, ...next.target.split('/').reverse()];
    }
  }
  const { node } = at[at.length - 1]!;
  if (needDir && node.kind !== 'dir') return -ENOTDIR;
  return { node, path: `/${at.slice(1).map((a) => a.name).join('/')}` };
}

/**
 * What stat(2) says.
 * @public
 */
export interface Stat {
  /** The type (S_IFMT) and permission bits. */
  readonly mode: number;
  /** The file system: another number for /proc, /sys, namespaces and the rest. */
  readonly dev: number;
  readonly ino: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
}

/**
 * An entry of a directory.
 * @public
 */
export interface Dirent {
  readonly name: string;
  /** DT_REG 8, DT_DIR 4, DT_LNK 10. */
  readonly type: number;
  readonly ino: number;
}

const S_IFREG = 0o100000;
const S_IFDIR = 0o040000;
const S_IFLNK = 0o120000;

const encoder: { encode(s: string): Uint8Array } = { encode: (s) => Uint8Array.from(s, (c) => c.charCodeAt(0) & 0xff) };

/** A number for a path, the same each time. */
function inoOf(path: string): number {
  const bytes = encoder.encode(path);
  return (jhash(bytes, 0, bytes.length, 0) & 0x7fffffff) | 0x40000000;
}

/** stat(2) of what was found. */
export function statOf(at: Walked): Stat {
  const { node, path } = at;
  const dev = node.kind === 'ns' ? 4 : path.startsWith('/proc') ? 5 : path.startsWith('/sys') ? 6 : 1;
  const base = { dev, uid: 0, gid: 0, nlink: 1 };
  switch (node.kind) {
    case 'dir':
      return { ...base, mode: S_IFDIR | 0o555, ino: inoOf(path), nlink: 2, size: 0 };
    case 'link':
      return { ...base, mode: S_IFLNK | 0o777, ino: inoOf(path), size: path.startsWith('/proc/') ? 0 : node.target.length };
    case 'ns':
      return { ...base, mode: S_IFREG | 0o444, ino: node.ns.inum, size: 0 };
    default:
      return { ...base, mode: S_IFREG | node.mode, ino: inoOf(path), size: path.startsWith('/sys/') ? 4096 : 0 };
  }
}

/** The entries of a directory, or -ENOTDIR. */
export function entriesOf(at: Walked): Dirent[] | number {
  const { node, path } = at;
  if (node.kind !== 'dir') return -ENOTDIR;
  const out: Dirent[] = [];
  for (const name of node.list()) {
    const entry = node.get(name);
    if (entry === null) continue;
    const ino = entry.kind === 'ns' ? entry.ns.inum : inoOf(`${path === '/' ? '' : path}/${name}`);
    out.push({ name, type: entry.kind === 'dir' ? 4 : entry.kind === 'link' ? 10 : 8, ino });
  }
  return out;
}

function isOwner(task: TaskState, node: VfsFile): boolean {
  return node.owner?.() ?? (task.cred.uid === 0 || task.cred.has(CAP_DAC_OVERRIDE));
}

/** May a file be read? 0, -EACCES, -EISDIR, -EINVAL for a namespace. */
function mayRead(task: TaskState, node: VfsNode): number {
  if (node.kind === 'dir') return -EISDIR;
  if (node.kind !== 'file') return -EINVAL;
  return (node.mode & (isOwner(task, node) ? 0o400 : 0o004)) === 0 ? -EACCES : 0;
}

/** Reads a file: its text, -EACCES, -EISDIR, -EINVAL for a namespace. */
export function readNode(task: TaskState, node: VfsNode): string | number {
  const err = mayRead(task, node);
  return err !== 0 ? err : (node as VfsFile).read();
}

/** As {@link readNode}, but the bytes: of text in UTF-8. */
export function readNodeBytes(task: TaskState, node: VfsNode): Uint8Array | number {
  const err = mayRead(task, node);
  if (err !== 0) return err;
  const file = node as VfsFile;
  const data = file.contents === undefined ? file.read() : file.contents();
  return typeof data === 'string' ? utf8Encode(data) : data;
}

/** Writes a file: 0, -EACCES, -EISDIR, or what the file says of the text. */
export function writeNode(task: TaskState, node: VfsNode, text: string): number {
  if (node.kind === 'dir') return -EISDIR;
  if (node.kind !== 'file' || node.write === undefined) return -EACCES;
  if ((node.mode & (isOwner(task, node) ? 0o200 : 0o002)) === 0) return -EACCES;
  return node.write(text);
}

/** The paths of all files below a directory, sorted. Links are followed, but not those behind a link: they would lead in circles. */
export function filesBelow(root: VfsDir, path: string): string[] {
  const out: string[] = [];
  const visit = (node: VfsNode, at: string, linked: boolean): void => {
    if (node.kind === 'link') {
      const to = linked || node.magic !== undefined ? -ELOOP : walk(root, at, true);
      if (typeof to !== 'number') visit(to.node, at, true);
    } else if (node.kind !== 'dir') {
      out.push(at);
    } else {
      for (const name of node.list()) {
        const entry = node.get(name);
        if (entry !== null) visit(entry, `${at}/${name}`, linked);
      }
    }
  };
  const at = walk(root, path, true);
  if (typeof at !== 'number') visit(at.node, path.replace(/\/+/g, '/').replace(/\/$/, ''), false);
  return out.sort();
}
