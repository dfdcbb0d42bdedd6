// Random sets, rules about them, and many packets, from a seed: each rule's counters say which packets it matched.
import { fileURLToPath } from 'node:url';
import { Rng, type RngStream } from '@linnet/kernel';
import type { FilterScene } from './run.ts';

const PACKETS = fileURLToPath(new URL('packets.py', import.meta.url));
/** Packets of a scene. */
const COUNT = 400;

interface Of {
  readonly r: RngStream;
  readonly six: boolean;
}
const one = <T>({ r }: Of, list: readonly T[]): T => list[r.below(list.length)]!;
const ip = ({ r, six }: Of): string => (six ? `2001:db8:1::${r.below(4)}:${r.below(16).toString(16)}` : `10.1.${r.below(4)}.${r.below(16)}`);
const net = (of: Of): string => `${ip(of)}/${one(of, of.six ? [64, 112, 113, 120, 124, 126, 127, 128] : [8, 16, 22, 24, 25, 28, 30, 31, 32])}`;
const port = (of: Of): string => {
  const n = 78 + of.r.below(6);
  return one(of, [`${n}`, `tcp:${n}`, `udp:${n}`, `udplite:${n}`, `sctp:${n}`, of.six ? 'icmpv6:128/0' : 'icmp:8/0', '50:0', `tcp:${n}-${n + 2}`]);
};

/** Types with what an element of each is, and how many directions name it. */
const TYPES: readonly (readonly [type: string, dim: number, element: (of: Of) => string])[] = [
  ['hash:ip', 1, ip], ['hash:net', 1, net], ['hash:ip,port', 2, (of) => `${ip(of)},${port(of)}`], ['hash:net,port', 2, (of) => `${net(of)},${port(of)}`],
  ['hash:ip,port,ip', 3, (of) => `${ip(of)},${port(of)},${ip(of)}`], ['hash:ip,port,net', 3, (of) => `${ip(of)},${port(of)},${net(of)}`],
  ['hash:net,iface', 2, (of) => `${net(of)},${one(of, ['e0', 'f0', 'e wildcard', 'e1'])}`],
  ['bitmap:port range 70-90', 1, ({ r }) => `${78 + r.below(6)}`],
];
const FOUR: typeof TYPES = [
  ['bitmap:ip range 10.1.0.0/22', 1, ip], ['bitmap:ip,mac range 10.1.0.0/22', 2, (of) => `${ip(of)}${one(of, ['', ',02:00:00:00:00:0b', ',02:00:00:00:00:0c'])}`],
];

export function ipsetRandom(seed: number): FilterScene {
  const of: Of = { r: new Rng(seed).stream('ipset'), six: seed % 3 === 0 };
  const { r, six } = of;
  const types = six ? TYPES : [...TYPES, ...FOUR];
  const cmd = six ? 'ip6tables' : 'iptables';
  const restore: string[] = [];
  const rules: string[] = [];
  const dims: number[] = [];
  types.forEach(([type, dim, element], i) => {
    const extra = `${type.startsWith('hash') && six ? ' family inet6' : ''}${r.below(2) === 0 ? ' counters' : ''}`;
    const masked = (type === 'hash:ip' || type === 'hash:ip,port') && r.below(2) === 0 ? ` netmask ${six ? 124 : 30}` : '';
    restore.push(`create s${i} ${type}${extra}${masked}`);
    dims.push(dim);
    for (let n = 0; n < 30; n++) restore.push(`add s${i} ${element(of)}${type.includes('net') && r.below(4) === 0 ? ' nomatch' : ''}`);
  });
  restore.push('create l list:set');
  for (let n = 0; n < 3; n++) restore.push(`add l s${r.below(types.length)}`);
  for (let n = 0; n < 40; n++) {
    const i = r.below(types.length + 1);
    const dim = i === types.length ? 1 + r.below(3) : Math.max(1, dims[i]! - (r.below(8) === 0 ? 1 : 0));
    const dirs = Array.from({ length: dim }, () => one(of, ['src', 'dst'])).join(',');
    const [name, type] = i === types.length ? ['l', ''] : [`s${i}`, types[i]![0]];
    // Devices that the packet leaves by are not known yet.
    rules.push(`-A PREROUTING -i e0 -m set ${r.below(4) === 0 ? '! ' : ''}--match-set ${name} ${dirs}${type.includes('net') && r.below(4) === 0 ? ' --return-nomatch' : ''}`);
  }
  restore.push('create new hash:ip,port' + (six ? ' family inet6' : ''), 'create gone hash:ip' + (six ? ' family inet6' : ''));
  for (let n = 0; n < 20; n++) restore.push(`add gone ${ip(of)}`);
  rules.push('-A PREROUTING -i e0 -j SET --add-set new src,dst', '-A PREROUTING -i e0 -j SET --del-set gone dst', '-A PREROUTING -i e0 -j DROP');
  const rows = ['*mangle', ...rules, 'COMMIT', ''].join('\n');
  return {
    name: `random sets ${seed}`,
    steps: [
      `printf '%s' "${restore.join('\n')}\n" | ipset -exist restore`, `printf '%s' "${rows}" | ${cmd}-restore`, `python3 ${PACKETS} ${six ? 'inet6' : 'inet'} ${seed} ${COUNT}`,
      `${cmd} -t mangle -L PREROUTING -v -n -x`, "ipset list | sed 's/initval [^ ]*//' | sort",
    ],
  };
}
