"""Plays scenarios of socket calls on the real kernel: reads a JSON list of scenarios, each a list of steps, and prints the results of all steps (see scenario.ts)."""
import ctypes
import json
import mmap
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time

libc = ctypes.CDLL(None, use_errno=True)
libc.recvmsg.restype = libc.sendmsg.restype = ctypes.c_ssize_t
SOL_SOCKET, SCM_RIGHTS, SCM_CREDENTIALS = 1, 1, 2
NONBLOCK, DONTWAIT, NOSIGNAL = 0o4000, 0x40, 0x4000


class Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]


class Msghdr(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_void_p), ("namelen", ctypes.c_uint32), ("iov", ctypes.POINTER(Iovec)), ("iovlen", ctypes.c_size_t),
        ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t), ("flags", ctypes.c_int),
    ]


class Mmsghdr(ctypes.Structure):
    _fields_ = [("hdr", Msghdr), ("len", ctypes.c_uint)]


class Pollfd(ctypes.Structure):
    _fields_ = [("fd", ctypes.c_int), ("events", ctypes.c_short), ("revents", ctypes.c_short)]


def ret(n):
    return n if n >= 0 else -ctypes.get_errno()


def address(a):
    if a is None:
        return struct.pack("<H", 0) + bytes(14)
    if "raw" in a:
        return bytes.fromhex(a["raw"])
    path = bytes.fromhex(a["un"])
    return struct.pack("<H", 1) + path + (b"\0" if path and path[0] else b"")


def show_name(raw):
    if len(raw) < 2:
        return None
    if struct.unpack("<H", raw[:2])[0] != 1:
        return raw.rstrip(b"\0").hex()
    path = raw[2:]
    if re.fullmatch(rb"\0[0-9a-f]{5}", path):
        return "auto"
    if path and path[0]:
        path = path.split(b"\0")[0]
    return path.hex()


class Player:
    def __init__(self):
        self.fds = {}
        self.rings = {}

    def fd(self, name):
        return self.fds.get(name, -1)

    def take(self, name, fd):
        if fd >= 0:
            if name in self.fds:
                os.close(self.fds[name])
            self.fds[name] = fd
            return 0
        return -ctypes.get_errno()

    def op_socket(self, name, family, kind, proto=0):
        return self.take(name, libc.socket(family, kind | NONBLOCK, proto))

    def op_pair(self, a, b, family, kind):
        sv = (ctypes.c_int * 2)()
        n = libc.socketpair(family, kind | NONBLOCK, 0, sv)
        if n < 0:
            return ret(n)
        self.take(a, sv[0])
        self.take(b, sv[1])
        return 0

    def op_bind(self, s, addr):
        a = address(addr)
        return ret(libc.bind(self.fd(s), a, len(a)))

    def op_connect(self, s, addr):
        a = address(addr)
        return ret(libc.connect(self.fd(s), a, len(a)))

    def op_listen(self, s, backlog):
        return ret(libc.listen(self.fd(s), backlog))

    def op_accept(self, s, name):
        return self.take(name, libc.accept4(self.fd(s), None, None, NONBLOCK))

    def op_send(self, s, data, flags=0, addr=None, control=()):
        body = bytes.fromhex(data) if isinstance(data, str) else b"x" * data
        buf = ctypes.create_string_buffer(body, len(body))
        iov = Iovec(ctypes.addressof(buf), len(body))
        msg = Msghdr(None, 0, ctypes.pointer(iov), 1, None, 0, 0)
        if addr is not None:
            a = address(addr)
            abuf = ctypes.create_string_buffer(a, len(a))
            msg.name, msg.namelen = ctypes.addressof(abuf), len(a)
        ctl = b""
        for c in control:
            if "fds" in c:
                body2, kind = b"".join(struct.pack("<i", self.fd(f)) for f in c["fds"]), SCM_RIGHTS
            elif "cred" in c:
                body2, kind = struct.pack("<iII", os.getpid(), os.getuid(), os.getgid()), SCM_CREDENTIALS
            else:
                body2, kind = bytes.fromhex(c["data"]), c["type"]
            ctl += struct.pack("<Qii", 16 + len(body2), SOL_SOCKET, kind) + body2 + bytes(-len(body2) % 8)
        if ctl:
            cbuf = ctypes.create_string_buffer(ctl, len(ctl))
            msg.control, msg.controllen = ctypes.addressof(cbuf), len(ctl)
        return ret(libc.sendmsg(self.fd(s), ctypes.byref(msg), flags | DONTWAIT | NOSIGNAL))

    def op_recv(self, s, size, flags=0, room=1024, names=()):
        buf = ctypes.create_string_buffer(max(size, 1))
        iov = Iovec(ctypes.addressof(buf), size)
        abuf = ctypes.create_string_buffer(128)
        cbuf = ctypes.create_string_buffer(max(room, 1))
        msg = Msghdr(ctypes.addressof(abuf), 128, ctypes.pointer(iov), 1, ctypes.addressof(cbuf), room, 0)
        n = libc.recvmsg(self.fd(s), ctypes.byref(msg), flags | DONTWAIT)
        if n < 0:
            return ret(n)
        ctl, raw, off = [], cbuf.raw[: msg.controllen], 0
        while off + 16 <= len(raw):
            length, level, kind = struct.unpack_from("<Qii", raw, off)
            if length < 16:
                break
            body = raw[off + 16 : off + length]
            off += (length + 7) & ~7
            if level == SOL_SOCKET and kind == SCM_RIGHTS:
                got = [struct.unpack_from("<i", body, i)[0] for i in range(0, len(body) - 3, 4)]
                ctl.append({"fds": len(got)})
                for i, fd in enumerate(got):
                    if i < len(names):
                        self.take(names[i], fd)
                    else:
                        os.close(fd)
            elif level == SOL_SOCKET and kind == SCM_CREDENTIALS and len(body) == 12:
                pid, uid, gid = struct.unpack("<iII", body)
                ctl.append({"cred": "self" if pid == os.getpid() else f"{pid} {uid} {gid}"})
            elif level == SOL_SOCKET:
                ctl.append({"type": kind, "len": len(body)})
            else:
                ctl.append({"level": level, "type": kind, "data": body.hex()})
        data = buf.raw[: min(n, size)]
        shown = data.hex() if len(data) <= 256 else f"{len(data)} bytes"
        return {"n": n, "data": shown, "name": show_name(abuf.raw[: msg.namelen]), "ctl": ctl, "flags": msg.flags & ~0x40000000}

    def op_sendmany(self, s, bodies, flags=0):
        msgs, keep = (Mmsghdr * max(len(bodies), 1))(), []
        for m, body in zip(msgs, bodies):
            b = bytes.fromhex(body) if isinstance(body, str) else b"x" * body
            buf = ctypes.create_string_buffer(b, len(b))
            iov = Iovec(ctypes.addressof(buf), len(b))
            keep += [buf, iov]
            m.hdr = Msghdr(None, 0, ctypes.pointer(iov), 1, None, 0, 0)
        n = libc.sendmmsg(self.fd(s), msgs, len(bodies), flags | DONTWAIT | NOSIGNAL)
        return ret(n) if n < 0 else [m.len for m in msgs[:n]]

    def op_recvmany(self, s, sizes, flags=0):
        msgs, keep = (Mmsghdr * max(len(sizes), 1))(), []
        for m, size in zip(msgs, sizes):
            buf, name = ctypes.create_string_buffer(max(size, 1)), ctypes.create_string_buffer(128)
            iov = Iovec(ctypes.addressof(buf), size)
            keep.append((buf, name, iov))
            m.hdr = Msghdr(ctypes.addressof(name), 128, ctypes.pointer(iov), 1, None, 0, 0)
        n = libc.recvmmsg(self.fd(s), msgs, len(sizes), flags | DONTWAIT, None)
        if n < 0:
            return ret(n)
        return [[m.len, k[0].raw[: min(m.len, size)].hex(), show_name(k[1].raw[: m.hdr.namelen]), m.hdr.flags] for m, k, size in zip(msgs[:n], keep, sizes)]

    def op_shutdown(self, s, how):
        return ret(libc.shutdown(self.fd(s), how))

    def op_close(self, s):
        fd = self.fds.pop(s, -1)
        return ret(libc.close(fd))

    def op_dup(self, s, name):
        return self.take(name, libc.dup(self.fd(s)))

    def name_of(self, call, s):
        buf = ctypes.create_string_buffer(128)
        length = ctypes.c_uint32(128)
        n = call(self.fd(s), buf, ctypes.byref(length))
        return ret(n) if n < 0 else show_name(buf.raw[: length.value])

    def op_sockname(self, s):
        return self.name_of(libc.getsockname, s)

    def op_peername(self, s):
        return self.name_of(libc.getpeername, s)

    def op_setopt(self, s, opt, value, level=SOL_SOCKET):
        b = struct.pack("<i", value) if isinstance(value, int) else bytes.fromhex(value)
        if level == SOL_SOCKET and opt in (26, 51) and len(b) >= 8:
            prog = ctypes.create_string_buffer(b, len(b))
            b = struct.pack("<HxxxxxxQ", len(b) // 8, ctypes.addressof(prog))
            return ret(libc.setsockopt(self.fd(s), level, opt, b, len(b)))
        return ret(libc.setsockopt(self.fd(s), level, opt, b, len(b)))

    def op_getopt(self, s, opt, size=64, level=SOL_SOCKET):
        buf = ctypes.create_string_buffer(max(size, 1))
        # SO_GET_FILTER counts instructions
        unit = 8 if level == SOL_SOCKET and opt == 26 else 1
        length = ctypes.c_uint32(size // unit)
        n = libc.getsockopt(self.fd(s), level, opt, buf, ctypes.byref(length))
        if n < 0:
            return ret(n)
        value = buf.raw[: length.value * unit]
        if opt == 17 and len(value) == 12:
            pid, uid, gid = struct.unpack("<iii", value)
            return "self" if pid == os.getpid() else f"{pid} {uid} {gid}"
        return value.hex()

    def op_poll(self, s):
        p = Pollfd(self.fd(s), 0x23FF, 0)
        n = libc.poll(ctypes.byref(p), 1, 0)
        return ret(n) if n < 0 else p.revents

    def op_ioctl(self, s, cmd):
        v = ctypes.c_int(0)
        n = libc.ioctl(self.fd(s), ctypes.c_ulong(cmd), ctypes.byref(v))
        return ret(n) if n < 0 else v.value

    def op_unlink(self, path):
        return ret(libc.unlink(bytes.fromhex(path)))

    def ring(self, s):
        if s not in self.rings:
            self.rings[s] = mmap.mmap(self.fd(s), 8192)
        return self.rings[s]

    def op_ring(self, s, parts):
        """Bytes of the memory that a socket shares, at each of some offsets."""
        return [self.ring(s)[at : at + n].hex() for at, n in parts]

    def op_ringset(self, s, at, value):
        self.ring(s)[at : at + 4] = struct.pack("<I", value)
        return 0

    def op_diag(self, request, flags=0x301):
        """Asks sock_diag: the payloads of all answers (or the error), and the inode number of each socket."""
        body = bytes.fromhex(request)
        nl = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4)
        nl.send(struct.pack("<IHHII", 16 + len(body), 20, flags, 1, 0) + body)
        out, done = [], False
        while not done:
            part, off = nl.recv(1 << 17), 0
            while off < len(part):
                length, kind, _, _, _ = struct.unpack_from("<IHHII", part, off)
                if kind == 2:
                    out.append(struct.unpack_from("<i", part, off + 16)[0])
                elif kind != 3:
                    out.append(part[off + 16 : off + length].hex())
                done = done or kind in (2, 3) or not flags & 0x300
                off += (length + 3) & ~3
        nl.close()
        return {"answers": out, "inos": {name: os.fstat(fd).st_ino for name, fd in self.fds.items()}}

    def op_sh(self, command):
        """Prepares the namespace."""
        subprocess.run(command, shell=True, check=True)
        return 0

    def op_pause(self, ms=50):
        """Lets the kernel finish what it does in the background."""
        time.sleep(ms / 1000)
        return 0

    def op_fill(self, s, size, addr=None):
        """Sends messages of one size until no more fits."""
        total = count = 0
        while count < 100000:
            n = self.op_send(s, size, 0, addr)
            if n < 0:
                return [count, total, n]
            total += n
            count += 1
        return [count, total, 0]

    def play(self, steps):
        out = []
        for step in steps:
            out.append(getattr(self, "op_" + step[0])(*step[1:]))
        for ring in self.rings.values():
            ring.close()
        for fd in self.fds.values():
            os.close(fd)
        return out


results = []
for steps in json.load(sys.stdin):
    with tempfile.TemporaryDirectory() as home:
        os.chdir(home)
        results.append(Player().play(steps))
        os.chdir("/")
json.dump(results, sys.stdout)
