# A proxy on a router: says for each connection or datagram who it is from and where it was meant to go, and answers in that one's name.
# Words: `original FAMILY PORT COUNT` asks SO_ORIGINAL_DST of what was redirected to PORT; `tcp|udp FAMILY PORT COUNT` waits with IP_TRANSPARENT.
import socket, struct, sys

kind, family, port, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
six = family == '6'
FAM = socket.AF_INET6 if six else socket.AF_INET
LEVEL = socket.IPPROTO_IPV6 if six else socket.IPPROTO_IP

def show(a):
    return '%s %s' % (a[0], a[1] if a[1] < 32768 else '#')

def original(s, n=None):
    try:
        b = s.getsockopt(LEVEL, 80, n or (28 if six else 16))
        p, = struct.unpack_from('!H', b, 2)
        return '%d bytes, family %d, %s %d' % (len(b), struct.unpack_from('H', b)[0], socket.inet_ntop(FAM, b[8:24] if six else b[4:8]), p)
    except OSError as e:
        return e.strerror

def transparent(s):
    s.setsockopt(LEVEL, 75 if six else 19, 1)
    return s

if kind == 'udp':
    s = transparent(socket.socket(FAM, socket.SOCK_DGRAM))
    s.setsockopt(LEVEL, 74 if six else 20, 1)
    s.bind(('::' if six else '0.0.0.0', port))
else:
    s = socket.socket(FAM, socket.SOCK_STREAM)
    s.setsockopt(1, 2, 1)
    if kind == 'tcp': transparent(s)
    s.bind(('::' if six else '0.0.0.0', port))
    s.listen(8)
print('ready', flush=True)
if kind == 'original':
    print('listening:', original(s), '; datagrams:', original(socket.socket(FAM, socket.SOCK_DGRAM)), '; new:', original(socket.socket(FAM, socket.SOCK_STREAM)))
for _ in range(count):
    if kind == 'udp':
        data, anc, _f, peer = s.recvmsg(2000, 200)
        to = anc[0][2]
        dst = (socket.inet_ntop(FAM, to[8:24] if six else to[4:8]), struct.unpack_from('!H', to, 2)[0])
        print('%r from %s to %s' % (data, show(peer), show(dst)), flush=True)
        a = transparent(socket.socket(FAM, socket.SOCK_DGRAM))
        a.setsockopt(1, 2, 1)
        a.bind(dst)
        a.sendto(b'not ' + data, peer)
        continue
    c, peer = s.accept()
    print('%r from %s at %s' % (c.recv(100), show(peer), show(c.getsockname())), flush=True)
    if kind == 'original': print('original:', original(c), '; short:', original(c, 15), '; long:', original(c, 100), flush=True)
    c.sendall(b'answer')
    c.close()
print('done', flush=True)
