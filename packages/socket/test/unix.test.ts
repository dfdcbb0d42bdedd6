// What AF_UNIX does beyond the system calls' results (those stand beside the real kernel's in conformance/socket): waking, garbage, accounts, namespaces.
import { createKernel, EADDRINUSE, EAGAIN, ECONNREFUSED, ENOENT, EPERM, type Kernel, VirtualClock } from '@linnet/kernel';
import { SKB, skbStats } from '@linnet/skbuff';
import {
  AF_UNIX, MSG_PEEK, POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, SCM_CREDENTIALS, SCM_INQ, SCM_TIMESTAMP, SIOCINQ, SIOCOUTQ, SO_ATTACH_FILTER, SO_BUSY_POLL, SO_COOKIE, SO_INQ, SO_MEMINFO, SO_NETNS_COOKIE, SO_PASSCRED, SO_PEERCRED,
  SO_SNDBUF, SO_TIMESTAMP, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM,
} from '@linnet/uapi';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SOCKET, sockCheckCookie, sockGenCookie, sockIno, UNIX, UNIX_NET, unix, unixPathExists, unixUnlink } from '../src/index.ts';
import { Calls, string, text, un } from './calls.ts';

let k: Kernel;
let clock: VirtualClock;
beforeEach(() => {
  clock = new VirtualClock();
  k = createKernel({ modules: [unix], clock, seed: 1, debug: true });
});
afterEach(() => {
  k.shutdown();
  expect(skbStats(k).live).toBe(0);
  expect(k.get(SKB).headsLive).toBe(0);
});

const ints = (v: Uint8Array | number): number[] => {
  if (typeof v === 'number') return [v];
  const view = new DataView(v.buffer, v.byteOffset, v.byteLength);
  return Array.from({ length: v.length >> 2 }, (_, i) => view.getInt32(i * 4, true));
};

function server(name: string, type: number = SOCK_STREAM, backlog: number = 5): Calls {
  const l = Calls.open(k.initNet, AF_UNIX, type);
  expect(l.bind(un(name))).toBe(0);
  expect(l.listen(backlog)).toBe(0);
  return l;
}

/** Whenever a local socket closes, garbage is looked for. */
function collect(): void {
  for (const s of Calls.pair(k.initNet, SOCK_STREAM)) s.close();
}

describe('waking', () => {
  it('a reader hears of bytes, of the end, and of a connection', () => {
    const [a, b] = Calls.pair(k.initNet, SOCK_STREAM);
    const masks = b.wakes();
    a.send('x');
    expect(masks.splice(0).some((m) => (m & POLLIN) !== 0)).toBe(true);
    a.shutdown(1);
    expect(masks.splice(0).length).toBe(1);
    expect(b.poll() & POLLRDHUP).toBe(POLLRDHUP);
    a.close();
    expect(b.poll() & POLLHUP).toBe(POLLHUP);
    const l = server('@l');
    const waiting = l.wakes();
    const c = Calls.open(k.initNet, AF_UNIX, SOCK_STREAM);
    c.connect(un('@l'));
    expect(waiting.length).toBe(1);
    for (const s of [b, l, c]) s.close();
  });

  it('a writer hears of room when a quarter of the buffer is used at most', () => {
    const [a, b] = Calls.pair(k.initNet, SOCK_STREAM);
    a.set(SO_SNDBUF, 8192);
    let n = 0;
    while (a.send(new Uint8Array(500)) > 0) n++;
    expect(a.poll() & POLLOUT).toBe(0);
    const masks = a.wakes();
    for (let i = 0; i < n; i++) {
      b.read(500);
      if (a.ioctl(SIOCOUTQ) * 4 > a.int(SO_SNDBUF)) expect([i, masks.length]).toEqual([i, 0]);
    }
    expect(masks.length).toBeGreaterThan(0);
    expect(a.poll() & POLLOUT).toBe(POLLOUT);
    a.close();
    b.close();
  });

  it('who found a queue of messages full hears when one was read, or when the receiver closes', () => {
    const r = Calls.open(k.initNet, AF_UNIX, SOCK_DGRAM);
    r.bind(un('@r'));
    const [s, t] = [Calls.open(k.initNet, AF_UNIX, SOCK_DGRAM), Calls.open(k.initNet, AF_UNIX, SOCK_DGRAM)];
    let n = 0;
    while (s.send('x', 0, un('@r')) > 0) n++;
    expect(n).toBe(11);
    t.connect(un('@r'));
    expect(t.poll() & POLLOUT).toBe(0);
    const [ms, mt] = [s.wakes(), t.wakes()];
    r.read();
    expect([ms.length, mt.length]).toEqual([1, 1]);
    expect(s.send('y', 0, un('@r'))).toBe(1);
    expect(t.send('z')).toBe(-EAGAIN);
    r.close();
    expect(mt.length).toBe(2);
    expect(t.send('z')).toBe(-ECONNREFUSED);
    s.close();
    t.close();
  });

  it('who found a listener full hears when a connection was taken', () => {
    const l = server('@l', SOCK_STREAM, 0);
    const [c, d] = [Calls.open(k.initNet, AF_UNIX, SOCK_STREAM), Calls.open(k.initNet, AF_UNIX, SOCK_STREAM)];
    expect(c.connect(un('@l'))).toBe(0);
    expect(d.connect(un('@l'))).toBe(-EAGAIN);
    const masks = d.wakes();
    const s = l.accept() as Calls;
    expect(masks.length).toBe(1);
    expect(d.connect(un('@l'))).toBe(0);
    // Those who wait to be accepted when the listener goes are told.
    const gone = d.wakes();
    l.close();
    expect(gone.length).toBe(1);
    expect(d.poll() & (POLLERR | POLLHUP)).toBe(POLLERR | POLLHUP);
    for (const x of [c, d, s]) x.close();
  });
});

describe('names', () => {
  it('in the file system belong to the machine and outlive their socket; abstract ones to the namespace', () => {
    const other = k.createNet();
    const a = Calls.open(k.initNet, AF_UNIX, SOCK_STREAM);
    const b = Calls.open(other, AF_UNIX, SOCK_STREAM);
    expect([a.bind(un('/run/x')), b.bind(un('/run/x'))]).toEqual([0, -EADDRINUSE]);
    const c = Calls.open(k.initNet, AF_UNIX, SOCK_STREAM);
    expect([c.bind(un('@x')), b.bind(un('@x'))]).toEqual([0, 0]);
    a.listen(1);
    const d = Calls.open(other, AF_UNIX, SOCK_STREAM);
    expect(d.connect(un('/run/x'))).toBe(0);
    a.close();
    const e = Calls.open(other, AF_UNIX, SOCK_STREAM);
    expect(e.connect(un('/run/x'))).toBe(-ECONNREFUSED);
    expect(unixPathExists(k, text('/run/x'))).toBe(true);
    expect([unixUnlink(k, text('/run/x')), unixUnlink(k, text('/run/x'))]).toEqual([0, -ENOENT]);
    expect(e.connect(un('/run/x'))).toBe(-ENOENT);
    for (const s of [b, c, d, e]) s.close();
    other.destroy();
  });

  it('are shown in /proc/net/unix, with waiting connections', () => {
    const l = server('@srv');
    const c = Calls.open(k.initNet, AF_UNIX, SOCK_STREAM);
    c.connect(un('@srv'));
    const rows = k.initNet.proc.read('net/unix')!.trimEnd().split('\n');
    expect(rows[0]).toBe('Num       RefCount Protocol Flags    Type St Inode Path');
    expect(rows.slice(1).map((r) => r.slice(18))).toEqual([
      `00000002 00000000 00010000 0001 01 ${String(l.socket.ino).padStart(5)} @srv`,
      `00000003 00000000 00000000 0001 03 ${String(c.socket.ino).padStart(5)}`,
      '00000003 00000000 00000000 0001 02     0 @srv',
    ]);
    l.close();
    c.close();
    expect(k.initNet.get(UNIX_NET).socks.size).toBe(0);
  });
});

describe('descriptors in messages', () => {
  it('are held on the way and by who reads or looks at them', () => {
    const [a, b] = Calls.pair(k.initNet, SOCK_STREAM);
    const [p, q] = Calls.pair(k.initNet, SOCK_DGRAM);
    a.send('x', 0, null, [p, q, p]);
    expect([p.refs, q.refs]).toEqual([3, 2]);
    const seen = b.recv(1, MSG_PEEK) as { files: readonly Calls[] };
    expect([p.refs, q.refs]).toEqual([5, 3]);
    for (const f of seen.files) f.close();
    const got = b.recv(1) as { files: readonly Calls[] };
    expect(got.files).toEqual([p, q, p]);
    expect([p.refs, q.refs]).toEqual([3, 2]);
    for (const f of got.files) f.close();
    for (const s of [a, b, p, q]) s.close();
    expect([p.closed, q.closed]).toEqual([true, true]);
  });

  it('that nobody reads are let go of, however long the chain', () => {
    const ends: Calls[] = [];
    let inner: Calls | null = null;
    for (let i = 0; i < 5000; i++) {
      const [a, b] = Calls.pair(k.initNet, SOCK_DGRAM);
      if (inner !== null) {
        a.send('', 0, null, [inner]);
        inner.close();
      }
      a.close();
      ends.push(b);
      inner = b;
    }
    expect(ends.filter((e) => e.closed).length).toBe(0);
    inner!.close();
    expect(ends.every((e) => e.closed)).toBe(true);
    expect(k.get(UNIX).inflight.size).toBe(0);
  });

  it('in circles are found when a socket closes', () => {
    // each holds the other, and one itself; one more hangs on the circle
    const [a, a2] = Calls.pair(k.initNet, SOCK_STREAM);
    const [b, b2] = Calls.pair(k.initNet, SOCK_STREAM);
    const [c, c2] = Calls.pair(k.initNet, SOCK_STREAM);
    a2.send('x', 0, null, [b]);
    a2.send('x', 0, null, [a]);
    b2.send('x', 0, null, [a]);
    b2.send('x', 0, null, [c]);
    b.close();
    expect(b.closed).toBe(false);
    c.close();
    expect([a.closed, b.closed, c.closed]).toEqual([false, false, false]);
    a.close();
    collect();
    expect([a.closed, b.closed, c.closed]).toEqual([true, true, true]);
    expect(k.get(UNIX).inflight.size).toBe(0);
    expect(a2.poll() & POLLHUP).toBe(POLLHUP);
    for (const s of [a2, b2, c2]) s.close();
  });

  it('that can still be reached stay, also through a listener', () => {
    const l = server('@l');
    const c = Calls.open(k.initNet, AF_UNIX, SOCK_STREAM);
    c.connect(un('@l'));
    const [p, p2] = Calls.pair(k.initNet, SOCK_STREAM);
    p2.send('deep', 0, null, [p]);
    c.send('x', 0, null, [p]);
    p.close();
    collect();
    expect(p.closed).toBe(false);
    const s = l.accept() as Calls;
    const [mine] = (s.recv() as { files: readonly Calls[] }).files;
    expect(mine).toBe(p);
    expect(p.read()).toBe('deep');
    for (const x of [p, p, s, c, l, p2]) x.close();
  });

  it('a circle in connections that were never accepted goes with the listener', () => {
    const l = server('@l');
    const c = Calls.open(k.initNet, AF_UNIX, SOCK_STREAM);
    c.connect(un('@l'));
    c.send('x', 0, null, [l]);
    c.close();
    l.close();
    collect();
    expect(l.closed).toBe(true);
  });
});

describe('credentials', () => {
  it('tell the process that asks, and are there for SO_PEERCRED', () => {
    let pid = 7;
    k.get(SOCKET).tasks = { currentPid: () => pid, hasPid: () => true };
    const l = server('@l');
    const c = Calls.open(k.initNet, AF_UNIX, SOCK_STREAM);
    pid = 8;
    c.connect(un('@l'));
    const s = l.accept() as Calls;
    expect([ints(c.get(SO_PEERCRED)), ints(s.get(SO_PEERCRED))]).toEqual([[7, 0, 0], [8, 0, 0]]);
    s.set(SO_PASSCRED, 1);
    c.send('a');
    pid = 9;
    c.send('b');
    const got = s.recv() as { data: Uint8Array; control: { type: number; data: Uint8Array }[] };
    // Bytes of two writers never come together.
    expect([string(got.data), got.control[0]!.type, ints(got.control[0]!.data)]).toEqual(['a', SCM_CREDENTIALS, [8, 0, 0]]);
    expect(s.read()).toBe('b');
    for (const x of [l, c, s]) x.close();
  });
});

describe('what is told of a socket', () => {
  it('numbers: inode, cookie, namespace', () => {
    const a = Calls.open(k.initNet, AF_UNIX, SOCK_STREAM);
    const b = Calls.open(k.initNet, AF_UNIX, SOCK_STREAM);
    const [ska, skb] = [a.socket.sk!, b.socket.sk!];
    expect(sockIno(ska)).toBe(a.socket.ino);
    expect(b.socket.ino).not.toBe(a.socket.ino);
    const cookie = sockGenCookie(ska);
    expect(ints(a.get(SO_COOKIE))).toEqual([cookie, 0]);
    expect(sockGenCookie(skb)).not.toBe(cookie);
    expect([sockCheckCookie(ska, cookie, 0), sockCheckCookie(ska, -1, -1)]).toEqual([0, 0]);
    expect(sockCheckCookie(ska, cookie + 1, 0)).toBeLessThan(0);
    const other = k.createNet();
    const c = Calls.open(other, AF_UNIX, SOCK_STREAM);
    expect([ints(a.get(SO_NETNS_COOKIE, 8)), ints(c.get(SO_NETNS_COOKIE, 8))]).toEqual([[1, 0], [2, 0]]);
    for (const s of [a, b, c]) s.close();
    other.destroy();
    expect(sockIno(ska)).toBe(0);
  });

  it('bytes that are left, the time of a message, option memory', () => {
    const [a, b] = Calls.pair(k.initNet, SOCK_STREAM);
    b.set(SO_INQ, 1);
    a.send('hello');
    const got = b.recv(2) as { control: { type: number; data: Uint8Array }[] };
    expect(got.control.map((c) => [c.type, ints(c.data)])).toEqual([[SCM_INQ, [3]]]);
    expect(b.ioctl(SIOCINQ)).toBe(3);
    const [p, q] = Calls.pair(k.initNet, SOCK_SEQPACKET);
    q.set(SO_TIMESTAMP, 1);
    clock.advance(5e9);
    p.send('x');
    clock.advance(5e9);
    const stamped = q.recv() as { control: { type: number; data: Uint8Array }[] };
    expect(stamped.control[0]!.type).toBe(SCM_TIMESTAMP);
    expect(ints(stamped.control[0]!.data)[0]).toBe(Math.floor((clock.wallNow() - 5e9) / 1e9));
    q.set(SO_ATTACH_FILTER, Uint8Array.from([6, 0, 0, 0, 1, 0, 0, 0]));
    expect(ints(q.get(SO_MEMINFO))[6]).toBe(136);
    for (const s of [a, b, p, q]) s.close();
  });

  it('busy polling: a new socket has the machine’s value (socket(7))', () => {
    expect(k.sysctl.write('net/core/busy_read', '33')).toBe(0);
    const a = Calls.open(k.initNet, AF_UNIX, SOCK_STREAM);
    expect(k.sysctl.write('net/core/busy_read', '0')).toBe(0);
    const b = Calls.open(k.initNet, AF_UNIX, SOCK_STREAM);
    expect([a.int(SO_BUSY_POLL), b.int(SO_BUSY_POLL)]).toEqual([33, 0]);
    for (const s of [a, b]) s.close();
  });

  it('a receiver may refuse descriptors', () => {
    const [a, b] = Calls.pair(k.initNet, SOCK_STREAM);
    b.set(83, 0); // SO_PASSRIGHTS
    expect(a.send('x', 0, null, [b])).toBe(-EPERM);
    expect(b.refs).toBe(1);
    a.close();
    b.close();
  });
});
