// conntrack(8) and bare requests of NFNL_SUBSYS_CTNETLINK, on the real kernel and on Linnet.
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import { can } from '../preload/lab.ts';
import { send, setupOf } from './iptables.ts';
import { compare, type FilterScene } from './run.ts';

const CT = `python3 ${fileURLToPath(new URL('ct.py', import.meta.url))}`;
const OUT = 'src=10.1.0.2 dst=203.0.113.2';
const TRACK = ['iptables -A FORWARD -m state --state NEW', 'ip6tables -A FORWARD -m state --state NEW', 'iptables -t nat -A POSTROUTING -o f0 -s 10.1.0.3 -j MASQUERADE'];
const FLOW = [`tcp ${OUT}`, 'f1 tcp src=203.0.113.2 dst=10.1.0.2 flags=SA sport=80 dport=1000 seq=100 ack=2', `tcp ${OUT} flags=A seq=2 ack=101`, `udp ${OUT}`, `icmp ${OUT}`, 'f1 icmp src=203.0.113.2 dst=10.1.0.2 type=0', 'udp src=10.1.0.3 dst=203.0.113.2', 'f1 udp src=203.0.113.2 dst=203.0.113.1 sport=53 dport=1000', `other ${OUT} proto=200`, 'udp src=2001:db8:1::2 dst=2001:db8:2::2', 'icmp6 src=2001:db8:1::2 dst=2001:db8:2::2'];

const SCENES: readonly FilterScene[] = [
  {
    name: 'conntrack lists, makes, changes and ends',
    steps: [
      ...TRACK, send(...FLOW),
      'conntrack -L | sort', 'conntrack -L -f ipv6 | sort', 'conntrack -L -p tcp', 'conntrack -L -p udp --dport 53 | sort', 'conntrack -L -n | sort', 'conntrack -L -o extended | sort', 'conntrack -L -o xml -p icmp | sed "s/<id>[0-9]*//; s/<timeout>[0-9]*//"', 'conntrack -C', 'conntrack -L --src 10.1.0.2 --state ESTABLISHED -p tcp', 'conntrack -L exp',
      'conntrack -G -s 10.1.0.2 -d 203.0.113.2 -p udp --sport 1000 --dport 53', 'conntrack -G -s 10.1.0.2 -d 203.0.113.2 -p udp --sport 1 --dport 53', 'conntrack -U -s 10.1.0.2 -d 203.0.113.2 -p udp --sport 1000 --dport 53 -m 9', 'conntrack -L -m 9', 'conntrack -L -m 1/1', 'conntrack -L --mark 2/2', 'conntrack -U -p tcp -m 3', 'conntrack -L -p tcp',
      'conntrack -I -s 10.0.0.1 -d 10.0.0.2 -p udp --sport 5 --dport 6 -t 100 -m 5', 'conntrack -I -s 10.0.0.1 -d 10.0.0.2 -p udp --sport 5 --dport 6 -t 100', 'conntrack -I -s 10.0.0.1 -d 10.0.0.2 -p tcp --sport 5 --dport 6 -t 100 --state ESTABLISHED', 'conntrack -I -s 10.0.0.1 -d 10.0.0.2 -p tcp --sport 7 --dport 6 -t 50 --state SYN_SENT -u ASSURED,SEEN_REPLY', 'conntrack -I -s 10.0.0.1 -d 10.0.0.2 -p udp --sport 7 --dport 6 -t 100 -n 1.1.1.1:99', 'conntrack -I -s 10.0.0.1 -d 10.0.0.2 -p udp --sport 8 --dport 6 -t 100 -g 2.2.2.2', 'conntrack -I -s 10.0.0.1 -d 10.0.0.2 -p icmp --icmp-type 8 --icmp-code 0 --icmp-id 9 -t 10', 'conntrack -I -s 2001:db8::1 -d 2001:db8::2 -p udp --sport 5 --dport 6 -t 100',
      'conntrack -L | sort', 'conntrack -L --src-nat | sort', 'conntrack -L --dst-nat | sort', 'conntrack -D -p icmp --icmp-type 8 --icmp-code 0 --icmp-id 9 -s 10.0.0.1', 'conntrack -D -s 10.1.0.2 -p tcp', 'conntrack -D -s 99.9.9.9', 'conntrack -D -m 5 | sort', 'conntrack -D -f ipv6 -p udp | sort', 'conntrack -L | sort', 'conntrack -F', 'conntrack -L', 'conntrack -C', 'conntrack -S | sed -n 1p | sed "s/=[0-9]*//g; s/cpu//"', 'cat /proc/sys/net/netfilter/nf_conntrack_count',
    ],
  },
  {
    name: 'conntrack with counters, times, zones, labels',
    steps: [
      'sysctl -qw net.netfilter.nf_conntrack_acct=1 net.netfilter.nf_conntrack_timestamp=1', ...TRACK, 'iptables -t raw -A PREROUTING -p udp -j CT --zone 7', 'iptables -A FORWARD -m connlabel --label 5 --set', 'iptables -t mangle -A FORWARD -p tcp -j CONNMARK --set-mark 7', send(...FLOW),
      'conntrack -L | sort', 'conntrack -L -o labels | sort', 'conntrack -L --zone 7 | sort', 'conntrack -L -z -p tcp | sort', 'conntrack -L -p tcp', `${CT} 0x101:0x301:2 | sed "s/20n(1=[0-9a-f]*)/20n/"`, `${CT} 0x101:0x301:0 | sed "s/20n(1=[0-9a-f]*)/20n/" | sort`,
    ],
  },
  {
    name: 'bare requests',
    steps: [
      ...TRACK, send(...FLOW),
      `${CT} 0x101:0x301:0`, `${CT} 0x101:0x301:2`, `${CT} 0x101:0x301:10`, `${CT} 0x101:0x301:7`, `${CT} 0x105:0x1:0`, `${CT} 0x201:0x301:0`, `${CT} 0x203:0x301:0 | grep -v 00000001`, `${CT} 0x101:0x1:2`, `${CT} 0x107:0x301:0`, `${CT} 0x106:0x301:0`, `${CT} 0x108:1:0`, `${CT} 0x10a:1:0`, `${CT} 0x100:5:2`, `${CT} 0x100:0x405:2`, `${CT} 0x201:5:2`, `${CT} 0x202:5:2`,
      // Mark 9 with mask, status, a tuple without its end, one with another family, a zone of one byte.
      `${CT} 0x101:0x301:0:0800080000000009080015000000000f`, `${CT} 0x101:0x301:0:080003000000000a`, `${CT} 0x101:5:2:04000180`, `${CT} 0x101:5:2:0c000180080001800400000000`, `${CT} 0x101:5:10:3400018014000180080001000a01000208000200cb7100021c00028005000100110000000600020003e8000006000300003500000`, `${CT} 0x101:0x301:0:0500120007000000`, `${CT} 0x102:5:2:0800080000000009`, `${CT} 0x101:0x301:2`, `${CT} 0x102:5:10`, `${CT} 0x101:0x301:0`, `${CT} 0x102:5:0`, `${CT} 0x101:0x301:0`,
    ].filter((s) => !s.endsWith('3500000')),
  },
  {
    name: 'conntrack events',
    steps: [
      ...TRACK,
      `timeout 3 conntrack -E & sleep 0.7; ${send(`tcp ${OUT}`, 'f1 tcp src=203.0.113.2 dst=10.1.0.2 flags=SA sport=80 dport=1000 seq=100 ack=2', `tcp ${OUT} flags=A seq=2 ack=101`, `tcp ${OUT} flags=FA seq=2 ack=101`, 'f1 tcp src=203.0.113.2 dst=10.1.0.2 flags=FA sport=80 dport=1000 seq=101 ack=3', `tcp ${OUT} flags=A seq=3 ack=102`, `udp ${OUT}`, 'f1 udp src=203.0.113.2 dst=10.1.0.2 sport=53 dport=1000', `icmp ${OUT}`, 'f1 icmp src=203.0.113.2 dst=10.1.0.2 type=0')} > /dev/null; conntrack -D -p udp > /dev/null 2>&1; conntrack -I -s 10.0.0.1 -d 10.0.0.2 -p udp --sport 5 --dport 6 -t 100 -m 5 2> /dev/null; conntrack -U -s 10.0.0.1 -d 10.0.0.2 -p udp --sport 5 --dport 6 -m 6 > /dev/null 2>&1; conntrack -D -p icmp > /dev/null 2>&1; conntrack -D -p tcp > /dev/null 2>&1; conntrack -D -s 10.0.0.1 > /dev/null 2>&1; wait`,
      `timeout 3 conntrack -E -e DESTROY -p udp & sleep 0.7; ${send(`tcp ${OUT}`, `udp ${OUT}`)} > /dev/null; conntrack -F 2> /dev/null; wait`,
    ],
  },
];

describe.each(SCENES)('$name', (scene) => {
  test.skipIf(!can('root', 'iptables', 'conntrack', 'ip', 'sysctl', 'python3'))('as the real kernel', { timeout: 120_000 }, () => compare(setupOf(scene), scene));
});
