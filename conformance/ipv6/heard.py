# What netlink tells of advertised prefixes, options for programs, and a device's IPv6: one line per message, without indices and counters.
import socket, struct, sys

GROUPS = {'prefix': 18, 'useropt': 20, 'ifinfo': 12}
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
s.bind((0, 0))
for g in GROUPS.values():
    s.setsockopt(270, 1, g)
print('listening', flush=True)


def attrs(b):
    while len(b) >= 4:
        n, t = struct.unpack_from('=HH', b)
        if n < 4:
            return
        yield t, b[4:n]
        b = b[(n + 3) & ~3:]


while True:
    b = s.recv(65536)
    while len(b) >= 16:
        n, t = struct.unpack_from('=IH', b)
        body = b[16:n]
        b = b[(n + 3) & ~3:]
        if t == 52:
            family, _, _, _, kind, plen, flags, _ = struct.unpack_from('=BBHiBBBB', body)
            print('prefix', family, kind, plen, hex(flags), *(f'{k}:{v.hex()}' for k, v in attrs(body[12:])), flush=True)
        elif t == 68:
            family, _, length, _, icmp, code = struct.unpack_from('=BBHiBB', body)
            print('useropt', family, length, icmp, code, body[16:16 + length].hex(), *(f'{k}:{v.hex()}' for k, v in attrs(body[16 + length:])), flush=True)
        elif t == 16:
            for k, v in attrs(body[16:]):
                if k & 0x3fff == 12:
                    inet6 = dict(attrs(v))
                    print('ifinfo', hex(struct.unpack('=I', inet6[1])[0] & 0xf0), *(struct.unpack('=IIII', inet6[5])[i] for i in (0, 3)), 'mtu', struct.unpack('=I', inet6[9])[0] if 9 in inet6 else None, flush=True)
