# Replaces a table of x_tables with harmed copies of itself and says what each got: the errno, or what came back. Arguments: family table seed count.
import ctypes, errno, os, random, socket, struct, sys
fam, table, seed, count = sys.argv[1], sys.argv[2].encode(), int(sys.argv[3]), int(sys.argv[4])
six = fam == '6'
rnd = random.Random(seed)
libc = ctypes.CDLL(None, use_errno=True)
sock = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_RAW, 255)
fd = sock.fileno()
LEVEL = 41 if six else 0
ENTRY = 168 if six else 112
TOFF, NOFF, IPLEN = (140, 142, 136) if six else (88, 90, 84)
def get(opt, data):
    b = ctypes.create_string_buffer(bytes(data), len(data))
    n = ctypes.c_uint32(len(data))
    if libc.getsockopt(fd, LEVEL, opt, b, ctypes.byref(n)) != 0: return -ctypes.get_errno()
    return b.raw[:n.value]
def put(opt, data):
    b = ctypes.create_string_buffer(bytes(data), len(data))
    return 0 if libc.setsockopt(fd, LEVEL, opt, b, len(data)) == 0 else -ctypes.get_errno()
def name(e): return errno.errorcode.get(-e, str(e)) if isinstance(e, int) and e else 'ok'
info = get(64, table.ljust(32, b'\0') + bytes(52))
valid, = struct.unpack_from('<I', info, 32)
hooks = struct.unpack_from('<5I', info, 36); unders = struct.unpack_from('<5I', info, 56)
num, size = struct.unpack_from('<2I', info, 76)
entries = get(65, table.ljust(32, b'\0') + struct.pack('<II', size, 0) + bytes(size))[40:]
cnt = ctypes.create_string_buffer(16 * 4096)
def head(valid=valid, num=num, size=size, hooks=hooks, unders=unders, n=num, nm=table):
    return nm.ljust(32, b'\0')[:32] + struct.pack('<III', valid, num, size) + struct.pack('<5I', *hooks) + struct.pack('<5I', *unders) + struct.pack('<IQ', n, ctypes.addressof(cnt))
good = head() + entries
print('as it is', name(put(64, good)))
starts = []
o = 0
while o < size: starts.append(o); o += struct.unpack_from('<H', entries, o + NOFF)[0]
INTERESTING = [0, 1, 2, 4, 7, 8, 15, 16, 31, 32, 40, 64, 127, 128, 255]
def places(e):
    # Fields of an entry that mean something for its form.
    to = struct.unpack_from('<H', entries, e + TOFF)[0]
    p = [(e + TOFF, 2), (e + NOFF, 2), (e + to, 2), (e + to + 2, 1), (e + to + 31, 1), (e + to + 32, 4), (e + IPLEN - 2 - (3 if six else 0), 1), (e + IPLEN - 1 - (3 if six else 0), 1)]
    m = ENTRY
    while m < to:
        n = struct.unpack_from('<H', entries, e + m)[0]
        p += [(e + m, 2), (e + m + 2, 1), (e + m + 31, 1)]
        # How large numbers of a rate may be depends on the arithmetic of the kernel.
        if entries[e + m + 2:e + m + 9] not in (b'limit\0\0', b'hashlim'): p += [(e + m + 32 + rnd.randrange(max(1, n - 32)), 1) for _ in range(3)]
        m += n
    return p
for i in range(count):
    kind = rnd.randrange(10)
    if kind < 7:
        b = bytearray(entries); what = []
        for _ in range(rnd.choice([1, 1, 1, 2])):
            e = rnd.choice(starts)
            at, w = rnd.choice(places(e))
            v = rnd.choice(INTERESTING + starts + [-1, -2, -3, -4, -5, -6, -7, size, size + 8, rnd.randrange(1 << 16)])
            if w == 4: struct.pack_into('<i', b, at, v)
            elif w == 2: struct.pack_into('<H', b, at, v & 0xffff)
            else: b[at] = v & 255
            what.append((at, w, v))
        r = put(64, head() + bytes(b))
    elif kind < 9:
        d = {}; f = rnd.choice(['valid', 'num', 'size', 'hooks', 'unders', 'n', 'nm'])
        v = rnd.choice(INTERESTING + starts + [size, num, num + 1, 0xffffffff, 0x7fffffff])
        if f in ('hooks', 'unders'):
            l = list(hooks if f == 'hooks' else unders); l[rnd.randrange(5)] = v; d[f] = l
        elif f == 'nm': d[f] = rnd.choice([b'nat', b'raw', b'', b'x' * 32, b'filterx', b'mangle'])
        elif f == 'size': v = min(v, size + 8); d[f] = v
        elif f == 'num' or f == 'n': d[f] = v if v < (1 << 24) or f == 'num' else 1 << 27
        else: d[f] = v
        what = (f, d[f])
        r = put(64, head(**d) + entries)
    else:
        opt = rnd.choice([64, 65, 66, 67, 68, 69])
        w = rnd.choice(['set', 'get'])
        n = rnd.choice([0, 1, 4, 8, 30, 32, 36, 40, 84, 40 + size, 40 + 16 * num, 41 + 16 * num, 200])
        # An option that IPv6 itself may have wants a whole number.
        if w == 'set' and opt > 65: n = max(n, 4)
        body = bytearray((rnd.choice([table, b'tcp', b'MARK', b'nosuch', b'conntrack']).ljust(29, b'\0') + bytes([rnd.choice([0, 1, 2, 9])])).ljust(32, b'\0') + struct.pack('<II', rnd.choice([size, num, 0, 1]), 0) + bytes(16 * num + size + 200))[:n]
        what = (w, opt, n, bytes(body[:40]).hex())
        r = put(opt, body) if w == 'set' else get(opt, body)
        if not isinstance(r, int): what += (len(r), r[:4].hex() if opt > 65 else ''); r = 0
    print(i, what, name(r))
    if r == 0 and kind < 9:
        z = put(64, head(n=struct.unpack_from('<I', get(64, table.ljust(32, b'\0') + bytes(52)), 76)[0]) + entries)
        if z != 0: print('cannot go back', name(z)); break
