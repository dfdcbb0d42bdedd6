# What calls on ping sockets and raw sockets answer, message by message, and what errors they hear of. Runs in a namespace of a real kernel and, through the preload library, inside a Linnet machine.
from packets_scenes import *
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
TO = (PEER[0], 9)
E = b'\x08\0\0\0\0\0\0\1' + b'a' * 8
KINDS = [('ping', lambda: socket.socket(2, 2, 1)), ('raw', lambda: socket.socket(2, 3, 200)), ('udp', lambda: socket.socket(2, 2))]

def ready():
    begin(forward=0)
    w('ping_group_range', '0 0')
    quiet('ip route add 192.0.2.0/24 via 10.0.0.2; ip route add 198.51.100.0/24 via 10.0.0.2 mtu lock 600')

def opts(*all):
    def f(s):
        for o in all: s.setsockopt(*o)
    return f

def send_to(to, data=E, flags=0, *before):
    def f(s):
        opts(*before)(s)
        return s.sendto(data, flags, to)
    return f

def control(level, type, data, *before):
    def f(s):
        opts(*before)(s)
        return s.sendmsg([E], [(level, type, data)], 0, TO)
    return f

def then(*calls):
    def f(s):
        for c in calls: r = c(s)
        return r
    return f

def unspec(s): return libc.connect(s.fileno(), b'\0' * 16, 16)
def connect(a, p=0): return lambda s: s.connect((a, p))
def bind(a, p=0): return lambda s: s.bind((a, p))
def name(s): return s.getsockname()[0]
def peer(s): return s.getpeername()[0]
def i32(n): return struct.pack('i', n)
def info(src, index=0): return struct.pack('i', index) + ip(src) + bytes(4)

CALLS = [
    ('bind group', bind('224.0.0.5', 5)), ('bind broadcast', bind('10.0.0.255', 5)), ('bind 255', bind('255.255.255.255', 5)), ('bind any', bind('0.0.0.0')), ('bind twice', then(bind(ME[0], 7), bind(ME[0], 8))), ('bind connected', then(connect(PEER[0], 9), bind(ME[0], 8))),
    ('connect broadcast', connect('10.0.0.255', 5)), ('connect 255', connect('255.255.255.255', 5)), ('connect group', connect('224.0.0.5', 5)), ('connect 0', then(connect('0.0.0.0'), peer)), ('connect unreachable', connect('203.0.113.1', 5)), ('connect again', then(connect(PEER[0], 9), connect(PEER[1], 3), peer)),
    ('connect unspec', then(connect(PEER[0], 9), unspec, name)), ('bound, unspec', then(bind(ME[0]), connect(PEER[0], 9), unspec, name)), ('listen', lambda s: s.listen(1)), ('accept', lambda s: s.accept()),
    ('oob', send_to(TO, E, 1)), ('probe', send_to(TO, E, 0x10)), ('length 0', send_to(TO, b'')), ('length 7', send_to(TO, E[:7])), ('no address', lambda s: s.send(E)), ('broadcast', send_to(('10.0.0.255', 9))), ('255', send_to(('255.255.255.255', 9))),
    ('dontroute', send_to(('192.0.2.1', 9), E, 4)), ('SO_DONTROUTE', send_to(('192.0.2.1', 9), E, 0, (1, 5, 1))),
    ('shut unconnected', lambda s: s.shutdown(1)), ('shut for writing', then(connect(PEER[0], 9), lambda s: s.shutdown(1), lambda s: s.send(E))), ('shut for writing, own header', then(opts((0, 3, 1)), connect(PEER[0], 9), lambda s: s.shutdown(1), lambda s: s.send(packet(ME[0], PEER[0], 64, 200, b'abc')))),
    ('shut for reading', then(connect(PEER[0], 9), lambda s: s.shutdown(0), lambda s: s.recv(10))), ('recv oob', lambda s: s.recv(10, 1)), ('no error there', lambda s: s.recvmsg(10, 10, 0x2000)),
    ('MTU', lambda s: s.getsockopt(0, 14)), ('MTU locked', then(connect('198.51.100.1', 9), lambda s: s.getsockopt(0, 14))), ('locked, DO', send_to(('198.51.100.1', 9), E + b'x' * 700, 0, (0, 10, 2))), ('big, DO', send_to(TO, E + b'x' * 2000, 0, (0, 10, 2))), ('big, PROBE', send_to(TO, E + b'x' * 2000, 0, (0, 10, 3))), ('big, OMIT', send_to(TO, E + b'x' * 2000, 0, (0, 10, 5))),
    ('HDRINCL', opts((0, 3, 1))), ('router alert', opts((0, 5, 1))), ('router alert twice', opts((0, 5, 1), (0, 5, 1))), ('no router alert', opts((0, 5, 0))), ('NODEFRAG', opts((0, 22, 1))), ('ICMP_FILTER', opts((255, 1, 1))),
    ('strict, off link', send_to(('198.51.100.1', 9), E, 0, (0, 4, H('890704c000020900')))), ('loose', send_to(('198.51.100.1', 9), E, 0, (0, 4, H('830704c000020900')))), ('loose to 0', send_to(('0.0.0.0', 9), E, 0, (0, 4, H('830704c000020900')))),
    ('source', control(0, 8, info('10.9.9.9'))), ('source, FREEBIND', control(0, 8, info('10.9.9.9'), (0, 15, 1))), ('source, TRANSPARENT', control(0, 8, info('10.9.9.9'), (0, 19, 1))), ('no such interface', control(0, 8, info('0.0.0.0', 99))), ('short pktinfo', control(0, 8, b'x' * 8)),
    ('TTL 0', control(0, 2, i32(0))), ('TTL of a byte', control(0, 2, b'\5')), ('TOS of a byte', control(0, 1, b'\5')), ('TOS 256', control(0, 1, i32(256))), ('protocol 0', control(0, 52, i32(0))), ('another level', control(17, 1, i32(0))), ('another type', control(0, 99, i32(0))), ('long options', control(0, 7, b'\1' * 41)), ('bad options', control(0, 7, b'\7\1')),
]

def calls():
    ready()
    for kind, make in KINDS[:2]:
        for what, f in CALLS:
            s = make(); s.setblocking(False)
            say(kind, '|', what, '|', err(lambda: f(s)))
            s.close()

def levels():
    'Options of other levels, and control messages of SOL_SOCKET (but of descriptors and device memory).'
    ready()
    for kind, make in KINDS:
        for level in (6, 17, 41, 99, 255): say(kind, 'level', level, err(lambda: make().getsockopt(level, 77)), err(lambda: make().setsockopt(level, 77, 1)))
        for data in (i32(0), i32(0) * 2):
            out = []
            for t in [0] + list(range(2, 79)):
                s = make(); s.setblocking(False)
                out.append((t, err(lambda: s.sendmsg([E], [(1, t, data)], 0, TO))))
                s.close()
            say(kind, len(data), *[t for t, r in out if r == len(E)])
    quiet('ip rule add ipproto udp prohibit pref 10; ip rule add ipproto 77 blackhole pref 11; ip rule add ipproto 255 unreachable pref 12')
    p = packet(ME[0], PEER[0], 64, 17, b'abc')
    for number, own in ((255, 1), (77, 1), (77, 0), (17, 1)):
        s = socket.socket(2, 3, number); s.setsockopt(0, 3, own)
        say('raw', number, own, err(lambda: s.sendto(p, TO)), *[err(lambda: s.sendmsg([p], [(0, 52, i32(n))], 0, TO)) for n in (17, 77, 99, 255)])

def errors_of_ping():
    ready()
    for asks in (0, 1):
        for connected in (0, 1):
            s = socket.socket(2, 2, 1); s.setblocking(False); s.setsockopt(0, 11, asks); s.bind(('0.0.0.0', 77))
            if connected: s.connect((PEER[0], 0))
            q = packet(ME[0], PEER[0], 60, 1, icmp(8, 0, struct.pack('!HH', 77, 1)), 5)
            for t, c, rest in ((3, 1, ''), (3, 2, ''), (3, 3, ''), (3, 4, '00000500'), (3, 9, ''), (3, 16, ''), (4, 0, ''), (5, 1, '0a000003'), (11, 0, ''), (11, 1, ''), (12, 0, '05000000')):
                TAPS[0].send(b'\2\0\0\0\1\0' + frame(packet(PEER[0], ME[0], 64, 1, icmp(t, c, H(rest or '00000000'), q), 9))[6:])
                time.sleep(0.02)
                def queued():
                    d, anc, f, a = s.recvmsg(100, 300, 0x2000)
                    return anc[0][2][:16].hex(), socket.inet_ntoa(anc[0][2][20:24]), len(d)
                say(asks, connected, t, c, s.getsockopt(1, 4), err(queued))
            s.close()

if __name__ == '__main__':
    main({k: v for k, v in list(globals().items()) if callable(v)})
