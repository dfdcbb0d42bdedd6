/** BBR over a simulated link, beside what it replaces. */
import { expect, it } from 'vitest';
import { WirePair } from './wire.ts';

const out = new Uint8Array(262144);
const buf = new Uint8Array(1 << 20);
/** 100 Mbit/s, bytes a millisecond. */
const RATE = 12500;

/** The share of a link with 50 ms round trip and 1 % loss that arrives from the `from`th to the `to`th second. */
function share(algorithm: string, from: number, to: number): { share: number; timeouts: number } {
  const w = new WirePair({ rate: RATE, delay: 25, loss: 0.01, queue: 500, seed: 4, sysctl: { congestion_control: algorithm } });
  const { c, s } = w.connect();
  const start = w.clock.now();
  let got = 0;
  let before = 0;
  for (let t = 1; t <= to * 200; t++) {
    while (w.send(c, out) > 0);
    const until = start + t * 5e6;
    while (w.step(until));
    for (let n = w.recv(s, buf); n > 0; n = w.recv(s, buf)) got += n;
    if (t === from * 200) before = got;
  }
  const timeouts = w.ext(w.a, 'TCPTimeouts');
  w.kernel.shutdown();
  expect(w.leak()).toBe(0);
  return { share: (got - before) / ((to - from) * 1000 * RATE), timeouts };
}

it('BBR keeps 80 % of a link that loses 1 %, CUBIC does not get a tenth', () => {
  const b = share('bbr', 1, 2.5);
  expect(b.share).toBeGreaterThan(0.8);
  expect(b.timeouts).toBe(0);
  expect(share('cubic', 1, 2.5).share).toBeLessThan(0.1);
});
