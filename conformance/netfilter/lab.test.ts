// A Linnet machine as the home router of real hosts: masquerading, a port forward, a filter, all set up with unmodified iptables.
import { describe, expect, it } from 'vitest';
import { ctnetlink, xtables } from '@linnet/netfilter';
import { netlink } from '@linnet/netlink';
import { scene } from '../lib/scene.ts';
import { exec } from '../lib/exec.ts';
import { can, Inside } from '../preload/lab.ts';

const LAN = '10.81.0.2';
const WAN = '203.0.113.2';
const OUTSIDE = '203.0.113.1';

/** Answers each connection with the address that it came from; UDP likewise. */
const server = (port: number): string => `python3 -c "
import socket, threading
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(('0.0.0.0', ${port}))
def answer():
    while True:
        d, a = u.recvfrom(9000); u.sendto(('%s %d' % (a[0], len(d))).encode(), a)
threading.Thread(target=answer, daemon=True).start()
l = socket.socket(); l.setsockopt(1, 2, 1); l.bind(('0.0.0.0', ${port})); l.listen(8)
print('ready', flush=True)
while True:
    c, a = l.accept()
    n = 0
    while True:
        d = c.recv(65536)
        if not d: break
        n += len(d)
    c.sendall(('%s %d' % (a[0], n)).encode()); c.close()
"`;
const tcp = (to: string, port: number, bytes: number): string => `python3 -c "
import socket
s = socket.socket(); s.settimeout(10); s.connect(('${to}', ${port})); s.sendall(b'x' * ${bytes}); s.shutdown(1); print(s.recv(100).decode())"`;
const udp = (to: string, port: number, bytes: number): string => `python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(5); s.sendto(b'x' * ${bytes}, ('${to}', ${port})); print(s.recv(100).decode())"`;

describe.skipIf(!can('root', 'ip', 'ping', 'python3', 'iptables', 'conntrack', 'traceroute', 'tshark'))('a home router', () => {
  it('masquerades, forwards a port also from within, filters, and translates errors', scene(async (s) => {
    const lan = s.netns();
    const wan = s.netns();
    const machine = s.machine({ modules: [netlink, xtables, ctnetlink] });
    s.tap(machine, { netns: lan, address: '10.81.0.1/24', peer: `${LAN}/24`, vnetHdr: true });
    s.tap(machine, { netns: wan, address: `${OUTSIDE}/24`, peer: `${WAN}/24`, vnetHdr: true });
    machine.sysctl('net/ipv4/ip_forward', 1);
    lan.sh('ip route add default via 10.81.0.1');
    // Nobody outside knows of 10.81.0.0/24.
    const inside = await Inside.open(machine.kernel);
    try {
      const devices = String(machine.net.proc.read('net/dev')).match(/^ *(\w+):/gm)!.map((d) => d.replace(/[ :]/g, '')).filter((d) => d !== 'lo');
      const [lanDev, wanDev] = devices as [string, string];
      for (const c of [
        `-t nat -A POSTROUTING -o ${wanDev} -j MASQUERADE`, `-t nat -A POSTROUTING -s 10.81.0.0/24 -d ${LAN} -j MASQUERADE`, `-t nat -A PREROUTING -d ${OUTSIDE} -p tcp --dport 8080 -j DNAT --to-destination ${LAN}:80`,
        '-P FORWARD DROP', '-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT', '-A FORWARD -m conntrack --ctstate DNAT -j ACCEPT', `-A FORWARD -i ${lanDev} -p tcp --dport 25 -j REJECT --reject-with icmp-admin-prohibited`, `-A FORWARD -i ${lanDev} -j ACCEPT`,
      ]) await inside.sh(null, `iptables-legacy ${c}`);
      await s.start(wan, server(5000)).until(/ready/);
      await s.start(lan, server(80)).until(/ready/);

      // Out: the server sees the router. Large enough for segments that travel as one.
      expect((await s.sh(lan, tcp(WAN, 5000, 3_000_000))).trim()).toBe(`${OUTSIDE} 3000000`);
      expect((await s.sh(lan, udp(WAN, 5000, 4000))).trim()).toBe(`${OUTSIDE} 4000`);
      expect(await s.sh(lan, `ping -c 3 -i 0.05 ${WAN}`)).toContain('3 received');
      // In, and in from within.
      expect((await s.sh(wan, tcp(OUTSIDE, 8080, 1000))).trim()).toBe(`${WAN} 1000`);
      expect((await s.sh(lan, tcp(OUTSIDE, 8080, 1000))).trim()).toBe('10.81.0.1 1000');
      // What was not forwarded stays out, mail goes nowhere.
      expect((await exec(wan.name, `timeout 1 ${tcp(OUTSIDE, 8081, 1)}`)).code).not.toBe(0);
      expect((await exec(lan.name, tcp(WAN, 25, 1))).stderr).toContain('No route to host');
      // An error from outside finds the host that it is for.
      expect((await exec(lan.name, udp(WAN, 6000, 10))).stderr).toMatch(/refused|timed out/);
      const hops = (await s.sh(lan, `traceroute -n -q 1 -w 2 ${WAN}`)).trim().split('\n').slice(1);
      expect(hops.map((h) => h.trim().split(/ +/)[1])).toEqual(['10.81.0.1', WAN]);

      const table = await inside.sh(null, 'conntrack -L 2> /dev/null');
      expect(table).toMatch(new RegExp(`tcp +6 .* src=${LAN} dst=${WAN} sport=\\d+ dport=5000 src=${WAN} dst=${OUTSIDE} sport=5000 .*\\[ASSURED\\]`));
      expect(table).toMatch(new RegExp(`src=${WAN} dst=${OUTSIDE} sport=\\d+ dport=8080 src=${LAN} dst=${WAN} sport=80 `));
      expect(await inside.sh(null, 'iptables-legacy -t nat -L PREROUTING -v -n -x')).toMatch(/^ +2 +120 DNAT /m);
    } finally {
      await inside.close();
    }
  }));
});
