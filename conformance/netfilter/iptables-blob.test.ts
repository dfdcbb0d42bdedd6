// Harmed tables: the real kernel and Linnet refuse or take the same, with the same errno.
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import { can } from '../preload/lab.ts';
import { compare, type FilterScene } from './run.ts';

const BLOB = fileURLToPath(new URL('blob.py', import.meta.url));
const ROUNDS = Number(process.env['BLOB_ROUNDS'] ?? 200);
const RULES = (t: string): string[] => [
  `${t} -N a`, `${t} -N b`, `${t} -A a -p tcp --dport 80 -j b`, `${t} -A b -j RETURN`, `${t} -A b -p udp -m multiport --dports 5,6 -j ACCEPT`, `${t} -A INPUT -i e0 -j a`, `${t} -A INPUT -m limit --limit 3/s -g b`, `${t} -A FORWARD -m state --state NEW -j MARK --set-mark 5`,
  `${t} -A FORWARD -p tcp --syn -j TCPMSS --set-mss 1000`, `${t} -A OUTPUT -m mark --mark 7 -j LOG --log-prefix x`, `${t} -A INPUT -p tcp -j REJECT --reject-with tcp-reset`, `${t} -A INPUT -m hashlimit --hashlimit-name h --hashlimit-upto 5/s --hashlimit-mode srcip -m comment --comment c`, `${t} -A OUTPUT -m addrtype --dst-type LOCAL -m length --length 1:9 -m conntrack --ctstate NEW`,
];
const SCENES: readonly FilterScene[] = [
  { name: 'harmed tables of iptables', steps: [...RULES('iptables'), ...[1, 2, 3].map((seed) => `python3 ${BLOB} 4 filter ${seed} ${ROUNDS}`), 'iptables-save'] },
  { name: 'harmed tables of ip6tables', steps: [...RULES('ip6tables'), `python3 ${BLOB} 6 filter 4 ${ROUNDS}`, 'ip6tables-save'] },
  {
    name: 'harmed tables of nat and mangle',
    steps: ['iptables -t nat -A POSTROUTING -o e0 -j MASQUERADE', 'iptables -t nat -A PREROUTING -p tcp --dport 5 -j DNAT --to-destination 1.2.3.4:5', 'iptables -t nat -A OUTPUT -p udp -j REDIRECT --to-ports 7', `python3 ${BLOB} 4 nat 5 ${ROUNDS}`, 'iptables -t mangle -A PREROUTING -j TTL --ttl-set 5', 'iptables -t mangle -A FORWARD -j TOS --set-tos 4', 'iptables -t mangle -A POSTROUTING -j CONNMARK --save-mark', `python3 ${BLOB} 4 mangle 6 ${ROUNDS}`, 'iptables-save'],
  },
];

describe.each(SCENES)('$name', (scene) => {
  test.skipIf(!can('root', 'iptables', 'ip', 'python3'))('as the real kernel', { timeout: 300_000 }, () => compare(['ip link set lo up'], scene));
});
