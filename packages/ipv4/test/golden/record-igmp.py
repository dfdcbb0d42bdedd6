#!/usr/bin/env python3
"""Records what the real kernel does with source filters of groups: answers of the options, reports on the wire, answers to queries (igmp.jsonl). Run as root.

Makes two namespaces of its own joined by a veth (v0 is 10.77.0.1/24), plays the scenarios below, and deletes them.
"""
import ctypes, json, os, random, select, socket, struct, subprocess, sys, time
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../../../tools/golden'))
from nlask import csum

HERE = os.path.dirname(os.path.abspath(__file__))
MAC0, MAC1 = '02:00:00:00:00:01', '02:00:00:00:00:02'
IGMP_WAIT = 0.12
if len(sys.argv) == 1:
    a, b = 'linnet-record-%d-a' % os.getpid(), 'linnet-record-%d-b' % os.getpid()
    try:
        for ns in (a, b): subprocess.run(('ip', 'netns', 'add', ns), check=True)
        for c in ('ip -n %s link add v0 address %s type veth peer name v1 address %s netns %s' % (a, MAC0, MAC1, b),
                  'ip netns exec %s sysctl -qw net.ipv6.conf.all.disable_ipv6=1' % a, 'ip netns exec %s sysctl -qw net.ipv6.conf.all.disable_ipv6=1' % b,
                  'ip -n %s link set lo up' % a, 'ip -n %s link set v1 up' % b):
            subprocess.run(c.split(), check=True)
        subprocess.run(('ip', 'netns', 'exec', a, sys.executable, os.path.abspath(__file__), b), check=True)
    finally:
        for ns in (a, b): subprocess.run(('ip', 'netns', 'del', ns))
    sys.exit()

libc = ctypes.CDLL(None, use_errno=True)
here, there = os.open('/proc/self/ns/net', os.O_RDONLY), os.open('/var/run/netns/' + sys.argv[1], os.O_RDONLY)
assert libc.setns(there, 0) == 0
cap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
cap.bind(('v1', 0x0800))
cap.setsockopt(263, 1, struct.pack('iHH8s', socket.if_nametoindex('v1'), 1, 0, b''))  # promiscuous
assert libc.setns(here, 0) == 0
nl = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
nl.bind((0, 0))
nl.setsockopt(270, 1, 37)  # NETLINK_ADD_MEMBERSHIP, RTNLGRP_IPV4_MCADDR

(IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP, IP_UNBLOCK_SOURCE, IP_BLOCK_SOURCE, IP_ADD_SOURCE, IP_DROP_SOURCE, IP_MSFILTER, MCAST_JOIN_GROUP, MCAST_BLOCK_SOURCE, MCAST_UNBLOCK_SOURCE,
 MCAST_LEAVE_GROUP, MCAST_JOIN_SOURCE, MCAST_LEAVE_SOURCE, MCAST_MSFILTER) = range(35, 49)
INCL, EXCL = 1, 0
A = socket.inet_aton
IFX = socket.if_nametoindex('v0')
def mreq(g, a='10.77.0.1'): return A(g) + A(a)
def mreqn(g, ifx=IFX, a='0.0.0.0'): return A(g) + A(a) + struct.pack('i', ifx)
def mreqs(g, s, a='10.77.0.1'): return A(g) + A(a) + A(s)
def msf(g, mode, ss=(), n=None, a='10.77.0.1'): return A(g) + A(a) + struct.pack('II', mode, len(ss) if n is None else n) + b''.join(map(A, ss))
def st(a, fam=2): return (struct.pack('HH', fam, 0) + A(a)).ljust(128, b'\0')
def greq(g, ifx=IFX, fam=2): return struct.pack('II', ifx, 0) + st(g, fam)
def gsreq(g, s, ifx=IFX, fam=2, fam2=2): return struct.pack('II', ifx, 0) + st(g, fam) + st(s, fam2)
def gf(g, mode, ss=(), ifx=IFX, n=None, fam=2, fam2=2): return struct.pack('II', ifx, 0) + st(g, fam) + struct.pack('II', mode, len(ss) if n is None else n) + b''.join(st(s, fam2) for s in ss)

out = None
batch = slow = None
last = {}
lines = []
socks = {}
def settle(t=IGMP_WAIT):
    """What is on the wire in that time."""
    got, end = [], time.time() + t
    while True:
        left = end - time.time()
        if left <= 0 or not select.select([cap], [], [], left)[0]: break
        f, addr = cap.recvfrom(3000)
        if addr[2] == 4 or f[23] != 2: continue  # what goes out, and what is no IGMP
        p = f[14:14 + struct.unpack('>H', f[16:18])[0]]
        got.append(f[0:6].hex() + ' ' + p.hex())
    return got
def notes():
    got = []
    while select.select([nl], [], [], 0)[0]:
        m = nl.recv(4096)
        got.append([struct.unpack_from('H', m, 4)[0], m[16:24].hex(), m[24:32].hex()])
    return got
def step(*s, wait=IGMP_WAIT):
    global batch, slow
    op, ret = s[0], 0
    begin, alone = batch or time.time(), batch is None
    batch = None if wait else begin
    try:
        if op == 'sock': socks[s[1]] = socket.socket(2, {'udp': 2, 'raw': 3, 'tcp': 1}[s[2]], 17 if s[2] == 'raw' else 0)
        elif op == 'close': socks.pop(s[1]).close()
        elif op == 'set': socks[s[1]].setsockopt(0, s[2], bytes.fromhex(s[3]))
        elif op == 'get':
            n = ctypes.c_int(s[4]); buf = ctypes.create_string_buffer(bytes.fromhex(s[3]), 2048)
            r = libc.getsockopt(socks[s[1]].fileno(), 0, s[2], buf, ctypes.byref(n))
            ret = -ctypes.get_errno() if r < 0 else buf.raw[:n.value].hex()
        elif op == 'query':
            p = bytearray.fromhex(s[1]); p[2:4] = struct.pack('>H', csum(bytes(p)))
            h = bytearray(struct.pack('>BBHHHBBH', 0x46, 0xc0, 24 + len(p), 0, 0, 1, 2, 0) + A('10.77.0.2') + A(s[2]) + bytes.fromhex('94040000'))
            h[10:12] = struct.pack('>H', csum(bytes(h)))
            mac = bytes.fromhex(MAC0.replace(':', '')) if len(s) > 3 else b'\1\0' + struct.pack('>I', 0x5e000000 | (struct.unpack('>I', A(s[2]))[0] & 0x7fffff))
            cap.send(mac + bytes.fromhex(MAC1.replace(':', '')) + b'\x08\0' + bytes(h) + bytes(p))
        elif op == 'sysctl':
            with open('/proc/sys/net/ipv4/' + s[1], 'wb', 0) as f: f.write(str(s[2]).encode())
        elif op == 'ip': subprocess.run(('ip',) + tuple(s[1].split()), check=True)
    except OSError as e: ret = -e.errno
    # What was meant to happen at once took too long: reports may have gone out in between.
    late = wait and not alone and time.time() - begin > .006
    wire = settle(wait)
    rec = {'step': s, 'ret': ret, 'wire': wire, 'wait': wait, 'notes': notes()}
    if late: rec['late'] = slow = True
    if wait > 0:  # each only when it changed; /proc/net/igmp without its timers
        now = {'mcfilter': open('/proc/net/mcfilter').read(),
               'igmp': [' '.join(w for w in l.split() if ':' not in w or w == ':') for l in open('/proc/net/igmp').read().split('\n')[1:] if l]}
        for k, v in now.items():
            if last.get(k) != v: rec[k] = last[k] = v
    for k in ('wire', 'notes'):
        if not rec[k]: del rec[k]
    lines.append(json.dumps(rec) + '\n')
    return ret
def S(k, opt, val, **kw): return step('set', k, opt, val.hex(), **kw)
def G(k, opt, val, n, **kw): return step('get', k, opt, val.hex(), n, **kw)
def Q(group, code=1, v3=True, ss=(), n=None, qrv=0, qqic=0, dst=None, wait=IGMP_WAIT):
    p = bytes([0x11, code, 0, 0]) + A(group)
    if v3: p += bytes([qrv, qqic]) + struct.pack('>H', len(ss) if n is None else n) + b''.join(map(A, ss))
    step('query', p.hex(), dst or ('224.0.0.1' if group == '0.0.0.0' else group), wait=wait)

scenarios = []
def scenario(f):
    scenarios.append((f.__name__, f))
    return f

@scenario
def options():
    step('sock', 'u', 'udp'); step('sock', 't', 'tcp'); step('sock', 'r', 'raw')
    g, s1, s2, s3 = '239.1.2.3', '10.1.0.1', '10.1.0.2', '10.1.0.3'
    for k in 'tu':
        for n in (0, 3, 4, 7, 8, 9, 11, 12, 13): S(k, IP_ADD_MEMBERSHIP, mreqn('239.8.0.%d' % n).ljust(16, b'\0')[:n], wait=0)
        for n in (0, 3, 8, 11, 12, 13): S(k, IP_ADD_SOURCE, mreqs('239.8.1.%d' % n, s1).ljust(16, b'\0')[:n], wait=0)
        for n in (0, 8, 135, 136, 137): S(k, MCAST_JOIN_GROUP, greq('239.8.2.%d' % n).ljust(140, b'\0')[:n], wait=0)
        for n in (0, 136, 263, 264, 265): S(k, MCAST_JOIN_SOURCE, gsreq('239.8.3.%d' % (n & 255), s1).ljust(270, b'\0')[:n], wait=0)
    step('close', 'u'); step('sock', 'u', 'udp')
    for bad in ('10.0.0.1', '0.0.0.0', '255.255.255.255'):
        S('u', IP_ADD_MEMBERSHIP, mreq(bad), wait=0); S('u', IP_ADD_SOURCE, mreqs(bad, s1), wait=0); S('u', IP_BLOCK_SOURCE, mreqs(bad, s1), wait=0)
        S('u', MCAST_JOIN_GROUP, greq(bad), wait=0); S('u', MCAST_JOIN_SOURCE, gsreq(bad, s1), wait=0); S('u', IP_MSFILTER, msf(bad, INCL, [s1]), wait=0)
        S('u', MCAST_MSFILTER, gf(bad, INCL, [s1]), wait=0); S('u', MCAST_LEAVE_GROUP, greq(bad), wait=0); S('u', IP_DROP_MEMBERSHIP, mreq(bad), wait=0)
        G('u', IP_MSFILTER, msf(bad, 0), 100, wait=0); G('u', MCAST_MSFILTER, gf(bad, 0), 300, wait=0)
    for fam in (0, 10): 
        S('u', MCAST_JOIN_GROUP, greq(g, fam=fam), wait=0); S('u', MCAST_LEAVE_GROUP, greq(g, fam=fam), wait=0)
        S('u', MCAST_JOIN_SOURCE, gsreq(g, s1, fam=fam), wait=0); S('u', MCAST_JOIN_SOURCE, gsreq(g, s1, fam2=fam), wait=0)
        S('u', MCAST_BLOCK_SOURCE, gsreq(g, s1, fam2=fam), wait=0); S('u', MCAST_MSFILTER, gf(g, INCL, [s1], fam=fam), wait=0); S('u', MCAST_MSFILTER, gf(g, INCL, [s1], fam2=fam), wait=0)
        G('u', MCAST_MSFILTER, gf(g, 0, fam=fam), 300, wait=0)
    for ifx in (99, -1):
        S('u', IP_ADD_MEMBERSHIP, mreqn(g, ifx), wait=0); S('u', IP_DROP_MEMBERSHIP, mreqn(g, ifx), wait=0)
        S('u', MCAST_JOIN_GROUP, greq(g, ifx & 0xffffffff), wait=0); S('u', MCAST_LEAVE_GROUP, greq(g, ifx & 0xffffffff), wait=0); S('u', MCAST_JOIN_SOURCE, gsreq(g, s1, ifx & 0xffffffff), wait=0)
        S('u', MCAST_MSFILTER, gf(g, INCL, [s1], ifx & 0xffffffff), wait=0); G('u', MCAST_MSFILTER, gf(g, 0, ifx=ifx & 0xffffffff), 300, wait=0)
    S('u', IP_ADD_MEMBERSHIP, mreq(g, '10.77.0.9'), wait=0); S('u', IP_DROP_MEMBERSHIP, mreq(g, '10.77.0.9'), wait=0); S('u', IP_ADD_SOURCE, mreqs(g, s1, '10.77.0.9'), wait=0)
    S('u', IP_ADD_MEMBERSHIP, mreq(g, '0.0.0.0'), wait=0); S('u', IP_DROP_MEMBERSHIP, mreq(g, '0.0.0.0'), wait=0)
    # Without a join before
    for o in (IP_BLOCK_SOURCE, IP_UNBLOCK_SOURCE, IP_DROP_SOURCE): S('u', o, mreqs(g, s1), wait=0)
    for o in (MCAST_BLOCK_SOURCE, MCAST_UNBLOCK_SOURCE, MCAST_LEAVE_SOURCE): S('u', o, gsreq(g, s1), wait=0)
    for m in (INCL, EXCL, 2, 0xffffffff): 
        S('u', IP_MSFILTER, msf(g, m, [s1]), wait=0); S('u', IP_MSFILTER, msf(g, m), wait=0); S('u', MCAST_MSFILTER, gf(g, m, [s1]), wait=0); S('u', MCAST_MSFILTER, gf(g, m), wait=0)
    G('u', IP_MSFILTER, msf(g, 0, a='10.77.0.1'), 100, wait=0); G('u', IP_MSFILTER, msf(g, 0, a='10.77.0.9'), 100, wait=0)
    S('u', IP_ADD_MEMBERSHIP, mreq(g)); S('u', IP_ADD_MEMBERSHIP, mreq(g), wait=0); S('u', MCAST_JOIN_GROUP, greq(g), wait=0)
    for n in (0, 8, 15, 16, 17, 20, 40): G('u', IP_MSFILTER, msf(g, 0, n=(n - 16) // 4 if n > 16 else 0)[:n], n, wait=0)
    S('u', IP_BLOCK_SOURCE, mreqs(g, s2)); S('u', IP_BLOCK_SOURCE, mreqs(g, s1)); S('u', IP_BLOCK_SOURCE, mreqs(g, s1)); S('u', IP_DROP_SOURCE, mreqs(g, s1)); S('u', IP_ADD_SOURCE, mreqs(g, s3))
    for n in (0, 1, 2, 3, 0xffffffff):
        for l in (15, 16, 20, 24, 100): G('u', IP_MSFILTER, msf(g, 7, n=n), l, wait=0)
        for l in (143, 144, 272, 400, 600): G('u', MCAST_MSFILTER, gf(g, 7, n=n), l, wait=0)
    S('u', IP_UNBLOCK_SOURCE, mreqs(g, s2)); S('u', IP_UNBLOCK_SOURCE, mreqs(g, s2)); S('u', IP_UNBLOCK_SOURCE, mreqs(g, s1))
    S('u', IP_ADD_SOURCE, mreqs(g, s3)); S('u', IP_MSFILTER, msf(g, EXCL)); S('u', IP_ADD_SOURCE, mreqs(g, s3)); S('u', IP_ADD_SOURCE, mreqs(g, s1)); S('u', IP_DROP_SOURCE, mreqs(g, s3))
    S('u', IP_BLOCK_SOURCE, mreqs(g, s3)); S('u', IP_DROP_SOURCE, mreqs(g, s1)); S('u', IP_DROP_SOURCE, mreqs(g, s1))
    for n in (0, 1, 2, 10, 11, 0x3ffffffb, 0x3ffffffc, 0xffffffff):
        S('u', IP_MSFILTER, msf(g, INCL, [s1], n=n), wait=0); S('u', MCAST_MSFILTER, gf(g, INCL, [s1], n=n), wait=0)
    for l in (0, 15, 16, 19): S('u', IP_MSFILTER, msf(g, INCL, [s1])[:l], wait=0)
    for l in (0, 143, 144, 271): S('u', MCAST_MSFILTER, gf(g, INCL, [s1])[:l], wait=0)
    S('r', MCAST_JOIN_SOURCE, gsreq('239.5.5.5', s1)); S('r', MCAST_JOIN_SOURCE, gsreq('239.5.5.5', s2)); S('r', MCAST_LEAVE_SOURCE, gsreq('239.5.5.5', s1)); S('r', MCAST_LEAVE_SOURCE, gsreq('239.5.5.5', s1))
    S('r', MCAST_LEAVE_SOURCE, gsreq('239.5.5.5', s2)); S('r', MCAST_LEAVE_SOURCE, gsreq('239.5.5.5', s2))
    step('sysctl', 'igmp_max_msf', 2, wait=0)
    for s in (s1, s2, s3): S('u', IP_ADD_SOURCE, mreqs('239.6.6.6', s))
    step('sysctl', 'igmp_max_msf', 10, wait=0); step('sysctl', 'igmp_max_memberships', 3, wait=0)
    for i in range(4): S('u', IP_ADD_MEMBERSHIP, mreq('239.7.7.%d' % i), wait=0)
    step('sysctl', 'igmp_max_memberships', 20); step('close', 'u')

@scenario
def full_state():
    g, h, ss = '239.1.2.3', '232.1.1.1', ['10.1.0.%d' % i for i in range(1, 6)]
    for k in 'abc': step('sock', k, 'udp')
    S('a', IP_ADD_SOURCE, mreqs(h, ss[0])); S('b', IP_ADD_SOURCE, mreqs(h, ss[1])); S('a', IP_ADD_SOURCE, mreqs(h, ss[1])); S('c', IP_MSFILTER, msf(h, INCL, ss[2:4]))
    S('c', IP_ADD_SOURCE, mreqs(h, ss[2])); S('c', IP_MSFILTER, msf(h, INCL, ss[1:4])); S('c', IP_MSFILTER, msf(h, EXCL, ss[0:3])); S('b', IP_DROP_SOURCE, mreqs(h, ss[1])); S('a', IP_DROP_SOURCE, mreqs(h, ss[0]))
    S('b', MCAST_JOIN_GROUP, greq(h)); S('b', MCAST_BLOCK_SOURCE, gsreq(h, ss[0])); S('c', IP_MSFILTER, msf(h, EXCL)); S('c', IP_MSFILTER, msf(h, INCL, ss)); S('b', MCAST_LEAVE_GROUP, greq(h))
    S('c', IP_MSFILTER, msf(h, INCL, ss[:1])); S('a', MCAST_LEAVE_GROUP, greq(h)); S('c', IP_MSFILTER, msf(h, INCL))
    S('a', IP_ADD_MEMBERSHIP, mreq(g)); S('a', IP_BLOCK_SOURCE, mreqs(g, ss[0])); S('b', IP_ADD_SOURCE, mreqs(g, ss[0])); S('b', IP_ADD_SOURCE, mreqs(g, ss[4])); S('a', IP_DROP_MEMBERSHIP, mreq(g))
    S('a', MCAST_JOIN_GROUP, greq(g)); S('a', MCAST_MSFILTER, gf(g, EXCL, ss)); step('close', 'b'); step('close', 'a'); step('close', 'c')

@scenario
def queries():
    g, h, x, ss = '239.1.2.3', '232.1.1.1', '239.9.9.9', ['10.1.0.%d' % i for i in range(1, 6)]
    for k in 'abc': step('sock', k, 'udp')
    S('a', IP_ADD_MEMBERSHIP, mreq(g)); S('a', IP_ADD_SOURCE, mreqs(h, ss[0])); S('a', IP_ADD_SOURCE, mreqs(h, ss[1])); S('a', MCAST_JOIN_GROUP, greq(x)); S('a', MCAST_MSFILTER, gf(x, EXCL, ss[2:]))
    Q('0.0.0.0'); Q('0.0.0.0', code=0); Q('0.0.0.0', ss=ss[:1])
    for q in (g, h, x, '239.4.4.4'):
        Q(q); Q(q, ss=ss[:1]); Q(q, ss=ss[:2]); Q(q, ss=ss[2:4]); Q(q, ss=ss); Q(q, ss=['9.9.9.9']); Q(q, ss=[ss[2], '9.9.9.9']); Q(q, n=3); Q(q, ss=ss[:1], n=5)
    Q(h, ss=ss[:1], wait=0); Q(h, ss=ss[1:2]); Q(h, ss=ss[:1], wait=0); Q(h)
    Q(g, qrv=3); S('b', IP_ADD_MEMBERSHIP, mreq('239.3.3.3'), wait=.2); S('b', IP_BLOCK_SOURCE, mreqs('239.3.3.3', ss[0]), wait=.2); S('b', IP_DROP_MEMBERSHIP, mreq('239.3.3.3'), wait=.2)
    Q(g, qrv=7, qqic=5); S('b', IP_ADD_SOURCE, mreqs('239.3.3.3', ss[0]), wait=.4); S('b', IP_DROP_SOURCE, mreqs('239.3.3.3', ss[0]), wait=.4)
    Q(g, qrv=0); S('b', IP_ADD_MEMBERSHIP, mreq('239.3.3.3'), wait=.2)
    for p in ('11', '1101', '11010000', '1101000000', '1101000000000000', '110100000000000000', '1101000000000000000000', '11010000efffffff00000000'):
        step('query', p.ljust(8, '0'), '224.0.0.1')
    for k in 'abc': step('close', k)

@scenario
def older():
    g, h, ss = '239.1.2.3', '232.1.1.1', ['10.1.0.%d' % i for i in range(1, 6)]
    for k in 'ab': step('sock', k, 'udp')
    S('a', IP_ADD_MEMBERSHIP, mreq(g)); S('a', IP_ADD_SOURCE, mreqs(h, ss[0]))
    Q('0.0.0.0', v3=False, wait=.3); Q(g, v3=False, wait=.3); Q('0.0.0.0', wait=.3); Q(g, ss=ss[:1], wait=.3)
    S('a', IP_ADD_SOURCE, mreqs(h, ss[1])); S('a', IP_DROP_SOURCE, mreqs(h, ss[1])); S('b', IP_ADD_SOURCE, mreqs('232.2.2.2', ss[1])); S('b', IP_DROP_SOURCE, mreqs('232.2.2.2', ss[1]))
    S('b', IP_ADD_MEMBERSHIP, mreq('239.2.2.2')); S('b', IP_DROP_MEMBERSHIP, mreq('239.2.2.2')); S('a', IP_DROP_MEMBERSHIP, mreq(g))
    step('ip', 'link set v0 down'); step('ip', 'link set v0 up'); step('sysctl', 'conf/v0/force_igmp_version', 3)
    S('b', IP_ADD_MEMBERSHIP, mreq('239.2.2.2')); S('b', IP_DROP_MEMBERSHIP, mreq('239.2.2.2')); Q('0.0.0.0', wait=.3); Q('0.0.0.0', v3=False, wait=.3)
    step('sysctl', 'conf/v0/force_igmp_version', 1); S('b', IP_ADD_MEMBERSHIP, mreq('239.2.2.2')); S('b', IP_DROP_MEMBERSHIP, mreq('239.2.2.2')); Q('0.0.0.0', v3=False, wait=.3)
    step('sysctl', 'conf/v0/force_igmp_version', 0); step('sysctl', 'conf/all/force_igmp_version', 2); S('b', IP_ADD_MEMBERSHIP, mreq('239.2.2.2')); S('b', IP_DROP_MEMBERSHIP, mreq('239.2.2.2'))
    step('sysctl', 'conf/all/force_igmp_version', 3); S('b', IP_ADD_MEMBERSHIP, mreq('239.2.2.2')); S('b', IP_DROP_MEMBERSHIP, mreq('239.2.2.2'))
    step('sysctl', 'conf/all/force_igmp_version', 0)
    for k in 'ab': step('close', k)

@scenario
def forced():
    step('sock', 'a', 'udp')
    step('sysctl', 'conf/v0/force_igmp_version', 2); S('a', IP_ADD_MEMBERSHIP, mreq('239.2.2.2')); Q('0.0.0.0', wait=.3); Q('0.0.0.0', v3=False, wait=.3); S('a', IP_DROP_MEMBERSHIP, mreq('239.2.2.2'))
    step('sysctl', 'conf/v0/force_igmp_version', 0); S('a', IP_ADD_MEMBERSHIP, mreq('239.2.2.2')); step('close', 'a')

@scenario
def heard():
    step('sock', 'a', 'udp'); S('a', IP_ADD_MEMBERSHIP, mreq('239.2.2.2')); report = '16000000' + A('239.2.2.2').hex()
    # Another member's report spares us ours and our leave, but for one that comes to us alone.
    for to in ((), ('host',)):
        for p in (report, '12' + report[2:], '22' + report[2:], '17' + report[2:]):
            Q('0.0.0.0', code=4, v3=False, wait=0); step('query', p, '239.2.2.2', *to, wait=.6)
    Q('0.0.0.0', code=4, v3=False, wait=0); step('query', report, '239.2.2.2', wait=.6); S('a', IP_DROP_MEMBERSHIP, mreq('239.2.2.2')); step('close', 'a')

@scenario
def version1():
    step('sock', 'a', 'udp'); S('a', IP_ADD_MEMBERSHIP, mreq('239.2.2.2')); Q('0.0.0.0', code=0, v3=False, wait=10.3); S('a', IP_ADD_MEMBERSHIP, mreq('239.2.2.4')); Q('239.2.2.4', wait=10.3)
    S('a', IP_DROP_MEMBERSHIP, mreq('239.2.2.4')); step('close', 'a')

@scenario
def links():
    g, h, ss = '239.1.2.3', '232.1.1.1', ['10.1.0.%d' % i for i in range(1, 6)]
    for k in 'ab': step('sock', k, 'udp')
    S('a', IP_ADD_MEMBERSHIP, mreq(g)); S('a', IP_ADD_SOURCE, mreqs(h, ss[0])); S('a', IP_ADD_MEMBERSHIP, mreqn('224.0.0.1')); S('a', IP_ADD_MEMBERSHIP, mreqn('224.0.0.9')); S('a', IP_ADD_MEMBERSHIP, mreqn('224.0.1.9'))
    step('ip', 'link set v0 down'); S('a', IP_ADD_SOURCE, mreqs(h, ss[1])); S('b', IP_ADD_MEMBERSHIP, mreqn('239.5.5.5')); step('ip', 'link set v0 up'); step('wait', wait=.2)
    step('ip', 'link set v0 down'); S('b', IP_DROP_MEMBERSHIP, mreqn('239.5.5.5')); step('ip', 'link set v0 up'); step('wait', wait=.2)
    step('sysctl', 'igmp_link_local_mcast_reports', 0); S('b', IP_ADD_MEMBERSHIP, mreqn('224.0.0.251')); Q('0.0.0.0'); Q('224.0.0.251'); S('b', IP_DROP_MEMBERSHIP, mreqn('224.0.0.251'))
    step('sysctl', 'igmp_link_local_mcast_reports', 1); S('b', IP_ADD_MEMBERSHIP, mreqn('224.0.0.251')); Q('224.0.0.251'); S('b', IP_DROP_MEMBERSHIP, mreqn('224.0.0.251'))
    for n in (0, 1, 4): step('sysctl', 'igmp_qrv', n); S('b', IP_ADD_MEMBERSHIP, mreqn('239.5.5.5'), wait=.2); S('b', IP_DROP_MEMBERSHIP, mreqn('239.5.5.5'), wait=.2)
    step('sysctl', 'igmp_qrv', 2); step('ip', 'addr del 10.77.0.1/24 dev v0'); S('b', IP_ADD_MEMBERSHIP, mreqn('239.5.5.6')); S('a', IP_DROP_MEMBERSHIP, mreq(g)); step('ip', 'addr add 10.77.0.1/24 dev v0'); S('b', IP_DROP_MEMBERSHIP, mreqn('239.5.5.6'))
    step('ip', 'addr add 10.78.0.1/24 dev lo'); S('b', IP_ADD_MEMBERSHIP, mreq('239.5.5.7', '10.78.0.1')); S('b', IP_DROP_MEMBERSHIP, mreq('239.5.5.7', '10.78.0.1')); step('ip', 'addr del 10.78.0.1/24 dev lo')
    # Several at once share a packet
    for i in range(3): S('b', IP_ADD_MEMBERSHIP, mreqn('239.5.6.%d' % i), wait=0)
    step('wait'); S('b', IP_ADD_SOURCE, mreqs('239.5.6.4', ss[0]), wait=0); S('b', IP_DROP_MEMBERSHIP, mreqn('239.5.6.1'), wait=0); S('b', IP_BLOCK_SOURCE, mreqs('239.5.6.2', ss[0])); Q('0.0.0.0')
    for k in 'ab': step('close', k)

@scenario
def many():
    step('sysctl', 'igmp_max_msf', 1000, wait=0); step('sysctl', 'igmp_max_memberships', 1000, wait=0)
    step('sock', 'a', 'udp'); ss = ['10.2.%d.%d' % (i >> 8, i & 255) for i in range(500)]
    S('a', IP_ADD_MEMBERSHIP, mreqn('239.1.1.1')); S('a', IP_MSFILTER, msf('239.1.1.1', EXCL, ss)); Q('0.0.0.0'); Q('239.1.1.1'); S('a', IP_MSFILTER, msf('239.1.1.1', INCL, ss)); Q('0.0.0.0'); Q('239.1.1.1', ss=ss[:300])
    S('a', IP_ADD_MEMBERSHIP, mreqn('239.1.1.2')); S('a', IP_MSFILTER, msf('239.1.1.2', EXCL, ss[:30])); Q('0.0.0.0'); S('a', IP_MSFILTER, msf('239.1.1.1', INCL, ss[250:]))
    S('a', IP_MSFILTER, msf('239.1.1.1', INCL)); step('ip', 'link set v0 mtu 300')
    for i in range(40): S('a', IP_ADD_MEMBERSHIP, mreqn('239.1.2.%d' % i), wait=0)
    step('wait', wait=.3); Q('0.0.0.0'); S('a', IP_MSFILTER, msf('239.1.1.2', INCL, ss[:200])); Q('239.1.1.2'); S('a', IP_MSFILTER, msf('239.1.1.2', EXCL, ss[:200])); Q('0.0.0.0')
    step('close', 'a', wait=.3); step('ip', 'link set v0 mtu 1500'); step('sysctl', 'igmp_max_msf', 10, wait=0); step('sysctl', 'igmp_max_memberships', 20, wait=0)

def chance(seed):
    def run():
        r = random.Random(seed)
        ks, gs, ss = 'abc', ['239.1.2.3', '232.1.1.1'], ['10.1.0.%d' % i for i in range(1, 5)]
        for k in ks: step('sock', k, 'udp', wait=0)
        for _ in range(60):
            k, g, s = r.choice(ks), r.choice(gs), r.choice(ss)
            some = r.sample(ss, r.randrange(5)); w = r.choice((0, IGMP_WAIT, IGMP_WAIT))
            o = r.randrange(12)
            if o == 0: S(k, IP_ADD_MEMBERSHIP, mreqn(g), wait=w)
            elif o == 1: S(k, IP_DROP_MEMBERSHIP, mreqn(g), wait=w)
            elif o == 2 or o == 3: S(k, IP_ADD_SOURCE, mreqs(g, s), wait=w)
            elif o == 4: S(k, IP_DROP_SOURCE, mreqs(g, s), wait=w)
            elif o == 5: S(k, MCAST_BLOCK_SOURCE, gsreq(g, s), wait=w)
            elif o == 6: S(k, IP_UNBLOCK_SOURCE, mreqs(g, s), wait=w)
            elif o < 10: S(k, IP_MSFILTER, msf(g, r.randrange(2), some), wait=w)
            elif o == 10: Q(r.choice([g, '0.0.0.0']), code=0)
            else: Q(g, code=0, ss=some or ss)
        step('wait')
        for k in ks: step('close', k)
    run.__name__ = 'chance %d' % seed
    scenario(run)
for n in range(12): chance(n)

out = open(os.path.join(HERE, 'igmp.jsonl'), 'w')
names = os.environ.get('ONLY')
todo = [x for x in scenarios if not names or x[0] in names.split(',')]
while todo:
    name, f = todo[0]
    slow = None
    lines = []
    # A link of its own each time: nothing is known of routers.
    subprocess.run('ip link set v0 down && ip link set v0 up && ip addr add 10.77.0.1/24 dev v0 && ip route add 224.0.0.0/4 dev v0', shell=True, check=True)
    for v in 'igmpv2', 'igmpv3': open('/proc/sys/net/ipv4/conf/v0/%s_unsolicited_report_interval' % v, 'w').write('20')
    time.sleep(.3); settle(); notes()
    last.clear()
    f()
    if not slow or name == 'options':
        out.write(json.dumps({'scenario': name}) + '\n' + ''.join(lines))
        todo.pop(0)
    subprocess.run('ip addr flush dev v0; ip link del v0', shell=True)
    subprocess.run(['ip', 'link', 'add', 'v0', 'index', str(IFX), 'address', MAC0, 'type', 'veth', 'peer', 'name', 'v1', 'address', MAC1, 'netns', sys.argv[1]], check=True)
    cap.close()
    assert libc.setns(there, 0) == 0
    subprocess.run('ip link set v1 up', shell=True, check=True)
    cap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800)); cap.bind(('v1', 0x0800))
    cap.setsockopt(263, 1, struct.pack('iHH8s', socket.if_nametoindex('v1'), 1, 0, b''))
    assert libc.setns(here, 0) == 0
