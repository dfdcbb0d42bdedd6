// UDP_GRO beside the real kernel, over lo: a message of many datagrams (UDP_SEGMENT) arrives whole, and a control message says of what size they are.
import { execFileSync } from 'node:child_process';
import { createKernel, VirtualClock } from '@linnet/kernel';
import { Task } from '@linnet/posix';
import { MsgHdr } from '@linnet/socket';
import { AF_INET, AF_INET6, SOCK_DGRAM, SOL_UDP, sockaddrIn, sockaddrIn6, UDP_GRO, UDP_SEGMENT } from '@linnet/uapi';
import { runTool } from '@linnet/tools';
import { inet6Stack } from 'linnet';
import { expect, test } from 'vitest';
import { have } from '../needs.mjs';

/** [UDP_GRO of the receiver, bytes of each datagram, bytes of the message, bytes of the buffer]. */
const CASES = [[1, 100, 350, 1000], [1, 100, 50, 1000], [1, 100, 100, 1000], [1, 100, 200, 1000], [1, 100, 350, 200], [0, 100, 350, 1000], [1, 1400, 14_000, 65_000]] as const;

const PYTHON = `
import json, socket, sys
out = []
for fam, addr in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1')):
  for gro, seg, size, room in json.loads(sys.argv[1]):
    r = socket.socket(fam, socket.SOCK_DGRAM); r.setsockopt(17, 104, gro); r.bind((addr, 0)); r.setblocking(False)
    s = socket.socket(fam, socket.SOCK_DGRAM); s.setsockopt(17, 103, seg)
    s.sendto(b'x' * size, r.getsockname())
    got = [r.getsockopt(17, 104)]
    while True:
      try: m = r.recvmsg(room, 100)
      except BlockingIOError: break
      got.append([len(m[0]), [[l, t, list(d)] for l, t, d in m[1]], m[2]])
    out.append(got)
print(json.dumps(out))
`;

test.skipIf(!have('python3'))('a receiver that asks for trains gets them', async () => {
  const kernel = JSON.parse(execFileSync('python3', ['-c', PYTHON, JSON.stringify(CASES)], { encoding: 'utf8' })) as unknown;
  const k = createKernel({ modules: inet6Stack, clock: new VirtualClock(), seed: 1 });
  const task = new Task(k);
  await runTool(task, ['ip', 'link', 'set', 'lo', 'up'], { out: () => {}, err: () => {} });
  const ours: unknown[] = [];
  for (const six of [false, true]) {
    for (const [gro, seg, size, room] of CASES) {
      const family = six ? AF_INET6 : AF_INET;
      const to = six ? sockaddrIn6(Int32Array.of(0, 0, 0, 1), 5000) : sockaddrIn(0x7f000001, 5000);
      const r = task.socket(family, SOCK_DGRAM);
      task.setsockopt(r, SOL_UDP, UDP_GRO, gro);
      task.bind(r, to);
      const s = task.socket(family, SOCK_DGRAM);
      task.setsockopt(s, SOL_UDP, UDP_SEGMENT, seg);
      expect(task.sys.sendto(s, new Uint8Array(size), 0, to)).toBe(size);
      const got: unknown[] = [task.getsockoptInt(r, SOL_UDP, UDP_GRO)];
      for (;;) {
        const m = new MsgHdr([new Uint8Array(room)]);
        const n = task.sys.recvmsg(r, m, 0);
        if (n < 0) break;
        got.push([n, m.control.map((c) => [c.level, c.type, [...c.data]]), m.flags]);
      }
      ours.push(got);
      task.close(r);
      task.close(s);
    }
  }
  expect(ours).toEqual(kernel);
  task.exit();
  k.shutdown();
});
