/** Can a program be let in? Only those that the dynamic linker loads, for it is the linker that puts the library in front of the C library. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { EACCES, ENOENT, ENOEXEC } from '@linnet/kernel';
import { HostError } from '../errors.ts';

const PT_INTERP = 3;
const S_ISUID = 0o4000;
const S_ISGID = 0o2000;

function executable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Where a command is: itself when it has a slash, else the first in PATH. Throws a HostError ENOENT or EACCES. */
function find(command: string, env: NodeJS.ProcessEnv): string {
  if (command.includes('/')) {
    if (!fs.existsSync(command)) throw new HostError(`${command}: there is no such program`, 'ENOENT', -ENOENT);
    if (!executable(command)) throw new HostError(`${command} cannot be executed`, 'EACCES', -EACCES);
    return command;
  }
  for (const dir of (env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin').split(':')) {
    const file = path.join(dir === '' ? '.' : dir, command);
    if (executable(file)) return file;
  }
  throw new HostError(`${command}: there is no such program in PATH`, 'ENOENT', -ENOENT);
}

function readAt(fd: number, at: number, n: number): Uint8Array {
  const buf = new Uint8Array(n);
  return buf.subarray(0, fs.readSync(fd, buf, 0, n, at));
}

/** Has the ELF file a PT_INTERP segment? Null when it is no ELF file. Source: elf(5). */
function dynamic(fd: number): boolean | null {
  const head = readAt(fd, 0, 64);
  if (head.length < 52 || head[0] !== 0x7f || head[1] !== 0x45 || head[2] !== 0x4c || head[3] !== 0x46) return null;
  const view = new DataView(head.buffer);
  const little = head[5] !== 2;
  const wide = head[4] === 2;
  const at = wide ? Number(view.getBigUint64(32, little)) : view.getUint32(28, little);
  const size = view.getUint16(wide ? 54 : 42, little);
  const count = view.getUint16(wide ? 56 : 44, little);
  for (let i = 0; i < Math.min(count, 256); i++) {
    const seg = readAt(fd, at + i * size, 4);
    if (seg.length === 4 && new DataView(seg.buffer).getUint32(0, little) === PT_INTERP) return true;
  }
  return false;
}

/** Class, byte order and machine of an ELF file. */
function kindOf(file: string): string {
  const fd = fs.openSync(file, 'r');
  try {
    const head = readAt(fd, 0, 20);
    return `${head[4]} ${head[5]} ${head[18]} ${head[19]}`;
  } finally {
    fs.closeSync(fd);
  }
}

/** Was it built by Go? Its build information begins so. */
function builtByGo(file: string): boolean {
  try {
    return fs.readFileSync(file).includes('\xff Go buildinf:', 0, 'latin1');
  } catch {
    return false;
  }
}

function hasCapabilities(file: string): boolean {
  try {
    return execFileSync('getcap', [file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() !== '';
  } catch {
    return false;
  }
}

/** What would make the dynamic linker leave the library out. */
function checkPrivilege(file: string): void {
  const st = fs.statSync(file);
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  const setid = ((st.mode & S_ISUID) !== 0 && st.uid !== uid) || ((st.mode & S_ISGID) !== 0 && st.gid !== gid);
  if (!setid && (uid === 0 || !hasCapabilities(file))) return;
  throw new HostError(
    `${file} has more rights than its user (set-user-ID or file capabilities), so the system keeps the preload library out: run a copy of it (cp ${file} . && linnet exec -- ./${path.basename(file)}); inside a machine it needs no rights`,
    'EACCES', -EACCES,
  );
}

/**
 * Can this command run inside a machine? Returns the file that it is. Throws a HostError that says why not: ENOENT (no such program), EACCES (not to be executed, or set-user-ID), ENOEXEC
 * (a static program, as those of Go mostly are).
 * @public
 */
export function checkProgram(command: string, env: NodeJS.ProcessEnv = process.env): string {
  const file = find(command, env);
  check(fs.realpathSync(file), env, 0);
  return file;
}

function check(file: string, env: NodeJS.ProcessEnv, depth: number): void {
  let kind: boolean | null;
  let script: RegExpExecArray | null = null;
  let fd: number;
  try {
    fd = fs.openSync(file, 'r');
  } catch {
    return; // may be executed, but not read: the system will tell
  }
  try {
    kind = dynamic(fd);
    if (kind === null) script = /^#!\s*(\S+)(?:[ \t]+(\S+))?/.exec(new TextDecoder().decode(readAt(fd, 0, 256)));
  } finally {
    fs.closeSync(fd);
  }
  if (kind === false) {
    const why = builtByGo(file) ? 'a Go program, which makes its system calls itself' : 'a static program, which no library can be put in front of';
    throw new HostError(`${file} is ${why}: it would use the real network. Only dynamically linked programs run inside a machine`, 'ENOEXEC', -ENOEXEC);
  }
  if (kind === true) {
    // The library is built for what Node itself runs on; the linker passes over one of another kind.
    if (kindOf(file) !== kindOf(process.execPath)) throw new HostError(`${file} is a program of another word size or processor than this: the preload library does not fit it`, 'ENOEXEC', -ENOEXEC);
    checkPrivilege(file);
  }
  if (script !== null && depth < 4) {
    const [, interpreter = '', argument] = script;
    const real = path.basename(interpreter) === 'env' && argument !== undefined && !argument.startsWith('-') ? argument : interpreter;
    check(fs.realpathSync(find(real, env)), env, depth + 1);
  }
}
