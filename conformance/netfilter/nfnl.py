# A program that listens to nflog or nfqueue by plain netlink: nfnl.py (log|queue) GROUP WORD...; prints every message, with what is each kernel's own taken out.
import os, socket, struct, subprocess, sys
which, group = sys.argv[1], int(sys.argv[2])
SUB = {'log': 4, 'queue': 3}[which]
def attr(t, b): return struct.pack('=HH', 4 + len(b), t) + b + b'\0' * (-len(b) % 4)
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
s.bind((0, 0))
seq = 0
waiting = []

def send(msg, group, attrs, pf=0):
    global seq
    seq += 1
    body = struct.pack('!BBH', pf, 0, group) + attrs
    s.send(struct.pack('=IHHII', 16 + len(body), (SUB << 8) | msg, 5, seq, 0) + body)
    s.settimeout(5)
    while True:
        r = s.recv(70000)
        if struct.unpack('=H', r[4:6])[0] == 2:
            print('ack', struct.unpack('=i', r[16:20])[0]); return
        waiting.append(r)

NAMES = {'log': {1: 'hdr', 2: 'mark', 3: 'time', 4: 'in', 5: 'out', 8: 'hw', 9: 'payload', 10: 'prefix', 11: 'uid', 12: 'seq', 13: 'seqglobal', 14: 'gid', 15: 'hwtype', 16: 'hwheader', 17: 'hwlen'},
         'queue': {1: 'hdr', 3: 'mark', 4: 'time', 5: 'in', 6: 'out', 9: 'hw', 10: 'payload', 13: 'caplen', 14: 'skbinfo', 16: 'uid', 17: 'gid', 21: 'prio'}}[which]
def show(r):
    print('datagram of', len(r))
    while r:
        l, t, f, q, p = struct.unpack('=IHHII', r[:16])
        print(' message %x flags=%x seq=%d pid=%d length=%d' % (t, f, q, p, l), r[16:20].hex())
        b = r[20:l]
        while b:
            al, at = struct.unpack('=HH', b[:4])
            v, n = b[4:al], NAMES.get(at, at)
            if n in ('in', 'out'): v = socket.if_indextoname(struct.unpack('!I', v)[0])
            elif n == 'time': v = str(len(v))
            elif n == 'prefix': v = repr(v)
            else:
                # Numbers and sums of packets that a socket sent.
                if n == 'payload' and 'own' in sys.argv and v[:1] == b'E': v = v[:4] + b'\0\0' + v[6:10] + b'\0\0' + v[12:]
                v = v.hex()
            print('  ', n, al - 4, v)
            b = b[(al + 3) & ~3:]
        r = r[(l + 3) & ~3:]

for w in sys.argv[3:]:
    k, _, v = w.partition('=')
    if k == 'cmd': send(1 if which == 'log' else 2, group, attr(1, bytes([int(v)]) + (b'' if which == 'log' else b'\0\0\2')))
    elif k == 'mode': send(1 if which == 'log' else 2, group, attr(2, struct.pack('!IB', *map(int, v.split(','))) + (b'\0' if which == 'log' else b'')))
    elif k == 'u32': t, x = map(int, v.split(',')); send(1 if which == 'log' else 2, group, attr(t, struct.pack('!I', x)))
    elif k == 'u16': t, x = map(int, v.split(',')); send(1 if which == 'log' else 2, group, attr(t, struct.pack('!H', x)))
    elif k == 'flags': x = int(v); send(2, group, attr(4, struct.pack('!I', x)) + attr(5, struct.pack('!I', x)))
    elif k == 'group': group = int(v)
    elif k == 'run': print(subprocess.run(v, shell=True, capture_output=True, text=True).stdout, end='')
    elif k == 'recv':
        # That many messages, then none.
        for i in range(int(v)):
            s.settimeout(3)
            try: show(waiting.pop(0) if waiting else s.recv(70000))
            except socket.timeout: print('nothing came'); break
    elif k == 'none':
        s.settimeout(float(v))
        try: show(waiting.pop(0) if waiting else s.recv(70000))
        except socket.timeout: print('none')
    elif k in ('verdict', 'batch'):
        # verdict, id [, mark [, payload]]
        x = v.split(',')
        a = attr(2, struct.pack('!II', int(x[0]), int(x[1])))
        if len(x) > 2 and x[2]: a += attr(3, struct.pack('!I', int(x[2])))
        if len(x) > 3: a += attr(10, bytes.fromhex(x[3]))
        send(1 if k == 'verdict' else 3, group, a)
    elif k == 'proc': print(''.join(' '.join(x for i, x in enumerate(line.split()) if i != 1) + '\n' for line in open('/proc/net/netfilter/nfnetlink_queue')), end='')
