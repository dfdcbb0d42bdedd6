#!/usr/bin/env python3
"""Puts questions to the kernel of the network namespace that it runs in. One JSON object a line on stdin, one answer a line on stdout.

{"sock": NAME, "proto": N, "hex": REQUEST}    sends on the netlink socket of that name (made when first named) and answers {"rc", "in": [HEX, ...]}: all that is queued then
{"sock": NAME, "proto": N, "opt": [N, V]}     a socket option of level SOL_NETLINK
{"sock": NAME, "proto": N, "bind": GROUPS}    binds to a port of the kernel's choice
{"sock": NAME, "proto": N, "read": true}      reads only
{"ethtool": IFNAME, "hex": BUFFER}            the ioctl SIOCETHTOOL; answers {"rc", "hex"}: the buffer as the kernel left it
rc is 0 or a negative errno.
"""
import ctypes
import fcntl
import json
import socket
import struct
import sys

SOL_NETLINK = 270
SIOCETHTOOL = 0x8946
socks = {}


def sock(q):
    s = socks.get(q["sock"])
    if s is None:
        s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, q["proto"])
        socks[q["sock"]] = s
    return s


def drain(s):
    out = []
    while True:
        try:
            out.append(s.recv(1 << 20).hex())
        except BlockingIOError:
            return out
        except OSError as e:
            out.append("errno %d" % e.errno)


def answer(q):
    if "ethtool" in q:
        data = bytes.fromhex(q["hex"])
        buf = ctypes.create_string_buffer(data, len(data))
        ifr = struct.pack("16sQ16x", q["ethtool"].encode(), ctypes.addressof(buf))
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            fcntl.ioctl(s.fileno(), SIOCETHTOOL, ifr)
            rc = 0
        except OSError as e:
            rc = -e.errno
        finally:
            s.close()
        return {"rc": rc, "hex": buf.raw.hex()}
    try:
        s = sock(q)
        if "opt" in q:
            s.setsockopt(SOL_NETLINK, q["opt"][0], q["opt"][1])
        if "bind" in q:
            s.bind((0, q["bind"]))
        if "hex" in q:
            s.sendto(bytes.fromhex(q["hex"]), (0, 0))
    except OSError as e:
        return {"rc": -e.errno, "in": []}
    return {"rc": 0, "in": drain(s) if "hex" in q or "read" in q else []}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
