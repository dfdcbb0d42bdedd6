import fc from 'fast-check';
import { expect, test } from 'vitest';
import { icmpMessage, Machine, pattern, type Wire } from '../harness.ts';

const RUNS = { seed: 20261123, numRuns: 150 };

/** Pieces of a datagram of `blocks` times 8 bytes (the last block may be short). */
interface Piece {
  from: number;
  to: number;
}

/** What Linux does with pieces, the plain way: runs that grow at the end of all, duplicates inside a run, overlaps kill. */
class Model {
  runs: { from: number; to: number }[] = [];
  end = -1;
  meat = 0;
  ok = 0;
  dup = 0;
  overlap = 0;

  add(p: Piece, whole: number): void {
    if (p.to === whole) this.end = whole;
    const top = Math.max(0, ...this.runs.map((r) => r.to));
    if (this.runs.length > 0 && p.to > top && p.from < top) return this.kill();
    if (this.runs.length > 0 && p.to > top && p.from === top) {
      this.runs.find((r) => r.to === top)!.to = p.to;
    } else if (this.runs.length === 0 || p.from >= top) {
      this.runs.push({ ...p });
    } else if (this.runs.some((r) => p.from >= r.from && p.to <= r.to)) {
      this.dup++;
      return;
    } else if (this.runs.some((r) => p.from < r.to && p.to > r.from)) {
      return this.kill();
    } else {
      this.runs.push({ ...p });
    }
    this.meat += p.to - p.from;
    if (this.end >= 0 && this.meat === this.end && this.runs.some((r) => r.from === 0)) {
      this.ok++;
      this.clear();
    }
  }

  private kill(): void {
    this.overlap++;
    this.clear();
  }

  private clear(): void {
    this.runs = [];
    this.end = -1;
    this.meat = 0;
  }
}

function inject(w: Wire, whole: Uint8Array, p: Piece): void {
  w.inject({ fragOff: p.from, mf: p.to !== whole.length }, whole.slice(p.from, p.to));
}

test('any order, any duplicates: the datagram, exactly once', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 16, max: 4000 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 499 }), { maxLength: 20 }),
      fc.array(fc.nat(), { maxLength: 15 }),
      fc.infiniteStream(fc.nat()),
      (n, cuts, again, rnd) => {
        const m = new Machine();
        const w = m.wire('10.0.0.1/24');
        const whole = icmpMessage(8, 0, 1, pattern(n, n));
        const edges = [0, ...cuts.map((c) => c * 8).filter((c) => c < whole.length).sort((a, b) => a - b), whole.length];
        if (edges.length === 2) edges.splice(1, 0, 8);
        const pieces = edges.slice(0, -1).map((from, i) => ({ from, to: edges[i + 1]! }));
        const order = pieces.map((p) => ({ p, key: rnd.next().value as number })).sort((a, b) => a.key - b.key).map((x) => x.p);
        // Duplicates of pieces that are there already, and never behind the last.
        for (const a of again) {
          const at = 1 + (a % Math.max(1, order.length - 1));
          if (at < order.length) order.splice(at, 0, order[a % at]!);
        }
        for (const p of order) inject(w, whole, p);
        const r = w.take();
        const back = new Uint8Array(whole.length);
        for (const x of r) back.set(x.payload, x.fragOff);
        expect(back).toEqual(icmpMessage(0, 0, 1, pattern(n, n)));
        expect(m.mib('Ip.ReasmOKs')).toBe(1);
        expect(m.mib('Ip.ReasmReqds')).toBe(order.length);
        expect(m.pool.dropCounts()['DUP_FRAG'] ?? 0).toBe(order.length - pieces.length);
        expect(m.ip.frags.mem).toBe(0);
        expect(m.end()).toEqual({ skbs: 0, heads: 0 });
      },
    ),
    RUNS,
  );
});

test('any pieces, overlapping as they like: as the plain model says, and never other bytes', () => {
  const piece = fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 31 }));
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 40 }), (list) => {
      const m = new Machine();
      const w = m.wire('10.0.0.1/24');
      m.sysctl('ipfrag_max_dist', 0);
      const whole = icmpMessage(8, 0, 1, pattern(31 * 8 - 8 - 3));
      const model = new Model();
      let sent = 0;
      for (const [a, len] of list) {
        const from = a * 8;
        const to = Math.min(whole.length, from + len * 8);
        if (to <= from || (from === 0 && to === whole.length)) continue;
        model.add({ from, to }, whole.length);
        inject(w, whole, { from, to });
        sent++;
      }
      expect(m.mib('Ip.ReasmReqds')).toBe(sent);
      expect(m.mib('Ip.ReasmOKs')).toBe(model.ok);
      expect(m.mib('IpExt.ReasmOverlaps')).toBe(model.overlap);
      expect(m.pool.dropCounts()['DUP_FRAG'] ?? 0).toBe(model.dup);
      const r = w.take();
      expect(r.length).toBe(model.ok);
      for (const x of r) expect(x.payload.slice(8)).toEqual(whole.slice(8));
      m.advance(31);
      expect(m.ip.frags.mem).toBe(0);
      expect(m.ip.frags.count).toBe(0);
      expect(m.end()).toEqual({ skbs: 0, heads: 0 });
    }),
    RUNS,
  );
});
