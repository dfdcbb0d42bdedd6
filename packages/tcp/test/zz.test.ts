import { it } from 'vitest';
import { transfer, WirePair } from './wire.ts';
it('x', () => {
  for (const seed of [1, 2]) {
  const w = new WirePair({ delay: 0.2, jitter: 0.01, loss: 0.05, seed, rate: 200000, queue: 10000 });
  const { c, s } = w.connect();
  const log: string[] = []; let last = 0; let prev: any = null; const ring: string[] = [];
  const step = w.step.bind(w);
  const snap = () => `st ${c.caState} cwnd ${c.sndCwnd} ss ${c.sndSsthresh} out ${c.packetsOut} sack ${c.sackedOut} lost ${c.lostOut} rtx ${c.retransOut} prrd ${c.prrDelivered} prro ${c.prrOut} una ${(c.sndUna - c.highSeq) | 0} pend ${c.pending} reoseen ${c.reordSeen} q ${c.writeQueue.qlen} tlp ${c.tlpHighSeq !== 0} wl ${c.sndWnd}`;
  w.step = (u) => { const before = snap(); const r = step(u); const now = snap(); const n = w.ext(w.a, 'TCPTimeouts'); if (now !== before) { ring.push(`${(w.clock.now() / 1e6).toFixed(3)} ${now}`); if (ring.length > 9) ring.shift(); } if (n !== last) { last = n; if (log.length < 8) log.push(`-- RTO ${n}\n` + ring.slice(0, 9).join('\n')); } return r; };
  const t = transfer(w, c, s, 6_000_000);
  console.log(seed, t.toFixed(0), 'timeouts', w.ext(w.a, 'TCPTimeouts'), 'retrans', c.totalRetrans, 'lost', w.lost, 'pkts', w.packets, 'tlp', w.ext(w.a,'TCPLossProbes')); if (seed === 1) console.log(log.join('\n'));
  }
});
