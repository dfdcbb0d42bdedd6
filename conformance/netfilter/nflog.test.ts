// Packets told to programs (nflog) and judged by them (nfqueue), on the real kernel and on Linnet: every message's bytes, every answer, and what becomes of the packets.
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import { can } from '../preload/lab.ts';
import { send, setupOf } from './iptables.ts';
import { compare, type FilterScene } from './run.ts';

const NFNL = fileURLToPath(new URL('nfnl.py', import.meta.url));
/** Words for nfnl.py. */
const nfnl = (which: 'log' | 'queue', group: number, ...words: readonly string[]): string => `python3 ${NFNL} ${which} ${group} ${words.map((w) => `'${w.replaceAll("'", "'\\''")}'`).join(' ')}`;
const run = (...packets: readonly string[]): string => `run=${send(...packets)}`;

const OUT = 'src=10.1.0.2 dst=203.0.113.2 ipid=7';
const IN = 'src=10.1.0.2 dst=10.1.0.1 ipid=8';
const OUT6 = 'src=2001:db8:1::2 dst=2001:db8:2::2';
/** A datagram with another payload, whose UDP sum is left out. */
const CHANGED = '4500002000070000401100000a010002cb00710203e80035000c0000' + '6e657721';
/** One send that is three datagrams (UDP_SEGMENT). */
const SEGMENTS = `python3 -c 'import socket; s = socket.socket(2, 2); s.bind(("", 98)); s.setsockopt(17, 103, 100); s.sendto(bytes(range(250)), ("203.0.113.3", 99))'`;

const SCENES: readonly FilterScene[] = [
  {
    name: 'nflog by iptables',
    steps: [
      'iptables -A FORWARD -p udp -j NFLOG --nflog-group 5 --nflog-prefix hello', 'iptables -A INPUT -j NFLOG --nflog-group 5 --nflog-size 30', 'iptables -A FORWARD -p tcp -j NFLOG --nflog-group 6 --nflog-threshold 3 --nflog-prefix "six of them"', 'iptables -t mangle -A PREROUTING -p icmp -j MARK --set-mark 0x77', 'iptables -A FORWARD -p icmp -j NFLOG --nflog-group 5', 'ip6tables -A FORWARD -j NFLOG --nflog-group 5 --nflog-prefix v6', 'iptables -S', send(`udp ${OUT}`),
      nfnl('log', 5, 'cmd=4', 'cmd=3', 'cmd=1', 'cmd=1', 'u32=5,1', 'mode=65535,2', run(`udp ${OUT}`), 'recv=1', run(`udp ${OUT} len=200`, `udp ${IN}`), 'recv=2', run(`icmp ${OUT}`, `udp ${OUT6}`), 'recv=2', 'mode=10,2', run(`udp ${OUT}`), 'recv=1', 'mode=0,1', run(`udp ${OUT}`), 'recv=1', 'mode=0,0', run(`udp ${OUT}`), 'recv=1', 'u16=6,3', run(`udp ${OUT}`), 'recv=1', run(`udp ${OUT}`), 'recv=1', 'u16=6,7', 'cmd=2', run(`udp ${OUT}`), 'none=0.2'),
      nfnl('log', 5, 'cmd=1', run(`udp ${OUT}`), 'none=0.05', 'recv=1', 'u32=5,3', 'u32=4,30', run(`udp ${OUT}`, `udp ${OUT}`, `udp ${OUT}`), 'recv=1', run(`udp ${OUT}`), 'recv=1'),
      nfnl('log', 6, 'cmd=1', 'mode=12,2', run(`tcp ${OUT}`, `tcp ${OUT}`, `tcp ${OUT}`, `tcp ${OUT}`), 'recv=2'),
      nfnl('log', 7, 'cmd=2', 'mode=0,2', 'cmd=9', 'u32=5,1', 'cmd=1', 'mode=0,3', 'mode=0,7', 'u32=3,131073', 'cmd=1', 'cmd=2', 'cmd=2'),
      'iptables -A OUTPUT -p udp --dport 99 -j NFLOG --nflog-group 8 --nflog-threshold 1', nfnl('log', 8, 'cmd=1', run('sock udp dst=203.0.113.3 dport=99 sport=98'), 'recv=1', 'own'),
      // tcpdump reads a group itself.
      `e=$(mktemp); timeout 20 tcpdump -n -t -i nflog:5 -c 2 2>$e & until grep -q listening $e; do sleep 0.05; done; ${send(`udp ${OUT}`, `icmp ${OUT}`)} >/dev/null; wait; rm $e`,
      'iptables -L FORWARD -v -n -x',
    ],
  },
  {
    name: 'nflog by nft',
    steps: [
      `nft -f - <<'E'\ntable inet t {\n chain f { type filter hook forward priority 0; udp dport 53 log group 4 prefix "nft says " snaplen 33 counter; tcp dport 80 log group 4 queue-threshold 2; }\n}\nE`,
      'nft list ruleset',
      nfnl('log', 4, 'cmd=1', 'u32=5,1', run(`udp ${OUT}`, `udp ${OUT6}`), 'recv=2', 'u32=5,50', run(`tcp ${OUT}`, `tcp ${OUT6}`), 'recv=1'), 'nft list ruleset',
    ],
  },
  {
    name: 'nfqueue: verdicts',
    steps: [
      'iptables -A FORWARD -p udp -j NFQUEUE --queue-num 3', 'iptables -A FORWARD -p udp -m mark --mark 9', 'iptables -A FORWARD -p tcp -j NFQUEUE --queue-num 4 --queue-bypass', 'iptables -A INPUT -p icmp -j NFQUEUE --queue-num 3', 'ip6tables -A FORWARD -p udp -j NFQUEUE --queue-num 3', 'iptables -t mangle -A POSTROUTING -m mark --mark 9', 'iptables -S', send(`udp ${OUT}`, `tcp ${OUT}`),
      nfnl('queue', 3, 'cmd=4', 'cmd=3', 'cmd=1', 'cmd=1', 'mode=65535,2', 'proc', run(`udp ${OUT}`), 'recv=1', 'proc', 'verdict=1,1', run('sleep 0'), 'verdict=1,1', run(`udp ${OUT}`, `udp ${OUT} len=50`), 'recv=2', 'verdict=1,9', 'verdict=9,2', 'verdict=2,2', 'verdict=0,2', 'batch=1,3,9', 'batch=1,3', run(`icmp ${IN}`), 'recv=1', 'verdict=1,4', run(`udp ${OUT6}`), 'recv=1', 'verdict=1,5,9', 'proc'),
      'iptables -L FORWARD -v -n -x', 'iptables -t mangle -L POSTROUTING -v -n -x',
      nfnl('queue', 3, 'cmd=1', 'mode=10,2', run(`udp ${OUT}`), 'recv=1', 'mode=0,1', run(`udp ${OUT}`), 'recv=1', 'u32=3,2', run(`udp ${OUT}`), 'none=0.1', 'proc', 'flags=1', run(`udp ${OUT}`), 'proc', 'batch=1,2', run('sleep 0'), 'flags=64', 'u32=5,1', 'cmd=2', 'cmd=2', 'cmd=7', 'group=9', 'mode=0,2', 'verdict=1,1'),
      // What waits when its program ends is dropped.
      nfnl('queue', 3, 'cmd=1', 'mode=65535,2', run(`udp ${OUT}`), 'recv=1'), 'cat /proc/net/netfilter/nfnetlink_queue', send('sleep 0'),
    ],
  },
  {
    name: 'nfqueue: changed packets, other queues',
    steps: [
      'iptables -A FORWARD -p udp -j NFQUEUE --queue-num 3', 'iptables -A FORWARD -p udp -m mark --mark 9', 'iptables -S',
      `python3 ${NFNL} queue 3 cmd=1 mode=65535,2 '${run(`udp ${OUT}`).replaceAll("'", '"')}' recv=1 verdict=1,1,9,${CHANGED} '${run('sleep 0').replaceAll("'", '"')}'`,
      'iptables -L FORWARD -v -n -x', 'iptables -F',
      'iptables -A FORWARD -p udp -j NFQUEUE --queue-num 6 --queue-bypass', 'iptables -A FORWARD -p tcp -j NFQUEUE --queue-balance 7:9 --queue-bypass', 'iptables -A FORWARD -p icmp -j NFQUEUE --queue-balance 6:8 --queue-cpu-fanout', 'iptables -S', send(`udp ${OUT}`, `tcp ${OUT}`, `icmp ${OUT}`),
      nfnl('queue', 6, 'cmd=1', 'mode=0,2', run(`udp ${OUT}`), 'recv=1', 'verdict=4,1', 'recv=1', 'verdict=1,2', run('sleep 0')), 'iptables -L FORWARD -v -n -x',
    ],
  },
  {
    name: 'nfqueue: a send of many datagrams',
    steps: [
      'iptables -A OUTPUT -p udp -j NFQUEUE --queue-num 3', 'iptables -A OUTPUT -p udp -m mark --mark 9',
      nfnl('queue', 3, 'cmd=1', 'mode=65535,2', `run=${SEGMENTS}`, 'recv=3', 'proc', 'verdict=1,3,9', 'verdict=1,1,9', 'u32=3,3', `run=${SEGMENTS}`, 'recv=2', 'proc', 'own'), 'iptables -L OUTPUT -v -n -x',
      nfnl('queue', 3, 'cmd=1', 'mode=0,1', `run=${SEGMENTS}`, 'recv=3', 'proc', 'flags=4', `run=${SEGMENTS}`, 'recv=1', 'mode=65535,2', `run=${SEGMENTS}`, 'recv=1', 'proc', 'batch=1,4,9', 'own'), 'iptables -L OUTPUT -v -n -x',
    ],
  },
];

describe.each(SCENES)('$name', (scene) => {
  test.skipIf(!can('root', 'iptables', 'nft', 'ip', 'sysctl', 'tcpdump', 'python3'))('as the real kernel', { timeout: 300_000 }, () => compare(setupOf(scene), scene));
});
