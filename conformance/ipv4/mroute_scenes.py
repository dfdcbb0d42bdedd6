from mroute import *

def controls():
    u = Sock(0, socket.SOCK_DGRAM); t = Sock(1); s = Sock(); o = Sock()
    for name, k in (('udp', u), ('icmp', t), ('igmp', s)):
        for opt in list(range(200, 214)):
            say(name, opt, 'get', k.get(opt), k.get(opt, 1), k.get(opt, 8), 'set', k.set(opt, 5), k.set(opt, b''))
    s.close(); s = Sock()
    say('init', [s.set(INIT, v) for v in (0, 2, b'\1', b'\1\0\0\0\0')])
    say('init', s.set(INIT, 1), 'again', s.set(INIT, 1), 'other', o.set(INIT, 1))
    sysctl('all', 'default', 'v0', 'lo')
    say('other', [(n, o.set(n, 1)) for n in range(201, 213)])
    say('other get', [(n, o.get(n)) for n in (VERSION, ASSERT, PIM, TABLE)])
    for opt in (ASSERT, PIM):
        say(opt, [(v, s.set(opt, v), s.get(opt), s.get(ASSERT), s.get(PIM)) for v in (1, 0, 7, -1, b'\1', b'', b'\0\0\0\0\0\0\0\0')])
    say('table', [(v, s.set(TABLE, v)) for v in (0, 1, 253, b'\1')])
    say('table other', [(v, o.set(TABLE, v)) for v in (0, 1, 253, 254, 0, 300, 999999999, 1000000000, -1, b'\1', b'\1\0\0\0\0\0\0\0')])
    say('version', s.set(VERSION, 1), s.get(VERSION), s.get(VERSION, 2), s.get(VERSION, 100))
    say('done', s.set(DONE, 0), 'again', s.set(DONE, 0), 'done other', o.set(DONE, 0))
    sysctl('all', 'default', 'v0')
    say('init after done', s.set(INIT, 1)); s.close(); sysctl('all', 'default')
    say('init of other', o.set(TABLE, 0), o.set(INIT, 1)); o.set(DONE, 1)
    say('owner', [(n, o.set(n, 1)) for n in range(201, 213)])

def vifs():
    n = Netlink([31, 6, 24])
    s = Sock(); o = Sock(); s.set(INIT, 1)
    v = s.vif
    say('none', s.vifcnt(0), s.vifcnt(40), o.vifcnt(0), s.sgcnt('1.1.1.1', '239.1.1.1'))
    say('addr', v(0, '10.0.0.1'), 'again', v(0, '10.0.0.1'), 'other number', v(5, '10.0.0.1'))
    proc(); sysctl('all', 'default', 'v0', 'v1')
    quiet('sleep 0.1'); sh('ip -d link show v0 | grep -o "allmulti [0-9]*"; ip link show v0 | grep -o ALLMULTI')
    say('bad', v(32, '10.0.1.1'), v(65535, '10.0.1.1'), v(1, '10.9.9.9'), v(1, '0.0.0.0'), v(1, '127.0.0.1'), v(1, '10.0.1.2'), v(1, '10.0.1.1', cut=15), v(1, '10.0.1.1', cut=0))
    for f in (SRCRT, 16, 64, 3, 6, 5, 12, 9): say('flags', f, v(2, '10.0.1.1', f))
    proc()
    say('index', v(3, 1, IFINDEX), v(4, 77, IFINDEX), v(4, 0, IFINDEX), v(4, -1, IFINDEX), v(6, 3, IFINDEX, 20))
    proc()
    say('by others', o.vif(7, '10.0.1.1'))
    say('delete', v(31, '0.0.0.0', op=DEL_VIF), v(32, '0.0.0.0', op=DEL_VIF), v(5, '0.0.0.0', op=DEL_VIF, cut=2), v(5, '0.0.0.0', op=DEL_VIF), v(5, '0.0.0.0', op=DEL_VIF), o.vif(0, '0.0.0.0', op=DEL_VIF))
    proc(); sysctl('all', 'v0')
    say('register', v(8, '0.0.0.0', REGISTER), v(9, '0.0.0.0', REGISTER))
    proc(); sh('ip -d link show pimreg; ip addr show dev pimreg; cat /proc/sys/net/ipv4/conf/pimreg/mc_forwarding')
    say('delete register', v(8, '0.0.0.0', op=DEL_VIF)); sh('ip link show pimreg')
    say('tunnel', v(10, '10.0.0.1', TUNNEL, 1, '10.0.0.2')); proc('ip_mr_vif'); sh('ip link show dvmrp10')
    say('tunnel delete', v(10, '0.0.0.0', op=DEL_VIF)); proc('ip_mr_vif'); sh('ip link show dvmrp10')
    say('flush', s.set(FLUSH, 0), s.set(FLUSH, 16), s.set(FLUSH, 4), s.set(FLUSH, 15), s.set(FLUSH, b'')); proc(); sysctl('all', 'v0')
    v(1, '10.0.1.1'); v(2, '10.0.2.1', threshold=9)
    sh('ip link set v2 down'); proc()
    sh('ip link del v1'); proc(); sysctl('all', 'v0', 'v2')
    s.close(); time.sleep(0.1); proc(); sysctl('all', 'v0', 'v2')
    for m in n.heard(): say(m)

def mfc():
    n = Netlink([6, 30])
    s = Sock(); s.set(INIT, 1); m = s.mfc
    say('no vifs', m('10.0.0.2', '239.1.1.1', 0, {1: 1})); proc('ip_mr_cache')
    for i in range(3): s.vif(i, '10.0.%d.1' % i)
    say('again', m('10.0.0.2', '239.1.1.1', 0, {0: 1, 1: 1, 2: 5, 9: 3})); proc('ip_mr_cache')
    say('parent', m('10.0.0.2', '239.1.1.1', 2, {1: 255})); proc('ip_mr_cache')
    say('bad', m('10.0.0.2', '10.1.1.1', 0, {1: 1}), m('10.0.0.2', '239.1.1.2', 32, {1: 1}), m('10.0.0.2', '239.1.1.2', 31, {1: 1}), m('10.0.0.2', '239.1.1.3', 0, {}, cut=40), m('10.0.0.2', '239.1.1.3', 0, {1: 1}, cut=44), m('10.0.0.2', '224.0.0.5', 0, {1: 1}), m('239.1.1.1', '239.1.1.1', 0, {1: 1}))
    say('star', m('0.0.0.0', '239.1.1.4', 0, {1: 1}), m('0.0.0.0', '0.0.0.0', 0, {1: 1}), m('10.0.0.2', '0.0.0.0', 0, {1: 1}), m('0.0.0.0', '255.255.255.255', 0, {1: 1}))
    proc('ip_mr_cache')
    P = ADD_PROXY
    say('proxy', m('0.0.0.0', '239.1.1.5', 0, {0: 1, 1: 1}, P), m('0.0.0.0', '239.1.1.5', 1, {0: 1, 1: 1}, P), m('0.0.0.0', '239.1.1.5', 1, {0: 1, 1: 1, 2: 1}, P), m('0.0.0.0', '0.0.0.0', 1, {0: 1, 1: 1}, P), m('10.0.0.2', '239.1.1.1', 1, {0: 1, 1: 1}, P), m('0.0.0.0', '0.0.0.0', 2, {0: 1, 1: 1}, P))
    say('proxy bad', m('0.0.0.0', '239.1.1.5', 40, {0: 1, 1: 1}, P), m('0.0.0.0', '239.1.1.5', 31, {0: 1, 1: 1}, P))
    proc('ip_mr_cache')
    for a in (('10.0.0.2', '239.1.1.1'), ('0.0.0.0', '239.1.1.5'), ('0.0.0.0', '0.0.0.0'), ('1.2.3.4', '239.9.9.9')): say('count', a, s.sgcnt(*a))
    sh('ip mroute show; ip -s -d mroute show table all')
    D = DEL_MFC; Q = DEL_PROXY
    say('delete', m('10.0.0.3', '239.1.1.1', 0, {}, D), m('10.0.0.2', '239.1.1.1', 9, {}, D), m('10.0.0.2', '239.1.1.1', 9, {}, D), m('10.0.0.2', '239.1.1.2', 0, {}, D), m('0.0.0.0', '239.1.1.5', 9, {}, D))
    proc('ip_mr_cache')
    say('delete proxy', m('0.0.0.0', '239.1.1.5', 0, {}, Q), m('0.0.0.0', '239.1.1.5', 0, {}, Q), m('0.0.0.0', '239.1.1.5', 1, {}, Q), m('0.0.0.0', '0.0.0.0', 1, {}, Q), m('0.0.0.0', '0.0.0.0', 7, {}, Q), m('0.0.0.0', '239.1.1.4', 0, {}, Q))
    proc('ip_mr_cache')
    m('10.0.0.2', '239.1.1.1', 0, {1: 1, 7: 1}); s.vif(7, '10.0.1.1'); proc('ip_mr_cache'); s.vif(7, '0.0.0.0', op=DEL_VIF); s.vif(1, '0.0.0.0', op=DEL_VIF); s.vif(1, '10.0.1.1'); proc('ip_mr_cache')
    say('vif gone', s.vif(1, '0.0.0.0', op=DEL_VIF)); proc()
    say('vif gone', s.vif(0, '0.0.0.0', op=DEL_VIF)); proc()
    say('flush', s.set(FLUSH, 1)); proc()
    m('10.0.0.2', '239.1.1.1', 2, {2: 1}); m('0.0.0.0', '0.0.0.0', 2, {2: 1}, P)
    say('done', s.set(DONE, 1)); proc()
    for x in n.heard(): say(x)

def data():
    s = Sock(); s.set(INIT, 1)
    n = Netlink([6, 30])
    t = [Tap('p%d' % i) for i in range(3)]
    for i in range(3): s.vif(i, '10.0.%d.1' % i, threshold=[1, 1, 10][i])
    def look(what):
        say('==', what)
        for i in range(3): say('p%d' % i, [f for f in t[i].recv(0.1)])
        say('up', s.recv(0.05))
        for x in n.heard(0.05): say('nl', x)
    [k.recv(0.1) for k in t]; s.recv(0.1)
    t[0].send(udp('10.0.0.2', '239.1.1.1', ident=1)); look('no entry')
    proc('ip_mr_cache'); sh('ip mroute')
    for i in range(2, 8): t[0].send(udp('10.0.0.2', '239.1.1.1', ident=i)); time.sleep(0.01)
    look('more without an entry'); proc('ip_mr_cache')
    say('sgcnt', s.sgcnt('10.0.0.2', '239.1.1.1'))
    s.mfc('10.0.0.2', '239.1.1.1', 0, {0: 1, 1: 1, 2: 10}); look('resolved'); proc('ip_mr_cache', 'ip_mr_vif')
    for ttl in (0, 1, 2, 9, 10, 11, 255): t[0].send(udp('10.0.0.2', '239.1.1.1', ttl, ident=ttl)); time.sleep(0.01)
    look('ttls'); proc('ip_mr_cache', 'ip_mr_vif')
    t[1].send(udp('10.0.0.2', '239.1.1.1', ident=20)); look('wrong vif'); proc('ip_mr_cache')
    s.set(ASSERT, 1)
    t[1].send(udp('10.0.0.2', '239.1.1.1', ident=21)); time.sleep(0.05); t[1].send(udp('10.0.0.2', '239.1.1.1', ident=22)); look('wrong vif, assert'); proc('ip_mr_cache')
    s.set(ASSERT, 0); s.set(PIM, 1); 
    time.sleep(3.1)
    t[2].send(udp('10.0.0.2', '239.1.1.1', ident=23)); look('wrong vif, PIM'); proc('ip_mr_cache')
    t[0].send(udp('10.9.9.9', '239.1.1.1', ident=24)); look('a source elsewhere')
    t[0].send(udp('10.0.0.2', '224.0.0.77', ident=25)); look('link local group')
    t[0].send(frame(packet('10.0.0.2', '239.1.1.1', payload=b'y' * 1480, ident=26))); look('as large as the MTU')
    quiet('ip link set v1 mtu 600')
    t[0].send(frame(packet('10.0.0.2', '239.1.1.1', payload=b'y' * 1000, ident=27))); look('into fragments')
    t[0].send(frame(packet('10.0.0.2', '239.1.1.1', payload=b'y' * 1000, ident=28, frag=0x4000))); look('may not be fragmented')
    quiet('ip link set v1 mtu 1500')
    t[0].send(frame(packet('10.0.0.2', '239.1.1.1', payload=b'y' * 64, ident=29, frag=0x2000))); look('a fragment')
    t[0].send(frame(packet('10.0.0.2', '239.1.1.1', payload=b'y' * 64, ident=30, opts=bytes.fromhex('0707040000000000')))); look('record route')
    t[0].send(frame(packet('10.0.0.2', '239.1.1.1', payload=b'y' * 64, ident=31, opts=bytes.fromhex('94040000')))); look('router alert')
    t[0].send(udp('10.0.0.2', '239.1.1.1', 3, ident=40)); look('back out by the way it came')
    s.mfc('10.0.0.2', '239.1.1.1', 0, {1: 1, 2: 10})
    u = Sock(0, socket.SOCK_DGRAM); u.s.bind(('', 2000)); u.s.setsockopt(0, 35, ip('239.1.1.1') + ip('10.0.0.1'))
    t[0].send(udp('10.0.0.2', '239.1.1.1', ident=32)); look('and for us'); say('udp', u.recv())
    w = Sock(0, socket.SOCK_DGRAM); w.s.setsockopt(0, 32, ip('10.0.0.1')); w.s.setsockopt(0, 33, 5); w.s.bind(('10.0.0.1', 1000))
    s.mfc('10.0.0.1', '239.1.1.7', 0, {1: 1, 2: 10}); w.s.sendto(b'mine', ('239.1.1.7', 2000)); 
    say('== our own')
    for i in range(3): say('p%d' % i, [f[:36] + '....' + f[40:48] + '....' + f[52:80] for f in t[i].recv(0.1)])
    say('up', s.recv(0.05)); proc('ip_mr_cache')
    w.s.sendto(b'mine', ('239.1.1.8', 2000)); say('== our own without an entry', [len(k.recv(0.1)) for k in t], [u[:8] + u[16:44] for u in s.recv(0.05)]); proc('ip_mr_cache')
    s.mfc('10.0.0.2', '239.1.1.1', 0, {0: 1, 1: 1}); t[0].send(udp('10.0.0.2', '239.1.1.1', 4, ident=33)); look('changed')
    s.mfc('10.0.0.2', '239.1.1.1', 0, {}, DEL_MFC); t[0].send(udp('10.0.0.2', '239.1.1.1', ident=34)); look('deleted'); s.mfc('10.0.0.2', '239.1.1.1', 0, {}, DEL_MFC); proc('ip_mr_cache')
    s.mfc('10.0.0.2', '239.1.1.1', 0, {1: 1}); 
    for i in range(3): say('vif', s.vifcnt(i))
    say('sg', s.sgcnt('10.0.0.2', '239.1.1.1'))
    say([l for l in open('/proc/net/snmp') if l[:3] == 'Ip:'], [l for l in open('/proc/net/netstat') if l[:6] == 'IpExt:'])

def proxies():
    s = Sock(); s.set(INIT, 1)
    t = [Tap('p%d' % i) for i in range(3)]
    for i in range(3): s.vif(i, '10.0.%d.1' % i)
    def look(what):
        say('==', what, [[f[28:] for f in k.recv(0.1)] for k in t], s.recv(0.05)); proc('ip_mr_cache', 'ip_mr_vif')
    [k.recv(0.1) for k in t]; s.recv(0.1)
    s.mfc('0.0.0.0', '239.1.1.1', 0, {1: 1}, ADD_PROXY); t[0].send(udp('10.0.0.3', '239.1.1.1', ident=1)); look('(*,G) from upstream, which is not in it')
    s.mfc('0.0.0.0', '239.1.1.1', 0, {0: 1, 1: 1}, ADD_PROXY)
    t[0].send(udp('10.0.0.2', '239.1.1.1', ident=1)); look('(*,G) from upstream')
    t[1].send(udp('10.0.1.2', '239.1.1.1', ident=2)); look('(*,G) from downstream')
    t[2].send(udp('10.0.2.2', '239.1.1.1', ident=3)); look('(*,G) from elsewhere')
    s.mfc('10.0.0.2', '239.1.1.1', 0, {2: 1})
    t[0].send(udp('10.0.0.2', '239.1.1.1', ident=4)); look('(S,G) comes first')
    s.mfc('0.0.0.0', '0.0.0.0', 2, {2: 1, 0: 1}, ADD_PROXY)
    t[0].send(udp('10.0.0.2', '239.7.7.7', ident=5)); look('(*,*) from downstream')
    t[2].send(udp('10.0.2.2', '239.7.7.7', ident=6)); look('(*,*) from upstream')
    t[1].send(udp('10.0.1.2', '239.7.7.7', ident=7)); look('(*,*) from elsewhere')
    s.mfc('0.0.0.0', '0.0.0.0', 0, {2: 1, 0: 1, 1: 1}, ADD_PROXY)
    t[0].send(udp('10.0.0.2', '239.7.7.7', ident=8)); look('two of (*,*)')
    t[1].send(udp('10.0.1.2', '239.7.7.7', ident=9)); look('two of (*,*), both from downstream')
    t[2].send(udp('10.0.2.2', '239.1.1.1', ident=10)); look('(*,G) from elsewhere, with (*,*)')
    s.mfc('0.0.0.0', '239.8.8.8', 0, {1: 1}, ADD_MFC)
    t[0].send(udp('10.0.0.2', '239.8.8.8', ident=11)); look('(*,G) without proxy')
    s.mfc('0.0.0.0', '239.8.8.8', 31, {1: 1, 2: 1}, ADD_PROXY)
    t[0].send(udp('10.0.0.2', '239.8.8.8', ident=12)); look('(*,G) of a vif that is not there')

def pim():
    s = Sock(); say(s.set(INIT, 1))
    t = [Tap('p%d' % i) for i in range(3)]
    for i in range(3): s.vif(i, '10.0.%d.1' % i)
    say(s.vif(3, '0.0.0.0', REGISTER), s.set(PIM, 1)); quiet('ip link set pimreg up'); time.sleep(0.2)
    def look(what):
        say('==', what, [[f[28:] for f in k.recv(0.1)] for k in t], s.recv(0.05), p.recv(0.05), n.heard(0.05)); proc('ip_mr_cache', 'ip_mr_vif')
    p = Sock(103); n = Netlink([30])
    [k.recv(0.1) for k in t]; s.recv(0.1)
    s.mfc('10.0.0.2', '239.1.1.1', 0, {3: 1, 1: 1}); t[0].send(udp('10.0.0.2', '239.1.1.1', ident=1)); look('into the register vif')
    s.mfc('10.0.0.2', '239.1.1.2', 3, {1: 1, 2: 1})
    inner = udp('10.0.0.2', '239.1.1.2', ident=2)[14:]
    def reg(flags=0, first=0x21, inner=inner, whole=False, bad=False):
        h = struct.pack('!BBHI', first, 0, 0, flags)
        c = csum(h + inner if whole else h) ^ (1 if bad else 0)
        return struct.pack('!BBHI', first, 0, c, flags) + inner
    def sendreg(x, dst='10.0.0.1'):
        t[0].send(frame(packet('10.0.0.9', dst, 64, 103, x, 9)))
    sendreg(reg()); look('register')
    sendreg(reg(whole=True)); look('register, sum over all')
    sendreg(reg(bad=True)); look('register, bad sum')
    sendreg(reg(flags=0x40000000)); look('null register')
    sendreg(reg(first=0x20)); look('hello')
    sendreg(reg(first=0x11)); look('PIMv1 register')
    sendreg(reg(inner=udp('10.0.0.2', '10.0.1.2')[14:])); look('register of unicast')
    sendreg(reg(inner=inner[:27])); look('register cut short')
    sendreg(reg(inner=inner[:12])); look('register cut shorter')
    sendreg(reg(inner=udp('10.0.0.2', '239.5.5.5')[14:])); look('register without entry')
    t[0].send(udp('10.0.0.2', '239.1.1.2', ident=3)); look('wrong vif: natively while by register')
    s.mfc('10.0.0.2', '239.1.1.2', 3, {0: 1, 1: 1}); time.sleep(3.1)
    t[0].send(udp('10.0.0.2', '239.1.1.2', ident=4)); look('wrong vif: natively while by register, and it is downstream')
    say('WRVIFWHOLE', [(v, s.set(PIM, v), s.get(PIM), s.get(ASSERT)) for v in (4, 4, 3, 1)]); say(s.set(PIM, 0), s.set(PIM, 4)); time.sleep(3.1)
    t[0].send(udp('10.0.0.2', '239.1.1.2', ident=5)); look('wrong vif, whole')
    say(s.set(PIM, 0), s.get(PIM), s.get(ASSERT)); sendreg(reg()); look('register without PIM')
    sh('ip -s link show pimreg | tail -4')

def pim1():
    'Registers of PIM version 1, which are messages of IGMP.'
    quiet('echo 1 > /proc/sys/net/ipv4/conf/default/rp_filter')
    s = Sock(); say(s.set(INIT, 1))
    t = [Tap('p%d' % i) for i in range(3)]
    for i in range(3): s.vif(i, '10.0.%d.1' % i)
    say(s.vif(3, '0.0.0.0', REGISTER), s.set(PIM, 1)); sh('cat /proc/sys/net/ipv4/conf/pimreg/rp_filter')
    n = Netlink([30])
    def look(what):
        say('==', what, [[f[28:] for f in x.recv(0.05)] for x in t], [m for m in s.recv(0.03) if '0a000009' in m[24:32]], n.heard(0.03)); proc('ip_mr_cache')
    [x.recv(0.2) for x in t]; s.recv(0.1)
    s.mfc('10.0.0.2', '239.1.1.2', 3, {1: 1, 2: 1})
    inner = udp('10.0.0.2', '239.1.1.2', ident=2)[14:]
    def reg(type=0x14, code=1, group='16.0.0.0', inner=inner, whole=True, bad=0):
        h = struct.pack('!BBH4s', type, code, 0, ip(group))
        return h[:2] + struct.pack('!H', csum(h + inner if whole else h) ^ bad) + h[4:] + inner
    def go(what, x, dst='10.0.0.1', opts=b''):
        t[0].send(frame(packet('10.0.0.9', dst, 64, 2, x, 9, opts=opts))); look(what)
    go('register', reg()); go('sum over the header', reg(whole=False)); go('bad sum', reg(bad=1))
    for c in (0, 2): go('code %d' % c, reg(code=c))
    for g in ('0.0.0.0', '32.0.0.0', '16.0.0.1', '0.0.0.16'): go('group %s' % g, reg(group=g))
    go('type 0x13', reg(type=0x13))
    go('unicast', reg(inner=udp('10.0.0.2', '10.0.1.2')[14:])); go('cut', reg(inner=inner[:27])); go('cut shorter', reg(inner=inner[:12])); go('longer', reg(inner=inner + b'abc')); go('empty', reg(inner=b'')); go('no entry', reg(inner=udp('10.0.0.2', '239.5.5.5')[14:]))
    go('total length 0', reg(inner=inner[:2] + b'\0\0' + inner[4:])); go('router alert', reg(), opts=bytes.fromhex('94040000'))
    s.set(PIM, 0); go('without PIM', reg()); s.set(ASSERT, 1); go('with ASSERT', reg()); s.set(PIM, 1); go('again', reg())
    s.vif(3, '0.0.0.0', op=DEL_VIF); go('without the register interface', reg())

def tables():
    n = Netlink([6, 8, 30, 24])
    s = Sock(); o = Sock()
    sh('ip mrule; ip mroute show table all')
    say(o.set(TABLE, 100), o.set(INIT, 1), o.get(VERSION)); sh('ip mrule')
    say(o.vif(0, '10.0.0.1'), o.vif(1, '10.0.1.1'), o.vif(2, '0.0.0.0', REGISTER)); sh('ip link show pimreg100')
    say(s.set(INIT, 1), s.vif(0, '10.0.2.1'), s.vif(1, '10.0.0.1')); proc(); sysctl('all', 'v0', 'v1', 'v2')
    t = [Tap('p%d' % i) for i in range(3)]
    [k.recv(0.1) for k in t]; s.recv(0.1)
    def look(what):
        say('==', what, [[f[28:] for f in k.recv(0.1)] for k in t], s.recv(0.05), o.recv(0.05)); proc('ip_mr_cache')
    o.mfc('10.0.0.2', '239.1.1.1', 0, {1: 1}); s.mfc('10.0.0.2', '239.1.1.1', 1, {0: 1})
    t[0].send(udp('10.0.0.2', '239.1.1.1', ident=1)); look('default rule')
    sh('ip mrule add iif v0 table 100; ip mrule; ip mroute show table all; ip mroute show table 100; ip -s mroute show table 253; ip mroute show table 77')
    t[0].send(udp('10.0.0.2', '239.1.1.1', ident=2)); look('rule by device')
    sh('ip mrule add iif v0 table 77 pref 0; ip mrule add iif v1 prohibit pref 3; ip mrule add iif v2 unreachable pref 4; ip mrule')
    t[0].send(udp('10.0.0.2', '239.1.1.1', ident=3)); look('rule of a table that is not there')
    t[1].send(udp('10.0.1.2', '239.1.1.1', ident=3)); look('prohibited'); t[2].send(udp('10.0.2.2', '239.1.1.1', ident=3)); look('unreachable')
    sh('ip mrule del iif v0 table 77; ip mrule; ip mrule add goto 7 pref 6; ip mrule add fwmark 7 table 0; ip mrule add tos 8 table 3; ip mrule')
    t[0].send(udp('10.0.0.2', '239.2.1.1', ident=4)); look('unreachable')
    t[0].send(udp('10.0.0.2', '239.5.1.1', ident=5)); look('another'); sh('ip mroute show table all')
    sh('ip -4 mrule flush; ip mrule'); 
    t[0].send(udp('10.0.0.2', '239.1.1.1', ident=6)); look('no rules')
    sh('ip mrule add table 253 pref 32767; ip mrule')
    say(o.set(TABLE, 5), o.set(DONE, 1)); sysctl('all', 'v0', 'v1', 'v2'); sh('ip mroute show table all; ip link show pimreg100'); proc()
    o.close(); s.close(); time.sleep(0.1)
    for x in n.heard(): say(x)
    proc(); sysctl('all', 'v0')

def netlink():
    n = Netlink([6, 30]); q = Netlink()
    q.s.setsockopt(270, 11, 1) ; q.s.setsockopt(270, 12, 1)
    s = Sock(); s.set(INIT, 1)
    for i in range(3): s.vif(i, '10.0.%d.1' % i, threshold=i + 1)
    sg = lambda a, b: attr(1, ip(b)) + attr(2, ip(a))
    add = lambda flags=0x400, h=None, more=b'', ty=NEWROUTE: q.ask(ty, flags | 4, (h or rtm(proto=17)) + more)
    hop = lambda vif, ttl, fl=0, ln=8: struct.pack('HBBi', ln, fl, ttl, vif)
    base = sg('10.0.0.2', '239.1.1.1')
    say('nothing', add()); say('no iif', add(more=base)); proc('ip_mr_cache')
    ifi = lambda d: attr(3, struct.pack('i', socket.if_nametoindex(d)))
    say('no hops', add(more=base + ifi('v0'))); proc('ip_mr_cache')
    say('hops', add(more=base + ifi('v0') + attr(9, hop(0, 1) + hop(1, 5) + hop(2, 255)))); proc('ip_mr_cache')
    say('again', add(0x400 | 0x200, more=base + ifi('v0') + attr(9, hop(0, 1) + hop(1, 5)))); proc('ip_mr_cache')
    say('replace', add(0x100, more=base + ifi('v1') + attr(9, hop(0, 7)))); proc('ip_mr_cache')
    say('device that is no vif', add(more=base + ifi('lo'))); say('none such', add(more=base + attr(3, struct.pack('i', 99))))
    say('unicast', add(more=sg('10.0.0.2', '10.1.1.1') + ifi('v0'))); say('no source', add(h=rtm(src_len=0, proto=17), more=attr(1, ip('239.1.1.3')) + ifi('v0') + attr(9, hop(1, 1)))); say('neither', add(h=rtm(0, 0, proto=17), more=ifi('v0'))); proc('ip_mr_cache')
    for k in (dict(dst_len=24), dict(src_len=24), dict(tos=4), dict(scope=253), dict(type=1), dict(flags=1), dict(family=2), dict(table=5), dict(proto=4), dict(proto=17), dict(proto=16)):
        say('header', k, add(h=rtm(**{**dict(proto=17), **k}), more=sg('10.0.0.3', '239.1.1.2') + ifi('v0') + attr(9, hop(1, 1))))
    proc('ip_mr_cache')
    say('table', add(more=sg('10.0.0.3', '239.1.1.4') + ifi('v0') + attr(15, struct.pack('I', 77))), add(more=sg('10.0.0.3', '239.1.1.4') + ifi('v0') + attr(15, struct.pack('I', 253))), add(more=sg('10.0.0.3', '239.1.1.9') + ifi('v0') + attr(15, struct.pack('I', 0))))
    say('attributes', add(more=base + ifi('v0') + attr(5, ip('1.1.1.1'))), add(more=base + ifi('v0') + attr(7, ip('1.1.1.1'))), add(more=base + ifi('v0') + attr(9, hop(1, 1, ln=4))), add(more=base + ifi('v0') + attr(9, hop(40, 1))), add(more=base + ifi('v0') + attr(9, hop(1, 1)[:7])), add(more=attr(1, b'ab') + ifi('v0')), add(more=base + ifi('v0') + attr(9, b''.join(hop(0, 1) for _ in range(40)))), add(more=base + attr(22, b'')), add(more=base + attr(29, b'')))
    say('proxy', add(more=base + ifi('v1') + attr(9, hop(1, 1)) + attr(7, ip('0.0.0.0'))), add(more=base + ifi('v2') + attr(7, b''))); proc('ip_mr_cache'); say(q.ask(DELROUTE, 4, rtm(proto=17) + base + ifi('v1') + attr(7, ip('1.1.1.1'))), q.ask(DELROUTE, 4, rtm(proto=17) + base + ifi('v1') + attr(7, ip('1.1.1.1')))); proc('ip_mr_cache')
    say('prevent', add(more=base + ifi('v0') + attr(9, hop(1, 1)) + attr(31, struct.pack('I', 1))))
    proc('ip_mr_cache')
    s.mfc('10.0.0.9', '239.9.9.9', 1, {2: 3})
    g = lambda more=b'', h=None, flags=0: q.ask(GETROUTE, flags, (h or rtm(type=0)) + more)
    say('get', g(base)); say('get none', g(sg('1.1.1.1', '239.1.1.1'))); say('get star', g(attr(1, ip('239.1.1.3')), rtm(32, 0, type=0))); say('get nothing', g(h=rtm(0, 0, type=0)))
    for k in (dict(dst_len=24), dict(src_len=0), dict(tos=4), dict(scope=253), dict(type=5), dict(flags=1), dict(flags=0x1000), dict(table=5), dict(proto=4)):
        say('get header', k, g(base, rtm(**{**dict(type=0), **k})))
    say('get table', g(base + attr(15, struct.pack('I', 77))), g(base + attr(15, struct.pack('I', 253))), g(base + attr(3, b'\1\0\0\0')), g(attr(1, ip('239.1.1.1'))), g(attr(1, b'a')))
    d = lambda more=b'', h=None, ty=GETROUTE: q.ask(ty, 0x300, (h or rtm(0, 0, type=0)) + more)
    say('dump'); [say(x) for x in d()]
    for k in (dict(dst_len=24), dict(src_len=32), dict(tos=4), dict(scope=253), dict(type=5), dict(type=1), dict(flags=1), dict(flags=0x200), dict(table=5), dict(table=253), dict(proto=4), dict(proto=17)):
        say('dump header', k); [say(x) for x in d(h=rtm(**{**dict(type=0, dst_len=0, src_len=0), **k}))]
    say('dump table', d(attr(15, struct.pack('I', 77))), len(d(attr(15, struct.pack('I', 253)))), d(attr(4, struct.pack('I', 1))), d(ifi('v1')), d(attr(5, ip('1.1.1.1'))))
    u = Netlink(); say('not strict'); [say(x) for x in u.ask(GETROUTE, 0x300, rtm(0, 0, type=0))]; say(u.ask(GETROUTE, 0x300, b'\x80'))
    say('links'); [say(x) for x in q.ask(GETLINK, 0x300, struct.pack('BxHiII', IPMR, 0, 0, 0, 0))]
    for h in (struct.pack('BxHiII', IPMR, 1, 0, 0, 0), struct.pack('BxHiII', IPMR, 0, 3, 0, 0), struct.pack('BxHiII', IPMR, 0, 0, 1, 0), struct.pack('BxHiII', IPMR, 0, 0, 0, 1), struct.pack('BxHiII', IPMR, 0, 0, 0, 0) + attr(3, b'v0\0'), b'\x80'): say('links', h.hex(), q.ask(GETLINK, 0x300, h))
    x = lambda more=b'', h=None, flags=0: q.ask(DELROUTE, flags | 4, (h or rtm(proto=17)) + more)
    say('delete', x(sg('9.9.9.9', '239.1.1.1')), x(base), x(base + ifi('v0')), x(base + ifi('v1')), x(base + ifi('lo'))); proc('ip_mr_cache')
    say('delete', x(sg('10.0.0.3', '239.1.1.2')), x(sg('10.0.0.3', '239.1.1.4') + ifi('v2')), x(sg('10.0.0.9', '239.9.9.9')), x(attr(1, ip('239.1.1.3')), rtm(32, 0, proto=17))); proc('ip_mr_cache')
    say('static'); add(more=sg('10.0.0.7', '239.1.1.7') + ifi('v0') + attr(9, hop(1, 1))); add(h=rtm(proto=4), more=sg('10.0.0.8', '239.1.1.8') + ifi('v0') + attr(9, hop(1, 1))); s.mfc('10.0.0.6', '239.1.1.6', 0, {1: 1}); sh('ip mroute')
    say(s.set(FLUSH, 1)); sh('ip mroute'); say(s.set(FLUSH, 2)); sh('ip mroute')
    add(more=sg('10.0.0.7', '239.1.1.7') + ifi('v0') + attr(9, hop(1, 1))); s.mfc('10.0.0.6', '239.1.1.6', 0, {1: 1})
    say(s.set(FLUSH, 4)); proc('ip_mr_vif'); s.vif(0, '10.0.0.1'); say(s.set(FLUSH, 12)); proc('ip_mr_vif')
    s.vif(0, '10.0.0.1'); add(more=sg('10.0.0.7', '239.1.1.7') + ifi('v0') + attr(9, hop(1, 1)))
    s.close(); time.sleep(0.1); sh('ip mroute'); proc()
    say('without a daemon', add(more=sg('10.0.0.7', '239.1.1.7') + ifi('v0') + attr(9, hop(1, 1))))
    for y in n.heard(): say(y)

def igmp():
    'Which messages of hosts a daemon hears, and which are forwarded.'
    s = Sock(); s.set(INIT, 1); k = Sock()
    t = [Tap('p%d' % i) for i in range(2)]
    for i in range(2): s.vif(i, '10.0.%d.1' % i)
    s.mfc('10.0.0.2', '239.1.1.1', 0, {1: 1})
    def msg(type, group, dst, opts=b'', code=0, src='10.0.0.2', ttl=1):
        b = struct.pack('!BBH4s', type, code, 0, ip(group)); b = b[:2] + struct.pack('!H', csum(b)) + b[4:]
        t[0].send(frame(packet(src, dst, ttl, 2, b, opts=opts)))
    others = lambda l: sorted(m for m in l if m[24:32] != '0a000001')
    def look(what): say(what, others(s.recv(0.1)), others(k.recv(0.05)), [len(x.recv(0.05)) for x in t]); proc('ip_mr_cache')
    [x.recv(0.3) for x in t]; s.recv(); k.recv()
    ra = bytes.fromhex('94040000')
    msg(0x16, '239.1.1.1', '239.1.1.1'); look('report v2')
    msg(0x16, '239.1.1.1', '239.1.1.1', ra); look('report v2, router alert')
    msg(0x16, '239.1.1.1', '239.1.1.1', ra, ttl=9); look('report v2, router alert, TTL 9')
    msg(0x16, '239.1.1.1', '239.1.1.1', ttl=9); look('report v2, TTL 9')
    msg(0x16, '239.1.1.9', '239.1.1.9'); look('report of another group')
    msg(0x17, '239.1.1.1', '224.0.0.2', ra); look('leave')
    msg(0x22, '239.1.1.1', '224.0.0.22', ra); look('report v3')
    quiet('ip maddr show dev v0'); j = Sock(0, socket.SOCK_DGRAM); j.s.setsockopt(0, 35, ip('224.0.0.22') + ip('10.0.0.1')); j.s.setsockopt(0, 35, ip('239.1.1.9') + ip('10.0.0.1')); s.recv(0.3); k.recv(0.1); [x.recv(0.1) for x in t]
    msg(0x22, '239.1.1.1', '224.0.0.22', ra); look('report v3, joined')
    msg(0x16, '239.1.1.9', '239.1.1.9', ra); look('report v2, joined')
    say('IP_ROUTER_ALERT', err(lambda: s.s.setsockopt(0, 5, 1)), err(lambda: k.s.setsockopt(0, 5, 1))); msg(0x16, '239.1.1.5', '239.1.1.5', ra); look('another wants them'); msg(0x16, '239.1.1.5', '239.1.1.5'); look('and without the option')

def unread():
    'Tables and questions at the edges.'
    u = Sock(0, socket.SOCK_DGRAM); c = Sock(1); s = Sock(); o = Sock()
    s.set(INIT, 1); s.vif(0, '10.0.0.1')
    for k in (u, c, s, o): say(k.vifcnt(0), k.vifcnt(1), k.sgcnt('1.1.1.1', '239.1.1.1'), k.ioctl(GETRPF, bytes(40)), k.ioctl(0x89e3, bytes(40)))
    say(o.set(TABLE, 77)); sh('ip mroute show table 77; ip mrule'); say(o.get(ASSERT), o.vifcnt(0), o.vif(0, '10.0.1.1')); proc('ip_mr_vif'); sysctl('all', 'v1')
    o.close(); time.sleep(0.05); sh('ip mroute show table 77'); sysctl('all', 'v1')
    q = Netlink(); [say(x) for x in q.ask(GETLINK, 0x300, struct.pack('BxHiII', IPMR, 0, 0, 0, 0))]
    g = Netlink(); ask = lambda a, b, d: [say(x) for x in g.ask(GETROUTE, 0, rtm(32, 32, type=0, family=2) + attr(1, ip(b)) + attr(2, ip(a)) + attr(3, struct.pack('i', socket.if_nametoindex(d)))) if x[:3] == '24 ']
    ask('10.0.0.2', '239.1.1.1', 'v0'); s.mfc('10.0.0.2', '239.1.1.2', 0, {0: 1}); ask('10.0.0.2', '239.1.1.2', 'v0'); ask('10.0.0.2', '239.1.1.2', 'v1'); s.vif(1, '10.0.1.1'); ask('10.0.0.2', '239.1.1.2', 'v1')
    s.mfc('0.0.0.0', '239.1.1.3', 0, {0: 1}); ask('10.0.0.2', '239.1.1.3', 'v0')
    say([x[:56] for x in s.recv()])
    s.mfc('10.0.0.2', '239.1.1.9', 0, {0: 1}, ADD_PROXY); o = Sock(); say(o.mfc('10.0.0.2', '239.1.1.10', 0, {0: 1}), o.vif(2, '10.0.2.1')); proc()
    s.close(); time.sleep(0.05); proc(); sysctl('all', 'v0', 'v2')
    say(o.set(FLUSH, 15)); proc(); sysctl('all', 'v0', 'v2')

def routes():
    'What `ip route get` and other parts of IP say of groups.'
    s = Sock()
    sh('ip route get 239.1.1.1 from 10.0.0.2 iif v0'); sh('ip route get 239.1.1.1'); sh('ip route get 239.1.1.1 oif v1'); sh('ip route get 224.0.0.5 from 10.0.0.2 iif v0')
    s.set(INIT, 1)
    for i in range(2): s.vif(i, '10.0.%d.1' % i)
    sh('ip route get 239.1.1.1 from 10.0.0.2 iif v0'); sh('ip route get 239.1.1.1 from 10.0.2.2 iif v2'); sh('ip route get 224.0.0.5 from 10.0.0.2 iif v0')
    s.mfc('10.0.0.2', '239.1.1.1', 0, {1: 1})
    sh('ip route get 239.1.1.1 from 10.0.0.2 iif v0'); sh('ip -d route get 239.1.1.1 from 10.0.0.2 iif v0 notify'); sh('ip route get 239.1.1.2 from 10.0.0.2 iif v0'); proc('ip_mr_cache'); say(s.recv())
    sh('ip netconf show dev v0; ip netconf show dev v2'); sh('ip maddr show dev v0; grep -A9 v0 /proc/net/dev_mcast')

def expiry():
    s = Sock(); s.set(INIT, 1); s.vif(0, '10.0.0.1'); n = Netlink([6, 30]); t = Tap('p0')
    s.recv(0.1)
    for i in range(12): t.send(udp('10.0.0.2', '239.1.2.%d' % i)); time.sleep(0.02)
    say([x[:40] for x in s.recv()]); proc('ip_mr_cache'); [say(x) for x in n.heard()]
    time.sleep(7); proc('ip_mr_cache'); time.sleep(4.5); proc('ip_mr_cache'); [say(x) for x in sorted(n.heard())]
    t.send(udp('10.0.0.2', '239.1.3.1')); say(len(s.recv())); s.close(); time.sleep(0.1); proc('ip_mr_cache')

if __name__ == '__main__':
    if sys.argv[1] not in ('-',): links()
    main({k: v for k, v in list(globals().items()) if callable(v)})
