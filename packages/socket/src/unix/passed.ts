/** What local sockets carry beside bytes: open files and credentials (unix(7), cmsg(3)). */
import { capable, EINVAL, EPERM, ESRCH, scheduleWork } from '@linnet/kernel';
import { type Skb } from '@linnet/skbuff';
import { CAP_SETGID, CAP_SETUID, CAP_SYS_ADMIN, SCM_CREDENTIALS, SCM_MAX_FD, SCM_RIGHTS, SOL_SOCKET } from '@linnet/uapi';
import { type MsgHdr, putCmsg, type ScmFile } from '../msg.ts';
import { SOCK_PASSCRED, sockFlag, type Ucred } from '../sock.ts';
import { SOCKET } from '../socket.ts';
import { sockWfree } from '../memory.ts';
import { type UnixKernel, UnixSock } from './unix-sock.ts';

/** Who nobody is (overflowuid, overflowgid). */
const NOBODY = 65534;

/** What one message brings along. @alpha */
export interface Passed {
  files: readonly ScmFile[] | null;
  cred: Ucred | null;
}

/** Who calls now, as a peer is told. @alpha */
export function currentUcred(sk: UnixSock): Ucred {
  const { cred } = sk.kernel;
  return { pid: sk.kernel.get(SOCKET).tasks.currentPid(), uid: cred.uid, gid: cred.gid, groups: cred.groups };
}

/** struct ucred of SCM_CREDENTIALS: a caller tells the truth, or is mighty. */
function checkCred(sk: UnixSock, data: Uint8Array): Ucred | number {
  if (data.length !== 12) return -EINVAL;
  const view = new DataView(data.buffer, data.byteOffset, 12);
  const want: Ucred = { pid: view.getInt32(0, true), uid: view.getUint32(4, true), gid: view.getUint32(8, true) };
  const k = sk.kernel;
  const { tasks } = k.get(SOCKET);
  if (want.uid === 0xffffffff || want.gid === 0xffffffff) return -EINVAL;
  if (want.pid !== tasks.currentPid() && !capable(k, CAP_SYS_ADMIN)) return -EPERM;
  if (want.uid !== k.cred.uid && !capable(k, CAP_SETUID)) return -EPERM;
  if (want.gid !== k.cred.gid && !capable(k, CAP_SETGID)) return -EPERM;
  return tasks.hasPid(want.pid) ? want : -ESRCH;
}

/** Reads the control messages of a send: 0, or -EINVAL, -EPERM, -ESRCH. */
export function readPassed(sk: UnixSock, msg: MsgHdr, passed: Passed): number {
  passed.files = null;
  passed.cred = null;
  for (const c of msg.control) {
    if (c.level !== SOL_SOCKET) continue;
    if (c.type === SCM_CREDENTIALS) {
      const cred = checkCred(sk, c.data);
      if (typeof cred === 'number') return cred;
      passed.cred = cred;
    } else if (c.type !== SCM_RIGHTS) return -EINVAL;
  }
  const { files } = msg;
  if (files === null || files.length === 0) return 0;
  if (files.length > SCM_MAX_FD) return -EINVAL;
  passed.files = files;
  return 0;
}

/** Puts what a message brings along on its packet for `other`: each file is held once more. Words 1 to 4 of the packet's control block are its credentials. */
export function attachPassed(sk: UnixSock, other: UnixSock, skb: Skb, passed: Passed, withFiles: boolean): void {
  setCred(skb, passed.cred);
  skb.destructor = freePassed;
  if (!withFiles || passed.files === null) return;
  const held = passed.files.slice();
  for (const f of held) {
    f.refs++;
    unixInflight(sk.uk, f);
  }
  skb.cbObj = held;
  sk.uk.holders.add(other);
}

function setCred(skb: Skb, cred: Ucred | null): void {
  skb.cb4 = cred === null ? 0 : 1;
  if (cred === null) return;
  skb.cb1 = cred.pid;
  skb.cb2 = cred.uid | 0;
  skb.cb3 = cred.gid | 0;
}

/** Credentials go along unasked where either side wants them. */
export function addCredUnasked(skb: Skb, sk: UnixSock, other: UnixSock): void {
  if (skb.cb4 === 0 && (sockFlag(sk, SOCK_PASSCRED) || sockFlag(other, SOCK_PASSCRED))) setCred(skb, currentUcred(sk));
}

/** The words of a packet's control block that tell its writer: process, user, group, and whether they are known. */
export interface Writer {
  cb1: number;
  cb2: number;
  cb3: number;
  cb4: number;
}

/** Did two packets come from the same writer? */
export function sameWriter(a: Writer, b: Writer): boolean {
  if (a.cb4 !== b.cb4) return false;
  return a.cb4 === 0 || (a.cb1 === b.cb1 && a.cb2 === b.cb2 && a.cb3 === b.cb3);
}

/** Puts a packet's credentials into a message whose reader wants them. */
export function putCred(sk: UnixSock, msg: MsgHdr, skb: Writer | null): void {
  if (!sockFlag(sk, SOCK_PASSCRED)) return;
  const data = new Uint8Array(12);
  const view = new DataView(data.buffer);
  // All zero at the end of a stream; a message without any is nobody's.
  if (skb !== null) {
    const known = skb.cb4 !== 0;
    view.setInt32(0, known ? skb.cb1 : 0, true);
    view.setInt32(4, known ? skb.cb2 : NOBODY, true);
    view.setInt32(8, known ? skb.cb3 : NOBODY, true);
  }
  putCmsg(msg, SOL_SOCKET, SCM_CREDENTIALS, data);
}

/** The files of a packet pass to its reader. */
export function takeFiles(sk: UnixSock, msg: MsgHdr, skb: Skb): void {
  const files = skb.cbObj as ScmFile[] | null;
  if (files === null) return;
  skb.cbObj = null;
  for (const f of files) unixNotInflight(sk.uk, f);
  msg.files = files;
}

/** A reader that only looks gets the same files once more. */
export function peekFiles(msg: MsgHdr, skb: Skb): void {
  const files = skb.cbObj as ScmFile[] | null;
  if (files === null) return;
  for (const f of files) f.refs++;
  msg.files = files.slice();
}

/** The unix socket behind a file, if it is one that is still there. */
export function fileUnixSock(f: ScmFile): UnixSock | null {
  const sk = f.socket?.sk ?? null;
  return sk instanceof UnixSock ? sk : null;
}

/** A socket's file is in one more message. */
function unixInflight(uk: UnixKernel, f: ScmFile): void {
  const sk = fileUnixSock(f);
  if (sk === null) return;
  sk.inflight++;
  sk.inflightFile = f;
  uk.inflight.add(sk);
}

/** It is in one less. */
function unixNotInflight(uk: UnixKernel, f: ScmFile): void {
  const sk = fileUnixSock(f);
  if (sk === null || sk.inflight === 0) return;
  if (--sk.inflight > 0) return;
  sk.inflightFile = null;
  uk.inflight.delete(sk);
}

/** Lets go of files that nobody read. Closing one may free packets that hold more: those wait for their turn, however long the chain is. */
function dropFiles(uk: UnixKernel, files: readonly ScmFile[]): void {
  for (const f of files) {
    unixNotInflight(uk, f);
    uk.dropped.push(f);
  }
  if (uk.dropping) return;
  uk.dropping = true;
  for (let f = uk.dropped.pop(); f !== undefined; f = uk.dropped.pop()) f.put();
  uk.dropping = false;
}

/** The destructor of what local sockets send. */
export function freePassed(skb: Skb): void {
  const sk = skb.sk as UnixSock;
  const files = skb.cbObj as ScmFile[] | null;
  skb.cbObj = null;
  sockWfree(skb);
  if (files !== null) dropFiles(sk.uk, files);
}

/** For so many sockets with messages a close pays, when these are to be walked through. */
const CLOSE_PAYS = 32;

/**
 * A socket was closed: while sockets are in messages, some of these may now be out of everybody's reach. Has that looked into: at once while there are few, and else after so many closes that
 * the walk costs each of them no more than that.
 */
export function unixScheduleGc(sk: UnixSock): void {
  const { uk } = sk;
  if (uk.inflight.size === 0) return;
  uk.paid += CLOSE_PAYS;
  if (uk.paid < uk.holders.size) return;
  uk.paid = 0;
  scheduleWork(sk.kernel, uk.gc);
}
