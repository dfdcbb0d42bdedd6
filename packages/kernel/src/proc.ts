import { EACCES, ENOENT } from './errno.ts';

interface ProcFile {
  readonly show: (() => string | Uint8Array) | null;
  readonly write: ((data: string) => number) | null;
}

/**
 * Files that are made when they are read. Paths are relative to /proc, without a slash in front: 'net/snmp'.
 * @public
 */
export class ProcTree {
  private readonly files: Map<string, ProcFile>;
  private readonly parent: ProcTree | null;

  /** With a parent, a path that is not here is looked up there. */
  constructor(parent: ProcTree | null = null) {
    this.files = new Map();
    this.parent = parent;
  }

  /** Makes a file, or replaces it. `write` returns 0 or a negative error number. Source: proc_create. */
  create(path: string, show: (() => string | Uint8Array) | null, write: ((data: string) => number) | null = null): void {
    this.files.set(normalise(path), { show, write });
  }

  /** Removes a file, or all below a directory. Nothing there: nothing happens. Source: remove_proc_subtree. */
  remove(path: string): void {
    const name = normalise(path);
    for (const file of this.files.keys()) if (file === name || file.startsWith(`${name}/`)) this.files.delete(file);
  }

  /** The file's contents as text; null if there is no such file, or it cannot be read. Bytes are taken as Latin-1. */
  read(path: string): string | null {
    const data = this.contents(path);
    if (data === null || typeof data === 'string') return data;
    let text = '';
    for (const byte of data) text += String.fromCharCode(byte);
    return text;
  }

  /** The file's contents, as bytes where they are no text; null as for {@link ProcTree.read}. */
  contents(path: string): string | Uint8Array | null {
    return this.find(path)?.show?.() ?? null;
  }

  /** Writes to the file. Returns 0, -ENOENT, -EACCES where it is not for writing, or the file's own negative error number. */
  write(path: string, data: string): number {
    const file = this.find(path);
    if (file === null) return -ENOENT;
    return file.write === null ? -EACCES : file.write(data);
  }

  /** Can the file be written? Null if there is no such file. */
  writable(path: string): boolean | null {
    const file = this.find(path);
    return file === null ? null : file.write !== null;
  }

  /** The paths of all files below a directory ('' for all), sorted, those of the parent too. */
  list(prefix = ''): string[] {
    const dir = normalise(prefix);
    const names = new Set(this.parent?.list(prefix));
    for (const name of this.files.keys()) if (dir === '' || name === dir || name.startsWith(`${dir}/`)) names.add(name);
    return [...names].sort();
  }

  private find(path: string): ProcFile | null {
    return this.files.get(normalise(path)) ?? this.parent?.find(path) ?? null;
  }
}

/** 'net/snmp' from '/proc/net/snmp', '/net/snmp' and 'net/snmp'. */
function normalise(path: string): string {
  return path.replace(/^\/+(proc(\/+|$))?/, '').replace(/\/+$/, '');
}
