#!/usr/bin/env python3
"""Records what the real kernel says of metrics of IPv4 routes (metrics.jsonl). Run as root. Device 2 is v1, device 3 is v0 with 10.0.0.1/24."""
import os, struct, sys
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../../../tools/golden'))
from nlask import C as CREATE, P as REPLACE, attr as A, ip, nest as N, run, u16, u32

CREATE_EXCL = 0x600
NEW, DEL = 24, 25
DST, OIF, METRICS, MP = 1, 4, 8, 9
(LOCK, MTU, WINDOW, RTT, RTTVAR, SSTHRESH, CWND, ADVMSS, REORDERING, HOPLIMIT, INITCWND, FEATURES, RTO_MIN, INITRWND, QUICKACK, CC, FASTOPEN) = range(1, 18)
count = [0]
def rt(to=None, dl=24):
    if to is None:
        count[0] += 1
        to = '10.%d.%d.0' % (1 + (count[0] >> 8), count[0] & 255)
    return struct.pack('<BBBBBBBBI', 2, dl, 0, 0, 254, 4, 253, 1, 0) + A(DST, ip(to)) + A(OIF, u32(3))
def add(name, m, flags=CREATE_EXCL, to=None): return (name, NEW, flags, rt(to) + m)

def values():
    for t in range(0, 20):
        for v in (0, 1, 40, 255, 256, 1500, 65495, 65496, 65520, 65521, 65535, 65536, 0x7fffffff, 0x80000000, 0xffffffff):
            if t != CC: yield add('metric %d = %d' % (t, v), N(METRICS, A(t, u32(v))))

def forms():
    for t in (LOCK, MTU, HOPLIMIT, FEATURES, QUICKACK, FASTOPEN):
        for b in (b'', b'\1', u16(7), u32(7), u32(7) + b'\1', bytes(8)): yield add('metric %d of %d bytes' % (t, len(b)), N(METRICS, A(t, b)))
    for b in (b'', b'\0', b'cubic', b'cubic\0', b'reno\0', b'reno', b'none\0', b'cubic\0\0\0', b'x' * 15, b'x' * 15 + b'\0', b'x' * 16, b'x' * 17, b'cub\0ic\0'):
        yield add('cc %r' % b, N(METRICS, A(CC, b)))
    yield add('cc locked', N(METRICS, A(CC, b'reno\0'), A(LOCK, u32(1 << CC))))
    yield add('empty', N(METRICS))
    yield add('no nest flag', A(METRICS, A(MTU, u32(1400))))
    yield add('trailing', A(METRICS | 0x8000, A(MTU, u32(1400)) + b'\1\2'))
    yield add('header only', A(METRICS | 0x8000, b'\4\0'))
    yield add('length 3', A(METRICS | 0x8000, b'\3\0\2\0'))
    yield add('too long', A(METRICS | 0x8000, b'\x20\0\2\0' + u32(1)))
    yield add('nested flag inside', N(METRICS, A(MTU | 0x8000, u32(1400))))
    yield add('twice', N(METRICS, A(MTU, u32(1400)), A(MTU, u32(1300))))
    yield add('all', N(METRICS, *[A(t, b'reno\0' if t == CC else u32(t)) for t in range(1, 18) if t != FEATURES]))
    yield add('lock all', N(METRICS, A(LOCK, u32(0xffffffff)), A(MTU, u32(1400)), A(HOPLIMIT, u32(9))))
    yield add('lock alone', N(METRICS, A(LOCK, u32(4))))
    yield add('two wrong', N(METRICS, A(CC, b'none\0'), A(99, u32(1))))

def same():
    m = lambda *a: N(METRICS, *[A(t, v if isinstance(v, bytes) else u32(v)) for t, v in a])
    to = '10.9.9.0'
    yield add('first', m((MTU, 1400), (HOPLIMIT, 9)), to=to)
    yield add('again', m((MTU, 1400), (HOPLIMIT, 9)), to=to)
    yield add('other metrics, exclusive', m((MTU, 1300)), to=to)
    yield add('other metrics, create', m((MTU, 1300)), CREATE, to)
    yield add('other metrics, append', m((MTU, 1300)), CREATE | 0x800, to)
    yield add('replace', m((MTU, 1200)), REPLACE, to)
    yield add('replace by the same', m((MTU, 1200)), REPLACE, to)
    for name, a in (('other mtu', ((MTU, 1201),)), ('more', ((MTU, 1200), (RTT, 5))), ('zero', ((MTU, 0),)), ('cc', ((CC, b'reno\0'),)), ('unknown', ((99, 1),)), ('bad cc', ((CC, b'none\0'),)), ('same', ((MTU, 1200),)), ('none', ())):
        yield ('delete ' + name, DEL, 0, rt(to) + (m(*a) if a else b''))
    yield add('cc and mtu', m((CC, b'reno\0'), (MTU, 1500)), to=to)
    for name, a in (('part', ((MTU, 1500),)), ('cc other', ((CC, b'cubic\0'),)), ('cc same', ((CC, b'reno\0'),))): yield ('delete ' + name, DEL, 0, rt(to) + m(*a))
    for t, v in ((HOPLIMIT, 300), (MTU, 100000), (ADVMSS, 100000)):
        yield add('clipped %d' % t, m((t, v)), to=to)
        yield ('delete clipped %d' % t, DEL, 0, rt(to) + m((t, v)))
        yield ('delete all', DEL, 0, rt(to))

def setup(sh):
    for c in ('ip link set lo up', 'ip link add v0 index 3 type veth peer name v1 index 2', 'ip link set v1 up', 'ip link set v0 up', 'ip addr add 10.0.0.1/24 dev v0',
              'sysctl -qw net.ipv6.conf.all.disable_ipv6=1'): sh(*c.split())

run('metrics.jsonl', (values, forms, same), (7,), setup)
