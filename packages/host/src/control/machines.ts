/** Where control sockets are: one folder a user, one socket a machine. */
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { EACCES, EINVAL, ENOENT, ENOTCONN, EPROTO, errnoName } from '@linnet/kernel';
import { HostError } from '../errors.ts';
import { helloFrame, REPLY_LEN } from './wire.ts';

/** sun_path has room for so many bytes and a NUL. */
const SUN_PATH = 107;
const SUFFIX = '.sock';

/**
 * A machine that runs and can be reached.
 * @public
 */
export interface RunningMachine {
  readonly name: string;
  /** Its control socket. */
  readonly path: string;
}

/** The folder of this user's control sockets. */
export function runDir(): string {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  if (runtime !== undefined && path.isAbsolute(runtime)) return path.join(runtime, 'linnet');
  return path.join(os.tmpdir(), `linnet-${process.getuid?.() ?? 0}`);
}

/** Makes the folder, for this user only. Throws a HostError EACCES when it is somebody else's. */
export function makeRunDir(): string {
  const dir = runDir();
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  const st = fs.lstatSync(dir);
  if (!st.isDirectory() || st.uid !== (process.getuid?.() ?? st.uid) || (st.mode & 0o077) !== 0) {
    throw new HostError(`${dir} is not a folder of this user alone: remove it, or set XDG_RUNTIME_DIR`, 'EACCES', -EACCES);
  }
  return dir;
}

/**
 * The control socket of the machine `name`. Throws a HostError EINVAL for a name that cannot be a file's.
 * Source: unix(7), the XDG base directory specification.
 * @public
 */
export function controlPath(name: string): string {
  if (!/^[\w][\w.@+-]{0,63}$/.test(name)) throw new HostError(`${JSON.stringify(name)} is no name for a machine: letters, digits and . _ - @ +, at most 64`, 'EINVAL', -EINVAL);
  const at = path.join(runDir(), name + SUFFIX);
  checkPath(at);
  return at;
}

/** Throws a HostError EINVAL for a path that a socket cannot have. */
export function checkPath(at: string): void {
  if (Buffer.byteLength(at) > SUN_PATH) throw new HostError(`${at} is too long for a socket (${SUN_PATH} bytes): set XDG_RUNTIME_DIR or give another path`, 'EINVAL', -EINVAL);
}

/** Does somebody answer there? */
export function answers(at: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.connect(at);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}

/** What a machine answers to somebody who wants in: the first word of its reply, a negative errno or 0. Null: nobody answers, or not as a machine does. */
function knock(at: string, netns: string): Promise<number | null> {
  return new Promise((resolve) => {
    const probe = net.connect(at, () => probe.write(helloFrame(process.pid, netns)));
    let reply = Buffer.alloc(0);
    const end = (rc: number | null): void => {
      probe.destroy();
      resolve(rc);
    };
    probe.setTimeout(5000, () => end(null));
    probe.on('error', () => end(null)).on('close', () => end(null));
    probe.on('data', (chunk) => {
      reply = Buffer.concat([reply, chunk]);
      if (reply.length >= REPLY_LEN) end(reply.readInt32LE(4));
    });
  });
}

/**
 * Can programs enter the machine with that control socket, in its namespace `netns` ('': the initial one)? Rejects with a HostError that says why not: ENOTCONN (no machine answers there), ENOENT (no
 * such namespace), EPROTO (another version of linnet).
 * @public
 */
export async function checkMachine(at: string, netns: string = ''): Promise<void> {
  const rc = await knock(at, netns);
  if (rc === null) throw new HostError(`no machine answers at ${at}`, 'ENOTCONN', -ENOTCONN);
  if (rc === -EPROTO) throw new HostError(`the machine at ${at} is of another version of linnet: use the same version for both`, 'EPROTO', rc);
  if (rc === -ENOENT) throw new HostError(`the machine has no network namespace ${netns}: \`linnet exec -- ip netns add ${netns}\` makes one`, 'ENOENT', rc);
  if (rc < 0) throw new HostError(`the machine at ${at} lets nobody in: ${errnoName(rc)}`, errnoName(rc), rc);
}

/**
 * The machines of this user that run, by name.
 * @public
 */
export async function runningMachines(): Promise<RunningMachine[]> {
  let files: string[];
  try {
    files = fs.readdirSync(runDir());
  } catch {
    return [];
  }
  const found: RunningMachine[] = [];
  for (const file of files.sort()) {
    if (!file.endsWith(SUFFIX)) continue;
    const at = path.join(runDir(), file);
    if (await answers(at)) found.push({ name: file.slice(0, -SUFFIX.length), path: at });
  }
  return found;
}
