/** Names of local sockets: paths of the machine, abstract names of a namespace (unix(7)). */
import { EADDRINUSE, ECONNREFUSED, EINVAL, ENOENT, ENOSPC, EPROTOTYPE, type Kernel } from '@linnet/kernel';
import { AF_UNIX, isSockAddrUn, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM, type SockAddr, type SockAddrUn, UNIX_PATH_MAX } from '@linnet/uapi';
import { UNIX, UnixPath, type UnixSock } from './unix-sock.ts';

const AUTOBIND_NAMES = 0x100000;

/** Bytes as a key: one character each. */
function keyOf(name: Uint8Array): string {
  let s = '';
  for (const c of name) s += String.fromCharCode(c);
  return s;
}

function abstractKey(name: Uint8Array, type: number): string {
  return `${type === SOCK_STREAM ? 's' : type === SOCK_SEQPACKET ? 'q' : 'd'}${keyOf(name)}`;
}

/** The name in an address: a path up to its NUL, an abstract name whole, null when it has none; -EINVAL for what is no address (unix_validate_addr). @alpha */
export function unixAddrName(addr: SockAddr): Uint8Array | null | number {
  if (!isSockAddrUn(addr)) return -EINVAL;
  const { path } = addr;
  if (!(path instanceof Uint8Array) || path.length > UNIX_PATH_MAX) return -EINVAL;
  if (path.length === 0) return null;
  if (path[0] === 0) return path.slice();
  const nul = path.indexOf(0);
  return nul < 0 ? path.slice() : path.slice(0, nul);
}

/** An address of a sock as getsockname(2) shows it: without a name only its family. @alpha */
export function unixSockAddr(sk: UnixSock): SockAddrUn {
  return { family: AF_UNIX, path: sk.addr ?? new Uint8Array(0) };
}

/** Gives the sock a name (unix_bind): 0, -EINVAL when it has one already, -EADDRINUSE. A file of that name must not be there. @alpha */
export function unixBindName(sk: UnixSock, name: Uint8Array): number {
  if (name[0] === 0) {
    if (sk.addr !== null) return -EINVAL;
    const key = abstractKey(name, sk.type);
    if (sk.un.abstract.has(key)) return -EADDRINUSE;
    sk.un.abstract.set(key, sk);
    sk.addr = name;
    return 0;
  }
  const key = keyOf(name);
  const { uk } = sk;
  // The file is made first.
  if (uk.paths.has(key)) return -EADDRINUSE;
  if (sk.addr !== null) return -EINVAL;
  const path = new UnixPath(++uk.lastPathIno, sk);
  uk.paths.set(key, path);
  sk.path = path;
  sk.addr = name;
  return 0;
}

/** Gives the sock an abstract name of five digits when it has none (unix_autobind): 0 or -ENOSPC. @alpha */
export function unixAutobind(sk: UnixSock): number {
  if (sk.addr !== null) return 0;
  const first = sk.uk.random.below(AUTOBIND_NAMES);
  for (let i = 0; i < AUTOBIND_NAMES; i++) {
    const digits = ((first + i) % AUTOBIND_NAMES).toString(16).padStart(5, '0');
    const name = Uint8Array.from([0, ...Array.from(digits, (c) => c.charCodeAt(0))]);
    if (unixBindName(sk, name) === 0) return 0;
  }
  return -ENOSPC;
}

/** The socket of that name for one of this type (unix_find_other): -ENOENT for a path that is not there, -ECONNREFUSED when no socket stands behind it, -EPROTOTYPE for one of another type. @alpha */
export function unixFind(sk: UnixSock, name: Uint8Array): UnixSock | number {
  if (name[0] === 0) return sk.un.abstract.get(abstractKey(name, sk.type)) ?? -ECONNREFUSED;
  const path = sk.uk.paths.get(keyOf(name));
  if (path === undefined) return -ENOENT;
  if (path.sock === null) return -ECONNREFUSED;
  return path.sock.type === sk.type ? path.sock : -EPROTOTYPE;
}

/** A closed sock gives up its name; one in the file system stays, with nobody behind it. @alpha */
export function unixForgetName(sk: UnixSock): void {
  if (sk.addr === null) return;
  if (sk.path !== null) sk.path.sock = null;
  else sk.un.abstract.delete(abstractKey(sk.addr, sk.type));
}

/** Removes a name from the file system (unlink(2)): 0 or -ENOENT. The socket behind it lives on, but nobody finds it any more. @alpha */
export function unixUnlink(k: Kernel, name: Uint8Array): number {
  return k.get(UNIX).paths.delete(keyOf(name)) ? 0 : -ENOENT;
}

/** Is there such a name in the file system? @alpha */
export function unixPathExists(k: Kernel, name: Uint8Array): boolean {
  return k.get(UNIX).paths.has(keyOf(name));
}

/** Only datagram sockets may change their peer, and those types have no connection. */
export function isDgram(sk: UnixSock): boolean {
  return sk.type === SOCK_DGRAM;
}
