"""Sends IPv6 packets by an interface and prints what comes back: python3 ipv6-ask.py interface file. The file has JSON: {"mac": ..., "cases": [[hex, ...], ...]}.

Behind the packets of each case goes an echo request: what comes before its reply is the case's answer.
"""
import json
import socket
import struct
import sys

ifname, path = sys.argv[1:3]
with open(path) as f:
    job = json.load(f)
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x86DD))
sock.bind((ifname, 0x86DD))
sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
sock.settimeout(20)
mac = bytes.fromhex(job["mac"].replace(":", ""))
own = bytes.fromhex("020000000002")
target = socket.inet_pton(socket.AF_INET6, "fd00::1")
peer = socket.inet_pton(socket.AF_INET6, "fd00::2")


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def send(packet):
    dst = packet[24:40]
    to = b"\x33\x33" + dst[12:] if dst[:1] == b"\xff" else mac
    sock.send(to + own + b"\x86\xdd" + packet)


def mark(seq):
    body = struct.pack("!BBHHI", 128, 0, 0, 0x7777, seq)
    pseudo = peer + target + struct.pack("!II", len(body), 58)
    body = body[:2] + struct.pack("!H", checksum(pseudo + body)) + body[4:]
    send(struct.pack("!IHBB", 6 << 28, len(body), 58, 64) + peer + target + body)


out = []
for seq, packets in enumerate(job["cases"]):
    for packet in packets:
        send(bytes.fromhex(packet))
    mark(seq)
    replies = []
    while True:
        frame = sock.recv(70000)
        # Its own frames come back on some kinds of device.
        if frame[6:12] == own or frame[12:14] != b"\x86\xdd":
            continue
        packet = frame[14:]
        if packet[6] == 58 and packet[40] == 129 and packet[44:46] == b"\x77\x77":
            if struct.unpack("!I", packet[46:50])[0] == seq:
                break
            continue
        kind = packet[40] if packet[6] == 58 else packet[48] if packet[6] == 0 and packet[40] == 58 else 0
        # What the target says by itself: solicitations and reports.
        if kind in (131, 132, 133, 135, 143):
            continue
        replies.append(packet[: 40 + struct.unpack("!H", packet[4:6])[0]].hex())
    out.append(replies)
print(json.dumps(out))
