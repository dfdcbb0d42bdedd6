"""Asks the real kernel what connection tracking makes of scripted packets, and writes the answers as JSON.

Usage (as root): python3 record.py OUT.json. Makes two network namespaces of its own and deletes them.
"""
import ctypes, json, os, re, socket, struct, subprocess, sys, time
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../../../tools/golden'))
from nlask import csum

R, H = f'nfct-r{os.getpid()}', f'nfct-h{os.getpid()}'


def sh(cmd, ns=None, inp=None):
    full = (['ip', 'netns', 'exec', ns] if ns else []) + cmd.split()
    subprocess.run(full, check=True, input=inp, text=True)


def setns(name):
    fd = os.open(f'/run/netns/{name}', os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(fd, 0x40000000) != 0:
        raise OSError(ctypes.get_errno())
    os.close(fd)


MACS = {}
A, B = '10.1.0.2', '10.2.0.2'
FL = {'F': 1, 'S': 2, 'R': 4, 'P': 8, 'A': 16, 'U': 32}


def ip(src, dst, proto, payload, ident=1):
    h = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), ident, 0x4000, 64, proto, 0, socket.inet_aton(src), socket.inet_aton(dst))
    return h[:10] + struct.pack('!H', csum(h)) + h[12:] + payload


def tcp(src, dst, sport, dport, s):
    opts = bytes(s.get('opts', []))
    flags = sum(FL[c] for c in s['flags'])
    seg = struct.pack('!HHIIBBHHH', sport, dport, s['seq'] & 0xffffffff, s['ack'] & 0xffffffff, ((20 + len(opts)) // 4) << 4, flags, s['win'], 0, 0)
    seg += opts + b'x' * s['len']
    pseudo = socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack('!BBH', 0, 6, len(seg))
    c = csum(pseudo + seg)
    return seg[:16] + struct.pack('!H', c) + seg[18:]


def main(out):
    socks = {}
    home = os.open('/proc/self/ns/net', os.O_RDONLY)
    for n in (R, H):
        sh(f'ip netns add {n}')
    try:
        for side, net in (('a', '10.1.0'), ('b', '10.2.0')):
            sh(f'ip link add {side}0 netns {R} type veth peer name {side}1 netns {H}')
            sh(f'ip addr add {net}.1/24 dev {side}0', R)
            sh(f'ip link set {side}0 up', R)
            sh(f'ip link set {side}1 up', H)
            sh('sysctl -qw net.ipv6.conf.all.disable_ipv6=1', H)
            sh(f'ip neigh add {net}.2 lladdr 02:00:00:00:00:0{"1" if side == "a" else "2"} dev {side}0', R)
        sh('sysctl -qw net.ipv4.ip_forward=1', R)
        sh('nft -f -', R, 'table ip t {\n chain f {\n type filter hook forward priority 0;\n ct state invalid drop\n }\n}\n')
        setns(H)
        for side in 'ab':
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
            s.bind((f'{side}1', 0x0800))
            socks[side] = s
        setns(R)
        for side in 'ab':
            link = subprocess.run(['ip', 'link', 'show', f'{side}0'], capture_output=True, text=True, check=True).stdout
            MACS[side] = bytes.fromhex(re.search(r'link/ether (\S+)', link).group(1).replace(':', ''))
        result = []
        port = 20000
        for t in TRACES:
            port += 1
            for k, v in t.get('sysctl', {}).items():
                open(f'/proc/sys/net/netfilter/{k}', 'w').write(str(v))
            steps = []
            for s in t['steps']:
                if 'sleep' in s:
                    time.sleep(s['sleep'])
                    continue
                d = s['dir']
                src, dst, sp, dp = (A, B, port, 80) if d == 'o' else (B, A, 80, port)
                inn, outs = ('a', 'b') if d == 'o' else ('b', 'a')
                for x in socks.values():
                    x.setblocking(False)
                    try:
                        while True:
                            x.recv(2048)
                    except BlockingIOError:
                        pass
                frame = MACS[inn] + b'\x02\0\0\0\0\x09' + b'\x08\0' + ip(src, dst, 6, tcp(src, dst, sp, dp, s))
                socks[inn].send(frame)
                time.sleep(0.002)
                fwd = False
                try:
                    while True:
                        f, addr = socks[outs].recvfrom(2048)
                        if addr[2] != 4 and f[23] == 6:
                            fwd = True
                except BlockingIOError:
                    pass
                entry = None
                for line in open('/proc/thread-self/net/nf_conntrack'):
                    if f'sport={port} ' in line or f'dport={port} ' in line:
                        w = line.split()
                        i = w.index('tcp')
                        entry = {'timeout': int(w[i + 2]), 'state': w[i + 3], 'unreplied': '[UNREPLIED]' in line, 'assured': '[ASSURED]' in line,
                                 'orig': f'sport={port} ' in line.split('dst=')[1]}
                steps.append({**s, 'forwarded': fwd, 'entry': entry})
            result.append({'name': t['name'], 'sysctl': t.get('sysctl', {}), 'steps': steps})
            for k in t.get('sysctl', {}):
                open(f'/proc/sys/net/netfilter/{k}', 'w').write(str(DEFAULTS[k]))
        with open(out, 'w') as f:
            f.write('[\n' + ',\n'.join(json.dumps(r) for r in result) + '\n]\n')
    finally:
        for s in socks.values():
            s.close()
        ctypes.CDLL(None).setns(home, 0x40000000)
        for n in (R, H):
            sh(f'ip netns del {n}')


DEFAULTS = {'nf_conntrack_tcp_loose': 1, 'nf_conntrack_tcp_be_liberal': 0, 'nf_conntrack_tcp_ignore_invalid_rst': 0, 'nf_conntrack_tcp_max_retrans': 3}
OI, RI = 1000, 5000  # initial sequence numbers


def seg(d, flags, seq, ack=0, ln=0, win=65535, **kw):
    return {'dir': d, 'flags': flags, 'seq': seq, 'ack': ack, 'len': ln, 'win': win, **kw}


SYN = seg('o', 'S', OI)
SYNACK = seg('r', 'SA', RI, OI + 1)
ACK = seg('o', 'A', OI + 1, RI + 1)
EST = [SYN, SYNACK, ACK]
FINW = EST + [seg('o', 'FA', OI + 1, RI + 1)]
CLOW = FINW + [seg('r', 'A', RI + 1, OI + 2)]
LAST = CLOW + [seg('r', 'FA', RI + 1, OI + 2)]
TIMW = LAST + [seg('o', 'A', OI + 2, RI + 2)]
CLOS = EST + [seg('r', 'RA', RI + 1, OI + 1)]
STATES = {'NONE': [], 'SYN_SENT': [SYN], 'SYN_RECV': [SYN, SYNACK], 'ESTABLISHED': EST, 'FIN_WAIT': FINW, 'CLOSE_WAIT': CLOW, 'LAST_ACK': LAST, 'TIME_WAIT': TIMW,
          'CLOSE': CLOS, 'SYN_SENT2': [SYN, seg('r', 'S', RI)]}
NEXT = {'NONE': (OI, RI), 'SYN_SENT': (OI + 1, RI), 'SYN_RECV': (OI + 1, RI + 1), 'ESTABLISHED': (OI + 1, RI + 1), 'FIN_WAIT': (OI + 2, RI + 1), 'CLOSE_WAIT': (OI + 2, RI + 1),
        'LAST_ACK': (OI + 2, RI + 2), 'TIME_WAIT': (OI + 2, RI + 2), 'CLOSE': (OI + 1, RI + 1), 'SYN_SENT2': (OI + 1, RI + 1)}
TRACES = []
for name, pre in STATES.items():
    o, r = NEXT[name]
    for d in 'or':
        mine, other = (o, r) if d == 'o' else (r, o)
        for f in ('S', 'SA', 'FA', 'A', 'R', 'RA', '', 'F', 'SF', 'PA'):
            seq = mine
            if 'S' in f and name in ('SYN_SENT', 'SYN_RECV', 'SYN_SENT2'):
                seq = OI if d == 'o' else RI
            TRACES.append({'name': f'{name} {d} {f or "none"}', 'steps': pre + [seg(d, f, seq, other if 'A' in f else 0)]})
    TRACES.append({'name': f'{name} new SYN', 'steps': pre + [seg('o', 'S', OI + 100000)]})
    TRACES.append({'name': f'{name} reply new SYN', 'steps': pre + [seg('r', 'S', RI + 100000)]})
    TRACES.append({'name': f'{name} RST far', 'steps': pre + [seg('r', 'R', RI + 400000, 0)]})
    TRACES.append({'name': f'{name} RST orig far', 'steps': pre + [seg('o', 'R', OI + 400000, 0)]})
WS = [2, 4, 5, 180, 1, 3, 3, 7]
E2 = [seg('o', 'S', OI, opts=WS), seg('r', 'SA', RI, OI + 1, opts=WS), seg('o', 'A', OI + 1, RI + 1, win=1000)]
TRACES += [
    {'name': 'data in window', 'steps': EST + [seg('o', 'PA', OI + 1, RI + 1, 1000), seg('r', 'A', RI + 1, OI + 1001)]},
    {'name': 'data beyond window', 'steps': EST + [seg('o', 'PA', OI + 1 + 70000, RI + 1, 1000), seg('o', 'PA', OI + 1 + 65535, RI + 1, 1000), seg('o', 'PA', OI + 1, RI + 1, 10)]},
    {'name': 'data up to window end', 'steps': EST + [seg('o', 'PA', OI + 1 + 65535 - 1000, RI + 1, 1000), seg('o', 'PA', OI + 1 + 65536, RI + 1, 1000)]},
    {'name': 'ack of unsent data', 'steps': EST + [seg('r', 'A', RI + 1, OI + 5000), seg('o', 'A', OI + 1, RI + 90000)]},
    {'name': 'old data', 'steps': EST + [seg('o', 'PA', OI + 1, RI + 1, 1000), seg('r', 'A', RI + 1, OI + 1001), seg('o', 'PA', OI + 1, RI + 1, 1000), seg('o', 'PA', OI - 100000, RI + 1, 100)]},
    {'name': 'old ack', 'steps': EST + [seg('o', 'PA', OI + 1, RI + 1, 1000), seg('r', 'PA', RI + 1, OI + 1001, 1000), seg('o', 'A', OI + 1001, RI - 100000), seg('o', 'A', OI + 1001, RI + 1)]},
    {'name': 'scaled window', 'steps': E2 + [seg('r', 'PA', RI + 1, OI + 1, 1000, win=512), seg('r', 'PA', RI + 1 + 100000, OI + 1, 1000, win=512), seg('r', 'PA', RI + 1 + 130000, OI + 1, 1000, win=512)]},
    {'name': 'liberal', 'sysctl': {'nf_conntrack_tcp_be_liberal': 1}, 'steps': EST + [seg('o', 'PA', OI + 400000, RI + 1, 1000), seg('r', 'A', RI + 1, OI + 900000), seg('r', 'R', RI + 900000, 0)]},
    {'name': 'strict pickup', 'sysctl': {'nf_conntrack_tcp_loose': 0}, 'steps': [seg('o', 'A', OI, RI), seg('o', 'PA', OI, RI, 10)]},
    {'name': 'loose pickup', 'steps': [seg('o', 'PA', OI, RI, 100), seg('r', 'A', RI, OI + 100), seg('o', 'PA', OI + 100, RI, 100)]},
    {'name': 'loose pickup both ways', 'steps': [seg('r', 'PA', RI, OI, 100), seg('o', 'A', OI, RI + 100), seg('r', 'PA', RI + 100, OI, 100), seg('r', 'FA', RI + 200, OI)]},
    {'name': 'retransmissions', 'steps': EST + [seg('o', 'PA', OI + 1, RI + 1, 100)] * 5},
    {'name': 'retransmissions answered', 'steps': EST + [seg('o', 'PA', OI + 1, RI + 1, 100)] * 5 + [seg('r', 'A', RI + 1, OI + 101)]},
    {'name': 'syn retransmissions', 'steps': [SYN] * 4},
    {'name': 'unacknowledged', 'steps': EST + [seg('o', 'PA', OI + 1, RI + 1, 100), seg('o', 'PA', OI + 101, RI + 1, 100)]},
    {'name': 'simultaneous open', 'steps': [SYN, seg('r', 'S', RI), seg('o', 'SA', OI, RI + 1), seg('r', 'SA', RI, OI + 1), seg('o', 'A', OI + 1, RI + 1), seg('r', 'A', RI + 1, OI + 1)]},
    {'name': 'simultaneous close', 'steps': EST + [seg('o', 'FA', OI + 1, RI + 1), seg('r', 'FA', RI + 1, OI + 1), seg('o', 'A', OI + 2, RI + 2), seg('r', 'A', RI + 2, OI + 2)]},
    {'name': 'close by server', 'steps': EST + [seg('r', 'FA', RI + 1, OI + 1), seg('o', 'A', OI + 1, RI + 2), seg('o', 'FA', OI + 1, RI + 2), seg('r', 'A', RI + 2, OI + 2)]},
    {'name': 'half closed data', 'steps': CLOW + [seg('r', 'PA', RI + 1, OI + 2, 1000), seg('o', 'A', OI + 2, RI + 1001), seg('r', 'FA', RI + 1001, OI + 2), seg('o', 'A', OI + 2, RI + 1002)]},
    {'name': 'refused', 'steps': [SYN, seg('r', 'RA', 0, OI + 1)]},
    {'name': 'refused wrong ack', 'steps': [SYN, seg('r', 'RA', 0, OI + 77)]},
    {'name': 'synack wrong ack', 'steps': [SYN, seg('r', 'SA', RI, OI + 77), seg('r', 'SA', RI, OI + 1)]},
    {'name': 'rst after synack', 'steps': [SYN, SYNACK, seg('o', 'R', OI + 1)]},
    {'name': 'rst exact', 'steps': EST + [seg('o', 'R', OI + 1)]},
    {'name': 'rst in window', 'steps': EST + [seg('o', 'R', OI + 101), seg('o', 'PA', OI + 1, RI + 1, 10)]},
    {'name': 'rst behind', 'steps': EST + [seg('o', 'PA', OI + 1, RI + 1, 1000), seg('r', 'A', RI + 1, OI + 1001), seg('o', 'R', OI + 1)]},
    {'name': 'reopen in TIME_WAIT', 'steps': TIMW + [seg('o', 'S', OI + 100000), seg('r', 'SA', RI + 100000, OI + 100001), seg('o', 'A', OI + 100001, RI + 100001)]},
    {'name': 'reopen in CLOSE', 'steps': CLOS + [seg('o', 'S', OI + 100000), seg('r', 'SA', RI + 100000, OI + 100001), seg('o', 'A', OI + 100001, RI + 100001)]},
    {'name': 'reopen in TIME_WAIT lower', 'steps': TIMW + [seg('o', 'S', OI - 100)]},
    {'name': 'syn in established challenged', 'steps': EST + [seg('o', 'S', OI + 100000), seg('r', 'A', RI + 1, OI + 1), seg('o', 'R', OI + 1), seg('o', 'S', OI + 100000), seg('r', 'SA', RI + 9, OI + 100001), seg('o', 'A', OI + 100001, RI + 10)]},
    {'name': 'syn in established answered anew', 'steps': EST + [seg('o', 'S', OI + 100000), seg('r', 'SA', RI + 77777, OI + 100001), seg('o', 'A', OI + 100001, RI + 77778)]},
    {'name': 'zero window', 'steps': EST + [seg('r', 'A', RI + 1, OI + 1, win=0), seg('o', 'PA', OI + 1, RI + 1, 1), seg('o', 'PA', OI + 1, RI + 1, 1000)]},
    {'name': 'window grows', 'steps': EST + [seg('r', 'A', RI + 1, OI + 1, win=100), seg('o', 'PA', OI + 1, RI + 1, 1000), seg('o', 'PA', OI + 66000, RI + 1, 1000)]},
    {'name': 'sequence wraps', 'steps': [seg('o', 'S', 0xfffffff0), seg('r', 'SA', RI, 0xfffffff1), seg('o', 'A', 0xfffffff1, RI + 1), seg('o', 'PA', 0xfffffff1, RI + 1, 1000), seg('r', 'A', RI + 1, 0x3d9), seg('o', 'PA', 0x3d9, RI + 1, 100)]},
    {'name': 'fin retransmitted', 'steps': FINW + [seg('o', 'FA', OI + 1, RI + 1), seg('o', 'FA', OI + 1, RI + 1)]},
    {'name': 'reopen after own RST', 'steps': EST + [seg('o', 'RA', OI + 1, RI + 1), seg('o', 'S', OI + 100000), seg('r', 'SA', RI, OI + 100001)]},
    {'name': 'reopen after close by server', 'steps': EST + [seg('r', 'FA', RI + 1, OI + 1), seg('o', 'A', OI + 1, RI + 2), seg('o', 'FA', OI + 1, RI + 2), seg('r', 'A', RI + 2, OI + 2), seg('o', 'S', OI + 100000)]},
    {'name': 'ignore invalid rst', 'sysctl': {'nf_conntrack_tcp_ignore_invalid_rst': 1}, 'steps': EST + [seg('r', 'R', RI + 400000)]},
    {'name': 'syn with data acknowledged', 'steps': [seg('o', 'S', OI, 0, 100), seg('r', 'SA', RI, OI + 101), seg('o', 'A', OI + 101, RI + 1)]},
    {'name': 'syn with data partly acknowledged', 'steps': [seg('o', 'S', OI, 0, 100), seg('r', 'SA', RI, OI + 1), seg('o', 'PA', OI + 1, RI + 1, 100)]},
    {'name': 'one side scales', 'steps': [seg('o', 'S', OI, opts=WS), seg('r', 'SA', RI, OI + 1), seg('o', 'A', OI + 1, RI + 1, win=1000), seg('r', 'PA', RI + 1 + 2000, OI + 1, 100)]},
    {'name': 'sack of old data', 'steps': EST + [seg('o', 'PA', OI + 1, RI + 1, 1000), seg('o', 'PA', OI + 1001, RI + 1, 1000), seg('r', 'A', RI + 1, OI + 1, opts=[1, 1, 5, 10, 0, 0, 7, 209, 0, 0, 11, 185])]},
    {'name': 'keepalive', 'steps': EST + [seg('o', 'A', OI, RI + 1), seg('r', 'A', RI + 1, OI + 1)]},
    *[{'name': f'overshoot {n}', 'steps': EST + [seg('o', 'PA', OI + 1 + n, RI + 1, 1000), seg('o', 'PA', OI + 1, RI + 1, 10)]} for n in (60000, 65535, 65537, 100000, 130069, 130070, 130072, 140000, 300000)],
    *[{'name': f'old data {n}', 'steps': EST + [seg('r', 'A', RI + 1, OI + 1), seg('o', 'PA', OI + 1 - n, RI + 1, 1000)]} for n in (10, 1000, 66000, 66535, 66536, 66600, 140000)],
    *[{'name': f'small window overshoot {n}', 'steps': [seg('o', 'S', OI), seg('r', 'SA', RI, OI + 1, win=1000), seg('o', 'A', OI + 1, RI + 1), seg('o', 'PA', OI + 1 + n, RI + 1, 500), seg('r', 'A', RI + 1, OI + 1, win=1000)]} for n in (500, 1000, 1001, 1400, 1600, 3000)],
    {'name': 'pickup then far', 'steps': [seg('o', 'PA', OI, RI, 100), seg('r', 'A', RI, OI + 100), seg('o', 'PA', OI + 900000, RI, 100)]},
    {'name': 'pickup from the reply', 'steps': [seg('o', 'A', OI, RI), seg('o', 'A', OI, RI), seg('r', 'PA', RI, OI, 500), seg('o', 'A', OI, RI + 500), seg('o', 'FA', OI, RI + 500), seg('r', 'FA', RI + 500, OI + 1), seg('o', 'A', OI + 1, RI + 501)]},
    {'name': 'keepalives without answer', 'steps': EST + [seg('o', 'A', OI, RI + 1)] * 5},
    {'name': 'duplicate acks', 'steps': EST + [seg('r', 'A', RI + 1, OI + 1)] * 6},
    {'name': 'rst of pickup', 'steps': [seg('o', 'A', OI, RI), seg('r', 'R', RI)]},
    {'name': 'xmas', 'steps': [seg('o', 'FPU', OI)]},
    {'name': 'null', 'steps': [seg('o', '', OI)]},
]
main(sys.argv[1])
