// What a real kernel's ping, traceroute and neighbour table say of a Linnet machine on the other side of a TAP.
import { describe, expect, it } from 'vitest';
import { row } from '../lib/data.ts';
import { eventually, exec } from '../lib/exec.ts';
import { ipJson, scene } from '../lib/scene.ts';
import type { Linked, Scene, TapLink } from '../lib/scene.ts';
import { have } from '../needs.mjs';

function onTap(s: Scene, options: Partial<TapLink> = {}): Linked {
  return s.linnetOnTap({ netns: s.netns(), address: '10.77.0.2/24', peer: '10.77.0.1/24', ...options });
}

const summary = (text: string): string => text.trimEnd().split('\n').slice(-2).join(' | ');

interface Neighbour {
  readonly dst: string;
  readonly lladdr?: string;
  readonly state: string[];
}

const macText = (mac: Uint8Array): string => Array.from(mac.subarray(0, 6), (byte) => byte.toString(16).padStart(2, '0')).join(':');

describe.skipIf(!have('root', 'ip', 'ping', 'tshark'))('ping from a real kernel', () => {
  it('loses nothing of 100', scene(async (s) => {
    const { netns, address } = onTap(s);
    const said = await s.sh(netns, `ping -c 100 -i 0.01 ${address}`);
    row('ping -c 100 -i 0.01', summary(said));
    expect(said).toContain('100 packets transmitted, 100 received, 0% packet loss');
  }));

  it('loses nothing of a flood', scene(async (s) => {
    const { netns, address } = onTap(s);
    const said = await s.sh(netns, `ping -q -f -c 5000 ${address}`);
    row('ping -f -c 5000', summary(said));
    expect(said).toContain('5000 packets transmitted, 5000 received, 0% packet loss');
  }));

  for (const vnetHdr of [true, false]) {
    it(`is answered in fragments, on a TAP ${vnetHdr ? 'with' : 'without'} virtio headers`, scene(async (s) => {
      const { netns, address, machine } = onTap(s, { vnetHdr });
      const said = await s.sh(netns, `ping -s 3000 -M dont -c 20 -i 0.01 ${address}`);
      row('ping -s 3000 -M dont', summary(said));
      expect(said).toContain('20 packets transmitted, 20 received, 0% packet loss');
      // 3,008 bytes of ICMP over an MTU of 1,500 are three packets.
      expect([machine.counter('Ip.ReasmReqds'), machine.counter('Ip.ReasmOKs'), machine.counter('Ip.FragOKs'), machine.counter('Ip.FragCreates')]).toEqual([60, 20, 20, 60]);
    }));
  }

  it('is answered up to the largest packet there is, and at every size around the MTU', scene(async (s) => {
    const { netns, address } = onTap(s);
    for (const size of [0, 1, 1471, 1472, 1473, 1480, 2952, 2953, 65_507]) {
      expect(await s.sh(netns, `ping -s ${size} -M dont -c 2 -i 0.01 -W 2 ${address}`), `-s ${size}`).toContain('2 received');
    }
  }));

  it('with a record route option shows the machine in it', scene(async (s) => {
    const { netns, address, peer } = onTap(s);
    const said = await s.sh(netns, `ping -R -c 1 -W 2 ${address}`);
    expect(said).toContain('1 received');
    expect(said).toMatch(new RegExp(`RR:\\s+${peer}\\s+${address}\\s+${address}\\s+${peer}`));
  }));

  for (const [how, line] of [
    ['tsonly', /TS: \t\d+ absolute\n(\t-?\d+( not-standard)?\n){3}/],
    ['tsandaddr', /TS: \t10\.77\.0\.1\t\d+ absolute\n\t10\.77\.0\.2\t-?\d+\n\t10\.77\.0\.2\t-?\d+\n\t10\.77\.0\.1\t-?\d+\n/],
    ['tsprespec 10.77.0.2 10.77.0.2', /TS: \t10\.77\.0\.2\t\d+ absolute\n/],
  ] as const) {
    it(`with a timestamp option, ${how}`, scene(async (s) => {
      const { netns, address, machine } = onTap(s);
      const said = await s.sh(netns, `ping -n -c 1 -W 2 -T ${how.replace(/ 10.*/, '')} ${how.includes(' ') ? how.replace(/^\S+ /, '') : address}`);
      row(`ping -T ${how}`, said.split('\n').slice(1, 7).join(' | ').replace(/\s+/g, ' '));
      expect(said).toContain('1 received');
      expect(said).toMatch(line);
      expect(machine.counter('Icmp.InEchos')).toBe(1);
    }));
  }

  it('of an address that nobody has fails', scene(async (s) => {
    const { netns } = onTap(s);
    const { code, stdout } = await exec(netns.name, 'ping -c 1 -W 1 10.77.0.99');
    expect([code, stdout.includes('0 received')]).toEqual([1, true]);
  }));

  it('across a change of MTU that only one side made', scene(async (s) => {
    const { netns, address } = onTap(s);
    netns.sh('ip link set tap0 mtu 600');
    const said = await s.sh(netns, `ping -s 1400 -M dont -c 5 -i 0.01 -W 2 ${address}`);
    expect(said).toContain('5 received');
  }));
});

describe.skipIf(!have('root', 'ip', 'ping', 'tshark'))('ARP with a real kernel', () => {
  it('each side learns the other, and Linnet confirms when it is asked', scene(async (s) => {
    const { netns, address, peer, machine, dev } = onTap(s);
    await s.sh(netns, `ping -c 1 -W 2 ${address}`);
    const [theirs] = ipJson<Neighbour[]>(netns, 'neigh show dev tap0');
    expect(theirs).toMatchObject({ dst: address, lladdr: macText(dev.devAddr), state: ['REACHABLE'] });
    const [{ address: mac }] = ipJson<[{ address: string }]>(netns, 'link show tap0');
    const arp = String(machine.net.proc.read('net/arp'));
    row('/proc/net/arp', arp.trimEnd().split('\n').at(-1)!.replace(/ +/g, ' '));
    expect(arp).toMatch(new RegExp(`^${peer.replaceAll('.', '\\.')}\\s+0x1\\s+0x2\\s+${mac}\\s+\\*\\s+eth0$`, 'm'));
    // A probe, unicast, as after a stale entry was used.
    netns.sh(`ip neigh change ${address} dev tap0 lladdr ${macText(dev.devAddr)} nud probe`);
    await eventually('the probed neighbour is reachable', () => ipJson<Neighbour[]>(netns, 'neigh show dev tap0')[0]?.state.includes('REACHABLE'));
  }));

  it('a new address of the other side is learnt from what it says', scene(async (s) => {
    const { netns, address, peer, machine } = onTap(s);
    await s.sh(netns, `ping -c 1 -W 2 ${address}`);
    netns.sh('ip link set tap0 down && ip link set tap0 address 02:00:00:00:00:77 && ip link set tap0 up');
    await s.sh(netns, `ping -c 1 -W 2 ${address}`);
    expect(String(machine.net.proc.read('net/arp'))).toMatch(new RegExp(`^${peer.replaceAll('.', '\\.')}\\s+0x1\\s+0x2\\s+02:00:00:00:00:77`, 'm'));
  }));

  it('duplicate address detection of the other side finds Linnet', scene(async (s) => {
    const { netns, address } = onTap(s);
    // RFC 5227: a probe comes from 0.0.0.0. Nothing but Python sends one here.
    const said = await s.sh(netns, `python3 -c '
import socket, struct
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x806)); s.bind(("tap0", 0)); s.settimeout(2)
me = s.getsockname()[4]
s.send(b"\\xff" * 6 + me + struct.pack("!HHHBBH", 0x806, 1, 0x800, 6, 4, 1) + me + bytes(4) + bytes(6) + socket.inet_aton("${address}"))
while True:
    f = s.recv(100)
    if f[20:22] == b"\\0\\2" and f[28:32] == socket.inet_aton("${address}"): break
print("conflict", f[22:28].hex(":"))
'`);
    expect(said).toContain('conflict');
  }));
});
