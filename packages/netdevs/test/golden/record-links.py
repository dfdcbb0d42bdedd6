#!/usr/bin/env python3
"""Records what a real kernel answers to requests about links of the kinds ifb and macvlan, one JSON object a line: the
name of the case, the request, and the datagrams that come back. Run it in a fresh network namespace:

    unshare -n python3 record-links.py > links-requests.jsonl

With -v it prints what came back in words instead.
"""
import json, os, socket, struct, sys

SOL_NETLINK = 270
VERBOSE = '-v' in sys.argv
seq = 0


def nl():
    s = socket.socket(16, 3, 0)
    for opt in (11, 12):
        s.setsockopt(SOL_NETLINK, opt, 1)
    s.bind((0, 0))
    s.settimeout(0.03)
    return s


def msg(t, f, payload=b''):
    global seq
    seq += 1
    return struct.pack('<IHHII', 16 + len(payload), t, f, seq, 0) + payload


def attr(t, v=b''):
    if isinstance(v, str):
        v = v.encode() + b'\0'
    if isinstance(v, int):
        v = struct.pack('<I', v & 0xffffffff)
    return struct.pack('<HH', 4 + len(v), t) + v + b'\0' * (-len(v) % 4)


def ifi(index=0, flags=0, change=0, family=0, type=0):
    return struct.pack('<BxHiII', family, type, index, flags, change)


def kind(k, *data):
    return attr(18, attr(1, k) + (attr(2, b''.join(data)) if data else b''))


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


def words(u):
    out = []
    o = 0
    while o < len(u):
        n, t, f, s, p = struct.unpack_from('<IHHII', u, o)
        b = u[o + 16:o + n]
        if t == 2:
            e = struct.unpack_from('<i', b)[0]
            tl = ''
            if f & 0x200:
                at = 4 + (16 if f & 0x100 else struct.unpack_from('<I', b, 4)[0] + 3 & ~3)
                for ty, v in attrs(b[at:]):
                    tl += ' ' + ({1: 'msg', 2: 'offs', 4: 'policy', 5: 'miss', 6: 'nest'}.get(ty, str(ty))) + '=' + (bytes.fromhex(v)[:-1].decode() if ty == 1 else v)
            out.append(f'ERR {e}{tl}')
        elif t == 3:
            out.append(f'DONE {b[:4].hex()}')
        elif t == 16:
            ty, idx, fl = struct.unpack_from('<HiI', b, 2)
            out.append(f'LINK type={ty} if={idx} fl={fl:x}')
            for at, v in attrs(b[16:]):
                if at in (3, 4, 5, 6, 8, 10, 13, 15, 16, 17, 27, 30, 33, 50, 51, 61, 32):
                    out.append(f'   {at} {v}')
                if at == 18:
                    for a2, v2 in attrs(bytes.fromhex(v)):
                        out.append(f'   info {a2} ' + (str(attrs(bytes.fromhex(v2))) if a2 in (2, 5) else str(bytes.fromhex(v2))))
        else:
            out.append(f'{t} {b.hex()}')
        o += (n + 3) & ~3
    return out


names = set()


def t(name, ty, flags, payload=b''):
    assert name not in names, name
    names.add(name)
    req = msg(ty, flags, payload)
    s = nl()
    s.send(req)
    out = []
    try:
        while True:
            out.append(s.recv(65536))
    except TimeoutError:
        pass
    s.close()
    if VERBOSE:
        print(f'== {name}')
        for u in out:
            for w in words(u):
                print('     ', w)
    else:
        print(json.dumps({'name': name, 'req': req.hex(), 'out': [u.hex() for u in out]}))


NEW, DEL, GET, SET, NN, DN, GN = 16, 17, 18, 19, 28, 29, 30
R, A, D, C, X, P = 1, 4, 0x300, 0x400, 0x200, 0x100
NCX = R | A | C | X
NAME, LINK, MTU, ADDR = 3, 5, 4, 1
u8 = lambda t, v: attr(t, struct.pack('<B', v))
u16 = lambda t, v: attr(t, struct.pack('<H', v))
mac = lambda n: bytes((2, 0, 0, 0, 1, n))

os.system('sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1; ip link add va numtxqueues 1 numrxqueues 1 index 2 address 02:00:00:00:00:01 type veth peer name vb numtxqueues 1 numrxqueues 1 index 3 address 02:00:00:00:00:02')


def add(name, index, k, *more, data=(), link=None, what=None):
    parts = ifi(index) + attr(NAME, name) + attr(ADDR, mac(index)) + b''.join(more)
    if link is not None:
        parts += attr(LINK, link)
    t(what or f'add {name}', NEW, NCX, parts + kind(k, *data))


def get(index, what=''):
    t(f'get {index} {what}', GET, R, ifi(index))


# ifb
t('ifb', NEW, NCX, ifi(10) + attr(NAME, 'ifb0') + attr(ADDR, mac(10)) + attr(31, 1) + attr(32, 1) + kind('ifb'))
get(10)
t('ifb: with data', NEW, NCX, ifi(11) + attr(NAME, 'ifb1') + kind('ifb', attr(1, 1)))
t('ifb: bad address', NEW, NCX, ifi(12) + attr(NAME, 'ifb2') + attr(ADDR, b'\1\0\0\0\0\0') + kind('ifb'))
t('ifb: short address', NEW, NCX, ifi(12) + attr(NAME, 'ifb2') + attr(ADDR, b'\2\0\0') + kind('ifb'))
t('ifb: mtu small', SET, R | A, ifi(10) + attr(MTU, 10))
t('ifb: mtu large', SET, R | A, ifi(10) + attr(MTU, 100000))
t('ifb: mtu', SET, R | A, ifi(10) + attr(MTU, 9000))
t('ifb: change', NEW, R | A, ifi(10) + kind('ifb', attr(1, 1)))
t('ifb: up', SET, R | A, ifi(10, 1, 1))
get(10, 'up')
t('ifb: address while up', SET, R | A, ifi(10) + attr(ADDR, mac(99)))
t('ifb: del', DEL, R | A, ifi(10))
t('ifb: del 11', DEL, R | A, ifi(11))

# macvlan
MODE, FLAGS, MMODE, MADDR, MDATA, MCOUNT, BCQ, BCUSED, CUTOFF = range(1, 10)
add('m0', 20, 'macvlan', what='macvlan: no link')
add('m0', 20, 'macvlan', link=99, what='macvlan: unknown link')
add('m0', 20, 'macvlan', link=2, what='macvlan: default')
get(20)
add('m1', 21, 'macvlan', link=2, data=(attr(MODE, 4),), what='macvlan: bridge')
get(21)
t('macvlan: name in use', NEW, NCX, ifi(22) + attr(NAME, 'm1') + attr(LINK, 2) + kind('macvlan'))
t('macvlan: address in use', NEW, NCX, ifi(22) + attr(NAME, 'm2') + attr(ADDR, mac(21)) + attr(LINK, 2) + kind('macvlan'))
t('macvlan: address of the lower', NEW, NCX, ifi(22) + attr(NAME, 'm2') + attr(ADDR, b'\2\0\0\0\0\1') + attr(LINK, 2) + kind('macvlan'))
add('m3', 23, 'macvlan', link=2, data=(attr(MODE, 3),), what='macvlan: bad mode')
add('m3', 23, 'macvlan', link=2, data=(attr(MODE, 64),), what='macvlan: unknown mode')
add('m3', 23, 'macvlan', link=2, data=(u16(FLAGS, 4),), what='macvlan: bad flags')
add('m3', 23, 'macvlan', link=2, data=(u16(FLAGS, 1),), what='macvlan: nopromisc')
add('m4', 24, 'macvlan', link=2, data=(attr(MODE, 8),), what='macvlan: passthru with others')
add('m4', 24, 'macvlan', link=2, data=(attr(MODE, 16), attr(MMODE, 0), attr(MADDR, mac(50))), what='macvlan: source with an address')
get(24)
add('m5', 25, 'macvlan', link=2, data=(attr(MODE, 16), attr(MMODE, 3), attr(MDATA, attr(MADDR, mac(51)) + attr(MADDR, mac(52)))), what='macvlan: source set')
get(25)
t('macvlan: source add', NEW, R | A, ifi(25) + kind('macvlan', attr(MMODE, 0), attr(MADDR, mac(53))))
t('macvlan: source add group', NEW, R | A, ifi(25) + kind('macvlan', attr(MMODE, 0), attr(MADDR, b'\1\0\0\0\0\1')))
t('macvlan: source add without address', NEW, R | A, ifi(25) + kind('macvlan', attr(MMODE, 0)))
t('macvlan: source del', NEW, R | A, ifi(25) + kind('macvlan', attr(MMODE, 1), attr(MADDR, mac(51))))
t('macvlan: source bad command', NEW, R | A, ifi(25) + kind('macvlan', attr(MMODE, 9)))
get(25, 'changed')
t('macvlan: source flush', NEW, R | A, ifi(25) + kind('macvlan', attr(MMODE, 2)))
get(25, 'flushed')
t('macvlan: source list of another mode', NEW, R | A, ifi(20) + kind('macvlan', attr(MMODE, 0), attr(MADDR, mac(53))))
t('macvlan: mode to bridge', NEW, R | A, ifi(20) + kind('macvlan', attr(MODE, 4)))
get(20, 'bridge')
t('macvlan: mode to passthru', NEW, R | A, ifi(20) + kind('macvlan', attr(MODE, 8)))
t('macvlan: mode to bad', NEW, R | A, ifi(20) + kind('macvlan', attr(MODE, 7)))
t('macvlan: mode to source', NEW, R | A, ifi(20) + kind('macvlan', attr(MODE, 16)))
t('macvlan: flags change', NEW, R | A, ifi(20) + kind('macvlan', u16(FLAGS, 2)))
t('macvlan: queue length', NEW, R | A, ifi(20) + kind('macvlan', attr(BCQ, 500)))
t('macvlan: cutoff', NEW, R | A, ifi(20) + kind('macvlan', attr(CUTOFF, 5)))
t('macvlan: used is not to be set', NEW, R | A, ifi(20) + kind('macvlan', attr(BCUSED, 5)))
get(20, 'changed')
t('macvlan: mtu above the lower', SET, R | A, ifi(20) + attr(MTU, 2000))
t('macvlan: mtu', SET, R | A, ifi(20) + attr(MTU, 1400))
t('macvlan: address', SET, R | A, ifi(20) + attr(ADDR, mac(77)))
t('macvlan: address in use 2', SET, R | A, ifi(20) + attr(ADDR, mac(21)))
t('macvlan: up, lower down', SET, R | A, ifi(20, 1, 1))
get(20, 'up')
t('lower up', SET, R | A, ifi(2, 1, 1))
t('macvlan: up', SET, R | A, ifi(20, 1, 1))
t('peer up', SET, R | A, ifi(3, 1, 1))
get(2, 'with macvlans')
get(20, 'all up')
t('macvlan: address in use, up', SET, R | A, ifi(20) + attr(ADDR, mac(21)))
t('macvlan: on macvlan', NEW, NCX, ifi(26) + attr(NAME, 'mm') + attr(ADDR, mac(26)) + attr(LINK, 20) + kind('macvlan'))
get(26)
t('macvlan: on lo', NEW, NCX, ifi(27) + attr(NAME, 'ml') + attr(LINK, 1) + kind('macvlan'))
t('lower mtu', SET, R | A, ifi(2) + attr(MTU, 1300))
get(20, 'lower mtu')
t('macvlan: del', DEL, R | A, ifi(21))
t('macvlan: lower in a bridge', NEW, NCX, ifi(30) + attr(NAME, 'br') + kind('bridge'))
t('lower goes', DEL, R | A, ifi(2))
t('macvlans went too', GET, R, ifi(20))
t('bridge goes', DEL, R | A, ifi(30))
