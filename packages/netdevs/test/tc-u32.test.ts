import {
  TC_ACT_UNSPEC, TC_U32_TERMINAL, TC_U32_VAROFFSET, TCA_EGRESS_MIRROR, TCA_MIRRED_PARMS, TCA_U32_ACT, TCA_U32_DIVISOR, TCA_U32_HASH, TCA_U32_LINK, TCA_U32_SEL,
} from '@linnet/uapi';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { actions, AT_EGRESS, INGRESS, TcLab, words } from './tc-lab.ts';

let l: TcLab;
beforeEach(() => {
  l = new TcLab();
  l.qdisc('clsact', { parent: INGRESS, handle: 0xffff0000 });
});
afterEach(() => l.close());

/** A table that every packet is led to. */
const TABLE = 0x00100000;
/** struct tc_u32_sel with one key that fits everything. */
function sel(flags: number, offmask: number = 0, offoff: number = 0): Uint8Array {
  const b = new Uint8Array(32);
  const v = new DataView(b.buffer);
  b[0] = flags;
  b[2] = 1;
  v.setUint16(4, offmask);
  v.setInt16(8, offoff, true);
  return b;
}
function table(): void {
  l.filter('u32', AT_EGRESS, (w) => w.putU32(TCA_U32_DIVISOR, 1), { handle: TABLE });
}
function link(bytes: Uint8Array): void {
  l.filter('u32', AT_EGRESS, (w) => {
    w.putBytes(TCA_U32_SEL, bytes);
    w.putU32(TCA_U32_LINK, TABLE);
  });
}

test('an action that sends to the device that is being asked: each packet finds its own way back from the tables', () => {
  table();
  link(sel(0));
  // mirred egress mirror, continue: the search goes on behind the link.
  l.filter('u32', AT_EGRESS, (w) => {
    w.putU32(TCA_U32_HASH, TABLE);
    w.putBytes(TCA_U32_SEL, sel(TC_U32_TERMINAL));
    actions(w, TCA_U32_ACT, ['mirred', (x) => x.putBytes(TCA_MIRRED_PARMS, words(0, 0, TC_ACT_UNSPEC, 0, 0, TCA_EGRESS_MIRROR, l.a.ifindex))]);
  });
  const seen = l.watch();
  l.send();
  l.run(10);
  expect(seen.length).toBeGreaterThan(1);
});

test('an offset that leads before the packet fits nothing', () => {
  table();
  link(sel(TC_U32_VAROFFSET, 0xffff, -30000));
  const seen = l.watch();
  l.send();
  expect(seen.length).toBe(1);
});
