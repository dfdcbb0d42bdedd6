#!/usr/bin/env python3
"""Records what a real kernel answers to traffic control requests, one JSON object a line: the name of the case, the
request, and the datagrams that come back. Run it in a fresh network namespace:

    unshare -n python3 record-tc.py > tc-requests.jsonl

Sequence numbers and port ids are those of the run; the test puts its own in their place. With -v it prints what came
back in words instead.
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


def tcm(index=2, handle=0, parent=0, info=0, family=0):
    return struct.pack('<BBHiIII', family, 0, 0, index, handle & 0xffffffff, parent & 0xffffffff, info & 0xffffffff)


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
                    tl += ' ' + ({1: 'msg', 2: 'offs', 5: 'miss', 6: 'nest'}.get(ty, str(ty))) + '=' + (bytes.fromhex(v)[:-1].decode() if ty == 1 else v)
            out.append(f'ERR {e}{tl} fl={f:x}')
        elif t == 3:
            out.append(f'DONE {b[:4].hex()}')
        elif 36 <= t <= 47 or t in (100, 101, 102):
            fam, _, _, idx, h, pa, inf = struct.unpack_from('<BBHiIII', b)
            out.append(f'{t} fl={f:x} if={idx} h={h:x} p={pa:x} info={inf:x} {attrs(b[20:])}')
        else:
            out.append(f'{t} fl={f:x} {b.hex()}')
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


NEWQ, DELQ, GETQ, NEWC, DELC, GETC, NEWF, DELF, GETF = 36, 37, 38, 40, 41, 42, 44, 45, 46
NEWA, DELA, GETA = 48, 49, 50
NEWCH, DELCH, GETCH = 100, 101, 102
R, A, E, D, C, X, P = 1, 4, 8, 0x300, 0x400, 0x200, 0x100
ADD, REPL, CHG = R | A | C | X, R | A | C | P, R | A
ROOT, INGRESS = 0xffffffff, 0xfffffff1
KIND, OPT, RATE, CHAIN, STAB, IBLOCK, EBLOCK = 1, 2, 5, 11, 8, 13, 14
HANDLES = (0x10000, 0x20000, 0x30000, 0x40000)


def k(kind, opt=None, *more):
    return attr(KIND, kind) + (attr(OPT, opt) if opt is not None else b'') + b''.join(more)


def ratespec(rate, cell_log=3, linklayer=1, overhead=0, align=-1, mpu=0):
    return struct.pack('<BBHhHI', cell_log, linklayer, overhead, align, mpu, rate)


def rtab(rate, cell_log=3):
    return struct.pack('<256I', *[int((i + 1 << cell_log) * 15625000 / rate) for i in range(256)])


def tbf(rate=125000, limit=10000, buffer=1250000, mtu=0, peak=0, table=True, more=b''):
    q = ratespec(rate) + ratespec(peak) + struct.pack('<III', limit, buffer, mtu)
    return attr(1, q) + (attr(2, rtab(rate)) if table else b'') + (attr(3, rtab(peak)) if peak else b'') + more


def htbinit(version=3, r2q=10, default=0x10, debug=0, more=b''):
    return attr(2, struct.pack('<IIIII', version, r2q, default, debug, 0)) + more


def htbclass(rate=125000, ceil=125000, buf=20000, cbuf=20000, quantum=0, level=0, prio=0, tabs=True, more=b''):
    o = ratespec(rate) + ratespec(ceil) + struct.pack('<IIIII', buf, cbuf, quantum, level, prio)
    return attr(1, o) + ((attr(4, rtab(ceil)) + attr(3, rtab(rate))) if tabs else b'') + more


os.system('sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1; ip link set lo up; ip link add va numtxqueues 1 numrxqueues 1 index 2 type veth peer name vb numtxqueues 1 numrxqueues 1 index 3; ip link set va txqueuelen 1000')
show = 0


def dump(what='', ty=GETQ, p=None):
    global show
    show += 1
    t(f'dump {show} {what}', ty, R | D, tcm(0) if p is None else p)


dump('at first')
t('get q: lo', GETQ, R | E, tcm(1))
t('get q: lo root, no echo', GETQ, R, tcm(1, 0, ROOT))
t('get q: lo root', GETQ, R | E, tcm(1, 0, ROOT))
t('get q: lo handle 1:', GETQ, R | E, tcm(1, 0x10000))
t('get q: no device', GETQ, R | E, tcm(0))
t('get q: unknown device', GETQ, R | E, tcm(99))
t('get q: short', GETQ, R | E, b'\0' * 8)
os.system('ip link set va up; ip link set vb up')
if not VERBOSE:
    print(json.dumps({'name': 'va and vb go up', 'up': [2, 3]}))
dump('up')
dump('of a device', GETQ, tcm(2))
dump('invisible', GETQ, tcm(0) + attr(10))
dump('invisible of a device', GETQ, tcm(2) + attr(10))
t('new q: unknown kind', NEWQ, ADD, tcm(2, 0x10000, ROOT) + k('nope'))
t('new q: no kind', NEWQ, ADD, tcm(2, 0x10000, ROOT))
t('new q: unknown device', NEWQ, ADD, tcm(99, 0x10000, ROOT) + k('pfifo'))
t('new q: kind too long', NEWQ, ADD, tcm(2, 0x10000, ROOT) + k('p' * 16))
t('new q: minor in handle', NEWQ, ADD, tcm(2, 0x10001, ROOT) + k('pfifo'))
t('new q: no create', NEWQ, R | A, tcm(2, 0x10000, ROOT) + k('pfifo'))
t('new q: pfifo', NEWQ, ADD, tcm(2, 0x10000, ROOT) + k('pfifo'))
dump('pfifo', GETQ, tcm(2))
t('new q: pfifo again', NEWQ, ADD, tcm(2, 0x10000, ROOT) + k('pfifo'))
t('new q: pfifo again, other handle', NEWQ, ADD, tcm(2, 0x20000, ROOT) + k('pfifo'))
t('new q: change pfifo', NEWQ, CHG, tcm(2, 0x10000, ROOT) + k('pfifo', struct.pack('<I', 5)))
t('new q: change by handle only', NEWQ, CHG, tcm(2, 0x10000) + k('pfifo', struct.pack('<I', 6)))
t('new q: change other kind', NEWQ, CHG, tcm(2, 0x10000, ROOT) + k('bfifo', struct.pack('<I', 6)))
t('new q: change unknown handle', NEWQ, CHG, tcm(2, 0x50000) + k('pfifo', struct.pack('<I', 6)))
t('new q: limit too short', NEWQ, CHG, tcm(2, 0x10000, ROOT) + k('pfifo', b'ab'))
t('new q: replace with bfifo', NEWQ, REPL, tcm(2, 0x10000, ROOT) + k('bfifo'))
dump('bfifo', GETQ, tcm(2))
t('new q: replace with bfifo, new handle', NEWQ, REPL, tcm(2, 0x20000, ROOT) + k('bfifo', struct.pack('<I', 3000)))
dump('bfifo 2', GETQ, tcm(2))
t('new q: replace with the same', NEWQ, REPL, tcm(2, 0x20000, ROOT) + k('bfifo', struct.pack('<I', 4000)))
t('get q: root', GETQ, R | E, tcm(2, 0, ROOT))
t('get q: handle 2:', GETQ, R | E, tcm(2, 0x20000))
t('get q: handle 7:', GETQ, R | E, tcm(2, 0x70000))
t('get q: other kind', GETQ, R | E, tcm(2, 0x20000) + attr(1, 'pfifo'))
t('get q: both agree', GETQ, R | E, tcm(2, 0x20000, ROOT))
t('get q: both differ', GETQ, R | E, tcm(2, 0x30000, ROOT))
t('get q: parent class', GETQ, R | E, tcm(2, 0, 0x20001))
t('get q: parent unknown', GETQ, R | E, tcm(2, 0, 0x90001))
t('get q: ingress', GETQ, R | E, tcm(2, 0, INGRESS))
t('del q: unknown device', DELQ, R | A, tcm(99, 0, ROOT))
t('del q: other kind', DELQ, R | A, tcm(2, 0, ROOT) + attr(1, 'pfifo'))
t('del q: other handle', DELQ, R | A, tcm(2, 0x10000, ROOT))
t('del q: handle only', DELQ, R | A, tcm(2, 0x20000))
t('del q: handle only, echo', DELQ, R | A | E, tcm(2, 0x20000))
t('del q: root', DELQ, R | A, tcm(2, 0, ROOT))
t('del q: root again', DELQ, R | A, tcm(2, 0, ROOT))
dump('noqueue again', GETQ, tcm(2))
t('new q: noqueue', NEWQ, ADD, tcm(2, 0x10000, ROOT) + k('noqueue'))
dump('noqueue of ours', GETQ, tcm(2))
t('del q: noqueue', DELQ, R | A, tcm(2, 0, ROOT))
t('new q: no handle', NEWQ, ADD, tcm(2, 0, ROOT) + k('pfifo_fast'))
t('new q: echo', NEWQ, REPL | E, tcm(2, 0, ROOT) + k('pfifo_fast'))
dump('handle of the kernel', GETQ, tcm(2))
t('new q: pfifo_fast with options', NEWQ, REPL, tcm(2, 0, ROOT) + k('pfifo_fast', b'\0' * 20))
t('new q: pfifo_fast change', NEWQ, CHG, tcm(2, 0, ROOT) + k('pfifo_fast', b'\0' * 20))
t('new q: mq', NEWQ, REPL, tcm(2, 0x10000, ROOT) + k('mq'))
t('new q: with stab', NEWQ, REPL, tcm(2, 0x10000, ROOT) + k('pfifo', None, attr(STAB, attr(1, struct.pack('<BBhiIIII', 0, 0, 0, 24, 1, 0, 0, 0)))))
dump('stab', GETQ, tcm(2))
t('new q: stab without base', NEWQ, REPL, tcm(2, 0x10000, ROOT) + k('pfifo', None, attr(STAB, b'')))
t('new q: stab with half a table', NEWQ, REPL, tcm(2, 0x10000, ROOT) + k('pfifo', None, attr(STAB, attr(1, struct.pack('<BBhiIIII', 0, 0, 0, 24, 1, 0, 0, 9)))))
t('new q: with rate', NEWQ, REPL, tcm(2, 0x10000, ROOT) + k('pfifo', None, attr(RATE, struct.pack('<bB', 0, 4))))
t('new q: rate too short', NEWQ, REPL, tcm(2, 0x10000, ROOT) + k('pfifo', None, attr(RATE, b'a')))
t('new q: rate off', NEWQ, REPL, tcm(2, 0x10000, ROOT) + k('pfifo', None, attr(RATE, struct.pack('<bB', 9, 4))))
t('new q: under a pfifo', NEWQ, ADD, tcm(2, 0x20000, 0x10001) + k('pfifo'))
t('new q: ingress block on pfifo', NEWQ, REPL, tcm(2, 0x10000, ROOT) + k('pfifo', None, attr(IBLOCK, 5)))
t('class of pfifo', GETC, R | A, tcm(2, 0x10001))
dump('classes of pfifo', GETC, tcm(2))
dump('classes of no device', GETC, tcm(0))
dump('filters of pfifo', GETF, tcm(2, 0, ROOT))
dump('filters of no device', GETF, tcm(0))
t('filter on pfifo', NEWF, ADD, tcm(2, 0, 0x10000, 0x00010008) + k('u32'))
t('del q: last', DELQ, R | A, tcm(2, 0, ROOT))

# tbf
t('tbf: no options', NEWQ, ADD, tcm(2, 0x10000, ROOT) + k('tbf'))
t('tbf: empty options', NEWQ, ADD, tcm(2, 0x10000, ROOT) + k('tbf', b''))
t('tbf: no parms', NEWQ, ADD, tcm(2, 0x10000, ROOT) + k('tbf', attr(6, 5000)))
t('tbf: parms too short', NEWQ, ADD, tcm(2, 0x10000, ROOT) + k('tbf', attr(1, b'abcd')))
t('tbf: no table', NEWQ, ADD, tcm(2, 0x10000, ROOT) + k('tbf', tbf(table=False)))
dump('tbf without table', GETQ, tcm(2))
t('tbf: plain', NEWQ, REPL, tcm(2, 0x10000, ROOT) + k('tbf', tbf()))
dump('tbf', GETQ, tcm(2))
t('tbf: burst', NEWQ, REPL, tcm(2, 0x10000, ROOT) + k('tbf', tbf(more=attr(6, 5000))))
dump('tbf burst', GETQ, tcm(2))
t('tbf: peak', NEWQ, REPL, tcm(2, 0x10000, ROOT) + k('tbf', tbf(peak=250000, mtu=200000, more=attr(6, 5000) + attr(7, 2000))))
dump('tbf peak', GETQ, tcm(2))
t('tbf: peak below rate', NEWQ, REPL, tcm(2, 0x10000, ROOT) + k('tbf', tbf(peak=2500, mtu=200000, more=attr(6, 5000) + attr(7, 2000))))
t('tbf: rate64', NEWQ, REPL, tcm(2, 0x10000, ROOT) + k('tbf', tbf(rate=0xffffffff, more=attr(4, struct.pack('<Q', 5000000000)) + attr(6, 50000))))
dump('tbf rate64', GETQ, tcm(2))
t('tbf: rate 0', NEWQ, REPL, tcm(2, 0x10000, ROOT) + k('tbf', attr(1, ratespec(0) + ratespec(0) + struct.pack('<III', 1000, 100, 0))))
t('tbf: limit 0', NEWQ, REPL, tcm(2, 0x10000, ROOT) + k('tbf', tbf(limit=0)))
dump('tbf limit 0', GETQ, tcm(2))
dump('tbf classes', GETC, tcm(2))
t('tbf: burst below mtu', NEWQ, REPL, tcm(2, 0x10000, ROOT) + k('tbf', tbf(more=attr(6, 100))))
t('tbf: child', NEWQ, ADD, tcm(2, 0x20000, 0x10001) + k('pfifo', struct.pack('<I', 7)))
dump('tbf child', GETQ, tcm(2))
dump('tbf child classes', GETC, tcm(2))
t('tbf: get class 1:1', GETC, R | E, tcm(2, 0x10001))
t('tbf: get class 1:2', GETC, R | E, tcm(2, 0x10002))
t('tbf: new class', NEWC, ADD, tcm(2, 0x10005, 0x10000) + k('tbf'))
t('tbf: del class', DELC, R | A, tcm(2, 0x10001))
t('tbf: child in itself', NEWQ, REPL, tcm(2, 0x10000, 0x10001))
t('tbf: child same handle as root', NEWQ, ADD, tcm(2, 0x10000, 0x10001) + k('pfifo'))
t('tbf: child of unknown class', NEWQ, ADD, tcm(2, 0x30000, 0x10002) + k('pfifo'))
t('tbf: child of unknown qdisc', NEWQ, ADD, tcm(2, 0x30000, 0x90002) + k('pfifo'))
t('tbf: replace child', NEWQ, REPL, tcm(2, 0x30000, 0x10001) + k('bfifo'))
t('tbf: change limit with other child', NEWQ, CHG, tcm(2, 0x10000, ROOT) + k('tbf', tbf(limit=777)))
dump('tbf child 2', GETQ, tcm(2))
t('tbf: delete child', DELQ, R | A, tcm(2, 0x30000, 0x10001))
t('tbf: delete child by handle', DELQ, R | A, tcm(2, 0x20000))
dump('tbf child 3', GETQ, tcm(2))
t('tbf: filter', NEWF, ADD, tcm(2, 0, 0x10000, 0x00010008) + k('u32', b''))
t('tbf: move child up', NEWQ, REPL, tcm(2, 0x30000, ROOT))
t('tbf: del', DELQ, R | A, tcm(2, 0, ROOT))

# htb
t('htb: no options', NEWQ, ADD, tcm(2, 0x10000, ROOT) + k('htb'))
t('htb: no init', NEWQ, ADD, tcm(2, 0x10000, ROOT) + k('htb', b''))
t('htb: wrong version', NEWQ, ADD, tcm(2, 0x10000, ROOT) + k('htb', htbinit(version=2)))
t('htb: plain', NEWQ, ADD, tcm(2, 0x10000, ROOT) + k('htb', htbinit()))
dump('htb', GETQ, tcm(2))
t('htb: change', NEWQ, CHG, tcm(2, 0x10000, ROOT) + k('htb', htbinit(default=0x20)))
t('htb: direct qlen', NEWQ, REPL, tcm(2, 0x20000, ROOT) + k('htb', htbinit(more=attr(5, 33))))
dump('htb direct', GETQ, tcm(2))
t('htb: back', NEWQ, REPL, tcm(2, 0x10000, ROOT) + k('htb', htbinit(r2q=0)))
dump('htb r2q', GETQ, tcm(2))
t('htb: class without options', NEWC, ADD, tcm(2, 0x10001, 0x10000) + k('htb'))
t('htb: class without kind', NEWC, ADD, tcm(2, 0x10001, 0x10000) + attr(OPT, htbclass()))
t('htb: class without parms', NEWC, ADD, tcm(2, 0x10002, 0x10000) + k('htb', b''))
t('htb: class of other kind', NEWC, ADD, tcm(2, 0x10002, 0x10000) + k('tbf', htbclass()))
t('htb: class with rate 0', NEWC, ADD, tcm(2, 0x10002, 0x10000) + k('htb', htbclass(rate=8, ceil=0, tabs=False)))
t('htb: class', NEWC, ADD, tcm(2, 0x10002, 0x10000) + k('htb', htbclass()))
t('htb: class again', NEWC, ADD, tcm(2, 0x10002, 0x10000) + k('htb', htbclass()))
t('htb: class change', NEWC, CHG, tcm(2, 0x10002, 0x10000) + k('htb', htbclass(rate=250000, ceil=500000, prio=3, quantum=3000)))
t('htb: class replace', NEWC, REPL, tcm(2, 0x10003, 0x10000) + k('htb', htbclass(rate=25000000, ceil=50000000, prio=9)))
dump('htb classes', GETC, tcm(2))
t('htb: change unknown', NEWC, CHG, tcm(2, 0x10009, 0x10000) + k('htb', htbclass()))
t('htb: class of root handle', NEWC, ADD, tcm(2, 0x10000, 0x10000) + k('htb', htbclass()))
t('htb: class of other major', NEWC, ADD, tcm(2, 0x20005, 0x10000) + k('htb', htbclass()))
t('htb: class minor only', NEWC, ADD, tcm(2, 0x7, 0x10000) + k('htb', htbclass()))
t('htb: class under a class', NEWC, ADD, tcm(2, 0x10020, 0x10002) + k('htb', htbclass(rate=50000, ceil=100000)))
t('htb: class under unknown', NEWC, ADD, tcm(2, 0x10021, 0x10099) + k('htb', htbclass()))
t('htb: class under root', NEWC, ADD, tcm(2, 0x10022, ROOT) + k('htb', htbclass()))
t('htb: class under no parent', NEWC, ADD, tcm(2, 0x10023, 0) + k('htb', htbclass()))
t('htb: class without id', NEWC, ADD, tcm(2, 0, 0x10000) + k('htb', htbclass()))
t('htb: class with rate64', NEWC, ADD, tcm(2, 0x10024, 0x10000) + k('htb', htbclass(rate=0xffffffff, ceil=0xffffffff, more=attr(6, struct.pack('<Q', 5000000000)) + attr(7, struct.pack('<Q', 6000000000)))))
dump('htb classes 2', GETC, tcm(2))
dump('htb qdiscs 2', GETQ, tcm(2))
dump('htb classes of parent', GETC, tcm(2, 0, 0x10000))
dump('htb classes of class', GETC, tcm(2, 0, 0x10002))
t('htb: get class', GETC, R | E, tcm(2, 0x10020))
t('htb: get class, parent', GETC, R | E, tcm(2, 0x10020, 0x10002))
t('htb: get class 0', GETC, R | E, tcm(2, 0x10000))
t('htb: get unknown class', GETC, R | E, tcm(2, 0x10077))
t('htb: leaf qdisc', NEWQ, ADD, tcm(2, 0x40000, 0x10020) + k('pfifo', struct.pack('<I', 9)))
t('htb: leaf of inner', NEWQ, ADD, tcm(2, 0x50000, 0x10002) + k('pfifo', struct.pack('<I', 9)))
t('htb: leaf of unknown', NEWQ, ADD, tcm(2, 0x50000, 0x10077) + k('pfifo', struct.pack('<I', 9)))
dump('htb leaf', GETQ, tcm(2))
dump('htb leaf classes', GETC, tcm(2))
t('htb: del inner', DELC, R | A, tcm(2, 0x10002))
t('htb: del unknown', DELC, R | A, tcm(2, 0x10088))
t('htb: del no handle', DELC, R | A, tcm(2, 0))
t('htb: del echo', DELC, R | A | E, tcm(2, 0x10003))
t('htb: class with cburst only', NEWC, ADD, tcm(2, 0x10030, 0x10000) + k('htb', attr(1, ratespec(125000) + ratespec(0) + struct.pack('<IIIII', 0, 0, 0, 0, 0))))
t('htb: class with estimator', NEWC, ADD, tcm(2, 0x10031, 0x10000) + k('htb', htbclass(), attr(RATE, struct.pack('<bB', 0, 4))))
t('htb: get estimator', GETC, R | E, tcm(2, 0x10031))

# filters: u32 on htb
U32 = lambda *a: b''.join(attr(x, y) for x, y in a)


def sel(keys, flags=1, offshift=0, offmask=0, off=0, offoff=0, hoff=0, hmask=0):
    return struct.pack('<BBBxHHhhI', flags, offshift, len(keys), offmask, off, offoff, hoff, hmask) + b''.join(struct.pack('>II', m, v) + struct.pack('<ii', o, om) for m, v, o, om in keys)


F = lambda prio, proto=0x0800: (prio << 16) | socket.htons(proto)
one = (0xffffffff, 0x01020304, 16, 0)
t('u32: no options', NEWF, ADD, tcm(2, 0, 0x10000, F(1)) + k('u32'))
t('u32: no selector', NEWF, ADD, tcm(2, 0, 0x10000, F(1)) + k('u32', b''))
t('u32: no flowid', NEWF, ADD, tcm(2, 0, 0x10000, F(1)) + k('u32', U32((5, sel([one])))))
t('u32: plain', NEWF, ADD, tcm(2, 0, 0x10000, F(2)) + k('u32', U32((5, sel([one])), (1, 0x10003))))
dump('u32', GETF, tcm(2, 0, 0x10000))
t('u32: again', NEWF, ADD, tcm(2, 0, 0x10000, F(2)) + k('u32', U32((5, sel([one])), (1, 0x10003))))
t('u32: no prio', NEWF, ADD, tcm(2, 0, 0x10000, F(0)) + k('u32', U32((5, sel([one])), (1, 0x10003))))
t('u32: no prio 2', NEWF, ADD, tcm(2, 0, 0x10000, F(0, 0x0806)) + k('u32', U32((5, sel([one])), (1, 0x10003))))
t('u32: no prio, no create', NEWF, R | A, tcm(2, 0, 0x10000, F(0)) + k('u32', U32((5, sel([one])), (1, 0x10003))))
t('u32: other protocol', NEWF, ADD, tcm(2, 0, 0x10000, F(2, 0x86dd)) + k('u32', U32((5, sel([one])), (1, 0x10003))))
t('u32: other kind', NEWF, ADD, tcm(2, 0, 0x10000, F(2)) + k('bpf'))
t('u32: unknown kind', NEWF, ADD, tcm(2, 0, 0x10000, F(9)) + k('nope'))
t('u32: no kind', NEWF, ADD, tcm(2, 0, 0x10000, F(9)))
t('u32: protocol 0', NEWF, ADD, tcm(2, 0, 0x10000, F(9, 0)) + k('u32', U32((5, sel([one])), (1, 0x10003))))
t('u32: on a class', NEWF, ADD, tcm(2, 0, 0x10002, F(1)) + k('u32', U32((5, sel([one])), (1, 0x10020))))
t('u32: on unknown class', NEWF, ADD, tcm(2, 0, 0x10099, F(1)) + k('u32', U32((5, sel([one])), (1, 0x10020))))
t('u32: on unknown qdisc', NEWF, ADD, tcm(2, 0, 0x90000, F(1)) + k('u32', U32((5, sel([one])), (1, 0x10020))))
t('u32: on root', NEWF, ADD, tcm(2, 0, ROOT, F(3)) + k('u32', U32((5, sel([one])), (1, 0x10020))))
t('u32: on nothing', NEWF, ADD, tcm(2, 0, 0, F(4)) + k('u32', U32((5, sel([one])), (1, 0x10020))))
t('u32: unknown device', NEWF, ADD, tcm(99, 0, 0x10000, F(1)) + k('u32', U32((5, sel([one])), (1, 0x10020))))
t('u32: chain', NEWF, ADD, tcm(2, 0, 0x10000, F(5)) + k('u32', U32((5, sel([one])), (1, 0x10020)), attr(CHAIN, 7)))
t('u32: chain too large', NEWF, ADD, tcm(2, 0, 0x10000, F(5)) + k('u32', U32((5, sel([one])), (1, 0x10020)), attr(CHAIN, 0x10000000)))
t('u32: hash table', NEWF, ADD, tcm(2, 0x00200000, 0x10000, F(6)) + k('u32', U32((4, 16))))
t('u32: hash table again', NEWF, ADD, tcm(2, 0x00200000, 0x10000, F(6)) + k('u32', U32((4, 16))))
t('u32: hash table without handle', NEWF, ADD, tcm(2, 0, 0x10000, F(6)) + k('u32', U32((4, 16))))
t('u32: divisor 3', NEWF, ADD, tcm(2, 0x00300000, 0x10000, F(6)) + k('u32', U32((4, 3))))
t('u32: divisor 512', NEWF, ADD, tcm(2, 0x00300000, 0x10000, F(6)) + k('u32', U32((4, 512))))
t('u32: divisor and key', NEWF, ADD, tcm(2, 0x00300001, 0x10000, F(6)) + k('u32', U32((4, 4))))
t('u32: in a bucket', NEWF, ADD, tcm(2, 0x00203005, 0x10000, F(6)) + k('u32', U32((5, sel([one])), (1, 0x10020), (2, 0x00203000))))
t('u32: in a bucket of none', NEWF, ADD, tcm(2, 0, 0x10000, F(6)) + k('u32', U32((5, sel([one])), (1, 0x10020), (2, 0x00503000))))
t('u32: bucket too high', NEWF, ADD, tcm(2, 0, 0x10000, F(6)) + k('u32', U32((5, sel([one])), (1, 0x10020), (2, 0x00210000))))
t('u32: link', NEWF, ADD, tcm(2, 0, 0x10000, F(6)) + k('u32', U32((5, sel([], flags=0, hoff=12, hmask=0xff)), (3, 0x00200000))))
t('u32: link to none', NEWF, ADD, tcm(2, 0, 0x10000, F(6)) + k('u32', U32((5, sel([one])), (3, 0x00700000))))
t('u32: link to a key', NEWF, ADD, tcm(2, 0, 0x10000, F(6)) + k('u32', U32((5, sel([one])), (3, 0x00203005))))
t('u32: indev', NEWF, ADD, tcm(2, 0, 0x10000, F(6)) + k('u32', U32((5, sel([one])), (1, 0x10020), (8, 'lo'))))
t('u32: indev unknown', NEWF, ADD, tcm(2, 0, 0x10000, F(6)) + k('u32', U32((5, sel([one])), (1, 0x10020), (8, 'nope'))))
t('u32: selector too short', NEWF, ADD, tcm(2, 0, 0x10000, F(6)) + k('u32', U32((5, b'abcd'), (1, 0x10020))))
t('u32: selector shorter than keys', NEWF, ADD, tcm(2, 0, 0x10000, F(6)) + k('u32', U32((5, sel([one])[:16]), (1, 0x10020))))
t('u32: flags', NEWF, ADD, tcm(2, 0, 0x10000, F(6)) + k('u32', U32((5, sel([one])), (1, 0x10020), (11, 0x80))))
t('u32: skip hw', NEWF, ADD, tcm(2, 0, 0x10000, F(6)) + k('u32', U32((5, sel([one])), (1, 0x10020), (11, 1))))
t('u32: skip sw', NEWF, ADD, tcm(2, 0, 0x10000, F(6)) + k('u32', U32((5, sel([one])), (1, 0x10020), (11, 2))))
t('u32: flowid of another qdisc', NEWF, ADD, tcm(2, 0, 0x10000, F(6)) + k('u32', U32((5, sel([one])), (1, 0x70020))))
dump('u32 all', GETF, tcm(2, 0, 0x10000))
dump('u32 root', GETF, tcm(2))
dump('u32 prio', GETF, tcm(2, 0, 0x10000, F(6, 0)))
dump('u32 protocol', GETF, tcm(2, 0, 0x10000, F(0, 0x0806)))
dump('u32 chain', GETF, tcm(2, 0, 0x10000) + attr(CHAIN, 7))
dump('u32 class', GETF, tcm(2, 0, 0x10002))
dump('u32 unknown', GETF, tcm(2, 0, 0x90000))
dump('u32 terse', GETF, tcm(2, 0, 0x10000, F(2, 0)) + attr(15, struct.pack('<II', 1, 1)))
dump('chains', GETCH, tcm(2, 0, 0x10000))
t('get f: by handle', GETF, R | E, tcm(2, 0x80000800, 0x10000, F(2)) + attr(1, 'u32'))
t('get f: unknown handle', GETF, R | E, tcm(2, 0x80000844, 0x10000, F(2)) + attr(1, 'u32'))
t('get f: no prio', GETF, R | E, tcm(2, 0x80000800, 0x10000, F(0)) + attr(1, 'u32'))
t('get f: unknown prio', GETF, R | E, tcm(2, 0x80000800, 0x10000, F(99)) + attr(1, 'u32'))
t('get f: other kind', GETF, R | E, tcm(2, 0x80000800, 0x10000, F(2)) + attr(1, 'bpf'))
t('get f: unknown kind', GETF, R | E, tcm(2, 0x80000800, 0x10000, F(2)) + attr(1, 'nope'))
t('get f: no kind', GETF, R | E, tcm(2, 0x80000800, 0x10000, F(2)))
t('get f: unknown chain', GETF, R | E, tcm(2, 0x80000800, 0x10000, F(2)) + attr(1, 'u32') + attr(CHAIN, 99))
t('get f: unknown qdisc', GETF, R | E, tcm(2, 0x80000800, 0x90000, F(2)) + attr(1, 'u32'))
t('change f: other selector', NEWF, CHG, tcm(2, 0x80000800, 0x10000, F(2)) + k('u32', U32((5, sel([one, one])), (1, 0x10003))))
t('change f: flowid', NEWF, CHG, tcm(2, 0x80000800, 0x10000, F(2)) + k('u32', U32((1, 0x10020))))
t('change f: excl', NEWF, ADD, tcm(2, 0x80000800, 0x10000, F(2)) + k('u32', U32((1, 0x10020))))
t('change f: unknown', NEWF, CHG, tcm(2, 0x80000899, 0x10000, F(2)) + k('u32', U32((1, 0x10020))))
t('replace f: unknown', NEWF, R | A | C, tcm(2, 0x80000899, 0x10000, F(2)) + k('u32', U32((5, sel([one])), (1, 0x10020))))
dump('u32 changed', GETF, tcm(2, 0, 0x10000, F(2, 0)))
t('del f: unknown handle', DELF, R | A, tcm(2, 0x80000888, 0x10000, F(2)) + attr(1, 'u32'))
t('del f: by handle', DELF, R | A, tcm(2, 0x80000899, 0x10000, F(2)) + attr(1, 'u32'))
t('del f: echo', DELF, R | A | E, tcm(2, 0x80000801, 0x10000, F(2)) + attr(1, 'u32'))
t('del f: last of prio', DELF, R | A, tcm(2, 0x80000800, 0x10000, F(2)) + attr(1, 'u32'))
dump('u32 after del', GETF, tcm(2, 0, 0x10000))
t('del f: prio', DELF, R | A, tcm(2, 0, 0x10000, F(6)))
t('del f: prio again', DELF, R | A, tcm(2, 0, 0x10000, F(6)))
t('del f: prio other proto', DELF, R | A, tcm(2, 0, 0x10000, F(3, 0x86dd)))
t('del f: handle without prio', DELF, R | A, tcm(2, 5, 0x10000, 0))
t('del f: all of chain', DELF, R | A, tcm(2, 0, 0x10000, 0) + attr(CHAIN, 7))
t('del f: all', DELF, R | A, tcm(2, 0, 0x10000, 0))
dump('no filters', GETF, tcm(2, 0, 0x10000))
t('htb: filter to a class', NEWF, ADD, tcm(2, 0, 0x10000, F(1)) + k('u32', U32((5, sel([one])), (1, 0x10020))))
t('htb: del class with filter', DELC, R | A, tcm(2, 0x10020))
t('htb: del filter', DELF, R | A, tcm(2, 0, 0x10000, F(1)))
t('htb: del class', DELC, R | A, tcm(2, 0x10020))
dump('htb class gone', GETC, tcm(2))
dump('htb class gone, qdiscs', GETQ, tcm(2))

# classic bpf
prog = lambda *i: b''.join(struct.pack('<HBBI', *x) for x in i)
ret = prog((6, 0, 0, 0xffffffff))
t('bpf: nothing', NEWF, ADD, tcm(2, 0, 0x10000, F(1)) + k('bpf'))
t('bpf: empty', NEWF, ADD, tcm(2, 0, 0x10000, F(1)) + k('bpf', b''))
t('bpf: no ops', NEWF, ADD, tcm(2, 0, 0x10000, F(1)) + k('bpf', attr(4, struct.pack('<H', 1))))
t('bpf: length differs', NEWF, ADD, tcm(2, 0, 0x10000, F(1)) + k('bpf', attr(4, struct.pack('<H', 2)) + attr(5, ret)))
t('bpf: no end', NEWF, ADD, tcm(2, 0, 0x10000, F(1)) + k('bpf', attr(4, struct.pack('<H', 1)) + attr(5, prog((0x28, 0, 0, 12)))))
t('bpf: plain', NEWF, ADD, tcm(2, 0, 0x10000, F(1)) + k('bpf', attr(4, struct.pack('<H', 1)) + attr(5, ret) + attr(3, 0x10003)))
t('bpf: direct action of classic', NEWF, ADD, tcm(2, 0, 0x10000, F(1)) + k('bpf', attr(4, struct.pack('<H', 1)) + attr(5, ret) + attr(8, 1)))
t('bpf: handle', NEWF, ADD, tcm(2, 0x44, 0x10000, F(1)) + k('bpf', attr(4, struct.pack('<H', 1)) + attr(5, ret)))
dump('bpf', GETF, tcm(2, 0, 0x10000))
t('bpf: del handle', DELF, R | A, tcm(2, 0x44, 0x10000, F(1)) + attr(1, 'bpf'))
t('htb: del', DELQ, R | A, tcm(2, 0, ROOT))

# ingress and clsact
t('ingress: at root', NEWQ, ADD, tcm(2, 0xffff0000, ROOT) + k('ingress'))
t('ingress: plain', NEWQ, ADD, tcm(2, 0xffff0000, INGRESS) + k('ingress'))
t('ingress: again', NEWQ, ADD, tcm(2, 0xffff0000, INGRESS) + k('ingress'))
t('ingress: clsact over it', NEWQ, ADD, tcm(2, 0xffff0000, INGRESS) + k('clsact'))
t('ingress: pfifo there', NEWQ, ADD, tcm(3, 0xffff0000, INGRESS) + k('pfifo'))
t('ingress: with root', NEWQ, ADD, tcm(2, 0x10000, ROOT) + k('pfifo'))
dump('ingress', GETQ, tcm(0))
dump('ingress of device', GETQ, tcm(2))
t('ingress: get', GETQ, R | E, tcm(2, 0, INGRESS))
t('ingress: get by handle', GETQ, R | E, tcm(2, 0xffff0000))
t('ingress: class', GETC, R | E, tcm(2, 0xffff0001))
dump('ingress classes', GETC, tcm(2))
t('ingress: filter', NEWF, ADD, tcm(2, 0, 0xffff0000, F(1)) + k('u32', U32((5, sel([one])), (1, 0x1))))
dump('ingress filters', GETF, tcm(2, 0, 0xffff0000))
dump('ingress filters as clsact', GETF, tcm(2, 0, 0xfffffff2))
t('ingress: chain', NEWCH, ADD, tcm(2, 0, 0xffff0000) + attr(CHAIN, 5))
t('ingress: chain again', NEWCH, ADD, tcm(2, 0, 0xffff0000) + attr(CHAIN, 5))
t('ingress: chain 0', NEWCH, ADD, tcm(2, 0, 0xffff0000))
t('ingress: chain with template of unknown', NEWCH, ADD, tcm(2, 0, 0xffff0000, F(0)) + attr(CHAIN, 6) + attr(1, 'nope'))
t('ingress: chain with template of u32', NEWCH, ADD, tcm(2, 0, 0xffff0000, F(0)) + attr(CHAIN, 6) + attr(1, 'u32'))
dump('ingress chains', GETCH, tcm(2, 0, 0xffff0000))
t('ingress: get chain', GETCH, R | E, tcm(2, 0, 0xffff0000) + attr(CHAIN, 5))
t('ingress: get unknown chain', GETCH, R | E, tcm(2, 0, 0xffff0000) + attr(CHAIN, 55))
t('ingress: del chain', DELCH, R | A, tcm(2, 0, 0xffff0000) + attr(CHAIN, 5))
t('ingress: del chain again', DELCH, R | A, tcm(2, 0, 0xffff0000) + attr(CHAIN, 5))
t('ingress: del chain 0', DELCH, R | A, tcm(2, 0, 0xffff0000))
# mirred
mir = lambda action, ea, ifindex, index=0: attr(2, struct.pack('<IIiiiiI', index, 0, action, 0, 0, ea, ifindex))
act = lambda n, kind, opt=None, more=b'': attr(n, attr(1, kind) + (attr(2, opt) if opt is not None else b'') + more)
t('mirred: redirect', NEWF, ADD, tcm(2, 0, 0xffff0000, F(5)) + k('u32', U32((5, sel([one])), (7, act(1, 'mirred', mir(4, 1, 3))))))
t('mirred: mirror', NEWF, ADD, tcm(2, 0, 0xffff0000, F(5)) + k('u32', U32((5, sel([one])), (7, act(1, 'mirred', mir(3, 2, 3))))))
t('mirred: no device', NEWF, ADD, tcm(2, 0, 0xffff0000, F(5)) + k('u32', U32((5, sel([one])), (7, act(1, 'mirred', mir(4, 1, 0))))))
t('mirred: unknown device', NEWF, ADD, tcm(2, 0, 0xffff0000, F(5)) + k('u32', U32((5, sel([one])), (7, act(1, 'mirred', mir(4, 1, 99))))))
t('mirred: unknown way', NEWF, ADD, tcm(2, 0, 0xffff0000, F(5)) + k('u32', U32((5, sel([one])), (7, act(1, 'mirred', mir(4, 9, 3))))))
t('mirred: no options', NEWF, ADD, tcm(2, 0, 0xffff0000, F(5)) + k('u32', U32((5, sel([one])), (7, act(1, 'mirred')))))
t('mirred: no parms', NEWF, ADD, tcm(2, 0, 0xffff0000, F(5)) + k('u32', U32((5, sel([one])), (7, act(1, 'mirred', b'')))))
t('mirred: no kind', NEWF, ADD, tcm(2, 0, 0xffff0000, F(5)) + k('u32', U32((5, sel([one])), (7, attr(1, attr(2, b''))))))
t('mirred: unknown action', NEWF, ADD, tcm(2, 0, 0xffff0000, F(5)) + k('u32', U32((5, sel([one])), (7, act(1, 'nope', b'')))))
t('mirred: goto chain', NEWF, ADD, tcm(2, 0, 0xffff0000, F(5)) + k('u32', U32((5, sel([one])), (7, act(1, 'mirred', mir(0x20000007, 2, 3))))))
t('mirred: bad action', NEWF, ADD, tcm(2, 0, 0xffff0000, F(5)) + k('u32', U32((5, sel([one])), (7, act(1, 'mirred', mir(77, 2, 3))))))
t('mirred: two', NEWF, ADD, tcm(2, 0, 0xffff0000, F(6)) + k('u32', U32((5, sel([one])), (7, act(1, 'mirred', mir(3, 2, 3)) + act(2, 'mirred', mir(4, 1, 3, 77), attr(6, b'cookie'))))))
dump('mirred', GETF, tcm(2, 0, 0xffff0000))
# actions
ta = struct.pack('<BBH', 0, 0, 0)
t('act: nothing', NEWA, ADD, ta)
t('act: empty', NEWA, ADD, ta + attr(1, b''))
t('act: mirred', NEWA, ADD, ta + attr(1, act(1, 'mirred', mir(4, 1, 3, 5))))
t('act: mirred again', NEWA, ADD, ta + attr(1, act(1, 'mirred', mir(4, 1, 3, 5))))
t('act: replace', NEWA, R | A | C | P, ta + attr(1, act(1, 'mirred', mir(3, 2, 3, 5))))
t('act: echo', NEWA, ADD | E, ta + attr(1, act(1, 'mirred', mir(4, 1, 3, 6))))
t('act: get', GETA, R, ta + attr(1, act(1, 'mirred', None, attr(3, 5))))
t('act: get unknown', GETA, R, ta + attr(1, act(1, 'mirred', None, attr(3, 55))))
t('act: get without index', GETA, R, ta + attr(1, act(1, 'mirred')))
t('act: get unknown kind', GETA, R, ta + attr(1, act(1, 'nope', None, attr(3, 55))))
t('act: dump', GETA, R | D, ta + attr(1, act(1, 'mirred')) + attr(2, struct.pack('<II', 1, 1)))
t('act: dump without flags', GETA, R | D, ta + attr(1, act(1, 'mirred')))
t('act: dump unknown', GETA, R | D, ta + attr(1, act(1, 'nope')))
t('act: dump nothing', GETA, R | D, ta)
t('act: del', DELA, R | A, ta + attr(1, act(1, 'mirred', None, attr(3, 5))))
t('act: del again', DELA, R | A, ta + attr(1, act(1, 'mirred', None, attr(3, 5))))
t('act: del bound', DELA, R | A, ta + attr(1, act(1, 'mirred', None, attr(3, 77))))
t('act: del echo', DELA, R | A | E, ta + attr(1, act(1, 'mirred', None, attr(3, 6))))
t('act: flush', DELA, R | A | 0x100, ta + attr(1, act(1, 'mirred')))
t('act: flush unknown', DELA, R | A | 0x100, ta + attr(1, act(1, 'nope')))
t('ingress: del', DELQ, R | A, tcm(2, 0, INGRESS))
t('ingress: del again', DELQ, R | A, tcm(2, 0, INGRESS))
t('ingress: dump after', GETQ, R | D, tcm(2))
t('clsact: plain', NEWQ, ADD, tcm(2, 0xffff0000, INGRESS) + k('clsact'))
t('clsact: no handle', NEWQ, ADD, tcm(3, 0, INGRESS) + k('clsact'))
t('clsact: other handle', NEWQ, REPL, tcm(3, 0x50000, INGRESS) + k('clsact'))
t('clsact: replace', NEWQ, REPL, tcm(2, 0xffff0000, INGRESS) + k('clsact'))
t('clsact: options', NEWQ, REPL, tcm(2, 0xffff0000, INGRESS) + k('clsact', b''))
dump('clsact', GETQ, tcm(0))
t('clsact: ingress filter', NEWF, ADD, tcm(2, 0, 0xfffffff2, F(1)) + k('u32', U32((5, sel([one])), (1, 0x1))))
t('clsact: egress filter', NEWF, ADD, tcm(2, 0, 0xfffffff3, F(1)) + k('u32', U32((5, sel([one])), (1, 0x1))))
t('clsact: other filter', NEWF, ADD, tcm(2, 0, 0xfffffff4, F(1)) + k('u32', U32((5, sel([one])), (1, 0x1))))
t('clsact: filter at the handle', NEWF, ADD, tcm(2, 0, 0xffff0000, F(1)) + k('u32', U32((5, sel([one])), (1, 0x1))))
dump('clsact ingress', GETF, tcm(2, 0, 0xfffffff2))
dump('clsact egress', GETF, tcm(2, 0, 0xfffffff3))
dump('clsact handle', GETF, tcm(2, 0, 0xffff0000))
t('clsact: block', NEWQ, ADD, tcm(1, 0xffff0000, INGRESS) + k('clsact', None, attr(IBLOCK, 10) + attr(EBLOCK, 20)))
t('clsact: block get', GETQ, R | E, tcm(1, 0, INGRESS))
t('clsact: block filter', NEWF, ADD, tcm(-1, 0, 10, F(1)) + k('u32', U32((5, sel([one])), (1, 0x1))))
t('clsact: block filter by device', NEWF, ADD, tcm(1, 0, 0xfffffff2, F(2)) + k('u32', U32((5, sel([one])), (1, 0x1))))
t('clsact: unknown block', NEWF, ADD, tcm(-1, 0, 11, F(1)) + k('u32', U32((5, sel([one])), (1, 0x1))))
dump('block', GETF, tcm(-1, 0, 10))
dump('block unknown', GETF, tcm(-1, 0, 12))
t('clsact: del', DELQ, R | A, tcm(2, 0, INGRESS))
t('clsact: del by handle', DELQ, R | A, tcm(3, 0xffff0000))
t('clsact: del lo', DELQ, R | A, tcm(1, 0xffff0000, INGRESS) + attr(1, 'clsact'))
dump('end', GETQ, tcm(0))
