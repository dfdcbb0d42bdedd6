import { expect, test } from 'vitest';
import { icmpMessage, ip4, Machine, pattern } from './harness.ts';

test('an echo request is answered', () => {
  const m = new Machine();
  const w = m.wire('10.0.0.1/24');
  w.inject({}, icmpMessage(8, 0, 0x00010002, pattern(56)));
  console.log(m.pool.dropCounts(), m.mib('Ip.InReceives'), m.mib('Icmp.InMsgs'), m.mib('Icmp.OutMsgs'), w.arpRequests);
  const [r] = w.take();
  expect(r).toBeDefined();
  expect(r!.src).toBe(ip4('10.0.0.1'));
  expect(r!.dst).toBe(ip4('10.0.0.2'));
  expect(r!.payload).toEqual(icmpMessage(0, 0, 0x00010002, pattern(56)));
  expect(r!.checkOk).toBe(true);
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});
