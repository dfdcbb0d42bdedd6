// What the tests may need of the machine, and whether it is here. Used by the tests themselves, by `npm test` (to say what
// it skips) and by .ci/run (to install it: `node conformance/needs.mjs --packages`).
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Programs, and files by their path, each with the Debian package that brings it. (chromium is for tools/scripts/check-pack.mjs.)
 * @type {Record<string, string>}
 */
export const programs = {
  tshark: 'tshark',
  capinfos: 'wireshark-common',
  tcpdump: 'tcpdump',
  ip: 'iproute2',
  ss: 'iproute2',
  tc: 'iproute2',
  ping: 'iputils-ping',
  nc: 'netcat-openbsd',
  cc: 'build-essential',
  curl: 'curl',
  iperf3: 'iperf3',
  traceroute: 'traceroute',
  tracepath: 'iputils-tracepath',
  radvd: 'radvd',
  ethtool: 'ethtool',
  iptables: 'iptables',
  ipset: 'ipset',
  conntrack: 'conntrack',
  atftpd: 'atftpd',
  '/usr/lib/python3/dist-packages/pyftpdlib': 'python3-pyftpdlib',
  nmap: 'nmap',
  nft: 'nftables',
  python3: 'python3',
  sysctl: 'procps',
  bridge: 'iproute2',
  genl: 'iproute2',
  arpd: 'iproute2',
  arping: 'iputils-arping',
  smcrouted: 'smcroute',
  chromium: 'chromium',
  // The specifications of netlink, and what its checker needs: Debian's own Python.
  '/usr/src/linux-source-6.12.tar.xz': 'linux-source-6.12',
  '/usr/bin/python3': 'python3',
  '/usr/lib/python3/dist-packages/yaml': 'python3-yaml',
};

// Debian keeps some of them where only root looks.
const dirs = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/sbin'];
const found = (/** @type {string} */ name) => path.isAbsolute(name) ? fs.existsSync(name) : dirs.some((d) => fs.existsSync(path.join(d, name)));

/**
 * Why a need is not met, or undefined if it is: 'root' (namespaces and TAP devices), or the name of a program.
 * @param {string} need
 * @returns {string | undefined}
 */
export function whyNot(need) {
  if (need !== 'root') return found(need) ? undefined : `${need} (Debian: apt-get install ${programs[need] ?? need})`;
  if (process.platform !== 'linux') return 'root: this is not Linux, so there are no network namespaces and TAP devices';
  if (process.getuid?.() !== 0) return 'root: network namespaces and TAP devices need it';
  if (!fs.existsSync('/dev/net/tun')) return 'root: there is no /dev/net/tun (in a container: --device /dev/net/tun --cap-add NET_ADMIN)';
  if (spawnSync('unshare', ['-n', 'true']).status !== 0) return 'root: this container may not make network namespaces (--privileged)';
  return undefined;
}

/** @returns {string[]} */
export const missingNeeds = () => ['root', ...Object.keys(programs)].map(whyNot).filter((w) => w !== undefined);

/**
 * Says whether everything that a group of tests needs is here. In CI nothing may be missing: there, it throws.
 *
 * ```ts
 * describe.skipIf(!have('root', 'curl', 'tshark'))('HTTP over a TAP', () => { ... });
 * ```
 *
 * @param {...string} needs 'root', or names of programs
 * @returns {boolean}
 */
export function have(...needs) {
  const missing = needs.map(whyNot).filter((why) => why !== undefined);
  if (missing.length && process.env.CI) throw new Error(`missing in CI: ${missing.join('; ')}`);
  return missing.length === 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv.includes('--packages')) {
  console.log([...new Set(Object.entries(programs).filter(([p]) => !found(p)).map(([, deb]) => deb))].join(' '));
}
