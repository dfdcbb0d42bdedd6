# What the scenes of mroute6_scenes need: a daemon's socket of IPv6 multicast routing, and the far ends of links. Runs in a namespace of a real kernel and, by the preload library, inside a Linnet machine.
import os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'ipv4'))
import mroute
from mroute import *

ICMP6 = 58
GETMIFCNT, GETSGCNT6 = 0x89e0, 0x89e1
IP6MR = 129

def ip6(a):
    return socket.inet_pton(socket.AF_INET6, a)

def sin6(a):
    return struct.pack('HHI', 10, 0, 0) + ip6(a) + struct.pack('I', 0)

class Sock6(mroute.Sock):
    def __init__(self, proto=ICMP6, kind=socket.SOCK_RAW, name=''):
        self.s = socket.socket(socket.AF_INET6, kind, proto)
        self.s.setblocking(False)
        # Only what the kernel itself says: no messages of ICMPv6.
        if proto == ICMP6 and kind == socket.SOCK_RAW: self.s.setsockopt(58, 1, b'\xfe' + b'\xff' * 31)
    def set(self, opt, val):
        if isinstance(val, int): val = struct.pack('i', val)
        r = err(lambda: self.s.setsockopt(socket.SOL_IPV6 if hasattr(socket, 'SOL_IPV6') else 41, opt, val))
        return 'ok' if r is None else r
    def get(self, opt, n=4):
        r = err(lambda: self.s.getsockopt(41, opt, n))
        return r if isinstance(r, str) else r.hex()
    def mif(self, mifi, dev, flags=0, threshold=1, rate=0, op=ADD_VIF, cut=None):
        pifi = socket.if_nametoindex(dev) if isinstance(dev, str) else dev
        b = struct.pack('HBBHxxI', mifi, flags, threshold, pifi, rate)
        return self.set(op, b if cut is None else b[:cut])
    def del_mif(self, mifi, cut=None):
        b = struct.pack('H', mifi)
        return self.set(DEL_VIF, b if cut is None else b[:cut])
    def mfc(self, src, grp, parent, oifs, op=ADD_MFC, cut=None):
        bits = 0
        for i in oifs: bits |= 1 << i
        b = sin6(src) + sin6(grp) + struct.pack('Hxx', parent) + bits.to_bytes(32, 'little')
        return self.set(op, b if cut is None else b[:cut])
    def mifcnt(self, mifi):
        return self.ioctl(GETMIFCNT, struct.pack('HxxxxxxQQQQ', mifi, 0, 0, 0, 0))
    def sgcnt(self, src, grp):
        return self.ioctl(GETSGCNT6, sin6(src) + sin6(grp) + bytes(24))

def control(f):
    'Is it a packet of neighbour discovery or of multicast listeners?'
    if f[20] == 58: return f[54] in (130, 131, 132, 133, 134, 135, 136, 143)
    return f[20] == 0 and f[54] == 58 and f[62] in (130, 131, 132, 143)

class Tap6:
    def __init__(self, dev):
        self.s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x86dd))
        self.s.bind((dev, 0x86dd))
        self.s.setblocking(False)
    def send(self, frame):
        self.s.send(frame)
    def recv(self, wait=0.3):
        out = []
        while select.select([self.s], [], [], wait)[0]:
            f, a = self.s.recvfrom(70000)
            if a[2] != 4 and not control(f): out.append(f.hex())
            wait = 0.05
        return out

def packet6(src, dst, hops=64, proto=17, payload=b'x' * 20, tclass=0, label=0):
    return struct.pack('!IHBB', 6 << 28 | tclass << 20 | label, len(payload), proto, hops) + ip6(src) + ip6(dst) + payload

def frame6(p):
    d = p[24:40]
    mac = b'\x33\x33' + d[12:] if d[0] == 0xff else bytes.fromhex('020000000100')
    return mac + bytes.fromhex('0200000000aa') + b'\x86\xdd' + p

def csum6(src, dst, proto, b):
    return csum(ip6(src) + ip6(dst) + struct.pack('!II', len(b), proto) + b)

def udp6(src, dst, hops=64, payload=b'hello', **kw):
    b = struct.pack('!HHHH', 1000, 2000, 8 + len(payload), 0) + payload
    b = b[:6] + struct.pack('!H', csum6(src, dst, 17, b)) + b[8:]
    return frame6(packet6(src, dst, hops, 17, b, **kw))

def proc6(*names):
    proc(*(names or ('ip6_mr_vif', 'ip6_mr_cache')))

def mcf(*names):
    say(' '.join('%s=%s' % (n, open('/proc/sys/net/ipv6/conf/%s/mc_forwarding' % n).read().strip()) for n in names))

def rtm6(dst_len=128, src_len=128, **kw):
    return rtm(dst_len, src_len, family=IP6MR, **kw)

def write(name, text):
    with open('/proc/sys/net/ipv6/' + name, 'w') as f: f.write(text)

def links6(n=3):
    'v0..vn with addresses fd00:N::1/64, their far ends p0..pn, which speak no IPv6.'
    write('conf/default/accept_dad', '0')
    write('conf/default/router_solicitations', '0')
    quiet('ip link set lo up')
    for i in range(n):
        quiet('ip link add v%d address 02:00:00:00:01:%02x type veth peer name p%d address 02:00:00:00:02:%02x' % (i, i, i, i))
        write('conf/p%d/disable_ipv6' % i, '1')
        quiet('ip link set v%d up; ip link set p%d up; ip -6 addr add fd00:%d::1/64 dev v%d nodad' % (i, i, i, i))
        quiet('ip -6 neigh add fd00:%d::2 lladdr 02:00:00:00:00:aa dev v%d nud permanent' % (i, i))
    time.sleep(0.5)
