# Sockets over fork, exec, vfork and Unix sockets, and the small print of calls. Prints one line a check; the test compares them with those of the real kernel.
import array, os, select, socket, struct, subprocess, sys, threading, time

HOST = '127.0.0.1'


def listener(backlog=64):
    ls = socket.socket()
    ls.bind((HOST, 0))
    ls.listen(backlog)
    return ls


def pair():
    ls = listener()
    s = socket.create_connection(ls.getsockname())
    c, _ = ls.accept()
    ls.close()
    return s, c


def failure(fn):
    try:
        return fn()
    except OSError as e:
        return type(e).__name__, e.errno


def say(what, *values):
    print(what, *values, flush=True)


def forks():
    ls = listener()
    pid = os.fork()
    if pid == 0:
        c, _ = ls.accept()
        c.sendall(b'child: ' + c.recv(100))
        os._exit(0)
    s = socket.create_connection(ls.getsockname())
    s.sendall(b'hello')
    say('fork', s.recv(100), s.recv(100))
    os.waitpid(pid, 0)
    # Both hold one connection: it ends with the second close.
    s, c = pair()
    pid = os.fork()
    if pid == 0:
        s.close()
        time.sleep(0.2)
        c.sendall(b'late')
        os._exit(0)
    c.close()
    say('shared', s.recv(10), s.recv(10))
    os.waitpid(pid, 0)


def execs():
    ls = listener()
    port = ls.getsockname()[1]
    s = socket.socket()
    s.set_inheritable(True)
    code = f'''
import socket
s = socket.socket(fileno={s.fileno()})
s.connect(("127.0.0.1", {port}))
s.sendall(b"from exec")
print("exec", int(s.family), int(s.type), s.recv(100), flush=True)
'''
    p = subprocess.Popen([sys.executable, '-c', code], pass_fds=[s.fileno()])
    c, _ = ls.accept()
    c.sendall(b'yes ' + c.recv(100))
    p.wait()
    s.close()
    say('both closed', c.recv(10))
    # As inetd does it.
    s, c = pair()
    p = subprocess.Popen(['sh', '-c', 'read x; echo "got $x"; exec cat'], stdin=c.fileno(), stdout=c.fileno())
    c.close()
    s.sendall(b'line\nmore')
    s.shutdown(socket.SHUT_WR)
    say('inetd', b''.join(iter(lambda: s.recv(100), b'')))
    p.wait()


def passing():
    a, b = socket.socketpair()
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.bind((HOST, 0))
    at = u.getsockname()
    pid = os.fork()
    if pid == 0:
        u.close()
        _, fds, _, _ = socket.recv_fds(b, 10, 1)
        v = socket.socket(fileno=fds[0])
        say('passed', int(v.family), int(v.type), v.getsockname() == at, v.recvfrom(100)[0])
        os._exit(0)
    socket.send_fds(a, [b'x'], [u.fileno()])
    u.close()
    t = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    t.sendto(b'datagram', at)
    os.waitpid(pid, 0)
    t.connect(at)
    # The last descriptor was the child's.
    for _ in range(100):
        try:
            t.send(b'x')
            t.settimeout(0.02)
            t.recv(1)
        except ConnectionRefusedError as e:
            say('refused', e.errno)
            break
        except TimeoutError:
            pass


def dups():
    s, c = pair()
    d = os.dup(s.fileno())
    e = os.dup2(d, 200)
    os.write(e, b'by dup')
    os.close(d)
    s.close()
    say('dup', c.recv(10))
    os.close(e)
    say('dup closed', c.recv(10))


def waiting():
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.bind((HOST, 0))
    say('nonblock', failure(lambda: u.recv(1, socket.MSG_DONTWAIT)))
    u.setblocking(False)
    say('O_NONBLOCK', failure(lambda: u.recv(1)))
    u.setblocking(True)
    u.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack('ll', 0, 100_000))
    began = time.monotonic()
    say('SO_RCVTIMEO', failure(lambda: u.recv(1)), 0.09 < time.monotonic() - began < 2)
    u.settimeout(0.1)
    say('settimeout', failure(lambda: u.recv(1))[0])
    p = select.poll()
    p.register(u, select.POLLIN)
    say('poll', p.poll(0))
    t = threading.Timer(0.1, lambda: u.sendto(b'wake', u.getsockname()))
    t.start()
    say('poll woken', [e for _, e in p.poll(5000)])
    say('level', [e for _, e in p.poll(0)], u.recv(10), p.poll(0))
    ep = select.epoll()
    ep.register(u, select.EPOLLIN | select.EPOLLET)
    u.sendto(b'a', u.getsockname())
    say('edge', [e for _, e in ep.poll(1)], ep.poll(0), u.recv(10))
    u.sendto(b'b', u.getsockname())
    say('edge again', [e for _, e in ep.poll(1)], u.recv(10))
    t.join()


def errors():
    s, c = pair()
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    c.close()
    time.sleep(0.1)
    say('reset', failure(lambda: s.recv(10)), failure(lambda: s.recv(10)), failure(lambda: s.send(b'x')))
    s = socket.socket()
    say('unconnected', failure(lambda: s.recv(10)), failure(lambda: s.send(b'x')), failure(s.getpeername), failure(s.accept))
    ls = listener()
    port = ls.getsockname()[1]
    ls.close()
    say('refused', failure(lambda: socket.create_connection((HOST, port))))
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex((HOST, port))
    p = select.poll()
    p.register(s, select.POLLOUT)
    events = p.poll(5000)
    say('refused later', bool(events[0][1] & select.POLLOUT), s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.connect((HOST, port))
    u.send(b'x')
    p = select.poll()
    p.register(u, select.POLLIN)
    say('POLLERR', [e for _, e in p.poll(1000)], failure(lambda: u.recv(1)), p.poll(0))
    say('too long', failure(lambda: u.send(bytes(70_000))))
    say('no such option', failure(lambda: s.getsockopt(socket.IPPROTO_TCP, 200)))
    say('bad fd', failure(lambda: os.write(777, b'x')))
    a = socket.socket()
    a.bind((HOST, 0))
    b = socket.socket()
    say('in use', failure(lambda: b.bind(a.getsockname())))


def streams():
    s, c = pair()
    c.sendall(b'abcdef')
    say('peek', s.recv(3, socket.MSG_PEEK), s.recv(6, socket.MSG_WAITALL))
    s.sendall(b'one\ntwo\n')
    s.shutdown(socket.SHUT_WR)
    say('half', c.makefile('rb').readlines(), failure(lambda: s.send(b'z')))
    c.sendall(b'bye')
    c.close()
    say('rest', s.recv(10), s.recv(10))
    s, c = pair()
    s.setblocking(False)
    sent = 0
    block = os.urandom(65536)
    while True:
        try:
            sent += s.send(block)
        except BlockingIOError:
            break
    p = select.poll()
    p.register(s, select.POLLOUT)
    say('full', sent > 65536, p.poll(0))
    got = 0
    while got < sent:
        got += len(c.recv(1 << 20))
    say('drained', got == sent, [e for _, e in p.poll(5000)])
    with open(__file__, 'rb') as f:
        s.setblocking(True)
        size = os.fstat(f.fileno()).st_size
        t = threading.Thread(target=lambda: s.sendfile(f))
        t.start()
        data = b''
        while len(data) < size:
            data += c.recv(65536)
        t.join()
        say('sendfile', data == open(__file__, 'rb').read())
    s.close()
    say('end', c.recv(10))


def last_words():
    # What was written before the close arrives, however slow the reader, and whether or not it has said its own last word before.
    for half in (False, True):
        s, c = pair()
        data = os.urandom(3_000_000)
        if half:
            c.shutdown(socket.SHUT_WR)
            s.recv(1)

        def send():
            s.sendall(data)
            s.close()

        t = threading.Thread(target=send)
        t.start()
        got = b''
        while chunk := c.recv(50_000):
            got += chunk
            if len(got) < 1_000_000:
                time.sleep(0.001)
        t.join()
        say('last words', got == data)


def datagrams():
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.bind((HOST, 0))
    at = u.getsockname()
    u.sendto(b'0123456789', at)
    say('truncated', u.recv(4, socket.MSG_PEEK), u.recv_into(bytearray(4), 4, socket.MSG_PEEK | socket.MSG_TRUNC), u.recvmsg(4)[0::2])
    u.setsockopt(socket.IPPROTO_IP, socket.IP_PKTINFO if hasattr(socket, 'IP_PKTINFO') else 8, 1)
    u.sendmsg([b'ab', b'cd'], [], 0, at)
    data, control, flags, _ = u.recvmsg(100, 100)
    say('cmsg', data, [(level, kind, len(d)) for level, kind, d in control], flags)
    buf = array.array('i', [0])
    import fcntl
    import termios
    u.sendto(b'12345', at)
    fcntl.ioctl(u.fileno(), termios.FIONREAD, buf)
    say('FIONREAD', buf[0], u.recv(10))
    for i in range(300):
        v = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        v.bind((HOST, 45678))
        v.close()
    say('bound again and again')


def many():
    ls = listener(256)
    ours = [socket.create_connection(ls.getsockname()) for _ in range(200)]
    theirs = {c.getpeername(): c for c in (ls.accept()[0] for _ in ours)}
    for i, s in enumerate(ours):
        s.sendall(str(i).encode())
    say('many', all(theirs[s.getsockname()].recv(10) == str(i).encode() for i, s in enumerate(ours)))


for check in (forks, execs, passing, dups, waiting, errors, streams, last_words, datagrams, many):
    check()
