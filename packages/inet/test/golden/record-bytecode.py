#!/usr/bin/env python3
"""Records what the real kernel says of filter programs for sock_diag (bytecode.jsonl). Run as root.

Each program is put to a namespace with one TCP listener, 127.0.0.1:5000 with SO_MARK 0x15, and one connection of IPv6 type to an IPv4 address, of which the dump
asks for the accepted side (local port 5001). A line has the program, the errno of the request, and the local ports of the sockets that it let through.
"""
import json, os, socket, struct, subprocess, sys
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../../../tools/golden'))
from nlask import attr as A, message

NS = 'linnet-record-%d' % os.getpid()
A = lambda t, v: struct.pack('<HH', 4 + len(v), t) + v + b'\0' * ((-len(v)) % 4)
op = lambda code, yes, no: struct.pack('<BBH', code, yes, no)
cond = lambda f, pl, port, addr: struct.pack('<BBHi', f, pl, 0, port) + addr
lo = socket.inet_aton('127.0.0.1')
m = lambda a: bytes(10) + b'\xff\xff' + a

def cases():
    yield 'empty', b''
    yield 'nop only', op(0, 4, 4)
    yield 'nop yes 8', op(0, 8, 4)
    yield 'nop no 8', op(0, 4, 8)
    yield 'nop no 6', op(0, 4, 6)
    yield 'jmp end', op(1, 4, 4)
    yield 'jmp beyond', op(1, 4, 12)
    yield 'reject', op(1, 4, 8)
    yield 'sge short', op(2, 4, 8)
    for name, code in (('sge', 2), ('sle', 3), ('dge', 4), ('dle', 5), ('seq', 11), ('deq', 12)):
        for port in (0, 4999, 5000, 5001, 65535):
            yield '%s %d' % (name, port), op(code, 8, 12) + op(0, 0, port)
        yield name + ' no+4', op(code, 8, 16) + op(0, 0, 5001)
    yield 'sge with code', op(2, 8, 12) + op(7, 9, 5000)
    yield 'auto', op(6, 4, 8)
    yield 'auto no 4', op(6, 4, 4)
    for side, code in (('s', 7), ('d', 8)):
        yield side + 'cond short', op(code, 8, 12) + b'\2\0\0\0'
        yield side + 'cond any', op(code, 12, 16) + cond(0, 0, -1, b'')
        for n in (0, 8, 9, 31, 32, 33):
            yield '%scond v4 /%d' % (side, n), op(code, 16, 20) + cond(2, n, -1, lo)
            yield '%scond v4 other /%d' % (side, n), op(code, 16, 20) + cond(2, n, -1, socket.inet_aton('127.1.1.1'))
        yield side + 'cond v4 without address', op(code, 12, 16) + cond(2, 32, -1, b'')
        for n in (0, 96, 97, 104, 127, 128, 129):
            yield '%scond v6 /%d' % (side, n), op(code, 28, 32) + cond(10, n, -1, m(lo))
            yield '%scond v6 other /%d' % (side, n), op(code, 28, 32) + cond(10, n, -1, m(bytes(4)))
            yield '%scond v6 any /%d' % (side, n), op(code, 28, 32) + cond(10, n, -1, bytes(16))
        yield side + 'cond v6 without address', op(code, 12, 16) + cond(10, 128, -1, b'')
        yield side + 'cond family 7', op(code, 12, 16) + cond(7, 0, -1, b'')
        for port in (0, 5000, 5001, 70000):
            yield '%scond port %d' % (side, port), op(code, 12, 16) + cond(0, 0, port, b'')
            yield '%scond v4 port %d' % (side, port), op(code, 16, 20) + cond(2, 8, port, lo)
    yield 'dev 0', op(9, 8, 12) + struct.pack('<I', 0)
    yield 'dev 1', op(9, 8, 12) + struct.pack('<I', 1)
    yield 'dev short', op(9, 4, 8)
    for v, mask in ((0, 0xff), (1, 0xff), (0x15, 0xff), (5, 0xf), (0x15, 0xf), (0, 0)):
        yield 'mark %x/%x' % (v, mask), op(10, 12, 16) + struct.pack('<II', v, mask)
    yield 'mark short', op(10, 8, 12) + struct.pack('<I', 1)
    yield 'cgroup 1', op(13, 12, 16) + struct.pack('<Q', 1)
    yield 'cgroup 2', op(13, 12, 16) + struct.pack('<Q', 2)
    yield 'cgroup 1<<32', op(13, 12, 16) + struct.pack('<Q', 1 + (1 << 32))
    yield 'cgroup short', op(13, 8, 12) + struct.pack('<I', 2)
    for code in (14, 15, 255):
        yield 'op %d' % code, op(code, 4, 8)
    yield 'yes 0', op(0, 0, 4)
    yield 'yes 2', op(0, 2, 4)
    yield 'yes beyond', op(0, 8, 4)
    yield 'no 0', op(1, 4, 0)
    yield 'no 2', op(1, 4, 2)
    yield 'jump into an argument', op(1, 4, 8) + op(2, 8, 12) + op(0, 0, 1)
    yield 'jump behind', op(1, 4, 12) + op(2, 8, 12) + op(0, 0, 1)
    yield 'jump to reject', op(1, 4, 16) + op(2, 8, 12) + op(0, 0, 1)
    yield 'two bytes more', op(0, 4, 4) + b'\0\0'
    yield 'or', op(11, 8, 12) + op(0, 0, 7) + op(11, 8, 12) + op(0, 0, 5001)
    yield 'first or second', op(11, 8, 12) + op(0, 0, 5000) + op(1, 4, 12) + op(11, 8, 12) + op(0, 0, 5001)
    yield 'and', op(2, 8, 20) + op(0, 0, 5000) + op(3, 8, 12) + op(0, 0, 5000)
    yield 'not', op(11, 8, 12) + op(0, 0, 5000) + op(1, 4, 8)

def child(path):
    l = socket.socket(); l.setsockopt(1, 2, 1); l.setsockopt(1, 36, 0x15); l.bind(('127.0.0.1', 5000)); l.listen(5)
    l6 = socket.socket(socket.AF_INET6); l6.setsockopt(1, 2, 1); l6.bind(('::', 5001)); l6.listen(3)
    c = socket.create_connection(('127.0.0.1', 5001)); a, _ = l6.accept(); l6.close()
    s = socket.socket(16, 3, 4); s.bind((0, 0))
    with open(path, 'w') as f:
        for name, code in cases():
            ports = []
            errno = 0
            for fam, states in ((2, 1 << 10), (10, 1 << 1)):
                body = struct.pack('<BBBBI', fam, 6, 0, 0, states) + bytes(48) + A(1, code)
                s.send(message(20, 0x301, body, 1))
                end = False
                while not end:
                    b = s.recv(1 << 16)
                    at = 0
                    while at + 16 <= len(b):
                        n, t = struct.unpack_from('<IH', b, at)
                        if t == 20:
                            ports.append(struct.unpack_from('>H', b, at + 20)[0])
                        elif t in (2, 3):
                            end = True
                            errno = errno or struct.unpack_from('<i', b, at + 16)[0]
                        at += (n + 3) & ~3
            f.write(json.dumps({'name': name, 'code': code.hex(), 'errno': errno, 'ports': ports}) + '\n')

def main():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'bytecode.jsonl')
    subprocess.run(('ip', 'netns', 'add', NS), check=True)
    try:
        subprocess.run(('ip', '-n', NS, 'link', 'set', 'lo', 'up'), check=True)
        subprocess.run(('ip', 'netns', 'exec', NS, sys.executable, os.path.abspath(__file__), 'child', path), check=True)
    finally:
        subprocess.run(('ip', 'netns', 'del', NS), check=True)

if len(sys.argv) > 1:
    child(sys.argv[2])
else:
    main()
