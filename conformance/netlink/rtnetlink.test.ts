// Link messages, other names, RTM_GETSTATS, netlink_diag, the places of other protocols and uevents, question by question against the real kernel.
import { createKernel, VirtualClock } from '@linnet/kernel';
import type { Kernel } from '@linnet/kernel';
import { tap, veth } from '@linnet/netdevs';
import { netns } from '@linnet/netns';
import {
  NETLINK_ADD_MEMBERSHIP, NETLINK_AUDIT, NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK, NETLINK_KOBJECT_UEVENT, NETLINK_NETFILTER, NETLINK_PKTINFO, NETLINK_ROUTE, NETLINK_SOCK_DIAG, NETLINK_USERSOCK,
  NETLINK_XFRM, NLM_F_ACK, NLM_F_APPEND, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, RTM_DELLINK, RTM_DELLINKPROP, RTM_DELNSID, RTM_GETLINK, RTM_GETLINKPROP, RTM_GETNSID, RTM_GETSTATS, RTM_NEWLINK, RTM_NEWLINKPROP, RTM_NEWNSID, RTM_SETLINK, RTM_SETSTATS,
} from '@linnet/uapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestNetns } from '../host/netns.ts';
import { have } from '../needs.mjs';
import { attr, join, nest, str, u32, u8, words } from './attrs.ts';
import { comparable, LinnetKernel, RealKernel, request } from './probe.ts';
import type { Answerer } from './probe.ts';

/** `struct ifinfomsg`. */
function ifi(index = 0, flags = 0, change = 0): Uint8Array {
  const out = new Uint8Array(16);
  const view = new DataView(out.buffer);
  view.setInt32(4, index, true);
  view.setUint32(8, flags, true);
  view.setUint32(12, change, true);
  return out;
}
/** `struct if_stats_msg`. */
const stats = (index: number, mask: number, family = 0, pad = 0): Uint8Array => join(Uint8Array.of(family, pad, 0, 0), words(index, mask));
const props = (...names: readonly string[]): Uint8Array => nest(52, ...names.map((n) => str(53, n)));
const mac = (type: number, last: number): Uint8Array => attr(type, Uint8Array.of(2, 0, 0, 0, 0, last));
/** A veth pair, one queue each. */
const pair = (a: string, b: string, last: number): Uint8Array => join(
  ifi(), str(3, a), u32(31, 1), u32(32, 1), mac(1, last), nest(18, str(1, 'veth'), nest(2, attr(1, join(ifi(), str(3, b), u32(31, 1), u32(32, 1), mac(1, last + 1))))),
);

type Question = readonly [string, number, number, Uint8Array];
const NEW = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;

/** What both begin with. The real kernel looks at carriers in its own time, so what listeners hear of this is not compared. */
const before: Question[] = [
  ['a pair', RTM_NEWLINK, NEW, pair('v0', 'v1', 1)], ['up', RTM_SETLINK, NLM_F_ACK, ifi(3, 1, 1)], ['both up', RTM_SETLINK, NLM_F_ACK, ifi(2, 1, 1)], ['lo up', RTM_SETLINK, NLM_F_ACK, ifi(1, 1, 1)],
];
const linkQuestions: Question[] = [
  ['lo', RTM_GETLINK, 0, ifi(1)], ['v0', RTM_GETLINK, 0, join(ifi(), str(3, 'v0'))], ['v1', RTM_GETLINK, 0, ifi(2)], ['all', RTM_GETLINK, NLM_F_DUMP, ifi()], ['without counters', RTM_GETLINK, NLM_F_DUMP, join(ifi(), u32(29, 8))],
  ['of a kind', RTM_GETLINK, NLM_F_DUMP, join(ifi(), nest(18, str(1, 'veth')))], ['of an unknown kind', RTM_GETLINK, NLM_F_DUMP, join(ifi(), nest(18, str(1, 'nope')))],
  ['of a master', RTM_GETLINK, NLM_F_DUMP, join(ifi(), u32(10, 77))], ['of a number', RTM_GETLINK, NLM_F_DUMP, ifi(1)], ['more than a dump takes', RTM_GETLINK, NLM_F_DUMP, join(ifi(), u32(4, 1500))],
  ['with values', RTM_GETLINK, NLM_F_DUMP, ifi(0, 1)], ['more than a get takes', RTM_GETLINK, 0, join(ifi(1), u32(4, 1500))],
  // Other names.
  ['two names', RTM_NEWLINKPROP, NEW, join(ifi(3), props('alpha', 'a-very-long-alternative-name-for-this'))], ['one taken', RTM_NEWLINKPROP, NEW, join(ifi(3), props('beta', 'alpha'))],
  ['appended', RTM_NEWLINKPROP, NEW | NLM_F_APPEND, join(ifi(3), props('gamma'))], ["a device's own", RTM_NEWLINKPROP, NEW, join(ifi(3), props('lo'))], ['by other name', RTM_GETLINK, 0, join(ifi(), str(53, 'beta'))],
  ['by other name as its own', RTM_GETLINK, 0, join(ifi(), str(3, 'beta'))], ['of nobody', RTM_NEWLINKPROP, NEW, join(ifi(999), props('x1'))], ['unnamed', RTM_NEWLINKPROP, NEW, join(ifi(), props('x1'))],
  ['without names', RTM_NEWLINKPROP, NEW, ifi(3)], ['by name', RTM_NEWLINKPROP, NEW, join(ifi(), str(3, 'v0'), props('x2'))], ['something else inside', RTM_NEWLINKPROP, NEW, join(ifi(3), nest(52, str(3, 'zz')))],
  ['something unknown inside', RTM_NEWLINKPROP, NEW, join(ifi(3), nest(52, str(200, 'zz')))], ['odd names', RTM_NEWLINKPROP, NEW, join(ifi(3), props('', 'a/b', 'a b', 'x%d', '..'))], ['128 characters', RTM_NEWLINKPROP, NEW, join(ifi(3), props('x'.repeat(128)))],
  ['127 characters', RTM_NEWLINKPROP, NEW, join(ifi(3), props('x'.repeat(127)))], ['no nest', RTM_NEWLINKPROP, NEW, join(ifi(3), attr(52, str(53, 'x4')))], ['away', RTM_DELLINKPROP, NLM_F_ACK, join(ifi(3), props('alpha'))],
  ['away again', RTM_DELLINKPROP, NLM_F_ACK, join(ifi(3), props('alpha'))], ['its own away', RTM_DELLINKPROP, NLM_F_ACK, join(ifi(3), props('v0'))], ['one of two', RTM_DELLINKPROP, NLM_F_ACK, join(ifi(3), props('x2', 'nope'))],
  ["another's", RTM_DELLINKPROP, NLM_F_ACK, join(ifi(1), props('beta'))], ['asked for', RTM_GETLINKPROP, NLM_F_DUMP, ifi(3)], ['renamed to it', RTM_SETLINK, NLM_F_ACK, join(ifi(3), str(3, 'beta'))],
  ['a new one named so', RTM_NEWLINK, NEW, pair('beta', 'delta', 7)], ['changed by other name', RTM_SETLINK, NLM_F_ACK, join(ifi(), str(53, 'beta'), u32(4, 1400))], ['changed by NEWLINK', RTM_NEWLINK, NLM_F_ACK, join(ifi(), str(53, 'beta'), u32(4, 1500))],
  // Counters.
  ['counters of lo', RTM_GETSTATS, 0, stats(1, 1)], ['all counters', RTM_GETSTATS, 0, stats(3, 0x1e)], ['mask 0', RTM_GETSTATS, 0, stats(1, 0)], ['unknown counters', RTM_GETSTATS, 0, stats(1, 0x20)], ['of nobody', RTM_GETSTATS, 0, stats(0, 1)],
  ['of no device', RTM_GETSTATS, 0, stats(99, 1)], ['padding', RTM_GETSTATS, 0, stats(1, 1, 0, 1)], ['a family', RTM_GETSTATS, 0, stats(1, 1, 7)], ['an attribute', RTM_GETSTATS, 0, join(stats(1, 1), attr(1, words(0)))],
  ['a filter', RTM_GETSTATS, 0, join(stats(1, 9), nest(1, u32(4, 2)))], ['a filter of others', RTM_GETSTATS, 0, join(stats(1, 9), nest(1, u32(4, 1)))], ['a wide filter', RTM_GETSTATS, 0, join(stats(1, 9), nest(1, u32(4, 0xff)))],
  ['a filter of links', RTM_GETSTATS, 0, join(stats(1, 9), nest(1, u32(1, 1)))], ['dumped', RTM_GETSTATS, NLM_F_DUMP, stats(0, 1)], ['dumped, one', RTM_GETSTATS, NLM_F_DUMP, stats(1, 1)], ['dumped, none', RTM_GETSTATS, NLM_F_DUMP, stats(0, 0)],
  ['dumped, all', RTM_GETSTATS, NLM_F_DUMP, stats(0, 0x1e)], ['short', RTM_GETSTATS, 0, stats(1, 1).slice(0, 8)], ['short dump', RTM_GETSTATS, NLM_F_DUMP, stats(1, 1).slice(0, 8)], ['set', RTM_SETSTATS, NLM_F_ACK, stats(1, 1)],
  ['set l3', RTM_SETSTATS, NLM_F_ACK, join(stats(3, 0), u8(2, 1))], ['see l3', RTM_GETSTATS, 0, stats(3, 8)], ['set l3 again', RTM_SETSTATS, NLM_F_ACK, join(stats(3, 0), u8(2, 1))], ['unset l3', RTM_SETSTATS, NLM_F_ACK, join(stats(3, 0), u8(2, 0))],
  ['unset l3 again', RTM_SETSTATS, NLM_F_ACK, join(stats(3, 0), u8(2, 0))], ['set more', RTM_SETSTATS, NLM_F_ACK, join(stats(3, 0), u8(2, 2))], ['set unknown', RTM_SETSTATS, NLM_F_ACK, join(stats(1, 0), u8(3, 1))],
  ['set nobody', RTM_SETSTATS, NLM_F_ACK, stats(0, 0)], ['set nothing', RTM_SETSTATS, NLM_F_ACK, stats(1, 0)], ['set no device', RTM_SETSTATS, NLM_F_ACK, stats(99, 0)],
];
/** With both ends down, for the same reason as above. */
const after: Question[] = [['renamed', RTM_SETLINK, NLM_F_ACK, join(ifi(3), str(3, 'v2'))], ['gone', RTM_DELLINK, NLM_F_ACK, ifi(3)]];

/** What differs between machines, and is not meant here: hash of families inside AF_SPEC, counters (IPv6 of the real one has sent something). */
const PASSED_OVER = [26, 7, 23];

/** Link messages attribute by attribute, without what is passed over. */
function links(datagrams: readonly Uint8Array[]): string[] {
  return comparable(datagrams).map((line) => {
    const [type, flags, hex] = line.split(' ');
    if (type !== '16' && type !== '17') return line;
    const bytes = Uint8Array.from(Buffer.from(hex!, 'hex'));
    const view = new DataView(bytes.buffer);
    const out = [`${type} ${flags} ${Buffer.from(bytes.subarray(0, 16)).toString('hex')}`];
    for (let off = 16; off + 4 <= bytes.length; off += (view.getUint16(off, true) + 3) & ~3) {
      const t = view.getUint16(off + 2, true);
      if (!PASSED_OVER.includes(t)) out.push(`${t & 0x3fff}:${Buffer.from(bytes.subarray(off, off + view.getUint16(off, true))).toString('hex')}`);
    }
    return out.join(' ');
  });
}

describe.skipIf(!have('root', 'ip', 'python3'))('rtnetlink, sock_diag of netlink, uevents, as the real kernel answers', () => {
  let ns: TestNetns;
  let k: Kernel;
  let real: RealKernel;
  let ours: LinnetKernel;

  beforeAll(() => {
    ns = new TestNetns();
    ns.sh('ip link set lo down');
    real = new RealKernel(ns.name);
    k = createKernel({ modules: [veth, tap, netns], clock: new VirtualClock(), seed: 1 });
    ours = new LinnetKernel(k.initNet);
  });
  afterAll(async () => {
    await real.close();
    ours.close();
    k.shutdown();
    ns.delete();
  });

  async function both<T>(ask: (who: Answerer) => Promise<T>): Promise<[T, T]> {
    return [await ask(real), await ask(ours)];
  }

  /** Waits until both ends are in a state (IFLA_OPERSTATE) and all that was told of it is read. */
  async function settle(who: Answerer, state: string): Promise<void> {
    const there = async (index: number): Promise<boolean> => links(await who.send('rt', NETLINK_ROUTE, request(RTM_GETLINK, 0, ifi(index))))[0]!.includes(` 16:05001000${state} `);
    while (!(await there(2)) || !(await there(3)));
    await who.read('links', NETLINK_ROUTE);
    await who.read('udev', NETLINK_KOBJECT_UEVENT);
  }

  it(`links: ${linkQuestions.length + after.length} questions, with what listeners hear`, async () => {
    await both(async (who) => {
      await who.opt('rt', NETLINK_ROUTE, NETLINK_EXT_ACK, 1);
      await who.opt('rt', NETLINK_ROUTE, NETLINK_GET_STRICT_CHK, 1);
      await who.bind('links', NETLINK_ROUTE, 1);
      await who.bind('udev', NETLINK_KOBJECT_UEVENT, 1);
    });
    await both(async (who) => {
      for (const [, type, flags, payload] of before) await who.send('rt', NETLINK_ROUTE, request(type, flags, payload));
      await settle(who, '06');
    });
    const differ: object[] = [];
    for (const [name, type, flags, payload] of [...linkQuestions, ...after]) {
      if (name === after[0]![0]) {
        await both(async (who) => {
          for (const index of [2, 3]) await who.send('rt', NETLINK_ROUTE, request(RTM_SETLINK, NLM_F_ACK, ifi(index, 0, 1)));
          await settle(who, '02');
        });
      }
      const [theirs, mine] = await both(async (who) => {
        const got = links(await who.send('rt', NETLINK_ROUTE, request(type, flags, payload)));
        const told = links(await who.read('links', NETLINK_ROUTE));
        const events = (await who.read('udev', NETLINK_KOBJECT_UEVENT)).map((d) => Buffer.from(d).toString('latin1').replace(/SEQNUM=\d+/, 'SEQNUM'));
        return [...got, ...told.map((l) => `told: ${l}`), ...events.map((e) => e.replaceAll('\0', '|'))];
      });
      if (JSON.stringify(theirs) !== JSON.stringify(mine)) differ.push({ question: name, theirs, mine });
    }
    expect(differ).toEqual([]);
  });

  it('ids of namespaces: what asks for none, and RTM_DELNSID, which nobody answers', async () => {
    const nsid = (family: number, ...attrs: Uint8Array[]): Uint8Array => join(Uint8Array.of(family, 0, 0, 0), ...attrs);
    const bodies = [nsid(0), nsid(2), nsid(0, u32(1, 3)), nsid(0, u32(1, 3), u32(3, 9999)), nsid(0, u32(4, 3)), nsid(0, u32(5, 3)), nsid(0, u32(2, 0)), new Uint8Array(1)];
    const [theirs, mine] = await both(async (who) => {
      const out: string[] = [];
      for (const type of [RTM_NEWNSID, RTM_DELNSID, RTM_GETNSID, RTM_GETNSID + 1]) {
        // 0x200 of a deletion asks for many at once.
        for (const flags of [NLM_F_ACK, NLM_F_ACK | NLM_F_DUMP, NLM_F_ACK | 0x200]) {
          for (const body of bodies) out.push(`${type} 0x${flags.toString(16)} ${Buffer.from(body).toString('hex')}: ${comparable(await who.send('rt', NETLINK_ROUTE, request(type, flags, body))).join(' ')}`);
        }
      }
      return out;
    });
    expect(mine).toEqual(theirs);
  });

  it('netlink_diag', async () => {
    const req = (protocol: number, show: number): Uint8Array => join(Uint8Array.of(16, protocol, 0, 0), words(0, show, 0, 0));
    await both(async (who) => {
      await who.opt('diag', NETLINK_SOCK_DIAG, NETLINK_EXT_ACK, 1);
      await who.bind('user', NETLINK_USERSOCK, 5);
      await who.opt('user', NETLINK_USERSOCK, NETLINK_PKTINFO, 1);
      await who.opt('user', NETLINK_USERSOCK, NETLINK_CAP_ACK, 1);
      await who.opt('user', NETLINK_USERSOCK, NETLINK_ADD_MEMBERSHIP, 32);
    });
    const ask = (payload: Uint8Array, flags: number, type = 20): Promise<[string[], string[]]> => both(async (who) => {
      const lines = comparable(await who.send('diag', NETLINK_SOCK_DIAG, request(type, flags, payload)));
      // Port, inode and cookie are everybody's own.
      return lines.map((l) => (l.startsWith('20 ') ? l.replace(/^(20 0x\w+ .{8}).{8}(.{16}).{24}/, '$1 port $2 ino cookie ') : l));
    });
    for (const [payload, flags, type] of [
      [req(NETLINK_USERSOCK, 15), NLM_F_DUMP, 20], [req(NETLINK_USERSOCK, 0), NLM_F_DUMP, 20], [req(NETLINK_USERSOCK, 15), 0, 20], [req(77, 15), NLM_F_DUMP, 20], [req(5, 15), NLM_F_DUMP, 20], [req(0, 15).slice(0, 4), NLM_F_DUMP, 20],
      [join(Uint8Array.of(0, 0, 0, 0), words(0, 0, 0, 0)), NLM_F_DUMP, 20], [join(Uint8Array.of(50, 0, 0, 0), words(0, 0, 0, 0)), NLM_F_DUMP, 20], [join(Uint8Array.of(45, 0, 0, 0), words(0, 0, 0, 0)), NLM_F_DUMP, 20],
      [req(0, 0), NLM_F_ACK, 21], [req(0, 0), NLM_F_ACK, 22], [Uint8Array.of(16), NLM_F_ACK, 20],
    ] as const) {
      const [theirs, mine] = await ask(payload, flags, type);
      expect(mine).toEqual(theirs);
    }
  });

  it('protocols of packages that are not there know no request, and have their groups', async () => {
    for (const proto of [NETLINK_XFRM, NETLINK_AUDIT, NETLINK_NETFILTER, NETLINK_KOBJECT_UEVENT]) {
      const [theirs, mine] = await both(async (who) => {
        const errnos = (await who.send(`p${proto}`, proto, request(5000, NLM_F_ACK, new Uint8Array(20)))).map((d) => new DataView(d.buffer, d.byteOffset).getInt32(16, true));
        const groups: number[] = [];
        for (const g of [1, 2, 9, 31, 32, 33, 64, 65]) groups.push(await who.opt(`p${proto}`, proto, NETLINK_ADD_MEMBERSHIP, g));
        return { errnos, groups };
      });
      expect(mine, `protocol ${proto}`).toEqual(theirs);
    }
  });
});
