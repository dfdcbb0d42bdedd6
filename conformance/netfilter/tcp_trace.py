# Scripted TCP segments through a router, one after the other, and its connection after each: tcp_trace.py TRACE..., a trace as JSON:
#   {"name", "six": both ends speak IPv6, "by": "conntrack" (the program) or "netlink" (a dump of ctnetlink, with what the program does not show),
#    "clocked": every state's timeout tells the state, and the step that set it, "sysctl": {name: value}, "steps": [...]}
# A step: `> FLAGS [seq [ack [len [win [options as hex]]]]]` from the side that begins (`<` from the other one), numbers relative to each side's first one;
# `KEY=VALUE` sets net.netfilter.nf_conntrack_KEY; `gone` waits until there is no connection.
# After each segment a datagram of another protocol goes the same way: when it is out, the segment has been judged.
import ipaddress, json, select, socket, struct, subprocess, sys, time

MAC = {'>': (b'\x02\0\0\0\0\x0a', b'\x02\0\0\0\0\x0b'), '<': (b'\x02\0\0\0\0\x0c', b'\x02\0\0\0\0\x0d')}
FLAGS = {'F': 1, 'S': 2, 'R': 4, 'P': 8, 'A': 16, 'U': 32, 'E': 64, 'C': 128}
ISN = {'>': 0xfffff000, '<': 5000}
MARK = 253
SET = '/proc/sys/net/netfilter/nf_conntrack_'
TIMEOUTS = {'syn_sent': 120, 'syn_recv': 60, 'established': 432000, 'fin_wait': 130, 'close_wait': 70, 'last_ack': 30, 'time_wait': 140, 'close': 10, 'max_retrans': 310, 'unacknowledged': 300}
STATES = ['NONE', 'SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT', 'CLOSE_WAIT', 'LAST_ACK', 'TIME_WAIT', 'CLOSE', 'SYN_SENT2']

def sysctl(name, value=None):
    with open(SET + name, 'r' if value is None else 'w') as f:
        return f.read().strip() if value is None else f.write(str(value))

wires = {}
for d, dev in (('>', 'e1'), ('<', 'f1')):
    wires[d] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    wires[d].bind((dev, 3))
nl = socket.socket(16, 3, 12)
nl.bind((0, 0))

def csum(b):
    b += b'\0' * (len(b) & 1)
    s = sum(struct.unpack('!%dH' % (len(b) // 2), b))
    while s >> 16: s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff

def packet(src, dst, proto, body):
    if len(src) == 16: return struct.pack('!IHBB', 6 << 28, len(body), proto, 64) + src + dst + body
    h = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(body), 1, 0x4000, 64, proto, 0) + src + dst
    return h[:10] + struct.pack('!H', csum(h)) + h[12:] + body

def segment(src, dst, sport, dport, d, words):
    f = words + ['-', '0', '0', '0', '65535', ''][len(words):]
    flags = sum(FLAGS[c] for c in f[0] if c != '-')
    opts = bytes.fromhex(f[5])
    back = ISN['<' if d == '>' else '>'] if flags & 16 else 0
    t = struct.pack('!HHIIBBHHH', sport, dport, (ISN[d] + int(f[1])) & 0xffffffff, (back + int(f[2])) & 0xffffffff, (5 + len(opts) // 4) << 4, flags, int(f[4]), 0, 0) + opts + b'x' * int(f[3])
    return t[:16] + struct.pack('!H', csum(src + dst + struct.pack('!II', len(t), 6) + t)) + t[18:]

# What came out at the other end before the mark with this number did: the connection's state that the rules saw, by the DSCP that they set.
def judged(d, number):
    other = wires['<' if d == '>' else '>']
    verdict = 'dropped'
    until = time.monotonic() + 20
    while True:
        if not select.select([other], [], [], max(0, until - time.monotonic()))[0]: sys.exit('the mark did not come')
        frame, a = other.recvfrom(2048)
        if a[2] == 4: continue
        p = frame[14:]
        proto, dscp, body = (p[9], p[1] >> 2, p[20:]) if p[0] >> 4 == 4 else (p[6], (p[0] & 15) << 2 | p[1] >> 6, p[40:])
        if proto == 6: verdict = {1: 'NEW', 2: 'ESTABLISHED', 3: 'RELATED', 4: 'UNTRACKED'}.get(dscp, 'dscp %d' % dscp)
        elif proto == MARK and body[:4] == struct.pack('!I', number): return verdict

def attrs(b):
    o, out = 0, {}
    while o + 4 <= len(b):
        l, t = struct.unpack_from('<HH', b, o)
        if l < 4: break
        out[t & 0x3fff] = b[o + 4:o + l]
        o += (l + 3) & ~3
    return out

# Seconds that are left are rounded up to tens, from which all timeouts here are counted.
def by_netlink(six):
    nl.send(struct.pack('<IHHIIBBH', 20, 0x101, 0x301, 1, 0, 10 if six else 2, 0, 0))
    lines = []
    while True:
        data = nl.recv(1 << 20)
        o = 0
        while o + 16 <= len(data):
            l, t = struct.unpack_from('<IH', data, o)
            if t in (2, 3): return lines
            a = attrs(data[o + 20:o + l])
            tup = attrs(attrs(a[1])[2])
            if tup[1] == b'\x06':
                p = attrs(attrs(a[4])[1])
                left = -(-struct.unpack('>I', a[7])[0] // 10) * 10
                counted = '/'.join(':'.join(str(struct.unpack('>Q', c[i])[0]) for i in (1, 2)) for c in (attrs(a[i]) for i in (9, 10)))
                lines.append('%s %d status=%#x begun by %s scale %s flags %s counted %s' % (STATES[p[1][0]], left, struct.unpack('>I', a[3])[0], 'server' if tup[2] == b'\0\x50' else 'client', '/'.join(str(p[i][0]) for i in (2, 3) if i in p), '/'.join('%#x' % p[i][0] for i in (4, 5)), counted))
            o += (l + 3) & ~3

def by_conntrack(six):
    r = subprocess.run(['conntrack', '-L', '-p', 'tcp'] + (['-f', 'ipv6'] if six else []), capture_output=True, text=True)
    if r.returncode != 0: sys.exit(r.stderr)
    return [' '.join(l.split()) for l in r.stdout.splitlines()]

sysctl('acct', 1)
number = 0
for n, t in enumerate(map(json.loads, sys.argv[1:])):
    print('== ' + t['name'])
    six = t.get('six', False)
    look = by_conntrack if t.get('by') == 'conntrack' else by_netlink
    ends = [ipaddress.ip_address(a).packed for a in (('2001:db8:1::2', '2001:db8:2::2') if six else ('10.1.0.2', '203.0.113.2'))]
    port = 20000 + n
    kept = {k: sysctl(k) for k in list(t.get('sysctl', {})) + ['tcp_timeout_' + k for k in TIMEOUTS]}
    for k, v in t.get('sysctl', {}).items(): sysctl(k, v)
    for i, s in enumerate(t['steps']):
        w = s.split()
        if '=' in s:
            k, v = s.split('=')
            kept.setdefault(k, sysctl(k))
            sysctl(k, v)
            continue
        if s == 'gone':
            until = time.monotonic() + 20
            while look(six) and time.monotonic() < until: time.sleep(0.05)
            print('gone: %s' % ('; '.join(look(six)) or 'none'))
            continue
        if t.get('clocked', False):
            for k, v in TIMEOUTS.items(): sysctl('tcp_timeout_' + k, v + 1000 * (i + 1))
        d = w[0]
        (src, dst), (sport, dport) = (ends, (port, 80)) if d == '>' else (ends[::-1], (80, port))
        number += 1
        head = MAC[d][0] + MAC[d][1] + (b'\x86\xdd' if six else b'\x08\0')
        wires[d].send(head + packet(src, dst, 6, segment(src, dst, sport, dport, d, w[1:])))
        wires[d].send(head + packet(src, dst, MARK, struct.pack('!I', number) + bytes(20)))
        verdict = judged(d, number)
        print('%s: %s; %s' % (s, verdict, '; '.join(look(six)) or 'none'))
    # The connection ends with the trace, but for others of the machine.
    subprocess.run(['conntrack', '-F'] + (['-f', 'ipv6'] if six else []), capture_output=True)
    for k, v in kept.items(): sysctl(k, v)
