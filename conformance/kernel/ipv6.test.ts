// What a real kernel's tools say of a Linnet machine that speaks IPv6, on the other side of a TAP.
import { ipv6 } from '@linnet/ipv6';
import { describe, expect, it } from 'vitest';
import { row } from '../lib/data.ts';
import { eventually } from '../lib/exec.ts';
import { scene } from '../lib/scene.ts';
import type { Linked, Scene, TapLink } from '../lib/scene.ts';
import { have } from '../needs.mjs';

/** An address of Linnet's end, its kernel and its name in the real one. */
async function onTap(s: Scene, options: Partial<TapLink> = {}): Promise<Linked & { ll: string }> {
  const netns = s.netns();
  netns.sh('sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0');
  const linked = s.tap(s.machine({ modules: [ipv6] }), { netns, address: '10.78.0.2/24', peer: '10.78.0.1/24', ...options });
  netns.sh('ip address add fd78::1/64 dev tap0 nodad');
  linked.machine.ip.addr.add({ dev: linked.dev.name, address: 'fd78::2/64' });
  await eventually('the addresses are free', () => !addresses(linked).some((a) => a.tentative), 5000);
  await eventually('their addresses are free', () => !netns.sh('ip -6 address show dev tap0').includes('tentative'), 5000);
  const ll = addresses(linked).find((a) => a.text.startsWith('fe80'))!.text;
  return { ...linked, ll };
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
});
