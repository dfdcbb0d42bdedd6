// Proxy entries are in a table of their own. They must not become ordinary ones.
import { ENOENT } from '@linnet/kernel';
import { NlTestClient, nlAck, nlPayload } from '@linnet/netlink/testing';
import {
  AF_INET, NDA_DST, NDMSG_LEN, ndmsgWrite, NLM_F_CREATE, NLM_F_DUMP, NTF_PROXY, NUD_PERMANENT, RTM_DELNEIGH, RTM_GETNEIGH, RTM_NEWNEIGH,
} from '@linnet/uapi';
import { expect, test } from 'vitest';
import { ip4, Machine } from './harness.ts';

test('ip neigh add, del, get and show proxy', () => {
  const m = new Machine();
  const w = m.wire('10.0.0.1/24');
  const c = new NlTestClient(m.net);
  const payload = (flags: number, dst: string | null, ifindex = w.fake.dev.ifindex): Uint8Array =>
    nlPayload(
      NDMSG_LEN,
      (view, off) => ndmsgWrite(view, off, { family: AF_INET, ifindex, state: 0, flags, type: 0 }),
      (nw) => {
        if (dst !== null) nw.putInAddr(NDA_DST, ip4(dst));
      },
    );
  expect(c.ack(RTM_NEWNEIGH, NLM_F_CREATE, payload(NTF_PROXY, '10.0.0.9'))).toMatchObject({ errno: 0, msg: '' });
  expect(m.ip.arpTbl.lookup(ip4('10.0.0.9'), w.fake.dev)).toBeNull();
  const n = m.kernel.run(() => m.ip.arpTbl.create(w.fake.dev, ip4('10.0.0.8'))) as { nudState: number };
  n.nudState = NUD_PERMANENT;
  expect(c.ack(RTM_DELNEIGH, 0, payload(NTF_PROXY, '10.0.0.8')).errno).toBe(-ENOENT);
  expect(m.ip.arpTbl.lookup(ip4('10.0.0.8'), w.fake.dev)).toBe(n);
  expect(nlAck(c.request(RTM_GETNEIGH, 0, payload(NTF_PROXY, '10.0.0.8'))[0]!).msg).toBe('Proxy neighbour entry not found');
  expect(c.request(RTM_GETNEIGH, NLM_F_DUMP, payload(NTF_PROXY, null, 0)).length).toBe(2);
  expect(c.request(RTM_GETNEIGH, NLM_F_DUMP, payload(0, null, 0)).length).toBe(2);
  c.close();
  m.end();
});
