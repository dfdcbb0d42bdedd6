// What congestion control tells of itself: the unmodified ss reads it from a Linnet machine, ours prints the same, and where the kernel has BBR its ss prints that form of its own connections.
import { execFileSync } from 'node:child_process';
import { Task } from '@linnet/posix';
import { runTool } from '@linnet/tools';
import { describe, expect, test } from 'vitest';
import { can } from '../preload/lab.ts';
import { LinnetSide } from './both.ts';

/** A connection that has carried something, and then `end`. */
const program = (algorithm: string, end: string): string => `python3 -c "
import socket, subprocess, time
l = socket.socket(); l.setsockopt(6, 13, b'${algorithm}'); l.bind(('127.0.0.1', 5000)); l.listen()
c = socket.socket(); c.setsockopt(6, 13, b'${algorithm}'); c.connect(l.getsockname()); a = l.accept()[0]
for i in range(5):
    c.sendall(b'x' * 5000); n = 0
    while n < 5000: n += len(a.recv(5000))
${end}"`;
const STAY = "print('ready', flush=True); time.sleep(30)";
const ASK = "print(subprocess.run(['ss', '-Htni', 'dport = :5000'], capture_output=True, text=True).stdout)";
const BBR = / bbr .* bbr:\(bw:[1-9]\d*bps,mrtt:[\d.e-]+,pacing_gain:2\.88672,cwnd_gain:2\.88672\) send \d+bps .*pacing_rate \d+bps delivery_rate \d+bps /;

describe.skipIf(!can('ss', 'python3'))('ss -i of', () => {
  test.each([
    ['bbr', BBR],
    ['dctcp', / dctcp .* dctcp:\(ce_state:0,alpha:\d+,ab_ecn:0,ab_tot:\d+\) send /],
    // The real program takes what Vegas says for the round trip.
    ['vegas', / vegas .*rtt:[\d.e-]+\/[\d.e-]+ /],
  ] as const)('%s', { timeout: 60_000 }, async (algorithm, want) => {
    const side = await new LinnetSide().open();
    const task = new Task(side.kernel.initNet);
    try {
      expect((await side.run('ip link set lo up')).code).toBe(0);
      await side.start(program(algorithm, STAY)).until(/ready/);
      const real = await side.run('ss -Htni dport = :5000');
      let ours = '';
      expect(await runTool(task, ['ss', '-Htni', 'dport', '=', ':5000'], { out: (s) => void (ours += s), err: (s) => void (ours += s) })).toBe(0);
      expect(real.stdout.replace(/\s+/g, ' ')).toMatch(want);
      // Time goes on between the two.
      const still = (text: string): string => text.replace(/ last(snd|rcv|ack):\d+/g, '').replace(/\s+/g, ' ');
      expect(still(ours)).toBe(still(real.stdout));
    } finally {
      task.exit();
      await side.close();
    }
  });

  test.skipIf(!can('root', 'ip'))('bbr at the real kernel, where that has it', () => {
    const ns = `linnet-${process.pid}-ss-cc`;
    execFileSync('ip', ['netns', 'add', ns]);
    try {
      execFileSync('ip', ['-n', ns, 'link', 'set', 'lo', 'up']);
      const has = execFileSync('ip', ['netns', 'exec', ns, 'sysctl', '-n', 'net.ipv4.tcp_available_congestion_control'], { encoding: 'utf8' });
      const algorithm = has.split(/\s+/).includes('bbr') ? 'bbr' : 'reno';
      const shown = execFileSync('ip', ['netns', 'exec', ns, 'sh', '-c', program(algorithm, ASK)], { encoding: 'utf8' });
      expect(shown.replace(/\s+/g, ' ')).toMatch(algorithm === 'bbr' ? BBR : / reno /);
    } finally {
      execFileSync('ip', ['netns', 'del', ns]);
    }
  });
});
