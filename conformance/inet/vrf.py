# Who hears of packets that come in by a VRF, as the documentation of Linux says (vrf.rst, ip-sysctl.rst): sockets without a device only when they are told to, those of the VRF and of its member always.
import os, socket, subprocess, sys, time

OTHER = 'linnet-%d-peer' % os.getpid()
HOST = {socket.AF_INET: '10.0.0.1', socket.AF_INET6: 'fd00::1'}
PEER = '''
import socket, sys
family, kind, addr = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
s = socket.socket(family, kind); s.settimeout(0.5)
try:
    s.connect((addr, 5000)); s.send(b'hello'); print(s.recv(100).decode())
except OSError as e: print('timeout' if isinstance(e, TimeoutError) else 'refused' if e.errno == 111 else e)
'''


def sh(c):
    subprocess.run(c, shell=True, check=True)


def accept(name, on):
    with open('/proc/sys/net/ipv4/%s_l3mdev_accept' % name, 'w') as f:
        f.write('%d' % on)


def bound(family, kind, dev):
    s = socket.socket(family, kind)
    if dev:
        s.setsockopt(1, 25, dev.encode())
    if kind == socket.SOCK_STREAM:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(('', 5000))
    if kind == socket.SOCK_STREAM:
        s.listen()
    s.settimeout(0.02)
    return s


def device(s):
    return s.getsockopt(1, 25, 16).rstrip(b'\0').decode() or 'none'


def play(family, kind, devs):
    'Who answers the peer, and with which device the socket that does. A datagram without one is answered by the main table, where there is no way.'
    heard = ''
    try:
        socks = [(d, bound(family, kind, d)) for d in devs]
    except OSError as e:
        return e.strerror
    peer = subprocess.Popen(['ip', 'netns', 'exec', OTHER, sys.executable, '-c', PEER, '%d' % family, '%d' % kind, HOST[family]], stdout=subprocess.PIPE, text=True)
    while peer.poll() is None:
        for d, s in socks:
            try:
                if kind == socket.SOCK_DGRAM:
                    data, a = s.recvfrom(100)
                    heard = ', heard by %s' % (d or 'any')
                    s.sendto((d or 'any').encode(), a)
                else:
                    c, a = s.accept()
                    c.recv(100)
                    c.send(('%s, child of %s' % (d or 'any', device(c))).encode())
                    c.close()
            except OSError:
                pass
    for d, s in socks:
        s.close()
    return peer.stdout.read().strip() + heard


sh('ip netns add %s; ip link set lo up; ip link add red type vrf table 10; ip link set red up; ip link add v0 type veth peer name p0 netns %s; ip link set v0 master red; ip link set v0 up' % (OTHER, OTHER))
sh('ip addr add 10.0.0.1/24 dev v0; ip -6 addr add fd00::1/64 dev v0 nodad; o=%s; ip -n $o link set p0 up; ip -n $o addr add 10.0.0.2/24 dev p0; ip -n $o -6 addr add fd00::2/64 dev p0 nodad' % OTHER)
while 'LOWER_UP' not in subprocess.run('ip link show v0', shell=True, stdout=subprocess.PIPE, text=True).stdout:
    time.sleep(0.05)
for family, kind, name in ((2, 1, 'tcp'), (2, 2, 'udp'), (10, 1, 'tcp'), (10, 2, 'udp')):
    for on in (0, 1):
        accept(name, on)
        for devs in ([None], ['v0'], [None, 'red']) if on else ([None], ['red'], ['v0'], ['lo'], [None, 'red']):
            print('IPv%d' % (6 if family == 10 else 4), name, on, '+'.join(d or 'any' for d in devs), '->', play(family, kind, devs), flush=True)
    accept(name, 0)
sh('ip netns del %s' % OTHER)
