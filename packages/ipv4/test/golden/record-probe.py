#!/usr/bin/env python3
"""Records how the real kernel answers extended echo requests, RFC 8335 (probe.jsonl). Run as root.

Makes a namespace of its own with lo, v0 (up, without carrier, 10.0.0.1/24) and v1 (down), asks over lo, and deletes it.
"""
import json, os, socket, struct, subprocess, sys
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../../../tools/golden'))
from nlask import csum

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'probe.jsonl')
if len(sys.argv) == 1:
    ns = 'linnet-record-%d' % os.getpid()
    subprocess.run(('ip', 'netns', 'add', ns), check=True)
    try:
        for c in ('link set lo up', 'link add v0 type veth peer name v1', 'link set v0 up', 'addr add 10.0.0.1/24 dev v0'):
            subprocess.run(('ip', '-n', ns, *c.split()), check=True)
        subprocess.run(('ip', 'netns', 'exec', ns, sys.executable, os.path.abspath(__file__), 'child'), check=True)
    finally:
        subprocess.run(('ip', 'netns', 'del', ns), check=True)
    sys.exit()
out_file = open(PATH, 'w')

def icmp(t,c,un,body):
    h=struct.pack('>BBHI',t,c,0,un)+body
    return h[:2]+struct.pack('>H',csum(h))+h[4:]
def obj(ct,body,cls=3,ln=None): return struct.pack('>HBB',4+len(body) if ln is None else ln,cls,ct)+body
def ext(o,ver=2,ck=None):
    b=struct.pack('>BBH',ver<<4,0,0)+o
    return b[:2]+struct.pack('>H',csum(b) if ck is None else ck)+b[4:]
s=socket.socket(2,3,1); s.settimeout(.15)
def ask(name,pkt,dst='127.0.0.1'):
    s.sendto(pkt,(dst,0)); out=[]
    try:
        while True:
            b=s.recv(2000)[20:]
            if b[0]!=42 and b[0]!=8: out.append(b.hex())
    except socket.timeout: pass
    out_file.write(json.dumps({'name': name, 'request': pkt.hex(), 'reply': out[0] if out else ''}) + '\n')
def q(name,o,l=1,code=0,sq=7,**k): ask(name,icmp(42,code,(0x1234<<16)|(sq<<8)|l,ext(o,**k)))
open('/proc/sys/net/ipv4/icmp_echo_enable_probe','w').write('0'); q('disabled',obj(1,b'lo\0\0'))
open('/proc/sys/net/ipv4/icmp_echo_enable_probe','w').write('1')
q('name lo',obj(1,b'lo\0\0'))
q('name v0 (up, v4)',obj(1,b'v0\0\0'))
q('name v1 (down)',obj(1,b'v1\0\0'))
q('name none',obj(1,b'zz\0\0'))
q('name no pad',obj(1,b'lo'))
q('name 15',obj(1,b'0123456789abcde'))
q('name 16',obj(1,b'0123456789abcdef'))
q('name empty',obj(1,b''))
q('index 1',obj(2,struct.pack('>I',1)))
q('index 99',obj(2,struct.pack('>I',99)))
q('index short',obj(2,b'\0\1'))
q('index long',obj(2,bytes(8)))
a4=lambda a,n=4:struct.pack('>HBB',1,n,0)+socket.inet_aton(a)
q('addr 127.0.0.1',obj(3,a4('127.0.0.1')))
q('addr 10.0.0.1',obj(3,a4('10.0.0.1')))
q('addr 9.9.9.9',obj(3,a4('9.9.9.9')))
q('addr len 5',obj(3,a4('10.0.0.1',5)))
q('addr len 3',obj(3,struct.pack('>HBB',1,3,0)+b'abc'))
q('addr afi 9',obj(3,struct.pack('>HBB',9,4,0)+socket.inet_aton('10.0.0.1')))
q('addr6 ::1',obj(3,struct.pack('>HBB',2,16,0)+socket.inet_pton(10,'::1')))
q('addr6 none',obj(3,struct.pack('>HBB',2,16,0)+socket.inet_pton(10,'2001::1')))
q('addr short',obj(3,b'\0\1'))
q('ctype 4',obj(4,b'lo\0\0'))
q('class 2',obj(1,b'lo\0\0',cls=2))
q('L 0',obj(1,b'lo\0\0'),l=0)
q('reserved bits',obj(1,b'lo\0\0'),l=0xff)
q('code 1',obj(1,b'lo\0\0'),code=1)
q('bad ext csum',obj(1,b'lo\0\0'),ck=1)
q('no ext csum',obj(1,b'lo\0\0'),ck=0)
q('version 1',obj(1,b'lo\0\0'),ver=1)
q('objlen 0',obj(1,b'lo\0\0',ln=0))
q('objlen 4',obj(1,b'lo\0\0',ln=4))
q('objlen 100',obj(1,b'lo\0\0',ln=100))
q('objlen 6',obj(1,b'lo\0\0',ln=6))
ask('no ext',icmp(42,0,0x12340701,b''))
ask('ext only',icmp(42,0,0x12340701,ext(b'')))
ask('two objects',icmp(42,0,0x12340701,ext(obj(1,b'lo\0\0')+obj(2,struct.pack('>I',1)))))
open('/proc/sys/net/ipv4/icmp_echo_ignore_all','w').write('1'); q('ignore all',obj(1,b'lo\0\0')); open('/proc/sys/net/ipv4/icmp_echo_ignore_all','w').write('0')
