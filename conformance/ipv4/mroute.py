# Asks a kernel about multicast routing: the scenes of mroute_scenes, one line an answer. Runs in a namespace of a real kernel and, through the preload library, inside a Linnet machine.
import errno, fcntl, os, select, socket, struct, subprocess, sys, time

IGMP = 2
INIT, DONE, ADD_VIF, DEL_VIF, ADD_MFC, DEL_MFC, VERSION, ASSERT, PIM, TABLE, ADD_PROXY, DEL_PROXY, FLUSH = range(200, 213)
TUNNEL, SRCRT, REGISTER, IFINDEX = 1, 2, 4, 8
GETVIFCNT, GETSGCNT, GETRPF = 0x89e0, 0x89e1, 0x89e2
IPMR = 128
NEWROUTE, DELROUTE, GETROUTE, GETLINK, NEWSTATS, GETSTATS, NEWNETCONF = 24, 25, 26, 18, 92, 94, 80

def say(*a):
    print(*a, flush=True)

def err(f):
    'The name of the error that f ends with, or what it returns.'
    try:
        return f()
    except OSError as e:
        return errno.errorcode.get(e.errno, str(e.errno))

def ip(a):
    return socket.inet_aton(a)

class Sock:
    def __init__(self, proto=IGMP, kind=socket.SOCK_RAW, name=''):
        self.s = socket.socket(socket.AF_INET, kind, proto)
        self.s.setblocking(False)
        self.name = name
    def set(self, opt, val):
        if isinstance(val, int): val = struct.pack('i', val)
        r = err(lambda: self.s.setsockopt(socket.SOL_IP, opt, val))
        return 'ok' if r is None else r
    def get(self, opt, n=4):
        r = err(lambda: self.s.getsockopt(socket.SOL_IP, opt, n))
        return r if isinstance(r, str) else r.hex()
    def ioctl(self, cmd, arg):
        r = err(lambda: fcntl.ioctl(self.s, cmd, arg))
        return r.hex() if isinstance(r, bytes) else r
    def vif(self, vifi, local, flags=0, threshold=1, remote='0.0.0.0', rate=0, op=ADD_VIF, cut=None):
        l = struct.pack('i', local) if isinstance(local, int) else ip(local)
        return self.set(op, struct.pack('HBBI', vifi, flags, threshold, rate) + l + ip(remote)) if cut is None else self.set(op, (struct.pack('HBBI', vifi, flags, threshold, rate) + l + ip(remote))[:cut])
    def mfc(self, src, grp, parent, ttls, op=ADD_MFC, cut=None):
        t = bytearray(32)
        for i, v in ttls.items(): t[i] = v
        b = ip(src) + ip(grp) + struct.pack('H', parent) + bytes(t) + b'\0\0' + struct.pack('IIIi', 0, 0, 0, 0)
        return self.set(op, b if cut is None else b[:cut])
    def vifcnt(self, vifi):
        return self.ioctl(GETVIFCNT, struct.pack('HxxxxxxQQQQ', vifi, 0, 0, 0, 0))
    def sgcnt(self, src, grp):
        return self.ioctl(GETSGCNT, ip(src) + ip(grp) + bytes(24))
    def recv(self, wait=0.3):
        'Everything that is there, as hexadecimal text; the identification and checksum of a whole packet are left in.'
        out = []
        while select.select([self.s], [], [], wait)[0]:
            try: out.append(self.s.recv(70000).hex())
            except OSError as e: out.append(errno.errorcode[e.errno]); break
            wait = 0.05
        return out
    def close(self):
        self.s.close()

class Tap:
    'The far end of a link: sends frames, and sees those that come.'
    def __init__(self, dev):
        self.s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x800))
        self.s.bind((dev, 0x800))
        self.s.setblocking(False)
    def send(self, frame):
        self.s.send(frame)
    def recv(self, wait=0.3):
        out = []
        while select.select([self.s], [], [], wait)[0]:
            f, a = self.s.recvfrom(70000)
            if a[2] != 4 and f[23] != IGMP: out.append(f.hex())
            wait = 0.05
        return out

def csum(b):
    if len(b) & 1: b += b'\0'
    n = sum(struct.unpack('!%dH' % (len(b) // 2), b))
    n = (n >> 16) + (n & 0xffff)
    n += n >> 16
    return ~n & 0xffff

def packet(src, dst, ttl=64, proto=17, payload=b'x' * 20, ident=7, opts=b'', frag=0, tos=0):
    h = struct.pack('!BBHHHBBH4s4s', 0x45 + len(opts) // 4, tos, 20 + len(opts) + len(payload), ident, frag, ttl, proto, 0, ip(src), ip(dst)) + opts
    h = h[:10] + struct.pack('!H', csum(h)) + h[12:]
    return h + payload

def frame(p):
    g = p[16:20]
    mac = bytes([1, 0, 0x5e, g[1] & 0x7f, g[2], g[3]]) if g[0] & 0xf0 == 0xe0 else bytes.fromhex('020000000100')
    return mac + bytes.fromhex('0200000000aa') + b'\x08\x00' + p

def udp(src, dst, ttl=64, ident=7, payload=b'hello', **kw):
    return frame(packet(src, dst, ttl, 17, struct.pack('!HHHH', 1000, 2000, 8 + len(payload), 0) + payload, ident, **kw))

def proc(*names):
    for n in names or ('ip_mr_vif', 'ip_mr_cache'):
        with open('/proc/net/' + n) as f: say(n + ':', repr(f.read()))

def sysctl(*names):
    say(' '.join('%s=%s' % (n, open('/proc/sys/net/ipv4/conf/%s/mc_forwarding' % n).read().strip()) for n in names))

class Netlink:
    def __init__(self, groups=()):
        self.s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self.s.bind((0, 0))
        self.s.setblocking(False)
        for g in groups: self.s.setsockopt(270, 1, g)
        self.seq = 0
    def ask(self, type, flags, body, wait=1.0):
        self.seq += 1
        self.s.send(struct.pack('IHHII', 16 + len(body), type, flags | 1, self.seq, 0) + body)
        return self.heard(wait)
    def heard(self, wait=0.3):
        'Each message as its type, flags and hexadecimal body; an error as its name.'
        out = []
        while select.select([self.s], [], [], wait)[0]:
            b = self.s.recv(1 << 17)
            while len(b) >= 16:
                n, t, f, q, p = struct.unpack('IHHII', b[:16])
                body = b[16:n]
                if t == 2:
                    e = struct.unpack('i', body[:4])[0]
                    text = ''
                    if f & 0x200:
                        at = 20 if f & 0x100 else 4 + struct.unpack('I', body[4:8])[0]
                        while at + 4 <= len(body):
                            l, a = struct.unpack('HH', body[at:at + 4])
                            if a == 1: text = body[at + 4:at + l - 1].decode()
                            at += (l + 3) & ~3
                    out.append(('error %s %s' % (errno.errorcode.get(-e, e) if e else 'ok', text)).strip())
                elif t == 3: out.append('done %d %s' % (struct.unpack('i', body[:4])[0], body[8:-1].split(b'\0')[0].decode() if f & 0x200 else ''))
                else: out.append('%d %x %s' % (t, f, body.hex()))
                b = b[(n + 3) & ~3:]
            wait = 0.05
        return out

def attr(t, b):
    return struct.pack('HH', 4 + len(b), t) + b + b'\0' * (-len(b) & 3)

def rtm(dst_len=32, src_len=32, table=0, proto=0, type=5, family=IPMR, scope=0, flags=0, tos=0):
    return struct.pack('BBBBBBBBI', family, dst_len, src_len, tos, table, proto, scope, type, flags)

def sh(command):
    r = subprocess.run(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    say('$', command)
    if r.returncode: say('exit', r.returncode)
    if r.stdout: say(r.stdout.rstrip())

def quiet(command):
    r = subprocess.run(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if r.returncode: say('SETUP FAILED', command, r.stdout)

def links(n=3):
    'v0..vn with addresses 10.0.N.1/24, their far ends p0..pn.'
    quiet('ip link set lo up')
    for i in range(n):
        quiet('ip link add v%d address 02:00:00:00:01:%02x type veth peer name p%d address 02:00:00:00:02:%02x' % (i, i, i, i))
        quiet('ip link set v%d up; ip link set p%d up; ip addr add 10.0.%d.1/24 dev v%d' % (i, i, i, i))
    for i in range(n):
        quiet('ip neigh add 10.0.%d.2 lladdr 02:00:00:00:00:aa dev v%d nud permanent' % (i, i))
    time.sleep(0.3)

def main(scenes):
    scenes[sys.argv[1]]()
