# getsockopt calls that are asked with something in the buffer: source filters of multicast groups. Prints one line a check; the test compares them with those of the real kernel.
import ctypes, errno, socket, struct

libc = ctypes.CDLL(None, use_errno=True)
IP_MSFILTER, MCAST_JOIN_GROUP, MCAST_JOIN_SOURCE_GROUP, MCAST_BLOCK_SOURCE, MCAST_MSFILTER = 41, 42, 46, 43, 48
LO = socket.if_nametoindex('lo')
G4, G4B, NONE4 = '232.1.2.3', '232.1.2.4', '232.9.9.9'
G6, G6B, NONE6 = 'ff3e::1234', 'ff3e::5678', 'ff3e::9'


def storage(address):
    if ':' in address:
        return struct.pack('=HHI16sI', socket.AF_INET6, 0, 0, socket.inet_pton(socket.AF_INET6, address), 0).ljust(128, b'\0')
    return struct.pack('=HH4s', socket.AF_INET, 0, socket.inet_aton(address)).ljust(128, b'\0')


def group_req(address):
    return struct.pack('=I4x', LO) + storage(address)


def group_source_req(address, source):
    return group_req(address) + storage(source)


def group_filter(address, numsrc, mode=7, index=LO):
    return struct.pack('=I4x', index) + storage(address) + struct.pack('=II', mode, numsrc)


def ask(s, level, opt, data, room=None):
    """What the kernel has made of the buffer, and the length that it says; a length may be said that is more or less than the buffer."""
    room = len(data) if room is None else room
    buf = ctypes.create_string_buffer(data, 4096)
    n = ctypes.c_uint(room)
    if libc.getsockopt(s.fileno(), level, opt, buf, ctypes.byref(n)) != 0:
        return errno.errorcode[ctypes.get_errno()]
    return n.value, buf.raw[:max(n.value, len(data))].hex()


def filters(name, s, level, group, other, none, sources):
    s.setsockopt(level, MCAST_JOIN_GROUP, group_req(group))
    for source in sources:
        s.setsockopt(level, MCAST_BLOCK_SOURCE, group_source_req(group, source))
    s.setsockopt(level, MCAST_JOIN_SOURCE_GROUP, group_source_req(other, sources[0]))
    for what, address, numsrc, extra in [
        ('all', group, 3, 0), ('more room', group, 5, 0), ('fewer', group, 1, 0), ('none', group, 0, 0), ('included', other, 4, 0), ('not joined', none, 2, 0),
        ('too short for what it says', group, 3, -128), ('longer than it says', group, 1, 256), ('many', group, 0x20000000, -0x20000000 * 128),
    ]:
        data = group_filter(address, numsrc)
        print(name, what, ask(s, level, MCAST_MSFILTER, data.ljust(max(len(data) + max(numsrc, 0) * 128 + extra, len(data)), b'\xaa')))
    whole = group_filter(group, 3).ljust(144 + 3 * 128, b'\xaa')
    for room in (0, 4, 143, 144, 271, 272, 1000):
        print(name, 'room', room, ask(s, level, MCAST_MSFILTER, whole, room))
    print(name, 'interface 0', ask(s, level, MCAST_MSFILTER, group_filter(group, 0, index=0)))
    print(name, 'interface 99', ask(s, level, MCAST_MSFILTER, group_filter(group, 0, index=99)))
    print(name, 'no group', ask(s, level, MCAST_MSFILTER, group_filter('10.0.0.1' if '.' in group else '2001:db8::1', 0)))
    print(name, 'another family', ask(s, level, MCAST_MSFILTER, group_filter('ff3e::1' if '.' in group else '232.1.1.1', 0)))


def old(name, s):
    """struct ip_msfilter, of the group that `filters` has joined."""
    lo = socket.inet_aton('127.0.0.1')
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton('239.1.1.1') + lo)
    for group in ('239.1.1.1', NONE4, '10.0.0.1'):
        for numsrc in (0, 2):
            print(name, 'IP_MSFILTER', group, numsrc, ask(s, socket.IPPROTO_IP, IP_MSFILTER, (socket.inet_aton(group) + lo + struct.pack('=II', 1, numsrc)).ljust(16 + 4 * numsrc, b'\xaa')))
    print(name, 'IP_MSFILTER short', ask(s, socket.IPPROTO_IP, IP_MSFILTER, socket.inet_aton('239.1.1.1') + lo, 8), ask(s, socket.IPPROTO_IP, IP_MSFILTER, bytes(16), 0))


FOUR = ['10.0.0.7', '10.0.0.8', '10.0.0.9']
SIX = ['2001:db8::7', '2001:db8::8', '2001:db8::9']
for kind, proto in ((socket.SOCK_DGRAM, 0), (socket.SOCK_RAW, 89)):
    with socket.socket(socket.AF_INET, kind, proto) as s:
        filters(f'4 {kind.name}', s, socket.IPPROTO_IP, G4, G4B, NONE4, FOUR)
        old(f'4 {kind.name}', s)
    with socket.socket(socket.AF_INET6, kind, proto) as s:
        filters(f'6 {kind.name}', s, socket.IPPROTO_IPV6, G6, G6B, NONE6, SIX)
with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
    filters('4 over 6', s, socket.IPPROTO_IP, G4, G4B, NONE4, FOUR)
for family, proto, level in ((socket.AF_INET, socket.IPPROTO_ICMP, socket.IPPROTO_IP), (socket.AF_INET6, socket.IPPROTO_ICMPV6, socket.IPPROTO_IPV6)):
    with socket.socket(family, socket.SOCK_DGRAM, proto) as s:
        six = family == socket.AF_INET6
        filters(f'ping {6 if six else 4}', s, level, *((G6, G6B, NONE6, SIX) if six else (G4, G4B, NONE4, FOUR)))
with socket.socket() as s:
    print('stream', ask(s, socket.IPPROTO_IP, MCAST_MSFILTER, group_filter(G4, 1).ljust(272)))
