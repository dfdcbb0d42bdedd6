/** Requests about queues and filters that a real kernel answered, damaged, in any order, with packets between them: nothing throws, nothing leaks. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { NlTestClient } from '@linnet/netlink/testing';
import { describe, test } from 'vitest';
import { ipPacket, TcLab } from '../tc-lab.ts';
import { frame, send } from '../helpers.ts';

const runs = Number(process.env['FUZZ_RUNS'] ?? 150);
const requests = readFileSync(new URL('../golden/tc-requests.jsonl', import.meta.url), 'utf8').trim().split('\n').map((l) => JSON.parse(l) as { req?: string })
  .flatMap((c) => (c.req === undefined ? [] : [new Uint8Array(Buffer.from(c.req, 'hex'))]));

describe('tc', () => {
  test('damaged requests and any packets', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ req: fc.nat(requests.length - 1), at: fc.nat(400), byte: fc.nat(255), damage: fc.boolean() }) },
      { weight: 3, arbitrary: fc.record({ packet: fc.uint8Array({ maxLength: 120 }), whole: fc.boolean(), dport: fc.nat(65535), back: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ ms: fc.nat(2000) }) },
    );
    fc.assert(fc.property(fc.array(step, { minLength: 5, maxLength: 80, size: 'max' }), (steps) => {
      const l = new TcLab();
      const client = new NlTestClient(l.k.initNet);
      for (const s of steps) {
        if ('req' in s) {
          const req = requests[s.req]!.slice();
          // The header's length stays: what is behind it is what is looked at.
          if (s.damage) req[16 + (s.at % Math.max(1, req.length - 16))] = s.byte;
          client.send(req);
          client.recvAll();
        } else if ('packet' in s) {
          const dev = s.back ? l.b : l.a;
          const body = s.whole ? ipPacket({ dport: s.dport }) : s.packet;
          send(dev, frame(l.a.devAddr, l.b.devAddr, body, s.whole ? 0x800 : 0x800 + (s.dport & 1)));
        } else l.run(s.ms);
      }
      client.close();
      l.close();
    }), { numRuns: runs, seed: 20 });
  });
});
