// Entries that somebody outside vouches for (NTF_EXT_VALIDATED, since Linux 6.17; ip-neighbour(8) `extern_valid`): what the kernel takes, tells and forgets, by netlink, on the real kernel and on Linnet.
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { can } from '../preload/lab.ts';
import { DEV, MAC_A, MAC_B, PEER4, PEER6, Stage } from './lab.ts';

const PROGRAM = `python3 ${fileURLToPath(new URL('neigh.py', import.meta.url))}`;
/** NTF_EXT_MANAGED, NTF_EXT_EXT_VALIDATED. */
const MANAGED = 1;
const VALID = 4;

type Version = 4 | 6;
interface Scenario {
  readonly name: string;
  /** `put` takes down a request about the neighbour, or the one whose address ends so; `done` makes them, in a row. */
  play(s: Stage, v: Version, put: (verb: string, rest: string, last?: number) => void, done: () => Promise<void>): Promise<void>;
}

const setTable = (s: Stage, v: Version, what: string): Promise<string> => s.sh(`ip ntable change name ${v === 4 ? 'arp_cache' : 'ndisc_cache'} dev ${DEV} ${what}`);
const answer = (s: Stage, v: Version): void => (v === 4 ? s.peer.arpReply() : s.peer.advertise({ solicited: true, override: true }));
const tell = (s: Stage, v: Version): void => (v === 4 ? s.peer.gratuitous(2) : s.peer.advertise({ all: true, override: true }));

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'what may be asked for',
    async play(s, v, put, done) {
      // None is probed while this goes on.
      await setTable(s, v, 'retrans 60000 delay_probe 60000');
      // Not DELAY and PROBE: their timer may run before the next request.
      for (const state of [0, 1, 2, 4, 32, 64, 128]) {
        put('new', `ext=${VALID} lladdr=${MAC_A} state=${state}`, state + 20);
        put('del', '', state + 20);
        put('new', `ext=${VALID} state=${state}`, state + 20);
        put('replace', `ext=${VALID} state=${state}`, state + 20);
        put('del', '', state + 20);
      }
      for (const flags of [0x01, 0x02, 0x08, 0x10, 0x20, 0x40, 0x80]) put('new', `ext=${VALID} flags=${flags} lladdr=${MAC_A} state=4`, flags + 20);
      for (const ext of [VALID | MANAGED, VALID | 2, 8, VALID | 8]) put('new', `ext=${ext} lladdr=${MAC_A} state=4`, 200);
      put('del', '', 200);
      await done();
    },
  },
  {
    name: 'given and taken away',
    async play(_s, _v, put, done) {
      put('new', `lladdr=${MAC_A} state=4`);
      put('change', `ext=${VALID} lladdr=${MAC_A} state=4`);
      put('change', `ext=${VALID} lladdr=${MAC_B} state=4`);
      put('replace', `lladdr=${MAC_B} state=4`);
      put('replace', `ext=${VALID} lladdr=${MAC_A} state=2`);
      put('replace', `ext=${VALID} flags=0x10 lladdr=${MAC_A} state=4`);
      put('replace', `ext=${VALID | MANAGED} flags=0x10 lladdr=${MAC_A} state=4`);
      put('replace', `ext=${VALID} lladdr=${MAC_A} state=4`);
      put('replace', `ext=${VALID} lladdr=${MAC_A} state=128`);
      put('replace', `ext=${VALID} state=32`);
      put('replace', `lladdr=${MAC_A} state=128`);
      put('replace', `ext=${VALID} lladdr=${MAC_A} state=4`);
      put('del', '');
      put('new', `ext=${VALID} flags=1 lladdr=${MAC_A} state=4`);
      put('replace', `ext=${VALID} flags=1 lladdr=${MAC_A} state=4`);
      put('del', '');
      await done();
    },
  },
  {
    name: 'used, and nobody answers',
    async play(s, v, put, done) {
      s.peer.answers = false;
      put('new', `ext=${VALID} lladdr=${MAC_A} state=4`);
      await done();
      await s.data(v);
      await s.wait(1600);
      await s.data(v);
      await s.wait(1600);
    },
  },
  {
    name: 'used, and it answers',
    async play(s, v, put, done) {
      put('new', `ext=${VALID} lladdr=${MAC_A} state=4`);
      await done();
      await s.data(v);
      await s.wait(600);
      s.peer.mac = MAC_B;
      tell(s, v);
      await s.wait(100);
      await s.data(v);
      await s.wait(600);
    },
  },
  {
    name: 'not used',
    async play(s, v, put, done) {
      await setTable(s, v, 'base_reachable 400 delay_probe 20');
      put('new', `ext=${VALID} lladdr=${MAC_A} state=2`);
      await done();
      await s.wait(1500);
      answer(s, v);
      await s.wait(1000);
    },
  },
  {
    name: 'it asks, tells and answers',
    async play(s, v, put, done) {
      put('new', `ext=${VALID} lladdr=${MAC_A} state=4`);
      await done();
      tell(s, v);
      answer(s, v);
      await s.wait(100);
      s.peer.mac = MAC_B;
      answer(s, v);
      if (v === 4) s.peer.arpRequest();
      else s.peer.advertise({ bare: true, router: true, override: true });
      await s.wait(300);
    },
  },
  {
    name: 'managed too',
    async play(s, _v, put, done) {
      s.peer.answers = false;
      put('new', `ext=${VALID} lladdr=${MAC_A} state=4`);
      put('replace', `ext=${VALID | MANAGED} lladdr=${MAC_A} state=4`);
      await done();
      await s.wait(1500);
    },
  },
  {
    name: 'its device goes',
    async play(s, _v, put, done) {
      put('new', `ext=${VALID} lladdr=${MAC_A} state=4`);
      put('new', `ext=${VALID} lladdr=${MAC_A} state=2`, 7);
      await done();
      await s.sh(`ip link set ${DEV} carrier off`);
      await s.wait(1500);
      await s.sh(`ip link set ${DEV} carrier on`);
      await s.wait(1200);
      put('replace', `ext=${VALID} lladdr=${MAC_A} state=4`);
      await done();
      await s.sh(`ip link set ${DEV} address 02:00:00:00:00:02`);
      await s.wait(100);
      put('replace', `ext=${VALID} lladdr=${MAC_A} state=4`);
      await done();
      await s.sh(`ip neigh flush dev ${DEV}`);
      put('replace', `ext=${VALID} lladdr=${MAC_A} state=4`);
      await done();
      await s.sh(`ip link set ${DEV} down`);
      await s.wait(100);
    },
  },
];

const CASES = SCENARIOS.flatMap((sc) => ([4, 6] as const).map((v) => ({ title: `${sc.name}, IPv${v}`, sc, v })));

/** Entries that go together do so in the order of a hash with a random key: theirs is sorted. */
function ordered(text: string): string {
  const lines = text.split('\n').filter((l) => !/ (ff02|224\.)/.test(l));
  for (let from = 0, to = 0; from < lines.length; from = to) {
    for (to = from + 1; to < lines.length && lines[from]!.startsWith('deleted') && lines[to]!.startsWith('deleted');) to++;
    lines.splice(from, to - from, ...lines.slice(from, to).sort());
  }
  return lines.join('\n');
}

describe.skipIf(!can('root', 'ip', 'python3', 'sysctl'))('a neighbour that somebody vouches for', () => {
  test.each(CASES)('$title', { timeout: 60_000 }, async ({ sc, v }) => {
    const [real, ours] = await Promise.all([Stage.real, Stage.linnet].map(async (make) => {
      const s = await make.call(Stage);
      try {
        const watch = s.start(`${PROGRAM} watch ${DEV}`);
        await watch.until(/ready/);
        const said: string[] = [];
        const next: string[] = [];
        await sc.play(s, v, (verb, rest, last = 2) => {
          next.push(`${verb} ${v === 4 ? PEER4.replace(/2$/, String(last)) : PEER6.replace(/2$/, last.toString(16))} ${rest}`);
        }, async () => {
          said.push(await s.sh(`${PROGRAM} do ${DEV} ${next.splice(0).join(' , ')}`));
        });
        await s.wait(150);
        return [...said, ordered(watch.stdout), ordered(await s.sh(`${PROGRAM} list ${DEV}`)), s.peer.seen.join(', ')].join('\n');
      } finally {
        await s.close();
      }
    }));
    expect(real).toMatch(/ext 0x4|ext 0x5/);
    expect(ours).toBe(real);
  });
});
