import { readFileSync } from 'node:fs';
import { devChangeTxQueueLen, devGetByIndex, devOpen } from '@linnet/netdev';
import { nlIfinfo, nlKind, nlRecording, nlReplay, type NlRecorded, NlTestClient, type NlTestMessage } from '@linnet/netlink/testing';
import {
  IFINFOMSG_LEN, ifinfomsgWrite, IFLA_IFNAME, NLM_F_CREATE, NLM_F_EXCL, NLMSG_ERROR, RTM_DELACTION, RTM_GETACTION, RTM_NEWACTION, RTM_NEWLINK, TCMSG_LEN, VETH_INFO_PEER,
} from '@linnet/uapi';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tc, veth } from '../src/index.ts';
import { finish, newKernel } from './helpers.ts';
import type { Kernel } from '@linnet/kernel';

/*
 * Requests that a real Linux 6.18 answered (golden/record-tc.py), put to a machine that was set up the same way, in the same order.
 */
interface Case extends NlRecorded {
  readonly up?: readonly number[];
}
const cases = nlRecording<Case>(readFileSync(new URL('golden/tc-requests.jsonl', import.meta.url), 'utf8'));

/** Attributes as a tree, as far as they look like one; counters of packets and times of actions are left out. */
function tree(b: Uint8Array, path: string): unknown {
  const out: [number, unknown][] = [];
  const view = new DataView(b.buffer, b.byteOffset, b.length);
  let o = 0;
  while (o + 4 <= b.length) {
    const n = view.getUint16(o, true);
    const t = view.getUint16(o + 2, true);
    if (n < 4 || o + n > b.length) return Buffer.from(b).toString('hex');
    out.push([t, leaf(b.subarray(o + 4, o + n), `${path}/${t}`)]);
    o += (n + 3) & ~3;
  }
  return o === b.length && b.length > 0 ? out : Buffer.from(b).toString('hex');
}
function leaf(v: Uint8Array, path: string): unknown {
  // mirred's struct tcf_t
  if (v.length === 32 && /\/7\/\d+\/2\/1$|^\/1\/\d+\/2\/1$/.test(path)) return 'times';
  return v.length >= 8 ? tree(v, path) : Buffer.from(v).toString('hex');
}

function plain(m: NlTestMessage): object {
  const { type, flags, seq, payload } = m;
  if (type >= 36 && type <= 102) {
    const len = type === RTM_NEWACTION || type === RTM_GETACTION || type === RTM_DELACTION ? 4 : TCMSG_LEN;
    const head = payload.slice(0, len);
    // Handles that the kernel gives out are counted for the whole machine.
    if (len === TCMSG_LEN && type <= 38 && head[11] === 0x80 && head[8] === 0 && head[9] === 0) head[10] = 0;
    return { type, flags, seq, head: Buffer.from(head).toString('hex'), attrs: tree(payload.subarray(len), '') };
  }
  return { type, flags, seq, payload: Buffer.from(payload).toString('hex'), text: type === NLMSG_ERROR ? Buffer.from(payload).toString('latin1').replace(/[^ -~]+/g, ' ') : '' };
}

let k: Kernel;
beforeAll(() => {
  k = newKernel([veth, tc]).k;
  expect(devOpen(devGetByIndex(k.initNet, 1)!)).toBe(0);
  const c = new NlTestClient(k.initNet);
  // ip link add va index 2 type veth peer name vb index 3
  const link = nlIfinfo({ index: 2 }, (w) => {
    w.putString(IFLA_IFNAME, 'va');
    nlKind(w, 'veth', (d) => {
      d.nestStart(VETH_INFO_PEER);
      ifinfomsgWrite(d.view, d.reserve(IFINFOMSG_LEN), { family: 0, type: 0, index: 3, flags: 0, change: 0 });
      d.putString(IFLA_IFNAME, 'vb');
      d.nestEnd();
    });
  });
  expect(c.ack(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, link).errno).toBe(0);
  c.close();
});
afterAll(() => finish(k));

describe('answers of a real kernel', () => {
  test.each(cases)('%s', (_name, c) => {
    if (c.up !== undefined) {
      for (const i of c.up) {
        const dev = devGetByIndex(k.initNet, i)!;
        expect(devOpen(dev)).toBe(0);
        expect(devChangeTxQueueLen(dev, 1000)).toBe(0);
      }
      return;
    }
    const { got, want } = nlReplay(k.initNet, c);
    expect(got.map(plain)).toEqual(want.map(plain));
  });
});
