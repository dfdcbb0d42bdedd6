# /dev/net/tun: a program that is the far end of a TUN or TAP. Prints one line a check; the test compares them with those of the real kernel.
import fcntl, os, select, socket, struct, subprocess, threading

TUNSETIFF, TUNSETPERSIST, TUNSETOWNER, TUNSETGROUP, TUNGETFEATURES, TUNSETOFFLOAD, TUNGETIFF = 0x400454ca, 0x400454cb, 0x400454cc, 0x400454ce, 0x800454cf, 0x400454d0, 0x800454d2
TUNGETVNETHDRSZ, TUNSETVNETHDRSZ = 0x800454d7, 0x400454d8
TUN, TAP, NO_PI, VNET_HDR, EXCL = 1, 2, 0x1000, 0x4000, 0x8000


def say(what, *values):
    print(what, *values, flush=True)


def failure(fn):
    try:
        return fn()
    except OSError as e:
        return type(e).__name__, e.errno


def sh(command):
    p = subprocess.run(command, shell=True, capture_output=True, text=True)
    return (p.stdout + p.stderr).strip()


def tun(name, flags, fd=None):
    fd = os.open('/dev/net/tun', os.O_RDWR | os.O_CLOEXEC) if fd is None else fd
    try:
        got = fcntl.ioctl(fd, TUNSETIFF, struct.pack('16sH22x', name.encode(), flags))
    except OSError as e:
        os.close(fd)
        return type(e).__name__, e.errno
    return fd, got[:16].rstrip(b'\0').decode()


def checksum(data):
    data += bytes(len(data) % 2)
    n = sum(struct.unpack(f'!{len(data) // 2}H', data))
    n = (n >> 16) + (n & 0xffff)
    return ~(n + (n >> 16)) & 0xffff


def packet(src, dst, proto, body):
    head = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(body), 7, 0, 64, proto, 0, socket.inet_aton(src), socket.inet_aton(dst))
    return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + body


def echo(kind, data):
    body = struct.pack('!BBHHH', kind, 0, 0, 1, 1) + data
    return body[:2] + struct.pack('!H', checksum(body)) + body[4:]


def link(name):
    # Without what differs from run to run: numbers and random addresses.
    words = sh(f'ip -d -o link show {name}').split()
    return ' '.join(w for w in words if ':' not in w or w.startswith('Device'))


def plain():
    fd = os.open('/dev/net/tun', os.O_RDWR)
    say('not attached', failure(lambda: os.read(fd, 100)), failure(lambda: os.write(fd, b'x' * 40)), failure(lambda: fcntl.ioctl(fd, TUNGETIFF, bytes(40))), failure(lambda: fcntl.ioctl(fd, TUNSETPERSIST, 1)))
    say('features', hex(struct.unpack('I', fcntl.ioctl(fd, TUNGETFEATURES, bytes(4)))[0] & (TUN | TAP | NO_PI | VNET_HDR)))
    p = select.poll()
    p.register(fd, select.POLLIN | select.POLLOUT)
    say('poll before', [e & ~(select.POLLRDNORM | select.POLLWRNORM) for _, e in p.poll(0)])
    say('not a socket', failure(lambda: fcntl.ioctl(fd, 0x5411, bytes(4))), failure(lambda: socket.socket(fileno=os.dup(fd))))
    os.close(fd)
    say('no kind', tun('x0', NO_PI))
    say('wrong names', tun('lo', TUN | NO_PI), tun('a/b', TUN))
    for name, flags in (('a' * 15 + 'b', TUN | NO_PI), ('', TAP), ('x%d', TUN | TAP)):
        fd, got = tun(name, flags)
        say('name', got, sh(f'ip -d -o link show {got}').count('tun type tap'))
        os.close(fd)


def tunnel():
    fd, name = tun('tun%d', TUN | NO_PI)
    say('name', name, failure(lambda: tun(name, TUN | NO_PI)), failure(lambda: tun(name, TAP | NO_PI)), failure(lambda: tun(name, TUN | NO_PI | EXCL)))
    fd2 = os.dup(fd)
    say('once', tun('other', TUN | NO_PI, fd2))
    ifr = fcntl.ioctl(fd, TUNGETIFF, bytes(40))
    say('no such ioctl', failure(lambda: fcntl.ioctl(fd, 0x5411, bytes(4))), failure(lambda: fcntl.ioctl(fd, TUNSETOFFLOAD, 1)))
    say('TUNGETIFF', ifr[:16].rstrip(b'\0'), hex(struct.unpack('H', ifr[16:18])[0]))
    say('down', failure(lambda: os.write(fd, packet('10.1.0.2', '10.1.0.1', 1, echo(8, b'abc')))))
    say(link(name))
    say(sh(f'sysctl -qw net.ipv6.conf.{name}.disable_ipv6=1; ip addr add 10.1.0.1/24 dev {name} && ip link set {name} up'))
    say('echo request', os.write(fd, packet('10.1.0.2', '10.1.0.1', 1, echo(8, b'linnet'))))
    reply = os.read(fd, 2000)
    say('echo reply', len(reply), reply[12:20].hex(), reply[20], reply[28:])
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.bind(('10.1.0.1', 7000))
    p = select.poll()
    p.register(fd, select.POLLIN)
    say('poll', p.poll(0))
    u.sendto(b'to the far end', ('10.1.0.2', 9))
    say('poll', [e & ~select.POLLRDNORM for _, e in p.poll(1000)], select.select([fd], [fd], [], 0) == ([fd], [fd], []))
    say('cut', os.read(fd, 30)[20:].hex(), p.poll(0))
    for i in range(3):
        u.sendto(b'message %d' % i, ('10.1.0.2', 9))
    say('in order', [os.read(fd, 2000)[28:] for _ in range(3)])
    os.write(fd, packet('10.1.0.2', '10.1.0.1', 17, struct.pack('!HHHH', 9, 7000, 8 + 5, 0) + b'hello'))
    say('UDP', u.recvfrom(100))
    os.set_blocking(fd, False)
    say('O_NONBLOCK', failure(lambda: os.read(fd, 100)))
    os.set_blocking(fd, True)
    t = threading.Timer(0.1, lambda: u.sendto(b'late', ('10.1.0.2', 9)))
    t.start()
    say('waits', os.read(fd, 2000)[28:])
    t.join()
    ep = select.epoll()
    ep.register(fd, select.EPOLLIN)
    say('epoll', ep.poll(0))
    u.sendto(b'x', ('10.1.0.2', 9))
    say('epoll', [e for _, e in ep.poll(1)], len(os.read(fd, 2000)))
    say('nonsense', failure(lambda: os.write(fd, b'')), failure(lambda: os.write(fd, b'\x00' * 40)), failure(lambda: os.write(fd, b'\x50')))
    say('readv', os.writev(fd, [packet('10.1.0.2', '10.1.0.1', 1, echo(8, b'vv'))[:10], packet('10.1.0.2', '10.1.0.1', 1, echo(8, b'vv'))[10:]]), len(os.read(fd, 2000)))
    stats = sh(f'ip -s -o link show {name}').split('\\')
    say('statistics', stats[-4].split()[:4], stats[-2].split()[:4] if len(stats) > 4 else '', stats[-1].split()[:4])
    pid = os.fork()
    if pid == 0:
        os.write(fd, packet('10.1.0.2', '10.1.0.1', 1, echo(8, b'child')))
        os._exit(0)
    os.waitpid(pid, 0)
    say('child', os.read(fd, 2000)[28:])
    os.close(fd)
    say('gone', link(name))
    u.close()


def persistent():
    say(sh('ip tuntap add dev keep mode tun user 1000'), link('keep'))
    say('show', sh('ip tuntap show'))
    say('again', sh('ip tuntap add dev keep mode tun'))
    say(sh('sysctl -qw net.ipv6.conf.keep.disable_ipv6=1; ip link set keep up; ip addr add 10.2.0.1/24 dev keep'), link('keep'))
    fd, _ = tun('keep', TUN | NO_PI)
    say('attached', link('keep'))
    fcntl.ioctl(fd, TUNSETPERSIST, 0)
    say('not kept', link('keep'))
    fcntl.ioctl(fd, TUNSETPERSIST, 1)
    os.close(fd)
    say('kept', link('keep'))
    say('other kind', sh('ip tuntap del dev keep mode tap'))
    say('del', sh('ip tuntap del dev keep mode tun'), link('keep'))
    say(sh('ip tuntap add dev k2 mode tap pi; ip tuntap list; ip link del k2; ip tuntap'))


def headers():
    fd, name = tun('pi0', TUN)
    say(link(name), sh(f'sysctl -qw net.ipv6.conf.{name}.disable_ipv6=1; ip addr add 10.3.0.1/24 dev {name}; ip link set {name} up'))
    say('pi', os.write(fd, struct.pack('!HH', 0, 0x0800) + packet('10.3.0.2', '10.3.0.1', 1, echo(8, b'pi'))))
    got = os.read(fd, 2000)
    say('pi reply', got[:4].hex(), len(got), got[32:], failure(lambda: os.write(fd, b'\0\0')))
    os.close(fd)
    fd, name = tun('vh0', TUN | NO_PI | VNET_HDR)
    say(link(name), struct.unpack('I', fcntl.ioctl(fd, TUNGETVNETHDRSZ, bytes(4))), failure(lambda: fcntl.ioctl(fd, TUNSETVNETHDRSZ, struct.pack('I', 9))))
    fcntl.ioctl(fd, TUNSETVNETHDRSZ, struct.pack('I', 12))
    sh(f'sysctl -qw net.ipv6.conf.{name}.disable_ipv6=1; ip addr add 10.4.0.1/24 dev {name}; ip link set {name} up')
    say('vnet', os.write(fd, bytes(12) + packet('10.4.0.2', '10.4.0.1', 1, echo(8, b'vh'))))
    got = os.read(fd, 2000)
    say('vnet reply', got[:12].hex(), len(got), got[40:])
    os.close(fd)
    fd, name = tun('tap0', TAP | NO_PI)
    sh(f'sysctl -qw net.ipv6.conf.{name}.disable_ipv6=1; ip link set {name} address 02:00:00:00:00:01 up; ip addr add 10.5.0.1/24 dev {name}')
    arp = struct.pack('!HHBBH6s4s6s4s', 1, 0x800, 6, 4, 1, bytes.fromhex('020000000002'), socket.inet_aton('10.5.0.2'), bytes(6), socket.inet_aton('10.5.0.1'))
    say('tap', os.write(fd, b'\xff' * 6 + bytes.fromhex('020000000002') + b'\x08\x06' + arp))
    say('who has', os.read(fd, 2000)[:42].hex())
    os.close(fd)


def moves():
    # The device goes where it is moved to; its program keeps it.
    fd, name = tun('far0', TUN | NO_PI)
    say('short', failure(lambda: os.write(fd, b'E')), sh(f'ip link set {name} name near0; ip -br link show near0 | cut -c1-5'), fcntl.ioctl(fd, TUNGETIFF, bytes(40))[:8])
    say('deleted', sh('ip link del near0'), failure(lambda: os.read(fd, 100)), failure(lambda: os.write(fd, b'E' * 40)))
    os.close(fd)


for check in (plain, tunnel, persistent, headers, moves):
    check()
