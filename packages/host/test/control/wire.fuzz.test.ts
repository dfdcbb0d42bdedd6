// Any bytes from a client: an errno or the door, never an exception, and the machine goes on.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ControlServer, serveControl } from '@linnet/host';
import { createKernel, type Kernel } from '@linnet/kernel';
import { netns } from '@linnet/netns';
import { skbStats } from '@linnet/skbuff';
import { AF_NETLINK, NETLINK_ROUTE, SOCK_RAW } from '@linnet/uapi';
import { cmsgDecode } from '../../src/control/cmsg.ts';
import { FrameReader } from '../../src/control/wire.ts';
import { frame, OP, who, Wire } from './client.ts';

const seed = 20261123;
const dir = mkdtempSync(join(tmpdir(), 'linnet-control-fuzz-'));
let kernel: Kernel;
let server: ControlServer;

beforeAll(async () => {
  kernel = createKernel({ modules: [netns], seed: 1 });
  server = await serveControl(kernel, { path: join(dir, 's') });
});

afterAll(async () => {
  await server.close();
  expect(skbStats(kernel).live).toBe(0);
  kernel.shutdown();
  rmSync(dir, { recursive: true });
});

test('control messages and frames', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      cmsgDecode(bytes);
      new FrameReader().push(bytes, () => true);
    }),
    { seed, numRuns: 500 },
  );
});

test('any call on a socket, with any arguments', async () => {
  const data = new Wire(server.path);
  const { a: id } = await data.call(OP.socket, { a: AF_NETLINK, b: SOCK_RAW, c: NETLINK_ROUTE }, who());
  const control = new Wire(server.path);
  await control.call(OP.hello, {}, who());
  const word = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.nat(), fc.constantFrom(0xffffffff, 0x7fffffff, 0x80000000));
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 4, max: 27 }), word, word, word, fc.boolean(), fc.uint8Array({ maxLength: 300 }), async (op, a, b, c, own, payload) => {
      const got = await control.call(op, { id: own ? id : a, a, b, c }, ...(op >= OP.readfile && own ? [who(), payload] : [payload]));
      expect(got.rc).toBeGreaterThan(-4096);
    }),
    { seed, numRuns: 600 },
  );
  // Still in its right mind.
  expect((await control.call(OP.info, { id })).a).toBe(AF_NETLINK);
  control.close();
  data.close();
});

test('any first bytes of a connection', async () => {
  const first = fc.oneof(
    fc.uint8Array({ minLength: 24, maxLength: 400 }),
    fc.tuple(fc.integer({ min: 0, max: 30 }), fc.uint8Array({ maxLength: 300 })).map(([op, p]) => frame(op, {}, p)),
    fc.tuple(fc.integer({ min: 0, max: 4 }), fc.nat(), fc.nat(), fc.nat()).map(([op, a, b, c]) => frame(op, { id: a, a, b, c }, who())),
  );
  await fc.assert(
    fc.asyncProperty(first, async (bytes) => {
      const w = new Wire(server.path);
      w.conn.end(bytes);
      await w.closed();
      w.close();
    }),
    { seed, numRuns: 100 },
  );
  const w = new Wire(server.path);
  expect((await w.call(OP.hello, {}, who())).rc).toBe(0);
  w.close();
});
