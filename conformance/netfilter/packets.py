# Many packets into the machine by e1, from a seed: packets.py FAMILY SEED COUNT. Addresses and ports are few, so that sets hold some of them; lengths differ, so that
# counters of bytes tell which packets a rule saw.
import ipaddress, socket, struct, sys, time

class Random:
    def __init__(self, seed): self.s = (seed * 2654435761) % 2147483647 or 1
    def below(self, n):
        self.s = self.s * 48271 % 2147483647
        return self.s % n
    def of(self, l): return l[self.below(len(l))]

family, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
r = Random(seed)
six = family == 'inet6'

def ip(net, host): return ipaddress.ip_address(('2001:db8:1::%x:%x' if six else '10.1.%d.%d') % (net, host)).packed

def packet(i):
    src, dst = ip(r.below(4), r.below(16)), ip(r.below(4), r.below(16))
    proto = r.of([6, 6, 17, 17, 136, 132, 58 if six else 1, 50, 1])
    body = bytes(r.below(600))
    ports = struct.pack('!HH', 78 + r.below(6), 78 + r.below(6))
    if proto == 6: l4 = ports + struct.pack('!IIBBHHH', 0, 0, 0x50, 2, 1000, 0, 0) + body
    elif proto in (17, 136): l4 = ports + struct.pack('!HH', 8 + len(body), 0) + body
    elif proto == 132: l4 = ports + bytes(8) + body
    elif proto in (1, 58): l4 = bytes([r.of([0, 3, 8, 128]), r.below(2)]) + bytes(6) + body
    else: l4 = bytes(8) + body
    # A later or first fragment, or a packet that ends early.
    odd = r.below(12)
    frag = 0
    if odd == 0: frag = 100
    elif odd == 1: frag = 0x2000
    elif odd == 2: l4 = l4[:r.below(6)]
    mac = bytes([2, 0, 0, 0, 0, 0x0b if r.below(3) else 0x0c])
    head = bytes([2, 0, 0, 0, 0, 0x0a]) + mac
    if six:
        nh = proto
        if frag:
            l4 = struct.pack('!BBHI', proto, 0, (100 << 3) if frag == 100 else 1, i) + l4[:len(l4) & ~7]
            nh = 44
        elif r.below(6) == 0:
            l4 = bytes([proto, 0, 1, 4, 0, 0, 0, 0]) + l4
            nh = 60
        return head + b'\x86\xdd' + struct.pack('!IHBB', 6 << 28, len(l4), nh, 64) + src + dst + l4
    h = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(l4), i & 0xffff, frag, 64, proto, 0) + src + dst
    s = sum(struct.unpack('!10H', h))
    s = (s & 0xffff) + (s >> 16)
    s = ~((s & 0xffff) + (s >> 16)) & 0xffff
    return head + b'\x08\0' + h[:10] + struct.pack('!H', s) + h[12:] + l4

s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(('e1', 0))
for i in range(count):
    s.send(packet(i))
    if i % 50 == 49: time.sleep(0.01)
time.sleep(0.2)
