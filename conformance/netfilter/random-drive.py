# Sends the packets of a file, one a line in the words of packet_words.py with the wire first (e1, f1), into a machine and says in hex what comes out of both wires
# after each. A line `answer e1 …` turns the last packet that came out around, `quote e1 …` is an ICMP error about it; what follows is for when there is none.
# What each kernel chooses for itself is made the same: ids of packets that a machine answers with or puts in fragments of IPv6, and sums that it leaves to a device.
import os, socket, struct, sys
sys.dont_write_bytecode = True
from packet_words import addr, build, csum, pseudo
import ipaddress

MAC = {'e1': ('02000000000b', '02000000000a'), 'f1': ('02000000000d', '02000000000c')}
ECHO = {1: 8, 58: 128}
# One processor's queue: what comes in first is through first.
os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[os.getpid() % len(os.sched_getaffinity(0))]})

socks = {}
for dev in MAC:
    s = socks[dev] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.bind((dev, 3))
    s.settimeout(20 if dev == 'e1' else 0)

# An answer to this on e1 is behind all that came of the packets before it.
END = bytes.fromhex('02000000000a' '02000000000b' '0806' '0001080006040001' '02000000000b') + addr('10.1.0.5') + bytes(6) + addr('10.1.0.1')
ENDED = b'\x08\x06\x00\x01\x08\x00\x06\x04\x00\x02'

class Packet:
    def __init__(self, p):
        self.six = p[0] >> 4 == 6
        if self.six:
            self.src, self.dst, self.proto, self.at, self.frag = p[8:24], p[24:40], p[6], 40, False
            while self.proto in (0, 44):
                if self.proto == 44: self.frag = True
                self.proto = p[self.at]
                self.at += 8
        else:
            self.src, self.dst, self.proto, self.at = p[12:16], p[16:20], p[9], (p[0] & 15) * 4
            self.frag = struct.unpack('!H', p[6:8])[0] & 0x3fff != 0
        self.body = p[self.at:]

# Neighbour discovery and reports of groups come when they come.
def noise(p): return p[0] >> 4 == 6 and (p[6] == 0 and p[40] == 58 and p[48] in (130, 131, 132, 143) or p[6] == 58 and 130 <= p[40] <= 143)

def same(p):
    q = Packet(p)
    out = bytearray(p)
    if not q.six and csum(p[:q.at]) == 0:
        if q.proto == 1 and q.body[:1] != b'\x08' or q.proto == 6 and len(q.body) > 13 and q.body[13] & 4:
            out[4:6] = out[10:12] = bytes(2)
            out[10:12] = struct.pack('!H', csum(bytes(out[:q.at])))
    if q.six and q.frag: out[q.at - 4:q.at] = bytes(4)
    field = {6: 16, 17: 6}.get(q.proto)
    if field and not q.frag and len(q.body) >= field + 2:
        start = pseudo(q.src, q.dst, q.proto, len(q.body))
        if q.body[field:field + 2] == struct.pack('!H', ~csum(b'', start) & 0xffff): out[q.at + field:q.at + field + 2] = struct.pack('!H', csum(q.body[:field] + bytes(2) + q.body[field + 2:], start))
    return bytes(out)

def seen(dev, out):
    while True:
        try: f, a = socks[dev].recvfrom(70000)
        except BlockingIOError: return
        if a[2] == 4: continue
        if f[12:22] == ENDED and dev == 'e1': return
        if f[12:14] in (b'\x08\0', b'\x86\xdd') and not noise(f[14:]): out.append((dev, f[:14], same(f[14:])))

def fits(p): return not p.frag and (p.proto in (6, 17) and len(p.body) >= 8 or p.proto in ECHO and p.body[0] == ECHO[p.proto])

def about(last, quote, own):
    dev, p = last
    q = Packet(p)
    at = ['src=%s' % ipaddress.ip_address(q.dst), 'dst=%s' % ipaddress.ip_address(q.src)] + own
    if quote: return dev, (['icmp6', 'type=1', 'code=4'] if q.six else ['icmp', 'type=3', 'code=3']) + at + ['id=0', 'seq=0', 'hex=' + p[:q.at + 40].hex()]
    if q.proto in ECHO: return dev, ['icmp6' if q.six else 'icmp', 'type=%d' % (129 if q.six else 0), 'id=%d' % struct.unpack('!H', q.body[4:6]), 'hex=' + q.body[8:].hex()] + at
    ports = ['sport=%d' % struct.unpack('!H', q.body[2:4]), 'dport=%d' % struct.unpack('!H', q.body[:2])]
    if q.proto == 17: return dev, ['udp'] + at + ports
    seq, ack, flags = struct.unpack('!II', q.body[4:12]) + (q.body[13],)
    return dev, ['tcp'] + at + ports + ['flags=' + ('SA' if flags & 0x12 == 2 else 'FA' if flags & 1 else 'A'), 'seq=%d' % (ack if flags & 16 else 7000), 'ack=%d' % ((seq + (flags & 3 != 0) + len(q.body) - (q.body[12] >> 4) * 4) & 0xffffffff)]

last = None
for line in open(sys.argv[1]):
    words = line.split()
    how = words.pop(0) if words[0] in ('answer', 'quote') else ''
    dev, words = words[0], words[1:]
    if how and last: dev, words = about(last, how == 'quote', [w for w in words if w.startswith(('ipid=', 'flow='))])
    for p in build(words): socks[dev].send(bytes.fromhex(MAC[dev][1] + MAC[dev][0]) + (b'\x86\xdd' if p[0] >> 4 == 6 else b'\x08\0') + p)
    socks['e1'].send(END)
    out = []
    seen('e1', out)
    seen('f1', out)
    print(dev, ' '.join(words), '=>', *(d + ' ' + f.hex() + ' ' + p.hex() for d, f, p in out))
    last = next(((d, p) for d, f, p in reversed(out) if fits(Packet(p))), last)
