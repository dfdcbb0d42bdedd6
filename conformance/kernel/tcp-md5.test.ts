// Signed segments (RFC 2385) between a real kernel and Linnet: both must make the same signatures, or nothing passes.
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { ipv6 } from '@linnet/ipv6';
import { AF_INET, AF_INET6, SO_LINGER, SOCK_STREAM, sockaddrIn, sockaddrIn6, SOL_SOCKET, SOL_TCP, TCP_MD5SIG } from '@linnet/uapi';
import type { SockAddr } from '@linnet/uapi';
import { describe, expect, it } from 'vitest';
import { eventually } from '../lib/exec.ts';
import { ip4, scene } from '../lib/scene.ts';
import type { Linked, Scene } from '../lib/scene.ts';
import { receiveAll, sendAll } from '../lib/stream.ts';
import { have } from '../needs.mjs';

const SCRIPT = fileURLToPath(new URL('tcp-md5.py', import.meta.url));
const PORT = 9000;
/** What the script sends. */
const THEIRS = createHash('sha256').update(Uint8Array.from({ length: 300000 }, (_, i) => (i * 7) & 255)).digest('hex');
const OURS = Uint8Array.from({ length: 400000 }, (_, i) => (i * 13) & 255);

interface End extends Linked {
  /** The real kernel's address and ours, as they are written and as `connect` takes them. */
  theirs: string;
  ours: string;
  family: number;
  /** Theirs in an IPv6 socket's form. */
  words: Int32Array | null;
  at(port: number): SockAddr;
}

/** The words of an address of the form fd78::N. */
const v6 = (text: string): Int32Array => Int32Array.of(0xfd780000 | 0, 0, 0, Number(text.split('::')[1]));

async function setup(s: Scene, version: 4 | 6 | 'mapped'): Promise<End> {
  const netns = s.netns();
  netns.sh('sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0');
  const l = s.tap(s.machine(version === 4 ? {} : { modules: [ipv6] }), { netns, address: '10.77.0.2/24', peer: '10.77.0.1/24' });
  if (version === 4) return { ...l, theirs: '10.77.0.1', ours: '10.77.0.2', family: AF_INET, words: null, at: (port) => sockaddrIn(ip4('10.77.0.1'), port) };
  const mapped = Int32Array.of(0, 0, 0xffff, ip4('10.77.0.1'));
  if (version === 'mapped') return { ...l, theirs: '10.77.0.1', ours: '10.77.0.2', family: AF_INET6, words: mapped, at: (port) => sockaddrIn6(mapped, port) };
  netns.sh('ip address add fd78::1/64 dev tap0 nodad');
  l.machine.ip.addr.add({ dev: l.dev.name, address: 'fd78::2/64' });
  await eventually('the address is ours', () => /^fd780+2 \S+ \S+ \S+ 80 /m.test(String(l.machine.net.proc.read('net/if_inet6'))), 10_000);
  return { ...l, theirs: 'fd78::1', ours: 'fd78::2', family: AF_INET6, words: v6('fd78::1'), at: (port) => sockaddrIn6(v6('fd78::1'), port) };
}

/** struct tcp_md5sig of the real kernel. */
function sig(e: End, key: string): Uint8Array {
  const u8 = new Uint8Array(216);
  const v = new DataView(u8.buffer);
  v.setUint16(0, e.family, true);
  if (e.words === null) v.setInt32(4, ip4(e.theirs));
  else e.words.forEach((w, i) => v.setInt32(8 + 4 * i, w));
  v.setUint16(130, key.length, true);
  u8.set(new TextEncoder().encode(key), 136);
  return u8;
}

function socket(e: End, key: string): number {
  const { task } = e.machine;
  const fd = task.socket(e.family, SOCK_STREAM);
  if (key !== '') task.setsockopt(fd, SOL_TCP, TCP_MD5SIG, sig(e, key));
  return fd;
}

function listener(e: End, key: string): number {
  const { task } = e.machine;
  const fd = socket(e, key);
  task.bind(fd, e.family === AF_INET ? sockaddrIn(0, PORT) : sockaddrIn6(new Int32Array(4), PORT));
  task.listen(fd, 5);
  return fd;
}

async function exchange(e: End, fd: number): Promise<string> {
  const { task } = e.machine;
  const [got] = await Promise.all([receiveAll(task, fd), sendAll(task, fd, OURS)]);
  task.close(fd);
  return got.end();
}

/** What the real kernel counted. */
const theirCounter = (e: End, name: string): number => {
  const lines = e.netns.sh('grep ^TcpExt /proc/net/netstat').split('\n').map((line) => line.split(' '));
  return Number(lines[1]![lines[0]!.indexOf(name)]);
};
const NAMES = ['TCPMD5NotFound', 'TCPMD5Unexpected', 'TCPMD5Failure'];
const ours = createHash('sha256').update(OURS).digest('hex');

describe.skipIf(!have('root', 'ip', 'tshark', 'python3'))('TCP_MD5SIG against a real kernel', () => {
  for (const version of [4, 6, 'mapped'] as const) {
    const what = version === 'mapped' ? 'IPv4 of an IPv6 socket' : `IPv${version}`;
    it(`${what}: Linnet connects, both send, both take all`, scene(async (s) => {
      const e = await setup(s, version);
      const server = s.start(e.netns, `python3 ${SCRIPT} listen secret ${e.ours} ${PORT}`);
      await server.until(/listening/);
      const fd = socket(e, 'secret');
      await e.machine.task.connect(fd, e.at(PORT));
      expect(await exchange(e, fd)).toBe(THEIRS);
      await server.until(/sha256|E[A-Z]|timeout/);
      expect(server.stdout).toContain(`sha256 ${ours}`);
      for (const name of NAMES) expect([name, e.machine.counter(`TcpExt.${name}`), theirCounter(e, name)]).toEqual([name, 0, 0]);
    }));

    it(`${what}: the kernel connects to a listener, whose connection has the key`, scene(async (s) => {
      const e = await setup(s, version);
      const { task } = e.machine;
      const l = listener(e, 'secret');
      const client = s.start(e.netns, `python3 ${SCRIPT} connect secret ${e.ours} ${PORT}`);
      const fd = await task.accept(l);
      expect(await exchange(e, fd)).toBe(THEIRS);
      await client.until(/sha256|E[A-Z]|timeout/);
      expect(client.stdout).toContain(`sha256 ${ours}`);
      for (const name of NAMES) expect([name, e.machine.counter(`TcpExt.${name}`), theirCounter(e, name)]).toEqual([name, 0, 0]);
    }));
  }

  it('a reset is believed, as it is signed', scene(async (s) => {
    const e = await setup(s, 4);
    const { task } = e.machine;
    const l = listener(e, 'secret');
    const client = s.start(e.netns, `python3 ${SCRIPT} connect secret ${e.ours} ${PORT}`);
    const fd = await task.accept(l);
    task.setsockopt(fd, SOL_SOCKET, SO_LINGER, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0));
    task.close(fd);
    await client.until(/sha256|E[A-Z]|timeout/);
    expect(client.stdout.trim()).toMatch(/^(ECONNRESET|EPIPE)$/);
    expect(NAMES.map((name) => theirCounter(e, name))).toEqual([0, 0, 0]);
  }));

  it('other keys, no key, and a key too many: nothing passes, and both count the same', scene(async (s) => {
    const e = await setup(s, 4);
    const { task } = e.machine;
    for (const [theirs, mine, name] of [['one', 'two', 'TCPMD5Failure'], ['-', 'wanted', 'TCPMD5NotFound'], ['unwanted', '', 'TCPMD5Unexpected']] as const) {
      const before = e.machine.counter(`TcpExt.${name}`);
      const l = listener(e, mine);
      const client = s.start(e.netns, `python3 ${SCRIPT} connect ${theirs} ${e.ours} ${PORT} 0.4`);
      await client.until(/sha256|E[A-Z]|timeout/);
      expect([name, client.stdout.trim()]).toEqual([name, 'timeout']);
      expect(e.machine.counter(`TcpExt.${name}`) - before).toBeGreaterThan(0);
      task.close(l);
      // And the other way round: what the kernel says of our SYN.
      const server = s.start(e.netns, `python3 ${SCRIPT} listen ${theirs} ${e.ours} ${PORT + 1}`);
      await server.until(/listening/);
      const fd = socket(e, mine);
      const gone = task.connect(fd, e.at(PORT + 1)).catch(() => undefined);
      // No key there is a signature that nobody wants, and the other way round.
      const other = name === 'TCPMD5NotFound' ? 'TCPMD5Unexpected' : name === 'TCPMD5Unexpected' ? 'TCPMD5NotFound' : name;
      await eventually(`the kernel counts ${other}`, () => theirCounter(e, other) > 0, 5000);
      server.kill();
      task.close(fd);
      await gone;
    }
  }));
});
