#!/usr/bin/env python3
"""Records how the real kernel answers RTM_GETROUTE for single destinations (getroute.jsonl). Run as root.

Device 2 is v1, device 3 is v0 with 10.0.0.1/24 and 10.0.0.3/24, device 4 is v3, device 5 is v2 with 10.1.0.1/24. Forwarding is on.
"""
import os, struct, sys
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../../../tools/golden'))
from nlask import D as DUMP, attr as A, be16, ip, run, u32, u8

CREATE_EXCL = 0x600
GET = 26
DST, SRC, IIF, OIF, GW, PRIO, PREFSRC, METRICS, MP, FLOW, CACHE, TABLE, MARK, STATS, VIA, UID, PROTO, SPORT, DPORT, NHID, FLOWLABEL = 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 15, 16, 17, 18, 25, 27, 28, 29, 30, 31
LOOKUP, MATCH, NOTIFY, PREFIX = 0x1000, 0x2000, 0x100, 0x800
def rt(dl=32, sl=0, tos=0, tb=0, proto=0, sc=0, ty=0, fl=0, fam=2): return struct.pack('<BBBBBBBBI', fam, dl, sl, tos, tb, proto, sc, ty, fl)
d = lambda a: A(DST, ip(a))
s = lambda a: A(SRC, ip(a))
def r(name, body, flags=0): return (name, GET, flags, body)

def headers():
    yield r('short', b'\2\0')
    yield r('nothing', rt(0))
    yield r('no dst, dst_len 32', rt(32))
    yield r('dst_len 24', rt(24) + d('10.0.0.9'))
    yield r('dst_len 0', rt(0) + d('10.0.0.9'))
    yield r('dst_len 33', rt(33) + d('10.0.0.9'))
    yield r('src_len 24', rt(32, 24) + d('10.0.0.9') + s('10.0.0.1'))
    yield r('src_len 0 with src', rt(32, 0) + d('10.0.0.9') + s('10.0.0.1'))
    yield r('src_len 32 without src', rt(32, 32) + d('10.0.0.9'))
    yield r('table', rt(tb=254) + d('10.0.0.9'))
    yield r('protocol', rt(proto=3) + d('10.0.0.9'))
    yield r('scope', rt(sc=253) + d('10.0.0.9'))
    yield r('type', rt(ty=1) + d('10.0.0.9'))
    yield r('flags', rt(fl=PREFIX) + d('10.0.0.9'))
    yield r('flag cloned', rt(fl=0x200) + d('10.0.0.9'))
    yield r('flag notify', rt(fl=NOTIFY) + d('10.0.0.9'))
    yield r('flags all three', rt(fl=NOTIFY | LOOKUP | MATCH) + d('10.0.0.9'))
    yield r('dst short', rt() + A(DST, b'\1\2'))
    yield r('dst long', rt() + A(DST, bytes(16)))
    yield r('oif long', rt() + d('10.0.0.9') + A(OIF, bytes(8)))
    yield r('table attr', rt() + d('10.0.0.9') + A(TABLE, u32(254)))
    yield r('gateway attr', rt() + d('10.0.0.9') + A(GW, ip('10.0.0.2')))
    yield r('prio attr', rt() + d('10.0.0.9') + A(PRIO, u32(1)))
    yield r('unknown attr', rt() + d('10.0.0.9') + A(60, u32(1)))
    yield r('flowlabel', rt() + d('10.0.0.9') + A(FLOWLABEL, u32(1)))
    yield r('tos', rt(tos=0x10) + d('10.0.0.9'))
    yield r('tos ecn', rt(tos=0x11) + d('10.0.0.9'))
    yield r('tos high', rt(tos=0xe0) + d('10.0.0.9'))
    yield r('trailing', rt() + d('10.0.0.9') + b'\1\0')
    yield r('proto 0', rt() + d('10.0.0.9') + A(PROTO, u8(0)))
    for p in (1, 2, 6, 17, 58, 132, 47):
        yield r('proto %d' % p, rt() + d('10.0.0.9') + A(PROTO, u8(p)))
    yield r('sport 0', rt() + d('10.0.0.9') + A(SPORT, be16(0)))
    yield r('ports', rt() + d('10.0.0.9') + A(PROTO, u8(6)) + A(SPORT, be16(80)) + A(DPORT, be16(443)))
    yield r('ports icmp', rt() + d('10.0.0.9') + A(PROTO, u8(1)) + A(SPORT, be16(80)))
    yield r('sport short', rt() + d('10.0.0.9') + A(SPORT, b'\1'))
    yield r('uid', rt() + d('10.0.0.9') + A(UID, u32(1000)))
    yield r('uid -1', rt() + d('10.0.0.9') + A(UID, u32(0xffffffff)))
    yield r('mark', rt() + d('10.0.0.9') + A(MARK, u32(77)))
    yield r('mark in', rt(sl=32) + d('10.0.0.1') + s('10.0.0.9') + A(IIF, u32(3)) + A(MARK, u32(77)))
    yield r('uid in', rt(sl=32) + d('10.0.0.1') + s('10.0.0.9') + A(IIF, u32(3)) + A(UID, u32(77)))
    yield r('echo', rt() + d('10.0.0.9'), 8)

def where():
    for fl, n in ((0, ''), (LOOKUP, ' lookup'), (MATCH, ' match')):
        for a in ('10.0.0.9', '10.0.0.1', '10.0.0.3', '10.0.0.255', '10.0.0.0', '127.0.0.1', '127.9.9.9', '8.8.8.8', '10.9.1.1', '10.9.2.1', '10.9.3.1', '10.9.4.1', '10.9.5.1', '10.9.6.1', '10.9.7.1',
                  '10.9.8.1', '10.9.9.1', '224.0.0.1', '239.1.1.1', '255.255.255.255', '0.0.0.0', '240.0.0.1', '10.1.0.7'):
            yield r(a + n, rt(fl=fl) + d(a))
            yield r(a + ' oif' + n, rt(fl=fl) + d(a) + A(OIF, u32(3)))
            yield r(a + ' oif 5' + n, rt(fl=fl) + d(a) + A(OIF, u32(5)))
            yield r(a + ' from' + n, rt(sl=32, fl=fl) + d(a) + s('10.0.0.3'))
            yield r(a + ' in' + n, rt(sl=32, fl=fl) + d(a) + s('10.1.0.99') + A(IIF, u32(5)))
            yield r(a + ' in lo' + n, rt(sl=32, fl=fl) + d(a) + s('10.0.0.1') + A(IIF, u32(1)))
        yield r('from nowhere' + n, rt(sl=32, fl=fl) + d('8.8.8.8') + s('9.9.9.9'))
        yield r('from multicast' + n, rt(sl=32, fl=fl) + d('8.8.8.8') + s('224.0.0.1'))
        yield r('from only' + n, rt(sl=32, fl=fl) + s('10.0.0.1'))
        yield r('oif only' + n, rt(0, fl=fl) + A(OIF, u32(3)))
        yield r('iif only' + n, rt(0, fl=fl) + A(IIF, u32(3)))
        yield r('oif lo' + n, rt(fl=fl) + d('8.8.8.8') + A(OIF, u32(1)))
        yield r('oif down' + n, rt(fl=fl) + d('8.8.8.8') + A(OIF, u32(6)))
        yield r('oif 99' + n, rt(fl=fl) + d('8.8.8.8') + A(OIF, u32(99)))
        yield r('iif 99' + n, rt(fl=fl) + d('8.8.8.8') + A(IIF, u32(99)))
        yield r('iif and oif' + n, rt(sl=32, fl=fl) + d('8.8.8.8') + s('10.1.0.99') + A(IIF, u32(5)) + A(OIF, u32(3)))
        yield r('in from here' + n, rt(sl=32, fl=fl) + d('8.8.8.8') + s('10.0.0.1') + A(IIF, u32(5)))
        yield r('in from lo' + n, rt(sl=32, fl=fl) + d('8.8.8.8') + s('127.0.0.1') + A(IIF, u32(5)))
        yield r('in tos' + n, rt(sl=32, tos=0x10, fl=fl) + d('10.9.6.1') + s('10.1.0.99') + A(IIF, u32(5)))
        yield r('out tos' + n, rt(tos=0x10, fl=fl) + d('10.9.6.1'))
        yield r('out tos other' + n, rt(tos=0x08, fl=fl) + d('10.9.6.1'))

def rules():
    yield ('rules', 0, 0, '; '.join('ip rule add pref %d %s' % x for x in (
        (100, 'from 10.0.0.3 lookup 100'), (110, 'to 20.0.0.0/8 lookup 101'), (120, 'fwmark 5 lookup 102'), (130, 'fwmark 0x10/0xf0 lookup 103'), (140, 'iif lo to 30.0.0.0/8 lookup 104'),
        (150, 'iif v2 lookup 105'), (160, 'oif v2 lookup 106'), (170, 'uidrange 1000-1999 lookup 107'), (180, 'ipproto tcp dport 443 lookup 108'), (190, 'sport 1000-1999 lookup 109'),
        (200, 'dsfield 0x10 lookup 110'), (210, 'to 40.0.0.0/8 goto 300'), (220, 'to 40.1.0.0/16 blackhole'), (300, 'to 40.2.0.0/16 prohibit'), (310, 'to 40.3.0.0/16 unreachable'),
        (320, 'not from 0.0.0.0 to 50.0.0.0/8 lookup 111'), (330, 'to 60.0.0.0/8 lookup 112 suppress_prefixlength 0'), (340, 'to 61.0.0.0/8 lookup 113 suppress_ifgroup 7'), (350, 'to 62.0.0.0/8 lookup 999'),
        (360, 'dsfield 0x1c lookup 114'), (370, 'to 63.0.0.0/8 nop'))))
    yield ('tables', 0, 0, '; '.join(['ip route add default via 10.0.0.%d table %d' % (t - 50, t) for t in range(100, 112)] + [
        'ip route add default via 10.0.0.70 table 112', 'ip route add 60.1.0.0/16 via 10.0.0.71 table 112', 'ip link set v2 group 7', 'ip route add 61.0.0.0/8 via 10.1.0.72 table 113',
        'ip route add 61.1.0.0/16 via 10.0.0.73 table 113', 'ip route add default via 10.0.0.74 table 114', 'ip route add throw 20.9.0.0/16 table 101', 'ip route add unreachable 20.8.0.0/16 table 101']))
    n = 0
    for fl, nm in ((0, ''), (LOOKUP, ' lookup'), (MATCH, ' match')):
        for a in ('8.8.8.8', '20.1.1.1', '20.9.1.1', '20.8.1.1', '30.1.1.1', '40.0.0.1', '40.1.0.1', '40.2.0.1', '40.3.0.1', '50.1.1.1', '60.0.0.1', '60.1.0.1', '61.0.0.1', '61.1.0.1', '62.0.0.1', '63.0.0.1', '10.0.0.1', '10.0.0.9'):
            for x, b in (('', b''), ('from', s('10.0.0.3')), ('mark 5', A(MARK, u32(5))), ('mark 15', A(MARK, u32(0x15))), ('mark 23', A(MARK, u32(0x23))), ('oif v2', A(OIF, u32(5))), ('oif v0', A(OIF, u32(3))),
                         ('uid 999', A(UID, u32(999))), ('uid 1999', A(UID, u32(1999))), ('https', A(PROTO, u8(6)) + A(DPORT, be16(443))), ('udp 443', A(DPORT, be16(443))), ('sport', A(SPORT, be16(1500))),
                         ('iif v2', s('10.1.0.99') + A(IIF, u32(5))), ('iif v2 https', s('10.1.0.99') + A(IIF, u32(5)) + A(PROTO, u8(6)) + A(DPORT, be16(443))), ('iif v0', s('10.0.0.99') + A(IIF, u32(3))),
                         ('iif v0 mark', s('10.0.0.99') + A(IIF, u32(3)) + A(MARK, u32(5))), ('iif v0 sport', s('10.0.0.99') + A(IIF, u32(3)) + A(SPORT, be16(1500))), ('iif v0 uid', s('10.0.0.99') + A(IIF, u32(3)) + A(UID, u32(1500)))):
                n += 1
                if fl != 0 and n % 3 != 0:
                    continue
                yield r('%s %s%s' % (a, x, nm), rt(sl=32 if b[2:3] == b'\2' else 0, fl=fl) + d(a) + b)
        for tos in (0x10, 0x08, 0x1c, 0x30, 0x50, 0x80, 0x84):
            yield r('tos %x%s' % (tos, nm), rt(tos=tos, fl=fl) + d('8.8.8.8'))
            yield r('tos %x in%s' % (tos, nm), rt(sl=32, tos=tos, fl=fl) + d('8.8.8.8') + s('10.0.0.99') + A(IIF, u32(3)))

def multipath():
    yield ('setup', 0, 0, 'ip route add 70.0.0.0/8 nexthop via 10.0.0.2 nexthop via 10.1.0.2; ip route add 71.0.0.0/8 via 10.0.0.2 mtu 1400 advmss 1300 initcwnd 7 rto_min 100ms congctl reno quickack 1 features ecn hoplimit 9 window lock 3000;'
           'ip route add 72.0.0.0/8 via 10.0.0.2 realm 3/4; ip route add 73.0.0.0/8 dev v0 src 10.0.0.3; ip route add local 74.0.0.0/8 dev v0; ip route add broadcast 75.0.0.0/24 dev v0; ip route add multicast 239.7.0.0/16 dev v2;'
           'ip route add 76.0.0.0/8 via 10.0.0.2 metric 50; ip route add 76.0.0.0/8 via 10.0.0.4 metric 20; ip route add 77.0.0.0/8 via 10.0.0.2 mtu lock 1200 ssthresh 5 reordering 4 cwnd 3 rtt 80ms rttvar 7ms')
    for fl, n in ((0, ''), (LOOKUP, ' lookup'), (MATCH, ' match')):
        for a in ('71.0.0.1', '72.0.0.1', '73.0.0.1', '74.0.0.1', '75.0.0.1', '239.7.0.1', '76.0.0.1', '77.0.0.1'):
            yield r(a + n, rt(fl=fl) + d(a))
            yield r(a + ' oif' + n, rt(fl=fl) + d(a) + A(OIF, u32(3)))
            yield r(a + ' in' + n, rt(sl=32, fl=fl) + d(a) + s('10.1.0.99') + A(IIF, u32(5)))
        yield r('multipath oif 3' + n, rt(fl=fl) + d('70.0.0.1') + A(OIF, u32(3)))
        yield r('multipath oif 5' + n, rt(fl=fl) + d('70.0.0.1') + A(OIF, u32(5)))
    yield r('multipath match', rt(fl=MATCH) + d('70.0.0.1'))
    yield r('dump', rt(0), DUMP)

def setup(sh):
    sh('sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1', 'net.ipv4.ip_forward=1', 'net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.default.rp_filter=0')
    sh('ip', 'link', 'set', 'lo', 'up')
    sh('ip', 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1')
    sh('ip', 'link', 'add', 'v2', 'type', 'veth', 'peer', 'name', 'v3')
    sh('ip', 'link', 'add', 'v4', 'type', 'veth', 'peer', 'name', 'v5')
    for d in ('v0', 'v1', 'v2', 'v3'):
        sh('ip', 'link', 'set', d, 'up')
    for a, d in (('10.0.0.1/24', 'v0'), ('10.0.0.3/24', 'v0'), ('10.1.0.1/24', 'v2')):
        sh('ip', 'addr', 'add', a, 'brd', '+', 'dev', d)
    sh('ip', 'route', 'add', 'default', 'via', '10.0.0.2')
    for i, t in ((1, 'blackhole'), (2, 'unreachable'), (3, 'prohibit'), (4, 'throw')):
        sh('ip', 'route', 'add', t, '10.9.%d.0/24' % i)
    sh('ip', 'route', 'add', '10.9.5.0/24', 'via', '10.1.0.2')
    sh('ip', 'route', 'add', '10.9.6.0/24', 'via', '10.0.0.5')
    sh('ip', 'route', 'add', '10.9.6.0/24', 'tos', '0x10', 'via', '10.0.0.6')
    sh('ip', 'route', 'add', '10.9.7.0/24', 'via', '10.0.0.7', 'table', '70000')
    sh('ip', 'route', 'add', '10.9.8.0/24', 'dev', 'v0', 'scope', 'link')
    sh('ip', 'route', 'add', '10.9.9.0/24', 'nexthop', 'via', '10.0.0.2', 'dev', 'v0')
    sh('sleep', '0.3')

run('getroute.jsonl', [headers, where, rules, multipath], [7], setup)
