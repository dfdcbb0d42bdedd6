# Requests of NETLINK_NETFILTER's connection tracking, and its answers attribute by attribute. Each argument: type:flags:family[:attributes as hex].
import os, socket, struct, sys
NEST = {1: {1: {}, 2: {}}, 2: {1: {}, 2: {}}, 4: {1: {}}, 5: {}, 9: {}, 10: {}, 14: {1: {}, 2: {}}, 20: {}}
# Ids and times are each kernel's own.
HIDE = {7: 'timeout', 11: 'use', 12: 'id'}
s = socket.socket(16, 3, 12)
s.bind((0, 0))
s.settimeout(0.5)
def attrs(b, nest):
    out = []
    o = 0
    while o + 4 <= len(b):
        l, t = struct.unpack_from('<HH', b, o)
        if l < 4: break
        p = b[o + 4:o + l]
        t0 = t & 0x3fff
        name = '%d%s' % (t0, 'n' if t & 0x8000 else '')
        if nest is NEST and t0 in HIDE: out.append('%s=<%s,%d>' % (name, HIDE[t0], len(p)))
        elif t & 0x8000: out.append('%s(%s)' % (name, ' '.join(attrs(p, None))))
        else: out.append('%s=%s' % (name, p.hex()))
        o += (l + 3) & ~3
    return out
for i, arg in enumerate(sys.argv[1:]):
    f = arg.split(':')
    body = struct.pack('>BBH', int(f[2], 0), 0, 0) + (bytes.fromhex(f[3]) if len(f) > 3 else b'')
    t = int(f[0], 0); fl = int(f[1], 0)
    s.send(struct.pack('<IHHII', 16 + len(body), t, fl, i + 1, 0) + body)
    lines = []
    done = False
    while not done:
        try: d = s.recv(1 << 20)
        except TimeoutError: break
        o = 0
        while o + 16 <= len(d):
            l, mt, mf, sq, pid = struct.unpack_from('<IHHII', d, o)
            p = d[o + 16:o + l]
            if mt == 2:
                e = struct.unpack_from('<i', p)[0]
                print('error', -e and os.strerror(-e)); done = True
            elif mt == 3: lines.append('done %d flags %#x' % (struct.unpack_from('<i', p)[0], mf)); done = True
            else:
                lines.append('%#x flags %#x %s %s' % (mt, mf, p[:4].hex(), ' '.join(attrs(p[4:], NEST if mt >> 8 == 1 and mt & 255 in (0, 2) else None))))
                if fl & 0x300 != 0x300 and not fl & 4: done = True
            o += (l + 3) & ~3
    for x in sorted(lines): print(x)
