"""Makes sockets of many kinds and asks `ss` about them, each answer behind a line with the command. The same program runs on the real kernel and on a Linnet machine."""
import socket
import subprocess
import sys
import time

lo = '127.0.0.1'
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.setsockopt(socket.SOL_SOCKET, 36, 0x15)
listener.bind((lo, 5000))
listener.listen(5)
client = socket.socket()
client.bind((lo, 40000))
client.connect((lo, 5000))
accepted, _ = listener.accept()
accepted.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
gone = socket.socket()
gone.bind((lo, 40001))
gone.connect((lo, 5000))
other, _ = listener.accept()
gone.close()
other.close()
waiting = socket.socket()
waiting.bind((lo, 40002))
waiting.connect((lo, 5000))
bound = socket.socket()
bound.bind((lo, 5009))
# Nobody is behind this address: it stays in SYN-SENT.
lonely = socket.socket()
lonely.setblocking(False)
lonely.bind(('10.77.0.1', 40003))
lonely.connect_ex(('10.77.0.2', 80))
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(('0.0.0.0', 6000))
peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
peer.bind((lo, 40004))
peer.connect((lo, 6000))
tied = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
tied.bind((lo, 6001))
tied.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'lo\0')
time.sleep(0.3)

def ask(command):
    print('###', command, flush=True)
    subprocess.run(command, shell=True, stderr=subprocess.STDOUT)

for command in sys.argv[1:]:
    ask(command)

def said(name, call):
    try:
        print(name, call(), flush=True)
    except OSError as e:
        print(name, e, flush=True)

print('### after')
said('client', lambda: client.recv(1))
said('listener', lambda: listener.accept()[1])
said('udp', lambda: udp.recv(1, socket.MSG_DONTWAIT))
