# A real end of a signed connection: tcp-md5.py listen|connect KEY PEER PORT [SECONDS]. Prints what came, and how it ended.
import errno, hashlib, socket, struct, sys

TCP_MD5SIG = 14
what, key, peer, port = sys.argv[1:5]
family = socket.AF_INET6 if ":" in peer else socket.AF_INET
SIZE = 300000


def sig():
    if family == socket.AF_INET:
        sa = struct.pack("=HH4s", family, 0, socket.inet_aton(peer))
    else:
        sa = struct.pack("=HHI16sI", family, 0, 0, socket.inet_pton(family, peer), 0)
    return sa.ljust(128, b"\0") + struct.pack("=BBHi", 0, 0, len(key), 0) + key.encode().ljust(80, b"\0")


s = socket.socket(family)
s.settimeout(float((sys.argv + ["20"])[5]))
if key != "-":
    s.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG, sig())
try:
    if what == "listen":
        s.bind(("", int(port)))
        s.listen(1)
        print("listening", flush=True)
        c = s.accept()[0]
    else:
        s.connect((peer, int(port)))
        c = s
    c.settimeout(20)
    c.sendall(bytes(i * 7 & 255 for i in range(SIZE)))
    c.shutdown(socket.SHUT_WR)
    h = hashlib.sha256()
    while True:
        d = c.recv(1 << 16)
        if not d:
            break
        h.update(d)
    print("sha256", h.hexdigest(), flush=True)
except socket.timeout:
    print("timeout", flush=True)
except OSError as e:
    print(errno.errorcode[e.errno], flush=True)
