// Linnet's side of a TCP transfer, by its system calls alone.
import type { Task } from '@linnet/posix';
import { AF_INET, SHUT_WR, SO_REUSEADDR, SOCK_STREAM, sockaddrIn, SOL_SOCKET } from '@linnet/uapi';
import { Digest } from './data.ts';
import { ip4 } from './scene.ts';

const CHUNK = 256 * 1024;

/** A listening socket on a port of every address. */
export function listen(task: Task, port: number, backlog = 128): number {
  const fd = task.socket(AF_INET, SOCK_STREAM);
  task.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  task.bind(fd, sockaddrIn(0, port));
  task.listen(fd, backlog);
  return fd;
}

export async function connect(task: Task, address: string, port: number): Promise<number> {
  const fd = task.socket(AF_INET, SOCK_STREAM);
  await task.connect(fd, sockaddrIn(ip4(address), port));
  return fd;
}

/** Send all of it, and that it was all. */
export async function sendAll(task: Task, fd: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += CHUNK) await task.send(fd, bytes.subarray(at, at + CHUNK));
  task.shutdown(fd, SHUT_WR);
}

/** Receive to the end. */
export async function receiveAll(task: Task, fd: number): Promise<Digest> {
  const digest = new Digest();
  const buf = new Uint8Array(CHUNK);
  for (;;) {
    const n = await task.recv(fd, buf);
    if (n === 0) return digest;
    digest.add(buf.subarray(0, n));
  }
}

/** Accept `connections` one after the other and give each to `serve`, then close it. Settles when the last is served. */
export async function serve(task: Task, port: number, serveOne: (fd: number) => Promise<void>, connections = 1): Promise<void> {
  const listener = listen(task, port);
  const all: Promise<void>[] = [];
  for (let i = 0; i < connections; i++) {
    const fd = await task.accept(listener);
    all.push(serveOne(fd).finally(() => task.close(fd)));
  }
  task.close(listener);
  await Promise.all(all);
}
