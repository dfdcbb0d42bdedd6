import { expect, it } from 'vitest';
import { Flowi, flowiCopy, flowiReset } from '../src/index.ts';

/** A flow each of whose fields has a value of its own. */
function full(): Flowi {
  const fl = new Flowi();
  const at = fl as unknown as Record<string, unknown>;
  Object.keys(fl).forEach((name, i) => {
    at[name] = name === 'saddr6' || name === 'daddr6' ? Int32Array.of(i, i, i, i) : i + 1;
  });
  return fl;
}

it('a copy has all that the flow has, but its error', () => {
  const from = full();
  const to = new Flowi();
  to.l3mdev = 99;
  to.error = -1;
  flowiCopy(to, from);
  expect({ ...to }).toEqual({ ...from, error: 0 });
});

it('a flow that was reset is like a new one', () => {
  const fl = full();
  flowiReset(fl);
  expect({ ...fl }).toEqual({ ...new Flowi() });
});
