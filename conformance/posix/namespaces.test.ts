// Who holds a namespace: names, tasks, descriptors, and sockets of every family, down to the last orphan of TCP. Nothing is left when all are gone.
import { VirtualClock, createKernel, sec, type Kernel, type Net } from '@linnet/kernel';
import { ipv4 } from '@linnet/ipv4';
import { veth } from '@linnet/netdevs';
import { ipRoute } from '@linnet/net';
import { createNetns, netns, netnsDel, netnsGet } from '@linnet/netns';
import { Task } from '@linnet/posix';
import { skbStats } from '@linnet/skbuff';
import { SOCKET } from '@linnet/socket';
import { tcp } from '@linnet/tcp';
import { udp } from '@linnet/udp';
import {
  AF_INET, AF_NETLINK, AF_PACKET, AF_UNIX, CAP_NET_ADMIN, CAP_NET_RAW, CLONE_NEWNET, CLONE_NEWUTS, IPPROTO_ICMP, NETLINK_ROUTE, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM, sockaddrIn,
} from '@linnet/uapi';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let k: Kernel;
let clock: VirtualClock;
beforeEach(() => {
  clock = new VirtualClock();
  k = createKernel({ modules: [ipv4, tcp, udp, veth, netns], clock, seed: 1 });
  ipRoute(k).link.up('lo');
});
afterEach(() => {
  k.shutdown();
  expect(skbStats(k).live).toBe(0);
});

/** A task in the namespace of that name, which it then takes away: only what the task holds is left. */
function inside(name: string): { task: Task; net: Net } {
  const net = createNetns(k, name);
  ipRoute(net).link.up('lo');
  const task = new Task(k);
  task.setns(task.open(`/run/netns/${name}`), CLONE_NEWNET);
  for (const fd of task.fds.list()) task.close(fd);
  netnsDel(k, name);
  return { task, net };
}

describe('what holds a namespace', () => {
  it('a task in it', () => {
    const { task, net } = inside('red');
    expect([net.dead, net.refs, netnsGet(k, 'red')]).toEqual([false, 1, null]);
    const other = new Task(k);
    other.setns(other.open(`/proc/${task.pid}/ns/net`));
    task.exit();
    expect(net.dead).toBe(false);
    other.exit();
    expect([net.dead, k.nets.size]).toEqual([true, 1]);
  });

  it('a descriptor of it, and its copies', () => {
    const { task, net } = inside('red');
    const fd = task.open('/proc/self/ns/net');
    const copy = task.dup(fd);
    const home = new Task(k);
    task.setns(task.openNetns(k.initNet));
    expect(net.dead).toBe(false);
    task.close(fd);
    expect(net.dead).toBe(false);
    task.close(copy);
    expect(net.dead).toBe(true);
    home.exit();
  });

  it('each kind of socket, until its last descriptor', () => {
    const kinds: readonly (readonly [number, number, number])[] = [
      [AF_INET, SOCK_STREAM, 0], [AF_INET, SOCK_DGRAM, 0], [AF_INET, SOCK_RAW, 89], [AF_NETLINK, SOCK_RAW, NETLINK_ROUTE], [AF_UNIX, SOCK_STREAM, 0], [AF_UNIX, SOCK_DGRAM, 0], [AF_PACKET, SOCK_RAW, 0],
    ];
    for (const [family, type, protocol] of kinds.filter(([f]) => k.get(SOCKET).families.has(f))) {
      const { task, net } = inside('red');
      const fd = task.socket(family, type, protocol);
      const copy = task.dup(fd);
      task.setns(task.openNetns(k.initNet));
      task.close(fd);
      expect([family, type, net.dead, net.refs]).toEqual([family, type, false, 1]);
      task.close(copy);
      expect([family, type, net.dead]).toEqual([family, type, true]);
      task.exit();
    }
    expect(k.nets.size).toBe(1);
  });

  it('works on: what is said to a socket whose namespace has neither name nor task', async () => {
    await clock.run(async () => {
      const { task, net } = inside('red');
      const server = task.socket(AF_INET, SOCK_STREAM);
      task.bind(server, sockaddrIn(0x7f000001, 80));
      task.listen(server);
      const client = task.socket(AF_INET, SOCK_STREAM);
      const udpFd = task.socket(AF_INET, SOCK_DGRAM);
      task.bind(udpFd, sockaddrIn(0x7f000001, 53));
      task.setns(task.openNetns(k.initNet));
      await task.connect(client, sockaddrIn(0x7f000001, 80));
      const conn = await task.accept(server);
      await task.send(client, new Uint8Array([1, 2, 3]));
      expect(await task.recv(conn, new Uint8Array(9))).toBe(3);
      await task.sendto(udpFd, new Uint8Array(5), 0, sockaddrIn(0x7f000001, 53));
      expect(await task.recv(udpFd, new Uint8Array(9))).toBe(5);
      expect(net.refs).toBe(4);
      for (const fd of [server, udpFd, conn]) task.close(fd);
      // The one that was closed waits for the other side's FIN: it is still somebody.
      expect([net.dead, net.refs]).toEqual([false, 2]);
      expect(await task.recv(client, new Uint8Array(1))).toBe(0);
      task.close(client);
      expect(net.dead).toBe(true);
      task.exit();
    });
  });

  it('a connection that nobody has any more, until it is over', async () => {
    await clock.run(async () => {
      const { task, net } = inside('red');
      const ip = ipRoute(net);
      ip.link.add({ kind: 'veth', name: 'out', peer: { name: 'in', netns: k.initNet, up: true } });
      ip.link.up('out');
      ip.addr.add({ dev: 'out', address: '10.0.0.1/24' });
      ipRoute(k).addr.add({ dev: 'in', address: '10.0.0.2/24' });
      const peer = new Task(k);
      const listener = peer.socket(AF_INET, SOCK_STREAM);
      peer.bind(listener, sockaddrIn(0x0a000002, 80));
      peer.listen(listener);
      const fd = task.socket(AF_INET, SOCK_STREAM);
      await task.connect(fd, sockaddrIn(0x0a000002, 80));
      const conn = await peer.accept(listener);
      // The other side cannot hear the end for a while.
      ipRoute(k).link.down('in');
      await task.send(fd, new Uint8Array(1000));
      task.exit();
      expect([net.dead, net.refs]).toEqual([false, 1]);
      clock.advance(sec(2));
      ipRoute(k).link.up('in');
      clock.advance(sec(30));
      // All the data and the FIN have arrived; the answer ends the orphan.
      expect(await peer.recv(conn, new Uint8Array(2000))).toBe(1000);
      peer.close(conn);
      clock.advance(sec(120));
      expect([net.dead, k.nets.size]).toEqual([true, 1]);
      peer.exit();
    });
  });

  it('a connection that was never accepted holds nothing by itself', async () => {
    await clock.run(async () => {
      const { task, net } = inside('red');
      const server = task.socket(AF_INET, SOCK_STREAM);
      task.bind(server, sockaddrIn(0x7f000001, 80));
      task.listen(server);
      const client = task.socket(AF_INET, SOCK_STREAM);
      await task.connect(client, sockaddrIn(0x7f000001, 80));
      expect(net.refs).toBe(3);
      task.exit();
      expect(net.dead).toBe(true);
    });
  });
});

describe('who may do what', () => {
  it('raw sockets, low ports, namespaces, names, messages and files', () => {
    const task = new Task(k);
    const { sys } = task;
    const nl = task.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    task.setuid(1000);
    expect([task.cred.uid, task.cred.gid, task.cred.capabilities()]).toEqual([1000, 1000, []]);
    expect(() => task.setuid(0)).toThrow('EPERM');
    expect(() => task.capset([CAP_NET_ADMIN])).toThrow('EPERM');
    expect(sys.socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)).toBe(-1);
    const fd = task.socket(AF_INET, SOCK_STREAM);
    expect(sys.bind(fd, sockaddrIn(0x7f000001, 80))).toBe(-13);
    expect(sys.bind(fd, sockaddrIn(0x7f000001, 8080))).toBe(0);
    for (const call of [() => task.unshare(CLONE_NEWNET), () => task.setns(task.open('/proc/self/ns/net')), () => task.sethostname('x'), () => task.unshare(CLONE_NEWUTS)]) expect(call).toThrow('EPERM');
    expect(sys.writeFile('/proc/sys/net/ipv4/ip_forward', '1')).toBe(-13);
    expect(task.readFile('/proc/self/status')).toContain('Uid:\t1000\t1000\t1000\t1000\n');
    task.close(nl);
    task.exit();
  });

  it('single capabilities, without being root', () => {
    const task = new Task(k, { comm: 'capable' });
    task.setuid(0, 0);
    task.capset([CAP_NET_RAW]);
    expect(task.sys.socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)).toBeGreaterThanOrEqual(0);
    expect(task.sys.bind(task.socket(AF_INET, SOCK_DGRAM), sockaddrIn(0, 53))).toBe(-13);
    // User 0 owns the settings, capabilities or not.
    expect(task.sys.writeFile('/proc/sys/net/ipv4/ip_forward', '1')).toBe(0);
    expect(task.sys.writeFile('/sys/class/net/lo/mtu', '1500')).toBe(-1);
    expect(task.readFile('/proc/self/comm')).toBe('capable\n');
    task.exit();
  });

  it('echo sockets are for groups', () => {
    const task = new Task(k);
    task.writeFile('/proc/sys/net/ipv4/ping_group_range', '100 200');
    expect(task.sys.socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP)).toBe(-13);
    task.setuid(1000, 1000, [150]);
    expect(task.sys.socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP)).toBeGreaterThanOrEqual(0);
    task.exit();
  });

  it('what is asked when no task calls is the machine itself', () => {
    const task = new Task(k);
    task.setuid(1000);
    expect(task.sys.socket(AF_INET, SOCK_RAW, 1)).toBe(-1);
    expect(k.cred.uid).toBe(0);
    ipRoute(k).link.up('lo');
    task.exit();
  });
});

describe('names of a task', () => {
  it('unshared host names are seen in /proc/sys/kernel and uname', () => {
    const a = new Task(k);
    const b = new Task(k);
    a.unshare(CLONE_NEWUTS);
    a.sethostname('finch');
    a.setdomainname('test');
    a.writeFile('/proc/sys/kernel/hostname', 'robin\n');
    expect([a.gethostname(), a.readFile('/proc/sys/kernel/hostname'), b.readFile('/proc/sys/kernel/hostname'), a.uname().domainname]).toEqual(['robin', 'robin\n', 'linnet\n', 'test']);
    expect(a.readlink('/proc/self/ns/uts')).not.toBe(b.readlink('/proc/self/ns/uts'));
    expect(a.readlink('/proc/self/ns/net')).toBe(b.readlink('/proc/self/ns/net'));
    b.setns(b.open(`/proc/${a.pid}/ns/uts`));
    expect(b.gethostname()).toBe('robin');
    a.exit();
    b.exit();
  });

  it('/proc/PID shows descriptors as ss(8) looks for them', () => {
    const task = new Task(k, { comm: 'nc' });
    const fd = task.socket(AF_INET, SOCK_STREAM);
    const ino = Number(/\[(\d+)\]/.exec(task.readlink(`/proc/self/fd/${fd}`))![1]);
    task.bind(fd, sockaddrIn(0x7f000001, 80));
    task.listen(fd);
    expect(task.readFile('/proc/net/tcp').split('\n')[1]).toContain(` ${ino} `);
    expect(task.readFile(`/proc/${task.pid}/stat`)).toMatch(new RegExp(`^${task.pid} \\(nc\\) S `));
    expect(task.readdir('/proc').map((e) => e.name)).toEqual(expect.arrayContaining(['net', 'self', 'sys', String(task.pid)]));
    createNetns(k, 'blue');
    expect(task.readdir('/var/run/netns')).toEqual([{ name: 'blue', type: 8, ino: netnsGet(k, 'blue')!.inum }]);
    expect(task.stat('/run/netns/blue').ino).toBe(netnsGet(k, 'blue')!.inum);
    task.exit();
  });
});
