// Proxies on a router: redirected connections tell where they were meant to go, and transparent sockets take what is for others; beside the real kernel.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { eventually, exec, Program } from '../lib/exec.ts';
import { can } from '../preload/lab.ts';
import { flows } from './flows.ts';
import { onKernel, onLinnet, type Router } from './routers.ts';

const PROXY = `/usr/bin/python3 -u ${fileURLToPath(new URL('proxy.py', import.meta.url))}`;
const NETS = ['10.83.0'] as const;
const V6 = '2001:db8:83::';

/** Sends a word to each address and prints what comes back. */
const ask = (type: 'STREAM' | 'DGRAM', ...to: readonly (readonly [string, number])[]): string => `/usr/bin/python3 -c "
import socket
for host, port in ${JSON.stringify(to).replaceAll('"', "'")}:
    s = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, socket.SOCK_${type}); s.settimeout(1)
    try:
        s.connect((host, port)); s.send(b'word'); print(host, port, s.recv(100), flush=True)
    except OSError as e: print(host, port, e.strerror or e, flush=True)"`;

/** IPv6 on the wire of the first host, without duplicate address detection. */
async function six(r: Router): Promise<void> {
  await r.sh(`sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.${r.devices[0]!}.disable_ipv6=0 net.ipv6.conf.all.forwarding=1 && ip addr add ${V6}1/64 dev ${r.devices[0]!} nodad`);
  r.hosts[0]!.sh(`sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.tap0.disable_ipv6=0 && ip addr add ${V6}2/64 dev tap0 nodad && ip -6 route add default via ${V6}1`);
}

async function run(r: Router, proxy: string, rules: readonly string[], questions: readonly string[]): Promise<string[]> {
  const [host] = r.hosts;
  host!.sh('ip route replace default via 10.83.0.1');
  for (const rule of rules) await r.sh(rule);
  const p = r.start(`${PROXY} ${proxy}`);
  await p.until(/ready/);
  const said: string[] = [];
  for (const q of questions) said.push((await exec(host!.name, q)).stdout);
  await p.until(/done/);
  return said.concat(p.stdout, p.stderr);
}

/** The rules as nft's: the statement for SYNs, the object for what comes back. */
const NFT = 'nft';
const nftProxy = (dev: string): string => `table ip t {
synproxy p { mss 1400; wscale 7; timestamp sack-perm; }
chain raw { type filter hook prerouting priority -300; iifname "${dev}" tcp dport 80 tcp flags syn / fin,syn,rst,ack notrack; }
chain f { type filter hook forward priority 0; iifname "${dev}" tcp dport 80 ct state untracked synproxy mss 1400 wscale 7 timestamp sack-perm; iifname "${dev}" tcp dport 80 ct state invalid synproxy name "p"; ct state invalid drop; }
}`;

/** Counters of SYNPROXY, of all processors together: SYNs, wrong cookies, and was there a right one (an acknowledgement may come again)? */
const STAT = `/usr/bin/python3 -c "
rows = [[int(x, 16) for x in l.split()] for l in list(open('/proc/net/stat/synproxy'))[1:]]; print([[c[1], c[2], c[3] > 0] for c in [[sum(c) for c in zip(*rows)]]])"`;
/** A server that sends back much, and a client that asks for it. */
const server80 = (any: string): string => `/usr/bin/python3 -u -c "
import socket
l = socket.socket(socket.AF_INET6 if ':' in '${any}' else socket.AF_INET); l.setsockopt(1, 2, 1); l.bind(('${any}', 80)); l.listen(3); print('ready'); l.settimeout(10)
c, p = l.accept(); print(p[0], c.recv(100)); c.sendall(b'answer' * 50000); c.shutdown(1); n = 0
while True:
    d = c.recv(65536)
    if not d: break
    n += len(d)
print(n)"`;
const client80 = (to: string): string => `/usr/bin/python3 -u -c "
import socket
s = socket.create_connection(('${to}', 80), 10); s.sendall(b'word'); n = 0
while n < 300000: n += len(s.recv(65536))
s.sendall(b'x' * 1000); s.shutdown(1); s.recv(1); print(n)"`;

const TPROXY = (six_: boolean, proto: string): string[] => {
  const ip = six_ ? 'ip -6' : 'ip';
  const tables = six_ ? 'ip6tables-legacy' : 'iptables-legacy';
  return [
    `${ip} rule add fwmark 1 lookup 100`, `${ip} route add local default dev lo table 100`, `${tables} -t mangle -N DIVERT`, `${tables} -t mangle -A DIVERT -j MARK --set-mark 1`, `${tables} -t mangle -A DIVERT -j ACCEPT`,
    `${tables} -t mangle -A PREROUTING -p ${proto} -m socket --transparent -j DIVERT`, `${tables} -t mangle -A PREROUTING -p ${proto} --dport 80:90 -j TPROXY --on-port 1234 --tproxy-mark 1/1`,
    `${tables} -t mangle -A PREROUTING -p ${proto} --dport 99 -j TPROXY --on-port 77 --tproxy-mark 1/1`,
  ];
};
const COUNTERS = (tables: string): string => `${tables} -t mangle -L -v -n -x | awk '{print $1, $3, $4}'`;

describe.skipIf(!can('root', 'ip', 'iptables', 'conntrack', 'sysctl', 'tshark', 'tcpdump', '/usr/bin/python3'))('proxies', () => {
  it('learn the original destination', { timeout: 60_000 }, async () => {
    const play = (r: Router): Promise<string[]> => run(
      r, 'original 4 8000 3', ['-p tcp --dport 80 -j REDIRECT --to-ports 8000', '-p tcp -d 198.51.100.9 --dport 443 -j DNAT --to-destination 10.83.0.1:8000'].map((c) => `iptables-legacy -t nat -A PREROUTING ${c}`),
      [ask('STREAM', ['198.51.100.7', 80], ['198.51.100.9', 443], ['10.83.0.1', 8000])],
    );
    const real = await onKernel(NETS, play);
    expect(real.join()).toContain('198.51.100.9 443');
    expect(await onLinnet(NETS, play)).toEqual(real);
  });
  it('learn it of IPv6', { timeout: 60_000 }, async () => {
    const play = async (r: Router): Promise<string[]> => {
      await six(r);
      return run(r, 'original 6 8000 2', ['ip6tables-legacy -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8000'], [ask('STREAM', ['2001:db8:99::7', 80], [`${V6}1`, 8000])]);
    };
    const real = await onKernel(NETS, play);
    expect(real.join()).toContain('2001:db8:99::7 80');
    expect(await onLinnet(NETS, play)).toEqual(real);
  });
  it.each(['tcp', 'udp'])('take what is for others: %s', { timeout: 60_000 }, async (proto) => {
    const play = async (r: Router): Promise<string[]> => {
      const said = await run(r, `${proto} 4 1234 2`, TPROXY(false, proto), [ask(proto === 'tcp' ? 'STREAM' : 'DGRAM', ['198.51.100.7', 80], ['198.51.100.9', 81], ['198.51.100.9', 99])]);
      return said.concat(proto === 'udp' ? await r.sh(COUNTERS('iptables-legacy')) : []);
    };
    const real = await onKernel(NETS, play);
    expect(real.join()).toContain('198.51.100.9 81');
    expect(await onLinnet(NETS, play)).toEqual(real);
  });
  it.each(['tcp', 'udp'])('take what is for others over IPv6: %s', { timeout: 60_000 }, async (proto) => {
    const play = async (r: Router): Promise<string[]> => {
      await six(r);
      return run(r, `${proto} 6 1234 2`, TPROXY(true, proto), [ask(proto === 'tcp' ? 'STREAM' : 'DGRAM', ['2001:db8:99::7', 80], ['2001:db8:99::9', 81])]);
    };
    const real = await onKernel(NETS, play);
    expect(real.join()).toContain('2001:db8:99::9 81');
    expect(await onLinnet(NETS, play)).toEqual(real);
  });
  it.each([['all options', '--sack-perm --timestamp --wscale 7 --mss 1400'], ['none', ''], ['by an object of nft', NFT]])('answer SYNs in a server\'s name: %s', { timeout: 60_000 }, async (_name, options) => {
    const folder = mkdtempSync(join(tmpdir(), 'linnet-synproxy-'));
    const play = async (r: Router): Promise<string[]> => {
      const [client, server] = r.hosts;
      const captures: Program[] = [];
      try {
        r.hosts.forEach((h, i) => h.sh(`ip route add default via 10.${83 + i}.0.1`));
        await r.sh('sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0');
        const dev = r.devices[0]!;
        if (options === NFT) await r.sh(`printf '%s' '${nftProxy(dev)}' | nft -f -`);
        else for (const rule of [
          `-t raw -A PREROUTING -i ${dev} -p tcp --dport 80 --syn -j CT --notrack`, `-A FORWARD -i ${dev} -p tcp --dport 80 -m state --state INVALID,UNTRACKED -j SYNPROXY ${options}`, '-A FORWARD -m state --state INVALID -j DROP',
        ]) await r.sh(`iptables-legacy ${rule}`);
        for (const [i, h] of r.hosts.entries()) captures.push(new Program(h.name, `exec tcpdump -i tap0 -U -B 32768 -s 0 -w ${folder}/${i}.pcap ip`));
        await Promise.all(captures.map((c) => c.until(/listening on/)));
        captures.push(new Program(server!.name, server80('0.0.0.0')));
        await captures.at(-1)!.until(/ready/);
        const said = [await exec(client!.name, client80('10.84.0.2')), await captures.at(-1)!.done].map((x) => x.stdout + x.stderr);
        for (const h of r.hosts) h.sh(`ip route add 224.0.0.99/32 dev tap0 && bash -c 'echo the end > /dev/udp/224.0.0.99/9'`);
        for (const i of r.hosts.keys()) await eventually('the end of the capture', () => readFileSync(`${folder}/${i}.pcap`).includes('the end'));
        said.push(await r.sh(STAT), await r.sh("conntrack -L -p tcp 2> /dev/null | sed 's/sport=[0-9]*//; s/dport=[0-9]* \\[/[/; s/^tcp *6 [0-9]* [A-Z_]*//'"));
        return said.concat(r.hosts.flatMap((_h, i) => flows(`${folder}/${i}.pcap`)));
      } finally {
        for (const c of captures) c.kill();
      }
    };
    try {
      const real = await onKernel(['10.83.0', '10.84.0'], play);
      expect(real[0]).toBe('300000\n');
      expect(await onLinnet(['10.83.0', '10.84.0'], play)).toEqual(real);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
  it('answer SYNs over IPv6', { timeout: 60_000 }, async () => {
    const play = async (r: Router): Promise<string[]> => {
      await r.sh('sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.all.forwarding=1 net.netfilter.nf_conntrack_tcp_loose=0');
      for (const [i, h] of r.hosts.entries()) {
        await r.sh(`sysctl -qw net.ipv6.conf.${r.devices[i]!}.disable_ipv6=0 && ip addr add 2001:db8:${i}::1/64 dev ${r.devices[i]!} nodad`);
        h.sh(`sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.tap0.disable_ipv6=0 && ip addr add 2001:db8:${i}::2/64 dev tap0 nodad && ip -6 route add default via 2001:db8:${i}::1`);
      }
      const dev = r.devices[0]!;
      for (const rule of [
        `-t raw -A PREROUTING -i ${dev} -p tcp --dport 80 --syn -j CT --notrack`, `-A FORWARD -i ${dev} -p tcp --dport 80 -m state --state INVALID,UNTRACKED -j SYNPROXY --sack-perm --timestamp --wscale 7 --mss 1400`, '-A FORWARD -m state --state INVALID -j DROP',
      ]) await r.sh(`ip6tables-legacy ${rule}`);
      const server = new Program(r.hosts[1]!.name, server80('::'));
      try {
        await server.until(/ready/);
        const said = [await exec(r.hosts[0]!.name, client80('2001:db8:1::2')), await server.done].map((x) => x.stdout + x.stderr);
        return said.concat(await r.sh(STAT));
      } finally {
        server.kill();
      }
    };
    const real = await onKernel(['10.83.0', '10.84.0'], play);
    expect(real[0]).toBe('300000\n');
    expect(await onLinnet(['10.83.0', '10.84.0'], play)).toEqual(real);
  });
});
