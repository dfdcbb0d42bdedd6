# What a kernel does with extension headers: routing headers of segment routing and of others, jumbograms, and the socket options that send and show them. Runs in a namespace of a real kernel and,
# by the preload library, inside a Linnet machine: what it prints is the same.
import re
from mroute6 import *

TAPS = []
KEEP = ('Ip6InHdrErrors Ip6InTooBigErrors Ip6InNoRoutes Ip6InAddrErrors Ip6InUnknownProtos Ip6InTruncatedPkts Ip6InDelivers Ip6OutForwDatagrams Ip6OutNoRoutes Ip6ReasmReqds '
        'Ip6ReasmOKs Ip6FragFails Ip6FragCreates Icmp6InMsgs Icmp6InErrors Icmp6OutErrors Icmp6InCsumErrors Icmp6OutParmProblems Icmp6OutDestUnreachs Icmp6OutTimeExcds Icmp6OutPktTooBigs '
        'Icmp6OutEchoReplies Icmp6OutRedirects Udp6InDatagrams Udp6NoPorts Udp6InErrors Udp6InCsumErrors').split()
ME, OWN, PEER, OTHER, THIRD, INNER = 'fd00:0::1', 'fd00:1::1', 'fd00:0::2', 'fd00:1::2', 'fd00:2::2', 'fd00:5::1'

def conf(name, value, where=('all', 'v0')):
    for w in where: write('conf/%s/%s' % (w, name), str(value))

def begin(forward=1):
    links6()
    write('auto_flowlabels', '0'); write('icmp/ratelimit', '0')
    for n in ('icmp_msgs_per_sec', 'icmp_msgs_burst'):
        with open('/proc/sys/net/ipv4/' + n, 'w') as f: f.write('100000')
    quiet('ip -6 addr add %s/128 dev lo nodad' % INNER)
    conf('forwarding', forward)
    TAPS.extend(Tap6('p%d' % i) for i in range(3))
    for t in TAPS: t.recv(0.2)

def counters():
    out = {}
    for path in ('snmp6', 'dev_snmp6/v0'):
        with open('/proc/net/' + path) as f:
            for line in f:
                k, v = line.split()[:2]
                if k in KEEP: out[path[:3] + k] = int(v)
    return out

SEQ = [0]

def echo(n=8, src=PEER, dst=ME, ident=0x1234, seq=1):
    b = struct.pack('!BBHHH', 128, 0, 0, ident, seq) + bytes(i & 255 for i in range(n))
    return b[:2] + struct.pack('!H', csum6(src, dst, 58, b)) + b[4:]

def u6(n=8, src=PEER, dst=ME, sport=1000, dport=2000, length=None):
    b = struct.pack('!HHHH', sport, dport, 8 + n if length is None else length, 0) + bytes(i & 255 for i in range(n))
    return b[:6] + struct.pack('!H', csum6(src, dst, 17, b) or 0xffff) + b[8:]

def pkt(next, payload, src=PEER, dst=ME, hops=64, plen=None):
    return struct.pack('!IHBB', 6 << 28, len(payload) if plen is None else plen, next, hops) + ip6(src) + ip6(dst) + payload

def away(p, link=0, mac=None):
    d = p[24:40]
    to = bytes.fromhex(mac) if mac else b'\x33\x33' + d[12:] if d[0] == 0xff else bytes.fromhex('0200000001%02x' % link)
    TAPS[link].send(to + bytes.fromhex('0200000000aa') + b'\x86\xdd' + p)

def frames():
    'What came out since: all that is behind the answer to an echo request, which is sent last.'
    SEQ[0] += 1
    away(pkt(58, echo(4, ident=0x7777, seq=SEQ[0])))
    out = []; mark = False; end = time.time() + 5
    while not mark and time.time() < end:
        for t in select.select([t.s for t in TAPS], [], [], 0.5)[0]:
            i = [x.s for x in TAPS].index(t)
            f, a = t.recvfrom(200000)
            if a[2] == 4 or control(f): continue
            p = f[14:]
            if p[6] == 58 and p[40] == 129 and p[44:46] == b'\x77\x77': mark = p[46:48] == struct.pack('!H', SEQ[0]); continue
            out.append('%d>%s %s' % (i, f[:6].hex()[-4:], p.hex()))
    # What another link brings may be read after the answer.
    while True:
        r = select.select([t.s for t in TAPS], [], [], 0.01)[0]
        if not r: break
        for t in r:
            f, a = t.recvfrom(200000)
            if a[2] != 4 and not control(f): out.append('%d>%s %s' % ([x.s for x in TAPS].index(t), f[:6].hex()[-4:], f[14:].hex()))
    if not mark: out.append('no answer')
    return sorted(out)

def send(what, *packets, link=0, mac=None):
    before = counters()
    for p in packets: away(p, link, mac)
    out = frames()
    after = counters()
    say(what, *out, *['%s+%d' % (k, after[k] - before.get(k, 0)) for k in after if after[k] != before.get(k, 0)])

def srh(next, left, segs, last=None, flags=0, tag=0, tlvs=b'', hlen=None, type=4):
    b = b''.join(ip6(s) if isinstance(s, str) else s for s in segs) + tlvs
    return struct.pack('!BBBBBBH', next, len(b) // 8 if hlen is None else hlen, type, left, (len(segs) - 1) & 255 if last is None else last, flags, tag) + b

def opts(next, o):
    b = bytes([next, 0]) + o
    pad = -len(b) & 7
    b += b'\0' if pad == 1 else bytes([1, pad - 2]) + bytes(pad - 2) if pad else b''
    return bytes([next, len(b) // 8 - 1]) + b[2:]

def srh_settings():
    'Who takes segment routing at all, and what becomes of the header behind the last segment.'
    begin()
    two = pkt(43, srh(17, 1, [OTHER, ME]) + u6(dst=OTHER))
    end = pkt(43, srh(58, 0, [ME, 'fd00:9::9']) + echo())
    for a, v in ((0, 0), (1, 0), (0, 1), (-1, 1), (2, 2), (1, 1)):
        write('conf/all/seg6_enabled', str(a)); write('conf/v0/seg6_enabled', str(v))
        send('enabled %d %d' % (a, v), two); send('end %d %d' % (a, v), end)
    tlv = bytes([5, 38, 0, 0]) + struct.pack('!I', 7) + bytes(32)
    for r in (0, 1, -1):
        conf('seg6_require_hmac', r)
        send('require %d' % r, two); send('require %d: hmac' % r, pkt(43, srh(17, 1, [OTHER, ME], tlvs=tlv, flags=8) + u6(dst=OTHER))); send('require %d: end' % r, end)
        send('require %d: hmac, no flag' % r, pkt(43, srh(17, 1, [OTHER, ME], tlvs=tlv) + u6(dst=OTHER)))
        send('require %d: end with hmac' % r, pkt(43, srh(58, 0, [ME], tlvs=tlv, flags=8) + echo()))
    conf('seg6_require_hmac', 0)
    send('no routing header, to a link-local', pkt(58, echo(dst='fe80::2'), dst='fe80::2')); send('again', pkt(58, echo(dst=PEER), dst=PEER))
    conf('forwarding', 0, ('all', 'v0', 'v1', 'v2')); send('no router', two); send('no router: end', end)
    send('no router: own', pkt(43, srh(58, 1, [INNER, ME]) + echo(dst=INNER)))

def srh_endpoint():
    begin(); conf('seg6_enabled', 1)
    e = lambda left, segs, dst=ME, hops=64, inner=None, **kw: pkt(43, srh(58, left, segs, **kw) + (inner or echo(dst=segs[0] if isinstance(segs[0], str) else ME)), dst=dst, hops=hops)
    send('to another', e(1, [OTHER, ME])); send('two more', e(2, [THIRD, OTHER, ME])); send('first', e(2, [OTHER, 'fd00:1::9', ME])); send('three', e(3, [THIRD, OTHER, OTHER, ME]))
    send('back', e(1, [PEER, ME])); send('own, then over', e(1, [INNER, ME])); send('own twice', e(2, [INNER, ME, ME])); send('own, then another', e(2, [OTHER, INNER, ME])); send('own many', e(5, [OTHER, INNER, ME, INNER, ME, INNER], hops=9))
    send('itself', e(1, [ME, ME])); send('addressed to another of ours', e(1, [OTHER, 'fd00:1::1'], dst='fd00:1::1'))
    for d in ('ff02::1', 'ff1e::1', '::', '::1', 'fe80::2', 'fd00:99::1', '::ffff:10.0.0.1', 'fd00:0::'): send('next is ' + d, e(1, [d, ME]))
    for h in (0, 1, 2, 3): send('hops %d' % h, e(1, [OTHER, ME], hops=h)); send('hops %d, own' % h, e(1, [INNER, ME], hops=h)); send('hops %d, own then another' % h, e(2, [OTHER, INNER, ME], hops=h)); send('hops %d, end' % h, e(0, [ME], hops=h))
    for dst in ('ff02::1', 'ff1e::1'): send('to ' + dst, e(1, [OTHER, ME], dst=dst)); send('end, to ' + dst, e(0, [ME], dst=dst))
    send('broadcast', e(1, [OTHER, ME]), mac='ffffffffffff')
    send('transit', e(1, [THIRD, OTHER], dst=OTHER)); send('transit, wrong', e(9, [THIRD], dst=OTHER, last=5)); send('transit to nowhere', e(1, [THIRD, 'fd00:77::1'], dst='fd00:77::1'))
    send('from ::', pkt(43, srh(58, 1, [OTHER, ME]) + echo(), src='::')); send('from a link-local', pkt(43, srh(58, 1, [OTHER, ME]) + echo(), src='fe80::9')); send('from ourselves', pkt(43, srh(58, 1, [OTHER, ME]) + echo(), src=ME))
    quiet('ip link set v1 mtu 1280')
    for n in (1200, 1192, 1193, 1400): send('too large %d' % n, e(1, [OTHER, ME], inner=echo(n - 8, dst=OTHER)))
    quiet('ip link set v1 down'); send('no link', e(1, [OTHER, ME]))

def srh_wrong():
    'Headers that do not hold together.'
    begin(); conf('seg6_enabled', 1)
    tail = echo(dst=OTHER)
    for left in (0, 1, 2, 3, 200, 255):
        for last in (0, 1, 2, 5, 255):
            for segs in ([], [OTHER], [OTHER, ME]): send('left %d last %d of %d' % (left, last, len(segs)), pkt(43, srh(58, left, segs, last=last) + tail))
    two = [OTHER, ME]
    for hlen in (0, 1, 2, 3, 5, 6, 7, 255): send('hlen %d' % hlen, pkt(43, srh(58, 1, two, hlen=hlen) + tail)); send('hlen %d, end' % hlen, pkt(43, srh(58, 0, [ME, ME], hlen=hlen) + echo()))
    for flags in (1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0xff): send('flags %x' % flags, pkt(43, srh(58, 1, two, flags=flags, tag=77) + tail)); send('flags %x, end' % flags, pkt(43, srh(58, 0, [ME], flags=flags) + echo()))
    for t in ('0000000000000000', '0400000000000000', '0406000000000000', '0406010203040506', '0405000000000000', '0407000000000000', '00', '0102030405060708', '7f06000000000000', '0526000000000007', '0506000000000000', '05260000' + '00' * 36, '0502000000000000', '0602000000000000'):
        b = bytes.fromhex(t); b += bytes(-len(b) & 7)
        send('tlv ' + t, pkt(43, srh(58, 1, two, tlvs=b) + tail)); send('end, tlv ' + t, pkt(43, srh(58, 0, [ME], tlvs=b) + echo()))
    send('twice', pkt(43, srh(43, 1, two) + srh(58, 1, [THIRD, OTHER]) + tail)); send('twice, both end', pkt(43, srh(43, 0, [ME]) + srh(58, 0, [ME]) + echo()))
    for name, next, b in (('udp', 17, u6()), ('unknown', 253, b'x' * 16), ('none', 59, b''), ('none with bytes', 59, b'xyz'), ('ipv6', 41, pkt(58, echo())), ('ipv6 to another', 41, pkt(17, u6(dst=OTHER), dst=OTHER)),
        ('ipv6, last', 41, pkt(17, u6(dst=OTHER), dst=OTHER, hops=1)), ('ipv6 cut', 41, pkt(58, echo())[:30]), ('ipv6 of version 4', 41, b'\x45' + pkt(58, echo())[1:]), ('ipv4', 4, b'\x45' + bytes(27)), ('ethernet', 143, bytes(40)), ('tcp', 6, b'\x03\xe8\x07\xd0' + bytes(8) + b'\x50\x02' + bytes(6))):
        send('end before ' + name, pkt(43, srh(next, 0, [ME]) + b)); send('one left before ' + name, pkt(43, srh(next, 1, two) + b))
    for name, b in (('hop-by-hop', 0), ('destination options', 60)): send('end behind ' + name, pkt(b, opts(43, b'') + srh(58, 0, [ME]) + echo()))
    send('before destination options', pkt(43, srh(60, 1, two) + opts(58, b'\x1e\0') + tail)); send('end before destination options', pkt(43, srh(60, 0, [ME]) + opts(58, b'\x1e\0') + echo())); send('end before a bad option', pkt(43, srh(60, 0, [ME]) + opts(58, b'\x83\0') + echo()))
    whole = srh(58, 1, two) + echo(100, dst=OTHER); fr = lambda off, more, b: pkt(44, struct.pack('!BBHI', 43, 0, off | more, 99) + b)
    send('in fragments', fr(0, 1, whole[:64]), fr(64, 0, whole[64:])); whole = srh(58, 0, [ME]) + echo(100); send('end in fragments', fr(0, 1, whole[:64]), fr(64, 0, whole[64:]))
    inner = srh(44, 1, two) + struct.pack('!BBHI', 58, 0, 0, 5) + tail; send('before a fragment header', pkt(43, inner))
    for n in range(0, 40, 8): send('cut after %d' % n, pkt(43, srh(58, 1, two)[:n]))

def others():
    'Other routing headers, and the settings that let them in.'
    begin()
    rh = lambda type, left, segs, **kw: pkt(43, srh(58, left, segs, type=type, last=0, **kw) + echo())
    for accept in (-1, 0, 1):
        conf('accept_source_route', accept)
        for type in (0, 1, 2, 5):
            for left, segs in ((0, []), (0, [ME]), (1, [OTHER]), (1, []), (1, [OTHER, OTHER]), (2, [OTHER])): send('accept %d type %d left %d of %d' % (accept, type, left, len(segs)), rh(type, left, segs))
    for type in (2, 3): send('type %d to a group' % type, pkt(43, srh(58, 1, [OTHER], type=type, last=0) + echo(), dst='ff02::1'))
    for n in (0, 8): send('type 3 cut %d' % n, pkt(43, srh(58, 1, [OTHER], type=3, last=0)[:n]))

def rpl():
    begin()
    def r(left, segs, ci=0, ce=0, pad=0, next=58, dst=ME, hops=64, extra=b'', body=None):
        b = b''.join(ip6(s)[ci if i < len(segs) - 1 else ce:] for i, s in enumerate(segs)) + bytes(pad) + extra
        return pkt(43, struct.pack('!BBBBBBH', next, len(b) // 8, 3, left, ci << 4 | ce, pad << 4, 0) + b + (body or echo(dst=segs[-1] if segs else ME)), dst=dst, hops=hops)
    for a, v in ((0, 0), (1, 0), (0, 1)): write('conf/all/rpl_seg_enabled', str(a)); write('conf/v0/rpl_seg_enabled', str(v)); send('enabled %d %d' % (a, v), r(1, [OTHER])); send('end %d %d' % (a, v), r(0, [OTHER]))
    conf('rpl_seg_enabled', 1)
    send('one', r(1, [OTHER])); send('two', r(2, [OTHER, THIRD])); send('second', r(1, [PEER, OTHER])); send('end', r(0, [ME], body=echo())); send('end of three', r(0, [ME, PEER, OTHER], body=echo()))
    send('short, the same link', r(1, ['fd00:0::2'], 8, 8, 0)); send('shorter', r(1, ['fd00:0::2'], 15, 15, 7)); send('two, short', r(2, ['fd00:0::2', 'fd00:0::9'], 15, 15, 6)); send('mixed, second', r(1, ['fd00:0::2', OTHER], 15, 0, 7)); send('mixed the other way', r(2, [OTHER, 'fd00:1::9'], 0, 15, 7))
    send('left too many', r(2, [OTHER])); send('left far too many', r(200, [OTHER])); send('none', r(1, [])); send('none, end', r(0, [], body=echo()))
    send('own', r(1, [INNER])); send('own in between', r(2, [OTHER, INNER])); send('own first', r(2, [INNER, OTHER]))
    for d in ('ff02::1', '::', '::1', 'fe80::2', 'fd00:99::1'): send('next is ' + d, r(1, [d])); send('last is ' + d, r(2, [OTHER, d]))
    for h in (0, 1, 2): send('hops %d' % h, r(1, [OTHER], hops=h)); send('hops %d, own' % h, r(1, [INNER], hops=h))
    send('pad 15', r(1, [OTHER], pad=8, extra=bytes(8))); send('transit', r(1, [THIRD], dst=OTHER)); send('end before nothing', r(0, [ME], next=59, body=b'x')); send('end before unknown', r(0, [ME], next=253, body=b'x' * 8))
    inner = pkt(58, echo()); send('end before ipv6', r(0, [ME], next=41, body=inner)); send('end before udp', r(0, [ME], next=17, body=u6()))

NAMES = {1: 'ADDRFORM', 2: '2292PKTINFO', 3: '2292HOPOPTS', 4: '2292DSTOPTS', 5: '2292RTHDR', 6: '2292PKTOPTIONS', 7: 'CHECKSUM', 8: '2292HOPLIMIT', 9: 'NEXTHOP', 10: 'AUTHHDR', 49: 'RECVPKTINFO', 50: 'PKTINFO', 51: 'RECVHOPLIMIT', 52: 'HOPLIMIT', 53: 'RECVHOPOPTS', 54: 'HOPOPTS', 55: 'RTHDRDSTOPTS', 56: 'RECVRTHDR', 57: 'RTHDR', 58: 'RECVDSTOPTS', 59: 'DSTOPTS'}

def kinds():
    return (('udp', socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)), ('tcp', socket.socket(socket.AF_INET6, socket.SOCK_STREAM)), ('raw', socket.socket(socket.AF_INET6, socket.SOCK_RAW, 89)), ('icmp', socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58)))

def setopt(s, opt, val, level=41):
    if isinstance(val, int): val = struct.pack('i', val)
    r = err(lambda: s.setsockopt(level, opt, val))
    return 'ok' if r is None else r

def getopt(s, opt, n=4, level=41):
    r = err(lambda: s.getsockopt(level, opt, n))
    return r if isinstance(r, (str, int)) else r.hex()

def cmsg(s, data, to, control, port=2000):
    return err(lambda: s.sendmsg([data], control, 0, (to, port) if to else ()))

def options():
    'Every option of the RFCs 2292 and 3542, with values of each length, as options and as control messages.'
    begin()
    rt = srh(0, 1, [OTHER, ME]); ho = opts(0, b'\x1e\0')
    VALUES = (b'', b'\1', struct.pack('i', 1), struct.pack('i', 0), struct.pack('i', -1), struct.pack('i', 2), struct.pack('i', 10), bytes(8), struct.pack('ii', 1, 1), ho, ho + bytes(8), ho[:6], rt, ip6(OTHER) + struct.pack('i', 0), ip6(ME) + struct.pack('i', 0), sin6(OTHER), sin6(PEER), bytes(2048))
    for name, s in kinds():
        for o in sorted(NAMES):
            if o == 7 and name == 'raw': continue
            say(name, NAMES[o], getopt(s, o), getopt(s, o, 1), getopt(s, o, 64), [setopt(s, o, v) for v in VALUES], getopt(s, o), getopt(s, o, 64)); setopt(s, o, b''); setopt(s, o, 0)
    for o in (12, 13, 14, 28, 30, 36, 38, 40, 43, 44, 45, 46, 47, 48, 60, 61, 63, 65, 69, 71, 72, 79, 81, 82):
        for name, s in kinds(): say(name, o, getopt(s, o), getopt(s, o, 1), getopt(s, o, 100), setopt(s, o, b''), setopt(s, o, b'\1'), setopt(s, o, bytes(8)), getopt(s, o))

def controls():
    begin()
    rt = srh(0, 1, [OTHER, ME]); ho = opts(0, b'\x1e\0'); pi = lambda a, i=0: ip6(a) + struct.pack('i', i)
    VALUES = (b'', b'\1', struct.pack('i', 1), struct.pack('i', -2), struct.pack('i', 256), ho, ho + bytes(8), ho[:6], rt, pi('::'), pi(ME), pi(INNER), pi(OTHER), sin6(OTHER), sin6(PEER), sin6('::'))
    for name, s in kinds()[:1] + kinds()[2:]:
        if name == 'udp': s.bind(('::', 1000))
        for o in sorted(NAMES):
            for v in VALUES:
                r = cmsg(s, b'\x80\0\0\0abcd', PEER, [(41, o, v)], 2000 if name == 'udp' else 0)
                say(name, NAMES[o], v.hex(), r, frames() if r == 8 else '')
        say(name, cmsg(s, b'x', PEER, [(41, 99, b'')], 2000 if name == 'udp' else 0), cmsg(s, b'\x80\0\0\0', PEER, [(0, 99, b'')], 2000 if name == 'udp' else 0), frames())

def seg_send():
    'Packets with a segment routing header of the sender, and what is heard of them.'
    begin(); conf('seg6_enabled', 1)
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind(('::', 1000))
    good = [('one', srh(0, 1, ['::', OTHER])), ('two', srh(0, 2, ['::', THIRD, OTHER])), ('zero left', srh(0, 0, ['::'])), ('zero left of two', srh(0, 0, ['::', OTHER])), ('one left of three', srh(0, 1, ['::', THIRD, OTHER])), ('own', srh(0, 1, ['::', ME])), ('filled', srh(0, 1, [PEER, OTHER])),
        ('padded', srh(0, 1, ['::', OTHER], tlvs=bytes.fromhex('0406000000000000'))), ('flags', srh(0, 1, ['::', OTHER], flags=0xff, tag=5)), ('hmac', srh(0, 1, ['::', OTHER], flags=8, tlvs=bytes([5, 38, 0, 0, 0, 0, 0, 1]) + bytes(32))), ('pad1', srh(0, 1, ['::', OTHER], tlvs=bytes(8))),
        ('type 0', srh(0, 1, [OTHER], type=0, last=0)), ('type 2', srh(0, 1, [OTHER], type=2, last=0)), ('type 2, two', srh(0, 1, [OTHER, OTHER], type=2, last=0)), ('type 2 none left', srh(0, 0, [OTHER], type=2, last=0)), ('type 3', srh(0, 1, [OTHER], type=3, last=0)), ('left too many', srh(0, 2, ['::', OTHER])), ('last too many', srh(0, 1, ['::', OTHER], last=2)),
        ('last too few', srh(0, 1, ['::', OTHER], last=0)), ('none', srh(0, 0, [], last=0)), ('odd', srh(0, 1, ['::', OTHER, bytes(8)], last=1)), ('half', srh(0, 1, ['::', bytes(8)], last=1)), ('group', srh(0, 1, ['::', 'ff1e::1'])), ('::', srh(0, 1, ['::', '::'])), ('tlv', srh(0, 1, ['::', OTHER], tlvs=b'\x7f\x06' + bytes(6))), ('tlv cut', srh(0, 1, ['::', OTHER], tlvs=b'\x7f\x07' + bytes(6)))]
    for name, h in good:
        say(name, 'control', cmsg(s, b'hello', PEER, [(41, 57, h)]), frames())
        say(name, 'option', setopt(s, 57, h), getopt(s, 57, 100), err(lambda: s.sendto(b'hello', (PEER, 2000))), frames(), 'cleared', setopt(s, 57, b''), getopt(s, 57, 100))
        say(name, 'old control', cmsg(s, b'hello', PEER, [(41, 5, h)]), frames())
    h = srh(0, 1, ['::', OTHER]); hop = opts(0, b'\x1e\0'); dst = opts(0, b'\x1e\1\0'); pre = opts(0, b'\x1e\2\0\0')
    say('all', cmsg(s, b'hello', PEER, [(41, 54, hop), (41, 55, pre), (41, 57, h), (41, 59, dst)]), frames()); say('rthdrdstopts alone', cmsg(s, b'hello', PEER, [(41, 55, pre)]), frames()); say('rest', cmsg(s, b'hello', PEER, [(41, 54, hop), (41, 59, dst)]), frames())
    say(setopt(s, 57, h), setopt(s, 59, dst), setopt(s, 54, hop), setopt(s, 55, pre)); say('all as options', err(lambda: s.sendto(b'hello', (PEER, 2000))), frames()); say('large', err(lambda: s.sendto(b'x' * 2000, (PEER, 2000))), [f[:300] + ' %d' % len(f) for f in no_ids(frames())]); say('to a group', err(lambda: s.sendto(b'x', ('ff1e::9', 2000))), frames()); say([setopt(s, o, b'') for o in (54, 55, 59)])
    say('connected', setopt(s, 57, h), err(lambda: s.connect((PEER, 2000))), s.getsockname()[:2], err(lambda: s.send(b'hi')), frames())
    s.settimeout(0.3)
    # An answer to what it sent: the quoted packet is on its way to the first segment.
    out = pkt(43, srh(17, 1, [PEER, OTHER]) + u6(2, src=OWN, dst=PEER), src=OWN, dst=OTHER)
    for code in (0, 1, 4):
        quoted = struct.pack('!BBHI', 1, code, 0, 0) + out; quoted = quoted[:2] + struct.pack('!H', csum6(OTHER, OWN, 58, quoted)) + quoted[4:]
        setopt(s, 25, 1); away(pkt(58, quoted, src=OTHER, dst=OWN)); say('unreachable %d' % code, err(lambda: s.recv(10)), err(lambda: [(d[:6], [(a, b, c[:44].hex()) for a, b, c in m], f, n[:2]) for d, m, f, n in [s.recvmsg(100, 500, 0x2000)]])); setopt(s, 25, 0)
    t = socket.socket(socket.AF_INET6, socket.SOCK_STREAM); t.setblocking(False); say('tcp', setopt(t, 57, h), err(lambda: t.connect((PEER, 2000)))); syn = frames(); say([f[:167] for f in syn])
    out = bytes.fromhex(syn[0].split()[1]); quoted = struct.pack('!BBHI', 1, 1, 0, 0) + out; quoted = quoted[:2] + struct.pack('!H', csum6(OTHER, OWN, 58, quoted)) + quoted[4:]
    away(pkt(58, quoted, src=OTHER, dst=OWN)); time.sleep(0.05); say('tcp, unreachable', t.getsockopt(1, 4)); t.close()
    r = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 89); say('raw', cmsg(r, b'hello', PEER, [(41, 57, h)], 0), frames(), setopt(r, 57, h), err(lambda: r.sendto(b'raw', (PEER, 0))), frames())
    p = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58); say('icmp', cmsg(p, b'\x80\0\0\0\0\1\0\1', PEER, [(41, 57, h)], 0), frames())

def no_ids(fs):
    'Identifications of fragments are each kernel\'s own.'
    return [re.sub(r'(3c00[0-9a-f]{4})[0-9a-f]{8}', r'\1........', f) for f in fs]

def seg_recv():
    'What sockets are told of headers: IPV6_RECVRTHDR, IPV6_RECVHOPOPTS, IPV6_RECVDSTOPTS, their old forms, IPV6_2292PKTOPTIONS.'
    begin(); conf('seg6_enabled', 1); conf('rpl_seg_enabled', 1); conf('accept_source_route', 1)
    for new in (1, 0):
        s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind(('::', 2000)); s.settimeout(0.3)
        r = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 17); r.settimeout(0.3)
        for x in (s, r):
            for o in ((56, 53, 58, 49, 51, 66) if new else (5, 3, 4, 2, 8, 11)): setopt(x, o, 1)
        for name, p in (('plain', pkt(17, u6())), ('end', pkt(43, srh(17, 0, [ME, OTHER]) + u6())), ('own', pkt(43, srh(17, 1, [INNER, ME]) + u6(dst=INNER))), ('tlv', pkt(43, srh(17, 0, [ME], tlvs=bytes.fromhex('0406000000000000')) + u6())), ('type 0', pkt(43, srh(17, 0, [OTHER], type=0, last=0) + u6())),
            ('type 2', pkt(43, srh(17, 0, [OTHER], type=2, last=0) + u6())), ('type 3', pkt(43, srh(17, 0, [OTHER], type=3, last=0) + u6())), ('type 5', pkt(43, srh(17, 0, [OTHER], type=5, last=0) + u6())), ('all', pkt(0, opts(60, b'\x1e\0') + opts(43, b'\x1e\1\0') + srh(60, 0, [ME]) + opts(17, b'\x1e\2\0\0') + u6())),
            ('all with type 0', pkt(0, opts(60, b'\x1e\0') + opts(43, b'\x1e\1\0') + srh(60, 0, [ME], type=0, last=0) + opts(17, b'\x1e\2\0\0') + u6())), ('type 0 behind options', pkt(60, opts(43, b'\x1e\1\0') + srh(17, 0, [ME], type=0, last=0) + u6())), ('two', pkt(43, srh(43, 0, [ME]) + srh(17, 0, [ME, ME]) + u6())), ('options', pkt(60, opts(17, b'\x1e\0') + u6())), ('options twice', pkt(60, opts(60, b'\x1e\0') + opts(17, b'\x1e\1\0') + u6())), ('hop', pkt(0, opts(17, b'\x1e\0') + u6())), ('atomic', pkt(60, opts(44, b'\x1e\0') + struct.pack('!BBHI', 60, 0, 0, 9) + opts(17, b'\x1e\1\0') + u6()))):
            away(p)
            for w, x in (('udp', s), ('raw', r)):
                say(new, name, w, err(lambda: [(d.hex(), [(a, b, c.hex()) for a, b, c in m], f, n[:2]) for d, m, f, n in [x.recvmsg(1000, 2000)]]))
        s.close(); r.close()
    send('closed port behind', pkt(43, srh(17, 0, [ME]) + u6(dport=9)))

def old_options():
    'IPV6_2292PKTOPTIONS: a set of headers.'
    begin(); conf('seg6_enabled', 1)
    ho, rt = opts(0, b'\x1e\0'), srh(0, 1, ['::', OTHER])
    cm = lambda *c: b''.join(struct.pack('Qii', 16 + len(d), 41, t) + d + bytes(-len(d) & 7) for t, d in c)
    for name, s in kinds():
        if name == 'udp': s.bind(('::', 1000))
        for what, v in (('empty', b''), ('hop', cm((54, ho))), ('old hop', cm((3, ho))), ('rthdr', cm((57, rt))), ('old rthdr', cm((5, rt))), ('both', cm((54, ho), (59, ho))), ('hop limit', cm((8, struct.pack('i', 7)))), ('pktinfo', cm((2, ip6(ME) + bytes(4)))), ('bad', cm((54, ho[:6]))), ('junk', b'x' * 20), ('short', b'xyz'), ('unknown', cm((99, b'')))):
            say(name, what, setopt(s, 6, v), [getopt(s, o, 100) for o in (54, 55, 57, 59)], getopt(s, 6, 200))
            if name == 'udp': say(err(lambda: s.sendto(b'hi', (PEER, 2000))), frames())
            if name == 'udp': setopt(s, 6, b'')

def jumbo_frames():
    'Jumbo payload options of each wrong form, over a link; and those of a true jumbogram over lo.'
    begin()
    J = lambda n: b'\xc2\4' + struct.pack('!I', n)
    data = echo(100)
    for name, o in (('small', J(100)), ('65535', J(65535)), ('65536', J(65536)), ('0', J(0)), ('max', J(0xffffffff)), ('right', J(8 + len(data))), ('misplaced', b'\1\0' + J(70000)), ('misplaced by one', b'\0' + J(70000)), ('misplaced by three', b'\1\1\0' + J(70000)), ('on 4n+2 behind padding', b'\1\2\0\0' + J(70000)), ('long', b'\xc2\5\0\1\1\1\1'), ('short', b'\xc2\3\0\1\1'), ('none', b'\xc2\0'), ('twice', J(70000) + b'\1\0' + J(70000)), ('behind router alert', b'\5\2\0\0' + J(70000))):
        b = opts(58, o) + data
        for plen in (None, 0, 1, len(b) + 1): send('%s, %s' % (name, plen), pkt(0, b, plen=plen))
        send('%s, as destination option' % name, pkt(60, b)); send('%s, to another' % name, pkt(0, b, dst=OTHER, plen=0)); send('%s, to a group' % name, pkt(0, b, dst='ff02::1', plen=0)); send('%s, with length, to a group' % name, pkt(0, b, dst='ff02::1'))
    send('no length, no jumbo', pkt(0, opts(58, b'') + data, plen=0)); send('no length, no options', pkt(58, data, plen=0)); send('no length, destination options', pkt(60, opts(58, b'') + data, plen=0)); send('no length, no jumbo, to another', pkt(0, opts(58, b'') + data, plen=0, dst=OTHER))
    fr = opts(44, J(70000)) + struct.pack('!BBHI', 58, 0, 1, 7) + data; send('and a fragment', pkt(0, fr, plen=0), pkt(0, fr))

def jumbo():
    links6(1); quiet('ip link set lo mtu 200000'); write('auto_flowlabels', '0')
    sh('ip link show lo | grep -o "mtu [0-9]*"; ip link set v0 mtu 65535; ip link set p0 mtu 65535; ip link show v0 | grep -o "mtu [0-9]*"; ip link set v0 mtu 65536; cat /proc/sys/net/ipv6/conf/lo/mtu /proc/sys/net/ipv6/conf/v0/mtu')
    t = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x86dd)); t.bind(('lo', 0x86dd)); t.setblocking(False)
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind(('::1', 2000)); s.settimeout(0.15); s.setsockopt(1, 33, 1 << 22)
    r = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 17); r.settimeout(0.15); r.setsockopt(1, 33, 1 << 22)
    def j(next, body, n=None, o=b''): return struct.pack('!IHBB', 6 << 28, 0, 0, 64) + ip6('::1') + ip6('::1') + struct.pack('!BBBBI', next, 0, 0xc2, 4, 8 + len(body) if n is None else n) + body
    def go(what, p):
        before = counters_lo()
        e = err(lambda: t.send(bytes(12) + b'\x86\xdd' + p)); time.sleep(0.05)
        got = []
        for x in (s, r):
            while True:
                try: d, a = x.recvfrom(300000); got.append((len(d), csum(d), a[:2])); x.settimeout(0.02)
                except OSError: break
            x.settimeout(0.15)
        after = counters_lo()
        say(what, e, got, *['%s+%d' % (k, after[k] - before.get(k, 0)) for k in after if after[k] != before.get(k, 0)])
    def u(n, length=None, **kw): return u6(n, '::1', '::1', length=length, **kw)
    def ub(n):
        b = struct.pack('!HHHH', 1000, 2000, 0, 0) + bytes(i & 255 for i in range(n))
        return b[:6] + struct.pack('!H', big_csum(b)) + b[8:]
    def big_csum(b):
        n = sum(struct.unpack('!%dH' % ((len(b) + 1) // 2), b + b'\0' * (len(b) & 1))) + sum(struct.unpack('!16H', ip6('::1') * 2)) + (len(b) >> 16) + (len(b) & 0xffff) + 17
        while n >> 16: n = (n >> 16) + (n & 0xffff)
        return ~n & 0xffff or 0xffff
    for n in (100, 65519, 65520, 65527, 65528, 66000, 100000, 150000): go('udp %d' % n, j(17, ub(n)))
    go('udp, length 0, no jumbogram', pkt(17, u(20, 0), src='::1', dst='::1')); go('udp, length 0, no data', pkt(17, u(0, 0), src='::1', dst='::1')); go('udp, length 7', pkt(17, u(20, 7), src='::1', dst='::1'))
    big = ub(70000); go('udp with a length', j(17, struct.pack('!HHHH', 1000, 2000, 108, 0) + big[8:])); go('cut', j(17, big, 8 + len(big) + 1)); go('longer than it says', j(17, big + b'xyz', 8 + len(big)))
    echo_ = echo(70000, '::1', '::1'); go('echo', j(58, echo_)); go('unknown', j(253, bytes(70000))); go('options', j(60, opts(17, b'\x1e\0') + ub(70000)))
    go('fragment', j(44, struct.pack('!BBHI', 17, 0, 0, 7) + ub(70000))); go('fragment with more', j(44, struct.pack('!BBHI', 17, 0, 1, 7) + ub(70000)))
    h = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 255)
    for n in (100, 65000, 70000): before = counters_lo(); say('hdrincl %d' % n, err(lambda: h.sendto(j(17, ub(n)), ('::1', 0)))); time.sleep(0.05); say([(len(x.recv(300000))) for x in (s, r) if select.select([x], [], [], 0.1)[0]])
    o = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    for n in (65487, 65507, 65508, 65527, 65528, 65535, 65536, 70000): say('send %d' % n, err(lambda: o.sendto(b'x' * n, ('::1', 2000))), [(len(x.recv(300000))) for x in (s, r) if select.select([x], [], [], 0.1)[0]])
    r2 = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 17)
    for n in (65535, 65536, 70000): say('raw send %d' % n, err(lambda: r2.sendto(b'x' * n, ('::1', 0))), [(len(x.recv(300000))) for x in (s, r) if select.select([x], [], [], 0.1)[0]])
    for n in (65527, 65528, 70000): say('with a jumbo option of its own', n, cmsg(o, b'x' * n, '::1', [(41, 54, b'\0\0\xc2\4' + struct.pack('!I', 16 + n))]), [(len(x.recv(300000))) for x in (s, r) if select.select([x], [], [], 0.1)[0]])
    say('small with one', cmsg(o, b'x' * 20, '::1', [(41, 54, b'\0\0\xc2\4' + struct.pack('!I', 70000))]), [(len(x.recv(300000))) for x in (s, r) if select.select([x], [], [], 0.1)[0]])

def counters_lo():
    with open('/proc/net/snmp6') as f: return {l.split()[0]: int(l.split()[1]) for l in f if l.split()[0] in KEEP}

def again(s):
    'The same socket, of the family that it has now.'
    s = socket.socket(fileno=os.dup(s.fileno())); s.settimeout(1)
    return s

def addrform():
    begin()
    quiet('ip addr add 10.5.5.5/32 dev lo')
    form = lambda s, v=2: setopt(s, 1, v)
    def show(s): return getopt(s, 1), err(lambda: s.getsockname()), err(lambda: s.getpeername()), getopt(s, 39, 4, 1), getopt(s, 26), getopt(s, 16), getopt(s, 2, 4, 0), getopt(s, 1, 4, 0), setopt(s, 67, 8), setopt(s, 1, 16, 0), getopt(s, 1, 4, 0)
    def tables(): 
        time.sleep(0.05)
        for n in ('tcp', 'tcp6', 'udp', 'udp6'):
            with open('/proc/net/' + n) as f: say(n, sorted(' '.join(l.split()[1:4]) for l in f.read().split('\n')[1:] if l))
        with open('/proc/net/sockstat') as f: say([l.split(' orphan')[0].split(' mem')[0].strip() for l in f if l[:4] in ('TCP:', 'UDP:')])
        with open('/proc/net/sockstat6') as f: say([l.strip() for l in f if l[:5] in ('TCP6:', 'UDP6:')])
    for name, s in kinds():
        say(name, 'fresh', [form(s, v) for v in (2, 10, 0, -1, b'', b'\2')])
    l = socket.socket(socket.AF_INET6, socket.SOCK_STREAM); l.bind(('::', 3000)); say('bound', form(l)); l.listen(); say('listening', form(l))
    c = socket.socket(socket.AF_INET6, socket.SOCK_STREAM); c.bind(('::ffff:127.0.0.1', 3001)); say('bound to mapped', form(c)); c.connect(('::ffff:127.0.0.1', 3000)); a = l.accept()[0]
    tables()
    say('before', show(c)); say('tcp', [form(c, v) for v in (10, 3, b'\2')], form(c), show(c), 'again', form(c)); tables()
    say('accepted', form(a), show(a)); tables()
    for x, y in ((a, c), (c, a)):
        for n in (5, 100000):
            x.settimeout(1); y.settimeout(1); x.sendall(b'x' * n); got = 0
            while got < n: got += len(y.recv(65536))
            say('sent', n, got)
    a.send(b'q'); say(c.recvfrom(10))
    say('ttl', setopt(c, 2, 9, 0), getopt(c, 2, 4, 0), setopt(c, 12, 1, 0))
    c = again(c); x = y = None; c.close(); say(a.recv(10)); a.close(); tables()
    n = socket.socket(socket.AF_INET6, socket.SOCK_STREAM); n.bind(('::', 3002)); n.connect(('::1', 3000)); a = l.accept()[0]; say('not mapped', form(n), form(a)); n.close(); a.close()
    u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); say('udp', form(u)); u.bind(('::', 4000)); say('bound', form(u)); u.connect(('::1', 4001)); say('to ::1', form(u)); 
    v = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); v.bind(('127.0.0.1', 4001)); v.settimeout(1)
    u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); u.bind(('::ffff:127.0.0.1', 4002)); u.connect(('::ffff:127.0.0.1', 4001)); u.settimeout(1); setopt(u, 20, ip6('ff02::5') + struct.pack('i', socket.if_nametoindex('v0'))); setopt(u, 49, 1); setopt(u, 8, 1, 0)
    v.sendto(b'early', ('127.0.0.1', 4002)); tables(); say('connected', show(u), form(u), show(u), 'again', form(u)); tables(); sh('ip -6 maddr show dev v0 | grep -c ff02::5')
    u = again(u); say(u.family, u.send(b'one'), v.recvfrom(10), u.recvfrom(10), u.sendto(b'two', ('127.0.0.1', 4001)), v.recvfrom(10)); v.sendto(b'back', ('127.0.0.1', 4002)); say([(d, [(a, b) for a, b, c in m], f, n) for d, m, f, n in [u.recvmsg(10, 100)]])
    say('bind', err(lambda: u.bind(('127.0.0.1', 4009))), 'connect', err(lambda: u.connect(('127.0.0.1', 4010))), u.getpeername(), 'to nobody', err(lambda: u.send(b'x')), err(lambda: u.recv(10)))
    say('unconnect', err(lambda: u.connect(('0.0.0.0', 0)))); tables(); u.close(); tables()
    o = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); setopt(o, 26, 1); say('v6only', err(lambda: o.connect(('::ffff:127.0.0.1', 4001))), form(o))
    with open('/proc/sys/net/ipv4/ping_group_range', 'w') as f: f.write('0 0')
    r = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 89); r.connect(('::1', 0)); say('raw', form(r)); d = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM, 58); d.connect(('::1', 0)); say('ping', form(d))
    u4 = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); say('of IPv4', setopt(u4, 1, 2), getopt(u4, 1))

def stream_routing():
    'Streams with a routing header: the way is that to the first segment, though there is none to the other end.'
    begin(); conf('seg6_enabled', 1)
    far = '2001:db8:77::2'
    h = srh(0, 1, ['::', OTHER])
    def tcp(f): return f.split()[0], f.split()[1][:160], f.split()[1][184:188]
    t = socket.socket(socket.AF_INET6, socket.SOCK_STREAM); t.setblocking(False)
    say('no way', err(lambda: t.connect((far, 2000))))
    say(setopt(t, 57, h), err(lambda: t.connect((far, 2000))), [tcp(f) for f in frames()])
    # Every route is looked for again.
    quiet('ip -6 route add unreachable 2001:db8:78::/48'); quiet('ip -6 route del unreachable 2001:db8:78::/48')
    time.sleep(1.2); say('again', [tcp(f) for f in frames()][-1:], t.getsockopt(1, 4)); t.close()
    l = socket.socket(socket.AF_INET6, socket.SOCK_STREAM); l.bind(('::', 3000)); l.listen(); say('listener', setopt(l, 57, h))
    def seg(flags, seq, ack): b = struct.pack('!HHIIBBHHH', 1000, 3000, seq, ack, 5 << 4, flags, 1000, 0, 0); return pkt(6, b[:16] + struct.pack('!H', csum6(far, ME, 6, b)) + b[18:], src=far)
    away(seg(2, 1, 0)); back = frames(); say('a way back', [tcp(f) for f in back])
    away(seg(16, 2, (int(back[0].split()[1][168:176], 16) + 1) & 0xffffffff)); l.settimeout(1); a = l.accept()[0]; say('accepted', a.getpeername()[0], getopt(a, 57, 100), frames())
    quiet('ip -6 route add unreachable 2001:db8:78::/48'); quiet('ip -6 route del unreachable 2001:db8:78::/48')
    say('inherited', err(lambda: a.send(b'x')), [tcp(f) for f in frames()], setopt(a, 57, h), err(lambda: a.send(b'y')), [tcp(f) for f in frames()][:1]); a.close()

def jumbo_nobody():
    'Jumbograms that nobody waits for.'
    links6(1); quiet('ip link set lo mtu 200000'); write('icmp/ratelimit', '0')
    t = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x86dd)); t.bind(('lo', 0x86dd)); t.setblocking(False)
    def all_():
        out = {}
        for path in ('snmp6', 'dev_snmp6/lo'):
            with open('/proc/net/' + path) as f: out.update((l.split()[0], int(l.split()[1])) for l in f if 'Octets' not in l and (path[0] == 'd') != (l[:3] == 'Udp'))
        return out
    def big(next, b, at):
        n = sum(struct.unpack('!%dH' % (len(b) // 2), b)) + sum(struct.unpack('!16H', ip6('::1') * 2)) + (len(b) >> 16) + (len(b) & 0xffff) + next
        while n >> 16: n = (n >> 16) + (n & 0xffff)
        return b[:at] + struct.pack('!H', ~n & 0xffff or 0xffff) + b[at + 2:]
    def go(what, next, body):
        before = all_(); t.send(bytes(12) + b'\x86\xdd' + struct.pack('!IHBB', 6 << 28, 0, 0, 64) + ip6('::1') + ip6('::1') + struct.pack('!BBBBI', next, 0, 0xc2, 4, 8 + len(body)) + body); time.sleep(0.05)
        after = all_(); say(what, *['%s+%d' % (k, after[k] - before.get(k, 0)) for k in after if after[k] != before.get(k, 0)])
    for n in (100, 65520, 70000):
        go('udp %d' % n, 17, big(17, struct.pack('!HHHH', 1000, 9, 0, 0) + bytes(n), 6)); go('udp without a checksum %d' % n, 17, struct.pack('!HHHH', 1000, 9, 0, 0) + bytes(n)); go('udp with a bad one %d' % n, 17, struct.pack('!HHHH', 1000, 9, 0, 1) + bytes(n))
        go('tcp %d' % n, 6, big(6, struct.pack('!HHIIBBHHH', 1000, 9, 1, 0, 5 << 4, 2, 1000, 0, 0) + bytes(n), 16)); go('icmp %d' % n, 58, big(58, struct.pack('!BBHHH', 200, 0, 0, 0, 0) + bytes(n), 2)); go('unknown %d' % n, 253, bytes(n)); go('nothing %d' % n, 59, bytes(n))

def addrform_connect():
    'connect() of a stream of IPv6 that became one of IPv4.'
    links6(); quiet('ip addr add 10.5.5.5/32 dev lo')
    l = socket.socket(socket.AF_INET6, socket.SOCK_STREAM); l.bind(('::', 3000)); l.listen()
    c = socket.socket(socket.AF_INET6, socket.SOCK_STREAM); c.connect(('::ffff:127.0.0.1', 3000)); a = l.accept()[0]
    for name, s in (('connected', c), ('accepted', a)):
        say(name, setopt(s, 1, 2)); f = again(s); f.settimeout(None)
        say([err(lambda: f.connect(x)) for x in (('127.0.0.1', 3000), ('10.5.5.5', 3000), ('127.0.0.1', 9))]); say('bind', err(lambda: f.bind(('127.0.0.1', 0))), 'listen', err(lambda: f.listen())); f.close()
    f = again(c); say('shut', err(lambda: f.shutdown(2)), err(lambda: f.connect(('127.0.0.1', 3000)))); a.close(); time.sleep(0.1); say('ended', err(lambda: f.connect(('127.0.0.1', 3000))), err(lambda: f.connect(('127.0.0.1', 3000))))

def own_reports():
    'Which of the messages that the machine itself sends to groups a raw socket hears.'
    begin(0)
    write('conf/v0/mldv2_unsolicited_report_interval', '50'); write('conf/v0/mldv1_unsolicited_report_interval', '50')
    def heard(s, wait=0.7):
        out = []
        while select.select([s], [], [], wait)[0]:
            d, a = s.recvfrom(2000); out.append((d.hex(), a[0].split('%')[0])); wait = 0.3
        return out
    mr = lambda g, dev='v0': ip6(g) + struct.pack('i', socket.if_nametoindex(dev))
    s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58); u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    setopt(u, 20, mr('ff1e::77')); say('nobody listens', heard(s))
    say(setopt(s, 20, mr('ff02::16'))); first = heard(s); say('ff02::16', len(first) > 0, sorted(set(first)))
    setopt(u, 20, mr('ff1e::78')); x = heard(s); say('join', len(x) > 0, sorted(set(x))); setopt(u, 21, mr('ff1e::78')); x = heard(s); say('leave', len(x) > 0, sorted(set(x)))
    quiet('ip -6 addr add fd00:0::99/64 dev v0'); say('detection of duplicates', any(ip6('ff02::1:ff00:99').hex() in d for d, a in heard(s, 1.5)))
    write('conf/v0/ndisc_notify', '1'); quiet('ip link set v0 address 02:00:00:00:01:77'); say('advertisements', sorted(set(heard(s))))
    o = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); err(lambda: o.sendto(b'x', ('fd00:0::88', 9))); setopt(s, 20, mr('ff02::1:ff00:88')); x = heard(s, 1.5); say('solicitations', sorted(set(d[:2] for d, a in x)))
    write('conf/v0/force_mld_version', '1'); say(setopt(s, 20, mr('ff02::2'))); heard(s); setopt(u, 20, mr('ff1e::79')); x = heard(s); say('v1 join, not in the group', len(x) > 0, sorted(set(x)))
    setopt(s, 20, mr('ff1e::80')); x = heard(s); say('v1 join, in the group', len(x) > 0, sorted(set(x))); setopt(u, 21, mr('ff1e::79')); x = heard(s); say('v1 leave', len(x) > 0, sorted(set(x)))

if __name__ == '__main__':
    main({k: v for k, v in list(globals().items()) if callable(v)})
