# What a kernel remembers of single destinations and shows of it, its accounts of realms, ports that are given twice, and options of sockets. Runs in a namespace of a real kernel and, through the preload library,
# inside a Linnet machine.
from packets_scenes import *
import packets_scenes as P
import re

def plain(text):
    'Without times, and in order: where an exception stands in a dump is the chance of a hash.'
    text = re.sub(r'(expires|age) \d+sec', r'\1 Nsec', text)
    text = re.sub(r'"(expires|age)":\d+', r'"\1":N', text)
    return sorted(' '.join(l.split()) for l in text.split('\n') if l)

def show(*commands):
    for c in commands:
        r = subprocess.run(c, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        say('$', c, r.returncode or '', *['\n  ' + l for l in plain(r.stdout)])

def cache(): show('ip -o route show cache')

def begin_cache(forward=0):
    begin(forward=forward)
    quiet('ip route add default via 10.0.0.2; ip route add 99.5.0.0/16 via 10.0.1.2 realm 7; ip route add 99.6.0.0/16 via 10.0.1.2 mtu 1400 advmss 1000 metric 5 proto static')
    for i in (8, 9): quiet('ip neigh add 10.0.0.%d lladdr 02:00:00:00:00:b%d dev v0 nud permanent' % (i, i))
    c = Sock(0, socket.SOCK_DGRAM); c.s.bind(('0.0.0.0', 1000)); c.s.setsockopt(0, 10, 2)
    return c

def hear(what, dst, link=0, src=None):
    'An ICMP error about a packet of ours to dst.'
    q = packet(ME[link], dst, 60, 17, u(), 5)
    TAPS[link].send(b'\2\0\0\0\1' + bytes([link]) + frame(packet(src or PEER[link], ME[link], 64, 1, what(q), 9))[6:])
    time.sleep(0.03)

def small(mtu): return lambda q: icmp(3, 4, struct.pack('!HH', 0, mtu), q)
def better(gw, code=1): return lambda q: icmp(5, code, ip(gw), q)

def talk(c, *dsts):
    for d in dsts: c.s.sendto(b'x', (d, 7))
    frames(0.05)

def exceptions():
    'Path MTUs and redirects in `ip route show cache`.'
    c = begin_cache()
    show('ip route show cache', 'ip -s route show cache')
    hear(small(1300), '99.1.1.1'); say('heard, nobody asked since'); cache()
    talk(c, '99.1.1.1'); say('asked'); cache()
    hear(small(1200), '99.1.1.1'); say('smaller'); cache()
    hear(small(1300), '99.1.1.1'); say('larger'); cache()
    hear(small(300), '99.1.1.2'); talk(c, '99.1.1.2'); say('smaller than any'); cache()
    hear(better('10.0.0.9'), '99.1.1.3'); say('redirect, nobody asked since'); cache()
    talk(c, '99.1.1.3'); cache()
    hear(small(1000), '99.1.1.3'); say('and an MTU behind the redirect'); cache(); talk(c, '99.1.1.3'); cache()
    hear(better('10.0.0.8'), '99.1.1.1'); say('and a redirect before the MTU'); talk(c, '99.1.1.1'); cache()
    hear(small(1100), '99.5.1.1', 1); hear(small(1100), '99.6.1.1', 1); hear(small(1100), '10.0.2.9', 2, '10.0.2.1'); hear(small(1100), '10.0.2.2', 2); talk(c, '99.5.1.1', '99.6.1.1', '10.0.2.2'); say('others')
    show(*['ip -o %s route show cache%s' % (o, f) for o, f in (('', ''), ('-d', ''), ('-s', ''), ('-N', ' table all'), ('', ' table main'), ('', ' table local'), ('', ' table 77'), ('', ' dev v0'), ('', ' dev v1'), ('', ' proto static'), ('', ' proto boot'), ('', ' 99.1.1.1'), ('', ' root 99.0.0.0/8'), ('', ' match 99.5.1.1'), ('', ' via 10.0.1.2'), ('', ' type unicast'), ('', ' scope link'), ('', ' metric 5'), ('-j', ' 99.6.1.1'), ('-6', ''))])
    show('ip -o route show', 'ip route show table all type unicast', 'ip route get 99.1.1.1', 'ip route get 99.6.1.1')
    quiet('ip link set v1 mtu 1050'); say('a smaller device'); cache()
    quiet('ip link set v1 mtu 1500'); say('and a larger one'); cache()
    quiet('ip route add 99.1.1.0/24 via 10.0.0.9'); say('a route that is longer'); cache(); talk(c, '99.1.1.1'); cache()
    quiet('ip route del 99.1.1.0/24'); say('and gone again'); cache(); talk(c, '99.1.1.1', '99.1.1.2', '99.1.1.3'); cache()
    quiet('ip route del 99.5.0.0/16'); say('a route gone with what it knew'); cache()
    show('ip route flush cache', 'ip route show cache'); talk(c, '99.1.1.1', '99.6.1.1', '10.0.2.2'); cache()
    hear(small(1300), '99.1.1.1'); talk(c, '99.1.1.1'); cache(); quiet('ip link set v0 down'); cache(); quiet('ip link set v0 up')
    w('route/mtu_expires', 1); quiet('ip route add default via 10.0.2.2'); hear(small(1300), '99.1.1.1', 2); talk(c, '99.1.1.1'); cache(); time.sleep(1.3); say('later'); cache(); talk(c, '99.1.1.1'); cache()

def exceptions_shared():
    'Routes that share their hops, several hops, nexthop objects, tables by rule, and a router.'
    c = begin_cache(1)
    quiet('ip route add 99.10.0.0/16 via 10.0.1.2; ip route add 99.11.0.0/16 via 10.0.1.2; ip route add 99.12.0.0/16 via 10.0.1.2 tos 0x10; ip route add 99.13.0.0/16 nexthop via 10.0.1.2 nexthop via 10.0.2.2')
    quiet('ip nexthop add id 1 via 10.0.2.2 dev v2; ip nexthop add id 2 via 10.0.2.3 dev v2; ip nexthop add id 10 group 1/2; ip route add 99.14.0.0/16 nhid 1; ip route add 99.15.0.0/16 nhid 1; ip route add 99.16.0.0/16 nhid 10')
    quiet('ip route add table 100 default via 10.0.1.2; ip rule add to 99.17.0.0/16 table 100 pref 100; ip neigh add 10.0.2.3 lladdr 02:00:00:00:00:ab dev v2 nud permanent')
    for d in ('99.10.1.1', '99.12.1.1', '99.17.1.1'): hear(small(1300), d, 1)
    hear(small(1300), '99.14.1.1', 2)
    say('heard'); cache()
    talk(c, '99.10.1.1', '99.11.1.1', '99.12.1.1', '99.13.1.1', '99.14.1.1', '99.15.1.1', '99.17.1.1'); cache()
    show('ip -o route show cache table 100', 'ip -o route show cache table all', 'ip -o route show cache table main', 'ip nexthop', 'ip -o route get 99.15.1.1')
    hear(small(1250), '99.15.1.1', 2); talk(c, '99.15.1.1', '99.14.1.1'); cache()
    for l, d in ((0, '99.10.1.1'), (0, '99.11.1.1')): TAPS[l].send(b'\2\0\0\0\1\0' + udp(PEER[l], d)[6:])
    frames(0.05); say('packets that pass'); show('ip -o -s route show cache')
    TAPS[0].send(b'\2\0\0\0\1\0' + frame(packet(PEER[0], '99.10.1.1', 64, 17, u(1400), 5, frag=0x4000))[6:]); say('one that is long', *frames(0.05))
    hear(small(1280), '99.18.1.1'); TAPS[1].send(b'\2\0\0\0\1\1' + udp(PEER[1], '99.18.1.1')[6:]); frames(0.05); say('learned, asked by a packet that passes'); cache()
    quiet('ip nexthop replace id 1 via 10.0.2.3 dev v2'); say('another hop'); cache()
    quiet('ip rule del pref 100'); say('rule gone'); cache(); quiet('ip route flush table 100'); cache()

def messages():
    'The same as requests and bytes.'
    c = begin_cache()
    hear(small(1300), '99.1.1.1'); hear(better('10.0.0.9'), '99.1.1.2'); hear(small(1100), '99.6.1.1', 1); talk(c, '99.1.1.1', '99.1.1.2', '99.6.1.1')
    def text(m):
        if m[:3] != '24 ': return m
        t, f, h = m.split(); b = bytes.fromhex(h)
        out = ['%s %s' % (t, f), b[:12].hex()]; at = 12
        while at + 4 <= len(b):
            l, a = struct.unpack('HH', b[at:at + 4]); v = b[at + 4:at + l]
            if a == 12: v = v[:4] + b'\0' * 4 + (b'\1\0\0\0' if any(v[8:12]) else b'\0' * 4) + v[12:]
            out.append('%d:%s' % (a, v.hex())); at += (l + 3) & ~3
        return ' '.join(out)
    strict = Netlink(); strict.s.setsockopt(270, 11, 1); strict.s.setsockopt(270, 12, 1); loose = Netlink()
    for name, n in (('strict', strict), ('loose', loose)):
        for k in (dict(), dict(flags=0x200), dict(flags=0x800), dict(flags=0xa00), dict(flags=1), dict(flags=0x201), dict(flags=0x200, table=254), dict(flags=0x200, table=255), dict(flags=0x200, table=77), dict(flags=0x200, proto=4), dict(flags=0x200, type=1), dict(flags=0x200, type=2), dict(flags=0x200, scope=1), dict(flags=0x200, tos=8)):
            say(name, k, *['\n  ' + x for x in sorted(text(m) for m in n.ask(GETROUTE, 0x300, rtm(**{**dict(dst_len=0, src_len=0, type=0, family=2), **k})) if m[:3] != '24 ' or bytes.fromhex(m.split()[2])[4] == 254 or k)])
        say(name, 'by device', *['\n  ' + x for x in sorted(text(m) for m in n.ask(GETROUTE, 0x300, rtm(0, 0, type=0, family=2, flags=0x200) + attr(4, struct.pack('i', socket.if_nametoindex('v1')))))])
        say(name, 'of all families', *['\n  ' + x for x in sorted(text(m) for m in n.ask(GETROUTE, 0x300, rtm(0, 0, type=0, family=0, flags=0x200)) if m[:3] != '24 ' or bytes.fromhex(m.split()[2])[0] == 2)])

def accounts():
    'What /proc/net/rt_acct counts by realm.'
    begin()
    quiet('ip route add 98.1.0.0/16 via 10.0.1.2 realm 201; ip route add 98.2.0.0/16 via 10.0.2.2 realm 202/203; ip route change 10.0.0.0/24 dev v0 proto kernel scope link src 10.0.0.1 realm 204; ip route add 98.3.0.0/16 via 10.0.1.2 realm 460')
    def read(n=1 << 16):
        with open('/proc/net/rt_acct', 'rb') as f: return f.read(n)
    base = read(); say(len(base), len(read(100)))
    def look(what, *ps):
        nonlocal base
        for p in ps: TAPS[0].send(b'\2\0\0\0\1\0' + frame(p)[6:])
        frames(0.05)
        b = read()
        row = lambda x, i: struct.unpack('IIII', x[16 * i:16 * i + 16])
        say(what, *['%d: %s' % (i, [(y - x) & 0xffffffff for x, y in zip(row(base, i), row(b, i))]) for i in range(200, 210) if row(base, i) != row(b, i)])
        base = b
    look('nothing')
    look('forwarded', packet(PEER[0], '98.1.1.1', proto=17, payload=u())); look('forwarded, both realms', packet(PEER[0], '98.2.1.1', payload=u()), packet(PEER[0], '98.2.1.1', payload=u(400)))
    look('to us', packet(PEER[0], ME[0], payload=u())); look('a high realm', packet(PEER[0], '98.3.1.1', payload=u())); look('nowhere', packet(PEER[0], '97.1.1.1', payload=u()))
    look('a broadcast', packet(PEER[0], '10.0.0.255', payload=u())); look('a broadcast, no source', packet('0.0.0.0', '255.255.255.255', payload=u()))
    look('from elsewhere', packet('98.1.1.1', ME[0], payload=u())); look('a group', packet(PEER[0], '224.0.0.1', payload=u())); look('options', packet(PEER[0], '98.1.1.1', payload=u(), opts=H('01010101'))); look('TTL over', packet(PEER[0], '98.1.1.1', 1, payload=u())); look('broken', packet(PEER[0], '98.1.1.1', payload=u())[:-10])
    c = Sock(0, socket.SOCK_DGRAM); c.s.sendto(b'x', ('98.1.1.1', 7)); look('our own')
    quiet('ip rule add from 10.0.0.2 to 98.4.0.0/16 table main realms 205/206; ip route add 98.4.0.0/16 via 10.0.1.2'); look('of a rule', packet(PEER[0], '98.4.1.1', payload=u()))
    show('stat -c "%a %s" /proc/net/rt_acct', 'stat -c "%a %s" /proc/net/rt_cache', 'stat -c "%a %s" /proc/net/stat/rt_cache', 'cat /proc/net/rt_cache', 'head -1 /proc/net/stat/rt_cache', 'sed -n 2p /proc/net/stat/rt_cache | tr 0-9a-f N')

def autobind():
    'Ports that the kernel chooses when none is left.'
    w('ip_local_port_range', '40000 40003')
    def setting(v):
        say('setting', v, err(lambda: w('ip_autobind_reuse', v)), open('/proc/sys/net/ipv4/ip_autobind_reuse').read().strip())
    def tcp(addr='127.0.0.1', reuse=1, port=0, reuseport=0, listen=False, family=socket.AF_INET):
        s = socket.socket(family); s.setsockopt(1, 2, reuse); s.setsockopt(1, 15, reuseport)
        r = err(lambda: s.bind((addr, port)))
        held.append(s)
        return r or ('ok' if not listen else err(lambda: s.listen(1)) or 'listens')
    def ports(): return sorted(s.getsockname()[1] for s in held if s.getsockname()[1])
    def clear():
        while held: held.pop().close()
    held = []
    for v in ('2', '-1', 'x', ''): setting(v)
    for v in (0, 1):
        setting(v)
        clear(); say('shared', [tcp() for _ in range(4)], ports(), [tcp() for _ in range(3)], 'not shared', tcp(reuse=0), 'another address', tcp('127.0.0.2'), tcp('0.0.0.0'), len(ports()))
        clear(); say('one does not share', [tcp(reuse=0)] + [tcp() for _ in range(3)], ports(), [tcp() for _ in range(4)]); one = held[0].getsockname()[1]; say(one not in [s.getsockname()[1] for s in held[1:]])
        clear(); say('all listen', [tcp(listen=True) for _ in range(4)], [tcp() for _ in range(2)])
        clear(); say('SO_REUSEPORT', [tcp(reuseport=1, reuse=0) for _ in range(4)], [tcp(reuseport=1, reuse=0) for _ in range(2)], [tcp(reuseport=1, reuse=1) for _ in range(2)])
        clear(); say('both, all listen', [tcp(reuseport=1, listen=True) for _ in range(4)], [tcp(reuseport=1) for _ in range(2)])
        clear(); say('IPv6', [tcp('::1', family=socket.AF_INET6) for _ in range(4)], [tcp('::1', family=socket.AF_INET6) for _ in range(2)], tcp('::', family=socket.AF_INET6), tcp('127.0.0.1'))
        clear(); s = socket.socket(); s.bind(('127.0.0.1', 50000)); s.listen(9); held.append(s)
        for _ in range(4): say('connected', tcp(), err(lambda: held[-1].connect(('127.0.0.1', 50000))) or 'ok')
        say('and more', [tcp() for _ in range(2)]); say('by listen', err(lambda: socket.socket().listen(1)) or 'ok')
    clear()

def options_of_sockets():
    'What setsockopt and getsockopt of SOL_IP answer, option by option.'
    text = lambda x: x.hex() if isinstance(x, bytes) else x or 'ok'
    values = [b'', b'\0', b'\1', *[struct.pack('i', n) for n in (0, 1, 5, 300, -1)], ip('239.1.1.1') + ip('10.0.0.1'), bytes(16), H('94040000')]
    begin(1)
    for name, kind, proto in (('udp', 2, 0), ('tcp', 1, 0), ('raw', 3, 89), ('hdrincl', 3, 255)):
        # 16 and 17 are policies of IPsec.
        for opt in [o for o in range(64) if o not in (16, 17)]:
            out = []
            for v in values:
                s = socket.socket(2, kind, proto)
                r = err(lambda: s.setsockopt(0, opt, v))
                out.append('%s=%s/%s/%s' % (v.hex(), text(r), text(err(lambda: s.getsockopt(0, opt, 12))), text(err(lambda: s.getsockopt(0, opt, 1)))))
                s.close()
            say(name, opt, *out)

if __name__ == '__main__':
    if sys.argv[1] == 'autobind': quiet('ip link set lo up')
    main({k: v for k, v in list(globals().items()) if callable(v)})
