# Packets from words: the first one says what it is, the others are `key=value`.
import ipaddress, struct

FLAGS = {'F': 1, 'S': 2, 'R': 4, 'P': 8, 'A': 16, 'U': 32, 'E': 64, 'C': 128}

def csum(b, start=0):
    if len(b) & 1: b += b'\0'
    s = start + sum(struct.unpack('!%dH' % (len(b) // 2), b))
    while s >> 16: s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff

def pseudo(src, dst, proto, n):
    if len(src) == 4: b = src + dst + struct.pack('!BBH', 0, proto, n)
    else: b = src + dst + struct.pack('!II', n, proto)
    return sum(struct.unpack('!%dH' % (len(b) // 2), b))

# RFC 9260, appendix A.
def crc32c(b):
    c = 0xffffffff
    for x in b:
        c ^= x
        for _ in range(8): c = c >> 1 ^ (0x82f63b78 if c & 1 else 0)
    return c ^ 0xffffffff

def addr(a): return ipaddress.ip_address(a).packed
def num(d, k, default): return int(d.get(k, str(default)), 0)

def l4(kind, d, src, dst):
    data = bytes.fromhex(d['hex']) if 'hex' in d else d.get('data', 'x' * num(d, 'len', 3)).encode()
    if kind == 'udp':
        n = 8 + len(data)
        u = struct.pack('!HHHH', num(d, 'sport', 1000), num(d, 'dport', 53), n, 0) + data
        c = csum(u, pseudo(src, dst, 17, n)) or 0xffff
        return 17, u[:6] + struct.pack('!H', 0 if 'nosum' in d else c) + u[8:]
    if kind == 'tcp':
        if 'data' not in d and 'len' not in d and 'hex' not in d: data = b''
        opts = bytes.fromhex(d.get('opts', ''))
        fl = 0
        for c in d.get('flags', 'S'): fl |= FLAGS[c]
        t = struct.pack('!HHIIBBHHH', num(d, 'sport', 1000), num(d, 'dport', 80), num(d, 'seq', 1), num(d, 'ack', 0), (5 + len(opts) // 4) << 4, fl, num(d, 'win', 65535), 0, 0) + opts + data
        c = csum(t, pseudo(src, dst, 6, len(t)))
        if 'badsum' in d: c ^= 0x5555
        return 6, t[:16] + struct.pack('!H', c) + t[18:]
    if kind == 'icmp':
        m = struct.pack('!BBHHH', num(d, 'type', 8), num(d, 'code', 0), 0, num(d, 'id', 7), num(d, 'seq', 1)) + data
        if 'inner' in d: m = m[:8] + build(d['inner'].split(','))[0]
        return 1, m[:2] + struct.pack('!H', csum(m)) + m[4:]
    if kind == 'icmp6':
        m = struct.pack('!BBHHH', num(d, 'type', 128), num(d, 'code', 0), 0, num(d, 'id', 7), num(d, 'seq', 1)) + data
        if 'inner' in d: m = m[:8] + build(d['inner'].split(','))[0]
        return 58, m[:2] + struct.pack('!H', csum(m, pseudo(src, dst, 58, len(m)))) + m[4:]
    if kind == 'sctp':
        s = struct.pack('!HHI', num(d, 'sport', 1000), num(d, 'dport', 80), num(d, 'vtag', 0))
        return 132, s + struct.pack('<I', crc32c(s + bytes(4) + data) ^ (1 if 'badsum' in d else 0)) + data
    return num(d, 'proto', 200), data

# A list of IP packets: one, or its fragments.
def build(words):
    kind = words[0]
    d = dict(w.split('=', 1) if '=' in w else (w, '') for w in words[1:])
    src, dst = addr(d['src']), addr(d['dst'])
    proto, body = l4(kind, d, src, dst)
    six = len(src) == 16
    ttl = num(d, 'ttl', 64); tos = num(d, 'tos', 0)
    if six:
        def pack(nxt, b): return struct.pack('!IHBB', (6 << 28) | (tos << 20) | num(d, 'flow', 0), len(b), nxt, ttl) + src + dst + b
        if 'hbh' in d: body = struct.pack('!BB', proto, 0) + b'\x01\x04\0\0\0\0' + body; proto = 0
        if 'frag' in d:
            n = num(d, 'frag', 0); out = []
            for o in range(0, len(body), n):
                more = 1 if o + n < len(body) else 0
                out.append(pack(44, struct.pack('!BBHI', proto, 0, o | more, num(d, 'fid', 99)) + body[o:o + n]))
            return out
        return [pack(proto, body)]
    opt = bytes.fromhex(d.get('ipopt', ''))
    def pack4(b, off):
        h = struct.pack('!BBHHHBBH', 0x45 + len(opt) // 4, tos, 20 + len(opt) + len(b), num(d, 'ipid', 1), off, ttl, proto, 0) + src + dst + opt
        return h[:10] + struct.pack('!H', csum(h)) + h[12:] + b
    if 'frag' in d:
        n = num(d, 'frag', 0); out = []
        for o in range(0, len(body), n): out.append(pack4(body[o:o + n], (o >> 3) | (0x2000 if o + n < len(body) else 0)))
        return out
    return [pack4(body, 0x4000 if 'df' in d else 0)]
