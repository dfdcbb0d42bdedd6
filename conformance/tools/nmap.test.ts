// `nmap -O` takes a Linnet machine for the real kernel of this machine: the same fingerprint, line by line.
import { ipv6 } from '@linnet/ipv6';
import type { KernelModule } from '@linnet/kernel';
import { describe, expect, it } from 'vitest';
import { type Linked, type Scene, scene } from '../lib/scene.ts';
import { have } from '../needs.mjs';
import type { TestNetns } from '../host/netns.ts';

/** A fingerprint, which nmap folds at any place. */
const osText = (said: string): string => said.split('\n').filter((l) => l.startsWith('OS:')).map((l) => l.slice(3).trimEnd()).join('');

/** Its lines: `T1: R=Y DF=Y ...`. */
function fingerprint(said: string): string[] {
  // SCAN says when, from where and by what it was taken.
  return [...osText(said).matchAll(/(\w+)\(([^)]*)\)/g)].filter(([, name]) => name !== 'SCAN').map(([, name, tests]) => `${name}: ${tests!.split('%').map(classOf).join(' ')}`);
}

/** What varies by run, as one value for a class (nmap's book, «TCP/IP Fingerprinting Methods Supported by Nmap»). */
function classOf(test: string): string {
  const [name, value] = test.split('=') as [string, string];
  const n = Number.parseInt(value, 16);
  // The common divisor, the rate and the spread of initial sequence numbers, in steps of an eighth of a power of two: random ones of 32 bits.
  if (name === 'GCD' && n <= 6) return 'GCD=small';
  if ((name === 'SP' || name === 'ISR') && n >= 0xf0 && n <= 0x118) return `${name}=random`;
  // The clock of the timestamps as a power of two of Hz: 2^20 and more are no clock.
  if (name === 'TS' && n >= 20 && n <= 40) return 'TS=random';
  return test;
}

/** The answers to the probes over IPv6, byte for byte; XX is what nmap left out, and what varies: labels, sequence numbers, stamps, ports and checksums. */
function answers6(said: string): string[] {
  const answers: string[] = [];
  for (const [, name, packet] of osText(said).matchAll(/(\w+)\(P=([^%]*)%/g)) {
    const b = packet!.replace(/(..)\{(\d+)\}/g, (_, byte: string, n: string) => byte.repeat(Number(n))).match(/../g)!;
    const hide = (from: number, to: number): void => { b.fill('XX', from, to); };
    const number = (from: number): void => { if (b.slice(from, from + 4).join('') !== '00000000') hide(from, from + 4); };
    hide(1, 4);
    if (b[6] === '06') {
      hide(42, 44);
      number(44);
      number(48);
      hide(56, 58);
      const stamp = b.findIndex((byte, at) => at >= 60 && byte === '08' && b[at + 1] === '0a');
      if (stamp > 0) hide(stamp + 2, stamp + 6);
    } else {
      hide(42, 44);
      // An error quotes the probe from byte 48 on, whose hop limit, ports and checksum nmap draws.
      if (name === 'U1' || name === 'IE2') hide(55, 56);
      if (name === 'U1') hide(88, b.length);
      if (name === 'IE2') hide(b.length - 6, b.length - 4);
    }
    answers.push(`${name} ${b.join('')}`);
  }
  return answers;
}

/** A Linnet machine with port 80 open, behind a TAP of `netns`. */
async function linnet(s: Scene, netns: TestNetns, modules: readonly KernelModule[] = []): Promise<Linked> {
  // nmap's probes are malformed on purpose: nothing for tshark to judge.
  const made = s.tap(s.machine({ modules }), { netns, address: '10.77.0.2/24', peer: '10.77.0.1/24', record: false });
  await new Promise<void>((done) => made.machine.stack.createServer().listen(80, modules.length > 0 ? '::' : '0.0.0.0', () => done()));
  return made;
}

const scan = (s: Scene, from: TestNetns, address: string): Promise<string> => s.sh(from, `nmap -n -Pn -O --osscan-guess -p 80,81 --max-os-tries 1 -vv -d ${address}`);

describe.skipIf(!have('root', 'ip', 'nmap', 'python3'))('nmap -O', () => {
  it('sees what it sees of the real kernel', scene(async (s) => {
    const ns = s.netns();
    const host = s.netns();
    ns.sh(`ip link add ve0 type veth peer name ve0 netns ${host.name} && ip link set ve0 up && ip addr add 10.78.0.1/24 dev ve0`);
    host.sh('ip link set ve0 up && ip addr add 10.78.0.2/24 dev ve0');
    await s.start(host, `python3 -uc "import socket
s = socket.create_server(('', 80), backlog=100)
print('ready')
while True: s.accept()"`).until(/ready/);
    const { machine, address } = await linnet(s, ns);
    // Kernels differ in how much they receive by default, and with it in the scale of their windows.
    machine.sysctl('net/ipv4/tcp_rmem', host.sh('cat /proc/sys/net/ipv4/tcp_rmem').trim());
    const [real, ours] = [fingerprint(await scan(s, ns, '10.78.0.2')), fingerprint(await scan(s, ns, address))];
    expect(real.map((line) => line.split(':')[0])).toEqual(['SEQ', 'OPS', 'WIN', 'ECN', 'T1', 'T2', 'T3', 'T4', 'T5', 'T6', 'T7', 'U1', 'IE']);
    expect(ours).toEqual(real);
  }));

  it('sees over IPv6 what it sees of the real kernel', scene(async (s) => {
    const ns = s.netns();
    const host = s.netns();
    for (const n of [ns, host]) n.sh('sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0');
    ns.sh(`ip link add ve0 type veth peer name ve0 netns ${host.name} && ip link set ve0 up && ip addr add fd00:78::1/64 dev ve0 nodad`);
    host.sh('ip link set ve0 up && ip addr add fd00:78::2/64 dev ve0 nodad');
    await s.start(host, `python3 -uc "import socket
s = socket.create_server(('::', 80), family=socket.AF_INET6, backlog=100)
print('ready')
while True: s.accept()"`).until(/ready/);
    const { machine, dev } = await linnet(s, ns, [ipv6]);
    ns.sh('ip addr add fd00:77::1/64 dev tap0 nodad');
    machine.ip.addr.add({ dev: dev.name, address: 'fd00:77::2/64', flags: 'nodad' } as never);
    machine.sysctl('net/ipv4/tcp_rmem', host.sh('cat /proc/sys/net/ipv4/tcp_rmem').trim());
    const [real, ours] = [answers6(await scan(s, ns, '-6 fd00:78::2')), answers6(await scan(s, ns, '-6 fd00:77::2'))];
    expect(real.map((line) => line.split(' ')[0])).toEqual(['S1', 'S2', 'S3', 'S4', 'S5', 'S6', 'IE1', 'IE2', 'NS', 'U1', 'TECN', 'T4', 'T5', 'T6', 'T7']);
    expect(ours).toEqual(real);
  }));

  it('names Linux when the clock of timestamps is that of older kernels', scene(async (s) => {
    const { netns, machine, address } = await linnet(s, s.netns());
    machine.sysctl('net/ipv4/tcp_timestamps', 2);
    const said = await scan(s, netns, address);
    // A guess, where what varies happens to be outside of what nmap's authors saw.
    expect(said).toMatch(/^(OS details|Aggressive OS guesses): Linux [45]\./m);
  }));
});
