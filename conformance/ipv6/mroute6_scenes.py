from mroute6 import *

G = 'ff1e::1'
S = 'fd00:0::2'

def controls():
    u = Sock6(0, socket.SOCK_DGRAM); t = Sock6(17); s = Sock6(); o = Sock6()
    for name, k in (('udp', u), ('raw udp', t), ('icmp', s)):
        for opt in list(range(200, 214)):
            say(name, opt, 'get', k.get(opt), k.get(opt, 1), k.get(opt, 8), 'set', k.set(opt, 5), k.set(opt, b''))
    s.close(); s = Sock6()
    say('init', [s.set(INIT, v) for v in (0, 2, b'\1', b'\1\0\0\0\0')]); s.close(); s = Sock6()
    say('init', s.set(INIT, 1), 'again', s.set(INIT, 1), 'other', o.set(INIT, 1))
    mcf('all', 'default', 'v0', 'lo')
    say('other', [(n, o.set(n, 1)) for n in range(201, 213)])
    say('other get', [(n, o.get(n)) for n in (VERSION, ASSERT, PIM, TABLE)])
    for opt in (ASSERT, PIM):
        say(opt, [(v, s.set(opt, v), s.get(opt), s.get(ASSERT), s.get(PIM)) for v in (1, 0, 7, -1, 4, b'\1', b'', b'\0\0\0\0\0\0\0\0')])
    say('table', [(v, s.set(TABLE, v)) for v in (0, 1, 253, b'\1')])
    say('table other', [(v, o.set(TABLE, v)) for v in (0, 1, 253, 254, 0, 300, 99999999, 100000000, 999999999, 1000000000, -1, b'\1', b'\1\0\0\0\0\0\0\0')])
    say('version', s.set(VERSION, 1), s.get(VERSION), s.get(VERSION, 2), s.get(VERSION, 100))
    say('done', s.set(DONE, 0), 'again', s.set(DONE, 0), 'done other', o.set(DONE, 0))
    mcf('all', 'default', 'v0')
    say('init after done', s.set(INIT, 1)); s.close(); time.sleep(0.05); mcf('all', 'default')
    say('init of other', o.set(TABLE, 0), o.set(INIT, 1)); o.set(DONE, 1)
    say('owner', [(n, o.set(n, 1)) for n in range(201, 213)])

def mifs():
    n = Netlink([19, 25])
    s = Sock6(); o = Sock6(); s.set(INIT, 1)
    v = s.mif
    say('none', s.mifcnt(0), s.mifcnt(40), o.mifcnt(0), s.sgcnt('fd00::1', G))
    say('add', v(0, 'v0'), 'again', v(0, 'v0'), 'other number', v(5, 'v0'))
    proc6(); mcf('all', 'default', 'v0', 'v1')
    sh('ip link show v0 | grep -o ALLMULTI; ip -6 maddr show dev v0')
    say('bad', v(32, 'v1'), v(65535, 'v1'), v(1, 77), v(1, 0), v(1, 'p0'), v(1, 'v1', cut=11), v(1, 'v1', cut=0), s.set(ADD_VIF, struct.pack('HBBHxxIQ', 4, 0, 1, 3, 0, 0)), s.set(DEL_VIF, struct.pack('HQ', 4, 0)))
    for f in (2, 4, 8, 16, 64, 3): say('flags', f, v(2, 'v1', f))
    proc6('ip6_mr_vif')
    say('loopback', v(9, 'lo')); proc6('ip6_mr_vif')
    say('by others', o.mif(7, 'v2'))
    say('delete', s.del_mif(31), s.del_mif(32), s.del_mif(65535), s.del_mif(5, 1), s.del_mif(5), s.del_mif(5), o.del_mif(0))
    proc6(); mcf('all', 'v0')
    say('register', v(8, 0, 1), v(12, 0, 1))
    proc6('ip6_mr_vif'); sh('ip -d link show pim6reg | head -2; ip -6 addr show dev pim6reg'); mcf('pim6reg')
    say('delete register', s.del_mif(8)); sh('ip link show pim6reg')
    say('flush', s.set(FLUSH, 0), s.set(FLUSH, 16), s.set(FLUSH, 4), s.set(FLUSH, 15), s.set(FLUSH, b'')); proc6(); mcf('all', 'v0')
    v(1, 'v1'); v(2, 'v2', threshold=9)
    sh('ip link set v2 down'); proc6()
    sh('ip link del v1'); proc6(); mcf('all', 'v0', 'v2')
    s.close(); time.sleep(0.1); proc6(); mcf('all', 'v0', 'v2')
    for m in n.heard(): say(m)

def mfc():
    n = Netlink([19, 31])
    s = Sock6(); s.set(INIT, 1); m = s.mfc
    say('no mifs', m(S, G, 0, [1])); proc6('ip6_mr_cache')
    for i in range(3): s.mif(i, 'v%d' % i)
    say('again', m(S, G, 0, [0, 1, 2, 9])); proc6('ip6_mr_cache')
    say('parent', m(S, G, 2, [1])); proc6('ip6_mr_cache')
    say('bad', m(S, 'fd00::9', 0, [1]), m(S, 'ff1e::2', 32, [1]), m(S, 'ff1e::2', 31, [1]), m(S, 'ff1e::3', 0, [], cut=60), m(S, 'ff1e::3', 0, [1], cut=91), m(S, 'ff02::5', 0, [1]), m(G, G, 0, [1]))
    say('star', m('::', 'ff1e::4', 0, [1]), m('::', '::', 0, [1]), m(S, '::', 0, [1]), m('::', 'ff02::1', 0, [1, 40]))
    proc6('ip6_mr_cache')
    P = ADD_PROXY
    say('proxy', m('::', 'ff1e::5', 0, [0, 1], P), m('::', 'ff1e::5', 1, [0, 1], P), m('::', 'ff1e::5', 1, [0, 1, 2], P), m('::', '::', 1, [0, 1], P), m(S, G, 1, [0, 1], P), m('::', '::', 2, [0, 1], P))
    say('proxy bad', m('::', 'ff1e::5', 40, [0, 1], P), m('::', 'ff1e::5', 31, [0, 1], P))
    proc6('ip6_mr_cache')
    for a in ((S, G), ('::', 'ff1e::5'), ('::', '::'), ('fd09::1', 'ff1e::9')): say('count', a, s.sgcnt(*a))
    sh('ip -6 mroute show; ip -6 -s -d mroute show table all')
    D = DEL_MFC; Q = DEL_PROXY
    say('delete', m('fd00::3', G, 0, [], D), m(S, G, 9, [], D), m(S, G, 9, [], D), m(S, 'ff1e::2', 0, [], D), m('::', 'ff1e::5', 9, [], D))
    proc6('ip6_mr_cache')
    say('delete proxy', m('::', 'ff1e::5', 0, [], Q), m('::', 'ff1e::5', 0, [], Q), m('::', 'ff1e::5', 1, [], Q), m('::', '::', 1, [], Q), m('::', '::', 7, [], Q), m('::', 'ff1e::4', 0, [], Q))
    proc6('ip6_mr_cache')
    m(S, G, 0, [1, 7]); s.mif(7, 'v1'); proc6('ip6_mr_cache'); s.del_mif(7); s.del_mif(1); s.mif(1, 'v1'); proc6('ip6_mr_cache')
    say('mif gone', s.del_mif(1)); proc6()
    say('mif gone', s.del_mif(0)); proc6()
    say('flush', s.set(FLUSH, 1)); proc6()
    m(S, G, 2, [2]); m('::', '::', 2, [2], P)
    say('done', s.set(DONE, 1)); proc6()
    for x in n.heard(): say(x)

def data():
    s = Sock6(); s.set(INIT, 1)
    n = Netlink([19, 31])
    t = [Tap6('p%d' % i) for i in range(3)]
    for i in range(3): s.mif(i, 'v%d' % i, threshold=[1, 1, 10][i])
    # The flow label of what the machine itself sends is its own choice.
    plain = lambda f: f[:31] + '.....' + f[36:]
    def look(what, how=lambda f: f):
        say('==', what)
        for i in range(3): say('p%d' % i, [how(f) for f in t[i].recv(0.1)])
        say('up', s.recv(0.05))
        for x in n.heard(0.05): say('nl', x)
    [k.recv(0.1) for k in t]; s.recv(0.1)
    t[0].send(udp6(S, G, label=1)); look('no entry')
    proc6('ip6_mr_cache'); sh('ip -6 mroute')
    for i in range(2, 8): t[0].send(udp6(S, G, label=i)); time.sleep(0.01)
    look('more without an entry'); proc6('ip6_mr_cache')
    say('sgcnt', s.sgcnt(S, G))
    s.mfc(S, G, 0, [0, 1, 2]); look('resolved'); proc6('ip6_mr_cache', 'ip6_mr_vif')
    for hops in (0, 1, 2, 9, 10, 11, 255): t[0].send(udp6(S, G, hops, label=hops)); time.sleep(0.01)
    look('hop limits'); proc6('ip6_mr_cache', 'ip6_mr_vif')
    s.mfc(S, G, 0, [1, 2])
    t[1].send(udp6(S, G, label=20)); look('wrong mif'); proc6('ip6_mr_cache')
    s.set(ASSERT, 1)
    t[1].send(udp6(S, G, label=21)); time.sleep(0.05); t[1].send(udp6(S, G, label=22)); look('wrong mif, assert'); proc6('ip6_mr_cache')
    s.set(ASSERT, 0); s.set(PIM, 1)
    time.sleep(3.1)
    t[2].send(udp6(S, G, label=23)); look('wrong mif, PIM'); proc6('ip6_mr_cache')
    s.set(PIM, 0); s.set(PIM, 4); time.sleep(3.1)
    t[2].send(udp6(S, G, label=24)); look('wrong mif, PIM, whole'); proc6('ip6_mr_cache')
    s.set(PIM, 1); time.sleep(3.1); t[2].send(udp6(S, G, label=24)); look('and said again'); s.del_mif(2); time.sleep(3.1); t[2].send(udp6(S, G, label=24)); look('no mif'); t[2].send(udp6(S, 'ff1e::6', label=24)); look('no mif and no entry'); proc6(); s.mif(2, 'v2'); s.mfc(S, G, 0, [1, 2])
    t[0].send(udp6('fd09::9', G, label=24)); look('a source elsewhere')
    t[0].send(udp6('fe80::99', G, label=24)); look('a source of the link'); t[0].send(udp6('::1', G, label=24)); look('a source of the host'); t[0].send(udp6('::', G, label=24)); look('no source'); proc6('ip6_mr_cache')
    t[0].send(udp6(S, 'ff02::77', label=25)); look('group of the link')
    t[0].send(udp6(S, 'ff01::77', label=25)); look('group of the interface'); t[0].send(udp6(S, 'ff10::77', label=25)); look('reserved'); t[0].send(udp6(S, 'ff05::77', label=25)); look('group of the site'); proc6('ip6_mr_cache')
    t[0].send(frame6(packet6(S, G, payload=b'y' * 1460, label=26))); look('as large as the MTU')
    quiet('ip link set v1 mtu 1300')
    t[0].send(frame6(packet6(S, G, payload=b'y' * 1400, label=27))); look('too large for one', plain)
    quiet('ip link set v1 mtu 1500')
    t[0].send(frame6(packet6(S, G, proto=44, payload=bytes.fromhex('1100000100000007') + b'y' * 64, label=29))); look('a fragment')
    t[0].send(frame6(packet6(S, G, proto=0, payload=bytes.fromhex('1100050200000100') + b'y' * 64, label=31))); look('router alert')
    t[0].send(frame6(packet6(S, G, proto=0, payload=bytes.fromhex('1100010400000000') + b'y' * 64, label=32))); look('hop-by-hop options')
    t[0].send(frame6(packet6(S, G, proto=60, payload=bytes.fromhex('1100010400000000') + b'y' * 64, label=33))); look('destination options')
    u = Sock6(0, socket.SOCK_DGRAM); u.s.bind(('::', 2000)); u.s.setsockopt(41, 20, ip6(G) + struct.pack('i', socket.if_nametoindex('v0')))
    t[0].send(udp6(S, G, label=34)); look('and for us'); say('udp', u.recv())
    w = Sock6(0, socket.SOCK_DGRAM); w.s.setsockopt(41, 17, socket.if_nametoindex('v0')); w.s.setsockopt(41, 18, 5); w.s.bind(('fd00::1', 1000))
    s.mfc('fd00::1', 'ff1e::7', 0, [1, 2]); w.s.sendto(b'mine', ('ff1e::7', 2000))
    say('== our own')
    for i in range(3): say('p%d' % i, [plain(f) for f in t[i].recv(0.1)])
    say('up', s.recv(0.05)); proc6('ip6_mr_cache')
    w.s.sendto(b'mine', ('ff1e::8', 2000)); say('== our own without an entry', [len(k.recv(0.1)) for k in t], [x[:80] for x in s.recv(0.05)]); proc6('ip6_mr_cache')
    s.mfc(S, G, 0, [0, 1]); t[0].send(udp6(S, G, 4, label=35)); look('changed')
    s.mfc(S, G, 0, [], DEL_MFC); t[0].send(udp6(S, G, label=36)); look('deleted'); s.mfc(S, G, 0, [], DEL_MFC); proc6('ip6_mr_cache')
    s.mfc(S, G, 0, [1])
    for i in range(3): say('mif', s.mifcnt(i))
    say('sg', s.sgcnt(S, G))
    say([l for l in open('/proc/net/snmp6') if l.split()[0] in ('Ip6OutForwDatagrams', 'Ip6InTooBigErrors', 'Ip6FragFails', 'Ip6InAddrErrors', 'Ip6InHdrErrors', 'Ip6OutNoRoutes')])

def proxies():
    s = Sock6(); s.set(INIT, 1)
    t = [Tap6('p%d' % i) for i in range(3)]
    for i in range(3): s.mif(i, 'v%d' % i)
    def look(what):
        say('==', what, [k.recv(0.1) for k in t], s.recv(0.05)); proc6()
    [k.recv(0.1) for k in t]; s.recv(0.1)
    P = ADD_PROXY
    s.mfc('::', '::', 0, [0, 1], P)
    t[1].send(udp6('fd00:1::2', 'ff1e::9', label=1)); look('(*,*) up')
    t[0].send(udp6(S, 'ff1e::9', label=2)); look('(*,*) down')
    t[2].send(udp6('fd00:2::2', 'ff1e::9', label=3)); look('(*,*) not a branch')
    s.mfc('::', G, 0, [0, 1, 2], P)
    t[0].send(udp6(S, G, label=4)); look('(*,G) down')
    t[1].send(udp6('fd00:1::2', G, label=5)); look('(*,G) from a branch of (*,*)')
    t[2].send(udp6('fd00:2::2', G, label=6)); look('(*,G) from one that is none of (*,*)')
    s.mfc('::', '::', 1, [1, 2], P); s.mfc('::', G, 1, [0, 1], P)
    t[2].send(udp6('fd00:2::2', G, label=7)); look('two upstreams')
    t[0].send(udp6(S, G, label=8)); look('two upstreams, from the first'); t[1].send(udp6('fd00:1::2', 'ff1e::9', label=9)); look('(*,*), two')
    s.set(ASSERT, 1); s.mfc(S, G, 0, [1]); t[1].send(udp6(S, G, label=10)); look('(S,G) before'); t[0].send(udp6(S, G, label=11)); look('(S,G)')

def pim():
    s = Sock6(); k = Sock6(103)
    t = [Tap6('p%d' % i) for i in range(2)]
    def look(what):
        say('==', what, [x.recv(0.1) for x in t], s.recv(0.05), 'raw', k.recv(0.05)); proc6()
    def reg(inner, flags=0, ver=0x21, sum='header', to='fd00::1'):
        h = bytes([ver, 0, 0, 0]) + struct.pack('!I', flags)
        full = h + inner
        c = {'header': csum6x(S, to, h, len(h)), 'plain, all': csum(full), 'all': csum6(S, to, 103, full), 'plain': csum(h), 'bad': 7}[sum]
        t[0].send(frame6(packet6(S, to, 64, 103, h[:2] + struct.pack('!H', c) + full[4:])))
    def csum6x(src, dst, h, n):
        return csum(ip6(src) + ip6(dst) + struct.pack('!II', n, 103) + h)
    inner = packet6('fd05::5', G, 64, 17, b'z' * 16)
    [x.recv(0.1) for x in t]
    reg(inner); look('nobody')
    s.set(INIT, 1)
    for i in range(2): s.mif(i, 'v%d' % i)
    s.set(PIM, 1); say('register', s.mif(4, 0, 1)); proc6('ip6_mr_vif'); mcf('all', 'v0', 'pim6reg')
    s.mfc('fd05::5', G, 4, [0, 1])
    for how in ('header', 'all', 'plain', 'plain, all', 'bad'): reg(inner, sum=how); look('register, checksum ' + how)
    reg(inner, 0x40000000); look('null register'); reg(inner, ver=0x20); look('hello'); reg(inner, ver=0x11); look('version 1'); reg(inner[:30]); look('short'); reg(packet6('fd05::5', 'fd00::9', 64, 17, b'z' * 16)); look('not a group'); reg(inner[:-4]); look('shorter than it says'); reg(inner, 0x80000000); look('border')
    s.mfc(S, 'ff1e::2', 0, [1, 4]); t[0].send(udp6(S, 'ff1e::2', label=5)); look('to the register'); t[0].send(udp6(S, 'ff1e::2', 1, label=6)); look('to the register, 1 hop'); say(s.mifcnt(4)); sh('ip -s link show pim6reg | tail -4')
    s.mfc(S, 'ff1e::3', 0, [4]); t[0].send(frame6(packet6(S, 'ff1e::3', payload=b'y' * 1460))); look('large')
    n = Netlink([31]); t[0].send(udp6(S, 'ff1e::2', label=7)); look('over netlink'); [say(x) for x in n.heard()]
    s.close(); time.sleep(0.1); sh('ip link show pim6reg'); mcf('all', 'v0'); proc6(); s = Sock6(); k.s.close(); k = Sock6(); reg(inner); look('nobody at all')

def tables():
    n = Netlink([19, 31])
    sh('ip -6 mrule; ip -6 mroute show table all')
    s = Sock6(); say('table', s.set(TABLE, 100), s.set(INIT, 1)); o = Sock6(); say('the default', o.set(INIT, 1))
    t = [Tap6('p%d' % i) for i in range(3)]
    mcf('all')
    for i in range(3): say(s.mif(i, 'v%d' % i)); say(o.mif(i, 'v%d' % i))
    say(s.mif(5, 0, 1), o.mif(5, 0, 1)); sh('ip -br link show type pim6reg 2>/dev/null; ip link | grep -o "pim6reg[0-9]*"'); mcf('all', 'v0')
    s.mfc(S, G, 0, [1]); o.mfc(S, G, 0, [2])
    [x.recv(0.1) for x in t]
    def look(what): say('==', what, [len(x.recv(0.1)) for x in t], s.recv(0.05), o.recv(0.05))
    t[0].send(udp6(S, G)); look('no rule'); proc6(); sh('ip -6 mroute show table 100; ip -6 mroute show table 253; ip -6 mroute show table default; ip -6 mroute show table 101; ip -6 mroute show table all')
    sh('ip -6 mrule add iif v0 table 100; ip -6 mrule'); t[0].send(udp6(S, G)); look('iif v0'); t[1].send(udp6('fd00:1::2', 'ff1e::9')); look('iif v1'); t[0].send(udp6(S, 'ff1e::9')); look('iif v0, unknown')
    sh('ip -6 mrule del prio 0; ip -6 mrule add prio 9 iif v0 table 100; ip -6 mrule add prio 5 iif v0 prohibit; ip -6 mrule'); t[0].send(udp6(S, G)); look('prohibit'); sh('ip -6 mrule del prio 5')
    sh('ip -6 mrule add prio 6 iif v0 table 777; ip -6 mrule; ip -6 mrule add prio 7 from fd00::/64 table 5; ip -6 mrule add prio 8 fwmark 5 table 100; ip -6 mrule add prio 9 oif v1 table 100; ip -6 mrule'); t[0].send(udp6(S, G)); look('a table that is not there')
    s.s.close(); time.sleep(0.05); s = Sock6(); t[0].send(udp6(S, G)); look('daemon gone'); proc6('ip6_mr_cache')
    sh('ip -6 mrule flush; ip -6 mrule'); t[0].send(udp6(S, G)); look('no rules at all'); mcf('all', 'v0')
    for x in n.heard(): say(x)

def netlink():
    n = Netlink([19, 31, 25]); q = Netlink(); q.s.setsockopt(270, 12, 1); q.s.setsockopt(270, 11, 1)
    s = Sock6(); s.set(INIT, 1)
    for i in range(3): s.mif(i, 'v%d' % i)
    sg = lambda a, b: attr(2, ip6(a)) + attr(1, ip6(b))
    ifi = lambda d: attr(3, struct.pack('i', socket.if_nametoindex(d)))
    hop = lambda *ttl: b''.join(struct.pack('HBBi', 8, 0, x, 0) for x in ttl)
    add = lambda h=None, more=b'': say(q.ask(NEWROUTE, 0x404, (h or rtm6(proto=17)) + more))
    add(more=sg('fd00::3', 'ff1e::2') + ifi('v0') + attr(9, hop(1, 1)))
    s.mfc(S, G, 0, [1, 2]); s.mfc('::', 'ff1e::4', 1, [0], ADD_PROXY); proc6('ip6_mr_cache')
    g = lambda more=b'', h=None: [say(x) for x in q.ask(GETROUTE, 0, (h or rtm6(type=0)) + T254 + more)]
    T254 = attr(15, struct.pack('I', 254)); say('get'); g(sg(S, G)); say(q.ask(GETROUTE, 0, rtm6(type=0) + sg(S, G))); g(sg('fd00::9', G)); g(attr(1, ip6('ff1e::4'))); g(attr(1, ip6('ff1e::4')), rtm6(128, 0, type=0)); g(sg(S, G) + attr(15, struct.pack('I', 253))); g(sg(S, G) + attr(15, struct.pack('I', 254))); g(sg(S, G) + attr(15, struct.pack('I', 99)))
    g(sg(S, G) + ifi('v0')); g(sg(S, G), rtm6(type=5)); g(sg(S, G), rtm6(64, 128, type=0)); g(sg(S, G), rtm6(0, 0, type=0)); g(sg(S, G), rtm6(type=0, table=253)); g(sg(S, G), rtm6(type=0, flags=1)); g(b'', rtm6(0, 0, type=0)); say(q.ask(GETROUTE, 0, b'\x81\0\0\0'))
    g(attr(2, b'\1\2\3\4') + attr(1, ip6(G)))
    d = lambda more=b'', h=None: q.ask(GETROUTE, 0x300, (h or rtm6(0, 0, type=0)) + more)
    say('dump'); [say(x) for x in d()]
    for k in ({'type': 5}, {'type': 1}, {'proto': 17}, {'proto': 4}, {'table': 253}, {'table': 254}, {'scope': 1}, {'flags': 0x200}, {'flags': 1}, {'tos': 1}): say('dump', k, len(d(h=rtm6(0, 0, **dict(dict(type=0), **k)))), d(h=rtm6(0, 0, **dict(dict(type=0), **k)))[-1:])
    say('dump table', d(attr(15, struct.pack('I', 77))), len(d(attr(15, struct.pack('I', 253)))), [len(d(attr(4, struct.pack('I', socket.if_nametoindex(x))))) for x in ('v0', 'v1', 'v2', 'lo')], d(attr(4, struct.pack('I', 1))), d(ifi('v1')))
    u = Netlink(); say('not strict'); [say(x) for x in u.ask(GETROUTE, 0x300, rtm6(0, 0, type=0))]; say(u.ask(GETROUTE, 0x300, b'\x81\0\0\0'))
    say('links', u.ask(GETLINK, 0x300, struct.pack('BxHiII', IP6MR, 0, 0, 0, 0))[:1] == q.ask(GETLINK, 0x300, struct.pack('BxHiII', 0, 0, 0, 0, 0))[:1])
    say('delete', q.ask(DELROUTE, 4, rtm6(proto=17) + sg(S, G)))
    say(s.set(FLUSH, 2)); sh('ip -6 mroute'); say(s.set(FLUSH, 1)); sh('ip -6 mroute'); say(s.set(FLUSH, 8)); proc6('ip6_mr_vif'); say(s.set(FLUSH, 4)); proc6('ip6_mr_vif')
    o = Sock6(); s.mif(0, 'v0'); say(o.mif(1, 'v1'), o.mfc(S, G, 0, [1])); proc6(); s.close(); time.sleep(0.1); proc6(); mcf('all', 'v0', 'v1')
    o.close()
    for y in n.heard(): say(y)

def mld():
    'Which messages of hosts a daemon hears, and which are forwarded.'
    s = Sock6(); s.s.setsockopt(58, 1, bytes(32)); s.set(INIT, 1); k = Sock6(); k.s.setsockopt(58, 1, bytes(32))
    t = [Tap6('p%d' % i) for i in range(2)]
    for i in range(2): s.mif(i, 'v%d' % i)
    s.mfc(S, G, 0, [1]); s.mfc('fe80::99', G, 0, [1])
    RA = ['0000']
    def msg(type, group, dst, src='fe80::99', ra=True, hops=1, code=0):
        b = struct.pack('!BBHI', type, code, 0, 0) + ip6(group) if type != 143 else struct.pack('!BBHHH', 143, 0, 0, 0, 1) + struct.pack('!BBH', 4, 0, 0) + ip6(group)
        b = b[:2] + struct.pack('!H', csum6(src, dst, 58, b)) + b[4:]
        p = bytes.fromhex('3a000502' + RA[0] + '0100') + b if ra else b
        t[0].send(frame6(packet6(src, dst, hops, 0 if ra else 58, p)))
    # When the machine's own reports come is chance: of its groups of the link, and whatever its checksum says is from an address of its own.
    to = lambda m: socket.inet_ntop(socket.AF_INET6, bytes.fromhex(m[16:48])) if m[:2] == '83' else 'ff02::2' if m[:2] == '84' else 'ff02::16'
    own = lambda m: 'ff020000' in m or any(csum6('fe80::ff:fe00:10%d' % i, to(m), 58, bytes.fromhex(m)) == 0 for i in range(3))
    mine = lambda l: sorted(m for m in l if m[:2] != '00' and not (m[:2] in ('83', '84', '8f') and own(m)))
    def look(what): say(what, mine(s.recv(0.1)), mine(k.recv(0.05)), [len(x.recv(0.05)) for x in t]); proc6('ip6_mr_cache')
    [x.recv(0.3) for x in t]; s.recv(); k.recv()
    msg(131, G, G); look('report')
    msg(131, G, G, ra=False); look('report without router alert')
    msg(131, G, G, hops=9); look('report, 9 hops')
    msg(131, G, G, src=S); look('report of a global source')
    msg(131, 'ff1e::9', 'ff1e::9'); look('report of another group')
    msg(132, G, 'ff02::2'); look('done')
    msg(143, G, 'ff02::16'); look('report v2')
    msg(130, '::', 'ff02::1'); look('query')
    msg(128, G, G, src=S, hops=9, ra=False); look('echo request'); msg(128, G, G, src=S, hops=9); look('echo request, router alert')
    msg(131, G, G, hops=9, ra=False); look('report without router alert, 9 hops'); msg(143, G, G); look('report v2 to the group'); msg(132, G, G); look('done to the group'); msg(130, G, G); look('query to the group')
    RA[0] = '0001'; msg(131, G, G); look('report, another alert'); RA[0] = '0000'
    u = Sock6(0, socket.SOCK_DGRAM); u.s.setsockopt(41, 20, ip6(G) + struct.pack('i', socket.if_nametoindex('v0'))); s.recv(); k.recv()
    msg(128, G, G, src=S, hops=9); look('joined: echo request, router alert'); msg(131, G, G); look('joined: report'); msg(131, G, G, hops=9, ra=False); look('joined: report without router alert')

def unread():
    'Tables and questions at the edges.'
    u = Sock6(0, socket.SOCK_DGRAM); c = Sock6(17); s = Sock6(); o = Sock6()
    s.set(INIT, 1); s.mif(0, 'v0')
    for k in (u, c, s, o): say(k.mifcnt(0), k.mifcnt(1), k.sgcnt('fd00::1', G), k.ioctl(GETRPF, bytes(80)), k.ioctl(0x89e3, bytes(80)))
    say(o.set(TABLE, 77)); sh('ip -6 mroute show table 77; ip -6 mrule'); say(o.get(ASSERT), o.mifcnt(0), o.mif(0, 'v1')); proc6('ip6_mr_vif'); mcf('all', 'v1')
    o.close(); time.sleep(0.05); sh('ip -6 mroute show table 77'); mcf('all', 'v1')
    s.close(); time.sleep(0.05); proc6(); mcf('all', 'v0', 'v2')

def routes():
    'What `ip route get` and other parts of IP say of groups.'
    s = Sock6()
    g = Netlink(); ask = lambda a, b, d, f=0: [say(x[:24] if x[:3] != '24 ' else x) for x in g.ask(GETROUTE, 0, rtm(128, 128, type=0, family=10, flags=f) + attr(1, ip6(b)) + attr(2, ip6(a)) + attr(3, struct.pack('i', socket.if_nametoindex(d))))]
    ask(S, G, 'v0')
    s.set(INIT, 1)
    for i in range(2): s.mif(i, 'v%d' % i)
    ask(S, 'ff1e::9', 'v0'); say([x[:80] for x in s.recv()]); s.mfc(S, G, 0, [1]); ask(S, G, 'v0'); ask(S, G, 'v0', 0x100); ask(S, G, 'v2')
    proc6('ip6_mr_cache'); say(s.recv())
    sh('ip -6 netconf show dev v0; ip -6 netconf show dev v2'); sh('ip -6 maddr show dev v0')

def expiry():
    s = Sock6(); s.set(INIT, 1); s.mif(0, 'v0'); n = Netlink([19, 31]); t = Tap6('p0')
    s.recv(0.1); t.send(udp6(S, 'ff1e::77')); time.sleep(0.1); say(s.s.recvfrom(100)[1][:3]); s.set(FLUSH, 1)
    for i in range(12): t.send(udp6(S, 'ff1e::2:%x' % i)); time.sleep(0.02)
    say([x[:80] for x in s.recv()]); proc6('ip6_mr_cache'); [say(x) for x in n.heard()]
    time.sleep(7); proc6('ip6_mr_cache'); time.sleep(4.5); proc6('ip6_mr_cache'); [say(x) for x in sorted(n.heard())]
    t.send(udp6(S, 'ff1e::3:1')); say(len(s.recv())); s.close(); time.sleep(0.1); proc6('ip6_mr_cache')

if __name__ == '__main__':
    if sys.argv[1] not in ('-',): links6()
    main({k: v for k, v in list(globals().items()) if callable(v)})
