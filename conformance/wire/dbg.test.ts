import { it } from 'vitest';
import { exec } from '../lib/exec.ts';
import { scene } from '../lib/scene.ts';
import { sendAll, serve } from '../lib/stream.ts';
import { TCP } from '@linnet/tcp';
it('dbg', {timeout: 60000}, scene(async (s) => {
  const { machine, netns, address } = s.linnetOnWire({ netns: s.netns(), address: '10.78.0.2/24', peer: '10.78.0.1/24', wire: { seed: 1, ab: {delay: 20} } });
  const bytes = new Uint8Array(1e6);
  void serve(machine.task, 9000, (fd) => sendAll(machine.task, fd, bytes));
  const tn = machine.net.get(TCP);
  const t = setInterval(() => { for (const tp of tn.sockets as any) if (tp.state === 1) console.log(['sndCwnd','sndSsthresh','packetsOut','sackedOut','lostOut','retransOut','sndbuf','wmemQueued','wmemAlloc','noSpace','isCwndLimited','maxPacketsOut','sndWnd','mssCache','caState','tsqFlags','srttUs','pacingRateBps','sndCwndClamp','undoMarker','reordering'].map((k) => k + '=' + tp[k]).join(' '), 'unsent', tp.writeSeq - tp.sndNxt); }, 60);
  await exec(netns.name, `exec 3<>/dev/tcp/${address}/9000 && sha256sum <&3`, { timeout: 2000 });
  clearInterval(t);
}));
