# Sends packets into a machine through the far ends of its wires (e1 of e0, f1 of f0) or from its sockets, and says what comes out at those ends.
# Each argument is a packet: words `key=value`, the first one says what it is. Runs on the real kernel and inside a Linnet machine.
# With FRAMES in the environment, what comes out is shown from its link-layer header on, ARP included.
import ipaddress, os, select, socket, struct, sys, time
sys.dont_write_bytecode = True
from packet_words import FLAGS, addr, build, csum, num, pseudo

MAC = {'e1': ('02000000000b', '02000000000a'), 'f1': ('02000000000d', '02000000000c')}

def text(p, inner=False):
    v = p[0] >> 4
    if v == 4:
        ihl = (p[0] & 15) * 4
        src, dst, proto, ttl, tos, body = p[12:16], p[16:20], p[9], p[8], p[1], p[ihl:struct.unpack('!H', p[2:4])[0]]
        bad = '' if csum(p[:ihl]) == 0 else ' BAD-IP'
        off = struct.unpack('!H', p[6:8])[0] & 0x3fff
    elif v == 6:
        src, dst, proto, ttl, tos, body = p[8:24], p[24:40], p[6], p[7], (p[0] & 15) << 4 | p[1] >> 4, p[40:40 + struct.unpack('!H', p[4:6])[0]]
        bad = ''; off = 0
        if proto == 44: off = struct.unpack('!H', body[2:4])[0]; proto = body[0]; body = body[8:]
        elif proto == 0: proto = body[0]; body = body[8:]
    else: return 'what? ' + p.hex()
    s, t = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    head = '%s > %s ttl=%d tos=%#x' % (s, t, ttl, tos)
    if off: return 'frag %#x proto=%d %s len=%d%s' % (off, proto, head, len(body), bad)
    ours = str(s) in OURS
    def check(at, c):
        if inner or ours: return ''
        return '' if c == 0 else ' BAD-L4'
    if proto == 17 and len(body) >= 8:
        sp, dp, n, c = struct.unpack('!HHHH', body[:8])
        said = ' %r' % body[8:] if SAID & {sp, dp} and not inner else ''
        return 'udp %s %d>%d len=%d%s%s%s' % (head, sp, dp, n, bad, '' if c == 0 else check(6, csum(body, pseudo(src, dst, 17, len(body)))), said)
    if proto == 6 and len(body) >= 20:
        sp, dp, seq, ack, do, fl, win = struct.unpack('!HHIIBBH', body[:16])
        names = ''.join(k for k, b in FLAGS.items() if fl & b)
        said = ' %r' % body[(do >> 4) * 4:] if SAID & {sp, dp} and len(body) > (do >> 4) * 4 else ''
        return 'tcp %s %d>%d %s seq=%d ack=%d win=%d opts=%s len=%d%s%s%s' % (head, sp, dp, names, seq, ack, win, body[20:(do >> 4) * 4].hex(), len(body) - (do >> 4) * 4, bad, '' if fl & 4 else check(16, csum(body, pseudo(src, dst, 6, len(body)))), said)
    if proto == 1 and len(body) >= 8:
        c = '' if csum(body) == 0 else ' BAD-ICMP'
        more = ' [%s]' % text(body[8:], True) if body[0] in (3, 4, 5, 11, 12) and not inner else ' id=%d seq=%d' % struct.unpack('!HH', body[4:8])
        return 'icmp %s %d/%d%s%s%s' % (head, body[0], body[1], more, bad, '' if inner else c)
    if proto == 58 and len(body) >= 8:
        c = check(2, csum(body, pseudo(src, dst, 58, len(body))))
        more = ' [%s]' % text(body[8:], True) if body[0] in (1, 2, 3, 4) and not inner else ' id=%d seq=%d' % struct.unpack('!HH', body[4:8])
        return 'icmp6 %s %d/%d%s%s' % (head, body[0], body[1], more, '' if inner else c)
    if proto in (47, 132): return 'ip proto=%d %s %s%s' % (proto, head, body.hex(), bad)
    return 'ip proto=%d %s len=%d%s' % (proto, head, len(body), bad)

# Ports of control connections: what these say is part of what is asked.
SAID = {21, 1723, 5060, 5061, 6667}
# What this machine sends itself has sums that only a device would write.
OURS = {'10.1.0.1', '203.0.113.1', '2001:db8:1::1', '2001:db8:2::1', '127.0.0.1', '::1'}
FRAMES = 'FRAMES' in os.environ
IGNORE = () if FRAMES else (b'\x08\x06',)

socks = {}
for dev in ('e1', 'f1'):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.bind((dev, 3))
    s.setblocking(False)
    socks[s] = dev
by = {v: k for k, v in socks.items()}
keep = {}

def drain(wait):
    out = []
    end = time.monotonic() + wait
    while True:
        left = end - time.monotonic()
        r, _, _ = select.select(list(socks), [], [], max(0, left))
        if not r: break
        for s in r:
            while True:
                try: f, a = s.recvfrom(70000)
                except BlockingIOError: break
                if a[2] == 4 or f[12:14] in IGNORE: continue
                p = f[14:]
                if FRAMES:
                    kind = struct.unpack('!H', f[12:14])[0]
                    out.append('%s %s < %s %04x %s' % (socks[s], f[:6].hex(), f[6:12].hex(), kind, text(p) if kind in (0x800, 0x86dd) else p[:46].hex()))
                    continue
                # Neighbour discovery and group reports come when they come.
                if p[:1] and p[0] >> 4 == 6 and (p[6] == 0 and p[40] == 58 or p[6] == 58 and 130 <= p[40] <= 143 and p[40] != 137): continue
                out.append('%s %s' % (socks[s], text(p)))
    return out

for arg in sys.argv[1:]:
    words = arg.split()
    times = 1
    if words[0].startswith('x') and words[0][1:].isdigit(): times = int(words.pop(0)[1:])
    for i in range(times):
        if words[0] == 'sleep':
            time.sleep(float(words[1])); continue
        if words[0] == 'sock':
            d = dict(w.split('=', 1) for w in words[2:] if '=' in w)
            fam = socket.AF_INET6 if ':' in d.get('dst', d.get('src', '')) else socket.AF_INET
            try:
                if words[1] == 'udp':
                    s = socket.socket(fam, socket.SOCK_DGRAM)
                    if 'mark' in d: s.setsockopt(1, 36, int(d['mark'], 0))
                    if 'tos' in d: s.setsockopt(0, 1, int(d['tos'], 0))
                    s.bind((d.get('src', '::' if fam == socket.AF_INET6 else '0.0.0.0'), int(d.get('sport', '0'))))
                    s.sendto(d.get('data', 'xyz').encode(), (d['dst'], int(d['dport'])))
                    keep[arg, i] = s
                elif words[1] == 'listen':
                    s = socket.socket(fam, socket.SOCK_STREAM); s.setsockopt(1, 2, 1); s.bind((d['src'], int(d['sport']))); s.listen(5); keep[arg, i] = s
                elif words[1] == 'bound':
                    s = socket.socket(fam, socket.SOCK_DGRAM); s.bind((d['src'], int(d['sport']))); keep[arg, i] = s
                elif words[1] == 'connect':
                    s = socket.socket(fam, socket.SOCK_STREAM); s.settimeout(1)
                    if 'sport' in d: s.bind((d.get('src', '0.0.0.0'), int(d['sport'])))
                    s.connect((d['dst'], int(d['dport']))); keep[arg, i] = s
                    print('connected', s.getpeername()[:2])
                elif words[1] == 'recv':
                    for s in keep.values():
                        if s.type == socket.SOCK_DGRAM:
                            s.setblocking(False)
                            try:
                                while True:
                                    b, a = s.recvfrom(2000); print('received', len(b), 'from', a[:2])
                            except OSError as e:
                                if e.errno != 11: print('recv', e.strerror)
            except OSError as e: print(words[1], e.strerror)
            continue
        dev = 'e1'
        if words[0] in by: dev = words[0]; words = words[1:]
        to, frm = MAC[dev][1], MAC[dev][0]
        w = list(words)
        for k, x in enumerate(w):
            # Counted up with each repetition.
            if x.endswith('++'): w[k] = x.split('=')[0] + '=' + str(int(x.split('=')[1][:-2]) + i)
        mac = [x[4:] for x in w if x.startswith('mac=')]
        if mac: frm = mac[0]
        bc = 'ffffffffffff' if 'bcast' in w else to
        d = dict(x.split('=', 1) for x in w if '=' in x)
        tag = struct.pack('!HH', 0x8100, num(d, 'vlan', 0)) if 'vlan' in d else b''
        if 'to' in d: bc = d['to']
        if w[0] in ('arp', 'frame'):
            if w[0] == 'arp': body = struct.pack('!HHHBBH', 0x0806, num(d, 'htype', 1), 0x0800, 6, 4, num(d, 'op', 1)) + bytes.fromhex(d.get('sha', frm)) + addr(d['spa']) + bytes.fromhex(d.get('tha', '0' * 12)) + addr(d['tpa'])
            else: body = bytes.fromhex(d['hex'])
            by[dev].send(bytes.fromhex(bc + frm) + tag + body)
            continue
        for p in build([x for x in w if not x.startswith('mac=') and x != 'bcast']):
            by[dev].send(bytes.fromhex(bc + frm) + tag + (b'\x86\xdd' if p[0] >> 4 == 6 else b'\x08\0') + p)
    for line in drain(0.05): print(line)
for line in drain(0.15): print(line)
