// What a real kernel's tools say of a Linnet machine that speaks IPv6, on the other side of a TAP.
import { ipv6 } from '@linnet/ipv6';
import { describe, expect, it } from 'vitest';
import { row } from '../lib/data.ts';
import { eventually } from '../lib/exec.ts';
import { scene } from '../lib/scene.ts';
import type { Linked, Scene, TapLink } from '../lib/scene.ts';
import { have } from '../needs.mjs';

/** How long something may take that takes a second or two on a machine that does nothing else, ms. */
const PATIENCE = 30_000;

/** An address of Linnet's end, its kernel and its name in the real one. */
async function onTap(s: Scene, options: Partial<TapLink> = {}): Promise<Linked & { ll: string }> {
  const netns = s.netns();
  netns.sh('sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0');
  const linked = s.tap(s.machine({ modules: [ipv6] }), { netns, address: '10.78.0.2/24', peer: '10.78.0.1/24', ...options });
  netns.sh('ip address add fd78::1/64 dev tap0 nodad');
  linked.machine.ip.addr.add({ dev: linked.dev.name, address: 'fd78::2/64' });
  await settled(linked, 'tap0');
  const ll = addresses(linked).find((a) => a.text.startsWith('fe80'))!.text;
  return { ...linked, ll };
}

/** Waits until both ends have a link-local address, and all of their addresses are known to be theirs alone. */
async function settled(l: Linked, tap: string): Promise<void> {
  await eventually('the addresses are free', () => addresses(l).some((a) => a.text.startsWith('fe80')) && !addresses(l).some((a) => a.tentative), PATIENCE);
  await eventually('their addresses are free', () => {
    const said = l.netns.sh(`ip -6 address show dev ${tap}`);
    return said.includes('fe80:') && !said.includes('tentative');
  }, PATIENCE);
}

function addresses(l: Linked): { text: string; tentative: boolean }[] {
  const out: { text: string; tentative: boolean }[] = [];
  for (const line of String(l.machine.net.proc.read('net/if_inet6')).trim().split('\n')) {
    const [hex, , , , flags, name] = line.trim().split(/\s+/) as [string, string, string, string, string, string];
    if (name !== l.dev.name) continue;
    out.push({ text: hex.replace(/(.{4})(?!$)/g, '$1:'), tentative: (Number.parseInt(flags, 16) & 0x40) !== 0 });
  }
  return out;
}

const counter = (l: Linked, name: string): number => Number(new RegExp(`^${name}\\s+(\\d+)$`, 'm').exec(String(l.machine.net.proc.read('net/snmp6')))![1]);

describe.skipIf(!have('root', 'ip', 'ping', 'tshark'))('IPv6 against a real kernel', () => {
  it('ping -6 loses nothing, on the global and the link-local address', scene(async (s) => {
    const l = await onTap(s);
    for (const to of ['fd78::2', `${l.ll}%tap0`]) {
      const said = await s.sh(l.netns, `ping -6 -c 50 -i 0.01 ${to}`);
      row(`ping -6 ${to}`, said.trimEnd().split('\n').slice(-2).join(' | '));
      expect(said).toContain('50 packets transmitted, 50 received, 0% packet loss');
    }
    expect(await s.sh(l.netns, 'ip -6 neigh show dev tap0')).toMatch(/fd78::2 lladdr .* REACHABLE/);
  }));

  it('ping -6 to all nodes is answered', scene(async (s) => {
    const l = await onTap(s);
    const said = await s.sh(l.netns, 'ping -6 -c 3 -i 0.1 -L ff02::1%tap0');
    expect(said).toContain('bytes from fe80');
  }));

  it('is answered in fragments, up to the largest packet there is', scene(async (s) => {
    const l = await onTap(s);
    for (const size of [1451, 1452, 1453, 3000, 65_000]) {
      expect(await s.sh(l.netns, `ping -6 -s ${size} -c 2 -i 0.01 -W 2 fd78::2`), `-s ${size}`).toContain('2 received');
    }
    expect(counter(l, 'Ip6ReasmFails')).toBe(0);
  }));

  it('tells of closed ports', scene(async (s) => {
    // Without offload the real kernel sums what the errors quote.
    const l = await onTap(s, { vnetHdr: false });
    const said = await s.sh(l.netns, `python3 -c '
import socket
s=socket.socket(socket.AF_INET6,socket.SOCK_DGRAM); s.connect(("fd78::2",9)); s.send(b"x"); s.settimeout(2)
try: s.recv(1)
except Exception as e: print(type(e).__name__)
s=socket.socket(socket.AF_INET6,socket.SOCK_STREAM); s.settimeout(2)
try: s.connect(("fd78::2",9))
except Exception as e: print(type(e).__name__)
'`);
    expect(said.trim().split('\n')).toEqual(['ConnectionRefusedError', 'ConnectionRefusedError']);
  }));

  it('configures itself by what a router advertises', scene(async (s) => {
    const l = await onTap(s);
    // Routes of advertisements are taken from nobody unless the administrator says how long they may be.
    l.machine.sysctl('net/ipv6/conf/eth0/accept_ra_rt_info_max_plen', 64);
    await s.sh(l.netns, `python3 -c '
import socket,struct
s=socket.socket(socket.AF_INET6,socket.SOCK_RAW,58)
s.setsockopt(41,18,255)
i=socket.if_nametoindex("tap0")
p=socket.inet_pton(socket.AF_INET6,"fd99::")
ra=struct.pack("!BBHBBHII",134,0,0,64,0x08,1800,0,0)
ra+=struct.pack("!BBBBIII",3,4,64,0xc0,3600,1800,0)+p
ra+=struct.pack("!BBHI",5,1,0,1400)
ra+=struct.pack("!BBBBI",24,2,48,0x18,900)+socket.inet_pton(socket.AF_INET6,"fd98::")[:8]
s.sendto(ra,("ff02::1",0,0,i))
'`);
    const ip = (path: string): string => String(l.machine.net.proc.read(path));
    await eventually('the address is there', () => ip('net/if_inet6').includes('fd990000000000006'), PATIENCE);
    const routes = ip('net/ipv6_route');
    expect(routes).toMatch(/^0{32} 00 0{32} 00 fe80\w+ 00000400 \w+ \w+ \w+ +eth0$/m);
    expect(routes).toMatch(/^fd990{28} 40 /m);
    expect(routes).toMatch(/^fd980{28} 30 0{32} 00 fe80\w+ /m);
    expect(String(l.machine.net.sysctl.read('net/ipv6/conf/eth0/mtu'))).toBe('1400');
    const [line] = ip('net/if_inet6').split('\n').filter((x) => x.startsWith('fd99'));
    const address = line!.slice(0, 32).replace(/(.{4})(?!$)/g, '$1:');
    await s.sh(l.netns, 'ip -6 route add fd99::/64 dev tap0');
    await settled(l, 'tap0');
    expect(await s.sh(l.netns, `ping -6 -c 2 -i 0.1 ${address}`)).toContain('2 received');
  }));

  it('routes between two real kernels, tells of hop limits and path MTUs', scene(async (s) => {
    const l = await onTap(s);
    const other = s.netns();
    other.sh('sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0');
    const r = s.tap(l.machine, { netns: other, address: '10.79.0.2/24', peer: '10.79.0.1/24', name: 'tap1', mtu: 1400, peerMtu: 1500 });
    other.sh('ip address add fd79::1/64 dev tap1 nodad && ip -6 route add default via fd79::2');
    l.netns.sh('ip -6 route add default via fd78::2');
    l.machine.sysctl('net/ipv6/conf/all/forwarding', 1);
    l.machine.ip.addr.add({ dev: r.dev.name, address: 'fd79::2/64' });
    await settled(r, 'tap1');
    expect(await s.sh(l.netns, 'ping -6 -c 20 -i 0.01 fd79::1')).toContain('20 received');
    const hop = await s.sh(l.netns, 'ping -6 -c 1 -t 1 -W 10 fd79::1 || true');
    expect(hop).toContain('From fd78::2 icmp_seq=1 Time exceeded: Hop limit');
    const big = await s.sh(l.netns, 'ping -6 -c 3 -i 0.2 -M do -s 1400 fd79::1 || true');
    expect(big).toMatch(/mtu[= ]1400/);
    expect(await s.sh(l.netns, 'ip -6 route get fd79::1')).toContain('mtu 1400');
    expect(await s.sh(l.netns, 'ping -6 -c 2 -i 0.2 -s 1400 fd79::1')).toContain('2 received');
    expect(await s.sh(l.netns, 'ping -6 -c 1 -W 20 fd79::77 || true')).toContain('Address unreachable');
    expect(await s.sh(l.netns, 'ping -6 -c 1 -W 20 fd80::1 || true')).toContain('No route');
  }));
});
