# Descriptors of sockets where programs use them oddly: in pipes, in threads, closed on exec, waited for in several ways. Prints one line a check; the test
# compares them with those of the real kernel.
import fcntl, os, select, signal, socket, struct, subprocess, sys, threading, time

HOST = '127.0.0.1'


def say(what, *values):
    print(what, *values, flush=True)


def failure(fn):
    try:
        return fn()
    except OSError as e:
        return type(e).__name__, e.errno


def pair():
    ls = socket.create_server((HOST, 0))
    s = socket.create_connection(ls.getsockname())
    c, _ = ls.accept()
    ls.close()
    return s, c


def udp():
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.bind((HOST, 0))
    return u


def splicing():
    s, c = pair()
    r, w = os.pipe()
    os.write(w, b'through a pipe')
    say('splice out', os.splice(r, s.fileno(), 100), c.recv(100))
    c.sendall(b'and back')
    say('splice in', os.splice(s.fileno(), w, 100), os.read(r, 100))
    u, v = udp(), udp()
    v.connect(u.getsockname())
    os.write(w, b'datagram')
    say('splice datagram', failure(lambda: os.splice(r, v.fileno(), 100)), u.recv(100))
    u.sendto(b'answer', v.getsockname())
    say('splice datagram in', failure(lambda: os.splice(v.fileno(), w, 100)), os.read(r, 100))
    with open(__file__, 'rb') as f:
        say('sendfile datagram', failure(lambda: os.sendfile(v.fileno(), f.fileno(), 0, 300)), len(u.recv(1000)), f.tell())
        say('sendfile offset', os.sendfile(s.fileno(), f.fileno(), 5, 20), c.recv(100) == open(__file__, 'rb').read()[5:25], f.tell())
        say('sendfile end', os.sendfile(s.fileno(), f.fileno(), 10_000_000, 20))
    x = udp()
    os.write(w, b'for nobody')
    say('unconnected', failure(lambda: os.splice(r, x.fileno(), 10)))
    say('empty', failure(lambda: os.splice(u.fileno(), w, 10, flags=2)) if u.setblocking(False) is None else None)


def selecting():
    s, c = pair()
    u = udp()
    say('select', [len(x) for x in select.select([s, c, u], [s, c, u], [s, u], 0)])
    u.sendto(b'', u.getsockname())
    say('empty datagram', select.select([u], [], [], 1)[0] == [u], u.recvfrom(10)[0], select.select([u], [], [], 0)[0])
    p = select.poll()
    p.register(s, select.POLLIN | select.POLLOUT | select.POLLRDHUP)
    c.shutdown(socket.SHUT_WR)
    time.sleep(0.3)
    say('half', [e for _, e in p.poll(1000)])
    ls = socket.create_server((HOST, 0))
    say('listener', select.select([ls], [], [], 0))
    p = select.poll()
    p.register(ls)
    say('listener poll', p.poll(0))
    t = socket.create_connection(ls.getsockname())
    say('listener', [e & 1 for _, e in p.poll(1000)], select.select([ls], [], [], 1)[0] == [ls])
    ls.setblocking(False)
    ls.accept()[0].close()
    say('accepted', failure(ls.accept), select.select([ls], [], [], 0)[0])
    say('closed', t.recv(1))
    q = socket.socket()
    p = select.poll()
    p.register(q)
    say('fresh stream', [e for _, e in p.poll(0)])
    fd = u.fileno()
    p = select.poll()
    p.register(fd, select.POLLIN)
    u.close()
    say('closed', p.poll(0) == [(fd, select.POLLNVAL)], failure(lambda: select.select([fd], [], [], 0)))


def epolling():
    u = udp()
    ep = select.epoll()
    ep.register(u, select.EPOLLIN | select.EPOLLONESHOT)
    u.sendto(b'1', u.getsockname())
    say('oneshot', ep.poll(1) == [(u.fileno(), 1)], ep.poll(0))
    ep.modify(u, select.EPOLLIN | select.EPOLLONESHOT)
    say('armed', ep.poll(0) == [(u.fileno(), 1)], u.recv(10))
    d = os.dup(u.fileno())
    ep2 = select.epoll()
    ep2.register(d, select.EPOLLIN)
    u.close()
    v = udp()
    v.sendto(b'2', socket.socket(fileno=os.dup(d)).getsockname())
    say('dup', ep2.poll(1) == [(d, 1)], socket.socket(fileno=d).recv(10))
    say('gone', ep2.poll(0))
    s, c = pair()
    ep = select.epoll()
    ep.register(s, select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET)
    say('edge', [e for _, e in ep.poll(1)], ep.poll(0))
    c.sendall(b'x')
    say('edge data', [e & 1 for _, e in ep.poll(1)])
    c.close()
    say('edge end', [bool(e & select.EPOLLRDHUP) for _, e in ep.poll(1)], s.recv(1), s.recv(1))


def threads():
    # Many at once, each with sockets of its own; and one socket for many. (What they send fits into its buffer, however slow the readers are.)
    u = udp()
    got, sent = [], []
    lock = threading.Lock()

    def sender(i):
        v = udp()
        for k in range(40):
            v.sendto(b'%d/%d' % (i, k), u.getsockname())
            if k % 10 == 9:
                time.sleep(0.001)
        v.close()

    def reader():
        while True:
            data = u.recv(100)
            with lock:
                if data == b'end':
                    return
                got.append(data)

    readers = [threading.Thread(target=reader) for _ in range(3)]
    senders = [threading.Thread(target=sender, args=(i,)) for i in range(4)]
    for t in readers + senders:
        t.start()
    for t in senders:
        t.join()
    for t in readers:
        u.sendto(b'end', u.getsockname())
    for t in readers:
        t.join()
    say('threads', len(got), len(set(got)))
    # Descriptors come and go under many hands.
    wrong = []

    def churn(i):
        for _ in range(40):
            a = udp()
            a.sendto(b'%d' % i, a.getsockname())
            if a.recv(10) != b'%d' % i:
                wrong.append(i)
            d = socket.socket(fileno=os.dup(a.fileno()))
            a.close()
            d.sendto(b'+', d.getsockname())
            if d.recv(10) != b'+':
                wrong.append(i)
            d.close()

    ts = [threading.Thread(target=churn, args=(i,)) for i in range(6)]
    for t in ts:
        t.start()
    for t in ts:
        t.join()
    say('churn', wrong)


def files():
    # Folders and settings under many hands.
    want, wrong = sorted(os.listdir('/sys/class/net/lo/statistics')), []

    def look(i):
        for k in range(30):
            names = sorted(os.listdir('/sys/class/net/lo/statistics'))
            fd = os.open('/sys/class/net/lo/statistics', os.O_RDONLY | os.O_DIRECTORY)
            if names != want or sorted(os.listdir(fd)) != want:
                wrong.append((i, k))
            os.close(fd)

    def write(i):
        for k in range(20):
            with open('/proc/sys/net/ipv4/conf/lo/' + ['accept_redirects', 'send_redirects', 'log_martians'][i], 'r+') as f:
                f.write(str(k % 2))
            with open('/proc/sys/net/ipv4/conf/lo/' + ['accept_redirects', 'send_redirects', 'log_martians'][i]) as f:
                if f.read().strip() != str(k % 2):
                    wrong.append(('write', i, k))

    ts = [threading.Thread(target=look, args=(i,)) for i in range(3)] + [threading.Thread(target=write, args=(i,)) for i in range(3)]
    for t in ts:
        t.start()
    for t in ts:
        t.join()
    say('files', wrong, len(want) > 20)
    # A child that ends by itself takes nothing of its parent's away.
    fd = os.open('/sys/class/net/lo/statistics', os.O_RDONLY | os.O_DIRECTORY)
    pid = os.fork()
    if pid == 0:
        sys.exit(0)
    os.waitpid(pid, 0)
    say('folder of the parent', sorted(os.listdir(fd)) == want)


def executing():
    u = udp()
    code = 'import socket,sys,os\ntry: os.fstat(int(sys.argv[1])); print("there")\nexcept OSError as e: print(e.errno)'

    def child(**kw):
        return subprocess.run([sys.executable, '-c', code, str(u.fileno())], capture_output=True, text=True, close_fds=False, **kw).stdout.strip()

    say('close-on-exec', child())
    os.set_inheritable(u.fileno(), True)
    say('inherited', child())
    fcntl.ioctl(u.fileno(), 0x5451)  # FIOCLEX
    say('FIOCLEX', child(), fcntl.fcntl(u.fileno(), fcntl.F_GETFD))
    d = fcntl.fcntl(u.fileno(), fcntl.F_DUPFD_CLOEXEC, 300)
    say('F_DUPFD_CLOEXEC', d >= 300, fcntl.fcntl(d, fcntl.F_GETFD), socket.socket(fileno=d).getsockname() == u.getsockname())
    os.dup2(u.fileno(), 250, inheritable=False)
    say('dup3', fcntl.fcntl(250, fcntl.F_GETFD), failure(lambda: os.dup2(999, 250)))
    os.close(250)
    # Any number is the program's, whatever stands there.
    say('numbers', [(os.dup2(u.fileno(), n) == n, failure(lambda: os.close(n)), failure(lambda: os.fstat(n))) for n in range(880, 960)] == [(True, None, ('OSError', 9))] * 80)
    u.sendto(b'still', u.getsockname())
    say('still', u.recv(10))


def signals():
    u = udp()
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.siginterrupt(signal.SIGALRM, True)

    def interrupted():
        raise InterruptedError(4, 'x')

    signal.signal(signal.SIGALRM, lambda *_: interrupted())
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    say('interrupted', failure(lambda: u.recv(1)))
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    say('interrupted poll', failure(lambda: select.select([u], [], [], 5)))
    s, c = pair()
    c.close()
    s.send(b'x')
    time.sleep(0.3)
    old = signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        s.send(b'x')
        os.write(s.fileno(), b'x')
        os._exit(0)
    say('SIGPIPE', os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    signal.signal(signal.SIGPIPE, old)


for name in sys.argv[1:] or ['splicing', 'selecting', 'epolling', 'threads', 'files', 'executing', 'signals']:
    globals()[name]()
