import { readFileSync } from 'node:fs';
import { it } from 'vitest';
import { ms, pattern, tcp, TcpTest, type TestSock } from './harness.ts';
it('x', () => {
  const scs = JSON.parse(readFileSync('/tmp/tcpx/py/sc.json', 'utf8')); const real = JSON.parse(readFileSync('/tmp/tcpx/py/real.json', 'utf8'));
  let bad = 0, acts = 0, same = 0; const out: string[] = [];
  scs.forEach((sc: any, i: number) => {
    const t = new TcpTest({ sysctl: { congestion_control: 'reno' } });
    t.advance(ms(1234));
    const o: any = { mss: 1460, ...(sc.sack ? { sackOk: true } : {}), ...(sc.ws !== null ? { ws: sc.ws } : {}) };
    let s: TestSock;
    if (sc.passive) { const l = t.listen(80); t.inject(tcp({ flags: 'S', seq: 0, win: 65535, ...o })); t.take(); t.advance(300000); t.inject(tcp({ flags: 'A', seq: 1, ack: 1, win: 65535 })); s = l.accept() as TestSock; l.close(); t.sport = 40000; t.dport = 80; }
    else { s = t.connect(80); t.take(); t.advance(300000); t.inject(tcp({ flags: 'SA', seq: 0, ack: 1, win: 65535, ...o })); t.take(); }
    if (sc.nodelay) s.setInt(1, 1);
    let closed = false; const lines: string[] = []; let diff = false; let lastIsn = 0;
    sc.acts.forEach((a: any, j: number) => {
      let r: any = null; let w = 61.5;
      if (a.op === 'inj') t.inject(tcp({ flags: a.fl, seq: a.seq, ack: a.ack, win: a.win ?? 65535, data: pattern(a.len, Math.max(0, a.seq - 1)), ...(a.sack?.length ? { sack: a.sack } : {}) }));
      else if (a.op === 'send') r = closed ? null : s.send(pattern(a.n));
      else if (a.op === 'recv') { if (!closed) { const x = s.recv(a.n); r = typeof x === 'number' ? x : x.length; } }
      else if (a.op === 'shut') { if (!closed) { if (s.sk.state === 7) r = -107; s.shutdown(1); } }
      else if (a.op === 'close') { if (!closed) { s.close(); closed = true; } }
      else if (a.op === 'wait') w = a.ms;
      t.advance(ms(w));
      const mine = t.sent.splice(0).flatMap((x) => { const segs: any[] = []; if (x.gso > 0) { for (let off = 0; off < x.len; off += x.gso) segs.push([off + x.gso >= x.len ? x.flags : x.flags.replace(/[PF]/g, ''), x.seq + off, x.ack, Math.min(x.gso, x.len - off), x.sack, x.win]); } else segs.push([x.flags, x.seq, x.flags.includes('A') ? x.ack : 0, x.len, x.sack, x.win]); return segs; });
      const [rr, theirs0] = real[i][j];
      // the kernel's supers on TUN: none (no TSO on plain tun), so already segments
      const key = (l: any[]) => l.map((x) => `${[...x[0]].sort().join('')} ${x[1]} ${x[2]} ${x[3]} ${JSON.stringify(x[4])}`);
      const m = key(mine), th = key(theirs0); acts++;
      const ok = JSON.stringify(m) === JSON.stringify(th) && (r === rr || (r === null && rr === null));
      if (ok) same++;
      if (!ok) diff = true;
      lines.push(`${ok ? '  ' : '!!'} ${JSON.stringify(a)} -> linnet ${r} [${m.join(' | ')}]${ok ? '' : `\n      kernel ${rr} [${th.join(' | ')}]`}`);
      void lastIsn;
    });
    if (diff) { bad++; out.push(`#### ${i} passive ${sc.passive} sack ${sc.sack} ws ${sc.ws} nodelay ${sc.nodelay}\n` + lines.join('\n')); }
  });
  console.log(`scenarios ${scs.length} differing ${bad}; actions ${acts} same ${same}`);
  console.log(out.slice(0, Number(process.env['SHOW'] ?? 12)).join('\n'));
});
