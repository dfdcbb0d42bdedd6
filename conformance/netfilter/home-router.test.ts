// A home router between real hosts: masquerading, port forwards also from within, FTP in all of its modes and TFTP through helpers, errors. The router is Linnet, then the real
// kernel with the same commands; what the hosts see must be the same.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TestNetns } from '../host/netns.ts';
import { eventually, exec, Program, sh } from '../lib/exec.ts';
import { can } from '../preload/lab.ts';
import { flows } from './flows.ts';
import { onKernel, onLinnet, type Router } from './routers.ts';

const HOSTS = ['10.81.0', '10.82.0', '203.0.113'] as const;
const LAN1 = '10.81.0.2';
const LAN2 = '10.82.0.2';
const WAN = '203.0.113.2';
const US = '203.0.113.1';

/** `l1`, `l2` and `w` are the router's devices. */
const RULES = (l1: string, l2: string, w: string): string[] => [
  '-t raw -A PREROUTING -p tcp --dport 21 -j CT --helper ftp', '-t raw -A PREROUTING -p udp --dport 69 -j CT --helper tftp', `-t nat -A POSTROUTING -o ${w} -j MASQUERADE`, `-t nat -A POSTROUTING -s 10.80.0.0/14 -d 10.80.0.0/14 -j MASQUERADE`,
  `-t nat -A PREROUTING -d ${US} -p tcp --dport 21 -j DNAT --to-destination ${LAN2}`, `-t nat -A PREROUTING -d ${US} -p tcp --dport 8080 -j DNAT --to-destination ${LAN1}:80`, `-t nat -A PREROUTING -d ${US} -p udp --dport 7000 -j DNAT --to-destination ${LAN1}:7001`,
  '-P FORWARD DROP', '-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT', '-A FORWARD -m conntrack --ctstate DNAT -j ACCEPT', `-A FORWARD -i ${l1} -j ACCEPT`, `-A FORWARD -i ${l2} -o ${w} -j ACCEPT`,
];

/** pyftpdlib refuses a PORT that is not the peer's own address, so the helper must have written the right one. */
const ftpd = (root: string): string => `cd ${root} && exec /usr/bin/python3 -m pyftpdlib -i 0.0.0.0 -p 21`;
const http = (root: string): string => `cd ${root} && exec /usr/bin/python3 -u -m http.server 80`;
const udp = (to: string, port: number): string => `/usr/bin/python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(3); s.connect(('${to}', ${port})); s.send(b'anybody there')
try: s.recv(100)
except OSError as e: print(e.strerror)"`;
const ftp = (options: string, host: string): string => `curl -sS --max-time 10 ${options} ftp://${host}/file | md5sum`;

/** What is done: the host that does it, and how. */
const STEPS: readonly (readonly [host: number, command: string])[] = [
  // Passive and active, the old way and that of RFC 2428, to a server outside; pasv's address counts.
  [0, ftp('--disable-epsv --no-ftp-skip-pasv-ip', WAN)], [0, ftp('', WAN)], [0, ftp('-P - --disable-eprt', WAN)], [1, ftp('-P - --eprt', WAN)],
  // To the server behind the port forward, from outside and from the other LAN.
  [2, ftp('--disable-epsv --no-ftp-skip-pasv-ip', US)], [2, ftp('', US)], [2, ftp('-P - --disable-eprt', US)], [0, ftp('--disable-epsv --no-ftp-skip-pasv-ip', US)],
  [0, `curl -sS --max-time 10 tftp://${WAN}/file | md5sum`], [1, `curl -sS --max-time 10 --tftp-blksize 1024 tftp://${WAN}/file | md5sum`],
  // The forward from outside, from the other LAN, and from the very host that it leads to.
  [2, `curl -sS --max-time 10 http://${US}:8080/file | md5sum`], [1, `curl -sS --max-time 10 http://${US}:8080/file | md5sum`], [0, `curl -sS --max-time 10 http://${US}:8080/file | md5sum`],
  // Errors, in and out.
  [0, udp(WAN, 6000)], [2, udp(US, 7000)], [1, `ping -c 2 -i 0.05 -t 1 ${WAN} | grep -o "From.*exceeded"`], [0, `ping -c 2 -i 0.05 ${WAN} | grep -o "2 received"`],
];

/** Runs all of it through a router: what each step printed, and what each host's wire saw. */
async function home(router: Router, folder: string): Promise<{ printed: string[]; seen: string[][] }> {
  const programs: Program[] = [];
  const start = (ns: TestNetns, command: string): Program => {
    const p = new Program(ns.name, command);
    programs.push(p);
    return p;
  };
  try {
    for (const rule of RULES(...(router.devices as [string, string, string]))) await router.sh(`iptables-legacy ${rule}`);
    router.hosts.forEach((h, i) => {
      if (i < 2) h.sh(`ip route add default via ${HOSTS[i]}.1`);
    });
    const [lan1, lan2, wan] = router.hosts as [TestNetns, TestNetns, TestNetns];
    const files = join(folder, '..');
    await Promise.all([start(wan, ftpd(files)).until(/starting FTP/), start(lan2, ftpd(files)).until(/starting FTP/), start(lan1, http(files)).until(/Serving/)]);
    start(wan, `atftpd --daemon --no-fork --no-multicast --user root.root ${files}`);
    await eventually('the TFTP server', async () => (await sh(wan.name, 'ss -Huln sport = :69')) !== '');
    const captures = router.hosts.map((h, i) => start(h, `exec tcpdump -i tap0 -U -B 32768 -s 0 -w ${folder}/${i}.pcap ip`));
    await Promise.all(captures.map((c) => c.until(/listening on/)));
    const printed: string[] = [];
    for (const [host, command] of STEPS) {
      const r = await exec(router.hosts[host]!.name, command);
      printed.push(`${command}: ${r.stdout}${r.stderr}`);
    }
    printed.push(await router.sh('conntrack -L expect 2>&1 | grep -o "[0-9]* expectations"'));
    // A last word that nobody answers: with it, all before it is in the file.
    for (const h of router.hosts) h.sh(`ip route add 224.0.0.99/32 dev tap0 && bash -c 'echo the end > /dev/udp/224.0.0.99/9'`);
    for (const i of router.hosts.keys()) {
      await eventually('the end of the capture', () => readFileSync(`${folder}/${i}.pcap`).includes('the end'));
    }
    return { printed, seen: router.hosts.map((_h, i) => flows(`${folder}/${i}.pcap`)) };
  } finally {
    for (const p of programs) p.kill();
  }
}

describe.skipIf(!can('root', 'ip', 'ss', 'ping', 'curl', 'tcpdump', 'tshark', 'iptables', 'conntrack', 'atftpd', '/usr/bin/python3', '/usr/lib/python3/dist-packages/pyftpdlib'))('a home router', () => {
  it('is to its hosts what the real kernel is', { timeout: 120_000 }, async () => {
    const root = mkdtempSync(join(tmpdir(), 'linnet-home-'));
    try {
      await sh(null, `mkdir ${root}/linnet ${root}/real && seq 1 8000 > ${root}/file && chmod -R a+rX ${root}`);
      const linnet = await onLinnet(HOSTS, (r) => home(r, join(root, 'linnet')));
      const kernel = await onKernel(HOSTS, (r) => home(r, join(root, 'real')));
      expect(linnet.printed).toEqual(kernel.printed);
      expect(linnet.seen).toEqual(kernel.seen);
      // It is no agreement of two failures.
      const md5 = (await sh(null, `md5sum < ${root}/file`)).trim();
      expect(kernel.printed.filter((p) => p.includes(md5)).length).toBe(STEPS.filter(([, c]) => c.includes('curl')).length);
      expect(kernel.seen[2]!.join('\n')).toMatch(/PORT 203,0,113,1,p\d/);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});
