#!/usr/bin/env python3
"""Records what a real kernel answers to requests about vxlan links and their forwarding entries, one JSON object a line: the
name of the case, the request, and the datagrams that come back. Run it in a fresh network namespace:

    unshare -n python3 record-vxlan.py > vxlan-requests.jsonl

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


# vxlan
(ID, GROUP, VLINK, LOCAL, TTL, TOS, LEARN, AGE, LIMIT, PRANGE, PROXY, RSC, L2MISS, L3MISS, PORT, GROUP6, LOCAL6, CSUM, Z6TX, Z6RX, RCTX, RCRX, GBP, RCNP, META, LABEL,
 GPE, TTLI, DF, VNIF, LBYP, LPOL, RBITS, MCR) = range(1, 35)
ip = lambda *a: bytes(a)
be16 = lambda t_, v: attr(t_, struct.pack('>H', v))
t('vxlan: nothing', NEW, NCX, ifi(40) + attr(NAME, 'x0') + kind('vxlan'))
t('vxlan: empty data', NEW, NCX, ifi(40) + attr(NAME, 'x0') + attr(18, attr(1, 'vxlan') + attr(2, b'')))
get(40, 'empty')
t('vxlan: del empty', DEL, R | A, ifi(40))
add('x0', 40, 'vxlan', data=(attr(ID, 42),), what='vxlan: id')
get(40)
add('x1', 41, 'vxlan', data=(attr(ID, 42),), what='vxlan: id again')
add('x1', 41, 'vxlan', data=(attr(ID, 0x1000000),), what='vxlan: id too large')
add('x1', 41, 'vxlan', data=(attr(ID, 43), attr(GROUP, ip(239, 1, 1, 1))), what='vxlan: group without link')
add('x1', 41, 'vxlan', data=(attr(ID, 43), attr(GROUP, ip(239, 1, 1, 1)), attr(VLINK, 99)), what='vxlan: unknown link')
add('x1', 41, 'vxlan', data=(attr(ID, 43), attr(LOCAL, ip(239, 1, 1, 1))), what='vxlan: local group')
add('x1', 41, 'vxlan', data=(attr(ID, 43), attr(LOCAL, ip(255, 255, 255, 255))), what='vxlan: local broadcast')
t('vxlan: del 41', DEL, R | A, ifi(41))
add('x1', 41, 'vxlan', data=(attr(ID, 43), attr(GROUP, b'\1\2\3')), what='vxlan: short group')
add('x1', 41, 'vxlan', data=(attr(ID, 43), attr(GROUP, ip(239, 1, 1, 1)), attr(VLINK, 2), be16(PORT, 4789), u8(TTL, 5), u8(TOS, 4), u8(LEARN, 0), attr(AGE, 100), attr(LIMIT, 1000),
    attr(PRANGE, struct.pack('>HH', 1000, 2000)), u8(PROXY, 1), u8(RSC, 1), u8(L2MISS, 1), u8(L3MISS, 1)), what='vxlan: full')
get(41)
add('x2', 42, 'vxlan', data=(attr(ID, 44), attr(LOCAL, ip(10, 0, 0, 1)), attr(GROUP, ip(10, 0, 0, 2)), be16(PORT, 4789), u8(CSUM, 0), attr(GBP), u8(DF, 1)), what='vxlan: gbp')
get(42)
add('x3', 43, 'vxlan', data=(attr(ID, 45), be16(PORT, 4790), u8(DF, 3)), what='vxlan: bad df')
add('x3', 43, 'vxlan', data=(attr(ID, 45), be16(PORT, 4790), attr(GPE)), what='vxlan: gpe with learning')
add('x3', 43, 'vxlan', data=(be16(PORT, 4790), u8(LEARN, 0), u8(META, 1), attr(GPE)), what='vxlan: gpe')
get(43)
add('x4', 44, 'vxlan', data=(attr(ID, 46), be16(PORT, 4790), attr(GPE), attr(GBP)), what='vxlan: gpe and gbp')
add('x4', 44, 'vxlan', data=(attr(ID, 46), attr(PRANGE, struct.pack('>HH', 3000, 2000))), what='vxlan: bad range')
add('x4', 44, 'vxlan', data=(attr(ID, 46), attr(LABEL, 0x100000)), what='vxlan: bad label')
add('x4', 44, 'vxlan', data=(attr(ID, 46), u8(TTLI, 1)), what='vxlan: ttl inherit')
add('x5', 45, 'vxlan', data=(u8(META, 1), be16(PORT, 4791)), what='vxlan: metadata')
get(45)
add('x6', 46, 'vxlan', data=(attr(ID, 5), u8(META, 1), be16(PORT, 4791)), what='vxlan: metadata with id')
add('x7', 47, 'vxlan', attr(MTU, 100), data=(attr(ID, 47),), what='vxlan: mtu')
get(47)
add('x8', 48, 'vxlan', attr(MTU, 70000), data=(attr(ID, 48),), what='vxlan: mtu large')
get(48)
add('x9', 49, 'vxlan', attr(MTU, 10), data=(attr(ID, 49),), what='vxlan: mtu small')
t('vxlan: change', NEW, R | A, ifi(41) + kind('vxlan', attr(ID, 43), u8(TTL, 9), attr(GROUP, ip(239, 2, 2, 2))))
get(41, 'changed')
t('vxlan: change id', NEW, R | A, ifi(41) + kind('vxlan', attr(ID, 77)))
t('vxlan: change port', NEW, R | A, ifi(41) + kind('vxlan', attr(ID, 43), be16(PORT, 9)))
t('vxlan: change learning', NEW, R | A, ifi(41) + kind('vxlan', attr(ID, 43), u8(LEARN, 1)))
t('vxlan: change gbp', NEW, R | A, ifi(41) + kind('vxlan', attr(ID, 43), attr(GBP)))
t('vxlan: change metadata', NEW, R | A, ifi(41) + kind('vxlan', attr(ID, 43), u8(META, 1)))
t('vxlan: change group to a host', NEW, R | A, ifi(42) + kind('vxlan', attr(ID, 44), attr(GROUP, ip(10, 0, 0, 77))))
get(42, 'changed')
t('vxlan: change range', NEW, R | A, ifi(41) + kind('vxlan', attr(ID, 43), attr(PRANGE, struct.pack('>HH', 1, 2))))
t('vxlan: change ageing', NEW, R | A, ifi(41) + kind('vxlan', attr(ID, 43), attr(AGE, 60), attr(LIMIT, 5)))
t('vxlan: change link', NEW, R | A, ifi(41) + kind('vxlan', attr(ID, 43), attr(VLINK, 3)))
get(41, 'changed again')
t('vxlan: up', SET, R | A, ifi(40, 1, 1))
get(40, 'up')
t('vxlan: same port, other flags', NEW, NCX, ifi(50) + attr(NAME, 'y0') + kind('vxlan', attr(ID, 60), be16(PORT, 8472), attr(GBP)))
get(50)
t('vxlan: gbp up', SET, R | A, ifi(50, 1, 1))
add('y1', 51, 'vxlan', data=(attr(ID, 61), attr(LBYP - 0, b'\0')), what='vxlan: localbypass off')
get(51)
add('y2', 52, 'vxlan', data=(attr(ID, 62), u8(TTL, 0), u8(TOS, 1), attr(TTLI), u8(RCTX, 1), u8(RCRX, 1), attr(RCNP)), what='vxlan: more flags')
get(52)
add('y3', 53, 'vxlan', data=(attr(ID, 63), u8(VNIF, 1)), what='vxlan: vnifilter without metadata')
add('y3', 53, 'vxlan', data=(u8(META, 1), u8(VNIF, 1), be16(PORT, 4799)), what='vxlan: vnifilter')
get(53)
add('y4', 54, 'vxlan', data=(attr(ID, 64), be16(PORT, 0)), what='vxlan: port 0')
get(54)
add('y5', 55, 'vxlan', data=(attr(ID, 65), attr(RBITS, b'\xff' * 8)), what='vxlan: reserved bits')
add('y5', 55, 'vxlan', data=(attr(ID, 65), attr(RBITS, b'\x01\0\0\0\0\0\0\0')), what='vxlan: reserved bits 2')
get(55)
t('vxlan: mtu of a link', SET, R | A, ifi(40) + attr(MTU, 9000))
t('vxlan: mtu too large', SET, R | A, ifi(40) + attr(MTU, 65536))
t('vxlan: up of a group', SET, R | A, ifi(41, 1, 1))

# its FDB
ndm = lambda index, state=0x80, flags=2, family=7: struct.pack('<BxxxiHBB', family, index, state, flags, 0)
DST, LLADDR, VNI, NPORT, IFINDEX, SRCVNI = 1, 2, 7, 6, 8, 11
t('fdb: empty', GN, R | D, ifi(0, family=7))
t('fdb: add', NN, NCX, ndm(40) + attr(LLADDR, mac(60)) + attr(DST, ip(10, 0, 0, 3)))
t('fdb: again', NN, NCX, ndm(40) + attr(LLADDR, mac(60)) + attr(DST, ip(10, 0, 0, 3)))
t('fdb: other destination', NN, R | A | C | X, ndm(40) + attr(LLADDR, mac(60)) + attr(DST, ip(10, 0, 0, 4)))
t('fdb: append to unicast', NN, R | A | C | 0x800, ndm(40) + attr(LLADDR, mac(60)) + attr(DST, ip(10, 0, 0, 4)))
t('fdb: replace', NN, R | A | C | P, ndm(40) + attr(LLADDR, mac(60)) + attr(DST, ip(10, 0, 0, 5)) + be16(NPORT, 5000) + attr(VNI, 99))
t('fdb: append to all zeros', NN, R | A | C | 0x800, ndm(40) + attr(LLADDR, b'\0' * 6) + attr(DST, ip(10, 0, 0, 6)))
t('fdb: append to all zeros 2', NN, R | A | C | 0x800, ndm(40) + attr(LLADDR, b'\0' * 6) + attr(DST, ip(10, 0, 0, 7)))
t('fdb: append the same', NN, R | A | C | 0x800, ndm(40) + attr(LLADDR, b'\0' * 6) + attr(DST, ip(10, 0, 0, 7)))
t('fdb: no destination', NN, NCX, ndm(40) + attr(LLADDR, mac(61)))
t('fdb: without self', NN, NCX, ndm(40, flags=0) + attr(LLADDR, mac(61)) + attr(DST, ip(10, 0, 0, 3)))
t('fdb: state 0', NN, NCX, ndm(40, state=0) + attr(LLADDR, mac(61)) + attr(DST, ip(10, 0, 0, 3)))
t('fdb: short address', NN, NCX, ndm(40) + attr(LLADDR, b'\2') + attr(DST, ip(10, 0, 0, 3)))
t('fdb: no address', NN, NCX, ndm(40) + attr(DST, ip(10, 0, 0, 3)))
t('fdb: bad destination', NN, NCX, ndm(40) + attr(LLADDR, mac(61)) + attr(DST, b'\1'))
t('fdb: bad port', NN, NCX, ndm(40) + attr(LLADDR, mac(61)) + attr(DST, ip(10, 0, 0, 3)) + attr(NPORT, b'\1'))
t('fdb: unknown ifindex', NN, NCX, ndm(40) + attr(LLADDR, mac(61)) + attr(DST, ip(10, 0, 0, 3)) + attr(IFINDEX, 999))
t('fdb: group destination', NN, NCX, ndm(40) + attr(LLADDR, mac(61)) + attr(DST, ip(239, 0, 0, 3)))
t('fdb: no device', NN, NCX, ndm(0) + attr(LLADDR, mac(61)) + attr(DST, ip(10, 0, 0, 3)))
t('fdb: unknown device', NN, NCX, ndm(999) + attr(LLADDR, mac(61)) + attr(DST, ip(10, 0, 0, 3)))
t('fdb: replace unknown without create', NN, R | A | P, ndm(40) + attr(LLADDR, mac(62)) + attr(DST, ip(10, 0, 0, 3)))
t('fdb: with ifindex', NN, NCX, ndm(40, state=2) + attr(LLADDR, mac(63)) + attr(DST, ip(10, 0, 0, 8)) + attr(IFINDEX, 2))
t('fdb: dump of a device', GN, R | D, ndm(40, 0, 0))
t('fdb: get', GN, R | A, ndm(40, 0, 2) + attr(LLADDR, mac(60)))
t('fdb: get unknown', GN, R | A, ndm(40, 0, 2) + attr(LLADDR, mac(69)))
t('fdb: del one of many', DN, R | A, ndm(40) + attr(LLADDR, b'\0' * 6) + attr(DST, ip(10, 0, 0, 6)))
t('fdb: del unknown destination', DN, R | A, ndm(40) + attr(LLADDR, b'\0' * 6) + attr(DST, ip(10, 0, 0, 66)))
t('fdb: del', DN, R | A, ndm(40) + attr(LLADDR, mac(60)))
t('fdb: del again', DN, R | A, ndm(40) + attr(LLADDR, mac(60)))
t('fdb: dump at last', GN, R | D, ndm(40, 0, 0))
t('vxlan: del', DEL, R | A, ifi(40))
