/** ping(8), as far as the demo needs it: ICMP echo over a datagram socket. */
import { AF_INET, in4FromString, IPPROTO_ICMP, POLLIN, SOCK_DGRAM, sockaddrIn } from '@linnet/uapi';
import type { Task } from '@linnet/posix';

/** What came of it; times in nanoseconds. */
export interface PingResult {
  readonly sent: number;
  readonly received: number;
  readonly times: readonly number[];
}

/** Sends `count` echo requests, one each `intervalMs`, and waits up to a second for the last answer. */
export async function ping(task: Task, host: string, count: number, intervalMs: number): Promise<PingResult> {
  const addr = in4FromString(host);
  if (addr === null) throw new TypeError(`ping: ${host} is no IPv4 address`);
  const { clock } = task.kernel;
  const fd = task.socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
  const sentAt: number[] = [];
  const times: number[] = [];
  const answer = new Uint8Array(256);
  /** Reads answers until `until`, or until all have come. */
  const collect = async (until: number): Promise<void> => {
    while (times.length < count) {
      const left = (until - clock.now()) / 1e6;
      if (left <= 0 || (await task.poll([{ fd, events: POLLIN, revents: 0 }], Math.ceil(left))) === 0) return;
      await task.recv(fd, answer);
      const seq = (answer[6]! << 8) | answer[7]!;
      if (answer[0] === 0 && sentAt[seq] !== undefined) times.push(clock.now() - sentAt[seq]);
    }
  };
  try {
    for (let seq = 0; seq < count; seq++) {
      const echo = new Uint8Array(64);
      echo[0] = 8;
      echo[6] = seq >> 8;
      echo[7] = seq & 255;
      for (let i = 8; i < echo.length; i++) echo[i] = i;
      sentAt[seq] = clock.now();
      await task.sendto(fd, echo, 0, sockaddrIn(addr, 0));
      await collect(clock.now() + intervalMs * 1e6);
    }
    await collect(clock.now() + 1e9);
  } finally {
    task.close(fd);
  }
  return { sent: count, received: times.length, times };
}
