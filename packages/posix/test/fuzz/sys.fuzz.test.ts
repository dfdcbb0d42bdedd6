import { MsgHdr } from '@linnet/socket';
import { sockaddrIn } from '@linnet/uapi';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Sys } from '../../src/index.ts';
import { machine } from '../helpers.ts';

const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.integer(), fc.integer({ min: -2, max: 12 }), fc.double(), fc.string(), fc.boolean(), fc.constantFrom(null, undefined, NaN, -0, 2 ** 53, [], {}),
  fc.uint8Array({ maxLength: 40 }), fc.constant(new MsgHdr([new Uint8Array(8)])), fc.constant(new MsgHdr(['x' as never])),
  fc.record({ family: fc.integer({ min: -1, max: 20 }), port: fc.integer({ min: -1, max: 70000 }), addr: fc.oneof(fc.integer(), fc.constant(new Int32Array(4))) }),
  fc.record({ fd: fc.integer({ min: -2, max: 12 }), events: fc.integer(), revents: fc.constant(0), data: fc.string() }).map((r) => [r]),
);

const CALLS = [
  'socket', 'socketpair', 'bind', 'listen', 'accept', 'accept4', 'connect', 'send', 'sendto', 'sendmsg', 'recv', 'recvfrom', 'recvmsg', 'shutdown', 'getsockname', 'getpeername', 'setsockopt',
  'getsockopt', 'close', 'dup', 'dup2', 'dup3', 'fcntl', 'ioctl', 'poll', 'epollCreate1', 'epollCtl', 'epollWait',
] as const satisfies readonly (keyof Sys)[];

it('no system call throws, whatever it is given', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...CALLS), fc.array(junk, { maxLength: 5 })), { minLength: 1, maxLength: 40 }), (calls) => {
      const { task } = machine({ maxFds: 10 });
      // Something to hit: a listener, a connection, datagrams.
      const lfd = task.socket(2, 1);
      task.bind(lfd, sockaddrIn(1, 80));
      task.listen(lfd, 2);
      task.sys.connect(task.socket(2, 1), sockaddrIn(1, 80));
      task.socket(2, 2);
      task.epollCreate1();
      for (const [name, args] of calls) {
        const result = (task.sys[name] as (...a: unknown[]) => unknown).apply(task.sys, args);
        const fine = typeof result === 'number' ? Number.isInteger(result) : result instanceof Uint8Array || typeof (result as { family?: unknown }).family === 'number';
        expect(fine, `${name} gave ${String(result)}`).toBe(true);
      }
      task.exit();
      expect(task.fds.list()).toEqual([]);
    }),
    { seed: 20260101, numRuns: 300 },
  );
});
