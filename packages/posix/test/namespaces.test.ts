import { createKernel, ENOSYS, type Kernel, type SystemError, VirtualClock } from '@linnet/kernel';
import { NETDEV_NET, netLoopbackDev } from '@linnet/netdev';
import { createNetns, netns, netnsDel, netnsGet } from '@linnet/netns';
import {
  AF_NETLINK, CLONE_NEWNET, CLONE_NEWPID, CLONE_NEWUTS, EPOLL_CTL_ADD, IFINFOMSG_LEN, ifinfomsgRead, ifinfomsgWrite, IFLA_IFNAME, IFLA_NET_NS_FD, IFLA_NET_NS_PID, NETLINK_ROUTE, NLM_F_ACK, NLM_F_REQUEST,
  NlWriter, POLLIN, RTM_GETLINK, RTM_SETLINK, SOCK_RAW, type SockAddrNl,
} from '@linnet/uapi';
import { describe, expect, it } from 'vitest';
import { Task } from '../src/index.ts';
import { machine } from './helpers.ts';

function namespaced(): Kernel {
  return createKernel({ modules: [netns], clock: new VirtualClock(), seed: 1, hostname: 'linnet' });
}

describe('namespaces of a task', () => {
  it('unshare gives it a network of its own, which ends with it', () => {
    const k = namespaced();
    const task = new Task(k);
    const before = task.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    task.unshare(CLONE_NEWNET);
    expect(task.net).not.toBe(k.initNet);
    expect(task.net.get(NETDEV_NET)).not.toBe(k.initNet.get(NETDEV_NET));
    const { net } = task;
    expect(task.getsockname(before).family).toBe(AF_NETLINK);
    task.exit();
    expect(net.dead).toBe(true);
    expect(k.initNet.dead).toBe(false);
    expect(task.net).toBe(k.initNet);
  });

  it('setns enters a named one and holds it', () => {
    const k = namespaced();
    const red = createNetns(k, 'red');
    const task = new Task(k);
    const home = task.openNetns();
    const fd = task.openNetns('red');
    task.setns(fd, CLONE_NEWNET);
    task.close(fd);
    expect(task.net).toBe(red);
    expect(netnsDel(k, 'red')).toBe(0);
    expect(red.dead).toBe(false);
    task.setns(home);
    expect(task.net).toBe(k.initNet);
    expect(red.dead).toBe(true);
    expect(netnsGet(k, 'red')).toBeNull();
  });

  it('does not end a namespace that others made', () => {
    const k = namespaced();
    const raw = k.createNet();
    const task = new Task(raw);
    task.close(task.openNetns());
    task.unshare(CLONE_NEWUTS);
    task.exit();
    expect(raw.dead).toBe(false);
    raw.destroy();
  });

  it('its end is the end of the sockets in it, for all tasks', async () => {
    const k = namespaced();
    const red = createNetns(k, 'red');
    const task = new Task(k);
    const stays = task.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    const ns = task.openNetns('red');
    task.setns(ns);
    const fd = task.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    const ep = task.epollCreate1();
    task.epollCtl(ep, EPOLL_CTL_ADD, fd, { events: POLLIN, data: 'red' });
    const waits = [task.recv(fd, new Uint8Array(1)), task.epollWait(ep, [], 1), task.poll([{ fd, events: POLLIN, revents: 0 }])];
    const results = Promise.allSettled(waits);
    red.destroy();
    expect((await results).map((r) => (r.status === 'rejected' ? (r.reason as SystemError).code : r.value))).toEqual(['ENETDOWN', 1, 1]);
    for (const call of [() => task.getsockname(fd), () => task.setsockopt(fd, 1, 8, 1), () => task.getsockopt(fd, 1, 3), () => task.socket(AF_NETLINK, SOCK_RAW)]) {
      expect(call).toThrow(expect.objectContaining({ code: 'ENETDOWN' }));
    }
    expect(task.getsockname(stays).family).toBe(AF_NETLINK);
    task.close(fd);
    task.exit();
  });

  it('refuses what is none', () => {
    const task = new Task(namespaced());
    expect(() => task.unshare(CLONE_NEWPID)).toThrow('unshare EINVAL flags 0x20000000');
    expect(() => task.setns(7)).toThrow('setns EBADF fd 7');
    expect(() => task.setns(task.socket(AF_NETLINK, SOCK_RAW))).toThrow('EINVAL');
    expect(() => task.setns(task.openNetns(), CLONE_NEWUTS)).toThrow('EINVAL');
    expect(() => task.openNetns('none')).toThrow('open ENOENT /run/netns/none');
    // A machine without the module has one network, and says so.
    expect(() => machine().task.unshare(CLONE_NEWNET)).toThrow(expect.objectContaining({ errno: -ENOSYS }));
  });

  it('gives it a name under /run/netns and takes it away, as the mounts of ip netns do', () => {
    const k = namespaced();
    const task = new Task(k);
    const child = task.fork();
    child.unshare(CLONE_NEWNET);
    const { net } = child;
    child.mountNetns('/proc/self/ns/net', '/run/netns/red');
    child.exit();
    expect([net.dead, netnsGet(k, 'red')]).toEqual([false, net]);
    task.mountNetns('/run/netns/red', '/var/run/netns/crimson');
    expect(task.readdir('/run/netns').map((e) => [e.name, e.ino])).toEqual([['crimson', net.inum], ['red', net.inum]]);
    const errors = [
      ['/proc/self/ns/net', '/run/netns/red', 'EEXIST'], ['/proc/self/ns/uts', '/run/netns/blue', 'EINVAL'], ['/proc/99/ns/net', '/run/netns/blue', 'ENOENT'],
      ['/proc/self/ns/net', '/run/blue', 'EINVAL'], ['/proc/self/ns/net', '/run/netns/', 'EINVAL'], ['/proc/self/ns/net', '/run/netns/..', 'EINVAL'],
      ['/proc/self/ns/net', '/mnt/blue', 'ENOENT'], ['/proc/self/ns/net', `/run/netns/${'x'.repeat(256)}`, 'ENAMETOOLONG'], ['/proc/net/dev', '/run/netns/blue', 'EINVAL'],
    ] as const;
    for (const [source, target, code] of errors) expect(() => task.mountNetns(source, target), target).toThrow(expect.objectContaining({ code }));
    task.umountNetns('/run/netns/red');
    expect(net.dead).toBe(false);
    expect(() => task.umountNetns('/run/netns/red')).toThrow('umount ENOENT /run/netns/red');
    task.umountNetns('/run/netns/crimson');
    expect([net.dead, task.readdir('/run/netns')]).toEqual([true, []]);
    task.setuid(1000);
    expect(() => task.mountNetns('/proc/self/ns/net', '/run/netns/mine')).toThrow('mount EPERM');
    expect(() => task.umountNetns('/run/netns/mine')).toThrow('umount EPERM');
    // Without namespaces there is nothing to name.
    expect(() => machine().task.mountNetns('/proc/self/ns/net', '/run/netns/red')).toThrow('EINVAL');
  });

  it('fork shares namespaces, user and files with a new task', () => {
    const k = namespaced();
    const task = new Task(k, { comm: 'father' });
    task.unshare(CLONE_NEWNET | CLONE_NEWUTS);
    task.sethostname('finch');
    const { net } = task;
    const fd = task.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    task.close(task.dup(fd)); // a hole in the numbers
    task.setuid(7, 8, [9]);
    const child = task.fork();
    expect([child.net, child.gethostname(), child.comm, child.cred.uid, child.cred.groups, child.pid === task.pid]).toEqual([net, 'finch', 'father', 7, [9], false]);
    expect(child.fds.list()).toEqual([fd]);
    task.exit();
    expect([net.dead, child.getsockname(fd).family]).toEqual([false, AF_NETLINK]);
    child.exit();
    expect(net.dead).toBe(true);
  });

  it('host names', () => {
    const k = namespaced();
    const a = new Task(k);
    const b = new Task(k);
    const shared = a.openUtsns();
    expect(a.gethostname()).toBe('linnet');
    a.unshare(CLONE_NEWUTS);
    a.sethostname('finch');
    expect([a.gethostname(), b.gethostname(), a.uname().nodename]).toEqual(['finch', 'linnet', 'finch']);
    a.setns(shared, CLONE_NEWUTS);
    expect(a.gethostname()).toBe('linnet');
    expect(() => a.sethostname('x'.repeat(65))).toThrow('EINVAL');
  });

  it('netlink knows them by descriptor and by process id', () => {
    const k = namespaced();
    const blue = createNetns(k, 'blue');
    const task = new Task(k);
    const other = new Task(blue);
    const fd = task.socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    const ask = (type: number, attrs: (w: NlWriter) => void): DataView => {
      const w = new NlWriter();
      w.begin(type, NLM_F_REQUEST | NLM_F_ACK, 1, 0);
      ifinfomsgWrite(w.view, w.reserve(IFINFOMSG_LEN), { family: 0, type: 0, index: 0, flags: 0, change: 0 });
      attrs(w);
      w.end();
      const buf = new Uint8Array(8192);
      task.sys.send(fd, w.bytes());
      expect(task.sys.recv(fd, buf)).toBeGreaterThan(0);
      return new DataView(buf.buffer);
    };
    // The loopback device stays where it is: but the namespace was found (EINVAL, not EBADF or ESRCH).
    const error = (v: DataView): number => v.getInt32(16, true);
    const ns = task.openNetns('blue');
    expect(error(ask(RTM_SETLINK, (w) => (w.putString(IFLA_IFNAME, 'lo'), w.putU32(IFLA_NET_NS_FD, ns))))).toBe(-22);
    expect(error(ask(RTM_SETLINK, (w) => (w.putString(IFLA_IFNAME, 'lo'), w.putU32(IFLA_NET_NS_FD, 99))))).toBe(-9);
    expect(error(ask(RTM_SETLINK, (w) => (w.putString(IFLA_IFNAME, 'lo'), w.putU32(IFLA_NET_NS_PID, other.pid))))).toBe(-22);
    expect(error(ask(RTM_SETLINK, (w) => (w.putString(IFLA_IFNAME, 'lo'), w.putU32(IFLA_NET_NS_PID, 999))))).toBe(-3);
    expect((task.getsockname(fd) as SockAddrNl).pid).toBe(task.pid);
    expect(ifinfomsgRead(ask(RTM_GETLINK, (w) => w.putString(IFLA_IFNAME, 'lo')), 16).index).toBe(1);
  });
});

describe('files under /sys/class/net', () => {
  it('show a device, and change it', () => {
    const k = namespaced();
    const task = new Task(k);
    const read = (file: string): string => task.readFile(`/sys/class/net/lo/${file}`);
    expect([read('address'), read('mtu'), read('ifindex'), read('type'), read('flags')]).toEqual(['00:00:00:00:00:00\n', '65536\n', '1\n', '772\n', '0x8\n']);
    expect([read('operstate'), read('statistics/rx_packets'), read('statistics/tx_carrier_errors'), read('ifalias')]).toEqual(['down\n', '0\n', '0\n', '']);
    expect(() => read('carrier')).toThrow('EINVAL');
    task.writeFile('/sys/class/net/lo/flags', '0x9');
    expect([read('carrier'), read('flags'), read('operstate')]).toEqual(['1\n', '0x9\n', 'unknown\n']);
    task.writeFile('/sys/class/net/lo/mtu', '1500\n');
    expect(netLoopbackDev(k.initNet).mtu).toBe(1500);
    task.writeFile('/sys/class/net/lo/ifalias', 'home');
    expect(read('ifalias')).toBe('home\n');
    expect(() => task.writeFile('/sys/class/net/lo/mtu', 'big')).toThrow('EINVAL');
    expect(() => task.writeFile('/sys/class/net/lo/address', '1')).toThrow('EACCES');
    expect(() => task.writeFile('/sys/class/net/lo/none', '1')).toThrow('ENOENT');
    expect(() => task.readFile('/sys/class/net/eth9/mtu')).toThrow('ENOENT');
    expect(task.listFiles('/sys/class/net/lo/statistics')).toHaveLength(24);
    expect(task.listFiles('/sys/class/net')).toContain('/sys/class/net/lo/tx_queue_len');
  });
});
