# Sends advertisements of a router, one for each line of hex that it reads, over the device that it is given.
import socket, sys

dev = socket.if_nametoindex(sys.argv[1])
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58)
s.setsockopt(41, 17, dev)
s.setsockopt(41, 18, 255)
print('ready', flush=True)
for line in sys.stdin:
    s.sendto(bytes.fromhex(line.strip()), ('ff02::1', 0, 0, dev))
