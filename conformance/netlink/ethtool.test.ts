// The family "ethtool", the controller and SIOCETHTOOL, question by question against the real kernel: the answers must be the same, byte for byte.
import { createKernel, VirtualClock } from '@linnet/kernel';
import type { Kernel } from '@linnet/kernel';
import { devChangeFlags, devGetByName } from '@linnet/netdev';
import { createTap, netem, tap, veth, vethNewlink } from '@linnet/netdevs';
import { genlFamilyByName } from '@linnet/netlink';
import { IFF_UP, NETLINK_ADD_MEMBERSHIP, NETLINK_EXT_ACK, NETLINK_GENERIC, NLM_F_ACK, NLM_F_DUMP } from '@linnet/uapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestNetns } from '../host/netns.ts';
import { have } from '../needs.mjs';
import { attr, join, nest, str, u16, u32, u8, words } from './attrs.ts';
import { comparable, LinnetKernel, RealKernel, request } from './probe.ts';
import type { Answerer } from './probe.ts';

const CTRL = 16;

/** What a question needs to know of who is asked. */
interface Side { readonly who: Answerer; readonly family: number; readonly monitor: number }

async function sideOf(who: Answerer): Promise<Side> {
  const got = await who.send('ctrl', NETLINK_GENERIC, request(CTRL, 0, join(Uint8Array.of(3, 1, 0, 0), str(2, 'ethtool'))));
  const view = new DataView(got[0]!.buffer, got[0]!.byteOffset);
  let family = 0;
  let monitor = 0;
  for (let off = 20; off < got[0]!.length; off += (view.getUint16(off, true) + 3) & ~3) {
    if ((view.getUint16(off + 2, true) & 0x3fff) === 1) family = view.getUint16(off + 4, true);
    if ((view.getUint16(off + 2, true) & 0x3fff) === 7) monitor = view.getUint32(off + 12, true);
  }
  await who.opt('ask', NETLINK_GENERIC, NETLINK_EXT_ACK, 1);
  await who.opt('ctrl', NETLINK_GENERIC, NETLINK_EXT_ACK, 1);
  expect(await who.opt('monitor', NETLINK_GENERIC, NETLINK_ADD_MEMBERSHIP, monitor)).toBe(0);
  return { who, family, monitor };
}

const hdr = (name: string | null, flags: number | null = null, index: number | null = null, type: number = 1): Uint8Array =>
  nest(type, ...(index === null ? [] : [u32(1, index)]), ...(name === null ? [] : [str(2, name)]), ...(flags === null ? [] : [u32(3, flags)]));
const bit = (by: number | string, on: boolean = false): Uint8Array => nest(1, typeof by === 'number' ? u32(1, by) : str(2, by), ...(on ? [attr(3)] : []));
const bits = (type: number, ...list: readonly Uint8Array[]): Uint8Array => nest(type, nest(3, ...list));
const list = (type: number, ...of: readonly Uint8Array[]): Uint8Array => nest(type, attr(1), nest(3, ...of));
const compact = (type: number, size: number, value: readonly number[], mask: readonly number[] | null): Uint8Array =>
  nest(type, ...(mask === null ? [attr(1)] : []), u32(2, size), attr(4, words(...value)), ...(mask === null ? [] : [attr(5, words(...mask))]));

/** A question: what it is about, command, flags, attributes. */
type Question = readonly [string, number, number, ...Uint8Array[]];

const GETS = [2, 4, 6, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 28, 29, 31, 33, 34, 36, 38, 39, 41, 42, 45, 46];
const questions: Question[] = [];
for (const dev of ['lo', 'v0', 'v1', 'tap0', 'nope']) {
  for (const cmd of [1, ...GETS]) {
    // How many queues are in use depends on who is behind a TAP.
    if (dev === 'tap0' && cmd === 17) continue;
    questions.push([`get ${cmd} of ${dev}`, cmd, 0, hdr(dev)], [`get ${cmd} of ${dev}, compact`, cmd, NLM_F_ACK, hdr(dev, 1)]);
  }
}
questions.push(
  ['strings of all', 1, 0, hdr(null)], ['a set of strings', 1, 0, hdr(null), nest(2, nest(1, u32(1, 9)), nest(1, u32(1, 4)))],
  ['counts', 1, 0, hdr('v0'), nest(2, nest(1, u32(1, 1)), nest(1, u32(1, 9))), attr(3)], ['strings of a device without one', 1, 0, hdr(null), nest(2, nest(1, u32(1, 0)))],
  ['an unknown set', 1, 0, hdr(null), nest(2, nest(1, u32(1, 99)))], ['a set without a number', 1, 0, hdr('lo'), nest(2, nest(1))], ['a set that is no nest', 1, 0, hdr('lo'), nest(2, attr(1))],
  ['no header', 1, 0], ['no header, setting', 18, 0, u32(6, 1)], ['an empty header', 17, 0, hdr(null)], ['a number of nobody', 17, 0, hdr(null, null, 77)], ['number 0', 17, 0, hdr(null, null, 0)],
  ['number and name', 17, 0, hdr('lo', null, 1)], ['number and another name', 17, 0, hdr('lo', null, 2)], ['unknown flags', 17, 0, hdr('lo', 8)], ['flags of others', 17, 0, hdr('lo', 4)],
  ['a header that is no nest', 17, 0, attr(1)], ['a PHY', 1, 0, nest(1, str(2, 'lo'), u32(4, 3))], ['a long name', 17, 0, hdr('x'.repeat(130))], ['an unknown attribute', 1, 0, hdr('lo'), u32(9, 0)],
  ['an unknown command', 77, 0, hdr('lo')], ['dump of what only does', 18, NLM_F_DUMP, hdr(null)], ['reserved flags of a newer command', 35, 0x404, hdr('lo')],
  ['reserved flags of an older one', 17, 0x404, hdr('v0')],
  ['rings', 15, NLM_F_DUMP, hdr(null, 1)], ['all time stamps', 25, NLM_F_DUMP, hdr(null, 1)], ['all features', 11, NLM_F_DUMP, hdr(null, 1)], ['all strings', 1, NLM_F_DUMP, hdr(null), nest(2, nest(1, u32(1, 1)))],
  ['all links', 4, NLM_F_DUMP, hdr(null, 1)], ...[1, ...GETS].filter((cmd) => cmd !== 17).map((cmd): Question => [`dump ${cmd} without a header`, cmd, NLM_F_DUMP]), ['all counters', 32, NLM_F_DUMP, hdr(null, null, null, 2), bits(3, bit('eth-mac', true))], ['a dump for nobody', 11, NLM_F_DUMP, hdr('nope')],
  ['counters', 32, 0, hdr('v0', null, null, 2), bits(3, bit('eth-mac', true), bit(0, true))], ['counters, none', 32, 0, hdr('v0', null, null, 2)],
  ['counters of no group', 32, 0, hdr('v0', null, null, 2), bits(3)], ['counters, unknown', 32, 0, hdr('v0', null, null, 2), bits(3, bit('eth', true))],
  ['counters of another source', 32, 0, hdr('v0', null, null, 2), bits(3, bit('rmon', true)), u32(5, 1)],
  // Features: each of these leaves its mark on the next.
  ['tso off', 12, NLM_F_ACK, hdr('v0'), bits(3, bit('tx-tcp-segmentation'))], ['tso off again', 12, NLM_F_ACK, hdr('v0'), bits(3, bit('tx-tcp-segmentation'))],
  ['tso on', 12, NLM_F_ACK, hdr('v0', 1), bits(3, bit(16, true))], ['sg off', 12, NLM_F_ACK, hdr('v0'), bits(3, bit(0))], ['sg on, no answer', 12, NLM_F_ACK, hdr('v0', 2), bits(3, bit(0, true))],
  ['a fixed one', 12, NLM_F_ACK, hdr('v0'), bits(3, bit('rx-lro', true))], ['checksums off', 12, NLM_F_ACK, hdr('v0'), bits(3, bit('tx-checksum-ip-generic'))],
  ['checksums on', 12, NLM_F_ACK, hdr('v0'), bits(3, bit('tx-checksum-ip-generic', true))], ['gro on', 12, NLM_F_ACK, hdr('v0'), bits(3, bit('rx-gro', true), bit('rx-gro-list', true))],
  ['gro off', 12, NLM_F_ACK, hdr('v0'), bits(3, bit('rx-gro'), bit('rx-gro-list'))], ['one that nobody changes', 12, NLM_F_ACK, hdr('v0'), bits(3, bit('vlan-challenged', true))],
  ['lo', 12, NLM_F_ACK, hdr('lo'), bits(3, bit('tx-tcp-segmentation'), bit('tx-udp-segmentation'))], ['lo back', 12, NLM_F_ACK, hdr('lo'), bits(3, bit('tx-tcp-segmentation', true), bit('tx-udp-segmentation', true))],
  ['lo, fixed', 12, NLM_F_ACK, hdr('lo'), bits(3, bit('tx-checksum-ip-generic'))], ['tap, no agreement', 12, NLM_F_ACK, hdr('tap0'), bits(3, bit('tx-checksum-ip-generic'))],
  ['tap, still none', 12, NLM_F_ACK, hdr('tap0'), bits(3, bit('tx-checksum-ip-generic', true))], ['all off', 12, NLM_F_ACK, hdr('v1'), list(3)], ['compact, all on', 12, NLM_F_ACK, hdr('v1', 1), compact(3, 64, [0xffffffff, 0xffffffff], null)],
  ['compact, some on', 12, NLM_F_ACK, hdr('v1', 1), compact(3, 64, [0x4fdd49e9, 0xa00632e], [0x4fdd49e9, 0xa00632e])], ['features unasked', 12, NLM_F_ACK, hdr('v0')],
  // The form of bit sets.
  ['bit of no name', 12, NLM_F_ACK, hdr('v0'), bits(3, bit('nope', true))], ['bit too high', 12, NLM_F_ACK, hdr('v0'), bits(3, bit(64, true))],
  ['bit by two names', 12, NLM_F_ACK, hdr('v0'), bits(3, nest(1, u32(1, 0), str(2, 'rx-gro'), attr(3)))], ['bit by number and name', 12, NLM_F_ACK, hdr('v0'), bits(3, nest(1, u32(1, 0), str(2, 'tx-scatter-gather'), attr(3)))],
  ['bit without either', 12, NLM_F_ACK, hdr('v0'), bits(3, nest(1, attr(3)))], ['bit with more', 12, NLM_F_ACK, hdr('v0'), bits(3, nest(1, u32(1, 0), u32(7, 0)))], ['bit that is no nest', 12, NLM_F_ACK, hdr('v0'), bits(3, attr(1, u32(1, 0)))],
  ['set that is no nest', 12, NLM_F_ACK, hdr('v0'), attr(3)], ['empty set', 12, NLM_F_ACK, hdr('v0'), nest(3)], ['no bits', 12, NLM_F_ACK, hdr('v0'), bits(3)], ['size alone', 12, NLM_F_ACK, hdr('v0'), nest(3, u32(2, 64))],
  ['no size', 12, NLM_F_ACK, hdr('v0'), nest(3, attr(4, words(0, 0)), attr(5, words(0, 0)))], ['size 0', 12, NLM_F_ACK, hdr('v0'), nest(3, u32(2, 0), attr(4), attr(5))],
  ['short value', 12, NLM_F_ACK, hdr('v0'), nest(3, u32(2, 64), attr(4, words(0)), attr(5, words(0, 0)))], ['short mask', 12, NLM_F_ACK, hdr('v0'), nest(3, u32(2, 64), attr(4, words(0, 0)), attr(5, words(0)))],
  ['no mask', 12, NLM_F_ACK, hdr('v0'), nest(3, u32(2, 64), attr(4, words(0, 0)))], ['mask of a list', 12, NLM_F_ACK, hdr('v0'), nest(3, attr(1), u32(2, 64), attr(4, words(0, 0)), attr(5, words(0, 0)))],
  ['value of bits', 12, NLM_F_ACK, hdr('v0'), nest(3, nest(3), attr(4, words(0)))], ['mask of bits', 12, NLM_F_ACK, hdr('v0'), nest(3, nest(3), attr(5, words(0)))],
  ['fewer than there are', 12, NLM_F_ACK, hdr('v0'), compact(3, 10, [0xffff], [0x3ff])], ['more, unused', 12, NLM_F_ACK, hdr('v0'), compact(3, 96, [0, 0, 0], [0, 0, 0])],
  ['more, used', 12, NLM_F_ACK, hdr('v0'), compact(3, 96, [0, 0, 1], [0, 0, 1])], ['unknown in a set', 12, NLM_F_ACK, hdr('v0'), nest(3, u32(9, 1))], ['size and bits', 12, NLM_F_ACK, hdr('v0'), nest(3, u32(2, 10), nest(3, bit(20, true)))],
  // Links.
  ['linkinfo of lo', 3, NLM_F_ACK, hdr('lo'), u8(2, 1)], ['linkinfo of veth', 3, NLM_F_ACK, hdr('v0'), u8(2, 1)], ['port', 3, NLM_F_ACK, hdr('tap0'), u8(2, 1)], ['mdix', 3, NLM_F_ACK, hdr('tap0'), u8(5, 1)],
  ['port again', 3, NLM_F_ACK, hdr('tap0'), u8(2, 1)], ['port back', 3, NLM_F_ACK, hdr('tap0'), u8(2, 0), u8(5, 0)], ['transceiver', 3, NLM_F_ACK, hdr('tap0'), u8(6, 1)], ['short port', 3, NLM_F_ACK, hdr('tap0'), attr(2)],
  ['modes of veth', 5, NLM_F_ACK, hdr('v0'), u32(5, 100)], ['modes of lo', 5, NLM_F_ACK, hdr('lo'), u32(5, 100)], ['speed', 5, NLM_F_ACK, hdr('tap0'), u32(5, 100), u8(6, 0)], ['speed again', 5, NLM_F_ACK, hdr('tap0'), u32(5, 100), u8(6, 0)],
  ['autoneg', 5, NLM_F_ACK, hdr('tap0'), u8(2, 1)], ['advertise', 5, NLM_F_ACK, hdr('tap0'), bits(3, bit('1000baseT/Full', true))], ['see', 4, 0, hdr('tap0')], ['see compact', 4, 0, hdr('tap0', 1)],
  ['role', 5, NLM_F_ACK, hdr('tap0'), u8(7, 2)], ['no such role', 5, NLM_F_ACK, hdr('tap0'), u8(7, 99)], ['lanes', 5, NLM_F_ACK, hdr('tap0'), u32(9, 2)], ['9 lanes', 5, NLM_F_ACK, hdr('tap0'), u32(9, 9)],
  ['odd duplex', 5, NLM_F_ACK, hdr('tap0'), u8(6, 77)], ['back', 5, NLM_F_ACK, hdr('tap0'), u32(5, 10000), u8(6, 1)], ['autoneg off', 5, NLM_F_ACK, hdr('tap0'), u8(2, 0)], ['lanes without autoneg', 5, NLM_F_ACK, hdr('tap0'), u32(9, 2)],
  ['mode beyond', 5, NLM_F_ACK, hdr('tap0'), bits(3, bit(121, true))],
  // The rest that drivers have.
  ['debug', 8, NLM_F_ACK, hdr('tap0'), bits(2, bit('probe', true))], ['debug again', 8, NLM_F_ACK, hdr('tap0'), bits(2, bit('probe', true))], ['debug list', 8, NLM_F_ACK, hdr('tap0'), list(2, bit(1, true), bit(3))],
  ['debug compact', 8, NLM_F_ACK, hdr('tap0'), compact(2, 15, [5], null)], ['debug beyond', 8, NLM_F_ACK, hdr('tap0'), compact(2, 32, [1 << 20], null)], ['see debug', 7, 0, hdr('tap0')], ['debug off', 8, NLM_F_ACK, hdr('tap0'), list(2)],
  ['debug of veth', 8, NLM_F_ACK, hdr('v0'), bits(2, bit('probe', true))], ['wol', 10, NLM_F_ACK, hdr('v0'), bits(2, bit('magic', true))], ['rings of veth', 16, NLM_F_ACK, hdr('v0'), u32(6, 10)],
  ['channels 0', 18, NLM_F_ACK, hdr('v0'), u32(6, 0)], ['channels 3', 18, NLM_F_ACK, hdr('v0'), u32(6, 3)], ['channels same', 18, NLM_F_ACK, hdr('v0'), u32(6, 1), u32(7, 1)], ['channels combined', 18, NLM_F_ACK, hdr('v0'), u32(9, 1)],
  ['channels of tap', 18, NLM_F_ACK, hdr('tap0'), u32(9, 1)], ['coalesce', 20, NLM_F_ACK, hdr('tap0'), u32(3, 5)], ['coalesce more', 20, NLM_F_ACK, hdr('tap0'), u32(3, 100)], ['see coalesce', 19, 0, hdr('tap0')],
  ['coalesce what is not', 20, NLM_F_ACK, hdr('tap0'), u32(2, 5)], ['coalesce adaptive', 20, NLM_F_ACK, hdr('tap0'), u8(11, 1)], ['coalesce profile', 20, NLM_F_ACK, hdr('tap0'), nest(29)], ['coalesce none', 20, NLM_F_ACK, hdr('tap0'), u32(3, 0)],
  ['coalesce veth', 20, NLM_F_ACK, hdr('v0'), u32(3, 5)], ['pause', 22, NLM_F_ACK, hdr('v0'), u8(3, 1)], ['eee', 24, NLM_F_ACK, hdr('v0'), u8(5, 1)], ['private flags', 14, NLM_F_ACK, hdr('v0'), bits(2, bit(0))],
  ['private flags, none', 14, NLM_F_ACK, hdr('v0')], ['fec', 30, NLM_F_ACK, hdr('v0'), u8(3, 1)], ['module', 35, NLM_F_ACK, hdr('v0'), u8(2, 1)], ['module, nothing', 35, NLM_F_ACK, hdr('v0')], ['cable', 26, NLM_F_ACK, hdr('v0')],
  ['tdr', 27, NLM_F_ACK, hdr('v0')], ['pse', 37, NLM_F_ACK, hdr('v0')], ['plca', 40, NLM_F_ACK, hdr('v0')], ['mm', 43, NLM_F_ACK, hdr('v0'), u8(2, 1)], ['flash', 44, NLM_F_ACK, hdr('v0'), str(2, 'x')], ['tsconfig', 47, NLM_F_ACK, hdr('v0')],
  ['rss', 48, NLM_F_ACK, hdr('v0')], ['rss create', 49, NLM_F_ACK, hdr('v0')], ['rss delete', 50, NLM_F_ACK, hdr('v0'), u32(2, 1)], ['eeprom', 31, NLM_F_ACK, hdr('v0'), u32(2, 0), u32(3, 10), u8(4, 0), u8(6, 0x50)],
);

/** Questions to the controller. */
const ctrlQuestions: Question[] = [
  ['by name', 3, NLM_F_ACK, str(2, 'nlctrl')], ['by number', 3, NLM_F_ACK, u16(1, CTRL)], ['unknown name', 3, NLM_F_ACK, str(2, 'nope')], ['unknown number', 3, NLM_F_ACK, u16(1, 999)], ['unnamed', 3, NLM_F_ACK],
  ['long name', 3, NLM_F_ACK, str(2, 'x'.repeat(19))], ['more than is known', 3, NLM_F_ACK, u16(1, CTRL), attr(5, words(0))], ['short', 3, NLM_F_ACK, attr(1)], ['policy of the controller', 10, NLM_F_DUMP, u16(1, CTRL)],
  ['policy of ethtool', 10, NLM_F_DUMP, str(2, 'ethtool')], ['policy of an op', 10, NLM_F_DUMP, str(2, 'ethtool'), u32(10, 6)], ['policy of no op', 10, NLM_F_DUMP, str(2, 'ethtool'), u32(10, 99)],
  ['policy of nobody', 10, NLM_F_DUMP, str(2, 'nope')], ['policy unnamed', 10, NLM_F_DUMP], ['policy, done', 10, NLM_F_ACK, u16(1, CTRL)], ['unknown command', 77, NLM_F_ACK],
];

/** Ioctls: device, then the words of the buffer, then how many bytes follow. */
const ioctls: (readonly [string, string, readonly number[], number])[] = [];
for (const dev of ['lo', 'v0', 'tap0', 'nope']) {
  for (const [cmd, len] of [
    [1, 40], [5, 16], [7, 4], [9, 4], [0xa, 4], [0xb, 12], [0xe, 88], [0x10, 32], [0x12, 12], [0x14, 4], [0x16, 4], [0x18, 4], [0x1a, 8], [0x1e, 4], [0x21, 4], [0x23, 4], [0x25, 4], [0x27, 4], [0x29, 180], [0x2b, 4],
    [0x2d, 180], [0x34, 4], [0x38, 4], [0x3f, 12], [0x41, 40], [0x44, 36], [0x46, 20], [0x4a, 4], [0x4b, 520], [0x4c, 44], [0x50, 12], [0x77, 4], [0, 4],
  ] as const) ioctls.push([`0x${cmd.toString(16)} of ${dev}`, dev, [cmd], len]);
  if (dev !== 'tap0') ioctls.push([`channels of ${dev}`, dev, [0x3c], 32]);
  for (let sset = 0; sset < 12; sset++) ioctls.push([`strings ${sset} of ${dev}`, dev, [0x1b, sset, 0], 4096]);
  ioctls.push(
    [`sets of ${dev}`, dev, [0x37, 0, 0xffffffff, 0xffffffff], 200], [`counters of ${dev}`, dev, [0x1d, 10], 80], [`counters of ${dev}, short`, dev, [0x1d, 3], 80], [`address of ${dev}`, dev, [0x20, 32], 32],
    [`features of ${dev}`, dev, [0x3a, 2], 64], [`features of ${dev}, half`, dev, [0x3a, 1], 64], [`features of ${dev}, none`, dev, [0x3a, 0], 64], [`set the wrong size of ${dev}`, dev, [0x3b, 1, 1, 1], 0],
    [`sg off by ioctl of ${dev}`, dev, [0x3b, 2, 1, 0, 0, 0], 0], [`see ${dev}`, dev, [0x3a, 2], 64], [`sg on by ioctl of ${dev}`, dev, [0x3b, 2, 1, 1, 0, 0], 0], [`what nobody changes in ${dev}`, dev, [0x3b, 2, 1 << 10, 1 << 10, 0, 0], 0],
    [`settings of ${dev}`, dev, [0x4c, 0, 0, 4 << 24, 0, 0, 0, 0, 0, 0, 0, 0], 48], [`coalesce of ${dev}`, dev, [0xf, 0, 5], 80], [`coalesce what is not of ${dev}`, dev, [0xf, 7, 5], 80],
    [`see coalesce of ${dev}`, dev, [0xe], 88], [`coalesce back of ${dev}`, dev, [0xf, 0, 0], 80], [`message level of ${dev}`, dev, [8, 3], 0], [`see level of ${dev}`, dev, [7, 0], 0], [`level back of ${dev}`, dev, [8, 0], 0],
    [`channels 0 of ${dev}`, dev, [0x3d, 0, 0, 0, 0, 0, 0, 0, 0], 0], [`channels 9 of ${dev}`, dev, [0x3d, 0, 0, 0, 0, 9, 1, 0, 0], 0], [`channels combined of ${dev}`, dev, [0x3d, 0, 0, 0, 0, 1, 1, 0, 1], 0],
  );
  for (const set of [0x15, 0x17, 0x19, 0x1f, 0x24, 0x2c]) ioctls.push([`0x${set.toString(16)} off ${dev}`, dev, [set, 0], 0], [`see 0x${set.toString(16)} ${dev}`, dev, [0x3a, 2], 64], [`0x${set.toString(16)} on ${dev}`, dev, [set, 1], 0]);
  ioctls.push([`flags 0 of ${dev}`, dev, [0x26, 0], 0], [`see flags of ${dev}`, dev, [0x25, 0], 0], [`odd flags of ${dev}`, dev, [0x26, 1], 0], [`lro of ${dev}`, dev, [0x26, 0x8000], 0], [`flags back of ${dev}`, dev, [0x26, 0x180], 0]);
}

describe.skipIf(!have('root', 'ip', 'python3'))('ethtool by netlink and by ioctl, as the real kernel answers', () => {
  let ns: TestNetns;
  let k: Kernel;
  let real: RealKernel;
  let ours: LinnetKernel;
  let sides: readonly [Side, Side];

  beforeAll(async () => {
    ns = new TestNetns();
    ns.sh('ip link add v0 numtxqueues 1 numrxqueues 1 type veth peer name v1 numtxqueues 1 numrxqueues 1 && ip tuntap add dev tap0 mode tap && ip link set v0 up && ip link set v1 up');
    real = new RealKernel(ns.name);
    k = createKernel({ modules: [veth, tap, netem], clock: new VirtualClock(), seed: 1 });
    vethNewlink(k.initNet, 'v0', k.initNet, 'v1');
    createTap(k.initNet, { name: 'tap0', port: { transmit: () => true }, vnetHdr: false });
    ours = new LinnetKernel(k.initNet);
    sides = [await sideOf(real), await sideOf(ours)];
    for (const name of ['lo', 'v0', 'v1']) {
      const dev = devGetByName(k.initNet, name)!;
      k.run(() => devChangeFlags(dev, dev.flags | IFF_UP));
    }
  });
  afterAll(async () => {
    await real.close();
    ours.close();
    k.shutdown();
    ns.delete();
  });

  async function both(proto: string, family: (s: Side) => number, [, cmd, flags, ...attrs]: Question): Promise<string[][]> {
    return Promise.all(sides.map(async (s) => {
      const got = await s.who.send(proto, NETLINK_GENERIC, request(family(s), flags, join(Uint8Array.of(cmd, 1, 0, 0), ...attrs)));
      const told = await s.who.read('monitor', NETLINK_GENERIC);
      const text = (d: readonly Uint8Array[]): string[] => comparable(d, s.family);
      return [...text(got), ...text(told).map((line) => `told: ${line}`)];
    }));
  }

  it(`the family: ${questions.length} questions`, async () => {
    const differ: object[] = [];
    for (const q of questions) {
      const [theirs, mine] = await both('ask', (s) => s.family, q);
      if (JSON.stringify(theirs) !== JSON.stringify(mine)) differ.push({ question: q[0], theirs, mine });
    }
    expect(differ).toEqual([]);
  });

  it(`the controller: ${ctrlQuestions.length} questions`, async () => {
    const differ: object[] = [];
    for (const q of ctrlQuestions) {
      const [theirs, mine] = await both('ctrl', () => CTRL, q);
      const norm = (lines: string[], s: Side): string[] => lines.map((l) => l.replaceAll(`06000100${hex16(s.family)}`, 'THE-FAMILY'));
      const [a, b] = [norm(theirs!, sides[0]), norm(mine!, sides[1])];
      if (JSON.stringify(a) !== JSON.stringify(b)) differ.push({ question: q[0], theirs: a, mine: b });
    }
    expect(differ).toEqual([]);
    expect(genlFamilyByName(k, 'ethtool')?.ops.size).toBe(50);
  });

  it(`SIOCETHTOOL: ${ioctls.length} calls`, async () => {
    const differ: object[] = [];
    for (const [name, dev, head, more] of ioctls) {
      const buf = join(words(...head), new Uint8Array(more));
      const [theirs, mine] = await Promise.all(sides.map((s) => s.who.ethtool(dev, buf)));
      // What a failed call left in the buffer is nobody's business.
      const same = theirs!.rc === mine!.rc && (theirs!.rc < 0 || Buffer.compare(theirs!.buf, mine!.buf) === 0);
      if (!same) differ.push({ name, theirs: [theirs!.rc, Buffer.from(theirs!.buf).toString('hex')], mine: [mine!.rc, Buffer.from(mine!.buf).toString('hex')] });
    }
    expect(differ).toEqual([]);
  });
});

function hex16(v: number): string {
  return (v & 0xff).toString(16).padStart(2, '0') + (v >>> 8).toString(16).padStart(2, '0');
}
