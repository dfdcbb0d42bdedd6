import { createKernel, VirtualClock } from '@linnet/kernel';
import { AF_INET, SOCK_STREAM, sockaddrIn, type SockAddrIn } from '@linnet/uapi';
import { Task } from '../src/index.ts';
import { memoryInet, type MemoryInetOptions } from '../src/testing.ts';

export const HOST = 0x0a000001;

export function machine(opts: MemoryInetOptions & { maxFds?: number } = {}): { clock: VirtualClock; task: Task } {
  const clock = new VirtualClock();
  const kernel = createKernel({ modules: [memoryInet(opts)], clock, seed: 1 });
  return { clock, task: opts.maxFds === undefined ? new Task(kernel) : new Task(kernel, { maxFds: opts.maxFds }) };
}

export const at = (port: number): SockAddrIn => sockaddrIn(HOST, port);

/** A listening descriptor. */
export function listener(task: Task, port: number, backlog = 16): number {
  const fd = task.socket(AF_INET, SOCK_STREAM);
  task.bind(fd, at(port));
  task.listen(fd, backlog);
  return fd;
}

/** Two connected descriptors: the client's and the server's. */
export async function pair(task: Task, port = 80): Promise<[number, number]> {
  const lfd = listener(task, port);
  const cfd = task.socket(AF_INET, SOCK_STREAM);
  await task.connect(cfd, at(port));
  const sfd = await task.accept(lfd);
  task.close(lfd);
  return [cfd, sfd];
}

export const text = (s: string): Uint8Array => new TextEncoder().encode(s);
export const string = (u8: Uint8Array): string => new TextDecoder().decode(u8);
