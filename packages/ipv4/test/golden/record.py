#!/usr/bin/env python3
"""Records how the real kernel answers rtnetlink requests about IPv4 addresses, routes and neighbours.

Run as root: makes a network namespace of its own, with a veth pair v0/v1 (v1 is device 2, v0 is 3), and deletes it.
Writes rtnetlink.jsonl: one request a line with the answers, and the notifications that a listener of the three groups got.
"""
import json, os, socket, struct, subprocess, sys

NS = 'linnet-record-%d' % os.getpid()
CREATE_EXCL, CREATE, REPLACE, APPEND, EXCL = 0x600, 0x400, 0x100, 0x800, 0x200

def A(t, v): return struct.pack('<HH', 4 + len(v), t) + v + b'\0' * ((-len(v)) % 4)
def ip(a): return socket.inet_aton(a)
def u32(v): return struct.pack('<I', v)
def u8(v): return struct.pack('<B', v)
def rt(dl=24, sl=0, tos=0, tb=254, proto=3, sc=0, ty=1, fl=0): return struct.pack('<BBBBBBBBI', 2, dl, sl, tos, tb, proto, sc, ty, fl)
def ia(pl=24, fl=0, sc=0, idx=3): return struct.pack('<BBBBI', 2, pl, fl, sc, idx)
def nd(idx=3, st=0, fl=0, ty=0, fam=2): return struct.pack('<BBHiHBB', fam, 0, 0, idx, st, fl, ty)
def hop(gw=None, flags=0, weight=1, oif=0):
    at = A(5, ip(gw)) if gw else b''
    return struct.pack('<HBBi', 8 + len(at), flags, weight - 1, oif) + at
MAC = b'\2\0\0\0\0\1'
NEWADDR, DELADDR, GETADDR, NEWROUTE, DELROUTE, GETROUTE, NEWNEIGH, DELNEIGH, GETNEIGH = 20, 21, 22, 24, 25, 26, 28, 29, 30
DUMP = 0x300

def cases():
    C = CREATE_EXCL
    def r(name, t, flags, body): return (name, t, flags, body)
    # addresses
    yield r('addr: short header', NEWADDR, C, b'\2\0')
    yield r('addr: no local', NEWADDR, C, ia() + A(1, ip('10.5.0.1')))
    yield r('addr: no such device', NEWADDR, C, ia(idx=99) + A(2, ip('10.5.0.1')))
    yield r('addr: prefix 33', NEWADDR, C, ia(33) + A(2, ip('10.5.0.1')))
    yield r('addr: preferred after valid', NEWADDR, C, ia() + A(2, ip('10.5.0.1')) + A(6, struct.pack('<IIII', 10, 5, 0, 0)))
    yield r('addr: valid 0', NEWADDR, C, ia() + A(2, ip('10.5.0.1')) + A(6, struct.pack('<IIII', 0, 0, 0, 0)))
    yield r('addr: cacheinfo short', NEWADDR, C, ia() + A(2, ip('10.5.0.1')) + A(6, b'1234'))
    yield r('addr: label long', NEWADDR, C, ia() + A(2, ip('10.5.1.1')) + A(3, b'0123456789abcdefgh\0'))
    yield r('addr: auto join no group', NEWADDR, C, ia() + A(2, ip('10.5.2.1')) + A(8, u32(0x400)))
    yield r('addr: add', NEWADDR, C, ia() + A(2, ip('10.0.0.1')) + A(1, ip('10.0.0.1')) + A(4, ip('10.0.0.255')))
    yield r('addr: add again', NEWADDR, C, ia() + A(2, ip('10.0.0.1')))
    yield r('addr: add again without EXCL', NEWADDR, CREATE, ia() + A(2, ip('10.0.0.1')))
    yield r('addr: replace', NEWADDR, CREATE | REPLACE, ia() + A(2, ip('10.0.0.1')))
    yield r('addr: other scope in the subnet', NEWADDR, C, ia(sc=253) + A(2, ip('10.0.0.7')))
    yield r('addr: secondary', NEWADDR, C, ia() + A(2, ip('10.0.0.3')) + A(3, b'v0:x\0'))
    yield r('addr: peer, metric', NEWADDR, C, ia(32) + A(2, ip('10.1.0.1')) + A(1, ip('10.1.0.2')) + A(9, u32(77)))
    yield r('addr: no prefix route', NEWADDR, C, ia(25) + A(2, ip('10.2.0.1')) + A(8, u32(0x200)))
    yield r('addr: group', NEWADDR, C, ia(32) + A(2, ip('224.0.0.77')))
    yield r('addr: any', NEWADDR, C, ia(24) + A(2, ip('0.0.0.0')))
    yield r('addr: protocol', NEWADDR, C, ia(32) + A(2, ip('10.3.0.1')) + A(11, u8(3)))
    yield r('addr: dump', GETADDR, DUMP, b'\2' + bytes(7))
    yield r('addr: delete, not there', DELADDR, 0, ia() + A(2, ip('10.77.0.1')))
    yield r('addr: delete, no such device', DELADDR, 0, ia(idx=99) + A(2, ip('10.77.0.1')))
    yield r('addr: delete, other prefix', DELADDR, 0, ia(8) + A(2, ip('10.3.0.1')) + A(1, ip('10.3.0.1')))
    yield r('addr: delete, other label', DELADDR, 0, ia(8) + A(2, ip('10.3.0.1')) + A(3, b'zz\0'))
    yield r('addr: delete by local only', DELADDR, 0, ia(8) + A(2, ip('10.3.0.1')))
    yield r('addr: delete group', DELADDR, 0, ia(32) + A(2, ip('224.0.0.77')))
    yield r('addr: delete peer', DELADDR, 0, ia(32) + A(2, ip('10.1.0.1')) + A(1, ip('10.1.0.2')))
    yield r('addr: delete without prefix route', DELADDR, 0, ia(25) + A(2, ip('10.2.0.1')))
    # routes
    g = A(5, ip('10.0.0.2'))
    d = lambda a: A(1, ip(a))
    yield r('route: short header', NEWROUTE, C, b'\2\0\0\0')
    yield r('route: prefix 33', NEWROUTE, C, rt(33) + d('10.9.0.0') + g)
    yield r('route: host bits', NEWROUTE, C, rt(24) + d('10.9.0.1') + g)
    yield r('route: ECN bits', NEWROUTE, C, rt(24, 0, 3) + d('10.9.0.0') + g)
    yield r('route: source prefix is ignored', NEWROUTE, C, rt(24, 24) + d('10.9.0.0') + g)
    yield r('route: exists', NEWROUTE, C, rt(24) + d('10.9.0.0') + g)
    yield r('route: other TOS', NEWROUTE, C, rt(24, 0, 0x20) + d('10.9.0.0') + g)
    yield r('route: short destination', NEWROUTE, C, rt(24) + A(1, b'\1\2') + g)
    yield r('route: unknown attribute', NEWROUTE, C, rt(24) + d('10.9.1.0') + A(40, b'1234') + g)
    yield r('route: type 12', NEWROUTE, C, rt(24, ty=12) + d('10.9.2.0') + g)
    yield r('route: nothing to go to', NEWROUTE, C, rt(24) + d('10.9.2.0'))
    yield r('route: no such device', NEWROUTE, C, rt(24, sc=253) + d('10.9.2.0') + A(4, u32(99)))
    yield r('route: scope nowhere', NEWROUTE, C, rt(24, sc=255) + d('10.9.2.0') + A(4, u32(3)))
    yield r('route: local of scope universe', NEWROUTE, C, rt(24, ty=2) + d('10.9.2.0') + A(4, u32(3)))
    yield r('route: gateway of scope link', NEWROUTE, C, rt(24, sc=253) + d('10.9.2.0') + g)
    yield r('route: local with gateway', NEWROUTE, C, rt(24, sc=254, ty=2) + d('10.9.2.0') + A(4, u32(3)) + g)
    yield r('route: dead', NEWROUTE, C, rt(24, fl=1) + d('10.9.2.0') + g)
    yield r('route: gateway unreachable', NEWROUTE, C, rt(24) + d('10.9.2.0') + A(5, ip('9.9.9.9')))
    yield r('route: gateway a broadcast', NEWROUTE, C, rt(24) + d('10.9.2.0') + A(5, ip('10.0.0.255')))
    yield r('route: gateway onlink', NEWROUTE, C, rt(24, fl=4) + d('10.9.2.0') + A(5, ip('9.9.9.9')) + A(4, u32(3)))
    yield r('route: onlink without device', NEWROUTE, C, rt(24, fl=4) + d('10.9.3.0') + A(5, ip('9.9.9.9')))
    yield r('route: onlink without gateway', NEWROUTE, C, rt(24, sc=253, fl=4) + d('10.9.3.0') + A(4, u32(3)))
    yield r('route: source not ours', NEWROUTE, C, rt(24) + d('10.9.3.0') + g + A(7, ip('9.9.9.9')))
    yield r('route: blackhole with gateway', NEWROUTE, C, rt(24, ty=6) + d('10.9.3.0') + g)
    yield r('route: blackhole', NEWROUTE, C, rt(24, ty=6) + d('10.9.3.0'))
    yield r('route: unreachable', NEWROUTE, C, rt(24, ty=7) + d('10.9.4.0') + A(6, u32(5)))
    yield r('route: multipath, short', NEWROUTE, C, rt(24) + d('10.9.5.0') + A(9, b'\4\0\0\0'))
    yield r('route: multipath, empty', NEWROUTE, C, rt(24) + d('10.9.5.0') + A(9, b''))
    yield r('route: multipath, dead', NEWROUTE, C, rt(24) + d('10.9.5.0') + A(9, hop('10.0.0.2', 1)))
    yield r('route: multipath', NEWROUTE, C, rt(24) + d('10.9.5.0') + A(9, hop('10.0.0.2', 0, 2) + hop('10.0.0.3', 0, 3) + hop(None, 0, 1, 3)))
    yield r('route: multipath, other gateway', NEWROUTE, C, rt(24) + d('10.9.6.0') + A(5, ip('10.0.0.9')) + A(9, hop('10.0.0.2')))
    yield r('route: multipath, other device', NEWROUTE, C, rt(24) + d('10.9.6.0') + A(4, u32(2)) + A(9, hop('10.0.0.2')))
    yield r('route: metric 99', NEWROUTE, C, rt(24) + d('10.9.6.0') + g + A(8, A(99, u32(1))))
    yield r('route: metric short', NEWROUTE, C, rt(24) + d('10.9.6.0') + g + A(8, A(2, b'1')))
    yield r('route: metrics clipped', NEWROUTE, C, rt(24) + d('10.9.6.0') + g + A(8, A(10, u32(999)) + A(2, u32(99999)) + A(8, u32(99999)) + A(1, u32(4))))
    yield r('route: congestion control unknown', NEWROUTE, C, rt(24) + d('10.9.7.0') + g + A(8, A(16, b'nope\0')))
    yield r('route: features unknown', NEWROUTE, C, rt(24) + d('10.9.7.0') + g + A(8, A(12, u32(0xffff))))
    yield r('route: nexthop object', NEWROUTE, C, rt(24) + d('10.9.7.0') + A(30, u32(1)))
    yield r('route: encapsulation', NEWROUTE, C, rt(24) + d('10.9.7.0') + g + A(21, b'\1\0'))
    yield r('route: via', NEWROUTE, C, rt(24) + d('10.9.7.0') + A(18, b'\2\0' + ip('10.0.0.2')))
    yield r('route: via and gateway', NEWROUTE, C, rt(24) + d('10.9.8.0') + A(18, b'\2\0' + ip('10.0.0.2')) + g)
    yield r('route: table 70000', NEWROUTE, C, rt(24) + d('10.9.8.0') + g + A(15, u32(70000)))
    yield r('route: change, not there', NEWROUTE, REPLACE, rt(24) + d('10.9.9.0') + g)
    yield r('route: change', NEWROUTE, REPLACE, rt(24) + d('10.9.0.0') + A(5, ip('10.0.0.4')))
    yield r('route: append', NEWROUTE, CREATE | APPEND, rt(24) + d('10.9.0.0') + A(5, ip('10.0.0.5')))
    yield r('route: prepend', NEWROUTE, CREATE, rt(24) + d('10.9.0.0') + A(5, ip('10.0.0.6')))
    yield r('route: neither create nor replace', NEWROUTE, 0, rt(24) + d('10.9.9.0') + g)
    yield r('route: default', NEWROUTE, C, rt(0) + g)
    yield r('route: dump', GETROUTE, DUMP, rt(0, tb=0, proto=0, ty=0))
    yield r('route: dump one table', GETROUTE, DUMP, rt(0, tb=0, proto=0, ty=0) + A(15, u32(70000)))
    yield r('route: dump a missing table', GETROUTE, DUMP, rt(0, tb=0, proto=0, ty=0) + A(15, u32(71)))
    yield r('route: dump by type', GETROUTE, DUMP, rt(0, tb=0, proto=0, ty=3))
    yield r('route: get', GETROUTE, 0, rt(32, tb=0, proto=0, ty=0, fl=0x1000) + d('10.0.0.9'))
    yield r('route: get, gateway', GETROUTE, 0, rt(32, tb=0, proto=0, ty=0, fl=0x1000) + d('8.8.8.8'))
    yield r('route: get, metrics', GETROUTE, 0, rt(32, tb=0, proto=0, ty=0, fl=0x1000) + d('10.9.6.1'))
    yield r('route: get, local', GETROUTE, 0, rt(32, tb=0, proto=0, ty=0, fl=0x1000) + d('10.0.0.3'))
    yield r('route: get, broadcast', GETROUTE, 0, rt(32, tb=0, proto=0, ty=0, fl=0x1000) + d('10.0.0.255'))
    yield r('route: get, blackhole', GETROUTE, 0, rt(32, tb=0, proto=0, ty=0) + d('10.9.3.1'))
    yield r('route: get, unreachable', GETROUTE, 0, rt(32, tb=0, proto=0, ty=0) + d('10.9.4.1'))
    yield r('route: get from', GETROUTE, 0, rt(32, 32, tb=0, proto=0, ty=0) + d('8.8.8.8') + A(2, ip('10.0.0.3')))
    yield r('route: get from elsewhere', GETROUTE, 0, rt(32, 32, tb=0, proto=0, ty=0) + d('8.8.8.8') + A(2, ip('9.9.9.9')))
    yield r('route: get as received', GETROUTE, 0, rt(32, 32, tb=0, proto=0, ty=0) + d('10.0.0.1') + A(2, ip('10.0.0.9')) + A(3, u32(3)))
    yield r('route: get as received, not forwarded', GETROUTE, 0, rt(32, 32, tb=0, proto=0, ty=0) + d('8.8.8.8') + A(2, ip('10.0.0.9')) + A(3, u32(3)))
    yield r('route: get as received, martian', GETROUTE, 0, rt(32, 32, tb=0, proto=0, ty=0) + d('10.0.0.1') + A(2, ip('127.0.0.9')) + A(3, u32(3)))
    yield r('route: get by a missing device', GETROUTE, 0, rt(32, tb=0, proto=0, ty=0) + d('8.8.8.8') + A(4, u32(99)))
    yield r('route: get from a missing device', GETROUTE, 0, rt(32, tb=0, proto=0, ty=0) + d('8.8.8.8') + A(3, u32(99)))
    yield r('route: get, route of the table', GETROUTE, 0, rt(32, tb=0, proto=0, ty=0, fl=0x2000) + d('8.8.8.8'))
    yield r('route: delete, not there', DELROUTE, 0, rt(24, proto=0, sc=255, ty=0) + d('10.9.99.0'))
    yield r('route: delete, other gateway', DELROUTE, 0, rt(24, proto=0, sc=255, ty=0) + d('10.9.1.0') + A(5, ip('10.0.0.77')))
    yield r('route: delete, other protocol', DELROUTE, 0, rt(24, proto=4, sc=255, ty=0) + d('10.9.1.0'))
    yield r('route: delete', DELROUTE, 0, rt(24, proto=0, sc=255, ty=0) + d('10.9.1.0'))
    yield r('route: delete, missing table', DELROUTE, 0, rt(24, tb=99, proto=0, sc=255, ty=0) + d('10.9.1.0'))
    yield r('route: delete multipath', DELROUTE, 0, rt(24, proto=0, sc=255, ty=0) + d('10.9.5.0') + A(9, hop('10.0.0.2', 0, 2) + hop('10.0.0.3', 0, 3)))
    # neighbours
    ll = A(2, MAC)
    yield r('neigh: no address', NEWNEIGH, C, nd(st=0x80) + ll)
    yield r('neigh: short address', NEWNEIGH, C, nd(st=0x80) + A(1, b'\1\2'))
    yield r('neigh: no such device', NEWNEIGH, C, nd(99, 0x80) + d('10.0.0.7') + ll)
    yield r('neigh: no device', NEWNEIGH, C, nd(0, 0x80) + d('10.0.0.7') + ll)
    yield r('neigh: short link address', NEWNEIGH, C, nd(st=0x80) + d('10.0.0.7') + A(2, b'\2\0\0'))
    yield r('neigh: no link address', NEWNEIGH, C, nd(st=0x80) + d('10.0.0.7'))
    yield r('neigh: the entry was made all the same', NEWNEIGH, C, nd(st=0x80) + d('10.0.0.7'))
    yield r('neigh: permanent', NEWNEIGH, C, nd(st=0x80) + d('10.0.0.8') + ll)
    yield r('neigh: exists', NEWNEIGH, C, nd(st=0x80) + d('10.0.0.8') + ll)
    yield r('neigh: without create', NEWNEIGH, REPLACE, nd(st=0x80) + d('10.0.0.9') + ll)
    yield r('neigh: other address without replace', NEWNEIGH, CREATE, nd(st=0x80) + d('10.0.0.8') + A(2, b'\2\0\0\0\0\2'))
    yield r('neigh: replace', NEWNEIGH, CREATE | REPLACE, nd(st=4) + d('10.0.0.8') + A(2, b'\2\0\0\0\0\2'))
    yield r('neigh: protocol', NEWNEIGH, C, nd(st=4) + d('10.0.0.10') + ll + A(12, u8(7)))
    yield r('neigh: family 99', NEWNEIGH, C, nd(st=0x80, fam=99) + d('10.0.0.7'))
    yield r('neigh: get', GETNEIGH, 0, nd() + d('10.0.0.8'))
    yield r('neigh: get, not there', GETNEIGH, 0, nd() + d('10.0.0.98'))
    yield r('neigh: get, no address', GETNEIGH, 0, nd())
    yield r('neigh: get, with a state', GETNEIGH, 0, nd(st=2) + d('10.0.0.8'))
    yield r('neigh: get, no device', GETNEIGH, 0, nd(0) + d('10.0.0.8'))
    yield r('neigh: get, no such device', GETNEIGH, 0, nd(99) + d('10.0.0.8'))
    yield r('neigh: delete, not there', DELNEIGH, 0, nd() + d('10.0.0.99'))
    yield r('neigh: delete, no address', DELNEIGH, 0, nd())
    yield r('neigh: delete, no device', DELNEIGH, 0, nd(0) + d('10.0.0.8'))
    yield r('neigh: delete', DELNEIGH, 0, nd() + d('10.0.0.8'))
    # settings and rules
    yield r('netconf: dump', 82, DUMP, b'\2\0\0\0')
    yield r('netconf: all', 82, 0, b'\2\0\0\0' + A(1, struct.pack('<i', -1)))
    yield r('netconf: default', 82, 0, b'\2\0\0\0' + A(1, struct.pack('<i', -2)))
    yield r('netconf: lo', 82, 0, b'\2\0\0\0' + A(1, u32(1)))
    yield r('netconf: no such device', 82, 0, b'\2\0\0\0' + A(1, u32(99)))
    yield r('netconf: of what', 82, 0, b'\2\0\0\0')
    yield r('rule: dump', 34, DUMP, rt(0, tb=0, proto=0, ty=0))
    # and away with it all
    yield r('addr: delete the primary', DELADDR, 0, ia(24) + A(2, ip('10.0.0.1')) + A(1, ip('10.0.0.1')))
    yield r('route: dump what is left', GETROUTE, DUMP, rt(0, tb=0, proto=0, ty=0))
    yield r('addr: dump what is left', GETADDR, DUMP, b'\2' + bytes(7))

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
    s.send(struct.pack('<IHHII', 16 + len(body), t, flags | 5, seq, 0) + body)
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

def child(path):
    s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    s.bind((0, 0))
    for opt in (11, 12):
        s.setsockopt(270, opt, 1)
    n = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    n.bind((0, (1 << 2) | (1 << 4) | (1 << 6)))
    with open(path, 'w') as f:
        for i, (name, t, flags, body) in enumerate(cases()):
            out = ask(s, t, flags, body, i + 1)
            told = drain(n)
            req = struct.pack('<IHHII', 16 + len(body), t, flags | 5, i + 1, 0) + body
            f.write(json.dumps({'name': name, 'req': req.hex(), 'out': [b.hex() for b in out], 'told': [b.hex() for b in told]}) + '\n')

def main():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'rtnetlink.jsonl')
    run = lambda *a: subprocess.run(a, check=True)
    run('ip', 'netns', 'add', NS)
    try:
        ns = ('ip', 'netns', 'exec', NS)
        run(*ns, 'sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1')
        run(*ns, 'ip', 'link', 'set', 'lo', 'up')
        run(*ns, 'ip', 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1')
        for d in ('v0', 'v1'):
            run(*ns, 'ip', 'link', 'set', d, 'up')
        run(*ns, 'sleep', '0.5')
        run(*ns, sys.executable, os.path.abspath(__file__), 'child', path)
    finally:
        run('ip', 'netns', 'del', NS)

if len(sys.argv) > 1:
    child(sys.argv[2])
else:
    main()
