#!/usr/bin/env python3
"""Records what a real kernel answers to link requests, one JSON object a line: the name of the case, how its socket is
set up, the request, and the datagrams that come back. Run it in a fresh network namespace:

    unshare -n python3 record.py > link-requests.jsonl

Sequence numbers and port ids are those of the run; the test puts its own in their place.
"""
import json, os, socket, struct

SOL_NETLINK = 270
seq = 0


def nl(ext=True, strict=True, cap=False):
    s = socket.socket(16, 3, 0)
    for on, opt in ((ext, 11), (strict, 12), (cap, 10)):
        if on:
            s.setsockopt(SOL_NETLINK, opt, 1)
    s.bind((0, 0))
    s.settimeout(0.05)
    return s


def msg(t, f, payload=b''):
    global seq
    seq += 1
    return struct.pack('<IHHII', 16 + len(payload), t, f, seq, 0) + payload


def attr(t, v=b''):
    if isinstance(v, str):
        v = v.encode() + b'\0'
    if isinstance(v, int):
        v = struct.pack('<I', v)
    return struct.pack('<HH', 4 + len(v), t) + v + b'\0' * (-len(v) % 4)


def ifi(index=0, flags=0, change=0, family=0, type=0):
    return struct.pack('<BxHiII', family, type, index, flags, change)


def kind(k, data=b''):
    return attr(18, attr(1, k) + (attr(2, data) if data else b''))


def say(name, req, **opts):
    s = nl(**opts)
    s.send(req)
    out = []
    try:
        while True:
            out.append(s.recv(65536).hex())
    except TimeoutError:
        pass
    print(json.dumps({'name': name, **opts, 'req': req.hex(), 'out': out}))
    s.close()


GET, NEW, SET, DEL = 18, 16, 19, 17
R, A, D, C, X, P = 1, 4, 0x300, 0x400, 0x200, 0x100
NCX = R | A | C | X
names = set()


def t(name, *a, **opts):
    assert name not in names, name
    names.add(name)
    say(name, msg(*a), **opts)


os.system('ip link add va type veth peer name vb; ip link add br0 type bridge; ip link add br1 type bridge')
t('get by index', GET, R, ifi(1))
t('get by index with ack', GET, R | A, ifi(1))
t('get nothing', GET, R, ifi())
t('get unknown index', GET, R, ifi(99))
t('get unknown name', GET, R, ifi() + attr(3, 'nope'))
t('get negative index', GET, R, ifi(-1))
t('get unknown altname', GET, R, ifi() + attr(53, 'nope'))
t('get strict: type in header', GET, R, ifi(1, type=1))
t('get strict: flags in header', GET, R, ifi(1, flags=1))
t('get strict: change in header', GET, R, ifi(1, change=0xffffffff))
t('get short header', GET, R, b'\0' * 8)
t('get one byte', GET, R, b'\0')
t('get no byte', GET, R, b'')
t('get unknown attribute', GET, R, ifi(1) + attr(200, 1))
t('get attribute that is not allowed', GET, R, ifi(1) + attr(4, 1))
t('get mtu too short', GET, R, ifi(1) + attr(4, b'a'))
t('get trailing bytes', GET, R, ifi(1) + b'abc')
t('get name too long', GET, R, ifi() + attr(3, 'a' * 20))
t('get unknown target nsid', GET, R, ifi(1) + attr(46, 5))
t('dump by index', GET, R | D, ifi(1))
t('dump one byte', GET, R | D, b'\0')
t('dump by name', GET, R | D, ifi() + attr(3, 'lo'))
t('dump with flags', GET, R | D, ifi(flags=1))
t('dump with change', GET, R | D, ifi(change=1))
t('dump of a master without ports', GET, R | D, ifi() + attr(10, 1))
t('dump of a kind', GET, R | D, ifi() + kind('veth'))
t('dump of an unknown kind', GET, R | D, ifi() + kind('nokind'))
t('dump of an unknown target nsid', GET, R | D, ifi() + attr(46, 5))
t('dump with ext mask', GET, R | D, ifi() + attr(29, 1))
t('dump by NLM_F_ROOT', GET, R | 0x100, ifi())
t('dump by NLM_F_MATCH', GET, R | 0x200, ifi())
t('dump of AF_INET', GET, R | D, ifi(family=2))
t('dump of family 200', GET, R | D, ifi(family=200))
t('message type too high', 200, R | A, ifi())
t('message type without handler', 23, R | A, ifi())
t('control message', 15, R | A, ifi())
t('no request', GET, A, ifi(1))
t('noop', 1, R | A, b'')
t('noop without ack', 1, R, b'')
t('new: nothing', NEW, R | A, ifi())
t('new: unknown name without create', NEW, R | A, ifi() + attr(3, 'x1'))
t('new: no kind', NEW, NCX, ifi() + attr(3, 'x1'))
t('new: unknown kind', NEW, NCX, ifi() + attr(3, 'x1') + kind('nope'))
t('new: unknown kind without create', NEW, R | A, ifi() + attr(3, 'x1') + kind('nope'))
t('new: name exists', NEW, NCX, ifi() + attr(3, 'va') + kind('veth'))
t('new: name exists, no excl', NEW, R | A | C, ifi() + attr(3, 'va') + kind('veth'))
t('new: name exists, another kind', NEW, R | A | C, ifi() + attr(3, 'va') + kind('bridge'))
t('new: name exists, replace', NEW, R | A | C | P, ifi() + attr(3, 'va') + kind('bridge'))
t('new: name exists, unknown kind', NEW, R | A | C, ifi() + attr(3, 'va') + kind('nope'))
t('new: change of data without changelink', NEW, R | A, ifi() + attr(3, 'va') + kind('veth', attr(99, b'abc')))
t('new: empty name', NEW, NCX, ifi() + attr(3, '') + kind('bridge'))
t('new: bad name', NEW, NCX, ifi() + attr(3, 'a/b') + kind('bridge'))
t('new: name of 15', NEW, NCX, ifi() + attr(3, 'a' * 15) + kind('bridge'))
t('new: name of 16', NEW, NCX, ifi() + attr(3, 'a' * 16) + kind('bridge'))
t('new: no name', NEW, NCX, ifi() + kind('bridge'))
t('new: negative index', NEW, NCX, ifi(-3) + kind('bridge'))
t('new: half an attribute in linkinfo', NEW, NCX, ifi() + attr(18, b'abc'))
t('new: empty linkinfo', NEW, NCX, ifi() + attr(18, b''))
t('new: template', NEW, NCX, ifi() + attr(3, 'foo%d') + kind('bridge'))
t('new: bad template', NEW, NCX, ifi() + attr(3, 'f%d%d') + kind('bridge'))
t('new: mtu too small', NEW, NCX, ifi() + attr(3, 'm1') + attr(4, 10) + kind('veth'))
t('new: bridge mtu too small', NEW, NCX, ifi() + attr(3, 'm1') + attr(4, 10) + kind('bridge'))
t('new: bridge mtu too large', NEW, NCX, ifi() + attr(3, 'm1') + attr(4, 70000) + kind('bridge'))
t('new: bridge address too short', NEW, NCX, ifi() + attr(3, 'm1') + attr(1, b'abc') + kind('bridge'))
t('new: index in use', NEW, NCX, ifi(1) + attr(3, 'zz') + kind('bridge'))
t('new: with index', NEW, NCX, ifi(77) + attr(3, 'i77') + kind('bridge'))
t('new: other index, name in use', NEW, R | A | C, ifi(88) + attr(3, 'i77') + kind('bridge'))
t('new: bad netns fd', NEW, NCX, ifi() + attr(3, 'q1') + attr(28, 999) + kind('bridge'))
t('new: bad netns pid', NEW, NCX, ifi() + attr(3, 'q1') + attr(19, 99999999) + kind('bridge'))
t('new: two netns', NEW, NCX, ifi() + attr(3, 'q1') + attr(19, 1) + attr(28, 1) + kind('bridge'))
t('new: unknown link nsid', NEW, NCX, ifi() + attr(3, 'q1') + attr(37, 9) + kind('bridge'))
t('new: unknown master', NEW, NCX, ifi() + attr(3, 'q2') + attr(10, 999) + kind('bridge'))
t('new: no transmit queue', NEW, NCX, ifi() + attr(3, 'q3') + attr(31, 0) + kind('veth'))
t('new: too many receive queues', NEW, NCX, ifi() + attr(3, 'q3') + attr(32, 5000) + kind('veth'))
t('new: peer too short', NEW, NCX, ifi() + attr(3, 'z5') + kind('veth', attr(1, b'abc')))
t('new: peer name in use', NEW, NCX, ifi() + attr(3, 'z4') + kind('veth', attr(1, ifi() + attr(3, 'va'))))
t('new: peer with small mtu', NEW, NCX, ifi() + attr(3, 'z4') + kind('veth', attr(1, ifi() + attr(3, 'z9') + attr(4, 10))))
t('new: unknown data', NEW, NCX, ifi() + attr(3, 'z5') + kind('veth', attr(99, b'abc')))
t('new: operstate and linkmode', NEW, NCX, ifi() + attr(3, 'q4') + attr(16, b'\6') + attr(17, b'\1') + kind('bridge'))
for cmd, n in ((SET, 'set'), (NEW, 'change')):
    def c(name, index, *parts):
        t(f'{n}: {name}', cmd, R | A, ifi(index) + b''.join(parts))
    c('unknown index', 99)
    c('nothing', 1)
    c('negative index and name', -1, attr(3, 'va'))
    c('by name', 0, attr(3, 'lo'))
    c('mtu too small', 2, attr(4, 10))
    c('mtu too large', 2, attr(4, 70000))
    c('mtu of lo', 1, attr(4, 10))
    c('mtu attribute too short', 2, attr(4, b'ab'))
    c('mtu attribute too long', 2, attr(4, b'\xdc\5\0\0\0\0'))
    c('address too short', 2, attr(1, b'abc'))
    c('group address', 2, attr(1, b'\1\0\0\0\0\0'))
    c('address', 2, attr(1, b'\2\0\0\0\0\1'))
    c('broadcast too short', 2, attr(2, b'abc'))
    c('rename to one in use', 2, attr(3, 'va'))
    c('rename to a bad one', 2, attr(3, 'a b'))
    c('rename to one too long', 2, attr(3, 'a' * 17))
    c('master unknown', 2, attr(10, 999))
    c('master that is none', 2, attr(10, 3))
    c('master', 2, attr(10, 4))
    c('other master', 2, attr(10, 5))
    c('no master', 2, attr(10, 0))
    c('no master again', 2, attr(10, 0))
    c('master itself', 4, attr(10, 4))
    c('lo gets a master', 1, attr(10, 4))
    c('bad netns pid', 2, attr(19, 99999999))
    c('bad netns fd', 2, attr(28, 99))
    c('bad target nsid', 2, attr(46, 4))
    c('netns pid too short', 2, attr(19, b'a'))
    c('two netns', 2, attr(19, 1), attr(28, 1))
    c('operstate 9', 2, attr(16, b'\x09'))
    c('linkmode 9', 2, attr(17, b'\x09'))
    c('linkmode 0', 2, attr(17, b'\0'))
    c('carrier', 2, attr(33, b'\0'))
    c('queue length', 2, attr(13, 5))
    c('group', 2, attr(27, 5))
    c('alias', 2, attr(20, b'al'))
    c('no alias', 2, attr(20, b''))
    c('alias too long', 2, attr(20, b'a' * 256))
    c('map', 2, attr(14, b'\0' * 32))
    c('proto down', 2, attr(39, b'\1'))
    c('promiscuity', 2, attr(30, 1))
    c('unknown attribute', 2, attr(200, 1))
    c('trailing bytes', 2, b'xx')
    c('queues', 2, attr(31, 4))
    c('gso size too small', 2, attr(41, 100))
    c('gso size too large', 2, attr(41, 0x7fffffff))
    c('gso segments too many', 2, attr(40, 0x7fffffff))
    c('statistics', 2, attr(7, b'\0' * 96))
    c('least mtu', 2, attr(50, 4))
    c('half an attribute in af spec', 2, attr(26, b'abc'))
    c('unknown family in af spec', 2, attr(26, attr(99, b'')))
    c('permanent address', 2, attr(54, b'\0' * 6))
    t(f'{n}: lo up', cmd, R | A, ifi(1, 1, 1))
    t(f'{n}: lo down', cmd, R | A, ifi(1, 0, 1))
    t(f'{n}: flags without change', cmd, R | A, ifi(2, 1))
    t(f'{n}: down', cmd, R | A, ifi(2, 0, 1))
t('set: nothing named', SET, R | A, ifi())
t('set: unknown name', SET, R | A, ifi() + attr(3, 'nope'))
t('set: kind', SET, R | A, ifi(2) + kind('bridge'))
t('change: negative index is refused', NEW, R | A, ifi(-1))
t('group: flags', NEW, R | A, ifi(0, 1, 1) + attr(27, 5))
t('group: nobody', NEW, R | A, ifi(0, 1, 1) + attr(27, 77))
t('del: nothing', DEL, R | A, ifi())
t('del: unknown index', DEL, R | A, ifi(99))
t('del: negative index', DEL, R | A, ifi(-1))
t('del: unknown name', DEL, R | A, ifi() + attr(3, 'nope'))
t('del: lo', DEL, R | A, ifi(1))
t('del: group without members', DEL, R | A, ifi() + attr(27, 77))
t('del: default group', DEL, R | A, ifi() + attr(27, 0))
t('del: group', DEL, R | A, ifi() + attr(27, 5))
t('del: gone with the group', DEL, R | A, ifi() + attr(3, 'va'))
t('del: by name', DEL, R | A, ifi() + attr(3, 'br0'))
t('del: bulk', DEL, R | A | 0x200, ifi(1))
t('del: unknown attribute', DEL, R | A, ifi(5) + attr(200, 4))
t('del: short header', DEL, R | A, b'\0' * 3)
t('plain: dump by index', GET, R | D, ifi(1), ext=False, strict=False)
t('plain: dump one byte', GET, R | D, b'\0', ext=False, strict=False)
t('plain: get trailing', GET, R, ifi(1) + b'abcd', ext=False, strict=False)
t('plain: get unknown index', GET, R, ifi(99), ext=False, strict=False)
t('plain: unknown kind', NEW, NCX, ifi() + attr(3, 'x1') + kind('nope'), ext=False, strict=False)
t('capped: get unknown index', GET, R, ifi(99) + attr(29, 1), cap=True)
t('capped: del lo', DEL, R | A, ifi(1) + attr(29, 1), cap=True)
say('two in one', msg(GET, R, ifi(1)) + msg(GET, R | A, ifi(1)))
say('length below the header', struct.pack('<IHHII', 15, 18, 1, 1, 0))
say('length beyond the datagram', struct.pack('<IHHII', 200, 18, 5, 1, 0) + ifi(1))
say('three bytes', b'abc')
