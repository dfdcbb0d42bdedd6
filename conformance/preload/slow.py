# Connects to a listener whose SYN may be lost: waiting in connect, and without, in select and epoll. Prints how long each took; what fails ends it.
import select, socket, sys, time

HOST, PORT = sys.argv[1], int(sys.argv[2])


def in_connect(s):
    s.connect((HOST, PORT))


def in_select(s):
    s.setblocking(False)
    assert s.connect_ex((HOST, PORT)) == 115
    assert select.select([], [s], [], 60)[1] == [s]


def in_epoll(s):
    s.setblocking(False)
    assert s.connect_ex((HOST, PORT)) == 115
    e = select.epoll()
    e.register(s, select.EPOLLOUT)
    assert e.poll(60) != []


for wait in in_connect, in_select, in_epoll:
    with socket.socket() as s:
        began = time.monotonic()
        wait(s)
        took = time.monotonic() - began
        assert s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
        assert s.getpeername() == (HOST, PORT)
        s.setblocking(True)
        s.sendall(b'hello')
        assert s.recv(100) == b'hello', 'an echo'
        print(round(took, 2), flush=True)
