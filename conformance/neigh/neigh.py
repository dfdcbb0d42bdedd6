# Neighbours by netlink, and by nothing of iproute2: what Debian's `ip` does not know yet, and a program that finds neighbours for the kernel (app_solicit).
#   neigh.py watch DEV                        what RTNLGRP_NEIGH tells, a line each, after `ready`
#   neigh.py resolve DEV ADDR=MAC ...         answers the kernel's questions, a line each, after `ready`
#   neigh.py new|replace|change|del DEV ADDR [lladdr=MAC] [state=N] [flags=N] [ext=N] [proto=N]
#   neigh.py do DEV new|... ADDR [...] , new|... ADDR [...] , ...   several in a row
#   neigh.py fill DEV PREFIX COUNT [...]      `new` for PREFIX::1, PREFIX::2 ... or the addresses after PREFIX: how many, and what the first refusal says
#   neigh.py list DEV
import errno, socket, struct, sys

NEW, DEL, GET = 28, 29, 30
NAMES = {NEW: 'new', DEL: 'deleted', GET: 'asked'}
STATES = ((1, 'INCOMPLETE'), (2, 'REACHABLE'), (4, 'STALE'), (8, 'DELAY'), (16, 'PROBE'), (32, 'FAILED'), (64, 'NOARP'), (128, 'PERMANENT'))


def attr(kind, value):
    return struct.pack('HH', 4 + len(value), kind) + value + b'\0' * (-len(value) % 4)


def attrs(b):
    out = {}
    while len(b) >= 4:
        n, kind = struct.unpack_from('HH', b)
        if n < 4:
            break
        out[kind & 0x3fff] = b[4:n]
        b = b[(n + 3) & ~3:]
    return out


def packed(addr):
    return socket.inet_pton(socket.AF_INET6 if ':' in addr else socket.AF_INET, addr)


def mac(text):
    return bytes(int(x, 16) for x in text.split(':')) if text else b''


def messages(b):
    while len(b) >= 16:
        n, kind, flags, seq, pid = struct.unpack_from('IHHII', b)
        yield kind, flags, b[16:n]
        b = b[(n + 3) & ~3:]


def shown(kind, body):
    family, index, state, flags, rtype = struct.unpack_from('BxxxiHBB', body)
    a = attrs(body[12:])
    words = [NAMES.get(kind, str(kind)), socket.inet_ntop(family, a[1])]
    if 2 in a:
        words.append('lladdr ' + ':'.join('%02x' % x for x in a[2]))
    words.append('|'.join(n for bit, n in STATES if state & bit) or 'NONE')
    words.append('flags %#x ext %#x proto %d' % (flags, struct.unpack('I', a[15])[0] if 15 in a else 0, a[12][0] if 12 in a else 0))
    return ' '.join(words)


class Netlink:
    def __init__(self, groups=0):
        self.s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self.s.setsockopt(270, 11, 1)
        self.s.bind((0, groups))

    def ask(self, kind, flags, body):
        self.s.send(struct.pack('IHHII', 16 + len(body), kind, flags | 5, 1, 0) + body)
        for got, _, b in messages(self.s.recv(65536)):
            if got != 2:
                continue
            code, = struct.unpack_from('i', b)
            # The request comes back whole behind an error, and its header behind a success; then what the kernel says of it.
            said = attrs(b[4 + (struct.unpack_from('I', b, 4)[0] if code else 16):]).get(1, b'').rstrip(b'\0').decode()
            return (errno.errorcode.get(-code, str(code)) if code else 'ok') + (': ' + said if said else '')


def request(index, addr, words):
    o = dict(w.split('=', 1) for w in words)
    body = struct.pack('BxxxiHBB', 10 if ':' in addr else 2, index, int(o.get('state', '2'), 0), int(o.get('flags', '0'), 0), 0) + attr(1, packed(addr))
    if 'lladdr' in o:
        body += attr(2, mac(o['lladdr']))
    if 'ext' in o:
        body += attr(15, struct.pack('I', int(o['ext'], 0)))
    if 'proto' in o:
        body += attr(12, bytes([int(o['proto'])]))
    return body


def main(verb, dev, *rest):
    index = socket.if_nametoindex(dev)
    flags = {'new': 0x600, 'fill': 0x600, 'replace': 0x500, 'change': 0x100, 'del': 0}
    if verb in ('watch', 'resolve'):
        known = dict(w.split('=', 1) for w in rest)
        heard = Netlink(4)
        answers = Netlink()
        print('ready', flush=True)
        while True:
            for kind, _, b in messages(heard.s.recv(65536)):
                if kind not in NAMES or struct.unpack_from('i', b, 4)[0] != index:
                    continue
                if verb == 'watch':
                    print(shown(kind, b), flush=True)
                elif kind == GET:
                    addr = socket.inet_ntop(b[0], attrs(b[12:])[1])
                    said = answers.ask(NEW, 0x500, request(index, addr, ['lladdr=' + known[addr], 'state=2'])) if addr in known else 'not known'
                    print(addr, said, flush=True)
    elif verb == 'list':
        nl = Netlink()
        nl.s.send(struct.pack('IHHII', 28, GET, 0x301, 1, 0) + bytes(12))
        lines = []
        while True:
            for kind, _, b in messages(nl.s.recv(65536)):
                if kind == 3:
                    print('\n'.join(sorted(lines)))
                    return
                if struct.unpack_from('i', b, 4)[0] == index and not (b[0] == 10 and attrs(b[12:])[1][0] == 255):
                    lines.append(shown(kind, b))
    elif verb == 'fill':
        nl = Netlink()
        first, count = int.from_bytes(packed(rest[0]), 'big'), int(rest[1])
        size = len(packed(rest[0]))
        for i in range(count):
            addr = socket.inet_ntop(socket.AF_INET if size == 4 else socket.AF_INET6, (first + i).to_bytes(size, 'big'))
            said = nl.ask(NEW, flags['fill'], request(index, addr, rest[2:]))
            if said != 'ok':
                print(i, said)
                return
        print(count, 'ok')
    elif verb == 'do':
        nl = Netlink()
        for words in ' '.join(rest).split(' , '):
            how, addr, *more = words.split()
            print(words + ':', nl.ask(DEL if how == 'del' else NEW, flags[how], request(index, addr, more)))
    else:
        print(Netlink().ask(DEL if verb == 'del' else NEW, flags[verb], request(index, rest[0], rest[1:])))


main(*sys.argv[1:])
