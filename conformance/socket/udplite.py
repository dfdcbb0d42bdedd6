# UDP-Lite over loopback, told line by line: options, what is on the wire, what is taken, counters, tables.
import errno, socket, struct, sys

LITE, SEND, RECV = 136, 10, 11


def name(e):
    return errno.errorcode.get(e.errno, str(e.errno))


def attempt(f, *args):
    try:
        return f(*args)
    except OSError as e:
        return name(e)


def say(*what):
    print(*what, flush=True)


def add(b, start=0):
    if len(b) & 1:
        b += b'\0'
    t = start + sum(struct.unpack('!%dH' % (len(b) // 2), b))
    while t >> 16:
        t = (t >> 16) + (t & 0xffff)
    return t


def snmp(name):
    lines = [l.split() for l in open('/proc/net/snmp') if l.startswith(name + ':')]
    return {k: int(v) for k, v in zip(lines[0][1:], lines[1][1:]) if v != '0'}


def snmp6(name):
    return {k[len(name):]: int(v) for k, v in (l.split() for l in open('/proc/net/snmp6')) if k.startswith(name) and v != '0'}


for family, lo, any_ in ((socket.AF_INET, '127.0.0.1', '0.0.0.0'), (socket.AF_INET6, '::1', '::')):
    six = family == socket.AF_INET6
    say('-- IPv6' if six else '-- IPv4')
    pack = socket.inet_pton(family, lo)
    rx = socket.socket(family, socket.SOCK_DGRAM, LITE)
    rx.settimeout(.05)
    say('type', rx.getsockopt(1, 3), 'protocol', rx.getsockopt(1, 38))
    for level in (LITE, 17):
        for opt in (SEND, RECV):
            say('get', level, opt, attempt(rx.getsockopt, level, opt))
            for v in (0, 1, 7, 8, 20, 65535, 65536, -1):
                say('set', level, opt, v, attempt(rx.setsockopt, level, opt, v), attempt(rx.getsockopt, level, opt))
        for opt in (1, 100, 101, 102, 103, 104, 7):
            say('udp option', level, opt, attempt(rx.setsockopt, level, opt, 1), attempt(rx.getsockopt, level, opt))
            attempt(rx.setsockopt, level, opt, 0)
    udp = socket.socket(family, socket.SOCK_DGRAM)
    for level in (LITE, 17):
        say('of UDP', level, attempt(udp.setsockopt, level, SEND, 20), attempt(udp.getsockopt, level, SEND))
    rx.close()
    # The ports are not those of UDP.
    rx = socket.socket(family, socket.SOCK_DGRAM, LITE)
    rx.settimeout(.05)
    udp.bind((any_, 5000))
    say('bind', attempt(rx.bind, (any_, 5000)), attempt(socket.socket(family, socket.SOCK_DGRAM, LITE).bind, (any_, 5000)))
    tx = socket.socket(family, socket.SOCK_DGRAM, LITE)
    tx.bind((lo, 5001))
    raw = socket.socket(family, socket.SOCK_RAW, LITE)
    raw.settimeout(.05)

    def wire():
        """The header that was sent, and whether its checksum is right over what it covers."""
        p = raw.recv(70000)
        p = p if six else p[20:]
        if len(p) < 8:
            return 'short'
        sport, dport, cov, check = struct.unpack('!4H', p[:8])
        covered = p if cov == 0 else p[:cov]
        pseudo = pack + pack + (struct.pack('!IHBB', len(p), 0, 0, LITE) if six else struct.pack('!BBH', 0, LITE, len(p)))
        return sport, dport, cov, 'right' if add(pseudo + covered) == 0xffff else 'wrong', len(p)

    def got():
        return attempt(lambda: len(rx.recv(70000)))

    for cov in (0, 8, 9, 20, 28, 29, 100, 65535):
        for size in (0, 1, 20, 3000):
            tx.setsockopt(LITE, SEND, cov)
            say('send', cov, size, attempt(tx.sendto, b'x' * size, (lo, 5000)), wire(), got())
    tx.setsockopt(LITE, SEND, 12)
    tx.sendto(b'a' * 10, socket.MSG_MORE, (lo, 5000))
    tx.sendto(b'b' * 10, (lo, 5000))
    say('held back', wire(), got())
    say('in segments', attempt(tx.setsockopt, 17, 103, 10), attempt(tx.sendto, b'x' * 30, (lo, 5000)), attempt(wire), got(), got())
    attempt(tx.setsockopt, 17, 103, 0)
    say('no checksum', attempt(tx.setsockopt, 1, 11, 1), attempt(tx.sendto, b'x' * 30, (lo, 5000)), attempt(wire), got())
    tx.setsockopt(1, 11, 0)
    # What a receiver asks for.
    for want in (0, 8, 20, 25, 28, 30):
        rx.setsockopt(LITE, RECV, want)
        for cov in (0, 8, 20, 28):
            tx.setsockopt(LITE, SEND, cov)
            tx.sendto(b'x' * 20, (lo, 5000))
            say('wanted', want, 'covered', cov, wire(), got())
    rx.setsockopt(LITE, RECV, 0)

    def forged(cov, size=20, bad_at=None, check=None, cut=None):
        b = bytearray(struct.pack('!4H', 5001, 5000, cov, 0) + b'y' * size)
        covered = bytes(b) if cov == 0 or cov > len(b) else bytes(b[:cov])
        pseudo = pack + pack + (struct.pack('!IHBB', len(b), 0, 0, LITE) if six else struct.pack('!BBH', 0, LITE, len(b)))
        c = ~add(pseudo + covered) & 0xffff if check is None else check
        b[6:8] = struct.pack('!H', c or 0xffff if check is None else c)
        if bad_at is not None:
            b[bad_at] ^= 0x55
        raw.sendto(bytes(b[:cut]), (lo, 0))
        attempt(wire)
        return got()

    for cov in (0, 1, 7, 8, 12, 27, 28, 29, 100):
        say('forged', cov, forged(cov), 'no checksum', forged(cov, check=0))
    for want in (0, 12):
        rx.setsockopt(LITE, RECV, want)
        say('damaged', want, [forged(cov, bad_at=at) for cov in (0, 12, 28) for at in (9, 20)])
    say('cut', forged(0, cut=7), forged(0, size=0))
    say('nobody there', attempt(tx.sendto, b'x', (lo, 5999)))
    attempt(wire)
    tx.connect((lo, 5999))
    tx.send(b'x')
    attempt(wire)
    say('connected to nobody', attempt(tx.send, b'x'))
    tx.connect((lo, 5000))
    say('connected', attempt(tx.send, b'x' * 5), got(), tx.getpeername()[1])
    tx.setsockopt(1, 7, 4608)
    say('too big', attempt(tx.send, b'x' * 65530))
    say('peek', tx.send(b'peek'), rx.recv(10, socket.MSG_PEEK), rx.recv(2))
    # UDP does not hear of it.
    udp.settimeout(.05)
    say('udp', attempt(udp.recv, 10))
    say({k: v for k, v in (snmp6('UdpLite6') if six else snmp('UdpLite')).items()})
    for f in ('udplite6', 'udplite'):
        lines = open('/proc/net/' + f).read().splitlines()
        say(f, lines[0])
        # Without slots, inodes and pointers, by port.
        for line in sorted([l.split()[1:4] + l.split()[4:5] for l in lines[1:]]):
            say(line)
    rx.close()
    tx.close()
    udp.close()
    raw.close()

say([l.strip() for l in open('/proc/net/sockstat') if 'LITE' in l], [l.strip() for l in open('/proc/net/sockstat6') if 'LITE' in l])
for args in ((socket.AF_INET, socket.SOCK_STREAM, LITE), (socket.AF_INET, socket.SOCK_RAW, LITE), (socket.AF_INET6, socket.SOCK_SEQPACKET, LITE)):
    say('socket', attempt(lambda: socket.socket(*args).getsockopt(1, 38)))
# An AF_INET6 socket takes IPv4 too.
dual = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM, LITE)
dual.settimeout(.2)
dual.bind(('::', 5000))
four = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, LITE)
four.bind(('127.0.0.1', 0))
four.setsockopt(LITE, SEND, 10)
four.sendto(b'four', ('127.0.0.1', 5000))
data, peer = dual.recvfrom(10)
say('mapped', data, peer[0], dual.sendto(b'back', peer), four.recv(10))
