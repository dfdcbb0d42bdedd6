/** The files of the machine that a client asks for: /proc/net, /proc/sys and /sys/class/net as its namespace shows them. */
import { EINVAL, ENAMETOOLONG } from '@linnet/kernel';
import type { Task } from '@linnet/posix';
import { type Frame, OP_LIST, OP_READFILE, OP_READLINK, OP_STAT, OP_WRITEFILE, type Reply, WHO_LEN } from './wire.ts';

const PATH_MAX = 4096;

function textOf(u8: Uint8Array): string {
  return new TextDecoder().decode(u8);
}

/** Is it a call on a file? */
export function isFileCall(op: number): boolean {
  return op === OP_READFILE || op === OP_WRITEFILE || op === OP_STAT || op === OP_LIST || op === OP_READLINK;
}

/** Makes a call on a file, as `task` sees it, and fills in the reply. */
export function fileCall(task: Task, frame: Frame, reply: Reply): void {
  const { sys } = task;
  const rest = frame.payload.subarray(WHO_LEN);
  const pathLen = frame.op === OP_WRITEFILE ? frame.a : rest.length;
  if (pathLen > rest.length || pathLen > PATH_MAX) {
    reply.rc = -ENAMETOOLONG;
    return;
  }
  const path = textOf(rest.subarray(0, pathLen));
  if (path.includes('\0')) {
    reply.rc = -EINVAL;
    return;
  }
  switch (frame.op) {
    case OP_READFILE: {
      const bytes = sys.readFileBytes(path);
      if (typeof bytes === 'number') reply.rc = bytes;
      else reply.add(bytes);
      return;
    }
    case OP_WRITEFILE:
      reply.rc = sys.writeFile(path, textOf(rest.subarray(pathLen)));
      return;
    case OP_STAT: {
      const st = sys.stat(path, frame.a === 1);
      if (typeof st === 'number') {
        reply.rc = st;
        return;
      }
      reply.a = st.mode;
      reply.b = st.ino;
      reply.c = st.size;
      return;
    }
    case OP_READLINK: {
      const to = sys.readlink(path);
      if (typeof to === 'number') reply.rc = to;
      else reply.add(new TextEncoder().encode(to));
      return;
    }
    default: {
      const list = sys.readdir(path);
      if (typeof list === 'number') {
        reply.rc = list;
        return;
      }
      for (const { name, type } of list) {
        reply.add(new Uint8Array([type]));
        reply.add(new TextEncoder().encode(`${name}\0`));
      }
    }
  }
}
