#!/usr/bin/env python3
"""Records what a real kernel's bridge does with IGMP and MLD: frames go in by three ports, and what comes out, what the multicast database holds and what listeners
are told is written down, one JSON object a line. Run it in a fresh network namespace:

    unshare -n python3 record-snooping.py > snooping.jsonl
"""
import os, socket, struct, sys, time
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../../../tools/golden'))
from nlask import A, C, D, R, X, a64, a8, ask, attr, csum, drain, hexes, ifi, kind, mac, msg, nest, nl, no_ipv6, recorder, say

no_ipv6()
listener = nl((26,))
PEER = {}
BR = 8
MACS = ['02:00:00:00:00:1%d' % i for i in range(3)]
request = recorder(0.015, listener)

request('bridge', 16, R | A | C | X, ifi(BR) + attr(3, 'br0') + attr(1, mac('02:00:00:00:00:ff')) + kind('bridge'))
for i in range(3):
    request(f'pair {i}', 16, R | A | C | X, ifi() + attr(3, f'p{i}') + attr(1, mac('02:00:00:00:00:2%d' % i)) + kind('veth', attr(1, ifi() + attr(3, f'h{i}') + attr(1, mac(MACS[i])))))
for i in range(3):
    p, h = socket.if_nametoindex(f'p{i}'), socket.if_nametoindex(f'h{i}')
    request(f'port {i}', 19, R | A, ifi(p) + attr(10, BR))
    request(f'up {i}', 16, R | A, ifi(p, 1, 1))
    request(f'up peer {i}', 16, R | A, ifi(h, 1, 1))
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.bind((f'h{i}', 0))
    s.setblocking(False)
    PEER[i] = s
request('bridge up', 16, R | A, ifi(BR, 1, 1))
time.sleep(1.3)
drain(listener, 0.05)
for s in PEER.values():
    drain(s, 0.02)
say({'name': 'settle', 'wait': 1.3})


def seen():
    out = []
    for i, s in PEER.items():
        end = time.time() + 0.02
        while time.time() < end:
            try:
                d, a = s.recvfrom(65536)
                if a[2] != 4:  # PACKET_OUTGOING
                    out.append([i, d.hex()])
            except BlockingIOError:
                time.sleep(0.002)
    return out


def mdb():
    return hexes(ask(msg(86, R | D, struct.pack('<BxxxI', 7, 0)), 0.01))


began = time.time()


def took():
    global began
    now = time.time()
    n = round(now - began, 3)
    began = now
    return n


def put(name, port, frame):
    PEER[port].send(frame)
    time.sleep(0.01)
    say({'name': name, 'port': port, 'frame': frame.hex(), 'sent': seen(), 'mdb': mdb(), 'told': hexes(drain(listener, 0.01)), 'took': took()})


def wait(name, seconds):
    time.sleep(seconds)
    say({'name': name, 'wait': took(), 'sent': seen(), 'mdb': mdb(), 'told': hexes(drain(listener, 0.01))})


def setting(name, *data):
    request(name, 16, R | A, ifi(BR) + kind('bridge', *data))
    say({'name': name + ', time', 'wait': took()})


def portset(name, port, *data):
    request(name, 19, R | A, ifi(socket.if_nametoindex(f'p{port}'), family=7) + nest(12, *data))
    say({'name': name + ', time', 'wait': took()})


def ip(src, dst, payload, proto=2, ttl=1, ra=True):
    opt = b'\x94\4\0\0' if ra else b''
    h = struct.pack('>BBHHHBBH4s4s', 0x45 + len(opt) // 4, 0, 20 + len(opt) + len(payload), 0, 0, ttl, proto, 0, socket.inet_aton(src), socket.inet_aton(dst)) + opt
    h = h[:10] + struct.pack('>H', csum(h)) + h[12:]
    return h + payload


def eth4(port, dst, payload):
    a = socket.inet_aton(dst)
    return b'\1\0\x5e' + bytes([a[1] & 0x7f, a[2], a[3]]) + mac(MACS[port]) + b'\x08\0' + payload


def igmp(t, code, group, rest=b'', bad=False):
    b = struct.pack('>BBH4s', t, code, 0, socket.inet_aton(group)) + rest
    c = csum(b) ^ (0x1111 if bad else 0)
    return b[:2] + struct.pack('>H', c) + b[4:]


def report(port, group, **kw):
    return eth4(port, group, ip(f'10.0.0.{port + 1}', group, igmp(0x16, 0, group, **kw)))


def leave(port, group):
    return eth4(port, '224.0.0.2', ip(f'10.0.0.{port + 1}', '224.0.0.2', igmp(0x17, 0, group)))


def query(port, group='0.0.0.0', code=100, src=None):
    dst = '224.0.0.1' if group == '0.0.0.0' else group
    return eth4(port, dst, ip(src or f'10.0.0.{port + 1}', dst, igmp(0x11, code, group)))


def v3(port, *records):
    b = b''
    for t, group, srcs in records:
        b += struct.pack('>BBH4s', t, 0, len(srcs), socket.inet_aton(group)) + b''.join(socket.inet_aton(s) for s in srcs)
    p = struct.pack('>BBHHH', 0x22, 0, 0, 0, len(records)) + b
    p = p[:2] + struct.pack('>H', csum(p)) + p[4:]
    return eth4(port, '224.0.0.22', ip(f'10.0.0.{port + 1}', '224.0.0.22', p))


def data(port, group, src=None):
    return eth4(port, group, ip(src or f'10.0.0.{port + 1}', group, b'\0' * 30, 17, 8, False))


def eth6(port, dst, payload):
    return b'\x33\x33' + socket.inet_pton(socket.AF_INET6, dst)[12:] + mac(MACS[port]) + b'\x86\xdd' + payload


def mld(port, dst, body, src=None, ra=True, hop=1):
    s, d = socket.inet_pton(socket.AF_INET6, src or f'fe80::{port + 1}'), socket.inet_pton(socket.AF_INET6, dst)
    c = csum(s + d + struct.pack('>II', len(body), 58) + body)
    body = body[:2] + struct.pack('>H', c) + body[4:]
    hbh = b'\x3a\0\5\2\0\0\1\0' if ra else b''
    return eth6(port, dst, struct.pack('>IHBB', 0x60000000, len(hbh) + len(body), 0 if ra else 58, hop) + s + d + hbh + body)


def mld1(port, t, group, dst, delay=0, **kw):
    return mld(port, dst, struct.pack('>BBHHH', t, 0, 0, delay, 0) + socket.inet_pton(socket.AF_INET6, group), **kw)


def mld2(port, *records):
    b = b''
    for t, group, srcs in records:
        b += struct.pack('>BBH', t, 0, len(srcs)) + socket.inet_pton(socket.AF_INET6, group) + b''.join(socket.inet_pton(socket.AF_INET6, s) for s in srcs)
    return mld(port, 'ff02::16', struct.pack('>BBHHH', 143, 0, 0, 0, len(records)) + b)


def data6(port, group):
    s, d = socket.inet_pton(socket.AF_INET6, f'fe80::{port + 1}'), socket.inet_pton(socket.AF_INET6, group)
    return eth6(port, group, struct.pack('>IHBB', 0x60000000, 16, 59, 8) + s + d + b'\0' * 16)


G, H = '239.1.2.3', '239.1.2.4'
put('data without members or querier', 0, data(0, G))
put('report without a querier', 1, report(1, G))
put('data still goes everywhere', 0, data(0, G))
put('query', 0, query(0, code=1))
wait('the members have had time to answer', 0.4)
put('data goes to the member and the router', 0, data(0, G))
put('data of the member', 1, data(1, G))
put('data of others goes to the member and the router', 2, data(2, G))
put('data without members goes to the router', 2, data(2, H))
put('link-local data goes everywhere', 2, data(2, '224.0.0.251'))
put('report goes to the router', 2, report(2, G))
put('report again', 2, report(2, G))
put('report for a link-local group', 2, report(2, '224.0.0.251'))
put('broken report', 2, report(2, H, bad=True))
put('version 1 report', 2, eth4(2, H, ip('10.0.0.3', H, igmp(0x12, 0, H))))
put('leave while another asks', 2, leave(2, G))
setting('last member interval', a64(30, 20))
put('query of a group', 0, query(0, G, 1))
put('answer', 1, report(1, G))
wait('one answered', 0.5)
put('a worse querier', 1, query(1, code=1))
put('a better querier', 2, query(2, code=1, src='9.0.0.1'))
wait('a moment', 0.2)
put('query of version 1', 2, query(2, code=0, src='9.0.0.1'))
put('query with another destination', 2, eth4(2, G, ip('9.0.0.1', G, igmp(0x11, 1, '0.0.0.0'))))
put('PIM hello', 1, eth4(1, '224.0.0.13', ip('10.0.0.2', '224.0.0.13', b'\x20\0\0\0', 103, 1, False)))
put('PIM register', 0, eth4(0, '224.0.0.13', ip('10.0.0.1', '224.0.0.13', b'\x21\0\0\0', 103, 1, False)))
put('router advertisement', 0, eth4(0, '224.0.0.106', ip('10.0.0.1', '224.0.0.106', b'\x30\0\0\0\0\0\0\0', 2, 1, True)))
portset('no router at 0', 0, a8(25, 0))
put('data without members', 2, data(2, '239.7.7.7'))
portset('always a router at 0', 0, a8(25, 2))
put('data without members again', 2, data(2, '239.7.7.7'))
portset('as it was', 0, a8(25, 1))
put('report of 0', 0, report(0, '239.5.5.5'))
portset('fast leave', 0, a8(7, 1))
put('leaves at once', 0, leave(0, '239.5.5.5'))
portset('no fast leave', 0, a8(7, 0))
portset('to unicast', 0, a8(28, 1))
put('report of 0 again', 0, report(0, '239.5.5.5'))
put('data as unicast', 1, data(1, '239.5.5.5'))
portset('no unicast', 0, a8(28, 0))
setting('membership for a second', a64(31, 100))
put('short-lived', 0, report(0, '239.5.5.6'))
wait('it ends', 1.3)
setting('snooping off', a8(23, 0))
put('data while off', 2, data(2, G))
setting('snooping on', a8(23, 1))
setting('membership again', a64(31, 26000))

# version 3
setting('version 3', a8(43, 3))
put('query for version 3', 0, eth4(0, '224.0.0.1', ip('9.0.0.1', '224.0.0.1', igmp(0x11, 1, '0.0.0.0', b'\2\x7d\0\0'))))
wait('a moment more', 0.3)
S = '239.3.3.3'
A1, A2, A3 = '10.9.9.1', '10.9.9.2', '10.9.9.3'
put('include two', 1, v3(1, (1, S, [A1, A2])))
put('data of a source', 2, data(2, S, A1))
put('data of another', 2, data(2, S, A3))
put('allow', 1, v3(1, (5, S, [A3])))
put('block', 1, v3(1, (6, S, [A3])))
put('exclude at 2', 2, v3(2, (2, S, [A1])))
put('data that 2 does not want', 0, data(0, S, A1))
put('data that 2 wants', 0, data(0, S, A3))
put('data nobody named', 0, data(0, S, '10.9.9.9'))
put('to include at 2', 2, v3(2, (3, S, [A1])))
put('to exclude at 1', 1, v3(1, (4, S, [A2])))
put('exclude none at 1', 1, v3(1, (4, S, [])))
put('two records', 2, v3(2, (4, '239.3.3.4', []), (5, '239.3.3.5', [A1])))
put('include none leaves', 2, v3(2, (3, '239.3.3.4', [])))
put('old report in version 3', 2, report(2, '239.3.3.6'))
put('unknown record', 2, v3(2, (9, '239.3.3.7', [])))
put('record of a link-local group', 2, v3(2, (4, '224.0.0.7', [])))
put('cut off', 2, v3(2, (4, '239.3.3.8', []))[:-4])
setting('version 2', a8(43, 2))

# IPv6
K = 'ff0e::1:2'
put('mld report', 1, mld1(1, 131, K, K))
put('mld query', 0, mld1(0, 130, '::', 'ff02::1', 100))
wait('answers', 0.4)
put('data6', 2, data6(2, K))
put('data6 without members', 2, data6(2, 'ff0e::9'))
put('data6 to all nodes', 2, data6(2, 'ff02::1'))
put('data6 link-local', 2, data6(2, 'ff02::fb'))
put('mld report of all nodes', 2, mld1(2, 131, 'ff02::1', 'ff02::1'))
put('mld report from no address', 2, mld1(2, 131, 'ff02::99', 'ff02::99', src='::'))
put('mld report from afar', 2, mld1(2, 131, 'ff02::98', 'ff02::98', src='2001:db8::1'))
put('mld report, hop limit 2', 2, mld1(2, 131, 'ff02::97', 'ff02::97', hop=2))
put('mld report without alert', 2, mld1(2, 131, 'ff02::96', 'ff02::96', ra=False))
put('mld2 report', 2, mld2(2, (4, 'ff0e::2:1', []), (3, 'ff0e::2:2', [])))
setting('mld 2', a8(44, 2))
put('mld2 include', 2, mld2(2, (1, 'ff0e::3', ['2001:db8::5'])))
put('mld2 exclude', 1, mld2(1, (2, 'ff0e::3', [])))
setting('mld 1', a8(44, 1))
put('mld done', 1, mld1(1, 132, K, 'ff02::2'))
put('mld query of a group', 0, mld1(0, 130, K, K, 100))
wait('nobody answers', 0.6)
