// Attributes that end too early are refused as Linux refuses them (ERANGE), wherever in its buffer the message ends.
import { ERANGE, EINVAL } from '@linnet/kernel';
import { NlTestClient, nlAck, nlPayload } from '@linnet/netlink/testing';
import {
  AF_INET, RTA_DPORT, RTA_DST, RTA_IIF, RTA_IP_PROTO, RTA_MARK, RTA_OIF, RTA_SPORT, RTA_SRC, RTA_UID, RTM_GETROUTE, RTMSG_LEN, rtmsgWrite,
} from '@linnet/uapi';
import { expect, test } from 'vitest';
import { Machine } from './harness.ts';

const NAMES: [string, number][] = [
  ['DST', RTA_DST], ['SRC', RTA_SRC], ['IIF', RTA_IIF], ['OIF', RTA_OIF], ['MARK', RTA_MARK], ['UID', RTA_UID], ['IP_PROTO', RTA_IP_PROTO], ['SPORT', RTA_SPORT], ['DPORT', RTA_DPORT],
];

test.each(NAMES)('RTM_GETROUTE with an empty RTA_%s', (_name, attr) => {
  const m = new Machine();
  m.wire('10.0.0.1/24');
  const c = new NlTestClient(m.net, { strict: false });
  for (const pad of [0, 4, 92, 220, 476, 988, 2012]) {
    const payload = nlPayload(
      RTMSG_LEN,
      (view, off) => rtmsgWrite(view, off, { family: AF_INET, dstLen: 0, srcLen: 0, tos: 0, table: 0, protocol: 0, scope: 0, type: 0, flags: 0 }),
      (w) => {
        // An attribute that nobody reads moves the other to the end of the buffer.
        if (pad > 0) w.putBytes(50, new Uint8Array(pad));
        w.putBytes(attr, new Uint8Array(0));
      },
    );
    const [ack] = c.request(RTM_GETROUTE, 0, payload);
    expect([-ERANGE, -EINVAL]).toContain(nlAck(ack!).errno);
  }
  c.close();
  expect(m.end()).toEqual({ skbs: 0, heads: 0 });
});
