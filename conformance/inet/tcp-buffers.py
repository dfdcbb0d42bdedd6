"""The sizes that a new connection over lo gets, at many MTUs and with buffers that the user has fixed: one line each. The same program runs on the real kernel and on a Linnet machine."""
import socket
import struct
import subprocess


def sh(command):
    subprocess.run(command, shell=True, check=True)


def asked(s):
    info = s.getsockopt(6, 11, 256)
    # Buffers, MSS; window scales, rcv_mss, rcv_ssthresh, rcv_space, segments in, delivered.
    word = lambda off: struct.unpack_from('<I', info, off)[0]
    return s.getsockopt(1, 7), s.getsockopt(1, 8), s.getsockopt(6, 2), info[6] >> 4, info[6] & 15, word(20), word(64), word(96), word(140), word(192)


def connection(family, addr, rcvbuf=0):
    listener = socket.socket(family)
    client = socket.socket(family)
    for s in (listener, client):
        if rcvbuf:
            s.setsockopt(1, 8, rcvbuf)
    listener.bind((addr, 0))
    listener.listen(1)
    client.connect(listener.getsockname()[:2])
    server, _ = listener.accept()
    out = asked(client), asked(server)
    for s in (listener, client, server):
        s.close()
    return out


for mtu in (1280, 1500, 1576, 1577, 1597, 3624, 3625, 7720, 7721, 9000, 16436, 32296, 32297, 65535, 65536):
    sh(f'ip link set lo mtu {mtu}')
    print(mtu, connection(socket.AF_INET, '127.0.0.1'), connection(socket.AF_INET6, '::1'))
for rcvbuf in (5000, 20000, 32768, 60000, 65535, 65536, 100000, 200000):
    print('rcvbuf', rcvbuf, connection(socket.AF_INET, '127.0.0.1', rcvbuf))
