"""Asking the real kernel over AF_NETLINK and writing down what it says: shared by the recorders of this folder.

A recorder has sets of cases, each a generator of (name, type, flags, body) and put to a namespace of its own, which is deleted again. `run` writes a line of JSON a
case: the request, the datagrams of the answer, and what a listener of some groups was told.
"""
import json, os, socket, struct, subprocess, sys

CREATE_EXCL, CREATE, REPLACE, APPEND, EXCL, DUMP, ECHO = 0x600, 0x400, 0x100, 0x800, 0x200, 0x300, 8

def A(t, v): return struct.pack('<HH', 4 + len(v), t) + v + b'\0' * ((-len(v)) % 4)
def N(t, *attrs): return A(t | 0x8000, b''.join(attrs))
def ip(a): return socket.inet_aton(a)
def ip6(a): return socket.inet_pton(socket.AF_INET6, a)
def u32(v): return struct.pack('<I', v & 0xffffffff)
def u16(v): return struct.pack('<H', v)
def u8(v): return struct.pack('<B', v)
def be16(v): return struct.pack('>H', v)
def be32(v): return struct.pack('>I', v)
def be64(v): return struct.pack('>Q', v)

def message(t, flags, body, seq): return struct.pack('<IHHII', 16 + len(body), t, flags, seq, 0) + body

def drain(s):
    out = []
    s.setblocking(False)
    try:
        while True:
            out.append(s.recv(1 << 17))
    except BlockingIOError:
        pass
    s.setblocking(True)
    return out

def ask(s, t, flags, body, seq):
    s.send(message(t, flags, body, seq))
    out = []
    while True:
        b = s.recv(1 << 17)
        out.append(b)
        at = 0
        last = 0
        while at + 16 <= len(b):
            l, last = struct.unpack_from('<IH', b, at)
            at += (l + 3) & ~3
        if last in (2, 3):
            return out

def child(path, sets, groups, number, protocol, prepare):
    if prepare is not None:
        prepare(number)
    s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
    s.bind((0, 0))
    for opt in (11, 12):
        s.setsockopt(270, opt, 1)
    n = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
    n.bind((0, 0))
    for g in groups:
        n.setsockopt(270, 1, g)
    with open(path, 'a') as f:
        for i, (name, t, flags, body) in enumerate(sets[number]()):
            if t == 0:
                # No request: something done to the namespace from outside of it.
                subprocess.run(body, shell=True, check=True)
                f.write(json.dumps({'set': number, 'name': name, 'run': body, 'told': [b.hex() for b in drain(n)]}) + '\n')
                continue
            out = ask(s, t, flags | 5, body, i + 1)
            told = drain(n)
            f.write(json.dumps({'set': number, 'name': name, 'req': message(t, flags | 5, body, i + 1).hex(), 'out': [b.hex() for b in out], 'told': [b.hex() for b in told]}) + '\n')

def run(file, sets, groups, setup, protocol=0, prepare=None):
    """`sets`: functions that yield cases; `groups`: numbers to listen to; `setup(sh)`: makes the namespace ready with sh('ip', ...)."""
    if len(sys.argv) > 2 and sys.argv[1] == 'child':
        return child(sys.argv[2], sets, groups, int(sys.argv[3]), protocol, prepare)
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), file)
    open(path, 'w').close()
    sh = lambda *a: subprocess.run(a, check=True)
    for number in range(len(sets)):
        ns = 'linnet-record-%d-%d' % (os.getpid(), number)
        sh('ip', 'netns', 'add', ns)
        try:
            inside = ('ip', 'netns', 'exec', ns)
            setup(lambda *a: sh(*inside, *a))
            sh(*inside, sys.executable, os.path.abspath(sys.argv[0]), 'child', path, str(number))
        finally:
            sh('ip', 'netns', 'del', ns)
