"""Asking the real kernel over AF_NETLINK and writing down what it says: shared by the recorders, packages/*/test/golden/record*.py.

Two kinds of recorders use it. One is started in a fresh namespace (`unshare -n`), asks with the `t` that `recorder` gives it and prints a line of JSON a case: the
request and the datagrams of the answer. The other has sets of cases, each put to a namespace of its own, and calls `run`, which also writes what listeners were told.
"""
import json, os, socket, struct, subprocess, sys

# Flags of requests: netlink(7)
R, A, E, D = 1, 4, 8, 0x300
P, X, C, APPEND = 0x100, 0x200, 0x400, 0x800
NCX = R | A | C | X
ERROR, DONE = 2, 3
NEWLINK, DELLINK, GETLINK, SETLINK = 16, 17, 18, 19
MEMBERSHIP, CAP_ACK, EXT_ACK, STRICT_CHECK = 1, 10, 11, 12


# Bytes of values

def u8(v): return struct.pack('<B', v)
def u16(v): return struct.pack('<H', v)
def u32(v): return struct.pack('<I', v & 0xffffffff)
def u64(v): return struct.pack('<Q', v)
def be16(v): return struct.pack('>H', v)
def be32(v): return struct.pack('>I', v)
def be64(v): return struct.pack('>Q', v)
def ip(a): return socket.inet_aton(a)
def ip6(a): return socket.inet_pton(socket.AF_INET6, a)
def mac(a): return bytes.fromhex(a.replace(':', ''))


# Messages and their attributes

def attr(t, v=b''):
    """An attribute: a string gets its zero, a number is a u32."""
    if isinstance(v, str):
        v = v.encode() + b'\0'
    if isinstance(v, int):
        v = u32(v)
    return struct.pack('<HH', 4 + len(v), t) + v + b'\0' * (-len(v) % 4)


def a8(t, v): return attr(t, u8(v))
def a16(t, v): return attr(t, u16(v))
def a64(t, v): return attr(t, u64(v))
def nest(t, *parts): return attr(t | 0x8000, b''.join(parts))


def ifi(index=0, flags=0, change=0, family=0, type=0):
    """struct ifinfomsg"""
    return struct.pack('<BxHiII', family, type, index, flags, change)


def kind(k, *data):
    """IFLA_LINKINFO with a kind, and with its data when there is some"""
    data = b''.join(data)
    return attr(18, attr(1, k) + (attr(2, data) if data else b''))


def message(t, flags, body, seq):
    return struct.pack('<IHHII', 16 + len(body), t, flags, seq, 0) + body


def csum(b):
    """The Internet checksum (RFC 1071)"""
    if len(b) & 1:
        b += b'\0'
    s = sum(struct.unpack('>%dH' % (len(b) // 2), b))
    while s >> 16:
        s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff


# Sockets

def nl(groups=(), ext=True, strict=True, cap=False, protocol=0):
    s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
    for on, opt in ((ext, EXT_ACK), (strict, STRICT_CHECK), (cap, CAP_ACK)):
        if on:
            s.setsockopt(270, opt, 1)
    s.bind((0, 0))
    for g in groups:
        s.setsockopt(270, MEMBERSHIP, g)
    return s


def drain(s, wait=0):
    """What there is to read, until nothing has come for `wait` seconds."""
    out = []
    before = s.gettimeout()
    s.settimeout(wait)
    try:
        while True:
            out.append(s.recv(1 << 17))
    except (BlockingIOError, TimeoutError):
        pass
    s.settimeout(before)
    return out


def hexes(datagrams): return [b.hex() for b in datagrams]


def ask(req, wait, **opts):
    """The answer to a request at a socket of its own: the datagrams until nothing has come for `wait` seconds."""
    s = nl(**opts)
    s.send(req)
    out = drain(s, wait)
    s.close()
    return out


def ask_ended(s, req):
    """The answer to a request that asks for an acknowledgement: the datagrams up to it, or to the end of a dump."""
    s.send(req)
    out = []
    while True:
        b = s.recv(1 << 17)
        out.append(b)
        at = last = 0
        while at + 16 <= len(b):
            l, last = struct.unpack_from('<IH', b, at)
            at += (l + 3) & ~3
        if last in (ERROR, DONE):
            return out


# Answers in words

def attrs(b):
    out = []
    o = 0
    while o + 4 <= len(b):
        n, t = struct.unpack_from('<HH', b, o)
        if n < 4 or o + n > len(b):
            return out + [b[o:].hex()]
        out.append((t, b[o + 4:o + n].hex()))
        o += (n + 3) & ~3
    return out


def words(u, describe):
    """A datagram as lines; `describe(type, flags, body)` gives those of a message type that it knows, else None."""
    out = []
    o = 0
    while o < len(u):
        n, t, f, s, p = struct.unpack_from('<IHHII', u, o)
        b = u[o + 16:o + n]
        if t == ERROR:
            e = struct.unpack_from('<i', b)[0]
            tl = ''
            if f & 0x200:
                at = 4 + (16 if f & 0x100 else struct.unpack_from('<I', b, 4)[0] + 3 & ~3)
                for ty, v in attrs(b[at:]):
                    tl += ' ' + ({1: 'msg', 2: 'offs', 4: 'policy', 5: 'miss', 6: 'nest'}.get(ty, str(ty))) + '=' + (bytes.fromhex(v)[:-1].decode() if ty == 1 else v)
            out.append(f'ERR {e}{tl} fl={f:x}')
        elif t == DONE:
            out.append(f'DONE {b[:4].hex()}')
        else:
            out += (describe and describe(t, f, b)) or [f'{t} fl={f:x} {b.hex()}']
        o += (n + 3) & ~3
    return out


def link_words(t, f, b):
    if t != NEWLINK:
        return None
    ty, idx, fl = struct.unpack_from('<HiI', b, 2)
    out = [f'LINK type={ty} if={idx} fl={fl:x}']
    for at, v in attrs(b[16:]):
        if at in (3, 4, 5, 6, 8, 10, 13, 15, 16, 17, 27, 30, 33, 50, 51, 61, 32):
            out.append(f'   {at} {v}')
        if at == 18:
            for a2, v2 in attrs(bytes.fromhex(v)):
                out.append(f'   info {a2} ' + (str(attrs(bytes.fromhex(v2))) if a2 in (2, 5) else str(bytes.fromhex(v2))))
    return out


# Recorders of the first kind: in the namespace where they were started

VERBOSE = '-v' in sys.argv
_seq = 0


def msg(t, f, payload=b''):
    """A request with the next sequence number"""
    global _seq
    _seq += 1
    return message(t, f, payload, _seq)


def say(line):
    """A line of the record; with -v the answers were said in words instead."""
    if not VERBOSE:
        print(json.dumps(line))


def recorder(wait, listener=None, describe=None):
    """Gives t(name, type, flags, payload): puts a request to the kernel and says what comes back, and what `listener`
    was told. Names are unique. `t.raw(name, request)` takes a request as it is."""
    names = set()

    def raw(name, req, wait=wait, **opts):
        assert name not in names, name
        names.add(name)
        out = ask(req, wait, **opts)
        if VERBOSE:
            print(f'== {name}')
            for u in out:
                for w in words(u, describe):
                    print('     ', w)
        line = {'name': name, **opts, 'req': req.hex(), 'out': hexes(out)}
        if listener is not None:
            line['told'] = hexes(drain(listener, 0.01))
        say(line)

    def t(name, type, flags, payload=b'', **more):
        raw(name, msg(type, flags, payload), **more)
    t.raw = raw
    return t


def no_ipv6():
    """Turns IPv6 off, so that nothing but the requests happens."""
    for f in ('all', 'default'):
        with open(f'/proc/sys/net/ipv6/conf/{f}/disable_ipv6', 'w') as fd:
            fd.write('1')


def link_mac(n): return bytes((2, 0, 0, 0, 1, n))


def link_recorder():
    """A namespace with a pair of devices, va (2) and vb (3); gives t, add and get for requests about links that lie upon them."""
    no_ipv6()
    end = lambda name, index, mac: f'{name} numtxqueues 1 numrxqueues 1 index {index} address 02:00:00:00:00:0{mac}'
    subprocess.run(f'ip link add {end("va", 2, 1)} type veth peer name {end("vb", 3, 2)}'.split(), check=True)
    t = recorder(0.03, describe=link_words)

    def add(name, index, k, *more, data=(), link=None, what=None):
        parts = ifi(index) + attr(3, name) + attr(1, link_mac(index)) + b''.join(more)
        if link is not None:
            parts += attr(5, link)
        t(what or f'add {name}', NEWLINK, NCX, parts + kind(k, *data))

    def get(index, what=''):
        t(f'get {index} {what}', GETLINK, R, ifi(index))
    return t, add, get


# Recorders of the second kind: sets of cases, each in a namespace that is made for it

def child(path, sets, groups, number, protocol, prepare):
    if prepare is not None:
        prepare(number)
    s = nl(protocol=protocol)
    n = nl(groups, ext=False, strict=False, protocol=protocol)
    with open(path, 'a') as f:
        for i, (name, t, flags, body) in enumerate(sets[number]()):
            if t == 0:
                # No request: something done to the namespace from outside of it.
                subprocess.run(body, shell=True, check=True)
                f.write(json.dumps({'set': number, 'name': name, 'run': body, 'told': hexes(drain(n))}) + '\n')
                continue
            req = message(t, flags | R | A, body, i + 1)
            out = ask_ended(s, req)
            f.write(json.dumps({'set': number, 'name': name, 'req': req.hex(), 'out': hexes(out), 'told': hexes(drain(n))}) + '\n')


def run(file, sets, groups, setup, protocol=0, prepare=None):
    """Writes `file` beside the recorder. `sets`: functions that yield cases (name, type, flags, body); `groups`: numbers to listen to; `setup(sh)` makes the
    namespace ready with sh('ip', ...); `prepare(number)` is called inside of it before the first case."""
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
