// What becomes of a neighbour, told by `ip monitor neigh`: the same story on the real kernel and on Linnet, in the same order, at the same pace.
import { MSG_CONFIRM } from '@linnet/uapi';
import { describe, expect, test } from 'vitest';
import { can } from '../preload/lab.ts';
import { DEV, MAC_A, MAC_B, PEER4, PEER6, Stage } from './lab.ts';

/** How much later or earlier a line may come, ms: two kernels, programs that start in between, a loaded machine. */
const SLACK = 400;

type Version = 4 | 6;

interface Scenario {
  readonly name: string;
  /** Both versions by default. */
  readonly versions?: readonly Version[];
  /** Where a clock of the whole machine says when: as much later or earlier as it may be. */
  readonly slack?: number;
  play(s: Stage, v: Version, addr: string): Promise<void>;
}

const setTable = (s: Stage, v: Version, what: string): Promise<string> => s.sh(`ip ntable change name ${v === 4 ? 'arp_cache' : 'ndisc_cache'} dev ${DEV} ${what}`);
const entry = (s: Stage, verb: string, addr: string, rest: string): Promise<string> => s.sh(`ip neigh ${verb} ${addr} dev ${DEV} ${rest}`);
/** The neighbour tells its address unasked. */
const tell = (s: Stage, v: Version): void => (v === 4 ? s.peer.gratuitous(2) : s.peer.advertise({ all: true, override: true }));
const ask = (s: Stage, v: Version): void => (v === 4 ? s.peer.arpRequest() : s.peer.solicit());
const answer = (s: Stage, v: Version): void => (v === 4 ? s.peer.arpReply() : s.peer.advertise({ solicited: true, override: true }));

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'it answers',
    async play(s, v) {
      await s.data(v);
      await s.until(/REACHABLE/);
    },
  },
  {
    name: 'nobody is there',
    async play(s, v) {
      s.peer.answers = false;
      await s.data(v);
      await s.until(/FAILED/);
    },
  },
  {
    name: 'it comes while it is waited for',
    async play(s, v) {
      s.peer.answers = false;
      // One question only, however long the two programs take to start.
      await setTable(s, v, 'retrans 8000');
      await s.data(v);
      await s.data(v);
      await s.wait(100);
      answer(s, v);
      await s.until(/REACHABLE/);
    },
  },
  {
    name: 'it falls silent',
    async play(s, v, addr) {
      await s.data(v);
      await s.until(/REACHABLE/);
      s.peer.answers = false;
      await entry(s, 'change', addr, `lladdr ${MAC_A} nud stale`);
      await s.data(v);
      await s.until(/FAILED/);
    },
  },
  {
    name: 'it is probed, and answers',
    async play(s, v, addr) {
      await entry(s, 'add', addr, `lladdr ${MAC_A} nud stale`);
      await s.data(v);
      await s.until(/REACHABLE/);
    },
  },
  {
    name: 'it is probed, and has another address by then',
    async play(s, v, addr) {
      s.peer.answers = false;
      await setTable(s, v, 'retrans 1500');
      await entry(s, 'add', addr, `lladdr ${MAC_A} nud stale`);
      await s.data(v);
      await s.until(/PROBE/);
      s.peer.mac = MAC_B;
      answer(s, v);
      await s.until(/REACHABLE/);
      await s.data(v);
    },
  },
  {
    name: 'it asks first',
    async play(s, v) {
      ask(s, v);
      // The answer by IPv6 is a packet for it: it will be probed.
      await s.until(/REACHABLE/, 1500);
    },
  },
  {
    name: 'it changes its address and tells',
    async play(s, v) {
      await s.data(v);
      await s.until(/REACHABLE/);
      s.peer.mac = MAC_B;
      tell(s, v);
      await s.wait(200);
      await s.data(v);
      await s.wait(800);
    },
  },
  {
    name: 'it changes its address and asks',
    async play(s, v) {
      await s.data(v);
      await s.until(/REACHABLE/);
      s.peer.mac = MAC_B;
      ask(s, v);
      await s.wait(300);
    },
  },
  {
    name: 'it tells its address, and nobody wanted to know',
    async play(s, v) {
      tell(s, v);
      answer(s, v);
      await s.wait(300);
      // It has to be asked all the same.
      await s.data(v);
      await s.until(/REACHABLE/);
    },
  },
  {
    name: 'those who are told are believed (arp_accept)',
    versions: [4],
    async play(s) {
      await s.sh(`sysctl -qw net.ipv4.conf.${DEV}.arp_accept=1`);
      s.peer.gratuitous(1);
      await s.wait(200);
      s.peer.mac = MAC_B;
      s.peer.gratuitous(2);
      await s.wait(200);
    },
  },
  {
    name: 'advertisements without force, without an address, from a router',
    versions: [6],
    async play(s) {
      await s.data(6);
      await s.until(/REACHABLE/);
      for (const a of [{ mac: MAC_B }, { mac: MAC_B, solicited: true }, { bare: true, solicited: true }, { router: true, solicited: true }, { bare: true }, { mac: MAC_B, override: true }, { router: true, override: true }]) {
        s.peer.advertise(a);
        await s.wait(150);
      }
    },
  },
  {
    name: 'the first answer holds for a while (locktime)',
    versions: [4],
    async play(s) {
      await setTable(s, 4, 'locktime 2000');
      await s.data(4);
      await s.until(/REACHABLE/);
      s.peer.mac = MAC_B;
      s.peer.arpReply();
      await s.wait(2300);
      s.peer.arpReply();
      await s.wait(200);
    },
  },
  {
    name: 'a permanent one is not changed by what it says',
    async play(s, v, addr) {
      await entry(s, 'add', addr, `lladdr ${MAC_A} nud permanent`);
      s.peer.mac = MAC_B;
      tell(s, v);
      ask(s, v);
      answer(s, v);
      await s.data(v);
      await s.wait(300);
    },
  },
  {
    name: 'entries by hand',
    async play(s, v, addr) {
      await entry(s, 'add', addr, `lladdr ${MAC_A} nud reachable`);
      await entry(s, 'replace', addr, `lladdr ${MAC_B} nud stale`);
      await entry(s, 'change', addr, `lladdr ${MAC_B} nud noarp`);
      await entry(s, 'replace', addr, `lladdr ${MAC_A} extern_learn nud reachable`);
      await entry(s, 'change', addr, 'nud failed');
      await s.try(`ip neigh add ${addr} dev ${DEV} lladdr ${MAC_A}`);
      await entry(s, 'del', addr, '');
      await s.try(`ip neigh del ${addr} dev ${DEV}`);
      await s.wait(100);
    },
  },
  {
    name: 'an entry is used and managed from outside',
    // A round every five seconds, for all namespaces.
    slack: 5500,
    async play(s, v, addr) {
      await entry(s, 'add', addr, 'use');
      await s.until(/REACHABLE/);
      await entry(s, 'replace', addr, 'managed');
      await entry(s, 'replace', addr, 'managed extern_learn');
      await entry(s, 'replace', addr, `lladdr ${MAC_B} nud reachable`);
      await entry(s, 'del', addr, '');
      s.peer.answers = false;
      await s.try(`ip neigh add ${addr} dev ${DEV} managed nud permanent lladdr ${MAC_A}`);
      await entry(s, 'add', addr, `managed lladdr ${MAC_A} nud stale`);
      await s.until(/Deleted[^]*FAILED[^]*FAILED/);
      s.peer.answers = true;
      // The next round.
      await s.until(/Deleted[^]*FAILED[^]*FAILED[^]*REACHABLE/);
    },
  },
  {
    name: 'the carrier is lost',
    // The link watch of a real kernel acts once a second.
    slack: 1500,
    async play(s, v, addr) {
      await s.data(v);
      await s.until(/REACHABLE/);
      await entry(s, 'add', v === 4 ? '10.0.0.7' : 'fd00::7', `lladdr ${MAC_B} nud permanent`);
      await s.sh(`ip link set ${DEV} carrier off`);
      await s.wait(1500);
      await s.sh(`ip link set ${DEV} carrier on`);
      await s.wait(1500);
      expect(addr).not.toBe('');
    },
  },
  {
    name: 'the device goes down and comes back',
    async play(s, v) {
      await s.data(v);
      await s.until(/REACHABLE/);
      await entry(s, 'add', v === 4 ? '10.0.0.7' : 'fd00::7', `lladdr ${MAC_B} nud permanent`);
      await s.sh(`ip link set ${DEV} down`);
      await s.wait(300);
      await s.sh(`ip link set ${DEV} up`);
      await s.wait(1200);
    },
  },
  {
    name: 'the host changes its own address',
    async play(s, v) {
      await s.data(v);
      await s.until(/REACHABLE/);
      await s.sh(`ip link set ${DEV} address 02:00:00:00:00:02`);
      await s.wait(400);
    },
  },
  {
    name: 'a program finds it (app_solicit)',
    async play(s, v, addr) {
      s.peer.answers = false;
      await setTable(s, v, 'app_probes 2 mcast_probes 1 retrans 1500');
      await s.data(v);
      await s.wait(300);
      await entry(s, 'replace', addr, `lladdr ${MAC_B} nud reachable`);
      await s.wait(200);
    },
  },
  {
    name: 'fewer questions, and some to everybody again',
    async play(s, v, addr) {
      s.peer.answers = false;
      await setTable(s, v, 'ucast_probes 1');
      await s.sh(`sysctl -qw net.ipv${v}.neigh.${DEV}.mcast_resolicit=2`);
      await entry(s, 'add', addr, `lladdr ${MAC_A} nud stale`);
      await s.data(v);
      await s.until(/FAILED/);
    },
  },
  {
    name: 'more is sent than may wait',
    async play(s, v) {
      s.peer.answers = false;
      await setTable(s, v, 'queue 2 retrans 8000');
      for (let i = 0; i < 4; i++) await s.data(v);
      answer(s, v);
      await s.until(/REACHABLE/);
      await s.wait(100);
    },
  },
  {
    name: 'the host answers for others (proxy)',
    async play(s, v) {
      const [other, wrong] = v === 4 ? ['10.0.5.5', '10.0.5.6'] : ['fd00::55', 'fd00::56'];
      // Behind another device of the host.
      await s.sh('ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up && ip route add 10.0.5.0/24 dev v0');
      await s.sh(v === 4 ? 'sysctl -qw net.ipv4.ip_forward=1' : `sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv6.conf.${DEV}.proxy_ndp=1`);
      await setTable(s, v, 'proxy_delay 200');
      await s.sh(`ip neigh add proxy ${other} dev ${DEV}`);
      const ask = (a: string): void => (v === 4 ? s.peer.arpRequest(a) : s.peer.solicit(a));
      ask(wrong!);
      ask(other!);
      ask(other!);
      await s.wait(600);
      await setTable(s, v, 'proxy_delay 0');
      ask(other!);
      await s.wait(200);
      await s.sh(`ip neigh del proxy ${other} dev ${DEV}`);
      ask(other!);
      await s.wait(400);
    },
  },
  {
    name: 'a program knows that it is there (MSG_CONFIRM)',
    async play(s, v, addr) {
      s.peer.answers = false;
      await entry(s, 'add', addr, `lladdr ${MAC_A} nud stale`);
      await s.data(v);
      await s.data(v, MSG_CONFIRM);
      await s.until(/REACHABLE/);
    },
  },
  {
    name: 'all are flushed',
    async play(s, v, addr) {
      await s.data(v);
      await s.until(/REACHABLE/);
      await entry(s, 'add', v === 4 ? '10.0.0.7' : 'fd00::7', `lladdr ${MAC_B} nud permanent`);
      await s.sh(`ip -${v} neigh flush dev ${DEV}`);
      await s.wait(100);
      await s.sh(`ip -${v} neigh flush dev ${DEV} nud permanent`);
      await s.wait(100);
      expect(addr).not.toBe('');
    },
  },
];

const CASES = SCENARIOS.flatMap((sc) => (sc.versions ?? [4, 6]).map((v) => ({ title: `${sc.name}, IPv${v}`, sc, v: v as Version })));

describe.skipIf(!can('root', 'ip', 'python3', 'sysctl'))('a neighbour', () => {
  // Time is real here, and the machine may be busy: one more try.
  test.each(CASES)('$title', { timeout: 60_000 }, async ({ sc, v }) => {
    const addr = v === 4 ? PEER4 : PEER6;
    const told = await Promise.all([Stage.real, Stage.linnet].map(async (make) => {
      const s = await make.call(Stage);
      try {
        await sc.play(s, v, addr);
        await s.wait(100);
        return { story: s.story(), entries: await s.entries(), seen: s.peer.seen.join(', '), intervals: s.intervals() };
      } finally {
        await s.close();
      }
    }));
    const [real, ours] = told as [typeof told[0], typeof told[0]];
    expect(real!.story + real!.seen, 'the kernel tells nothing').not.toBe('');
    expect({ story: ours!.story, entries: ours!.entries, seen: ours!.seen }).toEqual({ story: real!.story, entries: real!.entries, seen: real!.seen });
    ours!.intervals.forEach((t, i) => expect(Math.abs(t - real!.intervals[i]!), `line ${i + 2} of\n${real!.story}\nafter ${t} ms here, ${real!.intervals[i]} there`).toBeLessThan(sc.slack ?? SLACK));
  });
});
