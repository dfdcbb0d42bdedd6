import { EBADF, EFAULT, EINVAL, EMFILE, ENOTSOCK, ENOTTY, EPROTONOSUPPORT, SystemError } from '@linnet/kernel';
import { AF_INET, AF_INET6, F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_GETFL, F_SETFD, F_SETFL, FD_CLOEXEC, FIONBIO, FIONREAD, O_NONBLOCK, O_RDWR, SIOCOUTQ, SO_RCVBUF, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_RAW, SOCK_STREAM, SOL_SOCKET } from '@linnet/uapi';
import { describe, expect, it } from 'vitest';
import { at, machine, pair, text } from './helpers.ts';

describe('descriptors', () => {
  it('get the lowest free number, and closing frees it', () => {
    const { task } = machine();
    const fds = [0, 1, 2, 3].map(() => task.socket(AF_INET, SOCK_STREAM));
    expect(fds).toEqual([0, 1, 2, 3]);
    task.close(1);
    task.close(2);
    expect(task.socket(AF_INET, SOCK_STREAM)).toBe(1);
    expect(task.socket(AF_INET, SOCK_STREAM)).toBe(2);
    expect(task.socket(AF_INET, SOCK_STREAM)).toBe(4);
    expect(task.sys.close(9)).toBe(-EBADF);
    task.exit();
    expect(task.fds.list()).toEqual([]);
  });

  it('are limited: EMFILE, and no socket leaks', () => {
    const { task } = machine({ maxFds: 2 });
    task.socket(AF_INET, SOCK_STREAM);
    task.socket(AF_INET, SOCK_STREAM);
    expect(task.sys.socket(AF_INET, SOCK_STREAM)).toBe(-EMFILE);
    expect(task.sys.dup(0)).toBe(-EMFILE);
    expect(task.sys.epollCreate1()).toBe(-EMFILE);
    task.close(0);
    expect(task.sys.socket(AF_INET, SOCK_STREAM)).toBe(0);
  });

  it('share status flags after dup, but not FD_CLOEXEC', () => {
    const { task } = machine();
    const fd = task.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC);
    expect(task.fcntl(fd, F_GETFL)).toBe(O_RDWR | O_NONBLOCK);
    expect(task.fcntl(fd, F_GETFD)).toBe(FD_CLOEXEC);
    const other = task.dup(fd);
    expect(task.fcntl(other, F_GETFD)).toBe(0);
    task.fcntl(other, F_SETFL, 0);
    expect(task.fcntl(fd, F_GETFL)).toBe(O_RDWR);
    task.fcntl(fd, F_SETFD, 0);
    expect(task.fcntl(fd, F_GETFD)).toBe(0);
    expect(task.fcntl(fd, F_DUPFD, 10)).toBe(10);
    expect(task.fcntl(fd, F_DUPFD_CLOEXEC, 10)).toBe(11);
    expect(task.fcntl(11, F_GETFD)).toBe(FD_CLOEXEC);
    expect(task.sys.fcntl(fd, F_DUPFD, 1024)).toBe(-EINVAL);
    task.ioctl(fd, FIONBIO, new Uint8Array([1, 0, 0, 0]));
    expect(task.fcntl(other, F_GETFL) & O_NONBLOCK).toBe(O_NONBLOCK);
  });

  it('keep the socket open until the last is closed', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const [a, b] = await pair(task);
      const a2 = task.dup2(a, 20);
      task.close(a);
      expect(task.sys.send(a2, text('x'))).toBe(1);
      const buf = new Uint8Array(4);
      expect(task.sys.recv(b, buf)).toBe(1);
      task.close(a2);
      expect(task.sys.recv(b, buf)).toBe(0);
    });
  });

  it('dup2 closes what had the number', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const [a, b] = await pair(task);
      const other = task.socket(AF_INET, SOCK_STREAM);
      expect(task.dup2(other, a)).toBe(a);
      expect(task.sys.recv(b, new Uint8Array(1))).toBe(0);
      expect(task.dup2(a, a)).toBe(a);
      expect(task.sys.dup3(a, a, 0)).toBe(-EINVAL);
      expect(task.sys.dup2(a, -1)).toBe(-EBADF);
      expect(task.sys.dup2(99, 3)).toBe(-EBADF);
    });
  });

  it('of epolls are no sockets', () => {
    const { task } = machine();
    const ep = task.epollCreate1();
    expect(task.sys.send(ep, text('x'))).toBe(-ENOTSOCK);
    expect(task.sys.ioctl(ep, FIONREAD, new Uint8Array(4))).toBe(-ENOTTY);
    expect(task.sys.epollWait(task.socket(AF_INET, SOCK_STREAM), [], 1)).toBe(-EINVAL);
  });
});

describe('wrong arguments', () => {
  const caught = (fn: () => unknown): SystemError => {
    try {
      fn();
    } catch (error) {
      if (error instanceof SystemError) return error;
      throw error;
    }
    throw new Error('nothing was thrown');
  };

  it('give errnos in the plain form', () => {
    const { task } = machine();
    const { sys } = task;
    expect(sys.socket(AF_INET, SOCK_RAW)).toBe(-EPROTONOSUPPORT);
    expect(sys.socket(AF_INET, SOCK_STREAM | 0x100)).toBe(-EINVAL);
    const fd = sys.socket(AF_INET, SOCK_STREAM);
    expect(sys.bind(fd, null as never)).toBe(-EFAULT);
    expect(sys.bind(fd, { family: AF_INET, port: 70000, addr: 0 } as never)).toBe(-EINVAL);
    expect(sys.send(fd, 'text' as never)).toBe(-EFAULT);
    expect(sys.shutdown(fd, 7)).toBe(-EINVAL);
    expect(sys.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, 'big' as never)).toBe(-EFAULT);
    expect(sys.ioctl(fd, 0x8910, new Uint8Array(4))).toBe(-ENOTTY);
    expect(sys.bind(99, at(1))).toBe(-EBADF);
  });

  it('give errors that name the call and the argument', () => {
    const { task } = machine();
    const fd = task.socket(AF_INET, SOCK_STREAM);
    expect(caught(() => task.bind(77, at(1)))).toMatchObject({ code: 'EBADF', errno: -EBADF, syscall: 'bind', message: 'bind EBADF fd 77: Bad file descriptor' });
    expect(caught(() => task.bind(fd, { family: AF_INET, port: 70000, addr: 0 } as never)).message).toContain('addr.port: 70000');
    expect(caught(() => task.socket(AF_INET6, SOCK_STREAM)).message).toBe('socket EAFNOSUPPORT family 10 type 1 protocol 0: Address family not supported by protocol');
    expect(caught(() => task.setsockopt(fd, SOL_SOCKET, 9999, 1)).message).toContain('level 1 option 9999');
  });

  it('reject promises likewise', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      await expect(task.accept(5)).rejects.toMatchObject({ code: 'EBADF', syscall: 'accept' });
      await expect(task.connect(0, null as never)).rejects.toMatchObject({ code: 'EBADF' });
      const fd = task.socket(AF_INET, SOCK_STREAM);
      await expect(task.connect(fd, { family: AF_INET, port: -1, addr: 0 } as never)).rejects.toThrow('addr.port: -1');
      await expect(task.send(fd, 5 as never)).rejects.toMatchObject({ code: 'EFAULT' });
      await expect(task.recv(task.epollCreate1(), new Uint8Array(1))).rejects.toMatchObject({ code: 'ENOTSOCK' });
    });
  });
});

describe('ioctl and options', () => {
  it('FIONREAD and SIOCOUTQ count bytes', async () => {
    const { task, clock } = machine();
    await clock.run(async () => {
      const [a, b] = await pair(task);
      task.sys.send(a, text('hello'));
      expect(task.ioctl(b, FIONREAD)).toBe(5);
      expect(task.ioctl(a, SIOCOUTQ)).toBe(5);
    });
  });

  it('options at SOL_SOCKET go to the socket layer', () => {
    const { task } = machine();
    const fd = task.socket(AF_INET, SOCK_STREAM);
    task.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, 10000);
    expect(task.getsockoptInt(fd, SOL_SOCKET, SO_RCVBUF)).toBe(20000);
  });
});
