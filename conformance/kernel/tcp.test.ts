// TCP and UDP between a real kernel and Linnet over a TAP: bytes in both directions and roles, and what is said when there is nobody.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AF_INET, MSG_OOB, SO_LINGER, SOCK_DGRAM, SOCK_STREAM, sockaddrIn, SOL_SOCKET } from '@linnet/uapi';
import { describe, expect, it } from 'vitest';
import { rate, row, TestData } from '../lib/data.ts';
import { eventually, exec, expectOk } from '../lib/exec.ts';
import { ip4, scene } from '../lib/scene.ts';
import type { Linked, Scene, TapLink } from '../lib/scene.ts';
import { connect, listen, receiveAll, sendAll, serve } from '../lib/stream.ts';
import { have } from '../needs.mjs';

const PORT = 9000;
const SIZE = 100_000_000;

function onTap(s: Scene, options: Partial<TapLink> = {}): Linked {
  return s.linnetOnTap({ netns: s.netns(), address: '10.77.0.2/24', peer: '10.77.0.1/24', ...options });
}

/** A Python server on the real side that takes one connection and prints what came; then it sends back what it has. */
const PYTHON_SINK = `
import hashlib, socket
l = socket.create_server(("", ${PORT})); print("listening", flush=True)
c = l.accept()[0]; h = hashlib.sha256()
while True:
    d = c.recv(1 << 20)
    if not d: break
    h.update(d)
print("sha256", h.hexdigest(), flush=True)
`;

describe.skipIf(!have('root', 'ip', 'tshark', 'python3'))('100 MB over a TAP', () => {
  const data = new TestData(SIZE);

  for (const vnetHdr of [true, false]) {
    const how = vnetHdr ? 'in super-segments' : 'segment by segment';
    it(`${how}, the kernel connects and fetches`, scene(async (s) => {
      const { machine: { task }, netns, address } = onTap(s, { vnetHdr });
      const served = serve(task, PORT, (fd) => sendAll(task, fd, data.bytes));
      const got = expectOk(await exec(netns.name, `exec 3<>/dev/tcp/${address}/${PORT} && sha256sum <&3`));
      await served;
      row(`100 MB ${how}, fetched`, rate(SIZE, got.ms));
      expect(got.stdout.split(' ')[0]).toBe(data.sha256);
    }));

    it(`${how}, the kernel connects and sends`, scene(async (s) => {
      const { machine: { task }, netns, address } = onTap(s, { vnetHdr });
      const file = join(s.folder, 'data');
      writeFileSync(file, data.bytes);
      let sha256 = '';
      const served = serve(task, PORT, async (fd) => { sha256 = (await receiveAll(task, fd)).end(); });
      const sent = expectOk(await exec(netns.name, `cat ${file} > /dev/tcp/${address}/${PORT}`));
      await served;
      row(`100 MB ${how}, sent to Linnet`, rate(SIZE, sent.ms));
      expect(sha256).toBe(data.sha256);
    }));

    it(`${how}, Linnet connects and sends`, scene(async (s) => {
      const { machine: { task }, netns, peer } = onTap(s, { vnetHdr });
      const server = s.start(netns, `python3 -c '${PYTHON_SINK}'`);
      await server.until(/listening/);
      const started = performance.now();
      const fd = await connect(task, peer, PORT);
      await sendAll(task, fd, data.bytes);
      await server.until(/sha256/, 60_000);
      row(`100 MB ${how}, Linnet connects`, rate(SIZE, performance.now() - started));
      expect(server.stdout).toContain(data.sha256);
      expect((await receiveAll(task, fd)).length).toBe(0);
      task.close(fd);
    }));
  }

  it('both ways at once on one connection', scene(async (s) => {
    const { machine: { task }, netns, address } = onTap(s);
    const file = join(s.folder, 'data');
    writeFileSync(file, data.bytes);
    let sha256 = '';
    const served = serve(task, PORT, async (fd) => {
      const [digest] = await Promise.all([receiveAll(task, fd), sendAll(task, fd, data.bytes)]);
      sha256 = digest.end();
    });
    const got = expectOk(await exec(netns.name, `python3 -c '
import hashlib, socket, threading
c = socket.create_connection(("${address}", ${PORT}))
def send():
    c.sendfile(open("${file}", "rb")); c.shutdown(socket.SHUT_WR)
t = threading.Thread(target=send); t.start()
h = hashlib.sha256()
while True:
    d = c.recv(1 << 20)
    if not d: break
    h.update(d)
t.join(); print(h.hexdigest())
'`));
    await served;
    row('100 MB each way at once', rate(2 * SIZE, got.ms));
    expect([sha256, got.stdout.trim()]).toEqual([data.sha256, data.sha256]);
  }));
});

describe.skipIf(!have('root', 'ip', 'tshark', 'python3'))('TCP with a real kernel', () => {
  it('a closed port of Linnet refuses', scene(async (s) => {
    const { machine, netns, address } = onTap(s);
    const { code, stderr } = await exec(netns.name, `: > /dev/tcp/${address}/81`);
    expect(stderr).toContain('Connection refused');
    expect([code, machine.counter('Tcp.OutRsts')]).toEqual([1, 1]);
  }));

  it('a closed port of the kernel refuses Linnet', scene(async (s) => {
    const { machine: { task }, peer } = onTap(s);
    await expect(connect(task, peer, 81)).rejects.toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect' });
  }));

  it('an address that nobody has is unreachable for Linnet', scene(async (s) => {
    const { machine: { task } } = onTap(s);
    await expect(connect(task, '10.77.0.99', 81)).rejects.toMatchObject({ code: 'EHOSTUNREACH' });
  }));

  it('negotiates what both can: window scaling, timestamps, SACK', scene(async (s) => {
    const { machine: { task }, netns, address } = onTap(s);
    const listener = listen(task, PORT);
    const held = s.start(netns, `exec 3<>/dev/tcp/${address}/${PORT}; echo connected; sleep 60`);
    const fd = await task.accept(listener);
    await held.until(/connected/);
    const said = await s.sh(netns, `ss -tino dport = :${PORT}`);
    row('ss -ti', said.trim().split('\n').at(-1)!.trim());
    expect(said).toMatch(/\bts\b/);
    expect(said).toMatch(/\bsack\b/);
    expect(said).toMatch(/wscale:\d+,\d+/);
    expect(said).toMatch(/mss:1448\b/);
    task.close(fd);
    task.close(listener);
  }));

  for (const [what, sysctl] of [['timestamps', 'tcp_timestamps'], ['SACK', 'tcp_sack'], ['window scaling', 'tcp_window_scaling']] as const) {
    it(`gets along without ${what}, both ways`, scene(async (s) => {
      const data = new TestData(10_000_000);
      const { machine: { task }, netns, address } = onTap(s);
      netns.sh(`sysctl -qw net.ipv4.${sysctl}=0`);
      const file = join(s.folder, 'data');
      writeFileSync(file, data.bytes);
      let sha256 = '';
      const served = serve(task, PORT, async (fd) => {
        sha256 = (await receiveAll(task, fd)).end();
        await sendAll(task, fd, data.bytes);
      });
      const got = expectOk(await exec(netns.name, `python3 -c '
import hashlib, socket
c = socket.create_connection(("${address}", ${PORT}))
c.sendfile(open("${file}", "rb")); c.shutdown(socket.SHUT_WR)
h = hashlib.sha256()
while True:
    d = c.recv(1 << 20)
    if not d: break
    h.update(d)
print(h.hexdigest())
'`));
      await served;
      expect([sha256, got.stdout.trim()]).toEqual([data.sha256, data.sha256]);
    }));
  }

  it('a reader that stops closes the window, and opens it again', scene(async (s) => {
    const data = new TestData(20_000_000);
    const { machine, netns, address } = onTap(s);
    const { task } = machine;
    const file = join(s.folder, 'data');
    writeFileSync(file, data.bytes);
    const listener = listen(task, PORT);
    const sender = s.start(netns, `cat ${file} > /dev/tcp/${address}/${PORT}`);
    const fd = await task.accept(listener);
    // Nobody reads: the kernel's sender comes to a stand.
    await eventually('the window is closed', () => machine.counter('TcpExt.TCPToZeroWindowAdv') > 0);
    await eventually('the kernel has asked whether it still is', async () => /persist,/.test(await s.sh(netns, `ss -tno dport = :${PORT}`)));
    const digest = await receiveAll(task, fd);
    expectOk(await sender.done);
    expect(digest.end()).toBe(data.sha256);
    expect(machine.counter('TcpExt.TCPFromZeroWindowAdv')).toBeGreaterThan(0);
    task.close(fd);
    task.close(listener);
  }));

  it('probes the closed window of a kernel, and goes on when it opens', scene(async (s) => {
    const data = new TestData(20_000_000);
    const { machine, netns, peer } = onTap(s);
    const { task } = machine;
    const go = join(s.folder, 'go');
    const server = s.start(netns, `python3 -c '
import hashlib, os, socket, time
l = socket.create_server(("", ${PORT})); print("listening", flush=True)
c = l.accept()[0]; h = hashlib.sha256()
while not os.path.exists("${go}"): time.sleep(0.01)
while True:
    d = c.recv(1 << 20)
    if not d: break
    h.update(d)
print("sha256", h.hexdigest(), flush=True)
'`);
    await server.until(/listening/);
    const fd = await connect(task, peer, PORT);
    const sent = sendAll(task, fd, data.bytes);
    await eventually('Linnet probes', () => machine.counter('TcpExt.TCPWinProbe') > 1);
    writeFileSync(go, '');
    await sent;
    await server.until(/sha256/);
    expect(server.stdout).toContain(data.sha256);
    task.close(fd);
  }));

  it('a reset from either side is told to the other', scene(async (s) => {
    const { machine: { task }, netns, address } = onTap(s);
    const listener = listen(task, PORT);
    // Linnet aborts: linger on, 0 seconds.
    const client = s.start(netns, `python3 -c '
import socket
c = socket.create_connection(("${address}", ${PORT})); print("connected", flush=True)
try: c.recv(1)
except OSError as e: print(e.strerror, flush=True)
'`);
    let fd = await task.accept(listener);
    await client.until(/connected/);
    const linger = new Uint8Array(8);
    linger[0] = 1;
    task.setsockopt(fd, SOL_SOCKET, SO_LINGER, linger);
    task.close(fd);
    await client.until(/Connection reset by peer/);
    // The kernel aborts.
    const aborter = s.start(netns, `python3 -c '
import socket, struct
c = socket.create_connection(("${address}", ${PORT}))
c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)); c.close()
'`);
    fd = await task.accept(listener);
    await expect(task.recv(fd, new Uint8Array(10))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expectOk(await aborter.done);
    task.close(fd);
    task.close(listener);
  }));

  it('half a connection goes on when the other half is closed', scene(async (s) => {
    const { machine: { task }, netns, address } = onTap(s);
    const served = serve(task, PORT, async (fd) => {
      const { length } = await receiveAll(task, fd);
      await sendAll(task, fd, new TextEncoder().encode(`got ${length} bytes\n`));
    });
    const said = await s.sh(netns, `python3 -c '
import socket
c = socket.create_connection(("${address}", ${PORT})); c.sendall(b"x" * 12345); c.shutdown(socket.SHUT_WR); print(c.recv(100).decode())
'`);
    await served;
    expect(said).toContain('got 12345 bytes');
  }));

  it('urgent data arrives, both ways', scene(async (s) => {
    const { machine: { task }, netns, address } = onTap(s);
    const listener = listen(task, PORT);
    const client = s.start(netns, `python3 -c '
import select, socket
c = socket.create_connection(("${address}", ${PORT})); c.send(b"!", socket.MSG_OOB)
select.select([], [], [c], 10); print("urgent", c.recv(1, socket.MSG_OOB).decode(), flush=True)
'`);
    const fd = await task.accept(listener);
    const one = new Uint8Array(1);
    await eventually('urgent data', () => task.sys.recv(fd, one, MSG_OOB) === 1);
    expect(String.fromCharCode(one[0]!)).toBe('!');
    await task.send(fd, Uint8Array.of('?'.charCodeAt(0)), MSG_OOB);
    await client.until(/urgent \?/);
    task.close(fd);
    task.close(listener);
  }));

  it('200 connections, one after the other and many at a time', scene(async (s) => {
    const { machine, netns, address } = onTap(s);
    const { task } = machine;
    const served = serve(task, PORT, async (fd) => {
      const { length } = await receiveAll(task, fd);
      await sendAll(task, fd, new TextEncoder().encode(String(length)));
    }, 200);
    const said = await s.sh(netns, `python3 -c '
import socket
from concurrent.futures import ThreadPoolExecutor
def one(i):
    c = socket.create_connection(("${address}", ${PORT})); c.sendall(b"x" * i); c.shutdown(socket.SHUT_WR)
    r = int(c.recv(100)); c.close(); return r == i
with ThreadPoolExecutor(50) as p: print(sum(p.map(one, range(200))))
'`);
    await served;
    expect(said.trim()).toBe('200');
    expect([machine.counter('Tcp.PassiveOpens'), machine.counter('TcpExt.ListenDrops')]).toEqual([200, 0]);
  }));
});

describe.skipIf(!have('root', 'ip', 'tshark', 'python3'))('UDP with a real kernel', () => {
  it('datagrams of all sizes come back', scene(async (s) => {
    const { machine: { task }, netns, address } = onTap(s);
    const fd = task.socket(AF_INET, SOCK_DGRAM);
    task.bind(fd, sockaddrIn(0, 7));
    let stop = false;
    const echo = (async () => {
      const buf = new Uint8Array(65_536);
      while (!stop) {
        const { size, addr } = await task.recvfrom(fd, buf);
        await task.sendto(fd, buf.subarray(0, size), 0, addr);
        stop = size === 3;
      }
    })();
    const said = await s.sh(netns, `python3 -c '
import os, socket
c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); c.settimeout(5); c.connect(("${address}", 7))
sizes = [0, 1, 2, 100, 1471, 1472, 1473, 8972, 9000, 30000, 65507, 3]
ok = 0
for n in sizes:
    d = os.urandom(n); c.send(d); ok += c.recv(65536) == d
print(ok, "of", len(sizes))
'`);
    await echo;
    expect(said.trim()).toBe('12 of 12');
    task.close(fd);
  }));

  it('a closed port of Linnet is answered: port unreachable', scene(async (s) => {
    const { machine, netns, address } = onTap(s);
    const said = await s.sh(netns, `python3 -c '
import socket
c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); c.settimeout(5); c.connect(("${address}", 9)); c.send(b"x")
try: c.recv(1)
except OSError as e: print(e.strerror)
'`);
    expect(said.trim()).toBe('Connection refused');
    expect(machine.counter('Udp.NoPorts')).toBe(1);
  }));

  it('a closed port of the kernel refuses Linnet', scene(async (s) => {
    const { machine: { task }, peer } = onTap(s);
    const fd = task.socket(AF_INET, SOCK_DGRAM);
    await task.connect(fd, sockaddrIn(ip4(peer), 9));
    await task.send(fd, new Uint8Array(10));
    await expect(task.recv(fd, new Uint8Array(10))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    task.close(fd);
  }));

  it('a broadcast of the kernel arrives, and Linnet is heard by its own', scene(async (s) => {
    const { machine: { task }, netns } = onTap(s);
    const fd = task.socket(AF_INET, SOCK_DGRAM);
    task.bind(fd, sockaddrIn(0, PORT));
    await s.sh(netns, `python3 -c '
import socket
c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); c.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1); c.sendto(b"hello all", ("255.255.255.255", ${PORT}))
' ; true`);
    netns.sh('ip route add 255.255.255.255 dev tap0');
    await s.sh(netns, `python3 -c '
import socket
c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); c.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1); c.sendto(b"hello all", ("255.255.255.255", ${PORT}))
'`);
    const buf = new Uint8Array(100);
    const { size } = await task.recvfrom(fd, buf);
    expect(new TextDecoder().decode(buf.subarray(0, size))).toBe('hello all');
    task.close(fd);
  }));

  it('an open TCP port is no UDP port, and the other way round', scene(async (s) => {
    const { machine: { task }, netns, address } = onTap(s);
    const tcp = task.socket(AF_INET, SOCK_STREAM);
    task.bind(tcp, sockaddrIn(0, 5000));
    task.listen(tcp);
    const udp = task.socket(AF_INET, SOCK_DGRAM);
    task.bind(udp, sockaddrIn(0, 5001));
    const { stderr } = await exec(netns.name, `: > /dev/tcp/${address}/5001`);
    expect(stderr).toContain('Connection refused');
    await s.sh(netns, `: > /dev/tcp/${address}/5000`);
    task.close(tcp);
    task.close(udp);
  }));
});
