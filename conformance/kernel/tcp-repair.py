# Real ends of a connection that moves (TCP_REPAIR).
#   tcp-repair.py shout PORT            accepts one connection and answers each line in capitals
#   tcp-repair.py dump HOST PORT        talks, then prints what CRIU would keep, and closes without a word
#   tcp-repair.py restore HOST PORT JSON goes on with that: prints what is read
import array, fcntl, json, socket, struct, sys, termios, time

REPAIR, QUEUE, SEQ, OPTIONS, TIMESTAMP, WINDOW = 19, 20, 21, 22, 24, 29
TCP, INFO, MAXSEG = socket.IPPROTO_TCP, 11, 2
SIOCOUTQNSD = 0x894B


def count(s, cmd):
    a = array.array("i", [0])
    fcntl.ioctl(s, cmd, a)
    return a[0]


def dump(s):
    s.setsockopt(TCP, REPAIR, 1)
    out = {"port": s.getsockname()[1], "mss": s.getsockopt(TCP, MAXSEG), "unsent": count(s, SIOCOUTQNSD)}
    for queue, name, n in ((1, "recv", count(s, termios.FIONREAD)), (2, "send", count(s, termios.TIOCOUTQ))):
        s.setsockopt(TCP, QUEUE, queue)
        out[name + "Seq"] = s.getsockopt(TCP, SEQ) - n
        out[name] = s.recv(n, socket.MSG_PEEK).hex() if n else ""
    info = s.getsockopt(TCP, INFO, 8)
    out.update(options=info[5], scales=info[6], timestamp=s.getsockopt(TCP, TIMESTAMP), window=s.getsockopt(TCP, WINDOW, 20).hex())
    s.close()
    return out


def restore(s, d, peer):
    s.setsockopt(TCP, REPAIR, 1)
    for queue, name in ((1, "recvSeq"), (2, "sendSeq")):
        s.setsockopt(TCP, QUEUE, queue)
        s.setsockopt(TCP, SEQ, struct.pack("I", d[name] & 0xFFFFFFFF))
    s.bind(("", d["port"]))
    s.connect(peer)
    opts = [(2, d["mss"])]
    if d["options"] & 1:
        opts.append((8, 0))
    if d["options"] & 2:
        opts.append((4, 0))
    if d["options"] & 4:
        opts.append((3, d["scales"] & 15 | d["scales"] >> 4 << 16))
    s.setsockopt(TCP, OPTIONS, b"".join(struct.pack("II", *o) for o in opts))
    s.setsockopt(TCP, TIMESTAMP, struct.pack("I", d["timestamp"] & 0xFFFFFFFF))
    for queue, name in ((1, "recv"), (2, "send")):
        s.setsockopt(TCP, QUEUE, queue)
        if d[name]:
            s.send(bytes.fromhex(d[name]))
    s.setsockopt(TCP, WINDOW, bytes.fromhex(d["window"]))
    s.setsockopt(TCP, REPAIR, 0)


what = sys.argv[1]
if what == "shout":
    l = socket.create_server(("", int(sys.argv[2])))
    print("listening", flush=True)
    c = l.accept()[0]
    for line in c.makefile("rb"):
        c.sendall(line.upper())
    print("end of stream", flush=True)
    sys.exit()
peer = (sys.argv[2], int(sys.argv[3]))
s = socket.socket()
s.settimeout(10)
if what == "dump":
    s.connect(peer)
    s.sendall(b"one\n")
    print(s.recv(4).decode().strip(), flush=True)
    s.sendall(b"two\n")
    time.sleep(0.3)  # it is there, and acknowledged
    print(json.dumps(dump(s)), flush=True)
else:
    restore(s, json.loads(sys.argv[4]), peer)
    f = s.makefile("rb")
    print(f.readline().decode().strip(), flush=True)
    s.sendall(b"x" * 100000 + b"\n")
    print(len(f.readline()), flush=True)
    s.sendall(b"three\n")
    print(f.readline().decode().strip(), flush=True)
