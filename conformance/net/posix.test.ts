// Tasks, blocking calls and epoll over real TCP and UDP, in virtual time.
import { randomBytes } from 'node:crypto';
import { EAGAIN, ECONNREFUSED, EINPROGRESS, ms, sec, VirtualClock } from '@linnet/kernel';
import { Task, type EpollEvent } from '@linnet/posix';
import { MsgHdr } from '@linnet/socket';
import {
  AF_INET, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLET, EPOLLIN, EPOLLRDHUP, FIONREAD, in4FromString, IP_RECVTTL, IP_TTL, IPPROTO_IP, MSG_ERRQUEUE, MSG_TRUNC, SHUT_WR, SIOCOUTQ, SO_ERROR, SO_REUSEADDR, SOCK_DGRAM,
  SOCK_NONBLOCK, SOCK_STREAM, type SockAddrIn, sockaddrIn, SOL_SOCKET, IP_RECVERR, IPPROTO_TCP, TCP_INFO, CLONE_NEWNET,
} from '@linnet/uapi';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lab, type Lab } from './lab.ts';

let l: Lab;
let clock: VirtualClock;
let server: Task;
let client: Task;
beforeEach(() => {
  clock = new VirtualClock();
  l = lab(clock);
  server = new Task(l.server.net);
  client = new Task(l.client.net);
});
afterEach(() => {
  server.exit();
  client.exit();
  l.close();
});

const timed = (fn: () => Promise<void>) => (): Promise<void> => clock.run(fn);
const at = (address: string, port: number): SockAddrIn => sockaddrIn(in4FromString(address)!, port);
const SERVER = '10.0.0.1';

function listening(port: number): number {
  const fd = server.socket(AF_INET, SOCK_STREAM);
  server.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  server.bind(fd, at(SERVER, port));
  server.listen(fd, 128);
  return fd;
}

it('a blocking client and server move 4 MB, and see the end', timed(async () => {
  const lfd = listening(7);
  const data = randomBytes(4_000_000);
  const serving = (async () => {
    const fd = await server.accept(lfd);
    expect((server.getpeername(fd) as SockAddrIn).addr).toBe(in4FromString('10.0.0.2'));
    const parts: Buffer[] = [];
    for (;;) {
      const buf = Buffer.alloc(100_000);
      const n = await server.read(fd, buf);
      if (n === 0) break;
      parts.push(buf.subarray(0, n));
    }
    await server.write(fd, new Uint8Array([1]));
    server.close(fd);
    return Buffer.concat(parts);
  })();
  const fd = client.socket(AF_INET, SOCK_STREAM);
  await client.connect(fd, at(SERVER, 7));
  expect(await client.sendmsg(fd, new MsgHdr([data.subarray(0, 1_000_001), data.subarray(1_000_001)]))).toBe(data.length);
  client.shutdown(fd, SHUT_WR);
  expect((await serving).equals(data)).toBe(true);
  expect(await client.read(fd, new Uint8Array(10))).toBe(1);
  expect(await client.read(fd, new Uint8Array(10))).toBe(0);
  expect(client.getsockopt(fd, IPPROTO_TCP, TCP_INFO).length).toBeGreaterThan(100);
}));

it('the plain calls need no promise at all', () => {
  const lfd = listening(7);
  const fd = client.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
  expect(client.sys.connect(fd, at(SERVER, 7))).toBe(-EINPROGRESS);
  // ARP and the handshake went through both namespaces before the call returned.
  expect(client.sys.connect(fd, at(SERVER, 7))).toBe(0);
  const conn = server.sys.accept(lfd);
  expect(conn).toBeGreaterThan(lfd);
  expect(client.sys.send(fd, new TextEncoder().encode('now'))).toBe(3);
  expect(server.ioctl(conn, FIONREAD)).toBe(3);
  const buf = new Uint8Array(8);
  expect(server.sys.recv(conn, buf)).toBe(3);
  expect(server.sys.recv(conn, buf)).toBe(-EAGAIN);
  // What was sent is all acknowledged once the delayed ACK has come.
  clock.advance(ms(300));
  expect(client.ioctl(fd, SIOCOUTQ)).toBe(0);
  const refused = client.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
  expect(client.sys.connect(refused, at(SERVER, 8))).toBe(-EINPROGRESS);
  expect(client.getsockoptInt(refused, SOL_SOCKET, SO_ERROR)).toBe(ECONNREFUSED);
});

it('an epoll loop serves 50 clients', timed(async () => {
  const lfd = listening(7);
  const ep = server.epollCreate1();
  server.epollCtl(ep, EPOLL_CTL_ADD, lfd, { events: EPOLLIN, data: lfd });
  let open = 0;
  let served = 0;
  const buf = new Uint8Array(4096);
  const serving = (async () => {
    const events: EpollEvent[] = [];
    while (served < 50) {
      const n = await server.epollWait(ep, events, 16);
      for (const { data } of events.slice(0, n)) {
        const fd = data as number;
        if (fd === lfd) {
          for (let c = server.sys.accept4(lfd, SOCK_NONBLOCK); c >= 0; c = server.sys.accept4(lfd, SOCK_NONBLOCK)) {
            open++;
            server.epollCtl(ep, EPOLL_CTL_ADD, c, { events: EPOLLIN | EPOLLRDHUP | EPOLLET, data: c });
          }
          continue;
        }
        for (;;) {
          const size = server.sys.recv(fd, buf);
          if (size > 0) server.sys.send(fd, buf.subarray(0, size));
          if (size > 0) continue;
          if (size === 0) {
            server.epollCtl(ep, EPOLL_CTL_DEL, fd);
            server.close(fd);
            served++;
          }
          break;
        }
      }
    }
  })();
  await Promise.all(Array.from({ length: 50 }, async (_, i) => {
    const fd = client.socket(AF_INET, SOCK_STREAM);
    await client.connect(fd, at(SERVER, 7));
    const text = new TextEncoder().encode(`client ${i}`);
    await client.send(fd, text);
    const back = new Uint8Array(text.length);
    let got = 0;
    while (got < back.length) got += await client.recv(fd, back.subarray(got));
    expect(back).toEqual(text);
    client.close(fd);
  }));
  await serving;
  expect(open).toBe(50);
}));

it('datagrams with control messages, truncation and the error queue', timed(async () => {
  const sfd = server.socket(AF_INET, SOCK_DGRAM);
  server.bind(sfd, at(SERVER, 53));
  server.setsockopt(sfd, IPPROTO_IP, IP_RECVTTL, 1);
  const cfd = client.socket(AF_INET, SOCK_DGRAM);
  client.setsockopt(cfd, IPPROTO_IP, IP_TTL, 17);
  await client.sendto(cfd, new Uint8Array(100), 0, at(SERVER, 53));
  const msg = new MsgHdr([new Uint8Array(10), new Uint8Array(20)]);
  expect(await server.recvmsg(sfd, msg)).toBe(30);
  expect(msg.flags & MSG_TRUNC).toBe(MSG_TRUNC);
  expect(msg.control.map((c) => [c.level, c.type, c.data[0]])).toEqual([[IPPROTO_IP, IP_TTL, 17]]);
  client.setsockopt(cfd, IPPROTO_IP, IP_RECVERR, 1);
  await client.connect(cfd, at(SERVER, 54));
  await client.send(cfd, new Uint8Array(5));
  const waiting = client.recv(cfd, new Uint8Array(5));
  await expect(waiting).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(client.sys.recvmsg(cfd, new MsgHdr([new Uint8Array(100)]), MSG_ERRQUEUE)).toBeGreaterThanOrEqual(5);
}));

it('an abort and a close end the waiting, and an hour of it is nothing', timed(async () => {
  const lfd = listening(7);
  const ac = new AbortController();
  const waiting = server.accept(lfd, { signal: ac.signal });
  const timer = client.poll([], 3_600_000);
  expect(await timer).toBe(0);
  expect(clock.now()).toBeGreaterThanOrEqual(sec(3600));
  ac.abort();
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  const again = server.accept(lfd);
  server.close(lfd);
  await expect(again).rejects.toMatchObject({ code: 'EBADF' });
  const fd = client.socket(AF_INET, SOCK_STREAM);
  await expect(client.connect(fd, at(SERVER, 7))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
}));

it('files under /proc are those of the namespace', () => {
  expect(client.readFile('/proc/net/dev')).toContain('eth0:');
  expect(client.readFile('/proc/net/snmp')).toContain('Tcp:');
  expect(client.readFile('/proc/sys/net/ipv4/ip_forward')).toBe('0\n');
  client.writeFile('/proc/sys/net/ipv4/ip_forward', '1');
  expect(client.readFile('/proc/sys/net/ipv4/ip_forward')).toBe('1\n');
  expect(server.readFile('/proc/sys/net/ipv4/ip_forward')).toBe('0\n');
  expect(() => client.writeFile('/proc/sys/net/ipv4/ip_forward', 'many')).toThrow('EINVAL');
  client.unshare(CLONE_NEWNET);
  expect(client.readFile('/proc/net/dev')).not.toContain('eth0:');
});
