"""Opens sockets of all kinds that `ss` lists, in all the states that a program can bring them to, and keeps them until it is killed. The same program runs on the real kernel and on a Linnet machine.

Expects e0 (10.0.0.1/24, 2001:db8::1/64, address 02:00:00:00:00:0a) with its other end e1 (address 02:00:00:00:00:0b), and a permanent neighbour 10.0.0.50 there, whose part this program plays."""
import os
import socket as s
import struct
import sys
import tempfile
import time

keep = []


def sock(family, type, proto=0, *opts):
    x = s.socket(family, type, proto)
    for opt in opts:
        x.setsockopt(*opt)
    keep.append(x)
    return x


def bound(x, addr):
    x.bind(addr)
    return x


REUSE = (s.SOL_SOCKET, s.SO_REUSEADDR, 1)
LINGER = (s.SOL_SOCKET, s.SO_LINGER, struct.pack('ii', 1, 0))
lo, lo6 = '127.0.0.1', '::1'


def listener(family, addr, backlog=5, *opts):
    x = bound(sock(family, s.SOCK_STREAM, 0, REUSE, *opts), addr)
    x.listen(backlog)
    return x


def pair(l, port, *opts, to=None):
    c = bound(sock(l.family, s.SOCK_STREAM, 0, REUSE, *opts), (l.getsockname()[0], port))
    c.connect(to or l.getsockname()[:2])
    a = l.accept()[0]
    keep.append(a)
    return c, a


# TCP: listeners.
l4 = listener(s.AF_INET, (lo, 5000), 7)
listener(s.AF_INET, ('0.0.0.0', 5010), 1, (s.SOL_SOCKET, 36, 0x15), (s.SOL_SOCKET, s.SO_BINDTODEVICE, b'e0\0'))
l6 = listener(s.AF_INET6, (lo6, 5001), 3)
listener(s.AF_INET6, ('::', 5002), 3)
listener(s.AF_INET6, ('::', 5003), 3, (s.IPPROTO_IPV6, s.IPV6_V6ONLY, 1))
# Connections: as they are made; with options; with data that was read; half closed; ended.
pair(l4, 40000)
pair(l4, 40001, (s.IPPROTO_TCP, s.TCP_NODELAY, 1), (s.SOL_SOCKET, s.SO_KEEPALIVE, 1), (s.IPPROTO_IP, s.IP_TOS, 0x10), (s.SOL_SOCKET, s.SO_SNDBUF, 50000), (s.SOL_SOCKET, s.SO_RCVBUF, 60000))
pair(l4, 40002, (s.IPPROTO_TCP, s.TCP_MAXSEG, 1000))
c, a = pair(l4, 40003)
c.sendall(b'x' * 3000)
left = 3000
while left > 0:
    left -= len(a.recv(4096))
c, a = pair(l4, 40004)
c.shutdown(s.SHUT_WR)
c, a = pair(l4, 40005)
c.close()
a.close()
c, a = pair(l4, 40006)
c.shutdown(s.SHUT_RD)
pair(l6, 40010)
dual = listener(s.AF_INET6, ('::', 5004), 3)
c = bound(sock(s.AF_INET, s.SOCK_STREAM), (lo, 40011))
c.connect((lo, 5004))
keep.append(dual.accept()[0])
# Waiting to be accepted.
c = bound(sock(s.AF_INET, s.SOCK_STREAM), (lo, 40012))
c.connect((lo, 5000))
# Bound, not connected.
bound(sock(s.AF_INET, s.SOCK_STREAM), (lo, 5009))
# Nobody answers.
c = bound(sock(s.AF_INET, s.SOCK_STREAM), ('10.0.0.1', 40020))
c.setblocking(False)
c.connect_ex(('10.0.0.50', 80))

# The neighbour beyond the wire: it says what is needed, and no more.
wire = s.socket(s.AF_PACKET, s.SOCK_RAW, s.htons(0x800))
wire.bind(('e1', 0x800))


def csum(b):
    t = sum(struct.unpack(f'!{len(b) // 2}H', b))
    t = (t & 0xffff) + (t >> 16)
    return ~(t + (t >> 16)) & 0xffff


def say(sport, dport, seq, ack, flags, mss=False):
    opt = struct.pack('!BBH', 2, 4, 1460) if mss else b''
    tcp = struct.pack('!HHIIBBHHH', sport, dport, seq, ack, (20 + len(opt)) << 2, flags, 8192, 0, 0) + opt
    src, dst = s.inet_aton('10.0.0.50'), s.inet_aton('10.0.0.1')
    tcp = tcp[:16] + struct.pack('!H', csum(src + dst + struct.pack('!HH', 6, len(tcp)) + tcp)) + tcp[18:]
    ip = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(tcp), 1, 0x4000, 64, 6, 0) + src + dst
    ip = ip[:10] + struct.pack('!H', csum(ip)) + ip[12:]
    wire.send(bytes.fromhex('02000000000a02000000000b0800') + ip + tcp)


def hear(port, flags):
    """Waits for a segment to `port` with these flags; its sequence number."""
    wire.settimeout(5)
    while True:
        f = wire.recv(2000)
        if f[23] == 6 and f[26:30] == s.inet_aton('10.0.0.1'):
            dport, seq = struct.unpack('!HI', f[36:42])
            if dport == port and f[47] & 0x3f == flags:
                return seq


FIN, SYN, ACK = 1, 2, 16
le = listener(s.AF_INET, ('10.0.0.1', 5020), 9)
# SYN-RECV.
say(7000, 5020, 1000, 0, SYN, True)


def met(port):
    """A connection that the neighbour has opened, and the next sequence number to it."""
    say(port, 5020, 1000, 0, SYN, True)
    seq = hear(port, SYN | ACK) + 1
    say(port, 5020, 1001, seq, ACK)
    a = le.accept()[0]
    keep.append(a)
    return a, seq


met(7001)
# FIN-WAIT-1: the FIN is not answered.
a, seq = met(7002)
keep.append(os.dup(a.fileno()))
a.shutdown(s.SHUT_WR)
# FIN-WAIT-2: it is.
a, seq = met(7003)
a.shutdown(s.SHUT_WR)
hear(7003, FIN | ACK)
say(7003, 5020, 1001, seq + 1, ACK)
# CLOSING: both have ended, and the neighbour has not heard it.
a, seq = met(7004)
a.shutdown(s.SHUT_WR)
hear(7004, FIN | ACK)
say(7004, 5020, 1001, seq, FIN | ACK)
# CLOSE-WAIT, and LAST-ACK.
a, seq = met(7005)
say(7005, 5020, 1001, seq, FIN | ACK)
a, seq = met(7006)
say(7006, 5020, 1001, seq, FIN | ACK)
hear(7006, ACK)
a.shutdown(s.SHUT_WR)
wire.close()

# UDP.
u = bound(sock(s.AF_INET, s.SOCK_DGRAM), (lo, 6000))
bound(sock(s.AF_INET, s.SOCK_DGRAM), (lo, 6001)).connect((lo, 6000))
bound(sock(s.AF_INET, s.SOCK_DGRAM, 0, (s.SOL_SOCKET, s.SO_BINDTODEVICE, b'e0\0'), (s.SOL_SOCKET, 36, 7)), ('0.0.0.0', 6002))
bound(sock(s.AF_INET6, s.SOCK_DGRAM), ('::', 6003))
bound(sock(s.AF_INET6, s.SOCK_DGRAM, 0, (s.IPPROTO_IPV6, s.IPV6_V6ONLY, 1)), ('::', 6004))
bound(sock(s.AF_INET6, s.SOCK_DGRAM), ('2001:db8::1', 6005)).connect(('2001:db8::1', 6003))
bound(sock(s.AF_INET, s.SOCK_DGRAM, 0, (s.SOL_SOCKET, s.SO_RCVBUF, 5000), (s.SOL_SOCKET, s.SO_SNDBUF, 6000)), (lo, 6006))
# Raw.
sock(s.AF_INET, s.SOCK_RAW, 89)
bound(sock(s.AF_INET, s.SOCK_RAW, s.IPPROTO_ICMP), (lo, 0))
sock(s.AF_INET, s.SOCK_RAW, 255).connect((lo, 0))
sock(s.AF_INET6, s.SOCK_RAW, s.IPPROTO_ICMPV6)

# Local.
os.chdir(tempfile.mkdtemp())
ul = bound(sock(s.AF_UNIX, s.SOCK_STREAM), '\0linnet-ss-stream')
ul.listen(4)
c = sock(s.AF_UNIX, s.SOCK_STREAM)
c.connect('\0linnet-ss-stream')
keep.append(ul.accept()[0])
sock(s.AF_UNIX, s.SOCK_STREAM).connect('\0linnet-ss-stream')
ud = bound(sock(s.AF_UNIX, s.SOCK_DGRAM), 'ss.sock')
sock(s.AF_UNIX, s.SOCK_DGRAM).connect('ss.sock')
uq = bound(sock(s.AF_UNIX, s.SOCK_SEQPACKET), '\0linnet-ss-seq')
uq.listen(2)
c = sock(s.AF_UNIX, s.SOCK_SEQPACKET)
c.connect('\0linnet-ss-seq')
a = uq.accept()[0]
keep.append(a)
a.shutdown(s.SHUT_WR)
sock(s.AF_UNIX, s.SOCK_STREAM)

# Packet.
SOL_PACKET = 263
bound(sock(s.AF_PACKET, s.SOCK_RAW, s.htons(0x88cc)), ('e0', 0x88cc))
bound(sock(s.AF_PACKET, s.SOCK_DGRAM, s.htons(0x88cd)), ('lo', 0x88cd))
sock(s.AF_PACKET, s.SOCK_DGRAM)
bound(sock(s.AF_PACKET, s.SOCK_RAW, s.htons(0x88ce), (SOL_PACKET, 8, 1), (SOL_PACKET, 9, 1)), ('e0', 0x88ce))

# Netlink.
for proto, groups in ((0, 0), (0, 1 | 1 << 4), (4, 0), (16, 0), (16, 1)):
    bound(sock(s.AF_NETLINK, s.SOCK_RAW, proto), (0, groups))
n = sock(s.AF_NETLINK, s.SOCK_RAW, 0)
bound(n, (7_777_777, 0))
n.connect((8_888_888, 2))

print('ready', flush=True)
time.sleep(120)
