// Helpers of connection tracking, line by line: what a conversation of FTP, IRC or TFTP becomes, and what is expected of it, on the real kernel and on Linnet.
import { describe, test } from 'vitest';
import { can } from '../preload/lab.ts';
import { send, setupOf } from './iptables.ts';
import { compare, type FilterScene } from './run.ts';

const A = '10.1.0.2';
const S = '203.0.113.2';
const US = '203.0.113.1';
const A6 = '2001:db8:1::2';
const S6 = '2001:db8:2::2';
/** Without the seconds that are left. */
const LEFT = 'sed "s/^[0-9]* //"';
const EXPECT = `conntrack -L expect | ${LEFT} | sort`;
const EXPECT6 = `conntrack -f ipv6 -L expect | ${LEFT} | sort`;
const hex = (text: string): string => `hex=${Buffer.from(text).toString('hex')}`;

/** A control connection, followed from both ends by their own counting: `c` is what the client says, `s` the server. */
class Control {
  readonly #client: string;
  readonly #server: string;
  #c: number;
  #s: number;
  /** What the server believes of the client's numbers beyond the truth, and the other way round. */
  cOff = 0;
  sOff = 0;
  /** `wan`: the address of the client as the server sees it. `port`: the client's. */
  constructor(client: string, server: string, wan: string, port: number, c = 1000, s = 5000, dport = 21) {
    this.#client = `tcp src=${client} dst=${server} sport=${port} dport=${dport}`;
    this.#server = `f1 tcp src=${server} dst=${wan} sport=${dport} dport=${port}`;
    this.#c = c;
    this.#s = s;
  }
  open(): string[] {
    const opts = 'opts=0204058c0101040201030307';
    const out = [
      `${this.#client} flags=S seq=${this.#c} ${opts}`, `${this.#server} flags=SA seq=${this.#s} ack=${this.#c + 1} ${opts}`, `${this.#client} flags=A seq=${this.#c + 1} ack=${this.#s + 1}`,
    ];
    this.#c++;
    this.#s++;
    return out;
  }
  c(text: string, at = this.#c): string {
    this.#c = Math.max(this.#c, at + text.length);
    return `${this.#client} flags=PA seq=${at} ack=${this.#s + this.sOff} ${hex(text)}`;
  }
  s(text: string, at = this.#s): string {
    this.#s = Math.max(this.#s, at + text.length);
    return `${this.#server} flags=PA seq=${at} ack=${this.#c + this.cOff} ${hex(text)}`;
  }
  /** The server has all up to `back` bytes before the end, then `hole` bytes are missing, then it has the rest (RFC 2018). */
  sack(back: number, hole: number): string {
    const end = this.#c + this.cOff;
    const word = (n: number): string => (n >>> 0).toString(16).padStart(8, '0');
    return `${this.#server} flags=A seq=${this.#s} ack=${end - back} opts=0101050a${word(end - back + hole)}${word(end)}`;
  }
  get at(): number {
    return this.#c;
  }
}

const FTP = ['iptables -t raw -A PREROUTING -p tcp --dport 21 -j CT --helper ftp', 'iptables -A FORWARD -m helper --helper ftp', 'iptables -A FORWARD -m conntrack --ctstate RELATED'];
const MASQ = 'iptables -t nat -A POSTROUTING -o f0 -j MASQUERADE';
const data = (src: string, dst: string, dport: number, sport = 20): string => `tcp src=${src} dst=${dst} sport=${sport} dport=${dport}`;

function plain(): string[] {
  const f = new Control(A, S, A, 4000);
  return [
    ...f.open(), f.s('220 hello\r\n'), f.c('USER x\r\n'), f.s('331 ok\r\n'), f.c('PORT 10,1,0,2,31,144\r\n'),
  ];
}

function active(): string[] {
  const f = new Control(A, S, US, 4001);
  const out = [...f.open(), f.s('220 hello\r\n'), f.c('USER x\r\n'), f.s('331 ok\r\n')];
  const at = f.at;
  out.push(f.c('PORT 10,1,0,2,31,144\r\n'));
  // 203,0,113,1 is three bytes longer than 10,1,0,2.
  f.cOff = 3;
  out.push(f.c('PORT 10,1,0,2,31,144\r\n', at), f.s('200 ok\r\n'), f.c('LIST\r\n'), f.s('150 ok\r\n'), f.c('NOOP\r\n'), f.c('STAT\r\n'), f.sack(12, 6));
  return out;
}
function again(): string[] {
  const f = new Control(A, S, US, 4002);
  const out = [...f.open(), f.s('220 hello\r\n'), f.c('USER x\r\n'), f.s('331 ok\r\n'), f.c('PORT 10,1,0,2,31,145\r\n')];
  f.cOff = 3;
  out.push(f.s('200 ok\r\n'), f.c('PORT 10,1,0,2,31,146\r\n'));
  f.cOff = 6;
  out.push(f.s('200 ok\r\n'), f.c('EPRT |1|10.1.0.2|8083|\r\n'));
  f.cOff = 9;
  out.push(f.s('200 ok\r\n'), f.c('NOOP\r\n'), f.s('200 ok\r\n'), f.c('NOOP\r\n'), f.c('STAT\r\n'), f.sack(12, 6));
  return out;
}
/** The server is the one behind the router. */
function passive(reply: string): string[] {
  const c = `f1 tcp src=${S} dst=${US} sport=4003 dport=21`;
  const s = `tcp src=${A} dst=${S} sport=21 dport=4003`;
  const opts = 'opts=0204058c0101040201030307';
  const next = 5001 + reply.length;
  return [
    `${c} flags=S seq=100 ${opts}`, `${s} flags=SA seq=4980 ack=101 ${opts}`, `${c} flags=A seq=101 ack=4981`, `${s} flags=PA seq=4981 ack=101 ${hex('220 hello, friend\r\n'.padEnd(20, '\n').slice(0, 20))}`,
    `${c} flags=PA seq=101 ack=5001 ${hex('PASV\r\n')}`, `${s} flags=PA seq=5001 ack=107 ${hex(reply)}`, `${c} flags=PA seq=107 ack=${next + 3} ${hex('LIST\r\n')}`, `${s} flags=A seq=${next} ack=113`,
  ];
}
type Line = readonly ['c' | 's', string];
/** Conversations, each on its own ports: they all announce another one. */
function lines(...talks: readonly (readonly Line[])[]): string[] {
  return talks.flatMap((said, i) => {
    const f = new Control(A, S, US, 4100 + i);
    const own = (text: string): string => text.replace('31,144', `31,${100 + i}`).replace('8080', String(9000 + i));
    return f.open().concat(said.map(([who, text]) => (who === 'c' ? f.c(own(text)) : f.s(own(text)))));
  });
}
const client = (text: string): readonly Line[] => [['c', 'NOOP\r\n'], ['c', text]];
const server = (text: string): readonly Line[] => [['s', '220 ok\r\n'], ['s', text]];

// ---- IRC: offers of one client, each in a connection of its own. $ stands for the client's address as a number, @ for a port.
const TO_BOB = 'PRIVMSG bob :';
const NAMED = '\x01DCC SEND abcdef $ @\x01\r\n';
const OFFERS: readonly string[] = [
  ...['SEND file.txt', 'CHAT chat', 'MOVE x', 'TSEND x', 'SCHAT x', 'FOO x', 'send x', 'SENDX x', 'SENT x', 'CHAT  chat', 'SEND "a b"', 'SEND a\x01', 'SEND ', 'SEND a\nb', 'SEND', 'CHAT'].map((w) => `${TO_BOB}\x01DCC ${w} $ @ 123\x01\r\n`),
  ...['PRIVMSG bob:', 'PRIVMSG :', 'PRIVMSG  :', 'PRIVMSG a :b :', 'PRIVMSG a :b', 'PRIVMSG a b ', 'PRIVMSG b:ob :', 'PRIVMSG bob ::', 'PRIVMSG bob : ', 'PRIVMSG a,b :', 'PRIVMSG  a  :', 'PRIVMSG bob\r\n x :', 'privmsg bob :', 'PRIVMSGx b :', 'PRIVMSG\tb :', 'NOTICE bob :', ':me PRIVMSG bob :', ' PRIVMSG bob :', '\r\nPRIVMSG bob :', '\n\n\n\n\nPRIVMSG bob :', '\tPRIVMSG bob :', 'xPRIVMSG bob :', `NOOP\r\n${TO_BOB}`, '', TO_BOB.repeat(2)].map((w) => `${w}${NAMED}`),
  ...['$ @', '$ @ ', '$ @\x01', '$  @\n', '$ \n@\n', '$\t@\n', '$x @\n', '0$ 0@\n', '+$ @\n', '$ +@\n', '$ -5\n', '-1 @\n', '0x0a010002 @\n', '10.1.0.2 @\n', '$ 0\n', '$ 196608\n', '$ @x\n', '$ @\n..........', '$\n', '4462804994 @\n', '167837699 @\n', '3405803777 @\n', '3405803778 @\n'].map((w) => `${TO_BOB}\x01DCC SEND abcdef ${w}`),
  `${TO_BOB}\x01DCC SEND a $ @\x01\x01DCC SEND b $ 9@\x01\r\n`, `${TO_BOB}\x01DCC SEND a 1 @\x01\x01DCC SEND b $ @\x01\r\n`, `${TO_BOB}hey\r\n${TO_BOB}\x01DCC SEND b $ @\x01\r\n`, `${TO_BOB}\x01DCCSEND a $ @\x01\r\n`, `${TO_BOB}\x01 DCC SEND a $ @\x01\r\n`,
  // As short as can be.
  ...['$ 7\n', '$ 71\n', '$ 8\r\n'].map((w) => `${TO_BOB}\x01DCC SEND a ${w}`), `${TO_BOB}\x01DCC SEND  $ 72\n`, `${TO_BOB}\x01DCC SEND  $ 731\n`, `${TO_BOB}\x01DCC SCHAT  $ 74\n`,
];
function offers(wan: string): string[] {
  return OFFERS.flatMap((text, i) => {
    const f = new Control(A, S, wan, 4000 + i, 1000, 5000, 6667);
    return [...f.open(), f.c(text.replaceAll('$', '167837698').replaceAll('@', String(5000 + i)))];
  });
}
/** The same client goes on; a server says the same. */
function irc(wan: string): string[] {
  const f = new Control(A, S, wan, 4500, 1000, 5000, 6667);
  const g = new Control(A, S, wan, 4501, 1000, 5000, 6667);
  const out = [...f.open(), f.s(':x NOTICE bob :hello\r\n')];
  for (let i = 0; i < 10; i++) out.push(f.c(`${TO_BOB}\x01DCC SEND a 167837698 ${6000 + i}\x01\r\n`));
  out.push(...g.open(), ...['167837698', '3405803777', '3405803778'].map((n, i) => g.s(`${TO_BOB}\x01DCC SEND a ${n} ${6100 + i}\x01\r\n`)));
  return out;
}
const IRC = ['iptables -t raw -A PREROUTING -p tcp --dport 6667 -j CT --helper irc', 'iptables -A FORWARD -m helper --helper irc', 'iptables -A FORWARD -m conntrack --ctstate RELATED'];
const CALL = (wan: string): string => send(`f1 tcp src=203.0.113.4 dst=${wan} sport=99 dport=5000`, `tcp src=${A} dst=203.0.113.4 sport=5000 dport=99 flags=SA seq=9 ack=2`, `f1 tcp src=203.0.113.4 dst=${wan} sport=98 dport=5002`);

const DNAT = 'iptables -t nat -A PREROUTING -i f0 -p tcp --dport 21 -j DNAT --to-destination 10.1.0.2';
const SCENES: readonly FilterScene[] = [
  {
    name: 'ftp without translation',
    steps: [
      ...FTP, send(...plain()), EXPECT, `${LEFT} /proc/net/nf_conntrack_expect`, send(`f1 ${data(S, A, 8080)}`, `f1 ${data(S, A, 8081)}`), EXPECT, 'conntrack -L -p tcp | sort', 'conntrack -L -p tcp -o extended | sort', 'iptables -L FORWARD -v -n -x', 'conntrack -F', EXPECT,
      'iptables -S -t raw', 'iptables -t raw -A PREROUTING -p udp --dport 21 -j CT --helper ftp', 'iptables -t raw -A PREROUTING -j CT --helper ftp', 'iptables -t raw -A PREROUTING ! -p udp -j CT --helper tftp', 'iptables -t raw -A PREROUTING -p tcp -j CT --helper nobody',
    ],
  },
  {
    name: 'active ftp through masquerading',
    steps: [
      ...FTP, MASQ, send(...active()), EXPECT, `${LEFT} /proc/net/nf_conntrack_expect`, send(`f1 ${data(S, US, 8080)}`, `${data(A, S, 20, 8080)} flags=SA seq=9 ack=2`, `f1 ${data(S, US, 8080)} flags=A seq=2 ack=10`), EXPECT, 'conntrack -L -p tcp | sort', 'iptables -L FORWARD -v -n -x',
      'conntrack -F', send(...again()), EXPECT, 'conntrack -L -p tcp | sort',
    ],
  },
  {
    name: 'passive ftp behind a port forward',
    steps: [
      ...FTP, DNAT, send(...passive('227 Entering Passive Mode (10,1,0,2,31,147)\r\n')), EXPECT, send(`f1 ${data(S, US, 8083, 5000)}`, `${data(A, S, 5000, 8083)} flags=SA seq=9 ack=2`), 'conntrack -L -p tcp | sort', 'conntrack -F', send(...passive('227 =10,1,0,2,31,147 here\r\n')), EXPECT, 'conntrack -F',
      send(...passive('229 Entering Extended Passive Mode (|||8084|)\r\n')), EXPECT, 'conntrack -F', send(...passive('229 so (!!!8085!)\r\n')), EXPECT,
    ],
  },
  {
    name: 'lines that say something else',
    steps: [
      'ethtool -K e0 tx off', 'ethtool -K f0 tx off', ...FTP, MASQ,
      // As the first line, in small letters, behind another one, in two pieces, somebody else's address, numbers that are none.
      send(...lines(
        [['c', 'PORT 10,1,0,2,31,144\r\n']], client('port 10,1,0,2,31,144\r\n'), [['c', 'NOOP\r\nPORT 10,1,0,2,31,144\r\n']], client('PORT 10,1,0,'), client('PO'),
        client('PORT 10,1,0,3,31,144\r\n'), client('PORT 10,1,0,2,31,256\r\n'), client('PORT 10,1,0,2,0,0\r\n'), client('PORT 10,1,0,2,31\r\n'), client('PORT 10,1,0,2,31,144,5\r\n'),
        client('PORT 010,001,0,2,031,144\n'), client('PORT  10,1,0,2,31,144\r\n'), client('PORT 10,1,0,2,31,144 \r\n'), client('PORT 10,1,0,2,31,144'), client('EPRT !1!10.1.0.2!8080!\r\n'),
        client('EPRT |2|2001:db8:1::2|8080|\r\n'), client('EPRT |1|10.1.0.2|0|\r\n'), client('EPRT |1|10.1.0.2|80a|\r\n'), client('EPRT 1110.1.0.21801\r\n'), client('EPRT |1|10.1.0.2|80'),
        client('227 (10,1,0,2,3,4)\r\n'), server('227 Passive (203,0,113,2,31,144)\r\n'), server('229 Passive (|||8080|)\r\n'), server('229 Passive |||8080|\r\n'), server('227 203,0,113,2,31,144\r\n'),
        server('227 no\r\n'),
      )), EXPECT,
    ],
  },
  {
    name: 'ftp over IPv6, and translated',
    steps: [
      'ip6tables -t raw -A PREROUTING -p tcp --dport 21 -j CT --helper ftp', 'ip6tables -A FORWARD -m helper --helper ftp',
      send(...([['c', `EPRT |2|${A6}|8080|\r\n`], ['c', 'EPRT |1|10.1.0.2|8081|\r\n'], ['c', 'EPRT |2|2001:db8:1::3|8082|\r\n'], ['c', 'PORT 10,1,0,2,31,144\r\n'], ['s', '229 Passive (|||8084|)\r\n'], ['s', '227 Passive (203,0,113,2,31,144)\r\n']] as const).flatMap(([who, text], i) => {
        const f = new Control(A6, S6, A6, 4010 + i);
        return [...f.open(), f.s('220 hello\r\n'), f.c('USER x\r\n'), who === 'c' ? f.c(text) : f.s(text)];
      }), `f1 ${data(S6, A6, 8080)}`), EXPECT6, 'ip6tables -L FORWARD -v -n -x', 'conntrack -F -f ipv6',
      'ip6tables -t nat -A POSTROUTING -o f0 -j MASQUERADE',
      ...((): string[] => {
        const f = new Control(A6, S6, '2001:db8:2::1', 4020);
        const out = [...f.open(), f.s('220 hello\r\n'), f.c('USER x\r\n'), f.s('331 ok\r\n'), f.c(`EPRT |2|${A6}|8080|\r\n`), f.s('200 ok\r\n')];
        return [send(...out), EXPECT6, send(`f1 ${data(S6, '2001:db8:2::1', 8080)}`), 'conntrack -L -f ipv6 -p tcp | sort'];
      })(),
    ],
  },
  {
    name: 'irc without translation',
    steps: [...IRC, send(...offers(A)), EXPECT, `${LEFT} /proc/net/nf_conntrack_expect | sort`, CALL(A), 'conntrack -L -p tcp -s 203.0.113.4 | sort', 'conntrack -F', EXPECT, send(...irc(A)), EXPECT, 'iptables -L FORWARD -v -n -x', 'ip6tables -t raw -A PREROUTING -p tcp -j CT --helper irc', 'iptables -t raw -A PREROUTING -p udp -j CT --helper irc'],
  },
  {
    name: 'irc through masquerading',
    steps: [...IRC, MASQ, send(...offers(US)), EXPECT, CALL(US), 'conntrack -L -p tcp -s 203.0.113.4 | sort', 'conntrack -F', EXPECT, send(...irc(US)), EXPECT, 'conntrack -L -p tcp | sort', 'iptables -L FORWARD -v -n -x'],
  },
  {
    name: 'tftp',
    steps: [
      'iptables -t raw -A PREROUTING -p udp --dport 69 -j CT --helper tftp', 'iptables -A FORWARD -m helper --helper tftp', 'iptables -A FORWARD -m helper ! --helper tftp',
      send(`udp src=${A} dst=${S} sport=4000 dport=69 ${hex('\0\x01file\0octet\0')}`), EXPECT, send(`f1 udp src=${S} dst=${A} sport=5000 dport=4000`, `f1 udp src=${S} dst=${A} sport=5001 dport=4000`), EXPECT, 'conntrack -L | sort', 'iptables -L FORWARD -v -n -x', 'conntrack -F', MASQ,
      send(`udp src=${A} dst=${S} sport=4000 dport=69 ${hex('\0\x02file\0octet\0')}`), EXPECT, send(`udp src=10.1.0.3 dst=${S} sport=4001 dport=69 ${hex('\0\x03file\0octet\0')}`, `f1 udp src=${S} dst=${US} sport=5000 dport=4000`, `udp src=${A} dst=${S} sport=4000 dport=5000`, `f1 udp src=${S} dst=${US} sport=5002 dport=4000`), EXPECT, 'conntrack -L -s 10.1.0.2 | sort', 'conntrack -L -s 203.0.113.2 | sort',
    ],
  },
];

const NFT_SCENE: FilterScene = {
  name: 'helpers, sockets and proxies of nft',
  steps: [
    "nft 'table ip t { ct helper f { type \"ftp\" protocol tcp; }; ct helper u { type \"tftp\" protocol udp; }; chain c { type filter hook prerouting priority 0; tcp dport 21 ct helper set \"f\"; udp dport 69 ct helper set \"u\"; ct helper \"ftp\" counter; }; }'",
    'nft list ruleset', 'nft -j list ruleset', "nft 'add ct helper ip t g { type \"nobody\" protocol tcp; }'", "nft 'add ct helper ip t g { type \"tftp\" protocol tcp; }'", "nft 'add ct helper ip t g { type \"ftp\" protocol tcp; l3proto ip6; }'", 'nft list ct helpers', "nft 'delete ct helper ip t f'",
    "nft 'add table inet i { ct helper f { type \"ftp\" protocol tcp; }; ct helper s { type \"ftp\" protocol tcp; l3proto ip6; }; }'", 'nft list table inet i', "nft 'table ip6 h { ct helper f { type \"irc\" protocol tcp; }; }'", "nft 'table inet h { ct helper f { type \"irc\" protocol tcp; }; ct helper g { type \"irc\" protocol tcp; l3proto ip; }; }'", "nft 'add ct helper inet h i { type \"irc\" protocol tcp; l3proto ip6; }'", 'nft list table inet h', send(...plain()), EXPECT, 'conntrack -L -p tcp', send(`f1 ${data(S, A, 8080)}`), 'nft list chain ip t c',
    "nft 'table ip x { chain c { type filter hook prerouting priority -150; tcp dport 80 tproxy to :1234; tcp dport 81 tproxy to 10.1.0.1:1234 meta mark set 1; udp dport 80 tproxy to 10.1.0.1; socket transparent 1 accept; socket mark 5 accept; socket wildcard 0 accept; }; }'", 'nft list table ip x', 'nft -j list table ip x',
    "nft 'table inet y { chain c { type filter hook prerouting priority -150; tcp dport 80 tproxy to :1234; tcp dport 81 tproxy ip to 10.1.0.1; tcp dport 81 tproxy ip6 to [2001:db8:1::1]:99; tcp dport 82 tproxy to 10.1.0.1; }; }'", "nft 'table inet y { chain c { type filter hook prerouting priority -150; tcp dport 80 tproxy to :1234; tcp dport 81 tproxy ip to 10.1.0.1; tcp dport 81 tproxy ip6 to [2001:db8:1::1]:99; }; }'", 'nft list table inet y',
    "nft 'add chain ip x f { type filter hook forward priority 0; }; add rule ip x f tcp dport 80 tproxy to :80'", "nft 'add chain ip x f { type filter hook forward priority 0; }; add rule ip x f socket transparent 1'", "nft 'add rule ip x c tproxy to :80'",
  ],
};

describe('nft', () => {
  test.skipIf(!can('root', 'iptables', 'conntrack', 'ip', 'sysctl', 'nft', 'python3'))('as the real kernel', { timeout: 120_000 }, () => compare(setupOf(NFT_SCENE), NFT_SCENE));
});

describe.each(SCENES)('$name', (scene) => {
  test.skipIf(!can('root', 'iptables', 'conntrack', 'ip', 'sysctl', 'python3'))('as the real kernel', { timeout: 120_000 }, () => compare(setupOf(scene), scene));
});
