/** Descriptors in control messages: SCM_RIGHTS of unix(7) carries the open files behind them. */
import { EBADF, EINVAL } from '@linnet/kernel';
import { cmsgRoom, type MsgHdr, putCmsg, type ScmFile } from '@linnet/socket';
import { AF_UNIX, MSG_CMSG_CLOEXEC, MSG_CTRUNC, SCM_MAX_FD, SCM_RIGHTS, SOL_SOCKET } from '@linnet/uapi';
import type { FdTable } from './fd-table.ts';
import { OpenFile } from './file.ts';

const CMSG_HDR = 16;

/** Looks up the files that a message about to be sent names: 0, -EBADF, or -EINVAL where they cannot go. The message does not hold them. */
export function scmLookUp(fds: FdTable, msg: MsgHdr, family: number): number {
  msg.files = null;
  let files: ScmFile[] | null = null;
  for (const c of msg.control) {
    if (c.level !== SOL_SOCKET || c.type !== SCM_RIGHTS) continue;
    if (family !== AF_UNIX) return -EINVAL;
    const n = Math.floor(c.data.length / 4);
    files ??= [];
    if (files.length + n > SCM_MAX_FD) return -EINVAL;
    const view = new DataView(c.data.buffer, c.data.byteOffset, c.data.length);
    for (let i = 0; i < n; i++) {
      const slot = fds.get(view.getInt32(i * 4, true));
      if (slot === null) return -EBADF;
      files.push(slot.file);
    }
  }
  msg.files = files;
  return 0;
}

/** Gives descriptors to the files that came with a message, as many as there is room for in it and in the table (scm_detach_fds); the others are let go of, and MSG_CTRUNC says so. */
export function scmInstall(fds: FdTable, msg: MsgHdr, flags: number): void {
  const { files } = msg;
  if (files === null) return;
  msg.files = null;
  const room = Math.max(0, Math.min(files.length, Math.floor((cmsgRoom(msg) - CMSG_HDR) / 4)));
  const got: number[] = [];
  for (const file of files) {
    const fd = got.length < room && file instanceof OpenFile ? fds.install(file, (flags & MSG_CMSG_CLOEXEC) !== 0) : -1;
    if (fd < 0) msg.flags |= MSG_CTRUNC;
    else got.push(fd);
    file.put(); // the message's own hold
  }
  if (got.length === 0) return;
  const data = new Uint8Array(got.length * 4);
  const view = new DataView(data.buffer);
  got.forEach((fd, i) => view.setInt32(i * 4, fd, true));
  putCmsg(msg, SOL_SOCKET, SCM_RIGHTS, data);
}
