import { describe, expect, it } from 'vitest';
import { transfer, WirePair } from './wire.ts';

describe('probe', () => {
  const cases: [string, ConstructorParameters<typeof WirePair>[0]][] = [
    ['clean', { delay: 10 }],
    ['loss 1%', { delay: 10, loss: 0.01 }],
    ['loss 5%', { delay: 10, loss: 0.05 }],
    ['reorder 25%', { delay: 10, reorder: 0.25, reorderBy: 5 }],
    ['dup', { delay: 10, duplicate: 0.05 }],
    ['corrupt', { delay: 10, corrupt: 0.01 }],
    ['rate', { delay: 10, rate: 1250, queue: 100 }],
    ['nosack loss', { delay: 10, loss: 0.02, sysctl: { sack: 0 } }],
    ['nots', { delay: 10, loss: 0.02, sysctl: { timestamps: 0 } }],
    ['mtu576', { delay: 10, loss: 0.02, mtu: 576 }],
    ['zero delay', {}],
  ];
  for (const [name, o] of cases) {
    it(name, () => {
      const w = new WirePair(o);
      const { c, s } = w.connect();
      const n = 2_000_000;
      const t0 = Date.now();
      const t = transfer(w, c, s, n);
      console.log(name, 'ms', t.toFixed(1), 'MB/s', (n / t / 1000).toFixed(2), 'pkts', w.packets, 'lost', w.lost, 'retr', c.totalRetrans, 'rto', w.ext(w.a, 'TCPTimeouts'), 'tlp', w.ext(w.a, 'TCPLossProbes'), 'undo', w.ext(w.a,'TCPDSACKUndo'), w.ext(w.a,'TCPFullUndo'), 'cwnd', c.sndCwnd, 'wall', Date.now() - t0);
      expect(s.rcvNxt).toBeDefined();
      w.kernel.shutdown();
      expect(w.leak()).toBe(0);
    });
  }
});
