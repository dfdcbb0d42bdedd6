import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkMachine, controlPath, type ControlServer, runningMachines, serveControl } from '@linnet/host';
import { createKernel, type Kernel } from '@linnet/kernel';
import { devGetByName } from '@linnet/netdev';
import { netns, netnsAdd, netnsList } from '@linnet/netns';
import { skbStats } from '@linnet/skbuff';
import {
  AF_NETLINK, NETLINK_ROUTE, NLM_F_DUMP, NLM_F_REQUEST, NLMSG_DONE, NlWriter, POLLERR, POLLIN, RTM_GETLINK, RTM_NEWLINK, SO_DOMAIN, SO_RCVBUF, SO_TYPE, SOCK_RAW, SOL_SOCKET, sockaddrDecode, TUNSETIFF,
} from '@linnet/uapi';
import { type Answer, frame, OP, u32, who, Wire } from './client.ts';

const dir = mkdtempSync(join(tmpdir(), 'linnet-control-'));
afterAll(() => rmSync(dir, { recursive: true }));

let kernel: Kernel;
let server: ControlServer;
const wires: Wire[] = [];
const wire = (): Wire => {
  const w = new Wire(server.path);
  wires.push(w);
  return w;
};
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

beforeEach(async () => {
  kernel = createKernel({ modules: [netns], seed: 1, hostname: 'box' });
  server = await serveControl(kernel, { path: join(dir, 'box.sock') });
});

afterEach(async () => {
  for (const w of wires.splice(0)) w.close();
  await until(() => server.sockets === 0 && server.processes === 0);
  await server.close();
  expect(skbStats(kernel).live).toBe(0);
  kernel.shutdown();
});

async function control(fields: Parameters<typeof who>[0] = {}): Promise<Wire> {
  const w = wire();
  const hello = await w.call(OP.hello, {}, who(fields));
  expect([hello.rc, hello.a]).toEqual([0, 1]);
  return w;
}

async function socket(domain: number, type: number, protocol: number, fields: Parameters<typeof who>[0] = {}): Promise<{ data: Wire; id: number; answer: Answer }> {
  const data = wire();
  const answer = await data.call(OP.socket, { a: domain, b: type, c: protocol }, who(fields));
  return { data, id: answer.a, answer };
}

function getLinks(): Uint8Array {
  const w = new NlWriter({ capacity: 64 });
  w.begin(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0);
  w.reserve(16);
  w.end();
  return w.bytes();
}

describe('the control server', () => {
  test('its socket is for its user alone', () => {
    expect(statSync(server.path).mode & 0o777).toBe(0o600);
  });

  test('carries a netlink socket: the replies are there when sendmsg returns, with one token, which goes with the last of them', async () => {
    const c = await control();
    const { data, id, answer } = await socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    expect([answer.rc, answer.b]).toEqual([0, 0]);
    const sent = await c.call(OP.sendmsg, { id }, getLinks());
    expect(sent.rc).toBe(getLinks().length);
    expect(Array.from(await data.bytes(1))).toEqual([1]);
    expect((await c.call(OP.poll, { id })).rc & POLLIN).toBe(POLLIN);
    const types: number[] = [];
    let drop = 0;
    for (let i = 0; i < 10; i++) {
      const got = await c.call(OP.recvmsg, { id, b: 32768, c: 128 });
      drop += got.drop;
      if (got.rc < 0) break;
      expect(got.payload.length).toBe(got.rc + got.b + got.c);
      expect(sockaddrDecode(got.payload.subarray(got.rc, got.rc + got.b))).toMatchObject({ family: AF_NETLINK, pid: 0 });
      const view = new DataView(got.payload.buffer, got.payload.byteOffset);
      for (let at = 0; at < got.rc; at += (view.getUint32(at, true) + 3) & ~3) types.push(view.getUint16(at + 4, true));
      if (types.includes(NLMSG_DONE)) break;
    }
    expect(types).toEqual([RTM_NEWLINK, NLMSG_DONE]);
    expect(drop).toBe(1);
    expect(data.now().length).toBe(0);
    expect((await c.call(OP.recvmsg, { id, b: 100 })).rc).toBe(-11);
  });

  test('answers about a socket as the machine does', async () => {
    const c = await control();
    const { id } = await socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    const value = async (opt: number): Promise<number> => new DataView(Uint8Array.from((await c.call(OP.getsockopt, { id, a: SOL_SOCKET, b: opt, c: 4 })).payload).buffer).getUint32(0, true);
    expect(await value(SO_DOMAIN)).toBe(AF_NETLINK);
    expect(await value(SO_TYPE)).toBe(SOCK_RAW);
    expect((await c.call(OP.setsockopt, { id, a: SOL_SOCKET, b: SO_RCVBUF }, u32(10_000))).rc).toBe(0);
    expect(await value(SO_RCVBUF)).toBe(20_000);
    const info = await c.call(OP.info, { id });
    expect([info.a, info.b, info.c]).toEqual([AF_NETLINK, SOCK_RAW, NETLINK_ROUTE]);
    // bind(2) with port 0: the machine chooses.
    expect((await c.call(OP.bind, { id }, u32(AF_NETLINK, 0, 1))).rc).toBe(0);
    const name = sockaddrDecode((await c.call(OP.getname, { id })).payload);
    expect(name).toMatchObject({ family: AF_NETLINK, groups: 1 });
  });

  test('the socket ends with its last descriptor, and a close is not over before', async () => {
    const c = await control();
    const { data, id } = await socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    expect(server.sockets).toBe(1);
    data.close();
    expect((await c.call(OP.closed, { id })).rc).toBe(0);
    expect(server.sockets).toBe(0);
    expect((await c.call(OP.getname, { id })).rc).toBe(-9);
    // Somebody else still holds it: the answer comes all the same.
    const other = await socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    expect((await c.call(OP.closed, { id: other.id })).rc).toBe(0);
    expect(server.sockets).toBe(1);
  });

  test('a family that is not there, a type that is none, an id that nobody has', async () => {
    expect((await socket(45, 1, 0)).answer.rc).toBe(-97);
    expect((await socket(AF_NETLINK, 99, 0)).answer.rc).toBe(-22);
    const c = await control();
    for (const op of Object.values(OP)) if (op > 3 && op < 19) expect((await c.call(op, { id: 12345 })).rc).toBe(-9);
    expect((await c.call(77, { id: 1 })).rc).toBe(-9);
  });

  test('serves files: read, write, stat, list, readlink', async () => {
    const c = await control();
    const text = (s: string): Uint8Array => new TextEncoder().encode(s);
    const read = async (path: string): Promise<string | number> => {
      const got = await c.call(OP.readfile, {}, who(), text(path));
      return got.rc < 0 ? got.rc : new TextDecoder().decode(got.payload);
    };
    expect(await read('/proc/net/dev')).toMatch(/^Inter-\|.*\n.*\n +lo:/);
    expect(await read('/proc/net/nothing')).toBe(-2);
    const max = '/proc/sys/net/core/rmem_max';
    const before = await read(max);
    expect(before).toMatch(/^\d+\n$/);
    expect((await c.call(OP.writefile, { a: max.length }, who(), text(max), text('300000\n'))).rc).toBe(0);
    expect(await read(max)).toBe('300000\n');
    expect((await c.call(OP.writefile, { a: max.length }, who(), text(max), text('x'))).rc).toBe(-22);
    const st = await c.call(OP.stat, { a: 1 }, who(), text('/sys/class/net/lo/mtu'));
    expect([st.rc, st.a & 0o170000]).toEqual([0, 0o100000]);
    expect((await c.call(OP.stat, { a: 0 }, who(), text('/sys/class/net/lo'))).a & 0o170000).toBe(0o120000);
    expect(new TextDecoder().decode((await c.call(OP.readlink, {}, who(), text('/sys/class/net/lo'))).payload)).toBe('../../devices/virtual/net/lo');
    expect(Array.from((await c.call(OP.list, {}, who(), text('/sys/class/net'))).payload)).toEqual([10, ...text('lo\0')]);
    expect((await c.call(OP.list, {}, who(), text('/nowhere'))).rc).toBe(-2);
  });

  test('a namespace by name is another place; one that is not there is none', async () => {
    netnsAdd(kernel, 'blue');
    const c = await control();
    const here = who({ netns: 'blue' });
    const path = new TextEncoder().encode('/proc/sys/net/core/somaxconn');
    expect((await c.call(OP.writefile, { a: path.length }, here, path, new TextEncoder().encode('17'))).rc).toBe(0);
    expect(new TextDecoder().decode((await c.call(OP.readfile, {}, here, path)).payload)).toBe('17\n');
    expect(new TextDecoder().decode((await c.call(OP.readfile, {}, who(), path)).payload)).not.toBe('17\n');
    expect((await c.call(OP.readfile, {}, who({ netns: 'red' }), path)).rc).toBe(-2);
    expect((await socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, { netns: 'red' })).answer.rc).toBe(-2);
    expect(netnsList(kernel)).toEqual(['blue']);
  });

  test('/dev/net/tun: a data connection that is no socket', async () => {
    const c = await control();
    const data = wire();
    const { rc, a: id, b: kind } = await data.call(OP.tun, {}, who());
    expect([rc, kind, (await c.call(OP.poll, { id })).rc]).toEqual([0, 0, POLLERR]);
    // The token of the error goes when there is a device.
    expect([...(await data.bytes(1))]).toEqual([2]);
    const ifr = new Uint8Array(40);
    ifr.set(new TextEncoder().encode('tun%d'));
    ifr[16] = 1;
    ifr[17] = 0x10;
    const set = await c.call(OP.ioctl, { id, a: TUNSETIFF }, ifr);
    expect([set.rc, set.drop, new TextDecoder().decode(set.payload.subarray(0, 5))]).toEqual([0, 1, 'tun0\0']);
    expect((await c.call(OP.recvmsg, { id, b: 100 })).rc).toBe(-11);
    expect((await c.call(OP.recvmsg, { id, b: 0x7fffffff })).rc).toBe(-90);
    for (const op of [OP.bind, OP.listen, OP.getname, OP.shutdown, OP.setsockopt, OP.getsockopt, OP.recvmany, OP.ended, OP.info, 99]) expect((await c.call(op, { id })).rc).toBe(-88);
    data.close();
    await until(() => server.sockets === 0);
    expect(devGetByName(kernel.initNet, 'tun0')).toBeNull();
  });

  test('another version is told ours, strangers are shown the door', async () => {
    const w = wire();
    const got = await w.call(OP.hello, {}, who({ version: 2 }));
    expect([got.rc, got.a]).toEqual([-71, 1]);
    await w.closed();
    for (const bytes of [frame(OP.hello, {}, who({ magic: 5 })), frame(OP.bind, {}, who()), frame(OP.hello), new Uint8Array(24), new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'.repeat(9))]) {
      const s = wire();
      s.send(bytes);
      await s.closed();
    }
    expect((await (await control()).call(OP.poll, { id: 1 })).rc).toBe(-9);
  });

  test('a machine that is shut down lets its programs go', async () => {
    const { data } = await socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    const c = await control();
    kernel.shutdown();
    await data.closed();
    await c.closed();
    expect(server.sockets).toBe(0);
    await server.close();
    kernel = createKernel({ modules: [netns], seed: 1 });
  });
});

describe('machines by name', () => {
  test('are found while they run, and not twice', async () => {
    const before = process.env['XDG_RUNTIME_DIR'];
    process.env['XDG_RUNTIME_DIR'] = dir;
    try {
      expect(await runningMachines()).toEqual([]);
      const a = await serveControl(kernel, { name: 'alpha' });
      expect(a.path).toBe(join(dir, 'linnet', 'alpha.sock'));
      expect(controlPath('alpha')).toBe(a.path);
      expect(await runningMachines()).toEqual([{ name: 'alpha', path: a.path }]);
      await expect(serveControl(kernel, { name: 'alpha' })).rejects.toMatchObject({ code: 'EADDRINUSE' });
      await a.close();
      expect(await runningMachines()).toEqual([]);
      expect(() => controlPath('../x')).toThrow(/is no name for a machine/);
    } finally {
      if (before === undefined) delete process.env['XDG_RUNTIME_DIR'];
      else process.env['XDG_RUNTIME_DIR'] = before;
    }
  });

  test('say whether they can be entered', async () => {
    netnsAdd(kernel, 'blue');
    await checkMachine(server.path);
    await checkMachine(server.path, 'blue');
    await expect(checkMachine(server.path, 'red')).rejects.toMatchObject({ code: 'ENOENT', message: expect.stringContaining('no network namespace red') as string });
    await expect(checkMachine(join(dir, 'nobody.sock'))).rejects.toMatchObject({ code: 'ENOTCONN' });
    await expect(checkMachine(dir)).rejects.toMatchObject({ code: 'ENOTCONN' });
    const rude = net.createServer((conn) => conn.end('what?'));
    await new Promise<void>((resolve) => rude.listen(join(dir, 'rude.sock'), resolve));
    await expect(checkMachine(join(dir, 'rude.sock'))).rejects.toMatchObject({ code: 'ENOTCONN' });
    rude.close();
  });

  test('what one left behind is cleared away; what is no socket is not', async () => {
    const path = join(dir, 'left.sock');
    // A socket that nobody listens on any more.
    const left = net.createServer();
    await new Promise<void>((resolve) => left.listen(join(dir, 'l2.sock'), resolve));
    rmSync(join(dir, 'l2.sock'));
    left.close();
    const s = await serveControl(kernel, { path });
    await s.close();
    writeFileSync(path, 'no socket');
    await expect(serveControl(kernel, { path })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(serveControl(kernel, { path: `/${'x'.repeat(120)}` })).rejects.toMatchObject({ code: 'EINVAL' });
  });
});
