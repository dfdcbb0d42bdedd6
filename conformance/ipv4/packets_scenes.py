# What a kernel does with packets, option by option and error by error: frames go in at the far ends of three links, and what comes out, and who counts it, is printed. Runs in a namespace of a
# real kernel and, through the preload library, inside a Linnet machine.
from mroute import *

TAPS = []
ME = ['10.0.%d.1' % i for i in range(3)]
PEER = ['10.0.%d.2' % i for i in range(3)]

def begin(n=3, forward=1):
    links(n)
    w('ip_forward', forward)
    w('icmp_ratelimit', 0)
    TAPS.extend(Tap('p%d' % i) for i in range(n))
    frames(0.3)

def w(name, value):
    with open('/proc/sys/net/ipv4/' + name, 'w') as f: f.write(str(value))

def now_ms():
    return int((time.time() % 86400) * 1000)

def options(b):
    'The header with the times of its timestamp option masked.'
    b = bytearray(b)
    at, end = 20, (b[0] & 15) * 4
    while at < end and b[at]:
        if b[at] == 1: at += 1; continue
        if at + 1 >= end or b[at + 1] < 2 or at + b[at + 1] > end: break
        if b[at] == 68:
            for i in range(at + 4, at + b[at + 1] - 3):
                if abs(struct.unpack('!I', b[i:i + 4])[0] - now_ms()) < 30000: b[i:i + 4] = b'TIME'
        at += b[at + 1]
    return bytes(b)

def norm(p, depth=0):
    'A packet as text: headers whose checksums are right have none, identifications of our own are left out.'
    h = (p[0] & 15) * 4
    if len(p) < 20 or h < 20 or h > len(p): return p.hex()
    head = bytearray(p[:h]); body = p[h:]
    ok = csum(bytes(head)) == 0
    if ok: head[10:12] = b'\0\0'
    if socket.inet_ntoa(p[12:16]) in ME and depth == 0: head[4:6] = b'\0\0'
    text = options(bytes(head)).hex().replace(b'TIME'.hex(), 'TTTTTTTT') + ('' if ok else '!')
    if p[9] == 1 and struct.unpack('!H', p[6:8])[0] & 0x3fff == 0 and len(body) >= 8 and csum(body) == 0:
        if body[0] in (3, 4, 5, 11, 12): return text + ' ' + body[:2].hex() + ' ' + body[4:8].hex() + ' [' + norm(body[8:], 1) + ']'
        if body[0] in (14,): return text + ' ' + body[:2].hex() + ' ' + body[4:12].hex() + ' times'
        return text + ' ' + body[:2].hex() + ' ' + body[4:].hex()
    return text + ' ' + body.hex()

def frames(wait=0.06):
    'What came out since: the link, the destination and the packet.'
    out = []
    end = time.time() + wait
    while True:
        left = end - time.time()
        r = select.select([t.s for t in TAPS], [], [], max(left, 0))[0]
        if not r: break
        for i, t in enumerate(TAPS):
            if t.s not in r: continue
            f, a = t.s.recvfrom(70000)
            if a[2] == 4 or f[23] == 2: continue
            out.append('%d>%s %s' % (i, f[:6].hex()[-6:], norm(f[14:])))
            end = max(end, time.time() + 0.03)
    return sorted(out)

def send(what, p, link=0, wait=0.06, mac=None):
    f = frame(p)
    if mac is None and p[16] < 224: f = bytes.fromhex('0200000001%02x' % link) + f[6:]
    elif mac is not None: f = bytes.fromhex(mac) + f[6:]
    TAPS[link].send(f)
    say(what, *frames(wait))

def icmp(type, code=0, rest=b'\x12\x34\x00\x01', data=b'abcdefgh'):
    b = struct.pack('!BBH', type, code, 0) + rest + data
    return b[:2] + struct.pack('!H', csum(b)) + b[4:]

def echo(n=8, seq=1):
    return icmp(8, 0, struct.pack('!HH', 0x1234, seq), bytes(i & 255 for i in range(n)))

def u(n=8, dport=2000, sport=1000):
    return struct.pack('!HHHH', sport, dport, 8 + n, 0) + bytes(i & 255 for i in range(n))

def snmp(*names):
    'Counters that are not zero.'
    out = []
    for path in ('snmp', 'netstat'):
        rows = open('/proc/net/' + path).read().split('\n')
        for a, b in zip(rows[::2], rows[1::2]):
            if a.split(':')[0] in names: out += ['%s%s=%s' % (a.split(':')[0], k, v) for k, v in zip(a.split()[1:], b.split()[1:]) if v not in ('0',)]
    say('counters', *out)

H = bytes.fromhex
OPTIONS = [
    ('none', ''), ('nops', '01010101'), ('end', '00000000'), ('end with more behind', '00070704'), ('one', '01000000'),
    ('RR 1', '07070400000000' '00'), ('RR 9', '072704' + '00' * 36 + '01'), ('RR one left', '070b080a0909090000000000'), ('RR full', '07070801020304' '00'), ('RR pointer 3', '07070300000000' '00'), ('RR pointer 5', '07070500000000' '00'),
    ('RR pointer 6', '07070600000000' '00'), ('RR length 3', '07030400'), ('RR length 2', '07020000'), ('RR length 1', '07010000'), ('RR length 0', '07000000'), ('RR too long', '07280400'), ('RR cut', '01010107'), ('RR twice', '0707040000000007070400000000' '0000'),
    ('RR length 6', '0706040000000000'),
    ('TS only', '440c0500' + '00' * 8), ('TS only 9', '44280500' + '00' * 36), ('TS overflow', '440809f0' + '00' * 4), ('TS overflow 14', '440809e0' + '00' * 4), ('TS full', '44080900' + '00' * 4), ('TS addresses', '440c0501' + '00' * 8),
    ('TS addresses two', '44140501' + '00' * 16), ('TS half a slot', '44080501' + '00' * 4), ('TS prespecified, ours', '440c0503' '0a000001' '00000000'), ('TS prespecified, ours elsewhere', '440c0503' '0a000101' '00000000'), ('TS prespecified, another', '440c0503' '0a000202' '00000000'),
    ('TS prespecified, two', '44140503' '0a000001' '00000000' '0a000101' '00000000'), ('TS prespecified, none left', '440c0d03' '0a000001' '00000000'), ('TS flag 2', '440c0502' + '00' * 8), ('TS flag 5', '440c0505' + '00' * 8), ('TS pointer 4', '440c0400' + '00' * 8),
    ('TS pointer 6', '440c0600' + '00' * 8), ('TS length 4', '44040500'), ('TS length 3', '44030500'), ('TS length 7', '4407050000000000'), ('TS twice', '44080500' + '00' * 4 + '44080500' + '00' * 4), ('TS prespecified half', '44080503' '0a000001'),
    ('RA', '94040000'), ('RA value', '94040007'), ('RA length 3', '94030000'), ('RA length 8', '9408000000000000'), ('SEC', '820b' + '00' * 9 + '00'), ('SID', '88040001'), ('CIPSO', '8606000000010000'), ('CIPSO length 5', '8605000000000000'), ('unknown', '99040000'),
    ('unknown length 1', '99010000'), ('unknown length 0', '99000000'), ('unknown too long', '99080000'), ('unknown not copied', '19040102'), ('RR and RA', '07070400000000' '94040000' '00'),
]
ROUTES = [
    ('LSRR 1', '830704' '0a000102' '00'), ('LSRR 2', '830b04' '0a000101' '0a000102' '00'), ('LSRR past', '830708' '0a000102' '00'), ('LSRR pointer 3', '830703' '0a000102' '00'), ('LSRR pointer 5', '830705' '0a000102' '00'),
    ('LSRR pointer 6', '830706' '0a000102' '00'), ('LSRR length 3', '83030400'), ('LSRR length 6', '830604' '0a0001' '0000'), ('LSRR to nobody', '830704' '63636363' '00'), ('LSRR to ourselves', '830704' '0a000101' '00'), ('LSRR to a group', '830704' 'ef010101' '00'), ('LSRR twice', '830704' '0a000102' '830704' '0a000102' '0000'),
    ('SSRR 1', '890704' '0a000102' '00'), ('SSRR not on a link', '890704' '0a090902' '00'), ('SSRR past', '890708' '0a000102' '00'), ('LSRR and SSRR', '830704' '0a000102' '890704' '0a000102' '0000'), ('LSRR and RR', '830704' '0a000102' '070704' '00000000' '0000'), ('LSRR and TS addresses', '830704' '0a000102' '440c0501' + '00' * 8 + '00'),
]

def opt(o):
    b = H(o)
    return b + b'\0' * (-len(b) & 3)

def to_host():
    'Options of packets to the machine itself: what the answer holds.'
    begin()
    for name, o in OPTIONS: send(name + ': echo', packet(PEER[0], ME[0], 64, 1, echo(), 9, opt(o)))
    for name, o in OPTIONS[:30:3]: send(name + ': port', packet(PEER[0], ME[0], 64, 17, u(), 9, opt(o)))
    send('timestamp', packet(PEER[0], ME[0], 64, 1, icmp(13, 0, b'\0\1\0\1', struct.pack('!III', 5, 0, 0))))
    send('timestamp code 1', packet(PEER[0], ME[0], 64, 1, icmp(13, 1, b'\0\1\0\1', struct.pack('!III', 5, 0, 0)))); send('timestamp short', packet(PEER[0], ME[0], 64, 1, icmp(13, 0, b'\0\1\0\1', b'')))
    for t in (0, 1, 2, 4, 6, 7, 9, 10, 14, 15, 16, 17, 18, 19, 30, 40, 41, 42, 43, 44, 255): send('type %d' % t, packet(PEER[0], ME[0], 64, 1, icmp(t)))
    send('echo code 1', packet(PEER[0], ME[0], 64, 1, icmp(8, 1))); send('echo, no data', packet(PEER[0], ME[0], 64, 1, icmp(8, 0, b'\0\1\0\2', b''))); send('cut', packet(PEER[0], ME[0], 64, 1, b'\x08\0\xf7\xff')); send('bad sum', packet(PEER[0], ME[0], 64, 1, echo()[:-1] + b'z'))
    send('TOS', packet(PEER[0], ME[0], 64, 1, echo(), 9, tos=0xb8)); send('DF', packet(PEER[0], ME[0], 64, 1, echo(), 9, frag=0x4000)); send('TTL 1', packet(PEER[0], ME[0], 1, 1, echo())); send('TTL 0', packet(PEER[0], ME[0], 0, 1, echo())); send('evil', packet(PEER[0], ME[0], 64, 1, echo(), 9, frag=0x8000))
    send('large', packet(PEER[0], ME[0], 64, 1, echo(1400)))
    snmp('Ip', 'Icmp', 'IcmpMsg')

def through():
    'Options of packets that pass.'
    begin()
    for name, o in OPTIONS: send(name, packet(PEER[0], PEER[1], 64, 17, u(), 9, opt(o)))
    quiet('ip link set v1 mtu 600')
    for name, o in OPTIONS[:60:4]: send(name + ': in fragments', packet(PEER[0], PEER[1], 64, 17, u(900), 9, opt(o)))
    for name, o in OPTIONS[5:9]: send(name + ': too large', packet(PEER[0], PEER[1], 64, 17, u(900), 9, opt(o), frag=0x4000))
    for name, o in OPTIONS[:60:5]: send(name + ': TTL 1', packet(PEER[0], PEER[1], 1, 17, u(), 9, opt(o)))
    snmp('Ip', 'Icmp', 'IcmpMsg')

def source_routes():
    begin()
    for accept in (0, 1):
        w('conf/all/accept_source_route', accept)
        for name, o in ROUTES:
            send('%s (%d): to us' % (name, accept), packet(PEER[0], ME[0], 64, 17, u(), 9, opt(o)))
            send('%s (%d): passing' % (name, accept), packet(PEER[0], PEER[2], 64, 17, u(), 9, opt(o)))
            send('%s (%d): echo' % (name, accept), packet(PEER[0], ME[0], 64, 1, echo(), 9, opt(o)))
        send('LSRR to all, (%d)' % accept, packet(PEER[0], '10.0.0.255', 64, 17, u(), 9, opt(ROUTES[0][1])), mac='ffffffffffff')
    w('conf/v0/accept_source_route', 0); send('LSRR, v0 does not', packet(PEER[0], ME[0], 64, 17, u(), 9, opt(ROUTES[0][1])))
    snmp('Ip', 'Icmp', 'IcmpMsg')

def errors_sent():
    'Every error of ICMP that a router and host sends, with what it quotes.'
    begin()
    quiet('ip route add 10.1.1.0/24 via 10.0.1.2; ip route add unreachable 10.2.1.0/24; ip route add prohibit 10.2.2.0/24; ip route add blackhole 10.2.3.0/24; ip route add throw 10.2.4.0/24; ip route add 10.2.5.0/24 via 10.0.0.9; ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:bb dev v0 nud permanent')
    big = packet(PEER[0], ME[0], 64, 17, u(1400), 9)
    cases = lambda dst: [('UDP', packet(PEER[0], dst, 64, 17, u(), 9)), ('large UDP', packet(PEER[0], dst, 64, 17, u(1400), 9)), ('ICMP', packet(PEER[0], dst, 64, 1, echo(), 9)), ('an error of ICMP', packet(PEER[0], dst, 64, 1, icmp(3, 1, b'\0\0\0\0', big[:28]), 9)),
        ('options', packet(PEER[0], dst, 64, 17, u(), 9, H('0707040000000001'))), ('first fragment', packet(PEER[0], dst, 64, 17, u(), 9, frag=0x2000)), ('later fragment', packet(PEER[0], dst, 64, 17, u(), 9, frag=3)), ('DSCP', packet(PEER[0], dst, 64, 17, u(), 9, tos=0xb9))]
    # Errors of routing are limited for each host: each case is another's.
    quiet('for i in $(seq 100 190); do ip neigh add 10.0.0.$i lladdr 02:00:00:00:00:aa dev v0 nud permanent; done')
    hosts = iter(range(100, 190))
    def other(p):
        p = p[:12] + ip('10.0.0.%d' % next(hosts)) + p[16:]
        return p[:10] + struct.pack('!H', csum(p[:10] + b'\0\0' + p[12:(p[0] & 15) * 4])) + p[12:]
    for name, dst in (('no route', '99.1.1.1'), ('unreachable', '10.2.1.1'), ('prohibit', '10.2.2.1'), ('blackhole', '10.2.3.1'), ('throw', '10.2.4.1'), ('port', ME[0]), ('port elsewhere', ME[1])):
        for what, p in cases(dst): send(name + ': ' + what, other(p))
    for proto in (2, 6, 50, 51, 89, 103, 112, 253): send('protocol %d' % proto, packet(PEER[0], ME[0], 64, proto, b'z' * 40, 9))
    for what, p in cases('10.1.1.1'):
        p = p[:8] + b'\1' + p[9:10] + b'\0\0' + p[12:]; p = p[:10] + struct.pack('!H', csum(p[:(p[0] & 15) * 4])) + p[12:]
        send('TTL: ' + what, p)
    send('TTL 0', packet(PEER[0], '10.1.1.1', 0, 17, u(), 9))
    quiet('ip link set v1 mtu 700')
    for n in (672, 673, 1000): send('MTU %d' % n, packet(PEER[0], '10.1.1.1', 64, 17, u(n), 9, frag=0x4000))
    send('MTU, ICMP error', packet(PEER[0], '10.1.1.1', 64, 1, icmp(3, 3, b'\0\0\0\0', b'E' * 900), 9, frag=0x4000))
    quiet('ip route add 10.1.2.0/24 via 10.0.1.2 mtu 650; ip route add 10.1.3.0/24 via 10.0.1.2 mtu lock 640')
    for d in ('10.1.2.1', '10.1.3.1'): send('MTU of a route', packet(PEER[0], d, 64, 17, u(660), 9, frag=0x4000)); send('MTU of a route, may be cut', packet(PEER[0], d, 64, 17, u(660), 9))
    for n in (1, 2): send('redirect', packet(PEER[0], '10.2.5.1', 64, 17, u(), 9)); time.sleep(0.2)
    send('redirect: not to another net', packet('10.9.9.9', '10.2.5.1', 64, 17, u(), 9)); send('redirect, TOS', packet('10.0.0.7', '10.2.5.1', 64, 17, u(), 9, tos=0x10)); send('redirect, source route', packet('10.0.0.8', '10.2.5.1', 64, 17, u(), 9, H('8307040a00010200')))
    w('conf/all/send_redirects', 0); w('conf/v0/send_redirects', 0); send('redirects are off', packet('10.0.0.6', '10.2.5.1', 64, 17, u(), 9))
    for src in ('0.0.0.0', '127.0.0.1', '255.255.255.255', '224.0.0.1', '240.0.0.1', '10.0.0.255', ME[0], '99.9.9.9'): send('port, from ' + src, packet(src, ME[0], 64, 17, u(), 9)); send('no route, from ' + src, packet(src, '99.1.1.1', 64, 17, u(), 9))
    for dst in ('10.0.0.255', '10.0.0.0', '255.255.255.255', '224.0.0.1', '239.1.1.1', '0.0.0.0', '127.0.0.1', '240.0.0.1', '10.0.1.255'): send('to ' + dst, packet(PEER[0], dst, 64, 17, u(), 9), mac='ffffffffffff' if dst[:2] == '25' or dst.endswith('255') else None); send('echo to ' + dst, other(packet(PEER[0], dst, 64, 1, echo(), 9)))
    send('unicast in a broadcast frame: port', packet(PEER[0], ME[0], 64, 17, u(), 9), mac='ffffffffffff'); send('unicast in a broadcast frame: no route', packet(PEER[0], '99.1.1.1', 64, 17, u(), 9), mac='ffffffffffff')
    w('ip_forward', 0); send('a host does not forward', packet(PEER[0], '10.1.1.1', 64, 17, u(), 9)); w('ip_forward', 1)
    snmp('Ip', 'Icmp', 'IcmpMsg')

def host_unreachable():
    begin(); w('neigh/v1/retrans_time_ms', 100)
    send('to nobody', packet(PEER[0], '10.0.1.77', 64, 17, u(), 9), wait=1.2); send('to nobody, large', packet(PEER[0], '10.0.1.78', 64, 17, u(900), 9), wait=1.2); send('to nobody, echo', packet(PEER[0], '10.0.1.79', 64, 1, echo(), 9), wait=1.2)
    c = Sock(0, socket.SOCK_DGRAM); c.s.connect(('10.0.1.80', 5)); c.s.send(b'x'); time.sleep(0.7); say('our own', err(lambda: c.s.send(b'y')))
    snmp('Ip', 'Icmp', 'IcmpMsg')

def settings():
    'icmp_* and what they change.'
    begin()
    bc = lambda: send('echo to all', packet(PEER[0], '10.0.0.255', 64, 1, echo(), 9), mac='ffffffffffff')
    for v in (0, 1): w('icmp_echo_ignore_broadcasts', v); bc(); send('echo to 224.0.0.1', packet(PEER[0], '224.0.0.1', 64, 1, echo(), 9)); send('timestamp to all', packet(PEER[0], '10.0.0.255', 64, 1, icmp(13, 0, b'\0\1\0\1', bytes(12)), 9), mac='ffffffffffff')
    for v in (0, 1): w('icmp_echo_ignore_all', v); send('echo', packet(PEER[0], ME[0], 64, 1, echo(), 9)); send('timestamp', packet(PEER[0], ME[0], 64, 1, icmp(13, 0, b'\0\1\0\1', bytes(12)), 9))
    w('icmp_echo_ignore_all', 0)
    quiet('ip addr add 10.5.0.1/32 dev v0; ip addr add 10.0.0.3/24 dev v0; ip route add 10.7.0.0/16 via 10.0.1.2')
    for v in (0, 1):
        w('icmp_errors_use_inbound_ifaddr', v)
        # The way back is another.
        send('inbound address: time exceeded', packet('10.7.7.7', '10.0.2.2', 1, 17, u(), 9)); send('inbound address: port', packet('10.7.7.7', '10.0.2.1', 64, 17, u(), 9)); send('inbound address: no route', packet('10.7.7.7', '99.1.1.1', 64, 17, u(), 9))
    for v in (0, 3, 5, 63): w('ip_default_ttl', v or 1); send('ttl %d' % v, packet(PEER[0], ME[0], 64, 1, echo(), 9)); send('ttl %d: error' % v, packet(PEER[0], ME[0], 64, 17, u(), 9))
    w('ip_default_ttl', 64)
    w('icmp_echo_enable_probe', 1)
    ext = lambda obj, l=1, code=0: packet(PEER[0], ME[0], 64, 1, icmp(42, code, struct.pack('!HBB', 0x1234, 1, l), obj), 9)
    def obj(ctype, body, cls=3, version=2, bad=False):
        o = struct.pack('!HBB', 4 + len(body), cls, ctype) + body
        h = struct.pack('!BBH', version << 4, 0, 0); c = csum(h + o) ^ (1 if bad else 0)
        return struct.pack('!BBH', version << 4, 0, c) + o
    for name, p in (('by name', ext(obj(1, b'v1\0\0'))), ('by name, none', ext(obj(1, b'zz\0\0'))), ('by name, down', ext(obj(1, b'lo\0\0'))), ('by index', ext(obj(2, struct.pack('!I', 3)))), ('by index, none', ext(obj(2, struct.pack('!I', 99)))),
        ('by address', ext(obj(3, struct.pack('!HBB4s', 1, 4, 0, ip(ME[1]))))), ('by address, none', ext(obj(3, struct.pack('!HBB4s', 1, 4, 0, ip('9.9.9.9'))))), ('by address, IPv6', ext(obj(3, struct.pack('!HBB16s', 2, 16, 0, bytes(15) + b'\1')))), ('not local', ext(obj(1, b'v1\0\0'), 0)), ('bad sum', ext(obj(1, b'v1\0\0', bad=True))),
        ('another class', ext(obj(1, b'v1\0\0', cls=2))), ('version 1', ext(obj(1, b'v1\0\0', version=1))), ('type 9', ext(obj(9, b'v1\0\0'))), ('code 1', ext(obj(1, b'v1\0\0'), 1, 1)), ('nothing', ext(b'')), ('long name', ext(obj(1, b'v' * 20))), ('short', ext(obj(1, b'')))):
        send('probe ' + name, p)
    quiet('ip link set v1 down'); send('probe by name, down', ext(obj(1, b'v1\0\0'))); quiet('ip link set v1 up; ip route add 10.7.0.0/16 via 10.0.1.2; ip neigh replace 10.0.1.2 lladdr 02:00:00:00:00:aa dev v1 nud permanent'); time.sleep(0.3)
    w('icmp_echo_enable_probe', 0); send('probe, not enabled', ext(obj(1, b'v1\0\0')))
    # An error without a limit empties the bucket of its host; six tokens fill it, one a second.
    send('port', packet(PEER[0], ME[0], 64, 17, u(), 9)); w('icmp_ratelimit', 1000)
    def burst(what, n, f):
        for i in range(n): TAPS[0].send(b'\2\0\0\0\1\0' + frame(f(i))[6:])
        say(what, len(frames(0.15)))
    burst('port, one host', 30, lambda i: packet(PEER[0], ME[0], 64, 17, u(), 9)); time.sleep(6.5); burst('port, after a while', 30, lambda i: packet(PEER[0], ME[0], 64, 17, u(), 9))
    burst('echo', 30, lambda i: packet(PEER[0], ME[0], 64, 1, echo(), 9)); burst('protocol', 12, lambda i: packet('10.7.7.8', ME[0], 64, 99, u(), 9))
    w('icmp_ratemask', 0); burst('port, no mask', 30, lambda i: packet(PEER[0], ME[0], 64, 17, u(), 9)); w('icmp_ratemask', 1); burst('echo, masked', 30, lambda i: packet('10.7.7.9', ME[0], 64, 1, echo(), 9))
    w('icmp_ratemask', 6168); w('icmp_ratelimit', 0); snmp('Icmp', 'IcmpMsg')
    # Each takes none, one or two of the fifty for all, at random; they come again when all are gone.
    def many(n):
        for i in range(n): TAPS[0].send(b'\2\0\0\0\1\0' + frame(packet(PEER[0], ME[0], 64, 17, u(), 9))[6:])
        return len(frames(0.3))
    w('icmp_msgs_per_sec', 0); many(200); w('icmp_msgs_per_sec', 50); time.sleep(1.1); n = many(35); say('a limit for all: some of fifty', n)
    time.sleep(1.1); many(1); w('icmp_msgs_per_sec', 0); n = many(200); say('the rest, and no new ones', n <= 33 or n); say('none', many(20))

def errors_heard():
    'What sockets hear of each error.'
    begin(forward=0)
    def ask(s, what):
        got = []
        for _ in range(3):
            try: got.append(s.recv(100).hex())
            except OSError as e: got.append(errno.errorcode[e.errno])
        try:
            d, anc, fl, a = s.recvmsg(100, 500, socket.MSG_ERRQUEUE)
            got.append((d.hex(), [(t, c.hex()) for l, t, c in anc], fl, a))
        except OSError as e: got.append(errno.errorcode[e.errno])
        say(what, got)
    udp_, rec, raw, png = [socket.socket(2, k, p) for k, p in ((2, 0), (2, 0), (3, 200), (3, 1))]
    for i, x in enumerate((udp_, rec)): x.bind((ME[0], 1000 + i)); x.connect((PEER[0], 2000))
    for x in (rec, raw): x.setsockopt(0, 11, 1)
    raw.connect((PEER[0], 0))
    for x in (udp_, rec, raw, png): x.setblocking(False)
    quoted = lambda sport, proto=17: packet(ME[0], PEER[0], 60, proto, u(8, 2000, sport), 5)
    kinds = [(3, c) for c in range(17)] + [(4, 0), (5, 0), (5, 1), (5, 2), (5, 3), (11, 0), (11, 1), (11, 2), (12, 0), (12, 1), (12, 2), (1, 0)]
    for t, c in kinds:
        rest = struct.pack('!HH', 0, 700) if (t, c) == (3, 4) else ip('10.0.0.9') if t == 5 else b'\x14\0\0\0' if t == 12 else bytes(4)
        for what, x, q in (('udp', udp_, quoted(1000)), ('recverr', rec, quoted(1001)), ('raw', raw, quoted(0, 200))):
            TAPS[0].send(b'\2\0\0\0\1\0' + frame(packet(PEER[0], ME[0], 64, 1, icmp(t, c, rest, q), 9))[6:]); time.sleep(0.01)
            ask(x, '%d/%d %s' % (t, c, what))
    for name, q in (('cut to 8 bytes', quoted(1001)[:28]), ('cut to 4', quoted(1001)[:24]), ('header alone', quoted(1001)[:20]), ('not ours', packet('9.9.9.9', PEER[0], 60, 17, u(8, 2000, 1001), 5)), ('a fragment', packet(ME[0], PEER[0], 60, 17, u(8, 2000, 1001), 5, frag=5)), ('options', packet(ME[0], PEER[0], 60, 17, u(8, 2000, 1001), 5, H('01010101'))), ('broken version', b'\x65' + quoted(1001)[1:])):
        TAPS[0].send(b'\2\0\0\0\1\0' + frame(packet(PEER[0], ME[0], 64, 1, icmp(3, 3, bytes(4), q), 9))[6:]); time.sleep(0.01); ask(rec, name)
    ex = struct.pack('!BBH', 0x20, 0, 0) + struct.pack('!HBB4s', 8, 1, 1, b'\0\1\2\3'); ex = ex[:2] + struct.pack('!H', csum(ex)) + ex[4:]
    long = packet(ME[0], PEER[0], 60, 17, u(100, 2000, 1001), 5)
    rec.setsockopt(0, 26, 1)
    for l, body in ((32, long + ex), (0, long + ex), (33, long + ex), (32, long + ex[:6]), (32, long + ex[:-1] + b'z'), (32, long)):
        TAPS[0].send(b'\2\0\0\0\1\0' + frame(packet(PEER[0], ME[0], 64, 1, icmp(11, 0, struct.pack('!BBH', 0, l, 0), body), 9))[6:]); time.sleep(0.01); ask(rec, 'RFC 4884, length %d, %d bytes' % (l, len(body)))
    sh('ip route get 10.0.0.2 | sed "s/expires [0-9]*sec/expires/"')
    snmp('Icmp', 'IcmpMsg')

def redirects():
    'Redirects that a host obeys, and those that it does not.'
    begin(forward=0)
    quiet('ip route add default via 10.0.0.2; ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:bb dev v0 nud permanent; ip neigh add 10.0.0.8 lladdr 02:00:00:00:00:cc dev v0 nud permanent')
    c = Sock(0, socket.SOCK_DGRAM); c.s.bind(('0.0.0.0', 1000))
    def red(what, gw, dst='99.1.1.1', src='10.0.0.2', code=1, link=0):
        q = packet(ME[0], dst, 60, 17, u(), 5)
        TAPS[link].send(b'\2\0\0\0\1' + bytes([link]) + frame(packet(src, ME[0], 64, 1, icmp(5, code, ip(gw), q), 9))[6:]); time.sleep(0.03)
        c.s.sendto(b'x', (dst, 7)); say(what, [f[:9] for f in frames(0.05)])
    red('from a stranger', '10.0.0.9', src='10.0.0.77'); red('to another net', '10.0.5.9'); red('to ourselves', ME[0]); red('to a broadcast', '10.0.0.255'); red('to 0', '0.0.0.0'); red('to a group', '224.0.0.9'); red('on another link', '10.0.1.9', src='10.0.1.2', link=1)
    red('net', '10.0.0.9', code=0); red('host', '10.0.0.9', '99.1.1.2'); red('TOS and net', '10.0.0.9', '99.1.1.3', code=2); red('TOS and host', '10.0.0.9', '99.1.1.4', code=3); red('code 7', '10.0.0.9', '99.1.1.5', code=7)
    red('the new gateway says so too', '10.0.0.8', '99.1.1.2', src='10.0.0.9'); red('the old one again', '10.0.0.2', '99.1.1.2', src='10.0.0.2')
    sh('(ip route get 99.1.1.2; ip route get 99.1.1.9) | sed "s/expires [0-9]*sec/expires/"')
    w('conf/all/accept_redirects', 0); w('conf/v0/accept_redirects', 0); red('not accepted', '10.0.0.9', '99.1.2.1'); w('conf/v0/accept_redirects', 1); red('by this device', '10.0.0.9', '99.1.2.2')
    w('conf/all/secure_redirects', 0); w('conf/v0/secure_redirects', 0); red('to whom is no gateway', '10.0.0.9', '99.1.2.3'); w('conf/v0/secure_redirects', 1); red('secure: to whom is no gateway', '10.0.0.9', '99.1.2.4')
    w('conf/v0/shared_media', 0); w('conf/all/shared_media', 0); red('secure, media not shared', '10.0.0.9', '99.1.2.5')
    w('ip_forward', 1); red('a router', '10.0.0.9', '99.1.2.6')
    snmp('Icmp', 'IcmpMsg')

def fragments():
    'Fragments that mean harm, and some that do not.'
    begin()
    def f(off, data, more=True, ident=1, proto=17, dst=ME[0], opts=b'', ttl=64, df=0):
        return packet(PEER[0], dst, ttl, proto, data, ident, opts, frag=(off // 8) | (0x2000 if more else 0) | df)
    def attack(what, *ps):
        for p in ps: TAPS[0].send(b'\2\0\0\0\1\0' + frame(p)[6:])
        say(what, *frames(0.05)); counts()
    def counts():
        row = [l.split() for l in open('/proc/net/snmp') if l[:3] == 'Ip:']
        say('  ', *['%s=%s' % (k, v) for k, v in zip(*row) if k[:4] in ('Reas', 'InDe', 'InHd', 'InDi') and v != '0'], [l.split()[1:3] for l in open('/proc/net/sockstat') if l[:4] == 'FRAG'])
    e = echo(64)
    attack('in order', f(0, e[:32], ident=1, proto=1), f(32, e[32:], False, 1, 1))
    attack('out of order', f(32, e[32:], False, 2, 1), f(0, e[:32], ident=2, proto=1))
    attack('three, middle last', f(0, e[:24], ident=3, proto=1), f(48, e[48:], False, 3, 1), f(24, e[24:48], ident=3, proto=1))
    attack('a duplicate', f(0, e[:32], ident=4, proto=1), f(0, e[:32], ident=4, proto=1), f(32, e[32:], False, 4, 1))
    attack('a duplicate of the last', f(32, e[32:], False, 5, 1), f(32, e[32:], False, 5, 1), f(0, e[:32], ident=5, proto=1))
    attack('part of another', f(0, e[:32], ident=6, proto=1), f(8, e[8:16], ident=6, proto=1), f(32, e[32:], False, 6, 1))
    attack('overlap, teardrop', f(0, e[:40], ident=7, proto=1), f(32, e[32:], False, 7, 1))
    attack('overlap from behind', f(32, e[32:], False, 8, 1), f(0, e[:40], ident=8, proto=1))
    attack('after an overlap the rest', f(0, e[:40], ident=9, proto=1), f(32, e[32:56], ident=9, proto=1), f(56, e[56:], False, 9, 1), f(0, e[:56], ident=9, proto=1))
    attack('overlap with other bytes', f(0, b'\xff' * 32, ident=10, proto=1), f(24, e[24:], False, 10, 1))
    attack('covers another', f(8, e[8:16], ident=11, proto=1), f(0, e[:32], ident=11, proto=1), f(32, e[32:], False, 11, 1))
    attack('two ends', f(32, e[32:64], False, 12, 1), f(40, e[40:], False, 12, 1), f(0, e[:32], ident=12, proto=1))
    attack('more behind the end', f(32, e[32:64], False, 13, 1), f(64, e[64:], True, 13, 1), f(0, e[:32], ident=13, proto=1))
    attack('end before what is there', f(32, e[32:64], True, 14, 1), f(24, e[24:32], False, 14, 1), f(0, e[:24], ident=14, proto=1))
    attack('tiny first', f(0, u()[:8], ident=15), f(8, u()[8:], False, 15))
    attack('tiny first, TCP', f(0, b'\0\x50\0\x50\0\0\0\0', ident=16, proto=6), f(8, b'\0' * 12, False, 16, 6))
    attack('not a multiple of 8', f(0, e[:33], ident=17, proto=1), f(40, e[40:], False, 17, 1))
    attack('no data, more', f(0, b'', ident=18, proto=1), f(8, e[8:], False, 18, 1))
    attack('no data, last', f(0, e[:32], ident=19, proto=1), f(32, b'', False, 19, 1))
    attack('ping of death', *[f(i * 1480, b'P' * 1480, ident=20, proto=1) for i in range(44)], f(65120, b'P' * 1000, False, 20, 1))
    attack('as large as can be', *[f(i * 1480, bytes(1480) if i else icmp(8, 0, b'\0\1\0\1', bytes(65515 - 8))[:1480], ident=21, proto=1) for i in range(44)], f(65120, bytes(395), False, 21, 1))
    attack('beyond the end', f(65528, b'12345678', False, 22, 1)); attack('beyond the end, more', f(65528, b'12345678', True, 23, 1))
    attack('one that is whole, with DF', f(0, e, False, 24, 1, df=0x4000)); attack('DF in fragments', f(0, e[:32], ident=25, proto=1, df=0x4000), f(32, e[32:], False, 25, 1, df=0x4000))
    attack('options differ', f(0, e[:32], ident=26, proto=1, opts=H('0707040000000001')), f(32, e[32:], False, 26, 1)); attack('options in the later', f(0, e[:32], ident=27, proto=1), f(32, e[32:], False, 27, 1, opts=H('0707040000000001')))
    attack('passing', f(0, e[:32], ident=28, dst=PEER[1]), f(32, e[32:], False, 28, dst=PEER[1])); attack('passing, overlap', f(0, e[:32], ident=29, dst=PEER[1]), f(16, e[16:], False, 29, dst=PEER[1]))
    attack('ECN: CE and ECT', packet(PEER[0], ME[0], 64, 1, e[:32], 30, frag=0x2000, tos=3), packet(PEER[0], ME[0], 64, 1, e[32:], 30, frag=4, tos=2)); attack('ECN: CE and not', packet(PEER[0], ME[0], 64, 1, e[:32], 31, frag=0x2000, tos=3), packet(PEER[0], ME[0], 64, 1, e[32:], 31, frag=4, tos=0)); attack('ECN: ECT0 and ECT1', packet(PEER[0], ME[0], 64, 1, e[:32], 32, frag=0x2000, tos=1), packet(PEER[0], ME[0], 64, 1, e[32:], 32, frag=4, tos=2))
    attack('another protocol', f(0, e[:32], ident=33, proto=1), f(32, e[32:], False, 33, 17)); attack('another source', f(0, e[:32], ident=34, proto=1), packet('10.0.0.3', ME[0], 64, 1, e[32:], 34, frag=4))
    w('ipfrag_max_dist', 3); attack('too far', f(0, e[:32], ident=40, proto=1), *[f(0, e[:8], ident=50 + i, proto=1) for i in range(6)], f(32, e[32:], False, 40, 1))
    w('ipfrag_time', 1); attack('in time', f(0, e[:32], ident=60)); time.sleep(1.5); say('time', *frames(0.1)); counts()
    attack('in time, without the first', f(32, e[:32], ident=61)); time.sleep(1.5); say('time', *frames(0.1)); counts()
    snmp('Icmp', 'IcmpMsg')

def sending():
    'Options that sockets send, what they say of them afterwards, and what they hear of those received.'
    begin()
    for name, o in OPTIONS + [r for r in ROUTES]:
        for kind, proto in ((socket.SOCK_DGRAM, 0), (socket.SOCK_RAW, 200)):
            s = socket.socket(socket.AF_INET, kind, proto)
            s.setsockopt(0, 10, 0)
            r = err(lambda: s.setsockopt(0, 4, H(o)))
            say(name, kind, 'set', r, 'get', err(lambda: s.getsockopt(0, 4, 60).hex()))
            if r is None and kind == socket.SOCK_DGRAM: s.bind(('0.0.0.0', 3000))
            if r is None:
                say('  sent', err(lambda: s.sendto(b'data', (PEER[1], 2000))), *frames(0.04))
                if name in ('RR 1', 'TS addresses two', 'LSRR 2', 'CIPSO', 'unknown not copied', 'RR and RA', 'SSRR 1'): say('  large', err(lambda: s.sendto(bytes(i & 255 for i in range(2000)), (PEER[1], 2000))), *frames(0.05))
            s.close()
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(0, 10, 0); s.bind(('0.0.0.0', 3000))
    for name, o in OPTIONS[4:50:6]: say('by control message', name, err(lambda: s.sendmsg([b'data'], [(0, 7, opt(o))], 0, (PEER[1], 2000))), *frames(0.04))
    for c in (6, 7): s.setsockopt(0, c, 1)
    s.settimeout(0.05)
    def got():
        d, anc, f, a = s.recvmsg(100, 300)
        return [(y, z.hex()) for x, y, z in anc]
    for name, o in [x for x in OPTIONS if x[0][:2] != 'TS'] + ROUTES[:3]: TAPS[0].send(b'\2\0\0\0\1\0' + frame(packet(PEER[0], ME[0], 64, 17, u(8, 3000), 9, opt(o)))[6:]); say('received', name, err(got) if select.select([s], [], [], 0.03)[0] else 'nothing')
    snmp('Ip', 'Icmp')

def via_ipv6():
    'Routes of IPv4 by gateways of IPv6 (RFC 5549): the link-layer address is found by neighbour discovery.'
    begin()
    quiet('ip -6 neigh add fe80::77 lladdr 02:00:00:00:00:dd dev v1 nud permanent; ip route add 10.9.0.0/16 via inet6 fe80::77 dev v1')
    send('passing', packet(PEER[0], '10.9.1.1', 64, 17, u(), 9)); send('TTL 1', packet(PEER[0], '10.9.1.1', 1, 17, u(), 9))
    quiet('ip link set v1 mtu 1300'); send('in fragments', packet(PEER[0], '10.9.1.1', 64, 17, u(1400), 9)); send('too large', packet(PEER[0], '10.9.1.1', 64, 17, u(1400), 9, frag=0x4000))
    c = Sock(0, socket.SOCK_DGRAM); c.s.sendto(b'x', ('10.9.1.2', 7)); say('our own', [f[:9] for f in frames(0.1)])
    sh('ip route show 10.9.0.0/16; ip route get 10.9.1.1')
    snmp('Ip', 'Icmp')

def flood():
    'Sixty-five thousand datagrams that never become whole: memory stays within its bounds, and a good one passes afterwards.'
    begin(); w('ipfrag_time', 3)
    high = int(open('/proc/sys/net/ipv4/ipfrag_high_thresh').read())
    use = lambda: [int(x) for x in open('/proc/net/sockstat').read().split('FRAG: inuse ')[1].split('\n')[0].split(' memory ')]
    most = 0
    for i in range(65536):
        TAPS[0].send(b'\2\0\0\0\1\0' + frame(packet('10.0.0.%d' % (2 + i % 200), ME[0], 64, 17, b'z' * 64, i & 0xffff, frag=0x2000 | (i % 5)))[6:])
        if i % 256 == 0: time.sleep(0.002)
        if i % 2048 == 0: most = max(most, use()[1])
    n, mem = use()
    say('memory within the bounds', max(most, mem) <= high + 65536, 'some were kept', n > 100, 'not all', n < 65536)
    time.sleep(4.5); say('afterwards', use())
    e = echo(64)
    frames(0.2)
    TAPS[0].send(b'\2\0\0\0\1\0' + frame(packet(PEER[0], ME[0], 64, 1, e[:32], 7, frag=0x2000))[6:]); TAPS[0].send(b'\2\0\0\0\1\0' + frame(packet(PEER[0], ME[0], 64, 1, e[32:], 7, frag=4))[6:])
    say('a good one', *frames(0.2))

if __name__ == '__main__':
    main({k: v for k, v in list(globals().items()) if callable(v)})
