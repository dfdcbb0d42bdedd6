/** Both ends are Linnet, in virtual time. */
import { ms, VirtualClock } from '@linnet/kernel';
import { bufferMax, type Cell } from './cells.ts';
import { End, makeWire, RECEIVER, Receivers, SENDER, Senders, type Received } from './ends.ts';

/** Programs look at their sockets so often, as ones that are woken at once would: a fraction of a millisecond of data. */
const STEP = ms(0.25);

/** Runs a cell. */
export function runVirtual(c: Cell, seed: number, watch: (sender: End, now: number) => void = () => {}): Received {
  const clock = new VirtualClock();
  const wire = makeWire(c, clock, seed);
  const a = new End(clock, `a${seed}`, SENDER, wire.a, bufferMax(c));
  const b = new End(clock, `b${seed}`, RECEIVER, wire.b, bufferMax(c));
  const rx = new Receivers(b, clock, c.seconds);
  const tx = new Senders(a, c.cc, c.flows);
  const end = clock.now() + ms((c.seconds + 10) * 1000);
  while (rx.take()) {
    tx.fill();
    watch(a, clock.now());
    clock.advance(STEP);
    if (rx.start === Infinity && clock.now() > end) throw new Error('no connection');
  }
  return rx.got;
}
