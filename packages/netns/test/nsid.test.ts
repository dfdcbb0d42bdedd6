import type { Kernel, Net } from '@linnet/kernel';
import { netnsIdSet, peernet2id, peernet2idAlloc, getNetNsById } from '@linnet/netlink';
import { nlAck, nlAttrs, NlTestClient, type NlTestMessage, nlPayload, nlS32 } from '@linnet/netlink/testing';
import {
  NETNSA_CURRENT_NSID, NETNSA_FD, NETNSA_NSID, NETNSA_PID, NETNSA_TARGET_NSID, NLM_F_DUMP, type NlWriter, RTM_DELNSID, RTM_GETNSID, RTM_NEWNSID, RTNLGRP_NSID,
} from '@linnet/uapi';
import { describe, expect, test } from 'vitest';
import { createNetns, netnsDel, netnsSetTasks } from '../src/index.ts';
import { finish, makeKernel } from './helpers.ts';

/* Errors, texts and offsets are those of a real Linux 6.18. */

const gen = (fill?: (w: NlWriter) => void): Uint8Array => nlPayload(1, () => undefined, fill);
const ids = (list: readonly NlTestMessage[]): unknown[] =>
  list.map((m) => {
    if (m.type === 3 || m.type === 2) {
      const a = nlAck(m);
      return [a.errno, a.msg, Number.isNaN(a.offs) ? 0 : a.offs];
    }
    const tb = nlAttrs(m.payload, 4);
    const current = tb.get(NETNSA_CURRENT_NSID);
    return [m.type, nlS32(tb.get(NETNSA_NSID)), ...(current === undefined ? [] : [nlS32(current)])];
  });

function setup(): { k: Kernel; c: NlTestClient; self: Net; one: Net } {
  const k = makeKernel();
  const one = createNetns(k, 'one');
  const self = k.initNet;
  netnsSetTasks(k, { currentPid: () => 42, netByFd: (fd) => (fd === 3 ? one : -9), netByPid: (pid) => (pid === 42 ? self : pid === 1 ? one : -3) });
  return { k, c: new NlTestClient(self), self, one };
}

describe('RTM_NEWNSID', () => {
  test('errors', () => {
    const { k, c } = setup();
    const ask = (fill?: (w: NlWriter) => void): unknown => ids(c.request(RTM_NEWNSID, 4, gen(fill)))[0];
    expect(ask()).toEqual([-22, 'nsid is missing', 0]);
    expect(ask((w) => w.putU32(NETNSA_FD, 99))).toEqual([-22, 'nsid is missing', 0]);
    expect(ask((w) => w.putS32(NETNSA_NSID, 0))).toEqual([-22, 'Peer netns reference is missing', 0]);
    expect(ask((w) => { w.putS32(NETNSA_NSID, 0); w.putU32(NETNSA_FD, 99); })).toEqual([-9, 'Peer netns reference is invalid', 28]);
    expect(ask((w) => { w.putS32(NETNSA_NSID, 0); w.putU32(NETNSA_PID, 99); })).toEqual([-3, 'Peer netns reference is invalid', 28]);
    expect(ask((w) => { w.putS32(NETNSA_NSID, 5); w.putU32(NETNSA_PID, 42); })).toEqual([0, '', 0]);
    expect(ask((w) => { w.putS32(NETNSA_NSID, 6); w.putU32(NETNSA_PID, 42); })).toEqual([-17, 'Peer netns already has a nsid assigned', 28]);
    expect(ask((w) => { w.putS32(NETNSA_NSID, 5); w.putU32(NETNSA_FD, 3); })).toEqual([-17, 'The specified nsid is already used', 20]);
    expect(ask((w) => { w.putS32(NETNSA_NSID, -1); w.putU32(NETNSA_FD, 3); })).toEqual([0, '', 0]);
    expect(ids(c.request(RTM_DELNSID, 4, gen((w) => w.putS32(NETNSA_NSID, 5))))).toEqual([[-95, '', 0]]);
    finish(k);
  });
});

describe('RTM_GETNSID', () => {
  test('by task, descriptor and id, and as another namespace counts', () => {
    const { k, c, self, one } = setup();
    netnsIdSet(self, one, 0);
    netnsIdSet(self, self, 5);
    const ask = (fill?: (w: NlWriter) => void): unknown => ids(c.request(RTM_GETNSID, 0, gen(fill)))[0];
    expect(ask()).toEqual([-22, 'Peer netns reference is missing', 0]);
    expect(ask((w) => w.putU32(NETNSA_FD, 99))).toEqual([-9, 'Peer netns reference is invalid', 20]);
    expect(ask((w) => w.putU32(NETNSA_PID, 99))).toEqual([-3, 'Peer netns reference is invalid', 20]);
    expect(ask((w) => w.putU32(NETNSA_PID, 42))).toEqual([RTM_NEWNSID, 5]);
    expect(ask((w) => w.putU32(NETNSA_PID, 1))).toEqual([RTM_NEWNSID, 0]);
    expect(ask((w) => w.putU32(NETNSA_FD, 3))).toEqual([RTM_NEWNSID, 0]);
    expect(ask((w) => w.putS32(NETNSA_NSID, 5))).toEqual([RTM_NEWNSID, 5]);
    expect(ask((w) => w.putS32(NETNSA_NSID, 9))).toEqual([-2, 'Peer netns reference is invalid', 20]);
    expect(ask((w) => { w.putU32(NETNSA_PID, 1); w.putS32(NETNSA_TARGET_NSID, 5); })).toEqual([RTM_NEWNSID, 0, 0]);
    expect(ask((w) => { w.putU32(NETNSA_PID, 42); w.putS32(NETNSA_TARGET_NSID, 0); })).toEqual([RTM_NEWNSID, -1, 5]);
    expect(ask((w) => { w.putU32(NETNSA_PID, 1); w.putS32(NETNSA_TARGET_NSID, 7); })).toEqual([-22, 'Target netns reference is invalid', 28]);
    expect(ask((w) => w.putFlag(77))).toEqual([-22, 'Unknown attribute type', 20]);
    expect(ask((w) => w.putS32(NETNSA_CURRENT_NSID, 0))).toEqual([-22, 'Unsupported attribute in peer netns getid request', 0]);
    finish(k);
  });

  test('dumps are in order of id', () => {
    const { k, c, self, one } = setup();
    netnsIdSet(self, self, 5);
    netnsIdSet(self, one, 0);
    const dump = (fill?: (w: NlWriter) => void): unknown[] => ids(c.request(RTM_GETNSID, NLM_F_DUMP, gen(fill)));
    expect(dump()).toEqual([[RTM_NEWNSID, 0], [RTM_NEWNSID, 5], [0, '', 0]]);
    expect(dump((w) => w.putS32(NETNSA_TARGET_NSID, 5))).toEqual([[RTM_NEWNSID, 0, 0], [RTM_NEWNSID, 5, 5], [0, '', 0]]);
    expect(dump((w) => w.putS32(NETNSA_TARGET_NSID, 7))).toEqual([[-22, 'Invalid target network namespace id', 20]]);
    expect(dump((w) => w.putS32(NETNSA_NSID, 0))).toEqual([[-22, 'Unsupported attribute in dump request', 20]]);
    finish(k);
  });

  test('many ids come in many parts', () => {
    const k = makeKernel();
    for (let i = 0; i < 300; i++) expect(netnsIdSet(k.initNet, createNetns(k), i)).toBe(0);
    const c = new NlTestClient(k.initNet);
    const got = ids(c.request(RTM_GETNSID, NLM_F_DUMP, gen())).slice(0, -1);
    expect(got).toEqual(Array.from({ length: 300 }, (_v, i) => [RTM_NEWNSID, i]));
    finish(k);
  });
});

describe('ids', () => {
  test('come and go with notifications', () => {
    const { k, c, self, one } = setup();
    const ear = new NlTestClient(self, { groups: 1 << (RTNLGRP_NSID - 1) });
    c.request(RTM_NEWNSID, 4, gen((w) => { w.putS32(NETNSA_NSID, 33); w.putU32(NETNSA_FD, 3); }));
    const [m] = ear.messages();
    expect([ids([m!])[0], m!.seq !== 0, m!.pid !== 0]).toEqual([[RTM_NEWNSID, 33], true, true]);
    netnsDel(k, 'one');
    const [d] = ear.messages();
    expect([ids([d!])[0], d!.seq, d!.pid]).toEqual([[RTM_DELNSID, 33], 0, 0]);
    expect(getNetNsById(self, 33)).toBe(null);
    expect(one.dead).toBe(true);
    expect(peernet2idAlloc(self, one)).toBe(-1);
    finish(k);
  });

  test('are given out from 0, the lowest free one first', () => {
    const k = makeKernel();
    const [a, b, c, d] = [1, 2, 3, 4].map(() => createNetns(k)) as [Net, Net, Net, Net];
    expect(peernet2id(k.initNet, a)).toBe(-1);
    expect([a, b, c].map((n) => peernet2idAlloc(k.initNet, n))).toEqual([0, 1, 2]);
    b.destroy();
    expect(peernet2idAlloc(k.initNet, d)).toBe(1);
    expect(peernet2idAlloc(k.initNet, a)).toBe(0);
    expect(peernet2id(a, k.initNet)).toBe(-1);
    expect(getNetNsById(k.initNet, 2)).toBe(c);
    finish(k);
  });
});
