# What TCP remembers of a host, told line by line as JSON: [what, exact, near]. The host is this program itself, behind a TUN device: it acknowledges when it is told to.
import fcntl, heapq, json, os, socket, struct, subprocess, sys, threading, time

tun = os.open('/dev/net/tun', os.O_RDWR)
fcntl.ioctl(tun, 0x400454ca, struct.pack('16sH', b'tun0', 0x1001))  # TUNSETIFF, IFF_TUN | IFF_NO_PI


def sh(command):
    r = subprocess.run(command, shell=True, capture_output=True, text=True)
    return [r.returncode, r.stdout, r.stderr]


def say(what, exact, near=()):
    print(json.dumps([what, exact, near]), flush=True)


for command in ('ip link set lo up', 'ip addr add 10.9.0.1/24 dev tun0', 'ip link set tun0 up', 'sysctl -qw net.ipv4.tcp_timestamps=0'):
    assert sh(command)[0] == 0, command


class Host:
    rtt = .1
    lose = False
    silent = False


def checksum(b):
    if len(b) & 1:
        b += b'\0'
    t = sum(struct.unpack('!%dH' % (len(b) // 2), b))
    t = (t >> 16) + (t & 0xffff)
    return ~(t + (t >> 16)) & 0xffff


queue, wake = [], threading.Condition()


def answer(conn, seq, ack, flags, options=b''):
    saddr, daddr, sport, dport = conn
    t = struct.pack('!HHIIBBHHH', sport, dport, seq, ack & 0xffffffff, (20 + len(options)) << 2, flags, 60000, 0, 0) + options
    t = t[:16] + struct.pack('!H', checksum(saddr + daddr + struct.pack('!BBH', 0, 6, len(t)) + t)) + t[18:]
    p = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(t), 0, 0x4000, 64, 6, 0, saddr, daddr)
    with wake:
        heapq.heappush(queue, (time.monotonic() + Host.rtt, len(queue), p[:10] + struct.pack('!H', checksum(p)) + p[12:] + t))
        wake.notify()


def sender():
    while True:
        with wake:
            while not queue or queue[0][0] > time.monotonic():
                wake.wait(None if not queue else max(0, queue[0][0] - time.monotonic()))
            packet = heapq.heappop(queue)[2]
        os.write(tun, packet)


def receiver():
    known = {}
    while True:
        p = os.read(tun, 70000)
        if p[0] >> 4 != 4 or p[9] != 6:
            continue
        t = p[(p[0] & 15) * 4:struct.unpack('!H', p[2:4])[0]]
        sport, dport, seq, _ = struct.unpack('!HHII', t[:12])
        conn, flags, size = (p[16:20], p[12:16], dport, sport), t[13], len(t) - (t[12] >> 4) * 4
        if flags & 2:
            known[conn] = [(seq + 1) & 0xffffffff, {}]
            # MSS 1000, SACK, no window scale.
            answer(conn, 5000, seq + 1, 0x12, b'\2\4\3\xe8\1\1\4\2')
        elif conn in known and (size or flags & 1) and not flags & 4:
            if size and Host.lose:
                Host.lose = False
                continue
            state = known[conn]
            state[1][seq] = ((seq + size + (flags & 1)) & 0xffffffff, flags & 1)
            fin = 0
            while state[0] in state[1]:
                state[0], f = state[1].pop(state[0])
                fin |= f
            later = sorted(state[1], key=lambda s: (s - state[0]) & 0xffffffff)
            later = [s for s in later if (s - state[0]) & 0xffffffff < 1 << 31]
            sack = b''
            if later:
                end = state[1][later[0]][0]
                while end in state[1]:
                    end = state[1][end][0]
                sack = b'\1\1\5\x0a' + struct.pack('!II', later[0], end)
            answer(conn, 5001, state[0], 0x11 if fin and not Host.silent else 0x10, sack)


threading.Thread(target=sender, daemon=True).start()
threading.Thread(target=receiver, daemon=True).start()


def info(s):
    u = struct.unpack_from('<24I', s.getsockopt(6, 11, 104), 8)
    return {'rto': u[0]}, {'ssthresh': u[17], 'cwnd': u[18]}


def remembered():
    """ip's words: those that are the same on each machine, and times in microseconds."""
    words = sh('ip tcp_metrics show')[1].split()
    times = {k: int(words[words.index(k) + 1][:-2]) for k in ('rtt', 'rttvar') if k in words}
    return [w for i, w in enumerate(words) if w != 'age' and 'us' not in w and 'sec' not in w], times


def connection(what, rtt, writes=1, size=1000, lose=False, abort=False, windows=True):
    """windows: are they the same each time?"""
    Host.rtt = rtt
    s = socket.socket()
    s.setsockopt(6, 1, 1)
    s.setsockopt(6, 13, b'reno')
    s.setblocking(False)
    s.connect_ex(('10.9.0.2', 80))
    while s.getsockopt(6, 11, 1)[0] != 1:
        time.sleep(.001)
    s.setblocking(True)
    near, exact = info(s)
    for i in range(writes):
        Host.lose = lose and i == 0
        s.sendall(b'x' * size)
        while struct.unpack('i', fcntl.ioctl(s, 0x5411, b'\0\0\0\0'))[0]:
            time.sleep(.001)
    if abort:
        s.setsockopt(1, 13, struct.pack('ii', 1, 0))
    s.close()
    # The end: the FIN and its answer.
    time.sleep(1.5 * rtt + .05)
    words, times = remembered()
    if not windows:
        exact, words = [], [w for w in words if not w.isdigit()]
    say(what, [exact, words], {**near, **{'kept ' + k: v for k, v in times.items()}})


class Netlink:
    def __init__(self):
        self.s = socket.socket(16, 3, 16)
        self.s.bind((0, 0))
        self.send(16, 3, 0, self.attr(2, b'tcp_metrics\0'))
        self.family = next(struct.unpack('H', v)[0] for t, v in self.attrs(self.s.recv(8192)[20:]) if t == 1)

    def attr(self, t, v):
        return struct.pack('HH', 4 + len(v), t) + v + b'\0' * (-len(v) % 4)

    def attrs(self, b):
        out = []
        while len(b) >= 4:
            n, t = struct.unpack('HH', b[:4])
            out.append((t, b[4:n]))
            b = b[(n + 3) & ~3:]
        return out

    def send(self, family, cmd, flags, body):
        self.s.send(struct.pack('IHHIIBBH', 20 + len(body), family, 1 | flags, 7, 0, cmd, 1, 0) + body)

    def ask(self, what, cmd, flags=0, **addresses):
        numbers = {'dst': 1, 'src': 11, 'dst6': 2, 'src6': 12}
        body = b''.join(self.attr(numbers[k], v if isinstance(v, bytes) else socket.inet_aton(v)) for k, v in addresses.items())
        self.send(self.family, cmd, flags, body)
        answers = []
        while True:
            d = self.s.recv(16384)
            while d:
                n, t, f = struct.unpack('IHH', d[:8])
                m, d = d[:n], d[(n + 3) & ~3:]
                if t in (2, 3):
                    return say(what, answers + ['error' if t == 2 else 'done', struct.unpack('i', m[16:20])[0]])
                fixed = [[t, v.hex() if t in (1, 11) else len(v) if t != 6 else [x for x, _ in self.attrs(v)]] for t, v in self.attrs(m[20:])]
                answers.append([f, list(m[16:20]), fixed])
                if not f & 2:
                    return say(what, answers)


connection('first', .05)
connection('a longer way', .2)
connection('a shorter one', .04)
connection('a steady one', .04, 6)
connection('aborted', .1, abort=True)
Host.silent = True
connection('the peer sends no FIN', .05)
Host.silent = False
sh('sysctl -qw net.ipv4.tcp_no_metrics_save=1')
connection('not to be remembered', .2)
sh('sysctl -qw net.ipv4.tcp_no_metrics_save=0')
say('flush', sh('ip tcp_metrics flush all'))
sh('sysctl -qw net.ipv4.tcp_no_ssthresh_metrics_save=0')
connection('slow start', .03)
connection('a loss', .03, 1, 20000, lose=True)
connection('with its threshold', .03)
connection('growing again', .03, 4, 20000, windows=False)
connection('in slow start below the threshold', .03, windows=False)
n = Netlink()
n.ask('get', 1, dst='10.9.0.2')
n.ask('get with source', 1, dst='10.9.0.2', src='10.9.0.1')
n.ask('get with another source', 1, dst='10.9.0.2', src='10.9.0.7')
n.ask('get with a source of IPv6', 1, dst='10.9.0.2', src6=b'a' * 16)
n.ask('get nobody', 1, dst='10.9.0.9')
n.ask('get what?', 1)
n.ask('get a short address', 1, dst=b'ab')
n.ask('get a short address of IPv6', 1, dst6=b'abcd')
n.ask('get a long address of IPv6', 1, dst6=b'a' * 20)
n.ask('get IPv6', 1, dst6=b'a' * 16)
n.ask('get of both', 1, dst='10.9.0.2', dst6=b'a' * 16)
n.ask('dump', 1, 0x300)
n.ask('delete nobody', 2, 4, dst='10.9.0.9')
n.ask('delete with another source', 2, 4, dst='10.9.0.2', src='10.9.0.7')
n.ask('delete', 2, 4, dst='10.9.0.2')
n.ask('delete again', 2, 4, dst='10.9.0.2')
connection('afresh', .03)
n.ask('delete of a source is all', 2, 4, src='10.9.0.7')
n.ask('dump', 1, 0x300)
n.ask('dump of deleting', 2, 0x300)
n.ask('an unknown command', 3, 4)
connection('for ip', .03)
for args in ('show 10.9.0.9', 'show 10.9.0.9/24', 'show source 10.9.0.2', 'delete', 'delete 10.9.0.9', 'delete 10.9.0.2', 'show'):
    code, out, err = sh('ip tcp_metrics ' + args)
    say(args, [code, out.split(' ')[0], err])
for name in ('no_metrics_save', 'no_ssthresh_metrics_save'):
    say(name, [sh(f'sysctl -n net.ipv4.tcp_{name}'), sh(f'sysctl -w net.ipv4.tcp_{name}=2'), sh(f'sysctl -w net.ipv4.tcp_{name}=256')])
