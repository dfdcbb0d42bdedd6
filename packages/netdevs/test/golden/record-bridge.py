#!/usr/bin/env python3
"""Records what a real kernel answers to requests about bridges, and what it tells listeners, one JSON object a line. Run it in a fresh network namespace:

    unshare -n python3 record-bridge.py > bridge.jsonl

IPv6 is off there, so that nothing but the requests happens. Sequence numbers and port ids are those of the run.
"""
import os, socket, struct, sys, time
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../../../tools/golden'))
from nlask import A, C, D, NCX, P, R, a16, a64, a8, attr, drain, hexes, ifi, kind, mac, nest, nl, no_ipv6, recorder, say

NEWLINK, DELLINK, GETLINK, SETLINK, NEWNEIGH, DELNEIGH, GETNEIGH, NEWMDB, DELMDB, GETMDB = 16, 17, 18, 19, 28, 29, 30, 84, 85, 86
BR = 7


def slave(*data):
    return attr(18, attr(4, 'bridge') + attr(5, b''.join(data)))


def ndm(index, state=0, flags=0):
    return struct.pack('<BxxxiHBB', BR, index, state, flags, 0)


def bpm(index):
    return struct.pack('<BxxxI', BR, index)


def mdbe(index, addr, state=1, flags=0, vid=0):
    if ':' in addr and len(addr) == 17 and addr.count(':') == 5:
        a, proto = mac(addr).ljust(16, b'\0'), 0
    elif ':' in addr:
        a, proto = socket.inet_pton(socket.AF_INET6, addr), 0x86dd
    else:
        a, proto = socket.inet_pton(socket.AF_INET, addr).ljust(16, b'\0'), 0x800
    return attr(1, struct.pack('<IBBH', index, state, flags, vid) + a + struct.pack('>H', proto) + b'\0\0')


no_ipv6()
listener = nl((1, 3, 26))
t = recorder(0.015, listener)


def settle(seconds):
    """Lets the time pass that the test lets pass as well."""
    time.sleep(seconds)
    say({'name': f'wait {seconds}', 'wait': seconds, 'told': hexes(drain(listener, 0.01))})


V = lambda n, a, m1, m2: ifi() + attr(3, n) + attr(1, mac(m1)) + kind('veth', attr(1, ifi() + attr(3, a) + attr(1, mac(m2))))
t('make a pair', NEWLINK, NCX, V('va', 'vb', '02:00:00:00:00:03', '02:00:00:00:00:02'))
t('make another', NEWLINK, NCX, V('vc', 'vd', '02:00:00:00:00:05', '02:00:00:00:00:04'))
VB, VA, VD, VC, BR0, BR1 = 2, 3, 4, 5, 6, 7
t('make a bridge', NEWLINK, NCX, ifi() + attr(3, 'br0') + attr(1, mac('02:00:00:00:00:10')) + kind('bridge'))
t('make a bridge with settings', NEWLINK, NCX, ifi() + attr(3, 'br1') + attr(1, mac('02:00:00:00:00:11')) + kind('bridge', attr(4, 1000), attr(5, 1), a16(6, 4096), attr(2, 300), attr(1, 400), attr(3, 1000)))


def look(when):
    for n, i in (('br0', BR0), ('va', VA)):
        t(f'{when}: link {n}', GETLINK, R, ifi(i))
    t(f'{when}: bridge links', GETLINK, R | D, ifi(family=BR) + attr(29, 0))
    t(f'{when}: fdb', GETNEIGH, R | D, ndm(0))
    t(f'{when}: mdb', GETMDB, R | D, bpm(0))


settle(1.2)
look('empty')
t('link br1', GETLINK, R, ifi(BR1))
n = 0


def s(what, index, *parts, type=SETLINK, **kw):
    t(what, type, R | A, ifi(index) + b''.join(parts), **kw)


s('enslave va', VA, attr(10, BR0))
look('one port')
s('va up', VA, b'', type=NEWLINK) if False else t('va up', NEWLINK, R | A, ifi(VA, 1, 1))
t('vb up', NEWLINK, R | A, ifi(VB, 1, 1), wait=0.05)
t('br0 up', NEWLINK, R | A, ifi(BR0, 1, 1), wait=0.05)
look('up')
settle(1.2)
s('enslave vc', VC, attr(10, BR0))
settle(1.2)
t('vc up', NEWLINK, R | A, ifi(VC, 1, 1))
t('vd up', NEWLINK, R | A, ifi(VD, 1, 1), wait=0.05)
look('two ports')
s('enslave vc again', VC, attr(10, BR0))
s('another bridge for vc', VC, attr(10, BR1))
s('back', VC, attr(10, BR0), wait=0.05)
s('a bridge in a bridge', BR1, attr(10, BR0))
s('lo in a bridge', 1, attr(10, BR0))


# settings of bridges
def b(what, *data):
    t(f'br0: {what}', NEWLINK, R | A, ifi(BR0) + kind('bridge', *data))


b('forward delay', attr(1, 1000))
b('forward delay 0 without a tree', attr(1, 0))
b('hello time too short', attr(2, 50))
b('hello time too long', attr(2, 1100))
b('hello time', attr(2, 500))
b('max age too short', attr(3, 500))
b('max age too long', attr(3, 4100))
b('max age', attr(3, 1500))
b('ageing time', attr(4, 12300))
b('priority', a16(6, 8192))
b('priority again', a16(6, 32768))
b('group mask', a16(9, 0x10))
b('group mask with the bridge group', a16(9, 1))
b('group mask with pause', a16(9, 2))
b('group mask with slow protocols', a16(9, 4))
b('group address', attr(20, mac('01:80:c2:00:00:05')))
b('group address of pause', attr(20, mac('01:80:c2:00:00:01')))
b('group address of slow protocols', attr(20, mac('01:80:c2:00:00:02')))
b('group address of 802.1X', attr(20, mac('01:80:c2:00:00:03')))
b('group address of no group', attr(20, mac('01:80:c2:00:01:05')))
b('group address too short', attr(20, b'abc'))
b('flush', attr(21, b''))
b('router 0', a8(22, 0))
b('router 2', a8(22, 2))
b('router 3', a8(22, 3))
b('router 1', a8(22, 1))
b('hash elasticity', attr(26, 3))
b('hash max', attr(27, 1024))
b('hash max odd', attr(27, 1000))
b('last member count', attr(28, 3))
b('startup query count', attr(29, 4))
b('last member interval', a64(30, 200))
b('membership interval', a64(31, 3000))
b('querier interval', a64(32, 4000))
b('query interval', a64(33, 5000))
b('query interval too short', a64(33, 1))
b('query response interval', a64(34, 600))
b('startup query interval', a64(35, 700))
b('startup query interval too short', a64(35, 7))
b('use ifaddr', a8(24, 1))
b('mcast stats', a8(42, 1))
b('igmp 3', a8(43, 3))
b('igmp 4', a8(43, 4))
b('igmp 1', a8(43, 1))
b('mld 2', a8(44, 2))
b('mld 3', a8(44, 3))
b('no link-local learning', attr(46, struct.pack('<II', 1, 1)))
b('vlan snooping without filtering', attr(46, struct.pack('<II', 2, 2)))
b('boolopt too short', attr(46, b'abcd'))
b('fdb n learned', attr(48, 5))
b('fdb max learned', attr(49, 7))
b('nf call', a8(36, 1), a8(37, 1), a8(38, 1))
b('short attribute', attr(1, b'ab'))
b('unknown attribute', attr(77, 5))
look('settings')
b('igmp 2 again', a8(43, 2), a8(44, 1), attr(46, struct.pack('<II', 0, 1)), attr(49, 0), attr(4, 30000), a8(42, 0))
b('snooping off', a8(23, 0))
t('mdb while off', GETMDB, R | D, bpm(0))
b('snooping on', a8(23, 1))
s('br0: mac', BR0, attr(1, mac('02:00:00:00:00:20')))
s('br0: group mac', BR0, attr(1, mac('03:00:00:00:00:20')))
s('br0: mtu', BR0, attr(4, 1400))
s('va: mtu', VA, attr(4, 1300))
s('va: mac', VA, attr(1, mac('02:00:00:00:00:33')))
look('mac')


# settings of ports, both ways
def p(what, *data):
    t(f'va: {what}', NEWLINK, R | A, ifi(VA) + slave(*data))


def q(what, *data):
    t(f'va, PF_BRIDGE: {what}', SETLINK, R | A, ifi(VA, family=BR) + nest(12, *data))


for f, tag in ((p, 'a'), (q, 'b')):
    f('cost', attr(3, 50))
    f('cost 0', attr(3, 0))
    f('cost too high', attr(3, 70000))
    f('priority', a16(2, 8))
    f('priority too high', a16(2, 64))
    f('hairpin', a8(4, 1))
    f('guard', a8(5, 1))
    f('root block', a8(6, 1))
    f('fast leave', a8(7, 1))
    f('learning off', a8(8, 0))
    f('flood off', a8(9, 0))
    f('learning and flood on', a8(8, 1), a8(9, 1))
    f('proxy arp', a8(10, 1), a8(12, 1))
    f('router 0', a8(25, 0))
    f('router 2', a8(25, 2))
    f('router 3', a8(25, 3))
    f('router 4', a8(25, 4))
    f('router 1', a8(25, 1))
    f('mcast flood off', a8(27, 0), a8(30, 0))
    f('to unicast', a8(28, 1))
    f('group mask', a16(31, 0x4001))
    f('group mask with pause', a16(31, 2))
    f('suppress', a8(32, 1))
    f('isolated', a8(33, 1))
    f('backup port', attr(34, VC))
    f('backup port itself', attr(34, VA))
    f('backup port elsewhere', attr(34, VB))
    f('backup port unknown', attr(34, 99))
    f('no backup port', attr(34, 0))
    f('hosts limit', attr(37, 100))
    f('hosts limit 0', attr(37, 0))
    f('mab without lock', a8(40, 1))
    f('lock and mab', a8(39, 1), a8(40, 1))
    f('n groups', attr(41, 4))
    f('max groups', attr(42, 4))
    f('neigh vlan suppress 2', a8(43, 2))
    f('flush', attr(24, b''))
    f('state 5', a8(1, 5))
    f('state blocking', a8(1, 4))
    f('short', attr(3, b'ab'))
    t(f'va after {tag}', GETLINK, R, ifi(VA))
    f('all back', a8(4, 0), a8(5, 0), a8(6, 0), a8(7, 0), a8(10, 0), a8(12, 0), a8(27, 1), a8(28, 0), a8(30, 1), a8(32, 0), a8(33, 0), a8(39, 0), a8(40, 0), attr(42, 0), attr(37, 512), a16(31, 0), a16(2, 32), attr(3, 2))
    f('state forwarding', a8(1, 3))
s('slave data of no port', VB, slave(a8(4, 1)), type=NEWLINK)
t('PF_BRIDGE: no port', SETLINK, R | A, ifi(VB, family=BR) + nest(12, a8(4, 1)))
t('PF_BRIDGE: unknown index', SETLINK, R | A, ifi(99, family=BR) + nest(12, a8(4, 1)))
t('PF_BRIDGE: no attribute', SETLINK, R | A, ifi(VA, family=BR))
t('PF_BRIDGE: old state', SETLINK, R | A, ifi(VA, family=BR) + a8(12, 3))
t('PF_BRIDGE: old state 9', SETLINK, R | A, ifi(VA, family=BR) + a8(12, 9))
t('PF_BRIDGE: self', SETLINK, R | A, ifi(VA, family=BR) + attr(26, a16(0, 2)))
t('PF_BRIDGE: mode', SETLINK, R | A, ifi(VA, family=BR) + attr(26, a16(1, 1)))
t('PF_BRIDGE: mode too short', SETLINK, R | A, ifi(VA, family=BR) + attr(26, a8(1, 1)))
t('PF_BRIDGE: newlink', NEWLINK, R | A, ifi(VA, family=BR) + nest(12, a8(4, 0)))
t('PF_BRIDGE: dellink without', DELLINK, R | A, ifi(VA, family=BR))
t('PF_BRIDGE: dump with index', GETLINK, R | D, ifi(3, family=BR))
t('PF_BRIDGE: dump with attribute', GETLINK, R | D, ifi(0, family=BR) + attr(4, 5))
t('PF_BRIDGE: get one', GETLINK, R, ifi(VA, family=BR))
t('PF_BRIDGE: dump vlans', GETLINK, R | D, ifi(0, family=BR) + attr(29, 2))

# forwarding entries
M = lambda n: attr(2, mac('02:00:00:00:01:%02x' % n))


def fdb(what, type, flags, index, state, nf, *parts):
    t(f'fdb: {what}', type, flags, ndm(index, state, nf) + b''.join(parts))


PERM, NOARP, REACH = 0x80, 0x40, 2
SELF, MASTER, EXT, STICKY, USE = 2, 4, 0x10, 0x40, 1
for what, a in (
    ('permanent', (NCX, VA, PERM, MASTER, M(1))),
    ('permanent again', (NCX, VA, PERM, MASTER, M(1))),
    ('permanent without excl', (R | A | C, VA, PERM, MASTER, M(1))),
    ('now static', (R | A | C, VA, NOARP, MASTER, M(1))),
    ('now dynamic', (R | A | C | P, VA, REACH, MASTER, M(1))),
    ('moved', (R | A | C | P, VC, REACH, MASTER, M(1))),
    ('replace without create', (R | A | P, VA, REACH, MASTER, M(2))),
    ('static', (NCX, VA, NOARP, MASTER, M(2))),
    ('sticky', (NCX, VA, NOARP, MASTER | STICKY, M(3))),
    ('sticky permanent', (NCX, VA, PERM, MASTER | STICKY, M(4))),
    ('dynamic', (NCX, VA, REACH, MASTER, M(5))),
    ('no flags', (NCX, VA, REACH, 0, M(6))),
    ('use', (NCX, VA, REACH, MASTER | USE, M(7))),
    ('external', (NCX, VA, REACH, MASTER | EXT, M(8))),
    ('external on the bridge', (NCX, BR0, REACH, SELF | EXT, M(9))),
    ('on the bridge', (NCX, BR0, PERM, SELF, M(10))),
    ('on the bridge, master', (NCX, BR0, PERM, MASTER, M(10))),
    ('on the bridge, dynamic', (NCX, BR0, REACH, SELF, M(11))),
    ('use on the bridge', (NCX, BR0, REACH, SELF | USE, M(11))),
    ('no state', (NCX, VA, 0, MASTER, M(12))),
    ('zero address', (NCX, VA, PERM, MASTER, attr(2, b'\0' * 6))),
    ('group address', (NCX, VA, PERM, MASTER, attr(2, mac('01:00:5e:01:02:03')))),
    ('short address', (NCX, VA, PERM, MASTER, attr(2, b'\2abc'))),
    ('no address', (NCX, VA, PERM, MASTER)),
    ('no index', (NCX, 0, PERM, MASTER, M(12))),
    ('unknown index', (NCX, 99, PERM, MASTER, M(12))),
    ('vlan 0', (NCX, VA, PERM, MASTER, M(12), a16(5, 0))),
    ('vlan 4095', (NCX, VA, PERM, MASTER, M(12), a16(5, 4095))),
    ('vlan too long', (NCX, VA, PERM, MASTER, M(12), attr(5, 4))),
    ('vlan unknown', (NCX, VA, PERM, MASTER, M(12), a16(5, 77))),
    ('no port, master', (NCX, VB, PERM, MASTER, M(12))),
    ('self on a veth', (NCX, VB, PERM, SELF, M(12))),
    ('self on a veth again', (NCX, VB, PERM, SELF, M(12))),
    ('self on a veth, dynamic', (NCX, VB, REACH, SELF, M(13))),
    ('self on a veth, group', (NCX, VB, PERM, SELF, attr(2, mac('01:00:5e:01:02:04')))),
    ('both', (NCX, VA, PERM, SELF | MASTER, M(14))),
    ('lo', (NCX, 1, PERM, SELF, M(12))),
    ('locked', (NCX, VA, REACH, MASTER, M(15), attr(15, 2))),
    ('notify', (NCX, VA, NOARP, MASTER, M(16), nest(14, a8(1, 1)))),
    ('notify 4', (NCX, VA, NOARP, MASTER, M(17), nest(14, a8(1, 4)))),
    ('notify inactive', (R | A | C | P, VA, NOARP, MASTER, M(16), nest(14, a8(1, 3)))),
    ('no refresh', (R | A | C | P, VA, NOARP, MASTER, M(16), nest(14, a8(1, 0), attr(2)))),
):
    flags, index, state, nf, *parts = a
    fdb('add ' + what, NEWNEIGH, flags, index, state, nf, *parts)
t('fdb after adding', GETNEIGH, R | D, ndm(0))
for what, a in (
    ('all', (0, 0, 0)), ('of br0', (0, 0, 0, attr(9, BR0))), ('of va', (0, 0, 0, attr(8, VA))), ('of va by header', (VA, 0, 0)), ('of an unknown master', (0, 0, 0, attr(9, 99))),
    ('with state', (0, 2, 0)), ('with flags', (0, 0, 2)), ('with an address', (0, 0, 0, M(1))), ('short master', (0, 0, 0, a16(9, 6))), ('of vb', (0, 0, 0, attr(8, VB))),
):
    index, state, nf, *parts = a
    fdb('dump ' + what, GETNEIGH, R | D, index, state, nf, *parts)
for what, a in (
    ('by port', (VA, 0, MASTER, M(2))), ('by port without flags', (VA, 0, 0, M(2))), ('by bridge', (0, 0, 0, M(2), attr(9, BR0))), ('self', (BR0, 0, SELF, M(10))), ('unknown', (VA, 0, MASTER, M(99))),
    ('no address', (VA, 0, MASTER)), ('no device', (0, 0, 0, M(2))), ('no port', (VB, 0, MASTER, M(2))), ('self on a veth', (VB, 0, SELF, M(12))), ('both', (VA, 0, 0, M(2), attr(9, BR0))),
    ('unknown device', (99, 0, 0, M(2))), ('unknown master', (0, 0, 0, M(2), attr(9, 99))), ('state', (VA, 2, MASTER, M(2))), ('flags', (VA, 0, 0x10, M(2))), ('attribute', (VA, 0, MASTER, M(2), attr(1, 5))),
    ('vlan', (VA, 0, MASTER, M(2), a16(5, 4))), ('vlan 0', (VA, 0, MASTER, M(2), a16(5, 0))),
):
    index, state, nf, *parts = a
    fdb('get ' + what, GETNEIGH, R, index, state, nf, *parts)
for what, a in (
    ('static', (R | A, VA, 0, MASTER, M(2))), ('again', (R | A, VA, 0, MASTER, M(2))), ('at another port', (R | A, VC, 0, MASTER, M(3))), ('no flags', (R | A, VA, 0, 0, M(5))),
    ('of the bridge', (R | A, BR0, 0, SELF, M(10))), ('local', (R | A, VA, 0, MASTER, attr(2, mac('02:00:00:00:00:33')))), ('unknown vlan', (R | A, VA, 0, MASTER, M(3), a16(5, 4))),
    ('self on a veth', (R | A, VB, PERM, SELF, M(12))), ('self on a veth again', (R | A, VB, PERM, SELF, M(12))), ('self without state', (R | A, VB, 0, SELF, M(13))), ('no address', (R | A, VA, 0, MASTER)),
    ('no index', (R | A, 0, 0, MASTER, M(1))), ('unknown index', (R | A, 99, 0, MASTER, M(1))), ('lo', (R | A, 1, PERM, SELF, M(1))), ('no port', (R | A, VB, 0, MASTER, M(1))),
    ('bulk sticky', (R | A | 0x200, BR0, 0, SELF | STICKY, a16(16, 0), a8(17, STICKY))), ('bulk of va', (R | A | 0x200, VA, 0, MASTER)), ('bulk with address', (R | A | 0x200, VA, 0, MASTER, M(1))),
    ('bulk reachable', (R | A | 0x200, BR0, REACH, SELF, a16(16, REACH))), ('bulk port', (R | A | 0x200, BR0, 0, SELF, attr(8, VC))), ('bulk wrong port', (R | A | 0x200, BR0, 0, SELF, attr(8, VB))),
    ('bulk unknown port', (R | A | 0x200, BR0, 0, SELF, attr(8, 99))), ('bulk on a veth', (R | A | 0x200, VB, 0, SELF)),
):
    flags, index, state, nf, *parts = a
    fdb('del ' + what, DELNEIGH, flags, index, state, nf, *parts)
t('fdb after deleting', GETNEIGH, R | D, ndm(0))


# multicast entries
def mdb(what, type, flags, index, *parts):
    t(f'mdb: {what}', type, flags, bpm(index) + b''.join(parts))


for what, a in (
    ('permanent', (NCX, BR0, mdbe(VA, '239.1.1.1'))),
    ('again', (NCX, BR0, mdbe(VA, '239.1.1.1'))),
    ('temporary', (NCX, BR0, mdbe(VA, '239.1.1.2', 0))),
    ('another port', (NCX, BR0, mdbe(VC, '239.1.1.1'))),
    ('host', (NCX, BR0, mdbe(BR0, '239.1.1.3', 0))),
    ('host again', (NCX, BR0, mdbe(BR0, '239.1.1.3', 0))),
    ('host permanent', (NCX, BR0, mdbe(BR0, '239.1.1.4', 1))),
    ('v6', (NCX, BR0, mdbe(VA, 'ff0e::1:2'))),
    ('v6 all nodes', (NCX, BR0, mdbe(VA, 'ff02::1'))),
    ('v6 link-local', (NCX, BR0, mdbe(VA, 'ff02::7'))),
    ('local group', (NCX, BR0, mdbe(VA, '224.0.0.5'))),
    ('no group', (NCX, BR0, mdbe(VA, '10.0.0.1'))),
    ('v6 no group', (NCX, BR0, mdbe(VA, '2001:db8::1'))),
    ('l2', (NCX, BR0, mdbe(VA, '01:02:03:04:05:06'))),
    ('l2 temporary', (NCX, BR0, mdbe(VA, '01:02:03:04:05:07', 0))),
    ('l2 unicast', (NCX, BR0, mdbe(VA, '02:02:03:04:05:06'))),
    ('l2 host', (NCX, BR0, mdbe(BR0, '01:02:03:04:05:08', 1))),
    ('state 2', (NCX, BR0, mdbe(VA, '239.1.1.9', 2))),
    ('vlan 4095', (NCX, BR0, mdbe(VA, '239.1.1.9', 1, 0, 4095))),
    ('vlan 5', (NCX, BR0, mdbe(VA, '239.1.1.9', 1, 0, 5))),
    ('unknown port', (NCX, BR0, mdbe(99, '239.1.1.9'))),
    ('zero port', (NCX, BR0, mdbe(0, '239.1.1.9'))),
    ('no port', (NCX, BR0, mdbe(VB, '239.1.1.9'))),
    ('any', (NCX, BR0, mdbe(VA, '0.0.0.0'))),
    ('group mode 2', (NCX, BR0, mdbe(VA, '239.1.1.13'), nest(2, a8(3, 2)))),
    ('include with sources', (NCX, BR0, mdbe(VA, '239.1.1.14'), nest(2, a8(3, 1), nest(2, nest(1, attr(1, socket.inet_aton('10.0.0.7')))))),),
    ('exclude with sources', (NCX, BR0, mdbe(VC, '239.1.1.14'), nest(2, a8(3, 0), nest(2, nest(1, attr(1, socket.inet_aton('10.0.0.8')))))),),
    ('other bridge', (NCX, BR1, mdbe(VA, '239.1.1.9'))),
    ('bridge down', (NCX, BR1, mdbe(BR1, '239.1.1.9', 0))),
    ('no bridge', (NCX, VB, mdbe(VA, '239.1.1.9'))),
    ('unknown bridge', (NCX, 99, mdbe(VA, '239.1.1.9'))),
    ('no index', (NCX, 0, mdbe(VA, '239.1.1.9'))),
    ('no entry', (NCX, BR0)),
    ('short entry', (NCX, BR0, attr(1, b'abcd'))),
    ('no create', (R | A, BR0, mdbe(VA, '239.1.1.9'))),
    ('source', (NCX, BR0, mdbe(VA, '239.1.1.1'), nest(2, attr(1, socket.inet_aton('10.0.0.1'))))),
    ('source too long', (NCX, BR0, mdbe(VA, '239.1.1.1'), nest(2, attr(1, b'a' * 16)))),
    ('protocol', (NCX, BR0, mdbe(VA, '239.1.1.10'), nest(2, a8(4, 99)))),
    ('protocol 1', (NCX, BR0, mdbe(VA, '239.1.1.11'), nest(2, a8(4, 1)))),
    ('include without sources', (NCX, BR0, mdbe(VA, '239.1.1.12'), nest(2, a8(3, 1)))),
    ('replace', (R | A | C | P, BR0, mdbe(VA, '239.1.1.1', 0))),
):
    flags, index, *parts = a
    mdb('add ' + what, NEWMDB, flags, index, *parts)
t('mdb after adding', GETMDB, R | D, bpm(0))
t('va with groups', GETLINK, R, ifi(VA))
b('igmp 3 now', a8(43, 3), a8(44, 2))
t('mdb of version 3', GETMDB, R | D, bpm(0))
b('igmp 2 now', a8(43, 2), a8(44, 1))
for what, a in (
    ('dump with index', (R | D, BR0)), ('dump with rest', (R | D, 0, attr(1, 1))), ('get with index', (R, BR0, mdbe(BR0, '239.1.1.1', 0))), ('get', (R, BR0, mdbe(0, '239.1.1.1', 0))), ('get unknown', (R, BR0, mdbe(0, '239.9.9.9', 0))), ('get no entry', (R, BR0)),
    ('get with state', (R, BR0, mdbe(0, '239.1.1.1', 1))), ('get with flags', (R, BR0, mdbe(0, '239.1.1.1', 0, 1))), ('get source', (R, BR0, mdbe(0, '239.1.1.1', 0), nest(2, attr(1, socket.inet_aton('10.0.0.1'))))), ('get no group', (R, BR0, mdbe(0, '10.1.1.1', 0))),
    ('get on a veth', (R, VB, mdbe(0, '239.1.1.1', 0))),
):
    flags, index, *parts = a
    mdb(what, GETMDB, flags, index, *parts)
for what, a in (
    ('one', (R | A, BR0, mdbe(VA, '239.1.1.2', 0))), ('again', (R | A, BR0, mdbe(VA, '239.1.1.2', 0))), ('host', (R | A, BR0, mdbe(BR0, '239.1.1.3', 0))), ('unknown', (R | A, BR0, mdbe(VA, '239.9.9.9', 0))),
    ('unknown port', (R | A, BR0, mdbe(99, '239.1.1.1'))), ('no entry', (R | A, BR0)), ('other port', (R | A, BR0, mdbe(VC, 'ff0e::1:2'))), ('l2', (R | A, BR0, mdbe(VA, '01:02:03:04:05:06'))),
):
    flags, index, *parts = a
    mdb('del ' + what, DELMDB, flags, index, *parts)
t('mdb after deleting', GETMDB, R | D, bpm(0))
for v in (2, 0, 1):
    p(f'router {v} now', a8(25, v))
    t(f'mdb with router {v}', GETMDB, R | D, bpm(0))

# the spanning tree
b('tree on', attr(5, 1))
look('tree')
b('forward delay too short now', attr(1, 100))
b('tree off', attr(5, 0))
t('va down', NEWLINK, R | A, ifi(VA, 0, 1), wait=0.05)
look('va down')
t('va up again', NEWLINK, R | A, ifi(VA, 1, 1), wait=0.05)
t('br0 down', NEWLINK, R | A, ifi(BR0, 0, 1), wait=0.05)
look('br0 down')
s('va leaves', VA, attr(10, 0), wait=0.05)
look('va left')
t('vc goes', DELLINK, R | A, ifi(VC), wait=0.05)
t('br0 goes', DELLINK, R | A, ifi(BR0), wait=0.05)
t('fdb at the end', GETNEIGH, R | D, ndm(0))
